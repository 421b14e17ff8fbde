/* SPDX-License-Identifier: MIT */
#include "core/segment/ids.h"

#include "core/segment/segment_internal.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16 };

/* By digits. */
static const uint64_t powers[OSL_IDS_DIGITS_MAX + 1] = {1,
                                                        10,
                                                        100,
                                                        1000,
                                                        10000,
                                                        100000,
                                                        1000000,
                                                        10000000,
                                                        100000000,
                                                        1000000000,
                                                        10000000000,
                                                        100000000000,
                                                        1000000000000,
                                                        10000000000000,
                                                        100000000000000,
                                                        1000000000000000,
                                                        10000000000000000,
                                                        100000000000000000};

/* 0 has one; more than OSL_IDS_DIGITS_MAX are one more. */
static unsigned digits_of(uint64_t number)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(number | 1);
    unsigned digits = bits * 1233 >> 12; /* · log10(2), or one less */
    if (digits > OSL_IDS_DIGITS_MAX)
        return OSL_IDS_DIGITS_MAX + 1;
    return digits + (number >= powers[digits] || digits == 0);
}

/* Digits alone, at most OSL_IDS_DIGITS_MAX, and one at least. */
static bool read_number(const char *bytes, size_t length, uint64_t *out)
{
    uint64_t number = 0;
    if (length == 0 || length > OSL_IDS_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(uint8_t)bytes[i] - '0';
        if (digit > 9)
            return false;
        number = number * 10 + digit;
    }
    *out = number;
    return true;
}

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory for ids");
}

/* ---- writing ------------------------------------------------------------- */

/* Whether a column is `count` numbers from 0 on. */
static bool counts_up(const osl_column_source *source, uint32_t count)
{
    osl_column column;
    (void)osl_columns_fit(source, 1, 0, &column);
    return column.count == count && column.width == 0 && column.base == 0 &&
           (column.slope == 1 || count == 1);
}

/* What an id begins with: all but the digits at its end. */
static osl_text head_of(osl_text id)
{
    while (id.length > 0 &&
           (unsigned)(uint8_t)id.bytes[id.length - 1] - '0' <= 9)
        id.length--;
    return id;
}

/* Numbers as they come in. */
typedef struct reading {
    osl_numbered *to;
    uint32_t most_runs;
    uint64_t last;
    size_t least, most; /* digits */
    bool has_zeros;     /* leading ones */
} reading;

static bool read_rest(const osl_numbered *of, osl_text id, uint64_t *out)
{
    size_t head = of->head.length;
    return id.length > head && memcmp(id.bytes, of->head.bytes, head) == 0 &&
           read_number(id.bytes + head, id.length - head, out);
}

/* Begins a run with the next id; false: no memory. */
static bool begin_run(osl_numbered *to, uint64_t number)
{
    size_t count = to->run_count + 1;
    if (!osl_grow(&to->firsts, &to->first_capacity, count,
                  sizeof *to->firsts) ||
        !osl_grow(&to->numbers, &to->number_capacity, count,
                  sizeof *to->numbers))
        return false;
    to->firsts[to->run_count] = to->count;
    to->numbers[to->run_count++] = number;
    return true;
}

/* OSL_END where this id is none of the others' kind. */
static osl_status add_id(reading *r, osl_text id, osl_error *err)
{
    osl_numbered *to = r->to;
    uint64_t number;
    if (!read_rest(to, id, &number))
        return OSL_END;
    size_t digits = id.length - to->head.length;
    r->has_zeros |= digits > 1 && id.bytes[to->head.length] == '0';
    r->least = digits < r->least ? digits : r->least;
    r->most = digits > r->most ? digits : r->most;
    if (r->has_zeros && r->least != r->most)
        return OSL_END;
    if (to->count > 0 && r->last >= number)
        to->is_rising = false;
    if (to->count == 0 || r->last + 1 != number) {
        if (to->run_count >= r->most_runs)
            return OSL_END;
        if (!begin_run(to, number))
            return no_memory(err);
    }
    if (to->count % OSL_IDS_STEP == 0)
        to->runs[to->count / OSL_IDS_STEP] = (uint32_t)to->run_count - 1;
    r->last = number;
    to->count++;
    return OSL_OK;
}

