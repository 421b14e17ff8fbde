/* SPDX-License-Identifier: MIT
 *
 * Any sequence of updates answers as a fresh build of the same files does:
 * files come, change, go, are renamed and change their format, records repeat
 * across them; after each update everything that can be asked is asked of both
 * indexes, and the answers are compared byte for byte. Some updates put what
 * they write into an order of its own; threads, the bound on memory, how texts
 * are kept and which pairs there are differ from sequence to sequence, and some
 * change on the way.
 *
 * OSLER_TEST_SEQUENCES=n makes n of them instead of 4, from OSL_SEED on. */
#include "tests/indexer/place.h"

#include "core/base/buf.h"
#include "core/segment/index.h"
#include "core/segment/registry.h"
#include "indexer/indexer.h"
#include "query/query.h"

#include <utime.h>

/* ---- files -------------------------------------------------------------- */

static const char *const words[] = {
    "relapse",
    "relapsed",
    "relapses",
    "leukemia",
    "leukaemia",
    "marrow",
    "bone",
    "children",
    "therapy",
    "BCR-ABL1",
    "BCRABL1",
    "CD19+",
    "dose",
    "mg/m2",
    "isolated",
    "testicular",
    "the",
    "of",
    "and",
    "methotrexate",
    "acute lymphoblastic leukemia (ALL)",
    "ALL",
    "anterior lymph line (ALL)",
    "interferon-alpha",
    "HSCT",
    "hematopoietic stem cell transplantation (HSCT)",
    "50,000",
    "T-cell",
    "(Grade 1B).",
    "[66]"};

static const char *const names[] = {
    "a.jsonl", "b.jsonl", "deep/c.jsonl", "d.md",    "deep/e.html",
    "f.txt",   "g.md",    "deep/h.md",    "i.jsonl", "j.html"};

static const char *const roots[] = {"tree", "other"};

static void put_words(test_random *random, osl_buf *out, uint32_t most)
{
    uint32_t count = 1 + test_random_below(random, most);
    for (uint32_t i = 0; i < count; i++)
        osl_buf_printf(out, "%s%s", i ? " " : "",
                       words[test_random_below(random, COUNT_OF(words))]);
}

static void put_record(test_random *random, osl_buf *out)
{
    osl_buf_printf(out, "{\"id\":\"r%u\",", test_random_below(random, 25));
    if (test_random_below(random, 3) == 0) {
        osl_buf_printf(out, "\"updated\":\"201%u-02-01\",\"title\":\"",
                       test_random_below(random, 10));
        put_words(random, out, 3);
        osl_buf_printf(out, "\",\"sections\":[{\"heading\":\"");
        put_words(random, out, 3);
        osl_buf_printf(out, "\",\"paragraphs\":[\"");
        put_words(random, out, 12);
        osl_buf_printf(out, "\",\"");
        put_words(random, out, 12);
        osl_buf_printf(out, "\"]}]}\n");
        return;
    }
    osl_buf_printf(out, "\"text\":\"");
    put_words(random, out, 12);
    osl_buf_printf(out, "\"}\n");
}

static void put_markdown(test_random *random, osl_buf *out)
{
    for (uint32_t i = 1 + test_random_below(random, 4); i > 0; i--) {
        osl_buf_printf(out, "# ");
        put_words(random, out, 3);
        osl_buf_printf(out, "\n\n");
        put_words(random, out, 20);
        osl_buf_printf(out, "\n\n- ");
        put_words(random, out, 20);
        osl_buf_printf(out, "\n\n");
    }
}

static void put_html(test_random *random, osl_buf *out)
{
    osl_buf_printf(out, "<!DOCTYPE html><html><head><title>");
    put_words(random, out, 4);
    osl_buf_printf(out, "</title></head><body>");
    for (uint32_t i = 1 + test_random_below(random, 4); i > 0; i--) {
        osl_buf_printf(out, "<h2>");
        put_words(random, out, 3);
        osl_buf_printf(out, "</h2><p>");
        put_words(random, out, 20);
        osl_buf_printf(out, "</p>");
    }
    osl_buf_printf(out, "</body></html>\n");
}

static void put_bytes(const place *at, const char *path, osl_buf *bytes)
{
    assert_false(bytes->failed);
    place_put_bytes(at, path, bytes->length ? (void *)bytes->bytes : "",
                    bytes->length);
    osl_buf_clear(bytes);
}

