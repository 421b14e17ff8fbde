/* SPDX-License-Identifier: MIT
 *
 * Makes an index folder or brings it up to date: files → documents → terms →
 * segments → a new generation, published by rename.
 *
 * Threads: one call at a time per index folder (a lock across processes sees
 * to it); different folders in different threads are fine. */
#ifndef OSL_INDEXER_INDEXER_H
#define OSL_INDEXER_INDEXER_H

#include "core/core.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* libosler's symbols */

typedef enum osl_store {
    OSL_STORE_FULL = 0,  /* texts as word codes */
    OSL_STORE_SMALL = 1, /* in fewer bytes, for more time */
    OSL_STORE_NONE = 2,  /* no texts, no snippets */
    OSL_STORE_AS_BEFORE = 3
} osl_store;

typedef enum osl_pairs {
    OSL_PAIRS_DEFAULT = 0,
    OSL_PAIRS_NONE = 1,
    OSL_PAIRS_MORE = 2,
    OSL_PAIRS_AS_BEFORE = 3
} osl_pairs;

/* All zero is the default. What is not said stays as it was for the index,
 * but with `full`. */
typedef struct osl_index_options {
    const char *language; /* NULL: as before, or "en" */
    bool fold_acronyms;   /* false: as before, or not */
    osl_store store;
    osl_pairs pairs;
    const char *format; /* force a reader; NULL: as before, or by content */
    const char *const *includes; /* globs over relative paths */
    size_t include_count;
    const char *const *excludes;
    size_t exclude_count;
    unsigned thread_count; /* 0: processors, at most 8 */
    uint64_t memory_bytes; /* about so much, maps apart; 0: half of all */
    unsigned keep;         /* generations; 0: 2 */
    bool full;             /* from scratch */
    bool optimize;         /* leave one segment, without what has died */
    /* What is written stands in an order that makes searches of it faster
     * where its sources have none; where it all fits the bound on memory. */
    bool reorder;
    bool dry_run;
    bool wait;            /* for the lock, until it is free */
    unsigned patience_ms; /* else so long; 0: ten seconds */
} osl_index_options;

typedef struct osl_index_report {
    uint64_t generation;
    uint64_t documents, added, changed, removed;
    uint64_t paragraphs, paragraphs_written;
    double reused; /* share of paragraphs that were there before, 0 … 1 */
    uint64_t files, skipped;
    uint64_t terms;
    uint64_t bytes_text, bytes_index;
    double seconds;
    bool reordered; /* what was written stands in an order of its own */
} osl_index_report;

/* Told while it runs; each may be NULL. Called from one thread at a time. */
typedef struct osl_index_watcher {
    void *user;
    /* A source (or record) gave nothing, or was read differently. */
    void (*skipped)(void *user, const char *path, uint32_t line, bool skipped,
                    const char *reason);
    void (*progress)(void *user, uint64_t bytes_done, uint64_t bytes_total,
                     uint64_t documents, uint64_t paragraphs);
    /* True ends the run with OSL_ECANCELLED; nothing is published. */
    bool (*cancelled)(void *user);
    /* A generation stands whole in the folder and is not yet published; it can
     * be opened as OSL_GENERATION_PREPARED (the one before as ever). What is
     * not OSL_OK ends the run with that status: nothing is published, and its
     * files are removed. */
    osl_status (*prepared)(void *user, const char *index_path, osl_error *err);
} osl_index_watcher;

/* `paths`: files, folders, globs, "-" (JSONL on standard input); none: those
 * of last time. `watcher`: may be NULL. *report is filled in any case. An input
 * error that leaves nothing to index is OSL_EINVAL or OSL_ENOTFOUND and leaves
 * the index as it was; OSL_EBUSY: another process writes. */
OSL_MUST_CHECK osl_status osl_index_update(
    const char *index_path, const char *const *paths, size_t path_count,
    const osl_index_options *options, const osl_index_watcher *watcher,
    osl_index_report *report, osl_error *err);

