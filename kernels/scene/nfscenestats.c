/* SPDX-License-Identifier: MIT
 *
 * nfscenestats — what is seen in a set of clips, in numbers */
#include "scene/nfscenestats.h"

struct _NfSceneStats
{
  guint clips;
};

/**
 * nf_scene_stats_new:
 *
 * Returns: (transfer full): statistics of no clips yet
 */
NfSceneStats *
nf_scene_stats_new (void)
{
  return g_new0 (NfSceneStats, 1);
}

void
nf_scene_stats_free (NfSceneStats *stats)
{
  g_free (stats);
}

/**
 * nf_scene_stats_add:
 * @frames: (nullable): (n_frames, height, width, 3), red, green, blue
 * @masks: (nullable): (n_frames, height, width), classes
 * @n_frames: at least 1
 * @width: columns, at least 1
 * @height: rows, at least 1
 *
 * Counts one more clip. What needs masks is left out of a clip without them,
 * and so is what needs frames.
 */
void
nf_scene_stats_add (NfSceneStats *stats, const guint8 *frames,
    const guint8 *masks, guint n_frames, guint width, guint height)
{
  stats->clips++;
}

/**
 * nf_scene_stats_format_table:
 * @real: statistics of the real clips
 * @synthetic: statistics of synthetic clips
 *
 * Returns: (transfer full): a Markdown table, one row a number
 */
gchar *
nf_scene_stats_format_table (
    const NfSceneStats *real, const NfSceneStats *synthetic)
{
  return g_strdup_printf ("| | real | synthetic |\n|---|---|---|\n"
                          "| clips | %u | %u |\n",
      real->clips, synthetic->clips);
}
