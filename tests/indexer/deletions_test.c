/* SPDX-License-Identifier: MIT
 *
 * What is left of a segment after deletions against a segment that never had
 * the dead: every statistic of every term, form and compound is the same,
 * whether texts were read again or postings scanned, at once or in steps. And
 * spoilt files: an error, or what was written. */
#include "tests/indexer/corpus_made.h"
#include "tests/indexer/level.h"

#include "core/segment/alias.h"
#include "indexer/build.h"
#include "indexer/deletions.h"

#include <unistd.h>
#include <xxhash.h>

enum { DOCUMENTS = 160 };

typedef struct world {
    osl_arena arena;
    osl_analyzer *analyzer;
    const osl_kernels *kernels;
    osl_document documents[DOCUMENTS]; /* number n is the segment's n */
    bool dead[DOCUMENTS];
    int32_t lines[DOCUMENTS]; /* that each has moved down */
    osl_move moves[DOCUMENTS];
    size_t move_count;
    osl_segment *segment;
    osl_buf bytes; /* of the deletions */
    osl_deletions *deletions;
} world;

static osl_segment *build(world *w, osl_store store, osl_pairs pairs,
                          bool live_only)
{
    osl_error err;
    osl_batch batch;
    osl_build_result result;
    osl_segment *segment;
    char path[64];
    (void)snprintf(path, sizeof path, "deletions_test.%ld.seg", (long)getpid());
    osl_batch_init(&batch, w->analyzer, store != OSL_STORE_NONE);
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        bool replaced;
        if (!live_only || !w->dead[i])
            assert_ok(osl_batch_add(&batch, &w->documents[i], &replaced, &err));
    }
    const osl_build_options options = {
        .kernels = w->kernels,
        .fingerprint = osl_analyzer_fingerprint(w->analyzer),
        .store = store,
        .pairs = pairs,
    };
    assert_ok(osl_build_segment(&batch, path, &options, &result, &err));
    osl_batch_clear(&batch);
    assert_ok(osl_segment_open(&segment, path, w->kernels, &err));
    assert_int_equal(unlink(path), 0);
    return segment;
}

static void open_world(world *w, test_random *random, osl_store store,
                       osl_pairs pairs)
{
    *w = (world){0};
    w->kernels = level_open(&w->analyzer);
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        w->documents[i] = made_document(random, &w->arena, 1000);
        w->documents[i].id = made_name(&w->arena, "doc", i);
        w->documents[i].is_record = test_random_below(random, 8) == 0;
        if (w->documents[i].is_record)
            w->documents[i].title = w->documents[i].id;
    }
    w->segment = build(w, store, pairs, false);
}

static void close_world(world *w)
{
    osl_deletions_close(w->deletions);
    osl_buf_clear(&w->bytes);
    osl_segment_free(w->segment);
    osl_analyzer_free(w->analyzer);
    osl_arena_clear(&w->arena);
}

/* Moves documents of which nothing may have died. */
static void move_some(world *w, test_random *random)
{
    int32_t lines = 0;
    w->move_count = 0;
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        if (test_random_below(random, 4) == 0) {
            lines += 1 + (int32_t)test_random_below(random, 9);
            lines = test_random_below(random, 3) > 0 ? lines : -lines;
            w->moves[w->move_count++] = (osl_move){i, lines};
        }
        w->lines[i] = lines;
    }
}

static osl_status build_deletions(osl_buf *out, const world *w,
                                  const osl_deletions *before,
                                  const uint32_t *numbers, size_t count,
                                  osl_error *err)
{
    const osl_deletions_change change = {.before = before,
                                         .documents = numbers,
                                         .count = count,
                                         .moves = w->moves,
                                         .move_count = w->move_count};
    return osl_deletions_build(out, w->segment, &change, w->analyzer, err);
}

/* Deletes each document with a chance of one in `of`; now and then one that
 * is dead already. */
