/* SPDX-License-Identifier: MIT
 *
 * Evidence levels as guidelines print them.
 *
 * Threads: no state. */
#ifndef OSL_CORPUS_EVIDENCE_H
#define OSL_CORPUS_EVIDENCE_H

#include "core/kernels/find.h"
#include "corpus/clean.h"

/* The levels in `text`, as printed, each once, in order, to `found`; borrowed
 * from `text`:
 *
 *   [Level of evidence: 3iiA]  Level of evidence A1  LOE 2b      3iiA A1 2b
 *   Evidence level II  Level B  (**Level B**)                    II B
 *   Grade 1B  Grade of recommendation: A  Class IIa              1B A IIa
 *   strong recommendation, low-quality evidence                  as printed
 *   (A) at the end of a sentence, [B] (SIGN)                     A B */
void osl_evidence_find(osl_text text, osl_text_list *found, osl_find_fn *find);

#endif
