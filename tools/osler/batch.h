/* SPDX-License-Identifier: MIT
 *
 * The two ends of a batch: a line of a query file to a question, an answer to
 * lines of a result file. */
#ifndef OSL_TOOLS_OSLER_BATCH_H
#define OSL_TOOLS_OSLER_BATCH_H

#include "tools/osler/request.h"

enum {
    OSL_INPUT_AUTO,
    OSL_INPUT_PLAIN, /* the query; its id is the line's number */
    OSL_INPUT_TSV,   /* id, tab, query */
    OSL_INPUT_JSONL  /* {"id"|"_id", "query"|"text", options} */
};

/* The form that a file's first line has. */
int osl_batch_form(osl_text line);

/* All zero is ready; cleared by the caller. */
typedef struct osl_question {
    osl_buf id, query;   /* the query with its filters */
    osl_request request; /* the batch's, and what the line says */
    osl_buf values;      /* owns strings that the request points into */
} osl_question;

/* Reads line `number` (from 1), without its line feed. `request` are the
 * batch's own options. OSL_EINVAL with words for a line that is not so. */
OSL_MUST_CHECK osl_status osl_question_read(osl_question *out, osl_text line,
                                            uint64_t number, int form,
                                            const osl_request *request,
                                            osl_error *err);
void osl_question_clear(osl_question *question);

/* Calls `each` for every line of the file `path` ("-": standard input) that
 * holds anything, without its end; what fails ends it, with the line's number
 * in the words. */
typedef osl_status osl_line_fn(void *user, osl_text line, uint64_t number,
                               osl_error *err);
OSL_MUST_CHECK osl_status osl_lines_read(const char *path, osl_line_fn *each,
                                         void *user, osl_error *err);

/* Calls `each` for every question of a file's lines. */
typedef osl_status osl_question_fn(void *user, const osl_question *question,
                                   osl_error *err);
OSL_MUST_CHECK osl_status osl_questions_read(const char *path, int form,
                                             const osl_request *request,
                                             osl_question_fn *each, void *user,
                                             osl_error *err);

enum { OSL_FORMAT_TREC, OSL_FORMAT_JSONL, OSL_FORMAT_TSV };

/* Appends the answer's lines to `out`. */
void osl_batch_format(osl_buf *out, int format, const char *tag,
                      const osl_question *question, const osl_answer *answer);

#endif
