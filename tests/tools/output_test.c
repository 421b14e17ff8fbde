/* SPDX-License-Identifier: MIT
 *
 * A line that has no memory is not printed, and the command's end tells so. */
#include "tools/osler/output.h"

#include "tests/test.h"

static void a_line_that_is_lost_is_told_at_the_end(void **state)
{
    (void)state;
    const osl_screen screen = {0};
    osl_line line = {.screen = &screen};
    osl_line_text(&line, OSL_STYLE_PLAIN, osl_text_of("all of it"));
    osl_line_print(&line, 0, 0);
    assert_true(osl_output_end());
    osl_line_text(&line, OSL_STYLE_PLAIN, osl_text_of("a part"));
    line.bytes.failed = true; /* as where it could not grow */
    osl_line_print(&line, 0, 0);
    assert_false(osl_output_end());
    osl_line_clear(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_is_lost_is_told_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
