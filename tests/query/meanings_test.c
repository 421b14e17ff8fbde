/* SPDX-License-Identifier: MIT
 *
 * Abbreviations beside their obvious twin: random documents that define few
 * short forms in many ways, kept as lists of words; what a short or a long form
 * finds, and its scores to the last bit, by the sentences of docs/QUERY.md,
 * over one segment and several, after updates, deletions and merging. */
#include "indexer/indexer.h"
#include "query/plan.h"
#include "query/query.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Words by initial, of which each is its own stem; the two of a pair of
 * spellings stand side by side and are of one class. */
static const struct {
    const char *text;
    unsigned class;
} words[] = {
    {"bax", 0},  {"bok", 1},  {"bim", 2},   {"behaviour", 3}, {"behavior", 3},
    {"dov", 4},  {"dap", 5},  {"dulk", 6},  {"fim", 7},       {"fug", 8},
    {"fenk", 9}, {"gub", 10}, {"mopt", 11}, {"narg", 12},
};
enum { WORDS = sizeof words / sizeof words[0], FIRST_FILLER = 11 };
static const struct {
    unsigned from, to;
} by_letter[] = {{0, 5}, {5, 8}, {8, 11}};

enum {
    SHORT_FORMS = 3,
    POOL = 40, /* long forms of each */
    LONG_MOST = 3,
    TOKENS = 60,
    PARAGRAPHS = 6, /* of a document */
    DOCUMENTS = 60,
    SENSES_MAX = 4, /* as plan_units.c has them */
    OWN_MAX = 12,
    LOOKED_AT = 8 /* as plan_short.c has it */
};

static const struct {
    const char *text;
    unsigned letters[LONG_MOST], count;
} short_forms[SHORT_FORMS] = {
    {"BD", {0, 1}, 2}, {"BDF", {0, 1, 2}, 3}, {"DF", {1, 2}, 2}};

/* A token: a word, or a short form behind them. */
typedef struct text {
    unsigned char at[TOKENS];
    size_t count;
} text;

typedef struct document {
    text title, headings[PARAGRAPHS], paragraphs[PARAGRAPHS];
    unsigned paragraph_count;
    unsigned above[PARAGRAPHS]; /* the heading of each paragraph */
    unsigned heading_count;
    bool defines[SHORT_FORMS][POOL], alive;
    unsigned file; /* that holds it */
} document;

typedef struct long_form {
    unsigned char words[LONG_MOST];
    unsigned documents; /* that define it */
    char text[40];
    unsigned number; /* in the pool */
} long_form;

typedef struct world {
    document documents[DOCUMENTS];
    unsigned count;
    bool many;    /* senses, more than are looked for */
    bool records; /* a document is one paragraph, and no title */
    long_form pool[SHORT_FORMS][POOL];
    /* Of the living: those that some define, the most frequent first. */
    const long_form *senses[SHORT_FORMS][POOL];
    unsigned sense_count[SHORT_FORMS];
} world;

/* ---- a random world ----------------------------------------------------- */

static unsigned random_word(test_random *random, unsigned letter)
{
    unsigned count = by_letter[letter].to - by_letter[letter].from;
    return by_letter[letter].from + test_random_below(random, count);
}

/* Few of them are one; some are the same but for spelling. */
static void make_pool(test_random *random, world *w)
{
    for (unsigned s = 0; s < SHORT_FORMS; s++)
        for (unsigned i = 0; i < POOL; i++) {
            long_form *form = &w->pool[s][i];
            form->number = i;
            form->text[0] = '\0';
            for (unsigned n = 0; n < short_forms[s].count; n++) {
                form->words[n] = (unsigned char)random_word(
                    random, short_forms[s].letters[n]);
                snprintf(form->text + strlen(form->text), 16, "%s%s",
                         n ? " " : "", words[form->words[n]].text);
            }
        }
}

static void add(text *to, unsigned token)
{
    assert_true(to->count < TOKENS);
    to->at[to->count++] = (unsigned char)token;
}

static void put(FILE *file, const char *what)
{
    assert_true(fputs(what, file) >= 0);
}

