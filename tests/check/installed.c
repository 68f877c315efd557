/* SPDX-License-Identifier: MIT
 *
 * installed — a program as users write them, built against what was installed
 *
 * installed CHECKPOINT: prints the classes of a segmenter. Run by installed.sh. */
#include <nextframe/nets/nfsegmenter.h>

#include <stdlib.h>

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  NfDevice *device = nf_device_open ("cpu", &error);
  NfSegmenter *segmenter = NULL;

  g_return_val_if_fail (argc == 2, EXIT_FAILURE);
  if (device != NULL)
    segmenter = nf_segmenter_load (argv[1], device, &error);
  if (segmenter == NULL) {
    g_printerr ("%s\n", error->message);
    return EXIT_FAILURE;
  }
  g_print ("%u classes\n", nf_segmenter_classes (segmenter));
  nf_segmenter_unref (segmenter);
  nf_device_unref (device);

  return EXIT_SUCCESS;
}
