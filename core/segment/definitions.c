/* SPDX-License-Identifier: MIT */
#include "core/segment/definitions.h"

#include "core/base/bytes.h"
#include "core/segment/segment_internal.h"
#include "core/segment/taker.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16 };

/* ---- writing ------------------------------------------------------------ */

static size_t common_prefix(osl_text a, osl_text b)
{
    size_t most = a.length < b.length ? a.length : b.length, length = 0;
    while (length < most && a.bytes[length] == b.bytes[length])
        length++;
    return length;
}

static void put_sense(osl_buf *out, osl_text sense, osl_text before)
{
    size_t shared = common_prefix(before, sense);
    osl_buf_put_varint(out, shared);
    osl_put_counted(out,
                    (osl_text){sense.bytes + shared, sense.length - shared});
}

osl_status osl_definitions_write(osl_writer *writer,
                                 const osl_definitions *definitions,
                                 osl_error *err)
{
    osl_buf entries = {0};
    uint32_t count = definitions->count;
    uint32_t blocks = count / BLOCK + (count % BLOCK > 0);
    uint64_t *offsets = malloc(((size_t)blocks + 1) * sizeof *offsets);
    if (!offsets)
        return osl_fail(err, OSL_ENOMEM,
                        "out of memory while listing abbreviations");
    for (uint32_t i = 0; i < count; i++) {
        osl_text before = {"", 0};
        if (i % BLOCK == 0)
            offsets[i / BLOCK] = entries.length;
        else
            before = definitions->senses[i - 1];
        put_sense(&entries, definitions->senses[i], before);
    }
    offsets[blocks] = entries.length;
    const osl_column_source columns[OSL_DEFINITION_COLUMNS] = {
        [OSL_DEFINITION_BLOCKS] = osl_column_array(offsets, blocks + 1, 8),
        [OSL_DEFINITION_FIRSTS] =
            osl_column_array(definitions->firsts, count + 1, 4),
        [OSL_DEFINITION_DOCUMENTS] = osl_column_array(
            definitions->documents, definitions->firsts[count], 4),
    };
    osl_status status = osl_buf_status(&entries, "abbreviations", err);
    if (status == OSL_OK)
        status =
            osl_tables_put(writer, OSL_SECTION_DEFINITIONS, columns,
                           OSL_DEFINITION_COLUMNS, osl_buf_text(&entries), err);
    osl_buf_clear(&entries);
    free(offsets);
    return status;
}

/* ---- reading ------------------------------------------------------------ */

static osl_status spoilt(const osl_segment *segment, osl_error *err)
{
    return osl_segment_spoilt(segment,
                              &segment->sections[OSL_SECTION_DEFINITIONS],
                              "an abbreviation makes no sense", err);
}

static osl_status value(const osl_definition_cursor *c,
                        const osl_column *column, uint64_t at, uint64_t *out,
                        osl_error *err)
{
    return osl_tables_value(c->segment, OSL_SECTION_DEFINITIONS, column, at,
                            out, err);
}

static osl_status open_block(osl_definition_cursor *c, uint32_t n,
                             osl_error *err)
{
    uint64_t start = 0, end = 0;
    const uint8_t *bytes = NULL;
    osl_status status = value(c, &c->blocks, n, &start, err);
    if (status == OSL_OK)
        status = value(c, &c->blocks, n + (uint64_t)1, &end, err);
    if (status == OSL_OK && start >= end)
        status = spoilt(c->segment, err);
    if (status == OSL_OK)
        status = osl_tables_extra(c->segment, OSL_SECTION_DEFINITIONS, start,
                                  end - start, &bytes, err);
    if (status != OSL_OK)
        return status;
    c->at = bytes;
    c->end = bytes + (end - start);
    c->length = 0;
    return OSL_OK;
}

/* The next sense of the block at hand; *rises where it is behind the one
 * before in its block. */
static osl_status take_sense(osl_definition_cursor *c, bool *rises,
                             osl_error *err)
{
    osl_taker from = {.at = c->at, .end = c->end};
    uint64_t shared = osl_take_varint(&from);
    osl_text suffix = osl_take_text(&from);
    if (from.spoilt || shared > c->length ||
        suffix.length > sizeof c->bytes - shared)
        return spoilt(c->segment, err);
    osl_text left = {c->bytes + shared, c->length - (size_t)shared};
    *rises = osl_text_compare(left, suffix) < 0;
    if (suffix.length > 0)
        memcpy(c->bytes + shared, suffix.bytes, suffix.length);
    c->length = (size_t)shared + suffix.length;
    c->at = from.at;
    const char *zero = memchr(c->bytes, 0, c->length);
    size_t first = zero ? (size_t)(zero - c->bytes) : c->length;
    if (!zero || first > OSL_SHORT_FORM_MAX ||
        c->length - first - 1 > OSL_LONG_FORM_MAX)
        return spoilt(c->segment, err);
    c->short_form = (osl_text){c->bytes, first};
    c->long_form = (osl_text){c->bytes + first + 1, c->length - first - 1};
    return OSL_OK;
}

/* How the short form of a block's first sense stands to `short_form`: below 0
 * where it comes before. It is looked at where it stands: it shares nothing with
 * one before it. */
