/* SPDX-License-Identifier: MIT
 *
 * nfrows — pictures of a tensor <-> memory that belongs to others
 *
 * Video in a device's memory has rows at a distance of its own and often another
 * context than the tensors. The functions stand in nftensor.h. */
#include "core/tensor/nfdevice.h"
#include "core/tensor/nfsource.h"

/* bytes of a row of the tensor's pictures; 0 with @error set where picture n
 * does not exist, or rows would overlap */
static gsize
row_bytes_of (const NfTensor *tensor, gint64 n, gsize stride, GError **error)
{
  gsize row = tensor->bytes / (gsize) (tensor->n * tensor->h);

  if (n >= 0 && n < tensor->n && stride >= row)
    return row;
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "rows: picture %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
      ", rows of %" G_GSIZE_FORMAT " bytes at every %" G_GSIZE_FORMAT
      "; the picture must be there, and rows must not overlap",
      n, tensor->n, row, stride);
  return 0;
}

static gpointer
picture_of (const NfTensor *tensor, gint64 n)
{
  return (guint8 *) tensor->data
      + (gsize) n * (tensor->bytes / (gsize) tensor->n);
}

/**
 * nf_tensor_set_rows:
 * @tensor: changed
 * @n: which of its pictures
 * @rows: its first row, elements in the tensor's own order, in memory that the
 *   device reaches: its own, whoever it belongs to, or the host's; filled, and
 *   free to change on return
 * @stride: bytes from one row to the next
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_tensor_set_rows (NfTensor *tensor, gint64 n, gconstpointer rows,
    gsize stride, GError **error)
{
  gsize row = row_bytes_of (tensor, n, stride, error);

  if (row == 0 || !nf_tensor_own_data (tensor, tensor->n > 1, error)
      || !tensor->device->backend->copy_rows (tensor->device,
          picture_of (tensor, n), row, rows, stride, row, (gsize) tensor->h,
          error))
    return FALSE;
  nf_tensor_changed (tensor);
  return TRUE;
}

/**
 * nf_tensor_to_rows:
 * @tensor: has data
 * @n: which of its pictures
 * @rows: (out): where its first row goes, as in nf_tensor_set_rows(); complete
 *   on return
 * @stride: bytes from one row to the next
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_tensor_to_rows (const NfTensor *tensor, gint64 n, gpointer rows,
    gsize stride, GError **error)
{
  gsize row = row_bytes_of (tensor, n, stride, error);

  return row != 0 && nf_tensor_need_data ((NfTensor *) tensor, error)
      && tensor->device->backend->copy_rows (tensor->device, rows, stride,
          picture_of (tensor, n), row, row, (gsize) tensor->h, error);
}

/**
 * nf_tensor_new_from_rows:
 * @rows: as in nf_tensor_set_rows()
 * @stride: bytes from one row to the next
 *
 * Returns: (transfer full) (nullable): a tensor (1, C, H, W) with a copy of the
 *   picture
 */
NfTensor *
nf_tensor_new_from_rows (NfDevice *device, NfDType dtype, gint64 c, gint64 h,
    gint64 w, gconstpointer rows, gsize stride, GError **error)
{
  g_autoptr (NfTensor) t = nf_tensor_new (device, dtype, 1, c, h, w, error);

  if (t == NULL || !nf_tensor_set_rows (t, 0, rows, stride, error))
    return NULL;
  return g_steal_pointer (&t);
}
