/* SPDX-License-Identifier: MIT */
#include "query/plain_leaf.h"

#include "core/base/buf.h"
#include "core/segment/gather.h"
#include "core/segment/postings.h"
#include "core/segment/region.h"

#include <stdlib.h>
#include <string.h>

/* What it takes to list a posting, to begin with a phrase, and to verify a
 * paragraph that has all of its words, of which twice as many are reckoned with
 * as chance would give. */
enum { LIST_NS = 15, PHRASE_NS = 5000, VERIFY_NS = 60 };

static osl_status no_memory(const osl_plain_place *place)
{
    return osl_fail(place->err, OSL_ENOMEM,
                    "query: memory ran out at a word's spellings");
}

static const osl_segment *segment_of(const osl_plain_place *place)
{
    return osl_index_segment(place->plan->index, place->segment);
}

/* ---- what fits --------------------------------------------------------- */

static bool is_word(const osl_plan_source *source)
{
    return source->kind == OSL_PLAN_TERM && !source->forms;
}

bool osl_plain_is_phrase(const osl_plan_source *source)
{
    if (source->kind != OSL_PLAN_PHRASE || source->count > OSL_FLAT_WORDS_MAX)
        return false;
    for (size_t i = 0; i < source->count; i++)
        if (!is_word(source->children[i]))
            return false;
    return true;
}

bool osl_plain_is_leaf(const osl_plan_source *source)
{
    return is_word(source) || osl_plain_is_phrase(source) ||
           osl_plain_is_listed(source);
}

/* ---- phrases with words that may be written otherwise ------------------ */

enum { SPELT_MAX = 8 }; /* phrases that one may be */

/* Ways of writing a part of a phrase, and one of them. */
static size_t way_count(const osl_plan_source *part)
{
    return osl_plain_is_listed(part) ? part->count : 1;
}

static const osl_plan_source *way_of(const osl_plan_source *part, size_t n)
{
    return osl_plain_is_listed(part) ? part->children[n] : part;
}

/* How many phrases it may be; 0: too many, or of others than words. */
static size_t count_spelt(const osl_plan_source *phrase)
{
    size_t all = 1;
    for (size_t i = 0; i < phrase->count; i++) {
        const osl_plan_source *part = phrase->children[i];
        size_t ways = way_count(part);
        for (size_t n = 0; n < ways; n++)
            if (!is_word(way_of(part, n)) &&
                !osl_plain_is_phrase(way_of(part, n)))
                return 0;
        if (!ways || ways > SPELT_MAX / all)
            return 0;
        all *= ways;
    }
    return all;
}

/* Phrase number n of those that `of` may be; NULL: it has too many words, or
 * memory ran out. */
static osl_plan_source *spell_one(const osl_plan *plan,
                                  const osl_plan_source *of, size_t n)
{
    osl_plan_source *phrase =
        osl_plan_source_new(plan, OSL_PLAN_PHRASE, OSL_FLAT_WORDS_MAX);
    for (size_t i = 0; i < of->count && phrase; i++) {
        const osl_plan_source *part = of->children[i];
        const osl_plan_source *way = way_of(part, n % way_count(part));
        size_t words = osl_plain_words(way);
        n /= way_count(part);
        if (phrase->count + words > OSL_FLAT_WORDS_MAX)
            return NULL;
        for (size_t w = 0; w < words; w++)
            phrase->children[phrase->count++] =
                (osl_plan_source *)osl_plain_word(way, (unsigned)w);
    }
    if (phrase)
        osl_plan_settle(phrase);
    return phrase;
}

const osl_plan_source *osl_plain_spell_out(const osl_plan *plan,
                                           const osl_plan_source *source)
{
    if (source->kind != OSL_PLAN_PHRASE || osl_plain_is_phrase(source))
        return source;
    size_t count = count_spelt(source);
    osl_plan_source *any =
        count ? osl_plan_source_new(plan, OSL_PLAN_ANY, count) : NULL;
    if (!any)
        return source;
    for (; any->count < count; any->count++) {
        osl_plan_source *one = spell_one(plan, source, any->count);
        if (!one)
            return source;
        any->children[any->count] = one;
    }
    osl_plan_settle(any);
    return count == 1 ? any->children[0] : any;
}

