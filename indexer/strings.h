/* SPDX-License-Identifier: MIT
 *
 * Distinct strings and their numbers: the form table of the build, and the
 * same for separators, headings and metadata. A string is told from another
 * by its bytes and one flag byte. Numbers are given in order of first sight.
 *
 *   slot   4 B   bits of a hash, number + 1 (0: free); linear probing, a third
 *                free at least
 *   entry 32 B   by number: a key of 16 B (up to 15 bytes in place, zero-padded,
 *                then length | flag << 4; longer: hash of 8 B, length, marker),
 *                place in the heap, count
 *   heap         every string's bytes, end to end
 *
 * Slots are few bytes, so that a large table is near, and what it takes is
 * touched for the first time but once; entries of frequent words, which come
 * early, lie side by side. A whole paragraph's tokens are looked up in three
 * passes (slots fetched, entries fetched, compared), so that the misses of the
 * table overlap.
 *
 * Threads: one table, one thread. */
#ifndef OSL_INDEXER_STRINGS_H
#define OSL_INDEXER_STRINGS_H

#include "core/base/buf.h"
#include "core/core.h"
#include "core/text/text.h"

/* Most bytes that stand in a key. */
enum { OSL_STRING_IN_PLACE = 15 };

typedef struct osl_string_key {
    uint64_t low, high;
} osl_string_key;

typedef struct osl_string_entry {
    osl_string_key key;
    uint64_t offset; /* in the heap */
    uint32_t count, unused;
} osl_string_entry;

/* What is looked for. */
typedef struct osl_string_probe {
    osl_string_key key;
    uint64_t hash;
} osl_string_probe;

/* Caller's storage; all zero is an empty table. */
typedef struct osl_strings {
    uint32_t *slots;           /* owns; slot_count is a power of two */
    osl_string_entry *entries; /* by number; owns */
    uint32_t count;            /* distinct strings */
    size_t slot_count, entries_capacity;
    osl_buf heap;
    osl_string_probe *probes; /* owns; scratch of a batch */
    size_t probes_capacity;
} osl_strings;

void osl_strings_clear(osl_strings *forms);
/* Memory that the table has taken. */
uint64_t osl_strings_bytes(const osl_strings *forms);
/* Gives the memory for finding back: texts stay, nothing can be found or
 * added. */
void osl_strings_freeze(osl_strings *forms);

/* The number of `text` with `flag` (0 to 3), new or known, and one more
 * occurrence of it. False when memory is out or 2.8 billion are there. */
OSL_MUST_CHECK bool osl_strings_add(osl_strings *forms, osl_text text,
                                    unsigned flag, uint32_t *id);
/* The same for a string without a flag that is known not to be there yet. Until
 * one of the other calls adds something, the table is but a list, of which
 * nothing is found. */
OSL_MUST_CHECK bool osl_strings_append(osl_strings *forms, osl_text text,
                                       uint32_t *id);
/* The same for all tokens of a text: ids[i] for token i; the flag is the
 * token's OSL_TOKEN_KEY part. */
OSL_MUST_CHECK bool osl_strings_add_tokens(osl_strings *forms, osl_text text,
                                           const osl_tokens *tokens,
                                           uint32_t *ids);
/* The same without an occurrence more: what is new has none. */
OSL_MUST_CHECK bool osl_strings_name_tokens(osl_strings *forms, osl_text text,
                                            const osl_tokens *tokens,
                                            uint32_t *ids);
/* As osl_strings_add() for `count` strings without a flag, whose misses
 * overlap. */
OSL_MUST_CHECK bool osl_strings_add_texts(osl_strings *forms,
                                          const osl_text *texts, size_t count,
                                          uint32_t *ids);
/* Fetches where a string without a flag would stand: for an add to come. */
void osl_strings_fetch(const osl_strings *forms, osl_text text);
/* The same in three steps, between which there is other work to do: where
 * strings would stand is fetched, then what is known of them, then they are
 * added. */
osl_string_probe osl_strings_probe(const osl_strings *forms, osl_text text);
void osl_strings_fetch_probed(const osl_strings *forms,
                              const osl_string_probe *probes, size_t count);
OSL_MUST_CHECK bool osl_strings_add_probed(osl_strings *forms,
                                           const osl_text *texts,
                                           const osl_string_probe *probes,
                                           size_t count, uint32_t *ids);
/* About so many strings are to come: there is room for them, which takes no
 * memory before it is used. */
void osl_strings_expect(osl_strings *forms, size_t count);
/* Makes room for `count` strings in all, so that the table need not grow, but
 * for their bytes. */
OSL_MUST_CHECK bool osl_strings_reserve(osl_strings *forms, uint32_t count);
/* Takes in all strings of `from` with their counts; map[i] is what i of
 * `from` is here. False when memory is out. */
OSL_MUST_CHECK bool osl_strings_merge(osl_strings *forms,
                                      const osl_strings *from, uint32_t *map);
/* The number of a string that is there, or UINT32_MAX; counts nothing. */
uint32_t osl_strings_find(const osl_strings *forms, osl_text text,
                          unsigned flag);

/* Borrowed until the next add. The length is in the key. */
static inline osl_text osl_strings_text(const osl_strings *forms, uint32_t id)
{
    const osl_string_entry *entry = &forms->entries[id];
    uint64_t high = entry->key.high;
    size_t length = high >> 63 ? (size_t)(high & (((uint64_t)1 << 56) - 1))
                               : (size_t)(high >> 56 & OSL_STRING_IN_PLACE);
    const char *heap = forms->heap.bytes ? (char *)forms->heap.bytes : "";
    return (osl_text){heap + entry->offset, length};
}
unsigned osl_strings_flag(const osl_strings *forms, uint32_t id);
/* Occurrences of each string, into counts[forms->count]. */
void osl_strings_counts(const osl_strings *forms, uint32_t *counts);

/* Numbers in order of bytes: order[] (count of them) holds 0 … count − 1 on
 * entry or any subset; equal bytes keep their order of numbers. Needs
 * scratch of its own: false when memory is out. */
OSL_MUST_CHECK bool osl_strings_sort(const osl_strings *forms, uint32_t *order,
                                     size_t count);

#endif
