/* SPDX-License-Identifier: MIT */
#include "core/segment/shortcut.h"

#include "core/base/select.h"

/* ---- an entry's head ----------------------------------------------------- */

enum { HEAD_BYTES = 2, FULL = 230 }; /* of 256: how full buckets are to be */
enum {
    LENGTH_SHIFT = 6,
    COUNT_SHIFT = 10,
    ORDINAL_SHIFT = 12,
    BYTES_SHIFT = 14
};

static unsigned size_of(unsigned head)
{
    return head & 63;
}

static unsigned length_of(unsigned head)
{
    return head >> LENGTH_SHIFT & OSL_SHORTCUT_LONGEST;
}

/* ---- writing ------------------------------------------------------------- */

void osl_shortcuts_begin(osl_shortcuts *shortcuts)
{
    osl_buf_reset(&shortcuts->entries);
    osl_buf_reset(&shortcuts->keys);
    osl_buf_reset(&shortcuts->places);
}

void osl_shortcuts_clear(osl_shortcuts *shortcuts)
{
    osl_buf_clear(&shortcuts->entries);
    osl_buf_clear(&shortcuts->keys);
    osl_buf_clear(&shortcuts->places);
}

/* The bytes that a number takes, one at least. */
static unsigned width_of(uint64_t number)
{
    return number ? (71u - (unsigned)__builtin_clzll(number)) / 8 : 1;
}

static void put_entry(osl_buf *to, osl_text term, uint32_t ordinal,
                      const osl_term_info *info)
{
    uint64_t more = info->cf - info->df;
    unsigned length = (unsigned)term.length;
    unsigned counts = width_of(info->df | more), ordinals = width_of(ordinal);
    unsigned bytes = width_of(info->bytes), places = width_of(info->offset);
    unsigned size =
        HEAD_BYTES + length + 2 * counts + ordinals + bytes + places;
    uint8_t *at = osl_buf_room(to, OSL_SHORTCUT_BUCKET);
    if (!at)
        return;
    osl_put16(at, (uint16_t)(size | length << LENGTH_SHIFT |
                             (counts - 1) << COUNT_SHIFT |
                             (ordinals - 1) << ORDINAL_SHIFT |
                             (bytes - 1) << BYTES_SHIFT));
    at += HEAD_BYTES;
    memcpy(at, term.bytes, length);
    at += length;
    osl_put64(at, info->df);
    osl_put64(at += counts, more);
    osl_put64(at += counts, ordinal);
    osl_put64(at += ordinals, info->bytes);
    osl_put64(at + bytes, info->offset);
    to->length += size;
}

void osl_shortcuts_add(osl_shortcuts *shortcuts, osl_text term,
                       uint32_t ordinal, const osl_term_info *info)
{
    if (info->df < OSL_SHORTCUT_DF_MIN || term.length == 0 ||
        term.length > OSL_SHORTCUT_LONGEST || info->bytes > UINT32_MAX ||
        info->cf - info->df > UINT32_MAX)
        return;
    uint32_t before = (uint32_t)(shortcuts->keys.length / 8);
    osl_buf_put64(&shortcuts->keys,
                  (uint64_t)info->df << 32 | (UINT32_MAX - before));
    osl_buf_put64(&shortcuts->places, shortcuts->entries.length);
    put_entry(&shortcuts->entries, term, ordinal, info);
}

static uint32_t bucket_of(const uint8_t *entry, uint32_t buckets)
{
    osl_text term = {(const char *)entry + HEAD_BYTES,
                     length_of(osl_get16(entry))};
    osl_shortcut_key key = osl_shortcut_key_of(term);
    return osl_shortcut_bucket(&key, buckets);
}

/* Behind the entries of its bucket; false where there is no room. */
static bool place_entry(uint8_t *bucket, const uint8_t *entry)
{
    unsigned used = 0, size = size_of(osl_get16(entry));
    while (used + HEAD_BYTES <= OSL_SHORTCUT_BUCKET &&
           osl_get16(bucket + used) != 0)
        used += size_of(osl_get16(bucket + used));
    if (used + size > OSL_SHORTCUT_BUCKET)
        return false;
    memcpy(bucket + used, entry, size);
    return true;
}

