/* SPDX-License-Identifier: MIT
 *
 * safetensors — tests of the reader, one hostile file per check
 *
 * Files are made in memory from a header and a number of data bytes.
 * See: safetensorswriter.c, kernels/io/nfsafetensors.h */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include <nextframe/core/tensor/nftensor.h>
#include "io/nfjson.h"
#include <nextframe/io/nfsafetensors.h>
#include "nfasserts.h"

typedef struct
{
  const gchar *name; /* of the test */
  const gchar *header; /* JSON */
  gsize data; /* bytes behind it */
  const gchar *message; /* part of the error's text; NULL: a good file */
} Case;

#define TENSOR(name, dtype, shape, offsets)                                    \
  "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape                     \
  ",\"data_offsets\":" offsets "}"
#define ONE(dtype, shape, offsets) "{" TENSOR ("x", dtype, shape, offsets) "}"

static const Case cases[] = {
  { "empty", "{}", 0, NULL },
  { "scalar", ONE ("F32", "[]", "[0,4]"), 4, NULL },
  { "rank-8", ONE ("U8", "[1,1,2,1,1,1,1,3]", "[0,6]"), 6, NULL },
  { "padded-header", ONE ("F32", "[2]", "[0,8]") "     ", 8, NULL },
  { "spaced-header",
      "{ \"x\" : { \"shape\" : [ 2 , 1 ] , \"data_offsets\" : [ 0 , 8 ] ,"
      "\n\t\"dtype\" : \"F32\" } }",
      8, NULL },
  { "rank-9", ONE ("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, NULL },
  { "dimension-zero", ONE ("F32", "[2,0]", "[0,0]"), 0, NULL },
  { "empty-among-others",
      "{" TENSOR ("x", "U8", "[4]", "[0,4]") "," TENSOR ("none", "F64", "[0,3]",
          "[4,4]") "," TENSOR ("y", "U8", "[1]", "[4,5]") "}",
      5, NULL },
  { "odd-offset",
      "{" TENSOR ("x", "U8", "[3]", "[0,3]") "," TENSOR (
          "y", "F64", "[1]", "[3,11]") "}",
      11, NULL },
  { "empty-name", "{" TENSOR ("", "U8", "[1]", "[0,1]") "}", 1, NULL },
  { "metadata-null", "{\"__metadata__\":null}", 0, NULL },
  { "f4", ONE ("F4", "[3,2]", "[0,3]"), 3, NULL },
  { "f6", ONE ("F6_E3M2", "[4]", "[0,3]"), 3, NULL },
  { "f8", ONE ("F8_E4M3", "[4]", "[0,4]"), 4, NULL },
  { "c64", ONE ("C64", "[2]", "[0,16]"), 16, NULL },
  { "escaped-name",
      "{" TENSOR ("\\ud83d\\ude00\\n\\u00e9", "U8", "[1]", "[0,1]") "}", 1,
      NULL },
  { "metadata-empty", "{\"__metadata__\":{}}", 0, NULL },

  { "hole-fails", ONE ("U8", "[2]", "[3,5]"), 5,
      "3 bytes before its data belong to no tensor" },
  { "hole-between-fails",
      "{" TENSOR ("y", "U8", "[1]", "[3,4]") "," TENSOR (
          "x", "U8", "[2]", "[0,2]") "}",
      4, "'y': 1 bytes before its data" },
  { "trailing-bytes-fails", ONE ("U8", "[2]", "[0,2]"), 9,
      "7 bytes at its end belong to no tensor" },
  { "trailing-alone-fails", "{}", 1, "1 bytes at its end" },
  { "half-a-byte-fails", ONE ("F4", "[3]", "[0,1]"), 1, "not whole" },
  { "metadata-nul-fails", "{\"__metadata__\":nul}", 0, "expected '{'" },
  { "not-json-fails", "hello", 0, "expected '{'" },
  { "no-header-fails", "", 0, "expected '{'" },
  { "array-fails", "[]", 0, "byte 0x5b, expected '{'" },
  { "space-first-fails", " {}", 0, "byte 0x20, expected '{'" },
  { "unclosed-fails", "{\"x\":{\"dtype\":\"F32\"", 0, "expected '}'" },
  { "after-end-fails", "{} {}", 0, "expected the end" },
  { "trailing-comma-fails", "{" TENSOR ("x", "U8", "[1]", "[0,1]") ",}", 1,
      "expected a string" },
  { "comment-fails", "{/**/}", 0, "expected a string" },
  { "tensor-not-object-fails", "{\"x\":[[[[[[[[[[]]]]]]]]]]}", 0,
      "expected '{', got '['" },
  { "nul-in-name-fails", "{" TENSOR ("a\\u0000", "U8", "[1]", "[0,1]") "}", 1,
      "NUL" },
  { "lone-surrogate-fails", "{" TENSOR ("\\ud800", "U8", "[1]", "[0,1]") "}", 1,
      "surrogate" },
  { "two-high-surrogates-fails",
      "{" TENSOR ("\\ud800\\ud800", "U8", "[1]", "[0,1]") "}", 1, "surrogate" },
  { "cut-escape-fails", "{\"\\u12", 0, "hexadecimal" },
  { "bad-escape-fails", "{\"\\x41\":1}", 0, "after a backslash" },
  { "control-in-name-fails", "{\"a\nb\":1}", 0, "more of a string" },
  { "invalid-utf8-fails", "{\"\xff\":1}", 0, "not valid UTF-8" },
  { "duplicate-name-fails",
      "{" TENSOR ("x", "U8", "[1]", "[0,1]") "," TENSOR (
          "\\u0078", "U8", "[1]", "[1,2]") "}",
      2, "'x': named twice" },
  { "dtype-unknown-fails", ONE ("F8", "[1]", "[0,1]"), 1,
      "unknown dtype 'F8'" },
  { "dtype-number-fails",
      "{\"x\":{\"dtype\":1,\"shape\":[],\"data_offsets\":[0,1]}}", 1,
      "expected a string" },
  { "dtype-missing-fails", "{\"x\":{\"shape\":[],\"data_offsets\":[0,1]}}", 1,
      "no member 'dtype'" },
  { "shape-missing-fails", "{\"x\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}",
      1, "no member 'shape'" },
  { "offsets-missing-fails", "{\"x\":{\"dtype\":\"U8\",\"shape\":[]}}", 1,
      "no member 'data_offsets'" },
  { "member-twice-fails",
      "{\"x\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[],"
      "\"data_offsets\":[0,1]}}",
      1, "repeated member 'dtype'" },
  { "member-unknown",
      "{\"x\":{\"dtype\":\"U8\",\"strides\":[1,{}],\"shape\":[],"
      "\"data_offsets\":[0,1]}}",
      1, NULL },
  { "dimension-negative-fails", ONE ("U8", "[-1]", "[0,1]"), 1,
      "expected an integer" },
  { "dimension-fraction-fails", ONE ("U8", "[1.5]", "[0,1]"), 1,
      "expected an integer" },
  { "dimension-leading-zero-fails", ONE ("U8", "[01]", "[0,1]"), 1,
      "expected an integer" },
  { "dimension-above-63-bits-fails",
      ONE ("U8", "[9223372036854775808]", "[0,1]"), 1, "dimension 0 is" },
  { "dimension-above-64-bits-fails",
      ONE ("U8", "[18446744073709551616]", "[0,1]"), 1,
      "does not fit 64 bits" },
  { "product-overflow-fails", ONE ("U8", "[4294967296,4294967296]", "[0,0]"), 0,
      "overflows" },
  { "product-times-dtype-overflow-fails",
      ONE ("F64", "[2305843009213693952]", "[0,0]"), 0, "overflows" },
  { "size-too-small-fails", ONE ("F32", "[2]", "[0,4]"), 8,
      "takes 8 bytes, data_offsets give 4" },
  { "size-too-large-fails", ONE ("F32", "[1]", "[0,8]"), 8,
      "takes 4 bytes, data_offsets give 8" },
  { "offsets-reversed-fails", ONE ("U8", "[1]", "[1,0]"), 4, "lie outside" },
  { "offsets-outside-fails", ONE ("F32", "[2]", "[4,12]"), 11,
      "lie outside the 11 bytes" },
  { "offsets-huge-fails",
      ONE ("U8", "[2]", "[18446744073709551614,18446744073709551615]"), 11,
      "lie outside" },
  { "offsets-three-fails", ONE ("U8", "[1]", "[0,1,2]"), 4,
      "expected ']', got ','" },
  { "overlap-fails",
      "{" TENSOR ("x", "U8", "[4]", "[4,8]") "," TENSOR (
          "y", "U8", "[5]", "[0,5]") "}",
      8, "'x': its data overlaps that of 'y'" },
  { "same-place-fails",
      "{" TENSOR ("x", "U8", "[4]", "[0,4]") "," TENSOR (
          "y", "U8", "[4]", "[0,4]") "}",
      8, "overlaps" },
  { "metadata-twice-fails", "{\"__metadata__\":{},\"__metadata__\":{}}", 0,
      "named twice" },
  { "metadata-key-twice-fails", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}",
      0, "names 'a' twice" },
  { "metadata-number-fails", "{\"__metadata__\":{\"a\":1}}", 0,
      "expected a string, got '1'" },
  { "metadata-array-fails", "{\"__metadata__\":[]}", 0,
      "expected '{', got '['" },
};

static GBytes *
make_file (const gchar *header, gsize header_length, gsize data)
{
  GByteArray *file = g_byte_array_new ();
  guint64 length = GUINT64_TO_LE ((guint64) header_length);
  guint8 byte;

  g_byte_array_append (file, (const guint8 *) &length, sizeof (length));
  g_byte_array_append (file, (const guint8 *) header, (guint) header_length);
  for (gsize i = 0; i < data; i++) {
    byte = (guint8) i;
    g_byte_array_append (file, &byte, 1);
  }
  return g_byte_array_free_to_bytes (file);
}

static void
assert_refused (GBytes *bytes, const gchar *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_safetensors_open_bytes (bytes, "a file", &error));
  g_assert_true (g_str_has_prefix (error->message, "a file: "));
  nf_assert_error (error, NF_ERROR_FORMAT, message);
}

