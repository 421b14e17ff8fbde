/* SPDX-License-Identifier: MIT
 *
 * A segment's plain twin: random terms with their postings in arrays, and the
 * file that the writer makes of them. */
#ifndef OSL_TESTS_SEGMENT_TWIN_H
#define OSL_TESTS_SEGMENT_TWIN_H

#include "tests/test.h"

#include <unistd.h>

#include "core/segment/segment_internal.h"
#include "core/segment/writer.h"

typedef struct twin_term {
    char text[OSL_TERM_BYTES_MAX + 1];
    size_t length;
    uint32_t df;
    uint64_t cf;
    uint32_t *ordinals, *tfs, *positions, *forms; /* own; may be NULL */
    uint32_t form_count;
    osl_text *form_list; /* owns list and bytes */
} twin_term;

typedef struct twin_field {
    osl_field field;
    uint32_t ordinal_count;
    uint32_t *lengths; /* owns */
    twin_term *terms;  /* own; in order */
    size_t term_count;
} twin_field;

/* How a term's postings are made. */
typedef struct twin_shape {
    const char *name;
    double density;        /* of ordinals within `span` */
    uint32_t from, span;   /* where they are; span 0: everywhere */
    uint32_t tf_limit;     /* 1: all of tf 1 */
    unsigned tf_tail;      /* one posting in this many has up to tf_limit */
    uint32_t position_end; /* 0: without */
    uint32_t form_count;   /* 0: without */
} twin_shape;

/* `count` rising numbers below `end`. */
static inline void twin_positions(test_random *random, uint32_t *to,
                                  uint32_t count, uint32_t end)
{
    assert_true(count <= end);
    uint32_t step = end / count, rest = end - step * count;
    uint32_t from = test_random_below(random, rest + 1);
    for (uint32_t i = 0; i < count; i++)
        to[i] = from + i * step + test_random_below(random, step);
}

static inline uint32_t twin_tf(test_random *random, const twin_shape *shape)
{
    if (shape->tf_limit == 1)
        return 1;
    if (shape->tf_tail && test_random_below(random, shape->tf_tail) == 0)
        return 1 + test_random_below(random, shape->tf_limit);
    uint32_t tf = 1;
    while (tf < shape->tf_limit && test_random_below(random, 3) == 0)
        tf++;
    return tf;
}

static inline void twin_forms(test_random *random, twin_term *term,
                              const twin_shape *shape)
{
    term->form_count = shape->form_count;
    term->form_list = calloc(shape->form_count, sizeof *term->form_list);
    for (uint32_t f = 0; f < shape->form_count; f++) {
        char *bytes = malloc(term->length + 16);
        int extra = snprintf(bytes + term->length, 16, "%u", f);
        memcpy(bytes, term->text, term->length);
        size_t length = term->length + (size_t)extra;
        if (f == 0) /* shares nothing */
            bytes[0] = (char)(bytes[0] ^ 1);
        if (f == 1) /* the term itself */
            length = term->length;
        term->form_list[f] = (osl_text){bytes, length};
    }
    term->forms = malloc((size_t)(term->cf + 1) * 4);
    for (uint64_t i = 0; i < term->cf; i++) {
        uint32_t form = 0;
        while (form + 1 < shape->form_count &&
               test_random_below(random, 4) == 0)
            form += 1 + test_random_below(random, shape->form_count - form - 1);
        term->forms[i] = form;
    }
}

static inline void twin_make(test_random *random, twin_term *term,
                             const twin_shape *shape, uint32_t ordinal_count)
{
    uint32_t from = shape->span ? shape->from : 0;
    uint32_t span = shape->span ? shape->span : ordinal_count;
    if (from + span > ordinal_count)
        span = ordinal_count - from;
    term->ordinals = calloc((size_t)span + 1, 4);
    uint32_t threshold = shape->density >= 1
                             ? UINT32_MAX
                             : (uint32_t)(shape->density * 4294967295.0);
    for (uint32_t i = 0; i < span; i++)
        if ((uint32_t)test_random_next(random) <= threshold)
            term->ordinals[term->df++] = from + i;
    if (term->df == 0)
        term->ordinals[term->df++] = from + test_random_below(random, span);
    term->tfs = malloc((size_t)term->df * 4);
    for (uint32_t i = 0; i < term->df; i++) {
        term->tfs[i] = twin_tf(random, shape);
        term->cf += term->tfs[i];
    }
    if (shape->position_end) {
        term->positions = malloc((size_t)term->cf * 4);
        uint32_t *to = term->positions;
        for (uint32_t i = 0; i < term->df; to += term->tfs[i++]) {
            uint32_t end = shape->position_end;
            if (i % 3 && end > 256 && term->tfs[i] <= 200)
                end = 200;
            twin_positions(random, to, term->tfs[i], end);
        }
    }
    if (shape->form_count)
        twin_forms(random, term, shape);
}

