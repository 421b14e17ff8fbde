/* SPDX-License-Identifier: MIT */
#include "core/segment/alias.h"

#include "core/segment/segment_internal.h"
#include "core/segment/taker.h"

#include <stdlib.h>
#include <string.h>

/* Entries that are front-coded together; how far ahead texts are fetched. */
enum { BLOCK = 16, AHEAD = 8 };

/* The parts as pieces of the joined form: of each how much it takes from
 * there, how much is left out before the next, and what it ends with. */
enum { TAKE_BITS = 5, SKIP_BITS = 2, TAKE_MAX = 31, SKIP_MAX = 3, TAIL = 128 };
enum { SOME_PARTS = 128, RAW = 255, PARTS_MAX = RAW - SOME_PARTS - 1 };
/* Two parts without a tail. */
enum { LEFT_BITS = 2, LEFT_MAX = 3, USES_MAX = 63 };
/* Lengths of the joined form that need no varint. */
enum { LENGTH_BITS = 4, LENGTH_MAX = 15 };

/* ---- writing ------------------------------------------------------------ */

static size_t common_prefix(osl_text a, osl_text b)
{
    size_t most = a.length < b.length ? a.length : b.length, n = 0;
    while (n < most && a.bytes[n] == b.bytes[n])
        n++;
    return n;
}

static osl_text from(osl_text text, size_t at)
{
    if (at > text.length)
        at = text.length;
    return (osl_text){text.bytes + at, text.length - at};
}

/* The part at the head of `parts`, which moves behind it. */
static osl_text next_part(osl_text *parts)
{
    /* A few bytes: a call of memchr() takes longer. */
    size_t length = 0;
    while (length < parts->length && parts->bytes[length] != ' ')
        length++;
    osl_text part = {parts->bytes, length};
    *parts = from(*parts, length + 1);
    return part;
}

/* What to leave out of the joined form so that most of `part` comes next. */
static size_t choose_skip(osl_text joined, size_t at, osl_text part)
{
    size_t best = 0, most = 0;
    /* Mostly all of it comes at once. */
    for (size_t skip = 0; skip <= SKIP_MAX && most < part.length; skip++) {
        size_t taken = common_prefix(from(joined, at + skip), part);
        if (taken > most) {
            most = taken;
            best = skip;
        }
    }
    return best;
}

/* False where the parts are no such pieces; `out` may have some then. */
static bool put_pieces(osl_buf *out, osl_text joined, osl_text parts)
{
    size_t at = 0, count = 1;
    for (size_t i = 0; i < parts.length; i++)
        count += parts.bytes[i] == ' ';
    if (count > PARTS_MAX)
        return false;
    osl_buf_put_byte(out, (uint8_t)(SOME_PARTS + count));
    osl_text part = next_part(&parts);
    for (; count > 0; count--) {
        size_t take = common_prefix(from(joined, at), part), skip = 0;
        osl_text tail = from(part, take), next = {"", 0};
        if (take > TAKE_MAX || tail.length > UINT8_MAX)
            return false;
        at += take;
        if (count > 1) {
            next = next_part(&parts);
            skip = choose_skip(joined, at, next);
            at += skip;
        }
        osl_buf_put_byte(out, (uint8_t)(take | skip << TAKE_BITS |
                                        (tail.length ? TAIL : 0u)));
        if (tail.length > 0) {
            osl_buf_put_byte(out, (uint8_t)tail.length);
            osl_buf_put_text(out, tail);
        }
        part = next;
    }
    return true;
}

static bool begins_at(osl_text text, size_t at, osl_text part)
{
    return at + part.length <= text.length &&
           memcmp(text.bytes + at, part.bytes, part.length) == 0;
}

/* Two parts without a tail, and the uses; false, with nothing put, where they
 * are something else. */
static bool put_two_parts(osl_buf *out, const osl_alias *alias)
{
    osl_text parts = alias->parts;
    osl_text first = next_part(&parts), second = next_part(&parts);
    /* Mostly all of it comes at once. */
    size_t skip = begins_at(alias->joined, first.length, second)
                      ? 0
                      : choose_skip(alias->joined, first.length, second);
    size_t at = first.length + skip, end = at + second.length;
    if (parts.length > 0 ||
        first.length + second.length + 1 != alias->parts.length ||
        first.length > TAKE_MAX || end > alias->joined.length ||
        alias->joined.length - end > LEFT_MAX ||
        memcmp(first.bytes, alias->joined.bytes, first.length) != 0 ||
        memcmp(second.bytes, alias->joined.bytes + at, second.length) != 0)
        return false;
    size_t uses = alias->uses - 1 < USES_MAX ? alias->uses - 1 : USES_MAX;
    osl_buf_put_byte(out, (uint8_t)(first.length | skip << TAKE_BITS));
    osl_buf_put_byte(
        out, (uint8_t)((alias->joined.length - end) | uses << LEFT_BITS));
    if (uses == USES_MAX)
        osl_buf_put_varint(out, alias->uses - 1 - USES_MAX);
    return true;
}

