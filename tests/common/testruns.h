/* SPDX-License-Identifier: MIT
 *
 * testruns — runs of tiny networks, for the tests of the trainer */
#pragma once

#include "config/runconfig.h"

G_BEGIN_DECLS

#define NF_TEST_CLIP_FRAMES 7
#define NF_TEST_WIDTH 24
#define NF_TEST_HEIGHT 16

/* settings with | between them; without validation */
#define NF_TEST_TINY_DIFFUSION                                                 \
  "data.splits=train|data.image-size=8 12|model.ngf=8|model.ch-mult=1 2|"      \
  "model.num-res-blocks=1|model.attn-resolutions=4|model.n-head-channels=8|"   \
  "model.spade-dim=4|model.num-frames-cond=3|model.num-frames=2|"              \
  "model.future-gap=1|model.dropout=0.2|train.batch-size=3|train.warmup=4|"    \
  "train.learning-rate=0.002|train.ema-rate=0.9|train.log-every=1|"            \
  "train.threads=1|validate.every=0"
#define NF_TEST_TINY_SEGMENT                                                   \
  "model.encoder=resnet18|model.encoder-width=8|"                              \
  "model.decoder-widths=4 4 4 4 4|train.batch-size=2|train.warmup=2|"          \
  "augment.blur=0.5|augment.noise=0.5|train.log-every=1|train.threads=1|"      \
  "validate.every=0"

/**
 * NfTestPlace:
 * @root: a folder for runs
 * @data: a data set in it, three clips in train/
 */
typedef struct
{
  gchar *root;
  gchar *data;
} NfTestPlace;

/**
 * NfTestPoint: a value in metrics.jsonl
 */
typedef struct
{
  guint64 step;
  gdouble value;
} NfTestPoint;

#define NF_TEST_VAL_CLIPS 2

extern const guint nf_test_val_frames[NF_TEST_VAL_CLIPS];
extern const gchar *const nf_test_tiny[NF_N_TRAIN_KINDS];

void nf_test_place_set_up (NfTestPlace *place, gconstpointer unused);
void nf_test_place_set_up_val (NfTestPlace *place, gconstpointer unused);
void nf_test_place_tear_down (NfTestPlace *place, gconstpointer unused);

gboolean nf_test_train (NfTestPlace *place, NfTrainKind kind, const gchar *run,
    gboolean resume, const gchar *settings, GError **error);
void nf_test_train_tiny (NfTestPlace *place, NfTrainKind kind, const gchar *run,
    gboolean resume, const gchar *more);

GThread *nf_test_do_after (NfTestPlace *place, const gchar *run, guint step,
    void (*func) (gpointer data), gpointer data);
GThread *nf_test_interrupt_after (
    NfTestPlace *place, const gchar *run, guint step);

gchar *nf_test_run_file (
    NfTestPlace *place, const gchar *run, const gchar *name);
gboolean nf_test_has_file (
    NfTestPlace *place, const gchar *run, const gchar *name);
void nf_test_same_file (
    NfTestPlace *place, const gchar *a, const gchar *b, const gchar *name);

GArray *nf_test_read_metric (
    NfTestPlace *place, const gchar *run, const gchar *name);
NfTestPoint nf_test_point_at (const GArray *points, guint i);
void nf_test_same_metric (NfTestPlace *place, const gchar *a, const gchar *b,
    const gchar *name, guint n);

G_END_DECLS
