/* SPDX-License-Identifier: MIT
 *
 * What two generations differ in: common subsequences against the table that
 * finds them by trying all, runs of words that make one text of the other, and
 * random revisions of guidelines against what is known of them. */
#include "tests/indexer/place.h"

#include "core/base/buf.h"
#include "indexer/indexer.h"
#include "query/diff_align.h"

/* ---- common subsequences ------------------------------------------------ */

enum { LIST_MAX = 60 };

/* Length of the longest, by the table (Wagner, Fischer 1974). */
static uint32_t longest(osl_diff_list a, osl_diff_list b)
{
    static uint32_t table[LIST_MAX + 1][LIST_MAX + 1];
    memset(table, 0, sizeof table);
    for (uint32_t i = 1; i <= a.count; i++)
        for (uint32_t j = 1; j <= b.count; j++) {
            uint32_t most = table[i - 1][j] > table[i][j - 1] ? table[i - 1][j]
                                                              : table[i][j - 1];
            if (a.at[i - 1] == b.at[j - 1] && table[i - 1][j - 1] + 1 > most)
                most = table[i - 1][j - 1] + 1;
            table[i][j] = most;
        }
    return table[a.count][b.count];
}

static uint32_t fill(test_random *random, uint64_t *at, uint32_t kinds)
{
    uint32_t count = test_random_below(random, LIST_MAX + 1);
    for (uint32_t i = 0; i < count; i++)
        at[i] = test_random_below(random, kinds);
    return count;
}

/* How many match; fails where they are no common subsequence. */
static uint32_t check_match(osl_diff_list a, osl_diff_list b,
                            const uint32_t *match)
{
    uint32_t count = 0, next = 0;
    for (uint32_t i = 0; i < a.count; i++) {
        if (match[i] == OSL_DIFF_NONE)
            continue;
        assert_true(match[i] >= next && match[i] < b.count);
        assert_int_equal(a.at[i], b.at[match[i]]);
        next = match[i] + 1;
        count++;
    }
    return count;
}

static void common_subsequences_are_the_longest_there_are(void **state)
{
    (void)state;
    osl_error err;
    uint64_t x[LIST_MAX], y[LIST_MAX];
    uint32_t match[LIST_MAX + 1];
    test_random random = test_random_new(1986);
    for (int round = 0; round < 4000; round++) {
        osl_arena arena = {0};
        uint32_t kinds = 1 + test_random_below(&random, 30);
        osl_diff_list a = {x, fill(&random, x, kinds)};
        osl_diff_list b = {y, fill(&random, y, kinds)};
        assert_ok(osl_diff_common(a, b, OSL_DIFF_EXACT, &arena, match, &err));
        assert_int_equal(check_match(a, b, match), longest(a, b));
        /* Too far apart to be found exactly: still a common one. */
        uint32_t exact = test_random_below(&random, 8);
        assert_ok(osl_diff_common(a, b, exact, &arena, match, &err));
        uint32_t found = check_match(a, b, match);
        if (a.count + b.count - 2 * longest(a, b) <= exact)
            assert_int_equal(found, longest(a, b));
        osl_arena_clear(&arena);
    }
}

/* ---- words -------------------------------------------------------------- */

static const struct {
    const char *text, *tokens; /* with a bar between */
} cuts[] = {
    {"", ""},
    {"Give 10 mg/kg.", "Give| |10| |mg|/|kg|."},
    {"0.01% of 50,000", "0.01|%| |of| |50,000"},
    {"a.b 1. 2,", "a|.|b| |1|.| |2|,"},
    {"  two\t\nblanks ", "  |two|\t\n|blanks| "},
    {"na\xC3\xAFve \xE2\x89\xA5 5 \xC2\xB5g",
     "na\xC3\xAFve| |\xE2\x89\xA5| |5| |\xC2\xB5g"},
    {"bad \xFF\xC3 end", "bad| |\xFF|\xC3| |end"},
    {"\xE2\x80\x9Cquoted\xE2\x80\x9D", "\xE2\x80\x9C|quoted|\xE2\x80\x9D"},
};

