/* SPDX-License-Identifier: MIT
 *
 * What an answer and a searcher are inside: shared by search.c, show.c and
 * searcher.c. */
#ifndef OSL_QUERY_ANSWER_H
#define OSL_QUERY_ANSWER_H

#include "query/collect.h"
#include "query/plan.h"
#include "query/query.h"

#include <pthread.h>

struct osl_searcher {
    osl_index *index;            /* owns */
    osl_analyzer *analyzer;      /* owns */
    bool *titles_are_paragraphs; /* owns; by segment: one each, in order */
    osl_text newest;             /* of the map */
    char language[64];
    char *path;           /* owns */
    char *note;           /* owns; NULL: none */
    pthread_mutex_t lock; /* of what follows */
    bool titles_known;
    uint64_t title_length;      /* of the title of each live paragraph */
    struct osl_workspace *idle; /* owns all of the list */
};

struct osl_answer {
    osl_arena arena; /* owns everything */
    osl_text read_as;
    const char *notes[OSL_PLAN_NOTES_MAX];
    size_t note_count;
    osl_missing_word missing[OSL_PLAN_NOTES_MAX];
    size_t missing_count;
    osl_hit *hits;
    size_t hit_count;
    uint64_t count, documents;
    osl_text plan_text;
    osl_meeting *meetings;
    size_t meeting_count;
    const osl_facet *facets[OSL_FACET_KINDS];
    size_t facet_counts[OSL_FACET_KINDS];
};

/* Summed length of the titles of all live paragraphs, a title once for each of
 * its paragraphs; counted once. */
OSL_MUST_CHECK osl_status osl_searcher_title_length(
    const osl_searcher *searcher, uint64_t *out, osl_error *err);
/* The live paragraph DOCUMENT#N, or the first one of a document;
 * OSL_ENOTFOUND with words. */
OSL_MUST_CHECK osl_status osl_find_paragraph(const osl_index *index,
                                             osl_text what, uint32_t *segment,
                                             uint32_t *paragraph,
                                             osl_error *err);
/* An empty answer. */
OSL_MUST_CHECK osl_status osl_answer_new(osl_answer **out, osl_error *err);
/* Copies what there is to say about a query. */
OSL_MUST_CHECK osl_status osl_answer_keep(osl_answer *answer,
                                          const osl_plan *plan, osl_error *err);
/* What its document is, and which of its paragraphs this is. */
OSL_MUST_CHECK osl_status osl_answer_fill_bare(osl_answer *answer,
                                               const osl_segment *segment,
                                               uint32_t paragraph, osl_hit *hit,
                                               uint32_t *section,
                                               osl_error *err);
/* Everything about a paragraph but what matched. */
OSL_MUST_CHECK osl_status osl_answer_fill(osl_answer *answer,
                                          const osl_segment *segment,
                                          uint32_t paragraph, osl_hit *hit,
                                          osl_error *err);

#endif
