/* SPDX-License-Identifier: MIT */
#include "corpus/markdown_prepare.h"

#include <string.h>

#include "core/base/bytes.h"
#include "corpus/math.h"
#include "corpus/prose.h"

enum {
    ORIGIN_BYTES = 8,
    COLUMNS_MAX = 64,
    MARK_MAX = 16,
    MARK_REACH = 512,
    FORMULA_MAX = 4096
};

typedef struct preparing {
    osl_markdown_text *out;
    osl_find_fn *find;
    const char *at, *end;
    uint32_t line; /* of `at` */
    char fence;    /* of the open code block; 0: none */
    size_t fence_length;
    bool has_no_table_end; /* no </table> stands behind `at` */
    unsigned table_lines;  /* of the pipe table so far; its rule not counted */
    bool has_table_rule;
} preparing;

/* ---- lines ------------------------------------------------------------- */

static osl_text next_line(preparing *in)
{
    const char *start = in->at;
    const char *stop = memchr(start, '\n', (size_t)(in->end - start));
    in->at = stop ? stop + 1 : in->end;
    in->line++;
    osl_text line = {start, (size_t)((stop ? stop : in->end) - start)};
    if (line.length && line.bytes[line.length - 1] == '\r')
        line.length--;
    return line;
}

static osl_text peek_line(const preparing *in)
{
    preparing copy = *in;
    return in->at < in->end ? next_line(&copy) : (osl_text){in->end, 0};
}

static void begin_line(preparing *in, uint32_t source_line)
{
    osl_buf_put32(&in->out->origins, (uint32_t)in->out->text.length);
    osl_buf_put32(&in->out->origins, source_line);
}

static void put(preparing *in, osl_text text)
{
    osl_buf_put_text(&in->out->text, text);
}

static void end_line(preparing *in)
{
    osl_buf_put_byte(&in->out->text, '\n');
}

static void put_line(preparing *in, osl_text text, uint32_t source_line)
{
    begin_line(in, source_line);
    put(in, text);
    end_line(in);
}

static bool starts(osl_text text, const char *with)
{
    size_t length = strlen(with);
    return text.length >= length && memcmp(text.bytes, with, length) == 0;
}

static osl_text rest_of(osl_text text, size_t from)
{
    return (osl_text){text.bytes + from, text.length - from};
}

/* What may belong to a mark at `at`: a longer one is none, so that a line of
 * nothing but marks' beginnings is still read in linear time. */
