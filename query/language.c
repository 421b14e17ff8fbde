/* SPDX-License-Identifier: MIT
 *
 * A recursive descent over bytes; what it cannot read as syntax it reads as
 * words, so that it never fails.
 *
 *     list    = { [+|-] or | NOT primary }         wanted, required, forbidden
 *     or      = and { OR and }
 *     and     = near { AND [NOT] near }
 *     near    = primary { NEAR/n primary }         and other operators
 *     primary = [NOT] [+|-] [field:] ( "(" list ")" | [=] phrase | [=] word )
 *
 * Blanks join weakest: `a b OR c` is a, and (b or c). A NOT without AND or OR
 * on either side forbids for the whole list it stands in, wherever it stands:
 * `relapse cns NOT adult` says what everybody means by it. That is why and()
 * may hand a forbidden node up in `pending`. */
#include "query/language.h"

#include "core/base/utf8.h"
#include "query/operator.h"
#include "query/scan.h"

#include <string.h>

enum { NO_FIELD = -1, FIELD_TITLE = 100, FIELD_SECTION = 101 };

typedef struct parser {
    const char *start, *at, *end;
    osl_arena *arena;
    osl_tree *tree;
    osl_node *pending; /* a NOT that and() found behind its last operand */
    osl_error *err;
    osl_status status;
    unsigned depth;
    unsigned node_count;
    int field; /* that every word stands in: title:(a b) */
    bool exact;
    bool strict;
} parser;

static osl_node *parse_list(parser *p);
static osl_node *parse_or(parser *p);

/* ---- notes and nodes --------------------------------------------------- */

/* Two lines: the part of the query around `at`, and a caret under it. */
static osl_status fail_at(parser *p, const char *at, const char *words)
{
    enum { AROUND = 40 };
    const char *from = p->start, *to = p->end;
    if (at - from > AROUND)
        from = at - AROUND;
    while (from < at && ((unsigned char)*from & 0xC0) == 0x80)
        from++;
    if (to - at > AROUND)
        to = at + AROUND;
    while (to < p->end && ((unsigned char)*to & 0xC0) == 0x80)
        to++;
    char line[4 * AROUND];
    int column = 0, length = 0;
    for (const char *c = from; c < to; c++) {
        line[length] = *c;
        if ((unsigned char)*c < ' ')
            line[length] = ' ';
        length++;
        column += c < at && ((unsigned char)*c & 0xC0) != 0x80;
    }
    return osl_fail(p->err, OSL_EINVAL, "query: %s\n  %.*s\n  %*s^", words,
                    length, line, column, "");
}

static void fail_memory(parser *p)
{
    if (p->status == OSL_OK)
        p->status = osl_fail(p->err, OSL_ENOMEM,
                             "query: memory ran out while it was read");
}

/* Something was not read as syntax: a note, or the end with `strict`. */
static void note(parser *p, const char *at, const char *words)
{
    osl_tree *tree = p->tree;
    if (p->strict && p->status == OSL_OK)
        p->status = fail_at(p, at, words);
    for (size_t i = 0; i < tree->note_count; i++)
        if (strcmp(tree->notes[i], words) == 0)
            return;
    if (tree->note_count < OSL_QUERY_NOTES_MAX)
        tree->notes[tree->note_count++] = words;
}

static osl_node *new_node(parser *p, osl_node_kind kind, const char *start)
{
    if (p->status != OSL_OK)
        return NULL;
    osl_node *node = osl_arena_zero(p->arena, 1, sizeof *node);
    if (!node) {
        fail_memory(p);
        return NULL;
    }
    node->kind = kind;
    node->weight = 1;
    node->fields = OSL_IN_ALL;
    node->exact = p->exact;
    node->distance = -1;
    node->start = (uint32_t)(start - p->start);
    node->end = (uint32_t)(p->at - p->start);
    p->node_count++;
    return node;
}

