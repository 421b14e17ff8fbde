/* SPDX-License-Identifier: MIT
 *
 * Lists of the best postings against a sort of all of them. */
#include "tests/core/segment_twin.h"

#include "core/segment/best.h"
#include "core/segment/postings.h"
#include "core/segment/score.h"

enum { ORDINALS = 100007, TERMS = 9 };

static const twin_shape shapes[TERMS] = {
    {"just frequent", 0.0042, 0, 0, 4, 3, 12, 0},
    {"sparse", 0.02, 0, 0, 9, 3, 12, 0},
    {"in one chunk", 0.2, 8192, 4096, 9, 4, 12, 0},
    {"dense", 0.3, 0, 0, 9, 2, 12, 0},
    {"dense, tf 1", 0.4, 0, 0, 1, 0, 12, 0},
    {"high tf", 0.3, 0, 0, 300, 5, 400, 0},
    {"all", 1, 0, 0, 3, 0, 12, 0},
    {"rare, long", 0.0032, 0, 0, 9, 3, 12, 0},
    {"rare", 0.001, 0, 0, 3, 0, 12, 0},
};

typedef struct weighed {
    float gain;
    uint32_t ordinal, tf;
} weighed;

static int compare_weighed(const void *left, const void *right)
{
    const weighed *a = left, *b = right;
    if (a->gain != b->gain)
        return a->gain > b->gain ? -1 : 1;
    return a->ordinal < b->ordinal ? -1 : 1;
}

static void check_term(const osl_segment *segment, const twin_field *field,
                       const twin_term *term, osl_arena *arena)
{
    osl_error err = {0};
    osl_term_info info;
    bool found;
    const osl_postings *postings;
    const uint8_t *codes;
    const osl_bounds *bounds = &segment->fields[field->field].bounds;
    assert_ok(osl_term_find(segment, field->field,
                            (osl_text){term->text, term->length}, &found, &info,
                            &err));
    assert_ok(osl_postings_open(&postings, segment, field->field, &info, arena,
                                &err));
    assert_ok(osl_segment_length_codes(segment, field->field, &codes, &err));
    bool has_some = term->df >= 256 && field->field != OSL_FIELD_PAIR;
    bool frequent = osl_region_is_frequent(term->df, field->ordinal_count,
                                           field->field != OSL_FIELD_PAIR);
    assert_int_equal(postings->best != NULL, has_some);
    if (!has_some)
        return;
    assert_int_equal(postings->best_count, frequent ? 128 : 16);
    const osl_postings *alone;
    assert_ok(osl_postings_open_best(&alone, segment, field->field, &info,
                                     arena, &err));
    assert_int_equal(alone == NULL, frequent);
    if (alone)
        assert_ptr_equal(alone->best, postings->best);
    weighed *all = malloc(term->df * sizeof *all);
    for (uint32_t i = 0; i < term->df; i++)
        all[i] = (weighed){
            osl_score_gain(term->tfs[i], bounds->k[codes[term->ordinals[i]]]),
            term->ordinals[i], term->tfs[i]};
    qsort(all, term->df, sizeof *all, compare_weighed);
    for (unsigned n = 0; n < postings->best_count; n++) {
        osl_best_entry entry = osl_best_get(
            postings->best, osl_best_width(field->ordinal_count), n);
        assert_int_equal(entry.ordinal, all[n].ordinal);
        assert_int_equal(entry.tf, all[n].tf < 64 ? all[n].tf : 0);
    }
    free(all);
}

static void make_field(twin_field *field, osl_field kind, test_random *random)
{
    *field = (twin_field){
        .field = kind, .ordinal_count = ORDINALS, .term_count = TERMS};
    twin_lengths(random, field);
    field->terms = calloc(TERMS, sizeof *field->terms);
    for (size_t t = 0; t < TERMS; t++) {
        twin_term *term = &field->terms[t];
        twin_shape shape = shapes[t];
        if (kind == OSL_FIELD_PAIR)
            shape.position_end = 0;
        term->length = (size_t)snprintf(term->text, 8, "t%zu", t);
        twin_make(random, term, &shape, ORDINALS);
    }
}

static void lists_are_the_head_of_all_postings_by_gain(void **state)
{
    (void)state;
    static const osl_field kinds[] = {OSL_FIELD_TEXT, OSL_FIELD_TITLE,
                                      OSL_FIELD_PAIR}; /* pairs have none */
    test_random random = test_random_new(51);
    twin_field fields[COUNT_OF(kinds)];
    osl_error err = {0};
    osl_segment *segment;
    osl_arena arena = {0};
    for (size_t f = 0; f < COUNT_OF(kinds); f++)
        make_field(&fields[f], kinds[f], &random);
    twin_write(fields, COUNT_OF(kinds));
    assert_ok(osl_segment_open(&segment, twin_path(),
                               osl_kernels_get(OSL_CPU_SCALAR), &err));
    unlink(twin_path());
    for (size_t f = 0; f < COUNT_OF(kinds); f++)
        for (size_t t = 0; t < TERMS; t++)
            check_term(segment, &fields[f], &fields[f].terms[t], &arena);
    osl_arena_clear(&arena);
    osl_segment_free(segment);
    for (size_t f = 0; f < COUNT_OF(kinds); f++)
        twin_free(&fields[f]);
}

static void entries_are_as_wide_as_ordinals_need(void **state)
{
    (void)state;
    static const struct {
        uint32_t ordinals;
        unsigned width;
    } cases[] = {{1024, 2},           {1025, 3},     {1u << 18, 3},
                 {(1u << 18) + 1, 4}, {1u << 26, 4}, {(1u << 26) + 1, 5},
                 {0x7FFFFFFE, 5}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(osl_best_width(cases[i].ordinals), cases[i].width);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_the_head_of_all_postings_by_gain),
        cmocka_unit_test(entries_are_as_wide_as_ordinals_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
