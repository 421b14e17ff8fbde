/* SPDX-License-Identifier: MIT
 *
 * The table of readers and the choice among them. */
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "corpus/charset.h"
#include "corpus/prose.h"
#include "corpus/reader.h"

const osl_reader *const osl_readers[] = {
    &osl_reader_pdq_xml,
    &osl_reader_ngc_xml,
    &osl_reader_xml,
    &osl_reader_html,
    &osl_reader_yaml,
    &osl_reader_markdown,
    &osl_reader_jsonl,
    &osl_reader_json,
    &osl_reader_jsx,
    &osl_reader_fsh,
    &osl_reader_csv,
    &osl_reader_text, /* the last resort: reads what is no binary */
    NULL,
};

static const osl_reader *reader_named(const char *name)
{
    for (size_t i = 0; osl_readers[i] != NULL; i++)
        if (strcmp(osl_readers[i]->name, name) == 0)
            return osl_readers[i];
    return NULL;
}

/* What is no text, by its first bytes, and what to do about it. */
static const struct {
    const char *magic;
    size_t length;
    const char *reason;
} binaries[] = {
    {"%PDF-", 5, "a PDF: convert it to HTML or text first (pdftotext)"},
    {"{\\rtf", 5, "RTF: save it as HTML or text first"},
    {"\x1F\x8B", 2, "compressed by gzip: unpack it first"},
    {"\x28\xB5\x2F\xFD", 4, "compressed by zstd: unpack it first"},
    {"\xFD"
     "7zXZ",
     5, "compressed by xz: unpack it first"},
    {"BZh", 3, "compressed by bzip2: unpack it first"},
    {"PK\x03\x04", 4,
     "a ZIP archive (so are .docx, .odt and .epub): unpack it, or save it as "
     "HTML or text first"},
    {"\xD0\xCF\x11\xE0", 4, "an old Office file: save it as HTML first"},
    {"SQLite format 3", 15, "a database: write its rows as JSONL first"},
    {"\x89PNG", 4, "an image"},
    {"\xFF\xD8\xFF", 3, "an image"},
    {"GIF8", 4, "an image"},
};

static bool starts_with(osl_text text, const char *bytes, size_t length)
{
    return text.length >= length && memcmp(text.bytes, bytes, length) == 0;
}

/* Whether nothing but comments stands before the first declaration of markup:
 * a DTD, or a part of one. */
static bool is_dtd(osl_text text)
{
    static const char *const declared[] = {"<!ELEMENT", "<!ATTLIST", "<!ENTITY",
                                           "<!NOTATION"};
    for (;;) {
        text = osl_prose_trim(text);
        bool is_comment = starts_with(text, "<!--", 4);
        if (!is_comment && !starts_with(text, "<?", 2))
            break;
        const char *close = is_comment
                                ? memmem(text.bytes, text.length, "-->", 3)
                                : memmem(text.bytes, text.length, "?>", 2);
        if (close == NULL)
            return false;
        text.length -= (size_t)(close + 2 + is_comment - text.bytes);
        text.bytes = close + 2 + is_comment;
    }
    for (size_t i = 0; i < sizeof declared / sizeof *declared; i++)
        if (starts_with(text, declared[i], strlen(declared[i])))
            return true;
    return false;
}

/* Why no reader can read it, NULL where one may. A PDF that is served as a
 * page often has a blank line before it. */
static const char *why_binary(osl_text bytes)
{
    osl_text trimmed = osl_prose_trim(
        (osl_text){bytes.bytes, bytes.length < 64 ? bytes.length : 64});
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++)
        if (starts_with(trimmed, binaries[i].magic, binaries[i].length))
            return binaries[i].reason;
    if (osl_charset_is_utf16(bytes))
        return NULL;
    if (bytes.length > OSL_SNIFF_BYTES)
        bytes.length = OSL_SNIFF_BYTES;
    if (osl_prose_is_binary(bytes))
        return "not text: no reader knows it";
    return is_dtd(bytes) ? "a DTD: it declares markup and holds no text" : NULL;
}

static const osl_reader *reader_for(const osl_source *source)
{
    const osl_reader *best = NULL;
    unsigned most = 0;
    for (size_t i = 0; osl_readers[i] != NULL; i++) {
        if (osl_readers[i]->most <= most)
            continue;
        unsigned sure = osl_readers[i]->sniff(source);
        if (sure > most) {
            most = sure;
            best = osl_readers[i];
        }
    }
    return best;
}

