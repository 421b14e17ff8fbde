/* SPDX-License-Identifier: MIT
 *
 * A term's worth is the sum over the paragraphs of their share of the scores
 * times the term's share of the paragraph's words. Terms in more than a tenth
 * of all paragraphs, function words, single letters and all that holds a
 * figure (a dose of another drug) are left out. Only additions, products and
 * quotients in a fixed order: every machine adds the same terms. */
#include "query/feedback.h"

#include "query/function_words.h"

#include <string.h>
#include <xxhash.h>

/* Left out: words in more than a tenth of all paragraphs. Few: a fiftieth. */
enum { TOKENS_MAX = 400, LETTERS_LEAST = 2, FREQUENT = 10, RARE = 50 };

/* A term, and what its occurrences weigh. */
typedef struct seen {
    osl_text term;
    double weight;
} seen;

/* A word as it stands in a text. */
typedef struct form {
    osl_text bytes; /* NULL: the slot is free */
    uint64_t hash;
    unsigned flags;
    seen *term; /* NULL: it does not tell */
} form;

typedef struct gathered {
    osl_plan *plan;
    osl_arena arena;
    size_t token_counts[OSL_FEEDBACK_PARAGRAPHS]; /* that tell */
    form *forms;                                  /* a table */
    seen **terms;                                 /* a table; NULL: free */
    size_t slots;                                 /* of each */
    seen *items;                                  /* in the arena */
    size_t count;
    osl_error *err;
} gathered;

static osl_status no_memory(const gathered *g)
{
    return osl_fail(g->err, OSL_ENOMEM, "query: memory ran out for feedback");
}

/* ---- texts ------------------------------------------------------------- */

static void shrink(osl_read_text *text, bool all)
{
    enum { KEPT = 64 << 10 };
    if (!all && text->bytes.capacity <= KEPT && text->tokens.capacity <= KEPT)
        return;
    osl_buf_clear(&text->bytes);
    osl_tokens_clear(&text->tokens);
}

void osl_read_texts_shrink(osl_read_texts *texts, bool all)
{
    for (size_t i = 0; i < OSL_FEEDBACK_PARAGRAPHS; i++)
        shrink(&texts->learnt[i], all);
    for (size_t i = 0; i < OSL_ALIKE_HITS; i++)
        shrink(&texts->alike[i], all);
}

/* ---- gathering --------------------------------------------------------- */

/* A word that can say what a paragraph is about. */
static bool is_telling(const gathered *g, const osl_form *word)
{
    if (word->folded.length < LETTERS_LEAST)
        return false;
    for (size_t i = 0; i < word->folded.length; i++)
        if (word->folded.bytes[i] >= '0' && word->folded.bytes[i] <= '9')
            return false;
    return !osl_is_function_word(word->folded,
                                 osl_index_get_info(g->plan->index)->language);
}

osl_status osl_feedback_text(const osl_plan *plan, const osl_top_entry *entry,
                             size_t bytes, osl_buf *out, osl_error *err)
{
    const osl_segment *segment = osl_index_segment(plan->index, entry->segment);
    uint32_t ordinal = 0;
    osl_document_record document;
    const uint8_t *codes;
    osl_status status =
        osl_segment_document_of(segment, entry->paragraph, &ordinal, err);
    if (status == OSL_OK)
        status = osl_segment_document(segment, ordinal, &document, err);
    if (status == OSL_OK)
        status =
            osl_segment_length_codes(segment, OSL_FIELD_TITLE, &codes, err);
    if (status != OSL_OK)
        return status;
    size_t start = out->length;
    /* A document without a title is shown by its id, which says nothing. */
    if (document.paragraph_count == 1 && codes[ordinal]) {
        osl_buf_put_text(out, document.title);
        osl_buf_put_byte(out, '\n');
    }
    size_t title = out->length - start;
    if (title < bytes)
        status = osl_segment_text_start(segment, entry->paragraph,
                                        bytes - title, out, err);
    if (status == OSL_ENOTFOUND)
        status = OSL_OK; /* kept without texts: nothing to learn from */
    return status == OSL_OK ? osl_buf_status(out, "feedback", err) : status;
}

/* As the next of those that are known. */
static osl_status read_text(gathered *g, const osl_top_entry *entry)
{
    osl_read_texts *texts = g->plan->texts;
    osl_read_text *to = &texts->learnt[texts->known];
    osl_buf_reset(&to->bytes);
    osl_status status =
        osl_feedback_text(g->plan, entry, SIZE_MAX, &to->bytes, g->err);
    if (status == OSL_OK)
        status = osl_tokenize(g->plan->analyzer, osl_buf_text(&to->bytes),
                              &to->tokens, g->err);
    to->segment = entry->segment;
    to->paragraph = entry->paragraph;
    texts->known += status == OSL_OK;
    return status;
}

