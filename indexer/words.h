/* SPDX-License-Identifier: MIT
 *
 * The batch's texts to word codes (core/segment/store.h): forms and gaps are
 * ranked together, and each paragraph is one run of table look-ups.
 *
 * Threads: one call at a time. */
#ifndef OSL_INDEXER_WORDS_H
#define OSL_INDEXER_WORDS_H

#include "core/segment/store.h"
#include "indexer/batch.h"
#include "indexer/sort.h"

/* Entries, words and separators in any numbering, that become codes: the most
 * frequent have the shortest. Caller's storage; the first group is given, the
 * rest zero on entry. */
typedef struct osl_word_coder {
    uint32_t count;
    const uint32_t *counts; /* of each entry; borrowed */
    osl_text (*text_of)(const void *user, uint32_t entry);
    bool (*is_separator)(const void *user, uint32_t entry);
    const void *user;

    osl_sort_entry *order; /* most frequent first; owns */
    uint32_t used;         /* entries that occur */
    uint32_t *codes;       /* of each entry that occurs; owns */
    osl_store_classes classes;
} osl_word_coder;

/* Ranks the entries and gives each its code. */
OSL_MUST_CHECK osl_status osl_word_coder_rank(osl_word_coder *coder,
                                              osl_error *err);
/* Writes the section of the vocabulary. */
OSL_MUST_CHECK osl_status osl_word_coder_write(const osl_word_coder *coder,
                                               osl_writer *writer,
                                               osl_error *err);
void osl_word_coder_clear(osl_word_coder *coder);

/* Writes the three sections of the store, by as many threads as `size` says;
 * `small`: its codes compressed. */
OSL_MUST_CHECK osl_status osl_words_write(const osl_batch *batch,
                                          osl_writer *writer, bool small,
                                          unsigned size, osl_error *err);

#endif
