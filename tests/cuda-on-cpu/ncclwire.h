/* SPDX-License-Identifier: MIT
 *
 * ncclwire — how processes that stand in for GPUs add up numbers
 *
 * Over sockets between the processes of one machine: the first one has a
 * socket that the others connect to, gets the numbers of all, adds them up in
 * the order of ranks, and sends the sums back. A thread does that beside the
 * program, as NCCL's own threads do. */
#pragma once

#include <nccl.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace runner {

/**
 * Exchange: a sum over all processes
 * @send: this process's numbers
 * @sums: what comes back
 * @started, @done: whether others may have seen it, and whether @sums is whole;
 *   the wire's mutex guards them
 * @abandoned: nobody waits for it any more
 */
struct Exchange
{
  const float *send;
  std::vector<float> sums;
  bool started = false, done = false;
  std::atomic<bool> abandoned{ false };
};

/* makes the address of a group, below @most bytes, in its first process; false:
 * the system has no socket left */
bool wire_address (char *address, size_t most);

/**
 * Wire: a process's place in a group
 */
class Wire {
public:
  Wire (std::string address, int rank, int n_ranks, int device);

  ~Wire ();

  /* lets go of the others, and waits for none of them */
  void leave ();

  /* ncclInProgress until all processes are there; then ncclSuccess, or why not */
  ncclResult_t state ();

  void set_state (ncclResult_t state);

  /* lets the exchange happen at its turn; whether it is over */
  bool advance (const std::shared_ptr<Exchange> &exchange);

private:
  void run ();
  bool meet ();
  bool take_hellos (int listener);
  bool connect_to_first ();
  bool add_up (Exchange *exchange);
  bool transfer (int socket, void *data, size_t bytes, bool sends);
  bool is_leaving ();

  const std::string address_;
  const int rank_, n_ranks_, device_;
  std::vector<int> sockets_; /* the first process: by rank; others: [0] */
  std::mutex mutex_;
  std::condition_variable changed_;
  ncclResult_t state_ = ncclInProgress;
  std::shared_ptr<Exchange> next_;
  bool leaving_ = false;
  std::thread thread_;
};

} // namespace runner
