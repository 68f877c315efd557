/* SPDX-License-Identifier: MIT
 *
 * gstnferror — errors of the library as messages of an element
 *
 * The user gets the library's message unchanged, because it says what failed,
 * where, what was expected and what was found. The detail names the code and
 * what usually helps. */
#include "common/gstnferror.h"

#include <nextframe/core/nferror.h>

typedef struct
{
  const gchar *name;
  GQuark (*domain) (void);
  gint code;
  const gchar *remedy;
} ErrorRow;

static const ErrorRow rows[] = {
  [NF_ERROR_INVALID] = { .name = "invalid",
      .domain = gst_library_error_quark,
      .code = GST_LIBRARY_ERROR_SETTINGS,
      .remedy = "correct the property's value" },
  [NF_ERROR_SHAPE] = { .name = "shape",
      .domain = gst_stream_error_quark,
      .code = GST_STREAM_ERROR_FORMAT,
      .remedy = "convert or scale the frames before this element" },
  [NF_ERROR_NOT_FOUND] = { .name = "not-found",
      .domain = gst_resource_error_quark,
      .code = GST_RESOURCE_ERROR_NOT_FOUND,
      .remedy = "check the path" },
  [NF_ERROR_FORMAT] = { .name = "format",
      .domain = gst_stream_error_quark,
      .code = GST_STREAM_ERROR_DECODE,
      .remedy = "copy or make the file again" },
  [NF_ERROR_IO] = { .name = "io",
      .domain = gst_resource_error_quark,
      .code = GST_RESOURCE_ERROR_FAILED,
      .remedy = "check the permissions and the disk" },
  [NF_ERROR_NO_DEVICE] = { .name = "no-device",
      .domain = gst_resource_error_quark,
      .code = GST_RESOURCE_ERROR_NOT_FOUND,
      .remedy = "use device=auto or device=cpu" },
  [NF_ERROR_NO_MEMORY] = { .name = "no-memory",
      .domain = gst_resource_error_quark,
      .code = GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      .remedy = "use smaller frames or batches, or another device" },
  [NF_ERROR_UNSUPPORTED] = { .name = "unsupported",
      .domain = gst_stream_error_quark,
      .code = GST_STREAM_ERROR_WRONG_TYPE,
      .remedy = "convert the data, or give other data" },
  [NF_ERROR_FAILED] = { .name = "failed",
      .domain = gst_library_error_quark,
      .code = GST_LIBRARY_ERROR_FAILED,
      .remedy = "see the debug log (GST_DEBUG)" },
};

/* @text: (transfer full): for the user */
static void
post (GstElement *element, GstMessageType type, gchar *text,
    const GError *error, const gchar *file, const gchar *function, gint line)
{
  const ErrorRow *row = &rows[NF_ERROR_FAILED];

  if (error->domain == NF_ERROR && error->code >= 0
      && error->code < G_N_ELEMENTS (rows))
    row = &rows[error->code];
  gst_element_message_full (element, type, row->domain (), row->code, text,
      g_strdup_printf ("%s %s (%d): %s", g_quark_to_string (error->domain),
          row->name, error->code, row->remedy),
      file, function, line);
}

void
gst_nf_element_error_at (GstElement *element, const GError *error,
    const gchar *file, const gchar *function, gint line)
{
  g_return_if_fail (GST_IS_ELEMENT (element));
  g_return_if_fail (error != NULL);

  if (!g_error_matches (error, NF_ERROR, NF_ERROR_CANCELLED))
    post (element, GST_MESSAGE_ERROR, g_strdup (error->message), error, file,
        function, line);
}

void
gst_nf_element_warning_at (GstElement *element, const gchar *what,
    const GError *error, const gchar *file, const gchar *function, gint line)
{
  g_return_if_fail (GST_IS_ELEMENT (element));
  g_return_if_fail (what != NULL && error != NULL);

  post (element, GST_MESSAGE_WARNING,
      g_strdup_printf ("%s: %s", what, error->message), error, file, function,
      line);
}

GstFlowReturn
gst_nf_element_flow_at (GstElement *element, const GError *error,
    const gchar *file, const gchar *function, gint line)
{
  gst_nf_element_error_at (element, error, file, function, line);

  return g_error_matches (error, NF_ERROR, NF_ERROR_CANCELLED)
      ? GST_FLOW_FLUSHING
      : GST_FLOW_ERROR;
}

/**
 * gst_nf_element_no_frame:
 * @element: an element
 * @flow: why its pool gave no frame
 * @srcpad: where the frame was to go
 *
 * Posts an error where that is because there is no memory, and not because the
 * pool is being stopped.
 *
 * Returns: @flow
 */
GstFlowReturn
gst_nf_element_no_frame (
    GstElement *element, GstFlowReturn flow, GstPad *srcpad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (srcpad);
  g_autofree gchar *text = caps != NULL ? gst_caps_to_string (caps) : NULL;

  if (flow == GST_FLOW_ERROR)
    GST_ELEMENT_ERROR (element, RESOURCE, NO_SPACE_LEFT,
        ("No memory for another frame. Hold fewer frames downstream, or use "
         "smaller ones."),
        ("%s", text != NULL ? text : "no caps"));

  return flow;
}
