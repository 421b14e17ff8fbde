/* SPDX-License-Identifier: MIT */
#include "core/kernels/hash.h"

#include <xxhash.h>

uint64_t osl_hash_avx512(const void *bytes, size_t length)
{
    return XXH3_64bits(bytes, length);
}
