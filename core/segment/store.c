/* SPDX-License-Identifier: MIT */
#include "core/segment/store.h"

#include "core/segment/segment_internal.h"
#include "core/segment/taker.h"

#include <stdlib.h>
#include <zstd.h>

enum { VERSION = 1 };
enum {
    TEXTS_START,
    TEXTS_CLASSES,
    TEXTS_GROUP_START, /* in the stream of codes */
    TEXTS_GROUP_PLACE, /* in the section */
    TEXTS_COLUMNS
};

/* Codes of a group before compression, at least; the level that pays: 3 takes
 * half as long again for 1 % less. */
enum { GROUP_BYTES = 8192, ZSTD_LEVEL = 1 };

/* The head of a word in the vocabulary's blocks. */
enum {
    WORD_BLOCK = 16,
    SHARED_BITS = 3,
    SHARED_MAX = 7,
    SUFFIX_MAX = 15,
    SEPARATOR = 128
};

/* No stored text is longer than a paragraph may be. */
#define TEXT_BYTES_MAX ((size_t)1 << 28)

/* ---- codes -------------------------------------------------------------- */

static uint64_t capacity_of(const uint32_t counts[4])
{
    return counts[0] + ((uint64_t)counts[1] << 8) +
           ((uint64_t)counts[2] << 16) + ((uint64_t)counts[3] << 24);
}

/* Bytes saved against codes of four bytes each: sums[i] is the count of the
 * first i ranks. */
static uint64_t saved_by(const uint32_t counts[4], const uint64_t *sums,
                         uint32_t n)
{
    uint64_t saved = 0, end = 0;
    for (unsigned i = 0; i < 3; i++) {
        end += (uint64_t)counts[i] << 8 * i;
        saved += sums[end < n ? end : n];
    }
    return saved;
}

osl_status osl_store_choose(osl_store_classes *out, const uint32_t *counts,
                            uint32_t n, osl_error *err)
{
    uint64_t *sums = malloc(((size_t)n + 1) * sizeof *sums);
    if (!sums)
        return osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    sums[0] = 0;
    for (uint32_t i = 0; i < n; i++)
        sums[i + 1] = sums[i] + counts[i];
    uint64_t best = 0;
    bool found = false;
    uint32_t least = n >> 24;
    for (uint32_t four = least; four <= least + 1 && four < 256; four++) {
        for (uint32_t one = 0; one <= 256 - four; one++) {
            for (uint32_t two = 0; two <= 256 - four - one; two++) {
                uint32_t tried[4] = {one, two, 256 - four - one - two, four};
                if (capacity_of(tried) < n)
                    continue;
                uint64_t saved = saved_by(tried, sums, n);
                if (found && saved <= best)
                    continue;
                memcpy(out->counts, tried, sizeof tried);
                best = saved;
                found = true;
            }
        }
    }
    free(sums);
    if (!found)
        return osl_fail(err, OSL_ELIMIT,
                        "%u distinct words do not fit one "
                        "segment",
                        n);
    return OSL_OK;
}

uint32_t osl_store_code(const osl_store_classes *classes, uint32_t rank)
{
    uint64_t left = rank;
    uint32_t first = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t size = (uint64_t)classes->counts[i] << 8 * i;
        if (left < size) {
            uint32_t low = (uint32_t)(left & ((UINT64_C(1) << 8 * i) - 1));
            return (first + (uint32_t)(left >> 8 * i)) | low << 8;
        }
        left -= size;
        first += classes->counts[i];
    }
    return 0;
}

void osl_store_lengths(const osl_store_classes *classes, uint8_t lengths[256])
{
    unsigned byte = 0;
    memset(lengths, 0, 256);
    for (unsigned i = 0; i < 4; i++)
        for (uint32_t j = 0; j < classes->counts[i] && byte < 256; j++)
            lengths[byte++] = (uint8_t)(i + 1);
}

/* ---- writing ------------------------------------------------------------ */

/* Words of one and two bytes of code, read most, stand as they are. */
static uint32_t direct_count(const osl_store_classes *classes, uint32_t n)
{
    uint32_t count = classes->counts[0] + (classes->counts[1] << 8);
    return count < n ? count : n;
}

