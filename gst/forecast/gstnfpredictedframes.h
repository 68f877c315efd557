/* SPDX-License-Identifier: MIT
 *
 * gstnfpredictedframes — predicted frames that wait until they are pushed
 *
 * See: gstnfpredicthooks.h (who fills it), gstnfforecastflow.h (who takes) */
#pragma once

#include "core/tensor/nftensor.h"

G_BEGIN_DECLS

/**
 * GstNfFuture:
 * @next: number of the next frame to push; beyond @last when there is none
 * @last: number of the last frame
 *
 * Predicted frames that wait until they are pushed, numbered from the context
 * on: 1 is the one that follows it. Belongs to the streaming thread. All zeros
 * when empty. Frames are tensors as gstnfframes.h has them.
 */
typedef struct
{
  guint next, last;

  /*< private >*/
  guint first;
  NfTensor **frames; /* NULL where a frame was taken */
} GstNfFuture;

void gst_nf_future_alloc (GstNfFuture *future, guint first, guint last);
void gst_nf_future_set (GstNfFuture *future, guint number, NfTensor *frame);
gboolean gst_nf_future_has_frame (const GstNfFuture *future);
NfTensor *gst_nf_future_take (GstNfFuture *future, guint *number);
void gst_nf_future_clear (GstNfFuture *future);

G_END_DECLS
