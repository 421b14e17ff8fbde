/* SPDX-License-Identifier: MIT
 *
 * Sources: where a word, a phrase, or words near each other occur in one
 * field of one segment. A source knows ordinals of its field (paragraphs,
 * documents or sections), positions and how often; it knows no scores. One
 * kind a file:
 *
 *     term      a term's postings, or only some of its surface forms
 *     any       one of several: spellings of one word, scored as one
 *     merged    the same of very many: what a wildcard stands for
 *     meant     one that counts in some documents only
 *     phrase    one directly behind the other
 *     near      two within a distance, in order or not (operator.h)
 *     window    several within a window, in any order
 *
 * A range is 64 ordinals, a chunk 64 ranges; a word has a bit for each ordinal
 * of a range, in the order of words.h.
 *
 * Threads: a source belongs to one query of one thread. */
#ifndef OSL_QUERY_SOURCE_H
#define OSL_QUERY_SOURCE_H

#include "query/places.h"
#include "query/scorer.h"

typedef struct osl_source osl_source;

typedef struct osl_source_ops {
    /* Ranges of the chunk that may hold it. */
    uint64_t (*ranges)(osl_source *source, uint32_t chunk);
    /* Adds those of `among` that hold it, a word for each range of the chunk.
     * Only words of `ranges` are asked for; others, and ordinals that hold it
     * but are not among them, may be added, too. */
    osl_status (*match)(osl_source *source, uint32_t chunk, uint64_t ranges,
                        const uint64_t among[64], uint64_t found[64],
                        osl_error *err);
    /* Bounds of G, times 255, for the parameters of writing; capped: of all
     * ranges of the chunk, 0 where it cannot be. */
    void (*bounds)(osl_source *source, uint32_t chunk, uint8_t bounds[64]);
    unsigned (*chunk_bound)(osl_source *source, uint32_t chunk);
    /* Adds what each ordinal of `ranges` may score at most. */
    osl_status (*add)(osl_source *source, const osl_scorer *scorer,
                      uint32_t chunk, uint64_t ranges, osl_sums *sums,
                      osl_error *err);
    /* Adds occurrences to tfs[ordinal % 64] for those of `which` that hold
     * it. */
    osl_status (*tfs)(osl_source *source, uint32_t range, uint64_t which,
                      uint32_t tfs[64], osl_error *err);
    /* Appends its places in one ordinal, in order of (start, end), each
     * once. */
    osl_status (*places)(osl_source *source, uint32_t ordinal, osl_places *out,
                         osl_error *err);
    /* Appends the places to mark: of words that are near, each word. */
    osl_status (*marks)(osl_source *source, uint32_t ordinal, osl_places *out,
                        osl_error *err);
} osl_source_ops;

struct osl_source {
    const osl_source_ops *ops;
};

/* Which of `among`, of one range, hold it. */
OSL_MUST_CHECK osl_status osl_source_match(osl_source *source, uint32_t range,
                                           uint64_t among, uint64_t *out,
                                           osl_error *err);

#define OSL_BOUND_MAX 255u

/* Which of a term's forms count. A form of occurrences is as a file says it,
 * and may be none of the term's: such a one does not count. */
typedef struct osl_allowed {
    size_t form_count;
    bool forms[];
} osl_allowed;
static inline bool osl_is_allowed(const osl_allowed *allowed, uint32_t form)
{
    return form < allowed->form_count && allowed->forms[form];
}

/* Only occurrences whose form is among `allowed` (NULL: all). `postings` and
 * `allowed` are borrowed. NULL: memory. */
osl_source *osl_source_term(const osl_postings *postings,
                            const osl_allowed *allowed, osl_arena *arena);
/* Children are borrowed; at least one. */
osl_source *osl_source_any(osl_source **children, size_t count,
                           osl_arena *arena);
/* Its children; NULL where the source is of another kind. */
osl_source **osl_source_any_children(const osl_source *source, size_t *count);
/* Where lists are added up, for one after the other; zero at first but for the
 * arena, and again behind each. */
typedef struct osl_merge_room {
    uint32_t *tf;      /* by ordinal */
    uint64_t *touched; /* by chunk: ranges in which there may be some */
    uint32_t chunks;   /* that there is room for */
    osl_arena *arena;  /* of this, and of what is made */
} osl_merge_room;
/* The same as `any`, by one list that is made here of all its children's. */
OSL_MUST_CHECK osl_status osl_source_merged(osl_source **out, osl_source *any,
                                            const osl_segment *segment,
                                            osl_field field,
                                            osl_merge_room *room,
                                            osl_error *err);
/* `source`, of which `postings` have all ordinals and tfs: only places and marks
 * are asked of it. Borrowed. NULL: memory. */
