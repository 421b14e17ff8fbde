/* SPDX-License-Identifier: MIT
 *
 * Frequent terms that are packed in the file: what is sliced in memory is what
 * another file has sliced, byte for byte, at every level of kernels, for one
 * thread and for several that ask at once. Spoilt bytes give an error or
 * postings that keep within their field. */
#include "core/segment/packed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cpu.h"
#include "core/segment/score.h"
#include "tests/core/segment_twin.h"

static const twin_shape text_shapes[] = {
    {"sparse", 0.018, 0, 0, 4, 0, 200, 0},
    {"tf 1, two forms", 0.02, 0, 0, 1, 0, 200, 2},
    {"long tail of tf", 0.03, 0, 0, 70000, 900, 140000, 5},
    {"dense", 0.3, 0, 0, 12, 0, 256, 7},
    {"all ones", 1, 0, 0, 1, 0, 10, 0},
    {"nearly everywhere", 0.97, 0, 0, 30, 2, 257, 300},
    {"clustered", 0.9, 5000, 3000, 3, 0, 300, 1},
};
static const twin_shape pair_shapes[] = {
    {"tf 1", 0.05, 0, 0, 1, 0, 0, 0},
    {"huge tf", 0.02, 0, 0, 0x80000000u, 20, 0, 0},
    {"dense", 0.5, 0, 0, 5, 3, 0, 0},
};

enum { FIELDS = 2 };

typedef struct world {
    twin_field fields[FIELDS];
    char paths[2][80];
    osl_segment *packed, *sliced;
    osl_arena arena;
} world;

static void make_field(test_random *random, twin_field *field,
                       const twin_shape *shapes, size_t count)
{
    twin_lengths(random, field);
    field->terms = calloc(count, sizeof *field->terms);
    field->term_count = count;
    for (size_t t = 0; t < count; t++) {
        twin_term *term = &field->terms[t];
        term->length =
            (size_t)snprintf(term->text, sizeof term->text, "term%02zu", t);
        twin_make(random, term, &shapes[t], field->ordinal_count);
    }
}

static void write_with(world *at, unsigned which, uint8_t shift)
{
    twin_sliced_shift = shift;
    twin_write(at->fields, FIELDS);
    snprintf(at->paths[which], sizeof at->paths[which], "%s.%u", twin_path(),
             which);
    assert_int_equal(rename(twin_path(), at->paths[which]), 0);
}

/* The same terms in two files. */
static void world_make(world *at, uint32_t ordinal_count, test_random *random)
{
    *at = (world){
        .fields = {{.field = OSL_FIELD_TEXT, .ordinal_count = ordinal_count},
                   {.field = OSL_FIELD_PAIR, .ordinal_count = ordinal_count}}};
    make_field(random, &at->fields[0], text_shapes, COUNT_OF(text_shapes));
    make_field(random, &at->fields[1], pair_shapes, COUNT_OF(pair_shapes));
    twin_fit_lengths(&at->fields[0]);
    free(at->fields[1].lengths); /* pairs have those of text */
    at->fields[1].lengths = malloc((size_t)ordinal_count * 4);
    assert_non_null(at->fields[1].lengths);
    memcpy(at->fields[1].lengths, at->fields[0].lengths,
           (size_t)ordinal_count * 4);
    write_with(at, 0, 0);
    write_with(at, 1, OSL_SLICED_SHIFT_MAX);
}

static void world_open(world *at, osl_cpu_level level)
{
    osl_error err = {0};
    assert_ok(osl_segment_open(&at->packed, at->paths[0],
                               osl_kernels_get(level), &err));
    assert_ok(osl_segment_open(&at->sliced, at->paths[1],
                               osl_kernels_get(level), &err));
    assert_true(at->packed->length < at->sliced->length);
}

static void world_close(world *at)
{
    osl_segment_free(at->packed);
    osl_segment_free(at->sliced);
    osl_arena_clear(&at->arena);
}

