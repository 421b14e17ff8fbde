/* SPDX-License-Identifier: MIT
 *
 *   bytes ──mend──▶ libxml2 (SAX2) ──events──▶ nodes in an arena
 *                                              text in one buffer
 *
 * A run of text between two tags is contiguous in the buffer, however many
 * events it came in, so a text node is a span of it; spans hold offsets until
 * the end (the buffer moves while it grows).
 *
 * Entities are substituted by libxml2 (XML_PARSE_NOENT: without it attribute
 * values keep "&#38;"), which would also read external ones from the disk;
 * their declarations are therefore dropped before it sees them. Names of HTML
 * that no DTD declares (&nbsp;) are given to it as entities.
 *
 * libxml2's own limits (256 levels, 10 MB of text in one piece, entity
 * amplification) go as one. Only the last is wanted: a file that runs into
 * one and declares no entity is read again without them. */
#include "corpus/xml_tree.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/HTMLparser.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include "core/base/utf8.h"
#include "corpus/clean.h"
#include "corpus/mend.h"

#define NAME_SLOTS      1024
#define RESTARTS_MAX    64
#define REPORT_MAX      200
#define RESTART_ELEMENT "osl-restart"

/* libxml2 keeps each name once, so its address stands for it. */
typedef struct name_slot {
    const xmlChar *seen;
    const char *name;
    uint16_t role;
} name_slot;

typedef struct builder {
    osl_xml_tree *tree;
    const osl_xml_name *names;
    size_t name_count;
    osl_xml_node *open;      /* the innermost open element */
    osl_xml_node *text_node; /* grows while text follows text */
    uint32_t skipped_lines;  /* before what libxml2 was given */
    size_t value_bytes;      /* of attributes so far */
    size_t most_bytes;       /* of texts and values: more is a bomb */
    bool failed;             /* memory ran out */
    bool has_entities;       /* the file declares some */
    bool hit_limit;          /* nesting or size, see above */
    bool has_strays;         /* & or < that should be escaped */
    bool is_decoded;         /* what it says of its encoding is past */
    unsigned faults;         /* fatal errors */
    uint32_t fault_line;     /* of the first */
    char fault[REPORT_MAX];
    xmlEntity html_entity;
    xmlChar html_value[8];
    name_slot slots[NAME_SLOTS];
} builder;

static builder *builder_of(void *context)
{
    return ((xmlParserCtxtPtr)context)->_private;
}

static uint32_t line_at(const builder *build, void *context)
{
    xmlParserCtxtPtr parser = context;
    int line = parser->input ? parser->input->line : 0;
    return build->skipped_lines + (line > 0 ? (uint32_t)line : 0);
}

/* ---- names ------------------------------------------------------------- */

static int name_order(const void *a, const void *b)
{
    return strcmp(((const osl_xml_name *)a)->name,
                  ((const osl_xml_name *)b)->name);
}

/* Knows names that libxml2 has given before by their address. */
static const name_slot *name_get(builder *build, const xmlChar *seen)
{
    size_t at = ((uintptr_t)seen >> 2) * 0x9E3779B1u % NAME_SLOTS;
    name_slot *slot = &build->slots[at];
    if (slot->seen == seen)
        return slot;
    osl_text as_is = osl_text_of((const char *)seen);
    char *name = osl_arena_copy(&build->tree->arena, as_is);
    if (!name) {
        build->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < as_is.length; i++)
        name[i] = osl_to_lower(name[i]);
    osl_xml_name key = {name, 0};
    const osl_xml_name *known =
        build->name_count == 0 ? NULL
                               : bsearch(&key, build->names, build->name_count,
                                         sizeof key, name_order);
    *slot = (name_slot){seen, name, known ? known->role : 0};
    return slot;
}

/* ---- nodes ------------------------------------------------------------- */

static osl_xml_node *node_append(builder *build, uint32_t line)
{
    osl_xml_node *node =
        osl_arena_zero(&build->tree->arena, 1, sizeof(osl_xml_node));
    if (!node) {
        build->failed = true;
        return NULL;
    }
    node->line = line;
    node->parent = build->open;
    if (build->open) {
        if (build->open->first)
            build->open->made.last->next = node;
        else
            build->open->first = node;
        build->open->made.last = node;
    }
    return node;
}

