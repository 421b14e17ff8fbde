/* SPDX-License-Identifier: MIT
 *
 * Each level's loops of matching and scoring against the scalar twins. */
#include "tests/test.h"

#include "core/kernels/kernels.h"

enum { ROUNDS = 20000 };

typedef struct sample {
    uint64_t mask, word, planes[5];
    uint16_t sums[64], weight, least;
    uint8_t bytes[160]; /* 64 more can be read behind any use */
    uint8_t codes[64], spread[64], counts[160];
    unsigned count, plane_count;
    bool open;
} sample;

static osl_score_tables tables;

static uint64_t random_mask(test_random *random)
{
    uint64_t mask = test_random_next(random);
    for (uint32_t i = test_random_below(random, 6); i > 0; i--)
        mask &= test_random_next(random);
    if (test_random_below(random, 20) == 0)
        mask = ~(uint64_t)0;
    return mask;
}

/* `count` paragraphs in rising order, with random codes of tf. */
static void random_sparse(test_random *random, sample *of)
{
    uint64_t word = random_mask(random);
    of->count = 0;
    for (; word; word &= word - 1)
        of->bytes[of->count++] =
            (uint8_t)((unsigned)__builtin_ctzll(word) |
                      test_random_below(random, 4) << OSL_SPARSE_CODE_SHIFT);
}

static sample random_sample(test_random *random)
{
    sample of;
    for (size_t i = 0; i < sizeof of.bytes; i++) {
        of.bytes[i] = (uint8_t)test_random_next(random);
        of.counts[i] = 0;
    }
    for (unsigned i = 0; i < 64; i++) {
        of.sums[i] = (uint16_t)test_random_next(random);
        of.codes[i] = (uint8_t)test_random_next(random);
        of.spread[i] = (uint8_t)test_random_next(random);
    }
    random_sparse(random, &of);
    of.mask = random_mask(random);
    of.word = random_mask(random);
    of.plane_count = test_random_below(random, 6);
    of.open = test_random_below(random, 2);
    for (unsigned p = 0; p < 5; p++)
        of.planes[p] = random_mask(random);
    of.weight = (uint16_t)test_random_next(random);
    of.least = (uint16_t)test_random_next(random);
    return of;
}

static void check_bounds(const osl_score_kernels *twin,
                         const osl_score_kernels *level, const sample *of)
{
    uint16_t want[64], got[64];
    memcpy(want, of->sums, sizeof want);
    memcpy(got, of->sums, sizeof got);
    twin->bound_add_spread(want, of->word, of->spread, of->weight);
    level->bound_add_spread(got, of->word, of->spread, of->weight);
    assert_memory_equal(got, want, sizeof want);
    assert_true(level->bound_select(got, of->least) ==
                twin->bound_select(want, of->least));
    assert_true(level->byte_select(of->bytes, of->codes[0]) ==
                twin->byte_select(of->bytes, of->codes[0]));
    twin->bound_take(want, of->mask, of->bytes, of->weight);
    level->bound_take(got, of->mask, of->bytes, of->weight);
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(level->bound_max(got), twin->bound_max(want));
    uint8_t mapped_want[64], mapped_got[64], table[256];
    unsigned n = (unsigned)(of->mask % 65);
    for (unsigned i = 0; i < 256; i++)
        table[i] = (uint8_t)(of->spread[i % 64] ^ i * of->weight);
    twin->bound_map(mapped_want, of->codes, n, table);
    level->bound_map(mapped_got, of->codes, n, table);
    assert_memory_equal(mapped_got, mapped_want, n);
    uint8_t least_want[64], least_got[64];
    memcpy(least_want, of->codes, 64);
    memcpy(least_got, of->codes, 64);
    twin->bound_least(least_want, of->mask, of->bytes);
    level->bound_least(least_got, of->mask, of->bytes);
    assert_memory_equal(least_got, least_want, 64);
    n %= 64;
    assert_int_equal(level->sum(of->bytes, n), twin->sum(of->bytes, n));
}

/* A phrase of words that stand often or seldom, and where it can match, also
 * at the ends of 256 places. */
static void check_phrase(const osl_score_kernels *twin,
                         const osl_score_kernels *level, test_random *random)
{
    enum { WORDS = 16, PLACES = 256 };
    uint8_t places[WORDS][PLACES];
    osl_word_spot words[WORDS];
    unsigned count = 1 + test_random_below(random, WORDS);
    unsigned start = test_random_below(random, PLACES);
    for (unsigned i = 0; i < count; i++) {
        unsigned tf = 0, step = 2u << test_random_below(random, 7);
        unsigned match = (start + i) % PLACES;
        for (unsigned n = 0, next = test_random_below(random, step); n < PLACES;
             n++) {
            if (n == next || n == match)
                places[i][tf++] = (uint8_t)n;
            if (n == next)
                next += 1 + test_random_below(random, step);
        }
        words[i] = (osl_word_spot){places[i], tf};
    }
    assert_int_equal(level->phrase(words, count), twin->phrase(words, count));
}

