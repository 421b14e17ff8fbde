/* SPDX-License-Identifier: MIT
 *
 * Runs a fuzz target without a fuzzer: first every seed as it is, then
 * mutations of the seeds from a fixed sequence, until a count or a time is
 * reached. So each target is a part of the normal test run, and a found
 * input stays a test for ever: put it into tests/fuzz/corpus/TARGET/.
 *
 *     replay SEED...        files, or folders (all files in them)
 *
 * It fails where no seed is taken: what is refused at the door, as a file of
 * another version is, tests nothing.
 *
 * OSL_FUZZ_SECONDS (4) and OSL_FUZZ_ROUNDS (4000) bound a run; another
 * OSL_SEED than 42 makes other mutations. */
#include "tests/fuzz/fuzz.h"

#include "core/base/buf.h"
#include "core/base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Larger files are cut: mutations should hit structure, not bulk. */
#define SEED_BYTES_MAX ((size_t)64 << 10)

typedef struct seed_list {
    osl_buf *seeds;
    size_t count, capacity;
} seed_list;

static uint64_t next_random(uint64_t *state)
{
    /* SplitMix64 (Steele, Lea, Flood 2014). */
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t limit)
{
    return limit ? (size_t)(next_random(state) % limit) : 0;
}

static bool add_seed(seed_list *list, const void *bytes, size_t length)
{
    if (!osl_grow(&list->seeds, &list->capacity, list->count + 1,
                  sizeof *list->seeds))
        return false;
    osl_buf *seed = &list->seeds[list->count];
    *seed = (osl_buf){0};
    osl_buf_put(seed, bytes, length < SEED_BYTES_MAX ? length : SEED_BYTES_MAX);
    list->count += !seed->failed;
    return !seed->failed;
}

static bool add_file(seed_list *list, const char *path)
{
    osl_map map;
    osl_error err;
    if (osl_map_open(&map, path, &err) != OSL_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return false;
    }
    bool added = add_seed(list, map.bytes, map.length);
    osl_map_close(&map);
    return added;
}

static bool add_folder(seed_list *list, const char *path)
{
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);
    bool added = count >= 0;
    for (int i = 0; i < count; i++) {
        char full[4096];
        struct stat what;
        int length =
            snprintf(full, sizeof full, "%s/%s", path, names[i]->d_name);
        if (length > 0 && (size_t)length < sizeof full &&
            stat(full, &what) == 0 && S_ISREG(what.st_mode))
            added = add_file(list, full) && added;
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    return added;
}

/* A folder that does not exist (yet) holds no seeds. */
static bool add_path(seed_list *list, const char *path)
{
    struct stat what;
    if (stat(path, &what) != 0)
        return true;
    return S_ISDIR(what.st_mode) ? add_folder(list, path)
                                 : add_file(list, path);
}

static void flip(osl_buf *input, uint64_t *random)
{
    if (input->length)
        input->bytes[below(random, input->length)] ^=
            (uint8_t)(1u << below(random, 8));
}

static void overwrite(osl_buf *input, uint64_t *random)
{
    /* Bytes that mean something to some format, and lengths out of range. */
    static const uint8_t telling[] = {0,   1,   0x7F, 0x80, 0xFF, '<', '>',
                                      '"', '&', '\n', '{',  '[',  '|', '\\',
                                      '(', ')', '*',  '~',  ' ',  '-'};
    if (input->length)
        input->bytes[below(random, input->length)] =
            telling[below(random, sizeof telling)];
}

static void cut_out(osl_buf *input, uint64_t *random)
{
    size_t from = below(random, input->length);
    size_t length = below(random, input->length - from);
    if (!input->length)
        return;
    memmove(input->bytes + from, input->bytes + from + length,
            input->length - from - length);
    input->length -= length;
}

static void cut_off(osl_buf *input, uint64_t *random)
{
    input->length = below(random, input->length + 1);
}

/* A piece of some seed behind the start of this one. */
static void splice(osl_buf *input, uint64_t *random, const osl_buf *other)
{
    size_t from = below(random, other->length);
    size_t length = below(random, other->length - from);
    input->length = below(random, input->length + 1);
    if (length)
        osl_buf_put(input, other->bytes + from, length);
}

static void mutate(osl_buf *input, uint64_t *random, const seed_list *list)
{
    size_t changes = 1 + below(random, 6);
    while (changes-- && !input->failed) {
        switch (below(random, 6)) {
        case 0:
        case 1:
            flip(input, random);
            break;
        case 2:
            overwrite(input, random);
            break;
        case 3:
            cut_out(input, random);
            break;
        case 4:
            cut_off(input, random);
            break;
        default:
            splice(input, random, &list->seeds[below(random, list->count)]);
        }
    }
}

static double now_seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned long bound(const char *name, unsigned long fallback)
{
    const char *asked = getenv(name);
    return asked ? strtoul(asked, NULL, 10) : fallback;
}

/* The target gets a copy of exactly the right size, so that reading past the
 * end is seen. Gives whether it was taken. */
static bool run_one(const osl_buf *input)
{
    uint8_t *copy = malloc(input->length ? input->length : 1);
    if (!copy)
        return false;
    if (input->length)
        memcpy(copy, input->bytes, input->length);
    int result = LLVMFuzzerTestOneInput(copy, input->length);
    free(copy);
    return result != FUZZ_REFUSED;
}

static unsigned long run_mutations(const seed_list *list)
{
    uint64_t random = bound("OSL_SEED", 42);
    double end = now_seconds() + (double)bound("OSL_FUZZ_SECONDS", 4);
    unsigned long rounds = bound("OSL_FUZZ_ROUNDS", 4000), round = 0;
    osl_buf input = {0};
    for (; round < rounds && now_seconds() < end; round++) {
        const osl_buf *seed = &list->seeds[below(&random, list->count)];
        osl_buf_reset(&input);
        if (seed->length)
            osl_buf_put(&input, seed->bytes, seed->length);
        mutate(&input, &random, list);
        (void)run_one(&input);
    }
    osl_buf_clear(&input);
    return round;
}

int main(int argc, char **argv)
{
    seed_list list = {0};
    bool all = add_seed(&list, "", 0);
    for (int i = 1; i < argc; i++)
        all = add_path(&list, argv[i]) && all;
    unsigned long rounds = 0;
    size_t taken = 0; /* but for the empty one */
    if (all) {
        (void)run_one(&list.seeds[0]);
        for (size_t i = 1; i < list.count; i++)
            taken += run_one(&list.seeds[i]);
        rounds = run_mutations(&list);
    }
    printf("%zu seeds, %zu of them taken, %lu mutations\n", list.count - 1,
           taken, rounds);
    bool ran = all && taken > 0 && rounds > 0;
    for (size_t i = 0; i < list.count; i++)
        osl_buf_clear(&list.seeds[i]);
    free(list.seeds);
    return ran ? 0 : 1;
}
