/* SPDX-License-Identifier: MIT
 *
 * Questions to an index whose segments or deletions are spoilt, of every kind,
 * at every level of kernels. The input says which bytes of which section are
 * changed, and how:
 *
 *     input = index:u8 how:u8 question:u8 more:u8 change{…}
 *     change = file:u8 section:u8 kind:u8 zero:u8 place:u32 value:u32
 *
 * `how`: its lowest two bits are the level of kernels. Without bit 7 the
 * checksums count as right, as a hostile file would have them: then any answer
 * will do that comes in time and from memory that is there. With it they tell
 * of the damage: then the answer is right or an error. Only, they do so not for
 * blocks of 4 KiB, one of which would vouch for all that is asked, but for the
 * very bytes: what is not touched (osl_segment_touch) before it is read gives a
 * wrong answer.
 *
 * The segments are copied to the heap, so that AddressSanitizer sees what is
 * read beside them. For both, calls within core and query are taken over here
 * (meson.build says --wrap). */
#include "tests/fuzz/fuzz.h"

#include "core/base/bytes.h"
#include "core/segment/deletions.h"
#include "core/segment/segment_internal.h"
#include "query/diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

enum {
    HEAD = 4,
    CHANGE = 12,
    CHANGES = 24, /* at most */
    COPIES = 16,  /* files of an index, of all its generations */
    NAMED = 100,  /* hits of a list; the others have a score alone */
    KEEP_SUMS = 0x80,
    SECONDS = 20 /* that a run may take, with sanitizers */
};

static const char *const indexes[] = {"docs", "wide", "records"};
enum { INDEXES = sizeof indexes / sizeof *indexes };

/* ---- what is asked ------------------------------------------------------ */

typedef enum verb {
    SEARCH,
    BM25, /* one bag of words, plain and bare */
    FACETS,
    BY_DATE,
    BY_DOCUMENT,
    FEEDBACK,
    LIKE,
    RANKED, /* by a session, words as they stand in the index */
    SHOW,
    SUGGEST,
    TERMS,
    ABOUT,
    DIFF
} verb;

static const struct {
    verb verb;
    const char *text;
} questions[] = {
    {RANKED, "alpha"},
    {RANKED, "zeta"},
    {RANKED, "eta"},
    {RANKED, "iota theta"},
    {RANKED, "alpha beta"},
    {RANKED, "gamma delta epsilon zeta eta theta"},
    {RANKED, "alpha beta gamma delta epsilon zeta eta theta iota"},
    {RANKED, "+alpha +beta"},
    {RANKED, "+gamma +delta +epsilon"},
    {RANKED, "+zeta +alpha"},
    {RANKED, "+beta gamma"},
    {RANKED, "+alpha -beta"},
    {RANKED, "alpha -zeta"},
    {RANKED, "\"alpha beta\""},
    {RANKED, "\"beta gamma delta\""},
    {RANKED, "+\"alpha beta\" +epsilon"},
    {RANKED, "\"alpha epsilon\" eta"},
    {RANKED, "\"low dose\" fever"},
    {RANKED, "dose patient relaps give"},
    {RANKED, "+dose +relaps"},
    {SEARCH, "alpha beta"},
    {SEARCH, "alpha NEAR/3 delta"},
    {SEARCH, "beta ADJ/2 gamma epsilon"},
    {SEARCH, "zeta OR (eta AND gamma) NOT theta"},
    {SEARCH, "relapse of dose"},
    {SEARCH, "give the patient a low dose"},
    {SEARCH, "\"give the patient\" +fever -naïve"},
    {SEARCH, "\"patient dose relapse\"~6"},
    {SEARCH, "relapsed NEAR/5 dose"},
    {SEARCH, "bcrabl1 OR cd19"},
    {SEARCH, "ALL relapse"},
    {SEARCH, "CKD"},
    {SEARCH, "chronic kidney disease"},
    {SEARCH, "=relapsed =\"relapsed dose\""},
    {SEARCH, "relap* gam* r?re1*"},
    {SEARCH, "fevre~1 relapze~2"},
    {SEARCH, "title:guideline section:relapse dose"},
    {SEARCH, "evidence:3iiA updated:>=2014 fever"},
    {SEARCH, "audience:patient document:c07.md dose"},
    {SEARCH, "record 7 of relapse^3 alpha"},
    {SEARCH, "nowhere relapce"},
    {BM25, "alpha beta gamma"},
    {BM25, "relapse dose patient"},
    {BM25, "\"low dose\" relapse"},
    {FACETS, "dose"},
    {FACETS, "alpha"},
    {BY_DATE, "relapse"},
    {BY_DOCUMENT, "dose fever"},
    {FEEDBACK, "relapse"},
    {LIKE, "c03.md#1"},
    {LIKE, "r7"},
    {LIKE, "w3#9"},
    {SHOW, "c07.md"},
    {SHOW, "c08.md#4"},
    {SHOW, "r8"},
    {SHOW, "w2#77"},
    {SUGGEST, "rel"},
    {SUGGEST, "low do"},
    {SUGGEST, "alpha be"},
    {TERMS, ""},
    {TERMS, "r"},
    {ABOUT, ""},
    {DIFF, ""},
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

/* ---- what is spoilt ----------------------------------------------------- */

/* The input at work. */
typedef struct spoiler {
    const uint8_t *changes;
    size_t count;
    bool keep_sums;
    /* What stands where in the copies is not as it was. */
    struct {
        const uint8_t *at;
        size_t length;
    } spoilt[4 * CHANGES];
    unsigned spoilt_count;
    uint64_t deletions_hash; /* of those that were opened last, as they were */
    void *copies[COPIES];
    unsigned copy_count;
    osl_session *session; /* NULL: none yet; owns */
} spoiler;

static spoiler now;

static void must(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "spoilt_fuzz: %s\n", what);
    abort();
}

