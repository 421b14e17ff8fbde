/* SPDX-License-Identifier: MIT */
#include "indexer/strings.h"

#include "core/base/bytes.h"
#include "core/base/pages.h"
#include "indexer/sort.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { IN_PLACE = OSL_STRING_IN_PLACE, FIRST_SLOTS = 256 };

/* A slot's place and what stands in it have 32 bits. */
#define SLOTS_MAX ((size_t)1 << 32)

/* Marks in the key's last byte, above the four bits of a length in place. */
enum { FLAG_SHIFT = 4, LONG_MARK = 0x80 };

/* Strings whose slots are fetched before the first is looked at. */
#define AHEAD ((size_t)64)

/* Product of both halves folded: one multiplication, 64 good bits. */
static inline uint64_t hash_key(osl_string_key key)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(key.low ^ 0x9E3779B97F4A7C15u) *
                   (key.high ^ 0xD6E8FEB86659FD93u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static bool is_key(osl_string_key a, osl_string_key b)
{
    return a.low == b.low && a.high == b.high;
}

/* Up to 15 bytes, and no others are read: of longer strings the last eight, of
 * shorter ones the last four lie over the first. */
static osl_string_key pad(const char *at, size_t length)
{
    osl_string_key key = {0, 0};
    if (length >= 8) {
        key.low = osl_get64(at);
        if (length > 8)
            key.high = osl_get64(at + length - 8) >> 8 * (16 - length);
    } else if (length >= 4) {
        key.low = osl_get32(at) | (uint64_t)osl_get32(at + length - 4)
                                      << 8 * (length - 4);
    } else {
        for (size_t i = 0; i < length; i++)
            key.low |= (uint64_t)(uint8_t)at[i] << 8 * i;
    }
    return key;
}

/* The key of a string of more bytes than stand in one. */
__attribute__((noinline)) static osl_string_key
make_long_key(const char *at, size_t length, unsigned flag)
{
    return (osl_string_key){
        XXH3_64bits(at, length),
        (uint64_t)length | (uint64_t)(LONG_MARK | flag << FLAG_SHIFT) << 56};
}

static bool is_long(osl_string_key key)
{
    return key.high >> 63;
}

/* Both halves of a key. */
typedef uint64_t halves __attribute__((vector_size(16)));

/* Which of 16 bytes a string in place has, and what its key has besides, by
 * flag and length. */
typedef struct key_row {
    halves kept, added;
} key_row;

#define ONES(n) ((n) < 8 ? ((uint64_t)1 << 8 * ((n)&7)) - 1 : ~(uint64_t)0)
#define ROW(n, flag)                                        \
    {                                                       \
        {ONES(n), (n) > 8 ? ONES((n)-8) : 0},               \
        {                                                   \
            0, (uint64_t)((n) | (flag) << FLAG_SHIFT) << 56 \
        }                                                   \
    }
#define FOUR_ROWS(n, flag) \
    ROW(n, flag), ROW((n) + 1, flag), ROW((n) + 2, flag), ROW((n) + 3, flag)
#define ROWS(flag)                                              \
    FOUR_ROWS(0, flag), FOUR_ROWS(4, flag), FOUR_ROWS(8, flag), \
        FOUR_ROWS(12, flag)
static const key_row key_rows[] = {ROWS(0), ROWS(1)};

/* The key of a token behind whose first byte 16 may be read. */
static inline osl_string_key make_token_key(const char *at, size_t length,
                                            unsigned flag)
{
    _Static_assert(OSL_TOKEN_KEY == 1, "two halves of key_rows");
    if (length > IN_PLACE)
        return make_long_key(at, length, flag);
    const key_row *row = &key_rows[flag * (size_t)(IN_PLACE + 1) + length];
    halves key;
    memcpy(&key, at, sizeof key);
    key = (key & row->kept) | row->added;
    return (osl_string_key){key[0], key[1]};
}

static osl_string_key key_of(osl_text text, unsigned flag)
{
    if (text.length > IN_PLACE)
        return make_long_key(text.bytes, text.length, flag);
    osl_string_key key = pad(text.bytes, text.length);
    key.high |= (uint64_t)(text.length | flag << FLAG_SHIFT) << 56;
    return key;
}

/* ---- slots -------------------------------------------------------------- */

/* Number + 1 in as many bits as a slot's place has, which is below that; above
 * it bits of the hash's upper half. A larger table says more by places and
 * less by these. */
static uint32_t make_slot(uint64_t hash, uint32_t id, size_t mask)
{
    return ((uint32_t)(hash >> 32) & ~(uint32_t)mask) | (id + 1);
}

static bool is_tag(uint32_t slot, uint64_t hash, size_t mask)
{
    return ((slot ^ (uint32_t)(hash >> 32)) & ~(uint32_t)mask) == 0;
}

/* The slot's number + 1, or 0. */
static uint32_t number_in(uint32_t slot, size_t mask)
{
    return slot & (uint32_t)mask;
}

void osl_strings_clear(osl_strings *forms)
{
    free(forms->slots);
    free(forms->entries);
    free(forms->probes);
    osl_buf_clear(&forms->heap);
    *forms = (osl_strings){0};
}

uint64_t osl_strings_bytes(const osl_strings *forms)
{
    return forms->slot_count * sizeof *forms->slots +
           forms->entries_capacity * sizeof *forms->entries +
           forms->heap.capacity +
           forms->probes_capacity * sizeof *forms->probes;
}

void osl_strings_freeze(osl_strings *forms)
{
    free(forms->slots);
    free(forms->probes);
    forms->slots = NULL;
    forms->probes = NULL;
    forms->slot_count = forms->probes_capacity = 0;
}

static bool grow_slots_to(osl_strings *forms, size_t next)
{
    uint32_t *slots =
        next <= SLOTS_MAX ? osl_pages_zero(next, sizeof *slots) : NULL;
    if (!slots)
        return false;
    for (uint32_t i = 0; i < forms->count; i++) {
        uint64_t hash = hash_key(forms->entries[i].key);
        size_t at = hash & (next - 1);
        while (slots[at] != 0)
            at = (at + 1) & (next - 1);
        slots[at] = make_slot(hash, i, next - 1);
    }
    free(forms->slots);
    forms->slots = slots;
    forms->slot_count = next;
    return true;
}

/* From `least` on, how many slots `count` strings need. */
static size_t slots_for(size_t least, uint32_t count)
{
    while (least - least / 3 < count)
        least *= 2;
    return least;
}

static bool grow_slots(osl_strings *forms)
{
    size_t least = forms->slot_count ? forms->slot_count * 2 : FIRST_SLOTS;
    return grow_slots_to(forms, slots_for(least, forms->count));
}

void osl_strings_expect(osl_strings *forms, size_t count)
{
    enum { STRING_BYTES = 10 };
    if (osl_grow(&forms->entries, &forms->entries_capacity, count,
                 sizeof *forms->entries))
        (void)osl_buf_room(&forms->heap, count * STRING_BYTES);
}

bool osl_strings_reserve(osl_strings *forms, uint32_t count)
{
    size_t least = forms->slot_count ? forms->slot_count : FIRST_SLOTS;
    size_t wanted = slots_for(least, count);
    return osl_grow(&forms->entries, &forms->entries_capacity, count,
                    sizeof *forms->entries) &&
           (wanted == forms->slot_count || grow_slots_to(forms, wanted));
}

static bool slots_are_full(const osl_strings *forms)
{
    return forms->count >= forms->slot_count - forms->slot_count / 3;
}

/* Same key, and same bytes? In place the key says it all. */
static bool is_string(const osl_strings *forms, uint32_t id, osl_string_key key,
                      osl_text text)
{
    return is_key(forms->entries[id].key, key) &&
           (!is_long(key) || osl_text_equal(osl_strings_text(forms, id), text));
}

/* The place of the string's slot, or of the free one where it would go. */
static size_t find_slot(const osl_strings *forms, osl_string_key key,
                        uint64_t hash, osl_text text)
{
    const size_t mask = forms->slot_count - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        uint32_t slot = forms->slots[at];
        if (slot == 0 ||
            (is_tag(slot, hash, mask) &&
             is_string(forms, number_in(slot, mask) - 1, key, text)))
            return at;
    }
}

