/* SPDX-License-Identifier: MIT
 *
 * nfnpy — NumPy's .npy files: headers read, written, checked
 *
 * A file is the magic "\x93NUMPY", a version (1.0, 2.0 or 3.0), the length of
 * a Python dictionary of three keys ('descr', 'fortran_order', 'shape'), that
 * dictionary, and the elements. Arrays of whole numbers in C order are read;
 * everything else is refused with the reason. Nothing in a file is believed
 * before it is checked.
 * Siblings: gst/npy/gstnfnpydec.c, gst/npy/gstnfnpyenc.c */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

#define NF_NPY_MAGIC "\x93NUMPY"
#define NF_NPY_MAGIC_BYTES 6
#define NF_NPY_MAX_DIMS 32
#define NF_NPY_MAX_HEADER 65536

/**
 * NfNpyType:
 * @NF_NPY_BOOL: `|b1`, a byte that is 0 or 1
 * @NF_NPY_U8: `|u1`
 * @NF_NPY_I8: `|i1`
 * @NF_NPY_U16: `<u2`, `>u2`
 * @NF_NPY_I16: `<i2`, `>i2`
 * @NF_NPY_U32: `<u4`, `>u4`
 * @NF_NPY_I32: `<i4`, `>i4`
 * @NF_NPY_U64: `<u8`, `>u8`
 * @NF_NPY_I64: `<i8`, `>i8`
 *
 * Element types that a header may have.
 */
typedef enum
{
  NF_NPY_BOOL,
  NF_NPY_U8,
  NF_NPY_I8,
  NF_NPY_U16,
  NF_NPY_I16,
  NF_NPY_U32,
  NF_NPY_I32,
  NF_NPY_U64,
  NF_NPY_I64,
  NF_NPY_N_TYPES
} NfNpyType;

/**
 * NfNpyHeader:
 * @type: element type
 * @big_endian: byte order of elements of more than one byte
 * @n_dims: entries of @shape, 0 (a scalar) to %NF_NPY_MAX_DIMS
 * @shape: lengths of the axes, outermost first; any may be 0
 * @header_bytes: where the elements begin, counted from the magic; 0 until
 *   parsed
 * @data_bytes: size of all elements
 *
 * What the header of an array says. The product of the shape and the element
 * size is known to fit @data_bytes.
 */
typedef struct
{
  NfNpyType type;
  gboolean big_endian;
  guint n_dims;
  guint64 shape[NF_NPY_MAX_DIMS];
  gsize header_bytes;
  guint64 data_bytes;
} NfNpyHeader;

/**
 * NfNpyStatus:
 * @NF_NPY_PARSED: the header is complete and valid
 * @NF_NPY_NEED_MORE: valid so far, but more bytes are needed
 * @NF_NPY_INVALID: not a header, or of an array that is not supported
 *
 * Answers of nf_npy_parse_header().
 */
typedef enum
{
  NF_NPY_PARSED,
  NF_NPY_NEED_MORE,
  NF_NPY_INVALID
} NfNpyStatus;

/**
 * nf_npy_parse_header:
 * @data: bytes from the magic on
 * @size: how many there are; may be 0
 * @header: (out): what the header says, when complete
 * @wanted: (out): how many bytes from the magic on are needed, when more are
 * @error: why the header is refused
 *
 * Reads a header from the beginning of a file that may still be arriving.
 *
 * Returns: whether the header is complete, or may become so
 */
NF_API NfNpyStatus nf_npy_parse_header (const guint8 *data, gsize size,
    NfNpyHeader *header, gsize *wanted, GError **error);

/**
 * nf_npy_header_init:
 * @header: (out): the header
 * @type: element type
 * @big_endian: byte order, for elements of more than one byte
 * @shape: (array length=n_dims): lengths of the axes, outermost first
 * @n_dims: 0 to %NF_NPY_MAX_DIMS
 * @error: why the shape is refused
 *
 * Describes an array that is to be written.
 *
 * Returns: FALSE when the size does not fit 64 bits
 */
NF_API gboolean nf_npy_header_init (NfNpyHeader *header, NfNpyType type,
    gboolean big_endian, const guint64 *shape, guint n_dims, GError **error);

/**
 * nf_npy_format_header:
 * @header: an array's type and shape
 *
 * Writes the header, in version 1.0 of the format. Its length is the same
 * whatever the length of the first axis, so it can be written again in place
 * when that axis has grown.
 *
 * Returns: (transfer full): the bytes that go before the elements
 */
NF_API GBytes *nf_npy_format_header (const NfNpyHeader *header);

/**
 * nf_npy_shape_string:
 * @header: a header
 *
 * Returns: (transfer full): the shape as Python writes it: "(22, 160, 240)"
 */
NF_API gchar *nf_npy_shape_string (const NfNpyHeader *header);

/**
 * nf_npy_type_size:
 * @type: an element type
 *
 * Returns: bytes of one element: 1, 2, 4 or 8
 */
NF_API guint nf_npy_type_size (NfNpyType type);

/**
 * nf_npy_to_u8:
 * @header: of the array that the elements are from
 * @src: @n elements, as they lie in the file
 * @dst: (out): @n bytes
 * @n: how many elements
 * @error: the first element that does not fit
 *
 * Converts elements of any supported type to bytes. Truth becomes 1.
 *
 * Returns: FALSE when an element is negative or above 255; @dst is undefined
 *   then
 */
NF_API gboolean nf_npy_to_u8 (const NfNpyHeader *header, const guint8 *src,
    guint8 *dst, gsize n, GError **error);

/**
 * nf_npy_check:
 * @path: a file
 * @header: (out): what its header says
 * @error: why it cannot be used
 *
 * Reads the header of a file that holds one array, and checks that the file is
 * as long as the header says.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_npy_check (
    const gchar *path, NfNpyHeader *header, GError **error);

/**
 * nf_npy_load:
 * @path: a file
 * @header: (out): what its header says
 * @error: why it cannot be used
 *
 * Reads a file that holds one array, and checks that it is all there.
 *
 * Returns: (transfer full): the elements, or NULL on error
 */
NF_API GBytes *nf_npy_load (
    const gchar *path, NfNpyHeader *header, GError **error);

G_END_DECLS
