/* SPDX-License-Identifier: MIT
 *
 * store — the folder of masks that are being predicted */
#include "predict/store.h"
#include "eval/claim.h"
#include "eval/lines.h"
#include "io/nffile.h"
#include "io/nfjson.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define JOURNAL "clips.jsonl"
#define MASKS "masks.u8"
#define PROGRAM "nextframe-train predict"

/* What is known of a clip. */
typedef struct
{
  gint64 mask; /* which one of the file it is; below 0: there is none */
  gchar *wrong; /* why, or NULL */
} Entry;

struct _NfPredictStore
{
  int lock; /* of the folder */
  gchar *path; /* of the masks */
  int masks;
  gsize mask_bytes;
  gint64 n_masks; /* in the file */
  NfEvalLines *journal;
  GHashTable *entries; /* (guint64, Entry) */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->wrong);
  g_free (entry);
}

/**
 * nf_predict_store_free:
 * @store: (transfer full) (nullable): a folder that others may now write to
 */
void
nf_predict_store_free (NfPredictStore *store)
{
  if (!store)
    return;
  nf_eval_lines_close (store->journal);
  if (store->masks >= 0)
    close (store->masks);
  if (store->lock >= 0)
    close (store->lock);
  g_hash_table_unref (store->entries);
  g_free (store->path);
  g_free (store);
}

static void
note (NfPredictStore *store, guint64 clip, gint64 mask, const gchar *wrong)
{
  guint64 *key = g_memdup2 (&clip, sizeof clip);
  Entry *entry = g_new0 (Entry, 1);

  entry->mask = mask;
  entry->wrong = g_strdup (wrong);
  g_hash_table_replace (store->entries, key, entry);
}

/* Either which mask is the clip's, or what is wrong with it. */
static gboolean
take_what (JsonObject *json, gint64 *mask, const gchar **wrong)
{
  JsonNode *number = json_object_get_member (json, "mask");
  JsonNode *text = json_object_get_member (json, "wrong");

  if (!text)
    return nf_json_get_integer (number, mask);
  if (number || json_node_get_value_type (text) != G_TYPE_STRING)
    return FALSE;
  *wrong = json_node_get_string (text);
  return TRUE;
}

/* A line of the journal. Masks are numbered in the order of their lines. */
static gboolean
take_line (gpointer data, guint number, const gchar *line, GError **error)
{
  NfPredictStore *store = data;
  g_autoptr (JsonObject) json = nf_json_parse_object (line, "clip", error);
  gint64 clip = -1, mask = -1;
  const gchar *wrong = NULL;

  if (!json)
    return FALSE;
  if (!nf_json_get_integer (json_object_get_member (json, "clip"), &clip)
      || clip < 0 || !take_what (json, &mask, &wrong)
      || (!wrong && mask != store->n_masks)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "expected a clip with its mask, number %" G_GINT64_FORMAT
        ", or what is wrong with it",
        store->n_masks);
    return FALSE;
  }
  store->n_masks += mask >= 0;
  note (store, (guint64) clip, mask, wrong);
  return TRUE;
}

/* Opens the masks. Every mask that has a line was on the disk before it; what is
 * behind the last one was not finished. */
static gboolean
open_masks (NfPredictStore *store, GError **error)
{
  const gint64 wanted = store->n_masks * (gint64) store->mask_bytes;
  GStatBuf facts;

  store->masks = g_open (store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (store->masks < 0 || fstat (store->masks, &facts) != 0)
    return nf_file_fail (store->path, "open", error);
  if (facts.st_size < wanted) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: holds fewer than the %" G_GINT64_FORMAT " masks that " JOURNAL
        " has lines for; delete the folder to begin anew",
        store->path, store->n_masks);
    return FALSE;
  }
  if (ftruncate (store->masks, wanted) != 0
      || lseek (store->masks, wanted, SEEK_SET) < 0)
    return nf_file_fail (store->path, "write", error);
  return TRUE;
}

/**
 * nf_predict_store_open:
 * @folder: where masks are kept; made where it is not there
 * @settings: all that decides what masks are
 * @mask_bytes: pixels of a mask
 * @error: return location; says what differs or is in the way
 *
 * Returns: (transfer full) (nullable): the folder, held against other programs
 */
NfPredictStore *
nf_predict_store_open (
    const gchar *folder, JsonObject *settings, gsize mask_bytes, GError **error)
{
  g_autoptr (NfPredictStore) store = g_new0 (NfPredictStore, 1);
  g_autofree gchar *journal = g_build_filename (folder, JOURNAL, NULL);
  gint64 good;

  store->masks = store->lock = -1;
  store->mask_bytes = mask_bytes;
  store->path = g_build_filename (folder, MASKS, NULL);
  store->entries =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, entry_free);
  store->lock = nf_file_lock_folder (folder, PROGRAM, error);
  if (store->lock < 0
      || !nf_eval_claim (folder, PROGRAM, settings, NF_PREDICT_PICTURES, error))
    return NULL;
  nf_file_remove_leftovers (folder);
  if (!nf_eval_lines_read (journal, take_line, store, &good, error)
      || !open_masks (store, error))
    return NULL;
  store->journal = nf_eval_lines_append (journal, good, error);
  return store->journal ? g_steal_pointer (&store) : NULL;
}