/* ---- what it costs ----------------------------------------------------- */

/* Paragraphs that have all words of `source` by chance. */
static double expected(const osl_plan *plan, const osl_plan_source *source)
{
    double all = (double)plan->measures->statistics[0].count, share = 1;
    for (size_t i = 0; i < source->count; i++)
        share *= (double)source->children[i]->df[OSL_FIELD_TEXT] / all;
    return share * all;
}

const osl_plan_source *osl_plain_main_word(const osl_plan_source *source)
{
    const osl_plan_source *most = NULL;
    for (size_t i = 0; osl_plain_is_listed(source) && i < source->count; i++) {
        const osl_plan_source *child = source->children[i];
        if (is_word(child) && child->infos &&
            (!most || child->df[OSL_FIELD_TEXT] > most->df[OSL_FIELD_TEXT]))
            most = child;
    }
    return most;
}

osl_plain_cost osl_plain_list_cost(const osl_plan *plan,
                                   const osl_plan_source *source)
{
    osl_plain_cost cost = {0, 0, 0, 0};
    const osl_plan_source *most = osl_plain_main_word(source);
    for (size_t i = 0; osl_plain_is_listed(source) && i < source->count; i++) {
        const osl_plan_source *child = source->children[i];
        double df = (double)child->df[OSL_FIELD_TEXT], matches = df;
        if (child->kind == OSL_PLAN_MEANT)
            child = child->children[0];
        if (child->kind == OSL_PLAN_TERM) {
            cost.words += LIST_NS * df;
        } else {
            matches = 2 * expected(plan, child);
            cost.phrases += PHRASE_NS + VERIFY_NS * matches;
        }
        if (child == most)
            cost.most = LIST_NS * df;
        else
            cost.rest += matches;
    }
    return cost;
}

osl_plain_apart osl_plain_apart_of(const osl_plan_source *source)
{
    osl_plain_apart apart = {NULL, 0, 0};
    unsigned rest = 0;
    for (size_t i = 0; osl_plain_is_listed(source) && i < source->count; i++) {
        const osl_plan_source *child = source->children[i];
        if (osl_plain_is_phrase(child)) {
            apart.phrases++;
            apart.words += 2 * (unsigned)child->count;
            continue;
        }
        apart.word = !rest++ && is_word(child) ? child : NULL;
    }
    return apart;
}

/* ---- words ------------------------------------------------------------- */

/* One without statistics, of a sense that few documents mean, is looked up
 * here. */
static osl_status find_word(const osl_plain_place *place,
                            const osl_plan_source *word, osl_term_info *out)
{
    bool found;
    if (word->infos) {
        *out = *osl_plan_info(word, place->segment, OSL_FIELD_TEXT);
        return OSL_OK;
    }
    *out = (osl_term_info){0};
    osl_status status = osl_term_find(segment_of(place), OSL_FIELD_TEXT,
                                      word->term, &found, out, place->err);
    if (status == OSL_OK && !found)
        out->df = 0;
    return status;
}

static osl_status open_postings(const osl_plain_place *place, bool lists,
                                osl_field field, const osl_term_info *info,
                                const osl_postings **out)
{
    if (place->best)
        return osl_postings_open_best(out, segment_of(place), field, info,
                                      place->plan->arena, place->err);
    return lists ? osl_postings_open_list(out, segment_of(place), field, info,
                                          place->plan->arena, place->err)
                 : osl_postings_open(out, segment_of(place), field, info,
                                     place->plan->arena, place->err);
}

/* *out NULL where it does not occur in the segment. */
static osl_status open_word(const osl_plain_place *place, bool lists,
                            const osl_plan_source *word,
                            const osl_postings **out)
{
    osl_term_info info;
    osl_status status = find_word(place, word, &info);
    *out = NULL;
    return status == OSL_OK && info.df
               ? open_postings(place, lists, OSL_FIELD_TEXT, &info, out)
               : status;
}