static void put_joined(osl_buf *out, osl_text joined, osl_text before)
{
    size_t shared = common_prefix(before, joined);
    osl_text suffix = from(joined, shared);
    size_t low = shared < LENGTH_MAX ? shared : LENGTH_MAX;
    size_t high = suffix.length < LENGTH_MAX ? suffix.length : LENGTH_MAX;
    osl_buf_put_byte(out, (uint8_t)(low | high << LENGTH_BITS));
    if (low == LENGTH_MAX)
        osl_buf_put_varint(out, shared - LENGTH_MAX);
    if (high == LENGTH_MAX)
        osl_buf_put_varint(out, suffix.length - LENGTH_MAX);
    osl_buf_put_text(out, suffix);
}

static void put_entry(osl_buf *out, const osl_alias *alias, osl_text before)
{
    put_joined(out, alias->joined, before);
    if (put_two_parts(out, alias))
        return;
    size_t start = out->length;
    if (!put_pieces(out, alias->joined, alias->parts) && !out->failed) {
        out->length = start;
        osl_buf_put_byte(out, RAW);
        osl_buf_put_varint(out, alias->parts.length);
        osl_buf_put_text(out, alias->parts);
    }
    osl_buf_put_varint(out, alias->uses - 1);
}

int osl_alias_compare(const osl_alias *a, const osl_alias *b)
{
    int order = osl_text_compare(a->joined, b->joined);
    if (order != 0)
        return order;
    if (a->uses != b->uses)
        return a->uses < b->uses ? 1 : -1;
    return osl_text_compare(a->parts, b->parts);
}

void osl_alias_blocks_clear(osl_alias_blocks *blocks)
{
    osl_buf_clear(&blocks->entries);
    free(blocks->offsets);
    *blocks = (osl_alias_blocks){0};
}

osl_status osl_alias_encode(osl_alias_blocks *out, const osl_alias *aliases,
                            uint32_t count, osl_error *err)
{
    uint32_t blocks = count / BLOCK + (count % BLOCK > 0);
    uint64_t *offsets = malloc((2 * (size_t)blocks + 1) * sizeof *offsets);
    if (!offsets)
        return osl_fail(err, OSL_ENOMEM, "out of memory while making aliases");
    uint64_t *heads = offsets + blocks + 1;
    osl_buf *entries = &out->entries;
    for (uint32_t i = 0; i < count; i++) {
        osl_text before = {"", 0}, joined = aliases[i].joined;
        if (count - i > AHEAD) {
            __builtin_prefetch(aliases[i + AHEAD].joined.bytes);
            __builtin_prefetch(aliases[i + AHEAD].parts.bytes);
        }
        if (i % BLOCK == 0) {
            offsets[i / BLOCK] = entries->length;
            heads[i / BLOCK] = osl_head64(joined.bytes, joined.length);
        } else {
            before = aliases[i - 1].joined;
        }
        put_entry(entries, &aliases[i], before);
    }
    offsets[blocks] = entries->length;
    out->offsets = offsets;
    out->count = blocks;
    return osl_buf_status(entries, "aliases", err);
}

osl_status osl_alias_put(osl_writer *writer, const osl_alias_blocks *blocks,
                         const osl_alias_uses *uses, osl_error *err)
{
    const osl_column_source none = {.size = 4};
    const uint64_t *offsets = blocks->offsets;
    const uint64_t *heads = offsets + blocks->count + 1;
    osl_column_source columns[OSL_ALIAS_COLUMNS] = {
        [OSL_ALIAS_BLOCKS] = osl_column_array(offsets, blocks->count + 1, 8),
        [OSL_ALIAS_FIRST_USE] = uses ? uses->starts : none,
        [OSL_ALIAS_USES] = uses ? uses->entries : none,
        [OSL_ALIAS_HEADS] = osl_column_array(heads, blocks->count, 8),
    };
    columns[OSL_ALIAS_FIRST_USE].may_step = true;
    return osl_tables_put(writer, OSL_SECTION_ALIASES, columns,
                          OSL_ALIAS_COLUMNS, osl_buf_text(&blocks->entries),
                          err);
}