/* Told of every update while an index follows its sources. */
typedef struct osl_index_follower {
    void *user;
    /* `status` OSL_OK: the report, whose generation is the one before where
     * nothing had changed; else the error, and it is tried again. */
    void (*updated)(void *user, osl_status status,
                    const osl_index_report *report, const osl_error *error);
} osl_index_follower;

/* Brings the index up to date and then follows its folders (inotify): one
 * update for each burst of changes, when nothing has changed for a while.
 * Folders that come are followed, too; of a file that was named, its folder.
 * Runs until the watcher's cancelled() says so, which is OSL_ECANCELLED. The
 * first update's failure ends it; later ones are told. `options` as for
 * osl_index_update(), without dry_run; `full` is for the first. */
OSL_MUST_CHECK osl_status osl_index_follow(
    const char *index_path, const char *const *paths, size_t path_count,
    const osl_index_options *options, const osl_index_watcher *watcher,
    const osl_index_follower *follower, osl_error *err);

/* ---- check -------------------------------------------------------------- */

/* One thing that is not as it should be. All texts are borrowed for the call
 * that tells it. */
typedef struct osl_damage {
    const char *file;    /* its name in the index folder */
    const char *section; /* of a segment: "lengths of text, postings of text";
                          * "" where it concerns the file */
    uint64_t block, offset, length; /* where length is not 0: bytes, and the
                                     * first block of 4 KiB */
    const char *what;               /* is wrong */
    const char *meaning;            /* for whoever searches */
} osl_damage;

typedef struct osl_checked_generation {
    uint64_t generation, created_us;
    bool current; /* the one that the file `manifest` names */
    bool whole;
    bool other_format; /* kept, but this program does not read it; no damage */
    uint64_t segments, documents, paragraphs, bytes;
} osl_checked_generation;

/* Told at the end; each may be NULL. */
typedef struct osl_check_watcher {
    void *user;
    void (*damaged)(void *user, const osl_damage *damage);
    void (*generation)(void *user, const osl_checked_generation *checked);
} osl_check_watcher;

typedef struct osl_check_report {
    uint64_t damages, generations, files, bytes;
    uint64_t opened; /* the generation that searches get; 0: none */
    double seconds;
} osl_check_report;

/* Reads all of the index: every checksum and cross-reference of the manifest,
 * the kept manifests and every file that they name. Takes no lock: what a
 * writer publishes or removes meanwhile is no damage. OSL_OK whatever is found
 * (report->damages); OSL_ENOTFOUND where there is no index, OSL_EVERSION where
 * the newest generation is of a format that this program does not read. */
OSL_MUST_CHECK osl_status osl_index_check(const char *index_path,
                                          const osl_check_watcher *watcher,
                                          osl_check_report *report,
                                          osl_error *err);

/* ---- repair ------------------------------------------------------------- */

/* Told while it runs; each may be NULL. Texts are borrowed for the call. */
typedef struct osl_repair_watcher {
    void *user;
    /* A segment with so many documents is left out. */
    void (*dropped)(void *user, osl_text file, uint64_t documents);
    /* A path that is to be indexed again. */
    void (*due)(void *user, osl_text path);
} osl_repair_watcher;

typedef struct osl_repair_report {
    uint64_t damages;    /* that were found; 0: nothing was published */
    uint64_t generation; /* that was published without them */
    uint64_t dropped_files, dropped_documents;
    bool reads_again;     /* sources are due; then: */
    uint64_t known_paths; /* that are known to be indexed; 0: name them */
    char language[32];    /* with these options (a NULL format is "") */
    char format[32];
    bool fold_acronyms;
    osl_store store;
    osl_pairs pairs;
} osl_repair_report;

/* Publishes a generation of what is whole in the newest one; its segments that
 * are damaged, or whose deletions are, are left out, and older generations go.
 * osl_index_update() without paths then reads the known sources again; until
 * that is done, reads_again says so at each repair. Takes the writer's lock.
 * OSL_ECORRUPT where no manifest can be read. */
OSL_MUST_CHECK osl_status osl_index_repair(const char *index_path,
                                           const osl_repair_watcher *watcher,
                                           osl_repair_report *report,
                                           osl_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
