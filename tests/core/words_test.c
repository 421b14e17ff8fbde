/* SPDX-License-Identifier: MIT
 *
 * Spellings, abbreviations and stems: what is known about words. */
#include "tests/test.h"

#include "core/base/buf.h"
#include "core/text/abbreviations.h"
#include "core/text/spelling.h"
#include "core/xapian/stem.h"

static void a_word_has_its_other_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *word, *other;
    } cases[] = {
        {"leukaemia", "leukemia"},
        {"oedema", "edema"},
        {"tumour", "tumor"},
        {"tumours", "tumors"},
        {"haematopoietic", "hematopoietic"},
        {"diarrhoea", "diarrhea"},
        {"paediatric", "pediatric"},
        {"anaemia", "anemia"},
        {"oesophagitis", "esophagitis"},
        {"foetus", "fetus"},
        {"gynaecological", "gynecological"},
        {"orthopaedic", "orthopedic"},
        {"centre", "center"},
        {"litres", "liters"},
        {"fibre", "fiber"},
        {"randomised", "randomized"},
        {"randomisation", "randomization"},
        {"sulphate", "sulfate"},
        {"anaesthetised", "anesthetized"},
        {"ischaemic", "ischemic"},
        {"haemorrhage", "hemorrhage"},
        {"behaviour", "behavior"},
        {"counselling", "counseling"},
        {"caesarean", "cesarean"},
        {"faecal", "fecal"},
        {"oestrogen", "estrogen"},
        {"analyse", "analyze"},
        {"hypoglycaemia", "hypoglycemia"},
        {"methaemoglobin", "methemoglobin"},
        {"dyspnoea", "dyspnea"},
        {"aetiology", "etiology"},
    };
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        const char *from = i % 2 ? cases[i / 2].other : cases[i / 2].word;
        const char *to = i % 2 ? cases[i / 2].word : cases[i / 2].other;
        osl_arena arena = {0};
        osl_text out[16];
        size_t count =
            osl_spelling_variants(osl_text_of(from), out, 16, &arena);
        bool found = false;
        for (size_t j = 0; j < count; j++) {
            found |= osl_text_equal(out[j], osl_text_of(to));
            assert_false(osl_text_equal(out[j], osl_text_of(from)));
        }
        if (!found)
            fail_msg("%s is not also %s", from, to);
        osl_arena_clear(&arena);
    }
}

static void common_words_have_no_other_spelling(void **state)
{
    (void)state;
    static const char *const words[] = {
        "all",     "does", "shoe", "for",  "four", "size",     "prize",
        "relapse", "dose", "cell", "bone", "risk", "treatment"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        osl_arena arena = {0};
        osl_text out[8];
        assert_int_equal(
            osl_spelling_variants(osl_text_of(words[i]), out, 8, &arena), 0);
        osl_arena_clear(&arena);
    }
}

static void spellings_stop_where_the_caller_has_no_room(void **state)
{
    (void)state;
    osl_arena arena = {0};
    osl_text out[1];
    assert_int_equal(
        osl_spelling_variants(osl_text_of("anaesthetised"), out, 1, &arena), 1);
    assert_int_equal(osl_spelling_variants(osl_text_of(""), out, 1, &arena), 0);
    osl_arena_clear(&arena);
}

/* The pairs once more, to be tried one by one. */
#define PAIR(british, b, american, a, head, tail) \
    {{british, american}, head, tail},
#define PART(n)
#define END(n)
static const struct {
    const char *sides[2];
    bool open_head, open_tail;
} pairs[] = {
#include "core/text/spelling_pairs.inc"
};
#undef PAIR
#undef PART
#undef END

/* Where a side of a pair fits in the word: the first place that leaves letters
 * before and behind where the pair says so. NULL: nowhere. */
static const char *place_of(const char *word, size_t pair, size_t side)
{
    const char *part = pairs[pair].sides[side];
    size_t length = strlen(word), size = strlen(part);
    bool head = pairs[pair].open_head, tail = pairs[pair].open_tail;
    if (head && !tail && length < 6)
        return NULL;
    for (const char *at = strstr(word, part); at; at = strstr(at + 1, part)) {
        bool first = at == word, last = at + size == word + length;
        if ((head ? !first : first) && (tail || last))
            return at;
    }
    return NULL;
}

enum { TWIN_MOST = 64, TWIN_LONGEST = 64 };