/* The same without tfs, as far as it is a list. */
static osl_status open_ordinals(const osl_plain_place *place, bool lists,
                                const osl_plan_source *word,
                                const osl_postings **out)
{
    osl_term_info info;
    if (!lists)
        return open_word(place, lists, word, out);
    osl_status status = find_word(place, word, &info);
    *out = NULL;
    return status == OSL_OK && info.df
               ? osl_postings_open_ordinals(out, segment_of(place),
                                            OSL_FIELD_TEXT, &info,
                                            place->plan->arena, place->err)
               : status;
}

/* ---- phrases ----------------------------------------------------------- */

static osl_status open_pair(const osl_plain_place *place, bool lists,
                            osl_text left, osl_text right,
                            const osl_postings **out)
{
    osl_term_info info;
    bool found;
    char *key =
        osl_arena_take(place->plan->arena, left.length + right.length + 1);
    if (!key)
        return no_memory(place);
    memcpy(key, left.bytes, left.length);
    key[left.length] = ' ';
    memcpy(key + left.length + 1, right.bytes, right.length);
    osl_status status =
        osl_term_find(segment_of(place), OSL_FIELD_PAIR,
                      (osl_text){key, left.length + right.length + 1}, &found,
                      &info, place->err);
    return status == OSL_OK && found
               ? open_postings(place, lists, OSL_FIELD_PAIR, &info, out)
               : status;
}

/* A phrase of two words with its pair is a word. */
static osl_status open_pairs(const osl_plain_place *place, bool lists,
                             const osl_plan_source *phrase, osl_flat_leaf *leaf)
{
    osl_status status = OSL_OK;
    if (!osl_segment_get_info(segment_of(place))
             ->fields[OSL_FIELD_PAIR]
             .term_count)
        return OSL_OK;
    for (size_t i = 0; i + 1 < phrase->count && status == OSL_OK; i++)
        status = open_pair(place, lists, phrase->children[i]->term,
                           phrase->children[i + 1]->term, &leaf->pairs[i]);
    if (phrase->count == 2 && leaf->pairs[0]) {
        leaf->words[0] = leaf->pairs[0];
        leaf->pairs[0] = NULL;
        leaf->word_count = 1;
    }
    return status;
}

/* *present false where one of its words does not occur. */
static osl_status open_phrase(const osl_plain_place *place, bool lists,
                              const osl_plan_source *phrase,
                              osl_flat_leaf *leaf, bool *present)
{
    osl_term_info infos[OSL_FLAT_WORDS_MAX];
    osl_status status = OSL_OK;
    *present = true;
    leaf->word_count = (unsigned)phrase->count;
    for (size_t i = 0; i < phrase->count && status == OSL_OK && *present; i++) {
        status = find_word(place, phrase->children[i], &infos[i]);
        *present = status == OSL_OK && infos[i].df;
    }
    if (status != OSL_OK || !*present)
        return status;
    status = open_pairs(place, lists, phrase, leaf);
    if (leaf->word_count != phrase->count)
        return status;
    for (size_t i = 0; i < phrase->count && status == OSL_OK; i++)
        status = open_postings(place, lists, OSL_FIELD_TEXT, &infos[i],
                               &leaf->words[i]);
    return status;
}

/* ---- lists ------------------------------------------------------------- */

static void put(void *user, uint32_t segment, uint32_t paragraph, uint32_t tf)
{
    osl_listing *list = user;
    (void)segment;
    if (!osl_listing_make_room(list, 1))
        return;
    list->ordinals[list->count] = paragraph;
    list->tfs[list->count++] = tf;
}

static osl_status list_postings(const osl_plain_place *place,
                                const osl_postings *postings, osl_listing *list)
{
    return osl_listing_add(list, postings) ? OSL_OK : no_memory(place);
}

