/* SPDX-License-Identifier: MIT
 *
 * One writer at a time: the second is told who is at work, or waits; threads of
 * one process are writers like others, and a lock ends with its process. */
#include "tests/indexer/updating.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static void the_second_writer_is_told_who_holds_the_lock(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    char number[32];
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    (void)update_tree(&at);
    int fd = open(place_name(&at, "index/lock"), O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    const char *paths[] = {place_name(&at, "tree")};
    assert_int_equal(update(&at, paths, 1, &report, NULL, &err), OSL_EBUSY);
    (void)snprintf(number, sizeof number, "number %ld", (long)getpid());
    assert_non_null(strstr(err.text, number));
    (void)close(fd);
    (void)update_tree(&at);
    place_remove(&at);
}

/* Another update within this one, when this one has all but published. */
static osl_status update_within(void *user, const char *index_path,
                                osl_error *err)
{
    const place *at = user;
    char number[32];
    osl_error inner;
    osl_index_report report;
    const char *paths[] = {place_name(at, "tree")};
    (void)index_path;
    (void)err;
    assert_int_equal(update(at, paths, 1, &report, NULL, &inner), OSL_EBUSY);
    (void)snprintf(number, sizeof number, "number %ld", (long)getpid());
    assert_non_null(strstr(inner.text, number));
    return OSL_OK;
}

static void two_writers_of_one_process_are_two(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {0};
    const osl_index_watcher watcher = {.user = &at, .prepared = update_within};
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    char index[512];
    (void)snprintf(index, sizeof index, "%s", place_name(&at, "index"));
    const char *paths[] = {place_name(&at, "tree")};
    /* Twice: what the inner one closes is not the outer one's lock. */
    for (unsigned i = 1; i <= 2; i++) {
        assert_ok(osl_index_update(index, paths, 1, &options, &watcher, &report,
                                   &err));
        assert_int_equal(report.generation, i);
        place_put(&at, "tree/b.jsonl", RECORD("b", "marrow"));
    }
    place_remove(&at);
}

/* A process that holds the lock for a while, and is then killed. */
static pid_t hold_lock(const place *at, unsigned ms)
{
    int ends[2];
    char locked = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t holder = fork();
    assert_true(holder >= 0);
    if (holder == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(place_name(at, "index/lock"), O_RDWR);
        bool good = fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0;
        if (!good || write(ends[1], "x", 1) != 1)
            _exit(1);
        (void)usleep(ms * 1000);
        (void)raise(SIGKILL);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(read(ends[0], &locked, 1), 1);
    assert_int_equal(close(ends[0]), 0);
    return holder;
}

static void who_waits_writes_when_the_other_is_gone(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    int ended = 0;
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    (void)update_tree(&at);
    place_put(&at, "tree/b.jsonl", RECORD("b", "marrow"));
    char index[512];
    (void)snprintf(index, sizeof index, "%s", place_name(&at, "index"));
    const char *paths[] = {place_name(&at, "tree")};
    osl_index_options options = {.patience_ms = 100};
    pid_t holder = hold_lock(&at, 1500);
    assert_int_equal(
        osl_index_update(index, paths, 1, &options, NULL, &report, &err),
        OSL_EBUSY);
    options.wait = true;
    assert_ok(osl_index_update(index, paths, 1, &options, NULL, &report, &err));
    assert_int_equal(report.generation, 2);
    assert_int_equal(waitpid(holder, &ended, 0), holder);
    assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_writer_is_told_who_holds_the_lock),
        cmocka_unit_test(two_writers_of_one_process_are_two),
        cmocka_unit_test(who_waits_writes_when_the_other_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
