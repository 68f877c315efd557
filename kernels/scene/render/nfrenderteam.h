/* SPDX-License-Identifier: MIT
 *
 * nfrenderteam — threads that share pieces of work
 *
 * They sleep between pictures and while they wait for each other. Private to
 * the renderer. */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

typedef struct _NfTeam NfTeam;

/**
 * NfTeamWork:
 * @worker: which of the team does it, from 0
 * @piece: which piece of the work, from 0
 */
typedef void (*NfTeamWork) (gpointer data, guint worker, guint piece);

NF_API NfTeam *nf_team_new (guint workers);
NF_API void nf_team_free (NfTeam *team);

NF_API void nf_team_do (
    NfTeam *team, guint pieces, NfTeamWork work, gpointer data);

G_END_DECLS
