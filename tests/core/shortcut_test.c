/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include "core/segment/shortcut.h"

#include <stdlib.h>

enum { TERMS = 4000, LONGEST = 20 };
enum { NODES = 3, BLOCKS = (NODES - 1) * OSL_SIGNPOST_BLOCKS + 7 };

typedef struct entry {
    char bytes[LONGEST];
    size_t length;
    osl_term_info info;
} entry;

/* A number of any width up to `bits`. */
static uint64_t random_number(test_random *random, unsigned bits)
{
    return test_random_next(random) >> (63 - test_random_below(random, bits));
}

/* Terms of any bytes, all different by their end, and what is said of them. */
static void fill(test_random *random, entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        entry *to = &entries[i];
        to->length = 2 + test_random_below(random, LONGEST - 1);
        for (size_t n = 0; n < to->length; n++)
            to->bytes[n] = (char)(test_random_below(random, 3)
                                      ? 'a' + test_random_below(random, 4)
                                      : test_random_below(random, 256));
        to->bytes[to->length - 2] = (char)(i & 255);
        to->bytes[to->length - 1] = (char)(i >> 8);
        to->info.df = 1 + (uint32_t)(random_number(random, 31));
        to->info.ordinal = (uint32_t)random_number(random, 32);
        to->info.cf = to->info.df + random_number(random, 34);
        to->info.bytes = random_number(random, 34);
        to->info.offset = random_number(random, 58);
        if (test_random_below(random, 2))
            to->info.offset &= ~(uint64_t)63;
    }
    entries[0].length = 0;
}

static bool may_be_there(const entry *of)
{
    return of->info.df >= OSL_SHORTCUT_DF_MIN && of->length > 0 &&
           of->length <= OSL_SHORTCUT_LONGEST && of->info.bytes <= UINT32_MAX &&
           of->info.cf - of->info.df <= UINT32_MAX;
}

/* The section in memory of its size and what may be read behind it. */
static uint8_t *make(const entry *entries, size_t count, size_t *length)
{
    enum { BEHIND = 8 };
    osl_error err = {0};
    osl_shortcuts shortcuts = {0};
    osl_buf out = {0};
    osl_shortcuts_begin(&shortcuts);
    for (size_t i = 0; i < count; i++)
        osl_shortcuts_add(&shortcuts,
                          (osl_text){entries[i].bytes, entries[i].length},
                          entries[i].info.ordinal, &entries[i].info);
    for (uint64_t i = 0; i < BLOCKS; i++)
        osl_shortcuts_add_block(&shortcuts, i << 40, i * 100);
    assert_ok(osl_shortcuts_finish(&shortcuts, &out, &err));
    *length = out.length;
    uint8_t *section = calloc(1, out.length + BEHIND);
    assert_non_null(section);
    if (out.length > 0)
        memcpy(section, out.bytes, out.length);
    osl_buf_clear(&out);
    osl_shortcuts_clear(&shortcuts);
    return section;
}

static bool find_in(const uint8_t *section, uint32_t number, osl_text term,
                    osl_shortcut_part part, osl_term_info *info)
{
    osl_shortcut_key key = osl_shortcut_key_of(term);
    uint32_t buckets = osl_get32(section);
    osl_shortcut_bits bits = osl_shortcut_bits_of(osl_shortcut_hash(&key));
    const uint8_t *filter =
        section + OSL_SHORTCUT_HEAD + (size_t)number * OSL_SHORTCUT_FILTER;
    *info = (osl_term_info){0};
    bool good =
        osl_shortcut_find(section + osl_shortcut_buckets_at(buckets, NODES) +
                              (size_t)number * OSL_SHORTCUT_BUCKET,
                          &key, part, info);
    if (info->df > 0)
        assert_true(osl_shortcut_may_have(filter, bits));
    return good;
}

/* In its bucket or in the other one of the pair. */
static bool find(const uint8_t *section, osl_text term, osl_shortcut_part part,
                 osl_term_info *info)
{
    osl_shortcut_key key = osl_shortcut_key_of(term);
    uint32_t buckets = osl_get32(section);
    uint32_t number = osl_shortcut_bucket(osl_shortcut_hash(&key), buckets);
    assert_true(number < buckets && buckets % 2 == 0);
    bool good = find_in(section, number, term, part, info);
    return info->df > 0
               ? good
               : good && find_in(section, number ^ 1, term, part, info);
}

