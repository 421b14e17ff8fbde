/* SPDX-License-Identifier: MIT
 *
 * Searching again and again with one thread's memory: words that were asked for
 * before are neither looked up nor opened anew, and nothing is allocated once
 * the session is warm. */
#include "core/segment/best.h"
#include "core/segment/postings.h"
#include "core/segment/region.h"
#include "query/answer.h"
#include "query/flat.h"
#include "query/merged.h"
#include "query/prepared.h"
#include "query/top.h"

#include <stdlib.h>
#include <string.h>

/* What a session knows of a segment for the K of its last search. */
typedef struct segment_state {
    const uint8_t *codes;
    osl_ranks ranks;
    osl_bounds_today bounds;
    osl_drift drift;
    uint32_t rest; /* what its lists have left out scores at most; 0: nothing */
} segment_state;

struct osl_session {
    const osl_searcher *searcher; /* borrowed */
    osl_flat *flat;
    osl_arena arena;   /* of one search */
    osl_asked asked;   /* words of all searches */
    osl_merged merged; /* over all segments, where there are several */
    uint32_t floor;    /* a score that so many as are wanted reach */
    bool may_rest;     /* lists of the best tell what they have */
    osl_top top;       /* of the one at hand */
    segment_state *segments;
    double k1, b;
    float k[256];
    uint64_t count;
    unsigned searches; /* until terms are held */
    osl_ranked *hits;
    size_t hit_count, capacity;
    osl_buf id;
};

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
    session->merged.index = session->asked.index = searcher->index;
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
    osl_asked_clear(&session->asked);
    osl_merged_clear(&session->merged);
    osl_top_clear(&session->top);
    osl_buf_clear(&session->id);
    free(session->segments);
    free(session->hits);
    free(session);
}

/* K, and what follows from it for each segment, where k1 or b are new. */
static osl_status set_lengths(osl_session *session,
                              const osl_prepared *prepared, osl_error *err)
{
    uint64_t total;
    if (session->k1 == prepared->k1 && session->b == prepared->b)
        return OSL_OK;
    osl_index_field_totals(session->searcher->index, OSL_FIELD_TEXT,
                           &session->count, &total);
    osl_score_lengths(session->k, prepared->k1, prepared->b, total,
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
        osl_segment_bounds_today(&state->bounds, segment, OSL_FIELD_TEXT,
                                 session->k);
        state->drift = osl_segment_drift(segment, OSL_FIELD_TEXT, session->k);
    }
    session->k1 = prepared->k1;
    session->b = prepared->b;
    return OSL_OK;
}

/* ---- one search --------------------------------------------------------- */

/* A query's words over all segments. */
typedef struct lookup {
    const osl_prepared *of;
    osl_asked_word **words;
    osl_asked_word **pairs; /* NULL: none has any */
    float *weights;         /* W, by clause */
} lookup;

/* Postings of a word in a segment. */
static uint32_t df_in(const lookup *of, uint32_t segment, unsigned word)
{
    return of->words[word]->in[segment].info.df;
}

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory for a query");
}

/* Words and, where there are phrases, pairs. */
static osl_status find_terms(osl_session *session, lookup *to, osl_error *err)
{
    const osl_prepared *prepared = to->of;
    unsigned count = prepared->word_count;
    const osl_asked_words words = {OSL_FIELD_TEXT, count, prepared->words,
                                   prepared->hashes};
    const osl_asked_words pairs = {OSL_FIELD_PAIR, count, prepared->pairs,
                                   prepared->pair_hashes};
    osl_status status = osl_asked_find(&session->asked, &words, &session->arena,
                                       to->words, err);
    if (status == OSL_OK && to->pairs)
        status = osl_asked_find(&session->asked, &pairs, &session->arena,
                                to->pairs, err);
    return status;
}

static void weigh(const osl_session *session, lookup *to)
{
    const osl_prepared *prepared = to->of;
    for (unsigned i = 0; i < prepared->clause_count; i++) {
        const osl_clause *clause = &prepared->clauses[i];
        double idf = 0;
        if (!session->merged.k || clause->occur == OSL_FLAT_NOT)
            continue;
        for (unsigned w = 0; w < clause->word_count; w++) {
            uint64_t df = to->words[clause->first_word + w]->df;
            if (df)
                idf += osl_score_idf(session->count, df);
        }
        to->weights[i] = osl_score_weight(clause->weight, idf, prepared->k1);
    }
}

