/* SPDX-License-Identifier: MIT
 *
 * The table of strings against a list that is searched from end to end. */
#include "indexer/strings.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 700, LONGEST = 34, TOKENS = 200 };

typedef struct twin {
    char bytes[MOST][LONGEST];
    size_t lengths[MOST];
    unsigned flags[MOST];
    uint32_t counts[MOST], count;
} twin;

static uint32_t twin_find(const twin *t, osl_text text, unsigned flag)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->flags[i] == flag && t->lengths[i] == text.length &&
            memcmp(t->bytes[i], text.bytes, text.length) == 0)
            return i;
    return UINT32_MAX;
}

static uint32_t twin_add(twin *t, osl_text text, unsigned flag, uint32_t count)
{
    uint32_t i = twin_find(t, text, flag);
    if (i == UINT32_MAX) {
        assert_true(t->count < MOST);
        i = t->count++;
        memcpy(t->bytes[i], text.bytes, text.length);
        t->lengths[i] = text.length;
        t->flags[i] = flag;
        t->counts[i] = 0;
    }
    t->counts[i] += count;
    return i;
}

static void assert_same(const osl_strings *strings, const twin *t)
{
    static uint32_t counts[MOST];
    assert_int_equal(strings->count, t->count);
    osl_strings_counts(strings, counts);
    for (uint32_t i = 0; i < t->count; i++) {
        osl_text text = osl_strings_text(strings, i);
        osl_text wanted = {t->bytes[i], t->lengths[i]};
        assert_true(osl_text_equal(text, wanted));
        assert_int_equal(osl_strings_flag(strings, i), t->flags[i]);
        assert_int_equal(counts[i], t->counts[i]);
        assert_int_equal(osl_strings_find(strings, wanted, t->flags[i]), i);
    }
    assert_int_equal(osl_strings_find(strings, osl_text_of("not there"), 0),
                     UINT32_MAX);
}

/* A text of words of few letters, zeroes among them, with and without
 * flags, one behind the other. */
typedef struct words {
    char bytes[TOKENS * LONGEST];
    uint32_t starts[TOKENS], ends[TOKENS];
    uint8_t flags[TOKENS];
    size_t length, count;
} words;

static void make_words(words *out, test_random *random, size_t longest)
{
    out->length = 0;
    out->count = 1 + test_random_below(random, TOKENS);
    for (size_t i = 0; i < out->count; i++) {
        size_t length = test_random_below(random, (uint32_t)longest);
        out->starts[i] = (uint32_t)out->length;
        for (size_t n = 0; n < length; n++)
            out->bytes[out->length++] =
                "a\0b\xFF"[test_random_below(random, n < 3 ? 4 : 1)];
        out->ends[i] = (uint32_t)out->length;
        out->flags[i] = (uint8_t)test_random_below(random, 4);
    }
}

static osl_text word_at(const words *w, size_t i)
{
    return (osl_text){w->bytes + w->starts[i], w->ends[i] - w->starts[i]};
}

static void add_tokens(osl_strings *strings, twin *t, words *w)
{
    uint32_t ids[TOKENS];
    const osl_tokens tokens = {.starts = w->starts,
                               .ends = w->ends,
                               .flags = w->flags,
                               .count = w->count};
    assert_true(osl_strings_add_tokens(strings, (osl_text){w->bytes, w->length},
                                       &tokens, ids));
    for (size_t i = 0; i < w->count; i++)
        assert_int_equal(
            ids[i], twin_add(t, word_at(w, i), w->flags[i] & OSL_TOKEN_KEY, 1));
}

static void add_texts(osl_strings *strings, twin *t, const words *w)
{
    uint32_t ids[TOKENS];
    osl_text texts[TOKENS];
    for (size_t i = 0; i < TOKENS; i++)
        texts[i] = i < w->count ? word_at(w, i) : (osl_text){"", 0};
    assert_true(osl_strings_add_texts(strings, texts, w->count, ids));
    for (size_t i = 0; i < w->count; i++)
        assert_int_equal(ids[i], twin_add(t, texts[i], 0, 1));
}