static osl_status list_word(const osl_plain_place *place,
                            const osl_plan_source *word, osl_listing *list)
{
    const osl_postings *postings;
    osl_status status = open_word(place, true, word, &postings);
    return status == OSL_OK && postings ? list_postings(place, postings, list)
                                        : status;
}

static osl_status list_phrase(const osl_plain_place *place,
                              const osl_plan_source *phrase, osl_listing *list)
{
    static const uint32_t none = 0;
    bool present;
    uint64_t count = 0;
    const osl_segment *segment = segment_of(place);
    osl_flat_leaf leaf = {.occur = OSL_FLAT_SHOULD, .weight = 1};
    osl_flat_query query = {
        .leaves = &leaf,
        .leaf_count = 1,
        .factor = 1,
        .drift = {1, 1},
        .live = osl_index_live(place->plan->index, place->segment),
        .paragraph_count = osl_segment_get_info(segment)->paragraph_count,
        .tells_tf = true};
    osl_flat_sink sink = {list, put, &none, NULL};
    osl_status status = open_phrase(place, true, phrase, &leaf, &present);
    if (status != OSL_OK || !present)
        return status;
    if (leaf.word_count == 1)
        return list_postings(place, leaf.words[0], list);
    status = osl_segment_length_codes(segment, OSL_FIELD_TEXT, &query.codes,
                                      place->err);
    if (status == OSL_OK)
        status =
            osl_flat_search(place->flat, &query, &sink, &count, place->err);
    return status == OSL_OK && list->failed ? no_memory(place) : status;
}

/* Anything else, by its cursors. */
static osl_status list_other(const osl_plain_place *place,
                             const osl_plan_source *other, osl_listing *list)
{
    osl_source *source;
    const osl_postings *postings = NULL;
    osl_status status =
        osl_plan_build_source(&source, place->plan, place->segment, other,
                              OSL_FIELD_TEXT, place->err);
    if (status == OSL_OK && source)
        status =
            osl_source_list(&postings, source, segment_of(place),
                            OSL_FIELD_TEXT, place->plan->arena, place->err);
    return status == OSL_OK && postings ? list_postings(place, postings, list)
                                        : status;
}

static osl_status list_source(osl_plain_place *place,
                              const osl_plan_source *source, osl_listing *list);

/* What of `list` lies in the stretches, or what does not. */
static void keep_stretches(osl_listing *list, const osl_stretches *stretches,
                           bool inside)
{
    size_t kept = 0, at = 0;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t ordinal = list->ordinals[i];
        while (at < stretches->count && stretches->at[at].to <= ordinal)
            at++;
        bool is_in = at < stretches->count && stretches->at[at].from <= ordinal;
        list->ordinals[kept] = ordinal;
        list->tfs[kept] = list->tfs[i];
        kept += is_in == inside;
    }
    list->count = kept;
}

static osl_status list_meant(osl_plain_place *place,
                             const osl_plan_source *meant, osl_listing *list)
{
    osl_stretches stretches;
    osl_status status =
        osl_plan_stretches(place->plan, place->segment, meant, &place->meant,
                           &stretches, place->err);
    if (status != OSL_OK || (meant->own && !stretches.count))
        return status;
    status = list_source(place, meant->children[0], list);
    if (status == OSL_OK)
        keep_stretches(list, &stretches, meant->own);
    return status;
}

static osl_status list_source(osl_plain_place *place,
                              const osl_plan_source *source, osl_listing *list)
{
    if (is_word(source))
        return list_word(place, source, list);
    if (osl_plain_is_phrase(source))
        return list_phrase(place, source, list);
    return source->kind == OSL_PLAN_MEANT ? list_meant(place, source, list)
                                          : list_other(place, source, list);
}

/* Adds a member of several. */
static osl_status add_member(osl_plain_place *place,
                             const osl_plan_source *member, osl_listing *all)
{
    osl_listing one = {.arena = all->arena};
    osl_status status = list_source(place, member, &one);
    return status == OSL_OK && !osl_listing_merge(all, &one) ? no_memory(place)
                                                             : status;
}

