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

#include <math.h>

/* norm -> (1 + scale (t)) x + shift (t) -> SiLU */
typedef struct
{
  gint64 c;
  gboolean has_time, has_spade;
  guint spade; /* its number in NfUnetCond */
  NfLinear time; /* to (scale, shift) */
  NfConv shared, gamma, beta;
  NfTensor *weight, *bias; /* of the plain norm, where there is no time */
} ActNorm;

typedef enum
{
  RESAMPLE_NONE,
  RESAMPLE_UP,
  RESAMPLE_DOWN,
} Resample;

typedef struct
{
  ActNorm norm[2];
  NfConv conv[2];
  NfConv shortcut; /* weight NULL: none */
  Resample resample;
  guint number; /* of the block, for the dropout mask */
} ResBlock;

typedef struct
{
  gint64 c;
  gint heads;
  NfTensor *weight, *bias;
  NfLinear nin[4]; /* q, k, v, out */
} Attention;

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
  ResBlock res;
  Attention attn;
} Step;

struct _NfUnet
{
  NfUnetConfig config;
  NfParams *params;
  NfLinear time[2];
  NfConv first, last;
  ActNorm final_norm;
  GArray *steps;
  GPtrArray *spades; /* (element-type ActNorm), not owned, after construction */
  guint n_spades, n_blocks, n_modules;
};

struct _NfUnetCond
{
  NfTensor *cond;
  GPtrArray *maps; /* gamma and beta of each modulation in turn */
};

/* ------------------------------------------------------------ construction */

static gint
groups_of (gint64 c)
{
  gint64 g = MAX (MIN (c / 4, 32), 1);

  while (c % g != 0)
    g--;
  return (gint) g;
}

static gint64
cond_channels (const NfUnetConfig *c)
{
  return (gint64) c->channels * c->num_frames_cond;
}

static gboolean
spade_init (NfUnet *net, ActNorm *a, const gchar *path, GError **error)
{
  g_autofree gchar *shared = g_strdup_printf ("%s.mlp_shared.0", path);
  g_autofree gchar *gamma = g_strdup_printf ("%s.mlp_gamma", path);
  g_autofree gchar *beta = g_strdup_printf ("%s.mlp_beta", path);
  gint dim = net->config.spade_dim;

  a->spade = net->n_spades++;
  return nf_conv_init (&a->shared, net->params, shared,
             cond_channels (&net->config), dim, 3, TRUE, NF_WEIGHT_TORCH, error)
      && nf_conv_init (&a->gamma, net->params, gamma, dim, a->c, 3, TRUE,
          NF_WEIGHT_TORCH, error)
      && nf_conv_init (&a->beta, net->params, beta, dim, a->c, 3, TRUE,
          NF_WEIGHT_TORCH, error);
}

static gboolean
plain_norm_init (NfUnet *net, NfTensor **weight, NfTensor **bias,
    const gchar *path, gint64 c, GError **error)
{
  *weight = nf_vector_init (
      net->params, path, "weight", c, TRUE, NF_INIT_ONE, 0.0f, error);
  if (*weight == NULL)
    return FALSE;
  *bias = nf_vector_init (
      net->params, path, "bias", c, TRUE, NF_INIT_ZERO, 0.0f, error);
  return *bias != NULL;
}

static gboolean
act_norm_init (NfUnet *net, ActNorm *a, const gchar *path, gint64 c,
    gboolean has_time, GError **error)
{
  g_autofree gchar *time = g_strdup_printf ("%s.Dense_0", path);
  g_autofree gchar *norm = g_strdup_printf ("%s.Norm_0", path);

  a->c = c;
  a->has_time = has_time;
  a->has_spade = net->config.spade;
  if (has_time
      && !nf_linear_init (&a->time, net->params, time, 4 * net->config.ngf,
          2 * c, NF_WEIGHT_XAVIER, error))
    return FALSE;
  if (a->has_spade)
    return spade_init (net, a, norm, error);
  return has_time
      || plain_norm_init (net, &a->weight, &a->bias, norm, c, error);
}

