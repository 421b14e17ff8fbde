/* SPDX-License-Identifier: MIT
 *
 * The store of texts: random words and separators come back whatever follows
 * what, codes are what docs/FORMAT.md says they are at each level of kernels,
 * and spoilt bytes are an answer or an error. */
#include "tests/core/segment_twin.h"

#include "core/segment/deep.h"
#include "core/segment/store.h"

#include <string.h>

/* More words than stand one by one, the last block not full; some lengths take
 * a byte, some two. */
enum { WORDS = 24805, TEXTS = 60, CODES_MAX = 400, LONGEST = 300 };

/* Words of which a model makes lists, all of them looked at. */
enum { LISTED = 1000000 };

typedef struct store_twin {
    char bytes[WORDS][LONGEST];
    osl_text words[WORDS];
    uint8_t separators[WORDS];
    uint32_t ranks[TEXTS][CODES_MAX];
    uint32_t lengths[TEXTS];
} store_twin;

static store_twin twin;

/* Common ranks, rare ones, runs of those that follow each other often, what two
 * words say of the next, and what was said before. */
static void make_ranks(test_random *random, uint32_t *ranks, uint32_t count,
                       uint32_t word_count)
{
    for (uint32_t i = 0; i < count; i++) {
        static const uint32_t most[] = {8, 300, 20000, UINT32_MAX};
        uint32_t below = most[test_random_below(random, COUNT_OF(most))];
        ranks[i] =
            test_random_below(random, below < word_count ? below : word_count);
        if (i > 0 && test_random_below(random, 2))
            ranks[i] = (uint32_t)((ranks[i - 1] * UINT64_C(7) + ranks[i] % 3) %
                                  word_count);
        if (i > 1 && test_random_below(random, 3) == 0)
            ranks[i] = (ranks[i - 1] % 50 * 7 + ranks[i - 2] % 50 * 11) % 40 %
                       word_count;
        if (i > 0 && test_random_below(random, 10) == 0)
            ranks[i] = ranks[test_random_below(random, i)];
    }
}

/* Mostly few bytes. */
static uint32_t make_length(test_random *random)
{
    bool is_long = test_random_below(random, 50) == 0;
    return test_random_below(random, is_long ? LONGEST : 40);
}

/* Some words share much with the one before, as those of one count do. */
static void make_twin(test_random *random)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        uint32_t length = make_length(random);
        uint32_t shared = make_length(random);
        size_t before = i > 0 ? twin.words[i - 1].length : 0;
        shared = shared < before ? shared : (uint32_t)before;
        for (uint32_t j = 0; j < length; j++)
            twin.bytes[i][j] =
                (char)(j < shared ? twin.bytes[i - 1][j]
                                  : (char)test_random_below(random, 256));
        twin.words[i] = (osl_text){twin.bytes[i], length};
        twin.separators[i] = test_random_below(random, 4) == 0;
    }
    for (uint32_t t = 0; t < TEXTS; t++) {
        twin.lengths[t] = test_random_below(random, CODES_MAX + 1);
        make_ranks(random, twin.ranks[t], twin.lengths[t], WORDS);
    }
}

static void put_texts(osl_writer *writer, const osl_model *model)
{
    osl_error err;
    uint64_t starts[TEXTS + 1] = {0};
    static uint8_t bytes[OSL_MODEL_ROOM(CODES_MAX)];
    osl_store_begin_codes(writer, model);
    for (uint32_t t = 0; t < TEXTS; t++) {
        uint8_t *end = osl_model_encode(model, osl_codes_scalar, twin.ranks[t],
                                        twin.lengths[t], bytes);
        osl_writer_put(writer, bytes, (size_t)(end - bytes));
        starts[t + 1] = starts[t] + (uint64_t)(end - bytes);
    }
    assert_ok(osl_store_end_codes(writer, model, starts, TEXTS, &err));
}

/* From the texts [0, learned). */
static osl_model learn(uint32_t learned, bool small)
{
    osl_error err;
    osl_model model;
    osl_model_sample sample;
    osl_model_sample_init(&sample, LISTED,
                          small ? OSL_MODEL_DEEP : OSL_MODEL_USUAL);
    assert_int_equal(sample.every, 1);
    for (uint32_t t = 0; t < learned; t++)
        if (osl_model_sample_wants(&sample, t))
            osl_model_sample_add(&sample, t, twin.ranks[t], twin.lengths[t]);
    assert_ok(osl_model_make(&model, &sample, WORDS, &err));
    assert_int_equal(learned > 0, model.firsts[OSL_MODEL_CONTEXTS] > 0);
    osl_model_sample_clear(&sample);
    return model;
}

