/* SPDX-License-Identifier: MIT */
#include "core/segment/positions.h"

#include "core/base/bytes.h"
#include "core/segment/forms.h"
#include "core/segment/score.h"

enum { START_SHIFT = 3, HIGH_SHIFT = 6, WIDTH_BITS = 7 };

/* ---- writing ----------------------------------------------------------- */

bool osl_positions_are_right(const osl_positions_input *input)
{
    const uint32_t *at = input->positions;
    for (uint32_t i = 0; i < input->count; i++) {
        for (uint32_t n = 1; n < input->tfs[i]; n++)
            if (at[n] <= at[n - 1])
                return false;
        at += input->tfs[i];
        if (at[-1] >= OSL_POSITION_END)
            return false;
    }
    return true;
}

bool osl_positions_need_side(const osl_positions_input *input)
{
    const uint32_t *positions = input->positions;
    uint32_t all = 0;
    for (uint64_t i = 0; i < input->total; i++)
        all |= positions[i];
    return all >= 256;
}

static void put_low(uint8_t *restrict to, const uint32_t *restrict from,
                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (uint8_t)from[i];
}

void osl_positions_write_low(osl_buf *out, const osl_positions_input *input)
{
    uint8_t *to = osl_buf_room(out, (size_t)input->total);
    if (!to)
        return;
    put_low(to, input->positions, (size_t)input->total);
    out->length += (size_t)input->total;
}

static unsigned width_of(uint64_t greatest)
{
    return greatest < 0x100 ? 1 : greatest < 0x10000 ? 2 : 4;
}

static void put_width(osl_buf *out, uint64_t value, unsigned width)
{
    if (width == 1)
        osl_buf_put_byte(out, (uint8_t)value);
    else if (width == 2)
        osl_buf_put16(out, (uint16_t)value);
    else
        osl_buf_put32(out, (uint32_t)value);
}

/* What a side has to hold. */
typedef struct side_sizes {
    uint32_t postings;
    uint64_t occurrences;
    uint32_t greatest; /* position */
} side_sizes;

static side_sizes measure(const osl_positions_input *input)
{
    side_sizes sizes = {0};
    uint64_t end = 0;
    for (uint32_t i = 0; i < input->count; i++) {
        end += input->tfs[i];
        uint32_t last = input->positions[end - 1];
        if (last < 256)
            continue;
        sizes.postings++;
        sizes.occurrences += input->tfs[i];
        if (last > sizes.greatest)
            sizes.greatest = last;
    }
    return sizes;
}

static void put_index(osl_buf *out, const osl_positions_input *input,
                      unsigned index, unsigned start)
{
    uint64_t end = 0, before = 0;
    for (uint32_t i = 0; i < input->count; i++) {
        end += input->tfs[i];
        if (input->positions[end - 1] >= 256)
            put_width(out, i, index);
    }
    end = 0;
    for (uint32_t i = 0; i < input->count; i++) {
        end += input->tfs[i];
        if (input->positions[end - 1] < 256)
            continue;
        put_width(out, before, start);
        before += input->tfs[i];
    }
}

void osl_positions_write_side(osl_buf *out, const osl_positions_input *input)
{
    side_sizes sizes = measure(input);
    bool all = sizes.postings == input->count;
    unsigned index = all ? 0 : width_of(input->count);
    unsigned start = all ? 0 : width_of(sizes.occurrences);
    unsigned high = sizes.greatest < 0x10000 ? 1 : 2;
    osl_buf_put_byte(
        out, (uint8_t)(index | start << START_SHIFT | high << HIGH_SHIFT));
    if (!all) {
        put_width(out, sizes.postings, index);
        put_index(out, input, index, start);
    }
    uint64_t at = 0;
    for (uint32_t i = 0; i < input->count; i++) {
        uint64_t end = at + input->tfs[i];
        bool here = input->positions[end - 1] >= 256;
        for (; here && at < end; at++)
            put_width(out, input->positions[at] >> 8, high);
        at = end;
    }
}

/* ---- in bits ------------------------------------------------------------ */

bool osl_positions_write_bits(osl_buf *out, const osl_positions_input *input,
                              const uint32_t *ordinals, const uint8_t *codes,
                              osl_middles_fn *put)
{
    enum { BATCH = 256 };
    uint32_t mosts[BATCH];
    uint8_t *to = osl_buf_room(out, (size_t)input->total * OSL_MIDDLES_BYTES +
                                        OSL_MIDDLES_SLACK);
    osl_middles_end end = {.to = to};
    osl_middles middles = {input->positions, input->tfs, mosts, 0};
    if (!to)
        return true; /* the buffer tells */
    for (uint32_t at = 0; at < input->count; at += middles.count) {
        uint64_t total = 0;
        middles.count = input->count - at < BATCH ? input->count - at : BATCH;
        for (uint32_t i = 0; i < middles.count; i++) {
            mosts[i] = osl_length_most(codes[ordinals[at + i]]);
            total += middles.tfs[i];
        }
        if (!put(&middles, &end))
            return false;
        middles.positions += total;
        middles.tfs += middles.count;
    }
    *end.to = (uint8_t)end.bits;
    out->length = (size_t)(end.to - out->bytes) + (end.used > 0);
    return true;
}

