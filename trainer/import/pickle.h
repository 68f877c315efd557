/* SPDX-License-Identifier: MIT
 *
 * pickle — reads pickles of PyTorch's tensors, and executes nothing
 *
 * A pickle is a program for a machine with a stack (Python's pickletools
 * describes it), which can name any function and have it called. This machine
 * knows numbers, texts, lists, tuples, dictionaries, and the few names that
 * tensors need: it makes descriptions of tensors itself and refuses everything
 * else by name. Files are treated as hostile: every length, index and count is
 * checked, and memory grows with the file's size alone.
 * Sibling: torchfile.c, which finds the pickle and the tensors' elements. */
#pragma once

#include <nextframe/io/nfsafetensors.h>

G_BEGIN_DECLS

/** NF_PICKLE_MAX_RANK: dimensions of a tensor, at most; PyTorch has this limit */
#define NF_PICKLE_MAX_RANK 64

/**
 * NfPickleKind:
 * @NF_PICKLE_NONE: None
 * @NF_PICKLE_BOOL: True or False, in @integer
 * @NF_PICKLE_INT: a whole number of up to 64 bits
 * @NF_PICKLE_FLOAT: a number
 * @NF_PICKLE_TEXT: a text, or bytes
 * @NF_PICKLE_LIST: a list
 * @NF_PICKLE_TUPLE: a tuple
 * @NF_PICKLE_DICT: a dictionary, ordered or not: keys and values in turn
 * @NF_PICKLE_NAME: "module name" of something that tensors need
 * @NF_PICKLE_STORAGE: the elements that tensors look into
 * @NF_PICKLE_TENSOR: a tensor
 *
 * What a value is.
 */
typedef enum
{
  NF_PICKLE_NONE,
  NF_PICKLE_BOOL,
  NF_PICKLE_INT,
  NF_PICKLE_FLOAT,
  NF_PICKLE_TEXT,
  NF_PICKLE_LIST,
  NF_PICKLE_TUPLE,
  NF_PICKLE_DICT,
  NF_PICKLE_NAME,
  NF_PICKLE_STORAGE,
  NF_PICKLE_TENSOR
} NfPickleKind;

typedef struct _NfPickleValue NfPickleValue;

/**
 * NfPickleValue:
 * @kind: what it is
 * @integer: of a number or bool; of a storage how many elements it has; of a
 *   tensor the index in its storage of the first element
 * @number: of a float
 * @text: of a text or name, valid UTF-8; of a storage its key
 * @items: (element-type NfPickleValue) (nullable): of a list, tuple or dictionary
 * @dtype: of a storage
 * @storage: of a tensor
 * @rank: of a tensor: dimensions
 * @shape: of a tensor: sizes, each at least 0
 * @stride: of a tensor: elements from one index to the next, each at least 0
 *
 * A value. It belongs to its #NfPickle, and may be in several places of it, also
 * within itself.
 */
struct _NfPickleValue
{
  NfPickleKind kind;
  gint64 integer;
  gdouble number;
  gchar *text;
  GPtrArray *items;
  NfSafetensorsDType dtype;
  const NfPickleValue *storage;
  guint rank;
  gint64 *shape;
  gint64 *stride;
};

/**
 * NfPickle: a pickle that was read
 */
typedef struct _NfPickle NfPickle;

/**
 * nf_pickle_read:
 * @data: where the pickle starts
 * @size: bytes from there on
 * @label: name of the file for messages
 * @used: (out) (optional): bytes of the pickle
 * @error: return location: %NF_ERROR_FORMAT where it is no pickle, or a damaged
 *   one; %NF_ERROR_UNSUPPORTED where it wants something that tensors do not need,
 *   which is named
 *
 * Returns: (transfer full) (nullable): the pickle
 */
NfPickle *nf_pickle_read (const guint8 *data, gsize size, const gchar *label,
    gsize *used, GError **error);
void nf_pickle_free (NfPickle *pickle);

/**
 * nf_pickle_root:
 * @pickle: a pickle
 *
 * Returns: (transfer none): the value that it is of
 */
const NfPickleValue *nf_pickle_root (const NfPickle *pickle);

/**
 * nf_pickle_find:
 * @dict: a value
 * @key: a text
 *
 * Returns: (transfer none) (nullable): what a dictionary has under that key, the
 *   last one; %NULL where it has nothing or is none
 */
const NfPickleValue *nf_pickle_find (
    const NfPickleValue *dict, const gchar *key);

/**
 * nf_pickle_storages:
 * @pickle: a pickle
 *
 * Returns: (transfer container) (element-type utf8 NfPickleValue): its storages
 *   by their keys, which belong to @pickle
 */
GHashTable *nf_pickle_storages (const NfPickle *pickle);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfPickle, nf_pickle_free)

G_END_DECLS
