/* SPDX-License-Identifier: MIT
 *
 * nfjoined — layers that read the same input, as one */
#include "nets/nfjoined.h"

#include <nextframe/core/tensor/nftensor.h>

#include <string.h>

#define MOST 3 /* layers */

/**
 * NfJoined:
 * @weights: of the layers (borrowed)
 * @biases: likewise
 * @n: how many
 * @columns: the weights are [in, out]: side by side, not one below the other
 * @lock: guards the rest
 * @weight: (nullable): of all layers
 * @bias: (nullable): likewise
 * @versions: sum of the parameters' versions that they were made of
 */
struct _NfJoined
{
  NfTensor *weights[MOST], *biases[MOST];
  guint n;
  gboolean columns;
  GMutex lock;
  NfTensor *weight, *bias;
  guint versions;
};

static NfJoined *
joined_new (guint n, gboolean columns)
{
  NfJoined *joined = g_new0 (NfJoined, 1);

  g_assert (n <= MOST);
  joined->n = n;
  joined->columns = columns;
  g_mutex_init (&joined->lock);
  return joined;
}

/**
 * nf_joined_new_convs:
 * @convs: (array length=n): layers with a bias, of the same input, kernel and
 *   padding
 * @n: how many, up to 3
 *
 * Returns: (transfer full): one layer; it borrows their tensors
 */
NfJoined *
nf_joined_new_convs (const NfConv *const *convs, guint n)
{
  NfJoined *joined = joined_new (n, FALSE);

  for (guint i = 0; i < n; i++) {
    joined->weights[i] = convs[i]->weight;
    joined->biases[i] = convs[i]->bias;
  }
  return joined;
}

/**
 * nf_joined_new_linears:
 * @linears: (array length=n): layers of the same input, all transposed or none
 * @n: how many, up to 3
 *
 * Returns: (transfer full): one layer, transposed as they are; it borrows their
 *   tensors
 */
NfJoined *
nf_joined_new_linears (const NfLinear *linears, guint n)
{
  NfJoined *joined = joined_new (n, linears[0].transposed);

  for (guint i = 0; i < n; i++) {
    joined->weights[i] = linears[i].weight;
    joined->biases[i] = linears[i].bias;
  }
  return joined;
}

static void
forget (NfJoined *joined)
{
  nf_tensor_clear (&joined->weight);
  nf_tensor_clear (&joined->bias);
}

/**
 * nf_joined_free:
 * @joined: (transfer full) (nullable): the layer
 */
void
nf_joined_free (NfJoined *joined)
{
  if (joined == NULL)
    return;
  forget (joined);
  g_mutex_clear (&joined->lock);
  g_free (joined);
}

static guint
versions_of (const NfJoined *joined)
{
  guint versions = 0;

  for (guint i = 0; i < joined->n; i++)
    versions += joined->weights[i]->version + joined->biases[i]->version;
  return versions;
}

/* tensors in one, row by row, made when it is asked for */
typedef struct
{
  NfSource base;
  NfTensor *parts[MOST];
  guint n;
  gint64 rows; /* of each part */
} Rows;

static gboolean
rows_read (const NfSource *source, const NfTensor *tensor, gpointer data,
    GError **error)
{
  const Rows *self = (const Rows *) source;
  const gsize whole = tensor->bytes / (gsize) self->rows;
  guint8 *to = data;

  for (guint i = 0; i < self->n; i++) {
    const gsize width = self->parts[i]->bytes / (gsize) self->rows;
    g_autofree guint8 *part = g_try_malloc (self->parts[i]->bytes);

    if (part == NULL) {
      g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
          "no memory for %" G_GSIZE_FORMAT " bytes of weights",
          self->parts[i]->bytes);
      return FALSE;
    }
    if (!nf_tensor_to_nhwc (self->parts[i], part, error))
      return FALSE;
    for (gint64 row = 0; row < self->rows; row++)
      memcpy (to + row * whole, part + row * width, width);
    to += width;
  }
  return TRUE;
}

static void
rows_free (NfSource *source)
{
  Rows *self = (Rows *) source;

  for (guint i = 0; i < self->n; i++)
    nf_tensor_unref (self->parts[i]);
  g_free (self);
}

/* (transfer full) (nullable): the parts side by side along the channels, or one
 * behind the other as samples */
static NfTensor *
join (NfTensor *const *parts, guint n, gboolean columns, GError **error)
{
  const NfTensor *first = parts[0];
  Rows *self = g_new0 (Rows, 1);
  gint64 all = 0;

  self->base =
      (NfSource){ .read = rows_read, .free = rows_free, .in_place = NULL };
  self->n = n;
  self->rows = columns ? first->n : 1;
  for (guint i = 0; i < n; i++) {
    self->parts[i] = nf_tensor_ref (parts[i]);
    all += columns ? parts[i]->c : parts[i]->n;
  }
  return nf_tensor_new_lazy (first->device, NF_F32, columns ? first->n : all,
      columns ? all : first->c, first->h, first->w, &self->base, error);
}

/* makes joined->weight and joined->bias; the lock is held */
static gboolean
make (NfJoined *joined, GError **error)
{
  guint versions = versions_of (joined);

  forget (joined);
  joined->weight = join (joined->weights, joined->n, joined->columns, error);
  joined->bias = joined->weight != NULL
      ? join (joined->biases, joined->n, TRUE, error)
      : NULL;
  joined->versions = versions;
  if (joined->bias != NULL)
    return TRUE;
  forget (joined);
  return FALSE;
}

/**
 * nf_joined_get:
 * @joined: the layer
 * @weight: (out) (transfer full): of all its layers
 * @bias: (out) (transfer full): likewise
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_joined_get (
    NfJoined *joined, NfTensor **weight, NfTensor **bias, GError **error)
{
  gboolean ok = TRUE;

  g_mutex_lock (&joined->lock);
  if (joined->weight == NULL || joined->versions != versions_of (joined))
    ok = make (joined, error);
  if (ok) {
    *weight = nf_tensor_ref (joined->weight);
    *bias = nf_tensor_ref (joined->bias);
  }
  g_mutex_unlock (&joined->lock);
  return ok;
}
