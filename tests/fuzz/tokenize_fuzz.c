/* SPDX-License-Identifier: MIT
 *
 * Any bytes: the fast tokeniser at every level against the authority, each
 * token resolved, and the compounds and definitions of the text walked. */
#include "tests/fuzz/fuzz.h"

#include "core/text/abbreviations.h"
#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

static void must(bool held)
{
    if (!held)
        abort();
}

static void compare(const osl_tokens *a, const osl_tokens *b)
{
    must(a->count == b->count);
    if (a->count == 0)
        return;
    must(memcmp(a->starts, b->starts, a->count * sizeof *a->starts) == 0);
    must(memcmp(a->ends, b->ends, a->count * sizeof *a->ends) == 0);
    must(memcmp(a->flags, b->flags, a->count) == 0);
}

static void walk(const osl_analyzer *analyzer, osl_text text,
                 const osl_tokens *tokens)
{
    osl_resolver *resolver;
    must(osl_resolver_new(&resolver, analyzer, NULL) == OSL_OK);
    for (size_t i = 0; i < tokens->count; i++) {
        osl_form form;
        osl_text bytes = {text.bytes + tokens->starts[i],
                          tokens->ends[i] - tokens->starts[i]};
        must(osl_resolve(resolver, bytes, tokens->flags[i] & OSL_TOKEN_KEY,
                         &form, NULL) == OSL_OK);
        must(form.folded.length > 0 && form.term.length > 0);
    }
    osl_resolver_free(resolver);
    size_t first = 0, count = 0, at = 0;
    char joined[64];
    while (osl_next_compound(text, tokens, &first, &count, joined))
        must(first + count <= tokens->count && strlen(joined) < 64);
    osl_abbreviation found;
    while (osl_next_abbreviation(text, tokens, &at, &found))
        must(found.long_form.length > found.short_form.length);
}

/* Opened once: they cost more than an input. */
static const osl_analyzer *analyzer_of(unsigned level)
{
    static osl_analyzer *analyzers[OSL_CPU_AVX512 + 1];
    if (!analyzers[level])
        must(osl_analyzer_open(&analyzers[level], NULL, (osl_cpu_level)level,
                               NULL) == OSL_OK);
    return analyzers[level];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static osl_tokens icu, fast;
    osl_text text = {(const char *)data, size};
    must(osl_tokenize_icu(analyzer_of(0), text, &icu, NULL) == OSL_OK);
    for (unsigned level = 0; level <= (unsigned)osl_cpu_highest(); level++) {
        must(osl_tokenize(analyzer_of(level), text, &fast, NULL) == OSL_OK);
        compare(&icu, &fast);
    }
    walk(analyzer_of(0), text, &fast);
    return 0;
}
