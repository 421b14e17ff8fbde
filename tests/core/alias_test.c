/* SPDX-License-Identifier: MIT
 *
 * The table of aliases: what was put in comes back, what was not is not
 * found, and spoilt bytes are an answer or an error. */
#include "tests/core/segment_twin.h"

#include "core/segment/alias.h"

#include <string.h>

enum { MOST = 200 };

typedef struct entry {
    char joined[OSL_ALIAS_JOINED_MAX + 1], parts[2000];
    uint32_t uses;
} entry;

static entry entries[MOST];
static uint32_t entry_count;

static osl_alias alias_of(const entry *of)
{
    return (osl_alias){osl_text_of(of->joined), osl_text_of(of->parts),
                       of->uses};
}

static int compare_entries(const void *left, const void *right)
{
    osl_alias a = alias_of(left), b = alias_of(right);
    return osl_alias_compare(&a, &b);
}

static void append(char *to, size_t room, const char *what)
{
    size_t length = strlen(to);
    (void)snprintf(to + length, room - length, "%s", what);
}

static void random_word(test_random *random, char *to, uint32_t most)
{
    uint32_t length = 1 + test_random_below(random, most);
    for (uint32_t i = 0; i < length; i++)
        to[i] = (char)('a' + test_random_below(random, 3));
    to[length] = '\0';
}

/* Two to four parts: of the joined form, changed at their ends as a stemmer
 * does, with a sign between; now and then nothing of it. */
static void random_entry(test_random *random, entry *out)
{
    uint32_t count = 1 + test_random_below(random, 4);
    uint32_t most = test_random_below(random, 10) == 0 ? 60 : 9;
    uint32_t uses = test_random_below(random, 8) == 0 ? 300 : 3;
    *out = (entry){.uses = 1 + test_random_below(random, uses)};
    for (uint32_t i = 0; i < count; i++) {
        char word[64], other[512];
        random_word(random, word, most);
        if (i > 0 && test_random_below(random, 5) == 0)
            append(out->joined, sizeof out->joined, "-");
        append(out->joined, sizeof out->joined, word);
        if (test_random_below(random, 3) == 0)
            word[strlen(word) / 2] = '\0';
        if (i > 0)
            append(out->parts, sizeof out->parts, " ");
        append(out->parts, sizeof out->parts, word);
        random_word(random, other, test_random_below(random, 9) ? 3 : 400);
        if (test_random_below(random, 3) == 0)
            append(out->parts, sizeof out->parts, other);
    }
}

/* Some joined forms are split in many ways. */
static void make_entries(test_random *random)
{
    uint32_t kept = 0;
    entry_count = test_random_below(random, MOST + 1);
    for (uint32_t i = 0; i < entry_count; i++) {
        random_entry(random, &entries[i]);
        if (i > 0 && test_random_below(random, 3) == 0)
            memcpy(entries[i].joined, entries[i - 1].joined,
                   sizeof entries[i].joined);
    }
    qsort(entries, entry_count, sizeof *entries, compare_entries);
    for (uint32_t i = 0; i < entry_count; i++)
        if (kept == 0 ||
            strcmp(entries[kept - 1].joined, entries[i].joined) != 0 ||
            strcmp(entries[kept - 1].parts, entries[i].parts) != 0)
            entries[kept++] = entries[i];
    entry_count = kept;
}

/* The segment of the entries and one term. */
static void write_entries(const char *path)
{
    osl_error err;
    osl_writer *writer;
    osl_alias aliases[MOST];
    const uint32_t one = 1;
    for (uint32_t i = 0; i < entry_count; i++)
        aliases[i] = alias_of(&entries[i]);
    assert_ok(
        osl_writer_open(&writer, path, osl_kernels_get(OSL_CPU_SCALAR), &err));
    const osl_segment_info info = {.paragraph_count = 1, .k1 = 1, .b = 0.5};
    twin_write_one_word(writer, &info, &one);
    const uint32_t starts[] = {0, 3}, used[] = {7, 0, 7};
    const osl_alias_uses uses = {osl_column_array(starts, 2, 4),
                                 osl_column_array(used, 3, 4)};
    assert_ok(osl_alias_write(writer, aliases, entry_count, &uses, &err));
    assert_ok(osl_writer_close(writer, NULL, &err));
}

