/* SPDX-License-Identifier: MIT
 *
 * An index that follows its folders, in a process of its own: real files are
 * written, moved and removed, and what it publishes comes through a pipe. */
#include "tests/indexer/place.h"

#include "indexer/indexer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define RECORD(id, text) "{\"id\":\"" id "\",\"text\":\"" text "\"}\n"

enum { PATIENCE_MS = 30000, CALM_MS = 1200, STEP_MS = 100 };

/* ---- the process that follows ------------------------------------------- */

typedef struct follower {
    pid_t process;
    int news; /* reports, as they come */
    uint64_t generation;
} follower;

typedef struct news {
    osl_status status;
    uint64_t generation, documents;
} news;

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static bool is_stopped(void *user)
{
    (void)user;
    return stopped != 0;
}

static void tell(void *user, osl_status status, const osl_index_report *report,
                 const osl_error *error)
{
    const int *pipe_end = user;
    (void)error;
    const news said = {status, report->generation, report->documents};
    if (write(*pipe_end, &said, sizeof said) != (ssize_t)sizeof said)
        _exit(9);
}

static void follow(const place *at, const char *path, int pipe_end)
{
    osl_error err;
    const char *paths[] = {place_name(at, path)};
    const osl_index_options options = {0};
    const osl_index_watcher watcher = {.cancelled = is_stopped};
    const osl_index_follower told = {&pipe_end, tell};
    struct sigaction action = {.sa_handler = stop};
    /* It does not outlive a test that fails. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        _exit(6);
    if (sigaction(SIGTERM, &action, NULL) != 0 ||
        sigaction(SIGINT, &action, NULL) != 0)
        _exit(8);
    osl_status status = osl_index_follow(place_name(at, "index"), paths, 1,
                                         &options, &watcher, &told, &err);
    _exit(status == OSL_ECANCELLED ? 0 : 7);
}

static follower begin(const place *at, const char *path)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    follower f = {fork(), ends[0], 0};
    assert_true(f.process >= 0);
    if (f.process == 0)
        follow(at, path, ends[1]);
    assert_int_equal(close(ends[1]), 0);
    return f;
}

/* The next report within `patience` ms; false where none comes. */
static bool hear(follower *f, int patience, news *said)
{
    struct pollfd events = {.fd = f->news, .events = POLLIN};
    int count = poll(&events, 1, patience);
    assert_true(count >= 0);
    if (count == 0)
        return false;
    assert_int_equal(read(f->news, said, sizeof *said), sizeof *said);
    return true;
}

/* Until a new generation comes; gives its documents. */
static uint64_t hear_of_generation(follower *f)
{
    news said = {0};
    do {
        if (!hear(f, PATIENCE_MS, &said))
            fail_msg("nothing after generation %llu",
                     (unsigned long long)f->generation);
        assert_int_equal(said.status, OSL_OK);
    } while (said.generation == f->generation);
    f->generation = said.generation;
    return said.documents;
}

/* Nothing more is published. */
static void hear_nothing(follower *f)
{
    news said;
    while (hear(f, CALM_MS, &said))
        assert_int_equal(said.generation, f->generation);
}

static void end(follower *f, const place *at, int number)
{
    int status = 0;
    assert_int_equal(kill(f->process, number), 0);
    assert_int_equal(waitpid(f->process, &status, 0), f->process);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(close(f->news), 0);
    assert_int_equal(place_count(at, "index", ".tmp"), 0);
}

/* ---- what it sees ------------------------------------------------------- */

static void put_many(const place *at, const char *folder, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char path[128], text[128];
        (void)snprintf(path, sizeof path, "%s/%u.jsonl", folder, i);
        (void)snprintf(text, sizeof text, RECORD("%s-%u", "some text"), folder,
                       i);
        place_put(at, path, text);
    }
}

static void move(const place *at, const char *from, const char *to)
{
    assert_int_equal(rename(place_name(at, from), place_name(at, to)), 0);
}

static void a_burst_is_published_once(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    follower f = begin(&at, "tree");
    assert_int_equal(hear_of_generation(&f), 1);
    hear_nothing(&f);
    put_many(&at, "tree/more", 30);
    place_put(&at, "tree/deep/er/b.jsonl", RECORD("b", "marrow"));
    assert_int_equal(hear_of_generation(&f), 32);
    hear_nothing(&f);
    end(&f, &at, SIGTERM);
    place_remove(&at);
}