static size_t length_for(uint32_t buckets)
{
    return osl_shortcut_buckets_at(buckets, NODES) +
           (size_t)buckets * OSL_SHORTCUT_BUCKET;
}

static void terms_are_found_as_they_were_put(void **state)
{
    (void)state;
    test_random random = test_random_new(31);
    entry *entries = calloc(TERMS, sizeof *entries);
    assert_non_null(entries);
    fill(&random, entries, TERMS);
    size_t length, found = 0, could = 0;
    uint8_t *section = make(entries, TERMS, &length);
    assert_int_equal(length, length_for(osl_get32(section)));
    for (size_t i = 0; i < TERMS; i++) {
        const entry *of = &entries[i];
        osl_text term = {of->bytes, of->length};
        osl_term_info all, counts;
        assert_true(find(section, term, OSL_SHORTCUT_ALL, &all));
        assert_true(find(section, term, OSL_SHORTCUT_COUNTS, &counts));
        could += may_be_there(of);
        found += all.df > 0;
        assert_int_equal(counts.df, all.df);
        if (all.df == 0)
            continue;
        assert_true(may_be_there(of));
        assert_memory_equal(&all, &of->info, sizeof all);
        assert_int_equal(counts.ordinal, of->info.ordinal);
        assert_int_equal(counts.cf, of->info.cf);
    }
    assert_int_equal(found, osl_get32(section + 4));
    print_message("%zu of %zu found\n", found, could);
    assert_true(found <= could && found > could / 5 * 4);
    free(section);
    free(entries);
}

static void terms_that_were_not_put_are_not_found(void **state)
{
    (void)state;
    test_random random = test_random_new(32);
    entry *entries = calloc(TERMS, sizeof *entries);
    assert_non_null(entries);
    fill(&random, entries, TERMS);
    size_t length;
    uint8_t *section = make(entries, TERMS / 2, &length);
    for (size_t i = TERMS / 2; i < TERMS; i++) {
        osl_term_info info;
        osl_text term = {entries[i].bytes, entries[i].length};
        assert_true(find(section, term, OSL_SHORTCUT_ALL, &info));
        assert_int_equal(info.df, 0);
        /* The beginning of one that was, which zeros would make of it. */
        term = (osl_text){entries[i - TERMS / 2].bytes,
                          entries[i - TERMS / 2].length};
        term.length -= term.length > 0;
        assert_true(find(section, term, OSL_SHORTCUT_ALL, &info));
        assert_int_equal(info.df, 0);
    }
    free(section);
    free(entries);
}

static void nothing_to_put_is_no_section(void **state)
{
    (void)state;
    entry rare = {.bytes = "rare",
                  .length = 4,
                  .info = {.df = OSL_SHORTCUT_DF_MIN - 1, .cf = 100}};
    size_t length;
    free(make(&rare, 1, &length));
    assert_int_equal(length, 0);
    rare.info.df++;
    free(make(&rare, 1, &length));
    assert_int_equal(length, length_for(2));
}

