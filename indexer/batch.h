/* SPDX-License-Identifier: MIT
 *
 * A segment in the making: documents go in, their texts as numbers of forms,
 * everything else as columns. build.c turns it into a file.
 *
 *   text ──osl_tokenize──▶ spans ──osl_strings──▶ ids (4 bytes a token)
 *                                    and what stands between (1 byte a token)
 *
 * A document whose id comes again replaces the one before: that one is dead
 * from then on and taken out before the writing.
 *
 * Threads: one batch, one thread. */
#ifndef OSL_INDEXER_BATCH_H
#define OSL_INDEXER_BATCH_H

#include "core/segment/tables.h"
#include "core/text/text.h"
#include "corpus/corpus.h"
#include "indexer/list.h"
#include "indexer/senses.h"
#include "indexer/strings.h"

/* Most tokens of a field in one batch: postings count in 32 bits. */
#define OSL_BATCH_TOKENS_MAX ((size_t)1 << 31)

/* Tokens of one field: ordinal i has lengths.at[i] of ids, end to end. */
typedef struct osl_batch_field {
    osl_strings forms;
    osl_list32 ids;
    osl_list32 lengths;
} osl_batch_field;

/* What stands before, between and behind the tokens of a text: tokens + 1
 * bytes a paragraph. 0: what is usual (nothing at the ends, one space
 * between); SIDE: the next number of `side`; else number + 1. */
enum { OSL_GAP_USUAL = 0, OSL_GAP_SIDE = 255 };
typedef struct osl_batch_gaps {
    osl_strings forms;
    osl_list8 codes;
    osl_list32 side;
} osl_batch_gaps;

typedef struct osl_batch {
    const osl_analyzer *analyzer; /* borrowed */
    bool keep_texts;
    osl_tokens tokens;
    osl_batch_field fields[3]; /* text, title, heading */
    osl_batch_gaps gaps;
    osl_strings strings;
    osl_strings compounds; /* joined form, 0, ids of forms in 4 bytes each */
    osl_list32 compound_uses, compound_counts; /* by paragraph */
    osl_sense_table senses; /* document numbers of before any compaction */
    uint64_t text_bytes;

    /* documents */
    osl_list32 document_strings[OSL_DOCUMENT_STRINGS];
    osl_list32 first_paragraphs, first_sections; /* no end entry */
    osl_list8 document_flags, document_dead;
    osl_list32 document_of_string; /* + 1; by string, 0: no document's id */
    uint32_t dead_count;
    bool was_compacted; /* the tables' counts hold dead tokens, too */
    osl_list32 alias_strings, alias_documents; /* in order of documents */
    /* sections */
    osl_list32 headings, parents, levels, section_paragraphs, section_lengths;
    /* paragraphs */
    osl_list32 paragraph_sections, lines;
    osl_list8 kinds;
    osl_list64 hashes, paragraph_bytes;
    osl_list32 citation_counts, evidence_counts, citations, evidence;
} osl_batch;

/* `batch` all zero on entry. */
void osl_batch_init(osl_batch *batch, const osl_analyzer *analyzer,
                    bool keep_texts);
void osl_batch_clear(osl_batch *batch);

/* Takes a document in (copied). *replaced tells that one of the same id was
 * there. OSL_ENOMEM, OSL_ELIMIT; the batch is of no use then. */
OSL_MUST_CHECK osl_status osl_batch_add(osl_batch *batch,
                                        const osl_document *document,
                                        bool *replaced, osl_error *err);

/* Occurrences of each form of a field, into counts[forms.count]. */
void osl_batch_count_forms(const osl_batch *batch, osl_field field,
                           uint32_t *counts);

/* Takes dead documents out of every list. */
OSL_MUST_CHECK osl_status osl_batch_compact(osl_batch *batch, osl_error *err);

/* What of a title is indexed: a record's that is only its number says
 * nothing. */
static inline osl_text osl_indexed_title(osl_text title, osl_text id,
                                         bool is_record)
{
    return is_record && osl_text_equal(title, id) ? (osl_text){"", 0} : title;
}

static inline uint32_t osl_batch_documents(const osl_batch *batch)
{
    return (uint32_t)batch->document_flags.count;
}

static inline uint32_t osl_batch_paragraphs(const osl_batch *batch)
{
    return (uint32_t)batch->kinds.count;
}

#endif
