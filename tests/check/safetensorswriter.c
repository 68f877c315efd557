/* SPDX-License-Identifier: MIT
 *
 * safetensorswriter — tests of writing safetensors files
 *
 * What is written goes to a folder that the test removes.
 * See: safetensors.c, kernels/io/nfsafetensors.h */
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <nextframe/io/nfsafetensors.h>
#include "nfasserts.h"

static void
add_floats (NfSafetensorsWriter *writer, const gchar *name, gsize n)
{
  gfloat *data = g_new (gfloat, n);
  gint64 shape = (gint64) n;
  g_autoptr (GBytes) bytes = NULL;

  for (gsize i = 0; i < n; i++)
    data[i] = 0.5f * (gfloat) i;
  bytes = g_bytes_new_take (data, n * sizeof (gfloat));
  g_assert_true (nf_safetensors_writer_add (
      writer, name, NF_SAFETENSORS_F32, 1, &shape, bytes, NULL));
}

static void
test_write_round_trip (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (NfSafetensors) file = NULL;
  g_autoptr (GBytes) byte = g_bytes_new_static ("\7", 1);
  g_autoptr (GBytes) count = g_bytes_new_static ("\5\0\0\0\0\0\0\0", 8);
  g_autoptr (GError) error = NULL;
  const gint64 shape[] = { 1, 1, 1 };
  const NfSafetensorsEntry *entry;
  gfloat f[3];
  gint64 n;

  g_assert_true (nf_safetensors_writer_add (
      writer, "byte", NF_SAFETENSORS_U8, 3, shape, byte, &error));
  add_floats (writer, "floats \"\\\n\303\251", 3);
  g_assert_true (nf_safetensors_writer_add (
      writer, "count", NF_SAFETENSORS_I64, 0, NULL, count, &error));
  g_assert_true (
      nf_safetensors_writer_add_metadata (writer, "z", "1\t\"\\", &error));
  g_assert_true (nf_safetensors_writer_add_metadata (writer, "a", "", &error));
  g_assert_true (nf_safetensors_writer_save (writer, path, &error));
  g_assert_no_error (error);

  file = nf_safetensors_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (nf_safetensors_label (file), ==, path);
  g_assert_cmpuint (nf_safetensors_count (file), ==, 3);
  g_assert_cmpuint (nf_safetensors_metadata_count (file), ==, 2);
  g_assert_cmpstr (nf_safetensors_metadata_key (file, 0), ==, "z");
  g_assert_cmpstr (nf_safetensors_metadata (file, "z"), ==, "1\t\"\\");
  g_assert_cmpstr (nf_safetensors_metadata (file, "a"), ==, "");
  g_assert_null (nf_safetensors_metadata (file, "b"));
  g_assert_null (nf_safetensors_lookup (file, "b"));

  entry = nf_safetensors_index (file, 0);
  g_assert_cmpstr (entry->name, ==, "count");
  g_assert_cmpuint (entry->rank, ==, 0);
  g_assert_cmpuint (entry->offset % 8, ==, 0);
  g_assert_true (nf_safetensors_read_i64 (entry, &n, &error));
  g_assert_cmpint (n, ==, 5);
  entry = nf_safetensors_index (file, 1);
  g_assert_cmpstr (entry->name, ==, "floats \"\\\n\303\251");
  g_assert_cmpuint (entry->elements, ==, 3);
  g_assert_true (nf_safetensors_read_f32 (entry, f, &error));
  g_assert_true (f[0] == 0.0f && f[1] == 0.5f && f[2] == 1.0f);
  entry = nf_safetensors_lookup (file, "byte");
  g_assert_cmpuint (entry->rank, ==, 3);
  g_assert_true (nf_safetensors_read_i64 (entry, &n, &error));
  g_assert_cmpint (n, ==, 7);
  g_unlink (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_writer_bad_input_fails (void)
{
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\0\0\0\0", 4);
  const gint64 good[] = { 1 }, less[] = { -1 }, huge[] = { G_MAXINT64, 4 };
  const struct
  {
    const gchar *name;
    guint rank;
    const gint64 *shape;
    const gchar *message;
  } bad[] = {
    { NF_SAFETENSORS_METADATA, 1, good, "cannot have the name" },
    { "\377", 1, good, "not valid UTF-8" },
    { "x", 1, good, "'x' is added twice" },
    { "y", 1, less, "too large" },
    { "y", 2, huge, "too large" },
    { "y", 0, NULL, NULL },
  };
  g_autoptr (GError) error = NULL;

  add_floats (writer, "x", 1);
  for (guint i = 0; bad[i].message != NULL; i++) {
    g_assert_false (nf_safetensors_writer_add (writer, bad[i].name,
        NF_SAFETENSORS_F32, bad[i].rank, bad[i].shape, bytes, &error));
    nf_assert_error (error, NF_ERROR_INVALID, bad[i].message);
    g_clear_error (&error);
  }
  g_assert_false (nf_safetensors_writer_add (
      writer, "y", NF_SAFETENSORS_F64, 1, good, bytes, &error));
  nf_assert_error (error, NF_ERROR_INVALID, "takes 8 bytes, got 4");
  g_clear_error (&error);

  g_assert_true (nf_safetensors_writer_add_metadata (writer, "k", "v", &error));
  g_assert_false (
      nf_safetensors_writer_add_metadata (writer, "k", "v", &error));
  nf_assert_error (error, NF_ERROR_INVALID, "'k' is added twice");
  g_clear_error (&error);
  g_assert_false (
      nf_safetensors_writer_add_metadata (writer, "l", "\377", &error));
  nf_assert_error (error, NF_ERROR_INVALID, "not valid UTF-8");
}

/* What is rare: all types, many dimensions, no elements, a long name. */
static void
test_writer_rare (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "a", NULL);
  g_autofree gchar *long_name = g_strnfill (5000, 'n');
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (NfSafetensors) file = NULL;
  const gint64 shape[] = { 1, 1, 1, 2, 1, 1, 1, 1, 1, 4 };
  const gint64 none[] = { 3, 0 };
  g_autoptr (GError) error = NULL;

  for (guint dtype = 0; dtype < NF_SAFETENSORS_N_DTYPES; dtype++) {
    const gsize size = nf_safetensors_dtype_bits (dtype); /* of 8 elements */
    g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (size), size);
    g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
    g_autofree gchar *empty =
        g_strconcat ("empty-", nf_safetensors_dtype_name (dtype), NULL);

    g_assert_true (nf_safetensors_writer_add (writer,
        nf_safetensors_dtype_name (dtype), dtype, 10, shape, bytes, &error));
    g_assert_true (nf_safetensors_writer_add (
        writer, empty, dtype, 2, none, nothing, &error));
  }
  add_floats (writer, long_name, 1);
  g_assert_true (nf_safetensors_writer_save (writer, path, &error));
  file = nf_safetensors_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (
      nf_safetensors_count (file), ==, 2 * NF_SAFETENSORS_N_DTYPES + 1);
  g_assert_cmpuint (nf_safetensors_lookup (file, "F4")->bytes, ==, 4);
  g_assert_cmpuint (nf_safetensors_lookup (file, "F4")->rank, ==, 10);
  g_assert_cmpuint (nf_safetensors_lookup (file, "empty-C64")->elements, ==, 0);
  g_assert_nonnull (nf_safetensors_lookup (file, long_name));
  g_unlink (path);
  g_rmdir (folder);
}

