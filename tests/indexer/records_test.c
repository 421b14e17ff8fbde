/* SPDX-License-Identifier: MIT
 *
 * Files of many records: of a line that came, changed, moved or went, only that
 * record is read and written; and who has an id that comes again. */
#include "tests/indexer/updating.h"

#include "core/segment/catalog.h"
#include "core/segment/tables.h"
#include "indexer/lines.h"
#include "indexer/strays.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- the same in other bytes -------------------------------------------- */

enum { ALIKE = 3000 };

/* Records as they are written by one and by another; `revised` of them in their
 * texts, as many in their titles. */
static void put_alike(const place *at, bool is_other, uint32_t revised)
{
    osl_buf text = {0};
    for (uint32_t i = 0; i < ALIKE; i++) {
        const char *more = i < revised ? " revised" : "";
        const char *title = i >= ALIKE - revised ? "of late" : "";
        if (i % 3 == 0 && !*title)
            osl_buf_printf(&text,
                           is_other ? "{\"text\" : \"r\\u00e9cord %u%s\", "
                                      "\"id\":\"r%u\"}\n"
                                    : "{\"text\":\"r\u00e9cord %u%s\","
                                      "\"id\":\"r%u\"}\n",
                           i % 40, more, i);
        else
            osl_buf_printf(&text,
                           is_other ? "{ \"id\":\"r%u\", \"title\":\"T%u%s\","
                                      "\"text\":\"record %u%s\"}\n"
                                    : "{\"id\":\"r%u\",\"title\":\"T%u%s\","
                                      "\"text\":\"record %u%s\"}\n",
                           i, i % 7, title, i % 40, more);
    }
    assert_false(text.failed);
    place_put_bytes(at, "tree/all.jsonl", text.bytes, text.length);
    osl_buf_clear(&text);
}

static void what_is_the_same_in_other_bytes_is_not_written_again(void **state)
{
    (void)state;
    static const osl_store stores[] = {OSL_STORE_FULL, OSL_STORE_SMALL,
                                       OSL_STORE_NONE};
    for (size_t i = 0; i < 6; i++) {
        place at = place_make();
        osl_error err;
        osl_index_report report;
        osl_index_options options = {.store = stores[i % 3]};
        const char *paths[] = {place_name(&at, "tree")};
        const char *index = place_name(&at, "index");
        put_alike(&at, false, 0);
        assert_ok(
            osl_index_update(index, paths, 1, &options, NULL, &report, &err));
        put_alike(&at, true, 0);
        assert_ok(
            osl_index_update(index, paths, 1, &options, NULL, &report, &err));
        assert_int_equal(report.documents, ALIKE);
        assert_int_equal(report.changed, 0);
        assert_int_equal(report.paragraphs_written, 0);
        /* One in 256 has the short hash of the one before it. */
        put_alike(&at, i % 2, 1200);
        options.full = i >= 3;
        assert_ok(
            osl_index_update(index, paths, 1, &options, NULL, &report, &err));
        assert_int_equal(report.changed, 2400);
        osl_index *now = open_index(&at);
        assert_int_equal(df_of(now, "revis"), 1200);
        osl_index_free(now);
        place_remove(&at);
    }
}

/* ---- ids ---------------------------------------------------------------- */

/* Ids of one kind, rising or not, with gaps, as a file of records. */
typedef struct id_kind {
    const char *head;
    int digits;    /* 0: as many as it takes */
    unsigned gaps; /* one in so many; 0: none */
    bool falls;    /* somewhere */
    bool odd_one;  /* one is of another kind */
} id_kind;

static const id_kind id_kinds[] = {
    {"m", 0, 50, false, false},
    {"", 0, 0, false, false},
    {"a-1-", 6, 30, false, false},
    {"x", 0, 3, false, false},
    {"nct", 8, 40, true, false},
    {"p", 0, 40, true, false},
    {"q", 0, 60, false, true},
    {"long-long-long-long-long-long-long-long-lo", 0, 20, false, false},
    {"longer-longer-longer-longer-longer-longer-longer-", 0, 20, false, false},
    {"0", 0, 30, false, false},
    {"w7x", 12, 25, false, false},
};

