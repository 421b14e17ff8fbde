/* SPDX-License-Identifier: MIT
 *
 * The inside of osl_encoder, for the writer that takes from it. */
#ifndef OSL_CORE_SEGMENT_ENCODE_INTERNAL_H
#define OSL_CORE_SEGMENT_ENCODE_INTERNAL_H

#include "core/segment/encode.h"
#include "core/segment/forms.h"
#include "core/segment/postings.h"

/* A term that was encoded: lengths in the encoder's buffers. */
typedef struct osl_encoded_term {
    size_t text_bytes, region_bytes, entry_bytes;
    uint64_t cf;
    uint32_t df;
} osl_encoded_term;

struct osl_encoder {
    const osl_region_field *field; /* borrowed from the writer */
    bool with_forms;
    osl_status status;
    osl_error error;         /* the first failure */
    osl_encoded_term *terms; /* owns */
    size_t term_count, term_capacity;
    osl_buf texts, regions;
    osl_region_writer region;
    osl_forms_writer forms;
};

#endif
