/* SPDX-License-Identifier: MIT
 *
 * What the command says where it may not read or write, and that nothing is
 * lost by it. Tests may run as root, whom no mode stops; so that power is
 * taken from every process that this one starts. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char in_asthma[] = "in/asthma.html";

static void put(const sandbox *box, const char *name, const char *text)
{
    sandbox_write(box, name, text, strlen(text));
}

static void set_mode(const sandbox *box, const char *name, mode_t mode)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", box->path, name);
    if (chmod(path, mode) != 0)
        fail_msg("%s: chmod: %s", path, strerror(errno));
}

static void make_folder(const sandbox *box, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", box->path, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

/* in/ with two guidelines, in/sub/ with one, other/ with one, a list of
 * queries; with an index of in/ where `indexed`. */
static void make_tree(sandbox *box, bool indexed)
{
    result got = {0};
    sandbox_make(box);
    make_folder(box, "in");
    make_folder(box, "in/sub");
    make_folder(box, "other");
    make_folder(box, "shut");
    sandbox_copy(box, OSL_SAMPLE_DIR "/asthma.html", in_asthma);
    sandbox_copy(box, OSL_SAMPLE_DIR "/pneumonia.txt", "in/pneumonia.txt");
    sandbox_copy(box, OSL_SAMPLE_DIR "/wound-care.cnxml", "in/sub/wound.cnxml");
    sandbox_copy(box, OSL_SAMPLE_DIR "/melanoma.yaml", "other/melanoma.yaml");
    sandbox_write(box, "queries.tsv", "1\tasthma\n", 9);
    if (indexed) {
        run_line(box, "index -q in", &got);
        assert_int_equal(got.code, 0);
    }
    result_clear(&got);
}

static void expect(const sandbox *box, const char *line, int code,
                   const char *out, const char *err)
{
    result got = {0};
    run_line(box, line, &got);
    if (got.code != code || !text_fits(out_of(&got), out) ||
        !text_fits(err_of(&got), err))
        fail_msg("osler %s\n  code %d, not %d\n  out: %s\n  err: %s", line,
                 got.code, code, out_of(&got), err_of(&got));
    result_clear(&got);
}

/* What nobody may read is set to mode 0 before a line and opened again
 * behind it. NULL for a stream: it is empty. */
static const struct {
    const char *shut, *line;
    int code;
    const char *out, *err;
} cases[] = {
    /* sources */
    {in_asthma, "index -i new in", 0, "^2 documents .*, 1 files skipped, ",
     "^skipped in/asthma\\.html: cannot open: Permission denied$"},
    {"in/sub", "index -i new in", 0, "^2 documents ",
     "^skipped in/sub: Permission denied$"},
    {"in", "index -i new in other", 0, "^1 documents ",
     "^skipped in: Permission denied$"},
    {"in", "index -i new in", 2, NULL,
     "^osler: no file to index in in; the index is as it was$"},
    {in_asthma, "index -i new in/asthma.html", 2, NULL,
     "^osler: no guideline text in in/asthma\\.html; the index is as it was$"},
    {"in/sub", "index -i new in/sub/wound.cnxml", 3, NULL,
     "^osler: in/sub/wound\\.cnxml: cannot index it: Permission denied$"},
    {"in/sub", "index -i new in/sub/*.cnxml", 3, NULL,
     "^osler: in/sub/\\*\\.cnxml: cannot index it: nothing matches$"},
    {"queries.tsv", "batch queries.tsv", 3, NULL,
     "^osler: queries\\.tsv: cannot open: Permission denied$"},
    {"queries.tsv", "eval queries.tsv queries.tsv", 3, NULL,
     "^osler: queries\\.tsv: cannot open: Permission denied$"},
    /* the index */
    {".osler", "search asthma", 3, NULL,
     "^osler: \\.osler: cannot look into the index folder: Permission denied$"},
    {".osler", "show asthma.html", 3, NULL, "Permission denied$"},
    {".osler", "stats", 3, NULL, "Permission denied$"},
    {".osler", "suggest asth", 3, NULL, "Permission denied$"},
    {".osler", "batch queries.tsv", 3, NULL, "Permission denied$"},
    {".osler", "index in", 3, NULL,
     "^osler: \\.osler: cannot open the index folder: Permission denied$"},
    {".osler/manifest", "search asthma", 3, NULL,
     "^osler: \\.osler/manifest: cannot open: Permission denied$"},
    {".osler/000001.seg", "search asthma", 3, NULL,
     "^osler: \\.osler/000001\\.seg: cannot open: Permission denied$"},
    {".osler/manifest", "index in", 3, NULL, "Permission denied$"},
};

static void what_may_not_be_read_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        sandbox box;
        make_tree(&box, true);
        set_mode(&box, cases[i].shut, 0);
        expect(&box, cases[i].line, cases[i].code, cases[i].out, cases[i].err);
        set_mode(&box, cases[i].shut, 0755);
        expect(&box, "search --count prednisolone", 0, "^[1-9]", NULL);
        sandbox_remove(&box);
    }
}

