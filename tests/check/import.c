/* SPDX-License-Identifier: MIT
 *
 * import — tests of the readers behind `nextframe-train import`
 *
 * Hostile pickles are made here; the two whole files were written by PyTorch 1.13
 * (tests/golden/README.md). What importing gives beside PyTorch: importtorch.py. */
#include "config.h"
#include "import/import.h"
#include "import/settings.h"
#include "import/torchfile.h"
#include "import/weights.h"
#include "nfasserts.h"
#include "testfolder.h"

#include <math.h>

#include <glib/gstdio.h>
#include <nextframe/diffusion/nfschedule.h>
#include <nextframe/io/nfcheckpoint.h>

static gchar *
file_of_pytorch (const gchar *name)
{
  return g_build_filename (
      g_getenv ("NF_SOURCE"), "tests", "golden", "data", name, NULL);
}

/* Elements of the tensors that can be read, with all checks. */
static gsize
read_all (NfTorchFile *file, const NfPickleValue *value, guint depth)
{
  gsize bytes = 0;

  if (value->kind == NF_PICKLE_TENSOR) {
    g_autoptr (GBytes) elements = nf_torch_file_elements (file, value, NULL);

    return elements ? g_bytes_get_size (elements) : 0;
  }
  for (guint i = 0; value->items && depth < 4 && i < value->items->len; i++)
    bytes += read_all (file, value->items->pdata[i], depth + 1);
  return bytes;
}

static gsize
try_bytes (const gchar *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTorchFile) file =
      nf_torch_file_open_bytes (bytes, "x.pt", &error);

  g_assert_true ((file == NULL) == (error != NULL));
  return file ? read_all (file, nf_torch_file_root (file), 0) : 0;
}

/* Every beginning of a file, and every byte changed, is read or refused. */
static void
test_damaged (gconstpointer name)
{
  static const guint8 masks[] = { 0x01, 0x80, 0xff };
  g_autofree gchar *path = file_of_pytorch (name);
  g_autofree gchar *data = NULL;
  gsize size, whole;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  whole = try_bytes (data, size);
  g_assert_cmpuint (whole, >, 200);
  for (gsize n = 0; n < size; n++) {
    g_autofree gchar *cut =
        g_memdup2 (data, MAX (n, 1)); /* ends where it ends */

    g_assert_cmpuint (try_bytes (cut, n), <=, whole);
  }
  for (gsize i = 0; i < size; i++)
    for (guint m = 0; m < G_N_ELEMENTS (masks); m++) {
      data[i] ^= (gchar) masks[m];
      try_bytes (data, size);
      data[i] ^= (gchar) masks[m];
    }
  g_assert_cmpuint (try_bytes (data, size), ==, whole);
}

/* ----------------------------------------------------------------- pickles */

#define TEXT(s) "\x8c" s /* its length comes first */
#define STORAGE                                                                \
  "((" TEXT ("\x07") "storagectorch\nFloatStorage\n" TEXT ("\x01") "0" TEXT (  \
      "\x03") "cpuK\x06tQ"
#define REBUILD "ctorch._utils\n_rebuild_tensor_v2\n"
#define HOOKS                                                                  \
  "\x89"                                                                       \
  "ccollections\nOrderedDict\n)RtR"

typedef struct
{
  const gchar *name, *pickle;
  gsize size;
  const gchar *message; /* NULL: a good one */
} Case;

#define CASE(name, pickle, message)                                            \
  {                                                                            \
    name, "\x80\x02" pickle, sizeof pickle + 1, message                        \
  }

