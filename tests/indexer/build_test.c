/* SPDX-License-Identifier: MIT
 *
 * A segment against what was put into it: everything is read back and
 * compared with a twin that tokenises and counts. */
#include "tests/indexer/corpus_made.h"
#include "tests/indexer/level.h"

#include "core/base/file.h"
#include "core/segment/segment.h"
#include "indexer/build.h"
#include "indexer/pairs.h"

#include <unistd.h>

enum { DOCUMENTS = 60, IDS = 40 };

typedef struct world {
    osl_arena arena;
    osl_analyzer *analyzer;
    osl_resolver *resolver;
    const osl_kernels *kernels;
    osl_document documents[DOCUMENTS]; /* all that were added */
    osl_document live[DOCUMENTS];      /* the last of each id, in order */
    uint32_t live_count;
    char path[64];
    osl_segment *segment;
} world;

static void make_documents(world *w, test_random *random)
{
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        w->documents[i] = made_document(random, &w->arena, IDS);
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        bool again = false;
        for (uint32_t j = i + 1; j < DOCUMENTS && !again; j++)
            again = osl_text_equal(w->documents[i].id, w->documents[j].id);
        if (!again)
            w->live[w->live_count++] = w->documents[i];
    }
}

static void build_path(world *w, const char *path, osl_store store,
                       osl_pairs pairs)
{
    osl_error err;
    osl_batch batch;
    osl_build_result result;
    osl_batch_init(&batch, w->analyzer, store != OSL_STORE_NONE);
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        bool replaced;
        assert_ok(osl_batch_add(&batch, &w->documents[i], &replaced, &err));
    }
    const osl_build_options options = {
        .kernels = w->kernels,
        .fingerprint = osl_analyzer_fingerprint(w->analyzer),
        .store = store,
        .pairs = pairs,
    };
    assert_ok(osl_build_segment(&batch, path, &options, &result, &err));
    osl_batch_clear(&batch);
}

static void open_paired(world *w, test_random *random, osl_store store,
                        osl_pairs pairs)
{
    osl_error err;
    *w = (world){0};
    w->kernels = level_open(&w->analyzer);
    assert_ok(osl_resolver_new(&w->resolver, w->analyzer, &err));
    make_documents(w, random);
    (void)snprintf(w->path, sizeof w->path, "build_test.%ld.seg",
                   (long)getpid());
    build_path(w, w->path, store, pairs);
    assert_ok(osl_segment_open(&w->segment, w->path, w->kernels, &err));
}

static void open_world(world *w, test_random *random, osl_store store)
{
    open_paired(w, random, store, OSL_PAIRS_DEFAULT);
}

static void close_world(world *w)
{
    osl_segment_free(w->segment);
    osl_resolver_free(w->resolver);
    osl_analyzer_free(w->analyzer);
    osl_arena_clear(&w->arena);
    assert_int_equal(unlink(w->path), 0);
}

static void check_text(osl_text got, osl_text want, const char *what)
{
    if (!osl_text_equal(got, want))
        fail_msg("%s: \"%.*s\" where \"%.*s\" was put in", what,
                 (int)got.length, got.bytes, (int)want.length, want.bytes);
}

/* ---- tables and texts --------------------------------------------------- */

static void check_lists(world *w, uint32_t number,
                        const osl_paragraph *paragraph)
{
    osl_error err;
    const osl_text *list;
    size_t count;
    assert_ok(osl_segment_citations(w->segment, number, &w->arena, &list,
                                    &count, &err));
    assert_int_equal(count, paragraph->citation_count);
    for (size_t i = 0; i < count; i++)
        check_text(list[i], paragraph->citations[i], "citation");
    assert_ok(osl_segment_evidence(w->segment, number, &w->arena, &list, &count,
                                   &err));
    assert_int_equal(count, paragraph->evidence_count);
    for (size_t i = 0; i < count; i++)
        check_text(list[i], paragraph->evidence[i], "evidence");
}

