/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentmodel — the network of an nfsegment, and how it sees frames */
#include "segment/gstnfsegmentmodel.h"

#include "segment/gstnfsegmentsize.h"
#include "video/gstnfvideo.h"

#include <nextframe/metrics/nfclasses.h>

#define GST_CAT_DEFAULT gst_nf_segment_debug
GST_DEBUG_CATEGORY_EXTERN (gst_nf_segment_debug);

static void
unload (gpointer model)
{
  gst_nf_model_release (model);
}

void
gst_nf_segment_model_init (GstNfSegmentModel *self, GstElement *element,
    const GstNfModelSettings *settings,
    gpointer (*load) (GstElement *element, GError **error))
{
  *self = (GstNfSegmentModel){ .element = element, .settings = settings };
  gst_nf_reload_init (&self->reload, element, load, unload);
}

void
gst_nf_segment_model_clear (GstNfSegmentModel *self)
{
  gst_nf_reload_clear (&self->reload);
}

/* (transfer full) (nullable): on @device, or where that is NULL, on the one that
 * the properties name */
static GstNfModel *
acquire (GstNfSegmentModel *self, const gchar *device, GError **error)
{
  GstNfModelSettings settings;
  GstNfModel *model;

  gst_nf_properties_copy (gst_nf_segmenter_properties, self->element,
      self->settings, &settings, sizeof settings);
  if (device != NULL) {
    g_free (settings.device);
    settings.device = g_strdup (device);
  }
  model = gst_nf_model_acquire (&settings, GST_NF_MODEL_SEGMENTER, error);
  gst_nf_properties_clear (gst_nf_segmenter_properties, &settings);

  return model;
}

gpointer
gst_nf_segment_model_load (GstNfSegmentModel *self, GError **error)
{
  const gchar *device;

  GST_OBJECT_LOCK (self->element);
  device = self->classes > 0 ? self->device : NULL;
  GST_OBJECT_UNLOCK (self->element);

  return acquire (self, device, error);
}

/* says of @model, which takes the place of the one in use, what it is (transfer
 * full); returns that one (transfer full) (nullable) */
static GstNfModel *
set_model (GstNfSegmentModel *self, GstNfModel *model)
{
  const NfNet *net = nf_segmenter_net (gst_nf_model_segmenter (model));
  g_autoptr (JsonObject) config = nf_net_config (net);
  GstNfModel *before = self->model;
  NfSegmentSizes sizes;

  nf_segment_sizes (net, &sizes);
  GST_OBJECT_LOCK (self->element);
  self->model = model;
  self->arch = net->klass->name;
  self->encoder = g_intern_string (json_object_has_member (config, "encoder")
          ? json_object_get_string_member (config, "encoder")
          : NULL);
  self->classes = sizes.classes;
  self->device = g_intern_string (gst_nf_model_device (model)->name);
  GST_OBJECT_UNLOCK (self->element);
  GST_INFO_OBJECT (
      self->element, "%s on %s", gst_nf_model_path (model), self->device);

  return before;
}

/* those of the classes of @model */
static gboolean
load_names (GstNfSegmentModel *self, GstNfModel *model, const gchar *labels,
    GError **error)
{
  if (labels != NULL)
    self->names = nf_class_names_load (
        labels, nf_segmenter_classes (gst_nf_model_segmenter (model)), error);

  return labels == NULL || self->names != NULL;
}

gboolean
gst_nf_segment_model_start (GstNfSegmentModel *self, GstNfSegmentScale scale,
    const gchar *labels, GError **error)
{
  GstNfModel *model;

  gst_nf_reload_start (&self->reload);
  model = acquire (self, NULL, error);
  if (model != NULL && load_names (self, model, labels, error))
    self->colors = nf_tensor_new_from_nhwc (gst_nf_model_device (model), NF_U8,
        256, 3, 1, 1, nf_class_colors (), error);
  if (self->colors == NULL) {
    gst_nf_reload_stop (&self->reload);
    g_clear_pointer (&self->names, g_strfreev);
    g_clear_pointer (&model, gst_nf_model_release);
    return FALSE;
  }
  self->scale = scale;
  set_model (self, model);

  return TRUE;
}

static void
free_readers (GstNfSegmentModel *self)
{
  g_clear_pointer (&self->reader, gst_nf_frames_free);
  g_clear_pointer (&self->picture_reader, gst_nf_frames_free);
}

void
gst_nf_segment_model_stop (GstNfSegmentModel *self)
{
  gst_nf_reload_stop (&self->reload);
  GST_OBJECT_LOCK (self->element);
  self->classes = 0;
  GST_OBJECT_UNLOCK (self->element);
  free_readers (self);
  nf_tensor_clear (&self->colors);
  g_clear_pointer (&self->names, g_strfreev);
  g_clear_pointer (&self->model, gst_nf_model_release);
}