/* A group under construction. */
typedef struct list {
    osl_node *group;
    osl_node **last;
    size_t count;
} list;

static bool list_begin(parser *p, list *l)
{
    l->group = new_node(p, OSL_NODE_GROUP, p->at);
    l->last = l->group ? &l->group->children : NULL;
    l->count = 0;
    return l->group != NULL;
}

static void list_add(list *l, osl_node *node, osl_occur occur)
{
    node->occur = occur;
    *l->last = node;
    l->last = &node->next;
    l->count++;
}

static osl_node *list_end(parser *p, list *l)
{
    l->group->end = (uint32_t)(p->at - p->start);
    if (l->count == 1 && l->group->children->occur == OSL_OCCUR_SHOULD)
        return l->group->children;
    return l->count ? l->group : NULL;
}

static bool is_filter(const osl_node *node)
{
    if (node->kind != OSL_NODE_GROUP)
        return node->kind == OSL_NODE_FILTER;
    for (const osl_node *child = node->children; child; child = child->next)
        if (!is_filter(child))
            return false;
    return node->children != NULL;
}

/* ---- where we stand ---------------------------------------------------- */

static void skip_blanks(parser *p)
{
    unsigned length;
    while ((length = osl_scan_blank(p->at, p->end)) != 0)
        p->at += length;
}

static bool at_keyword(const parser *p, const char *keyword)
{
    return osl_scan_keyword(p->at, p->end, keyword) != 0;
}

static bool at_binary(const parser *p)
{
    const osl_operator *op;
    int32_t number;
    return at_keyword(p, "AND") || at_keyword(p, "OR") ||
           osl_operator_scan(p->at, p->end, &op, &number) != 0;
}

static bool is_full(parser *p)
{
    if (p->node_count <= OSL_QUERY_NODES_MAX)
        return false;
    note(p, p->at, "the query is too long; its end was not read");
    p->at = p->end;
    return true;
}

/* Can an operand begin here? Skips blanks. */
static bool at_operand(parser *p)
{
    skip_blanks(p);
    if (is_full(p))
        return false;
    return p->status == OSL_OK && p->at < p->end &&
           !(*p->at == ')' && p->depth > 0) && !at_binary(p);
}

/* Takes `keyword` where an operand follows; else notes it and skips it. */
static bool take_operator(parser *p, size_t length)
{
    const char *at = p->at;
    p->at += length;
    if (at_operand(p))
        return true;
    note(p, at,
         "an operator without two operands is left out; put it in quotes to "
         "look for the word");
    return false;
}

/* ---- words and phrases ------------------------------------------------- */

/* The bytes without their backslashes. */
static osl_text unescape(parser *p, osl_text raw)
{
    if (!raw.length || !memchr(raw.bytes, '\\', raw.length))
        return raw;
    char *copy = osl_arena_take(p->arena, raw.length);
    if (!copy) {
        fail_memory(p);
        return raw;
    }
    size_t length = 0;
    for (size_t i = 0; i < raw.length; i++) {
        if (raw.bytes[i] == '\\' && i + 1 < raw.length)
            i++;
        copy[length++] = raw.bytes[i];
    }
    return (osl_text){copy, length};
}

static void set_field(osl_node *node, int field)
{
    if (field == FIELD_TITLE)
        node->fields = OSL_IN_TITLE;
    if (field == FIELD_SECTION)
        node->fields = OSL_IN_HEADING;
}

/* Turns words into a filter where they stand behind a filter's name. */
static void become_filter(parser *p, osl_node *node, const char *at)
{
    if (p->field == NO_FIELD || p->field >= FIELD_TITLE)
        return;
    osl_filter filter;
    const char *wrong =
        osl_filter_read(&filter, (osl_filter_field)p->field, node->text);
    if (wrong) {
        note(p, at, wrong);
        return;
    }
    node->kind = OSL_NODE_FILTER;
    node->filter = filter;
}

