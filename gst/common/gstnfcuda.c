/* SPDX-License-Identifier: MIT
 *
 * gstnfcuda — video in a GPU's memory (memory:CUDAMemory), for elements
 *
 * The one file that calls libgstcuda.
 * Siblings: gstnfnocuda.c (in its place without that library), gstnfframes.c */
#include "common/gstnfcuda.h"

#include <nextframe/core/nferror.h>

#include <gmodule.h>
#include <gst/cuda/gstcudabufferpool.h>
#include <gst/cuda/gstcudaloader.h>
#include <gst/cuda/gstcudautils.h>

#define MOST_DEVICES 64 /* further ones have no primary context here */

GST_DEBUG_CATEGORY_STATIC (gst_nf_cuda_debug);
#define GST_CAT_DEFAULT gst_nf_cuda_debug

/**
 * gst_nf_cuda_init:
 * @cuda: (out): not started
 * @element: whose it is
 */
void
gst_nf_cuda_init (GstNfCuda *cuda, GstElement *element)
{
  GST_DEBUG_CATEGORY_INIT (
      gst_nf_cuda_debug, "nfcuda", 0, "video in a GPU's memory");
  *cuda = (GstNfCuda){
    .element = element, .index = -1, .started = FALSE, .context = NULL
  };
}

/* (transfer full) (nullable): a GstCudaContext */
static gpointer
get_context (GstNfCuda *cuda)
{
  gpointer context = NULL;

  GST_OBJECT_LOCK (cuda->element);
  if (cuda->context != NULL)
    context = gst_object_ref (cuda->context);
  GST_OBJECT_UNLOCK (cuda->element);

  return context;
}

/* libgstcuda, with NVIDIA's driver behind it; TRUE where that is there */
static gboolean
load_library (void)
{
  static gsize loaded = 0;

  if (g_once_init_enter (&loaded)) {
    gboolean ok = gst_cuda_load_library ();

    if (ok)
      gst_cuda_memory_init_once ();
    g_once_init_leave (&loaded, ok ? 1 : 2);
  }

  return loaded == 1;
}

/* what libgstcuda does not offer of NVIDIA's driver, which it has opened; the
 * driver and the contexts stay until the process ends */
typedef struct
{
  CUresult (*init) (unsigned int flags);
  CUresult (*device_get) (CUdevice *device, int index);
  CUresult (*primary_retain) (CUcontext *context, CUdevice device);
} Driver;

static const Driver *
get_driver (void)
{
  static Driver driver;
  static gsize opened = 0;

  if (g_once_init_enter (&opened)) {
    GModule *module = g_module_open ("libcuda.so.1", G_MODULE_BIND_LAZY);
    gboolean ok = module != NULL
        && g_module_symbol (module, "cuInit", (gpointer *) &driver.init)
        && g_module_symbol (
            module, "cuDeviceGet", (gpointer *) &driver.device_get)
        && g_module_symbol (module, "cuDevicePrimaryCtxRetain",
            (gpointer *) &driver.primary_retain)
        && driver.init (0) == CUDA_SUCCESS;

    g_once_init_leave (&opened, ok ? 1 : 2);
  }

  return opened == 1 ? &driver : NULL;
}

/* the context in which kernels of a device run, which is the driver's primary
 * one; FALSE where the driver does not say */
static gboolean
get_primary (gint index, CUcontext *context, CUdevice *device)
{
  static GMutex lock;
  static CUcontext retained[MOST_DEVICES];
  const Driver *driver = get_driver ();
  gboolean ok;

  if (driver == NULL || index < 0 || index >= MOST_DEVICES
      || driver->device_get (device, index) != CUDA_SUCCESS)
    return FALSE;
  g_mutex_lock (&lock);
  ok = retained[index] != NULL
      || driver->primary_retain (&retained[index], *device) == CUDA_SUCCESS;
  *context = retained[index];
  g_mutex_unlock (&lock);

  return ok;
}

/* (transfer full) (nullable): the primary context, for GStreamer */
static GstCudaContext *
wrap_primary (gint index)
{
  CUcontext context;
  CUdevice device;

  return get_primary (index, &context, &device)
      ? gst_cuda_context_new_wrapped (context, device)
      : NULL;
}