static const Entry *
entry_of (const NfPredictStore *store, guint64 clip)
{
  return g_hash_table_lookup (store->entries, &clip);
}

/**
 * nf_predict_store_has:
 * @store: a folder
 * @clip: number of a clip
 *
 * Returns: whether its mask is there
 */
gboolean
nf_predict_store_has (const NfPredictStore *store, guint64 clip)
{
  const Entry *entry = entry_of (store, clip);

  return entry && entry->mask >= 0;
}

/**
 * nf_predict_store_wrong:
 * @store: a folder
 * @clip: number of a clip
 *
 * Returns: (transfer none) (nullable): what was found to be wrong with it
 */
const gchar *
nf_predict_store_wrong (const NfPredictStore *store, guint64 clip)
{
  const Entry *entry = entry_of (store, clip);

  return entry ? entry->wrong : NULL;
}

/* Writes a mask behind the others, to the disk. */
static gboolean
write_mask (NfPredictStore *store, const guint8 *mask, GError **error)
{
  const gint64 before = store->n_masks * (gint64) store->mask_bytes;

  if (lseek (store->masks, before, SEEK_SET) < 0)
    return nf_file_fail (store->path, "write", error);
  if (!nf_file_write_bytes (
          store->masks, mask, store->mask_bytes, store->path, error))
    return FALSE;
  return fdatasync (store->masks) == 0
      || nf_file_fail (store->path, "write to the disk", error);
}

/**
 * nf_predict_store_add:
 * @store: a folder
 * @clip: number of a clip
 * @mask: its mask
 * @error: return location
 *
 * The mask is on the disk, and its line with the system, at once.
 */
gboolean
nf_predict_store_add (
    NfPredictStore *store, guint64 clip, const guint8 *mask, GError **error)
{
  g_autofree gchar *line = g_strdup_printf ("{\"clip\":%" G_GUINT64_FORMAT
                                            ",\"mask\":%" G_GINT64_FORMAT "}\n",
      clip, store->n_masks);

  if (!write_mask (store, mask, error)
      || !nf_eval_lines_add (store->journal, line, error))
    return FALSE;
  note (store, clip, store->n_masks++, NULL);
  return TRUE;
}

/**
 * nf_predict_store_add_wrong:
 * @store: a folder
 * @clip: number of a clip
 * @why: it has no mask
 * @error: return location
 */
gboolean
nf_predict_store_add_wrong (
    NfPredictStore *store, guint64 clip, const gchar *why, GError **error)
{
  g_autofree gchar *text = g_utf8_make_valid (why, -1);
  g_autofree gchar *quoted = nf_json_quote (text);
  g_autofree gchar *line = g_strdup_printf (
      "{\"clip\":%" G_GUINT64_FORMAT ",\"wrong\":%s}\n", clip, quoted);

  if (g_strcmp0 (nf_predict_store_wrong (store, clip), text) == 0)
    return TRUE;
  if (!nf_eval_lines_add (store->journal, line, error))
    return FALSE;
  note (store, clip, -1, text);
  return TRUE;
}

/**
 * nf_predict_store_sync:
 * @store: a folder
 * @error: return location
 *
 * Sees to it that all lines are on the disk.
 */
gboolean
nf_predict_store_sync (NfPredictStore *store, GError **error)
{
  return nf_eval_lines_sync (store->journal, error);
}

/**
 * nf_predict_store_get:
 * @store: a folder that has a mask of the clip
 * @clip: number of a clip
 * @mask: (out caller-allocates): its mask
 * @error: return location
 */
gboolean
nf_predict_store_get (
    const NfPredictStore *store, guint64 clip, guint8 *mask, GError **error)
{
  const Entry *entry = entry_of (store, clip);
  const off_t at = (off_t) entry->mask * (off_t) store->mask_bytes;
  gsize done = 0;

  while (done < store->mask_bytes) {
    gssize some = pread (
        store->masks, mask + done, store->mask_bytes - done, at + (off_t) done);

    if (some < 0 && errno == EINTR)
      continue;
    if (some <= 0) {
      errno = some == 0 ? EIO : errno; /* cut short meanwhile */
      return nf_file_fail (store->path, "read", error);
    }
    done += (gsize) some;
  }
  return TRUE;
}
