/* SPDX-License-Identifier: MIT
 *
 * The parser of faultless fragments against libgumbo: what it takes, it makes
 * into the same tree, node by node; what it must not take, it leaves. */
#include "corpus/html_prepare.h"
#include "corpus/html_tree.h"
#include "tests/test.h"

static void fail_at(osl_text html, size_t at, const char *what)
{
    fail_msg("node %zu has another %s in: %.*s", at, what, (int)html.length,
             html.bytes);
}

static void assert_same_attributes(osl_text html, size_t at,
                                   const osl_html_node *a,
                                   const osl_html_node *b)
{
    if (a->of.attributes.count != b->of.attributes.count)
        fail_at(html, at, "number of attributes");
    for (size_t i = 0; i < a->of.attributes.count; i++)
        if (strcmp(a->of.attributes.items[i].name,
                   b->of.attributes.items[i].name) != 0 ||
            strcmp(a->of.attributes.items[i].value,
                   b->of.attributes.items[i].value) != 0)
            fail_at(html, at, "attribute");
}

static void assert_same_node(osl_text html, size_t at, const osl_html_node *a,
                             const osl_html_node *b)
{
    if (a->tag != b->tag || a->role != b->role)
        fail_at(html, at, "tag");
    if (a->parent != b->parent || a->end != b->end)
        fail_at(html, at, "place");
    if (a->line != b->line)
        fail_at(html, at, "line");
    if (a->text_bytes != b->text_bytes || a->link_bytes != b->link_bytes ||
        a->links != b->links || a->is_hidden != b->is_hidden)
        fail_at(html, at, "sum");
    if (a->role != OSL_HTML_TEXT)
        assert_same_attributes(html, at, a, b);
    else if (!osl_text_equal(a->of.text, b->of.text))
        fail_at(html, at, "text");
}

/* Whether the fragment is simple; if so its tree is libgumbo's. */
static bool is_simple_and_same(osl_text html)
{
    osl_html_tree simple = {.find = osl_find_scalar}, full = {0};
    (void)osl_html_prepare(&simple.prepared, html);
    osl_buf_put_byte(&simple.prepared, '\0');
    assert_false(simple.prepared.failed);
    simple.prepared.length--;
    bool is_simple = osl_html_parse_simple(&simple);
    if (is_simple) {
        assert_true(osl_html_parse_fully(&full, html));
        if (simple.count != full.count)
            fail_at(html, simple.count, "number");
        for (size_t i = 0; i < simple.count; i++)
            assert_same_node(html, i, &simple.nodes[i], &full.nodes[i]);
    } else {
        assert_int_equal(simple.count, 0);
    }
    osl_html_tree_clear(&simple);
    osl_html_tree_clear(&full);
    return is_simple;
}

static const char page[] =
    "\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0//EN\"\n \"x.dtd\">\n<html "
    "lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/><title>A &amp; "
    "<b></title>\n"
    "</head>\n<body class=\"c\">\n<nav><a "
    "href=\"#\">x</a></nav>\n<main>y</main>\n"
    "</body>\n</html>\n";

static const char *const simple_ones[] = {
    "",
    "  \r\n ",
    "Give oxygen.",
    "  Give 5 &micro;g &amp; wait &#8211; then &#x3BC; &nbsp;",
    "<p>One.</p>\r\n<p class=\"a&amp;b\" ID='x'>Or <b>a <i>b</i></b>.</p>",
    "<h3>Dose</h3><ul>\n<li>a</li>\n<li>b<ol><li>c</li></ol></li></ul>",
    "<table>\n<tr><td>1</td><td colspan=\"2\"><p>x</p></td></tr>\n</table>",
    "<table><thead><tr><th>h</th></tr></thead> <tbody></tbody></table>after",
    "<table><tr><td>1</td></tr><tbody><tr><td>2</td></tr></tbody></table>",
    "<table><tr><td><table><tr><td>in</td></tr></table></td></tr></table>",
    "See <a href=\"/x?a=1&b=2\">this</a>.[<a href=\"#c\">1</a>]<br/>next<hr>",
    "<P>Old <STRONG>tags</STRONG></P>\n\n<blockquote>q</blockquote>",
    "<p>open <b>to the end",
    "<span style=\"display:none\">hidden</span> m<sup>2</sup> &copy;",
    "<b><b><b><b>deep</b></b></b></b> x",
    "<b><table><tr><td><b>a</b></td></tr></table></b>",
    "<p>a<p>b",
    "<p>a<div>b</div></p>",
    "a < b <5 and <= 6",
    "a</p><form>b <i>c</i> </form> d<form> </form>",
    "<h2>a</h2></p><form><p>a</p><input type=\"text\"></form>",
    "<p class=a>x</p>",
    "<a href='a&#13;'>x <o:p>y</o:p></a>",
    "<x-y z-id='a'><picture>z</picture></x-y>",
    "<p\n class=\"a\"\n>x</p>",
    "<a href=\"?db=pubmed&dopt=A&list_uids=19\">x</a>",
    "<table><caption>c <b>d</b></caption><tr><td>1</td></tr></table>",
    "<table><colgroup> <col><col></colgroup><tr><td>1</td></tr></table>",
    "<dl><dt>a</dt><dd><p>b</p></dd></dl><select><option>a</option></select>",
    "<!doctype html><p>x</p>",
    page,
};

