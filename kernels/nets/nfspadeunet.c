/* SPDX-License-Identifier: MIT
 *
 * nfspadeunet — a U-Net conditioned on frames: two architectures that predict
 *
 * The network is a list of steps made once from the configuration; each step is
 * a module of PyTorch's unet.all_modules or "push", which keeps the current
 * tensor for the way up. Everything that depends on the conditioning frames
 * alone (gamma and beta of every modulation) is in an NfSpadeCond, so a
 * sampling loop computes it once. */
#include <nextframe/nets/nfunet.h>

#include <nextframe/core/ops/nftape.h>

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

typedef struct
{
  NfNet base;
  NfUnetParts parts;
  NfLinear time[2];
  NfConv first, last;
  NfUnetNorm final_norm;
  GArray *steps;
  guint n_modules;
} SpadeUnet;

/* ------------------------------------------------------------ construction */

/* name of the next module of unet.all_modules */
static gchar *
next_path (SpadeUnet *net)
{
  return g_strdup_printf ("unet.all_modules.%u", net->n_modules++);
}

static gboolean
add_res (SpadeUnet *net, StepKind kind, gint64 in, gint64 out,
    NfUnetResample resample, GError **error)
{
  g_autofree gchar *path = next_path (net);
  Step step = { .kind = kind };

  if (!nf_unet_res_init (
          &net->parts, &step.res, path, in, out, resample, error)) {
    nf_unet_res_clear (&step.res);
    return FALSE;
  }
  g_array_append_val (net->steps, step);
  return TRUE;
}

static gboolean
add_attention (SpadeUnet *net, gint64 c, GError **error)
{
  g_autofree gchar *path = next_path (net);
  Step step = { .kind = STEP_ATTENTION };

  if (!nf_unet_attention_init (&net->parts, &step.attn, path, c, error))
    return FALSE;
  g_array_append_val (net->steps, step);
  return TRUE;
}

static void
add_push (SpadeUnet *net, GArray *skips, gint64 c)
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
down_init (SpadeUnet *net, GArray *skips, gint64 *ch, GError **error)
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
up_init (SpadeUnet *net, GArray *skips, gint64 *ch, GError **error)
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
build (SpadeUnet *net, GError **error)
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

static void
free_net (NfNet *base)
{
  SpadeUnet *net = (SpadeUnet *) base;

  for (guint i = 0; i < net->steps->len; i++) {
    Step *step = &g_array_index (net->steps, Step, i);

    nf_unet_res_clear (&step->res);
    nf_unet_attention_clear (&step->attn);
  }
  nf_unet_norm_clear (&net->final_norm);
  g_array_unref (net->steps);
  nf_params_unref (base->params);
  g_free (net);
}

/* either architecture, as the configuration says */
static NfNet *
make (NfDevice *device, JsonObject *json, GError **error)
{
  NfUnetConfig config;
  SpadeUnet *net;

  if (!nf_unet_config_from_json (&config, json, error))
    return NULL;
  net = g_new0 (SpadeUnet, 1);
  net->base.klass = config.spade ? &nf_net_spade_unet : &nf_net_concat_unet;
  net->base.params = nf_params_new (device);
  net->parts.config = config;
  net->parts.params = net->base.params;
  net->steps = g_array_new (FALSE, TRUE, sizeof (Step));
  if (build (net, error))
    return &net->base;
  free_net (&net->base);
  return NULL;
}

static JsonObject *
config_of (const NfNet *net)
{
  return nf_unet_config_to_json (&((const SpadeUnet *) net)->parts.config);
}

static const NfUnetConfig *
facts_of (const NfNet *net)
{
  return &((const SpadeUnet *) net)->parts.config;
}

/* ------------------------------------------------------------ conditioning */

static gboolean
add_maps (SpadeUnet *net, NfSpadeCond *cond, GError **error)
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
cond_maps (SpadeUnet *net, NfSpadeCond *cond, GError **error)
{
  gboolean ok;

  cond->shrunk =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  ok = add_maps (net, cond, error);
  g_clear_pointer (&cond->shrunk, g_ptr_array_unref);
  return ok;
}

/* FALSE without an error where what makes x has failed */
static gboolean
frames_fit (const NfUnetConfig *c, const NfTensor *x, gint64 channels,
    const gchar *what, GError **error)
{
  g_autofree gchar *shape = NULL;

  if (x == NULL)
    return FALSE;
  if (x->c == channels && x->h == c->height && x->w == c->width)
    return TRUE;
  shape = nf_tensor_shape_string (x);
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "diffusion U-Net: %s is %s, expected (N, %" G_GINT64_FORMAT ", %d, %d)",
      what, shape, channels, c->height, c->width);
  return FALSE;
}

static gboolean
cond_copy (NfUnetCond *to_base, NfUnetCond *from_base, GError **error)
{
  const NfSpadeCond *to = (NfSpadeCond *) to_base;
  const NfSpadeCond *from = (NfSpadeCond *) from_base;

  if (to->maps->len != from->maps->len) {
    g_set_error_literal (error, NF_ERROR, NF_ERROR_SHAPE,
        "diffusion U-Net: the conditioning to copy was made under a tape and "
        "the one that gets it was not, or the other way round; make both the "
        "same way");
    return FALSE;
  }
  for (guint i = 0; i < to->maps->len; i++)
    if (!nf_tensor_copy (to->maps->pdata[i], from->maps->pdata[i], error))
      return FALSE;
  return nf_tensor_copy (to->cond, from->cond, error);
}

static void
cond_free (NfUnetCond *base)
{
  NfSpadeCond *cond = (NfSpadeCond *) base;

  g_ptr_array_unref (cond->maps);
  nf_tensor_unref (cond->cond);
  g_free (cond);
}