static void
test_case (gconstpointer data)
{
  const Case *item = data;
  g_autoptr (GBytes) bytes =
      make_file (item->header, strlen (item->header), item->data);
  g_autoptr (NfSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;

  if (item->message != NULL) {
    assert_refused (bytes, item->message);
    return;
  }
  file = nf_safetensors_open_bytes (bytes, "a file", &error);
  g_assert_no_error (error);
  g_assert_nonnull (file);
}

static void
test_tiny_file_fails (void)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) seven = g_bytes_new_static ("\0\0\0\0\0\0\0", 7);

  assert_refused (empty, "the file is empty");
  assert_refused (seven, "7 bytes are too few");
}

static void
test_header_length_fails (void)
{
  g_autoptr (GBytes) cut = g_bytes_new_static ("\3\0\0\0\0\0\0\0{}", 10);
  g_autoptr (GBytes) negative =
      g_bytes_new_static ("\377\377\377\377\377\377\377\377{}", 10);
  gsize length = NF_SAFETENSORS_MAX_HEADER + 1;
  g_autofree gchar *spaces = g_strnfill (length, ' ');
  g_autoptr (GBytes) large = NULL;

  spaces[0] = '{';
  spaces[1] = '}';
  large = make_file (spaces, length, 0);
  assert_refused (cut, "a header of 3 bytes does not fit");
  assert_refused (negative, "does not fit");
  assert_refused (large, "does not fit, expected at most 100000000");
}

