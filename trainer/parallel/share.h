/* SPDX-License-Identifier: MIT
 *
 * share — the part of a job that one of several programs does */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

#define NF_SHARE_MOST 65536
#define NF_SHARE_PREFIX "shard-" /* of the folders of shares */

/**
 * NfShare:
 * @index: which part, from 0
 * @count: how many there are; 0 and 1: all is one part
 */
typedef struct
{
  guint index, count;
} NfShare;

gboolean nf_share_parse (const gchar *text, NfShare *share, GError **error);
gboolean nf_share_is_part (const NfShare *share);
void nf_share_range (
    const NfShare *share, guint64 n, guint64 *first, guint64 *end);
gchar *nf_share_folder (const NfShare *share, const gchar *folder);
GPtrArray *nf_share_folders (const gchar *folder, GError **error);

G_END_DECLS
