/* SPDX-License-Identifier: MIT
 *
 * Makes the seeds of what has versions, anew with each build, so that none is
 * ever of another format than the program's:
 *
 *     seeds FOLDER STAMP      FOLDER/segment/stored.seg ..., then STAMP
 *
 * A segment with a bit of everything that one can hold, once with texts and
 * once without; what else lies in an index beside it. */
#include "core/segment/catalog.h"
#include "tests/query/live_index.h"

enum {
    DOCUMENTS = 30,
    PARAGRAPHS = 10, /* of each: in all more than a dense chunk asks for */
    LONG = 280       /* words of the long one: positions of two bytes */
};

typedef struct maker {
    const char *folder;
    osl_arena arena;
    osl_buf scratch;
    test_random random;
    live_part part;
} maker;

static osl_text keep(maker *of)
{
    osl_text copy = {"", 0};
    assert_false(of->scratch.failed);
    assert_true(osl_arena_text(&of->arena, osl_buf_text(&of->scratch), &copy));
    osl_buf_reset(&of->scratch);
    return copy;
}

/* Terms of one form and of several, second meanings, compounds split in two
 * ways, definitions, words of one document only. */
static osl_text text_of(maker *of, uint32_t document, uint32_t number)
{
    static const char *const words[] = {
        "relapse", "relapsed", "relapses", "ALL",   "BCR-ABL1", "BCR/ABL1",
        "CD19+",   "dose",     "dose",     "fever", "naïve",    "0.5%"};
    bool is_long = document == 3 && number == 1;
    uint32_t count = is_long ? LONG : test_random_below(&of->random, 5);
    osl_buf_printf(&of->scratch, "Give the patient");
    if (number % 2)
        osl_buf_printf(&of->scratch, " a low dose");
    if (number == 0 && document % 3 == 0)
        osl_buf_printf(&of->scratch, " for acute lymphoblastic leukemia (ALL)");
    if (number == 0 && document % 3 == 1)
        osl_buf_printf(&of->scratch, " for chronic kidney disease (CKD)");
    for (uint32_t i = 0; i < count; i++)
        osl_buf_printf(&of->scratch, " %s",
                       words[test_random_below(&of->random, COUNT_OF(words))]);
    if (number == 2)
        osl_buf_printf(&of->scratch, " rare%u", document);
    osl_buf_printf(&of->scratch, ".");
    return keep(of);
}

static const osl_text *list_of(maker *of, const char *text, size_t count)
{
    osl_text *list = osl_arena_zero(&of->arena, count, sizeof *list);
    assert_non_null(list);
    for (size_t i = 0; i < count; i++)
        list[i] = osl_text_of(text);
    return list;
}

static void add_paragraphs(maker *of, osl_document *document, uint32_t number)
{
    osl_paragraph *list = osl_arena_zero(&of->arena, PARAGRAPHS, sizeof *list);
    assert_non_null(list);
    for (uint32_t i = 0; i < PARAGRAPHS; i++)
        list[i] =
            (osl_paragraph){.text = text_of(of, number, i),
                            .section = i == 0 ? OSL_SECTION_NONE : i / 5,
                            .line = 3 + 2 * i,
                            .kind = (osl_paragraph_kind)(i % 3),
                            .citations = list_of(of, i % 4 ? "12" : "66", 1),
                            .citation_count = i % 2,
                            .evidence = list_of(of, "3iiA", 1),
                            .evidence_count = i % 5 == 0};
    document->paragraphs = list;
    document->paragraph_count = PARAGRAPHS;
}

static void add_document(maker *of, uint32_t number)
{
    osl_document document = {
        .language = osl_text_of("en"),
        .kind = osl_text_of("made"),
        .updated = osl_text_of(number % 2 ? "2019" : "2024-02-01"),
        .alias_count = number % 2,
        .section_count = 2};
    osl_section *sections = osl_arena_zero(&of->arena, 2, sizeof *sections);
    assert_non_null(sections);
    sections[0] =
        (osl_section){osl_text_of("Dose of infusion"), OSL_SECTION_NONE, 1};
    sections[1] = (osl_section){osl_text_of("Relapse"), 0, 2};
    document.sections = sections;
    osl_buf_printf(&of->scratch, "doc%u", number);
    document.id = keep(of);
    osl_buf_printf(&of->scratch, "src%u", number / 4);
    document.source = keep(of);
    osl_buf_printf(&of->scratch, "Guideline %u of the dose", number);
    document.title = keep(of);
    osl_buf_printf(&of->scratch, "CDR%u", number);
    osl_text alias = keep(of);
    document.aliases = list_of(of, alias.bytes, 1);
    add_paragraphs(of, &document, number);
    of->part.documents[number] = document;
    of->part.dead[number] = number % 7 == 2;
    of->part.count++;
}

