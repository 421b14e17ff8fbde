/* SPDX-License-Identifier: MIT
 *
 * What a filter takes, at its edges. */
#include "query/filter.h"

#include "tests/test.h"

static const struct {
    const char *filter, *value;
    osl_filter_field field;
    bool takes;
} cases[] = {
    {">=2014-02-01", "2014-02-01", OSL_FILTER_UPDATED, true},
    {">=2014-02-01", "2014-01-31", OSL_FILTER_UPDATED, false},
    {">=2014-02-01", "2014-02-01T08:00:00Z", OSL_FILTER_UPDATED, true},
    {"<=2014-02-01", "2014-02-01", OSL_FILTER_UPDATED, true},
    {"<=2014-02-01", "2014-02-02", OSL_FILTER_UPDATED, false},
    {"2013..2014", "2013-01-01", OSL_FILTER_UPDATED, true},
    {"2013..2014", "2014-12-31", OSL_FILTER_UPDATED, true},
    {"2013..2014", "2012-12-31", OSL_FILTER_UPDATED, false},
    {"2013..2014", "2015-01-01", OSL_FILTER_UPDATED, false},
    {"2014", "2014-06-30", OSL_FILTER_UPDATED, true},
    {"2014", "2015-01-01", OSL_FILTER_UPDATED, false},
    {">=2014", "", OSL_FILTER_UPDATED, false},
    {"A", "A1", OSL_FILTER_EVIDENCE, true},
    {"A", "B1", OSL_FILTER_EVIDENCE, false},
    {"3", "3iiA", OSL_FILTER_EVIDENCE, true},
    {"en", "en", OSL_FILTER_LANGUAGE, true},
    {"en", "EN-GB", OSL_FILTER_LANGUAGE, true},
    {"en", "de", OSL_FILTER_LANGUAGE, false},
    {"prof", "Health professional", OSL_FILTER_AUDIENCE, true},
    {"prof", "patient", OSL_FILTER_AUDIENCE, false},
};

static bool takes(const osl_filter *filter, osl_text value)
{
    if (filter->field == OSL_FILTER_UPDATED)
        return osl_filter_takes_date(filter, value);
    if (filter->field == OSL_FILTER_EVIDENCE)
        return osl_filter_takes_evidence(filter, value);
    return osl_filter_takes_name(filter, value);
}

static void edges_are_taken_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_filter filter;
        const char *wrong = osl_filter_read(&filter, cases[i].field,
                                            osl_text_of(cases[i].filter));
        if (wrong)
            fail_msg("%s: %s", cases[i].filter, wrong);
        if (takes(&filter, osl_text_of(cases[i].value)) != cases[i].takes)
            fail_msg("%s of %s", cases[i].filter, cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_taken_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
