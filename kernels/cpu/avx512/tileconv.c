/* SPDX-License-Identifier: MIT
 *
 * tileconv — convolution in bf16 by matrix tiles (CPU)
 *
 * AMX multiplies a tile of 16 pixels x 32 channels with one of 32 channels x 16
 * results and adds the products to 16 x 16 sums, for each channel block and each
 * tap of the kernel. Two tiles of pixels times two of results are made at once:
 * four loads for four products.
 *
 * A strip of the inputs' rows is first laid out in a room of the thread's own,
 * zeros around it: [block of 32 channels][plane][row][column][32 channels]. With
 * a stride of 2 the pixels of even and odd rows and columns lie in four planes,
 * so 16 pixels that a tile takes always lie one behind the other, and a tap is a
 * distance in the room. Where that takes fewer tiles, they go on from row to
 * row, over the zeros at the rows' ends, whose sums are dropped.
 *
 * An input that counts as nearest x2 is never upsampled. Row 2 i + a of the
 * results reads only two of its rows, with the sums of the weight's rows that
 * fall on them (nf_phase_tap()): four kernels of 2x2, one a phase (a, b). The
 * results of each phase are then made apart, those of all inputs together; the
 * other inputs lie in planes, as with a stride of 2.
 *
 * See docs/ops.md. Siblings: conv.c, convcat.c */
#include "cpu/avx512/tileconv.h"

#include <nextframe/core/tensor/nftensor.h>
#include "cpu/dnnl/nfdnnlweight.h"
#include "cpu/nfisa.h"
#include "cpu/nfvec.h"

#include <omp.h>
#include <string.h>

#if defined(__x86_64__) && (defined(__clang__) || __GNUC__ >= 11)
#include <immintrin.h>

#define TARGET                                                                 \
  __attribute__ ((                                                             \
      target (NF_ISA_AVX512_TARGET ",avx512bf16,amx-tile,amx-bf16")))
#define INLINE TARGET __attribute__ ((always_inline)) static inline

#define LANES 16 /* pixels, or results, of a tile */
#define BLOCK 32 /* channels of a tile, and results that are made at once */
#define TILE (LANES * BLOCK) /* its elements */
#define ROW 64 /* bytes of a tile's row */
#define MAX_TAPS 9
#define MAX_PHASES 4

/* ----------------------------------------------------------------- weights */

/* values of 32 channels from @from on, at one tap of one result's kernel */
static void
kernel_values (const NfTensor *weight, const gfloat *from,
    const NfDnnlPart *part, gint64 phase, gint64 o, gint64 tap, gint64 first,
    gfloat values[BLOCK])
{
  const gint64 count = MIN (BLOCK, part->count - first);
  const gint64 k = weight->h;

  memset (values, 0, BLOCK * sizeof *values);
  if (o >= weight->n)
    return;
  for (gint64 t = 0; t < k * k; t++) {
    const gfloat *w = from + (o * k * k + t) * weight->c + part->from + first;

    if (part->phases ? nf_phase_tap (t / k, phase / 2) * 2
                    + nf_phase_tap (t % k, phase % 2)
                != tap
                     : t != tap)
      continue;
    for (gint64 i = 0; i < count; i++)
      values[i] += w[i];
  }
}

/* [phase][32 results][block][tap][16 results][channel / 2][result][channel % 2],
 * zeros where the weight ends */
static void
fill_tiles (const NfTensor *weight, const gfloat *from, const NfDnnlPart *part,
    const NfTensor *out, gpointer tiles)
{
  const gint64 taps = out->h * out->w, blocks = out->c / BLOCK;
  const gint64 panels = (weight->n + BLOCK - 1) / BLOCK;

#pragma omp parallel for
  for (gint64 at = 0; at < out->n / BLOCK * blocks * taps; at++) {
    gint64 panel = at / taps / blocks, block = at / taps % blocks;
    guint16 *to = (guint16 *) tiles + at * 2 * TILE;
    gfloat values[BLOCK];

    for (gint64 o = 0; o < BLOCK; o++) {
      kernel_values (weight, from, part, panel / panels,
          panel % panels * BLOCK + o, at % taps, block * BLOCK, values);
      for (gint64 i = 0; i < BLOCK; i++)
        to[o / LANES * TILE + i / 2 * BLOCK + o % LANES * 2 + i % 2] =
            nf_vec_narrow (values[i]);
    }
  }
}

