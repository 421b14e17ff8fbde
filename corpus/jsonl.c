/* SPDX-License-Identifier: MIT
 *
 * One JSON object a line. Nearly every line of a collection is a record, an
 * id and a text: its strings are spans of the mapped file (decoded only where
 * they hold a backslash), nothing is allocated for it. Any other object goes
 * through jansson, one line at a time.
 *
 *   {"_id", "title", "text"}  {"id", "contents"} …   record: its text as it is
 *   {"id", "title", "sections": [{"heading", …}]}    document
 *   {"text"}, any other object                       document: prose found */
#include <string.h>

#include "core/base/utf8.h"
#include "corpus/charset.h"
#include "corpus/clean.h"
#include "corpus/json.h"
#include "corpus/json_scan.h"
#include "corpus/reader.h"

/* A line that is no plain record is parsed into a tree of some ten times its
 * size. */
#define TREE_BYTES_MAX ((size_t)64 << 20)

typedef struct lines {
    const osl_source *source;
    osl_draft *draft;
    osl_error *err;
    uint32_t line;
    osl_buf mended; /* a line whose broken UTF-8 was replaced */
    osl_buf strings[3];
    bool told_utf8;
} lines;

static osl_text string_of(lines *l, const osl_json_member *member, int slot)
{
    if (!member->escaped)
        return member->value;
    osl_buf *buf = &l->strings[slot];
    osl_buf_reset(buf);
    osl_json_decode(member->value, buf);
    if (buf->failed)
        osl_draft_out_of_memory(l->draft);
    return osl_buf_text(buf);
}

static const osl_json_member *first_of(const osl_json_object *object,
                                       const char *const *keys, bool number_too)
{
    for (; *keys != NULL; keys++) {
        const osl_json_member *member = osl_json_find(object, *keys);
        if (member != NULL && (member->kind == OSL_JSON_STRING ||
                               (number_too && member->kind == OSL_JSON_NUMBER)))
            return member;
    }
    return NULL;
}

static const char *const id_keys[] = {"_id", "id", "docid", "doc_id", NULL};
static const char *const text_keys[] = {"text", "contents", NULL};
static const char *const title_keys[] = {"title", NULL};
static const char *const url_keys[] = {"url", NULL};

static void put_member(lines *l, const osl_json_object *object, osl_meta what,
                       const char *const *keys, int slot)
{
    const osl_json_member *member = first_of(object, keys, false);
    if (member != NULL)
        osl_draft_meta(l->draft, what, string_of(l, member, slot));
}

/* A record without text is an empty paragraph, found by its title: as text
 * the title's words would count twice. */
static osl_status read_record(lines *l, const osl_json_object *object,
                              const osl_json_member *id,
                              const osl_json_member *text)
{
    osl_text body = string_of(l, text, 0);
    if (body.length > OSL_PARAGRAPH_BYTES_MAX) {
        osl_draft_report_skipped(l->draft, l->line,
                                 "a record over 16 MiB; split it");
        return OSL_OK;
    }
    osl_draft_begin(l->draft);
    osl_draft_meta(l->draft, OSL_META_ID, string_of(l, id, 1));
    put_member(l, object, OSL_META_TITLE, title_keys, 2);
    put_member(l, object, OSL_META_URL, url_keys, 2);
    osl_draft_meta(l->draft, OSL_META_KIND, osl_text_of("jsonl"));
    osl_draft_record(l->draft, l->line, body);
    return osl_draft_end(l->draft, l->err);
}

static osl_status read_tree(lines *l, osl_text line)
{
    json_error_t error;
    if (line.length > TREE_BYTES_MAX) {
        osl_draft_report_skipped(l->draft, l->line,
                                 "an object over 64 MiB that is no record of "
                                 "\"id\" and \"text\"; split it");
        return OSL_OK;
    }
    json_t *tree = json_loadb(line.bytes, line.length, 0, &error);
    if (tree == NULL) {
        if (osl_json_is_out_of_memory(&error))
            return osl_fail(l->err, OSL_ENOMEM, "memory ran out while reading");
        osl_draft_report_skipped(l->draft, l->line, "no JSON object: %s",
                                 error.text);
        return OSL_OK;
    }
    osl_status status =
        osl_json_document(l->draft, tree, true, l->line, l->err);
    json_decref(tree);
    return status;
}

static osl_status read_good(lines *l, const osl_json_object *object,
                            osl_text line)
{
    const osl_json_member *id = first_of(object, id_keys, true);
    const osl_json_member *text = first_of(object, text_keys, false);
    if (id != NULL && text != NULL && osl_json_find(object, "sections") == NULL)
        return read_record(l, object, id, text);
    return read_tree(l, line);
}

