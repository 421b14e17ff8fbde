/* SPDX-License-Identifier: MIT
 *
 * `--memory` holds: what an indexing process takes beside what it has mapped
 * stays within 1.25 times the bound, and would not without one, whatever is
 * stored of texts; and the segment is the same, byte for byte, as without one.
 * A child does the work as the command does, its parent reads what the system
 * says of it; under the address sanitizer, whose allocator keeps what it was
 * given back, a thread does the work and the allocator is asked. */
#include "indexer/indexer.h"
#include "tests/indexer/place.h"

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/pages.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_SANITIZER 1
#endif
#endif

/* 28 MB in files of 400 KB: words as often as in text, and new ones. */
static void put_files(const place *at)
{
    test_random random = test_random_new(81);
    for (uint32_t f = 0; f < 70; f++) {
        osl_buf text = {0};
        char name[32];
        while (text.length < 400000) {
            osl_buf_printf(&text, "{\"id\":\"r%zu.%u\",\"text\":\"",
                           text.length, f);
            for (uint32_t n = 0; n < 100; n++) {
                uint64_t word = test_random_below(&random, 40000);
                word = word * word / 40000 * word / 40000;
                osl_buf_printf(&text, "word%u ", (unsigned)word);
            }
            osl_buf_printf(&text, "\"}\n");
        }
        (void)snprintf(name, sizeof name, "files/%03u.jsonl", f);
        place_put_bytes(at, name, text.bytes, text.length);
        osl_buf_clear(&text);
    }
}

/* What is to be done, by a child or a thread. */
typedef struct job {
    const place *at;
    const char *index;
    uint64_t memory;
    osl_store store;
    unsigned threads;
    bool done;
} job;

static void *work(void *user)
{
    job *j = user;
    osl_error err;
    osl_index_report report;
    const char *const paths[] = {place_name(j->at, "files")};
    const osl_index_options options = {.thread_count = j->threads,
                                       .store = j->store,
                                       .memory_bytes = j->memory};
    bool right = osl_index_update(place_name(j->at, j->index), paths, 1,
                                  &options, NULL, &report, &err) == OSL_OK;
    __atomic_store_n(&j->done, true, __ATOMIC_RELEASE);
    return right ? user : NULL;
}

static const struct timespec moment = {0, 1000000};

/* In MiB; the sanitizer counts what is asked for, be it touched or not. */
#if defined(WITH_SANITIZER)
static const unsigned bounds[] = {32, 48};
#else
static const unsigned bounds[] = {24, 48};
#endif

#if defined(WITH_SANITIZER)

/* NOLINTNEXTLINE(bugprone-reserved-identifier): the name that it has. */
size_t __sanitizer_get_current_allocated_bytes(void);

static uint64_t most_memory(job *j)
{
    uint64_t before = __sanitizer_get_current_allocated_bytes(), most = before;
    pthread_t thread;
    void *right = NULL;
    assert_int_equal(pthread_create(&thread, NULL, work, j), 0);
    while (!__atomic_load_n(&j->done, __ATOMIC_ACQUIRE)) {
        uint64_t now = __sanitizer_get_current_allocated_bytes();
        most = now > most ? now : most;
        (void)nanosleep(&moment, NULL);
    }
    assert_int_equal(pthread_join(thread, &right), 0);
    assert_non_null(right);
    return most - before;
}

#else

/* Bytes of memory that no file stands behind; 0 where it is gone. */
static uint64_t anonymous_bytes(pid_t process)
{
    char path[64], line[256];
    unsigned long long kilobytes = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)process);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "RssAnon:", 8) == 0)
            kilobytes = strtoull(line + 8, NULL, 10);
    (void)fclose(file);
    return kilobytes * 1024;
}

static uint64_t most_memory(job *j)
{
    uint64_t before = anonymous_bytes(getpid()), most = 0;
    pid_t child = fork();
    int status = 0;
    assert_true(child >= 0);
    if (child == 0) {
        osl_pages_spare();
        _exit(work(j) == NULL);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        uint64_t now = anonymous_bytes(child);
        most = now > most ? now : most;
        (void)nanosleep(&moment, NULL);
    }
    assert_int_equal(status, 0);
    return most > before ? most - before : 0;
}

#endif

static void check_same(const place *at, const char *index, const char *twin)
{
    osl_map maps[2];
    osl_error err;
    const char *const indexes[] = {index, twin};
    for (unsigned i = 0; i < 2; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s/000001.seg", indexes[i]);
        assert_int_equal(osl_map_open(&maps[i], place_name(at, name), &err),
                         OSL_OK);
    }
    assert_int_equal(maps[0].length, maps[1].length);
    assert_memory_equal(maps[0].bytes, maps[1].bytes, maps[0].length);
    osl_map_close(&maps[0]);
    osl_map_close(&maps[1]);
}

/* One under a bound, which is compared with the one that has none and took
 * `free_most`. */
static void check_bound(job *with, const char *twin, uint64_t free_most)
{
    uint64_t most = most_memory(with);
    print_message("%s, %u threads, bound %llu MiB: %llu MiB\n", twin,
                  with->threads, (unsigned long long)(with->memory >> 20),
                  (unsigned long long)(most >> 20));
    if ((double)most > 1.25 * (double)with->memory || most >= free_most)
        fail_msg("%s, %u threads: %llu bytes under %llu; without a bound %llu",
                 twin, with->threads, (unsigned long long)most,
                 (unsigned long long)with->memory,
                 (unsigned long long)free_most);
    check_same(with->at, with->index, twin);
}

static void the_bound_on_memory_holds(void **state)
{
    (void)state;
    static const struct {
        osl_store store;
        const char *name;
    } stores[] = {{OSL_STORE_FULL, "full"},
                  {OSL_STORE_SMALL, "small"},
                  {OSL_STORE_NONE, "none"}};
    /* Lists have room that is not touched, and is no memory, but where malloc()
     * fills what it gives, as meson has it do. */
    (void)mallopt(M_PERTURB, 0);
    place at = place_make();
    put_files(&at);
    for (unsigned s = 0; s < 3; s++) {
        const char *twin = stores[s].name;
        job without = {&at, twin, (uint64_t)1 << 40, stores[s].store, 1, false};
        uint64_t free_most = most_memory(&without);
        print_message("%s, no bound: %llu MiB\n", twin,
                      (unsigned long long)(free_most >> 20));
        for (unsigned n = 0; n < 4; n++) {
            char name[16];
            (void)snprintf(name, sizeof name, "%s-%u", twin, n);
            job with = {
                &at,       name, (uint64_t)bounds[n / 2] << 20, stores[s].store,
                1 + n % 2, false};
            check_bound(&with, twin, free_most);
        }
    }
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_on_memory_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