/* ----------------------------------------------------------------- problem */

/* an input in the room */
typedef struct
{
  const guint16 *x;
  gint64 c, h, w;
  const guint16 *tiles; /* of the weight */
  gint64 phase_apart, panel_apart; /* elements of them */
  gint64 step; /* pixels from one result to the next; step^2 planes */
  gint64 pad, blocks, taps;
  gint64 rows; /* of a plane */
  gint64 at; /* where it begins in the room, in elements */
  gint64 block_apart; /* elements */
  gint64 tap[MAX_PHASES][MAX_TAPS]; /* elements */
} Input;

/* Results form a grid for each phase: their rows and columns are @step apart. */
typedef struct
{
  const NfTileConv *conv;
  guint n_in;
  Input in[NF_OP_MAX_INPUTS];
  gint64 step; /* 2 with an input that is upsampled, else 1 */
  gint64 h, w; /* of the grid */
  gint64 pitch; /* pixels of a row in the room */
  gint64 rows; /* of a strip */
  gint64 run; /* rows over which tiles go on: 1 or @rows */
  gint64 size; /* of the room, in elements */
  gint64 panels, groups; /* of results, and among how many threads they go */
} Problem;

/* how many rows or columns more than the results an input has in a plane */
static gint64
margin (const Problem *p, gint64 k, gint64 step)
{
  return (k - 1 + (p->step - 1)) / step;
}

static gint64
side_of (const NfTileConv *conv, const NfTileInput *in)
{
  return in->up ? 2 : conv->conv.kh;
}

static gint64
step_of (const NfTileConv *conv, const NfTileInput *in)
{
  return in->up ? 1 : conv->conv.stride * (conv->in[0].up ? 2 : 1);
}

/* where everything lies in a room for p->rows rows */
static void
place (Problem *p)
{
  const NfTileConv *conv = p->conv;
  gint64 at = 0;

  for (guint s = 0; s < p->n_in; s++) {
    Input *in = &p->in[s];
    const gint64 k = side_of (conv, &conv->in[s]), step = in->step;
    gint64 plane;

    in->rows = p->rows + margin (p, k, step);
    in->at = at;
    plane = in->rows * p->pitch * BLOCK;
    in->block_apart = step * step * plane;
    at += in->blocks * in->block_apart;
    for (gint64 phase = 0; phase < p->step * p->step; phase++)
      for (gint64 t = 0; t < k * k; t++) {
        gint64 r = t / k + phase / 2, c = t % k + phase % 2;

        in->tap[phase][t] = (r % step * step + c % step) * plane
            + (r / step * p->pitch + c / step) * BLOCK;
      }
  }
  p->size = at + TILE; /* the last tile's rows may lie behind the end */
}

static gint64
tiles_of_run (const Problem *p, gint64 rows)
{
  return ((rows - 1) * p->pitch + p->w + LANES - 1) / LANES;
}

#define ROOM_BYTES (768 * 1024) /* to stay in a cache */

/* How the work is split: by rows, or by results where there are more weights
 * than pixels, so that each thread reads only its part of them. */
static void
split (Problem *p)
{
  const NfDnnlConv *c = &p->conv->conv;
  const gint64 threads = omp_get_max_threads ();
  const gboolean by_results = c->o * c->kh * c->kw > c->n * c->h * c->w;
  gint64 strips = 0;

  do {
    strips += by_results ? 1 : threads;
    p->rows = (p->h + strips - 1) / strips;
    place (p);
  } while (p->rows > 1 && p->size * (gint64) sizeof (guint16) > ROOM_BYTES);
  strips = c->n * ((p->h + p->rows - 1) / p->rows);
  p->groups = CLAMP ((threads + strips - 1) / strips, 1, p->panels);
  p->run =
      tiles_of_run (p, p->rows) < p->rows * tiles_of_run (p, 1) ? p->rows : 1;
}

