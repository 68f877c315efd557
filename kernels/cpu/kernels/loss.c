/* SPDX-License-Identifier: MIT
 *
 * loss — cross entropy, Dice and the noise loss, forward and backward (CPU)
 *
 * p = softmax (z) over a pixel's K logits, t its class, M pixels in all:
 *   cross entropy   -1/W sum w_t log p_t, W = sum w_t (w = 1: W = M);
 *                   dz_k = w_t (p_k - [k = t]) / W
 *   Dice            1 - 1/(N K) sum_nk (2 I + s) / D, D = P + T + s, with
 *                   I = sum p_k [k = t], P = sum p_k, T = sum [k = t] over the
 *                   pixels of image n;  dp_k = ((2 I + s) / D^2
 *                   - 2 [k = t] / D) / (N K),  dz_k = p_k (dp_k - sum_j p_j dp_j)
 *                   of the classes that occur: the batch is one image, and K
 *                   counts the classes with T > 0, the only ones in the sum
 * A pixel with the ignored label counts in no sum and has no gradient.
 *   noise           1/N sum 0.5 (z - e)^2;  dz = (z - e) / N = -de
 * See: docs/ops.md. */
#include "core/ops/nfshapes.h"
#include "core/tensor/nfhostroom.h"
#include "cpu/nfvec.h"
#include "cpu/reduce.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* whether pixels with this label do not count */
static inline gboolean
is_ignored (const NfOpCall *call, gint64 label)
{
  if (call->op == NF_OP_DICE_LOSS) {
    const NfDiceLossParams *dice = call->params;

    return dice->ignores && label == dice->ignored;
  }
  const NfCrossEntropyParams *entropy = call->params;

  return entropy->ignores && label == entropy->ignored;
}

static inline gint64
label_at (const NfTensor *target, gsize pixel)
{
  if (target->dtype == NF_U8)
    return ((const guint8 *) target->data)[pixel];
  return ((const gint64 *) target->data)[pixel];
}

/* a class outside the logits' would be read and written out of bounds */
static gboolean
check_labels (const NfOpCall *call, GError **error)
{
  const NfTensor *logits = call->in[NF_CROSS_ENTROPY_LOGITS],
                 *target = call->in[NF_CROSS_ENTROPY_TARGET];
  const gsize n_pixels = nf_tensor_elements (target);

  for (gsize i = 0; i < n_pixels; i++) {
    gint64 label = label_at (target, i);

    if (!is_ignored (call, label) && (label < 0 || label >= logits->c))
      return nf_shape_refuse_class (
          call->op, target->h, target->w, logits->c, (gint64) i, label, error);
  }
  return TRUE;
}

#define LANES 16

/* p = exp (z - max z), and their sum. Sums and maxima go on in lanes, so that
 * the loops are made vectors of without reordering. Returns the sum. */
NF_KERNEL (static, gfloat, exp_pixel,
    (const gfloat *restrict z, gint64 k, gfloat *restrict p, gfloat *max),
    (z, k, p, max))
{
  gfloat top = z[0], lane[LANES] = { 0 }, sum = 0;
  gint64 i = 0;

#pragma omp simd reduction(max : top)
  for (gint64 j = 0; j < k; j++)
    top = z[j] > top ? z[j] : top;
  for (gint64 j = 0; j < k; j++)
    p[j] = nf_vec_exp (z[j] - top);
  for (; i + LANES <= k; i += LANES)
    for (gint64 j = 0; j < LANES; j++)
      lane[j] += p[i + j];
  for (gint64 j = 0; j < LANES; j++)
    sum += lane[j];
  for (; i < k; i++)
    sum += p[i];
  *max = top;
  return sum;
}

NF_KERNEL (static, gfloat, dot_pixel,
    (const gfloat *a, const gfloat *b, gint64 k), (a, b, k))
{
  gfloat lane[LANES] = { 0 }, sum = 0;
  gint64 i = 0;

  for (; i + LANES <= k; i += LANES)
    for (gint64 j = 0; j < LANES; j++)
      lane[j] += a[i + j] * b[i + j];
  for (gint64 j = 0; j < LANES; j++)
    sum += lane[j];
  for (; i < k; i++)
    sum += a[i] * b[i];
  return sum;
}

static inline void
softmax_pixel (const gfloat *z, gint64 k, gfloat *p)
{
  gfloat top, inverse = 1.0f / exp_pixel (z, k, p, &top);

  for (gint64 i = 0; i < k; i++)
    p[i] *= inverse;
}