static void delete_some(world *w, test_random *random, uint32_t of)
{
    osl_error err;
    osl_buf bytes = {0};
    uint32_t numbers[DOCUMENTS];
    size_t count = 0;
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        if (test_random_below(random, of) == 0) {
            numbers[count++] = i;
            w->dead[i] = true;
        }
    move_some(w, random);
    assert_ok(build_deletions(&bytes, w, w->deletions, numbers, count, &err));
    osl_deletions_close(w->deletions);
    osl_buf_clear(&w->bytes);
    w->bytes = bytes;
    assert_ok(osl_deletions_open_memory(&w->deletions, osl_buf_text(&bytes),
                                        "some.del", w->segment, &err));
}

/* ---- against a segment that never had the dead --------------------------- */

/* By bytes of the term; false where the fresh segment does not have it. */
static bool find_fresh(const osl_segment *fresh, osl_field field, osl_text term,
                       osl_term_info *info)
{
    osl_error err;
    bool found = false;
    if (osl_segment_get_info(fresh)->fields[field].term_count)
        assert_ok(osl_term_find(fresh, field, term, &found, info, &err));
    return found;
}

/* Live df of each form, by its text. */
static void check_forms(world *w, const osl_segment *fresh,
                        const osl_term_info *old, const osl_term_info *new)
{
    osl_error err;
    osl_arena arena = {0};
    const osl_term_form *was, *is;
    size_t was_count, is_count, living = 0;
    assert_ok(osl_term_forms(w->segment, old, &arena, &was, &was_count, &err));
    assert_ok(osl_term_forms(fresh, new, &arena, &is, &is_count, &err));
    for (uint32_t f = 0; f < was_count && was_count > 1; f++) {
        uint32_t died = 0, df = 0;
        assert_ok(
            osl_deletions_form(w->deletions, old->ordinal, f, &died, &err));
        for (size_t i = 0; i < is_count; i++)
            if (osl_text_equal(is[i].text, was[f].text))
                df = is[i].df;
        assert_int_equal(was[f].df - died, df);
        living += df > 0;
    }
    if (was_count > 1)
        assert_int_equal(living, is_count);
    osl_arena_clear(&arena);
}

static void check_terms(world *w, const osl_segment *fresh, osl_field field)
{
    osl_error err = {0};
    osl_term_cursor at;
    uint32_t gone = 0;
    const osl_field_info *info =
        &osl_segment_get_info(w->segment)->fields[field];
    if (info->term_count == 0)
        return;
    assert_ok(osl_term_seek(&at, w->segment, field, osl_text_of(""), &err));
    osl_deletions_hold(w->deletions);
    while (osl_term_next(&at, &err) == OSL_OK) {
        osl_term_info now = {0};
        uint32_t df = 0, held = 0;
        uint64_t cf = 0;
        assert_ok(osl_deletions_df(w->deletions, field, at.info.ordinal, &held,
                                   &err));
        assert_ok(osl_deletions_term(w->deletions, field, at.info.ordinal, &df,
                                     &cf, &err));
        bool found = find_fresh(fresh, field, at.term, &now);
        gone += df == at.info.df;
        assert_int_equal(held, df);
        assert_int_equal(at.info.df - df, now.df);
        assert_int_equal(at.info.cf - cf, now.cf);
        if (field == OSL_FIELD_TEXT && found)
            check_forms(w, fresh, &at.info, &now);
    }
    assert_int_equal(
        osl_deletions_get_info(w->deletions)->fields[field].term_count, gone);
}

