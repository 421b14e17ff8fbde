/* SPDX-License-Identifier: MIT */
#include "tests/corpus/corpus_test.h"

static void a_page_gives_its_golden_paragraphs(void **state)
{
    (void)state;
    test_golden("asthma_page.txt");
}

static void pages_of_a_pdf_give_their_golden_paragraphs(void **state)
{
    (void)state;
    test_golden("4711_12_Heat_2020-01-02.md");
}

static const struct {
    const char *name, *text, *want;
} cases[] = {
    {"a wrapped line is joined",
     "Note\n\nThe dose is given in the morning with plenty of water and never\n"
     "at night.\n",
     "= t | Note | \np The dose is given in the morning with plenty of water "
     "and never at night.\n"},
    {"what is written on behind a site's tail is text",
     "Care\n\nThe dose is given in the morning with plenty of water.\n\n"
     "This information is not intended to replace the advice of a doctor.\n"
     "Next Article:\n\nToday on the site\nA slideshow\n\n# Revision 2\n\n"
     "The dose is now given twice.\n",
     "= t | Care | \np The dose is given in the morning with plenty of "
     "water.\n > Revision 2\np The dose is now given twice.\n"},
    {"items stay apart",
     "Give one of these:\n- aspirin\n- paracetamol\n* codeine\n(a) rest\n",
     "= t | t | \np Give one of these:\ni aspirin\ni paracetamol\ni codeine\n"
     "i rest\n"},
    {"a step follows its lead-in",
     "Airway first, then the circulation, before anything else is given here.\n"
     "\n1. Give oxygen as needed and watch the breathing of the patient\n"
     "\n2. For suspected overdose with slow breathing:\n"
     "Naloxone 0.1 mg/kg into a muscle, once\n",
     "= t | t | \np Airway first, then the circulation, before anything else "
     "is "
     "given here.\ni Give oxygen as needed and watch the breathing of the "
     "patient\ni For suspected overdose with slow breathing: Naloxone 0.1 "
     "mg/kg "
     "into a muscle, once\n"},
    {"an item goes on over indented lines",
     "Steps to take now.\n\n  1. Call for help and begin the\n     massage of "
     "the heart\n  2. Send for the machine\n",
     "= t | t | \np Steps to take now.\ni Call for help and begin the massage "
     "of the heart\ni Send for the machine\n"},
    {"short numbered lines above prose are headings",
     "Asthma\n\n1. Assessment\n\nMeasure the peak flow of everybody who comes "
     "in breathless.\n\n2. Treatment\n\nGive salbutamol by a spacer at once, "
     "and oxygen where needed.\n\n1. Wash hands\n\n2. Dry hands\n",
     "= t | Asthma | \n > 1. Assessment\np Measure the peak flow of everybody "
     "who comes in breathless.\n > 2. Treatment\np Give salbutamol by a spacer "
     "at once, and oxygen where needed.\ni Wash hands\ni Dry hands\n"},
    {"one number alone makes no heading",
     "Asthma\n\n7. Assessment\n\nMeasure the peak flow of everybody who comes "
     "in breathless.\n",
     "= t | Asthma | \ni Assessment\np Measure the peak flow of everybody who "
     "comes in breathless.\n"},
    {"a rule below makes a heading",
     "Gout\n====\n\nDrugs\n-----\nColchicine is given early in the attack.\n",
     "= t | Gout | \n > Drugs\np Colchicine is given early in the attack.\n"},
    {"section numbers give levels",
     "Guide\n\n1.2 Dose in children\nHalf of the dose of an adult is given "
     "first.\n",
     "= t | Guide | \n > 1.2 Dose in children\np Half of the dose of an adult "
     "is given first.\n"},
    {"a form feed is no text", "One sentence is here.\f\n",
     "= t | t | \np One sentence is here.\n"},
    {"a limit of the text itself stays",
     "Scope\n\nThis guide is not a substitute for judgement.\n\n"
     "It covers adults who come to a clinic with pain in the chest today.\n\n"
     "It does not cover children who come to a clinic with such a pain.\n\n"
     "It was written by people who work in clinics of several countries.\n",
     "= t | Scope | \np This guide is not a substitute for judgement.\n"
     "p It covers adults who come to a clinic with pain in the chest today.\n"
     "p It does not cover children who come to a clinic with such a pain.\n"
     "p It was written by people who work in clinics of several countries.\n"},
};

