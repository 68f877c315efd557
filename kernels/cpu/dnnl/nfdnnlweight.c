/* SPDX-License-Identifier: MIT
 *
 * nfdnnlweight — weights in the layouts that oneDNN's primitives want
 *
 * Packed copies of a weight, and parts of it with packed copies of their own,
 * are kept with the weight and made again when it has changed. A weight without
 * data (NfSource) stays without: its elements are in memory while they are
 * packed, and afterwards only the packed copy is. A copy that was not used for
 * many runs, because frames have another size or the precision changed, is
 * freed. */
#include "cpu/dnnl/nfdnnlweight.h"

#include <nextframe/core/tensor/nftensor.h>
#include "cpu/dnnl/nfdnnlplan.h"
#include "cpu/nfarena.h"

#include <string.h>

#define UNUSED_RUNS 64 /* looked up so often without it, a copy is freed */

/* something made from a weight */
typedef struct
{
  NfMd md; /* of a packed copy; NULL: a part */
  NfDnnlPart part;
  guint version; /* of the weight then */
  guint64 used; /* which look-up it was last used by */
  NfTensor *data;
} Made;

/* what NfTensor.cache of a weight points to */
typedef struct
{
  GPtrArray *made;
  guint64 lookups;
} Cache;

static void
made_free (gpointer data)
{
  Made *made = data;

  nf_md_free (made->md);
  nf_tensor_clear (&made->data);
  g_free (made);
}

static void
cache_free (gpointer data)
{
  Cache *cache = data;

  g_ptr_array_unref (cache->made);
  g_free (cache);
}

static gboolean
is_wanted (const Made *made, NfConstMd md, const NfDnnlPart *part)
{
  if (md != NULL)
    return made->md != NULL && dnnl_memory_desc_equal (made->md, md);
  return made->md == NULL && made->part.from == part->from
      && made->part.count == part->count && made->part.phases == part->phases
      && made->part.transposed == part->transposed
      && made->part.points == part->points && made->part.tiles == part->tiles
      && made->part.back == part->back;
}

/* (nullable): the packed copy, or where md is NULL the part; frees what is
 * stale. The lock is held */
static NfTensor *
find (NfTensor *weight, NfConstMd md, const NfDnnlPart *part)
{
  Cache *cache = weight->cache;
  NfTensor *found = NULL;

  if (cache == NULL)
    return NULL;
  cache->lookups++;
  for (guint i = cache->made->len; i > 0; i--) {
    Made *made = g_ptr_array_index (cache->made, i - 1);

    if (made->version == weight->version && is_wanted (made, md, part)) {
      made->used = cache->lookups;
      found = made->data;
    } else if (made->version != weight->version
        || cache->lookups - made->used > UNUSED_RUNS) {
      g_ptr_array_remove_index_fast (cache->made, i - 1);
    }
  }
  return found;
}

/* keeps data (transfer full) with the weight; the lock is held */
static void
add (NfTensor *weight, NfConstMd md, const NfDnnlPart *part, NfTensor *data)
{
  Cache *cache = weight->cache;
  Made *made = g_new0 (Made, 1);

  if (cache == NULL) {
    cache = g_new0 (Cache, 1);
    cache->made = g_ptr_array_new_with_free_func (made_free);
    weight->cache = cache;
    weight->cache_free = cache_free;
  }
  if (md != NULL)
    made->md = nf_md_copy (md);
  else
    made->part = *part;
  made->version = weight->version;
  made->used = cache->lookups;
  made->data = data;
  g_ptr_array_add (cache->made, made);
}

/* its elements: where they lie, or read into room (out), to be freed */
static const gfloat *
elements (const NfTensor *weight, gpointer *room, GError **error)
{
  const gfloat *data = nf_tensor_peek_data (weight);

  if (data != NULL)
    return data;
  *room = g_try_malloc (weight->bytes);
  if (*room != NULL)
    return weight->source->read (weight->source, weight, *room, error) ? *room
                                                                       : NULL;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "out of memory: %" G_GSIZE_FORMAT " bytes were needed to pack a weight",
      weight->bytes);
  return NULL;
}

/* memory that lasts, or in a training as long as an op */
static NfTensor *
room_new (NfDevice *device, const NfTensor *weight, gsize bytes, GError **error)
{
  NfCpu *cpu = device->priv;
  gpointer data = weight->requires_grad
      ? nf_arena_alloc (cpu->arena, bytes)
      : nf_arena_alloc_lasting (cpu->arena, bytes);

  if (data != NULL)
    return nf_tensor_new_taking (device, data, bytes);
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "out of memory: %" G_GSIZE_FORMAT " bytes were needed for a weight",
      bytes);
  return NULL;
}

