/* SPDX-License-Identifier: MIT
 *
 * The obvious twin: a random corpus, kept as lists of words; a random query,
 * kept as a tree; every paragraph is looked at for every part, by the
 * sentences of docs/QUERY.md and the formula of core/segment/score.h. Scores
 * must be equal to the last bit, order and counts equal, with pruning and
 * without, over several segments and after deletions. */
#include "indexer/indexer.h"
#include "query/plan.h"
#include "query/query.h"
#include "tests/test.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

/* Words that no speller or acronym rule touches; each has a plural, of the
 * same stem. */
static const char *const vocabulary[] = {"bax", "dov", "fim", "gub",
                                         "kel", "mop", "nar", "pid"};

enum {
    WORDS = 8,
    TEXT_MAX = 24,
    PARAGRAPHS_MAX = 400,
    DOCUMENTS_MAX = 60,
    SECTIONS_MAX = 200,
    CHILDREN_MAX = 4
};

typedef struct words {
    unsigned char items[TEXT_MAX];
    bool plural[TEXT_MAX];
    size_t count;
} words;

typedef struct paragraph {
    words text;
    int document, section; /* −1: none */
    char id[32];
    unsigned number; /* in its document, from 1 */
} paragraph;

typedef struct corpus {
    words titles[DOCUMENTS_MAX];
    unsigned documents;
    struct {
        words heading;
        int parent;
    } sections[SECTIONS_MAX];
    unsigned section_count;
    paragraph paragraphs[PARAGRAPHS_MAX];
    unsigned count;
    bool records;  /* every document is one paragraph */
    bool untitled; /* no document has a title, no paragraph a heading */
} corpus;

/* ---- a random corpus --------------------------------------------------- */

static words random_words(test_random *random, uint32_t least, uint32_t most)
{
    words w = {.count = least + test_random_below(random, most - least + 1)};
    for (size_t i = 0; i < w.count; i++) {
        /* The first words are frequent, the last are rare. */
        uint32_t a = test_random_below(random, WORDS);
        uint32_t b = test_random_below(random, WORDS);
        w.items[i] = (unsigned char)(a < b ? a : b);
        w.plural[i] = test_random_below(random, 4) == 0;
    }
    return w;
}

static void put_words(const words *w, FILE *file)
{
    for (size_t i = 0; i < w->count; i++)
        fprintf(file, "%s%s%s", i ? " " : "", vocabulary[w->items[i]],
                w->plural[i] ? "s" : "");
}

static void put_paragraphs(test_random *random, corpus *c, int section,
                           FILE *file, unsigned *number)
{
    uint32_t count = c->records ? 1 : 1 + test_random_below(random, 4);
    for (uint32_t i = 0; i < count && c->count < PARAGRAPHS_MAX; i++) {
        paragraph *p = &c->paragraphs[c->count++];
        p->text = random_words(random, 1, TEXT_MAX);
        p->document = (int)c->documents;
        p->section = section;
        p->number = ++*number;
        snprintf(p->id, sizeof p->id, "d%02u#%u", c->documents, p->number);
        fprintf(file, "%s\"", i ? "," : "");
        put_words(&p->text, file);
        fprintf(file, "\"");
    }
}

/* A record of a text alone. */
static void put_bare_document(test_random *random, corpus *c, FILE *file)
{
    paragraph *p = &c->paragraphs[c->count++];
    p->text = random_words(random, 1, TEXT_MAX);
    p->document = (int)c->documents;
    p->section = -1;
    p->number = 1;
    snprintf(p->id, sizeof p->id, "d%02u", c->documents);
    fprintf(file, "{\"id\":\"d%02u\",\"text\":\"", c->documents++);
    put_words(&p->text, file);
    fprintf(file, "\"}\n");
}

/* One document as a line of JSONL; "zzz" is in every title and a
 * word of its own in every heading, so that none is empty and no two are one. */
