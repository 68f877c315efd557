/* SPDX-License-Identifier: MIT
 *
 * gstnfnpytypefind — NumPy arrays are known by their first bytes
 *
 * See: gstnfnpydec.c, kernels/io/nfnpy.h */
#include "gstnfelements.h"
#include "npy/gstnfnpyvideo.h"

#include <string.h>

static GstStaticCaps npy_caps = GST_STATIC_CAPS (GST_NF_NPY_CAPS);

static void
gst_nf_npy_type_find (GstTypeFind *find, gpointer user_data)
{
  const guint8 *data = gst_type_find_peek (find, 0, NF_NPY_MAGIC_BYTES);

  if (data != NULL && memcmp (data, NF_NPY_MAGIC, NF_NPY_MAGIC_BYTES) == 0)
    gst_type_find_suggest_empty_simple (
        find, GST_TYPE_FIND_MAXIMUM, GST_NF_NPY_CAPS);
}

GST_TYPE_FIND_REGISTER_DEFINE (nfnpy, "nfnpy", GST_RANK_PRIMARY,
    gst_nf_npy_type_find, "npy", gst_static_caps_get (&npy_caps), NULL, NULL)
