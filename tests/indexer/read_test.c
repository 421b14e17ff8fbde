/* SPDX-License-Identifier: MIT
 *
 * Reading by threads: whatever their number and the size of slices, the same
 * bytes are written and the same is told, in the same order. */
#include "tests/indexer/level.h"
#include "tests/indexer/place.h"

#include "core/base/file.h"
#include "indexer/build.h"
#include "indexer/crew.h"
#include "indexer/lines.h"
#include "indexer/read.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>

enum { FILES = 7, LINES = 900 };

typedef struct world {
    osl_mapping mapping;
    place at;
    osl_analyzer *analyzer;
    const osl_kernels *kernels;
    char paths[FILES][512];
    osl_registry_source known[FILES];
    osl_read_file files[FILES];
} world;

/* What was told, a line each. */
typedef struct log {
    osl_buf told;
    unsigned looks, cancel_after; /* 0: never */
} log;

static void tell(void *user, const char *shown, uint32_t line, bool skipped,
                 const char *reason)
{
    log *l = user;
    const char *name = strrchr(shown, '/');
    osl_buf_printf(&l->told, "%s:%u:%d: %s\n", name ? name : shown, line,
                   skipped, reason);
}

static osl_status progress(void *user, uint64_t bytes_done, uint64_t documents,
                           uint64_t paragraphs, osl_error *err)
{
    log *l = user;
    (void)bytes_done;
    assert_true(paragraphs >= documents || documents > 0 || paragraphs == 0);
    l->looks++;
    if (l->cancel_after > 0 && l->looks >= l->cancel_after)
        return osl_fail(err, OSL_ECANCELLED, "enough");
    return OSL_OK;
}

static const char *const words[] = {
    "relapse", "of",    "leukemia",    "ALL",        "and",   "BCR-ABL1",
    "the",     "CD19+", "stem cell",   "naïve",      "0.5 %", "(SCT)",
    "mg/m²",   "the",   "transplant;", "in \\u00e9", "[3]",   "—"};

static void put_text(osl_buf *to, test_random *random)
{
    uint32_t count = 1 + test_random_below(random, 30);
    for (uint32_t i = 0; i < count; i++) {
        osl_buf_printf(to, "%s%s", i ? " " : "",
                       words[test_random_below(random, COUNT_OF(words))]);
        if (test_random_below(random, 9) == 0)
            osl_buf_printf(to, " w%u", test_random_below(random, 400));
    }
}

/* Records, some of an id that was there, of no id, broken, no records. */
static void put_line(osl_buf *to, test_random *random)
{
    switch (test_random_below(random, 12)) {
    case 0:
        osl_buf_printf(to, "{\"text\": \"");
        put_text(to, random);
        osl_buf_printf(to, "\"}\n");
        return;
    case 1:
        osl_buf_printf(to, "{\"id\": 7, \"title\": \"Care\", \"sections\": "
                           "[{\"heading\": \"One\", \"text\": \"");
        put_text(to, random);
        osl_buf_printf(to, "\"}]}\n");
        return;
    case 2:
        osl_buf_printf(to, "{\"id\": no\n");
        return;
    case 3:
        osl_buf_printf(to, "\n");
        return;
    case 4:
        osl_buf_printf(to,
                       "{\"id\": \"b%u\", \"text\": \"broken \xC3 here\"}\n",
                       test_random_below(random, 50));
        return;
    default:
        osl_buf_printf(to, "{\"id\": \"r%u\", \"text\": \"",
                       test_random_below(random, 5 * LINES));
        put_text(to, random);
        osl_buf_printf(to, "\"}\n");
    }
}

static void add_file(world *w, size_t n, const char *name, const void *bytes,
                     size_t length)
{
    place_put_bytes(&w->at, name, bytes, length);
    (void)snprintf(w->paths[n], sizeof w->paths[n], "%s",
                   place_name(&w->at, name));
    w->known[n] = (osl_registry_source){
        .name = osl_text_of(strrchr(w->paths[n], '/') + 1),
        .size = length,
        .mtime_ns = 1};
    w->files[n] = (osl_read_file){
        .path = w->paths[n], .shown = w->paths[n], .known = &w->known[n]};
}

