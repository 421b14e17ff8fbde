/* SPDX-License-Identifier: MIT
 *
 * Hashes of many bytes: XXH3, 64 bits, without a seed. A tier is the code of
 * the library, compiled for its registers; so is the scalar one, for those
 * that every processor of the family has. */
#ifndef OSL_KERNELS_HASH_H
#define OSL_KERNELS_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Up to so many bytes none is faster than the library's code in place. */
enum { OSL_HASH_FEW = 240 };

typedef uint64_t osl_hash_fn(const void *bytes, size_t length);

osl_hash_fn osl_hash_scalar, osl_hash_avx2, osl_hash_avx512;

#endif
