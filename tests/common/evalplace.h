/* SPDX-License-Identifier: MIT
 *
 * evalplace — a place for evaluations: clips, networks and what they write */
#pragma once

#include "io/nfdataset.h"

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define NF_EVAL_PLACE_WIDTH 32
#define NF_EVAL_PLACE_HEIGHT 24
#define NF_EVAL_PLACE_PIXELS (NF_EVAL_PLACE_WIDTH * NF_EVAL_PLACE_HEIGHT)
#define NF_EVAL_PLACE_CLIPS 3
#define NF_EVAL_PLACE_FRAMES 22
#define NF_EVAL_PLACE_CONTEXT 11

/**
 * NfEvalPlace:
 * @root: a folder for all of it
 * @data: %NF_EVAL_PLACE_CLIPS clips in val/, one in train/
 * @networks: the options that name its two networks, untrained
 */
typedef struct
{
  gchar *root;
  gchar *data;
  gchar *networks;
} NfEvalPlace;

void nf_test_eval_set_up (NfEvalPlace *place, gconstpointer unused);
void nf_test_eval_tear_down (NfEvalPlace *place, gconstpointer unused);

/** NF_TEST_EVAL_ADD: a case that has a place of its own */
#define NF_TEST_EVAL_ADD(name, func)                                           \
  g_test_add ("/eval/" name, NfEvalPlace, NULL, nf_test_eval_set_up, func,     \
      nf_test_eval_tear_down)

/**
 * nf_test_eval_write_clips:
 * @folder: gets clips as NfEvalPlace.data has them
 * @frames: of each
 */
void nf_test_eval_write_clips (const gchar *folder, guint frames);

/**
 * nf_test_eval:
 * @options: of `eval`, with spaces between
 * @error: return location
 *
 * Runs the subcommand.
 */
gboolean nf_test_eval (const gchar *options, GError **error);

/**
 * nf_test_eval_place:
 *
 * The same on the place's clips, with its networks, in few steps.
 */
gboolean nf_test_eval_place (
    const NfEvalPlace *place, const gchar *options, GError **error);

/**
 * nf_test_eval_well:
 *
 * nf_test_eval_place(), which must succeed.
 */
void nf_test_eval_well (const NfEvalPlace *place, const gchar *options);

/**
 * nf_test_predict:
 * @options: of `predict`, with spaces between
 * @error: return location
 *
 * Predicts the clips of the place's val/, with its networks, in few steps.
 */
gboolean nf_test_predict (
    const NfEvalPlace *place, const gchar *options, GError **error);

/**
 * nf_test_eval_printed:
 *
 * Returns: (transfer none): what the last one printed
 */
const gchar *nf_test_eval_printed (void);

/**
 * nf_test_eval_path:
 * @run: name of an evaluation's folder; empty for the root
 * @name: of a file in it
 *
 * Returns: (transfer full): the file's path
 */
gchar *nf_test_eval_path (
    const NfEvalPlace *place, const gchar *run, const gchar *name);
gchar *nf_test_eval_text (
    const NfEvalPlace *place, const gchar *run, const gchar *name);
JsonObject *nf_test_eval_report (const NfEvalPlace *place, const gchar *run);

/**
 * nf_test_eval_row:
 * @report: of an evaluation
 * @name: of a row that it has
 *
 * Returns: (transfer none): the row
 */
JsonObject *nf_test_eval_row (JsonObject *report, const gchar *name);

/** nf_test_eval_has_row: whether a report has a row of that name */
gboolean nf_test_eval_has_row (JsonObject *report, const gchar *name);

/**
 * nf_test_eval_confusion:
 *
 * Returns: (transfer full): the confusion matrix of a row, as JSON
 */
gchar *nf_test_eval_confusion (
    const NfEvalPlace *place, const gchar *run, const gchar *row);

/**
 * nf_test_eval_clips:
 *
 * Returns: (transfer full): the clips of the place's val/
 */
NfDataset *nf_test_eval_clips (const NfEvalPlace *place);

G_END_DECLS
