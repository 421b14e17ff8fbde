/* SPDX-License-Identifier: MIT
 *
 * A term is looked for in a dictionary, alone or with others: down the tree,
 * then in a block. */
#include "core/segment/dictionary_read.h"

/* ---- short lengths ----------------------------------------------------- */

#define EIGHT(byte) ((uint64_t)(byte)*0x0101010101010101u)

/* Lengths of a full block none of which is long, a byte an entry. */
typedef struct short_lengths {
    size_t head;
    uint64_t shared[2];
    uint8_t ends[BLOCK]; /* of suffixes, from the end of the head on */
} short_lengths;

static bool get_short(const block_walk *walk, short_lengths *out)
{
    uint64_t low = osl_get64(walk->lengths), high;
    if (walk->count < BLOCK || walk->lengths[0] == SMALL_HEAD)
        return false;
    high = osl_get64(walk->lengths + 8);
    out->head = low & 255;
    low &= ~(uint64_t)255;
    out->shared[0] = low & EIGHT(15);
    out->shared[1] = high & EIGHT(15);
    low = low >> 4 & EIGHT(15);
    high = high >> 4 & EIGHT(15);
    uint64_t is_long = (out->shared[0] + EIGHT(1)) |
                       (out->shared[1] + EIGHT(1)) | (low + EIGHT(1)) |
                       (high + EIGHT(1));
    if (is_long & EIGHT(16))
        return false;
    low *= EIGHT(1); /* sums of up to 15 · 14: they fit a byte */
    high = high * EIGHT(1) + EIGHT(low >> 56);
    osl_put64(out->ends, low);
    osl_put64(out->ends + 8, high);
    return true;
}

/* ---- which block ------------------------------------------------------- */

/* How many of a group's prefixes are not above `prefix`. */
static inline uint32_t not_above(const uint8_t *prefixes, uint64_t prefix)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < WAYS; i++)
        count += osl_get64(prefixes + (size_t)i * 8) <= prefix;
    return count;
}

/* The last of a group, which begins at number `first` of `size`, that is not
 * above `prefix`; its first where all are. */
static inline uint32_t last_not_above(const uint8_t *prefixes, uint32_t first,
                                      uint32_t size, uint64_t prefix)
{
    uint32_t count = not_above(prefixes, prefix), left = size - first;
    left = left < WAYS ? left : WAYS;
    count = count < left ? count : left; /* ones may follow */
    return first + count - (count > 0);
}

enum { LINE = 64 };

/* The node that would have `prefix`. */
static uint32_t find_node(const osl_dictionary_view *at, uint64_t prefix)
{
    const uint8_t *group = at->section->bytes + HEAD;
    uint32_t found = 0;
    for (unsigned level = at->levels; level-- > 0;) {
        uint32_t size = at->sizes[level];
        found = last_not_above(group + (size_t)found * GROUP_BYTES,
                               found * WAYS, size, prefix);
        group += level_bytes(size);
    }
    return found;
}

/* With the offset behind it. */
static void fetch_node(const osl_dictionary_view *at, uint32_t node)
{
    const uint8_t *start = at->nodes + (size_t)node * NODE_BYTES;
    for (size_t i = 0; i < NODE_BYTES; i += LINE)
        __builtin_prefetch(start + i);
    __builtin_prefetch(start + NODE_BYTES + GROUP_BYTES);
}

/* The blocks of which one would have `prefix`, as the signpost says; as in
 * fetch_block(), something else if it is spoilt. */
static void fetch_blocks(const osl_dictionary_view *at, uint32_t node,
                         uint64_t prefix)
{
    enum { LINES = 6 }; /* which four blocks take */
    osl_signpost_range range = osl_signpost_find(
        at->signposts + (size_t)node * OSL_SIGNPOST_BYTES, prefix);
    const uint8_t *start = at->blocks + range.start;
    for (size_t i = 0; i < LINES; i++)
        __builtin_prefetch(start + i * LINE);
    for (size_t i = (size_t)LINES * LINE; i < range.length; i += LINE)
        __builtin_prefetch(start + i);
}

/* Has a block on its way. Where it is must not have been verified to be
 * fetched; if it is spoilt, something else is. */
