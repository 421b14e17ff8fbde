/* SPDX-License-Identifier: MIT
 *
 * Completions against a count by hand over a random corpus whose words, and
 * which of them are one word, are known. */
#include "core/base/buf.h"
#include "core/base/bytes.h"
#include "core/segment/index.h"
#include "core/segment/manifest.h"
#include "core/segment/segment_internal.h"
#include "core/segment/tables.h"
#include "core/text/text.h"
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/indexer/foreign.h"
#include "tests/test.h"

/* Rows of forms of one term. */
static const char *const groups[][3] = {
    {"relapse", "relapsed", "relapsing"},
    {"remission", "remissions", NULL},
    {"renal", NULL, NULL},
    {"biopsy", "biopsies", NULL},
    {"bone", "bones", NULL},
    {"marrow", NULL, NULL},
    {"bilirubin", NULL, NULL},
    {"die", "dying", NULL},
    {"relation", "relations", NULL},
};
static const char *const headings[] = {"Relapse of bone", "Renal", "renal care",
                                       "Bone marrow", "Biopsy"};

enum { GROUPS = COUNT_OF(groups), FORMS = 3, LENGTH_MAX = 10, MOST = 300 };

typedef struct row {
    unsigned char words[LENGTH_MAX]; /* group * FORMS + form */
    size_t length;
    unsigned heading;
} row;

typedef struct table {
    row rows[MOST];
    size_t count;
} table;

static const char *word_of(unsigned char word)
{
    return groups[word / FORMS][word % FORMS];
}

static void put_paragraph(test_random *random, table *t, unsigned heading,
                          FILE *file)
{
    row *r = &t->rows[t->count++];
    *r = (row){.length = 1 + test_random_below(random, LENGTH_MAX),
               .heading = heading};
    for (size_t i = 0; i < r->length; i++) {
        do {
            r->words[i] =
                (unsigned char)test_random_below(random, GROUPS * FORMS);
        } while (!word_of(r->words[i]));
        fprintf(file, "%s%s", i ? " " : "", word_of(r->words[i]));
    }
}

static void put_document(test_random *random, table *t, unsigned number,
                         FILE *file)
{
    uint32_t sections = 1 + test_random_below(random, 3);
    fprintf(file, "{\"id\":\"d%u\",\"title\":\"Zzz %u\",\"sections\":[", number,
            number);
    for (uint32_t i = 0; i < sections; i++) {
        uint32_t heading = test_random_below(random, COUNT_OF(headings));
        fprintf(file, "%s{\"heading\":\"%s\",\"level\":1,\"paragraphs\":[\"",
                i ? "," : "", headings[heading]);
        put_paragraph(random, t, heading, file);
        fprintf(file, "\",\"");
        put_paragraph(random, t, heading, file);
        fprintf(file, "\"]}");
    }
    fprintf(file, "]}\n");
}

static void index_part(test_random *random, const place *at, table *t,
                       const char *name, unsigned first, unsigned documents)
{
    osl_error err = {0};
    osl_index_report report;
    osl_index_options options = {.thread_count = 1};
    const char *path = place_name(at, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < documents; i++)
        put_document(random, t, first + i, file);
    assert_int_equal(fclose(file), 0);
    assert_ok(osl_index_update(place_name(at, "index"), &path, 1, &options,
                               NULL, &report, &err));
}

/* Two segments; documents of the first that were deleted again. */
static osl_searcher *make_index(test_random *random, const place *at, table *t)
{
    osl_error err = {0};
    osl_searcher *searcher;
    *t = (table){.count = 0};
    index_part(random, at, t, "gone.jsonl", 100, 6);
    *t = (table){.count = 0};
    index_part(random, at, t, "a.jsonl", 0, 12);
    index_part(random, at, t, "gone.jsonl", 200, 2);
    assert_ok(osl_searcher_open(&searcher, place_name(at, "index"), 0, &err));
    return searcher;
}

/* ---- by hand ----------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

/* Paragraphs with the word; `form` below FORMS: in this form alone. */
static uint64_t count_group(const table *t, unsigned group, unsigned form)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        bool found = false;
        for (size_t w = 0; w < t->rows[i].length; w++)
            found |= t->rows[i].words[w] / FORMS == group &&
                     (form >= FORMS || t->rows[i].words[w] % FORMS == form);
        count += found;
    }
    return count;
}

static uint64_t count_heading(const table *t, const char *heading)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        count += strcmp(headings[t->rows[i].heading], heading) == 0;
    return count;
}

