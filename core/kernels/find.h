/* SPDX-License-Identifier: MIT
 *
 * Where one of some words may begin: the first place whose four bytes are in
 * a set. Words are put into eight buckets; two tables a byte say, for the low
 * and the high half of it, in which buckets it may stand there, so that four
 * pairs of look-ups and their conjunction decide 64 places at once (Teddy,
 * after Hyperscan: Wang et al., NSDI 2019).
 *
 * A bucket of several words also finds mixtures of them: whoever asks looks
 * again. A set of single bytes, one a bucket, is exact.
 *
 * A set is a constant: a list names its words,
 *
 *     #define STOPS(X, k, n) X("(???", 1, k, n) | X("< ??", 2, k, n)
 *     static const osl_find_set stops = OSL_FIND_SET(STOPS);
 *
 * where '?' stands for any byte and a letter for either case of it. */
#ifndef OSL_KERNELS_FIND_H
#define OSL_KERNELS_FIND_H

#include <stddef.h>
#include <stdint.h>

enum { OSL_FIND_BYTES = 4 };

typedef struct osl_find_set {
    uint8_t low[OSL_FIND_BYTES][16], high[OSL_FIND_BYTES][16];
} osl_find_set;

/* The first i for which some bucket holds bytes i to i + 3, or `length`.
 * Behind the text stand zeroes; no byte there is read. */
typedef size_t osl_find_fn(const osl_find_set *set, const char *text,
                           size_t length);

osl_find_fn osl_find_scalar, osl_find_avx2, osl_find_avx512;

/* The buckets (`bits`) of a word whose byte `k` has `n` as its low half, or as
 * its high half. */
#define OSL_FIND_LOW(word, bits, k, n) \
    ((word)[k] == '?' || ((word)[k] & 15) == (n) ? (bits) : 0)
#define OSL_FIND_HIGH(word, bits, k, n)                                   \
    ((word)[k] == '?' || ((word)[k] >> 4 & 15) == (n) ||                  \
             (((((word)[k] | 32) >= 'a') && (((word)[k] | 32) <= 'z')) && \
              (((word)[k] ^ 32) >> 4) == (n))                             \
         ? (bits)                                                         \
         : 0)
/* A row of a table in which all bytes may stand alike. */
#define OSL_FIND_ALL(b)                                \
    {                                                  \
        b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b \
    }
#define OSL_FIND_ROW(LIST, X, k)                                           \
    {                                                                      \
        LIST(X, k, 0), LIST(X, k, 1), LIST(X, k, 2), LIST(X, k, 3),        \
            LIST(X, k, 4), LIST(X, k, 5), LIST(X, k, 6), LIST(X, k, 7),    \
            LIST(X, k, 8), LIST(X, k, 9), LIST(X, k, 10), LIST(X, k, 11),  \
            LIST(X, k, 12), LIST(X, k, 13), LIST(X, k, 14), LIST(X, k, 15) \
    }
#if defined(__clang_analyzer__) && !defined(OSL_FIND_WHOLE)
/* clang-tidy is given no numbers: it would look at some thousand expressions of
 * constants for each set, a tenth of its time for all of Osler. find_test.c,
 * OSL_FIND_WHOLE, shows it the macros. */
#define OSL_FIND_SET(LIST) \
    {                      \
        .low = { {0} }     \
    }
#else
#define OSL_FIND_SET(LIST)                              \
    {                                                   \
        .low = {OSL_FIND_ROW(LIST, OSL_FIND_LOW, 0),    \
                OSL_FIND_ROW(LIST, OSL_FIND_LOW, 1),    \
                OSL_FIND_ROW(LIST, OSL_FIND_LOW, 2),    \
                OSL_FIND_ROW(LIST, OSL_FIND_LOW, 3)},   \
        .high = {OSL_FIND_ROW(LIST, OSL_FIND_HIGH, 0),  \
                 OSL_FIND_ROW(LIST, OSL_FIND_HIGH, 1),  \
                 OSL_FIND_ROW(LIST, OSL_FIND_HIGH, 2),  \
                 OSL_FIND_ROW(LIST, OSL_FIND_HIGH, 3)}, \
    }
#endif

#endif