static const char *path_of(const maker *of, const char *kind, const char *name)
{
    static char path[1024];
    int length = snprintf(path, sizeof path, "%s/%s", of->folder, kind);
    assert_true(length > 0 && (size_t)length < sizeof path - 64);
    (void)mkdir(of->folder, 0777);
    (void)mkdir(path, 0777);
    (void)snprintf(path + length, sizeof path - (size_t)length, "/%s", name);
    return path;
}

static void put(const maker *of, const char *kind, osl_buf *bytes)
{
    FILE *file = fopen(path_of(of, kind, "made"), "wb");
    assert_false(bytes->failed);
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->bytes, 1, bytes->length, file),
                     bytes->length);
    assert_int_equal(fclose(file), 0);
    osl_buf_clear(bytes);
}

static void put_catalog(const maker *of, const osl_segment *segment)
{
    osl_error err;
    osl_buf bytes = {0};
    osl_catalog_maker catalog = {0};
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        const osl_catalog_document document = {.hash = (uint64_t)i * 77777,
                                               .record = (uint64_t)i * 99999999,
                                               .source = i / 4,
                                               .line = 1 + i % 4};
        const osl_catalog_block block = {2, 1000 + i, (uint64_t)i * 123456789};
        osl_catalog_add_document(&catalog, &document);
        if (i % 4 == 2)
            osl_catalog_add_block(&catalog, &block);
        osl_catalog_add_dates(&catalog, PARAGRAPHS, 1000000 + i / 10, 2000000);
    }
    assert_ok(osl_catalog_encode(&bytes, &catalog,
                                 osl_segment_identity(segment), &err));
    osl_catalog_maker_clear(&catalog);
    put(of, "catalog", &bytes);
}

static void put_manifest(const maker *of)
{
    const osl_manifest_segment segments[] = {
        {.name = osl_text_of("000001.seg"), .bytes = 1000, .identity = 1},
        {.name = osl_text_of("000002.seg"),
         .deletions = osl_text_of("000002-000003.del"),
         .deletions_bytes = 300,
         .identity = 2}};
    const osl_manifest manifest = {.generation = 3,
                                   .language = osl_text_of("en"),
                                   .registry = osl_text_of("000003.reg"),
                                   .segments = segments,
                                   .segment_count = COUNT_OF(segments)};
    osl_buf bytes = {0};
    osl_manifest_encode(&bytes, &manifest);
    put(of, "manifest", &bytes);
}

static void put_registry(const maker *of)
{
    static const osl_root roots[] = {
        {OSL_ROOT_FOLDER, {"/guidelines", 11}},
        {OSL_ROOT_FILE, {"/more.jsonl", 11}},
    };
    const osl_text ids[] = {osl_text_of("doc1"), osl_text_of("doc2")};
    const osl_registry_source sources[] = {
        {.number = 1,
         .name = osl_text_of("a.md"),
         .size = 100,
         .mtime_ns = 5,
         .shadowed = {ids, 2},
         .documents = 3},
        {.number = 2, .name = osl_text_of("b.md"), .size = 1 << 20},
        {.root = 1, .number = 3, .documents = 9, .removed = {ids, 1}}};
    const osl_registry registry = {.readers = 1,
                                   .next_number = 4,
                                   .roots = roots,
                                   .root_count = COUNT_OF(roots),
                                   .sources = sources,
                                   .source_count = COUNT_OF(sources)};
    osl_buf bytes = {0};
    osl_registry_encode(&bytes, &registry);
    put(of, "registry", &bytes);
}

static void put_all(maker *of, osl_store store, const char *name)
{
    osl_buf bytes = {0};
    live_maker live = live_maker_make(store, OSL_PAIRS_MORE);
    osl_segment *segment =
        live_build(&live, &of->part, path_of(of, "segment", name));
    live_delete(&live, &of->part, segment, &bytes);
    if (store == OSL_STORE_FULL) {
        put(of, "deletions", &bytes);
        put_catalog(of, segment);
    }
    osl_buf_clear(&bytes);
    osl_segment_free(segment);
    live_maker_end(&live);
}

int main(int argc, char **argv)
{
    static maker of;
    if (argc != 3)
        return 2;
    of.folder = argv[1];
    of.random.state = 42;
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        add_document(&of, i);
    put_all(&of, OSL_STORE_FULL, "stored.seg");
    put_all(&of, OSL_STORE_NONE, "bare.seg");
    put_manifest(&of);
    put_registry(&of);
    osl_buf_clear(&of.scratch);
    osl_arena_clear(&of.arena);
    FILE *stamp = fopen(argv[2], "w");
    return stamp && fclose(stamp) == 0 ? 0 : 1;
}
