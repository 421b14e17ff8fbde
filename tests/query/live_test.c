/* SPDX-License-Identifier: MIT
 *
 * Several segments with the dead among them against one segment of the
 * living: every answer to everything that can be asked is the same, to the
 * last bit of a score and the last letter of an explanation, at every level of
 * kernels. */
#include "tests/indexer/corpus_made.h"
#include "tests/query/live_index.h"

#include "query/query.h"

#include <math.h>

enum { IDS = 45, PARTS = 5 };

/* ---- a history ---------------------------------------------------------- */

/* A version of document `id`; records are one paragraph under their number. */
static osl_document make_version(test_random *random, osl_arena *arena,
                                 uint32_t id, bool record)
{
    static const char *const dates[] = {"", "2014-02-01", "2013", "2015-07-31",
                                        "2014-02-01"};
    static const char *const audiences[] = {"patient", "professional", ""};
    osl_document document = made_document(random, arena, 1000);
    document.id = made_name(arena, "doc", id);
    document.updated =
        osl_text_of(dates[test_random_below(random, COUNT_OF(dates))]);
    document.audience =
        osl_text_of(audiences[test_random_below(random, COUNT_OF(audiences))]);
    osl_text *alias = osl_arena_zero(arena, 1, sizeof *alias);
    assert_non_null(alias);
    *alias = made_name(arena, "CDR", id / 2); /* two have the same */
    document.aliases = alias;
    document.alias_count = test_random_below(random, 3) > 0;
    if (!record)
        return document;
    document.is_record = true;
    document.paragraph_count = 1;
    document.section_count = 0;
    ((osl_paragraph *)document.paragraphs)->section = OSL_SECTION_NONE;
    return document;
}

static void kill(live_part *parts, uint32_t count, osl_text id)
{
    for (uint32_t p = 0; p < count; p++)
        for (uint32_t i = 0; i < parts[p].count; i++)
            if (osl_text_equal(parts[p].documents[i].id, id))
                parts[p].dead[i] = true;
}

/* Each part changes some documents of those before and adds others; then some
 * go for good. */
static void make_history(test_random *random, osl_arena *arena, bool records,
                         live_part *parts)
{
    static const uint32_t chances[PARTS] = {90, 25, 12, 30, 6};
    for (uint32_t p = 0; p < PARTS; p++) {
        parts[p] = (live_part){.count = 0};
        for (uint32_t id = 0; id < IDS; id++) {
            if (test_random_below(random, 100) >= chances[p])
                continue;
            osl_document document = make_version(random, arena, id, records);
            kill(parts, p, document.id);
            parts[p].documents[parts[p].count++] = document;
        }
        if (!parts[p].count)
            parts[p].documents[parts[p].count++] =
                make_version(random, arena, IDS + p, records);
    }
    for (uint32_t id = 0; id < IDS; id++)
        if (test_random_below(random, 8) == 0)
            kill(parts, PARTS, made_name(arena, "doc", id));
}

/* ---- questions ---------------------------------------------------------- */

static const char *const asked[] = {
    "relapse",    "relapsed", "Relapse",   "leukemia",
    "leukaemia",  "ALL",      "all",       "CD19+",
    "CD19",       "5q-",      "BCR-ABL1",  "BCRABL1",
    "bcr",        "abl1",     "m2",        "10\xE2\x81\xB9/L",
    "sjogren",    "naive",    "50,000",    "0.01%",
    "T-cell",     "tcell",    "Val600Glu", "HSCT",
    "interferon", "alpha",    "w12",       "w77",
    "w345",       "the",      "of",        "in",
    "x",          "can't",    "relapze",   "leukemai",
    "intreferon", "w999",     "mcg"};

static const char *const shapes[] = {
    "=%s",
    "%.3s*",
    "*%.4s",
    "%.2s?%.3s",
    "%s~",
    "%s~1",
    "title:%s",
    "section:%s",
    "+%s",
    "-%s",
    "%s^3",
    "document:doc7 %s",
    "document:CDR3 %s",
    "updated:2014 %s",
    "updated:2013..2014-01 %s",
    "audience:patient %s",
    "evidence:>=3 %s",
    "-document:doc3 %s",
};

static const char *random_word(test_random *random)
{
    return asked[test_random_below(random, COUNT_OF(asked))];
}

