/* SPDX-License-Identifier: MIT
 *
 * Makes the indexes that spoilt_fuzz.c asks, anew with each build:
 *
 *     spoilt_index FOLDER STAMP      FOLDER/docs, /wide, /records, then STAMP
 *
 * `docs` are chapters with titles, headings, dates, levels of evidence and
 * abbreviations, in two segments of which much has died; `wide` has so many
 * paragraphs that a rare word has a list of its best, and pairs of frequent
 * words; `records` has a document for each paragraph. */
#include "indexer/indexer.h"
#include "tests/indexer/place.h"

#include "core/base/buf.h"

enum {
    CHAPTERS = 40,
    PARAGRAPHS = 10, /* of each: in all more than a dense chunk asks for */
    LONG = 300,      /* words of the long one: positions of two bytes */
    WIDE_DOCUMENTS = 88,
    WIDE_PARAGRAPHS = 800,
    DENSE = 3 * 4096 + 100, /* of these many, in chunks that are dense */
    RECORDS = 400
};

typedef struct maker {
    place sources; /* owns */
    osl_buf text;
    uint64_t random;
} maker;

static unsigned below(maker *of, unsigned limit)
{
    of->random = of->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((of->random >> 33) % limit);
}

/* What was gathered goes into a file. */
static void put(maker *of, const char *name)
{
    assert_false(of->text.failed);
    place_put_bytes(&of->sources, name, of->text.bytes, of->text.length);
    osl_buf_reset(&of->text);
}

static void update(const maker *of, const char *source, const char *index,
                   osl_store store)
{
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {
        .thread_count = 1, .store = store, .pairs = OSL_PAIRS_MORE};
    const char *paths[] = {place_name(&of->sources, source)};
    if (osl_index_update(index, paths, 1, &options, NULL, &report, &err) !=
        OSL_OK)
        fail_msg("%s: %s", index, err.text);
}

/* Words of one form and of several, second meanings, compounds split in two
 * ways, some words of one chapter only. */
static void add_paragraph(maker *of, unsigned chapter, unsigned number,
                          unsigned version)
{
    static const char *const words[] = {
        "relapse", "relapsed", "relapses", "ALL",   "BCR-ABL1", "BCR/ABL1",
        "CD19+",   "dose",     "dose",     "fever", "naïve",    "0.5%"};
    unsigned count = chapter == 3 && number == 1 ? LONG : below(of, 6);
    osl_buf_printf(&of->text, "Give the patient%s",
                   number % 2 ? " a low dose" : "");
    if (number == 0 && chapter % 3 == 0)
        osl_buf_printf(&of->text, " for acute lymphoblastic leukemia (ALL)");
    if (number == 0 && chapter % 3 == 1)
        osl_buf_printf(&of->text, " for chronic kidney disease (CKD)");
    for (unsigned i = 0; i < count; i++)
        osl_buf_printf(&of->text, " %s", words[below(of, COUNT_OF(words))]);
    if (number == 2)
        osl_buf_printf(&of->text, " rare%u in version%u", chapter, version);
    osl_buf_printf(&of->text, ".%s%s\n\n", number % 3 ? "" : " [4,12]",
                   number % 5 ? "" : " [Level of evidence: 3iiA]");
}

static void put_chapter(maker *of, unsigned chapter, unsigned version)
{
    char name[64];
    osl_buf_printf(&of->text,
                   "---\ntitle: Guideline %u of the dose\nupdated: %u-02-01\n"
                   "audience: %s\nlanguage: en\n---\n\n# Dose of infusion\n\n",
                   chapter, 2010 + chapter % 9,
                   chapter % 2 ? "patients" : "health professionals");
    for (unsigned i = 0; i < PARAGRAPHS; i++) {
        if (i == PARAGRAPHS / 2)
            osl_buf_printf(&of->text, "## Relapse %u\n\n", chapter % 4);
        add_paragraph(of, chapter, i, version);
    }
    (void)snprintf(name, sizeof name, "docs/c%02u.md", chapter);
    put(of, name);
}

