/* SPDX-License-Identifier: MIT */
#include "core/segment/index.h"

#include "core/segment/segment_internal.h"

#include <stdlib.h>

/* Kinds of sections, then what else there is. */
enum { BETWEEN = OSL_SECTION_KIND_END, CATALOGS, DELETIONS, REGISTRY, PARTS };

typedef struct part {
    uint32_t kind;
    uint64_t bytes;
} part;

static const char *name_of(uint32_t kind)
{
    static const char *const others[] = {"headers, tables and zeros",
                                         "catalogs", "deletions", "registry"};
    return kind < BETWEEN ? osl_section_name(kind) : others[kind - BETWEEN];
}

static int by_bytes(const void *left, const void *right)
{
    const part *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return a->kind < b->kind ? -1 : a->kind > b->kind;
}

static void add_segment(part *parts, const osl_segment *segment)
{
    uint64_t rest = segment->length;
    for (uint32_t kind = 0; kind < BETWEEN; kind++) {
        uint64_t bytes = segment->sections[kind].length;
        parts[kind].bytes += bytes;
        /* In a spoilt file they may lie upon each other. */
        rest -= bytes < rest ? bytes : rest;
    }
    parts[BETWEEN].bytes += rest;
}

void osl_index_parts(const osl_index *index,
                     void (*each)(void *user, const char *name, uint64_t bytes),
                     void *user)
{
    const osl_index_info *info = osl_index_get_info(index);
    part parts[PARTS];
    for (uint32_t kind = 0; kind < PARTS; kind++)
        parts[kind] = (part){kind, 0};
    for (uint32_t i = 0; i < info->segment_count; i++)
        add_segment(parts, osl_index_segment(index, i));
    parts[CATALOGS].bytes = info->catalog_bytes;
    parts[DELETIONS].bytes = info->deletions_bytes;
    parts[REGISTRY].bytes = info->registry_bytes;
    qsort(parts, PARTS, sizeof *parts, by_bytes);
    for (uint32_t i = 0; i < PARTS && parts[i].bytes > 0; i++)
        each(user, name_of(parts[i].kind), parts[i].bytes);
}
