/* SPDX-License-Identifier: MIT */
#include "tests/core/segment_twin.h"

#include "core/base/file.h"
#include "core/base/pages.h"
#include "core/segment/check.h"
#include "core/segment/dictionary.h"

static int by_text(const void *a, const void *b)
{
    const twin_term *x = a, *y = b;
    return osl_text_compare((osl_text){x->text, x->length},
                            (osl_text){y->text, y->length});
}

static const char *const prefixes[] = {"",
                                       "a",
                                       "transpla",
                                       "transplantation",
                                       "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                                       "\0\0\0",
                                       "z"};

/* Any bytes, mostly small letters; many share their first eight bytes. */
static void random_text(test_random *random, twin_term *term)
{
    const char *prefix =
        prefixes[test_random_below(random, COUNT_OF(prefixes))];
    size_t start = prefix[0] ? strlen(prefix) : test_random_below(random, 4);
    memcpy(term->text, prefix, prefix[0] ? start : 0);
    unsigned kind = test_random_below(random, 100);
    size_t more = kind < 2    ? test_random_below(random, 1000)
                  : kind < 20 ? test_random_below(random, 40)
                              : test_random_below(random, 5);
    term->length = start + more;
    for (size_t i = start; i < term->length; i++)
        term->text[i] = (char)(kind % 3 ? 'a' + test_random_below(random, 4)
                                        : test_random_below(random, 256));
    if (term->length > OSL_TERM_BYTES_MAX)
        term->length = OSL_TERM_BYTES_MAX;
}

static size_t drop_doubles(twin_term *terms, size_t count)
{
    size_t kept = 0;
    qsort(terms, count, sizeof *terms, by_text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || by_text(&terms[i], &terms[kept - 1]) != 0)
            terms[kept++] = terms[i];
    return kept;
}

static void fill(test_random *random, twin_field *field, size_t count)
{
    static const twin_shape shapes[] = {
        {"hapax", 0, 0, 0, 1, 0, 40, 0},
        {"hapax, tf 3", 0, 0, 0, 3, 0, 40, 0},
        {"many tf", 0, 0, 0, 30, 1, 40, 0},
        {"some", 0.05, 0, 0, 3, 0, 40, 0},
        {"frequent", 0.9, 0, 0, 3, 0, 40, 0},
    };
    field->field = OSL_FIELD_TEXT;
    field->ordinal_count = 300;
    twin_lengths(random, field);
    field->terms = calloc(count, sizeof *field->terms);
    for (size_t t = 0; t < count; t++)
        random_text(random, &field->terms[t]);
    field->term_count = drop_doubles(field->terms, count);
    for (size_t t = 0; t < field->term_count; t++)
        twin_make(random, &field->terms[t],
                  &shapes[test_random_below(random, COUNT_OF(shapes))], 300);
}

static osl_segment *open_twin(void)
{
    osl_error err = {0};
    osl_segment *segment;
    assert_ok(osl_segment_open(&segment, twin_path(),
                               osl_kernels_get(OSL_CPU_SCALAR), &err));
    return segment;
}

static void check_info(const osl_term_info *info, const twin_term *term,
                       size_t ordinal)
{
    assert_int_equal(info->df, term->df);
    assert_int_equal(info->cf, term->cf);
    assert_int_equal(info->ordinal, ordinal);
}

static void check_find(const osl_segment *segment, const twin_field *field,
                       const twin_term *wanted)
{
    osl_error err = {0};
    osl_term_info info;
    bool found;
    assert_ok(osl_term_find(segment, OSL_FIELD_TEXT,
                            (osl_text){wanted->text, wanted->length}, &found,
                            &info, &err));
    const twin_term *there = bsearch(wanted, field->terms, field->term_count,
                                     sizeof *wanted, by_text);
    assert_int_equal(found, there != NULL);
    if (there)
        check_info(&info, there, (size_t)(there - field->terms));
    assert_ok(osl_term_count(segment, OSL_FIELD_TEXT,
                             (osl_text){wanted->text, wanted->length}, &info,
                             &err));
    assert_int_equal(info.df > 0, there != NULL);
    if (there)
        check_info(&info, there, (size_t)(there - field->terms));
}

