/* SPDX-License-Identifier: MIT
 *
 * Ranked search over an index folder.
 *
 *     text ──language──▶ tree ──plan──▶ cursors ──match & score──▶ top k
 *                                                     └──▶ hits, snippets
 *
 * What a call gives by `out` is the caller's, to be ended with the free() of
 * its kind, which takes NULL; where the call fails, there is nothing to end.
 * Whoever takes a searcher borrows it: free it last.
 *
 * Threads: an osl_searcher is shared by any number of threads; an
 * osl_answer belongs to one. */
#ifndef OSL_QUERY_QUERY_H
#define OSL_QUERY_QUERY_H

#include "core/core.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* libosler's symbols */

typedef struct osl_searcher osl_searcher;

/* Opens the newest generation (or `generation` where not 0, or the one that is
 * being prepared: OSL_GENERATION_PREPARED) of the index folder `path`, which is
 * copied. OSL_ENOTFOUND: no index, or no such generation; OSL_EVERSION: of a
 * newer format; OSL_ECORRUPT. */
OSL_MUST_CHECK osl_status osl_searcher_open(osl_searcher **out,
                                            const char *path,
                                            uint64_t generation,
                                            osl_error *err);
void osl_searcher_free(osl_searcher *searcher);
/* A newer generation has been published: *out is a searcher of it, to be used
 * and freed instead of `searcher` (whose answers stay good until it is freed,
 * when its last thread is done). Nothing newer: *out is NULL, at the cost of
 * reading a small file. */
OSL_MUST_CHECK osl_status osl_searcher_refresh(osl_searcher **out,
                                               const osl_searcher *searcher,
                                               osl_error *err);
/* NULL, or what a person should know (an older generation was opened). */
const char *osl_searcher_note(const osl_searcher *searcher);

typedef enum osl_ranking {
    OSL_RANKING_DEFAULT = 0, /* fields, phrases, proximity, typed form */
    OSL_RANKING_BM25 = 1     /* one bag of title and text, nothing else */
} osl_ranking;

/* What a ranking is made of, for measurements (docs/QUERY.md, "Parts of the
 * ranking"). */
enum {
    OSL_PART_FIELDS = 1,           /* text, title, section each by itself */
    OSL_PART_BAG = 2,              /* title and text as one, titles weighing */
    OSL_PART_CLOSENESS = 4,        /* of neighbouring words; with fields only */
    OSL_PART_TYPED_FORM = 8,       /* before others of its stem; the same */
    OSL_PART_BURST = 16,           /* words that come often where they come */
    OSL_PART_APART = 32,           /* words with a hyphen, by their tokens */
    OSL_PART_REPEATS = 64,         /* less for a word typed again */
    OSL_PART_FUNCTION_WORDS = 128, /* left out beside others */
    OSL_PART_LETTERS = 256,        /* alone count half */
    OSL_PART_EXPANSION = 512,      /* spellings and abbreviations */
    OSL_PART_FEEDBACK = 1024,      /* words that the best hits share */
    OSL_PART_WIDENING = 2048,      /* feedback finds more where few match */
    OSL_PART_ALIKE = 4096          /* alike hits lend for what is lacking */
};
/* The parts that a list such as "bag,feedback" names; OSL_EINVAL with the
 * names there are. */
OSL_MUST_CHECK osl_status osl_ranking_parts(osl_text list, uint32_t *out,
                                            osl_error *err);
/* The name of bit n; NULL behind the last. */
const char *osl_ranking_part_name(unsigned n);

typedef enum osl_sort {
    OSL_SORT_RELEVANCE = 0, /* score, then document id, then paragraph */
    OSL_SORT_DATE = 1       /* the newest first, then as by relevance */
} osl_sort;

typedef struct osl_search_options {
    size_t k;         /* hits wanted; 10 */
    size_t offset;    /* hits to skip */
    bool want_count;  /* exact number of matching paragraphs */
    bool by_document; /* the best paragraph of each document */
    bool want_facets; /* and with them an exact count */
    osl_sort sort;
    osl_ranking ranking;
    double k1, b;           /* b to 1; negative: the ranking's default */
    uint32_t with, without; /* parts beside the ranking's own; left out */
    bool no_proximity, no_expand;
    bool feedback;          /* also look for words that the best hits share */
    const char *like;       /* DOCUMENT#N: and for those of this paragraph */
    bool strict;            /* refuse what is not syntax */
    unsigned snippet_words; /* 0: no snippets */
    bool explain;
    /* Hits without headings, evidence, citations, text and what follows from
     * it, no spellings nearest to missing words: for batches. */
    bool bare;
    bool exhaustive; /* score every match: the twin, for tests */
} osl_search_options;

/* k 10, count wanted, snippets of 40 words, the rest off. */
extern const osl_search_options osl_search_defaults;

/* Byte offsets into the hit's text; rising, not overlapping; a phrase is one. */
typedef struct osl_span {
    uint32_t start, end;
} osl_span;