/* A number in few bits, what does not fit behind it. */
static unsigned small(size_t value, unsigned most)
{
    return value < most ? (unsigned)value : most;
}

static void put_entry(osl_buf *out, osl_text text, osl_text before,
                      bool is_separator)
{
    size_t shared = 0;
    while (shared < text.length && shared < before.length &&
           text.bytes[shared] == before.bytes[shared])
        shared++;
    size_t suffix = text.length - shared;
    osl_buf_put_byte(out, (uint8_t)(small(shared, SHARED_MAX) |
                                    small(suffix, SUFFIX_MAX) << SHARED_BITS |
                                    (is_separator ? SEPARATOR : 0u)));
    if (shared >= SHARED_MAX)
        osl_buf_put_varint(out, shared - SHARED_MAX);
    if (suffix >= SUFFIX_MAX)
        osl_buf_put_varint(out, suffix - SUFFIX_MAX);
    osl_buf_put_text(out, (osl_text){text.bytes + shared, suffix});
}

osl_status osl_store_put_vocabulary(osl_writer *writer,
                                    const osl_store_classes *classes,
                                    const osl_text *texts,
                                    const uint8_t *separators, uint32_t n,
                                    osl_error *err)
{
    osl_buf heap = {0};
    uint32_t direct = direct_count(classes, n), block_count = 0;
    size_t blocks_room = (n - direct) / WORD_BLOCK + 2;
    uint64_t *offsets = malloc(((size_t)direct + 1) * sizeof *offsets);
    uint64_t *blocks = malloc(blocks_room * sizeof *blocks);
    osl_status status = OSL_OK;
    if (!offsets || !blocks) {
        free(offsets);
        free(blocks);
        return osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    }
    for (uint32_t i = 0; i < direct; i++) {
        offsets[i] = 2 * (uint64_t)heap.length + (separators[i] != 0);
        osl_buf_put_text(&heap, texts[i]);
    }
    offsets[direct] = 2 * (uint64_t)heap.length;
    for (uint32_t i = direct; i < n; i++) {
        bool first = (i - direct) % WORD_BLOCK == 0;
        if (first)
            blocks[block_count++] = heap.length;
        put_entry(&heap, texts[i], first ? (osl_text){"", 0} : texts[i - 1],
                  separators[i]);
    }
    blocks[block_count] = heap.length;
    const osl_column_source columns[] = {
        osl_column_array(offsets, direct + 1, 8),
        osl_column_array(blocks, block_count + 1, 8)};
    status = osl_buf_status(&heap, "the vocabulary", err);
    if (status == OSL_OK)
        status = osl_tables_put(writer, OSL_SECTION_VOCABULARY, columns, 2,
                                osl_buf_text(&heap), err);
    osl_buf_clear(&heap);
    free(offsets);
    free(blocks);
    return status;
}

struct osl_store_codes {
    osl_writer *writer;
    ZSTD_CCtx *zstd; /* NULL: not compressed; owns, as all below */
    osl_buf group, packed;
    uint64_t *starts, *places; /* of groups, and the end of the last */
    size_t starts_size, places_size;
    uint32_t group_count;
    uint64_t taken, written; /* bytes put and bytes of the section */
    bool failed;
};

void osl_store_codes_free(osl_store_codes *codes)
{
    if (!codes)
        return;
    (void)ZSTD_freeCCtx(codes->zstd);
    osl_buf_clear(&codes->group);
    osl_buf_clear(&codes->packed);
    free(codes->starts);
    free(codes->places);
    free(codes);
}

/* The next group begins here. */
static void mark_group(osl_store_codes *codes)
{
    size_t count = (size_t)codes->group_count + 1;
    if (!osl_grow(&codes->starts, &codes->starts_size, count, 8) ||
        !osl_grow(&codes->places, &codes->places_size, count, 8)) {
        codes->failed = true;
        return;
    }
    codes->starts[codes->group_count] = codes->taken;
    codes->places[codes->group_count] = codes->written;
}

