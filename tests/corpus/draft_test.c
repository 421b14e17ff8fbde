/* SPDX-License-Identifier: MIT */
#include "corpus/date.h"
#include "corpus/draft.h"
#include "tests/corpus/corpus_test.h"

typedef struct fixture {
    osl_buf out;
    osl_source source;
    osl_consumer consumer;
    osl_draft *draft;
} fixture;

static void begin(fixture *f, const char *name)
{
    *f = (fixture){.source = {osl_text_of(name), {"", 0}, NULL}};
    f->consumer =
        (osl_consumer){&f->out, test_put_document, test_put_report, NULL, NULL};
    f->draft = osl_draft_new(&f->source, &f->consumer);
    assert_non_null(f->draft);
    osl_draft_begin(f->draft);
}

/* Ends the document; what it gave, until the next call of finish(). */
static const char *ended(fixture *f)
{
    osl_error err = {0};
    assert_ok(osl_draft_end(f->draft, &err));
    osl_buf_put_byte(&f->out, '\0');
    return (const char *)f->out.bytes;
}

static void finish(fixture *f)
{
    osl_draft_free(f->draft);
    osl_buf_clear(&f->out);
}

static void prose(fixture *f, const char *text)
{
    osl_draft_paragraph(f->draft, OSL_PARAGRAPH_PROSE, 1, osl_text_of(text));
}

/* ---- text -------------------------------------------------------------- */

static const struct {
    const char *text, *want;
} cleaned[] = {
    /* white space and characters */
    {" a \t b\r\n\xC2\xA0 c ", "p a b c\n"},
    {"a\xE2\x80\x8B"
     "b\xC2\xAD"
     "c\x01"
     "d",
     "p abcd\n"},
    {"Clearinghouse\xC3\xA2\xC2\x84\xC2\xA2 is", "p Clearinghouse™ is\n"},
    {"Crohn\xC2\x92s", "p Crohn’s\n"},
    {"... \xE2\x80\xA2 ---", "p ... • ---\n"},
    {" . , ; ", ""},
    /* citations that go */
    {"family donor.[66] In", "p family donor. In\n  c 66\n"},
    {"EFS.[70,71,72] Prognosis", "p EFS. Prognosis\n  c 70 71 72\n"},
    {"2%.[77-79]", "p 2%.\n  c 77-79\n"},
    {"a.[1\xE2\x80\x93"
     "3, 5]",
     "p a.\n  c 1–3 5\n"},
    {"ones,[81] and", "p ones, and\n  c 81\n"},
    {"word[4] more", "p word more\n  c 4\n"},
    {"HSCT.[74]; [75][Level of evidence: 3iiiA] New",
     "p HSCT. [Level of evidence: 3iiiA] New\n  c 74 75\n  e 3iiiA\n"},
    {"one.[1][2] [3] two", "p one. two\n  c 1 2 3\n"},
    {"relapse.[66]In certain", "p relapse. In certain\n  c 66\n"},
    {"tumor)[9].", "p tumor).\n  c 9\n"},
    {"progression-free interval:[7]", "p progression-free interval:\n  c 7\n"},
    /* what was escaped once too often */
    {"5&nbsp;mg, 42 USC &sect;201, &#8805; 3, a&shy;b &le; c",
     "p 5 mg, 42 USC §201, ≥ 3, ab ≤ c\n"},
    {"MPH&TM; R&D; &; &#; &#xD800;", "p MPH&TM; R&D; &; &#; &#xD800;\n"},
    {"the fall\xC3\xAF\xC2\x81\xC2\xAE", "p the fall\xEF\x81\xAE\n"},
    /* brackets that stay */
    {"95% CI [12, 30]", "p 95% CI [12, 30]\n"},
    {"95% CI[12, 30]", "p 95% CI[12, 30]\n"},
    {"(range:[12-30])", "p (range:[12-30])\n"},
    {"IQR [3-5] n=[4]", "p IQR [3-5] n=[4]\n"},
    {"OR 2.1 [1.2-3.4] and x[1.5]", "p OR 2.1 [1.2-3.4] and x[1.5]\n"},
    {"benzo[3,4]pyrene", "p benzo[3,4]pyrene\n"},
    {"guideline[2018] and", "p guideline[2018] and\n"},
    {"see [12] here", "p see [12] here\n"},
    {"a.[sic] b.[0] c.[12", "p a.[sic] b.[0] c.[12\n"},
    {"[12] begins", "p [12] begins\n"},
    /* evidence */
    {"x. [Level of evidence: 2A]", "p x. [Level of evidence: 2A]\n  e 2A\n"},
    {"[Level of evidence A1]", "p [Level of evidence A1]\n  e A1\n"},
    {"[Levels of evidence: 1iiA and 3iiiDiv]",
     "p [Levels of evidence: 1iiA and 3iiiDiv]\n  e 1iiA 3iiiDiv\n"},
    {"Use it (Grade 1B).", "p Use it (Grade 1B).\n  e 1B\n"},
    {"Do so (Evidence level II)", "p Do so (Evidence level II)\n  e II\n"},
    {"Do so. ( Level B )", "p Do so. ( Level B )\n  e B\n"},
    {"Do so. (Strong Recommendation, High-Quality Evidence)",
     "p Do so. (Strong Recommendation, High-Quality Evidence)\n"
     "  e Strong Recommendation High-Quality Evidence\n"},
    {"very low certainty of evidence",
     "p very low certainty of evidence\n  e very low certainty of evidence\n"},
    {"Give oxygen. (A)", "p Give oxygen. (A)\n  e A\n"},
    {"LOE: 2b or 1++, level of evidence 1++",
     "p LOE: 2b or 1++, level of evidence 1++\n  e 2b 1++\n"},
    {"Class IIa, Level C", "p Class IIa, Level C\n  e IIa C\n"},
    /* words that only look like it */
    {"grade 3 toxicity at any level", "p grade 3 toxicity at any level\n"},
    {"class III heart failure", "p class III heart failure\n"},
    {"high quality care of low quality",
     "p high quality care of low quality\n"},
    {"level of the knee, hepatitis (A) virus",
     "p level of the knee, hepatitis (A) virus\n"},
};

