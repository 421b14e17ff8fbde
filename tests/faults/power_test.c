/* SPDX-License-Identifier: MIT
 *
 * Loss of power during an update, and copies made during one.
 *
 * The layer below the update tells what is written, synced, renamed and
 * removed. Of that two states are kept: what the file system shows, and what
 * is on the disk for certain. A file's bytes are on the disk when it was
 * synced; names are when their folder was. At every step all that a disk may
 * hold is made from the two: bytes that were not synced are there, missing,
 * zero, or half there (the first or the last half); names that were not synced
 * are there one by one, each or none (a rename is a new name and an old name
 * that goes: one may come without the other).
 *
 * Each such folder must open as the old generation or the new one, whole, with
 * a clean check; and as the new one when the update had said that it was done.
 *
 * A copy reads a folder's names, then file by file, while the update goes on:
 * it must open as one of the two as well. */
#include "tests/faults/layer.h"
#include "tests/faults/world.h"

#include "core/base/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <xxhash.h>

enum { FILES = 64, FDS = 64, OPS = 64, STATES = 1024, SEEN = 1 << 16 };

/* ---- bytes and names ---------------------------------------------------- */

typedef struct blob {
    uint8_t *bytes;
    size_t length;
} blob;

static blob blob_copy(blob from)
{
    blob made = {malloc(from.length + 1), from.length};
    assert_non_null(made.bytes);
    if (from.length)
        memcpy(made.bytes, from.bytes, from.length);
    return made;
}

/* A file of the model, whatever its name. */
typedef struct file {
    blob live, synced;
} file;

typedef struct entry {
    char name[48];
    int file; /* −1: no such name */
} entry;

typedef struct folder {
    entry entries[FILES];
    size_t count;
} folder;

static entry *find(folder *in, const char *name)
{
    for (size_t i = 0; i < in->count; i++)
        if (strcmp(in->entries[i].name, name) == 0)
            return &in->entries[i];
    return NULL;
}

static void put(folder *in, const char *name, int number)
{
    entry *at = find(in, name);
    if (!at) {
        assert_true(in->count < FILES);
        at = &in->entries[in->count++];
        int length = snprintf(at->name, sizeof at->name, "%s", name);
        assert_true(length > 0 && (size_t)length < sizeof at->name);
    }
    at->file = number;
}

/* ---- the model ---------------------------------------------------------- */

typedef struct model {
    char path[PATH_MAX]; /* of the index folder */
    file files[4 * FILES];
    int file_count;
    folder live, durable;
    entry pending[OPS]; /* changes of names since the folder was synced */
    size_t pending_count;
    struct {
        int file; /* −1: not ours; −2: the folder */
    } fds[FDS];
    /* What every step showed, for copies. */
    struct {
        folder names;
        blob bytes[FILES];
    } * shown;
    size_t shown_count;
    /* Worlds that were looked at. */
    uint64_t seen[SEEN];
    size_t seen_count;
    /* What the looked-at ones answered: at most two hashes. */
    uint64_t hashes[2], generations[2];
    unsigned hash_count;
    unsigned worlds, steps, copies, healed;
    bool acknowledged;
    const place *at;
} model;

static model *m;
static const fault_listener recorder;

static const char *base_of(const char *path)
{
    size_t length = strlen(m->path);
    if (strncmp(path, m->path, length) != 0 || path[length] != '/' ||
        strcmp(path + length, "/lock") == 0)
        return NULL;
    return path + length + 1;
}

static void change_name(const char *name, int number)
{
    put(&m->live, name, number);
    assert_true(m->pending_count < OPS);
    entry *at = &m->pending[m->pending_count++];
    (void)snprintf(at->name, sizeof at->name, "%s", name);
    at->file = number;
}

/* ---- worlds ------------------------------------------------------------- */

enum { ALL, DROPPED, ZEROED, FIRST_HALF, LAST_HALF, MODES };

/* The bytes of a file as the disk may hold them. */
static blob bytes_after(const file *of, int mode)
{
    size_t kept = of->synced.length, length = of->live.length;
    blob made = blob_copy(mode == DROPPED ? of->synced : of->live);
    if (kept > length)
        kept = length;
    size_t half = kept + (length - kept) / 2;
    if (mode == ZEROED)
        memset(made.bytes + kept, 0, length - kept);
    if (mode == FIRST_HALF)
        made.length = half;
    if (mode == LAST_HALF)
        memset(made.bytes + kept, 0, half - kept);
    return made;
}

