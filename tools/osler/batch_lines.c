/* SPDX-License-Identifier: MIT */
#include "tools/osler/batch.h"

#include "tools/osler/facets.h"
#include "tools/osler/hits.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* What a line of JSON may set: the rows that search and batch share. */
static const osl_option line_options[] = {
    OSL_REQUEST_OPTIONS(0),
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

int osl_batch_form(osl_text line)
{
    if (line.length && *line.bytes == '{')
        return OSL_INPUT_JSONL;
    if (line.length && memchr(line.bytes, '\t', line.length))
        return OSL_INPUT_TSV;
    return OSL_INPUT_PLAIN;
}

void osl_question_clear(osl_question *question)
{
    osl_buf_clear(&question->id);
    osl_buf_clear(&question->query);
    osl_buf_clear(&question->values);
}

/* ---- reading ----------------------------------------------------------- */

static osl_status read_plain(osl_question *out, osl_text line, uint64_t number)
{
    osl_buf_printf(&out->id, "%" PRIu64, number);
    osl_request_filters(&out->request, &out->query);
    osl_buf_put_text(&out->query, line);
    return OSL_OK;
}

static osl_status read_tsv(osl_question *out, osl_text line, osl_error *err)
{
    const char *tab =
        line.length ? memchr(line.bytes, '\t', line.length) : NULL;
    if (!tab || tab == line.bytes)
        return osl_fail(err, OSL_EINVAL, "not a line like: id, tab, query");
    size_t id = (size_t)(tab - line.bytes);
    osl_buf_put(&out->id, line.bytes, id);
    osl_request_filters(&out->request, &out->query);
    osl_buf_put(&out->query, tab + 1, line.length - id - 1);
    return OSL_OK;
}

/* A member's value as the words that the command line would have. False for
 * a flag that is off. */
static bool value_words(const json_t *value, char *out, size_t size)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        (void)snprintf(out, size, "%s", json_string_value(value));
        return true;
    case JSON_INTEGER:
        (void)snprintf(out, size, "%" JSON_INTEGER_FORMAT,
                       json_integer_value(value));
        return true;
    case JSON_REAL:
        (void)snprintf(out, size, "%.17g", json_real_value(value));
        return true;
    case JSON_TRUE:
        *out = '\0';
        return true;
    default:
        return false;
    }
}

