/* SPDX-License-Identifier: MIT
 *
 * nfnet — networks by their architecture: names, configurations, checkpoints
 *
 * An architecture is a NfNetClass in its network's file, and a row of
 * nfnets.def.h. A network is made from a JSON object, its configuration, which
 * checkpoints hold beside the architecture's name.
 * Siblings: nfsegmentnet.h and nfunet.h (what networks of each task do) */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/io/nfcheckpoint.h>
#include <nextframe/nets/nfmodule.h>

G_BEGIN_DECLS

/**
 * NfNetTask:
 * @NF_NET_SEGMENT: it finds every pixel's class: nfsegment, `nextframe-train
 *   segment`
 * @NF_NET_PREDICT: it predicts the noise in frames: nfpredict, `nextframe-train
 *   diffusion`; such a network is a #NfUnet
 *
 * What a network is for.
 */
typedef enum
{
  NF_NET_SEGMENT,
  NF_NET_PREDICT
} NfNetTask;

typedef struct _NfNetClass NfNetClass;
typedef struct _NfSegmentHooks NfSegmentHooks;
typedef struct _NfPredictHooks NfPredictHooks;

/**
 * NfNet:
 * @klass: its architecture
 * @params: its parameters
 *
 * The first member of every network.
 */
typedef struct
{
  const NfNetClass *klass;
  NfParams *params;
} NfNet;

#define NF_NET(net) ((NfNet *) (net))

/**
 * NfNetPreset:
 * @name: of the preset, unique among all architectures; %NULL ends the array
 * @config: its configuration, as JSON
 *
 * A size of network that `nextframe-train bench` knows.
 */
typedef struct
{
  const gchar *name, *config;
} NfNetPreset;

/**
 * NfNetClass:
 * @name: in checkpoints
 * @title: in messages: "UNet++"
 * @task: what it is for
 * @key: (nullable): a key that every configuration of this architecture has and
 *   no other one's
 * @presets: (nullable) (array): sizes for measurements
 * @make: makes a network of a configuration, with all parameters zero; missing
 *   keys have their defaults, unknown ones are refused
 * @free: frees it
 * @config: (transfer full): its whole configuration
 * @segment: (nullable): the functions of a network that segments
 * @predict: (nullable): the functions of a network that predicts
 */
struct _NfNetClass
{
  const gchar *name, *title;
  NfNetTask task;
  const gchar *key;
  const NfNetPreset *presets;

  NfNet *(*make) (NfDevice *device, JsonObject *config, GError **error);
  void (*free) (NfNet *net);
  JsonObject *(*config) (const NfNet *net);
  const NfSegmentHooks *segment;
  const NfPredictHooks *predict;
};

#define NF_ARCHITECTURE(name) NF_API extern const NfNetClass nf_net_##name;
#include <nextframe/nets/nfnets.def.h>
#undef NF_ARCHITECTURE

/**
 * nf_net_class_find:
 * @name: of an architecture, as checkpoints have it
 *
 * Returns: (transfer none) (nullable): the architecture, or %NULL where there
 *   is none of this name
 */
NF_API const NfNetClass *nf_net_class_find (const gchar *name);

/**
 * nf_net_class_of_config:
 * @config: a configuration without the architecture's name
 *
 * Finds the architecture by the keys of @config.
 *
 * Returns: (transfer none): the architecture; the first of nfnets.def.h where
 *   the keys do not say
 */
NF_API const NfNetClass *nf_net_class_of_config (JsonObject *config);

/**
 * nf_net_names:
 * @task: what the networks are for
 *
 * Returns: (transfer full): the names of all architectures of that task, for
 *   messages: "a, b or c"
 */
NF_API gchar *nf_net_names (NfNetTask task);

/**
 * nf_net_preset_names:
 *
 * Returns: (transfer full): the names of all presets: "a, b, c"
 */
NF_API gchar *nf_net_preset_names (void);

/**
 * nf_net_preset_find:
 * @name: of a preset
 * @klass: (out): its architecture
 *
 * Returns: (transfer none) (nullable): the preset, or %NULL where there is none
 *   of this name
 */
NF_API const NfNetPreset *nf_net_preset_find (
    const gchar *name, const NfNetClass **klass);

/**
 * nf_net_new:
 * @klass: its architecture
 * @device: where it lies
 * @config: its configuration; what is missing has its default, unknown keys are
 *   refused
 * @error: return location: %NF_ERROR_INVALID, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the network with all parameters zero;
 *   load a checkpoint into them or call nf_params_reset()
 */
NF_API NfNet *nf_net_new (const NfNetClass *klass, NfDevice *device,
    JsonObject *config, GError **error);

/**
 * nf_net_load:
 * @checkpoint: a checkpoint
 * @task: what its network must be for
 * @device: where it runs
 * @error: return location: %NF_ERROR_FORMAT (damage), %NF_ERROR_UNSUPPORTED (a
 *   network that is not known), %NF_ERROR_INVALID (one for another task, or its
 *   configuration), %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the network, with its weights
 */
NF_API NfNet *nf_net_load (const NfCheckpoint *checkpoint, NfNetTask task,
    NfDevice *device, GError **error);

/**
 * nf_net_free:
 * @net: (transfer full) (nullable): a network
 */
NF_API void nf_net_free (NfNet *net);

/**
 * nf_net_config:
 * @net: a network
 *
 * Returns: (transfer full): its whole configuration, as checkpoints hold it
 */
NF_API JsonObject *nf_net_config (const NfNet *net);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfNet, nf_net_free)

G_END_DECLS