static uint64_t hash_of(const folder *names, const blob *bytes)
{
    uint64_t sum = m->acknowledged;
    for (size_t i = 0; i < names->count; i++) {
        const entry *at = &names->entries[i];
        if (at->file < 0)
            continue;
        sum += XXH3_64bits_withSeed(bytes[i].bytes, bytes[i].length,
                                    XXH3_64bits(at->name, strlen(at->name)));
    }
    return sum;
}

static bool was_seen(uint64_t hash)
{
    for (size_t i = hash % SEEN;; i = (i + 1) % SEEN) {
        if (m->seen[i] == hash)
            return true;
        if (m->seen[i] == 0) {
            m->seen[i] = hash;
            assert_true(++m->seen_count < SEEN / 2);
            return false;
        }
    }
}

static void make_folder(const char *name, const folder *names,
                        const blob *bytes)
{
    char path[96];
    DIR *open = opendir(place_name(m->at, name));
    const struct dirent *there;
    while (open && (there = readdir(open))) {
        (void)snprintf(path, sizeof path, "%s/%.60s", name, there->d_name);
        (void)unlink(place_name(m->at, path));
    }
    if (open)
        (void)closedir(open);
    (void)mkdir(place_name(m->at, name), 0777);
    for (size_t i = 0; i < names->count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", name,
                       names->entries[i].name);
        if (names->entries[i].file >= 0)
            place_put_bytes(m->at, path, bytes[i].bytes, bytes[i].length);
    }
}

static void note_answers(const world_answers *got, const char *where)
{
    for (unsigned i = 0; i < m->hash_count; i++)
        if (m->hashes[i] == got->hash)
            return;
    if (m->hash_count == 2)
        fail_msg("%s: a third answer", where);
    m->generations[m->hash_count] = got->generation;
    m->hashes[m->hash_count++] = got->hash;
}

/* Another update on the disk as it is after the loss. */
static void heal(const char *where)
{
    const osl_index_options options = {.thread_count = 1};
    char tree[PATH_MAX], index[PATH_MAX];
    osl_error err;
    osl_index_report report;
    (void)snprintf(tree, sizeof tree, "%s", place_name(m->at, "tree"));
    (void)snprintf(index, sizeof index, "%s", place_name(m->at, "lost"));
    const char *paths[] = {tree};
    if (osl_index_update(index, paths, 1, &options, NULL, &report, &err) !=
        OSL_OK)
        fail_msg("%s: cannot be updated: %s", where, err.text);
    world_answers got = world_ask(index, where);
    world_check(index, where);
    note_answers(&got, where);
    m->healed++;
}

static void look_at(const folder *names, const blob *bytes, const char *what)
{
    char where[128];
    char index[PATH_MAX];
    if (was_seen(hash_of(names, bytes) | 1))
        return;
    make_folder("lost", names, bytes);
    (void)snprintf(where, sizeof where, "step %u, %s", m->steps, what);
    (void)snprintf(index, sizeof index, "%s", place_name(m->at, "lost"));
    world_answers got = world_ask(index, where);
    if (got.note[0])
        fail_msg("%s: %s", where, got.note);
    world_check(index, where);
    note_answers(&got, where);
    if (m->acknowledged && got.hash != m->hashes[1])
        fail_msg("%s: what was acknowledged is lost", where);
    if (++m->worlds % 16 == 0)
        heal(where);
}

/* The pending changes of names whose bit is set, and bytes in that manner. */
static void look_at_subset(uint64_t chosen, int mode)
{
    static const char *const modes[] = {
        "all bytes", "bytes dropped", "bytes zero", "first half", "last half"};
    static folder names;
    blob bytes[FILES] = {{NULL, 0}};
    char what[64];
    names = m->durable;
    for (size_t i = 0; i < m->pending_count; i++)
        if (chosen >> i & 1)
            put(&names, m->pending[i].name, m->pending[i].file);
    for (size_t i = 0; i < names.count; i++) {
        if (names.entries[i].file >= 0)
            bytes[i] = bytes_after(&m->files[names.entries[i].file], mode);
    }
    (void)snprintf(what, sizeof what, "names %llx of %zu, %s",
                   (unsigned long long)chosen, m->pending_count, modes[mode]);
    look_at(&names, bytes, what);
    for (size_t i = 0; i < names.count; i++)
        free(bytes[i].bytes);
}

/* All subsets of a few changes; of many those that begin or end somewhere or
 * lack one, and some by chance. */
