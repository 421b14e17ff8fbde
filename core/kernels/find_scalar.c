/* SPDX-License-Identifier: MIT
 *
 * The twin that defines right. Most places fail at their first byte. */
#include "core/kernels/find.h"

size_t osl_find_scalar(const osl_find_set *set, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t buckets = 0xFF;
        for (size_t k = 0; k < OSL_FIND_BYTES && buckets; k++) {
            uint8_t byte = i + k < length ? (uint8_t)text[i + k] : 0;
            buckets &= set->low[k][byte & 15] & set->high[k][byte >> 4];
        }
        if (buckets)
            return i;
    }
    return length;
}
