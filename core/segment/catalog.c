/* SPDX-License-Identifier: MIT */
#include "core/segment/catalog.h"

#include "core/base/bytes.h"

#include <stdlib.h>
#include <xxhash.h>

static const char magic[8] = {'O', 's', 'l', 'e', 'r', 'C', 'a', 't'};

enum { VERSION = 1, HASHED = 32, HEAD = 72, COUNTS = 8 };

enum {
    COUNT_DOCUMENTS,
    COUNT_PARAGRAPHS,
    COUNT_RUNS,
    COUNT_STAMPS,
    COUNT_SPANS,
    COUNT_DEFINITIONS,
    COUNT_SENSES,
    COUNT_SENSE_BYTES
};

char *osl_catalog_path(const char *segment_path)
{
    osl_buf path = {0};
    const char *dot = strrchr(segment_path, '.');
    size_t length = dot && !strchr(dot, '/') ? (size_t)(dot - segment_path)
                                             : strlen(segment_path);
    osl_buf_put(&path, segment_path, length);
    osl_buf_put(&path, ".cat", sizeof ".cat");
    if (!path.failed)
        return (char *)path.bytes;
    osl_buf_clear(&path);
    return NULL;
}

/* ---- writing ------------------------------------------------------------ */

void osl_catalog_maker_clear(osl_catalog_maker *maker)
{
    osl_buf *const parts[] = {
        &maker->hashes,  &maker->records, &maker->stamps, &maker->ends,
        &maker->lines,   &maker->runs,    &maker->spans,  &maker->definitions,
        &maker->offsets, &maker->senses};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        osl_buf_clear(parts[i]);
    *maker = (osl_catalog_maker){0};
}

/* Puts `end` where it stands in the last record, `back` bytes before the end
 * of the buffer; false where there is no record. */
static bool move_end(osl_buf *records, size_t back, uint32_t end)
{
    if (records->length < back || records->failed)
        return false;
    osl_put32(records->bytes + records->length - back, end);
    return true;
}

void osl_catalog_add_document(osl_catalog_maker *maker,
                              const osl_catalog_document *document)
{
    osl_buf_put64(&maker->hashes, document->hash);
    osl_buf_put64(&maker->records, document->record);
    osl_buf_put32(&maker->ends, maker->definition_count);
    osl_buf_put32(&maker->lines, document->line);
    maker->document_count++;
    if (maker->source == document->source &&
        move_end(&maker->runs, 4, maker->document_count))
        return;
    maker->source = document->source;
    osl_buf_put32(&maker->runs, document->source);
    osl_buf_put32(&maker->runs, maker->document_count);
}

/* The number of a date; there are as many as there were generations. */
static uint32_t stamp_of(osl_catalog_maker *maker, uint64_t date)
{
    osl_buf *stamps = &maker->stamps;
    size_t count = stamps->length / 8;
    for (size_t i = count; i-- > 0;)
        if (osl_get64(stamps->bytes + 8 * i) == date)
            return (uint32_t)i;
    osl_buf_put64(stamps, date);
    return (uint32_t)count;
}

void osl_catalog_add_dates(osl_catalog_maker *maker, uint32_t count,
                           uint64_t first_seen_us, uint64_t changed_us)
{
    uint64_t *last = maker->last_date;
    maker->paragraph_count += count;
    if (count == 0 || (last[0] == first_seen_us && last[1] == changed_us &&
                       move_end(&maker->spans, 12, maker->paragraph_count)))
        return;
    last[0] = first_seen_us;
    last[1] = changed_us;
    osl_buf_put32(&maker->spans, maker->paragraph_count);
    osl_buf_put32(&maker->spans, stamp_of(maker, first_seen_us));
    osl_buf_put32(&maker->spans, stamp_of(maker, changed_us));
}

void osl_catalog_add_definition(osl_catalog_maker *maker, uint32_t sense)
{
    osl_buf_put32(&maker->definitions, sense);
    maker->definition_count++;
    (void)move_end(&maker->ends, 4, maker->definition_count);
}

void osl_catalog_add_sense(osl_catalog_maker *maker, osl_text sense)
{
    osl_buf_put32(&maker->offsets, (uint32_t)maker->senses.length);
    osl_buf_put_text(&maker->senses, sense);
}

static void put_counts(osl_buf *out, const osl_catalog_maker *maker)
{
    const size_t counts[COUNTS] = {
        [COUNT_DOCUMENTS] = maker->document_count,
        [COUNT_PARAGRAPHS] = maker->paragraph_count,
        [COUNT_RUNS] = maker->runs.length / 8,
        [COUNT_STAMPS] = maker->stamps.length / 8,
        [COUNT_SPANS] = maker->spans.length / 12,
        [COUNT_DEFINITIONS] = maker->definition_count,
        [COUNT_SENSES] = maker->offsets.length / 4,
        [COUNT_SENSE_BYTES] = maker->senses.length,
    };
    for (unsigned i = 0; i < COUNTS; i++)
        osl_buf_put32(out, (uint32_t)counts[i]);
}

