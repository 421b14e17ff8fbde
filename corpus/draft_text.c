/* SPDX-License-Identifier: MIT
 *
 * The open paragraph. One buffer takes its text, white space folded and bytes
 * checked on the way; closing takes out what is no text and copies the rest to
 * the document's arena. What grows too long is cut, so that a text of any
 * length never needs a buffer much longer than a paragraph. */
#include "corpus/draft_inner.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "corpus/evidence.h"
#include "corpus/mend.h"

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
void osl_draft_append(osl_draft *draft, osl_text text)
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

void osl_draft_reset_open(osl_draft *draft)
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
bool osl_draft_finish(osl_draft *draft, osl_paragraph *out)
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
    if (!osl_draft_finish(draft, &block.paragraph))
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
    osl_draft_reset_open(draft);
    draft->is_open = true;
    osl_draft_append(draft, (osl_text){rest, rest_length});
    draft->blank = blank;
    free(rest);
}

void osl_draft_close(osl_draft *draft)
{
    if (!draft->is_open || draft->no_memory)
        return;
    finish_into_document(draft);
    osl_draft_reset_open(draft);
}

void osl_draft_discard(osl_draft *draft)
{
    if (draft->is_open)
        osl_draft_reset_open(draft);
}

/* ---- events -------------------------------------------------------------- */

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

size_t osl_draft_piece_length(osl_text text)
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
        size_t length = osl_draft_piece_length(text);
        osl_draft_append(draft, (osl_text){text.bytes, length});
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
