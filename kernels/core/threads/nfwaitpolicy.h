/* SPDX-License-Identifier: MIT
 *
 * nfwaitpolicy — how the threads of ops wait for work: spinning, or asleep
 *
 * Private to the library. */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

/**
 * NfWaitPolicy:
 * @asleep: whether threads that wait sleep; else they spin
 * @quiet: how often in a row no other thread was seen that needs the CPUs
 * @patience: how large @quiet must be before threads spin again
 */
typedef struct
{
  gboolean asleep;
  guint quiet, patience;
} NfWaitPolicy;

NF_API void nf_wait_policy_decide (NfWaitPolicy *state, gdouble waited);
NF_API void nf_wait_policy_set_asleep (gboolean asleep);
NF_API gboolean nf_wait_policy_is_asleep (void);
NF_API void nf_wait_policy_update (void);

G_END_DECLS
