/* SPDX-License-Identifier: MIT
 *
 * gstnfensemble — which of several predictions a frame is, as a meta of its
 * buffer */
#include "common/gstnfensemble.h"

#include "common/gstnfmeta.h"

#define PREDICTION "prediction"
#define PREDICTIONS "predictions"

static void
register_meta (void)
{
  static const gchar *tags[] = { NULL };

  gst_nf_meta_register (GST_NF_ENSEMBLE_META, tags);
}

void
gst_nf_ensemble_attach (GstBuffer *buffer, const GstNfEnsemblePlace *place)
{
  GstCustomMeta *meta;

  if (place->predictions <= 1)
    return;
  register_meta ();
  meta = gst_buffer_add_custom_meta (buffer, GST_NF_ENSEMBLE_META);
  gst_structure_set (gst_custom_meta_get_structure (meta), PREDICTION,
      G_TYPE_UINT, place->prediction, PREDICTIONS, G_TYPE_UINT,
      place->predictions, NULL);
}

GstNfEnsemblePlace
gst_nf_ensemble_place (GstBuffer *buffer)
{
  GstNfEnsemblePlace alone = { .prediction = 0, .predictions = 1 }, place;
  GstStructure *fields;

  register_meta ();
  fields = gst_nf_meta_fields (buffer, GST_NF_ENSEMBLE_META);
  if (fields == NULL
      || !gst_structure_get_uint (fields, PREDICTION, &place.prediction)
      || !gst_structure_get_uint (fields, PREDICTIONS, &place.predictions)
      || place.prediction >= place.predictions)
    return alone;

  return place;
}

void
gst_nf_ensemble_detach (GstBuffer *buffer)
{
  GstCustomMeta *meta;

  register_meta ();
  meta = gst_buffer_get_custom_meta (buffer, GST_NF_ENSEMBLE_META);
  if (meta != NULL)
    gst_buffer_remove_meta (buffer, (GstMeta *) meta);
}