static void put_document(test_random *random, corpus *c, FILE *file)
{
    int open[3] = {-1, -1, -1};
    unsigned number = 0;
    uint32_t sections = c->records ? 1 : 1 + test_random_below(random, 4);
    if (c->untitled) {
        put_bare_document(random, c, file);
        return;
    }
    c->titles[c->documents] = random_words(random, 1, 3);
    fprintf(file, "{\"id\":\"d%02u\",\"title\":\"zzz ", c->documents);
    put_words(&c->titles[c->documents], file);
    fprintf(file, "\",\"sections\":[");
    for (uint32_t i = 0, level = 0; i < sections; i++) {
        int section = (int)c->section_count++;
        level = i ? test_random_below(random, level + 2) : 0;
        level = level > 2 ? 2 : level;
        open[level] = section;
        c->sections[section].parent = level ? open[level - 1] : -1;
        c->sections[section].heading = random_words(random, 1, 3);
        fprintf(file, "%s{\"heading\":\"s%d ", i ? "," : "", section);
        put_words(&c->sections[section].heading, file);
        fprintf(file, "\",\"level\":%u,\"paragraphs\":[", level + 1);
        put_paragraphs(random, c, section, file, &number);
        fprintf(file, "]}");
    }
    fprintf(file, "]}\n");
    c->documents++;
}

/* ---- a random query ---------------------------------------------------- */

typedef enum kind { WORD, PHRASE, NEAR, ADJ, WINDOW, GROUP } kind;

typedef struct query {
    kind kind;
    osl_occur occur;
    unsigned fields;
    words text;
    uint32_t distance;
    struct query *children[CHILDREN_MAX];
    size_t count;
    /* What the twin makes of it. */
    double weight;
    uint32_t again; /* equal words joined with it */
    bool gone;      /* joined with an equal word */
} query;

static query *random_query(test_random *random, unsigned depth,
                           osl_arena *arena)
{
    query *q = osl_arena_zero(arena, 1, sizeof *q);
    uint32_t dice = test_random_below(random, 12);
    assert_non_null(q);
    q->weight = 1;
    q->fields = OSL_IN_ALL;
    q->kind = depth == 0 || (depth < 3 && dice < 2) ? GROUP
              : dice < 7                            ? WORD
                         : (kind)(dice == 7 ? PHRASE : dice - 7);
    if (q->kind == GROUP) {
        q->count = 1 + test_random_below(random, CHILDREN_MAX);
        for (size_t i = 0; i < q->count; i++) {
            q->children[i] = random_query(random, depth + 1, arena);
            /* Parentheses around a single wanted part say nothing. */
            while (q->children[i]->kind == GROUP &&
                   q->children[i]->count == 1 &&
                   q->children[i]->children[0]->occur == OSL_OCCUR_SHOULD)
                q->children[i] = q->children[i]->children[0];
            uint32_t sign = test_random_below(random, 8);
            q->children[i]->occur = sign == 0   ? OSL_OCCUR_NOT
                                    : sign == 1 ? OSL_OCCUR_MUST
                                                : OSL_OCCUR_SHOULD;
        }
        return q;
    }
    q->text = random_words(random, q->kind == WORD ? 1 : 2,
                           q->kind == WORD                     ? 1
                           : q->kind == NEAR || q->kind == ADJ ? 2
                                                               : 3);
    q->distance = 1 + test_random_below(random, 4);
    if (test_random_below(random, 8) == 0 && q->kind != NEAR && q->kind != ADJ)
        q->fields =
            test_random_below(random, 2) ? OSL_IN_TITLE : OSL_IN_HEADING;
    return q;
}

static void print_query(const query *q, bool top, osl_buf *out)
{
    static const char *const signs[] = {"", "+", "-"};
    osl_buf_printf(out, "%s", signs[q->occur]);
    if (q->kind != GROUP && q->fields != OSL_IN_ALL)
        osl_buf_printf(out, "%s",
                       q->fields == OSL_IN_TITLE ? "title:" : "section:");
    if (q->kind == GROUP) {
        osl_buf_printf(out, top ? "" : "(");
        for (size_t i = 0; i < q->count; i++) {
            osl_buf_printf(out, i ? " " : "");
            print_query(q->children[i], false, out);
        }
        osl_buf_printf(out, top ? "" : ")");
        return;
    }
    if (q->kind == NEAR || q->kind == ADJ) {
        osl_buf_printf(out, "(%s%s %s/%u %s%s)", vocabulary[q->text.items[0]],
                       q->text.plural[0] ? "s" : "",
                       q->kind == NEAR ? "NEAR" : "ADJ", (unsigned)q->distance,
                       vocabulary[q->text.items[1]],
                       q->text.plural[1] ? "s" : "");
        return;
    }
    const char *quote = q->kind == WORD ? "" : "\"";
    osl_buf_printf(out, "%s", quote);
    for (size_t i = 0; i < q->text.count; i++)
        osl_buf_printf(out, "%s%s%s", i ? " " : "",
                       vocabulary[q->text.items[i]],
                       q->text.plural[i] ? "s" : "");
    osl_buf_printf(out, "%s", quote);
    if (q->kind == WINDOW)
        osl_buf_printf(out, "~%u", (unsigned)q->distance);
}

