/* SPDX-License-Identifier: MIT */
#include "core/segment/store.h"

#include "core/segment/deep.h"
#include "core/segment/segment_internal.h"
#include "core/segment/taker.h"

#include <stdlib.h>
#include <string.h>

/* Of the section of codes: 2 where they are as deep.h says. */
enum { VERSION = 1, VERSION_DEEP = 2 };
/* Words that stand as they are: those that are read most. */
enum { DIRECT = 16384 };

/* That may be read behind the last code. */
enum { SLACK = 8 };

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

/* ---- writing ------------------------------------------------------------ */

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

/* Rare words of which it pays to spell them by letters: lengths of the codes
 * take 2 KB. */
enum {
    SPELT_LEAST = 8192,
    LENGTHS_OF_LETTERS = OSL_LETTERS_TABLES * OSL_LETTERS_SYMBOLS
};

/* A text that comes soon: texts stand in another order. */
static inline void fetch_text(const osl_text *texts, uint32_t n, uint32_t i)
{
    enum { AHEAD = 16 };
    if (i + AHEAD < n)
        __builtin_prefetch(texts[i + AHEAD].bytes);
}

static void put_words(osl_vocabulary *out, const osl_text *texts,
                      const uint8_t *separators, uint32_t n)
{
    osl_buf *heap = &out->heap;
    for (uint32_t i = out->direct; i < n; i++) {
        fetch_text(texts, n, i);
        bool first = (i - out->direct) % WORD_BLOCK == 0;
        if (first)
            out->blocks[out->block_count++] = heap->length;
        put_entry(heap, texts[i], first ? (osl_text){"", 0} : texts[i - 1],
                  separators[i]);
    }
}

/* The same by letters: once for their codes, once with them. */
static osl_status spell_words(osl_vocabulary *out, const osl_text *texts,
                              const uint8_t *separators, uint32_t n,
                              osl_error *err)
{
    osl_letters *letters = out->letters = calloc(1, sizeof *letters);
    if (!letters)
        return osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = out->direct; i < n; i++) {
            bool first = (i - out->direct) % WORD_BLOCK == 0;
            fetch_text(texts, n, i);
            if (pass > 0 && first) {
                osl_letters_fill(letters);
                out->blocks[out->block_count++] = out->heap.length;
            }
            osl_letters_put(letters, first ? (osl_text){"", 0} : texts[i - 1],
                            texts[i], separators[i]);
        }
        if (pass == 0)
            osl_letters_make(letters);
        letters->to = &out->heap;
    }
    osl_letters_fill(letters);
    return OSL_OK;
}

osl_status osl_vocabulary_encode(osl_vocabulary *out, const osl_text *texts,
                                 const uint8_t *separators, uint32_t n,
                                 bool small, osl_error *err)
{
    osl_buf *heap = &out->heap;
    uint32_t direct = n < DIRECT ? n : DIRECT;
    size_t blocks_room = (n - direct) / WORD_BLOCK + 2;
    uint64_t *offsets = malloc(((size_t)direct + 1) * sizeof *offsets);
    uint64_t *blocks = malloc(blocks_room * sizeof *blocks);
    out->offsets = offsets;
    out->blocks = blocks;
    if (!offsets || !blocks)
        return osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    for (uint32_t i = 0; i < direct; i++) {
        fetch_text(texts, n, i);
        offsets[i] = 2 * (uint64_t)heap->length + (separators[i] != 0);
        osl_buf_put_text(heap, texts[i]);
    }
    offsets[direct] = 2 * (uint64_t)heap->length;
    out->direct = direct;
    if (small && n - direct >= SPELT_LEAST) {
        osl_status status = spell_words(out, texts, separators, n, err);
        if (status != OSL_OK)
            return status;
    } else {
        put_words(out, texts, separators, n);
    }
    blocks[out->block_count] = heap->length;
    return osl_buf_status(heap, "the vocabulary", err);
}

osl_status osl_vocabulary_put(osl_writer *writer,
                              const osl_vocabulary *vocabulary, osl_error *err)
{
    const osl_letters *letters = vocabulary->letters;
    const osl_column_source columns[] = {
        osl_column_array(vocabulary->offsets, vocabulary->direct + 1, 8),
        osl_column_array(vocabulary->blocks, vocabulary->block_count + 1, 8),
        osl_column_array(letters ? letters->lengths : NULL,
                         letters ? LENGTHS_OF_LETTERS : 0, 1)};
    return osl_tables_put(writer, OSL_SECTION_VOCABULARY, columns, 3,
                          osl_buf_text(&vocabulary->heap), err);
}