static void check_paragraph(world *w, uint32_t document,
                            const osl_document_record *record, uint32_t n)
{
    osl_error err;
    const osl_paragraph *want = &w->live[document].paragraphs[n];
    uint32_t number = record->first_paragraph + n;
    osl_paragraph_record got;
    osl_buf text = {0};
    assert_ok(osl_segment_paragraph(w->segment, number, &got, &err));
    assert_int_equal(got.document, document);
    uint32_t owner = 0;
    assert_ok(osl_segment_document_of(w->segment, number, &owner, &err));
    assert_int_equal(owner, document);
    assert_int_equal(got.line, want->line);
    assert_int_equal(got.kind, want->kind);
    if (want->section == OSL_SECTION_NONE)
        assert_true(got.section == UINT32_MAX);
    else
        assert_int_equal(got.section, record->first_section + want->section);
    check_lists(w, number, want);
    assert_ok(osl_segment_text(w->segment, number, &text, &err));
    check_text(osl_buf_text(&text), want->text, "text");
    osl_buf_clear(&text);
}

/* First and last paragraph of a section and all below it. */
static void section_range(const osl_document *document, uint32_t section,
                          uint32_t *first, uint32_t *end)
{
    *first = *end = UINT32_MAX;
    for (uint32_t i = 0; i < document->paragraph_count; i++) {
        uint32_t at = document->paragraphs[i].section;
        while (at != OSL_SECTION_NONE && at != section)
            at = document->sections[at].parent;
        if (at != section)
            continue;
        if (*first == UINT32_MAX)
            *first = i;
        *end = i + 1;
    }
}

static void check_section(world *w, uint32_t document,
                          const osl_document_record *record, uint32_t n)
{
    osl_error err;
    const osl_section *want = &w->live[document].sections[n];
    osl_section_record got;
    uint32_t first, end;
    assert_ok(
        osl_segment_section(w->segment, record->first_section + n, &got, &err));
    check_text(got.heading, want->heading, "heading");
    assert_int_equal(got.level, want->level);
    assert_int_equal(got.document, document);
    if (want->parent == OSL_SECTION_NONE)
        assert_true(got.parent == UINT32_MAX);
    else
        assert_int_equal(got.parent, record->first_section + want->parent);
    section_range(&w->live[document], n, &first, &end);
    if (first == UINT32_MAX) {
        assert_int_equal(got.paragraph_count, 0);
        return;
    }
    assert_int_equal(got.first_paragraph, record->first_paragraph + first);
    assert_int_equal(got.paragraph_count, end - first);
}

static void check_document(world *w, uint32_t document)
{
    osl_error err;
    const osl_document *want = &w->live[document];
    osl_document_record got;
    uint32_t found;
    assert_ok(osl_segment_document(w->segment, document, &got, &err));
    check_text(got.id, want->id, "id");
    check_text(got.source, want->source, "source");
    check_text(got.title, want->title, "title");
    check_text(got.url, want->url, "url");
    check_text(got.updated, want->updated, "updated");
    check_text(got.audience, want->audience, "audience");
    check_text(got.language, want->language, "language");
    check_text(got.kind, want->kind, "kind");
    assert_int_equal(got.paragraph_count, want->paragraph_count);
    assert_int_equal(got.section_count, want->section_count);
    assert_ok(osl_segment_find_document(w->segment, want->id, &found, &err));
    assert_int_equal(found, document);
    if (want->alias_count > 0) {
        assert_ok(osl_segment_find_document(w->segment, want->aliases[0],
                                            &found, &err));
        assert_int_equal(found, document);
    }
    for (uint32_t i = 0; i < got.paragraph_count; i++)
        check_paragraph(w, document, &got, i);
    for (uint32_t i = 0; i < got.section_count; i++)
        check_section(w, document, &got, i);
}

static osl_text document_id_of(const world *w, uint32_t paragraph)
{
    osl_error err;
    osl_document_record document;
    uint32_t owner = 0;
    assert_ok(osl_segment_document_of(w->segment, paragraph, &owner, &err));
    assert_ok(osl_segment_document(w->segment, owner, &document, &err));
    return document.id;
}