static void check_compounds(world *w, const osl_segment *fresh)
{
    osl_error err;
    osl_alias_cursor was, is;
    uint64_t left = 0, there = 0;
    assert_ok(osl_alias_open(&was, w->segment, &err));
    while (osl_alias_next(&was, &err) == OSL_OK) {
        osl_arena arena = {0};
        const osl_alias_split *splits;
        size_t count;
        uint32_t died = 0, uses = 0;
        assert_ok(osl_deletions_alias(w->deletions, was.number, &died, &err));
        assert_ok(osl_segment_alias(fresh, was.alias.joined, &arena, &splits,
                                    &count, &err));
        for (size_t i = 0; i < count; i++)
            if (osl_text_equal(splits[i].parts, was.alias.parts))
                uses = splits[i].uses;
        assert_int_equal(was.alias.uses - died, uses);
        left += uses;
        osl_arena_clear(&arena);
    }
    osl_alias_close(&was);
    assert_ok(osl_alias_open(&is, fresh, &err));
    while (osl_alias_next(&is, &err) == OSL_OK)
        there += is.alias.uses;
    osl_alias_close(&is);
    assert_int_equal(left, there);
}

static void check_totals(const world *w, const osl_segment *fresh)
{
    const osl_segment_info *was = osl_segment_get_info(w->segment);
    const osl_segment_info *is = osl_segment_get_info(fresh);
    const osl_deletions_info *died = osl_deletions_get_info(w->deletions);
    assert_int_equal(was->paragraph_count - died->paragraph_count,
                     is->paragraph_count);
    assert_int_equal(was->document_count - died->document_count,
                     is->document_count);
    assert_int_equal(was->section_count - died->section_count,
                     is->section_count);
    assert_int_equal(was->text_bytes - died->text_bytes, is->text_bytes);
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++) {
        const osl_field_info *a = &was->fields[f], *b = &is->fields[f];
        const osl_deletions_field *c = &died->fields[f];
        assert_int_equal(a->ordinal_count - c->ordinal_count, b->ordinal_count);
        assert_int_equal(a->total_length - c->total_length, b->total_length);
        if (f == OSL_FIELD_PAIR)
            continue;
        assert_int_equal(a->posting_count - c->posting_count, b->posting_count);
        assert_int_equal(a->term_count - c->term_count, b->term_count);
    }
}

static void check_bitmaps(const world *w)
{
    osl_error err;
    for (uint32_t d = 0; d < DOCUMENTS; d++) {
        osl_document_record record;
        assert_ok(osl_segment_document(w->segment, d, &record, &err));
        const uint64_t *documents =
            osl_deletions_live(w->deletions, OSL_FIELD_TITLE);
        const uint64_t *paragraphs =
            osl_deletions_live(w->deletions, OSL_FIELD_TEXT);
        const uint64_t *sections =
            osl_deletions_live(w->deletions, OSL_FIELD_HEADING);
        assert_int_equal(documents[d / 64] >> (d % 64) & 1, !w->dead[d]);
        for (uint32_t i = 0; i < record.paragraph_count; i++) {
            uint32_t p = record.first_paragraph + i;
            assert_int_equal(paragraphs[p / 64] >> (p % 64) & 1, !w->dead[d]);
        }
        for (uint32_t i = 0; i < record.section_count; i++) {
            uint32_t s = record.first_section + i;
            assert_int_equal(sections[s / 64] >> (s % 64) & 1, !w->dead[d]);
        }
    }
}

static void check_lines(const world *w)
{
    for (uint32_t d = 0; d < DOCUMENTS; d++) {
        assert_int_equal(osl_deletions_line(w->deletions, d, 1000),
                         1000 + w->lines[d]);
        assert_int_equal(osl_deletions_line(w->deletions, d, 0), 0);
    }
}

static void check_against_fresh(world *w, osl_store store, osl_pairs pairs)
{
    osl_segment *fresh = build(w, store, pairs, true);
    check_totals(w, fresh);
    check_bitmaps(w);
    check_lines(w);
    for (unsigned f = 0; f < OSL_FIELD_PAIR; f++)
        check_terms(w, fresh, (osl_field)f);
    check_compounds(w, fresh);
    osl_segment_free(fresh);
}

static bool any_lives(const world *w)
{
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        if (!w->dead[i])
            return true;
    return false;
}