static guint
count_files (const gchar *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
test_write_nowhere_fails (void)
{
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "no", "a", NULL);
  g_autofree gchar *taken = g_build_filename (folder, "taken", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (nf_safetensors_writer_save (writer, path, &error));
  nf_assert_error (error, NF_ERROR_IO, path);
  g_clear_error (&error);
  g_assert_cmpint (g_mkdir (taken, 0700), ==, 0);
  g_assert_false (nf_safetensors_writer_save (writer, taken, &error));
  nf_assert_error (error, NF_ERROR_IO, "cannot replace");
  g_assert_cmpuint (count_files (folder), ==, 1);
  g_rmdir (taken);
  g_rmdir (folder);
}

/* A disk that is full half-way: the limit on file sizes stands in for it */
static void
test_write_full_disk_fails (void)
{
  g_autoptr (NfSafetensorsWriter) small = nf_safetensors_writer_new ();
  g_autoptr (NfSafetensorsWriter) large = nf_safetensors_writer_new ();
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "a", NULL);
  g_autoptr (NfSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;
  struct rlimit old, limit;
  gboolean good;

  add_floats (small, "small", 4);
  add_floats (large, "large", 100000);
  g_assert_true (nf_safetensors_writer_save (small, path, &error));
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  limit = old;
  limit.rlim_cur = 65536;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  good = nf_safetensors_writer_save (large, path, &error);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
  g_assert_false (good);
  nf_assert_error (error, NF_ERROR_IO, "cannot write");
  g_clear_error (&error);

  g_assert_cmpuint (count_files (folder), ==, 1);
  file = nf_safetensors_open (path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (nf_safetensors_lookup (file, "small"));
  g_unlink (path);
  g_rmdir (folder);
}

/* A file that is open stays as it was while another takes its place */
static void
test_write_over_open_file (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "a", NULL);
  g_autoptr (NfSafetensors) first = NULL, second = NULL;
  g_autoptr (GError) error = NULL;
  gfloat f[4];

  for (guint round = 0; round < 2; round++) {
    g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();

    add_floats (writer, round == 0 ? "old" : "new", 4);
    g_assert_true (nf_safetensors_writer_save (writer, path, &error));
    if (round == 0)
      first = nf_safetensors_open (path, &error);
    else
      second = nf_safetensors_open (path, &error);
    g_assert_no_error (error);
  }
  g_assert_nonnull (nf_safetensors_lookup (second, "new"));
  g_assert_true (nf_safetensors_read_f32 (
      nf_safetensors_lookup (first, "old"), f, &error));
  g_assert_true (f[3] == 1.5f);
  g_unlink (path);
  g_rmdir (folder);
}

static void
save_floats (const gchar *path, guint n)
{
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (GError) error = NULL;

  add_floats (writer, "floats", n);
  g_assert_true (nf_safetensors_writer_save (writer, path, &error));
  g_assert_no_error (error);
}

/* A file that somebody writes into is not read any further. */
static void
test_write_into_open_file_fails (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "a", NULL);
  gfloat f[4];

  for (guint way = 0; way < 3; way++) {
    g_autoptr (NfSafetensors) file = NULL;
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GError) error = NULL;
    const NfSafetensorsEntry *entry;
    FILE *stream;

    save_floats (path, 4);
    file = nf_safetensors_open (path, &error);
    g_assert_no_error (error);
    entry = nf_safetensors_lookup (file, "floats");
    g_assert_true (nf_safetensors_read_f32 (entry, f, &error));
    if (way == 0) {
      stream = g_fopen (path, "r+");
      g_assert_cmpint (fputc (fgetc (stream), stream), !=, EOF);
      fclose (stream);
    } else {
      g_assert_cmpint (truncate (path, way == 1 ? 0 : 10000), ==, 0);
    }
    g_assert_false (nf_safetensors_read_f32 (entry, f, &error));
    nf_assert_error (error, NF_ERROR_IO, "written into while it was in use");
    g_clear_error (&error);
    bytes = nf_safetensors_read_bytes (entry, &error);
    g_assert_null (bytes);
    nf_assert_error (error, NF_ERROR_IO, path);
  }
  g_unlink (path);
  g_rmdir (folder);
}

