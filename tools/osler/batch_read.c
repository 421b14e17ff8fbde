/* SPDX-License-Identifier: MIT */
#include "tools/osler/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lines -------------------------------------------------------------- */

static osl_status read_file(FILE *file, const char *path, osl_line_fn *each,
                            void *user, osl_error *err)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    uint64_t number = 0;
    osl_error why = {0};
    osl_status status = OSL_OK;
    while (status == OSL_OK &&
           (length = getline(&line, &capacity, file)) >= 0) {
        number++;
        while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            length--;
        if (length)
            status = each(user, (osl_text){line, (size_t)length}, number, &why);
    }
    free(line);
    if (status != OSL_OK)
        return osl_fail(err, status, "%s:%" PRIu64 ": %s", path, number,
                        why.text);
    if (!feof(file))
        return osl_fail(err, OSL_EIO, "%s: cannot read: %s", path,
                        strerror(errno));
    return OSL_OK;
}

osl_status osl_lines_read(const char *path, osl_line_fn *each, void *user,
                          osl_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (!file)
        return osl_fail(err, errno == ENOENT ? OSL_ENOTFOUND : OSL_EIO,
                        "%s: cannot open: %s", path, strerror(errno));
    osl_status status = read_file(file, path, each, user, err);
    if (!standard)
        (void)fclose(file);
    return status;
}

/* ---- questions ---------------------------------------------------------- */

typedef struct reading {
    int form;
    osl_question question;
    const osl_request *request;
    osl_question_fn *each;
    void *user;
} reading;

static osl_status read_line(void *user, osl_text line, uint64_t number,
                            osl_error *err)
{
    reading *r = user;
    if (r->form == OSL_INPUT_AUTO)
        r->form = osl_batch_form(line);
    osl_status status =
        osl_question_read(&r->question, line, number, r->form, r->request, err);
    return status == OSL_OK ? r->each(r->user, &r->question, err) : status;
}

osl_status osl_questions_read(const char *path, int form,
                              const osl_request *request, osl_question_fn *each,
                              void *user, osl_error *err)
{
    reading r = {.form = form, .request = request, .each = each, .user = user};
    osl_status status = osl_lines_read(path, read_line, &r, err);
    osl_question_clear(&r.question);
    return status;
}
