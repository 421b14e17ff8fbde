/* SPDX-License-Identifier: MIT */
#include "core/base/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/platform/x86.h>
#endif
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"scalar", "avx2", "avx512"};

#if defined(__x86_64__)
/* `feature` is one of its x86_cpu_… (CPU_FEATURE_ACTIVE() shifts a signed number
 * to its sign). */
static bool is_active(unsigned feature)
{
    enum { BITS = 32, REGISTERS = 4 };
    const struct cpuid_feature *leaf =
        __x86_get_cpuid_feature_leaf(feature / (BITS * REGISTERS));
    return leaf->active_array[feature / BITS % REGISTERS] >> feature % BITS & 1;
}
#endif

/* As the C library found them when it began, with what the system saves of wide
 * registers: to ask the processor takes microseconds of a virtual machine. */
osl_cpu_level osl_cpu_highest(void)
{
#if defined(__x86_64__)
    if (!is_active(x86_cpu_AVX2) || !is_active(x86_cpu_BMI1) ||
        !is_active(x86_cpu_BMI2) || !is_active(x86_cpu_POPCNT) ||
        !is_active(x86_cpu_FMA))
        return OSL_CPU_SCALAR;
    if (!is_active(x86_cpu_AVX512F) || !is_active(x86_cpu_AVX512BW) ||
        !is_active(x86_cpu_AVX512CD) || !is_active(x86_cpu_AVX512DQ) ||
        !is_active(x86_cpu_AVX512VL) || !is_active(x86_cpu_AVX512_VBMI) ||
        !is_active(x86_cpu_AVX512_VBMI2) ||
        !is_active(x86_cpu_AVX512_VPOPCNTDQ) ||
        !is_active(x86_cpu_AVX512_BITALG) || !is_active(x86_cpu_GFNI))
        return OSL_CPU_AVX2;
    return OSL_CPU_AVX512;
#else
    return OSL_CPU_SCALAR;
#endif
}

/* Intel's since Sapphire Rapids, which are the first with numbers of half a
 * word and need not mend their gathers (Downfall). */
static bool has_quick_gathers(void)
{
#if defined(__x86_64__)
    enum { EXTENDED = 7, HALF_FLOATS = 1 << 23 };
    unsigned a, b, c, d;
    return is_active(x86_cpu_AVX512_FP16) && __get_cpuid(0, &a, &b, &c, &d) &&
           b == signature_INTEL_ebx;
#else
    return false;
#endif
}

bool osl_cpu_gathers(void)
{
    /* Asked once: a virtual machine takes long to answer. */
    enum { UNKNOWN, NO, YES };
    static uint8_t known;
    uint8_t answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (answer == UNKNOWN) {
        answer = has_quick_gathers() ? YES : NO;
        __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
    }
    return answer == YES;
}

osl_status osl_cpu_level_get(osl_cpu_level *out, osl_error *err)
{
    osl_cpu_level highest = osl_cpu_highest();
    const char *asked = getenv("OSLER_CPU");
    if (!asked || !*asked) {
        *out = highest;
        return OSL_OK;
    }
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(asked, names[i]) != 0)
            continue;
        if (i > (unsigned)highest)
            return osl_fail(err, OSL_EINVAL,
                            "OSLER_CPU=%s: this machine has %s at most", asked,
                            names[highest]);
        *out = (osl_cpu_level)i;
        return OSL_OK;
    }
    return osl_fail(err, OSL_EINVAL, "OSLER_CPU=%s: use scalar, avx2 or avx512",
                    asked);
}

const char *osl_cpu_level_name(osl_cpu_level level)
{
    return names[level];
}
