/* SPDX-License-Identifier: MIT
 *
 * Ids that are one beginning and a number each, which mostly rises by one, as
 * "med-17", "med-18" …: what stands in the file is the beginning, once, and
 * where runs begin in which it does rise by one. Such ids are the first strings
 * of a segment; they are made, sixteen at a time, when one is asked for, and
 * kept as long as the segment is, so that they are borrowed as all strings are.
 *
 *   STRINGS  columns: offset of what stands there (n + 1), run of each 128th
 *                     id, of each run its first id and that one's number, then
 *                     digits (0: as many as a number takes) and the most
 *                     digits; the first string that stands there is what ids
 *                     begin with
 *
 * A column of numbers, a line for each 128, took 0.14 to 0.2 % of a file more,
 * and ranks were slower to make: best hundreds of words 1.1 of the time.
 *
 * Where numbers rise, an id is found by its number, and the order of ids by
 * bytes does not stand in the file. Where they have no leading zeros and every
 * document has one paragraph, nor do the ranks of these: a number of 8 digits
 * gives one at once.
 *
 * Threads: reading is pure; of several that make the same ids the first's
 * stay. */
#ifndef OSL_CORE_SEGMENT_IDS_H
#define OSL_CORE_SEGMENT_IDS_H

#include "core/segment/tables.h"

enum {
    OSL_IDS_DIGITS_MAX = 17, /* below 2^57 */
    OSL_IDS_HEAD_MAX = 48,
    OSL_IDS_RANK_DIGITS = 8,
    OSL_IDS_RUN_MEAN = 8, /* at least so many ids a run */
    OSL_IDS_STEP = 128
};

/* ---- writing ----------------------------------------------------------- */

/* The ids of all documents, as far as they are numbered. */
typedef struct osl_numbered {
    uint32_t count;    /* 0: they are not */
    uint32_t *firsts;  /* by run; own, as all below */
    uint64_t *numbers; /* of those */
    uint32_t *runs;    /* of each 128th */
    size_t run_count, first_capacity, number_capacity;
    osl_text head;    /* borrowed from the tables' strings */
    uint64_t form[2]; /* digits, the most digits */
    bool is_rising, has_ranks;
} osl_numbered;

OSL_MUST_CHECK osl_status osl_numbered_find(osl_numbered *out,
                                            const osl_tables *tables,
                                            osl_error *err);
/* Their columns, of OSL_STRINGS_COLUMNS; borrowed. */
void osl_numbered_columns(const osl_numbered *numbered,
                          osl_column_source *columns);
void osl_numbered_clear(osl_numbered *numbered);

/* ---- reading ----------------------------------------------------------- */

typedef struct osl_ids osl_ids;

/* What is kept of a segment's ids; borrowed until the segment is freed. */
OSL_MUST_CHECK osl_status osl_ids_open(osl_ids **out,
                                       const osl_segment *segment,
                                       osl_error *err);
void osl_ids_free(osl_ids *ids); /* NULL is fine */
/* How many are numbered: none, or those of all documents. */
uint32_t osl_ids_count(const osl_ids *ids);
/* The id of a document below osl_ids_count(); OSL_ECORRUPT: it is none;
 * borrowed until the segment is freed. */
OSL_MUST_CHECK osl_status osl_ids_text(const osl_segment *segment, osl_ids *ids,
                                       uint32_t document, osl_text *out,
                                       osl_error *err);
/* Where numbers rise: the document of an id; OSL_END: none has it. */
OSL_MUST_CHECK osl_status osl_ids_seek(const osl_ids *ids, osl_text id,
                                       uint32_t *out);
/* Where numbers rise: all documents in order of their ids' bytes. */
OSL_MUST_CHECK osl_status osl_ids_sort(const osl_segment *segment,
                                       const osl_ids *ids, uint32_t *out,
                                       osl_error *err);
/* What osl_segment_check() asks: that runs are those of all ids, which rise
 * where the file has no order of them. */
OSL_MUST_CHECK osl_status osl_ids_check(const osl_segment *segment,
                                        bool has_order, osl_error *err);
/* Whether ids have no leading zeros, nor more digits than ranks can have. */
bool osl_ids_have_ranks(const osl_ids *ids);
/* Bytes that are kept until the segment is freed, of ranks that are held: the
 * caller's, or those of another who was first. Takes them; `bytes` NULL asks
 * only. */
const uint8_t *osl_ids_keep_ranks(osl_ids *ids, uint8_t *bytes);

#endif
