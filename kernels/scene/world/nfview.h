/* SPDX-License-Identifier: MIT
 *
 * nfview — the camera and the light of a clip
 *
 * See: nfcamera.h, docs/scenes.md */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/scene/world/nfcamera.h>

G_BEGIN_DECLS

/**
 * NfView:
 * @camera: where it is seen from
 * @light: strength of the light, 1 on average
 *
 * It differs from clip to clip, by less than can be seen, as in the real clips.
 */
typedef struct
{
  NfCamera camera;
  gdouble light;
} NfView;

/**
 * nf_view_init:
 * @view: (out caller-allocates): camera and light of the clip
 * @seed: the user's seed
 * @clip: number of the clip
 *
 * The camera is for an image of 240x160; see nf_camera_resize() for another
 * size.
 */
NF_API void nf_view_init (NfView *view, guint64 seed, guint64 clip);

G_END_DECLS