static void fetch_block(const osl_dictionary_view *at, uint32_t block)
{
    enum { LINES = 3 };
    const uint8_t *start =
        at->blocks + osl_get32(at->nodes + (size_t)(block / WAYS) * NODE_BYTES +
                               GROUP_BYTES + (size_t)(block % WAYS) * 4);
    for (size_t i = 0; i < LINES; i++)
        __builtin_prefetch(start + i * LINE);
}

/* Where a term may be: in the last block whose prefix is not above its own,
 * if `is_tie` (it has the same prefix) or in one before. */
typedef struct candidate {
    uint64_t prefix;
    uint32_t node, block; /* block_count: before all */
    bool is_tie;
} candidate;

/* The last step of the tree; fetches what may be looked at. */
static osl_status find_candidate(const osl_dictionary_view *at, candidate *of,
                                 osl_error *err)
{
    const uint8_t *node = at->nodes + (size_t)of->node * NODE_BYTES;
    osl_status status = touch(at, node, GROUP_BYTES, err);
    if (status != OSL_OK)
        return status;
    uint32_t block =
        last_not_above(node, of->node * WAYS, at->block_count, of->prefix);
    uint64_t prefix = prefix_at(at, block);
    of->is_tie = prefix == of->prefix;
    of->block = prefix > of->prefix ? at->block_count : block;
    fetch_block(at, block);
    if (of->is_tie && block > 0)
        fetch_block(at, block - 1);
    return OSL_OK;
}

static osl_status head_is_after(const osl_dictionary_view *at, uint32_t block,
                                osl_text term, bool *after, osl_error *err)
{
    block_walk walk;
    short_lengths lengths;
    osl_status status = open_block(at, block, &walk, err);
    if (status != OSL_OK)
        return status;
    osl_text head = {(const char *)walk.longs, 0};
    if (get_short(&walk, &lengths)) {
        head.length = lengths.head;
    } else {
        if (!find_streams(&walk) || !get_lengths(&walk, 0))
            return spoilt(at, err);
        head = (osl_text){(const char *)walk.suffixes, walk.suffix_length};
    }
    if (head.length > (size_t)(walk.end - (const uint8_t *)head.bytes))
        return spoilt(at, err);
    *after = osl_text_compare(head, term) > 0;
    return OSL_OK;
}

/* How many blocks' prefixes are below `prefix`, which those before `end` have:
 * few, as a rule, so that steps back from there grow. */
static osl_status count_below(const osl_dictionary_view *at, uint64_t prefix,
                              uint32_t end, uint32_t *out, osl_error *err)
{
    uint32_t low = 0, step = 1;
    while (low < end) {
        uint32_t middle = low + (end - low) / 2;
        if (low == 0 && step < end) {
            middle = end - step;
            step *= 2;
        }
        osl_status status = touch_prefix(at, middle, err);
        if (status != OSL_OK)
            return status;
        if (prefix_at(at, middle) < prefix)
            low = middle + 1;
        else
            end = middle;
    }
    *out = low;
    return OSL_OK;
}

/* Among blocks of the term's own prefix, of->block being the last one, that
 * whose head is the last not above it; or the block before all of them. Mostly
 * one block, at most, has the prefix. */
static osl_status settle_tie(const osl_dictionary_view *at, osl_text term,
                             candidate *of, osl_error *err)
{
    bool after;
    osl_status status = head_is_after(at, of->block, term, &after, err);
    if (status != OSL_OK || !after)
        return status;
    uint32_t low = of->block, high = of->block;
    if (high > 0 && (status = touch_prefix(at, high - 1, err)) == OSL_OK &&
        prefix_at(at, high - 1) == of->prefix)
        status = count_below(at, of->prefix, high, &low, err);
    while (status == OSL_OK && low < high) {
        uint32_t middle = low + (high - low) / 2;
        status = head_is_after(at, middle, term, &after, err);
        if (after)
            high = middle;
        else
            low = middle + 1;
    }
    of->block = high > 0 ? high - 1 : at->block_count;
    return status;
}

/* The last block whose head is not above `term`; block_count where all are. */
osl_status osl_dictionary_seek_block(const osl_dictionary_view *at,
                                     osl_text term, uint32_t *block,
                                     osl_error *err)
{
    candidate of = {.prefix = prefix_of(term)};
    of.node = find_node(at, of.prefix);
    fetch_node(at, of.node);
    osl_status status = find_candidate(at, &of, err);
    if (status == OSL_OK && of.is_tie)
        status = settle_tie(at, term, &of, err);
    *block = of.block;
    return status;
}