static void add_one_by_one(osl_strings *strings, twin *t, const words *w)
{
    for (size_t i = 0; i < w->count; i++) {
        uint32_t id;
        osl_strings_fetch(strings, word_at(w, i));
        assert_true(osl_strings_add(strings, word_at(w, i), w->flags[i], &id));
        assert_int_equal(id, twin_add(t, word_at(w, i), w->flags[i], 1));
    }
}

static void merge(osl_strings *strings, twin *t, const osl_strings *from,
                  const twin *other)
{
    static uint32_t map[MOST];
    assert_true(osl_strings_merge(strings, from, map));
    for (uint32_t i = 0; i < other->count; i++) {
        osl_text text = {other->bytes[i], other->lengths[i]};
        assert_int_equal(map[i],
                         twin_add(t, text, other->flags[i], other->counts[i]));
    }
}

/* Strings that are only listed at first are found as others are. */
static void what_was_appended_is_found(void **state)
{
    (void)state;
    test_random random = test_random_new(23);
    static twin t;
    static words w;
    for (int round = 0; round < 200; round++) {
        osl_strings strings = {0};
        t.count = 0;
        uint32_t wanted = 1 + test_random_below(&random, MOST - TOKENS), id;
        for (uint32_t i = 0; i < wanted; i++) {
            char bytes[LONGEST];
            size_t length =
                (size_t)snprintf(bytes, sizeof bytes, "%u%*s", (unsigned)i,
                                 (int)test_random_below(&random, 20), "");
            osl_text text = {bytes, length};
            assert_true(osl_strings_append(&strings, text, &id));
            assert_int_equal(id, twin_add(&t, text, 0, 1));
        }
        make_words(&w, &random, 6);
        if (round % 2)
            add_texts(&strings, &t, &w);
        else
            add_one_by_one(&strings, &t, &w);
        assert_same(&strings, &t);
        assert_true(osl_strings_append(&strings, osl_text_of("last"), &id));
        assert_int_equal(id, twin_add(&t, osl_text_of("last"), 0, 1));
        assert_same(&strings, &t);
        osl_strings_clear(&strings);
    }
}

static void a_table_gives_what_a_list_gives(void **state)
{
    (void)state;
    static twin twins[2];
    static words w;
    test_random random = test_random_new(77);
    for (int round = 0; round < 60; round++) {
        osl_strings tables[2] = {{0}, {0}};
        twins[0].count = twins[1].count = 0;
        for (int step = 0; step < 4; step++) {
            unsigned n = test_random_below(&random, 2);
            /* Some with hardly a string that is in place. */
            make_words(&w, &random, round % 2 ? 6 : LONGEST);
            if (twins[n].count + w.count > MOST / 2)
                continue;
            if (step % 3 == 0)
                add_tokens(&tables[n], &twins[n], &w);
            else if (step % 3 == 1)
                add_texts(&tables[n], &twins[n], &w);
            else
                add_one_by_one(&tables[n], &twins[n], &w);
        }
        if (round % 3 == 0)
            assert_true(osl_strings_reserve(&tables[0], MOST));
        assert_same(&tables[1], &twins[1]);
        merge(&tables[0], &twins[0], &tables[1], &twins[1]);
        assert_same(&tables[0], &twins[0]);
        osl_strings_freeze(&tables[0]);
        for (uint32_t i = 0; i < twins[0].count; i++)
            assert_true(osl_text_equal(
                osl_strings_text(&tables[0], i),
                (osl_text){twins[0].bytes[i], twins[0].lengths[i]}));
        assert_int_equal(osl_strings_find(&tables[0], osl_text_of("a"), 0),
                         UINT32_MAX);
        osl_strings_clear(&tables[0]);
        osl_strings_clear(&tables[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_gives_what_a_list_gives),
        cmocka_unit_test(what_was_appended_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
