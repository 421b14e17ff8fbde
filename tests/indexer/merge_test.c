/* SPDX-License-Identifier: MIT
 *
 * Merged segments against one built of the same living documents: the same
 * bytes, for random documents, splits and deletions, in every way of storing
 * texts and pairs. */
#include "tests/indexer/corpus_made.h"
#include "tests/indexer/level.h"

#include "core/base/file.h"
#include "indexer/deletions.h"
#include "indexer/heap.h"
#include "indexer/merge.h"
#include "tests/indexer/place.h"

#include <unistd.h>

enum { PARTS_MAX = 9 };

typedef struct part {
    uint32_t from, to; /* of the documents */
    char path[64];
    osl_segment *segment;
    osl_buf died;
    osl_deletions *deletions;
} part;

typedef struct world {
    osl_arena arena;
    osl_analyzer *analyzer;
    const osl_kernels *kernels;
    osl_build_options options;
    osl_document *documents;
    bool *live;
    int32_t *lines; /* that each has moved down since its part was built */
    uint32_t count;
    part parts[PARTS_MAX];
    uint32_t part_count;
    char merged[64], fresh[64];
} world;

typedef struct shape {
    const char *name;
    uint32_t documents, ids;
    uint32_t parts;
    uint32_t deaths; /* one document in so many dies; 0: none */
} shape;

static void open_world(world *w)
{
    *w = (world){0};
    w->kernels = level_open(&w->analyzer);
    (void)snprintf(w->merged, sizeof w->merged, "merge_test.%ld.merged",
                   (long)getpid());
    (void)snprintf(w->fresh, sizeof w->fresh, "merge_test.%ld.fresh",
                   (long)getpid());
}

static void close_world(world *w)
{
    osl_analyzer_free(w->analyzer);
    osl_arena_clear(&w->arena);
}

/* Documents, who of them lives, and where the parts begin. */
static void make_documents(world *w, test_random *random, const shape *of)
{
    w->count = of->documents;
    w->documents =
        osl_arena_zero(&w->arena, of->documents, sizeof *w->documents);
    w->live = osl_arena_zero(&w->arena, of->documents, sizeof *w->live);
    w->lines = osl_arena_zero(&w->arena, of->documents, sizeof *w->lines);
    assert_true(w->documents && w->live && w->lines);
    for (uint32_t i = 0; i < w->count; i++)
        w->documents[i] = made_document(random, &w->arena, of->ids);
    for (uint32_t i = 0; i < w->count; i++) {
        w->live[i] = of->deaths == 0 || i == 0 ||
                     test_random_below(random, of->deaths) > 0;
        for (uint32_t j = i + 1; j < w->count && w->live[i]; j++)
            w->live[i] =
                !osl_text_equal(w->documents[i].id, w->documents[j].id);
        w->lines[i] = i > 0 ? w->lines[i - 1] : 0;
        if (test_random_below(random, 4) == 0)
            w->lines[i] = (int32_t)test_random_below(random, 9);
    }
    w->part_count = of->parts;
    for (uint32_t i = 0; i < of->parts; i++) {
        w->parts[i].from = i > 0 ? w->parts[i - 1].to : 0;
        uint32_t left = w->count - w->parts[i].from - (of->parts - i - 1);
        w->parts[i].to =
            i + 1 == of->parts
                ? w->count
                : w->parts[i].from + 1 + test_random_below(random, left);
    }
}

static void build(world *w, const char *path, uint32_t from, uint32_t to,
                  bool only_living)
{
    osl_error err;
    osl_batch batch;
    osl_build_result result;
    osl_batch_init(&batch, w->analyzer, w->options.store != OSL_STORE_NONE);
    for (uint32_t i = from; i < to; i++) {
        bool replaced;
        if (w->live[i] || !only_living)
            assert_ok(osl_batch_add(&batch, &w->documents[i], &replaced, &err));
    }
    assert_ok(osl_build_segment(&batch, path, &w->options, &result, &err));
    osl_batch_clear(&batch);
}

/* Whether a batch with all documents of the part has this one. */
static bool is_in_part(const world *w, const part *p, uint32_t document)
{
    for (uint32_t i = document + 1; i < p->to; i++)
        if (osl_text_equal(w->documents[i].id, w->documents[document].id))
            return false;
    return true;
}

static void delete_dead(world *w, part *p)
{
    osl_error err;
    uint32_t *died = osl_arena_zero(&w->arena, w->count, sizeof *died);
    osl_move *moves = osl_arena_zero(&w->arena, w->count, sizeof *moves);
    osl_deletions_change change = {.documents = died, .moves = moves};
    uint32_t number = 0;
    int32_t lines = 0;
    assert_true(died && moves);
    for (uint32_t i = p->from; i < p->to; i++) {
        if (!is_in_part(w, p, i))
            continue;
        if (!w->live[i])
            died[change.count++] = number;
        else if (w->lines[i] != lines)
            moves[change.move_count++] = (osl_move){number, w->lines[i]};
        if (w->live[i])
            lines = w->lines[i];
        number++;
    }
    p->deletions = NULL;
    p->died = (osl_buf){0};
    if (change.count == 0 && change.move_count == 0)
        return;
    assert_ok(
        osl_deletions_build(&p->died, p->segment, &change, w->analyzer, &err));
    assert_ok(osl_deletions_open_memory(&p->deletions, osl_buf_text(&p->died),
                                        "deletions", p->segment, &err));
}

