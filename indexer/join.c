/* SPDX-License-Identifier: MIT
 *
 * Batches of several threads to one. Tables are joined by their strings,
 * which gives each batch a map from its numbers to those of the whole; then
 * each piece's columns are put where they belong, which is known from the
 * marks.
 *
 * Where there is nothing yet, the first batch becomes the whole: its tables are
 * taken as they are, and its columns, too, in which its pieces are moved up,
 * the last one first, so that those of other batches find room between them:
 *
 *     first batch   |0|2|3|6|            whole   |0| |2|3| | |6|
 *     another       |1|4|5|       ──▶             |1|   |4|5|
 *
 * So no column is there twice: with two threads 0.8 of the memory, and what is
 * not taken need not be touched. Each column is moved by one thread; then all
 * copy pieces. */
#include "indexer/batch.h"
#include "indexer/crew.h"

#include <stddef.h>
#include <string.h>

/* What numbers of a column mean. */
typedef enum map_kind {
    MAP_NONE,
    MAP_FORMS, /* of text, title, heading */
    MAP_STRINGS = MAP_FORMS + 3,
    MAP_GAPS,
    MAP_COMPOUNDS,
    MAP_SENSES,
    MAP_COUNT
} map_kind;

/* A column: what its rows are, what its numbers mean, and of what they are
 * the places (OSL_MARK_COUNT: of nothing). */
typedef struct column {
    size_t offset; /* of an osl_list32 in the batch */
    uint8_t rows, map, places;
} column;

#define COLUMN(field, rows, map, places)              \
    {                                                 \
        offsetof(osl_batch, field), rows, map, places \
    }
#define DOCUMENT_STRING(i) \
    COLUMN(document_strings[i], OSL_MARK_DOCUMENTS, MAP_STRINGS, OSL_MARK_COUNT)
#define FIELD(i, rows)                                                   \
    COLUMN(fields[i].ids, OSL_MARK_IDS + (i), MAP_FORMS + (i), NOTHING), \
        COLUMN(fields[i].lengths, rows, MAP_NONE, NOTHING)

enum { NOTHING = OSL_MARK_COUNT };

