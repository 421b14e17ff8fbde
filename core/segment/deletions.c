/* SPDX-License-Identifier: MIT */
#include "core/segment/deletions.h"

#include "core/base/file.h"
#include "core/segment/taker.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const char magic[8] = {'O', 's', 'l', 'e', 'r', 'D', 'e', 'l'};

enum {
    VERSION = 2,
    BLOCK = 32, /* entries */
    FIELD_BYTES = 24,
    HEAD = 56, /* up to the fields */
    BITMAPS = HEAD + OSL_FIELD_COUNT * FIELD_BYTES,
    TABLE_HEAD = 16,
    INDEX_BYTES = 16,
    MOVE_BYTES = 8,
    MOVES_HEAD = 8,
    HASH = 8
};

typedef struct table {
    const uint8_t *index, *entries;
    size_t entry_bytes;
    uint32_t count, blocks;
} table;

/* What died of 64 terms: which have lost postings, and where the first of their
 * counts stands. */
typedef struct held_group {
    uint64_t terms;
    uint64_t first;
} held_group;

/* A copy of text's table in which a term is found in two steps. */
typedef struct held_dfs {
    uint32_t group_count;
    const uint16_t *counts; /* behind the groups; HELD_MORE: or more */
    held_group groups[];
} held_dfs;

enum { HELD_MORE = UINT16_MAX };

struct osl_deletions {
    osl_map map; /* not open where the bytes are the caller's */
    osl_text bytes;
    char *path;
    const osl_segment *segment;
    osl_deletions_info info;
    const uint64_t *live[3];
    table tables[OSL_DIED_TABLES];
    const uint8_t *moves;
    uint32_t move_count;
    held_dfs **held; /* atomic; owns the place and it */
};

/* How many ordinals each bitmap has. */
static void count_all(const osl_segment *segment, uint32_t all[3])
{
    const osl_segment_info *info = osl_segment_get_info(segment);
    all[OSL_FIELD_TEXT] = info->paragraph_count;
    all[OSL_FIELD_TITLE] = info->document_count;
    all[OSL_FIELD_HEADING] = info->section_count;
}

static size_t words_of(uint32_t ordinals)
{
    return (size_t)ordinals / 64 + (ordinals % 64 > 0);
}

static unsigned bitmap_of(osl_field field)
{
    return field == OSL_FIELD_PAIR ? OSL_FIELD_TEXT : field;
}

/* ---- writing ------------------------------------------------------------ */

static void put_head(osl_buf *out, const osl_segment *segment,
                     const osl_deletions_info *died)
{
    uint32_t all[3];
    const uint32_t dead[3] = {died->paragraph_count, died->document_count,
                              died->section_count};
    count_all(segment, all);
    osl_buf_put(out, magic, sizeof magic);
    osl_buf_put32(out, VERSION);
    osl_buf_put32(out, 0);
    osl_buf_put64(out, osl_segment_identity(segment));
    osl_buf_put64(out, died->text_bytes);
    for (unsigned i = 0; i < 3; i++) {
        osl_buf_put32(out, all[i]);
        osl_buf_put32(out, dead[i]);
    }
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++) {
        osl_buf_put32(out, osl_segment_get_info(segment)->fields[f].term_count);
        osl_buf_put32(out, died->fields[f].term_count);
        osl_buf_put64(out, died->fields[f].total_length);
        osl_buf_put64(out, died->fields[f].posting_count);
    }
}

static void put_table(osl_buf *out, unsigned kind, const osl_died *died,
                      size_t count, osl_buf *index, osl_buf *entries)
{
    static const uint8_t zeros[8] = {0};
    osl_buf_reset(index);
    osl_buf_reset(entries);
    for (size_t i = 0; i < count; i++) {
        if (i % BLOCK == 0) {
            osl_buf_put64(index, died[i].key);
            osl_buf_put32(index, (uint32_t)entries->length);
            osl_buf_put32(index, 0);
        } else {
            osl_buf_put_varint(entries, died[i].key - died[i - 1].key - 1);
        }
        osl_buf_put_varint(entries, died[i].count - (uint64_t)1);
        if (kind < OSL_DIED_FORMS)
            osl_buf_put_varint(entries, died[i].more - died[i].count);
    }
    osl_buf_put(entries, zeros, -entries->length & 7);
    osl_buf_put64(out, index->length + entries->length);
    osl_buf_put32(out, (uint32_t)count);
    osl_buf_put32(out, (uint32_t)(index->length / INDEX_BYTES));
    osl_buf_put_text(out, osl_buf_text(index));
    osl_buf_put_text(out, osl_buf_text(entries));
    if (index->failed || entries->failed || entries->length > UINT32_MAX)
        out->failed = true;
}

