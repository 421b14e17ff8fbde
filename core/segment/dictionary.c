/* SPDX-License-Identifier: MIT
 *
 * Front-coded blocks of 16 terms under an index of eight-byte prefixes: no
 * hash table, nothing to load. An exact look-up is a binary search over the
 * prefixes (8 bytes for 16 terms, so the index of half a million terms fits a
 * second-level cache), then one walk over a block, in which suffixes are
 * compared only where the front code says that they can matter.
 *
 *     section = terms:u32 blocks:u32 zero:8
 *               prefix:u64{blocks}       first 8 bytes of the head, the first
 *                                        the most significant, zero-padded
 *               offset:u32{blocks + 1}   from the end of this list
 *               block{blocks}
 *     block   = region:varint entry{16, the last block: the rest}
 *     entry   = lengths:u8 [shared − 15:varint] [suffix − 15:varint] suffix
 *               counts:u8 [df − 16:varint] [cf − df − 7:varint] [bytes:varint]
 *     lengths = bytes shared with the term before (low 4 bits; 15: varint
 *               follows), bytes of the suffix (high 4 bits, likewise)
 *     counts  = df − 1 (bits 0-3; 15: varint), cf − df (bits 4-6; 7: varint),
 *               bit 7: no `bytes`, the region is the least for df 1
 *
 * `region` is where the first term's postings start; each following region
 * starts where the last ended (osl_region_start()). */
#include "core/segment/dictionary.h"

#include "core/base/bytes.h"
#include "core/segment/region.h"
#include "core/segment/segment_internal.h"

enum {
    HEAD = 16,
    SMALL = 15,      /* from here on, a length has a varint */
    SMALL_DF = 15,   /* df − 1 */
    SMALL_MORE = 7,  /* cf − df */
    LEAST_BIT = 0x80 /* no `bytes` */
};

/* ---- building ---------------------------------------------------------- */

void osl_dictionary_begin(osl_dictionary *dictionary, uint32_t ordinal_count,
                          bool positions)
{
    dictionary->ordinal_count = ordinal_count;
    dictionary->positions = positions;
    dictionary->term_count = 0;
    osl_buf_reset(&dictionary->prefixes);
    osl_buf_reset(&dictionary->offsets);
    osl_buf_reset(&dictionary->blocks);
    osl_buf_reset(&dictionary->last);
}

void osl_dictionary_clear(osl_dictionary *dictionary)
{
    osl_buf_clear(&dictionary->prefixes);
    osl_buf_clear(&dictionary->offsets);
    osl_buf_clear(&dictionary->blocks);
    osl_buf_clear(&dictionary->last);
}

static uint64_t prefix_of(osl_text term)
{
    uint8_t bytes[8] = {0};
    memcpy(bytes, term.bytes, term.length < 8 ? term.length : 8);
    return __builtin_bswap64(osl_get64(bytes));
}

static size_t shared_length(osl_text a, osl_text b)
{
    size_t limit = a.length < b.length ? a.length : b.length, i = 0;
    while (i < limit && a.bytes[i] == b.bytes[i])
        i++;
    return i;
}

static void put_term(osl_buf *to, osl_text term, size_t shared)
{
    size_t suffix = term.length - shared;
    size_t low = shared < SMALL ? shared : SMALL;
    size_t high = suffix < SMALL ? suffix : SMALL;
    osl_buf_put_byte(to, (uint8_t)(low | high << 4));
    if (low == SMALL)
        osl_buf_put_varint(to, shared - SMALL);
    if (high == SMALL)
        osl_buf_put_varint(to, suffix - SMALL);
    osl_buf_put(to, term.bytes + shared, suffix);
}

static void put_info(const osl_dictionary *dictionary, osl_buf *to,
                     const osl_term_info *info)
{
    uint64_t more = info->cf - info->df;
    uint32_t low = info->df - 1 < SMALL_DF ? info->df - 1 : SMALL_DF;
    uint64_t high = more < SMALL_MORE ? more : SMALL_MORE;
    bool least =
        info->df == 1 &&
        info->bytes == osl_region_least(dictionary->ordinal_count, info->cf,
                                        dictionary->positions);
    osl_buf_put_byte(to, (uint8_t)(low | high << 4 | (least ? LEAST_BIT : 0)));
    if (low == SMALL_DF)
        osl_buf_put_varint(to, info->df - 1 - SMALL_DF);
    if (high == SMALL_MORE)
        osl_buf_put_varint(to, more - SMALL_MORE);
    if (!least)
        osl_buf_put_varint(to, info->bytes);
}

