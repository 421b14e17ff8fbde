/* SPDX-License-Identifier: MIT
 *
 * NGC: guideline summaries of the National Guideline Clearinghouse. All text
 * stands in attributes, as HTML:
 *
 *   Version
 *     Section  Name="Recommendations"
 *       Field  Name="Major Recommendations" Type="text"
 *         FieldValue  Value="&lt;p&gt;… &amp;ge; 5 mg …"
 *
 * XML takes off the first layer of escapes, the HTML reader the second.
 * Sections and fields are headings. What tells about the summary rather than
 * the guideline (disclaimers, copyright, availability, status, assessment
 * scores) is dropped; the bibliographic source, which is there twice, is kept
 * once, and gives the title of the stubs that withdrawn guidelines leave. */
#include <string.h>

#include "corpus/clean.h"
#include "corpus/mend.h"
#include "corpus/reader.h"
#include "corpus/xml_tree.h"

typedef enum field_use {
    FIELD_KEEP,
    FIELD_DROP,
    FIELD_TITLE,  /* the document's title; no paragraph */
    FIELD_SOURCE, /* kept where it stands first */
    FIELD_DATE    /* kept; also the date of the document */
} field_use;

static const struct {
    const char *name; /* lower-case */
    field_use use;
} fields[] = {
    {"availability of companion documents", FIELD_DROP},
    {"bibliographic source(s)", FIELD_SOURCE},
    {"copyright statement", FIELD_DROP},
    {"date released", FIELD_DATE},
    {"guideline availability", FIELD_DROP},
    {"guideline status", FIELD_DROP},
    {"guideline title", FIELD_TITLE},
    {"ngc disclaimer", FIELD_DROP},
    {"ngc status", FIELD_DROP},
    {"patient resources", FIELD_DROP},
    {"related nqmc measures", FIELD_DROP},
};

/* Roles are not needed to tell elements apart, only these names. */
enum { VERSION = 1, SECTION, FIELD, FIELD_VALUE };

static const osl_xml_name names[] = {
    {"field", FIELD},
    {"fieldvalue", FIELD_VALUE},
    {"section", SECTION},
    {"version", VERSION},
};

typedef struct ngc_reader {
    osl_draft *draft;
    osl_buf plain;   /* scratch */
    bool has_source; /* the bibliographic source was seen */
} ngc_reader;

static field_use use_of(osl_text name, osl_text type)
{
    name = osl_text_trim(name);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (osl_xml_name_is(name, fields[i].name))
            return fields[i].use;
    /* Scores of an assessment: "5", "Yes". */
    return osl_xml_name_is(type, "picklist-one") ? FIELD_DROP : FIELD_KEEP;
}

static bool is_dropped_section(osl_text name)
{
    name = osl_text_trim(name);
    return osl_xml_name_is(name, "disclaimer") ||
           osl_xml_name_is(name, "neats assessment");
}

/* ---- values ------------------------------------------------------------ */

static osl_text plain_of(ngc_reader *reader, osl_text html)
{
    osl_text plain = osl_mend_plain(html, &reader->plain);
    if (reader->plain.failed)
        osl_draft_out_of_memory(reader->draft);
    return plain;
}

/* "1999 Aug (revised 2013 Aug)" → "2013 Aug": the last date said. */
static osl_text last_date(osl_text value)
{
    size_t at = value.length;
    while (at > 0 && value.bytes[at - 1] != '(')
        at--;
    osl_text last = {value.bytes + at, value.length - at};
    for (size_t i = 0; at > 0 && i + 4 <= last.length; i++)
        if (osl_is_digit(last.bytes[i]) && osl_is_digit(last.bytes[i + 1]) &&
            osl_is_digit(last.bytes[i + 2]) && osl_is_digit(last.bytes[i + 3]))
            return (osl_text){last.bytes + i, last.length - i};
    return value;
}

static osl_status value_read(ngc_reader *reader, const osl_xml_node *node,
                             osl_error *err)
{
    osl_text value = osl_xml_attribute_of(node, "value");
    bool is_markup = memchr(value.bytes, '<', value.length) ||
                     memchr(value.bytes, '&', value.length);
    if (is_markup) {
        osl_draft_lines(reader->draft, node->line, true);
        osl_status status = osl_html_fragment(reader->draft, value, 3, err);
        osl_draft_lines(reader->draft, 1, false);
        return status;
    }
    osl_draft_paragraph(reader->draft, OSL_PARAGRAPH_ITEM, node->line, value);
    return OSL_OK;
}

/* ---- fields, sections -------------------------------------------------- */

