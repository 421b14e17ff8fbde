/* SPDX-License-Identifier: MIT
 *
 * Pairs for the merged statistics. A word may be frequent enough only now, or
 * only before, so the inputs' pairs are left alone: the positions of the words
 * that take part are brought back into order of text, chunk by chunk of the
 * inputs' ordinals, and neighbours are read off. */
#include "indexer/merge_inner.h"

#include "core/base/spill.h"
#include "core/segment/gather.h"

#include <stdlib.h>
#include <string.h>

/* Entries that are put into order at once, of a bound on memory: an eighth of
 * it. */
enum { ENTRY_SHARE = 8 * sizeof(uint32_t) };

/* Stands in a text where no word that takes part is. */
#define NO_WORD UINT32_MAX

/* A word in the input at hand. */
typedef struct input_word {
    const osl_postings *postings; /* NULL: not there */
    uint32_t next;                /* of a rare term's list */
} input_word;

/* Of one word, what a chunk has: `postings` of them, end to end. */
typedef struct piece {
    uint32_t word, postings;
} piece;

typedef struct pair_merger {
    osl_merge *m;
    osl_pair_part found;
    osl_spill spill;  /* has the places found where memory is bounded */
    uint64_t spilled; /* of them */
    uint32_t *counts; /* pairs of each paragraph; owns */
    osl_arena arena;  /* of the input at hand */
    input_word *words;
    piece *pieces; /* of the chunk at hand; own, as all below */
    uint32_t piece_count;
    uint32_t *ordinals, *tfs, *positions;
    size_t ordinals_capacity, tfs_capacity, positions_capacity;
    size_t postings, occurrences;
    uint32_t ends[OSL_CHUNK_SIZE]; /* last position + 1 of each ordinal */
    uint32_t *text;                /* the chunk's paragraphs, end to end */
    size_t text_capacity;
} pair_merger;

static void clear(pair_merger *p)
{
    osl_arena_clear(&p->arena);
    free(p->spill.map.bytes ? NULL : p->found.places.at);
    osl_spill_close(&p->spill);
    free(p->counts);
    free(p->words);
    free(p->pieces);
    free(p->ordinals);
    free(p->tfs);
    free(p->positions);
    free(p->text);
    free(p);
}

static osl_status open_words(pair_merger *p, uint32_t input, osl_error *err)
{
    const osl_pair_words *words = &p->m->pair_words;
    const osl_segment *segment = osl_merge_segment(p->m, input);
    osl_status status = OSL_OK;
    osl_arena_clear(&p->arena);
    for (uint32_t i = 0; i < words->count && status == OSL_OK; i++) {
        osl_term_info info;
        bool found = false;
        p->words[i] = (input_word){NULL, 0};
        status = osl_term_find(segment, OSL_FIELD_TEXT, words->at[i].term,
                               &found, &info, err);
        if (status == OSL_OK && found)
            status =
                osl_postings_open_once(&p->words[i].postings, segment,
                                       OSL_FIELD_TEXT, &info, &p->arena, err);
    }
    return status;
}

/* ---- a chunk ------------------------------------------------------------ */

static bool make_room(pair_merger *p, uint32_t postings, uint64_t occurrences)
{
    return osl_grow(&p->ordinals, &p->ordinals_capacity, p->postings + postings,
                    4) &&
           osl_grow(&p->tfs, &p->tfs_capacity, p->postings + postings, 4) &&
           osl_grow(&p->positions, &p->positions_capacity,
                    p->occurrences + (size_t)occurrences, 4);
}

/* The postings of a word in the chunk that begins at `first`. */
static osl_status gather_word(pair_merger *p, uint32_t word, uint32_t chunk,
                              osl_error *err)
{
    input_word *from = &p->words[word];
    uint32_t postings = 0;
    uint64_t occurrences = 0;
    if (!from->postings)
        return OSL_OK;
    osl_status status = osl_postings_measure_chunk(
        from->postings, chunk, &from->next, &postings, &occurrences, err);
    if (status != OSL_OK || postings == 0)
        return status;
    if (!make_room(p, postings, occurrences))
        return osl_merge_no_memory(err);
    const osl_gathered to = {p->ordinals + p->postings, p->tfs + p->postings,
                             p->positions + p->occurrences, NULL};
    status =
        osl_postings_gather_chunk(from->postings, chunk, from->next, &to, err);
    if (status != OSL_OK)
        return status;
    p->pieces[p->piece_count++] = (piece){word, postings};
    p->postings += postings;
    p->occurrences += (size_t)occurrences;
    return OSL_OK;
}

/* Where each paragraph's text ends. */
static void measure_texts(pair_merger *p)
{
    const uint32_t *position = p->positions;
    memset(p->ends, 0, sizeof p->ends);
    for (size_t i = 0; i < p->postings; i++) {
        uint32_t *end = &p->ends[p->ordinals[i] % OSL_CHUNK_SIZE];
        position += p->tfs[i];
        if (position[-1] >= *end)
            *end = position[-1] + 1;
    }
}

/* Puts words where they stand; `starts` of each paragraph in p->text. */
static void place_words(pair_merger *p, const size_t *starts)
{
    const uint32_t *position = p->positions;
    size_t at = 0;
    for (uint32_t i = 0; i < p->piece_count; i++) {
        for (uint32_t n = 0; n < p->pieces[i].postings; n++, at++) {
            uint32_t place = p->ordinals[at] % OSL_CHUNK_SIZE;
            uint32_t *text = p->text + starts[place], end = p->ends[place];
            for (uint32_t k = 0; k < p->tfs[at]; k++, position++)
                if (*position < end) /* spoilt ones may not rise */
                    text[*position] = p->pieces[i].word;
        }
    }
}

