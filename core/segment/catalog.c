/* SPDX-License-Identifier: MIT */
#include "core/segment/catalog.h"

#include "core/base/bytes.h"

#include <stdlib.h>
#include <xxhash.h>

static const char magic[8] = {'O', 's', 'l', 'e', 'r', 'C', 'a', 't'};

enum { VERSION = 6, HASHED = 32, HEAD = 40 };
enum { DESCRIPTORS = OSL_CATALOG_COLUMNS * OSL_COLUMN_DESCRIPTOR };

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

/* The columns of a maker: numbers of `size` bytes. */
typedef struct made_column {
    osl_buf *numbers;
    unsigned size;
} made_column;

static void list_columns(osl_catalog_maker *maker,
                         made_column out[OSL_CATALOG_COLUMNS])
{
    out[OSL_CATALOG_HASHES] = (made_column){&maker->hashes, 8};
    out[OSL_CATALOG_RECORDS] = (made_column){&maker->records, 8};
    out[OSL_CATALOG_LINES] = (made_column){&maker->lines, 4};
    out[OSL_CATALOG_ARE_SHORT] = (made_column){&maker->shorts, 1};
    out[OSL_CATALOG_RUN_SOURCES] = (made_column){&maker->run_sources, 4};
    out[OSL_CATALOG_RUN_ENDS] = (made_column){&maker->run_ends, 4};
    out[OSL_CATALOG_STAMPS] = (made_column){&maker->stamps, 8};
    out[OSL_CATALOG_SPAN_ENDS] = (made_column){&maker->span_ends, 4};
    out[OSL_CATALOG_FIRST_SEEN] = (made_column){&maker->first_seen, 4};
    out[OSL_CATALOG_CHANGED] = (made_column){&maker->changed, 4};
    out[OSL_CATALOG_BLOCK_ENDS] = (made_column){&maker->block_ends, 4};
    out[OSL_CATALOG_BLOCK_COUNTS] = (made_column){&maker->block_counts, 4};
    out[OSL_CATALOG_BLOCK_LENGTHS] = (made_column){&maker->block_lengths, 4};
    out[OSL_CATALOG_BLOCK_HASHES] = (made_column){&maker->block_hashes, 8};
}

void osl_catalog_maker_clear(osl_catalog_maker *maker)
{
    made_column columns[OSL_CATALOG_COLUMNS];
    list_columns(maker, columns);
    for (size_t i = 0; i < OSL_CATALOG_COLUMNS; i++)
        osl_buf_clear(columns[i].numbers);
    *maker = (osl_catalog_maker){0};
}

/* Moves the last of some ends; false where there is none. */
static bool move_end(osl_buf *ends, uint32_t end)
{
    if (ends->length < 4 || ends->failed)
        return false;
    osl_put32(ends->bytes + ends->length - 4, end);
    return true;
}

void osl_catalog_expect(osl_catalog_maker *maker, size_t documents)
{
    (void)osl_buf_room(&maker->hashes, 8 * documents);
    (void)osl_buf_room(&maker->records, 8 * documents);
    (void)osl_buf_room(&maker->lines, 4 * documents);
    (void)osl_buf_room(&maker->shorts, documents);
}

void osl_catalog_add_document(osl_catalog_maker *maker,
                              const osl_catalog_document *document)
{
    osl_buf_put64(&maker->hashes,
                  document->hash & (document->is_short ? OSL_CATALOG_SHORT
                                                       : OSL_CATALOG_HASH));
    osl_buf_put64(&maker->records, document->record);
    osl_buf_put32(&maker->lines, document->line);
    osl_buf_put_byte(&maker->shorts, document->is_short);
    maker->document_count++;
    if (maker->source == document->source &&
        move_end(&maker->run_ends, maker->document_count))
        return;
    maker->source = document->source;
    osl_buf_put32(&maker->run_sources, document->source);
    osl_buf_put32(&maker->run_ends, maker->document_count);
}