bool osl_dictionary_add(osl_dictionary *dictionary, osl_text term,
                        const osl_term_info *info)
{
    osl_text last = osl_buf_text(&dictionary->last);
    if (dictionary->term_count > 0 && osl_text_compare(last, term) >= 0)
        return false;
    size_t shared = 0;
    if (dictionary->term_count % OSL_DICTIONARY_BLOCK == 0) {
        osl_buf_put64(&dictionary->prefixes, prefix_of(term));
        osl_buf_put64(&dictionary->offsets, dictionary->blocks.length);
        osl_buf_put_varint(&dictionary->blocks, info->offset);
    } else {
        shared = shared_length(last, term);
    }
    put_term(&dictionary->blocks, term, shared);
    put_info(dictionary, &dictionary->blocks, info);
    dictionary->term_count++;
    osl_buf_reset(&dictionary->last);
    osl_buf_put_text(&dictionary->last, term);
    return true;
}

osl_status osl_dictionary_finish(osl_dictionary *dictionary, osl_buf *out,
                                 osl_error *err)
{
    size_t blocks = dictionary->offsets.length / 8;
    if (dictionary->blocks.length > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "the dictionary of one segment passes 4 GiB; use a "
                        "smaller --memory, which makes more segments");
    if (dictionary->last.failed || dictionary->offsets.failed)
        out->failed = true;
    osl_buf_put32(out, dictionary->term_count);
    osl_buf_put32(out, (uint32_t)blocks);
    osl_buf_put64(out, 0);
    osl_buf_put_text(out, osl_buf_text(&dictionary->prefixes));
    for (size_t i = 0; i < blocks; i++)
        osl_buf_put32(out,
                      (uint32_t)osl_get64(dictionary->offsets.bytes + 8 * i));
    osl_buf_put32(out, (uint32_t)dictionary->blocks.length);
    osl_buf_put_text(out, osl_buf_text(&dictionary->blocks));
    if (dictionary->prefixes.failed || dictionary->blocks.failed)
        out->failed = true;
    return osl_buf_status(out, "a dictionary", err);
}

/* ---- reading ----------------------------------------------------------- */

/* The section's parts; bytes not yet touched. */
typedef struct view {
    const osl_segment *segment;
    const osl_section *section;
    uint32_t term_count, block_count, ordinal_count;
    bool positions;
    const uint8_t *prefixes, *offsets, *blocks;
    size_t blocks_offset; /* of the section */
} view;

static osl_status spoilt(const view *at, osl_error *err)
{
    return osl_segment_spoilt(at->segment, at->section,
                              "a dictionary that contradicts itself", err);
}

static osl_status open_view(view *out, const osl_segment *segment,
                            osl_field field, osl_error *err)
{
    const osl_field_info *info = &segment->info.fields[field];
    view at = {.segment = segment,
               .section = &segment->fields[field].dictionary,
               .term_count = info->term_count,
               .ordinal_count = info->ordinal_count,
               .positions = field != OSL_FIELD_PAIR};
    at.prefixes = at.offsets = at.blocks = at.section->bytes;
    *out = at;
    osl_status status = osl_segment_touch(segment, at.section, 0, HEAD, err);
    if (status != OSL_OK)
        return status;
    at.block_count = osl_get32(at.section->bytes + 4);
    size_t index = HEAD + (size_t)at.block_count * 12 + 4;
    if (osl_get32(at.section->bytes) != at.term_count ||
        at.block_count != (at.term_count + (uint64_t)15) / 16 ||
        index > at.section->length)
        return spoilt(&at, err);
    at.prefixes = at.section->bytes + HEAD;
    at.offsets = at.prefixes + (size_t)at.block_count * 8;
    at.blocks = at.section->bytes + index;
    at.blocks_offset = index;
    *out = at;
    return OSL_OK;
}

/* A walk over a block's entries. */
typedef struct block_walk {
    const uint8_t *at, *end;
    uint64_t region; /* where the last term's ended */
    size_t shared, suffix_length;
    const uint8_t *suffix;
    osl_term_info info;
} block_walk;

