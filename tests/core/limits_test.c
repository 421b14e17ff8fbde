/* SPDX-License-Identifier: MIT
 *
 * What a segment can hold, and what lies beyond it: sections above 4 GiB are
 * written and read as any others and without being loaded; what does not fit
 * is refused in words.
 *
 * The linker sends write() here (--wrap): runs of zeros become holes, so that
 * a file of 4 GiB takes no room and no time. */
#include "tests/core/segment_twin.h"
#include "tests/core/segment_walk.h"

#include "core/base/bytes.h"
#include "core/segment/rare.h"

#include <fcntl.h>
#include <sys/stat.h>

#define FOUR_GIB ((uint64_t)1 << 32)

/* A kind of section that no codec has. */
#define FILLER_KIND (OSL_SECTION_KIND_END - 1)

/* Names that the linker chooses. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
ssize_t __real_write(int file, const void *bytes, size_t length);
ssize_t __wrap_write(int file, const void *bytes, size_t length);

ssize_t __wrap_write(int file, const void *bytes, size_t length)
{
    static const uint8_t zeros[1 << 16];
    size_t at = 0;
    while (at < length && length - at >= sizeof zeros &&
           memcmp((const uint8_t *)bytes + at, zeros, sizeof zeros) == 0)
        at += sizeof zeros;
    if (at == 0)
        return __real_write(file, bytes, length);
    if (lseek(file, (off_t)at, SEEK_CUR) < 0)
        return -1;
    return (ssize_t)at;
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- above 4 GiB -------------------------------------------------------- */

static const twin_shape shapes[] = {
    {"rare", 0.05, 0, 0, 4, 0, 300, 2},
    {"frequent", 0.6, 0, 0, 9, 0, 300, 4},
    {"everywhere", 0.95, 0, 0, 40, 50, 600, 3},
};

static void make_field(twin_field *field, size_t term_count, uint32_t count)
{
    test_random random = test_random_new(4096);
    *field = (twin_field){.field = OSL_FIELD_TEXT, .ordinal_count = count};
    twin_lengths(&random, field);
    field->terms = calloc(term_count, sizeof *field->terms);
    field->term_count = term_count;
    for (size_t t = 0; t < term_count; t++) {
        twin_term *term = &field->terms[t];
        term->length =
            (size_t)snprintf(term->text, sizeof term->text, "t%04zu", t);
        twin_make(&random, term, &shapes[t % COUNT_OF(shapes)], count);
    }
}

/* The field behind `filler` bytes of a section that nobody reads; returns the
 * file's length. */
static uint64_t write_behind(const char *path, const twin_field *field,
                             uint64_t filler)
{
    static const uint8_t zeros[1 << 20];
    osl_error err = {0};
    osl_writer *writer;
    uint64_t bytes;
    assert_ok(
        osl_writer_open(&writer, path, osl_kernels_get(OSL_CPU_SCALAR), &err));
    osl_segment_info info = {.paragraph_count = field->ordinal_count,
                             .k1 = 1.2,
                             .b = 0.75,
                             .has_forms = true};
    osl_writer_set_info(writer, &info);
    osl_writer_begin_section(writer, FILLER_KIND, 1);
    for (uint64_t put = 0; put < filler; put += sizeof zeros)
        osl_writer_put(writer, zeros, sizeof zeros);
    osl_writer_end_section(writer);
    twin_write_field(writer, field);
    assert_ok(osl_writer_close(writer, &bytes, &err));
    return bytes;
}

