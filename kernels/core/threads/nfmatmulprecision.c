/* SPDX-License-Identifier: MIT
 *
 * nfmatmulprecision — how exactly the calling thread's ops multiply f32 numbers */
#include <nextframe/core/threads/nfmatmulprecision.h>

static _Thread_local NfMatmulPrecision chosen;

void
nf_matmul_precision_set (NfMatmulPrecision precision)
{
  chosen = precision;
}

NfMatmulPrecision
nf_matmul_precision_get (void)
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

gboolean
nf_matmul_precision_is_tf32 (void)
{
  return chosen == NF_MATMUL_PRECISION_DEFAULT
      ? wanted_by_variable ()
      : chosen == NF_MATMUL_PRECISION_TF32;
}