static gboolean
problem_init (NfDevice *device, const NfTileConv *conv, Problem *p,
    NfTensor **tiles, GError **error)
{
  const NfDnnlConv *c = &conv->conv;
  gint64 from = 0;

  *p = (Problem){ .conv = conv,
    .n_in = conv->n_in,
    .step = conv->in[0].up ? 2 : 1,
    .panels = (c->o + BLOCK - 1) / BLOCK };
  p->h = c->oh / p->step;
  p->w = c->ow / p->step;
  for (guint s = 0; s < conv->n_in; s++) {
    const NfTileInput *x = &conv->in[s];
    const NfDnnlPart part = {
      .from = from, .count = x->c, .phases = x->up, .tiles = TRUE
    };
    const gint64 k = side_of (conv, x);
    Input *in = &p->in[s];

    tiles[s] =
        nf_dnnl_weight_part (device, conv->weight, &part, fill_tiles, error);
    if (tiles[s] == NULL || !nf_tensor_need_data (tiles[s], error))
      return FALSE;
    *in = (Input){ .x = x->x,
      .c = x->c,
      .h = x->up ? c->h / 2 : c->h,
      .w = x->up ? c->w / 2 : c->w,
      .tiles = tiles[s]->data,
      .step = step_of (conv, x),
      .pad = x->up ? 1 : c->pad,
      .blocks = (x->c + BLOCK - 1) / BLOCK,
      .taps = k * k };
    in->panel_apart = in->blocks * in->taps * 2 * TILE;
    in->phase_apart = x->up ? p->panels * in->panel_apart : 0;
    p->pitch = MAX (p->pitch, p->w + margin (p, k, in->step));
    from += x->c;
  }
  split (p);
  return TRUE;
}

/* -------------------------------------------------------------------- room */

/* a pixel's channels into the blocks of the room, or zeros where it is NULL */
INLINE void
lay_pixel (const Input *in, const guint16 *x, guint16 *to)
{
  const gint64 whole = in->c / BLOCK;
  const __mmask32 rest = (__mmask32) (((guint64) 1 << in->c % BLOCK) - 1);

  for (gint64 b = 0; b < in->blocks; b++)
    _mm512_storeu_si512 (to + b * in->block_apart,
        x == NULL       ? _mm512_setzero_si512 ()
            : b < whole ? _mm512_loadu_si512 (x + b * BLOCK)
                        : _mm512_maskz_loadu_epi16 (rest, x + b * BLOCK));
}

/* a row of a plane: every step-th pixel of input row @y, column @column - pad
 * being the first */
TARGET static void
lay_row (const Problem *p, const Input *in, gint64 n, gint64 y, gint64 column,
    guint16 *to)
{
  const gint64 first = column - in->pad; /* may be before the row */
  const gint64 left = first < 0 ? (-first + in->step - 1) / in->step : 0;
  const gint64 end = (in->w - first + in->step - 1) / in->step;
  const gboolean inside = y >= 0 && y < in->h;
  const gint64 begin = inside ? left : p->pitch;
  const gint64 stop = CLAMP (end, begin, p->pitch);
  const gint64 pixel = (n * in->h + y) * in->w + first;

  for (gint64 i = 0; i < begin; i++)
    lay_pixel (in, NULL, to + i * BLOCK);
  for (gint64 i = begin; i < stop; i++)
    lay_pixel (in, in->x + (pixel + i * in->step) * in->c, to + i * BLOCK);
  for (gint64 i = stop; i < p->pitch; i++)
    lay_pixel (in, NULL, to + i * BLOCK);
}