static osl_text near(osl_text text, size_t at)
{
    osl_text rest = rest_of(text, at);
    if (rest.length > MARK_REACH)
        rest.length = MARK_REACH;
    return rest;
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

static size_t place_of(osl_text text, size_t from, const char *what)
{
    const char *at =
        from < text.length
            ? memmem(text.bytes + from, text.length - from, what, strlen(what))
            : NULL;
    return at ? (size_t)(at - text.bytes) : SIZE_MAX;
}

/* ---- within a line ----------------------------------------------------- */

/* Each looks at `text` from `at` on; where its mark stands there, it puts what
 * is to stand instead and returns the mark's length, else 0. */

static size_t take_template(osl_text text, size_t at)
{
    osl_text rest = near(text, at);
    size_t close = starts(rest, "{{<")   ? place_of(rest, 3, ">}}")
                   : starts(rest, "{{%") ? place_of(rest, 3, "%}}")
                   : starts(rest, "{{")  ? place_of(rest, 2, "}}")
                   : starts(rest, "{%")  ? place_of(rest, 2, "%}")
                                         : SIZE_MAX;
    if (close == SIZE_MAX)
        return 0;
    return close + (rest.bytes[2] == '<' || rest.bytes[2] == '%' ? 3 : 2);
}

/* {#sec-sepsis .unnumbered width=50%}, {: .class}, {.class} */
static size_t take_attributes(osl_text text, size_t at)
{
    osl_text rest = near(text, at);
    size_t close = place_of(rest, 1, "}");
    if (close == SIZE_MAX || close > 200 || close < 2)
        return 0;
    bool is_spec = strchr("#.:", rest.bytes[1]) ||
                   (starts(rest, "{=") && close < 12) || (starts(rest, "{-}"));
    osl_text body = {rest.bytes + 1, close - 1};
    size_t equals = place_of(body, 0, "=");
    if (!is_spec && equals != SIZE_MAX && equals > 0)
        is_spec = is_alnum(body.bytes[equals - 1]) && at > 0 &&
                  strchr("])`", text.bytes[at - 1]);
    return is_spec ? close + 1 : 0;
}

/* [^note], [@key; @other, p. 3], [-@key] */
static size_t take_note(osl_text text, size_t at)
{
    osl_text rest = near(text, at);
    if (!starts(rest, "[^") && !starts(rest, "[@") && !starts(rest, "[-@"))
        return 0;
    size_t close = place_of(rest, 1, "]");
    if (close == SIZE_MAX || close > 300)
        return 0;
    bool is_definition = starts(rest, "[^") && close + 1 < rest.length &&
                         rest.bytes[close + 1] == ':';
    return close + (is_definition ? 2 : 1);
}

static size_t word_length(osl_text text, size_t from)
{
    size_t at = from;
    while (at < text.length &&
           (is_alnum(text.bytes[at]) || strchr("-_", text.bytes[at])))
        at++;
    return at - from;
}

/* @sec-septic-shock reads "septic shock"; @fig-x "figure". */
static size_t take_reference(preparing *in, osl_text text, size_t at)
{
    static const struct {
        const char *prefix, *reads;
    } kinds[] = {{"@fig-", "figure"},
                 {"@tbl-", "table"},
                 {"@eq-", "equation"},
                 {"@sec-", NULL}};
    osl_text rest = near(text, at);
    if (at > 0 && is_alnum(text.bytes[at - 1]))
        return 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t from = strlen(kinds[i].prefix);
        if (!starts(rest, kinds[i].prefix))
            continue;
        size_t length = word_length(rest, from);
        if (kinds[i].reads)
            put(in, osl_text_of(kinds[i].reads));
        for (size_t j = 0; !kinds[i].reads && j < length; j++) {
            char c = rest.bytes[from + j];
            osl_buf_put_byte(&in->out->text, (uint8_t)(c == '-' ? ' ' : c));
        }
        return from + length;
    }
    return 0;
}

/* H~2~O and 10^9^ of Pandoc; a mark of its own where the sign is doubled or
 * blanks stand within. */
static size_t take_script(preparing *in, osl_text text, size_t at)
{
    char sign = text.bytes[at];
    size_t from = at + 1, to = from;
    while (to < text.length && to - from < MARK_MAX && text.bytes[to] != sign &&
           text.bytes[to] > ' ' && text.bytes[to] != '`')
        to++;
    bool is_mark =
        to < text.length && to > from && text.bytes[to] == sign &&
        !(to + 1 < text.length && text.bytes[to + 1] == sign) &&
        (at == 0 || (text.bytes[at - 1] != sign && text.bytes[at - 1] != '['));
    bool is_glued = at > 0 && text.bytes[at - 1] != ' ';
    if (!is_mark || (sign == '~' && !is_glued))
        return 0;
    put(in, osl_text_of(sign == '~' ? "<sub>" : "<sup>"));
    put(in, (osl_text){text.bytes + from, to - from});
    put(in, osl_text_of(sign == '~' ? "</sub>" : "</sup>"));
    return to + 1 - at;
}

/* Whether what stands between dollars is a formula, and no sums of money. */
static bool is_formula(osl_text text)
{
    bool has_notation = false, has_blank = false;
    for (size_t i = 0; i < text.length; i++) {
        has_notation |= text.bytes[i] && strchr("\\^_={", text.bytes[i]);
        has_blank |= text.bytes[i] == ' ';
    }
    return has_notation || (!has_blank && text.length <= 12);
}

