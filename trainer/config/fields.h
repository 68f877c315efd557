/* SPDX-License-Identifier: MIT
 *
 * config/fields — the settings of a training run, a field for every key
 *
 * See: config/table.h (their ranges and defaults), config/runconfig.h (reading
 * and writing them) */
#pragma once

#include "parallel/share.h"
#include <glib.h>

G_BEGIN_DECLS

#define NF_CONFIG_MAX_LIST 8

/**
 * NfTrainKind:
 * @NF_TRAIN_SEGMENT: UNet++ on frames and masks
 * @NF_TRAIN_DIFFUSION: the noise predictor on windows of frames
 *
 * What is trained: the subcommands of nextframe-train that have settings.
 */
typedef enum
{
  NF_TRAIN_SEGMENT,
  NF_TRAIN_DIFFUSION,
  NF_N_TRAIN_KINDS
} NfTrainKind;

/**
 * NfIntList:
 * @n: elements in use
 * @v: the elements
 */
typedef struct
{
  guint n;
  gint64 v[NF_CONFIG_MAX_LIST];
} NfIntList;

/**
 * NfFloatList:
 * @n: elements in use
 * @v: the elements
 */
typedef struct
{
  guint n;
  gdouble v[NF_CONFIG_MAX_LIST];
} NfFloatList;

/**
 * NfConfigData: group [data]; an image size of 0 0 is the frames' own.
 */
typedef struct
{
  gchar *path;
  gchar *splits; /* names with spaces between */
  NfIntList image_size; /* H, W in pixels */
  gint64 max_clips;
  gint64 cache; /* MiB */
  gchar *frames; /* of `diffusion`: pictures or masks */
  gchar *bad_clips; /* stop or skip */
  gboolean check;
} NfConfigData;

/**
 * NfConfigDiffusion: group [model] of `diffusion`.
 */
typedef struct
{
  gchar *network; /* empty: spade says it */
  gchar *options; /* of a network without settings of its own: JSON */
  gint64 channels;
  gint64 num_frames;
  gint64 num_frames_cond;
  gint64 num_frames_future;
  gint64 future_gap; /* frames */
  gint64 frame_stride;
  gint64 ngf;
  NfIntList ch_mult;
  gint64 num_res_blocks;
  NfIntList attn_resolutions; /* pixels */
  gint64 n_head_channels;
  gboolean spade;
  gint64 spade_dim;
  gint64 num_classes;
  gdouble sigma_begin;
  gdouble sigma_end;
  gchar *sigma_dist;
  gboolean gamma;
  gdouble dropout;
  gchar *target;
  gboolean guide;
  gdouble residual;
  gchar *segmenter; /* file name */
  gdouble guide_start; /* share */
  gchar *sampler; /* of predictions; "": not said */
  gint64 sampling_steps; /* 0: not said */
  NfIntList scene_size; /* of [data]: H, W in pixels */
  /* keys of [train] that `diffusion` alone has */
  gchar *loss;
  gchar *norm; /* l2 or l1 */
  gchar *loss_weight;
  gdouble prob_mask_cond, prob_mask_future; /* shares of samples */
  gboolean prob_mask_sync;
  gchar *labels;
  gdouble true_guides; /* share of samples */
  gdouble no_guides; /* likewise */
} NfConfigDiffusion;

/**
 * NfConfigSegment: group [model] of `segment`.
 */
typedef struct
{
  gchar *network;
  gchar *options; /* of a network without settings of its own: JSON */
  gchar *encoder;
  gint64 encoder_width;
  gint64 classes;
  NfIntList widths;
  gchar *head;
  NfFloatList mean; /* of pixels in [0, 1], a value a colour */
  NfFloatList std;
} NfConfigSegment;

/**
 * NfConfigTrain: group [train]; what follows @decay_vectors is of `segment`
 * alone.
 */
typedef struct
{
  gint64 batch_size;
  gint64 steps;
  gchar *optimizer;
  gdouble learning_rate;
  gint64 warmup; /* steps */
  gdouble weight_decay;
  gdouble grad_clip; /* 0: none */
  NfFloatList betas;
  gdouble eps;
  gdouble ema_rate; /* 0: none */
  gboolean ema_warmup;
  gint64 seed;
  gchar *device;
  gchar *precision; /* what to compute in: f32, tf32 or bf16 */
  gint64 threads; /* 0: one a physical core */
  gint64 checkpoint_every; /* steps; 0: only the last */
  gint64 keep;
  gchar *store; /* of the weights in final.safetensors */
  gint64 log_every; /* steps */
  gchar *schedule; /* constant, cosine, restarts or step */
  gdouble least_rate;
  gint64 period; /* steps */
  gdouble factor;
  gint64 accumulate; /* batches of a step */
  gboolean decay_vectors;
  gdouble encoder_rate, decoder_rate, head_rate; /* parts of the rate */
  NfIntList crop; /* H, W in pixels; 0 0: none */
  gdouble crop_objects; /* share */
  gdouble cross_entropy, dice; /* weights in the loss */
  gchar *dice_classes; /* all or present */
  gdouble dice_smooth; /* pixels */
  gdouble object_weight; /* beside 1 for the ground */
  gint64 ignored_label; /* -1: none */
} NfConfigTrain;

/**
 * NfConfigAugment: group [augment] of `segment`: the share of samples that each
 * change is made to, 0 to 1, and how much it changes at most
 */
typedef struct
{
  gdouble mirror, affine, light, color, gamma, clahe, codec, blur,
      noise; /* shares */
  gdouble shift, scale; /* parts of the frame */
  gdouble rotate; /* degrees */
  gdouble brightness, contrast; /* parts of white, of itself */
  gdouble hue; /* degrees */
  gdouble saturation, value; /* parts of 1 */
  NfFloatList gamma_range;
  NfFloatList clahe_limit;
  NfFloatList codec_quality; /* 1 to 100 */
  NfFloatList blur_factor;
  NfFloatList noise_levels; /* of 255 */
} NfConfigAugment;

/**
 * NfConfigValidate: group [validate].
 */
typedef struct
{
  gint64 every; /* steps; 0: never */
  gint64 clips;
  gint64 frames; /* of a clip; 0: all */
  gint64 patience; /* validations; 0: without end */
  gboolean best;
} NfConfigValidate;

/**
 * NfConfigWatch: group [watch].
 */
typedef struct
{
  gboolean tensorboard;
  gint64 sample_every; /* steps; 0: never */
  gint64 sample_clips;
  gint64 sample_steps; /* of the sampler; of `diffusion` alone */
} NfConfigWatch;

/**
 * NfTrainConfig:
 * @kind: which of the tables it was made from
 * @data: [data]
 * @diffusion: [model] where @kind is %NF_TRAIN_DIFFUSION
 * @segment: [model] where @kind is %NF_TRAIN_SEGMENT
 * @train: [train]
 * @augment: [augment] where @kind is %NF_TRAIN_SEGMENT
 * @validate: [validate]
 * @watch: [watch]
 * @height: rows that the network sees; 0 until
 *   nf_train_config_resolve_size()
 * @width: columns, likewise
 * @share: the part of every batch that this process makes, where several train
 *   together; it is no setting
 *
 * Read the fields; the functions of runconfig.h write them.
 */
typedef struct
{
  NfTrainKind kind;
  NfConfigData data;
  NfConfigDiffusion diffusion;
  NfConfigSegment segment;
  NfConfigTrain train;
  NfConfigAugment augment;
  NfConfigValidate validate;
  NfConfigWatch watch;
  gint height, width; /* pixels */
  NfShare share;
} NfTrainConfig;

G_END_DECLS
