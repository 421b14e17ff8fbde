/* SPDX-License-Identifier: MIT
 *
 * Measures of ranked answers, with trec_eval's definitions (Buckley; bpref:
 * Buckley & Voorhees 2004; nDCG: Järvelin & Kekäläinen 2002): a query's hits
 * in order of falling score, equal scores by falling document id (bytes); the
 * rank written in a run is not read. Relevant is a judgement of 1 or more;
 * the gain of nDCG is the judgement itself.
 *
 * Threads: judgements and runs are immutable once read. */
#ifndef OSL_QUERY_EVAL_H
#define OSL_QUERY_EVAL_H

#include "core/core.h"

typedef enum osl_measure_kind {
    OSL_MEASURE_NUM_Q,
    OSL_MEASURE_NUM_RET,
    OSL_MEASURE_NUM_REL,
    OSL_MEASURE_NUM_REL_RET,
    OSL_MEASURE_MAP,
    OSL_MEASURE_NDCG,
    OSL_MEASURE_NDCG_CUT, /* has a cut: ndcg_cut_10 */
    OSL_MEASURE_P,        /* has a cut */
    OSL_MEASURE_RECALL,   /* has a cut */
    OSL_MEASURE_RECIP_RANK,
    OSL_MEASURE_BPREF,
    OSL_MEASURE_RPREC
} osl_measure_kind;

typedef struct osl_measure {
    osl_measure_kind kind;
    uint32_t cut; /* 0 where the kind has none */
} osl_measure;

#define OSL_MEASURES_MAX 64

/* Appends what `name` asks for ("map", "P.5,10", "ndcg_cut_10", "P": its
 * usual cuts) to measures[*count]. OSL_EINVAL for another word, OSL_ELIMIT
 * over OSL_MEASURES_MAX. */
OSL_MUST_CHECK osl_status
osl_measure_read(osl_measure measures[OSL_MEASURES_MAX], size_t *count,
                 const char *name, osl_error *err);
/* The measures shown without any asked for. */
size_t osl_measure_usual(osl_measure measures[OSL_MEASURES_MAX]);
/* "ndcg_cut_10" into `out`, which it returns. */
#define OSL_MEASURE_NAME_SIZE 32
const char *osl_measure_name(osl_measure measure,
                             char out[OSL_MEASURE_NAME_SIZE]);
/* Whether the value is a number of things and its summary a sum. */
bool osl_measure_is_count(osl_measure measure);

/* Judgements, lines "query iteration document judgement", or a run, lines
 * "query Q0 document rank score tag". `bytes` are borrowed until the free;
 * `name` is for words. Lines that are not so, and a document twice in one
 * query, are OSL_ECORRUPT with the line. */
typedef struct osl_ranking_file osl_ranking_file;
OSL_MUST_CHECK osl_status osl_judgements_read(osl_ranking_file **out,
                                              osl_text bytes, const char *name,
                                              osl_error *err);
OSL_MUST_CHECK osl_status osl_run_read(osl_ranking_file **out, osl_text bytes,
                                       const char *name, osl_error *err);
void osl_ranking_file_free(osl_ranking_file *file); /* NULL is fine */

/* What is to be measured. */
typedef struct osl_evaluation {
    const osl_ranking_file *judgements, *run;
    const osl_measure *measures;
    size_t measure_count;
    bool complete; /* all judged queries, also those that the run lacks */
    /* NULL, or called for every query in order of ids (bytes), with one value
     * a measure. */
    void (*each)(void *user, osl_text query, const double *values);
    void *user;
} osl_evaluation;

/* Measures every query that is judged and in the run; then fills summary[],
 * one a measure: sums of counts, means of the others, over those queries. */
OSL_MUST_CHECK osl_status osl_evaluate(const osl_evaluation *what,
                                       double *summary, osl_error *err);

#endif
