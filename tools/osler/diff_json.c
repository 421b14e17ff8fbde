/* SPDX-License-Identifier: MIT
 *
 * Two generations as JSON: an object for each document, and one at the end
 * with the sums. */
#include "tools/osler/diff.h"

#include "tools/osler/hits.h"

#include <stdio.h>
#include <string.h>

/* What both versions have, the older one's behind a key that says so. */
static void put_version(osl_json *json, const osl_hit *hit, const char *suffix)
{
    char keys[6][32];
    static const char *const names[6] = {"id",       "paragraph", "section",
                                         "evidence", "citations", "text"};
    for (int i = 0; i < 6; i++)
        (void)snprintf(keys[i], sizeof keys[i], "%s%s", names[i], suffix);
    osl_json_text(json, keys[0], hit->id);
    osl_json_count(json, keys[1], hit->paragraph);
    osl_json_texts(json, keys[2], hit->sections, hit->section_count);
    osl_json_texts(json, keys[3], hit->evidence, hit->evidence_count);
    osl_json_texts(json, keys[4], hit->citations, hit->citation_count);
    osl_json_text(json, keys[5], hit->text);
}

static void put_words(osl_json *json, const osl_diff_paragraph *paragraph)
{
    static const char *const marks[] = {"=", "+", "-"};
    osl_json_open(json, "words", '[');
    for (size_t i = 0; i < paragraph->run_count; i++) {
        osl_json_open(json, NULL, '[');
        osl_json_text(json, NULL,
                      osl_text_of(marks[paragraph->runs[i].change]));
        osl_json_text(json, NULL, paragraph->runs[i].text);
        osl_json_close(json, ']');
    }
    osl_json_close(json, ']');
}

static void put_paragraph(osl_json *json, const osl_diff_paragraph *paragraph,
                          osl_history *history)
{
    osl_json_open(json, NULL, '{');
    osl_json_text(json, "change",
                  osl_text_of(osl_change_name(paragraph->change)));
    if (paragraph->after) {
        put_version(json, paragraph->after, "");
        osl_hit_json_dates(json, paragraph->after, history);
    }
    if (paragraph->before)
        put_version(json, paragraph->before, "_before");
    if (paragraph->change == OSL_CHANGE_CHANGED)
        put_words(json, paragraph);
    osl_json_close(json, '}');
}

static void put_facts(osl_json *json, const osl_diff_document *document)
{
    unsigned n = 0;
    const char *name;
    osl_text values[2];
    osl_json_open(json, "facts", '[');
    while (osl_diff_next_fact(document, &n, &name, values)) {
        osl_json_open(json, NULL, '{');
        osl_json_text(json, "field", osl_text_of(name));
        osl_json_text(json, "before", values[0]);
        osl_json_text(json, "after", values[1]);
        osl_json_close(json, '}');
    }
    osl_json_close(json, ']');
}

static void put_document(osl_json *json, const osl_diff_document *document,
                         osl_history *history)
{
    const osl_hit *hit = document->after ? document->after : document->before;
    osl_json_begin(json);
    osl_json_text(json, "document", document->id);
    osl_json_text(json, "change",
                  osl_text_of(osl_change_name(document->change)));
    osl_json_text(json, "title", hit ? hit->title : osl_text_of(""));
    osl_json_text(json, "url", hit ? hit->url : osl_text_of(""));
    osl_json_text(json, "updated", hit ? hit->updated : osl_text_of(""));
    put_facts(json, document);
    osl_json_count(json, "same", document->same);
    osl_json_count(json, "added", document->added);
    osl_json_count(json, "changed", document->changed);
    osl_json_count(json, "removed", document->removed);
    osl_json_count(json, "moved", document->moved);
    osl_json_open(json, "paragraphs", '[');
    for (size_t i = 0; i < document->paragraph_count; i++)
        put_paragraph(json, &document->paragraphs[i], history);
    osl_json_close(json, ']');
    osl_json_end(json);
}

static void put_counts(osl_json *json, const char *key, const uint64_t *counts,
                       osl_change last)
{
    osl_json_open(json, key, '{');
    for (unsigned i = OSL_CHANGE_ADDED; i <= (unsigned)last; i++)
        osl_json_count(json, osl_change_name((osl_change)i), counts[i]);
    osl_json_close(json, '}');
}

static void put_totals(osl_json *json, const osl_diff *diff,
                       const osl_diff_totals *totals)
{
    char time[OSL_COUNT_SIZE];
    osl_diff_generation before = osl_diff_get_generation(osl_diff_before(diff));
    osl_diff_generation after = osl_diff_get_generation(osl_diff_after(diff));
    osl_json_begin(json);
    osl_json_count(json, "from", before.number);
    osl_json_text(json, "from_created",
                  osl_text_of(osl_format_time(time, before.created_us)));
    osl_json_count(json, "to", after.number);
    osl_json_text(json, "to_created",
                  osl_text_of(osl_format_time(time, after.created_us)));
    put_counts(json, "documents", totals->documents, OSL_CHANGE_CHANGED);
    put_counts(json, "paragraphs", totals->paragraphs, OSL_CHANGE_MOVED);
    osl_json_end(json);
}

osl_status osl_diff_json(osl_diff *diff, bool *differs, osl_error *err)
{
    osl_json json = {0};
    osl_diff_totals totals = {0};
    const osl_diff_document *document;
    osl_history *history = NULL;
    osl_status status = osl_history_open(&history, osl_diff_after(diff), err);
    if (status != OSL_OK)
        return status;
    while ((status = osl_diff_next(diff, &document, err)) == OSL_OK) {
        *differs = true;
        osl_diff_add_up(&totals, document);
        put_document(&json, document, history);
        if (!osl_json_flush(&json)) {
            status = osl_fail(err, OSL_ENOMEM, "diff: memory ran out");
            break;
        }
    }
    if (status == OSL_END) {
        put_totals(&json, diff, &totals);
        (void)osl_json_flush(&json);
        status = OSL_OK;
    }
    osl_history_free(history);
    osl_json_clear(&json);
    return status;
}
