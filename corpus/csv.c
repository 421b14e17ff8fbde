/* SPDX-License-Identifier: MIT
 *
 * Tables as text: fields between commas, semicolons, tabs or bars, quoted as
 * in RFC 4180 (quotes doubled, line ends within them). Only files whose name
 * says so: prose has commas too. The separator is the one that cuts the first
 * records into the most fields, as many in nearly each of them.
 *
 * A first record of short fields that are no numbers heads the others, each of
 * which is a paragraph: "Recommendation: Offer …; Strength: Strong". */
#include <string.h>

#include "corpus/charset.h"
#include "corpus/clean.h"
#include "corpus/mend.h"
#include "corpus/reader.h"

enum { SNIFFED_RECORDS = 50, HEAD_MAX = 64, HEADS_MAX = 256 };

typedef struct csv {
    const char *at, *end;
    char separator;
    bool has_no_quote; /* none stands behind `at` */
    uint32_t line;
    osl_buf *field; /* for one that has doubled quotes; NULL: only counting */
} csv;

/* ---- fields ------------------------------------------------------------ */

/* The quote that closes the field whose text begins at `at`; NULL where none
 * does. */
static const char *closing_quote(csv *c, const char *at)
{
    while (!c->has_no_quote &&
           (at = memchr(at, '"', (size_t)(c->end - at))) != NULL) {
        if (at + 1 == c->end || at[1] != '"')
            return at;
        at += 2;
    }
    c->has_no_quote = true;
    return NULL;
}

/* What stands between quotes; a doubled one is one. */
static osl_text take_quoted(csv *c, const char *close)
{
    const char *from = c->at + 1;
    c->at = close + 1;
    if (c->field == NULL)
        return (osl_text){from, (size_t)(close - from)};
    osl_buf_reset(c->field);
    for (const char *at = from; at < close; at++) {
        c->line += *at == '\n';
        if (*at != '"')
            continue;
        osl_buf_put(c->field, from, (size_t)(at + 1 - from));
        from = ++at + 1;
    }
    if (c->field->length == 0)
        return (osl_text){from, (size_t)(close - from)};
    osl_buf_put(c->field, from, (size_t)(close - from));
    return osl_buf_text(c->field);
}

/* The next field of a record, borrowed until the one after; false behind the
 * last. */
static bool next_field(csv *c, bool is_first, osl_text *field)
{
    if (!is_first) {
        if (c->at == c->end || *c->at != c->separator)
            return false;
        c->at++;
    }
    const char *close = NULL;
    if (c->at < c->end && *c->at == '"')
        close = closing_quote(c, c->at + 1);
    const char *from = c->at;
    if (close)
        *field = take_quoted(c, close);
    while (c->at < c->end && *c->at != c->separator && *c->at != '\n' &&
           *c->at != '\r')
        c->at++;
    if (!close)
        *field = (osl_text){from, (size_t)(c->at - from)};
    *field = osl_text_trim(*field);
    return true;
}

static void end_record(csv *c)
{
    while (c->at < c->end && (*c->at == '\n' || *c->at == '\r'))
        c->line += *c->at++ == '\n';
}

/* ---- the separator ----------------------------------------------------- */

/* Fields that nearly each of the first records has; 0 where they differ. */
static size_t columns_by(osl_text head, char separator)
{
    csv c = {.at = head.bytes,
             .end = head.bytes + head.length,
             .separator = separator};
    size_t columns = 0, records = 0, same = 0;
    while (c.at < c.end && records < SNIFFED_RECORDS) {
        size_t count = 0;
        osl_text field;
        while (next_field(&c, count == 0, &field))
            count++;
        end_record(&c);
        if (c.at == c.end && head.length == OSL_SNIFF_BYTES)
            break; /* cut in the middle */
        if (records++ == 0)
            columns = count;
        same += count == columns;
    }
    return records > 1 && columns > 1 && same * 10 >= records * 8 ? columns : 0;
}