static osl_status open_block(const view *at, uint32_t block, block_walk *out,
                             osl_error *err)
{
    *out = (block_walk){.at = NULL};
    size_t place =
        (size_t)(at->offsets - at->section->bytes) + (size_t)block * 4;
    osl_status status =
        osl_segment_touch(at->segment, at->section, place, 8, err);
    if (status != OSL_OK)
        return status;
    uint32_t start = osl_get32(at->offsets + (size_t)block * 4);
    uint32_t end = osl_get32(at->offsets + (size_t)block * 4 + 4);
    if (start > end)
        return spoilt(at, err);
    status = osl_segment_touch(at->segment, at->section,
                               at->blocks_offset + start, end - start, err);
    if (status != OSL_OK)
        return status;
    out->at = at->blocks + start;
    out->end = at->blocks + end;
    for (uint32_t ahead = 64; ahead < end - start && ahead < 256; ahead += 64)
        __builtin_prefetch(out->at + ahead);
    if (!osl_varint_get(&out->at, out->end, &out->region))
        return spoilt(at, err);
    out->info.ordinal = block * OSL_DICTIONARY_BLOCK - 1;
    return OSL_OK;
}

static bool get_length(block_walk *walk, size_t nibble, size_t *length)
{
    uint64_t more = 0;
    if (nibble == SMALL && !osl_varint_get(&walk->at, walk->end, &more))
        return false;
    if (more > OSL_TERM_BYTES_MAX)
        return false;
    *length = nibble + (size_t)more;
    return true;
}

static bool get_suffix(block_walk *walk)
{
    if (walk->at >= walk->end)
        return false;
    uint8_t lengths = *walk->at++;
    if (!get_length(walk, lengths & 15, &walk->shared) ||
        !get_length(walk, lengths >> 4, &walk->suffix_length) ||
        walk->shared + walk->suffix_length > OSL_TERM_BYTES_MAX ||
        walk->suffix_length > (size_t)(walk->end - walk->at))
        return false;
    walk->suffix = walk->at;
    walk->at += walk->suffix_length;
    return true;
}

static bool get_info(const view *at, block_walk *walk)
{
    if (walk->at >= walk->end)
        return false;
    uint8_t counts = *walk->at++;
    uint64_t df = counts & 15, more = counts >> 4 & 7, extra = 0;
    if (df == SMALL_DF && !osl_varint_get(&walk->at, walk->end, &extra))
        return false;
    if (extra >= at->ordinal_count)
        return false;
    df += extra + 1;
    extra = 0;
    if (more == SMALL_MORE && !osl_varint_get(&walk->at, walk->end, &extra))
        return false;
    if (df > at->ordinal_count || extra > UINT64_MAX / 2)
        return false;
    osl_term_info *info = &walk->info;
    info->df = (uint32_t)df;
    info->cf = df + more + extra;
    info->ordinal++;
    info->offset = osl_region_start(walk->region, info->df, at->ordinal_count,
                                    at->positions);
    info->bytes = osl_region_least(at->ordinal_count, info->cf, at->positions);
    if (!(counts & LEAST_BIT) &&
        !osl_varint_get(&walk->at, walk->end, &info->bytes))
        return false;
    return !__builtin_add_overflow(info->offset, info->bytes, &walk->region);
}

/* One of WAYS parts of `count` rising prefixes, in which the first that is not
 * below `key` must be. */
enum { WAYS = 16 };

static void step_to(const uint8_t *prefixes, uint32_t *low, uint32_t *count,
                    uint64_t key)
{
    uint32_t step = *count / WAYS, below = 0;
    const uint8_t *from = prefixes + (size_t)*low * 8;
    for (uint32_t way = 1; way < WAYS; way++)
        below += osl_get64(from + ((size_t)way * step - 1) * 8) < key;
    *low += below * step;
    *count = below == WAYS - 1 ? *count - below * step : step;
}

/* How many of `count` rising prefixes are below `key`. Sixteen ways a step:
 * the misses of a step overlap, where those of a binary search wait for one
 * another. */
static uint32_t count_below(const uint8_t *prefixes, uint32_t count,
                            uint64_t key)
{
    uint32_t low = 0;
    while (count > WAYS)
        step_to(prefixes, &low, &count, key);
    uint32_t below = 0;
    for (uint32_t i = 0; i < count; i++)
        below += osl_get64(prefixes + ((size_t)low + i) * 8) < key;
    return low + below;
}

