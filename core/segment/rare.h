/* SPDX-License-Identifier: MIT
 *
 * Postings of a rare term, packed tight and decoded whole.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_RARE_H
#define OSL_CORE_SEGMENT_RARE_H

#include "core/base/buf.h"
#include "core/kernels/rice.h"

typedef struct osl_rare {
    uint32_t df, ordinal_count;
    uint64_t cf;
    bool side;         /* positions of 256 and more */
    bool forms;        /* more than one surface form */
    osl_rice_fn *rice; /* where it is read */
} osl_rare;

void osl_rare_write(osl_buf *out, const osl_rare *rare,
                    const uint32_t *ordinals, const uint32_t *tfs);
/* Reads from [bytes, bytes + length); up to 8 bytes behind it are looked at.
 * `rare` has df, cf, ordinal_count and rice; the flags are filled in. df ordinals
 * and tfs; *used is how many bytes they took. False where the bytes are not
 * those of `rare`: what is given is always rising and below ordinal_count. */
OSL_MUST_CHECK bool osl_rare_read(const uint8_t *bytes, size_t length,
                                  osl_rare *rare, uint32_t *ordinals,
                                  uint32_t *tfs, size_t *used);

/* The ordinals alone, which takes half the time: tfs are passed over, what cf
 * says of them is not held against them. */
OSL_MUST_CHECK bool osl_rare_read_ordinals(const uint8_t *bytes, size_t length,
                                           const osl_rare *rare,
                                           uint32_t *ordinals);

#endif
