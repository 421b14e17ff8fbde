/* SPDX-License-Identifier: MIT
 *
 * Looking where events say so finds what looking at everything finds. A tree is
 * changed at random (files and folders come, change, go, move in, out and
 * about, have several names, are links, may not be read); then it is followed
 * by its events, and looked at whole by a twin, and now and then all is built
 * anew: each has the same documents from the same sources.
 *
 * OSLER_TEST_SEQUENCES=n makes n trees instead of 8, from OSL_SEED on. */
#include "tests/indexer/place.h"

#include "core/base/buf.h"
#include "core/segment/manifest.h"
#include "core/segment/registry.h"
#include "indexer/events.h"
#include "indexer/known.h"
#include "indexer/update.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum { STEPS = 40, PATH_BYTES = 512 };

/* ---- documents of an index ---------------------------------------------- */

typedef struct lines {
    char **at;
    size_t count, capacity;
} lines;

static void add_line(lines *to, char *line)
{
    assert_non_null(line);
    assert_true(
        osl_grow(&to->at, &to->capacity, to->count + 1, sizeof *to->at));
    to->at[to->count++] = line;
}

static int compare_lines(const void *left, const void *right)
{
    char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static void clear_lines(lines *of)
{
    for (size_t i = 0; i < of->count; i++)
        free(of->at[i]);
    free(of->at);
    *of = (lines){0};
}

static const osl_registry_source *source_of(const osl_registry *registry,
                                            uint32_t number)
{
    for (size_t i = 0; i < registry->source_count; i++)
        if (registry->sources[i].number == number)
            return &registry->sources[i];
    fail_msg("source %u is not in the registry", number);
    return NULL;
}

static osl_registry read_registry(const place *at, const char *index,
                                  osl_arena *arena)
{
    osl_error err;
    char path[600];
    osl_manifest manifest;
    osl_registry registry;
    (void)snprintf(path, sizeof path, "%s/manifest", place_name(at, index));
    assert_ok(osl_manifest_read(&manifest, path, arena, &err));
    (void)snprintf(path, sizeof path, "%s/%.*s", place_name(at, index),
                   (int)manifest.registry.length, manifest.registry.bytes);
    assert_ok(osl_registry_read(&registry, path, arena, &err));
    return registry;
}

static void list_segment(lines *out, const osl_known *known, uint32_t s,
                         const osl_registry *registry)
{
    osl_error err;
    for (uint32_t i = 0; i < known->segments[s].document_count; i++) {
        const osl_place document = {s, i};
        osl_text id;
        char *line = malloc(1024);
        if (*osl_known_fate(known, document) == OSL_FATE_GONE) {
            free(line);
            continue;
        }
        assert_ok(osl_known_id(known, document, &id, &err));
        osl_text name =
            source_of(registry, osl_known_source(known, document))->name;
        assert_non_null(line);
        (void)snprintf(
            line, 1024, "%.*s %016llx line %u of %.*s", (int)id.length,
            id.bytes,
            (unsigned long long)osl_catalog_hash(
                &known->segments[document.segment].catalog, document.document),
            osl_known_line(known, document), (int)name.length, name.bytes);
        add_line(out, line);
    }
}

/* All documents of an index, sorted. */
static lines list_documents(const place *at, const char *name)
{
    osl_error err;
    osl_arena arena = {0};
    osl_index *index = NULL;
    osl_known known = {0};
    lines out = {0};
    osl_registry registry = read_registry(at, name, &arena);
    assert_ok(osl_index_open(&index, place_name(at, name), 0,
                             osl_kernels_get(OSL_CPU_SCALAR), &err));
    assert_ok(osl_known_open(&known, index, &err));
    for (uint32_t s = 0; s < known.segment_count; s++)
        list_segment(&out, &known, s, &registry);
    osl_known_clear(&known);
    osl_index_free(index);
    osl_arena_clear(&arena);
    if (out.count > 0)
        qsort(out.at, out.count, sizeof *out.at, compare_lines);
    return out;
}

static void compare_indexes(const place *at, const char *other,
                            const char *after)
{
    lines followed = list_documents(at, "index");
    lines expected = list_documents(at, other);
    for (size_t i = 0; i < followed.count || i < expected.count; i++) {
        const char *a = i < followed.count ? followed.at[i] : "(nothing)";
        const char *b = i < expected.count ? expected.at[i] : "(nothing)";
        if (strcmp(a, b) != 0)
            fail_msg("%s: followed: %s; %s: %s", after, a, other, b);
    }
    clear_lines(&followed);
    clear_lines(&expected);
}

/* ---- what happens to a tree --------------------------------------------- */

typedef struct tree {
    place at;
    test_random random;
    unsigned written; /* texts, each another */
    const char *did;
    char *paths; /* eight, used in turn by the thread that changes it; owns */
    unsigned path;
} tree;

static const char *const folders[] = {"tree",     "tree/d", "tree/d/e",
                                      "tree/f g", "aside",  "tree/.hidden"};
static const char *const names[] = {"a.jsonl", "b.jsonl", "c.txt", "d.md",
                                    ".h.txt",  "x.skip",  "d",     "f g"};

static const char *path_of(tree *t, const char *folder, const char *name)
{
    char *to = t->paths + (size_t)PATH_BYTES * (t->path++ % 8);
    (void)snprintf(to, PATH_BYTES, "%s/%s/%s", t->at.path, folder, name);
    return to;
}

static const char *any_path(tree *t)
{
    return path_of(t, folders[test_random_below(&t->random, COUNT_OF(folders))],
                   names[test_random_below(&t->random, COUNT_OF(names))]);
}

static const char *any_folder(tree *t)
{
    return path_of(
        t, folders[1 + test_random_below(&t->random, COUNT_OF(folders) - 1)],
        "");
}

/* A record, which is a text, too. */
static void write_to(tree *t, int fd)
{
    char text[128];
    int length =
        snprintf(text, sizeof text, "{\"id\":\"r%u\",\"text\":\"words %u\"}\n",
                 test_random_below(&t->random, 12), ++t->written);
    if (fd < 0)
        return; /* a folder, or none there */
    for (unsigned n = 1 + test_random_below(&t->random, 3); n > 0; n--)
        assert_int_equal(write(fd, text, (size_t)length), length);
    assert_int_equal(close(fd), 0);
}

static void write_file(tree *t, const char *path, int flags)
{
    write_to(t, open(path, O_WRONLY | flags | O_CLOEXEC, 0666));
}

static void replace_file(tree *t)
{
    const char *path = any_path(t);
    const char *other = path_of(
        t, "tree", test_random_below(&t->random, 2) ? ".tmp" : "tmp.txt");
    write_file(t, other, O_CREAT | O_TRUNC);
    if (rename(other, path) != 0 && test_random_below(&t->random, 2) == 0)
        (void)unlink(other);
}

/* A file of several names is written through one that goes. */
static void write_through_another_name(tree *t)
{
    const char *other =
        path_of(t, "tree", test_random_below(&t->random, 2) ? ".t" : "t.txt");
    if (link(any_path(t), other) != 0)
        return;
    write_file(t, other, O_APPEND);
    if (test_random_below(&t->random, 2) == 0)
        (void)rename(other, any_path(t));
    (void)unlink(other);
}

/* No event until it is closed. */
static void write_to_memory(const char *path, char byte)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat info;
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && info.st_size > 40) {
        char *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE,
                           MAP_SHARED, fd, 0);
        assert_true(bytes != MAP_FAILED);
        char *end = memchr(bytes, '}', (size_t)info.st_size);
        if (end && end - bytes > 20)
            end[-2] = byte;
        assert_int_equal(munmap(bytes, (size_t)info.st_size), 0);
    }
    assert_int_equal(close(fd), 0);
}

