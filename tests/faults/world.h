/* SPDX-License-Identifier: MIT
 *
 * A small tree in versions, its index, and what the index answers, as one
 * number: for tests that ask whether it is the old one or the new one, whole.
 *
 * From one version to the next a record and a file change, a record and a file
 * come and others go, and some stay: segments are merged, and another gets new
 * deletions. */
#ifndef OSL_TESTS_FAULTS_WORLD_H
#define OSL_TESTS_FAULTS_WORLD_H

#include "tests/indexer/place.h"

#include "indexer/indexer.h"
#include "query/query.h"

/* Makes the tree that version of itself. */
void world_put(const place *at, unsigned version);
/* One update of "index" from "tree". */
osl_status world_update(const place *at, osl_index_report *report,
                        osl_error *err);
/* The same, which must succeed; nothing temporary is left. */
void world_settle(const place *at);

typedef struct world_answers {
    uint64_t generation;
    uint64_t hash;  /* of all answers to some queries: counts, ids, scores,
                    * snippets */
    char note[512]; /* of the opening, or empty */
} world_answers;

/* What the folder `index` (a path) answers; fails the test, with `where`, if
 * it does not open or a query fails. */
world_answers world_ask(const char *index, const char *where);
/* What a fresh build of the tree, in "anew", answers. */
world_answers world_build_anew(const place *at);

/* False, with words, where it does not open or a query fails; generation 0: the
 * current one. */
bool world_try(const char *index, uint64_t generation, world_answers *out,
               osl_error *err);
/* The same of one that is open. */
bool world_ask_searcher(const osl_searcher *searcher, world_answers *out,
                        osl_error *err);

/* osl_index_check() finds nothing; fails the test, with `where`. */
void world_check(const char *index, const char *where);

#endif