typedef struct
{
  const gchar *path;
  gint ended; /* atomic */
} Busy;

static gpointer
keep_writing (gpointer data)
{
  Busy *busy = data;
  FILE *stream = g_fopen (busy->path, "r+");
  const gint first = fgetc (stream);

  while (!g_atomic_int_get (&busy->ended)) {
    rewind (stream);
    fputc (first, stream);
    fflush (stream);
    g_usleep (1000);
  }
  fclose (stream);
  return NULL;
}

/* A file that is being written is not opened. Where the writer has to wait for a
 * processor, the file looks as if it were complete, or is found to have changed
 * while its header was read; then it is opened again. */
static void
test_write_meanwhile_fails (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("nf-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "a", NULL);
  g_autoptr (GError) error = NULL;
  Busy busy = { .path = path, .ended = FALSE };
  NfSafetensors *file;
  GThread *thread;

  save_floats (path, 4);
  thread = g_thread_new ("writer", keep_writing, &busy);
  while (error == NULL || strstr (error->message, "is writing") == NULL) {
    g_clear_error (&error);
    file = nf_safetensors_open (path, &error);
    g_clear_pointer (&file, nf_safetensors_unref);
    if (error != NULL)
      g_assert_error (error, NF_ERROR, NF_ERROR_IO);
  }
  g_atomic_int_set (&busy.ended, TRUE);
  g_thread_join (thread);
  nf_assert_error (error, NF_ERROR_IO, path);
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                    \
  g_test_add_func ("/safetensors-writer/" name, function)
  ADD ("round-trip", test_write_round_trip);
  ADD ("bad-input-fails", test_writer_bad_input_fails);
  ADD ("rare", test_writer_rare);
  ADD ("nowhere-fails", test_write_nowhere_fails);
  ADD ("full-disk-fails", test_write_full_disk_fails);
  ADD ("over-open-file", test_write_over_open_file);
  ADD ("into-open-file-fails", test_write_into_open_file_fails);
  ADD ("meanwhile-fails", test_write_meanwhile_fails);
#undef ADD
  return g_test_run ();
}
