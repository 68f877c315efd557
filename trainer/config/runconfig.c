/* SPDX-License-Identifier: MIT
 *
 * runconfig — reads, checks and writes the settings of a training run
 *
 * Values live in NfTrainConfig; config/table.c says where, and what they may
 * be. Siblings: config/table.c (the rows), config/check.c (what must hold
 * between values, and the JSON that checkpoints carry). */
#include "config/runconfig.h"
#include "clips/nfclipsource.h"
#include "config/table.h"
#include "io/nffile.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const gchar *const kind_names[NF_N_TRAIN_KINDS] = { "segment",
  "diffusion" };

/**
 * nf_train_kind_name:
 * @kind: what is trained
 *
 * Returns: (transfer none): the subcommand's name
 */
const gchar *
nf_train_kind_name (NfTrainKind kind)
{
  g_return_val_if_fail (kind < NF_N_TRAIN_KINDS, NULL);
  return kind_names[kind];
}

static gboolean
has_word (const gchar *words, const gchar *word)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);

  return g_strv_contains ((const gchar *const *) list, word);
}

/* The words of @text; spaces, commas and semicolons separate. */
static GPtrArray *
split_words (const gchar *text)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) parts = g_strsplit_set (text, " ,;\t", -1);

  for (guint i = 0; parts[i]; i++)
    if (parts[i][0])
      g_ptr_array_add (words, g_strdup (parts[i]));
  return words;
}

static gboolean
parse_int (const gchar *text, gdouble min, gdouble max, gint64 *value)
{
  gchar *end;
  gint64 v;

  errno = 0;
  v = g_ascii_strtoll (text, &end, 10);
  if (end == text || *end || errno || !(v >= min && v <= max))
    return FALSE;
  *value = v;
  return TRUE;
}

static gboolean
parse_float (const gchar *text, gdouble min, gdouble max, gdouble *value)
{
  gchar *end;
  gdouble v = g_ascii_strtod (text, &end);

  if (end == text || *end || !(v >= min && v <= max))
    return FALSE;
  *value = v;
  return TRUE;
}

static gboolean
parse_bool (const gchar *text, gboolean *value)
{
  gboolean yes = g_str_equal (text, "true");

  if (!yes && !g_str_equal (text, "false"))
    return FALSE;
  *value = yes;
  return TRUE;
}

static gboolean
parse_list (const NfConfigRow *row, const gchar *text, gpointer field)
{
  g_autoptr (GPtrArray) words = split_words (text);
  NfIntList ints = { words->len };
  NfFloatList floats = { words->len };

  if (words->len > NF_CONFIG_MAX_LIST
      || (row->count && words->len != row->count))
    return FALSE;
  for (guint i = 0; i < words->len; i++)
    if (row->type == NF_CONFIG_INTS
            ? !parse_int (words->pdata[i], row->min, row->max, &ints.v[i])
            : !parse_float (words->pdata[i], row->min, row->max, &floats.v[i]))
      return FALSE;
  if (row->type == NF_CONFIG_INTS)
    *(NfIntList *) field = ints;
  else
    *(NfFloatList *) field = floats;
  return TRUE;
}

static gboolean
parse_choices (const NfConfigRow *row, const gchar *text, gchar **field)
{
  g_autoptr (GPtrArray) words = split_words (text);

  if (words->len == 0 || (row->type == NF_CONFIG_CHOICE && words->len > 1))
    return FALSE;
  for (guint i = 0; i < words->len; i++) {
    if (!has_word (row->choices, words->pdata[i]))
      return FALSE;
    for (guint k = 0; k < i; k++)
      if (g_str_equal (words->pdata[i], words->pdata[k]))
        return FALSE;
  }
  g_ptr_array_add (words, NULL);
  g_free (*field);
  *field = g_strjoinv (" ", (gchar **) words->pdata);
  return TRUE;
}

