/* SPDX-License-Identifier: MIT
 *
 * The words, phrases and spellings of a plain query, opened in one segment as
 * leaves of flat.h. What a word may also be written as is one list, with tf
 * the members' sum: words are read from end to end, phrases are looked for by
 * the flat loops, each alone.
 *
 * Threads: one osl_plain_place, one thread. */
#ifndef OSL_QUERY_PLAIN_LEAF_H
#define OSL_QUERY_PLAIN_LEAF_H

#include "query/flat.h"
#include "query/listing.h"
#include "query/plan.h"

/* Where leaves are opened; all of it borrowed. */
typedef struct osl_plain_place {
    const osl_plan *plan;
    uint32_t segment;
    osl_flat *flat; /* knows the lengths; used while leaves are opened */
    bool lists;     /* rare words stay lists */
    bool best;      /* of a rare word only the list of its best is opened */
    bool ordinals;  /* of a list only which paragraphs it has */
    struct osl_meant_lists *meant; /* NULL at first */
    osl_error *err;
} osl_plain_place;

/* A word, a phrase of words that the loops have room for, or several that are
 * scored as one. */
bool osl_plain_is_leaf(const osl_plan_source *source);
/* A phrase with words that may be written otherwise as several phrases, where
 * these are few: no two ways of writing a word stand at one place, so that the
 * phrase stands where one of these does, as often as they do together. Another
 * source as it is. */
const osl_plan_source *osl_plain_spell_out(const osl_plan *plan,
                                           const osl_plan_source *source);
/* Several that are scored as one. */
static inline bool osl_plain_is_listed(const osl_plan_source *source)
{
    return source->kind == OSL_PLAN_ANY;
}
/* A phrase of words that the loops have room for. */
bool osl_plain_is_phrase(const osl_plan_source *source);
/* What it takes to make one list of several, in ns: of words and of phrases; 0
 * for others. And of these its most frequent word, and how many paragraphs have
 * the rest. */
typedef struct osl_plain_cost {
    double words, phrases, most, rest;
} osl_plain_cost;
osl_plain_cost osl_plain_list_cost(const osl_plan *plan,
                                   const osl_plan_source *source);

static inline unsigned osl_plain_words(const osl_plan_source *source)
{
    return source->kind == OSL_PLAN_PHRASE ? (unsigned)source->count : 1;
}
static inline const osl_plan_source *
osl_plain_word(const osl_plan_source *source, unsigned w)
{
    return source->kind == OSL_PLAN_PHRASE ? source->children[w] : source;
}

/* Several as leaves apart: one for all but phrases (a word alone, or a list), and
 * one for each phrase. */
typedef struct osl_plain_apart {
    const osl_plan_source *word; /* all but phrases is this; NULL: several */
    unsigned phrases;
    unsigned words; /* that these take of the loops' (OSL_FLAT_WORDS_ALL) */
} osl_plain_apart;
osl_plain_apart osl_plain_apart_of(const osl_plan_source *source);

/* The words of `leaf`; *present false where it cannot occur in the segment. */
OSL_MUST_CHECK osl_status osl_plain_open(osl_plain_place *place,
                                         const osl_plan_source *source,
                                         osl_flat_leaf *leaf, bool *present);
/* Several, apart: `leaves` has room for one and its phrases, the first with occur
 * and weight; *count are there. Wanted phrases are scored as one with the
 * rest. */
OSL_MUST_CHECK osl_status osl_plain_open_apart(osl_plain_place *place,
                                               const osl_plan_source *source,
                                               osl_flat_leaf *leaves,
                                               unsigned *count);
/* The same where matches are only counted: two leaves at most, the word and a
 * list. */
OSL_MUST_CHECK osl_status osl_plain_open_counted(osl_plain_place *place,
                                                 const osl_plan_source *source,
                                                 osl_flat_leaf *leaves,
                                                 unsigned *count);

/* The most frequent word of several; NULL: there is none. Paragraphs that have
 * the rest are few, mostly, and can be searched by themselves; elsewhere this
 * word is all there is. */
const osl_plan_source *osl_plain_main_word(const osl_plan_source *source);
/* What has the rest. Begin with {.arena = …}. */
OSL_MUST_CHECK osl_status osl_plain_list_rest(osl_plain_place *place,
                                              const osl_plan_source *source,
                                              osl_listing *rest);
/* Several in the paragraphs of `within` alone, of which `rest` has some, or
 * none; *present as osl_plain_open() says. */
OSL_MUST_CHECK osl_status osl_plain_open_within(osl_plain_place *place,
                                                const osl_plan_source *source,
                                                const osl_listing *rest,
                                                const osl_listing *within,
                                                osl_flat_leaf *leaf,
                                                bool *present);
/* A list as postings that stand in no file; *out stays NULL where it is
 * empty. */
OSL_MUST_CHECK osl_status osl_plain_open_listing(const osl_plain_place *place,
                                                 const osl_listing *list,
                                                 const osl_postings **out);

/* All paragraphs that have a phrase, as postings that stand in no file; *out NULL
 * where it stands nowhere. */
OSL_MUST_CHECK osl_status osl_plain_list_phrase(osl_plain_place *place,
                                                const osl_plan_source *phrase,
                                                const osl_postings **out);

#endif
