/* SPDX-License-Identifier: MIT
 *
 * The rules of analysis, row by row, on the authority and on the tokeniser
 * in use. Tokens are written with a bar between them; "+" behind a bar in
 * `terms` parts a second term from the base term at its place. */
#include "tests/test.h"

#include "core/base/buf.h"
#include "core/text/text.h"

typedef osl_status tokenize_fn(const osl_analyzer *, osl_text, osl_tokens *,
                               osl_error *);

static const struct {
    const char *name;
    tokenize_fn *tokenize;
} tokenizers[] = {{"icu", osl_tokenize_icu}, {"fast", osl_tokenize}};

static osl_analyzer *open_analyzer(const char *language)
{
    osl_error err;
    osl_analyzer *analyzer;
    osl_analysis_settings settings = {.language = language};
    assert_ok(osl_analyzer_open(&analyzer, &settings, osl_cpu_highest(), &err));
    return analyzer;
}

/* Tokens of `text`, their bytes as they stand, parted by bars. */
static void write_spans(osl_buf *out, osl_text text, const osl_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        osl_buf_printf(out, "%s%.*s", i ? "|" : "",
                       (int)(tokens->ends[i] - tokens->starts[i]),
                       text.bytes + tokens->starts[i]);
    osl_buf_put_byte(out, 0);
}

/* The terms of `text`: base terms, and extra terms in brackets. */
static void write_terms(osl_buf *out, const osl_analyzer *analyzer,
                        osl_text text, const osl_tokens *tokens)
{
    osl_error err;
    osl_resolver *resolver;
    assert_ok(osl_resolver_new(&resolver, analyzer, &err));
    for (size_t i = 0; i < tokens->count; i++) {
        osl_form form;
        osl_text bytes = {text.bytes + tokens->starts[i],
                          tokens->ends[i] - tokens->starts[i]};
        assert_ok(osl_resolve(resolver, bytes, tokens->flags[i] & OSL_TOKEN_KEY,
                              &form, &err));
        assert_false(osl_term_is_extra(form.term));
        assert_int_equal(osl_term_is_extra(form.extra), form.extra.length > 0);
        osl_buf_printf(out, "%s%.*s", i ? " " : "", (int)form.term.length,
                       form.term.bytes);
        if (form.extra.length)
            osl_buf_printf(out, "(%.*s)", (int)form.extra.length,
                           form.extra.bytes);
    }
    osl_buf_put_byte(out, 0);
    osl_resolver_free(resolver);
}

typedef struct span_case {
    const char *text, *spans;
} span_case;

static void check_spans(const span_case *cases, size_t count)
{
    osl_error err;
    osl_analyzer *analyzer = open_analyzer("en");
    for (size_t i = 0; i < count; i++)
        for (size_t t = 0; t < COUNT_OF(tokenizers); t++) {
            osl_tokens tokens = {0};
            osl_buf got = {0};
            osl_text text = osl_text_of(cases[i].text);
            assert_ok(tokenizers[t].tokenize(analyzer, text, &tokens, &err));
            write_spans(&got, text, &tokens);
            if (strcmp((char *)got.bytes, cases[i].spans) != 0)
                fail_msg("%s: \"%s\" is \"%s\", not \"%s\"", tokenizers[t].name,
                         cases[i].text, got.bytes, cases[i].spans);
            osl_buf_clear(&got);
            osl_tokens_clear(&tokens);
        }
    osl_analyzer_free(analyzer);
}

static void check_terms(const char *language, const span_case *cases,
                        size_t count)
{
    osl_error err;
    osl_analyzer *analyzer = open_analyzer(language);
    for (size_t i = 0; i < count; i++)
        for (size_t t = 0; t < COUNT_OF(tokenizers); t++) {
            osl_tokens tokens = {0};
            osl_buf got = {0};
            osl_text text = osl_text_of(cases[i].text);
            assert_ok(tokenizers[t].tokenize(analyzer, text, &tokens, &err));
            write_terms(&got, analyzer, text, &tokens);
            if (strcmp((char *)got.bytes, cases[i].spans) != 0)
                fail_msg("%s, %s: \"%s\" is \"%s\", not \"%s\"", language,
                         tokenizers[t].name, cases[i].text, got.bytes,
                         cases[i].spans);
            osl_buf_clear(&got);
            osl_tokens_clear(&tokens);
        }
    osl_analyzer_free(analyzer);
}

