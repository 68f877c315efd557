/* SPDX-License-Identifier: MIT
 *
 * nfclasses — names and colours of the 49 object classes
 *
 * The palette shows an object's own colour. Shapes differ in lightness (cubes
 * darkest, cylinders lightest), metal is paler than rubber, so that no two
 * classes share a colour and neighbours in the numbering look different. */
#include <nextframe/metrics/nfclasses.h>

#include <glib/gstdio.h>
#include <string.h>

/* bytes; a number of classes of one byte each has short names enough */
#define MAX_NAMES_SIZE (256 * 1024)

#define N_COLORS 8
#define N_KINDS 6 /* shape * 2 + material */

#define NAMES(kind)                                                            \
  "gray " kind, "red " kind, "blue " kind, "green " kind, "brown " kind,       \
      "cyan " kind, "purple " kind, "yellow " kind

static const gchar *const class_names[] = {
  "background",
  NAMES ("metal cube"),
  NAMES ("rubber cube"),
  NAMES ("metal sphere"),
  NAMES ("rubber sphere"),
  NAMES ("metal cylinder"),
  NAMES ("rubber cylinder"),
};

G_STATIC_ASSERT (G_N_ELEMENTS (class_names) == NF_N_CLASSES);

static const guint8 base_colors[N_COLORS][3] = {
  { 128, 128, 128 },
  { 215, 30, 40 },
  { 40, 75, 220 },
  { 30, 150, 45 },
  { 140, 80, 30 },
  { 25, 190, 200 },
  { 145, 50, 190 },
  { 235, 215, 35 },
};

/* of 256: how much of the base colour, and how much of white is added */
static const struct
{
  guint base;
  guint white;
} shades[N_KINDS] = {
  { 140, 40 },
  { 140, 0 },
  { 190, 60 },
  { 200, 0 },
  { 170, 86 },
  { 256, 0 },
};

const gchar *
nf_class_name (guint id)
{
  return id < NF_N_CLASSES ? class_names[id] : NULL;
}

/* (transfer full) (nullable): the text of a file that is small */
static gchar *
read_names (const gchar *path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gchar *text = NULL;
  gsize length;
  GStatBuf info;

  if (g_stat (path, &info) == 0
      && (!S_ISREG (info.st_mode) || info.st_size > MAX_NAMES_SIZE)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "class names: '%s' is no text file of at most %d bytes; it has a line "
        "for each class",
        path, MAX_NAMES_SIZE);
    return NULL;
  }
  if (!g_file_get_contents (path, &text, &length, &cause)) {
    g_set_error (error, NF_ERROR,
        g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)
            ? NF_ERROR_NOT_FOUND
            : NF_ERROR_IO,
        "class names: cannot read '%s': %s", path, cause->message);
    return NULL;
  }
  if (!g_utf8_validate (text, (gssize) length, NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "class names: '%s' is not UTF-8; it is a text file with a line for "
        "each class",
        path);
    g_clear_pointer (&text, g_free);
  }

  return text;
}

gchar **
nf_class_names_load (const gchar *path, guint classes, GError **error)
{
  g_autofree gchar *text = read_names (path, error);
  g_auto (GStrv) names = NULL;
  guint n;

  if (text == NULL)
    return NULL;
  /* the last line may end or not */
  if (g_str_has_suffix (text, "\n"))
    text[strlen (text) - 1] = '\0';
  names = g_strsplit (text, "\n", -1);
  n = g_strv_length (names);
  if (n != classes) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "class names: '%s' has %u lines, expected %u: one for each class, the "
        "background first",
        path, n, classes);
    return NULL;
  }
  for (guint i = 0; i < n; i++)
    if (*g_strstrip (names[i]) == '\0') {
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "class names: line %u of '%s' is empty, expected the name of class "
          "%u",
          i + 1, path, i);
      return NULL;
    }

  return g_steal_pointer (&names);
}

guint32
nf_class_color (guint id)
{
  guint kind, color;
  guint32 rgb = 0;

  if (id == 0 || id >= NF_N_CLASSES)
    return 0;
  kind = (id - 1) / N_COLORS;
  color = (id - 1) % N_COLORS;
  for (guint i = 0; i < 3; i++) {
    guint value =
        (base_colors[color][i] * shades[kind].base + 255 * shades[kind].white)
        / 256;
    rgb = rgb << 8 | MIN (value, 255);
  }

  return rgb;
}

const guint8 *
nf_class_colors (void)
{
  static guint8 colors[256 * 3];
  static gsize made;

  if (g_once_init_enter (&made)) {
    for (guint id = 0; id < 256; id++)
      for (guint k = 0; k < 3; k++)
        colors[3 * id + k] = (guint8) (nf_class_color (id) >> (16 - 8 * k));
    g_once_init_leave (&made, 1);
  }
  return colors;
}

guint
nf_class_attributes (guint id, guint attributes[4])
{
  guint kind, color;

  if (id == 0) {
    attributes[0] = 0;
    return 1;
  }
  kind = (id - 1) / N_COLORS;
  color = (id - 1) % N_COLORS;
  attributes[0] = 1;
  attributes[1] = 2 + kind / 2;
  attributes[2] = 5 + kind % 2;
  attributes[3] = 7 + color;
  return 4;
}