/* the weight of a pixel with this label, which may be the ignored one */
static inline gfloat
weight_of (const NfOpCall *call, gint64 label)
{
  if (is_ignored (call, label))
    return 0;
  return call->in[NF_CROSS_ENTROPY_WEIGHTS]
      ? ((const gfloat *) call->in[NF_CROSS_ENTROPY_WEIGHTS]->data)[label]
      : 1;
}

/* room for the probabilities of a pixel, for each thread; a cache line apart, so
 * that threads do not wait for each other's writes */
static NfTensor *
pixel_room (const NfOpCall *call, gint64 k, GError **error)
{
  return nf_tensor_new (
      call->device, NF_F32, omp_get_max_threads (), k + LANES, 1, 1, error);
}

static gfloat *
room_of_thread (const NfTensor *room)
{
  return nf_cpu_f32 (room) + omp_get_thread_num () * room->c;
}

typedef struct
{
  const NfOpCall *call;
  const NfTensor *room; /* of pixel_room () */
} CrossEntropy;

static gdouble
cross_entropy_partial (gconstpointer data, gsize from, gsize to)
{
  const CrossEntropy *entropy = data;
  const NfOpCall *call = entropy->call;
  const gint64 k = call->in[NF_CROSS_ENTROPY_LOGITS]->c;
  const gfloat *z =
      (const gfloat *) call->in[NF_CROSS_ENTROPY_LOGITS]->data + from * k;
  gfloat *p = room_of_thread (entropy->room);
  gdouble total = 0;

  for (gsize i = from; i < to; i++, z += k) {
    const gint64 label = label_at (call->in[NF_CROSS_ENTROPY_TARGET], i);
    const gfloat weight = weight_of (call, label);
    gfloat top, sum;

    if (weight == 0)
      continue;
    sum = exp_pixel (z, k, p, &top);
    total += weight * (logf (sum) - (z[label] - top));
  }
  return total;
}

static gdouble
weights_partial (gconstpointer data, gsize from, gsize to)
{
  const NfOpCall *call = data;
  gdouble total = 0;

  for (gsize i = from; i < to; i++)
    total += weight_of (call, label_at (call->in[NF_CROSS_ENTROPY_TARGET], i));
  return total;
}

/* @sum of all pixels' weights; at least a tiny number, so that a batch in
 * which none counts has a loss of 0 */
static gboolean
sum_weights (const NfOpCall *call, gdouble *sum, GError **error)
{
  const gsize n_pixels = nf_tensor_elements (call->in[NF_CROSS_ENTROPY_TARGET]);

  if (!nf_cpu_sum (n_pixels, 1, weights_partial, call, sum, error))
    return FALSE;
  *sum = MAX (*sum, G_MINFLOAT);
  return TRUE;
}

gboolean
nf_cpu_cross_entropy_forward (NfOpCall *call, GError **error)
{
  const gsize n_pixels = nf_tensor_elements (call->in[NF_CROSS_ENTROPY_TARGET]);
  const gint64 k = call->in[NF_CROSS_ENTROPY_LOGITS]->c;
  g_autoptr (NfTensor) room = NULL;
  gdouble loss, weights;

  if (!check_labels (call, error))
    return FALSE;
  room = pixel_room (call, k, error);
  if (room == NULL)
    return FALSE;
  const CrossEntropy entropy = { .call = call, .room = room };

  if (!nf_cpu_sum (n_pixels, k, cross_entropy_partial, &entropy, &loss, error)
      || !sum_weights (call, &weights, error))
    return FALSE;
  *(gfloat *) call->out->data = (gfloat) (loss / weights);
  return TRUE;
}

gboolean
nf_cpu_cross_entropy_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const gint64 k = call->in[NF_CROSS_ENTROPY_LOGITS]->c;
  const gsize n_pixels = nf_tensor_elements (call->in[NF_CROSS_ENTROPY_TARGET]);
  const gfloat *z = call->in[NF_CROSS_ENTROPY_LOGITS]->data;
  gfloat *dz, scale;
  gdouble weights;

  if (grad_in[NF_CROSS_ENTROPY_LOGITS] == NULL)
    return TRUE;
  if (!sum_weights (call, &weights, error))
    return FALSE;
  dz = grad_in[NF_CROSS_ENTROPY_LOGITS]->data;
  scale = (gfloat) (*(const gfloat *) grad_out->data / weights);
