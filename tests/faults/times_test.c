/* SPDX-License-Identifier: MIT
 *
 * Times of files that do not tell that they have changed: a file system shows
 * whole seconds (or two), or who writes puts the time back. */
#include "tests/faults/layer.h"
#include "tests/indexer/updating.h"

#include <fcntl.h>

/* A file that is written anew in place, as long as before, and indexed, again
 * and again, within few ticks of such a clock. */
static void write_and_look(int64_t grain_ns, bool puts_back)
{
    static const struct timespec old[2] = {{1000000000, 7}, {1000000000, 7}};
    place at = place_make();
    faults_round_times(grain_ns);
    for (int i = 10; i < 30; i++) {
        char text[64], term[16];
        (void)snprintf(text, sizeof text, "# Version\n\nThe text of w%d\n", i);
        (void)snprintf(term, sizeof term, "w%d", i);
        place_put(&at, "tree/v.md", text);
        if (puts_back)
            assert_int_equal(
                utimensat(AT_FDCWD, place_name(&at, "tree/v.md"), old, 0), 0);
        (void)update_tree(&at);
        osl_index *index = open_index(&at);
        assert_int_equal(df_of(index, term), 1);
        osl_index_free(index);
    }
    faults_round_times(0);
    place_remove(&at);
}

static void a_change_within_one_tick_is_seen(void **state)
{
    (void)state;
    write_and_look(1000000000, false);
    write_and_look(2000000000, false);
    write_and_look(10000000, false);
}

static void a_change_whose_time_was_put_back_is_seen(void **state)
{
    (void)state;
    write_and_look(1000000000, true);
    write_and_look(2000000000, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_within_one_tick_is_seen),
        cmocka_unit_test(a_change_whose_time_was_put_back_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
