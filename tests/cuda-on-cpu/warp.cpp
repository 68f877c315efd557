/* SPDX-License-Identifier: MIT
 *
 * warp — the exchange of values between the lanes of a warp */
#include "scheduler.h"
#include "tensorcores.h"

#include <algorithm>

namespace runner {

/* lanes that exist and have not ended */
static unsigned
live_lanes (const Block *block, unsigned warp)
{
  const unsigned threads = block->n_threads - warp * LANES;
  const unsigned exist = threads >= LANES ? ~0u : (1u << threads) - 1;

  return exist & ~block->ended[warp];
}

/* calls do (thread) for each of @lanes, in rising order */
template <class F>
static void
each_lane (Block *block, unsigned warp, unsigned lanes, F &&action)
{
  for (unsigned rest = lanes; rest != 0; rest &= rest - 1)
    action (&block->threads[warp * LANES + __builtin_ctz (rest)],
        __builtin_ctz (rest));
}

void
check_matrix (const void *address, const char *file, int line)
{
  if (reinterpret_cast<uintptr_t> (address) % 16 != 0)
    die ("is at %s:%d with the row of a matrix at %p, not a multiple of 16",
        file, line, address);
}

bool
runs_in_reverse ()
{
  return here.running->reverse;
}

std::vector<AsyncCopy> &
copies ()
{
  static thread_local std::vector<AsyncCopy> all[MAX_THREADS];

  return all[here.running->current];
}

/* register m of each lane: two neighbours of a row of matrix m, or of a column */
static void
load (Block *block, unsigned warp)
{
  MatrixRow *rows[LANES];

  each_lane (block, warp, ~0u, [&] (Thread *t, unsigned lane) {
    rows[lane] = reinterpret_cast<MatrixRow *> (t->call.value);
  });
  for (unsigned lane = 0; lane < LANES; lane++)
    for (unsigned m = 0; m < 4; m++)
      for (unsigned i = 0; i < 2; i++) {
        const unsigned one = lane / 4, other = lane % 4 * 2 + i;

        rows[lane]->result[m][i] = rows[lane]->turned
            ? rows[m * 8 + other]->row[one]
            : rows[m * 8 + one]->row[other];
      }
}

/* c += a b, which all lanes have a part of */
static void
multiply (Block *block, unsigned warp)
{
  constexpr int N = MATRIX_SIDE;
  float a[N * N], b[N * N], c[N * N];

  each_lane (block, warp, ~0u, [&] (Thread *t, unsigned) {
    const auto *mine = reinterpret_cast<const MatrixLane *> (t->call.value);

    for (int i = 0; i < MATRIX_PART; i++) {
      a[mine->a[i].place] = mine->a[i].value;
      b[mine->b[i].place] = mine->b[i].value;
      c[mine->c[i].place] = mine->c[i].value;
    }
  });
  for (int row = 0; row < N; row++)
    for (int k = 0; k < N; k++)
      for (int column = 0; column < N; column++)
        c[row * N + column] += a[row * N + k] * b[k * N + column];
  each_lane (block, warp, ~0u, [&] (Thread *t, unsigned) {
    for (MatrixElement &element :
        reinterpret_cast<MatrixLane *> (t->call.value)->c)
      element.value = c[element.place];
  });
}

static bool
is_of_matrices (WarpOp op)
{
  return op == WarpOp::matrix_load || op == WarpOp::matrix_multiply;
}

static uint32_t
reduce (WarpOp op, uint32_t a, uint32_t b)
{
  const int32_t x = static_cast<int32_t> (a), y = static_cast<int32_t> (b);

  switch (op) {
    case WarpOp::add:
      return a + b;
    case WarpOp::min:
      return std::min (a, b);
    case WarpOp::max:
      return std::max (a, b);
    case WarpOp::min_signed:
      return std::min (x, y);
    case WarpOp::max_signed:
      return std::max (x, y);
    case WarpOp::bits_and:
      return a & b;
    case WarpOp::bits_or:
      return a | b;
    default:
      return a ^ b;
  }
}

/* lanes of @group whose value is @value */
static unsigned
lanes_with (Block *block, unsigned warp, unsigned group, uint64_t value)
{
  unsigned found = 0;

  each_lane (block, warp, group, [&] (Thread *t, unsigned lane) {
    if (t->call.value == value)
      found |= 1u << lane;
  });
  return found;
}

static uint64_t
warp_result (Block *block, unsigned warp, unsigned group, const Thread *of)
{
  const WarpCall *call = &of->call;
  const Thread *first = &block->threads[warp * LANES + __builtin_ctz (group)];
  uint32_t value = static_cast<uint32_t> (first->call.value);

  switch (call->op) {
    case WarpOp::sync:
    case WarpOp::matrix_load:
    case WarpOp::matrix_multiply:
      return 0;
    case WarpOp::shuffle:
      return group >> call->source & 1
          ? block->threads[warp * LANES + call->source].call.value
          : ~UINT64_C (0);
    case WarpOp::ballot:
      return lanes_with (block, warp, group, 1);
    case WarpOp::match_any:
      return lanes_with (block, warp, group, call->value);
    case WarpOp::match_all:
      return lanes_with (block, warp, group, call->value) == group ? group : 0;
    default:
      each_lane (block, warp, group & (group - 1), [&] (Thread *t, unsigned) {
        value = reduce (call->op, value, static_cast<uint32_t> (t->call.value));
      });
      return value;
  }
}

static bool
same_site (const Site &a, const Site &b)
{
  return a.line == b.line && (a.file == b.file || strcmp (a.file, b.file) == 0);
}

/* two lanes that wait for each other must have made the same call */
static void
check_call (Block *block, unsigned warp, const Thread *thread)
{
  const WarpCall *mine = &thread->call;

  each_lane (
      block, warp, block->in_warp_call[warp], [&] (Thread *t, unsigned lane) {
        const WarpCall *other = &t->call;
        const unsigned self = block->current % LANES;

        if (!(mine->mask >> lane & 1) || !(other->mask >> self & 1))
          return;
        if (mine->mask != other->mask)
          die ("calls %s:%d with mask 0x%08x, lane %u %s:%d with 0x%08x",
              mine->site.file, mine->site.line, mine->mask, lane,
              other->site.file, other->site.line, other->mask);
        if (mine->op != other->op || !same_site (mine->site, other->site))
          die ("is at %s:%d, lane %u of the same mask 0x%08x at %s:%d",
              mine->site.file, mine->site.line, lane, mine->mask,
              other->site.file, other->site.line);
      });
}

/* the call of the first of @lanes */
static const WarpCall *
first_call (const Block *block, unsigned warp, unsigned lanes)
{
  return &block->threads[warp * LANES + __builtin_ctz (lanes)].call;
}

/* The running thread waits in its call. As long as all lanes that wait made the
 * same one, which is the rule, the first of them stands for all. */
static void
enter_call (Block *block, unsigned warp, const Thread *thread)
{
  const unsigned waiting = block->in_warp_call[warp];
  const WarpCall *mine = &thread->call;

  if (waiting == 0)
    block->alike[warp] = true;
  else if (block->alike[warp]) {
    const WarpCall *other = first_call (block, warp, waiting);

    block->alike[warp] = mine->mask == other->mask && mine->op == other->op
        && same_site (mine->site, other->site);
  }
  if (!block->alike[warp])
    check_call (block, warp, thread);
  block->in_warp_call[warp] |= 1u << block->current % LANES;
}

/* whether all of @lanes wait with this mask */
static bool
wait_with (Block *block, unsigned warp, unsigned lanes, unsigned mask)
{
  bool all = (lanes & ~block->in_warp_call[warp]) == 0;

  if (!all || lanes == 0)
    return all;
  if (block->alike[warp])
    return first_call (block, warp, lanes)->mask == mask;
  each_lane (block, warp, lanes,
      [&] (Thread *t, unsigned) { all = all && t->call.mask == mask; });
  return all;
}

/* what is done once, when all lanes of a mask that are left have come */
static void
begin_group (Block *block, unsigned warp, unsigned group)
{
  const WarpCall *call = first_call (block, warp, group);

  if (is_of_matrices (call->op) && group != ~0u)
    die ("lanes 0x%08x alone come to %s:%d, which takes the whole warp", group,
        call->site.file, call->site.line);
  if (call->op == WarpOp::matrix_load)
    load (block, warp);
  if (call->op == WarpOp::matrix_multiply)
    multiply (block, warp);
}

/* gives each lane of a group what its call gave, which for most is the same */
static void
give_results (Block *block, unsigned warp, unsigned group)
{
  const unsigned first = warp * LANES + __builtin_ctz (group);
  const WarpOp op = block->threads[first].call.op;
  const bool of_each = op == WarpOp::shuffle || op == WarpOp::match_any;
  const uint64_t of_all =
      of_each ? 0 : warp_result (block, warp, group, &block->threads[first]);
  unsigned odd = 0;

  each_lane (block, warp, group, [&] (Thread *t, unsigned lane) {
    t->result = of_each ? warp_result (block, warp, group, t) : of_all;
    if (under_tsan)
      odd |= (t->syncs & 1) << lane;
  });
  if (under_tsan)
    each_lane (block, warp, group, [&] (Thread *t, unsigned) {
      t->partners = group;
      t->odd_partners = odd;
    });
}

/* lets the lanes of a mask go on if all of them are there */
static void
try_release (Block *block, unsigned warp, unsigned mask)
{
  const unsigned group = mask & live_lanes (block, warp);

  if (!wait_with (block, warp, group, mask))
    return;
  if (group != 0) {
    begin_group (block, warp, group);
    give_results (block, warp, group);
  }
  block->in_warp_call[warp] &= ~group;
  block_set_runnable (block, warp, group);
}

void
warp_thread_ended (Block *block, unsigned thread)
{
  const unsigned warp = thread / LANES, bit = 1u << thread % LANES;

  if (!copies ().empty ())
    die ("ends with copies to shared memory that it has not waited for");
  unsigned rest = block->in_warp_call[warp];

  while (rest != 0) {
    const unsigned lane = __builtin_ctz (rest);
    const unsigned mask = block->threads[warp * LANES + lane].call.mask;

    if (mask & bit)
      try_release (block, warp, mask);
    rest &= ~(mask | 1u << lane);
  }
}

/* __syncwarp () puts what the lanes did in order. Shuffles and votes do not,
 * so TSan is not told of them. */
static void
heed_partners (Block *block, unsigned warp)
{
  const Thread *thread = &block->threads[block->current];

  each_lane (block, warp, thread->partners, [&] (Thread *, unsigned lane) {
    heed (&block->lane_tokens[warp * LANES + lane]
                             [thread->odd_partners >> lane & 1]);
  });
}

uint64_t
warp_call (WarpOp op, unsigned mask, uint64_t value, int source,
    const char *file, int line)
{
  Block *block = here.running;
  const unsigned warp = block->current / LANES, lane = block->current % LANES;
  Thread *thread = &block->threads[block->current];

  if (!(mask >> lane & 1))
    die ("calls %s:%d with mask 0x%08x, which lacks its lane, %u", file, line,
        mask, lane);
  thread->call = { op, mask, value, source, { file, line } };
  enter_call (block, warp, thread);
  if (op == WarpOp::sync)
    tell (&block->lane_tokens[block->current][thread->syncs % 2]);
  try_release (block, warp, mask);
  block_wait (block);
  if (op == WarpOp::sync) {
    if (under_tsan)
      heed_partners (block, warp);
    thread->syncs++;
  }
  return thread->result;
}

int
lane ()
{
  return here.running->current % LANES;
}

} // namespace runner