osl_status osl_plain_open_listing(const osl_plain_place *place,
                                  const osl_listing *all,
                                  const osl_postings **out)
{
    const osl_listed list = {all->ordinals, all->tfs, (uint32_t)all->count};
    if (!all->count)
        return OSL_OK;
    return (place->lists ? osl_postings_make_list : osl_postings_make)(
        out, segment_of(place), OSL_FIELD_TEXT, &list, all->arena, place->err);
}

static osl_status open_listed(osl_plain_place *place,
                              const osl_plan_source *any, osl_flat_leaf *leaf)
{
    osl_listing all = {.arena = place->plan->arena};
    osl_status status = OSL_OK;
    for (size_t i = 0; i < any->count && status == OSL_OK; i++)
        status = add_member(place, any->children[i], &all);
    return status == OSL_OK
               ? osl_plain_open_listing(place, &all, &leaf->words[0])
               : status;
}

osl_status osl_plain_open(osl_plain_place *place, const osl_plan_source *source,
                          osl_flat_leaf *leaf, bool *present)
{
    osl_status status;
    if (source->kind == OSL_PLAN_PHRASE)
        return open_phrase(place, place->lists, source, leaf, present);
    leaf->word_count = 1;
    if (osl_plain_is_listed(source))
        status = open_listed(place, source, leaf);
    else
        status = (place->ordinals ? open_ordinals : open_word)(
            place, place->lists, source, &leaf->words[0]);
    *present = status == OSL_OK && leaf->words[0] != NULL;
    return status;
}

/* ---- phrases apart ----------------------------------------------------- */

/* The phrases, from leaves[1] on; one that is a pair is added to `all`. */
static osl_status open_phrases(osl_plain_place *place,
                               const osl_plan_source *any,
                               osl_flat_leaf *leaves, unsigned *count,
                               osl_listing *all)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < any->count && status == OSL_OK; i++) {
        osl_flat_leaf *leaf = &leaves[1 + *count];
        bool present = false;
        if (!osl_plain_is_phrase(any->children[i]))
            continue;
        *leaf = (osl_flat_leaf){.occur = leaves[0].occur,
                                .weight = leaves[0].weight};
        if (leaf->occur == OSL_FLAT_SHOULD)
            leaf->joins = &leaves[0];
        status = open_phrase(place, false, any->children[i], leaf, &present);
        if (status == OSL_OK && present && leaf->word_count == 1)
            status = add_member(place, any->children[i], all);
        else
            *count += present;
    }
    return status;
}

/* All else; a word alone stays what it is, with its list of the best. */
static osl_status open_rest(osl_plain_place *place, const osl_plan_source *any,
                            osl_listing *all, osl_flat_leaf *leaf)
{
    osl_plain_apart apart = osl_plain_apart_of(any);
    osl_status status = OSL_OK;
    leaf->word_count = 1;
    if (apart.word && !all->count)
        return open_word(place, place->lists, apart.word, &leaf->words[0]);
    for (size_t i = 0; i < any->count && status == OSL_OK; i++)
        if (!osl_plain_is_phrase(any->children[i]))
            status = add_member(place, any->children[i], all);
    return status == OSL_OK
               ? osl_plain_open_listing(place, all, &leaf->words[0])
               : status;
}

osl_status osl_plain_open_apart(osl_plain_place *place,
                                const osl_plan_source *source,
                                osl_flat_leaf *leaves, unsigned *count)
{
    osl_listing all = {.arena = place->plan->arena};
    unsigned phrases = 0;
    osl_status status = open_phrases(place, source, leaves, &phrases, &all);
    if (status == OSL_OK)
        status = open_rest(place, source, &all, &leaves[0]);
    *count = 1 + phrases;
    if (status != OSL_OK || leaves[0].words[0])
        return status;
    *count = phrases; /* the first of them heads the others */
    for (unsigned i = 0; i < phrases; i++) {
        leaves[i] = leaves[i + 1];
        if (i == 0)
            leaves[i].joins = NULL;
    }
    return OSL_OK;
}