/* Up to 64 words; with great weights most sums are full. */
static void check_sums(const osl_score_kernels *twin,
                       const osl_score_kernels *level, test_random *random)
{
    uint16_t want[64], got[64];
    uint8_t bytes[64 + 64];
    osl_word_bounds words[64];
    unsigned count = test_random_below(random, 65);
    unsigned most = test_random_below(random, 2) ? 65536 : 1500;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)test_random_next(random);
    for (unsigned i = 0; i < count; i++)
        words[i] = (osl_word_bounds){random_mask(random),
                                     bytes + test_random_below(random, 65),
                                     (uint16_t)test_random_below(random, most)};
    assert_int_equal(level->bound_sum(got, words, count),
                     twin->bound_sum(want, words, count));
    assert_memory_equal(got, want, sizeof want);
}

static void check_same_sums(const osl_score_kernels *twin,
                            const osl_score_kernels *level,
                            const osl_accumulator *want,
                            const osl_accumulator *got, const sample *of)
{
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(got->sum[level->place(i)], want->sum[twin->place(i)]);
    assert_int_equal(level->greatest(got), twin->greatest(want));
    assert_true(level->reach(got, of->mask, of->least) ==
                twin->reach(want, of->mask, of->least));
}

/* The lines that the level keeps of lengths, which may be coarser. */
static void lines_kept(const osl_score_kernels *twin,
                       const osl_score_kernels *level, osl_score_lines *lines,
                       const uint8_t codes[64])
{
    twin->lines(lines, codes, &tables);
    for (unsigned n = 0; level->few_classes && n < 64 * OSL_LINES; n++) {
        unsigned few = tables.few_of[osl_length_class(codes[n % 64])];
        assert_true(tables.few[n / 64][few] >= lines->line[n / 64][n % 64]);
        lines->line[n / 64][n % 64] = tables.few[n / 64][few];
    }
}

static void check_adding(const osl_score_kernels *twin,
                         const osl_score_kernels *level, const sample *of)
{
    osl_score_lines want_lines, got_lines, kept_lines;
    osl_length_bytes lengths;
    osl_score_by by = {&lengths, &tables};
    level->lengths(&lengths, of->codes, &tables);
    lines_kept(twin, level, &kept_lines, of->codes);
    twin->lines(&want_lines, of->codes, &tables);
    level->lines(&got_lines, of->codes, &tables);
    assert_memory_equal(&got_lines, &want_lines, sizeof want_lines);
    uint8_t placed[64];
    level->placed(placed, of->codes);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(placed[level->place(i)], of->codes[i]);
    osl_accumulator want = {0}, got = {0};
    assert_true(level->sparse_word(of->bytes, of->count) ==
                twin->sparse_word(of->bytes, of->count));
    for (unsigned round = 0; round < 2; round++) {
        assert_true(level->sparse_add(&got, of->bytes, of->count, &got_lines,
                                      of->weight) ==
                    twin->sparse_add(&want, of->bytes, of->count, &want_lines,
                                     of->weight));
        check_same_sums(twin, level, &want, &got, of);
        twin->dense_add(&want, of->word, of->planes, of->plane_count,
                        of->open && of->plane_count, &want_lines, of->weight);
        level->dense_add(&got, of->word, of->planes, of->plane_count,
                         of->open && of->plane_count, &got_lines, of->weight);
        check_same_sums(twin, level, &want, &got, of);
        assert_true(
            level->sparse_add_by(&got, of->bytes, of->count, by, of->weight) ==
            twin->sparse_add(&want, of->bytes, of->count, &kept_lines,
                             of->weight));
        level->dense_add_by(&got, of->word, of->planes, of->plane_count,
                            of->open && of->plane_count, by, of->weight);
        twin->dense_add(&want, of->word, of->planes, of->plane_count,
                        of->open && of->plane_count, &kept_lines, of->weight);
        check_same_sums(twin, level, &want, &got, of);
    }
}

