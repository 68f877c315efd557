/* SPDX-License-Identifier: MIT
 *
 * standin-driver — how often frames crossed between host and device
 *
 * For tests, which look nf_standin_driver_counts() up in the libcuda.so.1 that
 * GStreamer's CUDA library has opened. */
#pragma once

/**
 * NfStandinDriverCounts:
 * @uploads: copies from the host
 * @downloads: copies to the host
 * @copies: copies within devices
 *
 * Copies that GStreamer asked for; the module's own are not counted.
 */
typedef struct
{
  int uploads, downloads, copies;
} NfStandinDriverCounts;

#ifdef __cplusplus
extern "C" {
#endif

void nf_standin_driver_counts (NfStandinDriverCounts *counts);

/* of the runtime's stand-ins, for the driver's: the context in which the calling
 * thread works from now on; NULL: the primary one */
void nf_standin_use_context (const void *context);

#ifdef __cplusplus
}
#endif