static const char *const others[] = {
    "<b>a<p>b</b>c</p>",
    "<a href='x'>a<a href='y'>b</a></a>",
    "<li>a</li>",
    "<table><tr><td>1<td>2</table>",
    "<table>stray<tr><td>1</td></tr></table>",
    "<table><td>1</td></table>",
    "a &ampb &unknown; &lt",
    "a &lang;b&rang;",
    "<h2>a<h3>b</h3></h2>",
    "<select><option>a</select>",
    "<ruby>a<rt>b</rt></ruby>",
    "<p>\x01</p>",
    "<p>\xC2\x85</p>",
    "<p>\xFF</p>",
    "a\rb",
    "&#150;",
    "<img alt=\"a\" alt=\"b\">",
    "<ul>x<p>y</ul>",
    "<a href=\"?a=1&lt_b=2\">x</a>",
    "<a href=\"?a=1&LT_b=2\">x</a>",
    "<p class=a'b>x</p>",
    "<html><p>x</p></html>",
    "<html><head><noscript>x</noscript></head><body></body></html>",
    "<html><head></head><body>x</body>y</html>",
    "<html><head></head><body>x</body><p>y</p></html>",
    "<p>x</p><title>y</title>",
    "&#13;",
    "<form><form>x</form></form>",
    "<form>x</form>",
    "</p>",
    "<noscript>x</noscript>",
    "<table><colgroup>x</colgroup></table>",
    "<table><caption><td>x</td></caption></table>",
    "<? b",
};

static void what_is_simple_gives_the_same_tree(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(simple_ones); i++)
        if (!is_simple_and_same(osl_text_of(simple_ones[i])))
            fail_msg("not taken as simple: %s", simple_ones[i]);
}

static void what_needs_a_repair_is_left_to_libgumbo(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (is_simple_and_same(osl_text_of(others[i])))
            fail_msg("taken as simple: %s", others[i]);
}

/* Pieces in any order: nearly all of it is faulty, much of it just so. */
static const char *const pieces[] = {
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<ul>",
    "</ul>",
    "<li>",
    "</li>",
    "<table>",
    "</table>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<tbody>",
    "</tbody>",
    "<thead>",
    "</thead>",
    "<h2>",
    "</h2>",
    "<h3>",
    "</h3>",
    "<a href=\"x\">",
    "</a>",
    "<br>",
    "<hr/>",
    "<span class=\"c\">",
    "</span>",
    "word",
    " ",
    "\n",
    "&amp;",
    "&nbsp;",
    "&",
    "<sup>",
    "</sup>",
    "\xC3\xA9",
    "<th>",
    "</th>",
    "<img alt='x'>",
    "<!doctype html>",
    "<html>",
    "</html>",
    "<head>",
    "</head>",
    "<body>",
    "</body>",
    "<title>t</title>",
    "<meta charset=utf-8>",
    "<form>",
    "</form>",
    "<input>",
    "<button>",
    "</button>",
    "<label>",
    "</label>",
    "<dl>",
    "</dl>",
    "<dt>",
    "</dt>",
    "<dd>",
    "</dd>",
    "<caption>",
    "</caption>",
    "<colgroup>",
    "</colgroup>",
    "<col>",
    "<select>",
    "</select>",
    "<option>",
    "</option>",
    "<nav>",
    "</nav>",
    "<main>",
    "</main>",
    "<noscript>",
    "</noscript>",
    "<del>",
    "</del>",
    "<code>",
    "</code>",
    "<5",
    "<wbr>",
    "<o:p>",
    "</o:p>",
    "<picture>",
    "</picture>",
};