static osl_segment *make_segment(uint32_t learned, bool small)
{
    osl_error err;
    osl_writer *writer;
    osl_segment *segment;
    uint32_t lengths[TEXTS] = {1};
    const osl_kernels *kernels = osl_kernels_get(OSL_CPU_SCALAR);
    assert_ok(osl_writer_open(&writer, twin_path(), kernels, &err));
    const osl_segment_info info = {
        .paragraph_count = TEXTS, .k1 = 1, .b = 0.5, .has_texts = true};
    twin_write_one_word(writer, &info, lengths);
    osl_vocabulary vocabulary = {.offsets = NULL};
    assert_ok(osl_vocabulary_encode(&vocabulary, twin.words, twin.separators,
                                    WORDS, small, &err));
    assert_ok(osl_vocabulary_put(writer, &vocabulary, &err));
    osl_vocabulary_clear(&vocabulary);
    osl_model model = learn(learned, small);
    assert_int_equal(model.deep != NULL, small);
    put_texts(writer, &model);
    osl_model_clear(&model);
    assert_ok(osl_writer_close(writer, NULL, &err));
    assert_ok(osl_segment_open(&segment, twin_path(), kernels, &err));
    return segment;
}

static void check_text(const osl_segment *segment, uint32_t t)
{
    osl_error err;
    osl_buf got = {0}, want = {0};
    bool after_word = false;
    for (uint32_t i = 0; i < twin.lengths[t]; i++) {
        uint32_t rank = twin.ranks[t][i];
        if (after_word && !twin.separators[rank])
            osl_buf_put_byte(&want, ' ');
        osl_buf_put_text(&want, twin.words[rank]);
        after_word = !twin.separators[rank];
    }
    assert_ok(osl_segment_text(segment, t, &got, &err));
    if (!osl_text_equal(osl_buf_text(&got), osl_buf_text(&want)))
        fail_msg("text %u comes back otherwise", t);
    osl_buf_clear(&got);
    osl_buf_clear(&want);
}

/* The vocabulary from end to end, then texts with the ranks of their words. */
static void check_words(const osl_segment *segment)
{
    osl_error err;
    osl_store_reader *reader;
    osl_text word;
    bool is_separator;
    osl_buf text = {0}, ranks = {0}, want = {0};
    assert_ok(osl_store_reader_new(&reader, segment, &err));
    for (uint32_t i = 0; i < WORDS; i++) {
        assert_ok(osl_store_reader_word(reader, &word, &is_separator, &err));
        assert_true(osl_text_equal(word, twin.words[i]));
        assert_int_equal(is_separator, twin.separators[i]);
    }
    assert_int_equal(osl_store_reader_word(reader, &word, &is_separator, &err),
                     OSL_END);
    for (uint32_t t = 0; t < TEXTS; t++) {
        assert_ok(osl_store_reader_words(reader, t, &text, &ranks, &err));
        for (uint32_t i = 0; i < twin.lengths[t]; i++)
            if (!twin.separators[twin.ranks[t][i]])
                osl_buf_put32(&want, twin.ranks[t][i]);
    }
    assert_true(osl_text_equal(osl_buf_text(&ranks), osl_buf_text(&want)));
    osl_buf_clear(&text);
    osl_buf_clear(&ranks);
    osl_buf_clear(&want);
    osl_store_reader_free(reader);
}

/* Whatever stands side by side. */
static void check_groups(const osl_segment *segment)
{
    osl_error err;
    osl_store_reader *reader;
    osl_store_group group = {0};
    assert_ok(osl_store_reader_new(&reader, segment, &err));
    for (uint32_t t = 0; t < TEXTS;) {
        assert_ok(osl_store_reader_group(reader, t, TEXTS - t, &group, &err));
        for (uint32_t i = 0; i < group.count; i++, t++) {
            assert_int_equal(group.counts[i], twin.lengths[t]);
            assert_memory_equal(group.ranks[i], twin.ranks[t],
                                group.counts[i] * sizeof *twin.ranks[t]);
        }
        /* Without lists there are no groups. */
        t += group.count == 0;
    }
    osl_store_group_clear(&group);
    osl_store_reader_free(reader);
}

