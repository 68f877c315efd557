/* SPDX-License-Identifier: MIT
 *
 * bench/ops — how fast single ops are
 *
 * The shapes are those of the networks that ship. Ops that are limited by
 * arithmetic are reported in GFLOP/s, the others in GB/s, for which all they
 * read and write counts once. */
#include "bench/ops.h"
#include "bench/measure.h"
#include <nextframe/core/ops/nfbackward.h>

#include <json-glib/json-glib.h>

#define MAX_SHAPES 5

typedef struct
{
  NfOp op;
  gconstpointer params;
  gint64 in[MAX_SHAPES][4]; /* N, C, H, W; all 0: no such input */
  guint grads; /* that many of them have gradients */
} Row;

static const NfConv2dParams same = {
  .stride = 1, .pad = 1, .act = NF_ACT_NONE
};
static const NfConv2dParams pointwise = {
  .stride = 1, .pad = 0, .act = NF_ACT_NONE
};
static const NfConv2dParams halved = {
  .stride = 2, .pad = 1, .act = NF_ACT_NONE
};
static const NfConv2dParams stem = {
  .stride = 2, .pad = 3, .act = NF_ACT_NONE
};
static const NfLinearParams straight = { FALSE }, transposed = { TRUE };
static const NfAttentionParams one_head = { 1 };
static const NfNoParams none = { 0 };
static const NfMaxPoolParams pool = { .kernel = 3, .stride = 2, .pad = 1 };
static const NfGroupNormParams groups = { .groups = 32, .eps = 1e-6f };
static const NfBatchNormParams batch = {
  .training = TRUE, .momentum = 0.1f, .eps = 1e-5f, .act = NF_ACT_RELU
};
static const NfActivationParams silu = { NF_ACT_SILU };
static const NfAxpbyParams sum = {
  .alpha = 0.7071f, .beta = 0.7071f, .act = NF_ACT_NONE
};
static const NfDropoutParams dropout = { 0.1f,
  { .seed = 1, .stream = 2, .purpose = NF_RNG_DROPOUT } };
static const NfNearestParams twice = { 128, 128 };
static const NfFirParams up = { TRUE }, down = { FALSE };

static const Row rows[] = {
  { NF_OP_CONV2D, &same, { { 1, 256, 64, 64 }, { 256, 256, 3, 3 } }, 2 },
  { NF_OP_CONV2D, &same, { { 1, 512, 16, 16 }, { 512, 512, 3, 3 } }, 2 },
  { NF_OP_CONV2D, &same, { { 1, 128, 128, 128 }, { 128, 128, 3, 3 } }, 2 },
  { NF_OP_CONV2D, &same, { { 1, 64, 64, 64 }, { 32, 64, 3, 3 } }, 2 },
  { NF_OP_CONV2D, &same, { { 1, 32, 64, 64 }, { 32, 32, 3, 3 } }, 2 },
  { NF_OP_CONV2D, &same, { { 1, 33, 64, 64 }, { 64, 33, 3, 3 } }, 2 },
  { NF_OP_CONV2D, &same, { { 1, 32, 64, 64 }, { 6, 32, 3, 3 } }, 2 },
  { NF_OP_CONV2D, &pointwise, { { 1, 256, 64, 64 }, { 128, 256, 1, 1 } }, 2 },
  { NF_OP_CONV2D, &halved, { { 1, 64, 40, 64 }, { 128, 64, 3, 3 } }, 2 },
  { NF_OP_CONV2D, &stem, { { 1, 3, 160, 256 }, { 64, 3, 7, 7 } }, 2 },
  { NF_OP_LINEAR, &straight, { { 1, 512, 1, 1 }, { 1024, 512, 1, 1 } }, 2 },
  { NF_OP_LINEAR, &transposed, { { 1, 384, 32, 32 }, { 384, 384, 1, 1 } }, 2 },
  { NF_OP_ATTENTION, &one_head,
      { { 1, 64, 32, 32 }, { 1, 64, 32, 32 }, { 1, 64, 32, 32 } }, 3 },
  { NF_OP_SOFTMAX, &none, { { 1, 49, 160, 256 } }, 1 },
  { NF_OP_MAX_POOL, &pool, { { 1, 64, 80, 128 } }, 1 },
  { NF_OP_GROUP_NORM, &groups, { { 1, 128, 64, 64 } }, 1 },
  { NF_OP_BATCH_NORM, &batch,
      { { 1, 64, 80, 128 }, { 1, 64, 1, 1 }, { 1, 64, 1, 1 }, { 1, 64, 1, 1 },
          { 1, 64, 1, 1 } },
      3 },
  { NF_OP_MODULATE, &none,
      { { 1, 128, 64, 64 }, { 1, 128, 64, 64 }, { 1, 128, 64, 64 } }, 3 },
  { NF_OP_MODULATE, &none,
      { { 1, 128, 64, 64 }, { 1, 128, 1, 1 }, { 1, 128, 1, 1 } }, 3 },
  { NF_OP_ACTIVATION, &silu, { { 1, 128, 64, 64 } }, 1 },
  { NF_OP_AXPBY, &sum, { { 1, 128, 64, 64 }, { 1, 128, 64, 64 } }, 2 },
  { NF_OP_DROPOUT, &dropout, { { 1, 128, 64, 64 } }, 1 },
  { NF_OP_CONCAT, &none, { { 1, 128, 64, 64 }, { 1, 128, 64, 64 } }, 2 },
  { NF_OP_NEAREST, &twice, { { 1, 64, 64, 64 } }, 1 },
  { NF_OP_FIR, &up, { { 1, 64, 64, 64 } }, 1 },
  { NF_OP_FIR, &down, { { 1, 64, 64, 64 } }, 1 },
};