static void lines_become_paragraphs(void **state)
{
    osl_buf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got =
            test_read(&out, "t", "text", osl_text_of(cases[i].text));
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s:\n%s", cases[i].name, got);
    }
    osl_buf_clear(&out);
}

static void other_charsets_are_decoded_and_told(void **state)
{
    static const char wide[] = "\xFF\xFEN\0a\0 \0l\0o\0w\0,\0 \0K\0 "
                               "\0h\0i\0g\0h\0 \0\x65\x22"
                               "5\0";
    static const char narrow[] = "Sj\xF6gren\x92s na\xEFve patients.";
    osl_buf out = {0};
    (void)state;
    assert_string_equal(
        test_read(&out, "t", "text", (osl_text){wide, sizeof wide - 1}),
        "! 0 read as UTF-16\n= t | t | \np Na low, K high ≥5\n");
    assert_string_equal(
        test_read(&out, "t", NULL, osl_text_of(narrow)),
        "! 0 read as windows-1252\n= t | t | \np Sjögren’s naïve patients.\n");
    osl_buf_clear(&out);
}

static void broken_utf8_is_shown_and_told_once(void **state)
{
    osl_buf out = {0};
    (void)state;
    const char *got = test_read(
        &out, "t", "text",
        osl_text_of("Größe, Übel, naïve \xE2\x82 here.\n\nMore \xFF there.\n"));
    assert_non_null(strstr(got, "naïve \xEF\xBF\xBD here."));
    assert_non_null(strstr(got, "More \xEF\xBF\xBD there."));
    const char *told = strstr(got, "broken UTF-8");
    assert_non_null(told);
    assert_null(strstr(told + 1, "broken UTF-8"));
    osl_buf_clear(&out);
}

static void binary_and_empty_files_are_skipped(void **state)
{
    char bytes[512];
    osl_buf out = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 37);
    assert_non_null(
        strstr(test_read(&out, "x.txt", NULL, (osl_text){bytes, sizeof bytes}),
               "!! 0 not text"));
    assert_string_equal(test_read(&out, "x.txt", NULL, (osl_text){"", 0}),
                        "!! 0 empty file\n");
    osl_buf_clear(&out);
}

static void one_long_line_is_cut_at_blanks(void **state)
{
    size_t length = OSL_PARAGRAPH_BYTES_MAX + (1 << 20);
    char *bytes = malloc(length);
    osl_buf out = {0};
    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = i % 8 == 7 ? ' ' : 'a';
    const char *got = test_read(&out, "t", "text", (osl_text){bytes, length});
    size_t paragraphs = 0;
    for (const char *at = got; (at = strstr(at, "\np ")) != NULL; at++)
        paragraphs++;
    assert_int_equal(paragraphs, 2);
    assert_true(strlen(got) >= length - 16);
    free(bytes);
    osl_buf_clear(&out);
}

static void hostile_text_does_no_harm(void **state)
{
    char path[1024];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/asthma_page.txt", OSL_GOLDEN_DIR);
    osl_text bytes = test_file(path);
    test_hostile("t", "text", bytes, 300);
    free((char *)bytes.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_gives_its_golden_paragraphs),
        cmocka_unit_test(pages_of_a_pdf_give_their_golden_paragraphs),
        cmocka_unit_test(lines_become_paragraphs),
        cmocka_unit_test(other_charsets_are_decoded_and_told),
        cmocka_unit_test(broken_utf8_is_shown_and_told_once),
        cmocka_unit_test(binary_and_empty_files_are_skipped),
        cmocka_unit_test(one_long_line_is_cut_at_blanks),
        cmocka_unit_test(hostile_text_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
