/* SPDX-License-Identifier: MIT
 *
 * The fast tokeniser against the authority, and each tier of its kernels
 * against the scalar twins. */
#include "tests/test.h"

#include "core/base/utf8.h"
#include "core/kernels/kernels.h"
#include "core/text/chars.h"
#include "core/text/text.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unicode/ubrk.h>
#include <unistd.h>

enum { LEVELS = OSL_CPU_AVX512 + 1 };

typedef struct twin_set {
    osl_analyzer *analyzers[LEVELS];
    size_t count;
    osl_tokens icu, fast;
} twin_set;

static void open_twins(twin_set *out)
{
    osl_error err;
    *out = (twin_set){.count = (size_t)osl_cpu_highest() + 1};
    for (size_t i = 0; i < out->count; i++)
        assert_ok(osl_analyzer_open(&out->analyzers[i], NULL, (osl_cpu_level)i,
                                    &err));
}

static void close_twins(twin_set *twins)
{
    for (size_t i = 0; i < twins->count; i++)
        osl_analyzer_free(twins->analyzers[i]);
    osl_tokens_clear(&twins->icu);
    osl_tokens_clear(&twins->fast);
}

static void print_tokens(const char *name, osl_text text,
                         const osl_tokens *tokens)
{
    print_message("%s:", name);
    for (size_t i = 0; i < tokens->count; i++)
        print_message(" [%.*s]%u", (int)(tokens->ends[i] - tokens->starts[i]),
                      text.bytes + tokens->starts[i], tokens->flags[i]);
    print_message("\n");
}

static bool are_equal(const osl_tokens *a, const osl_tokens *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->starts[i] != b->starts[i] || a->ends[i] != b->ends[i] ||
            a->flags[i] != b->flags[i])
            return false;
    return true;
}

/* Fails where a level's tokens are not the authority's. The text stands in
 * memory of exactly its size. */
static void compare(twin_set *twins, osl_text text)
{
    osl_error err;
    char *bytes = malloc(text.length ? text.length : 1);
    assert_non_null(bytes);
    if (text.length)
        memcpy(bytes, text.bytes, text.length);
    osl_text copy = {bytes, text.length};
    assert_ok(osl_tokenize_icu(twins->analyzers[0], copy, &twins->icu, &err));
    for (size_t i = 0; i < twins->count; i++) {
        assert_ok(osl_tokenize(twins->analyzers[i], copy, &twins->fast, &err));
        if (are_equal(&twins->icu, &twins->fast))
            continue;
        print_message("text: \"%.*s\"\nbytes:", (int)copy.length, copy.bytes);
        for (size_t j = 0; j < copy.length; j++)
            print_message(" %02X", (uint8_t)copy.bytes[j]);
        print_message("\n");
        print_tokens("icu", copy, &twins->icu);
        print_tokens("fast", copy, &twins->fast);
        fail_msg("%s differs", osl_cpu_level_name((osl_cpu_level)i));
    }
    free(bytes);
}

/* Pieces that the rules are about, and some that break things. */
static const char *const pieces[] = {"a",          "b",
                                     "x",          "X",
                                     "A",          "B",
                                     "CD",         "T",
                                     "s",          "to",
                                     "and",        "or",
                                     "the",        "cell",
                                     "0",          "1",
                                     "10",         "109",
                                     "1012",       "5",
                                     "42",         "000",
                                     "123",        ".",
                                     ",",          "'",
                                     "^",          "+",
                                     "-",          "/",
                                     ":",          ";",
                                     "(",          ")",
                                     "[",          "]",
                                     "%",          "\"",
                                     "_",          " ",
                                     " ",          " ",
                                     "  ",         "\n",
                                     "\t",         "\u00D7",
                                     "\u00B2",     "\u00B3",
                                     "\u2079",     "\u2082",
                                     "\u207A",     "\u207B",
                                     "\u2212",     "\u2011",
                                     "\u2013",     "\u2014",
                                     "\u2019",     "\u2018",
                                     "\u201D",     "\u02BC",
                                     "\u00B7",     "\u00A0",
                                     "\u202F",     "\u00E9",
                                     "\u00C9",     "\u00B5",
                                     "\u03B1",     "\u0391",
                                     "\u0416",     "\u05D0",
                                     "\u0661",     "\u0300",
                                     "\u00AD",     "\u200D",
                                     "\u200B",     "\uFEFF",
                                     "\U0001F600", "\uFE0F",
                                     "\u2126",     "\u2026",
                                     "\u00BB",     "\uFF0B",
                                     "\uFF11",     "\uFF21",
                                     "\U0001D7D8", "\U0001D400",
                                     "\u2139",     "\x80",
                                     "\xFF",       "\xE2\x80",
                                     "\xC3",       "\xF0\x9F",
                                     "x 109/L",    "\u00D7 1012/",
                                     "CD4+",       "T- and",
                                     "10^9",       "m^2",
                                     "HSCT",       "1,234",
                                     "70,71",      ".05",
                                     "can't",      "ABC DEF GHI"};
