/* SPDX-License-Identifier: MIT
 *
 * Files of many records: of a line that came, changed, moved or went, only that
 * record is read and written; and who has an id that comes again. */
#include "tests/indexer/updating.h"

static void an_id_that_comes_again_is_the_last_ones(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    watch seen = {0};
    const char *paths[] = {place_name(&at, "tree")};
    place_put(&at, "tree/a.jsonl",
              RECORD("1", "alpha") RECORD("2", "beta") RECORD("1", "gamma"));
    place_put(&at, "tree/b.jsonl", RECORD("2", "delta"));
    assert_ok(update(&at, paths, 1, &report, &seen, &err));
    assert_int_equal(report.documents, 2);
    assert_int_equal(seen.notes, 2);
    assert_non_null(strstr(seen.last, "comes again"));
    osl_index *index = open_index(&at);
    assert_int_equal(df_of(index, "alpha"), 0);
    assert_int_equal(df_of(index, "gamma"), 1);
    assert_int_equal(df_of(index, "delta"), 1);
    osl_index_free(index);
    place_remove(&at);
}

static void one_record_of_many_is_written(void **state)
{
    (void)state;
    place at = place_make();
    osl_buf text = {0};
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3000; i++)
            osl_buf_printf(&text, "{\"id\":\"%d\",\"text\":\"record %d%s\"}\n",
                           i, i, round && i == 1234 ? " revised" : "");
        place_put_bytes(&at, "tree/all.jsonl", text.bytes, text.length);
        osl_buf_reset(&text);
        osl_index_report report = update_tree(&at);
        assert_int_equal(report.documents, 3000);
        assert_int_equal(report.changed, round);
        assert_int_equal(report.paragraphs_written, round ? 1 : 3000);
    }
    osl_index *index = open_index(&at);
    assert_int_equal(osl_index_get_info(index)->segment_count, 2);
    assert_int_equal(
        osl_segment_get_info(osl_index_segment(index, 1))->document_count, 1);
    assert_int_equal(df_of(index, "revis"), 1);
    assert_int_equal(df_of(index, "record"), 3000);
    osl_index_free(index);
    osl_buf_clear(&text);
    place_remove(&at);
}

static void the_loser_of_an_id_comes_back(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "tree/a.jsonl", RECORD("1", "alpha") RECORD("2", "beta"));
    place_put(&at, "tree/b.jsonl", RECORD("2", "gamma") RECORD("3", "delta"));
    (void)update_tree(&at);
    place_put(&at, "tree/c.jsonl", RECORD("2", "epsilon"));
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.changed, 1);
    assert_int_equal(unlink(place_name(&at, "tree/c.jsonl")), 0);
    report = update_tree(&at);
    assert_int_equal(report.changed, 1);
    assert_int_equal(report.removed, 0);
    osl_index *index = open_index(&at);
    assert_int_equal(df_of(index, "gamma"), 1);
    osl_index_free(index);
    assert_int_equal(unlink(place_name(&at, "tree/b.jsonl")), 0);
    report = update_tree(&at);
    assert_int_equal(report.removed, 1);
    index = open_index(&at);
    assert_int_equal(df_of(index, "beta"), 1);
    assert_int_equal(df_of(index, "delta"), 0);
    osl_index_free(index);
    place_remove(&at);
}

/* ---- lines -------------------------------------------------------------- */

enum { RECORDS = 3000 };

/* A file whose line n says record order[n]; UINT32_MAX: an empty line. */
static void put_records(const place *at, const uint32_t *order, size_t count)
{
    osl_buf text = {0};
    for (size_t i = 0; i < count; i++)
        if (order[i] == UINT32_MAX)
            osl_buf_printf(&text, "\n");
        else
            osl_buf_printf(&text, "{\"id\":\"r%u\",\"text\":\"record w%u\"}\n",
                           order[i], order[i]);
    assert_false(text.failed);
    place_put_bytes(at, "tree/all.jsonl", text.bytes, text.length);
    osl_buf_clear(&text);
}

/* Every record lives once, and at the line where it stands last. */
static void check_lines(const place *at, const uint32_t *order, size_t count)
{
    osl_error err;
    osl_index *index = open_index(at);
    uint64_t living = 0;
    for (size_t i = 0; i < count; i++) {
        char id[16];
        uint32_t segment, document;
        osl_document_record record;
        osl_paragraph_record paragraph;
        bool is_last = order[i] != UINT32_MAX;
        for (size_t j = i + 1; j < count && j < i + 9 && is_last; j++)
            is_last = order[j] != order[i];
        if (!is_last)
            continue;
        living++;
        (void)snprintf(id, sizeof id, "r%u", order[i]);
        assert_ok(osl_index_find_document(index, osl_text_of(id), &segment,
                                          &document, &err));
        const osl_segment *of = osl_index_segment(index, segment);
        assert_ok(osl_segment_document(of, document, &record, &err));
        assert_ok(osl_segment_paragraph(of, record.first_paragraph, &paragraph,
                                        &err));
        uint32_t line = osl_index_line(index, segment, record.first_paragraph,
                                       paragraph.line);
        if (line != i + 1)
            fail_msg("%s: line %u, not %zu", id, line, i + 1);
    }
    assert_int_equal(osl_index_get_info(index)->document_count, living);
    osl_index_free(index);
}

typedef struct line_edit {
    const char *name;
    uint32_t at;       /* where lines go and come */
    uint32_t go, come; /* how many; those that come are new records */
    bool is_empty;     /* those that come are empty lines */
    uint64_t removed, written;
} line_edit;

