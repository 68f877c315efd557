/* SPDX-License-Identifier: MIT
 *
 * nfcudnn — convolutions by cuDNN: a device's plans
 *
 * A plan is made when a shape comes up for the first time, which takes tenths
 * of a second and more; the steady state only looks it up. Meanwhile other
 * threads make plans of other shapes; those that want the same one wait. */
#include "cuda/cudnn/nfcudnn.h"

#include "cuda/cudnn/nfcudnntune.h"
#include "cuda/runtime/nfcudamemory.h"
#include "cuda/runtime/nfcudastream.h"

#include <string.h>

/* a plan may work in this share of the device's memory */
#define WORKSPACE_SHARE 8

/**
 * Entry:
 * @plan: (nullable): NULL where cuDNN has none for the shape
 * @made: FALSE as long as a thread makes the plan
 */
typedef struct
{
  NfCudnnPlan *plan;
  gboolean made;
} Entry;

/**
 * Plans:
 * @lock: guards the rest
 * @changed: an entry was made, or was given up
 * @entries: NfCudnnConv -> Entry
 *
 * What NfCuda.plans points to.
 */
typedef struct
{
  GMutex lock;
  GCond changed;
  GHashTable *entries;
} Plans;

static guint
conv_hash (gconstpointer key)
{
  const guint8 *bytes = key;
  guint hash = 5381;

  for (gsize i = 0; i < sizeof (NfCudnnConv); i++)
    hash = hash * 33 + bytes[i];
  return hash;
}

static gboolean
conv_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (NfCudnnConv)) == 0;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_pointer (&entry->plan, nf_cudnn_plan_free);
  g_free (entry);
}

static Plans *
plans_of (NfCuda *cuda)
{
  Plans *plans;

  g_mutex_lock (&cuda->lock);
  if (cuda->plans == NULL) {
    plans = g_new0 (Plans, 1);
    g_mutex_init (&plans->lock);
    g_cond_init (&plans->changed);
    plans->entries =
        g_hash_table_new_full (conv_hash, conv_equal, g_free, entry_free);
    cuda->plans = plans;
  }
  plans = cuda->plans;
  g_mutex_unlock (&cuda->lock);
  return plans;
}

/**
 * nf_cudnn_plans_free:
 * @plans: a device's plans; none is running
 */
void
nf_cudnn_plans_free (gpointer plans)
{
  Plans *own = plans;

  g_hash_table_unref (own->entries);
  g_cond_clear (&own->changed);
  g_mutex_clear (&own->lock);
  g_free (own);
}

/* the largest power of two, 16 at most, that divides all addresses */
static gint
alignment (const NfCudnnData *data)
{
  guintptr bits = (guintptr) data->x | (guintptr) data->weight
      | (guintptr) data->y | (guintptr) data->bias | (guintptr) data->residual;

  return (gint) ((bits | 16) & -(bits | 16));
}

static NfCudnnPlan *
best_plan (NfCudaStream *stream, const NfCudnnConv *conv,
    const NfCudnnTarget *target, const NfCudnnData *data, GError **error)
{
  NfCudnnPlan *plan = NULL;

  if (g_strcmp0 (g_getenv ("NEXTFRAME_AUTOTUNE"), "1") == 0)
    plan = nf_cudnn_tune (stream, conv, target, data);
  return plan != NULL ? plan : nf_cudnn_plan_new (conv, target, error);
}

/* the best plan whose workspace there is memory for: each that is tried works in
 * less than the one before. That none is left is for want of memory then, not
 * because of the shape */
static NfCudnnPlan *
make_plan (NfCudaStream *stream, const NfCudnnConv *conv,
    const NfCudnnData *data, GError **error)
{
  NfCudnnTarget target = { nf_cuda_cudnn (stream, error), NULL,
    stream->cuda->properties.totalGlobalMem / WORKSPACE_SHARE };
  g_autoptr (GError) short_of = NULL;

  if (target.handle == NULL)
    return NULL;
  for (;;) {
    NfCudnnPlan *plan = best_plan (
        stream, conv, &target, data, short_of == NULL ? error : NULL);
    gpointer workspace;

    if (plan == NULL && short_of != NULL)
      g_propagate_error (error, g_steal_pointer (&short_of));
    if (plan == NULL)
      return NULL;
    g_clear_error (&short_of);
    if (nf_cuda_workspace (stream, plan->workspace, &workspace, &short_of))
      return plan;
    target.workspace = plan->workspace - 1;
    nf_cudnn_plan_free (plan);
  }
}

/* the entry of a shape, made; NULL: the calling thread has to make it, and has
 * put an entry there that says so; the lock is held */
static Entry *
wait_for_entry (Plans *plans, const NfCudnnConv *conv)
{
  Entry *entry;

  while ((entry = g_hash_table_lookup (plans->entries, conv)) != NULL
      && !entry->made)
    g_cond_wait (&plans->changed, &plans->lock);
  if (entry == NULL)
    g_hash_table_insert (
        plans->entries, g_memdup2 (conv, sizeof *conv), g_new0 (Entry, 1));
  return entry;
}

/* makes the plan without the lock, which is held before and afterwards; what
 * fails for another reason than the shape is tried again by whoever comes next */
static NfCudnnPlan *
make_entry (Plans *plans, NfCudaStream *stream, const NfCudnnConv *conv,
    const NfCudnnData *data, GError **error)
{
  g_autoptr (GError) why = NULL;
  NfCudnnPlan *plan;

  g_mutex_unlock (&plans->lock);
  plan = make_plan (stream, conv, data, &why);
  g_mutex_lock (&plans->lock);
  if (plan != NULL || g_error_matches (why, NF_ERROR, NF_ERROR_UNSUPPORTED)) {
    Entry *entry = g_hash_table_lookup (plans->entries, conv);

    entry->plan = plan;
    entry->made = TRUE;
  } else {
    g_hash_table_remove (plans->entries, conv);
  }
  g_cond_broadcast (&plans->changed);
  if (why != NULL)
    g_propagate_error (error, g_steal_pointer (&why));
  return plan;
}

/**
 * nf_cudnn_plan:
 * @stream: the calling thread's
 * @conv: a convolution; its alignment is set
 * @data: its tensors on the device
 * @error: return location: %NF_ERROR_UNSUPPORTED where cuDNN cannot do it
 *
 * Returns: (transfer none) (nullable): the device's plan for it
 */
NfCudnnPlan *
nf_cudnn_plan (NfCudaStream *stream, NfCudnnConv *conv, const NfCudnnData *data,
    GError **error)
{
  Plans *plans = plans_of (stream->cuda);
  const Entry *entry;
  NfCudnnPlan *plan;

  conv->align = alignment (data);
  g_mutex_lock (&plans->lock);
  entry = wait_for_entry (plans, conv);
  if (entry == NULL) {
    plan = make_entry (plans, stream, conv, data, error);
  } else {
    plan = entry->plan;
    if (plan == NULL)
      g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
          "cuDNN: no engine for this convolution");
  }
  g_mutex_unlock (&plans->lock);
  return plan;
}
