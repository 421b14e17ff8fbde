/* SPDX-License-Identifier: MIT */
#include <jansson.h>

#include "corpus/json_scan.h"
#include "tests/corpus/corpus_test.h"

static void lines_give_their_golden_paragraphs(void **state)
{
    (void)state;
    test_golden("records.jsonl");
}

/* ---- the scanner against jansson --------------------------------------- */

static void compare_member(const osl_json_object *object, const char *key,
                           const json_t *want, osl_text line)
{
    const osl_json_member *member = osl_json_find(object, key);
    osl_buf decoded = {0};
    if (member == NULL) {
        fail_msg("%s is missing in %.*s", key, (int)line.length, line.bytes);
        return;
    }
    if (json_is_string(want)) {
        assert_int_equal(member->kind, OSL_JSON_STRING);
        osl_json_decode(member->value, &decoded);
        assert_int_equal(decoded.length, json_string_length(want));
        if (decoded.length)
            assert_memory_equal(decoded.bytes, json_string_value(want),
                                decoded.length);
        if (!member->escaped)
            assert_int_equal(decoded.length, member->value.length);
    } else {
        assert_int_not_equal(member->kind, OSL_JSON_STRING);
    }
    osl_buf_clear(&decoded);
}

/* Whether the scanner says of `line` what jansson does. */
static void compare(osl_text line, size_t counts[3])
{
    osl_json_object object;
    json_error_t error;
    osl_json_result result = osl_json_scan(line, &object);
    json_t *want = json_loadb(line.bytes, line.length, 0, &error);
    bool good = json_is_object(want);
    counts[result]++;
    if (result != OSL_JSON_ODD && (result == OSL_JSON_GOOD) != good)
        fail_msg("jansson %s: %.*s (%s)", good ? "takes" : "refuses",
                 (int)line.length, line.bytes, good ? "" : error.text);
    if (good && result == OSL_JSON_GOOD) {
        const char *key;
        json_t *value;
        json_object_foreach(want, key, value)
            compare_member(&object, key, value, line);
    }
    json_decref(want);
}

static void put_random_string(osl_buf *out, test_random *random)
{
    static const char *const bits[] = {
        "a",       "fever ",  "\\n",
        "\\\"",    "\\u00e9", "\\ud83d\\ude00",
        "é",       "≥",       "\\/",
        "[1]",     "\\\\",    "😀",
        "\\u0000", "\\ud83d", "\\ude00",
        "\\x",     "\x01",    "\xFF",
        "\xC3",    "\\u12",   "words of some length here ",
        "\x7F"};
    uint32_t most = test_random_below(random, 60) ? 12 : COUNT_OF(bits);
    osl_buf_put_byte(out, '"');
    for (uint32_t n = test_random_below(random, 12); n > 0; n--)
        osl_buf_printf(out, "%s", bits[test_random_below(random, most)]);
    osl_buf_put_byte(out, '"');
}

static void put_random_value(osl_buf *out, test_random *random, unsigned depth)
{
    static const char *const scalars[] = {"0",
                                          "-1",
                                          "12345",
                                          "1.5",
                                          "-0.25e3",
                                          "true",
                                          "false",
                                          "null",
                                          "1e99",
                                          "1e400",
                                          "012",
                                          "1.",
                                          "-",
                                          "+1",
                                          "nul",
                                          "tru e",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "1e-999",
                                          "NaN"};
    uint32_t kind = test_random_below(random, depth > 4 ? 4 : 7);
    if (kind < 3) {
        put_random_string(out, random);
    } else if (kind == 3) {
        uint32_t most = test_random_below(random, 40) ? 9 : COUNT_OF(scalars);
        osl_buf_printf(out, "%s", scalars[test_random_below(random, most)]);
    } else {
        bool object = kind == 4;
        uint32_t count = test_random_below(random, 4);
        osl_buf_put_byte(out, object ? '{' : '[');
        for (uint32_t i = 0; i < count; i++) {
            if (i)
                osl_buf_printf(out, " ,");
            if (object) {
                put_random_string(out, random);
                osl_buf_put_byte(out, ':');
            }
            put_random_value(out, random, depth + 1);
        }
        osl_buf_put_byte(out, object ? '}' : ']');
    }
}

static void put_random_record(osl_buf *out, test_random *random)
{
    static const char *const keys[] = {"_id", "id", "text", "title", "", "x y"};
    uint32_t count = test_random_below(random, 6);
    osl_buf_put_byte(out, '{');
    for (uint32_t i = 0; i < count; i++) {
        osl_buf_printf(out, "%s\"%s\" :", i ? ", " : "",
                       keys[test_random_below(random, COUNT_OF(keys))]);
        put_random_value(out, random, 0);
    }
    osl_buf_put_byte(out, '}');
}

static void the_scanner_agrees_with_jansson_on_random_lines(void **state)
{
    test_random random = test_random_new(7);
    osl_buf line = {0};
    size_t counts[3] = {0};
    (void)state;
    for (unsigned n = 0; n < 40000; n++) {
        osl_buf_reset(&line);
        put_random_record(&line, &random);
        /* A third is mutated: a byte changed, taken out or the end cut off. */
        uint32_t at = test_random_below(&random, (uint32_t)line.length);
        uint32_t how = test_random_below(&random, 9);
        if (how == 0)
            line.bytes[at] = (uint8_t)test_random_next(&random);
        else if (how == 1)
            line.length = at;
        else if (how == 2)
            line.bytes[at] = (uint8_t) "\"\\{}[],:0 "[random.state % 10];
        compare(osl_buf_text(&line), counts);
    }
    print_message("%zu good, %zu bad, %zu odd\n", counts[0], counts[1],
                  counts[2]);
    assert_true(counts[OSL_JSON_GOOD] > 10000);
    assert_true(counts[OSL_JSON_BAD] > 5000);
    assert_true(counts[OSL_JSON_ODD] < 4000);
    osl_buf_clear(&line);
}

