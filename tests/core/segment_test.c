/* SPDX-License-Identifier: MIT */
#include "tests/core/segment_twin.h"
#include "tests/core/segment_walk.h"

#include "core/base/bytes.h"
#include "core/base/file.h"
#include "core/segment/score.h"
#include "core/segment/tables.h"

#include <math.h>
#include <xxhash.h>

static const twin_shape shapes[] = {
    {"hapax", 0, 0, 0, 2, 0, 300, 3},
    {"rare", 0.05, 0, 0, 4, 0, 300, 2},
    {"frequent, sparse", 0.4, 0, 0, 9, 0, 300, 4},
    {"frequent, dense", 0.95, 0, 0, 300, 50, 600, 3},
};

/* A file's bytes, in exactly their size of memory, so that ASan guards its
 * end. */
typedef struct blob {
    char *bytes; /* owns */
    size_t length;
} blob;

static blob make_segment(uint64_t seed, size_t term_count, uint32_t count)
{
    osl_error err = {0};
    test_random random = test_random_new(seed);
    twin_field field = {.field = OSL_FIELD_TEXT, .ordinal_count = count};
    twin_lengths(&random, &field);
    field.terms = calloc(term_count, sizeof *field.terms);
    field.term_count = term_count;
    for (size_t t = 0; t < term_count; t++) {
        twin_term *term = &field.terms[t];
        term->length =
            (size_t)snprintf(term->text, sizeof term->text, "t%04zu", t);
        twin_make(&random, term, &shapes[t % COUNT_OF(shapes)], count);
    }
    twin_write(&field, 1);
    twin_free(&field);
    osl_map map;
    assert_ok(osl_map_open(&map, twin_path(), &err));
    char *bytes = malloc(map.length);
    memcpy(bytes, map.bytes, map.length);
    blob copy = {bytes, map.length};
    osl_map_close(&map);
    assert_int_equal(unlink(twin_path()), 0);
    return copy;
}

static osl_status open_bytes(osl_segment **out, blob bytes, bool verify,
                             osl_error *err)
{
    osl_text text = {bytes.bytes, bytes.length};
    return osl_segment_open_memory(
        out, text, "bytes", osl_kernels_get(OSL_CPU_SCALAR), verify, err);
}

static void a_whole_segment_passes_its_check(void **state)
{
    (void)state;
    osl_error err = {0};
    blob bytes = make_segment(31, 40, 5000);
    osl_segment *segment;
    assert_ok(open_bytes(&segment, bytes, true, &err));
    assert_ok(osl_segment_check(segment, &err));
    const osl_segment_info *info = osl_segment_get_info(segment);
    assert_int_equal(info->paragraph_count, 5000);
    assert_int_equal(info->fields[OSL_FIELD_TEXT].term_count, 40);
    assert_true(info->k1 == 1.2 && info->b == 0.75 && info->has_forms);
    unsigned failures;
    walk_segment(segment, &failures);
    assert_int_equal(failures, 0);
    osl_segment_free(segment);
    free(bytes.bytes);
}

/* A field, and how many of its lengths are not 0. */
static blob make_bare_field(uint32_t count, uint32_t some)
{
    osl_error err = {0};
    twin_field field = {.field = OSL_FIELD_TITLE, .ordinal_count = count};
    field.lengths = calloc(count + 1, sizeof *field.lengths);
    for (uint32_t i = 0; i < some; i++)
        field.lengths[i * 7 % count] = 1 + i;
    twin_write(&field, 1);
    free(field.lengths);
    osl_map map;
    assert_ok(osl_map_open(&map, twin_path(), &err));
    blob copy = {malloc(map.length), map.length};
    memcpy(copy.bytes, map.bytes, map.length);
    osl_map_close(&map);
    assert_int_equal(unlink(twin_path()), 0);
    return copy;
}

static void lengths_are_kept_where_one_is_not_0(void **state)
{
    (void)state;
    for (uint32_t some = 0; some < 2; some++) {
        osl_error err = {0};
        osl_segment *segment;
        const uint8_t *codes;
        uint64_t sum = 0;
        blob bytes = make_bare_field(3000, some);
        assert_ok(open_bytes(&segment, bytes, true, &err));
        assert_int_equal(segment->fields[OSL_FIELD_TITLE].lengths.length,
                         some ? 3000 : 0);
        assert_ok(osl_segment_check(segment, &err));
        assert_ok(
            osl_segment_length_codes(segment, OSL_FIELD_TITLE, &codes, &err));
        for (uint32_t i = 0; i < 3000 + 64 * !some; i++)
            sum += codes[i];
        assert_int_equal(sum, some);
        osl_segment_free(segment);
        free(bytes.bytes);
    }
}

