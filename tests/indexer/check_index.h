/* SPDX-License-Identifier: MIT
 *
 * A small index of two generations whose files are spoilt, and what
 * osl_index_check() says of them. */
#ifndef OSL_TESTS_INDEXER_CHECK_INDEX_H
#define OSL_TESTS_INDEXER_CHECK_INDEX_H

#include "tests/indexer/place.h"

#include "indexer/indexer.h"

typedef struct seen {
    unsigned damages, generations, whole, other_format;
    uint64_t block, length;
    char file[64], section[512], what[512], meaning[512]; /* the first */
} seen;

static inline void see_damage(void *user, const osl_damage *damage)
{
    seen *s = user;
    if (s->damages++)
        return;
    (void)snprintf(s->file, sizeof s->file, "%s", damage->file);
    s->block = damage->length ? damage->block : UINT64_MAX;
    s->length = damage->length;
    (void)snprintf(s->section, sizeof s->section, "%s", damage->section);
    (void)snprintf(s->what, sizeof s->what, "%s", damage->what);
    (void)snprintf(s->meaning, sizeof s->meaning, "%s", damage->meaning);
}

static inline void see_generation(void *user,
                                  const osl_checked_generation *checked)
{
    seen *s = user;
    s->generations++;
    s->whole += checked->whole;
    s->other_format += checked->other_format;
}

static inline osl_status check(const place *at, seen *got,
                               osl_check_report *report, osl_error *err)
{
    const osl_check_watcher watcher = {got, see_damage, see_generation};
    *got = (seen){0};
    return osl_index_check(place_name(at, "index"), &watcher, report, err);
}

static inline void update(const place *at)
{
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {0};
    const char *paths[] = {place_name(at, "tree")};
    assert_ok(osl_index_update(place_name(at, "index"), paths, 1, &options,
                               NULL, &report, &err));
}

/* Two generations, in nine files. */
static inline place make_index(void)
{
    place at = place_make();
    place_put(&at, "tree/a.jsonl",
              "{\"id\":\"1\",\"text\":\"stem cell transplant (SCT)\"}\n"
              "{\"id\":\"2\",\"text\":\"BCR-ABL1 relapse\"}\n"
              "{\"id\":\"3\",\"text\":\"relapses\"}\n"
              "{\"id\":\"4\",\"text\":\"of which three stay\"}\n");
    update(&at);
    place_put(&at, "tree/a.jsonl",
              "{\"id\":\"5\",\"text\":\"a line before\"}\n"
              "{\"id\":\"1\",\"text\":\"stem cell transplant (SCT)\"}\n"
              "{\"id\":\"2\",\"text\":\"BCR-ABL1 relapse, relapsed\"}\n"
              "{\"id\":\"3\",\"text\":\"relapses\"}\n"
              "{\"id\":\"4\",\"text\":\"of which three stay\"}\n");
    update(&at);
    return at;
}

/* ---- bytes -------------------------------------------------------------- */

typedef struct bytes {
    uint8_t at[1 << 16];
    size_t length;
} bytes;

static inline void read_bytes(const place *at, const char *name, bytes *out)
{
    FILE *file = fopen(place_name(at, name), "rb");
    assert_non_null(file);
    out->length = fread(out->at, 1, sizeof out->at, file);
    assert_in_range(out->length, 1, sizeof out->at - 1);
    assert_int_equal(fclose(file), 0);
}

static inline void write_bytes(const place *at, const char *name,
                               const bytes *from, size_t length)
{
    place_put_bytes(at, name, from->at, length);
}

static const char *const files[] = {
    "index/manifest",   "index/manifest-000001",   "index/000002.reg",
    "index/000001.reg", "index/000002.seg",        "index/000001.seg",
    "index/000002.cat", "index/000001-000002.del", "index/000001.cat",
};

static inline void expect_named(const place *at, const char *name,
                                const char *how, size_t where)
{
    osl_error err = {0};
    osl_check_report report;
    seen got;
    osl_status status = check(at, &got, &report, &err);
    const char *base = strrchr(name, '/') + 1;
    if (status != OSL_OK)
        fail_msg("%s %s %zu: status %d, %s", name, how, where, (int)status,
                 err.text);
    if (report.damages == 0 || strcmp(got.file, base) != 0 || !got.what[0] ||
        !got.meaning[0])
        fail_msg("%s %s %zu: %llu damages, %s: %s", name, how, where,
                 (unsigned long long)report.damages, got.file, got.what);
}

#endif
