/* SPDX-License-Identifier: MIT
 *
 * Lists in the shape of frequent terms: every chunk holds its part of the
 * list, with the bounds of its ranges, whatever lies in one chunk and however
 * large its tfs are. */
#include "core/segment/shape.h"

#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

enum { MOST = 3000, LARGEST = 3000000 };

typedef struct list {
    uint32_t df, ordinals[MOST], tfs[MOST];
} list;

static const struct {
    const char *name;
    uint32_t df, ordinal_count;
    uint32_t gap;         /* to the next posting, at most; 0: as they fit */
    uint32_t every, most; /* one tf in so many is larger, up to so much */
} cases[] = {
    {"one posting", 1, 5000, 0, 0, 1},
    {"all of tf 1", 300, 200000, 0, 0, 1},
    {"few in a range", 700, 200000, 0, 4, 3},
    {"exceptions", 700, 200000, 0, 5, 12},
    {"nothing but exceptions", 500, 200000, 0, 1, 90},
    {"huge tfs", 400, 200000, 0, 7, 1u << 20},
    {"neighbours, sparse", 250, 200000, 2, 6, 8},
    {"dense chunks", MOST, 200000, 12, 6, 40},
    {"255 of a chunk, and more of others", 255, 8192, 16, 3, 5},
    {"many chunks", 600, LARGEST, 0, 5, 9},
    {"many chunks, few of them", 40, LARGEST, 0, 3, 300},
    {"many chunks, dense", MOST, LARGEST, 9, 9, 9},
};

static void make_list(test_random *random, size_t c, list *of)
{
    uint32_t room = cases[c].ordinal_count / cases[c].df;
    uint32_t gap = cases[c].gap ? cases[c].gap : room;
    uint32_t next =
        test_random_below(random, cases[c].ordinal_count - cases[c].df * gap);
    of->df = cases[c].df;
    for (uint32_t i = 0; i < of->df; i++) {
        next += test_random_below(random, gap);
        of->ordinals[i] = next++;
        uint32_t every = cases[c].every;
        bool more = every && test_random_below(random, every) == 0;
        of->tfs[i] = more ? 1 + test_random_below(random, cases[c].most) : 1;
    }
}

/* The greatest bound and the number of the postings of a range, from `at`. */
static uint32_t check_range(const list *of, const osl_postings *got,
                            const uint8_t *codes, uint32_t at, uint32_t rank)
{
    const osl_bounds *bounds = &got->segment->fields[got->field].bounds;
    uint32_t first = at;
    uint8_t most = 0;
    for (; at < of->df && of->ordinals[at] / 64 == of->ordinals[first] / 64;
         at++) {
        uint8_t bound =
            osl_bound_of(bounds, of->tfs[at], codes[of->ordinals[at]]);
        most = bound > most ? bound : most;
    }
    assert_int_equal(got->bounds[rank], most);
    assert_int_equal(got->counts[rank], at - first);
    return at;
}

/* A chunk against the list's postings from `at` on; returns those behind. */
static uint32_t check_chunk(const list *of, const osl_postings *got,
                            const uint8_t *codes, uint32_t index, uint32_t at)
{
    static uint32_t ordinals[OSL_CHUNK_SIZE], tfs[OSL_CHUNK_SIZE];
    const uint8_t *header = osl_postings_header(got, index);
    osl_chunk chunk = osl_postings_chunk(got, header);
    uint32_t count = osl_chunk_count(header), end = at + count, most = 0;
    uint32_t rank = osl_chunk_rank(header);
    if (count == 0) {
        assert_true(osl_chunk_mask(header) == 0);
        return at;
    }
    assert_true(end <= of->df);
    assert_int_equal(osl_chunk_positions(header), at);
    osl_chunk_decode(&chunk, index * OSL_CHUNK_SIZE, ordinals, tfs);
    assert_memory_equal(ordinals, of->ordinals + at, (size_t)count * 4);
    assert_memory_equal(tfs, of->tfs + at, (size_t)count * 4);
    for (; at < end; rank++) {
        at = check_range(of, got, codes, at, rank);
        most = got->bounds[rank] > most ? got->bounds[rank] : most;
    }
    assert_int_equal(osl_chunk_bound(header), most);
    return at;
}

static void check_list(const list *of, const osl_postings *got,
                       const uint8_t *codes)
{
    uint32_t at = 0;
    for (uint32_t chunk = 0; chunk < got->chunk_count; chunk++) {
        uint32_t next = check_chunk(of, got, codes, chunk, at);
        while (at < next)
            assert_int_equal(of->ordinals[at++] / OSL_CHUNK_SIZE, chunk);
    }
    assert_int_equal(at, of->df);
}

static void shape_and_check(test_random *random, size_t c, osl_field field,
                            const osl_segment *segment, const uint8_t *codes)
{
    static list of;
    osl_arena arena = {0};
    make_list(random, c, &of);
    osl_postings got = {.segment = segment,
                        .field = field,
                        .ordinals = of.ordinals,
                        .ordinal_count = cases[c].ordinal_count,
                        .df = of.df};
    got.chunk_count = (got.ordinal_count + OSL_CHUNK_SIZE - 1) / OSL_CHUNK_SIZE;
    assert_true(osl_shape_list(&got, of.tfs, codes, &arena));
    check_list(&of, &got, codes);
    osl_arena_clear(&arena);
}

static void lists_come_back_in_chunks(void **state)
{
    (void)state;
    static osl_segment segment;
    static const osl_field fields[] = {OSL_FIELD_TEXT, OSL_FIELD_PAIR};
    test_random random = test_random_new(81);
    uint8_t *codes = malloc(LARGEST);
    assert_non_null(codes);
    for (uint32_t i = 0; i < LARGEST; i++)
        codes[i] = (uint8_t)test_random_below(&random, 256);
    segment.kernels = osl_kernels_get(osl_cpu_highest());
    for (size_t f = 0; f < COUNT_OF(fields); f++)
        osl_bounds_init(&segment.fields[fields[f]].bounds,
                        f ? 0 : OSL_BOUNDS_TFS, 1.2, 0.75, 1000000, 10000);
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        print_message("%s\n", cases[c].name);
        for (unsigned round = 0; round < 30; round++)
            shape_and_check(&random, c, fields[round % 2], &segment, codes);
    }
    free(codes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_come_back_in_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
