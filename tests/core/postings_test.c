/* SPDX-License-Identifier: MIT */
#include "tests/core/segment_twin.h"

#include "core/segment/postings.h"
#include "core/segment/region.h"
#include "core/segment/score.h"

static const twin_shape text_shapes[] = {
    {"one posting", 0, 0, 0, 1, 0, 50, 0},
    {"one posting, far position", 0, 0, 0, 3, 0, 1u << 24, 0},
    {"rare", 0.001, 0, 0, 5, 0, 90, 0},
    {"rare, long paragraphs", 0.002, 0, 0, 300, 10, 100000, 0},
    {"rare, in one chunk", 0.05, 8192, 4096, 9, 0, 256, 0},
    {"rare, dense in one chunk", 0.2, 4096, 4096, 40, 3, 400, 3},
    {"frequent, sparse", 0.01, 0, 0, 4, 0, 200, 0},
    {"frequent, tf 1", 0.02, 0, 0, 1, 0, 200, 2},
    {"frequent, long tail of tf", 0.03, 0, 0, 70000, 300, 140000, 5},
    {"frequent, dense", 0.3, 0, 0, 12, 0, 256, 7},
    {"frequent, all ones", 1, 0, 0, 1, 0, 10, 0},
    {"frequent, everywhere", 1, 0, 0, 30, 2, 257, 300},
    {"frequent, clustered", 0.9, 5000, 3000, 3, 0, 300, 1},
    {"frequent, wide sums", 0.5, 0, 9000, 400, 2, 70000, 0},
};

static const twin_shape pair_shapes[] = {
    {"rare", 0.0005, 0, 0, 3, 0, 0, 0},
    {"huge tf", 0.001, 0, 0, 0x80000000u, 2, 0, 0},
    {"frequent, huge tf", 0.02, 0, 0, 0x80000000u, 20, 0, 0},
    {"dense, huge tf", 0.5, 0, 0, 0xFFFFFFFFu, 90, 0, 0},
};

/* What one segment is checked with. */
typedef struct bench {
    osl_segment *segment;
    osl_arena arena;
    const twin_field *field;
    const twin_term *term;
    const osl_postings *postings;
    osl_term_info info;
    osl_form_finder finder;
    float k[256];
} bench;

static void open_term(bench *at, const twin_term *term)
{
    osl_error err = {0};
    bool found;
    osl_arena_reset(&at->arena);
    at->term = term;
    assert_ok(osl_term_find(at->segment, at->field->field,
                            (osl_text){term->text, term->length}, &found,
                            &at->info, &err));
    assert_true(found);
    assert_int_equal(at->info.df, term->df);
    assert_int_equal(at->info.cf, term->cf);
    assert_ok(osl_postings_open(&at->postings, at->segment, at->field->field,
                                &at->info, &at->arena, &err));
    assert_int_equal(osl_postings_df(at->postings), term->df);
}

/* As where a spoilt dictionary gives two terms one region: the second one must
 * not be taken for as long as it says. */
static void check_other_count(bench *at)
{
    osl_error err = {0};
    const osl_postings *postings;
    osl_term_info info = at->info;
    uint32_t ordinal_count = at->field->ordinal_count;
    if (info.df >= ordinal_count ||
        !osl_region_is_frequent(info.df, ordinal_count,
                                at->field->field != OSL_FIELD_PAIR))
        return;
    info.df++;
    info.cf++;
    assert_int_equal(osl_postings_open(&postings, at->segment, at->field->field,
                                       &info, &at->arena, &err),
                     OSL_ECORRUPT);
}

static void check_decode(bench *at)
{
    osl_error err = {0};
    size_t bytes = (size_t)at->term->df * 4;
    uint32_t *ordinals = osl_arena_take(&at->arena, bytes);
    uint32_t *tfs = osl_arena_take(&at->arena, bytes);
    assert_ok(osl_postings_decode(at->postings, ordinals, tfs, &err));
    assert_memory_equal(ordinals, at->term->ordinals, bytes);
    assert_memory_equal(tfs, at->term->tfs, bytes);
}

