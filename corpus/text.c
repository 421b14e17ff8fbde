/* SPDX-License-Identifier: MIT
 *
 * Plain text. What a line is, its neighbours say:
 *
 *   - lines that are wrapped are joined, lines that are meant stay apart: the
 *     wrap width is what most long lines reach; a line that stops well short
 *     of it ended on purpose;
 *   - a file with many lines far longer than any wrap width has a paragraph a
 *     line;
 *   - an item goes on over lines that are indented below it, or that its own
 *     wrapped line leaves unfinished;
 *   - a heading is short, begins with a capital or a number, ends in no stop,
 *     stands where a paragraph may begin, and something follows it; one of a
 *     count ("1. Assessment") has a neighbour in it, and prose below.
 *
 * Text is worked on in runs of lines, so that memory stays bounded whatever
 * the file. */
#include "corpus/text_lines.h"

#include <string.h>

#include "core/base/utf8.h"
#include "corpus/charset.h"
#include "corpus/reader.h"

#define LINES_MOST ((size_t)65536)

typedef struct flow {
    osl_draft *draft;
    osl_arena *arena;
    const text_lines *lines;
    unsigned level;  /* of the outermost heading */
    bool capitals;   /* a heading in capitals is open */
    bool wrapped;    /* lines are wrapped; else each is a paragraph */
    size_t width;    /* that they are wrapped at */
    bool open;       /* a paragraph is */
    bool crumb;      /* … and its last line was a crumb */
    bool item;       /* … an item */
    bool table;      /* rows of a pipe table are coming */
    uint32_t indent; /* of the open item's mark */
    osl_text last;   /* the open paragraph's last line */
    bool want_title; /* the first heading is the document's title */
    bool after_blank;
} flow;

/* ---- the run as a whole ------------------------------------------------ */

/* The wrap width: the longest line of 200 bytes or less; none where a fifth
 * of the lines are longer. */
static void measure(flow *f)
{
    size_t far = 0, lines = 0;
    f->width = 0;
    for (size_t i = 0; i < f->lines->count; i++) {
        const text_line *line = &f->lines->items[i];
        size_t length = line->text.length;
        if (length == 0 || line->dropped)
            continue;
        lines++;
        far += length > 200;
        if (length <= 200 && length > f->width)
            f->width = length;
    }
    f->wrapped = far * 5 < lines && f->width >= 40;
}

static const text_line *next_line(const flow *f, size_t at)
{
    for (size_t i = at + 1; i < f->lines->count; i++)
        if (f->lines->items[i].text.length && !f->lines->items[i].dropped)
            return &f->lines->items[i];
    return NULL;
}

static bool blank_follows(const flow *f, size_t at)
{
    return at + 1 >= f->lines->count ||
           f->lines->items[at + 1].text.length == 0;
}

/* ---- paragraphs -------------------------------------------------------- */

static void close_open(flow *f)
{
    if (f->open)
        osl_draft_close(f->draft);
    if (f->table)
        osl_draft_table_close(f->draft);
    f->open = false;
    f->item = false;
    f->table = false;
}

static void open_with(flow *f, const text_line *line, osl_text text, bool item)
{
    close_open(f);
    osl_draft_open(f->draft, item ? OSL_PARAGRAPH_ITEM : OSL_PARAGRAPH_PROSE,
                   line->number);
    osl_draft_text(f->draft, text);
    f->open = true;
    f->crumb = false;
    f->item = item;
    f->indent = line->indent;
    f->last = text;
}

static bool is_lower_start(osl_text text)
{
    return text.length && ((text.bytes[0] >= 'a' && text.bytes[0] <= 'z') ||
                           osl_is_digit(text.bytes[0]) ||
                           strchr("(,;:%&/+<>=", text.bytes[0]) != NULL);
}

/* Whether the open paragraph's last line fills the width: the next line's
 * first word would not have fitted. */
static bool is_full(const flow *f, osl_text next)
{
    size_t word = 0;
    while (word < next.length && !osl_is_space(next.bytes[word]))
        word++;
    return f->last.length + f->indent + word + 1 >= f->width * 9 / 10;
}

