/* SPDX-License-Identifier: MIT
 *
 * Phrases of a flat query (a part of flat_loops.h): the last thing that is
 * looked at. Where a paragraph's positions stand is worked out first and
 * fetched for some paragraphs at once, for each is a miss of its own; then
 * they are compared as sets of 256 bits, each word's shifted by its place. */
#ifndef OSL_QUERY_FLAT_PHRASE_H
#define OSL_QUERY_FLAT_PHRASE_H

#include "query/flat_place.h"

/* Length codes from here on may have positions of 256 and more. */
enum { LONG_CODE = 194 };

static void keep_paragraph(osl_flat *flat, uint32_t paragraph, uint32_t score)
{
    flat->matched++;
    if (score >= least_score(flat))
        flat->sink->keep(flat->sink->user, flat->query->segment, paragraph,
                         score);
}

/* ---- one paragraph, in the general way ---------------------------------- */

/* Occurrences of a phrase at a paragraph that all its words have: a merge of
 * the lists, each shifted by its place. */
static uint32_t merge_positions(uint32_t *const *lists, const uint32_t *tfs,
                                unsigned word_count)
{
    uint32_t next[OSL_FLAT_WORDS_MAX] = {0}, tf = 0;
    for (uint32_t first = 0; first < tfs[0]; first++) {
        unsigned i = 1;
        for (; i < word_count; i++) {
            uint32_t want = lists[0][first] + i;
            while (next[i] < tfs[i] && lists[i][next[i]] < want)
                next[i]++;
            if (next[i] == tfs[i])
                return tf;
            if (lists[i][next[i]] != want)
                break;
        }
        tf += i == word_count;
    }
    return tf;
}

/* A phrase's occurrences in a paragraph that has its words so often. */
static uint32_t merge_phrase(osl_flat *flat, const leaf *of, uint32_t paragraph,
                             const uint32_t *tfs)
{
    uint32_t *lists[OSL_FLAT_WORDS_MAX];
    size_t total = 0;
    for (unsigned i = 0; i < of->phrase_words; i++)
        total += tfs[i];
    if (!osl_grow(&flat->positions, &flat->position_room, total,
                  sizeof *flat->positions)) {
        flat->status =
            osl_fail(flat->err, OSL_ENOMEM, "out of memory for a phrase");
        return 0;
    }
    uint32_t *room = flat->positions;
    for (unsigned i = 0; i < of->phrase_words; i++) {
        lists[i] = room;
        room += tfs[i];
        osl_status status = osl_postings_positions(
            flat->words[of->first_word + i], paragraph, lists[i], flat->err);
        if (status != OSL_OK) {
            flat->status = status;
            return 0;
        }
    }
    return merge_positions(lists, tfs, of->phrase_words);
}

static uint32_t phrase_tf(osl_flat *flat, const leaf *of, unsigned s,
                          unsigned at)
{
    uint32_t tfs[OSL_FLAT_WORDS_MAX];
    for (unsigned i = 0; i < of->phrase_words; i++)
        tfs[i] = tf_in_slot(flat, of->first_word + i, s, at);
    return merge_phrase(flat, of, flat->slots[s].range * 64 + at, tfs);
}

/* ---- positions of a byte ------------------------------------------------ */

/* Occurrences of the word before a posting of the chunk: those of the twin,
 * osl_chunk_before(). */
static uint64_t before_posting(const osl_flat *flat, unsigned w,
                               const place *in, unsigned range,
                               unsigned posting)
{
    unsigned flags = osl_chunk_flags(in->header);
    bool positions = flat->words[w]->field != OSL_FIELD_PAIR;
    osl_chunk chunk = {in->header, NULL, NULL, in->payload, positions};
    uint64_t sum = posting;
    if (!(flags & OSL_CHUNK_DENSE)) {
        sum += score_codes(in->payload, posting);
        return flags & OSL_CHUNK_EXCEPTIONS
                   ? sum + osl_chunk_exceed(&chunk, 0, posting, 4)
                   : sum;
    }
    unsigned count = posting - in->start, planes = osl_chunk_planes(flags);
    size_t stride = (osl_chunk_count(in->header) + 63u) / 64 * 8;
    const uint8_t *plane = in->payload + osl_chunk_planes_at(flags, positions);
    uint64_t mask = ((uint64_t)1 << count) - 1; /* fewer than 64 come before */
    sum += osl_chunk_more(in->payload, flags, range);
    for (unsigned p = 0; p < planes; p++, plane += stride)
        sum +=
            (uint64_t)__builtin_popcountll(plane_bits(plane, in->start) & mask)
            << p;
    return flags & OSL_CHUNK_EXCEPTIONS
               ? sum +
                     osl_chunk_exceed(&chunk, in->start, posting, 1u << planes)
               : sum;
}

