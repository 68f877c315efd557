/* SPDX-License-Identifier: MIT
 *
 * nfweightsource — a tensor's elements, out of a safetensors file
 *
 * The file has them in PyTorch's order, n, c, h, w, and stays open as long as the
 * source is there. What is read twice is in the system's cache of files. Where the
 * file is in memory, a matrix in f32 is used where it lies. */
#include "io/nfweightsource.h"

typedef struct
{
  NfSource base;
  NfSafetensors *file;
  const NfSafetensorsEntry *entry; /* of the file */
} WeightSource;

/* one filter from (c, h, w) to (h, w, c) */
static void
channels_last (const gfloat *from, gsize c, gsize pixels, gfloat *to)
{
  for (gsize k = 0; k < c; k++)
    for (gsize i = 0; i < pixels; i++)
      to[i * c + k] = from[k * pixels + i];
}

static gboolean
weight_read (const NfSource *source, const NfTensor *tensor, gpointer data,
    GError **error)
{
  const WeightSource *self = (const WeightSource *) source;
  gsize pixels = (gsize) (tensor->h * tensor->w), c = (gsize) tensor->c;
  g_autofree gfloat *filter = NULL;

  if (pixels == 1)
    return nf_safetensors_read_f32 (self->entry, data, error);
  filter = g_try_new (gfloat, c * pixels);
  if (filter == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "tensor '%s': no memory for one of its filters", self->entry->name);
    return FALSE;
  }
  for (gsize n = 0; n < (gsize) tensor->n; n++) {
    NfSafetensorsEntry part =
        nf_safetensors_part (self->entry, n * c * pixels, c * pixels);

    if (!nf_safetensors_read_f32 (&part, filter, error))
      return FALSE;
    channels_last (filter, c, pixels, (gfloat *) data + n * c * pixels);
  }
  return TRUE;
}

static void
weight_free (NfSource *source)
{
  WeightSource *self = (WeightSource *) source;

  nf_safetensors_unref (self->file);
  g_free (self);
}

/* whether the file's elements can be used where they lie */
static gboolean
lies_right (const NfSafetensorsEntry *entry, const NfTensor *tensor)
{
  return entry->data != NULL && entry->dtype == NF_SAFETENSORS_F32
      && tensor->h * tensor->w == 1 && G_BYTE_ORDER == G_LITTLE_ENDIAN
      && GPOINTER_TO_SIZE (entry->data) % sizeof (gfloat) == 0;
}

/**
 * nf_weight_source_new:
 * @file: a file
 * @entry: a tensor of it, of floating-point numbers
 * @tensor: what it is for: f32, as many elements
 *
 * Returns: (transfer full): the source; keeps the file open
 */
NfSource *
nf_weight_source_new (NfSafetensors *file, const NfSafetensorsEntry *entry,
    const NfTensor *tensor)
{
  WeightSource *self = g_new0 (WeightSource, 1);

  self->base.read = weight_read;
  self->base.free = weight_free;
  if (lies_right (entry, tensor))
    self->base.in_place = entry->data;
  self->file = nf_safetensors_ref (file);
  self->entry = entry;
  return &self->base;
}