static void make_parts(world *w)
{
    osl_error err;
    for (uint32_t i = 0; i < w->part_count; i++) {
        part *p = &w->parts[i];
        (void)snprintf(p->path, sizeof p->path, "merge_test.%ld.%u",
                       (long)getpid(), i);
        build(w, p->path, p->from, p->to, false);
        assert_ok(osl_segment_open(&p->segment, p->path, w->kernels, &err));
        delete_dead(w, p);
    }
}

/* As a source says it now. */
static void move_documents(world *w)
{
    for (uint32_t i = 0; i < w->count; i++) {
        const osl_document *document = &w->documents[i];
        for (size_t n = 0; n < document->paragraph_count; n++) {
            /* The arena's, and no one else's. */
            osl_paragraph *paragraph =
                (osl_paragraph *)&document->paragraphs[n];
            if (paragraph->line > 0)
                paragraph->line += (uint32_t)w->lines[i];
        }
    }
}

static void clear_parts(world *w)
{
    for (uint32_t i = 0; i < w->part_count; i++) {
        part *p = &w->parts[i];
        osl_deletions_close(p->deletions);
        osl_segment_free(p->segment);
        osl_buf_clear(&p->died);
        assert_int_equal(unlink(p->path), 0);
    }
}

static osl_status merge_parts(const world *w, uint32_t from, uint32_t to,
                              const char *path, osl_error *err)
{
    osl_merge_input inputs[PARTS_MAX];
    osl_build_result result;
    for (uint32_t i = from; i < to; i++)
        inputs[i - from] =
            (osl_merge_input){w->parts[i].segment, w->parts[i].deletions};
    return osl_merge_segments(inputs, to - from, path, &w->options, &result,
                              err);
}

static const char *section_at(const osl_map *map, size_t at)
{
    const uint8_t *footer = map->bytes + map->length - 64;
    const uint8_t *table = map->bytes + osl_get64(footer);
    static char name[64];
    for (uint32_t i = 0; i < osl_get32(footer + 8); i++) {
        uint64_t from = osl_get64(table + (size_t)i * 32 + 8);
        uint64_t length = osl_get64(table + (size_t)i * 32 + 16);
        if (at < from || at >= from + length)
            continue;
        (void)snprintf(name, sizeof name, "section %u at %zu of %zu",
                       osl_get32(table + (size_t)i * 32), (size_t)(at - from),
                       (size_t)length);
        return name;
    }
    return "no section";
}

static void check_same(const world *w, const char *name)
{
    osl_error err;
    osl_map a, b;
    size_t at = 0;
    assert_ok(osl_map_open(&a, w->merged, &err));
    assert_ok(osl_map_open(&b, w->fresh, &err));
    while (at < a.length && at < b.length && a.bytes[at] == b.bytes[at])
        at++;
    if (at < a.length || at < b.length)
        fail_msg("%s, store %d, pairs %d: %zu bytes where %zu are right, "
                 "others from %zu on: %s",
                 name, (int)w->options.store, (int)w->options.pairs, a.length,
                 b.length, at,
                 at < b.length ? section_at(&b, at) : "behind the end");
    osl_map_close(&a);
    osl_map_close(&b);
}

static void compare(world *w, test_random *random, const shape *of,
                    osl_store store, osl_pairs pairs)
{
    osl_error err;
    w->options = (osl_build_options){
        .kernels = w->kernels,
        .fingerprint = osl_analyzer_fingerprint(w->analyzer),
        .store = store,
        .pairs = pairs,
    };
    make_documents(w, random, of);
    make_parts(w);
    move_documents(w);
    build(w, w->fresh, 0, w->count, true);
    assert_ok(merge_parts(w, 0, w->part_count, w->merged, &err));
    check_same(w, of->name);
    clear_parts(w);
    assert_int_equal(unlink(w->merged), 0);
    assert_int_equal(unlink(w->fresh), 0);
    osl_arena_reset(&w->arena);
}

static void a_merge_gives_the_bytes_of_a_fresh_build(void **state)
{
    (void)state;
    static const shape shapes[] = {
        {"one part", 20, 100, 1, 0},
        {"one part, a third dead", 30, 100, 1, 3},
        {"two parts", 20, 1000, 2, 0},
        {"ids again", 60, 30, 4, 0},
        {"deaths", 60, 1000, 3, 3},
        {"deaths and ids again", 60, 40, 6, 4},
        {"nearly all dead", 40, 1000, 3, 20},
        {"many parts of few", 18, 100, 9, 5},
    };
    test_random random = test_random_new(31);
    world w;
    open_world(&w);
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        for (int store = 0; store < 3; store++)
            for (int pairs = 0; pairs < 3; pairs++)
                compare(&w, &random, &shapes[i], (osl_store)store,
                        (osl_pairs)pairs);
    close_world(&w);
}