static void texts_are_cut_into_words_blanks_and_signs(void **state)
{
    (void)state;
    osl_error err;
    for (size_t n = 0; n < COUNT_OF(cuts); n++) {
        osl_arena arena = {0};
        osl_buf joined = {0};
        osl_diff_text split;
        osl_text text = osl_text_of(cuts[n].text);
        assert_ok(osl_diff_split(&text, 1, &arena, &split, &err));
        for (uint32_t i = 0; i < split.token_count; i++) {
            if (i)
                osl_buf_put_byte(&joined, '|');
            osl_buf_put_text(&joined, split.tokens[i].text);
        }
        osl_buf_put_byte(&joined, 0);
        assert_string_equal((char *)joined.bytes, cuts[n].tokens);
        osl_buf_clear(&joined);
        osl_arena_clear(&arena);
    }
}

/* As wdiff writes them. */
static const struct {
    const char *before, *after, *runs;
} changes[] = {
    {"Give 5 mg daily.", "Give 10 mg daily.", "Give [-5-]{+10+} mg daily."},
    {"0.01% cream", "0.1% cream", "[-0.01-]{+0.1+}% cream"},
    {"one two three", "one three", "one [-two -]three"},
    {"one three", "one two three", "one {+two +}three"},
    {"old words here stay", "new things here stay",
     "[-old words-]{+new things+} here stay"},
    {"same", "same", "same"},
    {"", "all new", "{+all new+}"},
    {"all gone", "", "[-all gone-]"},
};

static void put_run(osl_buf *out, const osl_diff_run *run)
{
    static const char *const marks[][2] = {
        {"", ""}, {"{+", "+}"}, {"[-", "-]"}};
    osl_buf_put_text(out, osl_text_of(marks[run->change][0]));
    osl_buf_put_text(out, run->text);
    osl_buf_put_text(out, osl_text_of(marks[run->change][1]));
}

/* Cleared by the caller. */
static osl_buf runs_of(osl_text before, osl_text after, const bool taken[3])
{
    osl_error err;
    osl_arena arena = {0};
    osl_buf out = {0};
    osl_diff_text split[2];
    const osl_text texts[2] = {before, after};
    const osl_diff_run *runs;
    size_t count;
    assert_ok(osl_diff_split(texts, 2, &arena, split, &err));
    assert_ok(osl_diff_runs(&split[0], &split[1], &arena, &runs, &count, &err));
    for (size_t i = 0; i < count; i++)
        if (!taken)
            put_run(&out, &runs[i]);
        else if (taken[runs[i].change])
            osl_buf_put_text(&out, runs[i].text);
    osl_buf_put_byte(&out, 0);
    osl_arena_clear(&arena);
    return out;
}

static void changes_are_told_word_by_word(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT_OF(changes); n++) {
        osl_buf out = runs_of(osl_text_of(changes[n].before),
                              osl_text_of(changes[n].after), NULL);
        assert_string_equal((char *)out.bytes, changes[n].runs);
        osl_buf_clear(&out);
    }
}

static void make_text(test_random *random, osl_buf *out)
{
    static const char *const parts[] = {
        "a",  "dose", "10",        "0.5", " ",    " ",    " ",
        ", ", ".",    "\xC2\xB5g", "\n",  "\xFF", "mg/m", "\xE2\x89\xA5"};
    uint32_t count = test_random_below(random, 40);
    for (uint32_t i = 0; i < count; i++)
        osl_buf_put_text(
            out,
            osl_text_of(parts[test_random_below(random, COUNT_OF(parts))]));
}

static void runs_make_one_text_of_the_other(void **state)
{
    (void)state;
    test_random random = test_random_new(77);
    for (int round = 0; round < 2000; round++) {
        osl_buf a = {0}, b = {0};
        make_text(&random, &a);
        make_text(&random, &b);
        osl_buf before = runs_of(osl_buf_text(&a), osl_buf_text(&b),
                                 (bool[]){true, false, true});
        osl_buf after = runs_of(osl_buf_text(&a), osl_buf_text(&b),
                                (bool[]){true, true, false});
        before.length--, after.length--;
        assert_true(osl_text_equal(osl_buf_text(&before), osl_buf_text(&a)));
        assert_true(osl_text_equal(osl_buf_text(&after), osl_buf_text(&b)));
        osl_buf_clear(&a);
        osl_buf_clear(&b);
        osl_buf_clear(&before);
        osl_buf_clear(&after);
    }
}

/* ---- revisions ---------------------------------------------------------- */

