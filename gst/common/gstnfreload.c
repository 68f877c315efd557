/* SPDX-License-Identifier: MIT
 *
 * gstnfreload — networks that are loaded while others are in use
 *
 * One thread at a time loads. What is asked for meanwhile is loaded by the same
 * thread afterwards, so that the last request wins. */
#include "common/gstnfreload.h"

#include "common/gstnferror.h"

static GQuark
reload_quark (void)
{
  return g_quark_from_static_string ("gst-nf-reload");
}

void
gst_nf_reload_init (GstNfReload *reload, GstElement *element,
    gpointer (*load) (GstElement *element, GError **error),
    GDestroyNotify unload)
{
  *reload = (GstNfReload){ .element = element, .load = load, .unload = unload };
  g_mutex_init (&reload->lock);
  g_object_set_qdata (G_OBJECT (element), reload_quark (), reload);
}

void
gst_nf_reload_clear (GstNfReload *reload)
{
  g_object_set_qdata (G_OBJECT (reload->element), reload_quark (), NULL);
  g_mutex_clear (&reload->lock);
}

void
gst_nf_reload_start (GstNfReload *reload)
{
  g_mutex_lock (&reload->lock);
  reload->started = TRUE;
  reload->wanted = FALSE;
  g_mutex_unlock (&reload->lock);
}

void
gst_nf_reload_stop (GstNfReload *reload)
{
  GThread *thread;
  gpointer loaded;

  g_mutex_lock (&reload->lock);
  reload->started = FALSE;
  thread = g_steal_pointer (&reload->thread);
  g_mutex_unlock (&reload->lock);
  if (thread != NULL)
    g_thread_join (thread);
  loaded = g_steal_pointer (&reload->loaded);
  if (loaded != NULL)
    reload->unload (loaded);
}

/* the lock is held, but not while something is loaded or freed */
static void
load_once (GstNfReload *reload)
{
  g_autoptr (GError) error = NULL;
  gpointer loaded, before = NULL;

  reload->wanted = FALSE;
  g_mutex_unlock (&reload->lock);
  loaded = reload->load (reload->element, &error);
  if (loaded == NULL)
    gst_nf_reload_refuse (reload, error);
  g_mutex_lock (&reload->lock);
  if (loaded != NULL) {
    before = reload->loaded;
    reload->loaded = loaded;
  }
  g_mutex_unlock (&reload->lock);
  if (before != NULL)
    reload->unload (before);
  g_mutex_lock (&reload->lock);
}

static gpointer
load_thread (gpointer data)
{
  GstNfReload *reload = data;

  g_mutex_lock (&reload->lock);
  while (reload->started && reload->wanted)
    load_once (reload);
  reload->running = FALSE;
  g_mutex_unlock (&reload->lock);

  return NULL;
}

void
gst_nf_reload_property_changed (GObject *element)
{
  GstNfReload *reload = g_object_get_qdata (element, reload_quark ());

  g_return_if_fail (reload != NULL);

  g_mutex_lock (&reload->lock);
  reload->wanted = TRUE;
  if (reload->started && !reload->running) {
    /* it has let go of the lock for the last time */
    if (reload->thread != NULL)
      g_thread_join (reload->thread);
    reload->running = TRUE;
    reload->thread = g_thread_new ("nf-reload", load_thread, reload);
  }
  g_mutex_unlock (&reload->lock);
}

gpointer
gst_nf_reload_take (GstNfReload *reload)
{
  gpointer loaded;

  g_mutex_lock (&reload->lock);
  loaded = g_steal_pointer (&reload->loaded);
  g_mutex_unlock (&reload->lock);

  return loaded;
}

void
gst_nf_reload_refuse (GstNfReload *reload, const GError *error)
{
  gst_nf_element_warning (reload->element,
      "The checkpoint cannot be used, so the network from before stays in use",
      error);
}