static void put_formula(preparing *in, osl_text formula)
{
    static const osl_math_marks tags = {"<sup>", "<sub>", "</sup>", "</sub>"};
    osl_math_text(formula, &tags, &in->out->text);
}

/* A formula between dollars at `at`, as Pandoc has them: no blank within its
 * ends, no letter or digit behind it. Puts it and gives its length; 0 where
 * there is none. */
static size_t take_formula(preparing *in, osl_text text, size_t at)
{
    osl_text rest = near(text, at);
    size_t signs = starts(rest, "$$") ? 2 : 1;
    size_t close = place_of(rest, signs, signs == 2 ? "$$" : "$");
    if (close == SIZE_MAX || close == signs)
        return 0;
    osl_text inner = {rest.bytes + signs, close - signs};
    bool is_tight =
        inner.bytes[0] != ' ' && inner.bytes[inner.length - 1] != ' ' &&
        !(close + 1 < rest.length && is_alnum(rest.bytes[close + 1]));
    if ((signs == 1 && !is_tight) || !is_formula(inner))
        return 0;
    put_formula(in, inner);
    return close + signs;
}

/* Whether TeX's notation stands in it: a command, a raised or lowered part. A
 * sign behind a backslash is an escaped character. */
static bool has_notation(osl_text text)
{
    for (size_t i = 0; i + 1 < text.length; i++) {
        char c = text.bytes[i], next = text.bytes[i + 1];
        if (c == '\\' && is_alnum(next) && next > '9')
            return true;
        i += c == '\\';
        if (c == '^' || c == '_')
            return true;
    }
    return false;
}

/* Markdown that was made of PDFs has formulas between escaped parentheses;
 * without notation they are that. */
static size_t take_escaped(preparing *in, osl_text text, size_t at)
{
    osl_text rest = near(text, at);
    size_t close = starts(rest, "\\(") ? place_of(rest, 2, "\\)") : SIZE_MAX;
    if (close == SIZE_MAX)
        return 0;
    osl_text inner = {rest.bytes + 2, close - 2};
    if (!has_notation(inner))
        return 0;
    put_formula(in, osl_prose_trim(inner));
    return close + 2;
}

static size_t take_mark(preparing *in, osl_text text, size_t at)
{
    size_t taken;
    switch (text.bytes[at]) {
    case '{':
        taken = take_template(text, at);
        return taken ? taken : take_attributes(text, at);
    case '[':
        return take_note(text, at);
    case '@':
        return take_reference(in, text, at);
    case '^':
        if (at + 1 < text.length && text.bytes[at + 1] == '[') {
            put(in, osl_text_of(" "));
            return 1; /* ^[a note]: its words stay, in brackets */
        }
        return take_script(in, text, at);
    case '~':
        return take_script(in, text, at);
    case '$':
        return take_formula(in, text, at);
    case '\\':
        return take_escaped(in, text, at);
    default:
        return 0;
    }
}

/* The length of a code span at `at`, or 1. */
static size_t code_length(osl_text text, size_t at)
{
    size_t ticks = 1;
    while (at + ticks < text.length && text.bytes[at + ticks] == '`')
        ticks++;
    if (ticks > 3)
        return ticks;
    osl_text rest = near(text, at);
    size_t close = place_of(rest, ticks,
                            ticks == 1   ? "`"
                            : ticks == 2 ? "``"
                                         : "```");
    return close == SIZE_MAX ? ticks : close + ticks;
}

/* What may begin a mark, and what hides one. */
#define MARKS(X, k, n)                                                   \
    X("{???", 1, k, n) | X("[???", 2, k, n) | X("@???", 4, k, n) |       \
        X("^???", 8, k, n) | X("~???", 16, k, n) | X("`???", 32, k, n) | \
        X("\\???", 64, k, n) | X("$???", 128, k, n)
static const osl_find_set marks = OSL_FIND_SET(MARKS);

