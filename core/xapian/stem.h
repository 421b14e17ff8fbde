/* SPDX-License-Identifier: MIT
 *
 * Snowball stemmers, through libxapian. No C++ type and no exception passes
 * this line.
 *
 * Threads: a stemmer belongs to one thread. */
#ifndef OSL_CORE_XAPIAN_STEM_H
#define OSL_CORE_XAPIAN_STEM_H

#include "core/core.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct osl_stemmer osl_stemmer;

/* `language` as libxapian names it ("en", "english", "de" …); OSL_EINVAL for
 * one it does not have. */
OSL_MUST_CHECK osl_status osl_stemmer_open(osl_stemmer **out,
                                           const char *language,
                                           osl_error *err);
void osl_stemmer_free(osl_stemmer *stemmer);
/* The stem of `word` (UTF-8, lower case) in *stem; borrowed until the next
 * call. */
OSL_MUST_CHECK osl_status osl_stem(osl_stemmer *stemmer, osl_text word,
                                   osl_text *stem, osl_error *err);

#ifdef __cplusplus
}
#endif
#endif
