/* SPDX-License-Identifier: MIT
 *
 * The arrow law of the house: who may include whom. Reads every #include "…"
 * of every source and fails on an arrow that the table does not have. */
#include "tests/house/tree.h"

#include "tests/test.h"

/* A file whose path begins with `from` may include what begins with one of
 * `to`. The first row that fits a file is its row. Other folders are entered
 * by their public header alone. */
static const struct {
    const char *from;
    const char *to[8];
} law[] = {
    {"tools/",
     {"tools/", "indexer/indexer.h", "query/query.h", "query/eval.h",
      "query/diff.h", "corpus/corpus.h", "core/"}},
    {"indexer/", {"indexer/", "corpus/corpus.h", "core/"}},
    {"query/", {"query/", "core/"}},
    {"corpus/", {"corpus/", "core/core.h", "core/base/", "core/kernels/"}},
    {"core/segment/",
     {"core/segment/", "core/kernels/", "core/base/", "core/core.h"}},
    {"core/text/",
     {"core/text/", "core/kernels/", "core/xapian/", "core/base/",
      "core/core.h"}},
    {"core/xapian/", {"core/xapian/", "core/base/", "core/core.h"}},
    /* cpu.h names the levels; nothing else. */
    {"core/kernels/", {"core/kernels/", "core/base/cpu.h"}},
    {"core/base/", {"core/base/", "core/core.h"}},
    {"core/", {"core/core.h"}},
    {"tests/", {""}},
};

static bool allowed(const char *file, const char *target)
{
    /* Made by the build, from a list in the same folder. */
    if (!strchr(target, '/') && tree_ends(target, ".inc"))
        return true;
    for (size_t row = 0; row < COUNT_OF(law); row++) {
        if (strncmp(file, law[row].from, strlen(law[row].from)) != 0)
            continue;
        for (size_t i = 0; i < 8 && law[row].to[i]; i++)
            if (strncmp(target, law[row].to[i], strlen(law[row].to[i])) == 0)
                return true;
        return false;
    }
    return false;
}

/* Where the quoted name of an #include line begins; NULL where it is none. */
static const char *quoted_name(const char *line, size_t length)
{
    const char *end = line + length;
    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    if (line == end || *line++ != '#')
        return NULL;
    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    if (end - line < 9 || memcmp(line, "include", 7) != 0)
        return NULL;
    for (line += 7; line < end && (*line == ' ' || *line == '\t'); line++)
        ;
    return line < end && *line == '"' ? line + 1 : NULL;
}

struct found {
    unsigned files, arrows, wrong;
};

static void look_at_line(struct found *found, const char *file,
                         const char *line, size_t length)
{
    const char *name = quoted_name(line, length);
    if (!name)
        return;
    const char *close = memchr(name, '"', length - (size_t)(name - line));
    assert_non_null(close);
    char target[256];
    assert_true((size_t)(close - name) < sizeof target);
    memcpy(target, name, (size_t)(close - name));
    target[close - name] = '\0';
    found->arrows++;
    if (!allowed(file, target)) {
        print_error("%s may not include \"%s\"\n", file, target);
        found->wrong++;
    }
}

static void look_at_file(void *user, const char *path)
{
    struct found *found = user;
    if (!tree_ends(path, ".c") && !tree_ends(path, ".h") &&
        !tree_ends(path, ".cc"))
        return;
    osl_map map;
    tree_map(&map, path);
    found->files++;
    const char *at = (const char *)map.bytes, *end = at + map.length;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = stop ? (size_t)(stop - at) : (size_t)(end - at);
        look_at_line(found, path, at, length);
        at += length + 1;
    }
    osl_map_close(&map);
}

static void every_include_is_an_arrow_of_the_law(void **state)
{
    (void)state;
    struct found found = {0};
    tree_each(look_at_file, &found);
    print_message("%u arrows in %u files\n", found.arrows, found.files);
    assert_true(found.arrows > found.files);
    assert_int_equal(found.wrong, 0);
}

static void the_law_refuses_what_it_should(void **state)
{
    (void)state;
    static const struct {
        const char *file, *target;
        bool want;
    } cases[] = {
        {"tools/osler/main.c", "query/query.h", true},
        {"tools/osler/main.c", "query/plan.h", false},
        {"query/plan.c", "indexer/indexer.h", false},
        {"indexer/build.c", "query/query.h", false},
        {"indexer/build.c", "corpus/draft.h", false},
        {"corpus/html.c", "core/text/text.h", false},
        {"core/kernels/sum.c", "core/segment/segment.h", false},
        {"core/kernels/sum.c", "core/base/buf.h", false},
        {"core/base/buf.c", "core/text/text.h", false},
        {"core/segment/segment.c", "core/text/text.h", false},
        {"core/text/spelling.c", "pairs.inc", true},
        {"core/text/spelling.c", "text.h", false},
        {"elsewhere/a.c", "core/core.h", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (allowed(cases[i].file, cases[i].target) != cases[i].want)
            fail_msg("%s including %s", cases[i].file, cases[i].target);
    assert_non_null(quoted_name(" #  include \"a.h\"", 17));
    assert_null(quoted_name("#include <a.h>", 14));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_law_refuses_what_it_should),
        cmocka_unit_test(every_include_is_an_arrow_of_the_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
