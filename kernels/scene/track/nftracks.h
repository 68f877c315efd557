/* SPDX-License-Identifier: MIT
 *
 * nftracks — where the objects of a clip's masks stand on the ground
 *
 * It needs masks alone. All objects have one size in the world, so the camera
 * can be estimated from their sizes in the image and the places where they are
 * seen. Then every object is located on the ground plane, also where another
 * one hides a part of it or the image's edge cuts it. World and units:
 * nfcamera.h. A class is an object's identity.
 * See: nffutures, docs/scenes.md */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/scene/track/nfoutline.h>

G_BEGIN_DECLS

/**
 * NfTrackPoint:
 * @area: visible pixels; 0 where it is not seen, and then all else is 0
 * @visible: @area as a share of its whole outline, 0 to 1
 * @cut: whether it touches the image's edge
 * @hidden: whether a nearer object touches it, and so may hide a part
 * @x: sideways, sizes
 * @z: away, sizes
 * @turn: of a cube about the vertical, 0 to a quarter turn, radians
 * @pixels: how wide an object of size 1 is there, pixels
 * @misfit: pixels where its outline there and its mask disagree, as a share of
 *   the outline; below 0.2 where the outline fits
 * @exact: whether its mask is exactly, to the pixel, that of a whole object as
 *   the camera sees it; masks from a network are not
 *
 * An object in one frame.
 */
typedef struct
{
  gsize area;
  gdouble visible;
  gboolean cut, hidden;
  gdouble x, z;
  gdouble turn;
  gdouble pixels;
  gdouble misfit;
  gboolean exact;
} NfTrackPoint;

/**
 * NfTrack:
 * @id: its class, 1 to 48
 * @shape: what it is
 * @points: one a frame
 */
typedef struct
{
  guint8 id;
  NfSceneShape shape;
  NfTrackPoint *points;
} NfTrack;

/**
 * NfTracks:
 * @camera: the estimate, for the masks' size
 * @n_fitted: outlines that the estimate is based on; with few of them it stays
 *   near the camera of the real clips
 * @n_frames: masks
 * @n_tracks: objects that are seen in any of them
 * @tracks: by class
 * @labels: the masks without speckles; all but tracked objects is 0
 */
typedef struct
{
  NfCamera camera;
  guint n_fitted;
  guint n_frames;
  guint n_tracks;
  NfTrack *tracks;
  guint8 *labels; /* (n_frames, height, width) */
} NfTracks;

/**
 * nf_tracks_new:
 * @masks: (array length=n_masks): in order of time, each @width x @height
 * @n_masks: how many, at least 1
 * @width: columns, at least 1
 * @height: rows, at least 1
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the tracks
 */
NF_API NfTracks *nf_tracks_new (const guint8 *const *masks, guint n_masks,
    guint width, guint height, GError **error);

/**
 * nf_tracks_free:
 * @tracks: (transfer full): the tracks
 */
NF_API void nf_tracks_free (NfTracks *tracks);

/**
 * nf_tracks_labels:
 * @tracks: the tracks
 * @frame: which mask, from 0
 *
 * Returns: (transfer none): (height, width): that mask without speckles
 */
NF_API const guint8 *nf_tracks_labels (const NfTracks *tracks, guint frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTracks, nf_tracks_free)

G_END_DECLS