static void put_moves(osl_buf *out, const osl_deletions_parts *parts)
{
    osl_buf_put32(out, (uint32_t)parts->move_count);
    osl_buf_put32(out, 0);
    for (size_t i = 0; i < parts->move_count; i++) {
        osl_buf_put32(out, parts->moves[i].document);
        osl_buf_put32(out, (uint32_t)parts->moves[i].lines);
    }
}

void osl_deletions_encode(osl_buf *out, const osl_segment *segment,
                          const osl_deletions_parts *parts)
{
    osl_buf index = {0}, entries = {0};
    size_t start = out->length;
    uint32_t all[3];
    count_all(segment, all);
    put_head(out, segment, &parts->info);
    for (unsigned i = 0; i < 3; i++)
        for (size_t w = 0; w < words_of(all[i]); w++)
            osl_buf_put64(out, parts->live[i][w]);
    for (unsigned t = 0; t < OSL_DIED_TABLES; t++)
        put_table(out, t, parts->tables[t].entries, parts->tables[t].count,
                  &index, &entries);
    put_moves(out, parts);
    if (!out->failed)
        osl_buf_put64(out,
                      XXH3_64bits(out->bytes + start, out->length - start));
    osl_buf_clear(&index);
    osl_buf_clear(&entries);
}

/* ---- opening ------------------------------------------------------------ */

static osl_status damaged(const osl_deletions *deletions, const char *what,
                          osl_error *err)
{
    (void)osl_fail(err, OSL_ECORRUPT,
                   "%s: %s; restore the file from a copy, or index anew",
                   deletions->path, what);
    return OSL_ECORRUPT;
}

uint64_t osl_deletions_hash(osl_text bytes)
{
    return bytes.length < HASH ? 0
                               : osl_get64(bytes.bytes + bytes.length - HASH);
}

static osl_status check_whole(const osl_deletions *deletions, osl_error *err)
{
    const char *bytes = deletions->bytes.bytes;
    size_t length = deletions->bytes.length;
    if (length < BITMAPS + HASH || memcmp(bytes, magic, sizeof magic) != 0)
        return damaged(deletions,
                       "not a file of deletions of Osler, or cut short", err);
    /* Newer versions keep the hash at the end: a spoilt one is none. */
    if (length % 8 != 0 || XXH3_64bits(bytes, length - HASH) !=
                               osl_deletions_hash(deletions->bytes))
        return damaged(deletions, "damaged, or cut short", err);
    uint32_t version = osl_get32(bytes + 8);
    if (version > VERSION)
        return osl_fail(err, OSL_EVERSION,
                        "%s: written in format %u, this program knows up to "
                        "%u; use a newer osler, or index anew",
                        deletions->path, version, (unsigned)VERSION);
    if (version < VERSION)
        return damaged(deletions, "of an older format", err);
    return OSL_OK;
}

/* What the file says of the segment, against the segment. */
static bool is_of(const osl_deletions *deletions, const uint32_t all[3])
{
    const char *bytes = deletions->bytes.bytes;
    const osl_segment_info *info = osl_segment_get_info(deletions->segment);
    bool same =
        osl_get64(bytes + 16) == osl_segment_identity(deletions->segment);
    for (unsigned i = 0; i < 3; i++)
        same = same && osl_get32(bytes + 32 + (size_t)i * 8) == all[i];
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++)
        same = same && osl_get32(bytes + HEAD + (size_t)f * FIELD_BYTES) ==
                           info->fields[f].term_count;
    return same;
}

static void read_head(osl_deletions *deletions)
{
    const osl_segment_info *all = osl_segment_get_info(deletions->segment);
    const char *bytes = deletions->bytes.bytes;
    osl_deletions_info *info = &deletions->info;
    info->text_bytes = osl_get64(bytes + 24);
    info->paragraph_count = osl_get32(bytes + 36);
    info->document_count = osl_get32(bytes + 44);
    info->section_count = osl_get32(bytes + 52);
    const uint32_t dead[OSL_FIELD_COUNT] = {
        info->paragraph_count, info->document_count, info->section_count,
        info->paragraph_count};
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++) {
        const char *from = bytes + HEAD + (size_t)f * FIELD_BYTES;
        bool is_there = all->fields[f].ordinal_count > 0; /* pairs may not be */
        info->fields[f] =
            (osl_deletions_field){is_there ? dead[f] : 0, osl_get32(from + 4),
                                  osl_get64(from + 16), osl_get64(from + 8)};
    }
}

