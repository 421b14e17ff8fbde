/* SPDX-License-Identifier: MIT
 *
 * What the tokenisers keep from one paragraph to the next. */
#ifndef OSL_TEXT_SCRATCH_H
#define OSL_TEXT_SCRATCH_H

#include "core/text/analyzer.h"

/* The authority's copy of a text. */
typedef struct osl_icu_text {
    uint32_t *points;  /* code points */
    uint32_t *offsets; /* their first bytes, and the end */
    uint8_t *classes;  /* osl_char_class */
    uint8_t *bases;    /* the same, but a mark's is what it belongs to */
    uint8_t *cuts;     /* 1: a break before it; 2: a power's exponent too */
    UChar *units;      /* the tailored copy */
    uint32_t *where;   /* the code point of a unit, and the end */
    size_t count, unit_count;
    size_t points_size, offsets_size, classes_size, bases_size, cuts_size,
        units_size, where_size;
} osl_icu_text;

/* Something to flag once there are spans: the byte of a sign or of a power's
 * exponent. */
typedef struct osl_token_fix {
    uint32_t at;
    uint32_t flag;
} osl_token_fix;

struct osl_token_scratch {
    osl_class_block *blocks; /* owns; of the text at hand … */
    size_t block_count;      /* … as many, or 0 where it has none */
    osl_token_fix *fixes;    /* owns */
    uint32_t *capitals;      /* owns; bytes where two capitals meet */
    size_t blocks_size, fixes_size, capitals_size;
    size_t fix_count, capital_count;
    UBreakIterator *breaks; /* owns; a clone of the analyzer's */
    osl_icu_text icu;       /* owns its arrays */
};

/* Gives back what only a giant among texts needed: copies of more code points
 * than these, and blocks of class bits in proportion. */
#define OSL_SCRATCH_KEPT ((size_t)1 << 18)
void osl_token_scratch_shrink(osl_token_scratch *scratch);

#endif