osl_status osl_alias_write(osl_writer *writer, const osl_alias *aliases,
                           uint32_t count, const osl_alias_uses *uses,
                           osl_error *err)
{
    osl_alias_blocks blocks = {0};
    osl_status status = osl_alias_encode(&blocks, aliases, count, err);
    if (status == OSL_OK)
        status = osl_alias_put(writer, &blocks, uses, err);
    osl_alias_blocks_clear(&blocks);
    return status;
}

/* ---- reading ------------------------------------------------------------ */

static osl_status spoilt(const osl_segment *segment, osl_error *err)
{
    return osl_segment_spoilt(segment, &segment->sections[OSL_SECTION_ALIASES],
                              "an entry makes no sense", err);
}

/* A block as it is read: the joined form at hand, and its parts. */
typedef struct osl_alias_block {
    osl_taker from;
    char joined[OSL_ALIAS_JOINED_MAX];
    size_t length;
    osl_buf parts;
    bool passes; /* parts are passed over, not put */
    uint32_t uses;
} block_reader;

static osl_status open_block(block_reader *out, const osl_segment *segment,
                             const osl_column *offsets, uint64_t n,
                             osl_error *err)
{
    uint64_t start = 0, end = 0;
    const uint8_t *bytes = NULL;
    osl_status status =
        osl_tables_value(segment, OSL_SECTION_ALIASES, offsets, n, &start, err);
    if (status == OSL_OK)
        status = osl_tables_value(segment, OSL_SECTION_ALIASES, offsets, n + 1,
                                  &end, err);
    if (status == OSL_OK && start >= end)
        status = spoilt(segment, err);
    if (status == OSL_OK)
        status = osl_tables_extra(segment, OSL_SECTION_ALIASES, start,
                                  end - start, &bytes, err);
    if (status != OSL_OK)
        return status;
    out->from = (osl_taker){.at = bytes, .end = bytes + (end - start)};
    out->length = 0;
    return OSL_OK;
}

static const uint8_t *take_bytes(osl_taker *from, size_t length)
{
    if (length > (size_t)(from->end - from->at))
        from->spoilt = true;
    if (from->spoilt)
        return NULL;
    from->at += length;
    return from->at - length;
}

/* The lengths of the next joined form and its suffix, which is not copied; none
 * of it stands where the entry is spoilt. */
static const uint8_t *take_suffix(block_reader *r, size_t *shared)
{
    unsigned head = osl_take_byte(&r->from);
    uint64_t same = head & LENGTH_MAX, suffix = head >> LENGTH_BITS;
    if (same == LENGTH_MAX)
        same += osl_take_varint(&r->from);
    if (suffix == LENGTH_MAX)
        suffix += osl_take_varint(&r->from);
    if (same > r->length || suffix > sizeof r->joined - same)
        r->from.spoilt = true;
    const uint8_t *bytes = take_bytes(&r->from, (size_t)suffix);
    if (r->from.spoilt)
        return NULL;
    *shared = (size_t)same;
    r->length = (size_t)(same + suffix);
    return bytes;
}

static void take_joined(block_reader *r)
{
    size_t shared = 0;
    const uint8_t *suffix = take_suffix(r, &shared);
    if (!r->from.spoilt)
        memcpy(r->joined + shared, suffix, r->length - shared);
}

static void put_part(block_reader *r, const void *bytes, size_t length)
{
    if (!r->passes)
        osl_buf_put(&r->parts, bytes, length);
}

static void take_piece(block_reader *r, size_t *at, bool is_last)
{
    unsigned head = osl_take_byte(&r->from);
    size_t take = head & TAKE_MAX;
    if (take > r->length - *at) {
        r->from.spoilt = true;
        return;
    }
    put_part(r, r->joined + *at, take);
    *at += take + (head >> TAKE_BITS & SKIP_MAX);
    if (*at > r->length)
        r->from.spoilt = true;
    size_t length = head & TAIL ? osl_take_byte(&r->from) : 0;
    const uint8_t *tail = take_bytes(&r->from, length);
    if (r->from.spoilt)
        return;
    put_part(r, tail, length);
    if (!is_last)
        put_part(r, " ", 1);
}

