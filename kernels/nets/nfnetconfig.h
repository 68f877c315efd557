/* SPDX-License-Identifier: MIT
 *
 * nfnetconfig — reading a network's configuration from JSON, strictly
 *
 * Keys that are absent keep their default. The first problem is kept and
 * reported by nf_net_config_finish(), which also refuses keys nobody read. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  JsonObject *json;
  const gchar *what; /* for messages */
  GHashTable *read; /* keys that were asked for */
  GError *problem;
} NfNetConfig;

void nf_net_config_start (
    NfNetConfig *reader, JsonObject *json, const gchar *what);
gboolean nf_net_config_finish (NfNetConfig *reader, GError **error);

void nf_net_config_int (
    NfNetConfig *reader, const gchar *key, gint lo, gint hi, gint *value);
void nf_net_config_double (NfNetConfig *reader, const gchar *key, gdouble lo,
    gdouble hi, gdouble *value);
void nf_net_config_bool (
    NfNetConfig *reader, const gchar *key, gboolean *value);
const gchar *nf_net_config_text (
    NfNetConfig *reader, const gchar *key, const gchar *fallback);
void nf_net_config_ints (NfNetConfig *reader, const gchar *key, gint lo,
    gint hi, guint most, gint *values, guint *n);
void nf_net_config_doubles (
    NfNetConfig *reader, const gchar *key, guint n, gdouble *values);
void nf_net_config_problem (NfNetConfig *reader, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);

NF_API JsonArray *nf_net_config_int_array (const gint *values, guint n);

G_END_DECLS
