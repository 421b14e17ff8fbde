/* SPDX-License-Identifier: MIT
 *
 * An immutable index file over some paragraphs, mapped for reading. Here is a
 * term, give me its postings; here is a paragraph's number, give me its text.
 *
 * Three numberings, all dense and from 0 within the segment: paragraphs,
 * documents, sections (headings). Each *field* has postings over one of them:
 * text over paragraphs, title over documents, heading over sections; a
 * document and a section are a range of paragraphs. Pairs are postings of two
 * neighbouring frequent words, over paragraphs, without positions.
 *
 * Postings are sliced into ranges of 64 ordinals within chunks of 4,096:
 * `range` below is ordinal / 64 over the whole segment, `chunk` is
 * ordinal / 4096. docs/FORMAT.md draws every byte.
 *
 * A segment checks what it uses: an offset that leaves its section is
 * OSL_ECORRUPT at the call that follows it, never a fault; checksums (4 KiB
 * blocks) are verified at the first touch and remembered.
 *
 * Threads: an open segment is shared by any number of threads without locks.
 * An osl_postings is immutable after its open, too. */
#ifndef OSL_CORE_SEGMENT_SEGMENT_H
#define OSL_CORE_SEGMENT_SEGMENT_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/bytes.h"
#include "core/core.h"
#include "core/kernels/kernels.h"

#define OSL_RANGE_SIZE 64u
#define OSL_CHUNK_SIZE 4096u
/* Most paragraphs of a segment. */
#define OSL_SEGMENT_PARAGRAPHS_MAX 0x7FFFFFFEu
#define OSL_SLICED_SHIFT_MAX       15u

typedef enum osl_field {
    OSL_FIELD_TEXT = 0,    /* ordinals are paragraphs */
    OSL_FIELD_TITLE = 1,   /* ordinals are documents */
    OSL_FIELD_HEADING = 2, /* ordinals are sections; a heading's own words */
    OSL_FIELD_PAIR = 3,    /* "a b" neighbours in text; no positions */
    OSL_FIELD_COUNT = 4
} osl_field;

typedef struct osl_field_info {
    uint32_t ordinal_count; /* paragraphs, documents or sections */
    uint32_t term_count;
    uint64_t posting_count;
    uint64_t total_length; /* positions, summed over ordinals */
} osl_field_info;

typedef struct osl_segment_info {
    uint32_t paragraph_count, document_count, section_count;
    osl_field_info fields[OSL_FIELD_COUNT];
    uint64_t fingerprint; /* of the analyser (osl_analyzer_fingerprint) */
    double k1, b;         /* that the bounds were written for */
    bool has_texts;       /* stored texts: not with --store none */
    bool has_forms;       /* surface forms beside positions */
    uint64_t text_bytes;  /* of all paragraphs' texts */
    /* Frequent terms that one of 2^shift ordinals has are sliced in the file,
     * the others packed (region.h); at most OSL_SLICED_SHIFT_MAX. */
    uint8_t sliced_shift;
    bool dense_positions; /* of packed terms, in bits (positions.h) */
} osl_segment_info;

typedef struct osl_segment osl_segment;

/* Opens and maps; parses the table of sections only. OSL_EVERSION for a newer
 * format. Kernels are borrowed (osl_kernels_get). */
OSL_MUST_CHECK osl_status osl_segment_open(osl_segment **out, const char *path,
                                           const osl_kernels *kernels,
                                           osl_error *err);
void osl_segment_free(osl_segment *segment); /* NULL is fine */
const osl_segment_info *osl_segment_get_info(const osl_segment *segment);
const char *osl_segment_path(const osl_segment *segment); /* borrowed */
/* Tells this segment's bytes from any other's: of its footer, which has a
 * hash of its checksums; read, not verified. */
uint64_t osl_segment_identity(const osl_segment *segment);
/* Every checksum and cross-reference; the first damage in *err. */
OSL_MUST_CHECK osl_status osl_segment_check(osl_segment *segment,
                                            osl_error *err);

/* ---- documents, sections, paragraphs ----------------------------------- */

typedef struct osl_document_record {
    osl_text id, source, title, url, updated, audience, language, kind;
    uint32_t first_paragraph, paragraph_count;
    uint32_t first_section, section_count;
    bool is_record; /* its paragraph's id is the document's own */
} osl_document_record;

