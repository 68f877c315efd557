/* SPDX-License-Identifier: MIT
 *
 * config/table — one row for every key of a configuration
 *
 * Each subcommand has its own table and shares the third one. To add a key:
 * a field in fields.h and a row here. */
#include "config/table.h"

#include <nextframe/diffusion/nfprediction.h>

#define AT(field) G_STRUCT_OFFSET (NfTrainConfig, field)
#define LARGE 9007199254740992.0 /* 2^53: whole numbers that a double holds */

#define SPLITS "train val unlabeled hidden"

static const NfConfigRow shared_rows[] = {
  { "data", "path", NF_CONFIG_STRING, AT (data.path), "",
      "folder that holds train/, val/, unlabeled/, hidden/ (any may be "
      "missing), or for instance scenes:SEED[:CLIPS], rendered while training",
      .resumable = TRUE },
  { "data", "max-clips", NF_CONFIG_INT, AT (data.max_clips), "0",
      "use only the first so many clips; 0: all", .max = 1e9 },
  { "data", "cache", NF_CONFIG_INT, AT (data.cache), "2048",
      "MiB of decoded clips to keep in memory; validation has as much again",
      .max = 1e9, .resumable = TRUE },
  { "data", "bad-clips", NF_CONFIG_CHOICE, AT (data.bad_clips), "stop",
      "what a clip does that cannot be read: stop: the run is saved and ends; "
      "skip: it is left out and listed in left-out.txt, and another one takes "
      "its place",
      .choices = "stop skip", .resumable = TRUE },
  { "data", "check", NF_CONFIG_BOOL, AT (data.check), "false",
      "whether all clips are read once before the run starts",
      .resumable = TRUE },
  { "train", "optimizer", NF_CONFIG_CHOICE, AT (train.optimizer), "adamw",
      "adamw: decoupled weight decay; adam: the decay joins the gradient",
      .choices = "adamw adam" },
  { "train", "weight-decay", NF_CONFIG_FLOAT, AT (train.weight_decay), "0.0001",
      "pull of the weights towards zero", .max = 1e3 },
  { "train", "grad-clip", NF_CONFIG_FLOAT, AT (train.grad_clip), "1",
      "largest norm of all gradients together; 0: no limit", .max = 1e9 },
  { "train", "betas", NF_CONFIG_FLOATS, AT (train.betas), "0.9 0.999",
      "decay of the optimizer's first and second moment", .max = 0.9999999,
      .count = 2 },
  { "train", "eps", NF_CONFIG_FLOAT, AT (train.eps), "1e-08",
      "added to the root of the second moment", .min = 1e-30, .max = 1 },
  { "train", "seed", NF_CONFIG_INT, AT (train.seed), "1",
      "start of all random numbers", .max = LARGE },
  { "train", "schedule", NF_CONFIG_CHOICE, AT (train.schedule), "constant",
      "of the learning rate after the warm-up: constant; cosine to its least "
      "at "
      "the last step; restarts: cosine again and again; step: falls now and "
      "then",
      .choices = "constant cosine restarts step" },
  { "train", "least-rate", NF_CONFIG_FLOAT, AT (train.least_rate), "0",
      "where a cosine ends", .max = 10 },
  { "train", "period", NF_CONFIG_INT, AT (train.period), "10000",
      "steps of the first cosine of restarts, or between the falls of step",
      .min = 1, .max = LARGE },
  { "train", "factor", NF_CONFIG_FLOAT, AT (train.factor), "1",
      "of restarts: how much longer each cosine is; of step: what the rate is "
      "multiplied by (such as 0.1)",
      .min = 1e-6, .max = 100 },
  { "train", "ema-warmup", NF_CONFIG_BOOL, AT (train.ema_warmup), "true",
      "whether the running mean's decay is (1 + step) / (10 + step) until that "
      "reaches ema-rate, so that the start values are soon forgotten" },
  { "train", "accumulate", NF_CONFIG_INT, AT (train.accumulate), "1",
      "batches whose mean gradient makes a step", .min = 1, .max = 65536 },
  { "train", "decay-vectors", NF_CONFIG_BOOL, AT (train.decay_vectors), "true",
      "whether weight decay pulls biases and norms, too, and not matrices "
      "alone" },
  { "train", "device", NF_CONFIG_STRING, AT (train.device), "auto",
      "auto, cpu, cuda or cuda:N", .resumable = TRUE },
  { "train", "precision", NF_CONFIG_CHOICE, AT (train.precision), "f32",
      "what to compute in; bf16 is faster and takes less memory, weights and "
      "sums stay f32; tf32 is f32, with products in TF32 on a GPU",
      .choices = "f32 tf32 bf16" },
  { "train", "threads", NF_CONFIG_INT, AT (train.threads), "0",
      "CPU threads, of which all but one also prepare batches ahead; 0: one a "
      "physical core",
      .max = 4096, .resumable = TRUE },
  { "train", "checkpoint-every", NF_CONFIG_INT, AT (train.checkpoint_every),
      "1000", "steps between checkpoints; 0: only at the end", .max = 1e9,
      .resumable = TRUE },
  { "train", "keep", NF_CONFIG_INT, AT (train.keep), "3",
      "checkpoints to keep, the newest ones", .min = 1, .max = 1e6,
      .resumable = TRUE },
  { "train", "store", NF_CONFIG_CHOICE, AT (train.store), "f32",
      "numbers in final.safetensors; bf16 halves the file",
      .choices = "f32 bf16", .resumable = TRUE },
  { "train", "log-every", NF_CONFIG_INT, AT (train.log_every), "10",
      "steps between lines of metrics.jsonl and of the log", .min = 1,
      .max = 1e9, .resumable = TRUE },
  { "validate", "every", NF_CONFIG_INT, AT (validate.every), "1000",
      "steps between validations by val/, if there is one and it is not "
      "trained "
      "on, or by scenes of another seed; 0: none",
      .max = 1e9, .resumable = TRUE },
  { "validate", "clips", NF_CONFIG_INT, AT (validate.clips), "50",
      "validate by the first so many clips", .min = 1, .max = 1e6 },
  { "validate", "frames", NF_CONFIG_INT, AT (validate.frames), "0",
      "of segment: frames of each clip, evenly spread; 0: all, which are "
      "nearly "
      "equal",
      .max = 1e6 },
  { "validate", "patience", NF_CONFIG_INT, AT (validate.patience), "0",
      "end the run when so many validations have passed since the best one; 0: "
      "never",
      .max = 1e9, .resumable = TRUE },
  { "validate", "best", NF_CONFIG_BOOL, AT (validate.best), "true",
      "keep the checkpoint with the best validation as best.safetensors",
      .resumable = TRUE },
  { "watch", "tensorboard", NF_CONFIG_BOOL, AT (watch.tensorboard), "false",
      "also write metrics and sample pictures to event files that TensorBoard "
      "reads",
      .resumable = TRUE },
  { "watch", "sample-every", NF_CONFIG_INT, AT (watch.sample_every), "0",
      "steps between pictures of what the network makes of a few clips, "
      "samples-STEP.png; 0: none",
      .max = 1e9, .resumable = TRUE },
  { "watch", "sample-clips", NF_CONFIG_INT, AT (watch.sample_clips), "4",
      "clips in such a picture, a row each; of those that validate where there "
      "are some",
      .min = 1, .max = 64, .resumable = TRUE },
};

