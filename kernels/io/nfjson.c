/* SPDX-License-Identifier: MIT
 *
 * nfjson — strict reading of JSON from untrusted files
 *
 * The grammar is that of RFC 8259, with three limits more: nesting
 * (%NF_JSON_MAX_DEPTH), no NUL inside strings (they become C strings), and a
 * length per string that the caller names. Nothing here recurses. */
#include "io/nfjson.h"

#include <string.h>

/**
 * nf_json_reader_init:
 * @reader: (out caller-allocates): the reader
 * @text: (array length=length): JSON; must outlive @reader
 * @length: bytes in @text
 * @what: name of the text for error messages; must outlive @reader
 *
 * Places @reader at the start of @text.
 */
void
nf_json_reader_init (
    NfJsonReader *reader, const gchar *text, gsize length, const gchar *what)
{
  reader->text = text;
  reader->length = length;
  reader->at = 0;
  reader->what = what;
}

static gboolean
at_end (const NfJsonReader *reader)
{
  return reader->at >= reader->length;
}

static void
skip_space (NfJsonReader *reader)
{
  while (!at_end (reader)
      && memchr (" \t\n\r", reader->text[reader->at], 4) != NULL)
    reader->at++;
}

static void
set_syntax_error (
    const NfJsonReader *reader, const gchar *expected, GError **error)
{
  guchar got;

  if (at_end (reader)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: JSON ends at byte %" G_GSIZE_FORMAT ", expected %s", reader->what,
        reader->at, expected);
    return;
  }
  got = (guchar) reader->text[reader->at];
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: malformed JSON at byte %" G_GSIZE_FORMAT ": expected %s, got %s%c%s"
      " (0x%02x)",
      reader->what, reader->at, expected, g_ascii_isprint (got) ? "'" : "",
      g_ascii_isprint (got) ? got : '?', g_ascii_isprint (got) ? "'" : "", got);
}

/**
 * nf_json_reader_accept:
 * @reader: the reader
 * @c: a structural character
 *
 * Steps over white space, and over @c if it comes next.
 *
 * Returns: whether it was there
 */
gboolean
nf_json_reader_accept (NfJsonReader *reader, gchar c)
{
  skip_space (reader);
  if (at_end (reader) || reader->text[reader->at] != c)
    return FALSE;
  reader->at++;
  return TRUE;
}

/**
 * nf_json_reader_accept_null:
 * @reader: the reader
 *
 * Steps over white space, and over null if it comes next.
 *
 * Returns: whether it was there
 */
gboolean
nf_json_reader_accept_null (NfJsonReader *reader)
{
  static const gchar word[] = "null";
  const gsize length = sizeof word - 1;

  skip_space (reader);
  if (reader->length - reader->at < length
      || memcmp (reader->text + reader->at, word, length) != 0)
    return FALSE;
  reader->at += length;
  return TRUE;
}

/**
 * nf_json_reader_expect:
 * @reader: the reader
 * @c: the structural character that must come next
 * @error: return location
 *
 * Returns: whether it was there; %NF_ERROR_FORMAT if not
 */
gboolean
nf_json_reader_expect (NfJsonReader *reader, gchar c, GError **error)
{
  const gchar expected[] = { '\'', c, '\'', '\0' };

  if (nf_json_reader_accept (reader, c))
    return TRUE;
  set_syntax_error (reader, expected, error);
  return FALSE;
}

/* Four hexadecimal digits after \u */
static gboolean
read_hex4 (NfJsonReader *reader, gunichar *code, GError **error)
{
  gint digit;

  *code = 0;
  for (guint i = 0; i < 4; i++) {
    digit =
        at_end (reader) ? -1 : g_ascii_xdigit_value (reader->text[reader->at]);
    if (digit < 0) {
      set_syntax_error (reader, "four hexadecimal digits after \\u", error);
      return FALSE;
    }
    *code = *code << 4 | (gunichar) digit;
    reader->at++;
  }
  return TRUE;
}

/* What follows \u, a pair of surrogates taken together */
static gboolean
read_unicode_escape (NfJsonReader *reader, GString *out, GError **error)
{
  gunichar code, low;

  if (!read_hex4 (reader, &code, error))
    return FALSE;
  if (code >= 0xd800 && code <= 0xdbff && reader->length - reader->at >= 2
      && memcmp (reader->text + reader->at, "\\u", 2) == 0) {
    reader->at += 2;
    if (!read_hex4 (reader, &low, error))
      return FALSE;
    code = low >= 0xdc00 && low <= 0xdfff
        ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        : 0;
  }
  if (code == 0 || (code >= 0xd800 && code <= 0xdfff)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: the \\u escape before byte %" G_GSIZE_FORMAT
        " is NUL or half of a surrogate pair",
        reader->what, reader->at);
    return FALSE;
  }
  g_string_append_unichar (out, code);
  return TRUE;
}