/* libxml2 gives name, prefix, URI, begin and end of the value for each. */
static void attributes_set(builder *build, osl_xml_node *node,
                           const xmlChar **given, int count)
{
    if (count <= 0)
        return;
    osl_xml_attribute *attributes = osl_arena_zero(
        &build->tree->arena, (size_t)count, sizeof(osl_xml_attribute));
    if (!attributes) {
        build->failed = true;
        return;
    }
    for (int i = 0; i < count; i++, given += 5) {
        const name_slot *slot = name_get(build, given[0]);
        osl_text value = {(const char *)given[3],
                          (size_t)(given[4] - given[3])};
        build->value_bytes += value.length;
        char *copy = slot ? osl_arena_copy(&build->tree->arena, value) : NULL;
        if (!copy) {
            build->failed = true;
            return;
        }
        value.bytes = copy;
        value.length = osl_mend_mojibake(copy, value.length);
        attributes[i] = (osl_xml_attribute){slot->name, value};
        node->attribute_count++;
    }
    node->attributes = attributes;
}

static void fault_keep(builder *build, uint32_t line, const char *words)
{
    if (build->faults++ > 0)
        return;
    build->fault_line = line;
    size_t length = strcspn(words, "\n");
    if (length >= sizeof build->fault)
        length = sizeof build->fault - 1;
    memcpy(build->fault, words, length);
    build->fault[length] = 0;
}

/* Entities that stand for text make more of a file than it is; libxml2 bounds
 * only those that stand for others. */
static bool is_overgrown(builder *build, void *context)
{
    if (build->tree->text.length + build->value_bytes <= build->most_bytes)
        return false;
    fault_keep(build, line_at(build, context),
               "its entities expand without bound");
    xmlStopParser(context);
    return true;
}

/* libxml2 chose these parameters. NOLINTNEXTLINE(readability-function-size) */
static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
                     const xmlChar *uri, int namespace_count,
                     const xmlChar **namespaces, int attribute_count,
                     int default_count, const xmlChar **attributes)
{
    (void)prefix, (void)uri, (void)namespace_count, (void)namespaces;
    (void)default_count;
    builder *build = builder_of(context);
    const name_slot *slot = build->failed ? NULL : name_get(build, name);
    if (!slot || strcmp(slot->name, RESTART_ELEMENT) == 0)
        return;
    build->text_node = NULL;
    osl_xml_node *node = node_append(build, line_at(build, context));
    if (!node)
        return;
    node->name = slot->name;
    node->role = slot->role;
    attributes_set(build, node, attributes, attribute_count);
    (void)is_overgrown(build, context);
    if (!build->tree->root)
        build->tree->root = node;
    build->open = node;
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix,
                   const xmlChar *uri)
{
    (void)prefix, (void)uri;
    builder *build = builder_of(context);
    const name_slot *slot = build->failed ? NULL : name_get(build, name);
    if (!slot || strcmp(slot->name, RESTART_ELEMENT) == 0)
        return;
    build->text_node = NULL;
    /* The root stays open: what stands behind it in a broken file is kept. */
    if (build->open && build->open->parent)
        build->open = build->open->parent;
}

/* Readers decide by it what holds prose. */
static void words_note(osl_xml_node *open, const xmlChar *text, int length)
{
    for (int i = 0; i < length && !open->has_words; i++)
        open->has_words = text[i] > ' ';
}

static void on_text(void *context, const xmlChar *text, int length)
{
    builder *build = builder_of(context);
    if (build->failed || !build->open || length <= 0)
        return;
    osl_buf *all = &build->tree->text;
    osl_xml_node *node = build->text_node;
    if (!node) {
        node = node_append(build, line_at(build, context));
        if (!node)
            return;
        node->made.text_at = all->length;
        build->text_node = node;
    }
    if (is_overgrown(build, context))
        return;
    words_note(build->open, text, length);
    osl_buf_put(all, text, (size_t)length);
    node->text.length += (size_t)length;
    build->failed = all->failed;
}

