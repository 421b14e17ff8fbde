/* SPDX-License-Identifier: MIT
 *
 * The command as a person and a script meet it, over corpus/sample/. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/bytes.h"
#include "core/base/file.h"

/* One folder with the sample's index in .osler, for all tests that only read;
 * the others make their own. */
static int make_shared(void **state)
{
    static sandbox box;
    result got = {0};
    sandbox_make(&box);
    run_line(&box, "index -q " OSL_SAMPLE_DIR, &got);
    if (got.code != 0)
        print_error("%s\n", err_of(&got));
    assert_int_equal(got.code, 0);
    assert_string_equal(out_of(&got), "");
    result_clear(&got);
    *state = &box;
    return 0;
}

static int remove_shared(void **state)
{
    sandbox_remove(*state);
    return 0;
}

/* ---- codes and words --------------------------------------------------- */

/* Command lines, how they end, and what must be in either stream (NULL: the
 * stream is empty; "": whatever). */
static const struct {
    const char *line;
    int code;
    const char *out, *err;
} lines[] = {
    {"--version", 0, "^osler [0-9]", NULL},
    {"--help", 0, "usage: osler COMMAND", NULL},
    {"", 2, NULL, "usage: osler COMMAND"},
    {"find relapse", 2, NULL, "^osler: there is no command 'find'"},
    {"search --help", 0, "^usage: osler search", NULL},
    {"help index", 0, "^usage: osler index", NULL},
    {"search relapse", 0,
     "^[0-9,]+ of [0-9,]+ paragraphs, [0-9,]+ documents, "
     "[0-9]+ ms · generation [0-9]+ · newest text "
     "20[0-9]{2}-[0-9]{2}-[0-9]{2}$",
     NULL},
    {"search '\"isolated CNS relapse\"'", 0, "\\*\\*isolated CNS relapse\\*\\*",
     NULL},
    {"search isolated 'CNS relapse'", 0, "\\*\\*isolated", NULL},
    {"search +relapse -cns", 0, "relapse", NULL},
    {"search --no-expand +relapse -cns -k", 0, "relapse", ""},
    {"search -- -cns +relapse", 0, "relapse", ""},
    {"search -cns +relapse", 2, NULL, "no option -n|no option -c"},
    {"bench --mode top10,top nowhere", 2, NULL, "'top' is none of top10"},
    {"search xyzzyplugh", 1, "^nothing found$", NULL},
    {"search asthmaa", 1, "asthmaa occurs nowhere; nearest: asthma", ""},
    {"search warfarin AND HSCT", 1,
     "^  warfarin, HSCT: never in one paragraph$", NULL},
    {"search '\"relapse stroke\"'", 1, "^  stroke: 14 paragraphs, the best ",
     NULL},
    {"search warfarin HSCT", 0, "^no paragraph has all of these words$", NULL},
    {"search AND OR", 1, "nothing found", "."},
    {"search '()'", 1, "nothing found", "."},
    {"search --strict '(relapse'", 2, NULL, "."},
    {"search", 2, NULL, "nothing to search for"},
    {"search -k", 2, NULL, "--top needs a value"},
    {"search -k x relapse", 2, NULL, "'x'"},
    {"search --colour always relapse", 2, NULL, "no option --colour"},
    {"search --color sometimes relapse", 2, NULL, "'sometimes'"},
    {"search --count relapse", 0, "^[0-9]+$", NULL},
    {"search --count xyzzyplugh", 1, "^0$", NULL},
    {"search -k 1 --color always relapse", 0, "\033\\[1;33m", NULL},
    {"search -i nowhere relapse", 3, NULL,
     "^osler: no index in nowhere; make "
     "one with: osler index"},
    {"search --facets relapse", 0, "^audience +professional [0-9]+", NULL},
    {"search --facets xyzzyplugh", 1, "nothing found", NULL},
    {"search --sort date relapse", 0, "^ 1  ", NULL},
    {"search --sort length relapse", 2, NULL, "'length'"},
    {"search --sort relevance --engine native relapse", 0, "relapse", NULL},
    {"search --document asthma.html prednisolone", 0, "asthma.html#", NULL},
    {"search --document asthma.html imatinib", 1, "nothing found", NULL},
    {"search --since 2024 --count stroke", 0, "^[0-9]+$", NULL},
    {"search --since 20x4 stroke", 2, NULL, "'20x4' is no date"},
    {"search --since 2014-13 stroke", 2, NULL, "'2014-13' is no date"},
    {"search --until 2014-12-32 stroke", 2, NULL, "'2014-12-32' is no date"},
    {"search --until 0000 stroke", 2, NULL, "'0000' is no date"},
    {"search --b 1.5 stroke", 2, NULL, "b of 1\\.5: .* from 0 to 1"},
    {"search --b 1 --count stroke", 0, "^[0-9]+$", NULL},
    {"search --without closeness,alike relapse", 0, "^ 1  ", NULL},
    {"search --ranking bm25 --with fields relapse", 0, "^ 1  ", NULL},
    {"search --without near relapse", 2, NULL, "'near' is no part of a ran"},
    {"search --with fields, relapse", 2, NULL, "'' is no part of a ranking"},
    {"search relapse --json", 0, "", "--json stands behind the query"},
    {"search --by-document relapse", 0, "^ 2  ", NULL},
    {"search -k 1 --offset 1 relapse", 0, "^ 2  ", NULL},
    {"index --dry-run -v -i dry " OSL_SAMPLE_DIR, 0, "dry run", "^12 files"},
    {"search --offset 9999 relapse", 0, "^none is left behind the first 9,999$",
     ""},
    {"search --since 2030 stroke", 1, "^nothing found$", NULL},
    {"search --since 2030 +stroke -relapse", 1,
     "^  without the filters: 14 paragraphs$", NULL},
    {"stats relapse", 2, NULL, "^osler: stats takes no 'relapse'; terms as: "},
    {"search --audience professional relapse", 0, "childhood-all", NULL},
    {"search --evidence 3iiA relapse", 0, "\\[3iiA\\]", NULL},
    {"search --explain -k 1 relapse", 0, "relaps", NULL},
    {"search --context 1 -k 1 'low-dose MART'", 0, "#[0-9]+  ", NULL},
    {"search --snippet 0 -k 1 relapse", 0, "childhood-all", NULL},
    {"search --ranking bm25 --k1 1.2 --b 0.75 relapse", 0, "relapse", NULL},
    {"show asthma.html", 0, "# Diagnosis", NULL},
    {"show asthma.html#2", 0, "^#2  ", NULL},
    {"show asthma.html#2 --context 1", 0, "^#3  ", NULL},
    {"show nothing.html", 1, NULL, "nothing.html"},
    {"show asthma.html#999", 1, NULL, "999"},
    {"show", 2, NULL, "show what"},
    {"stats", 0, "^documents +13$", NULL},
    {"check", 0, "^no damage: 4 files", NULL},
    {"check -q", 0, NULL, NULL},
    {"check --json", 0, "\"whole\":true", NULL},
    {"check xyzzy", 2, NULL, "takes no 'xyzzy'"},
    {"stats --terms relaps", 0, "^relaps ", NULL},
    {"stats --terms xyzzy", 1, ".", NULL},
    {"index --shards 2", 2, NULL, "--shards 2 is not in this version"},
    {"index --watch --dry-run", 2, NULL, "do not go together"},
    {"index --format word x.doc", 2, NULL, "--format word"},
    {"suggest relap", 0, "^relapse +word, [0-9]+ paragraphs$", NULL},
    {"suggest bone mar", 0, "^bone marrow +phrase", NULL},
    {"suggest -k 1 'bone mar'", 0, "^bone marrow", NULL},
    {"suggest xyzzy", 1, NULL, NULL},
    {"suggest", 2, NULL, "suggest what"},
    {"suggest -i nowhere relap", 3, NULL, "no index in nowhere"},
    {"search -i '' relapse", 2, NULL, "the index folder's name is empty"},
    {"batch", 2, NULL, "one FILE"},
    {"batch nowhere.tsv", 3, NULL, "nowhere.tsv"},
    {"eval one", 2, NULL, "QRELS RUN"},
};