static void make_file(test_random *random, const place *at, const char *path)
{
    osl_buf bytes = {0};
    bool records = strstr(path, ".jsonl") && test_random_below(random, 8) > 0;
    uint32_t kind = records ? 0 : test_random_below(random, 4);
    if (kind == 0)
        for (uint32_t i = test_random_below(random, 9); i > 0; i--)
            put_record(random, &bytes);
    else if (kind == 1)
        put_html(random, &bytes);
    else
        put_markdown(random, &bytes);
    put_bytes(at, path, &bytes);
}

/* One line less, one more, or another one; others stay. */
static void edit_file(test_random *random, const place *at, const char *path)
{
    osl_buf bytes = {0};
    FILE *file = fopen(place_name(at, path), "rb");
    char line[4096];
    if (!file)
        return;
    uint32_t what = test_random_below(random, 3);
    uint32_t where = test_random_below(random, 6), number = 0;
    while (fgets(line, sizeof line, file)) {
        if (number++ != where || what == 0)
            osl_buf_put_text(&bytes, osl_text_of(line));
        if (number == where + 1 && what < 2 && line[0] == '{')
            put_record(random, &bytes);
        else if (number == where + 1 && what < 2)
            osl_buf_printf(&bytes, "more words\n");
    }
    assert_int_equal(fclose(file), 0);
    put_bytes(at, path, &bytes);
}

static void change_tree(test_random *random, const place *at, const char *root)
{
    char path[256], other[256];
    const char *name = names[test_random_below(random, COUNT_OF(names))];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    switch (test_random_below(random, 8)) {
    case 0:
        (void)unlink(place_name(at, path));
        break;
    case 1:
        name = names[test_random_below(random, COUNT_OF(names))];
        (void)snprintf(other, sizeof other, "%s/%s", root, name);
        (void)rename(place_name(at, path), place_name(at, other));
        break;
    case 2:
        (void)utime(place_name(at, path), NULL);
        break;
    case 3:
    case 4:
    case 5:
        edit_file(random, at, path);
        break;
    default:
        make_file(random, at, path);
    }
}

/* ---- everything that can be asked --------------------------------------- */

static const char *const queries[] = {
    "relapse",
    "relapse bone marrow",
    "+relapse -children",
    "leukemia AND (therapy OR dose) NOT the",
    "\"bone marrow\"",
    "\"relapse of leukemia\"~4",
    "isolated NEAR/5 relapse",
    "BCRABL1",
    "ALL",
    "HSCT relapse",
    "title:relapse",
    "section:marrow",
    "relaps*",
    "leukemai~1",
    "=relapsed",
    "updated:>=2014-02-01",
    "document:d.md",
    "document:r3 OR document:r7",
    "evidence:1B",
    "more words",
    "the of and",
    "relapse^2.5 methotrexate",
    "\"T cell\" interferon",
};

static void put_text(osl_buf *out, const char *name, osl_text text)
{
    osl_buf_printf(out, " %s=%.*s", name, (int)text.length, text.bytes);
}

static void put_hit(osl_buf *out, const osl_hit *hit)
{
    osl_buf_printf(out, "%u:%u line %u kind %u", hit->paragraph, hit->score,
                   hit->line, hit->kind);
    put_text(out, "id", hit->id);
    put_text(out, "document", hit->document);
    put_text(out, "title", hit->title);
    put_text(out, "url", hit->url);
    put_text(out, "updated", hit->updated);
    put_text(out, "audience", hit->audience);
    put_text(out, "language", hit->language);
    put_text(out, "source", hit->source);
    for (size_t i = 0; i < hit->section_count; i++)
        put_text(out, "section", hit->sections[i]);
    for (size_t i = 0; i < hit->evidence_count; i++)
        put_text(out, "evidence", hit->evidence[i]);
    for (size_t i = 0; i < hit->citation_count; i++)
        put_text(out, "citation", hit->citations[i]);
    for (size_t i = 0; i < hit->highlight_count; i++)
        osl_buf_printf(out, " [%u,%u]", hit->highlights[i].start,
                       hit->highlights[i].end);
    osl_buf_printf(out, " snippet %u %u", hit->snippet.start, hit->snippet.end);
    put_text(out, "text", hit->text);
    osl_buf_printf(out, "\n");
}

