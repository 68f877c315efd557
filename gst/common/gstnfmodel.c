/* SPDX-License-Identifier: MIT
 *
 * gstnfmodel — networks for elements: found, loaded once, shared, released
 *
 * One table maps (kind, real path, modification time, size, device) to a
 * network and the number of its users. The first element that needs a network
 * loads it, without holding the table's lock; others that need it meanwhile
 * wait until it is loaded. A file that was written again has another key, so a
 * restarted element gets the new weights.
 * See: kernels/diffusion/nfpredictor.h, kernels/nets/nfsegmenter.h */
#include "config.h"

#include "common/gstnfmodel.h"
#include "common/gstnfreload.h"

#include <nextframe/core/nferror.h>
#include "io/nfcheckpointpath.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#define DEFAULT_DEVICE "auto"
#define MAX_THREADS 4096

static const struct
{
  const gchar *name; /* for messages and keys */
  const gchar *file; /* the default checkpoint */
  const gchar *trainer; /* what makes one */
} kinds[] = {
  [GST_NF_MODEL_PREDICTOR] = { .name = "predictor",
      .file = NF_CHECKPOINT_PREDICTOR,
      .trainer = "nextframe-train diffusion" },
  [GST_NF_MODEL_SEGMENTER] = { .name = "segmenter",
      .file = NF_CHECKPOINT_SEGMENTER,
      .trainer = "nextframe-train segment" },
};

struct _GstNfModel
{
  /* the table's lock */
  guint users;
  gboolean loading;

  /* constant once loaded */
  gchar *key;
  gchar *path;
  NfDevice *device;
  NfPredictor *predictor;
  NfSegmenter *segmenter;
  GError *error;
};

static GMutex table_lock;
static GCond table_changed;
static GHashTable *table; /* key -> GstNfModel */

static GType
gst_nf_precision_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_PRECISION_AUTO, "Best without loss", "auto" },
    { GST_NF_PRECISION_F32, "32-bit floating point", "f32" },
    { GST_NF_PRECISION_BF16, "bfloat16 with sums in f32", "bf16" },
    { GST_NF_PRECISION_TF32, "f32, products in TF32 on a GPU", "tf32" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfPrecision", values));

  return type;
}

#define CHECKPOINT(file)                                                       \
  {                                                                            \
    .name = "checkpoint", .nick = "Checkpoint",                                \
    .blurb = "Path of the network; looked up in the folders "                  \
             "of " NF_CHECKPOINT_PATH_VARIABLE                                 \
             " and the installed ones, where " file " is the default",         \
    .details = "A file of nextframe-train; see "                               \
               "[above](#networks-in-elements) for the folders and for what "  \
               "becomes of it while playing.",                                 \
    GST_NF_STRING (NULL), GST_NF_FIELD (GstNfModelSettings, checkpoint),       \
    .flags = GST_PARAM_MUTABLE_PLAYING,                                        \
    .changed = gst_nf_reload_property_changed,                                 \
  }

