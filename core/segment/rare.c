/* SPDX-License-Identifier: MIT
 *
 * One stream of bits, the lowest of a byte first, then up to a whole byte:
 *
 *     rare  = side:1 forms:1 (ordinal:n | block{df / 128, rounded up})
 *     block = gaps{m} [j:5 (rice(j){m} | several)]
 *     gaps  = k:5 [more:3{m / 16, rounded up}] low:k + more{} unary{}
 *     several = count:7 [g:3 v:3 rice(g){count} rice(v){count}]
 *     rice(k) = low:k{} unary{}
 *
 * n is the bits of an ordinal and stands where df is 1 (its tf is cf). A block
 * has m ≤ 128 postings: Rice codes (Rice, Plaunt 1971) of the gaps − 1 and,
 * where cf > df, of tf − 1; their low bits stand apart from the unary ones
 * (zeros ended by a one), so that both are read a word at a time. Rice costs
 * 10 % less than frames of reference of 128 here, where gaps are wide and
 * lists short.
 *
 * Words cluster: so each 16 gaps, where there are more, have a parameter of
 * their own, k and `more` (4 % less). Where that is shorter, j is 31, and only
 * postings of a tf of 2 and more have one: the gaps − 1 of their places, then
 * tf − 2. In pairs, whose tf mostly is 1, this saves most of a bit a posting. */
#include "core/segment/rare.h"

#include "core/base/bytes.h"
#include "core/segment/region.h"

enum { BLOCK = OSL_RICE_MAX, PARAMETER = 5, PARAMETER_MAX = 31, STEP = 56 };
enum { SEVERAL = 31, COUNT_BITS = 7, SMALL = 3, SMALL_MAX = 7 };
enum { GROUP = OSL_RICE_GROUP, GROUPS = OSL_RICE_GROUPS };

/* ---- writing ----------------------------------------------------------- */

typedef struct bit_writer {
    osl_buf *out;
    uint8_t *at; /* in `out`, for which room was made */
    uint64_t bits;
    unsigned count; /* of the bits that wait: fewer than 32 */
} bit_writer;

/* For so many bits more. */
static bool make_room(bit_writer *to, uint64_t bits)
{
    if (to->at)
        to->out->length = (size_t)(to->at - to->out->bytes);
    to->at = osl_buf_room(to->out, (size_t)(bits / 8) + 16);
    return to->at;
}

/* At most 32 bits. */
static inline void put_bits(bit_writer *to, uint64_t value, unsigned count)
{
    to->bits |= value << to->count;
    to->count += count;
    osl_put32(to->at, (uint32_t)to->bits);
    unsigned full = to->count & 32;
    to->at += full / 8;
    to->bits >>= full;
    to->count -= full;
}

static void end_bits(bit_writer *to)
{
    osl_put32(to->at, (uint32_t)to->bits);
    to->at += (to->count + 7) / 8;
    to->out->length = (size_t)(to->at - to->out->bytes);
}

static inline void put_unary(bit_writer *to, uint64_t zeros)
{
    for (; zeros >= 32; zeros -= 32)
        put_bits(to, 0, 32);
    put_bits(to, (uint64_t)1 << zeros, (unsigned)zeros + 1);
}

/* The best parameter is near the log of the mean (Golomb's rule): three are
 * tried in one pass, since most lists are short. No list has values of 2^32 and
 * more in sum. */
static inline unsigned choose_for(const uint32_t *values, unsigned count)
{
    enum { TRIED = 3 };
    uint32_t sum = 0, ones[TRIED] = {0, 0, 0};
    for (unsigned i = 0; i < count; i++)
        sum += values[i];
    uint32_t mean = count > 0 ? sum / count : 0;
    unsigned middle = mean ? 31u - (unsigned)__builtin_clz(mean) : 0;
    unsigned first = middle ? middle - 1 : 0, best = first;
    for (unsigned i = 0; i < count; i++) {
        uint32_t value = values[i] >> first;
        ones[0] += value;
        ones[1] += value >> 1;
        ones[2] += value >> 2;
    }
    uint64_t least = (uint64_t)count * first + ones[0];
    for (unsigned n = 1; n < TRIED; n++) {
        unsigned k = first + n;
        uint64_t cost = (uint64_t)count * k + ones[n];
        if (cost < least && k <= middle + 1 && k <= PARAMETER_MAX) {
            least = cost;
            best = k;
        }
    }
    return best;
}

/* Most are of a whole group: its loops are laid out for that. */
static unsigned choose_parameter(const uint32_t *values, unsigned count)
{
    return count == GROUP ? choose_for(values, GROUP)
                          : choose_for(values, count);
}

