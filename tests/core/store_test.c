/* SPDX-License-Identifier: MIT
 *
 * The store of texts, small and full: random words and separators in codes
 * of every length come back, and spoilt bytes are an answer or an error. */
#include "tests/core/segment_twin.h"

#include "core/segment/store.h"

#include <string.h>

enum { WORDS = 3000, TEXTS = 60, CODES_MAX = 400 };

typedef struct store_twin {
    char bytes[WORDS][40];
    osl_text words[WORDS];
    uint8_t separators[WORDS];
    uint32_t ranks[TEXTS][CODES_MAX];
    uint32_t lengths[TEXTS];
    osl_store_classes classes;
} store_twin;

static store_twin twin;

/* Some words share much with the one before, as those of one count do. */
static void make_twin(test_random *random)
{
    static const osl_store_classes classes[] = {
        {{250, 5, 1, 0}}, {{10, 1, 240, 5}}, {{0, 0, 255, 1}}};
    twin.classes = classes[test_random_below(random, COUNT_OF(classes))];
    for (uint32_t i = 0; i < WORDS; i++) {
        uint32_t length = test_random_below(random, 40);
        uint32_t shared = i > 0 ? test_random_below(random, 40) : 0;
        for (uint32_t j = 0; j < length; j++)
            twin.bytes[i][j] =
                (char)(j < shared ? twin.bytes[i - 1][j]
                                  : (char)test_random_below(random, 256));
        twin.words[i] = (osl_text){twin.bytes[i], length};
        twin.separators[i] = test_random_below(random, 4) == 0;
    }
    for (uint32_t t = 0; t < TEXTS; t++) {
        twin.lengths[t] = test_random_below(random, CODES_MAX + 1);
        for (uint32_t i = 0; i < twin.lengths[t]; i++)
            twin.ranks[t][i] = test_random_below(
                random, test_random_below(random, 2) ? WORDS : 20);
    }
}

static void put_texts(osl_writer *writer, bool small)
{
    osl_error err;
    osl_store_codes *codes;
    uint64_t starts[TEXTS + 1] = {0};
    uint8_t lengths[256];
    osl_store_lengths(&twin.classes, lengths);
    assert_ok(osl_store_codes_new(&codes, writer, small, &err));
    for (uint32_t t = 0; t < TEXTS; t++) {
        starts[t + 1] = starts[t];
        for (uint32_t i = 0; i < twin.lengths[t]; i++) {
            uint8_t bytes[4];
            uint32_t code = osl_store_code(&twin.classes, twin.ranks[t][i]);
            osl_put32(bytes, code);
            osl_store_codes_put(codes, bytes, lengths[code & 255]);
            starts[t + 1] += lengths[code & 255];
        }
        osl_store_codes_end_paragraph(codes);
    }
    assert_ok(
        osl_store_codes_finish(codes, &twin.classes, starts, TEXTS, &err));
    osl_store_codes_free(codes);
}

static osl_segment *make_segment(bool small)
{
    osl_error err;
    osl_writer *writer;
    osl_segment *segment;
    uint32_t lengths[TEXTS] = {1};
    const uint32_t zero = 0, one = 1;
    const osl_kernels *kernels = osl_kernels_get(OSL_CPU_SCALAR);
    assert_ok(osl_writer_open(&writer, twin_path(), kernels, &err));
    const osl_segment_info info = {
        .paragraph_count = TEXTS, .k1 = 1, .b = 0.5, .has_texts = true};
    const osl_term_postings term = {.term = {"a", 1},
                                    .df = 1,
                                    .ordinals = &zero,
                                    .tfs = &one,
                                    .positions = &zero};
    osl_writer_set_info(writer, &info);
    osl_writer_begin_field(writer, OSL_FIELD_TEXT, TEXTS, lengths);
    osl_writer_term(writer, &term);
    osl_writer_end_field(writer);
    assert_ok(osl_store_put_vocabulary(writer, &twin.classes, twin.words,
                                       twin.separators, WORDS, &err));
    put_texts(writer, small);
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

static void texts_come_back_from_codes_of_every_length(void **state)
{
    (void)state;
    test_random random = test_random_new(61);
    for (int round = 0; round < 12; round++) {
        make_twin(&random);
        osl_segment *segment = make_segment(round % 2);
        for (uint32_t t = 0; t < TEXTS; t++)
            check_text(segment, t);
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
    for (unsigned round = 0; round < 6; round++) {
        unsigned refused = 0;
        make_twin(&random);
        osl_segment *segment = make_segment(round % 2);
        for (unsigned n = 0; n < 60; n++)
            refused += read_spoilt(segment, kinds[n % 3], &random);
        assert_true(refused > 0);
        osl_segment_free(segment);
        assert_int_equal(unlink(twin_path()), 0);
    }
}

/* The rank that a code stands for, as docs/FORMAT.md has it. */
static uint64_t rank_of(const osl_store_classes *classes, uint32_t code)
{
    const uint32_t *c = classes->counts;
    uint32_t b = code & 255, low = code >> 8;
    if (b < c[0])
        return b;
    if (b < c[0] + c[1])
        return c[0] + ((uint64_t)(b - c[0]) << 8) + (low & 0xFF);
    if (b < c[0] + c[1] + c[2])
        return c[0] + ((uint64_t)c[1] << 8) +
               ((uint64_t)(b - c[0] - c[1]) << 16) + (low & 0xFFFF);
    return c[0] + ((uint64_t)c[1] << 8) + ((uint64_t)c[2] << 16) +
           ((uint64_t)(b - c[0] - c[1] - c[2]) << 24) + low;
}

/* As the words of a text have it: many once, few often. */
static void millions_of_words_have_codes(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 300, 5000000, 20000000};
    for (size_t n = 0; n < COUNT_OF(sizes); n++) {
        osl_error err;
        osl_store_classes classes;
        uint32_t *counts = malloc(sizes[n] * sizeof *counts);
        assert_non_null(counts);
        for (uint32_t i = 0; i < sizes[n]; i++)
            counts[i] = 1000000 / (i + 1) + 1;
        assert_ok(osl_store_choose(&classes, counts, sizes[n], &err));
        free(counts);
        uint32_t step = sizes[n] / 100000 + 1;
        for (uint32_t rank = 0; rank < sizes[n]; rank += step)
            assert_int_equal(rank_of(&classes, osl_store_code(&classes, rank)),
                             rank);
        assert_true((classes.counts[3] > 0) == (sizes[n] > 1u << 24));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_from_codes_of_every_length),
        cmocka_unit_test(spoilt_texts_are_an_answer_or_an_error),
        cmocka_unit_test(millions_of_words_have_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