static void look_at_all_worlds(void)
{
    size_t n = m->pending_count;
    uint64_t all = ((uint64_t)1 << n) - 1, random = 88172645463325252u;
    for (int mode = 0; mode < MODES; mode++) {
        for (uint64_t chosen = 0; n <= 8 && chosen <= all; chosen++)
            look_at_subset(chosen, mode);
        for (size_t i = 0; n > 8 && i <= n; i++) {
            look_at_subset(((uint64_t)1 << i) - 1, mode);
            look_at_subset(all & ~(((uint64_t)1 << i) - 1), mode);
            look_at_subset(all & ~((uint64_t)1 << i), mode);
            look_at_subset(all & (uint64_t)1 << i, mode);
        }
        for (int i = 0; n > 8 && i < 100; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            look_at_subset(random & all, mode);
        }
    }
}

static void step(void)
{
    faults_listen(NULL);
    m->steps++;
    assert_true(m->shown_count < STATES);
    m->shown[m->shown_count].names = m->live;
    for (size_t i = 0; i < m->live.count; i++)
        if (m->live.entries[i].file >= 0)
            m->shown[m->shown_count].bytes[i] =
                blob_copy(m->files[m->live.entries[i].file].live);
    m->shown_count++;
    look_at_all_worlds();
    faults_listen(&recorder);
}

/* ---- what the layer tells ----------------------------------------------- */

static void opened(int fd, const char *path, bool created, bool emptied)
{
    const char *name = base_of(path);
    assert_in_range(fd, 0, FDS - 1);
    m->fds[fd].file = strcmp(path, m->path) == 0 ? -2 : -1;
    if (!name)
        return;
    entry *at = find(&m->live, name);
    if (created) {
        assert_true(m->file_count < 4 * FILES);
        m->files[m->file_count] = (file){{NULL, 0}, {NULL, 0}};
        change_name(name, m->file_count++);
        at = find(&m->live, name);
    }
    if (!at || at->file < 0)
        return;
    m->fds[fd].file = at->file;
    if (emptied)
        m->files[at->file].live.length = 0;
    if (created || emptied)
        step();
}

static void closed(int fd)
{
    assert_in_range(fd, 0, FDS - 1);
    m->fds[fd].file = -1;
}

static void written(int fd, uint64_t offset, const void *bytes, uint64_t length)
{
    if (m->fds[fd].file < 0)
        return;
    blob *live = &m->files[m->fds[fd].file].live;
    size_t end = (size_t)(offset + length);
    if (end > live->length) {
        live->bytes = realloc(live->bytes, end);
        assert_non_null(live->bytes);
        memset(live->bytes + live->length, 0, end - live->length);
        live->length = end;
    }
    memcpy(live->bytes + offset, bytes, (size_t)length);
    step();
}

static void cut(int fd, uint64_t length)
{
    if (m->fds[fd].file >= 0 && m->files[m->fds[fd].file].live.length > length)
        m->files[m->fds[fd].file].live.length = (size_t)length;
}

static void synced(int fd)
{
    int of = m->fds[fd].file;
    if (of == -2) {
        m->durable = m->live;
        m->pending_count = 0;
    } else if (of >= 0) {
        free(m->files[of].synced.bytes);
        m->files[of].synced = blob_copy(m->files[of].live);
    } else {
        return;
    }
    step();
}

static void renamed(const char *from, const char *to)
{
    const char *old = base_of(from), *new = base_of(to);
    assert_true(old && new);
    const entry *at = find(&m->live, old);
    int number = at ? at->file : -1;
    if (number < 0)
        fail_msg("%s is renamed, and was not there", old);
    change_name(new, number);
    change_name(old, -1);
    step();
}

/* Nothing of a generation goes before the next one is on the disk. */
static void unlinked(const char *path)
{
    const char *name = base_of(path);
    if (!name)
        return;
    for (size_t i = 0; i < m->pending_count; i++)
        if (m->pending[i].file >= 0)
            fail_msg("%s is removed before %s is synced", name,
                     m->pending[i].name);
    change_name(name, -1);
    step();
}

static const fault_listener recorder = {opened, closed,  written, cut,
                                        synced, renamed, unlinked};

/* ---- the whole ---------------------------------------------------------- */

