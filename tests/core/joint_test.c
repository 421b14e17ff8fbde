/* SPDX-License-Identifier: MIT
 *
 * Lists of the best of two words against a sort of all paragraphs that have
 * both. */
#include "tests/core/segment_twin.h"

#include "core/base/bytes.h"
#include "core/segment/check.h"
#include "core/segment/joint.h"
#include "core/segment/postings.h"
#include "core/segment/score.h"

enum { ORDINALS = 40007, TERMS = 12, FLIPS = 200 };

static const twin_shape shapes[TERMS] = {
    {"all", 1, 0, 0, 3, 0, 12, 0},
    {"dense", 0.3, 0, 0, 9, 2, 12, 0},
    {"dense, tf 1", 0.4, 0, 0, 1, 0, 12, 0},
    {"high tf", 0.5, 0, 0, 300, 5, 400, 0},
    {"in the first chunk", 0.99, 0, 4096, 9, 3, 12, 0},
    {"once more", 0.99, 0, 4090, 9, 3, 12, 0},
    {"in the others", 0.9, 4096, 8000, 9, 3, 12, 0},
    {"sparse in most", 0.06, 0, 0, 9, 3, 12, 0},
    {"where that is not", 0.5, 20000, 9000, 4, 0, 12, 0},
    {"elsewhere", 0.5, 30000, 9000, 4, 0, 12, 0},
    {"too rare for most", 0.051, 0, 0, 4, 0, 12, 0},
    {"rare", 0.001, 0, 0, 3, 0, 12, 0},
};

typedef struct weighed {
    float sum;
    uint32_t ordinal, tfs[2];
} weighed;

static int compare_weighed(const void *left, const void *right)
{
    const weighed *a = left, *b = right;
    if (a->sum != b->sum)
        return a->sum > b->sum ? -1 : 1;
    return a->ordinal < b->ordinal ? -1 : 1;
}

typedef struct world {
    twin_field field;
    osl_segment *segment;
    const osl_postings *postings[TERMS];
    const uint8_t *codes;
    osl_arena arena;
} world;

static void make_field(twin_field *field, uint32_t ordinals, uint64_t seed)
{
    test_random random = test_random_new(seed);
    *field = (twin_field){.field = OSL_FIELD_TEXT,
                          .ordinal_count = ordinals,
                          .term_count = TERMS};
    twin_lengths(&random, field);
    field->terms = calloc(TERMS, sizeof *field->terms);
    for (size_t t = 0; t < TERMS; t++) {
        field->terms[t].length =
            (size_t)snprintf(field->terms[t].text, 8, "t%02zu", t);
        twin_shape shape = shapes[t];
        if (shape.from >= ordinals)
            shape.from = shape.span = 0;
        twin_make(&random, &field->terms[t], &shape, ordinals);
    }
}

static void world_open(world *at, osl_cpu_level level)
{
    osl_error err = {0};
    *at = (world){.segment = NULL};
    make_field(&at->field, ORDINALS, 81);
    twin_write(&at->field, 1);
    assert_ok(osl_segment_open(&at->segment, twin_path(),
                               osl_kernels_get(level), &err));
    unlink(twin_path());
    assert_ok(osl_segment_length_codes(at->segment, OSL_FIELD_TEXT, &at->codes,
                                       &err));
    for (size_t t = 0; t < TERMS; t++) {
        osl_term_info info;
        bool found;
        const twin_term *term = &at->field.terms[t];
        assert_ok(osl_term_find(at->segment, OSL_FIELD_TEXT,
                                (osl_text){term->text, term->length}, &found,
                                &info, &err));
        assert_ok(osl_postings_open(&at->postings[t], at->segment,
                                    OSL_FIELD_TEXT, &info, &at->arena, &err));
    }
}

static void world_close(world *at)
{
    osl_segment_free(at->segment);
    osl_arena_clear(&at->arena);
    twin_free(&at->field);
}

/* All paragraphs that have both, the best first. */
static weighed *weigh_all(const world *at, size_t a, size_t b, size_t *count)
{
    const twin_term *x = &at->field.terms[a], *y = &at->field.terms[b];
    const float *k = at->segment->fields[OSL_FIELD_TEXT].bounds.k;
    weighed *all = malloc((x->df + (size_t)1) * sizeof *all);
    /* Sums are made in the order of falling df. */
    bool first = x->df > y->df || (x->df == y->df && a < b);
    float wx = (float)osl_score_idf(ORDINALS, x->df);
    float wy = (float)osl_score_idf(ORDINALS, y->df);
    *count = 0;
    for (uint32_t i = 0, n = 0; i < x->df; i++) {
        while (n < y->df && y->ordinals[n] < x->ordinals[i])
            n++;
        if (n == y->df || y->ordinals[n] != x->ordinals[i])
            continue;
        float kk = k[at->codes[x->ordinals[i]]];
        float sx = wx * osl_score_gain(x->tfs[i], kk);
        float sy = wy * osl_score_gain(y->tfs[n], kk);
        all[(*count)++] = (weighed){
            first ? sx + sy : sy + sx, x->ordinals[i], {x->tfs[i], y->tfs[n]}};
    }
    qsort(all, *count, sizeof *all, compare_weighed);
    return all;
}

static bool is_pair(const world *at, size_t a, size_t b)
{
    uint64_t x = at->field.terms[a].df, y = at->field.terms[b].df;
    return a != b && x * TWIN_JOINT_DF >= ORDINALS &&
           y * TWIN_JOINT_DF >= ORDINALS &&
           x * y * TWIN_JOINT_PRODUCT >= (uint64_t)ORDINALS * ORDINALS;
}

