/* SPDX-License-Identifier: MIT
 *
 * nfcudnnplan — which of cuDNN's engines computes a convolution
 *
 * cuDNN's heuristics order its engines by the time that they are expected to
 * take. Left out are those whose results change from run to run, that sum in
 * less than f32, or that round f32 on the way: by Winograd's and Fourier's
 * transforms, and, unless TF32 is asked for, on tensor cores. */
#include "cuda/cudnn/nfcudnnplan.h"

#define MOST 64 /* configurations that are looked at */
#define NOTE(NAME) (1u << CUDNN_NUMERICAL_NOTE_##NAME)

/* numerical notes of engines that are not wanted, as bits */
static guint
refused_notes (const NfCudnnConv *conv)
{
  guint notes = NOTE (NONDETERMINISTIC) | NOTE (REDUCED_PRECISION_REDUCTION)
      | NOTE (DOWN_CONVERT_INPUTS) | NOTE (FFT) | NOTE (WINOGRAD);

  if (!conv->bf16 && !conv->tf32)
    notes |= NOTE (TENSOR_CORE);
  return notes;
}

static cudnnBackendDescriptor_t
engine_of (cudnnBackendDescriptor_t config)
{
  cudnnBackendDescriptor_t engine = NULL;
  gint64 n;

  if (cudnnBackendCreateDescriptor (CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine)
          == CUDNN_STATUS_SUCCESS
      && cudnnBackendGetAttribute (config, CUDNN_ATTR_ENGINECFG_ENGINE,
             CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &n, &engine)
          == CUDNN_STATUS_SUCCESS)
    return engine;
  if (engine != NULL)
    cudnnBackendDestroyDescriptor (engine);
  return NULL;
}

/* an engine that does not list its notes is not wanted; a later cuDNN may know
 * more of them */
static gboolean
is_wanted (cudnnBackendDescriptor_t config, guint refused)
{
  g_auto (NfCudnnDescriptor) engine = engine_of (config);
  cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
  gint64 n = 0;

  if (engine == NULL
      || cudnnBackendGetAttribute (engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
             CUDNN_TYPE_NUMERICAL_NOTE, G_N_ELEMENTS (notes), &n, notes)
          != CUDNN_STATUS_SUCCESS)
    return FALSE;
  if (n > (gint64) G_N_ELEMENTS (notes))
    return FALSE;
  for (gint64 i = 0; i < n; i++)
    if (refused & 1u << notes[i])
      return FALSE;
  return TRUE;
}

static void
add_wanted (
    cudnnBackendDescriptor_t heuristics, guint refused, GPtrArray *candidates)
{
  cudnnBackendDescriptor_t configs[MOST];
  gint64 room = 0, n = 0;

  while (room < MOST
      && cudnnBackendCreateDescriptor (
             CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, &configs[room])
          == CUDNN_STATUS_SUCCESS)
    room++;
  if (cudnnBackendGetAttribute (heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, room, &n, configs)
      != CUDNN_STATUS_SUCCESS)
    n = 0;
  for (gint64 i = 0; i < room; i++) {
    if (i < n && is_wanted (configs[i], refused))
      g_ptr_array_add (candidates, configs[i]);
    else
      cudnnBackendDestroyDescriptor (configs[i]);
  }
}

/* in the order in which they are asked: the second is for what the first knows
 * nothing of, or nothing that can be used */
static const cudnnBackendHeurMode_t modes[] = { CUDNN_HEUR_MODE_A,
  CUDNN_HEUR_MODE_FALLBACK };

/* configurations that one of the heuristics proposes for a graph */
static GPtrArray *
proposals (cudnnBackendDescriptor_t graph, const NfCudnnConv *conv,
    const NfCudnnTarget *target, cudnnBackendHeurMode_t mode)
{
  GPtrArray *candidates = g_ptr_array_new_with_free_func (nf_cudnn_destroy);
  g_auto (NfCudnnDescriptor) heuristics =
      nf_cudnn_descriptor (CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR,
          (NfCudnnAttribute[]){
              { CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH,
                  CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &graph },
              { CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode },
              { CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                  1, target->properties != NULL ? &target->properties : NULL },
              { 0 },
          },
          NULL);

  if (heuristics != NULL)
    add_wanted (heuristics, refused_notes (conv), candidates);
  return candidates;
}

