/* SPDX-License-Identifier: MIT
 *
 * opsreport — the op test's report card: largest errors, op by op
 *
 * A table for docs/ops.md; tests/ops-report.sh puts it there. */
#include "opsreport.h"

#include <math.h>

#define MAX_DEVICES 4

typedef struct
{
  guint rows, failed;
  gboolean gradient;
  gdouble forward, backward;
} Cell;

static Cell cells[NF_N_OPS][NF_N_DTYPES][MAX_DEVICES];
static const NfDevice *columns[MAX_DEVICES];

static guint
column_of (const NfDevice *device)
{
  guint i = 0;

  while (i < MAX_DEVICES - 1 && columns[i] != NULL && columns[i] != device)
    i++;
  columns[i] = device;
  return i;
}

/**
 * ops_report_add:
 * @row: that was checked
 * @device: where
 * @errors: what came of it
 * @passed: whether that is good
 *
 * Notes one more row.
 */
void
ops_report_add (const OpRow *row, const NfDevice *device,
    const OpErrors *errors, gboolean passed)
{
  Cell *cell = &cells[row->op][errors->dtype][column_of (device)];

  cell->rows++;
  cell->failed += !passed;
  cell->forward = fmax (cell->forward, errors->forward);
  if (!op_row_has_gradient (row))
    return;
  cell->gradient = TRUE;
  cell->backward = fmax (cell->backward, errors->backward);
}

static void
append_cell (GString *text, const Cell *cell)
{
  if (cell->rows == 0)
    g_string_append (text, " | | |");
  else if (cell->failed > 0)
    g_string_append_printf (
        text, " %u of %u **failed** | |", cell->failed, cell->rows);
  else if (cell->gradient)
    g_string_append_printf (
        text, " %.1e | %.1e |", cell->forward, cell->backward);
  else
    g_string_append_printf (text, " %.1e | |", cell->forward);
}

/**
 * ops_report_save:
 * @path: a Markdown file
 * @devices: (element-type NfDevice): its columns
 *
 * Writes the table of all rows so far.
 */
void
ops_report_save (const gchar *path, GPtrArray *devices)
{
  g_autoptr (GString) text = g_string_new ("| op | type | rows |");
  g_autoptr (GError) error = NULL;

  for (guint d = 0; d < devices->len; d++) {
    const gchar *name = ((NfDevice *) devices->pdata[d])->name;

    g_string_append_printf (text, " %s: result | gradient |", name);
  }
  g_string_append (text, "\n|---|---|---|");
  for (guint d = 0; d < devices->len; d++)
    g_string_append (text, "---|---|");
  g_string_append_c (text, '\n');
  for (guint op = 0; op < NF_N_OPS; op++)
    for (guint dtype = 0; dtype < NF_N_DTYPES; dtype++) {
      const Cell *line = cells[op][dtype];

      if (line[column_of (devices->pdata[0])].rows == 0)
        continue;
      g_string_append_printf (text, "| %s | %s | %u |", nf_op_name ((NfOp) op),
          nf_dtype_name ((NfDType) dtype),
          line[column_of (devices->pdata[0])].rows);
      for (guint d = 0; d < devices->len; d++)
        append_cell (text, &line[column_of (devices->pdata[d])]);
      g_string_append_c (text, '\n');
    }
  g_file_set_contents (path, text->str, (gssize) text->len, &error);
  g_assert_no_error (error);
}