enum { DOCUMENTS = 12, PARAGRAPHS_MAX = 14, WORDS_MAX = 12, GENERATIONS = 6 };

/* A paragraph is a row of words; 0 ends it. */
typedef struct made_paragraph {
    uint32_t words[WORDS_MAX + 1];
    uint32_t section;
} made_paragraph;

typedef struct made_version {
    made_paragraph paragraphs[PARAGRAPHS_MAX];
    uint32_t count; /* 0: there is no such document */
} made_version;

typedef struct made_world {
    made_version documents[DOCUMENTS];
} made_world;

static void make_paragraph(test_random *random, made_paragraph *out)
{
    uint32_t count = 3 + test_random_below(random, WORDS_MAX - 2);
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < count; i++)
        out->words[i] = 1 + test_random_below(random, 400);
    out->section = test_random_below(random, 2);
}

static void insert(made_version *version, uint32_t at,
                   const made_paragraph *paragraph)
{
    if (version->count == PARAGRAPHS_MAX)
        return;
    memmove(&version->paragraphs[at + 1], &version->paragraphs[at],
            (version->count - at) * sizeof *paragraph);
    version->paragraphs[at] = *paragraph;
    version->count++;
}

static void take_out(made_version *version, uint32_t at)
{
    version->count--;
    memmove(&version->paragraphs[at], &version->paragraphs[at + 1],
            (version->count - at) * sizeof *version->paragraphs);
}

/* One random revision of a document that is there. */
static void revise(test_random *random, made_version *version)
{
    made_paragraph paragraph;
    uint32_t at = test_random_below(random, version->count);
    switch (test_random_below(random, 5)) {
    case 0:
        make_paragraph(random, &paragraph);
        insert(version, at, &paragraph);
        break;
    case 1:
        if (version->count > 1)
            take_out(version, at);
        break;
    case 2: /* some words */
        for (int i = 0; i < 2; i++)
            version->paragraphs[at].words[test_random_below(random, 3)] =
                1 + test_random_below(random, 400);
        break;
    case 3: /* to another place */
        paragraph = version->paragraphs[at];
        take_out(version, at);
        insert(version, test_random_below(random, version->count + 1),
               &paragraph);
        break;
    default:
        version->paragraphs[at].section ^= 1;
    }
}

static void move_on(test_random *random, made_world *world)
{
    for (uint32_t d = 0; d < DOCUMENTS; d++) {
        made_version *version = &world->documents[d];
        uint32_t chance = test_random_below(random, 10);
        if (version->count && chance == 0) {
            version->count = 0;
        } else if (!version->count && chance < 4) {
            uint32_t count = 1 + test_random_below(random, 8);
            for (uint32_t i = 0; i < count; i++) {
                made_paragraph paragraph;
                make_paragraph(random, &paragraph);
                insert(version, i, &paragraph);
            }
        } else if (version->count && chance < 6) {
            for (uint32_t i = test_random_below(random, 4); i > 0; i--)
                revise(random, version);
        }
    }
}

static osl_buf text_of(const made_paragraph *paragraph)
{
    osl_buf text = {0};
    for (uint32_t i = 0; paragraph->words[i]; i++)
        osl_buf_printf(&text, "%sw%u", i ? " " : "", paragraph->words[i]);
    return text;
}

/* As JSONL: a section begins wherever it changes. */
static void write_world(const place *folder, const made_world *world)
{
    osl_buf out = {0};
    for (uint32_t d = 0; d < DOCUMENTS; d++) {
        const made_version *version = &world->documents[d];
        if (!version->count)
            continue;
        osl_buf_printf(&out,
                       "{\"id\":\"doc%02u\",\"title\":\"T\",\"sections\":[", d);
        for (uint32_t i = 0; i < version->count; i++) {
            osl_buf text = text_of(&version->paragraphs[i]);
            osl_buf_printf(&out,
                           "%s{\"heading\":\"%s\",\"level\":1,"
                           "\"paragraphs\":[\"%.*s\"]}",
                           i ? "," : "",
                           version->paragraphs[i].section ? "Dosage"
                                                          : "Prevention",
                           (int)text.length, (const char *)text.bytes);
            osl_buf_clear(&text);
        }
        osl_buf_printf(&out, "]}\n");
    }
    place_put_bytes(folder, "all.jsonl", out.bytes, out.length);
    osl_buf_clear(&out);
}