static const GstNfProperty run_properties[] = {
  {
      .name = "device",
      .nick = "Device",
      .blurb = "Where to compute: auto (a GPU where one can be used), cpu, "
               "cuda, cuda:N",
      GST_NF_STRING (DEFAULT_DEVICE),
      GST_NF_FIELD (GstNfModelSettings, device),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "precision",
      .nick = "Precision",
      .blurb = "What to compute in; auto is f32; bf16, and tf32 on a GPU, are "
               "faster but less exact",
      .details = "`bf16` takes half the memory, and is faster where the "
                 "processor has instructions for it (AVX-512; done in f32 "
                 "elsewhere). With `tf32` the factors in convolutions and "
                 "linear layers may be rounded to [TF32](cuda.md) on a GPU; "
                 "elsewhere it is the same as `f32`. `auto` is `tf32` where "
                 "the variable `NEXTFRAME_TF32` is 1. A change holds from the "
                 "next prediction or batch on.",
      GST_NF_ENUM (gst_nf_precision_get_type, GST_NF_PRECISION_AUTO),
      GST_NF_FIELD (GstNfModelSettings, precision),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "threads",
      .nick = "Threads",
      .blurb = "CPU threads to compute with; 0: OMP_NUM_THREADS, or one a "
               "physical core that the process may use",
      .details = "The process's CPU affinity and its control group's quota "
                 "count. Elements of one process [take "
                 "turns](#networks-in-elements) at the cores, so each of them "
                 "may have them all.",
      GST_NF_UINT (0, MAX_THREADS, 0),
      GST_NF_FIELD (GstNfModelSettings, threads),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  GST_NF_PROPERTIES_END,
};

const GstNfProperty gst_nf_predictor_properties[] = {
  CHECKPOINT (NF_CHECKPOINT_PREDICTOR),
  { .type = GST_NF_PROPERTY_GROUP, .group = run_properties },
  GST_NF_PROPERTIES_END,
};

const GstNfProperty gst_nf_segmenter_properties[] = {
  CHECKPOINT (NF_CHECKPOINT_SEGMENTER),
  { .type = GST_NF_PROPERTY_GROUP, .group = run_properties },
  GST_NF_PROPERTIES_END,
};

/**
 * gst_nf_model_settings_dtype:
 * @settings: a copy
 *
 * Returns: what a network that is set up so computes in
 */
NfDType
gst_nf_model_settings_dtype (const GstNfModelSettings *settings)
{
  return settings->precision == GST_NF_PRECISION_BF16 ? NF_BF16 : NF_F32;
}

/**
 * gst_nf_model_find:
 * @kind: which network
 * @checkpoint: (nullable): the property; NULL or empty: the default
 * @error: return location: %NF_ERROR_NOT_FOUND
 *
 * See nf_checkpoint_path_find().
 *
 * Returns: (transfer full) (nullable): path of a file
 */
gchar *
gst_nf_model_find (GstNfModelKind kind, const gchar *checkpoint, GError **error)
{
  return nf_checkpoint_path_find (checkpoint, kinds[kind].file,
      kinds[kind].trainer, "the property checkpoint", error);
}

/* (transfer full) (nullable): the key of this network in the table */
static gchar *
make_key (GstNfModelKind kind, const gchar *path, const NfDevice *device,
    GError **error)
{
  g_autofree gchar *real = NULL;
  gchar *resolved = realpath (path, NULL);
  GStatBuf info;

  real = g_strdup (resolved != NULL ? resolved : path);
  free (resolved);
  if (g_stat (real, &info) != 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "checkpoint %s: %s; give another path", path, g_strerror (errno));
    return NULL;
  }

  /* a file that took the place of another may have its size and its time */
  return g_strdup_printf ("%s\n%s\n%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT
                          "\n%" G_GINT64_FORMAT ".%09ld\n%" G_GINT64_FORMAT
                          ".%09ld\n%" G_GINT64_FORMAT "\n%s",
      kinds[kind].name, real, (guint64) info.st_dev, (guint64) info.st_ino,
      (gint64) info.st_mtim.tv_sec, (glong) info.st_mtim.tv_nsec,
      (gint64) info.st_ctim.tv_sec, (glong) info.st_ctim.tv_nsec,
      (gint64) info.st_size, device->name);
}

static void
model_free (GstNfModel *model)
{
  g_clear_pointer (&model->predictor, nf_predictor_unref);
  g_clear_pointer (&model->segmenter, nf_segmenter_unref);
  g_clear_error (&model->error);
  g_free (model->key);
  g_free (model->path);
  nf_device_unref (model->device);
  g_free (model);
}

/* the caller holds the table's lock */
static void
forget_locked (GstNfModel *model)
{
  if (table != NULL && g_hash_table_lookup (table, model->key) == model)
    g_hash_table_remove (table, model->key);
  if (table != NULL && g_hash_table_size (table) == 0)
    g_clear_pointer (&table, g_hash_table_unref);
}

static void
load (GstNfModel *model, GstNfModelKind kind, NfDevice *device)
{
  if (kind == GST_NF_MODEL_PREDICTOR)
    model->predictor = nf_predictor_load (model->path, device, &model->error);
  else
    model->segmenter = nf_segmenter_load (model->path, device, &model->error);
}

/* the network of this key: loaded here, or by another element before */
static GstNfModel *
share (gchar *key, const gchar *path, GstNfModelKind kind, NfDevice *device)
{
  GstNfModel *model;

  g_mutex_lock (&table_lock);
  if (table == NULL)
    table = g_hash_table_new (g_str_hash, g_str_equal);
  model = g_hash_table_lookup (table, key);
  if (model != NULL) {
    g_free (key);
    model->users++;
    while (model->loading)
      g_cond_wait (&table_changed, &table_lock);
    g_mutex_unlock (&table_lock);
    return model;
  }
  model = g_new0 (GstNfModel, 1);
  model->users = 1;
  model->loading = TRUE;
  model->key = key;
  model->path = g_strdup (path);
  model->device = nf_device_ref (device);
  g_hash_table_insert (table, key, model);
  g_mutex_unlock (&table_lock);

  load (model, kind, device);

  g_mutex_lock (&table_lock);
  model->loading = FALSE;
  if (model->error != NULL)
    forget_locked (model);
  g_cond_broadcast (&table_changed);
  g_mutex_unlock (&table_lock);

  return model;
}