/* the size at which the network sees frames */
static void
choose_size (GstNfSegmentModel *self, const GstVideoInfo *info, guint *width,
    guint *height)
{
  guint trained_width, trained_height;
  gdouble ratio;

  *width = (guint) info->width;
  *height = (guint) info->height;
  nf_segmenter_trained_size (
      gst_nf_model_segmenter (self->model), &trained_height, &trained_width);
  if (trained_height == 0)
    return;
  ratio = gst_nf_segment_size_ratio (info, trained_width, trained_height);
  if (self->scale == GST_NF_SEGMENT_SCALE_AUTO)
    gst_nf_segment_size_scale (info, ratio, width, height);
  else if (gst_nf_segment_size_is_far (ratio))
    GST_ELEMENT_WARNING (self->element, STREAM, FORMAT,
        ("Frames of %dx%d are far from %ux%u, which the network was trained on",
            info->width, info->height, trained_width, trained_height),
        ("Masks will be poor; scale=auto scales frames for the network, and "
         "masks back"));
}

/* (transfer full) (nullable) */
static GstNfFrames *
reader_new (GstNfSegmentModel *self, GstCaps *caps, guint width, guint height,
    GError **error)
{
  GstVideoInfo packed;
  NfSegmentSizes sizes;

  nf_segment_sizes (
      nf_segmenter_net (gst_nf_model_segmenter (self->model)), &sizes);
  if (!gst_nf_video_packed_info (&packed, width, height, sizes.channels, error))
    return NULL;

  return gst_nf_frames_new_reader (
      gst_nf_model_device (self->model), caps, &packed, error);
}

static gboolean
make_readers (GstNfSegmentModel *self, GstCaps *caps, const GstVideoInfo *info,
    GError **error)
{
  guint width, height;

  choose_size (self, info, &width, &height);
  self->reader = reader_new (self, caps, width, height, error);
  if (self->reader == NULL)
    return FALSE;
  if (width == (guint) info->width && height == (guint) info->height)
    return TRUE;
  self->picture_reader =
      reader_new (self, caps, (guint) info->width, (guint) info->height, error);

  return self->picture_reader != NULL;
}

gboolean
gst_nf_segment_model_set_frames (GstNfSegmentModel *self, GstCaps *caps,
    const GstVideoInfo *info, GError **error)
{
  free_readers (self);

  return make_readers (self, caps, info, error);
}

gboolean
gst_nf_segment_model_read (GstNfSegmentModel *self, GstBuffer *frame,
    NfTensor **pixels, NfTensor **picture, GError **error)
{
  g_autoptr (NfTensor) seen = gst_nf_frames_read (self->reader, frame, error);

  if (seen == NULL)
    return FALSE;
  if (picture != NULL) {
    *picture = self->picture_reader != NULL
        ? gst_nf_frames_read (self->picture_reader, frame, error)
        : nf_tensor_ref (seen);
    if (*picture == NULL)
      return FALSE;
  }
  *pixels = g_steal_pointer (&seen);

  return TRUE;
}

GstNfModel *
gst_nf_segment_model_take (GstNfSegmentModel *self)
{
  GstNfModel *model = gst_nf_reload_take (&self->reload);

  if (model == self->model)
    g_clear_pointer (&model, gst_nf_model_release);

  return model;
}

/* whether names that were loaded are those of the classes of @model */
static gboolean
check_names (const GstNfSegmentModel *self, GstNfModel *model, GError **error)
{
  const guint classes = nf_segmenter_classes (gst_nf_model_segmenter (model));

  if (self->names == NULL || g_strv_length (self->names) == classes)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s: it has %u classes, and the file of the property labels names %u; "
      "stop the element and set another one",
      gst_nf_model_path (model), classes, g_strv_length (self->names));

  return FALSE;
}

gboolean
gst_nf_segment_model_change (GstNfSegmentModel *self, GstNfModel *model,
    GstCaps *caps, const GstVideoInfo *info)
{
  g_autoptr (GError) error = NULL;
  GstNfFrames *reader, *picture_reader;
  GstNfModel *before;

  if (!check_names (self, model, &error)) {
    gst_nf_reload_refuse (&self->reload, error);
    gst_nf_model_release (model);
    return FALSE;
  }
  reader = g_steal_pointer (&self->reader);
  picture_reader = g_steal_pointer (&self->picture_reader);
  before = set_model (self, model);
  if (caps != NULL && !make_readers (self, caps, info, &error)) {
    free_readers (self);
    self->reader = reader;
    self->picture_reader = picture_reader;
    set_model (self, before);
    gst_nf_reload_refuse (&self->reload, error);
    gst_nf_model_release (model);
    return FALSE;
  }
  g_clear_pointer (&reader, gst_nf_frames_free);
  g_clear_pointer (&picture_reader, gst_nf_frames_free);
  gst_nf_model_release (before);

  return TRUE;
}

void
gst_nf_segment_model_describe (
    const GstNfSegmentModel *self, GstStructure *structure)
{
  if (self->classes == 0)
    return;
  gst_structure_set (structure, "arch", G_TYPE_STRING, self->arch, NULL);
  if (self->encoder != NULL)
    gst_structure_set (
        structure, "encoder", G_TYPE_STRING, self->encoder, NULL);
  gst_structure_set (structure, "checkpoint", G_TYPE_STRING,
      gst_nf_model_path (self->model), "device", G_TYPE_STRING, self->device,
      "classes", G_TYPE_INT, self->classes, NULL);
}
