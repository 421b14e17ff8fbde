/* SPDX-License-Identifier: MIT
 *
 * Files: mapped for reading, written so that a crash leaves the old or the
 * new, whole. Every system call's result is looked at; words name the path.
 *
 * Threads: a map is immutable and may be shared; a writer belongs to one
 * thread. */
#ifndef OSL_BASE_FILE_H
#define OSL_BASE_FILE_H

#include "core/core.h"

/* A file mapped read-only. Caller's storage; all zero is "not open". */
typedef struct osl_map {
    const uint8_t *bytes; /* NULL for an empty file */
    size_t length;
} osl_map;

/* Maps the regular file `path`. OSL_ENOTFOUND where there is none,
 * OSL_EINVAL where it is no regular file. */
OSL_MUST_CHECK osl_status osl_map_open(osl_map *out, const char *path,
                                       osl_error *err);
void osl_map_close(osl_map *map); /* a map that is not open is fine */

/* The bytes of one file after another: of few in a buffer that is used again,
 * of many in a map. Caller's storage; all zero begins. */
typedef struct osl_contents {
    const uint8_t *bytes; /* until the next is opened; NULL for an empty file */
    size_t length;
    osl_map map;   /* where they are mapped */
    uint8_t *room; /* owns */
    bool is_noted; /* the system is to note when files are read: of somebody
                       * else's it cannot be asked not to */
} osl_contents;

/* Fails as osl_map_open() does; then nothing is open. */
OSL_MUST_CHECK osl_status osl_contents_open(osl_contents *contents,
                                            const char *path, osl_error *err);
void osl_contents_clear(osl_contents *contents);

/* A file that is read at any place into the caller's room. What is looked at
 * once may cost less so than its pages in a map, or more: that is a matter of
 * the machine. Caller's storage. */
typedef struct osl_input {
    int fd;
    size_t size;      /* when it was opened */
    const char *path; /* borrowed */
} osl_input;

/* Fails as osl_map_open() does; `path` stays until the end. */
OSL_MUST_CHECK osl_status osl_input_open(osl_input *out, const char *path,
                                         osl_error *err);
/* *done is less than `length` only where the file ends. */
OSL_MUST_CHECK osl_status osl_input_read(const osl_input *input, size_t offset,
                                         void *to, size_t length, size_t *done,
                                         osl_error *err);
/* Maps what it is long now, which outlives the input. */
OSL_MUST_CHECK osl_status osl_input_map(const osl_input *input, osl_map *out,
                                        osl_error *err);
void osl_input_close(osl_input *input);

/* Puts the pages of some bytes in place at once, instead of by a fault here and
 * there. False where the system cannot: that, or a file that is shorter now. */
bool osl_map_fetch(const osl_map *map, size_t offset, size_t length);

/* Streams a new file. Bytes go to `path` itself: give it a temporary name
 * and rename it when osl_file_close() has said that it is on the disk. */
typedef struct osl_file osl_file;
OSL_MUST_CHECK osl_status osl_file_create(osl_file **out, const char *path,
                                          osl_error *err);
/* Sticky: after a failure, nothing is written and osl_file_close() tells. */
void osl_file_write(osl_file *file, const void *bytes, size_t length);
void osl_file_align(osl_file *file, size_t alignment); /* zero bytes */
uint64_t osl_file_offset(const osl_file *file);
/* So that what was written can be read from `path`. */
void osl_file_flush(osl_file *file);
/* Flushes, fsyncs, closes and frees; `file` is gone either way. */
OSL_MUST_CHECK osl_status osl_file_close(osl_file *file, osl_error *err);
/* Closes and unlinks, after a failure elsewhere; NULL is fine. */
void osl_file_abandon(osl_file *file);

/* Renames and fsyncs nothing: osl_folder_sync() makes it durable. */
OSL_MUST_CHECK osl_status osl_file_rename(const char *from, const char *to,
                                          osl_error *err);
OSL_MUST_CHECK osl_status osl_folder_sync(const char *path, osl_error *err);

#endif
