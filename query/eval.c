/* SPDX-License-Identifier: MIT
 *
 * Both kinds of file become one sorted array of entries: judgements by
 * (query, document), so that a document's is found by bisection; a run by
 * (query, score falling, document falling), which is the order to measure. */
#include "query/eval.h"

#include "core/base/buf.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    osl_text query, document;
    double value; /* score or judgement */
} entry;

struct osl_ranking_file {
    entry *entries;
    size_t count, capacity;
};

/* ---- reading ----------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next run of other bytes than blanks in [*at, end). */
static osl_text next_field(const char **at, const char *end)
{
    while (*at < end && is_blank(**at))
        ++*at;
    osl_text field = {*at, 0};
    while (*at < end && !is_blank(**at))
        ++*at;
    field.length = (size_t)(*at - field.bytes);
    return field;
}

static bool read_number(osl_text field, double *out)
{
    char copy[64];
    char *end;
    if (!field.length || field.length >= sizeof copy)
        return false;
    memcpy(copy, field.bytes, field.length);
    copy[field.length] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0' && !isnan(*out);
}

/* Six fields (a run) or four (judgements). */
static bool read_line(const char *at, const char *end, bool run, entry *out)
{
    osl_text fields[6];
    size_t wanted = run ? 6 : 4;
    for (size_t i = 0; i < wanted; i++) {
        fields[i] = next_field(&at, end);
        if (!fields[i].length)
            return false;
    }
    out->query = fields[0];
    out->document = fields[2];
    return read_number(fields[run ? 4 : 3], &out->value);
}

static osl_status read_entries(osl_ranking_file *file, osl_text bytes, bool run,
                               const char *name, osl_error *err)
{
    const char *at = bytes.bytes, *end = at + bytes.length;
    for (size_t number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *first = at;
        entry got;
        if (next_field(&first, stop).length) {
            if (!read_line(at, stop, run, &got))
                return osl_fail(err, OSL_ECORRUPT, "%s:%zu: not a line like %s",
                                name, number,
                                run ? "query Q0 document rank score tag"
                                    : "query 0 document judgement");
            if (!osl_grow(&file->entries, &file->capacity, file->count + 1,
                          sizeof *file->entries))
                return osl_fail(err, OSL_ENOMEM, "%s: out of memory", name);
            file->entries[file->count++] = got;
        }
        at = stop + 1;
    }
    return OSL_OK;
}

static int by_document(const void *a, const void *b)
{
    const entry *left = a, *right = b;
    int order = osl_text_compare(left->query, right->query);
    return order ? order : osl_text_compare(left->document, right->document);
}

static int by_score(const void *a, const void *b)
{
    const entry *left = a, *right = b;
    int order = osl_text_compare(left->query, right->query);
    if (order)
        return order;
    if (left->value != right->value)
        return left->value > right->value ? -1 : 1;
    return osl_text_compare(right->document, left->document);
}

static osl_status refuse_twice(const osl_ranking_file *file, const char *name,
                               osl_error *err)
{
    for (size_t i = 1; i < file->count; i++) {
        const entry *at = &file->entries[i];
        if (by_document(at - 1, at) == 0)
            return osl_fail(err, OSL_ECORRUPT,
                            "%s: document %.*s stands twice in query %.*s",
                            name, (int)at->document.length, at->document.bytes,
                            (int)at->query.length, at->query.bytes);
    }
    return OSL_OK;
}

static void sort_entries(osl_ranking_file *file,
                         int (*order)(const void *, const void *))
{
    if (file->count)
        qsort(file->entries, file->count, sizeof *file->entries, order);
}

static osl_status read_file(osl_ranking_file **out, osl_text bytes, bool run,
                            const char *name, osl_error *err)
{
    osl_ranking_file *file = calloc(1, sizeof *file);
    if (!file)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", name);
    osl_status status = read_entries(file, bytes, run, name, err);
    sort_entries(file, by_document);
    if (status == OSL_OK)
        status = refuse_twice(file, name, err);
    if (status != OSL_OK) {
        osl_ranking_file_free(file);
        return status;
    }
    if (run)
        sort_entries(file, by_score);
    *out = file;
    return OSL_OK;
}

osl_status osl_judgements_read(osl_ranking_file **out, osl_text bytes,
                               const char *name, osl_error *err)
{
    return read_file(out, bytes, false, name, err);
}

