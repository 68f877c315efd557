/* SPDX-License-Identifier: MIT
 *
 * npy — tests of kernels/io/nfnpy: headers good, bad and hostile */
#include <nextframe/io/nfnpy.h>

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* a file's beginning with this dictionary, as version major.minor */
static GBytes *
make_header (guint8 major, guint8 minor, const gchar *dictionary)
{
  GByteArray *bytes = g_byte_array_new ();
  gsize length = strlen (dictionary);
  guint8 preamble[12] = { 0x93, 'N', 'U', 'M', 'P', 'Y', major, minor,
    length & 0xff, length >> 8 & 0xff, length >> 16 & 0xff, length >> 24 };

  g_byte_array_append (bytes, preamble, major == 1 ? 10 : 12);
  g_byte_array_append (bytes, (const guint8 *) dictionary, length);

  return g_byte_array_free_to_bytes (bytes);
}

static NfNpyStatus
parse (GBytes *bytes, NfNpyHeader *header, GError **error)
{
  gsize size, wanted = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  return nf_npy_parse_header (data, size, header, &wanted, error);
}

typedef struct
{
  const gchar *dictionary;
  NfNpyType type;
  gboolean big_endian;
  guint n_dims;
  guint64 data_bytes;
} GoodCase;

static const GoodCase good_cases[] = {
  { "{'descr': '|u1', 'fortran_order': False, 'shape': (22, 160, 240), }   \n",
      NF_NPY_U8, FALSE, 3, 22 * 160 * 240 },
  { "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }\n", NF_NPY_BOOL,
      FALSE, 1, 3 },
  { "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }\n", NF_NPY_U16,
      FALSE, 2, 12 },
  { "{'descr': '>u2', 'fortran_order': False, 'shape': (2, 3), }\n", NF_NPY_U16,
      TRUE, 2, 12 },
  { "{'descr': '<i8', 'fortran_order': False, 'shape': (), }\n", NF_NPY_I64,
      FALSE, 0, 8 },
  { "{'descr': '>i4', 'fortran_order': False, 'shape': (0, 5)}", NF_NPY_I32,
      TRUE, 2, 0 },
  { "{\"shape\": (22L, 4L), \"descr\": \"<u4\", \"fortran_order\": False}\n",
      NF_NPY_U32, FALSE, 2, 352 },
  { " { 'descr':'<u1' ,'shape':(1,2,) , 'fortran_order':False }", NF_NPY_U8,
      FALSE, 2, 2 },
};

static void
test_npy_header_parses (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good_cases); i++) {
    const GoodCase *good = &good_cases[i];

    for (guint major = 1; major <= 3; major++) {
      g_autoptr (GBytes) bytes = make_header (major, 0, good->dictionary);
      g_autoptr (GError) error = NULL;
      NfNpyHeader header;

      g_assert_cmpint (parse (bytes, &header, &error), ==, NF_NPY_PARSED);
      g_assert_no_error (error);
      g_assert_cmpint (header.type, ==, good->type);
      g_assert_cmpint (header.big_endian, ==, good->big_endian);
      g_assert_cmpuint (header.n_dims, ==, good->n_dims);
      g_assert_cmpuint (header.data_bytes, ==, good->data_bytes);
      g_assert_cmpuint (header.header_bytes, ==, g_bytes_get_size (bytes));
    }
  }
}

static void
test_npy_header_in_pieces (void)
{
  g_autoptr (GBytes) bytes = make_header (2, 0, good_cases[0].dictionary);
  gsize size, wanted = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  NfNpyHeader header;

  for (gsize have = 0; have < size; have++) {
    g_autofree guint8 *part = g_memdup2 (data, have);

    g_assert_cmpint (nf_npy_parse_header (part, have, &header, &wanted, NULL),
        ==, NF_NPY_NEED_MORE);
    g_assert_cmpuint (wanted, >, have);
    g_assert_cmpuint (wanted, <=, size);
  }
  g_assert_cmpint (nf_npy_parse_header (data, size, &header, &wanted, NULL), ==,
      NF_NPY_PARSED);
}

typedef struct
{
  const gchar *dictionary;
  NfError code;
  const gchar *says;
} BadCase;

#define TAIL ", 'fortran_order': False, 'shape': (2, 3), }"