static gboolean
parse_value (const NfConfigRow *row, const gchar *text, gpointer field)
{
  switch (row->type) {
    case NF_CONFIG_INT:
      return parse_int (text, row->min, row->max, field);
    case NF_CONFIG_FLOAT:
      return parse_float (text, row->min, row->max, field);
    case NF_CONFIG_BOOL:
      return parse_bool (text, field);
    case NF_CONFIG_STRING:
      g_free (*(gchar **) field);
      *(gchar **) field = g_strdup (text);
      return TRUE;
    case NF_CONFIG_CHOICE:
    case NF_CONFIG_CHOICES:
      return parse_choices (row, text, field);
    case NF_CONFIG_INTS:
    case NF_CONFIG_FLOATS:
      return parse_list (row, text, field);
  }
  g_return_val_if_reached (FALSE);
}

/* The shortest decimal that reads back as the same double. */
static gchar *
float_to_string (gdouble value)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint digits = 6; digits <= 17; digits++) {
    g_autofree gchar *format = g_strdup_printf ("%%.%ug", digits);

    g_ascii_formatd (text, sizeof text, format, value);
    if (g_ascii_strtod (text, NULL) == value)
      break;
  }
  return g_strdup (text);
}

static gchar *
value_to_string (const NfConfigRow *row, const NfTrainConfig *config)
{
  gconstpointer field = G_STRUCT_MEMBER_P (config, row->offset);
  const NfIntList *ints = field;
  const NfFloatList *floats = field;
  g_autoptr (GString) text = g_string_new (NULL);

  switch (row->type) {
    case NF_CONFIG_INT:
      return g_strdup_printf ("%" G_GINT64_FORMAT, *(const gint64 *) field);
    case NF_CONFIG_FLOAT:
      return float_to_string (*(const gdouble *) field);
    case NF_CONFIG_BOOL:
      return g_strdup (*(const gboolean *) field ? "true" : "false");
    case NF_CONFIG_STRING:
    case NF_CONFIG_CHOICE:
    case NF_CONFIG_CHOICES:
      return g_strdup (*(gchar *const *) field);
    case NF_CONFIG_INTS:
      for (guint i = 0; i < ints->n; i++)
        g_string_append_printf (
            text, "%s%" G_GINT64_FORMAT, i ? " " : "", ints->v[i]);
      break;
    case NF_CONFIG_FLOATS:
      for (guint i = 0; i < floats->n; i++) {
        g_autofree gchar *number = float_to_string (floats->v[i]);

        g_string_append_printf (text, "%s%s", i ? " " : "", number);
      }
      break;
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* What the row's values look like: "a whole number from 1 to 64". */
static gchar *
describe_values (const NfConfigRow *row)
{
  const gchar *many = row->type == NF_CONFIG_INTS ? "whole numbers" : "numbers";
  gboolean whole = row->type == NF_CONFIG_INT || row->type == NF_CONFIG_INTS;
  g_autofree gchar *min =
      whole ? g_strdup_printf ("%.0f", row->min) : float_to_string (row->min);
  g_autofree gchar *max =
      whole ? g_strdup_printf ("%.0f", row->max) : float_to_string (row->max);

  switch (row->type) {
    case NF_CONFIG_INT:
      return g_strdup_printf ("a whole number from %s to %s", min, max);
    case NF_CONFIG_FLOAT:
      return g_strdup_printf ("a number from %s to %s", min, max);
    case NF_CONFIG_BOOL:
      return g_strdup ("true or false");
    case NF_CONFIG_STRING:
      return g_strdup ("text");
    case NF_CONFIG_CHOICE:
      return g_strdup_printf ("one of: %s", row->choices);
    case NF_CONFIG_CHOICES:
      return g_strdup_printf ("one or more of: %s", row->choices);
    case NF_CONFIG_INTS:
    case NF_CONFIG_FLOATS:
      if (row->count)
        return g_strdup_printf (
            "%u %s from %s to %s", row->count, many, min, max);
      return g_strdup_printf (
          "at most %d %s from %s to %s", NF_CONFIG_MAX_LIST, many, min, max);
  }
  g_return_val_if_reached (NULL);
}

/* Levenshtein's distance: letters to insert, delete or replace. */
static guint
distance (const gchar *a, const gchar *b)
{
  gsize n = strlen (b);
  g_autofree guint *row = g_new (guint, n + 1);

  for (gsize j = 0; j <= n; j++)
    row[j] = j;
  for (gsize i = 0; a[i]; i++) {
    guint diagonal = row[0];

    row[0] = i + 1;
    for (gsize j = 0; j < n; j++) {
      guint replace = diagonal + (a[i] != b[j]);

      diagonal = row[j + 1];
      row[j + 1] = MIN (replace, MIN (row[j], diagonal) + 1);
    }
  }
  return row[n];
}

static const NfConfigRow *
find_row (NfTrainKind kind, const gchar *group, const gchar *key)
{
  const NfConfigRow *row;

  for (guint i = 0; (row = nf_config_row (kind, i)); i++)
    if (g_str_equal (row->group, group) && g_str_equal (row->key, key))
      return row;
  return NULL;
}

/* Whether @key is a slip of the pen for the key of @row: one letter in three may
 * differ. What is farther off would send the reader astray. */
static gboolean
is_slip (const NfConfigRow *row, const gchar *key)
{
  return distance (row->key, key) <= (strlen (key) + 2) / 3;
}

/* (nullable): the row most like the names given, where one is like them; a wrong
 * group weighs like one letter less than a wrong name, so that a key in the wrong
 * group is found. */
static const NfConfigRow *
nearest_row (NfTrainKind kind, const gchar *group, const gchar *key)
{
  const NfConfigRow *row, *best = NULL;
  guint best_distance = G_MAXUINT;

  for (guint i = 0; (row = nf_config_row (kind, i)); i++) {
    guint d =
        2 * distance (row->key, key) + MIN (distance (row->group, group), 2);

    if (d < best_distance) {
      best_distance = d;
      best = row;
    }
  }
  return best && is_slip (best, key) ? best : NULL;
}

/* (nullable): the other command that has this very key */
static const gchar *
other_kind_with (NfTrainKind kind, const gchar *group, const gchar *key)
{
  for (NfTrainKind other = 0; other < NF_N_TRAIN_KINDS; other++)
    if (other != kind && find_row (other, group, key))
      return nf_train_kind_name (other);
  return NULL;
}

static void
refuse_key (NfTrainKind kind, const gchar *where, const gchar *group,
    const gchar *key, GError **error)
{
  const NfConfigRow *row = nearest_row (kind, group, key);
  const gchar *other = other_kind_with (kind, group, key);
  g_autofree gchar *hint = NULL;

  if (other)
    hint = g_strdup_printf ("it is a key of %s", other);
  else if (row)
    hint = g_strdup_printf ("the nearest is %s.%s", row->group, row->key);
  else
    hint = g_strdup ("none is like it");
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s: %s has no key %s.%s; %s (--print-config lists all)", where,
      nf_train_kind_name (kind), group, key, hint);
}

static gboolean
set_value (NfTrainConfig *config, const gchar *where, const gchar *group,
    const gchar *key, const gchar *text, GError **error)
{
  const NfConfigRow *row = find_row (config->kind, group, key);
  g_autofree gchar *trimmed = g_strstrip (g_strdup (text));
  g_autofree gchar *values = NULL;

  if (!row) {
    refuse_key (config->kind, where, group, key, error);
    return FALSE;
  }
  if (parse_value (row, trimmed, G_STRUCT_MEMBER_P (config, row->offset)))
    return TRUE;
  values = describe_values (row);
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s: %s.%s: expected %s, got \"%s\" (%s)", where, group, key, values,
      trimmed, row->help);
  return FALSE;
}