/* asks downstream, then upstream, then the application for a context; each of
 * them gives it by the element's set_context */
static void
ask_others (GstNfCuda *cuda)
{
  GstElement *element = cuda->element;
  GstIterator *(*const directions[]) (GstElement *) = {
    gst_element_iterate_src_pads, gst_element_iterate_sink_pads
  };

  for (guint i = 0; i < G_N_ELEMENTS (directions); i++) {
    GstIterator *pads = directions[i](element);
    GValue item = G_VALUE_INIT;

    while (cuda->context == NULL
        && gst_iterator_next (pads, &item) == GST_ITERATOR_OK) {
      GstQuery *query = gst_query_new_context (GST_CUDA_CONTEXT_TYPE);
      GstContext *found = NULL;

      if (gst_pad_peer_query (g_value_get_object (&item), query))
        gst_query_parse_context (query, &found);
      if (found != NULL)
        gst_element_set_context (element, found);
      gst_query_unref (query);
      g_value_reset (&item);
    }
    g_value_unset (&item);
    gst_iterator_free (pads);
  }
  if (cuda->context == NULL)
    gst_element_post_message (element,
        gst_message_new_need_context (
            GST_OBJECT (element), GST_CUDA_CONTEXT_TYPE));
}

/* makes the primary context the element's, and announces it */
static void
offer_primary (GstNfCuda *cuda)
{
  GstCudaContext *primary = wrap_primary (cuda->index);
  GstContext *offered;

  if (primary == NULL)
    return;
  offered = gst_context_new_cuda_context (primary);
  gst_object_unref (primary);
  gst_element_set_context (cuda->element, offered);
  gst_element_post_message (cuda->element,
      gst_message_new_have_context (GST_OBJECT (cuda->element), offered));
}

/**
 * gst_nf_cuda_start:
 * @cuda: not started
 * @device: where the element computes; its object lock is not held
 *
 * Asks the neighbours and the application for a context on the device. Where
 * they have none the one that the kernels run in is offered to them, so that
 * there is one for all. Where there is none at all video stays in the host's
 * memory.
 */
void
gst_nf_cuda_start (GstNfCuda *cuda, const NfDevice *device)
{
  const gchar *name = device->name;
  GstContext *given;
  guint64 index;

  GST_OBJECT_LOCK (cuda->element);
  cuda->started = TRUE;
  cuda->index = -1;
  if (g_str_has_prefix (name, "cuda:")
      && g_ascii_string_to_unsigned (name + 5, 10, 0, G_MAXINT, &index, NULL))
    cuda->index = (gint) index;
  GST_OBJECT_UNLOCK (cuda->element);
  if (cuda->index < 0 || !load_library ())
    return;
  given = gst_element_get_context (cuda->element, GST_CUDA_CONTEXT_TYPE);
  if (given != NULL) {
    gst_nf_cuda_set_context (cuda, given);
    gst_context_unref (given);
  }
  if (cuda->context == NULL)
    ask_others (cuda);
  if (cuda->context == NULL)
    offer_primary (cuda);
  if (cuda->context == NULL)
    GST_WARNING_OBJECT (cuda->element,
        "no CUDA context on %s: video stays in the host's memory", name);
}

/**
 * gst_nf_cuda_stop:
 * @cuda: started or not; it is not known any more where the element computes
 */
void
gst_nf_cuda_stop (GstNfCuda *cuda)
{
  GstCudaContext *context;

  GST_OBJECT_LOCK (cuda->element);
  context = g_steal_pointer (&cuda->context);
  cuda->index = -1;
  cuda->started = FALSE;
  GST_OBJECT_UNLOCK (cuda->element);
  gst_clear_object (&context);
}

/**
 * gst_nf_cuda_set_context:
 * @cuda: of an element whose `set_context` is called
 * @context: a context of any type
 *
 * Returns: whether the context is one for the element's device and was taken
 */
