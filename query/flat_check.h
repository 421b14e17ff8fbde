/* SPDX-License-Identifier: MIT
 *
 * Phrases of paragraphs that have all that is required (a part of
 * flat_loops.h), many paragraphs at once, word by word: which posting a word
 * has in each, then where its positions stand, so that what one step fetches
 * arrives before the next looks at it, and a loop's branches are those of one
 * word. Only what is left is scored. */
#ifndef OSL_QUERY_FLAT_CHECK_H
#define OSL_QUERY_FLAT_CHECK_H

#include "query/flat_bounds.h"
#include "query/flat_list.h"
#include "query/flat_phrase.h"

/* Whether a paragraph that has all required words, and no forbidden one, is a
 * match where all phrases stand; whose words are noted then. */
static bool choose_checked(osl_flat *flat)
{
    checks *to = &flat->checks;
    to->word_count = to->count = 0;
    if (flat->should_count > 0 || flat->phrases >> (flat->must_count - 1) > 1)
        return false;
    for (unsigned i = 0; i < flat->must_count; i++) {
        const leaf *of = &flat->leaves[i];
        if (of->head >= 0)
            return false;
        for (unsigned n = 0; of->is_phrase && n < of->phrase_words; n++) {
            if (to->word_count == CHECK_WORDS)
                return false;
            to->words[to->word_count++] = (uint8_t)(of->first_word + n);
        }
    }
    return true;
}

/* Whether what a chunk's words narrow to is checked: nothing is forbidden. */
static bool are_chunks_checked(osl_flat *flat)
{
    return flat->must_count == flat->leaf_count && choose_checked(flat);
}

/* ---- a word's postings -------------------------------------------------- */

/* What tells how often the word stands in a paragraph, and before it. */
static inline void fetch_dense(const osl_chunk *at, unsigned r,
                               unsigned posting)
{
    unsigned flags = osl_chunk_flags(at->header);
    size_t stride = (osl_chunk_count(at->header) + 63u) / 64 * 8;
    const uint8_t *plane = at->payload +
                           osl_chunk_planes_at(flags, at->positions) +
                           (size_t)posting / 64 * 8;
    __builtin_prefetch(at->payload + OSL_CHUNK_MORE +
                       ((size_t)r << (flags >> OSL_CHUNK_MORE_SHIFT & 3)));
    for (unsigned p = 0; p < osl_chunk_planes(flags); p++, plane += stride)
        __builtin_prefetch(plane);
}

static inline void place_in_chunk(const osl_postings *word, uint32_t paragraph,
                                  posting_spot *out)
{
    unsigned r = paragraph / 64 % 64;
    osl_chunk at = chunk_of(word, paragraph / OSL_CHUNK_SIZE);
    uint64_t mask = osl_chunk_mask(at.header) & (((uint64_t)1 << r) - 1);
    uint64_t below = ((uint64_t)1 << (paragraph % 64)) - 1;
    unsigned before = (unsigned)__builtin_popcountll(mask);
    out->start = score_sum(at.counts, before);
    if (osl_chunk_flags(at.header) & OSL_CHUNK_DENSE) {
        below &= osl_get64(at.payload + (size_t)r * 8);
        fetch_dense(&at, r, out->start);
    } else {
        below &= score_sparse_word(at.payload + out->start, at.counts[before]);
    }
    out->at = out->start + (unsigned)__builtin_popcountll(below);
}

/* Which postings a word has in some paragraphs, which all have it. */
static void place_word(osl_flat *flat, unsigned w, posting_spot *out)
{
    const osl_postings *word = flat->words[w];
    const checks *of = &flat->checks;
    if (!is_list(flat, w)) {
        for (unsigned k = 0; k < of->count; k++)
            place_in_chunk(word, of->paragraphs[k], &out[k]);
        return;
    }
    uint32_t at = flat->next[w];
    for (unsigned k = 0; k < of->count; k++) {
        while (at + 1 < word->df && word->ordinals[at] < of->paragraphs[k])
            at++;
        out[k] = (posting_spot){at, at};
    }
    flat->next[w] = at;
}

/* ---- where its positions stand ------------------------------------------ */

/* tf of a posting of a dense chunk; adds the occurrences before it in its
 * range. */
