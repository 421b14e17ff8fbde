/* SPDX-License-Identifier: MIT
 *
 * BM25 (Robertson, Zaragoza 2009) as integers, in one place: the indexer's
 * bounds and the query's scores come from here, so that they can never
 * disagree.
 *
 *   idf(t)  = ln(1 + (N − df + 0.5) / (df + 0.5))      double, own log
 *   W       = (float)(w · idf · (k1 + 1))              one rounding to float
 *   K[code] = (float)(k1 · (1 − b + b · dl(code) / avgdl))
 *   G       = tf / (tf + K[code])                      float
 *   c       = round_even(65536 · (W · G))              a whole number
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_SCORE_H
#define OSL_CORE_SEGMENT_SCORE_H

#include "core/core.h"
#include "core/kernels/score.h"

#define OSL_SCORE_ONE 65536 /* a score of 1.0 in fixed point */

/* Length in positions to its one-byte code: exact below 192, then 64 steps up
 * to 2^24 (docs/FORMAT.md has the table). Monotonous. */
enum { OSL_LENGTHS_EXACT = 192 }; /* lengths below are their code */
uint8_t osl_length_code(uint32_t length);
/* The length that a code stands for: the middle of those that get it. */
uint32_t osl_length_of_code(uint8_t code);
/* The greatest length that has the code. */
uint32_t osl_length_most_of_step(uint8_t code);
static inline uint32_t osl_length_most(uint8_t code)
{
    return code < OSL_LENGTHS_EXACT ? code : osl_length_most_of_step(code);
}

/* Natural logarithm, x > 0: basic IEEE operations only, so that every machine
 * gives the same bits; within 2 units in the last place. */
double osl_log(double x);
double osl_score_idf(uint64_t count, uint64_t df);
/* K at a length. */
float osl_score_length(double k1, double b, double average, double length);
/* avgdl = total / count; 1 where either is 0. */
double osl_score_average(uint64_t total_length, uint64_t count);
/* K for each length code, at that average. */
void osl_score_lengths(float k[256], double k1, double b, uint64_t total_length,
                       uint64_t count);
float osl_score_weight(double weight, double idf, double k1);
/* G for the greatest tf of each line and each length code, as 255 times that,
 * rounded up. */
void osl_score_bytes(uint8_t bytes[OSL_LINES][256], const float k[256]);
/* The two that stand in every loop; inline for that alone. */

/* tf / (tf + K): 0 where tf is 0. */
static inline float osl_score_gain(uint32_t tf, float k)
{
    float frequency = (float)tf;
    return tf == 0 ? 0.0f : frequency / (frequency + k);
}

/* round_even(65536 · (weight · gain)), saturating at UINT32_MAX. */
static inline uint32_t osl_score_contribution(float weight, float gain)
{
    static const float two23 = 8388608.0f, two32 = 4294967296.0f;
    float scaled = (float)OSL_SCORE_ONE * (weight * gain);
    if (!(scaled > 0.0f)) /* NaN, too */
        return 0;
    if (scaled >= two32)
        return UINT32_MAX;
    if (scaled >= two23) /* a whole number already */
        return (uint32_t)scaled;
    return (uint32_t)((scaled + two23) - two23);
}

#endif
