/* SPDX-License-Identifier: MIT */
#include "core/segment/chunk.h"

#include <string.h>

/* ---- writing ----------------------------------------------------------- */

void osl_chunk_place(uint8_t *header, uint32_t payload, uint32_t rank,
                     uint32_t positions)
{
    osl_put32(header + 8, payload);
    osl_put32(header + 12, rank);
    osl_put32(header + 16, positions);
}

void osl_chunk_bounds(uint8_t *to, const osl_bounds *bounds,
                      const uint8_t *codes, const uint32_t *ordinals,
                      const uint32_t *tfs, uint32_t count)
{
    const uint32_t most = bounds->tfs;
    uint32_t greatest = most ? 0 : UINT32_MAX;
    for (uint32_t i = 0; most && i < count; i++) {
        uint32_t tf = tfs[i];
        greatest = tf > greatest ? tf : greatest;
        to[i] = bounds->low[(tf < most ? tf : most) - 1][codes[ordinals[i]]];
    }
    for (uint32_t i = 0; greatest > most && i < count; i++)
        if (tfs[i] > most)
            to[i] = osl_bound_of(bounds, tfs[i], codes[ordinals[i]]);
}

/* Mask, bounds and counts. */
static void write_ranges(const osl_slice *slice, uint32_t count,
                         osl_chunk_output *output)
{
    uint8_t greatest = 0;
    for (unsigned i = 0; i < slice->range_count; i++)
        greatest = slice->bounds[i] > greatest ? slice->bounds[i] : greatest;
    memcpy(output->bounds, slice->bounds, slice->range_count);
    memcpy(output->counts, slice->counts, slice->range_count);
    osl_put64(output->header, slice->mask);
    osl_put16(output->header + 20, (uint16_t)count);
    output->header[23] = greatest;
    output->range_count = slice->range_count;
}

/* `width`: bytes of an index; returns the bytes written. */
static size_t write_exceptions(const osl_chunk_input *input, uint32_t least,
                               size_t width, uint8_t *to)
{
    uint32_t count = 0, large = 0;
    for (uint32_t i = 0; i < input->count; i++)
        count += input->tfs[i] >= least;
    uint8_t *index = to + 2 * width, *tf = index + count * width;
    uint8_t *wide = tf + count;
    for (uint32_t i = 0; i < input->count; i++) {
        uint32_t value = input->tfs[i];
        if (value < least)
            continue;
        index[0] = (uint8_t)i;
        if (width == 2)
            index[1] = (uint8_t)(i >> 8);
        index += width;
        *tf++ = (uint8_t)(value < 255 ? value : 255);
        if (value >= 255) {
            osl_put32(wide + (size_t)large * 4, value);
            large++;
        }
    }
    if (width == 2) {
        osl_put16(to, (uint16_t)count);
        osl_put16(to + 2, (uint16_t)large);
    } else {
        to[0] = (uint8_t)count;
        to[1] = (uint8_t)large;
    }
    return (size_t)(wide - to) + (size_t)large * 4;
}

static void write_sparse(const osl_chunk_input *input, const osl_slice *slice,
                         osl_chunk_output *output)
{
    uint8_t *restrict to = output->payload;
    const uint32_t count = input->count;
    uint8_t greatest = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t more = slice->more[i];
        greatest = more > greatest ? more : greatest;
        to[i] = (uint8_t)(slice->offsets[i] | (more < 3 ? more : 3) << 6);
    }
    output->payload_bytes = count;
    output->header[22] = 0;
    if (greatest < 3)
        return;
    output->payload_bytes += write_exceptions(input, 4, 1, to + count);
    output->header[22] = OSL_CHUNK_EXCEPTIONS;
}

/* The number of planes that costs least. An exception takes 24 bits; counting
 * 200 keeps the searches rare, for 1 % of the size. */
