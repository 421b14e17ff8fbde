/* SPDX-License-Identifier: MIT
 *
 * Bounds of 64 paragraphs at once against the scores themselves, and one list
 * of many words against the words, at every level of kernels. */
#include "tests/core/segment_twin.h"

#include "query/cursor.h"

enum { PARAGRAPHS = 9001, TERMS = 12, CHUNKS = 3, ROUNDS = 60, PARTS = 6 };

static const twin_shape shapes[TERMS] = {
    {"rare", 0.0005, 0, 0, 5, 3, 12, 0},
    {"rare", 0.003, 0, 0, 3, 0, 12, 0},
    {"rare, in one chunk", 0.05, 4096, 2048, 9, 4, 12, 0},
    {"one", 0, 0, 0, 2, 0, 12, 0},
    {"sparse", 0.01, 0, 0, 4, 0, 12, 0},
    {"sparse", 0.03, 0, 0, 9, 3, 12, 0},
    {"dense", 0.15, 0, 0, 2, 0, 12, 0},
    {"dense", 0.3, 0, 0, 9, 2, 12, 0},
    {"dense", 0.6, 0, 0, 300, 50, 400, 0},
    {"dense, tf 1", 0.4, 0, 0, 1, 0, 12, 0},
    {"all", 1, 0, 0, 3, 0, 12, 0},
    {"clustered", 0.9, 3000, 3000, 3, 0, 12, 0},
};

typedef struct world {
    twin_field field;
    osl_segment *segment;
    osl_arena arena;
    osl_source *terms[TERMS];
    float k[256]; /* of later than writing */
    const uint8_t *codes;
    const osl_score_kernels *kernels;
    osl_gauge *gauge;
    float other_k[256]; /* of another part of scores */
    osl_gauge *other, *joint;
} world;

enum { LENGTHS = 1000000, COUNT = 20000 };
static const double world_k1 = 0.6, world_b = 0.5, world_share = 0.3;

static void open_term(world *at, size_t t)
{
    osl_error err = {0};
    const twin_term *term = &at->field.terms[t];
    const osl_postings *postings;
    osl_term_info info;
    bool found;
    assert_ok(osl_term_find(at->segment, OSL_FIELD_TEXT,
                            (osl_text){term->text, term->length}, &found, &info,
                            &err));
    assert_true(found);
    assert_ok(osl_postings_open(&postings, at->segment, OSL_FIELD_TEXT, &info,
                                &at->arena, &err));
    at->terms[t] = osl_source_term(postings, NULL, &at->arena);
    assert_non_null(at->terms[t]);
}

static void world_open(world *at, test_random *random, osl_cpu_level level)
{
    osl_error err = {0};
    *at = (world){.field = {.field = OSL_FIELD_TEXT,
                            .ordinal_count = PARAGRAPHS,
                            .term_count = TERMS},
                  .kernels = osl_kernels_get(level)->score};
    twin_lengths(random, &at->field);
    at->field.terms = calloc(TERMS, sizeof *at->field.terms);
    for (size_t t = 0; t < TERMS; t++) {
        twin_term *term = &at->field.terms[t];
        term->length = (size_t)snprintf(term->text, 8, "t%02zu", t);
        twin_make(random, term, &shapes[t], PARAGRAPHS);
    }
    twin_write(&at->field, 1);
    assert_ok(osl_segment_open(&at->segment, twin_path(),
                               osl_kernels_get(level), &err));
    unlink(twin_path());
    assert_ok(osl_segment_length_codes(at->segment, OSL_FIELD_TEXT, &at->codes,
                                       &err));
    osl_score_lengths(at->k, world_k1, world_b, LENGTHS, COUNT);
    osl_score_lengths(at->other_k, 1.2, 0.9, LENGTHS, COUNT);
    for (size_t t = 0; t < TERMS; t++)
        open_term(at, t);
    at->gauge = osl_gauge_new(at->kernels, at->codes, at->k, &at->arena);
    at->other = osl_gauge_new(at->kernels, at->codes, at->other_k, &at->arena);
    at->joint = osl_gauge_joint(at->kernels, at->codes, at->k, at->other_k,
                                world_share, &at->arena);
    assert_true(at->gauge && at->other && at->joint);
}

static void world_close(world *at)
{
    osl_segment_free(at->segment);
    osl_arena_clear(&at->arena);
    twin_free(&at->field);
}

