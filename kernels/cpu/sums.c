/* SPDX-License-Identifier: MIT
 *
 * sums — sums over the rows of a matrix of channels-last pixels (CPU)
 *
 * Rows are split into parts by the shape alone and the parts added in order,
 * so the sum has the same bits for any number of threads. Sums are doubles. */
#include "cpu/nfcpu.h"
#include "cpu/nfvec.h"

#include <string.h>

#define PARTS 32

NF_CPU_CLONES static void
part_sums (const gfloat *a, const gfloat *b, gint64 rows, gint64 c,
    gdouble *restrict sum_a, gdouble *restrict sum_ab)
{
  for (gint64 r = 0; r < rows; r++) {
    const gfloat *x = a + r * c;

    for (gint64 i = 0; i < c; i++)
      sum_a[i] += (gdouble) x[i];
    if (b != NULL) {
      const gfloat *y = b + r * c;

      for (gint64 i = 0; i < c; i++)
        sum_ab[i] += (gdouble) x[i] * (gdouble) y[i];
    }
  }
}

/**
 * nf_cpu_channel_sums:
 * @a: rows x c
 * @b: (nullable): rows x c
 * @rows: number of pixels
 * @c: number of channels
 * @sum_a: (out): c sums of a
 * @sum_ab: (out) (nullable): c sums of a b, where @b is given
 */
void
nf_cpu_channel_sums (const gfloat *a, const gfloat *b, gint64 rows, gint64 c,
    gdouble *sum_a, gdouble *sum_ab)
{
  gint64 per = MAX ((rows + PARTS - 1) / PARTS, NF_CPU_GRAIN / c + 1);
  gint64 parts = (rows + per - 1) / per;
  g_autofree gdouble *room = g_new0 (gdouble, parts * 2 * c);

#pragma omp parallel for if (parts > 1)
  for (gint64 p = 0; p < parts; p++)
    part_sums (a + p * per * c, b != NULL ? b + p * per * c : NULL,
        MIN (per, rows - p * per), c, room + p * 2 * c, room + (p * 2 + 1) * c);
  memset (sum_a, 0, (gsize) c * sizeof *sum_a);
  if (b != NULL)
    memset (sum_ab, 0, (gsize) c * sizeof *sum_ab);
  for (gint64 p = 0; p < parts; p++) {
    for (gint64 i = 0; i < c; i++)
      sum_a[i] += room[p * 2 * c + i];
    for (gint64 i = 0; b != NULL && i < c; i++)
      sum_ab[i] += room[(p * 2 + 1) * c + i];
  }
}

/**
 * nf_cpu_sum_rows:
 * @x: rows x c
 * @sum: (out): c sums
 */
void
nf_cpu_sum_rows (const gfloat *x, gint64 rows, gint64 c, gfloat *sum)
{
  g_autofree gdouble *total = g_new (gdouble, c);

  nf_cpu_channel_sums (x, NULL, rows, c, total, NULL);
  for (gint64 i = 0; i < c; i++)
    sum[i] = (gfloat) total[i];
}
