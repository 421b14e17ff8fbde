/* SPDX-License-Identifier: MIT
 *
 * What an update leaves as it was (settings, dates, documents of paths that
 * it does not look at), and what a folder of change files puts in place. */
#include "tests/indexer/updating.h"

#include "core/segment/dates.h"
#include "core/segment/manifest.h"
#include "core/segment/registry.h"

/* ---- abbreviations ------------------------------------------------------ */

static void abbreviations_are_kept_with_their_documents(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_arena arena = {0};
    const osl_sense *senses;
    size_t count;
    place_put(&at, "tree/a.jsonl",
              RECORD("1", "acute lymphoblastic leukemia (ALL) in children")
                  RECORD("2", "Acute lymphoblastic leukemia (ALL) relapses")
                      RECORD("3", "the anterior lymph line (ALL) is another"));
    (void)update_tree(&at);
    osl_index *index = open_index(&at);
    osl_text all = osl_text_of("ALL");
    assert_ok(osl_index_senses(index, all, &arena, &senses, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(senses[0].documents, 2);
    assert_true(osl_text_equal(senses[0].long_form,
                               osl_text_of("acute lymphoblastic leukemia")));
    assert_int_equal(senses[1].documents, 1);
    assert_ok(osl_index_senses(index, osl_text_of("AL"), &arena, &senses,
                               &count, &err));
    assert_int_equal(count, 0);
    osl_arena_clear(&arena);
    osl_index_free(index);
    place_remove(&at);
}

/* ---- settings ----------------------------------------------------------- */

/* What is not said stays as it was, so that all is as it was; `full` begins
 * anew. */
static void settings_that_are_not_said_stay(void **state)
{
    (void)state;
    static const osl_index_options open = {.store = OSL_STORE_AS_BEFORE,
                                           .pairs = OSL_PAIRS_AS_BEFORE};
    place at = place_make();
    osl_error err;
    osl_index_report report;
    osl_arena arena = {0};
    osl_manifest manifest;
    const char *paths[] = {place_name(&at, "tree")};
    const char *folder = place_name(&at, "index");
    const osl_index_options said = {.language = "de",
                                    .fold_acronyms = true,
                                    .store = OSL_STORE_SMALL,
                                    .pairs = OSL_PAIRS_MORE,
                                    .format = "jsonl"};
    osl_index_options anew = open;
    anew.full = true;
    put_three(&at);
    assert_ok(osl_index_update(folder, paths, 1, &said, NULL, &report, &err));
    assert_ok(osl_index_update(folder, NULL, 0, &open, NULL, &report, &err));
    assert_int_equal(report.generation, 1);
    place_put(&at, "tree/c.jsonl", RECORD("4", "Rezidive"));
    for (int round = 0; round < 2; round++) {
        assert_ok(osl_index_update(folder, NULL, 0, round ? &anew : &open, NULL,
                                   &report, &err));
        assert_int_equal(report.documents, 4);
        assert_ok(osl_manifest_read(
            &manifest, place_name(&at, "index/manifest"), &arena, &err));
        assert_string_equal(manifest.language.bytes, round ? "en" : "de");
        assert_int_equal(manifest.fold_acronyms, round == 0);
        assert_int_equal(manifest.store,
                         round ? OSL_STORE_FULL : OSL_STORE_SMALL);
        assert_int_equal(manifest.pairs,
                         round ? OSL_PAIRS_DEFAULT : OSL_PAIRS_MORE);
    }
    osl_arena_clear(&arena);
    place_remove(&at);
}

/* ---- what an update leaves alone ---------------------------------------- */

static uint64_t date_of(const place *at, uint64_t generation)
{
    osl_error err;
    osl_index *index = NULL;
    assert_ok(osl_index_open(&index, place_name(at, "index"), generation,
                             kernels(), &err));
    uint64_t date = osl_index_get_info(index)->created_us;
    osl_index_free(index);
    return date;
}

static bool is_live(const osl_index *index, uint32_t segment,
                    uint32_t paragraph)
{
    const uint64_t *live = osl_index_live(index, segment);
    return !live || (live[paragraph / 64] >> (paragraph % 64) & 1);
}

static bool begins_with(const osl_segment *segment, uint32_t paragraph,
                        const char *text)
{
    osl_error err;
    osl_buf found = {0};
    assert_ok(osl_segment_text(segment, paragraph, &found, &err));
    osl_buf_put_byte(&found, 0);
    bool begins = strncmp((const char *)found.bytes, text, strlen(text)) == 0;
    osl_buf_clear(&found);
    return begins;
}

/* Dates of the living paragraphs whose text begins with `text`. */
static void check_dates(const place *at, const char *text, uint64_t first_seen,
                        uint64_t changed)
{
    osl_error err;
    osl_dates *dates = NULL;
    osl_index *index = open_index(at);
    unsigned count = 0;
    assert_ok(osl_dates_open(&dates, index, &err));
    for (uint32_t s = 0; s < osl_index_get_info(index)->segment_count; s++) {
        const osl_segment *segment = osl_index_segment(index, s);
        for (uint32_t i = 0; i < osl_segment_get_info(segment)->paragraph_count;
             i++) {
            uint64_t got[2];
            if (!is_live(index, s, i) || !begins_with(segment, i, text))
                continue;
            count++;
            osl_dates_get(dates, s, i, &got[0], &got[1]);
            if (got[0] != first_seen || got[1] != changed)
                fail_msg("%s: %llu %llu", text, (unsigned long long)got[0],
                         (unsigned long long)got[1]);
        }
    }
    assert_int_equal(count, 1);
    osl_dates_free(dates);
    osl_index_free(index);
}

static void paragraphs_carry_their_dates(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "tree/a.md", "# A\n\nfirst\n\nsecond\n\nthird\n");
    place_put(&at, "tree/b.md", "# B\n\nstays\n");
    (void)update_tree(&at);
    uint64_t one = date_of(&at, 1);
    place_put(&at, "tree/a.md",
              "# A\n\nfirst\n\nsecond revised\n\nthird\n\nfourth\n");
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.changed, 1);
    assert_int_equal(report.paragraphs_written, 2);
    uint64_t two = date_of(&at, 2);
    assert_true(two > one);
    check_dates(&at, "first", one, one);
    check_dates(&at, "second", one, two);
    check_dates(&at, "third", one, one);
    check_dates(&at, "fourth", two, two);
    check_dates(&at, "stays", one, one);
    /* Merged, and made anew by other settings: dates stay. */
    for (int i = 0; i < 6; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "# C\n\nversion %d\n", i);
        place_put(&at, "tree/c.md", text);
        (void)update_tree(&at);
        check_dates(&at, "fourth", two, two);
        check_dates(&at, "second", one, two);
    }
    osl_error err;
    osl_index_options options = {.optimize = true};
    const char *paths[] = {place_name(&at, "tree")};
    assert_ok(osl_index_update(place_name(&at, "index"), paths, 1, &options,
                               NULL, &report, &err));
    check_dates(&at, "second", one, two);
    check_dates(&at, "first", one, one);
    check_dates(&at, "fourth", two, two);
    options = (osl_index_options){.fold_acronyms = true};
    assert_ok(osl_index_update(place_name(&at, "index"), paths, 1, &options,
                               NULL, &report, &err));
    assert_int_equal(report.changed + report.added + report.removed, 0);
    check_dates(&at, "second", one, two);
    check_dates(&at, "stays", one, one);
    place_remove(&at);
}

