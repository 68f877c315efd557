/* SPDX-License-Identifier: MIT
 *
 * gstnfproperties — properties of elements, as rows of a table
 *
 * Each #GParamSpec carries its row and the place of its field in the object, so
 * one pair of functions sets and gets the properties of all classes. */
#include "common/gstnfproperties.h"

/* what a GParamSpec carries */
typedef struct
{
  const GstNfProperty *row;
  gssize offset; /* of the field, in the object */
} Slot;

/* @offset: of the row's field, from where the settings begin */
typedef void (*Visit) (const GstNfProperty *row, gssize offset, gpointer data);

static G_DEFINE_QUARK (gst - nf - property - slot, slot)

    /* the rows of the table and of its groups */
    static void visit_all (const GstNfProperty *properties, gssize offset,
        Visit visit, gpointer data)
{
  const GstNfProperty *row;

  for (row = properties; row->type != GST_NF_PROPERTY_END; row++) {
    if (row->type == GST_NF_PROPERTY_GROUP)
      visit_all (row->group, offset + row->offset, visit, data);
    else
      visit (row, offset + row->offset, data);
  }
}

static gsize
size_of (GstNfPropertyType type)
{
  switch (type) {
    case GST_NF_PROPERTY_INT64:
    case GST_NF_PROPERTY_UINT64:
      return sizeof (guint64);
    case GST_NF_PROPERTY_DOUBLE:
      return sizeof (gdouble);
    case GST_NF_PROPERTY_STRING:
      return sizeof (gchar *);
    case GST_NF_PROPERTY_FRACTION:
      return sizeof (GstNfFraction);
    default: /* boolean, int, uint, enum */
      return sizeof (guint);
  }
}

static GParamSpec *
new_pspec (const GstNfProperty *row)
{
  const gchar *name = row->name, *nick = row->nick, *blurb = row->blurb;
  GParamFlags flags = row->flags | G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  if (row->get == NULL)
    flags |= G_PARAM_WRITABLE;
  switch (row->type) {
    case GST_NF_PROPERTY_BOOLEAN:
      return g_param_spec_boolean (
          name, nick, blurb, row->natural.initial, flags);
    case GST_NF_PROPERTY_INT:
      return g_param_spec_int (name, nick, blurb, row->integer.min,
          row->integer.max, row->integer.initial, flags);
    case GST_NF_PROPERTY_UINT:
      return g_param_spec_uint (name, nick, blurb, row->natural.min,
          row->natural.max, row->natural.initial, flags);
    case GST_NF_PROPERTY_INT64:
      return g_param_spec_int64 (name, nick, blurb, row->integer.min,
          row->integer.max, row->integer.initial, flags);
    case GST_NF_PROPERTY_UINT64:
      return g_param_spec_uint64 (name, nick, blurb, row->natural.min,
          row->natural.max, row->natural.initial, flags);
    case GST_NF_PROPERTY_DOUBLE:
      return g_param_spec_double (name, nick, blurb, row->real.min,
          row->real.max, row->real.initial, flags);
    case GST_NF_PROPERTY_STRING:
      return g_param_spec_string (name, nick, blurb, row->string, flags);
    case GST_NF_PROPERTY_ENUM:
      gst_type_mark_as_plugin_api (row->get_type (), 0);
      return g_param_spec_enum (
          name, nick, blurb, row->get_type (), row->natural.initial, flags);
    case GST_NF_PROPERTY_FRACTION:
      return gst_param_spec_fraction (name, nick, blurb, 1, G_MAXINT, G_MAXINT,
          1, row->fraction.n, row->fraction.d, flags);
    case GST_NF_PROPERTY_STRUCTURE:
      return g_param_spec_boxed (name, nick, blurb, GST_TYPE_STRUCTURE, flags);
    default:
      g_assert_not_reached ();
  }
}

static void
install_row (const GstNfProperty *row, gssize offset, gpointer data)
{
  GParamSpec *pspec = new_pspec (row);
  Slot *slot = g_new (Slot, 1);
  guint n_known;

  g_assert (row->get != NULL || row->size == size_of (row->type));
  slot->row = row;
  slot->offset = offset;
  g_param_spec_set_qdata_full (pspec, slot_quark (), slot, g_free);
  g_param_spec_set_qdata (pspec,
      g_quark_from_static_string (GST_NF_PROPERTY_DETAILS),
      (gpointer) row->details);
  /* numbers in the order of the table, which is that of the documentation */
  g_free (g_object_class_list_properties (data, &n_known));
  g_object_class_install_property (data, n_known + 1, pspec);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  const Slot *slot = g_param_spec_get_qdata (pspec, slot_quark ());
  gpointer field = G_STRUCT_MEMBER_P (object, slot->offset);

  GST_OBJECT_LOCK (object);
  switch (slot->row->type) {
    case GST_NF_PROPERTY_BOOLEAN:
      *(gboolean *) field = g_value_get_boolean (value);
      break;
    case GST_NF_PROPERTY_INT:
      *(gint *) field = g_value_get_int (value);
      break;
    case GST_NF_PROPERTY_UINT:
      *(guint *) field = g_value_get_uint (value);
      break;
    case GST_NF_PROPERTY_INT64:
      *(gint64 *) field = g_value_get_int64 (value);
      break;
    case GST_NF_PROPERTY_UINT64:
      *(guint64 *) field = g_value_get_uint64 (value);
      break;
    case GST_NF_PROPERTY_DOUBLE:
      *(gdouble *) field = g_value_get_double (value);
      break;
    case GST_NF_PROPERTY_STRING:
      g_free (*(gchar **) field);
      *(gchar **) field = g_value_dup_string (value);
      break;
    case GST_NF_PROPERTY_ENUM:
      *(gint *) field = g_value_get_enum (value);
      break;
    case GST_NF_PROPERTY_FRACTION:
      *(GstNfFraction *) field =
          (GstNfFraction){ gst_value_get_fraction_numerator (value),
            gst_value_get_fraction_denominator (value) };
      break;
    default:
      g_assert_not_reached ();
  }
  GST_OBJECT_UNLOCK (object);
  if (slot->row->changed != NULL)
    slot->row->changed (object);
}

