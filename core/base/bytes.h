/* SPDX-License-Identifier: MIT
 *
 * Little-endian and unaligned access, and variable-length integers. The only
 * door between integers and bytes that stand in a file: no struct overlays. */
#ifndef OSL_BASE_BYTES_H
#define OSL_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Osler's fast loads assume a little-endian machine"
#endif

static inline uint16_t osl_get16(const void *from)
{
    uint16_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint32_t osl_get32(const void *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint64_t osl_get64(const void *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline void osl_put16(void *to, uint16_t value)
{
    memcpy(to, &value, sizeof value);
}

static inline void osl_put32(void *to, uint32_t value)
{
    memcpy(to, &value, sizeof value);
}

static inline void osl_put64(void *to, uint64_t value)
{
    memcpy(to, &value, sizeof value);
}

/* The first eight of `length` bytes, the first the least significant, zeros
 * where they end. No more than they are is read, and no byte alone where they
 * are four or more. */
static inline uint64_t osl_load64(const char *text, size_t length)
{
    if (length >= 8)
        return osl_get64(text);
    if (length >= 4)
        return osl_get32(text) | (uint64_t)osl_get32(text + length - 4)
                                     << (8 * (length - 4));
    if (length == 0)
        return 0;
    /* Of one byte all three are it, of two the last two. */
    return (uint64_t)(uint8_t)text[0] |
           (uint64_t)(uint8_t)text[length / 2] << (8 * (length / 2)) |
           (uint64_t)(uint8_t)text[length - 1] << (8 * (length - 1));
}

/* As memcpy(), where few bytes are usual: of up to 32 two loads and stores of
 * one size lie over each other, and nobody is called. */
static inline void osl_copy_few(void *to, const void *from, size_t length)
{
    char *at = to;
    const char *of = from;
    if (length > 32) {
        memcpy(to, from, length);
    } else if (length >= 16) {
        uint64_t first[2], last[2];
        memcpy(first, of, 16);
        memcpy(last, of + length - 16, 16);
        memcpy(at, first, 16);
        memcpy(at + length - 16, last, 16);
    } else if (length >= 8) {
        uint64_t first = osl_get64(of), last = osl_get64(of + length - 8);
        osl_put64(at, first);
        osl_put64(at + length - 8, last);
    } else if (length >= 4) {
        uint32_t first = osl_get32(of), last = osl_get32(of + length - 4);
        osl_put32(at, first);
        osl_put32(at + length - 4, last);
    } else if (length > 0) {
        char first = of[0], middle = of[length / 2], last = of[length - 1];
        at[0] = first;
        at[length / 2] = middle;
        at[length - 1] = last;
    }
}

/* The first eight of `length` bytes as a number, zeros where they end: of two
 * strings the one with the lower number comes first; equal ones need a look. */
static inline uint64_t osl_head64(const char *text, size_t length)
{
    return __builtin_bswap64(osl_load64(text, length));
}

/* Most bytes that osl_varint_put() writes. */
#define OSL_VARINT_MAX 10

/* LEB128, low seven bits first. Returns the bytes written (1 to 10). */
size_t osl_varint_put(uint8_t *to, uint64_t value);

/* Reads from [*at, end) and moves *at behind it. False, with *at and *value
 * untouched, where the bytes end too early or do not fit 64 bits. */
bool osl_varint_get_long(const uint8_t **at, const uint8_t *end,
                         uint64_t *value);
static inline bool osl_varint_get(const uint8_t **at, const uint8_t *end,
                                  uint64_t *value)
{
    if (*at >= end || **at >= 0x80)
        return osl_varint_get_long(at, end, value);
    *value = *(*at)++; /* as most are */
    return true;
}

/* Bits that are set. Without the instruction the compiler calls its library,
 * which looks up a table eight times. */
static inline unsigned osl_popcount(uint64_t bits)
{
#if defined(__x86_64__) && !defined(__POPCNT__)
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(bits * 0x0101010101010101u >> 56);
#else
    return (unsigned)__builtin_popcountll(bits);
#endif
}

#endif
