/* SPDX-License-Identifier: MIT
 *
 * gstnfreload — networks that are loaded while others are in use
 *
 * When a property that names a checkpoint is set on an element that runs, the
 * network is loaded in a thread of its own. The streaming thread takes it between
 * two frames or clips. Until then, and where the file is no good, the network
 * from before stays in use.
 * See: gstnfmodel.h; gstnfsegment.c and gstnfpredict.c, which use it */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfReload:
 *
 * Belongs to one element. All zeros is no valid state.
 */
typedef struct
{
  /*< private >*/
  GstElement *element;
  gpointer (*load) (GstElement *element, GError **error);
  GDestroyNotify unload;

  GMutex lock;
  gboolean started; /* requests are followed */
  gboolean wanted; /* the properties changed since the last load began */
  gboolean running; /* @thread loads */
  GThread *thread; /* NULL, or to be joined */
  gpointer loaded; /* not taken yet */
} GstNfReload;

/**
 * gst_nf_reload_init:
 * @reload: (out): of @element
 * @element: an element; not referenced
 * @load: loads what the properties name now; called in a thread of its own
 * @unload: frees what @load gave
 *
 * Nothing is loaded before gst_nf_reload_start().
 */
void gst_nf_reload_init (GstNfReload *reload, GstElement *element,
    gpointer (*load) (GstElement *element, GError **error),
    GDestroyNotify unload);

/**
 * gst_nf_reload_clear:
 * @reload: stopped, to be freed
 */
void gst_nf_reload_clear (GstNfReload *reload);

/**
 * gst_nf_reload_start:
 * @reload: of an element that has its network
 *
 * From now on a property that is set has another one loaded.
 */
void gst_nf_reload_start (GstNfReload *reload);

/**
 * gst_nf_reload_stop:
 * @reload: started or not
 *
 * Waits for a network that is being loaded, and frees one that was not taken.
 */
void gst_nf_reload_stop (GstNfReload *reload);

/**
 * gst_nf_reload_property_changed:
 * @element: an element with a #GstNfReload
 *
 * A property that names a checkpoint was set: for rows of #GstNfProperty.
 */
void gst_nf_reload_property_changed (GObject *element);

/**
 * gst_nf_reload_take:
 * @reload: started
 *
 * Returns: (transfer full) (nullable): what was loaded since the last call
 */
gpointer gst_nf_reload_take (GstNfReload *reload);

/**
 * gst_nf_reload_refuse:
 * @reload: started
 * @error: why the network cannot be used
 *
 * Posts a warning that says so, and that the one from before stays.
 */
void gst_nf_reload_refuse (GstNfReload *reload, const GError *error);

G_END_DECLS
