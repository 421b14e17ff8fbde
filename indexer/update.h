/* SPDX-License-Identifier: MIT
 *
 * One update in the making, shared by the files that are its steps:
 *
 *   find.h     roots → files; which are as they were
 *   (reading)  files → entries: a document of the batch, or one that is kept
 *   settle.c   entries → who has which id; what dies; what is counted
 *   write.c    batch, catalog, deletions, registry, manifest
 *
 * The order of sources (by name, then path) decides between documents of one
 * id: the last in (source, place in it) has it. The others are shadowed: their
 * sources are read again when it goes.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_UPDATE_H
#define OSL_INDEXER_UPDATE_H

#include "indexer/batch.h"
#include "indexer/events.h"
#include "indexer/indexer.h"
#include "indexer/known.h"
#include "indexer/old_texts.h"
#include "indexer/publish.h"
#include "indexer/runs.h"
#include "indexer/sources.h"

#define OSL_NONE UINT32_MAX

/* Whether a source is read. */
enum { OSL_READ_NOT, OSL_READ_DUE, OSL_READ_DONE };

/* A document that was met in a source that was read; of those that were found
 * again, only where an id is met twice. */
typedef struct osl_entry {
    uint32_t source;   /* in the order of sources */
    uint32_t id;       /* in update->ids */
    uint32_t line;     /* 0: not known */
    uint32_t document; /* of the batch; OSL_NONE: kept, where `place` says */
    bool is_known;     /* the index has a document of its id, in `place` */
    osl_place place;
    bool is_plain;
    uint64_t digest, record;
} osl_entry;

typedef struct osl_entries {
    osl_entry *at; /* owns */
    size_t count, capacity;
} osl_entries;

/* Documents whose lines can be found again together, by the entry of the
 * last. */
typedef struct osl_entry_block {
    size_t entry;
    osl_catalog_block is;
} osl_entry_block;

typedef struct osl_entry_blocks {
    osl_entry_block *at; /* owns; entries rise */
    size_t count, capacity;
} osl_entry_blocks;

typedef struct osl_update {
    const osl_index_options *options; /* the caller's, then `settled` */
    osl_index_options settled;        /* with what they leave open */
    const osl_index_watcher *watcher; /* may be NULL */
    osl_events *events;               /* of who follows; may be NULL */
    osl_index_report *report;
    osl_arena arena; /* paths, names, the old manifest */
    uint64_t now_us;
    osl_folder folder;
    osl_manifest old; /* generation 0: none */
    osl_registry old_registry;
    osl_map old_registry_map;
    osl_index *old_index;
    osl_known known;
    bool is_rebuild; /* nothing of the old segments is kept */
    bool is_partial; /* only where events say so was looked */
    bool may_repeat; /* where files move meanwhile, all is done again */
    char input[32];  /* name of the file of standard input, or empty */
    const osl_kernels *kernels;
    osl_cpu_level level;
    osl_analyzer *analyzer;

    osl_roots roots;
    osl_source_files files; /* all there are, in order; to be written */
    /* By source: */
    const osl_registry_source **before; /* as it was, or NULL; owns */
    uint8_t *is_read;                   /* osl_read; owns */
    bool *is_shut;        /* it was to be read, and may not be; owns */
    bool has_shadows;     /* some source had */
    uint32_t next_number; /* of a source to come */
    uint64_t *numbers;    /* number << 32 | source, rising; the arena's */

    osl_batch batch; /* what was read last … */
    osl_runs runs;   /* … and what before did not fit beside it */
    char *run_stem;  /* of their names; owns */
    osl_list8 dead;  /* documents of runs and batch: a byte each; owns */
    osl_strings ids;
    /* Of the first batch where nothing is known: the number + 1 in `ids` of each
     * of its strings, or 0, so that none need be looked for. */
    bool names_strings;
    osl_list32 id_of_string; /* owns; may be short */
    osl_entries entries;
    osl_entry_blocks blocks;
    osl_catalog_maker catalog; /* of the batch */
    uint64_t reused;           /* paragraphs of the batch that were there */
    osl_old_texts old_texts;   /* of documents that come again */
    osl_resolver *resolver;    /* of the dead, then the batch; owns */
    osl_lexicon lexicon;       /* likewise, of their texts */
    uint32_t *due; /* sources that are being read, in order; the arena's */
    uint32_t documents_before; /* in the batch, before these sources */
    uint64_t bytes_done, bytes_total;
} osl_update;

/* osl_index_update() with all that it takes: the paths and how, and who is
 * told of folders. */
typedef struct osl_update_order {
    const char *index_path;
    const char *const *paths;
    size_t path_count;
    const osl_index_options *options;
    const osl_index_watcher *watcher; /* may be NULL */
    osl_events *events;               /* may be NULL */
} osl_update_order;
OSL_MUST_CHECK osl_status osl_update_run(const osl_update_order *order,
                                         osl_index_report *report,
                                         osl_error *err);

/* Tells the watcher; counts what is skipped. */
void osl_update_tell(osl_update *update, const char *path, uint32_t line,
                     bool skipped, const char *reason);
OSL_MUST_CHECK osl_status osl_update_check_cancelled(const osl_update *update,
                                                     osl_error *err);

/* Standard input as a file of the folder, and its root. OSL_EIO where it ends
 * within a record. */
OSL_MUST_CHECK osl_status osl_update_add_input(osl_update *update,
                                               osl_error *err);
/* When it is read: OSL_EINVAL where it gave no document. */
OSL_MUST_CHECK osl_status osl_update_check_input(const osl_update *update,
                                                 osl_error *err);

/* Fills roots, files, sources, before, is_read. *doubtful: looking where events
 * said so was not enough; it is to be begun again. OSL_EINVAL and OSL_ENOTFOUND
 * where there is nothing to index. */
OSL_MUST_CHECK osl_status osl_update_find(osl_update *update,
                                          const char *const *paths,
                                          size_t path_count, bool *doubtful,
                                          osl_error *err);
/* Whether all is as it was, so that nothing is to be read or written. */
bool osl_update_is_idle(const osl_update *update);
/* Whether files were changed while they were read: what was read may be half
 * of what somebody is writing to several of them. */
bool osl_update_has_moved(const osl_update *update);
/* Sources that are to be written as they were have their bytes from then. */
void osl_update_reuse_encoded(osl_update *update);
/* The source with this number; OSL_NONE where it has vanished. */
uint32_t osl_update_source_of(const osl_update *update, uint32_t number);

/* Reads all sources that are to be read and were not yet. */
OSL_MUST_CHECK osl_status osl_update_read(osl_update *update, osl_error *err);

/* Documents that were read and not found as they were: of runs and batch. */
static inline uint32_t osl_update_documents(const osl_update *update)
{
    return update->runs.document_count + osl_batch_documents(&update->batch);
}
/* How runs are written. */
osl_runs_options osl_update_run_options(const osl_update *update);
/* The batch becomes a run. */
OSL_MUST_CHECK osl_status osl_update_end_run(osl_update *update,
                                             osl_error *err);

/* Who has which id: sources to wake are marked in is_read (*woken), or else
 * everything is settled: fates, dead documents of the batch, shadows, and the
 * report's counts. */
OSL_MUST_CHECK osl_status osl_update_settle(osl_update *update, bool *woken,
                                            osl_error *err);

/* Writes and publishes the generation. */
OSL_MUST_CHECK osl_status osl_update_write(osl_update *update, osl_error *err);

#endif