static void put_part(test_random *random, osl_buf *out)
{
    const char *a = random_word(random), *b = random_word(random);
    const char *c = random_word(random);
    unsigned n = 1 + test_random_below(random, 5);
    switch (test_random_below(random, 10)) {
    case 0:
        osl_buf_printf(out, "\"%s %s\"", a, b);
        break;
    case 1:
        osl_buf_printf(out, "\"%s %s %s\"~%u", a, b, c, n);
        break;
    case 2:
        osl_buf_printf(out, "(%s NEAR/%u %s)", a, n, b);
        break;
    case 3:
        osl_buf_printf(out, "(%s ADJ/%u %s)", a, n, b);
        break;
    case 4:
        osl_buf_printf(out, "+(%s %s -%s)", a, b, c);
        break;
    case 5:
    case 6: {
        const char *shape = shapes[test_random_below(random, COUNT_OF(shapes))];
        char text[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(text, sizeof text, shape, a, b);
#pragma GCC diagnostic pop
        osl_buf_put_text(out, osl_text_of(text));
        break;
    }
    default:
        osl_buf_put_text(out, osl_text_of(a));
    }
}

static osl_search_options random_options(test_random *random)
{
    osl_search_options options = osl_search_defaults;
    options.k = test_random_below(random, 5) == 0
                    ? 1000
                    : test_random_below(random, 12);
    options.offset = test_random_below(random, 4) == 0 ? 2 : 0;
    options.want_count = test_random_below(random, 4) > 0;
    options.by_document = test_random_below(random, 4) == 0;
    options.want_facets = test_random_below(random, 3) == 0;
    options.sort =
        test_random_below(random, 5) == 0 ? OSL_SORT_DATE : OSL_SORT_RELEVANCE;
    options.ranking = test_random_below(random, 3) == 0 ? OSL_RANKING_BM25
                                                        : OSL_RANKING_DEFAULT;
    options.feedback = test_random_below(random, 6) == 0;
    options.like = test_random_below(random, 10) == 0 ? "doc5#1" : NULL;
    options.explain = true;
    options.exhaustive = test_random_below(random, 10) == 0;
    if (test_random_below(random, 5) == 0)
        options.k1 = 2.0;
    if (test_random_below(random, 5) == 0)
        options.b = 0.1;
    return options;
}

/* ---- everything an answer says, as text ---------------------------------- */

static void put_text(osl_buf *out, const char *name, osl_text text)
{
    osl_buf_printf(out, "%s [", name);
    osl_buf_put_text(out, text);
    osl_buf_printf(out, "]\n");
}

static void put_texts(osl_buf *out, const char *name, const osl_text *texts,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_text(out, name, texts[i]);
}

static void put_hit(osl_buf *out, const osl_hit *hit)
{
    osl_buf_printf(out, "hit %u %u line %u kind %u\n", hit->score,
                   hit->paragraph, hit->line, hit->kind);
    put_text(out, "id", hit->id);
    put_text(out, "document", hit->document);
    put_text(out, "title", hit->title);
    put_text(out, "url", hit->url);
    put_text(out, "updated", hit->updated);
    put_text(out, "audience", hit->audience);
    put_text(out, "source", hit->source);
    put_texts(out, "section", hit->sections, hit->section_count);
    put_texts(out, "evidence", hit->evidence, hit->evidence_count);
    put_texts(out, "citation", hit->citations, hit->citation_count);
    put_text(out, "text", hit->text);
    for (size_t i = 0; i < hit->highlight_count; i++)
        osl_buf_printf(out, "mark %u %u\n", hit->highlights[i].start,
                       hit->highlights[i].end);
    osl_buf_printf(out, "snippet %u %u %d %d\n", hit->snippet.start,
                   hit->snippet.end, hit->cut_left, hit->cut_right);
    put_text(out, "because", hit->explanation);
}

static void put_answer(osl_buf *out, const osl_answer *answer)
{
    osl_text word, nearest;
    const char *note;
    osl_buf_printf(out, "count %llu documents %llu\n",
                   (unsigned long long)osl_answer_count(answer),
                   (unsigned long long)osl_answer_document_count(answer));
    put_text(out, "read as", osl_answer_read_as(answer));
    put_text(out, "plan", osl_answer_plan(answer));
    for (size_t i = 0; (note = osl_answer_note(answer, i)); i++)
        osl_buf_printf(out, "note %s\n", note);
    for (size_t i = 0; osl_answer_missing(answer, i, &word, &nearest); i++) {
        put_text(out, "missing", word);
        put_text(out, "nearest", nearest);
    }
    for (unsigned kind = 0; kind < OSL_FACET_KINDS; kind++) {
        const osl_facet *facet;
        for (size_t i = 0;
             (facet = osl_answer_facet(answer, (osl_facet_kind)kind, i)); i++) {
            osl_buf_printf(out, "facet %u %llu\n", kind,
                           (unsigned long long)facet->count);
            put_text(out, "value", facet->value);
            put_text(out, "title", facet->title);
        }
    }
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++)
        put_hit(out, osl_answer_hit(answer, i));
}