osl_status osl_store_codes_new(osl_store_codes **out, osl_writer *writer,
                               bool small, osl_error *err)
{
    osl_store_codes *codes = calloc(1, sizeof *codes);
    if (!codes)
        return osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    codes->writer = writer;
    if (small) {
        codes->zstd = ZSTD_createCCtx();
        codes->failed = !codes->zstd;
        mark_group(codes);
    }
    osl_writer_begin_section(writer, OSL_SECTION_CODES, VERSION);
    *out = codes;
    return OSL_OK;
}

static void put_group(osl_store_codes *codes)
{
    size_t length = codes->group.length;
    size_t room = ZSTD_compressBound(length);
    osl_buf_reset(&codes->packed);
    uint8_t *to = osl_buf_room(&codes->packed, room);
    if (length == 0 || !to || codes->failed)
        return;
    size_t packed = ZSTD_compressCCtx(codes->zstd, to, room, codes->group.bytes,
                                      length, ZSTD_LEVEL);
    if (ZSTD_isError(packed)) {
        codes->failed = true;
        return;
    }
    osl_writer_put(codes->writer, to, packed);
    codes->taken += length;
    codes->written += packed;
    codes->group_count++;
    mark_group(codes);
    osl_buf_reset(&codes->group);
}

void osl_store_codes_put(osl_store_codes *codes, const uint8_t *bytes,
                         size_t length)
{
    if (codes->zstd)
        osl_buf_put(&codes->group, bytes, length);
    else
        osl_writer_put(codes->writer, bytes, length);
}

void osl_store_codes_end_paragraph(osl_store_codes *codes)
{
    if (codes->group.length >= GROUP_BYTES)
        put_group(codes);
}

osl_status osl_store_codes_finish(osl_store_codes *codes,
                                  const osl_store_classes *classes,
                                  const uint64_t *starts, uint32_t n,
                                  osl_error *err)
{
    put_group(codes);
    osl_writer_end_section(codes->writer);
    if (codes->failed || codes->group.failed || codes->packed.failed)
        return osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    uint32_t marks = codes->group_count > 0 ? codes->group_count + 1 : 0;
    const osl_column_source columns[TEXTS_COLUMNS] = {
        [TEXTS_START] = osl_column_array(starts, n + 1, 8),
        [TEXTS_CLASSES] = osl_column_array(classes->counts, 4, 4),
        [TEXTS_GROUP_START] = osl_column_array(codes->starts, marks, 8),
        [TEXTS_GROUP_PLACE] = osl_column_array(codes->places, marks, 8),
    };
    return osl_tables_put(codes->writer, OSL_SECTION_TEXTS, columns,
                          TEXTS_COLUMNS, osl_text_of(NULL), err);
}

/* ---- reading ------------------------------------------------------------ */

typedef struct decoder {
    const osl_segment *segment;
    osl_column words, blocks; /* of the vocabulary */
    osl_buf word;             /* one put together of its block; owns */
    /* The vocabulary's bytes, once it was looked at whole: for who reads many
     * texts. */
    const uint8_t *heap;
    uint64_t heap_length;
    osl_store_classes classes;
    uint8_t lengths[256];
    const uint8_t *at, *end;
    uint8_t *group; /* a small store's, unpacked; owns */
    size_t group_length;
} decoder;

static osl_status spoilt_codes(const decoder *d, osl_error *err)
{
    return osl_segment_spoilt(d->segment,
                              &d->segment->sections[OSL_SECTION_CODES],
                              "a text's codes make no sense", err);
}

static osl_status open_words(decoder *d, osl_error *err)
{
    osl_column classes;
    osl_status status = osl_tables_column(d->segment, OSL_SECTION_VOCABULARY, 0,
                                          &d->words, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_VOCABULARY, 1,
                                   &d->blocks, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_TEXTS, TEXTS_CLASSES,
                                   &classes, err);
    for (unsigned i = 0; i < 4 && status == OSL_OK; i++) {
        uint64_t count = 0;
        status = osl_tables_value(d->segment, OSL_SECTION_TEXTS, &classes, i,
                                  &count, err);
        if (status == OSL_OK && count > 256)
            status = spoilt_codes(d, err);
        d->classes.counts[i] = (uint32_t)count;
    }
    if (status == OSL_OK)
        osl_store_lengths(&d->classes, d->lengths);
    return status;
}

/* The last of a column's rising numbers that is not above `wanted`, at most
 * `last`. */
