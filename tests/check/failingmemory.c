/* SPDX-License-Identifier: MIT
 *
 * failingmemory — networks that are loaded and used while memory runs out
 *
 * Each allocation of the way from a checkpoint to the first frame fails once: that
 * is an error that speaks of memory, the process goes on, and nothing stays
 * behind. What is smaller than a frame, a tensor or a file is left out, see
 * tests/common/failingmemory.h.
 * Sibling: failures.c, where ops fail */
#include <nextframe/diffusion/nfpredictor.h>
#include <nextframe/nets/nfsegmenter.h>

#include "failingmemory.h"
#include "nftestmodels.h"

#include <omp.h>
#include <string.h>

#define WIDTH 88
#define HEIGHT 16

typedef gboolean (*Use) (const gchar *path, NfDevice *device, GError **error);
typedef void (*Save) (const gchar *path);

static gboolean
segment (const gchar *path, NfDevice *device, GError **error)
{
  static guint8 rgb[3 * WIDTH * HEIGHT], mask[WIDTH * HEIGHT];
  g_autoptr (NfSegmenter) segmenter = nf_segmenter_load (path, device, error);

  return segmenter != NULL
      && nf_segmenter_run (
          segmenter, NF_F32, TRUE, rgb, 1, HEIGHT, WIDTH, mask, NULL, error);
}

static gboolean
predict (const gchar *path, NfDevice *device, GError **error)
{
  static guint8 context[3][3 * WIDTH * HEIGHT], future[3 * WIDTH * HEIGHT];
  const guint8 *in[] = { context[0], context[1], context[2] };
  guint8 *out[] = { NULL, future };
  g_autoptr (NfPredictor) predictor = nf_predictor_load (path, device, error);
  NfPrediction prediction;

  if (predictor == NULL)
    return FALSE;
  nf_predictor_init_prediction (predictor, &prediction);
  prediction.steps = 1;
  prediction.horizon = G_N_ELEMENTS (out);

  return nf_predictor_predict_pixels (
      predictor, &prediction, 1, NF_ENSEMBLE_MEAN, in, out, error);
}

static void
save_segmenter (const gchar *path)
{
  NfUnetppConfig config;

  nf_test_unetpp_config (&config);
  nf_test_save_unetpp (path, &config, 1);
}

static void
save_predictor (const gchar *path)
{
  NfUnetConfig config;

  nf_test_unet_config (&config);
  config.width = WIDTH;
  config.height = HEIGHT;
  nf_test_save_unet (path, &config, 1);
}

static void
use_failing (Use use, const gchar *path, NfDevice *device, guint fails)
{
  GError *error = NULL;
  gboolean ok;

  failing_memory_plant (fails);
  ok = use (path, device, &error);
  failing_memory_end ();
  /* oneDNN does without some */
  g_assert_true (ok == (error == NULL));
  if (!ok) {
    g_assert_error (error, NF_ERROR, NF_ERROR_NO_MEMORY);
    if (strstr (error->message, "memory") == NULL)
      g_error ("allocation %u: %s", fails, error->message);
    g_error_free (error);
  }
}

static void
check_all (Use use, Save save)
{
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, "net.safetensors", NULL);
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (GError) error = NULL;
  guint n;

  save (path);
  /* what libraries keep for good they have after this */
  g_assert_true (use (path, device, &error));
  failing_memory_plant (0);
  g_assert_true (use (path, device, &error));
  n = failing_memory_end ();
  g_assert_no_error (error);
  g_test_message ("%u allocations", n);
  g_assert_cmpuint (n, >, 20);
  for (guint i = 1; i <= n; i++) {
    gssize before = failing_memory_used (), left;

    use_failing (use, path, device, i);
    if (failing_memory_used () == before)
      continue;
    /* what is kept for the next time is kept once */
    before = failing_memory_used ();
    use_failing (use, path, device, i);
    left = failing_memory_used () - before;
    if (left != 0)
      g_error ("allocation %u: %" G_GSSIZE_FORMAT " bytes are left", i, left);
  }
  nf_test_folder_remove (folder);
}

static void
test_segmenter (void)
{
  check_all (segment, save_segmenter);
}

static void
test_predictor (void)
{
  check_all (predict, save_predictor);
}

/* valgrind has an allocator of its own */
static gboolean
can_fail (void)
{
  failing_memory_plant (0);
  g_free (g_malloc (FAILING_MEMORY_LEAST));

  return failing_memory_end () > 0;
}

int
main (int argc, char **argv)
{
  /* each tensor is an allocation */
  g_setenv ("NEXTFRAME_NO_POOL", "1", TRUE);
  g_test_init (&argc, &argv, NULL);
  if (!can_fail ()) {
    g_print ("allocations cannot be made to fail here\n");
    return 77;
  }
  /* so small networks are faster so, and which allocation is which is the same */
  omp_set_num_threads (1);
  g_test_add_func ("/failing-memory/segmenter", test_segmenter);
  g_test_add_func ("/failing-memory/predictor", test_predictor);

  return g_test_run ();
}