/* Of a segment that may be spoilt. */
static void read_groups(const osl_segment *segment)
{
    osl_error err;
    osl_store_reader *reader;
    osl_store_group group = {0};
    if (osl_store_reader_new(&reader, segment, &err) != OSL_OK)
        return;
    for (uint32_t t = 0; t < TEXTS; t += 7) {
        osl_status status =
            osl_store_reader_group(reader, t, TEXTS - t, &group, &err);
        assert_true(status == OSL_OK || status == OSL_ECORRUPT);
    }
    osl_store_group_clear(&group);
    osl_store_reader_free(reader);
}

static void texts_come_back_whatever_was_learned(void **state)
{
    (void)state;
    test_random random = test_random_new(61);
    for (uint32_t round = 0; round < 24; round++) {
        make_twin(&random);
        osl_segment *segment =
            make_segment(round / 2 % 3 * TEXTS / 2, round % 2);
        for (uint32_t t = 0; t < TEXTS; t++)
            check_text(segment, t);
        check_groups(segment);
        check_words(segment);
        osl_segment_free(segment);
        assert_int_equal(unlink(twin_path()), 0);
    }
}

/* Reads every text of a segment one section of which is spoilt; returns how
 * many failed. */
static unsigned read_spoilt(osl_segment *segment, uint32_t kind,
                            test_random *random)
{
    unsigned refused = 0;
    osl_section *section = &segment->sections[kind];
    const uint8_t *bytes = section->bytes;
    uint8_t *copy = malloc(section->length + 64);
    assert_non_null(copy);
    memcpy(copy, bytes, section->length);
    for (unsigned n = 1 + test_random_below(random, 3); n > 0; n--)
        copy[test_random_below(random, (uint32_t)section->length)] =
            (uint8_t)test_random_below(random, 256);
    section->bytes = copy;
    for (uint32_t t = 0; t < TEXTS; t++) {
        osl_error err;
        osl_buf text = {0};
        osl_status status = osl_segment_text(segment, t, &text, &err);
        assert_true(status == OSL_OK || status == OSL_ECORRUPT);
        refused += status != OSL_OK;
        osl_buf_clear(&text);
    }
    read_groups(segment);
    section->bytes = bytes;
    free(copy);
    return refused;
}

static void spoilt_texts_are_an_answer_or_an_error(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {OSL_SECTION_VOCABULARY, OSL_SECTION_CODES,
                                     OSL_SECTION_TEXTS};
    test_random random = test_random_new(62);
    for (unsigned round = 0; round < 12; round++) {
        unsigned refused = 0;
        make_twin(&random);
        osl_segment *segment = make_segment(TEXTS, round % 2);
        for (unsigned n = 0; n < 60; n++)
            refused += read_spoilt(segment, kinds[n % 3], &random);
        assert_true(refused > 0);
        osl_segment_free(segment);
        assert_int_equal(unlink(twin_path()), 0);
    }
}

/* ---- the model ---------------------------------------------------------- */

typedef struct bit_reader {
    const uint8_t *bytes;
    size_t at, end;
} bit_reader;

static unsigned next_bit(bit_reader *from)
{
    assert_true(from->at < from->end);
    unsigned bit = from->bytes[from->at / 8] >> (7 - from->at % 8) & 1;
    from->at++;
    return bit;
}

/* The symbol of the next code: canonical codes, one length after another. */
static unsigned next_symbol(bit_reader *from, const uint8_t *lengths,
                            unsigned symbols)
{
    uint32_t code = 0, first = 0;
    for (unsigned length = 1; length <= OSL_MODEL_BITS; length++) {
        code = code << 1 | next_bit(from);
        for (unsigned i = 0; i < symbols; i++) {
            if (lengths[i] != length)
                continue;
            if (first == code)
                return i;
            first++;
        }
        first <<= 1;
    }
    fail_msg("a code of no symbol");
    return 0;
}

