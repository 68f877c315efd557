/* SPDX-License-Identifier: MIT
 *
 * eventfile — a run's numbers and pictures as TensorBoard reads them */
#include "watch/eventfile.h"
#include "config.h"
#include "io/nffile.h"

#define VALIDATION "validation-"

/**
 * nf_crc32c:
 * @data: bytes
 * @size: how many
 *
 * Returns: their CRC-32C, the cyclic redundancy check with Castagnoli's
 *   polynomial (RFC 3720, section 12.1)
 */
guint32
nf_crc32c (const void *data, gsize size)
{
  static const guint32 polynomial = 0x82f63b78; /* bits reversed */
  const guint8 *bytes = data;
  guint32 crc = G_MAXUINT32;

  for (gsize i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (guint bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
  }
  return ~crc;
}

#ifdef NF_HAVE_TENSORBOARD

#include "tensorboard.pb-c.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct _NfEventFile
{
  gchar *path;
  int fd; /* -1: none yet */
  off_t end; /* of the last whole record */
};

/**
 * nf_event_file_is_available:
 * @error: return location: %NF_ERROR_UNSUPPORTED
 *
 * Returns: whether this build can write event files; else @error says what it
 *   lacks
 */
gboolean
nf_event_file_is_available (GError **error)
{
  return TRUE;
}

/* Adds to a message what to do. */
static gboolean
fail (GError **error)
{
  if (error && *error) {
    g_autofree gchar *cause = (*error)->message;

    (*error)->message = g_strconcat (
        cause, "; make room for it, or set watch.tensorboard=false", NULL);
  }
  return FALSE;
}

/* A checksum as records have it, so that checksums of data that holds
 * checksums remain good ones. */
static guint32
masked (guint32 crc)
{
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

/* A message as a record. Where it cannot be written whole, none of it stays:
 * readers find no record that follows half a one. */
static gboolean
write_bytes (NfEventFile *file, const guint8 *data, gsize size, GError **error)
{
  const guint64 length = GUINT64_TO_LE (size);
  const guint32 length_crc =
      GUINT32_TO_LE (masked (nf_crc32c (&length, sizeof length)));
  const guint32 data_crc = GUINT32_TO_LE (masked (nf_crc32c (data, size)));
  const struct
  {
    gconstpointer bytes;
    gsize size;
  } parts[] = { { &length, sizeof length }, { &length_crc, sizeof length_crc },
    { data, size }, { &data_crc, sizeof data_crc } };
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < G_N_ELEMENTS (parts); i++)
    ok = nf_file_write_bytes (
        file->fd, parts[i].bytes, parts[i].size, file->path, error);
  if (ok) {
    file->end = lseek (file->fd, 0, SEEK_CUR);
    return TRUE;
  }
  /* where the file cannot be made shorter, the next record overwrites it */
  if (ftruncate (file->fd, file->end) != 0)
    g_debug ("%s: cannot be cut: %s", file->path, g_strerror (errno));
  lseek (file->fd, file->end, SEEK_SET);
  return fail (error);
}

/* An event of now; handed to the system at once. */
static gboolean
write_event (NfEventFile *file, NfTensorboard__Event *event, GError **error)
{
  g_autofree guint8 *data = NULL;
  gsize size;

  event->wall_time = g_get_real_time () / (gdouble) G_USEC_PER_SEC;
  size = nf_tensorboard__event__get_packed_size (event);
  data = g_malloc (size);
  nf_tensorboard__event__pack (event, data);
  return write_bytes (file, data, size, error);
}

/* What a file begins with: its version, and from which step on it counts. */
static gboolean
write_head (NfEventFile *file, guint64 step, GError **error)
{
  NfTensorboard__Event version = NF_TENSORBOARD__EVENT__INIT;
  NfTensorboard__Event start = NF_TENSORBOARD__EVENT__INIT;
  NfTensorboard__SessionLog log = NF_TENSORBOARD__SESSION_LOG__INIT;

  version.what_case = NF_TENSORBOARD__EVENT__WHAT_FILE_VERSION;
  version.file_version = (char *) "brain.Event:2";
  log.status = NF_TENSORBOARD__SESSION_LOG__SESSION_STATUS__START;
  start.step = (gint64) step + 1;
  start.what_case = NF_TENSORBOARD__EVENT__WHAT_SESSION_LOG;
  start.session_log = &log;
  return write_event (file, &version, error)
      && write_event (file, &start, error);
}

/* A new file, whose name comes after those that are there. */
static gboolean
create (NfEventFile *file, const gchar *folder, GError **error)
{
  const gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  for (guint i = 0;; i++) {
    g_autofree gchar *name = g_strdup_printf (
        "events.out.tfevents.%010" G_GINT64_FORMAT ".%04u", now, i);

    g_free (file->path);
    file->path = g_build_filename (folder, name, NULL);
    file->fd = open (file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->fd >= 0)
      return TRUE;
    if (errno != EEXIST) {
      nf_file_fail (file->path, "create", error);
      return fail (error);
    }
  }
}

/**
 * nf_event_file_open:
 * @folder: of the run
 * @step: the step that the run starts after; what earlier event files have of
 *   later steps no longer counts
 * @error: return location: %NF_ERROR_IO, %NF_ERROR_UNSUPPORTED
 *
 * Returns: (transfer full) (nullable): a new event file
 */
NfEventFile *
nf_event_file_open (const gchar *folder, guint64 step, GError **error)
{
  g_autoptr (NfEventFile) file = g_new0 (NfEventFile, 1);

  file->fd = -1;
  return create (file, folder, error) && write_head (file, step, error)
      ? g_steal_pointer (&file)
      : NULL;
}

/* A record of one value. */
static gboolean
write_value (NfEventFile *file, guint64 step,
    NfTensorboard__Summary__Value *one, GError **error)
{
  NfTensorboard__Summary summary = NF_TENSORBOARD__SUMMARY__INIT;
  NfTensorboard__Event event = NF_TENSORBOARD__EVENT__INIT;

  summary.n_value = 1;
  summary.value = &one;
  event.step = (gint64) step;
  event.what_case = NF_TENSORBOARD__EVENT__WHAT_SUMMARY;
  event.summary = &summary;
  return write_event (file, &event, error);
}

/* TensorBoard shows what stands before a slash as a group. */
static gchar *
tag_of (const gchar *name)
{
  return g_str_has_prefix (name, VALIDATION)
      ? g_strconcat ("validation/", name + strlen (VALIDATION), NULL)
      : g_strconcat ("train/", name, NULL);
}

/**
 * nf_event_file_add_metrics:
 * @file: an open file
 * @step: steps done
 * @values: (array length=n): scalars of that step; "validation-NAME" is shown
 *   as "validation/NAME", all others as "train/NAME"
 * @n: how many
 * @error: return location: %NF_ERROR_IO
 *
 * Adds them and hands them to the system at once.
 */
gboolean
nf_event_file_add_metrics (NfEventFile *file, guint64 step,
    const NfMetric *values, guint n, GError **error)
{
  for (guint i = 0; i < n; i++) {
    NfTensorboard__Summary__Value value = NF_TENSORBOARD__SUMMARY__VALUE__INIT;
    g_autofree gchar *tag = tag_of (values[i].name);

    value.tag = tag;
    value.value_case = NF_TENSORBOARD__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
    value.simple_value = (gfloat) values[i].value;
    if (!write_value (file, step, &value, error))
      return FALSE;
  }
  return TRUE;
}

/**
 * nf_event_file_add_picture:
 * @file: an open file
 * @step: steps done
 * @name: under which TensorBoard shows it
 * @png: a PNG file of an RGB picture
 * @width: its columns
 * @height: its rows
 * @error: return location: %NF_ERROR_IO
 *
 * Adds a picture.
 */
gboolean
nf_event_file_add_picture (NfEventFile *file, guint64 step, const gchar *name,
    GBytes *png, gint width, gint height, GError **error)
{
  NfTensorboard__Summary__Image image = NF_TENSORBOARD__SUMMARY__IMAGE__INIT;
  NfTensorboard__Summary__Value value = NF_TENSORBOARD__SUMMARY__VALUE__INIT;

  image.width = width;
  image.height = height;
  image.colorspace = 3;
  image.encoded_image_string.data =
      (uint8_t *) g_bytes_get_data (png, &image.encoded_image_string.len);
  value.tag = (char *) name;
  value.value_case = NF_TENSORBOARD__SUMMARY__VALUE__VALUE_IMAGE;
  value.image = &image;
  return write_value (file, step, &value, error);
}

/**
 * nf_event_file_close:
 * @file: (transfer full) (nullable): an open file
 */
void
nf_event_file_close (NfEventFile *file)
{
  if (!file)
    return;
  if (file->fd >= 0)
    close (file->fd);
  g_free (file->path);
  g_free (file);
}

#else

gboolean
nf_event_file_is_available (GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "watch.tensorboard: this build writes no event files; install "
      "protobuf-c-compiler and libprotobuf-c-dev and build again, or set "
      "watch.tensorboard=false");
  return FALSE;
}

NfEventFile *
nf_event_file_open (const gchar *folder, guint64 step, GError **error)
{
  nf_event_file_is_available (error);
  return NULL;
}

gboolean
nf_event_file_add_metrics (NfEventFile *file, guint64 step,
    const NfMetric *values, guint n, GError **error)
{
  return nf_event_file_is_available (error);
}

gboolean
nf_event_file_add_picture (NfEventFile *file, guint64 step, const gchar *name,
    GBytes *png, gint width, gint height, GError **error)
{
  return nf_event_file_is_available (error);
}

void
nf_event_file_close (NfEventFile *file)
{
}

#endif
