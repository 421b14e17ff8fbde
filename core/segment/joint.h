/* SPDX-License-Identifier: MIT
 *
 * The best paragraphs of two frequent words together. What one word has at its
 * best says little of a paragraph that must have both: bounds of single words
 * leave most ranges of a chunk to be looked at where two stop words are asked
 * for. So for the words of which many paragraphs have both, the best of these
 * are listed, and what the others can have at most: a search for the two reads
 * nothing else, and a search for three and more goes along the lists of its
 * pairs until what is left of them cannot reach the best that it has found
 * (the threshold algorithm: Fagin, Lotem, Naor 2001).
 *
 *     section = words:u32 pairs:u32 df:u32 product:u32 zero to 64
 *               word{words} head{pairs + 1} entry{}
 *     word    = place:u64 df:u32 weight:f32 first:u32 limit:u32
 *     head    = start:u32 bound:f32
 *     entry   = tf − 1 of either word (3 bits each, the first word's lowest; 7:
 *               that or larger) ordinal, in as many whole bytes as an entry of
 *               best.h takes
 *
 *     word    in falling order of df, then as their regions stand: `place` is
 *             the region's, `weight` the idf at writing; its pairs are those
 *             with the words behind it, up to `limit`, the first of them
 *             number `first`: of the words of df · `df` ≥ ordinals, of which
 *             no more than OSL_JOINT_WORDS_MAX take part, all of
 *             df · df · `product` ≥ ordinals²
 *     start   which entry is the pair's first
 *     bound   what a paragraph that is in no entry has at most; 0: there is
 *             none that has both
 *
 * Entries are in falling order of weight · G + weight · G of the two words in
 * binary32, rising ordinals where that is equal. A pair has OSL_JOINT_COUNT, or
 * all paragraphs that have both.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_JOINT_H
#define OSL_CORE_SEGMENT_JOINT_H

#include "core/base/buf.h"
#include "core/segment/best.h"
#include "core/segment/postings.h"

#define OSL_JOINT_VERSION 1u

enum {
    OSL_JOINT_COUNT = 128,
    OSL_JOINT_TF_BITS = 3,
    OSL_JOINT_TF_MORE = 7,
    OSL_JOINT_HEAD = 64,
    OSL_JOINT_WORD = 24,
    OSL_JOINT_PAIR = 8,
    OSL_JOINT_WORDS_MAX = 48,
    /* Segments of fewer have none, nor have those of more. */
    OSL_JOINT_ORDINALS_MIN = 2 * 4096,
    OSL_JOINT_ORDINALS_MAX = 1 << 26
};

/* ---- reading ------------------------------------------------------------ */

/* The list of two words. */
typedef struct osl_joint_list {
    const uint8_t *entries; /* NULL: they have none */
    unsigned width, count;
    bool swapped; /* entries tell the second word's tf first */
    float bound;
    float weights[2]; /* of writing, of the first and of the second word */
} osl_joint_list;

/* Of two frequent words of text that are open, in any order. */
OSL_MUST_CHECK osl_status osl_joint_find(osl_joint_list *out,
                                         const osl_postings *first,
                                         const osl_postings *second,
                                         osl_error *err);

typedef struct osl_joint_entry {
    uint32_t ordinal;
    uint32_t tfs[2]; /* 0: more than an entry says */
} osl_joint_entry;

/* Entry `n`, whose ordinal nobody has checked; up to 8 bytes behind the list
 * are looked at. */
static inline osl_joint_entry osl_joint_get(const osl_joint_list *of,
                                            unsigned n)
{
    uint64_t bits = osl_get64(of->entries + (size_t)n * of->width) &
                    (~(uint64_t)0 >> (64 - 8 * of->width));
    uint32_t low = (uint32_t)bits & OSL_JOINT_TF_MORE;
    uint32_t high = (uint32_t)bits >> OSL_JOINT_TF_BITS & OSL_JOINT_TF_MORE;
    uint32_t tfs[2] = {low < OSL_JOINT_TF_MORE ? low + 1 : 0,
                       high < OSL_JOINT_TF_MORE ? high + 1 : 0};
    return (osl_joint_entry){(uint32_t)(bits >> 2 * OSL_JOINT_TF_BITS),
                             {tfs[of->swapped], tfs[!of->swapped]}};
}

/* ---- writing ------------------------------------------------------------ */

/* Whether a word may take part by a rule (writer.h). */
static inline bool osl_joint_may_have(osl_joint_rule rule, uint32_t df,
                                      uint32_t ordinal_count)
{
    return ordinal_count >= OSL_JOINT_ORDINALS_MIN &&
           ordinal_count <= OSL_JOINT_ORDINALS_MAX &&
           (uint64_t)df * rule.df >= ordinal_count;
}

/* A frequent word of text: its streams, and where its region is. */
typedef struct osl_joint_word {
    osl_postings of;
    uint64_t place;
} osl_joint_word;

typedef struct osl_joint_input {
    osl_joint_rule rule;
    osl_joint_word *words; /* that may have some; are put in order */
    uint32_t word_count;
    uint32_t ordinal_count;
    const uint8_t *codes; /* length codes */
    const float *k;       /* K by length code */
    const osl_kernels *kernels;
} osl_joint_input;

/* Appends the section: nothing where no two words are for it. */
OSL_MUST_CHECK osl_status osl_joint_make(const osl_joint_input *input,
                                         osl_buf *out, osl_error *err);

#endif
