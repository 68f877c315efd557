/* SPDX-License-Identifier: MIT
 *
 * gstnfnoanalytics — where GstAnalytics cannot hold masks
 *
 * The function is described in gstnfanalytics.c. */
#include "segment/gstnfanalytics.h"

void
gst_nf_analytics_add_mask (
    const GstNfBatchMask *mask, guint classes, GstBuffer *buffer)
{
}
