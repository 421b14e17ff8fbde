/* SPDX-License-Identifier: MIT
 *
 * An update in which the N-th allocation fails, for N after N: it says that
 * memory is out, nothing leaks (the leak checker sees to it), no temporary
 * file stays, and the index is the old generation or the new one, whole. */
#include "tests/faults/failing_memory.h"
#include "tests/indexer/place.h"

#include "core/segment/index.h"
#include "indexer/indexer.h"

static osl_status update(const place *at, osl_error *err)
{
    const osl_index_options options = {.thread_count = 2, .reorder = true};
    osl_index_report report;
    const char *paths[] = {place_name(at, "tree")};
    return osl_index_update(place_name(at, "index"), paths, 1, &options, NULL,
                            &report, err);
}

/* The generation that opens; every text of it can be read. */
static uint64_t generation_of(const place *at)
{
    osl_error err;
    osl_index *index = NULL;
    osl_buf text = {0};
    assert_ok(osl_index_open(&index, place_name(at, "index"), 0,
                             osl_kernels_get(OSL_CPU_SCALAR), &err));
    assert_null(osl_index_note(index));
    uint64_t generation = osl_index_get_info(index)->generation;
    const osl_segment *segment = osl_index_segment(index, 0);
    uint32_t count = osl_segment_get_info(segment)->paragraph_count;
    for (uint32_t i = 0; i < count; i++)
        assert_ok(osl_segment_text(segment, i, &text, &err));
    osl_buf_clear(&text);
    osl_index_free(index);
    return generation;
}

static void put_version(const place *at, unsigned version)
{
    char text[256];
    (void)snprintf(text, sizeof text,
                   "{\"id\":\"1\",\"text\":\"BCR-ABL1 relapse, version w%u\"}\n"
                   "{\"id\":\"2\",\"text\":\"stem cell transplant (SCT)\"}\n",
                   version);
    place_put(at, "tree/a.jsonl", text);
    place_put(at, "tree/b.md", "# Care\n\nOxygen is given [3].\n\n- warm\n");
}

/* Every N at first, then wider and wider apart. */
static uint64_t next_fault(uint64_t n)
{
    return n < 1000 ? n + 1 : n + 1 + n / 60;
}

static void an_update_without_memory_leaves_one_whole_generation(void **state)
{
    (void)state;
    osl_error err;
    place at = place_make();
    unsigned version = 0, faults = 0;
    uint64_t of_update = 0;
    put_version(&at, version++);
    assert_ok(update(&at, &err));
    uint64_t generation = generation_of(&at);
    for (uint64_t n = 1;; n = next_fault(n)) {
        put_version(&at, version++);
        failing_calls = 0;
        failing_countdown = n;
        osl_status status = update(&at, &err);
        bool failed = failing_countdown == 0;
        failing_countdown = 0;
        of_update = failing_calls;
        if (status != OSL_OK && status != OSL_ENOMEM)
            fail_msg("allocation %llu: status %d (%s)", (unsigned long long)n,
                     (int)status, err.text);
        uint64_t now = generation_of(&at);
        if (now != generation + (status == OSL_OK) && now != generation + 1)
            fail_msg("allocation %llu: generation %llu", (unsigned long long)n,
                     (unsigned long long)now);
        generation = now;
        faults += failed;
        if (!failed)
            break;
    }
    print_message("%u allocations of %llu made to fail\n", faults,
                  (unsigned long long)of_update);
    assert_true(faults > 100);
    assert_ok(update(&at, &err));
    assert_int_equal(place_count(&at, "index", ".tmp"), 0);
    place_remove(&at);
}

static void a_first_update_without_memory_leaves_no_folder(void **state)
{
    (void)state;
    osl_error err;
    place at = place_make();
    put_version(&at, 0);
    for (uint64_t n = 1; n < 60; n += 7) {
        failing_countdown = n;
        assert_int_equal(update(&at, &err), OSL_ENOMEM);
        failing_countdown = 0;
        assert_int_equal(access(place_name(&at, "index/manifest"), F_OK), -1);
    }
    assert_ok(update(&at, &err));
    assert_int_equal(generation_of(&at), 1);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_without_memory_leaves_one_whole_generation),
        cmocka_unit_test(a_first_update_without_memory_leaves_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
