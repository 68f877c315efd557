/* SPDX-License-Identifier: MIT
 *
 * devicegroup — the devices of all processes, which add up tensors themselves
 *
 * Nobody waits for a device without looking for warnings: where one process
 * fails, it warns the others, and all give the group up. */
#include "parallel/devicegroup.h"

#define POLL_INTERVAL 50 /* microseconds */
#define SWITCH "NEXTFRAME_NCCL"

/**
 * NfDeviceGroup:
 * @kind: the backend's functions
 * @own: (nullable): the backend's group; NULL before it is joined, and once it
 *   was given up
 */
struct _NfDeviceGroup
{
  const NfCollectives *collectives;
  NfDevice *device;
  const NfBackendGroup *kind;
  gpointer own;
};

static void
give_up (NfDeviceGroup *self)
{
  if (self->own)
    self->kind->leave (self->device, self->own);
  self->own = NULL;
}

/**
 * nf_device_group_new:
 * @collectives: by which the processes talk
 * @device: this process's
 *
 * Returns: (transfer full) (nullable): a group that is still to be joined; NULL
 *   where the device can be in none, or NEXTFRAME_NCCL is 0
 */
NfDeviceGroup *
nf_device_group_new (const NfCollectives *collectives, NfDevice *device)
{
  NfDeviceGroup *self;

  if (!device->backend->group || g_strcmp0 (g_getenv (SWITCH), "0") == 0)
    return NULL;
  self = g_new0 (NfDeviceGroup, 1);
  self->collectives = collectives;
  self->device = nf_device_ref (device);
  self->kind = device->backend->group;
  return self;
}

/**
 * nf_device_group_free:
 * @group: (transfer full) (nullable): a group
 */
void
nf_device_group_free (NfDeviceGroup *group)
{
  if (!group)
    return;
  give_up (group);
  nf_device_unref (group->device);
  g_free (group);
}

/**
 * nf_device_group_usable:
 * @group: a group
 * @error: return location: %NF_ERROR_UNSUPPORTED where NCCL is not installed
 *
 * Returns: whether this process could join it; others may have no NCCL
 */
gboolean
nf_device_group_usable (const NfDeviceGroup *group, GError **error)
{
  return group->kind->usable (error);
}

/**
 * nf_device_group_name:
 * @group: a group
 * @id: (out): %NF_GROUP_ID_BYTES bytes, a name for all processes' groups
 * @error: return location: as the device has it
 *
 * To be called by one process, which gives the name to the others.
 */
gboolean
nf_device_group_name (const NfDeviceGroup *group, guint8 *id, GError **error)
{
  return group->kind->new_id (id, error);
}

/* Waits for what was begun; TRUE also where another process warns of its own
 * failure. */
static gboolean
wait_for_device (NfDeviceGroup *self, GError **error)
{
  g_autoptr (GError) cause = NULL;
  NfGroupState state = NF_GROUP_WORKING;
  gboolean warned = self->collectives->warned ();

  while (!warned && state == NF_GROUP_WORKING) {
    state = self->kind->look (self->device, self->own, &cause);
    if (state == NF_GROUP_WORKING)
      g_usleep (POLL_INTERVAL);
    /* what failed elsewhere fails here next; it is reported there */
    if (state != NF_GROUP_DONE)
      warned = self->collectives->warned ();
  }
  if (warned)
    give_up (self);
  else if (state == NF_GROUP_FAILED)
    g_propagate_error (error, g_steal_pointer (&cause));
  return warned || state == NF_GROUP_DONE;
}

/* Waits for what this process began, if it did. */
static gboolean
finish (NfDeviceGroup *self, gboolean begun, GError **error)
{
  if (begun && wait_for_device (self, error))
    return TRUE;
  self->collectives->warn ();
  give_up (self);
  return FALSE;
}

/**
 * nf_device_group_join:
 * @group: a group
 * @id: its name
 * @rank: this process
 * @n_ranks: all processes; all of them join
 * @error: return location: as the device has it
 */
gboolean
nf_device_group_join (NfDeviceGroup *group, const guint8 *id, guint rank,
    guint n_ranks, GError **error)
{
  group->own = group->kind->join (group->device, id, rank, n_ranks, error);
  return finish (group, group->own != NULL, error);
}

/* Makes sure that devices can write to them. */
static gboolean
own_all (const GPtrArray *tensors, GError **error)
{
  for (guint i = 0; i < tensors->len; i++)
    if (!nf_tensor_own_data (tensors->pdata[i], TRUE, error))
      return FALSE;
  return TRUE;
}

/**
 * nf_device_group_sum:
 * @group: a group that was joined
 * @tensors: (inout) (element-type NfTensor): f32, at least one; become the sums
 *   over all processes
 * @error: return location: as the device has it
 *
 * They go through one buffer on the device. Where one process fails, the group
 * sums no more.
 */
gboolean
nf_device_group_sum (
    NfDeviceGroup *group, const GPtrArray *tensors, GError **error)
{
  gboolean begun;

  if (!group->own) {
    g_set_error_literal (error, NF_ERROR, NF_ERROR_FAILED,
        "the processes' devices came apart; begin the job anew");
    return FALSE;
  }
  begun = own_all (tensors, error)
      && group->kind->sum (group->device, group->own,
          (NfTensor *const *) tensors->pdata, tensors->len, error);
  if (!finish (group, begun, error))
    return FALSE;
  for (guint i = 0; i < tensors->len; i++)
    nf_tensor_changed (tensors->pdata[i]);
  return TRUE;
}
