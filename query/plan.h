/* SPDX-License-Identifier: MIT
 *
 * The plan: a tree bound to an index. Words have become terms, with their
 * other spellings, the terms a wildcard stands for, and statistics over the
 * whole index; nothing here is about one segment.
 *
 *     tree ──plan──▶ nodes of units ──build (per segment)──▶ cursors
 *
 * A unit is what is scored as one: a typed word with its spellings, a phrase,
 * words near each other. */
#ifndef OSL_QUERY_PLAN_H
#define OSL_QUERY_PLAN_H

#include "core/segment/index.h"
#include "core/text/text.h"
#include "query/cursor.h"
#include "query/language.h"
#include "query/query.h"

/* Distinct words and phrases of one query; the rest is left out, and said. */
#define OSL_QUERY_UNITS_MAX 1024
/* Words of all its phrases, those of abbreviations' meanings too. */
#define OSL_QUERY_PHRASE_WORDS_MAX 4096u
/* Terms that a wildcard or a loosely matched word stands for. */
#define OSL_QUERY_EXPANSION_MAX 256
/* All of a query's, but for the most frequent OSL_QUERY_EXPANSION_LEAST of
 * each. */
#define OSL_QUERY_EXPANSIONS_MAX  1024
#define OSL_QUERY_EXPANSION_LEAST 16
/* Paragraphs that the words of all a query's wildcards have, each word by
 * itself; further wildcards stand for one word. Twice as many as the index has,
 * if that is more. The first wildcard is not bounded so. */
#define OSL_QUERY_EXPANDED_DF_MAX (UINT64_C(1) << 20)
/* Terms that a query's wildcards and loosely matched words are held against. As
 * many as the dictionaries have, OSL_QUERY_WALKS times, if that is more. */
#define OSL_QUERY_WALKED_MAX (UINT64_C(1) << 21)
#define OSL_QUERY_WALKS      4
/* Plain wanted words that are looked for; those that say least are left out. */
#define OSL_QUERY_WANTED_MAX 128
/* text, title, heading: OSL_FIELD_PAIR is not scored. Behind them, where
 * statistics and weights of a word stand, title and text as one bag. */
#define OSL_SCORED_FIELDS  3
#define OSL_SCORED_BAG     3
#define OSL_SCORED_PARTS   4
#define OSL_PLAN_NOTES_MAX 12

/* The fields that are scored, by number of the part. */
extern const osl_field osl_scored_fields[OSL_SCORED_FIELDS];

/* Weights of the fields, and k1 and b where the caller names none. */
typedef struct osl_ranking_settings {
    double k1, b;
    double field_weights[OSL_SCORED_FIELDS];
    uint32_t share; /* of 256: what a word's lesser fields add to its best */
    bool fields;    /* scored by fields; else by the bag alone */
    /* Title and text as one bag: how much of a word's weight goes to it (1:
     * all), with k1 and b of its own, and how often a word of the title
     * counts. */
    double bag_part, bag_k1, bag_b;
    uint32_t title_count;
    bool plain;     /* words are read as plain BM25 does: tokens, no capitals */
    bool apart;     /* words of several tokens are looked for by each, too */
    bool burst;     /* words that come often where they come weigh more */
    double repeats; /* the n-th time a word is typed adds less; 0: no less */
    bool function_words; /* they are left out beside words that say something */
    bool letters;        /* letters alone count half */
    bool closeness, typed_form;
    bool expand;
    bool nearest; /* spellings of words that occur nowhere */
    double
        feedback;  /* weight of added terms, the typed words' being 1; 0 none */
    bool alike;    /* hits that lack words gain by those like them */
    bool matching; /* paragraphs with added terms alone are found */
    uint64_t few;  /* so they are where what was typed occurs no oftener */
} osl_ranking_settings;
/* Greatest k1: beyond, scores say nothing but how long a text is. */
#define OSL_K1_MAX 1e9
/* OSL_EINVAL where k1 or b is none. */
OSL_MUST_CHECK osl_status osl_ranking_check(const osl_search_options *options,
                                            osl_error *err);