static gboolean
res_init (NfUnet *net, ResBlock *r, const gchar *path, gint64 in, gint64 out,
    Resample resample, GError **error)
{
  g_autofree gchar *norm0 = g_strdup_printf ("%s.actnorm0", path);
  g_autofree gchar *norm1 = g_strdup_printf ("%s.actnorm1", path);
  g_autofree gchar *conv0 = g_strdup_printf ("%s.Conv_0", path);
  g_autofree gchar *conv1 = g_strdup_printf ("%s.Conv_1", path);
  g_autofree gchar *conv2 = g_strdup_printf ("%s.Conv_2", path);

  r->resample = resample;
  r->number = net->n_blocks++;
  if (!act_norm_init (net, &r->norm[0], norm0, in, TRUE, error)
      || !nf_conv_init (&r->conv[0], net->params, conv0, in, out, 3, TRUE,
          NF_WEIGHT_XAVIER, error)
      || !act_norm_init (net, &r->norm[1], norm1, out, TRUE, error)
      || !nf_conv_init (&r->conv[1], net->params, conv1, out, out, 3, TRUE,
          NF_WEIGHT_ZERO, error))
    return FALSE;
  return (in == out && resample == RESAMPLE_NONE)
      || nf_conv_init (&r->shortcut, net->params, conv2, in, out, 1, TRUE,
          NF_WEIGHT_XAVIER, error);
}

static gboolean
attention_init (
    NfUnet *net, Attention *a, const gchar *path, gint64 c, GError **error)
{
  gint head = net->config.n_head_channels;
  g_autofree gchar *norm = g_strdup_printf ("%s.GroupNorm_0", path);

  a->c = c;
  a->heads = head == -1 || c < head ? 1 : (gint) (c / head);
  if (!plain_norm_init (net, &a->weight, &a->bias, norm, c, error))
    return FALSE;
  for (guint i = 0; i < 4; i++) {
    g_autofree gchar *nin = g_strdup_printf ("%s.NIN_%u", path, i);

    if (!nf_nin_init (&a->nin[i], net->params, nin, c, c,
            i == 3 ? NF_WEIGHT_ZERO : NF_WEIGHT_XAVIER, error))
      return FALSE;
  }
  return TRUE;
}

/* name of the next module of unet.all_modules */
static gchar *
next_path (NfUnet *net)
{
  return g_strdup_printf ("unet.all_modules.%u", net->n_modules++);
}

static gboolean
add_res (NfUnet *net, StepKind kind, gint64 in, gint64 out, Resample resample,
    GError **error)
{
  g_autofree gchar *path = next_path (net);
  Step step = { .kind = kind };

  if (!res_init (net, &step.res, path, in, out, resample, error))
    return FALSE;
  g_array_append_val (net->steps, step);
  return TRUE;
}

static gboolean
add_attention (NfUnet *net, gint64 c, GError **error)
{
  g_autofree gchar *path = next_path (net);
  Step step = { .kind = STEP_ATTENTION };

  if (!attention_init (net, &step.attn, path, c, error))
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
  const NfUnetConfig *c = &net->config;

  for (guint level = 0; level < c->n_levels; level++) {
    gint64 out = (gint64) c->ngf * c->ch_mult[level];

    for (gint i = 0; i < c->num_res_blocks; i++) {
      if (!add_res (net, STEP_RES, *ch, out, RESAMPLE_NONE, error))
        return FALSE;
      *ch = out;
      if (level_attends (c, level) && !add_attention (net, out, error))
        return FALSE;
      add_push (net, skips, out);
    }
    if (level + 1 == c->n_levels)
      break;
    if (!add_res (net, STEP_RES, *ch, *ch, RESAMPLE_DOWN, error))
      return FALSE;
    add_push (net, skips, *ch);
  }
  return TRUE;
}