/* Less than 0.4 seconds from one file to the next: one burst. */
static void a_slow_burst_is_published_once(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    follower f = begin(&at, "tree");
    assert_int_equal(hear_of_generation(&f), 1);
    hear_nothing(&f);
    for (unsigned i = 0; i < 8; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "tree/%u.md", i);
        place_put(&at, path, "One more of them.\n");
        (void)usleep(STEP_MS * 1000);
    }
    assert_int_equal(hear_of_generation(&f), 9);
    assert_int_equal(f.generation, 2);
    hear_nothing(&f);
    end(&f, &at, SIGTERM);
    place_remove(&at);
}

/* A burst that does not end is published after 20 seconds. */
static void what_never_rests_is_published(void **state)
{
    (void)state;
    place at = place_make();
    news said = {0};
    unsigned waited = 0;
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    follower f = begin(&at, "tree");
    assert_int_equal(hear_of_generation(&f), 1);
    hear_nothing(&f);
    while (waited < PATIENCE_MS && !hear(&f, STEP_MS, &said)) {
        char text[64];
        (void)snprintf(text, sizeof text, RECORD("b", "after %u ms"), waited);
        place_put(&at, "tree/b.jsonl", text);
        waited += STEP_MS;
    }
    assert_int_equal(said.status, OSL_OK);
    assert_int_equal(said.generation, 2);
    end(&f, &at, SIGTERM);
    place_remove(&at);
}

static void folders_that_come_and_go_are_followed(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    place_put(&at, "aside/in/b.jsonl", RECORD("b", "marrow"));
    follower f = begin(&at, "tree");
    assert_int_equal(hear_of_generation(&f), 1);
    hear_nothing(&f);
    move(&at, "aside/in", "tree/in");
    assert_int_equal(hear_of_generation(&f), 2);
    place_put(&at, "tree/in/c.jsonl", RECORD("c", "in the moved folder"));
    assert_int_equal(hear_of_generation(&f), 3);
    move(&at, "tree/in", "tree/within");
    (void)hear_of_generation(&f); /* the same documents from other sources */
    place_put(&at, "tree/within/d.jsonl", RECORD("d", "renamed folder"));
    assert_int_equal(hear_of_generation(&f), 4);
    move(&at, "tree/within", "aside/out");
    assert_int_equal(hear_of_generation(&f), 1);
    place_put(&at, "aside/out/e.jsonl", RECORD("e", "no longer followed"));
    hear_nothing(&f);
    assert_int_equal(unlink(place_name(&at, "tree/a.jsonl")), 0);
    place_put(&at, "tree/z.jsonl", RECORD("z", "another"));
    assert_int_equal(hear_of_generation(&f), 1);
    end(&f, &at, SIGINT);
    place_remove(&at);
}

/* As of a disk that is unmounted for a while: nothing tells that it is back. */
static void a_folder_that_comes_back_is_followed_again(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    follower f = begin(&at, "tree");
    assert_int_equal(hear_of_generation(&f), 1);
    hear_nothing(&f);
    move(&at, "tree", "aside");
    hear_nothing(&f); /* its documents stay */
    place_put(&at, "aside/b.jsonl", RECORD("b", "written meanwhile"));
    move(&at, "aside", "tree");
    assert_int_equal(hear_of_generation(&f), 2);
    place_put(&at, "tree/c.jsonl", RECORD("c", "written then"));
    assert_int_equal(hear_of_generation(&f), 3);
    end(&f, &at, SIGTERM);
    place_remove(&at);
}

/* The same of a file and its folder. */
static void a_file_that_comes_back_is_followed_again(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    follower f = begin(&at, "tree/a.jsonl");
    assert_int_equal(hear_of_generation(&f), 1);
    hear_nothing(&f);
    move(&at, "tree", "aside");
    hear_nothing(&f);
    place_put(&at, "tree/a.jsonl", RECORD("a", "x") RECORD("b", "y"));
    assert_int_equal(hear_of_generation(&f), 2);
    end(&f, &at, SIGTERM);
    place_remove(&at);
}