/* `records`: every live document of the index is one paragraph. */
osl_ranking_settings osl_ranking_of(const osl_search_options *options,
                                    bool records);

/* Of the live paragraphs of the whole index. */
typedef struct osl_statistics {
    uint64_t count, total_length;
    double average;
    float k[256];
} osl_statistics;

/* osl_segment_bound_factor() by field, and of text and title by the bag's K. */
typedef struct osl_segment_factors {
    float fields[OSL_SCORED_FIELDS], bag[2];
    osl_drift drift; /* osl_segment_drift() of text by the bag's K … */
    osl_bounds_today bounds; /* … and osl_segment_bounds_today() */
} osl_segment_factors;

/* What settings make of an index's lengths: the same for every query. */
typedef struct osl_measures {
    osl_ranking_settings settings;
    osl_statistics statistics[OSL_SCORED_PARTS];
    osl_segment_factors *factors; /* by segment; owns; NULL: not known yet */
} osl_measures;

typedef enum osl_plan_source_kind {
    OSL_PLAN_TERM,
    OSL_PLAN_ANY,
    OSL_PLAN_PHRASE,
    OSL_PLAN_OPERATOR,
    OSL_PLAN_WINDOW,
    OSL_PLAN_MEANT /* its child, where a document means it so */
} osl_plan_source_kind;

typedef struct osl_plan_source {
    osl_plan_source_kind kind;
    osl_text term;
    /* Of the term, by segment and field; df 0: it is not there. NULL: it was
     * not looked up. */
    const osl_term_info *infos;
    const osl_text *forms; /* only these; NULL: all */
    size_t form_count;
    struct osl_plan_source **children;
    size_t count;
    const struct osl_operator *op; /* OPERATOR */
    uint32_t distance;             /* OPERATOR: its number; WINDOW: width */
    const uint32_t *classes;       /* WINDOW */
    /* MEANT: a chosen sense of a short form. It counts where documents define
     * the short form so, and, unless it is their `own` alone, where they do not
     * define it. */
    const struct osl_meanings *meanings;
    uint32_t sense;
    bool own;
    uint64_t df[OSL_SCORED_PARTS];
    double idf[OSL_SCORED_PARTS]; /* only where df is not 0 */
    double burst; /* occurrences in a paragraph that has it; 0: not known */
    /* Of all but a term, by segment and field: the list that was made of it, or
     * what remembers where it is, for who builds it again; NULL: none. */
    osl_source **made;
} osl_plan_source;

typedef struct osl_unit_plan {
    const osl_plan_source *source;
    const osl_plan_source *typed; /* in the form typed; NULL: none preferred */
    unsigned fields;
    double weight;
    osl_text shown;
    osl_node *node; /* of the tree */
    uint32_t id;
    uint32_t again;     /* how often it was typed again */
    bool plain;         /* a word typed without syntax: closeness counts */
    bool function_word; /* left out beside words that say something */
    bool exact;         /* forms: text only */
    float weights[OSL_SCORED_PARTS]; /* W */
} osl_unit_plan;

typedef enum osl_plan_kind {
    OSL_PLAN_GROUP,
    OSL_PLAN_UNIT,
    OSL_PLAN_FILTER,
    OSL_PLAN_NOTHING /* words that have no term: matches nothing */
} osl_plan_kind;

typedef struct osl_plan_node {
    osl_plan_kind kind;
    osl_occur occur;
    osl_text label;
    osl_unit_plan *unit;
    osl_filter filter;
    /* Of a filter by document: the living one; UINT32_MAX: none. */
    uint32_t segment, document;
    uint64_t cost; /* paragraphs it may match */
    struct osl_plan_node *children, *next;
    bool bonus; /* scored where the group matches; no condition */
    bool close; /* plain units earn by closeness or their typed form */
} osl_plan_node;

