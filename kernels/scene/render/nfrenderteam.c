/* SPDX-License-Identifier: MIT
 *
 * nfrenderteam — threads that share pieces of work */
#include "scene/render/nfrenderteam.h"

struct _NfTeam
{
  guint workers;
  GThreadPool *pool; /* of all workers but the caller */

  /* the current work */
  NfTeamWork work;
  gpointer data;
  gint next, pieces;

  GMutex lock;
  GCond done;
  guint busy; /* workers that have not finished */
};

static void
work_on (NfTeam *team, guint worker)
{
  gint piece;

  while ((piece = g_atomic_int_add (&team->next, 1)) < team->pieces)
    team->work (team->data, worker, (guint) piece);
}

/* a worker other than the caller, by its number */
static void
help (gpointer number, gpointer user_data)
{
  NfTeam *team = user_data;

  work_on (team, GPOINTER_TO_UINT (number));
  g_mutex_lock (&team->lock);
  if (--team->busy == 0)
    g_cond_signal (&team->done);
  g_mutex_unlock (&team->lock);
}

/**
 * nf_team_new:
 * @workers: how many, the caller of nf_team_do() included, at least 1
 *
 * Where no more threads can be started, the team does with fewer.
 */
NfTeam *
nf_team_new (guint workers)
{
  NfTeam *team = g_new0 (NfTeam, 1);

  g_mutex_init (&team->lock);
  g_cond_init (&team->done);
  team->workers = workers;
  if (workers > 1)
    team->pool = g_thread_pool_new (help, team, (gint) workers - 1, TRUE, NULL);
  if (team->pool == NULL || g_thread_pool_get_num_threads (team->pool) == 0)
    team->workers = 1;

  return team;
}

void
nf_team_free (NfTeam *team)
{
  if (team == NULL)
    return;
  if (team->pool != NULL)
    g_thread_pool_free (team->pool, FALSE, TRUE);
  g_mutex_clear (&team->lock);
  g_cond_clear (&team->done);
  g_free (team);
}

/**
 * nf_team_do:
 * @pieces: how many pieces there are
 * @work: (scope call): does one
 * @data: for @work
 *
 * Returns when all is done; the caller works, too.
 */
void
nf_team_do (NfTeam *team, guint pieces, NfTeamWork work, gpointer data)
{
  guint helpers = MIN (team->workers, MAX (pieces, 1)) - 1;

  team->work = work;
  team->data = data;
  team->next = 0;
  team->pieces = (gint) pieces;
  team->busy = helpers;
  for (guint i = 1; i <= helpers; i++)
    g_thread_pool_push (team->pool, GUINT_TO_POINTER (i), NULL);
  work_on (team, 0);

  g_mutex_lock (&team->lock);
  while (team->busy > 0)
    g_cond_wait (&team->done, &team->lock);
  g_mutex_unlock (&team->lock);
}