osl_status osl_catalog_encode(osl_buf *out, const osl_catalog_maker *maker,
                              uint64_t segment, osl_error *err)
{
    const osl_buf *const arrays[] = {
        &maker->hashes,  &maker->records, &maker->stamps, &maker->ends,
        &maker->lines,   &maker->runs,    &maker->spans,  &maker->definitions,
        &maker->offsets, &maker->senses};
    size_t start = out->length;
    if (maker->senses.length > UINT32_MAX ||
        maker->definitions.length / 4 > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more abbreviations than a segment may hold (2^32)");
    osl_buf_put(out, magic, sizeof magic);
    osl_buf_put32(out, VERSION);
    for (unsigned i = 0; i < 5; i++) /* zero, and the place of two numbers */
        osl_buf_put32(out, 0);
    osl_buf_put64(out, segment);
    put_counts(out, maker);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        out->failed |= arrays[i]->failed;
        if (arrays[i] == &maker->senses)
            osl_buf_put32(out, (uint32_t)maker->senses.length);
        osl_buf_put(out, arrays[i]->bytes, arrays[i]->length);
    }
    osl_status status = osl_buf_status(out, "a catalog", err);
    if (status == OSL_OK) {
        uint8_t *head = out->bytes + start;
        size_t length = out->length - start - HASHED;
        osl_put32(head + 12, (uint32_t)XXH3_64bits(head, 12));
        osl_put64(head + 16, length);
        osl_put64(head + 24, XXH3_64bits(head + HASHED, length));
    }
    return status;
}

/* ---- opening ------------------------------------------------------------ */

typedef struct array {
    const uint8_t **at;
    uint64_t count;
    size_t size;
} array;

/* Where the arrays stand; false where they do not fill the file. */
static bool place_arrays(osl_catalog *c, const uint32_t counts[COUNTS])
{
    const array arrays[] = {
        {&c->hashes, counts[COUNT_DOCUMENTS], 8},
        {&c->records, counts[COUNT_DOCUMENTS], 8},
        {&c->stamps, counts[COUNT_STAMPS], 8},
        {&c->ends, counts[COUNT_DOCUMENTS], 4},
        {&c->lines, counts[COUNT_DOCUMENTS], 4},
        {&c->runs, counts[COUNT_RUNS], 8},
        {&c->spans, counts[COUNT_SPANS], 12},
        {&c->definitions, counts[COUNT_DEFINITIONS], 4},
        {&c->offsets, (uint64_t)counts[COUNT_SENSES] + 1, 4},
        {&c->senses, counts[COUNT_SENSE_BYTES], 1},
    };
    uint64_t at = HEAD;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        uint64_t bytes = arrays[i].count * arrays[i].size;
        if (bytes > c->bytes.length - at)
            return false;
        *arrays[i].at = (const uint8_t *)c->bytes.bytes + at;
        at += bytes;
    }
    return at == c->bytes.length;
}

/* Rising ends, the last of them `last`; strictly where no part is empty. */
static bool are_ends(const uint8_t *at, uint64_t count, size_t size,
                     uint32_t last, bool strict)
{
    uint32_t before = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t end = osl_get32(at + i * size);
        if (end < before || (strict && end == before))
            return false;
        before = end;
    }
    return before == last;
}

static bool are_below(const uint8_t *at, uint64_t count, size_t size,
                      uint32_t limit)
{
    for (uint64_t i = 0; i < count; i++)
        if (osl_get32(at + i * size) >= limit)
            return false;
    return true;
}

static bool is_whole(const osl_catalog *c, const uint32_t counts[COUNTS])
{
    uint32_t stamps = counts[COUNT_STAMPS], spans = counts[COUNT_SPANS];
    if (!are_ends(c->ends, c->document_count, 4, counts[COUNT_DEFINITIONS],
                  false) ||
        !are_ends(c->runs + 4, c->run_count, 8, c->document_count, true) ||
        !are_ends(c->spans, spans, 12, c->paragraph_count, true) ||
        !are_below(c->spans + 4, spans, 12, stamps) ||
        !are_below(c->spans + 8, spans, 12, stamps) ||
        !are_below(c->definitions, counts[COUNT_DEFINITIONS], 4,
                   c->sense_count) ||
        !are_ends(c->offsets, (uint64_t)c->sense_count + 1, 4,
                  counts[COUNT_SENSE_BYTES], false))
        return false;
    for (uint32_t i = 0; i < c->sense_count; i++) {
        osl_text sense = osl_catalog_sense(c, i);
        if (!memchr(sense.bytes, 0, sense.length))
            return false;
    }
    return true;
}

