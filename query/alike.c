/* SPDX-License-Identifier: MIT
 *
 * Likeness is the cosine over what both say: a word weighs by how often it
 * comes, and by how few of the hits at hand have it. So no dictionary is
 * asked, no word is stemmed, and what all hits say weighs nothing. Sums in
 * doubles go by the order of the hits, which is the same in any layout. */
#include "query/alike.h"

#include "core/segment/score.h"
#include "query/feedback.h"

#include <xxhash.h>

/* LEND_MAX of 256: the share of one that has nothing of the query.
 * BYTES_MAX: of a title and text that are read. */
enum { LEND_MAX = 154, BYTES_MAX = 1536, WORD_BYTES_MAX = 64 };

/* Told apart by their bytes, ASCII letters small. */
typedef struct word {
    uint64_t hash;
    uint32_t last; /* its newest item, + 1; 0: the slot is free */
    uint32_t df;
} word;

/* A word of one hit. */
typedef struct item {
    word *word;
    uint32_t hit, count;
    uint32_t before; /* the word's item in an earlier hit, + 1 */
    double weight;
} item;

typedef struct alike {
    const osl_plan *plan;
    osl_top_entry *entries;
    uint32_t count;
    osl_arena arena;
    const osl_read_text *texts[OSL_ALIKE_HITS]; /* of the search */
    size_t token_count;
    word *slots;
    size_t slot_count;
    item *items;
    size_t item_count;
    double square[OSL_ALIKE_HITS]; /* of the length of each hit's vector */
    double likeness[OSL_ALIKE_HITS][OSL_ALIKE_HITS]; /* squared */
    double lacks[OSL_ALIKE_HITS];                    /* of the query's weight */
    osl_error *err;
} alike;

static osl_status no_memory(const alike *a)
{
    return osl_fail(a->err, OSL_ENOMEM, "query: memory ran out for likeness");
}

/* ---- words ------------------------------------------------------------- */

/* What was read of the hit to learn from it, if that is no more than is read
 * here; NULL: nothing. */
static const osl_read_text *find_known(const alike *a,
                                       const osl_top_entry *entry)
{
    const osl_read_texts *texts = a->plan->texts;
    for (size_t i = 0; i < texts->known; i++) {
        const osl_read_text *text = &texts->learnt[i];
        if (text->segment == entry->segment &&
            text->paragraph == entry->paragraph)
            return text->bytes.length <= BYTES_MAX ? text : NULL;
    }
    return NULL;
}

static osl_status read_hit(alike *a, uint32_t hit)
{
    osl_read_text *to = &a->plan->texts->alike[hit];
    osl_status status = OSL_OK;
    a->texts[hit] = find_known(a, &a->entries[hit]);
    if (!a->texts[hit]) {
        a->texts[hit] = to;
        osl_buf_reset(&to->bytes);
        status = osl_feedback_text(a->plan, &a->entries[hit], BYTES_MAX,
                                   &to->bytes, a->err);
        osl_text bytes = osl_buf_text(&to->bytes);
        bytes.length = bytes.length < BYTES_MAX ? bytes.length : BYTES_MAX;
        if (status == OSL_OK)
            status =
                osl_tokenize(a->plan->analyzer, bytes, &to->tokens, a->err);
    }
    a->token_count += a->texts[hit]->tokens.count;
    return status;
}

static uint64_t hash_of(const char *bytes, size_t length)
{
    char small[WORD_BYTES_MAX];
    length = length < WORD_BYTES_MAX ? length : WORD_BYTES_MAX;
    for (size_t i = 0; i < length; i++)
        small[i] = bytes[i] >= 'A' && bytes[i] <= 'Z' ? (char)(bytes[i] | 0x20)
                                                      : bytes[i];
    return XXH3_64bits(small, length);
}

static word *find_word(const alike *a, uint64_t hash)
{
    size_t at = hash & (a->slot_count - 1);
    while (a->slots[at].last && a->slots[at].hash != hash)
        at = (at + 1) & (a->slot_count - 1);
    a->slots[at].hash = hash;
    return &a->slots[at];
}

