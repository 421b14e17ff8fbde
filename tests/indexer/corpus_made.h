/* SPDX-License-Identifier: MIT
 *
 * Documents made at random, for tests: words that meet again, compounds,
 * acronyms, odd white space, broken UTF-8, control characters. */
#ifndef OSL_TESTS_INDEXER_CORPUS_MADE_H
#define OSL_TESTS_INDEXER_CORPUS_MADE_H

#include "corpus/corpus.h"
#include "tests/test.h"

#include "core/base/arena.h"
#include "core/base/buf.h"

static const char *const made_words[] = {
    "relapse",  "relapsed", "Relapse",
    "leukemia", "ALL",      "all",
    "CD19+",    "5q-",      "BCR-ABL1",
    "BCR/ABL1", "m²",       "10⁹/L",
    "Sjögren",  "naïve",    "50,000",
    "0.01%",    "T-cell",   "p.Val600Glu",
    "HSCT",     "(HSCT)",   "interferon-α",
    "µg",       "can't",    "the",
    "the",      "the",      "of",
    "in",       "in",       "antidisestablishmentarianism-of-the-longest-kind",
    "x",        "日本語",   "\xC3",
    "\xFF\xFE", "\x01",     "<",
    "©"};

static const char *const made_gaps[] = {
    " ",    " ",  " ", " ",  " ",        ", ",   "",   "\t",
    "\n\n", ". ", "-", "  ", "\xC2\xA0", "\x80", " (", ") "};

static inline osl_text made_text(test_random *random, osl_arena *arena)
{
    osl_buf text = {0};
    osl_text copy = {"", 0};
    uint32_t length = test_random_below(random, 8) == 0
                          ? test_random_below(random, 700)
                          : test_random_below(random, 25);
    if (test_random_below(random, 4) == 0)
        osl_buf_put_text(&text, osl_text_of("  "));
    for (uint32_t i = 0; i < length; i++) {
        uint32_t word = test_random_below(random, COUNT_OF(made_words) + 3);
        if (word < COUNT_OF(made_words))
            osl_buf_put_text(&text, osl_text_of(made_words[word]));
        else
            osl_buf_printf(&text, "w%u", test_random_below(random, 500));
        osl_buf_put_text(
            &text,
            osl_text_of(
                made_gaps[test_random_below(random, COUNT_OF(made_gaps))]));
    }
    if (test_random_below(random, 20) == 0)
        osl_buf_put_byte(&text, 0);
    assert_false(text.failed);
    assert_true(osl_arena_text(arena, osl_buf_text(&text), &copy));
    osl_buf_clear(&text);
    return copy;
}

static inline osl_text made_name(osl_arena *arena, const char *prefix,
                                 uint32_t number)
{
    char name[64];
    osl_text copy = {"", 0};
    (void)snprintf(name, sizeof name, "%s%u", prefix, number);
    assert_true(osl_arena_text(arena, osl_text_of(name), &copy));
    return copy;
}

static inline const osl_text *made_list(test_random *random, osl_arena *arena,
                                        size_t *count)
{
    *count =
        test_random_below(random, 4) == 0 ? test_random_below(random, 4) : 0;
    osl_text *list = osl_arena_zero(arena, *count + 1, sizeof *list);
    assert_non_null(list);
    for (size_t i = 0; i < *count; i++)
        list[i] = made_name(arena, "", test_random_below(random, 90));
    return list;
}

static inline void made_paragraphs(test_random *random, osl_arena *arena,
                                   osl_document *document)
{
    size_t count = 1 + test_random_below(random, 6);
    osl_paragraph *paragraphs =
        osl_arena_zero(arena, count, sizeof *paragraphs);
    assert_non_null(paragraphs);
    uint32_t section = OSL_SECTION_NONE;
    for (size_t i = 0; i < count; i++) {
        /* Sections come in reading order. */
        while (document->section_count > 0 &&
               test_random_below(random, 2) == 0 &&
               section + 1 < document->section_count)
            section++;
        paragraphs[i].text = made_text(random, arena);
        paragraphs[i].section = section;
        paragraphs[i].line = test_random_below(random, 1000);
        paragraphs[i].kind = (osl_paragraph_kind)test_random_below(random, 4);
        paragraphs[i].citations =
            made_list(random, arena, &paragraphs[i].citation_count);
        paragraphs[i].evidence =
            made_list(random, arena, &paragraphs[i].evidence_count);
    }
    document->paragraphs = paragraphs;
    document->paragraph_count = count;
}

/* A document whose id is one of `id_count`. Everything is the arena's. */
static inline osl_document made_document(test_random *random, osl_arena *arena,
                                         uint32_t id_count)
{
    osl_document document = {0};
    uint32_t id = test_random_below(random, id_count);
    document.id = made_name(arena, "doc", id);
    document.source = made_name(arena, "src", id / 4);
    document.title = made_text(random, arena);
    document.url = made_name(arena, "https://example.org/", id);
    document.updated = osl_text_of(id % 3 ? "2014-02-01" : "");
    document.audience = osl_text_of(id % 2 ? "patient" : "");
    document.language = osl_text_of("en");
    document.kind = osl_text_of("made");
    osl_text *alias = osl_arena_zero(arena, 1, sizeof *alias);
    assert_non_null(alias);
    *alias = made_name(arena, "CDR", id);
    document.aliases = alias;
    document.alias_count = id % 2;
    document.section_count = test_random_below(random, 5);
    osl_section *sections =
        osl_arena_zero(arena, document.section_count + 1, sizeof *sections);
    assert_non_null(sections);
    for (uint32_t i = 0; i < document.section_count; i++) {
        sections[i].heading = made_text(random, arena);
        sections[i].level = 1 + i % 3;
        sections[i].parent = i % 3 && i > 0 ? i - 1 : OSL_SECTION_NONE;
    }
    document.sections = sections;
    made_paragraphs(random, arena, &document);
    return document;
}

#endif
