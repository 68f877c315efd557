/* SPDX-License-Identifier: MIT
 *
 * launch — running all blocks of a launch
 *
 * Blocks run one after the other, from the first to the last, or from the last
 * to the first (NF_CUDA_ORDER=reverse), or on several OS threads at once
 * (NF_CUDA_THREADS). Kernels of several host threads run side by side. */
#include "launch.h"
#include "atomics.h"
#include "helpers.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>

namespace runner {

constexpr size_t SHARED_ALIGN = 32; /* as NF_DYN_SHARED () has it */
constexpr size_t GUARD_BYTES = 64; /* behind dynamic shared memory */
constexpr unsigned char GUARD = 0xa5;
constexpr unsigned char UNSET = 0xff; /* makes floats NaN */

static bool
in_reverse ()
{
  static const char *order = getenv ("NF_CUDA_ORDER");

  return order != nullptr && std::string (order) == "reverse";
}

bool
few_blocks ()
{
  static const bool few = getenv ("NF_CUDA_FEW") != nullptr;

  return few;
}

void
launch_check (const Launch &launch, size_t shared_limit)
{
  const dim3 &g = launch.grid, &b = launch.block;
  const size_t limit = std::max (SHARED_BYTES, shared_limit);

  if (here.running != nullptr)
    die ("launches %s: kernels launch no kernels here", launch.name);
  if (g.x == 0 || g.y == 0 || g.z == 0 || g.x > 0x7fffffffu || g.y > 65535
      || g.z > 65535)
    die ("%s: invalid launch: a grid of %u x %u x %u blocks", launch.name, g.x,
        g.y, g.z);
  if (b.x == 0 || b.y == 0 || b.z == 0 || b.x > MAX_THREADS || b.y > MAX_THREADS
      || b.z > 64 || static_cast<size_t> (b.x) * b.y * b.z > MAX_THREADS)
    die ("%s: invalid launch: a block of %u x %u x %u threads", launch.name,
        b.x, b.y, b.z);
  if (launch.shared > limit)
    die ("%s: invalid launch: %zu bytes of dynamic shared memory, allowed are "
         "%zu%s",
        launch.name, launch.shared, limit,
        shared_limit > 0 ? "" : " without cudaFuncSetAttribute ()");
}

/**
 * Engine:
 * @shared: dynamic shared memory, exactly as long as the launch says, so that
 *   a sanitizer sees its end, and a guard where there is none
 *
 * What an OS thread runs blocks with.
 */
class Engine {
public:
  Engine () : block_ (block_new (in_reverse ()))
  {
  }

  ~Engine ()
  {
    block_free (block_);
    free (here.shared);
    here.shared = nullptr;
  }

  Engine (const Engine &) = delete;
  Engine &operator= (const Engine &) = delete;

  void
  begin (const Launch *launch)
  {
    here.block_dim = launch->block;
    here.grid_dim = launch->grid;
    free (here.shared);
    here.shared = nullptr;
    if (posix_memalign (reinterpret_cast<void **> (&here.shared), SHARED_ALIGN,
            launch->shared + guard_bytes ())
        != 0)
      die ("%s: no memory", launch->name);
  }

  void
  run (Launch *launch, size_t number)
  {
    const dim3 &grid = launch->grid;

    if (in_reverse ())
      number = static_cast<size_t> (grid.x) * grid.y * grid.z - 1 - number;
    here.block = uint3{ static_cast<unsigned> (number % grid.x),
      static_cast<unsigned> (number / grid.x % grid.y),
      static_cast<unsigned> (number / grid.x / grid.y) };
    if (launch->shared > 0)
      memset (here.shared, UNSET, launch->shared);
    memset (here.shared + launch->shared, GUARD, guard_bytes ());
    block_run (block_, launch);
    check_guard (launch);
  }

private:
  static size_t
  guard_bytes ()
  {
#ifdef NF_RUNNER_ASAN
    return 0;
#else
    return GUARD_BYTES;
#endif
  }

  static void
  check_guard (const Launch *launch)
  {
    for (size_t i = 0; i < guard_bytes (); i++)
      if (static_cast<unsigned char> (here.shared[launch->shared + i]) != GUARD)
        die ("%s: block (%u, %u, %u): writes behind its %zu bytes of dynamic "
             "shared memory",
            launch->name, here.block.x, here.block.y, here.block.z,
            launch->shared);
  }

  Block *block_;
};

void
fence ()
{
  static Token token;

  tell (&token);
  heed (&token);
}

static Engine *
engine_of_thread ()
{
  static thread_local Engine engine;

  return &engine;
}

/* runs every @parts-th block */
static void
run_blocks (Launch *launch, unsigned part, unsigned parts, size_t blocks)
{
  Engine *engine = engine_of_thread ();

  engine->begin (launch);
  for (size_t i = part; i < blocks; i += parts)
    engine->run (launch, i);
}

void
launch_run (Launch *launch)
{
  const size_t blocks =
      static_cast<size_t> (launch->grid.x) * launch->grid.y * launch->grid.z;
  const unsigned parts =
      static_cast<unsigned> (std::min<size_t> (os_threads (), blocks));

#ifdef NF_RUNNER_ONE_THREAD
  /* shared memory is the same for all OS threads, see runner.h */
  static std::mutex one_launch;
  std::lock_guard<std::mutex> lock (one_launch);
#endif
  share_work (
      parts, [=] (unsigned part) { run_blocks (launch, part, parts, blocks); });
}

} // namespace runner