/* Nothing may have died that was not there. */
static bool is_possible(const osl_deletions *deletions)
{
    const osl_segment_info *all = osl_segment_get_info(deletions->segment);
    const osl_deletions_info *died = &deletions->info;
    bool possible = died->text_bytes <= all->text_bytes;
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++)
        possible =
            possible &&
            died->fields[f].term_count <= all->fields[f].term_count &&
            died->fields[f].total_length <= all->fields[f].total_length &&
            died->fields[f].posting_count <= all->fields[f].posting_count;
    return possible;
}

/* A bitmap's bits against the count of the dead; bits behind the last are 0. */
static bool is_bitmap(const uint64_t *words, uint32_t all, uint32_t dead)
{
    uint64_t live = 0;
    size_t count = words_of(all);
    for (size_t i = 0; i < count; i++)
        live += (unsigned)__builtin_popcountll(words[i]);
    bool ends = all % 64 == 0 || words[count - 1] >> (all % 64) == 0;
    return ends && dead <= all && live == all - dead;
}

static osl_status open_bitmaps(osl_deletions *deletions, const uint32_t all[3],
                               size_t *at, osl_error *err)
{
    const osl_deletions_info *died = &deletions->info;
    const uint32_t dead[3] = {died->paragraph_count, died->document_count,
                              died->section_count};
    size_t end = deletions->bytes.length - HASH;
    for (unsigned i = 0; i < 3; i++) {
        size_t length = words_of(all[i]) * 8;
        if (length > end - *at)
            return damaged(deletions, "damaged: a bitmap is cut short", err);
        deletions->live[i] =
            (const uint64_t *)(const void *)(deletions->bytes.bytes + *at);
        if (!is_bitmap(deletions->live[i], all[i], dead[i]))
            return damaged(deletions,
                           "damaged: its bitmaps and counts do not agree", err);
        *at += length;
    }
    return OSL_OK;
}

static bool open_table(table *out, const uint8_t *bytes, size_t length,
                       size_t *taken)
{
    if (length < TABLE_HEAD)
        return false;
    uint64_t whole = osl_get64(bytes);
    *out =
        (table){.count = osl_get32(bytes + 8), .blocks = osl_get32(bytes + 12)};
    uint64_t index = (uint64_t)out->blocks * INDEX_BYTES;
    if (whole > length - TABLE_HEAD || whole % 8 != 0 || index > whole ||
        out->blocks != out->count / BLOCK + (out->count % BLOCK > 0) ||
        whole - index > UINT32_MAX)
        return false;
    out->index = bytes + TABLE_HEAD;
    out->entries = out->index + index;
    out->entry_bytes = (size_t)(whole - index);
    *taken = TABLE_HEAD + (size_t)whole;
    return true;
}

static bool open_moves(osl_deletions *deletions, const uint8_t *bytes,
                       size_t length)
{
    uint32_t documents =
        osl_segment_get_info(deletions->segment)->document_count;
    osl_move before = {0};
    if (length < MOVES_HEAD || length % MOVE_BYTES != 0 ||
        length / MOVE_BYTES - 1 != osl_get32(bytes))
        return false;
    deletions->moves = bytes + MOVES_HEAD;
    deletions->move_count = osl_get32(bytes);
    for (uint32_t n = 0; n < deletions->move_count; n++) {
        const osl_move move = osl_deletions_move(deletions, n);
        if (move.document >= documents || move.lines == before.lines ||
            (n > 0 && move.document <= before.document))
            return false;
        before = move;
    }
    return true;
}

static osl_status open_tables(osl_deletions *deletions, size_t at,
                              osl_error *err)
{
    size_t end = deletions->bytes.length - HASH;
    const uint8_t *bytes = (const uint8_t *)deletions->bytes.bytes;
    for (unsigned t = 0; t < OSL_DIED_TABLES; t++) {
        size_t taken = 0;
        if (!open_table(&deletions->tables[t], bytes + at, end - at, &taken))
            return damaged(deletions, "damaged: a table is cut short", err);
        at += taken;
    }
    if (!open_moves(deletions, bytes + at, end - at))
        return damaged(deletions, "damaged: its moved lines are none", err);
    return OSL_OK;
}