static void text_is_cleaned(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cleaned); i++) {
        fixture f;
        begin(&f, "d");
        prose(&f, cleaned[i].text);
        const char *got = ended(&f), *body = strchr(got, '\n');
        if (strcmp(body ? body + 1 : "", cleaned[i].want) != 0)
            fail_msg("\"%s\" gives:\n%s", cleaned[i].text, got);
        finish(&f);
    }
}

static void what_is_mostly_lost_is_left_out_and_told_once(void **state)
{
    fixture f;
    char wreck[256] = "BOOK MOBI ";
    (void)state;
    for (int i = 0; i < 20; i++)
        memcpy(wreck + 10 + (ptrdiff_t)5 * i, "\xEF\xBF\xBDx ", 6);
    begin(&f, "d");
    prose(&f, wreck);
    prose(&f, wreck);
    prose(&f, "Na\xEF\xBF\xBDve \xEF\xBF\xBD is kept.");
    assert_string_equal(ended(&f),
                        "! 1 characters that are lost, and hardly any text "
                        "among them: left out\n= d | d | \n"
                        "p Na\xEF\xBF\xBDve \xEF\xBF\xBD is kept.\n");
    finish(&f);
}

static const struct {
    const char *before, *script, *after, *want;
} scripts[] = {
    {"10", "9", "/L", "p 10⁹/L\n"},
    {"m", "2", "", "p m²\n"},
    {"500 mg/m", "2", " daily", "p 500 mg/m² daily\n"},
    {"mm", "3", "", "p mm³\n"},
    {"Ca", "2+", "", "p Ca²⁺\n"},
    {"cm", "-1", "", "p cm⁻¹\n"},
    {"", "131", "I-MIBG", "p ¹³¹I-MIBG\n"},
    {"given ", "131", "I", "p given ¹³¹I\n"},
    {"patients", "12", " were", "p patients were\n  c 12\n"},
    {"patients.", "12,14-16", " Most", "p patients. Most\n  c 12 14-16\n"},
    {"in 2019", "3,4", ".", "p in 2019.\n  c 3 4\n"},
    {"care", "[7]", ".", "p care.\n  c 7\n"},
    {"the 5", "th", " day", "p the 5th day\n"},
    {"dose", "a", " daily", "p dose daily\n"},
    {"Brand", "®", "", "p Brand®\n"},
};