/* Names and numbers of tensors have no limit but the header's. */
static void
test_long_name (void)
{
  g_autofree gchar *name = g_strnfill (100000, 'n');
  g_autofree gchar *header = g_strdup_printf (
      "{\"%s\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", name);
  g_autoptr (GBytes) bytes = make_file (header, strlen (header), 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfSafetensors) file =
      nf_safetensors_open_bytes (bytes, "a file", &error);

  g_assert_no_error (error);
  g_assert_nonnull (nf_safetensors_lookup (file, name));
}

static void
test_many_tensors (void)
{
  const guint n = 70000;
  g_autoptr (GString) header = g_string_new ("{");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (NfSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (header,
        "%s\"%u\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[%u,%u]}",
        i > 0 ? "," : "", i, i, i + 1);
  g_string_append_c (header, '}');
  bytes = make_file (header->str, header->len, n);
  file = nf_safetensors_open_bytes (bytes, "a file", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (nf_safetensors_count (file), ==, n);
  g_assert_cmpuint (
      *nf_safetensors_lookup (file, "69999")->data, ==, (guint8) 69999);
}

/* Every beginning of a good file is refused, and none reads past its end */
static void
test_cut_file_fails (void)
{
  const gchar *header = "{\"__metadata__\":{\"k\":\"v\\u00e9\"}," TENSOR (
      "x", "F32", "[2,1]", "[0,8]") "}";
  g_autoptr (GBytes) bytes = make_file (header, strlen (header), 8);

  for (gsize length = 0; length < g_bytes_get_size (bytes); length++) {
    g_autofree guint8 *part =
        g_memdup2 (g_bytes_get_data (bytes, NULL), length);
    g_autoptr (GBytes) cut = g_bytes_new_static (part, length);

    assert_refused (cut, "");
  }
}

static void
test_json_depth_fails (void)
{
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 1000000; i++)
    g_string_append_c (deep, '[');
  g_assert_null (nf_json_parse (deep->str, "deep", &error));
  nf_assert_error (error, NF_ERROR_FORMAT, "nested more than 32 deep");
}

static void
test_json_values (void)
{
  static const gchar *const good[] = { "{}", " [ ] ", "-0.5e+10", "\"\"",
    "[1,{\"a\":[true,false,null]},\"\\\"\"]", "{\"a\":{\"b\":[[],{}]}}" };
  static const gchar *const bad[] = { "", "[1,]", "{\"a\"}", "{\"a\":}", "01",
    "1.", "1e", "-", "nul", "[1}", "{\"a\":1]", "\"", "'a'", "[1 2]", "{1:2}",
    "+1", "{,}", "NaN" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node = nf_json_parse (good[i], "good", &error);

    g_assert_no_error (error);
    g_assert_nonnull (node);
  }
  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (nf_json_parse (bad[i], "bad", &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
  }
}

static void
test_open_missing_fails (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_safetensors_open ("/nonexistent/x.safetensors", &error));
  nf_assert_error (error, NF_ERROR_NOT_FOUND, "/nonexistent/x.safetensors");
}

static void
test_open_folder_fails (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_safetensors_open ("/", &error));
  nf_assert_error (error, NF_ERROR_IO, "found a folder, a pipe or a device");
  g_clear_error (&error);
  g_assert_null (nf_safetensors_open ("/dev/null", &error));
  nf_assert_error (error, NF_ERROR_IO, "found a folder, a pipe or a device");
}