/* ---- entities ---------------------------------------------------------- */

static void on_entity(void *context, const xmlChar *name, int type,
                      const xmlChar *public_id, const xmlChar *system_id,
                      xmlChar *content)
{
    builder_of(context)->has_entities = true;
    if (type == XML_INTERNAL_GENERAL_ENTITY ||
        type == XML_INTERNAL_PARAMETER_ENTITY)
        xmlSAX2EntityDecl(context, name, type, public_id, system_id, content);
}

static void on_unparsed_entity(void *context, const xmlChar *name,
                               const xmlChar *public_id,
                               const xmlChar *system_id,
                               const xmlChar *notation)
{
    (void)context, (void)name, (void)public_id, (void)system_id;
    (void)notation;
}

static xmlParserInputPtr on_resolve(void *context, const xmlChar *public_id,
                                    const xmlChar *system_id)
{
    (void)context, (void)public_id, (void)system_id;
    return NULL;
}

/* One object serves all: libxml2 is done with one before it asks again. In
 * content the value is taken whole from a predefined entity; in an attribute
 * only its first byte would be, so there it is an internal one. */
static xmlEntityPtr on_get_entity(void *context, const xmlChar *name)
{
    xmlEntityPtr declared = xmlSAX2GetEntity(context, name);
    const htmlEntityDesc *html = declared ? NULL : htmlEntityLookup(name);
    if (!html)
        return declared;
    builder *build = builder_of(context);
    unsigned length = osl_utf8_put((char *)build->html_value, html->value);
    build->html_value[length] = 0;
    xmlParserCtxtPtr parser = context;
    bool in_attribute = parser->instate == XML_PARSER_ATTRIBUTE_VALUE;
    build->html_entity = (xmlEntity){
        .type = XML_ENTITY_DECL,
        .name = (const xmlChar *)html->name,
        .content = build->html_value,
        .orig = build->html_value,
        .length = (int)length,
        .etype = in_attribute ? XML_INTERNAL_GENERAL_ENTITY
                              : XML_INTERNAL_PREDEFINED_ENTITY,
        .checked = 2,
    };
    return &build->html_entity;
}

/* ---- faults ------------------------------------------------------------ */

static bool is_limit(const xmlError *fault)
{
    return fault->message && (strstr(fault->message, "XML_PARSE_HUGE") ||
                              strstr(fault->message, "huge") ||
                              strstr(fault->message, "too long"));
}

static void on_fault(void *context, xmlErrorPtr fault)
{
    builder *build = builder_of(context);
    /* libxml2 says so too where a value grows past its limit. */
    if (fault->code == XML_ERR_NO_MEMORY && !build->has_entities &&
        !build->hit_limit)
        build->failed = true;
    if (fault->level < XML_ERR_ERROR || fault->domain == XML_FROM_NAMESPACE)
        return;
    uint32_t line =
        build->skipped_lines + (fault->line > 0 ? (uint32_t)fault->line : 0);
    switch (fault->code) {
    case XML_ERR_ENTITY_LOOP:
        fault_keep(build, line, "its entities expand without bound");
        return;
    case XML_ERR_NAME_REQUIRED:
    case XML_ERR_ENTITYREF_SEMICOL_MISSING:
    case XML_ERR_UNDECLARED_ENTITY:
    case XML_ERR_LT_IN_ATTRIBUTE:
        build->has_strays = true;
        break;
    default:
        if (is_limit(fault))
            build->hit_limit = true;
        break;
    }
    fault_keep(build, line, fault->message ? fault->message : "broken");
}

/* ---- parsing ----------------------------------------------------------- */