static osl_status find_group(const decoder *d, const osl_column *starts,
                             uint64_t wanted, uint32_t last, uint32_t *out,
                             osl_error *err)
{
    uint32_t low = 0, high = last;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        uint64_t start = 0;
        osl_status status = osl_tables_value(d->segment, OSL_SECTION_TEXTS,
                                             starts, middle, &start, err);
        if (status != OSL_OK)
            return status;
        if (start <= wanted)
            low = middle;
        else
            high = middle - 1;
    }
    *out = low;
    return OSL_OK;
}

/* Two neighbours of a column, the second not below the first. */
static osl_status read_range(const decoder *d, const osl_column *column,
                             uint64_t at, uint64_t out[2], osl_error *err)
{
    osl_status status = osl_tables_value(d->segment, OSL_SECTION_TEXTS, column,
                                         at, &out[0], err);
    if (status == OSL_OK)
        status = osl_tables_value(d->segment, OSL_SECTION_TEXTS, column, at + 1,
                                  &out[1], err);
    if (status == OSL_OK && out[0] > out[1])
        status = spoilt_codes(d, err);
    return status;
}

static osl_status unpack_group(decoder *d, const osl_section *codes,
                               const uint64_t place[2], size_t length,
                               osl_error *err)
{
    osl_status status = osl_segment_touch(d->segment, codes, place[0],
                                          place[1] - place[0], err);
    if (status != OSL_OK)
        return status;
    const uint8_t *packed = codes->bytes + place[0];
    size_t packed_length = (size_t)(place[1] - place[0]);
    if (length > 2 * TEXT_BYTES_MAX ||
        ZSTD_getFrameContentSize(packed, packed_length) != length)
        return spoilt_codes(d, err);
    d->group = malloc(length + 1);
    d->group_length = length;
    if (!d->group)
        return osl_fail(err, OSL_ENOMEM, "out of memory for a text");
    if (ZSTD_decompress(d->group, length, packed, packed_length) != length)
        return spoilt_codes(d, err);
    return OSL_OK;
}

/* Bytes [from, to) of a small store's codes. */
static osl_status open_group(decoder *d, const osl_section *codes,
                             const osl_column *starts, const uint64_t text[2],
                             osl_error *err)
{
    osl_column places;
    uint32_t group = 0;
    uint64_t range[2] = {0, 0}, place[2] = {0, 0};
    osl_status status =
        find_group(d, starts, text[0],
                   starts->count > 1 ? starts->count - 2 : 0, &group, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_TEXTS,
                                   TEXTS_GROUP_PLACE, &places, err);
    if (status == OSL_OK)
        status = read_range(d, starts, group, range, err);
    if (status == OSL_OK)
        status = read_range(d, &places, group, place, err);
    if (status == OSL_OK && (text[0] < range[0] || text[1] > range[1]))
        status = spoilt_codes(d, err);
    if (status == OSL_OK)
        status =
            unpack_group(d, codes, place, (size_t)(range[1] - range[0]), err);
    if (status != OSL_OK)
        return status;
    d->at = d->group + (text[0] - range[0]);
    d->end = d->group + (text[1] - range[0]);
    return OSL_OK;
}

/* Where a paragraph's codes stand. */
typedef struct code_place {
    const osl_section *section;
    osl_column groups;
    uint64_t text[2]; /* from, to */
} code_place;

static osl_status find_codes(const decoder *d, uint32_t paragraph,
                             code_place *out, osl_error *err)
{
    osl_column starts;
    osl_status status = osl_segment_find_section(d->segment, OSL_SECTION_CODES,
                                                 VERSION, &out->section, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_TEXTS, TEXTS_START,
                                   &starts, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_TEXTS,
                                   TEXTS_GROUP_START, &out->groups, err);
    if (status == OSL_OK)
        status = read_range(d, &starts, paragraph, out->text, err);
    return status;
}

static osl_status open_plain(decoder *d, const code_place *place,
                             osl_error *err)
{
    const osl_section *codes = place->section;
    osl_status status = osl_segment_touch(d->segment, codes, place->text[0],
                                          place->text[1] - place->text[0], err);
    if (status != OSL_OK)
        return status;
    d->at = codes->bytes + place->text[0];
    d->end = codes->bytes + place->text[1];
    return OSL_OK;
}

