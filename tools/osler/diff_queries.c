/* SPDX-License-Identifier: MIT
 *
 * Queries whose first hits are not what they were. */
#include "tools/osler/diff.h"

#include "tools/osler/batch.h"
#include "tools/osler/json.h"
#include "tools/osler/output.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct comparison {
    osl_diff *diff;
    const osl_diff_settings *settings;
    osl_screen screen;
    osl_line line;
    osl_json json;
    uint64_t queries, changed;
} comparison;

/* ---- showing ------------------------------------------------------------ */

static osl_text name_of(const comparison *c, const osl_hit *hit)
{
    return c->settings->request.by_document ? hit->document : hit->id;
}

/* " 3 → 1  asthma.html#12  Asthma in adults", "–" for no rank. */
static void print_hit(comparison *c, const osl_diff_hit *hit)
{
    char ranks[2][24] = {"\xE2\x80\x93", "\xE2\x80\x93"};
    const osl_hit *shown = hit->after ? hit->after : hit->before;
    if (hit->rank_before)
        (void)snprintf(ranks[0], 24, "%zu", hit->rank_before);
    if (hit->rank_after)
        (void)snprintf(ranks[1], 24, "%zu", hit->rank_after);
    osl_line_printf(&c->line, OSL_STYLE_PLAIN, "%s  %s \xE2\x86\x92 %s  ",
                    hit->change == OSL_CHANGE_ADDED     ? "entered"
                    : hit->change == OSL_CHANGE_REMOVED ? "left   "
                                                        : "moved  ",
                    ranks[0], ranks[1]);
    osl_line_text(&c->line, OSL_STYLE_TITLE, name_of(c, shown));
    if (hit->before && hit->after &&
        !osl_text_equal(name_of(c, hit->before), name_of(c, hit->after)))
        osl_line_printf(&c->line, OSL_STYLE_DIM, " (was #%" PRIu32 ")",
                        hit->before->paragraph);
    osl_line_text(&c->line, OSL_STYLE_DIM, osl_text_of("  "));
    osl_line_text(&c->line, OSL_STYLE_DIM, shown->title);
    osl_line_print(&c->line, 2, 6);
}

static void print_query(comparison *c, const osl_question *question,
                        const osl_diff_answer *answer)
{
    printf("\n");
    osl_line_text(&c->line, OSL_STYLE_DIM, osl_buf_text(&question->id));
    osl_line_text(&c->line, OSL_STYLE_PLAIN, osl_text_of("  "));
    osl_line_text(&c->line, OSL_STYLE_TITLE, osl_buf_text(&question->query));
    osl_line_print(&c->line, 0, 4);
    for (size_t i = 0; i < answer->count; i++)
        if (answer->hits[i].change != OSL_CHANGE_NONE)
            print_hit(c, &answer->hits[i]);
}

static void json_hits(comparison *c, const char *key, osl_change change,
                      const osl_diff_answer *answer)
{
    osl_json_open(&c->json, key, '[');
    for (size_t i = 0; i < answer->count; i++) {
        const osl_diff_hit *hit = &answer->hits[i];
        if (hit->change != change)
            continue;
        osl_json_open(&c->json, NULL, '{');
        osl_json_text(&c->json, "id",
                      name_of(c, hit->after ? hit->after : hit->before));
        if (hit->before && hit->after)
            osl_json_text(&c->json, "id_before", name_of(c, hit->before));
        if (hit->rank_before)
            osl_json_count(&c->json, "rank_before", hit->rank_before);
        if (hit->rank_after)
            osl_json_count(&c->json, "rank", hit->rank_after);
        osl_json_close(&c->json, '}');
    }
    osl_json_close(&c->json, ']');
}

static void json_query(comparison *c, const osl_question *question,
                       const osl_diff_answer *answer)
{
    osl_json_begin(&c->json);
    osl_json_text(&c->json, "id", osl_buf_text(&question->id));
    osl_json_text(&c->json, "query", osl_buf_text(&question->query));
    json_hits(c, "entered", OSL_CHANGE_ADDED, answer);
    json_hits(c, "left", OSL_CHANGE_REMOVED, answer);
    json_hits(c, "moved", OSL_CHANGE_MOVED, answer);
    osl_json_end(&c->json);
    (void)osl_json_flush(&c->json);
}

static void print_end(comparison *c)
{
    char queries[OSL_COUNT_SIZE], changed[OSL_COUNT_SIZE];
    if (c->settings->common.json) {
        osl_json_begin(&c->json);
        osl_json_count(
            &c->json, "from",
            osl_diff_get_generation(osl_diff_before(c->diff)).number);
        osl_json_count(&c->json, "to",
                       osl_diff_get_generation(osl_diff_after(c->diff)).number);
        osl_json_count(&c->json, "queries", c->queries);
        osl_json_count(&c->json, "queries_changed", c->changed);
        osl_json_end(&c->json);
        (void)osl_json_flush(&c->json);
        return;
    }
    printf("%s%s of %s queries changed\n", c->changed ? "\n" : "",
           osl_format_count(changed, c->changed),
           osl_format_count(queries, c->queries));
}

/* ---- the run ------------------------------------------------------------ */

static osl_status compare(void *user, const osl_question *question,
                          osl_error *err)
{
    comparison *c = user;
    osl_answer *before = NULL, *after = NULL;
    osl_diff_answer answer = {0};
    osl_search_options how = osl_request_options(&question->request);
    osl_text query = osl_buf_text(&question->query);
    how.want_count = how.want_facets = how.explain = false;
    how.bare = true;
    how.snippet_words = 0;
    osl_status status =
        osl_search(osl_diff_before(c->diff), query, &how, &before, err);
    if (status == OSL_OK)
        status = osl_search(osl_diff_after(c->diff), query, &how, &after, err);
    if (status == OSL_OK)
        status = osl_diff_answers(c->diff, before, after,
                                  question->request.by_document, &answer, err);
    c->queries++;
    c->changed += answer.differs;
    if (status == OSL_OK && answer.differs && c->settings->common.json)
        json_query(c, question, &answer);
    else if (status == OSL_OK && answer.differs)
        print_query(c, question, &answer);
    osl_answer_free(before);
    osl_answer_free(after);
    return status;
}

osl_status osl_diff_queries(osl_diff *diff, const osl_diff_settings *settings,
                            bool *differs, osl_error *err)
{
    char head[160];
    comparison c = {.diff = diff,
                    .settings = settings,
                    .screen = osl_screen_get(settings->common.color)};
    c.line.screen = &c.screen;
    osl_diff_head(diff, head);
    if (!settings->common.json)
        printf("%s\n", head);
    osl_status status =
        osl_questions_read(settings->queries, settings->input,
                           &settings->request, compare, &c, err);
    if (status == OSL_OK)
        print_end(&c);
    *differs = c.changed > 0;
    osl_line_clear(&c.line);
    osl_json_clear(&c.json);
    return status;
}
