/* SPDX-License-Identifier: MIT
 *
 * failingmemory — networks that are loaded and used while memory runs out
 *
 * Each allocation of the way from a checkpoint to the first frame fails once: that
 * is an error that speaks of memory, the process goes on, and nothing stays
 * behind. What is smaller than a frame, a tensor or a file is left out, see
 * tests/common/failingmemory.h.
 * Siblings: failingops.c, single ops; failures.c, where ops fail */
#include <nextframe/diffusion/nfpredictor.h>
#include <nextframe/nets/nfsegmenter.h>

#include "failingmemory.h"
#include "nftestmodels.h"

#include <omp.h>

#define WIDTH 88
#define HEIGHT 16

typedef gboolean (*Use) (const gchar *path, NfDevice *device, GError **error);
typedef void (*Save) (const gchar *path);

typedef struct
{
  Use use;
  const gchar *path;
  NfDevice *device;
} Network;

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

static gboolean
use_network (gpointer data, GError **error)
{
  const Network *network = data;

  return network->use (network->path, network->device, error);
}

static void
check_all (Use use, Save save)
{
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, "net.safetensors", NULL);
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  Network network = { use, path, device };

  save (path);
  failing_memory_check (use_network, &network, 20);
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

int
main (int argc, char **argv)
{
  /* each tensor is an allocation */
  g_setenv ("NEXTFRAME_NO_POOL", "1", TRUE);
  g_test_init (&argc, &argv, NULL);
  if (!failing_memory_works ()) {
    g_print ("allocations cannot be made to fail here\n");
    return 77;
  }
  /* so small networks are faster so, and which allocation is which is the same */
  omp_set_num_threads (1);
  g_test_add_func ("/failing-memory/segmenter", test_segmenter);
  g_test_add_func ("/failing-memory/predictor", test_predictor);

  return g_test_run ();
}