static void open_world(world *w, test_random *random)
{
    static const char page[] =
        "# Care\n\nOxygen is given to all (BiPAP).\n\n- warm\n- dry\n";
    osl_buf lines = {0};
    *w = (world){.at = place_make()};
    w->kernels = level_open(&w->analyzer);
    add_file(w, 0, "a.md", page, strlen(page));
    for (uint32_t i = 0; i < LINES; i++) {
        put_line(&lines, random);
        if (i == LINES / 3) /* longer than a part and what is read behind it */
            osl_buf_printf(&lines,
                           "{\"id\": \"long\", \"text\": \"%050000d\"}\n", 7);
    }
    add_file(w, 1, "b.jsonl", lines.bytes, lines.length);
    add_file(w, 2, "c.txt", "", 0);
    add_file(w, 3, "d.bin", "\0\1\2\3\0\0\0\0", 8);
    osl_buf_reset(&lines);
    for (uint32_t i = 0; i < 40; i++)
        osl_buf_printf(&lines, "{\"id\": no %u}\n", i);
    add_file(w, 4, "e.jsonl", lines.bytes, lines.length);
    osl_buf_reset(&lines);
    for (uint32_t i = 0; i < LINES / 2; i++)
        put_line(&lines, random);
    osl_buf_put(&lines, "{\"id\": \"last\", \"text\": \"no end\"}", 32);
    add_file(w, 5, "f.jsonl", lines.bytes, lines.length);
    add_file(w, 6, "gone.md", page, strlen(page));
    assert_int_equal(unlink(w->paths[6]), 0);
    osl_buf_clear(&lines);
}

static void close_world(world *w)
{
    osl_analyzer_free(w->analyzer);
    place_remove(&w->at);
}

static osl_status read_all(world *w, osl_batch *batch, unsigned threads,
                           uint64_t slice_bytes, log *l, osl_error *err)
{
    const osl_read_options options = {.mapping = w->mapping,
                                      .analyzer = w->analyzer,
                                      .kernels = w->kernels,
                                      .thread_count = threads,
                                      .slice_bytes = slice_bytes,
                                      .user = l,
                                      .tell = tell,
                                      .progress = progress};
    osl_reading *reading = NULL;
    bool done = false;
    osl_batch_init(batch, w->analyzer, true);
    assert_int_equal(osl_reading_open(&reading, w->files, FILES, &options, err),
                     OSL_OK);
    osl_status status = osl_reading_next(reading, batch, &done, err);
    assert_true(status != OSL_OK || done);
    osl_reading_close(reading);
    return status;
}

/* Reads and builds; the segment's bytes, to be closed. */
static osl_map build(world *w, unsigned threads, uint64_t slice_bytes, log *l)
{
    osl_error err;
    osl_batch batch;
    osl_build_result result;
    osl_map map;
    const char *path = place_name(&w->at, "segment");
    const osl_build_options options = {.kernels = w->kernels,
                                       .thread_count = threads};
    assert_ok(read_all(w, &batch, threads, slice_bytes, l, &err));
    assert_ok(osl_build_segment(&batch, path, &options, &result, &err));
    osl_batch_clear(&batch);
    assert_ok(osl_map_open(&map, path, &err));
    assert_int_equal(unlink(path), 0);
    return map;
}

static void threads_and_slices_leave_no_trace(void **state)
{
    static const struct {
        uint64_t slice_bytes;
        unsigned threads;
        osl_mapping mapping;
    } cases[] = {
        {1 << 30, 1, OSL_MAPPING_NONE},    {1000, 1, OSL_MAPPING_NONE},
        {1000, 2, OSL_MAPPING_NONE},       {700, 3, OSL_MAPPING_NONE},
        {150, 8, OSL_MAPPING_NONE},        {1, 8, OSL_MAPPING_NONE},
        {1 << 20, 2, OSL_MAPPING_NONE},    {20000, 5, OSL_MAPPING_NONE},
        {1000, 1, OSL_MAPPING_ALL},        {1, 2, OSL_MAPPING_ALL},
        {4096, 3, OSL_MAPPING_ALL},        {700, 1, OSL_MAPPING_IF_QUICKER},
        {20000, 2, OSL_MAPPING_IF_QUICKER}};
    (void)state;
    test_random random = {2024};
    world w;
    open_world(&w, &random);
    osl_map want = {0};
    log first = {0};
    osl_registry_source known[FILES];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        log l = {0};
        w.mapping = cases[i].mapping;
        osl_map got = build(&w, cases[i].threads, cases[i].slice_bytes, &l);
        assert_false(l.told.failed);
        if (i == 0) {
            want = got;
            first = l;
            memcpy(known, w.known, sizeof known);
            continue;
        }
        if (!osl_text_equal(osl_buf_text(&l.told), osl_buf_text(&first.told)))
            fail_msg("case %zu: other things told", i);
        if (got.length != want.length ||
            memcmp(got.bytes, want.bytes, got.length) != 0)
            fail_msg("case %zu: other bytes", i);
        for (size_t n = 0; n < FILES; n++) {
            assert_int_equal(w.known[n].documents, known[n].documents);
            assert_true(w.known[n].hash == known[n].hash);
        }
        osl_map_close(&got);
        osl_buf_clear(&l.told);
    }
    assert_non_null(strstr((char *)first.told.bytes, "comes again"));
    assert_non_null(strstr((char *)first.told.bytes, "e.jsonl:0:1:"));
    osl_map_close(&want);
    osl_buf_clear(&first.told);
    close_world(&w);
}