static void put_rice(bit_writer *to, const uint32_t *values, unsigned count,
                     unsigned k)
{
    for (unsigned i = 0; i < count; i++)
        put_bits(to, values[i] & (((uint64_t)1 << k) - 1), k);
    for (unsigned i = 0; i < count; i++)
        put_unary(to, values[i] >> k);
}

static unsigned choose_small(const uint32_t *values, unsigned count)
{
    unsigned k = choose_parameter(values, count);
    return k < SMALL_MAX ? k : SMALL_MAX;
}

static uint64_t rice_bits(const uint32_t *values, unsigned count, unsigned k)
{
    uint64_t bits = (uint64_t)count * (k + 1);
    for (unsigned i = 0; i < count; i++)
        bits += values[i] >> k;
    return bits;
}

/* The tfs of a block. */
typedef struct tf_block {
    uint32_t more[BLOCK];                 /* tf − 1 */
    uint32_t gaps[BLOCK], further[BLOCK]; /* of those of 2 and more */
    unsigned count, several, j, g, v;
    uint64_t bits; /* that they take, and their parameters */
} tf_block;

/* Chooses the shorter code. */
static void choose_tfs(tf_block *of, const uint32_t *tfs, unsigned count)
{
    unsigned next = 0;
    of->count = count;
    of->g = of->v = 0;
    /* What a tf of 1 writes, the next one writes over. */
    unsigned several = 0;
    for (unsigned i = 0; i < count; i++) {
        bool here = tfs[i] >= 2;
        of->more[i] = tfs[i] - 1;
        of->gaps[several] = i - next;
        of->further[several] = tfs[i] - 2;
        several += here;
        next = here ? i + 1 : next;
    }
    of->several = several;
    of->j = choose_parameter(of->more, count);
    if (of->j >= SEVERAL)
        of->j = SEVERAL - 1;
    uint64_t bits = COUNT_BITS;
    if (of->several) {
        of->g = choose_small(of->gaps, of->several);
        of->v = choose_small(of->further, of->several);
        bits += (uint64_t)2 * SMALL + rice_bits(of->gaps, of->several, of->g) +
                rice_bits(of->further, of->several, of->v);
    }
    of->bits = rice_bits(of->more, count, of->j);
    if (of->several < 1u << COUNT_BITS && bits < of->bits) {
        of->j = SEVERAL;
        of->bits = bits;
    }
    of->bits += PARAMETER;
}

static void put_tfs(bit_writer *to, const tf_block *of)
{
    if (of->j != SEVERAL) {
        put_rice(to, of->more, of->count, of->j);
        return;
    }
    put_bits(to, of->several, COUNT_BITS);
    if (!of->several)
        return;
    put_bits(to, of->g, SMALL);
    put_bits(to, of->v, SMALL);
    put_rice(to, of->gaps, of->several, of->g);
    put_rice(to, of->further, of->several, of->v);
}

static unsigned group_end(unsigned count, unsigned group)
{
    return count < (group + 1) * GROUP ? count : (group + 1) * GROUP;
}

/* The parameter of each group; returns the least that one can have. */
static unsigned choose_groups(const uint32_t *gaps, unsigned count,
                              unsigned groups, unsigned k[GROUPS])
{
    unsigned least = PARAMETER_MAX, greatest = 0;
    for (unsigned g = 0; g < groups; g++) {
        k[g] = choose_parameter(gaps + (size_t)g * GROUP,
                                group_end(count, g) - g * GROUP);
        least = k[g] < least ? k[g] : least;
        greatest = k[g] > greatest ? k[g] : greatest;
    }
    if (greatest > least + SMALL_MAX)
        least = greatest - SMALL_MAX;
    for (unsigned g = 0; g < groups; g++)
        k[g] = k[g] < least ? least : k[g];
    return least;
}

/* `sum`: of the gaps. No group's parameter is more than 7 above the least, so
 * what is unary takes a few KiB at most. */
static bool put_gaps(bit_writer *writer, const uint32_t *gaps, unsigned count,
                     uint64_t sum)
{
    unsigned k[GROUPS], groups = (count + GROUP - 1) / GROUP;
    unsigned least = choose_groups(gaps, count, groups, k);
    if (!make_room(writer, PARAMETER + (uint64_t)SMALL * groups +
                               (uint64_t)count * (PARAMETER_MAX + 1) +
                               (sum >> least)))
        return false;
    bit_writer to = *writer;
    put_bits(&to, least, PARAMETER);
    for (unsigned g = 0; groups > 1 && g < groups; g++)
        put_bits(&to, k[g] - least, SMALL);
    for (unsigned i = 0; i < count; i++)
        put_bits(&to, gaps[i] & (((uint64_t)1 << k[i / GROUP]) - 1),
                 k[i / GROUP]);
    for (unsigned i = 0; i < count; i++)
        put_unary(&to, gaps[i] >> k[i / GROUP]);
    *writer = to;
    return true;
}