static void add_variant(char list[][TWIN_LONGEST + 1], size_t *count,
                        const char *word, size_t pair, size_t side)
{
    char made[3 * TWIN_LONGEST];
    const char *at = place_of(word, pair, side);
    if (!at)
        return;
    (void)snprintf(made, sizeof made, "%.*s%s%s", (int)(at - word), word,
                   pairs[pair].sides[1 - side],
                   at + strlen(pairs[pair].sides[side]));
    if (strlen(made) > TWIN_LONGEST)
        return;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(list[i], made) == 0)
            return;
    if (*count < TWIN_MOST)
        memcpy(list[(*count)++], made, strlen(made) + 1);
}

/* The word itself first, then its spellings. */
static size_t twin_variants(const char *word, char list[][TWIN_LONGEST + 1])
{
    size_t count = 1;
    memcpy(list[0], word, strlen(word) + 1);
    for (size_t done = 0; done < count; done++)
        for (size_t i = 0; i < 2 * COUNT_OF(pairs); i++)
            add_variant(list, &count, list[done], i / 2, i % 2);
    return count;
}

static void append(char word[TWIN_LONGEST], const char *what)
{
    size_t length = strlen(word);
    (void)snprintf(word + length, TWIN_LONGEST - length, "%s", what);
}

static void make_word(test_random *random, char word[TWIN_LONGEST])
{
    static const char *const pieces[] = {"a", "e", "is", "o", "t", "ation"};
    uint32_t parts = 1 + test_random_below(random, 3);
    word[0] = '\0';
    for (uint32_t i = 0; i < parts; i++) {
        uint32_t pair = test_random_below(random, COUNT_OF(pairs));
        if (test_random_below(random, 2))
            append(word, pieces[test_random_below(random, COUNT_OF(pieces))]);
        append(word, pairs[pair].sides[test_random_below(random, 2)]);
    }
    if (test_random_below(random, 4) == 0)
        word[test_random_below(random, (uint32_t)strlen(word))] ^= 1;
}

static void spellings_are_those_of_all_pairs_one_by_one(void **state)
{
    (void)state;
    test_random random = test_random_new(11);
    size_t found = 0;
    for (int i = 0; i < 20000; i++) {
        char word[TWIN_LONGEST], want[TWIN_MOST][TWIN_LONGEST + 1];
        osl_arena arena = {0};
        osl_text out[TWIN_MOST];
        make_word(&random, word);
        if (strlen(word) < 4)
            continue;
        size_t wanted = twin_variants(word, want);
        size_t count = osl_spelling_variants(osl_text_of(word), out,
                                             TWIN_MOST - 1, &arena);
        if (count != wanted - 1)
            fail_msg("%s: %zu spellings, not %zu", word, count, wanted - 1);
        for (size_t j = 0; j < count; j++)
            assert_true(osl_text_equal(out[j], osl_text_of(want[j + 1])));
        found += count;
        osl_arena_clear(&arena);
    }
    assert_true(found > 20000);
}

static void definitions_are_found_both_ways_round(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"after hematopoietic stem cell transplant (HSCT) in",
         "HSCT=hematopoietic stem cell transplant;"},
        {"acute graft-versus-host disease (GVHD)",
         "GVHD=graft-versus-host disease;"},
        {"minimal residual disease (MRDs)", "MRD=minimal residual disease;"},
        {"the CNS (central nervous system) was", "CNS=central nervous system;"},
        {"(event-free survival [EFS], 80%)", "EFS=event-free survival;"},
        {"complete remission (CR; 95%) and overall survival (OS, 5 years)",
         "CR=complete remission;OS=overall survival;"},
        {"We saw them. Relapse (HSCT)", ""},
        {"see below (Table 2) and (see text) (n = 20) (P < .05)", ""},
        {"stage (IV)", ""},
        {"an HSCT (HSCT)", ""},
        {"unclosed (ABC", ""},
        {"()[]((", ""},
        {"the American Academy of Neurology (AAN)",
         "AAN=American Academy of Neurology;"},
        {"deoxyribonucleic acid (DNA)", "DNA=deoxyribonucleic acid;"},
        {"months with everolimus (median PFS)", ""},
        {"a carcinoma of the pancreas (Pancreatic)", ""},
        {"interleukin-2 (IL-2)", "IL-2=interleukin-2;"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_buf got = {0};
        size_t at = 0;
        osl_abbreviation found;
        while (osl_next_abbreviation(osl_text_of(cases[i].text), NULL, &at,
                                     &found))
            osl_buf_printf(&got, "%.*s=%.*s;", (int)found.short_form.length,
                           found.short_form.bytes, (int)found.long_form.length,
                           found.long_form.bytes);
        osl_buf_put_byte(&got, 0);
        if (strcmp((char *)got.bytes, cases[i].want) != 0)
            fail_msg("\"%s\": \"%s\", not \"%s\"", cases[i].text, got.bytes,
                     cases[i].want);
        osl_buf_clear(&got);
    }
}

