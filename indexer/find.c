/* SPDX-License-Identifier: MIT
 *
 * Which files there are, and which are as they were.
 *
 * Quick test: size, times and inode. A file one of whose times is too near to
 * that of the update could change once more without a new one; it is noted
 * without a time (as git does), so that next time its bytes are compared. */
#include "indexer/find.h"

#include "indexer/lines.h"

#include <stdlib.h>

/* ---- as they were? ------------------------------------------------------ */

/* In the order of sources, as far as names tell. */
static int compare_before(const osl_update *u, const uint32_t *roots,
                          const osl_registry_source *before,
                          const osl_source_file *file)
{
    uint32_t root = roots[before->root];
    uint32_t layer = root == OSL_NONE ? 0 : osl_roots_layer(&u->roots, root);
    if (layer != file->layer)
        return layer < file->layer ? -1 : 1;
    return osl_text_compare(before->name, file->known.name);
}

/* Old and new sources stand in the same order, and mostly they are the same:
 * the next of the one is looked for as the next of the other. */
static osl_status find_before(osl_update *u, osl_error *err)
{
    const osl_registry *old = &u->old_registry;
    uint32_t *roots = osl_arena_zero(&u->arena, old->root_count, 4);
    if (!roots)
        return osl_update_find_no_memory(err);
    for (size_t i = 0; i < old->root_count; i++)
        roots[i] = osl_update_root_of(u, &old->roots[i]);
    size_t first = 0;
    for (size_t n = 0; n < u->files.count; n++) {
        const osl_source_file *file = &u->files.at[n];
        if (first < old->source_count &&
            roots[old->sources[first].root] == file->known.root &&
            osl_text_equal(old->sources[first].name, file->known.name)) {
            u->before[n] = &old->sources[first++];
            continue;
        }
        while (first < old->source_count &&
               compare_before(u, roots, &old->sources[first], file) < 0)
            first++;
        for (size_t i = first;
             i < old->source_count && !u->before[n] &&
             compare_before(u, roots, &old->sources[i], file) == 0;
             i++)
            if (roots[old->sources[i].root] == file->known.root)
                u->before[n] = &old->sources[i];
    }
    return OSL_OK;
}

static bool hash_file(const osl_update *u, osl_contents *contents,
                      const char *path, uint64_t like, uint64_t *hash)
{
    if (osl_contents_open(contents, path, NULL) != OSL_OK)
        return false;
    *hash = osl_hash_file(
        u->kernels, (osl_text){(const char *)contents->bytes, contents->length},
        like);
    return true;
}

static bool is_same_source(const osl_update *u, osl_contents *contents,
                           const osl_source_file *file,
                           const osl_registry_source *before)
{
    const osl_registry_source *now = &file->known;
    uint64_t hash = 0;
    if (now->size != before->size)
        return false;
    if (now->mtime_ns == before->mtime_ns &&
        now->ctime_ns == before->ctime_ns && now->inode == before->inode)
        return true;
    /* To find lines again takes as long as to hash them. */
    return !osl_hash_is_of_lines(before->hash) &&
           hash_file(u, contents, file->path, before->hash, &hash) &&
           hash == before->hash;
}

/* Whether a time may be that of the update or later. Time stamps may be as
 * coarse as two seconds where they show no parts of a second, else as a tick of
 * the system's clock. */
static bool is_recent(const osl_update *u, uint64_t time_ns)
{
    const uint64_t second = 1000000000u;
    uint64_t grain = time_ns % second == 0 ? 2 * second : second / 20;
    return time_ns + grain > u->now_us * 1000;
}

/* What is to be written of a source, as far as it is known before reading. */
static osl_status look_at_source(osl_update *u, size_t n,
                                 osl_contents *contents, osl_error *err)
{
    uint32_t *next = &u->next_number;
    const osl_registry_source *before = u->before[n];
    osl_registry_source *source = &u->files.at[n].known;
    bool away = u->files.at[n].is_away;
    u->has_shadows |= before && before->shadowed.count > 0;
    if (away && before && !u->is_rebuild)
        return OSL_OK; /* it is what was before */
    if (before)
        source->number = before->number;
    else if (*next == OSL_NONE)
        return osl_fail(err, OSL_ELIMIT,
                        "more sources than an index may number (2^32); index "
                        "anew with --full");
    else
        source->number = (*next)++;
    if (!u->files.at[n].is_removal &&
        (u->is_rebuild || !before ||
         !(away || is_same_source(u, contents, &u->files.at[n], before))))
        u->is_read[n] = OSL_READ_DUE;
    if (before && !u->is_read[n]) {
        source->hash = before->hash;
        source->documents = before->documents;
        source->shadowed = before->shadowed;
    }
    /* Who writes may put the one back, and not the other. */
    if (!away &&
        (is_recent(u, source->mtime_ns) || is_recent(u, source->ctime_ns)))
        source->mtime_ns = 0;
    return OSL_OK;
}

/* ---- numbers ------------------------------------------------------------ */

