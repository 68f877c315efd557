/* SPDX-License-Identifier: MIT
 *
 * gstnferror — errors of the library as messages of an element
 *
 * See: kernels/core/nferror.h */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * gst_nf_element_error:
 * @element: the element that failed
 * @error: why, as the library says
 *
 * Posts the error message for @error, once for each failure. A cancelled call
 * is no failure: nothing is posted for it.
 */
#define gst_nf_element_error(element, error)                                   \
  gst_nf_element_error_at (element, error, __FILE__, GST_FUNCTION, __LINE__)

/**
 * gst_nf_element_flow:
 * @element: the element that failed
 * @error: why, as the library says
 *
 * Posts the error message for @error, as gst_nf_element_error() does.
 *
 * Returns: what the streaming thread returns then: %GST_FLOW_FLUSHING for a
 *   cancelled call, else %GST_FLOW_ERROR
 */
#define gst_nf_element_flow(element, error)                                    \
  gst_nf_element_flow_at (element, error, __FILE__, GST_FUNCTION, __LINE__)

/**
 * gst_nf_element_warning:
 * @element: the element that goes on
 * @what: what became of that, without a full stop
 * @error: why, as the library says
 *
 * Posts a warning message for @error.
 */
#define gst_nf_element_warning(element, what, error)                           \
  gst_nf_element_warning_at (                                                  \
      element, what, error, __FILE__, GST_FUNCTION, __LINE__)

void gst_nf_element_error_at (GstElement *element, const GError *error,
    const gchar *file, const gchar *function, gint line);
void gst_nf_element_warning_at (GstElement *element, const gchar *what,
    const GError *error, const gchar *file, const gchar *function, gint line);
GstFlowReturn gst_nf_element_flow_at (GstElement *element, const GError *error,
    const gchar *file, const gchar *function, gint line);

GstFlowReturn gst_nf_element_no_frame (
    GstElement *element, GstFlowReturn flow, GstPad *srcpad);

G_END_DECLS
