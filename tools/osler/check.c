/* SPDX-License-Identifier: MIT
 *
 * osler check: is every byte of an index as it was written, and does
 * everything in it fit together? */
#include "tools/osler/command.h"

#include "core/segment/format.h"
#include "indexer/indexer.h"
#include "tools/osler/json.h"
#include "tools/osler/output.h"
#include "tools/osler/place.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct check_settings {
    osl_common common;
    bool repair, reindex;
} check_settings;

static const osl_option options[] = {
    {"repair", 0, NULL, "drop what is damaged, say what to index again",
     OSL_OPTION_FLAG, offsetof(check_settings, repair)},
    {"reindex", 0, NULL, "with --repair: index it again from the known paths",
     OSL_OPTION_FLAG, offsetof(check_settings, reindex)},
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

typedef struct check_output {
    const check_settings *settings;
    osl_json json;
} check_output;

/* ---- for a program ------------------------------------------------------ */

static void json_damage(osl_json *json, const osl_damage *damage)
{
    osl_json_begin(json);
    osl_json_text(json, "file", osl_text_of(damage->file));
    osl_json_text(json, "section", osl_text_of(damage->section));
    if (damage->length) {
        osl_json_count(json, "block", damage->block);
        osl_json_count(json, "offset", damage->offset);
        osl_json_count(json, "length", damage->length);
    }
    osl_json_text(json, "what", osl_text_of(damage->what));
    osl_json_text(json, "meaning", osl_text_of(damage->meaning));
    osl_json_end(json);
}

static void json_generation(osl_json *json,
                            const osl_checked_generation *checked)
{
    osl_json_begin(json);
    osl_json_count(json, "generation", checked->generation);
    osl_json_bool(json, "current", checked->current);
    osl_json_bool(json, "whole", checked->whole);
    if (checked->other_format)
        osl_json_bool(json, "other_format", true);
    osl_json_count(json, "segments", checked->segments);
    osl_json_count(json, "documents", checked->documents);
    osl_json_count(json, "paragraphs", checked->paragraphs);
    osl_json_count(json, "bytes_index", checked->bytes);
    osl_json_end(json);
}

static void json_report(osl_json *json, const osl_check_report *report)
{
    osl_json_begin(json);
    osl_json_count(json, "damages", report->damages);
    osl_json_count(json, "files", report->files);
    osl_json_count(json, "opened", report->opened);
    osl_json_real(json, "seconds", report->seconds, 3);
    osl_json_end(json);
}

/* ---- for a person ------------------------------------------------------- */

static void print_damage(const osl_damage *damage)
{
    printf("%s", damage->file);
    uint64_t last = damage->block + (damage->length - 1) / OSL_CHECKSUM_BLOCK;
    if (damage->length && last == damage->block)
        printf(", block %" PRIu64, damage->block);
    else if (damage->length)
        printf(", blocks %" PRIu64 " to %" PRIu64, damage->block, last);
    if (damage->length)
        printf(" (bytes %" PRIu64 " to %" PRIu64 ")", damage->offset,
               damage->offset + damage->length);
    if (damage->section[0])
        printf(", in its %s", damage->section);
    printf(": %s\n    %s\n", damage->what, damage->meaning);
}

static void print_generation(const osl_checked_generation *checked)
{
    char documents[OSL_COUNT_SIZE], paragraphs[OSL_COUNT_SIZE];
    char bytes[OSL_COUNT_SIZE];
    if (checked->other_format) {
        printf("generation %" PRIu64 " (kept): of another format, which this "
               "program does not read; it goes with the next updates\n",
               checked->generation);
        return;
    }
    printf("generation %" PRIu64 "%s: %s · %" PRIu64 " %s, %s documents, %s "
           "paragraphs, %s\n",
           checked->generation, checked->current ? "" : " (kept)",
           checked->whole ? "whole" : "damaged", checked->segments,
           checked->segments == 1 ? "segment" : "segments",
           osl_format_count(documents, checked->documents),
           osl_format_count(paragraphs, checked->paragraphs),
           osl_format_bytes(bytes, checked->bytes));
}

static void print_report(const osl_check_report *report)
{
    char files[OSL_COUNT_SIZE], damages[OSL_COUNT_SIZE], bytes[OSL_COUNT_SIZE];
    (void)osl_format_count(files, report->files);
    (void)osl_format_bytes(bytes, report->bytes);
    if (report->damages == 0) {
        printf("no damage: %s files, %s, %.1f s\n", files, bytes,
               report->seconds);
        return;
    }
    printf("%s %s in %s files, %s; ",
           osl_format_count(damages, report->damages),
           report->damages == 1 ? "damage" : "damages", files, bytes);
    if (report->opened)
        printf("searches get generation %" PRIu64, report->opened);
    else
        printf("searches fail");
    printf("; to mend it: osler check --repair --reindex\n");
}

/* ---- the whole ---------------------------------------------------------- */

static void put_damage(void *user, const osl_damage *damage)
{
    check_output *out = user;
    if (out->settings->common.json)
        json_damage(&out->json, damage);
    else
        print_damage(damage);
}

static void put_generation(void *user, const osl_checked_generation *checked)
{
    check_output *out = user;
    if (out->settings->common.json)
        json_generation(&out->json, checked);
    else if (!out->settings->common.quiet)
        print_generation(checked);
}

static int check(const check_settings *settings)
{
    char path[OSL_PLACE_SIZE];
    osl_error err = {0};
    osl_check_report report;
    check_output out = {.settings = settings};
    const osl_check_watcher watcher = {&out, put_damage, put_generation};
    osl_status status =
        osl_place_find(path, settings->common.index, false, &err);
    if (status == OSL_OK)
        status = osl_index_check(path, &watcher, &report, &err);
    if (status == OSL_OK && settings->common.json)
        json_report(&out.json, &report);
    else if (status == OSL_OK && !settings->common.quiet)
        print_report(&report);
    bool written = osl_json_flush(&out.json);
    osl_json_clear(&out.json);
    if (status != OSL_OK)
        return osl_failed(&err);
    if (!written) {
        osl_complain("out of memory while checking");
        return OSL_EXIT_FAILED;
    }
    return report.damages ? OSL_EXIT_NOTHING : OSL_EXIT_FOUND;
}

/* ---- repair ------------------------------------------------------------- */

static void put_dropped(void *user, osl_text file, uint64_t documents)
{
    check_output *out = user;
    char count[OSL_COUNT_SIZE];
    if (out->settings->common.json) {
        osl_json_begin(&out->json);
        osl_json_text(&out->json, "dropped", file);
        osl_json_count(&out->json, "documents", documents);
        osl_json_end(&out->json);
        return;
    }
    printf("dropped %.*s, with %s documents at most\n", (int)file.length,
           file.bytes, osl_format_count(count, documents));
}

static void put_due(void *user, osl_text path)
{
    check_output *out = user;
    if (out->settings->reindex)
        return;
    if (out->settings->common.json) {
        osl_json_begin(&out->json);
        osl_json_text(&out->json, "index_again", path);
        osl_json_end(&out->json);
        return;
    }
    printf("to index again: %.*s\n", (int)path.length, path.bytes);
}

static void put_indexed(check_output *out, const osl_index_report *report)
{
    char documents[OSL_COUNT_SIZE];
    if (out->settings->common.json) {
        osl_json_begin(&out->json);
        osl_json_count(&out->json, "generation", report->generation);
        osl_json_count(&out->json, "documents", report->documents);
        osl_json_count(&out->json, "paragraphs_written",
                       report->paragraphs_written);
        osl_json_end(&out->json);
    } else if (!out->settings->common.quiet) {
        printf("indexed again: generation %" PRIu64 ", %s documents\n",
               report->generation,
               osl_format_count(documents, report->documents));
    }
}

/* As it was indexed the last time. */
static osl_status index_again(check_output *out, const char *path,
                              const osl_repair_report *repaired, osl_error *err)
{
    const osl_index_options as_before = {
        .language = repaired->language[0] ? repaired->language : NULL,
        .format = repaired->format[0] ? repaired->format : NULL,
        .fold_acronyms = repaired->fold_acronyms,
        .store = repaired->store,
        .pairs = repaired->pairs,
        .thread_count = out->settings->common.threads,
    };
    osl_index_report report;
    osl_status status =
        osl_index_update(path, NULL, 0, &as_before, NULL, &report, err);
    if (status == OSL_OK)
        put_indexed(out, &report);
    return status;
}

static void put_repaired(check_output *out, const osl_repair_report *report)
{
    const check_settings *settings = out->settings;
    if (settings->common.json) {
        osl_json_begin(&out->json);
        osl_json_count(&out->json, "damages", report->damages);
        osl_json_count(&out->json, "generation", report->generation);
        osl_json_count(&out->json, "dropped_files", report->dropped_files);
        osl_json_end(&out->json);
        return;
    }
    if (report->damages == 0 && !settings->common.quiet)
        printf("no damage: nothing to repair\n");
    if (report->damages > 0 && !settings->common.quiet)
        printf("generation %" PRIu64 " holds what is whole\n",
               report->generation);
    if (report->reads_again && !settings->reindex)
        printf("the rest comes back with: osler index%s\n",
               report->known_paths ? "" : " PATH...");
}

static int repair(const check_settings *settings)
{
    char path[OSL_PLACE_SIZE];
    osl_error err = {0};
    osl_repair_report report;
    check_output out = {.settings = settings};
    const osl_repair_watcher watcher = {&out, put_dropped, put_due};
    osl_status status =
        osl_place_find(path, settings->common.index, false, &err);
    if (status == OSL_OK)
        status = osl_index_repair(path, &watcher, &report, &err);
    if (status == OSL_OK)
        put_repaired(&out, &report);
    if (status == OSL_OK && report.reads_again && settings->reindex)
        status = report.known_paths
                     ? index_again(&out, path, &report, &err)
                     : osl_fail(&err, OSL_EINVAL,
                                "the known paths were lost; name them: osler "
                                "index PATH...");
    (void)osl_json_flush(&out.json);
    osl_json_clear(&out.json);
    return status == OSL_OK ? OSL_EXIT_FOUND : osl_failed(&err);
}

static int check_main(const osl_command *command, int argc, char **argv)
{
    check_settings settings = {0};
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code)) {
        code = OSL_EXIT_USAGE;
        if (words.count)
            osl_complain("check takes no '%s'; name the index with --index",
                         words.items[0]);
        else if (settings.reindex && !settings.repair)
            osl_complain("--reindex goes with --repair");
        else
            code = settings.repair ? repair(&settings) : check(&settings);
    }
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_check = {
    .name = "check",
    .summary = "is every byte of an index as it was written?",
    .synopsis = "check [OPTION]...",
    .examples = "  osler check\n"
                "  osler check -q && echo whole\n"
                "  osler check --repair --reindex\n"
                "  osler check --json\n",
    .options = options,
    .notes = "Ends with 0 where all is whole, with 1 where there is damage: "
             "then each is named\nby file, block and section, and what it "
             "means for searches. Takes no lock: updates\nand searches may "
             "run meanwhile (a repair takes the writer's lock).\n",
    .run = check_main,
};