/* Text with a bracket now and then, mostly of words. */
static void fill(char *text, size_t length, test_random *random)
{
    static const char bytes[] = "(([)] AaBb SF.;:,s \n\0\xC3\xA9\xFF";
    static const char words[] = "abcdefgh ijklmnop \" , \xC3\x89";
    bool sparse = test_random_below(random, 2) == 0;
    for (size_t i = 0; i < length; i++)
        text[i] = sparse && test_random_below(random, 16) != 0
                      ? words[test_random_below(random, sizeof words - 1)]
                      : bytes[test_random_below(random, sizeof bytes)];
}

/* Definitions that are found by the bits of its tokens are those that are
 * found in the text alone. */
static void scan_twice(osl_text text, const osl_analyzer *analyzer,
                       osl_tokens *tokens)
{
    osl_error err;
    osl_abbreviation found, twin;
    size_t at = 0, twin_at = 0;
    bool more = true;
    assert_ok(osl_tokenize(analyzer, text, tokens, &err));
    while (more) {
        more = osl_next_abbreviation(text, tokens, &at, &found);
        assert_int_equal(more,
                         osl_next_abbreviation(text, NULL, &twin_at, &twin));
        assert_int_equal(at, twin_at);
        if (!more)
            break;
        assert_ptr_equal(found.short_form.bytes, twin.short_form.bytes);
        assert_int_equal(found.short_form.length, twin.short_form.length);
        assert_ptr_equal(found.long_form.bytes, twin.long_form.bytes);
        assert_int_equal(found.long_form.length, twin.long_form.length);
        assert_true(found.short_form.bytes >= text.bytes);
        assert_true(found.long_form.bytes + found.long_form.length <=
                    text.bytes + text.length);
        assert_true(found.long_form.length > found.short_form.length);
    }
}

static void any_bytes_are_scanned_for_definitions(void **state)
{
    (void)state;
    osl_analyzer *analyzers[OSL_CPU_AVX512 + 1] = {NULL};
    osl_tokens tokens = {0};
    osl_error err;
    test_random random = test_random_new(3);
    const unsigned levels = (unsigned)osl_cpu_highest() + 1;
    for (unsigned i = 0; i < levels; i++)
        assert_ok(osl_analyzer_open(&analyzers[i], &osl_analysis_defaults,
                                    (osl_cpu_level)i, &err));
    for (unsigned round = 0; round < 40000; round++) {
        size_t length = test_random_below(&random, round % 8 ? 60 : 400);
        char *text = malloc(length + 1);
        assert_non_null(text);
        fill(text, length, &random);
        scan_twice((osl_text){text, length},
                   analyzers[test_random_below(&random, levels)], &tokens);
        free(text);
    }
    osl_tokens_clear(&tokens);
    for (unsigned i = 0; i < levels; i++)
        osl_analyzer_free(analyzers[i]);
}

static void stemmers_stem_and_unknown_languages_are_refused(void **state)
{
    (void)state;
    osl_error err;
    osl_stemmer *stemmer = NULL;
    osl_text stem;
    assert_ok(osl_stemmer_open(&stemmer, "en", &err));
    assert_ok(osl_stem(stemmer, osl_text_of("relapses"), &stem, &err));
    assert_true(osl_text_equal(stem, osl_text_of("relaps")));
    assert_ok(osl_stem(stemmer, osl_text_of(""), &stem, &err));
    assert_int_equal(stem.length, 0);
    osl_stemmer_free(stemmer);
    assert_ok(osl_stemmer_open(&stemmer, "de", &err));
    assert_ok(osl_stem(stemmer, osl_text_of("h\u00E4usern"), &stem, &err));
    assert_true(osl_text_equal(stem, osl_text_of("haus")));
    osl_stemmer_free(stemmer);
    assert_int_equal(osl_stemmer_open(&stemmer, "xx", &err), OSL_EINVAL);
    assert_non_null(strstr(err.text, "xx"));
    osl_stemmer_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_has_its_other_spellings),
        cmocka_unit_test(common_words_have_no_other_spelling),
        cmocka_unit_test(spellings_are_those_of_all_pairs_one_by_one),
        cmocka_unit_test(spellings_stop_where_the_caller_has_no_room),
        cmocka_unit_test(definitions_are_found_both_ways_round),
        cmocka_unit_test(any_bytes_are_scanned_for_definitions),
        cmocka_unit_test(stemmers_stem_and_unknown_languages_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
