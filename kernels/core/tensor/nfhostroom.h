/* SPDX-License-Identifier: MIT
 *
 * nfhostroom — memory of the host, as much as a tensor or a file asks for
 *
 * Where a number of a file or a setting decides how much it is, a failure is an
 * error, not the end of the process as with g_malloc(). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * nf_host_room:
 * @bytes: how many; 0 is allowed
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): so much memory, not initialised; to be
 *   freed with g_free()
 */
gpointer nf_host_room (gsize bytes, GError **error);

/**
 * nf_host_zeros:
 * @bytes: how many; 0 is allowed
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): so much memory, all zero; to be freed with
 *   g_free()
 */
gpointer nf_host_zeros (gsize bytes, GError **error);

G_END_DECLS
