/* SPDX-License-Identifier: MIT
 *
 * nfphysics — a level ground and the bodies on it
 *
 * This uses ODE's exact stepper, which draws no random numbers. Every world has
 * a threading implementation of its own, because the one that ODE shares
 * between worlds is made for a single thread. Building and destroying worlds
 * use a cache that ODE shares without a lock, so we hold one meanwhile.
 *
 * Friction with the ground is Coulomb's: its direction is set against the
 * sliding at each point of contact, so it is the same in all directions and
 * slows the turning of a cube as well. Beside it all speeds decay in
 * proportion ("damping"). */
#include "scene/world/nfphysics.h"

#include <math.h>
#include <ode/ode.h>

#define CUBE 0.95 /* edge of a cube, as the renderer draws it */
#define STEPS 24 /* a frame */
/* sizes a frame squared; only its product with friction is seen */
#define GRAVITY 1.0
#define GROUND_FRICTION 0.0185
#define PAIR_FRICTION 0.1
#define DAMPING 0.0153 /* share of the speed that is lost in a frame */
#define TURN_DAMPING 0.36 /* and of turning about the upright axis */
#define BOUNCE 0.22
#define SLOWEST_BOUNCE 0.02 /* sizes a frame */
#define STILL 1e-4 /* sizes a frame: no motion that matters */
#define MAX_CONTACTS 8
#define GIVE 1e-3 /* softness of the ground, so that feet share a weight */
#define LAYER 0.005 /* depth that contacts leave, against trembling */
#define STIFF_MOMENT 1e4 /* of inertia: what has it does not tip */
#define LIGHT_MOMENT 0.004 /* of inertia: what has it soon rolls */

typedef struct
{
  NfSceneShape shape;
  dBodyID body;
  dGeomID geom;
} Body;

struct _NfPhysics
{
  dThreadingImplementationID threading;
  dWorldID world;
  dJointGroupID contacts;
  GArray *bodies;
};

static GMutex shared_lock;

/* The solver says so where it leaves out a force that it cannot find, about
 * once in two thousand clips, and goes on: that is not worth a line on stderr
 */
static void G_GNUC_PRINTF (2, 0)
    keep_message (int number, const char *format, va_list arguments)
{
  g_autofree gchar *text = g_strdup_vprintf (format, arguments);

  g_debug ("ODE message %d: %s", number, text);
}

static void
initialise (void)
{
  static gsize done;

  if (g_once_init_enter (&done)) {
    dInitODE2 (0);
    if (dGetMessageHandler () == NULL)
      dSetMessageHandler (keep_message);
    g_once_init_leave (&done, 1);
  }
}

/**
 * nf_physics_new:
 *
 * Returns: (transfer full): a level ground with nothing on it
 */
NfPhysics *
nf_physics_new (void)
{
  NfPhysics *self = g_new0 (NfPhysics, 1);

  initialise ();
  g_mutex_lock (&shared_lock);
  dAllocateODEDataForThread (dAllocateMaskAll);
  self->threading = dThreadingAllocateSelfThreadedImplementation ();
  self->world = dWorldCreate ();
  dWorldSetStepThreadingImplementation (self->world,
      dThreadingImplementationGetFunctions (self->threading), self->threading);
  dWorldSetGravity (self->world, 0, -GRAVITY, 0);
  dWorldSetERP (self->world, 0.2);
  dWorldSetCFM (self->world, 1e-7);
  dWorldSetContactSurfaceLayer (self->world, LAYER);
  dWorldSetContactMaxCorrectingVel (self->world, 0.05);
  dWorldSetAutoDisableFlag (self->world, 1);
  dWorldSetAutoDisableLinearThreshold (self->world, STILL);
  dWorldSetAutoDisableAngularThreshold (self->world, STILL);
  dWorldSetAutoDisableSteps (self->world, STEPS);
  self->contacts = dJointGroupCreate (0);
  self->bodies = g_array_new (FALSE, FALSE, sizeof (Body));
  g_mutex_unlock (&shared_lock);

  return self;
}

void
nf_physics_free (NfPhysics *physics)
{
  if (physics == NULL)
    return;
  g_mutex_lock (&shared_lock);
  for (guint i = 0; i < physics->bodies->len; i++)
    dGeomDestroy (g_array_index (physics->bodies, Body, i).geom);
  dJointGroupDestroy (physics->contacts);
  dWorldDestroy (physics->world);
  dThreadingFreeImplementation (physics->threading);
  g_mutex_unlock (&shared_lock);
  g_array_unref (physics->bodies);
  g_free (physics);
}

/* An upright cylinder is round to its neighbours and flat to the ground, which
 * a capsule is that sticks out above and below: ODE knows how a capsule meets
 * each shape, but not how two cylinders meet. */
static dGeomID
create_geom (NfSceneShape shape)
{
  switch (shape) {
    case NF_SCENE_CUBE:
      return dCreateBox (NULL, CUBE, 1, CUBE);
    case NF_SCENE_SPHERE:
      return dCreateSphere (NULL, 0.5);
    default:
      return dCreateCapsule (NULL, 0.5, 2);
  }
}

