/* SPDX-License-Identifier: MIT
 *
 * What 64 paragraphs can score at most, all at once: sums of 16 bits, a range
 * of 64 of them in an accumulator of the kernels. A unit is chosen so that the
 * score to be reached is some 20,000 of them: so sums may stop at 65,535, and
 * the lesser ones of several fields too, which are never more than twice the
 * best. Every bound that is added may lose less than a unit by rounding;
 * `lost` counts how many may be lost in a range.
 *
 * A gauge is what bounds of one field need: for each paragraph of a range what
 * each class of tf gives at its length, by the K of today.
 *
 * Threads: both belong to one query of one thread. */
#ifndef OSL_QUERY_SUMS_H
#define OSL_QUERY_SUMS_H

#include "core/base/arena.h"
#include "core/kernels/score.h"

typedef struct osl_gauge {
    osl_score_tables tables;
    osl_score_lines lines[64]; /* of `chunk`'s ranges, as far as `made` */
    const osl_score_kernels *kernels;
    const uint8_t
        *codes;     /* by ordinal; 64 can be read from any range's start */
    const float *k; /* 256, by length code */
    /* Of a gauge of two sums at once: the other's K, and how much of both is the
     * first; NULL: one. */
    const float *other;
    double share;
    uint64_t made;
    uint32_t chunk;
    bool has_tables;
} osl_gauge;

/* `codes` and `k` are borrowed; NULL: no memory. */
osl_gauge *osl_gauge_new(const osl_score_kernels *kernels, const uint8_t *codes,
                         const float *k, osl_arena *arena);
/* What gives `share` of one part and the rest of another, of the same lengths:
 * where both are of one occurrence, they are added at once. */
osl_gauge *osl_gauge_joint(const osl_score_kernels *kernels,
                           const uint8_t *codes, const float *k,
                           const float *other, double share, osl_arena *arena);
/* Lines of a range; good until another chunk is asked for. */
const osl_score_lines *osl_gauge_lines(osl_gauge *gauge, uint32_t range);

/* What the score to be reached is in units. */
typedef struct osl_sum_units {
    double per_score;
    uint32_t score;
    bool overflown; /* a word's weight did not fit: all may reach it */
} osl_sum_units;

typedef struct osl_sums {
    osl_accumulator at[64]; /* by range of a chunk */
    uint32_t lost[64];
    osl_sum_units *units; /* borrowed */
    const osl_score_kernels *kernels;
    osl_arena *arena;
    struct osl_sums *beside;
} osl_sums;

/* Units in which `score` can be told from less; at most as fine as those that
 * have not overflown yet. `units` is zero at first. */
void osl_sum_units_set(osl_sum_units *units, uint32_t score);
/* NULL: no memory. */
osl_sums *osl_sums_new(const osl_score_kernels *kernels, osl_sum_units *units,
                       osl_arena *arena);
/* Scratch of the same units, `ranges` of it cleared: always the same one for
 * the same sums. NULL: no memory. */
osl_sums *osl_sums_beside(osl_sums *sums, uint64_t ranges);
void osl_sums_clear(osl_sums *sums, uint64_t ranges);
/* The weight for kernels with which a byte of 255 is a score of `most`. */
uint16_t osl_sums_weight(const osl_sums *sums, double most);
/* Adds as much as `bytes`/255 of weight to each of `word`. */
void osl_sums_add_bytes(osl_sums *sums, unsigned range, uint64_t word,
                        const uint8_t bytes[64], uint16_t weight);
/* Adds a score of `most` to each of `word`. */
void osl_sums_add_score(osl_sums *sums, unsigned range, uint64_t word,
                        double most);
/* Makes it a score of `most` in each of `word`, whatever was added there. */
void osl_sums_set_score(osl_sums *sums, unsigned range, uint64_t word,
                        double most);
/* The greater of best and part to best, the lesser added to lesser, in
 * `ranges`. */
void osl_sums_gather(osl_sums *best, osl_sums *lesser, const osl_sums *part,
                     uint64_t ranges);
/* sums += best + share/256 · lesser, in `ranges`. */
void osl_sums_mix(osl_sums *sums, const osl_sums *best, const osl_sums *lesser,
                  uint32_t share, uint64_t ranges);
/* sums += share/256 of themselves, in `ranges`. */
void osl_sums_grow(osl_sums *sums, uint32_t share, uint64_t ranges);
/* sums += more, in `ranges`. */
void osl_sums_join(osl_sums *sums, const osl_sums *more, uint64_t ranges);
/* Which of `word` may reach `score`, no less than that of the units, with what
 * was added. */
uint64_t osl_sums_reach(const osl_sums *sums, unsigned range, uint64_t word,
                        uint32_t score);

#endif
