/* SPDX-License-Identifier: MIT
 *
 * An open segment from inside its folder: where a section's bytes are, and
 * the proof that they are what was written.
 *
 * A codec asks for its section once a call (osl_segment_find_section), checks
 * every offset that it takes from the file, and touches bytes before it reads
 * them (osl_segment_touch). Reading up to 64 bytes behind a section's end is
 * safe, though they mean nothing: the file's table and footer stand there. */
#ifndef OSL_CORE_SEGMENT_INTERNAL_H
#define OSL_CORE_SEGMENT_INTERNAL_H

#include "core/base/file.h"
#include "core/segment/format.h"
#include "core/segment/model.h"
#include "core/segment/segment.h"

/* Sections of columns, and the most columns of one. */
enum { OSL_SECTION_TABLES = 16, OSL_SECTION_COLUMNS_MAX = 16 };

/* A section of the map. Absent: bytes NULL, version 0. */
typedef struct osl_section {
    const uint8_t *bytes;
    size_t length;
    uint64_t offset; /* in the file */
    uint32_t version;
} osl_section;

/* Upper bounds of G as bytes, for the k1, b and average length of writing. */
enum { OSL_BOUNDS_TFS = 16 };
typedef struct osl_bounds {
    float k[256];
    uint32_t tfs;                     /* that are in the table, from 1 on */
    uint8_t low[OSL_BOUNDS_TFS][256]; /* by tf − 1 and length code */
} osl_bounds;

/* `tfs`: 0 to OSL_BOUNDS_TFS; a table is for who asks for many. */
void osl_bounds_init(osl_bounds *bounds, uint32_t tfs, double k1, double b,
                     uint64_t total_length, uint64_t count);
/* ceil(255 · G), at least 1; tf ≥ 1. */
uint8_t osl_bound_of(const osl_bounds *bounds, uint32_t tf, uint8_t code);
/* The same by the table, if it has the tf. */
static inline uint8_t osl_bound_at(const osl_bounds *bounds, uint32_t tf,
                                   uint8_t code)
{
    return tf <= bounds->tfs ? bounds->low[tf - 1][code]
                             : osl_bound_of(bounds, tf, code);
}

/* Whether no length but 0 occurs: then there is no section of lengths. */
static inline bool osl_codes_are_zero(const uint64_t codes[4])
{
    return codes[0] <= 1 && !codes[1] && !codes[2] && !codes[3];
}

/* What a field needs at hand, made at open. */
typedef struct osl_segment_field {
    osl_section dictionary, postings, lengths, forms, shortcuts;
    osl_bounds bounds;
    uint64_t codes[4];    /* which length codes occur */
    uint32_t sliced_from; /* df of terms that are sliced in the file */
    bool dense;           /* positions of packed terms are in bits */
    uint8_t *zeros;       /* lengths that are not in the file; owns */
    /* A bit for each 64 bytes of the postings section: the region of a
     * frequent term that starts there was checked. Relaxed atomics; owns. */
    uint64_t *checked;
} osl_segment_field;

typedef struct osl_packed_held osl_packed_held;

struct osl_segment {
    osl_map map; /* not open where the bytes are the caller's */
    const uint8_t *bytes;
    size_t length;
    char *path;
    const osl_kernels *kernels;
    osl_segment_info info;
    osl_section sections[OSL_SECTION_KIND_END];
    osl_segment_field fields[OSL_FIELD_COUNT];
    /* Checksums of blocks 0 … block_count − 1, and which were verified;
     * `verify` is off only under the fuzzer. */
    const uint8_t *checksums;
    size_t block_count;
    uint64_t *verified; /* relaxed atomics; owns */
    bool verify;
    /* Descriptors of columns (tables.c) that were read, by kind of section
     * from OSL_SECTION_OTHERS on, and number. Atomics; owns them and the
     * list. */
    struct osl_column **columns;
    /* Where the parts of dictionaries are, by field, as the first that asked
     * read it (dictionary_read.h). Atomics; owns the list and them. */
    struct osl_dictionary_view **views;
    /* Strings that all documents have alike, as the first that asked read them
     * (documents.c). Atomic; owns the place and it. */
    struct osl_shared_strings **shared;
    /* Regions that were sliced in memory (packed.h). Owns. */
    osl_packed_held *packed;
    /* Ids that are numbered, as the first that asked read them (ids.c).
     * Atomic; owns the place and them. */
    struct osl_ids **ids;
    /* How the codes of stored texts are read; NULL: not at all. Owns. */
    osl_model_decoder *decoder;
    /* How its rare words are spelt; NULL: byte by byte. Owns. */
    osl_model_decoder *letters;
};

/* Opens bytes that the caller keeps until osl_segment_free(). `verify` false
 * trusts all checksums: for the fuzzer, which could not get past them. `name`
 * is what errors say. */
OSL_MUST_CHECK osl_status osl_segment_open_memory(osl_segment **out,
                                                  osl_text bytes,
                                                  const char *name,
                                                  const osl_kernels *kernels,
                                                  bool verify, osl_error *err);

/* The section of this kind, not yet touched. Absent: OSL_ENOTFOUND; of a
 * version above `newest`: OSL_EVERSION; both with words. */
OSL_MUST_CHECK osl_status osl_segment_find_section(const osl_segment *segment,
                                                   uint32_t kind,
                                                   uint32_t newest,
                                                   const osl_section **out,
                                                   osl_error *err);
/* "term dictionary of text", for errors. */
const char *osl_section_name(uint32_t kind);

/* Verifies the checksums of the 4 KiB blocks that hold `length` bytes from
 * `offset` of the section on, unless that was done before. OSL_ECORRUPT where
 * they leave the section or a block is spoilt. Cheap once verified. */
OSL_MUST_CHECK osl_status osl_segment_touch_blocks(const osl_segment *segment,
                                                   const osl_section *section,
                                                   uint64_t offset,
                                                   uint64_t length,
                                                   osl_error *err);
static inline bool osl_segment_was_verified(const osl_segment *segment,
                                            size_t block)
{
    return __atomic_load_n(&segment->verified[block / 64], __ATOMIC_RELAXED) >>
               (block % 64) &
           1;
}
OSL_MUST_CHECK static inline osl_status
osl_segment_touch(const osl_segment *segment, const osl_section *section,
                  uint64_t offset, uint64_t length, osl_error *err)
{
    if (offset <= section->length && length <= section->length - offset &&
        length > 0) {
        uint64_t first = (section->offset + offset) / OSL_CHECKSUM_BLOCK;
        uint64_t last =
            (section->offset + offset + length - 1) / OSL_CHECKSUM_BLOCK;
        if (first == last && segment->verify &&
            osl_segment_was_verified(segment, (size_t)first))
            return OSL_OK;
    }
    return osl_segment_touch_blocks(segment, section, offset, length, err);
}

/* OSL_ECORRUPT in one manner: file, section, what is wrong. */
#define osl_segment_spoilt(segment, section, what, err)             \
    (osl_segment_spoilt_words((segment), (section), (what), (err)), \
     OSL_ECORRUPT)
void osl_segment_spoilt_words(const osl_segment *segment,
                              const osl_section *section, const char *what,
                              osl_error *err);

#endif