static osl_status open_bytes(osl_deletions *deletions, osl_error *err)
{
    uint32_t all[3];
    size_t at = BITMAPS;
    count_all(deletions->segment, all);
    osl_status status = check_whole(deletions, err);
    if (status != OSL_OK)
        return status;
    if (!is_of(deletions, all))
        return damaged(deletions, "the deletions of another segment", err);
    read_head(deletions);
    if (!is_possible(deletions))
        return damaged(deletions, "damaged: more died than was there", err);
    status = open_bitmaps(deletions, all, &at, err);
    if (status == OSL_OK)
        status = open_tables(deletions, at, err);
    return status;
}

static osl_deletions *new_deletions(const char *name,
                                    const osl_segment *segment)
{
    osl_deletions *deletions = calloc(1, sizeof *deletions);
    char *path = strdup(name);
    held_dfs **held = calloc(1, sizeof(held_dfs *));
    if (!deletions || !path || !held) {
        free(deletions);
        free(path);
        free(held);
        return NULL;
    }
    deletions->path = path;
    deletions->held = held;
    deletions->segment = segment;
    return deletions;
}

/* Opens `deletions`, or ends it. */
static osl_status finish_open(osl_deletions **out, osl_deletions *deletions,
                              osl_error *err)
{
    osl_status status = open_bytes(deletions, err);
    if (status == OSL_OK)
        *out = deletions;
    else
        osl_deletions_close(deletions);
    return status;
}

osl_status osl_deletions_open(osl_deletions **out, const char *path,
                              const osl_segment *segment, osl_error *err)
{
    osl_deletions *deletions = new_deletions(path, segment);
    if (!deletions)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", path);
    osl_status status = osl_map_open(&deletions->map, path, err);
    if (status != OSL_OK) {
        osl_deletions_close(deletions);
        return status;
    }
    deletions->bytes =
        (osl_text){(const char *)deletions->map.bytes, deletions->map.length};
    return finish_open(out, deletions, err);
}

osl_status osl_deletions_open_memory(osl_deletions **out, osl_text bytes,
                                     const char *name,
                                     const osl_segment *segment, osl_error *err)
{
    osl_deletions *deletions = new_deletions(name, segment);
    if (!deletions)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", name);
    deletions->bytes = bytes;
    return finish_open(out, deletions, err);
}

void osl_deletions_close(osl_deletions *deletions)
{
    if (!deletions)
        return;
    osl_map_close(&deletions->map);
    free(deletions->path);
    free(*deletions->held);
    free(deletions->held);
    free(deletions);
}

/* ---- getters ------------------------------------------------------------ */

osl_text osl_deletions_bytes(const osl_deletions *deletions)
{
    return deletions->bytes;
}

const osl_deletions_info *osl_deletions_get_info(const osl_deletions *deletions)
{
    return &deletions->info;
}

const uint64_t *osl_deletions_live(const osl_deletions *deletions,
                                   osl_field field)
{
    return deletions->live[bitmap_of(field)];
}

uint32_t osl_deletions_move_count(const osl_deletions *deletions)
{
    return deletions->move_count;
}

osl_move osl_deletions_move(const osl_deletions *deletions, uint32_t n)
{
    const uint8_t *at = deletions->moves + MOVE_BYTES * (size_t)n;
    return (osl_move){osl_get32(at), (int32_t)osl_get32(at + 4)};
}