/* As many at once as one by one, some of which are not there; counts alone are
 * the same. */
static void check_find_all(test_random *random, const osl_segment *segment,
                           const twin_field *field)
{
    enum { MOST = 40 };
    static twin_term others[MOST];
    osl_error err = {0};
    osl_text terms[MOST] = {{0}};
    osl_term_info infos[MOST], counted[MOST];
    unsigned count = test_random_below(random, MOST + 1);
    for (unsigned i = 0; i < count; i++) {
        const twin_term *term = &others[i];
        random_text(random, &others[i]);
        if (test_random_below(random, 2))
            term = &field->terms[test_random_below(
                random, (uint32_t)field->term_count)];
        terms[i] = (osl_text){term->text, term->length};
    }
    assert_ok(
        osl_term_find_all(segment, OSL_FIELD_TEXT, terms, count, infos, &err));
    assert_ok(osl_term_count_all(segment, OSL_FIELD_TEXT, terms, count, counted,
                                 &err));
    for (unsigned i = 0; i < count; i++) {
        bool found;
        osl_term_info want;
        assert_ok(osl_term_find(segment, OSL_FIELD_TEXT, terms[i], &found,
                                &want, &err));
        assert_int_equal(infos[i].df, found ? want.df : 0);
        assert_int_equal(counted[i].df, infos[i].df);
        assert_int_equal(counted[i].cf, infos[i].cf);
        assert_int_equal(counted[i].ordinal, infos[i].ordinal);
        if (found)
            assert_memory_equal(&infos[i], &want, sizeof want);
    }
}

/* In several segments as in each of them, also in one without terms. */
static void check_find_in(test_random *random, const osl_segment *segment,
                          const osl_segment *empty, const twin_field *field)
{
    enum { SEGMENTS = 20, MOST = 20 };
    osl_error err = {0};
    osl_text terms[MOST] = {{0}};
    const osl_segment *in[SEGMENTS];
    osl_term_info infos[SEGMENTS * MOST], info;
    uint32_t segments = 1 + test_random_below(random, SEGMENTS);
    unsigned count = 1 + test_random_below(random, MOST);
    for (unsigned i = 0; i < count; i++) {
        const twin_term *term = &field->terms[test_random_below(
            random, (uint32_t)field->term_count)];
        terms[i] = (osl_text){term->text, term->length};
        terms[i].length /= 1 + test_random_below(random, 2);
    }
    for (uint32_t s = 0; s < segments; s++)
        in[s] = test_random_below(random, 4) ? segment : empty;
    assert_ok(osl_terms_find_in((osl_segment_list){in, segments},
                                OSL_FIELD_TEXT, terms, count, infos, &err));
    for (uint32_t s = 0; s < segments; s++)
        for (unsigned i = 0; i < count; i++) {
            const osl_term_info *got = &infos[s * count + i];
            bool found;
            assert_ok(osl_term_find(in[s], OSL_FIELD_TEXT, terms[i], &found,
                                    &info, &err));
            assert_int_equal(got->df > 0, found);
            if (found)
                assert_memory_equal(got, &info, sizeof info);
        }
    const osl_term_key key = osl_term_key_of(terms[0]);
    assert_ok(osl_term_count_in((osl_segment_list){in, segments},
                                OSL_FIELD_TEXT, &key, infos, &err));
    for (uint32_t s = 0; s < segments; s++) {
        assert_ok(osl_term_count(in[s], OSL_FIELD_TEXT, terms[0], &info, &err));
        assert_true(infos[s].df == info.df && infos[s].cf == info.cf);
    }
}