gboolean
gst_nf_cuda_set_context (GstNfCuda *cuda, GstContext *context)
{
  GstCudaContext *found = NULL;
  gboolean taken;
  gint index;

  GST_OBJECT_LOCK (cuda->element);
  index = cuda->context == NULL ? cuda->index : -1;
  GST_OBJECT_UNLOCK (cuda->element);
  if (index < 0
      || !gst_cuda_handle_set_context (cuda->element, context, index, &found))
    return FALSE;
  GST_OBJECT_LOCK (cuda->element);
  taken = cuda->context == NULL && cuda->index == index;
  if (taken)
    cuda->context = g_steal_pointer (&found);
  GST_OBJECT_UNLOCK (cuda->element);
  gst_clear_object (&found);

  return taken;
}

/**
 * gst_nf_cuda_answer_context:
 * @cuda: of an element that is asked
 * @query: a CONTEXT query
 *
 * Returns: whether it was answered
 */
gboolean
gst_nf_cuda_answer_context (GstNfCuda *cuda, GstQuery *query)
{
  g_autoptr (GstObject) context = get_context (cuda);

  return context != NULL
      && gst_cuda_handle_context_query (
          cuda->element, query, GST_CUDA_CONTEXT (context));
}

/**
 * gst_nf_cuda_pad_template:
 * @name: of the pad
 * @direction: of the pad
 * @raw: caps in the host's memory
 * @cuda: caps in a GPU's memory, as %GST_NF_CUDA_READS
 *
 * Returns: (transfer floating): a template of both, a GPU's memory first
 */
GstPadTemplate *
gst_nf_cuda_pad_template (const gchar *name, GstPadDirection direction,
    const gchar *raw, const gchar *cuda)
{
  g_autofree gchar *both = g_strdup_printf ("%s; %s", cuda, raw);
  g_autoptr (GstCaps) caps = gst_caps_from_string (both);

  return gst_pad_template_new (name, direction, GST_PAD_ALWAYS, caps);
}

static gboolean
is_memory (const GstCaps *caps, guint i)
{
  GstCapsFeatures *features = gst_caps_get_features (caps, i);

  return features != NULL
      && gst_caps_features_contains (features, GST_NF_CUDA_MEMORY);
}

/**
 * gst_nf_cuda_is_memory:
 * @caps: fixed
 *
 * Returns: whether they are of video in a GPU's memory
 */
gboolean
gst_nf_cuda_is_memory (const GstCaps *caps)
{
  return gst_caps_get_size (caps) > 0 && is_memory (caps, 0);
}

/**
 * gst_nf_cuda_is_asked:
 * @query: an ALLOCATION query
 *
 * Returns: whether it is for video in a GPU's memory
 */
gboolean
gst_nf_cuda_is_asked (GstQuery *query)
{
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);

  return caps != NULL && gst_nf_cuda_is_memory (caps);
}

/**
 * gst_nf_cuda_any_memory:
 * @cuda: of an element
 * @caps: (transfer full): what goes out, or comes in, with video in the memory
 *   that @caps name
 *
 * Returns: (transfer full): the same with video in any memory that the element
 *   can use, the memory that @caps name first
 */
GstCaps *
gst_nf_cuda_any_memory (GstNfCuda *cuda, GstCaps *caps)
{
  GstCaps *all = gst_caps_new_empty ();
  gboolean offers;

  GST_OBJECT_LOCK (cuda->element);
  offers = cuda->context != NULL || !cuda->started;
  GST_OBJECT_UNLOCK (cuda->element);
  for (guint other = 0; other <= 1; other++) {
    for (guint i = 0; i < gst_caps_get_size (caps); i++) {
      const gboolean there = is_memory (caps, i) != (other == 1);

      if (!offers && (there || other == 1))
        continue;
      gst_caps_append_structure_full (all,
          gst_structure_copy (gst_caps_get_structure (caps, i)),
          there ? gst_caps_features_new (GST_NF_CUDA_MEMORY, NULL) : NULL);
    }
  }
  gst_caps_unref (caps);

  return all;
}

