/* SPDX-License-Identifier: MIT
 *
 * One buffer takes the text of whatever is open; closing cleans it and copies
 * it to the document's arena. Headings wait: a section that never gets a
 * paragraph is dropped at the end, when the parents' numbers are settled.
 *
 * A JSONL record is the fast case: nothing of it is copied but its metadata,
 * nothing is allocated once the first record has made room. */
#include "corpus/draft_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/kernels/kernels.h"
#include "corpus/date.h"
#include "corpus/evidence.h"
#include "corpus/mend.h"

/* ---- making and ending ------------------------------------------------- */

osl_draft *osl_draft_new(const osl_source *source, const osl_consumer *consumer)
{
    osl_draft *draft = calloc(1, sizeof *draft);
    osl_cpu_level level;
    if (draft == NULL)
        return NULL;
    if (osl_cpu_level_get(&level, NULL) != OSL_OK)
        level = OSL_CPU_SCALAR; /* whoever asked is told by who has an error */
    draft->find = osl_kernels_get(level)->find;
    draft->source = source;
    draft->consumer = consumer;
    draft->innermost = OSL_SECTION_NONE;
    draft->first_line = 1;
    return draft;
}

void osl_draft_free(osl_draft *draft)
{
    if (draft == NULL)
        return;
    osl_draft_table_free(draft);
    osl_text_list_clear(&draft->aliases);
    osl_text_list_clear(&draft->citations);
    osl_text_list_clear(&draft->evidence);
    osl_buf_clear(&draft->text);
    osl_arena_clear(&draft->arena);
    free(draft->sections);
    free(draft->paragraphs);
    free(draft);
}

size_t osl_draft_documents(const osl_draft *draft)
{
    return draft->documents;
}

osl_find_fn *osl_draft_find(const osl_draft *draft)
{
    return draft->find;
}

bool osl_draft_knows(osl_draft *draft, osl_text record, uint32_t line)
{
    const osl_consumer *consumer = draft->consumer;
    draft->record = record;
    if (!consumer->knows || !consumer->knows(consumer->user, record, line))
        return false;
    draft->documents++;
    return true;
}

osl_step osl_draft_step(osl_draft *draft, osl_text rest, uint32_t line)
{
    const osl_consumer *consumer = draft->consumer;
    if (consumer->step) {
        osl_step step = consumer->step(consumer->user, rest, line);
        draft->documents += step.known;
        return step;
    }
    const char *stop = memchr(rest.bytes, '\n', rest.length);
    return (osl_step){stop ? (size_t)(stop - rest.bytes) : rest.length, 0};
}

uint32_t osl_draft_lines_before(const osl_draft *draft)
{
    return draft->lines_before;
}

void osl_draft_set_lines_before(osl_draft *draft, uint32_t lines)
{
    draft->lines_before = lines;
}

void osl_draft_out_of_memory(osl_draft *draft)
{
    draft->no_memory = true;
}

void osl_draft_report(osl_draft *draft, uint32_t line, const char *format, ...)
{
    char reason[512];
    va_list arguments;
    if (draft->consumer->report == NULL)
        return;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    draft->consumer->report(draft->consumer->user, draft->source->name, line,
                            false, reason);
}

void osl_draft_report_skipped(osl_draft *draft, uint32_t line,
                              const char *format, ...)
{
    char reason[512];
    va_list arguments;
    if (draft->consumer->report == NULL)
        return;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    draft->consumer->report(draft->consumer->user, draft->source->name, line,
                            true, reason);
}

/* ---- text into the buffer ---------------------------------------------- */

static void tell_utf8(osl_draft *draft, uint32_t line)
{
    if (!draft->told_utf8)
        osl_draft_report(draft, line,
                         "broken UTF-8 is read as U+FFFD; convert the file to "
                         "UTF-8 to keep its letters");
    draft->told_utf8 = true;
}