/* ---- occurrences, the slow way ----------------------------------------- */

static uint32_t count_word(const words *w, unsigned char word)
{
    uint32_t count = 0;
    for (size_t i = 0; i < w->count; i++)
        count += w->items[i] == word;
    return count;
}

static uint32_t count_phrase(const query *q, const words *w)
{
    uint32_t count = 0;
    for (size_t i = 0; i + q->text.count <= w->count; i++)
        count += memcmp(w->items + i, q->text.items, q->text.count) == 0;
    return count;
}

/* Has position i of word `a` a partner `b`? `before`: a is the left word. */
static bool has_partner(const query *q, const words *w, size_t i,
                        unsigned char b, bool left)
{
    for (size_t j = 0; j < w->count; j++) {
        size_t gap = i < j ? j - i : i - j;
        bool in_order = left ? i < j : j < i;
        if (w->items[j] == b && gap >= 1 && gap <= q->distance &&
            (in_order || q->kind == NEAR))
            return true;
    }
    return false;
}

static uint32_t count_near(const query *q, const words *w)
{
    unsigned char a = q->text.items[0], b = q->text.items[1];
    uint32_t lefts = 0, rights = 0;
    for (size_t i = 0; i < w->count; i++) {
        lefts += w->items[i] == a && has_partner(q, w, i, b, true);
        rights += w->items[i] == b && has_partner(q, w, i, a, false);
    }
    return lefts < rights ? lefts : rights;
}

/* Do positions [from, to] hold every word of the query often enough? */
static bool holds_all(const query *q, const words *w, size_t from, size_t to)
{
    words part = {.count = to - from + 1};
    memcpy(part.items, w->items + from, part.count);
    for (size_t i = 0; i < q->text.count; i++)
        if (count_word(&part, q->text.items[i]) <
            count_word(&q->text, q->text.items[i]))
            return false;
    return true;
}

/* Windows end as early as they can and do not overlap. */
static uint32_t count_windows(const query *q, const words *w)
{
    uint32_t count = 0, width = (uint32_t)q->text.count + q->distance;
    for (size_t to = 0, start = 0; to < w->count; to++) {
        size_t from = to + 1 > width ? to + 1 - width : 0;
        from = from < start ? start : from;
        if (from > to || !holds_all(q, w, from, to))
            continue;
        count++;
        start = to + 1;
    }
    return count;
}

static uint32_t occurrences(const query *q, const words *w)
{
    switch (q->kind) {
    case WORD:
        return count_word(w, q->text.items[0]);
    case PHRASE:
        return count_phrase(q, w);
    case NEAR:
    case ADJ:
        return count_near(q, w);
    default:
        return count_windows(q, w);
    }
}

/* ---- scores ------------------------------------------------------------ */

typedef struct field {
    uint64_t count, total;
    uint64_t df[WORDS], cf[WORDS];
    float k[256];
} field;

typedef struct twin {
    const corpus *corpus;
    osl_ranking_settings settings;
    field fields[OSL_SCORED_PARTS];
} twin;

static void add_to_field(field *f, const words *w, uint32_t more)
{
    f->count++;
    f->total += w->count + more;
    for (unsigned i = 0; i < WORDS; i++) {
        f->df[i] += count_word(w, (unsigned char)i) > 0;
        f->cf[i] += count_word(w, (unsigned char)i);
    }
}

/* With its "zzz". */
static size_t title_length(const corpus *c, const words *title)
{
    return title->count + !c->untitled;
}