typedef struct osl_section_record {
    osl_text heading;
    uint32_t parent; /* UINT32_MAX: outermost */
    uint32_t level;
    uint32_t document;
    uint32_t first_paragraph, paragraph_count; /* with all below it */
} osl_section_record;

typedef struct osl_paragraph_record {
    uint32_t document, section; /* section UINT32_MAX: none */
    uint32_t line;              /* 0: unknown */
    uint8_t kind;               /* osl_paragraph_kind of corpus.h */
    uint8_t length_code;
} osl_paragraph_record;

/* All texts borrowed from the map. */
OSL_MUST_CHECK osl_status osl_segment_document(const osl_segment *segment,
                                               uint32_t document,
                                               osl_document_record *out,
                                               osl_error *err);
/* Its id alone. */
OSL_MUST_CHECK osl_status osl_segment_document_id(const osl_segment *segment,
                                                  uint32_t document,
                                                  osl_text *out,
                                                  osl_error *err);
OSL_MUST_CHECK osl_status osl_segment_section(const osl_segment *segment,
                                              uint32_t section,
                                              osl_section_record *out,
                                              osl_error *err);
OSL_MUST_CHECK osl_status osl_segment_paragraph(const osl_segment *segment,
                                                uint32_t paragraph,
                                                osl_paragraph_record *out,
                                                osl_error *err);
/* The document that a paragraph belongs to; paragraph < paragraph_count. */
OSL_MUST_CHECK osl_status osl_segment_document_of(const osl_segment *segment,
                                                  uint32_t paragraph,
                                                  uint32_t *out,
                                                  osl_error *err);
/* Document of this id, or alias; OSL_ENOTFOUND. */
OSL_MUST_CHECK osl_status osl_segment_find_document(const osl_segment *segment,
                                                    osl_text id, uint32_t *out,
                                                    osl_error *err);
/* The n-th document that has `name` for its id, or for an alias; OSL_END
 * behind the last. */
OSL_MUST_CHECK osl_status osl_segment_named(const osl_segment *segment,
                                            osl_text name, bool is_alias,
                                            uint32_t n, uint32_t *out,
                                            osl_error *err);
/* Citations and evidence levels of a paragraph, as printed, appended to
 * `list` (taken from `arena`); *count gives how many. */
OSL_MUST_CHECK osl_status osl_segment_citations(const osl_segment *segment,
                                                uint32_t paragraph,
                                                osl_arena *arena,
                                                const osl_text **list,
                                                size_t *count, osl_error *err);
OSL_MUST_CHECK osl_status osl_segment_evidence(const osl_segment *segment,
                                               uint32_t paragraph,
                                               osl_arena *arena,
                                               const osl_text **list,
                                               size_t *count, osl_error *err);
/* Appends a paragraph's text, byte for byte as it was indexed. OSL_ENOTFOUND
 * where texts are not stored. */
OSL_MUST_CHECK osl_status osl_segment_text(const osl_segment *segment,
                                           uint32_t paragraph, osl_buf *out,
                                           osl_error *err);
/* No more of it than its first `bytes` and the rest of a word. */
OSL_MUST_CHECK osl_status osl_segment_text_start(const osl_segment *segment,
                                                 uint32_t paragraph,
                                                 size_t bytes, osl_buf *out,
                                                 osl_error *err);
/* A hash of 40 bits: enough to tell the texts of a document and of the one
 * before it apart. Of a paragraph it is known where texts are not stored,
 * too. */
uint64_t osl_text_hash(osl_text text);
OSL_MUST_CHECK osl_status osl_segment_text_hash(const osl_segment *segment,
                                                uint32_t paragraph,
                                                uint64_t *out, osl_error *err);
/* How many bytes that text has; known where texts are not stored, too. */
OSL_MUST_CHECK osl_status osl_segment_text_bytes(const osl_segment *segment,
                                                 uint32_t paragraph,
                                                 uint64_t *out, osl_error *err);
/* A number that rises in the order of (document id, ordinal): ties of scores
 * go by it. paragraph < paragraph_count. */
OSL_MUST_CHECK osl_status osl_segment_rank(const osl_segment *segment,
                                           uint32_t paragraph, uint32_t *out,
                                           osl_error *err);