/* From `from` on, at most ten terms, against the array. */
static void check_seek(const osl_segment *segment, const twin_field *field,
                       const twin_term *from)
{
    osl_error err = {0};
    osl_term_cursor cursor;
    size_t at = 0;
    while (at < field->term_count && by_text(&field->terms[at], from) < 0)
        at++;
    assert_ok(osl_term_seek(&cursor, segment, OSL_FIELD_TEXT,
                            (osl_text){from->text, from->length}, &err));
    for (size_t end = at + 10; at < end; at++) {
        osl_status status = osl_term_next(&cursor, &err);
        if (at >= field->term_count) {
            assert_int_equal(status, OSL_END);
            return;
        }
        assert_int_equal(status, OSL_OK);
        assert_true(
            osl_text_equal(cursor.term, (osl_text){field->terms[at].text,
                                                   field->terms[at].length}));
        check_info(&cursor.info, &field->terms[at], at);
    }
}

static void check_all(const osl_segment *segment, const twin_field *field)
{
    osl_error err = {0};
    osl_term_cursor cursor;
    osl_term_cursor passed = {.segment = segment, .field = OSL_FIELD_TEXT};
    assert_ok(
        osl_term_seek(&cursor, segment, OSL_FIELD_TEXT, osl_text_of(""), &err));
    for (size_t t = 0; t < field->term_count; t++) {
        char bytes[OSL_TERM_BYTES_MAX];
        size_t length;
        osl_text want = {field->terms[t].text, field->terms[t].length};
        assert_ok(osl_term_next(&cursor, &err));
        assert_true(osl_text_equal(cursor.term, want));
        assert_ok(osl_dictionary_term(segment, OSL_FIELD_TEXT, (uint32_t)t,
                                      bytes, &length, &err));
        assert_true(osl_text_equal((osl_text){bytes, length}, want));
        assert_ok(osl_term_pass(&passed, (uint32_t)t, &err));
        assert_true(osl_text_equal(passed.term, want));
        assert_int_equal(passed.info.ordinal, t);
        assert_int_equal(passed.info.df, cursor.info.df);
    }
    assert_int_equal(osl_term_next(&cursor, &err), OSL_END);
}

static void terms_are_found_and_ordered_as_in_a_sorted_array(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 15, 16, 17, 33, 500, 4000, 20000};
    test_random random = test_random_new(21);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        twin_field field = {0};
        fill(&random, &field, counts[i]);
        twin_write(&field, 1);
        osl_segment *segment = open_twin();
        for (size_t t = 0; t < field.term_count; t++)
            check_find(segment, &field, &field.terms[t]);
        twin_term other = {0};
        for (int n = 0; n < 1000; n++) {
            random_text(&random, &other);
            check_find(segment, &field, &other);
            check_seek(segment, &field, &other);
        }
        for (int n = 0; n < 100; n++)
            check_find_all(&random, segment, &field);
        check_all(segment, &field);
        osl_segment_free(segment);
        assert_int_equal(unlink(twin_path()), 0);
        twin_free(&field);
    }
}

/* The file's bytes, and the place of its shortcuts in its table. */
static uint8_t *read_twin(size_t *length, size_t *entry)
{
    osl_error err = {0};
    osl_map map;
    assert_ok(osl_map_open(&map, twin_path(), &err));
    uint8_t *bytes = malloc(map.length);
    assert_non_null(bytes);
    memcpy(bytes, map.bytes, map.length);
    *length = map.length;
    osl_map_close(&map);
    *entry = osl_get64(bytes + *length - 64);
    while (osl_get32(bytes + *entry) != OSL_SECTION_SHORTCUTS) {
        *entry += 32;
        assert_true(*entry < *length - 64);
    }
    return bytes;
}

/* Checksums are taken as right. */
static osl_segment *open_bytes(const uint8_t *bytes, size_t length)
{
    osl_error err = {0};
    osl_segment *segment;
    assert_ok(osl_segment_open_memory(
        &segment, (osl_text){(const char *)bytes, length}, "bytes",
        osl_kernels_get(OSL_CPU_SCALAR), false, &err));
    return segment;
}