/* Terms drawn at random, each at most once. */
static size_t draw(world *at, test_random *random, osl_source **out)
{
    size_t count = 0;
    for (size_t t = 0; t < TERMS; t++)
        if (test_random_below(random, 3) == 0)
            out[count++] = at->terms[t];
    if (!count)
        out[count++] = at->terms[test_random_below(random, TERMS)];
    return count;
}

/* ---- one list of many -------------------------------------------------- */

static void compare_chunk(osl_source *any, osl_source *merged, uint32_t chunk,
                          const float *k, const uint8_t *codes)
{
    osl_error err = {0};
    uint64_t all[64], a[64] = {0}, b[64] = {0};
    uint8_t bounds[64];
    memset(all, 255, sizeof all);
    uint64_t ranges = merged->ops->ranges(merged, chunk);
    assert_true(ranges == any->ops->ranges(any, chunk));
    assert_ok(any->ops->match(any, chunk, ~UINT64_C(0), all, a, &err));
    assert_ok(merged->ops->match(merged, chunk, ~UINT64_C(0), all, b, &err));
    assert_memory_equal(a, b, sizeof a);
    merged->ops->bounds(merged, chunk, bounds);
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        uint32_t range = chunk * 64 + r, x[64] = {0}, y[64] = {0};
        assert_ok(any->ops->tfs(any, range, a[r], x, &err));
        assert_ok(merged->ops->tfs(merged, range, a[r], y, &err));
        assert_memory_equal(x, y, sizeof x);
        for (uint64_t left = a[r]; left; left &= left - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(left);
            float gain =
                osl_score_gain(x[bit], k[codes[range * OSL_RANGE_SIZE + bit]]);
            assert_true((double)gain * 255 <= (double)bounds[r]);
        }
    }
}

static void one_list_is_many_words(world *at, test_random *random)
{
    osl_error err = {0};
    float k[256]; /* of writing */
    const osl_segment_info *info = osl_segment_get_info(at->segment);
    osl_score_lengths(k, info->k1, info->b,
                      info->fields[OSL_FIELD_TEXT].total_length, PARAGRAPHS);
    osl_source *children[TERMS], *merged;
    size_t count = draw(at, random, children);
    osl_source *any = osl_source_any(children, count, &at->arena);
    assert_non_null(any);
    osl_merge_room room = {.arena = &at->arena};
    assert_ok(osl_source_merged(&merged, any, at->segment, OSL_FIELD_TEXT,
                                &room, &err));
    for (uint32_t chunk = 0; chunk < CHUNKS; chunk++)
        compare_chunk(any, merged, chunk, k, at->codes);
}

/* ---- bounds ------------------------------------------------------------ */

static const osl_scorer *random_scorer(world *at, test_random *random)
{
    osl_scorer *scorer = osl_arena_zero(&at->arena, 1, sizeof *scorer);
    assert_non_null(scorer);
    scorer->weight = (float)(1 + test_random_below(random, 4000)) / 500;
    scorer->k = at->k;
    scorer->codes = at->codes;
    scorer->gauge = at->gauge;
    osl_scorer_bounds(
        scorer, osl_segment_bound_factor(at->segment, OSL_FIELD_TEXT, at->k));
    return scorer;
}

/* A word, or several that are one. */
static osl_cursor *random_leaf(world *at, test_random *random)
{
    osl_source *source = at->terms[test_random_below(random, TERMS)];
    osl_source **children =
        osl_arena_zero(&at->arena, TERMS, sizeof(osl_source *));
    assert_non_null(children);
    if (test_random_below(random, 3) == 0)
        source =
            osl_source_any(children, draw(at, random, children), &at->arena);
    osl_cursor *leaf =
        osl_cursor_leaf(source, random_scorer(at, random), 0, &at->arena);
    assert_non_null(leaf);
    return leaf;
}

/* A word scored in two ways at once, whose weights are about of one ratio, or of
 * any. */
static osl_cursor *random_bag(world *at, test_random *random)
{
    osl_error err = {0};
    osl_cursor *cursor;
    osl_scorer *other = (osl_scorer *)random_scorer(at, random);
    osl_bag bag = {.segment = at->segment,
                   .text = at->terms[test_random_below(random, TERMS)],
                   .bag_text = *random_scorer(at, random),
                   .text_scorer = other,
                   .k1 = world_k1,
                   .b = world_b,
                   .by_fields = true,
                   .titles_are_paragraphs = true};
    bag.bag_text.average_length = (double)LENGTHS / COUNT;
    if (test_random_below(random, 2))
        other->weight =
            (float)(bag.bag_text.weight * (1 - world_share) / world_share);
    other->k = at->other_k;
    other->gauge = at->other;
    osl_scorer_bounds(other, osl_segment_bound_factor(
                                 at->segment, OSL_FIELD_TEXT, at->other_k));
    osl_scorer_join(&bag.joint, &bag.bag_text, other, world_share);
    bag.joint.gauge = test_random_below(random, 4) ? at->joint : NULL;
    assert_ok(osl_cursor_bag(&cursor, &bag, 0, &at->arena, &err));
    return cursor;
}

