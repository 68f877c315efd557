/* SPDX-License-Identifier: MIT
 *
 * nfnccl — NCCL's functions, found in its library at run time */
#include "cuda/runtime/nfnccl.h"

#include <gmodule.h>

#define LIBRARY "libnccl.so.2"

/* TRUE where the library has all of them */
static gboolean
find_functions (GModule *library, NfNccl *nccl)
{
  gboolean found = TRUE;

#define FIND(name)                                                             \
  found = found                                                                \
      && g_module_symbol (library, "nccl" #name, (gpointer *) &nccl->name);
  NF_NCCL_FUNCTIONS (FIND)
#undef FIND
  return found;
}

/**
 * nf_nccl_open:
 * @error: return location: %NF_ERROR_UNSUPPORTED
 *
 * To be called by one thread at a time. The library stays open.
 *
 * Returns: (transfer none) (nullable): NCCL's functions
 */
const NfNccl *
nf_nccl_open (GError **error)
{
  static NfNccl nccl;
  static gboolean found;
  GModule *library;

  if (found)
    return &nccl;
  library = g_module_open (LIBRARY, G_MODULE_BIND_LOCAL);
  if (library == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "NCCL cannot be loaded (%s); install libnccl2, or put the folder of "
        "its %s into LD_LIBRARY_PATH",
        g_module_error (), LIBRARY);
    return NULL;
  }
  g_module_make_resident (library);
  found = find_functions (library, &nccl);
  if (!found)
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "NCCL cannot be used (%s); version 2.14 or later is needed",
        g_module_error ());
  return found ? &nccl : NULL;
}
