/* SPDX-License-Identifier: MIT
 *
 * convolutions — what the CUDA backend does around cuDNN
 *
 * Memory that is not aligned, plans that two threads want at once, and
 * NEXTFRAME_AUTOTUNE with its file. Results are compared with the CPU's. */
#include <nextframe/core/ops/nfops.h>
#include <nextframe/core/random/nfrng.h>

#include <glib/gstdio.h>

#include <math.h>
#include <string.h>

#define IN 5
#define OUT 7
#define SIDE 7 /* an image is no multiple of 16 bytes */

static gchar *cache; /* where XDG_CACHE_HOME points to */

/* drawn numbers, the same on every device; @bf16: each is one that bf16 has, so
 * that nobody has to round a factor. A CPU without AVX-512 multiplies the weight
 * as it is, everybody else rounds it to bf16 first */
static NfTensor *
tensor_of (NfDevice *device, gboolean bf16, const NfRandnParams *params)
{
  g_autoptr (NfDevice) cpu = nf_device_open ("cpu", NULL);
  g_autoptr (NfTensor) drawn = nf_op_randn (cpu, params, NULL);
  g_autoptr (NfTensor) typed =
      nf_op_cast (drawn, bf16 ? NF_BF16 : NF_F32, NULL);
  g_autoptr (NfTensor) wide = nf_op_cast (typed, NF_F32, NULL);
  g_autofree gfloat *values = g_new (gfloat, nf_tensor_elements (wide));

  g_assert_true (nf_tensor_to_nhwc (wide, values, NULL));
  return nf_tensor_new_from_nhwc (
      device, NF_F32, wide->n, wide->c, wide->h, wide->w, values, NULL);
}

static NfTensor *
bias_of (NfDevice *device, gboolean bf16)
{
  return tensor_of (
      device, bf16, &(NfRandnParams){ 1, OUT, 1, 1, { 1, 20, NF_RNG_TEST } });
}

/* relu (conv (x) + bias) of the last of three images, on the host; @kernel: a
 * shape of its own */
static gfloat *
convolve (NfDevice *device, gboolean bf16, gint64 kernel, gsize *n)
{
  const NfConv2dParams params = { 1, (gint) kernel / 2, NF_ACT_RELU };
  g_autoptr (NfTensor) all = tensor_of (device, bf16,
      &(NfRandnParams){ 3, IN, SIDE, SIDE, { 1, 1, NF_RNG_TEST } });
  g_autoptr (NfTensor) weight = tensor_of (device, bf16,
      &(NfRandnParams){ OUT, IN, kernel, kernel, { 1, 10, NF_RNG_TEST } });
  g_autoptr (NfTensor) bias = bias_of (device, bf16);
  g_autoptr (NfTensor) typed = nf_op_cast (all, bf16 ? NF_BF16 : NF_F32, NULL);
  g_autoptr (NfTensor) x = nf_tensor_batch_slice (typed, 1, 2, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) y = nf_op_conv2d (x, weight, bias, &params, &error);
  g_autoptr (NfTensor) wide = NULL;
  gfloat *values;

  g_assert_no_error (error);
  wide = nf_op_cast (y, NF_F32, NULL);
  *n = nf_tensor_elements (wide);
  values = g_new (gfloat, *n);
  g_assert_true (nf_tensor_to_nhwc (wide, values, NULL));
  return values;
}

/* How far two results of relu (sum + bias) may lie apart; @most: the larger one.
 *
 * bf16 has 8 bits, so rounding moves a number by less than 2^-8 of its size.
 * The CPU rounds once, the result. CUDA rounds the result as well, and before
 * that the sum, which is no larger than @most + |@bias|, where cuDNN has no plan
 * that adds the bias. Together: 2^-8 (3 @most + |@bias|), and on top of it what
 * sums in f32 differ by. */
static gdouble
allowed (gboolean bf16, gdouble most, gdouble bias)
{
  const gdouble sums = 1e-5 * (1 + most);

  return bf16 ? sums + (3 * most + fabs (bias)) / 256 : sums;
}

static void
check (NfDevice *device, gboolean bf16, gint64 kernel)
{
  g_autoptr (NfDevice) cpu = nf_device_open ("cpu", NULL);
  gsize n, m;
  g_autofree gfloat *want = convolve (cpu, bf16, kernel, &n);
  g_autofree gfloat *got = convolve (device, bf16, kernel, &m);
  g_autoptr (NfTensor) added = bias_of (cpu, bf16);
  gfloat bias[OUT];

  g_assert_true (nf_tensor_to_nhwc (added, bias, NULL));
  g_assert_cmpuint (n, ==, m);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat (fabs ((gdouble) got[i] - (gdouble) want[i]), <=,
        allowed (bf16, MAX (got[i], want[i]), bias[i % OUT]));
}