/* A word, or two or three as if of several fields. */
static osl_cursor *random_unit(world *at, test_random *random)
{
    osl_cursor *parts[3] = {NULL};
    if (test_random_below(random, 3) == 0)
        return random_bag(at, random);
    size_t count = 1 + test_random_below(random, 3);
    for (size_t i = 0; i < count; i++)
        parts[i] = random_leaf(at, random);
    osl_cursor *unit =
        osl_cursor_fields(parts, count, test_random_below(random, 256),
                          (osl_text){"", 0}, &at->arena);
    assert_non_null(unit);
    return unit;
}

static void check_reach(osl_cursor *group, osl_sums *sums, uint32_t chunk,
                        uint32_t scores[64][64])
{
    osl_error err = {0};
    osl_sums_clear(sums, ~UINT64_C(0));
    assert_ok(group->ops->add(group, chunk, ~UINT64_C(0) >> 1, sums, &err));
    for (unsigned r = 0; r < 63; r++) {
        uint64_t reached =
            osl_sums_reach(sums, r, ~UINT64_C(0), sums->units->score);
        for (unsigned bit = 0; bit < 64; bit++)
            if (scores[r][bit] >= sums->units->score)
                assert_true(reached >> bit & 1);
    }
}

static uint32_t score_chunk(osl_cursor *group, uint32_t chunk,
                            uint32_t scores[64][64])
{
    osl_error err = {0};
    uint32_t most = 0;
    memset(scores, 0, 64 * sizeof *scores);
    for (uint32_t r = 0; r < 64; r++) {
        uint64_t first = ((uint64_t)chunk * 64 + r) * OSL_RANGE_SIZE;
        if (first + OSL_RANGE_SIZE > PARAGRAPHS)
            break;
        assert_ok(group->ops->score(group, chunk * 64 + r, ~UINT64_C(0), 0,
                                    scores[r], &err));
        for (unsigned bit = 0; bit < 64; bit++)
            most = scores[r][bit] > most ? scores[r][bit] : most;
    }
    return most;
}

/* Whatever the score to be reached, great beside the words' or small. */
static void bounds_are_no_less_than_scores(world *at, test_random *random)
{
    osl_group_child children[PARTS] = {{0}};
    size_t count = 1 + test_random_below(random, PARTS);
    for (size_t i = 0; i < count; i++)
        children[i].cursor = random_unit(at, random);
    osl_cursor *group = osl_cursor_group(
        children, count, (PARAGRAPHS + 63) / 64, (osl_text){"", 0}, &at->arena);
    osl_sum_units units = {0};
    osl_sums *sums = osl_sums_new(at->kernels, &units, &at->arena);
    assert_true(group && sums);
    for (uint32_t chunk = 0; chunk < CHUNKS; chunk++) {
        static uint32_t scores[64][64];
        uint32_t most = score_chunk(group, chunk, scores);
        for (uint32_t part = 8; part > 0 && most > 8; part--) {
            osl_sum_units_set(&units, most / part);
            check_reach(group, sums, chunk, scores);
        }
    }
}

static void check_level(osl_cpu_level level)
{
    if (level > osl_cpu_highest()) {
        print_message("this machine has no %s: not tested\n",
                      osl_cpu_level_name(level));
        return;
    }
    test_random random = test_random_new(47);
    for (unsigned n = 0; n < ROUNDS; n += 20) {
        world at;
        world_open(&at, &random, level);
        for (unsigned i = 0; i < 20; i++) {
            one_list_is_many_words(&at, &random);
            bounds_are_no_less_than_scores(&at, &random);
        }
        world_close(&at);
    }
}

static void scalar_bounds_hold(void **state)
{
    (void)state;
    check_level(OSL_CPU_SCALAR);
}

static void avx2_bounds_hold(void **state)
{
    (void)state;
    check_level(OSL_CPU_AVX2);
}

static void avx512_bounds_hold(void **state)
{
    (void)state;
    check_level(OSL_CPU_AVX512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_bounds_hold),
        cmocka_unit_test(avx2_bounds_hold),
        cmocka_unit_test(avx512_bounds_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