static osl_status open_codes(decoder *d, uint32_t paragraph, osl_error *err)
{
    code_place place;
    osl_status status = find_codes(d, paragraph, &place, err);
    if (status != OSL_OK || place.text[0] == place.text[1])
        return status;
    if (place.groups.count > 0)
        return open_group(d, place.section, &place.groups, place.text, err);
    return open_plain(d, &place, err);
}

/* The rank of the code at d->at; UINT64_MAX where there is none whole. */
static uint64_t next_rank(decoder *d)
{
    unsigned byte = *d->at;
    unsigned length = d->lengths[byte];
    if (length == 0 || (size_t)(d->end - d->at) < length)
        return UINT64_MAX;
    uint64_t rank = 0, low = 0;
    for (unsigned i = 1; i < length; i++) {
        low |= (uint64_t)d->at[i] << 8 * (i - 1);
        rank += (uint64_t)d->classes.counts[i - 1] << 8 * (i - 1);
        byte -= d->classes.counts[i - 1];
    }
    d->at += length;
    return rank + ((uint64_t)byte << 8 * (length - 1)) + low;
}

/* The next word of a block onto the one before. */
static void take_word(osl_taker *from, osl_buf *word, bool *is_separator)
{
    unsigned head = osl_take_byte(from);
    uint64_t shared = head & SHARED_MAX;
    uint64_t suffix = head >> SHARED_BITS & SUFFIX_MAX;
    if (shared == SHARED_MAX)
        shared += osl_take_varint(from);
    if (suffix == SUFFIX_MAX)
        suffix += osl_take_varint(from);
    if (shared > word->length || suffix > (uint64_t)(from->end - from->at))
        from->spoilt = true;
    if (from->spoilt)
        return;
    word->length = (size_t)shared;
    osl_buf_put(word, from->at, (size_t)suffix);
    from->at += suffix;
    *is_separator = head & SEPARATOR;
}

/* Two neighbours of a column of the vocabulary. */
static osl_status read_span(const decoder *d, const osl_column *column,
                            uint64_t at, uint64_t out[2], osl_error *err)
{
    const osl_section *section = &d->segment->sections[OSL_SECTION_VOCABULARY];
    if (d->heap && at + 1 < column->count) {
        const uint8_t *numbers = section->bytes + column->offset;
        out[0] = osl_column_get(column, numbers, (uint32_t)at);
        out[1] = osl_column_get(column, numbers, (uint32_t)at + 1);
        return OSL_OK;
    }
    osl_status status = osl_tables_value(d->segment, OSL_SECTION_VOCABULARY,
                                         column, at, &out[0], err);
    if (status == OSL_OK)
        status = osl_tables_value(d->segment, OSL_SECTION_VOCABULARY, column,
                                  at + 1, &out[1], err);
    return status;
}

/* Bytes [from, to) of the vocabulary. */
static osl_status read_bytes(const decoder *d, uint64_t from, uint64_t to,
                             const uint8_t **out, osl_error *err)
{
    if (from > to)
        return spoilt_codes(d, err);
    if (d->heap && to <= d->heap_length) {
        *out = d->heap + from;
        return OSL_OK;
    }
    return osl_tables_extra(d->segment, OSL_SECTION_VOCABULARY, from, to - from,
                            out, err);
}

static osl_status read_rare_word(decoder *d, uint64_t place, osl_text *word,
                                 bool *is_separator, osl_error *err)
{
    uint64_t span[2] = {0, 0};
    const uint8_t *bytes = NULL;
    osl_status status = read_span(d, &d->blocks, place / WORD_BLOCK, span, err);
    if (status == OSL_OK)
        status = read_bytes(d, span[0], span[1], &bytes, err);
    if (status != OSL_OK)
        return status;
    osl_taker from = {.at = bytes, .end = bytes + (span[1] - span[0])};
    osl_buf_reset(&d->word);
    for (uint64_t i = 0; i <= place % WORD_BLOCK; i++)
        take_word(&from, &d->word, is_separator);
    if (from.spoilt)
        return spoilt_codes(d, err);
    *word = osl_buf_text(&d->word);
    return osl_buf_status(&d->word, "a word", err);
}