osl_status osl_run_read(osl_ranking_file **out, osl_text bytes,
                        const char *name, osl_error *err)
{
    return read_file(out, bytes, true, name, err);
}

void osl_ranking_file_free(osl_ranking_file *file)
{
    if (!file)
        return;
    free(file->entries);
    free(file);
}

/* ---- names ------------------------------------------------------------- */

static const struct {
    const char *name;
    osl_measure_kind kind;
    bool has_cut, is_count;
} names[] = {
    {"num_q", OSL_MEASURE_NUM_Q, false, true},
    {"num_ret", OSL_MEASURE_NUM_RET, false, true},
    {"num_rel", OSL_MEASURE_NUM_REL, false, true},
    {"num_rel_ret", OSL_MEASURE_NUM_REL_RET, false, true},
    {"map", OSL_MEASURE_MAP, false, false},
    {"ndcg", OSL_MEASURE_NDCG, false, false},
    {"ndcg_cut", OSL_MEASURE_NDCG_CUT, true, false},
    {"P", OSL_MEASURE_P, true, false},
    {"recall", OSL_MEASURE_RECALL, true, false},
    {"recip_rank", OSL_MEASURE_RECIP_RANK, false, false},
    {"bpref", OSL_MEASURE_BPREF, false, false},
    {"Rprec", OSL_MEASURE_RPREC, false, false},
};
enum { NAME_COUNT = sizeof names / sizeof *names };

static const uint32_t usual_cuts[] = {5, 10, 15, 20, 30, 100, 200, 500, 1000};

bool osl_measure_is_count(osl_measure measure)
{
    return names[measure.kind].is_count;
}

const char *osl_measure_name(osl_measure measure,
                             char out[OSL_MEASURE_NAME_SIZE])
{
    const char *name = names[measure.kind].name;
    if (names[measure.kind].has_cut)
        (void)snprintf(out, OSL_MEASURE_NAME_SIZE, "%s_%u", name, measure.cut);
    else
        (void)snprintf(out, OSL_MEASURE_NAME_SIZE, "%s", name);
    return out;
}

static osl_status add_measure(osl_measure *measures, size_t *count,
                              osl_measure_kind kind, uint32_t cut,
                              osl_error *err)
{
    if (*count >= OSL_MEASURES_MAX)
        return osl_fail(err, OSL_ELIMIT, "at most %d measures at once",
                        OSL_MEASURES_MAX);
    measures[(*count)++] = (osl_measure){kind, cut};
    return OSL_OK;
}

/* "5,10" */
static osl_status add_cuts(osl_measure *measures, size_t *count,
                           osl_measure_kind kind, const char *cuts,
                           osl_error *err)
{
    osl_status status = OSL_OK;
    while (status == OSL_OK && cuts) {
        char *end;
        unsigned long cut = strtoul(cuts, &end, 10);
        if (end == cuts || cut == 0 || cut > 1000000000 ||
            (*end && *end != ','))
            return osl_fail(err, OSL_EINVAL,
                            "'%s' is no list of depths as 5,10", cuts);
        status = add_measure(measures, count, kind, (uint32_t)cut, err);
        cuts = *end ? end + 1 : NULL;
    }
    return status;
}

static osl_status add_usual_cuts(osl_measure *measures, size_t *count,
                                 osl_measure_kind kind, osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0;
         status == OSL_OK && i < sizeof usual_cuts / sizeof *usual_cuts; i++)
        status = add_measure(measures, count, kind, usual_cuts[i], err);
    return status;
}

osl_status osl_measure_read(osl_measure measures[OSL_MEASURES_MAX],
                            size_t *count, const char *name, osl_error *err)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        size_t length = strlen(names[i].name);
        if (strncmp(name, names[i].name, length) != 0)
            continue;
        const char *rest = name + length;
        if (!*rest && names[i].has_cut)
            return add_usual_cuts(measures, count, names[i].kind, err);
        if (!*rest)
            return add_measure(measures, count, names[i].kind, 0, err);
        if (names[i].has_cut && (*rest == '.' || *rest == '_') &&
            rest[1] >= '0' && rest[1] <= '9')
            return add_cuts(measures, count, names[i].kind, rest + 1, err);
    }
    return osl_fail(err, OSL_EINVAL,
                    "there is no measure '%s'; there are num_q num_ret num_rel "
                    "num_rel_ret map ndcg ndcg_cut.K P.K recall.K recip_rank "
                    "bpref Rprec",
                    name);
}