static gboolean
read_escape (NfJsonReader *reader, GString *out, GError **error)
{
  static const gchar from[] = "\"\\/bfnrt";
  static const gchar to[] = "\"\\/\b\f\n\r\t";
  const gchar *found;

  found = at_end (reader)
      ? NULL
      : memchr (from, reader->text[reader->at], sizeof (from) - 1);
  if (found != NULL) {
    reader->at++;
    g_string_append_c (out, to[found - from]);
    return TRUE;
  }
  if (!at_end (reader) && reader->text[reader->at] == 'u') {
    reader->at++;
    return read_unicode_escape (reader, out, error);
  }
  set_syntax_error (
      reader, "one of \" \\ / b f n r t u after a backslash", error);
  return FALSE;
}

/**
 * nf_json_reader_string:
 * @reader: the reader
 * @max_bytes: longest string that is taken, in bytes of UTF-8
 * @error: return location
 *
 * Reads a string and resolves its escapes.
 *
 * Returns: (transfer full): valid UTF-8 without NUL; %NULL and
 *   %NF_ERROR_FORMAT if none comes next, or a longer one
 */
gchar *
nf_json_reader_string (NfJsonReader *reader, gsize max_bytes, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  gsize start;
  gchar c;

  skip_space (reader);
  start = reader->at;
  if (!nf_json_reader_accept (reader, '"')) {
    set_syntax_error (reader, "a string", error);
    return NULL;
  }
  for (;;) {
    if (at_end (reader) || (guchar) reader->text[reader->at] < 0x20) {
      set_syntax_error (reader, "more of a string, or '\"'", error);
      return NULL;
    }
    c = reader->text[reader->at++];
    if (c == '"')
      break;
    if (c != '\\')
      g_string_append_c (out, c);
    else if (!read_escape (reader, out, error))
      return NULL;
    if (out->len > max_bytes) {
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "%s: the string at byte %" G_GSIZE_FORMAT
          " has more than %" G_GSIZE_FORMAT " bytes",
          reader->what, start, max_bytes);
      return NULL;
    }
  }
  if (!g_utf8_validate (out->str, (gssize) out->len, NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: the string at byte %" G_GSIZE_FORMAT " is not valid UTF-8",
        reader->what, start);
    return NULL;
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * nf_json_reader_unsigned:
 * @reader: the reader
 * @value: (out): the number
 * @error: return location
 *
 * Reads an integer without sign, fraction or exponent.
 *
 * Returns: %FALSE and %NF_ERROR_FORMAT if none comes next, or one that does
 *   not fit 64 bits
 */
gboolean
nf_json_reader_unsigned (NfJsonReader *reader, guint64 *value, GError **error)
{
  guint64 sum = 0;
  gsize start;
  guint digit;

  skip_space (reader);
  start = reader->at;
  while (!at_end (reader) && g_ascii_isdigit (reader->text[reader->at])) {
    digit = (guint) (reader->text[reader->at] - '0');
    if (!g_uint64_checked_mul (&sum, sum, 10)
        || !g_uint64_checked_add (&sum, sum, digit)) {
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "%s: the integer at byte %" G_GSIZE_FORMAT " does not fit 64 bits",
          reader->what, start);
      return FALSE;
    }
    reader->at++;
  }
  if (reader->at == start
      || (reader->text[start] == '0' && reader->at - start > 1)
      || (!at_end (reader)
          && memchr (".eE", reader->text[reader->at], 3) != NULL)) {
    set_syntax_error (reader, "an integer of at least 0", error);
    return FALSE;
  }
  *value = sum;
  return TRUE;
}

static gsize
skip_digits (NfJsonReader *reader)
{
  gsize start = reader->at;

  while (!at_end (reader) && g_ascii_isdigit (reader->text[reader->at]))
    reader->at++;
  return reader->at - start;
}

/* A byte that comes next without white space before it */
static gboolean
accept_here (NfJsonReader *reader, const gchar *one_of)
{
  if (at_end (reader)
      || memchr (one_of, reader->text[reader->at], strlen (one_of)) == NULL)
    return FALSE;
  reader->at++;
  return TRUE;
}

static gboolean
skip_number (NfJsonReader *reader, GError **error)
{
  gboolean good;

  accept_here (reader, "-");
  good = accept_here (reader, "0") || skip_digits (reader) > 0;
  if (good && accept_here (reader, "."))
    good = skip_digits (reader) > 0;
  if (good && accept_here (reader, "eE")) {
    accept_here (reader, "+-");
    good = skip_digits (reader) > 0;
  }
  if (!good)
    set_syntax_error (reader, "a value", error);
  return good;
}

/* A string, a number, true, false or null */
static gboolean
skip_scalar (NfJsonReader *reader, GError **error)
{
  static const gchar *const words[] = { "true", "false", "null" };
  g_autofree gchar *string = NULL;
  gsize length;

  skip_space (reader);
  if (!at_end (reader) && reader->text[reader->at] == '"') {
    string = nf_json_reader_string (reader, reader->length, error);
    return string != NULL;
  }
  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    length = strlen (words[i]);
    if (reader->length - reader->at >= length
        && memcmp (reader->text + reader->at, words[i], length) == 0) {
      reader->at += length;
      return TRUE;
    }
  }
  return skip_number (reader, error);
}

