/* SPDX-License-Identifier: MIT
 *
 * What plan_words.c, which goes through texts and nodes, shares with
 * plan_units.c, which knows a word by itself.
 *
 * All that is made is the plan's arena's. Where nothing else is said, a
 * function fails only where memory is out (OSL_ENOMEM) or the index is damaged
 * (OSL_ECORRUPT), and leaves *out undefined then.
 *
 * Threads: one plan, one thread. */
#ifndef OSL_QUERY_PLAN_UNITS_H
#define OSL_QUERY_PLAN_UNITS_H

#include "query/plan.h"

/* How words are to be read, passed down. */
typedef struct osl_reading {
    osl_plan *plan;
    bool exact;     /* this form, not its stem */
    osl_buf *added; /* other spellings, for the "read as" line; may be NULL */
    osl_error *err;
} osl_reading;

enum { OSL_MEMBERS_MAX = 32 };

/* What a unit may be, what was typed first. Caller's storage: `how` set, the
 * rest zero. */
typedef struct osl_members {
    const osl_reading *how;
    osl_plan_source *items[OSL_MEMBERS_MAX];
    size_t count;
} osl_members;

/* Adds a member beside what was typed, where it occurs, is none of them yet and
 * there is room. `source`: may be NULL. `shown`: how how->added names it;
 * empty: not at all. */
void osl_members_add(osl_members *members, osl_plan_source *source,
                     osl_text shown);
/* *out: one that stands for all of them, of which there is at least one. */
OSL_MUST_CHECK osl_status osl_members_finish(osl_members *members,
                                             osl_plan_source **out);

/* *out: `count` parts, at least one, one behind the other; the array is
 * copied. */
OSL_MUST_CHECK osl_status osl_plan_phrase(const osl_reading *how,
                                          osl_plan_source *const *parts,
                                          size_t count, osl_plan_source **out);
/* Whether the token was typed with a sign that belongs to it: CD19+. */
bool osl_plan_is_signed(const osl_form *form);
/* *out: the phrase of `count` tokens, at least one, each or another spelling of
 * it. */
OSL_MUST_CHECK osl_status osl_plan_read_tokens(const osl_reading *how,
                                               const osl_form *forms,
                                               size_t count,
                                               osl_plan_source **out);
/* *out: a word, which has at least one token, or another spelling of it.
 * `capitals`: the abbreviation that it is, to be looked for by its long forms,
 * too; empty: none is. */
OSL_MUST_CHECK osl_status osl_plan_read_unit(const osl_reading *how,
                                             const osl_unit *unit,
                                             osl_text capitals,
                                             osl_plan_source **out);
/* *out: only what a word of several tokens may be written as otherwise; NULL
 * where there is nothing. */
OSL_MUST_CHECK osl_status osl_plan_read_joined(const osl_reading *how,
                                               const osl_unit *unit,
                                               osl_plan_source **out);

/* *out: the phrase of a text's words, each a unit (plan_words.c); NULL where it
 * has none. What is beyond OSL_QUERY_PHRASE_WORDS_MAX is left out, and
 * noted. */
OSL_MUST_CHECK osl_status osl_plan_read_text(const osl_reading *how,
                                             osl_text text,
                                             osl_plan_source **out);

#endif