static void superscripts_are_powers_or_references(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        fixture f;
        begin(&f, "d");
        osl_draft_open(f.draft, OSL_PARAGRAPH_PROSE, 1);
        osl_draft_text(f.draft, osl_text_of(scripts[i].before));
        osl_draft_superscript(f.draft, osl_text_of(scripts[i].script));
        osl_draft_text(f.draft, osl_text_of(scripts[i].after));
        const char *got = ended(&f);
        if (strcmp(strchr(got, '\n') + 1, scripts[i].want) != 0)
            fail_msg("%s^%s%s gives:\n%s", scripts[i].before, scripts[i].script,
                     scripts[i].after, got);
        finish(&f);
    }
}

static void marks_of_the_format_are_kept_beside_the_text(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "d");
    osl_draft_text(f.draft, osl_text_of("H"));
    osl_draft_subscript(f.draft, osl_text_of("2"));
    osl_draft_text(f.draft, osl_text_of("O is given"));
    osl_draft_cite(f.draft, osl_text_of("66"));
    osl_draft_text(f.draft, osl_text_of("  . [Level of evidence: 3iiA]"));
    osl_draft_cite(f.draft, osl_text_of("66"));
    osl_draft_evidence(f.draft, osl_text_of("[Level of evidence: 3iiA]"));
    osl_draft_close(f.draft);
    assert_string_equal(ended(&f),
                        "= d | d | \np H₂O is given . [Level of evidence: "
                        "3iiA]\n  c 66\n  e 3iiA\n");
    finish(&f);
}

/* ---- sections and ids -------------------------------------------------- */

static void headings_without_paragraphs_and_repeats_are_dropped(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "d");
    osl_draft_meta(f.draft, OSL_META_TITLE, osl_text_of("Gout"));
    osl_draft_heading(f.draft, 1, osl_text_of("Gout"));
    osl_draft_heading(f.draft, 2, osl_text_of("Empty"));
    osl_draft_heading(f.draft, 2, osl_text_of("Drugs [1]"));
    assert_int_equal(osl_draft_level(f.draft), 2);
    osl_draft_heading(f.draft, 4, osl_text_of("DRUGS [1]"));
    osl_draft_heading(f.draft, 4, osl_text_of("Doses.[3]"));
    prose(&f, "Colchicine.");
    osl_draft_close_sections(f.draft, 2);
    prose(&f, "Rest.");
    assert_string_equal(ended(&f), "= d | Gout | \n > Drugs [1] > Doses.\n"
                                   "p Colchicine.\n\np Rest.\n");
    finish(&f);
}

static void ids_are_escaped_and_numbered(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "a folder/b#1 100%\x07 \xC3\xA9\xFF.html");
    prose(&f, "One.");
    (void)ended(&f);
    osl_draft_begin(f.draft);
    prose(&f, "Two.");
    (void)ended(&f);
    osl_draft_begin(f.draft); /* nothing in it: no number is used up */
    (void)ended(&f);
    osl_draft_begin(f.draft);
    osl_draft_meta(f.draft, OSL_META_ID, osl_text_of("R 1"));
    prose(&f, "Three.");
    (void)ended(&f);
    size_t at = 0;
    static const char *const wants[] = {
        "= a%20folder/b%231%20100%25%07%20é%FF.html | ",
        "= a%20folder/b%231%20100%25%07%20é%FF.html!2 | ",
        "= R%201 | R%201 | "};
    for (size_t i = 0; i < 3; i++) {
        const char *got = (const char *)f.out.bytes + at;
        if (*got == '\0')
            got += 1, at += 1;
        if (strncmp(got, wants[i], strlen(wants[i])) != 0)
            fail_msg("wanted %s, got %s", wants[i], got);
        at += strlen(got) + 1;
    }
    finish(&f);
}

