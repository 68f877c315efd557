/* SPDX-License-Identifier: MIT
 *
 * nfcudarig — elements in a harness, with frames in a GPU's memory */
#include "nfcudarig.h"

#include "nfmodelrig.h"

#include <dlfcn.h>
#include <gst/cuda/gstcudaloader.h>

/**
 * nf_cuda_make_models:
 *
 * Makes the networks of nfmodelrig and loads GStreamer's CUDA library, for
 * tcase_add_unchecked_fixture(); nf_models_remove() is its counterpart.
 */
void
nf_cuda_make_models (void)
{
  nf_models_make ();
  fail_unless (gst_cuda_load_library ());
  gst_cuda_memory_init_once ();
}

/**
 * nf_cuda_count_copies:
 *
 * Returns: how often GStreamer copied between host and device so far; NVIDIA's
 *   driver does not say
 */
NfStandinDriverCounts
nf_cuda_count_copies (void)
{
  void *driver = dlopen ("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
  void (*counts_of) (NfStandinDriverCounts *);
  NfStandinDriverCounts counts = { 0, 0, 0 };

  fail_unless (driver != NULL, "no libcuda.so.1");
  *(void **) &counts_of = dlsym (driver, "nf_standin_driver_counts");
  if (counts_of != NULL)
    counts_of (&counts);
  dlclose (driver);

  return counts;
}

/**
 * nf_cuda_primary_context:
 *
 * Returns: (transfer full): the context of device 0 that the runtime and its
 *   kernels use
 */
GstCudaContext *
nf_cuda_primary_context (void)
{
  void *driver = dlopen ("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
  CUresult (*retain) (CUcontext *, CUdevice);
  CUcontext primary;

  fail_unless (driver != NULL, "no libcuda.so.1");
  *(void **) &retain = dlsym (driver, "cuDevicePrimaryCtxRetain");
  fail_unless_equals_int (retain (&primary, 0), CUDA_SUCCESS);
  dlclose (driver);

  return gst_cuda_context_new_wrapped (primary, 0);
}

/**
 * nf_cuda_pool_new:
 * @context: where frames lie
 * @caps: of them
 *
 * Returns: (transfer full): an active pool
 */
GstBufferPool *
nf_cuda_pool_new (GstCudaContext *context, GstCaps *caps)
{
  GstBufferPool *pool = gst_cuda_buffer_pool_new (context);
  GstStructure *config = gst_buffer_pool_get_config (pool);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_buffer_pool_config_set_params (config, caps, (guint) info.size, 0, 0);
  fail_unless (gst_buffer_pool_set_config (pool, config));
  fail_unless (gst_buffer_pool_set_active (pool, TRUE));

  return pool;
}

/**
 * nf_cuda_upload:
 * @pool: of frames in a GPU's memory
 * @info: of them
 * @raw: (transfer full): a frame in the host's memory
 *
 * Returns: (transfer full): the same in the pool's memory, uploaded already
 */
GstBuffer *
nf_cuda_upload (GstBufferPool *pool, const GstVideoInfo *info, GstBuffer *raw)
{
  GstBuffer *buffer = NULL;
  GstVideoFrame from, to;
  GstMapInfo map;

  fail_unless_equals_int (
      gst_buffer_pool_acquire_buffer (pool, &buffer, NULL), GST_FLOW_OK);
  fail_unless (gst_video_frame_map (&from, info, raw, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&to, info, buffer, GST_MAP_WRITE));
  fail_unless (gst_video_frame_copy (&to, &from));
  gst_video_frame_unmap (&to);
  gst_video_frame_unmap (&from);
  gst_buffer_copy_into (buffer, raw, GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  gst_buffer_unref (raw);
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ | GST_MAP_CUDA));
  gst_buffer_unmap (buffer, &map);

  return buffer;
}

/**
 * nf_cuda_harness_new:
 * @launch: elements; PREDICTOR and SEGMENTER stand for checkpoints
 * @context: (nullable): given to them; else they get one by themselves
 * @bus: (out): gets their messages
 *
 * Returns: (transfer full): the elements
 */
GstHarness *
nf_cuda_harness_new (const gchar *launch, GstCudaContext *context, GstBus **bus)
{
  g_auto (GStrv) predicts = g_strsplit (launch, "PREDICTOR", -1);
  g_autofree gchar *half = g_strjoinv (nf_models_predictor (), predicts);
  g_auto (GStrv) segments = g_strsplit (half, "SEGMENTER", -1);
  g_autofree gchar *whole = g_strjoinv (nf_models_segmenter (), segments);
  GstElement *bin = gst_parse_bin_from_description (whole, TRUE, NULL);
  GstHarness *h;

  fail_unless (bin != NULL, "no such elements: %s", whole);
  gst_object_ref_sink (bin);
  *bus = nf_test_attach_bus (bin);
  if (context != NULL) {
    GstContext *given = gst_context_new_cuda_context (context);

    gst_element_set_context (bin, given);
    gst_context_unref (given);
  }
  h = gst_harness_new_with_element (bin, "sink", "src");
  gst_object_unref (bin);

  return h;
}

/**
 * nf_cuda_frames:
 * @caps: of the frames, which say whose memory they lie in
 * @context: (nullable): of those in a GPU's memory
 * @from: number of the first one
 *
 * Returns: (transfer full): %NF_CUDA_FRAMES frames
 */
GPtrArray *
nf_cuda_frames (GstCaps *caps, GstCudaContext *context, guint from)
{
  const gboolean there = gst_caps_features_contains (
      gst_caps_get_features (caps, 0), "memory:CUDAMemory");
  GstBufferPool *pool = there ? nf_cuda_pool_new (context, caps) : NULL;
  GPtrArray *frames = g_ptr_array_new ();
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  for (guint i = from; i < from + NF_CUDA_FRAMES; i++) {
    GstBuffer *frame = nf_test_frame (&info, i, 0);

    nf_test_set_times (frame, i, 40 * GST_MSECOND);
    g_ptr_array_add (
        frames, there ? nf_cuda_upload (pool, &info, frame) : frame);
  }
  if (there) {
    gst_buffer_pool_set_active (pool, FALSE);
    gst_object_unref (pool);
  }

  return frames;
}

/**
 * nf_cuda_push_all:
 * @h: takes all of them
 * @frames: (transfer full): frames
 */
void
nf_cuda_push_all (GstHarness *h, GPtrArray *frames)
{
  for (guint i = 0; i < frames->len; i++)
    fail_unless_equals_int (
        gst_harness_push (h, frames->pdata[i]), GST_FLOW_OK);
  g_ptr_array_unref (frames);
}

void
nf_cuda_push_frames (
    GstHarness *h, GstCaps *caps, GstCudaContext *context, guint from)
{
  nf_cuda_push_all (h, nf_cuda_frames (caps, context, from));
}
