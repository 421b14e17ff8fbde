/* SPDX-License-Identifier: MIT
 *
 * Which documents define which abbreviations: what was put in comes back, from
 * any short form on, and spoilt bytes are an answer or an error. */
#include "tests/core/segment_twin.h"

#include "core/segment/check.h"
#include "core/segment/definitions.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 120, DOCUMENTS = 300, USES = MOST * DOCUMENTS };

static char keys[MOST][OSL_SENSE_MAX];
static osl_text senses[MOST];
static uint32_t sense_count, firsts[MOST + 1], documents[USES];

static int compare_senses(const void *left, const void *right)
{
    const osl_text *a = left, *b = right;
    return osl_text_compare(*a, *b);
}

static size_t put_letters(test_random *random, char *to, uint32_t most)
{
    size_t length = 1 + test_random_below(random, most);
    for (size_t i = 0; i < length; i++)
        to[i] = (char)('a' + test_random_below(random, 3));
    return length;
}

/* Few short forms, so that many have several senses; now and then as long as
 * there can be. */
static void make_senses(test_random *random)
{
    uint32_t wanted = test_random_below(random, MOST + 1);
    for (uint32_t i = 0; i < wanted; i++) {
        bool is_long = test_random_below(random, 10) == 0;
        size_t length =
            put_letters(random, keys[i], is_long ? OSL_SHORT_FORM_MAX : 3);
        keys[i][length++] = '\0';
        length += put_letters(random, keys[i] + length,
                              is_long ? OSL_LONG_FORM_MAX : 8);
        senses[i] = (osl_text){keys[i], length};
    }
    qsort(senses, wanted, sizeof *senses, compare_senses);
    sense_count = 0;
    for (uint32_t i = 0; i < wanted; i++)
        if (sense_count == 0 ||
            !osl_text_equal(senses[sense_count - 1], senses[i]))
            senses[sense_count++] = senses[i];
    uint32_t end = 0;
    for (uint32_t i = 0; i < sense_count; i++) {
        uint32_t each = 1 + test_random_below(random, 60), before = end;
        for (uint32_t n = 0; n < DOCUMENTS; n++)
            if (test_random_below(random, each) == 0)
                documents[end++] = n;
        if (end == before)
            documents[end++] = test_random_below(random, DOCUMENTS);
        firsts[i] = before;
    }
    firsts[sense_count] = end;
}

static void write_senses(const char *path)
{
    osl_error err;
    osl_writer *writer;
    const uint32_t one = 1;
    assert_ok(
        osl_writer_open(&writer, path, osl_kernels_get(OSL_CPU_SCALAR), &err));
    const osl_segment_info info = {
        .paragraph_count = 1, .document_count = DOCUMENTS, .k1 = 1, .b = 0.5};
    twin_write_one_word(writer, &info, &one);
    const osl_definitions all = {senses, sense_count, firsts, documents};
    assert_ok(osl_definitions_write(writer, &all, &err));
    assert_ok(osl_writer_close(writer, NULL, &err));
}

static osl_text short_form_of(uint32_t sense)
{
    return osl_text_of(senses[sense].bytes);
}

/* The cursor stands at sense n, with its documents. */
static void check_sense(const osl_definition_cursor *at, uint32_t n)
{
    osl_error err;
    osl_text first = short_form_of(n);
    osl_text second = {first.bytes + first.length + 1,
                       senses[n].length - first.length - 1};
    assert_true(osl_text_equal(at->short_form, first));
    assert_true(osl_text_equal(at->long_form, second));
    assert_int_equal(at->count, firsts[n + 1] - firsts[n]);
    for (uint32_t i = 0, document = 0; i < at->count; i++) {
        assert_ok(osl_definitions_document(at, i, &document, &err));
        assert_int_equal(document, documents[firsts[n] + i]);
    }
}