static void world_clear(world *at)
{
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(unlink(at->paths[i]), 0);
    for (unsigned f = 0; f < FIELDS; f++)
        twin_free(&at->fields[f]);
}

static osl_term_info find(const osl_segment *segment, const twin_field *field,
                          size_t t)
{
    osl_error err = {0};
    osl_term_info info;
    bool found;
    assert_ok(
        osl_term_find(segment, field->field,
                      (osl_text){field->terms[t].text, field->terms[t].length},
                      &found, &info, &err));
    assert_true(found);
    return info;
}

/* Those of a chunk: low bytes, positions and forms. */
static void check_block(const osl_postings *got, const osl_postings *want,
                        uint32_t chunk)
{
    static uint32_t ordinals[OSL_CHUNK_SIZE], tfs[OSL_CHUNK_SIZE];
    osl_error err = {0};
    osl_occurrences have, block;
    const uint8_t *header = osl_postings_header(want, chunk);
    osl_chunk of = osl_postings_chunk(want, header);
    uint32_t count = osl_chunk_count(header);
    uint64_t before = 0;
    if (count == 0)
        return;
    osl_chunk_decode(&of, chunk * OSL_CHUNK_SIZE, ordinals, tfs);
    assert_ok(osl_postings_open_block(got, chunk, &have, &err));
    assert_ok(osl_postings_open_block(want, chunk, &block, &err));
    assert_int_equal(have.total, block.total);
    assert_memory_equal(have.low, block.low, block.total);
    assert_true(!have.forms == !block.forms && !have.side == !block.side);
    uint32_t *values = malloc(2 * (size_t)block.total * sizeof *values);
    assert_non_null(values);
    for (uint32_t i = 0; i < count; before += tfs[i++]) {
        uint32_t *twin = values + block.total;
        assert_true(
            osl_occurrences_positions(&have, i, before, tfs[i], values));
        assert_true(osl_occurrences_positions(&block, i, before, tfs[i], twin));
        assert_memory_equal(values, twin, tfs[i] * sizeof *values);
    }
    if (block.forms) {
        osl_forms_read_block(have.forms, have.total, 0, (uint32_t)have.total,
                             values);
        osl_forms_read_block(block.forms, block.total, 0, (uint32_t)block.total,
                             values + block.total);
        assert_memory_equal(values, values + block.total,
                            block.total * sizeof *values);
    }
    free(values);
}

/* But for where blocks of positions start, and that they have a total, which
 * headers of blocks that are made do not say. */
static void check_headers(const osl_postings *got, const osl_postings *want)
{
    for (uint32_t c = 0; c <= want->chunk_count; c++) {
        uint8_t have[OSL_CHUNK_HEADER], header[OSL_CHUNK_HEADER];
        memcpy(have, got->headers + (size_t)c * sizeof have, sizeof have);
        memcpy(header, want->headers + (size_t)c * sizeof have, sizeof have);
        if (got->blocks) {
            assert_false(osl_chunk_flags(have) & OSL_CHUNK_TOTAL);
            memcpy(header + 16, have + 16, 4);
            header[22] &= (uint8_t)~OSL_CHUNK_TOTAL;
        }
        assert_memory_equal(have, header, sizeof have);
    }
}

static void check_streams(const osl_postings *got, const osl_postings *want)
{
    const uint8_t *last =
        want->headers + (size_t)want->chunk_count * OSL_CHUNK_HEADER;
    const uint8_t *end = want->payload + osl_chunk_payload(last);
    assert_int_equal(got->df, want->df);
    assert_int_equal(got->cf, want->cf);
    assert_int_equal(got->best_count, want->best_count);
    assert_null(got->ordinals);
    if (want->best)
        assert_memory_equal(got->best, want->best,
                            (size_t)(want->headers - want->best));
    check_headers(got, want);
    last += OSL_CHUNK_HEADER;
    assert_int_equal(got->payload - got->headers,
                     want->payload - want->headers);
    assert_memory_equal(got->headers + (last - want->headers), last,
                        (size_t)(end - last));
    for (uint32_t c = 0; want->field != OSL_FIELD_PAIR && c < want->chunk_count;
         c++)
        check_block(got, want, c);
}

