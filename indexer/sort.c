/* SPDX-License-Identifier: MIT */
#include "indexer/sort.h"

#include "core/base/bytes.h"
#include "core/base/pages.h"

#include <stdlib.h>

/* Bytes of an entry's prefix, then of its major number, the lowest first. Where
 * entries are few, the lower half of a prefix is looked at only where the rest
 * is equal: in runs that are mostly short, and then sorted by insertion. */
enum {
    DIGITS = 12,
    MAJOR_DIGIT = 8,
    LOW_DIGITS = 4,
    FEW = 1 << 16,
    SHORT = 24
};

uint64_t osl_sort_prefix(osl_text text)
{
    uint8_t padded[8] = {0};
    size_t length = text.length < 8 ? text.length : 8;
    if (length)
        memcpy(padded, text.bytes, length);
    return __builtin_bswap64(osl_get64(padded));
}

static unsigned digit_of(const osl_sort_entry *entry, unsigned digit)
{
    uint64_t number = digit < MAJOR_DIGIT
                          ? entry->prefix >> 8 * digit
                          : entry->major >> 8 * (digit - MAJOR_DIGIT);
    return (unsigned)(number & 255);
}

/* One pass of the radix sort, given how often each value occurs; false where
 * all entries have the same digit and nothing was moved. */
static bool radix_pass(const osl_sort_entry *from, osl_sort_entry *to,
                       size_t count, unsigned digit, size_t starts[256])
{
    if (starts[digit_of(&from[0], digit)] == count)
        return false;
    size_t sum = 0;
    for (size_t i = 0; i < 256; i++) {
        size_t here = starts[i];
        starts[i] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[digit_of(&from[i], digit)]++] = from[i];
    return true;
}

/* By digits [from, to); `other` has as much room. */
static void sort_digits(osl_sort_entry *entries, osl_sort_entry *other,
                        size_t count, unsigned from, unsigned to)
{
    size_t starts[DIGITS][256];
    osl_sort_entry *here = entries, *there = other;
    memset(starts[from], 0, (to - from) * sizeof *starts);
    for (size_t i = 0; i < count; i++)
        for (unsigned digit = from; digit < to; digit++)
            starts[digit][digit_of(&entries[i], digit)]++;
    for (unsigned digit = from; digit < to; digit++) {
        if (!radix_pass(here, there, count, digit, starts[digit]))
            continue;
        osl_sort_entry *swap = here;
        here = there;
        there = swap;
    }
    if (here != entries)
        memcpy(entries, here, count * sizeof *entries);
}

/* Entries that differ in the lower half of their prefixes only. */
static void sort_low(osl_sort_entry *entries, osl_sort_entry *other,
                     size_t count)
{
    if (count > SHORT) {
        sort_digits(entries, other, count, 0, LOW_DIGITS);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        const osl_sort_entry entry = entries[i];
        size_t at = i;
        for (; at > 0 && entries[at - 1].prefix > entry.prefix; at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

/* A string among others of the same beginning. */
typedef struct tie {
    uint64_t key;  /* its eight bytes at the depth of the sorting */
    uint32_t left; /* bytes from there on; 9 stands for more than 8 */
    uint32_t id;
    osl_text text;
} tie;

/* Zeroes fill up a key: of equal keys that of fewer bytes comes first. */
static int compare_ties(const void *left, const void *right)
{
    const tie *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->left != b->left)
        return a->left < b->left ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static void set_key(tie *of, size_t depth)
{
    osl_text rest = {"", 0};
    if (of->text.length > depth)
        rest = (osl_text){of->text.bytes + depth, of->text.length - depth};
    of->key = osl_sort_prefix(rest);
    of->left = rest.length > 8 ? 9 : (uint32_t)rest.length;
}

/* Most runs are short: no call for each comparison. */
static void sort_keys(tie *ties, size_t count)
{
    if (count > SHORT) {
        qsort(ties, count, sizeof *ties, compare_ties);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        const tie one = ties[i];
        size_t at = i;
        for (; at > 0 && compare_ties(&ties[at - 1], &one) > 0; at--)
            ties[at] = ties[at - 1];
        ties[at] = one;
    }
}

/* By the next eight bytes, and again where those are equal: each string is
 * looked at once a step, not once a comparison. */
static void sort_ties(tie *ties, size_t count, size_t depth)
{
    while (count > 1) {
        for (size_t i = 0; i < count; i++)
            set_key(&ties[i], depth);
        sort_keys(ties, count);
        size_t i = 0, from = 0, most = 0;
        while (i < count) {
            size_t end = i + 1;
            while (end < count && ties[i].left > 8 && ties[end].left > 8 &&
                   ties[end].key == ties[i].key)
                end++;
            /* The longest run last, in this call: the calls within calls
             * are of halves, so few. */
            if (end - i > most) {
                if (most > 1)
                    sort_ties(ties + from, most, depth + 8);
                from = i;
                most = end - i;
            } else if (end - i > 1) {
                sort_ties(ties + i, end - i, depth + 8);
            }
            i = end;
        }
        ties += from;
        count = most;
        depth += 8;
    }
}

/* Strings of one beginning of eight bytes. */
static bool sort_run(osl_sort_entry *entries, size_t count,
                     osl_text (*text_of)(const void *user, uint32_t id),
                     const void *user)
{
    tie few[16];
    tie *ties = count <= 16 ? few : malloc(count * sizeof *ties);
    if (!ties)
        return false;
    for (size_t i = 0; i < count; i++)
        ties[i] =
            (tie){.id = entries[i].id, .text = text_of(user, entries[i].id)};
    /* Whether strings end within the first bytes is to be seen only where the
     * last of these may be a filling zero. */
    sort_ties(ties, count, entries[0].prefix & 255 ? 8 : 0);
    for (size_t i = 0; i < count; i++)
        entries[i].id = ties[i].id;
    if (ties != few)
        free(ties);
    return true;
}

static bool sort_runs(osl_sort_entry *entries, size_t count,
                      osl_text (*text_of)(const void *user, uint32_t id),
                      const void *user)
{
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && entries[end].prefix == entries[i].prefix &&
               entries[end].major == entries[i].major)
            end++;
        if (end > i + 1 && !sort_run(entries + i, end - i, text_of, user))
            return false;
        i = end;
    }
    return true;
}

bool osl_sort_numbers(osl_sort_entry *entries, size_t count)
{
    if (count == 0)
        return true;
    osl_sort_entry *other = count <= SIZE_MAX / sizeof *entries
                                ? malloc(count * sizeof *other)
                                : NULL;
    if (!other)
        return false;
    sort_digits(entries, other, count, 0, MAJOR_DIGIT);
    free(other);
    return true;
}

bool osl_sort(osl_sort_entry *entries, size_t count,
              osl_text (*text_of)(const void *user, uint32_t id),
              const void *user)
{
    if (count == 0)
        return true;
    if (count > SIZE_MAX / sizeof *entries)
        return false;
    osl_sort_entry *other = osl_pages_take(count, sizeof *other);
    if (!other)
        return false;
    sort_digits(entries, other, count, count < FEW ? LOW_DIGITS : 0, DIGITS);
    for (size_t i = 0; i < count && count < FEW;) {
        size_t end = i + 1;
        while (end < count &&
               entries[end].prefix >> 32 == entries[i].prefix >> 32 &&
               entries[end].major == entries[i].major)
            end++;
        sort_low(entries + i, other, end - i);
        i = end;
    }
    free(other);
    return sort_runs(entries, count, text_of, user);
}
