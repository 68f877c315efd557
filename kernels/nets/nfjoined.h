/* SPDX-License-Identifier: MIT
 *
 * nfjoined — layers that read the same input, as one
 *
 * Their results lie side by side along the channels, so the input is read once.
 * For inference alone: a training changes the parameters in every step, and
 * would join them anew. What is joined is made when it is first needed, kept,
 * shared by all threads, and made again when a parameter has changed. The
 * parameters stay as they are. */
#pragma once

#include <nextframe/nets/nfmodule.h>

G_BEGIN_DECLS

typedef struct _NfJoined NfJoined;

NfJoined *nf_joined_new_convs (const NfConv *const *convs, guint n);
NfJoined *nf_joined_new_linears (const NfLinear *linears, guint n);
void nf_joined_free (NfJoined *joined);
gboolean nf_joined_get (
    NfJoined *joined, NfTensor **weight, NfTensor **bias, GError **error);

G_END_DECLS
