/* SPDX-License-Identifier: MIT
 *
 * For developers of readers: how fast each folder below ROOT is read, and
 * what came out of it (a number that changes when any text does). Files are
 * mapped and touched before the clock runs.
 *     corpus_speed ROOT [FOLDER...] */
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "core/base/buf.h"
#include "core/base/file.h"
#include "corpus/corpus.h"

typedef struct tally {
    size_t files, bytes, documents, paragraphs, text_bytes, reports;
    uint64_t hash;
    double seconds;
} tally;

/* nftw() hands no pointer through. */
static struct {
    char **paths;
    size_t count, capacity;
} found;

static int keep_path(const char *path, const struct stat *st, int type,
                     struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (type != FTW_F)
        return 0;
    if (!osl_grow(&found.paths, &found.capacity, found.count + 1,
                  sizeof *found.paths))
        return -1;
    found.paths[found.count] = strdup(path);
    return found.paths[found.count++] == NULL ? -1 : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void mix(tally *t, osl_text text)
{
    t->hash = XXH3_64bits_withSeed(text.bytes, text.length, t->hash);
}

static osl_status count(void *user, const osl_document *d, osl_error *err)
{
    tally *t = user;
    (void)err;
    t->documents++;
    t->paragraphs += d->paragraph_count;
    mix(t, d->id);
    mix(t, d->title);
    mix(t, d->updated);
    for (size_t i = 0; i < d->section_count; i++)
        mix(t, d->sections[i].heading);
    for (size_t i = 0; i < d->paragraph_count; i++) {
        const osl_paragraph *p = &d->paragraphs[i];
        t->text_bytes += p->text.length;
        mix(t, p->text);
        for (size_t k = 0; k < p->citation_count; k++)
            mix(t, p->citations[k]);
        for (size_t k = 0; k < p->evidence_count; k++)
            mix(t, p->evidence[k]);
    }
    return OSL_OK;
}

static void count_report(void *user, osl_text source, uint32_t line,
                         bool skipped, const char *reason)
{
    tally *t = user;
    (void)source;
    (void)line;
    (void)skipped;
    (void)reason;
    t->reports++;
}

static double now(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static size_t touch(const osl_map *map)
{
    size_t sum = 0;
    for (size_t i = 0; i < map->length; i += 4096)
        sum += ((const uint8_t *)map->bytes)[i];
    return sum;
}

static bool read_one(const char *path, size_t skip, tally *t)
{
    osl_error err = {0};
    osl_map map = {0};
    osl_consumer consumer = {t, count, count_report, NULL, NULL};
    if (osl_map_open(&map, path, &err) != OSL_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return false;
    }
    volatile size_t sum = touch(&map);
    (void)sum;
    osl_source source = {
        osl_text_of(path + skip), {(const char *)map.bytes, map.length}, NULL};
    double from = now();
    osl_status status = osl_corpus_read(&source, &consumer, &err);
    t->seconds += now() - from;
    t->files++;
    t->bytes += map.length;
    osl_map_close(&map);
    if (status != OSL_OK)
        (void)fprintf(stderr, "%s: %s\n", path, err.text);
    return status == OSL_OK;
}

static void print(const char *name, const tally *t)
{
    (void)printf("%-24s %5zu %7.2f MB %6zu %7zu %7.2f MB %7.3f s %6.1f MB/s "
                 "%016llx\n",
                 name, t->files, (double)t->bytes / 1e6, t->documents,
                 t->paragraphs, (double)t->text_bytes / 1e6, t->seconds,
                 t->seconds > 0 ? (double)t->bytes / 1e6 / t->seconds : 0,
                 (unsigned long long)t->hash);
}

static bool read_folder(const char *root, const char *folder, tally *all)
{
    char path[4096];
    tally t = {0};
    bool ok = true;
    int length = snprintf(path, sizeof path, "%s/%s", root, folder);
    if (length < 0 || (size_t)length >= sizeof path)
        return false;
    found.count = 0;
    if (nftw(path, keep_path, 16, FTW_PHYS) != 0)
        return false;
    qsort(found.paths, found.count, sizeof *found.paths, by_name);
    for (size_t i = 0; i < found.count; i++) {
        ok &= read_one(found.paths[i], strlen(root) + 1, &t);
        free(found.paths[i]);
    }
    print(folder, &t);
    all->files += t.files;
    all->bytes += t.bytes;
    all->documents += t.documents;
    all->paragraphs += t.paragraphs;
    all->text_bytes += t.text_bytes;
    all->seconds += t.seconds;
    all->hash = all->hash * 31 + t.hash;
    return ok;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    tally all = {0};
    bool ok = true;
    if (argc < 2) {
        (void)fprintf(stderr, "usage: corpus_speed ROOT [FOLDER...]\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        ok &= read_folder(argv[1], argv[i], &all);
    struct dirent **entries = NULL;
    int n = argc > 2 ? 0 : scandir(argv[1], &entries, is_shown, alphasort);
    for (int i = 0; i < n; i++) {
        ok &= read_folder(argv[1], entries[i]->d_name, &all);
        free(entries[i]);
    }
    free(entries);
    free(found.paths);
    print("all", &all);
    return ok && n >= 0 ? 0 : 1;
}
