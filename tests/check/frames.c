/* SPDX-License-Identifier: MIT
 *
 * frames — tests of what video frames go through on a device
 *
 * Pitched memory, and what is done with masks as kernels/metrics does it. On the
 * first of NF_TEST_DEVICES, by default the CPU. */
#include <nextframe/core/ops/nfops.h>
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfconfusion.h>
#include <nextframe/metrics/nfmask.h>
#include "testdevice.h"

#include <string.h>

#define WIDTH 7
#define HEIGHT 5
#define CHANNELS 3
#define ROW (WIDTH * CHANNELS)
#define STRIDE 32

static NfDevice *device;

/* bytes that tell places apart */
static void
fill (guint8 *data, gsize bytes, guint seed)
{
  for (gsize i = 0; i < bytes; i++)
    data[i] = (guint8) (i * 37 + i / 251 + seed * 91);
}

/* memory of the device whose rows are farther apart than they are long */
static NfTensor *
pitched_new (const guint8 *data)
{
  g_autoptr (GError) error = NULL;
  NfTensor *memory = nf_tensor_new_from_nhwc (
      device, NF_U8, 1, 1, HEIGHT, STRIDE, data, &error);

  g_assert_no_error (error);
  return memory;
}

static void
test_rows_come_and_go (void)
{
  guint8 there[HEIGHT * STRIDE], memory_now[HEIGHT * STRIDE];
  guint8 want[3][HEIGHT][ROW], got[3][HEIGHT][ROW];
  g_autoptr (NfTensor) memory = NULL;
  g_autoptr (NfTensor) batch = NULL;
  guint before;

  fill (there, sizeof there, 1);
  memory = pitched_new (there);
  fill ((guint8 *) want, sizeof want, 2);
  batch = nf_tensor_new_from_nhwc (
      device, NF_U8, 3, CHANNELS, HEIGHT, WIDTH, want, NULL);
  before = batch->version;
  g_assert_true (nf_tensor_set_pitched (batch, 1, memory->data, STRIDE, NULL));
  g_assert_cmpuint (batch->version, >, before);
  for (guint y = 0; y < HEIGHT; y++)
    memcpy (want[1][y], there + y * STRIDE, ROW);
  g_assert_true (nf_tensor_to_nhwc (batch, got, NULL));
  g_assert_cmpmem (got, sizeof got, want, sizeof want);
  g_assert_true (nf_tensor_to_pitched (batch, 2, memory->data, STRIDE, NULL));
  for (guint y = 0; y < HEIGHT; y++)
    memcpy (there + y * STRIDE, want[2][y], ROW);
  g_assert_true (nf_tensor_to_nhwc (memory, memory_now, NULL));
  g_assert_cmpmem (memory_now, sizeof there, there, sizeof there);
}

/* elements of more than a byte, and rows of the host */
static void
test_rows_of_the_host (void)
{
  gfloat rows[3][8], back[3][8] = { { 0 } };
  g_autoptr (NfTensor) t = NULL;

  for (guint i = 0; i < 24; i++)
    rows[i / 8][i % 8] = (gfloat) i;
  t = nf_tensor_new_from_pitched (
      device, NF_F32, 2, 3, 3, rows, sizeof rows[0], NULL);
  g_assert_cmpint (t->n, ==, 1);
  memset (rows[1] + 6, 0, 2 * sizeof (gfloat));
  rows[0][6] = rows[0][7] = rows[2][6] = rows[2][7] = 0;
  g_assert_true (nf_tensor_to_pitched (t, 0, back, sizeof back[0], NULL));
  g_assert_cmpmem (back, sizeof back, rows, sizeof rows);
}