/* The group of a suggested word: of one of its forms that begins so. */
static unsigned group_of(osl_text text, const char *prefix)
{
    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned f = 0; f < FORMS && groups[g][f]; f++)
            if (osl_text_equal(text, osl_text_of(groups[g][f])) &&
                begins(groups[g][f], prefix))
                return g;
    fail_msg("%.*s is no completion of %s", (int)text.length, text.bytes,
             prefix);
    return 0;
}

static osl_suggestions *ask(const osl_searcher *searcher, const char *prefix,
                            size_t k)
{
    osl_error err = {0};
    osl_suggestions *found;
    assert_ok(osl_suggest(searcher, osl_text_of(prefix), k, &found, &err));
    const osl_suggestion *one;
    uint64_t last = UINT64_MAX;
    size_t n = 0;
    for (; (one = osl_suggestions_get(found, n)); n++) {
        assert_true(one->count > 0 && one->count <= last);
        last = one->count;
    }
    assert_true(n <= k);
    return found;
}

static void compare_one_word(const osl_searcher *searcher, const table *t,
                             const char *prefix)
{
    bool seen[GROUPS] = {false}, lines[COUNT_OF(headings)] = {false};
    osl_suggestions *found = ask(searcher, prefix, 1000);
    const osl_suggestion *one;
    for (size_t n = 0; (one = osl_suggestions_get(found, n)); n++) {
        if (one->kind == OSL_SUGGESTION_HEADING) {
            size_t h = 0;
            while (!osl_text_equal(one->text, osl_text_of(headings[h])))
                assert_true(++h < COUNT_OF(headings));
            assert_int_equal(one->count, count_heading(t, headings[h]));
            assert_false(lines[h]);
            lines[h] = true;
            continue;
        }
        assert_int_equal(one->kind, OSL_SUGGESTION_WORD);
        unsigned group = group_of(one->text, prefix);
        assert_int_equal(one->count, count_group(t, group, FORMS));
        assert_false(seen[group]);
        seen[group] = true;
    }
    for (unsigned g = 0; g < GROUPS; g++) {
        bool want = false;
        for (unsigned f = 0; f < FORMS && groups[g][f]; f++)
            want |= begins(groups[g][f], prefix) && count_group(t, g, f);
        if (seen[g] != want)
            fail_msg("%s: the word %s", prefix, groups[g][0]);
    }
    for (size_t h = 0; h < COUNT_OF(headings); h++)
        assert_int_equal(lines[h], begins(headings[h], prefix) &&
                                       count_heading(t, headings[h]));
    osl_suggestions_free(found);
}

static void a_beginning_gives_all_words_and_headings(void **state)
{
    (void)state;
    test_random random = test_random_new(31);
    for (int round = 0; round < 3; round++) {
        place at = place_make();
        static table t;
        osl_searcher *searcher = make_index(&random, &at, &t);
        for (unsigned g = 0; g < GROUPS; g++)
            for (unsigned f = 0; f < FORMS && groups[g][f]; f++)
                for (size_t l = 1; l <= strlen(groups[g][f]); l++) {
                    char prefix[32] = "";
                    memcpy(prefix, groups[g][f], l);
                    compare_one_word(searcher, &t, prefix);
                }
        compare_one_word(searcher, &t, "x");
        compare_one_word(searcher, &t, "BON");
        osl_searcher_free(searcher);
        place_remove(&at);
    }
}

/* ---- the form that is shown --------------------------------------------- */

static void the_commonest_form_that_fits_is_shown(void **state)
{
    (void)state;
    static const char corpus[] =
        "{\"id\":\"a\",\"title\":\"t\",\"sections\":[{\"paragraphs\":["
        "\"relapsed\",\"relapsed ALL\",\"relapse\",\"relapsing all\","
        "\"relapsing\",\"relapsing\"]}]}\n";
    static const struct {
        const char *prefix, *text;
        uint64_t count;
    } cases[] = {
        {"r", "relapsing", 6},
        {"relapse", "relapsed", 6},
        {"relapsi", "relapsing", 6},
        {"AL", "all", 2},
    };
    osl_error err = {0};
    place at = place_make();
    osl_searcher *searcher;
    osl_index_report report;
    osl_index_options options = {.thread_count = 1};
    place_put(&at, "a.jsonl", corpus);
    const char *path = place_name(&at, "a.jsonl");
    assert_ok(osl_index_update(place_name(&at, "index"), &path, 1, &options,
                               NULL, &report, &err));
    assert_ok(osl_searcher_open(&searcher, place_name(&at, "index"), 0, &err));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_suggestions *found = ask(searcher, cases[i].prefix, 10);
        const osl_suggestion *one = osl_suggestions_get(found, 0);
        assert_non_null(one);
        if (!osl_text_equal(one->text, osl_text_of(cases[i].text)))
            fail_msg("%s: %.*s", cases[i].prefix, (int)one->text.length,
                     one->text.bytes);
        assert_int_equal(one->count, cases[i].count);
        osl_suggestions_free(found);
    }
    osl_suggestions *found = ask(searcher, "AL", 10);
    assert_true(osl_text_equal(osl_suggestions_get(found, 1)->text,
                               osl_text_of("ALL")));
    assert_int_equal(osl_suggestions_get(found, 1)->count, 1);
    osl_suggestions_free(found);
    osl_searcher_free(searcher);
    place_remove(&at);
}