static bool put_block(bit_writer *to, const uint32_t *gaps, const uint32_t *tfs,
                      unsigned count, uint64_t sum)
{
    tf_block block;
    if (!put_gaps(to, gaps, count, sum))
        return false;
    if (!tfs)
        return true;
    choose_tfs(&block, tfs, count);
    if (!make_room(to, block.bits))
        return false;
    put_bits(to, block.j, PARAMETER);
    put_tfs(to, &block);
    return true;
}

void osl_rare_write(osl_buf *out, const osl_rare *rare,
                    const uint32_t *ordinals, const uint32_t *tfs)
{
    bit_writer to = {.out = out};
    if (!make_room(&to, 2 + 32))
        return;
    put_bits(&to, rare->side, 1);
    put_bits(&to, rare->forms, 1);
    if (rare->df == 1)
        put_bits(&to, ordinals[0],
                 osl_region_ordinal_bits(rare->ordinal_count));
    uint32_t gaps[BLOCK], next = 0;
    for (uint32_t at = 0; rare->df > 1 && at < rare->df; at += BLOCK) {
        unsigned count = rare->df - at < BLOCK ? rare->df - at : BLOCK;
        uint32_t first = next;
        for (unsigned i = 0; i < count; i++) {
            gaps[i] = ordinals[at + i] - next;
            next = ordinals[at + i] + 1;
        }
        if (!put_block(&to, gaps, rare->cf > rare->df ? tfs + at : NULL, count,
                       next - first))
            return;
    }
    end_bits(&to);
}

/* ---- reading ----------------------------------------------------------- */

typedef struct bit_reader {
    const uint8_t *bytes;
    uint64_t at, end; /* bits */
    osl_rice_fn *rice;
} bit_reader;

/* At least 57 bits from `at` on. */
static uint64_t peek(const bit_reader *from, uint64_t at)
{
    return osl_get64(from->bytes + at / 8) >> (at % 8);
}

static bool get_bits(bit_reader *from, unsigned count, uint32_t *value)
{
    if (from->at + count > from->end)
        return false;
    *value = (uint32_t)(peek(from, from->at) & (((uint64_t)1 << count) - 1));
    from->at += count;
    return true;
}

/* The numbers of `codes`, whose count and parameters are set. */
static bool get_codes(bit_reader *from, osl_rice *codes, uint32_t *values)
{
    codes->bytes = from->bytes;
    codes->at = from->at;
    codes->end = from->end;
    uint64_t last = from->rice(codes, values);
    from->at = last;
    return last > 0;
}

static bool get_rice(bit_reader *from, uint32_t *values, unsigned count,
                     unsigned k)
{
    osl_rice codes = {.count = count};
    for (unsigned g = 0; g < GROUPS; g++)
        codes.k[g] = k;
    return get_codes(from, &codes, values);
}

/* The parameter of each group of gaps. False where one is too large. */
static bool get_parameters(bit_reader *from, unsigned groups,
                           uint32_t k[GROUPS])
{
    uint32_t least, more = 0;
    if (!get_bits(from, PARAMETER, &least))
        return false;
    for (unsigned g = 0; g < groups; g++) {
        if (groups > 1 && !get_bits(from, SMALL, &more))
            return false;
        k[g] = least + more;
        if (k[g] > PARAMETER_MAX)
            return false;
    }
    return true;
}

/* The ordinals of a block; `next` is the least that can come, moved on. */
static bool get_ordinals(bit_reader *from, const osl_rare *rare, unsigned count,
                         uint64_t *next, uint32_t *ordinals)
{
    uint32_t gaps[BLOCK + OSL_RICE_SLACK];
    osl_rice codes = {.count = count};
    uint64_t ordinal = *next;
    if (!get_parameters(from, (count + GROUP - 1) / GROUP, codes.k) ||
        !get_codes(from, &codes, gaps))
        return false;
    for (unsigned i = 0; i < count; i++) {
        ordinal += gaps[i];
        ordinals[i] = (uint32_t)ordinal++;
    }
    *next = ordinal;
    return ordinal <= rare->ordinal_count;
}

/* tfs of which several are 2 and more. */
static bool get_several(bit_reader *from, unsigned count, uint32_t *tfs)
{
    uint32_t gaps[BLOCK + OSL_RICE_SLACK], further[BLOCK + OSL_RICE_SLACK];
    uint32_t several, g, v, place = 0;
    if (!get_bits(from, COUNT_BITS, &several) || several > count)
        return false;
    for (unsigned i = 0; i < count; i++)
        tfs[i] = 1;
    if (several == 0)
        return true;
    if (!get_bits(from, SMALL, &g) || !get_bits(from, SMALL, &v) ||
        !get_rice(from, gaps, several, g) ||
        !get_rice(from, further, several, v))
        return false;
    for (unsigned i = 0; i < several; i++, place++) {
        if (gaps[i] >= count || (place += gaps[i]) >= count ||
            further[i] >= UINT32_MAX - 1)
            return false;
        tfs[place] = further[i] + 2;
    }
    return true;
}