size_t osl_measure_usual(osl_measure measures[OSL_MEASURES_MAX])
{
    static const osl_measure usual[] = {
        {OSL_MEASURE_NUM_Q, 0},      {OSL_MEASURE_NUM_RET, 0},
        {OSL_MEASURE_NUM_REL, 0},    {OSL_MEASURE_NUM_REL_RET, 0},
        {OSL_MEASURE_MAP, 0},        {OSL_MEASURE_NDCG, 0},
        {OSL_MEASURE_NDCG_CUT, 10},  {OSL_MEASURE_P, 5},
        {OSL_MEASURE_P, 10},         {OSL_MEASURE_RECALL, 100},
        {OSL_MEASURE_RECIP_RANK, 0}, {OSL_MEASURE_BPREF, 0},
        {OSL_MEASURE_RPREC, 0},
    };
    memcpy(measures, usual, sizeof usual);
    return sizeof usual / sizeof *usual;
}

/* ---- measuring one query ----------------------------------------------- */

#define NOT_JUDGED (-1.0)

typedef struct judged_query {
    const double *judged; /* of each hit in order; NOT_JUDGED where not */
    size_t count;
    const double *ideal; /* gains of the relevant, falling */
    size_t relevant;
    size_t irrelevant; /* judged 0 */
} judged_query;

static size_t found_in(const judged_query *q, size_t depth)
{
    size_t found = 0;
    for (size_t i = 0; i < q->count && i < depth; i++)
        found += q->judged[i] > 0;
    return found;
}

static double average_precision(const judged_query *q)
{
    double sum = 0;
    size_t found = 0;
    for (size_t i = 0; i < q->count; i++)
        if (q->judged[i] > 0)
            sum += (double)++found / (double)(i + 1);
    return sum / (double)q->relevant;
}

static double gain(const double *gains, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        if (gains[i] > 0)
            sum += gains[i] / log2((double)(i + 2));
    return sum;
}

static double ndcg(const judged_query *q, size_t depth)
{
    return gain(q->judged, q->count < depth ? q->count : depth) /
           gain(q->ideal, q->relevant < depth ? q->relevant : depth);
}

static double reciprocal_rank(const judged_query *q)
{
    for (size_t i = 0; i < q->count; i++)
        if (q->judged[i] > 0)
            return 1 / (double)(i + 1);
    return 0;
}

static double lesser(size_t a, size_t b)
{
    return (double)(a < b ? a : b);
}

static double bpref(const judged_query *q)
{
    double sum = 0;
    size_t above = 0; /* judged not relevant, seen so far */
    for (size_t i = 0; i < q->count; i++) {
        if (q->judged[i] > 0)
            sum += above ? 1 - lesser(above, q->relevant) /
                                   lesser(q->irrelevant, q->relevant)
                         : 1;
        else
            above += q->judged[i] == 0;
    }
    return sum / (double)q->relevant;
}

static double measure_counts(const judged_query *q, osl_measure measure)
{
    switch (measure.kind) {
    case OSL_MEASURE_NUM_Q:
        return 1;
    case OSL_MEASURE_NUM_RET:
        return (double)q->count;
    case OSL_MEASURE_NUM_REL:
        return (double)q->relevant;
    default:
        return (double)found_in(q, q->count);
    }
}

static double measure_query(const judged_query *q, osl_measure measure)
{
    double relevant = (double)q->relevant;
    if (osl_measure_is_count(measure))
        return measure_counts(q, measure);
    if (!q->relevant)
        return 0;
    switch (measure.kind) {
    case OSL_MEASURE_MAP:
        return average_precision(q);
    case OSL_MEASURE_NDCG:
        return ndcg(q, SIZE_MAX);
    case OSL_MEASURE_NDCG_CUT:
        return ndcg(q, measure.cut);
    case OSL_MEASURE_P:
        return (double)found_in(q, measure.cut) / measure.cut;
    case OSL_MEASURE_RECALL:
        return (double)found_in(q, measure.cut) / relevant;
    case OSL_MEASURE_RECIP_RANK:
        return reciprocal_rank(q);
    case OSL_MEASURE_BPREF:
        return bpref(q);
    default:
        return (double)found_in(q, q->relevant) / relevant;
    }
}

