/* SPDX-License-Identifier: MIT
 *
 * leaks-planted — the sanitizer finds what is lost beside what is suppressed
 *
 * tests/lsan.supp suppresses by the name of a function: everything that was
 * allocated below a call of it. Each leak here is lost right beside such a call,
 * by a program of its own, and must be reported there. */
#include <glib.h>

static gpointer volatile kept;

static void G_GNUC_NO_INLINE
leak (void)
{
  kept = g_malloc (333);
  kept = NULL;
}

/* so many names that GLib's table of them grows twice in each function that can
 * make it grow; what stays of static ones is in the table */
static void
make_names (void)
{
  for (guint i = 0; i < 4 * 4096; i++) {
    g_autofree gchar *name = g_strdup_printf ("a name %u", i);

    switch (i / 4096) {
      case 0:
        g_quark_from_string (name);
        break;
      case 1:
        g_intern_string (name);
        break;
      case 2:
        g_quark_from_static_string (g_steal_pointer (&name));
        break;
      default:
        g_intern_static_string (g_steal_pointer (&name));
    }
  }
}

static void
test_table_of_names (void)
{
  if (g_test_subprocess ()) {
    make_names ();
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

static void
test_beside_names (void)
{
  if (g_test_subprocess ()) {
    make_names ();
    leak ();
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*leak of 333 byte(s) in 1 object(s)*");
  g_test_trap_assert_stderr ("*SUMMARY: AddressSanitizer: 333 byte(s) leaked*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/leaks-planted/table-of-names", test_table_of_names);
  g_test_add_func ("/leaks-planted/beside-names", test_beside_names);
  return g_test_run ();
}
