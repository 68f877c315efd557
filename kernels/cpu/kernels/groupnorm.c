/* SPDX-License-Identifier: MIT
 *
 * groupnorm — group norm with modulation and activation in one pass (CPU)
 *
 * Forward, with mean and r = 1 / sqrt (var + eps) of a sample's group:
 *   xh = (x - mean) r,  g = xh weight + bias,  m = g (1 + scale) + shift,
 *   t = m (1 + time_scale) + time_shift,  y = act (t)
 * Backward, with dt = dy act' (t), dm = dt (1 + time_scale),
 * dg = dm (1 + scale) and means over a group of h = dg weight and h xh:
 *   dx = r (h - mean (h) - xh mean (h xh)),  dweight = sum dg xh,
 *   dbias = sum dg,  dscale = dm g,  dshift = dm,  dtime_scale = sum dt m,
 *   dtime_shift = sum dt,
 * so dx = p dg + q x + s per channel. Sums are doubles over parts of the rows
 * that depend on the shape alone. Sources: Wu and He, "Group normalization",
 * 2018; Park et al. (SPADE), 2019. See docs/ops.md. Sibling: norm.c */
#include "core/tensor/nfhostroom.h"
#include "cpu/bf16.h"
#include "cpu/kernels/groupnormrows.h"
#include "cpu/nfvec.h"

#include <math.h>
#include <string.h>

#define PARTS 32

/* what forward and backward need to know of a call */
typedef struct
{
  const NfGroupNormParams *params;
  const NfTensor *x, *skip, *weight, *bias, *scale, *shift, *time;
  gint64 n, pixels, c, per; /* per: channels of a group */
} Problem;

static Problem
problem_of (const NfOpCall *call)
{
  const NfTensor *x = call->in[NF_GROUP_NORM_X],
                 *skip = call->in[NF_GROUP_NORM_SKIP];
  const NfGroupNormParams *params = call->params;
  gint64 c = x->c + (skip != NULL ? skip->c : 0);

  return (Problem){ .params = params,
    .x = x,
    .skip = skip,
    .weight = call->in[NF_GROUP_NORM_WEIGHT],
    .bias = call->in[NF_GROUP_NORM_BIAS],
    .scale = call->in[NF_GROUP_NORM_SCALE],
    .shift = call->in[NF_GROUP_NORM_SHIFT],
    .time = call->in[NF_GROUP_NORM_TIME],
    .n = x->n,
    .pixels = x->h * x->w,
    .c = c,
    .per = c / params->groups };
}

static gint64
rows_per_part (const Problem *p)
{
  return MAX ((p->pixels + PARTS - 1) / PARTS, NF_CPU_GRAIN / p->c + 1);
}

/* where a row of one sample begins, in elements */
static gint64
row_at (const NfTensor *t, gint64 sample, gint64 row)
{
  gint64 n = t->n == 1 ? 0 : sample;

  return (n * t->h * t->w + row) * t->c;
}

static guint8 *
bytes_of (const NfTensor *t, gint64 sample, gint64 row)
{
  return (guint8 *) t->data
      + row_at (t, sample, row) * (gint64) nf_dtype_size (t->dtype);
}

/* the row of shift, or of its gradient; it lies behind @scale where it is no
 * tensor of its own */
static guint8 *
shift_of (const Problem *p, const NfTensor *scale, const NfTensor *shift,
    gint64 sample, gint64 row)
{
  return shift != NULL ? bytes_of (shift, sample, row)
                       : bytes_of (scale, sample, row)
          + p->c * (gint64) nf_dtype_size (scale->dtype);
}

static gfloat *
row_of (const NfTensor *t, gint64 sample, gint64 row)
{
  return nf_cpu_f32 (t) + row_at (t, sample, row);
}

/* ------------------------------------------------------------------ forward */