/* Short forms with small words around them, or three would be a heading. */
static void put_random(test_random *random, const world *w, text *to,
                       FILE *file, unsigned most)
{
    for (unsigned n = test_random_below(random, most + 1); n > 0; n--) {
        unsigned s = test_random_below(random, SHORT_FORMS);
        unsigned what = test_random_below(random, 4);
        if (what == 0) {
            add(to, WORDS + s);
            put(file, short_forms[s].text);
            put(file, " ");
        } else if (what < 3) {
            const long_form *form =
                &w->pool[s][test_random_below(random, POOL)];
            for (unsigned i = 0; i < short_forms[s].count; i++)
                add(to, form->words[i]);
            put(file, form->text);
            put(file, " ");
        }
        unsigned filler =
            FIRST_FILLER + test_random_below(random, WORDS - FIRST_FILLER);
        add(to, filler);
        put(file, words[filler].text);
        put(file, " ");
    }
}

/* "mopt. bax dov (BD) narg": the first of the pool are defined most. */
static void put_definition(test_random *random, const world *w, document *d,
                           text *to, FILE *file)
{
    unsigned s = test_random_below(random, SHORT_FORMS);
    unsigned a = test_random_below(random, POOL);
    unsigned b = test_random_below(random, POOL);
    unsigned n =
        !w->many && test_random_below(random, 3) ? (a < b ? a : b) / 4 : a;
    const long_form *form = &w->pool[s][n];
    add(to, 11);
    put(file, "mopt. ");
    for (unsigned i = 0; i < short_forms[s].count; i++)
        add(to, form->words[i]);
    add(to, WORDS + s);
    add(to, 12);
    (void)fprintf(file, "%s (%s) narg ", form->text, short_forms[s].text);
    /* Equal long forms are one sense. */
    for (unsigned i = 0; i < POOL; i++)
        if (strcmp(w->pool[s][i].text, form->text) == 0) {
            d->defines[s][i] = true;
            break;
        }
}

/* A word of its own in every heading, so that no two are one, and another. */
static void put_heading(test_random *random, const world *w, document *d,
                        FILE *file, unsigned number)
{
    unsigned n = d->heading_count++;
    (void)fprintf(file, "%s{\"heading\":\"s%ux%u ", n ? "]}," : "", number, n);
    put_random(random, w, &d->headings[n], file, 1);
    add(&d->headings[n], 12);
    put(file, "narg\",\"level\":1,\"paragraphs\":[");
}

static void put_paragraph(test_random *random, const world *w, document *d,
                          FILE *file, unsigned n)
{
    if (test_random_below(random, 3) == 0 || w->many)
        put_definition(random, w, d, &d->paragraphs[n], file);
    put_random(random, w, &d->paragraphs[n], file, 6);
    add(&d->paragraphs[n], 12);
    put(file, "narg\"");
}

static void put_record(test_random *random, world *w, FILE *file,
                       unsigned number)
{
    document *d = &w->documents[number];
    *d = (document){.alive = true, .paragraph_count = 1};
    (void)fprintf(file, "{\"id\":\"d%02u\",\"text\":\"", number);
    put_paragraph(random, w, d, file, 0);
    put(file, "}\n");
}

static void put_document(test_random *random, world *w, FILE *file,
                         unsigned number)
{
    document *d = &w->documents[number];
    if (w->records) {
        put_record(random, w, file, number);
        return;
    }
    *d = (document){.alive = true,
                    .paragraph_count =
                        1 + test_random_below(random, PARAGRAPHS)};
    (void)fprintf(file, "{\"id\":\"d%02u\",\"title\":\"zzz ", number);
    put_random(random, w, &d->title, file, 1);
    put(file, "\",\"sections\":[");
    for (unsigned i = 0; i < d->paragraph_count; i++) {
        bool first = i == 0 || test_random_below(random, 3) == 0;
        if (first)
            put_heading(random, w, d, file, number);
        d->above[i] = d->heading_count - 1;
        put(file, first ? "\"" : ",\"");
        put_paragraph(random, w, d, file, i);
    }
    put(file, "]}]}\n");
}

/* ---- the registry's list ------------------------------------------------ */

static int by_rank(const void *left, const void *right)
{
    const long_form *const *a = left, *const *b = right;
    if ((*a)->documents != (*b)->documents)
        return (*a)->documents > (*b)->documents ? -1 : 1;
    return strcmp((*a)->text, (*b)->text);
}

static void list_senses(world *w)
{
    for (unsigned s = 0; s < SHORT_FORMS; s++) {
        w->sense_count[s] = 0;
        for (unsigned i = 0; i < POOL; i++) {
            long_form *form = &w->pool[s][i];
            form->documents = 0;
            for (unsigned d = 0; d < w->count; d++)
                form->documents +=
                    w->documents[d].alive && w->documents[d].defines[s][i];
            if (form->documents)
                w->senses[s][w->sense_count[s]++] = form;
        }
        qsort(w->senses[s], w->sense_count[s], sizeof *w->senses[s], by_rank);
    }
}

