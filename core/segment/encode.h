/* SPDX-License-Identifier: MIT
 *
 * Terms as bytes, apart from the file they go to: several encoders may be at
 * work on one field, each on a run of its terms, and the writer takes what
 * they made in the order of terms.
 *
 *     writer: begin_field ─▶ encoders, one a thread: term, term, …
 *                               └─▶ writer: take, take, … ─▶ end_field
 *
 * Threads: one encoder, one thread; they share what the writer keeps for the
 * field, which does not change before osl_writer_end_field(). */
#ifndef OSL_CORE_SEGMENT_ENCODE_H
#define OSL_CORE_SEGMENT_ENCODE_H

#include "core/segment/writer.h"

typedef struct osl_encoder osl_encoder;

/* NULL when memory is out. */
osl_encoder *osl_encoder_new(void);
void osl_encoder_free(osl_encoder *encoder); /* NULL is fine */

/* For the terms of the field that the writer has begun; what the encoder held
 * is forgotten. */
void osl_encoder_begin(osl_encoder *encoder, const osl_writer *writer);

/* The next term (copied). What does not hold together is refused, as by
 * osl_writer_term(). */
void osl_encoder_term(osl_encoder *encoder, const osl_term_postings *postings);
/* The same for who has counted: cf is the sum of tfs; forms are numbered by
 * falling count, then bytes, each occurs, and form_dfs says in how many
 * ordinals (NULL where the field has no forms). Not checked. */
void osl_encoder_counted_term(osl_encoder *encoder,
                              const osl_term_postings *postings, uint64_t cf,
                              const uint32_t *form_dfs);

/* Appends what the encoder holds to the field; it is empty then. A failure of
 * the encoder is the writer's from then on. */
void osl_writer_take(osl_writer *writer, osl_encoder *encoder);

#endif
