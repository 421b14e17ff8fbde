/* SPDX-License-Identifier: MIT
 *
 * Which entry of a heap is a document's: the collector of the best paragraph
 * of each document asks for every candidate. Chained, because an entry that
 * leaves the heap must go from here too. */
#ifndef OSL_QUERY_DOCUMENT_MAP_H
#define OSL_QUERY_DOCUMENT_MAP_H

#include "core/core.h"

#define OSL_DOCUMENT_NODE_NONE UINT32_MAX

typedef struct osl_document_node {
    uint64_t key; /* segment and document */
    size_t at;    /* of the heap; the collector keeps it right */
    uint32_t next;
} osl_document_node;

/* All zero is empty. */
typedef struct osl_document_map {
    osl_document_node *nodes; /* owns */
    size_t node_count, node_capacity;
    uint32_t *buckets; /* owns; a power of two of them */
    size_t bucket_count;
    uint32_t spare; /* chain of nodes that were removed, + 1 */
} osl_document_map;

void osl_document_map_clear(osl_document_map *map);
/* Forgets all documents, keeps the memory. */
void osl_document_map_reset(osl_document_map *map);
uint32_t osl_document_map_find(const osl_document_map *map, uint64_t key);
/* `key` is not there yet. OSL_DOCUMENT_NODE_NONE where memory is out. */
uint32_t osl_document_map_add(osl_document_map *map, uint64_t key, size_t at);
void osl_document_map_remove(osl_document_map *map, uint32_t node);

#endif
