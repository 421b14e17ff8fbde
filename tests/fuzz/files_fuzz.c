/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a manifest, a registry, a catalog or a file of deletions
 * (FILE_KIND): an answer or an error. They are hashed whole when opened, so the
 * hashes of the input are put right first, or nothing would get past them. */
#include "tests/fuzz/fuzz.h"

#include "core/base/bytes.h"
#include "core/segment/catalog.h"
#include "core/segment/deletions.h"
#include "core/segment/manifest.h"
#include "core/segment/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

/* It was read. */
static void look(uint64_t value)
{
    volatile uint64_t seen = value;
    (void)seen;
}

typedef enum file_kind { MANIFEST, REGISTRY, CATALOG, DELETIONS } file_kind;

static const file_kind kind = FILE_KIND;

/* docs/FORMAT.md says where the hashes are. */
static void seal(uint8_t *bytes, size_t length)
{
    enum { HEAD = 32, REGISTRY_HEAD = 40 };
    if (length < REGISTRY_HEAD)
        return;
    if (kind == DELETIONS) {
        osl_put64(bytes + length - 8, XXH3_64bits(bytes, length - 8));
        return;
    }
    if (kind == REGISTRY) {
        size_t body = length - REGISTRY_HEAD;
        osl_put64(bytes + 16, body);
        osl_put64(bytes + 24, XXH3_64bits(bytes + REGISTRY_HEAD, body));
        osl_put64(bytes + 32, XXH3_64bits(bytes, 32));
        return;
    }
    osl_put32(bytes + 12, (uint32_t)XXH3_64bits(bytes, 12));
    osl_put64(bytes + 16, length - HEAD);
    osl_put64(bytes + 24, XXH3_64bits(bytes + HEAD, length - HEAD));
}

static osl_status read_manifest(osl_text bytes)
{
    osl_arena arena = {0};
    osl_manifest manifest;
    osl_error err;
    osl_status status =
        osl_manifest_decode(&manifest, bytes, "fuzz", &arena, &err);
    for (size_t i = 0; status == OSL_OK && i < manifest.segment_count; i++)
        look(strlen(manifest.segments[i].name.bytes) +
             strlen(manifest.segments[i].deletions.bytes));
    osl_arena_clear(&arena);
    return status;
}

static void look_at_sources(const osl_registry *registry)
{
    for (size_t i = 0; i < registry->source_count; i++) {
        const osl_registry_source *source = &registry->sources[i];
        if (source->root >= registry->root_count)
            abort(); /* others index by it */
        look(XXH3_64bits(source->name.bytes, source->name.length));
        look(XXH3_64bits(source->encoded.bytes, source->encoded.length));
        for (size_t n = 0; n < source->shadowed.count; n++)
            look(XXH3_64bits(source->shadowed.at[n].bytes,
                             source->shadowed.at[n].length));
    }
}

/* It is read from files only. */
static osl_status read_registry(osl_text bytes)
{
    char path[64];
    osl_arena arena = {0};
    osl_registry registry;
    osl_map map = {0};
    osl_error err;
    int file = memfd_create("registry", MFD_CLOEXEC);
    osl_status status = OSL_EIO;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (file >= 0 &&
        write(file, bytes.bytes, bytes.length) == (ssize_t)bytes.length)
        status = osl_registry_open(&registry, &map, path, &arena, &err);
    if (status == OSL_OK)
        look_at_sources(&registry);
    osl_map_close(&map);
    osl_arena_clear(&arena);
    if (file >= 0)
        (void)close(file);
    return status;
}

static osl_status read_catalog(osl_text bytes)
{
    osl_catalog catalog;
    osl_error err;
    osl_status status = osl_catalog_open_memory(&catalog, bytes, "fuzz", &err);
    if (status != OSL_OK)
        return status;
    uint64_t first_seen, changed;
    uint32_t source, from, to;
    for (uint32_t i = 0; i < catalog.document_count && i < 10000; i++)
        look(osl_catalog_hash(&catalog, i) + osl_catalog_record(&catalog, i) +
             osl_catalog_line(&catalog, i) + osl_catalog_source(&catalog, i));
    for (uint32_t i = 0; i < catalog.paragraph_count && i < 10000; i++) {
        osl_catalog_dates(&catalog, i, &first_seen, &changed);
        look(first_seen + changed);
    }
    for (uint32_t i = 0; i < catalog.run_count && i < 10000; i++) {
        osl_catalog_run(&catalog, i, &source, &from, &to);
        if (from > to || to > catalog.document_count)
            abort();
    }
    for (uint32_t i = 0; i < catalog.block_count && i < 10000; i++) {
        osl_catalog_block block;
        uint32_t first = osl_catalog_get_block(&catalog, i, &block);
        if (block.count == 0 || first + block.count > catalog.document_count ||
            osl_catalog_source(&catalog, first) !=
                osl_catalog_source(&catalog, first + block.count - 1))
            abort();
        look(block.hash + block.length);
    }
    osl_catalog_close(&catalog);
    return OSL_OK;
}

/* The segment that the seed is of; opened once. */
static const osl_segment *segment_of_seed(void)
{
    static osl_segment *segment;
    osl_error err;
    if (!segment &&
        osl_segment_open(&segment, SEEDS "/segment/stored.seg",
                         osl_kernels_get(OSL_CPU_SCALAR), &err) != OSL_OK)
        abort();
    return segment;
}

static void ask_deletions(const osl_deletions *deletions,
                          const osl_segment *segment)
{
    const osl_segment_info *info = osl_segment_get_info(segment);
    osl_arena arena = {0};
    osl_error err;
    uint32_t df;
    uint64_t cf;
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++)
        for (uint32_t i = 0; i < info->fields[f].term_count; i++)
            if (osl_deletions_term(deletions, (osl_field)f, i, &df, &cf,
                                   &err) == OSL_OK)
                look(df + cf);
    for (uint32_t i = 0; i < info->fields[0].term_count; i++)
        for (uint32_t form = 0; form < 3; form++)
            if (osl_deletions_form(deletions, i, form, &df, &err) == OSL_OK)
                look(df);
    for (uint32_t i = 0; i < 16; i++)
        if (osl_deletions_alias(deletions, i, &df, &err) == OSL_OK)
            look(df);
    for (uint32_t i = 0; i < info->document_count; i++)
        look(osl_deletions_line(deletions, i, 1));
    osl_deletions_parts parts;
    if (osl_deletions_read(deletions, segment, &arena, &parts, &err) == OSL_OK)
        for (unsigned t = 0; t < OSL_DIED_TABLES; t++)
            for (size_t i = 0; i < parts.tables[t].count; i++)
                look(parts.tables[t].entries[i].key);
    osl_arena_clear(&arena);
}

static osl_status read_deletions(osl_text bytes)
{
    const osl_segment *segment = segment_of_seed();
    osl_deletions *deletions;
    osl_error err;
    osl_status status =
        osl_deletions_open_memory(&deletions, bytes, "fuzz", segment, &err);
    if (status != OSL_OK)
        return status;
    ask_deletions(deletions, segment);
    osl_deletions_close(deletions);
    return OSL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        return 0;
    if (size)
        memcpy(copy, data, size);
    seal(copy, size);
    osl_text bytes = {(const char *)copy, size};
    osl_status status = kind == MANIFEST   ? read_manifest(bytes)
                        : kind == REGISTRY ? read_registry(bytes)
                        : kind == CATALOG  ? read_catalog(bytes)
                                           : read_deletions(bytes);
    free(copy);
    return status == OSL_OK ? 0 : FUZZ_REFUSED;
}