/* ---- the two indexes ---------------------------------------------------- */

typedef struct both {
    osl_searcher *parts, *whole; /* several segments; one */
    osl_buf of_parts, of_whole;  /* what each says */
} both;

/* Where they first differ, with what stands before it. */
static void check_same(both *b, const char *what)
{
    osl_text x = osl_buf_text(&b->of_parts), y = osl_buf_text(&b->of_whole);
    assert_false(b->of_parts.failed || b->of_whole.failed);
    if (!osl_text_equal(x, y)) {
        size_t at = 0;
        while (at < x.length && at < y.length && x.bytes[at] == y.bytes[at])
            at++;
        size_t from = at > 200 ? at - 200 : 0;
        fail_msg("%s:\nsegments: %.*s\none:      %.*s", what,
                 (int)(x.length - from < 500 ? x.length - from : 500),
                 x.bytes + from,
                 (int)(y.length - from < 500 ? y.length - from : 500),
                 y.bytes + from);
    }
    osl_buf_reset(&b->of_parts);
    osl_buf_reset(&b->of_whole);
}

static void search_one(const osl_searcher *searcher, osl_text query,
                       const osl_search_options *options, osl_buf *out)
{
    osl_error err = {0};
    osl_answer *answer = NULL;
    osl_status status = osl_search(searcher, query, options, &answer, &err);
    if (status == OSL_OK)
        put_answer(out, answer);
    else
        osl_buf_printf(out, "status %d: %s\n", status, err.text);
    osl_answer_free(answer);
}

static void ask_at_random(both *b, test_random *random, unsigned queries)
{
    for (unsigned q = 0; q < queries; q++) {
        osl_buf query = {0};
        unsigned count = 1 + test_random_below(random, 4);
        for (unsigned i = 0; i < count; i++) {
            osl_buf_put_text(&query, osl_text_of(i ? " " : ""));
            put_part(random, &query);
        }
        osl_search_options options = random_options(random);
        osl_text text = osl_buf_text(&query);
        search_one(b->parts, text, &options, &b->of_parts);
        search_one(b->whole, text, &options, &b->of_whole);
        osl_buf_put_byte(&query, 0);
        check_same(b, (const char *)query.bytes);
        osl_buf_clear(&query);
    }
}

static void show_one(const osl_searcher *searcher, const char *what,
                     osl_buf *out)
{
    osl_error err = {0};
    osl_answer *answer = NULL;
    osl_status status = osl_show(searcher, osl_text_of(what), 1, &answer, &err);
    if (status == OSL_OK)
        put_answer(out, answer);
    else
        osl_buf_printf(out, "status %d: %s\n", status, err.text);
    osl_answer_free(answer);
}

static void show_all(both *b)
{
    for (unsigned id = 0; id < IDS + PARTS; id++) {
        static const char *const forms[] = {"doc%u", "doc%u#1", "doc%u#3",
                                            "CDR%u", "CDR%u#2"};
        for (size_t f = 0; f < COUNT_OF(forms); f++) {
            char what[32];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(what, sizeof what, forms[f], id);
#pragma GCC diagnostic pop
            show_one(b->parts, what, &b->of_parts);
            show_one(b->whole, what, &b->of_whole);
            check_same(b, what);
        }
    }
}

