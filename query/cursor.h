/* SPDX-License-Identifier: MIT
 *
 * Cursors: which paragraphs of one segment match a part of the query, what
 * they score, and at most score. One operator a file:
 *
 *     leaf       a source over paragraphs: a word or phrase in text
 *     expand     a source over documents or sections, each hit belonging to
 *                a range of paragraphs: title and headings
 *     fields     one word's text, title and headings together
 *     bag        title and text as one bag, alone (--ranking bm25) or beside
 *                the fields (records)
 *     group      wanted, required, forbidden, filters
 *     filter     date, evidence, audience, language, document
 *     proximity  what words earn by closeness, and by the form that was typed
 *
 * `range` is paragraph / 64 of the segment, a word has a bit for each of its
 * paragraphs; chunks hold 64 ranges, and are matched whole: so a count goes
 * through 4,096 paragraphs of a word at once.
 *
 * Threads: a cursor belongs to one query of one thread. */
#ifndef OSL_QUERY_CURSOR_H
#define OSL_QUERY_CURSOR_H

#include "query/source.h"
#include "query/tree.h"

typedef struct osl_cursor osl_cursor;

typedef struct osl_cursor_ops {
    /* Ranges of the chunk that may match. */
    uint64_t (*ranges)(osl_cursor *cursor, uint32_t chunk);
    /* Adds those of `among` that match, a word for each range of the chunk.
     * Only words of `ranges` are asked for; others, and paragraphs that match
     * but are not among them, may be added, too. */
    osl_status (*match)(osl_cursor *cursor, uint32_t chunk, uint64_t ranges,
                        const uint64_t among[64], uint64_t found[64],
                        osl_error *err);
    /* No paragraph scores more: for each of the chunk's ranges. Saturating. */
    void (*bounds)(osl_cursor *cursor, uint32_t chunk, uint32_t bounds[64]);
    uint32_t (*chunk_bound)(osl_cursor *cursor, uint32_t chunk);
    /* Adds what each paragraph of `ranges` may score at most. */
    osl_status (*add)(osl_cursor *cursor, uint32_t chunk, uint64_t ranges,
                      osl_sums *sums, osl_error *err);
    /* Adds to scores[paragraph % 64] for those of `which` that match. Where a
     * sum stays below `least` whatever is added here, less may be added. */
    osl_status (*score)(osl_cursor *cursor, uint32_t range, uint64_t which,
                        uint32_t least, uint32_t scores[64], osl_error *err);
    /* Appends what matched in a paragraph's own text. */
    osl_status (*marks)(osl_cursor *cursor, uint32_t paragraph, osl_places *out,
                        osl_error *err);
    /* Prints the paragraph's score, and what it is made of, indented by
     * `depth`; nothing where it does not match. */
    osl_status (*explain)(osl_cursor *cursor, uint32_t paragraph,
                          unsigned depth, osl_buf *out, osl_error *err);
} osl_cursor_ops;

struct osl_cursor {
    const osl_cursor_ops *ops;
    bool narrows; /* more is asked than that one of several words is there */
    bool grows;   /* what it adds to sums grows with what it finds there */
    bool is_root; /* only what matches is scored */
    bool adds;    /* may score what does not match, where it is the root */
};

/* Which of `among`, of one range, match. */
OSL_MUST_CHECK osl_status osl_cursor_match(osl_cursor *cursor, uint32_t range,
                                           uint64_t among, uint64_t *out,
                                           osl_error *err);

/* What `part` says of a paragraph; *said is one more where that is anything.
 * What is made of parts has a line of its own where two or more speak: so an
 * explanation does not show which words the segment has elsewhere. */
OSL_MUST_CHECK osl_status osl_explain_part(osl_cursor *part, uint32_t paragraph,
                                           unsigned depth, osl_buf *out,
                                           size_t *said, osl_error *err);
/* All of these: borrowed arguments that live as long as the arena; NULL when
 * memory is out. */
