/* SPDX-License-Identifier: MIT */
#include "core/kernels/slice.h"

#include <string.h>

/* What is known of the range at hand is written with every posting, so that no
 * branch depends on where ranges end. */
static void slice(osl_slice *out, const uint32_t *ordinals, const uint32_t *tfs,
                  const uint8_t *bounds, uint32_t count)
{
    uint64_t mask = 0;
    unsigned last = 64, found = 0, here = 0;
    uint8_t highest = 0;
    for (uint32_t i = 0; i < count; i++) {
        unsigned range = ordinals[i] >> 6 & 63;
        uint32_t more = tfs[i] - 1;
        uint8_t bound = bounds[i];
        int is_new = range != last;
        out->offsets[i] = (uint8_t)(ordinals[i] & 63);
        out->more[i] = (uint8_t)(more < 255 ? more : 255);
        last = range;
        mask |= (uint64_t)1 << range;
        found += (unsigned)is_new;
        here = is_new ? 1 : here + 1;
        highest = is_new || bound > highest ? bound : highest;
        out->bounds[found - 1] = highest;
        out->counts[found - 1] = (uint8_t)here;
    }
    out->mask = mask;
    out->range_count = found;
}

static uint32_t words_of(const osl_slice *slice, uint64_t words[64],
                         uint32_t before[64])
{
    const uint8_t *offset = slice->offsets, *more = slice->more;
    const uint8_t *count = slice->counts;
    uint32_t sum = 0;
    for (unsigned range = 0; range < 64; range++) {
        uint64_t word = 0;
        before[range] = sum;
        unsigned here = slice->mask >> range & 1 ? *count++ : 0;
        for (unsigned i = 0; i < here; i++) {
            word |= (uint64_t)1 << *offset++;
            sum += *more++;
        }
        words[range] = word;
    }
    return sum;
}

static void above_of(const uint8_t *more, uint32_t count,
                     uint32_t above[OSL_SLICE_PLANES + 1])
{
    for (unsigned p = 1; p <= OSL_SLICE_PLANES; p++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < count; i++)
            sum += more[i] >= (1u << p) - 1;
        above[p] = sum;
    }
}

/* Bit p of eight bytes, as a byte. */
static uint8_t plane_of(uint64_t bytes, unsigned p)
{
    return (uint8_t)((bytes >> p & 0x0101010101010101u) * 0x0102040810204080u >>
                     56);
}

static void planes_of(const uint8_t *more, uint32_t count, unsigned planes,
                      uint8_t *to)
{
    size_t words = (count + 63) / 64;
    uint8_t highest = (uint8_t)((1u << planes) - 1);
    for (size_t w = 0; w < words && planes > 0; w++, more += 64) {
        size_t here = (w + 1) * 64 < count ? 64 : count - w * 64;
        uint8_t low[64] = {0};
        for (size_t i = 0; i < here; i++)
            low[i] = more[i] < highest ? more[i] : highest;
        for (unsigned p = 0; p < planes; p++)
            for (size_t i = 0; i < 8; i++) {
                uint64_t bytes;
                memcpy(&bytes, low + 8 * i, sizeof bytes);
                to[(p * words + w) * 8 + i] = plane_of(bytes, p);
            }
    }
}

const osl_slice_kernels osl_slice_kernels_scalar = {slice, words_of, above_of,
                                                    planes_of};
