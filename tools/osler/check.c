/* SPDX-License-Identifier: MIT
 *
 * osler check: is every byte of an index as it was written, and does
 * everything in it fit together? */
#include "tools/osler/command.h"

#include "indexer/indexer.h"
#include "tools/osler/json.h"
#include "tools/osler/output.h"
#include "tools/osler/place.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct check_settings {
    osl_common common;
} check_settings;

static const osl_option options[] = {
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
    if (damage->length)
        printf(", block %" PRIu64 " (bytes %" PRIu64 " to %" PRIu64 ")",
               damage->block, damage->offset, damage->offset + damage->length);
    if (damage->section[0])
        printf(", in its %s", damage->section);
    printf(": %s\n    %s\n", damage->what, damage->meaning);
}

static void print_generation(const osl_checked_generation *checked)
{
    char documents[OSL_COUNT_SIZE], paragraphs[OSL_COUNT_SIZE];
    char bytes[OSL_COUNT_SIZE];
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
    printf("; to make all of it anew: osler index --full PATH...\n");
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
        else
            code = check(&settings);
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
                "  osler check --json\n",
    .options = options,
    .notes = "Ends with 0 where all is whole, with 1 where there is damage: "
             "then each is named\nby file, block and section, and what it "
             "means for searches. Takes no lock: updates\nand searches may "
             "run meanwhile.\n",
    .run = check_main,
};
