/* SPDX-License-Identifier: MIT
 *
 * The manifest of one generation: which segments make it up, how the text was
 * analysed, where its registry is. Small, read whole, checked whole.
 *
 *   0          8      12     16            24          32
 *   +----------+------+------+-------------+-----------+------
 *   | OslerIdx | ver  | hash | body_length | body_hash | body
 *   +----------+------+------+-------------+-----------+------
 *   body    = generation:u64 created_us:u64 fingerprint:u64
 *             fold_acronyms:u8 store:u8 pairs:u8 zero:u8
 *             language:text registry:text registry_bytes:varint
 *             registry_hash:u64 input:text
 *             segment_count:varint segment{segment_count}
 *   segment = name:text bytes:varint identity:u64 paragraphs:varint
 *             documents:varint text_bytes:varint catalog_bytes:varint
 *             deletions:text
 *             [deletions_bytes:varint deletions_hash:u64]
 *   text    = length:varint bytes
 *
 * What stands in [] does where `deletions` is not empty. hash is that of the
 * 12 bytes before it (XXH3's low 32 bits), so that a newer version can be told
 * from a spoilt one. body_hash is XXH3, 64 bits. Integers are little-endian.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_MANIFEST_H
#define OSL_CORE_SEGMENT_MANIFEST_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/core.h"

typedef struct osl_manifest_segment {
    osl_text name;      /* file in the folder: "000017.seg" */
    osl_text deletions; /* file ("000017-000042.del"), or empty */
    uint64_t deletions_bytes, deletions_hash; /* osl_deletions_hash() */
    /* Of the segment's file: the dead are counted, too. */
    uint64_t bytes, paragraph_count, document_count, text_bytes;
    uint64_t catalog_bytes; /* "000017.cat", beside it */
    uint64_t
        identity; /* osl_segment_identity(); 0: osl_folder_publish() asks */
} osl_manifest_segment;

typedef struct osl_manifest {
    uint64_t generation, created_us, fingerprint;
    bool fold_acronyms;
    uint8_t store, pairs; /* osl_store, osl_pairs of indexer.h */
    osl_text language;
    osl_text registry; /* file */
    uint64_t registry_bytes;
    uint64_t registry_hash; /* osl_registry_hash(); 0: likewise */
    osl_text input;         /* file that keeps standard input, or empty */
    const osl_manifest_segment *segments;
    size_t segment_count;
} osl_manifest;

/* Appends the whole file. Fails as the buffer does. */
void osl_manifest_encode(osl_buf *out, const osl_manifest *manifest);
/* `bytes` of a file that errors call `name`. Texts are copied to `arena`, NUL
 * behind each. OSL_EVERSION where a newer program wrote it. */
OSL_MUST_CHECK osl_status osl_manifest_decode(osl_manifest *out, osl_text bytes,
                                              const char *name,
                                              osl_arena *arena, osl_error *err);
/* Reads the file `path`. OSL_ENOTFOUND where there is none. */
OSL_MUST_CHECK osl_status osl_manifest_read(osl_manifest *out, const char *path,
                                            osl_arena *arena, osl_error *err);

/* "manifest-000041"; `name` has room for 32 bytes. */
void osl_manifest_name(char name[32], uint64_t generation);
/* The generation of such a name; 0 where it is none. */
uint64_t osl_manifest_generation(const char *name);

#endif
