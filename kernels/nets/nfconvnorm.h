/* SPDX-License-Identifier: MIT
 *
 * nfconvnorm — a convolution with batch norm behind it
 *
 * For inference both are one convolution: its weights are made when they are
 * first needed, kept, shared by all threads, and made again when a parameter
 * has changed. The parameters stay as they are. */
#pragma once

#include <nextframe/nets/nfmodule.h>

G_BEGIN_DECLS

/**
 * NfConvNorm:
 * @conv: no bias; no weight: the layer is not there
 * @norm: of what @conv makes
 * @lock: guards the rest
 * @weight: (nullable): of both
 * @bias: (nullable): of both
 * @versions: sum of the parameters' versions that they were made of
 */
typedef struct
{
  NfConv conv;
  NfBatchNorm norm;
  GMutex lock;
  NfTensor *weight, *bias;
  guint versions;
} NfConvNorm;

gboolean nf_conv_norm_init (NfConvNorm *layer, NfParams *params,
    const gchar *conv, const gchar *norm, gint64 in, gint64 out, gint kernel,
    GError **error);
void nf_conv_norm_clear (NfConvNorm *layer);
NfTensor *nf_conv_norm_run (NfConvNorm *layer, NfTensor *x, gint stride,
    NfTensor *residual, NfAct act, const NfForward *forward, GError **error);
NfTensor *nf_conv_norm_run_up (NfConvNorm *layer, NfTensor *const *x, guint n,
    const NfForward *forward, GError **error);

G_END_DECLS
