/* SPDX-License-Identifier: MIT */
#include "query/document_map.h"

#include "core/base/buf.h"

#include <stdlib.h>

enum { BUCKETS_FIRST = 64 };

void osl_document_map_clear(osl_document_map *map)
{
    free(map->nodes);
    free(map->buckets);
    *map = (osl_document_map){0};
}

void osl_document_map_reset(osl_document_map *map)
{
    for (size_t i = 0; i < map->bucket_count; i++)
        map->buckets[i] = OSL_DOCUMENT_NODE_NONE;
    map->node_count = 0;
    map->spare = 0;
}

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4): neighbours spread. */
static uint32_t *bucket_of(const osl_document_map *map, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9E3779B97F4A7C15);
    return &map->buckets[(mixed >> 32) & (map->bucket_count - 1)];
}

uint32_t osl_document_map_find(const osl_document_map *map, uint64_t key)
{
    if (!map->bucket_count)
        return OSL_DOCUMENT_NODE_NONE;
    uint32_t node = *bucket_of(map, key);
    while (node != OSL_DOCUMENT_NODE_NONE && map->nodes[node].key != key)
        node = map->nodes[node].next;
    return node;
}

static void link_node(osl_document_map *map, uint32_t node)
{
    uint32_t *bucket = bucket_of(map, map->nodes[node].key);
    map->nodes[node].next = *bucket;
    *bucket = node;
}

/* Called while no node is spare: all of them are documents. */
static bool grow_buckets(osl_document_map *map)
{
    size_t count = map->bucket_count ? 2 * map->bucket_count : BUCKETS_FIRST;
    uint32_t *buckets = malloc(count * sizeof *buckets);
    if (!buckets)
        return false;
    free(map->buckets);
    map->buckets = buckets;
    map->bucket_count = count;
    for (size_t i = 0; i < count; i++)
        buckets[i] = OSL_DOCUMENT_NODE_NONE;
    for (uint32_t i = 0; i < map->node_count; i++)
        link_node(map, i);
    return true;
}

uint32_t osl_document_map_add(osl_document_map *map, uint64_t key, size_t at)
{
    uint32_t node;
    if (map->spare) {
        node = map->spare - 1;
        map->spare = map->nodes[node].next;
    } else {
        if (map->node_count >= OSL_DOCUMENT_NODE_NONE - 1 ||
            (map->node_count == map->bucket_count && !grow_buckets(map)) ||
            !osl_grow(&map->nodes, &map->node_capacity, map->node_count + 1,
                      sizeof *map->nodes))
            return OSL_DOCUMENT_NODE_NONE;
        node = (uint32_t)map->node_count++;
    }
    map->nodes[node].key = key;
    map->nodes[node].at = at;
    link_node(map, node);
    return node;
}

void osl_document_map_remove(osl_document_map *map, uint32_t node)
{
    uint32_t *link = bucket_of(map, map->nodes[node].key);
    while (*link != node)
        link = &map->nodes[*link].next;
    *link = map->nodes[node].next;
    map->nodes[node].next = map->spare;
    map->spare = node + 1;
}
