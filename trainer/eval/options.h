/* SPDX-License-Identifier: MIT
 *
 * options — the command line of `nextframe-train eval` */
#pragma once

#include <nextframe/core/nferror.h>
#include <nextframe/diffusion/nfprediction.h>

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
 * NfEvalOptions:
 * @data: a data set's folder, or scenes
 * @splits: (nullable): names of splits with spaces between; NULL: val, or train
 *   where there is no val
 * @segment: (nullable): the segmenter's checkpoint; NULL: the one that ships
 * @predict: (nullable): the predictor's, likewise
 * @guide_segment: (nullable): what finds masks for the predictor's guide; NULL:
 *   the one that its checkpoint names, or @segment
 * @only: (nullable) (array zero-terminated=1): rows that are wanted
 * @out: (nullable): folder for the state and the reports
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
 * @clips: how many clips of the data are evaluated; 0: all
 * @seed: of the noise that predictions start from
 * @curve: whether frames 12 to 21 are scored, too, and not frame 22 alone
 * @threads: of the CPU; 0: one a physical core
 *
 * What was asked for; every number is in its range.
 */
typedef struct
{
  gchar *data, *splits;
  gchar *segment, *predict, *guide_segment;
  gchar **only;
  gchar *out;
  gchar *device;
  NfDType dtype;
  NfEvalDecision decision;
  gboolean unique, tta;
  gint sampler;
  guint steps, ensemble, clips;
  gdouble guide_start;
  gboolean sharpen;
  guint64 seed;
  gboolean curve;
  guint threads;
} NfEvalOptions;

NfEvalOptions *nf_eval_options_parse (
    gint argc, gchar **argv, const gchar *rows, GError **error);
void nf_eval_options_free (NfEvalOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalOptions, nf_eval_options_free)

G_END_DECLS
