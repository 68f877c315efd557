/* SPDX-License-Identifier: MIT
 *
 * nferror — the error domain of the library */
#include "core/nferror.h"

G_DEFINE_QUARK (nf - error - quark, nf_error)