static void suggest_one(const osl_searcher *searcher, const char *prefix,
                        osl_buf *out)
{
    osl_error err = {0};
    osl_suggestions *list;
    assert_ok(osl_suggest(searcher, osl_text_of(prefix), 30, &list, &err));
    const osl_suggestion *item;
    for (size_t i = 0; (item = osl_suggestions_get(list, i)); i++) {
        osl_buf_printf(out, "%d %llu\n", item->kind,
                       (unsigned long long)item->count);
        put_text(out, "text", item->text);
    }
    osl_suggestions_free(list);
}

static void suggest_all(both *b)
{
    static const char *const prefixes[] = {"r",  "rel",         "w1",  "l",
                                           "AL", "T-c",         "bcr", "int",
                                           "s",  "the relapse", "w",   "n"};
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        suggest_one(b->parts, prefixes[i], &b->of_parts);
        suggest_one(b->whole, prefixes[i], &b->of_whole);
        check_same(b, prefixes[i]);
    }
}

static void put_term(void *user, osl_text term, uint64_t df, uint64_t cf)
{
    osl_buf *out = user;
    osl_buf_printf(out, "%llu %llu ", (unsigned long long)df,
                   (unsigned long long)cf);
    put_text(out, "term", term);
}

static void put_info(const osl_searcher *searcher, osl_buf *out)
{
    osl_error err = {0};
    osl_searcher_info info;
    assert_ok(osl_searcher_get_info(searcher, &info, &err));
    osl_buf_printf(
        out, "%llu %llu terms %llu postings %llu bytes %llu\n",
        (unsigned long long)info.paragraphs, (unsigned long long)info.documents,
        (unsigned long long)info.terms, (unsigned long long)info.postings,
        (unsigned long long)info.bytes_text);
    put_text(out, "newest", info.newest);
    assert_ok(osl_searcher_terms(searcher, osl_text_of(""), 100000, put_term,
                                 out, &err));
}

/* ---- sessions ------------------------------------------------------------ */

/* One for all queries: from some number on it holds the dictionaries. */
static void session_one(osl_session *session, const osl_searcher *searcher,
                        osl_text query, size_t k, bool want_count, osl_buf *out)
{
    osl_error err = {0};
    osl_prepared *prepared;
    osl_ranked_list hits;
    uint64_t count = 0;
    osl_search_options options = osl_search_defaults;
    options.ranking = OSL_RANKING_BM25;
    assert_ok(osl_prepare(&prepared, searcher, query, &options, true, &err));
    assert_ok(osl_session_search(session, prepared, k,
                                 want_count ? &count : NULL, &hits, &err));
    osl_buf_printf(out, "count %llu\n", (unsigned long long)count);
    for (size_t i = 0; i < hits.count; i++) {
        osl_text id;
        assert_ok(osl_session_id(session, &hits.items[i], &id, &err));
        osl_buf_printf(out, "%u ", hits.items[i].score);
        put_text(out, "id", id);
    }
    osl_prepared_free(prepared);
}

static void ask_sessions(both *b, test_random *random, unsigned queries)
{
    static const char *const terms[] = {"relaps", "leukemia",   "all", "bcr",
                                        "abl1",   "the",        "of",  "in",
                                        "w12",    "interferon", "t",   "cell"};
    osl_error err = {0};
    osl_session *parts, *whole;
    assert_ok(osl_session_open(&parts, b->parts, &err));
    assert_ok(osl_session_open(&whole, b->whole, &err));
    for (unsigned q = 0; q < queries; q++) {
        osl_buf query = {0};
        unsigned count = 1 + test_random_below(random, 4);
        for (unsigned i = 0; i < count; i++) {
            static const char *const signs[] = {"", "", "+", "-"};
            const char *sign = signs[test_random_below(random, 4)];
            const char *x = terms[test_random_below(random, COUNT_OF(terms))];
            const char *y = terms[test_random_below(random, COUNT_OF(terms))];
            if (test_random_below(random, 3) == 0)
                osl_buf_printf(&query, " %s\"%s %s\"", sign, x, y);
            else
                osl_buf_printf(&query, " %s%s", sign, x);
        }
        size_t k = (size_t)10 * test_random_below(random, 3);
        bool want_count = test_random_below(random, 2);
        session_one(parts, b->parts, osl_buf_text(&query), k, want_count,
                    &b->of_parts);
        session_one(whole, b->whole, osl_buf_text(&query), k, want_count,
                    &b->of_whole);
        osl_buf_put_byte(&query, 0);
        check_same(b, (const char *)query.bytes);
        osl_buf_clear(&query);
    }
    osl_session_free(parts);
    osl_session_free(whole);
}

