/* SPDX-License-Identifier: MIT
 *
 * gstnfcancel — stopping what an element computes when it flushes or stops
 *
 * A flush cancels until it ends; stopping cancels until the next start, even if
 * a flush ends in between.
 * See: gstnfpredict.c, gstnfsegment.c */
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfCancel:
 * @cancellable: what the computation looks at
 *
 * Belongs to one element, whose object lock guards it.
 */
typedef struct
{
  GCancellable *cancellable;

  /*< private >*/
  GstElement *element;
  gboolean stopping;
} GstNfCancel;

void gst_nf_cancel_init (GstNfCancel *cancel, GstElement *element);
void gst_nf_cancel_clear (GstNfCancel *cancel);

void gst_nf_cancel_start (GstNfCancel *cancel);
void gst_nf_cancel_change_state (
    GstNfCancel *cancel, GstStateChange transition);
void gst_nf_cancel_event (GstNfCancel *cancel, GstEvent *event);

G_END_DECLS