static void handlers_set(xmlParserCtxtPtr parser, builder *build)
{
    xmlSAXHandlerPtr sax = parser->sax;
    sax->startElementNs = on_start;
    sax->endElementNs = on_end;
    sax->characters = on_text;
    sax->cdataBlock = on_text;
    sax->ignorableWhitespace = on_text;
    sax->comment = NULL;
    sax->processingInstruction = NULL;
    sax->reference = NULL;
    sax->externalSubset = NULL;
    sax->entityDecl = on_entity;
    sax->unparsedEntityDecl = on_unparsed_entity;
    sax->resolveEntity = on_resolve;
    sax->getEntity = on_get_entity;
    sax->serror = on_fault;
    parser->_private = build;
}

/* libxml2's work is quadratic in the attributes of one element. */
#define ATTRIBUTES_MAX 1000

/* How many values the tag at `at` (behind '<') has; *end is its end. */
static unsigned values_count(osl_text bytes, size_t at, size_t *end)
{
    unsigned count = 0;
    while (at < bytes.length && bytes.bytes[at] != '>') {
        char c = bytes.bytes[at++];
        if (c != '"' && c != '\'')
            continue;
        const char *close = memchr(bytes.bytes + at, c, bytes.length - at);
        if (!close)
            break;
        at = (size_t)(close - bytes.bytes) + 1;
        count++;
    }
    *end = at;
    return count;
}

/* The bytes up to the first tag with too many attributes. */
static size_t sane_length(osl_text bytes)
{
    size_t at = 0;
    for (;;) {
        const char *open = memchr(bytes.bytes + at, '<', bytes.length - at);
        if (!open)
            return bytes.length;
        size_t tag = (size_t)(open - bytes.bytes);
        at = tag + 1;
        if (at < bytes.length && osl_is_alpha(bytes.bytes[at]) &&
            values_count(bytes, at, &at) > ATTRIBUTES_MAX)
            return tag;
    }
}

/* Runs libxml2 over `bytes`; returns how many it has read (0: unknown). */
static size_t parse(builder *build, osl_text bytes, bool unlimited)
{
    if (bytes.length > INT32_MAX)
        fault_keep(build, 0, "it is over 2 GiB; split it");
    if (bytes.length == 0 || bytes.length > INT32_MAX)
        return bytes.length;
    /* Making a parser sets the library up without a lock, this with one. */
    xmlInitParser();
    xmlParserCtxtPtr parser =
        xmlCreateMemoryParserCtxt(bytes.bytes, (int)bytes.length);
    if (!parser) {
        build->failed = true;
        return 0;
    }
    int options = XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_NOENT |
                  (unlimited ? XML_PARSE_HUGE : 0) |
                  (build->is_decoded ? XML_PARSE_IGNORE_ENC : 0);
    xmlCtxtUseOptions(parser, options);
    handlers_set(parser, build);
    xmlParseDocument(parser);
    size_t read = 0;
    const xmlParserInput *input = parser->input;
    if (input && input->base && input->buf && !input->buf->encoder)
        read = input->consumed + (size_t)(input->cur - input->base);
    if (parser->myDoc)
        xmlFreeDoc(parser->myDoc);
    parser->myDoc = NULL;
    xmlFreeParserCtxt(parser);
    return read < bytes.length ? read : bytes.length;
}

/* Behind the root of a broken file more may follow: it is read as if it stood
 * in the root. */
static void parse_rest(builder *build, osl_text bytes, size_t at)
{
    osl_buf again = {0};
    for (unsigned i = 0; i < RESTARTS_MAX && at > 0 && !build->failed; i++) {
        while (at < bytes.length && bytes.bytes[at] != '<')
            at++;
        if (at < bytes.length && bytes.length - at > 1 &&
            bytes.bytes[at + 1] == '/')
            while (at < bytes.length && bytes.bytes[at] != '>')
                at++;
        if (at < bytes.length && bytes.bytes[at] == '>')
            at++;
        if (at >= bytes.length || !build->open)
            break;
        static const char opening[] = "<" RESTART_ELEMENT ">";
        size_t prefix = sizeof opening - 1;
        osl_buf_reset(&again);
        osl_buf_put(&again, opening, prefix);
        osl_buf_put(&again, bytes.bytes + at, bytes.length - at);
        build->failed = build->failed || again.failed;
        if (build->failed)
            break;
        while (build->open->parent)
            build->open = build->open->parent;
        build->text_node = NULL;
        size_t read = parse(build, osl_buf_text(&again), false);
        if (read <= prefix)
            break;
        at += read - prefix;
    }
    osl_buf_clear(&again);
}