/* A rank, as docs/FORMAT.md has it. */
static uint32_t next_rank(bit_reader *from, const osl_model *model,
                          uint32_t before)
{
    uint32_t context = before < 16384 ? before + 1 : 16385;
    context = before == UINT32_MAX ? 0 : context;
    uint32_t length = model->firsts[context + 1] - model->firsts[context];
    unsigned table = 0;
    for (uint32_t left = length; left > 0; left /= 2)
        table++;
    unsigned symbol =
        next_symbol(from, model->lengths[table], OSL_MODEL_SYMBOLS);
    bool is_place = symbol < OSL_MODEL_PLACES;
    symbol -= is_place ? 0 : OSL_MODEL_PLACES;
    uint64_t v = 2 + symbol % 2;
    for (unsigned i = 0; i < symbol / 2; i++)
        v = v << 1 | next_bit(from);
    if (!is_place)
        return (uint32_t)(v - 2);
    assert_true(v - 2 < length);
    return model->followers[model->firsts[context] + v - 2];
}

/* The numbers behind a symbol of a kind, as docs/FORMAT.md has them. */
static uint64_t next_number(bit_reader *from, unsigned digit)
{
    uint64_t v = 2 + digit % 2;
    for (unsigned i = 0; i < digit / 2; i++)
        v = v << 1 | next_bit(from);
    return v - 2;
}

/* Rare words of a text, but those that were put as such. */
typedef struct said {
    uint32_t ranks[CODES_MAX], count;
} said;

/* The bucket's slot of two contexts; NULL where they have none. */
static const uint8_t *find_slot(const osl_deep *deep, uint32_t before,
                                uint32_t last, unsigned *slot)
{
    uint64_t hash =
        ((uint64_t)before * 32768 + last + 1) * UINT64_C(0x9E3779B97F4A7C15);
    unsigned mark = hash / 65536 % 65536;
    const uint8_t *bucket =
        deep->buckets + (size_t)((hash >> 32) * deep->bucket_count >> 32) * 68;
    mark = mark == 0 ? 1 : mark;
    if (before == 16385 || last == 16385)
        return NULL;
    for (*slot = 0; *slot < 16; ++*slot)
        if ((bucket[4 + 2 * *slot] | bucket[5 + 2 * *slot] << 8) == (int)mark)
            return bucket;
    return NULL;
}

static uint32_t list_of_two(const osl_deep *deep, const uint8_t *bucket,
                            unsigned slot, uint64_t v)
{
    uint32_t first = osl_get32(bucket);
    for (unsigned i = 0; i < slot; i++)
        first += bucket[36 + i];
    assert_true(v < bucket[36 + slot]);
    return deep->followers[first + v];
}

/* Rank number `at` of a text of a small store. */
static uint32_t next_deep_rank(bit_reader *from, const osl_model *model,
                               const uint32_t *ranks, uint32_t at, said *rare)
{
    const osl_deep *deep = model->deep;
    uint32_t before = at < 2 ? 0 : osl_model_context(ranks[at - 2]);
    uint32_t last = at < 1 ? 0 : osl_model_context(ranks[at - 1]);
    unsigned slot = 0;
    const uint8_t *bucket =
        at < 1 ? NULL : find_slot(deep, before, last, &slot);
    unsigned table = bucket ? 32u + bucket[52 + slot] : deep->tables[last];
    unsigned symbol = next_symbol(from, deep->lengths[table], 105);
    unsigned kind = symbol < 42 ? symbol / 14 : 3;
    uint64_t v = next_number(from, symbol - 14 * kind);
    if (kind == 0) {
        assert_non_null(bucket);
        v = bucket ? list_of_two(deep, bucket, slot, v) : v;
    } else if (kind == 1) {
        assert_true(v < 64 && v < rare->count);
        return rare->ranks[rare->count - 1 - v];
    } else if (kind == 2) {
        assert_true(v < model->firsts[last + 1] - model->firsts[last]);
        v = model->followers[model->firsts[last] + v];
    }
    if (v >= 256)
        rare->ranks[rare->count++] = (uint32_t)v;
    return (uint32_t)v;
}

static bool is_filling(bit_reader from)
{
    if (from.end - from.at >= 8)
        return false;
    while (from.at < from.end)
        if (next_bit(&from) == 0)
            return false;
    return true;
}

/* One kernel's codes are those of the scalar twin, which are said. */
static void check_kernel(osl_codes_fn *kernel, const osl_codes *codes,
                         const uint32_t *ranks, uint32_t count,
                         const uint8_t *wanted, size_t length)
{
    static uint8_t bytes[OSL_MODEL_ROOM(CODES_MAX)];
    const uint8_t *end = kernel(codes, ranks, count, bytes);
    assert_int_equal(end - bytes, length);
    assert_memory_equal(bytes, wanted, length);
}

