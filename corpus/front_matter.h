/* SPDX-License-Identifier: MIT
 *
 * The block between "---" lines before a text: what it says about the
 * document. YAML by libyaml; of TOML ("+++") the simple lines.
 *
 * Threads: one draft, one thread. */
#ifndef OSL_CORPUS_FRONT_MATTER_H
#define OSL_CORPUS_FRONT_MATTER_H

#include "core/base/buf.h"
#include "corpus/draft.h"

/* The bytes of the block at the start of `text`, its fences included; 0 where
 * there is none. */
size_t osl_front_matter_length(osl_text text);
/* Gives the draft title, date, language, address and audience of the block of
 * `length` bytes. The title is
 * appended to *title too. Broken YAML is reported and read line by line. */
void osl_front_matter_read(osl_text text, size_t length, osl_draft *draft,
                           osl_buf *title);

#endif
