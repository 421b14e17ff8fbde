/* SPDX-License-Identifier: MIT
 *
 * A word in a range, and a paragraph's exact score (a part of flat_loops.h):
 * where its postings stand, which paragraphs hold it, how often, what it adds
 * to the bounds. */
#ifndef OSL_QUERY_FLAT_PLACE_H
#define OSL_QUERY_FLAT_PLACE_H

#include "core/segment/score.h"
#include "query/flat_state.h"

#include <string.h>

/* Who includes this has chosen a level of kernels before. */
#ifndef OSL_SCORE_LEVEL
#include "core/kernels/score_scalar.h"
#endif

/* Scores below are not among the best. */
static uint32_t least_score(const osl_flat *flat)
{
    uint32_t threshold = *flat->sink->threshold;
    return threshold > flat->seed ? threshold : flat->seed;
}

static unsigned scored_count(const osl_flat *flat)
{
    return flat->must_count + flat->should_count;
}

/* A range or paragraph whose bound is below cannot reach the threshold. */
static uint32_t least_units(osl_flat *flat)
{
    uint32_t threshold = least_score(flat);
    if (threshold != flat->last_threshold) {
        double reach =
            ((double)threshold - scored_count(flat)) * flat->per_unit;
        flat->last_threshold = threshold;
        flat->least = reach <= 0 ? 0 : (uint32_t)reach;
    }
    return flat->least;
}

static bool has_phrase(const osl_flat *flat)
{
    return flat->phrases != 0;
}

/* Whether some paragraphs are not looked at. */
static bool is_masked(const osl_flat *flat)
{
    return flat->query->live || flat->query->filter || flat->is_without;
}

/* What of a range is looked at at all. */
static uint64_t starting_word(const osl_flat *flat, uint32_t range)
{
    uint64_t word = ~(uint64_t)0;
    if (flat->query->live)
        word &= flat->query->live[range];
    if (flat->query->filter)
        word &= flat->query->filter[range];
    if (flat->is_without)
        word &= ~flat->without[range];
    return word;
}

static uint64_t leaf_ranges(const osl_flat *flat, const leaf *of,
                            uint32_t chunk)
{
    uint64_t ranges = ~(uint64_t)0;
    for (unsigned i = 0; i < of->word_count && ranges; i++)
        ranges &= osl_chunk_mask(
            osl_postings_header(flat->words[of->first_word + i], chunk));
    return ranges;
}

/* Ranges that every required leaf may reach. */
static uint64_t must_ranges(const osl_flat *flat, uint32_t chunk)
{
    uint64_t ranges = ~(uint64_t)0;
    for (unsigned i = 0; i < flat->must_count && ranges; i++)
        ranges &= leaf_ranges(flat, &flat->leaves[i], chunk);
    return ranges;
}

static osl_chunk chunk_of(const osl_postings *word, uint32_t chunk)
{
    return osl_postings_chunk(word, osl_postings_header(word, chunk));
}

/* Has the postings of a chunk on their way; those of a sparse one always by
 * four lines, so that no branch depends on how many there are. */
static inline void fetch_payload(const osl_chunk *at)
{
    enum { LINE = 64, DENSE_BYTES = 512, SPARSE_BYTES = 256 };
    if (osl_chunk_flags(at->header) & OSL_CHUNK_DENSE) {
        for (unsigned i = 0; i < DENSE_BYTES; i += LINE)
            __builtin_prefetch(at->payload + i);
        return;
    }
    unsigned count = osl_chunk_count(at->header);
    for (unsigned i = 0; i < SPARSE_BYTES; i += LINE)
        __builtin_prefetch(at->payload + (i < count ? i : count));
}

/* Has the streams of a chunk that comes soon on their way; its headers must
 * be, so those of one still further ahead are, too. */
