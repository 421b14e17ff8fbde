/* SPDX-License-Identifier: MIT */
#include "core/segment/forms_bits.h"

#include "core/base/bytes.h"

#include <string.h>

enum { BLOCK = OSL_FORMS_BLOCK, LEVELS = OSL_FORMS_LEVELS };
enum { WIDTHS = 32, HALF = 16, HALF_MASK = 0xFFFF };

/* ---- writing ------------------------------------------------------------- */

typedef struct set_writer {
    osl_buf *out;
    osl_middles_fn *put;
    osl_middles_end end; /* in `out`, for which room was made */
} set_writer;

/* What rises and is below `below`. */
static void put_set(set_writer *to, const uint32_t *places, uint32_t count,
                    uint32_t below)
{
    const osl_middles set = {places, &count, &below, 1};
    if (count == 0 || to->out->failed)
        return;
    if (to->end.to)
        to->out->length = (size_t)(to->end.to - to->out->bytes);
    to->end.to = osl_buf_room(to->out, (size_t)count * OSL_MIDDLES_BYTES +
                                           OSL_MIDDLES_SLACK);
    if (to->end.to && !to->put(&set, &to->end))
        to->out->failed = true; /* never: places rise */
}

static void put_number(set_writer *to, uint32_t value, uint32_t below)
{
    put_set(to, &value, 1, below);
}

/* Leaves the forms above `form`, and returns how many they are. */
static uint32_t put_level(set_writer *to, uint32_t *forms, uint32_t count,
                          uint32_t form)
{
    uint32_t places[BLOCK + 1], above = 0, found = 0, left = 0;
    for (uint32_t i = 0; i < count; i++)
        above += forms[i] > form;
    bool of_above = 2 * above <= count;
    for (uint32_t i = 0; i < count; i++) {
        bool is_above = forms[i] > form;
        places[found] = i;
        found += is_above == of_above;
        forms[left] = forms[i];
        left += is_above;
    }
    put_number(to, above, count + 1);
    put_set(to, places, found, count);
    return above;
}

static void put_rest(set_writer *to, const uint32_t *forms, uint32_t count)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < count; i++)
        all |= forms[i] - LEVELS;
    unsigned w = 32 - (unsigned)__builtin_clz(all | 1);
    w = w < WIDTHS ? w : WIDTHS - 1; /* forms are below 2^31 */
    unsigned low = w < HALF ? w : HALF;
    put_number(to, w, WIDTHS);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t value = forms[i] - LEVELS;
        put_number(to, value >> HALF, (uint32_t)1 << (w - low));
        put_number(to, value & HALF_MASK, (uint32_t)1 << low);
    }
}

static void put_block(set_writer *to, const uint32_t *forms, uint32_t count)
{
    uint32_t left[BLOCK];
    memcpy(left, forms, (size_t)count * sizeof *left);
    for (uint32_t form = 0; form < LEVELS && count > 0; form++)
        count = put_level(to, left, count, form);
    if (count > 0)
        put_rest(to, left, count);
}

void osl_forms_write_bits(osl_buf *out, const uint32_t *forms, uint64_t total,
                          osl_middles_fn *put)
{
    osl_buf bits = {0};
    set_writer to = {.out = &bits, .put = put};
    for (uint64_t at = 0; at < total; at += BLOCK)
        put_block(&to, forms + at,
                  total - at < BLOCK ? (uint32_t)(total - at) : BLOCK);
    if (to.end.to && !bits.failed) {
        *to.end.to = (uint8_t)to.end.bits;
        bits.length = (size_t)(to.end.to - bits.bytes) + (to.end.used > 0);
    }
    osl_buf_put_varint(out, bits.length);
    osl_buf_put_text(out, osl_buf_text(&bits));
    out->failed |= bits.failed;
    osl_buf_clear(&bits);
}

/* ---- reading ------------------------------------------------------------- */

static bool get_number(osl_position_stream *from, uint32_t below,
                       uint32_t *value)
{
    return osl_positions_read_set(from, value, 1, below);
}

/* The occurrences whose places [0, *count) `left` has are of `form` or more;
 * leaves those above, and counts their forms up. */
static bool get_level(osl_position_stream *from, uint32_t *forms,
                      uint32_t *left, uint32_t *count)
{
    uint32_t places[BLOCK + 1], above = 0, n = *count, next = 0, kept = 0;
    if (!get_number(from, n + 1, &above))
        return false;
    bool of_above = 2 * above <= n;
    uint32_t found = of_above ? above : n - above;
    if (!osl_positions_read_set(from, places, found, n))
        return false;
    places[found] = UINT32_MAX;
    for (uint32_t i = 0; i < n && above > 0; i++) {
        bool is_found = places[next] == i;
        uint32_t is_above = is_found == of_above;
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): has n */
        uint32_t place = left[i];
        next += is_found;
        left[kept] = place;
        kept += is_above;
        forms[place] += is_above;
    }
    *count = above;
    return true;
}

static bool get_rest(osl_position_stream *from, uint32_t *forms,
                     const uint32_t *left, uint32_t count)
{
    uint32_t w = 0, high = 0, value = 0;
    if (!get_number(from, WIDTHS, &w))
        return false;
    uint32_t low = w < HALF ? w : HALF;
    for (uint32_t i = 0; i < count; i++) {
        if (!get_number(from, (uint32_t)1 << (w - low), &high) ||
            !get_number(from, (uint32_t)1 << low, &value))
            return false;
        forms[left[i]] = LEVELS + (high << HALF | value);
    }
    return true;
}

static bool get_block(osl_forms_reader *reader)
{
    uint32_t left[BLOCK];
    uint32_t count = reader->left < BLOCK ? (uint32_t)reader->left : BLOCK;
    reader->left -= count;
    reader->count = count;
    reader->next = 0;
    memset(reader->forms, 0, (size_t)count * sizeof *reader->forms);
    for (uint32_t i = 0; i < count; i++)
        left[i] = i;
    for (unsigned form = 0; form < LEVELS && count > 0; form++)
        if (!get_level(&reader->from, reader->forms, left, &count))
            return false;
    return (count == 0 ||
            get_rest(&reader->from, reader->forms, left, count)) &&
           reader->from.at <= reader->from.end;
}

size_t osl_forms_open_bits(osl_forms_reader *reader, const uint8_t *bytes,
                           size_t length, uint64_t total)
{
    const uint8_t *at = bytes;
    uint64_t taken;
    if (!osl_varint_get(&at, bytes + length, &taken) ||
        taken > (uint64_t)(bytes + length - at))
        return 0;
    reader->from = (osl_position_stream){at, 0, taken * 8};
    reader->left = total;
    reader->count = reader->next = 0;
    return (size_t)(at - bytes) + (size_t)taken;
}

bool osl_forms_take_bits(osl_forms_reader *reader, uint64_t count,
                         uint32_t *out)
{
    while (count > 0) {
        if (reader->next == reader->count &&
            (reader->left == 0 || !get_block(reader)))
            return false;
        uint32_t here = reader->count - reader->next;
        here = here < count ? here : (uint32_t)count;
        memcpy(out, reader->forms + reader->next, (size_t)here * sizeof *out);
        reader->next += here;
        out += here;
        count -= here;
    }
    return true;
}
