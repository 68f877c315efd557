/* SPDX-License-Identifier: MIT
 *
 * nfisa — which instruction set the CPU backend uses
 *
 * The best one that the processor has, or what NEXTFRAME_ISA in the environment
 * says: c, avx2, avx512 or avx512-bf16. oneDNN then keeps to it, too; its
 * least is SSE4.1. */
#include "cpu/nfisa.h"

#include <nextframe/core/nferror.h>

#include <oneapi/dnnl/dnnl.h>

NfIsa nf_isa_chosen = NF_ISA_C;

static const struct
{
  const gchar *name;
  dnnl_cpu_isa_t dnnl;
} isas[NF_N_ISAS] = {
  [NF_ISA_C] = { "c", dnnl_cpu_isa_sse41 },
  [NF_ISA_AVX2] = { "avx2", dnnl_cpu_isa_avx2 },
  [NF_ISA_AVX512] = { "avx512", dnnl_cpu_isa_avx512_core },
  [NF_ISA_AVX512_BF16] = { "avx512-bf16", dnnl_cpu_isa_avx512_core_bf16 },
};

#if defined(__x86_64__) && defined(__GNUC__)

static NfIsa
best_of_machine (void)
{
  __builtin_cpu_init ();
  if (!__builtin_cpu_supports ("avx2"))
    return NF_ISA_C;
  if (!__builtin_cpu_supports ("avx512f")
      || !__builtin_cpu_supports ("avx512bw")
      || !__builtin_cpu_supports ("avx512cd")
      || !__builtin_cpu_supports ("avx512dq")
      || !__builtin_cpu_supports ("avx512vl"))
    return NF_ISA_AVX2;
  return __builtin_cpu_supports ("avx512bf16") ? NF_ISA_AVX512_BF16
                                               : NF_ISA_AVX512;
}

#else

static NfIsa
best_of_machine (void)
{
  return NF_ISA_C;
}

#endif

/* What @name says, or NF_N_ISAS with @error set. */
static NfIsa
wanted (const gchar *name, NfIsa best, GError **error)
{
  for (NfIsa isa = NF_ISA_C; isa < NF_N_ISAS; isa++) {
    if (!g_str_equal (name, isas[isa].name))
      continue;
    if (isa <= best)
      return isa;
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "device cpu: NEXTFRAME_ISA is %s, but the best that this processor "
        "has is %s",
        name, isas[best].name);
    return NF_N_ISAS;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "device cpu: NEXTFRAME_ISA is \"%s\"; there are c, avx2, avx512 and "
      "avx512-bf16",
      name);
  return NF_N_ISAS;
}

/**
 * nf_isa_choose:
 * @error: return location
 *
 * Chooses, at the first call that can; later ones change nothing.
 *
 * Returns: FALSE where NEXTFRAME_ISA names what there is not
 */
gboolean
nf_isa_choose (GError **error)
{
  static GMutex lock;
  static gboolean done;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  const gchar *name = g_getenv ("NEXTFRAME_ISA");
  const NfIsa best = best_of_machine ();
  NfIsa isa = best;

  if (done)
    return TRUE;
  if (name != NULL && name[0] != '\0') {
    isa = wanted (name, best, error);
    if (isa == NF_N_ISAS)
      return FALSE;
    /* refused where oneDNN already works or knows no such sets: then it
     * chooses for itself */
    dnnl_set_max_cpu_isa (isas[isa].dnnl);
  }
  nf_isa_chosen = isa;
  done = TRUE;
  return TRUE;
}
