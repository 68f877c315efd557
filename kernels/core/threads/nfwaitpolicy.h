/* SPDX-License-Identifier: MIT
 *
 * nfwaitpolicy — how the threads of ops wait for work: spinning, or asleep
 *
 * Private to the library. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * NfWaitPolicy:
 * @asleep: what threads that wait do
 * @quiet: looks without others since that was decided, or others were seen
 * @patience: how many there must be before threads spin
 */
typedef struct
{
  gboolean asleep;
  guint quiet, patience;
} NfWaitPolicy;

void nf_wait_policy_decide (NfWaitPolicy *state, gdouble waited);
void nf_wait_policy_set_asleep (gboolean asleep);
gboolean nf_wait_policy_is_asleep (void);
void nf_wait_policy_update (void);

G_END_DECLS