/* mean and r of every group of one sample, from its sums per channel */
static void
group_stats (const Problem *p, const gdouble *sum, const gdouble *squares,
    gfloat *mean, gfloat *r)
{
  for (gint64 g = 0; g < p->params->groups; g++) {
    gdouble s = 0.0, q = 0.0, m = (gdouble) (p->pixels * p->per), var;

    for (gint64 i = g * p->per; i < (g + 1) * p->per; i++) {
      s += sum[i];
      q += squares[i];
    }
    s /= m;
    var = q / m - s * s;
    mean[g] = (gfloat) s;
    r[g] = (gfloat) (1.0 / sqrt (MAX (var, 0.0) + (gdouble) p->params->eps));
    if (isnan (var))
      r[g] = NAN;
  }
}

/* a, b, 1 + time scale and time shift of one sample's channels; without maps
 * the time goes into a and b */
static void
coefficients (const Problem *p, gint64 n, const gfloat *mean, const gfloat *r,
    gboolean fold, gfloat *abst)
{
  const gfloat *time = p->time != NULL ? row_of (p->time, n, 0) : NULL;
  gfloat *a = abst, *b = a + p->c, *ts = b + p->c, *tt = ts + p->c;

  for (gint64 i = 0; i < p->c; i++) {
    gint64 g = i / p->per;

    a[i] = p->weight != NULL ? nf_cpu_f32 (p->weight)[i] * r[g] : r[g];
    b[i] = (p->bias != NULL ? nf_cpu_f32 (p->bias)[i] : 0.0f) - mean[g] * a[i];
    ts[i] = time != NULL ? 1.0f + time[i] : 1.0f;
    tt[i] = time != NULL ? time[p->c + i] : 0.0f;
    if (fold) {
      a[i] *= ts[i];
      b[i] = b[i] * ts[i] + tt[i];
    }
  }
}

/* @k for the rows of sample n from @row on */
static void
rows_at (
    const Problem *p, gint64 n, gint64 row, const gfloat *abst, NfNormRows *k)
{
  memset (k, 0, sizeof *k);
  k->c = p->c;
  k->sources[0] = (NfNormSource){
    .x = bytes_of (p->x, n, row), .from = 0, .count = p->x->c
  };
  k->n_sources = 1;
  if (p->skip != NULL)
    k->sources[k->n_sources++] = (NfNormSource){
      .x = bytes_of (p->skip, n, row), .from = p->x->c, .count = p->skip->c
    };
  k->abst = abst;
  if (p->scale != NULL) {
    k->scale = bytes_of (p->scale, n, row);
    k->shift = shift_of (p, p->scale, p->shift, n, row);
    k->map_step = p->scale->c;
  }
  k->silu = p->params->act == NF_ACT_SILU;
  k->bf16 = p->x->dtype == NF_BF16;
}

/* saved[0]: (N, 2 groups): means, then r, of each sample */
gboolean
nf_cpu_group_norm_forward (NfOpCall *call, GError **error)
{
  Problem p = problem_of (call);
  gint64 per = rows_per_part (&p), groups = p.params->groups;
  g_autofree gdouble *sums =
      nf_host_room ((gsize) (2 * p.c) * sizeof *sums, error);
  g_autofree gfloat *abst = NULL;
  g_autoptr (NfTensor) stats = NULL;

  if (sums != NULL)
    abst = nf_host_room ((gsize) (4 * p.c) * sizeof *abst, error);
  if (abst != NULL)
    stats = nf_tensor_new (call->device, NF_F32, p.n, 2 * groups, 1, 1, error);
  if (stats == NULL)
    return FALSE;
  for (gint64 n = 0; n < p.n; n++) {
    gfloat *mean = row_of (stats, p.n == 1 ? 0 : n, 0);

    if (!nf_cpu_norm_sums (p.x, n, per, sums, sums + p.c, error))
      return FALSE;
    if (p.skip != NULL
        && !nf_cpu_norm_sums (
            p.skip, n, per, sums + p.x->c, sums + p.c + p.x->c, error))
      return FALSE;
    group_stats (&p, sums, sums + p.c, mean, mean + groups);
    coefficients (&p, n, mean, mean + groups, p.scale == NULL, abst);
#pragma omp parallel for if (p.pixels * p.c > NF_CPU_GRAIN)
    for (gint64 row = 0; row < p.pixels; row += per) {
      NfNormRows k;

      rows_at (&p, n, row, abst, &k);
      k.y = bytes_of (call->out, n, row);
      nf_cpu_norm_rows (&k, MIN (per, p.pixels - row));
    }
  }
  call->saved[0] = g_steal_pointer (&stats);
  return TRUE;
}