static const Case cases[] = {
  CASE ("none", "N.", NULL),
  CASE ("tensor", REBUILD STORAGE "K\x00K\x02K\x03\x86K\x03K\x01\x86" HOOKS ".",
      NULL),
  CASE ("zero-size",
      REBUILD STORAGE "K\x06K\x00K\x03\x86K\x03K\x01\x86" HOOKS ".", NULL),
  CASE ("beyond-fails",
      REBUILD STORAGE "K\x01K\x02K\x03\x86K\x03K\x01\x86" HOOKS ".",
      "reaches beyond"),
  CASE ("huge-fails",
      REBUILD STORAGE "K\x00\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x03\x86"
                      "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x01\x86" HOOKS
                      ".",
      "reaches beyond"),
  CASE ("negative-fails",
      REBUILD STORAGE "K\x00J\xff\xff\xff\xffK\x03\x86K\x03K\x01\x86" HOOKS ".",
      "reaches beyond"),
  CASE ("code-fails", "cos\nsystem\n" TEXT ("\x07") "touch x\x85R.",
      "names os system"),
  CASE ("code-on-stack-fails",
      TEXT ("\x08") "builtins" TEXT ("\x04") "eval\x93" TEXT ("\x01") "1\x85R.",
      "names builtins eval"),
  CASE ("code-in-dictionary-fails",
      "}" TEXT ("\x01") "acsubprocess\nPopen\n" TEXT ("\x02") "ls\x85Rs.",
      "names subprocess Popen"),
  CASE ("object-fails", "cargparse\nNamespace\n)\x81.", "argparse Namespace"),
  CASE ("new-object-fails", "ccollections\nOrderedDict\n)\x81.",
      "instruction 0x81"),
  CASE ("extension-fails", "\x82\x01.", "instruction 0x82"),
  CASE ("persistent-text-fails", "Px\n.", "instruction 0x50"),
  CASE ("called-wrongly-fails", "ccollections\nOrderedDict\n(K\x01tR.",
      "calls collections OrderedDict"),
  CASE ("attributes-fail",
      "]N"
      "b.",
      "sets attributes"),
  CASE ("no-value-fails", ".", "value is missing"),
  CASE ("no-mark-fails", "t.", "mark is missing"),
  CASE ("odd-dictionary-fails",
      "(K\x01"
      "d.",
      "key without a value"),
  CASE ("recalls-nothing-fails", "h\x05.", "never kept"),
  CASE ("long-text-fails",
      "X\xff\xff\xff\x7f"
      "a.",
      "ends too early"),
  CASE ("long-number-fails",
      "\x8a\x09"
      "123456789.",
      "at most 8 are read"),
};

static void
test_pickle (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GError) error = NULL;
  /* a copy that ends where it ends, for sanitizers */
  g_autofree guint8 *bytes = g_memdup2 (c->pickle, c->size);
  g_autoptr (NfPickle) pickle =
      nf_pickle_read (bytes, c->size, "x.pt", NULL, &error);

  if (!c->message) {
    g_assert_no_error (error);
    g_assert_nonnull (nf_pickle_root (pickle));
    return;
  }
  g_assert_null (pickle);
  g_assert_nonnull (strstr (error->message, "x.pt"));
  nf_assert_error (error, error->code, c->message);
}

/* A key of a storage, which is copied for each tensor, is short. */
static void
test_long_key (void)
{
  static const gchar start[] =
      "\x80\x02(\x8c\x07storagectorch\nFloatStorage\n\x8c\xc8";
  static const gchar end[] = "\x8c\x03"
                             "cpuK\x06tQ.";
  g_autoptr (GString) text = g_string_new_len (start, sizeof start - 1);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 200; i++)
    g_string_append_c (text, '0');
  g_string_append_len (text, end, sizeof end - 1);
  g_assert_null (nf_pickle_read (
      (const guint8 *) text->str, text->len, "x.pt", NULL, &error));
  nf_assert_error (error, NF_ERROR_FORMAT, "description of a storage");
}

/* ----------------------------------------------------------------- weights */

