/* SPDX-License-Identifier: MIT */
#include "core/kernels/spread.h"

uint32_t osl_spread_scalar(const osl_spread *spread)
{
    const osl_spread_block *blocks = spread->blocks;
    const unsigned bits = spread->bits, block_bits = OSL_SPREAD_BLOCK_BITS;
    uint32_t *entries = spread->entries, *ordinals = spread->ordinals;
    uint32_t *tfs = spread->tfs, *owners = spread->owners;
    uint32_t df = 0, last = UINT32_MAX, tf = 0;
    for (uint32_t i = 0; i < spread->count; i++) {
        uint32_t number = entries[i] >> bits;
        osl_spread_block at = blocks[number >> block_bits];
        __builtin_prefetch(
            &blocks[entries[i + OSL_SPREAD_SLACK] >> bits >> block_bits]);
        uint32_t is_new = at.ordinal != last;
        df += is_new;
        tf = is_new ? 1 : tf + 1;
        last = at.ordinal;
        ordinals[df - 1] = last;
        tfs[df - 1] = tf;
        entries[i] = number - at.start;
        if (owners)
            owners[i] = last;
    }
    return df;
}

void osl_form_dfs_scalar(const osl_form_dfs *of)
{
    const uint32_t *forms = of->forms, *owners = of->owners;
    uint32_t *dfs = of->dfs, *last = of->last;
    uint32_t first_df = dfs[0], first_last = last[0];
    for (uint32_t i = 0; i < of->count; i++) {
        uint32_t form = forms[i], owner = owners[i];
        if (form == 0) {
            first_df += first_last != owner;
            first_last = owner;
        } else if (last[form] != owner) {
            last[form] = owner;
            dfs[form]++;
        }
    }
    dfs[0] = first_df;
    last[0] = first_last;
}
