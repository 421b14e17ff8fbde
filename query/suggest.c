/* SPDX-License-Identifier: MIT
 *
 * Completions of what was typed so far. The last word is taken for a
 * beginning, those before it for whole:
 *
 *     words     the dictionary, by the words that were seen for each term:
 *               "relapsed" is a completion of "relapse" though its term is
 *               "relaps"
 *     phrases   the words before, then such a word, counted as a phrase
 *     headings  and titles that begin so
 *
 * A stem keeps the first two letters of its words in every language here, but
 * for English -ying (dying is die): there one letter is looked at. */
#include "core/segment/tables.h"
#include "query/answer.h"

#include <stdlib.h>
#include <string.h>

/* Words that are tried behind others, the most frequent first. */
enum { PHRASES_MAX = 256 };

struct osl_suggestions {
    osl_arena arena;
    osl_suggestion *items; /* owns */
    size_t count, capacity;
};

/* A word that begins right: one form of one term in one segment. */
typedef struct candidate {
    osl_text term, form;
    uint64_t df; /* of the form; then of the term */
} candidate;

/* A heading or title and where it stands: equal ones are together. */
typedef struct line {
    osl_text text;
    uint64_t count;
    osl_suggestion_kind kind;
} line;

typedef struct suggesting {
    const osl_searcher *searcher;
    osl_suggestions *out;
    osl_arena scratch; /* of one term */
    osl_resolver *resolver;
    osl_tokens tokens, other;
    osl_text prefix; /* as typed */
    osl_form *typed; /* of each token */
    size_t typed_count;
    bool open;     /* the last word goes on */
    osl_text last; /* its bytes as typed */
    candidate *candidates;
    size_t candidate_count, candidate_capacity;
    line *lines;
    size_t line_count, line_capacity;
    osl_error *err;
} suggesting;

static osl_status no_memory(suggesting *s)
{
    return osl_fail(s->err, OSL_ENOMEM, "suggest: memory ran out");
}

static bool begins(osl_text text, osl_text with)
{
    return text.length >= with.length &&
           (!with.length || memcmp(text.bytes, with.bytes, with.length) == 0);
}

/* ---- what was typed ---------------------------------------------------- */

static osl_status resolve_tokens(suggesting *s, osl_text text,
                                 const osl_tokens *tokens, osl_form *forms,
                                 size_t count)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < count && status == OSL_OK; i++)
        status = osl_resolve(s->resolver,
                             (osl_text){text.bytes + tokens->starts[i],
                                        tokens->ends[i] - tokens->starts[i]},
                             tokens->flags[i], &forms[i], s->err);
    return status;
}

static osl_status read_prefix(suggesting *s)
{
    osl_status status =
        osl_resolver_new(&s->resolver, s->searcher->analyzer, s->err);
    if (status == OSL_OK)
        status =
            osl_tokenize(s->searcher->analyzer, s->prefix, &s->tokens, s->err);
    if (status != OSL_OK)
        return status;
    size_t count = s->typed_count = s->tokens.count;
    s->typed = osl_arena_zero(&s->out->arena, count + 1, sizeof *s->typed);
    if (!s->typed)
        return no_memory(s);
    s->open = count && s->tokens.ends[count - 1] == s->prefix.length;
    if (s->open)
        s->last = (osl_text){s->prefix.bytes + s->tokens.starts[count - 1],
                             s->prefix.length - s->tokens.starts[count - 1]};
    return resolve_tokens(s, s->prefix, &s->tokens, s->typed, count);
}

static osl_text last_folded(const suggesting *s)
{
    return s->typed[s->typed_count - 1].folded;
}

/* ---- results ----------------------------------------------------------- */

static osl_status add_result(suggesting *s, osl_text text,
                             osl_suggestion_kind kind, uint64_t count)
{
    osl_suggestions *out = s->out;
    if (!count)
        return OSL_OK;
    if (!osl_grow(&out->items, &out->capacity, out->count + 1,
                  sizeof *out->items) ||
        !osl_arena_text(&out->arena, text, &out->items[out->count].text))
        return no_memory(s);
    out->items[out->count].kind = kind;
    out->items[out->count++].count = count;
    return OSL_OK;
}

static int by_use(const void *a, const void *b)
{
    const osl_suggestion *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    int order = osl_text_compare(x->text, y->text);
    return order ? order : (int)x->kind - (int)y->kind;
}