/* How many paragraphs come before this one: by document id, then in order. */
static uint32_t count_before(const world *w, uint32_t paragraph)
{
    uint32_t count = osl_segment_get_info(w->segment)->paragraph_count;
    uint32_t before = 0;
    osl_text mine = document_id_of(w, paragraph);
    for (uint32_t i = 0; i < count; i++) {
        int order = osl_text_compare(document_id_of(w, i), mine);
        before += order < 0 || (order == 0 && i < paragraph);
    }
    return before;
}

static void check_ranks(const world *w)
{
    uint32_t count = osl_segment_get_info(w->segment)->paragraph_count;
    uint64_t *ranks = test_calloc(count + (size_t)1, sizeof *ranks);
    osl_ranks all, held;
    osl_error err;
    assert_ok(osl_segment_ranks(w->segment, &all, &err));
    held = all;
    osl_segment_hold_ranks(w->segment, &held);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank = 0;
        assert_ok(osl_segment_rank(w->segment, i, &rank, &err));
        assert_int_equal(rank, osl_ranks_get(&all, i));
        assert_int_equal(osl_ranks_get(&held, i), count_before(w, i));
        ranks[count_before(w, i)] = rank + (uint64_t)1;
    }
    for (uint32_t i = 0; i < count; i++)
        assert_true(ranks[i] > (i > 0 ? ranks[i - 1] : 0));
    test_free(ranks);
}

static void check_text_bytes(world *w)
{
    osl_error err;
    uint32_t number = 0;
    for (uint32_t i = 0; i < w->live_count; i++)
        for (size_t j = 0; j < w->live[i].paragraph_count; j++) {
            uint64_t bytes = 0;
            assert_ok(
                osl_segment_text_bytes(w->segment, number++, &bytes, &err));
            assert_int_equal(bytes, w->live[i].paragraphs[j].text.length);
        }
}

static void documents_paragraphs_and_texts_come_back(void **state)
{
    (void)state;
    test_random random = test_random_new(11);
    for (int round = 0; round < 12; round++) {
        world w;
        uint32_t found;
        osl_error err;
        open_world(&w, &random, OSL_STORE_FULL);
        assert_int_equal(osl_segment_get_info(w.segment)->document_count,
                         w.live_count);
        for (uint32_t i = 0; i < w.live_count; i++)
            check_document(&w, i);
        check_text_bytes(&w);
        if (round == 0)
            check_ranks(&w);
        assert_int_equal(osl_segment_find_document(
                             w.segment, osl_text_of("nowhere"), &found, &err),
                         OSL_ENOTFOUND);
        close_world(&w);
    }
}

static void without_stored_texts_the_rest_comes_back(void **state)
{
    (void)state;
    test_random random = test_random_new(12);
    world w;
    osl_error err;
    osl_buf text = {0};
    osl_document_record record;
    open_world(&w, &random, OSL_STORE_NONE);
    assert_ok(osl_segment_document(w.segment, 0, &record, &err));
    check_text(record.id, w.live[0].id, "id");
    assert_int_equal(osl_segment_text(w.segment, 0, &text, &err),
                     OSL_ENOTFOUND);
    check_text_bytes(&w);
    close_world(&w);
}

static void compressed_texts_come_back(void **state)
{
    (void)state;
    test_random random = test_random_new(18);
    for (int round = 0; round < 3; round++) {
        world w;
        open_world(&w, &random, OSL_STORE_SMALL);
        for (uint32_t i = 0; i < w.live_count; i++)
            check_document(&w, i);
        close_world(&w);
    }
}

/* ---- postings ----------------------------------------------------------- */

/* One token's term, where it stands and as what. */
typedef struct twin_entry {
    osl_text term, folded;
    uint32_t ordinal, position;
} twin_entry;

typedef struct twin {
    twin_entry *entries; /* owns */
    size_t count, capacity;
    uint32_t ordinals;
    uint64_t length;
} twin;

static void twin_put(twin *t, osl_text term, osl_text folded, uint32_t position)
{
    assert_true(
        osl_grow(&t->entries, &t->capacity, t->count + 1, sizeof *t->entries));
    t->entries[t->count++] = (twin_entry){term, folded, t->ordinals, position};
}

