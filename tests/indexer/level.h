/* SPDX-License-Identifier: MIT
 *
 * What is indexed with at the level of kernels that OSLER_CPU says. */
#ifndef OSL_TESTS_INDEXER_LEVEL_H
#define OSL_TESTS_INDEXER_LEVEL_H

#include "tests/test.h"

#include "core/base/cpu.h"
#include "core/kernels/kernels.h"
#include "core/text/text.h"

/* Kernels, and an analyser that the caller owns. */
static inline const osl_kernels *level_open(osl_analyzer **analyzer)
{
    osl_error err;
    osl_cpu_level level;
    assert_ok(osl_cpu_level_get(&level, &err));
    assert_ok(osl_analyzer_open(analyzer, &osl_analysis_defaults, level, &err));
    return osl_kernels_get(level);
}

#endif