/* For loops: a whole column of numbers at hand, verified once; borrowed. */
typedef struct osl_numbers {
    uint64_t base, slope, mask;
    const uint8_t *numbers;
    uint32_t width;
} osl_numbers;
/* n below the number of what the column is about. */
static inline uint32_t osl_numbers_get(const osl_numbers *column, uint32_t n)
{
    uint64_t at = (uint64_t)column->width * n;
    return (uint32_t)(column->base + column->slope * n +
                      (osl_get64(column->numbers + at / 8) >> at % 8 &
                       column->mask));
}
/* What decides ties, of every paragraph: as osl_segment_rank(). */
typedef struct osl_ranks {
    osl_numbers numbers;
    struct osl_ids *ids; /* NULL: numbers; else of the ids of documents */
} osl_ranks;
OSL_MUST_CHECK osl_status osl_segment_ranks(const osl_segment *segment,
                                            osl_ranks *out, osl_error *err);
/* For who asks again and again: they become numbers, for all who ask of the
 * segment from then on. Without memory nothing changes. */
void osl_segment_hold_ranks(const osl_segment *segment, osl_ranks *ranks);
uint32_t osl_ids_rank(const struct osl_ids *ids, uint32_t document);
static inline uint32_t osl_ranks_get(const osl_ranks *ranks, uint32_t paragraph)
{
    return ranks->ids ? osl_ids_rank(ranks->ids, paragraph)
                      : osl_numbers_get(&ranks->numbers, paragraph);
}
/* The paragraphs of each document (OSL_FIELD_TITLE) or below each section
 * (OSL_FIELD_HEADING). */
typedef struct osl_extents {
    osl_numbers firsts, counts;
    bool is_documents; /* the next one's first ends it; no counts */
} osl_extents;
OSL_MUST_CHECK osl_status osl_segment_extents(const osl_segment *segment,
                                              osl_field field, osl_extents *out,
                                              osl_error *err);
/* [*first, *end); what a spoilt file says may leave the segment. */
static inline void osl_extents_get(const osl_extents *extents, uint32_t n,
                                   uint32_t *first, uint64_t *end)
{
    *first = osl_numbers_get(&extents->firsts, n);
    *end = extents->is_documents
               ? osl_numbers_get(&extents->firsts, n + 1)
               : (uint64_t)*first + osl_numbers_get(&extents->counts, n);
}
/* The kernels that it was opened with. */
const osl_kernels *osl_segment_kernels(const osl_segment *segment);

/* Whether each length is below those that share a code with others. */
OSL_MUST_CHECK bool osl_segment_lengths_are_exact(const osl_segment *segment,
                                                  osl_field field);
/* Length codes of a field's ordinals, one byte each, and as many as 63 that
 * may be read behind them; borrowed. */
OSL_MUST_CHECK osl_status osl_segment_length_codes(const osl_segment *segment,
                                                   osl_field field,
                                                   const uint8_t **codes,
                                                   osl_error *err);

/* Bounds survive drift: what bounds of this field (see osl_postings_bound)
 * are to be multiplied by where K is `k` today: the greatest ratio of today's
 * G to that of writing, over every tf and the length codes that occur. Exactly
 * 1 where nothing has changed. */
float osl_segment_bound_factor(const osl_segment *segment, osl_field field,
                               const float k[256]);
/* Between what today's K is times that of writing, over the length codes that
 * occur; exactly 1 where nothing has changed. With tf / K = x, G is x / (x + 1)
 * at writing, and x / (x + its ratio) today. */
typedef struct osl_drift {
    double low, high;
} osl_drift;
osl_drift osl_segment_drift(const osl_segment *segment, osl_field field,
                            const float k[256]);
/* What bounds of writing are today: by the factor above where K is nearly that
 * of writing; else each by itself, which is nearer, for the greater a G is, the
 * less it drifts. */
typedef struct osl_bounds_today {
    float factor; /* 1 where … */
    bool is_map;  /* … each is told */
    uint8_t of[256];
} osl_bounds_today;
void osl_segment_bounds_today(osl_bounds_today *out, const osl_segment *segment,
                              osl_field field, const float k[256]);

/* ---- dictionary -------------------------------------------------------- */

/* Longest term, in bytes: a longer one is never found, and never written. */
#define OSL_TERM_BYTES_MAX 1023u