/* Where the blocks whose prefix is below `key` end: in `count` blocks from
 * `low` on, whose prefixes are verified. */
typedef struct span {
    uint64_t key;
    uint32_t low, count;
} span;

/* What is not all verified is halved until what is left can be. */
static osl_status verify_span(const view *at, span *of, osl_error *err)
{
    enum { NEAR = 1024 }; /* prefixes that are verified together */
    if (osl_segment_was_touched(at->segment, at->section, HEAD,
                                (uint64_t)at->block_count * 8))
        return OSL_OK;
    while (of->count > NEAR) {
        uint32_t middle = of->low + of->count / 2;
        osl_status status = osl_segment_touch(
            at->segment, at->section, HEAD + (uint64_t)middle * 8, 8, err);
        if (status != OSL_OK)
            return status;
        uint32_t end = of->low + of->count;
        if (osl_get64(at->prefixes + (size_t)middle * 8) < of->key)
            of->low = middle + 1;
        else
            end = middle;
        of->count = end - of->low;
    }
    return osl_segment_touch(at->segment, at->section,
                             HEAD + (uint64_t)of->low * 8,
                             (uint64_t)of->count * 8, err);
}

/* Comes so near that a few lines of memory are left, which are fetched, and
 * with them where their blocks are. */
static osl_status open_span(const view *at, uint64_t key, span *out,
                            osl_error *err)
{
    enum { CLOSE = 128, LINE = 64 };
    *out = (span){key, 0, at->block_count};
    osl_status status = verify_span(at, out, err);
    if (status != OSL_OK)
        return status;
    while (out->count > CLOSE)
        step_to(at->prefixes, &out->low, &out->count, key);
    const uint8_t *prefixes = at->prefixes + (size_t)out->low * 8;
    const uint8_t *offsets = at->offsets + (size_t)out->low * 4;
    for (size_t i = 0; i < (size_t)out->count * 8; i += LINE)
        __builtin_prefetch(prefixes + i);
    for (size_t i = 0; i < (size_t)out->count * 4 + 4; i += LINE)
        __builtin_prefetch(offsets + i);
    return OSL_OK;
}

/* Above the prefixes that are not above that of `term`, but where that is the
 * greatest there is. */
static uint64_t key_of(osl_text term)
{
    uint64_t prefix = prefix_of(term);
    return prefix + (prefix < UINT64_MAX);
}

static uint32_t end_of_span(const view *at, const span *of)
{
    return of->low +
           count_below(at->prefixes + (size_t)of->low * 8, of->count, of->key);
}

static osl_status head_is_after(const view *at, uint32_t block, osl_text term,
                                bool *after, osl_error *err)
{
    block_walk walk;
    osl_status status = open_block(at, block, &walk, err);
    if (status != OSL_OK)
        return status;
    if (!get_suffix(&walk))
        return spoilt(at, err);
    osl_text head = {(const char *)walk.suffix, walk.suffix_length};
    *after = osl_text_compare(head, term) > 0;
    return OSL_OK;
}

/* Of the blocks whose prefix is not above that of `term`, which end in `in`,
 * the last whose head is not above `term`; block_count where all are. */
static osl_status find_block(const view *at, osl_text term, const span *in,
                             uint32_t *block, osl_error *err)
{
    uint64_t prefix = prefix_of(term);
    uint32_t high = end_of_span(at, in);
    if (prefix == UINT64_MAX)
        high = at->block_count;
    /* Mostly one block, at most, has the term's own prefix. */
    bool tie =
        high > 0 && osl_get64(at->prefixes + (size_t)(high - 1) * 8) == prefix;
    osl_status status = OSL_OK;
    span below = {0};
    if (tie && high > 1)
        status = open_span(at, prefix, &below, err);
    uint32_t low = tie && high > 1 ? end_of_span(at, &below) : 0;
    while (status == OSL_OK && tie && low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool after = false;
        status = head_is_after(at, middle, term, &after, err);
        if (after)
            high = middle;
        else
            low = middle + 1;
    }
    *block = high > 0 ? high - 1 : at->block_count;
    return status;
}

static osl_status seek_block(const view *at, osl_text term, uint32_t *block,
                             osl_error *err)
{
    span in;
    osl_status status = open_span(at, key_of(term), &in, err);
    return status == OSL_OK ? find_block(at, term, &in, block, err) : status;
}

