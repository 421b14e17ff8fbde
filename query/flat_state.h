/* SPDX-License-Identifier: MIT
 *
 * What a flat search keeps while it runs, and the three copies of its loops:
 * flat_loops.h is compiled once for each level of kernels, so that these
 * stand in its loops without a call (a call and a missing popcnt cost half
 * of the time: docs/EXPERIMENTS.md). */
#ifndef OSL_QUERY_FLAT_STATE_H
#define OSL_QUERY_FLAT_STATE_H

#include "core/segment/chunk.h"
#include "core/segment/postings.h"
#include "query/flat.h"

enum {
    BATCH_FIRST = 8,
    BATCH_MAX = 48,
    PASSES_SHOULD = 8,
    PASSES_MUST = 24,
    SEEDS = 16,      /* ranges that come first by their bounds … */
    SEED_SHARE = 24, /* … and one more for this many wanted */
    FEW_WANTED = 16, /* best ones, up to which single ranges tell most */
    BEST_CHUNKS = 4, /* that come first where there are no phrases */
    WHOLE_MIN = 5,   /* ranges from which a chunk is taken whole */
    SLOTS = 64,      /* ranges of a chunk */
    SPREAD_STEP = 16,
    FETCH_AHEAD = 6, /* chunks */
    FETCH_MATCHING = 3,
    FETCH_HEADERS = 8, /* chunks from there */
    BLOCK_CHUNKS = 52, /* counted together, at most: 26 KiB, which the first
                        * cache holds */
    FEW = 4,           /* paragraphs of a range that are scored one by one */
    WORDS_MAX = OSL_FLAT_WORDS_ALL,
    WAITING = 8,       /* paragraphs whose positions are fetched together */
    CHECKS = 64,       /* paragraphs whose phrases are verified together … */
    CHECK_WORDS = 16,  /* … of as many words at most */
    GAINS = 16,        /* tfs whose G stands in a table */
    MATCHES_MAX = 1024 /* that are listed before they are scored */
};

/* A range in a batch. */
typedef struct slot {
    uint32_t range;
    uint32_t left; /* bound of the leaves not yet added, in units */
    uint64_t alive;
} slot;

/* Where a word stands in a slot's range. */
typedef struct place {
    uint64_t word;          /* its paragraphs; 0: none */
    const uint8_t *header;  /* of the chunk */
    const uint8_t *payload; /* of the chunk */
    uint32_t start;         /* place of the first posting in the chunk, or in
                             * a list, which has no header */
    uint8_t count, bound;
} place;

/* The block of positions that a word was last read from. */
typedef struct block {
    uint32_t chunk; /* UINT32_MAX: none */
    const uint8_t *low;
    uint64_t total;
} block;

/* A paragraph whose phrases are to be verified; their positions are on the
 * way. */
typedef struct waiting {
    uint32_t score; /* of its words */
    uint8_t slot, at;
    bool matches, is_long; /* long: positions do not fit a byte */
    uint64_t may;          /* a bit a leaf: phrases whose words are all there */
    osl_word_spot spots[WORDS_MAX];
} waiting;

/* A word's posting in a paragraph. */
typedef struct posting_spot {
    uint32_t at;    /* its place in the chunk, or in a list … */
    uint32_t start; /* … and that of its range's first */
} posting_spot;

/* Paragraphs whose phrases are verified together (flat_check.h), in order. */
typedef struct checks {
    uint8_t words[CHECK_WORDS]; /* of the phrases */
    unsigned word_count, count;
    uint32_t paragraphs[CHECKS], scores[CHECKS];
    posting_spot postings[CHECK_WORDS][CHECKS];
    osl_word_spot spots[CHECKS][CHECK_WORDS];
} checks;

typedef struct leaf {
    const osl_flat_leaf *from;
    unsigned first_word, word_count; /* in flat->words: words, then pairs */
    unsigned phrase_words;           /* of these, words with positions */
    uint16_t weight;                 /* units a bound of 256 */
    uint32_t df;                     /* least of its words */
    bool is_phrase;
    int8_t head; /* of a phrase scored as one with others: the leaf that they
                  * join; -1: alone */
} leaf;

/* A word in the chunk at hand. */
typedef struct view {
    osl_chunk at;
    uint64_t mask; /* ranges that hold it */
    unsigned flags, count;
    bool has_starts;
    uint16_t starts[65]; /* first posting of each range, and behind all */
} view;

/* Paragraphs that are scored exactly, by range (flat_candidates.h). */
typedef struct candidates {
    unsigned range_count, count;
    uint32_t ranges[MATCHES_MAX]; /* in order … */
    uint64_t words[MATCHES_MAX];  /* … what of them is scored … */
    uint16_t first[MATCHES_MAX];  /* … and the number of the first of it */
    uint8_t slots[SLOTS];         /* of the ranges of a batch */
    uint16_t at[OSL_CHUNK_SIZE + 64]; /* place of its range · 64 + paragraph */
    uint8_t lengths[OSL_CHUNK_SIZE + 64];
    float ks[OSL_CHUNK_SIZE + 16];    /* K of their lengths */
    uint8_t tfs[OSL_CHUNK_SIZE + 64]; /* of the word at hand */
    uint32_t scores[OSL_CHUNK_SIZE + 16];
    uint32_t paragraphs[OSL_CHUNK_SIZE]; /* of a word alone (flat_alone.h) */
    uint16_t kept[OSL_CHUNK_SIZE + 1];
} candidates;