static inline void twin_free(twin_field *field)
{
    for (size_t t = 0; t < field->term_count; t++) {
        twin_term *term = &field->terms[t];
        for (uint32_t f = 0; f < term->form_count; f++)
            free((void *)(uintptr_t)term->form_list[f].bytes);
        free(term->form_list);
        free(term->ordinals);
        free(term->tfs);
        free(term->positions);
        free(term->forms);
    }
    free(field->terms);
    free(field->lengths);
}

static inline void twin_lengths(test_random *random, twin_field *field)
{
    field->lengths = malloc(((size_t)field->ordinal_count + 1) * 4);
    for (uint32_t i = 0; i < field->ordinal_count; i++)
        field->lengths[i] =
            test_random_below(random, i % 10 ? 200 : 1u << (i % 25));
}

/* A position is below its ordinal's length. */
static inline void twin_fit_lengths(const twin_field *field)
{
    for (size_t t = 0; t < field->term_count; t++) {
        const twin_term *term = &field->terms[t];
        uint64_t end = 0;
        for (uint32_t i = 0; term->positions && i < term->df; i++) {
            uint32_t *length = &field->lengths[term->ordinals[i]];
            end += term->tfs[i];
            if (*length <= term->positions[end - 1])
                *length = term->positions[end - 1] + 1;
        }
    }
}

static inline void twin_write_field(osl_writer *writer, const twin_field *field)
{
    twin_fit_lengths(field);
    osl_writer_begin_field(writer, field->field, field->ordinal_count,
                           field->lengths);
    for (size_t t = 0; t < field->term_count; t++) {
        const twin_term *term = &field->terms[t];
        osl_term_postings postings = {{term->text, term->length},
                                      term->df,
                                      term->ordinals,
                                      term->tfs,
                                      term->positions,
                                      term->forms,
                                      term->form_list,
                                      term->form_count};
        osl_writer_term(writer, &postings);
    }
    osl_writer_end_field(writer);
}

/* A path of its own; the caller unlinks. */
static inline const char *twin_path(void)
{
    static char path[64];
    snprintf(path, sizeof path, "segment_test.%ld.seg", (long)getpid());
    return path;
}

/* Which words have lists of their best together, where there are enough
 * paragraphs. */
enum { TWIN_JOINT_DF = 20, TWIN_JOINT_PRODUCT = 150 };

/* A segment must have a word: "a", once in the first of the paragraphs, where
 * another part of the file is what matters. */
static inline void twin_write_one_word(osl_writer *writer,
                                       const osl_segment_info *info,
                                       const uint32_t *lengths)
{
    static const uint32_t zero = 0, one = 1;
    const osl_term_postings term = {.term = {"a", 1},
                                    .df = 1,
                                    .ordinals = &zero,
                                    .tfs = &one,
                                    .positions = &zero};
    osl_writer_set_info(writer, info);
    osl_writer_begin_field(writer, OSL_FIELD_TEXT, info->paragraph_count,
                           lengths);
    osl_writer_term(writer, &term);
    osl_writer_end_field(writer);
}

/* Which frequent terms of what is written are sliced in the file: those of 1 /
 * 2^this of the ordinals. At 15 all are, at 0 next to none. */
static uint8_t twin_sliced_shift = 2;
/* Whether positions of what is packed are in bits. */
static bool twin_dense_positions = false;

/* Writes the fields into twin_path(), with bounds for this k1. */
static inline void twin_write_for(const twin_field *fields, size_t count,
                                  double k1)
{
    osl_error err = {0};
    osl_writer *writer;
    assert_ok(osl_writer_open(&writer, twin_path(),
                              osl_kernels_get(OSL_CPU_SCALAR), &err));
    osl_segment_info info = {.paragraph_count = fields[0].ordinal_count,
                             .fingerprint = 0x1234567890,
                             .k1 = k1,
                             .b = 0.75,
                             .has_forms = true,
                             .sliced_shift = twin_sliced_shift,
                             .dense_positions = twin_dense_positions};
    const osl_joint_rule joint = {TWIN_JOINT_DF, TWIN_JOINT_PRODUCT};
    osl_writer_set_info(writer, &info);
    osl_writer_set_joint(writer, &joint);
    for (size_t f = 0; f < count; f++)
        twin_write_field(writer, &fields[f]);
    uint64_t bytes;
    assert_ok(osl_writer_close(writer, &bytes, &err));
}

static inline void twin_write(const twin_field *fields, size_t count)
{
    twin_write_for(fields, count, 1.2);
}

#endif