/* Pages of this process that are in memory. */
static size_t resident_bytes(void)
{
    unsigned long all, resident;
    FILE *file = fopen("/proc/self/statm", "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &all, &resident), 2);
    assert_int_equal(fclose(file), 0);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

static uint64_t walk_file(const char *path, uint64_t *first_section)
{
    osl_error err = {0};
    osl_segment *segment;
    unsigned failures;
    assert_ok(osl_segment_open(&segment, path, osl_kernels_get(OSL_CPU_SCALAR),
                               &err));
    *first_section = segment->fields[OSL_FIELD_TEXT].postings.offset;
    uint64_t hash = walk_segment(segment, &failures);
    assert_int_equal(failures, 0);
    osl_segment_free(segment);
    return hash;
}

static void sections_above_4_gib_are_as_any_others(void **state)
{
    (void)state;
    static const char near_path[] = "limits_near.seg";
    static const char far_path[] = "limits_far.seg";
    twin_field field;
    uint64_t near_offset, far_offset;
    struct stat info;
    make_field(&field, 60, 3000);
    uint64_t near_bytes = write_behind(near_path, &field, 0);
    uint64_t far_bytes = write_behind(far_path, &field, FOUR_GIB);
    assert_true(near_bytes < FOUR_GIB && far_bytes > FOUR_GIB + near_bytes);
    assert_int_equal(stat(far_path, &info), 0);
    assert_int_equal((uint64_t)info.st_size, far_bytes);

    uint64_t near_hash = walk_file(near_path, &near_offset);
    size_t before = resident_bytes();
    uint64_t far_hash = walk_file(far_path, &far_offset);
    size_t more = resident_bytes() - before;
    assert_true(near_offset < FOUR_GIB && far_offset > FOUR_GIB);
    assert_int_equal(far_hash, near_hash);
    /* Mapped, not loaded; the bits of its verified blocks are 8 KiB. */
    assert_true(more > SIZE_MAX / 2 || more < (size_t)64 << 20);
    assert_int_equal(unlink(near_path), 0);
    assert_int_equal(unlink(far_path), 0);
    twin_free(&field);
}

static void damage_above_4_gib_is_found_at_its_block(void **state)
{
    (void)state;
    static const char path[] = "limits_spoilt.seg";
    osl_error err = {0};
    osl_segment *segment;
    twin_field field;
    unsigned failures;
    uint8_t byte;
    make_field(&field, 60, 3000);
    (void)write_behind(path, &field, FOUR_GIB);
    assert_ok(osl_segment_open(&segment, path, osl_kernels_get(OSL_CPU_SCALAR),
                               &err));
    off_t at = (off_t)segment->fields[OSL_FIELD_TEXT].postings.offset + 9;
    osl_segment_free(segment);
    int file = open(path, O_RDWR | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    assert_int_equal(close(file), 0);
    assert_ok(osl_segment_open(&segment, path, osl_kernels_get(OSL_CPU_SCALAR),
                               &err));
    (void)walk_segment(segment, &failures);
    assert_true(failures > 0);
    osl_status status = osl_segment_touch(
        segment, &segment->fields[OSL_FIELD_TEXT].postings, 0, 16, &err);
    assert_int_equal(status, OSL_ECORRUPT);
    assert_non_null(strstr(err.text, "block 1048576 "));
    osl_segment_free(segment);
    assert_int_equal(unlink(path), 0);
    twin_free(&field);
}

/* ---- beyond ------------------------------------------------------------- */

typedef void overstep(osl_writer *writer);

/* As many paragraphs as a segment may have: the last ordinals included. */
static void postings_reach_the_last_paragraph(void **state)
{
    (void)state;
    enum { DF = 5000 };
    static uint32_t ordinals[DF], tfs[DF], got[DF], got_tfs[DF];
    test_random random = test_random_new(31);
    osl_rare rare = {.df = DF,
                     .ordinal_count = OSL_SEGMENT_PARAGRAPHS_MAX,
                     .rice = osl_rice_scalar};
    uint32_t step = OSL_SEGMENT_PARAGRAPHS_MAX / DF;
    for (uint32_t i = 0; i < DF; i++) {
        ordinals[i] = i * step + test_random_below(&random, step);
        tfs[i] = 1 + test_random_below(&random, 9);
        rare.cf += tfs[i];
    }
    ordinals[DF - 1] = OSL_SEGMENT_PARAGRAPHS_MAX - 1;
    osl_buf bytes = {0};
    size_t used = 0;
    osl_rare_write(&bytes, &rare, ordinals, tfs);
    size_t length = bytes.length;
    osl_buf_put64(&bytes, 0);
    assert_false(bytes.failed);
    assert_true(osl_rare_read(bytes.bytes, length, &rare, got, got_tfs, &used));
    assert_int_equal(used, length);
    assert_memory_equal(got, ordinals, sizeof got);
    assert_memory_equal(got_tfs, tfs, sizeof got_tfs);
    /* One paragraph fewer, and the last of them is not there. */
    rare.ordinal_count--;
    assert_false(
        osl_rare_read(bytes.bytes, length, &rare, got, got_tfs, &used) &&
        memcmp(got, ordinals, sizeof got) == 0);
    osl_buf_clear(&bytes);
}

static void too_many_paragraphs(osl_writer *writer)
{
    osl_segment_info info = {.paragraph_count = OSL_SEGMENT_PARAGRAPHS_MAX + 1};
    osl_writer_set_info(writer, &info);
}

static void too_many_ordinals(osl_writer *writer)
{
    osl_segment_info info = {.paragraph_count = 1};
    osl_writer_set_info(writer, &info);
    osl_writer_begin_field(writer, OSL_FIELD_TITLE,
                           OSL_SEGMENT_PARAGRAPHS_MAX + 1, NULL);
}

static void too_long_a_term(osl_writer *writer)
{
    static char long_text[OSL_TERM_BYTES_MAX + 1];
    static const uint32_t length = 1, ordinal = 0, tf = 1;
    osl_segment_info info = {.paragraph_count = 1, .k1 = 1.2, .b = 0.75};
    memset(long_text, 'a', sizeof long_text);
    osl_writer_set_info(writer, &info);
    osl_writer_begin_field(writer, OSL_FIELD_TITLE, 1, &length);
    osl_term_postings postings = {.term = {long_text, sizeof long_text},
                                  .df = 1,
                                  .ordinals = &ordinal,
                                  .tfs = &tf,
                                  .positions = &ordinal};
    osl_writer_term(writer, &postings);
    osl_writer_end_field(writer);
}

static const struct {
    overstep *step;
    const char *said;
} oversteps[] = {
    {too_many_paragraphs, "too many paragraphs for one segment"},
    {too_many_ordinals, "too many paragraphs for one segment"},
    {too_long_a_term, "a term is longer than 1,023 bytes"},
};

static void what_does_not_fit_is_refused_in_words(void **state)
{
    (void)state;
    static const char path[] = "limits_refused.seg";
    for (size_t i = 0; i < COUNT_OF(oversteps); i++) {
        osl_error err = {0};
        osl_writer *writer;
        uint64_t bytes;
        assert_ok(osl_writer_open(&writer, path,
                                  osl_kernels_get(OSL_CPU_SCALAR), &err));
        oversteps[i].step(writer);
        assert_int_equal(osl_writer_close(writer, &bytes, &err), OSL_ELIMIT);
        assert_non_null(strstr(err.text, oversteps[i].said));
        assert_int_equal(access(path, F_OK), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_above_4_gib_are_as_any_others),
        cmocka_unit_test(damage_above_4_gib_is_found_at_its_block),
        cmocka_unit_test(postings_reach_the_last_paragraph),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