/* The line with U+FFFD for what is no UTF-8. */
static osl_text mend(lines *l, osl_text line)
{
    osl_buf_reset(&l->mended);
    while (line.length) {
        size_t good = osl_utf8_valid(line);
        unsigned broken = 0;
        osl_buf_put(&l->mended, line.bytes, good);
        if (good < line.length) {
            osl_utf8_get(line.bytes + good, line.bytes + line.length, &broken);
            osl_buf_put(&l->mended, "\xEF\xBF\xBD", 3);
        }
        line.bytes += good + broken;
        line.length -= good + broken;
    }
    if (l->mended.failed)
        osl_draft_out_of_memory(l->draft);
    if (!l->told_utf8)
        osl_draft_report(l->draft, l->line, "broken UTF-8 is read as U+FFFD");
    l->told_utf8 = true;
    return osl_buf_text(&l->mended);
}

static osl_status read_line(lines *l, osl_text line)
{
    osl_json_object object;
    if (osl_draft_knows(l->draft, line, l->line))
        return OSL_OK;
    osl_json_result result = osl_json_scan(line, &object);
    if (result != OSL_JSON_GOOD && osl_utf8_valid(line) < line.length) {
        line = mend(l, line);
        result = osl_json_scan(line, &object);
    }
    if (result == OSL_JSON_ODD)
        return read_tree(l, line);
    if (result == OSL_JSON_GOOD)
        return read_good(l, &object, line);
    osl_draft_report_skipped(l->draft, l->line, "no JSON object (at byte %zu)",
                             object.bad_at + 1);
    return OSL_OK;
}

static osl_status jsonl_read(const osl_source *source, osl_draft *draft,
                             osl_error *err)
{
    lines l = {.source = source, .draft = draft, .err = err};
    osl_text bytes = source->bytes;
    l.line = osl_draft_lines_before(draft);
    if (l.line == 0)
        bytes = osl_charset_without_mark(bytes);
    const char *at = bytes.bytes, *end = at + bytes.length;
    osl_status status = OSL_OK;
    while (at < end && status == OSL_OK) {
        uint32_t next = l.line + (l.line < UINT32_MAX);
        osl_step step =
            osl_draft_step(draft, (osl_text){at, (size_t)(end - at)}, next);
        osl_text line = {at, step.known > 0 ? 0 : step.length};
        l.line = step.known > 0 ? l.line + step.known : next;
        line = osl_text_trim(line);
        if (line.length)
            status = read_line(&l, line);
        at += step.length + 1;
    }
    osl_buf_clear(&l.mended);
    for (size_t i = 0; i < sizeof l.strings / sizeof *l.strings; i++)
        osl_buf_clear(&l.strings[i]);
    return status;
}

/* ---- is it one? -------------------------------------------------------- */

#define SNIFF_BYTES ((size_t)1 << 20)

static bool ends_with(osl_text name, const char *extension)
{
    osl_text end = osl_text_of(extension);
    return name.length > end.length &&
           osl_text_equal_fold(
               (osl_text){name.bytes + name.length - end.length, end.length},
               end);
}

static bool is_object(osl_text line)
{
    osl_json_object object;
    return line.length && line.bytes[0] == '{' &&
           osl_json_scan(line, &object) != OSL_JSON_BAD;
}

/* The first line that is not blank, moving *bytes behind it; *whole is false
 * where its end is not in sight. */
static osl_text next_line(osl_text *bytes, bool *whole)
{
    osl_text line = {bytes->bytes, 0};
    while (bytes->length && line.length == 0) {
        size_t sight =
            bytes->length < SNIFF_BYTES ? bytes->length : SNIFF_BYTES;
        const char *stop = memchr(bytes->bytes, '\n', sight);
        size_t length = stop ? (size_t)(stop - bytes->bytes) : sight;
        *whole = stop != NULL || sight == bytes->length;
        line = osl_text_trim((osl_text){bytes->bytes, length});
        size_t used = length + (stop != NULL);
        bytes->bytes += used;
        bytes->length -= used;
    }
    return line;
}

static unsigned jsonl_sniff(const osl_source *source)
{
    osl_text bytes = osl_charset_without_mark(source->bytes);
    bool named =
        ends_with(source->name, ".jsonl") || ends_with(source->name, ".ndjson");
    bool whole = true, second_whole = true;
    osl_text first = next_line(&bytes, &whole);
    if (first.length == 0 || first.bytes[0] != '{')
        return named && first.length ? 50 : 0;
    if (!whole)
        return named ? 90 : 0;
    bool good = is_object(first);
    osl_text second = next_line(&bytes, &second_whole);
    bool more = second.length && second.bytes[0] == '{';
    if (good && (more || named))
        return named ? 95 : 90;
    if (more && (!second_whole || is_object(second)))
        return 88;
    return named ? 60 : 0;
}

const osl_reader osl_reader_jsonl = {"jsonl", 95, jsonl_sniff, jsonl_read};