typedef struct osl_missing_word {
    osl_text word, nearest;
} osl_missing_word;

/* Other spellings of a word that are tried. */
enum { OSL_PLAN_SPELLINGS_MAX = 8 };

/* What was read last: asked for again, it is not read again. */
typedef struct osl_last_read {
    osl_text word; /* as it was typed; bytes NULL: none yet */
    osl_unit unit;
    osl_text folded; /* bytes NULL: none yet */
    osl_text spellings[OSL_PLAN_SPELLINGS_MAX];
    size_t spelling_count;
} osl_last_read;

typedef struct osl_plan {
    const osl_index *index;
    const osl_analyzer *analyzer;
    osl_resolver *resolver;
    osl_ranking_settings settings;
    const osl_measures *measures;
    struct osl_read_texts *texts; /* of hits (feedback.h) */
    osl_arena *arena;
    bool explained;      /* groups are shown as they were typed */
    osl_plan_node *root; /* NULL: nothing to search for */
    size_t unit_count;
    size_t phrase_words;  /* of all phrases */
    size_t expanded;      /* terms that wildcards and loose words stand for */
    uint64_t expanded_df; /* of these, summed */
    uint64_t walked;      /* terms that these were held against */
    double scale; /* of all weights; below 1 where they were too great */
    osl_text read_as;
    const char *notes[OSL_PLAN_NOTES_MAX];
    size_t note_count;
    osl_missing_word missing[OSL_PLAN_NOTES_MAX];
    size_t missing_count;
    osl_last_read last;
    osl_unit_plan *units[OSL_QUERY_UNITS_MAX]; /* the first unit_count */
} osl_plan;

/* *plan: caller's storage, with index, analyzer, resolver, settings, measures,
 * texts, arena and explained set, the rest zero. Changes `tree` (what was added
 * to words). */
OSL_MUST_CHECK osl_status osl_plan_make(osl_plan *plan, osl_tree *tree,
                                        osl_error *err);
/* Adds a wanted term to the root, a group, or makes one; one that is not
 * `matching` only adds to scores. osl_plan_weigh() is due behind it. */
OSL_MUST_CHECK osl_status osl_plan_add_term(osl_plan *plan, osl_text term,
                                            double weight, bool matching,
                                            osl_error *err);
/* Sets the weights of all units by what they stand at. */
void osl_plan_weigh(osl_plan *plan);
/* What the part, a field or OSL_SCORED_BAG, gives of a unit's weight. */
double osl_plan_part_weight(const osl_plan *plan, unsigned part);
void osl_plan_note(osl_plan *plan, const char *words);
/* The plan in lines, each ending in a line feed. */
void osl_plan_print(const osl_plan *plan, osl_buf *out);

/* ---- sources (plan_sources.c) ------------------------------------------ */

/* A source, all else zero, with room for so many children, in the plan's arena;
 * NULL: memory. */
osl_plan_source *osl_plan_source_new(const osl_plan *plan,
                                     osl_plan_source_kind kind,
                                     size_t children);
/* Room for `made`; false: memory. */
bool osl_plan_keeps_made(osl_plan *plan, osl_plan_source *source);
/* `source`, as far as documents mean it by the sense that is chosen next. NULL:
 * memory. */
osl_plan_source *osl_plan_meant(osl_plan *plan, osl_plan_source *source,
                                const struct osl_meanings *meanings, bool own);
/* Whether a field of a living paragraph has it; false where it is NULL. */
bool osl_plan_occurs(const osl_plan_source *source);
/* The same terms put together in the same way. */
bool osl_plan_same_words(const osl_plan_source *a, const osl_plan_source *b);
/* Statistics of `source` from its children. */
void osl_plan_settle(osl_plan_source *source);
/* OSL_ENOMEM, with words for whoever makes a plan. */
static inline osl_status osl_plan_no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out while planning");
}

