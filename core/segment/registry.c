/* SPDX-License-Identifier: MIT */
#include "core/segment/registry.h"

#include "core/base/bytes.h"
#include "core/segment/taker.h"

#include <xxhash.h>

static const char magic[8] = {'O', 's', 'l', 'e', 'r', 'R', 'e', 'g'};

enum { VERSION = 3, HEAD = 40 };

/* ---- writing ------------------------------------------------------------ */

static void put_ids(osl_buf *out, const osl_registry_ids *ids)
{
    osl_buf_put_varint(out, ids->count);
    for (size_t i = 0; i < ids->count; i++)
        osl_put_counted(out, ids->at[i]);
}

static void put_source(osl_buf *out, const osl_registry_source *source)
{
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
    const uint8_t *at = (const uint8_t *)registry->sources;
    size_t stride = registry->source_stride ? registry->source_stride
                                            : sizeof *registry->sources;
    osl_text run = {"", 0}; /* of those that are encoded already */
    for (size_t i = 0; i < registry->source_count; i++, at += stride) {
        const osl_registry_source *source = (const void *)at;
        const osl_text encoded = source->encoded;
        if (encoded.length > 0 && run.bytes + run.length == encoded.bytes) {
            run.length += encoded.length;
            continue;
        }
        osl_buf_put_text(out, run);
        run = encoded;
        if (encoded.length == 0)
            put_source(out, source);
    }
    osl_buf_put_text(out, run);
}

void osl_registry_encode(osl_buf *out, const osl_registry *registry)
{
    size_t start = out->length;
    osl_buf_put(out, magic, sizeof magic);
    osl_buf_put32(out, VERSION);
    osl_buf_put32(out, registry->readers);
    for (unsigned i = 0; i < 3; i++)
        osl_buf_put64(out, 0);
    put_sources(out, registry);
    if (out->failed)
        return;
    uint8_t *head = out->bytes + start;
    size_t length = out->length - start - HEAD;
    osl_put64(head + 16, length);
    osl_put64(head + 24, XXH3_64bits(head + HEAD, length));
    osl_put64(head + HEAD - 8, XXH3_64bits(head, HEAD - 8));
}

uint64_t osl_registry_hash(osl_text bytes)
{
    return bytes.length < HEAD
               ? 0
               : osl_get64((const uint8_t *)bytes.bytes + HEAD - 8);
}

/* ---- reading ------------------------------------------------------------ */

osl_status osl_registry_check(const osl_map *map, const char *name,
                              osl_error *err)
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
    if (osl_get64(head + 16) != map->length - HEAD)
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged registry", name);
    return OSL_OK;
}

static osl_status check_sources(const osl_map *map, const char *name,
                                osl_error *err)
{
    const uint8_t *head = map->bytes;
    if (osl_get64(head + 24) != XXH3_64bits(head + HEAD, map->length - HEAD))
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged registry", name);
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

/* The same as osl_take_varint(), for what is taken a hundred thousand times. */
static inline uint64_t take_varint(osl_taker *taker)
{
    const uint8_t *at = taker->at;
    uint64_t sum = 0;
    for (unsigned shift = 0;
         !taker->spoilt && taker->end - at > 0 && shift < 56; shift += 7) {
        uint8_t byte = *at++;
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            taker->at = at;
            return sum;
        }
    }
    return osl_take_varint(taker);
}

static inline uint64_t take64(osl_taker *taker)
{
    if (taker->spoilt || taker->end - taker->at < 8)
        return osl_take64(taker);
    taker->at += 8;
    return osl_get64(taker->at - 8);
}

static osl_registry_ids take_ids(osl_taker *taker, osl_arena *arena)
{
    if (!taker->spoilt && taker->at < taker->end && *taker->at == 0) {
        taker->at++;
        return (osl_registry_ids){NULL, 0};
    }
    size_t count = osl_take_count(taker);
    if (count == 0)
        return (osl_registry_ids){NULL, 0};
    osl_text *ids = osl_arena_zero(arena, count, sizeof *ids);
    if (!ids)
        taker->out_of_memory = true;
    for (size_t i = 0; ids && i < count; i++)
        ids[i] = osl_take_text(taker);
    return (osl_registry_ids){ids, ids ? count : 0};
}

static void take_source(osl_taker *taker, const osl_registry *registry,
                        osl_arena *arena, osl_registry_source *out)
{
    const char *from = (const char *)taker->at;
    uint64_t root = take_varint(taker);
    out->root = (uint32_t)root;
    out->name = osl_take_text(taker);
    uint64_t number = take_varint(taker);
    if (root >= registry->root_count || number >= registry->next_number)
        taker->spoilt = true;
    out->number = (uint32_t)number;
    out->size = take_varint(taker);
    out->mtime_ns = take64(taker);
    out->ctime_ns = take64(taker);
    out->inode = take_varint(taker);
    out->hash = take64(taker);
    out->documents = take_varint(taker);
    out->shadowed = take_ids(taker, arena);
    out->removed = take_ids(taker, arena);
    out->encoded = (osl_text){
        from, taker->arena ? 0 : (size_t)((const char *)taker->at - from)};
}

static void take_sources(osl_taker *taker, osl_registry *out, osl_arena *arena)
{
    size_t count = osl_take_count(taker);
    size_t bytes;
    osl_registry_source *sources =
        __builtin_mul_overflow(count, sizeof *sources, &bytes)
            ? NULL
            : osl_arena_take(arena, bytes);
    if (!sources) {
        taker->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < count && !taker->spoilt; i++)
        take_source(taker, out, arena, &sources[i]);
    out->sources = sources;
    out->source_count = count;
}

/* Texts of sources are copied where the map is not kept. */
static osl_status read_map(osl_registry *out, const osl_map *map, bool is_kept,
                           const char *path, osl_arena *arena, osl_error *err)
{
    osl_registry registry = {0};
    osl_status status = osl_registry_check(map, path, err);
    if (status == OSL_OK)
        status = check_sources(map, path, err);
    if (status == OSL_OK && osl_get32(map->bytes + 8) < VERSION)
        status = osl_fail(err, OSL_ECORRUPT,
                          "%s: a registry of an older format", path);
    if (status != OSL_OK)
        return status;
    registry.readers = osl_get32(map->bytes + 12);
    osl_taker taker = {map->bytes + HEAD, map->bytes + map->length, arena,
                       false, false};
    uint64_t next = osl_take_varint(&taker);
    if (next > UINT32_MAX)
        taker.spoilt = true;
    registry.next_number = (uint32_t)next;
    registry.format = osl_take_text(&taker);
    take_roots(&taker, &registry);
    taker.arena = is_kept ? NULL : arena;
    take_sources(&taker, &registry, arena);
    status = osl_take_end(&taker, path, "registry", err);
    if (status == OSL_OK)
        *out = registry;
    return status;
}

osl_status osl_registry_open(osl_registry *out, osl_map *map, const char *path,
                             osl_arena *arena, osl_error *err)
{
    osl_map opened;
    osl_status status = osl_map_open(&opened, path, err);
    if (status != OSL_OK)
        return status;
    status = read_map(out, &opened, true, path, arena, err);
    if (status == OSL_OK)
        *map = opened;
    else
        osl_map_close(&opened);
    return status;
}

osl_status osl_registry_read(osl_registry *out, const char *path,
                             osl_arena *arena, osl_error *err)
{
    osl_map map;
    osl_status status = osl_map_open(&map, path, err);
    if (status != OSL_OK)
        return status;
    status = read_map(out, &map, false, path, arena, err);
    osl_map_close(&map);
    return status;
}
