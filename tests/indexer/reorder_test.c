/* SPDX-License-Identifier: MIT
 *
 * The order of documents by bisection: what its definition says, done in the
 * plainest way, gives the same; topics that were mixed come apart; and an
 * index in that order has the same bytes however it was made. */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "indexer/bisect.h"
#include "indexer/indexer.h"
#include "tests/indexer/place.h"

#include <math.h>

enum { DOCUMENTS_MAX = 700, TERMS = 90, LIST_MAX = 14 };

/* Documents of several topics, mixed. */
typedef struct made {
    uint32_t starts[DOCUMENTS_MAX + 1], terms[DOCUMENTS_MAX * LIST_MAX];
    osl_bisect_lists lists;
} made;

static void make_lists(made *to, test_random *random, uint32_t documents,
                       uint32_t topics)
{
    uint32_t end = 0;
    for (uint32_t i = 0; i < documents; i++) {
        bool has[TERMS] = {false};
        uint32_t topic = test_random_below(random, topics);
        to->starts[i] = end;
        for (uint32_t n = test_random_below(random, LIST_MAX); n > 0; n--) {
            uint32_t width = TERMS / topics;
            uint32_t term =
                test_random_below(random, 4) == 0
                    ? test_random_below(random, TERMS)
                    : topic * width + test_random_below(random, width);
            if (!has[term])
                to->terms[end++] = term;
            has[term] = true;
        }
    }
    to->starts[documents] = end;
    to->lists = (osl_bisect_lists){to->starts, to->terms, documents, TERMS,
                                   documents % 2 ? 1 : 16};
}

/* ---- the twin ----------------------------------------------------------- */

static int64_t twin_cost(uint32_t size, uint32_t degree)
{
    return (int64_t)degree *
           ((int64_t)osl_bisect_log2(size) - osl_bisect_log2(degree + 1));
}

/* Documents of a half (by `is_right`) that have a term. */
static uint32_t twin_degree(const made *of, const uint32_t *order,
                            const bool *is_right, uint32_t count, bool right,
                            uint32_t term)
{
    uint32_t degree = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t n = of->starts[order[i]]; n < of->starts[order[i] + 1];
             n++)
            degree += is_right[i] == right && of->terms[n] == term;
    return degree;
}

typedef struct wish {
    int64_t left; /* how much it wants to be there */
    bool is_right;
    uint32_t place;
} wish;

static int by_wish(const void *a, const void *b)
{
    const wish *one = a, *two = b;
    if (one->left != two->left)
        return one->left > two->left ? -1 : 1;
    if (one->is_right != two->is_right)
        return one->is_right ? 1 : -1;
    return one->place < two->place ? -1 : 1;
}

static int64_t twin_wish(const made *of, int64_t gains[TERMS][2],
                         uint32_t document, bool is_right)
{
    int64_t sum = 0;
    for (uint32_t n = of->starts[document]; n < of->starts[document + 1]; n++)
        sum += gains[of->terms[n]][is_right];
    return is_right ? sum : -sum;
}