static void words_break_where_the_rules_say(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"", ""},
        {" .,; ", ""},
        {"second ablative allogeneic HSCT", "second|ablative|allogeneic|HSCT"},
        {"T-cell t\u2011cell t\u2010cell", "T|cell|t|cell|t|cell"},
        {"a;b:c::d/e", "a|b|c|d|e"},
        {"t(9;22)(q34;q11.2)", "t|9|22|q34|q11.2"},
        {"p.Val600Glu", "p|Val600Glu"},
        {"BCR::ABL1, BCR/ABL1", "BCR|ABL1|BCR|ABL1"},
        {"snake_case", "snake|case"},
        {"no\u00A0break\u202Fspace", "no|break|space"},
        {"can't can\u2019t 'quoted' patients'",
         "can't|can\u2019t|quoted|patients"},
        {"Sj\u00F6gren\u2019s", "Sj\u00F6gren\u2019s"},
        {"5'UTR 1'000", "5|UTR|1|000"},
        {"leuk\u00ADaemia", "leuk\u00ADaemia"},
        {"HSCT.[70,71]", "HSCT|70,71"},
        {"e\u0301te\u0301", "e\u0301te\u0301"},
        {"wait\xFFhere \xE2\x89", "wait|here"},
        {"10%-30%", "10|30"},
    };
    check_spans(cases, COUNT_OF(cases));
}

static void numbers_keep_their_points_and_commas(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"50,000 1,234,567", "50,000|1,234,567"},
        {"1,5 mg", "1,5|mg"},
        {"70,71,72", "70|71|72"},
        {"IL-1,2", "IL|1,2"},
        {"CD4,8", "CD4|8"},
        {"0.01% .01 %", "0.01|.01"},
        {"(p<.05)", "p|.05"},
        {"end.70", "end|70"},
        {"(x).70 5.", "x|70|5"},
        {"...5", "5"},
        {"1.2.3", "1.2.3"},
        {"0\u00B701 mg\u00B7kg", "0\u00B701|mg|kg"},
        {"1,2.5", "1,2.5"},
    };
    check_spans(cases, COUNT_OF(cases));
}

static void powers_part_from_their_base_and_exponents_join_units(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"10\u2079/L", "10|\u2079|L"},
        {"10^9/L", "10|9|L"},
        {"\u00D7 109/L x 1012/L", "10|9|L|x|10|12|L"},
        {"\u00D7109/L x109/L 5x109/L", "10|9|L|x|10|9|L|5|x|10|9|L"},
        {"the number 109/L", "the|number|109|L"},
        {"max 109/L", "max|109|L"},
        {"\u00D7 10912/L \u00D7 209/L", "10912|L|209|L"},
        {"mg/m\u00B2 mg/m2 mg/m^2", "mg|m\u00B2|mg|m2|mg|m^2"},
        {"H\u2082O CO\u2082", "H\u2082O|CO\u2082"},
        {"\u00B9\u00B3\u00B9I", "\u00B9\u00B3\u00B9I"},
        {"10\u207B\u2079", "10|\u2079"},
        {"m2\u00B3", "m2|\u00B3"},
    };
    check_spans(cases, COUNT_OF(cases));
}

static void signs_stay_with_short_names(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"CD19+ Ph+ 5q- ER\u2212", "CD19+|Ph+|5q-|ER\u2212"},
        {"CD4+CD25+", "CD4+|CD25+"},
        {"CD4-CD8-", "CD4|CD8-"},
        {"CD4\u207A Ca\u00B2\u207A", "CD4\u207A|Ca\u00B2\u207A"},
        {"short- and long-term", "short|and|long|term"},
        {"T- and B-cell", "T|and|B|cell"},
        {"T-, B-cell; T- or", "T|B|cell|T|or"},
        {"T- to", "T|to"},
        {"T- total", "T-|total"},
        {"HER2-negative", "HER2|negative"},
        {"ER-/PR+", "ER-|PR+"},
        {"50+ 10- leukaemia+", "50|10|leukaemia"},
        {"abcdef+ ABCDEF-", "abcdef+|ABCDEF-"},
        {"abcdefg+ x-", "abcdefg|x"},
    };
    check_spans(cases, COUNT_OF(cases));
}

