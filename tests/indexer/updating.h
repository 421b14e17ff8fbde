/* SPDX-License-Identifier: MIT
 *
 * What tests of updates share: records, the folder "tree" of a place indexed
 * into its "index", and what was told of it. */
#ifndef OSL_TESTS_INDEXER_UPDATING_H
#define OSL_TESTS_INDEXER_UPDATING_H

#include "tests/indexer/place.h"

#include "core/base/buf.h"
#include "core/segment/index.h"
#include "indexer/indexer.h"

#define RECORD(id, text) "{\"id\":\"" id "\",\"text\":\"" text "\"}\n"

/* Three documents in two files of "tree". */
static inline void put_three(const place *at)
{
    place_put(at, "tree/a.jsonl",
              RECORD("1", "relapse of leukemia") RECORD("2", "marrow relapse"));
    place_put(at, "tree/deep/er/b.jsonl", RECORD("3", "isolated relapse"));
}

typedef struct watch {
    size_t skipped, notes;
    char last[512];
} watch;

static inline void watch_skipped(void *user, const char *path, uint32_t line,
                                 bool skipped, const char *reason)
{
    watch *w = user;
    w->skipped += skipped;
    w->notes += !skipped;
    (void)snprintf(w->last, sizeof w->last, "%s:%u: %s", path, line, reason);
}

static inline const osl_kernels *kernels(void)
{
    return osl_kernels_get(OSL_CPU_SCALAR);
}

static inline osl_status update(const place *at, const char *const *paths,
                                size_t count, osl_index_report *report,
                                watch *seen, osl_error *err)
{
    const osl_index_options options = {.patience_ms = 100};
    const osl_index_watcher watcher = {.user = seen, .skipped = watch_skipped};
    return osl_index_update(place_name(at, "index"), paths, count, &options,
                            seen ? &watcher : NULL, report, err);
}

/* Indexes the folder "tree" of the place. */
static inline osl_index_report update_tree(const place *at)
{
    osl_error err;
    osl_index_report report;
    const char *paths[] = {place_name(at, "tree")};
    assert_ok(update(at, paths, 1, &report, NULL, &err));
    return report;
}

static inline osl_index *open_index(const place *at)
{
    osl_error err;
    osl_index *index = NULL;
    assert_ok(
        osl_index_open(&index, place_name(at, "index"), 0, kernels(), &err));
    return index;
}

static inline uint64_t df_of(const osl_index *index, const char *term)
{
    osl_error err;
    uint64_t df = 0;
    assert_ok(
        osl_index_df(index, OSL_FIELD_TEXT, osl_text_of(term), &df, &err));
    return df;
}

#endif
