/* SPDX-License-Identifier: MIT
 *
 * nfopenfile — a file that is read again and again, and must not change meanwhile
 *
 * Whether the file changed is told by its size and by the time of its last
 * write. Its other time, of the last change to what is known of it, is of no
 * use: a new name, or another file under its name, changes that, too. */
#include "io/nfopenfile.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/nffile.h"

/* the clocks of file systems step at least so often, microseconds */
#define CLOCK_STEP (20 * G_TIME_SPAN_MILLISECOND)
/* how often a file that is being written is looked at, a step apart */
#define TRIES 100

struct _NfOpenFile
{
  gchar *path; /* for messages */
  int fd;
  struct stat facts; /* when it was opened */
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
  return wait_until_written (file, error) ? g_steal_pointer (&file) : NULL;
}

void
nf_open_file_free (NfOpenFile *file)
{
  if (file == NULL)
    return;
  close (file->fd);
  g_free (file->path);
  g_free (file);
}

gsize
nf_open_file_size (const NfOpenFile *file)
{
  return (gsize) file->facts.st_size;
}

static gboolean
is_unchanged (const NfOpenFile *file, GError **error)
{
  struct stat facts;

  if (fstat (file->fd, &facts) != 0)
    return nf_file_fail (file->path, "read", error);
  if (facts.st_size == file->facts.st_size
      && facts.st_mtim.tv_sec == file->facts.st_mtim.tv_sec
      && facts.st_mtim.tv_nsec == file->facts.st_mtim.tv_nsec)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "%s: was written into while it was in use; load it again, and next time "
      "put a new file in its place (mv) instead of writing over it (cp)",
      file->path);
  return FALSE;
}

gboolean
nf_open_file_read (const NfOpenFile *file, gsize from, gpointer data,
    gsize size, GError **error)
{
  gsize done = 0;
  gssize some = 1;

  while (done < size && some != 0) {
    some = pread (
        file->fd, (guint8 *) data + done, size - done, (off_t) (from + done));
    if (some > 0)
      done += (gsize) some;
    else if (some < 0 && errno != EINTR)
      return nf_file_fail (file->path, "read", error);
  }
  if (!is_unchanged (file, error))
    return FALSE;
  if (done == size)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "%s: ends after %" G_GSIZE_FORMAT " bytes of the %" G_GSIZE_FORMAT
      " that were to be read from byte %" G_GSIZE_FORMAT " on",
      file->path, done, size, from);
  return FALSE;
}
