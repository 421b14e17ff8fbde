/* SPDX-License-Identifier: MIT */
#include "core/segment/joint.h"

#include <string.h>

/* A word of the section. */
typedef struct joint_word {
    uint64_t place;
    uint32_t df, first, limit;
    float weight;
} joint_word;

static float get_float(const uint8_t *from)
{
    float value;
    memcpy(&value, from, sizeof value);
    return value;
}

static joint_word word_at(const osl_section *section, uint32_t number)
{
    const uint8_t *at =
        section->bytes + OSL_JOINT_HEAD + (size_t)number * OSL_JOINT_WORD;
    return (joint_word){.place = osl_get64(at),
                        .df = osl_get32(at + 8),
                        .weight = get_float(at + 12),
                        .first = osl_get32(at + 16),
                        .limit = osl_get32(at + 20)};
}

/* The number of the word with this region; `count`: it is none of them. */
static uint32_t find_word(const osl_section *section, uint32_t count,
                          const osl_postings *of)
{
    uint64_t place = of->region;
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        joint_word word = word_at(section, middle);
        if (word.df > of->df || (word.df == of->df && word.place < place))
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count && word_at(section, low).place != place)
        return count;
    return low;
}

static bool may_be_there(const osl_postings *of)
{
    return of->field == OSL_FIELD_TEXT && of->best && of->headers &&
           of->best_count == OSL_BEST_COUNT && !of->ordinals;
}

static osl_status spoilt(const osl_segment *segment, const osl_section *section,
                         osl_error *err)
{
    return osl_segment_spoilt(segment, section, "lists out of place", err);
}

/* The list of pair `number`. */
static osl_status read_pair(osl_joint_list *out, const osl_segment *segment,
                            const osl_section *section, uint32_t number,
                            osl_error *err)
{
    uint64_t words = osl_get32(section->bytes);
    uint64_t pairs = osl_get32(section->bytes + 4);
    uint64_t heads = OSL_JOINT_HEAD + words * OSL_JOINT_WORD;
    uint64_t entries = heads + (pairs + 1) * OSL_JOINT_PAIR;
    if (number >= pairs)
        return spoilt(segment, section, err);
    uint64_t at = heads + (uint64_t)number * OSL_JOINT_PAIR;
    osl_status status = osl_segment_touch(segment, section, at,
                                          2 * (size_t)OSL_JOINT_PAIR, err);
    if (status != OSL_OK)
        return status;
    const uint8_t *head = section->bytes + at;
    uint32_t start = osl_get32(head), end = osl_get32(head + OSL_JOINT_PAIR);
    if (end < start || end - start > OSL_JOINT_COUNT)
        return spoilt(segment, section, err);
    out->count = end - start;
    out->bound = get_float(head + 4);
    status = osl_segment_touch(segment, section,
                               entries + (uint64_t)start * out->width,
                               (uint64_t)out->count * out->width, err);
    if (status != OSL_OK)
        return status;
    out->entries = section->bytes + entries + (size_t)start * out->width;
    return OSL_OK;
}

osl_status osl_joint_find(osl_joint_list *out, const osl_postings *first,
                          const osl_postings *second, osl_error *err)
{
    const osl_segment *segment = first->segment;
    const osl_section *section = &segment->sections[OSL_SECTION_JOINT];
    *out = (osl_joint_list){.entries = NULL};
    if (!section->bytes || !may_be_there(first) || !may_be_there(second))
        return OSL_OK;
    osl_status status =
        osl_segment_touch(segment, section, 0, OSL_JOINT_HEAD, err);
    if (status != OSL_OK)
        return status;
    uint32_t count = osl_get32(section->bytes);
    status = osl_segment_touch(segment, section, OSL_JOINT_HEAD,
                               (uint64_t)count * OSL_JOINT_WORD, err);
    if (status != OSL_OK)
        return status;
    uint32_t a = find_word(section, count, first);
    uint32_t b = find_word(section, count, second);
    if (a == b || a >= count || b >= count)
        return OSL_OK;
    out->swapped = b < a;
    uint32_t low = a < b ? a : b, high = a < b ? b : a;
    joint_word word = word_at(section, low);
    out->weights[out->swapped] = word.weight;
    out->weights[!out->swapped] = word_at(section, high).weight;
    if (high >= word.limit)
        return OSL_OK;
    out->width = osl_best_width(first->ordinal_count);
    return read_pair(out, segment, section, word.first + (high - low - 1), err);
}