static void index_world(const place *folder, const made_world *world,
                        osl_store store)
{
    char index[512], source[512];
    osl_error err;
    osl_index_report report;
    (void)snprintf(index, sizeof index, "%s/index", folder->path);
    (void)snprintf(source, sizeof source, "%s/all.jsonl", folder->path);
    write_world(folder, world);
    const char *const paths[] = {source};
    const osl_index_options how = {
        .keep = GENERATIONS, .store = store, .thread_count = 1};
    assert_ok(osl_index_update(index, paths, 1, &how, NULL, &report, &err));
}

/* ---- what a diff says, held against both versions ----------------------- */

static bool same_paragraph(const made_paragraph *a, const made_paragraph *b)
{
    return memcmp(a->words, b->words, sizeof a->words) == 0;
}

static void check_hit(const osl_hit *hit, const made_version *version)
{
    assert_true(hit->paragraph >= 1 && hit->paragraph <= version->count);
    osl_buf text = text_of(&version->paragraphs[hit->paragraph - 1]);
    assert_true(osl_text_equal(hit->text, osl_buf_text(&text)));
    osl_buf_clear(&text);
}

/* Each word of a twice, as often as both have it, by those of both. */
static double likeness(const made_paragraph *a, const made_paragraph *b)
{
    bool taken[WORDS_MAX] = {false};
    uint32_t n = 0, m = 0, both = 0;
    while (b->words[m])
        m++;
    for (; a->words[n]; n++)
        for (uint32_t j = 0; j < m; j++)
            if (!taken[j] && a->words[n] == b->words[j]) {
                taken[j] = true;
                both++;
                break;
            }
    return 2.0 * both / (n + m);
}

typedef struct told {
    bool removed[PARAGRAPHS_MAX], added[PARAGRAPHS_MAX];
    bool seen_before[PARAGRAPHS_MAX], seen_after[PARAGRAPHS_MAX];
} told;

static void check_paragraph(const osl_diff_paragraph *paragraph,
                            const made_version *before,
                            const made_version *after, told *said)
{
    const osl_hit *a = paragraph->before, *b = paragraph->after;
    assert_int_equal(a == NULL, paragraph->change == OSL_CHANGE_ADDED);
    assert_int_equal(b == NULL, paragraph->change == OSL_CHANGE_REMOVED);
    if (a) {
        check_hit(a, before);
        assert_false(said->seen_before[a->paragraph - 1]);
        said->seen_before[a->paragraph - 1] = true;
        said->removed[a->paragraph - 1] = !b;
    }
    if (b) {
        check_hit(b, after);
        assert_false(said->seen_after[b->paragraph - 1]);
        said->seen_after[b->paragraph - 1] = true;
        said->added[b->paragraph - 1] = !a;
    }
    if (!a || !b)
        return;
    const made_paragraph *x = &before->paragraphs[a->paragraph - 1];
    const made_paragraph *y = &after->paragraphs[b->paragraph - 1];
    assert_int_equal(same_paragraph(x, y),
                     paragraph->change == OSL_CHANGE_MOVED);
    if (paragraph->change == OSL_CHANGE_CHANGED) {
        assert_true(likeness(x, y) >= OSL_DIFF_ALIKE);
        assert_true(paragraph->run_count > 1);
    }
}

/* What was not told is the same and in order; nothing that was removed and
 * nothing that was added are one paragraph. */
static void check_rest(const made_version *before, const made_version *after,
                       const told *said)
{
    uint32_t j = 0;
    for (uint32_t i = 0; i < before->count; i++) {
        if (said->seen_before[i])
            continue;
        while (j < after->count && said->seen_after[j])
            j++;
        assert_true(j < after->count);
        assert_true(
            same_paragraph(&before->paragraphs[i], &after->paragraphs[j]));
        assert_int_equal(before->paragraphs[i].section,
                         after->paragraphs[j++].section);
    }
    while (j < after->count && said->seen_after[j])
        j++;
    assert_int_equal(j, after->count);
    for (uint32_t i = 0; i < before->count; i++)
        for (j = 0; j < after->count; j++)
            if (said->removed[i] && said->added[j])
                assert_true(likeness(&before->paragraphs[i],
                                     &after->paragraphs[j]) < OSL_DIFF_ALIKE);
}

