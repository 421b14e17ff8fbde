/* SPDX-License-Identifier: MIT */
#include "core/kernels/spread_loop.h"

uint32_t osl_spread_scalar(const osl_spread *spread)
{
    return spread_entries(spread);
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
