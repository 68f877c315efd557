/* SPDX-License-Identifier: MIT
 *
 * checkpoint — tests of saving and loading a network's weights
 *
 * The "network" is four parameters of the kinds that occur: a convolution, a
 * vector, a counter and a running statistic.
 * See: kernels/io/nfcheckpoint.h */
#include <glib/gstdio.h>
#include <math.h>

#include <nextframe/io/nfcheckpoint.h>
#include "nfasserts.h"

#define CONV_SIZE 24 /* elements of conv.weight */

typedef struct
{
  NfDevice *device;
  NfParams *params;
  gchar *folder;
  gchar *path;
} Fixture;

static const gint64 conv_dims[] = { 2, 3, 2, 2 };
static const gint64 vector_dims[] = { 5 };

static NfParams *
make_params (NfDevice *device)
{
  NfParams *params = nf_params_new (device);
  g_autoptr (GError) error = NULL;

  nf_params_add (params, "conv.weight", NF_F32, 4, conv_dims, TRUE,
      NF_INIT_UNIFORM, 1.0f, &error);
  nf_params_add (params, "conv.bias", NF_F32, 1, vector_dims, TRUE,
      NF_INIT_UNIFORM, 1.0f, &error);
  nf_params_add (params, "bn.running_var", NF_F32, 1, vector_dims, FALSE,
      NF_INIT_ONE, 1.0f, &error);
  nf_params_add (params, "bn.num_batches_tracked", NF_I64, 0, NULL, FALSE,
      NF_INIT_ZERO, 0.0f, &error);
  g_assert_no_error (error);
  return params;
}