/* ---- what counts where -------------------------------------------------- */

static unsigned class_of(unsigned token)
{
    return token < WORDS ? words[token].class : 100 + token;
}

static bool are_same(unsigned s, const long_form *a, const long_form *b)
{
    for (unsigned i = 0; i < short_forms[s].count; i++)
        if (class_of(a->words[i]) != class_of(b->words[i]))
            return false;
    return true;
}

/* Initials differ, so words stand where they stand. */
static bool are_alike(unsigned s, const long_form *a, const long_form *b)
{
    unsigned shared = 0;
    for (unsigned i = 0; i < short_forms[s].count; i++)
        shared += class_of(a->words[i]) == class_of(b->words[i]);
    return 2 * shared > short_forms[s].count;
}

/* *defines: the document defines the short form at all. */
static bool means(const world *w, const document *d, unsigned s,
                  const long_form *sense, bool *defines)
{
    bool found = false;
    *defines = false;
    for (unsigned i = 0; i < POOL; i++)
        if (d->defines[s][i]) {
            *defines = true;
            found |= are_alike(s, &w->pool[s][i], sense);
        }
    return found;
}

/* Long forms that a short form stands for: `own` only where they are meant. */
typedef struct member {
    const long_form *sense;
    bool own;
} member;

static unsigned choose(const world *w, unsigned s, member *members)
{
    unsigned count = 0, senses = 0;
    for (unsigned n = 0; n < w->sense_count[s] && n < SENSES_MAX; n++) {
        const long_form *form = w->senses[s][n];
        bool again = false;
        for (unsigned i = 0; i < count; i++)
            again |= are_same(s, members[i].sense, form);
        if (!again && form->documents * 5 >= w->senses[s][0]->documents)
            members[count++] = (member){form, false};
    }
    senses = count;
    for (unsigned n = 0; n < w->sense_count[s] && count - senses < OWN_MAX;
         n++) {
        bool again = false;
        for (unsigned i = 0; i < senses; i++)
            again |= are_same(s, members[i].sense, w->senses[s][n]);
        if (!again)
            members[count++] = (member){w->senses[s][n], true};
    }
    return count;
}

static uint32_t count_token(const text *in, unsigned token)
{
    uint32_t count = 0;
    for (size_t i = 0; i < in->count; i++)
        count += in->at[i] == token;
    return count;
}

static uint32_t count_class(const text *in, unsigned token)
{
    uint32_t count = 0;
    for (size_t i = 0; i < in->count; i++)
        count += class_of(in->at[i]) == class_of(token);
    return count;
}

static uint32_t count_phrase(const text *in, unsigned s, const member *m)
{
    uint32_t count = 0;
    unsigned length = short_forms[s].count;
    for (size_t i = 0; i + length <= in->count; i++) {
        bool here = true;
        for (unsigned n = 0; n < length; n++)
            here &= m->own ? in->at[i + n] == m->sense->words[n]
                           : class_of(in->at[i + n]) ==
                                 class_of(m->sense->words[n]);
        count += here;
    }
    return count;
}

/* ---- a query ------------------------------------------------------------ */

/* One word: a short form, or one of a long form that is typed. */
typedef struct unit {
    unsigned token, short_form;
    member members[SENSES_MAX + OWN_MAX];
    unsigned member_count;
    const long_form *sense; /* whose short form counts, too; NULL: none */
} unit;

static uint32_t occurrences(const world *w, const unit *u, const document *d,
                            const text *in)
{
    bool defines;
    unsigned s = u->short_form;
    if (u->token < WORDS) {
        uint32_t count = count_class(in, u->token);
        if (u->sense && (means(w, d, s, u->sense, &defines) || !defines))
            count += count_token(in, WORDS + s);
        return count;
    }
    uint32_t count = count_token(in, u->token);
    for (unsigned i = 0; i < u->member_count; i++) {
        bool here = means(w, d, s, u->members[i].sense, &defines);
        if (here || (!defines && !u->members[i].own))
            count += count_phrase(in, s, &u->members[i]);
    }
    return count;
}

typedef struct field {
    uint64_t count, total, df[WORDS + SHORT_FORMS];
    float k[256];
} field;