static void
assert_first (const gchar *path, const gchar *choice, gfloat *first)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfWeights) weights = nf_weights_open (path, choice, &error);
  g_autoptr (GBytes) bytes = NULL;
  NfSafetensorsEntry entry;
  gfloat values[54];

  g_assert_no_error (error);
  g_assert_cmpuint (nf_weights_count (weights), ==, 7);
  g_assert_nonnull (nf_weights_find (weights, "%d.running_var", 1));
  bytes = nf_weights_read (
      weights, nf_weights_find (weights, "0.weight"), &entry, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (entry.elements, ==, 54);
  g_assert_true (nf_safetensors_read_f32 (&entry, values, &error));
  *first = values[0];
}

/* The running mean of a list is what is taken, but where another one is named. */
static void
test_choice (void)
{
  g_autofree gchar *list = file_of_pytorch ("torch-legacy.pt");
  g_autoptr (GError) error = NULL;
  gfloat mean, model, chosen;

  assert_first (list, NULL, &chosen);
  assert_first (list, "ema", &mean);
  assert_first (list, "model", &model);
  g_assert_true (chosen == mean && isfinite (model));
  g_assert_null (nf_weights_open (list, "other", &error));
  nf_assert_error (error, NF_ERROR_INVALID, "ema or model, not \"other\"");
}

/* ---------------------------------------------------------------- settings */

static gchar *
settings_of (const gchar *name, const gchar *text, GError **error)
{
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  g_autoptr (JsonObject) settings = json_object_new ();
  g_autoptr (JsonNode) node = NULL;
  gboolean ok;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  ok = nf_settings_read (settings, path, error);
  nf_test_folder_remove (folder);
  node = json_node_init_object (json_node_alloc (), settings);
  return ok ? json_to_string (node, FALSE) : NULL;
}

static void
test_settings (void)
{
  static const struct
  {
    const gchar *name, *text, *expected, *message;
  } rows[] = {
    { "a.yml", "model:\n  ch_mult: [1, 2] # levels\n  x: 'a # b'\n",
        "{\"ch_mult\":[1,2],\"x\":\"a # b\"}", NULL },
    { "a.yml", "model:\n  ch_mult:\n  - 1\n  - 2\noptim:\n  lr: 1\n",
        "{\"ch_mult\":[1,2]}", NULL },
    { "a.yaml",
        "data:\n  n: 3\nmodel:\n  n: 3\n  f: 0.5\n  b: true\n  z: null\n",
        "{\"n\":3,\"f\":0.5,\"b\":true}", NULL },
    { "a.ini", "[model]\nch-mult = 1 2\nspade = false\n[train]\nx = 1\n",
        "{\"ch_mult\":[1,2],\"spade\":false}", NULL },
    { "a.yml", "data:\n  n: 3\nmodel:\n  n: 4\n", NULL, "n has two values" },
    { "a.yml", "model:\n  a: !!python/object:os.system\n", NULL,
        "line 2: YAML of this kind" },
    { "a.yml", "model:\n  a: &x 1\n", NULL, "line 2" },
    { "a.yml", "- 1\n", NULL, "line 1: a list without a key" },
    { "a.yml", "model\n", NULL, "line 1: no \"key: value\"" },
    { "a.txt", "", NULL, "named .yml, .yaml or .ini" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *got = settings_of (rows[i].name, rows[i].text, &error);

    g_assert_cmpstr (got, ==, rows[i].expected);
    if (rows[i].message)
      nf_assert_error (error, NF_ERROR_FORMAT, rows[i].message);
  }
}

/* ------------------------------------------------------------ other formats */

/* What is no safetensors file is named, with the command that reads it. */
static void
test_named (void)
{
  static const gchar onnx[] = "\x08\x07\x12\x07pytorch\x1a\x05"
                              "1.13.";
  static const gchar zip[] = "PK\3\4\0\0\x08\x08\0\0\0\0";
  g_autofree gchar *legacy = file_of_pytorch ("torch-legacy.pt");
  g_autoptr (GBytes) bytes = g_bytes_new_static (onnx, sizeof onnx);
  g_autoptr (GBytes) archive = g_bytes_new_static (zip, sizeof zip);
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_checkpoint_open (legacy, &error));
  nf_assert_error (error, NF_ERROR_UNSUPPORTED, "nextframe-train import makes");
  g_clear_error (&error);
  g_assert_null (nf_safetensors_open_bytes (archive, "x", &error));
  nf_assert_error (error, NF_ERROR_UNSUPPORTED, "a ZIP archive");
  g_clear_error (&error);
  g_assert_null (nf_safetensors_open_bytes (bytes, "x.onnx", &error));
  nf_assert_error (error, NF_ERROR_UNSUPPORTED, "an ONNX model");
}

