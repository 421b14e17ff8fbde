/* SPDX-License-Identifier: MIT
 *
 * Which form each occurrence of a term has, in fewer bits than a number each:
 * where positions are in bits (positions.h), a term's forms are one stream,
 * lowest bits first, up to a whole byte, with how many bytes that are before it:
 *
 *     stream = bytes:varint block{occurrences / 4,096, rounded up}
 *     block  = level{} [rest]
 *     level  = number(n + 1) set            of 0, then of 1 …, at most 16
 *     rest   = number(32) part{}            where forms of 16 and more are left
 *
 * A level is of form f and of the n occurrences of the block whose form is f or
 * more. The number m says how many of them have a form above f. Where 2m ≤ n the
 * set has the places of these m among the n, else of the n − m others; it ends
 * the block where m is 0. A set is coded as a posting's positions are, of which
 * all are below n; a number below n as a set of one. Of frequent forms and rare
 * ones this takes nearly what an ideal code of each term's forms would, less
 * where forms cluster. The rest says the bits w that the others take, then of
 * each its form − 16: the bits above the lowest 16 as a number, then these.
 *
 * Threads: pure functions; a reader belongs to one. */
#ifndef OSL_CORE_SEGMENT_FORMS_BITS_H
#define OSL_CORE_SEGMENT_FORMS_BITS_H

#include "core/base/buf.h"
#include "core/kernels/middles.h"
#include "core/segment/positions.h"

enum { OSL_FORMS_BLOCK = 4096, OSL_FORMS_LEVELS = 16 };

/* Appends the stream of `total` occurrences, from 1 on; `put` is a level's
 * kernel. Fails as the buffer does. */
void osl_forms_write_bits(osl_buf *out, const uint32_t *forms, uint64_t total,
                          osl_middles_fn *put);

/* Where one is in a stream. Caller's storage. */
typedef struct osl_forms_reader {
    osl_position_stream from;
    uint64_t left;        /* occurrences behind the block at hand */
    uint32_t count, next; /* of the block at hand */
    uint32_t forms[OSL_FORMS_BLOCK];
} osl_forms_reader;

/* Opens the stream of `total` occurrences that [bytes, bytes + length) begins
 * with; up to 8 bytes behind that are looked at. Returns its bytes; 0 where it
 * does not fit. The bytes are borrowed. */
size_t osl_forms_open_bits(osl_forms_reader *reader, const uint8_t *bytes,
                           size_t length, uint64_t total);
/* Forms of the next `count` occurrences. False where the stream has fewer, or
 * makes no sense. */
OSL_MUST_CHECK bool osl_forms_take_bits(osl_forms_reader *reader,
                                        uint64_t count, uint32_t *out);

#endif