static bool get_tfs(bit_reader *from, unsigned count, unsigned j, uint32_t *tfs)
{
    uint32_t values[BLOCK + OSL_RICE_SLACK];
    if (j == SEVERAL)
        return get_several(from, count, tfs);
    if (!get_rice(from, values, count, j))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (values[i] == UINT32_MAX)
            return false;
        tfs[i] = values[i] + 1;
    }
    return true;
}

/* Over `count` values. */
static bool skip_rice(bit_reader *from, unsigned count, unsigned k)
{
    from->at += (uint64_t)count * k;
    while (count > 0 && from->at < from->end) {
        uint64_t word = peek(from, from->at) & (((uint64_t)1 << STEP) - 1);
        unsigned ones = osl_popcount(word);
        if (ones < count) {
            count -= ones;
            from->at += STEP;
            continue;
        }
        for (; count > 1; count--)
            word &= word - 1;
        from->at += (unsigned)__builtin_ctzll(word) + 1;
        count = 0;
    }
    return count == 0 && from->at <= from->end;
}

/* Over the tfs of a block. */
static bool skip_tfs(bit_reader *from, unsigned count)
{
    uint32_t j, several, g, v;
    if (!get_bits(from, PARAMETER, &j))
        return false;
    if (j != SEVERAL)
        return skip_rice(from, count, j);
    if (!get_bits(from, COUNT_BITS, &several) || several > count)
        return false;
    return several == 0 ||
           (get_bits(from, SMALL, &g) && get_bits(from, SMALL, &v) &&
            skip_rice(from, several, g) && skip_rice(from, several, v));
}

static bool get_block(bit_reader *from, const osl_rare *rare, unsigned count,
                      uint64_t *next, uint32_t *ordinals, uint32_t *tfs)
{
    uint32_t j = 0;
    bool has_tfs = rare->cf > rare->df;
    if (!get_ordinals(from, rare, count, next, ordinals))
        return false;
    for (unsigned i = 0; !has_tfs && i < count; i++)
        tfs[i] = 1;
    return !has_tfs ||
           (get_bits(from, PARAMETER, &j) && get_tfs(from, count, j, tfs));
}

static bool get_one(bit_reader *from, const osl_rare *rare, uint32_t *ordinals,
                    uint32_t *tfs)
{
    unsigned bits = osl_region_ordinal_bits(rare->ordinal_count);
    tfs[0] = (uint32_t)rare->cf;
    return rare->cf <= UINT32_MAX && get_bits(from, bits, &ordinals[0]) &&
           ordinals[0] < rare->ordinal_count;
}

bool osl_rare_read(const uint8_t *bytes, size_t length, osl_rare *rare,
                   uint32_t *ordinals, uint32_t *tfs, size_t *used)
{
    bit_reader from = {bytes, 0, (uint64_t)length * 8, rare->rice};
    uint32_t side, forms;
    if (!get_bits(&from, 1, &side) || !get_bits(&from, 1, &forms))
        return false;
    rare->side = side;
    rare->forms = forms;
    bool good = rare->df > 1 || get_one(&from, rare, ordinals, tfs);
    uint64_t next = 0, sum = 0;
    for (uint32_t at = 0; good && rare->df > 1 && at < rare->df; at += BLOCK) {
        unsigned count = rare->df - at < BLOCK ? rare->df - at : BLOCK;
        good = get_block(&from, rare, count, &next, ordinals + at, tfs + at);
    }
    for (uint32_t i = 0; good && i < rare->df; i++)
        sum += tfs[i];
    *used = (size_t)((from.at + 7) / 8);
    return good && sum == rare->cf;
}

bool osl_rare_read_ordinals(const uint8_t *bytes, size_t length,
                            const osl_rare *rare, uint32_t *ordinals)
{
    /* Behind the flags. */
    bit_reader from = {bytes, 2, (uint64_t)length * 8, rare->rice};
    uint32_t tf;
    if (rare->df == 1)
        return get_one(&from, rare, ordinals, &tf);
    uint64_t next = 0;
    for (uint32_t at = 0; at < rare->df; at += BLOCK) {
        bool is_last = rare->df - at <= BLOCK;
        unsigned count = is_last ? rare->df - at : BLOCK;
        if (!get_ordinals(&from, rare, count, &next, ordinals + at) ||
            (!is_last && rare->cf > rare->df && !skip_tfs(&from, count)))
            return false;
    }
    return true;
}
