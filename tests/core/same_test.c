/* SPDX-License-Identifier: MIT
 *
 * "The same" and "apart": what finds what, at the level of analysis. A query
 * is a list of words; each is a unit with its variants and, word by word, its
 * spellings. It finds a text when some choice of variants stands there as a
 * phrase, or when a word typed in one piece is a compound of the text. */
#include "tests/test.h"

#include "core/text/spelling.h"
#include "core/text/text.h"

enum { TERMS = 64 };

typedef struct term_list {
    osl_text terms[TERMS], extras[TERMS];
    size_t count;
    char joined[TERMS][64];
    size_t joined_count;
} term_list;

typedef struct workbench {
    osl_analyzer *analyzer;
    osl_resolver *resolver;
    osl_arena arena;
} workbench;

static osl_text stem_of(workbench *bench, osl_text folded)
{
    osl_error err;
    osl_form form;
    assert_ok(osl_resolve(bench->resolver, folded, 0, &form, &err));
    return form.term;
}

static void read_text(workbench *bench, const char *bytes, term_list *out)
{
    osl_error err;
    osl_tokens tokens = {0};
    osl_text text = osl_text_of(bytes);
    assert_ok(osl_tokenize(bench->analyzer, text, &tokens, &err));
    assert_true(tokens.count <= TERMS);
    *out = (term_list){.count = tokens.count};
    for (size_t i = 0; i < tokens.count; i++) {
        osl_form form;
        osl_text token = {text.bytes + tokens.starts[i],
                          tokens.ends[i] - tokens.starts[i]};
        assert_ok(osl_resolve(bench->resolver, token,
                              tokens.flags[i] & OSL_TOKEN_KEY, &form, &err));
        out->terms[i] = form.term;
        out->extras[i] = form.extra;
    }
    size_t first = 0, count = 0;
    while (out->joined_count < TERMS &&
           osl_next_compound(text, &tokens, &first, &count,
                             out->joined[out->joined_count]))
        out->joined_count++;
    osl_tokens_clear(&tokens);
}

/* Whether a form is the word at a place: its second term where it has one,
 * else its base term in any spelling. */
static bool is_at(workbench *bench, const term_list *text, size_t at,
                  const osl_form *form)
{
    if (at >= text->count)
        return false;
    if (form->extra.length)
        return osl_text_equal(text->extras[at], form->extra);
    if (osl_text_equal(text->terms[at], form->term))
        return true;
    osl_text spellings[16];
    size_t count =
        osl_spelling_variants(form->folded, spellings, 16, &bench->arena);
    for (size_t i = 0; i < count; i++)
        if (osl_text_equal(text->terms[at], stem_of(bench, spellings[i])))
            return true;
    return false;
}

/* Where the phrase of `forms` ends when it begins at `at`; 0: it does not. */
static size_t phrase_end(workbench *bench, const term_list *text, size_t at,
                         const osl_form *forms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_at(bench, text, at + i, &forms[i]))
            return 0;
    return at + count;
}

static bool finds_from(workbench *bench, const term_list *text, size_t at,
                       const osl_unit *units, size_t count)
{
    if (count == 0)
        return true;
    size_t end = phrase_end(bench, text, at, units->forms, units->form_count);
    if (end && finds_from(bench, text, end, units + 1, count - 1))
        return true;
    for (size_t v = 0; v < units->variant_count; v++) {
        end = phrase_end(bench, text, at, units->variants[v].forms,
                         units->variants[v].form_count);
        if (end && finds_from(bench, text, end, units + 1, count - 1))
            return true;
    }
    return false;
}

static bool finds(workbench *bench, const char *query, const char *bytes)
{
    osl_error err;
    osl_units found;
    assert_ok(osl_units_of_text(bench->resolver, osl_text_of(query), true,
                                &bench->arena, &found, &err));
    const osl_unit *units = found.units;
    size_t count = found.count;
    term_list text;
    read_text(bench, bytes, &text);
    for (size_t at = 0; at < text.count; at++)
        if (finds_from(bench, &text, at, units, count))
            return true;
    for (size_t i = 0; count == 1 && i < text.joined_count; i++)
        if (units->form_count == 1 &&
            osl_text_equal(units->forms[0].folded, osl_text_of(text.joined[i])))
            return true;
    return false;
}

typedef struct row {
    const char *left, *right;
} row;

static void open_bench(workbench *out)
{
    osl_error err;
    *out = (workbench){0};
    assert_ok(osl_analyzer_open(&out->analyzer, NULL, osl_cpu_highest(), &err));
    assert_ok(osl_resolver_new(&out->resolver, out->analyzer, &err));
}

