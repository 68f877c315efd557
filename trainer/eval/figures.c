/* SPDX-License-Identifier: MIT
 *
 * figures — the figures of an evaluation as JSON: report.json */
#include "eval/figures.h"
#include "config.h"
#include <nextframe/metrics/nfclasses.h>

#include <math.h>
#include <stdlib.h>

static void
add_figure (JsonObject *object, const gchar *name, gdouble value)
{
  if (isfinite (value))
    json_object_set_double_member (object, name, value);
  else
    json_object_set_null_member (object, name);
}

/**
 * nf_eval_figure:
 * @object: of an evaluation's figures
 * @name: a member
 *
 * Returns: the figure; NaN where there is none
 */
gdouble
nf_eval_figure (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_double (node)
                                              : NAN;
}

static gint
compare_values (gconstpointer a, gconstpointer b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

static gdouble
median_seconds (const NfEvalTotal *total)
{
  guint n = total->clips->len;
  g_autofree gdouble *seconds = g_new (gdouble, n + 1);

  for (guint i = 0; i < n; i++)
    seconds[i] = g_array_index (total->clips, NfEvalClipScore, i).seconds;
  qsort (seconds, n, sizeof *seconds, compare_values);
  return n == 0 ? NAN : (seconds[(n - 1) / 2] + seconds[n / 2]) / 2;
}

static void
add_clip_means (JsonObject *json, const NfEvalTotal *total)
{
  NfEvalMean jaccard = { 0 }, true_jaccard = { 0 }, invented = { 0 };

  for (guint i = 0; i < total->clips->len; i++) {
    const NfEvalClipScore *score =
        &g_array_index (total->clips, NfEvalClipScore, i);

    nf_eval_mean_add (&jaccard, score->jaccard);
    nf_eval_mean_add (&true_jaccard, score->true_jaccard);
    nf_eval_mean_add (&invented, score->invented);
  }
  add_figure (json, "mean-clip-jaccard", nf_eval_mean_get (jaccard));
  add_figure (
      json, "mean-clip-true-class-jaccard", nf_eval_mean_get (true_jaccard));
  add_figure (json, "invented-classes", nf_eval_mean_get (invented));
}

static JsonArray *
make_curve (const NfEvalTotal *total)
{
  JsonArray *curve = json_array_new ();

  for (guint t = 0; t < NF_EVAL_FRAMES; t++) {
    JsonObject *point;

    if (total->jaccard[t].n == 0)
      continue;
    point = json_object_new ();
    json_object_set_int_member (point, "frame", t + 1);
    add_figure (point, "jaccard", nf_confusion_jaccard (total->counts[t]));
    add_figure (
        point, "mean-clip-jaccard", nf_eval_mean_get (total->jaccard[t]));
    add_figure (point, "psnr", nf_eval_mean_get (total->psnr[t]));
    add_figure (point, "ssim", nf_eval_mean_get (total->ssim[t]));
    json_array_add_object_element (curve, point);
  }
  return curve;
}

static JsonArray *
make_classes (const NfConfusion *confusion)
{
  JsonArray *classes = json_array_new ();

  for (guint id = 0; id < confusion->classes; id++) {
    NfClassCounts counts = nf_confusion_class_counts (confusion, id);
    gdouble iou = nf_class_counts_iou (counts);
    JsonObject *json;

    if (isnan (iou))
      continue;
    json = json_object_new ();
    json_object_set_int_member (json, "id", id);
    json_object_set_string_member (json, "name", nf_class_name (id));
    add_figure (json, "iou", iou);
    json_object_set_int_member (json, "true-positives", counts.true_positives);
    json_object_set_int_member (
        json, "false-positives", counts.false_positives);
    json_object_set_int_member (
        json, "false-negatives", counts.false_negatives);
    json_array_add_object_element (classes, json);
  }
  return classes;
}

static JsonArray *
make_confusion (const NfConfusion *confusion)
{
  JsonArray *entries = json_array_new ();
  guint k = confusion->classes;

  for (guint i = 0; i < k * k; i++) {
    JsonArray *entry;

    if (confusion->counts[i] == 0)
      continue;
    entry = json_array_new ();
    json_array_add_int_element (entry, i / k);
    json_array_add_int_element (entry, i % k);
    json_array_add_int_element (entry, confusion->counts[i]);
    json_array_add_array_element (entries, entry);
  }
  return entries;
}

static JsonArray *
make_clip_scores (const NfEvalTotal *total)
{
  JsonArray *scores = json_array_new ();

  for (guint i = 0; i < total->clips->len; i++) {
    const NfEvalClipScore *score =
        &g_array_index (total->clips, NfEvalClipScore, i);
    JsonArray *values = json_array_new ();

    json_array_add_double_element (values, score->jaccard);
    json_array_add_double_element (values, score->true_jaccard);
    json_array_add_int_element (values, score->invented);
    json_array_add_double_element (values, score->seconds);
    json_array_add_array_element (scores, values);
  }
  return scores;
}

static JsonObject *
make_row (const NfEvalTotal *total)
{
  const guint last = NF_EVAL_FRAMES - 1;
  g_autoptr (NfConfusion) confusion = nf_eval_total_judged (total);
  JsonObject *json = json_object_new ();
  NfObjectScores objects;

  nf_object_scores_measure (&objects, confusion);
  json_object_set_string_member (json, "name", total->row->name);
  json_object_set_string_member (json, "title", total->row->title);
  json_object_set_string_member (json, "frames",
      total->row->flags & NF_EVAL_ROW_ALL_FRAMES ? "1-22" : "22");
  add_figure (json, "jaccard", nf_confusion_jaccard (confusion));
  add_figure (json, "true-class-jaccard", objects.true_jaccard);
  add_clip_means (json, total);
  add_figure (json, "object-iou", objects.object_iou);
  add_figure (json, "shape-accuracy", objects.shape);
  add_figure (json, "material-accuracy", objects.material);
  add_figure (json, "color-accuracy", objects.color);
  add_figure (json, "psnr", nf_eval_mean_get (total->psnr[last]));
  add_figure (json, "ssim", nf_eval_mean_get (total->ssim[last]));
  add_figure (json, "seconds-per-clip", median_seconds (total));
  json_object_set_array_member (json, "curve", make_curve (total));
  json_object_set_array_member (json, "classes", make_classes (confusion));
  json_object_set_array_member (json, "confusion", make_confusion (confusion));
  json_object_set_array_member (json, "clip-scores", make_clip_scores (total));
  return json;
}

/**
 * nf_eval_figures_new:
 * @totals: (element-type NfEvalTotal): of every row
 * @names: (element-type utf8): of the clips
 * @settings: what was evaluated
 * @complete: whether these are all clips that were asked for
 *
 * Returns: (transfer full): the figures, see the head of figures.h
 */
JsonObject *
nf_eval_figures_new (const GPtrArray *totals, const GPtrArray *names,
    JsonObject *settings, gboolean complete)
{
  JsonObject *json = json_object_new ();
  JsonArray *clips = json_array_new ();
  JsonArray *rows = json_array_new ();

  for (guint i = 0; i < names->len; i++)
    json_array_add_string_element (clips, names->pdata[i]);
  for (guint i = 0; i < totals->len; i++)
    json_array_add_object_element (rows, make_row (totals->pdata[i]));
  json_object_set_string_member (json, "program", NF_VERSION);
  json_object_set_boolean_member (json, "complete", complete);
  json_object_set_int_member (json, "clips", names->len);
  json_object_set_object_member (json, "settings", json_object_ref (settings));
  json_object_set_array_member (json, "clip-names", clips);
  json_object_set_array_member (json, "rows", rows);
  json_object_set_string_member (
      json, "shown", nf_eval_totals_shown (totals)->row->name);
  return json;
}
