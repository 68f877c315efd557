/* SPDX-License-Identifier: MIT
 *
 * nfspin — how the threads of ops wait for work: spinning, or asleep
 *
 * Private to the library. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * NfSpinState:
 * @asleep: what threads that wait do
 * @quiet: looks without others since that was decided, or others were seen
 * @patience: how many there must be before threads spin
 */
typedef struct
{
  gboolean asleep;
  guint quiet, patience;
} NfSpinState;

void nf_spin_decide (NfSpinState *state, gdouble waited);
void nf_spin_set_asleep (gboolean asleep);
gboolean nf_spin_is_asleep (void);
void nf_spin_look (void);

G_END_DECLS
