/* SPDX-License-Identifier: MIT */
#include "indexer/terms.h"

#include <string.h>

/* One (term, folded form) with the form it came from. */
typedef struct use {
    uint64_t key; /* rank of the term, place of the folded form */
    uint32_t form;
    bool is_extra;
} use;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while resolving terms");
    return OSL_ENOMEM;
}

void osl_terms_clear(osl_terms *terms)
{
    osl_strings_clear(&terms->terms);
    osl_strings_clear(&terms->folded);
    free(terms->order);
    free(terms->forms);
    free(terms->counts);
    free(terms->list_starts);
    free(terms->lists);
    *terms = (osl_terms){0};
}

/* While resolving, .base_local holds the number of the folded form. */
static osl_status resolve_form(osl_terms *terms, const osl_strings *forms,
                               uint32_t id, osl_resolver *resolver,
                               osl_error *err)
{
    osl_form_terms *to = &terms->forms[id];
    osl_form form;
    osl_status status = osl_resolve(resolver, osl_strings_text(forms, id),
                                    osl_strings_flag(forms, id), &form, err);
    if (status != OSL_OK)
        return status;
    to->extra = OSL_TERM_NONE;
    if (!osl_strings_add(&terms->terms, form.term, 0, &to->base) ||
        !osl_strings_add(&terms->folded, form.folded, 0, &to->base_local) ||
        (form.extra.length > 0 &&
         !osl_strings_add(&terms->terms, form.extra, 0, &to->extra)))
        return no_memory(err);
    if (to->extra == to->base)
        to->extra = OSL_TERM_NONE;
    return OSL_OK;
}

/* order[] in order of bytes; *places gives each number's place. */
static uint32_t *sorted(const osl_strings *forms, uint32_t **places)
{
    size_t size = ((size_t)forms->count + 1) * sizeof(uint32_t);
    uint32_t *order = malloc(size);
    uint32_t *place = malloc(size);
    if (!order || !place)
        goto fail;
    for (uint32_t i = 0; i < forms->count; i++)
        order[i] = i;
    if (!osl_strings_sort(forms, order, forms->count))
        goto fail;
    for (uint32_t i = 0; i < forms->count; i++)
        place[order[i]] = i;
    *places = place;
    return order;

fail:
    free(order);
    free(place);
    return NULL;
}

static int compare_uses(const void *left, const void *right)
{
    const use *a = left, *b = right;
    return a->key < b->key ? -1 : a->key > b->key;
}

static size_t collect_uses(const osl_terms *terms, uint32_t form_count,
                           const uint32_t *folded_places, use *uses)
{
    size_t count = 0;
    for (uint32_t i = 0; i < form_count; i++) {
        const osl_form_terms *form = &terms->forms[i];
        if (terms->counts[i] == 0)
            continue;
        uint64_t place = folded_places[form->base_local];
        uses[count++] = (use){(uint64_t)form->base << 32 | place, i, false};
        if (form->extra != OSL_TERM_NONE)
            uses[count++] = (use){(uint64_t)form->extra << 32 | place, i, true};
    }
    return count;
}

/* Gives each term its list of distinct folded forms, and each form its place
 * in it. */
static void fill_lists(osl_terms *terms, const use *uses, size_t count,
                       const uint32_t *folded_order)
{
    uint32_t entries = 0, rank = 0;
    terms->list_starts[0] = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || uses[i].key != uses[i - 1].key) {
            while (rank < uses[i].key >> 32)
                terms->list_starts[++rank] = entries;
            terms->lists[entries++] = folded_order[uses[i].key & UINT32_MAX];
        }
        uint32_t local = entries - 1 - terms->list_starts[rank];
        osl_form_terms *form = &terms->forms[uses[i].form];
        if (uses[i].is_extra)
            form->extra_local = local;
        else
            form->base_local = local;
    }
    while (rank < terms->count)
        terms->list_starts[++rank] = entries;
}

/* By key into `out`: dealt out to terms first, since a term has few. */
static bool sort_uses(const use *uses, size_t count, uint32_t term_count,
                      use *out)
{
    uint32_t *ends = calloc((size_t)term_count + 1, sizeof *ends);
    if (!ends)
        return false;
    for (size_t i = 0; i < count; i++)
        ends[uses[i].key >> 32]++;
    uint32_t start = 0;
    for (uint32_t rank = 0; rank < term_count; rank++) {
        uint32_t here = ends[rank];
        ends[rank] = start;
        start += here;
    }
    for (size_t i = 0; i < count; i++)
        out[ends[uses[i].key >> 32]++] = uses[i];
    start = 0;
    for (uint32_t rank = 0; rank < term_count; rank++) {
        if (ends[rank] - start > 1)
            qsort(out + start, ends[rank] - start, sizeof *out, compare_uses);
        start = ends[rank];
    }
    free(ends);
    return true;
}

static osl_status make_lists(osl_terms *terms, uint32_t form_count,
                             osl_error *err)
{
    uint32_t *folded_places = NULL;
    uint32_t *folded_order = sorted(&terms->folded, &folded_places);
    size_t most = 2 * (size_t)form_count + 1;
    use *uses = malloc(2 * most * sizeof *uses);
    terms->lists = malloc(most * sizeof *terms->lists);
    terms->list_starts =
        malloc(((size_t)terms->count + 1) * sizeof *terms->list_starts);
    osl_status status = OSL_OK;
    bool done = folded_order && uses && terms->lists && terms->list_starts;
    if (done) {
        size_t count = collect_uses(terms, form_count, folded_places, uses);
        done = sort_uses(uses, count, terms->count, uses + most);
        if (done)
            fill_lists(terms, uses + most, count, folded_order);
    }
    if (!done)
        status = no_memory(err);
    free(folded_order);
    if (folded_order)
        free(folded_places);
    free(uses);
    return status;
}

/* Numbers of terms become ranks. */
static osl_status rank_terms(osl_terms *terms, uint32_t form_count,
                             osl_error *err)
{
    uint32_t *places = NULL;
    terms->count = terms->terms.count;
    terms->order = sorted(&terms->terms, &places);
    if (!terms->order)
        return no_memory(err);
    for (uint32_t i = 0; i < form_count; i++) {
        osl_form_terms *form = &terms->forms[i];
        if (terms->counts[i] == 0)
            continue;
        form->base = places[form->base];
        if (form->extra != OSL_TERM_NONE)
            form->extra = places[form->extra];
    }
    free(places);
    return OSL_OK;
}

osl_status osl_terms_resolve(osl_terms *terms, const osl_batch *batch,
                             osl_field field, osl_resolver *resolver,
                             osl_error *err)
{
    const osl_strings *forms = &batch->fields[field].forms;
    osl_status status = OSL_OK;
    terms->forms = calloc((size_t)forms->count + 1, sizeof *terms->forms);
    terms->counts = calloc((size_t)forms->count + 1, sizeof *terms->counts);
    if (!terms->forms || !terms->counts)
        return no_memory(err);
    osl_batch_count_forms(batch, field, terms->counts);
    for (uint32_t i = 0; i < forms->count && status == OSL_OK; i++)
        if (terms->counts[i] > 0)
            status = resolve_form(terms, forms, i, resolver, err);
    if (status == OSL_OK)
        status = rank_terms(terms, forms->count, err);
    if (status == OSL_OK)
        status = make_lists(terms, forms->count, err);
    return status;
}