/* Each level's codes are those of the scalar twin, and say the ranks. */
static void check_codes(const osl_model *model, const uint32_t *ranks,
                        uint32_t count)
{
    static uint8_t bytes[OSL_MODEL_ROOM(CODES_MAX)];
    const osl_codes codes = osl_model_codes(model);
    uint8_t *end = osl_codes_scalar(&codes, ranks, count, bytes);
    size_t written = (size_t)(end - bytes);
    osl_cpu_level best = osl_cpu_highest();
    for (osl_cpu_level level = OSL_CPU_SCALAR; level <= best; level++)
        check_kernel(osl_kernels_get(level)->codes, &codes, ranks, count, bytes,
                     written);
#if defined(__x86_64__)
    /* Whichever of both this machine's kernels have. */
    if (best == OSL_CPU_AVX512) {
        check_kernel(osl_codes_avx512, &codes, ranks, count, bytes, written);
        check_kernel(osl_codes_gathered, &codes, ranks, count, bytes, written);
    }
#endif
    bit_reader from = {bytes, 0, 8 * (size_t)(end - bytes)};
    uint32_t before = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        assert_false(is_filling(from));
        assert_int_equal(next_rank(&from, model, before), ranks[i]);
        before = ranks[i];
    }
    assert_true(is_filling(from));
}

static void check_deep_codes(const osl_model *model, const uint32_t *ranks,
                             uint32_t count)
{
    static uint8_t bytes[OSL_MODEL_ROOM(CODES_MAX)];
    static said rare;
    const uint8_t *end =
        osl_model_encode(model, osl_codes_scalar, ranks, count, bytes);
    bit_reader from = {bytes, 0, 8 * (size_t)(end - bytes)};
    rare.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        assert_false(is_filling(from));
        assert_int_equal(next_deep_rank(&from, model, ranks, i, &rare),
                         ranks[i]);
    }
    assert_true(is_filling(from));
}

/* Each pair of a list was seen as often as pays, and none twice. */
static void check_lists(const osl_model *model, const uint32_t *pairs,
                        size_t count)
{
    for (uint32_t context = 0; context < OSL_MODEL_CONTEXTS; context++) {
        size_t before = SIZE_MAX;
        for (uint32_t i = model->firsts[context];
             i < model->firsts[context + 1]; i++) {
            size_t seen = 0;
            for (size_t j = 0; j < count; j++)
                seen += pairs[j] == (context << 16 | model->followers[i]);
            assert_true(seen >= 4 && seen <= before);
            before = seen;
            for (uint32_t j = model->firsts[context]; j < i; j++)
                assert_int_not_equal(model->followers[i], model->followers[j]);
        }
    }
}

/* A model of texts that are said to have so many words. */
static void check_model(test_random *random, uint64_t code_count,
                        uint32_t words)
{
    enum { LEARNED = 40 };
    osl_error err;
    osl_model model;
    osl_model_sample sample;
    osl_model_sample_init(&sample, code_count, OSL_MODEL_USUAL);
    uint32_t ranks[CODES_MAX];
    for (uint32_t t = 0; t < LEARNED; t++) {
        make_ranks(random, ranks, CODES_MAX, words);
        osl_model_sample_add(&sample, t, ranks, CODES_MAX);
    }
    assert_ok(osl_model_make(&model, &sample, words, &err));
    assert_int_equal(model.firsts[OSL_MODEL_CONTEXTS] > 0,
                     code_count == LISTED);
    check_lists(&model, sample.pairs, sample.pair_count);
    osl_model_sample_clear(&sample);
    for (uint32_t length = 0; length < CODES_MAX; length += 3) {
        make_ranks(random, ranks, length, words);
        check_codes(&model, ranks, length);
    }
    check_codes(&model, &(uint32_t){words - 1}, 1);
    osl_model_clear(&model);
}

