/* SPDX-License-Identifier: MIT */
#include "indexer/senses.h"

#include "core/text/abbreviations.h"

#include <string.h>

void osl_sense_table_clear(osl_sense_table *table)
{
    osl_strings_clear(&table->senses);
    free(table->last.at);
    free(table->uses.at);
    free(table->documents.at);
    *table = (osl_sense_table){0};
}

static void await_sense(osl_sense_table *table, const osl_abbreviation *found)
{
    osl_waiting_sense *to = &table->waiting[table->waiting_count];
    size_t length = found->short_form.length;
    if (length > OSL_SHORT_FORM_MAX ||
        found->long_form.length > OSL_LONG_FORM_MAX)
        return;
    memcpy(to->key, found->short_form.bytes, length);
    to->key[length++] = '\0';
    for (size_t i = 0; i < found->long_form.length; i++) {
        unsigned char c = (unsigned char)found->long_form.bytes[i];
        to->key[length++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    to->length = length;
    to->probe = osl_strings_probe(&table->senses, (osl_text){to->key, length});
    table->waiting_count++;
}

static bool use_sense(osl_sense_table *table, uint32_t sense, uint32_t document)
{
    if (sense == table->last.count && !osl_list32_add(&table->last, 0))
        return false;
    if (table->last.at[sense] == document + 1)
        return true;
    table->last.at[sense] = document + 1;
    return osl_list32_add(&table->uses, sense) &&
           osl_list32_add(&table->documents, document);
}

void osl_sense_table_fetch(osl_sense_table *table)
{
    for (size_t i = 0; i < table->waiting_count; i++)
        osl_strings_fetch_probed(&table->senses, &table->waiting[i].probe, 1);
}

bool osl_sense_table_add(osl_sense_table *table, uint32_t document)
{
    size_t count = table->waiting_count;
    table->waiting_count = 0;
    for (size_t i = 0; i < count; i++) {
        const osl_waiting_sense *waiting = &table->waiting[i];
        osl_text key = {waiting->key, waiting->length};
        uint32_t sense;
        if (!osl_strings_add_probed(&table->senses, &key, &waiting->probe, 1,
                                    &sense) ||
            !use_sense(table, sense, document))
            return false;
    }
    return true;
}

bool osl_sense_table_find(osl_sense_table *table, osl_text text,
                          const osl_tokens *tokens, uint32_t document)
{
    size_t at = 0;
    osl_abbreviation found;
    while (osl_next_abbreviation(text, tokens, &at, &found)) {
        if (table->waiting_count == OSL_SENSES_WAITING &&
            !osl_sense_table_add(table, document))
            return false;
        await_sense(table, &found);
    }
    return true;
}

void osl_sense_table_compact(osl_sense_table *table, const uint8_t *dead,
                             const uint32_t *numbers)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->uses.count; i++) {
        uint32_t document = table->documents.at[i];
        if (dead[document])
            continue;
        table->uses.at[kept] = table->uses.at[i];
        table->documents.at[kept++] = numbers[document];
    }
    table->uses.count = table->documents.count = kept;
}

/* ---- writing ------------------------------------------------------------ */

/* A table in order of senses; all own. */
typedef struct sorted_table {
    uint32_t *ends; /* of each sense, by its number: of what is before it */
    uint32_t *order, *firsts, *documents;
    osl_text *senses;
    uint32_t count; /* of senses that a document defines */
} sorted_table;

static bool take_memory(sorted_table *t, const osl_sense_table *table)
{
    size_t senses = (size_t)table->senses.count + 1;
    t->ends = calloc(senses, sizeof *t->ends);
    t->order = calloc(senses, sizeof *t->order);
    t->firsts = calloc(senses, sizeof *t->firsts);
    t->documents = calloc(table->uses.count + 1, sizeof *t->documents);
    t->senses = calloc(senses, sizeof *t->senses);
    return t->ends && t->order && t->firsts && t->documents && t->senses;
}

/* Senses that are used, by bytes; then each use to its place, which keeps the
 * order of documents. False: no memory. */
static bool sort_table(sorted_table *t, const osl_sense_table *table)
{
    uint32_t end = 0;
    for (size_t i = 0; i < table->uses.count; i++)
        t->ends[table->uses.at[i]]++;
    for (uint32_t i = 0; i < table->senses.count; i++)
        if (t->ends[i] > 0)
            t->order[t->count++] = i;
    if (t->count > 0 && !osl_strings_sort(&table->senses, t->order, t->count))
        return false;
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t sense = t->order[i], uses = t->ends[sense];
        t->senses[i] = osl_strings_text(&table->senses, sense);
        t->firsts[i] = t->ends[sense] = end;
        end += uses;
    }
    t->firsts[t->count] = end;
    for (size_t i = 0; i < table->uses.count; i++)
        t->documents[t->ends[table->uses.at[i]]++] = table->documents.at[i];
    return true;
}

osl_status osl_sense_table_write(const osl_sense_table *table,
                                 osl_writer *writer, osl_error *err)
{
    sorted_table t = {0};
    osl_status status = OSL_OK;
    if (table->uses.count > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more abbreviations than a segment may hold (2^32)");
    if (!take_memory(&t, table) || !sort_table(&t, table))
        status = osl_fail(err, OSL_ENOMEM,
                          "out of memory while listing abbreviations");
    const osl_definitions all = {t.senses, t.count, t.firsts, t.documents};
    if (status == OSL_OK)
        status = osl_definitions_write(writer, &all, err);
    free(t.ends);
    free(t.order);
    free(t.firsts);
    free(t.documents);
    free(t.senses);
    return status;
}