uint32_t osl_deletions_line(const osl_deletions *deletions, uint32_t document,
                            uint32_t line)
{
    uint32_t low = 0, high = deletions->move_count;
    while (low < high) { /* the first move behind the document */
        uint32_t middle = low + (high - low) / 2;
        if (osl_deletions_move(deletions, middle).document <= document)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 || line == 0
               ? line
               : line + (uint32_t)osl_deletions_move(deletions, low - 1).lines;
}

/* ---- tables ------------------------------------------------------------- */

/* A block that is read entry by entry. */
typedef struct block {
    osl_taker from;
    unsigned kind;
    uint32_t left; /* entries not yet read */
    bool is_first;
    osl_died at;
} block;

static osl_status spoilt(const osl_deletions *deletions, osl_error *err)
{
    return damaged(deletions, "damaged: a table contradicts itself", err);
}

static uint64_t block_key(const table *of, uint32_t n)
{
    return osl_get64(of->index + (size_t)n * INDEX_BYTES);
}

static osl_status open_block(block *out, const osl_deletions *deletions,
                             unsigned kind, uint32_t n, osl_error *err)
{
    const table *of = &deletions->tables[kind];
    const uint8_t *index = of->index + (size_t)n * INDEX_BYTES;
    uint32_t start = osl_get32(index + 8);
    uint32_t end = (uint32_t)of->entry_bytes;
    if (n + 1 < of->blocks)
        end = osl_get32(index + INDEX_BYTES + 8);
    if (start > end || end > of->entry_bytes)
        return spoilt(deletions, err);
    uint32_t left = of->count - n * BLOCK;
    *out =
        (block){.from = {.at = of->entries + start, .end = of->entries + end},
                .kind = kind,
                .left = left < BLOCK ? left : BLOCK,
                .is_first = true,
                .at = {.key = block_key(of, n)}};
    return OSL_OK;
}

static osl_status next_entry(block *of, const osl_deletions *deletions,
                             osl_error *err)
{
    uint64_t step = of->is_first ? 0 : osl_take_varint(&of->from) + 1;
    uint64_t value = osl_take_varint(&of->from);
    uint64_t more = of->kind < OSL_DIED_FORMS ? osl_take_varint(&of->from) : 0;
    if (of->from.spoilt || value >= UINT32_MAX || more > UINT64_MAX / 2 ||
        (!of->is_first && (step == 0 || step > UINT64_MAX - of->at.key)))
        return spoilt(deletions, err);
    of->at.key += step;
    of->at.count = (uint32_t)value + 1;
    of->at.more = of->kind < OSL_DIED_FORMS ? of->at.count + more : 0;
    of->is_first = false;
    of->left--;
    return OSL_OK;
}

/* The entry of `key`; *out zero where there is none. */
static osl_status find_entry(const osl_deletions *deletions, unsigned kind,
                             uint64_t key, osl_died *out, osl_error *err)
{
    const table *of = &deletions->tables[kind];
    uint32_t low = 0, count = of->blocks;
    block at;
    *out = (osl_died){0};
    if (count == 0 || block_key(of, 0) > key)
        return OSL_OK;
    while (count > 1) { /* the last block whose key is not above */
        uint32_t half = count / 2;
        low = block_key(of, low + half) <= key ? low + half : low;
        count -= half;
    }
    osl_status status = open_block(&at, deletions, kind, low, err);
    while (status == OSL_OK && at.left > 0) {
        status = next_entry(&at, deletions, err);
        if (status == OSL_OK && at.at.key >= key)
            break;
    }
    if (status == OSL_OK && at.at.key == key)
        *out = at.at;
    return status;
}

osl_status osl_deletions_term(const osl_deletions *deletions, osl_field field,
                              uint32_t ordinal, uint32_t *df, uint64_t *cf,
                              osl_error *err)
{
    osl_died died;
    osl_status status = find_entry(deletions, field, ordinal, &died, err);
    *df = died.count;
    *cf = died.more;
    return status;
}

static bool fill_held(const osl_deletions *deletions, held_dfs *to,
                      uint16_t *counts)
{
    const table *of = &deletions->tables[OSL_FIELD_TEXT];
    uint64_t least = 0, all = (uint64_t)to->group_count * 64;
    for (uint32_t n = 0; n < of->blocks; n++) {
        block at;
        osl_status status = open_block(&at, deletions, OSL_FIELD_TEXT, n, NULL);
        while (status == OSL_OK && at.left > 0) {
            status = next_entry(&at, deletions, NULL);
            uint64_t key = at.at.key;
            if (status != OSL_OK || key < least || key >= all)
                return false;
            to->groups[key / 64].terms |= (uint64_t)1 << (key % 64);
            *counts++ =
                (uint16_t)(at.at.count < HELD_MORE ? at.at.count : HELD_MORE);
            least = key + 1;
        }
        if (status != OSL_OK)
            return false;
    }
    for (uint32_t g = 0; g + 1 < to->group_count; g++)
        to->groups[g + 1].first =
            to->groups[g].first + osl_popcount(to->groups[g].terms);
    return true;
}

void osl_deletions_hold(const osl_deletions *deletions)
{
    const table *of = &deletions->tables[OSL_FIELD_TEXT];
    uint32_t terms = osl_segment_get_info(deletions->segment)
                         ->fields[OSL_FIELD_TEXT]
                         .term_count;
    size_t groups = (size_t)terms / 64 + 1;
    held_dfs *none = NULL;
    /* An entry takes a byte at least. */
    if (of->count == 0 || of->count > of->entry_bytes ||
        __atomic_load_n(deletions->held, __ATOMIC_RELAXED))
        return;
    held_dfs *held = calloc(1, sizeof *held + groups * sizeof *held->groups +
                                   (size_t)of->count * sizeof(uint16_t));
    if (!held)
        return;
    uint16_t *counts = (uint16_t *)(void *)(held->groups + groups);
    held->group_count = (uint32_t)groups;
    held->counts = counts;
    if (!fill_held(deletions, held, counts) ||
        !__atomic_compare_exchange_n(deletions->held, &none, held, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        free(held); /* spoilt, or another was first */
}

osl_status osl_deletions_df(const osl_deletions *deletions, osl_field field,
                            uint32_t ordinal, uint32_t *df, osl_error *err)
{
    uint64_t cf;
    const held_dfs *held =
        field == OSL_FIELD_TEXT
            ? __atomic_load_n(deletions->held, __ATOMIC_ACQUIRE)
            : NULL;
    if (held && ordinal / 64 < held->group_count) {
        const held_group *group = &held->groups[ordinal / 64];
        uint64_t bit = (uint64_t)1 << (ordinal % 64);
        *df = 0;
        if (group->terms & bit)
            *df = held->counts[group->first +
                               osl_popcount(group->terms & (bit - 1))];
        if (*df < HELD_MORE)
            return OSL_OK;
    }
    return osl_deletions_term(deletions, field, ordinal, df, &cf, err);
}

osl_status osl_deletions_form(const osl_deletions *deletions, uint32_t ordinal,
                              uint32_t form, uint32_t *df, osl_error *err)
{
    osl_died died;
    uint64_t key = (uint64_t)ordinal << 32 | form;
    osl_status status = find_entry(deletions, OSL_DIED_FORMS, key, &died, err);
    *df = died.count;
    return status;
}

osl_status osl_deletions_alias(const osl_deletions *deletions, uint32_t entry,
                               uint32_t *uses, osl_error *err)
{
    osl_died died;
    osl_status status =
        find_entry(deletions, OSL_DIED_ALIASES, entry, &died, err);
    *uses = died.count;
    return status;
}

/* ---- all of it ---------------------------------------------------------- */

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while reading deletions");
}

static osl_status read_table(const osl_deletions *deletions, unsigned kind,
                             osl_arena *arena, osl_deletions_parts *out,
                             osl_error *err)
{
    const table *of = &deletions->tables[kind];
    /* An entry takes a byte at least. */
    if (of->count > of->entry_bytes)
        return spoilt(deletions, err);
    osl_died *entries = osl_arena_zero(arena, of->count, sizeof *entries);
    size_t count = 0;
    if (!entries)
        return no_memory(err);
    for (uint32_t n = 0; n < of->blocks; n++) {
        block at;
        osl_status status = open_block(&at, deletions, kind, n, err);
        while (status == OSL_OK && at.left > 0) {
            status = next_entry(&at, deletions, err);
            if (status == OSL_OK && count > 0 &&
                entries[count - 1].key >= at.at.key)
                status = spoilt(deletions, err);
            if (status == OSL_OK)
                entries[count++] = at.at;
        }
        if (status != OSL_OK)
            return status;
    }
    out->tables[kind].entries = entries;
    out->tables[kind].count = count;
    return OSL_OK;
}

/* All live, but for what `deletions` says. */
static osl_status read_bitmaps(const osl_deletions *deletions,
                               const osl_segment *segment, osl_arena *arena,
                               osl_deletions_parts *out, osl_error *err)
{
    uint32_t all[3];
    count_all(segment, all);
    for (unsigned i = 0; i < 3; i++) {
        size_t words = words_of(all[i]);
        uint64_t *bits = osl_arena_take(arena, (words + 1) * sizeof *bits);
        if (!bits)
            return no_memory(err);
        memset(bits, 0xFF, words * sizeof *bits);
        if (all[i] % 64)
            bits[words - 1] = ((uint64_t)1 << (all[i] % 64)) - 1;
        if (deletions)
            memcpy(bits, deletions->live[i], words * sizeof *bits);
        out->live[i] = bits;
    }
    return OSL_OK;
}

osl_status osl_deletions_read(const osl_deletions *deletions,
                              const osl_segment *segment, osl_arena *arena,
                              osl_deletions_parts *out, osl_error *err)
{
    *out = (osl_deletions_parts){0};
    osl_status status = read_bitmaps(deletions, segment, arena, out, err);
    if (!deletions)
        return status;
    out->info = deletions->info;
    for (unsigned t = 0; t < OSL_DIED_TABLES && status == OSL_OK; t++)
        status = read_table(deletions, t, arena, out, err);
    return status;
}