/* One step of a search in front-coded terms. `matched` bytes of `term` are
 * those of the last entry, which comes before it. */
typedef enum verdict { STEP_ON, STEP_FOUND, STEP_PASSED } verdict;

static verdict compare_entry(const block_walk *walk, osl_text term,
                             size_t *matched)
{
    if (walk->shared > *matched)
        return STEP_ON;
    if (walk->shared < *matched)
        return STEP_PASSED;
    size_t rest = term.length - *matched, i = 0;
    size_t limit = rest < walk->suffix_length ? rest : walk->suffix_length;
    const uint8_t *wanted = (const uint8_t *)term.bytes + *matched;
    while (i < limit && walk->suffix[i] == wanted[i])
        i++;
    *matched += i;
    if (i < limit)
        return walk->suffix[i] > wanted[i] ? STEP_PASSED : STEP_ON;
    if (rest == walk->suffix_length)
        return STEP_FOUND;
    return rest < walk->suffix_length ? STEP_PASSED : STEP_ON;
}

static uint32_t terms_of_block(const view *at, uint32_t block)
{
    uint32_t left = at->term_count - block * OSL_DICTIONARY_BLOCK;
    return left < OSL_DICTIONARY_BLOCK ? left : OSL_DICTIONARY_BLOCK;
}

/* Looks for `term` in the one block where it can be: out->df 0 where it is
 * not. */
static osl_status find_in_block(const view *at, uint32_t block, osl_text term,
                                osl_term_info *out, osl_error *err)
{
    block_walk walk;
    size_t matched = 0;
    osl_status status = open_block(at, block, &walk, err);
    if (status != OSL_OK)
        return status;
    for (uint32_t i = terms_of_block(at, block); i > 0; i--) {
        if (!get_suffix(&walk) || !get_info(at, &walk))
            return spoilt(at, err);
        verdict step = compare_entry(&walk, term, &matched);
        if (step == STEP_FOUND)
            *out = walk.info;
        if (step != STEP_ON)
            return OSL_OK;
    }
    return OSL_OK;
}

/* Where a block is must not have been verified to be fetched; if it is spoilt,
 * something else is. */
static void fetch_block(const view *at, uint32_t block)
{
    enum { LINES = 3, LINE = 64 };
    if (block >= at->block_count)
        return;
    size_t start = osl_get32(at->offsets + (size_t)block * 4);
    for (size_t i = 0; i < LINES; i++)
        __builtin_prefetch(at->blocks + start + i * LINE);
}

enum { AT_ONCE = 16 }; /* terms that are looked for together */

static osl_status find_some(const view *at, const osl_text *terms,
                            unsigned count, osl_term_info *infos,
                            osl_error *err)
{
    span spans[AT_ONCE];
    uint32_t blocks[AT_ONCE];
    osl_status status = OSL_OK;
    for (unsigned i = 0; i < count && status == OSL_OK; i++)
        status = open_span(at, key_of(terms[i]), &spans[i], err);
    for (unsigned i = 0; i < count && status == OSL_OK; i++) {
        status = find_block(at, terms[i], &spans[i], &blocks[i], err);
        if (status == OSL_OK)
            fetch_block(at, blocks[i]);
    }
    for (unsigned i = 0; i < count && status == OSL_OK; i++)
        if (blocks[i] < at->block_count &&
            terms[i].length <= OSL_TERM_BYTES_MAX)
            status = find_in_block(at, blocks[i], terms[i], &infos[i], err);
    return status;
}

osl_status osl_term_find_all(const osl_segment *segment, osl_field field,
                             const osl_text *terms, unsigned count,
                             osl_term_info *infos, osl_error *err)
{
    view at;
    for (unsigned i = 0; i < count; i++)
        infos[i] = (osl_term_info){0};
    if (segment->info.fields[field].term_count == 0 || count == 0)
        return OSL_OK;
    osl_status status = open_view(&at, segment, field, err);
    for (unsigned i = 0; i < count && status == OSL_OK; i += AT_ONCE)
        status =
            find_some(&at, terms + i, count - i < AT_ONCE ? count - i : AT_ONCE,
                      infos + i, err);
    return status;
}

