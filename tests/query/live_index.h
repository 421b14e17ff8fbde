/* SPDX-License-Identifier: MIT
 *
 * Index folders put together by hand, for tests: documents are dealt out to
 * segments, some die, and the manifest is written as an update would. */
#ifndef OSL_TESTS_QUERY_LIVE_INDEX_H
#define OSL_TESTS_QUERY_LIVE_INDEX_H

#include "core/segment/manifest.h"
#include "core/segment/registry.h"
#include "indexer/build.h"
#include "indexer/deletions.h"
#include "tests/indexer/level.h"
#include "tests/indexer/place.h"

enum { LIVE_SEGMENTS_MAX = 6, LIVE_DOCUMENTS_MAX = 120 };

/* What goes into one segment, and which of it dies. */
typedef struct live_part {
    osl_document documents[LIVE_DOCUMENTS_MAX]; /* ids differ */
    bool dead[LIVE_DOCUMENTS_MAX];
    uint32_t count;
} live_part;

typedef struct live_maker {
    place folder; /* owns; the index is "NAME" in it */
    osl_analyzer *analyzer;
    const osl_kernels *kernels;
    osl_store store;
    osl_pairs pairs;
} live_maker;

static inline live_maker live_maker_make(osl_store store, osl_pairs pairs)
{
    live_maker maker = {place_make(), NULL, NULL, store, pairs};
    maker.kernels = level_open(&maker.analyzer);
    return maker;
}

static inline void live_maker_end(live_maker *maker)
{
    osl_analyzer_free(maker->analyzer);
    place_remove(&maker->folder);
}

static inline osl_segment *live_build(const live_maker *maker,
                                      const live_part *part, const char *path)
{
    osl_error err;
    osl_batch batch;
    osl_build_result result;
    osl_segment *segment;
    osl_batch_init(&batch, maker->analyzer, maker->store != OSL_STORE_NONE);
    for (uint32_t i = 0; i < part->count; i++) {
        bool replaced;
        assert_ok(osl_batch_add(&batch, &part->documents[i], &replaced, &err));
        assert_false(replaced);
    }
    const osl_build_options options = {
        .kernels = maker->kernels,
        .fingerprint = osl_analyzer_fingerprint(maker->analyzer),
        .store = maker->store,
        .pairs = maker->pairs,
    };
    assert_ok(osl_build_segment(&batch, path, &options, &result, &err));
    osl_batch_clear(&batch);
    assert_ok(osl_segment_open(&segment, path, maker->kernels, &err));
    return segment;
}

/* The bytes of the segment's deletions; none where nothing dies. */
static inline void live_delete(const live_maker *maker, const live_part *part,
                               const osl_segment *segment, osl_buf *bytes)
{
    osl_error err;
    uint32_t numbers[LIVE_DOCUMENTS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < part->count; i++)
        if (part->dead[i])
            numbers[count++] = i;
    const osl_deletions_change change = {.documents = numbers, .count = count};
    if (count)
        assert_ok(osl_deletions_build(bytes, segment, &change, maker->analyzer,
                                      &err));
}

static inline void live_put_part(const live_maker *maker, const char *name,
                                 const live_part *part, uint32_t n,
                                 osl_manifest_segment *out, char names[2][32])
{
    char path[1024], file[256];
    osl_buf deletions = {0};
    (void)snprintf(names[0], 32, "%06u.seg", n + 1);
    (void)snprintf(names[1], 32, "%06u-%06u.del", n + 1, 1u);
    (void)snprintf(path, sizeof path, "%s/%s/%s", maker->folder.path, name,
                   names[0]);
    osl_segment *segment = live_build(maker, part, path);
    const osl_segment_info *info = osl_segment_get_info(segment);
    struct stat on_disk;
    assert_int_equal(stat(path, &on_disk), 0);
    *out = (osl_manifest_segment){
        .name = osl_text_of(names[0]),
        .bytes = (uint64_t)on_disk.st_size,
        .paragraph_count = info->paragraph_count,
        .document_count = info->document_count,
        .text_bytes = info->text_bytes,
        .identity = osl_segment_identity(segment),
    };
    live_delete(maker, part, segment, &deletions);
    if (deletions.length) {
        (void)snprintf(file, sizeof file, "%s/%s", name, names[1]);
        place_put_bytes(&maker->folder, file, deletions.bytes,
                        deletions.length);
        out->deletions = osl_text_of(names[1]);
        out->deletions_bytes = deletions.length;
        out->deletions_hash = osl_deletions_hash(osl_buf_text(&deletions));
    }
    osl_buf_clear(&deletions);
    osl_segment_free(segment);
}

/* Writes the index folder NAME. */
static inline void live_put_index(const live_maker *maker, const char *name,
                                  const live_part *parts, uint32_t count)
{
    osl_manifest_segment segments[LIVE_SEGMENTS_MAX];
    char names[LIVE_SEGMENTS_MAX][2][32], file[256];
    osl_buf registry = {0}, manifest = {0};
    const osl_registry empty = {.readers = 1};
    assert_int_equal(mkdir(place_name(&maker->folder, name), 0777), 0);
    assert_true(count <= LIVE_SEGMENTS_MAX);
    for (uint32_t i = 0; i < count; i++)
        live_put_part(maker, name, &parts[i], i, &segments[i], names[i]);
    osl_registry_encode(&registry, &empty);
    const osl_manifest all = {
        .generation = 1,
        .created_us = 1,
        .fingerprint = osl_analyzer_fingerprint(maker->analyzer),
        .store = (uint8_t)maker->store,
        .pairs = (uint8_t)maker->pairs,
        .language = osl_text_of("en"),
        .registry = osl_text_of("000001.reg"),
        .registry_bytes = registry.length,
        .registry_hash = osl_registry_hash(osl_buf_text(&registry)),
        .segments = segments,
        .segment_count = count,
    };
    osl_manifest_encode(&manifest, &all);
    assert_false(registry.failed || manifest.failed);
    (void)snprintf(file, sizeof file, "%s/000001.reg", name);
    place_put_bytes(&maker->folder, file, registry.bytes, registry.length);
    (void)snprintf(file, sizeof file, "%s/manifest", name);
    place_put_bytes(&maker->folder, file, manifest.bytes, manifest.length);
    osl_buf_clear(&registry);
    osl_buf_clear(&manifest);
}

/* All that lives, as one part. */
static inline void live_gather(const live_part *parts, uint32_t count,
                               live_part *out)
{
    *out = (live_part){.count = 0};
    for (uint32_t p = count; p-- > 0;)
        for (uint32_t i = 0; i < parts[p].count; i++)
            if (!parts[p].dead[i])
                out->documents[out->count++] = parts[p].documents[i];
    assert_true(out->count <= LIVE_DOCUMENTS_MAX);
}

#endif
