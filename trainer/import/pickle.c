/* SPDX-License-Identifier: MIT
 *
 * pickle — reads pickles of PyTorch's tensors, and executes nothing */
#include "import/pickle.h"

#include <string.h>

#define MAX_PROTOCOL 5
#define MAX_KEY 100 /* bytes of a storage's key, which PyTorch makes a number */

struct _NfPickle
{
  GPtrArray *values; /* all of them */
  const NfPickleValue *root;
};

/* The machine while it reads. */
typedef struct
{
  NfPickle *pickle;
  const gchar *label;
  const guint8 *data;
  gsize size, at;
  GPtrArray *stack; /* NfPickleValue */
  GArray *marks; /* guint: how deep the stack was */
  GHashTable *memo; /* numbers and values */
} Machine;

/* ------------------------------------------------------------------ values */

static void
value_free (gpointer data)
{
  NfPickleValue *value = data;

  g_free (value->text);
  g_clear_pointer (&value->items, g_ptr_array_unref);
  g_free (value->shape);
  g_free (value->stride);
  g_free (value);
}

static NfPickleValue *
new_value (Machine *self, NfPickleKind kind)
{
  NfPickleValue *value = g_new0 (NfPickleValue, 1);

  value->kind = kind;
  if (kind == NF_PICKLE_LIST || kind == NF_PICKLE_TUPLE
      || kind == NF_PICKLE_DICT)
    value->items = g_ptr_array_new ();
  g_ptr_array_add (self->pickle->values, value);
  return value;
}

void
nf_pickle_free (NfPickle *pickle)
{
  if (!pickle)
    return;
  g_ptr_array_unref (pickle->values);
  g_free (pickle);
}

const NfPickleValue *
nf_pickle_root (const NfPickle *pickle)
{
  return pickle->root;
}

const NfPickleValue *
nf_pickle_find (const NfPickleValue *dict, const gchar *key)
{
  const NfPickleValue *found = NULL;

  if (dict->kind != NF_PICKLE_DICT)
    return NULL;
  for (guint i = 0; i + 1 < dict->items->len; i += 2) {
    const NfPickleValue *k = dict->items->pdata[i];

    if (k->kind == NF_PICKLE_TEXT && g_str_equal (k->text, key))
      found = dict->items->pdata[i + 1];
  }
  return found;
}

GHashTable *
nf_pickle_storages (const NfPickle *pickle)
{
  GHashTable *storages = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < pickle->values->len; i++) {
    NfPickleValue *value = pickle->values->pdata[i];

    if (value->kind == NF_PICKLE_STORAGE)
      g_hash_table_insert (storages, value->text, value);
  }
  return storages;
}

/* ------------------------------------------------------------------- errors */

static gboolean G_GNUC_PRINTF (4, 5) fail (
    const Machine *self, NfError code, GError **error, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, NF_ERROR, (gint) code,
      "%s: pickle at byte %" G_GSIZE_FORMAT ": %s", self->label, self->at,
      text);
  return FALSE;
}

static gboolean
damaged (const Machine *self, const gchar *what, GError **error)
{
  return fail (self, NF_ERROR_FORMAT, error, "%s; the file is damaged", what);
}

/* -------------------------------------------------------------------- input */

/* The next @n bytes; NULL where there are fewer. */
static const guint8 *
take (Machine *self, guint64 n, GError **error)
{
  const guint8 *bytes = self->data + self->at;

  if (n > self->size - self->at) {
    damaged (self, "it ends too early", error);
    return NULL;
  }
  self->at += (gsize) n;
  return bytes;
}

/* A number of @n bytes without a sign, the lowest one first. */
static gboolean
take_unsigned (Machine *self, guint n, guint64 *value, GError **error)
{
  const guint8 *bytes = take (self, n, error);

  if (!bytes)
    return FALSE;
  *value = 0;
  for (guint i = n; i-- > 0;)
    *value = *value << 8 | bytes[i];
  return TRUE;
}

/* --------------------------------------------------------------------- stack */

static gboolean
push (Machine *self, NfPickleValue *value)
{
  g_ptr_array_add (self->stack, value);
  return TRUE;
}

/* Values of the stack that are above the last mark. */
static guint
above_mark (const Machine *self)
{
  guint mark = self->marks->len > 0
      ? g_array_index (self->marks, guint, self->marks->len - 1)
      : 0;

  return self->stack->len - mark;
}

