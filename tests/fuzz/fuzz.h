/* SPDX-License-Identifier: MIT
 *
 * fuzz — what the fuzz targets share: files to read, and running without an engine
 *
 * A target is one function, LLVMFuzzerTestOneInput(), which hands its input to a
 * reader. What the reader refuses is no failure: only a crash, or what a
 * sanitizer reports, is. tests/fuzz/run.sh builds the targets for libFuzzer; as
 * they are built for the tests they run over the files and folders named on their
 * command line, and over small changes of them. */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

G_BEGIN_DECLS

/** LLVMFuzzerTestOneInput: the target; returns 0 */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/**
 * nf_fuzz_file:
 * @name: of a file; the same name is the same file
 * @data: what it is to hold
 * @size: bytes of @data
 *
 * Writes a file into a folder of this process, which is removed when the process
 * ends.
 *
 * Returns: (transfer none): its path
 */
const gchar *nf_fuzz_file (const gchar *name, const uint8_t *data, size_t size);

/**
 * nf_fuzz_folder:
 *
 * Returns: (transfer none): the folder of nf_fuzz_file()
 */
const gchar *nf_fuzz_folder (void);

G_END_DECLS