/* The same of a small store. */
static void check_deep_model(test_random *random, uint32_t words)
{
    enum { LEARNED = 300 };
    osl_error err;
    osl_model model, again;
    osl_model_sample sample;
    uint32_t ranks[CODES_MAX];
    test_random start = *random;
    for (unsigned round = 0; round < 2; round++) {
        osl_model *to = round ? &again : &model;
        *random = start;
        osl_model_sample_init(&sample, LISTED, OSL_MODEL_DEEP);
        for (uint32_t t = 0; t < LEARNED; t++) {
            make_ranks(random, ranks, CODES_MAX, words);
            osl_model_sample_add(&sample, t, ranks, CODES_MAX);
        }
        assert_ok(osl_model_make(to, &sample, words, &err));
        osl_model_sample_clear(&sample);
    }
    /* The same sample gives the same model. */
    assert_int_equal(model.deep->follower_count, again.deep->follower_count);
    assert_memory_equal(model.deep->lengths, again.deep->lengths,
                        sizeof model.deep->lengths);
    assert_true(words < 300 || model.deep->follower_count > 0);
    for (uint32_t length = 0; length < CODES_MAX; length += 3) {
        make_ranks(random, ranks, length, words);
        check_deep_codes(&model, ranks, length);
    }
    check_deep_codes(&model, &(uint32_t){words - 1}, 1);
    osl_model_clear(&model);
    osl_model_clear(&again);
}

static void any_rank_comes_back_from_its_code(void **state)
{
    (void)state;
    static const uint32_t words[] = {1,     2,     300,     16384,
                                     65535, 65536, 1000000, UINT32_MAX / 2};
    test_random random = test_random_new(63);
    for (size_t n = 0; n < COUNT_OF(words); n++) {
        check_model(&random, LISTED, words[n]);
        check_model(&random, 1000, words[n]); /* too few for lists */
        check_deep_model(&random, words[n]);
    }
}

static void a_sample_is_of_all_parts_of_the_texts(void **state)
{
    (void)state;
    osl_model_sample sample;
    uint32_t ranks[100] = {0}, wanted = 0, last = 0;
    osl_model_sample_init(&sample, 100000000, OSL_MODEL_USUAL);
    for (uint32_t paragraph = 0; paragraph < 1000000; paragraph++) {
        if (!osl_model_sample_wants(&sample, paragraph))
            continue;
        osl_model_sample_add(&sample, paragraph, ranks, COUNT_OF(ranks));
        wanted++;
        last = paragraph;
    }
    assert_true(sample.every > 1 && last > 990000);
    assert_int_equal(sample.pair_count, 1000000 / sample.every * 100);
    assert_true(wanted > 1000000 / sample.every);
    osl_model_sample_clear(&sample);
}

/* ---- columns ------------------------------------------------------------ */

static void put_bytes(void *user, const void *bytes, size_t length)
{
    osl_buf_put(user, bytes, length);
}

/* Numbers of up to `bits` bits, as they are or around a rising line. */
static void make_numbers(test_random *random, uint64_t *numbers, uint32_t count,
                         unsigned bits)
{
    bool rises = test_random_below(random, 2);
    uint64_t slope = test_random_below(random, 1u << 20);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = (uint64_t)test_random_below(random, UINT32_MAX)
                              << 32 |
                          test_random_below(random, UINT32_MAX);
        number = bits > 0 ? number >> (64 - bits) : 7;
        numbers[i] = rises && bits < 60 ? slope * i + number : number;
    }
}

static osl_column put_column(const osl_column_source *source, osl_buf *bytes)
{
    osl_column column;
    uint64_t end = osl_columns_fit(source, 1, OSL_COLUMN_DESCRIPTOR, &column);
    osl_column_put(bytes, &column);
    osl_column_put_numbers(source, &column, put_bytes, bytes);
    assert_int_equal(bytes->length, end);
    return column;
}

