/* SPDX-License-Identifier: MIT
 *
 * nfasserts — assertions that several test programs share */
#pragma once

#include <string.h>

#include <nextframe/core/nferror.h>

/* @error is of the domain NF_ERROR, has this code, and says @message */
static inline void
nf_assert_error (const GError *error, gint code, const gchar *message)
{
  g_assert_error (error, NF_ERROR, code);
  if (strstr (error->message, message) == NULL)
    g_error ("expected \"%s\", got \"%s\"", message, error->message);
}
