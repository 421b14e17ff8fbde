/* SPDX-License-Identifier: MIT */
#include "query/sums.h"

#include "core/segment/score.h"

#include <math.h>
#include <string.h>

enum { ALIGN = 64, UNITS_REACHED = 20000 };

static void *take_aligned(osl_arena *arena, size_t bytes)
{
    uint8_t *at = osl_arena_take(arena, bytes + ALIGN);
    return at ? at + (-(uintptr_t)at % ALIGN) : NULL;
}

/* ---- gauges ------------------------------------------------------------ */

osl_gauge *osl_gauge_new(const osl_score_kernels *kernels, const uint8_t *codes,
                         const float *k, osl_arena *arena)
{
    osl_gauge *gauge = take_aligned(arena, sizeof *gauge);
    if (!gauge)
        return NULL;
    gauge->kernels = kernels;
    gauge->codes = codes;
    gauge->k = k;
    gauge->other = NULL;
    gauge->chunk = UINT32_MAX;
    gauge->made = 0;
    gauge->has_tables = false;
    return gauge;
}

osl_gauge *osl_gauge_joint(const osl_score_kernels *kernels,
                           const uint8_t *codes, const float *k,
                           const float *other, double share, osl_arena *arena)
{
    osl_gauge *gauge = osl_gauge_new(kernels, codes, k, arena);
    if (!gauge)
        return NULL;
    gauge->other = other;
    gauge->share = share;
    return gauge;
}

/* Rounded up, as each of the two is. */
static void mix_bytes(uint8_t bytes[OSL_LINES][256], const float *other,
                      double share)
{
    uint8_t others[OSL_LINES][256];
    osl_score_bytes(others, other);
    for (unsigned line = 0; line < OSL_LINES; line++)
        for (unsigned code = 0; code < 256; code++) {
            double mean = ceil(share * bytes[line][code] +
                               (1 - share) * others[line][code]);
            bytes[line][code] = (uint8_t)(mean < 255 ? mean : 255);
        }
}

static void make_tables(osl_gauge *gauge)
{
    uint8_t bytes[OSL_LINES][256];
    osl_score_bytes(bytes, gauge->k);
    if (gauge->other)
        mix_bytes(bytes, gauge->other, gauge->share);
    osl_score_tables_set(&gauge->tables, bytes);
    gauge->has_tables = true;
}

const osl_score_lines *osl_gauge_lines(osl_gauge *gauge, uint32_t range)
{
    unsigned r = range % 64;
    if (!gauge->has_tables)
        make_tables(gauge);
    if (gauge->chunk != range / 64) {
        gauge->chunk = range / 64;
        gauge->made = 0;
    }
    if (!(gauge->made >> r & 1))
        gauge->kernels->lines(&gauge->lines[r],
                              gauge->codes + (size_t)range * 64,
                              &gauge->tables);
    gauge->made |= UINT64_C(1) << r;
    return &gauge->lines[r];
}

/* ---- units ------------------------------------------------------------- */

void osl_sum_units_set(osl_sum_units *units, uint32_t score)
{
    double finest = (double)UNITS_REACHED / score;
    if (units->overflown) /* for as long as the score was less */
        finest = units->per_score / 4;
    else if (units->per_score > 0 && units->per_score < finest)
        finest = units->per_score;
    units->per_score = finest;
    units->score = score;
    units->overflown = false;
}

static uint16_t units_of(const osl_sums *sums, double most, bool *fits)
{
    double weight = ceil(most * sums->units->per_score * (256.0 / 255.0));
    *fits = weight < UINT16_MAX;
    return (uint16_t)(*fits ? weight : UINT16_MAX);
}

/* ---- sums -------------------------------------------------------------- */

osl_sums *osl_sums_new(const osl_score_kernels *kernels, osl_sum_units *units,
                       osl_arena *arena)
{
    osl_sums *sums = take_aligned(arena, sizeof *sums);
    if (!sums)
        return NULL;
    sums->kernels = kernels;
    sums->units = units;
    sums->arena = arena;
    sums->beside = NULL;
    return sums;
}

osl_sums *osl_sums_beside(osl_sums *sums, uint64_t ranges)
{
    if (!sums->beside)
        sums->beside = osl_sums_new(sums->kernels, sums->units, sums->arena);
    if (sums->beside)
        osl_sums_clear(sums->beside, ranges);
    return sums->beside;
}

