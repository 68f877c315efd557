/* SPDX-License-Identifier: MIT
 *
 * nfopenfile — a file that is read again and again, and must not change meanwhile
 *
 * Its size and its times show whether the file may have changed: a new name, other
 * rights, or another file under its name change one of the times, too. What is in
 * it is found out then, by a checksum of the whole. */
#include "io/nfopenfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/tensor/nfhostroom.h"
#include "io/nffile.h"

/* the clocks of file systems step at least so often, microseconds */
#define CLOCK_STEP (20 * G_TIME_SPAN_MILLISECOND)
/* how often a file that is being written is looked at, a step apart */
#define TRIES 100
/* bytes that are read at once for the checksum */
#define PIECE ((gsize) 64 * 1024)

struct _NfOpenFile
{
  gchar *path; /* for messages */
  int fd;
  guint64 checksum; /* when it was opened */
  GMutex lock;
  struct stat facts; /* when it was last found to be as it was */
};

static gint64
last_write (const struct stat *facts)
{
  return (gint64) facts->st_mtim.tv_sec * G_USEC_PER_SEC
      + facts->st_mtim.tv_nsec / 1000;
}

/* so long ago that another write would be seen; a time in the future comes from
 * another machine's clock and is as good as one in the past */
static gboolean
is_settled (const struct stat *facts)
{
  gint64 age = g_get_real_time () - last_write (facts);

  return age >= CLOCK_STEP || age <= -CLOCK_STEP;
}

static gboolean
wait_until_written (NfOpenFile *file, GError **error)
{
  for (guint i = 0; i < TRIES; i++) {
    if (fstat (file->fd, &file->facts) != 0)
      return nf_file_fail (file->path, "read", error);
    if (is_settled (&file->facts))
      return TRUE;
    g_usleep (CLOCK_STEP);
  }
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "%s: another program is writing into it; try again when it has ended",
      file->path);
  return FALSE;
}

/* FNV-1a over words of eight bytes; no protection from those who mean harm, who
 * could as well replace the file */
static guint64
add_to_checksum (guint64 sum, const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i += sizeof (guint64)) {
    guint64 word = 0;

    memcpy (&word, data + i, MIN (sizeof word, size - i));
    sum = (sum ^ word) * G_GUINT64_CONSTANT (0x100000001b3);
  }
  return sum;
}

/* reads some bytes; less than @size at the end of the file, below 0 for an error */
static gssize
read_some (const NfOpenFile *file, gsize from, guint8 *data, gsize size)
{
  gsize done = 0;
  gssize some = 1;

  while (done < size && some != 0) {
    some = pread (file->fd, data + done, size - done, (off_t) (from + done));
    if (some > 0)
      done += (gsize) some;
    else if (some < 0 && errno != EINTR)
      return -1;
  }
  return (gssize) done;
}

static gboolean
find_checksum (const NfOpenFile *file, guint64 *sum, GError **error)
{
  g_autofree guint8 *piece = nf_host_room (PIECE, error);
  gsize from = 0;
  gssize size = PIECE;

  if (piece == NULL)
    return FALSE;
  *sum = G_GUINT64_CONSTANT (0xcbf29ce484222325);
  while (size == PIECE) {
    size = read_some (file, from, piece, PIECE);
    if (size < 0)
      return nf_file_fail (file->path, "read", error);
    *sum = add_to_checksum (*sum, piece, (gsize) size);
    from += (gsize) size;
  }
  return TRUE;
}

NfOpenFile *
nf_open_file_new (const gchar *path, GError **error)
{
  g_autoptr (NfOpenFile) file = NULL;
  int fd = nf_file_open (path, error);

  if (fd < 0)
    return NULL;
  file = g_new0 (NfOpenFile, 1);
  file->path = g_strdup (path);
  file->fd = fd;
  g_mutex_init (&file->lock);
  return wait_until_written (file, error)
          && find_checksum (file, &file->checksum, error)
      ? g_steal_pointer (&file)
      : NULL;
}

void
nf_open_file_free (NfOpenFile *file)
{
  if (file == NULL)
    return;
  close (file->fd);
  g_mutex_clear (&file->lock);
  g_free (file->path);
  g_free (file);
}

gsize
nf_open_file_size (const NfOpenFile *file)
{
  return (gsize) file->facts.st_size;
}

static gboolean
same_time (const struct timespec *a, const struct timespec *b)
{
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* (out): @same; the caller holds the lock */
static gboolean
look_again (NfOpenFile *file, gboolean *same, GError **error)
{
  const struct stat *before = &file->facts;
  struct stat facts;
  guint64 sum;

  if (fstat (file->fd, &facts) != 0)
    return nf_file_fail (file->path, "read", error);
  *same = facts.st_size == before->st_size
      && same_time (&facts.st_mtim, &before->st_mtim)
      && same_time (&facts.st_ctim, &before->st_ctim);
  if (*same || facts.st_size != before->st_size)
    return TRUE;
  if (!find_checksum (file, &sum, error))
    return FALSE;
  *same = sum == file->checksum;
  if (*same)
    file->facts = facts;
  return TRUE;
}

static gboolean
is_unchanged (NfOpenFile *file, GError **error)
{
  gboolean same = FALSE;
  gboolean ok;

  g_mutex_lock (&file->lock);
  ok = look_again (file, &same, error);
  g_mutex_unlock (&file->lock);
  if (!ok || same)
    return ok;
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "%s: was written into while it was in use; load it again, and next time "
      "put a new file in its place (mv) instead of writing over it (cp)",
      file->path);
  return FALSE;
}

gboolean
nf_open_file_read (
    NfOpenFile *file, gsize from, gpointer data, gsize size, GError **error)
{
  gssize done = read_some (file, from, data, size);

  if (done < 0)
    return nf_file_fail (file->path, "read", error);
  if (!is_unchanged (file, error))
    return FALSE;
  if ((gsize) done == size)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "%s: ends after %" G_GSSIZE_FORMAT " bytes of the %" G_GSIZE_FORMAT
      " that were to be read from byte %" G_GSIZE_FORMAT " on",
      file->path, done, size, from);
  return FALSE;
}