static void what_is_left_counts_like_a_segment_without_the_dead(void **state)
{
    (void)state;
    static const struct {
        osl_store store;
        osl_pairs pairs;
        unsigned seed;
    } cases[] = {
        {OSL_STORE_FULL, OSL_PAIRS_MORE, 1},
        {OSL_STORE_SMALL, OSL_PAIRS_DEFAULT, 2},
        {OSL_STORE_NONE, OSL_PAIRS_MORE, 3},
        {OSL_STORE_FULL, OSL_PAIRS_NONE, 4},
        {OSL_STORE_NONE, OSL_PAIRS_NONE, 5},
    };
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        test_random random = test_random_new(60 + cases[c].seed);
        world w;
        open_world(&w, &random, cases[c].store, cases[c].pairs);
        for (unsigned step = 0; step < 3; step++) {
            delete_some(&w, &random, 2 + test_random_below(&random, 9));
            if (any_lives(&w))
                check_against_fresh(&w, cases[c].store, cases[c].pairs);
        }
        close_world(&w);
    }
}

/* Texts read again and postings scanned: all that is counted is the same. */
static void both_ways_of_counting_give_the_same(void **state)
{
    (void)state;
    test_random first = test_random_new(71), second = test_random_new(71);
    world a, b;
    osl_error err;
    osl_deletions_parts x, y;
    open_world(&a, &first, OSL_STORE_FULL, OSL_PAIRS_MORE);
    open_world(&b, &second, OSL_STORE_NONE, OSL_PAIRS_MORE);
    delete_some(&a, &first, 3);
    delete_some(&b, &second, 3);
    assert_ok(osl_deletions_read(a.deletions, a.segment, &a.arena, &x, &err));
    assert_ok(osl_deletions_read(b.deletions, b.segment, &b.arena, &y, &err));
    assert_memory_equal(&x.info, &y.info, sizeof x.info);
    for (unsigned t = 0; t < OSL_DIED_TABLES; t++) {
        assert_int_equal(x.tables[t].count, y.tables[t].count);
        assert_int_equal(x.tables[t].count > 0, t != OSL_FIELD_PAIR);
        for (size_t i = 0; i < x.tables[t].count; i++) {
            const osl_died *p = &x.tables[t].entries[i];
            const osl_died *q = &y.tables[t].entries[i];
            assert_true(p->key == q->key && p->count == q->count &&
                        p->more == q->more);
        }
    }
    close_world(&a);
    close_world(&b);
}

/* Every other document, as it is or with other words. */
static void fill_batch(osl_batch *batch, world *w, test_random *random)
{
    osl_error err;
    osl_batch_init(batch, w->analyzer, true);
    for (uint32_t i = 0; i < DOCUMENTS; i += 2) {
        bool replaced;
        osl_document other = made_document(random, &w->arena, 1000);
        other.id = w->documents[i].id;
        assert_ok(osl_batch_add(
            batch, test_random_below(random, 2) ? &other : w->documents + i,
            &replaced, &err));
    }
}

static void delete_with_lexicon(const world *w, test_random *random,
                                osl_lexicon *lexicon)
{
    osl_error err;
    osl_buf shared = {0}, alone = {0};
    uint32_t numbers[DOCUMENTS];
    size_t dead = 0;
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        if (test_random_below(random, 3) == 0)
            numbers[dead++] = i;
    osl_deletions_change change = {.documents = numbers, .count = dead};
    assert_ok(
        osl_deletions_build(&alone, w->segment, &change, w->analyzer, &err));
    change.lexicon = lexicon;
    assert_ok(
        osl_deletions_build(&shared, w->segment, &change, w->analyzer, &err));
    assert_int_equal(shared.length, alone.length);
    assert_memory_equal(shared.bytes, alone.bytes, alone.length);
    osl_buf_clear(&shared);
    osl_buf_clear(&alone);
}

/* Words of the dead among those of a batch, which has some of them and others
 * and keeps its counts; a second segment meets the same lexicon. */