static void put_marked(preparing *in, osl_text text)
{
    size_t from = 0, at = 0;
    for (;;) {
        at += in->find(&marks, text.bytes + at, text.length - at);
        if (at >= text.length)
            break;
        size_t taken = 0;
        if (text.bytes[at] == '`') {
            at += code_length(text, at);
            continue;
        }
        put(in, (osl_text){text.bytes + from, at - from});
        from = at;
        taken = take_mark(in, text, at);
        if (taken)
            from = at + taken;
        else
            taken = text.bytes[at] == '\\' && at + 2 <= text.length ? 2 : 1;
        at += taken;
    }
    put(in, (osl_text){text.bytes + from, text.length - from});
}

/* ---- whole lines ------------------------------------------------------- */

/* A title in quotation marks behind an admonition's kind. */
static void put_title(preparing *in, osl_text line, uint32_t number)
{
    size_t title = place_of(line, 0, "title=\"");
    size_t open = place_of(line, title == SIZE_MAX ? 0 : title, "\"");
    size_t close = open == SIZE_MAX ? SIZE_MAX : place_of(line, open + 1, "\"");
    put_line(in, (osl_text){0}, number);
    if (close == SIZE_MAX || close == open + 1)
        return;
    begin_line(in, number);
    put(in, osl_text_of("**"));
    put(in, (osl_text){line.bytes + open + 1, close - open - 1});
    put(in, osl_text_of("**"));
    end_line(in);
    put_line(in, (osl_text){0}, number);
}

/* ::: {.callout-warning title="Cerebral oedema"} */
static bool is_titled_div(osl_text line)
{
    return starts(line, ":::") && place_of(line, 0, "title=\"") != SIZE_MAX;
}

/* Lines of a dialect that are no text. */
static bool is_dialect(osl_text line)
{
    return starts(line, ":::") || starts(line, "{:") ||
           osl_prose_same(line, "[toc]") || osl_prose_same(line, "[[toc]]") ||
           osl_prose_same(line, "\\newpage") ||
           osl_prose_same(line, "\\pagebreak") ||
           (starts(line, "import ") &&
            (place_of(line, 0, " from '") != SIZE_MAX ||
             place_of(line, 0, " from \"") != SIZE_MAX)) ||
           starts(line, "export const ") || starts(line, "export default ");
}

static bool is_admonition(osl_text line)
{
    return starts(line, "!!! ") || starts(line, "??? ") ||
           starts(line, "???+ ") || starts(line, "=== \"");
}

/* Opens and closes code blocks; true where the line belongs to one. */
static bool is_code(preparing *in, osl_text line)
{
    char c = '\0';
    if (line.length)
        c = line.bytes[0];
    size_t length = 0;
    while (length < line.length && line.bytes[length] == c)
        length++;
    bool is_fence = (c == '`' || c == '~') && length >= 3;
    if (in->fence) {
        if (is_fence && c == in->fence && length >= in->fence_length)
            in->fence = '\0';
        return true;
    }
    if (!is_fence ||
        (c == '`' && memchr(line.bytes + length, '`', line.length - length)))
        return false;
    in->fence = c;
    in->fence_length = length;
    return true;
}

/* ---- grid tables ------------------------------------------------------- */

static bool is_grid_rule(osl_text line)
{
    size_t plus = 0, dashes = 0;
    for (size_t i = 0; i < line.length; i++) {
        plus += line.bytes[i] == '+';
        dashes += line.bytes[i] == '-' || line.bytes[i] == '=';
        if (!strchr("+-=: ", line.bytes[i]) || !line.bytes[i])
            return false;
    }
    return plus > 1 && dashes > 2 && line.bytes[0] == '+';
}

/* A row in the making: the text of its cells, line by line. */
typedef struct grid_row {
    osl_buf cells[COLUMNS_MAX]; /* owns */
    size_t columns;
    uint32_t line;
    bool has_text, has_rule;
} grid_row;

