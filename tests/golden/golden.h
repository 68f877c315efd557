/* SPDX-License-Identifier: MIT
 *
 * golden — checking this library against stored reference numbers
 *
 * A golden file is a safetensors file: inputs, results and, in its metadata,
 * the configuration that made them. Each check below looks for the items it
 * knows, by name, and leaves the others alone. Everything about an item comes
 * from the file; only tolerances are ours.
 * golden.c keeps the books, formula.c fills and compares parameters, precise.c
 * has kernels that sum in double; ops.c, optim.c, unet.c, samplers.c and
 * unetpp.c are the checks. */
#pragma once

#include <json-glib/json-glib.h>

#include <nextframe/core/params/nfparams.h>
#include <nextframe/diffusion/nfschedule.h>
#include <nextframe/io/nfsafetensors.h>
#include <nextframe/nets/nfunetpp.h>

G_BEGIN_DECLS

/**
 * Golden:
 * @file: the golden file
 * @path: where it lies
 * @others: (element-type NfSafetensors): files beside it that its metadata
 *   names as the source of inputs or weights
 * @config: (nullable): its "config"
 * @device: where to compute
 * @used: names of its tensors that are inputs of, or checked by, something
 * @reasons: names of its tensors, and why they are not checked
 * @passed: items that agree
 * @failed: items that do not, or whose computation failed
 * @quiet: count, but print nothing
 */
typedef struct
{
  NfSafetensors *file;
  gchar *path;
  GPtrArray *others;
  JsonObject *config;
  NfDevice *device;
  GHashTable *used;
  GHashTable *reasons;
  guint passed;
  guint failed;
  gboolean quiet;
} Golden;

/**
 * GoldenMetric:
 * @GOLDEN_END: ends a list of tolerances
 * @GOLDEN_ABS: largest difference
 * @GOLDEN_MAX: largest difference, relative to the largest reference value
 * @GOLDEN_L2: norm of the difference, relative to the norm of the reference
 * @GOLDEN_EACH: largest difference relative to its own reference value
 */
typedef enum
{
  GOLDEN_END,
  GOLDEN_ABS,
  GOLDEN_MAX,
  GOLDEN_L2,
  GOLDEN_EACH,
} GoldenMetric;

typedef struct
{
  GoldenMetric metric;
  gdouble limit;
} GoldenTolerance;

Golden *golden_open (const gchar *path, NfDevice *device, GError **error);
void golden_free (Golden *golden);
guint golden_finish (Golden *golden);

const gchar *golden_metadata (const Golden *golden, const gchar *key);
const NfSafetensorsEntry *golden_lookup (Golden *golden, const gchar *name);
gboolean golden_has (const Golden *golden, const gchar *name);
gdouble golden_number (
    const Golden *golden, const gchar *key, gdouble fallback);
gfloat *golden_floats (Golden *golden, const gchar *name, gsize *n);
NfTensor *golden_tensor (Golden *golden, const gchar *name, GError **error);
NfTensor *golden_labels (Golden *golden, const gchar *name, GError **error);

void golden_compare (Golden *golden, const gchar *name, const gfloat *got,
    gsize n, const GoldenTolerance *tolerances);
gfloat *golden_tensor_floats (const NfTensor *tensor, gsize *n);
void golden_compare_tensor (Golden *golden, const gchar *name,
    const NfTensor *got, const GoldenTolerance *tolerances);
void golden_report (Golden *golden, const gchar *name, const gchar *metric,
    gdouble error, gdouble limit, const gchar *note);
void golden_fail (Golden *golden, const gchar *name, const GError *error);
void golden_skip (Golden *golden, const gchar *name, const gchar *reason);

guint64 golden_splitmix64 (guint64 x);
gdouble golden_u (const gchar *name, guint64 index);
gboolean golden_formula (
    const gchar *name, const gint64 *dims, guint rank, gsize n, gfloat *out);
gboolean golden_fill (Golden *golden, NfParams *params, GError **error);
gboolean golden_listed_shape (
    Golden *golden, const gchar *name, gint64 dims[4], guint *rank);
void golden_check_weights (Golden *golden, NfParams *params);
void golden_check_gradients (Golden *golden, NfParams *params, gdouble limit);

void golden_set_precise (NfDevice *device, gboolean precise);

gboolean golden_segmentation_losses (Golden *golden, NfTensor *logits,
    NfTensor *target, NfTensor *losses[3], GError **error);

void golden_check_ops (Golden *golden);
void golden_check_optim (Golden *golden);
gboolean golden_unetpp_config (
    Golden *golden, NfUnetppConfig *config, GError **error);
void golden_check_unetpp (Golden *golden);
void golden_check_unet (Golden *golden);
void golden_check_embedding (Golden *golden);
void golden_check_samplers (Golden *golden, NfUnet *net);
NfTensor *golden_unet_forward (NfUnet *net, NfTensor *x, const gfloat *labels,
    NfTensor *cond, GError **error);
void golden_compare_schedule (Golden *golden, const gchar *prefix,
    const NfSchedule *schedule, const guint *steps, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Golden, golden_free)

G_END_DECLS
