/* SPDX-License-Identifier: MIT */
#include "core/segment/encode_internal.h"
#include "core/segment/positions.h"

#include <stdlib.h>

osl_encoder *osl_encoder_new(void)
{
    return calloc(1, sizeof(osl_encoder));
}

void osl_encoder_free(osl_encoder *encoder)
{
    if (!encoder)
        return;
    free(encoder->terms);
    osl_buf_clear(&encoder->texts);
    osl_buf_clear(&encoder->regions);
    osl_region_clear(&encoder->region);
    osl_forms_clear(&encoder->forms);
    free(encoder);
}

static void refuse(osl_encoder *encoder, osl_status status, const char *what)
{
    if (encoder->status == OSL_OK)
        encoder->status = osl_fail(&encoder->error, status, "%s", what);
}

/* What is wrong with a term, or NULL; *total is the sum of its tfs. */
static const char *find_fault(const osl_encoder *encoder,
                              const osl_term_postings *postings,
                              uint64_t *total)
{
    uint32_t count = encoder->field->ordinal_count;
    uint64_t sum = 0, least = 0;
    bool good = true;
    for (uint32_t i = 0; i < postings->df; i++) {
        good &= postings->ordinals[i] >= least && postings->tfs[i] > 0;
        least = (uint64_t)postings->ordinals[i] + 1;
        sum += postings->tfs[i];
    }
    *total = sum;
    if (!good || postings->df == 0 || least > count)
        return "a term's ordinals or frequencies are out of order";
    if (!encoder->field->positions)
        return NULL;
    osl_positions_input input = {postings->positions, postings->tfs,
                                 postings->df, sum};
    if (!postings->positions || !osl_positions_are_right(&input))
        return "a term's positions are out of order, or a paragraph has more "
               "than 2^24";
    return NULL;
}

/* The region, and the term in the list of terms. */
static void add(osl_encoder *encoder, const osl_term_postings *postings,
                uint64_t total, const uint32_t *forms, size_t entries_before)
{
    osl_buf *out = &encoder->regions;
    size_t before = out->length;
    osl_status status = osl_region_write(&encoder->region, encoder->field,
                                         postings, total, forms, out);
    if (status != OSL_OK)
        refuse(encoder, status, "a term occurs too often for one segment");
    osl_buf_put_text(&encoder->texts, postings->term);
    if (out->failed || encoder->texts.failed ||
        !osl_grow(&encoder->terms, &encoder->term_capacity,
                  encoder->term_count + 1, sizeof *encoder->terms))
        refuse(encoder, OSL_ENOMEM, "out of memory while writing postings");
    if (encoder->status != OSL_OK)
        return;
    encoder->terms[encoder->term_count++] = (osl_encoded_term){
        .text_bytes = postings->term.length,
        .region_bytes = out->length - before,
        .entry_bytes = encoder->forms.entries.length - entries_before,
        .cf = total,
        .df = postings->df,
    };
}

void osl_encoder_term(osl_encoder *encoder, const osl_term_postings *postings)
{
    uint64_t total;
    if (postings->term.length > OSL_TERM_BYTES_MAX)
        refuse(encoder, OSL_ELIMIT, "a term is longer than 1,023 bytes");
    if (encoder->status != OSL_OK)
        return;
    const char *fault = find_fault(encoder, postings, &total);
    if (fault) {
        refuse(encoder, OSL_EINVAL, fault);
        return;
    }
    const uint32_t *forms = NULL;
    size_t before = encoder->forms.entries.length;
    if (encoder->with_forms) {
        encoder->status = osl_forms_add(&encoder->forms, postings, total,
                                        &forms, &encoder->error);
        if (encoder->status != OSL_OK)
            return;
    }
    add(encoder, postings, total, forms, before);
}

void osl_encoder_counted_term(osl_encoder *encoder,
                              const osl_term_postings *postings, uint64_t cf,
                              const uint32_t *form_dfs)
{
    size_t before = encoder->forms.entries.length;
    if (postings->term.length > OSL_TERM_BYTES_MAX)
        refuse(encoder, OSL_ELIMIT, "a term is longer than 1,023 bytes");
    if (encoder->status != OSL_OK)
        return;
    if (encoder->with_forms)
        osl_forms_add_counted(&encoder->forms, postings, form_dfs);
    add(encoder, postings, cf,
        postings->form_count > 1 ? postings->forms : NULL, before);
}