static void add_grid_piece(osl_buf *cell, osl_text piece)
{
    piece = osl_prose_trim(piece);
    if (piece.length && piece.bytes[piece.length - 1] == '\\')
        piece.length--; /* a line break */
    size_t bullet = osl_prose_bullet(piece);
    if (!bullet && starts(piece, "* "))
        bullet = 2;
    if (cell->length && piece.length)
        osl_buf_put(cell, bullet ? "; " : " ", bullet ? 2 : 1);
    osl_buf_put_text(cell, rest_of(piece, bullet));
}

static void add_grid_line(grid_row *grid, osl_text line, uint32_t number)
{
    size_t column = 0, from = 1;
    if (!grid->has_text)
        grid->line = number;
    grid->has_text = true;
    for (size_t i = 1; i < line.length && column < COLUMNS_MAX; i++) {
        bool is_escaped = line.bytes[i - 1] == '\\';
        if (line.bytes[i] != '|' || is_escaped)
            continue;
        add_grid_piece(&grid->cells[column++],
                       (osl_text){line.bytes + from, i - from});
        from = i + 1;
    }
    if (column > grid->columns)
        grid->columns = column;
}

static void put_grid_row(preparing *in, grid_row *grid)
{
    if (!grid->has_text)
        return;
    begin_line(in, grid->line);
    for (size_t i = 0; i < grid->columns; i++) {
        put(in, osl_text_of("| "));
        put_marked(in, osl_buf_text(&grid->cells[i]));
        put(in, osl_text_of(" "));
        osl_buf_reset(&grid->cells[i]);
    }
    put(in, osl_text_of("|"));
    end_line(in);
    grid->has_text = false;
}

static void put_grid_rule(preparing *in, grid_row *grid)
{
    if (grid->has_rule)
        return;
    grid->has_rule = true;
    begin_line(in, in->line);
    for (size_t i = 0; i < grid->columns; i++)
        put(in, osl_text_of("|---"));
    put(in, osl_text_of("|"));
    end_line(in);
}

/* The columns of a rule: what stands between its '+'. */
static size_t count_columns(osl_text rule)
{
    size_t columns = 0;
    for (size_t i = 1; i < rule.length; i++)
        columns += rule.bytes[i] == '+';
    return columns < COLUMNS_MAX ? columns : (size_t)COLUMNS_MAX;
}

/* Whether a rule of '=' follows within the table: then a head stands above. */
static bool has_grid_head(const preparing *in)
{
    preparing ahead = *in;
    while (ahead.at < ahead.end) {
        osl_text line = osl_prose_trim(next_line(&ahead));
        if (!line.length || (line.bytes[0] != '+' && line.bytes[0] != '|'))
            return false;
        if (line.bytes[0] == '+')
            return place_of(line, 0, "=") != SIZE_MAX;
    }
    return false;
}

static void put_grid_table(preparing *in, osl_text rule)
{
    grid_row grid = {.columns = count_columns(rule)};
    put_line(in, (osl_text){0}, in->line);
    if (!has_grid_head(in)) {
        /* Pipe tables must have a head: an empty one. */
        grid.has_text = true;
        grid.line = in->line;
        put_grid_row(in, &grid);
        put_grid_rule(in, &grid);
    }
    for (;;) {
        osl_text line = osl_prose_trim(peek_line(in));
        if (!line.length || (line.bytes[0] != '+' && line.bytes[0] != '|'))
            break;
        uint32_t number = in->line;
        (void)next_line(in);
        if (!is_grid_rule(line)) {
            add_grid_line(&grid, line, number);
            continue;
        }
        put_grid_row(in, &grid);
        put_grid_rule(in, &grid);
    }
    put_grid_row(in, &grid);
    put_line(in, (osl_text){0}, in->line);
    for (size_t i = 0; i < COLUMNS_MAX; i++) {
        in->out->text.failed |= grid.cells[i].failed;
        osl_buf_clear(&grid.cells[i]);
    }
}

/* ---- tables of HTML ---------------------------------------------------- */

