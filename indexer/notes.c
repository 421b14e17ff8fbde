/* SPDX-License-Identifier: MIT */
#include "indexer/notes.h"

#include "core/base/buf.h"

#include <stdlib.h>

static void keep(void *user, const char *path, uint32_t line, bool skipped,
                 const char *reason)
{
    osl_notes *notes = user;
    osl_note note = {osl_arena_copy(&notes->arena, osl_text_of(path)),
                     osl_arena_copy(&notes->arena, osl_text_of(reason)), line,
                     skipped};
    if (note.path && note.reason &&
        osl_grow(&notes->at, &notes->capacity, notes->count + 1,
                 sizeof *notes->at))
        notes->at[notes->count++] = note;
    else
        notes->out_of_memory = true;
}

static void pass_progress(void *user, uint64_t bytes_done, uint64_t bytes_total,
                          uint64_t documents, uint64_t paragraphs)
{
    const osl_notes *notes = user;
    notes->to->progress(notes->to->user, bytes_done, bytes_total, documents,
                        paragraphs);
}

static bool pass_cancelled(void *user)
{
    const osl_notes *notes = user;
    return notes->to->cancelled(notes->to->user);
}

static osl_status pass_prepared(void *user, const char *index_path,
                                osl_error *err)
{
    const osl_notes *notes = user;
    return notes->to->prepared(notes->to->user, index_path, err);
}

void osl_notes_init(osl_notes *notes, const osl_index_watcher *to)
{
    *notes = (osl_notes){.to = to};
    notes->watcher.user = notes;
    if (to && to->skipped)
        notes->watcher.skipped = keep;
    if (to && to->progress)
        notes->watcher.progress = pass_progress;
    if (to && to->cancelled)
        notes->watcher.cancelled = pass_cancelled;
    if (to && to->prepared)
        notes->watcher.prepared = pass_prepared;
}

void osl_notes_forget(osl_notes *notes)
{
    osl_arena_reset(&notes->arena);
    notes->count = 0;
    notes->out_of_memory = false;
}

void osl_notes_tell(osl_notes *notes)
{
    bool lost = notes->out_of_memory;
    for (size_t i = 0; i < notes->count; i++)
        notes->to->skipped(notes->to->user, notes->at[i].path,
                           notes->at[i].line, notes->at[i].skipped,
                           notes->at[i].reason);
    if (lost)
        notes->to->skipped(notes->to->user, "", 0, false,
                           "out of memory; more was left out than is said");
    osl_notes_forget(notes);
}

void osl_notes_clear(osl_notes *notes)
{
    osl_arena_clear(&notes->arena);
    free(notes->at);
    *notes = (osl_notes){0};
}
