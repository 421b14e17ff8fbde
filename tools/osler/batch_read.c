/* SPDX-License-Identifier: MIT */
#include "tools/osler/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reading {
    const char *path;
    int form;
    uint64_t number; /* of the line at hand */
    osl_question question;
    const osl_request *request;
    osl_question_fn *each;
    void *user;
} reading;

static osl_status read_line(reading *r, osl_text line, osl_error *err)
{
    osl_error why = {0};
    while (line.length && (line.bytes[line.length - 1] == '\n' ||
                           line.bytes[line.length - 1] == '\r'))
        line.length--;
    r->number++;
    if (!line.length)
        return OSL_OK;
    if (r->form == OSL_INPUT_AUTO)
        r->form = osl_batch_form(line);
    osl_status status = osl_question_read(&r->question, line, r->number,
                                          r->form, r->request, &why);
    if (status == OSL_OK)
        status = r->each(r->user, &r->question, &why);
    return status == OSL_OK ? OSL_OK
                            : osl_fail(err, status, "%s:%" PRIu64 ": %s",
                                       r->path, r->number, why.text);
}

static osl_status read_file(reading *r, FILE *file, osl_error *err)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    osl_status status = OSL_OK;
    while (status == OSL_OK && (length = getline(&line, &capacity, file)) >= 0)
        status = read_line(r, (osl_text){line, (size_t)length}, err);
    if (status == OSL_OK && !feof(file))
        status = osl_fail(err, OSL_EIO, "%s: cannot read: %s", r->path,
                          strerror(errno));
    free(line);
    return status;
}

osl_status osl_questions_read(const char *path, int form,
                              const osl_request *request, osl_question_fn *each,
                              void *user, osl_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    reading r = {.path = path,
                 .form = form,
                 .request = request,
                 .each = each,
                 .user = user};
    FILE *file = standard ? stdin : fopen(path, "re");
    if (!file)
        return osl_fail(err, errno == ENOENT ? OSL_ENOTFOUND : OSL_EIO,
                        "%s: cannot open: %s", path, strerror(errno));
    osl_status status = read_file(&r, file, err);
    osl_question_clear(&r.question);
    if (!standard)
        (void)fclose(file);
    return status;
}
