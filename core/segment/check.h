/* SPDX-License-Identifier: MIT
 *
 * What osl_segment_check() stops at, told one by one: the blocks of a segment
 * that are not what was written.
 *
 * Threads: as the segment. */
#ifndef OSL_CORE_SEGMENT_CHECK_H
#define OSL_CORE_SEGMENT_CHECK_H

#include "core/segment/segment.h"

/* What cannot be had from a segment in which a block is damaged. */
typedef enum osl_block_use {
    OSL_BLOCK_SEARCH,   /* any search: dictionaries, lengths, columns */
    OSL_BLOCK_POSTINGS, /* searches for the words whose occurrences these are */
    OSL_BLOCK_SHOW,     /* texts, titles, headings of some paragraphs */
    OSL_BLOCK_SPARE     /* nothing: between the sections */
} osl_block_use;

typedef struct osl_bad_block {
    uint64_t block;          /* the first */
    uint64_t offset, length; /* bytes of the file */
    osl_block_use use;       /* of its sections' the gravest */
    const char *sections;    /* "info, lengths of text"; borrowed until
                                     * the next is told */
} osl_bad_block;

/* Tells every block of 4 KiB whose bytes do not match their checksum, in
 * order; those next to each other that mean the same are told as one. *count of
 * what was told. OSL_OK whatever it finds. */
OSL_MUST_CHECK osl_status
osl_segment_check_blocks(const osl_segment *segment,
                         void (*told)(void *user, const osl_bad_block *bad),
                         void *user, uint64_t *count, osl_error *err);

#endif