/* Paragraphs that are scored apart from the rest (flat_rare.h, flat_two.h). */
typedef struct rare_apart {
    unsigned count;
    uint32_t paragraphs[OSL_FLAT_LISTED_MAX]; /* that are scored exactly … */
    uint32_t scores[OSL_FLAT_LISTED_MAX];
    uint16_t seen[4 * OSL_FLAT_LISTED_MAX]; /* number + 1 of a posting, by hash;
                                             * 0: none */
} rare_apart;

/* A whole chunk (flat_chunk.h). */
typedef struct whole_chunk {
    uint32_t chunk;
    unsigned rest_count;
    uint64_t alive; /* ranges in which something can reach the threshold */
    bool ready;     /* shares are of this query */
    bool has_lengths;
    uint64_t words[64];
    uint16_t left[64]; /* bound of the leaves not yet added, by range */
    view views[OSL_FLAT_LEAVES_MAX];
    /* Places of a sparse word's sums, and length codes in their order. */
    uint16_t places[OSL_CHUNK_DENSE_MIN + 2 * SPREAD_STEP];
    uint8_t lengths[OSL_CHUNK_SIZE];
    uint16_t shares[OSL_FLAT_LEAVES_MAX][4][256];
    uint16_t rest[OSL_CHUNK_SIZE];        /* that may become candidates … */
    uint16_t rest_bounds[OSL_CHUNK_SIZE]; /* … and what they can have */
    uint8_t codes[OSL_CHUNK_SIZE + 64];   /* of a dense word's tfs */
} whole_chunk;

struct osl_flat {
    const struct osl_flat_level *level;
    const osl_flat_query *query;
    const osl_flat_sink *sink;
    leaf leaves[OSL_FLAT_LEAVES_MAX];
    unsigned leaf_count, must_count, should_count;
    uint64_t phrases; /* a bit a leaf */
    const osl_postings *words[WORDS_MAX];
    unsigned word_count;
    uint8_t read[WORDS_MAX]; /* words that are located in slots */
    unsigned read_count;
    const osl_postings *narrow[WORDS_MAX]; /* words that narrow, in order */
    unsigned narrow_count;
    double per_unit; /* units of one, fixed point */
    uint32_t seed;   /* a score that the best are known to reach */
    uint32_t last_threshold, least; /* what least_units() made of it */
    uint32_t chunk_count;
    uint32_t batch;
    uint32_t next[WORDS_MAX]; /* in a rare word's list */
    uint64_t matched;         /* where all matches are counted */
    bool count_all;
    bool is_narrowed; /* slots begin with what is required of them */
    bool is_scored;   /* or matches are counted and nothing else */
    bool narrows;     /* ranges by what is required, before any is read */
    bool unbounded;   /* ranges come without bounds */
    bool is_reached;  /* the best of other segments say what must be reached */
    osl_status status;
    osl_error *err;

    uint8_t bounds_today[OSL_FLAT_LEAVES_MAX][64]; /* of the chunk at hand */
    uint16_t *sums;                                /* a bound a range; owns */
    uint16_t *chunk_most; /* the greatest of 64, or no less; owns */
    bool *summed;         /* whether sums of the chunk are made; owns */
    uint64_t *without;    /* a bit a paragraph that is not looked at, none
                        * between searches; owns */
    size_t room;          /* chunks */
    bool is_without;      /* some are set */
    waiting queue[WAITING];
    unsigned waiting_count;
    checks checks;
    block blocks[WORDS_MAX];
    uint32_t *positions; /* scratch of phrases; owns */
    size_t position_room;

    slot slots[SLOTS];
    uint8_t open[SLOTS]; /* slots in which something lives */
    unsigned open_count;
    float k[256];
    place places[WORDS_MAX][SLOTS]; /* of each word in each slot */
    osl_score_tables tables;
    float gains[GAINS][256]; /* G by tf and length code */
    uint8_t small[3][256];   /* the same for tf 1 to 3, 255 times, above */
    unsigned evaluated;      /* ranges, in this query */
    whole_chunk whole;
    _Alignas(64) uint64_t block_words[BLOCK_CHUNKS][64];
    osl_accumulator accumulators[SLOTS];
    osl_length_bytes lengths[SLOTS]; /* packed: lengths_in() */
    candidates candidates;
    rare_apart apart;
};

/* The loops of a level. */
typedef struct osl_flat_level {
    osl_status (*search)(osl_flat *flat, const osl_flat_query *query,
                         const osl_flat_sink *sink, uint64_t *count,
                         osl_error *err);
    osl_status (*count)(osl_flat *flat, const osl_flat_query *query,
                        uint64_t *count, osl_error *err);
} osl_flat_level;

extern const osl_flat_level osl_flat_scalar;
extern const osl_flat_level osl_flat_avx2;
extern const osl_flat_level osl_flat_avx512;

#endif