osl_status osl_shortcuts_finish(osl_shortcuts *shortcuts, osl_buf *out,
                                osl_error *err)
{
    uint64_t *keys = (uint64_t *)(void *)shortcuts->keys.bytes;
    size_t count = shortcuts->keys.length / 8,
           bytes = shortcuts->entries.length;
    if (shortcuts->keys.failed || shortcuts->places.failed ||
        shortcuts->entries.failed)
        return osl_fail(err, OSL_ENOMEM, "out of memory for shortcuts");
    if (count == 0)
        return OSL_OK;
    size_t buckets = bytes * 256 / FULL / OSL_SHORTCUT_BUCKET + 1;
    size_t length = OSL_SHORTCUT_HEAD + buckets * OSL_SHORTCUT_BUCKET;
    uint8_t *to = osl_buf_room(out, length);
    if (!to)
        return osl_buf_status(out, "shortcuts", err);
    uint32_t placed = 0;
    memset(to, 0, length);
    osl_sort_falling(keys, count);
    for (size_t i = 0; i < count; i++) {
        size_t n = UINT32_MAX - (uint32_t)keys[i];
        const uint8_t *entry = shortcuts->entries.bytes +
                               osl_get64(shortcuts->places.bytes + n * 8);
        uint32_t bucket = bucket_of(entry, (uint32_t)buckets);
        placed += place_entry(to + OSL_SHORTCUT_HEAD +
                                  (size_t)bucket * OSL_SHORTCUT_BUCKET,
                              entry);
    }
    osl_put32(to, (uint32_t)buckets);
    osl_put32(to + 4, placed);
    out->length += length;
    return OSL_OK;
}

/* ---- reading ------------------------------------------------------------- */

/* The number of 1 to 4 bytes that ends at `end`. So read, all of it is in the
 * lines of the bucket. */
static uint32_t short_before(const uint8_t *end, unsigned width)
{
    return osl_get32(end - 4) >> (32 - 8 * width);
}

/* False where what is left for the place is no number. */
static bool take_entry(const uint8_t *entry, unsigned head,
                       osl_shortcut_part part, osl_term_info *out)
{
    unsigned counts = (head >> COUNT_SHIFT & 3) + 1;
    unsigned ordinals = (head >> ORDINAL_SHIFT & 3) + 1;
    unsigned bytes = (head >> BYTES_SHIFT & 3) + 1;
    unsigned before = HEAD_BYTES + length_of(head) + 2 * counts + ordinals;
    unsigned places = size_of(head) - before - bytes;
    const uint8_t *end = entry + size_of(head), *at = entry + before;
    if (places - 1 > 7)
        return false;
    out->df = short_before(at - ordinals - counts, counts);
    out->cf = (uint64_t)out->df + short_before(at - ordinals, counts);
    out->ordinal = short_before(at, ordinals);
    if (part == OSL_SHORTCUT_COUNTS)
        return true;
    out->bytes = short_before(at + bytes, bytes);
    out->offset = osl_get64(end - 8) >> (64 - 8 * places);
    return true;
}

/* All ones below byte `length` ≤ 8. */
static uint64_t bytes_below(unsigned length)
{
    return length ? ~(uint64_t)0 >> (64 - 8 * length) : 0;
}

bool osl_shortcut_find(const uint8_t *bucket, const osl_shortcut_key *key,
                       osl_shortcut_part part, osl_term_info *out)
{
    const uint8_t *end = bucket + OSL_SHORTCUT_BUCKET;
    unsigned length = key->length, low = length < 8 ? length : 8;
    uint64_t low_mask = bytes_below(low), high_mask = bytes_below(length - low);
    out->df = 0;
    if (length == 0)
        return true;
    for (const uint8_t *at = bucket; at + OSL_SHORTCUT_ENTRY_MIN <= end;) {
        unsigned head = osl_get16(at);
        if (head == 0)
            return true;
        const uint8_t *next = at + size_of(head);
        if (next > end || size_of(head) < OSL_SHORTCUT_ENTRY_MIN)
            return false;
        if (length_of(head) == length &&
            (osl_get64(at + HEAD_BYTES) & low_mask) == key->low &&
            (length <= 8 ||
             (osl_get64(at + HEAD_BYTES + 8) & high_mask) == key->high)) {
            return take_entry(at, head, part, out);
        }
        at = next;
    }
    return true;
}
