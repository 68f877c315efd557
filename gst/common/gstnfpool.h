/* SPDX-License-Identifier: MIT
 *
 * gstnfpool — the buffer pool that a source pad takes its frames from */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

GstBufferPool *gst_nf_pool_negotiate (GstPad *srcpad, GstCaps *caps);
void gst_nf_pool_clear (GstBufferPool **pool);

G_END_DECLS
