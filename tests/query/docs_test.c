/* SPDX-License-Identifier: MIT
 *
 * The examples of docs/QUERY.md, run: ```corpus blocks are indexed, and each
 * line of a ```query block is a query, an arrow of the table below, and what
 * it finds. */
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/test.h"

#include <unistd.h>

enum { LINE_MAX_BYTES = 8192 };

static char base[] = "/tmp/osl-docs-XXXXXX";
static osl_searcher *searcher;

static FILE *open_manual(void)
{
    FILE *file = fopen(OSL_SOURCE_DIR "/docs/QUERY.md", "r");
    assert_non_null(file);
    return file;
}

/* The next line inside a block of `kind`; false at the end. *inside is kept
 * between calls. */
static bool next_line(FILE *file, const char *kind, bool *inside,
                      char line[LINE_MAX_BYTES])
{
    while (fgets(line, LINE_MAX_BYTES, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "```", 3) == 0)
            *inside = !*inside && strcmp(line + 3, kind) == 0;
        else if (*inside)
            return true;
    }
    return false;
}

static int make_index(void **state)
{
    static char line[LINE_MAX_BYTES];
    char path[64], index[64];
    bool inside = false;
    (void)state;
    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/texts.jsonl", base);
    snprintf(index, sizeof index, "%s/index", base);
    FILE *manual = open_manual(), *file = fopen(path, "w");
    assert_non_null(file);
    while (next_line(manual, "corpus", &inside, line))
        fprintf(file, "%s\n", line);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(fclose(manual), 0);
    osl_error err = {0};
    osl_index_options options = {.thread_count = 1};
    osl_index_report report;
    const char *paths[] = {path};
    assert_ok(osl_index_update(index, paths, 1, &options, NULL, &report, &err));
    assert_ok(osl_searcher_open(&searcher, index, 0, &err));
    return 0;
}

static int drop_index(void **state)
{
    char command[64];
    (void)state;
    osl_searcher_free(searcher);
    snprintf(command, sizeof command, "rm -rf '%s'", base);
    assert_int_equal(system(command), 0);
    return 0;
}

static const struct arrow {
    const char *sign;
    osl_sort sort;
    bool any_order, by_document;
} arrows[] = {
    {" => ", OSL_SORT_RELEVANCE, true, false},
    {" >> ", OSL_SORT_RELEVANCE, false, false},
    {" >date> ", OSL_SORT_DATE, false, false},
    {" >best> ", OSL_SORT_RELEVANCE, false, true},
};

/* The arrow of a line, which is cut there; *want is what stands behind. */
static const struct arrow *cut_at_arrow(char *line, const char **want)
{
    for (size_t i = 0; i < COUNT_OF(arrows); i++) {
        char *at = strstr(line, arrows[i].sign);
        if (!at)
            continue;
        *at = '\0';
        *want = at + strlen(arrows[i].sign);
        return &arrows[i];
    }
    fail_msg("%s: no arrow", line);
    return NULL;
}

/* The ids that a query finds, with blanks between; "-" for none. */
static void run(const char *query, const struct arrow *how, char *found,
                size_t room)
{
    osl_search_options options = osl_search_defaults;
    options.sort = how->sort;
    options.by_document = how->by_document;
    osl_error err = {0};
    osl_answer *answer;
    size_t length = 0;
    options.k = 50;
    assert_ok(
        osl_search(searcher, osl_text_of(query), &options, &answer, &err));
    snprintf(found, room, "-");
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++) {
        osl_text id = osl_answer_hit(answer, i)->id;
        length += (size_t)snprintf(found + length, room - length, "%s%.*s",
                                   i ? " " : "", (int)id.length, id.bytes);
        assert_true(length < room);
    }
    osl_answer_free(answer);
}

/* Is each word of `a` a word of `b`? Both with single blanks. */
static bool is_within(const char *a, const char *b)
{
    while (*a) {
        size_t length = strcspn(a, " ");
        const char *at = b;
        while (*at &&
               (strncmp(at, a, length) != 0 || strcspn(at, " ") != length)) {
            at += strcspn(at, " ");
            at += *at == ' ';
        }
        if (!*at)
            return false;
        a += length;
        a += *a == ' ';
    }
    return true;
}

static void every_example_of_the_manual_is_true(void **state)
{
    static char line[LINE_MAX_BYTES], found[LINE_MAX_BYTES];
    bool inside = false;
    size_t examples = 0, wrong = 0;
    (void)state;
    FILE *manual = open_manual();
    while (next_line(manual, "query", &inside, line)) {
        const char *want = NULL;
        const struct arrow *how = cut_at_arrow(line, &want);
        run(line, how, found, sizeof found);
        examples++;
        if (how->any_order ? is_within(found, want) && is_within(want, found)
                           : strcmp(found, want) == 0)
            continue;
        print_message("%s: %s\n    found: %s\n", line, want, found);
        wrong++;
    }
    assert_int_equal(fclose(manual), 0);
    assert_true(examples > 30);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_of_the_manual_is_true),
    };
    return cmocka_run_group_tests(tests, make_index, drop_index);
}
