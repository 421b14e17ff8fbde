/* SPDX-License-Identifier: MIT
 *
 * Finding words by their first bytes: each level against the scalar twin, and
 * the twin against a look at every word. */
#define OSL_FIND_WHOLE
#include "tests/test.h"

#include <sys/mman.h>

#include "core/kernels/kernels.h"

#define WORDS(X, k, n)                                                   \
    X("leve", 1, k, n) | X("evid", 2, k, n) | X("(a)?", 4, k, n) |       \
        X("  ??", 8, k, n) | X("<???", 16, k, n) | X("loe?", 32, k, n) | \
        X("\xC3\xA9??", 64, k, n) | X("b\0??", 128, k, n)
static const osl_find_set set = OSL_FIND_SET(WORDS);
static const struct {
    const char *bytes;
    size_t length;
} words[] = {{"leve", 4}, {"evid", 4}, {"(a)", 3},     {"  ", 2},
             {"<", 1},    {"loe", 3},  {"\xC3\xA9", 2}};

static bool stands_at(const char *text, size_t left, const char *word,
                      size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = i < left ? text[i] : '\0';
        char low = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        if (low != word[i])
            return false;
    }
    return true;
}

/* One word a bucket: nothing else is found. */
static size_t by_words(const char *text, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        if (stands_at(text + at, length - at, "b\0", 2))
            return at;
        for (size_t i = 0; i < COUNT_OF(words); i++)
            if (stands_at(text + at, length - at, words[i].bytes,
                          words[i].length))
                return at;
    }
    return length;
}

/* A page whose end is a wall: reading behind a text is a fault. */
static char *page_before_wall(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    assert_int_equal(mprotect(page + 4096, 4096, PROT_NONE), 0);
    return page + 4096;
}

static void each_level_finds_what_stands_there(void **state)
{
    (void)state;
    static const char letters[] = "leLEvVoidID( a)<xyzb\xC3\xA9\0";
    test_random random = test_random_new(41);
    char *wall = page_before_wall();
    for (unsigned n = 0; n < 40000; n++) {
        size_t length = test_random_below(&random, 200);
        char *text = wall - length;
        /* From nothing to find at all to something at every other place. */
        uint32_t kinds = n % 3 ? 4 : (uint32_t)sizeof letters;
        for (size_t i = 0; i < length; i++)
            text[i] = n % 3 == 2 && test_random_below(&random, 40)
                          ? '.'
                          : letters[test_random_below(&random, kinds)];
        size_t want = by_words(text, length);
        for (int level = 0; level <= (int)osl_cpu_highest(); level++) {
            size_t got =
                osl_kernels_get((osl_cpu_level)level)->find(&set, text, length);
            if (got != want)
                fail_msg("%s: %zu instead of %zu in %zu bytes: %.*s",
                         osl_cpu_level_name((osl_cpu_level)level), got, want,
                         length, (int)length, text);
        }
    }
    munmap(wall - 4096, 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_finds_what_stands_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