/* The texts of all entries, as words; room for tables of these. */
static osl_status read_texts(gathered *g, const osl_top_entry *entries,
                             size_t count)
{
    size_t words = 0;
    g->plan->texts->known = 0;
    for (size_t i = 0; i < count; i++) {
        osl_status status = read_text(g, &entries[i]);
        if (status != OSL_OK)
            return status;
        size_t tokens = g->plan->texts->learnt[i].tokens.count;
        g->token_counts[i] = tokens < TOKENS_MAX ? tokens : TOKENS_MAX;
        words += g->token_counts[i];
    }
    g->slots = 64;
    while (g->slots < 2 * words)
        g->slots *= 2;
    g->forms = osl_arena_zero(&g->arena, g->slots, sizeof *g->forms);
    g->terms = osl_arena_zero(&g->arena, g->slots, sizeof(seen *));
    g->items = osl_arena_take(&g->arena, (words + 1) * sizeof *g->items);
    return g->forms && g->terms && g->items ? OSL_OK : no_memory(g);
}

/* The term of these bytes, with no weight where it is new. */
static seen *find_term(gathered *g, osl_text term)
{
    size_t at = XXH3_64bits(term.bytes, term.length) & (g->slots - 1);
    while (g->terms[at] && !osl_text_equal(g->terms[at]->term, term))
        at = (at + 1) & (g->slots - 1);
    if (!g->terms[at]) {
        g->terms[at] = &g->items[g->count++];
        *g->terms[at] = (seen){term, 0};
    }
    return g->terms[at];
}

/* The form of these bytes, resolved the first time. */
static osl_status find_form(gathered *g, osl_text bytes, unsigned flags,
                            const form **out)
{
    uint64_t hash = XXH3_64bits(bytes.bytes, bytes.length);
    size_t at = hash & (g->slots - 1);
    while (g->forms[at].bytes.bytes &&
           !(g->forms[at].hash == hash && g->forms[at].flags == flags &&
             osl_text_equal(g->forms[at].bytes, bytes)))
        at = (at + 1) & (g->slots - 1);
    form *to = &g->forms[at];
    *out = to;
    if (to->bytes.bytes)
        return OSL_OK;
    osl_form word;
    osl_status status =
        osl_resolve(g->plan->resolver, bytes, flags, &word, g->err);
    *to = (form){.bytes = bytes, .hash = hash, .flags = flags};
    if (status == OSL_OK && is_telling(g, &word))
        to->term = find_term(g, word.term);
    return status;
}

/* Adds what each word of a text of `weight` says. */
static osl_status gather_text(gathered *g, size_t n, double weight)
{
    const osl_read_text *text = &g->plan->texts->learnt[n];
    const osl_tokens *tokens = &text->tokens;
    const char *bytes = (const char *)text->bytes.bytes;
    size_t count = g->token_counts[n];
    osl_status status = OSL_OK;
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        const form *word;
        osl_text at = {bytes + tokens->starts[i],
                       tokens->ends[i] - tokens->starts[i]};
        status = find_form(g, at, tokens->flags[i] & OSL_TOKEN_KEY, &word);
        if (status == OSL_OK && word->term)
            word->term->weight += weight / (double)count;
    }
    return status;
}

/* ---- weighing ---------------------------------------------------------- */

static bool is_weightier(const seen *a, const seen *b)
{
    if (a->weight > b->weight || a->weight < b->weight)
        return a->weight > b->weight;
    return osl_text_compare(a->term, b->term) < 0;
}

static void sift_down(seen *heap, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_weightier(&heap[child + 1], &heap[child]))
            child++;
        if (!is_weightier(&heap[child], &heap[at]))
            return;
        seen keep = heap[at];
        heap[at] = heap[child];
        heap[child] = keep;
    }
}

/* Of the terms, by weight, those that are not too common stay:
 * OSL_FEEDBACK_TERMS at most, so that few are looked up, and few are put in
 * order. */