const char *osl_corpus_format(const osl_source *source)
{
    const osl_reader *reader;
    osl_source head = *source;
    osl_buf room = {0};
    if (source->bytes.length == 0 || why_binary(source->bytes))
        return NULL;
    if (osl_charset_is_utf16(source->bytes)) {
        if (head.bytes.length > OSL_SNIFF_BYTES)
            head.bytes.length = OSL_SNIFF_BYTES;
        osl_charset_from_utf16(head.bytes, &room);
        head.bytes = osl_buf_text(&room);
    }
    reader = reader_for(&head);
    osl_buf_clear(&room);
    return reader ? reader->name : NULL;
}

const char *osl_corpus_format_name(size_t n)
{
    for (size_t i = 0; osl_readers[i] != NULL; i++)
        if (i == n)
            return osl_readers[i]->name;
    return NULL;
}

uint32_t osl_corpus_stamp(void)
{
    return
#include "corpus_stamp.inc"
        ;
}

static void report(const osl_source *source, const osl_consumer *consumer,
                   bool skipped, const char *reason)
{
    if (consumer->report != NULL)
        consumer->report(consumer->user, source->name, 0, skipped, reason);
}

static osl_status read_with(const osl_reader *reader, const osl_source *source,
                            const osl_consumer *consumer, osl_error *err)
{
    osl_draft *draft = osl_draft_new(source, consumer);
    if (draft == NULL)
        return osl_fail(err, OSL_ENOMEM, "memory ran out while reading");
    osl_status status = reader->read(source, draft, err);
    if (status == OSL_OK && osl_draft_documents(draft) == 0) {
        char reason[128];
        (void)snprintf(reason, sizeof reason,
                       "no guideline text in it (read as %s)", reader->name);
        report(source, consumer, true, reason);
    }
    osl_draft_free(draft);
    return status;
}

static osl_status read_narrow(const osl_source *source,
                              const osl_consumer *consumer, osl_error *err)
{
    const osl_reader *reader =
        source->format ? reader_named(source->format) : reader_for(source);
    if (reader == NULL) {
        report(source, consumer, true, "not text: no reader knows it");
        return OSL_OK;
    }
    return read_with(reader, source, consumer, err);
}

static osl_status read_utf16(const osl_source *source,
                             const osl_consumer *consumer, osl_error *err)
{
    osl_source narrow = *source;
    osl_buf room = {0};
    if (source->bytes.length > OSL_UTF16_BYTES_MAX) {
        report(source, consumer, true,
               "UTF-16 over 256 MiB: convert it to UTF-8 first");
        return OSL_OK;
    }
    report(source, consumer, false, "read as UTF-16");
    osl_charset_from_utf16(source->bytes, &room);
    narrow.bytes = osl_buf_text(&room);
    osl_status status = osl_buf_status(&room, "a text in UTF-16", err);
    if (status == OSL_OK)
        status = read_narrow(&narrow, consumer, err);
    osl_buf_clear(&room);
    return status;
}

osl_status osl_corpus_read(const osl_source *source,
                           const osl_consumer *consumer, osl_error *err)
{
    const char *reason = NULL;
    if (source->format != NULL && reader_named(source->format) == NULL)
        return osl_fail(err, OSL_EINVAL, "%s: no such format", source->format);
    if (source->bytes.length == 0)
        reason = "empty file";
    else if (source->format == NULL)
        reason = why_binary(source->bytes);
    if (reason != NULL) {
        report(source, consumer, true, reason);
        return OSL_OK;
    }
    if (osl_charset_is_utf16(source->bytes))
        return read_utf16(source, consumer, err);
    return read_narrow(source, consumer, err);
}

osl_status osl_corpus_read_lines(const osl_source *source, uint32_t first_line,
                                 const osl_consumer *consumer, osl_error *err)
{
    osl_draft *draft = osl_draft_new(source, consumer);
    if (draft == NULL)
        return osl_fail(err, OSL_ENOMEM, "memory ran out while reading");
    osl_draft_set_lines_before(draft, first_line - 1);
    osl_status status = osl_reader_jsonl.read(source, draft, err);
    osl_draft_free(draft);
    return status;
}
