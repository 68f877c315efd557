/* SPDX-License-Identifier: MIT
 *
 * gpus — GPUs that are not here, as cuDNN describes them
 *
 * From NVIDIA's published figures, in the form that cuDNN 9.8 and later write
 * and read as CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION. */
#pragma once

#define GPU(                                                                   \
    name, version, processors, shared, memory, clock, memory_clock, cache)     \
  "{\"maxGridSize\":[2147483647,65535,65535],"                                 \
  "\"maxBlockSize\":[1024,1024,64],\"regsPerBlock\":65536,"                    \
  "\"multiProcessorCount\":" #processors ",\"warpSize\":32,"                   \
  "\"maxSharedMemoryPerBlock\":49152,"                                         \
  "\"maxSharedMemoryPerBlockOptin\":" #shared ","                              \
  "\"reservedSharedMemoryPerBlock\":1024,\"maxRegistersPerSM\":65536,"         \
  "\"maxCtasPerSM\":32,\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":2048,"  \
  "\"pciDeviceId\":0,\"isTccDriver\":0,\"supportCoopLaunch\":1,"               \
  "\"totalGlobalMem\":" #memory ",\"smClockRateKHz\":" #clock ","              \
  "\"memClockRateKHz\":" #memory_clock ",\"l2CacheSize\":" #cache ","          \
  "\"cudaDeviceId\":0,\"deviceVer\":" #version ",\"driverVer\":13000,"         \
  "\"deviceName\":\"" name "\"}"

/* clang-format off */
#define GPU_T4 \
  GPU ("Tesla T4", 750, 40, 65536, 15843721216, 1590000, 5001000, 4194304)
#define GPU_A100 \
  GPU ("NVIDIA A100-SXM4-40GB", 800, 108, 166912, 42505273344, 1410000, 1215000, 41943040)
#define GPU_H100 \
  GPU ("NVIDIA H100 80GB HBM3", 900, 132, 232448, 85014020096, 1980000, 2619000, 52428800)
#define GPU_RTX_4090 \
  GPU ("NVIDIA GeForce RTX 4090", 890, 128, 101376, 25393692672, 2520000, 10501000, 75497472)
#define GPU_H200 \
  GPU ("NVIDIA H200", 900, 132, 232448, 150754820096, 1980000, 3201000, 62914560)
#define GPU_B200 \
  GPU ("NVIDIA B200", 1000, 148, 232448, 191514017792, 1965000, 3996000, 132644864)
#define GPU_RTX_5090 \
  GPU ("NVIDIA GeForce RTX 5090", 1200, 170, 101376, 34190917632, 2407000, 14001000, 100663296)
/* clang-format on */