/**
 * nf_train_config_new:
 * @kind: what is trained
 *
 * Returns: (transfer full): a configuration of the defaults
 */
NfTrainConfig *
nf_train_config_new (NfTrainKind kind)
{
  NfTrainConfig *config = g_new0 (NfTrainConfig, 1);
  const NfConfigRow *row;

  config->kind = kind;
  for (guint i = 0; (row = nf_config_row (kind, i)); i++) {
    gboolean ok =
        parse_value (row, row->value, G_STRUCT_MEMBER_P (config, row->offset));

    if (!ok)
      g_error ("%s.%s: the default is not in range", row->group, row->key);
  }
  return config;
}

/**
 * nf_train_config_free:
 * @config: (transfer full) (nullable): a configuration
 */
void
nf_train_config_free (NfTrainConfig *config)
{
  const NfConfigRow *row;

  if (!config)
    return;
  for (guint i = 0; (row = nf_config_row (config->kind, i)); i++)
    if (row->type == NF_CONFIG_STRING || row->type == NF_CONFIG_CHOICE
        || row->type == NF_CONFIG_CHOICES)
      g_free (G_STRUCT_MEMBER (gchar *, config, row->offset));
  g_free (config);
}

/* Reads a key file. Editors may put a mark of UTF-8 before it, which no reader
 * sees on the screen; what they write as UTF-16 is refused by its name. */
