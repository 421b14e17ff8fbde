/* SPDX-License-Identifier: MIT */
#include "indexer/recount.h"

#include <stdlib.h>
#include <string.h>

/* Where a key is, or the empty slot that it would have. */
static uint32_t *find_slot(const osl_tally *tally, uint64_t key)
{
    size_t mask = tally->slot_count - 1;
    size_t at = (size_t)((key + 1) * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (tally->slots[at] != 0 && tally->at[tally->slots[at] - 1].key != key)
        at = (at + 1) & mask;
    return &tally->slots[at];
}

static bool grow_slots(osl_tally *tally)
{
    size_t count = tally->slot_count ? 4 * tally->slot_count : 1024;
    while (count < 4 * tally->count)
        count *= 4;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return false;
    free(tally->slots);
    tally->slots = slots;
    tally->slot_count = count;
    for (size_t i = 0; i < tally->count; i++)
        *find_slot(tally, tally->at[i].key) = (uint32_t)i + 1;
    return true;
}

bool osl_tally_reserve(osl_tally *tally, size_t more)
{
    bool is_first = tally->counts_capacity == 0;
    if (!osl_grow(&tally->at, &tally->capacity, tally->count + more,
                  sizeof *tally->at) ||
        !osl_grow(&tally->counts, &tally->counts_capacity,
                  tally->count + more + 1, sizeof *tally->counts))
        return false;
    if (is_first)
        tally->counts[0] = (osl_count){0};
    return true;
}

static bool add_key(osl_tally *tally, uint64_t key, uint32_t whole,
                    uint32_t *number)
{
    if (tally->count >= UINT32_MAX - 1 || !osl_tally_reserve(tally, 1))
        return false;
    *number = (uint32_t)tally->count;
    tally->at[tally->count++] = (osl_counted){key, whole};
    *osl_tally_count(tally, *number) = (osl_count){0};
    return true;
}

bool osl_tally_find(osl_tally *tally, uint64_t key, uint32_t whole,
                    uint32_t *number)
{
    uint64_t last = tally->count > 0 ? tally->at[tally->count - 1].key : 0;
    if (!tally->slots && (tally->count == 0 || key > last))
        return add_key(tally, key, whole, number);
    if (key == last) {
        *number = (uint32_t)tally->count - 1;
        return true;
    }
    if (2 * (tally->count + 1) > tally->slot_count && !grow_slots(tally))
        return false;
    uint32_t *slot = find_slot(tally, key);
    if (*slot == 0) {
        if (!add_key(tally, key, whole, number))
            return false;
        *slot = (uint32_t)tally->count;
    }
    *number = *slot - 1;
    return true;
}

void osl_recount_clear(osl_recount *recount)
{
    for (unsigned t = 0; t < OSL_DIED_TABLES; t++) {
        free(recount->tallies[t].at);
        free(recount->tallies[t].counts);
        free(recount->tallies[t].slots);
    }
    memset(recount->tallies, 0, sizeof recount->tallies);
}

/* Where texts are not stored, their lengths are. */
static osl_status count_bytes(osl_recount *recount, osl_error *err)
{
    uint32_t count = osl_segment_get_info(recount->segment)->paragraph_count;
    osl_status status = OSL_OK;
    for (uint32_t p = 0; p < count && status == OSL_OK; p++) {
        uint64_t bytes = 0;
        if (!osl_bit(recount->dying[OSL_FIELD_TEXT], p))
            continue;
        status = osl_segment_text_bytes(recount->segment, p, &bytes, err);
        recount->text_bytes += bytes;
    }
    return status;
}

osl_status osl_recount_run(osl_recount *recount, osl_error *err)
{
    const osl_segment_info *info = osl_segment_get_info(recount->segment);
    osl_status status = osl_recount_texts(recount, err);
    if (status == OSL_OK && !info->has_texts)
        status = osl_recount_postings(recount, err);
    if (status == OSL_OK && !info->has_texts)
        status = count_bytes(recount, err);
    if (info->fields[OSL_FIELD_PAIR].total_length > 0)
        recount->lengths[OSL_FIELD_PAIR] = recount->lengths[OSL_FIELD_TEXT];
    return status;
}
