/* SPDX-License-Identifier: MIT
 *
 * golden — tests of golden-check itself: the formula of weights, the size of a
 * network, and that what is wrong is seen
 *
 * The files that are checked hold time embeddings and a model line, made here.
 * See: tests/golden/golden.h */
#include "golden/golden.h"

#include <glib/gstdio.h>
#include <math.h>

#include <nextframe/core/random/nfrng.h>
#include "nfasserts.h"

#define DIM 4

static void
test_formula_hashes (void)
{
  g_assert_true (nf_hash_string ("encoder.conv1.weight")
      == G_GUINT64_CONSTANT (0x18af8f52a40ee846));
  g_assert_true (
      golden_splitmix64 (0) == G_GUINT64_CONSTANT (0xe220a8397b1dcdaf));
  g_assert_cmpfloat_with_epsilon (
      golden_u ("encoder.conv1.weight", 0), 0.933755994, 1e-9);
  g_assert_cmpfloat_with_epsilon (
      golden_u ("encoder.conv1.weight", 9407), -0.832670331, 1e-9);
}

static void
test_formula_values (void)
{
  static const struct
  {
    const gchar *name;
    guint rank;
    gint64 dims[4];
    gsize index;
    gdouble value;
  } samples[] = {
    { "encoder.conv1.weight", 4, { 64, 3, 7, 7 }, 0, 0.13339372 },
    { "encoder.conv1.weight", 4, { 64, 3, 7, 7 }, 1, 0.043047633 },
    { "encoder.conv1.weight", 4, { 64, 3, 7, 7 }, 2, -0.0269355774 },
    { "encoder.bn1.weight", 1, { 64 }, 5, 1.04098773 },
    { "encoder.bn1.running_mean", 1, { 64 }, 5, -0.0630515665 },
    { "encoder.bn1.running_var", 1, { 64 }, 5, 1.14641595 },
    { "segmentation_head.0.bias", 1, { 49 }, 48, -0.0407610163 },
    { "unet.all_modules.0.weight", 2, { 64, 16 }, 0, -0.05253088 },
    { "encoder.bn1.num_batches_tracked", 0, { 0 }, 0, 0.0 },
  };
  gfloat values[64];

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
    g_assert_true (golden_formula (samples[i].name, samples[i].dims,
        samples[i].rank, samples[i].index + 1, values));
    g_assert_cmpfloat_with_epsilon (values[samples[i].index], samples[i].value,
        5e-9 + 1e-8 * fabs (samples[i].value));
  }
  g_assert_true (golden_formula (
      "unet.all_modules.5.NIN_0.W", (const gint64[]){ 3, 12 }, 2, 1, values));
  g_assert_cmpfloat_with_epsilon (
      values[0], golden_u ("unet.all_modules.5.NIN_0.W", 0), 1e-7);
  g_assert_false (golden_formula ("unknown", NULL, 0, 1, values));
}

static void
add (NfSafetensorsWriter *writer, const gchar *name, NfSafetensorsDType dtype,
    guint rank, const gint64 *shape, gconstpointer data, gsize bytes)
{
  g_autoptr (GBytes) copy = g_bytes_new (data, bytes);

  g_assert_true (
      nf_safetensors_writer_add (writer, name, dtype, rank, shape, copy, NULL));
}

/* Writes embeddings of the times 3 and 700, one of them changed by @fault, and
 * checks them. Returns how many items failed; @n_passed: how many did not */
static guint
check_embeddings (gfloat fault, guint *n_passed)
{
  const gint64 times[] = { 3, 700 }, shape[] = { 2, DIM };
  gfloat values[2][DIM];
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (NfDevice) device = NULL;
  g_autoptr (Golden) golden = NULL;
  g_autoptr (GError) error = NULL;
  guint failed;

  for (guint i = 0; i < 2; i++)
    for (guint k = 0; k < 2; k++) {
      gfloat angle = (gfloat) times[i] * (k == 0 ? 1.0f : 1e-4f);

      values[i][k] = sinf (angle);
      values[i][2 + k] = cosf (angle);
    }
  values[1][2] += fault;
  add (writer, "in/t", NF_SAFETENSORS_I64, 1, shape, times, sizeof (times));
  add (writer, "out/dim4", NF_SAFETENSORS_F32, 2, shape, values,
      sizeof (values));
  add (writer, "out/fpndm/s10_clip1", NF_SAFETENSORS_F32, 2, shape, values,
      sizeof (values));
  add (writer, "out/unheard-of", NF_SAFETENSORS_F32, 2, shape, values,
      sizeof (values));
  g_assert_true (nf_safetensors_writer_save (writer, path, &error));

  device = nf_device_open ("cpu", &error);
  g_assert_no_error (error);
  golden = golden_open (path, device, &error);
  g_assert_no_error (error);
  golden_check_embedding (golden);
  g_assert_true (g_hash_table_contains (golden->used, "in/t"));
  g_assert_false (g_hash_table_contains (golden->used, "out/unheard-of"));
  failed = golden_finish (golden);
  *n_passed = golden->passed;
  g_unlink (path);
  g_rmdir (folder);
  return failed;
}

