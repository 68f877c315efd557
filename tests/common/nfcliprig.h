/* SPDX-License-Identifier: MIT
 *
 * nfcliprig — a source of clips with both pads linked to sinks that are pulled
 *
 * For the tests of nfscenesrc and nfclipsrc. */
#pragma once

#include "nfelementtest.h"

G_BEGIN_DECLS

enum
{
  NF_CLIP_RIG_VIDEO,
  NF_CLIP_RIG_MASK,
  NF_CLIP_RIG_PADS
};

/**
 * NfClipRig:
 * @pipeline: the pipeline, PLAYING
 * @src: the source in it
 * @sinks: (nullable): appsinks behind a queue without limit of the pads
 * @bus: of the pipeline
 */
typedef struct
{
  GstElement *pipeline;
  GstElement *src;
  GstElement *sinks[NF_CLIP_RIG_PADS];
  GstBus *bus;
} NfClipRig;

void nf_clip_rig_open (NfClipRig *rig, const gchar *source);
void nf_clip_rig_close (NfClipRig *rig);

gboolean nf_clip_rig_seek (
    NfClipRig *rig, GstElement *element, GstEvent *event);
GstSample *nf_clip_rig_pull (NfClipRig *rig, guint pad);
void nf_clip_rig_expect_frame (
    NfClipRig *rig, guint64 frame, gboolean begins_clip);
void nf_clip_rig_expect_eos (NfClipRig *rig);
gchar *nf_clip_rig_digest (NfClipRig *rig, guint n_frames);

gchar *nf_clip_sample_digest (GstSample *sample);

G_END_DECLS
