/* SPDX-License-Identifier: MIT */
#include "core/segment/shortcut.h"

#include "core/base/select.h"

/* ---- an entry's head ----------------------------------------------------- */

enum { HEAD_BYTES = 2, FULL = 240 }; /* of 256: how full buckets are to be */
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
    osl_buf_reset(&shortcuts->blocks);
}

void osl_shortcuts_clear(osl_shortcuts *shortcuts)
{
    osl_buf_clear(&shortcuts->entries);
    osl_buf_clear(&shortcuts->keys);
    osl_buf_clear(&shortcuts->places);
    osl_buf_clear(&shortcuts->blocks);
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

void osl_shortcuts_add_block(osl_shortcuts *shortcuts, uint64_t prefix,
                             uint64_t offset)
{
    osl_buf_put64(&shortcuts->blocks, prefix);
    osl_buf_put64(&shortcuts->blocks, offset);
}

static uint64_t hash_of(const uint8_t *entry)
{
    osl_text term = {(const char *)entry + HEAD_BYTES,
                     length_of(osl_get16(entry))};
    osl_shortcut_key key = osl_shortcut_key_of(term);
    return osl_shortcut_hash(&key);
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

/* ---- signposts ----------------------------------------------------------- */

/* Of a node; of a block as it is kept: prefix, offset. */
enum { PARTS = 4, BLOCK_BYTES = 16 };

/* The bits of a prefix that a mark has. */
static unsigned mark_of(uint64_t prefix, unsigned shift)
{
    return (unsigned)(prefix >> shift) & UINT16_MAX;
}

/* Of a node whose blocks these are; `next` is the prefix of the next node, so
 * that whatever is looked for here has the first one's bits above the marks. */
static void put_signpost(uint8_t *to, const uint8_t *blocks, size_t count,
                         uint64_t next)
{
    enum { PART = OSL_SIGNPOST_BLOCKS / PARTS };
    uint64_t differ = osl_get64(blocks) ^ next;
    uint64_t offset = osl_get64(blocks + 8);
    unsigned bits = differ ? 64u - (unsigned)__builtin_clzll(differ) : 0;
    unsigned shift = bits > 16 ? bits - 16 : 0;
    osl_put32(to, (uint32_t)offset);
    to[4] = (uint8_t)shift;
    for (size_t part = 1; part < PARTS; part++) {
        bool is_there = part * PART < count;
        const uint8_t *block =
            is_there ? blocks + part * PART * BLOCK_BYTES : blocks;
        uint64_t step = (osl_get64(block + 8) - offset) / OSL_SIGNPOST_STEP;
        unsigned mark =
            is_there ? mark_of(osl_get64(block), shift) : UINT16_MAX;
        to[4 + part] = (uint8_t)(step < UINT8_MAX ? step : UINT8_MAX);
        osl_put16(to + 6 + 2 * part, (uint16_t)mark);
    }
}

static void put_signposts(uint8_t *to, const osl_buf *blocks)
{
    size_t count = blocks->length / BLOCK_BYTES;
    for (size_t at = 0; at < count; at += OSL_SIGNPOST_BLOCKS) {
        size_t left = count - at;
        const uint8_t *first = blocks->bytes + at * BLOCK_BYTES;
        const uint8_t *behind =
            first + (size_t)OSL_SIGNPOST_BLOCKS * BLOCK_BYTES;
        if (left > OSL_SIGNPOST_BLOCKS)
            put_signpost(to, first, OSL_SIGNPOST_BLOCKS, osl_get64(behind));
        else
            put_signpost(to, first, left, UINT64_MAX);
        to += OSL_SIGNPOST_BYTES;
    }
}

/* ---- the section --------------------------------------------------------- */

static void add_bits(uint8_t *filter, osl_shortcut_bits bits)
{
    osl_put64(filter, osl_get64(filter) | bits.half[0]);
    osl_put64(filter + 8, osl_get64(filter + 8) | bits.half[1]);
}

/* Returns how many entries found room. */
static uint32_t put_entries(const osl_shortcuts *shortcuts, uint32_t buckets,
                            uint8_t *filters, uint8_t *to)
{
    uint64_t *keys = (uint64_t *)(void *)shortcuts->keys.bytes;
    size_t count = shortcuts->keys.length / 8;
    uint32_t placed = 0;
    osl_sort_falling(keys, count);
    for (size_t i = 0; i < count; i++) {
        size_t n = UINT32_MAX - (uint32_t)keys[i];
        const uint8_t *entry = shortcuts->entries.bytes +
                               osl_get64(shortcuts->places.bytes + n * 8);
        uint64_t hash = hash_of(entry);
        size_t bucket = osl_shortcut_bucket(hash, buckets);
        if (!place_entry(to + bucket * OSL_SHORTCUT_BUCKET, entry) &&
            !place_entry(to + (bucket ^= 1) * OSL_SHORTCUT_BUCKET, entry))
            continue;
        add_bits(filters + bucket * OSL_SHORTCUT_FILTER,
                 osl_shortcut_bits_of(hash));
        placed++;
    }
    return placed;
}

osl_status osl_shortcuts_finish(osl_shortcuts *shortcuts, osl_buf *out,
                                osl_error *err)
{
    size_t bytes = shortcuts->entries.length;
    if (shortcuts->keys.failed || shortcuts->places.failed ||
        shortcuts->entries.failed || shortcuts->blocks.failed)
        return osl_fail(err, OSL_ENOMEM, "out of memory for shortcuts");
    if (bytes == 0)
        return OSL_OK;
    uint32_t pairs =
        (uint32_t)(bytes * 256 / FULL / OSL_SHORTCUT_BUCKET / 2 + 1);
    uint32_t buckets = 2 * pairs;
    size_t blocks = shortcuts->blocks.length / BLOCK_BYTES;
    uint32_t nodes =
        (uint32_t)((blocks + OSL_SIGNPOST_BLOCKS - 1) / OSL_SIGNPOST_BLOCKS);
    uint64_t start = osl_shortcut_buckets_at(buckets, nodes);
    size_t length = start + (size_t)buckets * OSL_SHORTCUT_BUCKET;
    uint8_t *to = osl_buf_room(out, length);
    if (!to)
        return osl_buf_status(out, "shortcuts", err);
    memset(to, 0, length);
    put_signposts(to + osl_shortcut_signposts_at(buckets), &shortcuts->blocks);
    osl_put32(to, buckets);
    osl_put32(to + 4, put_entries(shortcuts, buckets, to + OSL_SHORTCUT_HEAD,
                                  to + start));
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
            (osl_get64(at + HEAD_BYTES) & low_mask) == key->low) {
            if (size_of(head) < HEAD_BYTES + length)
                return false; /* the rest of its term may be anywhere */
            if (length <= 8 ||
                (osl_get64(at + HEAD_BYTES + 8) & high_mask) == key->high)
                return take_entry(at, head, part, out);
        }
        at = next;
    }
    return true;
}