/* ---- one term ---------------------------------------------------------- */

/* One step of a search in front-coded terms. `matched` bytes of `term` are
 * those of the last entry, which comes before it. */
typedef enum verdict { STEP_ON, STEP_FOUND, STEP_PASSED } verdict;

static verdict compare_suffix(const uint8_t *suffix, size_t length,
                              osl_text term, size_t *matched)
{
    size_t rest = term.length - *matched, i = 0;
    size_t limit = rest < length ? rest : length;
    const uint8_t *wanted = (const uint8_t *)term.bytes + *matched;
    while (i < limit && suffix[i] == wanted[i])
        i++;
    *matched += i;
    if (i < limit)
        return suffix[i] > wanted[i] ? STEP_PASSED : STEP_ON;
    if (rest == length)
        return STEP_FOUND;
    return rest < length ? STEP_PASSED : STEP_ON;
}

/* Which entries share no more than `matched`, a bit each. */
static unsigned sharing(const short_lengths *of, size_t matched)
{
    uint64_t most = EIGHT(0x80 | (matched < SMALL ? matched : SMALL));
    uint64_t low = (most - of->shared[0]) >> 7 & EIGHT(1);
    uint64_t high = (most - of->shared[1]) >> 7 & EIGHT(1);
    low = low * 0x0102040810204080u >> 56; /* bit 8 n to bit n */
    high = high * 0x0102040810204080u >> 56;
    return (unsigned)(low | high << 8);
}

/* The entry that is `term`; BLOCK: none is. Only those that share as much with
 * the one before as that shares with the term can be. */
static unsigned find_entry(const block_walk *walk, const short_lengths *of,
                           osl_text term)
{
    size_t matched = 0;
    unsigned at = 0;
    verdict step = compare_suffix(walk->suffixes, of->head, term, &matched);
    while (step == STEP_ON) {
        unsigned next = sharing(of, matched) & ~((2u << at) - 1);
        if (!next)
            return BLOCK;
        at = (unsigned)__builtin_ctz(next);
        if ((walk->lengths[at] & 15u) < matched)
            return BLOCK;
        step = compare_suffix(walk->suffixes + of->head + of->ends[at - 1],
                              (size_t)(of->ends[at] - of->ends[at - 1]), term,
                              &matched);
    }
    return step == STEP_FOUND ? at : BLOCK;
}

/* Varints of `more` before those of entry `at`. */
static unsigned varints_before(const block_walk *walk, unsigned at)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < at; i += 8) {
        uint64_t counts = osl_get64(walk->counts + i);
        uint64_t varints = ((counts & EIGHT(15)) + EIGHT(1)) >> 4 & EIGHT(1);
        varints += ((counts >> 4 & EIGHT(7)) + EIGHT(1)) >> 3 & EIGHT(1);
        varints += ~counts >> 7 & EIGHT(1);
        if (at - i < 8)
            varints &= ((uint64_t)1 << 8 * (at - i)) - 1;
        sum += (unsigned)(varints * EIGHT(1) >> 56);
    }
    return sum;
}

/* df and cf of entry `at` alone. */
static bool get_counts_at(const osl_dictionary_view *at, block_walk *walk,
                          unsigned entry)
{
    unsigned counts = walk->counts[entry];
    walk->info.ordinal += entry + 1;
    if ((counts & 15) == SMALL_DF || (counts >> 4 & 7) == SMALL_MORE)
        for (unsigned n = varints_before(walk, entry); n > 0; walk->more++) {
            if (walk->more >= walk->end)
                return false;
            n -= *walk->more < 0x80;
        }
    return get_counts(at, walk, counts);
}

/* What is wanted of a term: where its postings are takes the sizes of all
 * before it. */
typedef enum wanted { WANT_COUNTS, WANT_ALL } wanted;

/* find_entry() where some lengths are long: one after the other. */
static unsigned find_long_entry(block_walk *walk, osl_text term)
{
    size_t matched = 0;
    for (unsigned entry = 0; entry < walk->count; entry++) {
        const uint8_t *suffix = walk->suffixes;
        if (!get_lengths(walk, entry))
            return BLOCK;
        walk->suffixes += walk->suffix_length; /* all of them are there */
        if (walk->shared > matched)
            continue;
        if (walk->shared < matched)
            return BLOCK;
        verdict step =
            compare_suffix(suffix, walk->suffix_length, term, &matched);
        if (step != STEP_ON)
            return step == STEP_FOUND ? entry : BLOCK;
    }
    return BLOCK;
}

