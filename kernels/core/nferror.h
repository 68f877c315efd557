/* SPDX-License-Identifier: MIT
 *
 * nferror — the error domain of the library
 *
 * Every fallible function takes a GError ** last and leaves its arguments as
 * they were when it fails. Messages say what failed, on which input, what was
 * expected and what was found instead. */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

/**
 * NfError:
 * @NF_ERROR_INVALID: an argument or setting is out of its range
 * @NF_ERROR_SHAPE: tensors whose shapes or types do not fit each other
 * @NF_ERROR_NOT_FOUND: a file, name or folder that does not exist
 * @NF_ERROR_FORMAT: a file whose content is not what its format demands
 * @NF_ERROR_IO: reading or writing failed
 * @NF_ERROR_NO_DEVICE: a device or its backend is missing
 * @NF_ERROR_NO_MEMORY: not enough memory on the device
 * @NF_ERROR_CANCELLED: the caller cancelled
 * @NF_ERROR_UNSUPPORTED: valid, but not available in this build or backend
 * @NF_ERROR_FAILED: a library below reported an error
 *
 * Codes of the domain %NF_ERROR.
 */
typedef enum
{
  NF_ERROR_INVALID,
  NF_ERROR_SHAPE,
  NF_ERROR_NOT_FOUND,
  NF_ERROR_FORMAT,
  NF_ERROR_IO,
  NF_ERROR_NO_DEVICE,
  NF_ERROR_NO_MEMORY,
  NF_ERROR_CANCELLED,
  NF_ERROR_UNSUPPORTED,
  NF_ERROR_FAILED,
} NfError;

#define NF_ERROR (nf_error_quark ())

/**
 * nf_error_quark:
 * Returns: the error domain %NF_ERROR, "nf-error-quark"
 */
NF_API GQuark nf_error_quark (void);

/**
 * nf_has_failed:
 * @error: (nullable): return location of a function
 *
 * A function that is given an error which is set already does nothing, so that
 * the caller sees the first cause.
 *
 * Returns: whether @error is set already
 */
static inline gboolean
nf_has_failed (GError **error)
{
  return error != NULL && *error != NULL;
}

G_END_DECLS
