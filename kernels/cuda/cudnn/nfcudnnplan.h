/* SPDX-License-Identifier: MIT
 *
 * nfcudnnplan — an engine for a graph, made ready to run
 *
 * Private to the module. */
#pragma once

#include "cuda/cudnn/nfcudnngraph.h"

G_BEGIN_DECLS

/**
 * NfCudnnPlan:
 * @plan: finalised; streams share it
 * @running: held by whoever hands it to cuDNN, whose engines do not all bear
 *   that two threads do so with one plan at a time
 * @workspace: bytes that it works in
 * @engine: cuDNN's number of it
 */
typedef struct
{
  cudnnBackendDescriptor_t plan;
  GMutex running;
  gsize workspace;
  gint64 engine;
} NfCudnnPlan;

GPtrArray *nf_cudnn_candidates (
    const NfCudnnConv *conv, const NfCudnnTarget *target, GError **error);
NfCudnnPlan *nf_cudnn_plan_new (
    const NfCudnnConv *conv, const NfCudnnTarget *target, GError **error);
NfCudnnPlan *nf_cudnn_plan_of (cudnnBackendDescriptor_t config,
    const NfCudnnTarget *target, GError **error);
void nf_cudnn_plan_free (NfCudnnPlan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfCudnnPlan, nf_cudnn_plan_free)

G_END_DECLS