/* the strip of @rows rows of results from @top on */
static void
lay_out (const Problem *p, gint64 n, gint64 top, gint64 rows, guint16 *room)
{
  for (guint s = 0; s < p->n_in; s++) {
    const Input *in = &p->in[s];

    for (gint64 plane = 0; plane < in->step * in->step; plane++)
      for (gint64 row = 0; row < in->rows - (p->rows - rows); row++)
        lay_row (p, in, n, in->step * (top + row) + plane / in->step - in->pad,
            plane % in->step,
            room + in->at + (plane * in->rows + row) * p->pitch * BLOCK);
  }
}

/* ---------------------------------------------------------------- products */

/* 16 pixels of a strip, counted along the rows of the room; only the first
 * @count of them count */
typedef struct
{
  gint64 at, count;
} Tile;

/* two tiles of pixels (of the second none may count) times two of results */
typedef struct
{
  gint64 phase, panel;
  Tile tile[2];
} Job;

typedef struct
{
  _Alignas(ROW) gfloat of[2][2][LANES * LANES]; /* [pixels][results] */
} Sums;

/* the tiles of pixels from @first and @second on, with panel @panel; without
 * @second: NULL, without the second 16 results: not @wide */
INLINE void
multiply (const Problem *p, gint64 phase, gint64 panel, const guint16 *first,
    const guint16 *second, gboolean wide, Sums *sums)
{
  _tile_zero (0);
  _tile_zero (1);
  _tile_zero (2);
  _tile_zero (3);
  for (guint s = 0; s < p->n_in; s++) {
    const Input *in = &p->in[s];
    const guint16 *b =
        in->tiles + phase * in->phase_apart + panel * in->panel_apart;

    for (gint64 block = 0; block < in->blocks; block++) {
      const gint64 a = in->at + block * in->block_apart;

      for (gint64 t = 0; t < in->taps; t++, b += 2 * TILE) {
        const gint64 at = a + in->tap[phase][t];

        _tile_loadd (6, b, ROW);
        _tile_loadd (4, first + at, ROW);
        _tile_dpbf16ps (0, 4, 6);
        if (second != NULL) {
          _tile_loadd (5, second + at, ROW);
          _tile_dpbf16ps (1, 5, 6);
        }
        if (wide) {
          _tile_loadd (7, b + TILE, ROW);
          _tile_dpbf16ps (2, 4, 7);
        }
        if (wide && second != NULL)
          _tile_dpbf16ps (3, 5, 7);
      }
    }
  }
  _tile_stored (0, sums->of[0][0], ROW);
  _tile_stored (1, sums->of[1][0], ROW);
  _tile_stored (2, sums->of[0][1], ROW);
  _tile_stored (3, sums->of[1][1], ROW);
}

TARGET static void
run_job (const Problem *p, const Job *job, const guint16 *room, Sums *sums)
{
  const guint16 *first = room + job->tile[0].at * BLOCK;
  const guint16 *second = room + job->tile[1].at * BLOCK;
  const gboolean wide = p->conv->conv.o - job->panel * BLOCK > LANES;
  const gboolean both = job->tile[1].count > 0;

  if (both && wide)
    multiply (p, job->phase, job->panel, first, second, TRUE, sums);
  else if (both)
    multiply (p, job->phase, job->panel, first, second, FALSE, sums);
  else if (wide)
    multiply (p, job->phase, job->panel, first, NULL, TRUE, sums);
  else
    multiply (p, job->phase, job->panel, first, NULL, FALSE, sums);
}

/* act (gain * (sum + bias + residual)) of 16 results */
INLINE __m512
finish (__m512 sum, __m512 bias, __m512 gain, gboolean relu, __mmask16 mask,
    const guint16 *residual)
{
  sum = _mm512_add_ps (sum, bias);
  if (residual != NULL)
    sum = _mm512_add_ps (sum,
        _mm512_castsi512_ps (_mm512_slli_epi32 (
            _mm512_cvtepu16_epi32 (_mm256_maskz_loadu_epi16 (mask, residual)),
            16)));
  sum = _mm512_mul_ps (sum, gain);
  if (relu)
    sum = _mm512_max_ps (_mm512_setzero_ps (), sum); /* NaN stays NaN */
  return sum;
}