static void twin_add(twin *t, world *w, osl_text text)
{
    osl_error err;
    osl_tokens tokens = {0};
    assert_ok(osl_tokenize(w->analyzer, text, &tokens, &err));
    for (uint32_t i = 0; i < tokens.count; i++) {
        osl_form form;
        osl_text bytes = {text.bytes + tokens.starts[i],
                          tokens.ends[i] - tokens.starts[i]};
        assert_ok(osl_resolve(w->resolver, bytes,
                              tokens.flags[i] & OSL_TOKEN_KEY, &form, &err));
        twin_put(t, form.term, form.folded, i);
        if (form.extra.length > 0)
            twin_put(t, form.extra, form.folded, i);
    }
    t->length += tokens.count;
    t->ordinals++;
    osl_tokens_clear(&tokens);
}

static int compare_entries(const void *left, const void *right)
{
    const twin_entry *a = left, *b = right;
    int order = osl_text_compare(a->term, b->term);
    if (order != 0)
        return order;
    if (a->ordinal != b->ordinal)
        return a->ordinal < b->ordinal ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

static void make_twin(twin *t, world *w, osl_field field)
{
    *t = (twin){0};
    for (uint32_t i = 0; i < w->live_count; i++) {
        const osl_document *document = &w->live[i];
        if (field == OSL_FIELD_TITLE)
            twin_add(t, w, document->title);
        for (size_t j = 0;
             field == OSL_FIELD_TEXT && j < document->paragraph_count; j++)
            twin_add(t, w, document->paragraphs[j].text);
        for (size_t j = 0;
             field == OSL_FIELD_HEADING && j < document->section_count; j++)
            twin_add(t, w, document->sections[j].heading);
    }
    if (t->entries)
        qsort(t->entries, t->count, sizeof *t->entries, compare_entries);
}

/* One ordinal's occurrences, `from` … of the twin. Returns the end. */
static size_t check_ordinal(const twin *t, size_t from, size_t end,
                            const osl_postings *postings,
                            const osl_term_form *forms, osl_field field)
{
    osl_error err;
    uint32_t positions[4096], numbers[4096];
    uint32_t ordinal = t->entries[from].ordinal;
    size_t to = from;
    while (to < end && t->entries[to].ordinal == ordinal)
        to++;
    assert_true(to - from <= COUNT_OF(positions));
    assert_ok(osl_postings_positions(postings, ordinal, positions, &err));
    if (field == OSL_FIELD_TEXT)
        assert_ok(osl_postings_forms(postings, ordinal, numbers, &err));
    for (size_t i = from; i < to; i++) {
        assert_int_equal(positions[i - from], t->entries[i].position);
        if (field == OSL_FIELD_TEXT)
            check_text(forms[numbers[i - from]].text, t->entries[i].folded,
                       "form");
    }
    return to;
}

static void check_term(world *w, const twin *t, size_t from, size_t to,
                       const osl_term_cursor *cursor)
{
    osl_error err;
    osl_arena arena = {0};
    const osl_postings *postings;
    const osl_term_form *forms = NULL;
    size_t form_count;
    uint32_t df = 0;
    check_text(cursor->term, t->entries[from].term, "term");
    assert_int_equal(cursor->info.cf, to - from);
    assert_ok(osl_postings_open(&postings, w->segment, cursor->field,
                                &cursor->info, &arena, &err));
    if (cursor->field == OSL_FIELD_TEXT)
        assert_ok(osl_term_forms(w->segment, &cursor->info, &arena, &forms,
                                 &form_count, &err));
    uint32_t *ordinals = osl_arena_zero(&arena, cursor->info.df, 4);
    uint32_t *tfs = osl_arena_zero(&arena, cursor->info.df, 4);
    assert_true(ordinals && tfs);
    assert_ok(osl_postings_decode(postings, ordinals, tfs, &err));
    while (from < to) {
        assert_true(df < cursor->info.df);
        assert_int_equal(ordinals[df], t->entries[from].ordinal);
        size_t next =
            check_ordinal(t, from, to, postings, forms, cursor->field);
        assert_int_equal(tfs[df++], next - from);
        from = next;
    }
    assert_int_equal(df, cursor->info.df);
    osl_arena_clear(&arena);
}

static void check_field(world *w, osl_field field)
{
    osl_error err;
    twin t;
    osl_term_cursor cursor;
    make_twin(&t, w, field);
    const osl_field_info *info =
        &osl_segment_get_info(w->segment)->fields[field];
    assert_int_equal(info->ordinal_count, t.ordinals);
    assert_int_equal(info->total_length, t.length);
    assert_ok(osl_term_seek(&cursor, w->segment, field, osl_text_of(""), &err));
    for (size_t from = 0, to; from < t.count; from = to) {
        for (to = from; to < t.count; to++)
            if (!osl_text_equal(t.entries[to].term, t.entries[from].term))
                break;
        assert_ok(osl_term_next(&cursor, &err));
        check_term(w, &t, from, to, &cursor);
    }
    assert_int_equal(osl_term_next(&cursor, &err), OSL_END);
    free(t.entries);
}

static void postings_are_what_counting_gives(void **state)
{
    (void)state;
    test_random random = test_random_new(13);
    for (int round = 0; round < 8; round++) {
        world w;
        open_world(&w, &random, OSL_STORE_FULL);
        check_field(&w, OSL_FIELD_TEXT);
        check_field(&w, OSL_FIELD_TITLE);
        check_field(&w, OSL_FIELD_HEADING);
        close_world(&w);
    }
}

/* ---- pairs -------------------------------------------------------------- */

enum { TOKENS_MAX = 4096 };

typedef struct twin_term {
    osl_text term;
    uint32_t df; /* 0: it is a second meaning somewhere */
} twin_term;

/* The distinct terms of a sorted twin. */
static size_t list_terms(const twin *t, twin_term *out)
{
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        const twin_entry *at = &t->entries[i];
        bool same = i > 0 && osl_text_equal(at[-1].term, at->term);
        if (!same)
            out[count++] = (twin_term){at->term, 0};
        if (!same || at[-1].ordinal != at->ordinal)
            out[count - 1].df++;
    }
    return count;
}

