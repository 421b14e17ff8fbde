/* SPDX-License-Identifier: MIT */
#include "indexer/lexicon.h"

#include <stdlib.h>
#include <string.h>

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while resolving words");
}

void osl_lexicon_clear(osl_lexicon *lexicon)
{
    free(lexicon->places);
    free(lexicon->at);
    free(lexicon->numbers);
    *lexicon =
        (osl_lexicon){.forms = lexicon->forms, .resolver = lexicon->resolver};
}

/* A place for each form of the table, and some more: it grows. */
static bool make_places(osl_lexicon *lexicon)
{
    size_t count = (size_t)lexicon->forms->count;
    if (count <= lexicon->place_count)
        return true;
    count += count / 4 + 64;
    uint32_t *places = realloc(lexicon->places, count * sizeof *places);
    if (!places)
        return false;
    memset(places + lexicon->place_count, 0,
           (count - lexicon->place_count) * sizeof *places);
    lexicon->places = places;
    lexicon->place_count = count;
    return true;
}

static bool make_room(osl_lexicon *lexicon, size_t count)
{
    return osl_grow(&lexicon->at, &lexicon->capacity, count,
                    sizeof *lexicon->at) &&
           osl_grow(&lexicon->numbers, &lexicon->numbers_capacity, count,
                    sizeof *lexicon->numbers);
}

bool osl_lexicon_expect(osl_lexicon *lexicon, size_t count)
{
    return count <= lexicon->count ||
           (make_room(lexicon, count) &&
            osl_resolver_reserve(lexicon->resolver, count - lexicon->count));
}

static osl_status add_place(osl_lexicon *lexicon, uint32_t form, osl_error *err)
{
    uint32_t count = lexicon->count;
    if (!make_room(lexicon, (size_t)count + 1))
        return no_memory(err);
    lexicon->at[count] = (osl_form){.folded = {"", 0}};
    lexicon->numbers[count] = form;
    lexicon->places[form] = ++lexicon->count;
    return OSL_OK;
}

osl_status osl_lexicon_resolve(osl_lexicon *lexicon, uint32_t place,
                               const osl_text *term, osl_error *err)
{
    uint32_t form = lexicon->numbers[place];
    osl_text bytes = osl_strings_text(lexicon->forms, form);
    unsigned flags = osl_strings_flag(lexicon->forms, form);
    osl_form *out = &lexicon->at[place];
    return term ? osl_resolve_known(lexicon->resolver, bytes, flags, *term, out,
                                    err)
                : osl_resolve(lexicon->resolver, bytes, flags, out, err);
}

osl_status osl_lexicon_meet(osl_lexicon *lexicon, uint32_t *ids, size_t count,
                            osl_error *err)
{
    osl_status status = make_places(lexicon) ? OSL_OK : no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        if (lexicon->places[ids[i]] == 0)
            status = add_place(lexicon, ids[i], err);
        ids[i] = lexicon->places[ids[i]] - 1;
    }
    return status;
}
