/* SPDX-License-Identifier: MIT
 *
 * From places (positions) to bytes of the text: what to highlight, and which
 * window of words shows the most of what matched.
 *
 * Threads: pure but for the caller's arena and tokens. */
#ifndef OSL_QUERY_SNIPPET_H
#define OSL_QUERY_SNIPPET_H

#include "core/text/text.h"
#include "query/places.h"
#include "query/query.h"

/* Places become byte spans, rising and apart: those that overlap are one, so
 * that a phrase is one highlight. `spans` has room for places->count. Places
 * behind the last token are dropped. *places is sorted. Returns their
 * number. */
size_t osl_snippet_spans(osl_places *places, const osl_tokens *tokens,
                         osl_span *spans);

/* The window of at most `words` tokens that shows the most different units of
 * the query, then the most places, then begins first; it is moved so that
 * what it shows stands in its middle. Bytes of the text, whole tokens and
 * the signs around them. */
osl_span osl_snippet_window(const osl_places *places, const osl_tokens *tokens,
                            osl_text text, unsigned words, bool *cut_left,
                            bool *cut_right);

#endif