/* ---- the whole ----------------------------------------------------------- */

typedef struct live_case {
    unsigned seed;
    osl_store store;
    osl_pairs pairs;
    bool records;
    const char *level; /* of kernels */
} live_case;

static void compare_all(const live_maker *maker, test_random *random)
{
    osl_error err = {0};
    both b = {0};
    assert_ok(osl_searcher_open(&b.parts, place_name(&maker->folder, "parts"),
                                0, &err));
    assert_ok(osl_searcher_open(&b.whole, place_name(&maker->folder, "whole"),
                                0, &err));
    put_info(b.parts, &b.of_parts);
    put_info(b.whole, &b.of_whole);
    check_same(&b, "statistics");
    ask_at_random(&b, random, 250);
    ask_sessions(&b, random, 700);
    show_all(&b);
    suggest_all(&b);
    osl_searcher_free(b.parts);
    osl_searcher_free(b.whole);
    osl_buf_clear(&b.of_parts);
    osl_buf_clear(&b.of_whole);
}

static void check_case(const live_case *c)
{
    static live_part parts[PARTS], whole;
    osl_arena arena = {0};
    test_random random = test_random_new(c->seed);
    live_maker maker = live_maker_make(c->store, c->pairs);
    make_history(&random, &arena, c->records, parts);
    live_gather(parts, PARTS, &whole);
    live_put_index(&maker, "parts", parts, PARTS);
    live_put_index(&maker, "whole", &whole, 1);
    compare_all(&maker, &random);
    live_maker_end(&maker);
    osl_arena_clear(&arena);
}

