/* SPDX-License-Identifier: MIT
 *
 * The terms of a field, in order of bytes, each with its df, cf and where its
 * postings are. Built in memory, written as one section; the reader's verbs
 * stand in segment.h (osl_term_*).
 *
 * Threads: one builder, one thread. */
#ifndef OSL_CORE_SEGMENT_DICTIONARY_H
#define OSL_CORE_SEGMENT_DICTIONARY_H

#include "core/segment/segment.h"
#include "core/segment/shortcut.h"

#define OSL_DICTIONARY_BLOCK   16u /* terms */
#define OSL_DICTIONARY_VERSION 2u

/* Caller's storage; all zero, then osl_dictionary_begin(). */
typedef struct osl_dictionary {
    uint32_t ordinal_count; /* of the field: decides what is frequent */
    bool positions;
    uint32_t term_count;
    osl_buf prefixes, offsets, blocks;
    osl_buf last; /* the term before */
    /* The block at hand. */
    uint64_t region;
    uint8_t lengths[OSL_DICTIONARY_BLOCK], counts[OSL_DICTIONARY_BLOCK];
    osl_buf longs, suffixes, more;
    osl_shortcuts shortcuts; /* to be finished by who writes them */
} osl_dictionary;

void osl_dictionary_begin(osl_dictionary *dictionary, uint32_t ordinal_count,
                          bool positions);
/* `info`: df, cf, offset and bytes; offset as osl_region_start() gives it for
 * the end of the term before. False where `term` does not come behind the last
 * one. */
OSL_MUST_CHECK bool osl_dictionary_add(osl_dictionary *dictionary,
                                       osl_text term,
                                       const osl_term_info *info);
/* Appends the whole section; OSL_ELIMIT where it would pass 4 GiB. */
OSL_MUST_CHECK osl_status osl_dictionary_finish(osl_dictionary *dictionary,
                                                osl_buf *out, osl_error *err);
void osl_dictionary_clear(osl_dictionary *dictionary);

/* Look-ups of a field go to a copy from now on: to `room`, which is at a
 * multiple of 64, has as many bytes as are asked for, and stays as long as the
 * segment. Bytes 0: there is nothing to copy. What cannot be copied, being
 * spoilt, stays in the map. */
size_t osl_dictionary_held_bytes(const osl_segment *segment, osl_field field);
void osl_dictionary_hold(const osl_segment *segment, osl_field field,
                         uint8_t *room);
void osl_dictionary_free_views(osl_segment *segment);

/* The term of this ordinal, into `to` (OSL_TERM_BYTES_MAX bytes of room). */
OSL_MUST_CHECK osl_status osl_dictionary_term(const osl_segment *segment,
                                              osl_field field, uint32_t ordinal,
                                              char *to, size_t *length,
                                              osl_error *err);
/* Where a block begins among its blocks; there is one of that number. */
OSL_MUST_CHECK osl_status
osl_dictionary_block_offset(const osl_segment *segment, osl_field field,
                            uint32_t block, uint32_t *offset, osl_error *err);

#endif