static void a_file_is_followed_by_its_folder(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    place_put(&at, "tree/other.jsonl", RECORD("x", "not named"));
    follower f = begin(&at, "tree/a.jsonl");
    assert_int_equal(hear_of_generation(&f), 1);
    hear_nothing(&f);
    /* As editors save: another file takes its name. */
    place_put(&at, "tree/.a.new", RECORD("a", "saved") RECORD("b", "more"));
    move(&at, "tree/.a.new", "tree/a.jsonl");
    assert_int_equal(hear_of_generation(&f), 2);
    place_put(&at, "tree/other.jsonl", RECORD("x", "not named, again"));
    hear_nothing(&f);
    end(&f, &at, SIGTERM);
    place_remove(&at);
}

static void an_overflowing_queue_leads_to_a_scan(void **state)
{
    (void)state;
    place at = place_make();
    int status = 0;
    unsigned most = 16384;
    FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    if (limit) {
        assert_int_equal(fscanf(limit, "%u", &most), 1);
        assert_int_equal(fclose(limit), 0);
    }
    static const char *const known[] = {"tree/a.jsonl", "tree/b.jsonl"};
    place_put(&at, known[0], RECORD("a", "relapse"));
    place_put(&at, known[1], RECORD("b", "marrow"));
    follower f = begin(&at, "tree");
    assert_int_equal(hear_of_generation(&f), 2);
    hear_nothing(&f);
    assert_int_equal(kill(f.process, SIGSTOP), 0);
    assert_int_equal(waitpid(f.process, &status, WUNTRACED), f.process);
    /* More than the queue holds, none of it a reason for doubt (and no two
     * alike in a row, which would be one); then what must not be lost. */
    for (unsigned i = 0; i < most + 100; i++)
        assert_int_equal(chmod(place_name(&at, known[i % 2]), 0644), 0);
    put_many(&at, "tree/late", 5);
    assert_int_equal(kill(f.process, SIGCONT), 0);
    assert_int_equal(hear_of_generation(&f), 7);
    place_put(&at, "tree/late/more.jsonl", RECORD("m", "and is followed"));
    assert_int_equal(hear_of_generation(&f), 8);
    end(&f, &at, SIGTERM);
    place_remove(&at);
}

static void what_cannot_be_indexed_is_told_and_tried_again(void **state)
{
    (void)state;
    place at = place_make();
    news said = {0};
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    follower f = begin(&at, "tree");
    assert_int_equal(hear_of_generation(&f), 1);
    hear_nothing(&f);
    assert_int_equal(unlink(place_name(&at, "tree/a.jsonl")), 0);
    assert_true(hear(&f, PATIENCE_MS, &said));
    assert_int_equal(said.status, OSL_EINVAL);
    place_put(&at, "tree/b.jsonl", RECORD("b", "marrow"));
    assert_int_equal(hear_of_generation(&f), 1);
    end(&f, &at, SIGTERM);
    place_remove(&at);
}

/* Nothing tells that there is room again. */
static void what_fails_is_tried_again(void **state)
{
    (void)state;
    place at = place_make();
    news said = {0};
    place_put(&at, "tree/a.jsonl", RECORD("a", "relapse"));
    follower f = begin(&at, "tree");
    assert_int_equal(hear_of_generation(&f), 1);
    hear_nothing(&f);
    /* Where the manifest is to be written. */
    assert_int_equal(mkdir(place_name(&at, "index/manifest.tmp"), 0777), 0);
    place_put(&at, "tree/b.jsonl", RECORD("b", "marrow"));
    assert_true(hear(&f, PATIENCE_MS, &said));
    assert_int_equal(said.status, OSL_EIO);
    assert_int_equal(rmdir(place_name(&at, "index/manifest.tmp")), 0);
    assert_int_equal(hear_of_generation(&f), 2);
    end(&f, &at, SIGTERM);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_published_once),
        cmocka_unit_test(a_slow_burst_is_published_once),
        cmocka_unit_test(what_never_rests_is_published),
        cmocka_unit_test(folders_that_come_and_go_are_followed),
        cmocka_unit_test(a_folder_that_comes_back_is_followed_again),
        cmocka_unit_test(a_file_that_comes_back_is_followed_again),
        cmocka_unit_test(a_file_is_followed_by_its_folder),
        cmocka_unit_test(an_overflowing_queue_leads_to_a_scan),
        cmocka_unit_test(what_cannot_be_indexed_is_told_and_tried_again),
        cmocka_unit_test(what_fails_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