static void every_line_ends_as_it_should(void **state)
{
    result got = {0};
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        run_line(*state, lines[i].line, &got);
        if (got.code == lines[i].code &&
            text_fits(out_of(&got), lines[i].out) &&
            text_fits(err_of(&got), lines[i].err))
            continue;
        wrong++;
        print_error("osler %s\n  code %d, not %d\n  out: %s\n  err: %s\n",
                    lines[i].line, got.code, lines[i].code, out_of(&got),
                    err_of(&got));
    }
    result_clear(&got);
    assert_int_equal(wrong, 0);
}

static void the_same_question_has_the_same_answer_twice(void **state)
{
    result first = {0}, second = {0};
    static const char *const ask[] = {"search", "--json", "relapse marrow HSCT",
                                      NULL};
    run_osler(*state, ask, NULL, &first);
    run_osler(*state, ask, NULL, &second);
    const char *one = strchr(out_of(&first), '\n');
    const char *two = strchr(out_of(&second), '\n');
    assert_non_null(one);
    assert_non_null(two); /* the first line holds the time it took */
    assert_string_equal(one, two);
    result_clear(&first);
    result_clear(&second);
}

/* Who asks for no hits is told how many there are, not that there is none. */
static void no_hits_that_are_wanted_are_not_nothing(void **state)
{
    result got = {0};
    run_line(*state, "search -k 0 relapse", &got);
    assert_int_equal(got.code, 0);
    if (!text_fits(out_of(&got), "^[0-9,]+ of ") ||
        strchr(out_of(&got), '\n')[1] != '\0')
        fail_msg("%s", out_of(&got));
    result_clear(&got);
}