static void field_meta(ngc_reader *reader, field_use use,
                       const osl_xml_node *field)
{
    const osl_xml_node *node = osl_xml_child(field, "fieldvalue");
    osl_text value = node ? osl_xml_attribute_of(node, "value") : (osl_text){0};
    if (!node)
        return;
    if (use == FIELD_TITLE)
        osl_draft_meta(reader->draft, OSL_META_TITLE, plain_of(reader, value));
    if (use == FIELD_DATE)
        osl_draft_meta(reader->draft, OSL_META_UPDATED,
                       last_date(plain_of(reader, value)));
}

static osl_status field_read(ngc_reader *reader, const osl_xml_node *field,
                             osl_error *err)
{
    osl_status status = OSL_OK;
    osl_text name = osl_xml_attribute_of(field, "name");
    field_use use = use_of(name, osl_xml_attribute_of(field, "type"));
    field_meta(reader, use, field);
    if (use == FIELD_DROP || use == FIELD_TITLE ||
        (use == FIELD_SOURCE && reader->has_source))
        return OSL_OK;
    reader->has_source |= use == FIELD_SOURCE;
    osl_draft_heading(reader->draft, 2, name);
    for (const osl_xml_node *at = field->first; at && status == OSL_OK;
         at = at->next)
        if (at->role == FIELD_VALUE)
            status = value_read(reader, at, err);
    return status;
}

/* A stub has no title: its source says what it was. */
static void title_from_source(ngc_reader *reader, const osl_xml_node *version)
{
    if (osl_draft_has_meta(reader->draft, OSL_META_TITLE))
        return;
    for (const osl_xml_node *at = version; at; at = osl_xml_next(at, version)) {
        const osl_xml_node *value = at->first;
        if (at->role != FIELD || use_of(osl_xml_attribute_of(at, "name"),
                                        (osl_text){"", 0}) != FIELD_SOURCE)
            continue;
        while (value && value->role != FIELD_VALUE)
            value = value->next;
        osl_text source =
            value ? plain_of(reader, osl_xml_attribute_of(value, "value"))
                  : (osl_text){"", 0};
        const char *tail = memrchr(source.bytes, '[', source.length);
        if (tail) /* "[12 references]" */
            source.length = (size_t)(tail - source.bytes);
        osl_draft_meta(reader->draft, OSL_META_TITLE, osl_text_trim(source));
        return;
    }
}

static osl_status version_read(ngc_reader *reader, const osl_xml_node *version,
                               osl_error *err)
{
    osl_status status = OSL_OK;
    osl_draft *draft = reader->draft;
    osl_draft_begin(draft);
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("ngc"));
    osl_draft_meta(draft, OSL_META_LANGUAGE, osl_text_of("en"));
    osl_draft_meta(draft, OSL_META_AUDIENCE, osl_text_of("professional"));
    reader->has_source = false;
    const osl_xml_node *at = version->first;
    while (at && status == OSL_OK) {
        bool is_dropped = at->role == SECTION &&
                          is_dropped_section(osl_xml_attribute_of(at, "name"));
        if (at->role == SECTION && !is_dropped)
            osl_draft_heading(draft, 1, osl_xml_attribute_of(at, "name"));
        if (at->role == FIELD)
            status = field_read(reader, at, err);
        at = is_dropped || at->role == FIELD ? osl_xml_after(at, version)
                                             : osl_xml_next(at, version);
    }
    title_from_source(reader, version);
    return status == OSL_OK ? osl_draft_end(draft, err) : status;
}

static osl_status ngc_read(const osl_source *source, osl_draft *draft,
                           osl_error *err)
{
    osl_xml_tree tree = {0};
    ngc_reader reader = {.draft = draft};
    osl_status status = osl_xml_tree_read(
        &tree, source, names, sizeof names / sizeof *names, draft, err);
    const osl_xml_node *node = tree.root;
    while (status == OSL_OK && node) {
        bool is_version = node->role == VERSION;
        if (is_version)
            status = version_read(&reader, node, err);
        node = is_version ? osl_xml_after(node, tree.root)
                          : osl_xml_next(node, tree.root);
    }
    osl_buf_clear(&reader.plain);
    osl_xml_tree_clear(&tree);
    return status;
}

static unsigned ngc_sniff(const osl_source *source)
{
    bool is_wide;
    osl_text root = osl_xml_root_name(source->bytes, &is_wide);
    osl_text start = source->bytes;
    if (start.length > 8192)
        start.length = 8192;
    if (!root.length || !memmem(start.bytes, start.length, "<FieldValue ", 12))
        return 0;
    if (!memmem(start.bytes, start.length, "<Version", 8))
        return 0;
    return osl_xml_name_is(root, "version") ? 95 : 80;
}

const osl_reader osl_reader_ngc_xml = {"ngc-xml", 95, ngc_sniff, ngc_read};
