/* SPDX-License-Identifier: MIT
 *
 * config/table — one row for every key of a configuration
 *
 * Sibling: runconfig.c, which reads and writes values by these rows. */
#pragma once

#include "config/fields.h"

G_BEGIN_DECLS

/**
 * NfConfigType:
 * @NF_CONFIG_INT: gint64, between min and max
 * @NF_CONFIG_FLOAT: gdouble, between min and max, finite
 * @NF_CONFIG_BOOL: gboolean, written true or false
 * @NF_CONFIG_STRING: any text (gchar *)
 * @NF_CONFIG_CHOICE: one of the words in choices (gchar *)
 * @NF_CONFIG_CHOICES: some of the words in choices (gchar *), each once
 * @NF_CONFIG_INTS: #NfIntList, each element between min and max
 * @NF_CONFIG_FLOATS: #NfFloatList, each element between min and max
 */
typedef enum
{
  NF_CONFIG_INT,
  NF_CONFIG_FLOAT,
  NF_CONFIG_BOOL,
  NF_CONFIG_STRING,
  NF_CONFIG_CHOICE,
  NF_CONFIG_CHOICES,
  NF_CONFIG_INTS,
  NF_CONFIG_FLOATS
} NfConfigType;

/**
 * NfConfigRow:
 * @group: key file group
 * @key: key file key
 * @type: how the text is read
 * @offset: of the field in #NfTrainConfig
 * @value: the default, as text
 * @help: what it means, one line
 * @min: smallest number allowed
 * @max: largest number allowed
 * @count: elements that a list must have, or 0 for 1 to %NF_CONFIG_MAX_LIST
 * @choices: (nullable): the words allowed, with spaces between
 * @resumable: whether a resumed run may change it
 */
typedef struct
{
  const gchar *group;
  const gchar *key;
  NfConfigType type;
  gsize offset;
  const gchar *value;
  const gchar *help;
  gdouble min;
  gdouble max;
  guint count;
  const gchar *choices;
  gboolean resumable;
} NfConfigRow;

const NfConfigRow *nf_config_row (NfTrainKind kind, guint index);

G_END_DECLS