static twin_term *find_term(twin_term *terms, size_t count, osl_text term)
{
    size_t i = 0;
    while (i < count && !osl_text_equal(terms[i].term, term))
        i++;
    assert_true(i < count);
    return &terms[i];
}

/* What each token of a text means. */
static size_t resolve_text(world *w, osl_text text, osl_form *forms)
{
    osl_error err;
    osl_tokens tokens = {0};
    assert_ok(osl_tokenize(w->analyzer, text, &tokens, &err));
    size_t count = tokens.count;
    assert_true(count <= TOKENS_MAX);
    for (size_t i = 0; i < count; i++) {
        osl_text bytes = {text.bytes + tokens.starts[i],
                          tokens.ends[i] - tokens.starts[i]};
        assert_ok(osl_resolve(w->resolver, bytes,
                              tokens.flags[i] & OSL_TOKEN_KEY, &forms[i],
                              &err));
    }
    osl_tokens_clear(&tokens);
    return count;
}

static osl_text joined(world *w, osl_text a, osl_text b)
{
    osl_buf text = {0};
    osl_text out;
    osl_buf_put_text(&text, a);
    osl_buf_put_byte(&text, ' ');
    osl_buf_put_text(&text, b);
    assert_true(osl_arena_text(&w->arena, osl_buf_text(&text), &out));
    osl_buf_clear(&text);
    return out;
}

/* Calls for each paragraph; `user` is the caller's. */
static void each_paragraph(world *w, void *user,
                           void (*call)(world *w, void *user,
                                        const osl_form *forms, size_t count))
{
    static osl_form forms[TOKENS_MAX];
    for (uint32_t i = 0; i < w->live_count; i++)
        for (size_t j = 0; j < w->live[i].paragraph_count; j++)
            call(w, user, forms,
                 resolve_text(w, w->live[i].paragraphs[j].text, forms));
}

