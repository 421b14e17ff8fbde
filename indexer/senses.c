/* SPDX-License-Identifier: MIT */
#include "indexer/senses.h"

#include "core/text/abbreviations.h"

#include <string.h>

/* Longer ones are no abbreviations. */
enum { SHORT_MAX = 32, LONG_MAX = 255 };

void osl_sense_table_clear(osl_sense_table *table)
{
    osl_strings_clear(&table->senses);
    free(table->last.at);
    free(table->uses.at);
    free(table->documents.at);
    *table = (osl_sense_table){0};
}

static bool add_sense(osl_sense_table *table, const osl_abbreviation *found,
                      uint32_t document)
{
    char key[SHORT_MAX + 1 + LONG_MAX];
    size_t length = found->short_form.length;
    uint32_t sense;
    if (length > SHORT_MAX || found->long_form.length > LONG_MAX)
        return true;
    memcpy(key, found->short_form.bytes, length);
    key[length++] = '\0';
    for (size_t i = 0; i < found->long_form.length; i++) {
        unsigned char c = (unsigned char)found->long_form.bytes[i];
        key[length++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    if (!osl_strings_add(&table->senses, (osl_text){key, length}, 0, &sense))
        return false;
    if (sense == table->last.count && !osl_list32_add(&table->last, 0))
        return false;
    if (table->last.at[sense] == document + 1)
        return true;
    table->last.at[sense] = document + 1;
    return osl_list32_add(&table->uses, sense) &&
           osl_list32_add(&table->documents, document);
}

bool osl_sense_table_add(osl_sense_table *table, osl_text text,
                         uint32_t document)
{
    size_t at = 0;
    osl_abbreviation found;
    while (osl_next_abbreviation(text, &at, &found))
        if (!add_sense(table, &found, document))
            return false;
    return true;
}

bool osl_sense_table_append(osl_sense_table *to, osl_sense_table *from,
                            uint32_t before)
{
    if (to->uses.count == 0 && before == 0) {
        osl_sense_table empty = *to;
        *to = *from;
        *from = empty;
        return true;
    }
    bool done = true;
    for (size_t i = 0; i < from->uses.count && done; i++) {
        uint32_t sense;
        done =
            osl_strings_add(&to->senses,
                            osl_strings_text(&from->senses, from->uses.at[i]),
                            0, &sense) &&
            osl_list32_add(&to->uses, sense) &&
            osl_list32_add(&to->documents, from->documents.at[i] + before);
    }
    return done;
}

static int compare(const void *left, const void *right)
{
    return osl_sense_compare(left, right);
}

osl_status osl_senses_list(const osl_strings *senses, const uint32_t *documents,
                           osl_arena *arena, const osl_sense **list,
                           size_t *count, osl_error *err)
{
    osl_sense *sorted = osl_arena_zero(arena, senses->count, sizeof *sorted);
    if (!sorted)
        return osl_fail(err, OSL_ENOMEM,
                        "out of memory while listing abbreviations");
    for (uint32_t i = 0; i < senses->count; i++) {
        osl_text key = osl_strings_text(senses, i);
        size_t length = strlen(key.bytes);
        sorted[i].documents = documents[i];
        sorted[i].short_form = (osl_text){key.bytes, length};
        sorted[i].long_form =
            (osl_text){key.bytes + length + 1, key.length - length - 1};
    }
    qsort(sorted, senses->count, sizeof *sorted, compare);
    *list = sorted;
    *count = senses->count;
    return OSL_OK;
}
