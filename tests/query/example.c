/* SPDX-License-Identifier: MIT
 *
 * Opens an index, asks it, prints the hits: what a program that embeds Osler
 * looks like. Built with: cc example.c $(pkg-config --cflags --libs osler) */
#include <osler/query.h>

#include <inttypes.h>
#include <stdio.h>

static void print_hit(const osl_hit *hit, size_t rank)
{
    printf("%zu. %.*s  %.2f  %.*s\n   ", rank, (int)hit->id.length,
           hit->id.bytes, hit->score / 65536.0, (int)hit->title.length,
           hit->title.bytes);
    uint32_t at = hit->snippet.start;
    for (size_t i = 0; i < hit->highlight_count; i++) {
        osl_span mark = hit->highlights[i];
        if (mark.start < at || mark.end > hit->snippet.end)
            continue;
        printf("%.*s[%.*s]", (int)(mark.start - at), hit->text.bytes + at,
               (int)(mark.end - mark.start), hit->text.bytes + mark.start);
        at = mark.end;
    }
    printf("%.*s\n", (int)(hit->snippet.end - at), hit->text.bytes + at);
}

int main(int argc, char **argv)
{
    osl_error err;
    osl_searcher *searcher = NULL;
    osl_answer *answer = NULL;
    if (argc != 3) {
        (void)fprintf(stderr, "usage: %s INDEX QUERY\n", argv[0]);
        return 2;
    }
    osl_search_options options = osl_search_defaults;
    options.k = 3;
    options.snippet_words = 12;
    osl_status status = osl_searcher_open(&searcher, argv[1], 0, &err);
    if (status == OSL_OK)
        status =
            osl_search(searcher, osl_text_of(argv[2]), &options, &answer, &err);
    if (status == OSL_OK) {
        printf("%" PRIu64 " paragraphs\n", osl_answer_count(answer));
        for (size_t i = 0; i < osl_answer_hit_count(answer); i++)
            print_hit(osl_answer_hit(answer, i), i + 1);
        osl_answer_free(answer);
    } else {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    osl_searcher_free(searcher);
    return status == OSL_OK ? 0 : 1;
}