/* ---- words ------------------------------------------------------------- */

static osl_status add_candidate(suggesting *s, osl_text term, osl_text form,
                                uint64_t df)
{
    candidate item = {.df = df};
    if (!osl_arena_text(&s->out->arena, term, &item.term) ||
        !osl_arena_text(&s->out->arena, form, &item.form) ||
        !osl_grow(&s->candidates, &s->candidate_capacity,
                  s->candidate_count + 1, sizeof *s->candidates))
        return no_memory(s);
    s->candidates[s->candidate_count++] = item;
    return OSL_OK;
}

/* An acronym's term is how it is written; its forms are folded. */
static osl_status look_at_term(suggesting *s, uint32_t segment,
                               const osl_term_cursor *at, osl_text prefix,
                               bool as_written)
{
    const osl_index *index = s->searcher->index;
    osl_form_list forms;
    osl_term_info live = at->info;
    osl_arena_reset(&s->scratch);
    osl_status status =
        osl_index_live_term(index, segment, OSL_FIELD_TEXT, &live, s->err);
    if (status != OSL_OK || !live.df)
        return status;
    status =
        osl_index_live_forms(index, segment, at, &s->scratch, &forms, s->err);
    if (as_written || status == OSL_ENOTFOUND)
        return begins(at->term, prefix)
                   ? add_candidate(s, at->term, at->term, live.df)
                   : OSL_OK;
    for (size_t i = 0; status == OSL_OK && i < forms.count; i++)
        if (forms.forms[i].df && begins(forms.forms[i].text, prefix))
            status = add_candidate(s, at->term, forms.forms[i].text,
                                   forms.forms[i].df);
    return status;
}

/* Terms that begin with `from` whose words begin with `prefix`. */
static osl_status scan_terms(suggesting *s, uint32_t segment, osl_text from,
                             osl_text prefix, bool as_written)
{
    osl_term_cursor at;
    osl_status status =
        osl_term_seek(&at, osl_index_segment(s->searcher->index, segment),
                      OSL_FIELD_TEXT, from, s->err);
    while (status == OSL_OK &&
           (status = osl_term_next(&at, s->err)) == OSL_OK) {
        if (!begins(at.term, from))
            return OSL_OK;
        status = look_at_term(s, segment, &at, prefix, as_written);
    }
    return status == OSL_END ? OSL_OK : status;
}

static int by_term(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    int order = osl_text_compare(x->term, y->term);
    return order ? order : osl_text_compare(x->form, y->form);
}

static int by_df(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->df != y->df)
        return x->df > y->df ? -1 : 1;
    return by_term(a, b);
}

/* Segments' counts of a form become one; of each term the commonest form
 * stays, with the term's own live df. */
static osl_status join_candidates(suggesting *s)
{
    candidate *all = s->candidates;
    size_t kept = 0;
    osl_status status = OSL_OK;
    qsort(all, s->candidate_count, sizeof *all, by_term);
    for (size_t i = 0; i < s->candidate_count;) {
        candidate best = {.df = 0};
        osl_text term = all[i].term;
        while (i < s->candidate_count && osl_text_equal(all[i].term, term)) {
            candidate form = all[i++];
            for (; i < s->candidate_count && by_term(&all[i], &form) == 0; i++)
                form.df += all[i].df;
            if (form.df > best.df)
                best = form;
        }
        status = osl_index_df(s->searcher->index, OSL_FIELD_TEXT, term,
                              &best.df, s->err);
        if (status != OSL_OK)
            return status;
        if (best.df && best.form.length)
            all[kept++] = best;
    }
    s->candidate_count = kept;
    qsort(all, kept, sizeof *all, by_df);
    return OSL_OK;
}

static osl_status find_words(suggesting *s)
{
    osl_text folded = last_folded(s), from = folded;
    uint32_t segments = osl_index_get_info(s->searcher->index)->segment_count;
    osl_status status = OSL_OK;
    from.length = from.length > 2 ? 2 : from.length;
    if (from.length == 2 && from.bytes[1] == 'y')
        from.length = 1;
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++) {
        status = scan_terms(s, i, from, folded, false);
        /* Acronyms are terms in capitals. */
        if (status == OSL_OK && !osl_text_equal(s->last, folded))
            status = scan_terms(s, i, s->last, s->last, true);
    }
    if (status == OSL_OK && s->candidate_count)
        status = join_candidates(s);
    return status;
}

