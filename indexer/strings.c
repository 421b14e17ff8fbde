/* SPDX-License-Identifier: MIT */
#include "indexer/strings.h"

#include "core/base/bytes.h"
#include "indexer/sort.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <xxhash.h>

enum { IN_PLACE = 15, FIRST_SLOTS = 256 };

/* 2 MiB; every table of that size or more is a multiple of it. */
#define HUGE_PAGE ((size_t)1 << 21)
/* From here on hot tables are on huge pages: the first touch of a byte costs up
 * to four times as much there, which others do not earn back. */
#define HUGE_LEAST ((size_t)8 << 20)

/* Marks in the key's last byte, above the four bits of a length in place. */
enum { FLAG_SHIFT = 4, LONG_MARK = 0x80 };

typedef struct osl_string_probe {
    uint64_t key[2];
    uint64_t hash;
} osl_string_probe;

/* Product of both halves folded: one multiplication, 64 good bits. */
static uint64_t hash_key(const uint64_t key[2])
{
    __extension__ typedef unsigned __int128 wide;
    wide product =
        (wide)(key[0] ^ 0x9E3779B97F4A7C15u) * (key[1] ^ 0xD6E8FEB86659FD93u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* `room`: bytes that may be read at `at`. */
static void make_key(uint64_t key[2], const char *at, size_t length,
                     size_t room, unsigned flag)
{
    static const uint8_t ones[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                     255, 255, 255, 255, 255, 255, 255, 255};
    if (length > IN_PLACE) {
        key[0] = XXH3_64bits(at, length);
        key[1] = (uint64_t)length | (uint64_t)(LONG_MARK | flag << FLAG_SHIFT)
                                        << 56;
        return;
    }
    if (room >= 16) {
        const uint8_t *mask = ones + 16 - length;
        key[0] = osl_get64(at) & osl_get64(mask);
        key[1] = osl_get64(at + 8) & osl_get64(mask + 8);
    } else {
        uint8_t padded[16] = {0};
        if (length)
            memcpy(padded, at, length);
        key[0] = osl_get64(padded);
        key[1] = osl_get64(padded + 8);
    }
    key[1] |= (uint64_t)(length | flag << FLAG_SHIFT) << 56;
}

/* Zeroed slots. A large hot table is on huge pages where the system has them:
 * nearly every look-up of a rare word would miss the page table, too. Fresh
 * pages are zero, so only smaller ones are written to. */
static osl_string_slot *take_slots(size_t count, bool is_hot)
{
    size_t bytes = count * sizeof(osl_string_slot);
    if (bytes < HUGE_PAGE) {
        osl_string_slot *slots = aligned_alloc(64, bytes);
        return slots ? memset(slots, 0, bytes) : NULL;
    }
    uint8_t *all = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    size_t head = -(uintptr_t)all & (HUGE_PAGE - 1);
    if (head > 0)
        (void)munmap(all, head);
    if (head < HUGE_PAGE)
        (void)munmap(all + head + bytes, HUGE_PAGE - head);
    if (is_hot && bytes >= HUGE_LEAST)
        (void)madvise(all + head, bytes, MADV_HUGEPAGE);
    return (osl_string_slot *)(void *)(all + head);
}

static void free_slots(osl_string_slot *slots, size_t count)
{
    size_t bytes = count * sizeof *slots;
    if (bytes < HUGE_PAGE)
        free(slots);
    else
        (void)munmap(slots, bytes);
}

void osl_strings_clear(osl_strings *forms)
{
    free_slots(forms->slots, forms->slot_count);
    free(forms->offsets);
    free(forms->flags);
    free(forms->probes);
    osl_buf_clear(&forms->heap);
    *forms = (osl_strings){0};
}

uint64_t osl_strings_bytes(const osl_strings *forms)
{
    return forms->slot_count * sizeof *forms->slots +
           forms->offsets_capacity * sizeof *forms->offsets +
           forms->flags_capacity + forms->heap.capacity +
           forms->probes_capacity * sizeof *forms->probes;
}

void osl_strings_freeze(osl_strings *forms)
{
    free_slots(forms->slots, forms->slot_count);
    free(forms->probes);
    forms->slots = NULL;
    forms->probes = NULL;
    forms->slot_count = forms->probes_capacity = 0;
}

static bool grow_slots_to(osl_strings *forms, size_t next)
{
    osl_string_slot *slots;
    if (next > SIZE_MAX / 2 / sizeof *slots)
        return false;
    slots = take_slots(next, forms->is_hot);
    if (!slots)
        return false;
    for (size_t i = 0; forms->slots && i < forms->slot_count; i++) {
        const osl_string_slot *old = &forms->slots[i];
        if (old->count == 0)
            continue;
        size_t at = hash_key(old->key) & (next - 1);
        while (slots[at].count != 0)
            at = (at + 1) & (next - 1);
        slots[at] = *old;
    }
    free_slots(forms->slots, forms->slot_count);
    forms->slots = slots;
    forms->slot_count = next;
    return true;
}

static bool grow_slots(osl_strings *forms)
{
    return grow_slots_to(forms, forms->slot_count ? forms->slot_count * 2
                                                  : FIRST_SLOTS);
}

bool osl_strings_reserve(osl_strings *forms, uint32_t count)
{
    size_t wanted = forms->slot_count ? forms->slot_count : FIRST_SLOTS;
    while (wanted - wanted * 2 / 5 < count)
        wanted *= 2;
    return wanted == forms->slot_count || grow_slots_to(forms, wanted);
}

static bool slots_are_full(const osl_strings *forms)
{
    return forms->count >= forms->slot_count - forms->slot_count * 2 / 5;
}

/* Same bytes? In place the key says it all. */
static bool is_text(const osl_strings *forms, uint32_t id, osl_text text)
{
    if (text.length <= IN_PLACE)
        return true;
    return osl_text_equal(osl_strings_text(forms, id), text);
}

/* The slot that holds the key, or the free one where it would go. */
static osl_string_slot *find_slot(const osl_strings *forms,
                                  const uint64_t key[2], uint64_t hash,
                                  osl_text text)
{
    size_t at = hash & (forms->slot_count - 1);
    for (;; at = (at + 1) & (forms->slot_count - 1)) {
        osl_string_slot *slot = &forms->slots[at];
        if (slot->count == 0 ||
            (slot->key[0] == key[0] && slot->key[1] == key[1] &&
             is_text(forms, slot->id, text)))
            return slot;
    }
}

static bool add_string(osl_strings *forms, osl_text text, unsigned flag)
{
    size_t next = (size_t)forms->count + 1;
    if (forms->count >= UINT32_MAX - 1 ||
        !osl_grow(&forms->offsets, &forms->offsets_capacity, next + 1,
                  sizeof *forms->offsets) ||
        !osl_grow(&forms->flags, &forms->flags_capacity, next, 1))
        return false;
    forms->offsets[forms->count] = forms->heap.length;
    forms->flags[forms->count] = (uint8_t)flag;
    osl_buf_put(&forms->heap, text.bytes, text.length);
    forms->offsets[next] = forms->heap.length;
    return !forms->heap.failed;
}

/* `count` more occurrences of a string. */
static bool count_key(osl_strings *forms, const uint64_t key[2], uint32_t count,
                      osl_text text, uint32_t *id)
{
    uint64_t hash = hash_key(key);
    osl_string_slot *slot = find_slot(forms, key, hash, text);
    if (slot->count != 0) {
        slot->count += count;
        *id = slot->id;
        return true;
    }
    unsigned flag = (unsigned)(key[1] >> (56 + FLAG_SHIFT)) & 3;
    if (slots_are_full(forms)) {
        if (!grow_slots(forms))
            return false;
        slot = find_slot(forms, key, hash, text);
    }
    if (!add_string(forms, text, flag))
        return false;
    *slot = (osl_string_slot){{key[0], key[1]}, forms->count, count, 0};
    *id = forms->count++;
    return true;
}

bool osl_strings_add(osl_strings *forms, osl_text text, unsigned flag,
                     uint32_t *id)
{
    uint64_t key[2];
    if (!forms->slots && !grow_slots(forms))
        return false;
    make_key(key, text.bytes, text.length, text.length, flag);
    return count_key(forms, key, 1, text, id);
}

void osl_strings_fetch(const osl_strings *forms, osl_text text)
{
    uint64_t key[2];
    if (!forms->slots)
        return;
    make_key(key, text.bytes, text.length, text.length, 0);
    __builtin_prefetch(&forms->slots[hash_key(key) & (forms->slot_count - 1)],
                       1);
}

bool osl_strings_merge(osl_strings *forms, const osl_strings *from,
                       uint32_t *map)
{
    if (!forms->slots && !grow_slots(forms))
        return false;
    /* In the order of slots: those of the other table are in nearly the same
     * order then. */
    for (size_t i = 0; i < from->slot_count; i++) {
        const osl_string_slot *slot = &from->slots[i];
        if (slot->count != 0 &&
            !count_key(forms, slot->key, slot->count,
                       osl_strings_text(from, slot->id), &map[slot->id]))
            return false;
    }
    return true;
}

/* Texts whose slots are fetched before the first is looked at. */
#define TEXTS_AHEAD ((size_t)64)

bool osl_strings_add_texts(osl_strings *forms, const osl_text *texts,
                           size_t count, uint32_t *ids)
{
    uint64_t keys[TEXTS_AHEAD][2];
    if (!forms->slots && !grow_slots(forms))
        return false;
    for (size_t from = 0; from < count; from += TEXTS_AHEAD) {
        size_t step = count - from < TEXTS_AHEAD ? count - from : TEXTS_AHEAD;
        for (size_t i = 0; i < step; i++) {
            const osl_text *text = &texts[from + i];
            make_key(keys[i], text->bytes, text->length, text->length, 0);
            __builtin_prefetch(
                &forms->slots[hash_key(keys[i]) & (forms->slot_count - 1)], 1);
        }
        for (size_t i = 0; i < step; i++)
            if (!count_key(forms, keys[i], 1, texts[from + i], &ids[from + i]))
                return false;
    }
    return true;
}

bool osl_strings_add_tokens(osl_strings *forms, osl_text text,
                            const osl_tokens *tokens, uint32_t *ids)
{
    size_t count = tokens->count;
    if ((!forms->slots && !grow_slots(forms)) ||
        !osl_grow(&forms->probes, &forms->probes_capacity, count,
                  sizeof *forms->probes))
        return false;
    osl_string_probe *probes = forms->probes;
    for (size_t i = 0; i < count; i++) {
        uint32_t start = tokens->starts[i];
        make_key(probes[i].key, text.bytes + start, tokens->ends[i] - start,
                 text.length - start, tokens->flags[i] & OSL_TOKEN_KEY);
        probes[i].hash = hash_key(probes[i].key);
        __builtin_prefetch(
            &forms->slots[probes[i].hash & (forms->slot_count - 1)], 1);
    }
    for (size_t i = 0; i < count; i++) {
        /* Mostly the word is where its hash says. */
        osl_string_slot *slot =
            &forms->slots[probes[i].hash & (forms->slot_count - 1)];
        uint32_t length = tokens->ends[i] - tokens->starts[i];
        if (slot->key[0] == probes[i].key[0] &&
            slot->key[1] == probes[i].key[1] && length <= IN_PLACE &&
            slot->count != 0) {
            slot->count++;
            ids[i] = slot->id;
            continue;
        }
        osl_text token = {text.bytes + tokens->starts[i], length};
        if (!count_key(forms, probes[i].key, 1, token, &ids[i]))
            return false;
    }
    return true;
}

uint32_t osl_strings_find(const osl_strings *forms, osl_text text,
                          unsigned flag)
{
    uint64_t key[2];
    if (!forms->slots)
        return UINT32_MAX;
    make_key(key, text.bytes, text.length, text.length, flag);
    const osl_string_slot *slot = find_slot(forms, key, hash_key(key), text);
    return slot->count != 0 ? slot->id : UINT32_MAX;
}

osl_text osl_strings_text(const osl_strings *forms, uint32_t id)
{
    uint64_t start = forms->offsets[id];
    const char *heap = forms->heap.bytes ? (char *)forms->heap.bytes : "";
    return (osl_text){heap + start, (size_t)(forms->offsets[id + 1] - start)};
}

unsigned osl_strings_flag(const osl_strings *forms, uint32_t id)
{
    return forms->flags[id];
}

void osl_strings_counts(const osl_strings *forms, uint32_t *counts)
{
    for (size_t i = 0; i < forms->slot_count; i++)
        if (forms->slots[i].count != 0)
            counts[forms->slots[i].id] = forms->slots[i].count;
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