/* The second time chapters change, go and come. */
static void make_docs(maker *of, const char *index)
{
    char gone[64];
    for (unsigned i = 0; i < CHAPTERS; i++)
        put_chapter(of, i, 1);
    update(of, "docs", index, OSL_STORE_FULL);
    for (unsigned i = 0; i < CHAPTERS + 4; i += i < CHAPTERS ? 7 : 1)
        put_chapter(of, i, 2);
    (void)snprintf(gone, sizeof gone, "docs/c%02u.md", 5);
    assert_int_equal(unlink(place_name(&of->sources, gone)), 0);
    update(of, "docs", index, OSL_STORE_AS_BEFORE);
}

/* How many paragraphs apart words of `wide` stand: from dense to such as have
 * a list of the best though they are rare; and below which paragraph (0: all).
 * A rare one has such a list only among very many paragraphs; dense words need
 * but some chunks, and to go through more is what a run spends its time with. */
static const struct {
    const char *word;
    unsigned apart, below;
} wide_words[] = {{"alpha", 1, DENSE}, {"beta", 2, DENSE},  {"gamma", 3, DENSE},
                  {"delta", 25, 0},    {"epsilon", 160, 0}, {"zeta", 268, 0},
                  {"eta", 266, 0},     {"theta", 900, 0},   {"iota", 40000, 0}};

/* How often a word stands in a paragraph: of some so often that it is an
 * exception, of one that a byte does not hold it. */
static unsigned times(unsigned word, unsigned paragraph)
{
    unsigned below = wide_words[word].below;
    if (paragraph % wide_words[word].apart != 0 ||
        (below && paragraph >= below))
        return 0;
    if (paragraph % 613 == word)
        return word == 0 && paragraph % 7 == 0 ? 300 : 9;
    return (paragraph / 7 + word) % 5 == 4 ? 2 : 1;
}

static void add_wide(maker *of, unsigned paragraph)
{
    /* None is without a word. */
    const char *space = paragraph < DENSE ? "" : " ";
    if (paragraph >= DENSE)
        osl_buf_printf(&of->text, "rest");
    for (unsigned w = 0; w < COUNT_OF(wide_words); w++)
        for (unsigned n = times(w, paragraph); n > 0; n--, space = " ")
            osl_buf_printf(&of->text, "%s%s", space, wide_words[w].word);
}

static void make_wide(maker *of, const char *index)
{
    for (unsigned d = 0; d < WIDE_DOCUMENTS; d++) {
        osl_buf_printf(&of->text,
                       "{\"id\":\"w%u\",\"sections\":[{\"paragraphs\":[", d);
        for (unsigned i = 0; i < WIDE_PARAGRAPHS; i++) {
            osl_buf_printf(&of->text, i ? ",\"" : "\"");
            add_wide(of, d * WIDE_PARAGRAPHS + i);
            osl_buf_printf(&of->text, "\"");
        }
        osl_buf_printf(&of->text, "]}]}\n");
    }
    put(of, "wide.jsonl");
    update(of, "wide.jsonl", index, OSL_STORE_NONE);
}

static void make_records(maker *of, const char *index)
{
    for (unsigned i = 0; i < RECORDS; i++)
        osl_buf_printf(&of->text,
                       "{\"id\":\"r%u\",\"title\":\"Record %u of relapse\","
                       "\"text\":\"beta alpha %s %u\"}\n",
                       i, i % 50, i % 3 ? "dose" : "fever relapse", i % 20);
    put(of, "records.jsonl");
    update(of, "records.jsonl", index, OSL_STORE_SMALL);
}

static const char *named(const char *folder, const char *name)
{
    static char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (nftw(path, place_remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        (void)mkdir(folder, 0777);
    return path;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    maker of = {.sources = place_make(), .random = 42};
    (void)mkdir(argv[1], 0777);
    make_docs(&of, named(argv[1], "docs"));
    make_wide(&of, named(argv[1], "wide"));
    make_records(&of, named(argv[1], "records"));
    osl_buf_clear(&of.text);
    place_remove(&of.sources);
    FILE *stamp = fopen(argv[2], "w");
    return stamp && fclose(stamp) == 0 ? 0 : 1;
}
