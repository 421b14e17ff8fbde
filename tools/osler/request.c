/* SPDX-License-Identifier: MIT */
#include "tools/osler/request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const osl_request osl_request_defaults = {
    .k = 10, .snippet = 40, .k1 = -1, .b = -1};

/* None where no list was given. */
static osl_status read_parts(const char *list, uint32_t *out, osl_error *err)
{
    *out = 0;
    return list ? osl_ranking_parts(osl_text_of(list), out, err) : OSL_OK;
}

osl_search_options osl_request_options(const osl_request *request)
{
    osl_search_options options = osl_search_defaults;
    options.k = request->k;
    options.offset = request->offset;
    options.by_document = request->by_document;
    options.want_facets = request->facets;
    options.sort = request->sort ? OSL_SORT_DATE : OSL_SORT_RELEVANCE;
    options.ranking = request->ranking ? OSL_RANKING_BM25 : OSL_RANKING_DEFAULT;
    osl_error err; /* checked before */
    if (read_parts(request->with, &options.with, &err) != OSL_OK ||
        read_parts(request->without, &options.without, &err) != OSL_OK)
        options.with = options.without = 0;
    options.k1 = request->k1;
    options.b = request->b;
    options.no_proximity = request->no_proximity;
    options.no_expand = request->no_expand;
    options.feedback = request->feedback;
    options.like = request->like;
    options.strict = request->strict;
    options.snippet_words = request->snippet;
    options.explain = request->explain;
    return options;
}

/* ---- filters ----------------------------------------------------------- */

/* 2014, 2014-02 or 2014-02-01 */
static bool is_date(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    size_t length = strlen(text);
    if (length != 4 && length != 7 && length != 10)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool digit = isdigit((unsigned char)text[i]);
        if (form[i] == 'd' ? !digit : text[i] != '-')
            return false;
    }
    long month = length > 4 ? strtol(text + 5, NULL, 10) : 1;
    long day = length > 7 ? strtol(text + 8, NULL, 10) : 1;
    return strtol(text, NULL, 10) > 0 && month > 0 && month <= 12 && day > 0 &&
           day <= 31;
}

osl_status osl_request_check(const osl_request *request, osl_error *err)
{
    uint32_t parts;
    const char *dates[] = {request->since, request->until};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        if (dates[i] && !is_date(dates[i]))
            return osl_fail(err, OSL_EINVAL,
                            "'%s' is no date as 2014, 2014-02 or 2014-02-01",
                            dates[i]);
    osl_status status = read_parts(request->with, &parts, err);
    return status == OSL_OK ? read_parts(request->without, &parts, err)
                            : status;
}

static void put_filter(osl_buf *query, const char *field, const char *compare,
                       const char *value)
{
    if (!value)
        return;
    osl_buf_printf(query, "%s:%s", field, compare);
    /* A document's id may hold what the language reads; dates and levels
     * with a comparison do not. */
    bool quoted = !*compare && strpbrk(value, " \t()^~*?\"") != NULL;
    if (quoted)
        osl_buf_put_byte(query, '"');
    for (const char *at = value; *at; at++) {
        if (quoted && (*at == '"' || *at == '\\'))
            osl_buf_put_byte(query, '\\');
        osl_buf_put_byte(query, (uint8_t)*at);
    }
    osl_buf_put(query, "\" ", quoted ? 2 : 0);
    if (!quoted)
        osl_buf_put_byte(query, ' ');
}

void osl_request_filters(const osl_request *request, osl_buf *query)
{
    put_filter(query, "updated", ">=", request->since);
    put_filter(query, "updated", "<=", request->until);
    put_filter(query, "evidence", "", request->evidence);
    put_filter(query, "audience", "", request->audience);
    put_filter(query, "document", "", request->document);
    put_filter(query, "language", "", request->language);
}

/* ---- words of the command line ----------------------------------------- */

/* Length of what may stand before an opening quote: a sign, a field, "=". */
static size_t opening(const char *word)
{
    static const char *const fields[] = {"title:",    "section:",  "document:",
                                         "evidence:", "audience:", "language:"};
    size_t at = *word == '+' || *word == '-';
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t length = strlen(fields[i]);
        if (strncmp(word + at, fields[i], length) == 0) {
            at += length;
            break;
        }
    }
    return at + (word[at] == '=');
}

/* Where the ~4 or ^2.5 at the end of an eaten phrase begins. */
static size_t closing(const char *word, size_t from)
{
    size_t end = strlen(word), at = end;
    while (at > from &&
           (isdigit((unsigned char)word[at - 1]) || word[at - 1] == '.'))
        at--;
    bool operator=
        at> from && at<end &&(word[at - 1] == '~' || word[at - 1] == '^');
    return operator? at - 1 : end;
}

static void put_phrase(osl_buf *query, const char *word)
{
    size_t open = opening(word), close = closing(word, open);
    osl_buf_put(query, word, open);
    osl_buf_put_byte(query, '"');
    osl_buf_put(query, word + open, close - open);
    osl_buf_put_byte(query, '"');
    osl_buf_put(query, word + close, strlen(word) - close);
}

void osl_request_words(const osl_words *words, osl_buf *query)
{
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->items[i];
        if (i)
            osl_buf_put_byte(query, ' ');
        if (words->count > 1 && strpbrk(word, " \t\n") && !strchr(word, '"'))
            put_phrase(query, word);
        else
            osl_buf_put(query, word, strlen(word));
    }
}