/* A pickle that torch.save() did not write is no file to be imported, and says
 * so; a safetensors file whose header has a pickle's first bytes as its length is
 * read. */
static void
test_other_pickle (void)
{
  static const struct
  {
    const gchar *bytes;
    gsize size;
  } pickles[] = { { "\x80\x02}.", 4 }, { "\x80\x02}q\x00X\x01\x00\x00", 9 },
    { "\x80\x04\x95\x0a\x01\x00\x00\x00\x00\x00\x00}", 12 },
    { "\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}", 12 } };
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, "x.pt", NULL);
  g_autoptr (GString) text = g_string_new ("\x80\x02");
  g_autoptr (NfWeights) weights = NULL;
  g_autoptr (GError) unexpected = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (pickles); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (
        path, pickles[i].bytes, (gssize) pickles[i].size, NULL));
    g_assert_null (nf_weights_open (path, NULL, &error));
    nf_assert_error (error, NF_ERROR_UNSUPPORTED, "none of torch.save()'s");
  }
  g_string_append_len (text, "\0\0\0\0\0\0", 6);
  g_string_append (text, "{}");
  while (text->len < 8 + 0x280)
    g_string_append_c (text, ' ');
  g_assert_true (
      g_file_set_contents (path, text->str, (gssize) text->len, NULL));
  weights = nf_weights_open (path, NULL, &unexpected);
  g_assert_no_error (unexpected);
  g_assert_cmpuint (nf_weights_count (weights), ==, 0);
  nf_test_folder_remove (folder);
}

static void
assert_command (const gchar *file, const gchar *arch, const gchar *out,
    const gchar *message)
{
  const gchar *words[] = { "import", file, "-a", arch, "-o", out, NULL };
  g_auto (GStrv) argv = g_strdupv ((gchar **) words);
  g_autofree gpointer list = g_memdup2 (argv, sizeof words);
  g_autoptr (GError) error = NULL;

  g_assert_false (nf_import_main (6, list, &error)); /* moves the words */
  nf_assert_error (error, NF_ERROR_INVALID, message);
}

/* A command line that cannot be done says why, and keeps what is there. */
static void
test_command (void)
{
  g_autofree gchar *file = file_of_pytorch ("torch-legacy.pt");

  assert_command (file, "unetpp", file, "exists");
  assert_command (file, "vit", "/nowhere/x", "--arch is vit");
  assert_command (file, "unetpp", "/nowhere/x", "is --arch right?");
  assert_command (file, "resnet34", "/nowhere/x", "no ResNet");
  assert_command (file, "concat_unet", "/nowhere/x", "is --arch right?");
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
}

/* ------------------------------------------------------------ noise levels */

#define LABELS 1000

static void
add_floats (
    NfSafetensorsWriter *writer, const gchar *name, const gfloat *values)
{
  const gint64 shape[] = { LABELS };
  g_autoptr (GBytes) bytes = g_bytes_new (values, sizeof (gfloat) * LABELS);
  g_autoptr (GError) error = NULL;

  nf_safetensors_writer_add (
      writer, name, NF_SAFETENSORS_F32, 1, shape, bytes, &error);
  g_assert_no_error (error);
}

