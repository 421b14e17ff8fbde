/* SPDX-License-Identifier: MIT
 *
 * The text is read twice: to see how much room all of it takes, and to lay it
 * out in that. */
#include "query/prepared.h"

#include "query/answer.h"

#include <stdlib.h>
#include <string.h>

/* What a query takes. */
typedef struct extent {
    size_t clauses, words, bytes;
    bool has_phrase;
} extent;

static osl_status too_much(osl_error *err)
{
    return osl_fail(err, OSL_ELIMIT,
                    "a prepared query has at most %d words and phrases of at "
                    "most %d words",
                    OSL_FLAT_LEAVES_MAX, OSL_FLAT_WORDS_MAX);
}

/* The next word of `text`, from *at on; empty where there is none. */
static osl_text next_word(osl_text text, size_t *at)
{
    while (*at < text.length && text.bytes[*at] == ' ')
        (*at)++;
    size_t start = *at;
    while (*at < text.length && text.bytes[*at] != ' ')
        (*at)++;
    return (osl_text){text.bytes + start, *at - start};
}

static osl_status measure_clause(const osl_node *node, extent *all,
                                 osl_error *err)
{
    bool plain = (node->kind == OSL_NODE_WORD ||
                  (node->kind == OSL_NODE_PHRASE && node->distance < 0)) &&
                 node->occur != OSL_OCCUR_FILTER && !node->exact;
    if (!plain)
        return osl_fail(err, OSL_EINVAL,
                        "a prepared query has only words and phrases, with + "
                        "or - before them");
    size_t words = 0, at = 0;
    osl_text word;
    while ((word = next_word(node->text, &at)).length > 0) {
        words++;
        all->bytes += word.length + 1;
    }
    all->clauses++;
    all->words += words;
    all->has_phrase |= words > 1;
    return words > OSL_FLAT_WORDS_MAX || all->clauses > OSL_FLAT_LEAVES_MAX
               ? too_much(err)
               : OSL_OK;
}

/* Where the next clause and the next word go. */
typedef struct layout {
    osl_prepared *prepared;
    osl_clause *clause;
    osl_text *word, *pair;
    char *bytes;
} layout;

/* Its words stand one blank apart, so that a pair is a part of them. */
static void lay_out_words(layout *to, osl_text text)
{
    size_t at = 0;
    osl_text *first = to->word, word;
    while ((word = next_word(text, &at)).length > 0) {
        memcpy(to->bytes, word.bytes, word.length);
        to->bytes[word.length] = ' ';
        *to->word = (osl_text){to->bytes, word.length};
        if (to->pair && to->word > first)
            to->pair[-1] = (osl_text){to->word[-1].bytes,
                                      to->word[-1].length + 1 + word.length};
        if (to->pair)
            *to->pair++ = (osl_text){to->bytes, 0};
        to->word++;
        to->bytes += word.length + 1;
    }
}

static void lay_out_clause(layout *to, const osl_node *node)
{
    static const osl_flat_occur occurs[] = {[OSL_OCCUR_SHOULD] =
                                                OSL_FLAT_SHOULD,
                                            [OSL_OCCUR_MUST] = OSL_FLAT_MUST,
                                            [OSL_OCCUR_NOT] = OSL_FLAT_NOT};
    const osl_text *first = to->word;
    lay_out_words(to, node->text);
    *to->clause = (osl_clause){
        .occur = occurs[node->occur],
        .word_count = (uint16_t)(to->word - first),
        .first_word = (uint16_t)(first - to->prepared->words),
        .weight = node->weight,
    };
    to->clause++;
}

static osl_text find_counted(const osl_prepared *prepared)
{
    const osl_clause *only = NULL;
    unsigned musts = 0, shoulds = 0;
    for (unsigned i = 0; i < prepared->clause_count; i++) {
        const osl_clause *at = &prepared->clauses[i];
        bool must = at->occur == OSL_FLAT_MUST;
        if (at->occur == OSL_FLAT_NOT)
            return (osl_text){NULL, 0};
        musts += must;
        shoulds += !must;
        if (must || !only)
            only = at;
    }
    bool one = musts == 1 || (musts == 0 && shoulds == 1);
    return one && only->word_count == 1 ? prepared->words[only->first_word]
                                        : (osl_text){NULL, 0};
}

static const uint64_t *hash_words(uint64_t *out, const osl_text *words,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = osl_asked_hash(words[i]);
    return out;
}

/* NULL: no memory. */
static osl_prepared *lay_out(const osl_tree *tree, const extent *all)
{
    size_t bytes = (all->bytes + sizeof(double) - 1) & ~(sizeof(double) - 1);
    size_t words = all->words * (sizeof(osl_text) + sizeof(uint64_t));
    osl_prepared *prepared = calloc(
        1, sizeof(osl_prepared) + bytes + all->clauses * sizeof(osl_clause) +
               words + (all->has_phrase ? words : 0));
    if (!prepared)
        return NULL;
    layout to = {.prepared = prepared, .bytes = (char *)(prepared + 1)};
    to.clause = (osl_clause *)(void *)(to.bytes + bytes);
    to.word = (osl_text *)(to.clause + all->clauses);
    to.pair = all->has_phrase ? to.word + all->words : NULL;
    uint64_t *hashes =
        (uint64_t *)(void *)(to.word + all->words * (all->has_phrase ? 2 : 1));
    prepared->clauses = to.clause;
    prepared->words = to.word;
    prepared->pairs = to.pair;
    prepared->clause_count = (uint16_t)all->clauses;
    prepared->word_count = (uint16_t)all->words;
    prepared->has_phrase = all->has_phrase;
    for (const osl_node *node = tree->root->children; node; node = node->next)
        lay_out_clause(&to, node);
    prepared->hashes = hash_words(hashes, prepared->words, all->words);
    if (prepared->pairs)
        prepared->pair_hashes =
            hash_words(hashes + all->words, prepared->pairs, all->words);
    prepared->counted = find_counted(prepared);
    prepared->counted_hash = osl_asked_hash(prepared->counted);
    return prepared;
}

osl_status osl_prepare(osl_prepared **out, const osl_searcher *searcher,
                       osl_text query, const osl_search_options *options,
                       bool analysed, osl_error *err)
{
    (void)searcher;
    osl_tree tree;
    extent all = {0};
    osl_arena parsing = {0};
    if (!analysed || options->ranking != OSL_RANKING_BM25)
        return osl_fail(err, OSL_EINVAL,
                        "only analysed queries of plain ranking are prepared");
    osl_status status = osl_ranking_check(options, err);
    if (status == OSL_OK)
        status =
            osl_language_parse(&tree, query, options->strict, &parsing, err);
    const osl_node *node = status == OSL_OK ? tree.root->children : NULL;
    for (; node && status == OSL_OK; node = node->next)
        status = measure_clause(node, &all, err);
    osl_prepared *prepared = status == OSL_OK ? lay_out(&tree, &all) : NULL;
    if (status == OSL_OK && !prepared)
        status = osl_fail(err, OSL_ENOMEM, "out of memory for a query");
    osl_arena_clear(&parsing);
    if (status != OSL_OK)
        return status;
    osl_ranking_settings settings = osl_ranking_of(options, false);
    prepared->k1 = settings.k1;
    prepared->b = settings.b;
    *out = prepared;
    return OSL_OK;
}

void osl_prepared_free(osl_prepared *prepared)
{
    free(prepared);
}