static osl_status look_up(osl_session *session, const osl_prepared *prepared,
                          lookup *to, osl_error *err)
{
    uint32_t segments = segment_count(session);
    size_t count = prepared->word_count;
    osl_arena *arena = &session->arena;
    *to = (lookup){.of = prepared};
    to->words = osl_arena_take(arena, (count + 1) * sizeof(osl_asked_word *));
    if (prepared->has_phrase)
        to->pairs =
            osl_arena_take(arena, (count + 1) * sizeof(osl_asked_word *));
    to->weights =
        osl_arena_zero(arena, prepared->clause_count, sizeof *to->weights);
    if (!to->words || (prepared->has_phrase && !to->pairs) || !to->weights)
        return no_memory(err);
    osl_status status = find_terms(session, to, err);
    if (status != OSL_OK)
        return status;
    for (uint32_t s = 0; s < segments; s++)
        for (unsigned i = 0; i < count; i++)
            osl_asked_fetch(&session->asked, to->words[i], s);
    weigh(session, to);
    return status;
}

/* A clause to be opened; `lists`: rare words as lists, not sliced, and of
 * those only which paragraphs hold them where `ordinals`, or only their best
 * where `best`. */
typedef struct opening {
    const lookup *terms;
    uint32_t segment;
    bool lists, ordinals, best;
} opening;

static osl_status open_word(osl_session *session, const opening *how,
                            osl_asked_word *word, const osl_postings **out,
                            osl_error *err)
{
    osl_asked_form form = how->best       ? OSL_ASKED_BEST
                          : how->ordinals ? OSL_ASKED_ORDINALS
                          : how->lists    ? OSL_ASKED_LIST
                                          : OSL_ASKED_SLICED;
    return osl_asked_open(&session->asked, word,
                          (osl_asked_part){how->segment, form}, &session->arena,
                          out, err);
}

