/* SPDX-License-Identifier: MIT
 *
 * What a filter takes, at its edges. */
#include "query/filter.h"

#include "tests/test.h"

static const struct {
    osl_filter_field field;
    const char *filter, *value;
    bool takes;
} cases[] = {
    {OSL_FILTER_UPDATED, ">=2014-02-01", "2014-02-01", true},
    {OSL_FILTER_UPDATED, ">=2014-02-01", "2014-01-31", false},
    {OSL_FILTER_UPDATED, ">=2014-02-01", "2014-02-01T08:00:00Z", true},
    {OSL_FILTER_UPDATED, "<=2014-02-01", "2014-02-01", true},
    {OSL_FILTER_UPDATED, "<=2014-02-01", "2014-02-02", false},
    {OSL_FILTER_UPDATED, "2013..2014", "2013-01-01", true},
    {OSL_FILTER_UPDATED, "2013..2014", "2014-12-31", true},
    {OSL_FILTER_UPDATED, "2013..2014", "2012-12-31", false},
    {OSL_FILTER_UPDATED, "2013..2014", "2015-01-01", false},
    {OSL_FILTER_UPDATED, "2014", "2014-06-30", true},
    {OSL_FILTER_UPDATED, "2014", "2015-01-01", false},
    {OSL_FILTER_UPDATED, ">=2014", "", false},
    {OSL_FILTER_EVIDENCE, "A", "A1", true},
    {OSL_FILTER_EVIDENCE, "A", "B1", false},
    {OSL_FILTER_EVIDENCE, "3", "3iiA", true},
    {OSL_FILTER_LANGUAGE, "en", "en", true},
    {OSL_FILTER_LANGUAGE, "en", "EN-GB", true},
    {OSL_FILTER_LANGUAGE, "en", "de", false},
    {OSL_FILTER_AUDIENCE, "prof", "Health professional", true},
    {OSL_FILTER_AUDIENCE, "prof", "patient", false},
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