/* ---- long queries ------------------------------------------------------- */

static void a_query_of_1_mb_is_answered(void **state)
{
    /* Longer than one argument may be, so it comes as a line of a batch. */
    result got = {0};
    size_t length = 1 << 20;
    char *query = malloc(length + 1);
    assert_non_null(query);
    for (size_t i = 0; i < length; i++)
        query[i] = "relapse (marrow \"cns "[i % 21];
    query[length] = '\0';
    static const char *const ask[] = {"batch", "--format", "tsv", "-", NULL};
    run_osler(*state, ask, query, &got);
    free(query);
    if (got.code != 0)
        fail_msg("code %d: %s", got.code, err_of(&got));
    assert_true(text_fits(out_of(&got), "^1\t1\tchildhood-all\\.xml#"));
    result_clear(&got);
}

static void a_phrase_of_many_words_is_cut(void **state)
{
    result got = {0};
    run_shell(*state, "osler search \"\\\"$(yes relapse | head -n 5000)\\\"\"",
              &got);
    assert_int_equal(got.code, 1);
    assert_true(text_fits(err_of(&got), "^osler: the phrases of the query have "
                                        "more than 4096 words; the rest was"));
    result_clear(&got);
}

/* ---- JSON -------------------------------------------------------------- */

static json_t *next_line(const char **at)
{
    const char *end = strchr(*at, '\n');
    assert_non_null(end);
    json_t *object = json_loadb(*at, (size_t)(end - *at), 0, NULL);
    if (!object)
        fail_msg("no JSON: %.*s", (int)(end - *at), *at);
    assert_int_equal(json_integer_value(json_object_get(object, "v")), 1);
    *at = end + 1;
    return object;
}

static void expect_members(const json_t *object, const char *const *names)
{
    for (; *names; names++)
        if (!json_object_get(object, *names))
            fail_msg("no member \"%s\"", *names);
}