static const char *find_tag(const char *at, const char *end, const char *tag)
{
    size_t length = strlen(tag);
    while ((at = memchr(at, '<', (size_t)(end - at)))) {
        if ((size_t)(end - at) >= length &&
            osl_prose_same((osl_text){at, length}, tag))
            return at;
        at++;
    }
    return NULL;
}

/* Puts a table on one line, so that blank lines do not end it. `line` is the
 * line on which it begins; false where it has no end. */
static bool put_html_table(preparing *in, osl_text line, uint32_t number)
{
    const char *start =
        find_tag(line.bytes, line.bytes + line.length, "<table");
    if (!start || in->has_no_table_end)
        return false;
    const char *close = find_tag(start, in->end, "</table");
    const char *inner = start + 6;
    while (close && (inner = find_tag(inner, close, "<table"))) {
        close = find_tag(close + 7, in->end, "</table");
        inner += 6;
    }
    if (!close) {
        in->has_no_table_end = true;
        return false;
    }
    osl_text before =
        osl_prose_trim((osl_text){line.bytes, (size_t)(start - line.bytes)});
    begin_line(in, number);
    put_marked(in, (osl_text){line.bytes, (size_t)(start - line.bytes)});
    if (before.length) {
        end_line(in);
        put_line(in, (osl_text){0}, number);
        begin_line(in, number);
    }
    const char *stop = memchr(close, '>', (size_t)(in->end - close));
    stop = stop ? stop + 1 : in->end;
    for (const char *at = start; at < stop; at++)
        osl_buf_put_byte(&in->out->text,
                         (uint8_t)(*at == '\n' || *at == '\r' ? ' ' : *at));
    end_line(in);
    put_line(in, (osl_text){0}, number);
    /* What stands behind the table on its line is a line of its own. */
    in->line = number;
    for (const char *at = line.bytes; at < stop; at++)
        in->line += *at == '\n';
    in->at = stop;
    return true;
}

/* ---- the whole --------------------------------------------------------- */

static bool is_pipe_rule(osl_text line)
{
    size_t bars = 0, dashes = 0;
    for (size_t i = 0; i < line.length; i++) {
        bars += line.bytes[i] == '|';
        dashes += line.bytes[i] == '-';
        if (!strchr("|-: ", line.bytes[i]) || !line.bytes[i])
            return false;
    }
    return bars && dashes > 2;
}

/* Converters repeat the rule below a second head: the first one counts. */
static bool is_repeated_rule(preparing *in, osl_text line)
{
    if (!memchr(line.bytes, '|', line.length)) {
        in->table_lines = 0;
        in->has_table_rule = false;
        return false;
    }
    if (in->table_lines && is_pipe_rule(line)) {
        bool is_repeated = in->has_table_rule;
        in->has_table_rule = true;
        return is_repeated;
    }
    in->table_lines++;
    return false;
}

/* "* >3 mmol/L", ">90% in air": a comparison, which Markdown would take for a
 * quotation. Where its '>' stands, SIZE_MAX where there is none. */
static size_t comparison_at(osl_text line)
{
    size_t at = 0;
    while (at < line.length && strchr(" \t*-+", line.bytes[at]) &&
           line.bytes[at])
        at++;
    bool is_one = at + 1 < line.length && line.bytes[at] == '>' &&
                  ((line.bytes[at + 1] >= '0' && line.bytes[at + 1] <= '9') ||
                   line.bytes[at + 1] == '=');
    return is_one ? at : SIZE_MAX;
}

static void put_text_line(preparing *in, osl_text line, uint32_t number)
{
    size_t comparison = comparison_at(line);
    begin_line(in, number);
    if (comparison != SIZE_MAX) {
        put(in, (osl_text){line.bytes, comparison});
        put(in, osl_text_of("\\"));
        line = rest_of(line, comparison);
    }
    put_marked(in, line);
    end_line(in);
}

/* ":   the meaning" below a term goes on in its line; ": Doses {#tbl-x}" and
 * "Table: Doses" below a table are its caption. */
