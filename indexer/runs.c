/* SPDX-License-Identifier: MIT */
#include "indexer/runs.h"

#include "core/base/pages.h"
#include "indexer/deletions.h"
#include "indexer/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while indexing");
    return OSL_ENOMEM;
}

/* ---- a run -------------------------------------------------------------- */

static void clear_run(osl_run *run)
{
    osl_deletions_close(run->deletions);
    osl_segment_free(run->segment);
    osl_buf_clear(&run->died);
    if (run->path)
        (void)unlink(run->path); /* or the next sweep does */
    free(run->path);
    *run = (osl_run){0};
}

void osl_runs_clear(osl_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        clear_run(&runs->at[i]);
    free(runs->at);
    *runs = (osl_runs){0};
}

/* "STEM-0007.seg.tmp"; NULL when memory is out. */
static char *name_run(osl_runs *runs, const osl_runs_options *options)
{
    osl_buf name = {0};
    osl_buf_printf(&name, "%s-%04u.seg.tmp", options->stem, runs->file_count++);
    osl_buf_put_byte(&name, 0);
    if (!name.failed)
        return (char *)name.bytes;
    osl_buf_clear(&name);
    return NULL;
}

static osl_build_options run_options(const osl_runs_options *options)
{
    osl_build_options run = options->build;
    run.is_run = true;
    run.pairs = OSL_PAIRS_NONE;
    if (run.store == OSL_STORE_SMALL)
        run.store = OSL_STORE_FULL;
    return run;
}

static osl_status open_run(osl_run *run, const osl_runs_options *options,
                           osl_error *err)
{
    osl_status status =
        osl_segment_open(&run->segment, run->path, options->build.kernels, err);
    if (status != OSL_OK)
        return status;
    const osl_segment_info *info = osl_segment_get_info(run->segment);
    return osl_tables_view(
        run->segment, OSL_SECTION_DOCUMENTS, OSL_DOCUMENT_FIRST_PARAGRAPH,
        info->document_count + 1, &run->first_paragraphs, err);
}

static void empty_batch(osl_batch *batch)
{
    const osl_analyzer *analyzer = batch->analyzer;
    bool keep_texts = batch->keep_texts;
    osl_batch_clear(batch);
    osl_batch_init(batch, analyzer, keep_texts);
}

osl_status osl_runs_add(osl_runs *runs, osl_batch *batch,
                        const osl_runs_options *options, osl_error *err)
{
    const osl_build_options how = run_options(options);
    osl_build_result result;
    uint32_t count = osl_batch_documents(batch);
    if (count == 0)
        return OSL_OK;
    if (count > UINT32_MAX - 1 - runs->document_count)
        return osl_fail(err, OSL_ELIMIT,
                        "more documents than one update may read (2^32)");
    if (!osl_grow(&runs->at, &runs->capacity, runs->count + 1,
                  sizeof *runs->at))
        return no_memory(err);
    osl_run *run = &runs->at[runs->count++];
    *run = (osl_run){.first = runs->document_count,
                     .count = count,
                     .path = name_run(runs, options)};
    osl_status status =
        run->path ? osl_build_segment(batch, run->path, &how, &result, err)
                  : no_memory(err);
    empty_batch(batch);
    if (status == OSL_OK)
        status = open_run(run, options, err);
    runs->document_count += count;
    return status;
}

const osl_segment *osl_runs_paragraphs(const osl_runs *runs, uint32_t document,
                                       uint32_t *from, uint32_t *to)
{
    size_t low = 0, high = runs->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (runs->at[middle].first <= document)
            low = middle;
        else
            high = middle;
    }
    const osl_run *run = &runs->at[low];
    uint32_t n = document - run->first;
    *from = (uint32_t)osl_column_view_get(&run->first_paragraphs, n);
    *to = (uint32_t)osl_column_view_get(&run->first_paragraphs, n + 1);
    return run->segment;
}

/* ---- merging ------------------------------------------------------------ */

static osl_status bury(osl_run *run, const uint8_t *dead,
                       const osl_analyzer *analyzer, osl_error *err)
{
    osl_list32 died = {0};
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < run->count && status == OSL_OK; i++)
        if (dead[run->first + i] && !osl_list32_add(&died, i))
            status = no_memory(err);
    run->is_dead = died.count == run->count;
    if (status == OSL_OK && died.count > 0 && !run->is_dead)
        status = osl_deletions_build(
            &run->died, run->segment,
            &(osl_deletions_change){.documents = died.at, .count = died.count},
            analyzer, err);
    if (status == OSL_OK && run->died.length > 0)
        status =
            osl_deletions_open_memory(&run->deletions, osl_buf_text(&run->died),
                                      run->path, run->segment, err);
    free(died.at);
    return status;
}