/* A mark that a PDF's text has on a line of its own: "®", the 2 of "O₂". */
static bool is_crumb(osl_text text)
{
    return text.length <= 3 && text.length &&
           (text.length == 1 ? osl_is_digit(text.bytes[0])
                             : (unsigned char)text.bytes[0] >= 0x80);
}

static bool goes_on(const flow *f, const text_line *line)
{
    if (!f->open || f->after_blank)
        return false;
    if (is_crumb(line->text) || f->crumb)
        return true;
    if (!f->wrapped)
        return is_lower_start(line->text) && !osl_text_ends_sentence(f->last);
    if (is_lower_start(line->text) || is_full(f, line->text))
        return true;
    if (f->item && line->indent > f->indent)
        return true;
    char end = (char)(f->last.length ? f->last.bytes[f->last.length - 1] : '.');
    if (end == ',' || end == '-' || end == '(')
        return true;
    /* "4. For suspected overdose:" and the step itself below, unmarked. */
    if (f->item && end == ':' && osl_text_words(line->text) > 3)
        return true;
    return !osl_text_ends_sentence(f->last) && f->last.length > f->width / 2;
}

static void join(flow *f, osl_text text)
{
    bool hyphen = f->last.length > 1 &&
                  f->last.bytes[f->last.length - 1] == '-' &&
                  osl_is_alpha(f->last.bytes[f->last.length - 2]);
    bool stop = strchr(".,;:)", text.bytes[0]) != NULL;
    bool crumb = is_crumb(text);
    if (!hyphen && !crumb && !(f->crumb && stop))
        osl_draft_space(f->draft);
    osl_draft_text(f->draft, text);
    if (!crumb)
        f->last = text;
    f->crumb = crumb;
}

/* ---- headings ---------------------------------------------------------- */

