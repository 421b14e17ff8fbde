/* SPDX-License-Identifier: MIT
 *
 * osler batch: a file of queries, many at once, answers in the file's order.
 *
 * A ring of slots goes round between one thread that reads lines and writes
 * answers, and many that search:
 *
 *     line ──▶ slot n mod size ──▶ any worker ──▶ slot ──▶ out, in order of n
 *
 * The reader waits for a slot's answer before it fills the slot again, so
 * memory does not grow with the file. */
#include "tools/osler/command.h"

#include "tools/osler/batch.h"
#include "tools/osler/output.h"
#include "tools/osler/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct batch_settings {
    osl_common common;
    osl_request request;
    const char *tag;
    int format, input;
} batch_settings;

#define REQUEST    offsetof(batch_settings, request)
#define AT(member) offsetof(batch_settings, member)

static const osl_option options[] = {
    {"format", 0, "trec|jsonl|tsv", "of the answers (trec)", OSL_OPTION_CHOICE,
     AT(format)},
    {"input", 0, "auto|plain|tsv|jsonl", "form of the queries (auto)",
     OSL_OPTION_CHOICE, AT(input)},
    {"tag", 0, "T", "last field of TREC lines (osler)", OSL_OPTION_TEXT,
     AT(tag)},
    OSL_REQUEST_OPTIONS(REQUEST),
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

enum { SLOTS_PER_WORKER = 8, WORKERS_MAX = 256 };

typedef enum slot_state { SLOT_FREE, SLOT_READY, SLOT_DONE } slot_state;

typedef struct slot {
    slot_state state;
    uint64_t number; /* of the line, from 1 */
    osl_buf line, out;
    osl_question question;
    bool failed;
    osl_error err;
} slot;

typedef struct batch {
    const batch_settings *settings;
    osl_searcher *searcher;
    int form;
    slot *slots;
    size_t slot_count;
    pthread_mutex_t lock;
    pthread_cond_t ready, done;
    uint64_t next; /* the next line for a worker, from 0; under the lock */
    bool finished; /* no more lines come; under the lock */
    uint64_t lines, failures;
    osl_progress progress;
} batch;

/* ---- searching --------------------------------------------------------- */

static osl_status answer_slot(const batch *b, slot *s)
{
    const batch_settings *settings = b->settings;
    osl_answer *answer = NULL;
    osl_status status =
        osl_question_read(&s->question, osl_buf_text(&s->line), s->number,
                          b->form, &settings->request, &s->err);
    if (status != OSL_OK)
        return status;
    osl_search_options how = osl_request_options(&s->question.request);
    how.explain = false;
    if (settings->format != OSL_FORMAT_JSONL) {
        how.want_count = how.want_facets = false;
        how.bare = true;
        how.snippet_words = 0;
    }
    status = osl_search(b->searcher, osl_buf_text(&s->question.query), &how,
                        &answer, &s->err);
    if (status == OSL_OK)
        osl_batch_format(&s->out, settings->format,
                         settings->tag ? settings->tag : "osler", &s->question,
                         answer);
    osl_answer_free(answer);
    return status == OSL_OK ? osl_buf_status(&s->out, "an answer", &s->err)
                            : status;
}

/* Whether the next line waits in its slot. A slot may still hold the line of
 * a round before, which another worker has. */
static bool is_waiting(const batch *b, const slot *s)
{
    return s->state == SLOT_READY && s->number == b->next + 1;
}

/* The next line that waits for a worker; NULL when all are done. */
static slot *take_slot(batch *b)
{
    pthread_mutex_lock(&b->lock);
    slot *s = &b->slots[b->next % b->slot_count];
    while (!b->finished && !is_waiting(b, s)) {
        pthread_cond_wait(&b->ready, &b->lock);
        s = &b->slots[b->next % b->slot_count];
    }
    bool got = is_waiting(b, s);
    b->next += got;
    pthread_mutex_unlock(&b->lock);
    return got ? s : NULL;
}

static void *work(void *user)
{
    batch *b = user;
    slot *s;
    while ((s = take_slot(b))) {
        bool failed = answer_slot(b, s) != OSL_OK;
        pthread_mutex_lock(&b->lock);
        s->failed = failed;
        s->state = SLOT_DONE;
        pthread_cond_signal(&b->done);
        pthread_mutex_unlock(&b->lock);
    }
    return NULL;
}

/* ---- reading and writing ----------------------------------------------- */

/* Waits for the slot's answer, if one is under way, and writes it. */
static void empty_slot(batch *b, slot *s)
{
    pthread_mutex_lock(&b->lock);
    while (s->state == SLOT_READY)
        pthread_cond_wait(&b->done, &b->lock);
    bool is_free = s->state == SLOT_FREE;
    s->state = SLOT_FREE; /* no worker touches it now */
    pthread_mutex_unlock(&b->lock);
    if (is_free)
        return;
    if (s->failed) {
        osl_progress_wipe(&b->progress);
        osl_complain("query %" PRIu64 ": %s", s->number, s->err.text);
        b->failures++;
    } else if (s->out.length) {
        /* Failures are seen at the end, by osl_output_end(). */
        (void)fwrite(s->out.bytes, 1, s->out.length, stdout);
    }
    osl_buf_reset(&s->out);
}

static osl_status give_line(batch *b, osl_text line, osl_error *err)
{
    slot *s = &b->slots[b->lines % b->slot_count];
    empty_slot(b, s);
    osl_buf_reset(&s->line);
    osl_buf_put_text(&s->line, line);
    osl_status status = osl_buf_status(&s->line, "a query", err);
    if (status != OSL_OK)
        return status;
    pthread_mutex_lock(&b->lock);
    s->number = ++b->lines;
    s->state = SLOT_READY;
    pthread_cond_broadcast(&b->ready);
    pthread_mutex_unlock(&b->lock);
    return OSL_OK;
}

static osl_text without_end(const char *line, size_t length)
{
    while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    return (osl_text){line, length};
}

static osl_status read_lines(batch *b, FILE *file, const char *path,
                             osl_error *err)
{
    char *line = NULL;
    size_t capacity = 0;
    osl_status status = OSL_OK;
    for (;;) {
        errno = 0;
        ssize_t length = getline(&line, &capacity, file);
        if (length < 0 || status != OSL_OK)
            break;
        osl_text text = without_end(line, (size_t)length);
        if (!text.length)
            continue;
        if (b->form == OSL_INPUT_AUTO)
            b->form = osl_batch_form(text);
        status = give_line(b, text, err);
        osl_progress_show(&b->progress, "queries", b->lines, (size_t)length);
    }
    if (status == OSL_OK && !feof(file))
        status = osl_fail(err, OSL_EIO, "%s: cannot read: %s", path,
                          strerror(errno));
    free(line);
    return status;
}

/* ---- threads ----------------------------------------------------------- */

static size_t worker_count(const osl_common *common)
{
    if (common->threads)
        return common->threads < WORKERS_MAX ? common->threads : WORKERS_MAX;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > 8 ? 8 : (size_t)processors;
}

static void finish(batch *b, const pthread_t *workers, size_t count)
{
    for (uint64_t i = 0; i < b->slot_count; i++)
        empty_slot(b, &b->slots[(b->lines + i) % b->slot_count]);
    pthread_mutex_lock(&b->lock);
    b->finished = true;
    pthread_cond_broadcast(&b->ready);
    pthread_mutex_unlock(&b->lock);
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(workers[i], NULL);
}

static osl_status run_workers(batch *b, FILE *file, const char *path,
                              osl_error *err)
{
    pthread_t workers[WORKERS_MAX];
    size_t wanted = b->slot_count / SLOTS_PER_WORKER, started = 0;
    while (started < wanted &&
           pthread_create(&workers[started], NULL, work, b) == 0)
        started++;
    osl_status status = OSL_OK;
    if (!started)
        status = osl_fail(err, OSL_EIO, "cannot start a thread");
    else
        status = read_lines(b, file, path, err);
    finish(b, workers, started);
    return status;
}

static void clear_slots(batch *b)
{
    for (size_t i = 0; b->slots && i < b->slot_count; i++) {
        osl_buf_clear(&b->slots[i].line);
        osl_buf_clear(&b->slots[i].out);
        osl_question_clear(&b->slots[i].question);
    }
    free(b->slots);
}

static osl_status run_file(batch *b, const char *path, osl_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (!file)
        return osl_fail(err, errno == ENOENT ? OSL_ENOTFOUND : OSL_EIO,
                        "%s: cannot open: %s", path, strerror(errno));
    osl_progress_begin(&b->progress, b->settings->common.quiet, fileno(file));
    b->slot_count = worker_count(&b->settings->common) * SLOTS_PER_WORKER;
    b->slots = calloc(b->slot_count, sizeof *b->slots);
    osl_status status = b->slots ? run_workers(b, file, path, err)
                                 : osl_fail(err, OSL_ENOMEM, "out of memory");
    osl_progress_wipe(&b->progress);
    clear_slots(b);
    if (!standard)
        (void)fclose(file);
    return status;
}

/* ---- the command ------------------------------------------------------- */

static int run_batch(batch *b, const osl_words *words)
{
    osl_error err = {0};
    if (words->count != 1) {
        osl_complain(
            "batch needs one FILE of queries, or - for standard input");
        return OSL_EXIT_USAGE;
    }
    osl_status status =
        osl_open_searcher(&b->searcher, &b->settings->common,
                          b->settings->request.generation, &err);
    if (status == OSL_OK)
        status = run_file(b, words->items[0], &err);
    osl_searcher_free(b->searcher);
    if (status != OSL_OK)
        return osl_failed(&err);
    return b->failures ? OSL_EXIT_FAILED : OSL_EXIT_FOUND;
}

static int batch_main(const osl_command *command, int argc, char **argv)
{
    batch_settings settings = {.request = osl_request_defaults};
    batch b = {.settings = &settings,
               .lock = PTHREAD_MUTEX_INITIALIZER,
               .ready = PTHREAD_COND_INITIALIZER,
               .done = PTHREAD_COND_INITIALIZER};
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code)) {
        if (settings.common.json)
            settings.format = OSL_FORMAT_JSONL;
        b.form = settings.input;
        code = run_batch(&b, &words);
    }
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_batch = {
    .name = "batch",
    .summary = "a file of queries, answers as TREC, JSONL or TSV",
    .synopsis = "batch [OPTION]... FILE|-",
    .examples = "  osler batch -k 1000 queries.tsv > run.trec\n"
                "  osler batch --format jsonl queries.jsonl | jq .hits[0].id\n"
                "  echo 'isolated CNS relapse' | osler batch --format tsv -\n",
    .options = options,
    .notes =
        "Lines are `query`, or `id<TAB>query`, or JSON objects with \"id\" (or "
        "\"_id\"),\n\"query\" (or \"text\") and any of the options above by "
        "name. A "
        "query that fails is\nsaid on standard error and the others go on; "
        "exit "
        "0 when every query ran.\nWith --by-document the answers name "
        "documents, else paragraphs.\n",
    .run = batch_main,
};
