/* SPDX-License-Identifier: MIT */
#include "indexer/recount.h"

#include <stdlib.h>
#include <string.h>

bool osl_tally_find(osl_tally *tally, uint64_t key, uint32_t whole,
                    uint32_t *number)
{
    char bytes[8];
    memcpy(bytes, &key, sizeof bytes);
    uint32_t before = tally->keys.count;
    if (!osl_strings_add(&tally->keys, (osl_text){bytes, sizeof bytes}, 0,
                         number))
        return false;
    if (*number < before)
        return true;
    if (!osl_grow(&tally->died, &tally->died_capacity, (size_t)before + 1,
                  sizeof *tally->died) ||
        !osl_grow(&tally->whole, &tally->whole_capacity, (size_t)before + 1,
                  sizeof *tally->whole) ||
        !osl_grow(&tally->last, &tally->last_capacity, (size_t)before + 1,
                  sizeof *tally->last))
        return false;
    tally->died[before] = (osl_died){.key = key};
    tally->whole[before] = whole;
    tally->last[before] = 0;
    return true;
}

static void clear_tally(osl_tally *tally)
{
    osl_strings_clear(&tally->keys);
    free(tally->died);
    free(tally->whole);
    free(tally->last);
}

void osl_recount_clear(osl_recount *recount)
{
    for (unsigned t = 0; t < OSL_DIED_TABLES; t++)
        clear_tally(&recount->tallies[t]);
    memset(recount->tallies, 0, sizeof recount->tallies);
}

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
    if (status == OSL_OK)
        status = count_bytes(recount, err);
    if (info->fields[OSL_FIELD_PAIR].total_length > 0)
        recount->lengths[OSL_FIELD_PAIR] = recount->lengths[OSL_FIELD_TEXT];
    return status;
}