static NfPickleValue *
top (Machine *self, GError **error)
{
  if (above_mark (self) > 0)
    return self->stack->pdata[self->stack->len - 1];
  damaged (self, "a value is missing on its stack", error);
  return NULL;
}

static NfPickleValue *
pop (Machine *self, GError **error)
{
  NfPickleValue *value = top (self, error);

  if (value)
    g_ptr_array_set_size (self->stack, (gint) self->stack->len - 1);
  return value;
}

/* Takes the mark away; @first is what lies above it. */
static gboolean
pop_mark (Machine *self, guint *first, GError **error)
{
  if (self->marks->len == 0)
    return damaged (self, "a mark is missing on its stack", error);
  *first = g_array_index (self->marks, guint, self->marks->len - 1);
  g_array_set_size (self->marks, self->marks->len - 1);
  return TRUE;
}

/* Moves what lies above the stack's place @first into @value. */
static void
move_items (Machine *self, guint first, NfPickleValue *value)
{
  for (guint i = first; i < self->stack->len; i++)
    g_ptr_array_add (value->items, self->stack->pdata[i]);
  g_ptr_array_set_size (self->stack, (gint) first);
}

/* ------------------------------------------------------------------ tensors */

/* Kinds of storages by their names in module torch. */
static const struct
{
  const gchar *name;
  NfSafetensorsDType dtype;
} storages[] = {
  { "torch DoubleStorage", NF_SAFETENSORS_F64 },
  { "torch FloatStorage", NF_SAFETENSORS_F32 },
  { "torch HalfStorage", NF_SAFETENSORS_F16 },
  { "torch BFloat16Storage", NF_SAFETENSORS_BF16 },
  { "torch LongStorage", NF_SAFETENSORS_I64 },
  { "torch IntStorage", NF_SAFETENSORS_I32 },
  { "torch ShortStorage", NF_SAFETENSORS_I16 },
  { "torch CharStorage", NF_SAFETENSORS_I8 },
  { "torch ByteStorage", NF_SAFETENSORS_U8 },
  { "torch BoolStorage", NF_SAFETENSORS_BOOL },
};

/* Names that are called, and what they stand for here. */
#define ORDERED_DICT "collections OrderedDict"
#define REBUILD_TENSOR "torch._utils _rebuild_tensor_v2"
#define REBUILD_PARAMETER "torch._utils _rebuild_parameter"
#define SIZE "torch Size"

static gboolean
is_known (const gchar *name)
{
  static const gchar *const called[] = { ORDERED_DICT, REBUILD_TENSOR,
    REBUILD_PARAMETER, SIZE, NULL };

  for (guint i = 0; i < G_N_ELEMENTS (storages); i++)
    if (g_str_equal (storages[i].name, name))
      return TRUE;
  return g_strv_contains (called, name);
}

static gboolean
push_name (Machine *self, gchar *name, GError **error)
{
  NfPickleValue *value;

  if (!is_known (name)) {
    g_autofree gchar *shown = g_strescape (name, NULL);

    g_free (name);
    return fail (self, NF_ERROR_UNSUPPORTED, error,
        "it names %.200s, which is not needed for tensors, and nothing in a "
        "file is executed here; save the state_dict alone: "
        "torch.save (model.state_dict (), FILE)",
        shown);
  }
  value = new_value (self, NF_PICKLE_NAME);
  value->text = name;
  return push (self, value);
}

/* Item @i of a tuple or list, if it is of that kind; NULL otherwise. */
static NfPickleValue *
item (const NfPickleValue *list, guint i, NfPickleKind kind)
{
  NfPickleValue *value =
      list->items && i < list->items->len ? list->items->pdata[i] : NULL;

  return value && value->kind == kind ? value : NULL;
}

static gboolean
find_storage (const gchar *name, NfSafetensorsDType *dtype)
{
  for (guint i = 0; i < G_N_ELEMENTS (storages); i++)
    if (g_str_equal (storages[i].name, name)) {
      *dtype = storages[i].dtype;
      return TRUE;
    }
  return FALSE;
}

