/* SPDX-License-Identifier: MIT
 *
 * nfrenderstage — a scene made ready for casting rays
 *
 * Everything works on packets of points or rays: arrays of NF_PACKET floats,
 * one loop over them a step, so that the compiler uses vector instructions.
 * Each lane is computed by itself: what a lane holds does not depend on the
 * others. Private to the renderer: nfrender.h is the interface. */
#pragma once

#include <nextframe/core/nfapi.h>
#include "scene/world/nflook.h"
#include <nextframe/scene/world/nfsceneobject.h>
#include <nextframe/scene/world/nfview.h>

G_BEGIN_DECLS

#define NF_PACKET 16

/* points of a light's disc that shadows are computed from: many of them for
 * ground in sight, few for what only shades an object */
#define NF_STAGE_MANY 16
#define NF_STAGE_FEW 4
#define NF_STAGE_POINTS (NF_STAGE_MANY + NF_STAGE_FEW)

/* how far away an object still changes the light from everywhere */
#define NF_STAGE_NEAR 4.0f

typedef gfloat NfLanes[NF_PACKET];

/**
 * NfPacket: three numbers a lane: points, directions or colors
 */
typedef struct
{
  NfLanes x, y, z;
} NfPacket;

/**
 * NfBall: a place that holds all points of a packet
 */
typedef struct
{
  gfloat center[3], radius;
} NfBall;

/**
 * NfSolid: an object of the scene
 * @bound: radius of a sphere around all of it
 * @axes: its own x, y and z in the world
 * @lights: the discs' points in its own frame
 * @glow: the light it sends to the ground near it
 * @left: first column that may show it, @right: the one after the last
 * @top: first row, @bottom: the one after the last
 */
typedef struct
{
  NfSceneShape shape;
  gboolean rubber;
  guint8 id;
  NfForm form;
  gfloat bound;
  gfloat center[3], axes[3][3];
  gfloat lights[NF_LIGHTS][NF_STAGE_POINTS][3];
  gfloat color[3], glow[3];
  gint left, right, top, bottom;
} NfSolid;

/**
 * NfStage:
 * @eye: the camera's place
 * @corner: the direction through the image's upper left corner
 * @across: what a pixel to the right adds to it
 * @down: what a pixel down adds to it
 * @strength: of all light
 */
typedef struct
{
  gint width, height;
  gfloat eye[3], corner[3], across[3], down[3];
  gfloat strength;
  NfSolid *solids;
  guint n, room;
} NfStage;

NF_API void nf_stage_set (NfStage *stage, gint width, gint height,
    const NfView *view, const NfSceneObject *objects, guint n_objects);
NF_API void nf_stage_clear (NfStage *stage);

#define NF_NOTHING 1e-8f /* in place of a direction's component that is 0 */

/* along a ray from @from with @along: between which distances |p| <= half */
static inline void
nf_slab (gfloat from, gfloat along, gfloat half, gfloat *in, gfloat *out)
{
  gfloat d = along < 0.0f ? along - NF_NOTHING : along + NF_NOTHING;
  gfloat a = (-half - from) / d, b = (half - from) / d;

  *in = a < b ? a : b;
  *out = a < b ? b : a;
}

/* nfrendercast.c */
NF_API void nf_solid_frame (
    const NfSolid *solid, const NfPacket *points, NfPacket *local);
NF_API void nf_solid_cast (const NfSolid *solid, const NfPacket *from,
    const NfPacket *along, NfLanes distance);
NF_API void nf_solid_normals (const NfSolid *solid, const NfPacket *points,
    NfPacket *normals, NfLanes curved);

/* nfrendershadow.c */
NF_API gboolean nf_solid_is_near (const NfSolid *solid, const NfBall *ball);
NF_API gboolean nf_stage_touches (const NfStage *stage, const NfBall *ball);
NF_API void nf_packet_ball (const NfPacket *points, NfBall *ball);
NF_API void nf_stage_open (const NfStage *stage, guint light,
    const NfPacket *points, const NfBall *ball, const NfSolid *except,
    gboolean many, NfLanes open);

/* nfrendershade.c */
NF_API void nf_stage_ground (const NfStage *stage, const NfPacket *points,
    gboolean many, NfPacket *color);
NF_API void nf_stage_shade (const NfStage *stage, const NfSolid *solid,
    const NfPacket *along, const NfPacket *points, NfPacket *color);

G_END_DECLS