/* ---- strays ------------------------------------------------------------ */

static bool is_name_start(char c)
{
    return (osl_to_lower(c) >= 'a' && osl_to_lower(c) <= 'z') || c == '_' ||
           c == ':' || (c & 0x80);
}

static bool is_reference(osl_text text, size_t at)
{
    size_t i = at + 1;
    if (i < text.length && text.bytes[i] == '#')
        i++;
    size_t start = i;
    while (i < text.length && i - start < 32 &&
           (is_name_start(text.bytes[i]) ||
            (text.bytes[i] >= '0' && text.bytes[i] <= '9')))
        i++;
    return i > start && i < text.length && text.bytes[i] == ';';
}

static size_t skip_to(osl_text text, size_t at, const char *mark)
{
    size_t length = strlen(mark);
    const char *found = memmem(text.bytes + at, text.length - at, mark, length);
    return found ? (size_t)(found - text.bytes) + length : text.length;
}

/* "a & b < c" as "a &amp; b &lt; c"; markup stays as it is. */
static void escape_strays(osl_text text, osl_buf *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < text.length;) {
        osl_text rest = {text.bytes + i, text.length - i};
        const char *instead = NULL;
        if (rest.length > 8 && memcmp(rest.bytes, "<![CDATA[", 9) == 0) {
            i = skip_to(text, i, "]]>");
            continue;
        }
        if (rest.length > 3 && memcmp(rest.bytes, "<!--", 4) == 0) {
            i = skip_to(text, i, "-->");
            continue;
        }
        if (*rest.bytes == '&' && !is_reference(text, i))
            instead = "&amp;";
        else if (*rest.bytes == '<' &&
                 (rest.length < 2 || (!is_name_start(rest.bytes[1]) &&
                                      !strchr("/!?", rest.bytes[1]))))
            instead = "&lt;";
        i++;
        if (!instead)
            continue;
        osl_buf_put(out, text.bytes + kept, i - 1 - kept);
        osl_buf_put(out, instead, strlen(instead));
        kept = i;
    }
    osl_buf_put(out, text.bytes + kept, text.length - kept);
}

/* ---- the whole --------------------------------------------------------- */

static void builder_restart(builder *build)
{
    osl_arena_reset(&build->tree->arena);
    osl_buf_reset(&build->tree->text);
    build->tree->root = NULL;
    build->value_bytes = 0;
    build->open = build->text_node = NULL;
    build->hit_limit = build->has_strays = false;
    memset(build->slots, 0, sizeof build->slots);
}

static bool has_strays(builder *build, osl_text *bytes, osl_buf *mended)
{
    if (!build->has_strays || build->failed)
        return false;
    osl_buf escaped = {0};
    escape_strays(*bytes, &escaped);
    if (escaped.failed || escaped.length == bytes->length) {
        build->failed = build->failed || escaped.failed;
        osl_buf_clear(&escaped);
        return false;
    }
    osl_buf_clear(mended);
    *mended = escaped;
    *bytes = osl_buf_text(mended);
    return true;
}

static void parse_all(builder *build, osl_text bytes, osl_buf *mended)
{
    size_t read = parse(build, bytes, false);
    if (has_strays(build, &bytes, mended)) {
        builder_restart(build);
        read = parse(build, bytes, false);
    }
    if (build->hit_limit && !build->has_entities && !build->failed) {
        builder_restart(build);
        read = parse(build, bytes, true);
        /* The limit was no fault of the file. */
    }
    if (read < bytes.length)
        parse_rest(build, bytes, read);
}