/* ----------------------------------------------------------------- backward */

static void
store (const gdouble *from, gint64 c, NfTensor *to)
{
  for (gint64 i = 0; to != NULL && i < c; i++)
    nf_cpu_f32 (to)[i] = (gfloat) from[i];
}

/* adds to the gradient of a time */
static void
add_time (const gdouble *dt, const gdouble *dtm, gint64 c, gfloat *dtime)
{
  for (gint64 i = 0; i < c; i++) {
    dtime[i] += (gfloat) dtm[i];
    dtime[c + i] += (gfloat) dt[i];
  }
}

/* the tensors that all gradients are written to, also those that are not
 * wanted, and room for one sample's dg */
typedef struct
{
  NfTensor *dx, *dskip, *dscale, *dshift, *dg;
} Wanted;

static void
wanted_clear (Wanted *w)
{
  nf_tensor_clear (&w->dx);
  nf_tensor_clear (&w->dskip);
  nf_tensor_clear (&w->dscale);
  nf_tensor_clear (&w->dshift);
  nf_tensor_clear (&w->dg);
}

/* (transfer full): @grad, or a tensor of that shape where it is not wanted */
static gboolean
take_or_make (
    NfTensor *grad, const NfTensor *like, NfTensor **to, GError **error)
{
  if (like != NULL)
    *to =
        grad != NULL ? nf_tensor_ref (grad) : nf_tensor_new_like (like, error);
  return like == NULL || *to != NULL;
}

static gboolean
wanted_init (const Problem *p, NfTensor **grad_in, Wanted *w, GError **error)
{
  w->dg =
      nf_tensor_new (p->x->device, NF_F32, 1, p->c, p->x->h, p->x->w, error);
  return w->dg != NULL
      && take_or_make (grad_in[NF_GROUP_NORM_X], p->x, &w->dx, error)
      && take_or_make (grad_in[NF_GROUP_NORM_SKIP], p->skip, &w->dskip, error)
      && take_or_make (
          grad_in[NF_GROUP_NORM_SCALE], p->scale, &w->dscale, error)
      && take_or_make (
          grad_in[NF_GROUP_NORM_SHIFT], p->shift, &w->dshift, error);
}

/* @k for the rows of sample n from @row on */
static void
back_at (const Problem *p, const Wanted *w, gint64 n, gint64 row,
    const gfloat *abst, const NfTensor *grad_out, NfNormBack *k)
{
  memset (k, 0, sizeof *k);
  rows_at (p, n, row, abst, &k->rows);
  k->dy = bytes_of (grad_out, n, row);
  k->dg = row_of (w->dg, 0, row);
  if (p->scale == NULL)
    return;
  k->dscale = bytes_of (w->dscale, n, row);
  k->dshift = shift_of (p, w->dscale, w->dshift, n, row);
  k->add = p->scale->n < p->n && n > 0;
}

/* the four sums per channel of one sample, added up over its parts in order */
static gboolean
sample_backward (const Problem *p, const Wanted *w, gint64 n,
    const gfloat *abst, const NfTensor *grad_out, gdouble *sums, GError **error)
{
  gint64 per = rows_per_part (p), parts = (p->pixels + per - 1) / per;
  g_autofree gdouble *room =
      nf_host_zeros ((gsize) (parts * 4 * p->c) * sizeof *room, error);

  if (room == NULL)
    return FALSE;
#pragma omp parallel for if (parts > 1)
  for (gint64 part = 0; part < parts; part++) {
    gint64 row = part * per;
    NfNormBack k;

    back_at (p, w, n, row, abst, grad_out, &k);
    nf_cpu_norm_back_rows (
        &k, MIN (per, p->pixels - row), room + part * 4 * p->c);
  }
  memset (sums, 0, (gsize) (4 * p->c) * sizeof *sums);
  for (gint64 i = 0; i < parts * 4 * p->c; i++)
    sums[i % (4 * p->c)] += room[i];
  return TRUE;
}

