/* SPDX-License-Identifier: MIT
 *
 * The hot loops: one slot a loop, one contract; the scalar twin defines
 * right. A table is chosen once at start and passed down; it is constant.
 *
 * A kernel does no I/O, takes no memory, and knows no type of another
 * folder: the caller gives scratch. Each slot's type stands in the header of
 * its family (see below); a family adds one line here and one in kernels.c.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_KERNELS_KERNELS_H
#define OSL_CORE_KERNELS_KERNELS_H

#include "core/base/cpu.h"
#include "core/kernels/codes.h"
#include "core/kernels/find.h"
#include "core/kernels/hash.h"
#include "core/kernels/middles.h"
#include "core/kernels/reach.h"
#include "core/kernels/rice.h"
#include "core/kernels/score.h"
#include "core/kernels/slice.h"
#include "core/kernels/spread.h"
#include "core/kernels/tokenize.h"

typedef struct osl_kernels {
    osl_cpu_level level;
    osl_classify_fn *classify; /* tokenize.h */
    osl_borders_fn *borders;
    osl_find_fn *find;              /* find.h */
    const osl_score_kernels *score; /* score.h */
    osl_spread_fn *spread;          /* spread.h */
    osl_form_dfs_fn *form_dfs;
    osl_codes_fn *codes;            /* codes.h */
    osl_hash_fn *hash;              /* hash.h */
    osl_middles_fn *middles;        /* middles.h */
    osl_rice_fn *rice;              /* rice.h */
    const osl_slice_kernels *slice; /* slice.h */
    const osl_reach_kernels *reach; /* reach.h */
} osl_kernels;

/* The table of a level; constant, lives for ever. */
const osl_kernels *osl_kernels_get(osl_cpu_level level);

#endif
