/* SPDX-License-Identifier: MIT */
#include "tests/corpus/golden.h"

static void documents_in_a_wrapper_read_as_expected(void **state)
{
    (void)state;
    golden_check("xml/pdq-wrapped.xml", "pdq-xml");
}

static void cut_and_spoilt_files_do_no_harm(void **state)
{
    (void)state;
    golden_torture("xml/pdq-wrapped.xml", "pdq-xml", 5);
}

#define SUMMARY(text)                                                          \
    "<Summary id=\"CDR1\"><SummaryTitle>T</SummaryTitle><SummarySection>" text \
    "<ReferenceSection><Citation idx=\"1\">Dropped here.</Citation>"           \
    "</ReferenceSection></SummarySection></Summary>"

static const golden_case cases[] = {
    {"a reference leaves no blank before a stop",
     SUMMARY("<Para>Most are cured <Reference refidx=\"1\"/>.</Para>"),
     "Most are cured", "Dropped"},
    {"two blanks behind a reference",
     SUMMARY("<Para>One.<Reference refidx=\"1\"/>  Two.</Para>"), "One. Two.",
     NULL},
    {"lower-case tables",
     SUMMARY("<table><tgroup cols=\"2\"><thead><row><entry>Age</entry>"
             "<entry>Dose</entry></row></thead><tbody><row><entry>Two"
             "</entry><entry>Five</entry></row></tbody></tgroup></table>"),
     "Age: Two; Dose: Five", NULL},
    {"odd case of attributes",
     SUMMARY("<Table><TGROUP><COLSPEC COLNAME=\"a\"/><colspec colname=\"b\"/>"
             "<THEAD><ROW><Entry NAMEST=\"a\" nameend=\"b\">Both</Entry>"
             "</ROW></THEAD><TBody><Row><entry>One</entry><entry>Two</entry>"
             "</Row></TBody></TGROUP></Table>"),
     "Both: One; Both: Two", NULL},
    {"key points nest",
     SUMMARY("<KeyPoint>Outer point.</KeyPoint><SummarySection><KeyPoint>Inner "
             "point.</KeyPoint><Para>Some words.</Para></SummarySection>"),
     "at > Outer point. > Inner point.\n  prose 1: Some words.", NULL},
    {"an evidence level",
     SUMMARY("<Para>It works.[<LOERef href=\"x\">Level of evidence: 1iiA"
             "</LOERef>]</Para>"),
     "evidence: 1iiA\n", "1iiA 1iiA"},
    {"no level in a link to the levels",
     SUMMARY(
         "<Para>See <LOERef href=\"x\">Levels of Evidence</LOERef>.</Para>"),
     "See Levels of Evidence.", "evidence:"},
    {"a caption waits for the sentence",
     SUMMARY("<Para>One <MediaLink ref=\"x\" alt=\"no\"><Caption>A picture."
             "</Caption></MediaLink>goes on.</Para>"),
     "One goes on.\n  prose 1: A picture.", "no\n"},
    {"about the summary itself",
     SUMMARY("<Title>About This PDQ Summary</Title><Para>Not this.</Para>"),
     "skipped", "Not this"},
    {"an unknown element keeps its words",
     SUMMARY("<Para>A <NewThing>new thing</NewThing> is kept.</Para>"),
     "A new thing is kept.", NULL},
    {"a broken file is kept as far as it goes",
     "<Summary id=\"CDR1\"><SummaryMetaData/>\n<SummaryTitle>T</SummaryTitle>"
     "<SummarySection><Para>One.</Para>\n<Para>Two.</SummarySection>"
     "<SummarySection><Para>Three.</Para></SummarySection></Summary>",
     "Three.", NULL},
    {"and its line is said",
     "<Summary id=\"CDR1\"><SummaryMetaData/>\n<SummaryTitle>T</SummaryTitle>"
     "<SummarySection><Para>One.</Para>\n<Para>Two.</SummarySection></Summary>",
     "report 3", NULL},
};

static void small_sources_read_as_they_should(void **state)
{
    (void)state;
    golden_try(cases, COUNT_OF(cases), "a.xml", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_in_a_wrapper_read_as_expected),
        cmocka_unit_test(cut_and_spoilt_files_do_no_harm),
        cmocka_unit_test(small_sources_read_as_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