static void
test_open_empty_file_fails (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "empty", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_null (nf_safetensors_open (path, &error));
  nf_assert_error (error, NF_ERROR_FORMAT, "the file is empty");
  g_unlink (path);
  g_rmdir (folder);
}

/* What is another file is told apart from what is damaged. */
static void
test_open_other_format_fails (void)
{
  static const struct
  {
    const gchar *bytes;
    gsize length;
    gint code;
    const gchar *says;
  } files[] = {
    { "PK\003\004\024\0\0\010archive/data.pkl", 24, NF_ERROR_UNSUPPORTED,
        "nextframe-train import makes a checkpoint" },
    { "\200\002\212\nl\374\234F\371 j\250P\031.", 15, NF_ERROR_UNSUPPORTED,
        "old files of PyTorch" },
    { "\010\007\022\007pytorch\032\0051.9.0:", 19, NF_ERROR_UNSUPPORTED,
        "is an ONNX model, not a safetensors file" },
    { "\211PNG\r\n\032\n\0\0\0\rIHDR", 16, NF_ERROR_UNSUPPORTED,
        "is a PNG picture" },
    { "\223NUMPY\001\0v\0{'descr'", 18, NF_ERROR_UNSUPPORTED,
        "is a NumPy array" },
    { "version https://git-lfs.github.com/spec/v1\n", 43, NF_ERROR_UNSUPPORTED,
        "git lfs pull" },
    { "<!DOCTYPE html><html>", 21, NF_ERROR_UNSUPPORTED, "is a web page" },
    { "[train]\nsteps = 3\n", 18, NF_ERROR_UNSUPPORTED, "is text, not" },
    { "short", 5, NF_ERROR_UNSUPPORTED, "is text, not" },
    { "\303\244 and more of it", 17, NF_ERROR_UNSUPPORTED, "is text, not" },
    { "\020\0\0", 3, NF_ERROR_FORMAT, "too few" },
    { "\377\0\0\0\0\0\0\0{\"a\"", 12, NF_ERROR_FORMAT, "complete?" },
    { "\002\0\0\0\0\0\0\0xy", 10, NF_ERROR_FORMAT, "expected '{'" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GBytes) bytes =
        g_bytes_new_static (files[i].bytes, files[i].length);
    g_autoptr (GError) error = NULL;

    g_assert_null (nf_safetensors_open_bytes (bytes, "the-file", &error));
    nf_assert_error (error, files[i].code, files[i].says);
    nf_assert_error (error, files[i].code, "the-file: ");
  }
}

