/* SPDX-License-Identifier: MIT
 *
 * nfrollout — frames beyond the context, block by block */
#include "diffusion/nfrollout.h"

#include "core/ops/nfgraph.h"
#include "diffusion/nftimes.h"

typedef struct
{
  const NfRollout *rollout;
  NfUnet *net;
  NfUnetCond *cond;
  guint block;
  gint64 batch;
  guint done, total; /* evaluations, for progress */
  NfGraph *graph; /* of one evaluation */
  NfTimes *times;
} Block;

/**
 * nf_rollout_init:
 * @rollout: (out): 50 steps of DDIM, clipped, with a last denoising, for the
 *   eleven frames that follow, seed 0
 */
void
nf_rollout_init (NfRollout *rollout)
{
  static const NfRollout defaults = {
    .method = NF_SAMPLER_DDIM,
    .steps = 50,
    .clip = TRUE,
    .denoise = TRUE,
    .dtype = NF_F32,
    .horizon = 11,
  };

  *rollout = defaults;
}

/* in: noisy frames, what depends on their label alone */
static NfTensor *
evaluate (gpointer data, NfTensor *const *in, GError **error)
{
  Block *block = data;

  return nf_unet_forward_at (
      block->net, in[0], in[1], block->cond, NULL, error);
}

static NfTensor *
predict (gpointer data, NfTensor *x, gfloat label, GError **error)
{
  Block *block = data;
  const NfRollout *r = block->rollout;
  g_autoptr (NfTensor) time = NULL;
  NfTensor *e;

  if (r->turn != NULL && !nf_turn_yield (r->turn, r->cancellable, error))
    return NULL;
  time = nf_times_get (block->times, label, error);
  if (time == NULL)
    return NULL;
  e = nf_graph_run (block->graph, (NfTensor *[]){ x, time }, 2, error);
  block->done++;
  if (r->progress != NULL)
    r->progress (
        r->progress_data, block->done, MAX (block->done, block->total));
  return e;
}

static NfTensor *
noise (const Block *block, guint32 purpose, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  NfRandnParams params = { block->batch, (gint64) c->channels * c->num_frames,
    c->height, c->width,
    { block->rollout->seed, block->rollout->stream, purpose } };

  return nf_op_randn (nf_unet_params (block->net)->device, &params, error);
}

static NfTensor *
draw (gpointer data, guint step, GError **error)
{
  Block *block = data;

  return noise (block,
      NF_RNG_SAMPLE_STEP + block->block * 2 * block->rollout->steps + step,
      error);
}

/* draws one block of frames given the window of context */
static NfTensor *
draw_block (
    Block *block, const NfSchedule *schedule, NfTensor *context, GError **error)
{
  const NfRollout *r = block->rollout;
  NfSampler sampler = { r->method, r->steps, r->clip, r->denoise, schedule,
    predict, draw, block, r->cancellable };
  g_autoptr (NfTensor) flow = r->dtype == NF_F32
      ? nf_tensor_ref (context)
      : nf_op_cast (context, r->dtype, error);
  g_autoptr (NfTensor) start = NULL;
  g_autoptr (NfTensor) y = NULL;

  block->cond =
      flow != NULL ? nf_unet_condition (block->net, flow, error) : NULL;
  if (block->cond == NULL)
    return NULL;
  start = noise (block, NF_RNG_SAMPLE_START + block->block, error);
  block->graph = nf_graph_new (context->device, evaluate, block);
  if (start != NULL)
    y = nf_sampler_run (&sampler, start, error);
  nf_graph_free (block->graph);
  nf_unet_cond_free (block->cond);
  return y != NULL ? nf_op_clamp (y, -1.0f, 1.0f, error) : NULL;
}

/* the newest frames of (context, block), as many as the context has */
static NfTensor *
slide (NfTensor *context, NfTensor *block, GError **error)
{
  NfTensor *both[2] = { context, block };
  g_autoptr (NfTensor) all = nf_op_concat (both, 2, error);

  return all != NULL ? nf_op_slice (all, all->c - context->c, context->c, error)
                     : NULL;
}

/**
 * nf_rollout_check:
 * @rollout: how
 * @c: of the network
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set when the network does not draw the frame that
 *   the horizon asks for
 */
gboolean
nf_rollout_check (
    const NfRollout *rollout, const NfUnetConfig *c, GError **error)
{
  guint least = (guint) c->future_gap + 1;
  guint most =
      c->future_gap > 0 ? least + (guint) c->num_frames - 1 : G_MAXUINT;

  if (rollout->horizon >= least && rollout->horizon <= most)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "prediction: this network draws frames %u to %u after its context; "
      "horizon %u is not among them",
      least, most, rollout->horizon);
  return FALSE;
}

/* cuts the frames of a block into out[first], out[first + 1], ... */
static gboolean
cut (const NfUnetConfig *c, NfTensor *block, guint first, guint horizon,
    NfTensor **out, GError **error)
{
  for (guint i = 0; i < (guint) c->num_frames && first + i < horizon; i++) {
    out[first + i] =
        nf_op_slice (block, (gint64) i * c->channels, c->channels, error);
    if (out[first + i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/**
 * nf_rollout_run:
 * @rollout: how
 * @net: the noise predictor
 * @schedule: its noise levels
 * @frames: (N, channels * num_frames_cond, H, W): the context, oldest first,
 *   pixels in [-1, 1]
 * @out: (out) (array): horizon places; each gets a frame (N, channels, H, W) in
 *   [-1, 1], or NULL where the network does not draw that frame (future gap)
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID, ...
 *
 * Returns: FALSE with @error set and @out all NULL
 */
gboolean
nf_rollout_run (const NfRollout *rollout, NfUnet *net,
    const NfSchedule *schedule, NfTensor *frames, NfTensor **out,
    GError **error)
{
  const NfUnetConfig *c = nf_unet_config (net);
  g_autoptr (NfTensor) context = nf_tensor_ref (frames);
  Block block = { rollout, net, NULL, 0, frames->n, 0, 0 };
  gboolean ok = nf_rollout_check (rollout, c, error);

  for (guint i = 0; i < rollout->horizon; i++)
    out[i] = NULL;
  block.times =
      nf_times_new (net, schedule, rollout->method, MAX (rollout->steps, 1));
  if (ok)
    block.total = (rollout->steps + rollout->denoise)
        * ((rollout->horizon - (guint) c->future_gap + (guint) c->num_frames
               - 1)
            / (guint) c->num_frames);
  for (guint at = (guint) c->future_gap; ok && at < rollout->horizon;
       at += (guint) c->num_frames, block.block++) {
    g_autoptr (NfTensor) drawn = draw_block (&block, schedule, context, error);
    NfTensor *next = NULL;

    ok = drawn != NULL && cut (c, drawn, at, rollout->horizon, out, error);
    if (ok)
      next = slide (context, drawn, error);
    ok = next != NULL;
    nf_tensor_unref (context);
    context = next;
  }
  for (guint i = 0; !ok && i < rollout->horizon; i++)
    nf_tensor_clear (&out[i]);
  nf_times_free (block.times);
  return ok;
}
