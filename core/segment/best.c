/* SPDX-License-Identifier: MIT
 *
 * No posting below the n-th best range's bound can be among the n best
 * postings, for each of those ranges has one that reaches its own; so one pass
 * with a table of bounds leaves a few hundred, and these alone are weighed. */
#include "core/segment/best.h"

#include "core/base/select.h"
#include "core/segment/score.h"

#include <string.h>

/* The bound of the last range that is needed; 0 where there are fewer. */
static unsigned least_bound(const osl_best_input *input)
{
    uint32_t counts[256] = {0}, sum = 0;
    for (size_t i = 0; i < input->range_count; i++)
        counts[input->range_bounds[i]]++;
    for (unsigned bound = 255; bound > 0; bound--) {
        sum += counts[bound];
        if (sum >= input->count)
            return bound;
    }
    return 0;
}

/* G is at least 0, so that its bits as a float rise with it; places rise with
 * ordinals. */
static uint64_t key_of(const osl_best_input *input, uint32_t i)
{
    float gain = osl_score_gain(
        input->tfs[i], input->bounds->k[input->codes[input->ordinals[i]]]);
    uint32_t bits;
    memcpy(&bits, &gain, sizeof bits);
    return (uint64_t)bits << 32 | (UINT32_MAX - i);
}

/* Whether one of `count` bounds is at least `least`. */
static bool has_some(const uint8_t *bounds, uint32_t count, unsigned least)
{
    uint8_t greatest = 0;
    for (uint32_t i = 0; i < count; i++)
        greatest = bounds[i] > greatest ? bounds[i] : greatest;
    return greatest >= least;
}

static size_t collect(const osl_best_input *input, osl_buf *keys)
{
    enum { STEP = 32 };
    const uint8_t *bounds = input->range_count ? input->posting_bounds : NULL;
    unsigned least = least_bound(input);
    osl_buf_reset(keys);
    for (uint32_t at = 0; at < input->df; at += STEP) {
        uint32_t step = input->df - at < STEP ? input->df - at : STEP;
        if (bounds && !has_some(bounds + at, step, least))
            continue;
        uint8_t *to = osl_buf_room(keys, STEP * sizeof(uint64_t));
        if (!to)
            return 0;
        for (uint32_t i = at; i < at + step; i++) {
            if (bounds && bounds[i] < least)
                continue;
            uint64_t key = key_of(input, i);
            memcpy(to, &key, sizeof key);
            to += sizeof key;
            keys->length += sizeof key;
        }
    }
    return keys->length / sizeof(uint64_t);
}

void osl_best_write(osl_buf *out, const osl_best_input *input, osl_buf *scratch)
{
    size_t found = collect(input, scratch);
    unsigned count = input->count, width = osl_best_width(input->ordinal_count);
    size_t bytes = osl_best_bytes(count, input->ordinal_count);
    uint8_t *to = osl_buf_room(out, bytes + 8);
    if (!to || found < count) {
        out->failed = true;
        return;
    }
    uint64_t *keys = (uint64_t *)(void *)scratch->bytes;
    osl_select_greatest(keys, found, count);
    osl_sort_falling(keys, count);
    for (unsigned n = 0; n < count; n++, to += width) {
        uint32_t i = UINT32_MAX - (uint32_t)keys[n];
        uint32_t more = input->tfs[i] - 1;
        more = more < OSL_BEST_TF_MORE ? more : OSL_BEST_TF_MORE;
        osl_put64(to, (uint64_t)input->ordinals[i] << OSL_BEST_TF_BITS | more);
    }
    out->length += bytes;
}