static void metadata_is_brought_to_one_form(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "d");
    assert_false(osl_draft_has_meta(f.draft, OSL_META_TITLE));
    osl_draft_meta(f.draft, OSL_META_TITLE, osl_text_of("  "));
    assert_false(osl_draft_has_meta(f.draft, OSL_META_TITLE));
    osl_draft_meta(f.draft, OSL_META_TITLE, osl_text_of(" A \n title "));
    osl_draft_meta(f.draft, OSL_META_TITLE, osl_text_of("second"));
    osl_draft_meta(f.draft, OSL_META_UPDATED, osl_text_of("no date"));
    osl_draft_meta(f.draft, OSL_META_UPDATED, osl_text_of("30 Dec 2025"));
    prose(&f, "One.");
    assert_string_equal(ended(&f), "= d | A title | 2025-12-30\np One.\n");
    finish(&f);
}

static void dates_are_read_in_every_usual_form(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"2025-12-30", "2025-12-30"},
        {"2025-12-30T10:20:30Z", "2025-12-30"},
        {"2001-12-14t21:59:43.10-05:00", "2001-12-14"},
        {"December 30, 2025", "2025-12-30"},
        {"Last Updated: February 5, 2014", "2014-02-05"},
        {"30 Dec 2025", "2025-12-30"},
        {"30th of December 2025", "2025-12-30"},
        {"12/30/2025", "2025-12-30"},
        {"30/12/2025", "2025-12-30"},
        {"30.12.2025", "2025-12-30"},
        {"5.6.2025", "2025-06-05"},
        {"20251230", "2025-12-30"},
        {"REVISED: 07-01-25", "2025-07-01"},
        {"7/1/98", "1998-07-01"},
        {"2-3-4", ""},
        {"Sept. 2019", "2019-09"},
        {"2019-07", "2019-07"},
        {"07/2019", "2019-07"},
        {"2019", "2019"},
        {"reviewed 3 times", ""},
        {"99999999999999999999", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char got[11] = "";
        bool found = osl_date_parse(osl_text_of(cases[i].text), got);
        if (found != (*cases[i].want != '\0') ||
            strcmp(found ? got : "", cases[i].want) != 0)
            fail_msg("%s gives %s", cases[i].text, found ? got : "nothing");
    }
}

/* ---- tables ------------------------------------------------------------ */

/* "2x3:" before a cell's text; what is behind it. */
static const char *spans(const char *cell, unsigned *columns, unsigned *down)
{
    char *end;
    unsigned long first = strtoul(cell, &end, 10);
    if (end == cell || *end != 'x')
        return cell;
    const char *second = end + 1;
    unsigned long last = strtoul(second, &end, 10);
    if (end == second || *end != ':')
        return cell;
    *columns = (unsigned)first;
    *down = (unsigned)last;
    return end + 1;
}

/* A table in a string: rows apart by '/', cells by '|'; a cell "2x3:text"
 * spans 2 columns and 3 rows, '!' before it makes it a head, '\n' in it parts
 * blocks. */
static void table(fixture *f, const char *rows)
{
    osl_draft_table_open(f->draft);
    while (*rows) {
        osl_draft_row_open(f->draft, false, 1);
        while (*rows && *rows != '/') {
            unsigned columns = 1, down = 1;
            bool head = *rows == '!';
            rows += head;
            rows = spans(rows, &columns, &down);
            osl_draft_cell_open(f->draft, head, columns, down);
            for (; *rows && *rows != '|' && *rows != '/'; rows++)
                if (*rows == '\n')
                    osl_draft_open(f->draft, OSL_PARAGRAPH_PROSE, 1);
                else
                    osl_draft_text(f->draft, (osl_text){rows, 1});
            osl_draft_cell_close(f->draft);
            rows += *rows == '|';
        }
        rows += *rows == '/';
    }
    osl_draft_table_close(f->draft);
}