void osl_sums_clear(osl_sums *sums, uint64_t ranges)
{
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        memset(&sums->at[r], 0, sizeof *sums->at);
        sums->lost[r] = 0;
    }
}

uint16_t osl_sums_weight(const osl_sums *sums, double most)
{
    bool fits;
    uint16_t weight = units_of(sums, most, &fits);
    sums->units->overflown |= !fits;
    return weight;
}

void osl_sums_add_bytes(osl_sums *sums, unsigned range, uint64_t word,
                        const uint8_t bytes[64], uint16_t weight)
{
    static const uint64_t none[5] = {0};
    osl_score_lines lines; /* without planes all are of the first line */
    memcpy(lines.line[OSL_LINE_1], bytes, 64);
    sums->kernels->dense_add(&sums->at[range], word, none, 0, false, &lines,
                             weight);
    sums->lost[range]++;
}

void osl_sums_add_score(osl_sums *sums, unsigned range, uint64_t word,
                        double most)
{
    bool fits;
    uint8_t bytes[64];
    memset(bytes, 255, sizeof bytes);
    osl_sums_add_bytes(sums, range, word, bytes, units_of(sums, most, &fits));
}

void osl_sums_set_score(osl_sums *sums, unsigned range, uint64_t word,
                        double most)
{
    bool fits;
    uint16_t units = units_of(sums, most, &fits), *to = sums->at[range].sum;
    for (; word; word &= word - 1)
        to[sums->kernels->place((unsigned)__builtin_ctzll(word))] = units;
    sums->lost[range]++;
}

static inline uint16_t add_units(uint32_t a, uint32_t b)
{
    return (uint16_t)(a + b < UINT16_MAX ? a + b : UINT16_MAX);
}

void osl_sums_gather(osl_sums *best, osl_sums *lesser, const osl_sums *part,
                     uint64_t ranges)
{
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        const uint16_t *from = part->at[r].sum;
        uint16_t *a = best->at[r].sum, *b = lesser->at[r].sum;
        for (unsigned i = 0; i < 64; i++) {
            uint16_t less = from[i] < a[i] ? from[i] : a[i];
            a[i] = from[i] > a[i] ? from[i] : a[i];
            b[i] = add_units(b[i], less);
        }
        best->lost[r] += part->lost[r];
    }
}

void osl_sums_mix(osl_sums *sums, const osl_sums *best, const osl_sums *lesser,
                  uint32_t share, uint64_t ranges)
{
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        const uint16_t *a = best->at[r].sum, *b = lesser->at[r].sum;
        uint16_t *to = sums->at[r].sum;
        for (unsigned i = 0; i < 64; i++)
            to[i] = add_units(to[i], a[i] + (b[i] * share >> 8));
        sums->lost[r] += best->lost[r] + 1;
    }
}

void osl_sums_grow(osl_sums *sums, uint32_t share, uint64_t ranges)
{
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        uint16_t *to = sums->at[r].sum;
        for (unsigned i = 0; i < 64; i++)
            to[i] = add_units(to[i], (uint32_t)to[i] * share >> 8);
        sums->lost[r] += (sums->lost[r] * share >> 8) + 2;
    }
}

void osl_sums_join(osl_sums *sums, const osl_sums *more, uint64_t ranges)
{
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        const uint16_t *from = more->at[r].sum;
        uint16_t *to = sums->at[r].sum;
        for (unsigned i = 0; i < 64; i++)
            to[i] = add_units(to[i], from[i]);
        sums->lost[r] += more->lost[r];
    }
}

/* Two for the roundings of scores themselves, which are whole numbers. */
uint64_t osl_sums_reach(const osl_sums *sums, unsigned range, uint64_t word,
                        uint32_t score)
{
    const osl_sum_units *at = sums->units;
    double lost = sums->lost[range];
    double units =
        ((double)score - lost - 2) * at->per_score * (1 - 1e-9) - lost;
    if (units > UINT16_MAX)
        units = UINT16_MAX;
    return units < 1 || at->overflown
               ? word
               : sums->kernels->reach(&sums->at[range], word, (uint16_t)units);
}