static void fetch_chunk(const osl_flat *flat, uint32_t chunk, bool bounds)
{
    if (chunk >= flat->chunk_count)
        return;
    for (unsigned w = 0; w < flat->word_count; w++) {
        const osl_postings *word = flat->words[w];
        if (!word->headers)
            continue;
        osl_chunk at = chunk_of(word, chunk);
        if (!word->present)
            __builtin_prefetch(at.header + FETCH_HEADERS * OSL_CHUNK_HEADER);
        if (osl_chunk_count(at.header) == 0)
            continue;
        __builtin_prefetch(at.counts);
        if (bounds)
            __builtin_prefetch(at.bounds);
        fetch_payload(&at);
    }
}

/* A bound as of today, which was `bound` at writing. */
static inline uint32_t bound_today(const osl_flat *flat, uint32_t bound)
{
    return flat->query->bounds ? flat->query->bounds[bound] : bound;
}

/* The bounds of a word's `count` ranges as of today; where they are other than
 * at writing in `room`. */
static inline const uint8_t *bounds_today(const osl_flat *flat,
                                          uint8_t room[64],
                                          const uint8_t *bounds,
                                          uint64_t ranges)
{
    if (!flat->query->bounds)
        return bounds;
    score_bound_map(room, bounds, (unsigned)__builtin_popcountll(ranges),
                    flat->query->bounds);
    return room;
}

/* ---- a word in a range --------------------------------------------------- */

static inline bool is_in_range(const osl_postings *word, uint32_t range)
{
    const uint8_t *header = osl_postings_header(word, range / 64);
    return osl_chunk_mask(header) >> (range % 64) & 1;
}

/* Has what a range's planes say of a dense word on its way. */
static inline void fetch_place(const osl_postings *word, const place *of)
{
    unsigned flags = osl_chunk_flags(of->header);
    size_t stride = (osl_chunk_count(of->header) + 63u) / 64 * 8;
    const uint8_t *plane =
        of->payload +
        osl_chunk_planes_at(flags, word->field != OSL_FIELD_PAIR) +
        (size_t)of->start / 64 * 8;
    for (unsigned p = 0; p < osl_chunk_planes(flags); p++)
        __builtin_prefetch(plane + p * stride);
}

/* All but the word itself, whose bytes are fetched ahead, in a range that has
 * it. */
static inline __attribute__((always_inline)) void
locate(const osl_postings *word, uint32_t range, place *out)
{
    const uint8_t *header = osl_postings_header(word, range / 64);
    uint64_t mask = osl_chunk_mask(header), bit = (uint64_t)1 << (range % 64);
    unsigned rank = osl_chunk_rank(header) +
                    (unsigned)__builtin_popcountll(mask & (bit - 1));
    const uint8_t *counts = word->counts + osl_chunk_rank(header);
    out->header = header;
    out->payload = word->payload + osl_chunk_payload(header);
    out->start =
        score_sum(counts, (unsigned)__builtin_popcountll(mask & (bit - 1)));
    out->count = word->counts[rank];
    out->bound = word->bounds[rank];
    unsigned flags = osl_chunk_flags(header);
    bool dense = flags & OSL_CHUNK_DENSE;
    __builtin_prefetch(out->payload +
                       (dense ? (size_t)(range % 64) * 8 : out->start));
    if (dense)
        fetch_place(word, out);
}

/* The open slots whose ranges hold the word, told without a branch on any;
 * where none is, its place has no paragraphs. */
static unsigned slots_with(osl_flat *flat, unsigned w, uint8_t found[SLOTS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < flat->open_count; i++) {
        unsigned s = flat->open[i];
        flat->places[w][s].word = 0;
        found[count] = (uint8_t)s;
        count += is_in_range(flat->words[w], flat->slots[s].range);
    }
    return count;
}

static uint64_t read_word(place *at, uint32_t range)
{
    if (osl_chunk_flags(at->header) & OSL_CHUNK_DENSE)
        at->word = osl_get64(at->payload + (size_t)(range % 64) * 8);
    else
        at->word = score_sparse_word(at->payload + at->start, at->count);
    return at->word;
}

