/* SPDX-License-Identifier: MIT
 *
 * gstnextframe — entry of the plugin `nextframe`: registration only */
#include "config.h"

#include "gstnfelements.h"

#define PACKAGE "gst-nextframe"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean ok = TRUE;

  ok &= GST_TYPE_FIND_REGISTER (nfnpy, plugin);
  ok &= GST_ELEMENT_REGISTER (nfclipsrc, plugin);
  ok &= GST_ELEMENT_REGISTER (nfextrapolate, plugin);
  ok &= GST_ELEMENT_REGISTER (nfiou, plugin);
  ok &= GST_ELEMENT_REGISTER (nfnpydec, plugin);
  ok &= GST_ELEMENT_REGISTER (nfnpyenc, plugin);
  ok &= GST_ELEMENT_REGISTER (nfpredict, plugin);
  ok &= GST_ELEMENT_REGISTER (nfquality, plugin);
  ok &= GST_ELEMENT_REGISTER (nfregionsenc, plugin);
  ok &= GST_ELEMENT_REGISTER (nfscenesrc, plugin);
  ok &= GST_ELEMENT_REGISTER (nfsegment, plugin);

  return ok;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, nextframe,
    "Predicts the future of a video, names its objects, and scores the result",
    plugin_init, NF_VERSION, "MIT/X11", NF_PACKAGE_NAME, NF_PACKAGE_ORIGIN)
