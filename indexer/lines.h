/* SPDX-License-Identifier: MIT
 *
 * The hash of a file, which says whether its bytes are as they were.
 *
 * Of a file of one record a line it is made of the hashes of its lines, as far
 * as a catalog keeps them: so it can be made of lines that were found again
 * without being looked at one by one. And parts of the file have hashes that
 * can be joined, whoever made which.
 *
 *   line  = the bytes before each '\n', and those behind the last one
 *   h     = XXH3 of a line, the lowest 40 bits; 1 for 0
 *   sum   = of h · FACTOR^(lines behind it), modulo 2^64
 *   hash  = XXH3 of the sum and the number of lines, the lowest bit set
 *
 * As FACTOR^k − 1 has at most log2 k + 2 zeros at its end, lines that change
 * places change the sum. The hash of any other file is XXH3 of its bytes, the
 * lowest bit clear.
 *
 * Threads: one hash, one thread. */
#ifndef OSL_INDEXER_LINES_H
#define OSL_INDEXER_LINES_H

#include "core/core.h"
#include "core/kernels/kernels.h"
#include "core/segment/catalog.h"

/* Of some lines, one behind the other. Caller's storage; all zero begins. */
typedef struct osl_lines_hash {
    uint64_t sum, count;
} osl_lines_hash;

/* Of one line, without its '\n'; OSL_CATALOG_RECORD at most, never 0. */
uint64_t osl_line_hash(const osl_kernels *kernels, osl_text line);
/* A line by its hash; the lines of `more`, behind those before. */
void osl_lines_hash_add(osl_lines_hash *hash, uint64_t line);
/* The lines of documents one behind the other, each the whole of its line. */
void osl_lines_hash_add_records(osl_lines_hash *hash,
                                const osl_catalog *catalog, uint32_t document,
                                uint32_t count);
void osl_lines_hash_join(osl_lines_hash *hash, const osl_lines_hash *more);
/* The hash of the file. */
uint64_t osl_lines_hash_end(const osl_lines_hash *hash);

static inline bool osl_hash_is_of_lines(uint64_t hash)
{
    return hash & 1;
}
/* Of a whole file, made as `like` was: of lines, or of all its bytes (0). */
uint64_t osl_hash_file(const osl_kernels *kernels, osl_text bytes,
                       uint64_t like);
/* How many '\n' are in a text. */
size_t osl_count_lines(osl_text text);

#endif