/* 32 results of @count pixels, which are @apart elements from one to the next */
INLINE void
store_pixels (const NfTileConv *conv, gint64 o, gint64 at, gint64 count,
    gint64 apart, const gfloat *left, const gfloat *right,
    const guint16 *residual)
{
  const NfDnnlConv *c = &conv->conv;
  const gint64 some = MIN (BLOCK, c->o - o);
  const __mmask32 mask = (__mmask32) (((guint64) 1 << some) - 1);
  const __mmask16 low = (__mmask16) mask, high = (__mmask16) (mask >> LANES);
  const __m512 gain = _mm512_set1_ps ((gfloat) c->gain);
  const gboolean relu = c->act == NF_ACT_RELU;
  __m512 bias_low = _mm512_setzero_ps (), bias_high = bias_low;
  guint16 *y = (guint16 *) conv->y + at;

  if (conv->bias != NULL) {
    bias_low = _mm512_maskz_loadu_ps (low, conv->bias + o);
    bias_high = _mm512_maskz_loadu_ps (high, conv->bias + o + LANES);
  }
  for (gint64 i = 0; i < count; i++) {
    const guint16 *r = residual != NULL ? residual + at + i * apart : NULL;
    const __m512 first = finish (
        _mm512_loadu_ps (left + i * LANES), bias_low, gain, relu, low, r);
    const __m512 second = finish (_mm512_loadu_ps (right + i * LANES),
        bias_high, gain, relu, high, residual != NULL ? r + LANES : NULL);

    _mm512_mask_storeu_epi16 (
        y + i * apart, mask, (__m512i) _mm512_cvtne2ps_pbh (second, first));
  }
}

/* the results of a tile, of a strip whose first row is @top */
TARGET static void
store_tile (const Problem *p, gint64 n, gint64 top, const Job *job,
    const Tile *tile, gfloat sums[2][LANES * LANES])
{
  const NfTileConv *conv = p->conv;
  const NfDnnlConv *c = &conv->conv;
  gint64 row = tile->at / p->pitch, column = tile->at % p->pitch;

  for (gint64 i = 0; i < tile->count;) {
    const gint64 left = tile->count - i;
    const gint64 count = CLAMP (p->w - column, 0, left);
    const gint64 y = (top + row) * p->step + job->phase / 2;
    const gint64 x = column * p->step + job->phase % 2;
    const gint64 o = job->panel * BLOCK;
    const gint64 to = ((n * c->oh + y) * c->ow + x) * c->o + o;

    if (conv->residual != NULL)
      store_pixels (conv, o, to, count, p->step * c->o, sums[0] + i * LANES,
          sums[1] + i * LANES, conv->residual);
    else
      store_pixels (conv, o, to, count, p->step * c->o, sums[0] + i * LANES,
          sums[1] + i * LANES, NULL);
    i += MIN (p->pitch - column, left);
    column = 0;
    row++;
  }
}

static void
store_job (const Problem *p, gint64 n, gint64 top, const Job *job, Sums *sums)
{
  for (guint i = 0; i < 2; i++)
    store_tile (p, n, top, job, &job->tile[i], sums->of[i]);
}

/* ------------------------------------------------------------------- calls */

/* tile @index of a strip of @rows rows; behind the last one it is empty */
static Tile
tile_of (const Problem *p, gint64 rows, gint64 index)
{
  const gint64 run = MIN (p->run, rows), each = tiles_of_run (p, run);
  const gint64 at = index % each * LANES, top = index / each * run;
  const gint64 length = (run - 1) * p->pitch + p->w;

  return top < rows
      ? (Tile){ .at = top * p->pitch + at, .count = MIN (LANES, length - at) }
      : (Tile){ 0 };
}

/* The panels from @from to @end in the strip from @top on. The results of a
 * job are stored while the next one multiplies: behind it in the program, so
 * that the processor has both at hand. */