static bool put_definition(preparing *in, osl_text line, uint32_t number,
                           bool was_table)
{
    size_t mark = starts(line, "Table: ") ? 6 : 0;
    osl_buf *text = &in->out->text;
    if (!mark && (line.length < 3 || *line.bytes != ':' ||
                  (line.bytes[1] != ' ' && line.bytes[1] != '\t')))
        return false;
    bool is_behind_term = !mark && !was_table && text->length > 1 &&
                          text->bytes[text->length - 2] != '\n';
    if (is_behind_term) {
        text->length--; /* its line's end */
        put(in, osl_text_of(text->bytes[text->length - 1] == ':' ? " " : ": "));
    } else {
        put_line(in, (osl_text){0}, number);
        begin_line(in, number);
    }
    put_marked(in, osl_prose_trim(rest_of(line, mark ? mark : 1)));
    end_line(in);
    return true;
}

/* "$$", a formula of some lines, "$$ {#eq-name}"; false where it does not end
 * within reach. */
static bool put_formula_lines(preparing *in, osl_text line, uint32_t number)
{
    const char *start = line.bytes + 2;
    size_t left = (size_t)(in->end - start);
    const char *close =
        memmem(start, left < FORMULA_MAX ? left : FORMULA_MAX, "$$", 2);
    if (!close)
        return false;
    while (in->at <= close)
        (void)next_line(in);
    begin_line(in, number);
    osl_buf *text = &in->out->text;
    size_t from = text->length;
    put_formula(in, osl_prose_trim((osl_text){start, (size_t)(close - start)}));
    for (size_t i = from; i < text->length; i++)
        if (text->bytes[i] == '\n' || text->bytes[i] == '\r')
            text->bytes[i] = ' ';
    put(in, osl_text_of(" "));
    put_marked(in, osl_prose_trim(
                       (osl_text){close + 2, (size_t)(in->at - close) - 2}));
    end_line(in);
    put_line(in, (osl_text){0}, number);
    return true;
}

static void prepare_line(preparing *in)
{
    uint32_t number = in->line;
    osl_text line = next_line(in);
    osl_text trimmed = osl_prose_trim(line);
    bool was_table = in->table_lines > 0;
    if (is_code(in, trimmed)) {
        put_line(in, line, number);
    } else if ((starts(trimmed, "$$") &&
                put_formula_lines(in, trimmed, number)) ||
               (trimmed.length && is_repeated_rule(in, trimmed))) {
        return;
    } else if (is_admonition(trimmed) || is_titled_div(trimmed)) {
        put_title(in, trimmed, number);
    } else if (is_dialect(trimmed)) {
        put_line(in, (osl_text){0}, number);
    } else if (trimmed.length && *trimmed.bytes == '+' &&
               is_grid_rule(trimmed)) {
        put_grid_table(in, trimmed);
    } else if (!put_definition(in, trimmed, number, was_table) &&
               !put_html_table(in, line, number)) {
        put_text_line(in, line, number);
    }
}

bool osl_markdown_prepare(osl_markdown_text *out, osl_text text, uint32_t line,
                          osl_find_fn *find)
{
    preparing in = {.out = out,
                    .find = find,
                    .at = text.bytes,
                    .end = text.bytes + text.length,
                    .line = line};
    while (in.at < in.end && !out->text.failed)
        prepare_line(&in);
    return !out->text.failed && !out->origins.failed;
}

uint32_t osl_markdown_line(const osl_markdown_text *text, size_t offset)
{
    size_t low = 0, high = text->origins.length / ORIGIN_BYTES;
    if (high == 0)
        return 0;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (osl_get32(text->origins.bytes + middle * ORIGIN_BYTES) <= offset)
            low = middle;
        else
            high = middle;
    }
    return osl_get32(text->origins.bytes + low * ORIGIN_BYTES + 4);
}

void osl_markdown_text_clear(osl_markdown_text *text)
{
    osl_buf_clear(&text->text);
    osl_buf_clear(&text->origins);
}
