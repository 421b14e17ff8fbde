/* SPDX-License-Identifier: MIT */
#include "core/segment/registry.h"

#include "core/base/bytes.h"
#include "core/segment/taker.h"

#include <xxhash.h>

static const char magic[8] = {'O', 's', 'l', 'e', 'r', 'R', 'e', 'g'};

enum { VERSION = 2, HEAD = 56 };

int osl_sense_compare(const osl_sense *a, const osl_sense *b)
{
    int order = osl_text_compare(a->short_form, b->short_form);
    if (order != 0)
        return order;
    if (a->documents != b->documents)
        return a->documents > b->documents ? -1 : 1;
    return osl_text_compare(a->long_form, b->long_form);
}

/* ---- writing ------------------------------------------------------------ */

static void put_senses(osl_buf *out, const osl_registry *registry)
{
    size_t count = registry->sense_count;
    osl_buf_put32(out, (uint32_t)count);
    size_t offsets = out->length;
    for (size_t i = 0; i <= count; i++)
        osl_buf_put32(out, 0);
    size_t first = out->length;
    for (size_t i = 0; i < count && !out->failed; i++) {
        const osl_sense *sense = &registry->senses[i];
        osl_put32(out->bytes + offsets + 4 * i,
                  (uint32_t)(out->length - first));
        osl_put_counted(out, sense->short_form);
        osl_buf_put_varint(out, sense->documents);
        osl_put_counted(out, sense->long_form);
    }
    if (!out->failed)
        osl_put32(out->bytes + offsets + 4 * count,
                  (uint32_t)(out->length - first));
    if (count > UINT32_MAX / 4 || out->length - first > UINT32_MAX)
        out->failed = true;
}

static void put_ids(osl_buf *out, const osl_registry_ids *ids)
{
    osl_buf_put_varint(out, ids->count);
    for (size_t i = 0; i < ids->count; i++)
        osl_put_counted(out, ids->at[i]);
}

static void put_sources(osl_buf *out, const osl_registry *registry)
{
    osl_buf_put_varint(out, registry->next_number);
    osl_put_counted(out, registry->format);
    osl_buf_put_varint(out, registry->root_count);
    for (size_t i = 0; i < registry->root_count; i++) {
        osl_buf_put_byte(out, (uint8_t)registry->roots[i].kind);
        osl_put_counted(out, registry->roots[i].path);
    }
    osl_buf_put_varint(out, registry->source_count);
    for (size_t i = 0; i < registry->source_count; i++) {
        const osl_registry_source *source = &registry->sources[i];
        osl_buf_put_varint(out, source->root);
        osl_put_counted(out, source->name);
        osl_buf_put_varint(out, source->number);
        osl_buf_put_varint(out, source->size);
        osl_buf_put64(out, source->mtime_ns);
        osl_buf_put64(out, source->ctime_ns);
        osl_buf_put_varint(out, source->inode);
        osl_buf_put64(out, source->hash);
        osl_buf_put_varint(out, source->documents);
        put_ids(out, &source->shadowed);
        put_ids(out, &source->removed);
    }
}

static void seal(osl_buf *out, size_t head, size_t from)
{
    if (out->failed)
        return;
    size_t length = out->length - from;
    osl_put64(out->bytes + head, length);
    osl_put64(out->bytes + head + 8, XXH3_64bits(out->bytes + from, length));
}

void osl_registry_encode(osl_buf *out, const osl_registry *registry)
{
    size_t start = out->length;
    osl_buf_put(out, magic, sizeof magic);
    osl_buf_put32(out, VERSION);
    osl_buf_put32(out, registry->readers);
    for (unsigned i = 0; i < 5; i++)
        osl_buf_put64(out, 0);
    put_senses(out, registry);
    seal(out, start + 16, start + HEAD);
    size_t sources = out->length;
    put_sources(out, registry);
    seal(out, start + 32, sources);
    if (!out->failed)
        osl_put64(out->bytes + start + HEAD - 8,
                  XXH3_64bits(out->bytes + start, HEAD - 8));
}

uint64_t osl_registry_hash(osl_text bytes)
{
    return bytes.length < HEAD
               ? 0
               : osl_get64((const uint8_t *)bytes.bytes + HEAD - 8);
}

/* ---- reading ------------------------------------------------------------ */

/* The two parts of a file, the n-th with its hash checked. */
static osl_status open_part(const osl_map *map, unsigned n, const char *name,
                            osl_text *out, osl_error *err)
{
    const uint8_t *head = map->bytes;
    if (map->length < HEAD || memcmp(head, magic, sizeof magic) != 0)
        return osl_fail(err, OSL_ECORRUPT, "%s: not a registry of Osler", name);
    if (XXH3_64bits(head, HEAD - 8) != osl_get64(head + HEAD - 8))
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged registry", name);
    if (osl_get32(head + 8) > VERSION)
        return osl_fail(err, OSL_EVERSION,
                        "%s: format %u is newer than this program knows (%u); "
                        "use the newer osler, or index again",
                        name, osl_get32(head + 8), (unsigned)VERSION);
    uint64_t first = osl_get64(head + 16), second = osl_get64(head + 32);
    uint64_t room = map->length - HEAD;
    if (first > room || second != room - first)
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged registry", name);
    const uint8_t *bytes = head + HEAD + (n == 0 ? 0 : first);
    size_t length = (size_t)(n == 0 ? first : second);
    if (XXH3_64bits(bytes, length) != osl_get64(head + 24 + (size_t)n * 16))
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged registry", name);
    *out = (osl_text){(const char *)bytes, length};
    return OSL_OK;
}

