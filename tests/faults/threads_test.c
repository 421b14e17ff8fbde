/* SPDX-License-Identifier: MIT
 *
 * Threads that search while another publishes, in one process: each keeps a
 * searcher of its own, asks, refreshes, asks; two share one. No lock stands
 * between them and the writer. ThreadSanitizer runs this, too. */
#include "tests/faults/world.h"

#include <pthread.h>
#include <stdatomic.h>

enum { GENERATIONS = 12, NUMBERS = 24, READERS = 3 };

typedef struct stage {
    char index[512];
    osl_searcher *common;
    _Atomic bool end, wrong;
    _Atomic uint64_t answers;
    _Atomic uint64_t hashes[NUMBERS];
} stage;

static bool ask(stage *s, const osl_searcher *searcher)
{
    osl_error err;
    world_answers got;
    uint64_t none = 0;
    if (!world_ask_searcher(searcher, &got, &err) || got.note[0] ||
        got.generation >= NUMBERS)
        return false;
    atomic_fetch_add(&s->answers, 1);
    return atomic_compare_exchange_strong(&s->hashes[got.generation], &none,
                                          got.hash) ||
           none == got.hash;
}

static bool refresh(osl_searcher **searcher)
{
    osl_error err;
    osl_searcher *newer = NULL;
    if (osl_searcher_refresh(&newer, *searcher, &err) != OSL_OK)
        return false;
    if (newer) {
        osl_searcher_free(*searcher);
        *searcher = newer;
    }
    return true;
}

static void *read_on(void *user)
{
    stage *s = user;
    osl_error err;
    osl_searcher *own = NULL;
    bool good = osl_searcher_open(&own, s->index, 0, &err) == OSL_OK;
    while (good && !atomic_load(&s->end))
        good = ask(s, own) && ask(s, s->common) && refresh(&own);
    osl_searcher_free(own);
    if (!good)
        atomic_store(&s->wrong, true);
    return NULL;
}

static void threads_search_while_another_publishes(void **state)
{
    (void)state;
    static stage s;
    pthread_t readers[READERS];
    osl_error err;
    place at = place_make();
    (void)snprintf(s.index, sizeof s.index, "%s", place_name(&at, "index"));
    world_put(&at, 0);
    world_settle(&at);
    assert_ok(osl_searcher_open(&s.common, s.index, 0, &err));
    for (unsigned i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &s), 0);
    for (unsigned version = 1; version < GENERATIONS; version++) {
        world_put(&at, version);
        world_settle(&at);
    }
    atomic_store(&s.end, true);
    for (unsigned i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    assert_false(s.wrong);
    assert_true(s.answers > READERS);
    osl_searcher_free(s.common);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_search_while_another_publishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
