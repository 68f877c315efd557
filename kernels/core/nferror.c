/* SPDX-License-Identifier: MIT
 *
 * nferror — the error domain of the library */
#include <nextframe/core/nferror.h>

/* without G_DEFINE_QUARK (), whose name a formatter takes for a subtraction */
GQuark
nf_error_quark (void)
{
  return g_quark_from_static_string ("nf-error-quark");
}
