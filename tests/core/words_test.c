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
        while (osl_next_abbreviation(osl_text_of(cases[i].text), &at, &found))
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

static void any_bytes_are_scanned_for_definitions(void **state)
{
    (void)state;
    static const char bytes[] = "(([)] AaBb SF.;:,s \n\0\xC3\xA9\xFF";
    test_random random = test_random_new(3);
    for (unsigned round = 0; round < 20000; round++) {
        size_t length = test_random_below(&random, 60);
        char *text = malloc(length + 1);
        assert_non_null(text);
        for (size_t i = 0; i < length; i++)
            text[i] = bytes[test_random_below(&random, sizeof bytes)];
        size_t at = 0;
        osl_abbreviation found;
        osl_text span = {text, length};
        while (osl_next_abbreviation(span, &at, &found)) {
            assert_true(found.short_form.bytes >= text);
            assert_true(found.long_form.bytes + found.long_form.length <=
                        text + length);
            assert_true(found.long_form.length > found.short_form.length);
        }
        free(text);
    }
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
        cmocka_unit_test(spellings_stop_where_the_caller_has_no_room),
        cmocka_unit_test(definitions_are_found_both_ways_round),
        cmocka_unit_test(any_bytes_are_scanned_for_definitions),
        cmocka_unit_test(stemmers_stem_and_unknown_languages_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