static void expect_highlights(const json_t *hit)
{
    const char *text = json_string_value(json_object_get(hit, "text"));
    json_t *spans = json_object_get(hit, "highlights");
    json_int_t last = 0, length = (json_int_t)strlen(text);
    assert_true(json_array_size(spans) > 0);
    for (size_t i = 0; i < json_array_size(spans); i++) {
        json_t *span = json_array_get(spans, i);
        json_int_t from = json_integer_value(json_array_get(span, 0));
        json_int_t to = json_integer_value(json_array_get(span, 1));
        assert_true(from >= last && to > from && to <= length);
        /* Never inside a character. */
        assert_true((text[from] & 0xC0) != 0x80);
        assert_true((text[to] & 0xC0) != 0x80);
        last = to;
    }
}

/* The words of a meeting, as a query that requires them. */
static json_int_t count_of_words(void *box, const json_t *words)
{
    result got = {0};
    char line[200] = "search --count --no-expand";
    for (size_t i = 0; i < json_array_size(words); i++) {
        strncat(line, " +", sizeof line - strlen(line) - 1);
        strncat(line, json_string_value(json_array_get(words, i)),
                sizeof line - strlen(line) - 1);
    }
    run_line(box, line, &got);
    json_int_t count = strtoll(out_of(&got), NULL, 10);
    result_clear(&got);
    return count;
}

static void what_never_stands_together_is_counted(void **state)
{
    /* How many are counted: each alone, and two that occur at a time. */
    static const struct {
        const char *line;
        size_t count;
    } cases[] = {
        {"+warfarin +HSCT", 3},
        {"+warfarin +HSCT +relapse", 6},
        {"'\"relapse stroke\"'", 3},
        {"warfarin HSCT relapse", 6},
        {"warfarin anticoagulant", 0},        /* they meet */
        {"warfarin HSCT relapse aspirin", 0}, /* too many, and some found */
        {"+warfarin +HSCT +zzyzx", 0},        /* named as missing */
        {"+warfarin +HSCT updated:2001", 2},  /* nothing there at all */
        {"relapse", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        result got = {0};
        char line[200];
        snprintf(line, sizeof line, "search --no-expand --json %s",
                 cases[i].line);
        run_line(*state, line, &got);
        const char *at = out_of(&got);
        json_t *head = next_line(&at);
        const json_t *all = json_object_get(head, "meetings");
        if (json_array_size(all) != cases[i].count)
            fail_msg("%s: %zu meetings", line, json_array_size(all));
        for (size_t n = 0; n < json_array_size(all); n++) {
            const json_t *one = json_array_get(all, n);
            json_int_t count =
                json_integer_value(json_object_get(one, "count"));
            const char *best = json_string_value(json_object_get(one, "best"));
            assert_true((count > 0) == (*best != 0));
            if (!strstr(line, "updated"))
                assert_int_equal(
                    count,
                    count_of_words(*state, json_object_get(one, "words")));
        }
        json_decref(head);
        result_clear(&got);
    }
}

static void search_prints_a_head_and_an_object_a_hit(void **state)
{
    result got = {0};
    static const char *const head_names[] = {
        "query",      "read_as", "count",   "documents",
        "generation", "facets",  "missing", NULL};
    static const char *const hit_names[] = {
        "rank",      "id",      "document", "paragraph",  "score",
        "title",     "section", "url",      "updated",    "evidence",
        "citations", "text",    "snippet",  "highlights", NULL};
    run_line(*state, "search --json -k 3 relapse HSCT", &got);
    assert_int_equal(got.code, 0);
    const char *at = out_of(&got);
    json_t *head = next_line(&at);
    expect_members(head, head_names);
    assert_string_equal(json_string_value(json_object_get(head, "query")),
                        "relapse HSCT");
    json_decref(head);
    double last = 1e9;
    json_int_t rank = 0;
    while (*at) {
        json_t *hit = next_line(&at);
        expect_members(hit, hit_names);
        expect_highlights(hit);
        assert_int_equal(json_integer_value(json_object_get(hit, "rank")),
                         ++rank);
        double score = json_number_value(json_object_get(hit, "score"));
        assert_true(score > 0 && score <= last);
        last = score;
        json_decref(hit);
    }
    assert_int_equal(rank, 3);
    result_clear(&got);
}

static void show_prints_an_object(void **state)
{
    result got = {0};
    static const char *const document_names[] = {"id",      "title",      "url",
                                                 "updated", "paragraphs", NULL};
    run_line(*state, "show --json asthma.html", &got);
    assert_int_equal(got.code, 0);
    const char *at = out_of(&got);
    json_t *document = next_line(&at);
    expect_members(document, document_names);
    assert_true(json_array_size(json_object_get(document, "paragraphs")) > 9);
    json_decref(document);
    result_clear(&got);
}

/* ---- batch ------------------------------------------------------------- */

static void batch_takes_three_forms_and_keeps_their_order(void **state)
{
    result got = {0}, other = {0};
    osl_buf tsv = {0}, jsonl = {0}, plain = {0};
    static const char *const words[] = {"relapse", "asthma", "stroke",
                                        "\"blood pressure\"", "metformin"};
    for (unsigned i = 0; i < 300; i++) {
        const char *word = words[i % COUNT_OF(words)];
        bool phrase = *word == '"';
        osl_buf_printf(&plain, "%s\n", word);
        osl_buf_printf(&tsv, "%u\t%s\n", i + 1, word);
        osl_buf_printf(&jsonl, "{\"_id\":%u,\"text\":\"%s%.15s%s\"}\n", i + 1,
                       phrase ? "\\" : "", word, phrase ? "\\\"" : "");
    }
    osl_buf forms[] = {plain, tsv, jsonl};
    static const char *const ask[] = {"batch", "-j", "4", "-k", "3", "-", NULL};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char *input = strndup((const char *)forms[i].bytes, forms[i].length);
        assert_non_null(input);
        run_osler(*state, ask, input, i ? &other : &got);
        free(input);
        if (i)
            assert_string_equal(out_of(&got), out_of(&other));
    }
    assert_int_equal(got.code, 0);
    unsigned last = 0;
    for (const char *at = out_of(&got); *at; at = strchr(at, '\n') + 1) {
        unsigned id = (unsigned)strtoul(at, NULL, 10);
        assert_true(id >= last);
        last = id;
    }
    assert_int_equal(last, 300);
    osl_buf_clear(&plain);
    osl_buf_clear(&tsv);
    osl_buf_clear(&jsonl);
    result_clear(&got);
    result_clear(&other);
}