static osl_status compare_first(const osl_definition_cursor *c, uint32_t block,
                                osl_text short_form, int *order, osl_error *err)
{
    enum { LONGEST = 2 * OSL_VARINT_MAX + OSL_SHORT_FORM_MAX + 1 };
    uint64_t start = 0, length = LONGEST, shared = 0, suffix = 0;
    const uint8_t *at = NULL;
    osl_status status = value(c, &c->blocks, block, &start, err);
    if (status == OSL_OK)
        status = osl_tables_rest(c->segment, OSL_SECTION_DEFINITIONS, start,
                                 &at, &length, err);
    if (status != OSL_OK)
        return status;
    const uint8_t *end = at + length;
    if (!osl_varint_get(&at, end, &shared) || shared > 0 ||
        !osl_varint_get(&at, end, &suffix))
        return spoilt(c->segment, err);
    size_t most = (size_t)(end - at);
    most = suffix < most ? (size_t)suffix : most;
    const uint8_t *zero = memchr(at, 0, most);
    if (!zero)
        return spoilt(c->segment, err);
    *order = osl_text_compare((osl_text){(const char *)at, (size_t)(zero - at)},
                              short_form);
    return OSL_OK;
}

/* The last block whose first sense is of a lesser short form; 0 where none
 * is. */
static osl_status find_block(osl_definition_cursor *c, osl_text short_form,
                             osl_error *err)
{
    uint32_t low = 0, high = c->blocks.count - 2;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        int order = 0;
        osl_status status = compare_first(c, middle, short_form, &order, err);
        if (status != OSL_OK)
            return status;
        if (order < 0)
            low = middle;
        else
            high = middle - 1;
    }
    c->at = c->end = NULL;
    c->length = 0;
    c->block = low;
    c->sense = low * BLOCK;
    return OSL_OK;
}

static osl_status open_columns(osl_definition_cursor *c, osl_error *err)
{
    osl_column *const columns[OSL_DEFINITION_COLUMNS] = {
        [OSL_DEFINITION_BLOCKS] = &c->blocks,
        [OSL_DEFINITION_FIRSTS] = &c->firsts,
        [OSL_DEFINITION_DOCUMENTS] = &c->documents,
    };
    osl_status status = OSL_OK;
    for (unsigned i = 0; i < OSL_DEFINITION_COLUMNS && status == OSL_OK; i++)
        status = osl_tables_column(c->segment, OSL_SECTION_DEFINITIONS, i,
                                   columns[i], err);
    if (status == OSL_OK &&
        (c->blocks.count == 0 || c->firsts.count == 0 ||
         c->blocks.count - 1 != (c->firsts.count - 1) / BLOCK +
                                    ((c->firsts.count - 1) % BLOCK > 0)))
        status = spoilt(c->segment, err);
    return status;
}

osl_status osl_definitions_seek(osl_definition_cursor *out,
                                const osl_segment *segment, osl_text short_form,
                                osl_error *err)
{
    osl_definition_cursor *c = out;
    *c = (osl_definition_cursor){
        .segment = segment,
        .document_count = osl_segment_get_info(segment)->document_count};
    osl_status status = open_columns(c, err);
    if (status != OSL_OK || short_form.length == 0 || c->blocks.count == 1)
        return status;
    status = find_block(c, short_form, err);
    while (status == OSL_OK) {
        osl_definition_cursor before = *c;
        status = osl_definitions_next(c, err);
        if (status == OSL_OK && osl_text_compare(c->short_form, short_form) < 0)
            continue;
        if (status == OSL_OK || status == OSL_END)
            *c = before;
        break;
    }
    return status == OSL_END ? OSL_OK : status;
}

osl_status osl_definitions_next(osl_definition_cursor *c, osl_error *err)
{
    uint64_t first = 0, end = 0;
    bool rises = true;
    osl_status status = OSL_OK;
    if (c->sense + (uint64_t)1 >= c->firsts.count)
        return c->at == c->end ? OSL_END : spoilt(c->segment, err);
    if (c->sense % BLOCK == 0) {
        osl_definition_cursor before = *c;
        bool is_first = c->length == 0;
        if (c->at != c->end)
            return spoilt(c->segment, err);
        status = open_block(c, c->block++, err);
        if (status == OSL_OK)
            status = take_sense(c, &rises, err);
        rises = is_first ||
                osl_text_compare((osl_text){before.bytes, before.length},
                                 (osl_text){c->bytes, c->length}) < 0;
    } else {
        status = take_sense(c, &rises, err);
    }
    if (status == OSL_OK)
        status = value(c, &c->firsts, c->sense, &first, err);
    if (status == OSL_OK)
        status = value(c, &c->firsts, c->sense + (uint64_t)1, &end, err);
    if (status == OSL_OK &&
        (!rises || first >= end || end > c->documents.count))
        status = spoilt(c->segment, err);
    if (status != OSL_OK)
        return status;
    c->sense++;
    c->first = (uint32_t)first;
    c->count = (uint32_t)(end - first);
    return OSL_OK;
}

osl_status osl_definitions_document(const osl_definition_cursor *c, uint32_t n,
                                    uint32_t *document, osl_error *err)
{
    uint64_t found = 0;
    osl_status status =
        value(c, &c->documents, (uint64_t)c->first + n, &found, err);
    if (status == OSL_OK &&
        (found >= c->document_count || (n > 0 && found <= *document)))
        status = spoilt(c->segment, err);
    if (status == OSL_OK)
        *document = (uint32_t)found;
    return status;
}