static osl_status add_words(suggesting *s)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < s->candidate_count && status == OSL_OK; i++)
        status = add_result(s, s->candidates[i].form, OSL_SUGGESTION_WORD,
                            s->candidates[i].df);
    return status;
}

/* ---- phrases ----------------------------------------------------------- */

static void put_words(const suggesting *s, osl_text last, osl_buf *out)
{
    for (size_t i = 0; i + 1 < s->typed_count; i++) {
        osl_buf_put(out, s->prefix.bytes + s->tokens.starts[i],
                    s->tokens.ends[i] - s->tokens.starts[i]);
        osl_buf_put_byte(out, ' ');
    }
    osl_buf_put_text(out, last);
}

static osl_status add_phrase(suggesting *s, osl_text last, osl_buf *query)
{
    osl_search_options options = osl_search_defaults;
    osl_answer *answer = NULL;
    options.k = 0;
    osl_buf_reset(query);
    osl_buf_put_byte(query, '"');
    put_words(s, last, query);
    osl_buf_put_byte(query, '"');
    osl_status status = osl_buf_status(query, "a phrase", s->err);
    osl_text text = osl_buf_text(query);
    if (status == OSL_OK)
        status = osl_search(s->searcher, text, &options, &answer, s->err);
    if (status == OSL_OK)
        status = add_result(s, (osl_text){text.bytes + 1, text.length - 2},
                            OSL_SUGGESTION_PHRASE, osl_answer_count(answer));
    osl_answer_free(answer);
    return status;
}

static osl_status add_phrases(suggesting *s)
{
    osl_buf query = {0};
    osl_status status = OSL_OK;
    for (size_t i = 0;
         i < s->candidate_count && i < PHRASES_MAX && status == OSL_OK; i++)
        status = add_phrase(s, s->candidates[i].form, &query);
    osl_buf_clear(&query);
    return status;
}

/* ---- headings and titles ----------------------------------------------- */

static osl_status add_line(suggesting *s, osl_text text, uint64_t count,
                           osl_suggestion_kind kind)
{
    if (!osl_grow(&s->lines, &s->line_capacity, s->line_count + 1,
                  sizeof *s->lines))
        return no_memory(s);
    s->lines[s->line_count++] = (line){text, count, kind};
    return OSL_OK;
}

/* Letters of ASCII that a text begins with. */
static size_t count_letters(osl_text text)
{
    size_t count = 0;
    while (count < text.length &&
           ((uint8_t)text.bytes[count] | 0x20u) - 'a' < 26)
        count++;
    return count;
}

static bool differ(osl_text text, osl_text folded, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (((uint8_t)text.bytes[i] | 0x20u) != (uint8_t)folded.bytes[i])
            return true;
    return false;
}

/* Not where it surely begins with another word than was typed, as most do:
 * these need not be tokenised. A digit stays one; letters are made small, but
 * for those before an apostrophe, a character beyond ASCII may change the last
 * of them, and mcg is a unit (fold.c). */
static bool may_begin(const suggesting *s, osl_text text)
{
    osl_text typed = s->typed[0].folded;
    size_t letters = count_letters(text);
    if (text.bytes[0] >= '0' && text.bytes[0] <= '9')
        return typed.bytes[0] == text.bytes[0];
    char behind = letters < text.length ? text.bytes[letters] : ' ';
    if (letters == 0 || behind == '\'' || (uint8_t)behind >= 0x80 ||
        (letters > 1 && !differ(text, (osl_text){"mc", 2}, 2)))
        return true;
    if (differ(text, typed, letters < typed.length ? letters : typed.length))
        return false;
    return typed.length <= letters || behind != ' ';
}

/* Rows of a segment with a text each, its headings or titles: how many
 * paragraphs a text has, by the number of its string. */
typedef struct tally {
    osl_column_view strings; /* of each row */
    uint64_t *counts;        /* owns */
    uint64_t least, count;   /* the first string, and how many there are */
} tally;