static void
sample_finish (const Problem *p, const Wanted *w, gint64 n, const gfloat *abst,
    const gfloat *pqs)
{
  gint64 per = rows_per_part (p);

#pragma omp parallel for if (p->pixels * p->c > NF_CPU_GRAIN)
  for (gint64 row = 0; row < p->pixels; row += per) {
    guint8 *const dx[2] = { bytes_of (w->dx, n, row),
      p->skip != NULL ? bytes_of (w->dskip, n, row) : NULL };
    NfNormRows k;

    rows_at (p, n, row, abst, &k);
    nf_cpu_norm_finish_rows (
        &k, row_of (w->dg, 0, row), MIN (per, p->pixels - row), pqs, dx);
  }
}

/* what backward needs beside tensors */
typedef struct
{
  gdouble *sums, *dwb; /* 4 C, and 2 C that are 0 */
  gfloat *pqs, *abst; /* 3 C and 4 C */
} BackRoom;

static void
back_room_clear (BackRoom *room)
{
  g_free (room->sums);
  g_free (room->dwb);
  g_free (room->pqs);
  g_free (room->abst);
}

static gboolean
back_room_init (BackRoom *room, gint64 c, GError **error)
{
  const gsize doubles = (gsize) c * sizeof (gdouble);
  const gsize floats = (gsize) c * sizeof (gfloat);

  memset (room, 0, sizeof *room);
  return (room->sums = nf_host_room (4 * doubles, error)) != NULL
      && (room->dwb = nf_host_zeros (2 * doubles, error)) != NULL
      && (room->pqs = nf_host_room (3 * floats, error)) != NULL
      && (room->abst = nf_host_room (4 * floats, error)) != NULL;
}

/* adds sample n's gradients to @w, @room->dwb and @dtime */
static gboolean
add_sample (const NfOpCall *call, const Problem *p, const Wanted *w, gint64 n,
    const NfTensor *grad_out, NfTensor *dtime, BackRoom *room, GError **error)
{
  const gint64 c = p->c, groups = p->params->groups;
  const gfloat *mean = row_of (call->saved[0], p->n == 1 ? 0 : n, 0);

  coefficients (p, n, mean, mean + groups, FALSE, room->abst);
  if (!sample_backward (p, w, n, room->abst, grad_out, room->sums, error))
    return FALSE;
  nf_cpu_norm_terms (room->sums + 2 * c, room->sums + 3 * c, p->pixels, groups,
      p->per, p->weight != NULL ? nf_cpu_f32 (p->weight) : NULL, mean,
      mean + groups, room->pqs, room->dwb, room->dwb + c);
  if (dtime != NULL)
    add_time (room->sums, room->sums + c, c, row_of (dtime, n, 0));
  sample_finish (p, w, n, room->abst, room->pqs);
  return TRUE;
}

gboolean
nf_cpu_group_norm_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  Problem p = problem_of (call);
  NfTensor *dtime = grad_in[NF_GROUP_NORM_TIME];
  Wanted w = { NULL };
  BackRoom room;
  gboolean ok;

  /* sums over the samples that share a map are to be f32 */
  if (nf_cpu_is_bf16 (call) && p.scale != NULL && p.scale->n < p.n)
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_group_norm_backward, error);
  ok = back_room_init (&room, p.c, error)
      && wanted_init (&p, grad_in, &w, error);
  if (ok && dtime != NULL)
    memset (dtime->data, 0, dtime->bytes);
  for (gint64 n = 0; ok && n < p.n; n++)
    ok = add_sample (call, &p, &w, n, grad_out, dtime, &room, error);
  if (ok) {
    store (room.dwb, p.c, grad_in[NF_GROUP_NORM_WEIGHT]);
    store (room.dwb + p.c, p.c, grad_in[NF_GROUP_NORM_BIAS]);
  }
  wanted_clear (&w);
  back_room_clear (&room);
  return ok;
}