static void the_caller_can_stop_it_at_any_time(void **state)
{
    (void)state;
    test_random random = {7};
    world w;
    open_world(&w, &random);
    unsigned stopped = 0;
    for (unsigned after = 1; after < 40; after++) {
        osl_error err;
        osl_batch batch;
        log l = {.cancel_after = after};
        osl_status status = read_all(&w, &batch, 1 + after % 3,
                                     (uint64_t)500 * after, &l, &err);
        if (status != OSL_OK) {
            assert_int_equal(status, OSL_ECANCELLED);
            assert_string_equal(err.text, "enough");
            stopped++;
        }
        osl_batch_clear(&batch);
        osl_buf_clear(&l.told);
    }
    assert_true(stopped > 5);
    close_world(&w);
}

/* Reads in rounds of a bound; how many there were. */
static unsigned read_rounds(world *w, const osl_read_options *options,
                            size_t *documents)
{
    osl_error err;
    osl_reading *reading = NULL;
    bool done = false;
    unsigned rounds = 0;
    assert_ok(osl_reading_open(&reading, w->files, FILES, options, &err));
    for (; !done; rounds++) {
        osl_batch batch;
        osl_batch_init(&batch, w->analyzer, true);
        assert_ok(osl_reading_next(reading, &batch, &done, &err));
        *documents += osl_batch_documents(&batch);
        osl_batch_clear(&batch);
    }
    osl_reading_close(reading);
    return rounds;
}

static void a_bound_ends_rounds_at_slices(void **state)
{
    (void)state;
    test_random random = {99};
    world w;
    open_world(&w, &random);
    for (unsigned threads = 1; threads <= 3; threads++) {
        log l = {0};
        const osl_read_options options = {.analyzer = w.analyzer,
                                          .kernels = w.kernels,
                                          .thread_count = threads,
                                          .slice_bytes = 2000,
                                          .memory_bytes = 60000,
                                          .user = &l,
                                          .tell = tell};
        size_t documents = 0, known = 0;
        unsigned rounds = read_rounds(&w, &options, &documents);
        for (size_t n = 0; n < FILES; n++)
            known += w.known[n].documents;
        assert_int_equal(documents, known);
        assert_true(rounds > 2);
        osl_buf_clear(&l.told);
    }
    close_world(&w);
}

/* ---- hashes ------------------------------------------------------------- */

enum { RECORDS = 300 };

/* Records between blanks, ends of lines of both kinds, blank lines. */
static void put_spaced_lines(osl_buf *to, test_random *random)
{
    static const char *const before[] = {"", "", "", " ", "\t"};
    static const char *const behind[] = {"\n",  "\n",   "\n",   "\r\n",
                                         " \n", "\n\n", " \r\n"};
    for (unsigned i = 0; i < RECORDS; i++)
        osl_buf_printf(to, "%s{\"id\": \"%u\", \"text\": \"record %u\"}%s",
                       before[test_random_below(random, COUNT_OF(before))], i,
                       i, behind[test_random_below(random, COUNT_OF(behind))]);
    osl_buf_printf(to, "{\"id\": \"last\", \"text\": \"no end\"}");
}

typedef struct hashes {
    uint64_t at[RECORDS + 1];
    size_t count;
} hashes;

static osl_status keep_hash(void *user, size_t file, const osl_met *met,
                            osl_error *err)
{
    hashes *to = user;
    (void)file;
    (void)err;
    assert_true(to->count < COUNT_OF(to->at));
    assert_true(met->record != 0);
    to->at[to->count++] = met->record;
    return OSL_OK;
}

