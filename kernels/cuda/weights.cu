/* SPDX-License-Identifier: MIT
 *
 * weights — copies of weights in bf16, kept with them (CUDA)
 *
 * Weights are f32; cuBLAS and cuDNN want both factors of a product in one
 * type. The copy is made at the first use and again where the weight changed. */
#include "cuda/nfeach.h"

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

/* What is captured runs later, maybe after others have read the copy. A weight
 * that is trained changes from run to run: its copy belongs to the graph. */
static gboolean
may_change (NfCudaStream *stream, const NfTensor *weight, GError **error)
{
  if (stream->graph == NULL || weight->requires_grad)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "device cuda:%d: a weight changed before a graph was captured",
      stream->cuda->index);
  return FALSE;
}

static Half *
half_of (NfTensor *weight, GError **error)
{
  Half *half = static_cast<Half *> (weight->cache);
  NfTensor *copy;

  if (half != NULL)
    return half;
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

/**
 * nf_cuda_weight_bf16:
 * @stream: the calling thread's
 * @weight: a parameter of an op, f32
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer none) (nullable): the same in bf16, for work that is
 *   queued on @stream before @weight changes
 */
const NfTensor *
nf_cuda_weight_bf16 (NfCudaStream *stream, NfTensor *weight, GError **error)
{
  static GMutex lock; /* networks are shared by threads */
  Half *half;
  gboolean ok;

  g_mutex_lock (&lock);
  half = half_of (weight, error);
  ok = half != NULL && nf_cuda_reads (stream, half->copy->data, error);
  if (ok
      && (half->version != weight->version
          || (stream->graph != NULL && weight->requires_grad))) {
    ok = may_change (stream, weight, error)
        && nf_cuda_writes (stream, half->copy->data, error)
        && narrow (stream, weight, half->copy, error);
    half->version =
        ok && stream->graph == NULL ? weight->version : weight->version - 1;
  }
  g_mutex_unlock (&lock);
  return ok ? half->copy : NULL;
}
