/* SPDX-License-Identifier: MIT
 *
 * The hash of a file, made of the hashes of its lines: who reads a file of one
 * record a line wants both, and so looks at its bytes once.
 *
 *   piece = the bytes before each '\n', and those behind the last one
 *   hash  = 0; for each GROUP of 512 pieces, and for what is left:
 *           hash = XXH3 of their XXH3s (8 bytes each, little-endian), seeded
 *                  with hash + their number
 *
 * Threads: one hash, one thread. */
#ifndef OSL_INDEXER_LINES_H
#define OSL_INDEXER_LINES_H

#include "core/core.h"
#include "indexer/list.h"

enum { OSL_LINES_GROUP = 512 };

/* Caller's storage; all zero begins. */
typedef struct osl_lines_hash {
    uint64_t hash;
    unsigned count; /* of the group at hand */
    uint8_t group[8 * OSL_LINES_GROUP];
} osl_lines_hash;

/* Adds the lines of a part of the file, whose end is that of a line or of the
 * file (is_last); the hash of each is appended to `lines`, unless that is
 * NULL. False when memory is out. */
OSL_MUST_CHECK bool osl_lines_hash_add(osl_lines_hash *hash, osl_text part,
                                       bool is_last, osl_list64 *lines);
uint64_t osl_lines_hash_end(osl_lines_hash *hash);

/* Of a whole file. */
uint64_t osl_hash_file(osl_text bytes);

#endif