static gboolean
up_init (NfUnet *net, GArray *skips, gint64 *ch, GError **error)
{
  const NfUnetConfig *c = &net->config;

  for (guint level = c->n_levels; level-- > 0;) {
    gint64 out = (gint64) c->ngf * c->ch_mult[level];

    for (gint i = 0; i <= c->num_res_blocks; i++) {
      gint64 skip = g_array_index (skips, gint64, skips->len - 1);

      g_array_set_size (skips, skips->len - 1);
      if (!add_res (net, STEP_CAT_RES, *ch + skip, out, RESAMPLE_NONE, error))
        return FALSE;
      *ch = out;
    }
    if (level_attends (c, level) && !add_attention (net, out, error))
      return FALSE;
    if (level > 0 && !add_res (net, STEP_RES, *ch, *ch, RESAMPLE_UP, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
build (NfUnet *net, GError **error)
{
  const NfUnetConfig *c = &net->config;
  gint64 out = (gint64) c->channels * c->num_frames;
  gint64 in = c->spade ? out : out + cond_channels (c), ch = c->ngf;
  g_autoptr (GArray) skips = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree gchar *t0 = next_path (net), *t1 = next_path (net);
  g_autofree gchar *first = next_path (net), *norm = NULL, *last = NULL;

  if (!nf_linear_init (&net->time[0], net->params, t0, c->ngf, 4 * c->ngf,
          NF_WEIGHT_XAVIER, error)
      || !nf_linear_init (&net->time[1], net->params, t1, 4 * c->ngf,
          4 * c->ngf, NF_WEIGHT_XAVIER, error)
      || !nf_conv_init (&net->first, net->params, first, in, c->ngf, 3, TRUE,
          NF_WEIGHT_XAVIER, error))
    return FALSE;
  g_array_append_val (skips, ch);
  if (!down_init (net, skips, &ch, error)
      || !add_res (net, STEP_RES, ch, ch, RESAMPLE_NONE, error)
      || !add_attention (net, ch, error)
      || !add_res (net, STEP_RES, ch, ch, RESAMPLE_NONE, error)
      || !up_init (net, skips, &ch, error))
    return FALSE;
  norm = next_path (net);
  last = next_path (net);
  return act_norm_init (net, &net->final_norm, norm, ch, FALSE, error)
      && nf_conv_init (&net->last, net->params, last, ch, out, 3, TRUE,
          NF_WEIGHT_ZERO, error);
}

/* the modulations by number */
static void
list_spades (NfUnet *net)
{
  net->spades = g_ptr_array_new ();
  for (guint i = 0; net->config.spade && i < net->steps->len; i++) {
    Step *step = &g_array_index (net->steps, Step, i);

    if (step->kind != STEP_RES && step->kind != STEP_CAT_RES)
      continue;
    g_ptr_array_add (net->spades, &step->res.norm[0]);
    g_ptr_array_add (net->spades, &step->res.norm[1]);
  }
  if (net->config.spade)
    g_ptr_array_add (net->spades, &net->final_norm);
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

  net->config = *config;
  net->params = nf_params_new (device);
  net->steps = g_array_new (FALSE, TRUE, sizeof (Step));
  if (!build (net, error))
    return NULL;
  list_spades (net);
  return g_steal_pointer (&net);
}

void
nf_unet_free (NfUnet *net)
{
  g_clear_pointer (&net->spades, g_ptr_array_unref);
  g_array_unref (net->steps);
  nf_params_unref (net->params);
  g_free (net);
}

NfParams *
nf_unet_params (NfUnet *net)
{
  return net->params;
}

const NfUnetConfig *
nf_unet_config (NfUnet *net)
{
  return &net->config;
}

const gchar *
nf_unet_arch (NfUnet *net)
{
  return net->config.spade ? NF_UNET_ARCH_SPADE : NF_UNET_ARCH_CONCAT;
}

/* ------------------------------------------------------------ conditioning */

/* gamma and beta of one modulation for frames of h x w */
static gboolean
spade_maps (const ActNorm *a, NfTensor *cond, gint64 h, gint64 w,
    NfTensor **gamma, NfTensor **beta, GError **error)
{
  g_autoptr (NfTensor) small = h == cond->h && w == cond->w
      ? nf_tensor_ref (cond)
      : nf_op_nearest (cond, h, w, error);
  g_autoptr (NfTensor) shared = small != NULL
      ? nf_conv_run (&a->shared, small, 1, NF_ACT_SILU, error)
      : NULL;

  if (shared == NULL)
    return FALSE;
  *gamma = nf_conv_run (&a->gamma, shared, 1, NF_ACT_NONE, error);
  if (*gamma == NULL)
    return FALSE;
  *beta = nf_conv_run (&a->beta, shared, 1, NF_ACT_NONE, error);
  return *beta != NULL;
}

static gboolean
cond_maps (NfUnet *net, NfUnetCond *cond, GError **error)
{
  gint64 h = cond->cond->h, w = cond->cond->w;
  guint spade = 0;

  for (guint i = 0; i <= net->steps->len; i++) {
    Step *step =
        i < net->steps->len ? &g_array_index (net->steps, Step, i) : NULL;
    guint n = step == NULL ? 1 : step->kind <= STEP_CAT_RES ? 2 : 0;

    for (guint k = 0; k < n; k++) {
      const ActNorm *a = g_ptr_array_index (net->spades, spade++);
      NfTensor *gamma = NULL, *beta = NULL;
      gboolean ok;

      /* a resampling block changes the size between its two norms */
      if (k == 1 && step->res.resample == RESAMPLE_UP)
        h *= 2, w *= 2;
      if (k == 1 && step->res.resample == RESAMPLE_DOWN)
        h /= 2, w /= 2;
      ok = spade_maps (a, cond->cond, h, w, &gamma, &beta, error);
      if (gamma != NULL)
        g_ptr_array_add (cond->maps, gamma);
      if (beta != NULL)
        g_ptr_array_add (cond->maps, beta);
      if (!ok)
        return FALSE;
    }
  }
  return TRUE;
}

static gboolean
frames_fit (const NfUnetConfig *c, const NfTensor *x, gint64 frames,
    const gchar *what, GError **error)
{
  g_autofree gchar *shape = NULL;

  if (x->c == frames * c->channels && x->h == c->height && x->w == c->width)
    return TRUE;
  shape = nf_tensor_shape_string (x);
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "diffusion U-Net: %s is %s, expected (N, %" G_GINT64_FORMAT ", %d, %d)",
      what, shape, frames * c->channels, c->height, c->width);
  return FALSE;
}

/**
 * nf_unet_condition:
 * @cond: (N, channels * num_frames_cond, H, W), pixels in [-1, 1]
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

  if (!frames_fit (
          &net->config, cond, net->config.num_frames_cond, "cond", error))
    return NULL;
  result = g_new0 (NfUnetCond, 1);
  result->cond = nf_tensor_ref (cond);
  result->maps =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  if (net->config.spade && !cond_maps (net, result, error))
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

/* SiLU of the embedding after its two layers; what every block starts from */
static NfTensor *
time_run (NfUnet *net, const gfloat *labels, gint64 n, GError **error)
{
  g_autoptr (NfTensor) e = nf_time_embedding (
      net->params->device, labels, n, net->config.ngf, error);
  g_autoptr (NfTensor) a =
      e != NULL ? nf_linear_run (&net->time[0], e, error) : NULL;
  g_autoptr (NfTensor) b =
      a != NULL ? nf_op_activation (a, NF_ACT_SILU, error) : NULL;
  g_autoptr (NfTensor) c =
      b != NULL ? nf_linear_run (&net->time[1], b, error) : NULL;

  return c != NULL ? nf_op_activation (c, NF_ACT_SILU, error) : NULL;
}

static NfTensor *
modulate_by_time (const ActNorm *a, NfTensor *x, NfTensor *time, GError **error)
{
  g_autoptr (NfTensor) both = nf_linear_run (&a->time, time, error);
  g_autoptr (NfTensor) scale =
      both != NULL ? nf_op_slice (both, 0, a->c, error) : NULL;
  g_autoptr (NfTensor) shift =
      scale != NULL ? nf_op_slice (both, a->c, a->c, error) : NULL;

  return shift != NULL ? nf_op_modulate (x, scale, shift, error) : NULL;
}

static NfTensor *
act_norm_run (const ActNorm *a, NfTensor *x, NfTensor *time,
    const NfUnetCond *cond, GError **error)
{
  NfGroupNormParams params = { groups_of (a->c), a->has_spade ? 1e-6f : 1e-5f };
  g_autoptr (NfTensor) h =
      nf_op_group_norm (x, a->weight, a->bias, &params, error);

  if (h != NULL && a->has_spade) {
    NfTensor *y =
        nf_op_modulate (h, g_ptr_array_index (cond->maps, 2 * a->spade),
            g_ptr_array_index (cond->maps, 2 * a->spade + 1), error);

    nf_tensor_unref (h);
    h = y;
  }
  if (h != NULL && a->has_time) {
    NfTensor *y = modulate_by_time (a, h, time, error);

    nf_tensor_unref (h);
    h = y;
  }
  return h != NULL ? nf_op_activation (h, NF_ACT_SILU, error) : NULL;
}

static NfTensor *
residual_sum (NfTensor *x, NfTensor *h, GError **error)
{
  static const NfAxpbyParams mean = { (gfloat) G_SQRT2 / 2.0f,
    (gfloat) G_SQRT2 / 2.0f, NF_ACT_NONE };

  return nf_op_axpby (x, h, &mean, error);
}

static NfTensor *
drop (const NfUnet *net, const ResBlock *r, NfTensor *x,
    const NfForward *forward, GError **error)
{
  NfDropoutParams params;

  if (forward == NULL || !forward->training || net->config.dropout <= 0.0)
    return nf_tensor_ref (x);
  params.p = (gfloat) net->config.dropout;
  params.key.seed = forward->seed;
  params.key.stream = forward->stream;
  params.key.purpose = NF_RNG_DROPOUT + r->number;
  return nf_op_dropout (x, &params, error);
}

/* h after the first norm and x, both resampled where the block does that */
static gboolean
res_enter (const ResBlock *r, NfTensor *x, NfTensor *time,
    const NfUnetCond *cond, NfTensor **h, NfTensor **shortcut, GError **error)
{
  gboolean up = r->resample == RESAMPLE_UP;
  g_autoptr (NfTensor) normed =
      act_norm_run (&r->norm[0], x, time, cond, error);

  if (normed == NULL)
    return FALSE;
  if (r->resample == RESAMPLE_NONE) {
    *h = g_steal_pointer (&normed);
    *shortcut = nf_tensor_ref (x);
    return TRUE;
  }
  *h = nf_op_fir (normed, up, error);
  *shortcut = *h != NULL ? nf_op_fir (x, up, error) : NULL;
  return *shortcut != NULL;
}

static NfTensor *
res_run (const NfUnet *net, const ResBlock *r, NfTensor *x, NfTensor *time,
    const NfUnetCond *cond, const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) h = NULL;
  g_autoptr (NfTensor) side = NULL;
  g_autoptr (NfTensor) a = NULL;
  g_autoptr (NfTensor) b = NULL;
  g_autoptr (NfTensor) c = NULL;
  g_autoptr (NfTensor) d = NULL;
  g_autoptr (NfTensor) shortcut = NULL;

  if (!res_enter (r, x, time, cond, &h, &side, error))
    return NULL;
  a = nf_conv_run (&r->conv[0], h, 1, NF_ACT_NONE, error);
  nf_tensor_clear (&h);
  b = a != NULL ? act_norm_run (&r->norm[1], a, time, cond, error) : NULL;
  nf_tensor_clear (&a);
  c = b != NULL ? drop (net, r, b, forward, error) : NULL;
  nf_tensor_clear (&b);
  d = c != NULL ? nf_conv_run (&r->conv[1], c, 1, NF_ACT_NONE, error) : NULL;
  nf_tensor_clear (&c);
  if (d == NULL)
    return NULL;
  shortcut = r->shortcut.weight != NULL
      ? nf_conv_run (&r->shortcut, side, 1, NF_ACT_NONE, error)
      : nf_tensor_ref (side);
  return shortcut != NULL ? residual_sum (shortcut, d, error) : NULL;
}

static NfTensor *
attention_run (const Attention *a, NfTensor *x, GError **error)
{
  NfGroupNormParams norm = { groups_of (a->c), 1e-6f };
  NfAttentionParams params = { a->heads };
  g_autoptr (NfTensor) n =
      nf_op_group_norm (x, a->weight, a->bias, &norm, error);
  g_autoptr (NfTensor) q =
      n != NULL ? nf_linear_run (&a->nin[0], n, error) : NULL;
  g_autoptr (NfTensor) k =
      q != NULL ? nf_linear_run (&a->nin[1], n, error) : NULL;
  g_autoptr (NfTensor) v =
      k != NULL ? nf_linear_run (&a->nin[2], n, error) : NULL;
  g_autoptr (NfTensor) y =
      v != NULL ? nf_op_attention (q, k, v, &params, error) : NULL;
  g_autoptr (NfTensor) h =
      y != NULL ? nf_linear_run (&a->nin[3], y, error) : NULL;

  return h != NULL ? residual_sum (x, h, error) : NULL;
}

static NfTensor *
step_run (const NfUnet *net, const Step *step, NfTensor *h, GPtrArray *stack,
    NfTensor *time, const NfUnetCond *cond, const NfForward *forward,
    GError **error)
{
  g_autoptr (NfTensor) cat = NULL;

  if (step->kind == STEP_PUSH) {
    g_ptr_array_add (stack, nf_tensor_ref (h));
    return nf_tensor_ref (h);
  }
  if (step->kind == STEP_ATTENTION)
    return attention_run (&step->attn, h, error);
  if (step->kind == STEP_CAT_RES) {
    NfTensor *both[2] = { h, g_ptr_array_index (stack, stack->len - 1) };

    cat = nf_op_concat (both, 2, error);
    g_ptr_array_set_size (stack, (gint) stack->len - 1);
    if (cat == NULL)
      return NULL;
    h = cat;
  }
  return res_run (net, &step->res, h, time, cond, forward, error);
}

/* the first convolution, on x, or on x and the conditioning frames */
static NfTensor *
enter (const NfUnet *net, NfTensor *x, const NfUnetCond *cond, GError **error)
{
  NfTensor *both[2] = { x, cond->cond };
  g_autoptr (NfTensor) cat =
      net->config.spade ? nf_tensor_ref (x) : nf_op_concat (both, 2, error);

  return cat != NULL ? nf_conv_run (&net->first, cat, 1, NF_ACT_NONE, error)
                     : NULL;
}

/**
 * nf_unet_forward:
 * @x: (N, channels * num_frames, H, W): noisy frames
 * @labels: (array): N noise labels, 0 (noisiest) to num_classes - 1
 * @cond: of the same frames size; its batch is N, or 1 with spade
 * @forward: (nullable): how to run
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the predicted noise, shape of @x
 */
NfTensor *
nf_unet_forward (NfUnet *net, NfTensor *x, const gfloat *labels,
    NfUnetCond *cond, const NfForward *forward, GError **error)
{
  g_autoptr (GPtrArray) stack = NULL;
  g_autoptr (NfTensor) time = NULL;
  g_autoptr (NfTensor) h = NULL;
  g_autoptr (NfTensor) normed = NULL;

  if (!frames_fit (&net->config, x, net->config.num_frames, "x", error))
    return NULL;
  time = time_run (net, labels, x->n, error);
  h = time != NULL ? enter (net, x, cond, error) : NULL;
  if (h == NULL)
    return NULL;
  stack = g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  g_ptr_array_add (stack, nf_tensor_ref (h));
  for (guint i = 0; i < net->steps->len; i++) {
    NfTensor *next = step_run (net, &g_array_index (net->steps, Step, i), h,
        stack, time, cond, forward, error);

    nf_tensor_unref (h);
    h = next;
    if (h == NULL)
      return NULL;
  }
  normed = act_norm_run (&net->final_norm, h, NULL, cond, error);
  return normed != NULL
      ? nf_conv_run (&net->last, normed, 1, NF_ACT_NONE, error)
      : NULL;
}