typedef struct twin {
    world *w;
    osl_ranking_settings settings;
    field fields[OSL_SCORED_PARTS]; /* the bag: of records */
} twin;

static void measure_text(field *f, const text *in, uint32_t more)
{
    f->count++;
    f->total += in->count + more;
    for (unsigned i = 0; i < WORDS + SHORT_FORMS; i++)
        f->df[i] += count_token(in, i) > 0;
}

static void measure(twin *t)
{
    memset(t->fields, 0, sizeof t->fields);
    for (unsigned i = 0; i < t->w->count; i++) {
        const document *d = &t->w->documents[i];
        if (!d->alive)
            continue;
        measure_text(&t->fields[1], &d->title, 1);
        for (unsigned n = 0; n < d->heading_count; n++)
            measure_text(&t->fields[2], &d->headings[n], 1);
        for (unsigned n = 0; n < d->paragraph_count; n++) {
            measure_text(&t->fields[0], &d->paragraphs[n], 0);
            measure_text(&t->fields[OSL_SCORED_BAG], &d->paragraphs[n], 0);
        }
    }
    for (unsigned i = 0; i < OSL_SCORED_FIELDS; i++)
        osl_score_lengths(t->fields[i].k, t->settings.k1, t->settings.b,
                          t->fields[i].total, t->fields[i].count);
}

static uint64_t df_of(const field *f, unsigned token)
{
    uint64_t df = f->df[token];
    for (unsigned i = 0; i < WORDS && df == 0 && token < WORDS; i++)
        if (class_of(i) == class_of(token))
            df = f->df[i];
    return df;
}

static double idf_of(const field *f, uint64_t df)
{
    return df ? osl_score_idf(f->count, df) : 0;
}

/* The typed word's; where it does not occur, that of what occurs most. */
static double idf_of_unit(const field *f, const unit *u)
{
    uint64_t df = f->df[u->token], best = 0;
    double idf = 0;
    if (df)
        return idf_of(f, df);
    if (u->token < WORDS) {
        uint64_t other = u->sense ? f->df[WORDS + u->short_form] : 0;
        df = df_of(f, u->token);
        return idf_of(f, df > other ? df : other);
    }
    for (unsigned i = 0; i < u->member_count; i++) {
        double sum = 0;
        uint64_t least = UINT64_MAX;
        for (unsigned n = 0; n < short_forms[u->short_form].count; n++) {
            uint64_t of = df_of(f, u->members[i].sense->words[n]);
            least = of < least ? of : least;
            sum += idf_of(f, of);
        }
        if (!u->members[i].own && least > best) {
            best = least;
            idf = sum;
        }
    }
    return idf;
}

static uint32_t part_of(const twin *t, const unit *u, unsigned f, uint32_t tf,
                        size_t length)
{
    const field *of = &t->fields[f];
    float weight = osl_score_weight(t->settings.field_weights[f],
                                    idf_of_unit(of, u), t->settings.k1);
    uint8_t code = osl_length_code((uint32_t)length);
    return osl_score_contribution(weight, osl_score_gain(tf, of->k[code]));
}

/* Of records without titles the bag is the text. */
static uint32_t score_record(const twin *t, const unit *u, const document *d,
                             bool *matches)
{
    const osl_ranking_settings *settings = &t->settings;
    const field *bag = &t->fields[OSL_SCORED_BAG];
    const text *in = &d->paragraphs[0];
    uint32_t tf = occurrences(t->w, u, d, in);
    float k = osl_score_length(settings->bag_k1, settings->bag_b,
                               osl_score_average(bag->total, bag->count),
                               (double)in->count);
    *matches |= tf > 0;
    return tf ? osl_score_contribution(osl_score_weight(settings->bag_part,
                                                        idf_of_unit(bag, u),
                                                        settings->bag_k1),
                                       osl_score_gain(tf, k))
              : 0;
}

static uint32_t score_unit(const twin *t, const unit *u, const document *d,
                           unsigned paragraph, bool *matches)
{
    if (t->w->records)
        return score_record(t, u, d, matches);
    const text *p = &d->paragraphs[paragraph];
    const text *heading = &d->headings[d->above[paragraph]];
    uint32_t sum = 0, best = 0;
    const uint32_t tfs[] = {occurrences(t->w, u, d, p),
                            occurrences(t->w, u, d, &d->title),
                            occurrences(t->w, u, d, heading)};
    const size_t lengths[] = {p->count, d->title.count + 1, heading->count + 1};
    for (unsigned f = 0; f < OSL_SCORED_FIELDS; f++) {
        uint32_t part = tfs[f] ? part_of(t, u, f, tfs[f], lengths[f]) : 0;
        *matches |= tfs[f] > 0;
        sum += part;
        best = part > best ? part : best;
    }
    return best + (uint32_t)((sum - best) * (uint64_t)t->settings.share / 256);
}

