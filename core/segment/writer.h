/* SPDX-License-Identifier: MIT
 *
 * Writes one segment file, streaming: fields first, term by term in order of
 * bytes, then the sections that other codecs make. Nothing of a term's
 * postings stays in memory behind osl_writer_term(); the dictionary does.
 *
 *     open → begin_field → term… → end_field → … → section… → close
 *
 * Sticky: after a failure every call does nothing and osl_writer_close()
 * tells. Threads: one writer, one thread. */
#ifndef OSL_CORE_SEGMENT_WRITER_H
#define OSL_CORE_SEGMENT_WRITER_H

#include "core/segment/segment.h"

typedef struct osl_writer osl_writer;

/* Creates `path` (a temporary name: the caller renames). */
OSL_MUST_CHECK osl_status osl_writer_open(osl_writer **out, const char *path,
                                          const osl_kernels *kernels,
                                          osl_error *err);

/* What the file's info section says; fields[] is filled by the writer. To be
 * set before the first field. */
void osl_writer_set_info(osl_writer *writer, const osl_segment_info *info);

/* Which words of text have lists of their best together (joint.h); none where
 * it is not called. To be set before the first field. */
typedef struct osl_joint_rule {
    uint32_t df, product; /* shares: df · df ≥ ordinals, … ≥ ordinals² */
} osl_joint_rule;
void osl_writer_set_joint(osl_writer *writer, const osl_joint_rule *rule);
/* Fields get no shortcuts. To be said before the first one. */
void osl_writer_leave_shortcuts(osl_writer *writer);

/* `lengths`: positions of each ordinal (ordinal_count of them), borrowed until
 * osl_writer_end_field(). */
void osl_writer_begin_field(osl_writer *writer, osl_field field,
                            uint32_t ordinal_count, const uint32_t *lengths);

/* The same where only the codes of the lengths are known, and their sum. */
void osl_writer_begin_field_coded(osl_writer *writer, osl_field field,
                                  uint32_t ordinal_count, const uint8_t *codes,
                                  uint64_t total_length);

/* One term of the field, at most OSL_TERM_BYTES_MAX long (OSL_ELIMIT): its
 * ordinals rise; positions are grouped by ordinal, rising within one and
 * below its length; all borrowed until the return. */
typedef struct osl_term_postings {
    osl_text term;
    uint32_t df;
    const uint32_t *ordinals;  /* df */
    const uint32_t *tfs;       /* df, each ≥ 1 */
    const uint32_t *positions; /* sum of tfs; NULL in a field without */
    /* Surface forms: sum of tfs indexes into form_list; NULL where there are
     * none (title, heading, pairs, index without forms). */
    const uint32_t *forms;
    const osl_text *form_list;
    uint32_t form_count;
} osl_term_postings;

void osl_writer_term(osl_writer *writer, const osl_term_postings *postings);
void osl_writer_end_field(osl_writer *writer);

/* Any other section, for codecs beside the postings (store, columns, document
 * table): begin, put…, end. `kind` is one of OSL_SECTION_* in format.h. A section
 * starts at a multiple of 64 in the file. */
void osl_writer_begin_section(osl_writer *writer, uint32_t kind,
                              uint32_t version);
void osl_writer_put(osl_writer *writer, const void *bytes, size_t length);
void osl_writer_end_section(osl_writer *writer);

/* Sections other than fields that are made beside the writer, and put where
 * they belong later: a writer of its own, without a file. OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_writer_open_aside(osl_writer **out,
                                                osl_error *err);
/* Puts what is aside, and ends that writer; where it has failed, so has this
 * one. */
void osl_writer_put_aside(osl_writer *writer, osl_writer *aside);

/* Bytes of the file so far. */
uint64_t osl_writer_offset(const osl_writer *writer);

/* Writes the table, fsyncs and closes; the writer is gone either way. On
 * failure the file is unlinked. */
OSL_MUST_CHECK osl_status osl_writer_close(osl_writer *writer,
                                           uint64_t *file_bytes,
                                           osl_error *err);
void osl_writer_abandon(osl_writer *writer); /* NULL is fine */

#endif