static NfTensor *
pack (
    NfDevice *device, const NfDnnlPlan *plan, NfTensor *weight, GError **error)
{
  NfConstMd want = nf_dnnl_plan_weight (plan);
  g_autofree gpointer plain = NULL;
  const gfloat *from = elements (weight, &plain, error);
  g_autoptr (NfTensor) packed = from != NULL
      ? room_new (device, weight, dnnl_memory_desc_get_size (want), error)
      : NULL;

  if (packed == NULL
      || !nf_dnnl_reorder (
          nf_cpu_dnnl (device), plan, from, packed->data, error))
    return NULL;
  return g_steal_pointer (&packed);
}

/**
 * nf_dnnl_weight_packed:
 * @plan: of a convolution
 * @weight: its weight
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a tensor whose data is the weight as the
 *   plan wants it: @weight, or bytes
 */
NfTensor *
nf_dnnl_weight_packed (
    NfDevice *device, const NfDnnlPlan *plan, NfTensor *weight, GError **error)
{
  NfDnnl *dnnl = nf_cpu_dnnl (device);
  NfConstMd want = nf_dnnl_plan_weight (plan);
  NfTensor *packed;

  if (plan->reorder == NULL)
    return nf_tensor_need_data (weight, error) ? nf_tensor_ref (weight) : NULL;
  g_mutex_lock (&dnnl->lock);
  packed = find (weight, want, NULL);
  if (packed == NULL) {
    packed = pack (device, plan, weight, error);
    if (packed != NULL)
      add (weight, want, NULL, packed);
  }
  if (packed != NULL)
    nf_tensor_ref (packed);
  g_mutex_unlock (&dnnl->lock);
  return packed;
}

/* ------------------------------------------------------------------- parts */

typedef struct
{
  NfSource base;
  const NfTensor *weight; /* which keeps the part */
  NfDnnlPart part;
  NfDnnlPartFill fill;
} PartSource;

static gboolean
part_read (const NfSource *source, const NfTensor *tensor, gpointer data,
    GError **error)
{
  const PartSource *self = (const PartSource *) source;
  g_autofree gpointer plain = NULL;
  const gfloat *from = elements (self->weight, &plain, error);

  if (from == NULL)
    return FALSE;
  self->fill (self->weight, from, &self->part, tensor, data);
  return TRUE;
}

static void
part_free (NfSource *source)
{
  g_free (source);
}

static gint64
in_panels (gboolean panels, gint64 channels)
{
  return panels ? (channels + 31) / 32 * 32 : channels;
}

static NfTensor *
part_new (NfDevice *device, const NfTensor *weight, const NfDnnlPart *part,
    NfDnnlPartFill fill, GError **error)
{
  gint64 all = part->transposed ? weight->c : weight->n;
  gint64 out =
      in_panels (part->tiles || part->points, part->back ? part->count : all);
  gint64 side = part->phases ? 2 : part->points ? 6 : weight->h;
  PartSource *source = g_new0 (PartSource, 1);
  NfTensor *data;

  source->base =
      (NfSource){ .read = part_read, .free = part_free, .in_place = NULL };
  source->weight = weight;
  source->part = *part;
  source->fill = fill;
  data = nf_tensor_new_lazy (device, part->tiles ? NF_BF16 : NF_F32,
      part->phases ? 4 * out : out,
      in_panels (part->tiles, part->back ? all : part->count), side,
      part->phases || part->points ? side : weight->w, &source->base, error);
  if (data != NULL)
    data->requires_grad = weight->requires_grad; /* where it is packed */
  return data;
}

/**
 * nf_dnnl_weight_part:
 * @weight: of a convolution, (O, C, k, k)
 * @part: which of its channels, and how
 * @fill: makes it
 * @error: return location
 *
 * Returns: (transfer full) (nullable): (O, count, k, k), (4 O, count, 2, 2),
 *   (O, count, 6, 6) or (count, O, 6, 6), without data; not to be used longer
 *   than @weight. With points O is rounded up to a multiple of 32, with tiles
 *   count, too.
 */
NfTensor *
nf_dnnl_weight_part (NfDevice *device, NfTensor *weight, const NfDnnlPart *part,
    NfDnnlPartFill fill, GError **error)
{
  NfDnnl *dnnl = nf_cpu_dnnl (device);
  NfTensor *data;

  g_mutex_lock (&dnnl->lock);
  data = find (weight, NULL, part);
  if (data == NULL) {
    data = part_new (device, weight, part, fill, error);
    if (data != NULL)
      add (weight, NULL, part, data);
  }
  if (data != NULL)
    nf_tensor_ref (data);
  g_mutex_unlock (&dnnl->lock);
  return data;
}

/**
 * nf_dnnl_weight_forget:
 * @weight: of a convolution
 *
 * Frees what is kept with the weight: in a training it changes before the next
 * use, and all copies together are several times the network.
 */
void
nf_dnnl_weight_forget (NfTensor *weight)
{
  NfDnnl *dnnl = nf_cpu_dnnl (weight->device);

  g_mutex_lock (&dnnl->lock);
  g_clear_pointer (&weight->cache, cache_free);
  g_mutex_unlock (&dnnl->lock);
}
