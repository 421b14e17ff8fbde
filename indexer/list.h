/* SPDX-License-Identifier: MIT
 *
 * Growing lists of numbers: the columns of a segment in the making. */
#ifndef OSL_INDEXER_LIST_H
#define OSL_INDEXER_LIST_H

#include "core/base/buf.h"
#include "core/core.h"

#include <stdlib.h>

/* Caller's storage; all zero is empty. `at` is owned: free() it. */
typedef struct osl_list8 {
    uint8_t *at;
    size_t count, capacity;
} osl_list8;

typedef struct osl_list32 {
    uint32_t *at;
    size_t count, capacity;
} osl_list32;

typedef struct osl_list64 {
    uint64_t *at;
    size_t count, capacity;
} osl_list64;

/* Append one; false when memory is out. */
OSL_MUST_CHECK static inline bool osl_list8_add(osl_list8 *list, uint8_t value)
{
    if (!osl_grow(&list->at, &list->capacity, list->count + 1, 1))
        return false;
    list->at[list->count++] = value;
    return true;
}

OSL_MUST_CHECK static inline bool osl_list32_add(osl_list32 *list,
                                                 uint32_t value)
{
    if (!osl_grow(&list->at, &list->capacity, list->count + 1, 4))
        return false;
    list->at[list->count++] = value;
    return true;
}

OSL_MUST_CHECK static inline bool osl_list64_add(osl_list64 *list,
                                                 uint64_t value)
{
    if (!osl_grow(&list->at, &list->capacity, list->count + 1, 8))
        return false;
    list->at[list->count++] = value;
    return true;
}

/* The numbers from `first` on. Of an empty list that has no room yet nothing
 * may be added to `at`, not even 0. */
static inline uint32_t *osl_list32_from(const osl_list32 *list, size_t first)
{
    return first > 0 ? list->at + first : list->at;
}

#endif