/* Everything that is in the folder now is on the disk. */
static void model_begin(const place *at)
{
    m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->shown = calloc(STATES, sizeof *m->shown);
    assert_non_null(m->shown);
    m->at = at;
    for (size_t i = 0; i < FDS; i++)
        m->fds[i].file = -1;
    (void)snprintf(m->path, sizeof m->path, "%s", place_name(at, "index"));
    DIR *open = opendir(m->path);
    assert_non_null(open);
    const struct dirent *there;
    while ((there = readdir(open))) {
        osl_map map;
        osl_error err;
        char path[96];
        if (there->d_name[0] == '.' || strcmp(there->d_name, "lock") == 0)
            continue;
        (void)snprintf(path, sizeof path, "index/%.60s", there->d_name);
        assert_ok(osl_map_open(&map, place_name(at, path), &err));
        blob bytes = {(uint8_t *)(uintptr_t)map.bytes, map.length};
        m->files[m->file_count].live = blob_copy(bytes);
        m->files[m->file_count].synced = blob_copy(bytes);
        put(&m->live, there->d_name, m->file_count++);
        osl_map_close(&map);
    }
    (void)closedir(open);
    m->durable = m->live;
}

static void model_end(void)
{
    for (size_t s = 0; s < m->shown_count; s++)
        for (size_t i = 0; i < FILES; i++)
            free(m->shown[s].bytes[i].bytes);
    for (int i = 0; i < m->file_count; i++) {
        free(m->files[i].live.bytes);
        free(m->files[i].synced.bytes);
    }
    free(m->shown);
    free(m);
    m = NULL;
}

/* One update from version 3 to 4, every step of it looked at. */
static void run_update(const place *at)
{
    osl_error err;
    osl_index_report report;
    for (unsigned version = 0; version < 4; version++) {
        world_put(at, version);
        world_settle(at);
    }
    model_begin(at);
    world_answers before = world_ask(m->path, "before");
    note_answers(&before, "before");
    world_put(at, 4);
    faults_listen(&recorder);
    osl_status status = world_update(at, &report, &err);
    faults_listen(NULL);
    assert_ok(status);
}

static void a_loss_of_power_leaves_one_whole_generation(void **state)
{
    (void)state;
    place at = place_make();
    run_update(&at);
    assert_int_equal(m->hash_count, 2);
    assert_true(m->generations[1] == m->generations[0] + 1);
    m->acknowledged = true;
    look_at_all_worlds();
    print_message("%u steps, %u different disks, %u updated again\n", m->steps,
                  m->worlds, m->healed);
    assert_true(m->steps > 20 && m->worlds > 30);
    model_end();
    place_remove(&at);
}

/* ---- copies ------------------------------------------------------------- */

/* `cp -r` beginning at step `from`: its names of then, each file as it was a
 * little later. */
static void copy_from(size_t from, uint64_t *random)
{
    static folder names;
    blob bytes[FILES] = {{NULL, 0}};
    size_t now = from;
    char where[64];
    names = m->shown[from].names;
    size_t start = (size_t)(*random >> 8) % (names.count + 1);
    uint64_t haste = (*random >> 32) % 4;
    for (size_t n = 0; n < names.count; n++) {
        entry *at = &names.entries[(start + n) % names.count];
        *random = *random * 6364136223846793005u + 1442695040888963407u;
        if (haste && (*random >> 33) % (2 * haste) == 0)
            now += (size_t)(*random >> 40) % (m->shown_count / 4 + 1);
        if (now >= m->shown_count)
            now = m->shown_count - 1;
        entry *then = find(&m->shown[now].names, at->name);
        size_t slot = (size_t)(at - names.entries);
        if (!then || then->file < 0 || at->file < 0) {
            at->file = -1;
            continue;
        }
        bytes[slot] = m->shown[now].bytes[then - m->shown[now].names.entries];
    }
    if (was_seen(hash_of(&names, bytes) | 1))
        return;
    make_folder("copy", &names, bytes);
    (void)snprintf(where, sizeof where, "a copy from step %zu to %zu", from,
                   now);
    world_answers got = world_ask(place_name(m->at, "copy"), where);
    note_answers(&got, where);
    m->copies++;
}

static void a_copy_during_an_update_opens(void **state)
{
    (void)state;
    place at = place_make();
    uint64_t random = 1;
    run_update(&at);
    memset(m->seen, 0, sizeof m->seen);
    m->seen_count = 0;
    for (unsigned i = 0; i < 20000; i++)
        copy_from(i % m->shown_count, &random);
    print_message("%u different copies\n", m->copies);
    assert_true(m->copies > 100);
    model_end();
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loss_of_power_leaves_one_whole_generation),
        cmocka_unit_test(a_copy_during_an_update_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