/* (transfer full) (nullable): a pool for frames of @caps, and their size */
static GstBufferPool *
make_pool (GstCudaContext *context, GstCaps *caps, guint least, guint most,
    guint *size)
{
  GstBufferPool *pool = gst_cuda_buffer_pool_new (context);
  GstStructure *config = gst_buffer_pool_get_config (pool);
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps)) {
    gst_structure_free (config);
    gst_object_unref (pool);
    return NULL;
  }
  gst_buffer_pool_config_set_params (
      config, caps, (guint) info.size, least, most);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config (pool, config)) {
    gst_object_unref (pool);
    return NULL;
  }
  /* rows are longer than they need to be, so the pool's size is another one */
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_get_params (config, NULL, size, NULL, NULL);
  gst_structure_free (config);

  return pool;
}

/**
 * gst_nf_cuda_propose:
 * @cuda: of an element that is asked for memory
 * @query: an ALLOCATION query for video in a GPU's memory
 *
 * Returns: FALSE where there is none
 */
gboolean
gst_nf_cuda_propose (GstNfCuda *cuda, GstQuery *query)
{
  g_autoptr (GstObject) context = get_context (cuda);
  GstBufferPool *pool = NULL;
  GstCaps *caps;
  guint size = 0;

  gst_query_parse_allocation (query, &caps, NULL);
  if (context != NULL && caps != NULL)
    pool = make_pool (GST_CUDA_CONTEXT (context), caps, 0, 0, &size);
  if (pool == NULL)
    return FALSE;
  gst_query_add_allocation_pool (query, pool, size, 0, 0);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_object_unref (pool);

  return TRUE;
}

/**
 * gst_nf_cuda_decide:
 * @cuda: of an element that pushes video in a GPU's memory
 * @query: the ALLOCATION query that downstream answered; gets a pool
 *
 * The first pool that downstream offers is taken where it is of the same
 * device.
 *
 * Returns: FALSE where there is none
 */
gboolean
gst_nf_cuda_decide (GstNfCuda *cuda, GstQuery *query)
{
  g_autoptr (GstObject) context = get_context (cuda);
  g_autoptr (GstBufferPool) pool = NULL;
  gboolean offered = gst_query_get_n_allocation_pools (query) > 0;
  guint size = 0, least = 0, most = 0;
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (context == NULL || caps == NULL)
    return FALSE;
  if (offered)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &least, &most);
  if (pool != NULL && GST_IS_CUDA_BUFFER_POOL (pool)
      && (gpointer) GST_CUDA_BUFFER_POOL (pool)->context == context)
    return TRUE;
  gst_clear_object (&pool);
  pool = make_pool (GST_CUDA_CONTEXT (context), caps, least, most, &size);
  if (pool == NULL)
    return FALSE;
  if (offered)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, least, most);
  else
    gst_query_add_allocation_pool (query, pool, size, least, most);

  return TRUE;
}

/* whether copies of the context that kernels run in reach a frame: memory of
 * another context they reach by luck at best, and there the driver copies */
static gboolean
is_reached (GstCudaContext *frame_context, guint index)
{
  CUcontext primary;
  CUdevice device;

  return get_primary ((gint) index, &primary, &device)
      && gst_cuda_context_get_handle (frame_context) == (gpointer) primary;
}

/* the buffer's memory, mapped on the device, or, where that is of another
 * context, in the host's memory, to and from which GStreamer copies it; FALSE
 * with the error set */
static gboolean
map (GstBuffer *buffer, const NfDevice *device, GstMapFlags flags,
    GstMapInfo *info, GError **error)
{
  GstMemory *memory = gst_buffer_peek_memory (buffer, 0);
  g_autofree gchar *name = NULL;
  guint index;

  if (gst_buffer_n_memory (buffer) != 1 || !gst_is_cuda_memory (memory)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "video: a buffer without GstCudaMemory, where the caps "
        "say " GST_NF_CUDA_MEMORY);
    return FALSE;
  }
  g_object_get (
      GST_CUDA_MEMORY_CAST (memory)->context, "cuda-device-id", &index, NULL);
  name = g_strdup_printf ("cuda:%u", index);
  if (!g_str_equal (name, device->name)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "video: a frame lies on %s, this element computes on %s; set its "
        "property device to the same GPU, or put cudadownload before it",
        name, device->name);
    return FALSE;
  }
  if (is_reached (GST_CUDA_MEMORY_CAST (memory)->context, index))
    flags |= GST_MAP_CUDA;
  if (gst_memory_map (memory, info, flags)) {
#if GST_CHECK_VERSION(1, 24, 0)
    gst_cuda_memory_sync (GST_CUDA_MEMORY_CAST (memory));
#endif
    return TRUE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "video: cannot %s a frame in the memory of %s",
      flags & GST_MAP_WRITE ? "write" : "read", name);

  return FALSE;
}

