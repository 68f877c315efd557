/* SPDX-License-Identifier: MIT
 *
 * nfproducts — how exactly the calling thread's ops multiply f32 numbers */
#include "core/threads/nfproducts.h"

static _Thread_local NfProducts chosen;

/**
 * nf_products_set:
 * @products: for all ops that the calling thread runs from now on; their
 *   gradients are multiplied as they were
 */
void
nf_products_set (NfProducts products)
{
  chosen = products;
}

NfProducts
nf_products_get (void)
{
  return chosen;
}

static gboolean
wanted_by_variable (void)
{
  static gsize once;

  if (g_once_init_enter (&once)) {
    const gboolean wanted = g_strcmp0 (g_getenv ("NEXTFRAME_TF32"), "1") == 0;

    g_once_init_leave (&once, wanted ? 2 : 1);
  }
  return once == 2;
}

/**
 * nf_products_tf32:
 *
 * Returns: whether the calling thread's ops may round factors to TF32
 */
gboolean
nf_products_tf32 (void)
{
  return chosen == NF_PRODUCTS_DEFAULT ? wanted_by_variable ()
                                       : chosen == NF_PRODUCTS_TF32;
}