static inline uint32_t tf_in_dense(const osl_chunk *at, unsigned flags,
                                   const posting_spot *in, uint64_t *before)
{
    unsigned planes = osl_chunk_planes(flags), n = (in->at - in->start) % 64;
    size_t stride = (osl_chunk_count(at->header) + 63u) / 64 * 8;
    const uint8_t *plane =
        at->payload + osl_chunk_planes_at(flags, at->positions);
    uint64_t below = ((uint64_t)1 << n) - 1, sum = n;
    uint32_t more = 0;
    for (unsigned p = 0; p < planes; p++, plane += stride) {
        uint64_t bits = plane_bits(plane, in->start);
        sum += (uint64_t)__builtin_popcountll(bits & below) << p;
        more |= (uint32_t)(bits >> n & 1) << p;
    }
    if (flags & OSL_CHUNK_EXCEPTIONS) {
        sum += osl_chunk_exceed(at, in->start, in->at, 1u << planes);
        if (more + 1 == 1u << planes)
            more = osl_chunk_tf(at, in->at) - 1;
    }
    *before += sum;
    return more + 1;
}

static inline uint32_t tf_in_sparse(const osl_chunk *at, unsigned flags,
                                    const posting_spot *in, uint64_t *before)
{
    uint32_t more = at->payload[in->at] >> 6;
    *before += in->at + score_codes(at->payload, in->at);
    if (flags & OSL_CHUNK_EXCEPTIONS) {
        *before += osl_chunk_exceed(at, 0, in->at, 4);
        if (more == 3)
            more = osl_chunk_tf(at, in->at) - 1;
    }
    return more + 1;
}

/* tf of a posting of a frequent word, and occurrences before it in its chunk. */
static inline uint32_t read_posting(const osl_postings *word,
                                    uint32_t paragraph, const posting_spot *in,
                                    uint64_t *before)
{
    osl_chunk at = chunk_of(word, paragraph / OSL_CHUNK_SIZE);
    unsigned flags = osl_chunk_flags(at.header);
    *before = 0;
    if (!(flags & OSL_CHUNK_DENSE))
        return tf_in_sparse(&at, flags, in, before);
    *before =
        in->start + osl_chunk_more(at.payload, flags, paragraph / 64 % 64);
    return tf_in_dense(&at, flags, in, before);
}

/* The place in its list of a posting of a rare word. */
static inline uint32_t place_in_list(const osl_postings *word,
                                     uint32_t paragraph, const posting_spot *in)
{
    if (!word->headers)
        return in->at;
    return in->at + osl_chunk_positions(
                        osl_postings_header(word, paragraph / OSL_CHUNK_SIZE));
}

static inline uint32_t tf_of(const osl_postings *word, uint32_t paragraph,
                             const posting_spot *in)
{
    uint64_t before;
    if (!word->starts)
        return read_posting(word, paragraph, in, &before);
    uint32_t n = place_in_list(word, paragraph, in);
    return word->starts[n + 1] - word->starts[n];
}

/* Where the positions of the n-th word stand in the paragraphs, which are
 * fetched. */
static bool find_spots(osl_flat *flat, unsigned n)
{
    checks *to = &flat->checks;
    unsigned w = to->words[n];
    const osl_postings *word = flat->words[w];
    const block *from = &flat->blocks[w];
    for (unsigned k = 0; k < to->count; k++) {
        uint32_t paragraph = to->paragraphs[k];
        const posting_spot *in = &to->postings[n][k];
        osl_word_spot *out = &to->spots[k][n];
        uint64_t before;
        if (!open_block(flat, w, word->starts ? 0 : paragraph / OSL_CHUNK_SIZE))
            return false;
        if (word->starts) {
            uint32_t at = place_in_list(word, paragraph, in);
            before = word->starts[at];
            out->tf = word->starts[at + 1] - word->starts[at];
        } else {
            out->tf = read_posting(word, paragraph, in, &before);
        }
        if (before > from->total || out->tf > from->total - before) {
            flat->status = osl_postings_spoilt(word, flat->err);
            return false;
        }
        out->low = from->low + before;
        __builtin_prefetch(out->low);
    }
    return true;
}

/* ---- the paragraphs at hand --------------------------------------------- */