static void a_batch_answers_as_search_does(void **state)
{
    result one = {0}, many = {0};
    static const char *const queries[] = {
        "relapse HSCT", "\"blood pressure\" -stroke", "asthma OR copd",
        "title:sepsis antibiotics", "prednisolon*"};
    static const char *const ask[] = {"batch", "--json", "-k", "5", "-", NULL};
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        const char *const search[] = {"search", "--json",   "-k",
                                      "5",      queries[i], NULL};
        run_osler(*state, search, NULL, &one);
        run_osler(*state, ask, queries[i], &many);
        const char *at = out_of(&many);
        json_t *answer = next_line(&at);
        json_t *hits = json_object_get(answer, "hits");
        at = out_of(&one);
        json_decref(next_line(&at));
        assert_true(json_array_size(hits) > 0);
        for (size_t n = 0; n < json_array_size(hits); n++) {
            json_t *hit = next_line(&at);
            assert_int_equal(json_object_del(hit, "v"), 0);
            /* A batch does not open the catalogs. */
            assert_int_equal(json_object_del(hit, "first_seen"), 0);
            assert_int_equal(json_object_del(hit, "changed"), 0);
            if (!json_equal(hit, json_array_get(hits, n)))
                fail_msg("%s: hit %zu differs", queries[i], n + 1);
            json_decref(hit);
        }
        assert_string_equal(at, "");
        json_decref(answer);
    }
    result_clear(&one);
    result_clear(&many);
}

