/* SPDX-License-Identifier: MIT */
#include "indexer/lines.h"

#include "core/base/bytes.h"

#include <xxhash.h>

static void end_group(osl_lines_hash *hash)
{
    hash->hash = XXH3_64bits_withSeed(hash->group, 8 * (size_t)hash->count,
                                      hash->hash + hash->count);
    hash->count = 0;
}

static bool add_piece(osl_lines_hash *hash, const char *bytes, size_t length,
                      osl_list64 *lines)
{
    uint64_t piece = XXH3_64bits(bytes, length);
    osl_put64(hash->group + 8 * (size_t)hash->count++, piece);
    if (hash->count == OSL_LINES_GROUP)
        end_group(hash);
    return !lines || osl_list64_add(lines, piece);
}

bool osl_lines_hash_add(osl_lines_hash *hash, osl_text part, bool is_last,
                        osl_list64 *lines)
{
    const char *at = part.bytes, *end = at + part.length, *stop = NULL;
    bool done = true;
    while (done && at < end &&
           (stop = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        done = add_piece(hash, at, (size_t)(stop - at), lines);
        at = stop + 1;
    }
    if (done && is_last)
        done = add_piece(hash, at, (size_t)(end - at), lines);
    return done;
}

uint64_t osl_lines_hash_end(osl_lines_hash *hash)
{
    if (hash->count > 0)
        end_group(hash);
    return hash->hash;
}

uint64_t osl_hash_file(osl_text bytes)
{
    osl_lines_hash hash;
    hash.hash = 0;
    hash.count = 0;
    /* Without a list it takes no memory, and cannot fail. */
    return osl_lines_hash_add(&hash, bytes, true, NULL)
               ? osl_lines_hash_end(&hash)
               : 0;
}
