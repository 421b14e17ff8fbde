/* SPDX-License-Identifier: MIT
 *
 * The registry of one generation: what was indexed (roots, sources). Paths and
 * times stand here and never in a segment, so that the same text gives the
 * same segment.
 *
 *   0          8      12      16        24        32        40
 *   +----------+------+-------+---------+---------+---------+---------
 *   | OslerReg | ver  | stamp | length  | hash    | hash of | sources
 *   +----------+------+-------+---------+---------+ 0 to 31 +---------
 *                               of the sources    +---------+
 *
 *   stamp   = osl_corpus_stamp() of the readers; hashes are XXH3, 64 bits
 *   sources = next_number:varint format:text
 *             root_count:varint root{…} source_count:varint source{…}
 *     root   = kind:u8 path:text
 *     source = root:varint name:text number:varint size:varint mtime_ns:u64
 *              ctime_ns:u64 inode:varint hash:u64 documents:varint
 *              shadowed:ids removed:ids
 *   ids  = count:varint id:text{count}
 *   text = length:varint bytes
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_REGISTRY_H
#define OSL_CORE_SEGMENT_REGISTRY_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/core.h"

typedef enum osl_root_kind {
    OSL_ROOT_FOLDER = 0,
    OSL_ROOT_FILE = 1,
    OSL_ROOT_INPUT = 2,  /* standard input, kept in the index folder */
    OSL_ROOT_CHANGES = 3 /* a folder of changes to what others hold */
} osl_root_kind;

typedef struct osl_root {
    osl_root_kind kind;
    osl_text path; /* absolute; of an input, the file's name in the index */
} osl_root;

typedef struct osl_registry_ids {
    const osl_text *at;
    size_t count;
} osl_registry_ids;

typedef struct osl_registry_source {
    uint32_t root;
    uint32_t number; /* its own for ever: the catalogs of segments name it */
    osl_text name;   /* below the root: what its documents are called */
    /* As it was when it was read; mtime_ns 0: changed too shortly before to
     * tell by it, so that the bytes must be compared. */
    uint64_t size, mtime_ns, ctime_ns, inode;
    uint64_t hash; /* of the bytes: indexer/lines.h */
    uint64_t documents;
    osl_registry_ids shadowed; /* its documents whose id a later source has */
    osl_registry_ids removed;  /* sources that it takes away, by name */
    osl_text encoded; /* all of this, as osl_registry_open() met it; empty:
                       * not known, or no longer so */
} osl_registry_source;

typedef struct osl_registry {
    uint32_t readers;     /* osl_corpus_stamp() of who read the sources */
    uint32_t next_number; /* of a source to come */
    osl_text format;      /* the reader that was forced, or empty */
    const osl_root *roots;
    size_t root_count;
    const osl_registry_source *sources;
    size_t source_count;
    size_t source_stride; /* bytes from one to the next; 0: their size */
} osl_registry;

/* Appends the whole file. */
void osl_registry_encode(osl_buf *out, const osl_registry *registry);
/* What tells it from any other: the hash of its head, which has the hash of
 * the rest. 0 where the bytes are too few. */
uint64_t osl_registry_hash(osl_text bytes);
/* Whether a mapped file is a registry that this program knows, by its head and
 * its size; `name` is what errors say. */
OSL_MUST_CHECK osl_status osl_registry_check(const osl_map *map,
                                             const char *name, osl_error *err);
/* Reads roots and sources of the file `path`; texts are copied to `arena`. An
 * older format counts as damaged: what it lacks comes with indexing again. */
OSL_MUST_CHECK osl_status osl_registry_read(osl_registry *out, const char *path,
                                            osl_arena *arena, osl_error *err);

/* The same, but texts of sources are borrowed from *map, which the
 * caller closes. */
OSL_MUST_CHECK osl_status osl_registry_open(osl_registry *out, osl_map *map,
                                            const char *path, osl_arena *arena,
                                            osl_error *err);

#endif