/* ('storage', kind, key, where, elements[, view]): a storage. */
static gboolean
make_storage (Machine *self, GError **error)
{
  NfPickleValue *id = pop (self, error), *value;
  NfPickleValue *word, *kind, *key, *elements, *view;
  NfSafetensorsDType dtype;

  if (!id)
    return FALSE;
  if (id->kind != NF_PICKLE_TUPLE)
    return damaged (self, "a storage is not described by a tuple", error);
  word = item (id, 0, NF_PICKLE_TEXT);
  kind = item (id, 1, NF_PICKLE_NAME);
  key = item (id, 2, NF_PICKLE_TEXT);
  elements = item (id, 4, NF_PICKLE_INT);
  view = item (id, 5, NF_PICKLE_TUPLE);
  if (!word || !g_str_equal (word->text, "storage") || !kind || !key
      || !elements || elements->integer < 0 || strlen (key->text) > MAX_KEY
      || !find_storage (kind->text, &dtype))
    return damaged (self, "the description of a storage is none", error);
  if (view)
    return fail (self, NF_ERROR_UNSUPPORTED, error,
        "a storage is a view of another one, as PyTorch wrote before 0.4; load "
        "the file there and save it anew");
  value = new_value (self, NF_PICKLE_STORAGE);
  value->text = g_strdup (key->text);
  value->dtype = dtype;
  value->integer = elements->integer;
  return push (self, value);
}

/* Whole numbers of at least 0 out of a tuple. */
static gint64 *
read_sizes (const NfPickleValue *tuple)
{
  g_autofree gint64 *sizes = g_new0 (gint64, tuple->items->len + 1);

  for (guint i = 0; i < tuple->items->len; i++) {
    const NfPickleValue *n = item (tuple, i, NF_PICKLE_INT);

    if (!n || n->integer < 0)
      return NULL;
    sizes[i] = n->integer;
  }
  return g_steal_pointer (&sizes);
}

/* Whether all elements lie in the storage. */
static gboolean
fits (const NfPickleValue *tensor)
{
  guint64 last = (guint64) tensor->integer, step;

  for (guint i = 0; i < tensor->rank; i++)
    if (tensor->shape[i] == 0)
      return tensor->integer <= tensor->storage->integer;
  for (guint i = 0; i < tensor->rank; i++)
    if (!g_uint64_checked_mul (
            &step, (guint64) tensor->shape[i] - 1, (guint64) tensor->stride[i])
        || !g_uint64_checked_add (&last, last, step))
      return FALSE;
  return last < (guint64) tensor->storage->integer;
}

/* (storage, offset, sizes, strides, requires_grad, hooks[, metadata]) */
static gboolean
make_tensor (Machine *self, const NfPickleValue *args, GError **error)
{
  NfPickleValue *storage = item (args, 0, NF_PICKLE_STORAGE);
  NfPickleValue *offset = item (args, 1, NF_PICKLE_INT);
  NfPickleValue *shape = item (args, 2, NF_PICKLE_TUPLE);
  NfPickleValue *stride = item (args, 3, NF_PICKLE_TUPLE);
  NfPickleValue *value;

  if (!storage || !offset || offset->integer < 0 || !shape || !stride
      || shape->items->len != stride->items->len
      || shape->items->len > NF_PICKLE_MAX_RANK)
    return damaged (self, "the description of a tensor is none", error);
  value = new_value (self, NF_PICKLE_TENSOR);
  value->storage = storage;
  value->integer = offset->integer;
  value->rank = shape->items->len;
  value->shape = read_sizes (shape);
  value->stride = read_sizes (stride);
  if (!value->shape || !value->stride || !fits (value))
    return damaged (
        self, "a tensor reaches beyond the elements of its storage", error);
  return push (self, value);
}

/* Makes what a call of a known name with these arguments stands for. */
static gboolean
reduce (Machine *self, GError **error)
{
  NfPickleValue *args = pop (self, error);
  NfPickleValue *name = args ? pop (self, error) : NULL;

  if (!name)
    return FALSE;
  if (args->kind != NF_PICKLE_TUPLE || name->kind != NF_PICKLE_NAME)
    return damaged (self, "what it calls is no name", error);
  if (g_str_equal (name->text, ORDERED_DICT) && args->items->len == 0)
    return push (self, new_value (self, NF_PICKLE_DICT));
  if (g_str_equal (name->text, REBUILD_TENSOR))
    return make_tensor (self, args, error);
  if (g_str_equal (name->text, REBUILD_PARAMETER)
      && item (args, 0, NF_PICKLE_TENSOR))
    return push (self, args->items->pdata[0]);
  if (g_str_equal (name->text, SIZE) && item (args, 0, NF_PICKLE_TUPLE))
    return push (self, args->items->pdata[0]);
  return fail (self, NF_ERROR_UNSUPPORTED, error,
      "it calls %s in a way that tensors do not need", name->text);
}