static void change(uint8_t *bytes, size_t length, const uint8_t *how)
{
    uint32_t place = osl_get32(how + 4), value = osl_get32(how + 8);
    must(now.spoilt_count < 4 * CHANGES, "too many changes");
    static const uint8_t widths[] = {1, 1, 2, 4, 4, 8, 16, 32};
    unsigned kind = how[2] % 8;
    size_t width = widths[kind];
    if (length < width)
        return;
    uint8_t *at = bytes + place % (length - width + 1);
    now.spoilt[now.spoilt_count].at = at;
    now.spoilt[now.spoilt_count++].length = width;
    switch (kind) {
    case 0:
        *at ^= (uint8_t)value;
        break;
    case 4: /* a little more or less */
        osl_put32(at, osl_get32(at) + value % 16 - 8);
        break;
    case 5:
        osl_put64(at, value | (uint64_t)value << 32);
        break;
    case 6:
        memset(at, (int)(value & 0xFF), width);
        break;
    case 7:
        memmove(at, bytes + value % (length - width + 1), width);
        break;
    default:
        for (size_t i = 0; i < width; i++)
            at[i] = (uint8_t)(value >> (8 * i));
    }
}

/* core/segment/segment.c verifies these by itself: no call of it is taken over
 * here. */
static bool is_verified_inside(uint32_t kind)
{
    return kind == OSL_SECTION_INFO ||
           (kind >= OSL_SECTION_LENGTHS && kind < OSL_SECTION_LENGTHS + 8);
}

/* The n-th section of the table, if it may be changed. */
static bool find_section(const osl_text segment, unsigned n, uint64_t *offset,
                         uint64_t *length)
{
    enum { FOOTER = 64, ENTRY = 32 };
    const uint8_t *bytes = (const uint8_t *)segment.bytes;
    const uint8_t *footer = bytes + segment.length - FOOTER;
    uint32_t count = osl_get32(footer + 8);
    const uint8_t *entry =
        bytes + osl_get64(footer) + (size_t)(n % count) * ENTRY;
    uint32_t kind = osl_get32(entry);
    *offset = osl_get64(entry + 8);
    *length = osl_get64(entry + 16);
    return kind != OSL_SECTION_CHECKSUMS &&
           !(now.keep_sums && is_verified_inside(kind));
}