/* The splits of `joined` are the entries from `first` on, and no others. */
static void check_splits(const osl_segment *segment, const char *joined,
                         uint32_t first)
{
    osl_error err;
    osl_arena arena = {0};
    const osl_alias_split *splits;
    size_t count;
    assert_ok(osl_segment_alias(segment, osl_text_of(joined), &arena, &splits,
                                &count, &err));
    for (size_t i = 0; i < count; i++) {
        const entry *want = &entries[first + i];
        assert_true(first + i < entry_count);
        assert_string_equal(want->joined, joined);
        assert_int_equal(splits[i].entry, first + i);
        assert_int_equal(splits[i].uses, want->uses);
        if (!osl_text_equal(splits[i].parts, osl_text_of(want->parts)))
            fail_msg("%s: \"%.*s\" where \"%s\" was put in", joined,
                     (int)splits[i].parts.length, splits[i].parts.bytes,
                     want->parts);
    }
    if (first + count < entry_count)
        assert_string_not_equal(entries[first + count].joined, joined);
    osl_arena_clear(&arena);
}

static void check_cursor(const osl_segment *segment)
{
    osl_error err;
    osl_alias_cursor cursor;
    assert_ok(osl_alias_open(&cursor, segment, &err));
    for (uint32_t i = 0; i < entry_count; i++) {
        osl_alias want = alias_of(&entries[i]);
        assert_ok(osl_alias_next(&cursor, &err));
        assert_int_equal(cursor.number, i);
        assert_int_equal(osl_alias_compare(&cursor.alias, &want), 0);
    }
    assert_int_equal(osl_alias_next(&cursor, &err), OSL_END);
    osl_alias_close(&cursor);
}

static void check_uses(const osl_segment *segment)
{
    osl_error err;
    osl_arena arena = {0};
    const uint32_t *used;
    size_t count;
    assert_ok(osl_alias_uses_of(segment, 0, &arena, &used, &count, &err));
    assert_int_equal(count, 3);
    assert_true(used[0] == 7 && used[1] == 0 && used[2] == 7);
    assert_int_equal(osl_alias_uses_of(segment, 1, &arena, &used, &count, &err),
                     OSL_ECORRUPT);
    osl_arena_clear(&arena);
}

static void aliases_come_back_and_no_others(void **state)
{
    (void)state;
    test_random random = test_random_new(51);
    const char *path = twin_path();
    for (int round = 0; round < 60; round++) {
        osl_error err;
        osl_segment *segment;
        make_entries(&random);
        write_entries(path);
        assert_ok(osl_segment_open(&segment, path,
                                   osl_kernels_get(OSL_CPU_SCALAR), &err));
        for (uint32_t i = 0; i < entry_count; i++)
            if (i == 0 || strcmp(entries[i - 1].joined, entries[i].joined) != 0)
                check_splits(segment, entries[i].joined, i);
        check_cursor(segment);
        check_uses(segment);
        for (int i = 0; i < 50; i++) {
            entry other;
            random_entry(&random, &other);
            append(other.joined, sizeof other.joined, "x");
            check_splits(segment, other.joined, entry_count);
        }
        osl_segment_free(segment);
    }
    assert_int_equal(unlink(path), 0);
}

/* With checksums off, so that the flips come through. */
static void spoilt_entries_are_an_answer_or_an_error(void **state)
{
    (void)state;
    test_random random = test_random_new(52);
    const char *path = twin_path();
    unsigned refused = 0;
    osl_error err;
    osl_segment *segment;
    do
        make_entries(&random);
    while (entry_count < 60);
    write_entries(path);
    assert_ok(osl_segment_open(&segment, path, osl_kernels_get(OSL_CPU_SCALAR),
                               &err));
    osl_section *section = &segment->sections[OSL_SECTION_ALIASES];
    uint8_t *copy = malloc(section->length + 64);
    assert_non_null(copy);
    const uint8_t *bytes = section->bytes;
    section->bytes = copy;
    for (int round = 0; round < 3000; round++) {
        osl_arena arena = {0};
        const osl_alias_split *splits;
        size_t count;
        memcpy(copy, bytes, section->length);
        size_t at = test_random_below(&random, (uint32_t)section->length);
        copy[at] = (uint8_t)test_random_below(&random, 256);
        const entry *wanted = &entries[test_random_below(&random, entry_count)];
        osl_status status =
            osl_segment_alias(segment, osl_text_of(wanted->joined), &arena,
                              &splits, &count, &err);
        assert_true(status == OSL_OK || status == OSL_ECORRUPT);
        refused += status != OSL_OK;
        osl_arena_clear(&arena);
    }
    assert_true(refused > 10);
    section->bytes = bytes;
    osl_segment_free(segment);
    free(copy);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aliases_come_back_and_no_others),
        cmocka_unit_test(spoilt_entries_are_an_answer_or_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