static void put_answer(osl_buf *out, const osl_answer *answer)
{
    osl_text word, nearest;
    osl_buf_printf(out, "count %llu documents %llu",
                   (unsigned long long)osl_answer_count(answer),
                   (unsigned long long)osl_answer_document_count(answer));
    put_text(out, "read as", osl_answer_read_as(answer));
    for (size_t i = 0; osl_answer_note(answer, i); i++)
        osl_buf_printf(out, " note %s", osl_answer_note(answer, i));
    for (size_t i = 0; osl_answer_missing(answer, i, &word, &nearest); i++) {
        put_text(out, "missing", word);
        put_text(out, "nearest", nearest);
    }
    for (unsigned kind = 0; kind < OSL_FACET_KINDS; kind++) {
        const osl_facet *facet;
        for (size_t i = 0;
             (facet = osl_answer_facet(answer, (osl_facet_kind)kind, i)); i++) {
            put_text(out, "facet", facet->value);
            put_text(out, "of", facet->title);
            osl_buf_printf(out, " %llu", (unsigned long long)facet->count);
        }
    }
    osl_buf_printf(out, "\n");
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++)
        put_hit(out, osl_answer_hit(answer, i));
}

static void ask(osl_buf *out, const osl_searcher *searcher, const char *query,
                const osl_search_options *options)
{
    osl_error err;
    osl_answer *answer = NULL;
    osl_buf_printf(out, "query %s\n", query);
    assert_ok(osl_search(searcher, osl_text_of(query), options, &answer, &err));
    put_answer(out, answer);
    osl_answer_free(answer);
}

static void ask_in_all_ways(osl_buf *out, const osl_searcher *searcher,
                            const char *query)
{
    osl_search_options options = osl_search_defaults;
    options.want_facets = true;
    ask(out, searcher, query, &options);
    options.by_document = true;
    options.sort = OSL_SORT_DATE;
    ask(out, searcher, query, &options);
    options = osl_search_defaults;
    options.ranking = OSL_RANKING_BM25;
    options.k = 3;
    ask(out, searcher, query, &options);
    options = osl_search_defaults;
    options.feedback = true;
    options.offset = 2;
    ask(out, searcher, query, &options);
}

static void put_suggestions(osl_buf *out, const osl_searcher *searcher,
                            const char *prefix)
{
    osl_error err;
    osl_suggestions *list = NULL;
    const osl_suggestion *one;
    assert_ok(osl_suggest(searcher, osl_text_of(prefix), 20, &list, &err));
    osl_buf_printf(out, "suggest %s\n", prefix);
    for (size_t i = 0; (one = osl_suggestions_get(list, i)); i++) {
        put_text(out, "suggestion", one->text);
        osl_buf_printf(out, " kind %u count %llu\n", (unsigned)one->kind,
                       (unsigned long long)one->count);
    }
    osl_suggestions_free(list);
}

static void put_term(void *user, osl_text term, uint64_t df, uint64_t cf)
{
    put_text(user, "term", term);
    osl_buf_printf(user, " %llu %llu\n", (unsigned long long)df,
                   (unsigned long long)cf);
}

static void put_shown(osl_buf *out, const osl_searcher *searcher,
                      const char *what)
{
    osl_error err;
    osl_answer *answer = NULL;
    osl_status status = osl_show(searcher, osl_text_of(what), 1, &answer, &err);
    osl_buf_printf(out, "show %s: %d\n", what, (int)status);
    if (status == OSL_OK)
        put_answer(out, answer);
    else
        assert_int_equal(status, OSL_ENOTFOUND);
    osl_answer_free(answer);
}

static void put_abbreviations(osl_buf *out, const char *path)
{
    static const char *const forms[] = {"ALL", "HSCT", "BMT"};
    osl_error err;
    osl_index *index = NULL;
    osl_arena arena = {0};
    const osl_sense *senses;
    size_t count;
    assert_ok(
        osl_index_open(&index, path, 0, osl_kernels_get(OSL_CPU_SCALAR), &err));
    assert_null(osl_index_note(index));
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        assert_ok(osl_index_senses(index, osl_text_of(forms[i]), &arena,
                                   &senses, &count, &err));
        for (size_t n = 0; n < count; n++) {
            put_text(out, forms[i], senses[n].long_form);
            osl_buf_printf(out, " in %u\n", senses[n].documents);
        }
    }
    osl_arena_clear(&arena);
    osl_index_free(index);
}

