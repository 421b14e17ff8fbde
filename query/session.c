/* SPDX-License-Identifier: MIT
 *
 * Searching again and again with one thread's memory: terms are looked up,
 * weighed and opened anew for each search, as for any other, but nothing is
 * allocated once the session is warm. */
#include "core/segment/postings.h"
#include "core/segment/region.h"
#include "query/answer.h"
#include "query/flat.h"
#include "query/merged.h"
#include "query/top.h"

#include <stdlib.h>
#include <string.h>

/* A word or phrase of a prepared query. */
typedef struct clause {
    osl_flat_occur occur;
    unsigned word_count;
    double weight;
    const osl_text *words;
    const osl_text *pairs; /* "a b"; [i]: words i and i + 1 */
} clause;

/* All of it in a few lines of memory: among many others, a query is read from
 * far away each time. */
struct osl_prepared {
    clause *clauses;
    unsigned clause_count;
    osl_ranking_settings settings;
    osl_arena arena;
};

/* What a session knows of a segment for the K of its last search. */
typedef struct segment_state {
    const uint8_t *codes;
    osl_numbers ranks;
    float factor;
    float least;
    bool has_pairs;
} segment_state;

struct osl_session {
    const osl_searcher *searcher; /* borrowed */
    osl_flat *flat;
    osl_arena arena;   /* of one search */
    osl_merged merged; /* over all segments, where there are several */
    osl_top top;       /* of the one at hand */
    const osl_numbers *ranks;
    segment_state *segments;
    double k1, b;
    float k[256];
    uint64_t count;
    osl_ranked *hits;
    size_t hit_count, capacity;
    osl_buf id;
};

/* ---- preparing ----------------------------------------------------------- */

static osl_status too_much(osl_error *err)
{
    return osl_fail(err, OSL_ELIMIT,
                    "a prepared query has at most %d words and phrases of at "
                    "most %d words",
                    OSL_FLAT_LEAVES_MAX, OSL_FLAT_WORDS_MAX);
}