/* Everything borrowed until the answer is freed. */
typedef struct osl_hit {
    osl_text id;        /* DOCUMENT#N, or the record's own */
    osl_text document;  /* its id */
    uint32_t paragraph; /* N, from 1 */
    uint32_t score;     /* fixed point, 16 fractional bits */
    osl_text title, url, updated, audience, language, source;
    uint32_t line;
    uint8_t kind;             /* osl_paragraph_kind */
    const osl_text *sections; /* headings above it, outermost first */
    size_t section_count;
    const osl_text *evidence, *citations;
    size_t evidence_count, citation_count;
    osl_text text;              /* empty where texts are not stored */
    const osl_span *highlights; /* into text: what matched, by position */
    size_t highlight_count;
    osl_span snippet;         /* the window of text that shows the most */
    bool cut_left, cut_right; /* text goes on there */
    osl_text explanation;     /* with options.explain; ends in a line feed */
} osl_hit;

typedef struct osl_answer osl_answer;

/* Any text is a query unless options.strict (OSL_EINVAL: what is no syntax, and
 * where); a query that says nothing is OSL_OK with no hit and a note.
 * `options`: never NULL; begin with osl_search_defaults. OSL_EINVAL, too: k1 or
 * b out of their bounds; OSL_ENOTFOUND: the paragraph of options.like;
 * OSL_ELIMIT: a query over 4 GiB. */
OSL_MUST_CHECK osl_status osl_search(const osl_searcher *searcher,
                                     osl_text query,
                                     const osl_search_options *options,
                                     osl_answer **out, osl_error *err);
void osl_answer_free(osl_answer *answer);

size_t osl_answer_hit_count(const osl_answer *answer);
const osl_hit *osl_answer_hit(const osl_answer *answer, size_t n);
/* Matching paragraphs; exact with want_count, else at least the hits. */
uint64_t osl_answer_count(const osl_answer *answer);
/* Documents that have a matching paragraph; exact with want_count, else 0. */
uint64_t osl_answer_document_count(const osl_answer *answer);
/* "HSCT (or \"hematopoietic …\") relapse": empty where nothing was added. */
osl_text osl_answer_read_as(const osl_answer *answer);
/* The n-th note on what was read differently; NULL behind the last. */
const char *osl_answer_note(const osl_answer *answer, size_t n);
/* With options.explain: tree and plan, lines of text. */
osl_text osl_answer_plan(const osl_answer *answer);
/* A typed word that occurs nowhere and its nearest spelling (may be empty):
 * the n-th; false behind the last. */
bool osl_answer_missing(const osl_answer *answer, size_t n, osl_text *word,
                        osl_text *nearest);

/* Where no paragraph has all of what must match, or of the words of a phrase
 * that is the whole query, or of two or three plain words: in how many each
 * stands, and each two of them together. At most six are looked at. */
typedef struct osl_meeting {
    osl_text first, second; /* as typed; second empty: the first alone */
    uint64_t count;         /* paragraphs */
    osl_text best;          /* id of the best of them; empty: none */
} osl_meeting;
/* The n-th: each alone first, then two at a time; NULL behind the last.
 * Borrowed until the answer is freed; never with options.bare or k 0. */
const osl_meeting *osl_answer_meeting(const osl_answer *answer, size_t n);

/* Facets: how many of the matching paragraphs have which evidence level,
 * audience, document, year of update. Evidence in words ("Strong
 * recommendation") is one value in whatever case, shown as it is written most
 * often; a code (2a) is its bytes. */
typedef enum osl_facet_kind {
    OSL_FACET_EVIDENCE = 0, /* a paragraph of two levels counts for both */
    OSL_FACET_AUDIENCE = 1,
    OSL_FACET_DOCUMENT = 2,
    OSL_FACET_YEAR = 3
} osl_facet_kind;
#define OSL_FACET_KINDS 4

typedef struct osl_facet {
    osl_text value; /* as printed; a document's id */
    osl_text title; /* of a document; else empty */
    uint64_t count; /* matching paragraphs */
} osl_facet;
/* The n-th value of a kind by falling count, then by bytes; borrowed until
 * the answer is freed; NULL behind the last, and without
 * options.want_facets. */
const osl_facet *osl_answer_facet(const osl_answer *answer, osl_facet_kind kind,
                                  size_t n);

typedef struct osl_searcher_info {
    uint64_t generation, paragraphs, documents, segments;
    uint64_t terms, postings, bytes_text, bytes_index;
    osl_text newest; /* latest updated date of all documents; may be empty */
    const char *language;
    unsigned store, pairs; /* osl_store, osl_pairs of indexer.h */
    bool fold_acronyms;
} osl_searcher_info;
OSL_MUST_CHECK osl_status osl_searcher_get_info(const osl_searcher *searcher,
                                                osl_searcher_info *out,
                                                osl_error *err);

/* The same but for `terms`, which is 0: that takes a walk through the
 * dictionaries where there are several segments. */
