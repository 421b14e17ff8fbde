/* SPDX-License-Identifier: MIT */
#include "indexer/changes.h"

#include "indexer/list.h"
#include "indexer/strings.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LIST_BYTES_MAX = 1 << 24 };

/* Folders and lists of change files. */
static const char *const given[] = {"added",   "new",     "modified",
                                    "changed", "revised", "updated"};
static const char *const taken[] = {"removed", "deleted"};
static const char *const lists[] = {"removed.txt", "deleted.txt"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Files by the names that they have for now. */
typedef struct naming {
    osl_source_files *files;
    osl_arena *arena;
    osl_strings names, lasts;
    osl_list32 file_of_name; /* + 1; 0: hidden */
    osl_list32 name_of_last; /* + 1; 0: several */
    uint8_t *hidden;         /* by file; owns */
    size_t hidden_count;
} naming;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while listing changes");
    return OSL_ENOMEM;
}

static bool is_same_word(osl_text word, const char *small)
{
    for (size_t i = 0; i < word.length; i++) {
        char c = word.bytes[i];
        if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != small[i])
            return false; /* at its end, too */
    }
    return small[word.length] == '\0';
}

static bool is_one_of(osl_text word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_same_word(word, words[i]))
            return true;
    return false;
}

bool osl_changes_is_folder(const char *path)
{
    char inner[4200];
    struct stat info;
    for (size_t i = 0; i < COUNT(taken) + COUNT(lists); i++) {
        bool is_list = i >= COUNT(taken);
        const char *name = is_list ? lists[i - COUNT(taken)] : taken[i];
        int length = snprintf(inner, sizeof inner, "%s/%s", path, name);
        if (length > 0 && (size_t)length < sizeof inner &&
            stat(inner, &info) == 0 &&
            (is_list ? S_ISREG(info.st_mode) : S_ISDIR(info.st_mode)))
            return true;
    }
    return false;
}

/* ---- names -------------------------------------------------------------- */

static osl_text last_part(osl_text name)
{
    const char *slash = memrchr(name.bytes, '/', name.length);
    size_t from = slash ? (size_t)(slash - name.bytes) + 1 : 0;
    return (osl_text){name.bytes + from, name.length - from};
}

static osl_text without_ending(osl_text name)
{
    const char *dot = memrchr(name.bytes, '.', name.length);
    if (dot && dot > name.bytes)
        name.length = (size_t)(dot - name.bytes);
    return name;
}

static bool put_number(osl_list32 *list, uint32_t at, uint32_t value)
{
    while (list->count <= at)
        if (!osl_list32_add(list, 0))
            return false;
    list->at[at] = value;
    return true;
}

/* A last part that leads to a name; to none where it is a second one. */
static bool add_last(naming *n, osl_text last, uint32_t name)
{
    uint32_t before = n->lasts.count, number;
    if (!osl_strings_add(&n->lasts, last, 0, &number))
        return false;
    bool is_new = n->lasts.count > before;
    uint32_t known = is_new ? 0 : n->name_of_last.at[number];
    return put_number(&n->name_of_last, number,
                      is_new || known == name + 1 ? name + 1 : 0);
}

/* The file has its name, and whatever had it is hidden. */
static bool take_name(naming *n, uint32_t file)
{
    osl_text name = n->files->at[file].known.name;
    osl_text last = last_part(name), stem = without_ending(last);
    uint32_t before = n->names.count, number;
    if (!osl_strings_add(&n->names, name, 0, &number))
        return false;
    if (n->names.count == before && n->file_of_name.at[number] != 0) {
        uint32_t other = n->file_of_name.at[number] - 1;
        n->hidden_count += !n->hidden[other];
        n->hidden[other] = 1;
    }
    return put_number(&n->file_of_name, number, file + 1) &&
           add_last(n, last, number) &&
           (stem.length == last.length || add_last(n, stem, number));
}

/* Two roots may have a file of one name each; neither is a change. */
static bool take_plain_name(naming *n, uint32_t file)
{
    if (n->names.count > 0) {
        uint32_t number =
            osl_strings_find(&n->names, n->files->at[file].known.name, 0);
        if (number != UINT32_MAX)
            n->file_of_name.at[number] = 0;
    }
    return take_name(n, file);
}

/* The number of the name that `name` means; UINT32_MAX: of none. */
static uint32_t find_name(const naming *n, osl_text name)
{
    uint32_t number = UINT32_MAX;
    if (n->names.count > 0)
        number = osl_strings_find(&n->names, name, 0);
    if (number != UINT32_MAX && n->file_of_name.at[number] != 0)
        return number;
    if (n->lasts.count > 0) {
        uint32_t last = osl_strings_find(&n->lasts, last_part(name), 0);
        if (last != UINT32_MAX && n->name_of_last.at[last] != 0)
            return n->name_of_last.at[last] - 1;
    }
    return UINT32_MAX;
}

/* ---- removals ----------------------------------------------------------- */

static bool hide(naming *n, uint32_t name)
{
    uint32_t file = n->file_of_name.at[name];
    if (file == 0)
        return false;
    n->hidden_count += !n->hidden[file - 1];
    n->hidden[file - 1] = 1;
    n->file_of_name.at[name] = 0;
    return true;
}