static void add_to_bag(twin *t, const paragraph *p)
{
    field *f = &t->fields[OSL_SCORED_BAG];
    const words *title = &t->corpus->titles[p->document];
    f->count++;
    f->total += p->text.count + title_length(t->corpus, title) *
                                    (uint64_t)t->settings.title_count;
    for (unsigned i = 0; i < WORDS; i++)
        f->df[i] += count_word(&p->text, (unsigned char)i) ||
                    count_word(title, (unsigned char)i);
}

static void measure(twin *t)
{
    const corpus *c = t->corpus;
    for (unsigned i = 0; i < c->documents; i++)
        add_to_field(&t->fields[1], &c->titles[i], !c->untitled);
    for (unsigned i = 0; i < c->section_count; i++)
        add_to_field(&t->fields[2], &c->sections[i].heading, 1);
    for (unsigned i = 0; i < c->count; i++) {
        add_to_field(&t->fields[0], &c->paragraphs[i].text, 0);
        add_to_bag(t, &c->paragraphs[i]);
    }
    for (unsigned i = 0; i < OSL_SCORED_FIELDS; i++)
        osl_score_lengths(t->fields[i].k, t->settings.k1, t->settings.b,
                          t->fields[i].total, t->fields[i].count);
}

/* W of a word or phrase in a field, or in the bag. */
static float weight_of(const twin *t, const query *q, unsigned f)
{
    const osl_ranking_settings *settings = &t->settings;
    bool bag = f == OSL_SCORED_BAG;
    double idf = 0,
           part = bag ? settings->bag_part : settings->field_weights[f];
    if (!bag && settings->fields)
        part *= 1 - settings->bag_part;
    for (size_t i = 0; i < q->text.count; i++)
        if (t->fields[f].df[q->text.items[i]])
            idf += osl_score_idf(t->fields[f].count,
                                 t->fields[f].df[q->text.items[i]]);
    return osl_score_weight(q->weight * part, idf,
                            bag ? settings->bag_k1 : settings->k1);
}

static uint32_t contribution(const twin *t, const query *q, unsigned f,
                             uint32_t tf, size_t length)
{
    uint8_t code = osl_length_code((uint32_t)length);
    return osl_score_contribution(weight_of(t, q, f),
                                  osl_score_gain(tf, t->fields[f].k[code]));
}

/* Lengths of texts and titles are below the first step of the codes. */
static uint32_t bag_part(const twin *t, const query *q, const paragraph *p)
{
    const field *bag = &t->fields[OSL_SCORED_BAG];
    const words *title = &t->corpus->titles[p->document];
    uint32_t times = t->settings.title_count;
    uint32_t tf = occurrences(q, &p->text) + times * occurrences(q, title);
    float k = osl_score_length(
        t->settings.bag_k1, t->settings.bag_b,
        osl_score_average(bag->total, bag->count),
        (double)(p->text.count + times * title_length(t->corpus, title)));
    return osl_score_contribution(weight_of(t, q, OSL_SCORED_BAG),
                                  osl_score_gain(tf, k));
}

static uint32_t text_part(const twin *t, const query *q, const paragraph *p)
{
    return contribution(t, q, 0, occurrences(q, &p->text), p->text.count);
}

/* The best of the fields, and a share of the others. */
static uint32_t best_and_share(const twin *t, const uint32_t *parts,
                               size_t count)
{
    uint32_t best = 0, sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += parts[i];
        best = parts[i] > best ? parts[i] : best;
    }
    return best + (uint32_t)((sum - best) * (uint64_t)t->settings.share / 256);
}

/* The best heading above the paragraph. */
static uint32_t heading_part(const twin *t, const query *q, const paragraph *p,
                             bool *matches)
{
    uint32_t best = 0;
    const corpus *c = t->corpus;
    for (int s = p->section; s >= 0 && (q->fields & OSL_IN_HEADING);
         s = c->sections[s].parent) {
        const words *heading = &c->sections[s].heading;
        uint32_t tf = occurrences(q, heading);
        uint32_t part = contribution(t, q, 2, tf, heading->count + 1);
        *matches |= tf > 0;
        best = part > best ? part : best;
    }
    return best;
}