static const char *const complex_pieces[] = {
    "\u0E2A\u0E27", "\u4E2D", "\u3042", "\u30A2", "\uAC00", "\u30FC", "\u0E31"};

static size_t append(char *to, const char *piece)
{
    osl_text text = osl_text_of(piece);
    memcpy(to, text.bytes, text.length);
    return text.length;
}

static size_t make_text(test_random *random, char *to, size_t room,
                        bool scripts)
{
    size_t length = 0, kinds = COUNT_OF(pieces);
    /* Few pieces in one text meet more often. */
    size_t some = 1 + test_random_below(random, 12), chosen[12];
    for (size_t i = 0; i < some; i++)
        chosen[i] = test_random_below(random, (uint32_t)kinds);
    size_t wanted = test_random_below(random, (uint32_t)room - 16);
    while (length < wanted) {
        const char *piece =
            pieces[chosen[test_random_below(random, (uint32_t)some)]];
        if (test_random_below(random, 8) == 0)
            piece = pieces[test_random_below(random, (uint32_t)kinds)];
        if (scripts && test_random_below(random, 16) == 0)
            piece = complex_pieces[test_random_below(random,
                                                     COUNT_OF(complex_pieces))];
        length += append(to + length, piece);
    }
    return length;
}

static void fast_tokens_are_the_authoritys_on_made_text(void **state)
{
    (void)state;
    test_random random = test_random_new(4);
    twin_set twins;
    open_twins(&twins);
    const char *rounds = getenv("OSL_ROUNDS");
    unsigned long count = rounds ? strtoul(rounds, NULL, 10) : 12000;
    for (unsigned long round = 0; round < count; round++) {
        char text[1040];
        size_t room = round % 8 == 0 ? 1024 : round % 2 ? 40 : 200;
        size_t length = make_text(&random, text, room, round % 10 == 0);
        compare(&twins, (osl_text){text, length});
    }
    close_twins(&twins);
}

static void fast_tokens_are_the_authoritys_on_random_bytes(void **state)
{
    (void)state;
    test_random random = test_random_new(5);
    twin_set twins;
    open_twins(&twins);
    for (unsigned round = 0; round < 4000; round++) {
        char text[300];
        size_t length = test_random_below(&random, sizeof text);
        uint32_t kinds = round % 3 == 0 ? 256 : 128;
        for (size_t i = 0; i < length; i++)
            text[i] = (char)test_random_below(&random, kinds);
        compare(&twins, (osl_text){text, length});
    }
    close_twins(&twins);
}

static void fast_tokens_are_the_authoritys_at_every_border(void **state)
{
    (void)state;
    twin_set twins;
    open_twins(&twins);
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        for (size_t before = 56; before < 68; before++) {
            char text[256];
            memset(text, 'a', sizeof text);
            size_t length = before;
            for (size_t j = 0; j < 3; j++) {
                const char *piece = pieces[(i + j * 7) % COUNT_OF(pieces)];
                length += append(text + length, piece);
            }
            compare(&twins, (osl_text){text, length});
            compare(&twins, (osl_text){text, length + 20});
        }
    close_twins(&twins);
}

static void giant_texts_break_alike_and_small_ones_after_them(void **state)
{
    (void)state;
    test_random random = test_random_new(10);
    twin_set twins;
    open_twins(&twins);
    enum { ROOM = 1500000 };
    char *text = malloc(ROOM);
    assert_non_null(text);
    for (unsigned round = 0; round < 4; round++) {
        size_t length = 0;
        while (length < ROOM - 2048)
            length += make_text(&random, text + length, 1024, round == 1);
        compare(&twins, (osl_text){text, length});
        compare(&twins, osl_text_of("T-cell \u4E2D\u6587 10^9/L"));
    }
    free(text);
    close_twins(&twins);
}