static void
get_field (const GstNfProperty *row, gconstpointer field, GValue *value)
{
  const GstNfFraction *fraction = field;

  switch (row->type) {
    case GST_NF_PROPERTY_BOOLEAN:
      g_value_set_boolean (value, *(const gboolean *) field);
      break;
    case GST_NF_PROPERTY_INT:
      g_value_set_int (value, *(const gint *) field);
      break;
    case GST_NF_PROPERTY_UINT:
      g_value_set_uint (value, *(const guint *) field);
      break;
    case GST_NF_PROPERTY_INT64:
      g_value_set_int64 (value, *(const gint64 *) field);
      break;
    case GST_NF_PROPERTY_UINT64:
      g_value_set_uint64 (value, *(const guint64 *) field);
      break;
    case GST_NF_PROPERTY_DOUBLE:
      g_value_set_double (value, *(const gdouble *) field);
      break;
    case GST_NF_PROPERTY_STRING:
      g_value_set_string (value, *(gchar *const *) field);
      break;
    case GST_NF_PROPERTY_ENUM:
      g_value_set_enum (value, *(const gint *) field);
      break;
    case GST_NF_PROPERTY_FRACTION:
      gst_value_set_fraction (value, fraction->n, fraction->d);
      break;
    default:
      g_assert_not_reached ();
  }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  const Slot *slot = g_param_spec_get_qdata (pspec, slot_quark ());

  GST_OBJECT_LOCK (object);
  if (slot->row->get != NULL)
    slot->row->get (object, value);
  else
    get_field (slot->row, G_STRUCT_MEMBER_P (object, slot->offset), value);
  GST_OBJECT_UNLOCK (object);
}

void
gst_nf_properties_install (
    GObjectClass *klass, const GstNfProperty *properties, gssize offset)
{
  klass->set_property = set_property;
  klass->get_property = get_property;
  visit_all (properties, offset, install_row, klass);
}

static void
init_field (const GstNfProperty *row, gssize offset, gpointer data)
{
  gpointer field = G_STRUCT_MEMBER_P (data, offset);

  if (row->get != NULL)
    return;
  switch (row->type) {
    case GST_NF_PROPERTY_INT:
      *(gint *) field = row->integer.initial;
      break;
    case GST_NF_PROPERTY_INT64:
      *(gint64 *) field = row->integer.initial;
      break;
    case GST_NF_PROPERTY_UINT64:
      *(guint64 *) field = row->natural.initial;
      break;
    case GST_NF_PROPERTY_DOUBLE:
      *(gdouble *) field = row->real.initial;
      break;
    case GST_NF_PROPERTY_STRING:
      *(gchar **) field = g_strdup (row->string);
      break;
    case GST_NF_PROPERTY_FRACTION:
      *(GstNfFraction *) field = row->fraction;
      break;
    default: /* boolean, uint, enum */
      *(guint *) field = row->natural.initial;
      break;
  }
}

void
gst_nf_properties_init (const GstNfProperty *properties, gpointer settings)
{
  visit_all (properties, 0, init_field, settings);
}

static void
clear_field (const GstNfProperty *row, gssize offset, gpointer data)
{
  if (row->get == NULL && row->type == GST_NF_PROPERTY_STRING)
    g_clear_pointer (&G_STRUCT_MEMBER (gchar *, data, offset), g_free);
}

void
gst_nf_properties_clear (const GstNfProperty *properties, gpointer settings)
{
  visit_all (properties, 0, clear_field, settings);
}

static void
copy_string (const GstNfProperty *row, gssize offset, gpointer data)
{
  gchar **field = &G_STRUCT_MEMBER (gchar *, data, offset);

  if (row->get == NULL && row->type == GST_NF_PROPERTY_STRING)
    *field = g_strdup (*field);
}

void
gst_nf_properties_copy (const GstNfProperty *properties, gpointer object,
    gconstpointer settings, gpointer copy, gsize size)
{
  GST_OBJECT_LOCK (object);
  memcpy (copy, settings, size);
  visit_all (properties, 0, copy_string, copy);
  GST_OBJECT_UNLOCK (object);
}