/* *matches: found in a field that the query looks into. */
static uint32_t score_unit(const twin *t, const query *q, const paragraph *p,
                           bool *matches)
{
    const osl_ranking_settings *settings = &t->settings;
    const words *title = &t->corpus->titles[p->document];
    uint32_t in_text = occurrences(q, &p->text), parts[OSL_SCORED_FIELDS] = {0};
    uint32_t in_title = occurrences(q, title);
    bool all = q->fields == OSL_IN_ALL;
    *matches = ((q->fields & OSL_IN_TEXT) && in_text) ||
               ((q->fields & OSL_IN_TITLE) && in_title);
    if (!settings->fields && all)
        return *matches ? bag_part(t, q, p) : 0;
    if (q->fields & OSL_IN_TEXT)
        parts[0] = text_part(t, q, p);
    if (q->fields & OSL_IN_TITLE)
        parts[1] =
            contribution(t, q, 1, in_title, title_length(t->corpus, title));
    bool in_either = *matches;
    parts[2] = heading_part(t, q, p, matches);
    if (!all || !(settings->bag_part > 0))
        return best_and_share(t, parts, 3);
    uint32_t mixed[2] = {best_and_share(t, parts, 2), parts[2]};
    if (in_either)
        mixed[0] += bag_part(t, q, p);
    return best_and_share(t, mixed, 2);
}

static uint32_t closeness(const twin *t, const query *a, const query *b,
                          const paragraph *p)
{
    static const uint32_t shares[] = {0, 64, 32, 21, 16, 12, 10, 9, 8};
    uint32_t best = 9;
    for (uint32_t i = 0; i < p->text.count; i++)
        for (uint32_t j = 0; j < p->text.count; j++) {
            if (i == j || p->text.items[i] != a->text.items[0] ||
                p->text.items[j] != b->text.items[0])
                continue;
            uint32_t d = j > i ? j - i : i - j + 1;
            best = d < best ? d : best;
        }
    uint32_t x = text_part(t, a, p), y = text_part(t, b, p);
    return best > 8 ? 0
                    : (uint32_t)((x < y ? x : y) * (uint64_t)shares[best] >> 8);
}

/* Occurrences of a word or phrase in the form that was typed. */
static uint32_t count_typed(const query *q, const words *w)
{
    uint32_t count = 0;
    for (size_t i = 0; i + q->text.count <= w->count; i++)
        count += memcmp(w->items + i, q->text.items, q->text.count) == 0 &&
                 memcmp(w->plural + i, q->text.plural, q->text.count) == 0;
    return count;
}

static uint32_t typed_form(const twin *t, const query *q, const paragraph *p)
{
    uint32_t all = occurrences(q, &p->text), typed = count_typed(q, &p->text);
    if ((q->kind != WORD && q->kind != PHRASE) || q->occur == OSL_OCCUR_NOT ||
        !(q->fields & OSL_IN_TEXT) || !all)
        return 0;
    return (uint32_t)((uint64_t)(text_part(t, q, p) * (uint64_t)12 >> 8) *
                      typed / all);
}

static bool is_plain(const query *q)
{
    return q->kind == WORD && q->fields == OSL_IN_ALL &&
           q->occur != OSL_OCCUR_NOT;
}

static uint32_t score_pairs(const twin *t, const query *q, const paragraph *p)
{
    const query *last = NULL;
    uint32_t sum = 0;
    for (size_t i = 0; i < q->count; i++) {
        if (q->children[i]->gone)
            continue;
        if (t->settings.closeness && last && is_plain(last) &&
            is_plain(q->children[i]))
            sum += closeness(t, last, q->children[i], p);
        last = q->children[i];
        sum += t->settings.typed_form ? typed_form(t, last, p) : 0;
    }
    return sum;
}

