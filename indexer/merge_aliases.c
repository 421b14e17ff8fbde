/* SPDX-License-Identifier: MIT
 *
 * Tables of compounds added up: entries of one joined form over all inputs,
 * less the uses that died, in their new order. */
#include "indexer/merge_inner.h"

#include "core/segment/alias.h"
#include "indexer/heap.h"

#include <stdlib.h>

/* An entry of an input, or several added up. */
typedef struct entry {
    osl_alias alias;
    uint32_t input, number; /* where it comes from */
} entry;

typedef struct alias_merger {
    osl_merge *m;
    osl_arena arena;           /* of the entries' texts */
    osl_alias_cursor *cursors; /* owns, as below */
    osl_heap heap;
    entry *group; /* of one joined form */
    size_t group_capacity;
    uint32_t group_count;
    osl_alias *out;
    size_t out_capacity;
    uint32_t out_count;
    osl_list32 *numbers; /* by input: each entry's new number */
    osl_column_view *uses;
} alias_merger;

static void clear(alias_merger *a)
{
    for (uint32_t i = 0; i < a->m->input_count && a->cursors; i++)
        osl_alias_close(&a->cursors[i]);
    for (uint32_t i = 0; i < a->m->input_count && a->numbers; i++)
        free(a->numbers[i].at);
    osl_arena_clear(&a->arena);
    free(a->cursors);
    free(a->heap.at);
    free(a->group);
    free(a->out);
    free(a->numbers);
    free(a->uses);
}

static int compare_cursors(const void *user, uint32_t a, uint32_t b)
{
    const osl_alias_cursor *cursors = user;
    return osl_text_compare(cursors[a].alias.joined, cursors[b].alias.joined);
}

static osl_status advance(alias_merger *a, uint32_t input, osl_error *err)
{
    osl_status status = osl_alias_next(&a->cursors[input], err);
    if (status == OSL_OK)
        osl_heap_push(&a->heap, input);
    return status == OSL_END ? OSL_OK : status;
}

static osl_status open_inputs(alias_merger *a, osl_error *err)
{
    uint32_t count = a->m->input_count;
    a->cursors = calloc(count, sizeof *a->cursors);
    a->heap.at = calloc(count, sizeof *a->heap.at);
    a->numbers = calloc(count, sizeof *a->numbers);
    a->uses = calloc(count, sizeof *a->uses);
    if (!a->cursors || !a->heap.at || !a->numbers || !a->uses)
        return osl_merge_no_memory(err);
    a->heap.compare = compare_cursors;
    a->heap.user = a->cursors;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        status =
            osl_alias_open(&a->cursors[i], osl_merge_segment(a->m, i), err);
        if (status == OSL_OK)
            status = advance(a, i, err);
    }
    return status;
}

/* The entry at an input's cursor joins the group, less what died. */
static osl_status take_entry(alias_merger *a, uint32_t input, osl_error *err)
{
    const osl_alias_cursor *cursor = &a->cursors[input];
    const osl_deletions *deletions = a->m->inputs[input].deletions;
    uint32_t died = 0;
    if (deletions) {
        osl_status status =
            osl_deletions_alias(deletions, cursor->number, &died, err);
        if (status != OSL_OK)
            return status;
    }
    if (!osl_grow(&a->group, &a->group_capacity, (size_t)a->group_count + 1,
                  sizeof *a->group))
        return osl_merge_no_memory(err);
    entry *to = &a->group[a->group_count];
    *to = (entry){.input = input, .number = cursor->number};
    if (!osl_arena_text(&a->arena, cursor->alias.joined, &to->alias.joined) ||
        !osl_arena_text(&a->arena, cursor->alias.parts, &to->alias.parts))
        return osl_merge_no_memory(err);
    to->alias.uses = died < cursor->alias.uses ? cursor->alias.uses - died : 0;
    a->group_count++;
    return OSL_OK;
}

static int by_parts(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    return osl_text_compare(a->alias.parts, b->alias.parts);
}

static int by_entry(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    return osl_alias_compare(&a->alias, &b->alias);
}

/* Of equal parts each gets the sum of the uses. */
static void add_up(alias_merger *a)
{
    qsort(a->group, a->group_count, sizeof *a->group, by_parts);
    for (uint32_t i = 0; i < a->group_count;) {
        uint32_t end = i;
        uint64_t sum = 0;
        while (end < a->group_count &&
               by_parts(&a->group[i], &a->group[end]) == 0)
            sum += a->group[end++].alias.uses;
        for (; i < end; i++)
            a->group[i].alias.uses =
                sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
    }
}