static void the_same_input_gives_the_same_bytes(void **state)
{
    (void)state;
    blob a = make_segment(32, 20, 1000), b = make_segment(32, 20, 1000);
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.bytes, b.bytes, a.length);
    free(a.bytes);
    free(b.bytes);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    blob bytes = make_segment(33, 4, 200);
    for (size_t length = 0; length < bytes.length; length++) {
        osl_error err = {0};
        osl_segment *segment = NULL;
        char *cut = malloc(length + 1);
        memcpy(cut, bytes.bytes, length);
        for (int verify = 0; verify < 2; verify++) {
            assert_int_equal(
                open_bytes(&segment, (blob){cut, length}, verify, &err),
                OSL_ECORRUPT);
            assert_non_null(strstr(err.text, "bytes"));
        }
        free(cut);
    }
    free(bytes.bytes);
}

static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    blob bytes = make_segment(34, 4, 140);
    char *spoilt = malloc(bytes.length);
    memcpy(spoilt, bytes.bytes, bytes.length);
    for (size_t bit = 0; bit < bytes.length * 8; bit++) {
        osl_error err = {0};
        osl_segment *segment = NULL;
        spoilt[bit / 8] = (char)(spoilt[bit / 8] ^ 1 << bit % 8);
        blob text = {spoilt, bytes.length};
        osl_status status = open_bytes(&segment, text, true, &err);
        if (status == OSL_OK)
            status = osl_segment_check(segment, &err);
        if (status != OSL_ECORRUPT)
            fail_msg("bit %zu of byte %zu: status %d", bit % 8, bit / 8,
                     (int)status);
        osl_segment_free(segment);
        spoilt[bit / 8] = (char)(spoilt[bit / 8] ^ 1 << bit % 8);
    }
    free(spoilt);
    free(bytes.bytes);
}

static void a_spoilt_block_spoils_only_what_touches_it(void **state)
{
    (void)state;
    osl_error err = {0};
    blob bytes = make_segment(35, 60, 40000);
    assert_true(bytes.length > (size_t)4 * OSL_CHECKSUM_BLOCK);
    osl_segment *segment;
    assert_ok(open_bytes(&segment, bytes, true, &err));
    const osl_section *postings = &segment->sections[OSL_SECTION_POSTINGS];
    uint64_t place = OSL_CHECKSUM_BLOCK + 100;
    assert_true(postings->offset + postings->length >
                (uint64_t)2 * OSL_CHECKSUM_BLOCK);
    char *block = bytes.bytes + place;
    *block = (char)(*block ^ 4);
    assert_ok(osl_segment_touch(segment, postings, 0, 100, &err));
    assert_int_equal(
        osl_segment_touch(segment, postings, place - postings->offset, 1, &err),
        OSL_ECORRUPT);
    assert_non_null(strstr(err.text, "block 1"));
    assert_non_null(strstr(err.text, "postings of text"));
    *block = (char)(*block ^ 4);
    assert_ok(osl_segment_touch(segment, postings, 0, postings->length, &err));
    *block = (char)(*block ^ 4); /* verified once: not looked at again */
    assert_ok(osl_segment_touch(segment, postings, 0, postings->length, &err));
    assert_int_equal(
        osl_segment_touch(segment, postings, 0, postings->length + 1, &err),
        OSL_ECORRUPT);
    assert_int_equal(osl_segment_touch(segment, postings, 1, UINT64_MAX, &err),
                     OSL_ECORRUPT);
    osl_segment_free(segment);
    free(bytes.bytes);
}