/* Looks for `term` among the entries: *entry BLOCK where it is not. False where
 * the block contradicts itself. */
static bool search_block(block_walk *walk, osl_text term, unsigned *entry)
{
    short_lengths lengths;
    if (!get_short(walk, &lengths)) {
        bool good = find_streams(walk);
        *entry = good ? find_long_entry(walk, term) : BLOCK;
        return good;
    }
    size_t total = lengths.head + lengths.ends[BLOCK - 1];
    walk->suffixes = walk->longs;
    if (total > (size_t)(walk->end - walk->suffixes))
        return false;
    walk->more = walk->suffixes + total;
    *entry = find_entry(walk, &lengths, term);
    return true;
}

static bool get_all_at(const osl_dictionary_view *at, block_walk *walk,
                       unsigned entry)
{
    while (walk->next <= entry)
        if (!get_info(at, walk))
            return false;
    return true;
}

/* Looks for `term` in the one block where it can be: out->df 0 where it is
 * not. */
static osl_status find_in_block(const osl_dictionary_view *at, uint32_t block,
                                osl_text term, wanted want, osl_term_info *out,
                                osl_error *err)
{
    block_walk walk;
    unsigned entry;
    osl_status status = open_block(at, block, &walk, err);
    if (status != OSL_OK)
        return status;
    bool good = search_block(&walk, term, &entry);
    if (good && entry == BLOCK)
        return OSL_OK;
    good = good && (want == WANT_ALL ? get_all_at(at, &walk, entry)
                                     : get_counts_at(at, &walk, entry));
    *out = walk.info;
    return good ? OSL_OK : spoilt(at, err);
}

enum { AT_ONCE = 64 }; /* terms that are looked for together */

/* A term on its way: down a tree, unless a shortcut has it. */
typedef struct seeker {
    const osl_dictionary_view *in;
    const osl_term_key *of;
    osl_term_info *info;
    candidate at;
    uint32_t number;       /* of its bucket */
    const uint8_t *bucket; /* NULL: no shortcut has it */
} seeker;

static const uint8_t *filter_of(const osl_dictionary_view *at, size_t number)
{
    return at->filters + number * OSL_SHORTCUT_FILTER;
}

static const uint8_t *fetch_bucket(const osl_dictionary_view *at, size_t number)
{
    const uint8_t *bucket = at->buckets + number * OSL_SHORTCUT_BUCKET;
    __builtin_prefetch(bucket);
    __builtin_prefetch(bucket + OSL_SHORTCUT_BUCKET / 2);
    return bucket;
}

/* Where the dictionary would have a term. */
static void fetch_place(const osl_dictionary_view *at, const candidate *of)
{
    fetch_node(at, of->node);
    if (at->signposts)
        fetch_blocks(at, of->node, of->prefix);
}

/* What is read before it is known whether a shortcut has the term: filter,
 * signpost and, mostly it is this one, bucket are on their way together; of a
 * term alone also what is read if none has it. */
static inline void set_out(seeker *of, bool is_alone)
{
    const osl_dictionary_view *at = of->in;
    of->number = osl_shortcut_bucket(of->of->hash, at->bucket_count);
    if (at->bucket_count > 0) {
        __builtin_prefetch(filter_of(at, of->number));
        (void)fetch_bucket(at, of->number);
    }
    of->at.prefix = __builtin_bswap64(of->of->key.low);
    of->at.node = find_node(at, of->at.prefix);
    if (is_alone)
        fetch_place(at, &of->at);
    else if (at->signposts)
        __builtin_prefetch(at->signposts +
                           (size_t)of->at.node * OSL_SIGNPOST_BYTES);
}

/* The bucket that may have a term; NULL: none has. */
static const uint8_t *find_bucket(const seeker *of)
{
    const osl_dictionary_view *at = of->in;
    if (at->bucket_count == 0 || of->of->key.length == 0)
        return NULL;
    osl_shortcut_bits bits = osl_shortcut_bits_of(of->of->hash);
    const uint8_t *bucket =
        at->buckets + (size_t)of->number * OSL_SHORTCUT_BUCKET;
    if (osl_shortcut_may_have(filter_of(at, of->number), bits))
        return bucket;
    return osl_shortcut_may_have(filter_of(at, of->number ^ 1), bits)
               ? fetch_bucket(at, of->number ^ 1)
               : NULL;
}