/* Each line as if two classes of length were one. */
static void halve_classes(osl_score_lines *lines, const uint8_t codes[64])
{
    for (unsigned n = 0; n < 64 * OSL_LINES; n++) {
        const uint8_t *line = tables.line[n / 64];
        unsigned class = osl_length_class(codes[n % 64]);
        uint8_t one = line[class & ~1u], other = line[class | 1];
        lines->line[n / 64][n % 64] = one > other ? one : other;
    }
}

/* Planes that lie as in a chunk, a range's postings behind others. */
static void check_codes(const osl_score_kernels *twin,
                        const osl_score_kernels *level, const sample *of)
{
    enum { STRIDE = 128 }; /* 1,024 postings */
    static uint8_t planes[5 * STRIDE], codes[STRIDE * 8 + 64];
    osl_score_planes shape = {of->plane_count, of->open && of->plane_count};
    unsigned first = of->least % (STRIDE * 8 - 64);
    osl_length_bytes lengths;
    osl_score_lines lines;
    uint64_t bits[5] = {0};
    if (!level->dense_codes)
        return;
    for (unsigned i = 0; i < sizeof planes; i++)
        planes[i] = of->bytes[(i * 7 + i / 64) % 64];
    for (unsigned p = 0; p < of->plane_count; p++)
        for (unsigned i = 0; i < 64; i++)
            bits[p] |= (uint64_t)(planes[p * STRIDE + (first + i) / 8] >>
                                      ((first + i) % 8) &
                                  1)
                       << i;
    osl_accumulator want = {0}, got = {0};
    level->lengths(&lengths, of->codes, &tables);
    twin->lines(&lines, of->codes, &tables);
    if (shape.count > 0)
        halve_classes(&lines, of->codes);
    level->dense_codes(codes, planes, STRIDE, shape, STRIDE * 8);
    level->coded_add_by(&got, of->word, codes + first, shape,
                        (osl_score_by){&lengths, &tables}, of->weight);
    twin->dense_add(&want, of->word, bits, shape.count, shape.open, &lines,
                    of->weight);
    check_same_sums(twin, level, &want, &got, of);
}

static void check_words(const osl_score_kernels *twin,
                        const osl_score_kernels *level, sample *of)
{
    static uint8_t payload[64 * 64 + 64];
    unsigned at = 0, ranges = 0, most = 1 + of->least % 64u;
    if (of->least % 4 > 0) /* as in sparse chunks */
        most = 1 + most % 4;
    for (uint64_t left = of->mask; left; left &= left - 1) {
        unsigned count = 1 + of->spread[ranges] % most;
        of->counts[ranges++] = (uint8_t)count;
        for (unsigned i = 0; i < count; i++)
            payload[at++] = (uint8_t)(((i * 3 + of->codes[ranges % 64]) & 63) |
                                      (of->codes[i] & 0xC0));
    }
    uint64_t want[64], got[64];
    for (unsigned i = 0; i < 64; i++)
        want[i] = got[i] = of->planes[i % 5] << (i % 7);
    twin->sparse_or(want, of->mask, of->counts, payload, at);
    level->sparse_or(got, of->mask, of->counts, payload, at);
    assert_memory_equal(got, want, sizeof want);
    uint16_t starts_want[64], starts_got[64];
    twin->starts(starts_want, of->mask, of->counts);
    level->starts(starts_got, of->mask, of->counts);
    assert_memory_equal(starts_got, starts_want, sizeof starts_want);
    twin->dense_or(want, payload);
    level->dense_or(got, payload);
    assert_memory_equal(got, want, sizeof want);
    twin->dense_and(want, payload + 8, of->open);
    level->dense_and(got, payload + 8, of->open);
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(level->popcount(got), twin->popcount(want));
    assert_true(level->any(got) == twin->any(want));
    twin->sparse_and(want, of->mask, of->counts, payload, at, of->open);
    level->sparse_and(got, of->mask, of->counts, payload, at, of->open);
    assert_memory_equal(got, want, sizeof want);
    assert_true(level->any(got) == twin->any(want));
    twin->spread_ranges(want, of->mask);
    level->spread_ranges(got, of->mask);
    assert_memory_equal(got, want, sizeof want);
    assert_true(level->any(got) == of->mask);
    unsigned n = of->least % 97u;
    assert_int_equal(level->codes(of->bytes, n), twin->codes(of->bytes, n));
}

/* Counts of a sparse chunk with so many ranges and postings, at least one each
 * and 64 at most. */
static void random_counts(uint8_t counts[128], unsigned ranges,
                          unsigned postings, test_random *random)
{
    memset(counts, 1, 128); /* what is behind the last is no range's */
    unsigned sum = ranges;
    for (; sum < postings && sum < ranges * 64; sum++) {
        unsigned r = test_random_below(random, ranges);
        while (counts[r] == 64)
            r = (r + 1) % ranges;
        counts[r]++;
    }
}

