/* SPDX-License-Identifier: MIT
 *
 * The fast way through plain queries: a flat list of words and phrases over
 * the text field, each wanted, required or forbidden. Range at a time, bounds
 * first, the best ranges first; the cursors of cursor.h are its twin and give
 * the same paragraphs, counts and scores.
 *
 * Threads: an osl_flat belongs to one thread; it keeps its memory for the
 * next query. */
#ifndef OSL_QUERY_FLAT_H
#define OSL_QUERY_FLAT_H

#include "core/segment/segment.h"

enum {
    OSL_FLAT_LEAVES_MAX = 64,
    OSL_FLAT_WORDS_MAX = 16,   /* of a phrase */
    OSL_FLAT_WORDS_ALL = 96,   /* and pairs, of all of them */
    OSL_FLAT_LISTED_MAX = 4096 /* postings of all wanted words that are lists */
};

typedef enum osl_flat_occur {
    OSL_FLAT_SHOULD,
    OSL_FLAT_MUST,
    OSL_FLAT_NOT
} osl_flat_occur;

/* A word, or a phrase of several, in one segment. */
typedef struct osl_flat_leaf {
    osl_flat_occur occur;
    unsigned word_count;
    const osl_postings *words[OSL_FLAT_WORDS_MAX]; /* in order */
    /* Postings of neighbours (OSL_FIELD_PAIR) or NULL: pairs[i] is words i and
     * i + 1. A phrase of two words that has its pair is that term. */
    const osl_postings *pairs[OSL_FLAT_WORDS_MAX];
    float weight; /* W of core/segment/score.h; 0 for OSL_FLAT_NOT */
    /* Of a wanted phrase: the leaf of equal weight that it is another way of
     * writing; both are scored as one, with the sum of their tfs. NULL: alone.
     * A leaf that is joined to is a word or a phrase, and joins none. */
    const struct osl_flat_leaf *joins;
} osl_flat_leaf;

/* What decides whether rare words of a query of wanted words alone are lists
 * (flat_rare.h): add each word, then ask. */
typedef struct osl_flat_wanted {
    uint64_t postings; /* of all rare words */
    unsigned rare, frequent;
} osl_flat_wanted;

static inline void osl_flat_want(osl_flat_wanted *to, uint32_t df,
                                 bool is_frequent)
{
    to->postings += is_frequent ? 0 : df;
    to->rare += !is_frequent && df > 0;
    to->frequent += is_frequent;
}
static inline bool osl_flat_lists_wanted(const osl_flat_wanted *of)
{
    /* Look-ups of frequent words in the paragraphs of rare ones. */
    enum { FREQUENT_MAX = 4, LOOK_UPS_MAX = 3200 };
    return of->rare > 0 && of->postings <= OSL_FLAT_LISTED_MAX &&
           of->frequent <= FREQUENT_MAX &&
           (of->frequent < 2 || of->postings * of->frequent <= LOOK_UPS_MAX);
}

/* One segment's part of a query. A leaf that cannot match (a word that does
 * not occur) is left out by the caller, or the segment, where it is
 * required. Rare words are lists (osl_postings_open_list()) in a count without
 * phrases, and for the best where one is alone, where one is required, or where
 * all leaves are wanted words and lists have OSL_FLAT_LISTED_MAX postings at
 * most; else they are in the sliced shape. */
typedef struct osl_flat_query {
    const osl_flat_leaf *leaves;
    unsigned leaf_count;
    float factor;           /* osl_segment_bounds_today() */
    osl_drift drift;        /* osl_segment_drift() */
    size_t best;            /* how many of the best the sink wants; 0: more than
                             * lists of the best can tell */
    const uint8_t *codes;   /* length codes of text */
    const uint64_t *live;   /* a bit a paragraph; NULL: all */
    const uint64_t *filter; /* a bit a paragraph; NULL: all */
    uint32_t segment;       /* told to `keep` */
    uint32_t paragraph_count;
    /* Of a phrase alone, every match of which is told, in order: how often it
     * stands there takes the score's place. */
    bool tells_tf;
    /* Of one word, of which nothing but its list of the best is open
     * (osl_postings_open_best()). */
    bool by_best;
    /* Not NULL: a list of the best, of a word or of two, need not tell all that
     * is wanted.
     * What it has is given, and *rest is what the others can score at most; 0
     * where nothing is left out. */
    uint32_t *rest;
    /* Bounds of today by those of writing; NULL: those times `factor`. */
    const uint8_t *bounds;
} osl_flat_query;

typedef struct osl_flat osl_flat;
osl_flat *osl_flat_new(const osl_kernels *kernels); /* NULL: no memory */
void osl_flat_free(osl_flat *flat);

/* K by length code, of today: before the first search, and where it is new. */
void osl_flat_set_lengths(osl_flat *flat, const float k[256]);

/* Receives every paragraph whose score is at least *threshold, which it may
 * raise; or all that can be among the best at once, as a word's list of them
 * has them (`keep_list`, of falling scores as a rule, some of which may be
 * below; NULL: `keep` does). */
typedef struct osl_flat_sink {
    void *user;
    void (*keep)(void *user, uint32_t segment, uint32_t paragraph,
                 uint32_t score);
    const uint32_t *threshold;
    void (*keep_list)(void *user, const uint32_t *paragraphs,
                      const uint32_t *scores, size_t count);
} osl_flat_sink;

/* The best paragraphs of one segment into `sink`; with `count` not NULL also
 * the number of all that match, added. A query `by_best`, which takes no
 * `count`, is OSL_END, and nothing given, where the list does not tell. */
OSL_MUST_CHECK osl_status osl_flat_search(osl_flat *flat,
                                          const osl_flat_query *query,
                                          const osl_flat_sink *sink,
                                          uint64_t *count, osl_error *err);
/* The number of matching paragraphs alone, added to *count. */
OSL_MUST_CHECK osl_status osl_flat_count(osl_flat *flat,
                                         const osl_flat_query *query,
                                         uint64_t *count, osl_error *err);

#endif
