/* SPDX-License-Identifier: MIT
 *
 * nfopenfile — a file that is read again and again, and must not change meanwhile
 *
 * The file is read, never mapped: where another program makes a mapped file
 * shorter, the process that has it mapped is killed, and where it writes into
 * it, the values in the map change without a sign. Here both are errors. A file
 * that is replaced by another one of its name stays what it was.
 * Sibling: nffile.h, for files that are read once */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

typedef struct _NfOpenFile NfOpenFile;

/**
 * nf_open_file_new:
 * @path: a file
 * @error: return location: as nf_file_open(); %NF_ERROR_IO where another program
 *   is writing into the file
 *
 * Opens a file and notes its size, its times and a checksum of it, which is looked
 * at where one of the times changes. A file that was
 * written a moment ago is waited for, for at most two seconds: file systems say
 * two writes apart only if some milliseconds lie between them.
 *
 * Returns: (transfer full) (nullable): the file; free with nf_open_file_free()
 */
NfOpenFile *nf_open_file_new (const gchar *path, GError **error);

/**
 * nf_open_file_free:
 * @file: (transfer full): a file
 *
 * Closes it.
 */
void nf_open_file_free (NfOpenFile *file);

/**
 * nf_open_file_size:
 * @file: a file
 *
 * Returns: its bytes when it was opened
 */
gsize nf_open_file_size (const NfOpenFile *file);

/**
 * nf_open_file_read:
 * @file: a file; several threads may read it at once
 * @from: the first byte to read
 * @data: (out caller-allocates): room for @size bytes
 * @size: how many bytes; all of them within the file
 * @error: return location: %NF_ERROR_IO where the file cannot be read or was
 *   written into since it was opened
 *
 * Returns: %FALSE with @error set; what @data holds then is of no use
 */
gboolean nf_open_file_read (
    NfOpenFile *file, gsize from, gpointer data, gsize size, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfOpenFile, nf_open_file_free)

G_END_DECLS
