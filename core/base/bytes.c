/* SPDX-License-Identifier: MIT */
#include "core/base/bytes.h"

size_t osl_varint_put(uint8_t *to, uint64_t value)
{
    size_t length = 0;
    while (value >= 0x80) {
        to[length++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    to[length++] = (uint8_t)value;
    return length;
}

bool osl_varint_get_long(const uint8_t **at, const uint8_t *end,
                         uint64_t *value)
{
    uint64_t sum = 0;
    const uint8_t *from = *at;
    for (unsigned shift = 0; from < end && shift < 64; shift += 7) {
        uint8_t byte = *from++;
        if (shift == 63 && byte > 1)
            return false;
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *at = from;
            *value = sum;
            return true;
        }
    }
    return false;
}