static void segments_with_the_dead_answer_as_one_of_the_living(void **state)
{
    (void)state;
    static const live_case cases[] = {
        {81, OSL_STORE_FULL, OSL_PAIRS_MORE, false, "scalar"},
        {82, OSL_STORE_SMALL, OSL_PAIRS_DEFAULT, false, "avx2"},
        {83, OSL_STORE_NONE, OSL_PAIRS_MORE, false, "avx512"},
        {84, OSL_STORE_FULL, OSL_PAIRS_NONE, true, "avx512"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_cpu_level level;
        osl_error err;
        assert_int_equal(setenv("OSLER_CPU", cases[i].level, 1), 0);
        if (osl_cpu_level_get(&level, &err) != OSL_OK)
            assert_int_equal(unsetenv("OSLER_CPU"), 0); /* its best, then */
        check_case(&cases[i]);
    }
    assert_int_equal(unsetenv("OSLER_CPU"), 0);
}

/* ---- lists of the best -------------------------------------------------- */

/* A document of one paragraph again and again. */
static osl_document make_repeated(test_random *random, osl_arena *arena,
                                  const char *id, const char *text,
                                  uint32_t count)
{
    osl_document document = made_document(random, arena, 1000);
    osl_paragraph *paragraphs =
        osl_arena_zero(arena, count, sizeof *paragraphs);
    assert_non_null(paragraphs);
    for (uint32_t i = 0; i < count; i++) {
        paragraphs[i].text = osl_text_of(text);
        paragraphs[i].section = OSL_SECTION_NONE;
    }
    document.id = osl_text_of(id);
    document.alias_count = 0;
    document.section_count = 0;
    document.paragraphs = paragraphs;
    document.paragraph_count = count;
    return document;
}

/* The first segment's list has only paragraphs of doc7, and doc3's come before
 * them. What the second one has is not enough to tell. */
static void a_list_that_ends_among_equals_does_not_tell_the_best(void **state)
{
    (void)state;
    static live_part parts[2], whole;
    osl_arena arena = {0};
    test_random random = test_random_new(86);
    live_maker maker = live_maker_make(OSL_STORE_FULL, OSL_PAIRS_NONE);
    parts[0] = (live_part){.count = 2};
    parts[0].documents[0] =
        make_repeated(&random, &arena, "doc7", "relapse of leukemia", 300);
    parts[0].documents[1] =
        make_repeated(&random, &arena, "doc3", "relapse of leukemia", 300);
    parts[1] = (live_part){.count = 1};
    parts[1].documents[0] =
        make_repeated(&random, &arena, "doc5", "relapse of leukemia in w1", 40);
    live_gather(parts, 2, &whole);
    live_put_index(&maker, "parts", parts, 2);
    live_put_index(&maker, "whole", &whole, 1);
    both b = {0};
    osl_error err = {0};
    osl_session *sessions[2];
    assert_ok(osl_searcher_open(&b.parts, place_name(&maker.folder, "parts"), 0,
                                &err));
    assert_ok(osl_searcher_open(&b.whole, place_name(&maker.folder, "whole"), 0,
                                &err));
    assert_ok(osl_session_open(&sessions[0], b.parts, &err));
    assert_ok(osl_session_open(&sessions[1], b.whole, &err));
    for (size_t k = 0; k <= 120; k += 10) {
        for (unsigned i = 0; i < 4; i++) {
            osl_text query = osl_text_of(i < 2 ? "relaps" : "+relaps -w1");
            session_one(sessions[0], b.parts, query, k, i % 2, &b.of_parts);
            session_one(sessions[1], b.whole, query, k, i % 2, &b.of_whole);
            check_same(&b, query.bytes);
        }
    }
    osl_session_free(sessions[0]);
    osl_session_free(sessions[1]);
    osl_searcher_free(b.parts);
    osl_searcher_free(b.whole);
    osl_buf_clear(&b.of_parts);
    osl_buf_clear(&b.of_whole);
    live_maker_end(&maker);
    osl_arena_clear(&arena);
}

/* ---- spoilt folders ------------------------------------------------------ */

static void put_small(live_maker *maker, test_random *random, osl_arena *arena,
                      live_part *part)
{
    *maker = live_maker_make(OSL_STORE_FULL, OSL_PAIRS_NONE);
    *part = (live_part){.count = 6};
    for (uint32_t i = 0; i < part->count; i++)
        part->documents[i] = make_version(random, arena, i, false);
    part->dead[2] = part->dead[3] = true;
    live_put_index(maker, "index", part, 1);
}

static void open_refused(const live_maker *maker, osl_status want,
                         const char *words)
{
    osl_error err = {0};
    osl_searcher *searcher = NULL;
    osl_status status = osl_searcher_open(
        &searcher, place_name(&maker->folder, "index"), 0, &err);
    if (status != want || !strstr(err.text, words))
        fail_msg("status %d: %s", status, err.text);
    assert_null(searcher);
}

static void deletions_that_are_gone_or_spoilt_are_named(void **state)
{
    (void)state;
    static const char name[] = "index/000001-000001.del";
    static live_part part;
    osl_arena arena = {0};
    osl_error err;
    osl_map map;
    osl_buf other = {0};
    test_random random = test_random_new(85);
    live_maker maker;
    put_small(&maker, &random, &arena, &part);
    assert_ok(osl_map_open(&map, place_name(&maker.folder, name), &err));
    uint8_t *copy = osl_arena_take(&arena, map.length);
    size_t length = map.length;
    assert_non_null(copy);
    memcpy(copy, map.bytes, length);
    osl_map_close(&map);

    place_put_bytes(&maker.folder, name, copy, length - 8);
    open_refused(&maker, OSL_ECORRUPT, "000001-000001.del: has");
    copy[length / 2] ^= 1;
    place_put_bytes(&maker.folder, name, copy, length);
    open_refused(&maker, OSL_ECORRUPT, "000001-000001.del: damaged");
    assert_int_equal(unlink(place_name(&maker.folder, name)), 0);
    open_refused(&maker, OSL_ENOTFOUND, "000001-000001.del");

    /* Whole, of this segment, but of another generation. */
    osl_segment *segment;
    assert_ok(osl_segment_open(&segment,
                               place_name(&maker.folder, "index/000001.seg"),
                               maker.kernels, &err));
    part.dead[3] = false;
    part.dead[4] = true;
    live_delete(&maker, &part, segment, &other);
    osl_segment_free(segment);
    place_put_bytes(&maker.folder, name, other.bytes, other.length);
    open_refused(&maker, OSL_ECORRUPT, "000001-000001.del: ");
    osl_buf_clear(&other);
    live_maker_end(&maker);
    osl_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_with_the_dead_answer_as_one_of_the_living),
        cmocka_unit_test(a_list_that_ends_among_equals_does_not_tell_the_best),
        cmocka_unit_test(deletions_that_are_gone_or_spoilt_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