static void the_tree_finds_what_shortcuts_do(void **state)
{
    (void)state;
    test_random random = test_random_new(23);
    twin_field field = {0};
    size_t length, entry;
    fill(&random, &field, 4000);
    twin_write(&field, 1);
    uint8_t *bytes = read_twin(&length, &entry);
    /* As a program of before wrote it: a version that is read no more. */
    osl_put32(bytes + entry + 4, OSL_SHORTCUT_VERSION - 1);
    osl_segment *without = open_bytes(bytes, length);
    osl_segment *with = open_twin();
    assert_null(without->fields[OSL_FIELD_TEXT].shortcuts.bytes);
    assert_non_null(with->fields[OSL_FIELD_TEXT].shortcuts.bytes);
    for (size_t t = 0; t < field.term_count; t++) {
        osl_error err = {0};
        osl_text term = {field.terms[t].text, field.terms[t].length};
        osl_term_info tree, shortcut;
        check_find(without, &field, &field.terms[t]);
        assert_ok(
            osl_term_find_all(without, OSL_FIELD_TEXT, &term, 1, &tree, &err));
        assert_ok(
            osl_term_find_all(with, OSL_FIELD_TEXT, &term, 1, &shortcut, &err));
        assert_memory_equal(&tree, &shortcut, sizeof tree);
    }
    for (int n = 0; n < 100; n++)
        check_find_all(&random, without, &field);
    osl_segment_free(with);
    osl_segment_free(without);
    free(bytes);
    assert_int_equal(unlink(twin_path()), 0);
    twin_free(&field);
}

/* Held, it is read from memory of its own: what the map has is spoilt then. */
static void check_held(test_random *random, const twin_field *field,
                       uint8_t *bytes, size_t length)
{
    osl_segment *segment = open_bytes(bytes, length);
    const osl_segment_field *text = &segment->fields[OSL_FIELD_TEXT];
    const osl_section *sections[] = {&text->dictionary, &text->shortcuts};
    check_find(segment, field, &field->terms[0]); /* makes a view of the map */
    uint8_t *room =
        osl_pages_whole(osl_dictionary_held_bytes(segment, OSL_FIELD_TEXT));
    assert_non_null(room);
    osl_dictionary_hold(segment, OSL_FIELD_TEXT, room);
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        if (sections[i]->bytes)
            memset(bytes + sections[i]->offset, 0xff, sections[i]->length);
    for (size_t t = 0; t < field->term_count; t++)
        check_find(segment, field, &field->terms[t]);
    for (int n = 0; n < 100; n++)
        check_find_all(random, segment, field);
    check_all(segment, field);
    osl_segment_free(segment);
    free(room);
}

static void terms_that_are_held_are_found_without_the_map(void **state)
{
    (void)state;
    test_random random = test_random_new(22);
    twin_field field = {0};
    fill(&random, &field, 4000);
    twin_write(&field, 1);
    for (uint32_t back = 0; back < 2; back++) { /* and without shortcuts */
        size_t length, entry;
        uint8_t *bytes = read_twin(&length, &entry);
        osl_put32(bytes + entry + 4, OSL_SHORTCUT_VERSION - back);
        check_held(&random, &field, bytes, length);
        free(bytes);
    }
    assert_int_equal(unlink(twin_path()), 0);
    twin_free(&field);
}

/* It stays in the map, where who looks something up is told. */
static void a_spoilt_dictionary_is_not_held(void **state)
{
    (void)state;
    osl_error err = {0};
    osl_term_info info;
    test_random random = test_random_new(26);
    twin_field field = {0};
    size_t length, entry;
    fill(&random, &field, 4000);
    twin_write(&field, 1);
    uint8_t *bytes = read_twin(&length, &entry);
    osl_segment *segment;
    assert_ok(osl_segment_open_memory(
        &segment, (osl_text){(const char *)bytes, length}, "bytes",
        osl_kernels_get(OSL_CPU_SCALAR), true, &err));
    bytes[segment->fields[OSL_FIELD_TEXT].dictionary.offset] ^= 1;
    uint8_t *room =
        osl_pages_whole(osl_dictionary_held_bytes(segment, OSL_FIELD_TEXT));
    assert_non_null(room);
    osl_dictionary_hold(segment, OSL_FIELD_TEXT, room);
    assert_null(segment->views[OSL_FIELD_TEXT]);
    assert_int_equal(osl_term_count(segment, OSL_FIELD_TEXT,
                                    (osl_text){"none", 4}, &info, &err),
                     OSL_ECORRUPT);
    osl_segment_free(segment);
    free(room);
    free(bytes);
    assert_int_equal(unlink(twin_path()), 0);
    twin_free(&field);
}