static NfUnetCond *
condition (NfNet *base, NfTensor *cond, GError **error)
{
  SpadeUnet *net = (SpadeUnet *) base;
  NfSpadeCond *result;

  if (!frames_fit (&net->parts.config, cond,
          nf_unet_cond_channels (&net->parts.config), "cond", error))
    return NULL;
  result = g_new0 (NfSpadeCond, 1);
  result->base.klass = base->klass;
  result->cond = nf_tensor_ref (cond);
  result->joined = nf_tape_current () == NULL;
  result->maps =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  if (!net->parts.config.spade || cond_maps (net, result, error))
    return &result->base;
  cond_free (&result->base);
  return NULL;
}

/* ----------------------------------------------------------------- forward */

/* one embedding will do for a batch whose labels are all the same */
static gint64
n_times (const gfloat *labels, gint64 n)
{
  for (gint64 i = 1; i < n; i++)
    if (labels[i] != labels[0])
      return n;
  return 1;
}

static NfTensor *
embed (NfNet *net, const gfloat *labels, gint64 n, GError **error)
{
  return nf_time_embedding (net->params->device, labels, n_times (labels, n),
      ((SpadeUnet *) net)->parts.config.ngf, error);
}

/* SiLU of the embedding after its two layers; what every block starts from */
static NfTensor *
time_run (SpadeUnet *net, NfTensor *embedding, GError **error)
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

static NfTensor *
times (NfNet *base, const gfloat *labels, gint64 n, GError **error)
{
  SpadeUnet *net = (SpadeUnet *) base;
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

/* the norms' embedding, from a result of nf_unet_embed() or nf_unet_times() */
static gboolean
set_time (SpadeUnet *net, NfTensor *embedding, NfUnetTime *time, GError **error)
{
  if (embedding == NULL)
    return FALSE;
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
step_run (const SpadeUnet *net, const Step *step, NfTensor *h, GPtrArray *stack,
    const NfUnetTime *time, const NfSpadeCond *cond, const NfForward *forward,
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
  return x == NULL || x->dtype == dtype ? nf_tensor_ref (x)
                                        : nf_op_cast (x, dtype, error);
}

/* the first convolution, on x, or on x and the conditioning frames; in f32,
 * since the rounding of x would stand in what is predicted. What follows has
 * the type of cond */
static NfTensor *
first_conv_run (
    const SpadeUnet *net, NfTensor *x, const NfSpadeCond *cond, GError **error)
{
  g_autoptr (NfTensor) frames =
      net->parts.config.spade ? NULL : as_type (cond->cond, NF_F32, error);
  NfTensor *both[2] = { x, frames };
  g_autoptr (NfTensor) cat = net->parts.config.spade
      ? nf_tensor_ref (x)
      : nf_op_concat (both, 2, error);
  g_autoptr (NfTensor) h =
      nf_conv_run (&net->first, cat, 1, NF_ACT_NONE, error);

  return as_type (h, cond->cond->dtype, error);
}

/* the last convolution, in f32: at noisy labels its rounding is multiplied by
 * up to 157 on the way to clean frames */
static NfTensor *
last_conv_run (const SpadeUnet *net, NfTensor *h, GError **error)
{
  g_autoptr (NfTensor) wide = as_type (h, NF_F32, error);

  return nf_conv_run (&net->last, wide, 1, NF_ACT_NONE, error);
}

static NfTensor *
forward_at (NfNet *base, NfTensor *x, NfTensor *embedding,
    NfUnetCond *condition, const NfForward *forward, GError **error)
{
  SpadeUnet *net = (SpadeUnet *) base;
  const NfSpadeCond *cond = (NfSpadeCond *) condition;
  g_autoptr (GPtrArray) stack = NULL;
  g_auto (NfUnetTime) time = { NULL, NULL };
  g_autoptr (NfTensor) h = NULL;
  g_autoptr (NfTensor) normed = NULL;

  if (!frames_fit (&net->parts.config, x,
          (gint64) net->parts.config.num_frames * net->parts.config.channels,
          "x", error))
    return NULL;
  if (set_time (net, embedding, &time, error))
    h = first_conv_run (net, x, cond, error);
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
  return last_conv_run (net, normed, error);
}

/* ----------------------------------------------------------- architectures */

static const NfPredictHooks hooks = { .read = nf_unet_config_from_json,
  .facts = facts_of,
  .condition = condition,
  .cond_copy = cond_copy,
  .cond_free = cond_free,
  .embed = embed,
  .times = times,
  .forward_at = forward_at };

static const NfNetPreset presets[] = {
  { "tiny",
      "{\"image_size\": 16, \"ngf\": 16, \"ch_mult\": [1, 2],"
      " \"num_res_blocks\": 1, \"spade_dim\": 16}" },
  { "mid",
      "{\"image_size\": 64, \"ngf\": 32, \"ch_mult\": [1, 2, 3, 4],"
      " \"num_res_blocks\": 1, \"spade_dim\": 64}" },
  { "full", "{}" },
  { NULL, NULL },
};

const NfNetClass nf_net_spade_unet = {
  .name = NF_UNET_ARCH_SPADE,
  .title = "diffusion U-Net",
  .task = NF_NET_PREDICT,
  .presets = presets,
  .make = make,
  .free = free_net,
  .config = config_of,
  .predict = &hooks,
};

const NfNetClass nf_net_concat_unet = {
  .name = NF_UNET_ARCH_CONCAT,
  .title = "diffusion U-Net",
  .task = NF_NET_PREDICT,
  .make = make,
  .free = free_net,
  .config = config_of,
  .predict = &hooks,
};