static void check_list(const world *at, const osl_joint_list *list, size_t a,
                       size_t b)
{
    size_t count;
    weighed *all = weigh_all(at, a, b, &count);
    bool is_whole = count <= OSL_JOINT_COUNT;
    assert_int_equal(list->count, is_whole ? count : OSL_JOINT_COUNT);
    assert_true(list->bound == (is_whole ? 0 : all[OSL_JOINT_COUNT].sum));
    for (unsigned n = 0; n < list->count; n++) {
        osl_joint_entry entry = osl_joint_get(list, n);
        assert_int_equal(entry.ordinal, all[n].ordinal);
        for (unsigned i = 0; i < 2; i++)
            assert_int_equal(entry.tfs[i],
                             all[n].tfs[i] < 8 ? all[n].tfs[i] : 0);
    }
    free(all);
}

static void lists_are_the_head_of_all_paragraphs_that_have_both(void **state)
{
    (void)state;
    osl_error err = {0};
    world at;
    unsigned lists = 0;
    world_open(&at, OSL_CPU_SCALAR);
    for (size_t a = 0; a < TERMS; a++)
        for (size_t b = 0; b < TERMS; b++) {
            osl_joint_list list;
            assert_ok(
                osl_joint_find(&list, at.postings[a], at.postings[b], &err));
            assert_int_equal(list.entries != NULL, is_pair(&at, a, b));
            if (!list.entries)
                continue;
            lists++;
            check_list(&at, &list, a, b);
        }
    print_message("%u lists\n", lists);
    assert_true(lists > 20);
    world_close(&at);
}

static void each_level_makes_the_same(void **state)
{
    (void)state;
    for (osl_cpu_level level = OSL_CPU_SCALAR; level <= osl_cpu_highest();
         level++) {
        osl_error err = {0};
        world at;
        world_open(&at, level);
        assert_ok(osl_segment_check(at.segment, &err));
        world_close(&at);
    }
}

static void small_segments_have_none(void **state)
{
    (void)state;
    osl_error err = {0};
    osl_segment *segment;
    twin_field field;
    make_field(&field, OSL_JOINT_ORDINALS_MIN - 1, 82);
    twin_write(&field, 1);
    assert_ok(osl_segment_open(&segment, twin_path(),
                               osl_kernels_get(OSL_CPU_SCALAR), &err));
    unlink(twin_path());
    assert_null(segment->sections[OSL_SECTION_JOINT].bytes);
    osl_segment_free(segment);
    twin_free(&field);
}

/* ---- files that were made to harm --------------------------------------- */

static uint8_t *read_twin(size_t *length, size_t *from, size_t *end)
{
    osl_error err = {0};
    osl_map map;
    assert_ok(osl_map_open(&map, twin_path(), &err));
    uint8_t *bytes = malloc(map.length);
    assert_non_null(bytes);
    memcpy(bytes, map.bytes, map.length);
    *length = map.length;
    osl_map_close(&map);
    unlink(twin_path());
    size_t entry = osl_get64(bytes + *length - 64);
    while (osl_get32(bytes + entry) != OSL_SECTION_JOINT)
        entry += 32;
    *from = osl_get64(bytes + entry + 8);
    *end = *from + osl_get64(bytes + entry + 16);
    return bytes;
}

/* Reads all lists; what they say is any, if it is read at all. */
static void read_all(osl_segment *segment, const twin_field *field)
{
    osl_error err = {0};
    osl_arena arena = {0};
    const osl_postings *postings[TERMS];
    for (size_t t = 0; t < TERMS; t++) {
        osl_term_info info;
        bool found;
        assert_ok(osl_term_find(
            segment, OSL_FIELD_TEXT,
            (osl_text){field->terms[t].text, field->terms[t].length}, &found,
            &info, &err));
        assert_ok(osl_postings_open(&postings[t], segment, OSL_FIELD_TEXT,
                                    &info, &arena, &err));
    }
    for (size_t a = 0; a < TERMS; a++)
        for (size_t b = 0; b < TERMS; b++) {
            osl_joint_list list;
            osl_status status =
                osl_joint_find(&list, postings[a], postings[b], &err);
            assert_true(status == OSL_OK || status == OSL_ECORRUPT);
            uint32_t sum = 0;
            for (unsigned n = 0; status == OSL_OK && n < list.count; n++)
                sum += osl_joint_get(&list, n).ordinal;
            (void)sum;
        }
    osl_arena_clear(&arena);
}

/* Whatever checksums say. */
static void no_bit_of_lists_is_spoilt_unseen(void **state)
{
    (void)state;
    osl_error err = {0};
    test_random random = test_random_new(83);
    twin_field field;
    size_t length, from, end;
    make_field(&field, OSL_JOINT_ORDINALS_MIN + 3, 84);
    twin_write(&field, 1);
    uint8_t *bytes = read_twin(&length, &from, &end);
    for (unsigned n = 0; n < FLIPS; n++) {
        /* Heads as often as entries. */
        size_t to = n % 2 ? end : from + 400;
        size_t bit =
            from * 8 + test_random_below(&random, (uint32_t)(to - from) * 8);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        osl_segment *segment;
        assert_ok(osl_segment_open_memory(
            &segment, (osl_text){(const char *)bytes, length}, "bytes",
            osl_kernels_get(OSL_CPU_SCALAR), false, &err));
        read_all(segment, &field);
        assert_int_equal(osl_segment_check(segment, &err), OSL_ECORRUPT);
        osl_segment_free(segment);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(bytes);
    twin_free(&field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_the_head_of_all_paragraphs_that_have_both),
        cmocka_unit_test(each_level_makes_the_same),
        cmocka_unit_test(small_segments_have_none),
        cmocka_unit_test(no_bit_of_lists_is_spoilt_unseen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
