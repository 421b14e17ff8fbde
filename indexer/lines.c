/* SPDX-License-Identifier: MIT */
#include "indexer/lines.h"

#include "core/base/bytes.h"

#include <string.h>
#include <xxhash.h>

static const uint64_t FACTOR = UINT64_C(0x9E3779B97F4A7C15); /* 5 modulo 8 */

uint64_t osl_line_hash(const osl_kernels *kernels, osl_text line)
{
    uint64_t hash = line.length <= OSL_HASH_FEW
                        ? XXH3_64bits(line.bytes, line.length)
                        : kernels->hash(line.bytes, line.length);
    hash &= OSL_CATALOG_RECORD;
    return hash + (hash == 0);
}

void osl_lines_hash_add(osl_lines_hash *hash, uint64_t line)
{
    hash->sum = hash->sum * FACTOR + line;
    hash->count++;
}

void osl_lines_hash_add_records(osl_lines_hash *hash,
                                const osl_catalog *catalog, uint32_t document,
                                uint32_t count)
{
    hash->sum =
        osl_catalog_fold_records(catalog, document, count, hash->sum, FACTOR);
    hash->count += count;
}

void osl_lines_hash_join(osl_lines_hash *hash, const osl_lines_hash *more)
{
    uint64_t power = 1, square = FACTOR;
    for (uint64_t n = more->count; n > 0; n >>= 1, square *= square)
        if (n & 1)
            power *= square;
    hash->sum = hash->sum * power + more->sum;
    hash->count += more->count;
}

uint64_t osl_lines_hash_end(const osl_lines_hash *hash)
{
    uint8_t bytes[16];
    osl_put64(bytes, hash->sum);
    osl_put64(bytes + 8, hash->count);
    return XXH3_64bits(bytes, sizeof bytes) | 1;
}

static uint64_t hash_lines(const osl_kernels *kernels, osl_text bytes)
{
    osl_lines_hash hash = {0};
    const char *at = bytes.bytes, *end = at + bytes.length, *stop;
    for (; at < end && (stop = memchr(at, '\n', (size_t)(end - at))) != NULL;
         at = stop + 1)
        osl_lines_hash_add(
            &hash, osl_line_hash(kernels, (osl_text){at, (size_t)(stop - at)}));
    osl_lines_hash_add(
        &hash, osl_line_hash(kernels, (osl_text){at, (size_t)(end - at)}));
    return osl_lines_hash_end(&hash);
}

uint64_t osl_hash_file(const osl_kernels *kernels, osl_text bytes,
                       uint64_t like)
{
    return osl_hash_is_of_lines(like)
               ? hash_lines(kernels, bytes)
               : kernels->hash(bytes.bytes, bytes.length) & ~UINT64_C(1);
}

size_t osl_count_lines(osl_text text)
{
    enum { STEP = 128 }; /* so many fit a sum of bytes */
    size_t count = 0, i = 0;
    for (; text.length - i >= STEP; i += STEP) {
        uint8_t ends = 0;
        for (size_t j = 0; j < STEP; j++)
            ends = (uint8_t)(ends + (text.bytes[i + j] == '\n'));
        count += ends;
    }
    for (; i < text.length; i++)
        count += text.bytes[i] == '\n';
    return count;
}