static void take_roots(osl_taker *taker, osl_registry *out)
{
    size_t count = osl_take_count(taker);
    osl_root *roots = osl_arena_zero(taker->arena, count, sizeof *roots);
    if (!roots) {
        taker->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t kind = osl_take_byte(taker);
        if (kind > OSL_ROOT_CHANGES)
            taker->spoilt = true;
        roots[i].kind = (osl_root_kind)kind;
        roots[i].path = osl_take_text(taker);
    }
    out->roots = roots;
    out->root_count = count;
}

static osl_registry_ids take_ids(osl_taker *taker)
{
    size_t count = osl_take_count(taker);
    osl_text *ids = osl_arena_zero(taker->arena, count, sizeof *ids);
    if (!ids)
        taker->out_of_memory = true;
    for (size_t i = 0; ids && i < count; i++)
        ids[i] = osl_take_text(taker);
    return (osl_registry_ids){ids, ids ? count : 0};
}

static void take_source(osl_taker *taker, const osl_registry *registry,
                        osl_registry_source *out)
{
    uint64_t root = osl_take_varint(taker);
    out->root = (uint32_t)root;
    out->name = osl_take_text(taker);
    uint64_t number = osl_take_varint(taker);
    if (root >= registry->root_count || number >= registry->next_number)
        taker->spoilt = true;
    out->number = (uint32_t)number;
    out->size = osl_take_varint(taker);
    out->mtime_ns = osl_take64(taker);
    out->ctime_ns = osl_take64(taker);
    out->inode = osl_take_varint(taker);
    out->hash = osl_take64(taker);
    out->documents = osl_take_varint(taker);
    out->shadowed = take_ids(taker);
    out->removed = take_ids(taker);
}

static void take_sources(osl_taker *taker, osl_registry *out)
{
    size_t count = osl_take_count(taker);
    osl_registry_source *sources =
        osl_arena_zero(taker->arena, count, sizeof *sources);
    if (!sources) {
        taker->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < count && !taker->spoilt; i++)
        take_source(taker, out, &sources[i]);
    out->sources = sources;
    out->source_count = count;
}

osl_status osl_registry_read(osl_registry *out, const char *path,
                             osl_arena *arena, osl_error *err)
{
    osl_map map;
    osl_text part = {0};
    osl_registry registry = {0};
    osl_status status = osl_map_open(&map, path, err);
    if (status != OSL_OK)
        return status;
    status = open_part(&map, 1, path, &part, err);
    if (status == OSL_OK && osl_get32(map.bytes + 8) < VERSION)
        status = osl_fail(err, OSL_ECORRUPT,
                          "%s: a registry of an older format", path);
    if (status == OSL_OK) {
        const uint8_t *at = (const uint8_t *)part.bytes;
        registry.readers = osl_get32(map.bytes + 12);
        osl_taker taker = {at, at + part.length, arena, false, false};
        uint64_t next = osl_take_varint(&taker);
        if (next > UINT32_MAX)
            taker.spoilt = true;
        registry.next_number = (uint32_t)next;
        registry.format = osl_take_text(&taker);
        take_roots(&taker, &registry);
        take_sources(&taker, &registry);
        status = osl_take_end(&taker, path, "registry", err);
    }
    osl_map_close(&map);
    if (status == OSL_OK)
        *out = registry;
    return status;
}

/* ---- abbreviations ------------------------------------------------------ */

osl_status osl_senses_open(osl_senses *out, const osl_map *map,
                           const char *name, osl_error *err)
{
    osl_text part = {0};
    osl_status status = open_part(map, 0, name, &part, err);
    if (status != OSL_OK)
        return status;
    const uint8_t *bytes = (const uint8_t *)part.bytes;
    uint32_t count = part.length < 8 ? UINT32_MAX : osl_get32(bytes);
    if (count > (part.length - 8) / 4)
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged abbreviations", name);
    *out = (osl_senses){bytes, part.length, count};
    return OSL_OK;
}

static osl_status sense_at(const osl_senses *senses, uint32_t n, osl_sense *out,
                           osl_error *err)
{
    const uint8_t *offsets = senses->bytes + 4;
    size_t first = 4 + 4 * ((size_t)senses->count + 1);
    size_t room = senses->length - first;
    uint32_t from = osl_get32(offsets + 4 * (size_t)n);
    uint32_t to = osl_get32(offsets + 4 * ((size_t)n + 1));
    if (from > to || to > room)
        return osl_fail(err, OSL_ECORRUPT, "damaged abbreviations");
    const uint8_t *bytes = senses->bytes + first;
    osl_taker taker = {bytes + from, bytes + to, NULL, false, false};
    out->short_form = osl_take_text(&taker);
    out->documents = (uint32_t)osl_take_varint(&taker);
    out->long_form = osl_take_text(&taker);
    return osl_take_end(&taker, "registry", "abbreviations", err);
}

osl_status osl_senses_at(const osl_senses *senses, uint32_t n, osl_sense *out,
                         osl_error *err)
{
    return sense_at(senses, n, out, err);
}

osl_status osl_senses_find(const osl_senses *senses, osl_text short_form,
                           size_t n, osl_sense *out, osl_error *err)
{
    uint32_t low = 0, high = senses->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        osl_status status = sense_at(senses, middle, out, err);
        if (status != OSL_OK)
            return status;
        if (osl_text_compare(out->short_form, short_form) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (n >= senses->count - low)
        return OSL_END;
    osl_status status = sense_at(senses, low + (uint32_t)n, out, err);
    if (status == OSL_OK && !osl_text_equal(out->short_form, short_form))
        return OSL_END;
    return status;
}