static void trec_scores_fall_strictly(void **state)
{
    result got = {0};
    static const char *const ask[] = {"batch", "-k", "1000", "--tag",
                                      "mine",  "-",  NULL};
    run_osler(*state, ask, "q1\tthe of and\nq 2\tpatients\n", &got);
    assert_int_equal(got.code, 0);
    double last = 1e9;
    char query[32] = "", seen[32] = "";
    unsigned lines_seen = 0, rank_wanted = 0;
    for (const char *at = out_of(&got); *at; at = strchr(at, '\n') + 1) {
        char document[128], rank[16], score[32], tag[16];
        assert_int_equal(sscanf(at, "%31s Q0 %127s %15s %31s %15s", query,
                                document, rank, score, tag),
                         5);
        if (strcmp(query, seen) != 0) {
            last = 1e9;
            rank_wanted = 0;
            memcpy(seen, query, sizeof seen);
        }
        assert_true(strtod(score, NULL) < last);
        assert_int_equal(strtoul(rank, NULL, 10), ++rank_wanted);
        assert_string_equal(tag, "mine");
        last = strtod(score, NULL);
        lines_seen++;
    }
    assert_true(lines_seen > 20);
    assert_string_equal(query, "q%202");
    result_clear(&got);
}

static void a_query_that_fails_does_not_stop_the_others(void **state)
{
    result got = {0};
    static const char *const ask[] = {"batch", "--format", "tsv", "-", NULL};
    run_osler(*state, ask,
              "{\"id\":\"a\",\"query\":\"asthma\",\"k\":1}\n"
              "{\"id\":\"b\"}\n"
              "{\"id\":\"c\",\"query\":\"(asthma\",\"strict\":true}\n"
              "{\"id\":\"d\",\"query\":\"asthma\",\"k\":2}\n",
              &got);
    assert_int_equal(got.code, 3);
    assert_true(text_fits(err_of(&got), "^osler: query 2: "));
    assert_true(text_fits(err_of(&got), "^osler: query 3: "));
    assert_true(text_fits(out_of(&got), "^a\t1\t"));
    assert_false(text_fits(out_of(&got), "^a\t2\t"));
    assert_true(text_fits(out_of(&got), "^d\t2\t"));
    result_clear(&got);
}

static void two_runs_are_compared_query_by_query(void **state)
{
    result got = {0};
    osl_buf judged = {0}, good = {0}, poor = {0};
    /* Ten queries, better by one each: of 2^10 signs two are as large. */
    for (int i = 0; i < 10; i++) {
        osl_buf_printf(&judged, "q%d 0 a 1\n", i);
        osl_buf_printf(&good, "q%d Q0 a 1 2 t\n", i);
        osl_buf_printf(&poor, "q%d Q0 b 1 2 t\n", i);
    }
    sandbox_write(*state, "judged", judged.bytes, judged.length);
    sandbox_write(*state, "good", good.bytes, good.length);
    sandbox_write(*state, "poor", poor.bytes, poor.length);
    run_line(*state, "eval --compare -q -m map judged poor good", &got);
    assert_int_equal(got.code, 0);
    assert_true(
        text_fits(out_of(&got), "^map +0\\.0000 +1\\.0000 +\\+1\\.0000 +q7$"));
    assert_true(text_fits(out_of(&got),
                          "^map +0\\.0000 +1\\.0000 +\\+1\\.0000 +"
                          "10 +0 +0 +0\\.00[0-4][0-9]$"));
    run_line(*state, "eval --compare -m map judged good good", &got);
    assert_false(text_fits(out_of(&got), " q7$"));
    assert_true(text_fits(out_of(&got), " 0 +10 +0 +1\\.0000$"));
    run_shell(*state, "cat poor | \"$OSLER\" eval -m P.1 judged -", &got);
    assert_true(text_fits(out_of(&got), "^P_1 +\tall\t0\\.0000$"));
    run_shell(*state, "cat good | \"$OSLER\" eval -m P.1 judged /dev/stdin",
              &got);
    assert_true(text_fits(out_of(&got), "^P_1 +\tall\t1\\.0000$"));
    run_line(*state, "eval judged .", &got);
    assert_int_equal(got.code, 3);
    assert_true(
        text_fits(err_of(&got), "^osler: \\.: cannot read: Is a directory"));
    result_clear(&got);
    osl_buf_clear(&judged);
    osl_buf_clear(&good);
    osl_buf_clear(&poor);
}