void osl_catalog_add_block(osl_catalog_maker *maker,
                           const osl_catalog_block *block)
{
    maker->block_count++;
    osl_buf_put32(&maker->block_ends, maker->document_count);
    osl_buf_put32(&maker->block_counts, block->count);
    osl_buf_put32(&maker->block_lengths, block->length);
    osl_buf_put64(&maker->block_hashes, block->hash);
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
                       move_end(&maker->span_ends, maker->paragraph_count)))
        return;
    last[0] = first_seen_us;
    last[1] = changed_us;
    osl_buf_put32(&maker->span_ends, maker->paragraph_count);
    osl_buf_put32(&maker->first_seen, stamp_of(maker, first_seen_us));
    osl_buf_put32(&maker->changed, stamp_of(maker, changed_us));
}

static void put_bytes(void *user, const void *bytes, size_t length)
{
    osl_buf_put(user, bytes, length);
}

/* Descriptors, then numbers. */
static void put_columns(osl_buf *out, osl_catalog_maker *maker)
{
    made_column made[OSL_CATALOG_COLUMNS];
    osl_column_source sources[OSL_CATALOG_COLUMNS];
    osl_column columns[OSL_CATALOG_COLUMNS];
    list_columns(maker, made);
    for (size_t i = 0; i < OSL_CATALOG_COLUMNS; i++) {
        osl_buf *numbers = made[i].numbers;
        out->failed |= numbers->failed;
        sources[i] = osl_column_array(
            numbers->bytes, (uint32_t)(numbers->length / made[i].size),
            made[i].size);
    }
    sources[OSL_CATALOG_BLOCK_ENDS].may_step = true;
    if (out->failed)
        return;
    (void)osl_columns_fit(sources, OSL_CATALOG_COLUMNS, DESCRIPTORS, columns);
    for (size_t i = 0; i < OSL_CATALOG_COLUMNS; i++)
        osl_column_put(out, &columns[i]);
    for (size_t i = 0; i < OSL_CATALOG_COLUMNS; i++)
        osl_column_put_numbers(&sources[i], &columns[i], put_bytes, out);
}

