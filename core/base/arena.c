/* SPDX-License-Identifier: MIT
 *
 * A list of pieces, each double the last up to 1 MiB; a request that is
 * larger gets a piece of its own. */
#include "core/base/arena.h"

#include "core/base/bytes.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_IS_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_IS_MALLOC 1
#endif
#endif
#ifndef ARENA_IS_MALLOC
#define ARENA_IS_MALLOC 0
#endif

enum { ALIGN = 16, FIRST = 4096, LARGEST = 1 << 20 };

typedef struct osl_arena_piece {
    struct osl_arena_piece *next;
    size_t size;
} osl_arena_piece;

_Static_assert(sizeof(osl_arena_piece) % ALIGN == 0, "pieces stay aligned");

static bool add_piece(osl_arena *arena, size_t bytes)
{
    size_t size = arena->size < FIRST / 2 ? FIRST : arena->size * 2;
    if (size > LARGEST)
        size = LARGEST;
    if (size < bytes || ARENA_IS_MALLOC)
        size = bytes;
    if (size > SIZE_MAX - sizeof(osl_arena_piece))
        return false;
    osl_arena_piece *piece = malloc(sizeof *piece + size);
    if (!piece)
        return false;
    piece->next = arena->pieces;
    piece->size = size;
    arena->pieces = piece;
    arena->used = 0;
    arena->size = size;
    return true;
}

void *osl_arena_take(osl_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGN)
        return NULL;
    size_t padded = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    size_t wanted = ARENA_IS_MALLOC ? bytes : padded;
    if ((ARENA_IS_MALLOC || !arena->pieces ||
         arena->size - arena->used < padded) &&
        !add_piece(arena, wanted))
        return NULL;
    uint8_t *start = (uint8_t *)(arena->pieces + 1) + arena->used;
    arena->used += wanted;
    arena->total_bytes += padded;
    return start;
}

void *osl_arena_zero(osl_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *memory = osl_arena_take(arena, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

char *osl_arena_copy(osl_arena *arena, osl_text text)
{
    if (text.length == SIZE_MAX)
        return NULL;
    char *copy = osl_arena_take(arena, text.length + 1);
    if (!copy)
        return NULL;
    osl_copy_few(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    return copy;
}

bool osl_arena_text(osl_arena *arena, osl_text text, osl_text *out)
{
    const char *copy = osl_arena_copy(arena, text);
    if (!copy)
        return false;
    *out = (osl_text){copy, text.length};
    return true;
}

static void free_pieces(osl_arena_piece *piece)
{
    while (piece) {
        osl_arena_piece *next = piece->next;
        free(piece);
        piece = next;
    }
}

void osl_arena_reset(osl_arena *arena)
{
    if (!arena->pieces || ARENA_IS_MALLOC) {
        osl_arena_clear(arena);
        return;
    }
    free_pieces(arena->pieces->next);
    arena->pieces->next = NULL;
    arena->used = 0;
    arena->total_bytes = 0;
}

void osl_arena_clear(osl_arena *arena)
{
    free_pieces(arena->pieces);
    *arena = (osl_arena){0};
}