/* about the upright axis: of a solid cube or cylinder of mass 1. Spheres in the
 * real clips pass on their speed, and go on in a new direction, as if they
 * slid: ours roll, but next to nothing of their energy is in the rolling */
static gdouble
moment_of_inertia (NfSceneShape shape)
{
  static const gdouble moments[] = { CUBE * CUBE / 6, LIGHT_MOMENT, 0.125 };

  return moments[shape];
}

static dBodyID
create_body (dWorldID world, NfSceneShape shape)
{
  gdouble moment = moment_of_inertia (shape);
  gdouble level = shape == NF_SCENE_SPHERE ? moment : STIFF_MOMENT;
  dBodyID body = dBodyCreate (world);
  dMass mass;

  dMassSetParameters (&mass, 1, 0, 0, 0, level, moment, level, 0, 0, 0);
  dBodySetMass (body, &mass);
  dBodySetLinearDamping (body, DAMPING / STEPS);
  dBodySetAngularDamping (
      body, (shape == NF_SCENE_SPHERE ? DAMPING : TURN_DAMPING) / STEPS);
  dBodySetLinearDampingThreshold (body, 0);
  dBodySetAngularDampingThreshold (body, 0);

  return body;
}

/**
 * nf_physics_add:
 * @shape: of the new body
 * @x: where it stands, sideways
 * @z: where it stands, away
 * @turn: angle about the upright axis, radians
 * @velocity: sideways and away; a sphere rolls from the start
 *
 * Returns: its number, counted from 0
 */
guint
nf_physics_add (NfPhysics *physics, NfSceneShape shape, gdouble x, gdouble z,
    gdouble turn, const gdouble velocity[2])
{
  const dQuaternion turned = { cos (turn / 2), 0, sin (turn / 2), 0 };
  const dQuaternion upright = { M_SQRT1_2, M_SQRT1_2, 0, 0 };
  Body body = { .shape = shape };

  g_mutex_lock (&shared_lock);
  body.body = create_body (physics->world, shape);
  body.geom = create_geom (shape);
  dGeomSetBody (body.geom, body.body);
  if (shape == NF_SCENE_CYLINDER)
    dGeomSetOffsetQuaternion (body.geom, upright);
  g_mutex_unlock (&shared_lock);

  dBodySetPosition (body.body, x, 0.5, z);
  dBodySetQuaternion (body.body, turned);
  dBodySetLinearVel (body.body, velocity[0], 0, velocity[1]);
  if (shape == NF_SCENE_SPHERE)
    dBodySetAngularVel (body.body, 2 * velocity[1], 0, -2 * velocity[0]);
  g_array_append_val (physics->bodies, body);

  return physics->bodies->len - 1;
}

/**
 * nf_physics_set_motion:
 * @body: its number
 * @motion: where it is and how it moves from now on
 *
 * Whatever it did before is forgotten: the same motions give the same future.
 */
void
nf_physics_set_motion (NfPhysics *physics, guint body, const NfMotion *motion)
{
  dBodyID b;

  g_return_if_fail (body < physics->bodies->len);

  b = g_array_index (physics->bodies, Body, body).body;
  dBodySetPosition (
      b, motion->position[0], motion->position[1], motion->position[2]);
  dBodySetQuaternion (b, motion->rotation);
  dBodySetLinearVel (
      b, motion->velocity[0], motion->velocity[1], motion->velocity[2]);
  dBodySetAngularVel (b, motion->spin[0], motion->spin[1], motion->spin[2]);
  dBodyEnable (b);
}

/**
 * nf_physics_has_room:
 * @x: a place, sideways
 * @z: a place, away
 * @gap: sizes
 *
 * Returns: whether no body's centre is nearer to the place than @gap
 */
gboolean
nf_physics_has_room (
    const NfPhysics *physics, gdouble x, gdouble z, gdouble gap)
{
  for (guint i = 0; i < physics->bodies->len; i++) {
    const dReal *p =
        dBodyGetPosition (g_array_index (physics->bodies, Body, i).body);

    if (hypot (p[0] - x, p[2] - z) < gap)
      return FALSE;
  }
  return TRUE;
}

/* velocity of a body's point; NULL is the ground */
static void
point_velocity (dBodyID body, const dReal point[3], dVector3 velocity)
{
  dSetZero (velocity, 4);
  if (body != NULL)
    dBodyGetPointVel (body, point[0], point[1], point[2], velocity);
}

/* Friction acts against the sliding and nowhere else: along the contact's first
 * direction. How fast the bodies close in, is returned. */
static gdouble
set_sliding_direction (dContact *contact, dBodyID a, dBodyID b)
{
  const dReal *normal = contact->geom.normal;
  dVector3 va, vb, slide;
  gdouble along, speed;

  point_velocity (a, contact->geom.pos, va);
  point_velocity (b, contact->geom.pos, vb);
  dSubtractVectors3 (slide, va, vb);
  along = dCalcVectorDot3 (slide, normal);
  for (guint i = 0; i < 3; i++)
    slide[i] -= along * normal[i];
  speed = dCalcVectorLength3 (slide);
  if (speed >= STILL) {
    contact->surface.mode |= dContactFDir1 | dContactMu2;
    for (guint i = 0; i < 3; i++)
      contact->fdir1[i] = slide[i] / speed;
  }
  return -along;
}