/* Offsets become places, now that the buffer stands still. */
static void texts_place(osl_xml_tree *tree)
{
    char *all = (char *)tree->text.bytes;
    for (osl_xml_node *node = tree->root; node;
         node = osl_xml_next(node, tree->root)) {
        if (node->name)
            continue;
        char *bytes = all + node->made.text_at;
        node->text.bytes = bytes;
        node->text.length = osl_mend_mojibake(bytes, node->text.length);
    }
}

static bool is_wide(osl_text bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.bytes;
    return bytes.length > 3 &&
           ((at[0] == 0xFE && at[1] == 0xFF) ||
            (at[0] == 0xFF && at[1] == 0xFE) || (at[0] == 0 && at[1] == '<') ||
            (at[0] == '<' && at[1] == 0) || (at[0] == 0 && at[1] == 0));
}

/* The encoding that the declaration names, empty where it names none. */
static osl_text encoding_of(osl_text bytes)
{
    size_t end = 0, most = bytes.length < 300 ? bytes.length : 300;
    while (end < most && bytes.bytes[end] != '>')
        end++;
    const char *at = memmem(bytes.bytes, end, "encoding", 8);
    const char *stop = bytes.bytes + end;
    if (!at || bytes.length < 5 || memcmp(bytes.bytes, "<?xml", 5) != 0)
        return (osl_text){0};
    at += 8;
    while (at < stop && *at != '"' && *at != '\'')
        at++;
    if (at >= stop)
        return (osl_text){0};
    const char *quote = memchr(at + 1, *at, (size_t)(stop - at - 1));
    if (!quote)
        return (osl_text){0};
    return (osl_text){at + 1, (size_t)(quote - at - 1)};
}

/* Blanks before the declaration, which libxml2 refuses, are taken away. */
static osl_text start_of(osl_text bytes, uint32_t *lines)
{
    if (bytes.length >= 3 && memcmp(bytes.bytes, "\xEF\xBB\xBF", 3) == 0)
        bytes = (osl_text){bytes.bytes + 3, bytes.length - 3};
    while (bytes.length && strchr(" \t\r\n", *bytes.bytes) && *bytes.bytes) {
        *lines += *bytes.bytes == '\n';
        bytes.bytes++, bytes.length--;
    }
    return bytes;
}

static osl_text bytes_prepare(builder *build, osl_text bytes, osl_buf *mended,
                              osl_draft *draft)
{
    if (is_wide(bytes))
        return bytes;
    bytes = start_of(bytes, &build->skipped_lines);
    osl_text encoding = encoding_of(bytes);
    /* It was UTF-16, and is UTF-8 by now. */
    build->is_decoded = osl_text_starts_fold(encoding, "utf-16");
    if (encoding.length && !build->is_decoded &&
        !osl_xml_name_is(encoding, "utf-8") &&
        !osl_xml_name_is(encoding, "us-ascii") &&
        !osl_xml_name_is(encoding, "utf8"))
        return bytes;
    uint32_t line;
    bytes = osl_mend_utf8(bytes, mended, &line, osl_draft_find(draft));
    if (line)
        osl_draft_report(draft, build->skipped_lines + line,
                         "broken UTF-8 is shown as U+FFFD");
    build->failed = build->failed || mended->failed;
    return bytes;
}

osl_status osl_xml_tree_read(osl_xml_tree *tree, const osl_source *source,
                             const osl_xml_name *names, size_t name_count,
                             osl_draft *draft, osl_error *err)
{
    builder *build = calloc(1, sizeof *build);
    if (!build)
        return osl_fail(err, OSL_ENOMEM, "%.*s: no memory to read XML",
                        (int)source->name.length, source->name.bytes);
    build->tree = tree;
    build->names = names;
    build->name_count = name_count;
    osl_buf mended = {0};
    osl_text bytes = bytes_prepare(build, source->bytes, &mended, draft);
    size_t given = bytes.length;
    bytes.length = sane_length(bytes);
    if (bytes.length < given)
        osl_draft_report(draft, 0,
                         "an element with over %d attributes: read up to it",
                         ATTRIBUTES_MAX);
    build->most_bytes = bytes.length * 2 + ((size_t)16 << 20);
    if (!build->failed)
        parse_all(build, bytes, &mended);
    osl_buf_clear(&mended);
    if (!build->failed)
        texts_place(tree);
    if (build->faults)
        osl_draft_report(draft, build->fault_line,
                         "broken XML (%s), read as far as it goes",
                         build->fault);
    bool failed = build->failed;
    free(build);
    if (failed)
        return osl_fail(err, OSL_ENOMEM, "%.*s: no memory to read XML",
                        (int)source->name.length, source->name.bytes);
    return OSL_OK;
}

