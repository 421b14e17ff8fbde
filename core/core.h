/* SPDX-License-Identifier: MIT
 *
 * What every part of Osler shares: status, error, a span of text, version.
 *
 * Threads: everything here is a value or a pure function. */
#ifndef OSL_CORE_CORE_H
#define OSL_CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* libosler's symbols */

#define OSL_MUST_CHECK     __attribute__((warn_unused_result))
#define OSL_PRINTF(at, to) __attribute__((format(printf, at, to)))

/* What a call can come to. Everything but OSL_OK and OSL_END comes with
 * words in the caller's osl_error. */
typedef enum osl_status {
    OSL_OK = 0,
    OSL_END,       /* nothing more to give; no error */
    OSL_EINVAL,    /* wrong use: an argument, an option, a query */
    OSL_ENOTFOUND, /* no such file, index, document, paragraph */
    OSL_EIO,       /* a system call failed */
    OSL_ENOMEM,    /* memory ran out */
    OSL_ECORRUPT,  /* bytes that are not what they should be */
    OSL_EVERSION,  /* whole, but of a newer format than this program knows */
    OSL_ELIMIT,    /* a stated limit is passed */
    OSL_EBUSY,     /* another process holds it */
    OSL_ECANCELLED /* the caller asked to stop */
} osl_status;

/* A sentence for a person: what failed, on what, why, what to do. Inline, so
 * that failing never allocates; the text is cut at the end where it is too
 * long, always NUL-terminated. */
typedef struct osl_error {
    osl_status status;
    char text[1012];
} osl_error;

/* Fills *err (NULL is fine) and returns `status`, so that a failure reads
 *     return osl_fail(err, OSL_EIO, "%s: cannot open: %s", path, ...);
 * The words are written once, where it happens, and passed up untouched. */
#define osl_fail(err, status, ...) \
    (osl_fail_words((err), (status), __VA_ARGS__), (osl_status)(status))
/* A macro gives the status back, and not the function, so that compilers and
 * the analyser see which one it is. `status` has no side effects. */
void osl_fail_words(osl_error *err, osl_status status, const char *format, ...)
    OSL_PRINTF(3, 4);

/* `length` bytes, borrowed from whoever gave them; UTF-8 where it is text,
 * not NUL-terminated. */
typedef struct osl_text {
    const char *bytes;
    size_t length;
} osl_text;

/* A literal or a NUL-terminated string as a span. NULL is the empty text. */
osl_text osl_text_of(const char *string);
/* Behind the last byte: of a text without bytes NULL, to which C lets nothing
 * be added. */
const char *osl_text_end(osl_text text);
bool osl_text_equal(osl_text a, osl_text b);
/* Bytewise order, as memcmp; a prefix comes before what it begins. */
int osl_text_compare(osl_text a, osl_text b);

/* "0.1.0" */
const char *osl_version(void);

/* In place of a generation's number: the one that a writer has prepared and
 * not yet published; to be opened from osl_index_watcher.prepared() alone. */
#define OSL_GENERATION_PREPARED UINT64_MAX

/* The last document of a list: iterators over paragraph numbers end here. */
#define OSL_DOC_END INT32_MAX

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