/* ---- places, defaults, the terminal ------------------------------------ */

static void the_index_is_found_where_it_should(void **state)
{
    const sandbox *box = *state;
    sandbox elsewhere, below;
    result got = {0};
    char index[512];
    sandbox_make(&elsewhere);
    run_line(&elsewhere, "search asthma", &got);
    assert_int_equal(got.code, 3);
    assert_true(text_fits(err_of(&got),
                          "^osler: no index in .osler; make one with: "
                          "osler index PATH...$"));
    (void)snprintf(index, sizeof index, "%s/.osler", box->path);
    assert_int_equal(setenv("OSLER_INDEX", index, 1), 0);
    run_line(&elsewhere, "search asthma", &got);
    assert_int_equal(unsetenv("OSLER_INDEX"), 0);
    assert_int_equal(got.code, 0);
    (void)snprintf(below.path, sizeof below.path, "%.240s/a", box->path);
    assert_int_equal(mkdir(below.path, 0700), 0);
    run_line(&below, "search asthma", &got);
    assert_int_equal(got.code, 0);
    assert_int_equal(rmdir(below.path), 0);
    result_clear(&got);
    sandbox_remove(&elsewhere);
}

static void the_configuration_gives_defaults(void **state)
{
    result got = {0};
    sandbox box;
    char folder[512];
    sandbox_make(&box);
    (void)snprintf(folder, sizeof folder, "%s/osler", box.path);
    assert_int_equal(mkdir(folder, 0700), 0);
    static const char good[] = "# mine\n top = 2\nsnippet=5\nno-expand = yes\n"
                               "store = small\n";
    sandbox_write(&box, "osler/config", good, sizeof good - 1);
    assert_int_equal(setenv("XDG_CONFIG_HOME", box.path, 1), 0);
    run_line(*state, "search --json relapse", &got);
    assert_int_equal(got.code, 0);
    size_t count = 0;
    for (const char *at = out_of(&got); *at; at = strchr(at, '\n') + 1)
        count++;
    assert_int_equal(count, 3);
    run_line(*state, "search --json -k 1 relapse", &got);
    assert_null(strstr(out_of(&got), "\"rank\":2"));
    static const char bad[] = "top = 2\nnonsense = 1\n";
    sandbox_write(&box, "osler/config", bad, sizeof bad - 1);
    run_line(*state, "search relapse", &got);
    assert_int_equal(got.code, 2);
    assert_true(text_fits(err_of(&got), "config:2: .*nonsense"));
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    result_clear(&got);
    sandbox_remove(&box);
}

static void a_reader_that_goes_away_is_no_error(void **state)
{
    result got = {0};
    run_shell(*state, "osler search --json -k 1000 the of and | head -n 1",
              &got);
    assert_int_equal(got.code, 0);
    assert_string_equal(err_of(&got), "");
    run_shell(*state, "osler search relapse > /dev/full", &got);
    assert_int_equal(got.code, 3);
    assert_true(text_fits(err_of(&got), "^osler: cannot write"));
    result_clear(&got);
}