static const struct {
    const char *name, *rows, *want;
} tables[] = {
    {"heads of columns", "!Drug|!Dose/aspirin.[4]|75 mg/b|2",
     "r Drug: aspirin.; Dose: 75 mg\n  c 4\nr Drug: b; Dose: 2\n"},
    {"a cell over rows is repeated", "!A|!B/1x2:x|1/2",
     "r A: x; B: 1\nr A: x; B: 2\n"},
    {"a cell over columns has their heads", "!A|!B|!C/2x1:x|3",
     "r A, B: x; C: 3\n"},
    {"two rows of heads", "!1x2:Drug|!2x1:Dose/!child|!adult/a|1|2",
     "r Drug: a; Dose child: 1; Dose adult: 2\n"},
    {"a first row that looks like heads",
     "Sign|Action/fever above 38.5 degrees|give paracetamol by mouth/"
     "fits that do not stop|call for help at once",
     "r Sign: fever above 38.5 degrees; Action: give paracetamol by mouth\n"
     "r Sign: fits that do not stop; Action: call for help at once\n"},
    {"no heads", "1|2/3|4", "r 1; 2\nr 3; 4\n"},
    {"one column is plain text", "first part/second part",
     "p first part\np second part\n"},
    {"a row over all columns has no heads", "!A|!B/2x1:Adults/1|2",
     "r Adults\nr A: 1; B: 2\n"},
    {"marks before a cell's text are references",
     "!Study|!N/[37] (N = 20)|5/a|[33][Level of evidence: I]/b|[6]; c",
     "r Study: (N = 20); N: 5\n  c 37\nr Study: a; N: [Level of evidence: I]\n"
     "  c 33\n  e I\nr Study: b; N: c\n  c 6\n"},
    {"ranges and isotopes before a cell's text are none",
     "!Drug|!Age/[18]F-FDG|[12-30] years",
     "r Drug: [18]F-FDG; Age: [12-30] years\n"},
    {"empty cells are left out", "!A|!B/|2/ | ", "r B: 2\n"},
    {"heads of nothing are text", "!A|!B", "r A; B\n"},
    {"spans out of the world", "0x0:a|4000000000x4000000000:b/c|d",
     "r a; b\nr c; b\n"},
};

static void tables_become_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        fixture f;
        begin(&f, "d");
        table(&f, tables[i].rows);
        const char *got = ended(&f);
        if (strcmp(strchr(got, '\n') + 1, tables[i].want) != 0)
            fail_msg("%s:\n%s", tables[i].name, got);
        finish(&f);
    }
}

static void a_layout_table_becomes_sections_and_paragraphs(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "d");
    osl_draft_table_open(f.draft);
    osl_draft_row_open(f.draft, false, 1);
    osl_draft_cell_open(f.draft, false, 1, 1);
    osl_draft_heading(f.draft, 1, osl_text_of("Care"));
    prose(&f, "Wash it.");
    osl_draft_table_open(f.draft); /* flattened */
    osl_draft_row_open(f.draft, false, 1);
    osl_draft_cell_open(f.draft, false, 1, 1);
    prose(&f, "Dry it.");
    osl_draft_table_close(f.draft);
    osl_draft_cell_close(f.draft);
    osl_draft_cell_open(f.draft, false, 1, 1);
    prose(&f, "Aside.");
    osl_draft_table_close(f.draft);
    assert_string_equal(ended(&f), "= d | d | \n > Care\np Wash it.\n"
                                   "p Dry it.\np Aside.\n");
    finish(&f);
}

