/* SPDX-License-Identifier: MIT
 *
 * golden-check — compares this library with stored reference numbers
 *
 * usage: golden-check [--device NAME] FILE...
 *
 * Prints one line per item: name, largest error, tolerance, ok or FAIL; what it
 * does not know is listed as not checked. Exits with 1 if an item misses its
 * tolerance, cannot be computed, or a file cannot be read.
 * See: tests/golden/golden.h */
#include "golden/golden.h"

static gboolean
check_file (const gchar *path, NfDevice *device)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Golden) golden = golden_open (path, device, &error);

  if (golden == NULL) {
    g_printerr ("golden-check: %s\n", error->message);
    return FALSE;
  }
  g_print ("%s\n", path);
  golden_check_ops (golden);
  golden_check_optim (golden);
  golden_check_embedding (golden);
  golden_check_unetpp (golden);
  golden_check_unet (golden);
  return golden_finish (golden) == 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (NfDevice) device = NULL;
  g_autoptr (GError) error = NULL;
  const gchar *name = "cpu";
  gint first = 1;
  gboolean good = TRUE;

  if (argc > 2 && g_str_equal (argv[1], "--device")) {
    name = argv[2];
    first = 3;
  }
  if (argc <= first) {
    g_printerr ("usage: golden-check [--device NAME] FILE...\n");
    return 1;
  }
  device = nf_device_open (name, &error);
  if (device == NULL) {
    g_printerr ("golden-check: %s\n", error->message);
    return 1;
  }
  for (gint i = first; i < argc; i++)
    good &= check_file (argv[i], device);
  return good ? 0 : 1;
}
