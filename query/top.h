/* SPDX-License-Identifier: MIT
 *
 * The k best of one segment, without a heap: entries pile up behind the k
 * best known and are thrown out together when the room is full (by counting,
 * without a branch on any of them). Few wanted ones are kept in
 * order instead.
 *
 * Threads: one top, one thread. */
#ifndef OSL_QUERY_TOP_H
#define OSL_QUERY_TOP_H

#include "core/segment/segment.h"

/* The score above, the complement of the tie's rank below: the greater key is
 * the better. Below is 0 as long as the rank was not asked for: it is looked up
 * far away, and only for what has the score of another. */
typedef struct osl_top_key {
    uint64_t key;
    uint32_t paragraph;
} osl_top_key;

/* Caller's storage, zero at first. */
typedef struct osl_top {
    const osl_ranks *ranks; /* borrowed until entries are in order */
    size_t k, count, room, capacity, score_capacity, spread_capacity;
    osl_top_key *keys;   /* owns */
    osl_top_key *spread; /* while they are ordered; owns */
    uint32_t *scores;    /* theirs, where k is not small; owns */
    uint32_t *steps;     /* entries by step of score, once there are more than
                          * k; owns */
    size_t reached;      /* entries in `step` or above; 0: not counted yet */
    unsigned step;       /* of the k-th best; the lowest until there are k */
    unsigned lowest, highest; /* steps with entries; to be cleared */
    uint64_t least;           /* keys below cannot enter */
    uint32_t threshold;       /* scores below cannot enter */
    bool follows;             /* the k-th best by steps */
    bool sorted;              /* all came at once, and are in order */
    bool failed;              /* memory ran out: entries are missing */
} osl_top;

/* Empties it for k entries of at least `threshold`, of which `most` may come:
 * where these are few, the threshold follows the k-th best only as the room
 * fills. False: no memory. */
OSL_MUST_CHECK bool osl_top_begin(osl_top *top, const osl_ranks *ranks,
                                  size_t k, uint32_t threshold, uint32_t most);
void osl_top_push(osl_top *top, uint32_t score, uint32_t paragraph);
/* Entries all at once into an empty top, and no more behind them, which
 * osl_top_end() must follow: where their scores fall, as mostly, nothing is to
 * be ordered but what has the same. */
void osl_top_take(osl_top *top, const uint32_t *paragraphs,
                  const uint32_t *scores, size_t count);
/* Keeps the k best, in no order. */
void osl_top_end(osl_top *top);
/* The best first. */
void osl_top_sort(osl_top *top);
void osl_top_clear(osl_top *top);

#endif