/* All of them, or OSL_END. */
static osl_status add_ids(reading *r, const osl_tables *tables, osl_error *err)
{
    osl_numbered *to = r->to;
    uint32_t count = tables->document_strings[OSL_STRING_ID].count;
    osl_text first = tables->string_at(tables->string_user, 0);
    osl_status status = OSL_OK;
    r->most_runs = count / OSL_IDS_RUN_MEAN;
    to->head = head_of(first);
    if (to->head.length > OSL_IDS_HEAD_MAX || to->head.length == first.length)
        return OSL_END;
    to->runs = malloc((count / OSL_IDS_STEP + (size_t)1) * sizeof *to->runs);
    if (!to->runs)
        return no_memory(err);
    while (to->count < count && status == OSL_OK)
        status =
            add_id(r, tables->string_at(tables->string_user, to->count), err);
    return status;
}

osl_status osl_numbered_find(osl_numbered *out, const osl_tables *tables,
                             osl_error *err)
{
    osl_numbered made = {.is_rising = true};
    const osl_column_source *ids = &tables->document_strings[OSL_STRING_ID];
    reading r = {.to = &made, .least = SIZE_MAX};
    *out = (osl_numbered){0};
    if (ids->count < OSL_IDS_RUN_MEAN || !counts_up(ids, ids->count))
        return OSL_OK;
    osl_status status = add_ids(&r, tables, err);
    if (status != OSL_OK) {
        osl_numbered_clear(&made);
        return status == OSL_END ? OSL_OK : status;
    }
    made.form[0] = r.has_zeros ? r.most : 0;
    made.form[1] = r.most;
    made.has_ranks = !r.has_zeros && r.most <= OSL_IDS_RANK_DIGITS &&
                     counts_up(&tables->first_paragraphs, ids->count + 1);
    *out = made;
    return OSL_OK;
}

void osl_numbered_columns(const osl_numbered *numbered,
                          osl_column_source *columns)
{
    uint32_t runs = (uint32_t)numbered->run_count;
    columns[OSL_STRINGS_RUN] = osl_column_array(
        numbered->runs, (numbered->count - 1) / OSL_IDS_STEP + 1, 4);
    columns[OSL_STRINGS_FIRST] = osl_column_array(numbered->firsts, runs, 4);
    columns[OSL_STRINGS_NUMBER] = osl_column_array(numbered->numbers, runs, 8);
    columns[OSL_STRINGS_FORM] = osl_column_array(numbered->form, 2, 8);
}

void osl_numbered_clear(osl_numbered *numbered)
{
    free(numbered->firsts);
    free(numbered->numbers);
    free(numbered->runs);
    *numbered = (osl_numbered){0};
}

/* ---- reading ------------------------------------------------------------- */

struct osl_ids {
    uint32_t count, run_count;
    osl_numbers runs, firsts;
    osl_column_view numbers;
    osl_text head; /* borrowed from the map */
    unsigned digits, most;
    uint8_t *held; /* ranks; atomic, owns */
    /* Of BLOCK ids each: their lengths, then they, `slot` bytes apart. Atomics;
     * owns them. */
    size_t slot, block_count;
    char *blocks[];
};

static osl_status spoilt(const osl_segment *segment, const char *what,
                         osl_error *err)
{
    return osl_segment_spoilt(segment, &segment->sections[OSL_SECTION_STRINGS],
                              what, err);
}

