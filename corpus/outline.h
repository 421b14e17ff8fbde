/* SPDX-License-Identifier: MIT
 *
 * The sections of a page of markup, and what is left out with them. Between a
 * reader and its draft:
 *
 *   - a paragraph that is bold as a whole may be a heading without the tag. It
 *     waits: where text follows it becomes a section, where a heading follows
 *     it was a sentence and is emitted as such;
 *   - under "References" the entries of a list are dropped, under "About This
 *     Summary" and its like everything;
 *   - a heading that repeats the title opens no section.
 *
 * Threads: one outline, one thread. */
#ifndef OSL_CORPUS_OUTLINE_H
#define OSL_CORPUS_OUTLINE_H

#include "core/base/buf.h"
#include "corpus/draft.h"

typedef enum osl_outline_skip {
    OSL_OUTLINE_KEEP = 0,
    OSL_OUTLINE_REFERENCES,
    OSL_OUTLINE_ALL
} osl_outline_skip;

/* Caller's storage; `draft`, `title` (borrowed, may be empty) and `level` are
 * set by the caller, the rest is zero. */
typedef struct osl_outline {
    osl_draft *draft;
    osl_text title;
    unsigned level;        /* of the outermost heading */
    unsigned real_level;   /* of the last heading by tag; 0 none */
    unsigned bold_level;   /* of the outermost open section of bold text; 0 */
    unsigned nested_level; /* of a bold heading with another below; 0 */
    osl_buf waiting;       /* owns: bold text that may be a heading */
    uint32_t waiting_line;
    unsigned waiting_level;
    osl_outline_skip skips;
    unsigned skip_level;
} osl_outline;

/* A heading by tag, at a level of the draft. */
void osl_outline_heading(osl_outline *outline, unsigned level,
                         osl_text heading);
/* The level of a heading that says no level of its own. */
unsigned osl_outline_level_below(const osl_outline *outline);

/* Whether bold text may be a heading. */
bool osl_outline_may_head(osl_text text);
/* A bold paragraph that osl_outline_may_head(): it waits. */
void osl_outline_wait(osl_outline *outline, uint32_t line, osl_text text);
/* A paragraph is about to be opened; `is_bold` where it may head too. */
void osl_outline_settle(osl_outline *outline, bool is_bold);
/* A whole paragraph by what has been decided here. */
void osl_outline_paragraph(osl_outline *outline, osl_paragraph_kind kind,
                           uint32_t line, osl_text text);
/* Whether a paragraph is dropped where it stands, or for what it says. */
bool osl_outline_drops(const osl_outline *outline, bool is_item, osl_text text);
/* The document is over. Gives the memory back; false when it ran out. */
OSL_MUST_CHECK bool osl_outline_end(osl_outline *outline);

#endif