static const column columns[] = {
    FIELD(0, OSL_MARK_PARAGRAPHS),
    FIELD(1, OSL_MARK_DOCUMENTS),
    FIELD(2, OSL_MARK_SECTIONS),
    DOCUMENT_STRING(0),
    DOCUMENT_STRING(1),
    DOCUMENT_STRING(2),
    DOCUMENT_STRING(3),
    DOCUMENT_STRING(4),
    DOCUMENT_STRING(5),
    DOCUMENT_STRING(6),
    DOCUMENT_STRING(7),
    COLUMN(document_numbers, OSL_MARK_DOCUMENTS, MAP_NONE, NOTHING),
    COLUMN(first_paragraphs, OSL_MARK_DOCUMENTS, MAP_NONE, OSL_MARK_PARAGRAPHS),
    COLUMN(first_sections, OSL_MARK_DOCUMENTS, MAP_NONE, OSL_MARK_SECTIONS),
    COLUMN(alias_strings, OSL_MARK_ALIASES, MAP_STRINGS, NOTHING),
    COLUMN(alias_documents, OSL_MARK_ALIASES, MAP_NONE, OSL_MARK_DOCUMENTS),
    COLUMN(headings, OSL_MARK_SECTIONS, MAP_STRINGS, NOTHING),
    COLUMN(parents, OSL_MARK_SECTIONS, MAP_NONE, NOTHING),
    COLUMN(levels, OSL_MARK_SECTIONS, MAP_NONE, NOTHING),
    COLUMN(section_paragraphs, OSL_MARK_SECTIONS, MAP_NONE,
           OSL_MARK_PARAGRAPHS),
    COLUMN(section_lengths, OSL_MARK_SECTIONS, MAP_NONE, NOTHING),
    COLUMN(paragraph_sections, OSL_MARK_PARAGRAPHS, MAP_NONE, NOTHING),
    COLUMN(lines, OSL_MARK_PARAGRAPHS, MAP_NONE, NOTHING),
    COLUMN(citation_counts, OSL_MARK_PARAGRAPHS, MAP_NONE, NOTHING),
    COLUMN(evidence_counts, OSL_MARK_PARAGRAPHS, MAP_NONE, NOTHING),
    COLUMN(compound_counts, OSL_MARK_PARAGRAPHS, MAP_NONE, NOTHING),
    COLUMN(citations, OSL_MARK_CITATIONS, MAP_STRINGS, NOTHING),
    COLUMN(evidence, OSL_MARK_EVIDENCE, MAP_STRINGS, NOTHING),
    COLUMN(compound_uses, OSL_MARK_COMPOUNDS, MAP_COMPOUNDS, NOTHING),
    COLUMN(senses.uses, OSL_MARK_USES, MAP_SENSES, NOTHING),
    COLUMN(senses.documents, OSL_MARK_USES, MAP_NONE, OSL_MARK_DOCUMENTS),
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* Columns of bytes and of large numbers, which mean the same in the whole. */
typedef struct plain_column {
    size_t offset;
    unsigned rows;
} plain_column;

#define PLAIN(field, rows)               \
    {                                    \
        offsetof(osl_batch, field), rows \
    }
static const plain_column narrow[] = {
    PLAIN(document_flags, OSL_MARK_DOCUMENTS),
    PLAIN(document_dead, OSL_MARK_DOCUMENTS), PLAIN(kinds, OSL_MARK_PARAGRAPHS),
    PLAIN(gaps.codes, OSL_MARK_GAPS), /* but for copies */
};
static const plain_column wide[] = {
    PLAIN(hashes, OSL_MARK_PARAGRAPHS),
    PLAIN(paragraph_bytes, OSL_MARK_PARAGRAPHS),
};
enum {
    WIDE = sizeof wide / sizeof wide[0],
    NARROW = sizeof narrow / sizeof narrow[0],
    NARROW_COPIED = NARROW - 1
};

_Static_assert(OSL_DOCUMENT_STRINGS == 8, "one column each");

/* Of one batch: its numbers to those of the whole. NULL: the same. */
typedef struct maps {
    uint32_t *to[MAP_COUNT];
} maps;

typedef struct join {
    osl_batch *to;
    osl_batch *const *from;
    unsigned from_count;
    const osl_batch_piece *pieces;
    size_t piece_count;
    maps *maps;            /* by batch; owns */
    osl_batch_mark *marks; /* by piece: its place in the whole; owns */
    size_t *sides;         /* by piece: entries of `side`; owns */
    uint32_t *gap_counts;  /* by batch: distinct gaps; owns */
    size_t next;           /* to be taken by a worker */
    size_t touched;        /* bytes: ids of text before the others' */
    bool stays;            /* the first batch's columns are the whole's */
    bool failed;
} join;

osl_batch_mark osl_batch_get_mark(const osl_batch *batch)
{
    return (osl_batch_mark){
        .counts =
            {
                [OSL_MARK_DOCUMENTS] = batch->document_flags.count,
                [OSL_MARK_SECTIONS] = batch->headings.count,
                [OSL_MARK_PARAGRAPHS] = batch->kinds.count,
                [OSL_MARK_IDS] = batch->fields[0].ids.count,
                [OSL_MARK_IDS + 1] = batch->fields[1].ids.count,
                [OSL_MARK_IDS + 2] = batch->fields[2].ids.count,
                [OSL_MARK_GAPS] = batch->gaps.codes.count,
                [OSL_MARK_SIDE] = batch->gaps.side.count,
                [OSL_MARK_CITATIONS] = batch->citations.count,
                [OSL_MARK_EVIDENCE] = batch->evidence.count,
                [OSL_MARK_COMPOUNDS] = batch->compound_uses.count,
                [OSL_MARK_ALIASES] = batch->alias_strings.count,
                [OSL_MARK_USES] = batch->senses.uses.count,
            },
        .text_bytes = batch->text_bytes,
    };
}

/* ---- tables ------------------------------------------------------------- */

static osl_strings *table_of(osl_batch *batch, unsigned kind)
{
    switch (kind) {
    case MAP_STRINGS:
        return &batch->strings;
    case MAP_GAPS:
        return &batch->gaps.forms;
    case MAP_COMPOUNDS:
        return &batch->compounds;
    case MAP_SENSES:
        return &batch->senses.senses;
    default:
        return &batch->fields[kind - MAP_FORMS].forms;
    }
}

static bool join_table(join *j, unsigned kind)
{
    osl_strings *to = table_of(j->to, kind);
    for (unsigned i = 0; i < j->from_count; i++) {
        osl_strings *from = table_of(j->from[i], kind);
        if (to->count == 0) {
            osl_strings empty = *to;
            *to = *from;
            *from = empty;
            continue;
        }
        uint32_t *map = malloc(((size_t)from->count + 1) * sizeof *map);
        j->maps[i].to[kind] = map;
        if (!map || !osl_strings_merge(to, from, map))
            return false;
        osl_strings_clear(from);
    }
    return true;
}

/* Repeats of gaps, under their numbers in the whole. */
static bool join_repeats(join *j)
{
    osl_list32 *to = &j->to->gaps.repeats;
    uint32_t count = j->to->gaps.forms.count;
    if (!osl_grow(&to->at, &to->capacity, (size_t)count + 1, sizeof *to->at))
        return false;
    while (to->count < count)
        to->at[to->count++] = 0;
    for (unsigned i = 0; i < j->from_count; i++) {
        const osl_list32 *from = &j->from[i]->gaps.repeats;
        const uint32_t *map = j->maps[i].to[MAP_GAPS];
        for (size_t n = 0; n < from->count; n++)
            to->at[map ? map[n] : n] += from->at[n];
    }
    return true;
}

/* Compounds whose places in the table are fetched together. */
enum { COMPOUNDS_AHEAD = 64 };

/* Compounds name forms by their numbers: keys of [n, end) in the whole's. */
static void translate_compounds(const osl_strings *from, const uint32_t *forms,
                                uint32_t n, uint32_t end, osl_buf *keys)
{
    osl_buf_reset(keys);
    for (; n < end; n++) {
        osl_text text = osl_strings_text(from, n);
        size_t start = keys->length;
        osl_buf_put_text(keys, text);
        if (keys->failed || !forms)
            continue;
        uint8_t *at = keys->bytes + start + strlen(text.bytes) + 1;
        for (; at < keys->bytes + keys->length; at += 4) {
            uint32_t form;
            memcpy(&form, at, 4);
            memcpy(at, &forms[form], 4);
        }
    }
}

static bool join_compounds_of(join *j, unsigned i, osl_buf *keys)
{
    osl_strings *to = &j->to->compounds;
    const osl_strings *from = &j->from[i]->compounds;
    uint32_t *map = malloc(((size_t)from->count + 1) * sizeof *map);
    j->maps[i].to[MAP_COMPOUNDS] = map;
    if (!map)
        return false;
    for (uint32_t n = 0; n < from->count; n += COMPOUNDS_AHEAD) {
        uint32_t end = from->count - n < COMPOUNDS_AHEAD ? from->count
                                                         : n + COMPOUNDS_AHEAD;
        osl_text texts[COMPOUNDS_AHEAD];
        size_t at = 0;
        translate_compounds(from, j->maps[i].to[MAP_FORMS], n, end, keys);
        if (keys->failed)
            return false;
        for (uint32_t k = n; k < end; k++) {
            size_t length = osl_strings_text(from, k).length;
            texts[k - n] = (osl_text){(const char *)keys->bytes + at, length};
            at += length;
        }
        if (!osl_strings_add_texts(to, texts, end - n, map + n))
            return false;
    }
    return true;
}

static bool join_compounds(join *j)
{
    osl_strings *to = &j->to->compounds;
    osl_buf keys = {0};
    bool done = true;
    for (unsigned i = 0; i < j->from_count && done; i++) {
        if (to->count > 0 || j->maps[i].to[MAP_FORMS]) {
            done = join_compounds_of(j, i, &keys);
            continue;
        }
        osl_strings empty = *to;
        *to = j->from[i]->compounds;
        j->from[i]->compounds = empty;
    }
    osl_buf_clear(&keys);
    return done;
}

/* The next thing to do; each worker takes what is next. */
static size_t take(join *j)
{
    return __atomic_fetch_add(&j->next, 1, __ATOMIC_RELAXED);
}

static bool has_failed(join *j)
{
    return __atomic_load_n(&j->failed, __ATOMIC_RELAXED);
}

static osl_status no_memory(join *j, osl_error *err)
{
    __atomic_store_n(&j->failed, true, __ATOMIC_RELAXED);
    return osl_fail(err, OSL_ENOMEM, "out of memory while indexing");
}

/* Tables of text first: they take longest. */
static osl_status join_tables(void *user, unsigned worker, osl_error *err)
{
    static const uint8_t kinds[] = {MAP_FORMS, MAP_STRINGS,   MAP_SENSES,
                                    MAP_GAPS,  MAP_FORMS + 1, MAP_FORMS + 2};
    join *j = user;
    (void)worker;
    for (size_t i = take(j); i < sizeof kinds && !has_failed(j); i = take(j))
        if (!join_table(j, kinds[i]))
            return no_memory(j, err);
    return OSL_OK;
}

/* ---- columns ------------------------------------------------------------ */

static osl_list32 *list_of(osl_batch *batch, const column *of)
{
    return (osl_list32 *)(void *)((char *)batch + of->offset);
}

static osl_list8 *narrow_of(osl_batch *batch, const plain_column *of)
{
    return (osl_list8 *)(void *)((char *)batch + of->offset);
}

static osl_list64 *wide_of(osl_batch *batch, const plain_column *of)
{
    return (osl_list64 *)(void *)((char *)batch + of->offset);
}

static void copy_column(join *j, size_t n, const column *of)
{
    const osl_batch_piece *piece = &j->pieces[n];
    const uint32_t *map = j->maps[piece->from].to[of->map];
    size_t first = piece->first.counts[of->rows];
    size_t count = piece->end.counts[of->rows] - first;
    uint32_t more = 0;
    if (count == 0)
        return;
    const uint32_t *from = list_of(j->from[piece->from], of)->at + first;
    uint32_t *to = list_of(j->to, of)->at + j->marks[n].counts[of->rows];
    if (of->places != NOTHING)
        more = (uint32_t)(j->marks[n].counts[of->places] -
                          piece->first.counts[of->places]);
    if (of->map != MAP_NONE && map)
        for (size_t i = 0; i < count; i++)
            to[i] = map[from[i]];
    else if (more)
        for (size_t i = 0; i < count; i++)
            to[i] = from[i] + more;
    else
        memcpy(to, from, count * sizeof *to);
}

static void copy_narrow(join *j, size_t n, const plain_column *of)
{
    const osl_batch_piece *piece = &j->pieces[n];
    size_t first = piece->first.counts[of->rows];
    size_t count = piece->end.counts[of->rows] - first;
    if (count > 0)
        memcpy(narrow_of(j->to, of)->at + j->marks[n].counts[of->rows],
               narrow_of(j->from[piece->from], of)->at + first, count);
}

static void copy_wide(join *j, size_t n, const plain_column *of)
{
    const osl_batch_piece *piece = &j->pieces[n];
    size_t first = piece->first.counts[of->rows];
    size_t count = piece->end.counts[of->rows] - first;
    if (count > 0)
        memcpy(wide_of(j->to, of)->at + j->marks[n].counts[of->rows],
               wide_of(j->from[piece->from], of)->at + first,
               count * sizeof(uint64_t));
}

/* The code of a gap by its number. */
static uint8_t code_of(uint32_t gap)
{
    return gap + 1 < OSL_GAP_SIDE ? (uint8_t)(gap + 1) : OSL_GAP_SIDE;
}

/* What each code is in the whole. */
static void make_codes(const join *j, const osl_batch_piece *piece,
                       uint8_t codes[256])
{
    const uint32_t *map = j->maps[piece->from].to[MAP_GAPS];
    uint32_t count = j->gap_counts[piece->from];
    codes[OSL_GAP_USUAL] = OSL_GAP_USUAL;
    for (uint32_t code = 1; code < 256; code++)
        codes[code] = code < OSL_GAP_SIDE && code <= count && map
                          ? code_of(map[code - 1])
                          : (uint8_t)code;
}

/* Gaps under their numbers in the whole; returns the entries of `side`, which
 * are written where `to` is not NULL. Few codes stand for more than they
 * say. */
static size_t copy_gaps(const join *j, size_t n, uint8_t *to, uint32_t *side)
{
    const osl_batch_piece *piece = &j->pieces[n];
    const osl_batch_gaps *from = &j->from[piece->from]->gaps;
    const uint32_t *map = j->maps[piece->from].to[MAP_GAPS];
    size_t side_from = piece->first.counts[OSL_MARK_SIDE], count = 0;
    uint8_t codes[256];
    make_codes(j, piece, codes);
    for (size_t i = piece->first.counts[OSL_MARK_GAPS];
         i < piece->end.counts[OSL_MARK_GAPS]; i++) {
        uint8_t old = from->codes.at[i], code = codes[old];
        if (code == OSL_GAP_SIDE || old == OSL_GAP_SIDE) {
            uint32_t gap = old == OSL_GAP_SIDE ? from->side.at[side_from++]
                                               : (uint32_t)old - 1;
            gap = map ? map[gap] : gap;
            code = code_of(gap);
            if (code == OSL_GAP_SIDE && side)
                side[count] = gap;
            count += code == OSL_GAP_SIDE;
        }
        if (to)
            *to++ = code;
    }
    return count;
}

static void copy_piece(join *j, size_t n)
{
    osl_batch *to = j->to;
    const size_t *at = j->marks[n].counts;
    for (size_t i = 0; i < COLUMNS; i++)
        copy_column(j, n, &columns[i]);
    for (size_t i = 0; i < NARROW_COPIED; i++)
        copy_narrow(j, n, &narrow[i]);
    for (size_t i = 0; i < WIDE; i++)
        copy_wide(j, n, &wide[i]);
    if (to->gaps.codes.at)
        (void)copy_gaps(j, n, to->gaps.codes.at + at[OSL_MARK_GAPS],
                        to->gaps.side.at + at[OSL_MARK_SIDE]);
}

static osl_status copy_pieces(void *user, unsigned worker, osl_error *err)
{
    join *j = user;
    (void)worker;
    (void)err;
    for (size_t n = take(j); n < j->piece_count; n = take(j))
        if (!j->stays || j->pieces[n].from > 0)
            copy_piece(j, n);
    return OSL_OK;
}

/* ---- the first batch's columns ------------------------------------------ */

/* Whether they become the whole's: there is nothing yet, and its pieces are all
 * of it, in their order. */
static bool can_stay(const join *j)
{
    osl_batch_mark at = {.text_bytes = 0}, none = osl_batch_get_mark(j->to);
    bool fits = j->from_count > 0 &&
                memcmp(none.counts, at.counts, sizeof at.counts) == 0;
    for (unsigned kind = 0; kind < MAP_COUNT && fits; kind++)
        fits = !j->maps[0].to[kind];
    for (size_t n = 0; n < j->piece_count && fits; n++) {
        const osl_batch_piece *piece = &j->pieces[n];
        if (piece->from > 0)
            continue;
        fits = memcmp(piece->first.counts, at.counts, sizeof at.counts) == 0;
        at = piece->end;
    }
    return fits;
}

#define SWAP(type, a, b)  \
    do {                  \
        type kept = *(a); \
        *(a) = *(b);      \
        *(b) = kept;      \
    } while (0)

static void take_columns(osl_batch *to, osl_batch *from)
{
    for (size_t i = 0; i < COLUMNS; i++)
        SWAP(osl_list32, list_of(to, &columns[i]), list_of(from, &columns[i]));
    for (size_t i = 0; i < NARROW; i++)
        SWAP(osl_list8, narrow_of(to, &narrow[i]), narrow_of(from, &narrow[i]));
    for (size_t i = 0; i < WIDE; i++)
        SWAP(osl_list64, wide_of(to, &wide[i]), wide_of(from, &wide[i]));
    SWAP(osl_list32, &to->gaps.side, &from->gaps.side);
}

/* The first batch's pieces to their places, none of which is below where the
 * piece stands. */
static void move_up(const join *j, void *bytes, size_t width, unsigned rows)
{
    for (size_t n = j->piece_count; n-- > 0;) {
        const osl_batch_piece *piece = &j->pieces[n];
        size_t first = piece->first.counts[rows];
        size_t count = piece->end.counts[rows] - first;
        size_t to = j->marks[n].counts[rows];
        if (piece->from == 0 && count > 0 && to > first)
            memmove((char *)bytes + to * width, (char *)bytes + first * width,
                    count * width);
    }
}

/* What names places names those of the whole. */
static void move_places(const join *j, uint32_t *places, const column *of)
{
    for (size_t n = 0; n < j->piece_count; n++) {
        const osl_batch_piece *piece = &j->pieces[n];
        size_t at = j->marks[n].counts[of->rows], count = 0;
        if (piece->from == 0)
            count = piece->end.counts[of->rows] - piece->first.counts[of->rows];
        uint32_t more = (uint32_t)(j->marks[n].counts[of->places] -
                                   piece->first.counts[of->places]);
        for (size_t i = at; i < at + count && more > 0; i++)
            places[i] += more;
    }
}

static bool move_column(const join *j, const column *of)
{
    osl_list32 *list = list_of(j->to, of);
    if (!osl_grow(&list->at, &list->capacity, list->count, sizeof *list->at))
        return false;
    if (!j->stays)
        return true;
    move_up(j, list->at, sizeof *list->at, of->rows);
    if (of->places != NOTHING)
        move_places(j, list->at, of);
    return true;
}

static bool move_narrow(const join *j, const plain_column *of)
{
    osl_list8 *list = narrow_of(j->to, of);
    if (!osl_grow(&list->at, &list->capacity, list->count, 1))
        return false;
    if (j->stays)
        move_up(j, list->at, 1, of->rows);
    return true;
}

static bool move_wide(const join *j, const plain_column *of)
{
    osl_list64 *list = wide_of(j->to, of);
    if (!osl_grow(&list->at, &list->capacity, list->count, sizeof *list->at))
        return false;
    if (j->stays)
        move_up(j, list->at, sizeof *list->at, of->rows);
    return true;
}

/* One more, so that a pointer behind the last entry is one. */
static bool move_sides(const join *j)
{
    osl_list32 *side = &j->to->gaps.side;
    if (!osl_grow(&side->at, &side->capacity, side->count + 1,
                  sizeof *side->at))
        return false;
    if (j->stays)
        move_up(j, side->at, sizeof *side->at, OSL_MARK_SIDE);
    return true;
}

/* Columns that one thread makes room in. */
typedef enum room {
    ROOM_IDS, /* of text, which are the most */
    ROOM_COMPOUNDS,
    ROOM_NARROW,
    ROOM_WIDE = ROOM_NARROW + NARROW,
    ROOM_SIDES = ROOM_WIDE + WIDE,
    ROOM_COLUMNS,
    ROOM_COUNT = ROOM_COLUMNS + COLUMNS - 1
} room;

/* Compounds, which one thread joins by itself, are among the first. */
static bool make_room_for(join *j, size_t n)
{
    if (n == ROOM_IDS)
        return move_column(j, &columns[0]);
    if (n == ROOM_COMPOUNDS)
        return join_compounds(j);
    if (n < ROOM_WIDE)
        return move_narrow(j, &narrow[n - ROOM_NARROW]);
    if (n < ROOM_SIDES)
        return move_wide(j, &wide[n - ROOM_WIDE]);
    if (n == ROOM_SIDES)
        return move_sides(j);
    return move_column(j, &columns[n - ROOM_COLUMNS + 1]);
}

static osl_status make_room(void *user, unsigned worker, osl_error *err)
{
    join *j = user;
    (void)worker;
    for (size_t n = take(j); n < ROOM_COUNT && !has_failed(j); n = take(j))
        if (!make_room_for(j, n))
            return no_memory(j, err);
    return OSL_OK;
}

static osl_status count_sides(void *user, unsigned worker, osl_error *err)
{
    join *j = user;
    (void)worker;
    (void)err;
    for (size_t n = take(j); n < j->piece_count; n = take(j)) {
        const osl_batch_piece *piece = &j->pieces[n];
        j->sides[n] = j->maps[piece->from].to[MAP_GAPS]
                          ? copy_gaps(j, n, NULL, NULL)
                          : piece->end.counts[OSL_MARK_SIDE] -
                                piece->first.counts[OSL_MARK_SIDE];
    }
    return OSL_OK;
}

/* Each piece's place; *end is where the whole ends. */
static void place_pieces(join *j, osl_batch_mark *end)
{
    *end = osl_batch_get_mark(j->to);
    for (size_t n = 0; n < j->piece_count; n++) {
        const osl_batch_piece *piece = &j->pieces[n];
        j->marks[n] = *end;
        for (unsigned i = 0; i < OSL_MARK_COUNT; i++)
            end->counts[i] += i == OSL_MARK_SIDE ? j->sides[n]
                                                 : piece->end.counts[i] -
                                                       piece->first.counts[i];
        end->text_bytes += piece->end.text_bytes - piece->first.text_bytes;
    }
}

/* How long each column becomes. */
static void set_counts(osl_batch *to, const osl_batch_mark *end)
{
    const size_t *counts = end->counts;
    for (size_t i = 0; i < COLUMNS; i++)
        list_of(to, &columns[i])->count = counts[columns[i].rows];
    for (size_t i = 0; i < NARROW; i++)
        narrow_of(to, &narrow[i])->count = counts[narrow[i].rows];
    for (size_t i = 0; i < WIDE; i++)
        wide_of(to, &wide[i])->count = counts[wide[i].rows];
    to->gaps.side.count = counts[OSL_MARK_SIDE];
    to->text_bytes = end->text_bytes;
}

/* What is behind the first batch's ids was never touched, as a rule: the system
 * clears it for all threads at once, before one moves ids into it. */
static osl_status touch_ids(void *user, unsigned worker, osl_error *err)
{
    enum { STEP = 2 << 20, PAGE = 4096 };
    join *j = user;
    const osl_list32 *ids = list_of(j->to, &columns[0]);
    size_t bytes = ids->count * sizeof *ids->at;
    (void)worker;
    (void)err;
    for (size_t n = take(j); n * STEP < bytes - j->touched; n = take(j)) {
        size_t from = j->touched + n * STEP, left = bytes - from;
        size_t to = from + (left < STEP ? left : STEP);
        for (; from < to; from += PAGE)
            *((volatile char *)ids->at + from) = 0;
    }
    return OSL_OK;
}

/* ---- the whole ---------------------------------------------------------- */

static osl_status check_limits(const osl_batch_mark *end, osl_error *err)
{
    const size_t *counts = end->counts;
    for (unsigned i = 0; i < 3; i++)
        if (counts[OSL_MARK_IDS + i] > OSL_BATCH_TOKENS_MAX)
            return osl_fail(err, OSL_ELIMIT,
                            "more words than a segment may hold (2^31)");
    if (counts[OSL_MARK_PARAGRAPHS] > OSL_SEGMENT_PARAGRAPHS_MAX ||
        counts[OSL_MARK_SECTIONS] > OSL_SEGMENT_PARAGRAPHS_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more paragraphs than a segment may hold (2^31 − 2)");
    return OSL_OK;
}

static osl_status run(join *j, unsigned size, osl_error *err)
{
    osl_batch_mark end;
    osl_status status = osl_crew_run(size, join_tables, NULL, j, err);
    if (status == OSL_OK && !join_repeats(j))
        status = no_memory(j, err);
    if (status != OSL_OK)
        return status;
    j->next = 0;
    status = osl_crew_run(size, count_sides, NULL, j, err);
    if (status != OSL_OK)
        return status;
    place_pieces(j, &end);
    status = check_limits(&end, err);
    j->stays = can_stay(j);
    if (status == OSL_OK && j->stays)
        take_columns(j->to, j->from[0]);
    if (status != OSL_OK)
        return status;
    const osl_list32 *ids = list_of(j->to, &columns[0]);
    j->touched = ids->count * sizeof *ids->at;
    set_counts(j->to, &end);
    j->next = 0;
    if (j->stays && ids->count <= ids->capacity)
        status = osl_crew_run(size, touch_ids, NULL, j, err);
    j->next = 0;
    if (status == OSL_OK)
        status = osl_crew_run(size, make_room, NULL, j, err);
    j->next = 0;
    if (status == OSL_OK)
        status = osl_crew_run(size, copy_pieces, NULL, j, err);
    return status;
}

osl_status osl_batch_join(osl_batch *to, const osl_batch_parts *parts,
                          unsigned size, osl_error *err)
{
    unsigned from_count = parts->from_count;
    size_t piece_count = parts->piece_count;
    join j = {.to = to,
              .from = parts->from,
              .from_count = from_count,
              .pieces = parts->pieces,
              .piece_count = piece_count};
    osl_status status = OSL_OK;
    j.maps = calloc((size_t)from_count + 1, sizeof *j.maps);
    j.marks = calloc(piece_count + 1, sizeof *j.marks);
    j.sides = calloc(piece_count + 1, sizeof *j.sides);
    j.gap_counts = calloc((size_t)from_count + 1, sizeof *j.gap_counts);
    for (unsigned i = 0; j.gap_counts && i < from_count; i++)
        j.gap_counts[i] = parts->from[i]->gaps.forms.count;
    if (j.maps && j.marks && j.sides && j.gap_counts)
        status = run(&j, size, err);
    else
        status = no_memory(&j, err);
    for (unsigned i = 0; j.maps && i < from_count; i++)
        for (unsigned kind = 0; kind < MAP_COUNT; kind++)
            free(j.maps[i].to[kind]);
    free(j.maps);
    free(j.marks);
    free(j.sides);
    free(j.gap_counts);
    return status;
}