static bool has_digit(osl_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] >= '0' && text.bytes[i] <= '9')
            return true;
    return false;
}

/* Only letters, figures and apostrophes, beside wildcards: one token. */
static bool is_simple(osl_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.bytes[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c >= 0x80 || c == '\'' ||
                     c == '*' || c == '?';
        if (!plain)
            return false;
    }
    return text.length > 0;
}

static bool has_letters(osl_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] != '*' && text.bytes[i] != '?')
            return true;
    return false;
}

/* "leukemai~1": takes the end off and says so. */
static void become_fuzzy(parser *p, osl_node *node, const char *at)
{
    const char *tilde = node->text.length
                            ? memchr(node->text.bytes, '~', node->text.length)
                            : NULL;
    const char *end = node->text.bytes + node->text.length;
    int32_t distance;
    if (!tilde || tilde == node->text.bytes ||
        tilde + osl_scan_tilde(tilde, end, &distance) != end)
        return;
    osl_text word = {node->text.bytes, (size_t)(tilde - node->text.bytes)};
    if (!is_simple(word) || has_digit(word)) {
        note(p, at, "words with a figure are never matched loosely");
        return;
    }
    if (distance > 2)
        note(p, at, "a word is matched with at most two letters changed");
    node->kind = OSL_NODE_FUZZY;
    node->distance = distance == 1 ? 1 : 2;
    node->text = word;
    if (distance == 0)
        node->kind = OSL_NODE_WORD;
}

/* "hemato*", "h?matology"; a "?" at the end is a question, not a letter. */
static void become_pattern(parser *p, osl_node *node, const char *at)
{
    osl_text text = node->text;
    while (text.length && text.bytes[text.length - 1] == '?')
        text.length--;
    if (!text.length || (!memchr(text.bytes, '*', text.length) &&
                         !memchr(text.bytes, '?', text.length)))
        return;
    if (!has_letters(text)) {
        note(p, at, "a wildcard without a letter is left out");
        return;
    }
    if (!is_simple(text)) {
        note(p, at, "* and ? stand for letters only within a single word");
        return;
    }
    node->kind = OSL_NODE_PATTERN;
    node->text = text;
}

static osl_node *parse_word(parser *p)
{
    const char *start = p->at;
    p->at = osl_scan_word(p->at, p->end, p->depth > 0);
    if (p->at == start) /* a lone quotation mark or parenthesis */
        p->at++;
    osl_node *node = new_node(p, OSL_NODE_WORD, start);
    if (!node)
        return NULL;
    osl_text raw = {start, (size_t)(p->at - start)};
    raw.length -= osl_scan_word_weight(raw, &node->weight);
    node->text = unescape(p, raw);
    bool escaped = node->text.bytes != raw.bytes;
    set_field(node, p->field);
    become_filter(p, node, start);
    if (node->kind == OSL_NODE_WORD && !escaped && !node->exact) {
        become_fuzzy(p, node, start);
        if (node->kind == OSL_NODE_WORD)
            become_pattern(p, node, start);
    }
    return node;
}

/* The closing mark of the phrase that begins at `at`; NULL: none. */
static const char *find_quote(const char *at, const char *end)
{
    while (at < end && !osl_scan_quote(at, end))
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    return at < end ? at : NULL;
}

static osl_node *parse_phrase(parser *p)
{
    const char *start = p->at;
    p->at += osl_scan_quote(p->at, p->end);
    const char *inside = p->at;
    const char *close = find_quote(inside, p->end);
    if (!close) {
        note(p, start, "a quotation mark that is not closed is left out");
        return NULL;
    }
    p->at = close + osl_scan_quote(close, p->end);
    osl_node *node = new_node(p, OSL_NODE_PHRASE, start);
    if (!node)
        return NULL;
    node->text = unescape(p, (osl_text){inside, (size_t)(close - inside)});
    int32_t slop;
    size_t length = osl_scan_tilde(p->at, p->end, &slop);
    if (length && slop >= 0) {
        node->distance = slop;
        p->at += length;
    }
    p->at += osl_scan_weight(p->at, p->end, &node->weight);
    node->end = (uint32_t)(p->at - p->start);
    set_field(node, p->field);
    become_filter(p, node, start);
    return node;
}

