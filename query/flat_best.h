/* SPDX-License-Identifier: MIT
 *
 * Lists of the best (core/segment/best.h) in a flat query (a part of
 * flat_loops.h). A list stands in the order of G at writing; today's K may
 * be another, and some of its paragraphs may have died. What stands behind an
 * entry has at most its G at writing, so today at most `factor` times that,
 * and what stands before it at least `least` times: so lists go on answering
 * a word alone, and telling unions what score to reach, while N and the
 * average length drift. */
#ifndef OSL_QUERY_FLAT_BEST_H
#define OSL_QUERY_FLAT_BEST_H

#include "core/segment/best.h"
#include "query/flat_place.h"

/* A word's list. */
typedef struct best_list {
    const leaf *of;
    const osl_postings *word;
    const float *then; /* K of writing, by length code */
    unsigned width, count;
} best_list;

static best_list list_of(const osl_flat *flat, const leaf *of)
{
    const osl_postings *word = flat->words[of->first_word];
    return (best_list){of, word, word->segment->fields[OSL_FIELD_TEXT].bounds.k,
                       osl_best_width(word->ordinal_count), word->best_count};
}

/* Its tf is 0 where neither it nor a word that is sliced tells it. */
static osl_best_entry read_best(const best_list *list, unsigned n)
{
    osl_best_entry entry = osl_best_get(list->word->best, list->width, n);
    uint32_t tfs[64];
    tfs[0] = 0; /* of what is no posting, in a spoilt list */
    if (!entry.tf && list->word->headers) {
        osl_postings_tfs(list->word, entry.ordinal / 64,
                         (uint64_t)1 << (entry.ordinal % 64), tfs);
        entry.tf = tfs[0];
    }
    return entry;
}

static bool entry_lives(const osl_flat *flat, osl_best_entry entry)
{
    return starting_word(flat, entry.ordinal / 64) >> (entry.ordinal % 64) & 1;
}

/* What the word adds today where G of writing is the entry's, times `by`. */
static uint32_t drifted(const osl_flat *flat, const best_list *list,
                        osl_best_entry entry, float by)
{
    uint8_t code = flat->query->codes[entry.ordinal];
    float gain = osl_score_gain(entry.tf, list->then[code]) * by;
    return osl_score_contribution(list->of->from->weight,
                                  gain < 1.0f ? gain : 1.0f);
}

/* The entries of a list that live, with today's scores. */
typedef struct best_found {
    uint32_t paragraphs[OSL_BEST_COUNT], scores[OSL_BEST_COUNT];
    uint32_t top[OSL_BEST_COUNT]; /* the wanted greatest, falling */
    size_t count;
} best_found;

static void add_found(best_found *found, uint32_t paragraph, uint32_t score,
                      size_t wanted)
{
    size_t at = found->count < wanted ? found->count : wanted;
    found->paragraphs[found->count] = paragraph;
    found->scores[found->count++] = score;
    if (at == wanted && score <= found->top[--at])
        return;
    for (; at > 0 && found->top[at - 1] < score; at--)
        found->top[at] = found->top[at - 1];
    found->top[at] = score;
}

static void prefetch_best(const osl_flat *flat, const best_list *list,
                          size_t count)
{
    for (unsigned n = 0; n < list->count && n < count; n++)
        prefetch_paragraph(
            flat, osl_best_get(list->word->best, list->width, n).ordinal);
}

/* A word alone whose list holds all that can be among the wanted: what
 * follows has a lower score than the last of these, or than what is asked for.
 * If not, the list may tell what score to reach. */
static bool answer_by_best(osl_flat *flat, const leaf *of)
{
    const osl_flat_query *query = flat->query;
    best_list list = list_of(flat, of);
    best_found found;
    size_t wanted = query->best;
    bool complete = false;
    found.count = 0;
    prefetch_best(flat, &list, wanted + wanted / 4 + 4);
    for (unsigned n = 0; n < list.count && !complete; n++) {
        osl_best_entry entry = read_best(&list, n);
        if (!entry.tf)
            return false;
        uint32_t most = drifted(flat, &list, entry, query->factor);
        complete = most < *flat->sink->threshold ||
                   (found.count >= wanted && most < found.top[wanted - 1]);
        if (!complete && entry_lives(flat, entry))
            add_found(&found, entry.ordinal,
                      contribution(flat, of, entry.tf, entry.ordinal), wanted);
    }
    if (!complete && found.count >= wanted)
        flat->seed = found.top[wanted - 1];
    for (size_t i = 0; i < found.count && complete; i++)
        if (found.scores[i] >= *flat->sink->threshold)
            flat->sink->keep(flat->sink->user, query->segment,
                             found.paragraphs[i], found.scores[i]);
    return complete;
}

/* A score that the wanted number of paragraphs reach by this word alone; 0
 * where its list has not so many that live. */
static uint32_t reached_by(const osl_flat *flat, const leaf *of)
{
    const osl_flat_query *query = flat->query;
    best_list list = list_of(flat, of);
    size_t living = 0;
    unsigned n = 0;
    if (!query->live && !query->filter)
        n = (unsigned)(living = query->best);
    for (; n < list.count && living < query->best; n++)
        living +=
            entry_lives(flat, osl_best_get(list.word->best, list.width, n));
    if (living < query->best)
        return 0;
    osl_best_entry last = read_best(&list, n - 1);
    return last.tf ? drifted(flat, &list, last, query->least) : 0;
}

/* Whether a leaf has a list that can tell the wanted ones. */
static bool has_best(const osl_flat *flat, const leaf *of)
{
    const osl_postings *word = flat->words[of->first_word];
    return !of->is_phrase && word->best &&
           flat->query->best <= word->best_count;
}

/* Every wanted word's list tells a score that the best reach. */
static void seed_by_best(osl_flat *flat)
{
    if (flat->leaf_count != flat->should_count)
        return;
    for (unsigned i = 0; i < flat->should_count; i++) {
        const leaf *of = &flat->leaves[i];
        if (!has_best(flat, of))
            continue;
        uint32_t score = reached_by(flat, of);
        if (score > flat->seed)
            flat->seed = score;
    }
}

/* True where a list of the best answers the query. */
static bool use_best(osl_flat *flat)
{
    const leaf *first = &flat->leaves[0];
    if (flat->query->best == 0)
        return false;
    if (flat->leaf_count == 1 && has_best(flat, first))
        return answer_by_best(flat, first);
    seed_by_best(flat);
    return false;
}

#endif