static char separator_of(osl_text text)
{
    static const char separators[] = {'\t', ';', ',', '|'};
    size_t most = 0;
    char best = '\0';
    if (text.length > OSL_SNIFF_BYTES)
        text.length = OSL_SNIFF_BYTES;
    for (size_t i = 0; i < sizeof separators; i++) {
        size_t columns = columns_by(text, separators[i]);
        if (columns > most)
            best = separators[i];
        if (columns > most)
            most = columns;
    }
    return best;
}

/* ---- reading ----------------------------------------------------------- */

typedef struct heads {
    osl_text names[HEADS_MAX];
    size_t count;
} heads;

static bool may_head(osl_text field)
{
    bool has_letter = false;
    for (size_t i = 0; i < field.length; i++)
        has_letter |= osl_is_alpha(field.bytes[i]) ||
                      (unsigned char)field.bytes[i] >= 0x80;
    return field.length == 0 || (has_letter && field.length <= HEAD_MAX);
}

/* The first record, where it heads the others; else nothing is taken. */
static bool take_heads(csv *c, osl_arena *arena, heads *out)
{
    csv before = *c;
    osl_text field;
    size_t count = 0;
    bool all = true, is_whole = true;
    while (next_field(c, count == 0, &field)) {
        all &= may_head(field);
        if (count < HEADS_MAX)
            is_whole &= osl_arena_text(arena, field, &out->names[count]);
        count++;
    }
    end_record(c);
    out->count = count < HEADS_MAX ? count : (size_t)HEADS_MAX;
    if (!all) {
        *c = before;
        out->count = 0;
    }
    return is_whole;
}

static void put_record(csv *c, const heads *names, osl_draft *draft,
                       osl_buf *plain)
{
    osl_text field;
    size_t column = 0;
    osl_draft_open(draft, OSL_PARAGRAPH_ROW, c->line);
    for (; next_field(c, column == 0, &field); column++) {
        if (field.length == 0)
            continue;
        if (osl_draft_open_text(draft).length) {
            osl_draft_text(draft, osl_text_of(";"));
            osl_draft_space(draft);
        }
        if (column < names->count && names->names[column].length) {
            osl_draft_text(draft, names->names[column]);
            osl_draft_text(draft, osl_text_of(": "));
        }
        bool is_markup = osl_html_looks_like(field);
        osl_draft_text(draft, is_markup ? osl_mend_plain(field, plain) : field);
    }
    osl_draft_close(draft);
    end_record(c);
}

static void read_records(osl_text text, osl_draft *draft)
{
    osl_arena arena = {0};
    osl_buf room = {0}, plain = {0};
    csv c = {.at = text.bytes,
             .end = text.bytes + text.length,
             .separator = separator_of(text),
             .line = 1,
             .field = &room};
    heads names;
    end_record(&c);
    bool is_whole = take_heads(&c, &arena, &names);
    while (is_whole && c.at < c.end)
        put_record(&c, &names, draft, &plain);
    if (!is_whole || room.failed || plain.failed)
        osl_draft_out_of_memory(draft);
    osl_buf_clear(&room);
    osl_buf_clear(&plain);
    osl_arena_clear(&arena);
}

static osl_status csv_read(const osl_source *source, osl_draft *draft,
                           osl_error *err)
{
    osl_buf room = {0};
    const char *charset;
    osl_draft_begin(draft);
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("csv"));
    osl_text text = osl_charset_decode(source->bytes, &room, &charset);
    if (charset)
        osl_draft_report(draft, 0, "read as %s", charset);
    if (room.failed)
        osl_draft_out_of_memory(draft);
    else
        read_records(text, draft);
    osl_buf_clear(&room);
    return osl_draft_end(draft, err);
}

static unsigned csv_sniff(const osl_source *source)
{
    static const char *const endings[] = {".csv", ".tsv", ".tab", ".psv"};
    osl_text name = source->name;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (name.length > 4 &&
            osl_text_equal_fold((osl_text){name.bytes + name.length - 4, 4},
                                osl_text_of(endings[i])))
            return separator_of(osl_charset_without_mark(source->bytes)) ? 82
                                                                         : 0;
    return 0;
}

const osl_reader osl_reader_csv = {"csv", 82, csv_sniff, csv_read};
