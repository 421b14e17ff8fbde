/* SPDX-License-Identifier: MIT
 *
 * No paragraph of an index holds anything but text: the rules, and a scan
 * over all that the sample and the golden files give. */
#include "tests/tools/scan.h"

#include "indexer/indexer.h"
#include "tests/corpus/dirt.h"
#include "tests/indexer/place.h"

/* ---- the rules --------------------------------------------------------- */

static const struct {
    const char *text, *what; /* NULL: clean */
} texts[] = {
    {"Give <b>one</b> dose.", "a tag"},
    {"See <a href=\"#x\">there", "a tag"},
    {"Text <ccr:Thing id='1'> text", "a tag"},
    {"left</anything> over", "a tag"},
    {"<!-- end of list -->", "a tag"},
    {"<![CDATA[words]]>", "a tag"},
    {"p <0.05 and n> 12", NULL},
    {"the <insert name> form", NULL},
    {"if a<b and c>d", NULL},
    {"5&nbsp;mg", "a reference of markup"},
    {"42 USC &sect;201", "a reference of markup"},
    {"aged &#8805; 60", "a reference of markup"},
    {"aged &#x2265; 60", "a reference of markup"},
    {"David Gloss, MD, MPH&TM; others", NULL},
    {"R&D; AT&T", NULL},
    {"[NEJM video](https://example.org/v)", "a link of Markdown"},
    {"as [shown](#fig-1)", "a link of Markdown"},
    {"benzo[a](pyrene)", NULL},
    {"Grade: **A** (Ia, Ib)", "bold of Markdown"},
    {"__Note__ that", "bold of Markdown"},
    {"haemagglutinin** 15 mg, lactose** 3 mg", NULL},
    {"** not in children", NULL},
    {"Name: ______ Date: ______", NULL},
    {"2**3 and 3**2", NULL},
    {"Paracetamol \\n Adult: 1 g", "an escape"},
    {"na\\u00efve", "an escape"},
    {"iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/"
     "w38GIAXDIB"
     "KE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==",
     "base64"},
    {"www.example.org/ForConsumers/ByAudience/ForPatientAdvocates/HIVandAIDS"
     "Activities/ucm117922",
     NULL},
    {"Personality/psychological/psychosocial/psychiatric/interventions/and/the/"
     "rest/of/it",
     NULL},
    {"Skip to main content", "words of a page's furniture"},
    {"JavaScript is disabled in your browser", "words of a page's furniture"},
    {"go back to topical steroids", NULL},
    {"family donor.[66] Then", "a citation mark"},
    {"long-term EFS[70, 71-73]", "a citation mark"},
    {"as shown [[9](#cit/s9)]", "a citation mark"},
    {"95% CI [12, 30]", NULL},
    {"median 20 (range[12-30])", NULL},
    {"benzo[3,4]pyrene", NULL},
    {"the guideline[2018]", NULL},
    {"in restriction, RV \xEF\xBF\xBD with", "U+FFFD"},
    {"\xE2\x89\xA5 5 \xC2\xB5g", NULL},
    {"", NULL},
};

static void dirt_is_told_from_text(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *got = dirt_find(osl_text_of(texts[i].text)).what;
        if (got == texts[i].what ||
            (got && texts[i].what && strcmp(got, texts[i].what) == 0))
            continue;
        wrong++;
        print_error("%s: %s\n", texts[i].text, got ? got : "clean");
    }
    assert_int_equal(wrong, 0);
}

/* ---- the scan ---------------------------------------------------------- */

static void print(void *user, const char *where, const char *what,
                  osl_text around)
{
    bool *silent = user;
    if (!*silent)
        print_error("%s: %s: %.*s\n", where, what, (int)around.length,
                    around.bytes);
}

static scan_count scan_folder(const char *folder, bool silent)
{
    place at = place_make();
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {.thread_count = 1};
    scan_count count;
    assert_ok(osl_index_update(place_name(&at, "index"), &folder, 1, &options,
                               NULL, &report, &err));
    assert_ok(scan_index(place_name(&at, "index"), folder, print, &silent,
                         &count, &err));
    assert_int_equal(count.paragraphs, report.paragraphs);
    place_remove(&at);
    return count;
}

static void every_paragraph_of_the_sample_is_clean(void **state)
{
    (void)state;
    scan_count count = scan_folder(OSL_SAMPLE_DIR, false);
    assert_true(count.paragraphs > 100);
    assert_int_equal(count.dirty, 0);
}

static void every_paragraph_of_the_golden_files_is_clean(void **state)
{
    (void)state;
    scan_count count = scan_folder(OSL_GOLDEN_DIR, false);
    assert_true(count.paragraphs > 200);
    assert_int_equal(count.dirty, 0);
}

/* A record's text is kept as it is, so dirt can be planted with one. */
static void planted_dirt_is_found(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "a.jsonl",
              "{\"id\":\"1\",\"text\":\"Give <b>one</b> dose.\"}\n"
              "{\"id\":\"2\",\"text\":\"Give one dose.\"}\n"
              "{\"id\":\"3\",\"text\":\"Skip to main content\"}\n"
              "{\"id\":\"4\",\"text\":\"It is \\ufffd here.\"}\n");
    scan_count count = scan_folder(at.path, true);
    assert_int_equal(count.paragraphs, 4);
    assert_int_equal(count.dirty, 3);
    place_put(&at, "a.jsonl",
              "{\"id\":\"4\",\"text\":\"It is \xEF\xBF\xBD here.\"}\n");
    count = scan_folder(at.path, true);
    assert_int_equal(count.dirty, 0);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dirt_is_told_from_text),
        cmocka_unit_test(every_paragraph_of_the_sample_is_clean),
        cmocka_unit_test(every_paragraph_of_the_golden_files_is_clean),
        cmocka_unit_test(planted_dirt_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