static uint32_t score(const twin *t, const query *q, const paragraph *p,
                      bool *matches)
{
    bool must = true, any = false, has_must = false, has_should = false;
    uint32_t sum = 0;
    if (q->kind != GROUP)
        return score_unit(t, q, p, matches);
    for (size_t i = 0; i < q->count; i++) {
        bool here;
        const query *child = q->children[i];
        if (child->gone)
            continue;
        uint32_t part = score(t, child, p, &here);
        if (child->occur == OSL_OCCUR_NOT) {
            must &= !here;
            continue;
        }
        has_must |= child->occur == OSL_OCCUR_MUST;
        has_should |= child->occur == OSL_OCCUR_SHOULD;
        must &= here || child->occur == OSL_OCCUR_SHOULD;
        any |= here;
        sum += here ? part : 0;
    }
    *matches = must && (has_must || any || !has_should);
    if (!*matches)
        return 0;
    return sum + score_pairs(t, q, p);
}

static bool says_same(const query *a, const query *b, bool by_stem)
{
    return a->kind == WORD && b->kind == WORD && !a->gone && !b->gone &&
           a->occur == b->occur && a->fields == b->fields &&
           a->text.items[0] == b->text.items[0] &&
           (by_stem ? a->fields == OSL_IN_ALL
                    : a->text.plural[0] == b->text.plural[0]);
}

/* Equal words of a group become one of their summed weight. */
static void join_words(query *q, bool by_stem)
{
    for (size_t i = 0; i < q->count; i++) {
        join_words(q->children[i], by_stem);
        for (size_t j = 0; j < i && q->children[i]->kind == WORD; j++) {
            query *a = q->children[j], *b = q->children[i];
            if (!says_same(a, b, by_stem))
                continue;
            a->weight += b->weight;
            a->again += 1 + b->again;
            b->gone = true;
            break;
        }
    }
}

/* What a word weighs beside its idf. */
static void weigh_words(const twin *t, query *q)
{
    const osl_ranking_settings *settings = &t->settings;
    const field *text = &t->fields[0];
    for (size_t i = 0; i < q->count; i++)
        weigh_words(t, q->children[i]);
    unsigned char word = q->text.items[0];
    if (q->kind == WORD && settings->burst && text->df[word])
        q->weight *= sqrt((double)text->cf[word] / (double)text->df[word]);
    if (settings->repeats > 0)
        q->weight *=
            (settings->repeats + 1) / (settings->repeats + 1 + q->again);
}

/* ---- both beside each other -------------------------------------------- */

typedef struct twin_hit {
    const paragraph *paragraph;
    uint32_t score;
} twin_hit;

static int by_merit(const void *a, const void *b)
{
    const twin_hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->paragraph->document != y->paragraph->document)
        return x->paragraph->document < y->paragraph->document ? -1 : 1;
    return x->paragraph->number < y->paragraph->number ? -1 : 1;
}

static size_t find_all(const twin *t, const query *q, twin_hit *hits,
                       uint64_t *documents)
{
    size_t count = 0;
    int last = -1;
    *documents = 0;
    for (unsigned i = 0; i < t->corpus->count; i++) {
        const paragraph *p = &t->corpus->paragraphs[i];
        bool matches;
        uint32_t s = score(t, q, p, &matches);
        if (!matches)
            continue;
        hits[count++] = (twin_hit){p, s};
        *documents += p->document != last;
        last = p->document;
    }
    qsort(hits, count, sizeof *hits, by_merit);
    return count;
}

static size_t best_of_documents(twin_hit *hits, size_t count)
{
    bool seen[DOCUMENTS_MAX] = {false};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool *again = &seen[hits[i].paragraph->document];
        if (!*again)
            hits[kept++] = hits[i];
        *again = true;
    }
    return kept;
}

/* A line of an explanation: how deep it stands, its number, what it says. */
typedef struct told {
    unsigned depth, score;
    const char *words;
} told;

static size_t read_told(char *text, told *lines, size_t room)
{
    size_t count = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        double shown;
        char *bracket = strchr(line, '[');
        assert_non_null(bracket);
        assert_true(count < room);
        told *at = &lines[count++];
        assert_int_equal(sscanf(bracket, "[%u]", &at->score), 1);
        assert_int_equal(sscanf(line, "%lf", &shown), 1);
        assert_true(fabs(shown - at->score / 65536.0) < 0.0001);
        /* "%*s%8.4f [": two blanks a depth, then a number of 8 or more. */
        size_t digits = (size_t)snprintf(NULL, 0, "%8.4f ", shown);
        at->depth = (unsigned)((size_t)(bracket - line) - digits) / 2;
        at->words = strchr(bracket, ']') + 2;
    }
    return count;
}

