/* SPDX-License-Identifier: MIT
 *
 * boards — what the boards of nfiou and nfquality keep of clips that have ended
 *
 * For a report they remember every clip. A live stream has clips without end,
 * mostly no report, and must not grow with them. Siblings: flatmemory.c */
#include <nextframe/metrics/nfqualityboard.h>
#include <nextframe/metrics/nfscoreboard.h>

#include <json-glib/json-glib.h>
#include <malloc.h>

#define WARM 64 /* clips */
#define CLIPS 4096
#define LOST 1 /* bytes a clip that may stay in use; a clip has a hundred */

#define WIDTH 16
#define HEIGHT 12
static const guint8 pixels[3 * WIDTH * HEIGHT] = { 1, 0, 1 };
static const NfMask mask = { pixels, WIDTH };

static gsize
in_use (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* how many clips the report lists */
static guint
listed (const gchar *report)
{
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_true (json_parser_load_from_data (parser, report, -1, NULL));

  return json_array_get_length (json_object_get_array_member (
      json_node_get_object (json_parser_get_root (parser)), "clips"));
}

/* a clip of two frames, with a name and a stream */
static void
score_clips (NfScoreboard *board, guint from, guint to)
{
  for (guint i = from; i < to; i++) {
    g_autofree gchar *name = g_strdup_printf ("val/video_%u", i);
    const NfClipScore *clip;

    nf_scoreboard_add_frame (board, mask, mask, WIDTH, HEIGHT, 40 * i);
    nf_scoreboard_name_clip (board, name);
    nf_scoreboard_add_frame (board, mask, mask, WIDTH, HEIGHT, 40 * i + 20);
    clip = nf_scoreboard_end_clip (board, "stream");
    g_assert_cmpuint (clip->index, ==, i);
    g_assert_cmpstr (clip->name, ==, name);
    g_assert_cmpstr (clip->stream_id, ==, "stream");
    g_assert_cmpuint (clip->frames, ==, 2);
  }
}

static void
judge_clips (NfQualityBoard *board, guint from, guint to)
{
  for (guint i = from; i < to; i++) {
    g_autofree gchar *name = g_strdup_printf ("val/video_%u", i);
    g_autoptr (GError) error = NULL;
    const NfQualityClip *clip;

    nf_quality_board_add_frame (
        board, pixels, pixels, WIDTH, HEIGHT, 40 * i, &error);
    g_assert_no_error (error);
    nf_quality_board_name_clip (board, name);
    clip = nf_quality_board_end_clip (board, "stream");
    g_assert_cmpuint (clip->index, ==, i);
    g_assert_cmpstr (clip->name, ==, name);
    g_assert_cmpstr (clip->stream_id, ==, "stream");
    g_assert_cmpuint (clip->quality.frames, ==, 1);
  }
}

static void
test_boards_scores_without_report (void)
{
  g_autoptr (NfScoreboard) board = nf_scoreboard_new (5, FALSE);
  g_autofree gchar *report = NULL;
  gsize before;

  nf_scoreboard_set_horizon (board, 2);
  score_clips (board, 0, WARM);
  before = in_use ();
  score_clips (board, WARM, WARM + CLIPS);
  g_assert_cmpuint (in_use (), <=, before + CLIPS * LOST);
  g_assert_cmpuint (nf_scoreboard_get_scores (board).clips, ==, WARM + CLIPS);
  report = nf_scoreboard_to_json (board, TRUE);
  g_assert_cmpuint (listed (report), ==, 0);
}

static void
test_boards_quality_without_report (void)
{
  g_autoptr (NfQualityBoard) board = nf_quality_board_new (FALSE, 2);
  g_autofree gchar *report = NULL;
  gsize before;

  judge_clips (board, 0, WARM);
  before = in_use ();
  judge_clips (board, WARM, WARM + CLIPS);
  g_assert_cmpuint (in_use (), <=, before + CLIPS * LOST);
  g_assert_cmpuint (nf_quality_board_get_clips (board), ==, WARM + CLIPS);
  report = nf_quality_board_to_json (board, TRUE);
  g_assert_cmpuint (listed (report), ==, 0);
}

static void
test_boards_with_report (void)
{
  g_autoptr (NfScoreboard) scores = nf_scoreboard_new (5, TRUE);
  g_autoptr (NfQualityBoard) quality = nf_quality_board_new (TRUE, 2);
  g_autofree gchar *report = NULL;
  g_autofree gchar *quality_report = NULL;

  score_clips (scores, 0, WARM);
  judge_clips (quality, 0, WARM);
  report = nf_scoreboard_to_json (scores, TRUE);
  g_assert_cmpuint (listed (report), ==, WARM);
  quality_report = nf_quality_board_to_json (quality, TRUE);
  g_assert_cmpuint (listed (quality_report), ==, WARM);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/boards/scores-without-report", test_boards_scores_without_report);
  g_test_add_func (
      "/boards/quality-without-report", test_boards_quality_without_report);
  g_test_add_func ("/boards/with-report", test_boards_with_report);

  return g_test_run ();
}