static void
test_rows_that_do_not_fit_fail (void)
{
  static const struct
  {
    gint64 n;
    gsize stride;
  } bad[] = { { -1, STRIDE }, { 1, STRIDE }, { 0, ROW - 1 }, { 0, 0 } };
  guint8 rows[HEIGHT * STRIDE] = { 0 };
  g_autoptr (NfTensor) t =
      nf_tensor_new_zeros (device, NF_U8, 1, CHANNELS, HEIGHT, WIDTH, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (
        nf_tensor_set_pitched (t, bad[i].n, rows, bad[i].stride, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
    g_clear_error (&error);
    g_assert_false (
        nf_tensor_to_pitched (t, bad[i].n, rows, bad[i].stride, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  }
}

#define AREA (31 * 23)

/* areas of classes, with some ids that are none */
static void
draw_mask (guint8 *mask, guint seed)
{
  for (guint i = 0; i < AREA; i++)
    mask[i] = (guint8) (i % 97 == 0 ? 49 + i % 200 : (i / 13 + seed * 3) % 52);
}

static NfTensor *
bytes_new (gint64 n, gint64 c, gint64 h, gint64 w, const guint8 *data)
{
  g_autoptr (GError) error = NULL;
  NfTensor *t =
      nf_tensor_new_from_nhwc (device, NF_U8, n, c, h, w, data, &error);

  g_assert_no_error (error);
  return t;
}

/* each pixel the colour of its class; over a frame, the background is the
 * frame's pixel and an object is half and half */
static void
paint (const guint8 *mask, const guint8 *frame, guint channels, guint8 *rgb)
{
  for (guint i = 0; i < 3 * AREA; i++) {
    const guint pixel = i / 3, k = i % 3;
    const guint color = nf_class_colors ()[3 * mask[pixel] + k];
    const guint under =
        channels > 0 ? frame[pixel * channels + k % channels] : 0;

    rgb[i] = (guint8) (channels == 0 ? color
            : mask[pixel] == 0       ? under
                                     : (color + under + 1) / 2);
  }
}

static void
test_masks_are_painted (void)
{
  static const guint under_channels[] = { 0, 1, 3 };
  guint8 mask[AREA], frame[3 * AREA], want[3 * AREA], got[3 * AREA];
  g_autoptr (NfTensor) colors = bytes_new (256, 3, 1, 1, nf_class_colors ());
  g_autoptr (NfTensor) ids = NULL;

  draw_mask (mask, 1);
  fill (frame, sizeof frame, 3);
  ids = bytes_new (1, 1, 23, 31, mask);
  for (guint i = 0; i < G_N_ELEMENTS (under_channels); i++) {
    const guint channels = under_channels[i];
    g_autoptr (NfTensor) under =
        channels > 0 ? bytes_new (1, channels, 23, 31, frame) : NULL;
    g_autoptr (NfTensor) out = nf_op_paint (ids, colors, under, NULL);

    paint (mask, frame, channels, want);
    g_assert_true (nf_tensor_to_nhwc (out, got, NULL));
    g_assert_cmpmem (got, sizeof got, want, sizeof want);
    if (channels > 0)
      continue;
    nf_mask_paint (mask, AREA, got);
    g_assert_cmpmem (got, sizeof got, want, sizeof want);
  }
}

/* of two pictures together, as of one after the other */
static void
test_masks_are_counted (void)
{
  static const guint classes[] = { 2, 49, 111, 256 };
  guint8 truth[2 * AREA], prediction[2 * AREA];

  for (guint i = 0; i < 2; i++) {
    draw_mask (truth + i * AREA, i);
    draw_mask (prediction + i * AREA, 2 * i);
  }
  for (guint k = 0; k < G_N_ELEMENTS (classes); k++) {
    const gsize cells = (gsize) classes[k] * classes[k];
    g_autoptr (NfConfusion) want = nf_confusion_new (classes[k]);
    g_autoptr (NfTensor) t = bytes_new (2, 1, 23, 31, truth);
    g_autoptr (NfTensor) p = bytes_new (2, 1, 23, 31, prediction);
    g_autoptr (NfTensor) counts =
        nf_op_confusion (t, p, (gint) classes[k], NULL);
    g_autofree guint64 *got = g_new (guint64, cells);

    nf_confusion_add (
        want, (NfMask){ truth, 31 }, (NfMask){ prediction, 31 }, 31, 46);
    g_assert_true (nf_tensor_to_nhwc (counts, got, NULL));
    g_assert_cmpmem (
        got, cells * sizeof *got, want->counts, cells * sizeof *got);
  }
}

#define ADD(name) g_test_add_func ("/frames/" #name, test_##name)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  ADD (rows_come_and_go);
  ADD (rows_of_the_host);
  ADD (rows_that_do_not_fit_fail);
  ADD (masks_are_painted);
  ADD (masks_are_counted);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
