/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a segment file: every verb gives an answer or an error. The
 * checksums are taken as right, or nothing would get past them. */
#include "tests/fuzz/fuzz.h"

#include "core/segment/definitions.h"
#include "core/segment/segment_internal.h"
#include "tests/core/segment_walk.h"

static void look(osl_text text)
{
    volatile uint32_t seen = 0;
    for (size_t i = 0; i < text.length; i++)
        seen = (unsigned char)text.bytes[i];
    (void)seen;
}

/* Counts may be spoilt: no more of each than this. */
enum { MOST = 400 };

static uint32_t few(uint32_t count)
{
    return count < MOST ? count : MOST;
}

static void look_at_documents(const osl_segment *segment, uint32_t count)
{
    osl_error err;
    osl_document_record document;
    uint32_t found;
    for (uint32_t i = 0; i < few(count); i++) {
        if (osl_segment_document(segment, i, &document, &err) != OSL_OK)
            continue;
        look(document.id);
        look(document.title);
        look(document.kind);
        (void)!osl_segment_find_document(segment, document.id, &found, &err);
        for (uint32_t n = 0; n < 3; n++)
            if (osl_segment_named(segment, osl_text_of("CDR7"), true, n, &found,
                                  &err) == OSL_OK)
                walk_must(found < count, "a document by name");
    }
}

static void look_at_sections(const osl_segment *segment, uint32_t count)
{
    osl_error err;
    osl_section_record section;
    for (uint32_t i = 0; i < few(count); i++)
        if (osl_segment_section(segment, i, &section, &err) == OSL_OK)
            look(section.heading);
}

static void look_at_lists(const osl_segment *segment, uint32_t paragraph)
{
    osl_error err;
    osl_arena arena = {0};
    const osl_text *list = NULL;
    size_t count = 0;
    if (osl_segment_citations(segment, paragraph, &arena, &list, &count,
                              &err) == OSL_OK)
        for (size_t n = 0; n < count; n++)
            look(list[n]);
    list = NULL;
    count = 0;
    if (osl_segment_evidence(segment, paragraph, &arena, &list, &count, &err) ==
        OSL_OK)
        for (size_t n = 0; n < count; n++)
            look(list[n]);
    osl_arena_clear(&arena);
}

static void look_at_paragraphs(const osl_segment *segment, uint32_t count)
{
    osl_error err;
    osl_buf text = {0};
    osl_paragraph_record record;
    uint64_t number;
    uint32_t rank;
    for (uint32_t i = 0; i < few(count); i++) {
        if (osl_segment_paragraph(segment, i, &record, &err) == OSL_OK)
            walk_must(record.document <
                          osl_segment_get_info(segment)->document_count,
                      "a paragraph's document");
        osl_buf_reset(&text);
        (void)!osl_segment_text(segment, i, &text, &err);
        (void)!osl_segment_text_start(segment, i, 20, &text, &err);
        look(osl_buf_text(&text));
        (void)!osl_segment_text_hash(segment, i, &number, &err);
        (void)!osl_segment_text_bytes(segment, i, &number, &err);
        (void)!osl_segment_rank(segment, i, &rank, &err);
        look_at_lists(segment, i);
    }
    osl_buf_clear(&text);
}

static void look_at_extents(const osl_segment *segment, osl_field field)
{
    osl_error err;
    osl_extents extents;
    uint32_t first,
        count = osl_segment_get_info(segment)->fields[field].ordinal_count;
    uint64_t end;
    if (osl_segment_extents(segment, field, &extents, &err) == OSL_OK)
        for (uint32_t i = 0; i < few(count); i++)
            osl_extents_get(&extents, i, &first, &end);
}

static void look_at_names(const osl_segment *segment)
{
    osl_error err;
    osl_arena arena = {0};
    const osl_alias_split *splits = NULL;
    size_t count = 0;
    osl_definition_cursor at;
    if (osl_segment_alias(segment, osl_text_of("bcrabl1"), &arena, &splits,
                          &count, &err) == OSL_OK)
        for (size_t i = 0; i < count; i++)
            look(splits[i].parts);
    osl_arena_clear(&arena);
    if (osl_definitions_seek(&at, segment, osl_text_of(""), &err) != OSL_OK)
        return;
    while (osl_definitions_next(&at, &err) == OSL_OK) {
        look(at.short_form);
        look(at.long_form);
        uint32_t document = 0;
        for (uint32_t n = 0; n < few(at.count); n++)
            if (osl_definitions_document(&at, n, &document, &err) == OSL_OK)
                walk_must(document <
                              osl_segment_get_info(segment)->document_count,
                          "a definition's document");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    osl_error err;
    osl_segment *segment;
    osl_text bytes = {(const char *)data, size};
    if (osl_segment_open_memory(&segment, bytes, "fuzz",
                                osl_kernels_get(OSL_CPU_SCALAR), false,
                                &err) != OSL_OK)
        return FUZZ_REFUSED;
    unsigned failures;
    (void)walk_segment(segment, &failures);
    const osl_segment_info *info = osl_segment_get_info(segment);
    look_at_documents(segment, info->document_count);
    look_at_sections(segment, info->section_count);
    look_at_paragraphs(segment, info->paragraph_count);
    look_at_extents(segment, OSL_FIELD_TITLE);
    look_at_extents(segment, OSL_FIELD_HEADING);
    look_at_names(segment);
    osl_status status = osl_segment_check(segment, &err);
    osl_segment_free(segment);
    /* The check has to find what the verbs stumble over. */
    walk_must(status != OSL_OK || failures == 0, "what the check does not see");
    return 0;
}