static size_t edit_lines(uint32_t *order, size_t count, const line_edit *edit,
                         uint32_t *next)
{
    memmove(order + edit->at + edit->come, order + edit->at + edit->go,
            (count - edit->at - edit->go) * sizeof *order);
    for (uint32_t i = 0; i < edit->come; i++)
        order[edit->at + i] = edit->is_empty ? UINT32_MAX : (*next)++;
    return count + edit->come - edit->go;
}

static void a_line_that_comes_or_goes_moves_the_others(void **state)
{
    (void)state;
    static const line_edit edits[] = {
        {"one in front", 0, 0, 1, false, 0, 1},
        {"one in the middle", 1500, 0, 1, false, 0, 1},
        {"three go", 700, 3, 0, false, 3, 0},
        {"more go than the trail is searched for", 100, 40, 0, false, 40, 0},
        {"empty lines", 5, 0, 7, true, 0, 0},
        {"they go again", 5, 7, 0, false, 0, 0},
        {"one for another", 2000, 1, 1, false, 1, 1},
        {"at the end", 2959, 0, 2, false, 0, 2},
        {"the first goes", 0, 1, 0, false, 1, 0},
    };
    place at = place_make();
    uint32_t order[RECORDS + 100], next = RECORDS;
    size_t count = RECORDS;
    for (uint32_t i = 0; i < RECORDS; i++)
        order[i] = i;
    put_records(&at, order, count);
    (void)update_tree(&at);
    for (size_t e = 0; e < COUNT_OF(edits); e++) {
        count = edit_lines(order, count, &edits[e], &next);
        put_records(&at, order, count);
        osl_index_report report = update_tree(&at);
        if (report.removed != edits[e].removed ||
            report.added != edits[e].written || report.changed != 0 ||
            report.paragraphs_written != edits[e].written)
            fail_msg("%s: +%llu ~%llu -%llu, %llu written", edits[e].name,
                     (unsigned long long)report.added,
                     (unsigned long long)report.changed,
                     (unsigned long long)report.removed,
                     (unsigned long long)report.paragraphs_written);
        check_lines(&at, order, count);
    }
    place_remove(&at);
}

static void records_in_another_order_are_not_written_again(void **state)
{
    (void)state;
    place at = place_make();
    test_random random = test_random_new(5);
    uint32_t order[RECORDS];
    for (uint32_t i = 0; i < RECORDS; i++)
        order[i] = i;
    put_records(&at, order, RECORDS);
    (void)update_tree(&at);
    for (uint32_t i = RECORDS - 1; i > 0; i--) {
        uint32_t other = test_random_below(&random, i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    put_records(&at, order, RECORDS);
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.paragraphs_written, 0);
    assert_int_equal(report.generation, 2);
    check_lines(&at, order, RECORDS);
    place_remove(&at);
}

/* The same line twice, and then once. */
static void a_record_that_stands_twice_is_told_and_kept(void **state)
{
    (void)state;
    place at = place_make();
    const uint32_t once[] = {1, 2, 3, 4}, twice[] = {1, 2, 3, 1, 4};
    osl_error err;
    osl_index_report report;
    watch seen = {0};
    const char *paths[] = {place_name(&at, "tree")};
    put_records(&at, once, COUNT_OF(once));
    (void)update_tree(&at);
    put_records(&at, twice, COUNT_OF(twice));
    assert_ok(update(&at, paths, 1, &report, &seen, &err));
    assert_int_equal(report.paragraphs_written, 0);
    assert_int_equal(seen.notes, 1);
    assert_non_null(strstr(seen.last, ":4: document r1 comes again"));
    check_lines(&at, twice, COUNT_OF(twice));
    put_records(&at, once, COUNT_OF(once));
    report = update_tree(&at);
    assert_int_equal(report.paragraphs_written, 0);
    check_lines(&at, once, COUNT_OF(once));
    place_remove(&at);
}

/* Moves are told by the file of deletions, and gone when it is merged. */
static void moves_end_with_a_merge(void **state)
{
    (void)state;
    place at = place_make();
    uint32_t order[200], next = 100;
    size_t count = 100;
    osl_error err;
    osl_index_report report;
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    put_records(&at, order, count);
    (void)update_tree(&at);
    const line_edit edit = {"one in front", 0, 0, 1, false, 0, 1};
    count = edit_lines(order, count, &edit, &next);
    put_records(&at, order, count);
    (void)update_tree(&at);
    osl_index *index = open_index(&at);
    assert_int_equal(osl_index_get_info(index)->segment_count, 2);
    assert_int_equal(osl_deletions_move_count(osl_index_deletions(index, 0)),
                     1);
    assert_null(osl_index_live(index, 0));
    osl_index_free(index);
    const osl_index_options options = {.optimize = true};
    assert_ok(osl_index_update(place_name(&at, "index"), NULL, 0, &options,
                               NULL, &report, &err));
    check_lines(&at, order, count);
    index = open_index(&at);
    assert_int_equal(osl_index_get_info(index)->segment_count, 1);
    assert_null(osl_index_deletions(index, 0));
    osl_index_free(index);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_that_comes_again_is_the_last_ones),
        cmocka_unit_test(one_record_of_many_is_written),
        cmocka_unit_test(the_loser_of_an_id_comes_back),
        cmocka_unit_test(a_line_that_comes_or_goes_moves_the_others),
        cmocka_unit_test(records_in_another_order_are_not_written_again),
        cmocka_unit_test(a_record_that_stands_twice_is_told_and_kept),
        cmocka_unit_test(moves_end_with_a_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