/* One character beyond ASCII at `at`, to `to`; the bytes it took. */
static size_t append_wide(osl_draft *draft, const char *at, const char *end,
                          uint8_t **to)
{
    unsigned length;
    uint32_t c = osl_utf8_get(at, end, &length);
    osl_char_class what = OSL_CHAR_TEXT;
    const char *bytes = at;
    unsigned count = length;
    if (c == OSL_UTF8_BAD) {
        tell_utf8(draft, draft->line);
        bytes = "\xEF\xBF\xBD";
        count = 3;
    } else {
        what = osl_char_class_of(c);
    }
    if (what == OSL_CHAR_BLANK)
        draft->blank = true;
    if (what == OSL_CHAR_BLANK || what == OSL_CHAR_DROP)
        return length;
    draft->has_c1 |= what == OSL_CHAR_C1;
    if (draft->blank && *to > draft->text.bytes)
        *(*to)++ = ' ';
    draft->blank = false;
    memcpy(*to, bytes, count);
    *to += count;
    return length;
}

/* What text is copied up to, by buckets: 1 controls, 2 what is not ASCII, 4 a
 * blank before another, 8 DEL. */
static const osl_find_set rough = {
    .low = {{7, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 11},
            {15, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11},
            OSL_FIND_ALL(15),
            OSL_FIND_ALL(15)},
    .high = {{1, 1, 4, 0, 0, 0, 0, 8, 2, 2, 2, 2, 2, 2, 2, 2},
             {11, 11, 15, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11},
             OSL_FIND_ALL(15),
             OSL_FIND_ALL(15)}};

/* A run of plain text that begins with no blank; the bytes it took. */
static size_t append_plain(osl_draft *draft, const char *at, const char *end,
                           uint8_t **to)
{
    size_t taken = draft->find(&rough, at, (size_t)(end - at));
    size_t length = taken - (at[taken - 1] == ' ');
    if (draft->blank && *to > draft->text.bytes)
        *(*to)++ = ' ';
    draft->blank = length < taken;
    memcpy(*to, at, length);
    *to += length;
    return taken;
}

/* Every byte becomes four at most: a blank and U+FFFD. */
static void append(osl_draft *draft, osl_text text)
{
    uint8_t *to = osl_buf_room(&draft->text, text.length * 4);
    const char *at = text.bytes, *end = at + text.length;
    if (to == NULL)
        return;
    while (at < end) {
        unsigned char c = (unsigned char)*at;
        if (c > ' ' && c < 0x7F)
            at += append_plain(draft, at, end, &to);
        else if (c >= 0x80)
            at += append_wide(draft, at, end, &to);
        else
            draft->blank |= osl_is_space(*at++);
    }
    draft->text.length = (size_t)(to - draft->text.bytes);
}

/* ---- closing ----------------------------------------------------------- */

static bool copy_list(osl_draft *draft, const osl_text_list *list,
                      const osl_text **out)
{
    osl_text *copy =
        list->count ? osl_arena_zero(&draft->arena, list->count, sizeof *copy)
                    : NULL;
    if (list->failed || (list->count && copy == NULL)) {
        draft->no_memory = true;
        return false;
    }
    if (list->count)
        memcpy(copy, list->items, list->count * sizeof *copy);
    *out = copy;
    return true;
}

static void reset_open(osl_draft *draft)
{
    osl_buf_reset(&draft->text);
    draft->citations.count = 0;
    draft->evidence.count = 0;
    draft->is_open = false;
    draft->blank = false;
    draft->has_c1 = false;
}

/* Folds what taking out marks has left: blanks at the ends and in runs. */
static void fold_blanks(osl_buf *text)
{
    uint8_t *to = text->bytes, *end = to + text->length;
    for (const uint8_t *at = to; at < end; at++)
        if (*at != ' ' || (to > text->bytes && to[-1] != ' '))
            *to++ = *at;
    text->length = text->length ? (size_t)(to - text->bytes) : 0;
    while (text->length && text->bytes[text->length - 1] == ' ')
        text->length--;
}

