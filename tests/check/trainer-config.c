/* SPDX-License-Identifier: MIT
 *
 * trainer-config — settings: tables, files, --set, checks, JSON, options */
#include "config/table.h"
#include "config/options.h"

#include <glib/gstdio.h>
#include <string.h>

/* Asserts that the error is set and that its message holds all @words. */
static void
assert_error_says (GError *error, NfError code, const gchar *words)
{
  g_auto (GStrv) list = g_strsplit (words, "|", -1);

  g_assert_error (error, NF_ERROR, (gint) code);
  for (guint i = 0; list[i]; i++)
    if (!strstr (error->message, list[i]))
      g_error ("\"%s\" is not in \"%s\"", list[i], error->message);
}

static gchar *
write_file (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  gchar *path;
  gint fd = g_file_open_tmp ("nextframe-XXXXXX.ini", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static void
test_defaults (void)
{
  for (NfTrainKind kind = 0; kind < NF_N_TRAIN_KINDS; kind++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTrainConfig) config = nf_train_config_new (kind);

    nf_train_config_check (config, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (config->train.betas.v[1], ==, 0.999);
    g_assert_cmpstr (config->train.optimizer, ==, "adamw");
  }
}

static void
test_round_trip (void)
{
  for (NfTrainKind kind = 0; kind < NF_N_TRAIN_KINDS; kind++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTrainConfig) config = nf_train_config_new (kind);
    g_autoptr (NfTrainConfig) again = nf_train_config_new (kind);
    g_autofree gchar *path = write_file ("");
    g_autofree gchar *first = NULL, *second = NULL;

    nf_train_config_set (
        config, "train.learning-rate=0.00012345678901234567", &error);
    nf_train_config_set (config, "data.path=a \\ folder;with, =signs=", &error);
    nf_train_config_set (config, "data.splits=val,train", &error);
    nf_train_config_set (config, "data.image-size=40 60", &error);
    nf_train_config_save (config, path, &error);
    nf_train_config_load (again, path, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (
        again->train.learning_rate, ==, config->train.learning_rate);
    g_assert_cmpstr (again->data.path, ==, "a \\ folder;with, =signs=");
    g_assert_cmpstr (again->data.splits, ==, "val train");
    first = nf_train_config_to_string (config);
    second = nf_train_config_to_string (again);
    g_assert_cmpstr (first, ==, second);
    g_unlink (path);
  }
}

/* Every key is explained in what --print-config prints. */
static void
test_print_explains (void)
{
  for (NfTrainKind kind = 0; kind < NF_N_TRAIN_KINDS; kind++) {
    g_autoptr (NfTrainConfig) config = nf_train_config_new (kind);
    g_autofree gchar *text = nf_train_config_to_string (config);
    const NfConfigRow *row;

    for (guint i = 0; (row = nf_config_row (kind, i)); i++) {
      g_autofree gchar *key = g_strconcat ("\n", row->key, "=", NULL);

      g_assert_nonnull (strstr (text, row->help));
      g_assert_nonnull (strstr (text, key));
    }
  }
}

/* What a setting is that nobody gives is a promise, as that of a property is: each
 * stands in traindefaults.txt, in the order of --print-config. */
static void
test_promised_defaults (void)
{
  static const gchar *const kinds[NF_N_TRAIN_KINDS] = {
    [NF_TRAIN_SEGMENT] = "segment", [NF_TRAIN_DIFFUSION] = "diffusion"
  };
  g_autofree gchar *path = g_build_filename (
      g_getenv ("NF_SOURCE"), "tests", "check", "traindefaults.txt", NULL);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint n = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (NfTrainKind kind = 0; kind < NF_N_TRAIN_KINDS; kind++) {
    const NfConfigRow *row;

    for (guint i = 0; (row = nf_config_row (kind, i)); i++) {
      g_autofree gchar *line = g_strdup_printf (
          "%s %s.%s=%s", kinds[kind], row->group, row->key, row->value);

      if (g_strcmp0 (lines[n], line) != 0)
        g_error ("%s:%u: expected \"%s\", found \"%s\"; write the line anew "
                 "where the default is meant to be another one",
            path, n + 1, lines[n], line);
      n++;
    }
  }
  g_assert_cmpstr (lines[n], ==, "");
}

typedef struct
{
  const gchar *text;
  const gchar *says;
} Bad;

static const Bad bad_sets[] = {
  { "train.steps", "group.key=value" },
  { "steps=3", "group.key=value" },
  { "train.learning-rat=3", "no key train.learning-rat;|train.learning-rate" },
  { "model.batch-size=3", "no key model.batch-size;|train.batch-size" },
  { "trian.steps=3", "no key trian.steps;|train.steps" },
  { "train.momentum=3", "no key train.momentum; none is like it" },
  { "train.lr=3", "no key train.lr; none is like it" },
  { "model.encoder=resnet18", "no key model.encoder; it is a key of segment" },
  { "train.steps=many", "train.steps|whole number from 1|\"many\"" },
  { "train.steps=1.5", "whole number|\"1.5\"" },
  { "train.steps=0", "from 1|\"0\"" },
  { "train.steps=", "\"\"" },
  { "train.batch-size=99999999999999999999", "to 65536" },
  { "train.eps=nan", "number from|\"nan\"" },
  { "train.learning-rate=-1", "from 0|\"-1\"" },
  { "train.learning-rate=1x", "\"1x\"" },
  { "train.betas=0.9", "2 numbers|\"0.9\"" },
  { "train.betas=0.9 1", "0.9999999" },
  { "train.optimizer=sgd", "one of: adamw adam|\"sgd\"" },
  { "train.optimizer=adam adamw", "one of" },
  { "model.spade=maybe", "true or false|\"maybe\"" },
  { "model.ch-mult=1 2 x", "whole numbers|\"1 2 x\"" },
  { "model.ch-mult=1 1 1 1 1 1 1 1 1", "at most 8" },
  { "data.image-size=128", "2 whole numbers" },
  { "data.splits=trian", "one or more of: train val unlabeled hidden" },
  { "data.splits=train train", "one or more of" },
  { "data.splits=", "one or more of" },
};

static void
test_set_fails (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_sets); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_DIFFUSION);
    g_autofree gchar *before = nf_train_config_to_string (config);
    g_autofree gchar *after = NULL;

    g_assert_false (nf_train_config_set (config, bad_sets[i].text, &error));
    assert_error_says (error, NF_ERROR_INVALID, bad_sets[i].says);
    after = nf_train_config_to_string (config);
    g_assert_cmpstr (before, ==, after);
  }
}