static void only_roots_at_hand_lose_files(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    watch seen = {0};
    put_three(&at);
    place_put(&at, "other/c.jsonl", RECORD("5", "relapse again"));
    (void)update_tree(&at);
    const char *other[] = {place_name(&at, "other")};
    assert_ok(update(&at, other, 1, &report, NULL, &err));
    /* Another root is named: this one's files are not looked for. */
    assert_int_equal(unlink(place_name(&at, "tree/a.jsonl")), 0);
    place_put(&at, "other/d.jsonl", RECORD("6", "one more"));
    assert_ok(update(&at, other, 1, &report, NULL, &err));
    assert_int_equal(report.documents, 5);
    /* A root that is not there keeps its documents. */
    assert_int_equal(rename(place_name(&at, "other"), place_name(&at, "away")),
                     0);
    assert_ok(update(&at, NULL, 0, &report, &seen, &err));
    assert_int_equal(report.documents, 3);
    assert_int_equal(report.removed, 2);
    assert_non_null(strstr(seen.last, "documents stay"));
    osl_index *index = open_index(&at);
    assert_int_equal(df_of(index, "more"), 1);
    osl_index_free(index);
    place_remove(&at);
}

static bool holds_document(const osl_index *index, osl_text id)
{
    osl_error err;
    for (uint32_t s = 0; s < osl_index_get_info(index)->segment_count; s++) {
        uint32_t document;
        osl_document_record record;
        const osl_segment *segment = osl_index_segment(index, s);
        if (osl_segment_find_document(segment, id, &document, &err) != OSL_OK)
            continue;
        assert_ok(osl_segment_document(segment, document, &record, &err));
        if (is_live(index, s, record.first_paragraph))
            return true;
    }
    return false;
}

/* The documents of the index, sorted, each with a space behind. */
static void check_documents(const place *at, const char *want)
{
    osl_index *index = open_index(at);
    const char *rest = want;
    uint64_t count = 0;
    while (*rest) {
        size_t length = strcspn(rest, " ");
        if (!holds_document(index, (osl_text){rest, length}))
            fail_msg("no %.*s", (int)length, rest);
        count++;
        rest += length + (rest[length] == ' ');
    }
    assert_int_equal(osl_index_get_info(index)->document_count, count);
    osl_index_free(index);
}