static uint32_t twin_round(const made *of, const uint32_t *order,
                           bool *is_right, uint32_t count)
{
    uint32_t sizes[2] = {count / 2, count - count / 2}, moved = 0;
    int64_t gains[TERMS][2];
    wish wishes[DOCUMENTS_MAX];
    for (uint32_t term = 0; term < TERMS; term++) {
        uint32_t degrees[2];
        for (unsigned side = 0; side < 2; side++)
            degrees[side] = twin_degree(of, order, is_right, count, side, term);
        for (unsigned from = 0; from < 2; from++) {
            unsigned to = 1 - from;
            int64_t saved = 0;
            if (degrees[from] > 0 && degrees[0] + degrees[1] > 1)
                saved = twin_cost(sizes[from], degrees[from]) +
                        twin_cost(sizes[to], degrees[to]) -
                        twin_cost(sizes[from], degrees[from] - 1) -
                        twin_cost(sizes[to], degrees[to] + 1);
            gains[term][from] = saved / 256;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        wishes[i] =
            (wish){twin_wish(of, gains, order[i], is_right[i]), is_right[i], i};
    qsort(wishes, count, sizeof *wishes, by_wish);
    for (uint32_t i = 0; i < count; i++) {
        moved += is_right[wishes[i].place] != (i >= sizes[0]);
        is_right[wishes[i].place] = i >= sizes[0];
    }
    return moved;
}

static void twin_bisect(const made *of, uint32_t *order, uint32_t count)
{
    bool is_right[DOCUMENTS_MAX];
    uint32_t copy[DOCUMENTS_MAX], end = 0, moved = count;
    if (count <= of->lists.leaf)
        return;
    for (uint32_t i = 0; i < count; i++)
        is_right[i] = i >= count / 2;
    for (unsigned round = 0; round < OSL_BISECT_ROUNDS && moved >= count / 50;
         round++)
        moved = twin_round(of, order, is_right, count);
    memcpy(copy, order, count * sizeof *copy);
    for (unsigned side = 0; side < 2; side++)
        for (uint32_t i = 0; i < count; i++)
            if (is_right[i] == side)
                order[end++] = copy[i];
    twin_bisect(of, order, count / 2);
    twin_bisect(of, order + count / 2, count - count / 2);
}

static void bisection_is_what_its_definition_says(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 1, 16, 17, 33, 64, 100, 250};
    static made of;
    test_random random = {11};
    for (size_t i = 0; i < 3 * COUNT_OF(counts); i++) {
        uint32_t count = counts[i % COUNT_OF(counts)];
        uint32_t got[DOCUMENTS_MAX], want[DOCUMENTS_MAX];
        osl_error err;
        make_lists(&of, &random, count, 1 + (uint32_t)i / 4);
        for (uint32_t n = 0; n < count; n++)
            want[n] = n;
        twin_bisect(&of, want, count);
        assert_ok(osl_bisect(&of.lists, got, &err));
        if (memcmp(got, want, count * sizeof *got) != 0)
            fail_msg("case %zu, %u documents", i, count);
    }
}

static void logarithms_are_those_of_the_c_library(void **state)
{
    (void)state;
    for (uint32_t value = 1; value < 4000000000u; value += value / 977 + 1)
        assert_true(fabs(osl_bisect_log2(value) / 65536.0 - log2(value)) <
                    1.0 / 32768);
}

/* ---- what it is for ----------------------------------------------------- */

/* Places of 64 documents that have a term, over all terms. */
static uint32_t ranges_of(const made *of, const uint32_t *order)
{
    uint32_t count = 0;
    uint32_t last[TERMS] = {0};
    for (uint32_t i = 0; i < of->lists.document_count; i++)
        for (uint32_t n = of->starts[order[i]]; n < of->starts[order[i] + 1];
             n++) {
            count += last[of->terms[n]] != i / 64 + 1;
            last[of->terms[n]] = i / 64 + 1;
        }
    return count;
}

static void mixed_topics_come_apart(void **state)
{
    (void)state;
    static made of;
    test_random random = {3};
    uint32_t order[DOCUMENTS_MAX], seen[DOCUMENTS_MAX] = {0};
    osl_error err;
    make_lists(&of, &random, DOCUMENTS_MAX, 10);
    for (uint32_t i = 0; i < DOCUMENTS_MAX; i++)
        order[i] = i;
    uint32_t before = ranges_of(&of, order);
    assert_ok(osl_bisect(&of.lists, order, &err));
    uint32_t after = ranges_of(&of, order);
    print_message("%u ranges, then %u\n", before, after);
    assert_true(after < before * 4 / 5);
    for (uint32_t i = 0; i < DOCUMENTS_MAX; i++)
        assert_int_equal(seen[order[i]]++, 0);
}

/* ---- an index ----------------------------------------------------------- */

/* Records of topics in turn, some that come again, some of two paragraphs. */
static void put_records(const place *at, uint32_t count)
{
    osl_buf text = {0};
    test_random random = {5};
    for (uint32_t i = 0; i < count; i++) {
        osl_buf_printf(&text, "{\"id\":\"r%u\",\"title\":\"Number %u\",",
                       i % (count - 100), i);
        osl_buf_printf(&text, "\"sections\":[{\"heading\":\"Part\","
                              "\"paragraphs\":[\"ALL of (ALL)");
        for (uint32_t n = 0; n < 20; n++) {
            if (n == 15 && i % 5 == 0)
                osl_buf_printf(&text, "\",\"more; [12] BCR-ABL1");
            osl_buf_printf(&text, " w%u",
                           i % 10 * 30 + test_random_below(&random, 30));
        }
        osl_buf_printf(&text, "\"]}]}\n");
    }
    assert_false(text.failed);
    place_put_bytes(at, "records.jsonl", text.bytes, text.length);
    osl_buf_clear(&text);
}

static osl_index_report make_index(const place *at, const char *name,
                                   const osl_index_options *options)
{
    osl_error err;
    osl_index_report report;
    const char *const paths[] = {place_name(at, "records.jsonl")};
    assert_ok(osl_index_update(place_name(at, name), paths, 1, options, NULL,
                               &report, &err));
    return report;
}

static bool same_segment(const place *at, const char *left, const char *right)
{
    char names[2][64];
    osl_map maps[2];
    osl_error err;
    (void)snprintf(names[0], sizeof names[0], "%s/000001.seg", left);
    (void)snprintf(names[1], sizeof names[1], "%s/000001.seg", right);
    for (unsigned i = 0; i < 2; i++)
        assert_ok(osl_map_open(&maps[i], place_name(at, names[i]), &err));
    bool same = maps[0].length == maps[1].length &&
                memcmp(maps[0].bytes, maps[1].bytes, maps[0].length) == 0;
    for (unsigned i = 0; i < 2; i++)
        osl_map_close(&maps[i]);
    return same;
}

static void the_order_is_the_same_however_it_was_made(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_check_report checked;
    put_records(&at, 900);
    assert_false(make_index(&at, "plain", &(osl_index_options){0}).reordered);
    for (unsigned threads = 1; threads <= 3; threads++) {
        char name[16];
        (void)snprintf(name, sizeof name, "by-%u", threads);
        const osl_index_options options = {
            .reorder = true,
            .thread_count = threads,
            .memory_bytes = threads == 2 ? (uint64_t)256 << 20 : 0};
        assert_true(make_index(&at, name, &options).reordered);
        assert_true(same_segment(&at, "by-1", name));
        assert_false(same_segment(&at, "plain", name));
        assert_ok(osl_index_check(place_name(&at, name), NULL, &checked, &err));
        assert_int_equal(checked.damages, 0);
    }
    place_remove(&at);
}

static void what_does_not_fit_a_batch_stays_as_it_comes(void **state)
{
    (void)state;
    place at = place_make();
    put_records(&at, 4000);
    osl_index_options options = {.memory_bytes = 1 << 20};
    (void)make_index(&at, "plain", &options);
    options.reorder = true;
    assert_false(make_index(&at, "bound", &options).reordered);
    assert_true(same_segment(&at, "plain", "bound"));
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bisection_is_what_its_definition_says),
        cmocka_unit_test(logarithms_are_those_of_the_c_library),
        cmocka_unit_test(mixed_topics_come_apart),
        cmocka_unit_test(the_order_is_the_same_however_it_was_made),
        cmocka_unit_test(what_does_not_fit_a_batch_stays_as_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