osl_status osl_term_find(const osl_segment *segment, osl_field field,
                         osl_text term, bool *found, osl_term_info *out,
                         osl_error *err)
{
    osl_term_info info;
    osl_status status = osl_term_find_all(segment, field, &term, 1, &info, err);
    *found = status == OSL_OK && info.df > 0;
    if (*found)
        *out = info;
    return status;
}

/* ---- many of them ------------------------------------------------------ */

/* The block that would have the term, from its head on, unless the finder
 * stands in it. */
static osl_status find_next_block(osl_term_finder *finder, const view *at,
                                  osl_text term, osl_error *err)
{
    uint32_t next = finder->terms.next / OSL_DICTIONARY_BLOCK, block;
    block_walk walk;
    osl_status status = OSL_OK;
    if (finder->terms.left > 0) {
        next += finder->terms.next % OSL_DICTIONARY_BLOCK > 0;
        if (next == at->block_count)
            return OSL_OK;
        status = osl_segment_touch(at->segment, at->section,
                                   HEAD + (uint64_t)next * 8, 8, err);
        if (status != OSL_OK ||
            osl_get64(at->prefixes + (size_t)next * 8) > prefix_of(term))
            return status;
    }
    status = seek_block(at, term, &block, err);
    if (status != OSL_OK || block == at->block_count ||
        (finder->term.bytes && block < next))
        return status;
    status = open_block(at, block, &walk, err);
    if (status != OSL_OK)
        return status;
    finder->terms.at = walk.at;
    finder->terms.end = walk.end;
    finder->terms.region = walk.region;
    finder->terms.next = block * OSL_DICTIONARY_BLOCK;
    finder->terms.left = terms_of_block(at, block);
    return OSL_OK;
}

/* The finder steps onto the next term of its block; `matched` bytes of `term`
 * are those of the one before. */
static bool step(osl_term_finder *finder, const view *at, osl_text term,
                 size_t *matched, int *order)
{
    uint32_t next = finder->terms.next;
    size_t before = next % OSL_DICTIONARY_BLOCK ? finder->term.length : 0;
    block_walk walk = {.at = finder->terms.at,
                       .end = finder->terms.end,
                       .region = finder->terms.region,
                       .info.ordinal = next - 1};
    if (!get_suffix(&walk) || !get_info(at, &walk) || walk.shared > before)
        return false;
    char *bytes = (char *)finder->bytes;
    memcpy(bytes + walk.shared, walk.suffix, walk.suffix_length);
    finder->term = (osl_text){bytes, walk.shared + walk.suffix_length};
    finder->info = walk.info;
    finder->terms.at = walk.at;
    finder->terms.region = walk.region;
    finder->terms.next++;
    finder->terms.left--;
    verdict found = compare_entry(&walk, term, matched);
    *order = found == STEP_FOUND ? 0 : found == STEP_ON ? -1 : 1;
    return true;
}

osl_status osl_term_finder_next(osl_term_finder *finder, osl_text term,
                                bool *found, osl_term_info *out, osl_error *err)
{
    view at;
    *found = false;
    if (finder->segment->info.fields[finder->field].term_count == 0)
        return OSL_OK;
    int order = finder->term.bytes ? osl_text_compare(finder->term, term) : -1;
    if (order < 0) {
        osl_status status = open_view(&at, finder->segment, finder->field, err);
        if (status == OSL_OK)
            status = find_next_block(finder, &at, term, err);
        if (status != OSL_OK)
            return status;
    }
    bool is_inside = finder->terms.next % OSL_DICTIONARY_BLOCK > 0;
    size_t matched =
        is_inside && finder->term.bytes ? shared_length(finder->term, term) : 0;
    while (order < 0 && finder->terms.left > 0)
        if (!step(finder, &at, term, &matched, &order))
            return spoilt(&at, err);
    *found = order == 0;
    *out = finder->info;
    return OSL_OK;
}

/* ---- in order ---------------------------------------------------------- */

/* The cursor's state: where the next entry stands (offset in the blocks, 0 in
 * front of a block), where the last region ended, the length of the term at
 * hand and whether it is still to be given, then its bytes. */
enum { STATE_AT, STATE_REGION, STATE_LENGTH, STATE_PENDING, STATE_BYTES };

_Static_assert(sizeof((osl_term_cursor){0}.state) >=
                   STATE_BYTES * 8 + OSL_TERM_BYTES_MAX,
               "a term fits the cursor");