static void check_numbers(const osl_buf *bytes, const uint64_t *numbers,
                          uint32_t count)
{
    osl_column read;
    for (uint64_t cut = 0; cut < bytes->length; cut++)
        assert_false(osl_column_read(&read, bytes->bytes, cut));
    assert_true(osl_column_read(&read, bytes->bytes, bytes->length));
    assert_int_equal(read.count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_true(osl_column_get(&read, bytes->bytes + read.offset, i) ==
                    numbers[i]);
}

static void check_column(const uint64_t *numbers, uint32_t count, unsigned bits)
{
    osl_buf bytes = {0};
    osl_column_source source = osl_column_array(numbers, count, 8);
    osl_column column = put_column(&source, &bytes);
    /* Neither noise nor rounding make the line much worse. */
    unsigned most = bits + 2 > 12 ? bits + 2 : 12;
    assert_true(column.width <= (most > 57 ? 64 : most));
    check_numbers(&bytes, numbers, count);
    osl_buf_reset(&bytes);
    /* Steps are taken where they are shorter, and only then. */
    source.may_step = true;
    osl_column stepped = put_column(&source, &bytes);
    assert_true(osl_column_bytes(&stepped) <= osl_column_bytes(&column));
    check_numbers(&bytes, numbers, count);
    osl_buf_clear(&bytes);
}

static void columns_give_their_numbers_in_any_width(void **state)
{
    (void)state;
    static uint64_t numbers[2 * OSL_COLUMN_BLOCK + 7];
    test_random random = test_random_new(64);
    for (unsigned bits = 0; bits <= 64; bits++)
        for (unsigned round = 0; round < 3; round++) {
            uint32_t count =
                test_random_below(&random, round ? 70 : COUNT_OF(numbers) + 1);
            make_numbers(&random, numbers, count, bits);
            check_column(numbers, count, bits);
        }
}

/* Offsets: sums of lengths, one of them as long as all others. */
static void make_offsets(test_random *random, uint64_t *numbers, uint32_t count)
{
    uint64_t offset = 0;
    uint32_t longest = test_random_below(random, count);
    for (uint32_t i = 0; i < count; i++) {
        numbers[i] = offset;
        offset += test_random_below(random, 400) + (i == longest ? 400 * i : 0);
    }
}

static void offsets_are_kept_in_steps(void **state)
{
    (void)state;
    static uint64_t numbers[2 * OSL_COLUMN_BLOCK + 7];
    test_random random = test_random_new(65);
    for (unsigned round = 0; round < 20; round++) {
        osl_buf bytes = {0};
        uint32_t count = COUNT_OF(numbers) - test_random_below(&random, 300);
        make_offsets(&random, numbers, count);
        osl_column_source source = osl_column_steps(numbers, count, 8);
        osl_column column = put_column(&source, &bytes);
        assert_int_equal(column.width, OSL_COLUMN_STEPPED);
        check_numbers(&bytes, numbers, count);
        osl_buf_clear(&bytes);
    }
}

/* Whatever stands there, nothing outside of the column is looked at. */
static void read_spoilt_column(const uint8_t *bytes, size_t length)
{
    osl_column read, block;
    if (!osl_column_read(&read, bytes, length))
        return;
    const uint8_t *from = bytes + read.offset;
    for (uint32_t i = 0; i < read.count; i += 1 + i % 50) {
        uint64_t value = osl_column_get(&read, from, i);
        if (read.width != OSL_COLUMN_STEPPED)
            continue;
        if (!osl_column_block(&read, from, i, &block))
            assert_int_equal(value, 0);
        else
            assert_true(block.offset + osl_column_bytes(&block) <=
                        osl_column_bytes(&read));
    }
}

static void spoilt_steps_stay_within_their_column(void **state)
{
    (void)state;
    static uint64_t numbers[OSL_COLUMN_BLOCK];
    test_random random = test_random_new(66);
    osl_buf bytes = {0};
    make_offsets(&random, numbers, COUNT_OF(numbers));
    osl_column_source source = osl_column_steps(numbers, COUNT_OF(numbers), 8);
    osl_column column = put_column(&source, &bytes);
    uint8_t *exact = malloc(bytes.length);
    assert_non_null(exact);
    memcpy(exact, bytes.bytes, bytes.length);
    for (size_t at = 0; at < bytes.length; at++) {
        exact[at] ^= (uint8_t)(1 + test_random_below(&random, 255));
        read_spoilt_column(exact, bytes.length);
        exact[at] = bytes.bytes[at];
    }
    /* The last block's head, with all widths. */
    uint64_t head = column.offset + osl_column_head(COUNT_OF(numbers) - 1);
    for (unsigned width = 0; width < 256; width++) {
        exact[head + 15] = (uint8_t)width;
        read_spoilt_column(exact, bytes.length);
    }
    free(exact);
    osl_buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_whatever_was_learned),
        cmocka_unit_test(spoilt_texts_are_an_answer_or_an_error),
        cmocka_unit_test(any_rank_comes_back_from_its_code),
        cmocka_unit_test(a_sample_is_of_all_parts_of_the_texts),
        cmocka_unit_test(columns_give_their_numbers_in_any_width),
        cmocka_unit_test(offsets_are_kept_in_steps),
        cmocka_unit_test(spoilt_steps_stay_within_their_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