static bool open_block(osl_flat *flat, unsigned w, uint32_t chunk)
{
    block *at = &flat->blocks[w];
    if (at->chunk == chunk)
        return true;
    osl_status status = osl_postings_block(flat->words[w], chunk, &at->low,
                                           &at->total, flat->err);
    at->chunk = status == OSL_OK ? chunk : UINT32_MAX;
    if (status != OSL_OK)
        flat->status = status;
    return status == OSL_OK;
}

/* Finds a word's positions and fetches them. */
static bool find_spot(osl_flat *flat, unsigned w, unsigned s, unsigned at,
                      osl_word_spot *out)
{
    const osl_postings *word = flat->words[w];
    const place *in = &flat->places[w][s];
    uint32_t range = flat->slots[s].range;
    unsigned posting = posting_of(in, at);
    if (!open_block(flat, w, range / 64))
        return false;
    uint64_t before = posting;
    if (!word->starts)
        before = before_posting(flat, w, in, range % 64, posting);
    else if (in->header)
        before += osl_chunk_positions(in->header);
    if (word->starts)
        before = word->starts[before];
    out->tf = tf_of_posting(flat, w, in, posting);
    const block *from = &flat->blocks[w];
    if (before > from->total || out->tf > from->total - before) {
        flat->status = osl_postings_spoilt(word, flat->err);
        return false;
    }
    out->low = from->low + before;
    __builtin_prefetch(out->low);
    return true;
}

/* ---- all phrases of a paragraph ----------------------------------------- */

/* Whether slots begin with what the leaf requires; its pairs are not located
 * then. */
static bool is_narrowed_by(const osl_flat *flat, const leaf *of)
{
    return flat->is_narrowed && of < flat->leaves + flat->must_count;
}

static bool leaf_may_stand(const osl_flat *flat, const leaf *of, unsigned s,
                           unsigned at)
{
    uint64_t all = ~(uint64_t)0;
    if (is_narrowed_by(flat, of))
        return true;
    for (unsigned i = 0; i < of->word_count; i++)
        all &= flat->places[of->first_word + i][s].word;
    return all >> at & 1;
}

/* Least tf of a phrase's words (and pairs): it cannot occur more often. */
static uint32_t phrase_tf_most(const osl_flat *flat, const leaf *of, unsigned s,
                               unsigned at)
{
    uint32_t least = UINT32_MAX;
    unsigned count =
        is_narrowed_by(flat, of) ? of->phrase_words : of->word_count;
    for (unsigned i = 0; i < count; i++) {
        uint32_t tf = tf_in_slot(flat, of->first_word + i, s, at);
        least = tf < least ? tf : least;
    }
    return least;
}

/* What a paragraph of `score` without its phrases may have with them. */
static uint64_t score_most(const osl_flat *flat, unsigned s, unsigned at,
                           uint32_t score, uint64_t may)
{
    uint32_t paragraph = flat->slots[s].range * 64 + at;
    uint64_t most = score;
    for (; may; may &= may - 1) {
        const leaf *of = &flat->leaves[__builtin_ctzll(may)];
        if (of->from->occur != OSL_FLAT_NOT)
            most += contribution(flat, of, phrase_tf_most(flat, of, s, at),
                                 paragraph);
        most += of->head >= 0; /* two are rounded, then their sum */
    }
    return most;
}

static uint32_t verify_phrase(osl_flat *flat, const waiting *of,
                              const leaf *phrase)
{
    if (of->is_long)
        return phrase_tf(flat, phrase, of->slot, of->at);
    return score_phrase(of->spots + phrase->first_word, phrase->phrase_words);
}