static hashes read_hashes(world *w, uint64_t slice_bytes)
{
    osl_error err;
    osl_reading *reading = NULL;
    osl_batch batch;
    bool done = false;
    hashes found = {0};
    const osl_read_options options = {.analyzer = w->analyzer,
                                      .kernels = w->kernels,
                                      .thread_count = 2,
                                      .slice_bytes = slice_bytes,
                                      .user = &found,
                                      .meet = keep_hash};
    osl_batch_init(&batch, w->analyzer, true);
    assert_ok(osl_reading_open(&reading, w->files, 1, &options, &err));
    assert_ok(osl_reading_next(reading, &batch, &done, &err));
    osl_reading_close(reading);
    osl_batch_clear(&batch);
    assert_int_equal(found.count, RECORDS + 1);
    return found;
}

/* A file that is read whole hashes each record by itself. */
static void records_have_one_hash_whatever_the_slices(void **state)
{
    static const uint64_t slices[] = {1, 40, 100, 1000, 4000};
    (void)state;
    test_random random = {41};
    world w;
    osl_buf lines = {0};
    open_world(&w, &random);
    put_spaced_lines(&lines, &random);
    add_file(&w, 0, "spaced.jsonl", lines.bytes, lines.length);
    hashes want = read_hashes(&w, 1 << 30);
    for (size_t i = 0; i < COUNT_OF(slices); i++) {
        hashes got = read_hashes(&w, slices[i]);
        for (size_t n = 0; n < want.count; n++)
            if (got.at[n] != want.at[n])
                fail_msg("slices of %u: record %zu", (unsigned)slices[i], n);
    }
    osl_buf_clear(&lines);
    close_world(&w);
}

/* Lines of few letters, so that many are alike. */
static size_t make_lines(char *to, size_t length, test_random *random)
{
    for (size_t i = 0; i < length; i++)
        to[i] = "\n\nab"[test_random_below(random, 4)];
    return length;
}

/* Of parts that end anywhere, joined behind each other or by pairs. */
static osl_lines_hash hash_in_parts(osl_text bytes, test_random *random)
{
    osl_lines_hash hash = {0};
    size_t lines = 1 + osl_count_lines(bytes), middle = 0;
    const char *at = bytes.bytes, *end = at + bytes.length;
    if (lines > 1 && test_random_below(random, 4) > 0) {
        middle = test_random_below(random, (uint32_t)bytes.length);
        while (bytes.bytes[middle] != '\n')
            middle = middle > 0 ? middle - 1 : bytes.length - 1;
        const osl_text rest = {at + middle + 1, bytes.length - middle - 1};
        hash = hash_in_parts((osl_text){at, middle}, random);
        const osl_lines_hash more = hash_in_parts(rest, random);
        osl_lines_hash_join(&hash, &more);
        return hash;
    }
    for (size_t i = 0; i < lines; i++) {
        const char *stop = i + 1 < lines ? strchr(at, '\n') : end;
        osl_lines_hash_add(&hash,
                           osl_line_hash(osl_kernels_get(OSL_CPU_SCALAR),
                                         (osl_text){at, (size_t)(stop - at)}));
        at = stop + 1;
    }
    return hash;
}

static void
the_hash_of_a_file_is_that_of_its_parts_and_of_no_other(void **state)
{
    (void)state;
    test_random random = {8};
    static char text[6000];
    for (unsigned round = 0; round < 200; round++) {
        size_t length =
            make_lines(text, test_random_below(&random, sizeof text), &random);
        const osl_text bytes = {text, length};
        uint64_t hash =
                     osl_hash_file(osl_kernels_get(OSL_CPU_SCALAR), bytes, 1),
                 whole =
                     osl_hash_file(osl_kernels_get(OSL_CPU_SCALAR), bytes, 0);
        size_t ends = 0;
        for (size_t i = 0; i < length; i++)
            ends += text[i] == '\n';
        assert_int_equal(osl_count_lines(bytes), ends);
        const osl_lines_hash parts = hash_in_parts(bytes, &random);
        assert_int_equal(parts.count, ends + 1);
        assert_true(osl_lines_hash_end(&parts) == hash);
        assert_int_equal(hash & 1, 1);
        assert_int_equal(whole & 1, 0);
        for (size_t i = 0; i < 4 && length > 0; i++) {
            char *changed = &text[test_random_below(&random, (uint32_t)length)];
            char before = *changed;
            *changed = before == '\n' ? 'a' : '\n';
            assert_true(osl_hash_file(osl_kernels_get(OSL_CPU_SCALAR), bytes,
                                      1) != hash);
            assert_true(osl_hash_file(osl_kernels_get(OSL_CPU_SCALAR), bytes,
                                      0) != whole);
            *changed = before;
        }
        if (length > 0) {
            const osl_text less = {text, length - 1};
            assert_true(osl_hash_file(osl_kernels_get(OSL_CPU_SCALAR), less,
                                      1) != hash);
            assert_true(osl_hash_file(osl_kernels_get(OSL_CPU_SCALAR), less,
                                      0) != whole);
        }
    }
}

