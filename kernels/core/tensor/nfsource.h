/* SPDX-License-Identifier: MIT
 *
 * nfsource — tensors whose data is fetched when somebody asks for it
 *
 * A network's weights need not be in memory beside the file they come from and
 * the layout a backend packs them into. Such a tensor has a source, and its
 * data is NULL until nf_tensor_need_data(). All of nftensor.h takes it, and
 * nf_op_run() gives its kernel data, but for weights of a backend that takes
 * them without (NfBackend.lazy_weights). */
#pragma once

#include "core/tensor/nftensor.h"

G_BEGIN_DECLS

/**
 * NfSource:
 * @read: writes all elements of the tensor into host memory, in the order
 *   (n, h, w, c); may run in several threads at once
 * @free: (nullable): frees the source, with the tensor
 * @in_place: (nullable): those elements, where they lie as long as the source
 *   is there, to be read only
 *
 * Where the elements of a tensor come from.
 */
struct _NfSource
{
  gboolean (*read) (const NfSource *source, const NfTensor *tensor,
      gpointer data, GError **error);
  void (*free) (NfSource *source);
  gconstpointer in_place;
};

NfTensor *nf_tensor_new_lazy (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, NfSource *source, GError **error);
NfTensor *nf_tensor_new_lazy_zeros (NfDevice *device, NfDType dtype, gint64 n,
    gint64 c, gint64 h, gint64 w, GError **error);
void nf_tensor_set_source (NfTensor *tensor, NfSource *source);
gboolean nf_tensor_need_data (NfTensor *tensor, GError **error);
gboolean nf_tensor_own_data (NfTensor *tensor, gboolean keep, GError **error);
void nf_tensor_drop_data (NfTensor *tensor);
void nf_tensor_drop_idle (NfTensor *tensor);

/* (nullable): what nf_tensor_need_data() has made sure of, if it has */
static inline gpointer
nf_tensor_peek_data (const NfTensor *tensor)
{
  return g_atomic_pointer_get (&((NfTensor *) tensor)->data);
}

G_END_DECLS