OSL_MUST_CHECK osl_status osl_searcher_get_brief(const osl_searcher *searcher,
                                                 osl_searcher_info *out,
                                                 osl_error *err);

/* What bytes_index are of: calls `each` for every part, by falling size. Names
 * are those of sections in docs/FORMAT.md, and live for ever. */
void osl_searcher_parts(const osl_searcher *searcher,
                        void (*each)(void *user, const char *name,
                                     uint64_t bytes),
                        void *user);

/* A document or one paragraph of it: `what` is DOCUMENT, DOCUMENT#N or a
 * record's id; `context` more paragraphs on each side. Hits in reading order
 * with score 0. OSL_ENOTFOUND. */
OSL_MUST_CHECK osl_status osl_show(const osl_searcher *searcher, osl_text what,
                                   unsigned context, osl_answer **out,
                                   osl_error *err);

/* When paragraphs came. One thread's; the searcher outlives it. */
typedef struct osl_history osl_history;
OSL_MUST_CHECK osl_status osl_history_open(osl_history **out,
                                           const osl_searcher *searcher,
                                           osl_error *err);
void osl_history_free(osl_history *history); /* NULL is fine */
/* Of a hit of that searcher: when the generations were published that had it
 * first, and its text as it is, in microseconds since 1970. False, with 0,
 * where that cannot be told (the file that says so is damaged). */
bool osl_history_get(osl_history *history, const osl_hit *hit,
                     uint64_t *first_seen_us, uint64_t *changed_us);

/* Most frequent terms of text that begin with `prefix`, falling by df: calls
 * `each` for at most `limit`. */
OSL_MUST_CHECK osl_status osl_searcher_terms(
    const osl_searcher *searcher, osl_text prefix, size_t limit,
    void (*each)(void *user, osl_text term, uint64_t df, uint64_t cf),
    void *user, osl_error *err);

/* ---- completions ------------------------------------------------------- */

typedef enum osl_suggestion_kind {
    OSL_SUGGESTION_WORD = 0,    /* the commonest of its forms that fits */
    OSL_SUGGESTION_PHRASE = 1,  /* the words typed, and one that ends them */
    OSL_SUGGESTION_HEADING = 2, /* as it stands in a document */
    OSL_SUGGESTION_TITLE = 3
} osl_suggestion_kind;

typedef struct osl_suggestion {
    osl_text text;
    osl_suggestion_kind kind;
    /* Paragraphs that hold the word (in any form) or match the phrase; that
     * stand below headings or titles of this text. Never 0. */
    uint64_t count;
} osl_suggestion;

typedef struct osl_suggestions osl_suggestions;

/* The k best completions of `prefix`, whose last word may be cut anywhere; by
 * falling count, then by bytes. A phrase's last word is sought among the 256
 * most frequent that fit. Nothing typed has no completion. */
OSL_MUST_CHECK osl_status osl_suggest(const osl_searcher *searcher,
                                      osl_text prefix, size_t k,
                                      osl_suggestions **out, osl_error *err);
void osl_suggestions_free(osl_suggestions *suggestions); /* NULL is fine */
/* The n-th; NULL behind the last. */
const osl_suggestion *osl_suggestions_get(const osl_suggestions *suggestions,
                                          size_t n);

/* ---- many queries, ranked only ----------------------------------------- */

/* One thread's memory for searching again and again without snippets: for
 * benchmarks, batches and embedding. */
typedef struct osl_session osl_session;
OSL_MUST_CHECK osl_status osl_session_open(osl_session **out,
                                           const osl_searcher *searcher,
                                           osl_error *err);
void osl_session_free(osl_session *session); /* NULL is fine */

/* A query whose text has been read, for any number of searches of sessions of
 * one searcher. `analysed`: its words are terms of the index already. */
typedef struct osl_prepared osl_prepared;
OSL_MUST_CHECK osl_status osl_prepare(osl_prepared **out,
                                      const osl_searcher *searcher,
                                      osl_text query,
                                      const osl_search_options *options,
                                      bool analysed, osl_error *err);
void osl_prepared_free(osl_prepared *prepared); /* NULL is fine */

typedef struct osl_ranked {
    uint32_t score;              /* fixed point, 16 fractional bits */
    uint32_t segment, paragraph; /* for osl_session_id() */
} osl_ranked;

/* Borrowed until the session's next search. */
typedef struct osl_ranked_list {
    const osl_ranked *items;
    size_t count;
} osl_ranked_list;

/* The best k, the best first; with `count` not NULL also the number of all
 * that match. */
OSL_MUST_CHECK osl_status osl_session_search(osl_session *session,
                                             const osl_prepared *prepared,
                                             size_t k, uint64_t *count,
                                             osl_ranked_list *hits,
                                             osl_error *err);
/* DOCUMENT#N, or the record's own id, of a hit; borrowed until the next
 * call. */
OSL_MUST_CHECK osl_status osl_session_id(osl_session *session,
                                         const osl_ranked *hit, osl_text *id,
                                         osl_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
