/* SPDX-License-Identifier: MIT
 *
 * panelmatmul — rows times a matrix in panels, in f32 (CPU)
 *
 * The matrix is copied into panels of 32 columns, whose rows lie together; then
 * 12 rows times a panel is made at once, in registers. Siblings: matmul.c,
 * attention.c */
#include "cpu/avx512/panelmatmul.h"
#include "cpu/nfisa.h"

#include <omp.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define TARGET __attribute__ ((target ("avx512f")))
#define INLINE TARGET __attribute__ ((always_inline)) static inline

#define LANES 16
#define PANEL 32
#define ROWS 12
#define CHUNK (8 * ROWS) /* rows that one thread takes at once, at most */
#define FEW_ROWS 24 /* fewer are not worth the panels */

/**
 * nf_panel_matmul_fits:
 * @rows: how many
 * @b: the matrix that they are multiplied with
 *
 * Returns: whether the other functions compute it, and faster than a library
 */
gboolean
nf_panel_matmul_fits (gint64 rows, const NfMatrix *b)
{
  return nf_isa () >= NF_ISA_AVX512 && rows >= FEW_ROWS && b->n % PANEL == 0;
}

/**
 * nf_panel_matmul_pack:
 * @b: a matrix
 * @from: its first panel that is wanted
 * @count: how many, of n / 32
 * @panels: (out): room for all panels: k n values; the wanted ones are written
 */
void
nf_panel_matmul_pack (
    const NfMatrix *b, gint64 from, gint64 count, gfloat *panels)
{
  for (gint64 panel = from; panel < from + count; panel++) {
    gfloat *to = panels + panel * b->k * PANEL;

    if (b->transposed)
      for (gint64 l = 0; l < PANEL; l++) {
        const gfloat *column = b->data + (panel * PANEL + l) * b->ld;

        for (gint64 j = 0; j < b->k; j++)
          to[j * PANEL + l] = column[j];
      }
    else
      for (gint64 j = 0; j < b->k; j++)
        memcpy (to + j * PANEL, b->data + j * b->ld + panel * PANEL,
            PANEL * sizeof *to);
  }
}

/* @rows rows times a panel (k, 32); the sums begin with @start's values, of
 * rows @start_step apart, where there is one */
INLINE void
panel_rows (gint rows, const gfloat *x, gint64 ldx, const gfloat *panel,
    gint64 k, const gfloat *start, gint64 start_step, gfloat *y, gint64 ldy)
{
  __m512 sum[ROWS][2];

  for (gint i = 0; i < rows; i++)
    for (gint l = 0; l < 2; l++)
      sum[i][l] = start != NULL
          ? _mm512_loadu_ps (start + i * start_step + l * LANES)
          : _mm512_setzero_ps ();
  for (gint64 j = 0; j < k; j++) {
    __m512 left = _mm512_loadu_ps (panel + j * PANEL);
    __m512 right = _mm512_loadu_ps (panel + j * PANEL + LANES);

    for (gint i = 0; i < rows; i++) {
      __m512 v = _mm512_set1_ps (x[i * ldx + j]);

      sum[i][0] = _mm512_fmadd_ps (v, left, sum[i][0]);
      sum[i][1] = _mm512_fmadd_ps (v, right, sum[i][1]);
    }
  }
  for (gint i = 0; i < rows; i++) {
    _mm512_storeu_ps (y + i * ldy, sum[i][0]);
    _mm512_storeu_ps (y + i * ldy + LANES, sum[i][1]);
  }
}

/**
 * nf_panel_matmul_run:
 * @rows: how many
 * @x: the rows, of k values
 * @ldx: from one to the next
 * @b: the matrix
 * @panels: it, as nf_panel_matmul_pack() makes it
 * @bias: (nullable): n values that are added to each row
 * @add: whether the result is added to @y; then there is no bias
 * @y: (inout): rows of n values
 * @ldy: from one to the next
 *
 * In the calling thread alone.
 */
TARGET void
nf_panel_matmul_run (gint64 rows, const gfloat *x, gint64 ldx,
    const NfMatrix *b, const gfloat *panels, const gfloat *bias, gboolean add,
    gfloat *y, gint64 ldy)
{
  for (gint64 at = 0; at < b->n; at += PANEL, panels += b->k * PANEL) {
    gint64 i = 0, step = add ? ldy : 0;

#define RUN(COUNT)                                                             \
  panel_rows (COUNT, x + i * ldx, ldx, panels, b->k,                           \
      add                ? y + i * ldy + at                                    \
          : bias != NULL ? bias + at                                           \
                         : NULL,                                               \
      step, y + i * ldy + at, ldy)
    for (; i + ROWS <= rows; i += ROWS)
      RUN (ROWS);
    for (; i + 4 <= rows; i += 4)
      RUN (4);
    for (; i < rows; i++)
      RUN (1);
#undef RUN
  }
}

/**
 * nf_panel_matmul_multiply:
 * @rows: see nf_panel_matmul_run(); nf_panel_matmul_fits()
 * @error: return location
 *
 * nf_panel_matmul_run() by all threads, with the panels made on the way.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_panel_matmul_multiply (NfDevice *device, gint64 rows, const gfloat *x,
    gint64 ldx, const NfMatrix *b, const gfloat *bias, gboolean add, gfloat *y,
    gint64 ldy, GError **error)
{
  g_autoptr (NfTensor) room =
      nf_tensor_new (device, NF_F32, 1, b->k, b->n, 1, error);
  gint64 threads = omp_get_max_threads ();
  gint64 each = (rows + threads - 1) / threads;
  gint64 chunk = CLAMP ((each + ROWS - 1) / ROWS * ROWS, ROWS, CHUNK);
  gfloat *panels;

  if (room == NULL)
    return FALSE;
  panels = nf_cpu_f32 (room);
#pragma omp parallel if (rows * b->n > NF_CPU_GRAIN)
  {
#pragma omp for
    for (gint64 i = 0; i < b->n / PANEL; i++)
      nf_panel_matmul_pack (b, i, 1, panels);
#pragma omp for schedule(static)
    for (gint64 i = 0; i < rows; i += chunk)
      nf_panel_matmul_run (MIN (chunk, rows - i), x + i * ldx, ldx, b, panels,
          bias, add, y + i * ldy, ldy);
  }
  return TRUE;
}

#else

gboolean
nf_panel_matmul_fits (gint64 rows, const NfMatrix *b)
{
  return FALSE;
}

void
nf_panel_matmul_pack (
    const NfMatrix *b, gint64 from, gint64 count, gfloat *panels)
{
}

void
nf_panel_matmul_run (gint64 rows, const gfloat *x, gint64 ldx,
    const NfMatrix *b, const gfloat *panels, const gfloat *bias, gboolean add,
    gfloat *y, gint64 ldy)
{
}

gboolean
nf_panel_matmul_multiply (NfDevice *device, gint64 rows, const gfloat *x,
    gint64 ldx, const NfMatrix *b, const gfloat *bias, gboolean add, gfloat *y,
    gint64 ldy, GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "matrix product: this processor has no such kernel");
  return FALSE;
}

#endif