/* What the slots say the string is: its number + 1, to be compared, or 0. */
static uint32_t guess(const osl_strings *forms, uint64_t hash)
{
    const size_t mask = forms->slot_count - 1;
    size_t at = hash & mask;
    while (forms->slots[at] != 0 && !is_tag(forms->slots[at], hash, mask))
        at = (at + 1) & mask;
    return number_in(forms->slots[at], mask);
}

/* ---- strings ------------------------------------------------------------ */

static bool add_string(osl_strings *forms, osl_string_key key, uint32_t count,
                       osl_text text)
{
    if (forms->count >= UINT32_MAX - 1 ||
        !osl_grow(&forms->entries, &forms->entries_capacity,
                  (size_t)forms->count + 1, sizeof *forms->entries))
        return false;
    forms->entries[forms->count] =
        (osl_string_entry){key, forms->heap.length, count, 0};
    osl_buf_put(&forms->heap, text.bytes, text.length);
    return !forms->heap.failed;
}

/* `count` more occurrences of a string. */
static bool count_key(osl_strings *forms, osl_string_key key, uint64_t hash,
                      uint32_t count, osl_text text, uint32_t *id)
{
    size_t at = find_slot(forms, key, hash, text);
    if (forms->slots[at] != 0) {
        *id = number_in(forms->slots[at], forms->slot_count - 1) - 1;
        forms->entries[*id].count += count;
        return true;
    }
    if (slots_are_full(forms)) {
        if (!grow_slots(forms))
            return false;
        at = find_slot(forms, key, hash, text);
    }
    if (!add_string(forms, key, count, text))
        return false;
    forms->slots[at] = make_slot(hash, forms->count, forms->slot_count - 1);
    *id = forms->count++;
    return true;
}