static osl_buf ask_everything(const char *path)
{
    static const char *const prefixes[] = {"re", "bone m", "l", "acute ", "t"};
    osl_error err;
    osl_buf out = {0};
    osl_searcher *searcher = NULL;
    osl_searcher_info info;
    assert_ok(osl_searcher_open(&searcher, path, 0, &err));
    assert_ok(osl_searcher_get_info(searcher, &info, &err));
    osl_buf_printf(&out, "paragraphs %llu documents %llu text %llu",
                   (unsigned long long)info.paragraphs,
                   (unsigned long long)info.documents,
                   (unsigned long long)info.bytes_text);
    put_text(&out, "newest", info.newest);
    for (size_t i = 0; i < COUNT_OF(queries); i++)
        ask_in_all_ways(&out, searcher, queries[i]);
    for (size_t i = 0; i < COUNT_OF(prefixes); i++)
        put_suggestions(&out, searcher, prefixes[i]);
    assert_ok(osl_searcher_terms(searcher, osl_text_of(""), 1000, put_term,
                                 &out, &err));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        put_shown(&out, searcher, names[i]);
    for (unsigned i = 0; i < 25; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "r%u", i);
        put_shown(&out, searcher, id);
    }
    osl_searcher_free(searcher);
    put_abbreviations(&out, path);
    assert_false(out.failed);
    return out;
}

/* ---- sequences ---------------------------------------------------------- */

static void fail_at_difference(const osl_buf *updated, const osl_buf *fresh,
                               unsigned seed, unsigned step)
{
    size_t at = 0, line = 0;
    while (at < updated->length && at < fresh->length &&
           updated->bytes[at] == fresh->bytes[at]) {
        if (updated->bytes[at] == '\n')
            line = at + 1;
        at++;
    }
    size_t question = line;
    while (question > 0 && memcmp(updated->bytes + question, "query", 5) != 0)
        question--;
    fail_msg("seed %u, step %u, after %.60s:\n  updated: %.*s\n  fresh:   %.*s",
             seed, step, (const char *)updated->bytes + question,
             (int)(updated->length - line > 500 ? 500 : updated->length - line),
             (const char *)updated->bytes + line,
             (int)(fresh->length - line > 500 ? 500 : fresh->length - line),
             (const char *)fresh->bytes + line);
}

static void build_fresh(const place *at, const char *folder,
                        const osl_index_options *options,
                        osl_index_report *report)
{
    osl_error err;
    char first[512], second[512];
    (void)snprintf(first, sizeof first, "%s/%s", at->path, roots[0]);
    (void)snprintf(second, sizeof second, "%s/%s", at->path, roots[1]);
    const char *paths[] = {first, second};
    assert_ok(osl_index_update(folder, paths, 2, options, NULL, report, &err));
}

/* Settings that an index is made with. */
static osl_index_options any_settings(test_random *random)
{
    static const osl_store stores[] = {OSL_STORE_FULL, OSL_STORE_FULL,
                                       OSL_STORE_SMALL, OSL_STORE_NONE};
    static const osl_pairs pairs[] = {OSL_PAIRS_DEFAULT, OSL_PAIRS_NONE,
                                      OSL_PAIRS_MORE};
    return (osl_index_options){
        .store = stores[test_random_below(random, COUNT_OF(stores))],
        .pairs = pairs[test_random_below(random, COUNT_OF(pairs))]};
}

/* The same, written in another way: no byte that is asked for differs. */
static osl_index_options in_any_way(const osl_index_options *settings,
                                    test_random *random)
{
    osl_index_options options = *settings;
    options.reorder = test_random_below(random, 2);
    options.thread_count = test_random_below(random, 4);
    options.memory_bytes =
        test_random_below(random, 3) ? 0 : 1u << test_random_below(random, 24);
    options.optimize = test_random_below(random, 12) == 0;
    return options;
}

static osl_registry read_registry(const char *folder, uint64_t generation,
                                  osl_arena *arena)
{
    osl_error err;
    osl_registry registry;
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%06u.reg", folder,
                   (unsigned)generation);
    assert_ok(osl_registry_read(&registry, path, arena, &err));
    return registry;
}

