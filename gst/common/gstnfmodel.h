/* SPDX-License-Identifier: MIT
 *
 * gstnfmodel — networks for elements: found, loaded once, shared, released
 *
 * Elements of one process that use the same file on the same device hold the
 * same network. The last one to release it frees it.
 * See: kernels/diffusion/nfpredictor.h, kernels/nets/nfsegmenter.h */
#pragma once

#include "common/gstnfproperties.h"

#include <nextframe/diffusion/nfpredictor.h>
#include <nextframe/nets/nfsegmenter.h>

G_BEGIN_DECLS

/**
 * GstNfPrecision:
 * @GST_NF_PRECISION_AUTO: the best that the device offers without loss
 * @GST_NF_PRECISION_F32: 32-bit floating point
 * @GST_NF_PRECISION_BF16: bfloat16 with sums in f32
 * @GST_NF_PRECISION_TF32: f32, but on a GPU the factors in convolutions and
 *   linear layers may be rounded to TF32
 *
 * What a network computes in.
 */
typedef enum
{
  GST_NF_PRECISION_AUTO,
  GST_NF_PRECISION_F32,
  GST_NF_PRECISION_BF16,
  GST_NF_PRECISION_TF32,
} GstNfPrecision;

/**
 * GstNfModelKind:
 * @GST_NF_MODEL_PREDICTOR: it predicts future frames
 * @GST_NF_MODEL_SEGMENTER: it finds every pixel's class
 */
typedef enum
{
  GST_NF_MODEL_PREDICTOR,
  GST_NF_MODEL_SEGMENTER,
} GstNfModelKind;

/**
 * GstNfModelSettings:
 * @checkpoint: (nullable): the property `checkpoint`
 * @device: the property `device`
 * @precision: the property `precision`
 * @threads: the property `threads`
 *
 * The properties that all elements with a network have. Guarded by the
 * element's object lock.
 */
typedef struct
{
  gchar *checkpoint;
  gchar *device;
  GstNfPrecision precision;
  guint threads;
} GstNfModelSettings;

/** gst_nf_predictor_properties: the table of #GstNfModelSettings for an element
 * with a %GST_NF_MODEL_PREDICTOR */
extern const GstNfProperty gst_nf_predictor_properties[];
/** gst_nf_segmenter_properties: the same with a %GST_NF_MODEL_SEGMENTER */
extern const GstNfProperty gst_nf_segmenter_properties[];

NfDType gst_nf_model_settings_dtype (const GstNfModelSettings *settings);

typedef struct _GstNfModel GstNfModel;

GstNfModel *gst_nf_model_acquire (
    const GstNfModelSettings *settings, GstNfModelKind kind, GError **error);
void gst_nf_model_release (GstNfModel *model);
gboolean gst_nf_model_begin (GstNfModel *model,
    const GstNfModelSettings *settings, NfCoreLease *lease,
    GCancellable *cancellable, GError **error);

NfPredictor *gst_nf_model_predictor (GstNfModel *model);
NfSegmenter *gst_nf_model_segmenter (GstNfModel *model);
const gchar *gst_nf_model_path (GstNfModel *model);
NfDevice *gst_nf_model_device (GstNfModel *model);

gchar *gst_nf_model_find (
    GstNfModelKind kind, const gchar *checkpoint, GError **error);

G_END_DECLS