static void random_pieces_give_the_same_tree(void **state)
{
    (void)state;
    test_random random = test_random_new(11);
    osl_buf html = {0};
    unsigned taken = 0;
    for (unsigned n = 0; n < 20000; n++) {
        osl_buf_reset(&html);
        unsigned count = 1 + test_random_below(&random, 14);
        for (unsigned i = 0; i < count; i++)
            osl_buf_put_text(
                &html,
                osl_text_of(
                    pieces[test_random_below(&random, COUNT_OF(pieces))]));
        taken += is_simple_and_same(osl_buf_text(&html));
    }
    osl_buf_clear(&html);
    assert_true(taken > 200);
}

/* Well-formed ones, then one piece taken out or put in. */
static void put_element(osl_buf *out, test_random *random, unsigned depth)
{
    static const char *const names[] = {
        "p",       "div",      "b",        "ul",      "li",     "h3",
        "a",       "td",       "tr",       "table",   "em",     "sup",
        "tbody",   "form",     "button",   "label",   "dl",     "dt",
        "dd",      "caption",  "colgroup", "select",  "option", "nav",
        "header",  "footer",   "main",     "address", "hgroup", "details",
        "summary", "fieldset", "noscript", "code",    "mark",   "time",
        "ins",     "del",      "s",        "dfn",     "var",    "aside",
        "x-y",     "picture"};
    const char *name = names[test_random_below(random, COUNT_OF(names))];
    osl_buf_printf(out, "<%s>", name);
    for (unsigned i = test_random_below(random, 4); i > 0; i--) {
        if (depth < 6 && test_random_below(random, 3) > 0)
            put_element(out, random, depth + 1);
        else
            osl_buf_printf(out, "w%u\n", i);
    }
    osl_buf_printf(out, "</%s>", name);
}

static void random_nesting_gives_the_same_tree(void **state)
{
    (void)state;
    test_random random = test_random_new(12);
    osl_buf html = {0};
    unsigned taken = 0;
    for (unsigned n = 0; n < 20000; n++) {
        osl_buf_reset(&html);
        for (unsigned i = 0; i < 2; i++)
            put_element(&html, &random, 0);
        if (n & 1)
            html.bytes[test_random_below(&random, (uint32_t)html.length)] =
                (uint8_t) "<>/&pb"[test_random_below(&random, 6)];
        taken += is_simple_and_same(osl_buf_text(&html));
    }
    osl_buf_clear(&html);
    assert_true(taken > 1000);
}

static void random_pages_give_the_same_tree(void **state)
{
    (void)state;
    static const char *const frame[] = {
        "\n",
        "<!doctype html>\n",
        "<html lang='en'>\n",
        "<head> ",
        "<meta charset=\"x\">\n<title>a &lt; b</title>\n<link rel='x'>",
        "</head>\n ",
        "<body>",
        NULL,
        "</body>",
        "\n",
        "</html>",
        " \n"};
    test_random random = test_random_new(13);
    osl_buf html = {0};
    unsigned taken = 0;
    for (unsigned n = 0; n < 5000; n++) {
        osl_buf_reset(&html);
        for (size_t i = 0; i < COUNT_OF(frame); i++) {
            if (frame[i] == NULL)
                put_element(&html, &random, 0);
            else if (test_random_below(&random, 40) > 0)
                osl_buf_put_text(&html, osl_text_of(frame[i]));
        }
        taken += is_simple_and_same(osl_buf_text(&html));
    }
    osl_buf_clear(&html);
    assert_true(taken > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_simple_gives_the_same_tree),
        cmocka_unit_test(what_needs_a_repair_is_left_to_libgumbo),
        cmocka_unit_test(random_pieces_give_the_same_tree),
        cmocka_unit_test(random_nesting_gives_the_same_tree),
        cmocka_unit_test(random_pages_give_the_same_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