static void check_term(world *at, const twin_field *field, size_t t)
{
    osl_error err = {0};
    const osl_postings *held, *again, *once, *want;
    osl_term_info info = find(at->packed, field, t);
    osl_term_info sliced = find(at->sliced, field, t);
    assert_ok(osl_postings_open(&want, at->sliced, field->field, &sliced,
                                &at->arena, &err));
    assert_ok(osl_postings_open_once(&once, at->packed, field->field, &info,
                                     &at->arena, &err));
    assert_ok(osl_postings_open(&held, at->packed, field->field, &info,
                                &at->arena, &err));
    assert_ok(osl_postings_open(&again, at->packed, field->field, &info,
                                &at->arena, &err));
    /* Of all ordinals, a term is sliced at any share. */
    if (info.df < at->packed->fields[field->field].sliced_from)
        assert_ptr_not_equal(once->headers, held->headers);
    assert_ptr_equal(again->headers, held->headers);
    check_streams(once, want);
    check_streams(held, want);
}

static void slices_in_memory_are_those_of_a_file(void **state)
{
    (void)state;
    static const uint32_t counts[] = {9000, 40001, 70000};
    test_random random = test_random_new(31);
    for (size_t i = 0; i < 2 * COUNT_OF(counts); i++) {
        world at;
        twin_dense_positions = i % 2;
        world_make(&at, counts[i / 2], &random);
        for (osl_cpu_level level = OSL_CPU_SCALAR; level <= osl_cpu_highest();
             level++) {
            world_open(&at, level);
            for (unsigned f = 0; f < FIELDS; f++)
                for (size_t t = 0; t < at.fields[f].term_count; t++)
                    check_term(&at, &at.fields[f], t);
            world_close(&at);
        }
        world_clear(&at);
    }
}

/* ---- several threads ---------------------------------------------------- */

enum { THREADS = 4, ASKED = 60 };

typedef struct asker {
    world *at;
    pthread_t thread;
    uint64_t seed;
    const uint8_t *headers[COUNT_OF(text_shapes)]; /* as it was told */
    bool failed;
} asker;

/* Whether the positions of the first posting are the term's. */
static bool is_first(const osl_postings *of, const twin_term *term)
{
    osl_error err = {0};
    uint32_t *positions = malloc((size_t)term->tfs[0] * sizeof *positions);
    bool good = positions &&
                osl_postings_positions(of, term->ordinals[0], positions,
                                       &err) == OSL_OK &&
                memcmp(positions, term->positions,
                       (size_t)term->tfs[0] * sizeof *positions) == 0;
    free(positions);
    return good;
}

static void *ask(void *user)
{
    asker *a = user;
    const twin_field *field = &a->at->fields[0];
    test_random random = test_random_new(a->seed);
    osl_arena arena = {0};
    osl_error err = {0};
    for (unsigned n = 0; n < ASKED; n++) {
        size_t t = test_random_below(&random, (uint32_t)field->term_count);
        const osl_postings *of;
        osl_term_info info;
        bool found;
        osl_text term = {field->terms[t].text, field->terms[t].length};
        osl_arena_reset(&arena);
        if (osl_term_find(a->at->packed, field->field, term, &found, &info,
                          &err) != OSL_OK ||
            osl_postings_open(&of, a->at->packed, field->field, &info, &arena,
                              &err) != OSL_OK ||
            (a->headers[t] && a->headers[t] != of->headers) ||
            osl_postings_word(of, field->terms[t].ordinals[0] / 64) == 0 ||
            !is_first(of, &field->terms[t]))
            a->failed = true;
        else
            a->headers[t] = of->headers;
    }
    osl_arena_clear(&arena);
    return NULL;
}