/* Elements of every dtype, each tensor at an odd address */
static void
test_read_dtypes (void)
{
  static const guint8 data[] = { 0, /* f64: -2.5, f32: 1.5 */
    0, 0, 0, 0, 0, 0, 0x04, 0xc0, 0, 0, 0xc0, 0x3f,
    /* f16: 1, 65504, 2^-24, -0, inf, nan */
    0x00, 0x3c, 0xff, 0x7b, 0x01, 0x00, 0x00, 0x80, 0x00, 0x7c, 0x01, 0x7e,
    /* bf16: -3, i64: -2, i32: -3, i16: -4, i8: -5, u8: 250, bool: 1 */
    0x40, 0xc0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd, 0xff,
    0xff, 0xff, 0xfc, 0xff, 0xfb, 0xfa, 0x01, /* u32, u16 */
    0xfe, 0xff, 0xff, 0xff, 0xfd, 0xff };
  static const struct
  {
    const gchar *name;
    gint64 value;
  } integers[] = { { "i64", -2 }, { "i32", -3 }, { "i16", -4 }, { "i8", -5 },
    { "u8", 250 }, { "bool", 1 }, { "u32", 4294967294 }, { "u16", 65533 } };
  const gchar *header = "{" TENSOR ("odd", "U8", "[1]", "[0,1]") "," TENSOR (
      "u32", "U32", "[1]", "[44,48]") "," TENSOR ("u16", "U16", "[1]",
      "[48,50]") "," TENSOR ("f64", "F64", "[1]", "[1,9]") "," TENSOR ("f32",
      "F32", "[1]", "[9,13]") "," TENSOR ("f16", "F16", "[6]",
      "[13,25]") "," TENSOR ("bf16", "BF16", "[1]",
      "[25,27]") "," TENSOR ("i64", "I64", "[1]", "[27,35]") "," TENSOR ("i32",
      "I32", "[1]", "[35,39]") "," TENSOR ("i16", "I16", "[1]",
      "[39,41]") "," TENSOR ("i8", "I8", "[1]", "[41,42]") "," TENSOR ("u8",
      "U8", "[1]", "[42,43]") "," TENSOR ("bool", "BOOL", "[1]", "[43,44]") "}";
  GByteArray *array = g_byte_array_new ();
  guint64 length = GUINT64_TO_LE ((guint64) strlen (header));
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (NfSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;
  gfloat f[6];
  gint64 n;

  g_byte_array_append (array, (const guint8 *) &length, sizeof (length));
  g_byte_array_append (array, (const guint8 *) header, strlen (header));
  g_byte_array_append (array, data, sizeof (data));
  bytes = g_byte_array_free_to_bytes (array);
  file = nf_safetensors_open_bytes (bytes, "dtypes", &error);
  g_assert_no_error (error);

#define READ(name)                                                             \
  g_assert_true (                                                              \
      nf_safetensors_read_f32 (nf_safetensors_lookup (file, name), f, &error))
  READ ("f64");
  g_assert_true (f[0] == -2.5f);
  READ ("f32");
  g_assert_true (f[0] == 1.5f);
  READ ("bf16");
  g_assert_true (f[0] == -3.0f);
  READ ("f16");
#undef READ
  g_assert_true (f[0] == 1.0f && f[1] == 65504.0f && f[2] == ldexpf (1, -24));
  g_assert_true (f[3] == 0.0f && signbit (f[3]) && f[4] == INFINITY);
  g_assert_true (isnan (f[5]));
  for (guint i = 0; i < G_N_ELEMENTS (integers); i++) {
    g_assert_true (nf_safetensors_read_i64 (
        nf_safetensors_lookup (file, integers[i].name), &n, &error));
    g_assert_cmpint (n, ==, integers[i].value);
  }

  g_assert_false (
      nf_safetensors_read_f32 (nf_safetensors_lookup (file, "i64"), f, &error));
  nf_assert_error (error, NF_ERROR_FORMAT, "expected floating-point");
  g_clear_error (&error);
  g_assert_false (nf_safetensors_read_i64 (
      nf_safetensors_lookup (file, "bf16"), &n, &error));
  nf_assert_error (error, NF_ERROR_FORMAT, "expected integers");
}

/* The fuzzer's entry point over every case, and over one with a byte flipped */
static void
test_fuzz_seeds (void)
{
  const gchar *program = g_getenv ("NF_FUZZ_SAFETENSORS");
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autofree gchar *folder = NULL;
  g_autoptr (GError) error = NULL;
  gint status;
  guint i;

  if (program == NULL) {
    g_test_skip ("NF_FUZZ_SAFETENSORS does not name the program");
    return;
  }
  folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_ptr_array_add (argv, g_strdup (program));
  for (i = 0; i < 2 * G_N_ELEMENTS (cases); i++) {
    const Case *item = &cases[i / 2];
    g_autoptr (GBytes) bytes =
        make_file (item->header, strlen (item->header), item->data);
    gsize size;
    g_autofree guint8 *data =
        g_bytes_unref_to_data (g_steal_pointer (&bytes), &size);
    g_autofree gchar *name = g_strdup_printf ("%u", i);

    if (i % 2 == 1)
      data[i * 7 % size] ^= (guint8) (1 << i % 8);
    g_ptr_array_add (argv, g_build_filename (folder, name, NULL));
    g_assert_true (g_file_set_contents (g_ptr_array_index (argv, i + 1),
        (const gchar *) data, (gssize) size, &error));
  }
  g_ptr_array_add (argv, NULL);
  g_spawn_sync (NULL, (gchar **) argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL,
      NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, &error));
  for (i = 1; i < argv->len - 1; i++)
    g_unlink (g_ptr_array_index (argv, i));
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_golden_files_open (void)
{
  g_autofree gchar *folder =
      g_build_filename (g_getenv ("NF_SOURCE"), "tests/golden/data", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;
  guint n = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);
    g_autoptr (NfSafetensors) file = NULL;
    g_autoptr (GError) error = NULL;

    if (!g_str_has_suffix (name, ".safetensors"))
      continue;
    file = nf_safetensors_open (path, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (nf_safetensors_count (file), >, 0);
    n++;
  }
  g_assert_cmpuint (n, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path =
        g_strdup_printf ("/safetensors/header/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
#define ADD(name, function) g_test_add_func ("/safetensors/" name, function)
  ADD ("tiny-file-fails", test_tiny_file_fails);
  ADD ("header-length-fails", test_header_length_fails);
  ADD ("long-name", test_long_name);
  ADD ("many-tensors", test_many_tensors);
  ADD ("cut-file-fails", test_cut_file_fails);
  ADD ("json-depth-fails", test_json_depth_fails);
  ADD ("json-values", test_json_values);
  ADD ("open-missing-fails", test_open_missing_fails);
  ADD ("open-folder-fails", test_open_folder_fails);
  ADD ("open-empty-file-fails", test_open_empty_file_fails);
  ADD ("open-other-format-fails", test_open_other_format_fails);
  ADD ("read-dtypes", test_read_dtypes);
  ADD ("fuzz-seeds", test_fuzz_seeds);
  ADD ("golden-files-open", test_golden_files_open);
#undef ADD
  return g_test_run ();
}