/* Words that a heading leaves small. */
static bool is_small_word(osl_text word)
{
    static const char *const words[] = {"of", "and", "the",  "in",   "for",
                                        "to", "or",  "with", "a",    "an",
                                        "on", "by",  "at",   "from", "vs"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (osl_text_equal(word, osl_text_of(words[i])))
            return true;
    return false;
}

/* "Clinical Features", "Side-effects and Warnings": each word that counts
 * with a capital, or one word alone. */
static bool is_title_case(osl_text line)
{
    size_t at = 0, words = 0, small = 0;
    if (line.length == 0 || !osl_is_alpha(line.bytes[0]) || line.bytes[0] > 'Z')
        return false;
    while (at < line.length) {
        size_t from = at;
        while (at < line.length && !osl_is_space(line.bytes[at]))
            at++;
        osl_text word = {line.bytes + from, at - from};
        words++;
        char c = word.bytes[0];
        if (osl_is_alpha(c) && c >= 'a' && !is_small_word(word))
            small++;
        while (at < line.length && osl_is_space(line.bytes[at]))
            at++;
    }
    return small == 0 || (words > 3 && small * 4 <= words);
}

/* Whether a heading may stand here: nothing unfinished before it. */
static bool may_begin(const flow *f)
{
    if (!f->open || f->after_blank)
        return true;
    if (f->item)
        return !is_full(f, (osl_text){"", 0});
    return osl_text_ends_sentence(f->last) || f->last.length < f->width / 2;
}

/* "Or", "Plus": between two items rather than above one. */
static bool is_joint(osl_text line)
{
    static const char *const words[] = {"or",   "and",  "plus", "either",
                                        "then", "note", "nb",   "with"};
    while (line.length && line.bytes[line.length - 1] == ':')
        line.length--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (osl_text_equal_fold(line, osl_text_of(words[i])))
            return true;
    return false;
}

static bool has_colon(osl_text line)
{
    return line.bytes[line.length - 1] == ':';
}

/* A line by itself between blank lines, with longer text below. */
static bool stands_alone(const flow *f, size_t at, const text_line *next)
{
    osl_text line = f->lines->items[at].text;
    return (at == 0 || f->after_blank || !f->open) && blank_follows(f, at) &&
           line.length <= 100 && osl_text_words(line) <= 12 &&
           next->text.length > line.length &&
           (osl_text_words(next->text) > 6 || osl_text_mark(next->text));
}

/* A line between blank ones of a number and a few words, and prose below it;
 * the number, 0 where it is none. */
static unsigned numbered_alone(const flow *f, size_t at)
{
    const text_line *line = &f->lines->items[at], *next = next_line(f, at);
    size_t skip = 0;
    unsigned number = 0;
    bool is_first = at == 0 || f->lines->items[at - 1].text.length == 0;
    if (!is_first || !blank_follows(f, at) || next == NULL ||
        osl_text_section_number(line->text, &skip) != 1)
        return 0;
    osl_text body = {line->text.bytes + skip, line->text.length - skip};
    for (size_t i = 0; osl_is_digit(line->text.bytes[i]); i++)
        number = number * 10 + (unsigned)(line->text.bytes[i] - '0');
    bool is_short = body.length && osl_is_alpha(*body.bytes) &&
                    *body.bytes <= 'Z' && osl_text_words(body) <= 8 &&
                    !osl_text_ends_sentence(body);
    bool is_prose =
        next->indent <= line->indent && osl_text_words(next->text) > 6 &&
        next->text.length > line->text.length && !osl_text_mark(next->text);
    return is_short && is_prose ? number : 0;
}

/* "1. Assessment" is a heading, not an item, where prose stands below it and
 * a neighbour in the count ("2. Treatment") looks the same. */
static bool is_numbered_heading(const flow *f, size_t at)
{
    enum { REACH = 400 };
    unsigned number = numbered_alone(f, at);
    size_t first = at > REACH ? at - REACH : 0, end = at + REACH;
    for (size_t i = first; number && i < end && i < f->lines->count; i++) {
        unsigned other = numbered_alone(f, i);
        if (other && (i < at ? other + 1 == number : other == number + 1))
            return true;
    }
    return false;
}

/* The level of a heading at line `at`, 0 where it is none. */
static unsigned heading_level(const flow *f, size_t at)
{
    const text_line *line = &f->lines->items[at], *next = next_line(f, at);
    osl_text text = line->text;
    size_t skip = 0;
    unsigned depth = osl_text_section_number(text, &skip);
    if (next == NULL || text.length > 120 || !may_begin(f))
        return 0;
    osl_text body = {text.bytes + skip, text.length - skip};
    bool begins = body.length && (unsigned char)*body.bytes >= 'A' &&
                  !(osl_is_alpha(*body.bytes) && *body.bytes >= 'a');
    bool stops = osl_text_ends_sentence(text) && !has_colon(text);
    if (!begins || stops || osl_text_words(body) > 14)
        return 0;
    if (osl_text_is_capitals(body))
        return f->level + (depth ? depth - 1 : 0);
    if (depth > 1 && osl_text_words(body) <= 12)
        return f->level + depth - 1;
    if (depth == 1 && is_numbered_heading(f, at))
        return f->level;
    if (osl_text_mark(text) || is_joint(body))
        return 0;
    bool bare = osl_text_words(body) <= 6 && is_title_case(body) &&
                !(f->open && f->item && !f->after_blank &&
                  !osl_text_mark(next->text) && next->text.length < 40);
    /* "Fever" over "Headache" is a list without marks. */
    bool over_more = next->text.length > text.length + 10 ||
                     osl_text_mark(next->text) ||
                     (f->after_blank && is_title_case(next->text));
    if ((bare && over_more) || (!has_colon(text) && stands_alone(f, at, next)))
        return f->level + f->capitals;
    return 0;
}

static void put_heading(flow *f, unsigned level, osl_text text)
{
    close_open(f);
    while (text.length && has_colon(text))
        text.length--;
    if (f->want_title && !osl_draft_has_meta(f->draft, OSL_META_TITLE)) {
        osl_draft_meta(f->draft, OSL_META_TITLE, text);
        f->want_title = false;
        return;
    }
    f->want_title = false;
    if (level <= f->level)
        f->capitals = osl_text_is_capitals(text);
    osl_draft_heading(f->draft, level, text);
}

/* "# Heading" and its level; 0 where it is none. */
static unsigned hashed_level(osl_text *line)
{
    size_t hashes = 0;
    while (hashes < line->length && line->bytes[hashes] == '#')
        hashes++;
    if (hashes == 0 || hashes > 6 || hashes == line->length ||
        line->bytes[hashes] != ' ')
        return 0;
    *line =
        osl_text_trim((osl_text){line->bytes + hashes, line->length - hashes});
    while (line->length && line->bytes[line->length - 1] == '#')
        line->length--;
    return (unsigned)hashes;
}

/* ---- pipe tables ------------------------------------------------------- */

static bool is_pipe_row(osl_text line)
{
    return line.length > 2 && line.bytes[0] == '|' &&
           memchr(line.bytes + 1, '|', line.length - 1) != NULL;
}

static bool is_pipe_rule(osl_text line)
{
    for (size_t i = 0; i < line.length; i++)
        if (strchr("|-: ", line.bytes[i]) == NULL)
            return false;
    return true;
}

static void put_pipe_row(flow *f, const text_line *line, bool head)
{
    const char *at = line->text.bytes + 1, *end = at + line->text.length - 1;
    if (is_pipe_rule(line->text))
        return;
    osl_draft_row_open(f->draft, head, line->number);
    while (at < end) {
        const char *stop = memchr(at, '|', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        osl_draft_cell_open(f->draft, head, 1, 1);
        osl_draft_text(f->draft, (osl_text){at, (size_t)(stop - at)});
        osl_draft_cell_close(f->draft);
        at = stop + 1;
    }
}

static void put_pipe(flow *f, size_t at)
{
    const text_line *next = next_line(f, at);
    bool head = !f->table && next != NULL && is_pipe_row(next->text) &&
                is_pipe_rule(next->text);
    if (!f->table) {
        close_open(f);
        osl_draft_table_open(f->draft);
        f->table = true;
    }
    put_pipe_row(f, &f->lines->items[at], head);
}

/* ---- line by line ------------------------------------------------------ */

static bool is_underline(osl_text line)
{
    return osl_text_is_rule(line) &&
           (line.bytes[0] == '=' || line.bytes[0] == '-' ||
            line.bytes[0] == '~');
}

/* A heading told by the rule below it. */
static bool is_underlined(const flow *f, size_t at)
{
    osl_text line = f->lines->items[at].text;
    return at + 1 < f->lines->count && !f->lines->items[at + 1].dropped &&
           is_underline(f->lines->items[at + 1].text) && line.length <= 120 &&
           !osl_text_is_rule(line) && (f->after_blank || !f->open);
}

static void put_text(flow *f, size_t at)
{
    const text_line *line = &f->lines->items[at];
    size_t mark = osl_text_mark(line->text);
    osl_text text = line->text;
    unsigned hashes = hashed_level(&text), level;
    if (hashes) {
        put_heading(f, f->level + hashes - 1, text);
    } else if (is_underlined(f, at)) {
        bool minor = f->lines->items[at + 1].text.bytes[0] != '=';
        put_heading(f, f->level + minor, text);
    } else if ((level = heading_level(f, at)) != 0) {
        put_heading(f, level, text);
    } else if (mark) {
        open_with(f, line, (osl_text){text.bytes + mark, text.length - mark},
                  true);
    } else if (goes_on(f, line)) {
        join(f, text);
    } else {
        open_with(f, line, text, false);
        f->want_title = false;
    }
}

static void put_line(flow *f, size_t at)
{
    const text_line *line = &f->lines->items[at];
    if (line->dropped)
        return;
    if (line->text.length == 0) {
        f->after_blank = true;
        return;
    }
    if (is_pipe_row(line->text)) {
        put_pipe(f, at);
    } else {
        if (f->table)
            close_open(f);
        if (!osl_text_is_rule(line->text))
            put_text(f, at);
        else
            close_open(f);
    }
    f->after_blank = false;
}

static void put_run(flow *f)
{
    measure(f);
    for (size_t i = 0; i < f->lines->count; i++)
        put_line(f, i);
    close_open(f);
}

/* ---- a fragment -------------------------------------------------------- */

/* Without the stars of Markdown's bold, which text may hold too. */
static osl_text without_stars(osl_text line, osl_arena *arena, bool *failed)
{
    size_t length = 0;
    size_t at = 0, opens, closes;
    if (osl_text_is_rule(line) || !osl_text_bold(line, 0, &opens, &closes))
        return line;
    char *to = osl_arena_take(arena, line.length);
    if (to == NULL) {
        *failed = true;
        return line;
    }
    while (osl_text_bold(line, at, &opens, &closes)) {
        memcpy(to + length, line.bytes + at, opens - at);
        length += opens - at;
        memcpy(to + length, line.bytes + opens + 2, closes - opens - 2);
        length += closes - opens - 2;
        at = closes + 2;
    }
    memcpy(to + length, line.bytes + at, line.length - at);
    return (osl_text){to, length + line.length - at};
}

static void plain_all(text_lines *lines, osl_arena *arena)
{
    for (size_t i = 0; i < lines->count; i++) {
        osl_text *line = &lines->items[i].text;
        *line = osl_text_unspace(*line, arena, &lines->failed);
        *line = osl_text_trim(without_stars(*line, arena, &lines->failed));
    }
}

static void read_runs(flow *f, text_lines *lines, osl_text text, uint32_t line)
{
    while (text.length && !lines->failed) {
        osl_text_lines_cut(lines, &text, line, LINES_MOST);
        plain_all(lines, f->arena);
        if (line)
            line += (uint32_t)lines->count;
        put_run(f);
    }
    if (lines->failed)
        osl_draft_out_of_memory(f->draft);
}

osl_status osl_text_fragment(osl_draft *draft, osl_text text, unsigned level,
                             osl_error *err)
{
    osl_arena arena = {0};
    text_lines lines = {0};
    flow f = {.draft = draft,
              .arena = &arena,
              .lines = &lines,
              .level = level ? level : 1,
              .after_blank = true};
    (void)err;
    osl_draft_close(draft);
    read_runs(&f, &lines, text, 0);
    osl_text_lines_clear(&lines);
    osl_arena_clear(&arena);
    return OSL_OK;
}

/* ---- a file ------------------------------------------------------------ */

/* Equal in letters and digits, whatever stands between: a heading that a
 * converter made of the file's name. */
static bool is_name_of(osl_text heading, osl_text name)
{
    size_t i = 0, k = 0;
    for (size_t at = name.length; at-- > 0;)
        if (name.bytes[at] == '/') {
            name.bytes += at + 1;
            name.length -= at + 1;
            break;
        }
    while (i < heading.length && k < name.length) {
        char a = heading.bytes[i], b = name.bytes[k];
        if (!osl_is_alpha(a) && !osl_is_digit(a))
            i++;
        else if (!osl_is_alpha(b) && !osl_is_digit(b))
            k++;
        else if (osl_to_lower(a) != osl_to_lower(b))
            return false;
        else
            i++, k++;
    }
    return i == heading.length && heading.length >= 4;
}

static size_t first_line(const text_lines *lines)
{
    size_t first = 0;
    while (first < lines->count && (lines->items[first].dropped ||
                                    lines->items[first].text.length == 0))
        first++;
    return first;
}

/* "Treatment Protocol: HEAT ILLNESS": a kind of paper and its subject. */
static bool has_label(osl_text line)
{
    const char *colon = memchr(line.bytes, ':', line.length);
    size_t capitals = 0;
    if (colon == NULL || colon == line.bytes)
        return false;
    for (const char *c = colon; c < line.bytes + line.length; c++)
        capitals += *c >= 'A' && *c <= 'Z';
    return capitals >= 4 && osl_is_alpha(*line.bytes);
}

/* A heading that is the file's name says less than the line that runs over
 * its pages: that one is the title then. */
static void title_from_running(osl_draft *draft, text_lines *lines,
                               osl_text name)
{
    osl_text best = {"", 0};
    size_t first = first_line(lines);
    if (first == lines->count)
        return;
    osl_text heading = lines->items[first].text;
    (void)hashed_level(&heading);
    if (!is_name_of(heading, name))
        return;
    size_t seen = 0;
    for (size_t i = first + 1; i < lines->count && seen < 12; i++) {
        const text_line *line = &lines->items[i];
        if (line->text.length == 0 || (line->dropped && !line->running) ||
            osl_text_is_page_mark(line->text))
            continue;
        seen++;
        bool better = has_label(line->text) > has_label(best) ||
                      (has_label(line->text) == has_label(best) &&
                       line->text.length > best.length);
        if ((line->running || has_label(line->text)) && better &&
            osl_text_words(line->text) > 2 &&
            !osl_text_ends_sentence(line->text))
            best = line->text;
    }
    if (best.length == 0)
        return;
    lines->items[first].dropped = true;
    osl_draft_meta(draft, OSL_META_TITLE, best);
}

/* The first line of a text is its title unless it reads like the text. */
static void title_from_first(flow *f, text_lines *lines)
{
    size_t first = first_line(lines);
    const text_line *next = first < lines->count ? next_line(f, first) : NULL;
    if (next == NULL || osl_draft_has_meta(f->draft, OSL_META_TITLE))
        return;
    osl_text line = lines->items[first].text;
    (void)hashed_level(&line);
    if (line.length > 250 || osl_text_mark(line) || is_lower_start(line) ||
        osl_text_ends_sentence(line) || is_pipe_row(line) ||
        osl_text_is_rule(line))
        return;
    if (!blank_follows(f, first) && !osl_text_is_capitals(line) &&
        !is_title_case(line) && !is_underlined(f, first))
        return;
    osl_draft_meta(f->draft, OSL_META_TITLE, line);
    lines->items[first].dropped = true;
}

/* The first run of a file: furniture and the title are looked for in it. */
static void read_first(flow *f, text_lines *lines, osl_text name)
{
    osl_text updated = {"", 0};
    osl_text_drop_pages(lines, f->arena, &updated);
    osl_text_drop_site(lines, &updated);
    title_from_running(f->draft, lines, name);
    title_from_first(f, lines);
    osl_draft_meta(f->draft, OSL_META_UPDATED, updated);
    f->want_title = true;
    put_run(f);
}

static osl_status text_read(const osl_source *source, osl_draft *draft,
                            osl_error *err)
{
    osl_buf room = {0};
    osl_arena arena = {0};
    text_lines lines = {0};
    const char *charset;
    osl_text text = osl_charset_decode(source->bytes, &room, &charset);
    flow f = {.draft = draft,
              .arena = &arena,
              .lines = &lines,
              .level = 1,
              .after_blank = true};
    osl_draft_begin(draft);
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("text"));
    if (charset != NULL)
        osl_draft_report(draft, 0, "read as %s", charset);
    osl_text_lines_cut(&lines, &text, 1, LINES_MOST);
    plain_all(&lines, &arena);
    uint32_t count = (uint32_t)lines.count;
    read_first(&f, &lines, source->name);
    read_runs(&f, &lines, text, count + 1);
    if (room.failed)
        osl_draft_out_of_memory(draft);
    osl_status status = osl_draft_end(draft, err);
    osl_text_lines_clear(&lines);
    osl_arena_clear(&arena);
    osl_buf_clear(&room);
    return status;
}

/* ---- is it text? ------------------------------------------------------- */

/* The pages of a PDF's text under any name: page marks; 0 where there is more
 * than a little Markdown. */
static size_t pdf_pages(osl_text head)
{
    size_t pages = 0, markdown = 0, opens, closes;
    while (head.length) {
        const char *stop = memchr(head.bytes, '\n', head.length);
        size_t length = stop ? (size_t)(stop - head.bytes) : head.length;
        osl_text line = osl_text_trim((osl_text){head.bytes, length});
        pages += osl_text_is_page_mark(line);
        markdown += osl_text_starts_fold(line, "## ") ||
                    osl_text_find_fold(line, "](") < line.length ||
                    osl_text_bold(line, 0, &opens, &closes);
        length += stop != NULL;
        head.bytes += length;
        head.length -= length;
    }
    return pages > markdown * 2 ? pages : 0;
}

static unsigned text_sniff(const osl_source *source)
{
    osl_text head = source->bytes;
    if (head.length > OSL_SNIFF_BYTES)
        head.length = OSL_SNIFF_BYTES;
    size_t pages = pdf_pages(head);
    if (pages > 1)
        return 80;
    return pages ? 70 : 10;
}

const osl_reader osl_reader_text = {"text", 80, text_sniff, text_read};