/* ---- groups ------------------------------------------------------------ */

static osl_node *parse_group(parser *p)
{
    const char *start = p->at++;
    if (p->depth == OSL_QUERY_DEPTH_MAX) {
        note(p, start, "parentheses nest too deep; some are left out");
        return NULL;
    }
    p->depth++;
    osl_node *node = parse_list(p);
    skip_blanks(p);
    if (p->at < p->end && *p->at == ')')
        p->at++;
    else
        note(p, start, "a parenthesis that is not closed");
    p->depth--;
    double weight;
    size_t length = osl_scan_weight(p->at, p->end, &weight);
    p->at += length;
    if (node && length)
        node->weight *= weight;
    if (node)
        node->as_operand = true;
    return node;
}

static const struct {
    const char *name;
    int field;
} fields[] = {
    {"title:", FIELD_TITLE},
    {"section:", FIELD_SECTION},
    {"document:", OSL_FILTER_DOCUMENT},
    {"evidence:", OSL_FILTER_EVIDENCE},
    {"audience:", OSL_FILTER_AUDIENCE},
    {"language:", OSL_FILTER_LANGUAGE},
    {"updated:", OSL_FILTER_UPDATED},
};

/* Takes "title:" where something stands directly behind it. */
static bool take_field(parser *p)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t length = strlen(fields[i].name);
        if ((size_t)(p->end - p->at) <= length ||
            memcmp(p->at, fields[i].name, length) != 0 ||
            osl_scan_blank(p->at + length, p->end) || p->at[length] == ')')
            continue;
        p->at += length;
        p->field = fields[i].field;
        return true;
    }
    return false;
}

/* "=" before a word or phrase. */
static bool take_exact(parser *p)
{
    const char *next = p->at + 1;
    if (p->at + 1 >= p->end || *p->at != '=' || osl_scan_blank(next, p->end) ||
        *next == ')' || *next == '=')
        return false;
    p->at = next;
    return true;
}

static osl_node *parse_atom(parser *p)
{
    int field = p->field;
    bool exact = p->exact;
    while (take_field(p))
        ;
    if (p->field == NO_FIELD || p->field >= FIELD_TITLE)
        p->exact = take_exact(p) || exact;
    osl_node *node;
    if (p->at < p->end && *p->at == '(')
        node = parse_group(p);
    else if (osl_scan_quote(p->at, p->end))
        node = parse_phrase(p);
    else
        node = parse_word(p);
    p->field = field;
    p->exact = exact;
    return node;
}

/* A sign that has something to sign. */
static bool take_sign(parser *p, osl_occur *occur)
{
    if (p->at >= p->end || (*p->at != '+' && *p->at != '-'))
        return false;
    const char *next = p->at + 1;
    if (next == p->end || osl_scan_blank(next, p->end) || *next == ')') {
        note(p, p->at, "+ and - stand directly before a word");
        p->at = next;
        return false;
    }
    *occur = *p->at == '+' ? OSL_OCCUR_MUST : OSL_OCCUR_NOT;
    p->at = next;
    return true;
}

/* NULL where nothing was to be read; something was consumed all the same. */
static osl_node *parse_primary(parser *p)
{
    osl_occur occur = OSL_OCCUR_SHOULD;
    const char *start = p->at;
    while (at_keyword(p, "NOT")) {
        if (!take_operator(p, 3))
            return NULL;
        occur = occur == OSL_OCCUR_NOT ? OSL_OCCUR_SHOULD : OSL_OCCUR_NOT;
    }
    if (!take_sign(p, &occur) && p->at != start && !at_operand(p))
        return NULL;
    osl_node *node = parse_atom(p);
    if (node)
        node->occur = occur;
    return node;
}