static unsigned choose_planes(const osl_chunk_input *input,
                              const osl_slice *slice, uint32_t *exceptions)
{
    uint32_t count = input->count;
    uint32_t above[OSL_CHUNK_PLANES_MAX + 1]; /* tf ≥ 2^planes */
    input->kernels->above(slice->more, count, above);
    *exceptions = 0;
    if (above[1] == 0)
        return 0;
    unsigned best = 1;
    for (unsigned p = 2; p <= OSL_CHUNK_PLANES_MAX; p++)
        if (count * p + 200 * above[p] < count * best + 200 * above[best])
            best = p;
    *exceptions = above[best];
    return best;
}

/* A number for each range, of so many bytes: 1 << shift. */
static void put_more(uint8_t *to, const uint32_t more[64], unsigned shift)
{
    for (unsigned range = 0; range < 64; range++) {
        uint8_t number[4];
        osl_put32(number, more[range]);
        memcpy(to + ((size_t)range << shift), number, (size_t)1 << shift);
    }
}

/* Occurrences beside postings of all, where a slice does not say. */
static uint64_t sum_more(const osl_chunk_input *input, uint32_t before[64])
{
    uint32_t at = 0;
    uint64_t sum = 0;
    for (unsigned range = 0; range < 64; range++) {
        before[range] = (uint32_t)sum;
        while (at < input->count && input->ordinals[at] / 64 % 64 == range)
            sum += input->tfs[at++] - 1;
    }
    return sum;
}

/* Words, and the occurrences that ranges have before them beside postings;
 * returns the flags of these. */
static unsigned write_words(const osl_chunk_input *input,
                            const osl_slice *slice, uint8_t *to)
{
    uint64_t words[64];
    uint32_t before[64];
    uint64_t sum = input->kernels->words(slice, words, before);
    for (unsigned range = 0; range < 64; range++)
        osl_put64(to + (size_t)range * 8, words[range]);
    if (!input->positions)
        return 0;
    if (memchr(slice->more, UINT8_MAX, input->count))
        sum = sum_more(input, before);
    unsigned shift = sum <= UINT8_MAX ? 0 : sum <= UINT16_MAX ? 1 : 2;
    put_more(to + OSL_CHUNK_MORE, before, shift);
    return shift << OSL_CHUNK_MORE_SHIFT;
}

static void write_dense(const osl_chunk_input *input, const osl_slice *slice,
                        osl_chunk_output *output)
{
    uint32_t exceptions;
    unsigned planes = choose_planes(input, slice, &exceptions);
    unsigned flags = OSL_CHUNK_DENSE | planes << OSL_CHUNK_PLANES_SHIFT;
    flags |= write_words(input, slice, output->payload);
    size_t at = osl_chunk_planes_at(flags, input->positions);
    input->kernels->planes(slice->more, input->count, planes,
                           output->payload + at);
    at += (size_t)planes * ((input->count + 63) / 64) * 8;
    if (exceptions) {
        flags |= OSL_CHUNK_EXCEPTIONS;
        at += write_exceptions(input, 1u << planes, 2, output->payload + at);
    }
    output->payload_bytes = at;
    output->header[22] = (uint8_t)flags;
}

void osl_chunk_write(const osl_chunk_input *input, osl_chunk_output *output)
{
    osl_slice slice;
    input->kernels->slice(&slice, input->ordinals, input->tfs, input->bounds,
                          input->count);
    write_ranges(&slice, input->count, output);
    if (input->count < OSL_CHUNK_DENSE_MIN)
        write_sparse(input, &slice, output);
    else
        write_dense(input, &slice, output);
}

/* ---- reading ----------------------------------------------------------- */