/* All senses from `short_form` on. */
static void check_from(const osl_segment *segment, osl_text short_form)
{
    osl_error err;
    osl_definition_cursor at;
    uint32_t sense = 0;
    while (sense < sense_count &&
           osl_text_compare(short_form_of(sense), short_form) < 0)
        sense++;
    assert_ok(osl_definitions_seek(&at, segment, short_form, &err));
    for (; sense < sense_count; sense++) {
        assert_ok(osl_definitions_next(&at, &err));
        check_sense(&at, sense);
    }
    assert_int_equal(osl_definitions_next(&at, &err), OSL_END);
}

static void definitions_come_back_from_any_short_form_on(void **state)
{
    (void)state;
    test_random random = test_random_new(61);
    const char *path = twin_path();
    for (int round = 0; round < 60; round++) {
        osl_error err;
        osl_segment *segment;
        make_senses(&random);
        write_senses(path);
        assert_ok(osl_segment_open(&segment, path,
                                   osl_kernels_get(OSL_CPU_SCALAR), &err));
        check_from(segment, osl_text_of(""));
        for (uint32_t i = 0; i < sense_count; i++)
            check_from(segment, short_form_of(i));
        for (int i = 0; i < 50; i++) {
            char other[8];
            check_from(segment,
                       (osl_text){other, put_letters(&random, other, 4)});
        }
        check_from(segment, osl_text_of("zz"));
        assert_ok(osl_segment_check(segment, &err));
        osl_segment_free(segment);
    }
    assert_int_equal(unlink(path), 0);
}

/* Everything that can be asked; how much was refused. */
static unsigned ask(const osl_segment *segment, osl_text short_form)
{
    osl_error err;
    osl_definition_cursor at;
    osl_status status = osl_definitions_seek(&at, segment, short_form, &err);
    char before[OSL_SENSE_MAX];
    size_t length = 0;
    while (status == OSL_OK &&
           (status = osl_definitions_next(&at, &err)) == OSL_OK) {
        osl_text sense = {at.bytes, at.length}, last = {before, length};
        assert_true(length == 0 || osl_text_compare(last, sense) < 0);
        memcpy(before, at.bytes, length = at.length);
        for (uint32_t n = 0, document = 0; n < at.count && status == OSL_OK;
             n++) {
            status = osl_definitions_document(&at, n, &document, &err);
            assert_true(status != OSL_OK || document < DOCUMENTS);
        }
    }
    assert_true(status == OSL_END || status == OSL_ECORRUPT);
    return status != OSL_END;
}

/* With checksums off, so that the flips come through. */
static void spoilt_definitions_are_an_answer_or_an_error(void **state)
{
    (void)state;
    test_random random = test_random_new(62);
    const char *path = twin_path();
    unsigned refused = 0;
    osl_error err;
    osl_segment *segment;
    do
        make_senses(&random);
    while (sense_count < 60);
    write_senses(path);
    assert_ok(osl_segment_open(&segment, path, osl_kernels_get(OSL_CPU_SCALAR),
                               &err));
    osl_section *section = &segment->sections[OSL_SECTION_DEFINITIONS];
    const uint8_t *bytes = section->bytes;
    size_t length = section->length;
    for (int round = 0; round < 3000; round++) {
        /* Of its own length, so that the sanitizer sees who reads on; behind
         * every section stand 64 bytes more. */
        size_t cut =
            round % 4 ? length : test_random_below(&random, (uint32_t)length);
        uint8_t *copy = malloc(cut + 64);
        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        memset(copy + cut, 0xA5, 64);
        if (cut > 0 && round % 4)
            copy[test_random_below(&random, (uint32_t)cut)] =
                (uint8_t)test_random_below(&random, 256);
        section->bytes = copy;
        section->length = cut;
        uint32_t wanted = test_random_below(&random, sense_count);
        refused +=
            ask(segment, osl_text_of("")) + ask(segment, short_form_of(wanted));
        free(copy);
    }
    assert_true(refused > 1000);
    section->bytes = bytes;
    section->length = length;
    osl_segment_free(segment);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions_come_back_from_any_short_form_on),
        cmocka_unit_test(spoilt_definitions_are_an_answer_or_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
