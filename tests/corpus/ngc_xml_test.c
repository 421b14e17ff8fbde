/* SPDX-License-Identifier: MIT */
#include "tests/corpus/golden.h"

static void a_summary_and_a_stub_read_as_expected(void **state)
{
    (void)state;
    golden_check("xml/ngc.xml", "ngc-xml");
    golden_check("xml/ngc-stub.xml", "ngc-xml");
}

static void cut_and_spoilt_files_do_no_harm(void **state)
{
    (void)state;
    golden_torture("xml/ngc.xml", "ngc-xml", 3);
}

#define FIELD(name, value)                             \
    "<Version><Section Name=\"S\"><Field Name=\"" name \
    "\" Type=\"text\"><FieldValue Value=\"" value      \
    "\" /></Field></Section></Version>"

static const golden_case cases[] = {
    {"two layers of escapes",
     FIELD("Major Recommendations",
           "&lt;p&gt;Give &amp;le;5&amp;nbsp;mg if &amp;lt;2 kg.&lt;/p&gt;"),
     "Give \xE2\x89\xA4"
     "5 mg if <2 kg.",
     "nbsp"},
    {"mojibake of a C1 control",
     FIELD("Major Recommendations",
           "&lt;p&gt;The Clearinghouse\xC3\xA2\xC2\x84\xC2\xA2 says so."
           "&lt;/p&gt;"),
     "Clearinghouse\xE2\x84\xA2 says so.", NULL},
    {"availability is dropped",
     FIELD("Guideline Availability", "&lt;p&gt;At our shop.&lt;/p&gt;"),
     "skipped", "shop"},
    {"a field of a new name is kept",
     FIELD("Something New", "&lt;p&gt;Worth reading.&lt;/p&gt;"),
     "at > S > Something New\n  prose 1: Worth reading.", NULL},
    {"the last date counts",
     FIELD("Date Released", "1999 Aug 2 (revised 2009; reaffirmed 2013 Sep)"),
     "| 2013-09 |", NULL},
    {"a value without mark-up", FIELD("Major Outcomes", "Survival at one year"),
     "item 1: Survival at one year", NULL},
};

static void small_sources_read_as_they_should(void **state)
{
    (void)state;
    golden_try(cases, COUNT_OF(cases), "a.xml", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_and_a_stub_read_as_expected),
        cmocka_unit_test(cut_and_spoilt_files_do_no_harm),
        cmocka_unit_test(small_sources_read_as_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