/* Of several terms, what a shortcut may have has not even its node fetched. */
static void go_on(seeker *of)
{
    of->bucket = find_bucket(of);
    if (!of->bucket)
        fetch_place(of->in, &of->at);
}

/* The shortcut's word, which the dictionary's is, too: out->df 0 where it has
 * none. */
static osl_status take_shortcut(const seeker *of, wanted want, osl_error *err)
{
    const osl_dictionary_view *at = of->in;
    osl_term_info *out = of->info;
    osl_status status =
        osl_segment_touch(at->segment, at->shortcuts,
                          (uint64_t)(of->bucket - at->shortcuts->bytes),
                          OSL_SHORTCUT_BUCKET, err);
    if (status != OSL_OK)
        return status;
    bool good = osl_shortcut_find(
        of->bucket, &of->of->key,
        want == WANT_ALL ? OSL_SHORTCUT_ALL : OSL_SHORTCUT_COUNTS, out);
    if (good && out->df <= at->ordinal_count && out->ordinal < at->term_count &&
        out->offset <= UINT64_MAX - out->bytes)
        return OSL_OK;
    return osl_segment_spoilt(at->segment, at->shortcuts,
                              "an entry that is none", err);
}

static osl_status search_tree(seeker *of, wanted want, osl_error *err)
{
    const osl_dictionary_view *at = of->in;
    osl_status status = OSL_OK;
    if (of->at.is_tie)
        status = settle_tie(at, of->of->term, &of->at, err);
    if (status == OSL_OK && of->at.block < at->block_count &&
        of->of->term.length <= OSL_TERM_BYTES_MAX)
        status =
            find_in_block(at, of->at.block, of->of->term, want, of->info, err);
    return status;
}

static osl_status find_alone(const osl_dictionary_view *at,
                             const osl_term_key *term, wanted want,
                             osl_term_info *info, osl_error *err)
{
    seeker of;
    *info = (osl_term_info){0};
    of.in = at;
    of.of = term;
    of.info = info;
    set_out(&of, true);
    of.bucket = find_bucket(&of);
    osl_status status = OSL_OK;
    if (of.bucket)
        status = take_shortcut(&of, want, err);
    if (status != OSL_OK || info->df > 0)
        return status;
    status = find_candidate(at, &of.at, err);
    return status == OSL_OK ? search_tree(&of, want, err) : status;
}

static osl_status find_some(seeker *seekers, unsigned count, wanted want,
                            osl_error *err)
{
    osl_status status = OSL_OK;
    for (unsigned i = 0; i < count; i++)
        set_out(&seekers[i], false);
    for (unsigned i = 0; i < count; i++)
        go_on(&seekers[i]);
    unsigned left = 0;
    seeker *others[AT_ONCE];
    for (unsigned i = 0; i < count && status == OSL_OK; i++) {
        seeker *of = &seekers[i];
        if (of->bucket) {
            status = take_shortcut(of, want, err);
            if (of->info->df > 0)
                continue;
        }
        others[left++] = of;
    }
    for (unsigned n = 0; n < left && status == OSL_OK; n++)
        status = find_candidate(others[n]->in, &others[n]->at, err);
    for (unsigned n = 0; n < left && status == OSL_OK; n++)
        status = search_tree(others[n], want, err);
    return status;
}

/* Some of one segment's. */
static void gather(const osl_dictionary_view *at, const osl_term_key *terms,
                   unsigned count, osl_term_info *infos, seeker *seekers)
{
    for (unsigned i = 0; i < count; i++) {
        infos[i] = (osl_term_info){0};
        seekers[i].in = at;
        seekers[i].of = &terms[i];
        seekers[i].info = &infos[i];
    }
}

static void make_keys(osl_term_key *keys, const osl_text *terms, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        keys[i] = osl_term_key_of(terms[i]);
}

static unsigned at_most(unsigned count, unsigned most)
{
    return count < most ? count : most;
}

/* What is looked for, and where. */
typedef struct lookup {
    osl_segment_list in;
    osl_field field;
    wanted want;
} lookup;

static bool has_terms(const lookup *how, uint32_t n)
{
    return how->in.items[n]->info.fields[how->field].term_count > 0;
}

