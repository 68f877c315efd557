/* SPDX-License-Identifier: MIT
 *
 * eventfile — a run's numbers and pictures as TensorBoard reads them
 *
 * An event file is a chain of records: the length of a message (u64, little
 * endian), the masked CRC-32C of these eight bytes, the message, and the masked
 * CRC-32C of the message. The messages are those of tensorboard.proto. A run
 * that goes on begins another file; TensorBoard reads all files of a folder in
 * the order of their names, and a record says from which step on the earlier
 * ones no longer count.
 * See: TensorFlow's record_writer.h, for the records. Sibling: train/report.c,
 * which writes the same numbers to metrics.jsonl */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * NfMetric:
 * @name: what is shown, such as "loss" or "validation-jaccard"
 * @value: its number; may be not finite
 */
typedef struct
{
  const gchar *name;
  gdouble value;
} NfMetric;

typedef struct _NfEventFile NfEventFile;

gboolean nf_event_file_is_available (GError **error);
NfEventFile *nf_event_file_open (
    const gchar *folder, guint64 step, GError **error);
gboolean nf_event_file_add_metrics (NfEventFile *file, guint64 step,
    const NfMetric *values, guint n, GError **error);
gboolean nf_event_file_add_picture (NfEventFile *file, guint64 step,
    const gchar *name, GBytes *png, gint width, gint height, GError **error);
void nf_event_file_close (NfEventFile *file);

guint32 nf_crc32c (const void *data, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEventFile, nf_event_file_close)

G_END_DECLS
