/* SPDX-License-Identifier: MIT
 *
 * nfimage — how near one picture is to another: PSNR and SSIM
 *
 * The window is a product of two lines of weights, so moments are filtered by
 * rows and then by columns. */
#include <nextframe/metrics/nfimage.h>

#include <math.h>

#define WINDOW NF_IMAGE_SSIM_WINDOW
#define SIGMA 1.5
#define PEAK 255.0
#define C1 (0.01 * PEAK * 0.01 * PEAK)
#define C2 (0.03 * PEAK * 0.03 * PEAK)

/* what is averaged within each window: a, b, a^2, b^2, ab */
#define N_MOMENTS 5

guint64
nf_image_squared_error (const guint8 *a, const guint8 *b, gsize n)
{
  guint64 sum = 0;

  for (gsize i = 0; i < n; i++) {
    gint d = (gint) a[i] - (gint) b[i];

    sum += (guint64) (d * d);
  }

  return sum;
}

gdouble
nf_image_psnr_of_error (guint64 squared_error, guint64 n)
{
  return squared_error == 0
      ? INFINITY
      : 10.0 * log10 (PEAK * PEAK * (gdouble) n / (gdouble) squared_error);
}

gdouble
nf_image_psnr (const guint8 *a, const guint8 *b, gsize n)
{
  return nf_image_psnr_of_error (nf_image_squared_error (a, b, n), n);
}

static void
make_weights (gdouble weights[WINDOW])
{
  gdouble sum = 0;

  for (gint i = 0; i < WINDOW; i++) {
    gdouble x = i - WINDOW / 2;

    weights[i] = exp (-x * x / (2 * SIGMA * SIGMA));
    sum += weights[i];
  }
  for (guint i = 0; i < WINDOW; i++)
    weights[i] /= sum;
}

static gdouble
luma (const guint8 *pixel)
{
  return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
}

static void
row_moments (const guint8 *a, const guint8 *b, guint width, gdouble *moments)
{
  for (guint x = 0; x < width; x++) {
    gdouble p = luma (a + 3 * x), q = luma (b + 3 * x);
    gdouble *m = moments + N_MOMENTS * x;

    m[0] = p;
    m[1] = q;
    m[2] = p * p;
    m[3] = q * q;
    m[4] = p * q;
  }
}

/* Weighted moments of every run of WINDOW pixels of a row. */
static void
filter_row (
    const gdouble *moments, guint n, const gdouble *weights, gdouble *out)
{
  for (guint i = 0; i < n * N_MOMENTS; i++) {
    out[i] = 0;
    for (guint k = 0; k < WINDOW; k++)
      out[i] += weights[k] * moments[i + k * N_MOMENTS];
  }
}

static gdouble
window_ssim (const gdouble *m)
{
  gdouble ma = m[0], mb = m[1];
  gdouble va = m[2] - ma * ma, vb = m[3] - mb * mb;
  gdouble cov = m[4] - ma * mb;

  return (2 * ma * mb + C1) * (2 * cov + C2)
      / ((ma * ma + mb * mb + C1) * (va + vb + C2));
}

/* Sum over the windows of WINDOW rows that were filtered; the oldest of them
 * lies at @first of a ring. */
static gdouble
sum_windows (const gdouble *rows, guint first, guint n, const gdouble *weights)
{
  gdouble sum = 0;

  for (guint i = 0; i < n; i++) {
    gdouble m[N_MOMENTS] = { 0 };

    for (guint k = 0; k < WINDOW; k++) {
      const gdouble *row =
          rows + ((gsize) ((first + k) % WINDOW) * n + i) * N_MOMENTS;

      for (guint j = 0; j < N_MOMENTS; j++)
        m[j] += weights[k] * row[j];
    }
    sum += window_ssim (m);
  }
  return sum;
}

gboolean
nf_image_ssim (const guint8 *a, const guint8 *b, guint width, guint height,
    gdouble *ssim, GError **error)
{
  g_autofree gdouble *moments = NULL;
  g_autofree gdouble *rows = NULL;
  gdouble weights[WINDOW];
  gdouble sum = 0;
  guint n;

  if (width < WINDOW || height < WINDOW) {
    g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
        "SSIM: expected pictures of at least %dx%d pixels, got %ux%u", WINDOW,
        WINDOW, width, height);
    return FALSE;
  }
  n = width - WINDOW + 1;
  moments = g_try_new (gdouble, (gsize) N_MOMENTS * width);
  rows = g_try_new (gdouble, (gsize) N_MOMENTS * n * WINDOW);
  if (moments == NULL || rows == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "SSIM: not enough memory for rows of %u pixels", width);
    return FALSE;
  }
  make_weights (weights);
  for (guint y = 0; y < height; y++) {
    gsize at = (gsize) 3 * width * y;

    row_moments (a + at, b + at, width, moments);
    filter_row (
        moments, n, weights, rows + (gsize) (y % WINDOW) * n * N_MOMENTS);
    if (y + 1 >= WINDOW)
      sum += sum_windows (rows, (y + 1) % WINDOW, n, weights);
  }
  *ssim = sum / n / (height - WINDOW + 1);
  return TRUE;
}
