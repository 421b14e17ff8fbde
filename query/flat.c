/* SPDX-License-Identifier: MIT */
#include "query/flat_state.h"

#include "core/segment/score.h"

#include <math.h>
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
    free(flat->positions);
    free(flat);
}

/* G for each class of tf and length, as a byte that is never below it, and
 * for each small tf as it is. */
void osl_flat_set_lengths(osl_flat *flat, const float k[256])
{
    static const uint32_t tf_of_line[OSL_LINES] = {[OSL_LINE_1] = 1,
                                                   [OSL_LINE_2] = 2,
                                                   [OSL_LINE_3] = 3,
                                                   [OSL_LINE_4] = 4,
                                                   [OSL_LINE_8] = 8};
    memcpy(flat->k, k, sizeof flat->k);
    for (unsigned line = 0; line < OSL_LINE_ANY; line++)
        for (unsigned code = 0; code < 256; code++) {
            float gain = osl_score_gain(tf_of_line[line], k[code]);
            float byte = ceilf(255 * gain * 1.000001f);
            flat->tables.line[line][code] = (uint8_t)(byte < 255 ? byte : 255);
            flat->tables.code[code][line] = flat->tables.line[line][code];
        }
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