/* Each range: its word, a random part of its tfs, its bound. */
static void check_range(bench *at, uint32_t range, uint32_t *next,
                        test_random *random)
{
    uint64_t word = 0;
    uint32_t tfs[64], want[64], first = *next;
    double gain = 0;
    for (; *next < at->term->df &&
           at->term->ordinals[*next] / OSL_RANGE_SIZE == range;
         (*next)++) {
        word |= (uint64_t)1 << (at->term->ordinals[*next] % 64);
        uint32_t length = at->field->lengths[at->term->ordinals[*next]];
        double g = (double)osl_score_gain(at->term->tfs[*next],
                                          at->k[osl_length_code(length)]);
        gain = g > gain ? g : gain;
    }
    assert_true(osl_postings_word(at->postings, range) == word);
    uint64_t which = test_random_next(random);
    which |= test_random_next(random);
    unsigned count = 0;
    for (uint32_t i = first; i < *next; i++)
        if (which >> (at->term->ordinals[i] % 64) & 1)
            want[count++] = at->term->tfs[i];
    osl_postings_tfs(at->postings, range, which & word, tfs);
    assert_memory_equal(tfs, want, (size_t)count * 4);
    unsigned bound = osl_postings_bound(at->postings, range);
    assert_true((double)bound >= 255.0 * gain);
    assert_true(bound == 0 || (double)bound < 255.0 * gain + 1.0);
    assert_true(bound <= osl_postings_chunk_bound(at->postings, range / 64));
    uint64_t mask = osl_postings_ranges(at->postings, range / 64);
    assert_int_equal(mask >> (range % 64) & 1, word != 0);
}

static void check_occurrences(bench *at, uint32_t i, uint64_t before)
{
    osl_error err = {0};
    const twin_term *term = at->term;
    uint32_t tf = term->tfs[i];
    uint32_t *got = malloc((size_t)tf * 4);
    assert_ok(
        osl_postings_positions(at->postings, term->ordinals[i], got, &err));
    assert_memory_equal(got, term->positions + before, (size_t)tf * 4);
    if (term->forms) {
        const osl_term_form *forms;
        size_t count;
        assert_ok(osl_term_forms(at->segment, &at->info, &at->arena, &forms,
                                 &count, &err));
        assert_ok(
            osl_postings_forms(at->postings, term->ordinals[i], got, &err));
        for (uint32_t n = 0; n < tf; n++) {
            assert_true(got[n] < count);
            assert_true(osl_text_equal(
                forms[got[n]].text, term->form_list[term->forms[before + n]]));
        }
    }
    free(got);
}

static void check_term(bench *at, const twin_term *term, test_random *random)
{
    osl_error err = {0};
    open_term(at, term);
    check_decode(at);
    check_other_count(at);
    uint32_t next = 0;
    uint32_t ranges = (at->field->ordinal_count + 63) / 64;
    for (uint32_t range = 0; range < ranges; range++)
        check_range(at, range, &next, random);
    assert_int_equal(next, term->df);
    uint64_t before = 0;
    uint32_t step = 1 + term->df / 700;
    for (uint32_t i = 0; term->positions && i < term->df; i++) {
        if (i % step == 0)
            check_occurrences(at, i, before);
        before += term->tfs[i];
    }
    uint32_t none = term->ordinals[term->df - 1] + 1, tf[1];
    if (term->positions && none < at->field->ordinal_count)
        assert_int_equal(osl_postings_positions(at->postings, none, tf, &err),
                         OSL_EINVAL);
    if (!term->positions)
        assert_int_equal(
            osl_postings_positions(at->postings, term->ordinals[0], tf, &err),
            OSL_ENOTFOUND);
}