typedef struct osl_term_info {
    uint32_t df;      /* ordinals that hold the term */
    uint32_t ordinal; /* place in the field's order of terms */
    uint64_t cf;      /* occurrences */
    uint64_t offset;  /* of its region in the postings section; the segment's */
    uint64_t bytes;
} osl_term_info;

/* OSL_OK and *found. */
OSL_MUST_CHECK osl_status osl_term_find(const osl_segment *segment,
                                        osl_field field, osl_text term,
                                        bool *found, osl_term_info *out,
                                        osl_error *err);
/* df, cf and ordinal alone, which is faster; out->df is 0 where the term is not
 * there. */
OSL_MUST_CHECK osl_status osl_term_count(const osl_segment *segment,
                                         osl_field field, osl_text term,
                                         osl_term_info *out, osl_error *err);
/* Several at once, which wait for memory together; infos[i].df is 0 where
 * terms[i] is not there. */
OSL_MUST_CHECK osl_status osl_term_find_all(
    const osl_segment *segment, osl_field field, const osl_text *terms,
    unsigned count, osl_term_info *infos, osl_error *err);

/* The same as osl_term_count(). */
OSL_MUST_CHECK osl_status osl_term_count_all(
    const osl_segment *segment, osl_field field, const osl_text *terms,
    unsigned count, osl_term_info *infos, osl_error *err);

/* In several segments at once, which wait for memory together as well: infos by
 * segment, then by term. */
typedef struct osl_segment_list {
    const osl_segment *const *items; /* borrowed */
    uint32_t count;
} osl_segment_list;
OSL_MUST_CHECK osl_status osl_terms_find_in(
    osl_segment_list segments, osl_field field, const osl_text *terms,
    unsigned count, osl_term_info *infos, osl_error *err);
/* A term as a look-up begins with it (shortcut.h). */
typedef struct osl_term_key osl_term_key;
OSL_MUST_CHECK osl_status osl_term_count_in(osl_segment_list segments,
                                            osl_field field,
                                            const osl_term_key *term,
                                            osl_term_info *infos,
                                            osl_error *err);

/* In order of bytes, from any term on: prefix, range, fuzzy. Caller's
 * storage. */
typedef struct osl_term_cursor {
    const osl_segment *segment;
    osl_field field;
    uint32_t next; /* ordinal of the next term */
    osl_text term; /* borrowed until the next step */
    osl_term_info info;
    uint64_t state[136]; /* the dictionary's own (holds `term`'s bytes) */
} osl_term_cursor;

/* Before the first term that is not less than `from`. */
OSL_MUST_CHECK osl_status osl_term_seek(osl_term_cursor *cursor,
                                        const osl_segment *segment,
                                        osl_field field, osl_text from,
                                        osl_error *err);
/* OSL_OK with cursor->term and ->info filled, or OSL_END. */
OSL_MUST_CHECK osl_status osl_term_next(osl_term_cursor *cursor,
                                        osl_error *err);

/* The term of this ordinal, which there is, and its df (alone of its info),
 * into `cursor` (segment and field are set), from which no others follow. */
OSL_MUST_CHECK osl_status osl_term_pass(osl_term_cursor *cursor,
                                        uint32_t ordinal, osl_error *err);

/* Has what is looked at for some of them on its way. */
void osl_term_fetch(const osl_segment *segment, osl_field field,
                    const uint32_t *ordinals, unsigned count);

typedef struct osl_term_form {
    osl_text text;
    uint32_t df; /* ordinals that hold this form */
} osl_term_form;

/* The surface forms of a text term ("relapse", "relapsed"), in the order that
 * osl_postings_forms() numbers them (the most frequent first); a term of one
 * form gives that form (it may differ from the term, which is a stem).
 * OSL_ENOTFOUND in a segment without forms. */
OSL_MUST_CHECK osl_status osl_term_forms(const osl_segment *segment,
                                         const osl_term_info *info,
                                         osl_arena *arena,
                                         const osl_term_form **forms,
                                         size_t *count, osl_error *err);

/* The same where the term's bytes are at hand; of `at` its term and info. */
OSL_MUST_CHECK osl_status osl_term_forms_at(const osl_segment *segment,
                                            const osl_term_cursor *at,
                                            osl_arena *arena,
                                            const osl_term_form **forms,
                                            size_t *count, osl_error *err);

