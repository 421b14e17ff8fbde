/* SPDX-License-Identifier: MIT
 *
 * Classes by comparing ranges, 32 bytes a register; borders by counting
 * trailing zeroes, eight at a time without looking whether there are so many
 * (the arrays have room, and what was too much is overwritten). */
#include "core/kernels/tokenize.h"

#include <immintrin.h>
#include <string.h>

/* Bytes from `first` on, `count` of them, as signed bytes see it: moved to
 * the least values, so that one compare does. */
static __m256i in_range(__m256i bytes, uint8_t first, uint8_t count)
{
    __m256i moved =
        _mm256_add_epi8(bytes, _mm256_set1_epi8((char)(128 - first)));
    return _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(count - 128)), moved);
}

static __m256i is_byte(__m256i bytes, char byte)
{
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte));
}

static uint64_t bits_of(__m256i first, __m256i second)
{
    return (uint32_t)_mm256_movemask_epi8(first) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(second) << 32;
}

static __m256i joiners(__m256i bytes)
{
    return _mm256_or_si256(
        _mm256_or_si256(is_byte(bytes, '.'), is_byte(bytes, ',')),
        _mm256_or_si256(is_byte(bytes, '\''), is_byte(bytes, '^')));
}

static __m256i openers(__m256i bytes)
{
    return _mm256_or_si256(is_byte(bytes, '('), is_byte(bytes, '['));
}

/* ) ] : ; ? ! */
static __m256i stops(__m256i bytes)
{
    __m256i pairs = _mm256_or_si256(
        in_range(bytes, ':', 2),
        _mm256_or_si256(is_byte(bytes, '?'), is_byte(bytes, '!')));
    return _mm256_or_si256(
        pairs, _mm256_or_si256(is_byte(bytes, ')'), is_byte(bytes, ']')));
}

static uint64_t classify_bytes(const uint8_t *text, osl_class_block *block)
{
    __m256i a = _mm256_loadu_si256((const __m256i *)text);
    __m256i b = _mm256_loadu_si256((const __m256i *)(text + 32));
    __m256i case_bit = _mm256_set1_epi8(0x20);
    block->upper = bits_of(in_range(a, 'A', 26), in_range(b, 'A', 26));
    block->letter = bits_of(in_range(_mm256_or_si256(a, case_bit), 'a', 26),
                            in_range(_mm256_or_si256(b, case_bit), 'a', 26));
    block->digit = bits_of(in_range(a, '0', 10), in_range(b, '0', 10));
    block->blank =
        bits_of(_mm256_or_si256(in_range(a, '\t', 5), is_byte(a, ' ')),
                _mm256_or_si256(in_range(b, '\t', 5), is_byte(b, ' ')));
    block->joiner = bits_of(joiners(a), joiners(b));
    block->plus = bits_of(is_byte(a, '+'), is_byte(b, '+'));
    block->minus = bits_of(is_byte(a, '-'), is_byte(b, '-'));
    block->slash = bits_of(is_byte(a, '/'), is_byte(b, '/'));
    block->high = bits_of(a, b);
    block->open = bits_of(openers(a), openers(b));
    block->stop = bits_of(stops(a), stops(b));
    block->space = bits_of(is_byte(a, ' '), is_byte(b, ' '));
    block->super = block->close = block->joined = block->cuts = 0;
    return block->high;
}

uint64_t osl_classify_avx2(const uint8_t *text, size_t length,
                           osl_class_block *blocks)
{
    size_t at = 0;
    uint64_t high = 0;
    for (; length - at >= 64; at += 64)
        high |= classify_bytes(text + at, blocks++);
    uint8_t tail[64] = {0};
    if (length > at)
        memcpy(tail, text + at, length - at);
    return high | classify_bytes(tail, blocks);
}

/* Writes base + n for each bit n of `bits`; returns their number. */
static size_t put_numbers(uint64_t bits, uint32_t base, uint32_t *to)
{
    size_t count = (size_t)_mm_popcnt_u64(bits);
    for (size_t done = 0; done < count; done += 8)
        for (unsigned i = 0; i < 8; i++) {
            to[done + i] = base + (uint32_t)_tzcnt_u64(bits);
            bits = _blsr_u64(bits);
        }
    return count;
}

static void put_flags(uint64_t glued, uint64_t spaced, size_t count,
                      osl_border_flags flags, uint8_t *to)
{
    const uint64_t each = 0x0101010101010101u;
    for (size_t done = 0; done < count; done += 8, glued >>= 8, spaced >>= 8) {
        uint64_t spread = _pdep_u64(glued & 0xFF, each) * flags.glued |
                          _pdep_u64(spaced & 0xFF, each) * flags.spaced;
        memcpy(to + done, &spread, sizeof spread);
    }
}

void osl_borders_avx2(const osl_border_block *blocks, size_t count,
                      uint32_t base, osl_border_flags flags,
                      osl_span_arrays *spans)
{
    size_t starts = spans->start_count, ends = spans->end_count;
    for (size_t i = 0; i < count; i++, base += 64) {
        size_t more =
            put_numbers(blocks[i].starts, base, spans->starts + starts);
        put_flags(_pext_u64(blocks[i].glued, blocks[i].starts),
                  _pext_u64(blocks[i].spaced, blocks[i].starts), more, flags,
                  spans->flags + starts);
        starts += more;
        ends += put_numbers(blocks[i].ends, base, spans->ends + ends);
    }
    spans->start_count = starts;
    spans->end_count = ends;
}