static void a_shared_lexicon_changes_no_byte(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 8; seed++) {
        test_random random = test_random_new(90 + seed);
        world w;
        osl_error err;
        osl_batch batch;
        osl_lexicon lexicon = {0};
        uint32_t before[2000], count;
        open_world(&w, &random, OSL_STORE_FULL, OSL_PAIRS_MORE);
        fill_batch(&batch, &w, &random);
        lexicon.forms = &batch.fields[OSL_FIELD_TEXT].forms;
        count = lexicon.forms->count;
        assert_true(count < COUNT_OF(before));
        osl_strings_counts(lexicon.forms, before);
        assert_ok(osl_resolver_new(&lexicon.resolver, w.analyzer, &err));
        for (unsigned round = 0; round < 3; round++)
            delete_with_lexicon(&w, &random, &lexicon);
        assert_true(lexicon.count > 0 && lexicon.forms->count > count);
        for (uint32_t i = 0; i < lexicon.forms->count; i++)
            assert_int_equal(lexicon.forms->entries[i].count,
                             i < count ? before[i] : 0);
        osl_lexicon_clear(&lexicon);
        osl_resolver_free(lexicon.resolver);
        osl_batch_clear(&batch);
        close_world(&w);
    }
}

static void steps_give_the_bytes_of_one_deletion(void **state)
{
    (void)state;
    test_random random = test_random_new(72);
    world w;
    osl_error err;
    osl_buf whole = {0};
    uint32_t numbers[DOCUMENTS];
    size_t count = 0;
    open_world(&w, &random, OSL_STORE_FULL, OSL_PAIRS_DEFAULT);
    for (unsigned step = 0; step < 4; step++)
        delete_some(&w, &random, 6);
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        if (w.dead[i])
            numbers[count++] = i;
    assert_ok(build_deletions(&whole, &w, NULL, numbers, count, &err));
    assert_int_equal(whole.length, w.bytes.length);
    assert_memory_equal(whole.bytes, w.bytes.bytes, whole.length);
    osl_buf_clear(&whole);
    close_world(&w);
}

static void documents_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t numbers[2];
        size_t count;
    } cases[] = {
        {"past the end", {DOCUMENTS}, 1},
        {"far past it", {UINT32_MAX}, 1},
        {"falling", {5, 4}, 2},
        {"twice", {5, 5}, 2},
    };
    test_random random = test_random_new(73);
    world w;
    open_world(&w, &random, OSL_STORE_FULL, OSL_PAIRS_DEFAULT);
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        osl_error err;
        osl_buf bytes = {0};
        osl_status status = build_deletions(&bytes, &w, NULL, cases[c].numbers,
                                            cases[c].count, &err);
        if (status != OSL_EINVAL || bytes.length)
            fail_msg("%s: status %d", cases[c].name, status);
        osl_buf_clear(&bytes);
    }
    close_world(&w);
}

/* ---- spoilt files -------------------------------------------------------- */

