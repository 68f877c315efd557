/* SPDX-License-Identifier: MIT
 *
 * device — opening devices, and modules that are missing, broken or of another
 * version; NF_TEST_MODULES holds a module that pretends to be the CUDA backend */
#include <nextframe/core/ops/nfops.h>

#include <glib/gstdio.h>
#include <string.h>

static void
assert_fails (const gchar *name, NfError code, const gchar *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_device_open (name, &error));
  g_assert_error (error, NF_ERROR, (gint) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_cpu (void)
{
  g_autoptr (NfDevice) a = nf_device_open ("cpu", NULL);
  g_autoptr (NfDevice) b = nf_device_open ("cpu", NULL);
  g_autoptr (NfDevice) c = nf_device_ref (a);

  g_assert_nonnull (a);
  g_assert_true (a == b && b == c);
  g_assert_cmpstr (a->name, ==, "cpu");
  g_assert_cmpstr (a->backend->name, ==, "cpu");
}

/* the last reference closes it; it can be opened again */
static void
test_cpu_again (void)
{
  for (guint i = 0; i < 3; i++) {
    NfDevice *device = nf_device_open ("cpu", NULL);
    NfTensor *t = nf_tensor_new_filled (device, 1, 1, 1, 1, 4, NULL);

    nf_device_unref (device);
    g_assert_cmpfloat (nf_tensor_scalar (t, NULL), ==, 4);
    nf_tensor_unref (t);
  }
}

static void
test_unknown_names_fail (void)
{
  static const gchar *const names[] = { "", "gpu", "CPU", "cpu:0",
    "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:4096", "cudax" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_fails (names[i], NF_ERROR_INVALID, "cuda:N");
}

static void
test_no_module_fails (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autoptr (NfDevice) any = NULL;

  g_setenv ("NEXTFRAME_MODULE_PATH", folder, TRUE);
  assert_fails ("cuda", NF_ERROR_NO_DEVICE, "install");
  assert_fails ("cuda:3", NF_ERROR_NO_DEVICE, folder);
  any = nf_device_open ("auto", NULL);
  g_assert_cmpstr (any->name, ==, "cpu");
  g_rmdir (folder);
}

static void
test_broken_module_fails (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *file = g_build_filename (folder, "libnfcuda.so", NULL);

  g_assert_true (g_file_set_contents (file, "not a library", -1, NULL));
  g_setenv ("NEXTFRAME_MODULE_PATH", folder, TRUE);
  assert_fails ("cuda", NF_ERROR_NO_DEVICE, file);
  g_unlink (file);
  g_rmdir (folder);
}

static void
test_module_of_another_version_fails (void)
{
  g_setenv ("NEXTFRAME_MODULE_PATH", g_getenv ("NF_TEST_MODULES"), TRUE);
  g_setenv ("NF_FAKE_CUDA", "old", TRUE);
  assert_fails ("cuda", NF_ERROR_NO_DEVICE, "another version");
  g_setenv ("NF_FAKE_CUDA", "fewer", TRUE);
  assert_fails ("cuda", NF_ERROR_NO_DEVICE, "another version");
  g_unsetenv ("NF_FAKE_CUDA");
}

static void
test_module_opens (void)
{
  g_autoptr (NfDevice) cpu = nf_device_open ("cpu", NULL);
  g_autoptr (NfDevice) first = NULL;
  g_autoptr (NfDevice) same = NULL;
  g_autoptr (NfDevice) second = NULL;
  g_autoptr (NfDevice) any = NULL;
  g_autoptr (GError) error = NULL;

  g_setenv ("NEXTFRAME_MODULE_PATH", g_getenv ("NF_TEST_MODULES"), TRUE);
  first = nf_device_open ("cuda", &error);
  g_assert_no_error (error);
  same = nf_device_open ("cuda:0", NULL);
  second = nf_device_open ("cuda:1", NULL);
  any = nf_device_open ("auto", NULL);
  g_assert_true (first == same && first == any && second != first);
  g_assert_cmpstr (first->name, ==, "cuda:0");
  g_assert_cmpstr (second->name, ==, "cuda:1");
  {
    g_autoptr (NfTensor) a = nf_tensor_new_filled (first, 1, 2, 1, 1, 1, NULL);
    g_autoptr (NfTensor) b = nf_tensor_new_filled (cpu, 1, 2, 1, 1, 1, NULL);
    g_autoptr (NfTensor) silu = nf_op_activation (a, NF_ACT_SILU, NULL);

    g_assert_true (silu->device == first);
    g_assert_null (nf_op_noise_loss (a, b, NULL, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
    g_assert_nonnull (strstr (error->message, "input 1 lies on cpu"));
    g_clear_error (&error);
    g_assert_false (nf_tensor_copy (a, b, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  }
}

#define ADD(name) g_test_add_func ("/device/" #name, test_##name)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (cpu);
  ADD (cpu_again);
  ADD (unknown_names_fail);
  ADD (no_module_fails);
  ADD (broken_module_fails);
  ADD (module_of_another_version_fails);
  ADD (module_opens);
  return g_test_run ();
}