static void
add_contact (NfPhysics *self, dBodyID a, dBodyID b, const dContact *contact)
{
  dJointAttach (
      dJointCreateContact (self->world, self->contacts, contact), a, b);
}

/* A sphere touches the ground below its centre; a cube and a cylinder at four
 * points of their foot, half a size from the axis, which share its weight */
static void
touch_ground (NfPhysics *self, const Body *body)
{
  gboolean sphere = body->shape == NF_SCENE_SPHERE;
  const dReal *p = dBodyGetPosition (body->body);
  const dReal *r = dBodyGetRotation (body->body);
  gdouble reach = body->shape == NF_SCENE_CUBE ? CUBE / 2 : M_SQRT1_2 / 2;
  guint points = sphere ? 1 : 4;

  for (guint i = 0; i < points; i++) {
    gdouble x = sphere ? 0 : i % 2 == 0 ? reach : -reach;
    gdouble z = sphere ? 0 : i / 2 == 0 ? reach : -reach;
    dContact contact = { .surface.mode = dContactSoftCFM,
      .surface.soft_cfm = GIVE,
      .surface.mu = GROUND_FRICTION * GRAVITY / points,
      .geom = { .normal = { 0, 1, 0 }, .depth = 0.5 - p[1] + LAYER } };

    dAssignVector3 (contact.geom.pos, p[0] + r[0] * x + r[2] * z, 0,
        p[2] + r[8] * x + r[10] * z);
    set_sliding_direction (&contact, body->body, NULL);
    add_contact (self, body->body, NULL, &contact);
  }
}

/* whether a contact lies above or below an earlier one: bodies that cannot tip
 * need only one of them */
static gboolean
is_repeated (const dContactGeom *geoms, gint i)
{
  for (gint k = 0; k < i; k++)
    if (hypot (geoms[k].pos[0] - geoms[i].pos[0],
            geoms[k].pos[2] - geoms[i].pos[2])
        < 0.02)
      return TRUE;
  return FALSE;
}

/* Bodies that merely stand side by side are left alone: contacts without force
 * are what the solver cannot do. For the same reason friction is bounded by
 * the force that must stop the bodies, which both weigh 1, in this step, and
 * not by the one that the solver finds */
static void
touch_each_other (NfPhysics *self, const Body *a, const Body *b)
{
  dContactGeom geoms[MAX_CONTACTS];
  gint n = dCollide (a->geom, b->geom, MAX_CONTACTS, geoms, sizeof geoms[0]);

  for (gint i = 0; i < n; i++) {
    dContact contact = { .surface = { .mode = dContactBounce,
                             .bounce = BOUNCE,
                             .bounce_vel = SLOWEST_BOUNCE },
      .geom = geoms[i] };
    gdouble closing;

    contact.geom.pos[1] = 0.5;
    closing = set_sliding_direction (&contact, a->body, b->body);
    if (is_repeated (geoms, i) || (closing < STILL && geoms[i].depth <= LAYER))
      continue;
    contact.surface.mu =
        PAIR_FRICTION * MAX (closing, STILL) * (1 + BOUNCE) / 2 * STEPS;
    dBodyEnable (a->body);
    dBodyEnable (b->body);
    add_contact (self, a->body, b->body, &contact);
  }
}

static void
small_step (NfPhysics *self)
{
  const Body *bodies = (const Body *) (gpointer) self->bodies->data;

  for (guint i = 0; i < self->bodies->len; i++)
    for (guint k = 0; k < i; k++)
      if (dBodyIsEnabled (bodies[i].body) || dBodyIsEnabled (bodies[k].body))
        touch_each_other (self, &bodies[i], &bodies[k]);
  for (guint i = 0; i < self->bodies->len; i++)
    if (dBodyIsEnabled (bodies[i].body))
      touch_ground (self, &bodies[i]);
  dWorldStep (self->world, 1.0 / STEPS);
  dJointGroupEmpty (self->contacts);
}

/**
 * nf_physics_step:
 *
 * One frame passes.
 */
void
nf_physics_step (NfPhysics *physics)
{
  for (guint i = 0; i < STEPS; i++)
    small_step (physics);
}

/**
 * nf_physics_motion:
 * @body: its number
 * @motion: (out): where it is and how it moves
 */
void
nf_physics_motion (const NfPhysics *physics, guint body, NfMotion *motion)
{
  dBodyID b;

  g_return_if_fail (body < physics->bodies->len);

  b = g_array_index (physics->bodies, Body, body).body;
  for (guint i = 0; i < 3; i++) {
    motion->position[i] = dBodyGetPosition (b)[i];
    motion->velocity[i] = dBodyGetLinearVel (b)[i];
    motion->spin[i] = dBodyGetAngularVel (b)[i];
  }
  for (guint i = 0; i < 4; i++)
    motion->rotation[i] = dBodyGetQuaternion (b)[i];
}
