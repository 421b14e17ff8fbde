/* SPDX-License-Identifier: MIT
 *
 * What is likely to come next in a text, and the codes that make use of it.
 * Words and separators are ranks, most frequent first (store.h). The most
 * frequent have lists of what followed them most often in a sample of the
 * texts; where the next rank is in the list of the one before, its place
 * there is coded, else the rank itself. Both are numbers v with small ones
 * the likeliest:
 *
 *   v + 2 = 1 c x…x in binary: 1 to 31 bits behind the first one
 *   symbol = 2 · bits(x…x) + c, + OSL_MODEL_PLACES for a rank
 *   code   = Huffman code of the symbol, x…x
 *
 * A symbol's code is of the table of the list: there is one for each power of
 * two of its length, and one for those that have no list (table 0). Codes are
 * canonical, 11 bits at most, and stand from the highest bit of a byte down;
 * behind the last code of a text are ones up to a whole byte. The last symbol,
 * which is never put, has a code of ones alone: so these are none.
 *
 * Against an optimal code of single words this saves 17 % of the bits: 9.2
 * instead of 11.0 a word or separator of medical prose.
 *
 * Threads: a model is immutable once it is made; a sample is one thread's. */
#ifndef OSL_CORE_SEGMENT_MODEL_H
#define OSL_CORE_SEGMENT_MODEL_H

#include "core/base/spill.h"
#include "core/core.h"
#include "core/kernels/kernels.h"

#include <stddef.h>

/* Ranks below 16,384 may have a list; those below OSL_MODEL_RANKS be in one.
 * The context of a text's first word is 0, that of a word of rank r is r + 1;
 * the last one, of all other words, never has a list. */
#define OSL_MODEL_CONTEXTS ((uint32_t)OSL_CODES_CONTEXTS)
#define OSL_MODEL_RANKS    ((uint32_t)OSL_CODES_RANKS)
/* The longest list: places are below, in OSL_MODEL_PLACES symbols. */
#define OSL_MODEL_LIST 254u

enum {
    OSL_MODEL_TABLES = OSL_CODES_TABLES,
    OSL_MODEL_PLACES = OSL_CODES_PLACES,
    OSL_MODEL_END = OSL_MODEL_PLACES + 62, /* the last symbol */
    OSL_MODEL_SYMBOLS,
    OSL_MODEL_BITS = 11 /* the longest code of a symbol */
};

/* Most bytes of a text's codes: 11 and 30 bits each. */
#define OSL_MODEL_ROOM(count) (6 * (size_t)(count) + 16)

/* The table that goes with a list. */
static inline unsigned osl_model_table(uint32_t list_length)
{
    return list_length > 0 ? 32 - (unsigned)__builtin_clz(list_length) : 0;
}

static inline uint32_t osl_model_context(uint32_t rank)
{
    uint32_t last = OSL_MODEL_CONTEXTS - 1;
    uint32_t next = rank + 1;
    return next < last ? next : last;
}

/* ---- making ------------------------------------------------------------- */

/* How well to learn. */
typedef enum osl_model_kind {
    OSL_MODEL_ROUGH, /* of few texts: codes that are soon made anew */
    OSL_MODEL_USUAL,
    OSL_MODEL_DEEP /* bytes count more than time (deep.h) */
} osl_model_kind;

/* Texts that a model is made of. Caller's storage; osl_model_sample_init()
 * before, osl_model_sample_clear() behind. */
typedef struct osl_model_sample {
    uint32_t every;  /* of so many paragraphs, one is for the lists */
    bool is_listed;  /* there are lists */
    bool is_deep;    /* of two words, too (deep.h) */
    bool is_spilled; /* memory is little: pairs, or what was said, are put to a
                        file, and the same model takes more time */
    uint32_t *pairs; /* context << 16 | rank; owns */
    uint32_t *trial; /* ranks, UINT32_MAX behind each text; owns */
    uint16_t *said;  /* instead of both where it is deep; owns */
    size_t pair_count, pair_capacity, trial_count, trial_capacity;
    size_t said_count, said_capacity;
    osl_spill spill;
    size_t spilled; /* of them */
    bool failed;    /* memory ran out */
} osl_model_sample;

