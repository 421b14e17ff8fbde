/* SPDX-License-Identifier: MIT */
#include "tests/tools/scan.h"

#include <stdio.h>

#include "core/base/file.h"
#include "core/segment/index.h"
#include "tests/corpus/dirt.h"

typedef struct scanner {
    const char *root;
    scan_tell *tell;
    void *user;
    scan_count *count;
    const osl_segment *segment;
    osl_buf text; /* owns */
} scanner;

/* Whether the source of a document is broken itself. One that cannot be read
 * any more is taken for whole. */
static bool source_is_broken(const scanner *s, osl_text source)
{
    char path[4096];
    osl_error err;
    osl_map map = {0};
    int length = snprintf(path, sizeof path, "%s/%.*s", s->root,
                          (int)source.length, source.bytes);
    if (length < 0 || (size_t)length >= sizeof path ||
        osl_map_open(&map, path, &err) != OSL_OK)
        return false;
    bool is_broken =
        dirt_source_is_broken((osl_text){(const char *)map.bytes, map.length});
    osl_map_close(&map);
    return is_broken;
}

static void tell(const scanner *s, osl_text source, uint32_t line,
                 const dirt *found)
{
    char place[4200];
    osl_text text = osl_buf_text(&s->text);
    size_t from = found->at > 40 ? found->at - 40 : 0;
    size_t to = found->at + 80 < text.length ? found->at + 80 : text.length;
    (void)snprintf(place, sizeof place, "%.*s:%u",
                   (int)(source.length < 4096 ? source.length : 4096),
                   source.bytes, line);
    s->count->dirty++;
    s->tell(s->user, place, found->what,
            (osl_text){text.bytes + from, to - from});
}

static bool is_allowed(const scanner *s, const osl_document_record *document,
                       const dirt *found)
{
    if (found->what == dirt_cited)
        return document->is_record;
    if (found->what == dirt_broken)
        return !s->root || source_is_broken(s, document->source);
    return false;
}

static osl_status scan_paragraph(scanner *s, uint32_t n, osl_error *err)
{
    osl_paragraph_record paragraph;
    osl_document_record document;
    osl_buf_reset(&s->text);
    osl_status status = osl_segment_text(s->segment, n, &s->text, err);
    if (status == OSL_OK)
        status = osl_buf_status(&s->text, "a paragraph", err);
    if (status != OSL_OK)
        return status;
    s->count->paragraphs++;
    dirt found = dirt_find(osl_buf_text(&s->text));
    if (!found.what)
        return OSL_OK;
    status = osl_segment_paragraph(s->segment, n, &paragraph, err);
    if (status == OSL_OK)
        status = osl_segment_document(s->segment, paragraph.document, &document,
                                      err);
    if (status == OSL_OK && !is_allowed(s, &document, &found))
        tell(s, document.source, paragraph.line, &found);
    return status;
}

static bool is_live(const uint64_t *live, uint32_t n)
{
    return !live || (live[n / 64] >> (n % 64) & 1);
}

osl_status scan_index(const char *path, const char *root, scan_tell *tell_user,
                      void *user, scan_count *count, osl_error *err)
{
    osl_index *index = NULL;
    scanner s = {.root = root, .tell = tell_user, .user = user, .count = count};
    *count = (scan_count){0};
    osl_status status =
        osl_index_open(&index, path, 0, osl_kernels_get(OSL_CPU_SCALAR), err);
    if (status != OSL_OK)
        return status;
    uint32_t segments = osl_index_get_info(index)->segment_count;
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++) {
        const uint64_t *live = osl_index_live(index, i);
        s.segment = osl_index_segment(index, i);
        uint32_t all = osl_segment_get_info(s.segment)->paragraph_count;
        for (uint32_t n = 0; n < all && status == OSL_OK; n++)
            if (is_live(live, n))
                status = scan_paragraph(&s, n, err);
    }
    osl_buf_clear(&s.text);
    osl_index_free(index);
    return status;
}
