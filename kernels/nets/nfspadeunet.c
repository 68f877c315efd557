/* SPDX-License-Identifier: MIT
 *
 * nfspadeunet — the noise predictor: a U-Net conditioned on frames
 *
 * The network is a list of steps made once from the configuration; each step
 * is a module of PyTorch's unet.all_modules or "push", which keeps the current
 * tensor for the way up. Everything that depends on the conditioning frames
 * alone (gamma and beta of every modulation) is in an NfUnetCond, so a sampling
 * loop computes it once. */
#include "nets/nfspadeunet.h"

#include "nets/nfunetblocks.h"

#include <math.h>

typedef enum
{
  STEP_RES,
  STEP_CAT_RES,
  STEP_ATTENTION,
  STEP_PUSH,
} StepKind;

typedef struct
{
  StepKind kind;
  NfUnetRes res;
  NfUnetAttention attn;
} Step;

struct _NfUnet
{
  NfUnetParts parts;
  NfLinear time[2];
  NfConv first, last;
  NfUnetNorm final_norm;
  GArray *steps;
  guint n_modules;
};

/* ------------------------------------------------------------ construction */

/* name of the next module of unet.all_modules */
static gchar *
next_path (NfUnet *net)
{
  return g_strdup_printf ("unet.all_modules.%u", net->n_modules++);
}

static gboolean
add_res (NfUnet *net, StepKind kind, gint64 in, gint64 out,
    NfUnetResample resample, GError **error)
{
  g_autofree gchar *path = next_path (net);
  Step step = { .kind = kind };

  if (!nf_unet_res_init (
          &net->parts, &step.res, path, in, out, resample, error))
    return FALSE;
  g_array_append_val (net->steps, step);
  return TRUE;
}

static gboolean
add_attention (NfUnet *net, gint64 c, GError **error)
{
  g_autofree gchar *path = next_path (net);
  Step step = { .kind = STEP_ATTENTION };

  if (!nf_unet_attention_init (&net->parts, &step.attn, path, c, error))
    return FALSE;
  g_array_append_val (net->steps, step);
  return TRUE;
}

static void
add_push (NfUnet *net, GArray *skips, gint64 c)
{
  Step step = { .kind = STEP_PUSH };

  g_array_append_val (net->steps, step);
  g_array_append_val (skips, c);
}

static gboolean
level_attends (const NfUnetConfig *c, guint level)
{
  gint side = MIN (c->height, c->width) >> level;

  for (guint i = 0; i < c->n_attn; i++)
    if (c->attn_resolutions[i] == side)
      return TRUE;
  return FALSE;
}

static gboolean
down_init (NfUnet *net, GArray *skips, gint64 *ch, GError **error)
{
  const NfUnetConfig *c = &net->parts.config;

  for (guint level = 0; level < c->n_levels; level++) {
    gint64 out = (gint64) c->ngf * c->ch_mult[level];

    for (gint i = 0; i < c->num_res_blocks; i++) {
      if (!add_res (net, STEP_RES, *ch, out, NF_UNET_RESAMPLE_NONE, error))
        return FALSE;
      *ch = out;
      if (level_attends (c, level) && !add_attention (net, out, error))
        return FALSE;
      add_push (net, skips, out);
    }
    if (level + 1 == c->n_levels)
      break;
    if (!add_res (net, STEP_RES, *ch, *ch, NF_UNET_RESAMPLE_DOWN, error))
      return FALSE;
    add_push (net, skips, *ch);
  }
  return TRUE;
}