typedef struct
{
  const gchar *text;
  NfError code;
  const gchar *says;
} BadFile;

static const BadFile bad_files[] = {
  { "steps = 3\n", NF_ERROR_FORMAT, ".ini" },
  { "[train]\nsteps\n", NF_ERROR_FORMAT, ".ini" },
  { "[train]\nstep = 3\n", NF_ERROR_INVALID, ".ini|train.step;|train.steps" },
  { "[trains]\nsteps = 3\n", NF_ERROR_INVALID, "trains.steps|train.steps" },
  { "[train]\nsteps = -3\n", NF_ERROR_INVALID, ".ini|train.steps|\"-3\"" },
  { "[data]\npath = a\\qb\n", NF_ERROR_FORMAT, ".ini" },
  { "\xff\xfe[", NF_ERROR_FORMAT, ".ini|UTF-16; save it as UTF-8" },
  { "\xfe\xff[", NF_ERROR_FORMAT, ".ini|UTF-16; save it as UTF-8" },
};

/* Editors put a mark of UTF-8 before a text, which nobody sees. */
static void
test_load_utf8_mark (void)
{
  static const gchar *const texts[] = { "\xef\xbb\xbf[train]\nsteps = 7\n",
    "\xef\xbb\xbf[train]\r\nsteps = 7\r\n" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
    g_autoptr (GError) error = NULL;
    g_autofree gchar *path = write_file (texts[i]);

    nf_train_config_load (config, path, &error);
    g_assert_no_error (error);
    g_assert_cmpint (config->train.steps, ==, 7);
    g_unlink (path);
  }
}

static void
test_load_fails (void)
{
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autoptr (GError) missing = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad_files); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *path = write_file (bad_files[i].text);

    g_assert_false (nf_train_config_load (config, path, &error));
    assert_error_says (error, bad_files[i].code, bad_files[i].says);
    g_unlink (path);
  }
  g_assert_false (
      nf_train_config_load (config, "/nonexistent/a.ini", &missing));
  assert_error_says (missing, NF_ERROR_NOT_FOUND, "/nonexistent/a.ini");
}