/* Returns how many; each id stands in `ids`, 64 bytes. */
static size_t put_ids(const place *at, const id_kind *kind, test_random *random,
                      char (*ids)[64])
{
    osl_buf text = {0};
    uint64_t number = test_random_below(random, 3)
                          ? test_random_below(random, 1200)
                          : 99999800 + test_random_below(random, 300);
    size_t count = 100 + test_random_below(random, 500);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(ids[i], 64, "%s%0*" PRIu64 "%s", kind->head,
                       kind->digits ? kind->digits : 1, number,
                       kind->odd_one && i == count / 2 ? "b" : "");
        osl_buf_printf(&text, "{\"id\":\"%s\",\"text\":\"record w%zu\"}\n",
                       ids[i], i % 7);
        number++;
        if (kind->gaps && test_random_below(random, kind->gaps) == 0)
            number += 1 + test_random_below(random, 900);
        if (kind->falls && i == count / 3)
            number += 100000;
        if (kind->falls && i == 2 * count / 3)
            number -= 99000;
    }
    assert_false(text.failed);
    place_put_bytes(at, "tree/all.jsonl", text.bytes, text.length);
    osl_buf_clear(&text);
    return count;
}

static void check_absent(const osl_segment *segment, const char *id,
                         char (*ids)[64], size_t count)
{
    osl_error err;
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(ids[i], id) == 0)
            return;
    assert_int_equal(
        osl_segment_find_document(segment, osl_text_of(id), &found, &err),
        OSL_ENOTFOUND);
}