static osl_status read_form(const osl_segment *segment, osl_ids *to,
                            osl_error *err)
{
    uint64_t digits = 0, most = 0;
    osl_status status = osl_tables_get(segment, OSL_SECTION_STRINGS,
                                       OSL_STRINGS_FORM, 0, &digits, err);
    if (status == OSL_OK)
        status = osl_tables_get(segment, OSL_SECTION_STRINGS, OSL_STRINGS_FORM,
                                1, &most, err);
    if (status == OSL_OK)
        status = osl_tables_raw_string(segment, 0, &to->head, err);
    if (status == OSL_OK &&
        (most == 0 || most > OSL_IDS_DIGITS_MAX ||
         (digits != 0 && digits != most) || to->head.length > OSL_IDS_HEAD_MAX))
        status = spoilt(segment, "ids of no form", err);
    to->digits = (unsigned)digits;
    to->most = (unsigned)most;
    to->slot = to->head.length + to->most;
    return status;
}

static osl_status read_runs(const osl_segment *segment, osl_ids *to,
                            osl_error *err)
{
    uint64_t steps = (to->count - (uint64_t)1) / OSL_IDS_STEP + 1;
    osl_status status = osl_tables_numbers(
        segment, OSL_SECTION_STRINGS, OSL_STRINGS_RUN, steps, &to->runs, err);
    if (status == OSL_OK)
        status =
            osl_tables_numbers(segment, OSL_SECTION_STRINGS, OSL_STRINGS_FIRST,
                               to->run_count, &to->firsts, err);
    return status == OSL_OK ? read_form(segment, to, err) : status;
}

static osl_status read_ids(osl_ids **out, const osl_segment *segment,
                           osl_error *err)
{
    osl_column_view numbers;
    osl_status status = osl_tables_view(segment, OSL_SECTION_STRINGS,
                                        OSL_STRINGS_NUMBER, 0, &numbers, err);
    if (status != OSL_OK)
        return status;
    uint32_t count =
        numbers.column.count > 0 ? segment->info.document_count : 0;
    size_t blocks = count / BLOCK + (count % BLOCK > 0);
    osl_ids *ids = calloc(1, sizeof *ids + blocks * sizeof ids->blocks[0]);
    if (!ids)
        return no_memory(err);
    ids->numbers = numbers;
    ids->count = count;
    ids->run_count = numbers.column.count;
    ids->block_count = blocks;
    if (count > 0)
        status = read_runs(segment, ids, err);
    if (status == OSL_OK)
        *out = ids;
    else
        free(ids);
    return status;
}