static void check_form_list(bench *at, const twin_term *term)
{
    osl_error err = {0};
    const osl_term_form *forms;
    size_t count, seen = 0;
    open_term(at, term);
    assert_ok(osl_term_forms(at->segment, &at->info, &at->arena, &forms, &count,
                             &err));
    if (!term->forms) {
        assert_int_equal(count, 1);
        assert_true(osl_text_equal(forms[0].text,
                                   (osl_text){term->text, term->length}));
        assert_int_equal(forms[0].df, term->df);
        return;
    }
    for (uint32_t f = 0; f < term->form_count; f++) {
        uint32_t df = 0;
        const uint32_t *form = term->forms;
        for (uint32_t i = 0; i < term->df; i++) {
            bool here = false;
            for (uint32_t n = 0; n < term->tfs[i]; n++)
                here |= *form++ == f;
            df += here;
        }
        for (size_t g = 0; g < count; g++)
            if (df && osl_text_equal(forms[g].text, term->form_list[f])) {
                assert_int_equal(forms[g].df, df);
                seen++;
            }
    }
    assert_int_equal(seen, count);
}

/* Each form of a term, where the finder stands at one before or behind it. */
static void check_form_places(bench *at, const twin_term *term)
{
    osl_error err = {0};
    const osl_term_form *forms;
    osl_form_place place;
    size_t count;
    const osl_text text = {term->text, term->length};
    open_term(at, term);
    at->finder.segment = at->segment;
    assert_ok(osl_term_forms(at->segment, &at->info, &at->arena, &forms, &count,
                             &err));
    for (uint32_t f = 0; f < count; f++) {
        assert_ok(osl_form_finder_find(&at->finder, at->info.ordinal, text,
                                       forms[f].text, &place, &err));
        assert_int_equal(place.count, count);
        assert_int_equal(place.number, f);
    }
    assert_ok(osl_form_finder_find(&at->finder, at->info.ordinal, text,
                                   osl_text_of("none of them"), &place, &err));
    assert_int_equal(place.count, count);
    assert_int_equal(place.number, UINT32_MAX);
}

static void make_field(test_random *random, twin_field *field,
                       const twin_shape *shapes, size_t count, size_t times)
{
    twin_lengths(random, field);
    field->terms = calloc(count * times, sizeof *field->terms);
    field->term_count = count * times;
    for (size_t t = 0; t < field->term_count; t++) {
        twin_term *term = &field->terms[t];
        term->length =
            (size_t)snprintf(term->text, sizeof term->text, "term%05zu", t);
        twin_make(random, term, &shapes[t / times], field->ordinal_count);
    }
}

static void check_field(bench *at, const twin_field *field, test_random *random)
{
    uint64_t total = 0;
    at->field = field;
    for (uint32_t i = 0; i < field->ordinal_count; i++)
        total += field->lengths[i];
    osl_score_lengths(at->k, 1.2, 0.75, total, field->ordinal_count);
    for (int round = 0; round < 2; round++) /* the second finds all verified */
        for (size_t t = 0; t < field->term_count; t++)
            check_term(at, &field->terms[t], random);
    if (field->field == OSL_FIELD_TEXT)
        for (size_t t = 0; t < field->term_count; t++)
            check_form_list(at, &field->terms[t]);
    for (size_t t = 0; field->field == OSL_FIELD_TEXT && t < field->term_count;
         t += 1 + test_random_below(random, 6))
        check_form_places(at, &field->terms[t]);
    for (unsigned n = 0; field->field == OSL_FIELD_TEXT && n < 20; n++)
        check_form_places(at, &field->terms[test_random_below(
                                  random, (uint32_t)field->term_count)]);
}