#pragma omp parallel for if (n_pixels * k > NF_CPU_GRAIN)
  for (gsize i = 0; i < n_pixels; i++) {
    const gint64 label = label_at (call->in[NF_CROSS_ENTROPY_TARGET], i);
    const gfloat share = scale * weight_of (call, label);
    gfloat *d = dz + i * k;

    if (share == 0) {
      memset (d, 0, k * sizeof *d);
      continue;
    }
    softmax_pixel (z + i * k, k, d);
    d[label] -= 1.0f;
    for (gint64 j = 0; j < k; j++)
      d[j] *= share;
  }
  return TRUE;
}

/* adds the pixels' probabilities P, those of the true class I, and counts T */
static void
dice_partial (
    const NfOpCall *call, gsize from, gsize to, gfloat *p, gdouble *sums)
{
  const gint64 k = call->in[NF_DICE_LOSS_LOGITS]->c;
  const gfloat *z = call->in[NF_DICE_LOSS_LOGITS]->data;

  for (gsize i = from; i < to; i++) {
    const gint64 label = label_at (call->in[NF_DICE_LOSS_TARGET], i);

    if (is_ignored (call, label))
      continue;
    softmax_pixel (z + i * k, k, p);
    for (gint64 j = 0; j < k; j++)
      sums[j] += p[j];
    sums[k + label] += p[label];
    sums[2 * k + label] += 1;
  }
}

/* one row of P, I and T an image: (N, 3, K); NULL without memory for it */
static gdouble *
dice_sums (const NfOpCall *call, GError **error)
{
  const gint64 n = call->in[NF_DICE_LOSS_LOGITS]->n,
               k = call->in[NF_DICE_LOSS_LOGITS]->c;
  const gsize plane = call->in[NF_DICE_LOSS_TARGET]->h
      * call->in[NF_DICE_LOSS_TARGET]->w,
              piece = nf_cpu_piece (k);
  const gsize n_pieces = (plane + piece - 1) / piece;
  g_autofree gdouble *pieces =
      nf_host_zeros (n * n_pieces * 3 * k * sizeof *pieces, error);
  g_autofree gdouble *sums = NULL;
  g_autoptr (NfTensor) room = NULL;

  if (pieces != NULL)
    sums = nf_host_zeros (n * 3 * k * sizeof *sums, error);
  if (sums != NULL)
    room = pixel_room (call, k, error);
  if (room == NULL)
    return NULL;
#pragma omp parallel for if (n * n_pieces > 1)
  for (gsize i = 0; i < n * n_pieces; i++) {
    const gsize image = i / n_pieces * plane, from = i % n_pieces * piece;

    dice_partial (call, image + from, image + MIN (plane, from + piece),
        room_of_thread (room), pieces + i * 3 * k);
  }
  for (gsize i = 0; i < n * n_pieces; i++)
    for (gint64 j = 0; j < 3 * k; j++)
      sums[i / n_pieces * 3 * k + j] += pieces[i * 3 * k + j];
  return g_steal_pointer (&sums);
}

/* the batch's sums, in the place of each image's */
static void
share_sums (gdouble *sums, gint64 n, gint64 k)
{
  for (gint64 i = 1; i < n; i++)
    for (gint64 j = 0; j < 3 * k; j++)
      sums[j] += sums[i * 3 * k + j];
  for (gint64 i = 1; i < n; i++)
    memcpy (sums + i * 3 * k, sums, 3 * k * sizeof *sums);
}

/* what each (image, class) adds to the mean over the classes that count */
static gdouble
share_of_class (const gdouble *sums, gint64 n, gint64 k, gboolean present)
{
  gint64 n_present = 0;

  if (!present)
    return 1.0 / (gdouble) (n * k);
  for (gint64 j = 0; j < k; j++)
    n_present += sums[2 * k + j] > 0;
  return 1.0 / (gdouble) (n * MAX (n_present, 1));
}