bool osl_strings_add(osl_strings *forms, osl_text text, unsigned flag,
                     uint32_t *id)
{
    if (!forms->slots && !grow_slots(forms))
        return false;
    osl_string_key key = key_of(text, flag);
    return count_key(forms, key, hash_key(key), 1, text, id);
}

bool osl_strings_append(osl_strings *forms, osl_text text, uint32_t *id)
{
    /* Slots that are there must have it. */
    if (forms->slots)
        return osl_strings_add(forms, text, 0, id);
    if (!add_string(forms, key_of(text, 0), 1, text))
        return false;
    *id = forms->count++;
    return true;
}

static void fetch_slot(const osl_strings *forms, uint64_t hash)
{
    __builtin_prefetch(&forms->slots[hash & (forms->slot_count - 1)], 1);
}

/* Of the string that the slots guess, which are near by now. */
static void fetch_entry(const osl_strings *forms, uint64_t hash)
{
    uint32_t found = guess(forms, hash);
    if (found)
        __builtin_prefetch(&forms->entries[found - 1], 1);
}

osl_string_probe osl_strings_probe(const osl_strings *forms, osl_text text)
{
    osl_string_key key = key_of(text, 0);
    osl_string_probe probe = {key, hash_key(key)};
    if (forms->slots)
        fetch_slot(forms, probe.hash);
    return probe;
}

void osl_strings_fetch(const osl_strings *forms, osl_text text)
{
    (void)osl_strings_probe(forms, text);
}

void osl_strings_fetch_probed(const osl_strings *forms,
                              const osl_string_probe *probes, size_t count)
{
    for (size_t i = 0; i < count && forms->slots; i++)
        fetch_entry(forms, probes[i].hash);
}

bool osl_strings_add_probed(osl_strings *forms, const osl_text *texts,
                            const osl_string_probe *probes, size_t count,
                            uint32_t *ids)
{
    if (!forms->slots && !grow_slots(forms))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!count_key(forms, probes[i].key, probes[i].hash, 1, texts[i],
                       &ids[i]))
            return false;
    return true;
}

bool osl_strings_merge(osl_strings *forms, const osl_strings *from,
                       uint32_t *map)
{
    if (!forms->slots && !grow_slots(forms))
        return false;
    for (uint32_t i = 0; i < from->count; i++) {
        if (from->count - i > AHEAD)
            fetch_slot(forms, hash_key(from->entries[i + AHEAD].key));
        osl_string_key key = from->entries[i].key;
        if (!count_key(forms, key, hash_key(key), from->entries[i].count,
                       osl_strings_text(from, i), &map[i]))
            return false;
    }
    return true;
}

bool osl_strings_add_texts(osl_strings *forms, const osl_text *texts,
                           size_t count, uint32_t *ids)
{
    osl_string_probe probes[AHEAD];
    for (size_t from = 0; from < count; from += AHEAD) {
        size_t step = count - from < AHEAD ? count - from : AHEAD;
        for (size_t i = 0; i < step; i++)
            probes[i] = osl_strings_probe(forms, texts[from + i]);
        osl_strings_fetch_probed(forms, probes, step);
        if (!osl_strings_add_probed(forms, texts + from, probes, step,
                                    ids + from))
            return false;
    }
    return true;
}

/* How many tokens begin 16 bytes before the end of the text or earlier. */
static size_t count_early(osl_text text, const osl_tokens *tokens)
{
    size_t count = tokens->count;
    while (count > 0 && text.length - tokens->starts[count - 1] < 16)
        count--;
    return count;
}

static osl_text token_at(osl_text text, const osl_tokens *tokens, size_t i)
{
    uint32_t start = tokens->starts[i];
    return (osl_text){text.bytes + start, tokens->ends[i] - start};
}