static osl_status open_tally(suggesting *s, const osl_segment *segment,
                             uint32_t kind, unsigned column, uint32_t rows,
                             tally *to)
{
    osl_text last;
    uint64_t least = UINT64_MAX, greatest = 0;
    osl_status status =
        osl_tables_view(segment, kind, column, rows, &to->strings, s->err);
    for (uint32_t i = 0; i < rows && status == OSL_OK; i++) {
        uint64_t string = osl_column_view_get(&to->strings, i);
        least = string < least ? string : least;
        greatest = string > greatest ? string : greatest;
    }
    /* No room for what a spoilt file says: the last must be there. */
    if (status == OSL_OK)
        status = osl_tables_string(segment, greatest, &last, s->err);
    if (status != OSL_OK)
        return status;
    to->least = least;
    to->count = greatest - least + 1;
    to->counts = calloc((size_t)to->count, sizeof *to->counts);
    return to->counts ? OSL_OK : no_memory(s);
}

static void count_row(tally *to, uint32_t row, uint64_t paragraphs)
{
    to->counts[osl_column_view_get(&to->strings, row) - to->least] +=
        paragraphs;
}

static osl_status add_tally(suggesting *s, const osl_segment *segment,
                            const tally *of, osl_suggestion_kind kind)
{
    osl_status status = OSL_OK;
    for (uint64_t n = 0; n < of->count && status == OSL_OK; n++) {
        osl_text text;
        if (!of->counts[n])
            continue;
        status = osl_tables_string(segment, of->least + n, &text, s->err);
        if (status == OSL_OK && text.length && may_begin(s, text))
            status = add_line(s, text, of->counts[n], kind);
    }
    return status;
}

/* Entry n and the next of a column of firsts; of a spoilt one no more than
 * there is. */
static void rows_of(const osl_column_view *firsts, uint32_t n, uint32_t rows,
                    uint32_t *first, uint32_t *end)
{
    uint64_t from = osl_column_view_get(firsts, n);
    uint64_t to = osl_column_view_get(firsts, n + 1);
    *end = to < rows ? (uint32_t)to : rows;
    *first = from < *end ? (uint32_t)from : *end;
}

static osl_status gather_headings(suggesting *s, uint32_t number)
{
    const osl_index *index = s->searcher->index;
    const osl_segment *segment = osl_index_segment(index, number);
    const osl_segment_info *info = osl_segment_get_info(segment);
    uint32_t rows = info->section_count, done = 0;
    osl_column_view firsts, lengths;
    tally of = {.count = 0};
    if (rows == 0)
        return OSL_OK;
    osl_status status = open_tally(s, segment, OSL_SECTION_SECTIONS,
                                   OSL_SECTION_HEADING, rows, &of);
    if (status == OSL_OK)
        status = osl_tables_view(segment, OSL_SECTION_SECTIONS,
                                 OSL_SECTION_LENGTH, rows, &lengths, s->err);
    if (status == OSL_OK)
        status = osl_tables_view(segment, OSL_SECTION_DOCUMENTS,
                                 OSL_DOCUMENT_FIRST_SECTION,
                                 info->document_count + 1, &firsts, s->err);
    for (uint32_t i = 0; i < info->document_count && status == OSL_OK; i++) {
        uint32_t row, end;
        if (!osl_index_lives(index, number, i))
            continue;
        rows_of(&firsts, i, rows, &row, &end);
        /* Of a spoilt file, too, each row is gone through once. */
        for (row = row < done ? done : row; row < end; row++)
            count_row(&of, row, osl_column_view_get(&lengths, row));
        done = row;
    }
    if (status == OSL_OK)
        status = add_tally(s, segment, &of, OSL_SUGGESTION_HEADING);
    free(of.counts);
    return status;
}

static osl_status gather_titles(suggesting *s, uint32_t number)
{
    const osl_index *index = s->searcher->index;
    const osl_segment *segment = osl_index_segment(index, number);
    const osl_segment_info *info = osl_segment_get_info(segment);
    uint32_t rows = info->document_count;
    osl_column_view firsts;
    tally of = {.count = 0};
    if (rows == 0)
        return OSL_OK;
    osl_status status = open_tally(s, segment, OSL_SECTION_DOCUMENTS,
                                   OSL_STRING_TITLE, rows, &of);
    if (status == OSL_OK)
        status = osl_tables_view(segment, OSL_SECTION_DOCUMENTS,
                                 OSL_DOCUMENT_FIRST_PARAGRAPH, rows + 1,
                                 &firsts, s->err);
    for (uint32_t i = 0; i < rows && status == OSL_OK; i++) {
        uint32_t first, end;
        if (!osl_index_lives(index, number, i))
            continue;
        rows_of(&firsts, i, info->paragraph_count, &first, &end);
        count_row(&of, i, end - first);
    }
    if (status == OSL_OK)
        status = add_tally(s, segment, &of, OSL_SUGGESTION_TITLE);
    free(of.counts);
    return status;
}