/* A byte that ends or spoils a string, or is none of the two, at each place of
 * strings that are crossed many bytes a step. */
static void the_scanner_stops_at_each_place(void **state)
{
    static const char *const bytes[] = {"\"", "\\",   "\\n",  "\x01", "\x1F",
                                        " ",  "\x7F", "\x80", "\xFF", "é"};
    size_t counts[3] = {0};
    osl_buf line = {0};
    (void)state;
    for (size_t length = 0; length < 200; length += 1 + length / 40)
        for (size_t at = 0; at <= length; at++)
            for (size_t i = 0; i < COUNT_OF(bytes); i++) {
                osl_buf_reset(&line);
                osl_buf_put_text(&line, osl_text_of("{\"a\":\""));
                for (size_t n = 0; n < at; n++)
                    osl_buf_put_byte(&line, (uint8_t)('a' + n % 26));
                osl_buf_put_text(&line, osl_text_of(bytes[i]));
                for (size_t n = at; n < length; n++)
                    osl_buf_put_byte(&line, (uint8_t)('A' + n % 26));
                osl_buf_put_text(&line, osl_text_of("\"}"));
                compare(osl_buf_text(&line), counts);
            }
    assert_true(counts[OSL_JSON_GOOD] > 1000 && counts[OSL_JSON_BAD] > 1000);
    osl_buf_clear(&line);
}

/* ---- records ----------------------------------------------------------- */

typedef struct span_check {
    osl_text bytes;
    size_t seen;
} span_check;

static osl_status check_span(void *user, const osl_document *d, osl_error *err)
{
    span_check *check = user;
    (void)err;
    assert_true(d->is_record);
    assert_int_equal(d->paragraph_count, 1);
    const char *at = d->paragraphs[0].text.bytes;
    assert_true(at > check->bytes.bytes &&
                at < check->bytes.bytes + check->bytes.length);
    check->seen++;
    return OSL_OK;
}

static void a_record_without_escapes_is_a_span_of_the_file(void **state)
{
    osl_error err = {0};
    span_check check = {
        osl_text_of("{\"id\":\"1\",\"text\":\"a  b [1]\"}\n"
                    "{\"text\":\"héllo\",\"id\":\"2\",\"metadata\":{}}"),
        0};
    osl_source source = {osl_text_of("r.jsonl"), check.bytes, NULL};
    osl_consumer consumer = {&check, check_span, NULL, NULL, NULL};
    (void)state;
    assert_ok(osl_corpus_read(&source, &consumer, &err));
    assert_int_equal(check.seen, 2);
}

static void a_record_that_is_too_long_is_skipped_and_told(void **state)
{
    size_t length = OSL_PARAGRAPH_BYTES_MAX + 64;
    char *bytes = malloc(length);
    osl_buf out = {0};
    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'a', length);
    static const char head[] = "{\"id\":\"1\",\"text\":\"";
    for (size_t i = 0; i + 1 < sizeof head; i++)
        bytes[i] = head[i];
    bytes[length - 2] = '"';
    bytes[length - 1] = '}';
    const char *got =
        test_read(&out, "r.jsonl", "jsonl", (osl_text){bytes, length});
    assert_non_null(strstr(got, "!! 1 a record over 16 MiB"));
    free(bytes);
    osl_buf_clear(&out);
}

static void broken_utf8_in_a_record_is_mended_and_told_once(void **state)
{
    osl_buf out = {0};
    (void)state;
    assert_string_equal(
        test_read(&out, "r.jsonl", "jsonl",
                  osl_text_of("{\"id\":\"1\",\"text\":\"a\xFF"
                              "b\"}\n{\"id\":\"2\",\"text\":\"\xE2\x82\"}\n")),
        "! 1 broken UTF-8 is read as U+FFFD\n= 1 | 1 | \np a\xEF\xBF\xBD"
        "b\n= 2 | 2 | \np \xEF\xBF\xBD\n");
    osl_buf_clear(&out);
}

static osl_status refuse(void *user, const osl_document *d, osl_error *err)
{
    (void)d;
    *(size_t *)user += 1;
    return osl_fail(err, OSL_ECANCELLED, "enough");
}

static void the_consumer_can_end_the_reading(void **state)
{
    osl_error err = {0};
    size_t seen = 0;
    osl_source source = {
        osl_text_of("r.jsonl"),
        osl_text_of("{\"id\":\"1\",\"text\":\"a b\"}\n{\"id\":\"2\",\"text\":"
                    "\"c\"}\n"),
        NULL};
    osl_consumer consumer = {&seen, refuse, NULL, NULL, NULL};
    (void)state;
    assert_int_equal(osl_corpus_read(&source, &consumer, &err), OSL_ECANCELLED);
    assert_int_equal(seen, 1);
}

static void hostile_lines_do_no_harm(void **state)
{
    char path[1024];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/records.jsonl", OSL_GOLDEN_DIR);
    osl_text bytes = test_file(path);
    test_hostile("t", "jsonl", bytes, 500);
    free((char *)bytes.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_give_their_golden_paragraphs),
        cmocka_unit_test(the_scanner_agrees_with_jansson_on_random_lines),
        cmocka_unit_test(the_scanner_stops_at_each_place),
        cmocka_unit_test(a_record_without_escapes_is_a_span_of_the_file),
        cmocka_unit_test(a_record_that_is_too_long_is_skipped_and_told),
        cmocka_unit_test(broken_utf8_in_a_record_is_mended_and_told_once),
        cmocka_unit_test(the_consumer_can_end_the_reading),
        cmocka_unit_test(hostile_lines_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