/* `unit` UINT32_MAX: nothing of it is marked in the text. */
osl_cursor *osl_cursor_leaf(osl_source *source, const osl_scorer *scorer,
                            uint32_t unit, osl_arena *arena);
/* The contribution of one paragraph of a leaf; 0 where it does not match. */
osl_status osl_cursor_leaf_score(osl_cursor *base, uint32_t paragraph,
                                 uint32_t *score, osl_error *err);
osl_source *osl_cursor_leaf_source(osl_cursor *base);

/* A scorer of titles or headings: reads all its hits at once. */
OSL_MUST_CHECK osl_status osl_cursor_expand(osl_cursor **out,
                                            const osl_segment *segment,
                                            osl_source *source,
                                            const osl_scorer *scorer,
                                            osl_arena *arena, osl_error *err);

/* How often its word stands in the title or heading that counts for a
 * paragraph, *ordinal; 0: not at all. */
uint32_t osl_cursor_expand_tf(osl_cursor *base, uint32_t paragraph,
                              uint32_t *ordinal);

/* At most 3 parts, copied; `share` of 256: what the lesser parts add. */
osl_cursor *osl_cursor_fields(osl_cursor *const *parts, size_t count,
                              uint32_t share, osl_text label, osl_arena *arena);

/* text or title may be NULL. bag_text and bag_title have the bounds of each,
 * bag_text the weight; K comes from the summed length itself. With
 * `by_fields`, the scorers (borrowed) and `share` of the fields. */
typedef struct osl_bag {
    const osl_segment *segment;
    osl_source *text, *title;
    osl_scorer bag_text, bag_title;
    const osl_scorer *text_scorer, *title_scorer;
    /* What the text adds to the bag and by itself, in one: for bounds where the
     * title has none. Without a gauge: there is none. */
    osl_scorer joint;
    double k1, b; /* of the bag */
    uint32_t share, title_count;
    bool by_fields, titles_are_paragraphs;
} osl_bag;
OSL_MUST_CHECK osl_status osl_cursor_bag(osl_cursor **out, const osl_bag *parts,
                                         uint32_t unit, osl_arena *arena,
                                         osl_error *err);

typedef struct osl_group_child {
    osl_cursor *cursor;
    osl_occur occur;
    bool bonus;  /* scored where the group matches; no condition */
    bool shares; /* a share of what the others give, a bonus too */
} osl_group_child;
/* `range_count` of the segment; `label` for --explain. */
osl_cursor *osl_cursor_group(const osl_group_child *children, size_t count,
                             uint32_t range_count, osl_text label,
                             osl_arena *arena);

/* `document`: of a filter by document, its number in the segment; UINT32_MAX:
 * it stands in another, or in none. */
OSL_MUST_CHECK osl_status osl_cursor_filter(osl_cursor **out,
                                            const osl_segment *segment,
                                            const osl_filter *filter,
                                            uint32_t document, osl_arena *arena,
                                            osl_error *err);

/* Leaves over text that are neighbours in the query. */
typedef struct osl_neighbours {
    osl_cursor *left, *right;
    uint32_t number; /* of the left one among the query's plain words */
} osl_neighbours;
/* A leaf over text, and where it stands in the very form that was typed. */
typedef struct osl_typed_form {
    osl_cursor *leaf;
    osl_source *source;
    osl_text shown;
} osl_typed_form;
/* All of it borrowed. What it adds is bounded by a share of what the leaves
 * add, so it comes last in its group. */
osl_cursor *osl_cursor_proximity(const osl_neighbours *pairs, size_t count,
                                 const osl_typed_form *forms, size_t form_count,
                                 osl_arena *arena);

/* The greater, and share/256 of the lesser, rounded down. */
static inline uint32_t osl_best_and_share(uint32_t a, uint32_t b,
                                          uint32_t share)
{
    uint32_t lesser = a < b ? a : b;
    return osl_add_score(a < b ? b : a,
                         (uint32_t)((uint64_t)lesser * share >> 8));
}

#endif
