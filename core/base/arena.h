/* SPDX-License-Identifier: MIT
 *
 * Memory with one lifetime: taken piece by piece, given back whole. Under
 * AddressSanitizer each piece is its own malloc, so that an overrun shows.
 *
 * Threads: one arena, one thread at a time. */
#ifndef OSL_BASE_ARENA_H
#define OSL_BASE_ARENA_H

#include "core/core.h"

/* Caller's storage; all zero is an empty arena. */
typedef struct osl_arena {
    struct osl_arena_piece *pieces; /* owns; the newest first */
    size_t used, size;              /* of the newest piece */
    size_t total_bytes;             /* asked for since the last clear */
} osl_arena;

/* `bytes` of memory aligned to 16, not zeroed; NULL when memory is out. Zero
 * bytes give a pointer that may not be read. Borrowed until the clear. */
void *osl_arena_take(osl_arena *arena, size_t bytes);
/* The same, zeroed, for `count` objects of `size` bytes; NULL also where
 * count × size does not fit. */
void *osl_arena_zero(osl_arena *arena, size_t count, size_t size);
/* A NUL-terminated copy of `text`; NULL when memory is out. */
char *osl_arena_copy(osl_arena *arena, osl_text text);
/* A copy as a span; *out untouched and false when memory is out. */
OSL_MUST_CHECK bool osl_arena_text(osl_arena *arena, osl_text text,
                                   osl_text *out);

/* Forgets everything but keeps one piece for the next user. */
void osl_arena_reset(osl_arena *arena);
/* Gives everything back; the arena is empty and can be used again. */
void osl_arena_clear(osl_arena *arena);

#endif