/* Which of the forms of a text term a word is. */
typedef struct osl_form_place {
    uint32_t count;  /* of the term's forms */
    uint32_t number; /* of the word's; UINT32_MAX: it is none of them */
} osl_form_place;

/* Forms of many terms of text, which are cheap to find where the terms rise
 * and many of a block are asked for. Caller's storage: segment, the rest
 * zero. */
typedef struct osl_form_finder {
    const osl_segment *segment;
    const uint8_t *at, *end; /* the finder's own, as all below */
    uint32_t next, listed;
} osl_form_finder;
/* Of the term of this ordinal, given its bytes. */
OSL_MUST_CHECK osl_status osl_form_finder_find(osl_form_finder *finder,
                                               uint32_t ordinal, osl_text term,
                                               osl_text word,
                                               osl_form_place *out,
                                               osl_error *err);

/* One way in which texts split a compound that a query joins ("bcrabl1"):
 * its parts are terms of text, with a space between. */
typedef struct osl_alias_split {
    osl_text parts; /* "bcr abl1" */
    uint32_t uses;  /* in the segment's texts, the dead included */
    uint32_t entry; /* place in the table: osl_deletions_alias() */
} osl_alias_split;

/* Alias table of compounds: all splits of a joined form, by falling uses,
 * then parts. *count 0 where it is none. */
OSL_MUST_CHECK osl_status osl_segment_alias(const osl_segment *segment,
                                            osl_text joined, osl_arena *arena,
                                            const osl_alias_split **splits,
                                            size_t *count, osl_error *err);

/* ---- postings ---------------------------------------------------------- */

/* One term's postings, ready for access by range. Its inside belongs to
 * postings.c and the evaluation loops. */
typedef struct osl_postings osl_postings;

/* Into `arena`, with which it ends. Rare terms are decoded whole here, frequent
 * ones stay in the map. */
OSL_MUST_CHECK osl_status osl_postings_open(const osl_postings **out,
                                            const osl_segment *segment,
                                            osl_field field,
                                            const osl_term_info *info,
                                            osl_arena *arena, osl_error *err);
uint32_t osl_postings_df(const osl_postings *postings);

/* Which of a chunk's 64 ranges hold the term. */
uint64_t osl_postings_ranges(const osl_postings *postings, uint32_t chunk);
/* Which of a range's 64 ordinals hold the term. */
uint64_t osl_postings_word(const osl_postings *postings, uint32_t range);
/* words[r] |= the word of each of a chunk's ranges. */
void osl_postings_words(const osl_postings *postings, uint32_t chunk,
                        uint64_t words[64]);
/* Upper bound of G in a range (times 255, rounded up), for the parameters of
 * writing; 0 where the term is absent. */
unsigned osl_postings_bound(const osl_postings *postings, uint32_t range);
/* The same of all 64 ranges of a chunk. */
void osl_postings_bounds(const osl_postings *postings, uint32_t chunk,
                         uint8_t bounds[64]);
/* The greatest bound of a chunk's ranges. */
unsigned osl_postings_chunk_bound(const osl_postings *postings, uint32_t chunk);
/* tf of each ordinal in `which` (a part of the word), in rising order. */
void osl_postings_tfs(const osl_postings *postings, uint32_t range,
                      uint64_t which, uint32_t tfs[64]);
/* Positions of the term in one ordinal that holds it: exactly tf, rising,
 * into `out` (room for tf). OSL_ENOTFOUND for a field without positions. */
OSL_MUST_CHECK osl_status osl_postings_positions(const osl_postings *postings,
                                                 uint32_t ordinal,
                                                 uint32_t *out, osl_error *err);
/* Form of each of those occurrences: index into osl_term_forms(). */
OSL_MUST_CHECK osl_status osl_postings_forms(const osl_postings *postings,
                                             uint32_t ordinal, uint32_t *out,
                                             osl_error *err);
/* Everything at once, for merging, statistics and tests: ordinals and tfs
 * (df each, the caller's). */
OSL_MUST_CHECK osl_status osl_postings_decode(const osl_postings *postings,
                                              uint32_t *ordinals, uint32_t *tfs,
                                              osl_error *err);

#endif