unsigned osl_chunk_sum(const uint8_t *bytes, unsigned n)
{
    static const uint64_t pairs = 0x00FF00FF00FF00FFu;
    uint64_t sum = 0;
    for (; n >= 8; n -= 8, bytes += 8) {
        uint64_t word = osl_get64(bytes);
        sum += (word & pairs) + (word >> 8 & pairs);
    }
    if (n > 0) {
        uint64_t word = osl_get64(bytes) & (((uint64_t)1 << (8 * n)) - 1);
        sum += (word & pairs) + (word >> 8 & pairs);
    }
    return (unsigned)(sum * 0x0001000100010001u >> 48);
}

uint64_t osl_chunk_word(const osl_chunk *chunk, unsigned range, unsigned *start)
{
    uint64_t mask = osl_chunk_mask(chunk->header);
    if (!(mask >> range & 1))
        return 0;
    unsigned rank = osl_popcount(mask & (((uint64_t)1 << range) - 1));
    unsigned first = osl_chunk_sum(chunk->counts, rank);
    *start = first;
    if (osl_chunk_flags(chunk->header) & OSL_CHUNK_DENSE)
        return osl_get64(chunk->payload + (size_t)range * 8);
    uint64_t word = 0;
    for (unsigned i = 0; i < chunk->counts[rank]; i++)
        word |= (uint64_t)1 << (chunk->payload[first + i] & 63);
    return word;
}

/* The exceptions of a chunk. */
typedef struct exceptions {
    const uint8_t *index, *tf, *large;
    unsigned count;
    size_t width;
} exceptions;

static exceptions exceptions_at(const uint8_t *at, size_t width)
{
    unsigned count = width == 2 ? osl_get16(at) : at[0];
    const uint8_t *index = at + 2 * width;
    const uint8_t *tf = index + count * width;
    return (exceptions){index, tf, tf + count, count, width};
}

static unsigned index_at(const exceptions *of, unsigned i)
{
    return of->width == 2 ? osl_get16(of->index + (size_t)i * 2) : of->index[i];
}

static exceptions exceptions_of(const osl_chunk *chunk)
{
    unsigned flags = osl_chunk_flags(chunk->header);
    unsigned count = osl_chunk_count(chunk->header);
    if (!(flags & OSL_CHUNK_DENSE))
        return exceptions_at(chunk->payload + count, 1);
    size_t planes = osl_chunk_planes_at(flags, chunk->positions);
    planes += (size_t)osl_chunk_planes(flags) * ((count + 63) / 64) * 8;
    return exceptions_at(chunk->payload + planes, 2);
}

static uint32_t exception_tf(const exceptions *of, unsigned i)
{
    if (of->tf[i] < 255)
        return of->tf[i];
    size_t large = 0;
    for (unsigned before = 0; before < i; before++)
        large += of->tf[before] == 255;
    return osl_get32(of->large + large * 4);
}

static uint32_t find_exception(const osl_chunk *chunk, unsigned place)
{
    exceptions of = exceptions_of(chunk);
    unsigned low = 0, high = of.count;
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        if (index_at(&of, middle) <= place)
            low = middle;
        else
            high = middle;
    }
    return exception_tf(&of, low);
}

uint32_t osl_chunk_tf(const osl_chunk *chunk, unsigned place)
{
    unsigned flags = osl_chunk_flags(chunk->header);
    if (!(flags & OSL_CHUNK_DENSE)) {
        unsigned more = chunk->payload[place] >> 6;
        return more < 3 ? more + 1 : find_exception(chunk, place);
    }
    unsigned planes = osl_chunk_planes(flags);
    size_t words = (osl_chunk_count(chunk->header) + 63) / 64;
    const uint8_t *at = chunk->payload +
                        osl_chunk_planes_at(flags, chunk->positions) +
                        (size_t)place / 64 * 8;
    uint32_t more = 0;
    for (unsigned p = 0; p < planes; p++)
        more |= (uint32_t)(osl_get64(at + p * words * 8) >> (place % 64) & 1)
                << p;
    bool exception = flags & OSL_CHUNK_EXCEPTIONS && more + 1 == 1u << planes;
    return exception ? find_exception(chunk, place) : more + 1;
}

