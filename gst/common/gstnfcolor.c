/* SPDX-License-Identifier: MIT
 *
 * gstnfcolor — how the colours of a video become RGB, for nf_op_to_rgb()
 *
 * As GstVideoConverter does it: the range is undone, then the matrix; primaries
 * and transfer stay as they are. See: ITU-R BT.601, BT.709 */
#include "common/gstnfcolor.h"

#define MAX_VALUE 255.0

/* where components lie: channels of all planes side by side */
static void
set_places (const GstVideoInfo *info, gint place[3])
{
  gint begin[GST_VIDEO_MAX_PLANES + 1] = { 0 };
  const guint n = GST_VIDEO_INFO_N_COMPONENTS (info);

  for (guint i = 0; i < n; i++)
    begin[GST_VIDEO_INFO_COMP_PLANE (info, i) + 1] =
        GST_VIDEO_INFO_COMP_PSTRIDE (info, i);
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (info); i++)
    begin[i + 1] += begin[i];
  for (guint i = 0; i < 3; i++) {
    const guint k = MIN (i, n - 1);

    place[i] = begin[GST_VIDEO_INFO_COMP_PLANE (info, k)]
        + GST_VIDEO_INFO_COMP_POFFSET (info, k);
  }
}

/* from values of 0 to 1 (chroma -0.5 to 0.5) to RGB of 0 to 1 */
static gboolean
get_matrix (const GstVideoInfo *info, gdouble m[3][3])
{
  gdouble kr, kb, kg;

  if (!GST_VIDEO_INFO_IS_YUV (info)) {
    for (guint i = 0; i < 9; i++)
      m[i / 3][i % 3] = i % 4 == 0 ? 1.0 : 0.0;
    return TRUE;
  }
  if (!gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, &kr, &kb))
    return FALSE;
  kg = 1.0 - kr - kb;
  m[0][0] = m[1][0] = m[2][0] = 1.0;
  m[0][1] = m[2][2] = 0.0;
  m[0][2] = 2.0 * (1.0 - kr);
  m[1][1] = -2.0 * (1.0 - kb) * kb / kg;
  m[1][2] = -2.0 * (1.0 - kr) * kr / kg;
  m[2][1] = 2.0 * (1.0 - kb);

  return TRUE;
}

/**
 * gst_nf_color_to_rgb:
 * @info: of a video with components of 8 bits
 * @params: (out): how its planes become RGB
 *
 * Returns: FALSE where its components or its matrix are others, or rows of
 *   chroma belong to fields
 */
gboolean
gst_nf_color_to_rgb (const GstVideoInfo *info, NfToRgbParams *params)
{
  gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
  gdouble m[3][3];

  if (GST_VIDEO_INFO_IS_INTERLACED (info)
      && GST_VIDEO_INFO_COMP_HEIGHT (info, 1) < info->height)
    return FALSE;
  for (guint i = 0; i < GST_VIDEO_INFO_N_COMPONENTS (info); i++)
    if (GST_VIDEO_INFO_COMP_DEPTH (info, i) != 8 || info->finfo->shift[i] != 0)
      return FALSE;
  if (!get_matrix (info, m))
    return FALSE;
  set_places (info, params->place);
  gst_video_color_range_offsets (
      info->colorimetry.range, info->finfo, offset, scale);
  for (guint i = 0; i < 3; i++) {
    gdouble constant = 0.0;

    for (guint k = 0; k < 3; k++) {
      const guint from = GST_VIDEO_INFO_IS_GRAY (info) ? 0 : k;
      const gdouble f = m[i][k] * MAX_VALUE / scale[from];

      params->matrix[i][k] = (gfloat) f;
      constant -= f * offset[from];
    }
    params->matrix[i][3] = (gfloat) constant;
  }
  params->left = (info->chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0;
  params->top = (info->chroma_site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0;

  return TRUE;
}