/* A word's paragraphs in a range. */
static inline uint64_t word_in(const osl_postings *word, uint32_t range)
{
    osl_chunk at = chunk_of(word, range / 64);
    uint64_t mask = osl_chunk_mask(at.header);
    unsigned r = range % 64;
    if (!(mask >> r & 1))
        return 0;
    if (osl_chunk_flags(at.header) & OSL_CHUNK_DENSE)
        return osl_get64(at.payload + (size_t)r * 8);
    mask &= ((uint64_t)1 << r) - 1;
    unsigned before = (unsigned)__builtin_popcountll(mask);
    return score_sparse_word(at.payload + score_sum(at.counts, before),
                             at.counts[before]);
}

/* Has what word_in() reads on its way. */
static inline void fetch_word(const osl_postings *word, uint32_t range)
{
    osl_chunk at = chunk_of(word, range / 64);
    bool dense = osl_chunk_flags(at.header) & OSL_CHUNK_DENSE;
    __builtin_prefetch(at.counts);
    __builtin_prefetch(at.payload + (dense ? (size_t)(range % 64) * 8 : 0));
}

/* Where the sums of sixteen paragraphs of a range are that begins at `first`.
 * Nothing is stored before all is read, so that it is a vector. */
static inline void spread_step(uint16_t *out, const uint8_t *payload,
                               uint16_t first)
{
    uint16_t step[SPREAD_STEP];
    for (unsigned n = 0; n < SPREAD_STEP; n++)
        step[n] = (uint16_t)(first | score_place(payload[n] & 63));
    memcpy(out, step, sizeof step);
}

/* Where the sums of a sparse chunk's postings are, counted from its first; up
 * to 31 more of `out` are written to; few ranges have more than a step. */
static inline void spread_sparse(uint16_t *out, uint64_t ranges,
                                 const uint8_t *counts, const uint8_t *payload)
{
    for (; ranges; ranges &= ranges - 1) {
        unsigned count = *counts++;
        uint16_t first = (uint16_t)(__builtin_ctzll(ranges) * 64);
        spread_step(out, payload, first);
        for (unsigned i = SPREAD_STEP; __builtin_expect(i < count, 0);
             i += SPREAD_STEP)
            spread_step(out + i, payload + i, first);
        out += count;
        payload += count;
    }
}

/* 64 bits of a plane from bit `at` on; what lies behind the plane is never
 * looked at by the caller. */
static uint64_t plane_bits(const uint8_t *plane, unsigned at)
{
    plane += (size_t)at / 64 * 8;
    return osl_get64(plane) >> (at % 64) | osl_get64(plane + 8)
                                               << 1 << (63 - at % 64);
}

/* What the level keeps of the lengths in a slot, no farther apart than it
 * needs. */
static inline osl_length_bytes *lengths_in(osl_flat *flat, unsigned s)
{
    return (osl_length_bytes *)(void *)((uint8_t *)flat->lengths +
                                        (size_t)s * SCORE_LENGTHS_BYTES);
}

static inline osl_score_by score_by(osl_flat *flat, unsigned s)
{
    return (osl_score_by){lengths_in(flat, s), &flat->tables};
}

/* The planes of a dense word in a range. */
static inline __attribute__((always_inline)) osl_score_planes
read_planes(const osl_flat *flat, const leaf *of, const place *at,
            uint64_t bits[OSL_CHUNK_PLANES_MAX])
{
    unsigned flags = osl_chunk_flags(at->header);
    unsigned planes = osl_chunk_planes(flags);
    size_t stride = (osl_chunk_count(at->header) + 63u) / 64 * 8;
    const uint8_t *plane =
        at->payload +
        osl_chunk_planes_at(flags, flat->words[of->first_word]->field !=
                                       OSL_FIELD_PAIR);
    for (unsigned p = 0; p < planes; p++)
        bits[p] = plane_bits(plane + p * stride, at->start);
    return (osl_score_planes){planes, flags & OSL_CHUNK_EXCEPTIONS};
}