/* ---- phrases ----------------------------------------------------------- */

/* Paragraphs where words of the two groups follow each other. */
static uint64_t count_pair(const table *t, unsigned a, unsigned b)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        const row *r = &t->rows[i];
        bool found = false;
        for (size_t w = 0; w + 1 < r->length; w++)
            found |= r->words[w] / FORMS == a && r->words[w + 1] / FORMS == b;
        count += found;
    }
    return count;
}

static void words_before_make_it_a_phrase(void **state)
{
    (void)state;
    enum { BILIRUBIN = 6 };
    test_random random = test_random_new(32);
    place at = place_make();
    static table t;
    osl_searcher *searcher = make_index(&random, &at, &t);
    unsigned compared = 0;
    for (unsigned b = 0; b < GROUPS; b++) {
        char prefix[64], text[64];
        const osl_suggestion *one;
        (void)snprintf(prefix, sizeof prefix, "bilirubin %.2s", groups[b][0]);
        osl_suggestions *found = ask(searcher, prefix, 100);
        for (size_t n = 0; (one = osl_suggestions_get(found, n)); n++) {
            (void)snprintf(text, sizeof text, "%.*s", (int)one->text.length,
                           one->text.bytes);
            assert_true(begins(text, prefix));
            assert_int_equal(one->kind, OSL_SUGGESTION_PHRASE);
            osl_text last = osl_text_of(text + strlen("bilirubin "));
            unsigned group = group_of(last, text + strlen("bilirubin "));
            assert_int_equal(one->count, count_pair(&t, BILIRUBIN, group));
            compared++;
        }
        osl_suggestions_free(found);
    }
    assert_true(compared > 4);
    osl_searcher_free(searcher);
    place_remove(&at);
}

/* ---- headings, however they are written --------------------------------- */

static const char *const pieces[] = {
    "a",      "mc",     "mcg", "MCG",    "l",      "L",      "qu",
    "\'",     "\u2019", "1",   "10",     ",",      ".",      "-",
    " ",      " ",      " ",   "^",      "\u00e9", "e",      "\u0301",
    "\u00df", "\u00b5", "g",   "\u2079", "\u03b1", "+",      "relapse",
    "Re",     "x",      "(",   "\u00ad", "s",      "\u0153", "d"};

/* Up to six of them. */
static void random_text(test_random *random, char *out, size_t size)
{
    size_t count = 1 + test_random_below(random, 6), length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *piece = pieces[test_random_below(random, COUNT_OF(pieces))];
        length += (size_t)snprintf(out + length, size - length, "%s", piece);
    }
}

static void put_headings(test_random *random, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < 150; i++) {
        char heading[128];
        random_text(random, heading, sizeof heading);
        fprintf(file,
                "{\"id\":\"d%u\",\"title\":\"t\",\"sections\":[{\"heading\":"
                "\"%s\",\"level\":1,\"paragraphs\":[\"one\",\"two\"]}]}\n",
                i, heading);
    }
    assert_int_equal(fclose(file), 0);
}

/* What takes text to words: the twin tokenises every heading. */
typedef struct reader {
    osl_analyzer *analyzer;
    osl_resolver *resolver;
    osl_tokens tokens;
} reader;

typedef struct word_list {
    char words[64][256];
    size_t count;
} word_list;

