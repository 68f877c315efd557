/* SPDX-License-Identifier: MIT
 *
 * nfcudnntune — the fastest of cuDNN's engines, by measuring
 *
 * For NEXTFRAME_AUTOTUNE=1. What was fastest is kept in a file for each kind of
 * GPU and version of cuDNN, in the user's cache folder: a key file with one
 * line for each convolution, the engine's place among cuDNN's proposals, which
 * are always the same. What cannot be read is measured again. */
#include "cuda/cudnn/nfcudnntune.h"

#include "cuda/cudnn/nfcudnnrun.h"

#include <glib/gstdio.h>

#define CANDIDATES 8 /* that are measured */
#define RUNS 3 /* of each, after one that is not counted */
#define GROUP "engines"

static gchar *
file_of (const NfCuda *cuda)
{
  g_autofree gchar *name = g_strdup_printf (
      "cudnn-%zu-%s.ini", cudnnGetVersion (), cuda->properties.name);

  g_strcanon (name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-.", '-');
  return g_build_filename (g_get_user_cache_dir (), "nextframe", name, NULL);
}

/* what is in the file; nothing where that makes no sense */
static GKeyFile *
read_file (const gchar *path)
{
  GKeyFile *file = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error)
      && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
    g_debug ("%s is ignored: %s", path, error->message);
    g_key_file_unref (file);
    return g_key_file_new ();
  }
  return file;
}

/* writes to another name, then renames */
static void
write_file (GKeyFile *file, const gchar *path)
{
  g_autofree gchar *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (folder, 0700);
  if (!g_key_file_save_to_file (file, path, &error))
    g_debug ("what was measured is not kept: %s", error->message);
}

static gboolean
run_times (NfCudaStream *stream, const NfCudnnConv *conv, NfCudnnPlan *plan,
    const NfCudnnData *data, guint times)
{
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < times; i++)
    ok = nf_cudnn_run (stream, conv, plan, data, NULL);
  return ok;
}

/* milliseconds of RUNS runs; G_MAXFLOAT where it does not run */
static gfloat
measure (NfCudaStream *stream, const NfCudnnConv *conv, NfCudnnPlan *plan,
    const NfCudnnData *data)
{
  cudaEvent_t begin = NULL, end = NULL;
  gfloat time = G_MAXFLOAT;

  if (cudaEventCreate (&begin) != cudaSuccess
      || cudaEventCreate (&end) != cudaSuccess
      || !run_times (stream, conv, plan, data, 1)
      || cudaEventRecord (begin, stream->handle) != cudaSuccess
      || !run_times (stream, conv, plan, data, RUNS)
      || cudaEventRecord (end, stream->handle) != cudaSuccess
      || cudaEventSynchronize (end) != cudaSuccess
      || cudaEventElapsedTime (&time, begin, end) != cudaSuccess)
    time = G_MAXFLOAT;
  g_clear_pointer (&begin, cudaEventDestroy);
  g_clear_pointer (&end, cudaEventDestroy);
  return time;
}

/* the fastest of them, and its place */
static NfCudnnPlan *
fastest (NfCudaStream *stream, const NfCudnnConv *conv,
    const NfCudnnTarget *target, const NfCudnnData *data, GPtrArray *configs,
    guint *place)
{
  g_autoptr (NfCudnnPlan) best = NULL;
  gfloat least = G_MAXFLOAT;

  for (guint i = 0, n = 0; i < configs->len && n < CANDIDATES; i++) {
    g_autoptr (NfCudnnPlan) plan =
        nf_cudnn_plan_of (configs->pdata[i], target, NULL);
    gfloat time;

    if (plan == NULL)
      continue;
    n++;
    time = measure (stream, conv, plan, data);
    if (time < least) {
      g_clear_pointer (&best, nf_cudnn_plan_free);
      best = g_steal_pointer (&plan);
      least = time;
      *place = i;
    }
  }
  return g_steal_pointer (&best);
}

/* the plan whose place the file says */
static NfCudnnPlan *
remembered (GKeyFile *file, const gchar *name, const NfCudnnTarget *target,
    GPtrArray *configs)
{
  g_autoptr (GError) error = NULL;
  guint64 place = g_key_file_get_uint64 (file, GROUP, name, &error);

  return error == NULL && place < configs->len
      ? nf_cudnn_plan_of (configs->pdata[place], target, NULL)
      : NULL;
}

/**
 * nf_cudnn_tune:
 * @stream: the calling thread's; it is waited for
 * @conv: a convolution
 * @target: the GPU
 * @data: its tensors on the device; the result is overwritten
 *
 * Measures, unless an earlier process has, and remembers.
 *
 * Returns: (transfer full) (nullable): the plan that was fastest; NULL where
 *   nothing could be measured
 */
NfCudnnPlan *
nf_cudnn_tune (NfCudaStream *stream, const NfCudnnConv *conv,
    const NfCudnnTarget *target, const NfCudnnData *data)
{
  static GMutex measuring; /* by one thread at a time, as is the file */
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&measuring);
  g_autoptr (GPtrArray) configs = nf_cudnn_candidates (conv, target, NULL);
  g_autofree gchar *path = file_of (stream->cuda);
  g_autofree gchar *name = nf_cudnn_conv_name (conv);
  g_autoptr (GKeyFile) file = read_file (path);
  NfCudnnPlan *plan = NULL;
  guint place = 0;

  if (configs != NULL)
    plan = remembered (file, name, target, configs);
  if (configs == NULL || plan != NULL || stream->graph != NULL)
    return plan;
  plan = fastest (stream, conv, target, data, configs, &place);
  if (plan != NULL) {
    g_key_file_set_uint64 (file, GROUP, name, place);
    write_file (file, path);
  }
  return plan;
}