/* Whatever two lines change places, and how far from each other. */
static void lines_in_another_order_have_another_hash(void **state)
{
    (void)state;
    test_random random = {9};
    enum { PLACES = 4096 };
    static uint64_t lines[PLACES];
    for (size_t i = 0; i < PLACES; i++)
        lines[i] = test_random_next(&random) & OSL_CATALOG_RECORD;
    for (unsigned round = 0; round < 400; round++) {
        osl_lines_hash before = {0}, after = {0};
        size_t a = test_random_below(&random, PLACES),
               b = a ^ (size_t)1 << test_random_below(&random, 12);
        if (round % 2)
            lines[b] = lines[a] ^ UINT64_C(1) << 39;
        for (size_t i = 0; i < PLACES; i++) {
            osl_lines_hash_add(&before, lines[i]);
            osl_lines_hash_add(&after, lines[i == a ? b : i == b ? a : i]);
        }
        assert_true(osl_lines_hash_end(&before) != osl_lines_hash_end(&after));
    }
}

/* ---- crews -------------------------------------------------------------- */

typedef struct tally {
    unsigned calls[8];
    unsigned failing;
} tally;

static osl_status count_call(void *user, unsigned worker, osl_error *err)
{
    tally *t = user;
    t->calls[worker]++;
    if (worker >= t->failing)
        return osl_fail(err, OSL_EIO, "worker %u", worker);
    return OSL_OK;
}

static void
each_of_a_crew_works_once_and_the_first_failure_is_told(void **state)
{
    (void)state;
    for (unsigned size = 1; size <= 8; size++)
        for (unsigned failing = 0; failing <= size; failing++) {
            osl_error err = {0};
            tally t = {.failing = failing};
            osl_status status = osl_crew_run(size, count_call, NULL, &t, &err);
            assert_int_equal(status, failing < size ? OSL_EIO : OSL_OK);
            char want[32];
            (void)snprintf(want, sizeof want, "worker %u", failing);
            if (failing < size)
                assert_string_equal(err.text, want);
            for (unsigned i = 0; i < size; i++)
                assert_int_equal(t.calls[i], 1);
        }
    assert_true(osl_crew_size(0) >= 1 && osl_crew_size(0) <= 8);
    assert_int_equal(osl_crew_size(3), 3);
}

/* The linker stands between us and the C library: so many threads start.
 * NOLINTBEGIN(bugprone-reserved-identifier) */
static unsigned threads_left = UINT_MAX;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *user);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *user)
{
    if (threads_left == 0)
        return EAGAIN;
    threads_left--;
    return __real_pthread_create(thread, attributes, run, user);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void what_cannot_be_started_is_done_by_the_caller(void **state)
{
    (void)state;
    for (unsigned started = 0; started < 4; started++) {
        osl_error err = {0};
        tally t = {.failing = 8};
        threads_left = started;
        osl_status status = osl_crew_run(4, count_call, NULL, &t, &err);
        threads_left = UINT_MAX;
        assert_ok(status);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(t.calls[i], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_and_slices_leave_no_trace),
        cmocka_unit_test(the_caller_can_stop_it_at_any_time),
        cmocka_unit_test(a_bound_ends_rounds_at_slices),
        cmocka_unit_test(records_have_one_hash_whatever_the_slices),
        cmocka_unit_test(
            the_hash_of_a_file_is_that_of_its_parts_and_of_no_other),
        cmocka_unit_test(lines_in_another_order_have_another_hash),
        cmocka_unit_test(
            each_of_a_crew_works_once_and_the_first_failure_is_told),
        cmocka_unit_test(what_cannot_be_started_is_done_by_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