/* Opens bytes in memory of exactly their size, so that an overrun shows. */
static osl_status open_copy(const world *w, const uint8_t *bytes, size_t length,
                            bool use, osl_error *err)
{
    osl_deletions *deletions = NULL;
    uint8_t *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    osl_status status = osl_deletions_open_memory(
        &deletions, (osl_text){(const char *)copy, length}, "some.del",
        w->segment, err);
    if (status == OSL_OK && use) {
        osl_arena arena = {0};
        osl_deletions_parts parts;
        status = osl_deletions_read(deletions, w->segment, &arena, &parts, err);
        for (uint32_t i = 0; i < 400; i++) {
            uint32_t df;
            uint64_t cf;
            osl_status one = osl_deletions_term(
                deletions, (osl_field)(i % OSL_FIELD_COUNT), i, &df, &cf, err);
            assert_true(one == OSL_OK || one == OSL_ECORRUPT);
            one = osl_deletions_form(deletions, i, i % 3, &df, err);
            assert_true(one == OSL_OK || one == OSL_ECORRUPT);
            if (i == 200)
                osl_deletions_hold(deletions);
            one = osl_deletions_df(deletions, OSL_FIELD_TEXT, i, &df, err);
            assert_true(one == OSL_OK || one == OSL_ECORRUPT);
        }
        osl_arena_clear(&arena);
    }
    osl_deletions_close(deletions);
    free(copy);
    return status;
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    test_random random = test_random_new(74);
    world w;
    open_world(&w, &random, OSL_STORE_FULL, OSL_PAIRS_DEFAULT);
    delete_some(&w, &random, 5);
    for (size_t length = 0; length < w.bytes.length; length++) {
        osl_error err;
        assert_int_equal(open_copy(&w, w.bytes.bytes, length, false, &err),
                         OSL_ECORRUPT);
    }
    close_world(&w);
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    test_random random = test_random_new(75);
    world w;
    open_world(&w, &random, OSL_STORE_FULL, OSL_PAIRS_DEFAULT);
    delete_some(&w, &random, 12);
    for (size_t bit = 0; bit < 8 * w.bytes.length; bit++) {
        osl_error err;
        uint8_t *byte = &w.bytes.bytes[bit / 8];
        *byte ^= (uint8_t)(1u << bit % 8);
        osl_status status =
            open_copy(&w, w.bytes.bytes, w.bytes.length, false, &err);
        assert_true(status == OSL_ECORRUPT ||
                    (status == OSL_EVERSION && bit / 8 >= 8 && bit / 8 < 12));
        *byte ^= (uint8_t)(1u << bit % 8);
    }
    close_world(&w);
}

/* With the hash made right again: what no disk does, but a person may. */
static void forged_files_are_an_answer_or_an_error(void **state)
{
    (void)state;
    test_random random = test_random_new(76);
    world w;
    unsigned refused = 0;
    open_world(&w, &random, OSL_STORE_FULL, OSL_PAIRS_DEFAULT);
    delete_some(&w, &random, 5);
    uint8_t *copy = malloc(w.bytes.length);
    assert_non_null(copy);
    for (unsigned round = 0; round < 3000; round++) {
        osl_error err;
        size_t length = w.bytes.length;
        memcpy(copy, w.bytes.bytes, length);
        for (unsigned n = 1 + test_random_below(&random, 3); n > 0; n--)
            copy[test_random_below(&random, (uint32_t)length - 8)] =
                (uint8_t)test_random_below(&random, 256);
        if (test_random_below(&random, 4) == 0)
            length -=
                (size_t)8 * test_random_below(&random, (uint32_t)length / 8);
        if (length >= 8) {
            uint64_t hash = XXH3_64bits(copy, length - 8);
            memcpy(copy + length - 8, &hash, 8);
        }
        osl_status status = open_copy(&w, copy, length, true, &err);
        assert_true(status == OSL_OK || status == OSL_ECORRUPT ||
                    status == OSL_EVERSION);
        refused += status != OSL_OK;
    }
    assert_true(refused > 1000);
    free(copy);
    close_world(&w);
}

static void the_deletions_of_another_segment_are_refused(void **state)
{
    (void)state;
    test_random random = test_random_new(77);
    world a, b;
    osl_error err;
    open_world(&a, &random, OSL_STORE_FULL, OSL_PAIRS_DEFAULT);
    open_world(&b, &random, OSL_STORE_FULL, OSL_PAIRS_DEFAULT);
    delete_some(&a, &random, 5);
    assert_int_equal(open_copy(&b, a.bytes.bytes, a.bytes.length, false, &err),
                     OSL_ECORRUPT);
    assert_non_null(strstr(err.text, "some.del: the deletions of another"));
    close_world(&a);
    close_world(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_counts_like_a_segment_without_the_dead),
        cmocka_unit_test(both_ways_of_counting_give_the_same),
        cmocka_unit_test(a_shared_lexicon_changes_no_byte),
        cmocka_unit_test(steps_give_the_bytes_of_one_deletion),
        cmocka_unit_test(documents_that_are_none_are_refused),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(forged_files_are_an_answer_or_an_error),
        cmocka_unit_test(the_deletions_of_another_segment_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
