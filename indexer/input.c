/* SPDX-License-Identifier: MIT
 *
 * Standard input. It becomes a file of the index folder, read as any other and
 * again at the next update. What was to write it may have failed on the way;
 * a broken file can be seen and mended, of this nobody has another copy. So
 * what it gave last time stays unless it is there to its end, and gives
 * something: else nothing is published. */
#include "indexer/update.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory for standard input");
}

static osl_status copy_input(osl_update *u, const char *path, osl_error *err)
{
    enum { WINDOW = 1 << 16 };
    uint8_t *window = malloc(WINDOW);
    osl_file *file = NULL;
    osl_status status =
        window ? osl_file_create(&file, path, err) : no_memory(err);
    while (status == OSL_OK) {
        ssize_t length = read(STDIN_FILENO, window, WINDOW);
        if (length == 0)
            break;
        if (length > 0)
            osl_file_write(file, window, (size_t)length);
        else if (errno != EINTR)
            status = osl_fail(err, OSL_EIO, "standard input: cannot read: %s",
                              strerror(errno));
        if (status == OSL_OK)
            status = osl_update_check_cancelled(u, err);
    }
    if (status == OSL_OK)
        status = osl_file_close(file, err);
    else
        osl_file_abandon(file);
    free(window);
    return status;
}

/* Whether a line ends before its object does: within a string, or with a
 * bracket open. A line that begins with none is no record, and no part of one. */
static bool is_part_of_record(const uint8_t *line, size_t length)
{
    size_t depth = 0;
    bool is_string = false;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = line[i];
        if (is_string) {
            i += byte == '\\';
            is_string = byte != '"';
        } else if (byte == '"') {
            is_string = depth > 0;
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if ((byte == '}' || byte == ']') && depth > 0) {
            depth--;
        }
    }
    return depth > 0;
}

static osl_status check_end(const char *path, osl_error *err)
{
    osl_map map = {0};
    osl_status status = osl_map_open(&map, path, err);
    size_t line = map.length;
    while (line > 0 && map.bytes[line - 1] != '\n')
        line--;
    if (line < map.length &&
        is_part_of_record(map.bytes + line, map.length - line))
        status = osl_fail(err, OSL_EIO,
                          "standard input ends within a record (the last %zu "
                          "bytes); the index is as it was",
                          map.length - line);
    osl_map_close(&map);
    return status;
}

static osl_status save_input(osl_update *u, const char *temporary,
                             osl_error *err)
{
    const char *format = u->options->format;
    char *path = osl_folder_file(&u->folder, temporary);
    osl_status status = path ? copy_input(u, path, err) : no_memory(err);
    if (status == OSL_OK && (!format || strcmp(format, "jsonl") == 0)) {
        status = check_end(path, err);
        if (status != OSL_OK)
            (void)unlink(path);
    }
    free(path);
    return status;
}

/* The root of a new standard input stands for the temporary file, too: it is
 * found under that name until it is published. */
osl_status osl_update_add_input(osl_update *u, osl_error *err)
{
    char temporary[40];
    osl_root root = {OSL_ROOT_INPUT, {"", 0}};
    (void)snprintf(u->input, sizeof u->input, "%06" PRIu64 ".in",
                   u->old.generation + 1);
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", u->input);
    osl_status status = save_input(u, temporary, err);
    if (status != OSL_OK)
        return status;
    if (!osl_arena_text(&u->arena, osl_text_of(temporary), &root.path))
        return no_memory(err);
    return osl_roots_add(&u->roots, &root, "standard input", err);
}

osl_status osl_update_check_input(const osl_update *u, osl_error *err)
{
    for (size_t i = 0; u->input[0] && i < u->files.count; i++) {
        const osl_registry_source *source = &u->files.at[i].known;
        if (u->roots.at[source->root].kind == OSL_ROOT_INPUT &&
            source->documents == 0)
            return osl_fail(err, OSL_EINVAL,
                            "no guideline text in standard input; the index is "
                            "as it was");
    }
    return OSL_OK;
}