static void count_words(alike *a, uint32_t hit)
{
    const osl_tokens *tokens = &a->texts[hit]->tokens;
    const char *bytes = (const char *)a->texts[hit]->bytes.bytes;
    for (size_t i = 0; i < tokens->count; i++) {
        uint32_t start = tokens->starts[i];
        word *found =
            find_word(a, hash_of(bytes + start, tokens->ends[i] - start));
        if (found->last && a->items[found->last - 1].hit == hit) {
            a->items[found->last - 1].count++;
            continue;
        }
        a->items[a->item_count++] = (item){found, hit, 1, found->last, 0};
        found->last = (uint32_t)a->item_count;
        found->df++;
    }
}

static osl_status read_words(alike *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        osl_status status = read_hit(a, i);
        if (status != OSL_OK)
            return status;
    }
    a->slot_count = 256;
    while (a->slot_count < 2 * a->token_count)
        a->slot_count *= 2;
    a->slots = osl_arena_zero(&a->arena, a->slot_count, sizeof *a->slots);
    a->items = osl_arena_zero(&a->arena, a->token_count + 1, sizeof *a->items);
    if (!a->slots || !a->items)
        return no_memory(a);
    for (uint32_t i = 0; i < a->count; i++)
        count_words(a, i);
    return OSL_OK;
}

/* ---- likeness ---------------------------------------------------------- */

static void weigh_items(alike *a)
{
    /* A word is in few hits, and mostly a few times: logarithms of these. */
    enum { FEW = 16 };
    double by_count[FEW], by_df[OSL_ALIKE_HITS + 1];
    for (uint32_t n = 0; n < FEW; n++)
        by_count[n] = osl_log(1.0 + n);
    for (uint32_t df = 1; df <= a->count; df++)
        by_df[df] = osl_log((double)a->count / df);
    for (size_t i = 0; i < a->item_count; i++) {
        item *at = &a->items[i];
        at->weight =
            (at->count < FEW ? by_count[at->count] : osl_log(1.0 + at->count)) *
            by_df[at->word->df];
        a->square[at->hit] += at->weight * at->weight;
    }
}

static void compare_hits(alike *a)
{
    weigh_items(a);
    for (size_t i = 0; i < a->item_count; i++) {
        const item *at = &a->items[i];
        for (uint32_t other = at->before; other;) {
            const item *before = &a->items[other - 1];
            a->likeness[at->hit][before->hit] += at->weight * before->weight;
            other = before->before;
        }
    }
    for (uint32_t i = 0; i < a->count; i++)
        for (uint32_t j = 0; j < i; j++) {
            double dot = a->likeness[i][j];
            double lengths = a->square[i] * a->square[j];
            a->likeness[i][j] = lengths > 0 ? dot * dot / lengths : 0;
            a->likeness[j][i] = a->likeness[i][j];
        }
}

/* ---- what of the query they have --------------------------------------- */

static osl_status occurs_at(osl_source *source, uint32_t ordinal, bool *out,
                            osl_error *err)
{
    uint64_t among[64] = {0}, found[64] = {0};
    uint32_t range = ordinal / OSL_RANGE_SIZE % 64;
    among[range] = UINT64_C(1) << ordinal % OSL_RANGE_SIZE;
    osl_status status =
        source->ops->match(source, ordinal / OSL_CHUNK_SIZE,
                           UINT64_C(1) << range, among, found, err);
    *out = status == OSL_OK && (found[range] & among[range]);
    return status;
}

/* Which hits have the unit in `field`: sets their bits in *have. */
static osl_status mark_field(alike *a, const osl_unit_plan *unit,
                             uint32_t segment, osl_field field, uint64_t *have)
{
    osl_source *source;
    const osl_segment *of = osl_index_segment(a->plan->index, segment);
    osl_status status = osl_plan_build_source(&source, a->plan, segment,
                                              unit->source, field, a->err);
    for (uint32_t i = 0; i < a->count && status == OSL_OK && source; i++) {
        uint32_t ordinal = a->entries[i].paragraph;
        if (a->entries[i].segment != segment)
            continue;
        bool here = false;
        if (field == OSL_FIELD_TITLE)
            status = osl_segment_document_of(of, ordinal, &ordinal, a->err);
        if (status == OSL_OK)
            status = occurs_at(source, ordinal, &here, a->err);
        *have |= (uint64_t)here << i;
    }
    return status;
}

