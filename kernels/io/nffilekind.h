/* SPDX-License-Identifier: MIT
 *
 * nffilekind — what a file is that is not what was expected
 *
 * A file of another kind and a damaged one need different remedies, so readers
 * ask here before they speak of damage. */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * nf_file_kind_refuse:
 * @label: name of the file for the message
 * @start: (array length=size): what the file holds
 * @size: its bytes
 * @expected: what it should have been: "a safetensors file"
 * @error: return location: %NF_ERROR_UNSUPPORTED for a file of a kind that is
 *   known here (PyTorch, ONNX, PNG, NumPy, a web page, plain text, ...);
 *   %NF_ERROR_FORMAT for an empty one
 *
 * Says what a file is that cannot be read, and what to do.
 *
 * Returns: TRUE with @error set; FALSE where nothing is known, and the file may
 *   be damaged
 */
gboolean nf_file_kind_refuse (const gchar *label, const guint8 *start,
    gsize size, const gchar *expected, GError **error);

G_END_DECLS