void osl_vocabulary_clear(osl_vocabulary *vocabulary)
{
    osl_buf_clear(&vocabulary->heap);
    free(vocabulary->offsets);
    free(vocabulary->blocks);
    free(vocabulary->letters);
    *vocabulary = (osl_vocabulary){.offsets = NULL};
}

void osl_store_begin_codes(osl_writer *writer, const osl_model *model)
{
    osl_writer_begin_section(writer, OSL_SECTION_CODES,
                             model->deep ? VERSION_DEEP : VERSION);
}

osl_status osl_store_end_codes(osl_writer *writer, const osl_model *model,
                               const uint64_t *starts, uint32_t n,
                               osl_error *err)
{
    static const uint8_t slack[SLACK];
    const osl_deep *deep = model->deep;
    osl_column_source columns[OSL_TEXTS_COLUMNS_DEEP] = {
        [OSL_TEXTS_START] = osl_column_steps(starts, n + 1, 8),
        [OSL_TEXTS_FIRSTS] =
            osl_column_array(model->firsts, OSL_MODEL_CONTEXTS + 1, 4),
        [OSL_TEXTS_FOLLOWERS] = osl_column_array(
            model->followers, model->firsts[OSL_MODEL_CONTEXTS], 2),
        [OSL_TEXTS_LENGTHS] = osl_column_array(
            model->lengths, OSL_MODEL_TABLES * OSL_MODEL_SYMBOLS, 1),
    };
    osl_text buckets = osl_text_of(NULL);
    if (deep) {
        columns[OSL_TEXTS_LENGTHS] = osl_column_array(
            deep->lengths, OSL_DEEP_TABLES * OSL_DEEP_SYMBOLS, 1);
        columns[OSL_TEXTS_TABLES] =
            osl_column_array(deep->tables, OSL_MODEL_CONTEXTS, 1);
        columns[OSL_TEXTS_FOLLOWERS_OF_TWO] =
            osl_column_array(deep->followers, deep->follower_count, 2);
        buckets = (osl_text){(const char *)deep->buckets,
                             (size_t)deep->bucket_count * OSL_DEEP_BUCKET};
    }
    osl_writer_put(writer, slack, sizeof slack);
    osl_writer_end_section(writer);
    return osl_tables_put(writer, OSL_SECTION_TEXTS, columns,
                          deep ? OSL_TEXTS_COLUMNS_DEEP : OSL_TEXTS_COLUMNS,
                          buckets, err);
}

osl_status osl_word_terms_put(osl_writer *writer, const uint32_t *ordinals,
                              uint32_t count, osl_error *err)
{
    const osl_column_source column = osl_column_steps(ordinals, count, 4);
    return osl_tables_put(writer, OSL_SECTION_WORD_TERMS, &column, 1,
                          osl_text_of(NULL), err);
}

/* ---- reading ------------------------------------------------------------ */

bool osl_word_terms_are_there(const osl_segment *segment)
{
    return segment->sections[OSL_SECTION_WORD_TERMS].bytes != NULL;
}

osl_status osl_word_terms_view(const osl_segment *segment, osl_column_view *out,
                               osl_error *err)
{
    *out = (osl_column_view){.numbers = NULL};
    if (!osl_word_terms_are_there(segment))
        return OSL_OK;
    return osl_tables_view(segment, OSL_SECTION_WORD_TERMS, 0, 0, out, err);
}

/* Where one who reads codes is: a copy of it stays in registers. */
typedef struct code_place {
    uint64_t at, end; /* bits of the codes */
    uint32_t context; /* of the word before */
} code_place;

typedef struct decoder {
    const osl_segment *segment;
    osl_column_view words; /* of the vocabulary's first */
    const uint8_t *heap;   /* their bytes */
    uint64_t heap_bytes;
    osl_column blocks;                 /* of the others */
    osl_buf word;                      /* one put together of its block; owns */
    osl_column_view firsts, followers; /* lists of the model */
    const uint64_t *word_starts;       /* `words` laid out, or NULL */
    const uint32_t *list_firsts;       /* `firsts`, likewise */
    const osl_model_decoder *model, *letters;
    const uint8_t *codes;
    code_place place;
    osl_deep_reader deep; /* where codes are */
    osl_buf *word_ranks;  /* that those of words are put into; NULL: none */
} decoder;

