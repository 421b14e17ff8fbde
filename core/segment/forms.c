/* SPDX-License-Identifier: MIT
 *
 *     block   = head:u8 [count] code:w{total}, up to a whole byte
 *               [index{count} form{count}]
 *     head    = w (bits 0-4), exceptions (bit 5), index and count are u32,
 *               else u16 (bit 6), forms are u32, else u16 (bit 7)
 *
 * A code is the number of a form, the most frequent being 0. With exceptions,
 * a code of all ones says that the occurrence's form stands in the list (w = 0:
 * that it may stand there; else it is form 0). w is chosen so that the block
 * is smallest: most words have one form that outweighs the others.
 *
 *     section = blocks:u32 offset:u32{blocks + 1} block{blocks}
 *     block   = listed:u16 entry{as many as its bits}
 *     entry   = count:varint form{count}
 *     form    = left:4 suffix:4 [left − 15:varint] [suffix − 15:varint]
 *               byte{suffix} [df:varint]
 *
 * Blocks are of 16 terms like the dictionary's, which has these; `listed` says
 * which of them have an entry: the others have one form, equal to the term. A
 * form is the term without its last `left` bytes, then a suffix; df stands
 * where there is more than one form. */
#include "core/segment/forms.h"

#include "core/base/bytes.h"
#include "core/segment/dictionary.h"
#include "core/segment/segment_internal.h"

#include <assert.h>
#include <stdlib.h>

enum { WIDTH_MASK = 31, EXCEPTIONS = 32, WIDE_INDEX = 64, WIDE_FORM = 128 };
enum { MANY = 15 }; /* bytes of a form from which a number says how many */

/* ---- occurrences: writing ---------------------------------------------- */

static unsigned bits_of(uint32_t greatest)
{
    return greatest ? 32u - (unsigned)__builtin_clz(greatest) : 0;
}

/* The code that stands for "see the list". */
static uint32_t escape_of(unsigned w)
{
    assert(w < 32);
    return w == 0 ? 1 : ((uint32_t)1 << w) - 1;
}

/* Forms that are not below `least`, which is below 2^31 as they are. */
static uint64_t count_from(const uint32_t *forms, uint64_t total,
                           uint32_t least)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < total;) {
        uint32_t step = total - i < 4096 ? (uint32_t)(total - i) : 4096, n = 0;
        for (uint32_t j = 0; j < step; j++)
            n += (int32_t)forms[i + j] >= (int32_t)least;
        sum += n;
        i += step;
    }
    return sum;
}

static unsigned choose_width(const uint32_t *forms, uint64_t total,
                             unsigned full, unsigned exception_bits,
                             uint64_t *exceptions)
{
    uint64_t above[32] = {0}; /* forms not below the escape of a width */
    for (unsigned w = 1; w < full; w++)
        above[w] = count_from(forms, total, escape_of(w));
    if (full > 0)
        above[0] = full > 1 ? above[1] : count_from(forms, total, escape_of(0));
    unsigned best = full;
    uint64_t least = total * full;
    *exceptions = 0;
    for (unsigned w = 0; w < full; w++) {
        uint64_t cost = total * w + above[w] * exception_bits;
        if (cost < least) {
            best = w;
            least = cost;
            *exceptions = above[w];
        }
    }
    return best;
}

/* Eight codes of at most 7 bits: a whole number of bytes. */
static uint64_t pack_8(const uint32_t *forms, unsigned w, uint32_t escape)
{
    uint64_t bits = 0;
    for (unsigned i = 8; i-- > 0;)
        bits = bits << w | (forms[i] < escape ? forms[i] : escape);
    return bits;
}

static void put_codes(osl_buf *out, const uint32_t *forms, uint64_t total,
                      unsigned w, bool exceptions)
{
    uint32_t escape = exceptions ? escape_of(w) : UINT32_MAX;
    uint64_t bits = 0;
    unsigned count = 0;
    size_t bytes = (size_t)((total * w + 7) / 8);
    uint8_t *to = osl_buf_room(out, bytes + 8);
    if (w == 0 || !to)
        return;
    uint64_t i = 0;
    for (; w < 8 && total - i >= 8; i += 8, to += w)
        osl_put64(to, pack_8(forms + i, w, escape));
    for (; i < total; i++) {
        uint32_t code = forms[i] < escape ? forms[i] : escape;
        bits |= (uint64_t)code << count;
        count += w;
        osl_put32(to, (uint32_t)bits);
        unsigned full = count & 32;
        to += full / 8;
        bits >>= full;
        count -= full;
    }
    osl_put32(to, (uint32_t)bits);
    out->length += bytes;
}