static void
run_strip (const Problem *p, gint64 n, gint64 top, gint64 from, gint64 end,
    guint16 *room)
{
  const gint64 rows = MIN (p->rows, p->h - top), run = MIN (p->run, rows);
  const gint64 tiles = rows / run * tiles_of_run (p, run);
  Sums sums[2];
  Job jobs[2];
  guint n_jobs = 0;

  lay_out (p, n, top, rows, room);
  /* the tiles are loaded by what the compiler takes for code that reads no
   * memory */
  __asm__ volatile("" ::: "memory");
  for (gint64 panel = from; panel < end; panel++)
    for (gint64 phase = 0; phase < p->step * p->step; phase++)
      for (gint64 i = 0; i < tiles; i += 2, n_jobs++) {
        const guint now = n_jobs % 2;

        jobs[now] = (Job){ .phase = phase,
          .panel = panel,
          .tile = { tile_of (p, rows, i), tile_of (p, rows, i + 1) } };
        run_job (p, &jobs[now], room, &sums[now]);
        if (n_jobs > 0)
          store_job (p, n, top, &jobs[1 - now], &sums[1 - now]);
      }
  store_job (p, n, top, &jobs[(n_jobs - 1) % 2], &sums[(n_jobs - 1) % 2]);
}

/* what LDTILECFG reads: eight tiles of 16 rows of 64 bytes */
static const struct
{
  guint8 palette, start, reserved[14];
  guint16 row_bytes[16];
  guint8 rows[16];
} config = { .palette = 1,
  .row_bytes = { ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW },
  .rows = { LANES, LANES, LANES, LANES, LANES, LANES, LANES, LANES } };

TARGET static void
configure_tiles (void)
{
  _tile_loadconfig (&config);
}

TARGET static void
release_tiles (void)
{
  _tile_release ();
}

static gboolean
run (NfDevice *device, const Problem *p, GError **error)
{
  const gint64 strips = (p->h + p->rows - 1) / p->rows;
  const gint64 all = p->conv->conv.n * strips * p->groups;
  g_autoptr (NfTensor) room = nf_tensor_new (
      device, NF_BF16, omp_get_max_threads (), p->size, 1, 1, error);

  if (room == NULL)
    return FALSE;
#pragma omp parallel
  {
    configure_tiles ();
#pragma omp for schedule(static)
    for (gint64 i = 0; i < all; i++) {
      const gint64 group = i % p->groups, strip = i / p->groups;

      run_strip (p, strip / strips, strip % strips * p->rows,
          group * p->panels / p->groups, (group + 1) * p->panels / p->groups,
          (guint16 *) room->data + omp_get_thread_num () * p->size);
    }
    release_tiles ();
  }
  return TRUE;
}

/**
 * nf_tile_conv_fits:
 * @conv: a convolution; its tensors are not read
 *
 * The answer depends on the shape and the processor alone.
 *
 * Returns: whether nf_tile_conv_forward() computes it, and faster than oneDNN
 */
gboolean
nf_tile_conv_fits (const NfTileConv *conv)
{
  const NfDnnlConv *c = &conv->conv;

  for (guint s = 0; s < conv->n_in; s++)
    if (conv->in[s].c < LANES)
      return FALSE;
  return nf_isa () >= NF_ISA_AMX && c->bf16 && c->kh == c->kw
      && c->kh * c->kw <= MAX_TAPS && c->stride <= 2 && c->act != NF_ACT_SILU
      && c->o >= LANES;
}

/**
 * nf_tile_conv_forward:
 * @conv: one that nf_tile_conv_fits()
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_tile_conv_forward (NfDevice *device, const NfTileConv *conv, GError **error)
{
  NfTensor *tiles[NF_OP_MAX_INPUTS] = { NULL };
  Problem p;
  gboolean ok =
      problem_init (device, conv, &p, tiles, error) && run (device, &p, error);

  for (guint s = 0; s < conv->n_in; s++)
    nf_tensor_clear (&tiles[s]);
  return ok;
}

#else

gboolean
nf_tile_conv_fits (const NfTileConv *conv)
{
  return FALSE;
}

gboolean
nf_tile_conv_forward (NfDevice *device, const NfTileConv *conv, GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "convolution: this processor has no such kernel");
  return FALSE;
}

#endif
