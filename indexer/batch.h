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
 * Several threads read into a batch each; the parts are then joined in the
 * order of the sources. Numbers of forms and strings come to differ by that,
 * but nothing that is written depends on them.
 *
 * Threads: one batch, one thread, but for osl_batch_join(). */
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
enum { OSL_GAP_RECENT = 256 };
typedef struct osl_gap_recent {
    uint32_t key; /* up to 3 bytes, and above them the length; 0: none */
    uint32_t gap;
} osl_gap_recent;
typedef struct osl_batch_gaps {
    osl_strings forms;
    osl_list8 codes;
    osl_list32 side;
    /* Short gaps that were met last, and how often each gap was found there:
     * these are not counted in `forms`. */
    osl_gap_recent recent[OSL_GAP_RECENT];
    osl_list32 repeats; /* by gap; may be short */
} osl_batch_gaps;

typedef struct osl_batch {
    const osl_analyzer *analyzer; /* borrowed */
    bool keep_texts;
    osl_tokens tokens;
    osl_batch_field fields[3]; /* text, title, heading */
    osl_batch_gaps gaps;
    osl_strings strings;
    osl_strings compounds; /* joined form, 0, ids of forms in 4 bytes each */
    /* Words that were seen glued (ids of forms), and for each whether they
     * have a joined form: their number in `compounds`, or UINT32_MAX. */
    osl_strings glued;
    osl_list32 glued_compounds;
    osl_list32 compound_uses, compound_counts; /* by paragraph */
    osl_sense_table senses;
    uint64_t text_bytes;

    /* documents */
    osl_list32 document_strings[OSL_DOCUMENT_STRINGS];
    osl_list32 first_paragraphs, first_sections; /* no end entry */
    osl_list8 document_flags, document_dead;
    osl_list32 document_numbers; /* in its source; 0: it has an id of its own */
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
/* About so many bytes of files are to come: the lists that are longest get
 * room at once, which takes no memory before it is used. They grow where that
 * fails, or is not enough. */
void osl_batch_expect(osl_batch *batch, uint64_t bytes);

/* Takes a document in (copied). *replaced tells that one of the same id was
 * there. OSL_ENOMEM, OSL_ELIMIT; the batch is of no use then. */
OSL_MUST_CHECK osl_status osl_batch_add(osl_batch *batch,
                                        const osl_document *document,
                                        bool *replaced, osl_error *err);
/* The two halves of that: takes it in as a new one (nothing where it has no
 * paragraph); marks the one before `document` that had the same id. */
OSL_MUST_CHECK osl_status osl_batch_put(osl_batch *batch,
                                        const osl_document *document,
                                        osl_error *err);
OSL_MUST_CHECK osl_status osl_batch_claim(osl_batch *batch, uint32_t document,
                                          bool *replaced, osl_error *err);
/* Hashes the texts of the document that was put last, where they are kept: who
 * has none to compare them with does without. */
void osl_batch_hash(osl_batch *batch, const osl_document *document);
/* Nothing more is put: gives back what only that needs. */
void osl_batch_end_reading(osl_batch *batch);
/* Another id for a document that was not claimed yet (copied). */
OSL_MUST_CHECK osl_status osl_batch_rename(osl_batch *batch, uint32_t document,
                                           osl_text id, osl_error *err);

/* How much of everything a batch has: a place in it. */
enum {
    OSL_MARK_DOCUMENTS,
    OSL_MARK_SECTIONS,
    OSL_MARK_PARAGRAPHS,
    OSL_MARK_IDS, /* of text, title, heading */
    OSL_MARK_GAPS = OSL_MARK_IDS + 3,
    OSL_MARK_SIDE,
    OSL_MARK_CITATIONS,
    OSL_MARK_EVIDENCE,
    OSL_MARK_COMPOUNDS,
    OSL_MARK_ALIASES,
    OSL_MARK_USES,
    OSL_MARK_COUNT
};
typedef struct osl_batch_mark {
    size_t counts[OSL_MARK_COUNT];
    uint64_t text_bytes;
} osl_batch_mark;

osl_batch_mark osl_batch_get_mark(const osl_batch *batch);

/* Documents of batch number `from`, between two places in it. */
typedef struct osl_batch_piece {
    unsigned from;
    osl_batch_mark first, end;
} osl_batch_piece;

/* Batches, and what of them is to be joined in which order. Borrowed. */
typedef struct osl_batch_parts {
    osl_batch *const *from;
    unsigned from_count;
    const osl_batch_piece *pieces;
    size_t piece_count;
} osl_batch_parts;

/* Appends the pieces in their order, by as many threads as `size` says. What
 * is joined may give its memory: the batches are of no use afterwards. No
 * document is claimed or dead. OSL_ENOMEM, OSL_ELIMIT; `to` is of no use
 * then. */
OSL_MUST_CHECK osl_status osl_batch_join(osl_batch *to,
                                         const osl_batch_parts *parts,
                                         unsigned size, osl_error *err);

/* Occurrences of each form of a field, into counts[forms.count]. */
void osl_batch_count_forms(const osl_batch *batch, osl_field field,
                           uint32_t *counts);

/* The same for gaps, of which there are gaps.forms.count. */
void osl_batch_count_gaps(const osl_batch *batch, uint32_t *counts);

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
