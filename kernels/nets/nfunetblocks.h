/* SPDX-License-Identifier: MIT
 *
 * nfunetblocks — the blocks of the noise predictor
 *
 * Private to the library: the modulated norm, the residual block and the
 * attention block of nfspadeunet.c, their parameters and their calls. */
#pragma once

#include <nextframe/nets/nfunet.h>

#include "nets/nfjoined.h"

G_BEGIN_DECLS

/* norm -> (1 + scale (t)) x + shift (t) -> SiLU */
typedef struct
{
  gint64 c;
  gboolean has_time, has_spade;
  guint spade; /* its number in NfSpadeCond */
  NfLinear time; /* to (scale, shift) */
  gint64 time_at; /* where these lie among those of all norms */
  NfConv shared, gamma, beta;
  NfJoined *maps; /* gamma and beta */
  NfTensor *weight, *bias; /* of the plain norm, where there is no time */
} NfUnetNorm;

typedef enum
{
  NF_UNET_RESAMPLE_NONE,
  NF_UNET_RESAMPLE_UP,
  NF_UNET_RESAMPLE_DOWN,
} NfUnetResample;

typedef struct
{
  NfUnetNorm norm[2];
  NfConv conv[2];
  NfConv shortcut; /* weight NULL: none */
  NfUnetResample resample;
  guint number; /* of the block, for the dropout mask */
} NfUnetRes;

typedef struct
{
  gint64 c;
  gint heads;
  NfTensor *weight, *bias;
  NfLinear nin[4]; /* q, k, v, out */
  NfJoined *qkv;
} NfUnetAttention;

/* what blocks are made from; counts what has been made */
typedef struct
{
  NfUnetConfig config;
  NfParams *params;
  guint n_spades, n_blocks;
  gint64 n_scales; /* values that all norms together take from a label */
} NfUnetParts;

/* the embedding of the label that norms get, in one of two forms */
typedef struct
{
  NfTensor *hidden; /* (N, 4 ngf): their linear layers' input */
  NfTensor *scales; /* (n_scales, 1): the results of all these layers */
} NfUnetTime;

typedef struct
{
  NfUnetCond base;
  NfTensor *cond;
  GPtrArray *maps; /* gamma and beta of each modulation in turn */
  gboolean joined; /* both as one, gamma first */
  GPtrArray *shrunk; /* while maps are made: cond in the sizes they need */
} NfSpadeCond;

gboolean nf_unet_norm_init (NfUnetParts *parts, NfUnetNorm *a,
    const gchar *path, gint64 c, gboolean has_time, GError **error);
gboolean nf_unet_norm_maps (
    const NfUnetNorm *a, NfSpadeCond *cond, gint64 h, gint64 w, GError **error);
void nf_unet_norm_clear (NfUnetNorm *a);
NfTensor *nf_unet_norm_run (const NfUnetNorm *a, NfTensor *x, NfTensor *skip,
    const NfUnetTime *time, const NfSpadeCond *cond, GError **error);

gboolean nf_unet_res_init (NfUnetParts *parts, NfUnetRes *r, const gchar *path,
    gint64 in, gint64 out, NfUnetResample resample, GError **error);
gboolean nf_unet_res_maps (const NfUnetRes *r, NfSpadeCond *cond, gint64 *h,
    gint64 *w, GError **error);
void nf_unet_res_clear (NfUnetRes *r);
NfTensor *nf_unet_res_run (const NfUnetParts *parts, const NfUnetRes *r,
    NfTensor *x, NfTensor *skip, const NfUnetTime *time,
    const NfSpadeCond *cond, const NfForward *forward, GError **error);

gboolean nf_unet_attention_init (NfUnetParts *parts, NfUnetAttention *a,
    const gchar *path, gint64 c, GError **error);
void nf_unet_attention_clear (NfUnetAttention *a);
NfTensor *nf_unet_attention_run (
    const NfUnetAttention *a, NfTensor *x, GError **error);

G_END_DECLS