static void scripts_without_blanks_break_as_icu_does(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"\u05E9\u05DC\u05D5\u05DD \u05E2\u05D5\u05DC\u05DD",
         "\u05E9\u05DC\u05D5\u05DD|\u05E2\u05D5\u05DC\u05DD"},
        {"\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35\u0E0A\u0E32\u0E27\u0E42\u0E25"
         "\u0E01",
         "\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35|\u0E0A\u0E32\u0E27|\u0E42\u0E25"
         "\u0E01"},
        {"\u767D\u8840\u75C5 ALL+", "\u767D\u8840\u75C5|ALL+"},
    };
    check_spans(cases, COUNT_OF(cases));
}

static void english_terms_fold_and_stem(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"relapse relapsed relapses", "relaps relaps relaps"},
        {"na\u00EFve naive", "naiv naiv"},
        {"Sj\u00F6gren's Sjogren Sjogrens", "sjogren sjogren sjogren"},
        {"can't can\u2019t", "can't can't"},
        {"50,000 1,5 .01 0.01 01 1.50", "50000 1.5 0.01 0.01 01 1.50"},
        {"mg/m2 mg/m\u00B2 mg/m^2", "mg m2 mg m2 mg m2"},
        {"10^9/L 10\u2079/L \u00D710\u2079/l \u00D7 109/L",
         "10 9 l 10 9 l 10 9 l 10 9 l"},
        {"interferon-\u03B1 TNF-\u03B1 \u03B3\u03B4",
         "interferon alpha tnf(TNF) alpha gammadelta"},
        {"\u00B5g \u03BCg mcg ug mg 5\u00B5mol mcL", "ug ug ug ug mg 5umol ul"},
        {"CD19+ CD19- CD19", "cd19(cd19+) cd19(cd19-) cd19"},
        {"ER\u2212 5q\u2013", "er(er-) 5q(5q-)"},
        {"ALL all All A ABCDEFG CD19", "all(ALL) all all a abcdefg cd19"},
        {"RCTs RCT's MSs As ALLS RCTss RCTS'",
         "rcts(RCT) rct(RCT) mss(MS) as all(ALLS) rctss rcts(RCTS)"},
        {"NSAIDs PPIs SSRIs TNFs",
         "nsaid(NSAID) ppis(PPI) ssris(SSRI) tnfs(TNF)"},
        {"ABCDEFs ABCDEFGs IL2s iPSCs", "abcdef(ABCDEF) abcdefg il2s ipsc"},
        {"RABIES IN A CHILD", "rabi in a child"},
        {"ALL, AML, CML", "all(ALL) aml(AML) cml(CML)"},
        {"STAGE 3 ALL", "stage(STAGE) 3 all(ALL)"},
        {"0\u00B701", "0.01"},
        {"\u0663\u0664 \uFF11\uFF12", "34 12"},
        {"\u0141\u00F3d\u017A \u00D8stergaard Stra\u00DFe",
         "lodz ostergaard strass"},
        {"leuk\u00ADaemia", "leukaemia"},
    };
    check_terms("en", cases, COUNT_OF(cases));
}

static void other_languages_stem_first_and_fold_after(void **state)
{
    (void)state;
    static const span_case german[] = {
        {"H\u00E4user H\u00E4usern", "haus haus"},
        {"1,500 1,5", "1.500 1.5"},
    };
    static const span_case french[] = {
        {"l'\u0153d\u00E8me \u0153d\u00E8me d\u2019une", "oedem oedem une"},
    };
    check_terms("de", german, COUNT_OF(german));
    check_terms("fr", french, COUNT_OF(french));
}

static void without_a_language_analysed_words_stay_as_they_are(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"relaps 10 m2 1 mcg ug running 007",
         "relaps 10 m2 1 mcg ug running 007"},
    };
    check_terms("none", cases, COUNT_OF(cases));
}

