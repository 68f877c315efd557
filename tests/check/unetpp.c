/* SPDX-License-Identifier: MIT
 *
 * unetpp — UNet++: inference, where batch norm is part of the convolutions,
 * against the same network with every layer by itself, as a tape wants it */
#include <nextframe/core/ops/nftape.h>
#include <nextframe/nets/nfunetpp.h>
#include "testdevice.h"

#include <math.h>
#include <string.h>

#define HEIGHT 40
#define WIDTH 56
#define CLASSES 5

static NfDevice *device;

/* Fills a parameter with numbers around @middle. */
static void
scatter (NfTensor *t, gfloat middle, guint32 seed)
{
  gsize n = nf_tensor_elements (t);
  g_autofree gfloat *data = g_new (gfloat, n);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < n; i++)
    data[i] = middle + (gfloat) g_rand_double_range (rand, -0.3, 0.3);
  g_assert_true (nf_tensor_set_nhwc (t, data, NULL));
}

/* A thin network whose batch norms all do something. */
static NfUnetpp *
net_new (gint encoder)
{
  NfUnetppConfig config;
  NfUnetpp *net;

  nf_unetpp_config_init (&config);
  config.encoder = encoder;
  config.encoder_width = 4;
  config.classes = CLASSES;
  for (guint i = 0; i < NF_UNETPP_LEVELS; i++)
    config.widths[i] = 4 + (gint) i;
  net = nf_unetpp_new (device, &config, NULL);
  g_assert_nonnull (net);
  g_assert_true (nf_params_reset (nf_unetpp_params (net), 3, NULL));
  for (guint i = 0; i < nf_params_count (nf_unetpp_params (net)); i++) {
    NfParam *param = nf_params_index (nf_unetpp_params (net), i);

    if (g_str_has_suffix (param->name, "running_mean"))
      scatter (param->value, 0.0f, i);
    else if (param->rank == 1)
      scatter (param->value, 1.0f, i);
  }
  return net;
}

static NfTensor *
frames_new (gint64 n)
{
  const NfRandnParams params = { n, 3, HEIGHT, WIDTH,
    { .seed = 5, .purpose = NF_RNG_TEST } };
  NfTensor *x = nf_op_randn (device, &params, NULL);

  g_assert_nonnull (x);
  return x;
}

/* Logits of a frame; @apart: batch norm is a layer of its own. */
static gfloat *
logits_of (NfUnetpp *net, gboolean apart)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = frames_new (1);
  g_autoptr (NfTensor) y = NULL;
  gfloat *data = g_new (gfloat, CLASSES * HEIGHT * WIDTH);

  if (apart)
    nf_tape_begin (tape);
  y = nf_segment_forward (NF_NET (net), x, NULL, NULL);
  if (apart)
    nf_tape_end (tape);
  g_assert_nonnull (y);
  g_assert_cmpuint (nf_tensor_elements (y), ==, CLASSES * HEIGHT * WIDTH);
  g_assert_true (nf_tensor_to_nhwc (y, data, NULL));
  return data;
}

/* The largest difference, as a part of the largest value. */
static gdouble
difference (const gfloat *a, const gfloat *b)
{
  gdouble most = 0.0, largest = 0.0;

  for (guint i = 0; i < CLASSES * HEIGHT * WIDTH; i++) {
    g_assert_true (isfinite (a[i]) && isfinite (b[i]));
    most = MAX (most, fabs ((gdouble) a[i] - (gdouble) b[i]));
    largest = MAX (largest, fabs ((gdouble) b[i]));
  }
  g_assert_cmpfloat (largest, >, 0.0);
  return most / largest;
}

static void
assert_folded_agrees (NfUnetpp *net)
{
  g_autofree gfloat *folded = logits_of (net, FALSE);
  g_autofree gfloat *apart = logits_of (net, TRUE);

  g_assert_cmpfloat (difference (folded, apart), <, 2e-5);
}

static void
test_folded_agrees (gconstpointer encoder)
{
  g_autoptr (NfUnetpp) net = net_new (GPOINTER_TO_INT (encoder));

  assert_folded_agrees (net);
}

/* Every parameter of a layer counts, and a change of it is noticed. */
static void
test_change_is_noticed (void)
{
  static const gchar *const names[] = { "encoder.layer2.0.conv1.weight",
    "encoder.layer2.0.bn1.weight", "encoder.layer2.0.bn1.bias",
    "encoder.layer2.0.bn1.running_mean", "encoder.layer2.0.bn1.running_var",
    "encoder.layer2.0.downsample.1.bias", "decoder.blocks.x_0_1.conv1.0.weight",
    "decoder.blocks.x_0_4.conv2.1.running_var" };
  g_autoptr (NfUnetpp) net = net_new (18);
  g_autofree gfloat *before = logits_of (net, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    NfParam *param = nf_params_lookup (nf_unetpp_params (net), names[i]);
    g_autofree gfloat *after = NULL;

    g_assert_nonnull (param);
    scatter (param->value, 0.5f, 100 + i);
    after = logits_of (net, FALSE);
    if (!(difference (after, before) > 1e-4))
      g_error ("a change of %s was not noticed", names[i]);
    assert_folded_agrees (net);
    memcpy (before, after, CLASSES * HEIGHT * WIDTH * sizeof *before);
  }
}