static osl_status find_one(const lookup *how, uint32_t n,
                           const osl_term_key *term, osl_term_info *info,
                           osl_error *err)
{
    const osl_dictionary_view *at;
    *info = (osl_term_info){0};
    if (!has_terms(how, n))
        return OSL_OK;
    osl_status status =
        osl_dictionary_open_view(&at, how->in.items[n], how->field, err);
    return status == OSL_OK ? find_alone(at, term, how->want, info, err)
                            : status;
}

static osl_status find_all(const lookup *how, uint32_t n, const osl_text *terms,
                           unsigned count, osl_term_info *infos, osl_error *err)
{
    osl_term_key keys[AT_ONCE];
    seeker seekers[AT_ONCE];
    const osl_dictionary_view *at;
    if (count == 1) {
        keys[0] = osl_term_key_of(*terms);
        return find_one(how, n, keys, infos, err);
    }
    if (!has_terms(how, n)) {
        for (unsigned i = 0; i < count; i++)
            infos[i] = (osl_term_info){0};
        return OSL_OK;
    }
    osl_status status =
        osl_dictionary_open_view(&at, how->in.items[n], how->field, err);
    for (unsigned i = 0; i < count && status == OSL_OK; i += AT_ONCE) {
        unsigned some = at_most(count - i, AT_ONCE);
        make_keys(keys, terms + i, some);
        gather(at, keys, some, infos + i, seekers);
        status = find_some(seekers, some, how->want, err);
    }
    return status;
}

/* Those of a segment, AT_ONCE at most, go with others', where all of them have
 * room. */
static osl_status find_in(const lookup *how, const osl_term_key *terms,
                          unsigned count, osl_term_info *infos, osl_error *err)
{
    seeker seekers[AT_ONCE];
    unsigned used = 0;
    osl_status status = OSL_OK;
    for (uint32_t n = 0; n < how->in.count && status == OSL_OK; n++) {
        const osl_dictionary_view *at;
        osl_term_info *to = infos + (size_t)n * count;
        if (!has_terms(how, n)) {
            for (unsigned i = 0; i < count; i++)
                to[i] = (osl_term_info){0};
            continue;
        }
        if (used + count > AT_ONCE) {
            status = find_some(seekers, used, how->want, err);
            used = 0;
        }
        if (status == OSL_OK)
            status = osl_dictionary_open_view(&at, how->in.items[n], how->field,
                                              err);
        if (status == OSL_OK)
            gather(at, terms, count, to, seekers + used);
        used += count;
    }
    return status == OSL_OK ? find_some(seekers, used, how->want, err) : status;
}

osl_status osl_term_find_all(const osl_segment *segment, osl_field field,
                             const osl_text *terms, unsigned count,
                             osl_term_info *infos, osl_error *err)
{
    const lookup how = {{&segment, 1}, field, WANT_ALL};
    return find_all(&how, 0, terms, count, infos, err);
}

osl_status osl_term_count_all(const osl_segment *segment, osl_field field,
                              const osl_text *terms, unsigned count,
                              osl_term_info *infos, osl_error *err)
{
    const lookup how = {{&segment, 1}, field, WANT_COUNTS};
    return find_all(&how, 0, terms, count, infos, err);
}

osl_status osl_terms_find_in(osl_segment_list segments, osl_field field,
                             const osl_text *terms, unsigned count,
                             osl_term_info *infos, osl_error *err)
{
    const lookup how = {segments, field, WANT_ALL};
    osl_term_key keys[AT_ONCE];
    osl_status status = OSL_OK;
    if (segments.count > 1 && count <= AT_ONCE) {
        make_keys(keys, terms, count);
        return find_in(&how, keys, count, infos, err);
    }
    for (uint32_t n = 0; n < segments.count && status == OSL_OK; n++)
        status =
            find_all(&how, n, terms, count, infos + (size_t)n * count, err);
    return status;
}

osl_status osl_term_count_in(osl_segment_list segments, osl_field field,
                             const osl_term_key *term, osl_term_info *infos,
                             osl_error *err)
{
    const lookup how = {segments, field, WANT_COUNTS};
    return segments.count == 1 ? find_one(&how, 0, term, infos, err)
                               : find_in(&how, term, 1, infos, err);
}

