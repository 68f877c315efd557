/* SPDX-License-Identifier: MIT
 *
 * gstnfproperties — properties of elements, as rows of a table
 *
 * All that is known of a property stands in its row: its name, what values it
 * takes, when it may be set, what it does, and where its value lies. A table is
 * an array of rows that ends with GST_NF_PROPERTIES_END; each element has one:
 *
 * |[
 * typedef struct
 * {
 *   guint classes;
 * } Settings;
 *
 * static const GstNfProperty properties[] = {
 *   {
 *       .name = "classes",
 *       .nick = "Classes",
 *       .blurb = "Number of classes, background included",
 *       .details = "Larger ids are background.",
 *       GST_NF_UINT (2, 256, 49),
 *       GST_NF_FIELD (Settings, classes),
 *       .flags = GST_PARAM_MUTABLE_READY,
 *   },
 *   GST_NF_PROPERTIES_END,
 * };
 * ]|
 *
 * gst-inspect-1.0 shows the blurb, docs/elements.md the blurb and the details:
 * `meson compile -C build docs-properties` writes its tables. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** GST_NF_PROPERTY_DETAILS: qdata of a #GParamSpec: the details in its row */
#define GST_NF_PROPERTY_DETAILS "gst-nf-property-details"

/**
 * GstNfPropertyType:
 * @GST_NF_PROPERTY_END: of the table
 * @GST_NF_PROPERTY_GROUP: the rows of another table
 * @GST_NF_PROPERTY_BOOLEAN: a #gboolean
 * @GST_NF_PROPERTY_INT: a #gint
 * @GST_NF_PROPERTY_UINT: a #guint
 * @GST_NF_PROPERTY_INT64: a #gint64
 * @GST_NF_PROPERTY_UINT64: a #guint64
 * @GST_NF_PROPERTY_DOUBLE: a #gdouble
 * @GST_NF_PROPERTY_STRING: a string or NULL; the settings own a copy
 * @GST_NF_PROPERTY_ENUM: an enumeration with a #GType
 * @GST_NF_PROPERTY_FRACTION: a #GstNfFraction above 0
 * @GST_NF_PROPERTY_STRUCTURE: a #GstStructure; always computed
 *
 * What a row is, and what its field holds.
 */
typedef enum
{
  GST_NF_PROPERTY_END,
  GST_NF_PROPERTY_GROUP,
  GST_NF_PROPERTY_BOOLEAN,
  GST_NF_PROPERTY_INT,
  GST_NF_PROPERTY_UINT,
  GST_NF_PROPERTY_INT64,
  GST_NF_PROPERTY_UINT64,
  GST_NF_PROPERTY_DOUBLE,
  GST_NF_PROPERTY_STRING,
  GST_NF_PROPERTY_ENUM,
  GST_NF_PROPERTY_FRACTION,
  GST_NF_PROPERTY_STRUCTURE,
} GstNfPropertyType;

/**
 * GstNfFraction:
 * @n: numerator
 * @d: denominator
 */
typedef struct
{
  gint n, d;
} GstNfFraction;

/**
 * GstNfProperty:
 * @name: of the property
 * @nick: a name for people
 * @blurb: one line on what it does, for gst-inspect-1.0; no full stop
 * @details: (nullable): whole sentences of Markdown with what else there is to
 *   know, for docs/elements.md
 * @type: by one of the macros below, as are the fields up to @size
 * @integer: the range and the default of %GST_NF_PROPERTY_INT and
 *   %GST_NF_PROPERTY_INT64
 * @natural: the same of %GST_NF_PROPERTY_UINT, %GST_NF_PROPERTY_UINT64 and
 *   %GST_NF_PROPERTY_ENUM, and the default of %GST_NF_PROPERTY_BOOLEAN
 * @real: the range and the default of %GST_NF_PROPERTY_DOUBLE
 * @fraction: the default of %GST_NF_PROPERTY_FRACTION
 * @string: (nullable): the default of %GST_NF_PROPERTY_STRING
 * @get_type: type of a %GST_NF_PROPERTY_ENUM
 * @group: the rows of a %GST_NF_PROPERTY_GROUP
 * @offset: of the field (of a group: of its settings), from where the settings
 *   of the table begin
 * @size: of the field, to check that it is of the type
 * @flags: when it may be set: %GST_PARAM_MUTABLE_READY or
 *   %GST_PARAM_MUTABLE_PLAYING
 * @get: (nullable): computes a property that has no field and can only be read;
 *   called with the object lock
 * @changed: (nullable): called after the property was set, without the lock
 *
 * A row. Its strings and its group are never freed.
 */
