/* SPDX-License-Identifier: MIT
 *
 * weights — copies of weights in another form, kept with them (CUDA)
 *
 * Weights are f32; cuBLAS and cuDNN want both factors of a product in one type,
 * and a bias that is added after a gain is multiplied by it beforehand. A copy
 * is made at its first use and again where the weight changed; an optimiser's
 * step makes it along with the change (optim.cu). */
#include "cuda/kernels/nfeach.h"
#include "cuda/runtime/nfcudagraph.h"

/* one of a weight's copies, which are a list */
typedef struct Copy
{
  struct Copy *next;
  NfTensor *tensor; /* @gain times the weight */
  gfloat gain;
  guint version; /* of the weight, when copied */
} Copy;

static GMutex lock; /* networks are shared by threads */

static Copy *
copies_of (const NfTensor *weight)
{
  return static_cast<Copy *> (weight->cache);
}

static void
copies_free (gpointer data)
{
  for (Copy *copy = static_cast<Copy *> (data), *next; copy != NULL;
       copy = next) {
    next = copy->next;
    nf_tensor_unref (copy->tensor);
    g_free (copy);
  }
}

/* y = gain x */
template <class T> struct Scale
{
  T *y;
  const float *x;
  float gain;

  template <int V>
  __device__ __forceinline__ void
  run (gsize i) const
  {
    float v[V];

    nf_load_pack (v, x + i);
#pragma unroll
    for (int k = 0; k < V; k++)
      v[k] *= gain;
    nf_store_pack (y + i, v);
  }
};

/* memory that is taken while a graph is captured belongs to that graph alone */
static Copy *
find_or_add (NfCudaStream *stream, NfTensor *weight, NfDType dtype, gfloat gain,
    GError **error)
{
  NfTensor *tensor;
  Copy *copy;

  for (copy = copies_of (weight); copy != NULL; copy = copy->next)
    if (copy->tensor->dtype == dtype && copy->gain == gain)
      return copy;
  if (stream->graph != NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "device cuda:%d: a graph is captured that has not run before",
        stream->cuda->index);
    return NULL;
  }
  tensor = nf_tensor_new (
      weight->device, dtype, weight->n, weight->c, weight->h, weight->w, error);
  if (tensor == NULL)
    return NULL;
  copy = g_new (Copy, 1);
  *copy = Copy{ copies_of (weight), tensor, gain, weight->version - 1 };
  weight->cache = copy;
  weight->cache_free = copies_free;
  return copy;
}

/* the copy is what the weight is from now on, for all who share it; @stream
 * does not capture */
static gboolean
update (
    NfCudaStream *stream, const NfTensor *weight, Copy *copy, GError **error)
{
  const gsize n = nf_tensor_elements (weight);

  if (copy->version == weight->version)
    return TRUE;
  if (!nf_cuda_writes (stream, copy->tensor->data, error))
    return FALSE;
  NF_DISPATCH_ACTIVATION (copy->tensor->dtype == NF_BF16, {
    const Scale<T> f = { nf_data<T> (copy->tensor), nf_data<float> (weight),
      copy->gain };

    nf_each<8> (stream, f, n, nf_aligned (f.x));
  });
  copy->version = weight->version;
  return nf_cuda_launched (stream, "weight_copy", error);
}

/* What is captured runs later, maybe after the weight has changed: before work
 * is queued that reads a copy without asking for it. */
static gboolean
follow (NfCudaStream *stream, NfTensor *weight, GError **error)
{
  gboolean ok = TRUE, waited = FALSE;

  g_mutex_lock (&lock);
  for (Copy *copy = copies_of (weight); ok && copy != NULL; copy = copy->next) {
    if (copy->version == weight->version)
      continue;
    ok = (waited || nf_cuda_reads (stream, weight->data, error))
        && update (stream, weight, copy, error);
    waited = TRUE;
  }
  g_mutex_unlock (&lock);
  return ok;
}

/**
 * nf_cuda_weight_copy:
 * @stream: the calling thread's
 * @weight: a parameter of an op, f32
 * @dtype: %NF_F32 or %NF_BF16
 * @gain: what it is multiplied by
 * @error: return location: %NF_ERROR_NO_MEMORY; %NF_ERROR_UNSUPPORTED where a
 *   graph is captured that has not run before
 *
 * Returns: (transfer none) (nullable): @gain times @weight in that type, for
 *   work that is queued on @stream before @weight changes
 */
const NfTensor *
nf_cuda_weight_copy (NfCudaStream *stream, NfTensor *weight, NfDType dtype,
    gfloat gain, GError **error)
{
  Copy *copy;
  gboolean ok;

  if (dtype == NF_F32 && gain == 1.0f)
    return weight;
  g_mutex_lock (&lock);
  copy = find_or_add (stream, weight, dtype, gain, error);
  ok = copy != NULL && nf_cuda_reads (stream, copy->tensor->data, error);
  if (ok && stream->graph != NULL)
    nf_cuda_graph_follows (stream->graph, weight, follow);
  else if (ok)
    ok = update (stream, weight, copy, error);
  g_mutex_unlock (&lock);
  return ok ? copy->tensor : NULL;
}

/**
 * nf_cuda_weight_move:
 * @stream: the calling thread's, which is about to change @weight
 * @weight: a parameter; its version grows by one after the change
 * @gain: (out): what its copy is multiplied by
 * @copy: (out) (transfer none) (nullable): the copy that the same work has to
 *   change too; NULL where there is none
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_weight_move (NfCudaStream *stream, NfTensor *weight,
    const NfTensor **copy, gfloat *gain, GError **error)
{
  Copy *first;
  gboolean ok = TRUE;

  *copy = NULL;
  *gain = 1.0f;
  g_mutex_lock (&lock);
  first = stream->graph == NULL ? copies_of (weight) : NULL;
  if (first != NULL) {
    ok = nf_cuda_writes (stream, first->tensor->data, error);
    first->version = weight->version + 1;
    *copy = first->tensor;
    *gain = first->gain;
  }
  g_mutex_unlock (&lock);
  return ok;
}