/**
 * nf_cudnn_candidates:
 * @conv: a convolution
 * @target: the GPU
 * @error: return location: %NF_ERROR_UNSUPPORTED
 *
 * Returns: (transfer full) (nullable): configurations of engines that may
 *   compute it, the one that is expected to be fastest first; perhaps none
 */
GPtrArray *
nf_cudnn_candidates (
    const NfCudnnConv *conv, const NfCudnnTarget *target, GError **error)
{
  g_auto (NfCudnnDescriptor) graph = nf_cudnn_graph_new (conv, target, error);
  g_autoptr (GPtrArray) candidates = NULL;

  if (graph == NULL)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_clear_pointer (&candidates, g_ptr_array_unref);
    candidates = proposals (graph, conv, target, modes[i]);
    if (candidates->len > 0)
      break;
  }
  return g_steal_pointer (&candidates);
}

/**
 * nf_cudnn_plan_of:
 * @config: one of nf_cudnn_candidates()
 * @target: the GPU
 * @error: return location: %NF_ERROR_UNSUPPORTED
 *
 * Returns: (transfer full) (nullable): its plan; NULL where the engine cannot
 *   be used, or works in more memory than @target allows
 */
NfCudnnPlan *
nf_cudnn_plan_of (cudnnBackendDescriptor_t config, const NfCudnnTarget *target,
    GError **error)
{
  const gboolean handle = target->handle != NULL;
  g_auto (NfCudnnDescriptor) engine = engine_of (config);
  g_autoptr (NfCudnnPlan) plan = g_new0 (NfCudnnPlan, 1);
  gint64 workspace = 0, n;

  g_mutex_init (&plan->running);
  plan->plan = nf_cudnn_descriptor (CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR,
      (NfCudnnAttribute[]){
          { CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG,
              CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &config },
          { handle ? CUDNN_ATTR_EXECUTION_PLAN_HANDLE
                   : CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP,
              handle ? CUDNN_TYPE_HANDLE : CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
              handle ? (gconstpointer) &target->handle
                     : (gconstpointer) &target->properties },
          { 0 },
      },
      error);
  if (plan->plan == NULL
      || !nf_cudnn_ok (cudnnBackendGetAttribute (plan->plan,
                           CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                           CUDNN_TYPE_INT64, 1, &n, &workspace),
          "a plan does not say its workspace", error))
    return NULL;
  if ((gsize) workspace > target->workspace) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "cuDNN: a plan needs a workspace of %" G_GINT64_FORMAT
        " bytes, more than %" G_GSIZE_FORMAT,
        workspace, target->workspace);
    return NULL;
  }
  plan->workspace = (gsize) workspace;
  if (engine != NULL)
    cudnnBackendGetAttribute (engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX,
        CUDNN_TYPE_INT64, 1, &n, &plan->engine);
  return g_steal_pointer (&plan);
}

/**
 * nf_cudnn_plan_new:
 * @conv: a convolution
 * @target: the GPU
 * @error: return location: %NF_ERROR_UNSUPPORTED
 *
 * Returns: (transfer full) (nullable): the plan that cuDNN expects to be
 *   fastest
 */
NfCudnnPlan *
nf_cudnn_plan_new (
    const NfCudnnConv *conv, const NfCudnnTarget *target, GError **error)
{
  g_auto (NfCudnnDescriptor) graph = nf_cudnn_graph_new (conv, target, error);
  g_autofree gchar *name = NULL;
  guint tried = 0;

  if (graph == NULL)
    return NULL;
  for (guint m = 0; m < G_N_ELEMENTS (modes); m++) {
    g_autoptr (GPtrArray) configs = proposals (graph, conv, target, modes[m]);

    tried += configs->len;
    for (guint i = 0; i < configs->len; i++) {
      NfCudnnPlan *plan = nf_cudnn_plan_of (configs->pdata[i], target, NULL);

      if (plan != NULL)
        return plan;
    }
  }
  name = nf_cudnn_conv_name (conv);
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "cuDNN: none of its %u engines for %s can be used", tried, name);
  return NULL;
}

void
nf_cudnn_plan_free (NfCudnnPlan *plan)
{
  if (plan->plan != NULL)
    cudnnBackendDestroyDescriptor (plan->plan);
  g_mutex_clear (&plan->running);
  g_free (plan);
}
