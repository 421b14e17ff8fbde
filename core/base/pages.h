/* SPDX-License-Identifier: MIT
 *
 * Large memory in large pages. Touching memory for the first time costs the
 * system a fault for each page: 0.5 ns a byte in pages of 4 KiB, 0.14 in those
 * of 2 MiB. Where huge pages are given to those who ask, this asks.
 *
 * What is large begins with a line of the cache, so that objects of half a line
 * or a quarter never lie across two. What is small is left alone, but for the
 * heap of a program that says it takes much: there it stands side by side. */
#ifndef OSL_BASE_PAGES_H
#define OSL_BASE_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* For a program that is about to take much memory in many stages: what one
 * has freed the next one gets, and nothing goes back before the end. */
void osl_pages_keep(void);

/* For a program that is to take little instead: what is large goes back when it
 * is freed, and what is small has no large pages, which are touched whole. For
 * the whole process, for good. */
void osl_pages_spare(void);
/* Gives back what malloc() holds and nobody has: a stage of a program that is
 * short of memory has ended. */
void osl_pages_trim(void);

/* For memory of malloc() and its kin before it is touched; NULL is fine.
 * Nothing depends on whether it helps. */
void osl_pages_advise(void *memory);

/* As malloc() and calloc(), for `count` objects that may be many; free() gives
 * them back. NULL also where count × size does not fit. */
void *osl_pages_take(size_t count, size_t size);
void *osl_pages_zero(size_t count, size_t size);
/* As malloc(), of whole large pages, though some be given that are not large:
 * for what is touched here and there again and again, so that where its pages
 * are is looked up near. */
void *osl_pages_whole(size_t bytes);
/* Memory that is read once, from `next` on, while a file is written: the system
 * gets whole large pages of it back for what the file takes, and a little
 * before that, so that it need not look for others, which nobody had lately. */
typedef struct osl_pages_used {
    char *next;
    uint64_t offset; /* of the file when that began */
    uint64_t given;  /* bytes */
} osl_pages_used;
/* What stands before `end` is not read any more, and lost; the file has grown
 * to `offset`. */
void osl_pages_give_back(osl_pages_used *used, const void *end,
                         uint64_t offset);
/* As realloc() to `bytes` of memory that has `kept` bytes worth keeping. */
void *osl_pages_grow(void *memory, size_t kept, size_t bytes);

#endif