typedef struct _GstNfProperty GstNfProperty;

struct _GstNfProperty
{
  const gchar *name;
  const gchar *nick;
  const gchar *blurb;
  const gchar *details;

  GstNfPropertyType type;
  union
  {
    struct
    {
      gint64 min, max, initial;
    } integer;
    struct
    {
      guint64 min, max, initial;
    } natural;
    struct
    {
      gdouble min, max, initial;
    } real;
    GstNfFraction fraction;
    const gchar *string;
  };
  GType (*get_type) (void);
  const GstNfProperty *group;

  gsize offset;
  gsize size;

  GParamFlags flags;
  void (*get) (GObject *object, GValue *value);
  void (*changed) (GObject *object);
};

/* The types: of each its range, where it has one, and its default. */
#define GST_NF_BOOLEAN(initial_)                                               \
  .type = GST_NF_PROPERTY_BOOLEAN, .natural = { 0, 1, (initial_) }
#define GST_NF_INT(min_, max_, initial_)                                       \
  .type = GST_NF_PROPERTY_INT, .integer = { (min_), (max_), (initial_) }
#define GST_NF_UINT(min_, max_, initial_)                                      \
  .type = GST_NF_PROPERTY_UINT, .natural = { (min_), (max_), (initial_) }
#define GST_NF_INT64(min_, max_, initial_)                                     \
  .type = GST_NF_PROPERTY_INT64, .integer = { (min_), (max_), (initial_) }
#define GST_NF_UINT64(min_, max_, initial_)                                    \
  .type = GST_NF_PROPERTY_UINT64, .natural = { (min_), (max_), (initial_) }
#define GST_NF_DOUBLE(min_, max_, initial_)                                    \
  .type = GST_NF_PROPERTY_DOUBLE, .real = { (min_), (max_), (initial_) }
#define GST_NF_STRING(initial_)                                                \
  .type = GST_NF_PROPERTY_STRING, .string = (initial_)
#define GST_NF_ENUM(get_type_, initial_)                                       \
  .type = GST_NF_PROPERTY_ENUM, .get_type = (get_type_),                       \
  .natural = { 0, 0, (initial_) }
#define GST_NF_FRACTION(n_, d_)                                                \
  .type = GST_NF_PROPERTY_FRACTION, .fraction = { (n_), (d_) }
#define GST_NF_STRUCTURE .type = GST_NF_PROPERTY_STRUCTURE

/** GST_NF_FIELD: where the value lies: field FIELD_ of the settings TYPE_ */
#define GST_NF_FIELD(type_, field_)                                            \
  .offset = offsetof (type_, field_), .size = sizeof (((type_ *) NULL)->field_)

/** GST_NF_GROUP: the rows GROUP_, whose settings are field FIELD_ of TYPE_ */
#define GST_NF_GROUP(group_, type_, field_)                                    \
  {                                                                            \
    .type = GST_NF_PROPERTY_GROUP, .group = (group_),                          \
    .offset = offsetof (type_, field_)                                         \
  }

/** GST_NF_PROPERTIES_END: the last row of a table */
#define GST_NF_PROPERTIES_END                                                  \
  {                                                                            \
    .type = GST_NF_PROPERTY_END                                                \
  }

/**
 * gst_nf_properties_install:
 * @klass: of an element
 * @properties: its table
 * @offset: where the settings lie in the object: G_STRUCT_OFFSET(), or
 *   G_PRIVATE_OFFSET() in class_init
 *
 * Installs the properties, and the functions that set and get them with the
 * object lock. To be called once for a class; subclasses may have tables of
 * their own.
 */
void gst_nf_properties_install (
    GObjectClass *klass, const GstNfProperty *properties, gssize offset);

/**
 * gst_nf_properties_init:
 * @properties: a table
 * @settings: (out): set to the defaults; what has no row is left alone
 */
void gst_nf_properties_init (
    const GstNfProperty *properties, gpointer settings);

/**
 * gst_nf_properties_clear:
 * @properties: a table
 * @settings: its strings are freed and become NULL
 */
void gst_nf_properties_clear (
    const GstNfProperty *properties, gpointer settings);

/**
 * gst_nf_properties_copy:
 * @properties: a table
 * @object: an element; its lock is not held
 * @settings: of the element
 * @copy: (out): settings that others may not change; to be cleared with
 *   gst_nf_properties_clear()
 * @size: of the settings, bytes
 */
void gst_nf_properties_copy (const GstNfProperty *properties, gpointer object,
    gconstpointer settings, gpointer copy, gsize size);

G_END_DECLS