static void check_segment(uint32_t ordinal_count, test_random *random)
{
    osl_error err = {0};
    twin_field fields[2] = {
        {.field = OSL_FIELD_TEXT, .ordinal_count = ordinal_count},
        {.field = OSL_FIELD_PAIR, .ordinal_count = ordinal_count}};
    make_field(random, &fields[0], text_shapes, COUNT_OF(text_shapes), 2);
    make_field(random, &fields[1], pair_shapes, COUNT_OF(pair_shapes), 2);
    twin_fit_lengths(&fields[0]);
    free(fields[1].lengths);
    fields[1].lengths = malloc(((size_t)ordinal_count + 1) * 4);
    memcpy(fields[1].lengths, fields[0].lengths, (size_t)ordinal_count * 4);
    twin_write(fields, 2);
    bench at = {0};
    assert_ok(osl_segment_open(&at.segment, twin_path(),
                               osl_kernels_get(OSL_CPU_SCALAR), &err));
    for (size_t f = 0; f < 2; f++)
        check_field(&at, &fields[f], random);
    osl_arena_clear(&at.arena);
    osl_segment_free(at.segment);
    assert_int_equal(unlink(twin_path()), 0);
    twin_free(&fields[0]);
    twin_free(&fields[1]);
}

static void every_verb_gives_what_was_written(void **state)
{
    (void)state;
    static const uint32_t counts[] = {9000, 12289, 40001, 65536};
    static const uint8_t shifts[] = {OSL_SLICED_SHIFT_MAX, 0, 3};
    test_random random = test_random_new(11);
    for (size_t i = 0; i < COUNT_OF(counts) * COUNT_OF(shifts); i++) {
        twin_sliced_shift = shifts[i % COUNT_OF(shifts)];
        twin_dense_positions = i % 2;
        check_segment(counts[i / COUNT_OF(shifts)], &random);
    }
}

/* Whose flags would be asked what its payload has. Checksums are taken as
 * right. */
static void a_chunk_without_postings_has_no_flags(void **state)
{
    (void)state;
    static const twin_shape shape = {
        "in the second chunk", 0.9, 5000, 3000, 3, 0, 300, 1};
    test_random random = test_random_new(12);
    twin_field field = {.field = OSL_FIELD_TEXT, .ordinal_count = 16384};
    osl_error err = {0};
    osl_map map;
    make_field(&random, &field, &shape, 1, 1);
    twin_fit_lengths(&field);
    twin_sliced_shift = OSL_SLICED_SHIFT_MAX;
    twin_write(&field, 1);
    assert_ok(osl_map_open(&map, twin_path(), &err));
    uint8_t *bytes = malloc(map.length);
    assert_non_null(bytes);
    memcpy(bytes, map.bytes, map.length);
    osl_text all = {(const char *)bytes, map.length};
    size_t flags = 0; /* where those of the first chunk stand */
    for (int is_spoilt = 0; is_spoilt < 2; is_spoilt++) {
        bench at = {.field = &field};
        bool found;
        assert_ok(osl_segment_open_memory(&at.segment, all, "bytes",
                                          osl_kernels_get(OSL_CPU_SCALAR),
                                          false, &err));
        osl_text term = {field.terms[0].text, field.terms[0].length};
        assert_ok(osl_term_find(at.segment, field.field, term, &found, &at.info,
                                &err));
        assert_true(found);
        assert_int_equal(osl_postings_open(&at.postings, at.segment,
                                           field.field, &at.info, &at.arena,
                                           &err),
                         is_spoilt ? OSL_ECORRUPT : OSL_OK);
        if (!is_spoilt) {
            flags = (size_t)(at.postings->headers - bytes) + 22;
            assert_int_equal(bytes[flags], 0);
            bytes[flags] = OSL_CHUNK_DENSE | OSL_CHUNK_EXCEPTIONS;
        }
        osl_arena_clear(&at.arena);
        osl_segment_free(at.segment);
    }
    osl_map_close(&map);
    free(bytes);
    assert_int_equal(unlink(twin_path()), 0);
    twin_free(&field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_gives_what_was_written),
        cmocka_unit_test(a_chunk_without_postings_has_no_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
