/* SPDX-License-Identifier: MIT
 *
 * What the index holds before an update, document by document, and what is to
 * become of each:
 *
 *   GONE       had died before
 *   STAYS      its source is as it was
 *   OPEN       its source is read again or has vanished: dies unless found
 *   CONTESTED  open, and another document with its id was met
 *   KEPT       was open and was found again, unchanged
 *   DIES       another document took its id
 *
 * Threads: looking up is pure; the rest, one at a time. */
#ifndef OSL_INDEXER_KNOWN_H
#define OSL_INDEXER_KNOWN_H

#include "core/segment/catalog.h"
#include "core/segment/index.h"
#include "indexer/list.h"
#include "indexer/strings.h"

typedef enum osl_fate {
    OSL_FATE_GONE,
    OSL_FATE_STAYS,
    OSL_FATE_OPEN,
    OSL_FATE_CONTESTED,
    OSL_FATE_KEPT,
    OSL_FATE_DIES
} osl_fate;

/* What was opened and not found again dies, too. */
static inline bool osl_fate_is_death(uint8_t fate)
{
    return (fate == OSL_FATE_OPEN) | (fate == OSL_FATE_CONTESTED) |
           (fate == OSL_FATE_DIES);
}

/* A document of the index. */
typedef struct osl_place {
    uint32_t segment, document;
} osl_place;

typedef struct osl_known_block {
    uint32_t first; /* document */
    osl_catalog_block is;
} osl_known_block;

typedef struct osl_known_segment {
    const osl_segment *segment;     /* borrowed */
    const osl_deletions *deletions; /* borrowed; NULL: none */
    osl_catalog catalog;
    uint8_t *fates;  /* osl_fate by document; owns */
    uint32_t *lines; /* where documents begin now; owns; NULL: as they did */
    uint32_t document_count, block_count;
    osl_known_block *blocks; /* none of them has a document that is GONE; then
                              * one that begins with UINT32_MAX; owns */
    uint64_t *strays;        /* a bit a document; owns; NULL: it has none */
} osl_known_segment;

/* A document behind one of a later line of its source: segments that were
 * merged stand one behind the other, and each had lines from all of the
 * file. */
typedef struct osl_stray {
    uint64_t order; /* source << 32 | the line where it begins now */
    osl_place place;
    uint32_t block; /* that begins with it; UINT32_MAX: none */
} osl_stray;

/* Caller's storage; all zero knows nothing. */
typedef struct osl_known {
    osl_known_segment *segments; /* owns */
    uint32_t segment_count;
    osl_stray *strays; /* of open sources, in order; owns */
    size_t stray_count, stray_capacity;
} osl_known;

/* Where one who reads a source looks for the next record: its documents stand
 * in each segment as they came, but for strays, which have a list of their
 * own, and for what has changed since. All zero begins. */
enum { OSL_TRAIL_SEGMENTS = 16 }; /* others are not looked at */
typedef struct osl_trail {
    uint32_t next[OSL_TRAIL_SEGMENTS]; /* by segment, a document */
    uint32_t
        block[OSL_TRAIL_SEGMENTS]; /* the first that begins there or later */
    uint32_t segment;              /* where the last one was */
    size_t stray;                  /* the next of the list */
} osl_trail;

/* The first document from `from` on that dies, or how many there are. Few do,
 * so some are looked at together. */
static inline uint32_t osl_known_next_death(const osl_known_segment *known,
                                            uint32_t from)
{
    enum { TOGETHER = 16 };
    const uint8_t *fates = known->fates;
    for (; known->document_count - from >= TOGETHER; from += TOGETHER) {
        uint8_t dies = 0;
        for (unsigned i = 0; i < TOGETHER; i++)
            dies |= (uint8_t)osl_fate_is_death(fates[from + i]);
        if (dies)
            break;
    }
    while (from < known->document_count && !osl_fate_is_death(fates[from]))
        from++;
    return from;
}

/* Takes the generation that `index` has open (borrowed). OSL_ECORRUPT and
 * OSL_ENOTFOUND where catalogs are not as they should be. */
OSL_MUST_CHECK osl_status osl_known_open(osl_known *known,
                                         const osl_index *index,
                                         osl_error *err);
void osl_known_clear(osl_known *known);

/* Opens the living documents of all sources that `is_open` says so of, by
 * their numbers. False when memory is out. */
OSL_MUST_CHECK bool osl_known_open_sources(osl_known *known,
                                           bool (*is_open)(const void *user,
                                                           uint32_t source),
                                           const void *user);
/* Those of sources that were opened, and not read after all, stay. */
void osl_known_close_sources(osl_known *known,
                             bool (*is_closed)(const void *user,
                                               uint32_t source),
                             const void *user);

/* The document of this source (by number) that was read from a record of this
 * hash, where the trail leads to it. False says nothing: the record is to be
 * read, and then the trail goes on behind what it turns out to be. */
bool osl_known_find_record(const osl_known *known, osl_trail *trail,
                           uint32_t source, uint64_t record, osl_place *out);
void osl_trail_follow(const osl_known *known, osl_trail *trail,
                      osl_place place);
/* The block of this source to which the trail leads, where its bytes stand at
 * the beginning of `rest`: *out is its first document. Its lines are those of
 * all its documents; none of them is GONE. */
bool osl_known_find_block(const osl_known *known, osl_trail *trail,
                          uint32_t source, osl_text rest, osl_place *out,
                          osl_catalog_block *block);
/* Whether the trail leads to the document of this id: a record was revised. */
bool osl_known_find_next(const osl_known *known, const osl_trail *trail,
                         osl_text id, osl_place *out);
/* The document that has this very id and is not GONE. */
OSL_MUST_CHECK osl_status osl_known_find(const osl_known *known, osl_text id,
                                         bool *found, osl_place *out,
                                         osl_error *err);

/* Borrowed from the segment. */
OSL_MUST_CHECK osl_status osl_known_id(const osl_known *known, osl_place place,
                                       osl_text *id, osl_error *err);
uint8_t *osl_known_fate(const osl_known *known, osl_place place);
uint64_t osl_known_record(const osl_known *known, osl_place place);
uint32_t osl_known_source(const osl_known *known, osl_place place);
/* The line where a document begins (0: not known): today, and as its segment
 * says. */
uint32_t osl_known_line(const osl_known *known, osl_place place);
uint32_t osl_known_written_line(const osl_known *known, osl_place place);
/* The document begins at another line now. */
OSL_MUST_CHECK bool osl_known_move(osl_known *known, osl_place place,
                                   uint32_t line);
/* Of `count` documents one behind the other: all are OPEN, and so KEPT now, at
 * lines that rise by one from `line` on. *kept false: not all were, and nothing
 * is done. False when memory is out. */
OSL_MUST_CHECK bool osl_known_keep(osl_known *known, osl_place place,
                                   uint32_t count, uint32_t line, bool *kept);
/* What a document that was read holds. */
typedef struct osl_known_content {
    uint64_t digest; /* osl_document_digest() */
    uint64_t record; /* its hash, where that says all: the same file was read
                      * by the same readers; 0: it does not */
    bool is_plain;   /* osl_document_is_plain() */
} osl_known_content;
/* Whether the document at `place` holds the same. By hashes; where one is
 * short, and does not tell them apart, by what the segment keeps of it. */
OSL_MUST_CHECK osl_status osl_known_is_same(const osl_known *known,
                                            osl_place place,
                                            const osl_known_content *content,
                                            bool *out, osl_error *err);

#endif