static gboolean
up_init (NfUnet *net, GArray *skips, gint64 *ch, GError **error)
{
  const NfUnetConfig *c = &net->parts.config;

  for (guint level = c->n_levels; level-- > 0;) {
    gint64 out = (gint64) c->ngf * c->ch_mult[level];

    for (gint i = 0; i <= c->num_res_blocks; i++) {
      gint64 skip = g_array_index (skips, gint64, skips->len - 1);

      g_array_set_size (skips, skips->len - 1);
      if (!add_res (
              net, STEP_CAT_RES, *ch + skip, out, NF_UNET_RESAMPLE_NONE, error))
        return FALSE;
      *ch = out;
    }
    if (level_attends (c, level) && !add_attention (net, out, error))
      return FALSE;
    if (level > 0
        && !add_res (net, STEP_RES, *ch, *ch, NF_UNET_RESAMPLE_UP, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
build (NfUnet *net, GError **error)
{
  const NfUnetConfig *c = &net->parts.config;
  gint64 out = (gint64) c->channels * c->num_frames;
  gint64 in = c->spade ? out : out + nf_unet_cond_channels (c), ch = c->ngf;
  g_autoptr (GArray) skips = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree gchar *t0 = next_path (net), *t1 = next_path (net);
  g_autofree gchar *first = next_path (net), *norm = NULL, *last = NULL;

  if (!nf_linear_init (&net->time[0], net->parts.params, t0, c->ngf, 4 * c->ngf,
          NF_WEIGHT_XAVIER, error)
      || !nf_linear_init (&net->time[1], net->parts.params, t1, 4 * c->ngf,
          4 * c->ngf, NF_WEIGHT_XAVIER, error)
      || !nf_conv_init (&net->first, net->parts.params, first, in, c->ngf, 3,
          TRUE, NF_WEIGHT_XAVIER, error))
    return FALSE;
  g_array_append_val (skips, ch);
  if (!down_init (net, skips, &ch, error)
      || !add_res (net, STEP_RES, ch, ch, NF_UNET_RESAMPLE_NONE, error)
      || !add_attention (net, ch, error)
      || !add_res (net, STEP_RES, ch, ch, NF_UNET_RESAMPLE_NONE, error)
      || !up_init (net, skips, &ch, error))
    return FALSE;
  norm = next_path (net);
  last = next_path (net);
  return nf_unet_norm_init (
             &net->parts, &net->final_norm, norm, ch, FALSE, error)
      && nf_conv_init (&net->last, net->parts.params, last, ch, out, 3, TRUE,
          NF_WEIGHT_ZERO, error);
}

/**
 * nf_unet_new:
 * @device: where it lies
 * @config: its sizes, as nf_unet_config_from_json() checks them
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the network, its parameters zero; load
 *   a checkpoint into them or call nf_params_reset()
 */
NfUnet *
nf_unet_new (NfDevice *device, const NfUnetConfig *config, GError **error)
{
  g_autoptr (NfUnet) net = g_new0 (NfUnet, 1);

  net->parts.config = *config;
  net->parts.params = nf_params_new (device);
  net->steps = g_array_new (FALSE, TRUE, sizeof (Step));
  if (!build (net, error))
    return NULL;
  return g_steal_pointer (&net);
}

void
nf_unet_free (NfUnet *net)
{
  g_array_unref (net->steps);
  nf_params_unref (net->parts.params);
  g_free (net);
}

NfParams *
nf_unet_params (NfUnet *net)
{
  return net->parts.params;
}

const NfUnetConfig *
nf_unet_config (NfUnet *net)
{
  return &net->parts.config;
}

const gchar *
nf_unet_arch (NfUnet *net)
{
  return net->parts.config.spade ? NF_UNET_ARCH_SPADE : NF_UNET_ARCH_CONCAT;
}

/* ------------------------------------------------------------ conditioning */

static gboolean
cond_maps (NfUnet *net, NfUnetCond *cond, GError **error)
{
  gint64 h = cond->cond->h, w = cond->cond->w;

  for (guint i = 0; i < net->steps->len; i++) {
    Step *step = &g_array_index (net->steps, Step, i);

    if (step->kind <= STEP_CAT_RES
        && !nf_unet_res_maps (&step->res, cond, &h, &w, error))
      return FALSE;
  }
  return nf_unet_norm_maps (&net->final_norm, cond, h, w, error);
}

static gboolean
frames_fit (const NfUnetConfig *c, const NfTensor *x, gint64 channels,
    const gchar *what, GError **error)
{
  g_autofree gchar *shape = NULL;

  if (x->c == channels && x->h == c->height && x->w == c->width)
    return TRUE;
  shape = nf_tensor_shape_string (x);
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "diffusion U-Net: %s is %s, expected (N, %" G_GINT64_FORMAT ", %d, %d)",
      what, shape, channels, c->height, c->width);
  return FALSE;
}

/**
 * nf_unet_condition:
 * @cond: (N, nf_unet_cond_channels(), H, W), pixels in [-1, 1]; f32, or bf16
 *   for a network that computes in bf16
 * @error: return location
 *
 * Computes what depends on the conditioning frames alone. Recorded by a tape
 * like all else.
 *
 * Returns: (transfer full) (nullable): for nf_unet_forward()
 */
NfUnetCond *
nf_unet_condition (NfUnet *net, NfTensor *cond, GError **error)
{
  g_autoptr (NfUnetCond) result = NULL;

  if (!frames_fit (&net->parts.config, cond,
          nf_unet_cond_channels (&net->parts.config), "cond", error))
    return NULL;
  result = g_new0 (NfUnetCond, 1);
  result->cond = nf_tensor_ref (cond);
  result->maps =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  if (net->parts.config.spade && !cond_maps (net, result, error))
    return NULL;
  return g_steal_pointer (&result);
}

void
nf_unet_cond_free (NfUnetCond *cond)
{
  g_ptr_array_unref (cond->maps);
  nf_tensor_unref (cond->cond);
  g_free (cond);
}

/* ----------------------------------------------------------------- forward */

/**
 * nf_time_embedding:
 * @device: where the result lies
 * @labels: (array length=n): times
 * @n: how many
 * @dim: length of an embedding, at least 4
 * @error: return location
 *
 * sin (t f_i), then cos (t f_i), f_i = exp (-i ln 10000 / (dim / 2 - 1)), a
 * zero behind where @dim is odd (Vaswani et al., 2017).
 *
 * Returns: (transfer full) (nullable): (N, dim, 1, 1)
 */
NfTensor *
nf_time_embedding (NfDevice *device, const gfloat *labels, gint64 n, gint64 dim,
    GError **error)
{
  g_autofree gfloat *e = g_new0 (gfloat, n * dim);
  gint64 half = dim / 2;
  gfloat rate = (gfloat) - (log (10000.0) / (gdouble) MAX (half - 1, 1));

  for (gint64 i = 0; i < n; i++) {
    for (gint64 k = 0; k < half; k++) {
      gfloat a = labels[i] * expf ((gfloat) k * rate);

      e[i * dim + k] = sinf (a);
      e[i * dim + half + k] = cosf (a);
    }
  }
  return nf_tensor_new_from_nhwc (device, NF_F32, n, dim, 1, 1, e, error);
}

/* one embedding will do for a batch whose labels are all the same */
static gint64
n_times (const gfloat *labels, gint64 n)
{
  for (gint64 i = 1; i < n; i++)
    if (labels[i] != labels[0])
      return n;
  return 1;
}

/**
 * nf_unet_embed:
 * @labels: (array length=n): noise labels, see nf_unet_forward()
 * @n: batch
 * @error: return location
 *
 * Returns: (transfer full) (nullable): what nf_unet_forward_at() takes for them
 */
NfTensor *
nf_unet_embed (NfUnet *net, const gfloat *labels, gint64 n, GError **error)
{
  return nf_time_embedding (net->parts.params->device, labels,
      n_times (labels, n), net->parts.config.ngf, error);
}

/* SiLU of the embedding after its two layers; what every block starts from */
static NfTensor *
time_run (NfUnet *net, NfTensor *embedding, GError **error)
{
  g_autoptr (NfTensor) a = nf_linear_run (&net->time[0], embedding, error);
  g_autoptr (NfTensor) b = nf_op_activation (a, NF_ACT_SILU, error);
  g_autoptr (NfTensor) c = nf_linear_run (&net->time[1], b, error);

  return nf_op_activation (c, NF_ACT_SILU, error);
}

/* adds what one norm makes of the times to @all */
static gboolean
norm_times (
    const NfUnetNorm *norm, NfTensor *hidden, GPtrArray *all, GError **error)
{
  NfTensor *scales = nf_linear_run (&norm->time, hidden, error);

  if (scales != NULL)
    g_ptr_array_add (all, scales);
  return scales != NULL;
}

/* all of them side by side; as many at once as an op takes */
static NfTensor *
join (GPtrArray *all, GError **error)
{
  while (all->len > 1) {
    g_autoptr (GPtrArray) rest = g_ptr_array_sized_new (all->len);

    g_ptr_array_set_free_func (rest, (GDestroyNotify) nf_tensor_unref);
    for (guint i = 0; i < all->len; i += NF_OP_MAX_INPUTS) {
      NfTensor *some = nf_op_concat ((NfTensor *const *) all->pdata + i,
          MIN (NF_OP_MAX_INPUTS, all->len - i), error);

      if (some == NULL)
        return NULL;
      g_ptr_array_add (rest, some);
    }
    g_ptr_array_set_size (all, 0);
    g_ptr_array_extend_and_steal (all, g_steal_pointer (&rest));
  }
  return nf_tensor_ref (g_ptr_array_index (all, 0));
}

/**
 * nf_unet_times:
 * @labels: (array length=n): noise labels
 * @n: how many
 * @error: return location
 *
 * All that depends on nothing but the labels, for all of them at once: weights
 * are read once. Not recorded by a tape.
 *
 * Returns: (transfer full) (nullable): (N, values): a sample of it is what
 *   nf_unet_forward_at() takes for a batch with this label
 */
NfTensor *
nf_unet_times (NfUnet *net, const gfloat *labels, gint64 n, GError **error)
{
  g_autoptr (GPtrArray) all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  g_autoptr (NfTensor) embedding = nf_time_embedding (
      net->parts.params->device, labels, n, net->parts.config.ngf, error);
  g_autoptr (NfTensor) hidden =
      embedding != NULL ? time_run (net, embedding, error) : NULL;

  if (hidden == NULL)
    return NULL;
  for (guint i = 0; i < net->steps->len; i++) {
    const Step *step = &g_array_index (net->steps, Step, i);

    if (step->kind <= STEP_CAT_RES
        && (!norm_times (&step->res.norm[0], hidden, all, error)
            || !norm_times (&step->res.norm[1], hidden, all, error)))
      return NULL;
  }
  return join (all, error);
}

/* what the norms are told: of what nf_unet_embed() or nf_unet_times() gives */
static gboolean
tell_time (NfUnet *net, NfTensor *embedding, NfUnetTime *time, GError **error)
{
  if (embedding->c == net->parts.config.ngf)
    time->hidden = time_run (net, embedding, error);
  else
    time->scales =
        nf_tensor_reshape (embedding, net->parts.n_scales, 1, 1, 1, error);
  return time->hidden != NULL || time->scales != NULL;
}

static void
time_clear (NfUnetTime *time)
{
  nf_tensor_clear (&time->hidden);
  nf_tensor_clear (&time->scales);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfUnetTime, time_clear)

static NfTensor *
step_run (const NfUnet *net, const Step *step, NfTensor *h, GPtrArray *stack,
    const NfUnetTime *time, const NfUnetCond *cond, const NfForward *forward,
    GError **error)
{
  g_autoptr (NfTensor) skip = NULL;

  if (step->kind == STEP_PUSH) {
    g_ptr_array_add (stack, nf_tensor_ref (h));
    return nf_tensor_ref (h);
  }
  if (step->kind == STEP_ATTENTION)
    return nf_unet_attention_run (&step->attn, h, error);
  if (step->kind == STEP_CAT_RES)
    skip = g_ptr_array_steal_index (stack, stack->len - 1);
  return nf_unet_res_run (
      &net->parts, &step->res, h, skip, time, cond, forward, error);
}

/* x in another type, if it has not that one already */
static NfTensor *
as_type (NfTensor *x, NfDType dtype, GError **error)
{
  return x->dtype == dtype ? nf_tensor_ref (x) : nf_op_cast (x, dtype, error);
}

/* the first convolution, on x, or on x and the conditioning frames; in f32,
 * since the rounding of x would stand in what is predicted. What follows has
 * the type of cond */
static NfTensor *
enter (const NfUnet *net, NfTensor *x, const NfUnetCond *cond, GError **error)
{
  g_autoptr (NfTensor) frames =
      net->parts.config.spade ? NULL : as_type (cond->cond, NF_F32, error);
  NfTensor *both[2] = { x, frames };
  g_autoptr (NfTensor) cat = net->parts.config.spade ? nf_tensor_ref (x)
      : frames != NULL ? nf_op_concat (both, 2, error)
                       : NULL;
  g_autoptr (NfTensor) h = cat != NULL
      ? nf_conv_run (&net->first, cat, 1, NF_ACT_NONE, error)
      : NULL;

  return h != NULL ? as_type (h, cond->cond->dtype, error) : NULL;
}

/* the last convolution, in f32: at noisy labels its rounding is multiplied by
 * up to 157 on the way to clean frames */
static NfTensor *
leave (const NfUnet *net, NfTensor *h, GError **error)
{
  g_autoptr (NfTensor) wide = as_type (h, NF_F32, error);

  return wide != NULL ? nf_conv_run (&net->last, wide, 1, NF_ACT_NONE, error)
                      : NULL;
}

/**
 * nf_unet_forward:
 * @x: (N, channels * num_frames, H, W): noisy frames, f32
 * @labels: (array): N noise labels, 0 (noisiest) to num_classes - 1
 * @cond: of the same frames size; its batch is N, or 1 with spade
 * @forward: (nullable): how to run
 * @error: return location
 *
 * Returns: (transfer full) (nullable): what it was trained to tell (its target),
 *   f32, shape of @x
 */
NfTensor *
nf_unet_forward (NfUnet *net, NfTensor *x, const gfloat *labels,
    NfUnetCond *cond, const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) embedding = nf_unet_embed (net, labels, x->n, error);

  return embedding != NULL
      ? nf_unet_forward_at (net, x, embedding, cond, forward, error)
      : NULL;
}

/**
 * nf_unet_forward_at:
 * @embedding: of the labels, from nf_unet_embed(), or a sample of what
 *   nf_unet_times() gives
 *
 * nf_unet_forward() without anything that comes from the host, so that it can
 * be captured.
 *
 * Returns: (transfer full) (nullable): what it was trained to tell (its target),
 *   f32, shape of @x
 */
NfTensor *
nf_unet_forward_at (NfUnet *net, NfTensor *x, NfTensor *embedding,
    NfUnetCond *cond, const NfForward *forward, GError **error)
{
  g_autoptr (GPtrArray) stack = NULL;
  g_auto (NfUnetTime) time = { NULL, NULL };
  g_autoptr (NfTensor) h = NULL;
  g_autoptr (NfTensor) normed = NULL;

  if (!frames_fit (&net->parts.config, x,
          (gint64) net->parts.config.num_frames * net->parts.config.channels,
          "x", error))
    return NULL;
  if (tell_time (net, embedding, &time, error))
    h = enter (net, x, cond, error);
  if (h == NULL)
    return NULL;
  stack = g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  g_ptr_array_add (stack, nf_tensor_ref (h));
  for (guint i = 0; i < net->steps->len; i++) {
    NfTensor *next = step_run (net, &g_array_index (net->steps, Step, i), h,
        stack, &time, cond, forward, error);

    nf_tensor_unref (h);
    h = next;
    if (h == NULL)
      return NULL;
  }
  normed = nf_unet_norm_run (&net->final_norm, h, NULL, NULL, cond, error);
  return normed != NULL ? leave (net, normed, error) : NULL;
}