static void what_may_not_be_written_is_said_and_the_index_stays(void **state)
{
    (void)state;
    sandbox box;
    make_tree(&box, true);
    set_mode(&box, "shut", 0555);
    expect(&box, "index -i shut/index in", 3, NULL,
           "^osler: shut/index: cannot make the index folder: Permission "
           "denied$");
    set_mode(&box, "shut", 0755);
    set_mode(&box, ".osler", 0555);
    expect(&box, "search --count prednisolone", 0, "^[1-9]", NULL);
    expect(&box, "index --full in", 3, NULL, "^osler: .*Permission denied$");
    expect(&box, "search --count prednisolone", 0, "^[1-9]", NULL);
    set_mode(&box, ".osler", 0755);
    expect(&box, "index --full in", 0, "^3 documents ", NULL);
    sandbox_remove(&box);
}

/* Indexing goes on where it stopped once the rights are back. */
static void what_may_be_read_again_is_indexed_again(void **state)
{
    (void)state;
    sandbox box;
    make_tree(&box, false);
    set_mode(&box, in_asthma, 0);
    set_mode(&box, "in/sub", 0);
    expect(&box, "index in", 0, "^1 documents ", "^skipped in/sub: ");
    set_mode(&box, in_asthma, 0644);
    set_mode(&box, "in/sub", 0755);
    expect(&box, "index", 0, "^3 documents ", NULL);
    expect(&box, "search --count prednisolone", 0, "^[1-9]", NULL);
    sandbox_remove(&box);
}

/* What cannot be read for one run keeps what is known of it, even where it was
 * changed meanwhile; and nothing is published for it. */
static const struct {
    const char *shut, *said;
} lockouts[] = {
    {in_asthma, "^skipped .*in/asthma\\.html: cannot open: Permission denied$"},
    {"in/sub", "^skipped .*in/sub: Permission denied$"},
    {"in", "^skipped .*in: Permission denied$"},
};

static void what_may_not_be_read_for_once_stays_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lockouts); i++) {
        sandbox box;
        make_tree(&box, true);
        if (lockouts[i].shut == in_asthma)
            put(&box, in_asthma, "<p>Asthma is another.</p>");
        set_mode(&box, lockouts[i].shut, 0);
        expect(&box, "index", 0,
               "^3 documents \\(\\+0 ~0 .*0\\).*generation 1,",
               lockouts[i].said);
        expect(&box, "index", 0, "generation 1,",
               ": what is known of it stays until it can be read$");
        expect(&box, "search --count prednisolone", 0, "^[1-9]", NULL);
        expect(&box, "check -q", 0, NULL, NULL);
        /* Beside what changes meanwhile. */
        expect(&box, "index other", 0, "^4 documents \\(\\+1 .*generation 2,",
               NULL);
        set_mode(&box, lockouts[i].shut, 0755);
        bool changed = lockouts[i].shut == in_asthma;
        expect(&box, "index", 0,
               changed ? "^4 documents \\(\\+0 ~1" : "generation 2,", NULL);
        sandbox_remove(&box);
    }
}

/* A folder of changes is kept whole: what it took away does not come back. */
static void changes_that_may_not_be_read_stay(void **state)
{
    (void)state;
    static const char *const shut[] = {"new", "new/removed.txt", "new/changed",
                                       "new/changed/pneumonia.txt"};
    for (size_t i = 0; i < COUNT_OF(shut); i++) {
        sandbox box;
        make_tree(&box, true);
        make_folder(&box, "new");
        make_folder(&box, "new/changed");
        put(&box, "new/removed.txt", "asthma.html\n");
        put(&box, "new/changed/pneumonia.txt",
            "Pneumonia\n\nGive pelargonium.\n");
        expect(&box, "index new", 0, "^2 documents ", "is read as changes");
        set_mode(&box, shut[i], 0);
        put(&box, "in/more.md", "# More\n\nwords\n");
        expect(&box, "index", 0, "^3 documents \\(\\+1 ~0 .*0\\)",
               "stays until it can be read$");
        expect(&box, "search --count pelargonium", 0, "^1$", NULL);
        set_mode(&box, shut[i], 0755);
        expect(&box, "index", 0, "^3 documents ", NULL);
        expect(&box, "search --count pelargonium", 0, "^1$", NULL);
        sandbox_remove(&box);
    }
}

/* For processes started from now on: a program that root runs gets all that
 * the bounding set still has. */
static void give_up_powers(void)
{
    (void)prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
    (void)prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0);
}

/* Or the other tests would prove nothing. */
static void modes_hold_for_what_is_started(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    make_tree(&box, false);
    set_mode(&box, in_asthma, 0);
    run_shell(&box, "cat in/asthma.html", &got);
    assert_int_not_equal(got.code, 0);
    assert_string_equal(out_of(&got), "");
    result_clear(&got);
    set_mode(&box, in_asthma, 0644);
    sandbox_remove(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_hold_for_what_is_started),
        cmocka_unit_test(what_may_not_be_read_is_said),
        cmocka_unit_test(what_may_not_be_written_is_said_and_the_index_stays),
        cmocka_unit_test(what_may_be_read_again_is_indexed_again),
        cmocka_unit_test(what_may_not_be_read_for_once_stays_as_it_was),
        cmocka_unit_test(changes_that_may_not_be_read_stay),
    };
    give_up_powers();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
