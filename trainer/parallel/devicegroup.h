/* SPDX-License-Identifier: MIT
 *
 * devicegroup — the devices of all processes, which add up tensors themselves
 *
 * GPUs do it by NCCL, without the host's memory. Where a function fails in one
 * process it may be TRUE in the others, which are warned: all must settle after
 * each. Siblings: parallel.h, which does; collectives.h, which carries warnings */
#pragma once

#include "parallel/collectives.h"

#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

G_BEGIN_DECLS

typedef struct _NfDeviceGroup NfDeviceGroup;

NfDeviceGroup *nf_device_group_new (
    const NfCollectives *collectives, NfDevice *device);
void nf_device_group_free (NfDeviceGroup *group);
gboolean nf_device_group_usable (const NfDeviceGroup *group, GError **error);
gboolean nf_device_group_name (
    const NfDeviceGroup *group, guint8 *id, GError **error);
gboolean nf_device_group_join (NfDeviceGroup *group, const guint8 *id,
    guint rank, guint n_ranks, GError **error);
gboolean nf_device_group_sum (
    NfDeviceGroup *group, const GPtrArray *tensors, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfDeviceGroup, nf_device_group_free)

G_END_DECLS