/* Returns the uses less 1. */
static uint64_t take_two_parts(block_reader *r, unsigned head)
{
    unsigned more = osl_take_byte(&r->from);
    size_t take = head & TAKE_MAX, left = more & LEFT_MAX;
    size_t at = take + (head >> TAKE_BITS);
    uint64_t uses = more >> LEFT_BITS;
    if (at + left > r->length) {
        r->from.spoilt = true;
        return 0;
    }
    if (!r->passes) {
        put_part(r, r->joined, take);
        put_part(r, " ", 1);
        put_part(r, r->joined + at, r->length - left - at);
    }
    return uses == USES_MAX ? uses + osl_take_varint(&r->from) : uses;
}

/* Returns the uses less 1. */
static uint64_t take_parts(block_reader *r)
{
    size_t at = 0;
    unsigned head = osl_take_byte(&r->from);
    osl_buf_reset(&r->parts);
    if (head < SOME_PARTS)
        return take_two_parts(r, head);
    osl_text raw;
    if (head == RAW) {
        raw = osl_take_text(&r->from);
        put_part(r, raw.bytes, raw.length);
    }
    for (unsigned i = SOME_PARTS; head != RAW && i < head && !r->from.spoilt;
         i++)
        take_piece(r, &at, i + 1 == head);
    return osl_take_varint(&r->from);
}

/* Behind the joined form. */
static osl_status read_parts(block_reader *r, const osl_segment *segment,
                             osl_error *err)
{
    uint64_t more = take_parts(r);
    if (r->from.spoilt || more >= UINT32_MAX)
        return spoilt(segment, err);
    r->uses = (uint32_t)more + 1;
    return osl_buf_status(&r->parts, "an alias", err);
}

static osl_status read_entry(block_reader *r, const osl_segment *segment,
                             osl_error *err)
{
    take_joined(r);
    return read_parts(r, segment, err);
}

/* A joined form that is looked for. */
typedef struct search {
    const osl_segment *segment;
    osl_column offsets;
    osl_column_view heads; /* one a block */
    uint64_t entries;      /* where the first stands in the section */
    osl_text joined;
    block_reader
        reader;    /* owns; has no joined form but the one that is found */
    size_t common; /* bytes from its front that the entry at hand has */
} search;

/* How the first joined form of a block stands to `joined`: below 0 where it
 * comes before. It is looked at where it stands: it shares nothing with one
 * before it. */
static osl_status compare_first(const search *s, uint64_t block, int *order,
                                osl_error *err)
{
    enum { LONGEST = 1 + OSL_VARINT_MAX + OSL_ALIAS_JOINED_MAX };
    uint64_t start = 0;
    const osl_section *section = &s->segment->sections[OSL_SECTION_ALIASES];
    osl_status status = osl_tables_value(s->segment, OSL_SECTION_ALIASES,
                                         &s->offsets, block, &start, err);
    if (status == OSL_OK && start > section->length - s->entries)
        status = spoilt(s->segment, err);
    if (status != OSL_OK)
        return status;
    start += s->entries;
    uint64_t length = section->length - start;
    length = length < LONGEST ? length : LONGEST;
    status = osl_segment_touch(s->segment, section, start, length, err);
    if (status != OSL_OK)
        return status;
    osl_taker from = {.at = section->bytes + start,
                      .end = section->bytes + start + length};
    unsigned head = osl_take_byte(&from);
    uint64_t suffix = head >> LENGTH_BITS;
    if (suffix == LENGTH_MAX)
        suffix += osl_take_varint(&from);
    if (from.spoilt || (head & LENGTH_MAX) || suffix > OSL_ALIAS_JOINED_MAX ||
        suffix > (size_t)(from.end - from.at))
        return spoilt(s->segment, err);
    *order = osl_text_compare((osl_text){(const char *)from.at, (size_t)suffix},
                              s->joined);
    return OSL_OK;
}

static osl_status begins_below(const search *s, uint64_t block, bool *below,
                               osl_error *err)
{
    int order = 0;
    osl_status status = compare_first(s, block, &order, err);
    *below = status == OSL_OK && order < 0;
    return status;
}

/* The first block from `low` up to `high` whose head is above `head`; `high`
 * where none is. */
