/* SPDX-License-Identifier: MIT */
#include "corpus/yaml_tree.h"

#include <string.h>

#include <yaml.h>

#include "corpus/clean.h"
#include "corpus/mend.h"

typedef struct builder {
    osl_yaml_tree *tree;
    osl_yaml_node *open; /* the innermost map or list */
    osl_yaml_node *last_document;
    osl_text key; /* waits for its value */
    bool has_key;
    unsigned depth;
    unsigned ignored; /* levels below a key that is no scalar */
    bool failed;      /* memory ran out */
    bool is_deep;
} builder;

/* ---- building ---------------------------------------------------------- */

static osl_yaml_node *node_add(builder *build, osl_yaml_kind kind,
                               uint32_t line)
{
    osl_yaml_node *node = osl_arena_zero(&build->tree->arena, 1, sizeof *node);
    if (!node) {
        build->failed = true;
        return NULL;
    }
    node->kind = kind;
    node->line = line;
    node->parent = build->open;
    if (build->has_key)
        node->key = build->key;
    build->has_key = false;
    if (!build->open) {
        if (build->last_document)
            build->last_document->next = node;
        else
            build->tree->documents = node;
        build->last_document = node;
    } else if (build->open->last) {
        build->open->last->next = node;
        build->open->last = node;
    } else {
        build->open->first = build->open->last = node;
    }
    return node;
}

static bool wants_key(const builder *build)
{
    return build->open && build->open->kind == OSL_YAML_MAP && !build->has_key;
}

static void on_scalar(builder *build, const yaml_event_t *event)
{
    osl_text given = {(const char *)event->data.scalar.value,
                      event->data.scalar.length};
    yaml_scalar_style_t style = event->data.scalar.style;
    osl_text text;
    if (build->ignored)
        return;
    if (!osl_arena_text(&build->tree->arena, given, &text)) {
        build->failed = true;
        return;
    }
    if (wants_key(build)) {
        build->key = text;
        build->has_key = true;
        return;
    }
    bool is_block =
        style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
    uint32_t line = (uint32_t)event->start_mark.line + 1 + is_block;
    osl_yaml_node *node = node_add(build, OSL_YAML_SCALAR, line);
    if (!node)
        return;
    node->is_block = is_block;
    node->text = text;
}

static void on_open(builder *build, osl_yaml_kind kind,
                    const yaml_event_t *event)
{
    if (build->ignored || wants_key(build)) {
        build->ignored++; /* a map as a key: legal, and never prose */
        return;
    }
    if (++build->depth > OSL_YAML_DEPTH_MAX) {
        build->is_deep = true;
        return;
    }
    osl_yaml_node *node =
        node_add(build, kind, (uint32_t)event->start_mark.line + 1);
    if (node)
        build->open = node;
}

static void on_close(builder *build)
{
    if (build->ignored) {
        if (--build->ignored == 0) {
            build->key = (osl_text){"", 0};
            build->has_key = true;
        }
        return;
    }
    build->depth--;
    build->has_key = false;
    if (build->open)
        build->open = build->open->parent;
}

/* Not followed: what it names is read where it stands. */
static void on_alias(builder *build)
{
    if (build->ignored)
        return;
    if (wants_key(build)) {
        build->key = (osl_text){"", 0};
        build->has_key = true;
    } else {
        build->has_key = false;
    }
}

static void on_event(builder *build, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        on_scalar(build, event);
        break;
    case YAML_MAPPING_START_EVENT:
        on_open(build, OSL_YAML_MAP, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_open(build, OSL_YAML_LIST, event);
        break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        on_close(build);
        break;
    case YAML_ALIAS_EVENT:
        on_alias(build);
        break;
    default:
        break;
    }
}

/* ---- parsing ----------------------------------------------------------- */

static void fault_report(const yaml_parser_t *parser, osl_draft *draft)
{
    size_t line = parser->problem_mark.line + 1;
    osl_draft_report(draft, line < UINT32_MAX ? (uint32_t)line : 0,
                     "broken YAML (%s), read up to here",
                     parser->problem ? parser->problem : "no reason given");
}

static void parse(builder *build, osl_text bytes, osl_draft *draft)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        build->failed = true;
        return;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes.bytes,
                                 bytes.length);
    bool is_over = false;
    while (!is_over && !build->failed && !build->is_deep) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            if (parser.error == YAML_MEMORY_ERROR)
                build->failed = true;
            else
                fault_report(&parser, draft);
            break;
        }
        is_over = event.type == YAML_STREAM_END_EVENT;
        on_event(build, &event);
        if (build->is_deep)
            osl_draft_report(draft, (uint32_t)event.start_mark.line + 1,
                             "YAML nested deeper than %d, read up to here",
                             OSL_YAML_DEPTH_MAX);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static bool is_utf16(osl_text bytes)
{
    return bytes.length >= 2 && (memcmp(bytes.bytes, "\xFF\xFE", 2) == 0 ||
                                 memcmp(bytes.bytes, "\xFE\xFF", 2) == 0);
}

osl_status osl_yaml_tree_read(osl_yaml_tree *tree, const osl_source *source,
                              osl_draft *draft, osl_error *err)
{
    builder build = {.tree = tree};
    osl_buf mended = {0};
    osl_text bytes = source->bytes;
    uint32_t bad_line = 0;
    if (!is_utf16(bytes))
        bytes = osl_mend_utf8(bytes, &mended, &bad_line, osl_draft_find(draft));
    if (bad_line)
        osl_draft_report(draft, bad_line, "broken UTF-8 is shown as U+FFFD");
    build.failed = mended.failed;
    if (!build.failed)
        parse(&build, bytes, draft);
    osl_buf_clear(&mended);
    if (build.failed)
        return osl_fail(err, OSL_ENOMEM, "no memory to read YAML");
    return OSL_OK;
}

void osl_yaml_tree_clear(osl_yaml_tree *tree)
{
    osl_arena_clear(&tree->arena);
    tree->documents = NULL;
}

/* ---- looking ----------------------------------------------------------- */

const osl_yaml_node *osl_yaml_child(const osl_yaml_node *node, const char *key)
{
    for (const osl_yaml_node *child = node->first; child; child = child->next)
        if (osl_text_equal_fold(child->key, osl_text_of(key)))
            return child;
    return NULL;
}

const osl_yaml_node *osl_yaml_scalar(const osl_yaml_node *node)
{
    while (node && node->kind != OSL_YAML_SCALAR) {
        const osl_yaml_node *value =
            node->kind == OSL_YAML_MAP ? osl_yaml_child(node, "value") : NULL;
        node = value ? value : node->first;
    }
    return node;
}