/* Sources that are as they were are copied from registry to registry. */
static void compare_sources(const osl_registry *got, const osl_registry *want)
{
    assert_int_equal(got->source_count, want->source_count);
    for (size_t i = 0; i < got->source_count; i++) {
        const osl_registry_source *a = &got->sources[i];
        const osl_registry_source *b = &want->sources[i];
        assert_true(osl_text_equal(a->name, b->name));
        assert_int_equal(a->root, b->root);
        assert_int_equal(a->size, b->size);
        assert_true(a->hash == b->hash);
        assert_int_equal(a->documents, b->documents);
        assert_int_equal(a->shadowed.count, b->shadowed.count);
    }
}

static void compare_registries(const char *index, uint64_t generation,
                               const char *fresh)
{
    osl_arena arena = {0};
    const osl_registry got = read_registry(index, generation, &arena);
    const osl_registry want = read_registry(fresh, 1, &arena);
    compare_sources(&got, &want);
    osl_arena_clear(&arena);
}

static void compare_with_fresh(const place *at, unsigned seed, unsigned step,
                               const osl_index_options *settings,
                               const osl_index_report *report)
{
    place fresh = place_make();
    osl_index_report expected;
    char folder[512], index[512];
    (void)snprintf(folder, sizeof folder, "%s/index", fresh.path);
    (void)snprintf(index, sizeof index, "%s/index", at->path);
    build_fresh(at, folder, settings, &expected);
    osl_buf want = ask_everything(folder), got = ask_everything(index);
    if (got.length != want.length ||
        memcmp(got.bytes, want.bytes, got.length) != 0)
        fail_at_difference(&got, &want, seed, step);
    assert_int_equal(report->documents, expected.documents);
    assert_int_equal(report->paragraphs, expected.paragraphs);
    compare_registries(index, report->generation, folder);
    osl_buf_clear(&want);
    osl_buf_clear(&got);
    place_remove(&fresh);
}

/* Changes files of one root or both, and names it, or nothing. */
static osl_index_report update_once(test_random *random, const place *at,
                                    const osl_index_options *settings)
{
    osl_error err;
    osl_index_report report;
    const osl_index_options options = in_any_way(settings, random);
    char index[512], named[512];
    uint32_t root = test_random_below(random, 3);
    for (uint32_t i = 1 + test_random_below(random, 5); i > 0; i--)
        change_tree(random, at,
                    roots[root < 2 ? root : test_random_below(random, 2)]);
    (void)snprintf(index, sizeof index, "%s/index", at->path);
    (void)snprintf(named, sizeof named, "%s/%s", at->path,
                   roots[root < 2 ? root : 0]);
    const char *paths[] = {named};
    assert_ok(osl_index_update(index, paths, root < 2, &options, NULL, &report,
                               &err));
    return report;
}

static void run_sequence(unsigned seed, unsigned steps)
{
    test_random random = {seed};
    place at = place_make();
    osl_index_report report;
    char index[512];
    place_put(&at, "tree/always.md", "# Always\n\nhere\n");
    place_put(&at, "other/always.md", "# Always\n\nhere, too\n");
    for (unsigned i = 0; i < 12; i++)
        change_tree(&random, &at, roots[i % 2]);
    (void)snprintf(index, sizeof index, "%s/index", at.path);
    osl_index_options settings = any_settings(&random);
    const osl_index_options first = in_any_way(&settings, &random);
    build_fresh(&at, index, &first, &report);
    for (unsigned step = 0; step < steps; step++) {
        if (test_random_below(&random, 10) == 0)
            settings = any_settings(&random);
        report = update_once(&random, &at, &settings);
        compare_with_fresh(&at, seed, step, &settings, &report);
    }
    place_remove(&at);
}

static void any_sequence_of_updates_answers_as_a_fresh_build(void **state)
{
    (void)state;
    const char *asked = getenv("OSLER_TEST_SEQUENCES");
    unsigned count = asked ? (unsigned)strtoul(asked, NULL, 10) : 4;
    unsigned first = (unsigned)test_random_new(1).state;
    for (unsigned i = 0; i < count; i++)
        run_sequence(first + i, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_sequence_of_updates_answers_as_a_fresh_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
