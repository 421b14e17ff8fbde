/* SPDX-License-Identifier: MIT
 *
 * One generation of an index folder, open for reading: its manifest, its
 * segments, which paragraphs live, and statistics over all of them.
 *
 *     INDEX/manifest → segments (000017.seg) + deletions (000017-000042.del)
 *
 * Threads: immutable once open, shared without locks. */
#ifndef OSL_CORE_SEGMENT_INDEX_H
#define OSL_CORE_SEGMENT_INDEX_H

#include "core/segment/deletions.h"
#include "core/segment/registry.h"

typedef struct osl_index osl_index;

/* Opens the newest whole generation of the folder `path` (or generation
 * `generation` where not 0; OSL_GENERATION_PREPARED). Where the newest is
 * damaged or its files are gone, the one before; osl_index_note() then says so.
 * OSL_ENOTFOUND: no index there, with what to do. */
OSL_MUST_CHECK osl_status osl_index_open(osl_index **out, const char *path,
                                         uint64_t generation,
                                         const osl_kernels *kernels,
                                         osl_error *err);
void osl_index_free(osl_index *index);
/* The generation that the folder's manifest names now. */
OSL_MUST_CHECK osl_status osl_index_newest(const char *path, uint64_t *out,
                                           osl_error *err);
/* The newest kept generation below `generation`; 0 where there is none. */
uint64_t osl_index_generation_before(const char *path, uint64_t generation);
/* NULL, or what a person should know about the opening. */
const char *osl_index_note(const osl_index *index);

typedef struct osl_index_info {
    uint64_t generation;
    uint64_t created_us; /* when it was published, since 1970 */
    uint64_t fingerprint;
    const char *language; /* analysis settings; borrowed */
    bool fold_acronyms;
    uint64_t paragraph_count, document_count; /* live ones */
    uint64_t text_bytes, index_bytes;
    uint64_t registry_bytes, catalog_bytes, deletions_bytes; /* of these */
    uint32_t segment_count;
    uint8_t store, pairs; /* osl_store, osl_pairs of indexer.h */
} osl_index_info;
const osl_index_info *osl_index_get_info(const osl_index *index);

/* What index_bytes are of: sections of one kind in all segments, what stands
 * between these, files beside them. Calls `each` for every part that there is,
 * by falling size, then by kind; names live for ever. */
void osl_index_parts(const osl_index *index,
                     void (*each)(void *user, const char *name, uint64_t bytes),
                     void *user);

/* Segment n and its live paragraphs: 64 a word, bit set where live; NULL where
 * all are. */
const osl_segment *osl_index_segment(const osl_index *index, uint32_t n);
const uint64_t *osl_index_live(const osl_index *index, uint32_t n);
/* What has died in it, and moved; NULL where nothing has. Borrowed. */
const osl_deletions *osl_index_deletions(const osl_index *index, uint32_t n);

/* The line of a paragraph of segment n, which the segment says to be `line`,
 * put right. */
OSL_MUST_CHECK osl_status osl_index_line(const osl_index *index, uint32_t n,
                                         uint32_t paragraph, uint32_t *line,
                                         osl_error *err);

/* Whether a document of segment n lives. */
bool osl_index_lives(const osl_index *index, uint32_t n, uint32_t document);
/* The living document of this id; else the one of this alias, of several the
 * first by id. OSL_ENOTFOUND, without words. */
OSL_MUST_CHECK osl_status osl_index_find_document(const osl_index *index,
                                                  osl_text name, uint32_t *n,
                                                  uint32_t *document,
                                                  osl_error *err);

/* Live ordinals of a field over all segments, and their summed length. */
void osl_index_field_totals(const osl_index *index, osl_field field,
                            uint64_t *count, uint64_t *total_length);
/* Takes what died from df and cf of a term that osl_term_find() or
 * osl_term_next() found in segment n; df 0: the word is gone. Postings are
 * opened with the info as it was before. */
OSL_MUST_CHECK osl_status osl_index_live_term(const osl_index *index,
                                              uint32_t n, osl_field field,
                                              osl_term_info *info,
                                              osl_error *err);
/* The same of df alone. */
OSL_MUST_CHECK osl_status osl_index_live_df(const osl_index *index, uint32_t n,
                                            osl_field field,
                                            osl_term_info *info,
                                            osl_error *err);
typedef struct osl_form_list {
    const osl_term_form *forms;
    size_t count;
} osl_form_list;
/* osl_term_forms_at() of segment n with the df of the living; 0 where a form is
 * gone. `at` as it was found. Into `arena`. */
OSL_MUST_CHECK osl_status osl_index_live_forms(
    const osl_index *index, uint32_t n, const osl_term_cursor *at,
    osl_arena *arena, osl_form_list *out, osl_error *err);
/* How many different terms of a field live, over all segments: walks all
 * dictionaries where there are several segments. */
OSL_MUST_CHECK osl_status osl_index_term_count(const osl_index *index,
                                               osl_field field, uint64_t *out,
                                               osl_error *err);
/* Live postings of a field. */
uint64_t osl_index_posting_count(const osl_index *index, osl_field field);
/* Live df of a term over all segments, exact. */
OSL_MUST_CHECK osl_status osl_index_df(const osl_index *index, osl_field field,
                                       osl_text term, uint64_t *df,
                                       osl_error *err);
OSL_MUST_CHECK osl_status osl_index_df_of(const osl_index *index,
                                          osl_field field,
                                          const osl_term_key *term,
                                          uint64_t *df, osl_error *err);

/* osl_term_find_all() in all segments: infos by segment, then by term; as they
 * are there, the dead included. */
OSL_MUST_CHECK osl_status osl_index_find_terms(
    const osl_index *index, osl_field field, const osl_text *terms,
    unsigned count, osl_term_info *infos, osl_error *err);

/* For who looks up again and again: from now on terms of text are looked up in
 * a copy of the dictionaries, which is in large pages, one behind the other.
 * Where memory was not looked at for a while, half of what a look-up waits for
 * is where its page is. By any thread, once or more often; where there is no
 * memory, or too much would be copied, all stays as it is. */
void osl_index_hold_terms(const osl_index *index);

/* What a compound typed as one word ("bcrabl1") stands for: the parts ("bcr",
 * "abl1": terms of text) that most living texts have. *count 0 where it is
 * none. Into `arena`. */
OSL_MUST_CHECK osl_status osl_index_alias(const osl_index *index,
                                          osl_text joined, osl_arena *arena,
                                          const osl_text **parts, size_t *count,
                                          osl_error *err);

/* An abbreviation learned from the texts. */
typedef struct osl_sense {
    osl_text short_form, long_form;
    uint32_t documents; /* living ones that define it */
} osl_sense;

/* All senses of `short_form`, by falling number of documents, then by bytes of
 * the long form. *count 0 where it is none. Into `arena`; `short_form` is
 * borrowed. */
OSL_MUST_CHECK osl_status osl_index_senses(const osl_index *index,
                                           osl_text short_form,
                                           osl_arena *arena,
                                           const osl_sense **senses,
                                           size_t *count, osl_error *err);

#endif
