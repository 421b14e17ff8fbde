/* SPDX-License-Identifier: MIT */
#include "query/flat_state.h"

#include "core/segment/score.h"

#include <stdlib.h>
#include <string.h>

static const osl_flat_level *level_of(osl_cpu_level level)
{
#if defined(__x86_64__)
    if (level == OSL_CPU_AVX512)
        return &osl_flat_avx512;
    if (level == OSL_CPU_AVX2)
        return &osl_flat_avx2;
#endif
    (void)level;
    return &osl_flat_scalar;
}

osl_flat *osl_flat_new(const osl_kernels *kernels)
{
    osl_flat *flat = aligned_alloc(64, (sizeof *flat + 63) & ~(size_t)63);
    if (!flat)
        return NULL;
    memset(flat, 0, sizeof *flat);
    flat->level = level_of(kernels->level);
    return flat;
}

void osl_flat_free(osl_flat *flat)
{
    if (!flat)
        return;
    free(flat->sums);
    free(flat->chunk_most);
    free(flat->summed);
    free(flat->without);
    free(flat->positions);
    free(flat);
}

void osl_flat_set_lengths(osl_flat *flat, const float k[256])
{
    uint8_t bytes[OSL_LINES][256];
    memcpy(flat->k, k, sizeof flat->k);
    osl_score_bytes(bytes, k);
    osl_score_tables_set(&flat->tables, bytes);
    memcpy(flat->small, bytes[OSL_LINE_1], sizeof flat->small);
    for (uint32_t tf = 0; tf < GAINS; tf++)
        for (unsigned code = 0; code < 256; code++)
            flat->gains[tf][code] = osl_score_gain(tf, k[code]);
}

osl_status osl_flat_search(osl_flat *flat, const osl_flat_query *query,
                           const osl_flat_sink *sink, uint64_t *count,
                           osl_error *err)
{
    return flat->level->search(flat, query, sink, count, err);
}

osl_status osl_flat_count(osl_flat *flat, const osl_flat_query *query,
                          uint64_t *count, osl_error *err)
{
    return flat->level->count(flat, query, count, err);
}
