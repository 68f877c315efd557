/* SPDX-License-Identifier: MIT
 *
 * nffile — files that are whole and on the disk, or not there */
#define _GNU_SOURCE /* syncfs() */
#include "io/nffile.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY ".nextframe-" /* and six random characters */
#define TEMPORARY_CHARACTERS 6
#define LEFTOVER_SECONDS 600
#define LOCK_TRIES 10
#define LOCK_INTERVAL (G_USEC_PER_SEC / 10)

/**
 * nf_file_fail:
 * @path: a file or folder
 * @what: what cannot be done with it: "write"
 * @error: return location: %NF_ERROR_IO, with the reason that errno has
 *
 * Returns: %FALSE
 */
gboolean
nf_file_fail (const gchar *path, const gchar *what, GError **error)
{
  int code = errno;

  g_set_error (error, NF_ERROR, NF_ERROR_IO, "%s: cannot %s: %s", path, what,
      g_strerror (code));
  return FALSE;
}

/**
 * nf_file_open:
 * @path: a file to read
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_IO
 *
 * Opens regular files alone: a named pipe or a device could let the caller wait
 * for ever.
 *
 * Returns: the open file; -1 where it cannot be opened
 */
int
nf_file_open (const gchar *path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
  GStatBuf info;

  if (fd < 0 && errno == ENOENT)
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND, "%s: no such file", path);
  else if (fd < 0)
    nf_file_fail (path, "open", error);
  if (fd < 0)
    return -1;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    return fd;
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "%s: expected a regular file, found a folder, a pipe or a device; copy "
      "what it holds into a file",
      path);
  close (fd);
  return -1;
}

/* at most @size bytes, fewer where the file ends before; -1 on an error */
static gssize
read_bytes (int fd, guint8 *data, gsize size)
{
  gsize done = 0;
  gssize some = 1;

  while (done < size && some != 0) {
    some = read (fd, data + done, size - done);
    if (some > 0)
      done += (gsize) some;
    else if (some < 0 && errno != EINTR)
      return -1;
  }
  return (gssize) done;
}

/**
 * nf_file_read:
 * @path: a regular file
 * @most: bytes to read at most, from its begin on
 * @size: (out) (optional): bytes of the whole file
 * @error: return location, as nf_file_open(), and %NF_ERROR_NO_MEMORY
 *
 * Reads a file rather than maps it: what another program does to the file
 * meanwhile changes what is read, and a file that became shorter gives less, but
 * none of it kills the reader.
 *
 * Returns: (transfer full) (nullable): what the file holds
 */
GBytes *
nf_file_read (const gchar *path, gsize most, gsize *size, GError **error)
{
  int fd = nf_file_open (path, error);
  g_autofree guint8 *data = NULL;
  GBytes *bytes = NULL;
  gssize done = -1;
  GStatBuf facts;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &facts) == 0) {
    most = MIN (most, (gsize) facts.st_size);
    data = g_try_malloc (MAX (most, 1));
    done = data ? read_bytes (fd, data, most) : 0;
  }
  if (done < 0)
    nf_file_fail (path, "read", error);
  else if (!data)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: no memory for %" G_GSIZE_FORMAT " bytes of the file", path, most);
  else
    bytes = g_bytes_new_take (g_steal_pointer (&data), (gsize) done);
  if (bytes && size)
    *size = (gsize) done < most ? (gsize) done : (gsize) facts.st_size;
  close (fd);
  return bytes;
}

/**
 * nf_file_write_bytes:
 * @fd: where to write
 * @data: what to write
 * @size: bytes of @data
 * @path: what messages call the file
 * @error: return location
 *
 * Returns: %FALSE where not all could be written
 */
gboolean
nf_file_write_bytes (
    int fd, const void *data, gsize size, const gchar *path, GError **error)
{
  const guint8 *next = data;
  gssize done;

  while (size > 0) {
    done = write (fd, next, size);
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      return nf_file_fail (path, "write", error);
    next += done;
    size -= (gsize) done;
  }
  return TRUE;
}

/**
 * nf_file_close:
 * @fd: an open file
 * @good: whether all went well so far; if not, it is only closed
 * @path: what messages call the file
 * @error: return location, where @good
 *
 * Returns: whether all went well
 */
gboolean
nf_file_close (int fd, gboolean good, const gchar *path, GError **error)
{
  if (good && fsync (fd) != 0)
    good = nf_file_fail (path, "write to the disk", error);
  if (close (fd) != 0 && good)
    good = nf_file_fail (path, "close", error);
  return good;
}

/**
 * nf_file_write_new:
 * @path: the file to make; it must not be there yet
 * @data: what it is to hold
 * @size: bytes of @data
 * @error: return location
 *
 * Writes a file; nf_file_sync_all() sees to it that it is on the disk. On an
 * error no file is left.
 */
gboolean
nf_file_write_new (
    const gchar *path, const void *data, gsize size, GError **error)
{
  int fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

  if (fd < 0)
    return nf_file_fail (path, "make the file", error);
  if (nf_file_close (
          fd, nf_file_write_bytes (fd, data, size, path, error), path, error))
    return TRUE;
  g_unlink (path);
  return FALSE;
}

/**
 * nf_file_begin:
 * @path: the file to make or replace; its folder must exist
 * @temporary: (out) (transfer full): what it is called until nf_file_end()
 * @error: return location
 *
 * Returns: a new file, open for writing; -1 where none can be made
 */