static osl_status mark_unit(alike *a, const osl_unit_plan *unit, uint64_t *have)
{
    *have = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        uint32_t segment = a->entries[i].segment, j = 0;
        while (a->entries[j].segment != segment)
            j++;
        if (j < i)
            continue; /* looked at with the first of it */
        osl_status status = mark_field(a, unit, segment, OSL_FIELD_TEXT, have);
        if (status == OSL_OK)
            status = mark_field(a, unit, segment, OSL_FIELD_TITLE, have);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

/* Adds the weight of what was typed, and of that which each hit lacks. */
static osl_status add_lacks(alike *a, const osl_plan_node *node, double *all)
{
    osl_status status = OSL_OK;
    if (node->occur > OSL_OCCUR_MUST)
        return OSL_OK;
    for (const osl_plan_node *child = node->children; child && status == OSL_OK;
         child = child->next)
        status = add_lacks(a, child, all);
    if (status != OSL_OK || node->kind != OSL_PLAN_UNIT || !node->unit->node)
        return status;
    uint64_t have;
    const osl_unit_plan *unit = node->unit;
    const double *idf = unit->source->idf;
    double weight =
        unit->weight *
        (idf[OSL_SCORED_BAG] > 0 ? idf[OSL_SCORED_BAG] : idf[OSL_FIELD_TEXT]);
    status = mark_unit(a, unit, &have);
    *all += weight;
    for (uint32_t i = 0; i < a->count; i++)
        if (!(have >> i & 1))
            a->lacks[i] += weight;
    return status;
}

/* ---- lending ----------------------------------------------------------- */

/* Else nothing moves, whatever they are like. */
static bool any_lacks(const alike *a)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (a->lacks[i] > 0)
            return true;
    return false;
}

static uint32_t mean_of_others(const alike *a, uint32_t hit)
{
    double sum = 0, weight = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        sum += a->likeness[hit][i] * a->entries[i].own;
        weight += a->likeness[hit][i];
    }
    if (!(weight > 0))
        return a->entries[hit].own;
    double mean = sum / weight, best = a->entries[0].own,
           worst = a->entries[a->count - 1].own;
    return (uint32_t)(mean < worst ? worst : mean > best ? best : mean);
}

static uint32_t share_of(uint32_t score, uint32_t share)
{
    return (uint32_t)((uint64_t)score * share >> 8);
}

static void lend(alike *a, double all)
{
    for (uint32_t i = 0; i < a->count; i++)
        a->entries[i].own = a->entries[i].score;
    for (uint32_t i = 0; i < a->count; i++) {
        osl_top_entry *entry = &a->entries[i];
        entry->share = (uint32_t)(LEND_MAX * (a->lacks[i] / all));
        entry->score = entry->own - share_of(entry->own, entry->share) +
                       share_of(mean_of_others(a, i), entry->share);
    }
}

osl_status osl_alike(const osl_plan *plan, osl_top_entry *entries, size_t count,
                     osl_error *err)
{
    double all = 0;
    if (count > OSL_ALIKE_HITS)
        count = OSL_ALIKE_HITS;
    osl_arena arena = {0};
    alike *a = osl_arena_zero(&arena, 1, sizeof *a);
    if (!a)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out for likeness");
    a->plan = plan;
    a->entries = entries;
    a->count = (uint32_t)count;
    a->err = err;
    osl_status status = add_lacks(a, plan->root, &all);
    bool moves = status == OSL_OK && any_lacks(a);
    if (moves)
        status = read_words(a);
    if (moves && status == OSL_OK)
        compare_hits(a);
    if (all > 0 && status == OSL_OK)
        lend(a, all);
    osl_arena_clear(&a->arena);
    osl_arena_clear(&arena);
    return status;
}
