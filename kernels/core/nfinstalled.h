/* SPDX-License-Identifier: MIT
 *
 * nfinstalled — where files are that are installed with the library
 *
 * An installation may be moved as a whole, or be looked at below a DESTDIR: files
 * are looked for from the place of the library that runs, before that which the
 * build was configured for. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * nf_installed_path:
 * @from_library: path of a file or folder, from the folder of the library;
 *   an absolute one is returned as it is
 * @configured: where the build installs it
 *
 * Returns: (transfer full): the first of both that exists, else @configured
 */
gchar *nf_installed_path (const gchar *from_library, const gchar *configured);

G_END_DECLS