/* ---- words to sources (plan_words.c, plan_units.c) --------------------- */

/* What a WORD, PATTERN, FUZZY, PHRASE or NEAR node looks for; *out NULL where
 * it has no term at all. */
OSL_MUST_CHECK osl_status osl_plan_words(osl_plan *plan, osl_node *node,
                                         const osl_node *before,
                                         osl_plan_source **out, osl_error *err);
/* What a word is typed for (osl_unit_of_word()). */
OSL_MUST_CHECK osl_status osl_plan_unit_of(osl_plan *plan, osl_text word,
                                           osl_unit *out, osl_error *err);
/* A source of one term, with its statistics (plan_terms.c). */
OSL_MUST_CHECK osl_status osl_plan_term(osl_plan *plan, osl_text term,
                                        osl_plan_source **out, osl_error *err);
/* The form that a plain word or exact phrase was typed in, of the terms of
 * `source`, which is what it looks for; *out NULL where none is preferred. */
OSL_MUST_CHECK osl_status osl_plan_typed(osl_plan *plan, const osl_node *node,
                                         const osl_plan_source *source,
                                         const osl_plan_source **out,
                                         osl_error *err);
/* Abbreviations of long forms typed as plain words (plan_short.c). */
OSL_MUST_CHECK osl_status osl_plan_short_forms(osl_plan *plan,
                                               osl_plan_node *group,
                                               osl_error *err);

/* ---- expansion over the dictionary (expand.c) -------------------------- */

/* All terms that `pattern` (lower case, with * and ?) stands for. */
OSL_MUST_CHECK osl_status osl_expand_pattern(osl_plan *plan, osl_text pattern,
                                             osl_plan_source **out,
                                             osl_error *err);
OSL_MUST_CHECK osl_status osl_expand_fuzzy(osl_plan *plan, osl_text folded,
                                           unsigned distance,
                                           osl_plan_source **out,
                                           osl_error *err);
/* The word of the index that is spelt most like `folded`; empty: none. */
OSL_MUST_CHECK osl_status osl_nearest_spelling(const osl_index *index,
                                               osl_text folded,
                                               osl_arena *arena, osl_text *out,
                                               osl_error *err);
/* Letters changed, added, lost, or swapped with a neighbour; `most` + 1 where
 * more than `most`. By bytes: both are folded. */
unsigned osl_edit_distance(osl_text a, osl_text b, unsigned most);

/* ---- cursors of one segment (build.c) ---------------------------------- */

/* *out NULL where nothing of the segment can match. */
OSL_MUST_CHECK osl_status osl_plan_build(osl_cursor **out, const osl_plan *plan,
                                         uint32_t segment,
                                         bool titles_are_paragraphs,
                                         osl_arena *arena, osl_error *err);
/* Where `of` occurs in a field of segment number `segment`, in the plan's
 * arena; *out NULL where nowhere. */
OSL_MUST_CHECK osl_status osl_plan_build_source(
    osl_source **out, const osl_plan *plan, uint32_t segment,
    const osl_plan_source *of, osl_field field, osl_error *err);
/* Of a MEANT: the ordinals of the text, in the plan's arena, where documents of
 * segment number `segment` mean it so, if it is their own; else where they mean
 * something else. *known keeps what was read, NULL at first. */
struct osl_meant_lists;
typedef struct osl_stretches {
    osl_stretch *at;
    size_t count;
} osl_stretches;
OSL_MUST_CHECK osl_status osl_plan_stretches(
    const osl_plan *plan, uint32_t segment, const osl_plan_source *meant,
    struct osl_meant_lists **known, osl_stretches *out, osl_error *err);
/* What is known of a term in a field of segment number `segment`. */
static inline const osl_term_info *
osl_plan_info(const osl_plan_source *term, uint32_t segment, unsigned field)
{
    return &term->infos[(size_t)segment * OSL_SCORED_FIELDS + field];
}

#endif
