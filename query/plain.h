/* SPDX-License-Identifier: MIT
 *
 * Plans that are plain queries over one field go by the loops of flat.h, whose
 * twin the cursors are: words and phrases, wanted, required or forbidden, of
 * an index without titles, by the plain formula alone. Same paragraphs, scores
 * and counts.
 *
 * Threads: one osl_plain, one thread. */
#ifndef OSL_QUERY_PLAIN_H
#define OSL_QUERY_PLAIN_H

#include "query/collect.h"
#include "query/flat.h"
#include "query/merged.h"
#include "query/plan.h"

/* Caller's storage, zero at first: memory for the next search. */
typedef struct osl_plain {
    osl_flat *flat; /* owns */
    double k1, b;   /* that it knows the lengths for */
    osl_top top;
    osl_merged merged; /* where there are several segments */
} osl_plain;

/* Can the plan, and what the collector wants of it, go this way? */
bool osl_plain_fits(const osl_plan *plan, const osl_collector *collector);
/* As osl_collect() for all segments and osl_collect_finish(). */
OSL_MUST_CHECK osl_status osl_plain_collect(osl_plain *plain,
                                            const osl_plan *plan,
                                            osl_collector *collector,
                                            osl_error *err);
void osl_plain_clear(osl_plain *plain);

#endif