/* bytes from the begin of one pixel of a plane to the next, and its size */
static void
describe_plane (
    const GstVideoInfo *info, guint plane, gint64 *c, gint64 *h, gint64 *w)
{
  for (guint i = 0; i < GST_VIDEO_INFO_N_COMPONENTS (info); i++) {
    if (GST_VIDEO_INFO_COMP_PLANE (info, i) != plane)
      continue;
    *c = GST_VIDEO_INFO_COMP_PSTRIDE (info, i);
    *h = GST_VIDEO_INFO_COMP_HEIGHT (info, i);
    *w = GST_VIDEO_INFO_COMP_WIDTH (info, i);
    return;
  }
}

/**
 * gst_nf_cuda_read:
 * @buffer: a frame in GstCudaMemory
 * @info: of the frame, 8 bits a component
 * @device: where tensors lie
 * @planes: (out) (array) (transfer full): at least %GST_VIDEO_MAX_PLANES places
 *   for its planes: u8 (1, bytes of a pixel, rows, columns)
 * @error: return location: %NF_ERROR_INVALID (no such memory, another device),
 *   %NF_ERROR_IO, %NF_ERROR_NO_MEMORY, ...
 *
 * Returns: how many planes there are; 0 with @error set and no planes
 */
guint
gst_nf_cuda_read (GstBuffer *buffer, const GstVideoInfo *info, NfDevice *device,
    NfTensor **planes, GError **error)
{
  const guint n = GST_VIDEO_INFO_N_PLANES (info);
  const GstVideoInfo *own;
  GstMapInfo mapped;
  guint i = 0;

  if (!map (buffer, device, GST_MAP_READ, &mapped, error))
    return 0;
  own = &GST_CUDA_MEMORY_CAST (mapped.memory)->info;
  for (; i < n; i++) {
    gint64 c = 1, h = 1, w = 1;

    describe_plane (info, i, &c, &h, &w);
    planes[i] = nf_tensor_new_from_pitched (device, NF_U8, c, h, w,
        mapped.data + GST_VIDEO_INFO_PLANE_OFFSET (own, i),
        (gsize) GST_VIDEO_INFO_PLANE_STRIDE (own, i), error);
    if (planes[i] == NULL)
      break;
  }
  gst_memory_unmap (mapped.memory, &mapped);
  if (i == n)
    return n;
  while (i > 0)
    nf_tensor_clear (&planes[--i]);

  return 0;
}

/**
 * gst_nf_cuda_write:
 * @pixels: u8 (1, bytes of a pixel, rows, columns)
 * @buffer: a writable frame in GstCudaMemory
 * @info: of the frame, one plane of the size of @pixels
 * @error: return location: as gst_nf_cuda_read()
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_cuda_write (const NfTensor *pixels, GstBuffer *buffer,
    const GstVideoInfo *info, GError **error)
{
  const GstVideoInfo *own;
  GstMapInfo mapped;
  gboolean ok;

  if (!map (buffer, pixels->device, GST_MAP_WRITE, &mapped, error))
    return FALSE;
  own = &GST_CUDA_MEMORY_CAST (mapped.memory)->info;
  ok = nf_tensor_to_pitched (pixels, 0,
      mapped.data + GST_VIDEO_INFO_PLANE_OFFSET (own, 0),
      (gsize) GST_VIDEO_INFO_PLANE_STRIDE (own, 0), error);
  gst_memory_unmap (mapped.memory, &mapped);

  return ok;
}
