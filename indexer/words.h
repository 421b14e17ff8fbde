/* SPDX-License-Identifier: MIT
 *
 * The batch's texts to word codes (core/segment/store.h): forms and gaps are
 * ranked together, a sample of the paragraphs says what follows what, and each
 * paragraph is a run of ranks that are coded by what they follow.
 *
 * Threads: one call at a time. */
#ifndef OSL_INDEXER_WORDS_H
#define OSL_INDEXER_WORDS_H

#include "core/segment/store.h"
#include "indexer/batch.h"
#include "indexer/build.h"
#include "indexer/sort.h"
#include "indexer/terms.h"

/* Entries, words and separators in any numbering, that get ranks: the most
 * frequent first. Caller's storage; the first group is given, the rest zero on
 * entry. */
typedef struct osl_word_coder {
    uint32_t count;
    const uint32_t *counts; /* of each entry; borrowed */
    osl_text (*text_of)(const void *user, uint32_t entry);
    bool (*is_separator)(const void *user, uint32_t entry);
    const void *user;
    bool small; /* bytes count more than time */

    osl_sort_entry *order; /* most frequent first; owns */
    uint32_t used;         /* entries that occur */
    uint32_t *ranks;       /* of each entry that occurs; owns */
} osl_word_coder;

/* Ranks the entries. */
OSL_MUST_CHECK osl_status osl_word_coder_rank(osl_word_coder *coder,
                                              osl_error *err);
/* Encodes the vocabulary, which the caller clears. */
OSL_MUST_CHECK osl_status osl_word_coder_encode(const osl_word_coder *coder,
                                                osl_vocabulary *out,
                                                osl_error *err);
void osl_word_coder_clear(osl_word_coder *coder);

/* A batch's words with their codes. */
typedef struct osl_words osl_words;

/* On OSL_OK the caller owns *out; the batch is borrowed by it. OSL_ENOMEM,
 * OSL_ELIMIT. */
OSL_MUST_CHECK osl_status osl_words_rank(osl_words **out,
                                         const osl_batch *batch, bool small,
                                         osl_error *err);
void osl_words_free(osl_words *words); /* NULL is fine */
/* How the codes of texts are to be learned. */
osl_model_kind osl_words_model_kind(const osl_build_options *options);
/* Looks at a sample of the texts for what follows what; once, before they are
 * written. OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_words_learn(osl_words *words,
                                          const osl_build_options *options,
                                          osl_error *err);
/* Notes the base term of each word, ranked by now, for who is to count what
 * dies with a text. OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_words_note_terms(osl_words *words,
                                               const osl_terms *terms,
                                               osl_error *err);
/* Writes the sections of the store. */
OSL_MUST_CHECK osl_status osl_words_write(osl_words *words, osl_writer *writer,
                                          const osl_build_options *options,
                                          osl_error *err);

#endif
