/* SPDX-License-Identifier: MIT
 *
 * nfiourig — what the tests of nfiou share: two fed pads, and what came of it
 *
 * Each pad is fed by a thread of its own, as in a pipeline: the pads wait for
 * each other. */
#pragma once

#include "nfelementtest.h"

/* a frame of one value; `time` in ms, or NF_FEED_NONE */
typedef struct
{
  gint time;
  guint8 value;
  gboolean discont;
} NfFeedFrame;

#define NF_FEED_NONE (-1)
#define NF_FEED_FRAME_MS 40

typedef struct
{
  GstHarness *harness;
  guint width, height, stride;
  const NfFeedFrame *frames;
  guint n_frames;
  guint duration; /* of each, ms */
  GstFlowReturn flow;
} NfFeed;

typedef struct
{
  GstElement *element;
  GstHarness *out;
  NfFeed prediction;
  NfFeed truth;
  GstBus *bus;
  guint notified;
} NfRig;

void nf_rig_set_caps (NfFeed *feed, guint width, guint height);
NfRig *nf_rig_new (const gchar *property, const gchar *value);
void nf_rig_free (NfRig *rig);
void nf_rig_set_frames (
    NfFeed *feed, const NfFeedFrame *frames, guint n_frames);
void nf_rig_feed (NfRig *rig, gboolean eos);
GstStructure *nf_rig_pop (NfRig *rig, const gchar *scope);
gdouble nf_rig_score (const GstStructure *structure, const gchar *name);
guint64 nf_rig_count (const GstStructure *structure, const gchar *name);
gboolean nf_rig_near (gdouble value, gdouble expected, gdouble tolerance);
void nf_rig_expect_total (NfRig *rig, guint frames, guint unmatched_prediction,
    guint unmatched_truth, guint clips);

/* 22 frames of a clip, class 5 */
extern const NfFeedFrame nf_rig_clip[22];

/* feeds these frames and EOS */
#define NF_RIG_RUN(rig, predictions, truths)                                   \
  G_STMT_START                                                                 \
  {                                                                            \
    nf_rig_set_frames (                                                        \
        &(rig)->prediction, predictions, G_N_ELEMENTS (predictions));          \
    nf_rig_set_frames (&(rig)->truth, truths, G_N_ELEMENTS (truths));          \
    nf_rig_feed (rig, TRUE);                                                   \
  }                                                                            \
  G_STMT_END

/* two clips; the truth of the second one says where it begins */
extern const NfFeedFrame nf_rig_two_truths[6];

void nf_rig_push_segment (
    GstHarness *h, guint base, guint start, const gchar *stream);
