/* SPDX-License-Identifier: MIT
 *
 * weights — copies of weights in bf16, kept with them (CUDA)
 *
 * Weights are f32; cuBLAS and cuDNN want both factors of a product in one
 * type. The copy is made at the first use and again where the weight changed. */
#include "cuda/kernels/nfeach.h"
#include "cuda/runtime/nfcudagraph.h"

typedef struct
{
  NfTensor *copy;
  guint version; /* of the weight, when copied */
} Half;

static void
half_free (gpointer data)
{
  Half *half = static_cast<Half *> (data);

  nf_tensor_unref (half->copy);
  g_free (half);
}

static gboolean
narrow (NfCudaStream *stream, const NfTensor *weight, NfTensor *copy,
    GError **error)
{
  const NfConvert<NfBf16, float> f = { nf_data<NfBf16> (copy),
    nf_data<float> (weight) };

  nf_each<8> (stream, f, nf_tensor_elements (weight), nf_aligned (f.x));
  return nf_cuda_launched (stream, "narrow", error);
}

/* memory that is taken while a graph is captured belongs to that graph alone */
static Half *
half_of (NfCudaStream *stream, NfTensor *weight, GError **error)
{
  Half *half = static_cast<Half *> (weight->cache);
  NfTensor *copy;

  if (half != NULL)
    return half;
  if (stream->graph != NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "device cuda:%d: a graph is captured that has not run before",
        stream->cuda->index);
    return NULL;
  }
  copy = nf_tensor_new (weight->device, NF_BF16, weight->n, weight->c,
      weight->h, weight->w, error);
  if (copy == NULL)
    return NULL;
  half = g_new (Half, 1);
  half->copy = copy;
  half->version = weight->version - 1;
  weight->cache = half;
  weight->cache_free = half_free;
  return half;
}

/* the copy is what the weight is from now on, for all who share it */
static gboolean
half_update (NfCudaStream *stream, NfTensor *weight, Half *half, GError **error)
{
  if (!nf_cuda_writes (stream, half->copy->data, error)
      || !narrow (stream, weight, half->copy, error))
    return FALSE;
  half->version = stream->graph == NULL ? weight->version : weight->version - 1;
  return TRUE;
}

static GMutex lock; /* networks are shared by threads */

/* before work is queued that reads the copy without asking for it; @stream does
 * not capture */
static gboolean
follow (NfCudaStream *stream, NfTensor *weight, GError **error)
{
  Half *half;
  gboolean ok;

  g_mutex_lock (&lock);
  half = static_cast<Half *> (weight->cache);
  ok = half->version == weight->version
      || (nf_cuda_reads (stream, weight->data, error)
          && half_update (stream, weight, half, error));
  g_mutex_unlock (&lock);
  return ok;
}

/* What is captured runs later, maybe after the weight has changed. A weight that
 * is trained changes from run to run: making its copy belongs to the graph.
 * Others seldom do, so that starts look. */
static gboolean
half_capture (
    NfCudaStream *stream, NfTensor *weight, Half *half, GError **error)
{
  if (weight->requires_grad)
    return half_update (stream, weight, half, error);
  nf_cuda_graph_follows (stream->graph, weight, follow);
  return TRUE;
}

/**
 * nf_cuda_weight_bf16:
 * @stream: the calling thread's
 * @weight: a parameter of an op, f32
 * @error: return location: %NF_ERROR_NO_MEMORY; %NF_ERROR_UNSUPPORTED where a
 *   graph is captured that has not run before
 *
 * Returns: (transfer none) (nullable): the same in bf16, for work that is
 *   queued on @stream before @weight changes
 */
const NfTensor *
nf_cuda_weight_bf16 (NfCudaStream *stream, NfTensor *weight, GError **error)
{
  Half *half;
  gboolean ok;

  g_mutex_lock (&lock);
  half = half_of (stream, weight, error);
  ok = half != NULL && nf_cuda_reads (stream, half->copy->data, error);
  if (ok && stream->graph != NULL)
    ok = half_capture (stream, weight, half, error);
  else if (ok && half->version != weight->version)
    ok = half_update (stream, weight, half, error);
  g_mutex_unlock (&lock);
  return ok ? half->copy : NULL;
}