/**
 * gst_nf_model_acquire:
 * @settings: a copy
 * @kind: which network
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_FORMAT,
 *   %NF_ERROR_NO_DEVICE, %NF_ERROR_INVALID (settings), ...
 *
 * May take long: the first user of a file loads it.
 *
 * Returns: (transfer full) (nullable): the network; release it with
 *   gst_nf_model_release()
 */
GstNfModel *
gst_nf_model_acquire (
    const GstNfModelSettings *settings, GstNfModelKind kind, GError **error)
{
  const gchar *name = settings->device ? settings->device : DEFAULT_DEVICE;
  g_autofree gchar *path = NULL;
  g_autoptr (NfDevice) device = NULL;
  gchar *key;
  GstNfModel *model;

  path = gst_nf_model_find (kind, settings->checkpoint, error);
  device = path != NULL ? nf_device_open (name, error) : NULL;
  key = device != NULL ? make_key (kind, path, device, error) : NULL;
  if (key == NULL)
    return NULL;
  model = share (key, path, kind, device);
  if (model->error == NULL)
    return model;
  g_propagate_error (error, g_error_copy (model->error));
  gst_nf_model_release (model);

  return NULL;
}

/**
 * gst_nf_model_release:
 * @model: (transfer full): a network; freed with its last user
 */
void
gst_nf_model_release (GstNfModel *model)
{
  gboolean last;

  g_mutex_lock (&table_lock);
  last = --model->users == 0;
  if (last)
    forget_locked (model);
  g_mutex_unlock (&table_lock);
  if (last)
    model_free (model);
}

/* auto leaves it to the variable NEXTFRAME_TF32 */
static NfMatmulPrecision
matmul_precision_of (GstNfPrecision precision)
{
  switch (precision) {
    case GST_NF_PRECISION_AUTO:
      return NF_MATMUL_PRECISION_DEFAULT;
    case GST_NF_PRECISION_TF32:
      return NF_MATMUL_PRECISION_TF32;
    default:
      return NF_MATMUL_PRECISION_F32;
  }
}

/**
 * gst_nf_model_begin:
 * @model: a network that is about to run in the calling thread
 * @settings: a copy
 * @lease: (out): to be ended by nf_cores_release() when it has run
 * @cancellable: ends the wait
 * @error: return location: %NF_ERROR_CANCELLED
 *
 * Waits for a lease of the cores that the network needs. Until the lease ends,
 * the thread's ops have the matmul precision of the property `precision`.
 *
 * Returns: FALSE with @error set; then there is no lease to end
 */
gboolean
gst_nf_model_begin (GstNfModel *model, const GstNfModelSettings *settings,
    NfCoreLease *lease, GCancellable *cancellable, GError **error)
{
  if (!nf_cores_acquire (
          lease, model->device, settings->threads, cancellable, error))
    return FALSE;
  nf_matmul_precision_set (matmul_precision_of (settings->precision));

  return TRUE;
}

/**
 * gst_nf_model_predictor:
 * @model: of kind %GST_NF_MODEL_PREDICTOR
 *
 * Returns: (transfer none): the predictor
 */
NfPredictor *
gst_nf_model_predictor (GstNfModel *model)
{
  return model->predictor;
}

/**
 * gst_nf_model_segmenter:
 * @model: of kind %GST_NF_MODEL_SEGMENTER
 *
 * Returns: (transfer none): the segmenter
 */
NfSegmenter *
gst_nf_model_segmenter (GstNfModel *model)
{
  return model->segmenter;
}

/**
 * gst_nf_model_path:
 * @model: a network
 *
 * Returns: (transfer none): the file that was loaded
 */
const gchar *
gst_nf_model_path (GstNfModel *model)
{
  return model->path;
}

/**
 * gst_nf_model_device:
 * @model: a network
 *
 * Returns: (transfer none): the device that it lies on
 */
NfDevice *
gst_nf_model_device (GstNfModel *model)
{
  return model->device;
}