/* ------------------------------------------------------------ instructions */

static gboolean
push_int (Machine *self, gint64 integer, NfPickleKind kind)
{
  NfPickleValue *value = new_value (self, kind);

  value->integer = integer;
  return push (self, value);
}

/* A number of @n bytes, with a sign where @is_signed. */
static gboolean
push_number (Machine *self, guint n, gboolean is_signed, GError **error)
{
  const guint bits = 8 * n;
  guint64 value;

  if (n > 8)
    return fail (self, NF_ERROR_UNSUPPORTED, error,
        "a whole number of %u bytes, at most 8 are read", n);
  if (!take_unsigned (self, n, &value, error))
    return FALSE;
  if (is_signed && n > 0 && n < 8 && value >> (bits - 1))
    value |= G_MAXUINT64 << bits;
  return push_int (self, (gint64) value, NF_PICKLE_INT);
}

/* A number behind a length of @n bytes. */
static gboolean
push_long (Machine *self, guint n, GError **error)
{
  guint64 length;

  return take_unsigned (self, n, &length, error)
      && push_number (self, (guint) MIN (length, 9), TRUE, error);
}

static gboolean
push_float (Machine *self, GError **error)
{
  const guint8 *bytes = take (self, 8, error);
  guint64 bits = 0;
  NfPickleValue *value;

  if (!bytes)
    return FALSE;
  for (guint i = 0; i < 8; i++)
    bits = bits << 8 | bytes[i];
  value = new_value (self, NF_PICKLE_FLOAT);
  memcpy (&value->number, &bits, sizeof bits);
  return push (self, value);
}

/* A text behind a length of @n bytes. */
static gboolean
push_text (Machine *self, guint n, GError **error)
{
  const guint8 *bytes;
  NfPickleValue *value;
  guint64 length;

  if (!take_unsigned (self, n, &length, error))
    return FALSE;
  bytes = take (self, length, error);
  if (!bytes)
    return FALSE;
  value = new_value (self, NF_PICKLE_TEXT);
  value->text = g_utf8_make_valid ((const gchar *) bytes, (gssize) length);
  return push (self, value);
}

/* Lines "module" and "name". */
static gboolean
push_global (Machine *self, GError **error)
{
  const guint8 *lines[2];
  gsize lengths[2];

  for (guint i = 0; i < 2; i++) {
    const guint8 *start = self->data + self->at;
    const guint8 *end = memchr (start, '\n', self->size - self->at);

    if (!end)
      return damaged (self, "it ends within a name", error);
    lines[i] = start;
    lengths[i] = (gsize) (end - start);
    self->at += lengths[i] + 1;
  }
  return push_name (self,
      g_strdup_printf ("%.*s %.*s", (gint) MIN (lengths[0], 1000), lines[0],
          (gint) MIN (lengths[1], 1000), lines[1]),
      error);
}

/* The same, from the stack. */
static gboolean
stack_global (Machine *self, GError **error)
{
  const NfPickleValue *name = pop (self, error);
  const NfPickleValue *module = name ? pop (self, error) : NULL;

  if (!module)
    return FALSE;
  if (name->kind != NF_PICKLE_TEXT || module->kind != NF_PICKLE_TEXT)
    return damaged (self, "a name is no text", error);
  return push_name (
      self, g_strdup_printf ("%s %s", module->text, name->text), error);
}

static gboolean
memo_put (Machine *self, guint64 index, GError **error)
{
  NfPickleValue *value = top (self, error);

  if (!value)
    return FALSE;
  g_hash_table_insert (self->memo, g_memdup2 (&index, sizeof index), value);
  return TRUE;
}

static gboolean
memo_get (Machine *self, guint n, GError **error)
{
  NfPickleValue *value;
  guint64 index;

  if (!take_unsigned (self, n, &index, error))
    return FALSE;
  value = g_hash_table_lookup (self->memo, &index);
  return value ? push (self, value)
               : damaged (self, "it recalls a value that it never kept", error);
}

static gboolean
memo_put_at (Machine *self, guint n, GError **error)
{
  guint64 index;

  return take_unsigned (self, n, &index, error)
      && memo_put (self, index, error);
}

/* A tuple of the uppermost @n values. */
static gboolean
make_tuple (Machine *self, guint n, GError **error)
{
  NfPickleValue *value;

  if (above_mark (self) < n)
    return damaged (self, "a value is missing on its stack", error);
  value = new_value (self, NF_PICKLE_TUPLE);
  move_items (self, self->stack->len - n, value);
  return push (self, value);
}