static void threads_share_what_one_has_sliced(void **state)
{
    (void)state;
    test_random random = test_random_new(32);
    world at;
    twin_dense_positions = true;
    world_make(&at, 20000, &random);
    for (unsigned round = 0; round < 8; round++) {
        asker askers[THREADS] = {{.at = NULL}};
        world_open(&at, osl_cpu_highest());
        for (unsigned i = 0; i < THREADS; i++) {
            askers[i].at = &at;
            askers[i].seed = round * THREADS + i;
            assert_int_equal(
                pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++)
            assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        for (unsigned i = 0; i < THREADS; i++) {
            assert_false(askers[i].failed);
            for (size_t t = 0; t < COUNT_OF(text_shapes); t++)
                if (askers[i].headers[t] && askers[0].headers[t])
                    assert_ptr_equal(askers[i].headers[t],
                                     askers[0].headers[t]);
        }
        world_close(&at);
    }
    world_clear(&at);
}

/* ---- spoilt bytes ------------------------------------------------------- */

/* Opens and reads all of a term, in a segment whose checksums are taken as
 * right; whether that was refused. */
static bool is_refused(osl_text bytes, const twin_field *field, size_t t)
{
    osl_error err = {0};
    osl_segment *segment;
    osl_arena arena = {0};
    const osl_postings *of;
    assert_ok(osl_segment_open_memory(&segment, bytes, "bytes",
                                      osl_kernels_get(osl_cpu_highest()), false,
                                      &err));
    osl_term_info info = find(segment, field, t);
    osl_status status =
        osl_postings_open(&of, segment, field->field, &info, &arena, &err);
    if (status == OSL_OK) {
        uint32_t *room =
            osl_arena_take(&arena, (2 * (size_t)info.df + info.cf) * 4);
        assert_non_null(room);
        const osl_gathered to = {room, room + info.df,
                                 room + 2 * (size_t)info.df, NULL};
        status = osl_postings_gather(of, &to, &err);
        for (uint32_t i = 0; status == OSL_OK && i < info.df; i++)
            assert_true(room[i] < field->ordinal_count &&
                        (i == 0 || room[i] > room[i - 1]));
    }
    assert_true(status == OSL_OK || status == OSL_ECORRUPT);
    osl_arena_clear(&arena);
    osl_segment_free(segment);
    return status != OSL_OK;
}

static void check_spoilt(bool dense)
{
    enum { TRIES = 600 };
    test_random random = test_random_new(33);
    osl_error err = {0};
    osl_map map;
    world at;
    unsigned refused = 0;
    twin_dense_positions = dense;
    world_make(&at, 9000, &random);
    world_open(&at, OSL_CPU_SCALAR);
    assert_ok(osl_map_open(&map, at.paths[0], &err));
    uint8_t *bytes = malloc(map.length);
    assert_non_null(bytes);
    for (unsigned n = 0; n < TRIES; n++) {
        size_t t = test_random_below(&random, COUNT_OF(text_shapes));
        osl_term_info info = find(at.packed, &at.fields[0], t);
        const osl_section *section =
            &at.packed->fields[OSL_FIELD_TEXT].postings;
        /* Mostly in the list, which is what is packed. */
        uint64_t room =
            n % 4 && info.bytes > info.cf ? info.bytes - info.cf : info.bytes;
        memcpy(bytes, map.bytes, map.length);
        bytes[section->offset + info.offset +
              test_random_below(&random, (uint32_t)room)] ^=
            (uint8_t)(1u << test_random_below(&random, 8));
        refused += is_refused((osl_text){(const char *)bytes, map.length},
                              &at.fields[0], t);
    }
    print_message("%u of %d refused\n", refused, TRIES);
    assert_true(refused > TRIES / 10);
    free(bytes);
    osl_map_close(&map);
    world_close(&at);
    world_clear(&at);
}

/* A tf that no text has room for, in a term that says as many occurrences. */
static void spoilt_tfs_ask_for_no_memory(void **state)
{
    (void)state;
    static const uint8_t codes[2] = {9, 9};
    static const uint8_t stream[80] = {0};
    static const uint32_t ordinals[2] = {0, 1}, tfs[2] = {1, 1 << 28};
    osl_region_writer writer = {.decoded_capacity = 0};
    bool side = false;
    const osl_dense of = {
        .bytes = stream, .length = 16, .cf = tfs[0] + tfs[1], .codes = codes};
    assert_int_equal(
        osl_region_unpack_list(&writer, &of, ordinals, tfs, 2, &side),
        OSL_ECORRUPT);
    assert_true(writer.occurrences_capacity < 1 << 20);
    osl_region_clear(&writer);
}

static void spoilt_bytes_are_refused_or_keep_within_the_field(void **state)
{
    (void)state;
    check_spoilt(false);
    check_spoilt(true);
}

/* ---- positions in bits -------------------------------------------------- */

enum { POSTINGS = 300, LENGTH_MOST = 70000 };

/* Postings of paragraphs of all lengths: tfs from one to as many as there are
 * positions. */
static void bits_give_the_positions_back(void **state)
{
    (void)state;
    test_random random = test_random_new(34);
    for (unsigned round = 0; round < 60; round++) {
        static uint32_t ordinals[POSTINGS], tfs[POSTINGS];
        static uint8_t codes[POSTINGS];
        uint32_t *positions = NULL, *got;
        size_t room = 0;
        osl_positions_input input = {.tfs = tfs, .count = POSTINGS};
        osl_buf bits = {0};
        for (uint32_t i = 0; i < POSTINGS; i++) {
            uint32_t length =
                1 + test_random_below(&random, i % 9 ? 120 : LENGTH_MOST);
            bool full = i % 7 == 0 && length < 300;
            ordinals[i] = i;
            codes[i] = osl_length_code(length);
            tfs[i] = full ? length
                          : 1 + test_random_below(&random,
                                                  length < 20 ? length : 20);
            assert_true(osl_grow(&positions, &room, input.total + tfs[i], 4));
            twin_positions(&random, positions + input.total, tfs[i], length);
            input.total += tfs[i];
        }
        input.positions = positions;
        osl_buf_put_byte(&bits, 77); /* it begins where the buffer is */
        assert_true(osl_positions_write_bits(&bits, &input, ordinals, codes,
                                             osl_middles_scalar));
        assert_true(osl_buf_room(&bits, 8) != NULL);
        got = malloc((size_t)input.total * 4);
        assert_non_null(got);
        osl_position_stream from = {bits.bytes + 1, 0,
                                    (uint64_t)(bits.length - 1) * 8};
        uint32_t half = test_random_below(&random, POSTINGS);
        uint64_t before = 0;
        for (uint32_t i = 0; i < half; i++)
            before += tfs[i];
        assert_true(
            osl_positions_read_bits(&from, ordinals, tfs, half, codes, got));
        assert_true(osl_positions_read_bits(&from, ordinals + half, tfs + half,
                                            POSTINGS - half, codes,
                                            got + before));
        assert_memory_equal(got, positions, (size_t)input.total * 4);
        assert_true(from.end - from.at < 8);
        /* A byte less is too few, and a position behind the end is none. */
        from = (osl_position_stream){bits.bytes + 1, 0,
                                     (uint64_t)(bits.length - 2) * 8};
        assert_false(osl_positions_read_bits(&from, ordinals, tfs, POSTINGS,
                                             codes, got));
        positions[input.total - 1] = osl_length_most(codes[POSTINGS - 1]);
        assert_false(osl_positions_write_bits(&bits, &input, ordinals, codes,
                                              osl_middles_scalar));
        osl_buf_clear(&bits);
        free(positions);
        free(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_give_the_positions_back),
        cmocka_unit_test(slices_in_memory_are_those_of_a_file),
        cmocka_unit_test(threads_share_what_one_has_sliced),
        cmocka_unit_test(spoilt_tfs_ask_for_no_memory),
        cmocka_unit_test(spoilt_bytes_are_refused_or_keep_within_the_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
