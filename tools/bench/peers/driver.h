/* SPDX-License-Identifier: MIT
 *
 * What the drivers in C and C++ share: records and queries from standard
 * input, rounds of queries, their times. The contract is in README.md. */
#ifndef OSL_BENCH_PEERS_DRIVER_H
#define OSL_BENCH_PEERS_DRIVER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_CLAUSES = 256, MOST_WORDS = 64, MOST_FOUND = 100, IDS_SHOWN = 10 };

static void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* ---- records ------------------------------------------------------------ */

/* The next record: *id and *text, both borrowed until the next call. */
static int next_record(const char **id, const char **text)
{
    static char *record;
    static size_t room;
    while (getdelim(&record, &room, 0x1E, stdin) > 0) {
        char *middle = strchr(record, 0x1F);
        if (!middle)
            continue;
        *middle++ = '\0';
        middle[strcspn(middle, "\x1E")] = '\0';
        *id = record;
        *text = middle;
        return 1;
    }
    return 0;
}

/* ---- queries ------------------------------------------------------------ */

typedef struct clause {
    char sign; /* '+' required, '-' forbidden, '|' wanted */
    const char *words[MOST_WORDS];
    int count; /* several: a phrase */
} clause;

typedef struct query {
    clause *clauses;
    int count;
    double *times; /* by round, in microseconds */
} query;

typedef struct found {
    long ids[MOST_FOUND]; /* the engine's own numbers, best first */
    int count;
    long total; /* of all matches, where it was asked for */
} found;

/* What a driver does: a search for the best k (0: none), and for the number
 * of all matches; the id of what was found. */
typedef struct engine {
    void (*search)(void *self, const query *of, int k, int count, found *out);
    const char *(*id)(void *self, long number);
    void *self;
} engine;

static void read_clause(clause *to, char *text)
{
    to->sign = *text;
    to->count = 0;
    for (char *word = strtok(text + 1, " "); word; word = strtok(NULL, " ")) {
        if (to->count == MOST_WORDS)
            give_up(word, "too long a phrase");
        to->words[to->count++] = word;
    }
}

/* A query of the line, which it keeps. */
static query read_query(char *line, int rounds)
{
    query q = {(clause *)calloc(MOST_CLAUSES, sizeof(clause)), 0,
               (double *)calloc((size_t)rounds, sizeof(double))};
    if (!q.clauses || !q.times)
        give_up("queries", "out of memory");
    for (char *end; line; line = end) {
        end = strchr(line, '\t');
        if (end)
            *end++ = '\0';
        if (q.count == MOST_CLAUSES)
            give_up(line, "too many clauses");
        read_clause(&q.clauses[q.count++], line);
    }
    return q;
}

static int read_queries(query **out, int rounds)
{
    query *queries = NULL;
    char *line = NULL;
    size_t room = 0;
    int count = 0;
    while (getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        queries =
            (query *)realloc(queries, (size_t)(count + 1) * sizeof(query));
        if (!queries)
            give_up("queries", "out of memory");
        queries[count++] = read_query(strdup(line), rounds);
    }
    free(line);
    *out = queries;
    return count;
}

/* ---- rounds ------------------------------------------------------------- */

static double now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare_times(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_result(const engine *by, const query *of, int rounds,
                         const found *result, int count)
{
    qsort(of->times, (size_t)rounds, sizeof(double), compare_times);
    printf("%.2f\t", (of->times[(rounds - 1) / 2] + of->times[rounds / 2]) / 2);
    if (count)
        printf("%ld", result->total);
    else
        printf("-");
    for (int i = 0; i < result->count && i < IDS_SHOWN; i++)
        printf("%c%s", i ? ' ' : '\t', by->id(by->self, result->ids[i]));
    printf("\n");
}

static int number_of(const char *digits)
{
    return (int)strtol(digits, NULL, 10);
}

/* query FOLDER K COUNT WARM ROUNDS, the folder being open. */
static void run_queries(const engine *by, char **arguments)
{
    int k = number_of(arguments[3]), count = number_of(arguments[4]);
    int warm = number_of(arguments[5]), rounds = number_of(arguments[6]);
    query *queries;
    int n = read_queries(&queries, rounds);
    found *results = (found *)calloc((size_t)n + 1, sizeof(found));
    if (!results || rounds < 1 || k > MOST_FOUND)
        give_up("query", "no memory, no round, or too many hits");
    for (int round = -warm; round < rounds; round++) {
        for (int i = 0; i < n; i++) {
            double start = now_us();
            by->search(by->self, &queries[i], k, count, &results[i]);
            if (round >= 0)
                queries[i].times[round] = now_us() - start;
        }
    }
    for (int i = 0; i < n; i++) {
        print_result(by, &queries[i], rounds, &results[i], count);
        free(queries[i].clauses);
        free(queries[i].times);
    }
    free(queries);
    free(results);
}

/* Whether the command is index FOLDER ANALYSIS; if not, it is query …. */
static int is_index(int count, char **arguments)
{
    if (count == 4 && strcmp(arguments[1], "index") == 0)
        return 1;
    if (count != 7 || strcmp(arguments[1], "query") != 0)
        give_up(arguments[0], "index FOLDER english|blanks, or "
                              "query FOLDER K COUNT WARM ROUNDS");
    return 0;
}

#endif