int
nf_file_begin (const gchar *path, gchar **temporary, GError **error)
{
  g_autofree gchar *folder = g_path_get_dirname (path);
  int fd;

  *temporary = g_build_filename (folder, TEMPORARY "XXXXXX", NULL);
  fd = g_mkstemp_full (*temporary, O_WRONLY | O_CLOEXEC, 0666);
  if (fd < 0) {
    nf_file_fail (path, "make a file in its folder", error);
    g_clear_pointer (temporary, g_free);
  }
  return fd;
}

/**
 * nf_file_end:
 * @fd: of nf_file_begin()
 * @good: whether all was written
 * @temporary: likewise
 * @path: likewise
 * @error: return location, where @good
 *
 * Puts the file in its place once it is on the disk. On an error what was at
 * @path stays there, and nothing else is left behind.
 *
 * Returns: whether all went well
 */
gboolean
nf_file_end (int fd, gboolean good, const gchar *temporary, const gchar *path,
    GError **error)
{
  g_autofree gchar *folder = g_path_get_dirname (path);

  if (good && fsync (fd) != 0)
    good = nf_file_fail (path, "write to the disk", error);
  good = nf_file_close (fd, good, path, error);
  if (good && g_rename (temporary, path) != 0)
    good = nf_file_fail (path, "replace", error);
  if (good)
    return nf_file_sync_folder (folder, error);
  g_unlink (temporary);
  return FALSE;
}

/**
 * nf_file_replace:
 * @path: the file to make or replace; its folder must exist
 * @content: what it is to hold
 * @error: return location
 *
 * Until the new file is complete and on the disk, what was at @path stays
 * there; on an error it stays for good.
 */
gboolean
nf_file_replace (const gchar *path, GBytes *content, GError **error)
{
  g_autofree gchar *temporary = NULL;
  int fd = nf_file_begin (path, &temporary, error);
  gsize size;
  gconstpointer data = g_bytes_get_data (content, &size);

  if (fd < 0)
    return FALSE;
  return nf_file_end (fd, nf_file_write_bytes (fd, data, size, path, error),
      temporary, path, error);
}

/* Whether a name is one that nf_file_begin() gives. */
static gboolean
is_temporary (const gchar *name)
{
  const gchar *random = name + strlen (TEMPORARY);

  if (!g_str_has_prefix (name, TEMPORARY)
      || strlen (random) != TEMPORARY_CHARACTERS)
    return FALSE;
  for (; *random; random++)
    if (!g_ascii_isalnum (*random))
      return FALSE;
  return TRUE;
}

/**
 * nf_file_remove_leftovers:
 * @folder: a folder of the caller's, which holds it: nf_file_lock_folder()
 *
 * Removes what programs left in a folder that were killed while they wrote a
 * file. What is younger than ten minutes stays, for a file system without locks
 * does not show whether somebody is writing it; so does what cannot be removed.
 */
void
nf_file_remove_leftovers (const gchar *folder)
{
  const gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);
    GStatBuf facts;

    if (is_temporary (name) && g_lstat (path, &facts) == 0
        && S_ISREG (facts.st_mode) && now - facts.st_mtime > LEFTOVER_SECONDS)
      g_unlink (path);
  }
}

/**
 * nf_file_lock_folder:
 * @folder: a folder, which is made where it is not there
 * @program: what messages call the programs that write there
 * @error: return location: %NF_ERROR_IO
 *
 * Locks a folder against other programs that lock it, where the file system
 * supports that. The lock ends with the program, however that ends. The
 * function waits a moment for a program that was just killed. What that left
 * half-written goes with nf_file_remove_leftovers(), once the folder is known to
 * be the caller's.
 *
 * Returns: the open folder, which is free again once that is closed; -1 where
 *   another program has it
 */
int
nf_file_lock_folder (const gchar *folder, const gchar *program, GError **error)
{
  int fd;

  if (g_mkdir_with_parents (folder, 0777) != 0) {
    nf_file_fail (folder, "make the folder", error);
    return -1;
  }
  fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) {
    nf_file_fail (folder, "open the folder", error);
    return -1;
  }
  for (guint i = 0; i < LOCK_TRIES; i++) {
    if (flock (fd, LOCK_EX | LOCK_NB) == 0)
      return fd;
    if (errno != EWOULDBLOCK)
      return fd; /* a file system without locks: others may be writing there */
    g_usleep (LOCK_INTERVAL);
  }
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "%s: another %s is writing there; wait for it, or choose another folder",
      folder, program);
  close (fd);
  return -1;
}

/* Some file systems have no fsync of folders, and a folder may be writable but
 * not readable: neither is an error. */
static gboolean
sync_folder (const gchar *folder, int (*sync_fd) (int fd), GError **error)
{
  int fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  gboolean good = TRUE;

  if (fd < 0)
    return errno == EACCES || nf_file_fail (folder, "open the folder", error);
  if (sync_fd (fd) != 0 && errno != EINVAL && errno != ENOTSUP)
    good = nf_file_fail (folder, "write the folder to the disk", error);
  close (fd);
  return good;
}

/**
 * nf_file_sync_folder:
 * @folder: a folder
 * @error: return location
 *
 * Makes the names in it last.
 */
gboolean
nf_file_sync_folder (const gchar *folder, GError **error)
{
  return sync_folder (folder, fsync, error);
}

/**
 * nf_file_sync_all:
 * @folder: a folder
 * @error: return location
 *
 * Sees to it that everything on its file system is on the disk: for many files
 * far quicker than one by one.
 */
gboolean
nf_file_sync_all (const gchar *folder, GError **error)
{
  return sync_folder (folder, syncfs, error);
}
