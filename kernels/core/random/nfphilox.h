/* SPDX-License-Identifier: MIT
 *
 * nfphilox — ten rounds of Philox 4x32 (Salmon et al., 2011)
 *
 * Private to the library; nfrng.h says what the numbers are. Here so that loops
 * over many counters become vectors. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint32 v[4];
} NfPhilox;

static inline __attribute__ ((always_inline)) NfPhilox
nf_philox (NfPhilox c, guint32 k0, guint32 k1)
{
#pragma GCC unroll 10
  for (guint round = 0; round < 10; round++) {
    guint64 p0 = (guint64) 0xD2511F53u * c.v[0];
    guint64 p1 = (guint64) 0xCD9E8D57u * c.v[2];

    c = (NfPhilox){ { (guint32) (p1 >> 32) ^ c.v[1] ^ k0, (guint32) p1,
        (guint32) (p0 >> 32) ^ c.v[3] ^ k1, (guint32) p0 } };
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}

G_END_DECLS
