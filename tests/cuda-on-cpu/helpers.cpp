/* SPDX-License-Identifier: MIT
 *
 * helpers — OS threads that share a launch's blocks with the one that asks */
#include "helpers.h"
#include "sanitizers.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace runner {

/**
 * Helpers:
 * @in_use: held by the launch that they work for
 * @work: (nullable): what they do now
 * @parts: how many of it there are
 * @turn: counts launches
 * @left: helpers that are not done
 */
class Helpers {
public:
  explicit Helpers (unsigned count)
  {
    for (unsigned part = 1; part <= count; part++)
      threads_.emplace_back (&Helpers::serve, this, part);
  }

  ~Helpers ()
  {
    std::unique_lock<std::mutex> lock (mutex_);

    stopping_ = true;
    changed_.notify_all ();
    lock.unlock ();
    for (std::thread &thread : threads_)
      thread.join ();
  }

  Helpers (const Helpers &) = delete;
  Helpers &operator= (const Helpers &) = delete;

  std::mutex in_use;

  void
  run (unsigned parts, const std::function<void (unsigned)> &work)
  {
    std::unique_lock<std::mutex> lock (mutex_);

    work_ = &work;
    parts_ = parts;
    left_ = parts - 1;
    turn_++;
    changed_.notify_all ();
    lock.unlock ();
    work (0);
    lock.lock ();
    changed_.wait (lock, [this] { return left_ == 0; });
  }

private:
  void
  serve (unsigned part)
  {
    std::unique_lock<std::mutex> lock (mutex_);
    unsigned long seen = 0;

    for (;;) {
      changed_.wait (lock, [&] { return stopping_ || turn_ != seen; });
      if (stopping_)
        return;
      seen = turn_;
      if (part >= parts_)
        continue;
      lock.unlock ();
      (*work_) (part);
      lock.lock ();
      if (--left_ == 0)
        changed_.notify_all ();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
  const std::function<void (unsigned)> *work_ = nullptr;
  unsigned parts_ = 0, left_ = 0;
  unsigned long turn_ = 0;
  bool stopping_ = false;
};

unsigned
os_threads ()
{
#ifdef NF_RUNNER_ONE_THREAD
  return 1;
#else
  static const char *threads = getenv ("NF_CUDA_THREADS");

  if (threads == nullptr)
    return under_tsan ? 2 : 1;
  return std::max (1, atoi (threads));
#endif
}

void
share_work (unsigned threads, const std::function<void (unsigned part)> &work)
{
  if (threads > 1) {
    static Helpers helpers (os_threads () - 1);
    std::unique_lock<std::mutex> lock (helpers.in_use, std::try_to_lock);

    if (lock.owns_lock ()) {
      helpers.run (threads, work);
      return;
    }
  }
  for (unsigned part = 0; part < threads; part++)
    work (part);
}

} // namespace runner