static void long_words_are_cut_alike(void **state)
{
    (void)state;
    test_random random = test_random_new(6);
    twin_set twins;
    open_twins(&twins);
    for (unsigned round = 0; round < 200; round++) {
        char text[4096];
        size_t length = 0;
        while (length < 3000) {
            size_t run = 1 + test_random_below(&random, 900);
            char letter = "aA1"[test_random_below(&random, 3)];
            for (size_t i = 0; i < run && length < 4000; i++) {
                bool wide = test_random_below(&random, 200) == 0;
                memcpy(text + length, wide ? "\u00C9" : &letter, wide ? 2 : 1);
                length += wide ? 2 : 1;
            }
            text[length++] = " -+."[test_random_below(&random, 4)];
        }
        compare(&twins, (osl_text){text, length});
    }
    close_twins(&twins);
}

static void every_character_is_the_word_that_icu_says(void **state)
{
    (void)state;
    UErrorCode failure = U_ZERO_ERROR;
    UBreakIterator *breaks = ubrk_open(UBRK_WORD, "", NULL, 0, &failure);
    assert_true(U_SUCCESS(failure));
    twin_set twins;
    open_twins(&twins);
    for (uint32_t c = 1; c < 0x110000; c++) {
        if (c >= 0xD800 && c < 0xE000)
            continue;
        osl_char_class class = osl_char_classify(c);
        UChar units[2] = {(UChar)c, 0};
        if (c >= 0x10000) {
            units[0] = (UChar)(0xD7C0 + (c >> 10));
            units[1] = (UChar)(0xDC00 | (c & 0x3FF));
        }
        ubrk_setText(breaks, units, c >= 0x10000 ? 2 : 1, &failure);
        ubrk_first(breaks);
        ubrk_next(breaks);
        bool icu = ubrk_getRuleStatus(breaks) >= UBRK_WORD_NONE_LIMIT;
        /* ICU's rules take the at sign for a letter; ours do not. */
        bool named =
            class == OSL_CHAR_SUPER || class == OSL_CHAR_APOSTROPHE || c == '@';
        if (class != OSL_CHAR_COMPLEX && !named &&
            icu != osl_char_is_word(class))
            fail_msg("U+%04X: class %d, ICU says %d", c, (int)class, icu);
        bool skip = c >= 0x3000 && c % 16 != 0; /* the rest looks alike */
        if (skip)
            continue;
        char text[32] = "a";
        size_t length = 1 + osl_utf8_put(text + 1, c);
        text[length++] = '1';
        length += osl_utf8_put(text + length, c);
        length += append(text + length, ".5 ");
        length += osl_utf8_put(text + length, c);
        text[length++] = '+';
        compare(&twins, (osl_text){text, length});
    }
    ubrk_close(breaks);
    close_twins(&twins);
}

/* A text that ends where memory may not be read. */
static uint8_t *guarded(size_t bytes, uint8_t **base, size_t *mapped)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *mapped = (bytes / page + 2) * page;
    *base = mmap(NULL, *mapped, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(*base != MAP_FAILED);
    uint8_t *end = *base + *mapped - page;
    assert_int_equal(mprotect(end, page, PROT_NONE), 0);
    return end - bytes;
}

static void every_tier_classifies_as_the_scalar_twin(void **state)
{
    (void)state;
    test_random random = test_random_new(7);
    for (size_t length = 0; length < 400; length++) {
        uint8_t *base;
        size_t mapped;
        uint8_t *text = guarded(length, &base, &mapped);
        for (size_t i = 0; i < length; i++)
            text[i] = (uint8_t)test_random_next(&random);
        osl_class_block want[8], got[8];
        memset(want, 0, sizeof want);
        osl_kernels_get(OSL_CPU_SCALAR)->classify(text, length, want);
        for (unsigned level = 0; level <= osl_cpu_highest(); level++) {
            memset(got, 0, sizeof got);
            osl_kernels_get((osl_cpu_level)level)->classify(text, length, got);
            assert_memory_equal(got, want, sizeof want);
        }
        munmap(base, mapped);
    }
}