static osl_status spoilt_codes(const decoder *d, osl_error *err)
{
    return osl_segment_spoilt(d->segment,
                              &d->segment->sections[OSL_SECTION_CODES],
                              "a text's codes make no sense", err);
}

static osl_status open_words(decoder *d, osl_error *err)
{
    uint32_t count = 0;
    osl_column spelt;
    osl_status status = osl_tables_view(d->segment, OSL_SECTION_VOCABULARY, 0,
                                        1, &d->words, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_VOCABULARY, 1,
                                   &d->blocks, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_VOCABULARY, 2,
                                   &spelt, err);
    if (status != OSL_OK)
        return status;
    d->letters = spelt.count > 0 ? d->segment->letters : NULL;
    if (spelt.count > 0 && !d->letters)
        return spoilt_codes(d, err);
    count = d->words.column.count - 1;
    d->heap_bytes = osl_column_view_get(&d->words, count) / 2;
    return osl_tables_extra(d->segment, OSL_SECTION_VOCABULARY, 0,
                            d->heap_bytes, &d->heap, err);
}

static bool is_deep(const osl_segment *segment)
{
    return segment->sections[OSL_SECTION_CODES].version == VERSION_DEEP;
}

/* A column with the lengths of all codes of some tables. */
typedef struct lengths_column {
    uint32_t kind; /* of its section */
    unsigned column;
    uint32_t tables, symbols;
} lengths_column;

static osl_status open_decoder(const osl_segment *segment,
                               const lengths_column *from,
                               osl_model_decoder **out, osl_error *err)
{
    enum { ROOM = OSL_DEEP_TABLES * OSL_DEEP_SYMBOLS };
    _Static_assert((int)LENGTHS_OF_LETTERS <= (int)ROOM,
                   "room for all lengths");
    uint8_t lengths[ROOM];
    osl_column_view view;
    uint32_t count = from->tables * from->symbols;
    *out = NULL;
    if (!segment->sections[from->kind].bytes ||
        osl_tables_view(segment, from->kind, from->column, 0, &view, NULL) !=
            OSL_OK ||
        view.column.count < count)
        return OSL_OK;
    for (uint32_t i = 0; i < count; i++)
        lengths[i] = (uint8_t)osl_column_view_get(&view, i);
    return osl_model_decoder_new(out, from->tables, from->symbols, lengths,
                                 err);
}

osl_status osl_store_open(const osl_segment *segment, osl_model_decoder **out,
                          osl_model_decoder **letters, osl_error *err)
{
    bool deep = is_deep(segment);
    const lengths_column texts = {OSL_SECTION_TEXTS, OSL_TEXTS_LENGTHS,
                                  deep ? OSL_DEEP_TABLES : OSL_MODEL_TABLES,
                                  deep ? OSL_DEEP_SYMBOLS : OSL_MODEL_SYMBOLS};
    const lengths_column words = {OSL_SECTION_VOCABULARY, 2, OSL_LETTERS_TABLES,
                                  OSL_LETTERS_SYMBOLS};
    osl_status status = open_decoder(segment, &texts, out, err);
    if (status == OSL_OK)
        status = open_decoder(segment, &words, letters, err);
    return status;
}

static osl_status open_model(decoder *d, osl_error *err)
{
    d->model = d->segment->decoder;
    if (!d->model)
        return spoilt_codes(d, err);
    osl_status status =
        osl_tables_view(d->segment, OSL_SECTION_TEXTS, OSL_TEXTS_FIRSTS,
                        OSL_MODEL_CONTEXTS + 1, &d->firsts, err);
    if (status == OSL_OK)
        status = osl_tables_view(d->segment, OSL_SECTION_TEXTS,
                                 OSL_TEXTS_FOLLOWERS, 0, &d->followers, err);
    if (status == OSL_OK && is_deep(d->segment))
        status = osl_deep_open(&d->deep, d->segment, err);
    return status;
}