/* Of texts with `code_count` words and separators in all. */
void osl_model_sample_init(osl_model_sample *sample, uint64_t code_count,
                           osl_model_kind kind);
/* Most of it goes to the file `path`, which is gone at once: to be said before
 * the first paragraph. OSL_EIO, OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_model_sample_spill(osl_model_sample *sample,
                                                 const char *path,
                                                 osl_error *err);
void osl_model_sample_clear(osl_model_sample *sample);
/* Whether the sample asks for a paragraph; and its ranks, paragraphs in
 * order. */
bool osl_model_sample_wants(const osl_model_sample *sample, uint32_t paragraph);
void osl_model_sample_add(osl_model_sample *sample, uint32_t paragraph,
                          const uint32_t *ranks, size_t count);

typedef struct osl_deep osl_deep;

typedef struct osl_model {
    uint32_t *firsts;    /* of each context's list, n + 1; owns */
    uint16_t *followers; /* the lists; owns */
    uint8_t lengths[OSL_MODEL_TABLES][OSL_MODEL_SYMBOLS]; /* 0: no code */

    /* For coding, as core/kernels/codes.h says. */
    int32_t codes[OSL_MODEL_TABLES][OSL_MODEL_SYMBOLS];
    uint32_t *places; /* owns, as below */
    osl_codes_bucket *buckets;

    osl_deep *deep; /* a small store's: codes are as deep.h says; owns */
} osl_model;

/* Makes the lists of contexts, one behind the other. */
typedef struct osl_model_lister {
    osl_model *model;
    struct osl_model_candidate *candidates, *spare; /* own */
    size_t follower_capacity, bucket_capacity;
    uint32_t least, bucket_count;
} osl_model_lister;

/* Of a sample of every so many paragraphs; `pair_count` is how many pairs there
 * will be, or 0 where room is to grow. False where memory runs out, as below;
 * osl_model_lister_end() anyway. */
OSL_MUST_CHECK bool osl_model_lister_begin(osl_model_lister *lister,
                                           osl_model *model, uint32_t every,
                                           size_t pair_count);
/* The next context, whose pairs are [from, to), by rank: the low 16 bits. */
OSL_MUST_CHECK bool osl_model_lister_add(osl_model_lister *lister,
                                         uint32_t context, const uint32_t *from,
                                         const uint32_t *to);
void osl_model_lister_end(osl_model_lister *lister);

/* For a vocabulary of `word_count`. The same sample gives the same model.
 * OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_model_make(osl_model *out,
                                         osl_model_sample *sample,
                                         uint32_t word_count, osl_error *err);
void osl_model_clear(osl_model *model);
/* The model as the kernel takes it, which writes the codes of a text to
 * OSL_MODEL_ROOM(count) bytes. Ranks are of the vocabulary. Borrowed until the
 * model is cleared. */
osl_codes osl_model_codes(const osl_model *model);
/* Writes the codes of a text by the kernel, or as deep.h says. */
uint8_t *osl_model_encode(const osl_model *model, osl_codes_fn *kernel,
                          const uint32_t *ranks, size_t count, uint8_t *to);
/* The place of a rank in a context's list, or UINT32_MAX. */
uint32_t osl_model_place(const osl_model *model, uint32_t context,
                         uint32_t rank);
/* Lengths of a Huffman code of `count` weights, 128 at most; 0: no code.
 * Returns the greatest. */
unsigned osl_model_huffman(const uint64_t *weights, unsigned count,
                           uint8_t *lengths);

/* ---- reading ------------------------------------------------------------ */

/* What the next 11 bits say in each table: symbol, and length of its code
 * << 8. */
typedef struct osl_model_decoder {
    uint32_t tables, symbols;
    uint16_t codes[][1 << OSL_MODEL_BITS];
} osl_model_decoder;

/* From the lengths of all codes, table by table; free() frees it. NULL in *out
 * where they make no code. OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_model_decoder_new(osl_model_decoder **out,
                                                uint32_t tables,
                                                uint32_t symbols,
                                                const uint8_t *lengths,
                                                osl_error *err);

#endif
