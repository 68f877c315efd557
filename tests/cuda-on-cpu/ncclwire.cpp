/* SPDX-License-Identifier: MIT
 *
 * ncclwire — how processes that stand in for GPUs add up numbers */
#include "ncclwire.h"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <poll.h>
#include <random>
#include <set>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace runner {

constexpr int LOOK_AROUND = 10; /* milliseconds between looks at leaving_ */

/* what a process says first */
struct Hello
{
  int rank, device;
};

/* of the group that this process is the first one of; -1: of none */
static int listener = -1;

/* an address of Linux's abstract kind leaves no file behind */
static socklen_t
fill_address (const std::string &name, sockaddr_un *address)
{
  memset (address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy (address->sun_path + 1, name.data (), name.size ());
  return offsetof (sockaddr_un, sun_path) + 1 + name.size ();
}

bool
wire_address (char *address, size_t most)
{
  sockaddr_un where;
  std::random_device random;

  snprintf (
      address, most, "cuda-on-cpu-nccl-%d-%08x", (int) getpid (), random ());
  const socklen_t length = fill_address (address, &where);

  listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return listener >= 0
      && bind (listener, reinterpret_cast<sockaddr *> (&where), length) == 0
      && listen (listener, SOMAXCONN) == 0;
}

Wire::Wire (std::string address, int rank, int n_ranks, int device)
    : address_ (std::move (address)), rank_ (rank), n_ranks_ (n_ranks),
      device_ (device), sockets_ (rank == 0 ? n_ranks : 1, -1),
      thread_ ([this] { run (); })
{
}

Wire::~Wire ()
{
  leave ();
  for (const int socket : sockets_)
    if (socket >= 0)
      close (socket);
}

void
Wire::leave ()
{
  {
    const std::lock_guard<std::mutex> lock (mutex_);

    leaving_ = true;
  }
  changed_.notify_all ();
  if (thread_.joinable ())
    thread_.join ();
  for (const int socket : sockets_)
    if (socket >= 0)
      shutdown (socket, SHUT_RDWR);
}

ncclResult_t
Wire::state ()
{
  const std::lock_guard<std::mutex> lock (mutex_);

  return state_;
}

void
Wire::set_state (ncclResult_t state)
{
  const std::lock_guard<std::mutex> lock (mutex_);

  state_ = state;
}

bool
Wire::is_leaving ()
{
  const std::lock_guard<std::mutex> lock (mutex_);

  return leaving_;
}

bool
Wire::advance (const std::shared_ptr<Exchange> &exchange)
{
  const std::lock_guard<std::mutex> lock (mutex_);

  if (!exchange->started) {
    exchange->started = true;
    next_ = exchange;
    changed_.notify_all ();
  }
  return exchange->done || exchange->abandoned;
}

/* all of the bytes; false: the other process is gone, or this one leaves */
bool
Wire::transfer (int socket, void *data, size_t bytes, bool sends)
{
  char *at = static_cast<char *> (data);

  while (bytes > 0) {
    pollfd look = { socket, static_cast<short> (sends ? POLLOUT : POLLIN), 0 };

    if (is_leaving ())
      return false;
    if (poll (&look, 1, LOOK_AROUND) <= 0)
      continue;
    const ssize_t n = sends
        ? send (socket, at, bytes, MSG_NOSIGNAL | MSG_DONTWAIT)
        : recv (socket, at, bytes, MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
      return false;
    at += n > 0 ? n : 0;
    bytes -= n > 0 ? n : 0;
  }
  return true;
}

/* waits for all other processes; no two may use one device */
bool
Wire::take_hellos (int listener)
{
  std::set<int> devices = { device_ };
  ncclResult_t verdict = ncclSuccess;

  for (int i = 1; i < n_ranks_; i++) {
    pollfd look = { listener, POLLIN, 0 };
    Hello hello;

    while (poll (&look, 1, LOOK_AROUND) <= 0)
      if (is_leaving ())
        return false;
    const int socket = accept4 (listener, nullptr, nullptr, SOCK_CLOEXEC);

    if (socket < 0 || !transfer (socket, &hello, sizeof hello, false))
      return false;
    sockets_[hello.rank] = socket;
    if (!devices.insert (hello.device).second)
      verdict = ncclInvalidUsage;
  }
  for (int i = 1; i < n_ranks_; i++)
    if (!transfer (sockets_[i], &verdict, sizeof verdict, true))
      return false;
  set_state (verdict);
  return verdict == ncclSuccess;
}

bool
Wire::connect_to_first ()
{
  Hello hello = { rank_, device_ };
  ncclResult_t verdict;
  sockaddr_un where;
  const socklen_t length = fill_address (address_, &where);

  sockets_[0] = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect (sockets_[0], reinterpret_cast<sockaddr *> (&where), length) != 0
      || !transfer (sockets_[0], &hello, sizeof hello, true)
      || !transfer (sockets_[0], &verdict, sizeof verdict, false))
    return false;
  set_state (verdict);
  return verdict == ncclSuccess;
}

bool
Wire::meet ()
{
  if (rank_ > 0)
    return connect_to_first ();
  const int mine = listener;
  const bool met = take_hellos (mine);

  close (mine);
  return met;
}

bool
Wire::add_up (Exchange *exchange)
{
  std::vector<float> &sums = exchange->sums;
  const size_t bytes = sums.size () * sizeof (float);
  std::vector<float> theirs (rank_ == 0 ? sums.size () : 0);

  memcpy (sums.data (), exchange->send, bytes);
  if (rank_ > 0)
    return transfer (sockets_[0], sums.data (), bytes, true)
        && transfer (sockets_[0], sums.data (), bytes, false);
  for (int i = 1; i < n_ranks_; i++) {
    if (!transfer (sockets_[i], theirs.data (), bytes, false))
      return false;
    for (size_t k = 0; k < sums.size (); k++)
      sums[k] += theirs[k];
  }
  for (int i = 1; i < n_ranks_; i++)
    if (!transfer (sockets_[i], sums.data (), bytes, true))
      return false;
  return true;
}

void
Wire::run ()
{
  bool good = meet ();

  while (good) {
    std::unique_lock<std::mutex> lock (mutex_);

    changed_.wait (lock, [this] { return next_ != nullptr || leaving_; });
    if (leaving_)
      return;
    const std::shared_ptr<Exchange> exchange = next_;

    lock.unlock ();
    good = add_up (exchange.get ());
    lock.lock ();
    exchange->done = good;
    next_ = nullptr;
  }
  const std::lock_guard<std::mutex> lock (mutex_);

  if (state_ == ncclSuccess || state_ == ncclInProgress)
    state_ = ncclRemoteError;
}

} // namespace runner
