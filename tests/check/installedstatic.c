/* SPDX-License-Identifier: MIT
 *
 * installedstatic — a program that holds the plugin, which was linked statically
 *
 * Makes each element whose name is given. Run by installed.sh. */
#include <gst/gst.h>

#include <stdlib.h>

GST_PLUGIN_STATIC_DECLARE (nextframe);

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  GST_PLUGIN_STATIC_REGISTER (nextframe);
  for (gint i = 1; i < argc; i++) {
    GstElement *element = gst_element_factory_make (argv[i], NULL);

    if (element == NULL) {
      g_printerr ("no element %s\n", argv[i]);
      return EXIT_FAILURE;
    }
    gst_object_unref (element);
  }

  return EXIT_SUCCESS;
}