static const BadCase bad_cases[] = {
  { "{'descr': '<f4'" TAIL, NF_ERROR_UNSUPPORTED, "'<f4'" },
  { "{'descr': '|O'" TAIL, NF_ERROR_UNSUPPORTED, "'|O'" },
  { "{'descr': '<U8'" TAIL, NF_ERROR_UNSUPPORTED, "'<U8'" },
  { "{'descr': '|u2'" TAIL, NF_ERROR_UNSUPPORTED, "'|u2'" },
  { "{'descr': 'u2'" TAIL, NF_ERROR_UNSUPPORTED, "'u2'" },
  { "{'descr': '<u3'" TAIL, NF_ERROR_UNSUPPORTED, "'<u3'" },
  { "{'descr': '<u16'" TAIL, NF_ERROR_UNSUPPORTED, "'<u16'" },
  { "{'descr': ''" TAIL, NF_ERROR_UNSUPPORTED, "''" },
  { "{'descr': [('r', '|u1')]" TAIL, NF_ERROR_UNSUPPORTED, "records" },
  { "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }",
      NF_ERROR_UNSUPPORTED, "Fortran" },
  { "{'descr': '|u1', 'fortran_order': 0, 'shape': (2, 3), }", NF_ERROR_FORMAT,
      "fortran_order" },
  { "{'descr': '|u1', 'shape': (2, 3), }", NF_ERROR_FORMAT, "damaged" },
  { "{'descr': '|u1', 'descr': '|u1'" TAIL, NF_ERROR_FORMAT, "second" },
  { "{'descr': '|u1', 'extra': 1" TAIL, NF_ERROR_FORMAT, "extra" },
  { "{'descr': '|u1'" TAIL " x", NF_ERROR_FORMAT, "damaged" },
  { "{'descr': '|u1' 'fortran_order': False, 'shape': (2, 3)}", NF_ERROR_FORMAT,
      "damaged" },
  { "{'descr': '|u1', 'fortran_order': False, 'shape': (2, -3), }",
      NF_ERROR_FORMAT, "shape" },
  { "{'descr': '|u1', 'fortran_order': False, 'shape': (2 3), }",
      NF_ERROR_FORMAT, "shape" },
  { "{'descr': '|u1', 'fortran_order': False, 'shape': (3), }", NF_ERROR_FORMAT,
      "shape" },
  { "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3", NF_ERROR_FORMAT,
      "shape" },
  { "{'descr': '|u1', 'fortran_order': False, 'shape': 3, }", NF_ERROR_FORMAT,
      "shape" },
  { "{'descr': '|u1', 'fortran_order': False, 'shape': "
    "(4294967296, 4294967296), }",
      NF_ERROR_FORMAT, "4294967296" },
  { "{'descr': '<u8', 'fortran_order': False, 'shape': "
    "(2305843009213693952,), }",
      NF_ERROR_FORMAT, "64 bits" },
  { "{'descr': '|u1', 'fortran_order': False, 'shape': "
    "(99999999999999999999,), }",
      NF_ERROR_FORMAT, "shape" },
  { "{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,"
    "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1), }",
      NF_ERROR_FORMAT, "axes" },
  { "{'descr\\': '|u1'" TAIL, NF_ERROR_FORMAT, "damaged" },
  { "[]", NF_ERROR_FORMAT, "damaged" },
  { "  ", NF_ERROR_FORMAT, "damaged" },
};

static void
test_npy_header_refused_fails (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_cases); i++) {
    const BadCase *bad = &bad_cases[i];
    g_autoptr (GBytes) bytes = make_header (1, 0, bad->dictionary);
    g_autoptr (GError) error = NULL;
    NfNpyHeader header;

    g_assert_cmpint (parse (bytes, &header, &error), ==, NF_NPY_INVALID);
    g_assert_error (error, NF_ERROR, (gint) bad->code);
    if (strstr (error->message, bad->says) == NULL)
      g_error ("%s: '%s' does not mention %s", bad->dictionary, error->message,
          bad->says);
  }
}

static void
test_npy_preamble_refused_fails (void)
{
  static const gchar *const starts[] = { "P", "\x93NUMPX\x01", "RIFF1234",
    "\x93NUMPY\x04\x00\x76\x00", "\x93NUMPY\x01\x01\x76\x00",
    "\x93NUMPY\x01\x00\x01\x00" };
  static const gsize sizes[] = { 1, 7, 8, 10, 10, 10 };
  static const guint8 huge[] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 0xff,
    0xff, 0xff, 0xff };
  NfNpyHeader header;
  gsize wanted;

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (nf_npy_parse_header ((const guint8 *) starts[i], sizes[i],
                         &header, &wanted, &error),
        ==, NF_NPY_INVALID);
    g_assert_nonnull (error);
  }
  g_assert_cmpint (
      nf_npy_parse_header (huge, sizeof huge, &header, &wanted, NULL), ==,
      NF_NPY_INVALID);
}