osl_status osl_term_count(const osl_segment *segment, osl_field field,
                          osl_text term, osl_term_info *out, osl_error *err)
{
    return osl_term_count_all(segment, field, &term, 1, out, err);
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

/* ---- by ordinal --------------------------------------------------------- */

/* The place of a block may not have been verified yet: if it is spoilt,
 * something else is fetched. */
void osl_term_fetch(const osl_segment *segment, osl_field field,
                    const uint32_t *ordinals, unsigned count)
{
    const osl_dictionary_view *at =
        __atomic_load_n(&segment->views[field], __ATOMIC_ACQUIRE);
    if (!at)
        return;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < count; i++) {
            uint32_t block = ordinals[i] / BLOCK;
            if (block >= at->block_count)
                continue;
            const uint8_t *offset = at->nodes +
                                    (size_t)(block / WAYS) * NODE_BYTES +
                                    GROUP_BYTES + (size_t)(block % WAYS) * 4;
            const uint8_t *start = at->blocks + (round ? osl_get32(offset) : 0);
            __builtin_prefetch(round ? start : offset);
            if (round)
                __builtin_prefetch(start + 64);
        }
    }
}

/* Entry `n` of a block without long lengths, behind whose suffixes as many bytes
 * may be read as a load takes; its length, or SIZE_MAX. */
static size_t put_short(const block_walk *walk, const short_lengths *lengths,
                        uint32_t n, char *to)
{
    const uint8_t *suffixes = walk->longs + lengths->head;
    size_t length = lengths->head;
    memcpy(to, walk->longs, length);
    for (uint32_t i = 1; i <= n; i++) {
        size_t shared = lengths->shared[i / 8] >> (8 * (i % 8)) & 255;
        if (shared > length)
            return SIZE_MAX;
        memcpy(to + shared, suffixes + lengths->ends[i - 1], BLOCK);
        length = shared + lengths->ends[i] - lengths->ends[i - 1];
    }
    return length;
}

/* The df of entry `n`, whose varints come behind those of the ones before;
 * `more` is theirs. */
static bool find_df(const osl_dictionary_view *at, block_walk *walk, uint32_t n)
{
    bool is_small = (walk->counts[n] & SMALL_DF) != SMALL_DF;
    uint64_t bytes;
    if (is_small) {
        walk->info.df = (walk->counts[n] & SMALL_DF) + 1;
        return walk->info.df <= at->ordinal_count;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!get_counts(at, walk, walk->counts[i]) ||
            (!(walk->counts[i] & LEAST_BIT) &&
             !osl_varint_get(&walk->more, walk->end, &bytes)))
            return false;
    return get_counts(at, walk, walk->counts[n]);
}

/* The same of any block. */
static bool pass_long(block_walk *walk, uint32_t n, char *to, size_t *length)
{
    if (!find_streams(walk))
        return false;
    for (walk->next = 0; walk->next <= n; walk->next++) {
        if (!get_suffix(walk) || walk->shared > *length)
            return false;
        memcpy(to + walk->shared, walk->suffix, walk->suffix_length);
        *length = walk->shared + walk->suffix_length;
    }
    return true;
}

osl_status osl_term_pass(osl_term_cursor *cursor, uint32_t ordinal,
                         osl_error *err)
{
    const osl_dictionary_view *at;
    block_walk walk;
    short_lengths lengths;
    uint32_t n = ordinal % BLOCK;
    char *to = (char *)cursor->state;
    size_t length = 0;
    osl_status status =
        osl_dictionary_open_view(&at, cursor->segment, cursor->field, err);
    if (status == OSL_OK)
        status = open_block(at, ordinal / BLOCK, &walk, err);
    if (status != OSL_OK)
        return status;
    size_t left = (size_t)(walk.end - walk.longs);
    size_t readable = at->bytes - (size_t)(walk.longs - at->blocks);
    bool is_short = get_short(&walk, &lengths) &&
                    lengths.head + lengths.ends[BLOCK - 1] <= left &&
                    lengths.head + lengths.ends[BLOCK - 1] + BLOCK <= readable;
    if (is_short) {
        length = put_short(&walk, &lengths, n, to);
        walk.more = walk.longs + lengths.head + lengths.ends[BLOCK - 1];
    }
    if ((!is_short && !pass_long(&walk, n, to, &length)) ||
        length > OSL_TERM_BYTES_MAX || !find_df(at, &walk, n))
        return spoilt(at, err);
    cursor->term = (osl_text){to, length};
    cursor->info = (osl_term_info){.ordinal = ordinal, .df = walk.info.df};
    return OSL_OK;
}
