/* SPDX-License-Identifier: MIT
 *
 * warmstart — a training that begins with the weights of another network */
#pragma once

#include <nextframe/core/params/nfparams.h>

G_BEGIN_DECLS

/**
 * NfWarmStart:
 * @matched: parameters that were filled
 * @kept: parameters that keep their random start: the file has none of that
 *   name, or not of that shape
 * @report: lines for people: what was matched, kept, and left over, with shapes
 */
typedef struct
{
  guint matched, kept;
  gchar *report;
} NfWarmStart;

void nf_warm_start_clear (NfWarmStart *start);

/**
 * nf_warm_start:
 * @params: a network's parameters, with their start values
 * @what: a checkpoint or any safetensors file with PyTorch's names, and behind
 *   it, if wanted, `:encoder` (only names that begin with "encoder.") or `:all`
 * @start: (out caller-allocates): what was done; nf_warm_start_clear() it
 * @error: return location: %NF_ERROR_INVALID where nothing matched; errors of
 *   reading the file
 *
 * Fills the parameters whose name and shape are in the file. So a head of
 * another number of classes starts anew.
 *
 * Returns: FALSE with @error set; then some parameters may be filled
 */
gboolean nf_warm_start (
    NfParams *params, const gchar *what, NfWarmStart *start, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfWarmStart, nf_warm_start_clear)

G_END_DECLS