/* One row's inputs, and the times of its two directions. */
typedef struct
{
  const Row *row;
  NfTensor *in[MAX_SHAPES];
  guint n_in;
  gsize bytes; /* of inputs and result */
  gdouble flops[2];
  gdouble *times[2];
} Case;

static void
case_clear (Case *c)
{
  for (guint i = 0; i < c->n_in; i++)
    nf_tensor_clear (&c->in[i]);
  g_free (c->times[FALSE]);
  g_free (c->times[TRUE]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Case, case_clear)

/* Forward and backward. */
static gboolean
run_once (gpointer data, GError **error)
{
  Case *c = data;
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) out = NULL;
  g_autoptr (NfTensor) grad = NULL;
  gboolean ok;

  nf_tape_begin (tape);
  out = nf_op_run (c->row->op, c->in, c->n_in, c->row->params, error);
  nf_tape_end (tape);
  if (out)
    grad = nf_tensor_new_filled (
        out->device, out->n, out->c, out->h, out->w, 0.5f, error);
  ok = grad && nf_tape_backward_from (tape, out, grad, error);
  for (guint i = 0; i < c->n_in; i++)
    nf_tensor_clear (&c->in[i]->grad);
  c->bytes = out ? out->bytes : 0;
  for (guint i = 0; i < c->n_in; i++)
    c->bytes += c->in[i]->bytes;
  return ok;
}

/* The same, timed into a place. */
static gboolean
time_once (Case *c, guint place, GError **error)
{
  NfBenchProfile profile;

  if (!nf_bench_watch (run_once, c, &profile, error))
    return FALSE;
  for (guint backward = 0; backward < 2; backward++) {
    const NfBenchOp *op = &profile.ops[c->row->op][backward];

    c->flops[backward] = op->flops;
    c->times[backward][place] = op->seconds;
  }
  return TRUE;
}

static gboolean
run_row (Case *c, NfDevice *device, guint repeat, GError **error)
{
  for (guint i = 0; i < MAX_SHAPES && c->row->in[i][0]; i++) {
    const gint64 *s = c->row->in[i];

    c->in[i] = nf_bench_random (device, i, s[0], s[1], s[2], s[3], error);
    if (!c->in[i])
      return FALSE;
    c->in[i]->requires_grad = i < c->row->grads;
    c->n_in++;
  }
  for (guint i = 0; i < 2; i++)
    c->times[i] = g_new0 (gdouble, repeat);
  /* the first run plans and packs */
  for (guint i = 0; i <= repeat; i++)
    if (!time_once (c, i ? i - 1 : 0, error))
      return FALSE;
  return TRUE;
}