/* ---- all queries ------------------------------------------------------- */

/* Entries of one query: [first, end). */
typedef struct group {
    size_t first, end;
} group;

static group group_at(const osl_ranking_file *file, size_t first)
{
    group got = {first, first + 1};
    while (got.end < file->count && osl_text_equal(file->entries[got.end].query,
                                                   file->entries[first].query))
        got.end++;
    return got;
}

typedef struct evaluation {
    const osl_evaluation *what;
    double *summary;
    size_t queries;
    double *scratch; /* judgements of a run's query, then ideal gains */
    size_t scratch_capacity;
} evaluation;

static int falling(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left < right) - (left > right);
}

static double judgement_of(const evaluation *e, group judged,
                           const entry *wanted)
{
    const entry *found =
        bsearch(wanted, e->what->judgements->entries + judged.first,
                judged.end - judged.first, sizeof *wanted, by_document);
    /* trec_eval takes negative judgements for none. */
    return found && found->value >= 0 ? found->value : NOT_JUDGED;
}

static void fill_ideal(const evaluation *e, group judged, double *ideal,
                       judged_query *q)
{
    for (size_t i = judged.first; i < judged.end; i++) {
        double value = e->what->judgements->entries[i].value;
        if (value > 0)
            ideal[q->relevant++] = value;
        else
            q->irrelevant += value == 0;
    }
    qsort(ideal, q->relevant, sizeof *ideal, falling);
    q->ideal = ideal;
}

static osl_status evaluate_query(evaluation *e, group judged, group ranked,
                                 osl_error *err)
{
    size_t hits = ranked.end - ranked.first;
    /* One more, so that there is room to point at where there is none. */
    if (!osl_grow(&e->scratch, &e->scratch_capacity,
                  hits + judged.end - judged.first + 1, sizeof *e->scratch))
        return osl_fail(err, OSL_ENOMEM, "out of memory");
    assert(e->scratch);
    double values[OSL_MEASURES_MAX];
    judged_query q = {.judged = e->scratch, .count = hits};
    for (size_t i = 0; i < hits; i++)
        e->scratch[i] =
            judgement_of(e, judged, &e->what->run->entries[ranked.first + i]);
    fill_ideal(e, judged, e->scratch + hits, &q);
    for (size_t i = 0; i < e->what->measure_count; i++) {
        values[i] = measure_query(&q, e->what->measures[i]);
        e->summary[i] += values[i];
    }
    e->queries++;
    if (e->what->each)
        e->what->each(e->what->user,
                      e->what->judgements->entries[judged.first].query, values);
    return OSL_OK;
}

static void finish(evaluation *e)
{
    for (size_t i = 0; i < e->what->measure_count; i++) {
        if (e->what->measures[i].kind == OSL_MEASURE_NUM_Q)
            e->summary[i] = (double)e->queries;
        else if (!osl_measure_is_count(e->what->measures[i]))
            e->summary[i] = e->queries ? e->summary[i] / (double)e->queries : 0;
    }
}

/* Both files are sorted by query: one walk through both. */
static osl_status walk(evaluation *e, osl_error *err)
{
    size_t at = 0;
    osl_status status = OSL_OK;
    for (size_t first = 0;
         status == OSL_OK && first < e->what->judgements->count;) {
        group judged = group_at(e->what->judgements, first);
        osl_text query = e->what->judgements->entries[first].query;
        while (at < e->what->run->count &&
               osl_text_compare(e->what->run->entries[at].query, query) < 0)
            at++;
        bool answered = at < e->what->run->count &&
                        osl_text_equal(e->what->run->entries[at].query, query);
        if (answered || e->what->complete)
            status = evaluate_query(
                e, judged,
                answered ? group_at(e->what->run, at) : (group){at, at}, err);
        first = judged.end;
    }
    finish(e);
    return status;
}

osl_status osl_evaluate(const osl_evaluation *what, double *summary,
                        osl_error *err)
{
    evaluation e = {.what = what, .summary = summary};
    for (size_t i = 0; i < what->measure_count; i++)
        summary[i] = 0;
    osl_status status = walk(&e, err);
    free(e.scratch);
    return status;
}