static osl_status open_codes(decoder *d, uint32_t paragraph, osl_error *err)
{
    const osl_section *section;
    uint64_t from = 0, to = 0;
    osl_column starts;
    osl_status status = osl_segment_find_section(d->segment, OSL_SECTION_CODES,
                                                 VERSION_DEEP, &section, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_TEXTS,
                                   OSL_TEXTS_START, &starts, err);
    if (status == OSL_OK)
        status = osl_tables_value(d->segment, OSL_SECTION_TEXTS, &starts,
                                  paragraph, &from, err);
    if (status == OSL_OK)
        status = osl_tables_value(d->segment, OSL_SECTION_TEXTS, &starts,
                                  (uint64_t)paragraph + 1, &to, err);
    if (status != OSL_OK)
        return status;
    if (from > to || to > section->length || section->length - to < SLACK)
        return spoilt_codes(d, err);
    status =
        osl_segment_touch(d->segment, section, from, to - from + SLACK, err);
    if (status != OSL_OK)
        return status;
    d->codes = section->bytes;
    d->place = (code_place){8 * from, 8 * to, 0};
    osl_deep_begin(&d->deep.state);
    return OSL_OK;
}

/* The bits from `at` on, from bit 63 down; 57 at least are right. */
static inline uint64_t look(const decoder *d, uint64_t at)
{
    return __builtin_bswap64(osl_get64(d->codes + at / 8)) << at % 8;
}

/* Whether nothing but what fills the last byte is left. */
static inline bool is_filling(const code_place *place, uint64_t window)
{
    uint64_t left = place->end - place->at;
    return left == 0 || ~window >> (64 - left) == 0;
}

/* The list of the word before. */
typedef struct list {
    uint64_t first;
    uint32_t length;
} list;

static inline uint64_t list_first(const decoder *d, uint32_t context)
{
    return d->list_firsts ? d->list_firsts[context]
                          : osl_column_view_get(&d->firsts, context);
}

static inline list find_list(const decoder *d, uint32_t context)
{
    uint64_t first = list_first(d, context);
    uint64_t end = list_first(d, context + 1);
    if (first > end || end > d->followers.column.count ||
        end - first > OSL_MODEL_LIST)
        return (list){0, 0};
    /* Mostly a place near its beginning, to be known when it is here. */
    __builtin_prefetch(d->followers.numbers +
                       first * d->followers.column.width / 8);
    return (list){first, (uint32_t)(end - first)};
}

/* The rank of the next code; OSL_END behind the last. */
static inline osl_status next_rank(const decoder *d, code_place *place,
                                   uint32_t *out, osl_error *err)
{
    uint64_t window = place->at < place->end ? look(d, place->at) : 0;
    if (place->end - place->at < 8 && is_filling(place, window))
        return OSL_END;
    list behind = find_list(d, place->context);
    unsigned code = d->model->codes[osl_model_table(behind.length)]
                                   [window >> (64 - OSL_MODEL_BITS)];
    unsigned symbol = code & 255, bits = code >> 8;
    bool is_place = symbol < OSL_MODEL_PLACES;
    unsigned digit = symbol - (is_place ? 0 : OSL_MODEL_PLACES);
    unsigned low = digit / 2;
    /* The low bits of the number, if any; a shift by 64 is none. */
    uint64_t v = ((2 | (uint64_t)(digit & 1)) << low) - 2 +
                 (window << bits >> 1 >> (63 - low));
    place->at += bits + low;
    if (symbol == OSL_MODEL_END || place->at > place->end ||
        (is_place && v >= behind.length))
        return spoilt_codes(d, err);
    if (is_place)
        v = osl_column_view_get(&d->followers, (uint32_t)(behind.first + v));
    *out = (uint32_t)v;
    place->context = osl_model_context(*out);
    return OSL_OK;
}

/* As next_rank(), of deep codes. */
static osl_status next_deep_rank(decoder *d, code_place *place, uint32_t *out,
                                 osl_error *err)
{
    uint64_t window = place->at < place->end ? look(d, place->at) : 0;
    unsigned bits = 0;
    if (place->end - place->at < 8 && is_filling(place, window))
        return OSL_END;
    if (!osl_deep_next(&d->deep, d->model, window, &bits, out) ||
        bits > place->end - place->at)
        return spoilt_codes(d, err);
    place->at += bits;
    return OSL_OK;
}

