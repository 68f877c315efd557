/* SPDX-License-Identifier: MIT
 *
 * graphthreads — captured functions, and what other threads do meanwhile, on
 * every device
 *
 * See naivecheck.c for the choice of devices. Sibling: graph.c */
#include "graphnet.h"
#include "naivecheck.h"

#include <string.h>

typedef struct
{
  NfDevice *device;
  NfTensor *gain;
} Shared;

static gpointer
run_in_thread (gpointer data)
{
  const Shared *shared = data;
  NfTestNet net = { shared->gain };
  g_autoptr (NfGraph) graph =
      nf_graph_new (shared->device, nf_test_net_run, &net);

  for (guint i = 0; i < 20; i++)
    nf_test_net_check (graph, &net, shared->device, 4, i);
  return NULL;
}

/* threads with a weight in common */
static void
test_threads (gconstpointer data)
{
  Shared shared = { (NfDevice *) data, NULL };
  GThread *threads[4];

  shared.gain = nf_test_net_input (shared.device, 4, 7);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, run_in_thread, &shared);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  nf_tensor_unref (shared.gain);
}

typedef struct
{
  NfGraph *graph;
  NfTestNet *net;
  NfDevice *device;
  guint seed;
} Handed;

static gpointer
run_handed (gpointer data)
{
  const Handed *handed = data;

  nf_test_net_check (
      handed->graph, handed->net, handed->device, 4, handed->seed);
  return NULL;
}

/* a graph that one thread after the other uses, while all of them live */
static void
test_handed_over (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  NfTestNet net = { nf_test_net_input (device, 4, 7) };
  g_autoptr (NfGraph) graph = nf_graph_new (device, nf_test_net_run, &net);

  for (guint i = 0; i < 6; i++) {
    Handed handed = { graph, &net, device, i };

    nf_test_net_check (graph, &net, device, 4, 100 + i);
    g_thread_join (g_thread_new (NULL, run_handed, &handed));
  }
  if (device->backend->graph != NULL)
    g_assert_cmpuint (nf_graph_launches (graph), >, 6);
  nf_tensor_unref (net.gain);
}

/* what a thread does while another one captures */
typedef struct
{
  NfTestNet net;
  NfDevice *device;
  NfTensor *given; /* (nullable): made by the one that captures */
  NfGraph *graph; /* (nullable): likewise */
  NfTensor *sum; /* of what was given */
} Meanwhile;

static gpointer
use_given (gpointer data)
{
  static const NfAxpbyParams twice = { 1.0f, 1.0f, NF_ACT_NONE };
  Meanwhile *self = data;

  self->sum = nf_op_axpby (self->given, self->given, &twice, NULL);
  return NULL;
}

static gpointer
use_and_free (gpointer data)
{
  Meanwhile *self = data;

  use_given (self);
  nf_tensor_clear (&self->given);
  if (self->graph != NULL)
    nf_test_net_check (self->graph, &self->net, self->device, 4, 50);
  g_clear_pointer (&self->graph, nf_graph_free);
  return NULL;
}

static NfTensor *
meanwhile_run (gpointer data, NfTensor *const *in, GError **error)
{
  Meanwhile *self = data;

  if (self->given != NULL && self->net.calls > 0)
    g_thread_join (g_thread_new (NULL, use_and_free, self));
  return nf_test_net_run (&self->net, in, error);
}

/* the last user of a tensor or of a graph may be another thread than the one
 * whose memory it has, and that one may capture at the time */
static void
test_freed_meanwhile (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  Meanwhile self = { { nf_test_net_input (device, 4, 7) }, device };
  g_autoptr (NfGraph) graph = nf_graph_new (device, meanwhile_run, &self);
  g_autoptr (GPtrArray) others =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  g_autoptr (NfTensor) given = nf_test_net_input (device, 4, 3);
  g_autoptr (NfTensor) x = nf_test_net_input (device, 4, 4);
  static const NfAxpbyParams twice = { 1.0f, 1.0f, NF_ACT_NONE };
  g_autoptr (NfTensor) want = nf_op_axpby (given, given, &twice, NULL);
  NfTestNet net = { self.net.gain };
  g_autoptr (GError) error = NULL;

  self.graph = nf_graph_new (device, nf_test_net_run, &net);
  for (guint i = 0; i < 3; i++)
    nf_test_net_check (self.graph, &net, device, 4, 20 + i);
  self.given = g_steal_pointer (&given);
  for (guint i = 0; i < 3; i++) {
    NfTensor *in[] = { x, x };
    g_autoptr (NfTensor) got = nf_graph_run (graph, in, 2, &error);
    g_autoptr (NfTensor) right = nf_test_net_run (&net, in, NULL);

    g_assert_no_error (error);
    nf_test_assert_same_bits (got, right);
    /* takes what was given back, and writes there */
    for (guint64 k = 0; k < 8; k++)
      g_ptr_array_add (others, nf_test_net_input (device, 4, 60 + k));
  }
  if (device->backend->graph != NULL) {
    nf_test_assert_same_bits (self.sum, want);
    g_assert_cmpuint (nf_graph_launches (graph), ==, 2);
    g_assert_null (self.graph);
  }
  g_clear_pointer (&self.graph, nf_graph_free);
  nf_tensor_clear (&self.given);
  nf_tensor_clear (&self.sum);
  nf_tensor_unref (self.net.gain);
}