/* A training step between two frames leaves nothing of the old weights. */
static void
test_training_between (void)
{
  const NfForward training = { .training = TRUE };
  g_autoptr (NfUnetpp) net = net_new (18);
  g_autofree gfloat *before = logits_of (net, FALSE);
  g_autofree gfloat *after = NULL;
  g_autoptr (NfTensor) x = frames_new (2);
  g_autoptr (NfTensor) y =
      nf_segment_forward (NF_NET (net), x, &training, NULL);

  g_assert_nonnull (y); /* it moved the running statistics */
  after = logits_of (net, FALSE);
  g_assert_cmpfloat (difference (after, before), >, 1e-4);
  assert_folded_agrees (net);
}

static gpointer
run_in_thread (gpointer net)
{
  return logits_of (net, FALSE);
}

/* Threads that meet an untouched network all get what one gets alone. */
static void
test_threads_share (void)
{
  g_autoptr (NfUnetpp) net = net_new (18);
  g_autoptr (NfUnetpp) other = net_new (18);
  g_autofree gfloat *alone = logits_of (other, FALSE);
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("frame", run_in_thread, net);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++) {
    g_autofree gfloat *logits = g_thread_join (threads[i]);

    g_assert_cmpmem (logits, CLASSES * HEIGHT * WIDTH * sizeof *logits, alone,
        CLASSES * HEIGHT * WIDTH * sizeof *alone);
  }
}

/* Frames of any size are extended to one that the network takes, and the result is
 * what lies where they lay: pixel by pixel, whichever sides are odd. */
static void
test_any_size (void)
{
  static const gint64 sizes[][2] = { { 32, 32 }, { 33, 47 }, { 17, 6 } };
  NfUnetpp *net = net_new (18);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const gint64 h = sizes[i][0], w = sizes[i][1];
    const NfRandnParams params = { 1, 3, h, w,
      { .seed = 6, .purpose = NF_RNG_TEST } };
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTensor) x = nf_op_randn (device, &params, &error);
    g_autoptr (NfTensor) got =
        nf_segment_forward (NF_NET (net), x, NULL, &error);
    g_autoptr (NfTensor) padded = NULL;
    g_autoptr (NfTensor) all = NULL;
    g_autofree gfloat *inner = NULL, *outer = NULL;
    NfPadParams pad, crop;
    const gboolean pads = nf_segment_padding (NF_NET (net), h, w, &pad, &crop);

    g_assert_no_error (error);
    g_assert_true (pads == (h % 32 != 0 || w % 32 != 0));
    padded = pads ? nf_op_pad (x, &pad, &error) : nf_tensor_ref (x);
    all = nf_segment_logits (NF_NET (net), padded, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (all->h % 32 + all->w % 32, ==, 0);
    g_assert_true (got->c == CLASSES && got->h == h && got->w == w);
    inner = g_malloc (got->bytes);
    outer = g_malloc (all->bytes);
    g_assert_true (nf_tensor_to_nchw (got, inner, NULL));
    g_assert_true (nf_tensor_to_nchw (all, outer, NULL));
    for (gint64 k = 0; k < CLASSES; k++)
      for (gint64 y = 0; y < h; y++)
        for (gint64 u = 0; u < w; u++)
          g_assert_cmpfloat (inner[(k * h + y) * w + u], ==,
              outer[(k * all->h + y + pad.top) * all->w + u + pad.left]);
  }
  nf_unetpp_free (net);
}

/* (transfer full): probabilities of frames, (N, classes, H, W) */
static gfloat *
probabilities_of (NfUnetpp *net, NfTensor *x, gboolean tta)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) p =
      nf_segment_probabilities (NF_NET (net), x, tta, NULL, &error);
  gfloat *data;

  g_assert_no_error (error);
  data = g_malloc (p->bytes);
  g_assert_true (nf_tensor_to_nchw (p, data, NULL));
  return data;
}

/* With tta it is the mean of what is seen in a frame and, turned back, in its mirror
 * image, for each frame of a batch. Both frames in one batch may be rounded otherwise
 * than one by one. */
static void
test_mirrored_mean (void)
{
  NfUnetpp *net = net_new (18);
  g_autoptr (NfTensor) x = frames_new (2);
  g_autoptr (NfTensor) mirror = nf_op_flip (x, NULL);
  g_autofree gfloat *both = probabilities_of (net, x, TRUE);
  g_autofree gfloat *plain = probabilities_of (net, x, FALSE);
  g_autofree gfloat *turned = probabilities_of (net, mirror, FALSE);
  gfloat most = 0;

  for (gint64 row = 0; row < 2 * CLASSES * HEIGHT; row++)
    for (gint64 u = 0; u < WIDTH; u++) {
      const gfloat mine = plain[row * WIDTH + u];
      const gfloat back = turned[row * WIDTH + WIDTH - 1 - u];

      g_assert_true (
          fabsf (both[row * WIDTH + u] - 0.5f * (mine + back)) <= 1e-4f);
      most = MAX (most, fabsf (mine - back));
    }
  g_assert_cmpfloat (most, >, 0.1f);
  nf_unetpp_free (net);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  g_assert_nonnull (device);
  g_test_add_data_func ("/unetpp/folded-agrees/resnet18", GINT_TO_POINTER (18),
      test_folded_agrees);
  g_test_add_data_func ("/unetpp/folded-agrees/resnet34", GINT_TO_POINTER (34),
      test_folded_agrees);
  g_test_add_data_func ("/unetpp/folded-agrees/resnet50", GINT_TO_POINTER (50),
      test_folded_agrees);
  g_test_add_func ("/unetpp/any-size", test_any_size);
  g_test_add_func ("/unetpp/mirrored-mean", test_mirrored_mean);
  g_test_add_func ("/unetpp/change-is-noticed", test_change_is_noticed);
  g_test_add_func ("/unetpp/training-between", test_training_between);
  g_test_add_func ("/unetpp/threads-share", test_threads_share);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