typedef struct pair_twin {
    twin_term *terms; /* owns */
    size_t term_count;
    osl_pair_rule rule;
    twin pairs;
} pair_twin;

static void drop_extras(world *w, void *user, const osl_form *forms,
                        size_t count)
{
    pair_twin *t = user;
    (void)w;
    for (size_t i = 0; i < count; i++)
        if (forms[i].extra.length > 0)
            find_term(t->terms, t->term_count, forms[i].extra)->df = 0;
}

static void add_pairs(world *w, void *user, const osl_form *forms, size_t count)
{
    pair_twin *t = user;
    for (size_t i = 0; i + 1 < count; i++) {
        osl_text left = forms[i].term, right = forms[i + 1].term;
        uint64_t a = find_term(t->terms, t->term_count, left)->df;
        uint64_t b = find_term(t->terms, t->term_count, right)->df;
        if (a >= t->rule.df && b >= t->rule.df && a * b >= t->rule.product)
            twin_put(&t->pairs, joined(w, left, right), left, (uint32_t)i);
    }
    t->pairs.ordinals++;
}

static twin make_pairs(world *w, osl_pairs which)
{
    twin text;
    make_twin(&text, w, OSL_FIELD_TEXT);
    pair_twin t = {.terms = calloc(text.count + 1, sizeof *t.terms),
                   .rule = osl_pairs_rule(which, text.ordinals)};
    assert_non_null(t.terms);
    t.term_count = list_terms(&text, t.terms);
    each_paragraph(w, &t, drop_extras);
    each_paragraph(w, &t, add_pairs);
    if (t.pairs.entries)
        qsort(t.pairs.entries, t.pairs.count, sizeof *t.pairs.entries,
              compare_entries);
    free(t.terms);
    free(text.entries);
    return t.pairs;
}

/* One pair: entries [from, to) of the twin. */
static void check_pair(world *w, const twin *t, size_t from, size_t to,
                       const osl_term_cursor *cursor)
{
    osl_error err;
    osl_arena arena = {0};
    const osl_postings *postings;
    check_text(cursor->term, t->entries[from].term, "pair");
    assert_int_equal(cursor->info.cf, to - from);
    assert_ok(osl_postings_open(&postings, w->segment, OSL_FIELD_PAIR,
                                &cursor->info, &arena, &err));
    uint32_t *ordinals = osl_arena_zero(&arena, cursor->info.df, 4);
    uint32_t *tfs = osl_arena_zero(&arena, cursor->info.df, 4);
    assert_true(ordinals && tfs);
    assert_ok(osl_postings_decode(postings, ordinals, tfs, &err));
    for (uint32_t i = 0; i < cursor->info.df; i++)
        for (; tfs[i] > 0; tfs[i]--) {
            assert_true(from < to);
            assert_int_equal(t->entries[from++].ordinal, ordinals[i]);
        }
    assert_int_equal(from, to);
    osl_arena_clear(&arena);
}

/* Every pair that the rule asks for, and none else. Returns their number. */
static size_t check_pairs(world *w, osl_pairs which)
{
    osl_error err;
    twin t = make_pairs(w, which);
    osl_term_cursor cursor;
    size_t count = 0;
    assert_ok(osl_term_seek(&cursor, w->segment, OSL_FIELD_PAIR,
                            osl_text_of(""), &err));
    for (size_t from = 0, to; from < t.count; from = to, count++) {
        for (to = from; to < t.count; to++)
            if (!osl_text_equal(t.entries[to].term, t.entries[from].term))
                break;
        assert_ok(osl_term_next(&cursor, &err));
        check_pair(w, &t, from, to, &cursor);
    }
    assert_int_equal(osl_term_next(&cursor, &err), OSL_END);
    free(t.entries);
    return count;
}

