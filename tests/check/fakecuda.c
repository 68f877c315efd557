/* SPDX-License-Identifier: MIT
 *
 * fakecuda — a module that pretends to be the CUDA backend
 *
 * For device.c, where there is no GPU: the CPU backend under another name, or
 * with the wrong version where NF_FAKE_CUDA says so. */
#include <nextframe/core/ops/nfops.h>

#include <gmodule.h>

G_MODULE_EXPORT const NfBackend *nf_backend_module_get (void);

const NfBackend *
nf_backend_module_get (void)
{
  static NfBackend backend;
  const gchar *how = g_getenv ("NF_FAKE_CUDA");

  backend = *nf_cpu_backend ();
  backend.name = "cuda";
  backend.on_host = FALSE;
  if (g_strcmp0 (how, "old") == 0)
    backend.abi = NF_BACKEND_ABI + 1;
  if (g_strcmp0 (how, "fewer") == 0)
    backend.n_ops = NF_N_OPS - 1;
  return &backend;
}