static void
test_npy_damaged_bytes_do_no_harm (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint i = 0; i < 20000; i++) {
    const GoodCase *good = &good_cases[i % G_N_ELEMENTS (good_cases)];
    g_autoptr (GBytes) bytes = make_header (1 + i % 3, 0, good->dictionary);
    gsize size, wanted;
    const guint8 *data = g_bytes_get_data (bytes, &size);
    g_autofree guint8 *copy = g_memdup2 (data, size);
    NfNpyHeader header;

    for (guint j = 0; j < 1 + i % 4; j++)
      copy[g_rand_int_range (rand, 6, size)] = g_rand_int (rand);
    if (nf_npy_parse_header (copy, size, &header, &wanted, NULL)
        == NF_NPY_PARSED) {
      g_assert_cmpuint (header.n_dims, <=, NF_NPY_MAX_DIMS);
      g_assert_cmpuint (header.header_bytes, <=, size);
    }
  }
}

static void
test_npy_header_written_as_numpy_does (void)
{
  static const guint64 shape[] = { 22, 160, 240 };
  /* what numpy.save () writes before this array */
  g_autofree gchar *text = g_strdup_printf ("%-117s\n",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (22, 160, 240), }");
  g_autoptr (GBytes) expected = make_header (1, 0, text);
  g_autoptr (GBytes) bytes = NULL;
  NfNpyHeader header;

  g_assert_true (nf_npy_header_init (&header, NF_NPY_U8, TRUE, shape, 3, NULL));
  bytes = nf_npy_format_header (&header);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
      g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));
}

static void
test_npy_header_round_trip (void)
{
  guint64 shape[NF_NPY_MAX_DIMS] = { 0, 3, 1, 4294967295u };

  for (guint dims = 0; dims <= NF_NPY_MAX_DIMS; dims++) {
    for (guint type = 0; type < NF_NPY_N_TYPES; type++) {
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GBytes) grown = NULL;
      NfNpyHeader header, again;

      g_assert_true (
          nf_npy_header_init (&header, type, dims & 1, shape, dims, NULL));
      bytes = nf_npy_format_header (&header);
      g_assert_cmpuint (g_bytes_get_size (bytes) % 64, ==, 0);
      g_assert_cmpint (parse (bytes, &again, NULL), ==, NF_NPY_PARSED);
      g_assert_cmpint (again.type, ==, header.type);
      g_assert_cmpint (again.big_endian, ==, header.big_endian);
      g_assert_cmpuint (again.n_dims, ==, dims);
      g_assert_cmpmem (
          again.shape, dims * sizeof (guint64), shape, dims * sizeof (guint64));
      header.shape[0] = G_MAXUINT64;
      grown = nf_npy_format_header (&header);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, g_bytes_get_size (grown));
    }
  }
}