/* With checksums off, so that the flips come through to the codecs. */
static void any_bytes_are_an_answer_or_an_error(void **state)
{
    (void)state;
    test_random random = test_random_new(36);
    blob bytes = make_segment(36, 24, 4500);
    char *spoilt = malloc(bytes.length);
    unsigned opened = 0, failed = 0;
    for (unsigned round = 0; round < 400; round++) {
        osl_error err = {0};
        osl_segment *segment = NULL;
        memcpy(spoilt, bytes.bytes, bytes.length);
        for (unsigned n = 1 + test_random_below(&random, 8); n > 0; n--) {
            size_t at = (size_t)(test_random_next(&random) % bytes.length);
            if (n % 2)
                spoilt[at] = (char)test_random_below(&random, 128);
            else
                spoilt[at] =
                    (char)(spoilt[at] ^ 1 << test_random_below(&random, 8));
        }
        blob text = {spoilt, bytes.length};
        if (open_bytes(&segment, text, false, &err) != OSL_OK)
            continue;
        unsigned failures;
        walk_segment(segment, &failures);
        opened++;
        bool whole = osl_segment_check(segment, &err) == OSL_OK;
        assert_false(whole && failures > 0);
        failed += failures > 0;
        osl_segment_free(segment);
    }
    assert_true(opened > 100 && failed > 10);
    free(spoilt);
    free(bytes.bytes);
}

static void put_version(blob bytes, uint32_t version)
{
    uint8_t *header = (uint8_t *)bytes.bytes;
    osl_put32(header + 8, version);
    osl_put32(header + 12, (uint32_t)XXH3_64bits(header, 12));
}

static void a_newer_format_is_told_from_damage(void **state)
{
    (void)state;
    osl_error err = {0};
    osl_segment *segment = NULL;
    blob bytes = make_segment(37, 4, 100);
    put_version(bytes, OSL_SEGMENT_VERSION + 1);
    assert_int_equal(open_bytes(&segment, bytes, true, &err), OSL_EVERSION);
    assert_non_null(strstr(err.text, "newer"));
    put_version(bytes, OSL_SEGMENT_VERSION);
    assert_ok(open_bytes(&segment, bytes, true, &err));
    segment->sections[130] = (osl_section){segment->bytes + 64, 10, 64, 3};
    const osl_section *section;
    assert_int_equal(osl_segment_find_section(segment, 130, 2, &section, &err),
                     OSL_EVERSION);
    assert_ok(osl_segment_find_section(segment, 130, 3, &section, &err));
    assert_int_equal(osl_segment_find_section(segment, 131, 3, &section, &err),
                     OSL_ENOTFOUND);
    osl_segment_free(segment);
    free(bytes.bytes);
}