static void close_bench(workbench *bench)
{
    osl_arena_clear(&bench->arena);
    osl_resolver_free(bench->resolver);
    osl_analyzer_free(bench->analyzer);
}

static void the_same_find_each_other(void **state)
{
    (void)state;
    static const row rows[] = {
        {"T-cell", "T cell"},
        {"T-cell", "t\u2011cell"},
        {"relapse", "relapsed"},
        {"relapses", "relapse"},
        {"leukaemia", "leukemia"},
        {"oedema", "edema"},
        {"tumour", "tumor"},
        {"haematopoietic", "hematopoietic"},
        {"mg/m2", "mg/m\u00B2"},
        {"mg/m2", "mg/m^2"},
        {"10^9/L", "10\u2079/L"},
        {"10^9/L", "\u00D710\u2079/l"},
        {"10^9/L", "\u00D7 109/L"},
        {"0.01%", "0.01 %"},
        {"0.01%", ".01%"},
        {"BCR-ABL1", "BCR::ABL1"},
        {"BCR/ABL1", "BCR-ABL1"},
        {"BCR-ABL1", "BCRABL1"},
        {"interferon-\u03B1", "interferon alpha"},
        {"na\u00EFve", "naive"},
        {"Sj\u00F6gren's", "Sjogren"},
        {"Sj\u00F6gren\u2019s", "Sjogrens"},
        {"can't", "can\u2019t"},
        {"IL-2", "IL 2"},
        {"IL-2", "IL2"},
        {"T-ALL", "T ALL"},
        {"\u00B5g", "\u03BCg"},
        {"\u00B5g", "mcg"},
        {"t(9;22)(q34;q11.2)", "t 9 22 q34 q11.2"},
        {"1,500 mg", "1500 mg"},
        {"5 mg", "5mg"},
        {"IL 2", "IL2"},
        {"NSAID", "NSAIDs"},
        {"WHO", "WHO\u2019s"},
    };
    workbench bench;
    open_bench(&bench);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!finds(&bench, rows[i].left, rows[i].right))
            fail_msg("\"%s\" does not find \"%s\"", rows[i].left,
                     rows[i].right);
        if (!finds(&bench, rows[i].right, rows[i].left))
            fail_msg("\"%s\" does not find \"%s\"", rows[i].right,
                     rows[i].left);
    }
    close_bench(&bench);
}

static void those_apart_do_not(void **state)
{
    (void)state;
    static const row rows[] = {
        {"T cell", "B cell"},
        {"mg", "mcg"},
        {"10 9", "the number 109"},
        {"10 9", "109/L"},
        {"0.01%", "0.1%"},
        {"0.01", "01"},
        {"10 30", "1030"},
        {"10-30", "1030"},
        {"1030", "10-30"},
        {"BCR-ABL1", "BCR alone"},
        {"t(9;22)", "t922"},
        {"t922", "t(9;22)"},
        {"interferon-\u03B1", "interferon beta"},
        {"CD19+", "CD19-"},
        {"CD19+", "CD19"},
        {"ALL", "all of them"},
        {"ALL", "TREATMENT OF ALL CHILDREN"},
        {"IL-2", "IL-12"},
        {"T-ALL", "tall"},
        {"tall", "T-ALL"},
        {"\u00B5g", "mg"},
        {"50,000", "50 000"},
        {"form", "from"},
        {"four", "for"},
        {"ALL", "alls"},
        {"ARBs", "arbs"},
    };
    workbench bench;
    open_bench(&bench);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (finds(&bench, rows[i].left, rows[i].right))
            fail_msg("\"%s\" finds \"%s\"", rows[i].left, rows[i].right);
    close_bench(&bench);
}

static void some_find_one_way_only(void **state)
{
    (void)state;
    static const row rows[] = {
        {"CD19", "CD19+"},
        {"CD19", "CD19- cells"},
        {"all", "ALL"},
        {"rabies", "VACCINES AGAINST RABIES"},
        {"BCRABL1", "BCR-ABL1 positive"},
        {"HSCT", "HSCT.[70,71]"},
        {"10 30", "10%-30%"},
        {"10 30", "10\u201330 %"},
        {"long-term", "longterm care"},
        {"ALL", "the ALL of it"},
    };
    workbench bench;
    open_bench(&bench);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (!finds(&bench, rows[i].left, rows[i].right))
            fail_msg("\"%s\" does not find \"%s\"", rows[i].left,
                     rows[i].right);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_find_each_other),
        cmocka_unit_test(those_apart_do_not),
        cmocka_unit_test(some_find_one_way_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