static void put_either(osl_buf *out, uint64_t value, bool wide)
{
    if (wide)
        osl_buf_put32(out, (uint32_t)value);
    else
        osl_buf_put16(out, (uint16_t)value);
}

void osl_forms_write_block(osl_buf *out, const uint32_t *forms, uint64_t total)
{
    uint32_t greatest = 0;
    for (uint64_t i = 0; i < total; i++)
        if (forms[i] > greatest)
            greatest = forms[i];
    bool wide_index = total > UINT16_MAX, wide_form = greatest > UINT16_MAX;
    unsigned exception_bits =
        (wide_index ? 32u : 16u) + (wide_form ? 32u : 16u);
    uint64_t count;
    unsigned w =
        choose_width(forms, total, bits_of(greatest), exception_bits, &count);
    osl_buf_put_byte(out, (uint8_t)(w | (count ? EXCEPTIONS : 0u) |
                                    (wide_index ? WIDE_INDEX : 0u) |
                                    (wide_form ? WIDE_FORM : 0u)));
    if (count)
        put_either(out, count, wide_index);
    put_codes(out, forms, total, w, count > 0);
    for (uint64_t i = 0; count && i < total; i++)
        if (forms[i] >= escape_of(w))
            put_either(out, i, wide_index);
    for (uint64_t i = 0; count && i < total; i++)
        if (forms[i] >= escape_of(w))
            put_either(out, forms[i], wide_form);
}

/* ---- occurrences: reading ---------------------------------------------- */

typedef struct code_block {
    unsigned w;
    bool wide_index, wide_form;
    uint64_t count; /* exceptions */
    const uint8_t *codes, *indexes, *forms;
} code_block;

static size_t head_bytes(uint8_t head)
{
    return 1 + (head & EXCEPTIONS ? (head & WIDE_INDEX ? 4u : 2u) : 0);
}

static uint64_t get_either(const uint8_t *from, uint64_t i, bool wide)
{
    return wide ? osl_get32(from + i * 4) : osl_get16(from + i * 2);
}

static code_block open_block(const uint8_t *bytes, uint64_t total)
{
    uint8_t head = bytes[0];
    code_block block = {.w = head & WIDTH_MASK,
                        .wide_index = head & WIDE_INDEX,
                        .wide_form = head & WIDE_FORM};
    if (head & EXCEPTIONS)
        block.count = get_either(bytes + 1, 0, block.wide_index);
    block.codes = bytes + head_bytes(head);
    block.indexes = block.codes + (total * block.w + 7) / 8;
    block.forms = block.indexes + block.count * (block.wide_index ? 4 : 2);
    return block;
}

size_t osl_forms_block_bytes(const uint8_t *bytes, size_t length,
                             uint64_t total)
{
    if (length == 0 || length < head_bytes(bytes[0]) ||
        total > UINT32_MAX * (uint64_t)2)
        return 0;
    uint8_t head = bytes[0];
    uint64_t count = 0;
    if (head & EXCEPTIONS)
        count = get_either(bytes + 1, 0, head & WIDE_INDEX);
    uint64_t taken =
        head_bytes(head) + (total * (head & WIDTH_MASK) + 7) / 8 +
        count * ((head & WIDE_INDEX ? 4u : 2u) + (head & WIDE_FORM ? 4u : 2u));
    return taken <= length ? (size_t)taken : 0;
}