osl_status osl_ids_open(osl_ids **out, const osl_segment *segment,
                        osl_error *err)
{
    osl_ids *none = NULL, *made;
    *out = __atomic_load_n(segment->ids, __ATOMIC_ACQUIRE);
    if (*out)
        return OSL_OK;
    osl_status status = read_ids(&made, segment, err);
    if (status != OSL_OK)
        return status;
    *out = made;
    if (!__atomic_compare_exchange_n(segment->ids, &none, made, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        free(made);
        *out = none;
    }
    return OSL_OK;
}

void osl_ids_free(osl_ids *ids)
{
    for (size_t i = 0; ids && i < ids->block_count; i++)
        free(ids->blocks[i]);
    if (ids)
        free(ids->held);
    free(ids);
}

uint32_t osl_ids_count(const osl_ids *ids)
{
    return ids->count;
}

bool osl_ids_have_ranks(const osl_ids *ids)
{
    return ids->count > 0 && ids->digits == 0 &&
           ids->most <= OSL_IDS_RANK_DIGITS;
}

/* The run of a document: at most as many begin in a step as it has ids. What a
 * spoilt file says is some run, too. */
static uint32_t run_of(const osl_ids *ids, uint32_t document)
{
    uint32_t run = osl_numbers_get(&ids->runs, document / OSL_IDS_STEP);
    uint32_t last = ids->run_count - 1;
    if (run > last)
        return last;
    for (unsigned i = 0; i < OSL_IDS_STEP && run < last &&
                         osl_numbers_get(&ids->firsts, run + 1) <= document;
         i++)
        run++;
    return run;
}

static uint64_t number_in(const osl_ids *ids, uint32_t run, uint32_t document)
{
    return osl_column_view_get(&ids->numbers, run) + document -
           osl_numbers_get(&ids->firsts, run);
}

static uint64_t number_of(const osl_ids *ids, uint32_t document)
{
    return number_in(ids, run_of(ids, document), document);
}

/* Puts an id; its length, or 0 where the number has too many digits. */
static size_t put_id(const osl_ids *ids, uint64_t number, char *to)
{
    unsigned digits = digits_of(number);
    if (digits > ids->most)
        return 0;
    if (digits < ids->digits)
        digits = ids->digits;
    size_t length = ids->head.length + digits;
    memcpy(to, ids->head.bytes, ids->head.length);
    for (size_t i = length; i-- > ids->head.length; number /= 10)
        to[i] = (char)('0' + number % 10);
    return length;
}

static osl_status make_block(const osl_segment *segment, const osl_ids *ids,
                             uint32_t block, char **out, osl_error *err)
{
    char *made = malloc(BLOCK + BLOCK * ids->slot);
    uint32_t from = block * BLOCK, left = ids->count - from;
    osl_status status = made ? OSL_OK : no_memory(err);
    for (uint32_t i = 0; i < BLOCK && i < left && status == OSL_OK; i++) {
        size_t length =
            put_id(ids, number_of(ids, from + i), made + BLOCK + i * ids->slot);
        made[i] = (char)length;
        if (length == 0)
            status = spoilt(segment, "an id with too many digits", err);
    }
    if (status == OSL_OK)
        *out = made;
    else
        free(made);
    return status;
}

osl_status osl_ids_text(const osl_segment *segment, osl_ids *ids,
                        uint32_t document, osl_text *out, osl_error *err)
{
    char **place = ids->blocks + document / BLOCK;
    char *block = __atomic_load_n(place, __ATOMIC_ACQUIRE), *none = NULL;
    if (!block) {
        osl_status status =
            make_block(segment, ids, document / BLOCK, &block, err);
        if (status != OSL_OK)
            return status;
        if (!__atomic_compare_exchange_n(place, &none, block, false,
                                         __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            free(block);
            block = none;
        }
    }
    uint32_t at = document % BLOCK;
    *out = (osl_text){block + BLOCK + at * ids->slot, (uint8_t)block[at]};
    return OSL_OK;
}

/* The number of an id as these are written. */
static bool read_id(const osl_ids *ids, osl_text id, uint64_t *out)
{
    size_t head = ids->head.length;
    if (id.length <= head || memcmp(id.bytes, ids->head.bytes, head) != 0 ||
        !read_number(id.bytes + head, id.length - head, out))
        return false;
    size_t digits = id.length - head;
    return ids->digits ? digits == ids->digits : digits == digits_of(*out);
}

osl_status osl_ids_seek(const osl_ids *ids, osl_text id, uint32_t *out)
{
    uint64_t wanted;
    uint32_t low = 0, high = ids->run_count; /* of runs up to the number */
    if (!read_id(ids, id, &wanted))
        return OSL_END;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (osl_column_view_get(&ids->numbers, middle) <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return OSL_END;
    uint32_t first = osl_numbers_get(&ids->firsts, low - 1);
    uint32_t end =
        low < ids->run_count ? osl_numbers_get(&ids->firsts, low) : ids->count;
    uint64_t at = wanted - osl_column_view_get(&ids->numbers, low - 1);
    if (end > ids->count || first >= end || at >= end - first)
        return OSL_END;
    *out = first + (uint32_t)at;
    return OSL_OK;
}

/* Ids of so many digits, which rise as their numbers do. */
typedef struct row {
    uint64_t key; /* of the next one, as long as the longest */
    uint64_t factor;
    uint32_t next, end;
    uint32_t run; /* of the next one */
} row;

/* Along documents one by one. */
static uint32_t follow_run(const osl_ids *ids, uint32_t run, uint32_t document)
{
    while (run + 1 < ids->run_count &&
           osl_numbers_get(&ids->firsts, run + 1) <= document)
        run++;
    return run;
}

static void set_key(const osl_ids *ids, row *of)
{
    of->key = UINT64_MAX;
    if (of->next == of->end)
        return;
    of->run = follow_run(ids, of->run, of->next);
    of->key = number_in(ids, of->run, of->next) * of->factor;
}

/* Numbers have to rise. */
static osl_status find_rows(const osl_segment *segment, const osl_ids *ids,
                            row *rows, size_t *count, osl_error *err)
{
    uint64_t before = 0;
    unsigned last = 0;
    for (uint32_t i = 0, run = 0; i < ids->count; i++) {
        run = follow_run(ids, run, i);
        uint64_t number = number_in(ids, run, i);
        unsigned digits = ids->digits ? ids->digits : digits_of(number);
        if ((i > 0 && number <= before) || digits > ids->most)
            return spoilt(segment, "ids out of order", err);
        if (digits > last)
            rows[(*count)++] = (row){
                .factor = powers[ids->most - digits], .next = i, .run = run};
        last = digits;
        before = number;
        rows[*count - 1].end = i + 1;
    }
    return OSL_OK;
}

/* Of the same key the one of fewer digits is first: the other goes on. */
osl_status osl_ids_sort(const osl_segment *segment, const osl_ids *ids,
                        uint32_t *out, osl_error *err)
{
    row rows[OSL_IDS_DIGITS_MAX];
    size_t count = 0;
    osl_status status = find_rows(segment, ids, rows, &count, err);
    if (status != OSL_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        set_key(ids, &rows[i]);
    for (uint32_t n = 0; n < ids->count; n++) {
        row *least = &rows[0];
        for (size_t i = 1; i < count; i++)
            if (rows[i].key < least->key)
                least = &rows[i];
        out[n] = least->next++;
        set_key(ids, least);
    }
    return OSL_OK;
}

/* ---- checking ------------------------------------------------------------ */

/* Runs begin with the first id, and one behind the other. */
static bool are_runs(const osl_ids *ids)
{
    for (uint32_t run = 0; run < ids->run_count; run++) {
        uint32_t first = osl_numbers_get(&ids->firsts, run);
        if (first >= ids->count ||
            (run == 0 ? first != 0
                      : first <= osl_numbers_get(&ids->firsts, run - 1)))
            return false;
    }
    return true;
}

osl_status osl_ids_check(const osl_segment *segment, bool has_order,
                         osl_error *err)
{
    row rows[OSL_IDS_DIGITS_MAX];
    size_t count = 0;
    osl_ids *ids;
    osl_status status = osl_ids_open(&ids, segment, err);
    if (status == OSL_OK && !are_runs(ids))
        status = spoilt(segment, "runs of ids that are none", err);
    if (status != OSL_OK)
        return status;
    for (uint32_t i = 0, run = 0; i < ids->count; i++) {
        run = follow_run(ids, run, i);
        if (run_of(ids, i) != run ||
            digits_of(number_in(ids, run, i)) > ids->most)
            return spoilt(segment, "an id that is none", err);
    }
    return has_order ? OSL_OK : find_rows(segment, ids, rows, &count, err);
}

/* ---- ranks --------------------------------------------------------------- */

/* As a number of `most` digits with zeros behind it, then by its digits. */
uint32_t osl_ids_rank(const osl_ids *ids, uint32_t document)
{
    uint64_t number = number_of(ids, document);
    unsigned digits = digits_of(number);
    if (digits > ids->most) /* spoilt */
        digits = ids->most;
    return (uint32_t)(number * powers[ids->most - digits] * ids->most + digits -
                      1);
}

const uint8_t *osl_ids_keep_ranks(osl_ids *ids, uint8_t *bytes)
{
    uint8_t *held = __atomic_load_n(&ids->held, __ATOMIC_ACQUIRE);
    if (!held && bytes &&
        __atomic_compare_exchange_n(&ids->held, &held, bytes, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return bytes;
    free(bytes);
    return held;
}