static osl_status read_word(decoder *d, uint64_t rank, osl_text *word,
                            bool *is_separator, osl_error *err)
{
    uint64_t span[2] = {0, 0};
    const uint8_t *bytes = NULL;
    if (d->words.count > 0 && rank >= d->words.count - 1)
        return read_rare_word(d, rank - (d->words.count - 1), word,
                              is_separator, err);
    osl_status status = read_span(d, &d->words, rank, span, err);
    *is_separator = span[0] & 1;
    span[0] /= 2;
    span[1] /= 2;
    if (status == OSL_OK)
        status = read_bytes(d, span[0], span[1], &bytes, err);
    if (status == OSL_OK)
        *word = (osl_text){(const char *)bytes, (size_t)(span[1] - span[0])};
    return status;
}

static osl_status decode(decoder *d, osl_buf *out, osl_error *err)
{
    size_t start = out->length;
    bool after_word = false;
    while (d->at < d->end) {
        uint64_t rank = next_rank(d);
        osl_text word;
        bool is_separator = false;
        if (rank >= UINT32_MAX)
            return spoilt_codes(d, err);
        osl_status status = read_word(d, rank, &word, &is_separator, err);
        if (status != OSL_OK)
            return status;
        if (after_word && !is_separator)
            osl_buf_put_byte(out, ' ');
        osl_buf_put_text(out, word);
        after_word = !is_separator;
        if (out->length - start > TEXT_BYTES_MAX)
            return spoilt_codes(d, err);
    }
    return osl_buf_status(out, "a paragraph's text", err);
}

osl_status osl_segment_text(const osl_segment *segment, uint32_t paragraph,
                            osl_buf *out, osl_error *err)
{
    if (!osl_segment_get_info(segment)->has_texts)
        return osl_fail(err, OSL_ENOTFOUND,
                        "this index stores no texts; index again without "
                        "--store none to have them");
    decoder d = {.segment = segment};
    osl_status status = open_words(&d, err);
    if (status == OSL_OK)
        status = open_codes(&d, paragraph, err);
    if (status == OSL_OK)
        status = decode(&d, out, err);
    free(d.group);
    osl_buf_clear(&d.word);
    return status;
}

/* ---- from end to end ---------------------------------------------------- */

struct osl_store_reader {
    decoder d;
    uint64_t next_word;
    osl_taker block; /* of words */
    /* A small store's group at hand: its codes before compression. */
    uint64_t group[2];
    uint8_t *unpacked; /* owns */
};

osl_status osl_store_reader_new(osl_store_reader **out,
                                const osl_segment *segment, osl_error *err)
{
    osl_store_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return osl_fail(err, OSL_ENOMEM, "out of memory for texts");
    reader->d.segment = segment;
    osl_status status = open_words(&reader->d, err);
    if (status == OSL_OK)
        *out = reader;
    else
        osl_store_reader_free(reader);
    return status;
}

void osl_store_reader_free(osl_store_reader *reader)
{
    if (!reader)
        return;
    osl_buf_clear(&reader->d.word);
    free(reader->unpacked);
    free(reader);
}

static osl_status open_word_block(osl_store_reader *reader, uint64_t block,
                                  osl_error *err)
{
    decoder *d = &reader->d;
    uint64_t start = 0, end = 0;
    const uint8_t *bytes = NULL;
    osl_status status = osl_tables_value(d->segment, OSL_SECTION_VOCABULARY,
                                         &d->blocks, block, &start, err);
    if (status == OSL_OK)
        status = osl_tables_value(d->segment, OSL_SECTION_VOCABULARY,
                                  &d->blocks, block + 1, &end, err);
    if (status == OSL_OK && start >= end)
        status = spoilt_codes(d, err);
    if (status == OSL_OK)
        status = osl_tables_extra(d->segment, OSL_SECTION_VOCABULARY, start,
                                  end - start, &bytes, err);
    if (status != OSL_OK)
        return status;
    reader->block = (osl_taker){.at = bytes, .end = bytes + (end - start)};
    osl_buf_reset(&d->word);
    return OSL_OK;
}

