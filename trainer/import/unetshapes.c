/* SPDX-License-Identifier: MIT
 *
 * unetshapes — how a noise predictor is built, found from its weights' shapes */
#include "import/unetshapes.h"

#define MODULE "unet.all_modules.%u"
#define FIRST_RES 3 /* behind two linear layers and a convolution */
#define MOST_BLOCKS 16

/* A residual block. */
typedef struct
{
  gint64 in, out;
  gboolean attends; /* attention stands behind it */
} Res;

/* Size @i of a tensor; 0 where it has another rank. */
static gint64
size (const NfWeight *weight, guint rank, guint i)
{
  return weight && weight->rank == rank ? weight->shape[i] : 0;
}

/* All residual blocks; @end is the module behind the last one. */
static GArray *
list_blocks (const NfWeights *weights, guint *end)
{
  GArray *blocks = g_array_new (FALSE, FALSE, sizeof (Res));

  for (*end = FIRST_RES;; (*end)++) {
    const NfWeight *conv =
        nf_weights_find (weights, MODULE ".Conv_0.weight", *end);
    Res res = { .in = size (conv, 4, 1), .out = size (conv, 4, 0) };

    if (conv)
      g_array_append_val (blocks, res);
    else if (blocks->len > 0
        && nf_weights_find (weights, MODULE ".NIN_0.W", *end))
      g_array_index (blocks, Res, blocks->len - 1).attends = TRUE;
    else
      return blocks;
  }
}

/* The blocks while they are compared with those of a network. */
typedef struct
{
  const GArray *blocks;
  guint at;
  gint64 ch; /* channels so far */
  GArray *skips; /* gint64 */
} Walk;

/* The next block, if it makes @out channels of @in. */
static gboolean
next (Walk *walk, gint64 in, gint64 out, gboolean attends)
{
  const Res *res = walk->at < walk->blocks->len
      ? &g_array_index (walk->blocks, Res, walk->at)
      : NULL;

  walk->at++;
  walk->ch = out;
  return res && res->in == in && res->out == out && res->attends == attends;
}

static gboolean
walk_down (Walk *walk, NfUnetShapes *s)
{
  for (guint level = 0; level < s->n_levels; level++) {
    const Res *first = &g_array_index (walk->blocks, Res, walk->at);

    if (walk->at >= walk->blocks->len || first->out % s->ngf != 0
        || first->out / s->ngf > 64)
      return FALSE;
    s->ch_mult[level] = (gint) (first->out / s->ngf);
    s->attends[level] = first->attends;
    for (gint i = 0; i < s->num_res_blocks; i++) {
      if (!next (walk, walk->ch, first->out, first->attends))
        return FALSE;
      g_array_append_val (walk->skips, walk->ch);
    }
    if (level + 1 == s->n_levels)
      break;
    if (!next (walk, walk->ch, walk->ch, FALSE))
      return FALSE;
    g_array_append_val (walk->skips, walk->ch);
  }
  return next (walk, walk->ch, walk->ch, TRUE)
      && next (walk, walk->ch, walk->ch, FALSE);
}

static gboolean
walk_up (Walk *walk, const NfUnetShapes *s)
{
  for (guint level = s->n_levels; level-- > 0;) {
    for (gint i = 0; i <= s->num_res_blocks; i++) {
      gint64 skip = g_array_index (walk->skips, gint64, walk->skips->len - 1);

      g_array_set_size (walk->skips, walk->skips->len - 1);
      if (!next (walk, walk->ch + skip, s->ngf * s->ch_mult[level],
              i == s->num_res_blocks && s->attends[level]))
        return FALSE;
    }
    if (level > 0 && !next (walk, walk->ch, walk->ch, FALSE))
      return FALSE;
  }
  return walk->at == walk->blocks->len;
}

/* Whether the blocks are those of @s->n_levels levels of @s->num_res_blocks. */
static gboolean
fits (const GArray *blocks, NfUnetShapes *s)
{
  g_autoptr (GArray) skips = g_array_new (FALSE, FALSE, sizeof (gint64));
  Walk walk = { .blocks = blocks, .at = 0, .ch = s->ngf, .skips = skips };

  g_array_append_val (skips, s->ngf);
  return walk_down (&walk, s) && walk_up (&walk, s);
}

/* A network of L levels with n blocks each has L (2 n + 3) of them in all; the
 * channels say which L and n it is. */
static void
find_levels (NfUnetShapes *s, const GArray *blocks)
{
  NfUnetShapes found = *s;
  guint answers = 0;

  for (guint levels = 1; levels <= NF_UNET_MAX_LEVELS; levels++)
    for (gint n = 1; n <= MOST_BLOCKS; n++) {
      NfUnetShapes tried = *s;

      tried.n_levels = levels;
      tried.num_res_blocks = n;
      if (levels * (2 * (guint) n + 3) != blocks->len || !fits (blocks, &tried))
        continue;
      found = tried;
      answers++;
    }
  if (answers == 1)
    *s = found;
}

gboolean
nf_unet_shapes_read (NfUnetShapes *s, const NfWeights *weights, GError **error)
{
  const NfWeight *first = nf_weights_find (weights, MODULE ".weight", 2);
  const NfWeight *shared = nf_weights_find (
      weights, MODULE ".actnorm0.Norm_0.mlp_shared.0.weight", FIRST_RES);
  guint end;
  g_autoptr (GArray) blocks = list_blocks (weights, &end);
  const NfWeight *last = nf_weights_find (weights, MODULE ".weight", end + 1);

  *s = (NfUnetShapes){ .ngf = size (first, 4, 0),
    .in = size (first, 4, 1),
    .out = size (last, 4, 0) };
  if (s->ngf < 1 || s->out < 1 || s->in < s->out || blocks->len == 0) {
    g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID,
        "the tensors are not those of a noise predictor, which are named "
        "unet.all_modules.NUMBER and what is in a module; is --arch right?");
    return FALSE;
  }
  s->spade = shared != NULL;
  s->spade_dim = size (shared, 4, 0);
  s->cond = s->spade ? size (shared, 4, 1) : s->in - s->out;
  find_levels (s, blocks);
  return TRUE;
}