static void every_tier_writes_borders_as_the_scalar_twin(void **state)
{
    (void)state;
    test_random random = test_random_new(8);
    enum { BLOCKS = 20, ROOM = 64 * (BLOCKS + 1) };
    const osl_border_flags given = {2, 16};
    for (unsigned round = 0; round < 500; round++) {
        osl_border_block blocks[BLOCKS];
        for (size_t i = 0; i < BLOCKS; i++) {
            uint64_t thin = test_random_next(&random);
            for (unsigned j = 0; j < round % 4; j++)
                thin &= test_random_next(&random);
            blocks[i].starts = thin;
            blocks[i].ends = thin << 1;
            blocks[i].glued = thin & test_random_next(&random);
            blocks[i].spaced =
                thin & ~blocks[i].glued & test_random_next(&random);
        }
        uint32_t starts[2][ROOM], ends[2][ROOM];
        uint8_t flags[2][ROOM];
        for (unsigned level = 0; level <= osl_cpu_highest(); level++) {
            unsigned side = level > 0;
            osl_span_arrays spans = {.starts = starts[side],
                                     .ends = ends[side],
                                     .flags = flags[side]};
            osl_kernels_get((osl_cpu_level)level)
                ->borders(blocks, BLOCKS, 128, given, &spans);
            osl_span_arrays want = {
                .starts = starts[0], .ends = ends[0], .flags = flags[0]};
            if (level == 0)
                continue;
            osl_kernels_get(OSL_CPU_SCALAR)
                ->borders(blocks, BLOCKS, 128, given, &want);
            assert_int_equal(spans.start_count, want.start_count);
            assert_int_equal(spans.end_count, want.end_count);
            assert_memory_equal(starts[1], starts[0], 4 * spans.start_count);
            assert_memory_equal(ends[1], ends[0], 4 * spans.end_count);
            assert_memory_equal(flags[1], flags[0], spans.start_count);
        }
    }
}

/* ---- threads ------------------------------------------------------------ */

/* What a thread makes of a text with an analyzer that nobody has used yet. */
typedef struct reader {
    const osl_analyzer *analyzer;
    osl_text text;
    osl_tokens icu, fast;
    osl_status status;
} reader;

static void *read_text(void *user)
{
    reader *of = user;
    osl_error err;
    of->status = osl_tokenize(of->analyzer, of->text, &of->fast, &err);
    if (of->status == OSL_OK)
        of->status = osl_tokenize_icu(of->analyzer, of->text, &of->icu, &err);
    return NULL;
}

static void threads_share_what_an_analyzer_finds_late(void **state)
{
    (void)state;
    static char bytes[5 * 0x2400];
    size_t length = 0;
    for (uint32_t c = 0x80; c < 0x2400; c++) {
        bytes[length++] = 'a';
        length += osl_utf8_put(bytes + length, c);
        bytes[length++] = c % 3 ? ' ' : '1';
    }
    for (unsigned round = 0; round < 8; round++) {
        osl_error err;
        osl_analyzer *analyzer;
        pthread_t ids[4];
        reader readers[4];
        assert_ok(osl_analyzer_open(&analyzer, NULL, osl_cpu_highest(), &err));
        for (size_t i = 0; i < 4; i++) {
            readers[i] =
                (reader){.analyzer = analyzer, .text = {bytes, length}};
            assert_int_equal(
                pthread_create(&ids[i], NULL, read_text, &readers[i]), 0);
        }
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(pthread_join(ids[i], NULL), 0);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(readers[i].status, OSL_OK);
            assert_true(are_equal(&readers[i].fast, &readers[0].icu));
            assert_true(are_equal(&readers[i].icu, &readers[0].icu));
        }
        for (size_t i = 0; i < 4; i++) {
            osl_tokens_clear(&readers[i].fast);
            osl_tokens_clear(&readers[i].icu);
        }
        osl_analyzer_free(analyzer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tier_classifies_as_the_scalar_twin),
        cmocka_unit_test(every_tier_writes_borders_as_the_scalar_twin),
        cmocka_unit_test(fast_tokens_are_the_authoritys_at_every_border),
        cmocka_unit_test(fast_tokens_are_the_authoritys_on_made_text),
        cmocka_unit_test(fast_tokens_are_the_authoritys_on_random_bytes),
        cmocka_unit_test(giant_texts_break_alike_and_small_ones_after_them),
        cmocka_unit_test(long_words_are_cut_alike),
        cmocka_unit_test(every_character_is_the_word_that_icu_says),
        cmocka_unit_test(threads_share_what_an_analyzer_finds_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