/* More than a chunk of paragraphs: terms are frequent in the whole that were
 * rare in the parts. */
static void a_large_merge_gives_the_bytes_of_a_fresh_build(void **state)
{
    (void)state;
    static const shape of = {"many", 1500, 1000000, 3, 4};
    test_random random = test_random_new(32);
    world w;
    open_world(&w);
    for (int store = 0; store < 3; store++)
        compare(&w, &random, &of, (osl_store)store,
                store == 1 ? OSL_PAIRS_MORE : OSL_PAIRS_DEFAULT);
    close_world(&w);
}

static void merges_of_merges_are_the_merge_of_all(void **state)
{
    (void)state;
    static const shape of = {"two steps", 80, 60, 5, 4};
    test_random random = test_random_new(33);
    world w;
    osl_error err;
    char middle[80];
    open_world(&w);
    (void)snprintf(middle, sizeof middle, "%s.middle", w.merged);
    for (int round = 0; round < 3; round++) {
        osl_segment *segment;
        osl_build_result result;
        w.options = (osl_build_options){
            .kernels = w.kernels,
            .fingerprint = osl_analyzer_fingerprint(w.analyzer),
            .store = (osl_store)round,
        };
        make_documents(&w, &random, &of);
        make_parts(&w);
        move_documents(&w);
        build(&w, w.fresh, 0, w.count, true);
        assert_ok(merge_parts(&w, 1, 4, middle, &err));
        assert_ok(osl_segment_open(&segment, middle, w.kernels, &err));
        const osl_merge_input inputs[] = {
            {w.parts[0].segment, w.parts[0].deletions},
            {segment, NULL},
            {w.parts[4].segment, w.parts[4].deletions}};
        assert_ok(
            osl_merge_segments(inputs, 3, w.merged, &w.options, &result, &err));
        check_same(&w, of.name);
        osl_segment_free(segment);
        clear_parts(&w);
        assert_int_equal(unlink(middle), 0);
        assert_int_equal(unlink(w.merged), 0);
        assert_int_equal(unlink(w.fresh), 0);
    }
    close_world(&w);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const shape of = {"refused", 10, 1000, 2, 0};
    test_random random = test_random_new(34);
    world w;
    osl_error err;
    open_world(&w);
    w.options = (osl_build_options){
        .kernels = w.kernels,
        .fingerprint = osl_analyzer_fingerprint(w.analyzer),
    };
    make_documents(&w, &random, &of);
    make_parts(&w);
    assert_int_equal(merge_parts(&w, 0, 0, w.merged, &err), OSL_EINVAL);
    w.options.fingerprint++;
    assert_int_equal(merge_parts(&w, 0, 2, w.merged, &err), OSL_EINVAL);
    w.options.fingerprint--;
    w.options.store = OSL_STORE_NONE;
    assert_int_equal(merge_parts(&w, 0, 2, w.merged, &err), OSL_EINVAL);
    assert_int_equal(access(w.merged, F_OK), -1);
    clear_parts(&w);
    close_world(&w);
}

/* ---- the heap ----------------------------------------------------------- */

static int compare_numbers(const void *user, uint32_t a, uint32_t b)
{
    const uint32_t *numbers = user;
    return numbers[a] < numbers[b] ? -1 : numbers[a] > numbers[b];
}

static void a_heap_gives_the_least_first(void **state)
{
    (void)state;
    test_random random = test_random_new(35);
    for (int round = 0; round < 200; round++) {
        uint32_t numbers[50], room[50], count = test_random_below(&random, 51);
        osl_heap heap = {
            .at = room, .compare = compare_numbers, .user = numbers};
        for (uint32_t i = 0; i < count; i++) {
            numbers[i] = test_random_below(&random, 20);
            osl_heap_push(&heap, i);
        }
        uint32_t last = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t next = osl_heap_pop(&heap);
            if (i > 0) {
                int order = compare_numbers(numbers, last, next);
                assert_true(order < 0 || (order == 0 && last < next));
            }
            last = next;
        }
        assert_int_equal(heap.count, 0);
    }
}

/* What a failed test leaves behind goes away with the folder. */
static int enter_place(void **state)
{
    static place made;
    made = place_make();
    *state = &made;
    return chdir(made.path);
}

static int leave_place(void **state)
{
    place_remove(*state);
    return chdir("/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_merge_gives_the_bytes_of_a_fresh_build),
        cmocka_unit_test(a_large_merge_gives_the_bytes_of_a_fresh_build),
        cmocka_unit_test(merges_of_merges_are_the_merge_of_all),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_heap_gives_the_least_first),
    };
    return cmocka_run_group_tests(tests, enter_place, leave_place);
}
