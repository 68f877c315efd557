/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentmodel — the network of an nfsegment, and how it sees frames
 *
 * Loaded when the element starts, and again where a property names another
 * checkpoint: that one is taken between two frames, if it can see them.
 * See: gstnfsegment.c, common/gstnfmodel.h, common/gstnfreload.h */
#pragma once

#include "common/gstnfframes.h"
#include "common/gstnfreload.h"
#include "segment/gstnfsegmentsettings.h"

G_BEGIN_DECLS

/**
 * GstNfSegmentModel:
 * @model: (nullable): the network in use
 * @classes: that it knows; 0: there is none
 * @colors: of classes, on the network's device, see nf_op_paint()
 * @names: (nullable): of classes, where the property `labels` has them
 *
 * Belongs to one element. The streaming thread reads the members while the
 * element runs, others with its object lock.
 */
typedef struct
{
  GstNfModel *model;
  gint classes;
  NfTensor *colors;
  gchar **names;

  /*< private >*/
  GstElement *element;
  const GstNfModelSettings *settings; /* the element's; object lock */
  GstNfReload reload; /* of a GstNfModel */
  const gchar *arch, *encoder; /* of @model; the latter may be NULL */
  const gchar *device; /* where it runs, interned */
  GstNfSegmentScale scale;
  GstNfFrames *reader; /* of what the network sees */
  GstNfFrames *picture_reader; /* of frames at their own size; NULL: @reader */
} GstNfSegmentModel;

/**
 * gst_nf_segment_model_init:
 * @self: (out): without a network
 * @element: an element; not referenced
 * @settings: the element's, guarded by its object lock; they outlive @self
 * @load: calls gst_nf_segment_model_load() with @self
 */
void gst_nf_segment_model_init (GstNfSegmentModel *self, GstElement *element,
    const GstNfModelSettings *settings,
    gpointer (*load) (GstElement *element, GError **error));

/**
 * gst_nf_segment_model_clear:
 * @self: stopped, to be freed
 */
void gst_nf_segment_model_clear (GstNfSegmentModel *self);

/**
 * gst_nf_segment_model_load:
 * @self: may be in use meanwhile
 * @error: return location, see gst_nf_model_acquire()
 *
 * Returns: (transfer full) (nullable): the network that the properties name now,
 *   a #GstNfModel on the device of the one in use
 */
gpointer gst_nf_segment_model_load (GstNfSegmentModel *self, GError **error);

/**
 * gst_nf_segment_model_start:
 * @self: stopped
 * @scale: the property `scale`
 * @labels: (nullable): the property `labels`
 * @error: return location, see gst_nf_model_acquire() and
 *   nf_class_names_load()
 *
 * Loads the network that the properties name, and the names of its classes.
 *
 * Returns: FALSE with @error set; then @self is stopped
 */
gboolean gst_nf_segment_model_start (GstNfSegmentModel *self,
    GstNfSegmentScale scale, const gchar *labels, GError **error);

/**
 * gst_nf_segment_model_stop:
 * @self: started or not
 *
 * Waits for a network that is being loaded.
 */
void gst_nf_segment_model_stop (GstNfSegmentModel *self);

/**
 * gst_nf_segment_model_set_frames:
 * @self: started
 * @caps: of the frames that come now
 * @info: the same
 * @error: return location: %NF_ERROR_NO_MEMORY, ...
 *
 * Warns where frames are of another size than those of the training, see the
 * property `scale`.
 *
 * Returns: FALSE with @error set where the network cannot see such frames
 */
gboolean gst_nf_segment_model_set_frames (GstNfSegmentModel *self,
    GstCaps *caps, const GstVideoInfo *info, GError **error);

/**
 * gst_nf_segment_model_read:
 * @self: that knows what frames are like
 * @frame: one of them
 * @pixels: (out): what the network sees of it, on its device
 * @picture: (out) (optional): its pixels at its own size
 * @error: return location: %NF_ERROR_NO_MEMORY, ...
 *
 * Returns: FALSE with @error set; then nothing is given
 */
gboolean gst_nf_segment_model_read (GstNfSegmentModel *self, GstBuffer *frame,
    NfTensor **pixels, NfTensor **picture, GError **error);

/**
 * gst_nf_segment_model_take:
 * @self: started
 *
 * Returns: (transfer full) (nullable): another network that was loaded since the
 *   last call, for gst_nf_segment_model_change()
 */
GstNfModel *gst_nf_segment_model_take (GstNfSegmentModel *self);

/**
 * gst_nf_segment_model_change:
 * @self: started
 * @model: (transfer full): takes the place of the network in use
 * @caps: (nullable): of the frames that come now; NULL where nobody knows yet
 * @info: the same
 *
 * Returns: FALSE, after a warning, where that network cannot see such frames, or
 *   has another number of classes than `labels` has names; then the one from
 *   before is in use
 */
gboolean gst_nf_segment_model_change (GstNfSegmentModel *self,
    GstNfModel *model, GstCaps *caps, const GstVideoInfo *info);

/**
 * gst_nf_segment_model_describe:
 * @self: of an element whose object lock is held
 * @structure: gets fields that say what the network is, if there is one
 */
void gst_nf_segment_model_describe (
    const GstNfSegmentModel *self, GstStructure *structure);

G_END_DECLS