static void
test_check_good_file (void)
{
  guint passed;

  g_assert_cmpuint (check_embeddings (0.0f, &passed), ==, 0);
  g_assert_cmpuint (passed, ==, 1);
}

static void
test_check_wrong_number_fails (void)
{
  guint passed;

  g_assert_cmpuint (check_embeddings (1e-3f, &passed), ==, 1);
  g_assert_cmpuint (passed, ==, 0);
}

static void
test_check_nan_fails (void)
{
  guint passed;

  g_assert_cmpuint (check_embeddings (NAN, &passed), ==, 1);
  g_assert_cmpuint (check_embeddings (INFINITY, &passed), ==, 1);
}

/* The configuration that golden-check reads from a file with this model line
 * and this list of shapes */
static gboolean
read_unetpp (const gchar *model, const gchar *state, NfUnetppConfig *config,
    GError **error)
{
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (Golden) golden = NULL;
  g_autoptr (GError) failure = NULL;
  gboolean good;

  g_assert_true (
      nf_safetensors_writer_add_metadata (writer, "model", model, &failure));
  g_assert_true (
      nf_safetensors_writer_add_metadata (writer, "state", state, &failure));
  g_assert_true (nf_safetensors_writer_save (writer, path, &failure));
  golden = golden_open (path, device, &failure);
  g_assert_no_error (failure);
  good = golden_unetpp_config (golden, config, error);
  g_unlink (path);
  g_rmdir (folder);
  return good;
}

#define MODEL "UnetPlusPlus(encoder_name='resnet50', "

static void
test_unetpp_size_from_model_line (void)
{
  NfUnetppConfig config;
  g_autoptr (GError) error = NULL;

  read_unetpp (MODEL "encoder_weights=None, in_channels=1, classes=7)",
      "[[\"encoder.conv1.weight\",[8,1,7,7]]]", &config, &error);
  g_assert_no_error (error);
  g_assert_cmpint (config.encoder, ==, 50);
  g_assert_cmpint (config.encoder_width, ==, 8);
  g_assert_cmpint (config.channels, ==, 1);
  g_assert_cmpint (config.classes, ==, 7);
}

static void
test_unetpp_without_size_fails (void)
{
  static const struct
  {
    const gchar *model, *state, *said;
  } rows[] = {
    { MODEL "in_channels=3)", "[]", "no number classes" },
    { MODEL "in_channels=3, classes=many)", "[]", "no number classes" },
    { MODEL "classes=7)", "[]", "no number in_channels" },
    { MODEL "in_channels=3, classes=257)", "[]", "classes" },
    { "UnetPlusPlus(in_channels=3, classes=7)", "[]", "no encoder_name" },
    { MODEL "in_channels=3, classes=7)",
        "[[\"encoder.conv1.weight\",[4096,3,7,7]]]", "encoder_width" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    NfUnetppConfig config;
    g_autoptr (GError) error = NULL;

    g_assert_false (
        read_unetpp (rows[i].model, rows[i].state, &config, &error));
    nf_assert_error (error, NF_ERROR_INVALID, rows[i].said);
  }
}

static void
test_open_missing_fails (void)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (golden_open ("/nonexistent.safetensors", device, &error));
  nf_assert_error (error, NF_ERROR_NOT_FOUND, "/nonexistent.safetensors");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add_func ("/golden/" name, function)
  ADD ("formula-hashes", test_formula_hashes);
  ADD ("formula-values", test_formula_values);
  ADD ("check-good-file", test_check_good_file);
  ADD ("check-wrong-number-fails", test_check_wrong_number_fails);
  ADD ("check-nan-fails", test_check_nan_fails);
  ADD ("unetpp-size-from-model-line", test_unetpp_size_from_model_line);
  ADD ("unetpp-without-size-fails", test_unetpp_without_size_fails);
  ADD ("open-missing-fails", test_open_missing_fails);
#undef ADD
  return g_test_run ();
}