static void read_words(reader *r, osl_text text, word_list *out)
{
    osl_error err = {0};
    assert_ok(osl_tokenize(r->analyzer, text, &r->tokens, &err));
    out->count = r->tokens.count;
    assert_true(out->count < COUNT_OF(out->words));
    for (size_t i = 0; i < r->tokens.count; i++) {
        osl_form form;
        uint32_t start = r->tokens.starts[i];
        assert_ok(osl_resolve(
            r->resolver,
            (osl_text){text.bytes + start, r->tokens.ends[i] - start},
            r->tokens.flags[i], &form, &err));
        (void)snprintf(out->words[i], sizeof out->words[i], "%.*s",
                       (int)form.folded.length, form.folded.bytes);
    }
}

/* Whether the heading begins with what was typed, whose last word is open. */
static bool line_begins(reader *r, osl_text heading, const word_list *typed,
                        bool open)
{
    static word_list words;
    read_words(r, heading, &words);
    if (words.count < typed->count)
        return false;
    for (size_t i = 0; i < typed->count; i++) {
        const char *word = typed->words[i];
        if (open && i + 1 == typed->count
                ? strncmp(words.words[i], word, strlen(word)) != 0
                : strcmp(words.words[i], word) != 0)
            return false;
    }
    return true;
}

static uint64_t count_lines(reader *r, const osl_index *index,
                            const word_list *typed, bool open)
{
    osl_error err = {0};
    uint64_t count = 0;
    const osl_segment *segment = osl_index_segment(index, 0);
    for (uint32_t i = 0; i < osl_segment_get_info(segment)->section_count;
         i++) {
        osl_section_record section;
        assert_ok(osl_segment_section(segment, i, &section, &err));
        if (line_begins(r, section.heading, typed, open))
            count += section.paragraph_count;
    }
    return count;
}

static void compare_lines(test_random *random, reader *r,
                          const osl_searcher *searcher, const osl_index *index)
{
    char prefix[128];
    static word_list typed;
    uint64_t count = 0;
    const osl_suggestion *one;
    random_text(random, prefix, sizeof prefix);
    read_words(r, osl_text_of(prefix), &typed);
    if (typed.count == 0)
        return;
    bool open = r->tokens.ends[typed.count - 1] == strlen(prefix);
    osl_suggestions *found = ask(searcher, prefix, 100000);
    for (size_t n = 0; (one = osl_suggestions_get(found, n)); n++)
        if (one->kind == OSL_SUGGESTION_HEADING)
            count += one->count;
    osl_suggestions_free(found);
    uint64_t want = count_lines(r, index, &typed, open);
    if (count != want)
        fail_msg("%s: %u, not %u", prefix, (unsigned)count, (unsigned)want);
}

static void headings_begin_as_their_words_do(void **state)
{
    (void)state;
    static const char *const languages[] = {"en", "fr", "none"};
    test_random random = test_random_new(34);
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        place at = place_make();
        osl_error err = {0};
        reader r = {0};
        osl_searcher *searcher;
        osl_index *index;
        osl_index_report report;
        osl_index_options options = {.thread_count = 1,
                                     .language = languages[i]};
        const osl_analysis_settings settings = {.language = languages[i]};
        const char *path = place_name(&at, "a.jsonl");
        put_headings(&random, path);
        assert_ok(osl_index_update(place_name(&at, "index"), &path, 1, &options,
                                   NULL, &report, &err));
        assert_ok(
            osl_searcher_open(&searcher, place_name(&at, "index"), 0, &err));
        assert_ok(osl_index_open(&index, place_name(&at, "index"), 0,
                                 osl_kernels_get(OSL_CPU_SCALAR), &err));
        assert_ok(
            osl_analyzer_open(&r.analyzer, &settings, OSL_CPU_SCALAR, &err));
        assert_ok(osl_resolver_new(&r.resolver, r.analyzer, &err));
        for (int n = 0; n < 400; n++)
            compare_lines(&random, &r, searcher, index);
        osl_resolver_free(r.resolver);
        osl_tokens_clear(&r.tokens);
        osl_analyzer_free(r.analyzer);
        osl_index_free(index);
        osl_searcher_free(searcher);
        place_remove(&at);
    }
}

static void nothing_typed_has_no_completion(void **state)
{
    (void)state;
    test_random random = test_random_new(33);
    place at = place_make();
    static table t;
    osl_searcher *searcher = make_index(&random, &at, &t);
    static const char *const nothing[] = {"", " ", "\"", "...", "\xFF\xFE"};
    for (size_t i = 0; i < COUNT_OF(nothing); i++) {
        osl_suggestions *found = ask(searcher, nothing[i], 10);
        assert_null(osl_suggestions_get(found, 0));
        osl_suggestions_free(found);
    }
    osl_suggestions *none = ask(searcher, "r", 0);
    assert_null(osl_suggestions_get(none, 0));
    osl_suggestions_free(none);
    osl_searcher_free(searcher);
    place_remove(&at);
}