static void
add_params (NfSafetensorsWriter *writer, NfParams *params)
{
  for (guint i = 0; i < nf_params_count (params); i++) {
    const NfParam *param = nf_params_index (params, i);
    const gsize n = (gsize) nf_tensor_elements (param->value);
    gfloat *values = g_new (gfloat, n);
    g_autoptr (GBytes) bytes = g_bytes_new_take (values, sizeof (gfloat) * n);
    g_autoptr (GError) error = NULL;

    g_assert_true (nf_tensor_to_nchw (param->value, values, &error));
    nf_safetensors_writer_add (writer, param->name, NF_SAFETENSORS_F32,
        param->rank, param->dims, bytes, &error);
    g_assert_no_error (error);
  }
}

/* A noise predictor as MCVD saves it, with the buffers that it keeps of its noise
 * schedule and, where it has any, of gamma noise; and one more. */
static gchar *
write_predictor (const gchar *folder, gboolean gamma, const gchar *buffer)
{
  static const gchar *const of_gamma[] = { "k", "k_cum", "theta_t" };
  gchar *path = g_build_filename (folder, "in.safetensors", NULL);
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfSchedule) schedule = NULL;
  g_autoptr (NfUnet) net = NULL;
  NfUnetConfig config;

  nf_unet_config_init (&config);
  config.height = 8;
  config.width = 16;
  config.num_frames = config.num_frames_cond = config.n_levels = 1;
  config.ngf = config.n_head_channels = 8;
  config.num_res_blocks = 1;
  config.n_attn = 0;
  config.spade = FALSE;
  net = nf_unet_new (device, &config, &error);
  g_assert_no_error (error);
  g_assert_true (nf_params_reset (nf_unet_params (net), 3, &error));
  schedule = nf_schedule_new (&config);
  g_assert_cmpuint (schedule->n, ==, LABELS);
  add_params (writer, nf_unet_params (net));
  add_floats (writer, "alphas", schedule->alpha);
  for (guint i = 0; gamma && i < G_N_ELEMENTS (of_gamma); i++)
    add_floats (writer, of_gamma[i], schedule->alpha);
  if (buffer)
    add_floats (writer, buffer, schedule->alpha);
  g_assert_true (nf_safetensors_writer_save (writer, path, &error));
  g_assert_no_error (error);
  return path;
}

/* Imports it with more settings; whether the checkpoint says gamma noise. */
static gboolean
import_predictor (const gchar *path, const gchar *more, GError **error)
{
  g_autofree gchar *out = g_strconcat (path, ".out", NULL);
  g_autofree gchar *line = g_strdup_printf (
      "import %s -a concat_unet -o %s -s image_size=8,16 -s num_frames=1 -s "
      "n_head_channels=8 -s sigma_begin=0.02 -s sigma_end=0.0001 %s",
      path, out, more);
  g_auto (GStrv) argv = g_strsplit (line, " ", 0);
  const guint n = g_strv_length (argv);
  g_autofree gpointer list = g_memdup2 (argv, (n + 1) * sizeof (gchar *));
  g_autoptr (NfCheckpoint) made = NULL;
  JsonObject *config;

  if (!nf_import_main ((gint) n, list, error)) { /* moves the words */
    g_assert_false (g_file_test (out, G_FILE_TEST_EXISTS));
    return FALSE;
  }
  made = nf_checkpoint_open (out, error);
  g_assert_nonnull (made);
  g_assert_cmpint (g_remove (out), ==, 0);
  config = nf_checkpoint_config (made);
  return json_object_has_member (config, "gamma")
      && json_object_get_boolean_member (config, "gamma");
}

/* Weights that learned from gamma noise are imported as such, whether or not the
 * configuration says so. */
static void
test_gamma (void)
{
  static const gchar *const good[] = { "-s sigma_dist=linear -s gamma=true",
    "-s sigma_dist=linear" };
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = write_predictor (folder, TRUE, "betas");
  g_autofree gchar *normal = NULL;
  g_autoptr (GError) error = NULL;
  gboolean gamma;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    gamma = import_predictor (path, good[i], &error);
    g_assert_no_error (error);
    g_assert_true (gamma);
  }
  import_predictor (path, "-s sigma_dist=linear -s gamma=false", &error);
  nf_assert_error (error, NF_ERROR_INVALID, "gamma is false");
  g_clear_error (&error);
  normal = write_predictor (folder, FALSE, "betas");
  gamma = import_predictor (normal, "-s sigma_dist=linear", &error);
  g_assert_no_error (error);
  g_assert_false (gamma);
  nf_test_folder_remove (folder);
}