/* The number in a file's name: segments and deletions of one go together. */
static unsigned number_of(const char *path)
{
    const char *name = strrchr(path, '/');
    return (unsigned)strtoul(name ? name + 1 : path, NULL, 10);
}

/* A copy of the file that ends where its bytes do. */
static osl_text copy_file(const char *path)
{
    osl_map map;
    osl_error err;
    must(osl_map_open(&map, path, &err) == OSL_OK, path);
    must(now.copy_count < COPIES, "too many files");
    void *copy = NULL;
    must(posix_memalign(&copy, 4096, map.length) == 0, "memory");
    memcpy(copy, map.bytes, map.length);
    now.copies[now.copy_count++] = copy;
    osl_text bytes = {copy, map.length};
    osl_map_close(&map);
    return bytes;
}

static bool is_meant(const uint8_t *how, const char *path, bool deletions)
{
    return how[0] % 8 == number_of(path) % 8 && how[0] / 128 == deletions;
}

static void spoil_segment(osl_text segment, const char *path)
{
    for (size_t i = 0; i < now.count; i++) {
        const uint8_t *how = now.changes + i * CHANGE;
        uint64_t offset, length;
        if (is_meant(how, path, false) &&
            find_section(segment, how[1], &offset, &length))
            change((uint8_t *)segment.bytes + offset, (size_t)length, how);
    }
}