/* A batch opens the index, then reads its queries. */
static void an_index_that_is_cut_while_it_is_read_is_said(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    run_line(&box, "index -q " OSL_SAMPLE_DIR, &got);
    assert_int_equal(got.code, 0);
    run_shell(&box,
              "mkfifo pipe; \"$OSLER\" batch pipe & pid=$!\n"
              "exec 3> pipe; sleep 0.7; truncate -s 4096 .osler/000001.seg\n"
              "echo relapse >&3; exec 3>&-; wait $pid",
              &got);
    assert_int_equal(got.code, 3);
    assert_true(
        text_fits(err_of(&got), "^osler: a file was cut short while it was"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void what_is_named_moves_no_cursor(void **state)
{
    result got = {0};
    run_shell(*state, "osler show \"$(printf 'a\\033[2Jb\\377')\"", &got);
    assert_int_equal(got.code, 1);
    assert_true(
        text_fits(err_of(&got), "^osler: a\xEF\xBF\xBD\\[2Jb\xEF\xBF\xBD: "));
    result_clear(&got);
}

/* Whatever is opened next would have the number of a stream that is closed. */
static void streams_that_are_closed_are_not_files_of_the_index(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "a.html");
    run_shell(&box, "osler index - <&-", &got);
    assert_int_equal(got.code, 3);
    assert_true(
        text_fits(err_of(&got), "standard input: .*Bad file descriptor"));
    run_shell(&box, "osler index a.html nowhere.html >&- 2>&-", &got);
    assert_int_equal(got.code, 3);
    run_shell(&box, "echo x > b.txt; osler index a.html b.txt <&- >&- 2>&-",
              &got);
    assert_int_equal(got.code, 3);
    run_shell(&box, "osler check && tr -d '0-9\\n' < .osler/lock | wc -c",
              &got);
    assert_int_equal(got.code, 0);
    assert_true(text_fits(out_of(&got), "^0$"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void a_file_that_may_not_grow_is_said(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    /* ThreadSanitizer maps a larger file of its own, if it finds a folder. */
    run_shell(&box,
              "ulimit -f 1; TEST_TMPDIR=nowhere osler index -q " OSL_SAMPLE_DIR,
              &got);
    assert_int_equal(got.code, 3);
    assert_true(text_fits(err_of(&got), "^osler: .*: File too large"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void interrupting_an_update_ends_with_130(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "a.html");
    run_line(&box, "index -q a.html", &got);
    assert_int_equal(got.code, 0);
    /* Waits for its standard input until it is interrupted. */
    run_shell(
        &box,
        "mkfifo pipe; sleep 5 > pipe & \"$OSLER\" index - < pipe & pid=$!\n"
        "sleep 0.7; kill -INT $pid; wait $pid; code=$?\n"
        "rm pipe; exit $code",
        &got);
    if (got.code != 130)
        fail_msg("code %d: %s", got.code, err_of(&got));
    run_line(&box, "search --count prednisolone", &got);
    assert_int_equal(got.code, 0);
    result_clear(&got);
    sandbox_remove(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_ends_as_it_should),
        cmocka_unit_test(the_same_question_has_the_same_answer_twice),
        cmocka_unit_test(no_hits_that_are_wanted_are_not_nothing),
        cmocka_unit_test(a_query_of_1_mb_is_answered),
        cmocka_unit_test(a_phrase_of_many_words_is_cut),
        cmocka_unit_test(what_never_stands_together_is_counted),
        cmocka_unit_test(search_prints_a_head_and_an_object_a_hit),
        cmocka_unit_test(show_prints_an_object),
        cmocka_unit_test(batch_takes_three_forms_and_keeps_their_order),
        cmocka_unit_test(a_batch_answers_as_search_does),
        cmocka_unit_test(trec_scores_fall_strictly),
        cmocka_unit_test(a_query_that_fails_does_not_stop_the_others),
        cmocka_unit_test(two_runs_are_compared_query_by_query),
        cmocka_unit_test(the_index_is_found_where_it_should),
        cmocka_unit_test(the_configuration_gives_defaults),
        cmocka_unit_test(a_reader_that_goes_away_is_no_error),
        cmocka_unit_test(an_index_that_is_cut_while_it_is_read_is_said),
        cmocka_unit_test(what_is_named_moves_no_cursor),
        cmocka_unit_test(streams_that_are_closed_are_not_files_of_the_index),
        cmocka_unit_test(a_file_that_may_not_grow_is_said),
        cmocka_unit_test(interrupting_an_update_ends_with_130),
    };
    return cmocka_run_group_tests(tests, make_shared, remove_shared);
}
