/* SPDX-License-Identifier: MIT
 *
 * Whether a segment's words are said to be the terms that the analysis makes of
 * them (core/segment/store.h): a part of osl_index_check().
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_CHECK_WORDS_H
#define OSL_INDEXER_CHECK_WORDS_H

#include "core/segment/segment.h"
#include "core/text/text.h"

/* OSL_ECORRUPT where one is not. OSL_OK for a segment that does not say it. */
OSL_MUST_CHECK osl_status osl_check_words(const osl_segment *segment,
                                          const osl_analyzer *analyzer,
                                          osl_error *err);

#endif