static int compare_numbers(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static osl_status sort_numbers(osl_update *u, osl_error *err)
{
    size_t count = u->files.count;
    u->numbers = osl_arena_zero(&u->arena, count, sizeof *u->numbers);
    if (!u->numbers)
        return osl_update_find_no_memory(err);
    bool rises = true;
    for (size_t n = 0; n < count; n++) {
        u->numbers[n] = (uint64_t)u->files.at[n].known.number << 32 | n;
        rises &= n == 0 || u->numbers[n - 1] < u->numbers[n];
    }
    if (!rises)
        qsort(u->numbers, count, sizeof *u->numbers, compare_numbers);
    return OSL_OK;
}

/* Of the numbers below it, at most those that were given and are gone are
 * missing: so far before its own place can it stand, and no farther. */
uint32_t osl_update_source_of(const osl_update *u, uint32_t number)
{
    size_t count = u->files.count, gone = u->next_number - count;
    size_t low = number > gone ? number - gone : 0;
    size_t high = number < count ? (size_t)number + 1 : count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (u->numbers[middle] >> 32 < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < u->files.count && u->numbers[low] >> 32 == number
               ? (uint32_t)u->numbers[low]
               : OSL_NONE;
}

/* ---- all together ------------------------------------------------------- */

osl_status osl_update_find(osl_update *u, const char *const *paths,
                           size_t path_count, bool *doubtful, osl_error *err)
{
    osl_contents contents = {0};
    *doubtful = false;
    u->roots.index_path = u->folder.path;
    if (u->events)
        osl_events_miss_nothing(u->events);
    osl_status status = osl_update_find_roots(u, paths, path_count, err);
    if (status == OSL_OK)
        status = osl_update_find_files(u, doubtful, err);
    if (status != OSL_OK || *doubtful)
        return status;
    size_t count = u->files.count;
    if (!u->is_partial)
        u->before = calloc(count, sizeof *u->before);
    u->is_read = calloc(count, 1);
    u->is_shut = calloc(count, sizeof *u->is_shut);
    if (!u->before || !u->is_read || !u->is_shut)
        return osl_update_find_no_memory(err);
    if (!u->is_partial)
        status = find_before(u, err);
    u->next_number = u->old_registry.next_number;
    for (size_t n = 0; n < count && status == OSL_OK; n++)
        status = look_at_source(u, n, &contents, err);
    osl_contents_clear(&contents);
    if (status == OSL_OK)
        status = sort_numbers(u, err);
    return status;
}

/* ---- when they are read ------------------------------------------------- */

static bool are_same_ids(osl_registry_ids a, osl_registry_ids b)
{
    return a.count == b.count && (a.count == 0 || a.at == b.at);
}

static bool is_as_before(const osl_registry_source *now,
                         const osl_registry_source *before)
{
    return now->root == before->root && now->number == before->number &&
           now->size == before->size && now->mtime_ns == before->mtime_ns &&
           now->ctime_ns == before->ctime_ns && now->inode == before->inode &&
           now->hash == before->hash && now->documents == before->documents &&
           osl_text_equal(now->name, before->name) &&
           are_same_ids(now->shadowed, before->shadowed) &&
           are_same_ids(now->removed, before->removed);
}

/* What was not looked at has them, but where a shadow has come to it. */
void osl_update_reuse_encoded(osl_update *u)
{
    for (size_t n = 0; n < u->files.count; n++) {
        osl_source_file *file = &u->files.at[n];
        const osl_registry_source *before = u->before[n];
        if (!file->is_away || u->is_read[n])
            file->known.encoded = before && is_as_before(&file->known, before)
                                      ? before->encoded
                                      : osl_text_of("");
    }
}

/* What was not read is looked at only where something that was read was
 * written since the update began: who writes to several files may have come to
 * the others before it, but behind our first look at them. Where events say
 * what has changed, they say that, too. */
bool osl_update_has_moved(const osl_update *u)
{
    bool is_late = false;
    for (unsigned was_read = 2; was_read-- > 0;)
        for (size_t n = 0; n < u->files.count && (was_read || is_late); n++) {
            const osl_source_file *file = &u->files.at[n];
            if ((u->is_read[n] != OSL_READ_NOT) != was_read || file->is_away)
                continue;
            if (osl_source_has_moved(file))
                return true;
            is_late |= is_recent(u, file->known.ctime_ns);
        }
    return is_late && u->is_partial && osl_events_are_waiting(u->events);
}

/* Whether what was read of a source are the bytes of before. */
static bool is_read_again(const osl_update *u, size_t n)
{
    const osl_registry_source *now = &u->files.at[n].known;
    const osl_registry_source *before = u->before[n];
    return u->is_read[n] == OSL_READ_DONE && !u->is_rebuild && before &&
           now->hash == before->hash && now->size == before->size &&
           now->documents == before->documents;
}

bool osl_update_is_idle(const osl_update *u)
{
    size_t same = 0;
    for (size_t n = 0; n < u->files.count; n++) {
        if (u->is_read[n] && !is_read_again(u, n))
            return false;
        same += u->before[n] != NULL;
    }
    return u->old_index && same == u->old_registry.source_count &&
           u->roots.count == u->old_registry.root_count;
}