static inline __attribute__((always_inline)) void
add_dense(osl_flat *flat, const leaf *of, const place *at, unsigned s)
{
    uint64_t bits[OSL_CHUNK_PLANES_MAX];
    osl_score_planes planes = read_planes(flat, of, at, bits);
    score_dense_add_by(&flat->accumulators[s], at->word, bits, planes.count,
                       planes.open, score_by(flat, s), of->weight);
}

/* Adds a located word's bounds in slot `s` and takes the range's from what is
 * left. */
static void add_word_in_slot(osl_flat *flat, const leaf *of, unsigned s)
{
    place *at = &flat->places[of->first_word][s];
    if (osl_chunk_flags(at->header) & OSL_CHUNK_DENSE) {
        at->word =
            osl_get64(at->payload + (size_t)(flat->slots[s].range % 64) * 8);
        add_dense(flat, of, at, s);
    } else {
        at->word =
            score_sparse_add_by(&flat->accumulators[s], at->payload + at->start,
                                at->count, score_by(flat, s), of->weight);
    }
    flat->slots[s].left -=
        (bound_today(flat, at->bound) * 256 * of->weight) >> 16;
}

/* What scoring a paragraph alone looks at. */
static inline void prefetch_paragraph(const osl_flat *flat, uint32_t paragraph)
{
    __builtin_prefetch(flat->query->codes + paragraph);
}

/* ---- exact scores ------------------------------------------------------- */

/* tf of a posting of a place. */
static inline uint32_t tf_of_posting(const osl_flat *flat, unsigned w,
                                     const place *in, unsigned posting)
{
    const uint32_t *starts = flat->words[w]->starts;
    if (!in->header)
        return starts[posting + 1] - starts[posting];
    unsigned flags = osl_chunk_flags(in->header);
    bool positions = flat->words[w]->field != OSL_FIELD_PAIR;
    uint32_t more = 0;
    if (flags & OSL_CHUNK_DENSE) {
        unsigned planes = osl_chunk_planes(flags);
        size_t stride = (osl_chunk_count(in->header) + 63u) / 64 * 8;
        const uint8_t *plane = in->payload +
                               osl_chunk_planes_at(flags, positions) +
                               (size_t)posting / 64 * 8;
        for (unsigned p = 0; p < planes; p++, plane += stride)
            more |= (uint32_t)(osl_get64(plane) >> (posting % 64) & 1) << p;
        if (!(flags & OSL_CHUNK_EXCEPTIONS) || more + 1 < 1u << planes)
            return more + 1;
    } else {
        more = in->payload[posting] >> 6;
        if (more < 3)
            return more + 1;
    }
    osl_chunk chunk = {in->header, NULL, NULL, in->payload, positions};
    return osl_chunk_tf(&chunk, posting);
}

static inline unsigned posting_of(const place *in, unsigned at)
{
    uint64_t below = in->word & (((uint64_t)1 << at) - 1);
    return in->start + (unsigned)__builtin_popcountll(below);
}

static uint32_t tf_in_slot(const osl_flat *flat, unsigned w, unsigned s,
                           unsigned at)
{
    const place *in = &flat->places[w][s];
    return tf_of_posting(flat, w, in, posting_of(in, at));
}

/* osl_score_contribution() without its rare cases. */
static inline uint32_t score_of(float weight, float gain)
{
    float scaled = (float)OSL_SCORE_ONE * (weight * gain);
    if (__builtin_expect(!(scaled < 4294967296.0f), 0))
        return osl_score_contribution(weight, gain);
    return score_round(scaled);
}

static uint32_t contribution(const osl_flat *flat, const leaf *of, uint32_t tf,
                             uint32_t paragraph)
{
    uint8_t code = flat->query->codes[paragraph];
    float gain =
        tf < GAINS ? flat->gains[tf][code] : osl_score_gain(tf, flat->k[code]);
    return score_of(of->from->weight, gain);
}

#endif
