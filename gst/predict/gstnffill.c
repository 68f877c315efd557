/* SPDX-License-Identifier: MIT
 *
 * gstnffill — frames that come after a gap wait until it is filled */
#include "predict/gstnffill.h"

/**
 * gst_nf_fill_can:
 * @shape: where predicted frames lie
 *
 * Returns: whether they lie between frames that are known
 */
gboolean
gst_nf_fill_can (const GstNfPredictShape *shape)
{
  return shape->behind > 0 && shape->length > shape->behind;
}

/* whether the gap before a frame can be filled: what is predicted reaches over it,
 * and there is the context before it */
static gboolean
opens (const GstNfPredictShape *shape, guint before, guint missing)
{
  return missing > 0 && missing <= shape->last
      && before >= shape->length - shape->behind;
}

/**
 * gst_nf_fill_take:
 * @shape: for which gst_nf_fill_can() is TRUE
 * @before: frames of the window before this one and those that are missing
 * @missing: frames that are missing before this one
 * @buffer: (transfer full): a frame as it is to be pushed
 *
 * A gap within those that follow another one stays as it is.
 *
 * Returns: whether the missing frames can be predicted from the window now
 */
gboolean
gst_nf_fill_take (GstNfFill *fill, const GstNfPredictShape *shape, guint before,
    guint missing, GstBuffer *buffer)
{
  if (fill->missing == 0 && opens (shape, before, missing)) {
    fill->missing = missing;
    fill->left = shape->behind;
  }
  if (fill->missing == 0) {
    g_queue_push_tail (&fill->ready, buffer);
    return FALSE;
  }
  g_queue_push_tail (&fill->held, buffer);
  if (missing + 1 > fill->left) { /* the window has passed it */
    gst_nf_fill_close (fill);
    return FALSE;
  }
  fill->left -= missing + 1;

  return fill->left == 0;
}

/**
 * gst_nf_fill_is_full:
 *
 * Returns: whether all frames came that the open gap has waited for
 */
gboolean
gst_nf_fill_is_full (const GstNfFill *fill)
{
  return fill->missing > 0 && fill->left == 0;
}

/**
 * gst_nf_fill_close:
 *
 * What was held is to be pushed.
 */
void
gst_nf_fill_close (GstNfFill *fill)
{
  GstBuffer *buffer;

  if (fill->filled && !g_queue_is_empty (&fill->held))
    GST_BUFFER_FLAG_UNSET (fill->held.head->data, GST_BUFFER_FLAG_DISCONT);
  while ((buffer = g_queue_pop_head (&fill->held)) != NULL)
    g_queue_push_tail (&fill->ready, buffer);
  fill->missing = 0;
  fill->filled = FALSE;
}

/**
 * gst_nf_fill_clear:
 *
 * Forgets everything.
 */
void
gst_nf_fill_clear (GstNfFill *fill)
{
  g_queue_clear_full (&fill->held, (GDestroyNotify) gst_buffer_unref);
  g_queue_clear_full (&fill->ready, (GDestroyNotify) gst_buffer_unref);
  fill->missing = 0;
  fill->filled = FALSE;
}