/* Every sum is that of the lines below it. */
static void adds_up(const told *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned share = 256, sum = 0, best = 0;
        bool is_sum = strncmp(lines[i].words, "sum:", 4) == 0;
        if (!is_sum &&
            sscanf(lines[i].words, "best field and %u/256", &share) != 1)
            continue;
        for (size_t j = i + 1; j < count && lines[j].depth > lines[i].depth;
             j++)
            if (lines[j].depth == lines[i].depth + 1) {
                sum += lines[j].score;
                best = lines[j].score > best ? lines[j].score : best;
            }
        unsigned want = is_sum ? sum : best + ((sum - best) * share >> 8);
        if (lines[i].score != want)
            fail_msg("%u is not %u: %s", lines[i].score, want, lines[i].words);
    }
}

static void explains(const osl_hit *hit)
{
    enum { LINES_MAX = 1024 };
    static told lines[LINES_MAX];
    char *copy = strndup(hit->explanation.bytes, hit->explanation.length);
    assert_non_null(copy);
    size_t count = read_told(copy, lines, LINES_MAX);
    assert_true(count || !hit->score);
    if (count) {
        assert_int_equal(lines[0].score, hit->score);
        assert_int_equal(lines[0].depth, 0);
        adds_up(lines, count);
    }
    free(copy);
}

static void compare_one(const osl_searcher *searcher, const twin *t,
                        const query *q, osl_search_options options,
                        const char *text)
{
    static twin_hit hits[PARAGRAPHS_MAX];
    osl_error err = {0};
    osl_answer *answer;
    uint64_t documents;
    size_t count = find_all(t, q, hits, &documents), matches = count;
    options.explain = true;
    assert_ok(osl_search(searcher, osl_text_of(text), &options, &answer, &err));
    if (options.by_document)
        count = best_of_documents(hits, count);
    size_t wanted = count > options.offset ? count - options.offset : 0;
    wanted = wanted < options.k ? wanted : options.k;
    if (osl_answer_hit_count(answer) != wanted)
        fail_msg("%s: %zu hits, not %zu", text, osl_answer_hit_count(answer),
                 wanted);
    if (options.want_count && (osl_answer_count(answer) != matches ||
                               osl_answer_document_count(answer) != documents))
        fail_msg("%s: %llu matches, not %zu", text,
                 (unsigned long long)osl_answer_count(answer), matches);
    for (size_t i = 0; i < wanted; i++) {
        const osl_hit *hit = osl_answer_hit(answer, i);
        const twin_hit *want = &hits[options.offset + i];
        if (hit->score != want->score ||
            !osl_text_equal(hit->id, osl_text_of(want->paragraph->id)))
            fail_msg("%s: hit %zu is %.*s (%u), not %s (%u)\n%.*s", text, i,
                     (int)hit->id.length, hit->id.bytes, hit->score,
                     want->paragraph->id, want->score,
                     (int)hit->explanation.length, hit->explanation.bytes);
        explains(hit);
    }
    osl_answer_free(answer);
}

static void compare_random(test_random *random, const osl_searcher *searcher,
                           const corpus *c)
{
    osl_arena arena = {0};
    osl_buf text = {0};
    osl_search_options options = osl_search_defaults;
    query *q = random_query(random, 0, &arena);
    print_query(q, true, &text);
    osl_buf_put_byte(&text, 0);
    assert_false(text.failed);
    join_words(q, false);
    options.k = 1 + test_random_below(random, 12);
    options.offset = test_random_below(random, 4) ? 0 : 3;
    options.by_document = test_random_below(random, 4) == 0;
    options.want_count = test_random_below(random, 2);
    options.no_proximity = test_random_below(random, 4) == 0;
    options.no_expand = true; /* no feedback: feedback_test.c */
    options.ranking = test_random_below(random, 3) == 0 ? OSL_RANKING_BM25
                                                        : OSL_RANKING_DEFAULT;
    if (test_random_below(random, 2))
        options.without = test_random_below(random, OSL_PART_FUNCTION_WORDS);
    if (test_random_below(random, 3) == 0)
        options.with = test_random_below(random, OSL_PART_FUNCTION_WORDS);
    if (c->untitled && test_random_below(random, 4)) { /* query/plain.h */
        options.ranking = OSL_RANKING_BM25;
        options.with = options.without = 0;
        options.by_document = false;
    }
    if (test_random_below(random, 3) == 0) {
        options.k1 = 0.4 + test_random_below(random, 20) / 10.0;
        options.b = test_random_below(random, 11) / 10.0;
    }
    twin t = {.corpus = c,
              .settings = osl_ranking_of(&options, c->count == c->documents)};
    measure(&t);
    if (t.settings.repeats > 0)
        join_words(q, true);
    weigh_words(&t, q);
    compare_one(searcher, &t, q, options, (char *)text.bytes);
    options.exhaustive = true;
    compare_one(searcher, &t, q, options, (char *)text.bytes);
    osl_buf_clear(&text);
    osl_arena_clear(&arena);
}

