/* SPDX-License-Identifier: MIT */
#include "core/segment/manifest.h"

#include "core/base/bytes.h"
#include "core/base/file.h"
#include "core/segment/taker.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

static const char magic[8] = {'O', 's', 'l', 'e', 'r', 'I', 'd', 'x'};

enum { VERSION = 1, HEAD = 32 };

/* ---- writing ------------------------------------------------------------ */

static void put_segment(osl_buf *out, const osl_manifest_segment *segment)
{
    osl_put_counted(out, segment->name);
    osl_buf_put_varint(out, segment->bytes);
    osl_buf_put64(out, segment->identity);
    osl_buf_put_varint(out, segment->paragraph_count);
    osl_buf_put_varint(out, segment->document_count);
    osl_buf_put_varint(out, segment->text_bytes);
    osl_buf_put_varint(out, segment->catalog_bytes);
    osl_put_counted(out, segment->deletions);
    if (segment->deletions.length > 0) {
        osl_buf_put_varint(out, segment->deletions_bytes);
        osl_buf_put64(out, segment->deletions_hash);
    }
}

void osl_manifest_encode(osl_buf *out, const osl_manifest *manifest)
{
    size_t start = out->length;
    osl_buf_put(out, magic, sizeof magic);
    osl_buf_put32(out, VERSION);
    osl_buf_put32(out, 0);
    osl_buf_put64(out, 0);
    osl_buf_put64(out, 0);
    size_t body = out->length;
    osl_buf_put64(out, manifest->generation);
    osl_buf_put64(out, manifest->created_us);
    osl_buf_put64(out, manifest->fingerprint);
    osl_buf_put_byte(out, manifest->fold_acronyms);
    osl_buf_put_byte(out, manifest->store);
    osl_buf_put_byte(out, manifest->pairs);
    osl_buf_put_byte(out, 0);
    osl_put_counted(out, manifest->language);
    osl_put_counted(out, manifest->registry);
    osl_buf_put_varint(out, manifest->registry_bytes);
    osl_buf_put64(out, manifest->registry_hash);
    osl_put_counted(out, manifest->input);
    osl_buf_put_varint(out, manifest->segment_count);
    for (size_t i = 0; i < manifest->segment_count; i++)
        put_segment(out, &manifest->segments[i]);
    if (out->failed)
        return;
    size_t length = out->length - body;
    osl_put32(out->bytes + start + 12,
              (uint32_t)XXH3_64bits(out->bytes + start, 12));
    osl_put64(out->bytes + start + 16, length);
    osl_put64(out->bytes + start + 24, XXH3_64bits(out->bytes + body, length));
}

/* ---- reading ------------------------------------------------------------ */

static void take_segments(osl_taker *taker, osl_manifest *out)
{
    size_t count = osl_take_count(taker);
    osl_manifest_segment *segments =
        osl_arena_zero(taker->arena, count, sizeof *segments);
    if (!segments) {
        taker->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        segments[i].name = osl_take_name(taker);
        segments[i].bytes = osl_take_varint(taker);
        segments[i].identity = osl_take64(taker);
        segments[i].paragraph_count = osl_take_varint(taker);
        segments[i].document_count = osl_take_varint(taker);
        segments[i].text_bytes = osl_take_varint(taker);
        segments[i].catalog_bytes = osl_take_varint(taker);
        segments[i].deletions = osl_take_name(taker);
        if (segments[i].deletions.length > 0) {
            segments[i].deletions_bytes = osl_take_varint(taker);
            segments[i].deletions_hash = osl_take64(taker);
        }
        if (segments[i].name.length == 0)
            taker->spoilt = true;
    }
    out->segments = segments;
    out->segment_count = count;
}

static osl_status decode_body(osl_taker *taker, const char *name,
                              osl_manifest *out, osl_error *err)
{
    osl_manifest manifest = {.generation = osl_take64(taker)};
    manifest.created_us = osl_take64(taker);
    manifest.fingerprint = osl_take64(taker);
    manifest.fold_acronyms = osl_take_byte(taker) != 0;
    manifest.store = osl_take_byte(taker);
    manifest.pairs = osl_take_byte(taker);
    (void)osl_take_byte(taker);
    manifest.language = osl_take_text(taker);
    manifest.registry = osl_take_name(taker);
    manifest.registry_bytes = osl_take_varint(taker);
    manifest.registry_hash = osl_take64(taker);
    manifest.input = osl_take_name(taker);
    take_segments(taker, &manifest);
    if (manifest.generation == 0 || manifest.registry.length == 0)
        taker->spoilt = true;
    osl_status status = osl_take_end(taker, name, "manifest", err);
    if (status == OSL_OK)
        *out = manifest;
    return status;
}

osl_status osl_manifest_decode(osl_manifest *out, osl_text bytes,
                               const char *name, osl_arena *arena,
                               osl_error *err)
{
    const uint8_t *head = (const uint8_t *)bytes.bytes;
    if (bytes.length < HEAD || memcmp(head, magic, sizeof magic) != 0)
        return osl_fail(err, OSL_ECORRUPT, "%s: not a manifest of Osler", name);
    if ((uint32_t)XXH3_64bits(head, 12) != osl_get32(head + 12))
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged manifest", name);
    if (osl_get32(head + 8) > VERSION)
        return osl_fail(err, OSL_EVERSION,
                        "%s: format %u is newer than this program knows (%u); "
                        "use the newer osler, or index again",
                        name, osl_get32(head + 8), (unsigned)VERSION);
    if (osl_get64(head + 16) != bytes.length - HEAD ||
        osl_get64(head + 24) != XXH3_64bits(head + HEAD, bytes.length - HEAD))
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged manifest", name);
    osl_taker taker = {head + HEAD, head + bytes.length, arena, false, false};
    return decode_body(&taker, name, out, err);
}

osl_status osl_manifest_read(osl_manifest *out, const char *path,
                             osl_arena *arena, osl_error *err)
{
    osl_map map;
    osl_status status = osl_map_open(&map, path, err);
    if (status != OSL_OK)
        return status;
    osl_text bytes = {(const char *)map.bytes, map.length};
    status = osl_manifest_decode(out, bytes, path, arena, err);
    osl_map_close(&map);
    return status;
}

void osl_manifest_name(char name[32], uint64_t generation)
{
    (void)snprintf(name, 32, "manifest-%06" PRIu64, generation);
}

uint64_t osl_manifest_generation(const char *name)
{
    static const char prefix[] = "manifest-";
    size_t length = strlen(name);
    uint64_t generation = 0;
    if (length < sizeof prefix - 1 + 6 || length > sizeof prefix - 1 + 18 ||
        memcmp(name, prefix, sizeof prefix - 1) != 0)
        return 0;
    for (const char *at = name + sizeof prefix - 1; *at; at++) {
        if (*at < '0' || *at > '9')
            return 0;
        generation = generation * 10 + (uint64_t)(*at - '0');
    }
    return generation;
}