/* a view begins between two elements of 16 bytes */
static void
test_views (void)
{
  g_autoptr (NfDevice) device = nf_device_open ("cuda", NULL);

  check (device, FALSE, 3);
  check (device, TRUE, 3);
}

static gpointer
run_thread (gpointer device)
{
  for (gint64 kernel = 1; kernel <= 5; kernel += 2)
    check (device, FALSE, kernel);
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (NfDevice) device = nf_device_open ("cuda", NULL);
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("convolutions", run_thread, device);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

typedef struct
{
  NfDevice *device;
  gint64 kernel;
} Planned;

static gpointer
plan_thread (gpointer data)
{
  const Planned *planned = data;

  check (planned->device, FALSE, planned->kernel);
  return NULL;
}

/* one thread's plan does not wait for that of another shape: here neither is made
 * before both are begun */
static void
test_plans_at_once (void)
{
  g_autoptr (NfDevice) device = nf_device_open ("cuda", NULL);
  Planned planned[] = { { device, 1 }, { device, 3 } };
  GThread *threads[2];

  g_setenv ("NF_CUDA_PLANS_MEET", "2", TRUE);
  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("plan", plan_thread, &planned[i]);
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  g_unsetenv ("NF_CUDA_PLANS_MEET");
}

/* the one file in the cache folder */
static gchar *
cache_file (void)
{
  g_autofree gchar *folder = g_build_filename (cache, "nextframe", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name = dir != NULL ? g_dir_read_name (dir) : NULL;

  g_assert_nonnull (name);
  g_assert_true (g_str_has_prefix (name, "cudnn-"));
  return g_build_filename (folder, name, NULL);
}

/* the file's only line: an engine's place; sets its name */
static guint64
read_place (GKeyFile *file, gchar **name)
{
  g_autofree gchar *path = cache_file ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) keys = NULL;
  guint64 place;

  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  keys = g_key_file_get_keys (file, "engines", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (keys), ==, 1);
  place = g_key_file_get_uint64 (file, "engines", keys[0], &error);
  g_assert_no_error (error);
  if (name != NULL)
    *name = g_strdup (keys[0]);
  return place;
}

/* a device without plans, and one convolution */
static void
run_tuned (void)
{
  g_autoptr (NfDevice) device = nf_device_open ("cuda", NULL);

  check (device, FALSE, 3);
}

static void
write_place (guint64 place)
{
  g_autofree gchar *path = cache_file ();
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree gchar *name = NULL;

  read_place (file, &name);
  g_key_file_set_uint64 (file, "engines", name, place);
  g_assert_true (g_key_file_save_to_file (file, path, NULL));
}

static guint64
place_now (void)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  return read_place (file, NULL);
}

static void
test_autotune (void)
{
  g_autofree gchar *path = NULL;

  g_setenv ("NEXTFRAME_AUTOTUNE", "1", TRUE);
  g_setenv ("NF_CUDA_ANSWERS", "plain", TRUE); /* all engines can be used */
  run_tuned ();
  path = cache_file ();
  g_assert_cmpuint (place_now (), <, 64);

  /* what is there is used, not measured again */
  write_place (1);
  run_tuned ();
  g_assert_cmpuint (place_now (), ==, 1);

  /* an engine that is not proposed, and a damaged file */
  write_place (999);
  run_tuned ();
  g_assert_cmpuint (place_now (), <, 64);
  g_assert_true (g_file_set_contents (path, "\x01[eng", -1, NULL));
  run_tuned ();
  g_assert_cmpuint (place_now (), <, 64);

  g_unsetenv ("NEXTFRAME_AUTOTUNE");
  g_unsetenv ("NF_CUDA_ANSWERS");
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
remove_cache (void)
{
  g_autofree gchar *folder = g_build_filename (cache, "nextframe", NULL);

  g_rmdir (folder);
  g_rmdir (cache);
  g_free (cache);
}

int
main (int argc, char **argv)
{
  int status;

  cache = g_dir_make_tmp ("nextframe-XXXXXX", NULL);
  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/convolutions/views", test_views);
  g_test_add_func ("/convolutions/threads", test_threads);
  g_test_add_func ("/convolutions/plans-at-once", test_plans_at_once);
  g_test_add_func ("/convolutions/autotune", test_autotune);
  status = g_test_run ();
  remove_cache ();
  return status;
}