/* conv.weight counts up in PyTorch's order, in steps that bfloat16 holds */
static void
fill_params (NfParams *params, gfloat offset)
{
  gfloat conv[CONV_SIZE];
  gfloat vector[5] = { 0.1f, 1.0f / 3.0f, -1e-20f, 1e20f, offset };
  gfloat variance[5] = { 0.1f, 1.0f / 3.0f, 1e-20f, 1e20f, offset };
  gint64 count = (gint64) 1 << 40;

  for (guint i = 0; i < CONV_SIZE; i++)
    conv[i] = offset + (gfloat) i;
  g_assert_true (nf_tensor_set_nchw (
      nf_params_lookup (params, "conv.weight")->value, conv, NULL));
  g_assert_true (nf_tensor_set_nchw (
      nf_params_lookup (params, "conv.bias")->value, vector, NULL));
  g_assert_true (nf_tensor_set_nchw (
      nf_params_lookup (params, "bn.running_var")->value, variance, NULL));
  g_assert_true (nf_tensor_set_nchw (
      nf_params_lookup (params, "bn.num_batches_tracked")->value, &count,
      NULL));
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->device = nf_device_open ("cpu", &error);
  g_assert_no_error (error);
  self->params = make_params (self->device);
  fill_params (self->params, 3.0f);
  self->folder = g_dir_make_tmp ("nf-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->folder, "a.safetensors", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
  nf_params_unref (self->params);
  nf_device_unref (self->device);
}

static JsonObject *
make_config (void)
{
  JsonObject *config = json_object_new ();

  json_object_set_int_member (config, "classes", 49);
  json_object_set_double_member (config, "sigma", 1e-4);
  json_object_set_string_member (config, "encoder", "resnet18");
  return config;
}

static gboolean
save (Fixture *self, NfSafetensorsDType store, gboolean use_ema, GError **error)
{
  g_autoptr (JsonObject) config = make_config ();
  g_autoptr (GHashTable) facts = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (facts, (gpointer) "step", (gpointer) "1200");
  return nf_checkpoint_save (
      self->path, "unetpp", config, facts, self->params, store, use_ema, error);
}

static void
assert_equal (NfParams *a, NfParams *b)
{
  for (guint i = 0; i < nf_params_count (a); i++) {
    const NfTensor *x = nf_params_index (a, i)->value;
    const NfTensor *y = nf_params_index (b, i)->value;
    g_autofree guint8 *p = g_malloc (x->bytes);
    g_autofree guint8 *q = g_malloc (y->bytes);

    g_assert_true (nf_tensor_to_nchw (x, p, NULL));
    g_assert_true (nf_tensor_to_nchw (y, q, NULL));
    g_assert_cmpmem (p, x->bytes, q, y->bytes);
  }
}

static void
test_checkpoint_round_trip (Fixture *self, gconstpointer data)
{
  g_autoptr (NfParams) loaded = make_params (self->device);
  g_autoptr (NfCheckpoint) checkpoint = NULL;
  g_autoptr (NfSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;
  const NfSafetensorsEntry *entry;
  gfloat conv[CONV_SIZE];
  JsonObject *config;

  g_assert_true (save (self, NF_SAFETENSORS_F32, FALSE, &error));
  g_assert_no_error (error);
  checkpoint = nf_checkpoint_open (self->path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (nf_checkpoint_arch (checkpoint), ==, "unetpp");
  g_assert_cmpstr (nf_checkpoint_fact (checkpoint, "step"), ==, "1200");
  g_assert_cmpstr (nf_checkpoint_fact (checkpoint, "version"), ==, "1");
  g_assert_null (nf_checkpoint_fact (checkpoint, "epoch"));
  config = nf_checkpoint_config (checkpoint);
  g_assert_cmpint (json_object_get_int_member (config, "classes"), ==, 49);
  g_assert_true (json_object_get_double_member (config, "sigma") == 1e-4);

  file = nf_safetensors_open (self->path, &error);
  g_assert_no_error (error);
  entry = nf_safetensors_lookup (file, "conv.weight");
  g_assert_cmpuint (entry->rank, ==, 4);
  g_assert_true (nf_safetensors_read_f32 (entry, conv, &error));
  for (guint i = 0; i < CONV_SIZE; i++)
    g_assert_true (conv[i] == 3.0f + (gfloat) i);

  g_assert_true (nf_checkpoint_load_params (checkpoint, loaded, &error));
  g_assert_no_error (error);
  assert_equal (self->params, loaded);
}

static void
test_checkpoint_bf16 (Fixture *self, gconstpointer data)
{
  g_autoptr (NfParams) loaded = make_params (self->device);
  g_autoptr (NfCheckpoint) checkpoint = NULL;
  g_autoptr (NfSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;
  static const struct
  {
    const gchar *name;
    NfSafetensorsDType dtype;
  } expected[] = { { "conv.weight", NF_SAFETENSORS_BF16 },
    { "conv.bias", NF_SAFETENSORS_F32 },
    { "bn.running_var", NF_SAFETENSORS_F32 },
    { "bn.num_batches_tracked", NF_SAFETENSORS_I64 } };

  g_assert_true (save (self, NF_SAFETENSORS_BF16, FALSE, &error));
  checkpoint = nf_checkpoint_open (self->path, &error);
  g_assert_no_error (error);
  file = nf_safetensors_open (self->path, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpint (nf_safetensors_lookup (file, expected[i].name)->dtype, ==,
        expected[i].dtype);
  g_assert_true (nf_checkpoint_load_params (checkpoint, loaded, &error));
  g_assert_no_error (error);
  assert_equal (self->params, loaded);
}

static void
test_checkpoint_ema (Fixture *self, gconstpointer data)
{
  g_autoptr (NfParams) loaded = make_params (self->device);
  g_autoptr (NfCheckpoint) checkpoint = NULL;
  g_autoptr (GError) error = NULL;
  gfloat conv[CONV_SIZE];
  gint64 count;

  g_assert_true (nf_params_start_ema (self->params, &error));
  fill_params (self->params, 7.0f);
  g_assert_true (save (self, NF_SAFETENSORS_F32, TRUE, &error));
  checkpoint = nf_checkpoint_open (self->path, &error);
  g_assert_no_error (error);
  g_assert_true (nf_checkpoint_load_params (checkpoint, loaded, &error));
  nf_tensor_to_nchw (
      nf_params_lookup (loaded, "conv.weight")->value, conv, NULL);
  g_assert_true (conv[0] == 3.0f);
  nf_tensor_to_nchw (
      nf_params_lookup (loaded, "bn.num_batches_tracked")->value, &count, NULL);
  g_assert_cmpint (count, ==, (gint64) 1 << 40);
}

static void
test_checkpoint_reserved_fact_fails (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonObject) config = make_config ();
  g_autoptr (GHashTable) facts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;

  g_hash_table_insert (facts, (gpointer) "arch", (gpointer) "other");
  g_assert_false (nf_checkpoint_save (self->path, "unetpp", config, facts,
      self->params, NF_SAFETENSORS_F32, FALSE, &error));
  nf_assert_error (error, NF_ERROR_INVALID, "'nextframe.arch' is added twice");
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

/* what is said of the size of frames, and what is made of it */
static void
test_checkpoint_trained_size (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const gchar *height, *width;
    guint rows, columns;
    const gchar *wrong;
  } cases[] = {
    { "160", "240", 160, 240, NULL },
    { "1", "32767", 1, 32767, NULL },
    { NULL, NULL, 0, 0, NULL },
    { "160", NULL, 0, 0, NULL },
    { "0", "240", 0, 0, "image-height is '0', expected a number from 1" },
    { "160", "32768", 0, 0, "image-width is '32768'" },
    { "160", "-1", 0, 0, "image-width is '-1'" },
    { "a lot", "240", 0, 0, "image-height is 'a lot'" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (JsonObject) config = make_config ();
    g_autoptr (GHashTable) facts = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (NfCheckpoint) checkpoint = NULL;
    g_autoptr (GError) error = NULL;
    guint height, width;
    gboolean ok;

    if (cases[i].height != NULL)
      g_hash_table_insert (
          facts, (gpointer) "image-height", (gpointer) cases[i].height);
    if (cases[i].width != NULL)
      g_hash_table_insert (
          facts, (gpointer) "image-width", (gpointer) cases[i].width);
    g_assert_true (nf_checkpoint_save (self->path, "unetpp", config, facts,
        self->params, NF_SAFETENSORS_F32, FALSE, &error));
    checkpoint = nf_checkpoint_open (self->path, &error);
    g_assert_no_error (error);
    ok = nf_checkpoint_trained_size (checkpoint, &height, &width, &error);
    g_assert_cmpint (ok, ==, cases[i].wrong == NULL);
    if (ok) {
      g_assert_cmpuint (height, ==, cases[i].rows);
      g_assert_cmpuint (width, ==, cases[i].columns);
    } else {
      nf_assert_error (error, NF_ERROR_FORMAT, cases[i].wrong);
      nf_assert_error (error, NF_ERROR_FORMAT, self->path);
    }
  }
}

static void
test_checkpoint_save_nan_fails (Fixture *self, gconstpointer data)
{
  gfloat vector[5] = { 0, 0, NAN, 0, 0 };
  g_autoptr (GError) error = NULL;

  nf_tensor_set_nchw (
      nf_params_lookup (self->params, "conv.bias")->value, vector, NULL);
  g_assert_false (save (self, NF_SAFETENSORS_F32, FALSE, &error));
  nf_assert_error (error, NF_ERROR_INVALID, "'conv.bias' holds NaN");
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

/* Writes a file with these metadata and no tensors */
static void
write_metadata (
    Fixture *self, const gchar *version, const gchar *arch, const gchar *config)
{
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  const gchar *const pairs[] = { "nextframe.version", version, "nextframe.arch",
    arch, "nextframe.config", config };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i += 2)
    if (pairs[i + 1] != NULL)
      nf_safetensors_writer_add_metadata (writer, pairs[i], pairs[i + 1], NULL);
  g_assert_true (nf_safetensors_writer_save (writer, self->path, NULL));
}

static void
test_checkpoint_bad_metadata_fails (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const gchar *version, *arch, *config;
    gint code;
    const gchar *message;
  } bad[] = {
    { NULL, "a", "{}", NF_ERROR_UNSUPPORTED, "no 'nextframe.version'" },
    { "1", NULL, "{}", NF_ERROR_FORMAT, "copy it again" },
    { "1", "a", NULL, NF_ERROR_FORMAT, "no 'nextframe.config'" },
    { "0", "a", "{}", NF_ERROR_FORMAT, "expected a number from 1" },
    { "one", "a", "{}", NF_ERROR_FORMAT, "version is 'one'" },
    { "2", "a", "{}", NF_ERROR_UNSUPPORTED, "update" },
    { "1", "a", "{", NF_ERROR_FORMAT, "nextframe.config" },
    { "1", "a", "[]", NF_ERROR_FORMAT, "expected a JSON object, got" },
    { "1", "a",
        "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]"
        "]]]]]]]]]]]]]]]]}",
        NF_ERROR_FORMAT, "nested more than" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    write_metadata (self, bad[i].version, bad[i].arch, bad[i].config);
    g_assert_null (nf_checkpoint_open (self->path, &error));
    nf_assert_error (error, bad[i].code, bad[i].message);
    nf_assert_error (error, bad[i].code, self->path);
  }
}

static void
test_checkpoint_open_missing_fails (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_checkpoint_open (self->path, &error));
  nf_assert_error (error, NF_ERROR_NOT_FOUND, self->path);
}

static void
add_zeros (NfSafetensorsWriter *writer, const gchar *name,
    NfSafetensorsDType dtype, guint rank, const gint64 *shape)
{
  gsize elements, size;
  g_autoptr (GBytes) bytes = NULL;

  g_assert_true (nf_safetensors_measure (dtype, shape, rank, &elements, &size));
  bytes = g_bytes_new_take (g_malloc0 (size), size);
  g_assert_true (nf_safetensors_writer_add (
      writer, name, dtype, rank, shape, bytes, NULL));
}

/* Loads what @writer holds into the fixture's parameters; on an error they
 * must be as they were */
static gboolean
load_written (Fixture *self, NfSafetensorsWriter *writer, GError **error)
{
  g_autoptr (NfParams) before = make_params (self->device);
  g_autoptr (NfSafetensors) file = NULL;
  gboolean good;

  fill_params (before, 3.0f);
  g_assert_true (nf_safetensors_writer_save (writer, self->path, NULL));
  file = nf_safetensors_open (self->path, NULL);
  good = nf_checkpoint_load_file (file, self->params, error);
  if (!good)
    assert_equal (self->params, before);
  return good;
}

static void
test_load_pytorch_names (Fixture *self, gconstpointer data)
{
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  const gint64 steps[] = { 1000 };
  g_autoptr (GError) error = NULL;
  gint64 count;
  gfloat conv[CONV_SIZE];

  add_zeros (writer, "module.conv.weight", NF_SAFETENSORS_F16, 4, conv_dims);
  add_zeros (writer, "module.conv.bias", NF_SAFETENSORS_F64, 1, vector_dims);
  add_zeros (writer, "bn.running_var", NF_SAFETENSORS_F32, 1, vector_dims);
  add_zeros (writer, "bn.num_batches_tracked", NF_SAFETENSORS_I32, 0, NULL);
  add_zeros (writer, "betas", NF_SAFETENSORS_F32, 1, steps);
  add_zeros (writer, "module.alphas", NF_SAFETENSORS_F32, 1, steps);
  add_zeros (writer, "alphas_prev", NF_SAFETENSORS_F32, 1, steps);
  add_zeros (writer, "module.unet.sigmas", NF_SAFETENSORS_F32, 1, steps);
  g_assert_true (load_written (self, writer, &error));
  g_assert_no_error (error);
  nf_tensor_to_nchw (
      nf_params_lookup (self->params, "conv.weight")->value, conv, NULL);
  g_assert_true (conv[5] == 0.0f);
  nf_tensor_to_nchw (
      nf_params_lookup (self->params, "bn.num_batches_tracked")->value, &count,
      NULL);
  g_assert_cmpint (count, ==, 0);
}

static void
test_load_misfits_fails (Fixture *self, gconstpointer data)
{
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  const gint64 swapped[] = { 3, 2, 2, 2 };
  g_autoptr (GError) error = NULL;

  add_zeros (writer, "conv.weight", NF_SAFETENSORS_F32, 4, swapped);
  add_zeros (writer, "conv.bias", NF_SAFETENSORS_I64, 1, vector_dims);
  add_zeros (writer, "module.conv.bias", NF_SAFETENSORS_F32, 1, vector_dims);
  add_zeros (
      writer, "bn.num_batches_tracked", NF_SAFETENSORS_F32, 1, vector_dims);
  for (guint i = 0; i < 6; i++) {
    g_autofree gchar *name = g_strdup_printf ("extra.%u", i);

    add_zeros (writer, name, NF_SAFETENSORS_F32, 0, NULL);
  }
  g_assert_false (load_written (self, writer, &error));
  nf_assert_error (error, NF_ERROR_FORMAT, "; 1 missing: bn.running_var;");
  nf_assert_error (error, NF_ERROR_FORMAT, "; 7 unexpected: ");
  nf_assert_error (error, NF_ERROR_FORMAT, "extra.3, ...; ");
  nf_assert_error (error, NF_ERROR_FORMAT, "3 of wrong shape: ");
  nf_assert_error (error, NF_ERROR_FORMAT,
      "conv.weight (file F32 [3, 2, 2, 2], network floating point "
      "[2, 3, 2, 2])");
}

static void
test_load_not_finite_fails (Fixture *self, gconstpointer data)
{
  static const gfloat bad[] = { NAN, INFINITY, -INFINITY };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes = NULL;
    gfloat vector[5] = { 1, 2, 3, 4, bad[i] };

    add_zeros (writer, "conv.weight", NF_SAFETENSORS_F32, 4, conv_dims);
    add_zeros (writer, "conv.bias", NF_SAFETENSORS_F32, 1, vector_dims);
    add_zeros (writer, "bn.num_batches_tracked", NF_SAFETENSORS_I64, 0, NULL);
    bytes = g_bytes_new (vector, sizeof (vector));
    g_assert_true (nf_safetensors_writer_add (writer, "bn.running_var",
        NF_SAFETENSORS_F32, 1, vector_dims, bytes, NULL));
    g_assert_false (load_written (self, writer, &error));
    nf_assert_error (
        error, NF_ERROR_FORMAT, "tensor 'bn.running_var' holds NaN");
  }
}

static void
test_load_negative_variance_fails (Fixture *self, gconstpointer data)
{
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (GError) error = NULL;
  const gfloat vector[5] = { 1, 2, 3, -1e-6f, 4 };
  g_autoptr (GBytes) bytes = g_bytes_new (vector, sizeof (vector));

  add_zeros (writer, "conv.weight", NF_SAFETENSORS_F32, 4, conv_dims);
  add_zeros (writer, "conv.bias", NF_SAFETENSORS_F32, 1, vector_dims);
  g_assert_true (nf_safetensors_writer_add (writer, "bn.running_var",
      NF_SAFETENSORS_F32, 1, vector_dims, bytes, NULL));
  g_assert_false (load_written (self, writer, &error));
  nf_assert_error (
      error, NF_ERROR_FORMAT, "'bn.running_var' holds a negative variance");
}

/* Counters of batches: none, and of any type and rank */
static void
test_load_counters (Fixture *self, gconstpointer data)
{
  static const gint64 one[] = { 1 };
  static const NfSafetensorsDType types[] = { NF_SAFETENSORS_F32,
    NF_SAFETENSORS_F64, NF_SAFETENSORS_BF16, NF_SAFETENSORS_U8,
    NF_SAFETENSORS_U64, NF_SAFETENSORS_I32 };

  for (guint i = 0; i <= G_N_ELEMENTS (types); i++) {
    g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
    g_autoptr (GError) error = NULL;
    gint64 count;

    fill_params (self->params, 3.0f);
    add_zeros (writer, "conv.weight", NF_SAFETENSORS_F32, 4, conv_dims);
    add_zeros (writer, "conv.bias", NF_SAFETENSORS_F32, 1, vector_dims);
    add_zeros (writer, "bn.running_var", NF_SAFETENSORS_F32, 1, vector_dims);
    if (i < G_N_ELEMENTS (types))
      add_zeros (writer, "bn.num_batches_tracked", types[i], i % 2, one);
    g_assert_true (load_written (self, writer, &error));
    g_assert_no_error (error);
    nf_tensor_to_nchw (
        nf_params_lookup (self->params, "bn.num_batches_tracked")->value,
        &count, NULL);
    g_assert_cmpint (
        count, ==, i < G_N_ELEMENTS (types) ? 0 : (gint64) 1 << 40);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                    \
  g_test_add ("/checkpoint/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("round-trip", test_checkpoint_round_trip);
  ADD ("bf16", test_checkpoint_bf16);
  ADD ("ema", test_checkpoint_ema);
  ADD ("reserved-fact-fails", test_checkpoint_reserved_fact_fails);
  ADD ("trained-size", test_checkpoint_trained_size);
  ADD ("save-nan-fails", test_checkpoint_save_nan_fails);
  ADD ("bad-metadata-fails", test_checkpoint_bad_metadata_fails);
  ADD ("open-missing-fails", test_checkpoint_open_missing_fails);
  ADD ("load-pytorch-names", test_load_pytorch_names);
  ADD ("load-misfits-fails", test_load_misfits_fails);
  ADD ("load-not-finite-fails", test_load_not_finite_fails);
  ADD ("load-negative-variance-fails", test_load_negative_variance_fails);
  ADD ("load-counters", test_load_counters);
#undef ADD
  return g_test_run ();
}
