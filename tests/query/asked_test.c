/* SPDX-License-Identifier: MIT
 *
 * What a session keeps of a word is what its dictionaries and postings say,
 * however often it is asked for, and whatever was forgotten meanwhile. */
#include "query/asked.h"
#include "tests/indexer/corpus_made.h"
#include "tests/query/live_index.h"

enum { PARTS = 3, WORDS = 40, SEARCHES = 400 };

static const char *const known[] = {"relaps",
                                    "leukemia",
                                    "all",
                                    "bcr",
                                    "abl1",
                                    "the",
                                    "of",
                                    "in",
                                    "interferon",
                                    "t",
                                    "cell",
                                    "",
                                    "w999",
                                    "none such",
                                    "of the",
                                    "bcr abl1",
                                    "w12",
                                    "x",
                                    "a word of more than 15 bytes",
                                    "in the",
                                    "the leukemia"};

static void make_parts(test_random *random, osl_arena *arena, live_part *parts)
{
    for (uint32_t p = 0, id = 0; p < PARTS; p++) {
        parts[p] = (live_part){.count = 20u >> p};
        for (uint32_t i = 0; i < parts[p].count; i++) {
            osl_document document = made_document(random, arena, 1000);
            document.id = made_name(arena, "doc", id++);
            document.alias_count = 0;
            parts[p].documents[i] = document;
            parts[p].dead[i] = test_random_below(random, 4) == 0;
        }
    }
}

/* Some that there are, twice one or the other, and many that there are not. */
static unsigned draw_words(test_random *random, osl_text *words,
                           uint64_t *hashes, char (*room)[32])
{
    unsigned count = 1 + test_random_below(random, WORDS);
    for (unsigned i = 0; i < count; i++) {
        words[i] =
            osl_text_of(known[test_random_below(random, COUNT_OF(known))]);
        if (test_random_below(random, 3) == 0) {
            (void)snprintf(room[i], sizeof room[i], "w%u",
                           test_random_below(random, 20000));
            words[i] = osl_text_of(room[i]);
        }
        hashes[i] = osl_asked_hash(words[i]);
    }
    return count;
}

/* Opened in every form, and again, which gives the same. */
static void check_opened(osl_asked *asked, osl_asked_word *word,
                         uint32_t segment, const osl_term_info *info)
{
    enum { MOST = 4096 };
    static uint32_t want[2][MOST], is[2][MOST];
    osl_error err;
    osl_arena arena = {0};
    const osl_postings *own, *sliced = NULL;
    for (unsigned n = 0; n < 2 * OSL_ASKED_FORMS; n++) {
        const osl_postings *opened;
        osl_asked_form form = (osl_asked_form)(n % OSL_ASKED_FORMS);
        assert_ok(osl_asked_open(asked, word, (osl_asked_part){segment, form},
                                 &arena, &opened, &err));
        assert_ptr_equal(word->in[segment].opened[form], opened);
        assert_true(opened || form == OSL_ASKED_BEST);
        if (opened)
            assert_int_equal(osl_postings_df(opened), info->df);
        if (form == OSL_ASKED_SLICED)
            sliced = opened;
    }
    assert_ok(osl_postings_open(&own, osl_index_segment(asked->index, segment),
                                word->field, info, &arena, &err));
    assert_true(info->df <= MOST);
    assert_ok(osl_postings_decode(own, want[0], want[1], &err));
    assert_ok(osl_postings_decode(sliced, is[0], is[1], &err));
    for (unsigned i = 0; i < 2; i++)
        assert_memory_equal(want[i], is[i], info->df * sizeof **is);
    osl_arena_clear(&arena);
}

static void check_word(osl_asked *asked, osl_field field, osl_text text,
                       osl_asked_word *word)
{
    osl_error err;
    osl_term_info infos[PARTS];
    uint64_t df = 0;
    assert_true(osl_text_equal(word->text, text));
    assert_int_equal(word->field, field);
    assert_ok(osl_index_find_terms(asked->index, field, &text, 1, infos, &err));
    if (field != OSL_FIELD_PAIR)
        assert_ok(osl_index_df(asked->index, field, text, &df, &err));
    assert_int_equal(word->df, df);
    for (uint32_t s = 0; s < PARTS; s++) {
        osl_term_info living = infos[s];
        if (living.df > 0 && field != OSL_FIELD_PAIR)
            assert_ok(osl_index_live_df(asked->index, s, field, &living, &err));
        uint32_t want = living.df > 0 ? infos[s].df : 0;
        assert_int_equal(word->in[s].info.df, want);
        if (want)
            check_opened(asked, word, s, &infos[s]);
    }
}

static void ask(osl_asked *asked, test_random *random)
{
    osl_error err;
    osl_arena scratch = {0};
    osl_text words[WORDS];
    uint64_t hashes[WORDS];
    char room[WORDS][32];
    osl_asked_word *found[WORDS];
    osl_field field =
        test_random_below(random, 4) ? OSL_FIELD_TEXT : OSL_FIELD_PAIR;
    unsigned count = draw_words(random, words, hashes, room);
    const osl_asked_words all = {field, count, words, hashes};
    osl_asked_begin(asked);
    assert_ok(osl_asked_find(asked, &all, &scratch, found, &err));
    for (unsigned i = 0; i < count; i++) {
        for (uint32_t s = 0; s < PARTS; s++)
            osl_asked_fetch(asked, found[i], s);
        check_word(asked, field, words[i], found[i]);
    }
    osl_arena_clear(&scratch);
}

static void words_that_were_asked_for_are_as_they_are(void **state)
{
    (void)state;
    static live_part parts[PARTS];
    static const size_t most[] = {0, 1, 20000};
    osl_arena arena = {0};
    osl_error err;
    osl_index *index;
    test_random random = test_random_new(91);
    live_maker maker = live_maker_make(OSL_STORE_FULL, OSL_PAIRS_MORE);
    make_parts(&random, &arena, parts);
    live_put_index(&maker, "index", parts, PARTS);
    assert_ok(osl_index_open(&index, place_name(&maker.folder, "index"), 0,
                             maker.kernels, &err));
    for (size_t i = 0; i < COUNT_OF(most); i++) {
        osl_asked asked = {.index = index, .most = most[i]};
        for (unsigned n = 0; n < SEARCHES; n++)
            ask(&asked, &random);
        if (most[i] == 1) {
            osl_asked_begin(&asked);
            assert_int_equal(asked.word_count, 0);
        } else if (most[i] == 0) {
            assert_true(asked.word_count > 1000);
        }
        osl_asked_clear(&asked);
    }
    osl_index_free(index);
    live_maker_end(&maker);
    osl_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_were_asked_for_are_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