static uint64_t first_above(const search *s, uint64_t low, uint64_t high,
                            uint64_t head)
{
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (osl_column_view_get(&s->heads, (uint32_t)middle) > head)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The last block whose first entry is below the joined form, from *block on;
 * *block where none is. Looks at entries only where heads are the same. */
static osl_status find_block(const search *s, uint64_t *block, osl_error *err)
{
    uint64_t head = osl_head64(s->joined.bytes, s->joined.length);
    uint64_t high = first_above(s, *block, s->offsets.count - 1, head);
    uint64_t low = high;
    if (high > *block && head > 0 &&
        osl_column_view_get(&s->heads, (uint32_t)(high - 1)) == head)
        low = first_above(s, *block, high, head - 1);
    osl_status status = OSL_OK;
    while (low < high && status == OSL_OK) {
        uint64_t middle = low + (high - low) / 2;
        bool below = false;
        status = begins_below(s, middle, &below, err);
        if (below)
            low = middle + 1;
        else
            high = middle;
    }
    *block = low > *block ? low - 1 : *block;
    return status;
}

/* The splits of one joined form as they are found. */
typedef struct split_list {
    osl_alias_split *items; /* owns */
    size_t count, capacity;
    osl_arena *arena; /* of their parts */
} split_list;

static osl_status add_split(split_list *list, const block_reader *r,
                            uint64_t entry, osl_error *err)
{
    osl_alias_split split = {.uses = r->uses, .entry = (uint32_t)entry};
    if (!osl_arena_text(list->arena, osl_buf_text(&r->parts), &split.parts) ||
        !osl_grow(&list->items, &list->capacity, list->count + 1,
                  sizeof *list->items))
        return osl_fail(err, OSL_ENOMEM, "out of memory while reading aliases");
    list->items[list->count++] = split;
    return OSL_OK;
}

/* Moves to the next joined form and tells how it stands to the one looked for:
 * below 0 where it comes before, as all before it in the block did or were the
 * same. What shares more with the entry before than that had in common with
 * the one looked for stands as that did; what shares less stands behind. */
static int compare_next(search *s)
{
    block_reader *r = &s->reader;
    size_t shared = 0, length = s->joined.length;
    const uint8_t *suffix = take_suffix(r, &shared);
    if (r->from.spoilt || shared < s->common)
        return 1;
    if (shared > s->common)
        return -1;
    size_t most = r->length < length ? r->length : length, at = shared;
    while (at < most && suffix[at - shared] == (uint8_t)s->joined.bytes[at])
        at++;
    s->common = at;
    if (at < most)
        return suffix[at - shared] < (uint8_t)s->joined.bytes[at] ? -1 : 1;
    return r->length < length ? -1 : r->length > length;
}

/* Goes on in the block at hand, of which `entry` is the first. */
static osl_status find_in_block(search *s, uint64_t entry, split_list *list,
                                int *order, osl_error *err)
{
    block_reader *r = &s->reader;
    osl_status status = OSL_OK;
    s->common = 0;
    for (; status == OSL_OK && *order <= 0 && r->from.at < r->from.end;
         entry++) {
        *order = compare_next(s);
        if (r->from.spoilt)
            return spoilt(s->segment, err);
        r->passes = *order != 0;
        if (*order == 0)
            memcpy(r->joined, s->joined.bytes, r->length);
        if (*order <= 0)
            status = read_parts(r, s->segment, err);
        if (status == OSL_OK && *order == 0)
            status = add_split(list, r, entry, err);
    }
    return status;
}

/* The entries of the joined form: in the block that *from is set to, perhaps
 * on into the next. */
static osl_status find_splits(search *s, uint64_t *from, split_list *list,
                              osl_error *err)
{
    int order = -1;
    osl_status status = find_block(s, from, err);
    for (uint64_t block = *from;
         status == OSL_OK && order <= 0 && block + 1 < s->offsets.count;
         block++) {
        status = open_block(&s->reader, s->segment, &s->offsets, block, err);
        if (status == OSL_OK)
            status = find_in_block(s, block * BLOCK, list, &order, err);
    }
    return status;
}

osl_status osl_segment_alias(const osl_segment *segment, osl_text joined,
                             osl_arena *arena, const osl_alias_split **splits,
                             size_t *count, osl_error *err)
{
    uint64_t from = 0;
    return osl_alias_find(segment, joined, &from, arena, splits, count, err);
}

/* NOLINTNEXTLINE(readability-function-size): where it was, too. */
osl_status osl_alias_find(const osl_segment *segment, osl_text joined,
                          uint64_t *from, osl_arena *arena,
                          const osl_alias_split **splits, size_t *count,
                          osl_error *err)
{
    search s = {.segment = segment, .joined = joined};
    split_list list = {.arena = arena};
    const uint8_t *entries = NULL;
    uint64_t none = 0;
    *count = 0;
    *splits = NULL;
    osl_status status = osl_tables_column(segment, OSL_SECTION_ALIASES,
                                          OSL_ALIAS_BLOCKS, &s.offsets, err);
    if (status == OSL_OK)
        status = osl_tables_rest(segment, OSL_SECTION_ALIASES, 0, &entries,
                                 &none, err);
    if (status == OSL_OK)
        s.entries =
            (uint64_t)(entries - segment->sections[OSL_SECTION_ALIASES].bytes);
    if (status == OSL_OK && s.offsets.count > 1)
        status = osl_tables_view(segment, OSL_SECTION_ALIASES, OSL_ALIAS_HEADS,
                                 s.offsets.count - 1, &s.heads, err);
    if (status == OSL_OK && s.offsets.count > 1)
        status = find_splits(&s, from, &list, err);
    if (status == OSL_OK && list.count > 0) {
        osl_alias_split *copy = osl_arena_zero(arena, list.count, sizeof *copy);
        if (copy) {
            memcpy(copy, list.items, list.count * sizeof *copy);
            *splits = copy;
            *count = list.count;
        } else {
            status = osl_fail(err, OSL_ENOMEM,
                              "out of memory while reading aliases");
        }
    }
    free(list.items);
    osl_buf_clear(&s.reader.parts);
    return status;
}

/* ---- all of them -------------------------------------------------------- */

osl_status osl_alias_open(osl_alias_cursor *out, const osl_segment *segment,
                          osl_error *err)
{
    *out = (osl_alias_cursor){.segment = segment, .number = UINT32_MAX};
    osl_status status = osl_tables_column(segment, OSL_SECTION_ALIASES,
                                          OSL_ALIAS_BLOCKS, &out->offsets, err);
    if (status != OSL_OK)
        return status;
    out->block = calloc(1, sizeof *out->block);
    if (!out->block)
        return osl_fail(err, OSL_ENOMEM, "out of memory");
    return OSL_OK;
}

osl_status osl_alias_next(osl_alias_cursor *cursor, osl_error *err)
{
    block_reader *r = cursor->block;
    osl_status status = OSL_OK;
    while (status == OSL_OK && r->from.at == r->from.end) {
        if (cursor->next_block + 1 >= cursor->offsets.count)
            return OSL_END;
        status = open_block(r, cursor->segment, &cursor->offsets,
                            cursor->next_block++, err);
    }
    if (status == OSL_OK)
        status = read_entry(r, cursor->segment, err);
    if (status != OSL_OK)
        return status;
    cursor->number++;
    cursor->alias =
        (osl_alias){{r->joined, r->length}, osl_buf_text(&r->parts), r->uses};
    return OSL_OK;
}

void osl_alias_close(osl_alias_cursor *cursor)
{
    if (cursor->block)
        osl_buf_clear(&cursor->block->parts);
    free(cursor->block);
    cursor->block = NULL;
}

osl_status osl_alias_uses_of(const osl_segment *segment, uint32_t paragraph,
                             osl_arena *arena, const uint32_t **entries,
                             size_t *count, osl_error *err)
{
    osl_column starts, uses;
    uint64_t from = 0, to = 0;
    osl_status status = osl_tables_column(segment, OSL_SECTION_ALIASES,
                                          OSL_ALIAS_FIRST_USE, &starts, err);
    if (status == OSL_OK)
        status = osl_tables_column(segment, OSL_SECTION_ALIASES, OSL_ALIAS_USES,
                                   &uses, err);
    if (status == OSL_OK)
        status = osl_tables_value(segment, OSL_SECTION_ALIASES, &starts,
                                  paragraph, &from, err);
    if (status == OSL_OK)
        status = osl_tables_value(segment, OSL_SECTION_ALIASES, &starts,
                                  (uint64_t)paragraph + 1, &to, err);
    if (status == OSL_OK && (from > to || to > uses.count))
        status = spoilt(segment, err);
    if (status != OSL_OK)
        return status;
    uint32_t *list = osl_arena_zero(arena, (size_t)(to - from) + 1, 4);
    if (!list)
        return osl_fail(err, OSL_ENOMEM, "out of memory");
    for (uint64_t n = from; n < to && status == OSL_OK; n++) {
        uint64_t entry = 0;
        status = osl_tables_value(segment, OSL_SECTION_ALIASES, &uses, n,
                                  &entry, err);
        list[n - from] = (uint32_t)entry;
    }
    *entries = list;
    *count = (size_t)(to - from);
    return status;
}