osl_source *osl_source_known(osl_source *source, const osl_postings *postings,
                             osl_arena *arena);
/* The list that a merged source was made of, or is known by; NULL where the
 * source is of another kind. */
const osl_postings *osl_source_merged_postings(const osl_source *source);
/* All that hold a source, as postings that stand in no file: no positions.
 * *out NULL: nothing does. */
OSL_MUST_CHECK osl_status osl_source_list(const osl_postings **out,
                                          osl_source *source,
                                          const osl_segment *segment,
                                          osl_field field, osl_arena *arena,
                                          osl_error *err);
/* Ordinals [from, to), at least one. */
typedef struct osl_stretch {
    uint32_t from, to;
} osl_stretch;
/* The child (borrowed), `inside` the stretches, or elsewhere. They rise and leave
 * gaps; borrowed. */
osl_source *osl_source_meant(osl_source *child, const osl_stretch *stretches,
                             size_t count, bool inside, osl_arena *arena);
/* Of a source of a term: its postings, and which of its forms count (NULL:
 * all). NULL where the source is of another kind. */
const osl_postings *osl_source_term_postings(const osl_source *source,
                                             const osl_allowed **allowed);
/* Is it a term, whatever its forms? */
bool osl_source_is_word(const osl_source *source);
/* Of such a one: its positions in an ordinal, rising; none where it is not
 * there. They stand until it is asked again. */
OSL_MUST_CHECK osl_status osl_source_positions(osl_source *word,
                                               uint32_t ordinal,
                                               const uint32_t **positions,
                                               uint32_t *count, osl_error *err);
/* Some `count` ordinals of the chunk will be asked for: where that is many of a
 * word's, all of its positions in the chunk are read at once. Of another kind:
 * nothing. */
OSL_MUST_CHECK osl_status osl_source_gather(osl_source *source, uint32_t chunk,
                                            uint32_t count, osl_error *err);
/* `pair_count` postings of pairs of its neighbours stand before its `count`
 * words. */
osl_source *osl_source_phrase(osl_source **children, size_t pair_count,
                              size_t count, osl_arena *arena);
/* All of them, each at places of its own, within a window of `width`
 * positions. classes[i]: children with equal numbers are the same word. */
osl_source *osl_source_window(osl_source **children, const uint32_t *classes,
                              size_t count, uint32_t width, osl_arena *arena);

/* ---- for sources that look at positions -------------------------------- */

/* What was found in a chunk: ordinals that were looked at, those that matched,
 * and how often. */
typedef struct osl_checked_chunk {
    uint64_t known[64], matched[64];
    uint32_t asked;     /* that were looked at range by range */
    uint8_t tf[64][64]; /* OSL_TF_MANY: as many, or more */
} osl_checked_chunk;
#define OSL_TF_MANY 255u

/* Remembers what was found in the chunk looked at last, or in all, so that
 * matching and scoring do not look twice. Embedded first. */
typedef struct osl_checked {
    osl_source base;
    osl_arena *arena;
    uint32_t chunk;
    osl_checked_chunk *at;    /* of the chunk; NULL before the first */
    osl_checked_chunk **kept; /* all that were looked at; NULL: the last */
    osl_source **children;    /* all of which must match */
    size_t count;
    /* Occurrences in one ordinal that all children match; 0: none. */
    osl_status (*look)(struct osl_checked *checked, uint32_t ordinal,
                       uint32_t *tf, osl_error *err);
} osl_checked;

void osl_checked_init(osl_checked *checked, osl_source **children, size_t count,
                      osl_arena *arena);
/* From here on keeps what was found in each of the field's chunks. */
OSL_MUST_CHECK osl_status osl_checked_keep(osl_source *checked,
                                           uint32_t chunk_count,
                                           osl_error *err);
/* The ops of a conjunction with positions, but places and marks. */
uint64_t osl_checked_ranges(osl_source *source, uint32_t chunk);
osl_status osl_checked_match(osl_source *source, uint32_t chunk,
                             uint64_t ranges, const uint64_t among[64],
                             uint64_t found[64], osl_error *err);
void osl_checked_bounds(osl_source *source, uint32_t chunk, uint8_t bounds[64]);
unsigned osl_checked_chunk_bound(osl_source *source, uint32_t chunk);
osl_status osl_checked_add(osl_source *source, const osl_scorer *scorer,
                           uint32_t chunk, uint64_t ranges, osl_sums *sums,
                           osl_error *err);
osl_status osl_checked_tfs(osl_source *source, uint32_t range, uint64_t which,
                           uint32_t tfs[64], osl_error *err);
/* The least tf of the children in one ordinal: no conjunction counts more. */
osl_status osl_checked_least(osl_checked *checked, uint32_t ordinal,
                             uint32_t *tf, osl_error *err);

#endif
