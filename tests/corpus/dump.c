/* SPDX-License-Identifier: MIT
 *
 * For developers of readers: what comes out of real files.
 *     corpus_dump [--format F] ROOT FILE... */
#include <stdio.h>
#include <string.h>

#include "core/base/file.h"
#include "corpus/corpus.h"

static void print_path(const osl_document *document, uint32_t section)
{
    if (section == OSL_SECTION_NONE)
        return;
    const osl_section *s = &document->sections[section];
    print_path(document, s->parent);
    (void)printf(" > %.*s", (int)s->heading.length, s->heading.bytes);
}

static void print_marks(const char *name, const osl_text *marks, size_t count)
{
    if (count == 0)
        return;
    (void)printf("    %s:", name);
    for (size_t i = 0; i < count; i++)
        (void)printf(" %.*s", (int)marks[i].length, marks[i].bytes);
    (void)printf("\n");
}

static osl_status print_document(void *user, const osl_document *d,
                                 osl_error *err)
{
    static const char *const kinds[] = {"prose", "item", "row", "key"};
    (void)user;
    (void)err;
    (void)printf(
        "=== %.*s\n  title: %.*s\n  url: %.*s\n  updated: %.*s  audience: "
        "%.*s  language: %.*s  kind: %.*s%s\n",
        (int)d->id.length, d->id.bytes, (int)d->title.length, d->title.bytes,
        (int)d->url.length, d->url.bytes, (int)d->updated.length,
        d->updated.bytes, (int)d->audience.length, d->audience.bytes,
        (int)d->language.length, d->language.bytes, (int)d->kind.length,
        d->kind.bytes, d->is_record ? " record" : "");
    print_marks("aliases", d->aliases, d->alias_count);
    uint32_t section = OSL_SECTION_NONE;
    for (size_t i = 0; i < d->paragraph_count; i++) {
        const osl_paragraph *p = &d->paragraphs[i];
        if (p->section != section || i == 0) {
            section = p->section;
            (void)printf("  --");
            print_path(d, section);
            (void)printf("\n");
        }
        (void)printf("  #%zu %s:%u %.*s\n", i + 1, kinds[p->kind], p->line,
                     (int)p->text.length, p->text.bytes);
        print_marks("cites", p->citations, p->citation_count);
        print_marks("evidence", p->evidence, p->evidence_count);
    }
    return OSL_OK;
}

static void print_report(void *user, osl_text source, uint32_t line,
                         bool skipped, const char *reason)
{
    (void)user;
    (void)printf("!!! %.*s:%u: %s%s\n", (int)source.length, source.bytes, line,
                 skipped ? "skipped: " : "", reason);
}

static osl_status dump(const char *root, const char *name, const char *format,
                       osl_error *err)
{
    char path[4096];
    osl_map map = {0};
    int length = snprintf(path, sizeof path, "%s/%s", root, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return osl_fail(err, OSL_EINVAL, "%s: the path is too long", name);
    osl_status status = osl_map_open(&map, path, err);
    if (status != OSL_OK)
        return status;
    osl_source source = {
        osl_text_of(name), {(const char *)map.bytes, map.length}, format};
    osl_consumer consumer = {NULL, print_document, print_report, NULL, NULL};
    const char *chosen = osl_corpus_format(&source);
    (void)printf("*** %s (%s)\n", name, chosen ? chosen : "none");
    status = osl_corpus_read(&source, &consumer, err);
    osl_map_close(&map);
    return status;
}

int main(int argc, char **argv)
{
    osl_error err = {0};
    const char *format = NULL;
    int at = 1, failures = 0;
    if (argc > 2 && strcmp(argv[1], "--format") == 0) {
        format = argv[2];
        at = 3;
    }
    if (argc - at < 2) {
        (void)fprintf(stderr, "usage: corpus_dump [--format F] ROOT FILE...\n");
        return 2;
    }
    for (int i = at + 1; i < argc; i++)
        if (dump(argv[at], argv[i], format, &err) != OSL_OK) {
            (void)fprintf(stderr, "%s\n", err.text);
            failures++;
        }
    return failures != 0;
}
