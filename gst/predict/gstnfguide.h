/* SPDX-License-Identifier: MIT
 *
 * gstnfguide — the properties of nfpredict's guide, and the network it needs
 *
 * See: gstnfpredict.c, kernels/diffusion/nfguided.h */
#pragma once

#include "common/gstnfmodel.h"
#include "common/gstnfproperties.h"

#include <nextframe/diffusion/nfguided.h>

#include <gst/video/video.h>

G_BEGIN_DECLS

/**
 * GstNfGuideKind:
 * @GST_NF_GUIDE_AUTO: dynamics where the network was trained with a guide, else
 *   none
 * @GST_NF_GUIDE_NONE: none
 * @GST_NF_GUIDE_HOLD: the newest frame
 * @GST_NF_GUIDE_DYNAMICS: what tracks and dynamics predict
 */
typedef enum
{
  GST_NF_GUIDE_AUTO,
  GST_NF_GUIDE_NONE,
  GST_NF_GUIDE_HOLD,
  GST_NF_GUIDE_DYNAMICS,
} GstNfGuideKind;

/**
 * GstNfGuideSettings:
 * @guide: the property `guide`
 * @start: the property `guide-start`
 * @sharpen: the property `sharpen`
 * @segmenter: (nullable): the property `segment-checkpoint`
 *
 * Guarded by the element's object lock.
 */
typedef struct
{
  GstNfGuideKind guide;
  gdouble start;
  gboolean sharpen;
  gchar *segmenter;
} GstNfGuideSettings;

/** gst_nf_guide_properties: the table of #GstNfGuideSettings */
extern const GstNfProperty gst_nf_guide_properties[];

/**
 * GstNfGuide:
 * @kind: what the guide is
 * @sharpen: whether predictions get its detail
 * @segmenter: (nullable): what finds its masks
 * @memory: (nullable): the regions that it found in frames of the window
 *
 * What an element that was started has. All zeros: no guide.
 */
typedef struct
{
  NfGuideKind kind;
  gboolean sharpen;
  GstNfModel *segmenter;
  NfContextMasks *memory;
} GstNfGuide;

gboolean gst_nf_guide_open (GstNfGuide *guide,
    const GstNfGuideSettings *settings,
    const GstNfModelSettings *model_settings, GstNfModel *model,
    GError **error);
void gst_nf_guide_close (GstNfGuide *guide);
gboolean gst_nf_guide_describe (const GstNfGuide *guide,
    const NfUnetConfig *config, const GstVideoInfo *in, GstVideoInfo *packed,
    GError **error);

G_END_DECLS