void osl_xml_tree_clear(osl_xml_tree *tree)
{
    osl_arena_clear(&tree->arena);
    osl_buf_clear(&tree->text);
    tree->root = NULL;
}

/* ---- looking at a tree ------------------------------------------------- */

osl_text osl_xml_attribute_of(const osl_xml_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->attribute_count; i++)
        if (strcmp(node->attributes[i].name, name) == 0)
            return node->attributes[i].value;
    return (osl_text){"", 0};
}

osl_xml_node *osl_xml_after(const osl_xml_node *node, const osl_xml_node *top)
{
    while (node != top && !node->next)
        node = node->parent;
    return node == top ? NULL : node->next;
}

osl_xml_node *osl_xml_next(const osl_xml_node *node, const osl_xml_node *top)
{
    return node->first ? node->first : osl_xml_after(node, top);
}

osl_xml_node *osl_xml_find(const osl_xml_node *top, const char *name)
{
    for (osl_xml_node *node = osl_xml_next(top, top); node;
         node = osl_xml_next(node, top))
        if (node->name && strcmp(node->name, name) == 0)
            return node;
    return NULL;
}

osl_xml_node *osl_xml_child(const osl_xml_node *node, const char *name)
{
    for (osl_xml_node *child = node->first; child; child = child->next)
        if (child->name && strcmp(child->name, name) == 0)
            return child;
    return NULL;
}

void osl_xml_text_of(const osl_xml_node *node, osl_buf *out)
{
    for (const osl_xml_node *at = node; at; at = osl_xml_next(at, node))
        if (!at->name)
            osl_buf_put_text(out, at->text);
}

/* ---- sniffing ---------------------------------------------------------- */

bool osl_xml_name_is(osl_text name, const char *lower_name)
{
    size_t i = 0;
    for (; i < name.length && lower_name[i]; i++)
        if (osl_to_lower(name.bytes[i]) != lower_name[i])
            return false;
    return i == name.length && !lower_name[i];
}

/* Past a declaration, comment or DOCTYPE that begins at `at`; the length of
 * the text where it does not end. */
static size_t prologue_skip(osl_text text, size_t at)
{
    osl_text rest = {text.bytes + at, text.length - at};
    if (rest.length > 3 && memcmp(rest.bytes, "<!--", 4) == 0)
        return skip_to(text, at, "-->");
    if (rest.length > 1 && rest.bytes[1] == '?')
        return skip_to(text, at, "?>");
    bool in_subset = false;
    for (; at < text.length; at++) {
        if (text.bytes[at] == '[')
            in_subset = true;
        if (text.bytes[at] == ']')
            in_subset = false;
        if (text.bytes[at] == '>' && !in_subset)
            return at + 1;
    }
    return at;
}

osl_text osl_xml_root_name(osl_text bytes, bool *wide)
{
    *wide = is_wide(bytes);
    uint32_t lines = 0;
    osl_text text = start_of(bytes, &lines);
    size_t at = 0;
    while (at + 1 < text.length && text.bytes[at] == '<' &&
           strchr("?!", text.bytes[at + 1])) {
        at = prologue_skip(text, at);
        while (at < text.length && strchr(" \t\r\n", text.bytes[at]))
            at++;
    }
    if (at + 1 >= text.length || text.bytes[at] != '<' ||
        !is_name_start(text.bytes[at + 1]))
        return (osl_text){"", 0};
    size_t start = ++at;
    while (at < text.length && !strchr(" \t\r\n/>", text.bytes[at]))
        at++;
    return (osl_text){text.bytes + start, at - start};
}
