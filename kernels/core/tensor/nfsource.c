/* SPDX-License-Identifier: MIT
 *
 * nfsource — tensors whose data is fetched when somebody asks for it */
#include "core/tensor/nfsource.h"

#include "core/tensor/nfdevice.h"

#include <string.h>

static GMutex lock; /* while data is fetched */

static gboolean
read_zeros (const NfSource *source, const NfTensor *tensor, gpointer data,
    GError **error)
{
  memset (data, 0, tensor->bytes);
  return TRUE;
}

/**
 * nf_tensor_new_lazy_zeros:
 *
 * Returns: (transfer full) (nullable): zeros that take no memory yet
 */
NfTensor *
nf_tensor_new_lazy_zeros (NfDevice *device, NfDType dtype, gint64 n, gint64 c,
    gint64 h, gint64 w, GError **error)
{
  static NfSource zeros = { read_zeros, NULL, NULL };

  return nf_tensor_new_lazy (device, dtype, n, c, h, w, &zeros, error);
}

static gboolean
is_in_place (const NfTensor *tensor)
{
  return tensor->source != NULL && tensor->data == tensor->source->in_place;
}

/* gives back the data and the source, where there are any */
void
nf_tensor_drop_data (NfTensor *tensor)
{
  NfSource *source = tensor->source;

  if (tensor->data != NULL && !is_in_place (tensor))
    tensor->device->backend->release (
        tensor->device, tensor->data, tensor->bytes);
  tensor->data = NULL;
  tensor->source = NULL;
  if (source != NULL && source->free != NULL)
    source->free (source);
}

/* gives back the data where nobody is left who reads it; by the thread whose
 * tape holds the rest */
void
nf_tensor_drop_idle (NfTensor *tensor)
{
  if (tensor->base == NULL
      && g_atomic_ref_count_compare (
          &tensor->refs, g_atomic_int_get (&tensor->idle)))
    nf_tensor_drop_data (tensor);
}

/**
 * nf_tensor_set_source:
 * @tensor: no view, and not in use
 * @source: (transfer full): where its new elements come from
 */
void
nf_tensor_set_source (NfTensor *tensor, NfSource *source)
{
  nf_tensor_drop_data (tensor);
  tensor->source = source;
  nf_tensor_changed (tensor);
}

/* (nullable): memory of the device, with what the source gives */
static gpointer
fetch (const NfTensor *tensor, GError **error)
{
  NfDevice *device = tensor->device;
  const NfBackend *backend = device->backend;
  gpointer data = backend->alloc (device, tensor->bytes, error);
  g_autofree gpointer room = NULL;

  if (data == NULL)
    return NULL;
  if (!backend->lazy_weights)
    room = g_malloc (tensor->bytes);
  if (tensor->source->read (
          tensor->source, tensor, room != NULL ? room : data, error)
      && (room == NULL
          || backend->upload (device, data, room, tensor->bytes, error)))
    return data;
  backend->release (device, data, tensor->bytes);
  return NULL;
}

/**
 * nf_tensor_need_data:
 * @tensor: may be in use in several threads
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the source has it
 *
 * Makes sure that the tensor has data, to be read only.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_tensor_need_data (NfTensor *tensor, GError **error)
{
  gpointer data = nf_tensor_peek_data (tensor);

  if (data != NULL)
    return TRUE;
  g_mutex_lock (&lock);
  data = tensor->data;
  if (data == NULL) {
    if (tensor->source->in_place != NULL
        && tensor->device->backend->lazy_weights)
      data = (gpointer) tensor->source->in_place;
    else
      data = fetch (tensor, error);
    g_atomic_pointer_set (&tensor->data, data);
  }
  g_mutex_unlock (&lock);
  return data != NULL;
}

/**
 * nf_tensor_own_data:
 * @tensor: not in use
 * @keep: whether its elements are still wanted; else they are undefined
 * @error: return location: as nf_tensor_need_data()
 *
 * Makes sure that the tensor has data that may be written, and no source.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_tensor_own_data (NfTensor *tensor, gboolean keep, GError **error)
{
  NfDevice *device = tensor->device;
  gpointer data = tensor->data;

  if (tensor->source == NULL)
    return TRUE;
  if (data == NULL || is_in_place (tensor)) {
    data = keep ? fetch (tensor, error)
                : device->backend->alloc (device, tensor->bytes, error);
    if (data == NULL)
      return FALSE;
    nf_tensor_drop_data (tensor);
    tensor->data = data;
    return TRUE;
  }
  tensor->data = NULL;
  nf_tensor_drop_data (tensor);
  tensor->data = data;
  return TRUE;
}