static osl_status open_pairs(osl_session *session, const opening *how,
                             const osl_clause *from, osl_flat_leaf *leaf,
                             osl_error *err)
{
    osl_asked_word **pairs = how->terms->pairs + from->first_word;
    for (unsigned i = 0; i + 1 < from->word_count; i++) {
        if (pairs[i]->in[how->segment].info.df == 0)
            continue;
        osl_status status =
            open_word(session, how, pairs[i], &leaf->pairs[i], err);
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

/* Whether a word of a clause is rare in the segment, or a pair. */
static bool has_rare(const osl_session *session, const lookup *terms,
                     uint32_t number, const osl_clause *of)
{
    const osl_segment *segment =
        osl_index_segment(session->searcher->index, number);
    uint32_t paragraphs = osl_segment_get_info(segment)->paragraph_count;
    for (unsigned w = 0; w < of->word_count; w++) {
        unsigned at = of->first_word + w;
        uint32_t pair_df = terms->pairs && w + 1u < of->word_count
                               ? terms->pairs[at]->in[number].info.df
                               : 0;
        if (!osl_region_is_frequent(df_in(terms, number, at), paragraphs,
                                    true) ||
            (pair_df && !osl_region_is_frequent(pair_df, paragraphs, false)))
            return true;
    }
    return false;
}

/* Whether all words are wanted, and the rare ones of the segment scored by
 * themselves. */
static bool are_rare_apart(const lookup *terms, uint32_t number,
                           uint32_t paragraphs)
{
    const osl_prepared *prepared = terms->of;
    osl_flat_wanted all = {0};
    for (unsigned i = 0; i < prepared->clause_count; i++) {
        const osl_clause *clause = &prepared->clauses[i];
        if (clause->occur != OSL_FLAT_SHOULD || clause->word_count != 1)
            return false;
        uint32_t df = df_in(terms, number, clause->first_word);
        osl_flat_want(&all, df, osl_region_is_frequent(df, paragraphs, true));
    }
    return osl_flat_lists_wanted(&all);
}

/* Whether rare words are read from end to end in the segment: alone, where
 * matches are only counted, where one of them is required, which leads, and
 * where few paragraphs have one. */
static bool wants_lists(const osl_session *session, const lookup *terms,
                        uint32_t number)
{
    const osl_prepared *prepared = terms->of;
    bool wants = prepared->clause_count == 1 ||
                 (!session->merged.k && !prepared->has_phrase);
    for (unsigned i = 0; i < prepared->clause_count && !wants; i++)
        wants = prepared->clauses[i].occur == OSL_FLAT_MUST &&
                has_rare(session, terms, number, &prepared->clauses[i]);
    const osl_segment *segment =
        osl_index_segment(session->searcher->index, number);
    return wants ||
           are_rare_apart(terms, number,
                          osl_segment_get_info(segment)->paragraph_count);
}

/* *present false where a word of it does not occur in the segment. */
static osl_status open_leaf(osl_session *session, const opening *how,
                            unsigned number, osl_flat_leaf *leaf, bool *present,
                            osl_error *err)
{
    const osl_clause *from = &how->terms->of->clauses[number];
    osl_asked_word **words = how->terms->words + from->first_word;
    leaf->occur = from->occur;
    leaf->word_count = from->word_count;
    leaf->weight = how->terms->weights[number];
    for (unsigned w = 0; w < from->word_count; w++)
        leaf->pairs[w] = NULL;
    *present = from->word_count > 0;
    for (unsigned w = 0; w < from->word_count; w++)
        *present &= words[w]->in[how->segment].info.df != 0;
    if (!*present)
        return OSL_OK;
    if (from->word_count > 1 && how->terms->pairs) {
        osl_status status = open_pairs(session, how, from, leaf, err);
        if (status != OSL_OK || leaf->word_count == 1)
            return status;
    }
    for (unsigned w = 0; w < from->word_count; w++) {
        osl_status status =
            open_word(session, how, words[w], &leaf->words[w], err);
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
    osl_top_push(&session->top, score, paragraph);
}

static void keep_list(void *user, const uint32_t *paragraphs,
                      const uint32_t *scores, size_t count)
{
    osl_session *session = user;
    osl_top_take(&session->top, paragraphs, scores, count);
}

/* How many matches there may be: known of a word alone. */
static uint32_t most_matches(const lookup *terms, uint32_t number)
{
    bool is_word = terms->of->clause_count == 1 && terms->of->word_count == 1;
    return is_word ? df_in(terms, number, 0) : UINT32_MAX;
}

/* Whether it is a word alone whose list may tell its best. */
static bool has_short_best(const osl_session *session, const lookup *terms,
                           uint32_t number)
{
    const osl_prepared *prepared = terms->of;
    const osl_segment *segment =
        osl_index_segment(session->searcher->index, number);
    return prepared->clause_count == 1 &&
           prepared->clauses[0].word_count == 1 &&
           osl_best_may_tell(df_in(terms, number, 0),
                             osl_segment_get_info(segment)->paragraph_count,
                             session->merged.k);
}

/* OSL_END where nothing was found out: by lists of the best alone. */
static osl_status search_opened(osl_session *session, const opening *how,
                                uint64_t *count, osl_error *err)
{
    const osl_prepared *prepared = how->terms->of;
    osl_flat_leaf leaves[OSL_FLAT_LEAVES_MAX];
    unsigned leaf_count = 0;
    for (unsigned i = 0; i < prepared->clause_count; i++) {
        bool present;
        osl_status status =
            open_leaf(session, how, i, &leaves[leaf_count], &present, err);
        if (status != OSL_OK)
            return status;
        if (!present && prepared->clauses[i].occur == OSL_FLAT_MUST)
            return OSL_OK;
        leaf_count += present;
    }
    const osl_segment *segment =
        osl_index_segment(session->searcher->index, how->segment);
    segment_state *state = &session->segments[how->segment];
    osl_flat_query query = {
        .leaves = leaves,
        .leaf_count = leaf_count,
        .factor = state->bounds.factor,
        .bounds = state->bounds.is_map ? state->bounds.of : NULL,
        .drift = state->drift,
        .best = session->merged.k,
        .codes = state->codes,
        .live = osl_index_live(session->searcher->index, how->segment),
        .segment = how->segment,
        .paragraph_count = osl_segment_get_info(segment)->paragraph_count,
        .by_best = how->best,
        .rest = session->may_rest ? &state->rest : NULL};
    if (!session->merged.k)
        return osl_flat_count(session->flat, &query, count, err);
    osl_flat_sink sink = {session, keep, &session->top.threshold, keep_list};
    return osl_flat_search(session->flat, &query, &sink, count, err);
}

/* Scores below are not among the best of the segments so far. */
static uint32_t least_merged(const osl_session *session)
{
    uint32_t least = osl_merged_threshold(&session->merged);
    return least > session->floor ? least : session->floor;
}

static osl_status search_segment(osl_session *session, const lookup *terms,
                                 uint32_t number, uint64_t *count,
                                 osl_error *err)
{
    size_t k = session->merged.k;
    opening how = {.terms = terms,
                   .segment = number,
                   .lists = wants_lists(session, terms, number),
                   .ordinals = !k && !terms->of->has_phrase,
                   .best =
                       k && !count && has_short_best(session, terms, number)};
    if (k && !osl_top_begin(&session->top, &session->segments[number].ranks, k,
                            least_merged(session), most_matches(terms, number)))
        return osl_fail(err, OSL_ENOMEM, "out of memory for hits");
    osl_status status = search_opened(session, &how, count, err);
    if (status == OSL_END) {
        how.best = false;
        status = search_opened(session, &how, count, err);
    }
    if (status != OSL_OK || !k || segment_count(session) == 1)
        return status;
    osl_top_end(&session->top);
    osl_top_sort(&session->top);
    return osl_merged_add(&session->merged, number, &session->top, err);
}

/* All segments. Lists of the best tell what they have: of the best of all, each
 * segment has but some, and so a list that ends before the best of its own do
 * is mostly long enough. */
static osl_status search_segments(osl_session *session, const lookup *terms,
                                  uint64_t *count, osl_error *err)
{
    uint32_t segments = segment_count(session);
    osl_status status = OSL_OK;
    session->may_rest = session->merged.k && segments > 1;
    for (uint32_t s = 0; s < segments && status == OSL_OK; s++) {
        session->segments[s].rest = 0;
        status = search_segment(session, terms, s, count, err);
    }
    session->may_rest = false;
    return status;
}

/* Segments of which something left out might be among the best after all are
 * searched again, whole, from what is reached already. */
static osl_status search_rest(osl_session *session, const lookup *terms,
                              osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t s = 0; s < segment_count(session) && status == OSL_OK; s++) {
        uint32_t rest = session->segments[s].rest;
        if (!rest || rest < least_merged(session))
            continue;
        session->floor = least_merged(session);
        osl_merged_drop(&session->merged, s);
        status = search_segment(session, terms, s, NULL, err);
    }
    return status;
}

static osl_status search_all(osl_session *session, const lookup *terms,
                             uint64_t *count, osl_error *err)
{
    osl_status status = search_segments(session, terms, count, err);
    return status == OSL_OK ? search_rest(session, terms, err) : status;
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

/* A copy of the dictionaries is for who goes on: it takes as long as 1,500
 * look-ups. */
static void hold_terms(osl_session *session)
{
    enum { ENOUGH = 512 };
    if (session->searches == ENOUGH || ++session->searches < ENOUGH)
        return;
    osl_index_hold_terms(session->searcher->index);
    for (uint32_t i = 0; i < segment_count(session); i++)
        osl_segment_hold_ranks(osl_index_segment(session->searcher->index, i),
                               &session->segments[i].ranks);
    osl_merged_hold(&session->merged);
}

static void fetch_prepared(const osl_prepared *prepared)
{
    enum { LINES = 4, LINE = 64 };
    for (size_t i = 0; i < LINES; i++)
        __builtin_prefetch((const char *)prepared + i * LINE);
}

/* How many paragraphs have the one word that decides. */
static osl_status count_by_df(osl_session *session,
                              const osl_prepared *prepared, uint64_t *count,
                              osl_error *err)
{
    osl_asked_word *word;
    const osl_asked_words counted = {OSL_FIELD_TEXT, 1, &prepared->counted,
                                     &prepared->counted_hash};
    osl_status status =
        osl_asked_find(&session->asked, &counted, &session->arena, &word, err);
    if (status == OSL_OK)
        *count = word->df;
    return status;
}

osl_status osl_session_search(osl_session *session,
                              const osl_prepared *prepared, size_t k,
                              uint64_t *count, osl_ranked_list *hits,
                              osl_error *err)
{
    lookup terms;
    uint64_t unused = 0;
    fetch_prepared(prepared);
    hold_terms(session);
    osl_asked_begin(&session->asked);
    osl_arena_reset(&session->arena);
    if (count)
        *count = 0;
    osl_merged_begin(&session->merged, k);
    session->floor = 0;
    session->top.count = session->hit_count = 0;
    *hits = (osl_ranked_list){NULL, 0};
    bool is_known = (count || !k) && prepared->counted.bytes;
    osl_status status = OSL_OK;
    if (is_known) {
        status = count_by_df(session, prepared, count ? count : &unused, err);
        count = NULL;
    }
    if (status != OSL_OK || (is_known && !k))
        return status;
    status = set_lengths(session, prepared, err);
    if (status == OSL_OK)
        status = look_up(session, prepared, &terms, err);
    if (status == OSL_OK)
        status = search_all(session, &terms, k == 0 && !count ? &unused : count,
                            err);
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
    uint32_t ordinal = 0;
    osl_document_record document;
    osl_status status =
        osl_segment_document_of(segment, hit->paragraph, &ordinal, err);
    if (status == OSL_OK)
        status = osl_segment_document(segment, ordinal, &document, err);
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