static bool has_places(const osl_node *node)
{
    if (node->kind == OSL_NODE_FILTER || node->occur == OSL_OCCUR_NOT)
        return false;
    if (node->kind != OSL_NODE_GROUP)
        return true;
    for (const osl_node *child = node->children; child; child = child->next)
        if (child->occur != OSL_OCCUR_SHOULD || !has_places(child))
            return false;
    return true;
}

/* Of what has no places, a group that requires both. */
static osl_node *join_required(parser *p, osl_node *left, osl_node *right)
{
    list l;
    note(p, p->start + left->start,
         "operators such as NEAR join words and phrases; read as AND");
    if (!list_begin(p, &l))
        return NULL;
    list_add(&l, left,
             left->occur == OSL_OCCUR_NOT ? OSL_OCCUR_NOT : OSL_OCCUR_MUST);
    list_add(&l, right,
             right->occur == OSL_OCCUR_NOT ? OSL_OCCUR_NOT : OSL_OCCUR_MUST);
    return l.group;
}

static osl_node *join(parser *p, osl_node *left, osl_node *right,
                      const osl_operator *op, int32_t number)
{
    list l;
    if (!has_places(left) || !has_places(right))
        return join_required(p, left, right);
    if (!list_begin(p, &l))
        return NULL;
    osl_occur occur = left->occur;
    list_add(&l, left, OSL_OCCUR_SHOULD);
    list_add(&l, right, OSL_OCCUR_SHOULD);
    l.group->kind = OSL_NODE_OPERATOR;
    l.group->op = op;
    l.group->distance = number;
    l.group->fields = left->fields & right->fields
                          ? left->fields & right->fields
                          : left->fields;
    l.group->occur = occur;
    l.group->start = left->start;
    return l.group;
}

static osl_node *parse_near(parser *p)
{
    osl_node *left = parse_primary(p);
    for (unsigned joined = 0;; joined++) {
        const osl_operator *op;
        int32_t number;
        skip_blanks(p);
        size_t length = osl_operator_scan(p->at, p->end, &op, &number);
        if (!left || !length || joined == OSL_QUERY_DEPTH_MAX)
            return left;
        if (!take_operator(p, length))
            continue;
        osl_node *right = parse_primary(p);
        if (right)
            left = join(p, left, right, op, number);
    }
}

/* The operands of AND and OR, as a group where there are more than one. */
static void add_operand(list *l, osl_node *node, osl_occur positive)
{
    osl_occur occur = node->occur == OSL_OCCUR_NOT ? OSL_OCCUR_NOT : positive;
    node->as_operand = true;
    list_add(l, node, occur);
}

/* A NOT behind an operand: part of the chain where AND or OR follows. */
static bool take_inner_not(parser *p, list *l)
{
    osl_node *node = parse_primary(p);
    skip_blanks(p);
    if (!node)
        return true;
    node->occur = node->occur == OSL_OCCUR_NOT ? OSL_OCCUR_NOT : OSL_OCCUR_MUST;
    if (at_keyword(p, "AND") || at_keyword(p, "OR")) {
        add_operand(l, node, OSL_OCCUR_MUST);
        return true;
    }
    p->pending = node;
    return false;
}

static osl_node *parse_and(parser *p)
{
    osl_node *first = parse_near(p);
    if (!first)
        return NULL;
    list l;
    osl_occur alone = first->occur;
    if (!list_begin(p, &l))
        return NULL;
    add_operand(&l, first, OSL_OCCUR_MUST);
    l.group->start = first->start;
    for (;;) {
        skip_blanks(p);
        if (at_keyword(p, "NOT")) {
            if (!take_inner_not(p, &l))
                break;
        } else if (at_keyword(p, "AND")) {
            osl_node *next = take_operator(p, 3) ? parse_near(p) : NULL;
            if (next)
                add_operand(&l, next, OSL_OCCUR_MUST);
        } else {
            break;
        }
    }
    if (l.count > 1)
        return list_end(p, &l);
    first->occur = alone;
    first->as_operand = first->kind == OSL_NODE_GROUP;
    return first;
}