static void
print_half (gdouble seconds, gdouble flops, gsize bytes, gdouble peak)
{
  if (flops > 0)
    g_print (" %9.3f %7.1f GFLOP/s %3.0f%%", 1e3 * seconds,
        1e-9 * flops / seconds, 100 * flops / seconds / peak);
  else
    g_print (" %9.3f %7.1f GB/s       ", 1e3 * seconds,
        1e-9 * (gdouble) bytes / seconds);
}

static JsonObject *
print_case (Case *c, guint repeat, gdouble peak)
{
  static const gchar *const keys[] = { "forward", "backward" };
  g_autoptr (GString) shapes = g_string_new (NULL);
  JsonObject *json = json_object_new ();

  for (guint i = 0; i < MIN (c->n_in, 2); i++) {
    g_autofree gchar *shape = nf_tensor_shape_string (c->in[i]);

    g_string_append_printf (shapes, "%s%s", i ? " " : "", shape);
  }
  json_object_set_string_member (json, "op", nf_op_name (c->row->op));
  json_object_set_string_member (json, "shapes", shapes->str);
  json_object_set_int_member (json, "bytes", c->bytes);
  g_print ("%-10s %-36s", nf_op_name (c->row->op), shapes->str);
  for (guint i = 0; i < 2; i++) {
    gdouble seconds = nf_bench_median (c->times[i], repeat);
    JsonObject *half = json_object_new ();

    json_object_set_double_member (half, "median", seconds);
    json_object_set_double_member (half, "least", c->times[i][0]);
    json_object_set_double_member (half, "flop", c->flops[i]);
    json_object_set_object_member (json, keys[i], half);
    print_half (seconds, c->flops[i], c->bytes, peak);
  }
  g_print ("\n");
  return json;
}

static gboolean
save (JsonArray *cases, gdouble peak, const gchar *path, GError **error)
{
  g_autoptr (JsonObject) json = json_object_new ();

  json_object_set_string_member (json, "mode", "op");
  json_object_set_double_member (json, "conv_peak", peak);
  json_object_set_array_member (json, "cases", json_array_ref (cases));
  return !path || nf_bench_save_json (json, path, error);
}

/* Whether there is a row of the op; the error lists those that have one. */
static gboolean
check_name (const gchar *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const gchar *op = nf_op_name (rows[i].op);

    if (g_str_equal (op, name))
      return TRUE;
    /* rows of an op stand together */
    if (i == 0 || rows[i].op != rows[i - 1].op)
      g_string_append_printf (names, "%s%s", i ? ", " : "", op);
  }
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "--op %s: no such op is measured; name one of %s", name, names->str);
  return FALSE;
}

/**
 * nf_bench_ops:
 * @device: where to run
 * @threads: of the CPU
 * @only: (nullable): name of the op to measure, else all
 * @repeat: timed runs of each
 * @json: (nullable): file for the figures
 * @error: return location
 *
 * Measures ops on the shapes that networks have, forward and backward, and
 * prints a table.
 */
gboolean
nf_bench_ops (NfDevice *device, guint threads, const gchar *only, guint repeat,
    const gchar *json, GError **error)
{
  g_autoptr (JsonArray) cases = json_array_new ();
  gdouble peak = 0;

  if (only && !check_name (only, error))
    return FALSE;
  if (!nf_bench_conv_peak (device, NF_F32, threads, &peak, error))
    return FALSE;
  g_print ("convolution peak %.1f GFLOP/s; median of %u, in ms\n%-47s %10s %29s"
           "\n",
      1e-9 * peak, repeat, "op         inputs", "forward", "backward");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_auto (Case) c = { .row = &rows[i] };

    if (only && !g_str_equal (only, nf_op_name (rows[i].op)))
      continue;
    if (!run_row (&c, device, repeat, error))
      return FALSE;
    json_array_add_object_element (cases, print_case (&c, repeat, peak));
  }
  return save (cases, peak, json, error);
}
