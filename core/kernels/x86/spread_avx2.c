/* SPDX-License-Identifier: MIT
 *
 * One by one: groups are near, so that gathers would take longer. */
#include "core/kernels/spread_loop.h"

uint32_t osl_spread_avx2(const osl_spread *spread)
{
    return spread_entries(spread);
}