/* Neighbours to one file. */
static osl_status merge_some(const osl_run *runs, size_t count,
                             const osl_build_options *options, const char *path,
                             osl_build_result *out, osl_error *err)
{
    osl_merge_input *inputs = calloc(count + 1, sizeof *inputs);
    if (!inputs)
        return no_memory(err);
    for (size_t i = 0; i < count; i++)
        inputs[i] = (osl_merge_input){runs[i].segment, runs[i].deletions};
    osl_status status =
        osl_merge_segments(inputs, count, path, options, out, err);
    free(inputs);
    return status;
}

/* Runs [from, to) become one, in the place of the first. */
static osl_status join_runs(osl_runs *runs, size_t from, size_t to,
                            const osl_runs_options *options, osl_error *err)
{
    const osl_build_options how = run_options(options);
    osl_build_result result;
    osl_run joined = {.path = name_run(runs, options)};
    osl_status status = joined.path
                            ? merge_some(runs->at + from, to - from, &how,
                                         joined.path, &result, err)
                            : no_memory(err);
    if (status == OSL_OK)
        status =
            osl_segment_open(&joined.segment, joined.path, how.kernels, err);
    for (size_t i = from; i < to; i++)
        clear_run(&runs->at[i]);
    runs->at[from] = joined;
    return status;
}

static void drop_dead(osl_runs *runs)
{
    size_t kept = 0;
    for (size_t i = 0; i < runs->count; i++) {
        if (runs->at[i].is_dead)
            clear_run(&runs->at[i]);
        else
            runs->at[kept++] = runs->at[i];
    }
    runs->count = kept;
}

/* One level: each OSL_RUNS_AT_ONCE neighbours become one. */
static osl_status join_level(osl_runs *runs, const osl_runs_options *options,
                             osl_error *err)
{
    size_t kept = 0, count = runs->count;
    osl_status status = OSL_OK;
    for (size_t from = 0; from < count && status == OSL_OK;) {
        size_t to =
            count - from > OSL_RUNS_AT_ONCE ? from + OSL_RUNS_AT_ONCE : count;
        if (to - from > 1)
            status = join_runs(runs, from, to, options, err);
        osl_run moved = runs->at[from];
        runs->at[from] = (osl_run){0};
        runs->at[kept++] = moved;
        from = to;
    }
    if (status == OSL_OK)
        runs->count = kept;
    return status;
}

osl_status osl_runs_merge(osl_runs *runs, const uint8_t *dead,
                          const osl_runs_options *options, const char *path,
                          osl_build_result *out, osl_error *err)
{
    osl_status status = OSL_OK;
    osl_pages_trim(); /* of batches */
    for (size_t i = 0; i < runs->count && status == OSL_OK; i++)
        status = bury(&runs->at[i], dead, options->analyzer, err);
    if (status == OSL_OK)
        drop_dead(runs);
    while (status == OSL_OK && runs->count > OSL_RUNS_AT_ONCE)
        status = join_level(runs, options, err);
    if (status == OSL_OK)
        status =
            merge_some(runs->at, runs->count, &options->build, path, out, err);
    osl_runs_clear(runs);
    return status;
}

/* ---- how much fits ------------------------------------------------------ */

/* A batch's own bytes are one part of so many of what it takes until it is
 * written, in quarters; measured. */
enum { PARTS_IN_QUARTERS = 12 };
#define BATCH_LEAST ((uint64_t)1 << 16)

/* What the control group of this process is bound to, or UINT64_MAX. */
static uint64_t read_limit(const char *path)
{
    unsigned long long limit = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return UINT64_MAX;
    bool found = fscanf(file, "%llu", &limit) == 1; /* NOLINT(cert-err34-c) */
    (void)fclose(file);
    return found && limit > 0 ? limit : UINT64_MAX;
}

uint64_t osl_memory_default(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    uint64_t all = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size
                                         : (uint64_t)1 << 32;
    uint64_t bound = read_limit("/sys/fs/cgroup/memory.max");
    return (all < bound ? all : bound) / 2;
}

uint64_t osl_memory_of_batch(uint64_t bound, uint64_t other)
{
    uint64_t left = bound > other ? bound - other : 0;
    uint64_t part = left / PARTS_IN_QUARTERS * 4;
    return part > BATCH_LEAST ? part : BATCH_LEAST;
}

uint64_t osl_memory_of_slice(uint64_t bound)
{
    static const uint64_t least = 1 << 16, most = 1 << 20;
    uint64_t slice = bound / 128;
    return slice < least ? least : slice > most ? most : slice;
}
