/* SPDX-License-Identifier: MIT */
#include "tools/osler/facets.h"

static const char *const kind_names[OSL_FACET_KINDS] = {
    [OSL_FACET_EVIDENCE] = "evidence",
    [OSL_FACET_AUDIENCE] = "audience",
    [OSL_FACET_DOCUMENT] = "document",
    [OSL_FACET_YEAR] = "year"};

enum { SHOWN_MAX = 10 };

static void print_kind(osl_line *line, const osl_answer *answer,
                       osl_facet_kind kind)
{
    const osl_facet *facet;
    size_t n = 0;
    char count[OSL_COUNT_SIZE];
    osl_line_printf(line, OSL_STYLE_DIM, "%-10s", kind_names[kind]);
    for (; (facet = osl_answer_facet(answer, kind, n)); n++) {
        if (n >= SHOWN_MAX)
            continue;
        osl_line_text(line, OSL_STYLE_DIM, osl_text_of(n ? " \xC2\xB7 " : ""));
        osl_line_text(line, OSL_STYLE_PLAIN, facet->value);
        osl_line_printf(line, OSL_STYLE_PLAIN, " %s",
                        osl_format_count(count, facet->count));
    }
    if (n > SHOWN_MAX)
        osl_line_printf(line, OSL_STYLE_DIM, " \xC2\xB7 %zu more",
                        n - SHOWN_MAX);
    osl_line_print(line, 0, 10);
}

void osl_facets_print(osl_line *line, const osl_answer *answer)
{
    for (int kind = 0; kind < OSL_FACET_KINDS; kind++)
        if (osl_answer_facet(answer, (osl_facet_kind)kind, 0))
            print_kind(line, answer, (osl_facet_kind)kind);
}

void osl_facets_json(osl_json *json, const osl_answer *answer)
{
    const osl_facet *facet;
    osl_json_open(json, "facets", '{');
    for (int kind = 0; kind < OSL_FACET_KINDS; kind++) {
        osl_json_open(json, kind_names[kind], '[');
        for (size_t n = 0;
             (facet = osl_answer_facet(answer, (osl_facet_kind)kind, n)); n++) {
            osl_json_open(json, NULL, '{');
            osl_json_text(json, "value", facet->value);
            if (kind == OSL_FACET_DOCUMENT)
                osl_json_text(json, "title", facet->title);
            osl_json_count(json, "count", facet->count);
            osl_json_close(json, '}');
        }
        osl_json_close(json, ']');
    }
    osl_json_close(json, '}');
}
