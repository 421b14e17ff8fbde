/* SPDX-License-Identifier: MIT */
#include "tests/faults/world.h"

#include <xxhash.h>

/* One of a dozen changes from version to version: their segment stays, with one
 * more that is dead in it. */
static void put_elders(const place *at, unsigned version)
{
    enum { ELDERS = 12 };
    char text[128 * ELDERS];
    size_t length = 0;
    for (unsigned i = 0; i < ELDERS; i++) {
        unsigned since = version < i ? 0 : version - (version - i) % ELDERS;
        int more = snprintf(
            text + length, sizeof text - length,
            "{\"id\":\"e%u\",\"text\":\"relapse of old, as of w%u\"}\n", i,
            since);
        assert_true(more > 0);
        length += (size_t)more;
    }
    place_put(at, "tree/e.jsonl", text);
}

void world_put(const place *at, unsigned version)
{
    put_elders(at, version);
    char text[1024];
    char name[64];
    (void)snprintf(
        text, sizeof text,
        "{\"id\":\"1\",\"text\":\"BCR-ABL1 relapse, version w%u\"}\n"
        "{\"id\":\"2\",\"text\":\"stem cell transplant (SCT) at relapse\"}\n"
        "{\"id\":\"n%u\",\"text\":\"a new record of w%u\"}\n",
        version, version, version);
    place_put(at, "tree/a.jsonl", text);
    (void)snprintf(text, sizeof text,
                   "# Care\n\nOxygen is given [3] as of w%u.\n\n- warm\n\n"
                   "This paragraph on relapse stays.\n",
                   version);
    place_put(at, "tree/b.md", text);
    (void)snprintf(name, sizeof name, "tree/c%u.md", version % 3);
    (void)snprintf(text, sizeof text,
                   "# Chapter\n\nThis file came with w%u, on relapse.\n",
                   version);
    place_put(at, name, text);
    (void)snprintf(name, sizeof name, "tree/c%u.md", (version + 1) % 3);
    (void)unlink(place_name(at, name));
    place_put(at, "tree/d.md", "# Same\n\nNothing of relapse changes here.\n");
}

osl_status world_update(const place *at, osl_index_report *report,
                        osl_error *err)
{
    const osl_index_options options = {.thread_count = 1};
    char tree[512], index[512];
    /* Listeners use place_name() meanwhile. */
    (void)snprintf(tree, sizeof tree, "%s/tree", at->path);
    (void)snprintf(index, sizeof index, "%s/index", at->path);
    const char *paths[] = {tree};
    return osl_index_update(index, paths, 1, &options, NULL, report, err);
}

void world_settle(const place *at)
{
    osl_error err;
    osl_index_report report;
    assert_ok(world_update(at, &report, &err));
    assert_int_equal(place_count(at, "index", ".tmp"), 0);
}

/* ---- questions ---------------------------------------------------------- */

static osl_status ask_one(const osl_searcher *searcher, const char *query,
                          XXH3_state_t *state, osl_error *err)
{
    osl_answer *answer = NULL;
    osl_search_options options = osl_search_defaults;
    options.k = 50;
    osl_status status =
        osl_search(searcher, osl_text_of(query), &options, &answer, err);
    if (status != OSL_OK)
        return status;
    uint64_t count = osl_answer_count(answer);
    (void)XXH3_64bits_update(state, &count, sizeof count);
    for (size_t i = 0;; i++) {
        const osl_hit *hit = osl_answer_hit(answer, i);
        if (!hit)
            break;
        (void)XXH3_64bits_update(state, hit->id.bytes, hit->id.length);
        (void)XXH3_64bits_update(state, &hit->score, sizeof hit->score);
        (void)XXH3_64bits_update(state, hit->text.bytes, hit->text.length);
    }
    osl_answer_free(answer);
    return OSL_OK;
}

bool world_ask_searcher(const osl_searcher *searcher, world_answers *out,
                        osl_error *err)
{
    static const char *const queries[] = {
        "relapse",      "\"stem cell\"", "SCT",         "w*",
        "oxygen -warm", "chapter",       "=relapse w*", "nothing changes",
    };
    osl_searcher_info info;
    XXH3_state_t *state = XXH3_createState();
    assert_non_null(state);
    (void)XXH3_64bits_reset(state);
    osl_status status = osl_searcher_get_info(searcher, &info, err);
    for (size_t i = 0; i < COUNT_OF(queries) && status == OSL_OK; i++)
        status = ask_one(searcher, queries[i], state, err);
    if (status == OSL_OK) {
        const char *note = osl_searcher_note(searcher);
        *out = (world_answers){.generation = info.generation,
                               .hash = XXH3_64bits_digest(state)};
        (void)snprintf(out->note, sizeof out->note, "%s", note ? note : "");
    }
    (void)XXH3_freeState(state);
    return status == OSL_OK;
}

bool world_try(const char *index, uint64_t generation, world_answers *out,
               osl_error *err)
{
    osl_searcher *searcher = NULL;
    bool good =
        osl_searcher_open(&searcher, index, generation, err) == OSL_OK &&
        world_ask_searcher(searcher, out, err);
    osl_searcher_free(searcher);
    return good;
}

world_answers world_ask(const char *index, const char *where)
{
    osl_error err;
    world_answers answers = {0};
    if (!world_try(index, 0, &answers, &err))
        fail_msg("%s: %s", where, err.text);
    return answers;
}

world_answers world_build_anew(const place *at)
{
    const osl_index_options options = {.thread_count = 1, .full = true};
    osl_error err;
    osl_index_report report;
    char tree[512], index[512];
    (void)snprintf(tree, sizeof tree, "%s/tree", at->path);
    (void)snprintf(index, sizeof index, "%s/anew", at->path);
    const char *paths[] = {tree};
    assert_ok(osl_index_update(index, paths, 1, &options, NULL, &report, &err));
    return world_ask(index, "a fresh build");
}

/* ---- check -------------------------------------------------------------- */

static void complain(void *user, const osl_damage *damage)
{
    (void)user;
    print_error("%s: %s: %s\n", damage->file, damage->section, damage->what);
}

void world_check(const char *index, const char *where)
{
    osl_error err;
    osl_check_report report;
    const osl_check_watcher watcher = {.damaged = complain};
    if (osl_index_check(index, &watcher, &report, &err) != OSL_OK)
        fail_msg("%s: %s", where, err.text);
    if (report.damages)
        fail_msg("%s: check finds damage", where);
}