static gpointer
free_both (gpointer data)
{
  Meanwhile *self = data;

  nf_tensor_clear (&self->given);
  g_clear_pointer (&self->graph, nf_graph_free);
  return NULL;
}

/* a thread that frees what others have used may never have used the device */
static void
test_freed_by_stranger (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  Meanwhile self = { { nf_test_net_input (device, 4, 7) }, device };

  self.graph = nf_graph_new (device, nf_test_net_run, &self.net);
  for (guint i = 0; i < 3; i++)
    nf_test_net_check (self.graph, &self.net, device, 4, i);
  self.given = nf_test_net_input (device, 4, 3);
  g_thread_join (g_thread_new (NULL, use_given, &self));
  g_thread_join (g_thread_new (NULL, free_both, &self));
  g_assert_nonnull (self.sum);
  nf_tensor_clear (&self.sum);
  nf_tensor_unref (self.net.gain);
}

static NfTensor *
run_loss (gpointer data, NfTensor *const *in, GError **error)
{
  static const NfCrossEntropyParams params = { 0 };

  return nf_op_cross_entropy (in[0], in[1], NULL, &params, error);
}

typedef struct
{
  NfGraph *graph;
  NfTensor *in[2];
  GError *error;
} Loss;

static gpointer
read_loss (gpointer data)
{
  Loss *loss = data;
  g_autoptr (NfTensor) out =
      nf_graph_run (loss->graph, loss->in, 2, &loss->error);

  if (out != NULL)
    nf_tensor_scalar (out, &loss->error);
  return NULL;
}

/* the thread that started the graph hears what its kernels found wrong, not the
 * one that captured it */
static void
test_fault_in_another_thread (gconstpointer data)
{
  NfDevice *device = (NfDevice *) data;
  g_autoptr (NfGraph) graph = nf_graph_new (device, run_loss, NULL);
  g_autoptr (NfTensor) logits =
      nf_tensor_new_zeros (device, NF_F32, 1, 4, 2, 3, NULL);
  g_autoptr (NfTensor) right =
      nf_tensor_new_zeros (device, NF_U8, 1, 1, 2, 3, NULL);
  g_autoptr (Naive) classes = naive_new (1, 1, 2, 3);
  g_autoptr (NfTensor) wrong = NULL;
  Loss loss = { graph, { logits, right }, NULL };

  *naive_at (classes, 0, 0, 1, 2) = 9;
  wrong = naive_to_tensor (device, classes, NF_U8);
  for (guint i = 0; i < 3; i++)
    read_loss (&loss);
  g_assert_no_error (loss.error);
  loss.in[1] = wrong;
  g_thread_join (g_thread_new (NULL, read_loss, &loss));
  g_assert_error (loss.error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_nonnull (strstr (loss.error->message, "class 9"));
  g_clear_error (&loss.error);
  /* it is reported once, and nobody else hears of it */
  loss.in[1] = right;
  read_loss (&loss);
  g_assert_no_error (loss.error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) devices = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  devices = naive_devices ();
  for (guint i = 0; i < devices->len; i++) {
    NfDevice *device = g_ptr_array_index (devices, i);

#define ADD(what)                                                              \
  do {                                                                         \
    g_autofree gchar *path =                                                   \
        g_strdup_printf ("/graph-threads/%s/%s", device->name, #what);         \
                                                                               \
    g_test_add_data_func (path, device, test_##what);                          \
  } while (0)
    ADD (threads);
    ADD (handed_over);
    ADD (freed_meanwhile);
    ADD (freed_by_stranger);
    ADD (fault_in_another_thread);
#undef ADD
  }
  status = g_test_run ();
  return status;
}
