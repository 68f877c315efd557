/* SPDX-License-Identifier: MIT
 *
 * nfensemble — several predictions of a frame become one */
#include <nextframe/diffusion/nfensemble.h>

#include <stdlib.h>
#include <string.h>

static void
mean (const guint8 *const *predictions, guint n, gsize bytes, guint8 *out)
{
  for (gsize i = 0; i < bytes; i++) {
    guint sum = n / 2;

    for (guint d = 0; d < n; d++)
      sum += predictions[d][i];
    out[i] = (guint8) (sum / n);
  }
}

/* the lower one of the two in the middle where there are two */
static void
median (const guint8 *const *predictions, guint n, gsize bytes, guint8 *out)
{
  for (gsize i = 0; i < bytes; i++) {
    guint count[256] = { 0 }, below = 0;
    guint value = 0;

    for (guint d = 0; d < n; d++)
      count[predictions[d][i]]++;
    while (below + count[value] < (n + 1) / 2)
      below += count[value++];
    out[i] = (guint8) value;
  }
}

static guint64
distance (const guint8 *a, const guint8 *b, gsize bytes)
{
  guint64 sum = 0;

  for (gsize i = 0; i < bytes; i++)
    sum += (guint64) abs ((gint) a[i] - (gint) b[i]);
  return sum;
}

/* Kaufman and Rousseeuw, 1987; distances are sums of absolute differences */
static void
medoid (const guint8 *const *predictions, guint n, gsize bytes, guint8 *out)
{
  guint64 least = G_MAXUINT64;
  guint best = 0;

  for (guint d = 0; d < n; d++) {
    guint64 sum = 0;

    for (guint other = 0; other < n; other++)
      sum += distance (predictions[d], predictions[other], bytes);
    if (sum < least) {
      least = sum;
      best = d;
    }
  }
  memcpy (out, predictions[best], bytes);
}

void
nf_ensemble_combine (NfEnsembleMode mode, const guint8 *const *predictions,
    guint n, gsize bytes, guint8 *out)
{
  if (mode == NF_ENSEMBLE_MEAN)
    mean (predictions, n, bytes, out);
  else if (mode == NF_ENSEMBLE_MEDIAN)
    median (predictions, n, bytes, out);
  else
    medoid (predictions, n, bytes, out);
}

/* (transfer full) (nullable): room for a frame of several */
static guint8 *
frame_new (gsize bytes, GError **error)
{
  guint8 *frame = g_try_malloc (bytes);

  if (frame == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "ensemble: no memory for a frame of %" G_GSIZE_FORMAT " bytes", bytes);
  return frame;
}

/* one frame of several, for each clip of a batch by itself */
static void
combine_clips (NfEnsembleMode mode, const GPtrArray *predictions,
    const NfTensor *like, guint8 *made)
{
  gsize bytes = like->bytes / (gsize) like->n;
  g_autofree const guint8 **same = g_new (const guint8 *, predictions->len);

  for (gint64 clip = 0; clip < like->n; clip++) {
    gsize at = bytes * (gsize) clip;

    for (guint i = 0; i < predictions->len; i++)
      same[i] = (const guint8 *) predictions->pdata[i] + at;
    nf_ensemble_combine (mode, same, predictions->len, bytes, made + at);
  }
}

/* (transfer full) (nullable): all of them as one batch */
static NfTensor *
stack (NfTensor *const *same, guint n, GError **error)
{
  const NfTensor *like = same[0];
  g_autoptr (NfTensor) all = nf_tensor_new (like->device, like->dtype,
      (gint64) n * like->n, like->c, like->h, like->w, error);

  for (guint i = 0; all != NULL && i < n; i++) {
    g_autoptr (NfTensor) place =
        nf_tensor_batch_slice (all, i * like->n, like->n, error);

    if (place == NULL || !nf_tensor_copy (place, same[i], error))
      return NULL;
  }
  return g_steal_pointer (&all);
}

/* (transfer full) (nullable): one frame of several; a lone one stays on its
 * device, others meet in the host's memory */
static NfTensor *
combine (NfEnsembleMode mode, NfTensor *const *same, guint n, GError **error)
{
  const NfTensor *like = same[0];
  g_autoptr (GPtrArray) predictions = NULL;
  g_autofree guint8 *made = NULL;

  if (n == 1)
    return nf_tensor_ref (same[0]);
  if (mode == NF_ENSEMBLE_EACH)
    return stack (same, n, error);
  predictions = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < n; i++) {
    guint8 *frame = frame_new (like->bytes, error);

    if (frame == NULL)
      return NULL;
    g_ptr_array_add (predictions, frame);
    if (!nf_tensor_to_nhwc (same[i], frame, error))
      return NULL;
  }
  made = frame_new (like->bytes, error);
  if (made == NULL)
    return NULL;
  combine_clips (mode, predictions, like, made);
  return nf_tensor_new_from_nhwc (
      like->device, NF_U8, like->n, like->c, like->h, like->w, made, error);
}

gboolean
nf_ensemble_combine_frames (NfEnsembleMode mode, NfTensor *const *predictions,
    guint n, guint horizon, NfTensor **out, GError **error)
{
  g_autofree NfTensor **same = g_new (NfTensor *, n);

  for (guint t = 0; t < horizon; t++) {
    if (predictions[t] == NULL)
      continue;
    for (guint i = 0; i < n; i++)
      same[i] = predictions[i * horizon + t];
    out[t] = combine (mode, same, n, error);
    if (out[t] == NULL)
      return FALSE;
  }
  return TRUE;
}