static const NfConfigRow segment_rows[] = {
  { "data", "splits", NF_CONFIG_CHOICES, AT (data.splits), "train",
      "folders to train on; each clip needs a mask.npy", .choices = SPLITS },
  { "data", "image-size", NF_CONFIG_INTS, AT (data.image_size), "0 0",
      "height and width that the network sees; 0 0: the frames' own",
      .max = 8192, .count = 2 },
  { "model", "network", NF_CONFIG_STRING, AT (segment.network), "unetpp",
      "which network; unetpp has the settings that follow, others classes "
      "alone" },
  { "model", "options", NF_CONFIG_STRING, AT (segment.options), "{}",
      "sizes of a network that has no settings of its own, a JSON object" },
  { "model", "encoder", NF_CONFIG_CHOICE, AT (segment.encoder), "resnet34",
      "the network's first half", .choices = "resnet18 resnet34 resnet50" },
  { "model", "encoder-width", NF_CONFIG_INT, AT (segment.encoder_width), "64",
      "channels of its first stage; ResNet has 64", .min = 1, .max = 1024 },
  { "model", "classes", NF_CONFIG_INT, AT (segment.classes), "49",
      "classes of a pixel, background included", .min = 2, .max = 256 },
  { "model", "head", NF_CONFIG_CHOICE, AT (segment.head), "classes",
      "classes: a filter a class; attributes: one for ground, object and each "
      "shape, material and colour, whose sums are the 49 classes",
      .choices = "classes attributes" },
  { "model", "decoder-widths", NF_CONFIG_INTS, AT (segment.widths),
      "256 128 64 32 16", "channels of the decoder's levels, deepest first",
      .min = 1, .max = 4096, .count = 5 },
  { "model", "mean", NF_CONFIG_FLOATS, AT (segment.mean), "0.485 0.456 0.406",
      "subtracted from pixels in 0..1 (red, green, blue)", .min = -1e3,
      .max = 1e3, .count = 3 },
  { "model", "std", NF_CONFIG_FLOATS, AT (segment.std), "0.229 0.224 0.225",
      "pixels are divided by it after that", .min = 1e-6, .max = 1e3,
      .count = 3 },
  { "train", "batch-size", NF_CONFIG_INT, AT (train.batch_size), "8",
      "frames in a step", .min = 1, .max = 65536 },
  { "train", "steps", NF_CONFIG_INT, AT (train.steps), "20000", "steps in all",
      .min = 1, .max = LARGE, .resumable = TRUE },
  { "train", "learning-rate", NF_CONFIG_FLOAT, AT (train.learning_rate),
      "0.0003", "step size after the warm-up", .max = 10 },
  { "train", "warmup", NF_CONFIG_INT, AT (train.warmup), "500",
      "steps over which the learning rate grows to that, evenly; step 1 has "
      "one "
      "part of so many",
      .max = 1e9 },
  { "train", "ema-rate", NF_CONFIG_FLOAT, AT (train.ema_rate), "0",
      "decay of the weights' running mean, which checkpoints then hold; 0: "
      "none",
      .max = 0.9999999 },
  { "train", "encoder-rate", NF_CONFIG_FLOAT, AT (train.encoder_rate), "1",
      "the encoder's learning rate, in parts of learning-rate; 0: it stays as "
      "it is",
      .max = 1e3 },
  { "train", "decoder-rate", NF_CONFIG_FLOAT, AT (train.decoder_rate), "1",
      "the decoder's, likewise", .max = 1e3 },
  { "train", "head-rate", NF_CONFIG_FLOAT, AT (train.head_rate), "1",
      "the last convolution's, likewise", .max = 1e3 },
  { "train", "crop", NF_CONFIG_INTS, AT (train.crop), "0 0",
      "height and width of the part of a frame that a sample is; 0 0: the "
      "whole "
      "frame",
      .max = 8192, .count = 2 },
  { "train", "crop-objects", NF_CONFIG_FLOAT, AT (train.crop_objects), "0.9",
      "share of crops that lie around a pixel of an object, picked at random; "
      "the others lie anywhere",
      .max = 1 },
  { "train", "cross-entropy", NF_CONFIG_FLOAT, AT (train.cross_entropy), "0.5",
      "weight of cross entropy in the loss", .max = 1e3 },
  { "train", "dice", NF_CONFIG_FLOAT, AT (train.dice), "0.5",
      "weight of the Dice loss", .max = 1e3 },
  { "train", "dice-classes", NF_CONFIG_CHOICE, AT (train.dice_classes), "all",
      "all: over all classes of each image; present: over those that occur in "
      "the batch",
      .choices = "all present" },
  { "train", "dice-smooth", NF_CONFIG_FLOAT, AT (train.dice_smooth), "1e-06",
      "added to both parts of Dice's fraction, in pixels", .min = 1e-30,
      .max = 1e9 },
  { "train", "object-weight", NF_CONFIG_FLOAT, AT (train.object_weight), "1",
      "weight of an object's pixel in cross entropy, beside 1 of a pixel of "
      "ground",
      .max = 1e6 },
  { "train", "ignored-label", NF_CONFIG_INT, AT (train.ignored_label), "-1",
      "value in masks that neither loss nor validation counts; -1: none",
      .min = -1, .max = 255 },
  { "augment", "mirror", NF_CONFIG_FLOAT, AT (augment.mirror), "0.5",
      "share of samples that are mirrored", .max = 1 },
  { "augment", "affine", NF_CONFIG_FLOAT, AT (augment.affine), "0",
      "share that is shifted, scaled and turned, each at random", .max = 1 },
  { "augment", "shift", NF_CONFIG_FLOAT, AT (augment.shift), "0.0625",
      "most shift, in parts of the frame", .max = 1 },
  { "augment", "scale", NF_CONFIG_FLOAT, AT (augment.scale), "0.1",
      "most change of size, in parts of it", .max = 0.9 },
  { "augment", "rotate", NF_CONFIG_FLOAT, AT (augment.rotate), "15",
      "most turn, in degrees", .max = 180 },
  { "augment", "light", NF_CONFIG_FLOAT, AT (augment.light), "0",
      "share whose brightness and contrast change", .max = 1 },
  { "augment", "brightness", NF_CONFIG_FLOAT, AT (augment.brightness), "0.2",
      "most change of brightness, in parts of white", .max = 1 },
  { "augment", "contrast", NF_CONFIG_FLOAT, AT (augment.contrast), "0.2",
      "most change of contrast, in parts of it", .max = 1 },
  { "augment", "color", NF_CONFIG_FLOAT, AT (augment.color), "0",
      "share whose hue, saturation and value change", .max = 1 },
  { "augment", "hue", NF_CONFIG_FLOAT, AT (augment.hue), "20",
      "most change of hue, in degrees", .max = 180 },
  { "augment", "saturation", NF_CONFIG_FLOAT, AT (augment.saturation), "0.12",
      "most change of saturation, in parts of full saturation", .max = 1 },
  { "augment", "value", NF_CONFIG_FLOAT, AT (augment.value), "0.08",
      "most change of value, in parts of white", .max = 1 },
  { "augment", "gamma", NF_CONFIG_FLOAT, AT (augment.gamma), "0",
      "share whose gamma changes", .max = 1 },
  { "augment", "gamma-range", NF_CONFIG_FLOATS, AT (augment.gamma_range),
      "0.8 1.2", "least and most gamma", .min = 0.05, .max = 20, .count = 2 },
  { "augment", "clahe", NF_CONFIG_FLOAT, AT (augment.clahe), "0",
      "share whose local contrast is equalised (CLAHE)", .max = 1 },
  { "augment", "clahe-limit", NF_CONFIG_FLOATS, AT (augment.clahe_limit), "1 4",
      "least and most limit on the slope of CLAHE's curve", .min = 1,
      .max = 256, .count = 2 },
  { "augment", "codec", NF_CONFIG_FLOAT, AT (augment.codec), "0",
      "share that is compressed as a video is (JPEG, 4:2:0) and decoded",
      .max = 1 },
  { "augment", "codec-quality", NF_CONFIG_FLOATS, AT (augment.codec_quality),
      "50 95", "least and most quality of that, as JPEG counts it", .min = 1,
      .max = 100, .count = 2 },
  { "augment", "blur", NF_CONFIG_FLOAT, AT (augment.blur), "0.25",
      "share that is shrunk and grown again, since predicted frames are soft",
      .max = 1 },
  { "augment", "blur-factor", NF_CONFIG_FLOATS, AT (augment.blur_factor),
      "1.5 5", "least and most factor of that", .min = 1, .max = 64,
      .count = 2 },
  { "augment", "noise", NF_CONFIG_FLOAT, AT (augment.noise), "0",
      "share that gets normal noise, blurred or not", .max = 1 },
  { "augment", "noise-levels", NF_CONFIG_FLOATS, AT (augment.noise_levels),
      "0 12", "least and most standard deviation of it, in levels of 255",
      .max = 255, .count = 2 },
};