static const Bad bad_checks[] = {
  { "data.image-size=0 60", "data.image-size|0 60" },
  { "data.image-size=120 120", "multiples of 16|120 120" },
  { "model.ch-mult=", "model.ch-mult" },
  { "model.n-head-channels=0", "n-head-channels|-1" },
  { "model.sigma-end=0.5", "sigma-begin|0.5" },
  { "model.attn-resolutions=12", "attn-resolutions|12|128 64 32 16 8" },
  { "model.network=concat_unet", "model.network|concat_unet|model.spade" },
  { "model.network=unetpp", "model.network|spade_unet or concat_unet" },
};

static const Bad bad_segment_checks[] = {
  { "model.network=spade_unet", "model.network|unetpp|spade_unet" },
  { "model.network=magic", "model.network|unetpp|magic" },
  { "data.path=scenes:x", "data.path: expected scenes:SEED|scenes:x" },
};

static void
check_fails (NfTrainKind kind, const Bad *bad)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTrainConfig) config = nf_train_config_new (kind);

  nf_train_config_set (config, bad->text, &error);
  g_assert_no_error (error);
  g_assert_false (nf_train_config_check (config, &error));
  assert_error_says (error, NF_ERROR_INVALID, bad->says);
}

static void
test_check_fails (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_checks); i++)
    check_fails (NF_TRAIN_DIFFUSION, &bad_checks[i]);
  for (guint i = 0; i < G_N_ELEMENTS (bad_segment_checks); i++)
    check_fails (NF_TRAIN_SEGMENT, &bad_segment_checks[i]);
}

/* Which network the settings train. */
static void
test_net (void)
{
  static const struct
  {
    NfTrainKind kind;
    const gchar *set, *net;
  } cases[] = {
    { NF_TRAIN_SEGMENT, "model.network=unetpp", "unetpp" },
    { NF_TRAIN_DIFFUSION, "model.network=spade_unet", "spade_unet" },
    { NF_TRAIN_DIFFUSION, "model.spade=false", "concat_unet" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (NfTrainConfig) config = nf_train_config_new (cases[i].kind);

    g_assert_true (nf_train_config_set (config, cases[i].set, NULL));
    g_assert_cmpstr (nf_train_config_net (config)->name, ==, cases[i].net);
  }
}

/* The size of the frames is looked at once it is known. */
static void
test_check_own_size (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_DIFFUSION);

  nf_train_config_set (config, "data.image-size=0 0", &error);
  nf_train_config_set (config, "model.attn-resolutions=10 20", &error);
  g_assert_true (nf_train_config_check (config, &error));
  g_assert_true (nf_train_config_resolve_size (config, 160, 240, &error));
  g_assert_no_error (error);
  g_assert_cmpint (config->height, ==, 160);
  g_assert_cmpint (config->width, ==, 240);
  g_assert_false (nf_train_config_resolve_size (config, 160, 236, &error));
  assert_error_says (error, NF_ERROR_INVALID, "160 236");
}

static void
test_resume_check (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTrainConfig) begun = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);

  nf_train_config_set (config, "train.steps=7", &error);
  nf_train_config_set (config, "data.path=elsewhere", &error);
  g_assert_true (nf_train_config_check_resume (config, begun, &error));
  g_assert_no_error (error);
  nf_train_config_set (config, "model.mean=0 0 0", &error);
  g_assert_false (nf_train_config_check_resume (config, begun, &error));
  assert_error_says (
      error, NF_ERROR_INVALID, "model.mean|0.485 0.456 0.406|0 0 0");
}

static void
test_json_diffusion (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_DIFFUSION);
  g_autoptr (JsonObject) json = NULL, wide = NULL;
  JsonArray *array;

  nf_train_config_resolve_size (config, 160, 240, &error);
  json = nf_train_config_to_json (config);
  array = json_object_get_array_member (json, "ch_mult");
  g_assert_cmpint (json_array_get_int_element (
                       json_object_get_array_member (json, "image_size"), 1),
      ==, 128);
  g_assert_cmpint (json_array_get_int_element (array, 3), ==, 4);
  g_assert_cmpfloat (
      json_object_get_double_member (json, "sigma_end"), ==, 0.0001);
  g_assert_cmpstr (
      json_object_get_string_member (json, "sigma_dist"), ==, "linear");
  g_assert_true (json_object_get_boolean_member (json, "spade"));

  nf_train_config_set (config, "data.image-size=40 60", &error);
  nf_train_config_resolve_size (config, 160, 240, &error);
  g_assert_no_error (error);
  wide = nf_train_config_to_json (config);
  array = json_object_get_array_member (wide, "image_size");
  g_assert_cmpint (json_array_get_int_element (array, 0), ==, 40);
  g_assert_cmpint (json_array_get_int_element (array, 1), ==, 60);
}

