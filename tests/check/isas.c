/* SPDX-License-Identifier: MIT
 *
 * isas — the CPU's ops with every instruction set that the processor has
 *
 * The set is chosen once a process, so this program runs itself with each of
 * them (NEXTFRAME_ISA) and "--outcomes FILE": then it writes there, after
 * their length, the bits of every row of the op test's table. Ops with plain
 * loops must make the same bits as the C reference; those of oneDNN, and by
 * hand for AVX-512, sum in other orders. That the C reference is right is the
 * op test's matter. */
#include "opscheck.h"

#include <nextframe/core/tensor/nfdevice.h>

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LACKING 77 /* exit status: the processor has no such set */
#define TOLERANCE 1e-9 /* nmse of sums in another order */
#define ARCH_GET_XCOMP_PERM 0x1022 /* of the kernel's asm/prctl.h */
#define XTILEDATA (1u << 18)

/* where the next row begins, so that its length and its numbers can be read */
#define ALIGNED(bytes)                                                         \
  (((bytes) + sizeof (gsize) - 1) / sizeof (gsize) * sizeof (gsize))

static const gchar *program;

/* oneDNN or kernels by hand compute these */
static gboolean
sums_in_other_order (NfOp op)
{
  return op == NF_OP_CONV2D || op == NF_OP_CONV2D_CAT || op == NF_OP_LINEAR
      || op == NF_OP_ATTENTION || op == NF_OP_SOFTMAX || op == NF_OP_MAX_POOL;
}

static gboolean
all_f32 (const OpRow *row)
{
  for (guint i = 0; i < NF_OP_MAX_INPUTS; i++)
    if (row->in[i].kind > OP_INPUT_CONST)
      return FALSE;
  return TRUE;
}

/* ------------------------------------------------------------- the children */

static int
write_outcomes (const gchar *path)
{
  static const guint8 zeros[sizeof (gsize)] = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (GByteArray) all = g_byte_array_new ();

  if (device == NULL) {
    g_printerr ("%s\n", error->message);
    return g_error_matches (error, NF_ERROR, NF_ERROR_UNSUPPORTED) ? LACKING
                                                                   : 1;
  }
  for (guint i = 0; i < n_op_rows; i++) {
    g_autoptr (GBytes) outcome = op_row_outcome (device, &op_rows[i]);
    gsize size = g_bytes_get_size (outcome);

    g_byte_array_append (all, (const guint8 *) &size, sizeof size);
    g_byte_array_append (all, g_bytes_get_data (outcome, NULL), (guint) size);
    g_byte_array_append (all, zeros, (guint) (ALIGNED (size) - size));
  }
  g_assert_true (g_file_set_contents (
      path, (const gchar *) all->data, (gssize) all->len, &error));
  return 0;
}

/* Runs this program with the set; returns its exit status, what it made and
 * said. */
static gint
run_with (const gchar *isa, gchar **outcomes, gchar **said)
{
  g_autofree gchar *path = NULL;
  const gchar *argv[] = { program, "--outcomes", NULL, NULL };
  g_auto (GStrv) env = g_get_environ ();
  g_autoptr (GError) error = NULL;
  gint status, fd = g_file_open_tmp ("isas-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  argv[2] = path;
  env = g_environ_setenv (env, "NEXTFRAME_ISA", isa, TRUE);
  g_spawn_sync (NULL, (gchar **) argv, env, G_SPAWN_DEFAULT, NULL, NULL, NULL,
      said, &status, &error);
  g_assert_no_error (error);
  if (outcomes != NULL && g_spawn_check_wait_status (status, NULL)) {
    g_file_get_contents (path, outcomes, NULL, &error);
    g_assert_no_error (error);
  }
  g_unlink (path);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

/* ---------------------------------------------------------------- comparing */

static gdouble
nmse (const gfloat *a, const gfloat *b, gsize n)
{
  gdouble off = 0, all = 0;

  for (gsize i = 0; i < n; i++) {
    off += pow ((gdouble) a[i] - b[i], 2);
    all += pow ((gdouble) b[i], 2);
  }
  return off / all;
}

/* @at and @right are at a row's length; moves both behind it */
static void
compare_row (
    const gchar *isa, const OpRow *row, const gchar **at, const gchar **right)
{
  const gsize size = *(const gsize *) *at;
  const gboolean loose = sums_in_other_order (row->op);

  g_assert_cmpuint (size, ==, *(const gsize *) *right);
  *at += sizeof size;
  *right += sizeof size;
  if (!loose && memcmp (*at, *right, size) != 0) {
    g_test_message ("%s: %s %s: other bits than in C", isa,
        nf_op_name (row->op), row->name);
    g_test_fail ();
  }
  if (loose && all_f32 (row)) {
    gdouble off = nmse (
        (const gfloat *) *at, (const gfloat *) *right, size / sizeof (gfloat));

    if (!(off <= TOLERANCE)) {
      g_test_message ("%s: %s %s: nmse %g from what C makes, allowed %g", isa,
          nf_op_name (row->op), row->name, off, TOLERANCE);
      g_test_fail ();
    }
  }
  *at += ALIGNED (size);
  *right += ALIGNED (size);
}

static void
test_every_set_makes_what_c_makes (void)
{
  static const gchar *const sets[] = { "avx2", "avx512", "avx512-bf16", "amx" };
  g_autofree gchar *right = NULL;

  g_assert_cmpint (run_with ("c", &right, NULL), ==, 0);
  for (guint s = 0; s < G_N_ELEMENTS (sets); s++) {
    g_autofree gchar *made = NULL;
    g_autofree gchar *said = NULL;
    const gchar *at, *from = right;
    gint status = run_with (sets[s], &made, &said);

    g_test_message (
        "%s: %s", sets[s], status == LACKING ? "the processor lacks it" : said);
    if (status == LACKING)
      continue;
    g_assert_cmpint (status, ==, 0);
    at = made;
    for (guint i = 0; i < n_op_rows; i++)
      compare_row (sets[s], &op_rows[i], &at, &from);
  }
}

static void
test_unknown_set_fails (void)
{
  g_autofree gchar *said = NULL;

  g_assert_cmpint (run_with ("sse9", NULL, &said), ==, 1);
  g_assert_nonnull (strstr (said,
      "NEXTFRAME_ISA is \"sse9\"; there are c, avx2, avx512, avx512-bf16 and "
      "amx"));
}

/* What a process is allowed holds for all of it: without a name of a set that has
 * tiles none may be asked for. */
static void
test_named_set_asks_for_no_tiles (void)
{
#if defined(__x86_64__) && defined(SYS_arch_prctl)
  if (g_test_subprocess ()) {
    g_autoptr (NfDevice) device = NULL;
    guint64 allowed = 0;

    g_setenv ("NEXTFRAME_ISA", "c", TRUE);
    device = nf_device_open ("cpu", NULL);
    g_assert_nonnull (device);
    if (syscall (SYS_arch_prctl, ARCH_GET_XCOMP_PERM, &allowed) == 0)
      g_assert_cmpuint (allowed & XTILEDATA, ==, 0);
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
#else
  g_test_skip ("only x86-64 has tiles");
#endif
}

int
main (int argc, char **argv)
{
  program = argv[0];
  if (argc == 3 && g_str_equal (argv[1], "--outcomes"))
    return write_outcomes (argv[2]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/isas/same", test_every_set_makes_what_c_makes);
  g_test_add_func ("/isas/unknown", test_unknown_set_fails);
  g_test_add_func ("/isas/no-tiles", test_named_set_asks_for_no_tiles);
  return g_test_run ();
}