static void a_folder_of_change_files_is_applied(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    watch seen = {0};
    place_put(&at, "full/Summary/CDR1.md", "# One\n\nalpha\n");
    place_put(&at, "full/Summary/CDR2.md", "# Two\n\nbeta\n");
    place_put(&at, "full/Drug/CDR3.md", "# Three\n\ngamma\n");
    place_put(&at, "full/Drug/CDR4.md", "# Four\n\ndelta\n");
    place_put(&at, "full/all.jsonl", RECORD("r1", "kept") RECORD("r2", "old"));
    const char *full[] = {place_name(&at, "full")};
    assert_ok(update(&at, full, 1, &report, NULL, &err));
    assert_int_equal(report.documents, 6);
    place_put(&at, "c1/modified/CDR2.md", "# Two\n\nbeta revised\n");
    place_put(&at, "c1/added/Summary/CDR5.md", "# Five\n\nepsilon\n");
    place_put(&at, "c1/removed/CDR3.md", "");
    place_put(&at, "c1/removed.txt", "CDR4\n\nnothing-known\n");
    place_put(&at, "c1/more.jsonl", RECORD("r2", "renewed"));
    const char *one[] = {place_name(&at, "c1")};
    assert_ok(update(&at, one, 1, &report, &seen, &err));
    assert_int_equal(seen.notes, 2); /* as changes; r2 comes again */
    assert_int_equal(report.added, 1);
    assert_int_equal(report.changed, 2);
    assert_int_equal(report.removed, 2);
    check_documents(&at,
                    "Summary/CDR1.md Summary/CDR2.md Summary/CDR5.md r1 r2");
    osl_index *index = open_index(&at);
    assert_int_equal(df_of(index, "renew"), 1);
    assert_int_equal(df_of(index, "old"), 0);
    osl_index_free(index);
    /* The next ones are over these; a rescan changes nothing. */
    place_put(&at, "c2/revised/CDR5.md", "# Five\n\nepsilon again\n");
    place_put(&at, "c2/deleted/Summary/CDR1.md", "");
    const char *two[] = {place_name(&at, "c2")};
    assert_ok(update(&at, two, 1, &report, NULL, &err));
    assert_int_equal(report.changed, 1);
    assert_int_equal(report.removed, 1);
    check_documents(&at, "Summary/CDR2.md Summary/CDR5.md r1 r2");
    assert_ok(update(&at, NULL, 0, &report, NULL, &err));
    assert_int_equal(report.generation, 3);
    /* Without its list, what was removed is back. */
    assert_int_equal(unlink(place_name(&at, "c1/removed.txt")), 0);
    assert_ok(update(&at, NULL, 0, &report, NULL, &err));
    assert_int_equal(report.added, 1);
    check_documents(&at, "Drug/CDR4.md Summary/CDR2.md Summary/CDR5.md r1 r2");
    /* All at once is the same. */
    char folder[512];
    (void)snprintf(folder, sizeof folder, "%s/index2", at.path);
    const char *all[] = {place_name(&at, "c2"), place_name(&at, "full"),
                         place_name(&at, "c1")};
    const osl_index_options options = {0};
    assert_ok(osl_index_update(folder, all, 3, &options, NULL, &report, &err));
    assert_int_equal(report.documents, 5);
    place_remove(&at);
}

/* Some begin alike, some with another's name whole, some are folders. */
static void files_of_any_names_are_found(void **state)
{
    static const char *const names[] = {
        "a",        "a.txt",         "a.txt.txt",     "a-b.txt",
        "aaaaaaaa", "aaaaaaaa1.txt", "aaaaaaaa2.txt", "aaaaaaa",
        "ab/a.txt", "ab/b.txt",      "ab.txt",        "abc/d/e/f.txt",
        "abc/d.md", "abc/d/e.txt",   "\xC3\xA4.txt",  "\xC3\xA4/z.txt"};
    (void)state;
    place at = place_make();
    osl_error err;
    osl_arena arena = {0};
    osl_registry registry;
    char name[200], text[64];
    for (unsigned round = 0; round < 12; round++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            (void)snprintf(name, sizeof name, "tree/%u/%s", round * 7,
                           names[i]);
            (void)snprintf(text, sizeof text, "One is %zu of %u.\n", i, round);
            place_put(&at, name, text);
        }
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.files, 12 * sizeof names / sizeof *names);
    assert_ok(osl_registry_read(&registry, place_name(&at, "index/000001.reg"),
                                &arena, &err));
    assert_int_equal(registry.source_count, report.files);
    for (size_t i = 0; i < registry.source_count; i++) {
        osl_text source = registry.sources[i].name;
        assert_true(i == 0 ||
                    osl_text_compare(registry.sources[i - 1].name, source) < 0);
        (void)snprintf(name, sizeof name, "tree/%.*s", (int)source.length,
                       source.bytes);
        assert_int_equal(access(place_name(&at, name), F_OK), 0);
    }
    osl_arena_clear(&arena);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(abbreviations_are_kept_with_their_documents),
        cmocka_unit_test(settings_that_are_not_said_stay),
        cmocka_unit_test(paragraphs_carry_their_dates),
        cmocka_unit_test(only_roots_at_hand_lose_files),
        cmocka_unit_test(a_folder_of_change_files_is_applied),
        cmocka_unit_test(files_of_any_names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
