/* SPDX-License-Identifier: MIT
 *
 * nffilekind — what a file is that is not what was expected */
#include "io/nffilekind.h"

#include <string.h>

/* bytes that are looked at to distinguish text from other data: the first ones, and at
 * least so many that the beginning of a safetensors file is never taken for it,
 * whose fourth byte is no letter */
#define TEXT_BYTES 512
#define LEAST_TEXT_BYTES 4

#define PYTORCH_REMEDY "nextframe-train import makes a checkpoint of it"
#define ONNX_REMEDY                                                            \
  "its weights have lost their names; nextframe-train import takes the "       \
  "PyTorch checkpoint (.pt, .pth) that it was exported from"
#define OTHER_REMEDY "give a checkpoint of nextframe-train"

typedef struct
{
  const gchar *bytes; /* that the file begins with */
  gsize length;
  const gchar *name;
  const gchar *remedy;
} FileKind;

#define KIND(bytes, name, remedy)                                              \
  {                                                                            \
    bytes, sizeof (bytes) - 1, name, remedy                                    \
  }

/* the first one that fits */
static const FileKind kinds[] = {
  KIND ("PK\003\004", "a ZIP archive, which files of PyTorch are",
      PYTORCH_REMEDY),
  KIND ("\200\002", "a pickle of Python, which old files of PyTorch are",
      PYTORCH_REMEDY),
  KIND ("\200\004", "a pickle of Python", PYTORCH_REMEDY),
  KIND ("\211HDF", "an HDF5 file", OTHER_REMEDY),
  KIND ("GGUF", "a GGUF file", OTHER_REMEDY),
  KIND ("\211PNG", "a PNG picture", OTHER_REMEDY),
  KIND ("\377\330\377", "a JPEG picture", OTHER_REMEDY),
  KIND ("\223NUMPY", "a NumPy array", OTHER_REMEDY),
  KIND ("\037\213", "a file compressed by gzip", "unpack it with gunzip"),
  KIND ("version https://git-lfs", "a pointer of Git LFS, not the file itself",
      "get the file with git lfs pull"),
  KIND ("<!DOCTYPE", "a web page", "download the file itself"),
  KIND ("<!doctype", "a web page", "download the file itself"),
  KIND ("<html", "a web page", "download the file itself"),
};

static const FileKind onnx = {
  .bytes = NULL, .length = 0, .name = "an ONNX model", .remedy = ONNX_REMEDY
};
static const FileKind text = {
  .bytes = NULL, .length = 0, .name = "text", .remedy = OTHER_REMEDY
};

/* ONNX has no signature. Its writers begin with the number of the format's
 * version (field 1), then comes a field of a few bytes: the writer's name (2),
 * or the graph (7) or the imported operators (8). */
static gboolean
is_onnx (const guint8 *start, gsize size)
{
  return size >= 4 && start[0] == 0x08 && start[1] >= 1 && start[1] <= 64
      && (start[2] == 0x12 || start[2] == 0x3a || start[2] == 0x42);
}

static gboolean
is_text (const guint8 *start, gsize size)
{
  if (size < LEAST_TEXT_BYTES)
    return FALSE;
  for (gsize i = 0; i < MIN (size, TEXT_BYTES); i++)
    if (start[i] == 0x7f || (start[i] < ' ' && !g_ascii_isspace (start[i])))
      return FALSE;

  /* the end may be within a letter */
  return size > TEXT_BYTES
      || g_utf8_validate_len ((const gchar *) start, size, NULL);
}

static const FileKind *
find_kind (const guint8 *start, gsize size)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (size >= kinds[i].length
        && memcmp (start, kinds[i].bytes, kinds[i].length) == 0)
      return &kinds[i];
  if (is_onnx (start, size))
    return &onnx;

  return is_text (start, size) ? &text : NULL;
}

gboolean
nf_file_kind_refuse (const gchar *label, const guint8 *start, gsize size,
    const gchar *expected, GError **error)
{
  const FileKind *kind;

  if (size == 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: the file is empty, expected %s; make, copy or download it again",
        label, expected);
    return TRUE;
  }
  kind = find_kind (start, size);
  if (kind == NULL)
    return FALSE;
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED, "%s: is %s, not %s; %s",
      label, kind->name, expected, kind->remedy);

  return TRUE;
}