/* A number below n; `at` moves behind its bits. */
static inline uint32_t get_number(const uint8_t *bytes, uint64_t *at,
                                  uint32_t n)
{
    unsigned k = 31u - (unsigned)__builtin_clz(n);
    uint32_t shorter = (uint32_t)(((uint64_t)2 << k) - n);
    uint64_t word = osl_get64(bytes + *at / 8) >> (*at % 8);
    uint32_t value = (uint32_t)(word & (((uint64_t)1 << k) - 1));
    uint32_t longer = value >= shorter;
    uint32_t last = (uint32_t)(word >> k) & longer;
    *at += k + longer;
    return (value << longer | last) - (shorter & (0 - longer));
}

/* Positions from `low` on and below `high`, which are so many at least. */
static bool get_positions(osl_position_stream *from, uint32_t *out,
                          uint32_t count, uint32_t low, uint32_t high)
{
    while (count > 0) {
        uint32_t before = count / 2, behind = count - 1 - before;
        uint32_t least = low + before;
        if (from->at > from->end)
            return false;
        uint32_t middle =
            least + get_number(from->bytes, &from->at, high - behind - least);
        out[before] = middle;
        if (!get_positions(from, out, before, low, middle))
            return false;
        out += before + 1;
        low = middle + 1;
        count = behind;
    }
    return true;
}

bool osl_positions_read_set(osl_position_stream *from, uint32_t *out,
                            uint32_t count, uint32_t below)
{
    return count <= below && get_positions(from, out, count, 0, below) &&
           from->at <= from->end;
}

bool osl_positions_read_bits(osl_position_stream *from,
                             const uint32_t *ordinals, const uint32_t *tfs,
                             uint32_t count, const uint8_t *codes,
                             uint32_t *out)
{
    osl_position_stream stream = *from;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t most = osl_length_most(codes[ordinals[i]]), tf = tfs[i];
        if (tf > most || stream.at > stream.end)
            return false;
        if (tf > 2) {
            if (!get_positions(&stream, out, tf, 0, most))
                return false;
            out += tf;
            continue;
        }
        /* As most are: the last one, then the first. */
        uint32_t last = tf - 1;
        out[last] = last + get_number(stream.bytes, &stream.at, most - last);
        if (last && stream.at > stream.end)
            return false;
        if (last)
            out[0] = get_number(stream.bytes, &stream.at, out[1]);
        out += tf;
    }
    *from = stream;
    return stream.at <= stream.end;
}

/* ---- reading ----------------------------------------------------------- */

bool osl_occurrences_open(osl_occurrences *out, const uint8_t *bytes,
                          size_t length, uint64_t total, bool forms, bool side)
{
    if (total > length)
        return false;
    *out =
        (osl_occurrences){.low = bytes, .end = bytes + length, .total = total};
    const uint8_t *next = bytes + total;
    if (forms) {
        size_t taken =
            osl_forms_block_bytes(next, (size_t)(out->end - next), total);
        if (taken == 0)
            return false;
        out->forms = next;
        next += taken;
    }
    if (side)
        out->side = next;
    return true;
}

static uint64_t get_width(const uint8_t *from, uint64_t i, unsigned width)
{
    from += i * width;
    return width == 1   ? from[0]
           : width == 2 ? osl_get16(from)
                        : osl_get32(from);
}

static bool is_width(unsigned width)
{
    return width == 1 || width == 2 || width == 4;
}

/* The place of `wanted` among `count` rising indexes; count where absent. */
static uint64_t find_index(const uint8_t *indexes, uint64_t count,
                           unsigned width, uint32_t wanted)
{
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (get_width(indexes, middle, width) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count && get_width(indexes, low, width) == wanted)
        return low;
    return count;
}

/* *high: the high parts of the posting at `place`, NULL where it has none. */
static bool find_high(const osl_occurrences *of, uint32_t place,
                      uint64_t before, const uint8_t **high, unsigned *width)
{
    const uint8_t *at = of->side;
    size_t left = (size_t)(of->end - at);
    *high = NULL;
    if (left < 1)
        return false;
    unsigned index = *at & WIDTH_BITS, start = *at >> START_SHIFT & WIDTH_BITS;
    *width = *at >> HIGH_SHIFT;
    at++;
    left--;
    if (*width != 1 && *width != 2)
        return false;
    uint64_t offset = before;
    if (index != 0) {
        if (!is_width(index) || !is_width(start) || left < index)
            return false;
        uint64_t count = get_width(at, 0, index);
        at += index;
        left -= index;
        if (count > left / (index + start))
            return false;
        uint64_t found = find_index(at, count, index, place);
        if (found == count)
            return true;
        offset = get_width(at + count * index, found, start);
        at += count * (index + start);
        left -= (size_t)(count * (index + start));
    }
    if (offset > left / *width)
        return false;
    *high = at + offset * *width;
    return true;
}

bool osl_occurrences_positions(const osl_occurrences *of, uint32_t place,
                               uint64_t before, uint32_t tf, uint32_t *out)
{
    if (before > of->total || tf > of->total - before)
        return false;
    for (uint32_t i = 0; i < tf; i++)
        out[i] = of->low[before + i];
    const uint8_t *high = NULL;
    unsigned width = 1;
    if (of->side && !find_high(of, place, before, &high, &width))
        return false;
    if (high && tf > (size_t)(of->end - high) / width)
        return false;
    for (uint32_t i = 0; high && i < tf; i++)
        out[i] |= (uint32_t)get_width(high, i, width) << 8;
    for (uint32_t i = 1; i < tf; i++)
        if (out[i] <= out[i - 1])
            return false;
    return true;
}