static const NfConfigRow diffusion_rows[] = {
  { "data", "splits", NF_CONFIG_CHOICES, AT (data.splits), "train unlabeled",
      "folders to train on; masks are not needed", .choices = SPLITS },
  { "data", "image-size", NF_CONFIG_INTS, AT (data.image_size), "128 128",
      "height and width that the network sees; 0 0: the frames' own",
      .max = 8192, .count = 2 },
  { "data", "frames", NF_CONFIG_CHOICE, AT (data.frames), "pictures",
      "what is predicted: the clips' pictures, or pictures of their masks in "
      "the colours of the classes",
      .choices = "pictures masks" },
  { "data", "scene-size", NF_CONFIG_INTS, AT (diffusion.scene_size), "0 0",
      "height and width that --data scenes:SEED is rendered in, before it is "
      "resized; 0 0: 160 240, as the real clips; the size that the network "
      "sees "
      "saves time",
      .max = 8192, .count = 2 },
  { "model", "network", NF_CONFIG_STRING, AT (diffusion.network), "",
      "which network; empty: spade_unet or concat_unet, as spade says" },
  { "model", "options", NF_CONFIG_STRING, AT (diffusion.options), "{}",
      "sizes of a network that has no settings of its own, a JSON object" },
  { "model", "channels", NF_CONFIG_INT, AT (diffusion.channels), "3",
      "of a frame: 3: colours; 1: gray", .min = 1, .max = 3 },
  { "model", "num-frames", NF_CONFIG_INT, AT (diffusion.num_frames), "2",
      "frames predicted at once", .min = 1, .max = 64 },
  { "model", "num-frames-cond", NF_CONFIG_INT, AT (diffusion.num_frames_cond),
      "11", "frames given", .min = 1, .max = 64 },
  { "model", "num-frames-future", NF_CONFIG_INT,
      AT (diffusion.num_frames_future), "0",
      "known frames that follow the predicted ones; with train.prob-mask-cond "
      "and "
      "train.prob-mask-future one network predicts, interpolates, goes "
      "backwards and generates",
      .max = 64 },
  { "model", "frame-stride", NF_CONFIG_INT, AT (diffusion.frame_stride), "1",
      "the network sees every so many-th frame; num-frames, future-gap and so "
      "on count those",
      .min = 1, .max = 1000 },
  { "model", "future-gap", NF_CONFIG_INT, AT (diffusion.future_gap), "0",
      "frames skipped between the last given and the first predicted",
      .max = 1024 },
  { "model", "ngf", NF_CONFIG_INT, AT (diffusion.ngf), "128",
      "channels of the first level", .min = 4, .max = 4096 },
  { "model", "ch-mult", NF_CONFIG_INTS, AT (diffusion.ch_mult), "1 2 3 4 4",
      "channels of each level, in units of ngf", .min = 1, .max = 64 },
  { "model", "num-res-blocks", NF_CONFIG_INT, AT (diffusion.num_res_blocks),
      "3", "residual blocks a level", .min = 1, .max = 32 },
  { "model", "attn-resolutions", NF_CONFIG_INTS,
      AT (diffusion.attn_resolutions), "8 16 32",
      "attention at levels whose smaller side is one of these", .min = 1,
      .max = 8192 },
  { "model", "n-head-channels", NF_CONFIG_INT, AT (diffusion.n_head_channels),
      "128", "channels of an attention head; -1: one head", .min = -1,
      .max = 4096 },
  { "model", "spade", NF_CONFIG_BOOL, AT (diffusion.spade), "true",
      "true: the given frames steer every norm; false: they join the input" },
  { "model", "spade-dim", NF_CONFIG_INT, AT (diffusion.spade_dim), "256",
      "channels inside each Spade", .min = 1, .max = 4096 },
  { "model", "num-classes", NF_CONFIG_INT, AT (diffusion.num_classes), "1000",
      "noise levels", .min = 2, .max = 100000 },
  { "model", "sigma-begin", NF_CONFIG_FLOAT, AT (diffusion.sigma_begin), "0.02",
      "noise added at the noisiest level (linear)", .min = 1e-9,
      .max = 0.9999 },
  { "model", "sigma-end", NF_CONFIG_FLOAT, AT (diffusion.sigma_end), "0.0001",
      "noise added at the cleanest level (linear)", .min = 1e-9,
      .max = 0.9999 },
  { "model", "sigma-dist", NF_CONFIG_CHOICE, AT (diffusion.sigma_dist),
      "linear", "how the noise falls from level to level",
      .choices = "linear cosine" },
  { "model", "gamma", NF_CONFIG_BOOL, AT (diffusion.gamma), "false",
      "noise of a gamma distribution instead of a normal one, as MCVD's "
      "gamma" },
  { "model", "dropout", NF_CONFIG_FLOAT, AT (diffusion.dropout), "0.1",
      "share of activations dropped in residual blocks", .max = 0.99 },
  { "model", "target", NF_CONFIG_CHOICE, AT (diffusion.target), "eps",
      "what the network predicts from noisy frames: their noise (as "
      "published), the "
      "clean frames, or v = sqrt (a) noise - sqrt (1 - a) frames, which keeps "
      "its share of the work at noisy levels",
      .choices = "eps x0 v" },
  { "model", "guide", NF_CONFIG_BOOL, AT (diffusion.guide), "false",
      "besides the context the network sees a guide: the frame that tracks and "
      "dynamics predict; needs masks and --data scenes:SEED" },
  { "model", "residual", NF_CONFIG_FLOAT, AT (diffusion.residual), "0",
      "the network predicts the frames' differences from the guide frame (from "
      "the newest one where there is no guide), times this number, such as 8, "
      "which gives them the size of frames; 0: the frames themselves; needs "
      "model.guide",
      .max = 1000 },
  { "model", "guide-start", NF_CONFIG_FLOAT, AT (diffusion.guide_start), "0",
      "part of the schedule that nfpredict passes over by default, starting "
      "from the guide; noted in the checkpoint",
      .max = 1, .resumable = TRUE },
  { "model", "segmenter", NF_CONFIG_STRING, AT (diffusion.segmenter),
      "unetpp.safetensors",
      "checkpoint that nfpredict finds the guide's masks with; its name is "
      "noted "
      "in checkpoints of networks with a guide",
      .resumable = TRUE },
  { "model", "sampler", NF_CONFIG_STRING, AT (diffusion.sampler), "",
      "method that nfpredict samples with by default; noted in the checkpoint; "
      "empty: ddim",
      .resumable = TRUE },
  { "model", "sampling-steps", NF_CONFIG_INT, AT (diffusion.sampling_steps),
      "0",
      "denoising steps that nfpredict takes by default; noted in the "
      "checkpoint; 0: 50",
      .max = NF_PREDICTION_MAX_STEPS, .resumable = TRUE },
  { "train", "batch-size", NF_CONFIG_INT, AT (train.batch_size), "16",
      "windows of frames in a step", .min = 1, .max = 65536 },
  { "train", "steps", NF_CONFIG_INT, AT (train.steps), "300000", "steps in all",
      .min = 1, .max = LARGE, .resumable = TRUE },
  { "train", "learning-rate", NF_CONFIG_FLOAT, AT (train.learning_rate),
      "0.0002", "step size after the warm-up", .max = 10 },
  { "train", "warmup", NF_CONFIG_INT, AT (train.warmup), "5000",
      "steps over which the learning rate grows to that, evenly; step 1 has "
      "one "
      "part of so many",
      .max = 1e9 },
  { "train", "ema-rate", NF_CONFIG_FLOAT, AT (train.ema_rate), "0.9999",
      "decay of the weights' running mean, which checkpoints then hold; 0: "
      "none",
      .max = 0.9999999 },
  { "train", "loss", NF_CONFIG_CHOICE, AT (diffusion.loss), "sum",
      "half squared error of the target, per window: summed over its values "
      "(as published), or their mean, which does not depend on the frames' "
      "size",
      .choices = "sum mean" },
  { "train", "norm", NF_CONFIG_CHOICE, AT (diffusion.norm), "l2",
      "how errors count: l2: half their squares (as published); l1: as they "
      "are",
      .choices = "l2 l1" },
  { "train", "prob-mask-cond", NF_CONFIG_FLOAT, AT (diffusion.prob_mask_cond),
      "0",
      "share of windows whose given frames are masked: the network learns to "
      "do without them",
      .max = 1 },
  { "train", "prob-mask-future", NF_CONFIG_FLOAT,
      AT (diffusion.prob_mask_future), "0",
      "share of windows whose known frames behind the predicted ones are "
      "masked",
      .max = 1 },
  { "train", "prob-mask-sync", NF_CONFIG_BOOL, AT (diffusion.prob_mask_sync),
      "false",
      "whether these are masked where the given ones are, and nowhere else" },
  { "train", "loss-weight", NF_CONFIG_CHOICE, AT (diffusion.loss_weight),
      "none",
      "of a noise level, as a weight of the clean frames' error: none: the "
      "target's own (SNR of eps, 1 + SNR of v, 1 of x0); min-snr: min (SNR, "
      "5); min-snr-v: min (1 + SNR, 5), which leaves more to noisy levels",
      .choices = "none min-snr min-snr-v" },
  { "train", "labels", NF_CONFIG_CHOICE, AT (diffusion.labels), "independent",
      "noise levels of a batch: each drawn from all of them, or one from each "
      "of as many equal parts as the batch has windows",
      .choices = "independent stratified" },
  { "watch", "sample-steps", NF_CONFIG_INT, AT (watch.sample_steps), "50",
      "denoising steps of DDIM for each block in sample pictures", .min = 1,
      .max = 1000, .resumable = TRUE },
  { "augment", "mirror", NF_CONFIG_FLOAT, AT (augment.mirror), "0",
      "share of windows that are mirrored, left to right; light is not "
      "symmetric",
      .max = 1 },
  { "train", "true-guides", NF_CONFIG_FLOAT, AT (diffusion.true_guides), "0.15",
      "share of guides that are drawn from the true future, a little displaced",
      .max = 1 },
  { "train", "no-guides", NF_CONFIG_FLOAT, AT (diffusion.no_guides), "0.15",
      "share of windows without a guide: half of them get the newest frame for "
      "one, the others nothing",
      .max = 1 },
};

/**
 * nf_config_row:
 * @kind: which subcommand
 * @index: from 0; the subcommand's own rows come first
 *
 * Returns: (transfer none) (nullable): the row, or NULL past the last one
 */
const NfConfigRow *
nf_config_row (NfTrainKind kind, guint index)
{
  const NfConfigRow *own =
      kind == NF_TRAIN_SEGMENT ? segment_rows : diffusion_rows;
  guint n_own = kind == NF_TRAIN_SEGMENT ? G_N_ELEMENTS (segment_rows)
                                         : G_N_ELEMENTS (diffusion_rows);

  if (index < n_own)
    return &own[index];
  index -= n_own;
  return index < G_N_ELEMENTS (shared_rows) ? &shared_rows[index] : NULL;
}
