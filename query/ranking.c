/* SPDX-License-Identifier: MIT
 *
 * What a ranking is made of: its constants, and the parts that can be left
 * out or added one by one, so that each can be measured. */
#include "query/plan.h"

#include <stdio.h>
#include <string.h>

/* Chosen by questions over guidelines: in an index of documents a title and
 * headings stand above many paragraphs, so that a word that text and heading
 * both say is hardly better than one that either says (docs/RELEVANCE.md). */
static const osl_ranking_settings document_ranking = {
    .k1 = 0.6,
    .b = 0.5,
    .field_weights = {1.0, 0.8, 0.7},
    .share = 16,
};
/* Chosen by judged collections, each left out in turn: where every document
 * is one paragraph, its title is a part of it like any other. Half of a word's
 * weight goes by fields, half by title and text as one bag: they err at
 * different paragraphs. */
static const osl_ranking_settings record_ranking = {
    .k1 = 0.9,
    .b = 0.6,
    .field_weights = {1.0, 1.2, 1.2},
    .share = 128,
};
static const osl_ranking_settings plain_ranking = {
    .k1 = 1.2,
    .b = 0.75,
    .field_weights = {1.0, 1.0, 1.0},
};

enum {
    PLAIN_PARTS = OSL_PART_EXPANSION | OSL_PART_FUNCTION_WORDS |
                  OSL_PART_LETTERS | OSL_PART_APART,
    DOCUMENT_PARTS = OSL_PART_EXPANSION | OSL_PART_FUNCTION_WORDS |
                     OSL_PART_LETTERS | OSL_PART_FIELDS | OSL_PART_CLOSENESS |
                     OSL_PART_TYPED_FORM,
    RECORD_PARTS = DOCUMENT_PARTS | OSL_PART_BAG | OSL_PART_APART |
                   OSL_PART_BURST | OSL_PART_REPEATS | OSL_PART_FEEDBACK |
                   OSL_PART_WIDENING | OSL_PART_ALIKE,
    PROXIMITY_PARTS = OSL_PART_CLOSENESS | OSL_PART_TYPED_FORM,
    /* What looks at words that were not typed. */
    ADDING_PARTS = OSL_PART_EXPANSION | OSL_PART_FEEDBACK | OSL_PART_WIDENING |
                   OSL_PART_ALIKE
};

static unsigned parts_of(const osl_search_options *options, bool records)
{
    unsigned parts = records ? RECORD_PARTS : DOCUMENT_PARTS;
    if (options->ranking == OSL_RANKING_BM25)
        parts = PLAIN_PARTS;
    parts |= options->with;
    if (options->with & PROXIMITY_PARTS)
        parts |= OSL_PART_FIELDS; /* they are shares of the text's field */
    if (options->feedback)
        parts |= OSL_PART_FEEDBACK;
    if (options->no_proximity)
        parts &= ~(unsigned)PROXIMITY_PARTS;
    if (options->no_expand)
        parts &= options->feedback ? ~(unsigned)ADDING_PARTS | OSL_PART_FEEDBACK
                                   : ~(unsigned)ADDING_PARTS;
    parts &= ~options->without;
    return parts & OSL_PART_FIELDS ? parts : parts & ~(unsigned)PROXIMITY_PARTS;
}

/* How a word's weight is parted between fields and bag. */
static void set_bag(osl_ranking_settings *settings, unsigned parts)
{
    settings->fields = (parts & OSL_PART_FIELDS) != 0;
    settings->bag_k1 = plain_ranking.k1;
    settings->bag_b = plain_ranking.b;
    settings->title_count = parts & OSL_PART_BAG ? 16 : 1;
    settings->bag_part = 1;
    if (settings->fields)
        settings->bag_part = parts & OSL_PART_BAG ? 0.5 : 0;
}

osl_status osl_ranking_check(const osl_search_options *options, osl_error *err)
{
    /* With more, a short text has a length below 0, and nothing holds. */
    if (!(options->b <= 1))
        return osl_fail(err, OSL_EINVAL,
                        "b of %g: how much the length of a text counts goes "
                        "from 0 to 1",
                        options->b);
    if (!(options->k1 <= OSL_K1_MAX))
        return osl_fail(err, OSL_EINVAL, "k1 of %g: it goes from 0 to %g",
                        options->k1, OSL_K1_MAX);
    return OSL_OK;
}

osl_ranking_settings osl_ranking_of(const osl_search_options *options,
                                    bool records)
{
    unsigned parts = parts_of(options, records);
    osl_ranking_settings settings = records ? record_ranking : document_ranking;
    if (!(parts & OSL_PART_FIELDS))
        settings = plain_ranking;
    set_bag(&settings, parts);
    if (options->k1 >= 0)
        settings.k1 = settings.bag_k1 = options->k1;
    if (options->b >= 0)
        settings.b = settings.bag_b = options->b;
    settings.plain = options->ranking == OSL_RANKING_BM25;
    settings.apart = parts & OSL_PART_APART;
    settings.burst = parts & OSL_PART_BURST;
    settings.repeats = parts & OSL_PART_REPEATS ? 8 : 0;
    settings.function_words = parts & OSL_PART_FUNCTION_WORDS;
    settings.letters = parts & OSL_PART_LETTERS;
    settings.closeness = parts & OSL_PART_CLOSENESS;
    settings.typed_form = parts & OSL_PART_TYPED_FORM;
    settings.expand = parts & OSL_PART_EXPANSION;
    settings.feedback = parts & OSL_PART_FEEDBACK ? 0.2 : 0;
    settings.few = parts & OSL_PART_WIDENING ? 50 : 0;
    settings.alike = parts & OSL_PART_ALIKE;
    settings.matching = options->feedback;
    settings.nearest = !options->bare;
    return settings;
}

/* ---- names ------------------------------------------------------------- */

/* By bit. */
static const char *const part_names[] = {
    "fields",   "bag",      "closeness",      "typed-form", "burst",
    "apart",    "repeats",  "function-words", "letters",    "expansion",
    "feedback", "widening", "alike",
};
enum { PART_COUNT = sizeof part_names / sizeof *part_names };

const char *osl_ranking_part_name(unsigned n)
{
    return n < PART_COUNT ? part_names[n] : NULL;
}

static unsigned part_of(osl_text name)
{
    for (unsigned i = 0; i < PART_COUNT; i++)
        if (osl_text_equal(name, osl_text_of(part_names[i])))
            return 1u << i;
    return 0;
}

osl_status osl_ranking_parts(osl_text list, uint32_t *out, osl_error *err)
{
    *out = 0;
    for (size_t at = 0, end; at <= list.length; at = end + 1) {
        end = at;
        while (end < list.length && list.bytes[end] != ',')
            end++;
        osl_text name = {list.bytes + at, end - at};
        unsigned part = part_of(name);
        if (!part) {
            char known[256];
            size_t length = 0;
            for (unsigned i = 0; i < PART_COUNT; i++)
                length +=
                    (size_t)snprintf(known + length, sizeof known - length,
                                     "%s%s", i ? ", " : "", part_names[i]);
            return osl_fail(
                err, OSL_EINVAL, "'%.*s' is no part of a ranking; there are %s",
                (int)(name.length < 64 ? name.length : 64), name.bytes, known);
        }
        *out |= part;
    }
    return OSL_OK;
}
