/* SPDX-License-Identifier: MIT
 *
 * What documents that die had in every statistic of their segment. Stored
 * texts are analysed again, as batch.c and terms.c did; where there are none,
 * every term's postings are held against the dying. Titles and headings are
 * always at hand as texts.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_RECOUNT_H
#define OSL_INDEXER_RECOUNT_H

#include "core/segment/deletions.h"
#include "indexer/lexicon.h"
#include "indexer/list.h"
#include "indexer/old_texts.h"
#include "indexer/strings.h"

/* One table of the deletions in the making: keys, and what is counted of each.
 * This is apart because it is touched with every word. */
typedef struct osl_counted {
    uint64_t key;
    uint32_t whole; /* how many there were: df of a term */
} osl_counted;

typedef struct osl_count {
    uint32_t count, more; /* as osl_died has them */
    uint32_t last;        /* ordinal that was counted last, + 1 */
} osl_count;

typedef struct osl_tally {
    osl_counted *at;   /* in order of first sight; owns */
    osl_count *counts; /* likewise, behind one for OSL_TALLY_NONE; owns */
    size_t count, capacity, counts_capacity;
    /* By a hash of the key: place in `at`, + 1; owns. NULL as long as keys
     * have come in rising order, as mostly they do. */
    uint32_t *slots;
    size_t slot_count;
} osl_tally;

/* A number that may be counted, and is not in the table. */
#define OSL_TALLY_NONE UINT32_MAX

typedef struct osl_recount {
    const osl_segment *segment;
    const osl_analyzer *analyzer;
    const osl_old_texts *texts; /* sorted; or NULL */
    uint32_t number;            /* of the segment in `texts` */
    osl_lexicon *lexicon;       /* borrowed; NULL: it makes one for itself */
    uint64_t *dying[3]; /* a bit a paragraph, document, section; borrowed */
    osl_tally tallies[OSL_DIED_TABLES];
    uint64_t lengths[OSL_FIELD_COUNT];
    uint64_t text_bytes;
} osl_recount;

/* *recount: segment, analyzer and dying set, the rest zero. */
OSL_MUST_CHECK osl_status osl_recount_run(osl_recount *recount, osl_error *err);
void osl_recount_clear(osl_recount *recount);

static inline bool osl_bit(const uint64_t *bits, uint32_t at)
{
    return bits[at / 64] >> (at % 64) & 1;
}

/* ---- the two ways through the text (recount_texts.c, recount_postings.c) - */

OSL_MUST_CHECK osl_status osl_recount_texts(osl_recount *recount,
                                            osl_error *err);
OSL_MUST_CHECK osl_status osl_recount_postings(osl_recount *recount,
                                               osl_error *err);
/* OSL_ENOMEM, with words. */
static inline osl_status osl_recount_no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while counting the dead");
}
/* Room for so many more keys. */
OSL_MUST_CHECK bool osl_tally_reserve(osl_tally *tally, size_t more);
/* The number of `key` in the tally, new ones counting nothing yet; `whole`
 * goes with it. */
OSL_MUST_CHECK bool osl_tally_find(osl_tally *tally, uint64_t key,
                                   uint32_t whole, uint32_t *number);
static inline osl_count *osl_tally_count(const osl_tally *tally,
                                         uint32_t number)
{
    return &tally->counts[(uint32_t)(number + 1)];
}
/* `tf` more occurrences in an ordinal; room was reserved, or found. A segment
 * has fewer than 2^32 words. */
static inline void osl_tally_add(const osl_tally *tally, uint32_t number,
                                 uint32_t ordinal, uint32_t tf)
{
    osl_count *of = osl_tally_count(tally, number);
    of->count += of->last != ordinal + 1;
    of->more += tf;
    of->last = ordinal + 1;
}

#endif
