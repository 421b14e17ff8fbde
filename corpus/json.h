/* SPDX-License-Identifier: MIT
 *
 * What the readers of JSON and JSONL share: an object of unknown make into a
 * draft. */
#ifndef OSL_CORPUS_JSON_H
#define OSL_CORPUS_JSON_H

#include <jansson.h>

#include "corpus/draft.h"

/* Walks `value` into a document of its own: begins it, gives it what metadata
 * it has (its id too where `is_record`), its prose, and ends it. `line` is
 * what its paragraphs get. */
OSL_MUST_CHECK osl_status osl_json_document(osl_draft *draft,
                                            const json_t *value, bool is_record,
                                            uint32_t line, osl_error *err);

/* Why a load failed: jansson has no words for memory that ran out. */
bool osl_json_is_out_of_memory(const json_error_t *error);

#endif