osl_status osl_store_reader_word(osl_store_reader *reader, osl_text *word,
                                 bool *is_separator, osl_error *err)
{
    decoder *d = &reader->d;
    uint64_t direct = d->words.count > 0 ? d->words.count - 1 : 0;
    uint64_t place = reader->next_word - direct;
    if (reader->next_word < direct)
        return read_word(d, reader->next_word++, word, is_separator, err);
    if (reader->block.at == reader->block.end) {
        if (place / WORD_BLOCK + 1 >= d->blocks.count)
            return OSL_END;
        osl_status status = open_word_block(reader, place / WORD_BLOCK, err);
        if (status != OSL_OK)
            return status;
    }
    take_word(&reader->block, &d->word, is_separator);
    if (reader->block.spoilt || reader->next_word >= UINT32_MAX - 1)
        return spoilt_codes(d, err);
    reader->next_word++;
    *word = osl_buf_text(&d->word);
    return osl_buf_status(&d->word, "a word", err);
}

/* Codes of a small store: out of the group at hand where they are in it. */
static osl_status seek_group(osl_store_reader *reader, const osl_section *codes,
                             const osl_column *groups, const uint64_t text[2],
                             osl_error *err)
{
    decoder *d = &reader->d;
    if (!reader->unpacked || text[0] < reader->group[0] ||
        text[1] > reader->group[1]) {
        free(reader->unpacked);
        reader->unpacked = NULL;
        osl_status status = open_group(d, codes, groups, text, err);
        reader->unpacked = d->group;
        d->group = NULL;
        if (status != OSL_OK)
            return status;
        reader->group[0] =
            text[0] - (uint64_t)(d->at - (const uint8_t *)reader->unpacked);
        reader->group[1] = reader->group[0] + d->group_length;
    }
    d->at = reader->unpacked + (text[0] - reader->group[0]);
    d->end = d->at + (text[1] - text[0]);
    return OSL_OK;
}

osl_status osl_store_reader_seek(osl_store_reader *reader, uint32_t paragraph,
                                 osl_error *err)
{
    code_place place;
    osl_status status = find_codes(&reader->d, paragraph, &place, err);
    reader->d.at = reader->d.end = NULL;
    if (status != OSL_OK || place.text[0] == place.text[1])
        return status;
    if (place.groups.count > 0)
        return seek_group(reader, place.section, &place.groups, place.text,
                          err);
    return open_plain(&reader->d, &place, err);
}

/* The vocabulary whole, so that no word of it need be verified again. */
static osl_status open_vocabulary(decoder *d, osl_error *err)
{
    const osl_section *section = &d->segment->sections[OSL_SECTION_VOCABULARY];
    osl_column_view words, blocks;
    osl_status status =
        osl_tables_view(d->segment, OSL_SECTION_VOCABULARY, 0, 0, &words, err);
    if (status == OSL_OK)
        status = osl_tables_view(d->segment, OSL_SECTION_VOCABULARY, 1, 0,
                                 &blocks, err);
    uint64_t length = status == OSL_OK ? osl_get64(section->bytes + 8) : 0;
    if (status == OSL_OK)
        status = osl_tables_extra(d->segment, OSL_SECTION_VOCABULARY, 0, length,
                                  &d->heap, err);
    d->heap_length = length;
    return status;
}

osl_status osl_store_reader_text(osl_store_reader *reader, uint32_t paragraph,
                                 osl_buf *out, osl_error *err)
{
    osl_status status = osl_store_reader_seek(reader, paragraph, err);
    if (status == OSL_OK && !reader->d.heap)
        status = open_vocabulary(&reader->d, err);
    return status == OSL_OK ? decode(&reader->d, out, err) : status;
}

osl_status osl_store_reader_ranks(osl_store_reader *reader, uint32_t *ranks,
                                  size_t most, size_t *count, osl_error *err)
{
    decoder *d = &reader->d;
    size_t n = 0;
    while (n < most && d->at < d->end) {
        uint64_t rank = next_rank(d);
        if (rank >= UINT32_MAX)
            return spoilt_codes(d, err);
        ranks[n++] = (uint32_t)rank;
    }
    *count = n;
    return OSL_OK;
}
