/* SPDX-License-Identifier: MIT */
#include "core/kernels/hash.h"

/* What is mapped is in no cache, and the processor itself reads ahead within a
 * page only. */
#define XXH_PREFETCH_DIST 4096
#include <xxhash.h>

uint64_t osl_hash_avx512(const void *bytes, size_t length)
{
    return XXH3_64bits(bytes, length);
}
