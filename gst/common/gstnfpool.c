/* SPDX-License-Identifier: MIT
 *
 * gstnfpool — the buffer pool that a source pad takes its frames from
 *
 * For elements whose base class does not choose a pool. The peer gets an
 * ALLOCATION query, and its pool is used, or one of ours where it has none.
 * Strides and offsets other than the default ones occur only when the peer
 * understands GstVideoMeta. */
#include "common/gstnfpool.h"

static gboolean
configure (GstBufferPool *pool, GstCaps *caps, guint size, guint min, guint max,
    GstAllocator *allocator, const GstAllocationParams *params,
    gboolean has_meta)
{
  GstStructure *config = gst_buffer_pool_get_config (pool);

  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  gst_buffer_pool_config_set_allocator (config, allocator, params);
  if (has_meta
      && gst_buffer_pool_has_option (pool, GST_BUFFER_POOL_OPTION_VIDEO_META))
    gst_buffer_pool_config_add_option (
        config, GST_BUFFER_POOL_OPTION_VIDEO_META);

  return gst_buffer_pool_set_config (pool, config)
      && gst_buffer_pool_set_active (pool, TRUE);
}

/**
 * gst_nf_pool_negotiate:
 * @srcpad: the pad that frames will be pushed from
 * @caps: raw video, already sent to the peer
 *
 * Call it when the caps are set, and again when the pad asks to be
 * reconfigured.
 *
 * Returns: (transfer full) (nullable): an active pool for frames of @caps, or
 *   NULL when none could be set up
 */
GstBufferPool *
gst_nf_pool_negotiate (GstPad *srcpad, GstCaps *caps)
{
  GstQuery *query = gst_query_new_allocation (caps, TRUE);
  GstBufferPool *pool = NULL;
  GstAllocator *allocator = NULL;
  GstAllocationParams params;
  GstVideoInfo info;
  guint size = 0, min = 0, max = 0;
  gboolean has_meta;

  gst_allocation_params_init (&params);
  if (!gst_video_info_from_caps (&info, caps)) {
    gst_query_unref (query);
    return NULL;
  }
  if (gst_pad_peer_query (srcpad, query)) {
    if (gst_query_get_n_allocation_params (query) > 0)
      gst_query_parse_nth_allocation_param (query, 0, &allocator, &params);
    if (gst_query_get_n_allocation_pools (query) > 0)
      gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  }
  has_meta =
      gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_query_unref (query);

  size = MAX (size, info.size);
  if (pool != NULL
      && !configure (pool, caps, size, min, max, allocator, &params, has_meta))
    gst_clear_object (&pool);
  if (pool == NULL) {
    pool = gst_video_buffer_pool_new ();
    if (!configure (pool, caps, size, min, 0, allocator, &params, has_meta))
      gst_clear_object (&pool);
  }
  gst_clear_object (&allocator);

  return pool;
}

/**
 * gst_nf_pool_clear:
 * @pool: (inout): a pool, or a pointer to NULL
 *
 * Lets go of a pool from gst_nf_pool_negotiate().
 */
void
gst_nf_pool_clear (GstBufferPool **pool)
{
  if (*pool != NULL)
    gst_buffer_pool_set_active (*pool, FALSE);
  gst_clear_object (pool);
}