static osl_status resume(const view *at, osl_term_cursor *cursor,
                         block_walk *out, osl_error *err)
{
    uint32_t block = cursor->next / OSL_DICTIONARY_BLOCK;
    osl_status status = open_block(at, block, out, err);
    if (status != OSL_OK || cursor->next % OSL_DICTIONARY_BLOCK == 0)
        return status;
    out->at = at->blocks + cursor->state[STATE_AT];
    out->region = cursor->state[STATE_REGION];
    out->info.ordinal = cursor->next - 1;
    return OSL_OK;
}

/* Decodes the entry of cursor->next into the cursor. */
static osl_status decode_next(const view *at, osl_term_cursor *cursor,
                              osl_error *err)
{
    block_walk walk;
    osl_status status = resume(at, cursor, &walk, err);
    if (status != OSL_OK)
        return status;
    bool head = cursor->next % OSL_DICTIONARY_BLOCK == 0;
    size_t length = head ? 0 : (size_t)cursor->state[STATE_LENGTH];
    if (!get_suffix(&walk) || !get_info(at, &walk) || walk.shared > length)
        return spoilt(at, err);
    char *bytes = (char *)&cursor->state[STATE_BYTES];
    memcpy(bytes + walk.shared, walk.suffix, walk.suffix_length);
    cursor->state[STATE_AT] = (uint64_t)(walk.at - at->blocks);
    cursor->state[STATE_REGION] = walk.region;
    cursor->state[STATE_LENGTH] = walk.shared + walk.suffix_length;
    cursor->term = (osl_text){bytes, walk.shared + walk.suffix_length};
    cursor->info = walk.info;
    return OSL_OK;
}

osl_status osl_term_seek(osl_term_cursor *cursor, const osl_segment *segment,
                         osl_field field, osl_text from, osl_error *err)
{
    cursor->segment = segment;
    cursor->field = field;
    cursor->next = 0;
    cursor->state[STATE_PENDING] = 0;
    if (segment->info.fields[field].term_count == 0)
        return OSL_OK;
    view at;
    uint32_t block = 0;
    osl_status status = open_view(&at, segment, field, err);
    if (status == OSL_OK)
        status = seek_block(&at, from, &block, err);
    if (status != OSL_OK)
        return status;
    if (block < at.block_count)
        cursor->next = block * OSL_DICTIONARY_BLOCK;
    while (cursor->next < at.term_count) {
        status = decode_next(&at, cursor, err);
        if (status != OSL_OK)
            return status;
        if (osl_text_compare(cursor->term, from) >= 0) {
            cursor->state[STATE_PENDING] = 1;
            return OSL_OK;
        }
        cursor->next++;
    }
    return OSL_OK;
}

osl_status osl_term_next(osl_term_cursor *cursor, osl_error *err)
{
    if (cursor->next >= cursor->segment->info.fields[cursor->field].term_count)
        return OSL_END;
    if (!cursor->state[STATE_PENDING]) {
        view at;
        osl_status status = open_view(&at, cursor->segment, cursor->field, err);
        if (status == OSL_OK)
            status = decode_next(&at, cursor, err);
        if (status != OSL_OK)
            return status;
    }
    cursor->state[STATE_PENDING] = 0;
    cursor->next++;
    return OSL_OK;
}

osl_status osl_dictionary_term(const osl_segment *segment, osl_field field,
                               uint32_t ordinal, char *to, size_t *length,
                               osl_error *err)
{
    view at;
    osl_status status = open_view(&at, segment, field, err);
    if (status != OSL_OK)
        return status;
    if (ordinal >= at.term_count)
        return osl_fail(err, OSL_EINVAL, "%s: it has no term %u",
                        osl_segment_path(segment), ordinal);
    block_walk walk;
    status = open_block(&at, ordinal / OSL_DICTIONARY_BLOCK, &walk, err);
    if (status != OSL_OK)
        return status;
    *length = 0;
    for (uint32_t i = 0; i <= ordinal % OSL_DICTIONARY_BLOCK; i++) {
        if (!get_suffix(&walk) || !get_info(&at, &walk) ||
            walk.shared > *length)
            return spoilt(&at, err);
        memcpy(to + walk.shared, walk.suffix, walk.suffix_length);
        *length = walk.shared + walk.suffix_length;
    }
    return OSL_OK;
}
