/* SPDX-License-Identifier: MIT
 *
 * A folder for one test: files are put into it by a path below it, and it goes
 * away with all that is in it. */
#ifndef OSL_TESTS_INDEXER_PLACE_H
#define OSL_TESTS_INDEXER_PLACE_H

#include "tests/test.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct place {
    char path[256];
} place;

static inline place place_make(void)
{
    place made;
    const char *base = getenv("TMPDIR");
    (void)snprintf(made.path, sizeof made.path, "%s/osler_test_XXXXXX",
                   base ? base : "/tmp");
    assert_non_null(mkdtemp(made.path));
    return made;
}

static inline int place_remove_one(const char *path, const struct stat *info,
                                   int flag, struct FTW *walk)
{
    (void)info;
    (void)flag;
    (void)walk;
    return remove(path);
}

static inline void place_remove(const place *made)
{
    assert_int_equal(
        nftw(made->path, place_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* "PATH/NAME" in one of eight buffers, used in turn. */
static inline const char *place_name(const place *made, const char *name)
{
    static char names[8][512];
    static unsigned next;
    char *to = names[next++ % 8];
    (void)snprintf(to, sizeof names[0], "%s/%s", made->path, name);
    return to;
}

static inline void place_put_bytes(const place *made, const char *name,
                                   const void *bytes, size_t length)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", made->path, name);
    for (char *slash = strchr(path + strlen(made->path) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static inline void place_put(const place *made, const char *name,
                             const char *text)
{
    place_put_bytes(made, name, text, strlen(text));
}

/* Names in a folder that hold `part`. */
static inline size_t place_count(const place *made, const char *folder,
                                 const char *part)
{
    size_t count = 0;
    DIR *open = opendir(place_name(made, folder));
    assert_non_null(open);
    const struct dirent *entry;
    while ((entry = readdir(open)))
        count += strstr(entry->d_name, part) != NULL;
    (void)closedir(open);
    return count;
}

#endif