/* A noise schedule that the file contradicts is refused, and so is a buffer that
 * is none of the known ones. */
static void
test_levels (void)
{
  static const struct
  {
    const gchar *buffer, *settings, *message; /* NULL: a good one */
  } rows[] = {
    { "betas", "-s sigma_dist=linear", NULL },
    { "betas", "-s sigma_dist=cosine", "another noise schedule" },
    { NULL, "-s sigma_dist=linear -s num_classes=1000", NULL },
    { NULL, "-s sigma_dist=linear -s num_classes=10", "hold 10 numbers" },
    { "kk", "-s sigma_dist=linear -s num_classes=1000", "have no place" },
  };
  g_autofree gchar *folder = nf_test_folder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = write_predictor (folder, FALSE, rows[i].buffer);
    g_autoptr (GError) error = NULL;

    import_predictor (path, rows[i].settings, &error);
    if (rows[i].message)
      nf_assert_error (error, NF_ERROR_INVALID, rows[i].message);
    else
      g_assert_no_error (error);
  }
  nf_test_folder_remove (folder);
}

/* Settings of MCVD that make a network which is not known here are refused; those
 * of its older networks are passed over. */
static void
test_answers (void)
{
  static const struct
  {
    const gchar *setting, *message; /* NULL: a good one */
  } rows[] = {
    { "type=v1", NULL },
    { "depth=deeper", NULL },
    { "arch=unetmore", NULL },
    { "version=FPNDM", NULL },
    { "arch=unetmore3d", "arch is \"unetmore3d\"" },
    { "version=SMLD", "version is SMLD" },
    { "time_conditional=false", "time_conditional is false" },
    { "cond_emb=true", "cond_emb is true" },
    { "noise_in_cond=true", "noise_in_cond is true" },
    { "output_all_frames=true", "output_all_frames is true" },
    { "nonlinearity=elu", "nonlinearity is \"elu\"" },
    { "rescaled=false", "rescaled is false" },
    { "logit_transform=true", "logit_transform is true" },
  };
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = write_predictor (folder, FALSE, "betas");
  g_autoptr (GError) geometric = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *settings =
        g_strdup_printf ("-s sigma_dist=linear -s %s", rows[i].setting);
    g_autoptr (GError) error = NULL;

    import_predictor (path, settings, &error);
    if (rows[i].message)
      nf_assert_error (error, NF_ERROR_INVALID, rows[i].message);
    else
      g_assert_no_error (error);
  }
  import_predictor (path, "-s sigma_dist=geometric", &geometric);
  nf_assert_error (geometric, NF_ERROR_INVALID, "sigma_dist geometric must be");
  nf_test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path =
        g_strconcat ("/import/pickle/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_pickle);
  }
  g_test_add_func ("/import/long-key-fails", test_long_key);
  g_test_add_data_func (
      "/import/damaged-legacy", "torch-legacy.pt", test_damaged);
#ifdef NF_HAVE_ZIP
  g_test_add_data_func ("/import/damaged-zip", "torch-zip.pt", test_damaged);
#endif
  g_test_add_func ("/import/choice", test_choice);
  g_test_add_func ("/import/settings", test_settings);
  g_test_add_func ("/import/named", test_named);
  g_test_add_func ("/import/other-pickle", test_other_pickle);
  g_test_add_func ("/import/command", test_command);
  g_test_add_func ("/import/gamma", test_gamma);
  g_test_add_func ("/import/noise-levels", test_levels);
  g_test_add_func ("/import/answers", test_answers);
  return g_test_run ();
}