static gboolean
load_key_file (GKeyFile *file, const gchar *path, GError **error)
{
  static const gchar utf8_mark[] = "\xef\xbb\xbf";
  g_autoptr (GBytes) bytes = nf_file_read (path, G_MAXSIZE, NULL, error);
  g_autoptr (GError) cause = NULL;
  const gchar *text;
  gsize length;

  if (!bytes)
    return FALSE;
  text = g_bytes_get_data (bytes, &length);
  if (length == 0)
    return TRUE;
  if (length >= 2
      && (memcmp (text, "\xff\xfe", 2) == 0
          || memcmp (text, "\xfe\xff", 2) == 0)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: is text in UTF-16; save it as UTF-8", path);
    return FALSE;
  }
  if (length >= 3 && memcmp (text, utf8_mark, 3) == 0) {
    text += 3;
    length -= 3;
  }
  if (g_key_file_load_from_data (file, text, length, G_KEY_FILE_NONE, &cause))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: not readable as a configuration: %s", path, cause->message);
  return FALSE;
}

/**
 * nf_train_config_load:
 * @config: where the values go
 * @path: a key file
 * @error: return location; names the file, the key, and what was expected
 *
 * Sets every key that the file holds. On failure some keys may have been set.
 */
gboolean
nf_train_config_load (NfTrainConfig *config, const gchar *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) cause = NULL;
  g_auto (GStrv) groups = NULL;

  if (!load_key_file (file, path, error))
    return FALSE;
  groups = g_key_file_get_groups (file, NULL);
  for (guint g = 0; groups[g]; g++) {
    g_auto (GStrv) keys = g_key_file_get_keys (file, groups[g], NULL, NULL);

    for (guint k = 0; keys && keys[k]; k++) {
      g_autofree gchar *text =
          g_key_file_get_string (file, groups[g], keys[k], &cause);

      if (cause) {
        g_set_error (
            error, NF_ERROR, NF_ERROR_FORMAT, "%s: %s", path, cause->message);
        return FALSE;
      }
      if (!set_value (config, path, groups[g], keys[k], text, error))
        return FALSE;
    }
  }
  return TRUE;
}

/**
 * nf_train_config_set:
 * @config: where the value goes
 * @assignment: "group.key=value"
 * @error: return location
 *
 * One `--set` of the command line.
 */