/* They only say what to look at first. */
static void spoilt_filters_and_signposts_hide_no_term(void **state)
{
    (void)state;
    test_random random = test_random_new(25);
    twin_field field = {0};
    size_t length, entry;
    fill(&random, &field, 4000);
    twin_write(&field, 1);
    uint8_t *bytes = read_twin(&length, &entry);
    uint8_t *section = bytes + osl_get64(bytes + entry + 8);
    uint32_t nodes = (uint32_t)(field.term_count + 255) / 256;
    uint64_t end = osl_shortcut_buckets_at(osl_get32(section), nodes);
    for (int round = 0; round < 4; round++) {
        for (uint64_t i = OSL_SHORTCUT_HEAD; i < end; i++)
            section[i] = round < 2 ? (uint8_t)-round
                                   : (uint8_t)test_random_next(&random);
        osl_segment *segment = open_bytes(bytes, length);
        for (size_t t = 0; t < field.term_count; t++)
            check_find(segment, &field, &field.terms[t]);
        for (int n = 0; n < 100; n++)
            check_find_all(&random, segment, &field);
        osl_segment_free(segment);
    }
    free(bytes);
    assert_int_equal(unlink(twin_path()), 0);
    twin_free(&field);
}

/* Whatever checksums say. */
static void no_bit_of_the_shortcuts_is_spoilt_unseen(void **state)
{
    (void)state;
    osl_error err = {0};
    test_random random = test_random_new(24);
    twin_field field = {0};
    size_t length, entry, flips = 0;
    fill(&random, &field, 60);
    twin_write(&field, 1);
    uint8_t *bytes = read_twin(&length, &entry);
    uint64_t from = osl_get64(bytes + entry + 8);
    uint64_t end = from + osl_get64(bytes + entry + 16);
    osl_segment *whole = open_bytes(bytes, length);
    assert_ok(osl_segment_check(whole, &err));
    osl_segment_free(whole);
    for (size_t bit = from * 8; bit < end * 8; bit++, flips++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        osl_segment *segment = open_bytes(bytes, length);
        assert_int_equal(osl_segment_check(segment, &err), OSL_ECORRUPT);
        osl_segment_free(segment);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    print_message("%zu bits flipped\n", flips);
    assert_true(flips > 2000);
    free(bytes);
    assert_int_equal(unlink(twin_path()), 0);
    twin_free(&field);
}

static void a_field_without_terms_has_none(void **state)
{
    (void)state;
    osl_error err = {0};
    test_random random = test_random_new(22);
    twin_field field = {.field = OSL_FIELD_TEXT};
    twin_lengths(&random, &field);
    twin_write(&field, 1);
    osl_segment *segment = open_twin();
    for (int f = 0; f < OSL_FIELD_COUNT; f++) {
        bool found = true;
        osl_term_info info;
        osl_term_cursor cursor;
        assert_ok(osl_term_find(segment, (osl_field)f, osl_text_of("a"), &found,
                                &info, &err));
        assert_false(found);
        assert_ok(osl_term_seek(&cursor, segment, (osl_field)f, osl_text_of(""),
                                &err));
        assert_int_equal(osl_term_next(&cursor, &err), OSL_END);
    }
    osl_segment_free(segment);
    assert_int_equal(unlink(twin_path()), 0);
    twin_free(&field);
}

static void several_segments_are_asked_as_each_of_them_is(void **state)
{
    (void)state;
    test_random random = test_random_new(27);
    twin_field none = {.field = OSL_FIELD_TEXT}, field = {0};
    twin_lengths(&random, &none);
    twin_write(&none, 1);
    osl_segment *empty = open_twin();
    assert_int_equal(unlink(twin_path()), 0);
    fill(&random, &field, 4000);
    twin_write(&field, 1);
    osl_segment *segment = open_twin();
    for (int n = 0; n < 300; n++)
        check_find_in(&random, segment, empty, &field);
    osl_segment_free(segment);
    osl_segment_free(empty);
    assert_int_equal(unlink(twin_path()), 0);
    twin_free(&field);
    twin_free(&none);
}

/* A field of two ordinals: a good term "", then `postings`. */
static osl_status write_after_good(const osl_term_postings *postings,
                                   osl_error *err)
{
    static const uint32_t zero, one = 1, lengths[2] = {1, 1};
    osl_writer *writer;
    osl_status status = osl_writer_open(&writer, twin_path(),
                                        osl_kernels_get(OSL_CPU_SCALAR), err);
    if (status != OSL_OK)
        return status;
    osl_writer_begin_field(writer, OSL_FIELD_TEXT, 2, lengths);
    osl_term_postings good = {.term = {"", 0},
                              .df = 1,
                              .ordinals = &zero,
                              .tfs = &one,
                              .positions = &zero};
    osl_writer_term(writer, &good);
    osl_writer_term(writer, postings);
    osl_writer_end_field(writer);
    return osl_writer_close(writer, NULL, err);
}

static void a_writer_refuses_what_it_cannot_keep(void **state)
{
    (void)state;
    static const uint32_t zeros[2], ones[2] = {1, 1}, two = 2, far = 1u << 24;
    static char longest[OSL_TERM_BYTES_MAX + 1];
    const osl_text a = {"a", 1};
    const struct {
        const char *name;
        osl_term_postings postings;
        osl_status want;
    } cases[] = {
        {"too long",
         {{longest, sizeof longest}, 1, zeros, ones, zeros, 0, 0, 0},
         OSL_ELIMIT},
        {"an ordinal twice", {a, 2, zeros, ones, zeros, 0, 0, 0}, OSL_EINVAL},
        {"no such ordinal", {a, 1, &two, ones, zeros, 0, 0, 0}, OSL_EINVAL},
        {"tf 0", {a, 1, zeros, zeros, zeros, 0, 0, 0}, OSL_EINVAL},
        {"far position", {a, 1, zeros, ones, &far, 0, 0, 0}, OSL_EINVAL},
        {"no positions", {a, 1, zeros, ones, NULL, 0, 0, 0}, OSL_EINVAL},
        {"no postings", {a, 0, zeros, ones, zeros, 0, 0, 0}, OSL_EINVAL},
        {"a term twice", {{"", 0}, 1, zeros, ones, zeros, 0, 0, 0}, OSL_EINVAL},
        {"good", {a, 1, zeros, ones, zeros, 0, 0, 0}, OSL_OK},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_error err = {0};
        osl_status status = write_after_good(&cases[i].postings, &err);
        if (status != cases[i].want)
            fail_msg("%s: status %d (%s)", cases[i].name, (int)status,
                     err.text);
        assert_int_equal(access(twin_path(), F_OK) == 0, status == OSL_OK);
    }
    assert_int_equal(unlink(twin_path()), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_are_found_and_ordered_as_in_a_sorted_array),
        cmocka_unit_test(the_tree_finds_what_shortcuts_do),
        cmocka_unit_test(terms_that_are_held_are_found_without_the_map),
        cmocka_unit_test(a_spoilt_dictionary_is_not_held),
        cmocka_unit_test(spoilt_filters_and_signposts_hide_no_term),
        cmocka_unit_test(no_bit_of_the_shortcuts_is_spoilt_unseen),
        cmocka_unit_test(a_field_without_terms_has_none),
        cmocka_unit_test(several_segments_are_asked_as_each_of_them_is),
        cmocka_unit_test(a_writer_refuses_what_it_cannot_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