/* Hides what a name means, and notes it with the source that says so. */
static osl_status remove_name(naming *n, osl_source_file *by, osl_text name,
                              osl_error *err)
{
    uint32_t number = find_name(n, name);
    if (number == UINT32_MAX || !hide(n, number))
        return OSL_OK;
    osl_registry_ids *removed = &by->known.removed;
    osl_text *at = osl_arena_zero(n->arena, removed->count + 1, sizeof *at);
    if (!at || !osl_arena_text(n->arena, osl_strings_text(&n->names, number),
                               &at[removed->count]))
        return no_memory(err);
    for (size_t i = 0; i < removed->count; i++)
        at[i] = removed->at[i];
    *removed = (osl_registry_ids){at, removed->count + 1};
    return OSL_OK;
}

static osl_text trim(osl_text line)
{
    while (line.length > 0 && strchr(" \t\r", line.bytes[0])) {
        line.bytes++;
        line.length--;
    }
    while (line.length > 0 && strchr(" \t\r", line.bytes[line.length - 1]))
        line.length--;
    return line;
}

/* One name a line; what cannot be read removes nothing. */
static osl_status remove_list(naming *n, osl_source_file *by, osl_error *err)
{
    osl_map map = {0};
    osl_status status = osl_map_open(&map, by->path, NULL);
    if (status != OSL_OK)
        return status == OSL_ENOMEM ? no_memory(err) : OSL_OK;
    const char *at = (const char *)map.bytes;
    const char *end =
        at + (map.length < LIST_BYTES_MAX ? map.length : LIST_BYTES_MAX);
    while (map.length > 0 && at < end && status == OSL_OK) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        osl_text line = trim((osl_text){at, (size_t)(stop - at)});
        if (line.length > 0)
            status = remove_name(n, by, line, err);
        at = stop + 1;
    }
    osl_map_close(&map);
    return status;
}

/* What is known to be removed by a folder that is not at hand. */
static osl_status remove_known(naming *n, osl_source_file *by, osl_error *err)
{
    const osl_registry_ids known = by->known.removed;
    osl_status status = OSL_OK;
    by->known.removed = (osl_registry_ids){NULL, 0};
    for (size_t i = 0; i < known.count && status == OSL_OK; i++)
        status = remove_name(n, by, known.at[i], err);
    return status;
}

/* ---- a change file ------------------------------------------------------ */

static osl_status apply_removal(naming *n, uint32_t file, osl_text rest,
                                osl_error *err)
{
    osl_source_file *by = &n->files->at[file];
    by->is_removal = true;
    return rest.length > 0 ? remove_name(n, by, rest, err)
                           : remove_list(n, by, err);
}

static osl_status apply_file(naming *n, uint32_t file, osl_error *err)
{
    osl_source_file *by = &n->files->at[file];
    osl_text name = by->known.name, rest = name;
    const char *slash = memchr(name.bytes, '/', name.length);
    osl_text first = {name.bytes,
                      slash ? (size_t)(slash - name.bytes) : name.length};
    if (slash)
        rest = (osl_text){slash + 1, name.length - first.length - 1};
    if (slash && is_one_of(first, taken, COUNT(taken)))
        return apply_removal(n, file, rest, err);
    if (!slash && is_one_of(first, lists, COUNT(lists)))
        return apply_removal(n, file, (osl_text){"", 0}, err);
    if (slash && is_one_of(first, given, COUNT(given)))
        name = rest;
    uint32_t number = find_name(n, name);
    if (number != UINT32_MAX)
        name = osl_strings_text(&n->names, number);
    if (!osl_arena_text(n->arena, name, &by->known.name) || !take_name(n, file))
        return no_memory(err);
    return OSL_OK;
}

/* Sources of a change folder that is not looked at have their names. */
static osl_status apply_aside(naming *n, uint32_t file, osl_error *err)
{
    osl_source_file *by = &n->files->at[file];
    if (by->known.removed.count > 0) {
        by->is_removal = true;
        return remove_known(n, by, err);
    }
    return take_name(n, file) ? OSL_OK : no_memory(err);
}

static osl_status apply(naming *n, osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < n->files->count && status == OSL_OK; i++) {
        const osl_source_file *file = &n->files->at[i];
        if (file->layer == 0)
            status = take_plain_name(n, i) ? OSL_OK : no_memory(err);
        else if (file->is_away)
            status = apply_aside(n, i, err);
        else
            status = apply_file(n, i, err);
    }
    return status;
}

osl_status osl_changes_apply(osl_source_files *files, osl_arena *arena,
                             size_t *hidden, osl_error *err)
{
    naming n = {.files = files, .arena = arena};
    size_t kept = 0;
    n.hidden = calloc(files->count + 1, 1);
    osl_status status = n.hidden ? apply(&n, err) : no_memory(err);
    *hidden = n.hidden_count;
    for (size_t i = 0; i < files->count && status == OSL_OK; i++) {
        if (n.hidden[i])
            files->bytes -= files->at[i].known.size;
        else
            files->at[kept++] = files->at[i];
    }
    if (status == OSL_OK)
        files->count = kept;
    osl_source_files_sort(files);
    osl_strings_clear(&n.names);
    osl_strings_clear(&n.lasts);
    free(n.file_of_name.at);
    free(n.name_of_last.at);
    free(n.hidden);
    return status;
}