/* Ids like this one. */
static void check_likes(const osl_segment *segment, const char *id,
                        char (*ids)[64], size_t count, test_random *random)
{
    char other[80];
    size_t length = strlen(id),
           at = test_random_below(random, (uint32_t)length);
    (void)snprintf(other, sizeof other, "%s0", id);
    check_absent(segment, other, ids, count);
    (void)snprintf(other, sizeof other, "%.*s0%s", (int)at, id, id + at);
    check_absent(segment, other, ids, count);
    (void)snprintf(other, sizeof other, "%.*s%s", (int)at, id, id + at + 1);
    check_absent(segment, other, ids, count);
    (void)snprintf(other, sizeof other, "%s", id);
    other[at] = (char)('0' + test_random_below(random, 10));
    check_absent(segment, other, ids, count);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* A segment of these ids, in order of bytes, one paragraph each. */
static void check_ids(osl_segment *segment, char (*sorted)[64], size_t count,
                      test_random *random)
{
    osl_error err;
    osl_ranks ranks, held;
    uint32_t *order = test_calloc(count, sizeof *order), last = 0, rank = 0;
    assert_int_equal(osl_segment_get_info(segment)->document_count, count);
    assert_ok(osl_segment_check(segment, &err));
    assert_ok(osl_segment_ranks(segment, &ranks, &err));
    assert_ok(osl_segment_order(segment, order, &err));
    held = ranks;
    osl_segment_hold_ranks(segment, &held);
    for (size_t i = 0; i < count; i++) {
        osl_text id, want = osl_text_of(sorted[i]);
        uint32_t found = 0;
        assert_ok(osl_segment_document_id(segment, order[i], &id, &err));
        assert_true(osl_text_equal(id, want));
        assert_ok(osl_segment_find_document(segment, want, &found, &err));
        assert_int_equal(found, order[i]);
        assert_ok(osl_segment_rank(segment, order[i], &rank, &err));
        assert_int_equal(rank, osl_ranks_get(&ranks, order[i]));
        assert_true(i == 0 || rank > last);
        last = rank;
        assert_int_equal(osl_ranks_get(&held, order[i]), i);
        check_likes(segment, sorted[i], sorted, count, random);
    }
    test_free(order);
}

/* The one segment of an index, whose ids are these. */
static void check_ids_of(const place *at, char (*ids)[64], size_t count,
                         test_random *random)
{
    osl_error err;
    osl_segment *segment = NULL;
    osl_index *index = open_index(at);
    assert_int_equal(osl_index_get_info(index)->segment_count, 1);
    assert_ok(osl_segment_open(&segment,
                               osl_segment_path(osl_index_segment(index, 0)),
                               kernels(), &err));
    check_ids(segment, ids, count, random);
    osl_segment_free(segment);
    osl_index_free(index);
}

/* Others in their place, and what was merged of both. */
static size_t put_other_ids(place *at, const id_kind *kind, test_random *random,
                            char (*ids)[64])
{
    const osl_index_options whole = {.optimize = true};
    const char *paths[] = {place_name(at, "tree")};
    osl_index_report report;
    osl_error err;
    size_t count = put_ids(at, kind, random, ids);
    (void)update_tree(at);
    assert_ok(osl_index_update(place_name(at, "index"), paths, 1, &whole, NULL,
                               &report, &err));
    return count;
}

static void ids_that_are_numbered_are_those_that_were_read(void **state)
{
    (void)state;
    enum { MOST = 600 };
    static char ids[MOST][64];
    test_random random = test_random_new(5);
    for (unsigned round = 0; round < 40; round++) {
        place at = place_make();
        const id_kind *kind =
            &id_kinds[round % (sizeof id_kinds / sizeof *id_kinds)];
        size_t count = put_ids(&at, kind, &random, ids);
        (void)update_tree(&at);
        if (round % 2)
            count = put_other_ids(&at, kind, &random, ids);
        qsort(ids, count, sizeof *ids, compare_names);
        check_ids_of(&at, ids, count, &random);
        place_remove(&at);
    }
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
        uint32_t line = paragraph.line;
        assert_ok(osl_index_line(index, segment, record.first_paragraph, &line,
                                 &err));
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

/* ---- blocks ------------------------------------------------------------- */

enum { MANY = 5000, MANY_MORE = 6000 };

/* Lines of a file that is read in parts, and so found again by blocks. */
typedef struct shelf {
    struct shelf_line {
        uint32_t id; /* UINT32_MAX: a line of no record */
        uint32_t version;
    } lines[MANY_MORE];
    size_t count;
    uint32_t next;                    /* an id to come */
    uint32_t versions[MANY_MORE * 4]; /* by id: the one that lives; 0: none */
    bool has_end;                     /* a '\n' ends the last line */
} shelf;

static void put_shelf(const place *at, const shelf *s)
{
    osl_buf text = {0};
    for (size_t i = 0; i < s->count; i++) {
        const struct shelf_line *line = &s->lines[i];
        const char *end = i + 1 < s->count || s->has_end ? "\n" : "";
        uint32_t length = line->id % 7 == 0 ? 900 : line->id % 90;
        if (line->id == UINT32_MAX)
            osl_buf_printf(&text, "%s%s", line->version % 2 ? "{" : " ", end);
        else
            osl_buf_printf(&text,
                           "%s{\"id\":\"r%u\",\"text\":\"w%uv%u of %0*u\"}%s",
                           line->id % 61 == 0 ? " " : "", line->id, line->id,
                           line->version, (int)length, line->version, end);
    }
    assert_false(text.failed);
    place_put_bytes(at, "tree/many.jsonl", text.bytes, text.length);
    osl_buf_clear(&text);
}

static void shelf_insert(shelf *s, size_t at, uint32_t id, uint32_t version)
{
    if (s->count == MANY_MORE)
        return;
    memmove(s->lines + at + 1, s->lines + at,
            (s->count++ - at) * sizeof *s->lines);
    s->lines[at].id = id;
    s->lines[at].version = version;
}

static void shelf_remove(shelf *s, size_t at)
{
    memmove(s->lines + at, s->lines + at + 1,
            (--s->count - at) * sizeof *s->lines);
}

/* One of those that people do, or programs that export. */
static void edit_shelf(shelf *s, test_random *random)
{
    size_t at = test_random_below(random, (uint32_t)s->count);
    size_t other = test_random_below(random, (uint32_t)s->count);
    struct shelf_line *line = &s->lines[at], kept = *line;
    switch (test_random_below(random, 9)) {
    case 0: /* another record */
        shelf_insert(s, at, s->next++, 1);
        break;
    case 1:
        shelf_remove(s, at);
        break;
    case 2: /* places change */
        *line = s->lines[other];
        s->lines[other] = kept;
        break;
    case 3: /* a record that stands twice, as it is or not */
        if (kept.id != UINT32_MAX)
            shelf_insert(s, other, kept.id, kept.version + (at % 2 ? 1 : 0));
        break;
    case 4: /* no record */
        shelf_insert(s, at, UINT32_MAX, (uint32_t)other);
        break;
    case 5: /* lines go to the end */
        for (size_t n = 0; n < 20 && at + n < s->count; n++) {
            kept = s->lines[at];
            shelf_remove(s, at);
            shelf_insert(s, s->count, kept.id, kept.version);
        }
        break;
    case 6: /* as it was before */
        line->version -= line->id != UINT32_MAX && line->version > 1;
        break;
    default: /* a revision */
        line->version += line->id != UINT32_MAX;
    }
}

/* The last line of an id has it. */
static void settle_shelf(shelf *s, uint32_t *lines)
{
    memset(s->versions, 0, sizeof s->versions);
    for (size_t i = 0; i < s->count; i++)
        if (s->lines[i].id != UINT32_MAX) {
            s->versions[s->lines[i].id] = s->lines[i].version;
            lines[s->lines[i].id] = (uint32_t)i + 1;
        }
}

static void check_shelf(const place *at, const shelf *s, const uint32_t *lines)
{
    osl_error err;
    osl_index *index = open_index(at);
    uint64_t living = 0;
    for (uint32_t i = 0; i < s->next; i++) {
        char id[32], word[32];
        uint32_t segment, document;
        osl_document_record record;
        osl_paragraph_record paragraph;
        (void)snprintf(id, sizeof id, "r%u", i);
        osl_status status = osl_index_find_document(index, osl_text_of(id),
                                                    &segment, &document, &err);
        if ((status == OSL_OK) != (s->versions[i] > 0))
            fail_msg("%s: %s", id, s->versions[i] ? "is lost" : "lives");
        if (s->versions[i] == 0)
            continue;
        living++;
        (void)snprintf(word, sizeof word, "w%uv%u", i, s->versions[i]);
        assert_int_equal(df_of(index, word), 1);
        const osl_segment *of = osl_index_segment(index, segment);
        assert_ok(osl_segment_document(of, document, &record, &err));
        assert_ok(osl_segment_paragraph(of, record.first_paragraph, &paragraph,
                                        &err));
        uint32_t line = paragraph.line;
        assert_ok(osl_index_line(index, segment, record.first_paragraph, &line,
                                 &err));
        if (line != lines[i])
            fail_msg("%s: line %u, not %u", id, line, lines[i]);
    }
    assert_int_equal(osl_index_get_info(index)->document_count, living);
    osl_index_free(index);
}

/* What an update is to tell of the versions before it. */
static void check_report(const osl_index_report *report, const shelf *s,
                         const uint32_t *before)
{
    uint64_t added = 0, changed = 0, removed = 0;
    for (uint32_t i = 0; i < s->next; i++) {
        added += before[i] == 0 && s->versions[i] > 0;
        removed += before[i] > 0 && s->versions[i] == 0;
        changed +=
            before[i] > 0 && s->versions[i] > 0 && before[i] != s->versions[i];
    }
    assert_int_equal(report->added, added);
    assert_int_equal(report->changed, changed);
    assert_int_equal(report->removed, removed);
    assert_int_equal(report->paragraphs_written, added + changed);
}

/* Blocks of the living, over all segments. */
static uint32_t count_blocks(const place *at)
{
    osl_error err;
    osl_index *index = open_index(at);
    uint32_t count = 0;
    for (uint32_t i = 0; i < osl_index_get_info(index)->segment_count; i++) {
        osl_catalog catalog;
        char *path =
            osl_catalog_path(osl_segment_path(osl_index_segment(index, i)));
        assert_non_null(path);
        assert_ok(osl_catalog_open(&catalog, path, &err));
        count += catalog.block_count;
        osl_catalog_close(&catalog);
        free(path);
    }
    osl_index_free(index);
    return count;
}

static void random_edits_of_a_file_that_is_read_in_parts(void **state)
{
    (void)state;
    static shelf s, older;
    static uint32_t lines[COUNT_OF(s.versions)], before[COUNT_OF(s.versions)];
    test_random random = test_random_new(77);
    place at = place_make();
    memset(&s, 0, sizeof s);
    for (uint32_t i = 0; i < MANY; i++)
        shelf_insert(&s, i, s.next++, 1);
    for (unsigned round = 0; round < 12; round++) {
        static const unsigned edits[] = {1, 3, 40, 400};
        unsigned count = round > 0 ? edits[test_random_below(&random, 4)] : 0;
        const osl_index_options options = {
            .thread_count = 1 + test_random_below(&random, 2),
            .memory_bytes = 8 << 20,
            .optimize = test_random_below(&random, 5) == 0,
        };
        osl_error err;
        osl_index_report report;
        const char *paths[] = {place_name(&at, "tree")};
        if (round > 1 && test_random_below(&random, 4) == 0) {
            s.count = older.count; /* all is as it was */
            memcpy(s.lines, older.lines, sizeof s.lines);
        } else {
            older = s;
        }
        for (unsigned i = 0; i < count; i++)
            edit_shelf(&s, &random);
        s.has_end = test_random_below(&random, 3) > 0;
        memcpy(before, s.versions, sizeof before);
        settle_shelf(&s, lines);
        put_shelf(&at, &s);
        assert_ok(osl_index_update(place_name(&at, "index"), paths, 1, &options,
                                   NULL, &report, &err));
        check_shelf(&at, &s, lines);
        check_report(&report, &s, before);
        if (round == 0) /* the lines with a blank before them are in none */
            assert_in_range(count_blocks(&at), 50, MANY / 5);
    }
    place_remove(&at);
}

/* ---- the trail ---------------------------------------------------------- */

static bool is_any(const void *user, uint32_t source)
{
    (void)user;
    (void)source;
    return true;
}

/* Rounds, and parts of the lines: each round revises another part. */
enum { ROUNDS = 12 };

/* Every twelfth line, or one twelfth of them, not in the order of rounds. */
static uint32_t part_of(uint32_t line, bool scattered)
{
    return scattered ? line % ROUNDS : line / (RECORDS / ROUNDS) * 5 % ROUNDS;
}

static osl_text put_lines(const place *at, osl_buf *text, uint32_t round,
                          bool scattered)
{
    osl_buf_reset(text);
    for (uint32_t i = 0; i < RECORDS; i++)
        osl_buf_printf(text, "{\"id\":\"r%u\",\"text\":\"record w%u %s\"}\n", i,
                       i, part_of(i, scattered) <= round ? "new" : "old");
    assert_false(text->failed);
    place_put_bytes(at, "tree/all.jsonl", text->bytes, text->length);
    return osl_buf_text(text);
}

/* How many lines were found where the trail led. */
typedef struct followed {
    uint32_t lines, missed;
    uint32_t strays, in_blocks; /* of those, how many by blocks */
} followed;

static followed follow_lines(const osl_known *known, osl_text rest)
{
    osl_trail trail = {0};
    followed sum = {0};
    while (rest.length > 0) {
        osl_place found = {0};
        osl_catalog_block block;
        bool is_block =
            osl_known_find_block(known, &trail, 0, rest, &found, &block);
        if (!is_block)
            block = (osl_catalog_block){
                .count = 1, .length = (uint32_t)strcspn(rest.bytes, "\n")};
        const osl_text line = {rest.bytes, block.length};
        bool is_found = is_block || osl_known_find_record(
                                        known, &trail, 0,
                                        osl_line_hash(kernels(), line), &found);
        sum.lines += block.count;
        sum.missed += !is_found;
        if (is_found && osl_known_is_stray(&known->segments[found.segment],
                                           found.document)) {
            sum.strays += block.count;
            sum.in_blocks += is_block ? block.count : 0;
        }
        rest = (osl_text){rest.bytes + block.length + 1,
                          rest.length - block.length - 1};
    }
    return sum;
}

/* A merged segment has documents of many updates, each from all of the file:
 * one behind the other they are in no order of lines. */
static void records_of_merged_segments_are_on_the_trail(void **state)
{
    (void)state;
    for (int scattered = 0; scattered < 2; scattered++) {
        place at = place_make();
        osl_buf text = {0};
        osl_text last = {"", 0};
        osl_error err;
        for (uint32_t round = 0; round < ROUNDS; round++) {
            last = put_lines(&at, &text, round, scattered);
            (void)update_tree(&at);
        }
        osl_index *index = open_index(&at);
        osl_known known = {0};
        assert_ok(osl_known_open(&known, index, &err));
        assert_true(osl_known_open_sources(&known, is_any, NULL));
        followed sum = follow_lines(&known, last);
        assert_int_equal(sum.lines, RECORDS);
        assert_int_equal(sum.missed, 0);
        assert_int_equal(sum.strays, known.stray_count);
        assert_true(sum.strays > RECORDS / 4);
        if (scattered)
            assert_int_equal(sum.in_blocks, 0);
        else
            assert_true(sum.in_blocks > sum.strays / 2);
        osl_known_clear(&known);
        osl_index_free(index);
        osl_buf_clear(&text);
        place_remove(&at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_that_comes_again_is_the_last_ones),
        cmocka_unit_test(what_is_the_same_in_other_bytes_is_not_written_again),
        cmocka_unit_test(ids_that_are_numbered_are_those_that_were_read),
        cmocka_unit_test(one_record_of_many_is_written),
        cmocka_unit_test(the_loser_of_an_id_comes_back),
        cmocka_unit_test(a_line_that_comes_or_goes_moves_the_others),
        cmocka_unit_test(records_in_another_order_are_not_written_again),
        cmocka_unit_test(a_record_that_stands_twice_is_told_and_kept),
        cmocka_unit_test(moves_end_with_a_merge),
        cmocka_unit_test(records_of_merged_segments_are_on_the_trail),
        cmocka_unit_test(random_edits_of_a_file_that_is_read_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