static bool same_version(const made_version *a, const made_version *b)
{
    return a->count == b->count &&
           memcmp(a->paragraphs, b->paragraphs,
                  a->count * sizeof *a->paragraphs) == 0;
}

static void check_document(const osl_diff_document *document,
                           const made_version *before,
                           const made_version *after)
{
    told said = {0};
    assert_false(same_version(before, after));
    assert_int_equal(document->change, !before->count  ? OSL_CHANGE_ADDED
                                       : !after->count ? OSL_CHANGE_REMOVED
                                                       : OSL_CHANGE_CHANGED);
    for (size_t i = 0; i < document->paragraph_count; i++)
        check_paragraph(&document->paragraphs[i], before, after, &said);
    check_rest(before, after, &said);
    assert_int_equal(document->same + document->added + document->changed +
                         document->moved,
                     after->count);
    assert_int_equal(document->same + document->removed + document->changed +
                         document->moved,
                     before->count);
}

/* Every paragraph is followed to one that is the same or alike. */
static void follow_document(osl_diff *diff, uint32_t d, const made_version *a,
                            const made_version *b)
{
    osl_error err;
    char id[16];
    (void)snprintf(id, sizeof id, "doc%02u", d);
    for (uint32_t i = 0; i < a->count; i++) {
        uint32_t now;
        assert_ok(osl_diff_follow(diff, osl_text_of(id), i + 1, &now, &err));
        assert_true(now <= b->count);
        if (same_version(a, b))
            assert_int_equal(now, i + 1);
        else if (now)
            assert_true(likeness(&a->paragraphs[i], &b->paragraphs[now - 1]) >=
                        OSL_DIFF_ALIKE);
    }
}

static void check_follow(osl_diff *diff, const made_world *before,
                         const made_world *after)
{
    for (uint32_t d = 0; d < DOCUMENTS; d++)
        follow_document(diff, d, &before->documents[d], &after->documents[d]);
}

static void check_diff(const place *folder, const made_world *before,
                       uint64_t from, const made_world *after, uint64_t to)
{
    char index[512];
    osl_error err;
    osl_diff *diff;
    const osl_diff_document *document;
    bool told_of[DOCUMENTS] = {false};
    (void)snprintf(index, sizeof index, "%s/index", folder->path);
    assert_ok(osl_diff_open(&diff, index, from, to, &err));
    osl_status status;
    while ((status = osl_diff_next(diff, &document, &err)) == OSL_OK) {
        char id[16];
        (void)snprintf(id, sizeof id, "%.*s", (int)document->id.length,
                       document->id.bytes);
        uint32_t d = (uint32_t)strtoul(id + 3, NULL, 10);
        assert_true(d < DOCUMENTS && !told_of[d]);
        told_of[d] = true;
        check_document(document, &before->documents[d], &after->documents[d]);
    }
    assert_int_equal(status, OSL_END);
    for (uint32_t d = 0; d < DOCUMENTS; d++)
        assert_int_equal(told_of[d], !same_version(&before->documents[d],
                                                   &after->documents[d]));
    check_follow(diff, before, after);
    osl_diff_free(diff);
}

static bool same_world(const made_world *a, const made_world *b)
{
    for (uint32_t d = 0; d < DOCUMENTS; d++)
        if (!same_version(&a->documents[d], &b->documents[d]))
            return false;
    return true;
}

/* ---- dates -------------------------------------------------------------- */

static bool has_paragraph(const made_version *version,
                          const made_paragraph *paragraph)
{
    for (uint32_t i = 0; i < version->count; i++)
        if (same_paragraph(&version->paragraphs[i], paragraph))
            return true;
    return false;
}

/* The generation since which each has had this text. */
static uint32_t since(const made_world *worlds, uint32_t last, uint32_t d,
                      const made_paragraph *paragraph)
{
    while (last > 0 && has_paragraph(&worlds[last - 1].documents[d], paragraph))
        last--;
    return last;
}