static void spoil_deletions(osl_text file, const char *path)
{
    for (size_t i = 0; i < now.count; i++)
        if (is_meant(now.changes + i * CHANGE, path, true))
            change((uint8_t *)file.bytes, file.length - 8,
                   now.changes + i * CHANGE);
    if (!now.keep_sums)
        osl_put64((uint8_t *)file.bytes + file.length - 8,
                  XXH3_64bits(file.bytes, file.length - 8));
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker names them */
osl_status __wrap_osl_segment_open(osl_segment **out, const char *path,
                                   const osl_kernels *kernels, osl_error *err);
osl_status __wrap_osl_segment_open(osl_segment **out, const char *path,
                                   const osl_kernels *kernels, osl_error *err)
{
    osl_text bytes = copy_file(path);
    spoil_segment(bytes, path);
    return osl_segment_open_memory(out, bytes, path, kernels, false, err);
}

osl_status __wrap_osl_segment_touch_blocks(const osl_segment *segment,
                                           const osl_section *section,
                                           uint64_t offset, uint64_t length,
                                           osl_error *err);
osl_status __real_osl_segment_touch_blocks(const osl_segment *segment,
                                           const osl_section *section,
                                           uint64_t offset, uint64_t length,
                                           osl_error *err);
osl_status __wrap_osl_segment_touch_blocks(const osl_segment *segment,
                                           const osl_section *section,
                                           uint64_t offset, uint64_t length,
                                           osl_error *err)
{
    osl_status status =
        __real_osl_segment_touch_blocks(segment, section, offset, length, err);
    const uint8_t *from = section->bytes + offset;
    for (unsigned i = 0;
         i < now.spoilt_count && now.keep_sums && status == OSL_OK; i++)
        if (now.spoilt[i].at < from + length &&
            from < now.spoilt[i].at + now.spoilt[i].length)
            status = osl_segment_spoilt(segment, section, "as said", err);
    return status;
}

uint64_t __real_osl_deletions_hash(osl_text bytes);

osl_status __wrap_osl_deletions_open(osl_deletions **out, const char *path,
                                     const osl_segment *segment,
                                     osl_error *err);
osl_status __wrap_osl_deletions_open(osl_deletions **out, const char *path,
                                     const osl_segment *segment, osl_error *err)
{
    osl_text bytes = copy_file(path);
    now.deletions_hash = __real_osl_deletions_hash(bytes);
    spoil_deletions(bytes, path);
    return osl_deletions_open_memory(out, bytes, path, segment, err);
}

/* What the manifest would say of them. */
uint64_t __wrap_osl_deletions_hash(osl_text bytes);
uint64_t __wrap_osl_deletions_hash(osl_text bytes)
{
    return now.keep_sums ? __real_osl_deletions_hash(bytes)
                         : now.deletions_hash;
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- asking ------------------------------------------------------------- */

/* Everything that is given is read, and hashed. */
typedef struct digest {
    XXH3_state_t *state;
} digest;

static void see(digest *to, const void *bytes, size_t length)
{
    if (length)
        (void)XXH3_64bits_update(to->state, bytes, length);
}

static void see_number(digest *to, uint64_t number)
{
    see(to, &number, sizeof number);
}

static void see_text(digest *to, osl_text text)
{
    see_number(to, text.length);
    see(to, text.bytes, text.length);
}

static void see_hit(digest *to, const osl_hit *hit)
{
    const osl_text texts[] = {hit->id,       hit->document, hit->title,
                              hit->url,      hit->updated,  hit->audience,
                              hit->language, hit->source,   hit->text};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        see_text(to, texts[i]);
    see_number(to, hit->paragraph);
    see_number(to, hit->score);
    see_number(to, hit->line);
    for (size_t i = 0; i < hit->section_count; i++)
        see_text(to, hit->sections[i]);
    for (size_t i = 0; i < hit->evidence_count; i++)
        see_text(to, hit->evidence[i]);
    for (size_t i = 0; i < hit->citation_count; i++)
        see_text(to, hit->citations[i]);
    for (size_t i = 0; i < hit->highlight_count; i++) {
        const osl_span span = hit->highlights[i];
        must(span.start <= span.end && span.end <= hit->text.length,
             "a highlight leaves its text");
        see(to, &span, sizeof span);
    }
    must(hit->snippet.start <= hit->snippet.end &&
             hit->snippet.end <= hit->text.length,
         "a snippet leaves its text");
    see_number(to, hit->snippet.start);
    see_text(to, hit->explanation);
}

static void see_answer(digest *to, const osl_answer *answer)
{
    osl_text word, nearest;
    see_number(to, osl_answer_count(answer));
    see_number(to, osl_answer_document_count(answer));
    see_text(to, osl_answer_read_as(answer));
    see_text(to, osl_answer_plan(answer));
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++)
        see_hit(to, osl_answer_hit(answer, i));
    for (size_t i = 0; osl_answer_missing(answer, i, &word, &nearest); i++)
        see_text(to, nearest);
    for (size_t i = 0; osl_answer_meeting(answer, i); i++)
        see_number(to, osl_answer_meeting(answer, i)->count);
    for (unsigned kind = 0; kind < OSL_FACET_KINDS; kind++)
        for (size_t i = 0;; i++) {
            const osl_facet *facet =
                osl_answer_facet(answer, (osl_facet_kind)kind, i);
            if (!facet)
                break;
            see_text(to, facet->value);
            see_text(to, facet->title);
            see_number(to, facet->count);
        }
}

static osl_status search(const osl_searcher *searcher, unsigned question,
                         digest *to, osl_error *err)
{
    osl_answer *answer = NULL;
    osl_search_options options = osl_search_defaults;
    osl_text query = osl_text_of(questions[question].text);
    verb what = questions[question].verb;
    options.explain = question % 3 == 0;
    options.k = question % 4 || options.explain ? 10 : 100;
    options.want_facets = what == FACETS;
    options.by_document = what == BY_DOCUMENT;
    options.feedback = what == FEEDBACK;
    options.sort = what == BY_DATE ? OSL_SORT_DATE : OSL_SORT_RELEVANCE;
    if (what == BM25) {
        options.ranking = OSL_RANKING_BM25;
        options.bare = true;
    }
    if (what == LIKE) {
        options.like = questions[question].text;
        query = osl_text_of("");
    }
    osl_status status = osl_search(searcher, query, &options, &answer, err);
    if (status == OSL_OK)
        see_answer(to, answer);
    osl_answer_free(answer);
    return status;
}

static osl_status rank_by(osl_session *session, const osl_prepared *prepared,
                          digest *to, osl_error *err)
{
    static const struct {
        size_t k;
        bool count;
    } modes[] = {
        {10, false}, {100, false}, {0, true}, {100, true}, {1000, false}};
    osl_status status = OSL_OK;
    for (size_t m = 0; m < sizeof modes / sizeof *modes && status == OSL_OK;
         m++) {
        uint64_t count = 0;
        osl_ranked_list hits;
        status = osl_session_search(session, prepared, modes[m].k,
                                    modes[m].count ? &count : NULL, &hits, err);
        if (status != OSL_OK)
            break;
        see_number(to, count);
        see_number(to, hits.count);
        for (size_t i = 0; i < hits.count && status == OSL_OK; i++) {
            osl_text id = {"", 0};
            see_number(to, hits.items[i].score);
            if (i < NAMED)
                status = osl_session_id(session, &hits.items[i], &id, err);
            see_text(to, id);
        }
    }
    return status;
}

/* What is asked of one searcher goes by one session, as it would. */
static osl_status rank(const osl_searcher *searcher, unsigned question,
                       digest *to, osl_error *err)
{
    osl_prepared *prepared = NULL;
    osl_search_options options = osl_search_defaults;
    options.ranking = OSL_RANKING_BM25;
    osl_status status =
        now.session ? OSL_OK : osl_session_open(&now.session, searcher, err);
    if (status == OSL_OK)
        status = osl_prepare(&prepared, searcher,
                             osl_text_of(questions[question].text), &options,
                             true, err);
    if (status == OSL_OK)
        status = rank_by(now.session, prepared, to, err);
    osl_prepared_free(prepared);
    return status;
}

static osl_status show(const osl_searcher *searcher, osl_text what, digest *to,
                       osl_error *err)
{
    osl_answer *answer = NULL;
    osl_status status = osl_show(searcher, what, 2, &answer, err);
    if (status == OSL_OK)
        see_answer(to, answer);
    osl_answer_free(answer);
    return status;
}

static osl_status suggest(const osl_searcher *searcher, osl_text prefix,
                          digest *to, osl_error *err)
{
    osl_suggestions *suggestions = NULL;
    osl_status status = osl_suggest(searcher, prefix, 10, &suggestions, err);
    for (size_t i = 0; status == OSL_OK && osl_suggestions_get(suggestions, i);
         i++) {
        see_text(to, osl_suggestions_get(suggestions, i)->text);
        see_number(to, osl_suggestions_get(suggestions, i)->count);
    }
    osl_suggestions_free(suggestions);
    return status;
}

static void see_term(void *user, osl_text term, uint64_t df, uint64_t cf)
{
    see_text(user, term);
    see_number(user, df);
    see_number(user, cf);
}

static osl_status about(const osl_searcher *searcher, digest *to,
                        osl_error *err)
{
    osl_searcher_info info;
    osl_status status = osl_searcher_get_info(searcher, &info, err);
    if (status != OSL_OK)
        return status;
    see_number(to, info.terms);
    see_number(to, info.postings);
    see_text(to, info.newest);
    return OSL_OK;
}

static osl_status differ(const char *path, digest *to, osl_error *err)
{
    osl_diff *diff = NULL;
    const osl_diff_document *document;
    osl_status status = osl_diff_open(&diff, path, 0, 0, err);
    while (status == OSL_OK &&
           (status = osl_diff_next(diff, &document, err)) == OSL_OK) {
        see_text(to, document->id);
        for (size_t i = 0; i < document->paragraph_count; i++) {
            const osl_diff_paragraph *of = &document->paragraphs[i];
            see_number(to, of->change);
            for (size_t r = 0; r < of->run_count; r++)
                see_text(to, of->runs[r].text);
        }
    }
    osl_diff_free(diff);
    return status == OSL_END ? OSL_OK : status;
}

static osl_status ask(const osl_searcher *searcher, const char *path,
                      unsigned question, digest *to, osl_error *err)
{
    osl_text text = osl_text_of(questions[question].text);
    switch (questions[question].verb) {
    case RANKED:
        return rank(searcher, question, to, err);
    case SHOW:
        return show(searcher, text, to, err);
    case SUGGEST:
        return suggest(searcher, text, to, err);
    case TERMS:
        return osl_searcher_terms(searcher, text, 50, see_term, to, err);
    case ABOUT:
        return about(searcher, to, err);
    case DIFF:
        return differ(path, to, err);
    default:
        return search(searcher, question, to, err);
    }
}

/* ---- one input ---------------------------------------------------------- */

static double seconds(void)
{
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Of a searcher that is asked no more. */
static void end_asking(osl_searcher *searcher)
{
    osl_session_free(now.session);
    osl_searcher_free(searcher);
    while (now.copy_count)
        free(now.copies[--now.copy_count]);
}

/* What each question is answered by a whole index; a status or, where that is
 * OSL_OK, a hash. */
typedef struct reply {
    osl_status status;
    uint64_t hash;
} reply;

static reply take_reply(const osl_searcher *searcher, const char *path,
                        unsigned question)
{
    osl_error err = {0};
    digest to = {XXH3_createState()};
    must(to.state != NULL, "memory");
    (void)XXH3_64bits_reset(to.state);
    reply got = {ask(searcher, path, question, &to, &err), 0};
    if (got.status == OSL_OK)
        got.hash = XXH3_64bits_digest(to.state);
    must(got.status == OSL_OK || err.text[0], "an error without words");
    (void)XXH3_freeState(to.state);
    return got;
}

static reply whole_reply(unsigned index, const char *path, unsigned question)
{
    static struct {
        bool known;
        reply reply;
    } replies[INDEXES][QUESTIONS];
    osl_searcher *searcher = NULL;
    osl_error err;
    if (!replies[index][question].known) {
        const spoiler before = now;
        now = (spoiler){0};
        if (osl_searcher_open(&searcher, path, 0, &err) != OSL_OK)
            must(false, err.text);
        replies[index][question].reply = take_reply(searcher, path, question);
        replies[index][question].known = true;
        end_asking(searcher);
        now = before;
    }
    return replies[index][question].reply;
}

static void ask_some(const osl_searcher *searcher, unsigned index,
                     const char *path, const uint8_t *head)
{
    for (unsigned n = 0; n <= head[3] % 4u; n++) {
        unsigned question = (head[2] + n * 7u) % QUESTIONS;
        double start = seconds();
        reply got = take_reply(searcher, path, question);
        must(seconds() - start < SECONDS, "it takes too long");
        /* A generation before answers otherwise, and says so. */
        if (!now.keep_sums || got.status == OSL_ECORRUPT ||
            osl_searcher_note(searcher))
            continue;
        reply want = whole_reply(index, path, question);
        if (got.status != want.status || got.hash != want.hash) {
            (void)fprintf(stderr, "%s: %s: ", path, questions[question].text);
            must(false, "a wrong answer");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const levels[] = {"scalar", "avx2", "avx512"};
    osl_searcher *searcher = NULL;
    osl_error err;
    char path[1024];
    if (size < HEAD)
        return FUZZ_REFUSED;
    unsigned index = data[0] % INDEXES, level = (data[1] & 3) % 3;
    unsigned highest = (unsigned)osl_cpu_highest();
    (void)setenv("OSLER_CPU", levels[level < highest ? level : highest], 1);
    (void)snprintf(path, sizeof path, "%s/spoilt_index/%s", SEEDS,
                   indexes[index]);
    size_t count = (size - HEAD) / CHANGE;
    now = (spoiler){.changes = data + HEAD,
                    .count = count < CHANGES ? count : CHANGES,
                    .keep_sums = data[1] & KEEP_SUMS};
    osl_status status = osl_searcher_open(&searcher, path, 0, &err);
    if (status == OSL_OK)
        ask_some(searcher, index, path, data);
    end_asking(searcher);
    return status == OSL_OK ? 0 : FUZZ_REFUSED;
}