static void pairs_are_those_of_the_rule_and_no_others(void **state)
{
    (void)state;
    test_random random = test_random_new(17);
    for (int round = 0; round < 2; round++) {
        world w;
        open_paired(&w, &random, OSL_STORE_NONE, OSL_PAIRS_DEFAULT);
        assert_true(check_pairs(&w, OSL_PAIRS_DEFAULT) > 20);
        close_world(&w);
        open_paired(&w, &random, OSL_STORE_NONE, OSL_PAIRS_MORE);
        assert_true(check_pairs(&w, OSL_PAIRS_MORE) > 200);
        close_world(&w);
        open_paired(&w, &random, OSL_STORE_NONE, OSL_PAIRS_NONE);
        assert_int_equal(
            osl_segment_get_info(w.segment)->fields[OSL_FIELD_PAIR].term_count,
            0);
        close_world(&w);
    }
}

/* ---- aliases ------------------------------------------------------------ */

static void compounds_are_found_by_their_joined_form(void **state)
{
    (void)state;
    test_random random = test_random_new(14);
    world w;
    osl_error err;
    const osl_alias_split *splits;
    size_t count;
    open_world(&w, &random, OSL_STORE_FULL);
    assert_ok(osl_segment_alias(w.segment, osl_text_of("bcrabl1"), &w.arena,
                                &splits, &count, &err));
    assert_int_equal(count, 1);
    check_text(splits[0].parts, osl_text_of("bcr abl1"), "parts");
    assert_true(splits[0].uses > 0);
    assert_ok(osl_segment_alias(w.segment, osl_text_of("bcr"), &w.arena,
                                &splits, &count, &err));
    assert_int_equal(count, 0);
    close_world(&w);
}

/* ---- determinism -------------------------------------------------------- */

static void the_same_documents_give_the_same_bytes(void **state)
{
    (void)state;
    test_random random = test_random_new(15);
    world w;
    osl_error err;
    osl_map a, b;
    char again[80];
    open_world(&w, &random, OSL_STORE_FULL);
    (void)snprintf(again, sizeof again, "%s.again", w.path);
    build_path(&w, again, OSL_STORE_FULL, OSL_PAIRS_DEFAULT);
    assert_ok(osl_map_open(&a, w.path, &err));
    assert_ok(osl_map_open(&b, again, &err));
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.bytes, b.bytes, a.length);
    osl_map_close(&a);
    osl_map_close(&b);
    assert_int_equal(unlink(again), 0);
    close_world(&w);
}

/* A document that was replaced leaves nothing behind: the bytes are those of
 * a build without it. */
static void a_replaced_document_leaves_no_trace(void **state)
{
    (void)state;
    test_random random = test_random_new(16);
    world w;
    osl_error err;
    osl_map a, b;
    char again[80];
    open_world(&w, &random, OSL_STORE_FULL);
    (void)snprintf(again, sizeof again, "%s.live", w.path);
    osl_batch batch;
    osl_build_result result;
    osl_batch_init(&batch, w.analyzer, true);
    for (uint32_t i = 0; i < w.live_count; i++) {
        bool replaced;
        assert_ok(osl_batch_add(&batch, &w.live[i], &replaced, &err));
        assert_false(replaced);
    }
    const osl_build_options options = {
        .kernels = w.kernels,
        .fingerprint = osl_analyzer_fingerprint(w.analyzer),
    };
    assert_ok(osl_build_segment(&batch, again, &options, &result, &err));
    osl_batch_clear(&batch);
    assert_ok(osl_map_open(&a, w.path, &err));
    assert_ok(osl_map_open(&b, again, &err));
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.bytes, b.bytes, a.length);
    osl_map_close(&a);
    osl_map_close(&b);
    assert_int_equal(unlink(again), 0);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_paragraphs_and_texts_come_back),
        cmocka_unit_test(without_stored_texts_the_rest_comes_back),
        cmocka_unit_test(compressed_texts_come_back),
        cmocka_unit_test(postings_are_what_counting_gives),
        cmocka_unit_test(pairs_are_those_of_the_rule_and_no_others),
        cmocka_unit_test(compounds_are_found_by_their_joined_form),
        cmocka_unit_test(the_same_documents_give_the_same_bytes),
        cmocka_unit_test(a_replaced_document_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
