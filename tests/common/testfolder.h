/* SPDX-License-Identifier: MIT
 *
 * testfolder — folders that a test makes and removes */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gchar *nf_test_folder_new (void);
void nf_test_folder_remove (const gchar *folder);

G_END_DECLS