/* The option that a member names, "by_document" as "by-document". */
static const osl_option *option_of_key(const char *key)
{
    char name[32];
    size_t length = strlen(key);
    if (strcmp(key, "k") == 0)
        key = "top", length = 3;
    if (length >= sizeof name)
        return NULL;
    for (size_t i = 0; i <= length; i++)
        name[i] = key[i];
    for (char *at = name; (at = strchr(at, '_'));)
        *at = '-';
    for (const osl_option *o = line_options; o->name; o++)
        if (strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

/* Members that are no options (BEIR's "metadata") are passed over. */
static osl_status read_option(osl_question *out, const char *key,
                              const json_t *value, osl_error *err)
{
    char words[512];
    const osl_option *option = option_of_key(key);
    if (!option || !value_words(value, words, sizeof words))
        return OSL_OK;
    if (option->kind != OSL_OPTION_TEXT)
        return osl_option_set(option, words, &out->request, err);
    /* The text must outlive the JSON; the buffer was given its room before,
     * so what is there already does not move. */
    char *kept = (char *)out->values.bytes + out->values.length;
    osl_buf_put(&out->values, words, strlen(words) + 1);
    return osl_option_set(option, kept, &out->request, err);
}

static const json_t *either(const json_t *object, const char *one,
                            const char *other)
{
    const json_t *value = json_object_get(object, one);
    return value ? value : json_object_get(object, other);
}

static osl_status read_members(osl_question *out, json_t *object,
                               osl_error *err)
{
    char id[512];
    const char *key;
    json_t *value;
    const json_t *name = either(object, "id", "_id");
    const json_t *query = either(object, "query", "text");
    if (!name || !value_words(name, id, sizeof id) || !*id ||
        !json_is_string(query))
        return osl_fail(err, OSL_EINVAL,
                        "not an object with \"id\" and \"query\"");
    osl_status status = OSL_OK;
    if (!osl_buf_room(&out->values, 512 * json_object_size(object)))
        return osl_buf_status(&out->values, "a query", err);
    json_object_foreach(object, key, value)
    {
        if (status == OSL_OK && value != query && value != name)
            status = read_option(out, key, value, err);
    }
    osl_buf_put(&out->id, id, strlen(id));
    osl_request_filters(&out->request, &out->query);
    osl_buf_put(&out->query, json_string_value(query),
                json_string_length(query));
    return status;
}

static osl_status read_json(osl_question *out, osl_text line, osl_error *err)
{
    json_error_t where;
    json_t *object = json_loadb(line.bytes, line.length, 0, &where);
    if (!object)
        return osl_fail(err, OSL_EINVAL, "not JSON: %s", where.text);
    osl_status status = read_members(out, object, err);
    json_decref(object);
    return status;
}

osl_status osl_question_read(osl_question *out, osl_text line, uint64_t number,
                             int form, const osl_request *request,
                             osl_error *err)
{
    osl_buf_reset(&out->id);
    osl_buf_reset(&out->query);
    osl_buf_reset(&out->values);
    out->request = *request;
    osl_status status = form == OSL_INPUT_JSONL ? read_json(out, line, err)
                        : form == OSL_INPUT_TSV ? read_tsv(out, line, err)
                                                : read_plain(out, line, number);
    if (status == OSL_OK)
        status = osl_request_check(&out->request, err);
    if (status == OSL_OK)
        status = osl_buf_status(&out->query, "a query", err);
    return status == OSL_OK ? osl_buf_status(&out->id, "a query's id", err)
                            : status;
}

/* ---- writing ----------------------------------------------------------- */

/* Files of TREC split at blanks. */
static void put_escaped(osl_buf *out, osl_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.bytes[i];
        if (c <= ' ' || c == '%' || c == 0x7F)
            osl_buf_printf(out, "%%%02X", (unsigned)c);
        else
            osl_buf_put_byte(out, c);
    }
}

static osl_text name_of(const osl_question *question, const osl_hit *hit)
{
    return question->request.by_document ? hit->document : hit->id;
}

/* trec_eval orders equal scores by its own rule, so ours fall strictly, by
 * the least step that a score has. */
static void put_trec(osl_buf *out, const osl_question *question,
                     const osl_answer *answer, const char *tag)
{
    int64_t last = INT64_MAX;
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++) {
        const osl_hit *hit = osl_answer_hit(answer, i);
        char score[OSL_COUNT_SIZE];
        int64_t own = hit->score;
        last = own < last ? own : last - 1;
        put_escaped(out, osl_buf_text(&question->id));
        osl_buf_put(out, " Q0 ", 4);
        osl_buf_put_text(out, name_of(question, hit));
        osl_format_score(score, (uint32_t)(last < 0 ? -last : last), 6);
        osl_buf_printf(out, " %zu %s%s %s\n", question->request.offset + i + 1,
                       last < 0 ? "-" : "", score, tag);
    }
}

static void put_cell(osl_buf *out, osl_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.bytes[i];
        osl_buf_put_byte(out, c < ' ' ? ' ' : c);
    }
}

static void put_tsv(osl_buf *out, const osl_question *question,
                    const osl_answer *answer)
{
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++) {
        const osl_hit *hit = osl_answer_hit(answer, i);
        char score[OSL_COUNT_SIZE];
        put_cell(out, osl_buf_text(&question->id));
        osl_buf_printf(out, "\t%zu\t", question->request.offset + i + 1);
        put_cell(out, name_of(question, hit));
        osl_buf_printf(out, "\t%s\t", osl_format_score(score, hit->score, 6));
        put_cell(out, hit->title);
        osl_buf_put_byte(out, '\n');
    }
}

static void put_json(osl_buf *out, const osl_question *question,
                     const osl_answer *answer)
{
    osl_json json = {.out = *out};
    osl_json_begin(&json);
    osl_json_text(&json, "id", osl_buf_text(&question->id));
    osl_json_text(&json, "query", osl_buf_text(&question->query));
    osl_json_text(&json, "read_as", osl_answer_read_as(answer));
    osl_json_count(&json, "count", osl_answer_count(answer));
    if (question->request.facets)
        osl_facets_json(&json, answer);
    osl_json_open(&json, "hits", '[');
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++) {
        osl_json_open(&json, NULL, '{');
        osl_hit_json(&json, osl_answer_hit(answer, i),
                     question->request.offset + i + 1);
        osl_json_close(&json, '}');
    }
    osl_json_close(&json, ']');
    osl_json_end(&json);
    *out = json.out;
}

void osl_batch_format(osl_buf *out, int format, const char *tag,
                      const osl_question *question, const osl_answer *answer)
{
    if (format == OSL_FORMAT_TREC)
        put_trec(out, question, answer, tag);
    else if (format == OSL_FORMAT_TSV)
        put_tsv(out, question, answer);
    else
        put_json(out, question, answer);
}