static osl_status note_number(alias_merger *a, const entry *of, uint32_t number,
                              osl_error *err)
{
    osl_list32 *numbers = &a->numbers[of->input];
    while (numbers->count <= of->number)
        if (!osl_list32_add(numbers, UINT32_MAX))
            return osl_merge_no_memory(err);
    numbers->at[of->number] = number;
    return OSL_OK;
}

static osl_status put_group(alias_merger *a, osl_error *err)
{
    osl_status status = OSL_OK;
    add_up(a);
    qsort(a->group, a->group_count, sizeof *a->group, by_entry);
    for (uint32_t i = 0; i < a->group_count && status == OSL_OK; i++) {
        const entry *here = &a->group[i];
        if (here->alias.uses == 0)
            continue;
        if (i == 0 || by_entry(here, here - 1) != 0) {
            if (!osl_grow(&a->out, &a->out_capacity, (size_t)a->out_count + 1,
                          sizeof *a->out))
                return osl_merge_no_memory(err);
            a->out[a->out_count++] = here->alias;
        }
        status = note_number(a, here, a->out_count - 1, err);
    }
    a->group_count = 0;
    return status;
}

/* All entries of the least joined form. */
static osl_status merge_group(alias_merger *a, osl_error *err)
{
    osl_status status = OSL_OK;
    while (status == OSL_OK && a->heap.count > 0) {
        uint32_t input = a->heap.at[0];
        if (a->group_count > 0 &&
            !osl_text_equal(a->group[0].alias.joined,
                            a->cursors[input].alias.joined))
            break;
        (void)osl_heap_pop(&a->heap);
        status = take_entry(a, input, err);
        if (status == OSL_OK)
            status = advance(a, input, err);
    }
    return status == OSL_OK ? put_group(a, err) : status;
}

/* ---- uses of paragraphs, where texts are not stored ---------------------- */

static osl_status open_uses(alias_merger *a, osl_error *err)
{
    const osl_merge *m = a->m;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < m->run_count && status == OSL_OK; i++) {
        const osl_merge_run *run = &m->runs[i];
        osl_column_view *view = &a->uses[run->input];
        const osl_list32 *numbers = &a->numbers[run->input];
        status = osl_tables_view(osl_merge_segment(m, run->input),
                                 OSL_SECTION_ALIASES, OSL_ALIAS_USES,
                                 run->to[OSL_ROWS_USES], view, err);
        for (uint32_t n = run->from[OSL_ROWS_USES];
             n < run->to[OSL_ROWS_USES] && status == OSL_OK; n++)
            if (osl_column_view_get(view, n) >= numbers->count)
                status = osl_fail(
                    err, OSL_ECORRUPT,
                    "%s: damaged: a paragraph uses a compound that is none",
                    osl_segment_path(osl_merge_segment(m, run->input)));
    }
    return status;
}

static void fill_uses(void *user, uint32_t from, uint32_t count, uint64_t *out)
{
    const alias_merger *a = user;
    for (uint32_t i = 0; i < count;) {
        const osl_merge_run *run =
            osl_merge_find_run(a->m, OSL_ROWS_USES, from + i);
        uint32_t at =
            from + i - run->out[OSL_ROWS_USES] + run->from[OSL_ROWS_USES];
        for (; i < count && at < run->to[OSL_ROWS_USES]; i++, at++)
            out[i] = a->numbers[run->input]
                         .at[osl_column_view_get(&a->uses[run->input], at)];
    }
}

static osl_status write_aliases(alias_merger *a, osl_error *err)
{
    const osl_merge *m = a->m;
    if (m->has_texts)
        return osl_alias_write(m->writer, a->out, a->out_count, NULL, err);
    osl_merge_column starts;
    osl_status status = osl_merge_column_open(
        &starts, m,
        &(osl_merge_column_kind){OSL_SECTION_ALIASES, OSL_ALIAS_FIRST_USE,
                                 OSL_ROWS_PARAGRAPHS, OSL_ROWS_USES, true},
        err);
    if (status == OSL_OK)
        status = open_uses(a, err);
    if (status == OSL_OK) {
        const osl_alias_uses uses = {
            osl_merge_column_source(&starts),
            {.count = m->totals[OSL_ROWS_USES], .fill = fill_uses, .user = a}};
        status = osl_alias_write(m->writer, a->out, a->out_count, &uses, err);
    }
    osl_merge_column_close(&starts);
    return status;
}

osl_status osl_merge_aliases(osl_merge *m, osl_error *err)
{
    alias_merger a = {.m = m};
    osl_status status = open_inputs(&a, err);
    while (status == OSL_OK && a.heap.count > 0)
        status = merge_group(&a, err);
    if (status == OSL_OK)
        status = write_aliases(&a, err);
    clear(&a);
    return status;
}