/* Words of sparse chunks of any size, of what may stand in one and somewhat
 * more, in few ranges and in all. */
static void check_sparse(const osl_score_kernels *twin,
                         const osl_score_kernels *level, test_random *random)
{
    enum { MOST = 300 };
    static uint8_t payload[MOST + 64 + 64];
    uint8_t counts[128];
    uint64_t want[64], got[64], mask = random_mask(random);
    for (uint32_t i = test_random_below(random, 4); i > 0; i--)
        mask |= random_mask(random);
    mask |= (uint64_t)1 << test_random_below(random, 64);
    unsigned ranges = (unsigned)__builtin_popcountll(mask), at = 0;
    random_counts(counts, ranges, test_random_below(random, MOST + 1), random);
    for (unsigned r = 0; r < ranges; r++) {
        unsigned first = test_random_below(random, 64);
        for (unsigned i = 0; i < counts[r]; i++)
            payload[at++] = (uint8_t)(((i * 5 + first) & 63) |
                                      test_random_below(random, 4)
                                          << OSL_SPARSE_CODE_SHIFT);
    }
    for (unsigned how = 0; how < 3; how++) {
        for (unsigned i = 0; i < 64; i++)
            want[i] = got[i] = test_random_next(random);
        if (how == 0) {
            twin->sparse_or(want, mask, counts, payload, at);
            level->sparse_or(got, mask, counts, payload, at);
        } else {
            twin->sparse_and(want, mask, counts, payload, at, how == 1);
            level->sparse_and(got, mask, counts, payload, at, how == 1);
        }
        assert_memory_equal(got, want, sizeof want);
    }
}

static void check_tfs(const osl_score_kernels *twin,
                      const osl_score_kernels *level, const sample *of)
{
    uint8_t want[64], got[64];
    size_t count = (size_t)__builtin_popcountll(of->mask);
    bool untold = twin->sparse_tfs(want, of->bytes, of->count, of->mask);
    assert_int_equal(level->sparse_tfs(got, of->bytes, of->count, of->mask),
                     untold);
    assert_memory_equal(got, want, count);
    assert_int_equal(memchr(want, OSL_TF_UNTOLD, count) != NULL, untold);
    osl_score_planes planes = {of->plane_count, of->open};
    untold = twin->dense_tfs(want, of->word, of->planes, planes, of->mask);
    assert_int_equal(
        level->dense_tfs(got, of->word, of->planes, planes, of->mask), untold);
    assert_memory_equal(got, want, count);
    assert_int_equal(memchr(want, OSL_TF_UNTOLD, count) != NULL, untold);
}

/* Lists, and what the tfs of a list add. */
static void check_gains(const osl_score_kernels *twin,
                        const osl_score_kernels *level, const sample *of)
{
    uint16_t want_at[64], got_at[64];
    uint8_t want_bytes[80] = {0}, got_bytes[80];
    float k[256], want_k[80] = {0}, got_k[80] = {0};
    uint32_t want[80], got[80];
    unsigned count = (unsigned)__builtin_popcountll(of->mask);
    uint16_t first = (uint16_t)(of->weight & ~63u);
    for (unsigned i = 0; i < 256; i++)
        k[i] = 0.37f * (float)(i - i % 3); /* some are 0 */
    for (unsigned i = 0; i < 80; i++)
        want[i] = got[i] = (uint32_t)of->counts[i] * 77777;
    twin->list_word(want_at, want_bytes, of->mask, first, of->codes);
    level->list_word(got_at, got_bytes, of->mask, first, of->codes);
    assert_memory_equal(got_at, want_at, count * sizeof *got_at);
    assert_memory_equal(got_bytes, want_bytes, count);
    twin->look_up(want_k, want_bytes, count, k);
    level->look_up(got_k, want_bytes, count, k);
    assert_memory_equal(got_k, want_k, count * sizeof *got_k);
    float weight = (float)of->least / 3;
    twin->add_gains(want, of->bytes, want_k, count, weight);
    level->add_gains(got, of->bytes, got_k, count, weight);
    assert_memory_equal(got, want, count * sizeof *got);
}

