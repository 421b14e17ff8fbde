/* SPDX-License-Identifier: MIT */
#include "query/tree.h"

#include "query/operator.h"

static void print_fields(const osl_node *node, osl_buf *out)
{
    if (node->kind == OSL_NODE_GROUP || node->kind == OSL_NODE_FILTER)
        return;
    if (node->fields == OSL_IN_TITLE)
        osl_buf_printf(out, "title:");
    if (node->fields == OSL_IN_HEADING)
        osl_buf_printf(out, "section:");
}

static void print_children(const osl_node *node, osl_buf *out)
{
    osl_buf_put_byte(out, '(');
    for (const osl_node *child = node->children; child; child = child->next) {
        osl_tree_print(child, out);
        if (!child->next)
            break;
        if (node->kind == OSL_NODE_OPERATOR)
            osl_buf_printf(out, " %s/%d", node->op->name, (int)node->distance);
        osl_buf_put_byte(out, ' ');
    }
    osl_buf_put_byte(out, ')');
}

static void print_filter(const osl_filter *filter, osl_buf *out)
{
    static const char *const signs[] = {"", ">=", ">", "<=", "<"};
    osl_buf_printf(out, "%s:", osl_filter_name(filter->field));
    if (filter->field == OSL_FILTER_UPDATED) {
        osl_buf_printf(out, "%u..%u", (unsigned)filter->from,
                       (unsigned)filter->to);
        return;
    }
    osl_buf_printf(out, "%s", signs[filter->compare]);
    osl_buf_put_text(out, filter->value);
}

/* 2.5, 3: as few figures as say it, at most three decimals. */
static void print_weight(double weight, osl_buf *out)
{
    uint64_t thousandths = (uint64_t)(weight * 1000 + 0.5);
    osl_buf_printf(out, "^%llu", (unsigned long long)(thousandths / 1000));
    unsigned rest = (unsigned)(thousandths % 1000);
    if (rest)
        osl_buf_printf(out, ".%0*u",
                       rest % 100 == 0 ? 1
                       : rest % 10     ? 3
                                       : 2,
                       rest % 100 == 0  ? rest / 100
                       : rest % 10 == 0 ? rest / 10
                                        : rest);
}

static void print_words(const osl_node *node, osl_buf *out)
{
    bool phrase = node->kind == OSL_NODE_PHRASE;
    if (node->exact)
        osl_buf_put_byte(out, '=');
    if (phrase)
        osl_buf_put_byte(out, '"');
    osl_buf_put_text(out, node->text);
    if (phrase)
        osl_buf_put_byte(out, '"');
    if (node->distance >= 0)
        osl_buf_printf(out, "~%d", (int)node->distance);
}

void osl_tree_print(const osl_node *node, osl_buf *out)
{
    static const char signs[] = {0, '+', '-', '#'};
    if (signs[node->occur])
        osl_buf_put_byte(out, (uint8_t)signs[node->occur]);
    print_fields(node, out);
    if (node->kind == OSL_NODE_GROUP || node->kind == OSL_NODE_OPERATOR)
        print_children(node, out);
    else if (node->kind == OSL_NODE_FILTER)
        print_filter(&node->filter, out);
    else
        print_words(node, out);
    if (node->weight != 1)
        print_weight(node->weight, out);
    if (node->added.length) {
        osl_buf_printf(out, " (or ");
        osl_buf_put_text(out, node->added);
        osl_buf_put_byte(out, ')');
    }
}
