/* SPDX-License-Identifier: MIT
 *
 * Shortcuts past the dictionary: a table, by hash, of the terms that many
 * ordinals hold, each with its bytes and all that the dictionary says of it. A
 * look-up of one of these waits for memory once, where the tree and its blocks
 * take two steps that wait for each other and are to be gone through. The
 * dictionary has all terms: what is not in the table, be it rare, long or
 * without room in its bucket, is looked for there.
 *
 *     section = buckets:u32 entries:u32 zero to 64 bucket{}
 *     bucket  = entry{} zero to 128    two lines of memory
 *     entry   = head:u16 term{length} df more ordinal bytes place
 *
 *     head    = bytes of the entry (bits 0-5; 0: none, nor behind it), length
 *               of the term (6-9), and how many bytes numbers take, less 1: df
 *               and more (10-11), ordinal (12-13), bytes (14-15); the rest is
 *               the place's
 *     more    = cf - df
 *     place   = where the term's region begins in the section of postings
 *
 * In the table are terms of 1 to 15 bytes whose df is OSL_SHORTCUT_DF_MIN or
 * more, and whose `bytes` and `more` have 32 bits. They go to their buckets in
 * falling order of df, then in order of bytes; who finds no room is left out.
 *
 * Threads: one builder, one thread; reading is pure. */
#ifndef OSL_CORE_SEGMENT_SHORTCUT_H
#define OSL_CORE_SEGMENT_SHORTCUT_H

#include "core/base/buf.h"
#include "core/segment/segment.h"

#define OSL_SHORTCUT_VERSION 1u

enum {
    OSL_SHORTCUT_DF_MIN = 16,
    OSL_SHORTCUT_LONGEST = 15,
    OSL_SHORTCUT_HEAD = 64,
    OSL_SHORTCUT_BUCKET = 128,
    OSL_SHORTCUT_ENTRY_MIN = 8
};

/* ---- writing ------------------------------------------------------------ */

/* Caller's storage; all zero is empty. */
typedef struct osl_shortcuts {
    osl_buf entries; /* as they will stand, in the order of terms */
    osl_buf keys;    /* df, and how many were before, complemented */
    osl_buf places;  /* hash and start among the entries */
} osl_shortcuts;

void osl_shortcuts_begin(osl_shortcuts *shortcuts);
/* A term behind those before, whose ordinal that of `info` need not be;
 * whether it is one for the table is told here. */
void osl_shortcuts_add(osl_shortcuts *shortcuts, osl_text term,
                       uint32_t ordinal, const osl_term_info *info);
/* Appends the section: nothing where it would have no entries. */
OSL_MUST_CHECK osl_status osl_shortcuts_finish(osl_shortcuts *shortcuts,
                                               osl_buf *out, osl_error *err);
void osl_shortcuts_clear(osl_shortcuts *shortcuts);

/* ---- reading ------------------------------------------------------------ */

/* A term of at most 15 bytes as the table compares it. */
typedef struct osl_shortcut_key {
    uint64_t low, high; /* its bytes, the first the lowest, zeros behind */
    unsigned length;    /* 0: none that could be in the table */
} osl_shortcut_key;

static inline osl_shortcut_key osl_shortcut_key_of(osl_text term)
{
    osl_shortcut_key key = {osl_load64(term.bytes, term.length), 0, 0};
    if (term.length > 8 && term.length <= OSL_SHORTCUT_LONGEST)
        key.high = osl_load64(term.bytes + 8, term.length - 8);
    if (term.length <= OSL_SHORTCUT_LONGEST)
        key.length = (unsigned)term.length;
    return key;
}

/* Which of `buckets`; any number below 2^32. */
static inline uint32_t osl_shortcut_bucket(const osl_shortcut_key *key,
                                           uint32_t buckets)
{
    uint64_t mixed = key->low ^ key->high * 0xC2B2AE3D27D4EB4Fu;
    mixed *= 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 32) * 0x9E3779B97F4A7C15u;
    return (uint32_t)((mixed >> 32) * buckets >> 32);
}

/* How much of an entry is wanted. */
typedef enum osl_shortcut_part {
    OSL_SHORTCUT_COUNTS, /* df, ordinal and cf */
    OSL_SHORTCUT_ALL
} osl_shortcut_part;

/* Looks for a term in its bucket, of which all bytes may be read, and eight
 * behind it. False where an entry is none; else out->df is 0 where the term is
 * not there. */
OSL_MUST_CHECK bool osl_shortcut_find(const uint8_t *bucket,
                                      const osl_shortcut_key *key,
                                      osl_shortcut_part part,
                                      osl_term_info *out);

#endif