static gboolean
skip_key (NfJsonReader *reader, GError **error)
{
  g_autofree gchar *key = nf_json_reader_string (reader, reader->length, error);

  return key != NULL && nf_json_reader_expect (reader, ':', error);
}

/* Opens an array or object if one comes next. @closers holds what ends those
 * that are open; an empty one is read whole and counts as a scalar. */
static gboolean
open_container (NfJsonReader *reader, gchar *closers, guint *depth,
    gboolean *opened, GError **error)
{
  gchar closer;

  *opened = FALSE;
  if (nf_json_reader_accept (reader, '{'))
    closer = '}';
  else if (nf_json_reader_accept (reader, '['))
    closer = ']';
  else
    return skip_scalar (reader, error);
  if (nf_json_reader_accept (reader, closer))
    return TRUE;
  if (*depth == NF_JSON_MAX_DEPTH) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: JSON nested more than %d deep at byte %" G_GSIZE_FORMAT,
        reader->what, NF_JSON_MAX_DEPTH, reader->at);
    return FALSE;
  }
  closers[(*depth)++] = closer;
  *opened = TRUE;
  return closer == ']' || skip_key (reader, error);
}

/**
 * nf_json_reader_skip:
 * @reader: the reader
 * @error: return location
 *
 * Steps over one value of any kind, and checks it on the way.
 *
 * Returns: %FALSE and %NF_ERROR_FORMAT if it is not JSON, or nested too deep
 */
gboolean
nf_json_reader_skip (NfJsonReader *reader, GError **error)
{
  gchar closers[NF_JSON_MAX_DEPTH];
  guint depth = 0;
  gboolean opened;

  do {
    if (!open_container (reader, closers, &depth, &opened, error))
      return FALSE;
    while (!opened && depth > 0) {
      if (nf_json_reader_accept (reader, ',')) {
        if (closers[depth - 1] == '}' && !skip_key (reader, error))
          return FALSE;
        break;
      }
      if (!nf_json_reader_expect (reader, closers[depth - 1], error))
        return FALSE;
      depth--;
    }
  } while (depth > 0);
  return TRUE;
}

/**
 * nf_json_reader_finish:
 * @reader: the reader
 * @error: return location
 *
 * Returns: whether only white space is left; %NF_ERROR_FORMAT if not
 */
gboolean
nf_json_reader_finish (NfJsonReader *reader, GError **error)
{
  skip_space (reader);
  if (at_end (reader))
    return TRUE;
  set_syntax_error (reader, "the end", error);
  return FALSE;
}

/**
 * nf_json_parse:
 * @text: JSON, ending in NUL
 * @what: name of the text for error messages
 * @error: return location
 *
 * Checks @text strictly and then parses it with json-glib.
 *
 * Returns: (transfer full): the root; %NULL and %NF_ERROR_FORMAT if @text is
 *   not JSON, or nested too deep
 */
JsonNode *
nf_json_parse (const gchar *text, const gchar *what, GError **error)
{
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) parse_error = NULL;
  NfJsonReader reader;

  g_return_val_if_fail (text != NULL && what != NULL, NULL);

  nf_json_reader_init (&reader, text, strlen (text), what);
  if (!nf_json_reader_skip (&reader, error)
      || !nf_json_reader_finish (&reader, error))
    return NULL;
  root = json_from_string (text, &parse_error);
  if (root == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT, "%s: %s", what,
        parse_error != NULL ? parse_error->message : "empty JSON");
  return g_steal_pointer (&root);
}

/**
 * nf_json_parse_object:
 * @text: a JSON object, ending in NUL
 * @what: name of the text for error messages
 * @error: return location
 *
 * Like nf_json_parse(), for a text that must hold an object.
 *
 * Returns: (transfer full): the object; %NULL and %NF_ERROR_FORMAT if @text
 *   is anything else
 */
JsonObject *
nf_json_parse_object (const gchar *text, const gchar *what, GError **error)
{
  g_autoptr (JsonNode) root = nf_json_parse (text, what, error);

  if (root == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: expected a JSON object, got %s", what, json_node_type_name (root));
    return NULL;
  }
  return json_node_dup_object (root);
}

/**
 * nf_json_get_integer:
 * @node: (nullable): a value, such as a member that may not be there
 * @value: (out): its number; as it was where there is none
 *
 * json-glib alone takes a string for 0 and a truth value for 0 or 1, and prints a
 * warning of an object.
 *
 * Returns: whether @node is a whole number
 */
gboolean
nf_json_get_integer (JsonNode *node, gint64 *value)
{
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return TRUE;
}

/**
 * nf_json_object_to_string:
 * @object: an object
 *
 * Returns: (transfer full): its compact JSON, members in their order
 */
gchar *
nf_json_object_to_string (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
}

/**
 * nf_json_quote:
 * @text: UTF-8
 *
 * Returns: (transfer full): @text as a JSON string, with its quotes
 */
gchar *
nf_json_quote (const gchar *text)
{
  g_autoptr (JsonNode) node = json_node_alloc ();

  json_node_init_string (node, text);
  return json_to_string (node, FALSE);
}