osl_status osl_plain_open_counted(osl_plain_place *place,
                                  const osl_plan_source *source,
                                  osl_flat_leaf *leaves, unsigned *count)
{
    const osl_plan_source *word = osl_plain_apart_of(source).word;
    osl_listing all = {.arena = place->plan->arena};
    osl_flat_leaf *next = leaves;
    osl_status status = OSL_OK;
    leaves[0].word_count = 1;
    leaves[1] = leaves[0];
    if (word)
        status = open_word(place, place->lists, word, &next->words[0]);
    next += next->words[0] != NULL;
    for (size_t i = 0; i < source->count && status == OSL_OK; i++)
        if (source->children[i] != word)
            status = add_member(place, source->children[i], &all);
    if (status == OSL_OK)
        status = osl_plain_open_listing(place, &all, &next->words[0]);
    next += status == OSL_OK && all.count;
    *count = (unsigned)(next - leaves);
    return status;
}

/* ---- paragraphs that have the rest ------------------------------------- */

osl_status osl_plain_list_rest(osl_plain_place *place,
                               const osl_plan_source *source, osl_listing *rest)
{
    const osl_plan_source *most = osl_plain_main_word(source);
    osl_status status = OSL_OK;
    for (size_t i = 0; i < source->count && status == OSL_OK; i++)
        if (source->children[i] != most)
            status = add_member(place, source->children[i], rest);
    return status;
}

/* How often a word stands in a paragraph. */
static uint32_t tf_in(const osl_postings *word, uint32_t paragraph)
{
    uint32_t range = paragraph / OSL_RANGE_SIZE, tfs[OSL_RANGE_SIZE];
    if (!word->headers) {
        uint32_t at = osl_postings_place(word, paragraph);
        return at < word->df ? word->starts[at + 1] - word->starts[at] : 0;
    }
    uint64_t bit = (uint64_t)1 << paragraph % OSL_RANGE_SIZE;
    if (!(osl_postings_word(word, range) & bit))
        return 0;
    osl_postings_tfs(word, range, bit, tfs);
    return tfs[0];
}

/* What of a word lies in the paragraphs of `within`. */
static osl_status list_word_within(const osl_plain_place *place,
                                   const osl_plan_source *word,
                                   const osl_listing *within, osl_listing *list)
{
    const osl_postings *postings;
    osl_status status = open_word(place, true, word, &postings);
    if (status != OSL_OK || !postings)
        return status;
    if (!osl_listing_make_room(list, within->count))
        return no_memory(place);
    for (size_t i = 0; i < within->count; i++) {
        uint32_t tf = tf_in(postings, within->ordinals[i]);
        list->ordinals[list->count] = within->ordinals[i];
        list->tfs[list->count] = tf;
        list->count += tf > 0;
    }
    return OSL_OK;
}

osl_status osl_plain_open_within(osl_plain_place *place,
                                 const osl_plan_source *source,
                                 const osl_listing *rest,
                                 const osl_listing *within, osl_flat_leaf *leaf,
                                 bool *present)
{
    osl_listing all = {.arena = place->plan->arena};
    osl_status status =
        list_word_within(place, osl_plain_main_word(source), within, &all);
    if (status == OSL_OK && !osl_listing_merge(&all, rest))
        status = no_memory(place);
    leaf->word_count = 1;
    if (status == OSL_OK)
        status = osl_plain_open_listing(place, &all, &leaf->words[0]);
    *present = leaf->words[0] != NULL;
    return status;
}

osl_status osl_plain_list_phrase(osl_plain_place *place,
                                 const osl_plan_source *phrase,
                                 const osl_postings **out)
{
    osl_listing all = {.arena = place->plan->arena};
    osl_status status = list_phrase(place, phrase, &all);
    *out = NULL;
    return status == OSL_OK ? osl_plain_open_listing(place, &all, out) : status;
}
