/* SPDX-License-Identifier: MIT
 *
 * The codes of a small store, read. */
#include "core/segment/deep.h"
#include "core/segment/segment_internal.h"

osl_status osl_deep_open(osl_deep_reader *out, const osl_segment *segment,
                         osl_error *err)
{
    static const struct {
        unsigned column;
        uint32_t least;
        size_t place;
    } columns[] = {
        {OSL_TEXTS_TABLES, OSL_MODEL_CONTEXTS,
         offsetof(osl_deep_reader, tables)},
        {OSL_TEXTS_FIRSTS, OSL_MODEL_CONTEXTS + 1,
         offsetof(osl_deep_reader, firsts)},
        {OSL_TEXTS_FOLLOWERS, 0, offsetof(osl_deep_reader, followers)},
        {OSL_TEXTS_FOLLOWERS_OF_TWO, 0,
         offsetof(osl_deep_reader, followers_of_two)},
    };
    uint64_t length = UINT64_MAX;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        void *view = (char *)out + columns[i].place;
        if (status == OSL_OK)
            status =
                osl_tables_view(segment, OSL_SECTION_TEXTS, columns[i].column,
                                columns[i].least, view, err);
    }
    if (status == OSL_OK)
        status = osl_tables_rest(segment, OSL_SECTION_TEXTS, 0, &out->buckets,
                                 &length, err);
    if (status != OSL_OK)
        return status;
    if (length < OSL_DEEP_BUCKET || length / OSL_DEEP_BUCKET > UINT32_MAX)
        return osl_segment_spoilt(segment,
                                  &segment->sections[OSL_SECTION_TEXTS],
                                  "contexts of two words make no sense", err);
    out->bucket_count = (uint32_t)(length / OSL_DEEP_BUCKET);
    return OSL_OK;
}

/* A list, and the table that goes with it. */
typedef struct list {
    uint64_t first;
    uint32_t length, table;
} list;

/* That of the two words before; none where its length is 0. */
static inline list find_list_of_two(const osl_deep_reader *r)
{
    uint64_t hash = osl_deep_hash(&r->state);
    uint32_t at = osl_deep_bucket_of(hash, r->bucket_count);
    const uint8_t *bucket = r->buckets + (size_t)at * OSL_DEEP_BUCKET;
    unsigned slot = hash ? osl_deep_slot(bucket, osl_deep_mark(hash))
                         : (unsigned)OSL_DEEP_SLOTS;
    if (slot == OSL_DEEP_SLOTS)
        return (list){.length = 0};
    return (list){osl_deep_first(bucket, slot), bucket[OSL_DEEP_LENGTHS + slot],
                  OSL_DEEP_SINGLE +
                      bucket[OSL_DEEP_KINDS + slot] % OSL_DEEP_SINGLE};
}

static inline uint32_t table_of_one(const osl_deep_reader *r)
{
    return (uint32_t)osl_column_view_get(&r->tables, r->state.last) %
           OSL_DEEP_SINGLE;
}

/* What stands at place v of a list of `length` words from `first` on. */
static inline bool take_place(const osl_column_view *followers, uint64_t first,
                              uint64_t length, uint64_t v, uint64_t *rank)
{
    if (v >= length || first >= followers->column.count ||
        v >= followers->column.count - first)
        return false;
    *rank = osl_column_view_get(followers, (uint32_t)(first + v));
    return true;
}

static inline bool take_ago(const osl_deep_state *state, uint64_t v,
                            uint64_t *rank)
{
    if (v >= state->count || v >= OSL_DEEP_RECENT)
        return false;
    *rank = state->recent[(state->count - 1 - v) % OSL_DEEP_RECENT];
    return true;
}

/* What the number of a symbol means; false: nothing. */
static inline bool find_rank(const osl_deep_reader *r, const list *of_two,
                             unsigned symbol, uint64_t v, uint64_t *rank)
{
    uint32_t last = r->state.last;
    if (symbol >= OSL_DEEP_RANKS) {
        *rank = v;
        return symbol != OSL_DEEP_END;
    }
    if (symbol >= OSL_DEEP_PLACES) {
        uint64_t first = osl_column_view_get(&r->firsts, last);
        uint64_t end = osl_column_view_get(&r->firsts, last + 1);
        return first <= end &&
               take_place(&r->followers, first, end - first, v, rank);
    }
    return symbol >= OSL_DEEP_AGO
               ? take_ago(&r->state, v, rank)
               : take_place(&r->followers_of_two, of_two->first, of_two->length,
                            v, rank);
}

bool osl_deep_next(osl_deep_reader *reader, const osl_model_decoder *model,
                   uint64_t window, unsigned *bits, uint32_t *rank)
{
    const list of_two = find_list_of_two(reader);
    uint32_t table = of_two.length > 0 ? of_two.table : table_of_one(reader);
    unsigned code = model->codes[table][window >> (64 - OSL_MODEL_BITS)];
    unsigned symbol = code & 255, length = code >> 8;
    unsigned first = symbol >= OSL_DEEP_RANKS
                         ? (unsigned)OSL_DEEP_RANKS
                         : symbol / OSL_DEEP_AGO * OSL_DEEP_AGO;
    unsigned low = (symbol - first) / 2;
    uint64_t found = 0, v = ((2 | (uint64_t)((symbol - first) & 1)) << low) -
                            2 + (window << length >> 1 >> (63 - low));
    *bits = length + low;
    if (!find_rank(reader, &of_two, symbol, v, &found))
        return false;
    *rank = (uint32_t)found;
    osl_deep_pass(&reader->state, *rank,
                  symbol >= OSL_DEEP_AGO && symbol < OSL_DEEP_PLACES);
    return true;
}
