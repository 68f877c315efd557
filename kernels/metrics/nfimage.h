/* SPDX-License-Identifier: MIT
 *
 * nfimage — how near one picture is to another: PSNR and SSIM
 *
 * PSNR, over the peak of 8 bits, 255, of all n values of both pictures:
 *
 *   PSNR = 10 log10 (255^2 / MSE),   MSE = sum (a - b)^2 / n
 *
 * SSIM, Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from
 * error visibility to structural similarity", IEEE Transactions on Image
 * Processing 13(4), 2004. With mean, variance and covariance weighted by a
 * Gaussian window of 11x11 pixels and a standard deviation of 1.5 (equations
 * 14 to 16 there), C1 = (0.01 * 255)^2 and C2 = (0.03 * 255)^2:
 *
 *   SSIM = (2 ma mb + C1) (2 cov + C2) / ((ma^2 + mb^2 + C1) (va + vb + C2))
 *
 * and the mean of that over every window that lies wholly within the picture.
 * It is computed on luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), which is
 * not rounded. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

#define NF_IMAGE_SSIM_WINDOW 11

/**
 * nf_image_psnr:
 * @a: values of a picture
 * @b: values of another one
 * @n: values of each, at least 1
 *
 * Returns: the peak signal-to-noise ratio, decibels; infinite where both are
 *   equal
 */
NF_API gdouble nf_image_psnr (const guint8 *a, const guint8 *b, gsize n);

/**
 * nf_image_squared_error:
 * @a: values of a picture
 * @b: values of another one
 * @n: values of each
 *
 * Returns: the sum of the squared differences
 */
NF_API guint64 nf_image_squared_error (
    const guint8 *a, const guint8 *b, gsize n);

/**
 * nf_image_psnr_of_error:
 * @squared_error: as nf_image_squared_error() has it, or a sum over pictures
 * @n: how many values it is of, at least 1
 *
 * Returns: the peak signal-to-noise ratio, decibels; infinite where there is no
 *   error
 */
NF_API gdouble nf_image_psnr_of_error (guint64 squared_error, guint64 n);

/**
 * nf_image_ssim:
 * @a: a picture: (height, width, 3), red, green, blue, rows without padding
 * @b: another one of the same size
 * @width: columns
 * @height: rows
 * @ssim: (out): the structural similarity, at most 1, which equal pictures have
 * @error: return location: %NF_ERROR_SHAPE for a picture smaller than the
 *   window, %NF_ERROR_NO_MEMORY
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_image_ssim (const guint8 *a, const guint8 *b, guint width,
    guint height, gdouble *ssim, GError **error);

G_END_DECLS