static void check_dates(const place *folder, const made_world *worlds)
{
    uint64_t published[GENERATIONS];
    osl_error err;
    osl_searcher *searcher = NULL;
    osl_history *history;
    const char *index = place_name(folder, "index");
    for (uint32_t g = 0; g < GENERATIONS; g++) {
        osl_searcher_free(searcher);
        assert_ok(osl_searcher_open(&searcher, index, g + 1, &err));
        published[g] = osl_diff_get_generation(searcher).created_us;
    }
    assert_ok(osl_history_open(&history, searcher, &err));
    for (uint32_t d = 0; d < DOCUMENTS; d++) {
        const made_version *version = &worlds[GENERATIONS - 1].documents[d];
        osl_answer *answer = NULL;
        char id[16];
        (void)snprintf(id, sizeof id, "doc%02u", d);
        if (version->count)
            assert_ok(osl_show(searcher, osl_text_of(id), 0, &answer, &err));
        for (uint32_t i = 0; i < version->count; i++) {
            uint64_t first_seen, changed;
            assert_true(osl_history_get(history, osl_answer_hit(answer, i),
                                        &first_seen, &changed));
            assert_int_equal(changed,
                             published[since(worlds, GENERATIONS - 1, d,
                                             &version->paragraphs[i])]);
            assert_true(first_seen >= published[0] && first_seen <= changed);
        }
        osl_answer_free(answer);
    }
    osl_history_free(history);
    osl_searcher_free(searcher);
}

static void random_revisions_are_told_as_they_were_made(void **state)
{
    (void)state;
    test_random random = test_random_new(13);
    for (int round = 0; round < 6; round++) {
        static made_world worlds[GENERATIONS];
        place folder = place_make();
        memset(worlds, 0, sizeof worlds);
        for (uint32_t g = 0; g < GENERATIONS; g++) {
            if (g)
                worlds[g] = worlds[g - 1];
            do
                move_on(&random, &worlds[g]);
            while (g ? same_world(&worlds[g], &worlds[g - 1])
                     : !worlds[g].documents[0].count);
            index_world(&folder, &worlds[g], OSL_STORE_FULL);
        }
        /* Any two that are kept, forwards and backwards. */
        for (uint32_t a = 0; a < GENERATIONS; a++)
            for (uint32_t b = 0; b < GENERATIONS; b++)
                check_diff(&folder, &worlds[a], a + 1, &worlds[b], b + 1);
        check_dates(&folder, worlds);
        place_remove(&folder);
    }
}

static void the_defaults_are_the_one_before_and_the_current(void **state)
{
    (void)state;
    osl_error err;
    char index[512];
    osl_diff *diff;
    static made_world world;
    place folder = place_make();
    test_random random = test_random_new(3);
    (void)snprintf(index, sizeof index, "%s/index", folder.path);
    memset(&world, 0, sizeof world);
    while (!world.documents[0].count)
        move_on(&random, &world);
    index_world(&folder, &world, OSL_STORE_NONE);
    assert_int_equal(osl_diff_open(&diff, index, 0, 0, &err), OSL_ENOTFOUND);
    assert_non_null(strstr(err.text, "no generation before 1"));
    revise(&random, &world.documents[0]);
    take_out(&world.documents[0], 0);
    index_world(&folder, &world, OSL_STORE_NONE);
    assert_int_equal(osl_diff_open(&diff, index, 7, 0, &err), OSL_ENOTFOUND);
    assert_ok(osl_diff_open(&diff, index, 0, 0, &err));
    assert_int_equal(osl_diff_get_generation(osl_diff_before(diff)).number, 1);
    assert_int_equal(osl_diff_get_generation(osl_diff_after(diff)).number, 2);
    assert_false(osl_diff_has_texts(diff));
    /* Without texts nothing is alike. */
    const osl_diff_document *document;
    assert_ok(osl_diff_next(diff, &document, &err));
    assert_int_equal(document->changed, 0);
    assert_true(document->removed > 0);
    assert_int_equal(osl_diff_next(diff, &document, &err), OSL_END);
    osl_diff_free(diff);
    place_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_subsequences_are_the_longest_there_are),
        cmocka_unit_test(texts_are_cut_into_words_blanks_and_signs),
        cmocka_unit_test(changes_are_told_word_by_word),
        cmocka_unit_test(runs_make_one_text_of_the_other),
        cmocka_unit_test(random_revisions_are_told_as_they_were_made),
        cmocka_unit_test(the_defaults_are_the_one_before_and_the_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