/* ---- both beside each other --------------------------------------------- */

typedef struct hit {
    char id[32];
    unsigned document, paragraph;
    uint32_t score;
} hit;

static int by_merit(const void *left, const void *right)
{
    const hit *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->document != b->document)
        return a->document < b->document ? -1 : 1;
    return a->paragraph < b->paragraph ? -1 : a->paragraph > b->paragraph;
}

static size_t find_all(const twin *t, const unit *units, size_t count,
                       hit *hits)
{
    size_t found = 0;
    for (unsigned i = 0; i < t->w->count; i++) {
        const document *d = &t->w->documents[i];
        for (unsigned n = 0; n < d->paragraph_count && d->alive; n++) {
            bool matches = false;
            uint32_t score = 0;
            for (size_t k = 0; k < count; k++)
                score += score_unit(t, &units[k], d, n, &matches);
            if (!matches)
                continue;
            hit *to = &hits[found++];
            *to = (hit){.document = i, .paragraph = n + 1, .score = score};
            snprintf(to->id, sizeof to->id, "d%02u#%u", i, n + 1);
            if (t->w->records)
                *strchr(to->id, '#') = '\0';
        }
    }
    qsort(hits, found, sizeof *hits, by_merit);
    return found;
}

/* Records by their bag alone: that is what goes by lists. */
static osl_search_options options_for(const world *w)
{
    osl_search_options options = osl_search_defaults;
    options.no_proximity = true;
    options.want_count = true;
    options.explain = true;
    if (w->records)
        options.without = OSL_PART_FIELDS | OSL_PART_BURST | OSL_PART_APART |
                          OSL_PART_REPEATS | OSL_PART_FEEDBACK |
                          OSL_PART_WIDENING | OSL_PART_ALIKE;
    return options;
}

static void compare(const osl_searcher *searcher, const twin *t,
                    const unit *units, size_t count, const char *query)
{
    static hit hits[DOCUMENTS * PARAGRAPHS];
    osl_search_options options = options_for(t->w);
    osl_error err = {0};
    size_t found = find_all(t, units, count, hits);
    for (int round = 0; round < 2; round++) {
        osl_answer *answer;
        options.k = round ? 7 : DOCUMENTS * PARAGRAPHS;
        options.exhaustive = !round;
        assert_ok(
            osl_search(searcher, osl_text_of(query), &options, &answer, &err));
        if (osl_answer_count(answer) != found)
            fail_msg("%s: %llu matches, not %zu", query,
                     (unsigned long long)osl_answer_count(answer), found);
        for (size_t i = 0; i < osl_answer_hit_count(answer); i++) {
            const osl_hit *got = osl_answer_hit(answer, i);
            if (got->score != hits[i].score ||
                !osl_text_equal(got->id, osl_text_of(hits[i].id)))
                fail_msg("%s: hit %zu is %.*s (%u), not %s (%u)\n%.*s", query,
                         i, (int)got->id.length, got->id.bytes, got->score,
                         hits[i].id, hits[i].score,
                         (int)got->explanation.length, got->explanation.bytes);
        }
        osl_answer_free(answer);
    }
}

static void compare_short(const osl_searcher *searcher, const twin *t,
                          unsigned s)
{
    unit u = {.token = WORDS + s, .short_form = s};
    u.member_count = choose(t->w, s, u.members);
    compare(searcher, t, &u, 1, short_forms[s].text);
}

/* The sense that the words [from, from + count) of a long form are; NULL: none
 * that is looked at. */
static const long_form *find_sense(const world *w, const long_form *typed,
                                   unsigned from, unsigned count, unsigned *s)
{
    for (*s = 0; *s < SHORT_FORMS; ++*s)
        for (unsigned n = 0; n < w->sense_count[*s] && n < LOOKED_AT; n++)
            if (short_forms[*s].count == count &&
                memcmp(w->senses[*s][n]->words, typed->words + from, count) ==
                    0)
                return w->senses[*s][n];
    return NULL;
}

/* The short form counts where a sense has the very words: from each word on
 * the longest run of them, whose words are then taken. */