static osl_status choose(gathered *g)
{
    size_t kept = 0, left = g->count;
    seen *heap = g->items, best[OSL_FEEDBACK_TERMS];
    uint64_t all = g->plan->measures->statistics[0].count;
    for (size_t i = left / 2; i-- > 0;)
        sift_down(heap, i, left);
    for (; left && kept < OSL_FEEDBACK_TERMS; sift_down(heap, 0, left)) {
        uint64_t df;
        osl_status status = osl_index_df(g->plan->index, OSL_FIELD_TEXT,
                                         heap[0].term, &df, g->err);
        if (status != OSL_OK)
            return status;
        if (df && df <= all / FREQUENT)
            best[kept++] = heap[0];
        heap[0] = heap[--left];
    }
    memcpy(g->items, best, kept * sizeof *best);
    g->count = kept;
    return OSL_OK;
}

/* ---- adding ------------------------------------------------------------ */

/* The unit of a typed word that is this term. */
static osl_unit_plan *unit_of(osl_plan *plan, osl_text term)
{
    for (size_t i = 0; i < plan->unit_count; i++) {
        osl_unit_plan *unit = plan->units[i];
        const osl_plan_source *source = unit->source;
        if (source->kind == OSL_PLAN_ANY)
            source = source->children[0];
        if (unit->plain && source->kind == OSL_PLAN_TERM &&
            osl_text_equal(source->term, term))
            return unit;
    }
    return NULL;
}

static double typed_weight(const osl_plan *plan)
{
    double sum = 0;
    for (size_t i = 0; i < plan->unit_count; i++)
        if (!plan->units[i]->function_word)
            sum += plan->units[i]->weight;
    return sum > 0 ? sum : 1;
}

static osl_status add_terms(gathered *g, double weight, bool matching)
{
    double sum = 0, typed = typed_weight(g->plan);
    osl_status status = OSL_OK;
    for (size_t i = 0; i < g->count; i++)
        sum += g->items[i].weight;
    for (size_t i = 0; i < g->count && status == OSL_OK; i++) {
        double part = weight * typed * g->items[i].weight / sum;
        osl_unit_plan *unit = unit_of(g->plan, g->items[i].term);
        if (unit)
            unit->weight += part;
        else
            status = osl_plan_add_term(g->plan, g->items[i].term, part,
                                       matching, g->err);
    }
    return status;
}

/* The sixth power of its score: where one paragraph stands out it is the one
 * to learn from, where all are alike each is. */
static double merit_of(const osl_top_entry *entry)
{
    double score = (double)entry->score / OSL_SCORE_ONE, square = score * score;
    return square * square * square;
}

static osl_status gather(gathered *g, const osl_top_entry *entries,
                         size_t count)
{
    double scores = 0;
    osl_status status = read_texts(g, entries, count);
    for (size_t i = 0; i < count; i++)
        scores += merit_of(&entries[i]);
    for (size_t i = 0; i < count && status == OSL_OK; i++)
        status =
            gather_text(g, i, scores > 0 ? merit_of(&entries[i]) / scores : 1);
    return status;
}

osl_status osl_feedback(osl_plan *plan, const osl_top_entry *entries,
                        size_t count, double weight, bool matching,
                        osl_error *err)
{
    gathered g = {.plan = plan, .err = err};
    if (count > OSL_FEEDBACK_PARAGRAPHS)
        count = OSL_FEEDBACK_PARAGRAPHS;
    osl_status status = gather(&g, entries, count);
    if (status == OSL_OK)
        status = choose(&g);
    if (status == OSL_OK)
        status = add_terms(&g, weight, matching);
    if (status == OSL_OK)
        osl_plan_weigh(plan);
    osl_arena_clear(&g.arena);
    return status;
}

bool osl_feedback_fits(const osl_plan *plan)
{
    const osl_plan_node *node = plan->root && plan->root->kind == OSL_PLAN_GROUP
                                    ? plan->root->children
                                    : NULL;
    while (node && (node->kind != OSL_PLAN_UNIT || !node->unit->plain ||
                    node->occur != OSL_OCCUR_SHOULD))
        node = node->next;
    return node != NULL;
}

static uint64_t reach_of(const osl_plan_node *node)
{
    uint64_t reach = 0;
    if (node->kind == OSL_PLAN_FILTER)
        return UINT32_MAX;
    if (node->kind == OSL_PLAN_UNIT)
        return node->cost;
    for (const osl_plan_node *child = node->children; child;
         child = child->next)
        reach += child->occur == OSL_OCCUR_NOT ? 0 : reach_of(child);
    return reach;
}

bool osl_feedback_widens(const osl_plan *plan)
{
    uint64_t few = plan->measures->statistics[0].count / RARE;
    few = few < plan->settings.few ? few : plan->settings.few;
    return plan->root && reach_of(plan->root) <= few;
}
