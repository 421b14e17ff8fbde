/* SPDX-License-Identifier: MIT
 *
 * Reads small files that are taken apart whole (manifest, registry), one
 * value after another. Sticky: after the first value that is not there
 * nothing is read, and one look at the end tells.
 *
 * Threads: one taker, one thread. */
#ifndef OSL_CORE_SEGMENT_TAKER_H
#define OSL_CORE_SEGMENT_TAKER_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/core.h"

/* Caller's storage. Copies of texts go to `arena`; without one, texts are
 * borrowed from the bytes. */
typedef struct osl_taker {
    const uint8_t *at, *end;
    osl_arena *arena;
    bool spoilt, out_of_memory;
} osl_taker;

static inline uint8_t osl_take_byte(osl_taker *taker)
{
    if (taker->at == taker->end)
        taker->spoilt = true;
    return taker->spoilt ? 0 : *taker->at++;
}
uint64_t osl_take64(osl_taker *taker);
uint64_t osl_take_long_varint(osl_taker *taker);
/* Most have one byte. */
static inline uint64_t osl_take_varint(osl_taker *taker)
{
    if (!taker->spoilt && taker->at != taker->end && *taker->at < 0x80)
        return *taker->at++;
    return osl_take_long_varint(taker);
}
/* A number of things that take a byte each at least. */
size_t osl_take_count(osl_taker *taker);
osl_text osl_take_text(osl_taker *taker);
/* The name of a file in a folder: no "/", no NUL, no "." at its head; may be
 * empty. */
osl_text osl_take_name(osl_taker *taker);
/* OSL_OK when everything was there and nothing is left. */
OSL_MUST_CHECK osl_status osl_take_end(const osl_taker *taker, const char *name,
                                       const char *what, osl_error *err);

/* The other side: a length and its bytes. */
void osl_put_counted(osl_buf *out, osl_text text);

#endif