static void
test_json_segment (void)
{
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autoptr (JsonObject) json = nf_train_config_to_json (config);
  JsonArray *array = json_object_get_array_member (json, "widths");

  g_assert_cmpint (json_object_get_int_member (json, "encoder_width"), ==, 64);
  g_assert_cmpstr (
      json_object_get_string_member (json, "encoder"), ==, "resnet34");
  g_assert_cmpint (json_object_get_int_member (json, "encoder_width"), ==, 64);
  g_assert_cmpint (json_object_get_int_member (json, "classes"), ==, 49);
  g_assert_cmpint (json_array_get_int_element (array, 4), ==, 16);
  array = json_object_get_array_member (json, "std");
  g_assert_cmpfloat (json_array_get_double_element (array, 2), ==, 0.225);
}

/* The configurations that ship can be used. */
static void
test_examples (void)
{
  g_autofree gchar *folder =
      g_build_filename (g_getenv ("NF_SOURCE"), "examples/configs", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const gchar *name;
  guint n = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir))) {
    g_autoptr (NfTrainConfig) config = nf_train_config_new (
        g_str_has_prefix (name, "unetpp") ? NF_TRAIN_SEGMENT
                                          : NF_TRAIN_DIFFUSION);
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    nf_train_config_load (config, path, &error);
    g_assert_no_error (error);
    nf_train_config_check (config, &error);
    g_assert_no_error (error);
    n++;
  }
  g_assert_cmpuint (n, >=, 8);
}

static NfTrainOptions *
parse (const gchar *command, GError **error)
{
  g_auto (GStrv) argv = g_strsplit (command, " ", -1);
  guint argc = g_strv_length (argv);
  g_autofree gchar **moved = g_new0 (gchar *, argc + 1);

  memcpy (moved, argv, argc * sizeof *argv);
  return nf_train_options_parse (NF_TRAIN_SEGMENT, argc, moved, error);
}

static void
test_options (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *file =
      write_file ("[train]\nsteps = 5\nbatch-size = 7\n[data]\npath = /x\n");
  g_autofree gchar *command = g_strdup_printf (
      "segment -c %s --set train.steps=6 --run /r --data /y/../z", file);
  g_autoptr (NfTrainOptions) options = parse (command, &error);

  g_assert_no_error (error);
  g_assert_cmpint (options->config->train.steps, ==, 6);
  g_assert_cmpint (options->config->train.batch_size, ==, 7);
  g_assert_cmpstr (options->config->data.path, ==, "/z");
  g_assert_cmpstr (options->run, ==, "/r");
  g_assert_false (options->resume);
  g_unlink (file);
}

static const Bad bad_commands[] = {
  { "segment", "--run" },
  { "segment --run r", "--data" },
  { "segment --run r --data d extra", "extra" },
  { "segment --rnu r", "rnu" },
  { "segment --run r --data d --set train.stps=1", "train.steps" },
  { "segment --run /nonexistent --resume", "/nonexistent/config.ini" },
};

static void
test_options_fail (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_commands); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (parse (bad_commands[i].text, &error));
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, bad_commands[i].says));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/defaults", test_defaults);
  g_test_add_func ("/config/promised-defaults", test_promised_defaults);
  g_test_add_func ("/config/round-trip", test_round_trip);
  g_test_add_func ("/config/print-explains", test_print_explains);
  g_test_add_func ("/config/set-fails", test_set_fails);
  g_test_add_func ("/config/load-fails", test_load_fails);
  g_test_add_func ("/config/load-utf8-mark", test_load_utf8_mark);
  g_test_add_func ("/config/check-fails", test_check_fails);
  g_test_add_func ("/config/net", test_net);
  g_test_add_func ("/config/check-own-size", test_check_own_size);
  g_test_add_func ("/config/resume-check", test_resume_check);
  g_test_add_func ("/config/json-diffusion", test_json_diffusion);
  g_test_add_func ("/config/json-segment", test_json_segment);
  g_test_add_func ("/config/examples", test_examples);
  g_test_add_func ("/config/options", test_options);
  g_test_add_func ("/config/options-fail", test_options_fail);
  return g_test_run ();
}