/* Notes the pairs of a paragraph, whose words stand in order. */
static bool note_pairs(pair_merger *p, uint32_t ordinal, const uint32_t *words,
                       size_t length)
{
    const osl_pair_words *chosen = &p->m->pair_words;
    uint32_t left = NO_WORD;
    for (size_t i = 0; i < length; left = words[i++]) {
        /* Where no word takes part, no limit is passed. */
        if (left == NO_WORD || words[i] >= chosen->at[left].limit)
            continue;
        p->counts[ordinal]++;
        if (!osl_list32_add(&p->found.places,
                            chosen->at[left].first + words[i]))
            return false;
    }
    return true;
}

/* Puts the places found to the file. */
static void spill(pair_merger *p)
{
    osl_list32 *places = &p->found.places;
    osl_spill_put(&p->spill, places->at, places->count * sizeof *places->at);
    p->spilled += places->count;
    places->count = 0;
}

static osl_status note_texts(pair_merger *p, uint32_t input, uint32_t first,
                             osl_error *err)
{
    size_t starts[OSL_CHUNK_SIZE], total = 0;
    measure_texts(p);
    for (uint32_t i = 0; i < OSL_CHUNK_SIZE; i++) {
        starts[i] = total;
        total += p->ends[i];
    }
    if (!osl_grow(&p->text, &p->text_capacity, total + 1, 4))
        return osl_merge_no_memory(err);
    memset(p->text, 0xFF, total * 4); /* NO_WORD */
    place_words(p, starts);
    for (uint32_t i = 0; i < OSL_CHUNK_SIZE; i++) {
        uint32_t ordinal;
        if (p->ends[i] > 1 &&
            osl_merge_row(p->m, input, OSL_ROWS_PARAGRAPHS, first + i,
                          &ordinal) &&
            !note_pairs(p, ordinal, p->text + starts[i], p->ends[i]))
            return osl_merge_no_memory(err);
    }
    if (p->spill.is_open)
        spill(p);
    return OSL_OK;
}

static osl_status walk_input(pair_merger *p, uint32_t input, osl_error *err)
{
    uint32_t paragraphs =
        osl_segment_get_info(osl_merge_segment(p->m, input))->paragraph_count;
    osl_status status = open_words(p, input, err);
    for (uint32_t first = 0; first < paragraphs && status == OSL_OK;
         first += OSL_CHUNK_SIZE) {
        p->piece_count = 0;
        p->postings = p->occurrences = 0;
        for (uint32_t i = 0; i < p->m->pair_words.count && status == OSL_OK;
             i++)
            status = gather_word(p, i, first / OSL_CHUNK_SIZE, err);
        if (status == OSL_OK)
            status = note_texts(p, input, first, err);
    }
    return status;
}

static void forget_input(pair_merger *p)
{
    osl_arena_clear(&p->arena);
    free(p->ordinals);
    free(p->tfs);
    free(p->positions);
    free(p->text);
    p->ordinals = p->tfs = p->positions = p->text = NULL;
}

static osl_status read_spilled(pair_merger *p, osl_error *err)
{
    const void *at = NULL;
    spill(p);
    osl_status status = osl_spill_read(&p->spill, &at, err);
    if (status != OSL_OK || !at)
        return status;
    free(p->found.places.at);
    p->found.places =
        (osl_list32){.at = (uint32_t *)(uintptr_t)at, .count = p->spilled};
    return OSL_OK;
}

static osl_status find_pairs(pair_merger *p, osl_error *err)
{
    size_t words = p->m->pair_words.count;
    p->found.end = p->m->totals[OSL_ROWS_PARAGRAPHS];
    osl_status status = p->m->options->memory_bytes > 0
                            ? osl_spill_open(&p->spill, p->m->spill_path, err)
                            : OSL_OK;
    if (status != OSL_OK)
        return status;
    p->words = calloc(words + 1, sizeof *p->words);
    p->pieces = calloc(words + 1, sizeof *p->pieces);
    p->counts = calloc(p->found.end + 1, sizeof *p->counts);
    if (!p->words || !p->pieces || !p->counts)
        return osl_merge_no_memory(err);
    for (uint32_t i = 0; i < p->m->input_count && status == OSL_OK; i++)
        status = walk_input(p, i, err);
    forget_input(p);
    return status == OSL_OK && p->spill.is_open ? read_spilled(p, err) : status;
}

osl_status osl_merge_pairs(osl_merge *m, osl_error *err)
{
    pair_merger *p = calloc(1, sizeof *p);
    if (!p)
        return osl_merge_no_memory(err);
    p->m = m;
    osl_pairs_choose(&m->pair_words, m->pair_rule,
                     osl_merge_length(m, OSL_FIELD_TEXT));
    osl_status status = find_pairs(p, err);
    if (status == OSL_OK)
        status = osl_merge_begin_field(m, OSL_FIELD_PAIR, err);
    if (status == OSL_OK) {
        unsigned threads = m->options->thread_count;
        const osl_pairs_found found = {
            .counts = p->counts,
            .parts = &p->found,
            .part_count = 1,
            .thread_count = threads ? threads : 1,
            .entries_at_once = m->options->memory_bytes / ENTRY_SHARE};
        status = osl_pairs_send(&m->pair_words, &found, m->writer, err);
        osl_writer_end_field(m->writer);
    }
    clear(p);
    return status;
}
