/* SPDX-License-Identifier: MIT
 *
 * bench/spec — what `nextframe-train bench` is to measure, from words to sizes */
#pragma once

#include <nextframe/core/threads/nfmatmulprecision.h>
#include <nextframe/diffusion/nfsampler.h>
#include <nextframe/nets/nfunet.h>

G_BEGIN_DECLS

/**
 * NfBenchSpec:
 * @network: a preset's name, see nf_net_preset_names()
 * @config: (nullable): a key file of the trainer, a file with a JSON object, or
 *   the object itself; wins over @network
 * @checkpoint: (nullable): a file with weights; wins over both
 * @tensors: (nullable): a safetensors file with the inputs, see bench/network.c
 * @height: rows of a frame; 0: what the network says, else 160
 * @width: columns, likewise, else 240
 * @batch: frames or windows at once
 * @steps: denoising steps
 * @sampler: how to walk
 * @dtype: what the network computes in, %NF_F32 or %NF_BF16
 * @precision: how it multiplies what is f32
 */
typedef struct
{
  gchar *network, *config, *checkpoint, *tensors;
  gint height, width, batch, steps;
  NfSamplerMethod sampler;
  NfDType dtype;
  NfMatmulPrecision precision;
} NfBenchSpec;

/**
 * NfBenchSizes:
 * @klass: its architecture
 * @config: its configuration
 * @unet: sizes of a network that predicts
 * @height: rows of a frame
 * @width: columns
 */
typedef struct
{
  const NfNetClass *klass;
  JsonObject *config;
  NfUnetConfig unet;
  gint height, width;
} NfBenchSizes;

gboolean nf_bench_sizes_read (
    NfBenchSizes *sizes, const NfBenchSpec *spec, GError **error);
void nf_bench_sizes_clear (NfBenchSizes *sizes);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfBenchSizes, nf_bench_sizes_clear)

G_END_DECLS