static osl_status read_catalog(osl_catalog *c, const char *path, osl_error *err)
{
    const uint8_t *head = (const uint8_t *)c->bytes.bytes;
    uint32_t counts[COUNTS];
    if (c->bytes.length < HEAD || memcmp(head, magic, sizeof magic) != 0 ||
        osl_get32(head + 12) != (uint32_t)XXH3_64bits(head, 12))
        return osl_fail(err, OSL_ECORRUPT, "%s: not a catalog of Osler", path);
    if (osl_get32(head + 8) > VERSION)
        return osl_fail(err, OSL_EVERSION,
                        "%s: format %u is newer than this program knows (%u); "
                        "use the newer osler, or index again",
                        path, osl_get32(head + 8), (unsigned)VERSION);
    for (size_t i = 0; i < COUNTS; i++)
        counts[i] = osl_get32(head + HASHED + 8 + 4 * i);
    size_t length = c->bytes.length - HASHED;
    c->segment = osl_get64(head + HASHED);
    c->document_count = counts[COUNT_DOCUMENTS];
    c->paragraph_count = counts[COUNT_PARAGRAPHS];
    c->run_count = counts[COUNT_RUNS];
    c->span_count = counts[COUNT_SPANS];
    c->sense_count = counts[COUNT_SENSES];
    if (osl_get64(head + 16) != length ||
        osl_get64(head + 24) != XXH3_64bits(head + HASHED, length) ||
        !place_arrays(c, counts) || !is_whole(c, counts))
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged catalog", path);
    return OSL_OK;
}

osl_status osl_catalog_open(osl_catalog *out, const char *path, osl_error *err)
{
    osl_catalog catalog = {0};
    osl_status status = osl_map_open(&catalog.map, path, err);
    catalog.bytes =
        (osl_text){(const char *)catalog.map.bytes, catalog.map.length};
    if (status == OSL_OK)
        status = read_catalog(&catalog, path, err);
    if (status == OSL_OK)
        *out = catalog;
    else
        osl_map_close(&catalog.map);
    return status;
}

osl_status osl_catalog_open_memory(osl_catalog *out, osl_text bytes,
                                   const char *name, osl_error *err)
{
    osl_catalog catalog = {.bytes = bytes};
    osl_status status = read_catalog(&catalog, name, err);
    if (status == OSL_OK)
        *out = catalog;
    return status;
}

void osl_catalog_close(osl_catalog *catalog)
{
    osl_map_close(&catalog->map);
    *catalog = (osl_catalog){0};
}

/* ---- asking ------------------------------------------------------------- */

uint64_t osl_catalog_hash(const osl_catalog *catalog, uint32_t document)
{
    return osl_get64(catalog->hashes + 8 * (size_t)document);
}

uint64_t osl_catalog_record(const osl_catalog *catalog, uint32_t document)
{
    return osl_get64(catalog->records + 8 * (size_t)document);
}

uint32_t osl_catalog_line(const osl_catalog *catalog, uint32_t document)
{
    return osl_get32(catalog->lines + 4 * (size_t)document);
}

/* The first of `count` records whose end is above `at`. */
static uint32_t find_end(const uint8_t *ends, uint32_t count, size_t size,
                         uint32_t at)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (osl_get32(ends + middle * size) <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t osl_catalog_source(const osl_catalog *catalog, uint32_t document)
{
    uint32_t run = find_end(catalog->runs + 4, catalog->run_count, 8, document);
    return osl_get32(catalog->runs + 8 * (size_t)run);
}

void osl_catalog_run(const osl_catalog *catalog, uint32_t n, uint32_t *source,
                     uint32_t *from, uint32_t *to)
{
    const uint8_t *run = catalog->runs + 8 * (size_t)n;
    *source = osl_get32(run);
    *from = n > 0 ? osl_get32(run - 4) : 0;
    *to = osl_get32(run + 4);
}

void osl_catalog_dates(const osl_catalog *catalog, uint32_t paragraph,
                       uint64_t *first_seen_us, uint64_t *changed_us)
{
    uint32_t n = find_end(catalog->spans, catalog->span_count, 12, paragraph);
    const uint8_t *span = catalog->spans + 12 * (size_t)n;
    *first_seen_us =
        osl_get64(catalog->stamps + 8 * (size_t)osl_get32(span + 4));
    *changed_us = osl_get64(catalog->stamps + 8 * (size_t)osl_get32(span + 8));
}

void osl_catalog_definitions(const osl_catalog *catalog, uint32_t document,
                             uint32_t *from, uint32_t *to)
{
    const uint8_t *end = catalog->ends + 4 * (size_t)document;
    *from = document > 0 ? osl_get32(end - 4) : 0;
    *to = osl_get32(end);
}

uint32_t osl_catalog_definition(const osl_catalog *catalog, uint32_t n)
{
    return osl_get32(catalog->definitions + 4 * (size_t)n);
}

osl_text osl_catalog_sense(const osl_catalog *catalog, uint32_t sense)
{
    const uint8_t *at = catalog->offsets + 4 * (size_t)sense;
    uint32_t from = osl_get32(at), to = osl_get32(at + 4);
    return (osl_text){(const char *)catalog->senses + from, to - from};
}