/* A list, tuple or dictionary of what lies above the mark. */
static gboolean
make_marked (Machine *self, NfPickleKind kind, GError **error)
{
  NfPickleValue *value;
  guint first = 0;

  if (!pop_mark (self, &first, error))
    return FALSE;
  if (kind == NF_PICKLE_DICT && (self->stack->len - first) % 2 != 0)
    return damaged (self, "a dictionary has a key without a value", error);
  value = new_value (self, kind);
  move_items (self, first, value);
  return push (self, value);
}

/* Adds what lies above the mark to the list or dictionary below it. */
static gboolean
add_marked (Machine *self, NfPickleKind kind, GError **error)
{
  NfPickleValue *value;
  guint first = 0;

  if (!pop_mark (self, &first, error))
    return FALSE;
  if (first == 0 || above_mark (self) <= self->stack->len - first)
    return damaged (self, "what it adds to is missing", error);
  value = self->stack->pdata[first - 1];
  if (value->kind != kind
      || (kind == NF_PICKLE_DICT && (self->stack->len - first) % 2 != 0))
    return damaged (self, "it adds to what is no list or dictionary", error);
  move_items (self, first, value);
  return TRUE;
}

/* Adds the uppermost @n values to the list or dictionary below them. */
static gboolean
add_top (Machine *self, NfPickleKind kind, guint n, GError **error)
{
  NfPickleValue *value;

  if (above_mark (self) < n + 1)
    return damaged (self, "what it adds to is missing", error);
  value = self->stack->pdata[self->stack->len - n - 1];
  if (value->kind != kind)
    return damaged (self, "it adds to what is no list or dictionary", error);
  move_items (self, self->stack->len - n, value);
  return TRUE;
}

/* Attributes of an object: those of an ordered dictionary, which PyTorch gives
 * a number of its version, are dropped. */
static gboolean
build (Machine *self, GError **error)
{
  const NfPickleValue *state = pop (self, error);
  const NfPickleValue *object = state ? top (self, error) : NULL;

  if (!object)
    return FALSE;
  return object->kind == NF_PICKLE_DICT
      || fail (self, NF_ERROR_UNSUPPORTED, error,
          "it sets attributes of what is no dictionary");
}

static gboolean
read_protocol (Machine *self, GError **error)
{
  guint64 protocol;

  if (!take_unsigned (self, 1, &protocol, error))
    return FALSE;
  return (protocol >= 2 && protocol <= MAX_PROTOCOL)
      || fail (self, NF_ERROR_UNSUPPORTED, error,
          "protocol %" G_GUINT64_FORMAT ", expected 2 to %d", protocol,
          MAX_PROTOCOL);
}

static gboolean
pop_one (Machine *self, GError **error)
{
  if (above_mark (self) == 0 && self->marks->len > 0) {
    g_array_set_size (self->marks, self->marks->len - 1);
    return TRUE;
  }
  return pop (self, error) != NULL;
}

static gboolean
pop_to_mark (Machine *self, GError **error)
{
  guint first = 0;

  if (!pop_mark (self, &first, error))
    return FALSE;
  g_ptr_array_set_size (self->stack, (gint) first);
  return TRUE;
}

static gboolean
duplicate (Machine *self, GError **error)
{
  NfPickleValue *value = top (self, error);

  return value && push (self, value);
}

static gboolean
set_mark (Machine *self)
{
  g_array_append_val (self->marks, self->stack->len);
  return TRUE;
}