static void check_level(osl_cpu_level level, uint64_t seed)
{
    if (level > osl_cpu_highest()) {
        print_message("this machine has no %s: not tested\n",
                      osl_cpu_level_name(level));
        return;
    }
    const osl_score_kernels *twin = osl_kernels_get(OSL_CPU_SCALAR)->score;
    const osl_score_kernels *tested = osl_kernels_get(level)->score;
    test_random random = test_random_new(seed);
    uint8_t bytes[OSL_LINES][256];
    for (unsigned line = 0; line < OSL_LINES; line++)
        for (unsigned code = 0; code < 256; code++)
            bytes[line][code] = (uint8_t)test_random_next(&random);
    osl_score_tables_set(&tables, bytes);
    for (unsigned line = 0; line < OSL_LINES; line++)
        for (unsigned code = 0; code < 256; code++)
            assert_true(tables.code[code][line] >= bytes[line][code]);
    for (unsigned i = 0; i < ROUNDS; i++) {
        sample of = random_sample(&random);
        check_bounds(twin, tested, &of);
        check_sums(twin, tested, &random);
        check_adding(twin, tested, &of);
        check_codes(twin, tested, &of);
        check_words(twin, tested, &of);
        check_sparse(twin, tested, &random);
        check_tfs(twin, tested, &of);
        check_gains(twin, tested, &of);
        check_phrase(twin, tested, &random);
    }
}

static void rounding_is_the_same_everywhere(void **state)
{
    static const float some[] = {0,     0.5f,       1.5f,       2.5f,
                                 0.49f, 8388607.5f, 8388609.0f, 4294967040.0f};
    static const uint32_t want[] = {0, 0,       2,       2,
                                    0, 8388608, 8388609, 4294967040};
    (void)state;
    osl_cpu_level most = osl_cpu_highest();
    test_random random = test_random_new(13);
    for (osl_cpu_level level = OSL_CPU_SCALAR; level <= most; level++) {
        const osl_score_kernels *tested = osl_kernels_get(level)->score;
        for (size_t i = 0; i < COUNT_OF(some); i++)
            assert_int_equal(tested->round(some[i]), want[i]);
        for (unsigned i = 0; i < ROUNDS; i++) {
            uint32_t bits = (uint32_t)(test_random_next(&random) % 0x4F800000u);
            float x;
            memcpy(&x, &bits, sizeof x);
            /* Adding 2^52 leaves no room for a fraction. */
            double whole = (double)x + 4503599627370496.0;
            assert_int_equal(tested->round(x),
                             (uint32_t)(whole - 4503599627370496.0));
        }
    }
}

static void avx2_gives_what_scalar_gives(void **state)
{
    (void)state;
    check_level(OSL_CPU_AVX2, 11);
}

static void avx512_gives_what_scalar_gives(void **state)
{
    (void)state;
    check_level(OSL_CPU_AVX512, 12);
}

static void scalar_adds_as_the_formula_says(void **state)
{
    (void)state;
    const osl_score_kernels *scalar = osl_kernels_get(OSL_CPU_SCALAR)->score;
    uint16_t sums[64];
    uint8_t bounds[64 + 2] = {200, 100, 255};
    const osl_word_bounds words[] = {
        {1u << 3 | 1u << 4 | 1u << 5, bounds, 512},
        {1u << 3 | 1u << 5, bounds + 1, 256},
        {1u << 5, bounds + 2, UINT16_MAX},
    };
    assert_int_equal(scalar->bound_sum(sums, words, 3), 65535);
    assert_int_equal(sums[3], 200 * 2 + 1 + 100 + 1);
    assert_int_equal(sums[4], 100 * 2 + 1);
    assert_int_equal(sums[5], 65535);
    assert_int_equal(sums[6], 0);
    scalar->bound_take(sums, 1u << 3 | 1u << 6, bounds, 512);
    assert_int_equal(sums[3], 101 + 1);
    assert_int_equal(sums[6], 0);
    uint16_t starts[64];
    scalar->starts(starts, 1u << 3 | 1u << 5, bounds);
    assert_int_equal(starts[3], 0);
    assert_int_equal(starts[4], 200);
    assert_int_equal(starts[63], 300);
    osl_accumulator acc = {0};
    osl_score_lines lines;
    for (unsigned line = 0; line < OSL_LINES; line++)
        memset(lines.line[line], (int)(line + 1), 64);
    uint64_t planes[5] = {1, 2};
    scalar->dense_add(&acc, 7u << 8, planes, 2, false, &lines, 256);
    assert_int_equal(acc.sum[8], 2);  /* tf 2 */
    assert_int_equal(acc.sum[9], 3);  /* tf 3 */
    assert_int_equal(acc.sum[10], 1); /* tf 1 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_adds_as_the_formula_says),
        cmocka_unit_test(rounding_is_the_same_everywhere),
        cmocka_unit_test(avx2_gives_what_scalar_gives),
        cmocka_unit_test(avx512_gives_what_scalar_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
