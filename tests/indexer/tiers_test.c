/* SPDX-License-Identifier: MIT
 *
 * The choice of segments to merge, over many updates that are only counted:
 * how many segments there are, how often a paragraph is written. */
#include "indexer/tiers.h"

#include "tests/test.h"

enum { MOST = 64 };

typedef struct simulation {
    osl_tier_segment segments[MOST];
    size_t count, most;
    uint64_t added, written;
} simulation;

/* `dead` of the living paragraphs die where they stand, at random. */
static void kill_some(simulation *s, test_random *random, uint64_t dead)
{
    for (; dead > 0; dead--) {
        uint64_t living = 0;
        for (size_t i = 0; i < s->count; i++)
            living += s->segments[i].living;
        if (living == 0)
            return;
        uint64_t at = test_random_next(random) % living;
        size_t n = 0;
        while (at >= s->segments[n].living)
            at -= s->segments[n++].living;
        s->segments[n].living--;
        s->segments[n].dead++;
    }
}

static void update(simulation *s, uint64_t paragraphs)
{
    bool chosen[MOST];
    uint64_t sum = 0;
    size_t kept = 0;
    assert_true(s->count < MOST);
    s->segments[s->count++] = (osl_tier_segment){paragraphs, 0};
    s->added += paragraphs;
    s->written += paragraphs;
    size_t merged = osl_tiers_choose(s->segments, s->count, false, chosen);
    for (size_t i = 0; i < s->count; i++) {
        if (chosen[i])
            sum += s->segments[i].living;
        else if (s->segments[i].living > 0)
            s->segments[kept++] = s->segments[i];
    }
    s->count = kept;
    if (merged > 0 && sum > 0)
        s->segments[s->count++] = (osl_tier_segment){sum, 0};
    s->written += merged > 0 ? sum : 0;
    /* What is dead goes, before there is much of it. */
    for (size_t i = 0; i < s->count; i++)
        assert_true(s->segments[i].dead * 3 <=
                    s->segments[i].dead + s->segments[i].living);
    s->most = s->count > s->most ? s->count : s->most;
}

static void segments_stay_few_and_writing_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t first, size, dead;
        uint32_t range; /* more, at random */
        unsigned updates;
        double most_often; /* a paragraph is written, on the average */
    } cases[] = {
        {"a hundredth revised, 1,000 times", 100000, 1000, 1000, 0, 1000, 6},
        {"ten revised, 2,000 times", 100000, 10, 10, 0, 2000, 10},
        {"ten added to many, 1,000 times", 100000, 10, 0, 0, 1000, 6},
        {"only growing, by one, 1,000 times", 1, 1, 0, 0, 1000, 6},
        {"only growing, by one, 10,000 times", 1, 1, 0, 0, 10000, 9},
        {"sizes at random", 1, 1, 0, 1000, 1000, 7},
        {"all revised each time", 5000, 5000, 5000, 0, 50, 1.1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        test_random random = {i + 1};
        simulation s = {0};
        update(&s, cases[i].first);
        s.added = s.written = 0;
        for (unsigned n = 0; n < cases[i].updates; n++) {
            kill_some(&s, &random, cases[i].dead);
            update(&s, cases[i].size +
                           test_random_below(&random, cases[i].range + 1));
        }
        double often = (double)s.written / (double)s.added;
        print_message("%s: %zu segments at most, written %.1f times\n",
                      cases[i].name, s.most, often);
        if (s.most > OSL_TIERS_SEGMENTS_MAX || often > cases[i].most_often)
            fail_msg("%s: too much", cases[i].name);
    }
}

static void all_means_one_without_dead(void **state)
{
    (void)state;
    const osl_tier_segment one[] = {{5, 0}}, dead[] = {{5, 1}};
    const osl_tier_segment two[] = {{5000000, 0}, {3, 0}};
    bool chosen[2];
    assert_int_equal(osl_tiers_choose(one, 1, true, chosen), 0);
    assert_int_equal(osl_tiers_choose(dead, 1, true, chosen), 1);
    assert_int_equal(osl_tiers_choose(two, 2, true, chosen), 2);
    assert_true(chosen[0] && chosen[1]);
    assert_int_equal(osl_tiers_choose(two, 2, false, chosen), 0);
    assert_int_equal(osl_tiers_choose(NULL, 0, true, chosen), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_stay_few_and_writing_bounded),
        cmocka_unit_test(all_means_one_without_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
