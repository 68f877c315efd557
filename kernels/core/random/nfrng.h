/* SPDX-License-Identifier: MIT
 *
 * nfrng — counter-based random numbers (Philox 4x32-10)
 *
 * A number is a pure function of (seed, stream, purpose, index): no state, so
 * the same numbers come in any order, batch split and thread count, and on
 * every device. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011.
 *
 * Normal numbers are Box-Muller pairs whose logarithm, sine and cosine are
 * polynomials of correctly rounded operations (no fused multiply-add), so
 * another device that does the same has the same bits. */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

/**
 * NfRngPurpose: what the numbers are for, so that no two uses share any
 */
typedef enum
{
  NF_RNG_INIT = 1,
  NF_RNG_SHUFFLE = 2,
  NF_RNG_WINDOW = 3,
  NF_RNG_AUGMENT = 4,
  NF_RNG_LABEL = 5,
  NF_RNG_TRAIN_NOISE = 6,
  NF_RNG_TEST = 7,
  NF_RNG_AUGMENT_NOISE = 8,
  NF_RNG_SCENE_KIND = 9,
  NF_RNG_SCENE_PLACE = 10,
  NF_RNG_SCENE_VIEW = 11,
  NF_RNG_SCENE_STATS = 12,
  NF_RNG_GUIDE = 13,
  NF_RNG_DAMAGE = 14,
  NF_RNG_FUTURE = 15,
  NF_RNG_SAMPLE_START = 16,
  NF_RNG_MASK = 1 << 11,
  NF_RNG_DROPOUT = 1 << 12,
  NF_RNG_SAMPLE_STEP = 1 << 16,
} NfRngPurpose;

/**
 * NfRngKey:
 * @seed: the user's seed
 * @stream: one number a clip, training sample or tensor
 * @purpose: #NfRngPurpose, plus a step or layer number where one is needed
 */
typedef struct
{
  guint64 seed;
  guint64 stream;
  guint32 purpose;
} NfRngKey;

/**
 * nf_rng_philox:
 * @counter: 128-bit counter
 * @key: 64-bit key
 * @out: (out caller-allocates): four random words
 *
 * Philox 4x32-10, the generator as published, with ten rounds.
 */
NF_API void nf_rng_philox (
    const guint32 counter[4], const guint32 key[2], guint32 out[4]);

/**
 * nf_rng_block:
 * @key: which random numbers
 * @block: number of the block of four words
 * @out: (out caller-allocates): the words of that block
 */
NF_API void nf_rng_block (const NfRngKey *key, guint32 block, guint32 out[4]);

/**
 * nf_rng_u32:
 * @key: which random numbers
 * @index: number of the word, below 2^34
 *
 * Returns: 32 random bits
 */
NF_API guint32 nf_rng_u32 (const NfRngKey *key, guint64 index);

/**
 * nf_rng_uniform:
 * @key: which random numbers
 * @index: number of the word, below 2^34
 *
 * Returns: a number in [0, 1), a multiple of 2^-24
 */
NF_API gfloat nf_rng_uniform (const NfRngKey *key, guint64 index);

/**
 * nf_rng_below:
 * @key: which random numbers
 * @index: number of the word, below 2^34
 * @limit: at least 1
 *
 * Returns: an integer in [0, @limit); its bias is below @limit / 2^32
 */
NF_API guint32 nf_rng_below (const NfRngKey *key, guint64 index, guint32 limit);

/**
 * nf_rng_normal:
 * @key: which random numbers
 * @first: index of the first one
 * @n: how many
 * @out: (out caller-allocates) (array length=n): numbers from N(0, 1)
 */
NF_API void nf_rng_normal (
    const NfRngKey *key, guint64 first, gsize n, gfloat *out);

/**
 * nf_rng_shuffle:
 * @key: which shuffle
 * @n: how many
 * @order: (out caller-allocates) (array length=n): the numbers 0 to @n - 1 in
 *   random order
 *
 * Fisher and Yates's shuffle.
 */
NF_API void nf_rng_shuffle (const NfRngKey *key, guint n, guint *order);

/**
 * nf_hash_string:
 * @text: any text
 *
 * Returns: its 64-bit FNV-1a hash, the same on every machine
 */
NF_API guint64 nf_hash_string (const gchar *text);

G_END_DECLS