/* In a chain of ORs a forbidden operand is "everything but it". */
static osl_node *wrap_not(parser *p, osl_node *node)
{
    if (node->occur != OSL_OCCUR_NOT)
        return node;
    list l;
    if (!list_begin(p, &l))
        return NULL;
    list_add(&l, node, OSL_OCCUR_NOT);
    return l.group;
}

static osl_node *parse_or(parser *p)
{
    osl_node *first = parse_and(p);
    skip_blanks(p);
    if (!first || p->pending || !at_keyword(p, "OR"))
        return first;
    list l;
    if (!list_begin(p, &l))
        return NULL;
    l.group->start = first->start;
    osl_node *next = first;
    while (next) {
        next = wrap_not(p, next);
        if (!next)
            return NULL;
        add_operand(&l, next, OSL_OCCUR_SHOULD);
        next = NULL;
        skip_blanks(p);
        while (!next && !p->pending && p->status == OSL_OK &&
               at_keyword(p, "OR")) {
            next = take_operator(p, 2) ? parse_and(p) : NULL;
            skip_blanks(p);
        }
    }
    return list_end(p, &l);
}

/* ---- the whole --------------------------------------------------------- */

/* How a node joins the list it stands in. */
static osl_occur occur_in_list(const parser *p, const osl_node *node)
{
    bool in_filter = p->field != NO_FIELD && p->field < FIELD_TITLE;
    if (node->occur == OSL_OCCUR_SHOULD && !in_filter && is_filter(node))
        return OSL_OCCUR_FILTER;
    return node->occur;
}

/* Skips what cannot begin an operand; false at the end of the list. */
static bool skip_strays(parser *p)
{
    for (;;) {
        const osl_operator *op;
        int32_t number;
        skip_blanks(p);
        if (p->at == p->end || (*p->at == ')' && p->depth > 0))
            return false;
        size_t length = osl_operator_scan(p->at, p->end, &op, &number);
        if (at_keyword(p, "AND"))
            length = 3;
        if (at_keyword(p, "OR"))
            length = 2;
        if (length) {
            note(p, p->at,
                 "an operator without two operands is left out; put it in "
                 "quotes to look for the word");
        } else if (*p->at == ')') {
            note(p, p->at, "a closing parenthesis that was not opened");
            length = 1;
        } else {
            return true;
        }
        p->at += length;
    }
}

static osl_node *parse_list(parser *p)
{
    list l;
    if (!list_begin(p, &l))
        return NULL;
    while (p->status == OSL_OK && skip_strays(p)) {
        if (is_full(p))
            break;
        osl_node *node = parse_or(p);
        if (node)
            list_add(&l, node, occur_in_list(p, node));
        if (p->pending)
            list_add(&l, p->pending, OSL_OCCUR_NOT);
        p->pending = NULL;
    }
    if (p->depth == 0)
        return l.group;
    return list_end(p, &l);
}

osl_status osl_language_parse(osl_tree *out, osl_text query, bool strict,
                              osl_arena *arena, osl_error *err)
{
    *out = (osl_tree){0};
    if (query.length >= UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT, "query: longer than 4 GiB");
    const char *bytes = query.length ? query.bytes : "";
    parser p = {.start = bytes,
                .at = bytes,
                .end = bytes + query.length,
                .arena = arena,
                .tree = out,
                .err = err,
                .field = NO_FIELD,
                .strict = strict};
    out->root = parse_list(&p);
    return p.status;
}
