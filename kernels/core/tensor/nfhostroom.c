/* SPDX-License-Identifier: MIT
 *
 * nfhostroom — memory of the host, as much as a tensor or a file asks for */
#include "core/tensor/nfhostroom.h"

#include <nextframe/core/nferror.h>

/* @room, or the error that it is not there */
static gpointer
demand (gpointer room, gsize bytes, GError **error)
{
  if (room == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for %" G_GSIZE_FORMAT
        " bytes: use a smaller batch, frame or network",
        bytes);

  return room;
}

gpointer
nf_host_room (gsize bytes, GError **error)
{
  return demand (g_try_malloc (MAX (bytes, 1)), bytes, error);
}

gpointer
nf_host_zeros (gsize bytes, GError **error)
{
  return demand (g_try_malloc0 (MAX (bytes, 1)), bytes, error);
}