/* The words of `text`, which stand apart by spaces, into `words`. */
static osl_status split_words(osl_text text, osl_text *words, unsigned *count,
                              osl_error *err)
{
    const char *at = text.bytes, *end = at + text.length;
    *count = 0;
    while (at < end) {
        const char *stop = memchr(at, ' ', (size_t)(end - at));
        stop = stop ? stop : end;
        if (stop > at && *count == OSL_FLAT_WORDS_MAX)
            return too_much(err);
        if (stop > at)
            words[(*count)++] = (osl_text){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return OSL_OK;
}

static bool join_pair(osl_arena *arena, osl_text a, osl_text b, osl_text *out)
{
    char *pair = osl_arena_take(arena, a.length + b.length + 1);
    if (!pair)
        return false;
    memcpy(pair, a.bytes, a.length);
    pair[a.length] = ' ';
    memcpy(pair + a.length + 1, b.bytes, b.length);
    *out = (osl_text){pair, a.length + b.length + 1};
    return true;
}

static osl_status add_words(osl_prepared *prepared, clause *to, osl_text text,
                            osl_error *err)
{
    osl_text words[OSL_FLAT_WORDS_MAX];
    osl_arena *arena = &prepared->arena;
    osl_status status = split_words(text, words, &to->word_count, err);
    if (status != OSL_OK)
        return status;
    unsigned count = to->word_count;
    osl_text *kept = osl_arena_zero(arena, count, sizeof *kept);
    bool good = kept;
    for (unsigned i = 0; i < count && good; i++)
        good = osl_arena_text(arena, words[i], &kept[i]);
    osl_text *pairs = osl_arena_zero(arena, count, sizeof *pairs);
    good = good && pairs;
    for (unsigned i = 0; i + 1 < count && good; i++)
        good = join_pair(arena, words[i], words[i + 1], &pairs[i]);
    to->words = kept;
    to->pairs = pairs;
    return good ? OSL_OK
                : osl_fail(err, OSL_ENOMEM, "out of memory for a query");
}

static osl_status add_clause(osl_prepared *prepared, const osl_node *node,
                             osl_error *err)
{
    static const osl_flat_occur occurs[] = {[OSL_OCCUR_SHOULD] =
                                                OSL_FLAT_SHOULD,
                                            [OSL_OCCUR_MUST] = OSL_FLAT_MUST,
                                            [OSL_OCCUR_NOT] = OSL_FLAT_NOT};
    bool plain = (node->kind == OSL_NODE_WORD ||
                  (node->kind == OSL_NODE_PHRASE && node->distance < 0)) &&
                 node->occur != OSL_OCCUR_FILTER && !node->exact;
    if (!plain)
        return osl_fail(err, OSL_EINVAL,
                        "a prepared query has only words and phrases, with + "
                        "or - before them");
    clause *to = &prepared->clauses[prepared->clause_count++];
    *to = (clause){.occur = occurs[node->occur], .weight = node->weight};
    return add_words(prepared, to, node->text, err);
}

static osl_status add_clauses(osl_prepared *prepared, const osl_tree *tree,
                              osl_error *err)
{
    osl_status status = OSL_OK;
    size_t count = 0;
    for (const osl_node *node = tree->root->children; node; node = node->next)
        count++;
    if (count > OSL_FLAT_LEAVES_MAX)
        return too_much(err);
    prepared->clauses =
        osl_arena_zero(&prepared->arena, count, sizeof *prepared->clauses);
    if (!prepared->clauses)
        return osl_fail(err, OSL_ENOMEM, "out of memory for a query");
    for (const osl_node *node = tree->root->children; node && status == OSL_OK;
         node = node->next)
        status = add_clause(prepared, node, err);
    return status;
}

osl_status osl_prepare(osl_prepared **out, const osl_searcher *searcher,
                       osl_text query, const osl_search_options *options,
                       bool analysed, osl_error *err)
{
    (void)searcher;
    osl_tree tree;
    if (!analysed || options->ranking != OSL_RANKING_BM25)
        return osl_fail(err, OSL_EINVAL,
                        "only analysed queries of plain ranking are prepared");
    osl_prepared *prepared = calloc(1, sizeof *prepared);
    if (!prepared)
        return osl_fail(err, OSL_ENOMEM, "out of memory for a query");
    osl_arena parsing = {0};
    prepared->settings = osl_ranking_of(options, false);
    osl_status status =
        osl_language_parse(&tree, query, options->strict, &parsing, err);
    if (status == OSL_OK)
        status = add_clauses(prepared, &tree, err);
    osl_arena_clear(&parsing);
    if (status != OSL_OK) {
        osl_prepared_free(prepared);
        return status;
    }
    *out = prepared;
    return OSL_OK;
}

void osl_prepared_free(osl_prepared *prepared)
{
    if (!prepared)
        return;
    osl_arena_clear(&prepared->arena);
    free(prepared);
}

/* ---- sessions ------------------------------------------------------------ */

static uint32_t segment_count(const osl_session *session)
{
    return osl_index_get_info(session->searcher->index)->segment_count;
}

osl_status osl_session_open(osl_session **out, const osl_searcher *searcher,
                            osl_error *err)
{
    osl_cpu_level level;
    osl_status status = osl_cpu_level_get(&level, err);
    if (status != OSL_OK)
        return status;
    osl_session *session = calloc(1, sizeof *session);
    if (!session)
        return osl_fail(err, OSL_ENOMEM, "out of memory for a session");
    session->searcher = searcher;
    session->k1 = -1;
    session->merged.index = searcher->index;
    session->flat = osl_flat_new(osl_kernels_get(level));
    session->segments =
        calloc(segment_count(session) + (size_t)1, sizeof *session->segments);
    if (!session->flat || !session->segments) {
        osl_session_free(session);
        return osl_fail(err, OSL_ENOMEM, "out of memory for a session");
    }
    *out = session;
    return OSL_OK;
}

void osl_session_free(osl_session *session)
{
    if (!session)
        return;
    osl_flat_free(session->flat);
    osl_arena_clear(&session->arena);
    osl_merged_clear(&session->merged);
    osl_top_clear(&session->top);
    osl_buf_clear(&session->id);
    free(session->segments);
    free(session->hits);
    free(session);
}

/* K, and what follows from it for each segment, where k1 or b are new. */
static osl_status set_lengths(osl_session *session,
                              const osl_ranking_settings *settings,
                              osl_error *err)
{
    uint64_t total;
    if (session->k1 == settings->k1 && session->b == settings->b)
        return OSL_OK;
    osl_index_field_totals(session->searcher->index, OSL_FIELD_TEXT,
                           &session->count, &total);
    osl_score_lengths(session->k, settings->k1, settings->b, total,
                      session->count);
    osl_flat_set_lengths(session->flat, session->k);
    for (uint32_t i = 0; i < segment_count(session); i++) {
        const osl_segment *segment =
            osl_index_segment(session->searcher->index, i);
        segment_state *state = &session->segments[i];
        osl_status status = osl_segment_length_codes(segment, OSL_FIELD_TEXT,
                                                     &state->codes, err);
        if (status == OSL_OK)
            status = osl_segment_ranks(segment, &state->ranks, err);
        if (status != OSL_OK)
            return status;
        state->factor =
            osl_segment_bound_factor(segment, OSL_FIELD_TEXT, session->k);
        state->least =
            osl_segment_bound_least(segment, OSL_FIELD_TEXT, session->k);
        state->has_pairs =
            osl_segment_get_info(segment)->fields[OSL_FIELD_PAIR].term_count >
            0;
    }
    session->k1 = settings->k1;
    session->b = settings->b;
    return OSL_OK;
}

/* ---- one search ----------------------------------------------------------- */

/* A clause's words in each segment. */
typedef struct lookup {
    const clause *of;
    osl_term_info *infos; /* by segment and word; df 0: not there */
    float weight;         /* W */
} lookup;

static bool has_phrase(const osl_prepared *prepared)
{
    for (unsigned i = 0; i < prepared->clause_count; i++)
        if (prepared->clauses[i].word_count > 1)
            return true;
    return false;
}

static osl_status look_up(osl_session *session, const osl_prepared *prepared,
                          const clause *from, lookup *to, osl_error *err)
{
    uint32_t segments = segment_count(session);
    to->of = from;
    to->infos =
        osl_arena_zero(&session->arena, (size_t)segments * from->word_count + 1,
                       sizeof *to->infos);
    if (!to->infos)
        return osl_fail(err, OSL_ENOMEM, "out of memory for a query");
    double idf = 0;
    for (unsigned w = 0; w < from->word_count; w++) {
        uint64_t df = 0;
        for (uint32_t s = 0; s < segments; s++) {
            bool found;
            osl_term_info *info = &to->infos[s * from->word_count + w];
            osl_status status = osl_term_find(
                osl_index_segment(session->searcher->index, s), OSL_FIELD_TEXT,
                from->words[w], &found, info, err);
            if (status != OSL_OK)
                return status;
            osl_term_info live = *info;
            if (found)
                status = osl_index_live_term(session->searcher->index, s,
                                             OSL_FIELD_TEXT, &live, err);
            if (status != OSL_OK)
                return status;
            df += found ? live.df : 0;
            info->df = found && live.df ? info->df : 0;
        }
        if (session->merged.k && from->occur != OSL_FLAT_NOT && df)
            idf += osl_score_idf(session->count, df);
    }
    to->weight = osl_score_weight(from->weight, idf, prepared->settings.k1);
    return OSL_OK;
}

/* A clause to be opened; `lists`: rare words as lists, not sliced. */
typedef struct opening {
    const lookup *lookup;
    uint32_t segment;
    bool lists;
} opening;

static osl_status open_word(osl_session *session, const opening *how,
                            osl_field field, const osl_term_info *info,
                            const osl_postings **out, osl_error *err)
{
    const osl_segment *segment =
        osl_index_segment(session->searcher->index, how->segment);
    return how->lists ? osl_postings_open_list(out, segment, field, info,
                                               &session->arena, err)
                      : osl_postings_open(out, segment, field, info,
                                          &session->arena, err);
}

static osl_status open_pairs(osl_session *session, const opening *how,
                             osl_flat_leaf *leaf, osl_error *err)
{
    const clause *from = how->lookup->of;
    const osl_segment *segment =
        osl_index_segment(session->searcher->index, how->segment);
    for (unsigned i = 0; i + 1 < from->word_count; i++) {
        bool found;
        osl_term_info info;
        osl_status status = osl_term_find(segment, OSL_FIELD_PAIR,
                                          from->pairs[i], &found, &info, err);
        if (status == OSL_OK && found)
            status = open_word(session, how, OSL_FIELD_PAIR, &info,
                               &leaf->pairs[i], err);
        if (status != OSL_OK)
            return status;
    }
    /* A phrase of two words with its pair is a word. */
    if (from->word_count == 2 && leaf->pairs[0]) {
        leaf->words[0] = leaf->pairs[0];
        leaf->pairs[0] = NULL;
        leaf->word_count = 1;
    }
    return OSL_OK;
}

/* Whether rare words are read from end to end in the segment: alone, where
 * matches are only counted, and where one of them is required, which leads. */
static bool wants_lists(const osl_session *session,
                        const osl_prepared *prepared, const lookup *lookups,
                        uint32_t number)
{
    const osl_segment *segment =
        osl_index_segment(session->searcher->index, number);
    uint32_t paragraphs = osl_segment_get_info(segment)->paragraph_count;
    bool wants = prepared->clause_count == 1 ||
                 (!session->merged.k && !has_phrase(prepared));
    for (unsigned i = 0; i < prepared->clause_count && !wants; i++) {
        const clause *at = &prepared->clauses[i];
        const osl_term_info *infos =
            lookups[i].infos + (size_t)number * at->word_count;
        for (unsigned w = 0; w < at->word_count; w++)
            wants |= at->occur == OSL_FLAT_MUST &&
                     !osl_region_is_frequent(infos[w].df, paragraphs, true);
    }
    return wants;
}

/* *present false where a word of it does not occur in the segment. */
static osl_status open_leaf(osl_session *session, const opening *how,
                            osl_flat_leaf *leaf, bool *present, osl_error *err)
{
    const clause *from = how->lookup->of;
    const osl_term_info *infos =
        how->lookup->infos + (size_t)how->segment * from->word_count;
    *leaf = (osl_flat_leaf){.occur = from->occur,
                            .word_count = from->word_count,
                            .weight = how->lookup->weight};
    *present = from->word_count > 0;
    for (unsigned w = 0; w < from->word_count; w++)
        *present &= infos[w].df != 0;
    if (!*present)
        return OSL_OK;
    if (from->word_count > 1 && session->segments[how->segment].has_pairs) {
        osl_status status = open_pairs(session, how, leaf, err);
        if (status != OSL_OK || leaf->word_count == 1)
            return status;
    }
    for (unsigned w = 0; w < from->word_count; w++) {
        osl_status status = open_word(session, how, OSL_FIELD_TEXT, &infos[w],
                                      &leaf->words[w], err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

static void keep(void *user, uint32_t segment, uint32_t paragraph,
                 uint32_t score)
{
    osl_session *session = user;
    (void)segment;
    osl_top_push(&session->top, score,
                 osl_numbers_get(session->ranks, paragraph), paragraph);
}

/* The clause whose df counts all that match: one word, alone or required
 * beside wanted ones. NULL where others matter. */
static const clause *sole_clause(const osl_prepared *prepared)
{
    const clause *only = NULL;
    unsigned musts = 0, shoulds = 0;
    for (unsigned i = 0; i < prepared->clause_count; i++) {
        const clause *at = &prepared->clauses[i];
        bool must = at->occur == OSL_FLAT_MUST;
        if (at->occur == OSL_FLAT_NOT)
            return NULL;
        musts += must;
        shoulds += !must;
        if (must || !only)
            only = at;
    }
    bool one = musts == 1 || (musts == 0 && shoulds == 1);
    return one && only->word_count == 1 ? only : NULL;
}

static osl_status search_segment(osl_session *session,
                                 const osl_prepared *prepared,
                                 const lookup *lookups, uint32_t number,
                                 uint64_t *count, osl_error *err)
{
    osl_flat_leaf leaves[OSL_FLAT_LEAVES_MAX];
    unsigned leaf_count = 0;
    opening how = {.segment = number,
                   .lists = wants_lists(session, prepared, lookups, number)};
    for (unsigned i = 0; i < prepared->clause_count; i++) {
        const clause *from = &prepared->clauses[i];
        bool present;
        how.lookup = &lookups[i];
        osl_status status =
            open_leaf(session, &how, &leaves[leaf_count], &present, err);
        if (status != OSL_OK)
            return status;
        if (!present && from->occur == OSL_FLAT_MUST)
            return OSL_OK;
        leaf_count += present;
    }
    const osl_segment *segment =
        osl_index_segment(session->searcher->index, number);
    const segment_state *state = &session->segments[number];
    osl_flat_query query = {
        .leaves = leaves,
        .leaf_count = leaf_count,
        .factor = state->factor,
        .least = state->least,
        .best = session->merged.k,
        .codes = state->codes,
        .ranks = &state->ranks,
        .live = osl_index_live(session->searcher->index, number),
        .segment = number,
        .paragraph_count = osl_segment_get_info(segment)->paragraph_count};
    if (!session->merged.k)
        return osl_flat_count(session->flat, &query, count, err);
    session->ranks = &state->ranks;
    if (!osl_top_begin(&session->top, session->merged.k,
                       osl_merged_threshold(&session->merged)))
        return osl_fail(err, OSL_ENOMEM, "out of memory for hits");
    osl_flat_sink sink = {session, keep, &session->top.threshold};
    osl_status status =
        osl_flat_search(session->flat, &query, &sink, count, err);
    if (status != OSL_OK || segment_count(session) == 1)
        return status;
    osl_top_end(&session->top);
    osl_top_sort(&session->top);
    return osl_merged_add(&session->merged, number, &session->top, err);
}

/* The hits of an index of one segment: no other order than its own. */
static osl_status take_only(osl_session *session, osl_error *err)
{
    osl_top *top = &session->top;
    osl_top_end(top);
    osl_top_sort(top);
    if (top->failed || !osl_grow(&session->hits, &session->capacity,
                                 top->count + 1, sizeof *session->hits))
        return osl_fail(err, OSL_ENOMEM, "out of memory for hits");
    for (size_t i = 0; i < top->count; i++)
        session->hits[i] = (osl_ranked){(uint32_t)(top->keys[i].key >> 32), 0,
                                        top->keys[i].paragraph};
    session->hit_count = top->count;
    return OSL_OK;
}

static osl_status take_all(osl_session *session, osl_error *err)
{
    const osl_merged *merged = &session->merged;
    if (!osl_grow(&session->hits, &session->capacity, merged->count + 1,
                  sizeof *session->hits))
        return osl_fail(err, OSL_ENOMEM, "out of memory for hits");
    for (size_t i = 0; i < merged->count; i++) {
        const osl_merged_entry *entry = &merged->best[i];
        session->hits[i] =
            (osl_ranked){entry->score, entry->segment, entry->paragraph};
    }
    session->hit_count = merged->count;
    return OSL_OK;
}

osl_status osl_session_search(osl_session *session,
                              const osl_prepared *prepared, size_t k,
                              uint64_t *count, osl_ranked_list *hits,
                              osl_error *err)
{
    lookup lookups[OSL_FLAT_LEAVES_MAX];
    uint64_t unused = 0;
    if (count)
        *count = 0;
    osl_merged_begin(&session->merged, k);
    session->top.count = session->hit_count = 0;
    *hits = (osl_ranked_list){NULL, 0};
    const clause *only = count || !k ? sole_clause(prepared) : NULL;
    osl_status status = OSL_OK;
    if (only) {
        status = osl_index_df(session->searcher->index, OSL_FIELD_TEXT,
                              only->words[0], count ? count : &unused, err);
        count = NULL; /* known */
    }
    if (status != OSL_OK || (only && !k))
        return status;
    osl_arena_reset(&session->arena);
    status = set_lengths(session, &prepared->settings, err);
    for (unsigned i = 0; i < prepared->clause_count && status == OSL_OK; i++)
        status =
            look_up(session, prepared, &prepared->clauses[i], &lookups[i], err);
    for (uint32_t s = 0; s < segment_count(session) && status == OSL_OK; s++)
        status = search_segment(session, prepared, lookups, s,
                                k == 0 && !count ? &unused : count, err);
    if (status == OSL_OK)
        status = segment_count(session) == 1 ? take_only(session, err)
                                             : take_all(session, err);
    *hits = (osl_ranked_list){session->hits, session->hit_count};
    return status;
}

osl_status osl_session_id(osl_session *session, const osl_ranked *hit,
                          osl_text *id, osl_error *err)
{
    const osl_segment *segment =
        osl_index_segment(session->searcher->index, hit->segment);
    osl_document_record document;
    osl_status status = osl_segment_document(
        segment, osl_segment_document_of(segment, hit->paragraph), &document,
        err);
    if (status != OSL_OK)
        return status;
    osl_buf_reset(&session->id);
    osl_buf_put_text(&session->id, document.id);
    if (!document.is_record)
        osl_buf_printf(&session->id, "#%u",
                       hit->paragraph - document.first_paragraph + 1);
    *id = osl_buf_text(&session->id);
    return osl_buf_status(&session->id, "a hit", err);
}