static inline osl_status next_of(decoder *d, code_place *place, uint32_t *out,
                                 osl_error *err)
{
    return d->deep.bucket_count > 0 ? next_deep_rank(d, place, out, err)
                                    : next_rank(d, place, out, err);
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

/* The rest of a length, where it is at most one byte. */
static inline bool take_rest(const uint8_t **at, const uint8_t *end,
                             size_t most, size_t *length)
{
    if (*length < most)
        return true;
    if (*at == end || **at >= 0x80)
        return false;
    *length += *(*at)++;
    return true;
}

/* The same for the first `count` words of a block where they are short, as
 * nearly all are: suffixes are copied whole, whatever stands behind them.
 * False where one is not, with the word of no use. */
static bool take_short_words(const osl_taker *from, uint64_t count,
                             osl_buf *word, bool *is_separator)
{
    enum { WHOLE = 16, LONGEST = SHARED_MAX + 127 };
    const uint8_t *at = from->at, *end = from->end;
    osl_buf_reset(word);
    uint8_t *to = osl_buf_room(word, LONGEST + WHOLE);
    for (; to && count > 0 && at < end; count--) {
        unsigned head = *at++;
        size_t shared = head & SHARED_MAX;
        size_t suffix = head >> SHARED_BITS & SUFFIX_MAX;
        if (!take_rest(&at, end, SHARED_MAX, &shared) ||
            !take_rest(&at, end, SUFFIX_MAX, &suffix) || suffix > WHOLE ||
            shared > word->length || suffix > (size_t)(end - at))
            return false;
        memcpy(to + shared, at, end - at < WHOLE ? suffix : WHOLE);
        at += suffix;
        word->length = shared + suffix;
        *is_separator = head & SEPARATOR;
    }
    return to && count == 0;
}

/* The last of the first `count` words of a block. */
static bool take_spelt_words(decoder *d, const uint8_t *bytes, uint64_t length,
                             uint64_t count, bool *is_separator)
{
    osl_letters_place place = {bytes, 0, 8 * length};
    osl_buf_reset(&d->word);
    for (; count > 0; count--)
        if (!osl_letters_take(d->letters, &place, &d->word, is_separator))
            return false;
    return true;
}

static bool take_words(decoder *d, const uint8_t *bytes, uint64_t length,
                       uint64_t count, bool *is_separator)
{
    osl_taker from = {.at = bytes, .end = bytes + length};
    if (take_short_words(&from, count, &d->word, is_separator))
        return true;
    osl_buf_reset(&d->word);
    for (; count > 0; count--)
        take_word(&from, &d->word, is_separator);
    return !from.spoilt;
}

/* A word that could not be taken: of bytes, or for lack of memory. */
static osl_status no_word(const decoder *d, osl_error *err)
{
    return d->word.failed ? osl_buf_status(&d->word, "a word", err)
                          : spoilt_codes(d, err);
}

static osl_status read_rare_word(decoder *d, uint64_t place, osl_text *word,
                                 bool *is_separator, osl_error *err)
{
    uint64_t start = 0, end = 0, block = place / WORD_BLOCK;
    const uint8_t *bytes = NULL;
    osl_status status = osl_tables_value(d->segment, OSL_SECTION_VOCABULARY,
                                         &d->blocks, block, &start, err);
    if (status == OSL_OK)
        status = osl_tables_value(d->segment, OSL_SECTION_VOCABULARY,
                                  &d->blocks, block + 1, &end, err);
    if (status == OSL_OK && start > end)
        status = spoilt_codes(d, err);
    if (status == OSL_OK)
        status = osl_tables_extra(d->segment, OSL_SECTION_VOCABULARY, start,
                                  end - start, &bytes, err);
    if (status != OSL_OK)
        return status;
    uint64_t count = place % WORD_BLOCK + 1;
    if (d->letters
            ? !take_spelt_words(d, bytes, end - start, count, is_separator)
            : !take_words(d, bytes, end - start, count, is_separator))
        return no_word(d, err);
    *word = osl_buf_text(&d->word);
    return osl_buf_status(&d->word, "a word", err);
}

static inline uint64_t word_start(const decoder *d, uint32_t rank)
{
    return d->word_starts ? d->word_starts[rank]
                          : osl_column_view_get(&d->words, rank);
}

static inline osl_status read_word(decoder *d, uint32_t rank, osl_text *word,
                                   bool *is_separator, osl_error *err)
{
    uint32_t direct = d->words.column.count - 1;
    if (rank >= direct)
        return read_rare_word(d, rank - direct, word, is_separator, err);
    uint64_t start = word_start(d, rank);
    uint64_t end = word_start(d, rank + 1) / 2;
    *is_separator = start & 1;
    start /= 2;
    if (start > end || end > d->heap_bytes)
        return spoilt_codes(d, err);
    *word = (osl_text){(const char *)d->heap + start, (size_t)(end - start)};
    return OSL_OK;
}

/* A space before it, or none. Nearly all words are copied with what stands
 * behind them, by one load and store: no branch on their lengths. */
static inline void put_word(const decoder *d, osl_buf *out, osl_text word,
                            bool space)
{
    enum { WHOLE = 16 };
    /* Of one from elsewhere, larger than any heap. */
    uintptr_t place = (uintptr_t)word.bytes - (uintptr_t)d->heap;
    uint8_t *to = osl_buf_room(out, word.length + 1 + WHOLE);
    if (!to)
        return;
    *to = ' ';
    if (word.length <= WHOLE && d->heap_bytes >= WHOLE &&
        place <= d->heap_bytes - WHOLE)
        memcpy(to + space, word.bytes, WHOLE);
    else
        memcpy(to + space, word.bytes, word.length);
    out->length += word.length + space;
}

/* At least `most` bytes of it where it has as many. */
static osl_status decode(decoder *d, size_t most, osl_buf *out, osl_error *err)
{
    size_t start = out->length;
    bool after_word = false;
    code_place place = d->place;
    for (;;) {
        uint32_t rank = 0;
        osl_text word = {"", 0};
        bool is_separator = false;
        osl_status status = next_of(d, &place, &rank, err);
        if (status == OSL_OK)
            status = read_word(d, rank, &word, &is_separator, err);
        if (status == OSL_END)
            return osl_buf_status(out, "a paragraph's text", err);
        if (status != OSL_OK)
            return status;
        put_word(d, out, word, after_word && !is_separator);
        if (d->word_ranks && !is_separator)
            osl_buf_put32(d->word_ranks, rank);
        after_word = !is_separator;
        if (out->length - start > TEXT_BYTES_MAX)
            return spoilt_codes(d, err);
        if (out->length - start >= most)
            return osl_buf_status(out, "a paragraph's text", err);
    }
}

osl_status osl_segment_text(const osl_segment *segment, uint32_t paragraph,
                            osl_buf *out, osl_error *err)
{
    return osl_segment_text_start(segment, paragraph, SIZE_MAX, out, err);
}

osl_status osl_segment_text_start(const osl_segment *segment,
                                  uint32_t paragraph, size_t bytes,
                                  osl_buf *out, osl_error *err)
{
    if (!osl_segment_get_info(segment)->has_texts)
        return osl_fail(err, OSL_ENOTFOUND,
                        "this index stores no texts; index again without "
                        "--store none to have them");
    decoder d = {.segment = segment};
    osl_status status = open_words(&d, err);
    if (status == OSL_OK)
        status = open_model(&d, err);
    if (status == OSL_OK)
        status = open_codes(&d, paragraph, err);
    if (status == OSL_OK)
        status = decode(&d, bytes, out, err);
    osl_buf_clear(&d.word);
    return status;
}

/* ---- from end to end ---------------------------------------------------- */

struct osl_store_reader {
    decoder d;
    uint64_t next_word;
    osl_taker block; /* of words; or, where they are spelt: */
    osl_letters_place letters;
    uint64_t *word_starts; /* own */
    uint32_t *list_firsts;
    bool lists_are_sound; /* there are some, in order, none too long */
};

/* The columns that are asked for each code, laid out: a third of the time of
 * many texts. */
static osl_status lay_out(osl_store_reader *reader, osl_error *err)
{
    decoder *d = &reader->d;
    uint32_t words = d->words.column.count;
    reader->word_starts = malloc(words * sizeof *reader->word_starts);
    reader->list_firsts =
        malloc((OSL_MODEL_CONTEXTS + 1) * sizeof *reader->list_firsts);
    if (!reader->word_starts || !reader->list_firsts)
        return osl_fail(err, OSL_ENOMEM, "out of memory for texts");
    /* Deep codes are not read side by side. */
    reader->lists_are_sound =
        d->followers.column.count > 0 && d->deep.bucket_count == 0;
    for (uint32_t i = 0; i < words; i++)
        reader->word_starts[i] = osl_column_view_get(&d->words, i);
    for (uint32_t i = 0; i <= OSL_MODEL_CONTEXTS; i++) {
        uint64_t first = osl_column_view_get(&d->firsts, i);
        if (first > d->followers.column.count)
            return spoilt_codes(d, err);
        reader->list_firsts[i] = (uint32_t)first;
        if (i > 0 && (first < reader->list_firsts[i - 1] ||
                      first - reader->list_firsts[i - 1] > OSL_MODEL_LIST))
            reader->lists_are_sound = false;
    }
    d->word_starts = reader->word_starts;
    d->list_firsts = reader->list_firsts;
    return OSL_OK;
}

osl_status osl_store_reader_new(osl_store_reader **out,
                                const osl_segment *segment, osl_error *err)
{
    osl_store_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return osl_fail(err, OSL_ENOMEM, "out of memory for texts");
    reader->d.segment = segment;
    osl_status status = open_words(&reader->d, err);
    if (status == OSL_OK)
        status = open_model(&reader->d, err);
    if (status == OSL_OK)
        status = lay_out(reader, err);
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
    free(reader->word_starts);
    free(reader->list_firsts);
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
    reader->letters = (osl_letters_place){bytes, 0, 8 * (end - start)};
    osl_buf_reset(&d->word);
    return OSL_OK;
}

static bool block_is_read(const osl_store_reader *reader)
{
    return reader->d.letters ? osl_letters_is_end(&reader->letters)
                             : reader->block.at == reader->block.end;
}

static bool take_next_word(osl_store_reader *reader, bool *is_separator)
{
    decoder *d = &reader->d;
    if (d->letters)
        return osl_letters_take(d->letters, &reader->letters, &d->word,
                                is_separator);
    take_word(&reader->block, &d->word, is_separator);
    return !reader->block.spoilt;
}

osl_status osl_store_reader_word(osl_store_reader *reader, osl_text *word,
                                 bool *is_separator, osl_error *err)
{
    decoder *d = &reader->d;
    uint64_t direct = d->words.column.count - 1;
    uint64_t place = reader->next_word - direct;
    if (reader->next_word < direct)
        return read_word(d, (uint32_t)reader->next_word++, word, is_separator,
                         err);
    if (block_is_read(reader)) {
        /* The last block may have fewer words. */
        if (place % WORD_BLOCK != 0 ||
            place / WORD_BLOCK + 1 >= d->blocks.count)
            return OSL_END;
        osl_status status = open_word_block(reader, place / WORD_BLOCK, err);
        if (status != OSL_OK)
            return status;
    }
    if (!take_next_word(reader, is_separator) ||
        reader->next_word >= UINT32_MAX - 1)
        return no_word(d, err);
    reader->next_word++;
    *word = osl_buf_text(&d->word);
    return osl_buf_status(&d->word, "a word", err);
}

osl_status osl_store_reader_seek(osl_store_reader *reader, uint32_t paragraph,
                                 osl_error *err)
{
    reader->d.place = (code_place){0};
    return open_codes(&reader->d, paragraph, err);
}

osl_status osl_store_reader_text(osl_store_reader *reader, uint32_t paragraph,
                                 osl_buf *out, osl_error *err)
{
    osl_status status = osl_store_reader_seek(reader, paragraph, err);
    return status == OSL_OK ? decode(&reader->d, SIZE_MAX, out, err) : status;
}

osl_status osl_store_reader_words(osl_store_reader *reader, uint32_t paragraph,
                                  osl_buf *out, osl_buf *words, osl_error *err)
{
    reader->d.word_ranks = words;
    osl_status status = osl_store_reader_text(reader, paragraph, out, err);
    reader->d.word_ranks = NULL;
    return status == OSL_OK ? osl_buf_status(words, "a text's words", err)
                            : status;
}

osl_status osl_store_reader_ranks(osl_store_reader *reader, uint32_t *ranks,
                                  size_t most, size_t *count, osl_error *err)
{
    osl_status status = OSL_OK;
    code_place place = reader->d.place;
    size_t n = 0;
    while (n < most && status == OSL_OK) {
        status = next_of(&reader->d, &place, &ranks[n], err);
        n += status == OSL_OK;
    }
    reader->d.place = place;
    *count = n;
    return status == OSL_END ? OSL_OK : status;
}

/* ---- side by side ------------------------------------------------------- */

/* Paragraphs that are decoded at once; most bits of a group's codes, each of
 * which may be a rank. */
enum { LANES = 4, GROUP_BITS = 1 << 20 };

typedef struct lane {
    uint64_t at, end; /* bits */
    uint32_t context;
    uint32_t *to;
} lane;

typedef enum step_result { STEP_RANK, STEP_END, STEP_SPOILT } step_result;

/* One rank: as next_rank(), but without a branch on what it is. */
static inline step_result step(const decoder *d, lane *l)
{
    uint64_t window = __builtin_bswap64(osl_get64(d->codes + l->at / 8))
                      << l->at % 8;
    uint64_t left = l->end - l->at;
    if (left < 8 && (left == 0 || ~window >> (64 - left) == 0))
        return STEP_END;
    uint32_t first = d->list_firsts[l->context];
    uint32_t length = d->list_firsts[l->context + 1] - first;
    unsigned code =
        d->model
            ->codes[osl_model_table(length)][window >> (64 - OSL_MODEL_BITS)];
    unsigned symbol = code & 255, bits = code >> 8;
    unsigned is_place = symbol < OSL_MODEL_PLACES;
    unsigned digit = symbol - ((is_place - 1) & OSL_MODEL_PLACES);
    unsigned low = digit / 2;
    uint64_t v = ((2 | (uint64_t)(digit & 1)) << low) - 2 +
                 (window << bits >> 1 >> (63 - low));
    l->at += bits + low;
    if (symbol == OSL_MODEL_END || l->at > l->end || (is_place & (v >= length)))
        return STEP_SPOILT;
    uint32_t place = is_place ? first + (uint32_t)v : 0;
    uint64_t follower = osl_column_view_get(&d->followers, place);
    uint32_t rank = (uint32_t)(is_place ? follower : v);
    l->context = osl_model_context(rank);
    *l->to++ = rank;
    return STEP_RANK;
}

/* Where the codes of up to `most` paragraphs are, and room for their ranks. */
static osl_status open_lanes(decoder *d, uint32_t first, uint32_t most,
                             osl_store_group *group, lane *lanes,
                             osl_error *err)
{
    uint64_t bits = 0;
    group->count = 0;
    while (group->count < most && group->count < OSL_STORE_GROUP) {
        osl_status status = open_codes(d, first + group->count, err);
        if (status != OSL_OK)
            return status;
        bits += d->place.end - d->place.at;
        if (bits > GROUP_BITS)
            break;
        lanes[group->count++] = (lane){.at = d->place.at, .end = d->place.end};
    }
    if (!osl_grow(&group->room, &group->capacity, GROUP_BITS,
                  sizeof *group->room))
        return osl_fail(err, OSL_ENOMEM, "out of memory for texts");
    uint32_t *to = group->room;
    for (uint32_t i = 0; i < group->count; i++) {
        group->ranks[i] = lanes[i].to = to;
        to += lanes[i].end - lanes[i].at;
    }
    return OSL_OK;
}

osl_status osl_store_reader_group(osl_store_reader *reader, uint32_t first,
                                  uint32_t most, osl_store_group *out,
                                  osl_error *err)
{
    decoder *d = &reader->d;
    lane lanes[OSL_STORE_GROUP] = {{0}};
    uint32_t open[LANES], open_count = 0, next = 0;
    out->count = 0;
    if (!reader->lists_are_sound)
        return OSL_OK;
    osl_status status = open_lanes(d, first, most, out, lanes, err);
    if (status != OSL_OK)
        return status;
    while (open_count < LANES && next < out->count)
        open[open_count++] = next++;
    while (open_count > 0) {
        for (uint32_t i = 0; i < open_count; i++) {
            step_result result = step(d, &lanes[open[i]]);
            if (result == STEP_RANK)
                continue;
            if (result == STEP_SPOILT)
                return spoilt_codes(d, err);
            open[i] = next < out->count ? next++ : open[--open_count];
        }
    }
    for (uint32_t i = 0; i < out->count; i++)
        out->counts[i] = (size_t)(lanes[i].to - out->ranks[i]);
    return OSL_OK;
}

void osl_store_group_clear(osl_store_group *group)
{
    free(group->room);
    *group = (osl_store_group){0};
}