/* Tfs of leaves that are scored as one, by their head, as they add up. */
typedef struct joint_tfs {
    uint64_t known; /* a bit a head */
    uint32_t tfs[OSL_FLAT_LEAVES_MAX];
} joint_tfs;

/* What is scored already of the head: a word. */
static uint32_t head_tf(const osl_flat *flat, const waiting *of, unsigned head)
{
    unsigned w = flat->leaves[head].first_word;
    if (flat->leaves[head].is_phrase ||
        !(flat->places[w][of->slot].word >> of->at & 1))
        return 0;
    return tf_in_slot(flat, w, of->slot, of->at);
}

/* What a phrase adds that stands there `tf` times. */
static uint32_t phrase_score(const osl_flat *flat, const waiting *of,
                             const leaf *phrase, uint32_t tf, joint_tfs *joint)
{
    uint32_t paragraph = flat->slots[of->slot].range * 64 + of->at;
    uint32_t before = 0;
    if (flat->query->tells_tf)
        return tf;
    if (phrase->head >= 0) {
        unsigned head = (unsigned)phrase->head;
        if (!(joint->known >> head & 1))
            joint->tfs[head] = head_tf(flat, of, head);
        joint->known |= (uint64_t)1 << head;
        if (joint->tfs[head])
            before = contribution(flat, phrase, joint->tfs[head], paragraph);
        tf = joint->tfs[head] += tf;
    }
    return contribution(flat, phrase, tf, paragraph) - before;
}

/* Adds the phrases that stand in it; false where one forbids it. */
static bool verify(osl_flat *flat, waiting *of)
{
    joint_tfs joint;
    joint.known = 0;
    for (unsigned i = 0; i < flat->leaf_count; i++) {
        const leaf *phrase = &flat->leaves[i];
        if (!phrase->is_phrase)
            continue;
        uint32_t tf = of->may >> i & 1 ? verify_phrase(flat, of, phrase) : 0;
        if ((tf == 0 && phrase->from->occur == OSL_FLAT_MUST) ||
            (tf > 0 && phrase->from->occur == OSL_FLAT_NOT))
            return false;
        if (tf > 0 && phrase->from->occur != OSL_FLAT_NOT) {
            of->matches = true;
            if (flat->is_scored)
                of->score += phrase_score(flat, of, phrase, tf, &joint);
        }
    }
    return true;
}

static void verify_waiting(osl_flat *flat)
{
    for (unsigned i = 0; i < flat->waiting_count; i++) {
        waiting *of = &flat->queue[i];
        if (verify(flat, of) && of->matches && flat->status == OSL_OK)
            keep_paragraph(flat, flat->slots[of->slot].range * 64 + of->at,
                           of->score);
    }
    flat->waiting_count = 0;
}

/* Has the phrases of a paragraph verified, unless it cannot reach the
 * threshold (and need not be counted). */
static void put_off(osl_flat *flat, unsigned s, unsigned at, uint32_t score,
                    bool matches)
{
    uint64_t may = 0;
    for (unsigned i = 0; i < flat->leaf_count; i++)
        if (flat->leaves[i].is_phrase &&
            leaf_may_stand(flat, &flat->leaves[i], s, at))
            may |= (uint64_t)1 << i;
    if (!flat->count_all &&
        score_most(flat, s, at, score, may) < least_score(flat))
        return;
    waiting *to = &flat->queue[flat->waiting_count];
    uint32_t paragraph = flat->slots[s].range * 64 + at;
    to->score = score;
    to->slot = (uint8_t)s;
    to->at = (uint8_t)at;
    to->matches = matches;
    to->is_long = flat->query->codes[paragraph] >= LONG_CODE;
    to->may = may;
    for (; may && !to->is_long; may &= may - 1) {
        const leaf *of = &flat->leaves[__builtin_ctzll(may)];
        for (unsigned w = of->first_word; w < of->first_word + of->phrase_words;
             w++)
            if (!find_spot(flat, w, s, at, &to->spots[w]))
                return;
    }
    if (++flat->waiting_count == WAITING)
        verify_waiting(flat);
}

#endif
