/* SPDX-License-Identifier: MIT
 *
 * Each level's way back from entries to ordinals and positions, against the
 * scalar twin, which is held against plain lists. */
#include "tests/test.h"

#include "core/kernels/kernels.h"

#include <string.h>

enum { MOST = 400, TEXTS = 60, LONGEST = 160 };
enum { GROUPS = TEXTS * LONGEST / 64 + 1 };
enum { ROOM = MOST + OSL_SPREAD_SLACK, ROUNDS = 3000 };

typedef struct sample {
    osl_spread_group groups[GROUPS];
    uint32_t entries[ROOM], positions[MOST], owners[MOST];
    uint32_t count;
    unsigned bits;
} sample;

/* A text begins at block `from`, the one before it at `first`. */
static void add_text(sample *out, uint32_t from, uint32_t ordinal,
                     uint32_t *begun, uint32_t first)
{
    for (; *begun <= from / 64; (*begun)++)
        out->groups[*begun] = (osl_spread_group){0, ordinal - 1, first};
    out->groups[from / 64].firsts |= (uint64_t)1 << (from % 64);
}

/* Texts of up to 8 blocks, or of many more, each with some positions of the
 * term. */
static void make_sample(sample *out, test_random *random)
{
    uint32_t block = 0, first = 0, begun = 0;
    uint32_t spread = 1 + test_random_below(random, 200);
    uint32_t longest = test_random_below(random, 3) ? 8 : LONGEST;
    *out = (sample){.bits = test_random_below(random, 9)};
    for (uint32_t text = 0; text < TEXTS; text++) {
        uint32_t length = 1 + test_random_below(random, longest * 64);
        add_text(out, block, text, &begun, first);
        for (uint32_t at = test_random_below(random, 2 * spread);
             at < length && out->count < MOST;
             at += 1 + test_random_below(random, spread)) {
            uint32_t low = test_random_below(random, 1u << out->bits);
            out->entries[out->count] = (block * 64 + at) << out->bits | low;
            out->positions[out->count] = at;
            out->owners[out->count++] = text;
        }
        first = block;
        block += (length + 63) / 64;
    }
    /* Of the next term, and near the beginning of this one. */
    for (uint32_t i = out->count; i > 0 && i < ROOM; i++)
        out->entries[i] = out->entries[0];
    for (; begun < GROUPS; begun++)
        out->groups[begun] = (osl_spread_group){0, TEXTS - 1, first};
}

typedef struct result {
    uint32_t entries[ROOM], ordinals[ROOM], tfs[ROOM], owners[ROOM], df;
} result;

static void run(osl_spread_fn *kernel, const sample *of, bool owners,
                result *out)
{
    memcpy(out->entries, of->entries, sizeof out->entries);
    const osl_spread spread = {.entries = out->entries,
                               .count = of->count,
                               .bits = of->bits,
                               .groups = of->groups,
                               .ordinals = out->ordinals,
                               .tfs = out->tfs,
                               .owners = owners ? out->owners : NULL};
    out->df = kernel(&spread);
}

static void check_scalar(const sample *of, const result *got)
{
    uint32_t df = 0;
    for (uint32_t i = 0; i < of->count; i++) {
        assert_int_equal(got->entries[i], of->positions[i]);
        assert_int_equal(got->owners[i], of->owners[i]);
        if (i > 0 && of->owners[i] == of->owners[i - 1])
            continue;
        uint32_t tf = 1;
        while (i + tf < of->count && of->owners[i + tf] == of->owners[i])
            tf++;
        assert_int_equal(got->ordinals[df], of->owners[i]);
        assert_int_equal(got->tfs[df], tf);
        df++;
    }
    assert_int_equal(got->df, df);
}

static void entries_become_ordinals_and_positions(void **state)
{
    (void)state;
    static sample of;
    static result wanted, got;
    osl_cpu_level best = osl_cpu_highest();
    test_random random = test_random_new(5);
    for (int round = 0; round < ROUNDS; round++) {
        make_sample(&of, &random);
        if (of.count == 0)
            continue;
        run(osl_spread_scalar, &of, true, &wanted);
        check_scalar(&of, &wanted);
        for (osl_cpu_level level = OSL_CPU_SCALAR; level <= best; level++) {
            bool owners = test_random_below(&random, 2);
            run(osl_kernels_get(level)->spread, &of, owners, &got);
            assert_int_equal(got.df, wanted.df);
            size_t bytes = of.count * sizeof(uint32_t);
            size_t list = got.df * sizeof(uint32_t);
            assert_memory_equal(got.entries, wanted.entries, bytes);
            assert_memory_equal(got.ordinals, wanted.ordinals, list);
            assert_memory_equal(got.tfs, wanted.tfs, list);
            if (owners)
                assert_memory_equal(got.owners, wanted.owners, bytes);
            /* What follows belongs to the next term. */
            for (uint32_t i = of.count; i < ROOM; i++)
                assert_int_equal(got.entries[i], of.entries[i]);
        }
    }
}

/* In how many owners a form is, worked out by itself. */
static uint32_t count_owners(const uint32_t *forms, const uint32_t *owners,
                             uint32_t count, uint32_t form)
{
    uint32_t df = 0, last = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        df += forms[i] == form && owners[i] != last;
        last = forms[i] == form ? owners[i] : last;
    }
    return df;
}

static void owners_of_forms_are_counted(void **state)
{
    (void)state;
    enum { FORMS = 20, LONG = 2000, ALL = LONG + OSL_SPREAD_SLACK };
    static uint32_t forms[ALL], owners[ALL];
    osl_cpu_level best = osl_cpu_highest();
    test_random random = test_random_new(6);
    for (int round = 0; round < 500; round++) {
        uint32_t most = 1 + test_random_below(&random, FORMS), owner = 0;
        uint32_t same = 1 + test_random_below(&random, 6);
        uint32_t others = 1 + test_random_below(&random, 12);
        uint32_t count = 1 + test_random_below(&random, round % 2 ? 40 : LONG);
        for (uint32_t i = 0; i < count + OSL_SPREAD_SLACK; i++) {
            owner += test_random_below(&random, same) == 0;
            owners[i] = owner;
            forms[i] = test_random_below(&random, others) == 0
                           ? test_random_below(&random, most)
                           : 0;
        }
        for (osl_cpu_level level = OSL_CPU_SCALAR; level <= best; level++) {
            uint32_t dfs[FORMS] = {0}, last[FORMS];
            memset(last, 0xFF, sizeof last);
            const osl_form_dfs of = {forms, owners, count, dfs, last};
            osl_kernels_get(level)->form_dfs(&of);
            for (uint32_t form = 0; form < FORMS; form++)
                assert_int_equal(dfs[form],
                                 count_owners(forms, owners, count, form));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_become_ordinals_and_positions),
        cmocka_unit_test(owners_of_forms_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