/* How many bytes behind the first block a part begins. */
static uint32_t part_start(uint64_t head, unsigned part)
{
    uint64_t steps = head >> 40 << 8; /* a byte a part, that of the first 0 */
    return (uint32_t)(steps >> 8 * part & UINT8_MAX) * OSL_SIGNPOST_STEP;
}

osl_signpost_range osl_signpost_find(const uint8_t *signpost, uint64_t prefix)
{
    enum { LAST_PART = 512 }; /* bytes: mostly it has less */
    uint64_t head = osl_get64(signpost), marks = osl_get64(signpost + 8);
    unsigned mark = mark_of(prefix, head >> 32 & 63);
    unsigned first = 0, last = 0;
    for (unsigned i = 0; i + 1 < PARTS; i++) {
        unsigned other = marks >> 16 * i & UINT16_MAX;
        first += other < mark;
        last += other <= mark;
    }
    uint32_t start = part_start(head, first);
    uint32_t end = last + 1 < PARTS ? part_start(head, last + 1)
                                    : part_start(head, last) + LAST_PART;
    uint32_t length = end > start ? end - start : LAST_PART;
    return (osl_signpost_range){
        (uint32_t)head + start,
        length < OSL_SIGNPOST_MOST ? length : OSL_SIGNPOST_MOST,
    };
}
