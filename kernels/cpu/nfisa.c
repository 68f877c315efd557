/* SPDX-License-Identifier: MIT
 *
 * nfisa — which instruction set the CPU backend uses
 *
 * The best one that the processor has, or what NEXTFRAME_ISA in the environment
 * says: c, avx2, avx512, avx512-bf16 or amx. oneDNN then keeps to it, too; its
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
  [NF_ISA_AMX] = { "amx", dnnl_cpu_isa_avx512_core_amx },
};

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CPUID_AMX_BF16 (1u << 22) /* leaf 7, EDX */
#define CPUID_AMX_TILE (1u << 24)
#define CPUID_OSXSAVE (1u << 27) /* leaf 1, ECX: XGETBV tells what is saved */
#define XCR0_TILES (3u << 17) /* it saves the tiles and their configuration */
#define ARCH_REQ_XCOMP_PERM 0x1023 /* of the kernel's asm/prctl.h */
#define XFEATURE_XTILEDATA 18

/* Whether the processor has tiles of bf16, the system saves them, and lets this
 * process use them: they are large, so it must be asked. */
static gboolean
may_use_tiles (void)
{
  const guint wanted = CPUID_AMX_BF16 | CPUID_AMX_TILE;
  guint a, b, c, d;

  if (!__get_cpuid (1, &a, &b, &c, &d) || !(c & CPUID_OSXSAVE)
      || !__get_cpuid_count (7, 0, &a, &b, &c, &d) || (d & wanted) != wanted)
    return FALSE;
  __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return (a & XCR0_TILES) == XCR0_TILES
      && syscall (SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

/* The best set, one with tiles only where @tiles says so: the permission to
 * use them holds for the whole process, cannot be given back, and the kernel then
 * refuses signal stacks that are too small for them. */
static NfIsa
best_of_machine (gboolean tiles)
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
  if (!__builtin_cpu_supports ("avx512bf16"))
    return NF_ISA_AVX512;
  return tiles && may_use_tiles () ? NF_ISA_AMX : NF_ISA_AVX512_BF16;
}

#else

static NfIsa
best_of_machine (gboolean tiles)
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
      "device cpu: NEXTFRAME_ISA is \"%s\"; there are c, avx2, avx512, "
      "avx512-bf16 and amx",
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
  const gboolean named = name != NULL && name[0] != '\0';
  NfIsa isa;

  if (done)
    return TRUE;
  isa = best_of_machine (!named || g_str_equal (name, isas[NF_ISA_AMX].name));
  if (named) {
    isa = wanted (name, isa, error);
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
