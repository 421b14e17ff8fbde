/* SPDX-License-Identifier: MIT
 *
 * Words that a session has asked for: what the dictionaries of all segments say
 * of each, and its postings, as they were opened. Most words of a query were
 * asked for before (Zipf): they are found in one step over all segments, where
 * each segment's dictionary takes one or two, and a rare word's list is read
 * once, not each time. Bounded: when too much is kept, all is forgotten.
 *
 * Threads: one session's. */
#ifndef OSL_QUERY_ASKED_H
#define OSL_QUERY_ASKED_H

#include "core/segment/index.h"

/* In which form a word's postings are opened. */
typedef enum osl_asked_form {
    OSL_ASKED_SLICED,
    OSL_ASKED_LIST,     /* a rare one's is a list … */
    OSL_ASKED_ORDINALS, /* … of which only ordinals are wanted … */
    OSL_ASKED_BEST,     /* … or only its list of the best */
    OSL_ASKED_FORMS
} osl_asked_form;

/* A word in a segment; df 0: no living posting there. */
typedef struct osl_asked_in {
    osl_term_info info;                          /* the dead included */
    const osl_postings *opened[OSL_ASKED_FORMS]; /* NULL: not yet */
} osl_asked_in;

typedef struct osl_asked_word {
    uint64_t hash;
    osl_text text;
    uint64_t df; /* of the living, over all segments; of pairs 0 */
    osl_field field;
    osl_asked_in *in; /* by segment */
} osl_asked_word;

/* Caller's storage; all zero but `index` is empty. */
typedef struct osl_asked {
    const osl_index *index; /* borrowed */
    osl_arena arena;        /* words, and what of them is opened */
    size_t most;            /* bytes that are kept; 0: the usual */
    osl_asked_word **slots; /* by hash; owns */
    size_t slot_count, word_count;
} osl_asked;

void osl_asked_clear(osl_asked *asked);

/* What a word is found by. */
uint64_t osl_asked_hash(osl_text word);

/* Forgets all where too much is kept: before a search, none of whose words was
 * asked for yet. */
void osl_asked_begin(osl_asked *asked);

/* Words of a field, and what they are found by; borrowed. */
typedef struct osl_asked_words {
    osl_field field;
    unsigned count;
    const osl_text *texts;
    const uint64_t *hashes;
} osl_asked_words;

/* Words, into out[words->count]; they stay until the next osl_asked_begin().
 * `scratch` is for as long as the call. */
OSL_MUST_CHECK osl_status osl_asked_find(osl_asked *asked,
                                         const osl_asked_words *words,
                                         osl_arena *scratch,
                                         osl_asked_word **out, osl_error *err);

/* Has what osl_asked_open() looks at on its way. */
void osl_asked_fetch(const osl_asked *asked, const osl_asked_word *word,
                     uint32_t segment);

/* What is to be opened of a word. */
typedef struct osl_asked_part {
    uint32_t segment;
    osl_asked_form form;
} osl_asked_part;

/* A word's postings in a segment where it has some, opened once; *out NULL
 * where it has none of this form. */
OSL_MUST_CHECK osl_status osl_asked_open(osl_asked *asked, osl_asked_word *word,
                                         osl_asked_part part,
                                         osl_arena *scratch,
                                         const osl_postings **out,
                                         osl_error *err);

#endif
