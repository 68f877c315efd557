/* SPDX-License-Identifier: MIT
 *
 * docfolder — a folder in which commands of the documentation run
 *
 * It looks like the root of the repository: examples/ and build/ are links. What
 * a command writes stays in it. python3 is one that has what the examples need;
 * where there is none, a note says so and nothing runs. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gchar *nf_test_doc_folder_new (void);
void nf_test_doc_folder_add_program (
    const gchar *folder, const gchar *name, const gchar *script);
gint nf_test_doc_folder_run (
    const gchar *folder, const gchar *script, gchar **output, gchar **notes);

G_END_DECLS
