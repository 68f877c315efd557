/* SPDX-License-Identifier: MIT
 *
 * nfdnnlweight — weights in the layouts that oneDNN's primitives want
 *
 * Private to the CPU backend. */
#pragma once

#include "cpu/dnnl/nfdnnlplan.h"

G_BEGIN_DECLS

NfTensor *nf_dnnl_weight_packed (
    NfDevice *device, const NfDnnlPlan *plan, NfTensor *weight, GError **error);

G_END_DECLS
