/* SPDX-License-Identifier: MIT
 *
 * nfjson — strict reading of JSON that nobody vouches for
 *
 * json-glib builds a whole tree before a caller can look at it, descends as
 * deep as the text does, forgives what is not JSON and keeps the last of two
 * equal names. So headers of files are pulled value by value with
 * #NfJsonReader, and small settings go to json-glib only after the same reader
 * has walked over them.
 * Siblings: nfsafetensorsheader.c, nfcheckpoint.c (configurations) */
#pragma once

#include <json-glib/json-glib.h>

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/** NF_JSON_MAX_DEPTH: arrays and objects inside each other, at most */
#define NF_JSON_MAX_DEPTH 32

/**
 * NfJsonReader:
 * @text: what is read; need not end in NUL
 * @length: bytes in @text
 * @at: the next byte
 * @what: what is read, for error messages
 *
 * A place in a text. Lies on the caller's stack and owns nothing.
 */
typedef struct
{
  const gchar *text;
  gsize length;
  gsize at;
  const gchar *what;
} NfJsonReader;

void nf_json_reader_init (
    NfJsonReader *reader, const gchar *text, gsize length, const gchar *what);
gboolean nf_json_reader_accept (NfJsonReader *reader, gchar c);
gboolean nf_json_reader_accept_null (NfJsonReader *reader);
gboolean nf_json_reader_expect (NfJsonReader *reader, gchar c, GError **error);
gchar *nf_json_reader_string (
    NfJsonReader *reader, gsize max_bytes, GError **error);
gboolean nf_json_reader_unsigned (
    NfJsonReader *reader, guint64 *value, GError **error);
gboolean nf_json_reader_skip (NfJsonReader *reader, GError **error);
gboolean nf_json_reader_finish (NfJsonReader *reader, GError **error);

NF_API JsonNode *nf_json_parse (
    const gchar *text, const gchar *what, GError **error);
NF_API JsonObject *nf_json_parse_object (
    const gchar *text, const gchar *what, GError **error);
NF_API gboolean nf_json_get_integer (JsonNode *node, gint64 *value);
NF_API gchar *nf_json_object_to_string (JsonObject *object);
NF_API gchar *nf_json_quote (const gchar *text);

G_END_DECLS
