/* SPDX-License-Identifier: MIT
 *
 * Postings of a chunk as bytes, ranges, words and planes: each level against
 * what is worked out range by range. */
#include "tests/test.h"

#include "core/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 600 };

typedef struct sample {
    uint32_t *ordinals, *tfs; /* of just their size, so that sanitizers see */
    uint8_t *bounds;
    uint32_t count;
} sample;

/* How postings are drawn: one in `every` ordinals of some ranges; tfs of up to
 * `most` where one in `rarely` is above 1. */
static const struct {
    const char *name;
    uint32_t every, ranges, rarely, most;
} shapes[] = {
    {"one or two a range", 60, 64, 3, 4},
    {"a few ranges, full", 1, 3, 2, 40},
    {"all", 1, 64, 1, 9},
    {"dense", 4, 64, 4, 3},
    {"huge tfs", 5, 64, 9, 1u << 20},
    {"tf 1", 3, 64, 4097, 1},
    {"hardly any", 1500, 64, 2, 300},
};

static void make_sample(test_random *random, size_t shape, sample *out)
{
    static uint32_t ordinals[OSL_SLICE_MOST];
    uint32_t base = test_random_below(random, 1000) * OSL_SLICE_MOST, count = 0;
    uint64_t ranges = ~(uint64_t)0;
    if (shapes[shape].ranges < 64)
        for (ranges = 0;
             (unsigned)__builtin_popcountll(ranges) < shapes[shape].ranges;)
            ranges |= (uint64_t)1 << test_random_below(random, 64);
    for (uint32_t i = 0; i < OSL_SLICE_MOST; i++)
        if (ranges >> (i / 64) & 1 &&
            test_random_below(random, shapes[shape].every) == 0)
            ordinals[count++] = base + i;
    if (count == 0)
        ordinals[count++] = base + test_random_below(random, OSL_SLICE_MOST);
    out->count = count;
    out->ordinals = malloc(count * sizeof *out->ordinals);
    out->tfs = malloc(count * sizeof *out->tfs);
    out->bounds = malloc(count + OSL_SLICE_SLACK);
    assert_true(out->ordinals && out->tfs && out->bounds);
    memcpy(out->ordinals, ordinals, count * sizeof *ordinals);
    for (uint32_t i = 0; i < count + OSL_SLICE_SLACK; i++)
        out->bounds[i] = (uint8_t)test_random_below(random, 256);
    for (uint32_t i = 0; i < count; i++)
        out->tfs[i] = test_random_below(random, shapes[shape].rarely) == 0
                          ? 1 + test_random_below(random, shapes[shape].most)
                          : 1;
}

static void free_sample(sample *of)
{
    free(of->ordinals);
    free(of->tfs);
    free(of->bounds);
}

static uint8_t more_of(uint32_t tf)
{
    return (uint8_t)(tf <= 255 ? tf - 1 : 255);
}

static void check_ranges(const sample *of, const osl_slice *got)
{
    unsigned found = 0;
    for (unsigned range = 0; range < 64; range++) {
        unsigned count = 0;
        uint8_t greatest = 0;
        for (uint32_t i = 0; i < of->count; i++) {
            if (of->ordinals[i] / 64 % 64 != range)
                continue;
            count++;
            if (of->bounds[i] > greatest)
                greatest = of->bounds[i];
        }
        assert_int_equal(got->mask >> range & 1, count > 0);
        if (count == 0)
            continue;
        assert_int_equal(got->counts[found], count);
        assert_int_equal(got->bounds[found], greatest);
        found++;
    }
    assert_int_equal(got->range_count, found);
    for (uint32_t i = 0; i < of->count; i++) {
        assert_int_equal(got->offsets[i], of->ordinals[i] % 64);
        assert_int_equal(got->more[i], more_of(of->tfs[i]));
    }
}

static void check_words(const sample *of, const osl_slice *slice,
                        osl_slice_words_fn *kernel)
{
    uint64_t words[64];
    uint32_t before[64], sum = 0, i = 0;
    uint32_t all = kernel(slice, words, before);
    for (unsigned range = 0; range < 64; range++) {
        uint64_t word = 0;
        assert_int_equal(before[range], sum);
        for (; i < of->count && of->ordinals[i] / 64 % 64 == range; i++) {
            word |= (uint64_t)1 << of->ordinals[i] % 64;
            sum += more_of(of->tfs[i]);
        }
        assert_true(words[range] == word);
    }
    assert_int_equal(all, sum);
}

static void check_planes(const sample *of, const osl_slice *slice,
                         const osl_slice_kernels *kernels)
{
    uint32_t above[OSL_SLICE_PLANES + 1];
    size_t words = (of->count - 1) / 64 + 1;
    kernels->above(slice->more, of->count, above);
    for (unsigned p = 1; p <= OSL_SLICE_PLANES; p++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < of->count; i++)
            count += of->tfs[i] >= 1u << p;
        assert_int_equal(above[p], count);
        uint8_t *planes = malloc(p * words * 8);
        assert_non_null(planes);
        kernels->planes(slice->more, of->count, p, planes);
        for (uint32_t i = 0; i < words * 64; i++) {
            uint32_t more = i < of->count ? of->tfs[i] - 1 : 0, value = 0;
            more = more < (1u << p) - 1 ? more : (1u << p) - 1;
            for (unsigned bit = 0; bit < p; bit++)
                value |=
                    (uint32_t)(planes[(bit * words * 64 + i) / 8] >> (i % 8) &
                               1)
                    << bit;
            assert_int_equal(value, more);
        }
        free(planes);
    }
}

static void a_chunk_is_sliced_alike_by_each_level(void **state)
{
    (void)state;
    static osl_slice slice;
    osl_cpu_level best = osl_cpu_highest();
    test_random random = test_random_new(31);
    for (unsigned round = 0; round < ROUNDS; round++) {
        sample of;
        make_sample(&random, round % COUNT_OF(shapes), &of);
        for (osl_cpu_level level = OSL_CPU_SCALAR; level <= best; level++) {
            const osl_slice_kernels *kernels = osl_kernels_get(level)->slice;
            memset(&slice, 0xA5, sizeof slice);
            kernels->slice(&slice, of.ordinals, of.tfs, of.bounds, of.count);
            check_ranges(&of, &slice);
            check_words(&of, &slice, kernels->words);
            check_planes(&of, &slice, kernels);
        }
        free_sample(&of);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chunk_is_sliced_alike_by_each_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
