/* SPDX-License-Identifier: MIT
 *
 * The names in a segment file: magic, versions, kinds of sections. What stands
 * in a section is drawn in docs/FORMAT.md and above its codec. */
#ifndef OSL_CORE_SEGMENT_FORMAT_H
#define OSL_CORE_SEGMENT_FORMAT_H

#include <stdint.h>

#define OSL_SEGMENT_MAGIC   0x67655372656C734Fu /* "OslerSeg" */
#define OSL_SEGMENT_VERSION 8u

#define OSL_SECTION_ALIGN    64u
#define OSL_CHECKSUM_BLOCK   4096u
#define OSL_SECTION_KIND_END 192u /* kinds are below this */

/* Kinds below 128 belong to the container and to postings; of the last five
 * there is one a field: kind + osl_field. */
enum {
    OSL_SECTION_INFO = 1,
    OSL_SECTION_CHECKSUMS = 2,
    OSL_SECTION_DICTIONARY = 16,
    OSL_SECTION_POSTINGS = 24,
    OSL_SECTION_LENGTHS = 32,
    OSL_SECTION_FORMS = 40,
    OSL_SECTION_SHORTCUTS = 48,
    OSL_SECTION_JOINT = 56, /* of text alone */

    /* 128 to 191 belong to the codecs beside the postings: store, documents,
     * sections, columns, aliases, definitions. */
    OSL_SECTION_OTHERS = 128
};

#endif
