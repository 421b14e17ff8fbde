/* SPDX-License-Identifier: MIT */
#include "core/base/cpu.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"scalar", "avx2", "avx512"};

/* __builtin_cpu_supports() also asks xgetbv whether the system saves the
 * wide registers. */
osl_cpu_level osl_cpu_highest(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
        !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("popcnt") ||
        !__builtin_cpu_supports("fma"))
        return OSL_CPU_SCALAR;
    if (!__builtin_cpu_supports("avx512f") ||
        !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512cd") ||
        !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512vbmi") ||
        !__builtin_cpu_supports("avx512vbmi2") ||
        !__builtin_cpu_supports("avx512vpopcntdq") ||
        !__builtin_cpu_supports("avx512bitalg") ||
        !__builtin_cpu_supports("gfni"))
        return OSL_CPU_AVX2;
    return OSL_CPU_AVX512;
#else
    return OSL_CPU_SCALAR;
#endif
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