static void compare_long(const osl_searcher *searcher, const twin *t,
                         unsigned s, const long_form *typed)
{
    unit units[LONG_MOST];
    unsigned count = short_forms[s].count;
    for (unsigned i = 0; i < count; i++)
        units[i] = (unit){.token = typed->words[i]};
    for (unsigned from = 0; from < count;) {
        unsigned length = count - from, of = 0;
        const long_form *sense = NULL;
        for (; length > 1 && !sense; length -= !sense)
            sense = find_sense(t->w, typed, from, length, &of);
        for (unsigned i = 0; i < length && sense; i++) {
            units[from + i].sense = sense;
            units[from + i].short_form = of;
        }
        from += sense ? length : 1;
    }
    compare(searcher, t, units, count, typed->text);
}

static void compare_all(test_random *random, const char *index, world *w)
{
    osl_error err = {0};
    osl_searcher *searcher;
    const osl_search_options options = options_for(w);
    twin t = {.w = w, .settings = osl_ranking_of(&options, w->records)};
    list_senses(w);
    measure(&t);
    assert_ok(osl_searcher_open(&searcher, index, 0, &err));
    for (unsigned s = 0; s < SHORT_FORMS; s++) {
        compare_short(searcher, &t, s);
        for (int i = 0; i < 4; i++)
            compare_long(searcher, &t, s,
                         &w->pool[s][test_random_below(random, POOL)]);
        for (unsigned n = 0; n < w->sense_count[s] && n < 3; n++)
            compare_long(searcher, &t, s, w->senses[s][n]);
    }
    osl_searcher_free(searcher);
}

/* ---- folders ------------------------------------------------------------ */

/* Documents [from, to) as a file; what stood there before has gone. */
static void write_file(test_random *random, world *w, const char *folder,
                       unsigned number, unsigned from, unsigned to)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%u.jsonl", folder, number);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < w->count; i++)
        if (w->documents[i].file == number)
            w->documents[i].alive = false;
    for (unsigned i = from; i < to; i++) {
        /* Some ids come again; the one before is dead from the start. */
        for (unsigned n = test_random_below(random, 4); n < 2; n++)
            put_document(random, w, file, i);
        put_document(random, w, file, i);
        w->documents[i].file = number;
        w->count = i >= w->count ? i + 1 : w->count;
    }
    assert_int_equal(fclose(file), 0);
}

static void update(const char *index, const char *folder, bool optimize)
{
    osl_error err = {0};
    osl_index_options options = {.thread_count = 1, .optimize = optimize};
    osl_index_report report;
    const char *paths[] = {folder};
    assert_ok(osl_index_update(index, paths, 1, &options, NULL, &report, &err));
}

static void check_whole(const char *index)
{
    osl_error err = {0};
    osl_check_report report;
    assert_ok(osl_index_check(index, NULL, &report, &err));
    assert_int_equal(report.damages, 0);
}

static void short_forms_mean_what_their_documents_say(void **state)
{
    (void)state;
    test_random random = test_random_new(81);
    for (int round = 0; round < 6; round++) {
        char base[] = "/tmp/osl-means-XXXXXX", folder[64], index[64];
        char command[320];
        static world w;
        memset(&w, 0, sizeof w);
        w.many = round % 2;
        w.records = round % 3 == 2;
        make_pool(&random, &w);
        assert_non_null(mkdtemp(base));
        snprintf(folder, sizeof folder, "%s/in", base);
        snprintf(index, sizeof index, "%s/index", base);
        assert_int_equal(mkdir(folder, 0700), 0);
        write_file(&random, &w, folder, 1, 0, 30);
        update(index, folder, false);
        compare_all(&random, index, &w); /* one segment */
        write_file(&random, &w, folder, 2, 30, 50);
        update(index, folder, false);
        compare_all(&random, index, &w); /* two, or merged */
        write_file(&random, &w, folder, 1, 0, 24);
        update(index, folder, false);
        compare_all(&random, index, &w); /* with what has died */
        write_file(&random, &w, folder, 3, 50, 60);
        write_file(&random, &w, folder, 2, 33, 36);
        update(index, folder, false);
        compare_all(&random, index, &w);
        check_whole(index);
        write_file(&random, &w, folder, 3, 50, 58);
        update(index, folder, true);
        compare_all(&random, index, &w); /* made one */
        check_whole(index);

        snprintf(command, sizeof command, "rm -rf '%s'", base);
        assert_int_equal(system(command), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_forms_mean_what_their_documents_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
