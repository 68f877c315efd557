/* SPDX-License-Identifier: MIT
 *
 * nfisa — which instruction set the CPU backend uses, and tables by it
 *
 * Private to the CPU backend. A function defined with NF_KERNEL() is compiled
 * for each instruction set; calls go through its table at what was chosen when
 * the first device was opened. None of the variants fuses multiplication and
 * addition (-ffp-contract=off), so all give the same bits. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * NfIsa: the instruction set, each with those before it
 * @NF_ISA_C: what every processor of this architecture has: the reference
 * @NF_ISA_AVX2: AVX2
 * @NF_ISA_AVX512: AVX-512 F, BW, CD, DQ and VL
 * @NF_ISA_AVX512_BF16: that with products of bf16; no table has functions of
 *   its own for it, but oneDNN does
 * @NF_ISA_AMX: that with matrix tiles of bf16 (AMX): avx512/tileconv.c, and
 *   oneDNN
 */
typedef enum
{
  NF_ISA_C,
  NF_ISA_AVX2,
  NF_ISA_AVX512,
  NF_ISA_AVX512_BF16,
  NF_ISA_AMX,
  NF_N_ISAS
} NfIsa;

/* Not from outside: nf_isa () */
extern NfIsa nf_isa_chosen;

gboolean nf_isa_choose (GError **error);

/* what was chosen; NF_ISA_C before any device was opened */
static inline NfIsa
nf_isa (void)
{
  return nf_isa_chosen;
}

/* what nfisa.c asks the processor for, no more, and added to what the command
 * line's -march allows: a level such as "arch=x86-64-v4" would replace that, and
 * with avx512f alone, 16-bit values keep to half a register */
#define NF_ISA_AVX512_TARGET "avx512f,avx512bw,avx512cd,avx512dq,avx512vl"

#define NF_KERNEL_BODY(type, name, params)                                     \
  static inline __attribute__ ((always_inline)) type name##_body params

/**
 * NF_KERNEL:
 * @storage: static or extern
 * @type: what it returns
 * @name: of the function
 * @params: its parameters in parentheses
 * @args: their names in parentheses
 *
 * Begins the definition of a function that has a table; its body follows.
 */
#if defined(__x86_64__) && defined(__GNUC__)
#define NF_KERNEL(storage, type, name, params, args)                           \
  NF_KERNEL_BODY (type, name, params);                                         \
  static type name##_c params                                                  \
  {                                                                            \
    return name##_body args;                                                   \
  }                                                                            \
  static __attribute__ ((target ("avx2"))) type name##_avx2 params             \
  {                                                                            \
    return name##_body args;                                                   \
  }                                                                            \
  static __attribute__ ((target (NF_ISA_AVX512_TARGET)))                       \
  type name##_avx512 params                                                    \
  {                                                                            \
    return name##_body args;                                                   \
  }                                                                            \
  storage type name params                                                     \
  {                                                                            \
    static type (*const table[NF_N_ISAS]) params = {                           \
      name##_c,                                                                \
      name##_avx2,                                                             \
      name##_avx512,                                                           \
      name##_avx512,                                                           \
      name##_avx512,                                                           \
    };                                                                         \
                                                                               \
    return table[nf_isa ()] args;                                              \
  }                                                                            \
  NF_KERNEL_BODY (type, name, params)
#else
#define NF_KERNEL(storage, type, name, params, args) storage type name params
#endif

G_END_DECLS