static void analysed_words_come_back_one_by_one(void **state)
{
    (void)state;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzx0123456789011";
    osl_error err;
    osl_analyzer *analyzer = open_analyzer("none");
    test_random random = test_random_new(9);
    for (unsigned round = 0; round < 500; round++) {
        char bytes[600];
        size_t length = 0;
        while (length < 500) {
            size_t word = 1 + test_random_below(&random, 8);
            for (size_t i = 0; i < word; i++)
                bytes[length++] =
                    letters[test_random_below(&random, sizeof letters - 1)];
            bytes[length++] = ' ';
        }
        osl_tokens tokens = {0};
        osl_buf got = {0};
        osl_text text = {bytes, length - 1};
        assert_ok(osl_tokenize(analyzer, text, &tokens, &err));
        write_terms(&got, analyzer, text, &tokens);
        assert_int_equal(got.length, length);
        assert_memory_equal(got.bytes, bytes, length - 1);
        osl_buf_clear(&got);
        osl_tokens_clear(&tokens);
    }
    osl_analyzer_free(analyzer);
}

static void flags_tell_glue_capitals_signs_and_powers(void **state)
{
    (void)state;
    osl_error err;
    osl_analyzer *analyzer = open_analyzer("en");
    osl_text text = osl_text_of("T-cell CD4+CD25+ \u00D7 109/L TREATMENT OF A "
                                "RABIES. HEAD, NECK");
    enum { G = OSL_TOKEN_GLUED_LEFT, S = OSL_TOKEN_SIGNED };
    enum { P = OSL_TOKEN_POWER, C = OSL_TOKEN_PLAIN_CAPS };
    enum { W = OSL_TOKEN_SPACED };
    static const uint8_t want[] = {0,     G,     S | W, S | G, 0, P | G, G,
                                   C | W, C | W, W,     C | W, 0, 0};
    for (size_t t = 0; t < COUNT_OF(tokenizers); t++) {
        osl_tokens tokens = {0};
        assert_ok(tokenizers[t].tokenize(analyzer, text, &tokens, &err));
        assert_int_equal(tokens.count, COUNT_OF(want));
        for (size_t i = 0; i < COUNT_OF(want); i++)
            if (tokens.flags[i] != want[i])
                fail_msg("%s: token %zu has flags %u, not %u",
                         tokenizers[t].name, i, tokens.flags[i], want[i]);
        osl_tokens_clear(&tokens);
    }
    osl_analyzer_free(analyzer);
}

static void a_long_token_is_cut_between_characters(void **state)
{
    (void)state;
    osl_error err;
    osl_analyzer *analyzer = open_analyzer("en");
    enum { LETTERS = 1000 };
    char bytes[2 * LETTERS];
    for (size_t i = 0; i < LETTERS; i++) {
        bytes[2 * i] = (char)0xC3;
        bytes[2 * i + 1] = (char)0xA9;
    }
    for (size_t t = 0; t < COUNT_OF(tokenizers); t++) {
        osl_tokens tokens = {0};
        osl_text text = {bytes, sizeof bytes};
        assert_ok(tokenizers[t].tokenize(analyzer, text, &tokens, &err));
        assert_int_equal(tokens.count, 8);
        for (size_t i = 0; i < 8; i++) {
            assert_int_equal(tokens.starts[i], 254 * i);
            assert_int_equal(tokens.ends[i], i < 7 ? 254 * (i + 1) : 2000);
            assert_int_equal(tokens.flags[i], i ? OSL_TOKEN_GLUED_LEFT : 0);
        }
        osl_tokens_clear(&tokens);
    }
    osl_analyzer_free(analyzer);
}

static void a_compound_gives_its_joined_forms(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"a BCR-ABL1 fusion", "bcrabl1"},
        {"BCR::ABL1 BCR/ABL1", "bcrabl1 bcrabl1"},
        {"BCR-ABL1-like", "bcrabl1 bcrabl1like abl1like"},
        {"T-ALL 10-30 1/2 CD4+-x", ""},
        {"IL-2 X-ray", "il2 xray"},
        {"TNF-\u03B1", "tnfalpha"},
        {"BCR - ABL, BCR--ABL", ""},
    };
    osl_error err;
    osl_analyzer *analyzer = open_analyzer("en");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_tokens tokens = {0};
        osl_buf got = {0};
        osl_text text = osl_text_of(cases[i].text);
        assert_ok(osl_tokenize(analyzer, text, &tokens, &err));
        size_t first = 0, count = 0;
        char joined[64];
        while (osl_next_compound(text, &tokens, &first, &count, joined)) {
            assert_true(first + count <= tokens.count);
            osl_buf_printf(&got, "%s%s", got.length ? " " : "", joined);
        }
        osl_buf_put_byte(&got, 0);
        assert_string_equal(got.bytes, cases[i].spans);
        osl_buf_clear(&got);
        osl_tokens_clear(&tokens);
    }
    osl_analyzer_free(analyzer);
}

