/* SPDX-License-Identifier: MIT
 *
 * ops — the op test: every row of opsrows.c on every device
 *
 * A test is named /ops/DEVICE/OP/ROW, so `-p /ops/cpu/conv2d` runs one op's.
 * See naivecheck.c for the choice of devices; NF_OPS_REPORT names a file for a
 * table of the errors. The test is tested, too: planted
 * faults must be found. */
#include "naivecheck.h"
#include "opscheck.h"
#include "opsreport.h"

#include <math.h>
#include <string.h>

typedef struct
{
  NfDevice *device;
  const OpRow *row;
} RowTest;

static void
test_row (gconstpointer data)
{
  const RowTest *test = data;
  OpErrors errors;
  g_autofree gchar *miss = op_row_check (test->device, test->row, &errors);

  ops_report_add (test->row, test->device, &errors, miss == NULL);
  if (miss == NULL)
    return;
  g_test_message ("%s", miss);
  g_test_fail ();
}

/* no op without a row, nor one with a gradient without a row that checks it */
static void
test_every_op_has_rows (void)
{
  for (guint op = 0; op < NF_N_OPS; op++) {
    guint rows = 0, gradients = 0;

    for (guint i = 0; i < n_op_rows; i++)
      if (op_rows[i].op == op) {
        rows++;
        gradients += op_row_has_gradient (&op_rows[i]);
      }
    g_test_message (
        "%s: %u rows, %u with gradients", nf_op_name (op), rows, gradients);
    g_assert_cmpuint (rows, >, 0);
    g_assert_true (nf_op_info (op)->kind != NF_OP_KIND_GRAD || gradients > 0);
  }
}

/* ---- planted faults: a backend that is wrong on purpose ---- */

typedef void (*Fault) (gfloat *data, gsize n);

static Fault forward_fault, backward_fault;
static const NfOpKernels *right_kernels;

static void
fault_one_element (gfloat *data, gsize n)
{
  data[n / 2] += 0.01f;
}

static void
fault_nan (gfloat *data, gsize n)
{
  data[n - 1] = NAN;
}

static void
fault_one_percent (gfloat *data, gsize n)
{
  for (gsize i = 0; i < n; i++)
    data[i] *= 1.01f;
}

static void
fault_nothing_done (gfloat *data, gsize n)
{
  memset (data, 0, n * sizeof (gfloat));
}

static gboolean
faulty_forward (NfOpCall *call, GError **error)
{
  if (!right_kernels[call->op].forward (call, error))
    return FALSE;
  if (forward_fault != NULL)
    forward_fault (call->out->data, nf_tensor_elements (call->out));
  return TRUE;
}

static gboolean
faulty_backward (NfOpCall *call, const NfTensor *grad_out, NfTensor **grad_in,
    GError **error)
{
  NfTensor *last = NULL;

  if (!right_kernels[call->op].backward (call, grad_out, grad_in, error))
    return FALSE;
  for (guint i = 0; i < call->n_in; i++)
    last = grad_in[i] != NULL ? grad_in[i] : last;
  if (backward_fault != NULL)
    backward_fault (last->data, nf_tensor_elements (last));
  return TRUE;
}

/* the row's check finds the fault, and nothing without it */
static void
check_fault (const OpRow *row, Fault forward, Fault backward)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  const NfBackend *right = device->backend;
  NfBackend wrong = *right;
  NfOpKernels kernels[NF_N_OPS];
  g_autofree gchar *miss = NULL;

  memcpy (kernels, right->ops, sizeof kernels);
  kernels[row->op] = (NfOpKernels){ faulty_forward, faulty_backward };
  wrong.ops = kernels;
  right_kernels = right->ops;
  forward_fault = forward;
  backward_fault = backward;
  device->backend = &wrong;
  miss = op_row_check (device, row, NULL);
  device->backend = right;
  if (forward == NULL && backward == NULL)
    g_assert_cmpstr (miss, ==, NULL);
  else
    g_assert_nonnull (miss);
}

static void
test_planted_faults_are_found (void)
{
  const NfOp ops[] = { NF_OP_CONV2D, NF_OP_LINEAR, NF_OP_GROUP_NORM,
    NF_OP_CROSS_ENTROPY, NF_OP_FIR };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++) {
    const OpRow *row = op_rows;

    while (row->op != ops[i])
      row++;
    g_test_message ("%s", nf_op_name (row->op));
    check_fault (row, NULL, NULL);
    check_fault (row, fault_one_element, NULL);
    check_fault (row, fault_nan, NULL);
    check_fault (row, fault_one_percent, NULL);
    check_fault (row, NULL, fault_one_element);
    check_fault (row, NULL, fault_nan);
    check_fault (row, NULL, fault_one_percent);
    check_fault (row, NULL, fault_nothing_done);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) devices = NULL;
  g_autofree RowTest *tests = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  devices = naive_devices ();
  tests = g_new (RowTest, devices->len * n_op_rows);
  g_test_add_func ("/ops/table", test_every_op_has_rows);
  g_test_add_func ("/ops/faults", test_planted_faults_are_found);
  for (guint d = 0; d < devices->len; d++)
    for (guint i = 0; i < n_op_rows; i++) {
      RowTest *test = &tests[d * n_op_rows + i];
      g_autofree gchar *path = NULL;

      *test = (RowTest){ devices->pdata[d], &op_rows[i] };
      path = g_strdup_printf ("/ops/%s/%s/%s", test->device->name,
          nf_op_name (op_rows[i].op), op_rows[i].name);
      g_test_add_data_func (path, test, test_row);
    }
  status = g_test_run ();
  if (g_getenv ("NF_OPS_REPORT") != NULL)
    ops_report_save (g_getenv ("NF_OPS_REPORT"), devices);
  return status;
}