gboolean
nf_cpu_dice_loss_forward (NfOpCall *call, GError **error)
{
  const NfDiceLossParams *params = call->params;
  const gdouble smooth = params->smooth;
  const gint64 n = call->in[NF_DICE_LOSS_LOGITS]->n,
               k = call->in[NF_DICE_LOSS_LOGITS]->c;
  g_autofree gdouble *sums = NULL;
  gfloat *saved = NULL;
  gdouble total = 0, share;

  if (!check_labels (call, error))
    return FALSE;
  if (call->record) {
    call->saved[0] = nf_tensor_new (call->device, NF_F32, n, k, 2, 1, error);
    if (call->saved[0] == NULL)
      return FALSE;
    saved = call->saved[0]->data;
  }
  sums = dice_sums (call, error);
  if (sums == NULL)
    return FALSE;
  if (params->present)
    share_sums (sums, n, k);
  share = share_of_class (sums, n, k, params->present);
  for (gint64 i = 0; i < n; i++) {
    const gdouble *s = sums + i * 3 * k;

    for (gint64 j = 0; j < k; j++) {
      const gdouble top = 2 * s[k + j] + smooth;
      const gdouble bottom = s[j] + s[2 * k + j] + smooth;
      const gdouble counts = !params->present || s[2 * k + j] > 0 ? share : 0;
      /* every image holds the batch's sums: its pixels move all of them */
      const gdouble moves = params->present ? counts * n : counts;

      total += counts * top / bottom;
      if (saved != NULL) {
        saved[i * 2 * k + j] = (gfloat) (moves * top / (bottom * bottom));
        saved[i * 2 * k + k + j] = (gfloat) (moves * 2 / bottom);
      }
    }
  }
  *(gfloat *) call->out->data = (gfloat) (1 - total);
  return TRUE;
}

gboolean
nf_cpu_dice_loss_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const gint64 k = call->in[NF_DICE_LOSS_LOGITS]->c;
  const gsize n_pixels = nf_tensor_elements (call->in[NF_DICE_LOSS_TARGET]);
  const gsize plane =
      call->in[NF_DICE_LOSS_TARGET]->h * call->in[NF_DICE_LOSS_TARGET]->w;
  const gfloat scale = *(const gfloat *) grad_out->data;
  const gfloat *z = call->in[NF_DICE_LOSS_LOGITS]->data,
               *saved = call->saved[0]->data;
  gfloat *dz;

  if (grad_in[NF_DICE_LOSS_LOGITS] == NULL)
    return TRUE;
  dz = grad_in[NF_DICE_LOSS_LOGITS]->data;
#pragma omp parallel for if (n_pixels * k > NF_CPU_GRAIN)
  for (gsize i = 0; i < n_pixels; i++) {
    const gfloat *all = saved + i / plane * 2 * k, *true_class = all + k;
    const gint64 label = label_at (call->in[NF_DICE_LOSS_TARGET], i);
    gfloat *d = dz + i * k, hit, mean;

    if (is_ignored (call, label)) {
      memset (d, 0, k * sizeof *d);
      continue;
    }
    softmax_pixel (z + i * k, k, d);
    hit = d[label] * true_class[label];
    mean = dot_pixel (d, all, k) - hit;
    for (gint64 j = 0; j < k; j++)
      d[j] = scale * (d[j] * (all[j] - mean));
    d[label] -= scale * hit;
  }
  return TRUE;
}

static gdouble
noise_loss_partial (gconstpointer data, gsize from, gsize to)
{
  const NfOpCall *call = data;
  const NfNoiseLossParams *p = call->params;
  const gfloat *e = call->in[NF_NOISE_LOSS_E]->data,
               *z = call->in[NF_NOISE_LOSS_Z]->data;
  gdouble total = 0;

  for (gsize i = from; i < to; i++) {
    const gdouble d = (gdouble) z[i] - e[i];

    total += p->absolute ? fabs (d) : 0.5 * d * d;
  }
  return total;
}

gboolean
nf_cpu_noise_loss_forward (NfOpCall *call, GError **error)
{
  const NfTensor *e = call->in[NF_NOISE_LOSS_E];
  gdouble total;

  if (!nf_cpu_sum (
          nf_tensor_elements (e), 1, noise_loss_partial, call, &total, error))
    return FALSE;
  *(gfloat *) call->out->data = (gfloat) (total / (gdouble) e->n);
  return TRUE;
}

gboolean
nf_cpu_noise_loss_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const gsize n = nf_tensor_elements (call->in[NF_NOISE_LOSS_E]);
  const gboolean absolute =
      ((const NfNoiseLossParams *) call->params)->absolute;
  const gfloat share =
      *(const gfloat *) grad_out->data / (gfloat) call->in[NF_NOISE_LOSS_E]->n;

  for (guint side = 0; side < 2; side++) {
    const gfloat *mine = call->in[side]->data;
    const gfloat *other = call->in[1 - side]->data;
    gfloat *d;

    if (grad_in[side] == NULL)
      continue;
    d = grad_in[side]->data;
#pragma omp parallel for if (n > NF_CPU_GRAIN)
    for (gsize i = 0; i < n; i++) {
      const gfloat more = mine[i] - other[i];

      d[i] = share * (absolute ? (more > 0) - (more < 0) : more);
    }
  }
  return TRUE;
}
