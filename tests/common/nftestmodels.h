/* SPDX-License-Identifier: MIT
 *
 * nftestmodels — small networks for the tests of elements
 *
 * Untrained ones, made when they are asked for. */
#pragma once

#include <nextframe/nets/nfunet.h>
#include <nextframe/nets/nfunetpp.h>
#include "testfolder.h"

G_BEGIN_DECLS

void nf_test_unet_config (NfUnetConfig *config);
void nf_test_save_unet_with (const gchar *path, const NfUnetConfig *config,
    GHashTable *facts, guint64 seed);
void nf_test_save_unet (
    const gchar *path, const NfUnetConfig *config, guint64 seed);
void nf_test_unetpp_config (NfUnetppConfig *config);
void nf_test_save_unetpp (
    const gchar *path, const NfUnetppConfig *config, guint64 seed);
void nf_test_save_unetpp_of_size (const gchar *path,
    const NfUnetppConfig *config, guint64 seed, guint height, guint width);
gchar *nf_test_models_new (void);

G_END_DECLS
