/* SPDX-License-Identifier: MIT */
#include "indexer/sort.h"

#include "core/base/bytes.h"

#include <stdlib.h>

enum { DIGITS = 12 };

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
    uint64_t number = digit < 8 ? entry->prefix >> 8 * digit
                                : entry->major >> 8 * (digit - 8);
    return (unsigned)(number & 255);
}

/* One pass of the radix sort; false where all entries have the same digit and
 * nothing was moved. */
static bool radix_pass(const osl_sort_entry *from, osl_sort_entry *to,
                       size_t count, unsigned digit)
{
    size_t starts[256] = {0};
    for (size_t i = 0; i < count; i++)
        starts[digit_of(&from[i], digit)]++;
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

typedef struct tie {
    osl_text text;
    uint32_t id;
} tie;

static int compare_ties(const void *left, const void *right)
{
    const tie *a = left, *b = right;
    int order = osl_text_compare(a->text, b->text);
    if (order != 0)
        return order;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* Strings of one beginning: by their whole bytes. */
static bool sort_run(osl_sort_entry *entries, size_t count,
                     osl_text (*text_of)(const void *user, uint32_t id),
                     const void *user)
{
    tie *ties = malloc(count * sizeof *ties);
    if (!ties)
        return false;
    for (size_t i = 0; i < count; i++)
        ties[i] = (tie){text_of(user, entries[i].id), entries[i].id};
    qsort(ties, count, sizeof *ties, compare_ties);
    for (size_t i = 0; i < count; i++)
        entries[i].id = ties[i].id;
    free(ties);
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
    osl_sort_entry *other = malloc(count * sizeof *other);
    if (!other)
        return false;
    osl_sort_entry *from = entries, *to = other;
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        if (!radix_pass(from, to, count, digit))
            continue;
        osl_sort_entry *swap = from;
        from = to;
        to = swap;
    }
    if (from != entries)
        memcpy(entries, from, count * sizeof *entries);
    free(other);
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