/* The first exception that is not before `place`. */
static unsigned seek_exception(const exceptions *of, unsigned place)
{
    unsigned low = 0, high = of->count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (index_at(of, middle) < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t osl_chunk_exceed(const osl_chunk *chunk, unsigned from, unsigned to,
                          uint32_t counted)
{
    if (!(osl_chunk_flags(chunk->header) & OSL_CHUNK_EXCEPTIONS))
        return 0;
    exceptions of = exceptions_of(chunk);
    uint64_t sum = 0;
    for (unsigned i = seek_exception(&of, from);
         i < of.count && index_at(&of, i) < to; i++)
        sum += exception_tf(&of, i) - counted;
    return sum;
}

/* Bits from … to − 1 of a plane; at most 64. */
static unsigned count_bits(const uint8_t *plane, unsigned from, unsigned to)
{
    unsigned count = to - from, shift = from % 64;
    if (count == 0)
        return 0;
    uint64_t word = osl_get64(plane + (size_t)from / 64 * 8) >> shift;
    if (shift + count > 64)
        word |= osl_get64(plane + (size_t)from / 64 * 8 + 8) << (64 - shift);
    return osl_popcount(word << (64 - count));
}

static uint64_t before_dense(const osl_chunk *chunk, unsigned range,
                             unsigned start, unsigned place)
{
    unsigned flags = osl_chunk_flags(chunk->header);
    unsigned planes = osl_chunk_planes(flags);
    size_t words = (osl_chunk_count(chunk->header) + 63) / 64;
    const uint8_t *plane =
        chunk->payload + osl_chunk_planes_at(flags, chunk->positions);
    uint64_t sum =
        (uint64_t)place + osl_chunk_more(chunk->payload, flags, range);
    for (unsigned p = 0; p < planes; p++, plane += words * 8)
        sum += (uint64_t)count_bits(plane, start, place) << p;
    return sum + osl_chunk_exceed(chunk, start, place, 1u << planes);
}

static uint64_t before_sparse(const osl_chunk *chunk, unsigned place)
{
    static const uint64_t codes = 0x0303030303030303u;
    static const uint64_t pairs = 0x00FF00FF00FF00FFu;
    uint64_t sums = 0;
    unsigned i = 0;
    for (; i + 8 <= place; i += 8) {
        uint64_t word = osl_get64(chunk->payload + i) >> 6 & codes;
        sums += (word & pairs) + (word >> 8 & pairs);
    }
    uint64_t sum = place + (sums * 0x0001000100010001u >> 48);
    for (; i < place; i++)
        sum += chunk->payload[i] >> 6;
    return sum + osl_chunk_exceed(chunk, 0, place, 4);
}

uint64_t osl_chunk_before(const osl_chunk *chunk, unsigned range,
                          unsigned start, unsigned place)
{
    return osl_chunk_flags(chunk->header) & OSL_CHUNK_DENSE
               ? before_dense(chunk, range, start, place)
               : before_sparse(chunk, place);
}

static void decode_ordinals(const osl_chunk *chunk, uint32_t first,
                            uint32_t *ordinals)
{
    uint64_t mask = osl_chunk_mask(chunk->header);
    bool dense = osl_chunk_flags(chunk->header) & OSL_CHUNK_DENSE;
    const uint8_t *counts = chunk->counts, *bytes = chunk->payload;
    for (; mask; mask &= mask - 1, counts++) {
        unsigned range = (unsigned)__builtin_ctzll(mask);
        uint32_t base = first + range * OSL_RANGE_SIZE;
        for (unsigned i = 0; !dense && i < *counts; i++)
            *ordinals++ = base + (*bytes++ & 63);
        uint64_t word =
            dense ? osl_get64(chunk->payload + (size_t)range * 8) : 0;
        for (; word; word &= word - 1)
            *ordinals++ = base + (uint32_t)__builtin_ctzll(word);
    }
}

/* tf of postings from … to − 1 of a dense chunk, of one word of the planes,
 * but for exceptions. */
static void decode_word(const uint8_t *plane, size_t words, unsigned planes,
                        unsigned count, uint32_t *tfs)
{
    uint64_t bits[OSL_CHUNK_PLANES_MAX + 1] = {0};
    for (unsigned p = 0; p < planes; p++)
        bits[p] = osl_get64(plane + p * words * 8);
    for (unsigned i = 0; i < count; i++)
        tfs[i] = (uint32_t)(1 + (bits[0] >> i & 1) + 2 * (bits[1] >> i & 1) +
                            4 * (bits[2] >> i & 1) + 8 * (bits[3] >> i & 1) +
                            16 * (bits[4] >> i & 1));
}

static void decode_tfs(const osl_chunk *chunk, uint32_t *tfs)
{
    unsigned count = osl_chunk_count(chunk->header);
    unsigned flags = osl_chunk_flags(chunk->header);
    if (!(flags & OSL_CHUNK_DENSE)) {
        for (unsigned i = 0; i < count; i++)
            tfs[i] = (chunk->payload[i] >> 6) + 1u;
        return;
    }
    size_t words = (count + 63) / 64;
    const uint8_t *at =
        chunk->payload + osl_chunk_planes_at(flags, chunk->positions);
    for (unsigned i = 0; i < count; i += 64, at += 8)
        decode_word(at, words, osl_chunk_planes(flags),
                    count - i < 64 ? count - i : 64, tfs + i);
}

void osl_chunk_decode(const osl_chunk *chunk, uint32_t first,
                      uint32_t *ordinals, uint32_t *tfs)
{
    decode_ordinals(chunk, first, ordinals);
    decode_tfs(chunk, tfs);
    if (!(osl_chunk_flags(chunk->header) & OSL_CHUNK_EXCEPTIONS))
        return;
    exceptions of = exceptions_of(chunk);
    size_t large = 0;
    for (unsigned i = 0; i < of.count; i++) {
        bool wide = of.tf[i] == 255;
        tfs[index_at(&of, i)] =
            wide ? osl_get32(of.large + large * 4) : of.tf[i];
        large += wide;
    }
}

/* ---- checking ---------------------------------------------------------- */

/* Every index rises, is of a posting that says it is an exception (`said` of
 * them in all), and the large ones are all there, none above `most`. */
static bool exceptions_are_sound(const osl_chunk *chunk, const uint8_t *end,
                                 unsigned said, uint64_t most)
{
    size_t width = osl_chunk_flags(chunk->header) & OSL_CHUNK_DENSE ? 2 : 1;
    const uint8_t *start = exceptions_of(chunk).index - 2 * width;
    if (start > end || (size_t)(end - start) < 2 * width)
        return false;
    exceptions of = exceptions_at(start, width);
    unsigned large = width == 2 ? osl_get16(start + 2) : start[1];
    unsigned count = osl_chunk_count(chunk->header), found = 0;
    if (of.count != said || of.count == 0 ||
        (size_t)(end - start) <
            2 * width + of.count * (width + 1) + (size_t)large * 4)
        return false;
    for (unsigned i = 0; i < of.count; i++) {
        if (index_at(&of, i) >= count ||
            (i > 0 && index_at(&of, i) <= index_at(&of, i - 1)))
            return false;
        if (of.tf[i] == 0)
            return false; /* there is an occurrence in each posting */
        found += of.tf[i] == 255;
    }
    for (unsigned i = 0; found == large && i < large; i++) {
        uint32_t tf = osl_get32(of.large + (size_t)i * 4);
        if (tf == 0 || tf > most)
            return false;
    }
    return found == large;
}

/* `count` sparse postings of one range: rising offsets below `limit`. */
static bool range_rises(const uint8_t *postings, unsigned count, uint32_t limit)
{
    for (unsigned i = 1; i < count; i++)
        if ((postings[i] & 63) <= (postings[i - 1] & 63))
            return false;
    return (postings[count - 1] & 63u) < limit;
}

static bool range_is_sound(const osl_chunk *chunk, unsigned range,
                           unsigned count, unsigned start, uint32_t limit)
{
    uint32_t first = range * OSL_RANGE_SIZE;
    if (count == 0 || count > 64 || first >= limit)
        return false;
    limit -= first;
    if (!(osl_chunk_flags(chunk->header) & OSL_CHUNK_DENSE))
        return start + count <= osl_chunk_count(chunk->header) &&
               range_rises(chunk->payload + start, count, limit);
    uint64_t word = osl_get64(chunk->payload + (size_t)range * 8);
    return osl_popcount(word) == count && (limit >= 64 || word >> limit == 0);
}

static bool ranges_are_sound(const osl_chunk *chunk, uint32_t limit)
{
    uint64_t mask = osl_chunk_mask(chunk->header);
    bool dense = osl_chunk_flags(chunk->header) & OSL_CHUNK_DENSE;
    unsigned start = 0, rank = 0;
    for (unsigned range = 0; range < 64; range++) {
        if (!(mask >> range & 1)) {
            if (dense && osl_get64(chunk->payload + (size_t)range * 8))
                return false;
            continue;
        }
        unsigned count = chunk->counts[rank++];
        if (!range_is_sound(chunk, range, count, start, limit))
            return false;
        start += count;
    }
    return start == osl_chunk_count(chunk->header);
}

/* Postings that say they are exceptions. */
static unsigned count_said(const osl_chunk *chunk)
{
    unsigned flags = osl_chunk_flags(chunk->header);
    unsigned count = osl_chunk_count(chunk->header), said = 0;
    if (!(flags & OSL_CHUNK_DENSE)) {
        for (unsigned i = 0; i < count; i++)
            said += chunk->payload[i] >> 6 == 3;
        return said;
    }
    unsigned planes = osl_chunk_planes(flags);
    size_t words = (count + 63) / 64;
    const uint8_t *at =
        chunk->payload + osl_chunk_planes_at(flags, chunk->positions);
    for (size_t w = 0; w < words; w++) {
        uint64_t all = ~(uint64_t)0;
        if (w == words - 1 && count % 64)
            all = ((uint64_t)1 << (count % 64)) - 1;
        for (unsigned p = 0; p < planes; p++)
            all &= osl_get64(at + (p * words + w) * 8);
        said += osl_popcount(all);
    }
    return said;
}

bool osl_chunk_is_sound(const osl_chunk *chunk, const osl_chunk_limits *limits)
{
    unsigned flags = osl_chunk_flags(chunk->header);
    unsigned count = osl_chunk_count(chunk->header);
    bool dense = flags & OSL_CHUNK_DENSE;
    uint64_t mask = osl_chunk_mask(chunk->header);
    if (count > OSL_CHUNK_SIZE || osl_chunk_planes(flags) > 5 ||
        flags >> OSL_CHUNK_MORE_SHIFT > 2 ||
        osl_popcount(mask) != limits->range_count)
        return false;
    size_t least = count;
    if (dense)
        least = osl_chunk_planes_at(flags, chunk->positions) +
                (size_t)osl_chunk_planes(flags) * ((count + 63) / 64) * 8;
    if (limits->payload_bytes < least || !ranges_are_sound(chunk, limits->end))
        return false;
    if (!dense && (count >= OSL_CHUNK_DENSE_MIN || osl_chunk_planes(flags)))
        return false;
    unsigned said =
        dense && osl_chunk_planes(flags) == 0 ? 0 : count_said(chunk);
    if (!(flags & OSL_CHUNK_EXCEPTIONS))
        return dense || said == 0;
    return exceptions_are_sound(chunk, chunk->payload + limits->payload_bytes,
                                said, limits->tf);
}
