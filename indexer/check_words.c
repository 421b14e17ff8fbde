/* SPDX-License-Identifier: MIT */
#include "indexer/check_words.h"

#include "core/segment/store.h"

typedef struct checker {
    const osl_segment *segment;
    osl_column_view terms;
    osl_resolver *resolver;   /* owns, as below */
    osl_store_reader *reader; /* of the words */
    osl_term_cursor at;
    uint32_t term_count, rank;
    uint64_t before; /* what is said of the entry before */
} checker;

static osl_status spoilt(const checker *c, osl_error *err)
{
    return osl_fail(err, OSL_ECORRUPT,
                    "%s: damaged: its word %u is not of the term that it says",
                    osl_segment_path(c->segment), c->rank - (c->rank > 0));
}

static osl_status check_word(checker *c, osl_text word, uint64_t ordinal,
                             osl_error *err)
{
    osl_form form;
    if (ordinal >= c->term_count)
        return spoilt(c, err);
    osl_status status = osl_resolve(c->resolver, word, 0, &form, err);
    if (status == OSL_OK)
        status = osl_term_pass(&c->at, (uint32_t)ordinal, err);
    if (status == OSL_OK && !osl_text_equal(form.term, c->at.term))
        status = spoilt(c, err);
    return status;
}

static osl_status check_next(checker *c, osl_error *err)
{
    osl_text word;
    bool is_separator = false;
    osl_status status =
        osl_store_reader_word(c->reader, &word, &is_separator, err);
    if (status == OSL_END && c->rank != c->terms.column.count)
        return spoilt(c, err);
    if (status != OSL_OK)
        return status;
    if (c->rank >= c->terms.column.count)
        return spoilt(c, err);
    uint64_t ordinal = osl_column_view_get(&c->terms, c->rank++);
    if (is_separator && ordinal != c->before)
        return spoilt(c, err);
    c->before = ordinal;
    return is_separator ? OSL_OK : check_word(c, word, ordinal, err);
}

osl_status osl_check_words(const osl_segment *segment,
                           const osl_analyzer *analyzer, osl_error *err)
{
    const osl_segment_info *info = osl_segment_get_info(segment);
    checker c = {.segment = segment,
                 .at = {.segment = segment, .field = OSL_FIELD_TEXT},
                 .term_count = info->fields[OSL_FIELD_TEXT].term_count};
    if (!info->has_texts || !osl_word_terms_are_there(segment))
        return OSL_OK;
    osl_status status = osl_word_terms_view(segment, &c.terms, err);
    if (status == OSL_OK)
        status = osl_resolver_new(&c.resolver, analyzer, err);
    if (status == OSL_OK)
        status = osl_store_reader_new(&c.reader, segment, err);
    while (status == OSL_OK)
        status = check_next(&c, err);
    osl_store_reader_free(c.reader);
    osl_resolver_free(c.resolver);
    return status == OSL_END ? OSL_OK : status;
}