/* The first exception that is not before occurrence `wanted`. */
static uint64_t seek_exception(const code_block *block, uint64_t wanted)
{
    uint64_t low = 0, high = block->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (get_either(block->indexes, middle, block->wide_index) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void osl_forms_read_block(const uint8_t *bytes, uint64_t total, uint64_t first,
                          uint32_t count, uint32_t *out)
{
    code_block block = open_block(bytes, total);
    uint64_t mask = ((uint64_t)1 << block.w) - 1;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bit = (first + i) * block.w;
        uint64_t word = osl_get64(block.codes + bit / 8) >> (bit % 8);
        out[i] = (uint32_t)(word & mask);
    }
    for (uint64_t e = seek_exception(&block, first); e < block.count; e++) {
        uint64_t at = get_either(block.indexes, e, block.wide_index);
        if (at < first || at - first >= count)
            break;
        out[at - first] = (uint32_t)get_either(block.forms, e, block.wide_form);
    }
}

/* ---- lists: writing ---------------------------------------------------- */

struct form_count {
    uint64_t count;
    uint32_t number, df, last; /* last: ordinal seen, so as to count df */
    osl_text text;
};

void osl_forms_begin(osl_forms_writer *writer)
{
    writer->term_count = 0;
    osl_buf_reset(&writer->offsets);
    osl_buf_reset(&writer->entries);
}

void osl_forms_clear(osl_forms_writer *writer)
{
    osl_buf_clear(&writer->offsets);
    osl_buf_clear(&writer->entries);
    free(writer->counts);
    free(writer->numbers);
    free(writer->occurrences);
    *writer = (osl_forms_writer){0};
}

static int by_falling_count(const void *a, const void *b)
{
    const struct form_count *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return osl_text_compare(x->text, y->text);
}

static bool count_forms(osl_forms_writer *writer,
                        const osl_term_postings *postings)
{
    for (uint32_t f = 0; f < postings->form_count; f++)
        writer->counts[f] = (struct form_count){
            .number = f, .last = UINT32_MAX, .text = postings->form_list[f]};
    const uint32_t *form = postings->forms;
    for (uint32_t i = 0; i < postings->df; i++)
        for (uint32_t n = postings->tfs[i]; n > 0; n--, form++) {
            if (*form >= postings->form_count)
                return false;
            struct form_count *count = &writer->counts[*form];
            count->count++;
            count->df += count->last != postings->ordinals[i];
            count->last = postings->ordinals[i];
        }
    return true;
}

static void put_form(osl_buf *to, osl_text term, osl_text form)
{
    size_t shared = 0;
    while (shared < term.length && shared < form.length &&
           term.bytes[shared] == form.bytes[shared])
        shared++;
    size_t left = term.length - shared, suffix = form.length - shared;
    osl_buf_put_byte(to, (uint8_t)((left < MANY ? left : MANY) |
                                   (suffix < MANY ? suffix : MANY) << 4));
    if (left >= MANY)
        osl_buf_put_varint(to, left - MANY);
    if (suffix >= MANY)
        osl_buf_put_varint(to, suffix - MANY);
    osl_buf_put(to, form.bytes + shared, suffix);
}

static void put_entry(osl_forms_writer *writer, osl_text term, uint32_t count)
{
    if (count == 0 ||
        (count == 1 && osl_text_equal(writer->counts[0].text, term)))
        return;
    osl_buf_put_varint(&writer->entries, count);
    for (uint32_t f = 0; f < count; f++) {
        put_form(&writer->entries, term, writer->counts[f].text);
        if (count > 1)
            osl_buf_put_varint(&writer->entries, writer->counts[f].df);
    }
}

void osl_forms_add_counted(osl_forms_writer *writer,
                           const osl_term_postings *postings,
                           const uint32_t *dfs)
{
    uint32_t count = postings->form_count;
    if (count == 0 ||
        (count == 1 && osl_text_equal(postings->form_list[0], postings->term)))
        return;
    osl_buf_put_varint(&writer->entries, count);
    for (uint32_t f = 0; f < count; f++) {
        put_form(&writer->entries, postings->term, postings->form_list[f]);
        if (count > 1)
            osl_buf_put_varint(&writer->entries, dfs[f]);
    }
}

void osl_forms_take(osl_forms_writer *writer, const uint8_t *entry,
                    size_t length)
{
    osl_buf *entries = &writer->entries;
    unsigned place = writer->term_count++ % OSL_DICTIONARY_BLOCK;
    if (place == 0) {
        osl_buf_put64(&writer->offsets, entries->length);
        writer->block = entries->length;
        osl_buf_put16(entries, 0);
    }
    if (length == 0 || entries->failed)
        return;
    uint8_t *listed = entries->bytes + writer->block;
    osl_put16(listed, (uint16_t)(osl_get16(listed) | 1u << place));
    osl_buf_put(entries, entry, length);
}

osl_status osl_forms_add(osl_forms_writer *writer,
                         const osl_term_postings *postings, uint64_t total,
                         const uint32_t **occurrences, osl_error *err)
{
    *occurrences = NULL;
    if (!postings->forms) {
        put_entry(writer, postings->term, 0);
        return OSL_OK;
    }
    uint32_t forms = postings->form_count, seen = 0;
    if (!osl_grow(&writer->counts, &writer->counts_capacity, forms,
                  sizeof *writer->counts) ||
        !osl_grow(&writer->numbers, &writer->numbers_capacity, forms,
                  sizeof *writer->numbers))
        return osl_fail(err, OSL_ENOMEM, "out of memory while writing forms");
    if (!count_forms(writer, postings))
        return osl_fail(err, OSL_EINVAL,
                        "writing a segment: a form that is not listed");
    qsort(writer->counts, forms, sizeof *writer->counts, by_falling_count);
    while (seen < forms && writer->counts[seen].count > 0)
        seen++;
    put_entry(writer, postings->term, seen);
    if (seen < 2)
        return OSL_OK;
    for (uint32_t f = 0; f < seen; f++)
        writer->numbers[writer->counts[f].number] = f;
    if (!osl_grow(&writer->occurrences, &writer->occurrences_capacity,
                  (size_t)total, sizeof *writer->occurrences))
        return osl_fail(err, OSL_ENOMEM, "out of memory while writing forms");
    for (uint64_t i = 0; i < total; i++)
        writer->occurrences[i] = writer->numbers[postings->forms[i]];
    *occurrences = writer->occurrences;
    return OSL_OK;
}

osl_status osl_forms_finish(osl_forms_writer *writer, osl_buf *out,
                            osl_error *err)
{
    size_t blocks = writer->offsets.length / 8;
    if (writer->entries.length > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "the forms of one segment pass 4 GiB; use a smaller "
                        "--memory, which makes more segments");
    osl_buf_put32(out, (uint32_t)blocks);
    for (size_t i = 0; i < blocks; i++)
        osl_buf_put32(out, (uint32_t)osl_get64(writer->offsets.bytes + 8 * i));
    osl_buf_put32(out, (uint32_t)writer->entries.length);
    osl_buf_put_text(out, osl_buf_text(&writer->entries));
    if (writer->offsets.failed || writer->entries.failed)
        out->failed = true;
    return osl_buf_status(out, "the forms of a segment", err);
}

/* ---- lists: reading ---------------------------------------------------- */

typedef struct reader {
    const osl_segment *segment;
    const osl_section *section;
    const uint8_t *at, *end;
    uint32_t listed;  /* of the block at hand */
    uint32_t ordinal; /* of the term that comes next */
} reader;

static osl_status spoilt(const reader *from, osl_error *err)
{
    return osl_segment_spoilt(from->segment, from->section,
                              "lists of forms that contradict themselves", err);
}

static osl_status open_entries(reader *out, const osl_segment *segment,
                               uint32_t block, osl_error *err)
{
    const osl_section *section = &segment->fields[OSL_FIELD_TEXT].forms;
    *out = (reader){.segment = segment, .section = section};
    if (!section->bytes)
        return osl_fail(err, OSL_ENOTFOUND, "%s: it keeps no surface forms",
                        osl_segment_path(segment));
    osl_status status = osl_segment_touch(segment, section, 0, 4, err);
    if (status != OSL_OK)
        return status;
    uint64_t blocks = osl_get32(section->bytes);
    if (block >= blocks)
        return spoilt(out, err);
    uint64_t place = 4 + (uint64_t)block * 4, data = 4 + (blocks + 1) * 4;
    status = osl_segment_touch(segment, section, place, 8, err);
    if (status != OSL_OK)
        return status;
    uint64_t start = osl_get32(section->bytes + place);
    uint64_t end = osl_get32(section->bytes + place + 4);
    if (start > end)
        return spoilt(out, err);
    status =
        osl_segment_touch(segment, section, data + start, end - start, err);
    if (status == OSL_OK && end - start < 2)
        status = spoilt(out, err);
    if (status != OSL_OK)
        return status;
    out->at = section->bytes + data + start + 2;
    out->end = section->bytes + data + end;
    out->listed = osl_get16(out->at - 2);
    out->ordinal = block * OSL_DICTIONARY_BLOCK;
    return OSL_OK;
}

/* How many forms are listed for the next term, whose entry begins here: 0
 * where it has none. */
static bool get_count(reader *from, uint64_t *count)
{
    *count = 0;
    return !(from->listed >> from->ordinal % OSL_DICTIONARY_BLOCK & 1) ||
           (osl_varint_get(&from->at, from->end, count) &&
            *count <= (uint64_t)(from->end - from->at));
}

/* `more` than MANY, where that much is said. */
static bool get_length(reader *from, unsigned said, uint64_t *length)
{
    *length = said;
    if (said < MANY)
        return true;
    if (!osl_varint_get(&from->at, from->end, length) || *length > UINT32_MAX)
        return false;
    *length += MANY;
    return true;
}

/* One form's parts; false where the bytes end. */
static bool get_form(reader *from, bool many, uint64_t *left, osl_text *suffix,
                     uint64_t *df)
{
    uint64_t length;
    if (from->at == from->end)
        return false;
    unsigned head = *from->at++;
    if (!get_length(from, head & MANY, left) ||
        !get_length(from, head >> 4, &length) ||
        length > (uint64_t)(from->end - from->at))
        return false;
    *suffix = (osl_text){(const char *)from->at, (size_t)length};
    from->at += length;
    return !many ||
           (osl_varint_get(&from->at, from->end, df) && *df <= UINT32_MAX);
}

/* Past the next term's entry, if it has one. */
static bool skip_entry(reader *from)
{
    uint64_t count, left, df;
    osl_text suffix;
    if (!get_count(from, &count))
        return false;
    from->ordinal++;
    for (uint64_t f = 0; f < count; f++)
        if (!get_form(from, count > 1, &left, &suffix, &df))
            return false;
    return true;
}

static osl_status read_form(reader *from, osl_text term, bool many,
                            osl_arena *arena, osl_term_form *out,
                            osl_error *err)
{
    uint64_t left, df = out->df;
    osl_text suffix;
    if (!get_form(from, many, &left, &suffix, &df) || left > term.length)
        return spoilt(from, err);
    size_t shared = term.length - (size_t)left;
    char *bytes = osl_arena_take(arena, shared + suffix.length + 1);
    if (!bytes)
        return osl_fail(err, OSL_ENOMEM, "out of memory while reading forms");
    memcpy(bytes, term.bytes, shared);
    memcpy(bytes + shared, suffix.bytes, suffix.length);
    bytes[shared + suffix.length] = '\0';
    *out = (osl_term_form){{bytes, shared + suffix.length}, (uint32_t)df};
    return OSL_OK;
}

/* The list at hand, of a term that `whole` gives as if it were a form. */
static osl_status read_list(reader *from, const osl_term_form *whole,
                            osl_arena *arena, const osl_term_form **forms,
                            size_t *count, osl_error *err)
{
    osl_text term = whole->text;
    uint64_t listed;
    if (!get_count(from, &listed))
        return spoilt(from, err);
    size_t wanted = listed ? (size_t)listed : 1;
    osl_term_form *list = osl_arena_zero(arena, wanted, sizeof *list);
    if (!list)
        return osl_fail(err, OSL_ENOMEM, "out of memory while reading forms");
    list[0].df = whole->df;
    if (listed == 0 && !osl_arena_text(arena, term, &list[0].text))
        return osl_fail(err, OSL_ENOMEM, "out of memory while reading forms");
    for (size_t f = 0; f < listed; f++) {
        osl_status status =
            read_form(from, term, listed > 1, arena, &list[f], err);
        if (status != OSL_OK)
            return status;
    }
    *forms = list;
    *count = wanted;
    return OSL_OK;
}

/* The reader stands at the entry of a term, or anywhere where it has none. */
static osl_status open_entry(reader *out, const osl_segment *segment,
                             uint32_t ordinal, osl_error *err)
{
    osl_status status =
        open_entries(out, segment, ordinal / OSL_DICTIONARY_BLOCK, err);
    if (status == OSL_OK &&
        !(out->listed >> ordinal % OSL_DICTIONARY_BLOCK & 1)) {
        out->ordinal = ordinal;
        return OSL_OK;
    }
    for (uint32_t i = ordinal % OSL_DICTIONARY_BLOCK; i > 0 && status == OSL_OK;
         i--)
        if (!skip_entry(out))
            status = spoilt(out, err);
    return status;
}

static bool is_form(osl_text term, size_t shared, osl_text suffix,
                    osl_text word)
{
    return word.length == shared + suffix.length &&
           memcmp(word.bytes, term.bytes, shared) == 0 &&
           memcmp(word.bytes + shared, suffix.bytes, suffix.length) == 0;
}

/* The word among the forms of a term, whose entry begins here. */
static osl_status find_form(reader *from, osl_text term, osl_text word,
                            osl_form_place *out, osl_error *err)
{
    uint64_t listed = 0;
    if (!get_count(from, &listed))
        return spoilt(from, err);
    *out = (osl_form_place){listed ? (uint32_t)listed : 1, UINT32_MAX};
    if (listed == 0 && osl_text_equal(term, word))
        out->number = 0;
    for (uint32_t f = 0; f < listed && out->number == UINT32_MAX; f++) {
        uint64_t left, df;
        osl_text suffix;
        if (!get_form(from, listed > 1, &left, &suffix, &df) ||
            left > term.length)
            return spoilt(from, err);
        if (is_form(term, term.length - (size_t)left, suffix, word))
            out->number = f;
    }
    return OSL_OK;
}

osl_status osl_form_finder_find(osl_form_finder *finder, uint32_t ordinal,
                                osl_text term, osl_text word,
                                osl_form_place *out, osl_error *err)
{
    uint32_t next = finder->next;
    reader from = {
        .segment = finder->segment,
        .section = &finder->segment->fields[OSL_FIELD_TEXT].forms,
        .at = finder->at,
        .end = finder->end,
        .listed = finder->listed,
        .ordinal = next,
    };
    if (!from.at || ordinal < next ||
        ordinal / OSL_DICTIONARY_BLOCK != next / OSL_DICTIONARY_BLOCK) {
        osl_status status = open_entries(&from, finder->segment,
                                         ordinal / OSL_DICTIONARY_BLOCK, err);
        if (status != OSL_OK)
            return status;
    }
    while (from.ordinal < ordinal)
        if (!skip_entry(&from))
            return spoilt(&from, err);
    finder->next = ordinal;
    finder->at = from.at;
    finder->end = from.end;
    finder->listed = from.listed;
    return find_form(&from, term, word, out, err);
}

osl_status osl_term_forms(const osl_segment *segment, const osl_term_info *info,
                          osl_arena *arena, const osl_term_form **forms,
                          size_t *count, osl_error *err)
{
    char bytes[OSL_TERM_BYTES_MAX];
    osl_term_cursor at = {.term = {bytes, 0}, .info = *info};
    osl_status status = osl_dictionary_term(
        segment, OSL_FIELD_TEXT, info->ordinal, bytes, &at.term.length, err);
    return status == OSL_OK
               ? osl_term_forms_at(segment, &at, arena, forms, count, err)
               : status;
}

osl_status osl_term_forms_at(const osl_segment *segment,
                             const osl_term_cursor *at, osl_arena *arena,
                             const osl_term_form **forms, size_t *count,
                             osl_error *err)
{
    reader from;
    const osl_term_form whole = {at->term, at->info.df};
    osl_status status = open_entry(&from, segment, at->info.ordinal, err);
    return status == OSL_OK ? read_list(&from, &whole, arena, forms, count, err)
                            : status;
}

osl_status osl_forms_next(osl_forms_cursor *cursor, const osl_term_cursor *term,
                          osl_arena *arena, const osl_term_form **forms,
                          size_t *count, osl_error *err)
{
    reader from = {
        .segment = cursor->segment,
        .section = &cursor->segment->fields[OSL_FIELD_TEXT].forms,
        .at = cursor->at,
        .end = cursor->end,
        .listed = cursor->listed,
        .ordinal = cursor->next,
    };
    const osl_term_form whole = {term->term, term->info.df};
    osl_status status = OSL_OK;
    if (cursor->next % OSL_DICTIONARY_BLOCK == 0)
        status = open_entries(&from, cursor->segment,
                              cursor->next / OSL_DICTIONARY_BLOCK, err);
    if (status == OSL_OK)
        status = read_list(&from, &whole, arena, forms, count, err);
    if (status != OSL_OK)
        return status;
    cursor->next++;
    cursor->at = from.at;
    cursor->end = from.end;
    cursor->listed = from.listed;
    return OSL_OK;
}