/* Each mark once, in order; a list too long for a look at every pair stays. */
static void drop_repeats(osl_text_list *list)
{
    size_t kept = 0;
    if (list->count > 512)
        return;
    for (size_t i = 0; i < list->count; i++) {
        size_t k = 0;
        while (k < kept && !osl_text_equal(list->items[k], list->items[i]))
            k++;
        if (k == kept)
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* The length of the mark at the start of `text`, with the blanks behind it; 0
 * where there is none. */
static size_t leading_mark(osl_draft *draft, osl_text text)
{
    const char *close =
        text.length > 2 && text.bytes[0] == '['
            ? memchr(text.bytes, ']', text.length < 64 ? text.length : 64)
            : NULL;
    if (close == NULL)
        return 0;
    size_t before = draft->citations.count;
    size_t length = (size_t)(close - text.bytes) + 1;
    bool is_range =
        memchr(text.bytes, '-', length) || memchr(text.bytes, '\xE2', length);
    bool is_glued = length < text.length && !strchr(" ;,[(", close[1]);
    if (is_glued || (is_range && length < text.length) ||
        !osl_citation_list((osl_text){text.bytes, length}, &draft->arena,
                           &draft->citations)) {
        draft->citations.count = before;
        return 0;
    }
    while (length < text.length &&
           (text.bytes[length] == ' ' || text.bytes[length] == ';'))
        length++;
    return length;
}

/* "[8]" alone in a cell, or before what stands there ("[8] (N = 20)",
 * "[8][Level of evidence: I]"), is the reference of its row. A range before
 * more text may be one of numbers, "[18]F" is an isotope. */
static void take_leading_marks(osl_draft *draft)
{
    osl_text text = osl_buf_text(&draft->text);
    size_t taken = 0, length;
    while ((length = leading_mark(
                draft, (osl_text){text.bytes + taken, text.length - taken})))
        taken += length;
    if (taken == 0)
        return;
    memmove(draft->text.bytes, draft->text.bytes + taken, text.length - taken);
    draft->text.length -= taken;
}

/* Takes out of the buffer what is no text. Rows are put together cell by cell;
 * all else is folded as it comes. */
static void clean(osl_draft *draft)
{
    osl_buf *text = &draft->text;
    size_t length = text->length;
    if (draft->has_c1)
        osl_clean_mojibake(text);
    text->length = osl_mend_references((char *)text->bytes, text->length);
    if (draft->table.in_cell)
        take_leading_marks(draft);
    osl_clean_citations(text, &draft->arena, &draft->citations);
    if (text->length && (text->length != length || draft->has_c1 ||
                         draft->kind == OSL_PARAGRAPH_ROW))
        fold_blanks(text);
}

/* Cleans the buffer and makes a paragraph of it in the arena. */
static bool finish(osl_draft *draft, osl_paragraph *out)
{
    clean(draft);
    *out = (osl_paragraph){.kind = draft->kind, .line = draft->line};
    if (draft->text.failed ||
        !osl_arena_text(&draft->arena, osl_buf_text(&draft->text),
                        &out->text)) {
        draft->no_memory = true;
        return false;
    }
    osl_evidence_find(out->text, &draft->evidence, draft->find);
    drop_repeats(&draft->citations);
    drop_repeats(&draft->evidence);
    out->citation_count = draft->citations.count;
    out->evidence_count = draft->evidence.count;
    return copy_list(draft, &draft->citations, &out->citations) &&
           copy_list(draft, &draft->evidence, &out->evidence);
}

static bool has_words(osl_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (osl_is_alpha(text.bytes[i]) || osl_is_digit(text.bytes[i]) ||
            (unsigned char)text.bytes[i] >= 0x80)
            return true;
    return false;
}

/* More than a quarter of its characters are lost: it never was text, but
 * something else that a converter took for it. */
static bool is_wreck(osl_text text)
{
    size_t lost = 0;
    const char *at = text.bytes, *end = at + text.length;
    while ((at = memchr(at, '\xEF', (size_t)(end - at))) && end - at > 2) {
        lost += at[1] == '\xBF' && at[2] == '\xBD';
        at++;
    }
    /* A lost character is three bytes. */
    return lost >= 16 && lost * 4 > text.length - 2 * lost;
}

void osl_draft_add(osl_draft *draft, const osl_paragraph *paragraph)
{
    if (draft->no_memory || !has_words(paragraph->text))
        return;
    if (is_wreck(paragraph->text)) {
        if (!draft->told_wreck)
            osl_draft_report(draft, paragraph->line,
                             "characters that are lost, and hardly any text "
                             "among them: left out");
        draft->told_wreck = true;
        return;
    }
    if (!osl_grow(&draft->paragraphs, &draft->paragraph_capacity,
                  draft->paragraph_count + 1, sizeof *draft->paragraphs)) {
        draft->no_memory = true;
        return;
    }
    osl_paragraph *last = &draft->paragraphs[draft->paragraph_count++];
    *last = *paragraph;
    last->section = draft->innermost;
}

/* Where to cut: the last blank within the limit, else a character's start. */
static size_t cut_at(osl_text text)
{
    size_t at = OSL_PARAGRAPH_BYTES_MAX;
    while (at > OSL_PARAGRAPH_BYTES_MAX / 2 && text.bytes[at] != ' ')
        at--;
    if (text.bytes[at] == ' ')
        return at;
    at = OSL_PARAGRAPH_BYTES_MAX;
    while (((unsigned char)text.bytes[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static void finish_into_document(osl_draft *draft)
{
    draft_block block = {0};
    if (!finish(draft, &block.paragraph))
        return;
    if (draft->table.in_cell)
        osl_draft_cell_block(draft, &block);
    else
        osl_draft_add(draft, &block.paragraph);
}

/* Gives what fills a paragraph to the document and keeps the rest open. */
static void cut(osl_draft *draft)
{
    size_t at = cut_at(osl_buf_text(&draft->text));
    size_t rest_length = draft->text.length - at;
    char *rest = malloc(rest_length + 1);
    if (rest == NULL) {
        draft->no_memory = true;
        return;
    }
    memcpy(rest, draft->text.bytes + at, rest_length);
    draft->text.length = at;
    bool blank = draft->blank;
    finish_into_document(draft);
    reset_open(draft);
    draft->is_open = true;
    append(draft, (osl_text){rest, rest_length});
    draft->blank = blank;
    free(rest);
}

void osl_draft_close(osl_draft *draft)
{
    if (!draft->is_open || draft->no_memory)
        return;
    finish_into_document(draft);
    reset_open(draft);
}

void osl_draft_discard(osl_draft *draft)
{
    if (draft->is_open)
        reset_open(draft);
}

/* ---- lines ------------------------------------------------------------- */

void osl_draft_lines(osl_draft *draft, uint32_t first, bool all)
{
    draft->first_line = first;
    draft->all_lines = all;
}

uint32_t osl_draft_line(const osl_draft *draft, uint32_t n)
{
    if (draft->all_lines)
        return draft->first_line;
    if (n == 0 || n > UINT32_MAX - draft->first_line)
        return 0;
    return draft->first_line + n - 1;
}

/* ---- paragraphs -------------------------------------------------------- */

void osl_draft_open(osl_draft *draft, osl_paragraph_kind kind, uint32_t line)
{
    osl_draft_close(draft);
    draft->is_open = true;
    draft->kind = kind;
    draft->line = osl_draft_line(draft, line);
}

static bool is_blank_only(osl_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!osl_is_space(text.bytes[i]))
            return false;
    return true;
}

bool osl_draft_ready(osl_draft *draft, osl_text text)
{
    if (draft->no_memory || text.length == 0)
        return false;
    if (draft->is_open)
        return true;
    if (is_blank_only(text))
        return false;
    osl_draft_open(draft, OSL_PARAGRAPH_PROSE, 0);
    return true;
}

/* Bytes taken at a time, so that a text of any length never needs a buffer
 * much longer than a paragraph. */
#define PIECE_BYTES ((size_t)1 << 20)

static size_t piece_length(osl_text text)
{
    size_t length = PIECE_BYTES;
    if (text.length <= PIECE_BYTES)
        return text.length;
    while (length > PIECE_BYTES - 4 &&
           ((unsigned char)text.bytes[length] & 0xC0) == 0x80)
        length--;
    return length;
}

void osl_draft_text(osl_draft *draft, osl_text text)
{
    if (!osl_draft_ready(draft, text))
        return;
    while (text.length && !draft->no_memory) {
        size_t length = piece_length(text);
        append(draft, (osl_text){text.bytes, length});
        text.bytes += length;
        text.length -= length;
        draft->no_memory |= draft->text.failed;
        while (draft->text.length > OSL_PARAGRAPH_BYTES_MAX &&
               !draft->no_memory)
            cut(draft);
    }
}

void osl_draft_space(osl_draft *draft)
{
    draft->blank |= draft->is_open;
}

osl_text osl_draft_open_text(const osl_draft *draft)
{
    if (!draft->is_open)
        return (osl_text){"", 0};
    return osl_buf_text(&draft->text);
}

void osl_draft_paragraph(osl_draft *draft, osl_paragraph_kind kind,
                         uint32_t line, osl_text text)
{
    osl_draft_open(draft, kind, line);
    osl_draft_text(draft, text);
    osl_draft_close(draft);
}

static void put_copy(osl_draft *draft, osl_text_list *list, osl_text text)
{
    osl_text copy;
    text = osl_text_trim(text);
    if (draft->no_memory || text.length == 0)
        return;
    if (!osl_arena_text(&draft->arena, text, &copy))
        draft->no_memory = true;
    else
        osl_text_list_put(list, copy);
}

void osl_draft_cite(osl_draft *draft, osl_text citation)
{
    size_t before = draft->citations.count;
    if (!draft->is_open || draft->no_memory)
        return;
    if (!osl_citation_list(citation, &draft->arena, &draft->citations)) {
        draft->citations.count = before;
        put_copy(draft, &draft->citations, citation);
    }
}

void osl_draft_evidence(osl_draft *draft, osl_text level)
{
    if (!draft->is_open || draft->no_memory)
        return;
    size_t before = draft->evidence.count;
    osl_text copy;
    if (!osl_arena_text(&draft->arena, osl_text_trim(level), &copy)) {
        draft->no_memory = true;
        return;
    }
    osl_evidence_find(copy, &draft->evidence, draft->find);
    if (draft->evidence.count == before && copy.length)
        osl_text_list_put(&draft->evidence, copy);
}

void osl_draft_record(osl_draft *draft, uint32_t line, osl_text text)
{
    if (draft->no_memory ||
        (text.length == 0 && !osl_draft_has_meta(draft, OSL_META_TITLE)))
        return;
    draft->is_record = true;
    if (!osl_grow(&draft->paragraphs, &draft->paragraph_capacity,
                  draft->paragraph_count + 1, sizeof *draft->paragraphs)) {
        draft->no_memory = true;
        return;
    }
    draft->paragraphs[draft->paragraph_count++] = (osl_paragraph){
        .text = text, .section = OSL_SECTION_NONE, .line = line};
}

/* ---- sections ---------------------------------------------------------- */

unsigned osl_draft_level(const osl_draft *draft)
{
    if (draft->innermost == OSL_SECTION_NONE)
        return 0;
    return draft->sections[draft->innermost].level;
}

void osl_draft_close_sections(osl_draft *draft, unsigned level)
{
    osl_draft_close(draft);
    while (draft->innermost != OSL_SECTION_NONE &&
           draft->sections[draft->innermost].level >= level)
        draft->innermost = draft->sections[draft->innermost].parent;
}

void osl_draft_section(osl_draft *draft, unsigned level, osl_text heading)
{
    osl_draft_close_sections(draft, level);
    if (!has_words(heading) || draft->no_memory)
        return;
    if (draft->innermost != OSL_SECTION_NONE &&
        osl_text_equal_fold(draft->sections[draft->innermost].heading, heading))
        return; /* its parent says it already */
    if (draft->section_count >= OSL_SECTION_NONE ||
        !osl_grow(&draft->sections, &draft->section_capacity,
                  draft->section_count + 1, sizeof *draft->sections)) {
        draft->no_memory = true;
        return;
    }
    draft->sections[draft->section_count] =
        (osl_section){heading, draft->innermost, level};
    draft->innermost = (uint32_t)draft->section_count++;
}

void osl_draft_heading(osl_draft *draft, unsigned level, osl_text heading)
{
    draft_block block = {.level = level ? level : 1};
    osl_draft_open(draft, OSL_PARAGRAPH_PROSE, 0);
    if (heading.length > PIECE_BYTES) /* no heading; but words in a table */
        heading.length = piece_length(heading);
    osl_draft_text(draft, heading);
    if (draft->no_memory || !finish(draft, &block.paragraph))
        return;
    reset_open(draft);
    if (draft->table.in_cell)
        osl_draft_cell_block(draft, &block);
    else
        osl_draft_section(draft, block.level, block.paragraph.text);
}

/* ---- metadata ---------------------------------------------------------- */

bool osl_draft_has_meta(const osl_draft *draft, osl_meta what)
{
    return what == OSL_META_ALIAS ? draft->aliases.count > 0
                                  : draft->has_meta[what];
}

static osl_text audience_of(osl_text value)
{
    static const char *const professional[] = {
        "professional", "clinician", "physician", "provider", "health worker"};
    static const char *const patient[] = {"patient", "public", "consumer",
                                          "family",  "carer",  "lay"};
    for (size_t i = 0; i < sizeof professional / sizeof *professional; i++)
        if (osl_text_find_fold(value, professional[i]) < value.length)
            return osl_text_of("professional");
    for (size_t i = 0; i < sizeof patient / sizeof *patient; i++)
        if (osl_text_find_fold(value, patient[i]) < value.length)
            return osl_text_of("patient");
    return (osl_text){"", 0};
}

static osl_text language_of(osl_draft *draft, osl_text value)
{
    static const char *const names[][2] = {
        {"english", "en"}, {"spanish", "es"},    {"español", "es"},
        {"french", "fr"},  {"portuguese", "pt"}, {"german", "de"},
        {"italian", "it"}, {"russian", "ru"},    {"turkmen", "tk"},
    };
    value = osl_text_trim(value);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (osl_text_equal_fold(value, osl_text_of(names[i][0])))
            return osl_text_of(names[i][1]);
    char *copy = osl_arena_copy(&draft->arena, value);
    if (copy == NULL) {
        draft->no_memory = true;
        return (osl_text){"", 0};
    }
    for (size_t i = 0; i < value.length; i++) {
        copy[i] = (char)(copy[i] == '_' ? '-' : osl_to_lower(copy[i]));
        if (copy[i] != '-' && !osl_is_alpha(copy[i]) && !osl_is_digit(copy[i]))
            return (osl_text){"", 0};
    }
    return value.length <= 35 ? (osl_text){copy, value.length}
                              : (osl_text){"", 0};
}

static osl_text date_of(osl_draft *draft, osl_text value)
{
    char date[11];
    osl_text copy = {"", 0};
    if (osl_date_parse(value, date) &&
        !osl_arena_text(&draft->arena, osl_text_of(date), &copy))
        draft->no_memory = true;
    return copy;
}

/* Printable ASCII without a blank too many: nothing to clean. */
static bool is_plain(osl_text text)
{
    char last = ' ';
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        if (c < ' ' || c >= 0x7F || (c == ' ' && last == ' ') || c == '[')
            return false;
        last = c;
    }
    return last != ' ';
}

/* A title, cleaned by way of the buffer; an open paragraph is closed. */
static osl_text title_of(osl_draft *draft, osl_text value)
{
    osl_paragraph title = {0};
    if (is_plain(value)) {
        if (!osl_arena_text(&draft->arena, value, &title.text))
            draft->no_memory = true;
        return title.text;
    }
    osl_draft_open(draft, OSL_PARAGRAPH_PROSE, 0);
    append(draft, (osl_text){value.bytes, piece_length(value)});
    if (!finish(draft, &title))
        title.text = (osl_text){"", 0};
    reset_open(draft);
    return title.text;
}

static osl_text plain_meta(osl_draft *draft, osl_text value)
{
    osl_text copy = {"", 0};
    if (!osl_arena_text(&draft->arena, osl_text_trim(value), &copy))
        draft->no_memory = true;
    return copy;
}

static osl_text meta_value(osl_draft *draft, osl_meta what, osl_text value)
{
    switch (what) {
    case OSL_META_TITLE:
        return title_of(draft, value);
    case OSL_META_UPDATED:
        return date_of(draft, value);
    case OSL_META_AUDIENCE:
        return audience_of(value);
    case OSL_META_LANGUAGE:
        return language_of(draft, value);
    default:
        return plain_meta(draft, value);
    }
}

void osl_draft_meta(osl_draft *draft, osl_meta what, osl_text value)
{
    if (draft->no_memory || (what != OSL_META_ALIAS && draft->has_meta[what]))
        return;
    osl_text clean = meta_value(draft, what, value);
    if (clean.length == 0)
        return;
    if (what == OSL_META_ALIAS) {
        osl_text_list_put(&draft->aliases, clean);
        return;
    }
    draft->meta[what] = clean;
    draft->has_meta[what] = true;
}

/* ---- ids --------------------------------------------------------------- */

/* Bytes at `at` that stay as they are; 0 where one byte is %-escaped: white
 * space, controls, '#', '%', and what is no UTF-8. */
static size_t stays_in_id(const char *at, const char *end)
{
    unsigned char c = (unsigned char)*at;
    unsigned length;
    if (c <= ' ' || c == 0x7F || c == '#' || c == '%')
        return 0;
    if (c < 0x80)
        return 1;
    uint32_t wide = osl_utf8_get(at, end, &length);
    if (wide == OSL_UTF8_BAD || osl_char_class_of(wide) == OSL_CHAR_BLANK ||
        osl_char_class_of(wide) == OSL_CHAR_C1)
        return 0;
    return length;
}

static bool escape_id(osl_draft *draft, osl_text raw, osl_text *out)
{
    static const char hex[] = "0123456789ABCDEF";
    if (raw.length > (SIZE_MAX - 32) / 3)
        return false;
    char *to = osl_arena_take(&draft->arena, raw.length * 3 + 32);
    if (to == NULL)
        return false;
    *out = (osl_text){to, 0};
    for (const char *at = raw.bytes, *end = at + raw.length; at < end;) {
        size_t stays = stays_in_id(at, end);
        if (stays == 0) {
            *to++ = '%';
            *to++ = hex[(unsigned char)*at >> 4];
            *to++ = hex[(unsigned char)*at & 15];
            at++;
            continue;
        }
        while (stays-- > 0)
            *to++ = *at++;
    }
    out->length = (size_t)(to - out->bytes);
    return true;
}

/* The record's own id, else the source's name; from the second document on
 * with its number. */
static bool make_id(osl_draft *draft, osl_text *out)
{
    if (draft->has_meta[OSL_META_ID])
        return escape_id(draft, draft->meta[OSL_META_ID], out);
    if (!escape_id(draft, draft->source->name, out))
        return false;
    if (draft->documents) {
        char *end = (char *)out->bytes + out->length; /* room was left */
        out->length += (size_t)snprintf(end, 32, "!%zu", draft->documents + 1);
    }
    return true;
}

/* The last part of the source's name without its extension, or the id. */
static osl_text fallback_title(const osl_draft *draft, osl_text id)
{
    osl_text name = draft->has_meta[OSL_META_ID] ? id : draft->source->name;
    for (size_t i = name.length; i-- > 0;)
        if (name.bytes[i] == '/' && i + 1 < name.length) {
            name.bytes += i + 1;
            name.length -= i + 1;
            break;
        }
    for (size_t i = name.length; !draft->has_meta[OSL_META_ID] && i-- > 1;)
        if (name.bytes[i] == '.') {
            name.length = i;
            break;
        }
    return name.length && osl_utf8_valid(name) == name.length ? name : id;
}

/* ---- a document -------------------------------------------------------- */

void osl_draft_begin(osl_draft *draft)
{
    reset_open(draft);
    osl_draft_table_reset(draft);
    osl_arena_reset(&draft->arena);
    memset(draft->has_meta, 0, sizeof draft->has_meta);
    for (size_t i = 0; i < DRAFT_META_COUNT; i++)
        draft->meta[i] = (osl_text){"", 0};
    draft->aliases.count = 0;
    draft->is_record = false;
    draft->section_count = 0;
    draft->paragraph_count = 0;
    draft->innermost = OSL_SECTION_NONE;
    draft->line = 0;
    draft->first_line = 1;
    draft->all_lines = false;
}

/* The nearest section from `at` outwards that stays: the title again as a
 * heading says nothing. */
static uint32_t settle(const osl_draft *draft, uint32_t at, osl_text title)
{
    while (at != OSL_SECTION_NONE &&
           osl_text_equal(draft->sections[at].heading, title))
        at = draft->sections[at].parent;
    return at;
}

/* Drops headings without paragraphs (and the title again), renumbers. */
static bool settle_sections(osl_draft *draft, osl_text title)
{
    uint32_t *number =
        osl_arena_zero(&draft->arena, draft->section_count + 1, sizeof *number);
    uint32_t count = 0;
    if (number == NULL)
        return false;
    for (size_t i = 0; i < draft->paragraph_count; i++) {
        uint32_t *section = &draft->paragraphs[i].section;
        *section = settle(draft, *section, title);
        if (*section != OSL_SECTION_NONE)
            number[*section] = 1;
    }
    for (size_t i = draft->section_count; i-- > 0;) {
        uint32_t *parent = &draft->sections[i].parent;
        *parent = settle(draft, *parent, title);
        if (number[i] && *parent != OSL_SECTION_NONE)
            number[*parent] = 1;
    }
    for (size_t i = 0; i < draft->section_count; i++) {
        if (!number[i])
            continue;
        osl_section section = draft->sections[i];
        if (section.parent != OSL_SECTION_NONE)
            section.parent = number[section.parent];
        draft->sections[count] = section;
        number[i] = count++;
    }
    draft->section_count = count;
    for (size_t i = 0; i < draft->paragraph_count; i++)
        if (draft->paragraphs[i].section != OSL_SECTION_NONE)
            draft->paragraphs[i].section = number[draft->paragraphs[i].section];
    return true;
}

static bool make_document(osl_draft *draft, osl_document *out)
{
    osl_text id;
    if (!make_id(draft, &id))
        return false;
    osl_text title = draft->has_meta[OSL_META_TITLE]
                         ? draft->meta[OSL_META_TITLE]
                         : fallback_title(draft, id);
    if (draft->section_count && !settle_sections(draft, title))
        return false;
    *out = (osl_document){
        .id = id,
        .source = draft->source->name,
        .title = title,
        .url = draft->meta[OSL_META_URL],
        .updated = draft->meta[OSL_META_UPDATED],
        .audience = draft->meta[OSL_META_AUDIENCE],
        .language = draft->meta[OSL_META_LANGUAGE],
        .kind = draft->meta[OSL_META_KIND],
        .aliases = draft->aliases.items,
        .alias_count = draft->aliases.count,
        .sections = draft->sections,
        .section_count = draft->section_count,
        .paragraphs = draft->paragraphs,
        .paragraph_count = draft->paragraph_count,
        .is_record = draft->is_record,
        .number =
            draft->has_meta[OSL_META_ID] ? 0 : (uint32_t)(draft->documents + 1),
    };
    if (draft->has_meta[OSL_META_ID])
        out->record = draft->record;
    return true;
}

osl_status osl_draft_end(osl_draft *draft, osl_error *err)
{
    osl_document document;
    while (draft->table.depth)
        osl_draft_table_close(draft);
    osl_draft_close(draft);
    bool failed = draft->no_memory || draft->aliases.failed;
    if (!failed && draft->paragraph_count == 0)
        return OSL_OK;
    if (failed || !make_document(draft, &document))
        return osl_fail(
            err, OSL_ENOMEM, "%.*s: memory ran out while reading it",
            (int)(draft->source->name.length < 500 ? draft->source->name.length
                                                   : 500),
            draft->source->name.bytes);
    draft->documents++;
    return draft->consumer->document(draft->consumer->user, &document, err);
}
