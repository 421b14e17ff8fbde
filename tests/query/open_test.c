/* SPDX-License-Identifier: MIT
 *
 * An index is mapped, never loaded: opening takes no longer the larger it is,
 * and a search brings into memory what it touches and no more. */
#include "core/base/buf.h"
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/indexer/place.h"

#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLOWER = 10, MANY = 10000 };
#else
enum { SLOWER = 1, MANY = 60000 };
#endif

enum { FEW = 100, WORDS = 60, RARE = MANY / 2 };

/* KiB: some places, each with the block that is verified there and the 64 KiB
 * that the system maps around it; of the index, a fortieth and a fifth. */
static const size_t opening_most = 512, search_most = 4096;

/* Records of words that are the more frequent the lower their number; one of
 * them has a word of its own. */
static void make_index(const place *made, const char *name, unsigned records)
{
    osl_buf text = {0};
    osl_error err;
    osl_index_report report;
    uint32_t state = 7;
    for (unsigned i = 0; i < records; i++) {
        osl_buf_printf(&text, "{\"id\": \"r%u\", \"text\": \"%s", i,
                       i == RARE || records == FEW ? "only once"
                                                   : "many times");
        for (unsigned w = 0; w < WORDS; w++) {
            state = state * 1664525 + 1013904223;
            unsigned most = 4096u >> (state >> 8 & 7);
            osl_buf_printf(&text, " w%u", (state >> 12) % most);
        }
        osl_buf_printf(&text, "\"}\n");
    }
    assert_false(text.failed);
    place_put_bytes(made, "text.jsonl", text.bytes, text.length);
    osl_buf_clear(&text);
    const char *const paths[] = {place_name(made, "text.jsonl")};
    const osl_index_options options = {.language = "none"};
    assert_ok(osl_index_update(place_name(made, name), paths, 1, &options, NULL,
                               &report, &err));
    assert_int_equal(report.paragraphs, records);
}

static double now_us(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* The least of several times: others may be at work. */
static double time_to_open(const char *path)
{
    double least = 1e9;
    for (unsigned i = 0; i < 40; i++) {
        osl_searcher *searcher;
        osl_error err;
        double start = now_us();
        assert_ok(osl_searcher_open(&searcher, path, 0, &err));
        double took = now_us() - start;
        osl_searcher_free(searcher);
        least = took < least ? took : least;
    }
    return least;
}

/* KiB of mapped segments that are in this process's memory, and all of them. */
static void segments_in_memory(size_t *resident, size_t *all)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[1024];
    bool is_segment = false;
    assert_non_null(maps);
    *resident = *all = 0;
    while (fgets(line, sizeof line, maps)) {
        bool is_head =
            strchr(line, '-') && strchr(line, '-') < strchr(line, ' ');
        if (is_head)
            is_segment = strstr(line, ".seg\n") != NULL;
        else if (is_segment && strncmp(line, "Size:", 5) == 0)
            *all += strtoul(line + 5, NULL, 10);
        else if (is_segment && strncmp(line, "Rss:", 4) == 0)
            *resident += strtoul(line + 4, NULL, 10);
    }
    assert_int_equal(fclose(maps), 0);
}

static void opening_takes_less_than_a_millisecond(void **state)
{
    const place *made = *state;
    double few = time_to_open(place_name(made, "few"));
    double many = time_to_open(place_name(made, "many"));
    print_message("%d records: %.0f us; %d: %.0f us\n", FEW, few, MANY, many);
    assert_true(many < 1000 * SLOWER);
    assert_true(many < 2 * few + 200 * SLOWER);
}

static void a_search_loads_what_it_touches(void **state)
{
    const place *made = *state;
    osl_searcher *searcher;
    osl_answer *answer;
    osl_error err;
    size_t opened, searched, all;
    assert_ok(osl_searcher_open(&searcher, place_name(made, "many"), 0, &err));
    segments_in_memory(&opened, &all);
    assert_ok(osl_search(searcher, osl_text_of("only once"),
                         &osl_search_defaults, &answer, &err));
    segments_in_memory(&searched, &all);
    print_message("of %zu KiB, %zu after opening, %zu after a search\n", all,
                  opened, searched);
    assert_int_equal(osl_answer_count(answer), 1);
    assert_true(all > 2 * search_most || SLOWER > 1);
    assert_true(opened < opening_most);
    assert_true(searched < search_most);
    osl_answer_free(answer);
    osl_searcher_free(searcher);
}

static int make_both(void **state)
{
    static place made;
    /* What is in memory of files on a disk may come in pieces of megabytes. */
    if (access("/dev/shm", W_OK) == 0)
        assert_int_equal(setenv("TMPDIR", "/dev/shm", 1), 0);
    made = place_make();
    make_index(&made, "few", FEW);
    make_index(&made, "many", MANY);
    *state = &made;
    return 0;
}

static int remove_both(void **state)
{
    place_remove(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_takes_less_than_a_millisecond),
        cmocka_unit_test(a_search_loads_what_it_touches),
    };
    return cmocka_run_group_tests(tests, make_both, remove_both);
}