static void write_forms(osl_buf *out, const osl_form *forms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        osl_buf_printf(out, "%s%.*s", i ? " " : "", (int)forms[i].folded.length,
                       forms[i].folded.bytes);
}

static void a_typed_word_is_one_unit_with_its_other_spellings(void **state)
{
    (void)state;
    static const span_case cases[] = {
        {"relapse", "relapse"},
        {"BCR-ABL1", "bcr abl1 = bcrabl1"},
        {"BCR::ABL1", "bcr abl1 = bcrabl1"},
        {"IL2", "il2 = il 2"},
        {"IL-2", "il 2 = il2"},
        {"10mg", "10mg = 10 mg"},
        {"T-ALL", "t all"},
        {"10-30", "10 30"},
        {"1/2", "1 2"},
        {"t(9;22)", "t 9 22"},
        {"BCR-ABL1-like",
         "bcr abl1 like = bcrabl1like = bcrabl1 like = bcr abl1like"},
        {"mg/m\u00B2", "mg m2 = mgm2"},
        {"CD19+", "cd19"},
        {"...", ""},
    };
    osl_error err;
    osl_analyzer *analyzer = open_analyzer("en");
    osl_resolver *resolver;
    assert_ok(osl_resolver_new(&resolver, analyzer, &err));
    osl_arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_unit unit;
        osl_buf got = {0};
        assert_ok(osl_unit_of_word(resolver, osl_text_of(cases[i].text), &arena,
                                   &unit, &err));
        write_forms(&got, unit.forms, unit.form_count);
        for (size_t v = 0; v < unit.variant_count; v++) {
            osl_buf_printf(&got, " = ");
            write_forms(&got, unit.variants[v].forms,
                        unit.variants[v].form_count);
        }
        osl_buf_put_byte(&got, 0);
        if (strcmp((char *)got.bytes, cases[i].spans) != 0)
            fail_msg("\"%s\" is \"%s\", not \"%s\"", cases[i].text, got.bytes,
                     cases[i].spans);
        osl_buf_clear(&got);
    }
    osl_arena_clear(&arena);
    osl_resolver_free(resolver);
    osl_analyzer_free(analyzer);
}

static void capitals_ask_for_the_acronym(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool asks;
    } cases[] = {{"ALL", true},  {"all", false}, {"CD19+", false},
                 {"A", false},   {"RCTs", true}, {"RCT's", true},
                 {"rcts", false}};
    osl_error err;
    osl_analyzer *analyzer = open_analyzer("en");
    osl_resolver *resolver;
    assert_ok(osl_resolver_new(&resolver, analyzer, &err));
    osl_arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_unit unit;
        assert_ok(osl_unit_of_word(resolver, osl_text_of(cases[i].word), &arena,
                                   &unit, &err));
        assert_int_equal(unit.asks_acronym, cases[i].asks);
    }
    osl_arena_clear(&arena);
    osl_resolver_free(resolver);
    osl_analyzer_free(analyzer);
}

enum { FORMS = 6000 };
typedef struct form_texts {
    osl_text texts[FORMS];
    uint8_t flags[FORMS];
    char made[FORMS][24];
    osl_form together[FORMS];
} form_texts;

/* Words that repeat, fold alike, need ICU or fold to nothing, and enough new
 * ones to make the table grow. */