static void a_file_that_is_not_there_or_no_segment_is_told(void **state)
{
    (void)state;
    osl_error err = {0};
    osl_segment *segment;
    const osl_kernels *kernels = osl_kernels_get(OSL_CPU_SCALAR);
    assert_int_equal(osl_segment_open(&segment, "no/such.seg", kernels, &err),
                     OSL_ENOTFOUND);
    FILE *file = fopen(twin_path(), "wb");
    assert_non_null(file);
    assert_int_equal(fputs("<html>", file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(osl_segment_open(&segment, twin_path(), kernels, &err),
                     OSL_ECORRUPT);
    assert_int_equal(unlink(twin_path()), 0);
}

/* What a bound of writing is today bounds G of today. */
static bool holds(const osl_bounds_today *of, double then, double now)
{
    unsigned bound = (unsigned)ceil(then * 255);
    return of->is_map ? of->factor == 1.0f && now * 255 <= of->of[bound]
                      : now <= then * (double)of->factor;
}

/* G today is never above G of writing times the factor, nor above what its
 * bound is made. */
static void bounds_hold_after_drift(void **state)
{
    (void)state;
    osl_error err = {0};
    blob bytes = make_segment(38, 4, 2000);
    osl_segment *segment;
    assert_ok(open_bytes(&segment, bytes, true, &err));
    const uint8_t *codes;
    assert_ok(osl_segment_length_codes(segment, OSL_FIELD_TEXT, &codes, &err));
    const float *then = segment->fields[OSL_FIELD_TEXT].bounds.k;
    assert_true(osl_segment_bound_factor(segment, OSL_FIELD_TEXT, then) ==
                1.0f);
    static const double k1s[] = {0.0, 0.4, 1.2, 3.0};
    static const double bs[] = {0.0, 0.3, 0.75, 1.0};
    osl_bounds_today bounds;
    unsigned maps = 0;
    osl_segment_bounds_today(&bounds, segment, OSL_FIELD_TEXT, then);
    assert_true(bounds.factor == 1.0f && !bounds.is_map);
    for (size_t i = 0; i < 64; i++) {
        float now[256];
        osl_score_lengths(now, k1s[i % 4], bs[i / 4 % 4], 100000 * (1 + i / 16),
                          2000);
        osl_segment_bounds_today(&bounds, segment, OSL_FIELD_TEXT, now);
        maps += bounds.is_map;
        double factor =
            (double)osl_segment_bound_factor(segment, OSL_FIELD_TEXT, now);
        for (uint32_t p = 0; p < 2000; p++)
            for (uint32_t tf = 1; tf < 100000; tf *= 3) {
                double gain = (double)osl_score_gain(tf, now[codes[p]]);
                double before = (double)osl_score_gain(tf, then[codes[p]]);
                assert_true(gain <= factor * before);
                assert_true(holds(&bounds, before, gain));
            }
    }
    assert_true(maps > 0);
    osl_segment_free(segment);
    free(bytes.bytes);
}

/* A field and two other sections, which are put at once or aside first. */
static blob make_sections(bool are_aside)
{
    static const char bytes[] = "bytes of a section";
    static const uint32_t one[] = {1};
    static const osl_text text = {"word", 4};
    const osl_term_postings term = {.term = text,
                                    .df = 1,
                                    .ordinals = (const uint32_t[]){0},
                                    .tfs = one,
                                    .positions = (const uint32_t[]){0}};
    const osl_segment_info info = {
        .paragraph_count = 1, .document_count = 1, .k1 = 1.2, .b = 0.75};
    osl_error err = {0};
    osl_writer *writer = NULL, *aside = NULL;
    assert_ok(osl_writer_open(&writer, twin_path(),
                              osl_kernels_get(OSL_CPU_SCALAR), &err));
    osl_writer_set_info(writer, &info);
    osl_writer_begin_field(writer, OSL_FIELD_TEXT, 1, one);
    osl_writer_term(writer, &term);
    osl_writer_end_field(writer);
    if (are_aside)
        assert_ok(osl_writer_open_aside(&aside, &err));
    osl_writer *to = are_aside ? aside : writer;
    osl_writer_begin_section(to, OSL_SECTION_SECTIONS, 1);
    osl_writer_put(to, bytes, sizeof bytes);
    osl_writer_end_section(to);
    osl_writer_begin_section(to, OSL_SECTION_PARAGRAPHS, 1);
    osl_writer_put(to, bytes, 5);
    osl_writer_put(to, bytes, 7);
    osl_writer_end_section(to);
    if (are_aside)
        osl_writer_put_aside(writer, aside);
    assert_ok(osl_writer_close(writer, NULL, &err));
    osl_map map;
    assert_ok(osl_map_open(&map, twin_path(), &err));
    blob copy = {malloc(map.length), map.length};
    memcpy(copy.bytes, map.bytes, map.length);
    osl_map_close(&map);
    assert_int_equal(unlink(twin_path()), 0);
    return copy;
}

static void sections_made_aside_are_the_same_bytes(void **state)
{
    (void)state;
    blob want = make_sections(false), got = make_sections(true);
    assert_int_equal(got.length, want.length);
    assert_memory_equal(got.bytes, want.bytes, want.length);
    free(want.bytes);
    free(got.bytes);
}

static void a_failure_aside_is_the_writers(void **state)
{
    (void)state;
    osl_error err = {0};
    osl_writer *writer = NULL, *aside = NULL;
    assert_ok(osl_writer_open(&writer, twin_path(),
                              osl_kernels_get(OSL_CPU_SCALAR), &err));
    assert_ok(osl_writer_open_aside(&aside, &err));
    osl_writer_put(aside, "x", 1); /* outside of a section */
    osl_writer_put_aside(writer, aside);
    assert_int_equal(osl_writer_close(writer, NULL, &err), OSL_EINVAL);
    assert_non_null(strstr(err.text, "outside of a section"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_segment_passes_its_check),
        cmocka_unit_test(lengths_are_kept_where_one_is_not_0),
        cmocka_unit_test(the_same_input_gives_the_same_bytes),
        cmocka_unit_test(sections_made_aside_are_the_same_bytes),
        cmocka_unit_test(a_failure_aside_is_the_writers),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(a_spoilt_block_spoils_only_what_touches_it),
        cmocka_unit_test(any_bytes_are_an_answer_or_an_error),
        cmocka_unit_test(a_newer_format_is_told_from_damage),
        cmocka_unit_test(a_file_that_is_not_there_or_no_segment_is_told),
        cmocka_unit_test(bounds_hold_after_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
