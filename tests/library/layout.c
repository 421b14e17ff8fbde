/* SPDX-License-Identifier: MIT
 *
 * Prints where each member of the public structures stands, for the test of
 * the Python module: "structure member offset size", and "structure - 0 size"
 * for the whole. */
#include <osler/query.h>

#include <stdio.h>

#define WHOLE(type) printf(#type " - 0 %zu\n", sizeof(type))
#define MEMBER(type, member)                                       \
    printf(#type " " #member " %zu %zu\n", offsetof(type, member), \
           sizeof(((type *)0)->member))

static void print_search(void)
{
    WHOLE(osl_search_options);
    MEMBER(osl_search_options, k);
    MEMBER(osl_search_options, offset);
    MEMBER(osl_search_options, want_count);
    MEMBER(osl_search_options, by_document);
    MEMBER(osl_search_options, want_facets);
    MEMBER(osl_search_options, sort);
    MEMBER(osl_search_options, ranking);
    MEMBER(osl_search_options, k1);
    MEMBER(osl_search_options, b);
    MEMBER(osl_search_options, with);
    MEMBER(osl_search_options, without);
    MEMBER(osl_search_options, no_proximity);
    MEMBER(osl_search_options, no_expand);
    MEMBER(osl_search_options, feedback);
    MEMBER(osl_search_options, like);
    MEMBER(osl_search_options, strict);
    MEMBER(osl_search_options, snippet_words);
    MEMBER(osl_search_options, explain);
    MEMBER(osl_search_options, bare);
    MEMBER(osl_search_options, exhaustive);
    WHOLE(osl_meeting);
    MEMBER(osl_meeting, first);
    MEMBER(osl_meeting, second);
    MEMBER(osl_meeting, count);
    MEMBER(osl_meeting, best);
    WHOLE(osl_facet);
    MEMBER(osl_facet, value);
    MEMBER(osl_facet, title);
    MEMBER(osl_facet, count);
    WHOLE(osl_suggestion);
    MEMBER(osl_suggestion, text);
    MEMBER(osl_suggestion, kind);
    MEMBER(osl_suggestion, count);
}

static void print_hit(void)
{
    WHOLE(osl_hit);
    MEMBER(osl_hit, id);
    MEMBER(osl_hit, document);
    MEMBER(osl_hit, paragraph);
    MEMBER(osl_hit, score);
    MEMBER(osl_hit, title);
    MEMBER(osl_hit, url);
    MEMBER(osl_hit, updated);
    MEMBER(osl_hit, audience);
    MEMBER(osl_hit, language);
    MEMBER(osl_hit, source);
    MEMBER(osl_hit, line);
    MEMBER(osl_hit, kind);
    MEMBER(osl_hit, sections);
    MEMBER(osl_hit, section_count);
    MEMBER(osl_hit, evidence);
    MEMBER(osl_hit, citations);
    MEMBER(osl_hit, evidence_count);
    MEMBER(osl_hit, citation_count);
    MEMBER(osl_hit, text);
    MEMBER(osl_hit, highlights);
    MEMBER(osl_hit, highlight_count);
    MEMBER(osl_hit, snippet);
    MEMBER(osl_hit, cut_left);
    MEMBER(osl_hit, cut_right);
    MEMBER(osl_hit, explanation);
}

static void print_rest(void)
{
    WHOLE(osl_text);
    MEMBER(osl_text, bytes);
    MEMBER(osl_text, length);
    WHOLE(osl_error);
    MEMBER(osl_error, status);
    MEMBER(osl_error, text);
    WHOLE(osl_span);
    MEMBER(osl_span, start);
    MEMBER(osl_span, end);
    WHOLE(osl_searcher_info);
    MEMBER(osl_searcher_info, generation);
    MEMBER(osl_searcher_info, paragraphs);
    MEMBER(osl_searcher_info, documents);
    MEMBER(osl_searcher_info, segments);
    MEMBER(osl_searcher_info, terms);
    MEMBER(osl_searcher_info, postings);
    MEMBER(osl_searcher_info, bytes_text);
    MEMBER(osl_searcher_info, bytes_index);
    MEMBER(osl_searcher_info, newest);
    MEMBER(osl_searcher_info, language);
    MEMBER(osl_searcher_info, store);
    MEMBER(osl_searcher_info, pairs);
    MEMBER(osl_searcher_info, fold_acronyms);
}

int main(void)
{
    print_search();
    print_hit();
    print_rest();
    return 0;
}