osl_status osl_catalog_encode(osl_buf *out, osl_catalog_maker *maker,
                              uint64_t segment, osl_error *err)
{
    size_t start = out->length;
    osl_buf_put(out, magic, sizeof magic);
    osl_buf_put32(out, VERSION);
    for (unsigned i = 0; i < 5; i++) /* the place of three numbers */
        osl_buf_put32(out, 0);
    osl_buf_put64(out, segment);
    put_columns(out, maker);
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

static uint64_t value(const osl_catalog *catalog, unsigned column, uint32_t at)
{
    const osl_column *of = &catalog->columns[column];
    const uint8_t *bytes = (const uint8_t *)catalog->bytes.bytes;
    return osl_column_get(of, bytes + HEAD + of->offset, at);
}

static uint32_t count_of(const osl_catalog *catalog, unsigned column)
{
    return catalog->columns[column].count;
}

/* Rising numbers up to `last`; strictly where no part is empty. */
static bool is_rising(const osl_catalog *c, unsigned column, uint64_t last,
                      bool strict)
{
    uint64_t before = 0;
    for (uint32_t i = 0; i < count_of(c, column); i++) {
        uint64_t end = value(c, column, i);
        if (end < before || end > last || (strict && end == before))
            return false;
        before = end;
    }
    return true;
}

/* The last of ends that stand for all of something. */
static uint64_t last_of(const osl_catalog *c, unsigned column)
{
    uint32_t count = count_of(c, column);
    return count > 0 ? value(c, column, count - 1) : 0;
}

static bool are_below(const osl_catalog *c, unsigned column, uint64_t limit)
{
    for (uint32_t i = 0; i < count_of(c, column); i++)
        if (value(c, column, i) >= limit)
            return false;
    return true;
}

static bool are_alike(const osl_catalog *c, unsigned first, unsigned last)
{
    for (unsigned i = first + 1; i <= last; i++)
        if (count_of(c, i) != count_of(c, first))
            return false;
    return true;
}

/* Blocks hold documents of one source each, and none of another block. */
static bool are_blocks(const osl_catalog *c)
{
    uint64_t before = 0;
    uint32_t run = 0;
    for (uint32_t i = 0; i < count_of(c, OSL_CATALOG_BLOCK_ENDS); i++) {
        uint64_t end = value(c, OSL_CATALOG_BLOCK_ENDS, i);
        uint64_t count = value(c, OSL_CATALOG_BLOCK_COUNTS, i);
        if (end > c->document_count || end < before || count == 0 ||
            count > end - before)
            return false;
        while (value(c, OSL_CATALOG_RUN_ENDS, run) < end)
            run++;
        if (run > 0 && value(c, OSL_CATALOG_RUN_ENDS, run - 1) > end - count)
            return false;
        before = end;
    }
    return true;
}

static bool is_whole(const osl_catalog *c)
{
    uint32_t stamps = count_of(c, OSL_CATALOG_STAMPS);
    uint64_t limit = c->document_count;
    return are_alike(c, OSL_CATALOG_HASHES, OSL_CATALOG_ARE_SHORT) &&
           are_alike(c, OSL_CATALOG_RUN_SOURCES, OSL_CATALOG_RUN_ENDS) &&
           are_alike(c, OSL_CATALOG_SPAN_ENDS, OSL_CATALOG_CHANGED) &&
           are_below(c, OSL_CATALOG_RUN_SOURCES, UINT64_C(1) << 32) &&
           is_rising(c, OSL_CATALOG_RUN_ENDS, limit, true) &&
           last_of(c, OSL_CATALOG_RUN_ENDS) == limit &&
           is_rising(c, OSL_CATALOG_SPAN_ENDS, UINT32_MAX, true) &&
           are_below(c, OSL_CATALOG_FIRST_SEEN, stamps) &&
           are_below(c, OSL_CATALOG_CHANGED, stamps) &&
           are_alike(c, OSL_CATALOG_BLOCK_ENDS, OSL_CATALOG_BLOCK_HASHES) &&
           are_blocks(c);
}

static osl_status damaged(const char *path, osl_error *err)
{
    return osl_fail(err, OSL_ECORRUPT, "%s: damaged catalog", path);
}

static osl_status read_columns(osl_catalog *c, const char *path, osl_error *err)
{
    const uint8_t *at = (const uint8_t *)c->bytes.bytes + HEAD;
    for (size_t i = 0; i < OSL_CATALOG_COLUMNS; i++)
        if (!osl_column_read(&c->columns[i], at + i * OSL_COLUMN_DESCRIPTOR,
                             c->bytes.length - HEAD))
            return damaged(path, err);
    c->document_count = count_of(c, OSL_CATALOG_HASHES);
    c->run_count = count_of(c, OSL_CATALOG_RUN_ENDS);
    c->span_count = count_of(c, OSL_CATALOG_SPAN_ENDS);
    c->block_count = count_of(c, OSL_CATALOG_BLOCK_ENDS);
    c->paragraph_count = (uint32_t)last_of(c, OSL_CATALOG_SPAN_ENDS);
    return is_whole(c) ? OSL_OK : damaged(path, err);
}

static osl_status read_catalog(osl_catalog *c, const char *path, osl_error *err)
{
    const uint8_t *head = (const uint8_t *)c->bytes.bytes;
    if (c->bytes.length < HEAD || memcmp(head, magic, sizeof magic) != 0 ||
        osl_get32(head + 12) != (uint32_t)XXH3_64bits(head, 12))
        return osl_fail(err, OSL_ECORRUPT, "%s: not a catalog of Osler", path);
    uint32_t version = osl_get32(head + 8);
    if (version != VERSION)
        return osl_fail(err, OSL_EVERSION,
                        "%s: written in format %u, this program reads %u; "
                        "use the osler that made it, or index again with "
                        "--full",
                        path, version, (unsigned)VERSION);
    size_t length = c->bytes.length - HASHED;
    c->segment = osl_get64(head + HASHED);
    if (c->bytes.length < HEAD + DESCRIPTORS ||
        osl_get64(head + 16) != length ||
        osl_get64(head + 24) != XXH3_64bits(head + HASHED, length))
        return damaged(path, err);
    return read_columns(c, path, err);
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
    return value(catalog, OSL_CATALOG_HASHES, document);
}

bool osl_catalog_is_short(const osl_catalog *catalog, uint32_t document)
{
    return value(catalog, OSL_CATALOG_ARE_SHORT, document) != 0;
}

uint64_t osl_catalog_record(const osl_catalog *catalog, uint32_t document)
{
    return value(catalog, OSL_CATALOG_RECORDS, document);
}

uint64_t osl_catalog_fold_records(const osl_catalog *catalog, uint32_t document,
                                  uint32_t count, uint64_t sum, uint64_t factor)
{
    const osl_column column = catalog->columns[OSL_CATALOG_RECORDS];
    const uint8_t *numbers =
        (const uint8_t *)catalog->bytes.bytes + HEAD + column.offset;
    for (uint32_t i = 0; i < count; i++)
        sum = sum * factor + osl_column_get(&column, numbers, document + i);
    return sum;
}

uint32_t osl_catalog_line(const osl_catalog *catalog, uint32_t document)
{
    return (uint32_t)value(catalog, OSL_CATALOG_LINES, document);
}

/* How many of a column's rising numbers are below `limit`. */
static uint32_t count_below(const osl_catalog *catalog, unsigned column,
                            uint64_t limit)
{
    uint32_t low = 0, high = count_of(catalog, column);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (value(catalog, column, middle) < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t osl_catalog_source(const osl_catalog *catalog, uint32_t document)
{
    uint32_t run =
        count_below(catalog, OSL_CATALOG_RUN_ENDS, (uint64_t)document + 1);
    return (uint32_t)value(catalog, OSL_CATALOG_RUN_SOURCES, run);
}

bool osl_catalog_are_at(const osl_catalog *catalog, uint32_t document,
                        uint32_t count, uint32_t line)
{
    const osl_column *lines = &catalog->columns[OSL_CATALOG_LINES];
    if (lines->width == 0 && lines->slope == 1)
        return osl_catalog_line(catalog, document) == line;
    for (uint32_t i = 0; i < count; i++)
        if (osl_catalog_line(catalog, document + i) != line + i)
            return false;
    return true;
}

uint32_t osl_catalog_find_fall(const osl_catalog *catalog, uint32_t from,
                               uint32_t to)
{
    const osl_column *lines = &catalog->columns[OSL_CATALOG_LINES];
    if (from >= to || (lines->width == 0 && (int64_t)lines->slope > 0))
        return to;
    uint32_t last = osl_catalog_line(catalog, from), line;
    for (uint32_t i = from + 1; i < to; i++, last = line)
        if ((line = osl_catalog_line(catalog, i)) <= last)
            return i;
    return to;
}

uint32_t osl_catalog_get_block(const osl_catalog *catalog, uint32_t n,
                               osl_catalog_block *out)
{
    out->count = (uint32_t)value(catalog, OSL_CATALOG_BLOCK_COUNTS, n);
    out->length = (uint32_t)value(catalog, OSL_CATALOG_BLOCK_LENGTHS, n);
    out->hash = value(catalog, OSL_CATALOG_BLOCK_HASHES, n);
    return osl_catalog_block_end(catalog, n) - out->count;
}

uint32_t osl_catalog_block_end(const osl_catalog *catalog, uint32_t n)
{
    return (uint32_t)value(catalog, OSL_CATALOG_BLOCK_ENDS, n);
}

void osl_catalog_run(const osl_catalog *catalog, uint32_t n, uint32_t *source,
                     uint32_t *from, uint32_t *to)
{
    *source = (uint32_t)value(catalog, OSL_CATALOG_RUN_SOURCES, n);
    *from = n > 0 ? (uint32_t)value(catalog, OSL_CATALOG_RUN_ENDS, n - 1) : 0;
    *to = (uint32_t)value(catalog, OSL_CATALOG_RUN_ENDS, n);
}

void osl_catalog_dates(const osl_catalog *catalog, uint32_t paragraph,
                       uint64_t *first_seen_us, uint64_t *changed_us)
{
    uint32_t n =
        count_below(catalog, OSL_CATALOG_SPAN_ENDS, (uint64_t)paragraph + 1);
    *first_seen_us = value(catalog, OSL_CATALOG_STAMPS,
                           (uint32_t)value(catalog, OSL_CATALOG_FIRST_SEEN, n));
    *changed_us = value(catalog, OSL_CATALOG_STAMPS,
                        (uint32_t)value(catalog, OSL_CATALOG_CHANGED, n));
}