gboolean
nf_train_config_set (
    NfTrainConfig *config, const gchar *assignment, GError **error)
{
  const gchar *equals = strchr (assignment, '=');
  const gchar *dot = strchr (assignment, '.');
  g_autofree gchar *group = NULL, *key = NULL;

  if (!equals || !dot || dot > equals) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "--set: expected group.key=value, for instance train.steps=1000, got "
        "\"%s\"",
        assignment);
    return FALSE;
  }
  group = g_strstrip (g_strndup (assignment, dot - assignment));
  key = g_strstrip (g_strndup (dot + 1, equals - dot - 1));
  return set_value (config, "--set", group, key, equals + 1, error);
}

/* A folder may have moved, but clips of another kind are others when they have
 * another name. */
static gboolean
is_other_data (const NfConfigRow *row, const gchar *now, const gchar *then)
{
  return row->offset == G_STRUCT_OFFSET (NfTrainConfig, data.path)
      && !(nf_clip_source_is_folder (now) && nf_clip_source_is_folder (then));
}

/**
 * nf_train_config_check_resume:
 * @config: the settings of the resumed run
 * @begun: those that the run began with
 * @error: return location; names the first key that may not change
 *
 * A resumed run continues bit for bit, so only settings that do not affect the
 * numbers may change: where files are, how long to train, how often to report.
 */
gboolean
nf_train_config_check_resume (
    const NfTrainConfig *config, const NfTrainConfig *begun, GError **error)
{
  const NfConfigRow *row;

  for (guint i = 0; (row = nf_config_row (config->kind, i)); i++) {
    g_autofree gchar *now = value_to_string (row, config);
    g_autofree gchar *then = value_to_string (row, begun);

    if (g_str_equal (now, then)
        || (row->resumable && !is_other_data (row, now, then)))
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "--resume: the run began with %s.%s=%s, now it is %s; a resumed run "
        "keeps it (start a new run to change it)",
        row->group, row->key, then, now);
    return FALSE;
  }
  return TRUE;
}

/**
 * nf_train_config_to_string:
 * @config: the settings
 *
 * Returns: (transfer full): a key file of all values, each key below a comment
 *   that explains it
 */
gchar *
nf_train_config_to_string (const NfTrainConfig *config)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  const NfConfigRow *row;

  for (guint i = 0; (row = nf_config_row (config->kind, i)); i++) {
    g_autofree gchar *value = value_to_string (row, config);
    g_autofree gchar *values = describe_values (row);
    g_autofree gchar *comment = g_strdup_printf (" %s (%s)", row->help, values);

    g_key_file_set_string (file, row->group, row->key, value);
    g_key_file_set_comment (file, row->group, row->key, comment, NULL);
  }
  return g_key_file_to_data (file, NULL, NULL);
}

/**
 * nf_train_config_save:
 * @config: the settings
 * @path: file to write, replaced whole
 * @error: return location
 */
gboolean
nf_train_config_save (
    const NfTrainConfig *config, const gchar *path, GError **error)
{
  gchar *text = nf_train_config_to_string (config);
  g_autoptr (GBytes) content = g_bytes_new_take (text, strlen (text));

  return nf_file_replace (path, content, error);
}

/**
 * nf_train_config_part:
 * @config: settings
 *
 * Returns: samples of a batch that this process makes
 */
gint64
nf_train_config_part (const NfTrainConfig *config)
{
  return config->train.batch_size / MAX (config->share.count, 1);
}

/**
 * nf_train_config_dtype:
 * @config: settings
 *
 * Returns: the type of the activations
 */
NfDType
nf_train_config_dtype (const NfTrainConfig *config)
{
  return g_str_equal (config->train.precision, "bf16") ? NF_BF16 : NF_F32;
}

/**
 * nf_train_config_matmul_precision:
 * @config: settings
 *
 * Returns: how what is f32 is multiplied
 */
NfMatmulPrecision
nf_train_config_matmul_precision (const NfTrainConfig *config)
{
  return g_str_equal (config->train.precision, "tf32")
      ? NF_MATMUL_PRECISION_TF32
      : NF_MATMUL_PRECISION_F32;
}