static void make_forms(form_texts *of)
{
    static const char *const words[] = {
        "Running", "running", "ran",   "Na\xC3\xAFve", "naive",
        "WHO",     "RCTs",    "CD19+", "50,000",       "mcg",
        "it's",    ".5",      "ALL",   "\xE1\x85\x9F", "na\xC3\xAFve",
    };
    for (size_t i = 0; i < FORMS; i++) {
        (void)snprintf(of->made[i], sizeof of->made[i], "Word%zus", i);
        of->texts[i] =
            osl_text_of(i % 3 == 0 ? of->made[i] : words[i % COUNT_OF(words)]);
        of->flags[i] = i % 7 == 0 ? OSL_TOKEN_PLAIN_CAPS : 0;
    }
}

static void resolve_in_steps(osl_resolver *resolver, form_texts *of)
{
    osl_error err;
    for (size_t from = 0, step = 0; from < FORMS; from += step) {
        step = step * 3 % 101 + 1;
        step = step < FORMS - from ? step : FORMS - from;
        assert_ok(osl_resolve_all(resolver, of->texts + from, of->flags + from,
                                  step, of->together + from, &err));
    }
}

static void check_each(osl_resolver *resolver, const form_texts *of)
{
    osl_error err;
    for (size_t i = 0; i < FORMS; i++) {
        osl_form alone;
        assert_ok(
            osl_resolve(resolver, of->texts[i], of->flags[i], &alone, &err));
        assert_true(osl_text_equal(alone.folded, of->together[i].folded));
        assert_true(osl_text_equal(alone.term, of->together[i].term));
        assert_true(osl_text_equal(alone.extra, of->together[i].extra));
    }
}

static void forms_together_mean_what_each_means_alone(void **state)
{
    (void)state;
    static const char *const languages[] = {"en", "fr", "none"};
    static form_texts of;
    osl_error err;
    make_forms(&of);
    for (size_t n = 0; n < COUNT_OF(languages); n++) {
        osl_analyzer *analyzer = open_analyzer(languages[n]);
        osl_resolver *one, *all;
        assert_ok(osl_resolver_new(&one, analyzer, &err));
        assert_ok(osl_resolver_new(&all, analyzer, &err));
        resolve_in_steps(all, &of);
        check_each(one, &of);
        osl_resolver_free(one);
        osl_resolver_free(all);
        osl_analyzer_free(analyzer);
    }
}

static void fingerprints_tell_settings_apart(void **state)
{
    (void)state;
    osl_error err;
    static const osl_analysis_settings settings[] = {
        {"en", false}, {"en", true}, {"de", false}, {"none", false}};
    uint64_t prints[COUNT_OF(settings)];
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        osl_analyzer *analyzer;
        assert_ok(
            osl_analyzer_open(&analyzer, &settings[i], OSL_CPU_SCALAR, &err));
        prints[i] = osl_analyzer_fingerprint(analyzer);
        osl_analyzer_free(analyzer);
        for (size_t j = 0; j < i; j++)
            assert_true(prints[i] != prints[j]);
    }
    osl_analyzer *analyzer;
    static const osl_analysis_settings unknown = {.language = "klingon"};
    assert_int_equal(
        osl_analyzer_open(&analyzer, &unknown, OSL_CPU_SCALAR, &err),
        OSL_EINVAL);
    assert_non_null(strstr(err.text, "klingon"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_break_where_the_rules_say),
        cmocka_unit_test(numbers_keep_their_points_and_commas),
        cmocka_unit_test(powers_part_from_their_base_and_exponents_join_units),
        cmocka_unit_test(signs_stay_with_short_names),
        cmocka_unit_test(scripts_without_blanks_break_as_icu_does),
        cmocka_unit_test(english_terms_fold_and_stem),
        cmocka_unit_test(other_languages_stem_first_and_fold_after),
        cmocka_unit_test(without_a_language_analysed_words_stay_as_they_are),
        cmocka_unit_test(analysed_words_come_back_one_by_one),
        cmocka_unit_test(flags_tell_glue_capitals_signs_and_powers),
        cmocka_unit_test(a_long_token_is_cut_between_characters),
        cmocka_unit_test(a_compound_gives_its_joined_forms),
        cmocka_unit_test(a_typed_word_is_one_unit_with_its_other_spellings),
        cmocka_unit_test(capitals_ask_for_the_acronym),
        cmocka_unit_test(forms_together_mean_what_each_means_alone),
        cmocka_unit_test(fingerprints_tell_settings_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