/* ---- spoilt ------------------------------------------------------------- */

static osl_segment *open_first(const place *at)
{
    osl_error err = {0};
    osl_segment *segment;
    assert_ok(osl_segment_open(&segment, place_name(at, "index/000001.seg"),
                               osl_kernels_get(OSL_CPU_SCALAR), &err));
    return segment;
}

/* Every other document says that it has all sections, in a file whose checksum
 * is right. */
static void spoil_first_sections(const place *at)
{
    osl_segment *segment = open_first(at);
    const osl_section *sums = &segment->sections[OSL_SECTION_CHECKSUMS];
    const osl_section *documents = &segment->sections[OSL_SECTION_DOCUMENTS];
    size_t end = sums->offset;
    off_t where = (off_t)documents->offset + 16 +
                  OSL_DOCUMENT_FIRST_SECTION * (off_t)OSL_COLUMN_DESCRIPTOR;
    uint8_t column[OSL_COLUMN_DESCRIPTOR];
    size_t sums_length = sums->length;
    uint8_t *new_sums = malloc(sums_length);
    assert_non_null(new_sums);
    uint8_t *bytes = malloc(end);
    assert_non_null(bytes);
    memcpy(bytes, segment->bytes, end);
    memcpy(column, bytes + where, sizeof column);
    osl_put64(column, 0);
    osl_put64(column + 8, (uint64_t)1 << 63); /* slope */
    osl_put32(column + 20, 0);                /* width */
    memcpy(bytes + where, column, sizeof column);
    for (size_t from = 0; from < end; from += OSL_CHECKSUM_BLOCK) {
        size_t left = end - from;
        osl_put32(new_sums + from / OSL_CHECKSUM_BLOCK * 4,
                  (uint32_t)XXH3_64bits(
                      bytes + from,
                      left < OSL_CHECKSUM_BLOCK ? left : OSL_CHECKSUM_BLOCK));
    }
    osl_segment_free(segment);
    write_over(at, "index/000001.seg", where, column, sizeof column);
    write_over(at, "index/000001.seg", (off_t)end, new_sums, sums_length);
    free(new_sums);
    free(bytes);
}

/* The manifest takes the file as it is now. */
static void take_spoilt(const place *at)
{
    osl_error err = {0};
    osl_arena arena = {0};
    osl_buf bytes = {0};
    osl_manifest manifest;
    osl_segment *segment = open_first(at);
    assert_ok(osl_manifest_read(&manifest, place_name(at, "index/manifest"),
                                &arena, &err));
    assert_int_equal(manifest.segment_count, 1);
    osl_manifest_segment one = manifest.segments[0];
    one.identity = osl_segment_identity(segment);
    manifest.segments = &one;
    osl_manifest_encode(&bytes, &manifest);
    assert_int_equal(unlink(place_name(at, "index/manifest")), 0);
    place_put_bytes(at, "index/manifest", (const char *)bytes.bytes,
                    bytes.length);
    osl_segment_free(segment);
    osl_buf_clear(&bytes);
    osl_arena_clear(&arena);
}

static void spoilt_sections_are_gone_through_once(void **state)
{
    (void)state;
    osl_error err = {0};
    test_random random = test_random_new(57);
    place at = place_make();
    static table t;
    osl_searcher *searcher;
    const osl_suggestion *one;
    t = (table){.count = 0};
    index_part(&random, &at, &t, "a.jsonl", 0, 12);
    spoil_first_sections(&at);
    take_spoilt(&at);
    assert_ok(osl_searcher_open(&searcher, place_name(&at, "index"), 0, &err));
    osl_suggestions *found = ask(searcher, "biop", MOST);
    uint64_t count = 0;
    for (size_t n = 0; (one = osl_suggestions_get(found, n)); n++)
        if (one->kind == OSL_SUGGESTION_HEADING)
            count += one->count;
    assert_int_equal(count, count_heading(&t, "Biopsy"));
    osl_suggestions_free(found);
    osl_searcher_free(searcher);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_beginning_gives_all_words_and_headings),
        cmocka_unit_test(the_commonest_form_that_fits_is_shown),
        cmocka_unit_test(words_before_make_it_a_phrase),
        cmocka_unit_test(headings_begin_as_their_words_do),
        cmocka_unit_test(nothing_typed_has_no_completion),
        cmocka_unit_test(spoilt_sections_are_gone_through_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
