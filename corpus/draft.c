/* SPDX-License-Identifier: MIT
 *
 * A document from its beginning to its end, as a list of sections and one of
 * paragraphs. Headings wait: a section that never gets a paragraph is dropped
 * at the end, when the parents' numbers are settled.
 *
 * A JSONL record is the fast case: nothing of it is copied but its metadata,
 * nothing is allocated once the first record has made room. */
#include "corpus/draft_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernels/kernels.h"

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

OSL_PRINTF(4, 0)
static void report(osl_draft *draft, uint32_t line, bool skipped,
                   const char *format, va_list arguments)
{
    const osl_consumer *consumer = draft->consumer;
    char reason[512];
    if (consumer->report == NULL)
        return;
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    consumer->report(consumer->user, draft->source->name, line, skipped,
                     reason);
}

void osl_draft_report(osl_draft *draft, uint32_t line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(draft, line, false, format, arguments);
    va_end(arguments);
}

void osl_draft_report_skipped(osl_draft *draft, uint32_t line,
                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(draft, line, true, format, arguments);
    va_end(arguments);
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
    /* Longer is no heading; but it may be words in a table. */
    heading.length = osl_draft_piece_length(heading);
    osl_draft_text(draft, heading);
    if (draft->no_memory || !osl_draft_finish(draft, &block.paragraph))
        return;
    osl_draft_reset_open(draft);
    if (draft->table.in_cell)
        osl_draft_cell_block(draft, &block);
    else
        osl_draft_section(draft, block.level, block.paragraph.text);
}

/* ---- a document -------------------------------------------------------- */

void osl_draft_begin(osl_draft *draft)
{
    osl_draft_reset_open(draft);
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
    if (!osl_draft_make_id(draft, &id))
        return false;
    osl_text title = draft->has_meta[OSL_META_TITLE]
                         ? draft->meta[OSL_META_TITLE]
                         : osl_draft_fallback_title(draft, id);
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
