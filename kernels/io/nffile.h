/* SPDX-License-Identifier: MIT
 *
 * nffile — files that are whole and on the disk, or not there
 *
 * Siblings: nfsafetensorswriter.c, nfclipwriter.c, which build on it. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

int nf_file_open (const gchar *path, GError **error);
NF_API GBytes *nf_file_read (
    const gchar *path, gsize most, gsize *size, GError **error);
NF_API gboolean nf_file_fail (
    const gchar *path, const gchar *what, GError **error);
NF_API gboolean nf_file_write_bytes (
    int fd, const void *data, gsize size, const gchar *path, GError **error);
gboolean nf_file_close (
    int fd, gboolean good, const gchar *path, GError **error);
gboolean nf_file_write_new (
    const gchar *path, const void *data, gsize size, GError **error);
NF_API int nf_file_begin (const gchar *path, gchar **temporary, GError **error);
NF_API gboolean nf_file_end (int fd, gboolean good, const gchar *temporary,
    const gchar *path, GError **error);
NF_API gboolean nf_file_replace (
    const gchar *path, GBytes *content, GError **error);
NF_API int nf_file_lock_folder (
    const gchar *folder, const gchar *program, GError **error);
NF_API void nf_file_remove_leftovers (const gchar *folder);
gboolean nf_file_sync_folder (const gchar *folder, GError **error);
NF_API gboolean nf_file_sync_all (const gchar *folder, GError **error);

G_END_DECLS
