/* SPDX-License-Identifier: MIT */
#include "query/asked.h"

#include "core/base/bytes.h"
#include "core/segment/postings.h"
#include "core/segment/region.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEPT_MOST = 16 << 20, /* bytes */
    LISTED_MOST = 2048,   /* postings of a list that is kept */
    SLOTS_FIRST = 1024,
    LINE = 64
};

void osl_asked_clear(osl_asked *asked)
{
    osl_arena_clear(&asked->arena);
    free(asked->slots);
    asked->slots = NULL;
    asked->slot_count = asked->word_count = 0;
}

void osl_asked_begin(osl_asked *asked)
{
    if (asked->arena.total_bytes > (asked->most ? asked->most : KEPT_MOST))
        osl_asked_clear(asked);
}

uint64_t osl_asked_hash(osl_text word)
{
    uint64_t hash = word.length;
    for (size_t i = 0; i < word.length; i += 8) {
        hash ^= osl_load64(word.bytes + i, word.length - i);
        hash *= 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return hash * 0xC2B2AE3D27D4EB4Fu;
}

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory for a query's words");
}

/* ---- the table ---------------------------------------------------------- */

static size_t first_slot(const osl_asked *asked, uint64_t hash)
{
    return hash >> 32 & (asked->slot_count - 1);
}

/* Where a word is, or would be. */
static osl_asked_word **slot_of(const osl_asked *asked, osl_field field,
                                osl_text text, uint64_t hash)
{
    size_t at = first_slot(asked, hash);
    for (;; at = (at + 1) & (asked->slot_count - 1)) {
        const osl_asked_word *word = asked->slots[at];
        if (!word || (word->hash == hash && word->field == field &&
                      osl_text_equal(word->text, text)))
            return &asked->slots[at];
    }
}

/* For so many words more; at most half of the slots are taken. */
static bool make_room(osl_asked *asked, unsigned count)
{
    size_t slots = asked->slot_count ? asked->slot_count : SLOTS_FIRST;
    while (slots / 2 < asked->word_count + count)
        slots *= 2;
    if (slots == asked->slot_count)
        return true;
    osl_asked_word **before = asked->slots;
    size_t old = asked->slot_count;
    asked->slots = calloc(slots, sizeof(osl_asked_word *));
    if (!asked->slots) {
        asked->slots = before;
        return false;
    }
    asked->slot_count = slots;
    for (size_t i = 0; i < old; i++) {
        osl_asked_word *word = before[i];
        if (word)
            *slot_of(asked, word->field, word->text, word->hash) = word;
    }
    free(before);
    return true;
}

/* ---- new words ---------------------------------------------------------- */

static uint32_t segment_count(const osl_asked *asked)
{
    return osl_index_get_info(asked->index)->segment_count;
}

/* Words of which nothing lives are not there; the dead of pairs are not
 * counted. */
static osl_status take_living(const osl_asked *asked, osl_asked_word *word,
                              osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t s = 0; s < segment_count(asked) && status == OSL_OK; s++) {
        osl_term_info living = word->in[s].info;
        if (living.df == 0)
            continue;
        status = osl_index_live_df(asked->index, s, word->field, &living, err);
        word->df += living.df;
        if (living.df == 0)
            word->in[s].info.df = 0;
    }
    return status;
}

/* In lines of its own, which are fetched together. */
static osl_asked_word *make_word(osl_asked *asked, osl_text text)
{
    size_t segments = segment_count(asked);
    size_t bytes = (sizeof(osl_asked_word) + LINE - 1) / LINE * LINE;
    uint8_t *room = osl_arena_zero(
        &asked->arena, 1, bytes + segments * sizeof(osl_asked_in) + LINE);
    osl_text copy;
    if (!room || !osl_arena_text(&asked->arena, text, &copy))
        return NULL;
    room += -(uintptr_t)room % LINE;
    osl_asked_word *word = (osl_asked_word *)(void *)room;
    word->text = copy;
    word->in = (osl_asked_in *)(void *)(room + bytes);
    return word;
}

/* What the dictionaries say of words that were looked up together. */
typedef struct looked_up {
    const osl_term_info *infos; /* all words of a segment, segment by segment */
    unsigned count, next;
} looked_up;

/* Word `i` of those, which is the next that was looked up. */
static osl_status add_word(osl_asked *asked, const osl_asked_words *words,
                           unsigned i, looked_up *found, osl_asked_word **out,
                           osl_error *err)
{
    unsigned n = found->next++;
    osl_asked_word **slot =
        slot_of(asked, words->field, words->texts[i], words->hashes[i]);
    *out = *slot;
    if (*slot) /* it stands in the query twice */
        return OSL_OK;
    osl_asked_word *word = make_word(asked, words->texts[i]);
    if (!word)
        return no_memory(err);
    word->hash = words->hashes[i];
    word->field = words->field;
    for (uint32_t s = 0; s < segment_count(asked); s++)
        word->in[s].info = found->infos[(size_t)s * found->count + n];
    osl_status status = OSL_OK;
    if (words->field != OSL_FIELD_PAIR)
        status = take_living(asked, word, err);
    if (status != OSL_OK)
        return status;
    asked->word_count++;
    *slot = *out = word;
    return OSL_OK;
}