static int compare_prefixes(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* What a signpost leads to has the block, unless parts of it are larger than
 * those of a real one; and where a node is behind, it is little. */
static void signposts_say_where_blocks_are(void **state)
{
    (void)state;
    enum { ROUNDS = 400, STEP_MOST = 255 * OSL_SIGNPOST_STEP };
    enum { BLOCK_MOST = 128, LITTLE = 4 * BLOCK_MOST + OSL_SIGNPOST_STEP };
    test_random random = test_random_new(34);
    size_t missed = 0, wide = 0, asked = 0;
    for (int n = 0; n < ROUNDS; n++) {
        uint64_t prefixes[OSL_SIGNPOST_BLOCKS + 1];
        uint64_t offsets[OSL_SIGNPOST_BLOCKS + 1];
        osl_shortcuts shortcuts = {0};
        osl_buf out = {0};
        osl_error err = {0};
        entry term = {.bytes = "term", .length = 4, .info = {.df = 20}};
        term.info.cf = term.info.df;
        bool has_next = n % 2;
        size_t count =
            has_next ? OSL_SIGNPOST_BLOCKS + 1
                     : 1 + test_random_below(&random, OSL_SIGNPOST_BLOCKS);
        uint64_t lower = ~(uint64_t)0 >> test_random_below(&random, 44);
        uint64_t same = test_random_next(&random) & ~lower;
        for (size_t i = 0; i < count; i++)
            prefixes[i] = same | (test_random_next(&random) & lower);
        qsort(prefixes, count, sizeof *prefixes, compare_prefixes);
        osl_shortcuts_begin(&shortcuts);
        osl_shortcuts_add(&shortcuts, (osl_text){term.bytes, term.length}, 0,
                          &term.info);
        uint64_t offset = test_random_below(&random, 1u << 30);
        for (size_t i = 0; i < count; i++) {
            offsets[i] = offset;
            osl_shortcuts_add_block(&shortcuts, prefixes[i], offset);
            offset += 1 + test_random_below(&random, BLOCK_MOST);
        }
        assert_ok(osl_shortcuts_finish(&shortcuts, &out, &err));
        const uint8_t *signpost = out.bytes + osl_shortcut_signposts_at(2);
        for (size_t i = 0; i < count - has_next; i++, asked++) {
            uint64_t above = i + 1 < count ? prefixes[i + 1] - prefixes[i] : 1;
            uint64_t prefix =
                prefixes[i] + test_random_next(&random) % (above ? above : 1);
            osl_signpost_range range = osl_signpost_find(signpost, prefix);
            assert_true(range.length <= OSL_SIGNPOST_MOST);
            missed +=
                offsets[i] - range.start >= range.length + OSL_SIGNPOST_STEP;
            wide += has_next && range.length > LITTLE;
        }
        osl_buf_clear(&out);
        osl_shortcuts_clear(&shortcuts);
    }
    print_message("of %zu, %zu lie elsewhere, %zu wide\n", asked, missed, wide);
    assert_true(missed < asked / 50);
    assert_true(wide < asked / 20);
}

/* Under the sanitizers: nothing but the bucket is read of any bytes. */
static void any_bytes_are_a_bucket(void **state)
{
    (void)state;
    enum { BEHIND = 8, ROUNDS = 200000 };
    test_random random = test_random_new(33);
    uint8_t *bucket = malloc(OSL_SHORTCUT_BUCKET + BEHIND);
    assert_non_null(bucket);
    unsigned bad = 0;
    for (int n = 0; n < ROUNDS; n++) {
        uint8_t mask = test_random_below(&random, 2) ? 0x0F : 0xFF;
        for (size_t i = 0; i < OSL_SHORTCUT_BUCKET + BEHIND; i++)
            bucket[i] = (uint8_t)test_random_next(&random) & mask;
        osl_text term = {(const char *)bucket + 2, bucket[0] & 15u};
        osl_shortcut_key key = osl_shortcut_key_of(term);
        osl_term_info info;
        bad += !osl_shortcut_find(bucket, &key, OSL_SHORTCUT_ALL, &info);
        key.low++;
        bad += !osl_shortcut_find(bucket, &key, OSL_SHORTCUT_ALL, &info);
    }
    print_message("%u of %d left their bucket\n", bad, 2 * ROUNDS);
    assert_true(bad > 0 && bad < 2 * ROUNDS);
    free(bucket);
}

/* The last entry that there may be is too small for its term. */
static void an_entry_shorter_than_its_term_is_none(void **state)
{
    (void)state;
    enum { BEHIND = 8, SIZE = OSL_SHORTCUT_ENTRY_MIN };
    static const char term[] = "thrombocytopeni";
    uint8_t *bucket = calloc(1, OSL_SHORTCUT_BUCKET + BEHIND);
    assert_non_null(bucket);
    for (unsigned at = 0; at < OSL_SHORTCUT_BUCKET; at += SIZE)
        osl_put16(bucket + at, (uint16_t)(SIZE | 1 << 6));
    uint8_t *last = bucket + OSL_SHORTCUT_BUCKET - SIZE;
    osl_put16(last, (uint16_t)(SIZE | OSL_SHORTCUT_LONGEST << 6));
    memcpy(last + 2, term, 8);
    osl_shortcut_key key = osl_shortcut_key_of(osl_text_of(term));
    osl_term_info info;
    assert_false(osl_shortcut_find(bucket, &key, OSL_SHORTCUT_ALL, &info));
    free(bucket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_are_found_as_they_were_put),
        cmocka_unit_test(terms_that_were_not_put_are_not_found),
        cmocka_unit_test(nothing_to_put_is_no_section),
        cmocka_unit_test(any_bytes_are_a_bucket),
        cmocka_unit_test(an_entry_shorter_than_its_term_is_none),
        cmocka_unit_test(signposts_say_where_blocks_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