/* ---- folders ----------------------------------------------------------- */

static void write_part(test_random *random, corpus *c, const char *folder,
                       unsigned part, uint32_t documents)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%u.jsonl", folder, part);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (uint32_t i = 0; i < documents; i++)
        put_document(random, c, file);
    assert_int_equal(fclose(file), 0);
}

static void update(const char *index, const char *folder)
{
    osl_error err = {0};
    osl_index_options options = {.thread_count = 1};
    osl_index_report report;
    const char *paths[] = {folder};
    assert_ok(osl_index_update(index, paths, 1, &options, NULL, &report, &err));
}

static void compare_many(test_random *random, const char *index,
                         const corpus *c, int queries)
{
    osl_error err = {0};
    osl_searcher *searcher;
    assert_ok(osl_searcher_open(&searcher, index, 0, &err));
    for (int i = 0; i < queries; i++)
        compare_random(random, searcher, c);
    osl_searcher_free(searcher);
}

static void remove_tree(const char *path)
{
    char command[320];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

static void search_equals_its_twin_to_the_last_bit(void **state)
{
    (void)state;
    test_random random = test_random_new(11);
    for (int round = 0; round < 9; round++) {
        char base[] = "/tmp/osl-twin-XXXXXX", folder[64], index[64];
        static corpus c;
        memset(&c, 0, sizeof c);
        c.records = round % 3 > 0;
        c.untitled = round % 3 == 2;
        assert_non_null(mkdtemp(base));
        snprintf(folder, sizeof folder, "%s/in", base);
        snprintf(index, sizeof index, "%s/index", base);
        assert_int_equal(mkdir(folder, 0700), 0);
        write_part(&random, &c, folder, 0, 1 + test_random_below(&random, 20));
        update(index, folder);
        compare_many(&random, index, &c, 60);
        remove_tree(base);
    }
}

/* Three updates: new files, then one file written anew (its documents keep
 * their ids and change, or vanish). */
static void updates_change_no_bit_of_an_answer(void **state)
{
    (void)state;
    test_random random = test_random_new(12);
    for (int round = 0; round < 6; round++) {
        char base[] = "/tmp/osl-twin-XXXXXX", folder[64], index[64];
        static corpus c, before;
        memset(&c, 0, sizeof c);
        c.records = round % 3 > 0;
        c.untitled = round % 3 == 2;
        assert_non_null(mkdtemp(base));
        snprintf(folder, sizeof folder, "%s/in", base);
        snprintf(index, sizeof index, "%s/index", base);
        assert_int_equal(mkdir(folder, 0700), 0);
        write_part(&random, &c, folder, 0, 8);
        update(index, folder);
        write_part(&random, &c, folder, 1, 6);
        update(index, folder);
        compare_many(&random, index, &c, 40);
        before = c;
        write_part(&random, &c, folder, 2, 5);
        update(index, folder);
        compare_many(&random, index, &c, 40);
        c = before;
        write_part(&random, &c, folder, 2, 2); /* anew, and fewer */
        update(index, folder);
        compare_many(&random, index, &c, 40);
        remove_tree(base);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_equals_its_twin_to_the_last_bit),
        cmocka_unit_test(updates_change_no_bit_of_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