/* One instruction but STOP. Their codes are those of Python's pickletools. */
static gboolean
run (Machine *self, guint8 code, GError **error)
{
  switch (code) {
    case 0x80: /* PROTO */
      return read_protocol (self, error);
    case 0x95: /* FRAME: how much follows, which the file's end says, too */
      return take (self, 8, error) != NULL;
    case '(': /* MARK */
      return set_mark (self);
    case '0': /* POP */
      return pop_one (self, error);
    case '1': /* POP_MARK */
      return pop_to_mark (self, error);
    case '2': /* DUP */
      return duplicate (self, error);
    case 'N': /* NONE */
      return push (self, new_value (self, NF_PICKLE_NONE));
    case 0x88: /* NEWTRUE */
    case 0x89: /* NEWFALSE */
      return push_int (self, code == 0x88, NF_PICKLE_BOOL);
    case 'J': /* BININT */
      return push_number (self, 4, TRUE, error);
    case 'K': /* BININT1 */
      return push_number (self, 1, FALSE, error);
    case 'M': /* BININT2 */
      return push_number (self, 2, FALSE, error);
    case 0x8a: /* LONG1 */
      return push_long (self, 1, error);
    case 0x8b: /* LONG4 */
      return push_long (self, 4, error);
    case 'G': /* BINFLOAT */
      return push_float (self, error);
    case 0x8c: /* SHORT_BINUNICODE */
    case 'U': /* SHORT_BINSTRING */
    case 'C': /* SHORT_BINBYTES */
      return push_text (self, 1, error);
    case 'X': /* BINUNICODE */
    case 'T': /* BINSTRING */
    case 'B': /* BINBYTES */
      return push_text (self, 4, error);
    case 0x8d: /* BINUNICODE8 */
    case 0x8e: /* BINBYTES8 */
      return push_text (self, 8, error);
    case ')': /* EMPTY_TUPLE */
      return push (self, new_value (self, NF_PICKLE_TUPLE));
    case ']': /* EMPTY_LIST */
      return push (self, new_value (self, NF_PICKLE_LIST));
    case '}': /* EMPTY_DICT */
      return push (self, new_value (self, NF_PICKLE_DICT));
    case 0x85: /* TUPLE1 */
    case 0x86: /* TUPLE2 */
    case 0x87: /* TUPLE3 */
      return make_tuple (self, code - 0x84u, error);
    case 't': /* TUPLE */
      return make_marked (self, NF_PICKLE_TUPLE, error);
    case 'l': /* LIST */
      return make_marked (self, NF_PICKLE_LIST, error);
    case 'd': /* DICT */
      return make_marked (self, NF_PICKLE_DICT, error);
    case 'a': /* APPEND */
      return add_top (self, NF_PICKLE_LIST, 1, error);
    case 's': /* SETITEM */
      return add_top (self, NF_PICKLE_DICT, 2, error);
    case 'e': /* APPENDS */
      return add_marked (self, NF_PICKLE_LIST, error);
    case 'u': /* SETITEMS */
      return add_marked (self, NF_PICKLE_DICT, error);
    case 'q': /* BINPUT */
      return memo_put_at (self, 1, error);
    case 'r': /* LONG_BINPUT */
      return memo_put_at (self, 4, error);
    case 0x94: /* MEMOIZE */
      return memo_put (self, g_hash_table_size (self->memo), error);
    case 'h': /* BINGET */
      return memo_get (self, 1, error);
    case 'j': /* LONG_BINGET */
      return memo_get (self, 4, error);
    case 'c': /* GLOBAL */
      return push_global (self, error);
    case 0x93: /* STACK_GLOBAL */
      return stack_global (self, error);
    case 'R': /* REDUCE */
      return reduce (self, error);
    case 'b': /* BUILD */
      return build (self, error);
    case 'Q': /* BINPERSID */
      return make_storage (self, error);
    default:
      return fail (self, NF_ERROR_UNSUPPORTED, error,
          "instruction 0x%02x, which tensors do not need, or the file is no "
          "pickle",
          code);
  }
}

static gboolean
run_all (Machine *self, GError **error)
{
  const guint8 *code;

  while ((code = take (self, 1, error)) && *code != '.')
    if (!run (self, *code, error))
      return FALSE;
  if (!code)
    return FALSE;
  self->pickle->root = pop (self, error);
  return self->pickle->root != NULL;
}

NfPickle *
nf_pickle_read (const guint8 *data, gsize size, const gchar *label, gsize *used,
    GError **error)
{
  g_autoptr (NfPickle) pickle = g_new0 (NfPickle, 1);
  Machine machine = {
    .pickle = pickle, .label = label, .data = data, .size = size
  };
  gboolean ok;

  pickle->values = g_ptr_array_new_with_free_func (value_free);
  machine.stack = g_ptr_array_new ();
  machine.marks = g_array_new (FALSE, FALSE, sizeof (guint));
  machine.memo =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  ok = run_all (&machine, error);
  g_ptr_array_unref (machine.stack);
  g_array_unref (machine.marks);
  g_hash_table_unref (machine.memo);
  if (!ok)
    return NULL;
  if (used)
    *used = machine.at;
  return g_steal_pointer (&pickle);
}