static void
test_npy_header_too_large_fails (void)
{
  static const guint64 shape[] = { G_MAXUINT64, 2 };
  g_autoptr (GError) error = NULL;
  NfNpyHeader header;

  g_assert_false (
      nf_npy_header_init (&header, NF_NPY_U8, FALSE, shape, 2, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
}

static void
test_npy_to_u8_every_type (void)
{
  for (guint type = 0; type < NF_NPY_N_TYPES; type++) {
    guint bytes = nf_npy_type_size (type);
    guint top = type == NF_NPY_BOOL ? 1 : type == NF_NPY_I8 ? 127 : 255;

    for (guint big = 0; big < 2; big++) {
      NfNpyHeader header = { .type = type, .big_endian = big };
      guint8 src[3 * 8] = { 0 }, dst[3];
      guint8 values[3] = { 0, 1, top };

      for (guint i = 0; i < 3; i++)
        src[i * bytes + (big ? bytes - 1 : 0)] = values[i];
      g_assert_true (nf_npy_to_u8 (&header, src, dst, 3, NULL));
      g_assert_cmpmem (dst, 3, values, 3);
    }
  }
}

static void
test_npy_to_u8_out_of_range_fails (void)
{
  static const guint8 wide[] = { 9, 0, 0x2c, 0x01 };
  static const guint8 minus[] = { 9, 0, 0xff, 0xff };
  static const guint8 wide_big[] = { 0, 9, 0x01, 0x2c };
  static const guint8 minus_byte[] = { 9, 0x80 };
  static const struct
  {
    NfNpyType type;
    gboolean big_endian;
    const guint8 *src;
    const gchar *says;
  } cases[] = {
    { NF_NPY_U16, FALSE, wide, "element 1 is 300" },
    { NF_NPY_I16, FALSE, minus, "element 1 is -1" },
    { NF_NPY_U16, FALSE, minus, "element 1 is 65535" },
    { NF_NPY_I16, TRUE, wide_big, "element 1 is 300" },
    { NF_NPY_I8, FALSE, minus_byte, "element 1 is -128" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    NfNpyHeader header = { .type = cases[i].type,
      .big_endian = cases[i].big_endian };
    g_autoptr (GError) error = NULL;
    guint8 dst[2];

    g_assert_false (nf_npy_to_u8 (&header, cases[i].src, dst, 2, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, cases[i].says));
  }
}

/* a file of this header and as many bytes of data */
static gchar *
write_file (const gchar *folder, const gchar *dictionary, gsize data_bytes)
{
  g_autoptr (GBytes) bytes = make_header (1, 0, dictionary);
  gsize size;
  const guint8 *header = g_bytes_get_data (bytes, &size);
  g_autofree guint8 *content = g_malloc0 (size + data_bytes);
  gchar *path = g_build_filename (folder, "array.npy", NULL);

  memcpy (content, header, size);
  memset (content + size, 5, data_bytes);
  g_assert_true (g_file_set_contents (
      path, (const gchar *) content, size + data_bytes, NULL));

  return path;
}

static void
test_npy_load (void)
{
  static const gchar dictionary[] =
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n";
  g_autofree gchar *folder = g_dir_make_tmp ("npy-XXXXXX", NULL);
  g_autofree gchar *path = NULL;
  g_autofree gchar *missing = g_build_filename (folder, "missing.npy", NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  NfNpyHeader header;

  for (gsize size = 5; size <= 7; size++) {
    path = write_file (folder, dictionary, size);
    bytes = nf_npy_load (path, &header, size == 6 ? NULL : &error);
    if (size == 6) {
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
          "\x05\x05\x05\x05\x05\x05", 6);
      g_assert_cmpuint (header.shape[1], ==, 3);
    } else {
      g_assert_null (bytes);
      g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
      g_clear_error (&error);
    }
    g_clear_pointer (&bytes, g_bytes_unref);
    g_clear_pointer (&path, g_free);
  }
  path = write_file (folder, "{'descr'", 0);
  g_assert_null (nf_npy_load (path, &header, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_null (nf_npy_load (path, &header, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
  g_clear_error (&error);
  g_assert_null (nf_npy_load (missing, &header, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_NOT_FOUND);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* What is given out stays as it was read, whatever becomes of the file. */
static void
test_npy_load_keeps (void)
{
  static const gchar dictionary[] =
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n";
  g_autofree gchar *folder = g_dir_make_tmp ("npy-XXXXXX", NULL);
  g_autofree gchar *path = write_file (folder, dictionary, 6);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  NfNpyHeader header;

  g_assert_true (nf_npy_check (path, &header, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (header.data_bytes, ==, 6);
  bytes = nf_npy_load (path, &header, &error);
  g_assert_no_error (error);
  g_assert_cmpint (truncate (path, 0), ==, 0);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
      "\x05\x05\x05\x05\x05\x05", 6);
  g_assert_false (nf_npy_check (path, &header, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/npy/header/parses", test_npy_header_parses);
  g_test_add_func ("/npy/header/in-pieces", test_npy_header_in_pieces);
  g_test_add_func ("/npy/header/refused", test_npy_header_refused_fails);
  g_test_add_func ("/npy/preamble/refused", test_npy_preamble_refused_fails);
  g_test_add_func ("/npy/damaged", test_npy_damaged_bytes_do_no_harm);
  g_test_add_func (
      "/npy/header/as-numpy", test_npy_header_written_as_numpy_does);
  g_test_add_func ("/npy/header/round-trip", test_npy_header_round_trip);
  g_test_add_func ("/npy/header/too-large", test_npy_header_too_large_fails);
  g_test_add_func ("/npy/to-u8/types", test_npy_to_u8_every_type);
  g_test_add_func ("/npy/to-u8/range", test_npy_to_u8_out_of_range_fails);
  g_test_add_func ("/npy/load", test_npy_load);
  g_test_add_func ("/npy/load/keeps", test_npy_load_keeps);

  return g_test_run ();
}