static void repeated_cells_never_swell_beyond_a_bound(void **state)
{
    fixture f;
    char *big = malloc(3001);
    (void)state;
    assert_non_null(big);
    memset(big, 'x', 3000);
    big[3000] = '\0';
    begin(&f, "d");
    osl_draft_table_open(f.draft);
    for (unsigned r = 0; r < 1000; r++) {
        osl_draft_row_open(f.draft, false, 1);
        for (unsigned c = 0; r == 0 && c < 900; c++) {
            osl_draft_cell_open(f.draft, false, 1, 1000);
            osl_draft_text(f.draft, osl_text_of(big));
        }
        osl_draft_cell_open(f.draft, false, 1, 1);
        osl_draft_text(f.draft, osl_text_of("y"));
    }
    osl_draft_table_close(f.draft);
    const char *got = ended(&f);
    assert_true(strlen(got) < (size_t)40 << 20);
    free(big);
    finish(&f);
}

/* ---- any events -------------------------------------------------------- */

static void random_event(osl_draft *draft, test_random *random)
{
    static const char *const texts[] = {
        "fever",  " ",      "donor.[1]", "\xFF",     "\xC2\x84", "[2]",
        "é",      "2,3",    "Grade 1B",  "",         "\xE2\x82", "a b",
        "x[1,2]", "\t\n\r", "(A)",       "12 Jan 20"};
    osl_text text =
        osl_text_of(texts[test_random_below(random, COUNT_OF(texts))]);
    unsigned n = test_random_below(random, 5);
    switch (test_random_below(random, 17)) {
    case 0:
        osl_draft_open(draft, OSL_PARAGRAPH_ITEM, n);
        break;
    case 1:
        osl_draft_close(draft);
        break;
    case 2:
        osl_draft_heading(draft, n, text);
        break;
    case 3:
        osl_draft_close_sections(draft, n);
        break;
    case 4:
        osl_draft_table_open(draft);
        break;
    case 5:
    case 6:
        osl_draft_row_open(draft, n == 0, n);
        break;
    case 7:
    case 8:
        osl_draft_cell_open(draft, n == 0, n, n);
        break;
    case 9:
        osl_draft_table_close(draft);
        break;
    case 10:
        osl_draft_superscript(draft, text);
        break;
    case 11:
        osl_draft_cite(draft, text);
        break;
    case 12:
        osl_draft_evidence(draft, text);
        break;
    case 13:
        osl_draft_space(draft);
        break;
    case 14:
        n ? osl_draft_subscript(draft, text) : osl_draft_discard(draft);
        break;
    default:
        osl_draft_text(draft, text);
    }
}

static void any_order_of_events_makes_whole_documents(void **state)
{
    test_random random = test_random_new(3);
    (void)state;
    for (unsigned n = 0; n < 3000; n++) {
        fixture f;
        begin(&f, "d");
        for (unsigned i = test_random_below(&random, 60); i > 0; i--)
            random_event(f.draft, &random);
        osl_text out = osl_text_of(ended(&f));
        assert_null(memchr(out.bytes, '\t', out.length));
        assert_null(strstr(out.bytes, "p  "));
        finish(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cleaned),
        cmocka_unit_test(what_is_mostly_lost_is_left_out_and_told_once),
        cmocka_unit_test(superscripts_are_powers_or_references),
        cmocka_unit_test(marks_of_the_format_are_kept_beside_the_text),
        cmocka_unit_test(headings_without_paragraphs_and_repeats_are_dropped),
        cmocka_unit_test(ids_are_escaped_and_numbered),
        cmocka_unit_test(metadata_is_brought_to_one_form),
        cmocka_unit_test(dates_are_read_in_every_usual_form),
        cmocka_unit_test(tables_become_rows),
        cmocka_unit_test(a_layout_table_becomes_sections_and_paragraphs),
        cmocka_unit_test(repeated_cells_never_swell_beyond_a_bound),
        cmocka_unit_test(any_order_of_events_makes_whole_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
