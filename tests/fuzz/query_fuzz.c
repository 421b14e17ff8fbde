/* SPDX-License-Identifier: MIT
 *
 * The query language: any bytes are a query, strictly or not, and the tree
 * can be printed and read again. */
#include "query/language.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static void read_once(osl_text query, bool strict, osl_buf *printed)
{
    osl_arena arena = {0};
    osl_error err;
    osl_tree tree;
    osl_status status = osl_language_parse(&tree, query, strict, &arena, &err);
    if (status != OSL_OK && !strict)
        abort();
    if (status == OSL_OK)
        osl_tree_print(tree.root, printed);
    osl_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    osl_buf printed = {0}, again = {0};
    osl_text query = {(const char *)data, size};
    read_once(query, true, &printed);
    osl_buf_reset(&printed);
    read_once(query, false, &printed);
    read_once(osl_buf_text(&printed), false, &again);
    osl_buf_clear(&printed);
    osl_buf_clear(&again);
    return 0;
}