static void make_link(tree *t)
{
    static const char *const targets[] = {"../aside/a.jsonl", "a.jsonl", "d",
                                          "nowhere", "../aside"};
    uint32_t target = test_random_below(&t->random, COUNT_OF(targets) + 6);
    /* Links to folders make every look a whole one. */
    const char *path = any_path(t);
    (void)unlink(path);
    (void)symlink(targets[target < COUNT_OF(targets) ? target : 0], path);
}

/* Everything below a folder, and it. */
static void remove_folder(const char *path)
{
    if (access(path, F_OK) == 0)
        (void)nftw(path, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void unlink_links(tree *t)
{
    for (size_t f = 0; f < COUNT_OF(folders); f++)
        for (size_t n = 0; n < COUNT_OF(names); n++) {
            struct stat info;
            const char *name = path_of(t, folders[f], names[n]);
            if (lstat(name, &info) == 0 && S_ISLNK(info.st_mode))
                (void)unlink(name);
        }
}

static void change_folders(tree *t)
{
    switch (test_random_below(&t->random, 6)) {
    case 0:
        t->did = "remove a folder";
        remove_folder(any_folder(t));
        break;
    case 1:
    case 2:
        t->did = "move a folder";
        (void)rename(any_folder(t), any_folder(t));
        break;
    case 3:
        t->did = "shut a folder";
        (void)chmod(any_folder(t), 0);
        break;
    default:
        t->did = "make or open a folder";
        const char *path = any_folder(t);
        (void)mkdir(path, 0777);
        (void)chmod(path, 0777);
    }
}

static void change_file(tree *t)
{
    switch (test_random_below(&t->random, 16)) {
    case 0:
        t->did = "move a file";
        (void)rename(any_path(t), any_path(t));
        break;
    case 1:
        t->did = "replace a file";
        replace_file(t);
        break;
    case 2:
        t->did = "unlink a file";
        (void)unlink(any_path(t));
        break;
    case 3:
        t->did = "give a file another name";
        (void)link(any_path(t), any_path(t));
        break;
    case 4:
        t->did = "write through another name";
        write_through_another_name(t);
        break;
    case 5:
        t->did = "write to memory";
        write_to_memory(any_path(t),
                        (char)('a' + test_random_below(&t->random, 26)));
        break;
    case 6:
        t->did = "make a link";
        make_link(t);
        break;
    case 7:
        t->did = "unlink all links";
        unlink_links(t);
        break;
    case 8:
        t->did = "shut a file";
        (void)chmod(any_path(t), test_random_below(&t->random, 2) ? 0 : 0666);
        break;
    case 9:
        t->did = "append";
        write_file(t, any_path(t), O_APPEND);
        break;
    default:
        t->did = "write a file";
        write_file(t, any_path(t), O_CREAT | O_TRUNC);
    }
}

/* What has a name that is followed has none that is not: what is written there
 * is no event here. */
static void part_names(tree *t)
{
    static const char *const others[] = {"aside", "tree/.hidden"};
    for (size_t f = 0; f < COUNT_OF(others); f++)
        for (size_t n = 0; n < COUNT_OF(names); n++) {
            struct stat info;
            const char *name = path_of(t, others[f], names[n]);
            if (lstat(name, &info) == 0 && S_ISREG(info.st_mode) &&
                info.st_nlink > 1)
                (void)unlink(name);
        }
}

static void change(tree *t)
{
    if (test_random_below(&t->random, 5) == 0)
        change_folders(t);
    else
        change_file(t);
    part_names(t);
}

/* ---- looking at it ------------------------------------------------------ */

static osl_status look(const place *at, const char *index, osl_events *events)
{
    static const char *const excludes[] = {"*.skip"};
    const osl_index_options options = {
        .excludes = excludes, .exclude_count = 1, .thread_count = 1};
    const char *paths[] = {place_name(at, "tree")};
    const osl_update_order order = {place_name(at, index),
                                    paths,
                                    events && events->is_settled ? 0 : 1,
                                    &options,
                                    NULL,
                                    events};
    osl_index_report report;
    osl_error err;
    osl_status status = osl_update_run(&order, &report, &err);
    if (status != OSL_OK && status != OSL_EINVAL && status != OSL_ENOTFOUND)
        fail_msg("%s: %s", index, err.text);
    return status;
}

static int is_one_shut(const char *path, const struct stat *info, int flag,
                       struct FTW *walk)
{
    (void)info;
    (void)walk;
    return flag == FTW_DNR || flag == FTW_NS ||
           (flag == FTW_F && access(path, R_OK) != 0);
}

static bool is_all_open(const tree *t)
{
    return nftw(t->at.path, is_one_shut, 16, FTW_PHYS) == 0;
}

static int open_one(const char *path, const struct stat *info, int flag,
                    struct FTW *walk)
{
    (void)info;
    (void)walk;
    if (flag != FTW_SL)
        (void)chmod(path, 0777);
    return 0;
}

static void open_all(const tree *t)
{
    while (!is_all_open(t)) /* a folder is opened, and then what is in it */
        assert_int_equal(nftw(t->at.path, open_one, 16, FTW_PHYS), 0);
}

static tree make_tree(unsigned seed)
{
    tree t = {.at = place_make(), .random = {seed}, .did = "begin"};
    t.paths = malloc((size_t)8 * PATH_BYTES);
    assert_non_null(t.paths);
    for (size_t f = 0; f < COUNT_OF(folders); f++)
        (void)mkdir(place_name(&t.at, folders[f]), 0777);
    place_put(&t.at, "tree/z.txt", "There is always something to index.\n");
    for (unsigned i = 0; i < 12; i++)
        write_file(&t, any_path(&t), O_CREAT | O_TRUNC);
    return t;
}

static void end_tree(tree *t, osl_events *events)
{
    osl_events_close(events);
    open_all(t);
    place_remove(&t->at);
    free(t->paths);
}

/* A fresh build, as a third. */
static void compare_with_fresh(tree *t, const char *after)
{
    remove_folder(place_name(&t->at, "fresh"));
    assert_int_equal(look(&t->at, "fresh", NULL), OSL_OK);
    compare_indexes(&t->at, "fresh", after);
}

/* Gives the number of looks that were not whole. */
static unsigned follow_tree(unsigned seed)
{
    osl_error err;
    osl_events events;
    tree t = make_tree(seed);
    unsigned partial = 0;
    assert_ok(osl_events_open(&events, &err));
    assert_int_equal(look(&t.at, "index", &events), OSL_OK);
    assert_int_equal(look(&t.at, "twin", NULL), OSL_OK);
    for (unsigned step = 0; step < STEPS; step++) {
        char after[128];
        uint32_t wholes = events.look;
        for (unsigned n = test_random_below(&t.random, 6); n > 0; n--)
            change(&t);
        (void)snprintf(after, sizeof after, "seed %u, step %u, %s", seed, step,
                       t.did);
        if (test_random_below(&t.random, 16) == 0)
            (void)look(&t.at, "index", NULL); /* by somebody else */
        assert_int_equal(look(&t.at, "index", &events),
                         look(&t.at, "twin", NULL));
        partial += events.look == wholes;
        compare_indexes(&t.at, "twin", after);
        if (is_all_open(&t))
            compare_with_fresh(&t, after);
    }
    end_tree(&t, &events);
    return partial;
}

static unsigned tree_count(void)
{
    const char *asked = getenv("OSLER_TEST_SEQUENCES");
    return asked ? (unsigned)strtoul(asked, NULL, 10) : 8;
}

static void events_tell_where_to_look(void **state)
{
    (void)state;
    unsigned count = tree_count();
    unsigned first = (unsigned)test_random_new(1).state, partial = 0;
    for (unsigned i = 0; i < count; i++)
        partial += follow_tree(first + i);
    print_message("%u of %u looks were partial\n", partial, count * STEPS);
    assert_true(partial > count * STEPS / 8);
}

/* ---- while it changes --------------------------------------------------- */

typedef struct changing {
    tree *t;
    atomic_bool is_over;
} changing;

static void *go_on_changing(void *user)
{
    changing *c = user;
    while (!atomic_load(&c->is_over)) {
        change(c->t);
        (void)usleep(test_random_below(&c->t->random, 300));
    }
    return NULL;
}

/* What changes while it is looked at is found by the look after that. */
static void what_changes_meanwhile_is_found(void **state)
{
    (void)state;
    unsigned count = tree_count();
    unsigned first = (unsigned)test_random_new(1).state;
    for (unsigned i = 0; i < count; i++) {
        osl_error err;
        osl_events events;
        pthread_t thread;
        char after[64];
        tree t = make_tree(first + i);
        changing c = {.t = &t};
        assert_ok(osl_events_open(&events, &err));
        assert_int_equal(look(&t.at, "index", &events), OSL_OK);
        assert_int_equal(pthread_create(&thread, NULL, go_on_changing, &c), 0);
        for (unsigned n = 0; n < 8; n++)
            (void)look(&t.at, "index", &events);
        atomic_store(&c.is_over, true);
        assert_int_equal(pthread_join(thread, NULL), 0);
        open_all(&t);
        assert_int_equal(look(&t.at, "index", &events), OSL_OK);
        (void)snprintf(after, sizeof after, "seed %u", first + i);
        compare_with_fresh(&t, after);
        end_tree(&t, &events);
    }
}

/* ---- alone -------------------------------------------------------------- */

/* Whatever is done, one look after it is partial, or whole. */
static void expect_look(const tree *t, osl_events *events, bool whole)
{
    uint32_t before = events->look;
    assert_int_equal(look(&t->at, "index", events), OSL_OK);
    assert_int_equal(events->look != before, whole);
    assert_int_equal(look(&t->at, "twin", NULL), OSL_OK);
    compare_indexes(&t->at, "twin", "alone");
}

static void what_is_plain_is_looked_at_alone(void **state)
{
    (void)state;
    osl_error err;
    osl_events events;
    tree t = make_tree(1);
    const place *at = &t.at;
    assert_ok(osl_events_open(&events, &err));
    expect_look(&t, &events, true);
    expect_look(&t, &events, false);
    place_put(at, "tree/n.txt", "A new file.\n");
    expect_look(&t, &events, false);
    place_put(at, "tree/n.txt", "A revised file.\n");
    expect_look(&t, &events, false);
    place_put(at, "tree/.n.tmp", "Another one.\n");
    (void)rename(place_name(at, "tree/.n.tmp"), place_name(at, "tree/n.txt"));
    expect_look(&t, &events, false);
    place_put(at, "tree/new/deep/n.txt", "A file in new folders.\n");
    expect_look(&t, &events, false);
    (void)rename(place_name(at, "tree/new"), place_name(at, "tree/d/new"));
    expect_look(&t, &events, false);
    place_put(at, "tree/d/new/deep/n.txt", "Revised where it is now.\n");
    expect_look(&t, &events, false);
    (void)rename(place_name(at, "tree/d/new"), place_name(at, "aside/new"));
    expect_look(&t, &events, false);
    place_put(at, "aside/new/deep/n.txt", "Nobody looks at it there.\n");
    expect_look(&t, &events, false);
    (void)rename(place_name(at, "aside/new"), place_name(at, "tree/back"));
    expect_look(&t, &events, false);
    remove_folder(place_name(at, "tree/back"));
    expect_look(&t, &events, false);
    end_tree(&t, &events);
}

static void what_is_doubtful_is_looked_at_whole(void **state)
{
    (void)state;
    osl_error err;
    osl_events events;
    tree t = make_tree(1);
    const place *at = &t.at;
    assert_ok(osl_events_open(&events, &err));
    place_put(at, "tree/n.txt", "A file.\n");
    expect_look(&t, &events, true);
    place_put(at, "tree/n.tmp", "Written and gone.\n");
    (void)unlink(place_name(at, "tree/n.tmp"));
    expect_look(&t, &events, true);
    (void)link(place_name(at, "tree/n.txt"), place_name(at, "tree/o.txt"));
    expect_look(&t, &events, true);
    place_put(at, "tree/z.txt", "This one has one name.\n");
    expect_look(&t, &events, false);
    place_put(at, "tree/n.txt", "This one has two.\n");
    expect_look(&t, &events, false);
    (void)rename(place_name(at, "tree/o.txt"), place_name(at, "aside/o.txt"));
    expect_look(&t, &events, false);
    place_put(at, "aside/o.txt", "And is looked at each time.\n");
    expect_look(&t, &events, false);
    (void)symlink("../aside", place_name(at, "tree/link"));
    expect_look(&t, &events, true);
    place_put(at, "aside/n.txt", "Where nobody looks.\n");
    expect_look(&t, &events, true);
    (void)unlink(place_name(at, "tree/link"));
    expect_look(&t, &events, true); /* which finds that it is gone */
    expect_look(&t, &events, false);
    assert_int_equal(look(at, "index", NULL), OSL_OK);
    expect_look(&t, &events, false); /* nothing was published */
    place_put(at, "tree/z.txt", "Somebody else comes before.\n");
    assert_int_equal(look(at, "index", NULL), OSL_OK);
    expect_look(&t, &events, true);
    (void)rename(place_name(at, "tree"), place_name(at, "before"));
    place_put(at, "tree/z.txt", "Another folder of this name.\n");
    expect_look(&t, &events, true);
    place_put(at, "before/z.txt", "The one that had it.\n");
    expect_look(&t, &events, false);
    place_put(at, "tree/z.txt", "And the one that has it.\n");
    expect_look(&t, &events, false);
    end_tree(&t, &events);
}

/* What gives no event is found when all is looked at again, after a while. */
static void a_whole_look_is_due_after_a_while(void **state)
{
    (void)state;
    static const uint64_t minutes_ms = 60000;
    osl_error err;
    osl_events events;
    tree t = make_tree(1);
    assert_ok(osl_events_open(&events, &err));
    expect_look(&t, &events, true);
    events.whole_ms -= 9 * minutes_ms;
    assert_false(osl_events_are_due(&events));
    expect_look(&t, &events, false);
    events.whole_ms -= 2 * minutes_ms;
    assert_true(osl_events_are_due(&events));
    expect_look(&t, &events, true);
    assert_false(osl_events_are_due(&events));
    end_tree(&t, &events);
}

/* ---- shadows of what is shut --------------------------------------------- */

/* A document goes whose id one has, too, that may not be read then: it comes
 * back when it may be, though its bytes and times are as they were. */
static void what_could_not_wake_wakes_when_it_is_open(void **state)
{
    (void)state;
    static const char *const shut[] = {"tree/d", "tree/d/same.jsonl"};
    for (size_t i = 0; i < COUNT_OF(shut); i++) {
        osl_error err;
        osl_events events;
        tree t = make_tree(1);
        const place *at = &t.at;
        assert_ok(osl_events_open(&events, &err));
        place_put(at, "tree/d/same.jsonl",
                  "{\"id\":\"same\",\"text\":\"the first one\"}\n");
        place_put(at, "tree/y.jsonl",
                  "{\"id\":\"same\",\"text\":\"the second one\"}\n");
        expect_look(&t, &events, true);
        assert_int_equal(chmod(place_name(at, shut[i]), 0), 0);
        assert_int_equal(unlink(place_name(at, "tree/y.jsonl")), 0);
        for (unsigned n = 0; n < 3; n++) {
            assert_int_equal(look(at, "index", &events), OSL_OK);
            assert_int_equal(look(at, "twin", NULL), OSL_OK);
            compare_indexes(at, "twin", shut[i]);
        }
        assert_int_equal(chmod(place_name(at, shut[i]), 0777), 0);
        assert_int_equal(look(at, "index", &events), OSL_OK);
        compare_with_fresh(&t, shut[i]);
        assert_int_equal(look(at, "twin", NULL), OSL_OK);
        compare_indexes(at, "twin", shut[i]);
        end_tree(&t, &events);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_is_looked_at_alone),
        cmocka_unit_test(what_is_doubtful_is_looked_at_whole),
        cmocka_unit_test(a_whole_look_is_due_after_a_while),
        cmocka_unit_test(what_could_not_wake_wakes_when_it_is_open),
        cmocka_unit_test(events_tell_where_to_look),
        cmocka_unit_test(what_changes_meanwhile_is_found),
    };
    /* The superuser may read everything. */
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