static int by_line(const void *a, const void *b)
{
    const line *x = a, *y = b;
    if (x->kind != y->kind)
        return (int)x->kind - (int)y->kind;
    return osl_text_compare(x->text, y->text);
}

/* Does it begin with the words typed, the last of them perhaps cut? */
static osl_status line_begins(suggesting *s, osl_text text, bool *yes)
{
    osl_status status =
        osl_tokenize(s->searcher->analyzer, text, &s->other, s->err);
    *yes = status == OSL_OK && s->other.count >= s->typed_count;
    for (size_t i = 0; i < s->typed_count && *yes; i++) {
        osl_form form;
        osl_text bytes = {text.bytes + s->other.starts[i],
                          s->other.ends[i] - s->other.starts[i]};
        status =
            osl_resolve(s->resolver, bytes, s->other.flags[i], &form, s->err);
        if (status != OSL_OK)
            return status;
        *yes = s->open && i + 1 == s->typed_count
                   ? begins(form.folded, s->typed[i].folded)
                   : osl_text_equal(form.folded, s->typed[i].folded);
    }
    return status;
}

static osl_status add_lines(suggesting *s)
{
    const osl_index_info *all = osl_index_get_info(s->searcher->index);
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < all->segment_count && status == OSL_OK; i++) {
        status = gather_headings(s, i);
        /* A record's title says no more than its one paragraph. */
        if (status == OSL_OK && all->paragraph_count != all->document_count)
            status = gather_titles(s, i);
    }
    if (s->line_count)
        qsort(s->lines, s->line_count, sizeof *s->lines, by_line);
    for (size_t i = 0; i < s->line_count && status == OSL_OK;) {
        line sum = s->lines[i++];
        bool yes;
        for (; i < s->line_count && by_line(&s->lines[i], &sum) == 0; i++)
            sum.count += s->lines[i].count;
        status = line_begins(s, sum.text, &yes);
        if (status == OSL_OK && yes)
            status = add_result(s, sum.text, sum.kind, sum.count);
    }
    return status;
}

/* ---- the whole --------------------------------------------------------- */

static osl_status suggest(suggesting *s)
{
    osl_status status = read_prefix(s);
    if (status != OSL_OK || !s->typed_count)
        return status;
    if (s->open)
        status = find_words(s);
    if (status == OSL_OK)
        status = s->typed_count == 1 ? add_words(s) : add_phrases(s);
    return status == OSL_OK ? add_lines(s) : status;
}

osl_status osl_suggest(const osl_searcher *searcher, osl_text prefix, size_t k,
                       osl_suggestions **out, osl_error *err)
{
    suggesting s = {.searcher = searcher, .prefix = prefix, .err = err};
    s.out = calloc(1, sizeof *s.out);
    osl_status status = s.out ? suggest(&s) : no_memory(&s);
    if (status == OSL_OK && s.out->count)
        qsort(s.out->items, s.out->count, sizeof *s.out->items, by_use);
    osl_resolver_free(s.resolver);
    osl_tokens_clear(&s.tokens);
    osl_tokens_clear(&s.other);
    osl_arena_clear(&s.scratch);
    free(s.candidates);
    free(s.lines);
    if (status != OSL_OK) {
        osl_suggestions_free(s.out);
        return status;
    }
    s.out->count = s.out->count < k ? s.out->count : k;
    *out = s.out;
    return OSL_OK;
}

void osl_suggestions_free(osl_suggestions *suggestions)
{
    if (!suggestions)
        return;
    osl_arena_clear(&suggestions->arena);
    free(suggestions->items);
    free(suggestions);
}

const osl_suggestion *osl_suggestions_get(const osl_suggestions *suggestions,
                                          size_t n)
{
    return n < suggestions->count ? &suggestions->items[n] : NULL;
}
