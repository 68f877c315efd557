/* SPDX-License-Identifier: MIT
 *
 * networkoptions — the options of the command line that say which networks run,
 * and how: the same for `nextframe-train eval` and `predict` */
#pragma once

#include <nextframe/core/nferror.h>
#include <nextframe/diffusion/nfprediction.h>
#include "parallel/parallel.h"

G_BEGIN_DECLS

#define NF_EVAL_MAX_ENSEMBLE 100

/**
 * NfEvalDecision: who decides on a class, as nfsegment's property decision
 * @NF_EVAL_DECISION_PIXEL: each pixel
 * @NF_EVAL_DECISION_REGION: each region of connected object pixels
 * @NF_EVAL_DECISION_CLIP: each object, by votes of the frames of a clip
 */
typedef enum
{
  NF_EVAL_DECISION_PIXEL,
  NF_EVAL_DECISION_REGION,
  NF_EVAL_DECISION_CLIP,
  NF_EVAL_N_DECISIONS
} NfEvalDecision;

const gchar *nf_eval_decision_name (NfEvalDecision decision);

/**
 * NfEvalNetworkOptions:
 * @segment: (nullable): the segmenter's checkpoint; NULL: the one that ships
 * @predict: (nullable): the predictor's, likewise
 * @guide_segment: (nullable): what finds masks for the predictor's guide; NULL:
 *   the one that its checkpoint names, or @segment
 * @device: where networks run, as in nf_device_open()
 * @dtype: what networks compute in, %NF_F32 or %NF_BF16
 * @decision: who decides on a class of the segmenter's masks
 * @unique: whether regions share no class
 * @tta: average with mirrored frames
 * @sampler: method of sampling, a #NfSamplerMethod; below 0: as the checkpoint
 *   has it
 * @steps: denoising steps a block of frames; 0: likewise
 * @guide_start: as nfpredict's property; below 0: as the checkpoint has it
 * @sharpen: likewise
 * @ensemble: predictions of each clip in the rows of ensembles; 0: no such rows
 * @seed: of the noise that predictions start from
 * @threads: of the CPU; 0: one a physical core
 *
 * What was asked for; every number is in its range.
 */
typedef struct
{
  gchar *segment, *predict, *guide_segment;
  gchar *device;
  NfDType dtype;
  NfEvalDecision decision;
  gboolean unique, tta;
  gint sampler;
  guint steps, ensemble;
  gdouble guide_start;
  gboolean sharpen;
  guint64 seed;
  guint threads;
} NfEvalNetworkOptions;

/**
 * NfEvalNumber:
 * @name: of an option that takes a whole number
 * @short_name: its letter, or 0
 * @min: the least value, but for @fallback
 * @max: the largest one
 * @fallback: what it is where it is not given
 * @help: a line for `--help`
 * @value: what the help calls the number
 */
typedef struct
{
  const gchar *name;
  gchar short_name;
  gint64 min, max, fallback;
  const gchar *help;
  const gchar *value;
} NfEvalNumber;

void nf_eval_numbers_add (GOptionContext *context, const NfEvalNumber *numbers,
    guint n, gint64 *values);
gboolean nf_eval_numbers_check (
    const NfEvalNumber *numbers, guint n, const gint64 *values, GError **error);

/**
 * NfEvalNetworkWords:
 *
 * What the options are parsed into before they are checked.
 */
typedef struct _NfEvalNetworkWords NfEvalNetworkWords;

NfEvalNetworkWords *nf_eval_network_options_add (
    GOptionContext *context, NfEvalNetworkOptions *options);
void nf_eval_network_words_free (NfEvalNetworkWords *words);
gboolean nf_eval_network_options_take (NfEvalNetworkOptions *options,
    const NfEvalNetworkWords *words, GError **error);
void nf_eval_network_options_set_process (
    NfEvalNetworkOptions *options, const NfParallel *parallel);
void nf_eval_network_options_clear (NfEvalNetworkOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalNetworkWords, nf_eval_network_words_free)

G_END_DECLS