/* How often the phrase stands in one of them. */
static uint32_t check_phrase(osl_flat *flat, const leaf *of, uint32_t paragraph,
                             const osl_word_spot *words)
{
    if (flat->query->codes[paragraph] < LONG_CODE)
        return score_phrase(words, of->phrase_words);
    uint32_t tfs[OSL_FLAT_WORDS_MAX];
    for (unsigned i = 0; i < of->phrase_words; i++)
        tfs[i] = words[i].tf;
    return merge_phrase(flat, of, paragraph, tfs);
}

/* Leaves the paragraphs in which all phrases stand, with what these score. */
static void check_phrases(osl_flat *flat)
{
    checks *of = &flat->checks;
    unsigned kept = 0;
    for (unsigned k = 0; k < of->count; k++) {
        uint32_t paragraph = of->paragraphs[k], score = 0, tf = 1;
        const osl_word_spot *words = of->spots[k];
        for (unsigned i = 0; i < flat->must_count && tf; i++) {
            const leaf *phrase = &flat->leaves[i];
            if (!phrase->is_phrase)
                continue;
            tf = check_phrase(flat, phrase, paragraph, words);
            words += phrase->phrase_words;
            if (tf && flat->is_scored)
                score += flat->query->tells_tf
                             ? tf
                             : contribution(flat, phrase, tf, paragraph);
        }
        of->paragraphs[kept] = paragraph;
        of->scores[kept] = score;
        kept += tf > 0;
    }
    of->count = kept;
}

static void score_checked(osl_flat *flat)
{
    checks *of = &flat->checks;
    for (unsigned i = 0; i < flat->must_count; i++) {
        const leaf *word = &flat->leaves[i];
        unsigned w = word->first_word;
        if (word->is_phrase)
            continue;
        place_word(flat, w, of->postings[0]);
        for (unsigned k = 0; k < of->count; k++) {
            uint32_t paragraph = of->paragraphs[k];
            uint32_t tf = tf_of(flat->words[w], paragraph, &of->postings[0][k]);
            of->scores[k] += contribution(flat, word, tf, paragraph);
        }
    }
}

/* The paragraphs at hand, and none is. */
static void check_all(osl_flat *flat)
{
    checks *of = &flat->checks;
    for (unsigned n = 0; n < of->word_count; n++)
        place_word(flat, of->words[n], of->postings[n]);
    for (unsigned n = 0; n < of->word_count; n++)
        if (!find_spots(flat, n))
            return;
    check_phrases(flat);
    if (flat->status != OSL_OK)
        return;
    if (flat->is_scored)
        score_checked(flat);
    for (unsigned k = 0; k < of->count; k++)
        keep_paragraph(flat, of->paragraphs[k], of->scores[k]);
    of->count = 0;
}

static inline void check_paragraph(osl_flat *flat, uint32_t paragraph)
{
    checks *of = &flat->checks;
    __builtin_prefetch(flat->query->codes + paragraph);
    of->paragraphs[of->count++] = paragraph;
    if (of->count == CHECKS && flat->status == OSL_OK)
        check_all(flat);
    of->count %= CHECKS; /* after a failure, too */
}

/* What of a chunk may match, unless it is more than `room`; returns how many
 * paragraphs. */
static unsigned check_chunk(osl_flat *flat, uint32_t chunk, unsigned room)
{
    uint64_t words[64], ranges = matching_words(flat, chunk, words);
    unsigned sum = 0;
    for (uint64_t left = ranges; left; left &= left - 1)
        sum += (unsigned)__builtin_popcountll(words[__builtin_ctzll(left)]);
    if (sum > room)
        return sum;
    for (; ranges; ranges &= ranges - 1) {
        uint32_t range = chunk * 64 + (uint32_t)__builtin_ctzll(ranges);
        uint64_t left = words[range % 64] & starting_word(flat, range);
        for (; left; left &= left - 1)
            check_paragraph(flat, range * 64 + (uint32_t)__builtin_ctzll(left));
    }
    return sum;
}

/* ---- a list that leads -------------------------------------------------- */

/* The list's paragraphs that have all that is required. */
static void check_list(osl_flat *flat, const osl_postings *lead)
{
    uint32_t some[CHECKS];
    beside others = beside_list(flat, lead);
    for (uint32_t at = 0; at < lead->df && flat->status == OSL_OK;) {
        unsigned count = match_some(flat, lead, &others, &at, some);
        for (unsigned k = 0; k < count; k++)
            check_paragraph(flat, some[k]);
    }
    check_all(flat);
}

#endif
