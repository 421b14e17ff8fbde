/* SPDX-License-Identifier: MIT
 *
 * A compound over all segments: each has its own ways of splitting it, some
 * of whose uses have died. What most of the living say is read. */
#include "core/segment/index.h"

#include <stdlib.h>

/* One way of splitting, over all segments. */
typedef struct split_sum {
    osl_text parts;
    uint64_t uses;
} split_sum;

static osl_status add_splits(const osl_index *index, uint32_t n,
                             osl_text joined, osl_arena *arena, osl_buf *sums,
                             osl_error *err)
{
    const osl_alias_split *splits;
    size_t count;
    osl_status status = osl_segment_alias(osl_index_segment(index, n), joined,
                                          arena, &splits, &count, err);
    const osl_deletions *deletions = osl_index_deletions(index, n);
    for (size_t i = 0; status == OSL_OK && i < count; i++) {
        split_sum sum = {splits[i].parts, splits[i].uses};
        uint32_t died = 0;
        if (deletions)
            status =
                osl_deletions_alias(deletions, splits[i].entry, &died, err);
        sum.uses -= died < sum.uses ? died : sum.uses;
        if (status == OSL_OK && sum.uses > 0)
            osl_buf_put(sums, &sum, sizeof sum);
    }
    return status;
}

static int by_parts(const void *left, const void *right)
{
    return osl_text_compare(((const split_sum *)left)->parts,
                            ((const split_sum *)right)->parts);
}

/* The parts with the most uses; of equals the first by bytes. */
static osl_text choose_split(split_sum *sums, size_t count)
{
    osl_text best = {"", 0};
    uint64_t most = 0;
    qsort(sums, count, sizeof *sums, by_parts);
    for (size_t i = 0; i < count;) {
        uint64_t uses = 0;
        size_t first = i;
        for (; i < count && by_parts(&sums[i], &sums[first]) == 0; i++)
            uses += sums[i].uses;
        if (uses > most) {
            best = sums[first].parts;
            most = uses;
        }
    }
    return best;
}

static osl_status split_parts(osl_text parts, osl_arena *arena,
                              const osl_text **out, size_t *count,
                              osl_error *err)
{
    size_t spaces = 0;
    for (size_t i = 0; i < parts.length; i++)
        spaces += parts.bytes[i] == ' ';
    osl_text *list = osl_arena_zero(arena, spaces + 1, sizeof *list);
    if (!list)
        return osl_fail(err, OSL_ENOMEM, "out of memory: aliases");
    size_t n = 0;
    list[0].bytes = parts.bytes;
    for (size_t i = 0; i < parts.length; i++) {
        if (parts.bytes[i] == ' ')
            list[++n].bytes = parts.bytes + i + 1;
        else
            list[n].length++;
    }
    *out = list;
    *count = n + 1;
    return OSL_OK;
}

osl_status osl_index_alias(const osl_index *index, osl_text joined,
                           osl_arena *arena, const osl_text **parts,
                           size_t *count, osl_error *err)
{
    osl_buf sums = {0};
    osl_status status = OSL_OK;
    *parts = NULL;
    *count = 0;
    uint32_t segments = osl_index_get_info(index)->segment_count;
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++)
        status = add_splits(index, i, joined, arena, &sums, err);
    if (status == OSL_OK)
        status = osl_buf_status(&sums, "a compound", err);
    if (status == OSL_OK && sums.length > 0)
        status = split_parts(choose_split((split_sum *)(void *)sums.bytes,
                                          sums.length / sizeof(split_sum)),
                             arena, parts, count, err);
    osl_buf_clear(&sums);
    return status;
}
