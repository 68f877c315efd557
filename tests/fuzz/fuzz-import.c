/* SPDX-License-Identifier: MIT
 *
 * fuzz-import — a file of PyTorch (a zip archive or a pickle), and its tensors
 *
 * See: trainer/import/torchfile.h, trainer/import/weights.h */
#include "fuzz.h"

#include "import/torchfile.h"
#include "import/weights.h"

/* elements of a tensor that are converted */
#define MOST 4096

static void
read_weight (NfWeights *weights, const NfWeight *weight)
{
  NfSafetensorsEntry entry;
  g_autoptr (GBytes) bytes = nf_weights_read (weights, weight, &entry, NULL);
  gfloat numbers[MOST];

  if (bytes != NULL && entry.elements <= MOST)
    nf_safetensors_read_f32 (&entry, numbers, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const gchar *const choices[] = { NULL, "ema", "0" };
  const gchar *path = nf_fuzz_file ("weights.pt", data, size);

  /* other files are taken for safetensors, which have a target of their own */
  if (!nf_torch_file_is (path))
    return 0;
  for (guint c = 0; c < G_N_ELEMENTS (choices); c++) {
    g_autoptr (NfWeights) weights = nf_weights_open (path, choices[c], NULL);

    for (guint i = 0; weights != NULL && i < nf_weights_count (weights); i++)
      read_weight (weights, nf_weights_index (weights, i));
  }

  return 0;
}
