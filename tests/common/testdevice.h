/* SPDX-License-Identifier: MIT
 *
 * testdevice — the device that a test runs on */
#pragma once

#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

/* the first of NF_TEST_DEVICES ("cpu,cuda:0"), by default the CPU; it must
 * open */
static inline NfDevice *
test_device_open (void)
{
  const gchar *listed = g_getenv ("NF_TEST_DEVICES");
  g_auto (GStrv) names = g_strsplit (listed ? listed : "cpu", ",", -1);
  g_autoptr (GError) error = NULL;
  NfDevice *device = nf_device_open (names[0], &error);

  g_assert_no_error (error);
  return device;
}
