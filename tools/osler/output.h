/* SPDX-License-Identifier: MIT
 *
 * What a person sees: colours, links, marks, folded lines, numbers. Text that
 * comes from guidelines never reaches a terminal with its control bytes. */
#ifndef OSL_TOOLS_OSLER_OUTPUT_H
#define OSL_TOOLS_OSLER_OUTPUT_H

#include "core/base/buf.h"
#include "core/core.h"

#include <stdio.h>

/* "osler: " and the words, a line on stderr. */
void osl_complain(const char *format, ...) OSL_PRINTF(1, 2);

typedef enum osl_style {
    OSL_STYLE_PLAIN,
    OSL_STYLE_TITLE,
    OSL_STYLE_DIM,
    OSL_STYLE_MARK,
    OSL_STYLE_ADDED,  /* {+without colour+} */
    OSL_STYLE_REMOVED /* [-without colour-] */
} osl_style;

/* How standard output shows things. */
typedef struct osl_screen {
    bool color;     /* else matches stand between ** and ** */
    bool links;     /* OSC 8 */
    unsigned width; /* columns to fold at; 0: never */
} osl_screen;

/* Of standard output, as --color, NO_COLOR and TERM say. */
osl_screen osl_screen_get(int color_choice);

/* A run of text in one style, gathered until osl_line_print(). */
typedef struct osl_line {
    const osl_screen *screen;
    osl_buf bytes;  /* with escapes */
    osl_buf widths; /* for each byte 1 where it begins a shown character */
} osl_line;

/* Appends with white space folded to blanks and control characters and broken
 * UTF-8 shown as U+FFFD. */
void osl_line_text(osl_line *line, osl_style style, osl_text text);
void osl_line_printf(osl_line *line, osl_style style, const char *format, ...)
    OSL_PRINTF(3, 4);
/* The same in a hyperlink where the screen shows them and `url` is one. */
void osl_line_link(osl_line *line, osl_style style, osl_text text,
                   osl_text url);
/* Writes it as it is and a line feed; empties it. */
void osl_line_write(osl_line *line, FILE *to);
/* Prints it folded at blanks, the first line behind `indent` blanks, the
 * others behind `hang`; empties it. */
void osl_line_print(osl_line *line, unsigned indent, unsigned hang);
void osl_line_clear(osl_line *line);

/* "9,214" into `out`, which it returns. */
#define OSL_COUNT_SIZE 32
const char *osl_format_count(char out[OSL_COUNT_SIZE], uint64_t count);
/* "45.2 MB", powers of 1000. */
const char *osl_format_bytes(char out[OSL_COUNT_SIZE], uint64_t bytes);
/* A fixed-point score as a decimal with `places` (1 to 6) digits, rounded. */
const char *osl_format_score(char out[OSL_COUNT_SIZE], uint32_t score,
                             unsigned places);

/* "2014-02-01T09:30:00Z" of microseconds since 1970; "" of 0. */
const char *osl_format_time(char out[OSL_COUNT_SIZE], uint64_t us);

/* Flushes standard output; false, and said on stderr, where it could not be
 * written, or a line had no memory. */
bool osl_output_end(void);

#endif