/* Words that no one has asked for yet, in all segments at once. */
static osl_status find_new(osl_asked *asked, const osl_asked_words *words,
                           osl_arena *scratch, osl_asked_word **out,
                           osl_error *err)
{
    unsigned count = words->count, left = 0;
    osl_text *texts = osl_arena_take(scratch, count * sizeof *texts);
    size_t all = (size_t)segment_count(asked) * count;
    osl_term_info *infos = osl_arena_take(scratch, (all + 1) * sizeof *infos);
    if (!texts || !infos || !make_room(asked, count))
        return no_memory(err);
    for (unsigned i = 0; i < count; i++)
        if (!out[i])
            texts[left++] = words->texts[i];
    osl_status status = osl_index_find_terms(asked->index, words->field, texts,
                                             left, infos, err);
    looked_up found = {infos, left, 0};
    for (unsigned i = 0; i < count && status == OSL_OK; i++)
        if (!out[i])
            status = add_word(asked, words, i, &found, &out[i], err);
    return status;
}

/* ---- looking up --------------------------------------------------------- */

/* What a search looks at next of a word. */
static void fetch_word(const osl_asked *asked, const osl_asked_word *word)
{
    const char *in = (const char *)word->in;
    size_t bytes = segment_count(asked) * sizeof *word->in;
    for (size_t i = 0; i < bytes; i += LINE)
        __builtin_prefetch(in + i);
}

osl_status osl_asked_find(osl_asked *asked, const osl_asked_words *words,
                          osl_arena *scratch, osl_asked_word **out,
                          osl_error *err)
{
    const uint64_t *hashes = words->hashes;
    unsigned count = words->count;
    bool all = asked->slot_count > 0;
    for (unsigned i = 0; i < count; i++)
        out[i] = NULL;
    if (!all)
        return find_new(asked, words, scratch, out, err);
    for (unsigned i = 0; i < count; i++)
        __builtin_prefetch(&asked->slots[first_slot(asked, hashes[i])]);
    for (unsigned i = 0; i < count; i++) {
        const osl_asked_word *word = asked->slots[first_slot(asked, hashes[i])];
        __builtin_prefetch(word);
    }
    for (unsigned i = 0; i < count; i++) {
        out[i] = *slot_of(asked, words->field, words->texts[i], hashes[i]);
        all &= out[i] != NULL;
        if (out[i])
            fetch_word(asked, out[i]);
    }
    return all ? OSL_OK : find_new(asked, words, scratch, out, err);
}

/* ---- opening ------------------------------------------------------------ */

static osl_status open_anew(const osl_asked *asked, const osl_asked_word *word,
                            osl_asked_part part, osl_arena *arena,
                            const osl_postings **out, osl_error *err)
{
    const osl_segment *segment = osl_index_segment(asked->index, part.segment);
    const osl_term_info *info = &word->in[part.segment].info;
    switch (part.form) {
    case OSL_ASKED_LIST:
        return osl_postings_open_list(out, segment, word->field, info, arena,
                                      err);
    case OSL_ASKED_ORDINALS:
        return osl_postings_open_ordinals(out, segment, word->field, info,
                                          arena, err);
    case OSL_ASKED_BEST:
        return osl_postings_open_best(out, segment, word->field, info, arena,
                                      err);
    default:
        return osl_postings_open(out, segment, word->field, info, arena, err);
    }
}

void osl_asked_fetch(const osl_asked *asked, const osl_asked_word *word,
                     uint32_t segment)
{
    const osl_asked_in *in = &word->in[segment];
    const osl_postings *opened = NULL;
    for (unsigned i = 0; i < OSL_ASKED_FORMS; i++)
        opened = in->opened[i] ? in->opened[i] : opened;
    if (!opened) {
        osl_postings_fetch(osl_index_segment(asked->index, segment),
                           word->field, &in->info);
        return;
    }
    for (size_t i = 0; i < sizeof *opened; i += LINE)
        __builtin_prefetch((const char *)opened + i);
}

osl_status osl_asked_open(osl_asked *asked, osl_asked_word *word,
                          osl_asked_part part, osl_arena *scratch,
                          const osl_postings **out, osl_error *err)
{
    osl_asked_in *in = &word->in[part.segment];
    *out = in->opened[part.form];
    if (*out)
        return OSL_OK;
    const osl_segment *from = osl_index_segment(asked->index, part.segment);
    uint32_t ordinals = osl_segment_get_info(from)->paragraph_count;
    bool is_kept = in->info.df <= LISTED_MOST ||
                   osl_region_is_frequent(in->info.df, ordinals,
                                          word->field != OSL_FIELD_PAIR);
    osl_status status = open_anew(asked, word, part,
                                  is_kept ? &asked->arena : scratch, out, err);
    if (status == OSL_OK && is_kept)
        in->opened[part.form] = *out;
    return status;
}