/* Keys and hashes; slots are fetched. */
static inline __attribute__((always_inline)) void
probe_tokens(const osl_strings *forms, osl_text text, const osl_tokens *tokens)
{
    osl_string_probe *restrict probes = forms->probes;
    const uint32_t *starts = tokens->starts, *ends = tokens->ends;
    const uint8_t *flags = tokens->flags;
    const uint32_t *slots = forms->slots;
    const size_t mask = forms->slot_count - 1;
    const size_t early = count_early(text, tokens);
    for (size_t i = 0; i < early; i++) {
        uint32_t start = starts[i];
        osl_string_key key = make_token_key(text.bytes + start, ends[i] - start,
                                            flags[i] & OSL_TOKEN_KEY);
        uint64_t hash = hash_key(key);
        probes[i] = (osl_string_probe){key, hash};
        __builtin_prefetch(&slots[hash & mask]);
    }
    for (size_t i = early; i < tokens->count; i++) {
        osl_string_key key =
            key_of(token_at(text, tokens, i), flags[i] & OSL_TOKEN_KEY);
        probes[i] = (osl_string_probe){key, hash_key(key)};
        fetch_slot(forms, probes[i].hash);
    }
}

/* ids[i]: what the slots say token i is, its number + 1, or 0; entries are
 * fetched. */
static inline __attribute__((always_inline)) void
guess_tokens(const osl_strings *forms, size_t count, uint32_t *restrict ids)
{
    const osl_string_probe *probes = forms->probes;
    const uint32_t *slots = forms->slots;
    const size_t mask = forms->slot_count - 1;
    /* Of number + 1; for 0 what stands before them is fetched. */
    const uintptr_t entries =
        (uintptr_t)forms->entries - sizeof *forms->entries;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = probes[i].hash;
        uint32_t slot = slots[hash & mask];
        /* Mostly the word is where its hash says. A free slot has number 0,
         * whichever way it is read. */
        uint32_t found = is_tag(slot, hash, mask) ? number_in(slot, mask)
                                                  : guess(forms, hash);
        ids[i] = found;
        __builtin_prefetch(
            (const void *)(entries + found * sizeof *forms->entries), 1);
    }
}

/* Each token counts `more`. */
static inline bool take_tokens(osl_strings *forms, osl_text text,
                               const osl_tokens *tokens, uint32_t more,
                               uint32_t *ids)
{
    size_t count = tokens->count;
    if ((!forms->slots && !grow_slots(forms)) ||
        !osl_grow(&forms->probes, &forms->probes_capacity, count,
                  sizeof *forms->probes))
        return false;
    probe_tokens(forms, text, tokens);
    guess_tokens(forms, count, ids);
    const osl_string_probe *probe = forms->probes;
    for (size_t i = 0; i < count; i++, probe++) {
        uint32_t id = ids[i] - 1;
        if (ids[i] != 0 && !is_long(probe->key) &&
            is_key(forms->entries[id].key, probe->key)) {
            forms->entries[id].count += more;
            ids[i] = id;
        } else if (!count_key(forms, probe->key, probe->hash, more,
                              token_at(text, tokens, i), &ids[i])) {
            return false;
        }
    }
    return true;
}

bool osl_strings_add_tokens(osl_strings *forms, osl_text text,
                            const osl_tokens *tokens, uint32_t *ids)
{
    return take_tokens(forms, text, tokens, 1, ids);
}

bool osl_strings_name_tokens(osl_strings *forms, osl_text text,
                             const osl_tokens *tokens, uint32_t *ids)
{
    return take_tokens(forms, text, tokens, 0, ids);
}

uint32_t osl_strings_find(const osl_strings *forms, osl_text text,
                          unsigned flag)
{
    if (!forms->slots)
        return UINT32_MAX;
    osl_string_key key = key_of(text, flag);
    size_t at = find_slot(forms, key, hash_key(key), text);
    return number_in(forms->slots[at], forms->slot_count - 1) - 1;
}

unsigned osl_strings_flag(const osl_strings *forms, uint32_t id)
{
    return forms->entries[id].key.high >> (56 + FLAG_SHIFT) & 3;
}

void osl_strings_counts(const osl_strings *forms, uint32_t *counts)
{
    for (uint32_t i = 0; i < forms->count; i++)
        counts[i] = forms->entries[i].count;
}

/* ---- order of bytes ----------------------------------------------------- */

static osl_text text_of(const void *user, uint32_t id)
{
    return osl_strings_text(user, id);
}

bool osl_strings_sort(const osl_strings *forms, uint32_t *order, size_t count)
{
    if (count == 0)
        return true;
    osl_sort_entry *entries = calloc(count, sizeof *entries);
    if (!entries)
        return false;
    for (size_t i = 0; i < count; i++) {
        entries[i].prefix = osl_sort_prefix(osl_strings_text(forms, order[i]));
        entries[i].id = order[i];
    }
    bool done = osl_sort(entries, count, text_of, forms);
    for (size_t i = 0; i < count && done; i++)
        order[i] = entries[i].id;
    free(entries);
    return done;
}
