/* SPDX-License-Identifier: MIT
 *
 * signals — signals that arrive while the CPU computes change nothing
 *
 * A thread sends them to all others of the process all the while. Products with
 * long sums are what oneDNN makes with its stack pointer on the heap (nfsignals.h):
 * results change and the heap is damaged where it is interrupted there. Threads
 * of a team that became smaller and larger again are new ones. */
#define _GNU_SOURCE /* syscall() */
#include <nextframe/core/nferror.h>
#include <nextframe/core/ops/nfops.h>
#include <nextframe/core/threads/nfthreads.h>
#include <nextframe/core/ops/nfbackward.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS 300
#define THREADS 4

static volatile gint handled;

static void
on_signal (int number)
{
  g_atomic_int_inc (&handled);
}

static void
handle_it (void)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

  g_assert_cmpint (sigaction (SIGUSR1, &action, NULL), ==, 0);
}

/* to every thread of the process but this one, until it is over */
static gpointer
send_signals (gpointer data)
{
  const gint *over = data;
  const long self = syscall (SYS_gettid);

  while (!g_atomic_int_get (over)) {
    GDir *dir = g_dir_open ("/proc/self/task", 0, NULL);
    const gchar *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
      const long thread = (long) g_ascii_strtoll (name, NULL, 10);

      if (thread != self)
        syscall (SYS_tgkill, getpid (), thread, SIGUSR1);
    }
    if (dir != NULL)
      g_dir_close (dir);
    g_usleep (20);
  }
  return NULL;
}

static NfTensor *
new_input (NfDevice *device, gint64 n, gint64 c, gint64 h, gint64 w)
{
  NfTensor *t = nf_tensor_new (device, NF_F32, n, c, h, w, NULL);

  for (gsize i = 0; i < nf_tensor_elements (t); i++)
    ((gfloat *) t->data)[i] = (gfloat) (i * 7919 % 101) / 101 - 0.5f;
  t->requires_grad = TRUE;
  return t;
}

/* a linear layer, its gradients and an attention over its result */
static void
compute (NfDevice *device, NfTensor *const in[2], NfTensor *out[3])
{
  const NfLinearParams linear = { .transposed = FALSE };
  const NfAttentionParams attention = { .heads = 1 };
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) grad_out = NULL;
  GError *error = NULL;

  nf_tape_begin (tape);
  out[0] = nf_op_linear (in[0], in[1], NULL, &linear, &error);
  nf_tape_end (tape);
  g_assert_no_error (error);
  grad_out = new_input (device, out[0]->n, out[0]->c, out[0]->h, out[0]->w);
  g_assert_true (nf_tape_backward_from (tape, out[0], grad_out, &error));
  g_assert_no_error (error);
  out[1] = nf_tensor_ref (in[1]->grad);
  nf_tensor_clear (&in[1]->grad);
  nf_tensor_clear (&in[0]->grad);
  out[2] = nf_op_attention (out[0], out[0], out[0], &attention, &error);
  g_assert_no_error (error);
}

/* an op that oneDNN has no part in, by so many threads */
static void
activate (NfTensor *x, guint threads)
{
  g_autoptr (NfTensor) y = NULL;

  nf_threads_set (threads);
  y = nf_op_activation (x, NF_ACT_SILU, NULL);
  g_assert_nonnull (y);
}

static void
test_results (void)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfTensor) x = new_input (device, 1, 256, 16, 16);
  g_autoptr (NfTensor) weight = new_input (device, 70, 256, 1, 1);
  g_autoptr (NfTensor) large = new_input (device, 1, 64, 64, 64);
  NfTensor *const in[2] = { x, weight };
  NfTensor *right[3];
  gint over = FALSE;
  GThread *sender;

  nf_threads_set (THREADS);
  compute (device, in, right);
  handle_it ();
  sender = g_thread_new ("signals", send_signals, &over);
  for (guint round = 0; round < ROUNDS; round++) {
    NfTensor *out[3];

    activate (large, THREADS / 2);
    activate (large, THREADS);
    compute (device, in, out);
    for (guint i = 0; i < 3; i++) {
      g_assert_cmpmem (
          out[i]->data, out[i]->bytes, right[i]->data, right[i]->bytes);
      nf_tensor_unref (out[i]);
    }
  }
  g_atomic_int_set (&over, TRUE);
  g_thread_join (sender);
  g_assert_cmpint (g_atomic_int_get (&handled), >, 0);
  for (guint i = 0; i < 3; i++)
    nf_tensor_unref (right[i]);
}

/* what a caller holds back stays so, and all else is handled again afterwards */
static void
test_mask (void)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfTensor) x = new_input (device, 1, 256, 16, 16);
  g_autoptr (NfTensor) weight = new_input (device, 70, 256, 1, 1);
  NfTensor *const in[2] = { x, weight };
  NfTensor *out[3];
  sigset_t held, after;

  sigemptyset (&held);
  sigaddset (&held, SIGUSR2);
  g_assert_cmpint (pthread_sigmask (SIG_SETMASK, &held, NULL), ==, 0);
  compute (device, in, out);
  g_assert_cmpint (pthread_sigmask (SIG_SETMASK, NULL, &after), ==, 0);
  for (gint number = 1; number < SIGRTMIN; number++)
    g_assert_cmpint (sigismember (&after, number), ==, number == SIGUSR2);
  for (guint i = 0; i < 3; i++)
    nf_tensor_unref (out[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/signals/results", test_results);
  g_test_add_func ("/signals/mask", test_mask);
  return g_test_run ();
}
