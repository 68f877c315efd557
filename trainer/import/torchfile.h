/* SPDX-License-Identifier: MIT
 *
 * torchfile — files that PyTorch's torch.save() writes
 *
 * Since 1.6 such a file is a zip archive: NAME/data.pkl is a pickle that
 * describes tensors, NAME/data/KEY holds the elements of each storage. Before, it
 * was five pickles one after another with the elements behind them. Files are
 * treated as hostile.
 * Sibling: pickle.c, which executes nothing of what is in a pickle */
#pragma once

#include "import/pickle.h"

G_BEGIN_DECLS

/**
 * NfTorchFile: an open file
 */
typedef struct _NfTorchFile NfTorchFile;

/**
 * nf_torch_file_is:
 * @path: a file
 *
 * Returns: whether it begins as one of torch.save()'s, a zip archive or a pickle
 */
gboolean nf_torch_file_is (const gchar *path);

/**
 * nf_torch_file_open:
 * @path: a file
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_IO,
 *   %NF_ERROR_FORMAT where it is damaged, %NF_ERROR_UNSUPPORTED where it holds
 *   more than tensors, or this build has no libzip
 *
 * Returns: (transfer full) (nullable): the file
 */
NfTorchFile *nf_torch_file_open (const gchar *path, GError **error);

/**
 * nf_torch_file_open_bytes:
 * @bytes: a whole file; a reference is kept
 * @label: name of the file, for messages
 * @error: return location, as of nf_torch_file_open()
 *
 * Returns: (transfer full) (nullable): the file
 */
NfTorchFile *nf_torch_file_open_bytes (
    GBytes *bytes, const gchar *label, GError **error);
void nf_torch_file_free (NfTorchFile *file);

/**
 * nf_torch_file_root:
 * @file: a file
 *
 * Returns: (transfer none): what was saved
 */
const NfPickleValue *nf_torch_file_root (const NfTorchFile *file);

/**
 * nf_torch_file_elements:
 * @file: a file
 * @tensor: a tensor of it
 * @error: return location: %NF_ERROR_IO, %NF_ERROR_FORMAT, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): its elements in their storage's type,
 *   row-major, little-endian
 */
GBytes *nf_torch_file_elements (
    NfTorchFile *file, const NfPickleValue *tensor, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTorchFile, nf_torch_file_free)

G_END_DECLS
