/* SPDX-License-Identifier: MIT
 *
 * Of the documents that have one id, the last in the order of sources has it:
 * among those just read, and those of sources that were not read again. The
 * sources of the others keep its name as a shadow; where a document goes that
 * has thrown one, the source in the shadow wakes: it is read, too. */
#include "indexer/update.h"

#include "indexer/catalogs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is known of an id that was met. */
typedef struct claim {
    uint32_t entry; /* the last one in order */
    bool has_rival; /* a document of a source that was not read has the id:
                     * the entry's place */
    bool is_beaten; /* and its source comes later */
} claim;

/* An id that a source has and another one, later, too. */
typedef struct shadow {
    uint32_t source, id;
} shadow;

typedef struct settling {
    osl_update *u;
    claim *claims;   /* by number of id; owns */
    shadow *shadows; /* owns */
    size_t shadow_count, shadow_capacity;
    osl_strings promised; /* ids that a source was woken for */
} settling;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while comparing");
    return OSL_ENOMEM;
}

/* ---- claims ------------------------------------------------------------- */

static uint32_t rival_source(const osl_update *u, osl_place place)
{
    return osl_update_source_of(u, osl_known_source(&u->known, place));
}

/* Between the last entry and a document that was not read again. */
static void find_rival(const osl_update *u, claim *c)
{
    const osl_entry *entry = &u->entries.at[c->entry];
    c->has_rival = entry->is_known &&
                   *osl_known_fate(&u->known, entry->place) == OSL_FATE_STAYS;
    c->is_beaten =
        c->has_rival && rival_source(u, entry->place) > entry->source;
}

static osl_status make_claims(settling *s, osl_error *err)
{
    osl_update *u = s->u;
    s->claims = calloc(u->ids.count + (size_t)1, sizeof *s->claims);
    /* Ids that were numbered without a look can not be found yet. */
    if (!s->claims ||
        (u->has_shadows && !osl_strings_reserve(&u->ids, u->ids.count)))
        return no_memory(err);
    for (uint32_t i = 0; i < u->ids.count; i++)
        s->claims[i].entry = OSL_NONE;
    for (uint32_t i = 0; i < u->entries.count; i++) {
        const osl_entry *entry = &u->entries.at[i];
        claim *c = &s->claims[entry->id];
        if (c->entry == OSL_NONE ||
            u->entries.at[c->entry].source <= entry->source)
            c->entry = i;
    }
    for (uint32_t i = 0; i < u->ids.count; i++)
        if (s->claims[i].entry != OSL_NONE)
            find_rival(u, &s->claims[i]);
    return OSL_OK;
}

static uint32_t holder_of(const settling *s, const claim *c)
{
    const osl_entry *entry = &s->u->entries.at[c->entry];
    return c->is_beaten ? rival_source(s->u, entry->place) : entry->source;
}

/* The source that has an id now; *found false where none has. */
static osl_status find_holder(const settling *s, osl_text id, bool *found,
                              uint32_t *source, osl_error *err)
{
    const osl_update *u = s->u;
    uint32_t number =
        u->ids.count > 0 ? osl_strings_find(&u->ids, id, 0) : OSL_NONE;
    if (number != OSL_NONE) {
        *found = true;
        *source = holder_of(s, &s->claims[number]);
        return OSL_OK;
    }
    osl_place place;
    osl_status status = osl_known_find(&u->known, id, found, &place, err);
    if (status != OSL_OK || !*found)
        return status;
    *found = !osl_fate_is_death(*osl_known_fate(&u->known, place));
    *source = rival_source(u, place);
    return OSL_OK;
}

/* ---- waking ------------------------------------------------------------- */

static osl_status wake_for(settling *s, uint32_t source, osl_text id,
                           bool *woken, osl_error *err)
{
    bool found = false;
    uint32_t holder = 0, number;
    if (s->promised.count > 0 &&
        osl_strings_find(&s->promised, id, 0) != OSL_NONE)
        return OSL_OK;
    osl_status status = find_holder(s, id, &found, &holder, err);
    if (status != OSL_OK || (found && holder > source))
        return status;
    if (!osl_strings_add(&s->promised, id, 0, &number))
        return no_memory(err);
    *woken = true;
    return OSL_OK;
}

/* A source that may not be read now, and would wake, is to be read as soon as
 * it may be: from now on it has bytes that are no file's. */
static osl_status wake_later(settling *s, size_t n, osl_error *err)
{
    osl_registry_source *known = &s->u->files.at[n].known;
    const osl_registry_ids *ids = &known->shadowed;
    for (size_t i = 0; i < ids->count; i++) {
        bool found;
        uint32_t holder;
        osl_status status = find_holder(s, ids->at[i], &found, &holder, err);
        if (status != OSL_OK)
            return status;
        if (found && holder > n)
            continue;
        known->mtime_ns = 0;
        known->hash = 0;
        known->encoded = osl_text_of("");
    }
    return OSL_OK;
}

/* The last source in order that has the id wakes first. */
static osl_status wake(settling *s, bool *woken, osl_error *err)
{
    osl_update *u = s->u;
    osl_status status = OSL_OK;
    size_t count = u->has_shadows ? u->files.count : 0;
    for (size_t n = count; n-- > 0 && status == OSL_OK;) {
        osl_source_file *file = &u->files.at[n];
        const osl_registry_ids *ids = &file->known.shadowed;
        bool wakes = false;
        if (u->is_read[n] || ids->count == 0)
            continue;
        const char *path = osl_source_path(file, &u->roots, &u->arena);
        if (!path)
            return no_memory(err);
        if (access(path, R_OK) != 0) {
            status = wake_later(s, n, err);
            continue;
        }
        for (size_t i = 0; i < ids->count && status == OSL_OK; i++)
            status = wake_for(s, (uint32_t)n, ids->at[i], &wakes, err);
        u->is_read[n] = wakes ? OSL_READ_DUE : OSL_READ_NOT;
        *woken |= wakes;
    }
    return status;
}

/* ---- shadows ------------------------------------------------------------ */

static void tell_again(osl_update *u, const osl_entry *entry)
{
    osl_text id = osl_strings_text(&u->ids, entry->id);
    char reason[256];
    (void)snprintf(reason, sizeof reason,
                   "document %.*s comes again; the one before is left out",
                   id.length > 150 ? 150 : (int)id.length, id.bytes);
    osl_update_tell(
        u, osl_source_shown(&u->roots, &u->files.at[entry->source], &u->arena),
        entry->line, false, reason);
}

static void tell_beaten(osl_update *u, const osl_entry *entry, uint32_t by)
{
    osl_text id = osl_strings_text(&u->ids, entry->id);
    char reason[512];
    (void)snprintf(reason, sizeof reason,
                   "document %.*s is in %.200s, too, which comes later; this "
                   "one is left out",
                   id.length > 150 ? 150 : (int)id.length, id.bytes,
                   osl_source_shown(&u->roots, &u->files.at[by], &u->arena));
    osl_update_tell(
        u, osl_source_shown(&u->roots, &u->files.at[entry->source], &u->arena),
        entry->line, false, reason);
}

static osl_status add_shadow(settling *s, uint32_t source, uint32_t id,
                             osl_error *err)
{
    if (!osl_grow(&s->shadows, &s->shadow_capacity, s->shadow_count + 1,
                  sizeof *s->shadows))
        return no_memory(err);
    s->shadows[s->shadow_count++] = (shadow){source, id};
    return OSL_OK;
}

/* An entry that does not have its id. */
static osl_status lose(settling *s, const osl_entry *entry, osl_error *err)
{
    osl_update *u = s->u;
    const claim *c = &s->claims[entry->id];
    const osl_entry *last = &u->entries.at[c->entry];
    uint32_t holder = holder_of(s, c);
    if (c->is_beaten && entry == last)
        tell_beaten(u, entry, holder);
    else if (entry != last)
        tell_again(u, last);
    return holder != entry->source
               ? add_shadow(s, entry->source, entry->id, err)
               : OSL_OK;
}

static int compare_shadows(const void *left, const void *right)
{
    const shadow *a = left, *b = right;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* Shadows [from, to) are of one source: its own, or more of them. */
static osl_status put_shadows(settling *s, size_t from, size_t to,
                              osl_error *err)
{
    osl_update *u = s->u;
    uint32_t n = s->shadows[from].source;
    osl_registry_ids *ids = &u->files.at[n].known.shadowed;
    osl_text *at =
        osl_arena_zero(&u->arena, ids->count + to - from, sizeof *at);
    size_t count = 0;
    if (!at)
        return no_memory(err);
    for (size_t i = 0; i < ids->count; i++)
        at[count++] = ids->at[i];
    /* Copied: ids are forgotten before the registry is written. */
    for (size_t i = from; i < to; i++)
        if ((i == from || s->shadows[i].id != s->shadows[i - 1].id) &&
            !osl_arena_text(&u->arena,
                            osl_strings_text(&u->ids, s->shadows[i].id),
                            &at[count++]))
            return no_memory(err);
    *ids = (osl_registry_ids){at, count};
    u->files.at[n].known.encoded = osl_text_of("");
    return OSL_OK;
}

static osl_status put_all_shadows(settling *s, osl_error *err)
{
    osl_status status = OSL_OK;
    if (s->shadow_count > 0)
        qsort(s->shadows, s->shadow_count, sizeof *s->shadows, compare_shadows);
    for (size_t from = 0; from < s->shadow_count && status == OSL_OK;) {
        size_t to = from + 1;
        while (to < s->shadow_count &&
               s->shadows[to].source == s->shadows[from].source)
            to++;
        status = put_shadows(s, from, to, err);
        from = to;
    }
    return status;
}

/* ---- what becomes of each ----------------------------------------------- */

static bool holds(const settling *s, const osl_entry *entry)
{
    const claim *c = &s->claims[entry->id];
    return !c->is_beaten && &s->u->entries.at[c->entry] == entry;
}

/* Of a document that the index has and that is written anew. */
static osl_status is_as_before(const osl_update *u, const osl_entry *entry,
                               bool *out, osl_error *err)
{
    const osl_registry *registry = &u->old_registry;
    bool is_read_alike =
        osl_known_source(&u->known, entry->place) ==
            u->files.at[entry->source].known.number &&
        registry->readers == osl_corpus_stamp() &&
        osl_text_equal(registry->format, osl_text_of(u->options->format));
    const osl_known_content content = {
        entry->digest, is_read_alike ? entry->record : 0, entry->is_plain};
    return osl_known_is_same(&u->known, entry->place, &content, out, err);
}

static osl_status settle_entry(settling *s, osl_entry *entry, osl_error *err)
{
    osl_update *u = s->u;
    const claim *c = &s->claims[entry->id];
    bool is_new = entry->document != OSL_NONE;
    if (!holds(s, entry))
        return lose(s, entry, err);
    if (!is_new) {
        *osl_known_fate(&u->known, entry->place) = OSL_FATE_KEPT;
        return osl_known_move(&u->known, entry->place, entry->line)
                   ? OSL_OK
                   : no_memory(err);
    }
    u->dead.at[entry->document] = 0;
    if (!entry->is_known)
        u->report->added++;
    else {
        bool is_same;
        osl_status status = is_as_before(u, entry, &is_same, err);
        if (status != OSL_OK)
            return status;
        u->report->changed += !is_same;
    }
    if (!c->has_rival)
        return OSL_OK;
    *osl_known_fate(&u->known, entry->place) = OSL_FATE_DIES;
    tell_again(u, entry);
    return add_shadow(s, rival_source(u, entry->place), entry->id, err);
}

/* All that was read is dead but for what has its id. */
static osl_status kill_all(osl_update *u, osl_error *err)
{
    size_t count = osl_update_documents(u);
    if (!osl_grow(&u->dead.at, &u->dead.capacity, count + 1, 1))
        return no_memory(err);
    u->dead.count = count;
    memset(u->dead.at, 1, count);
    return OSL_OK;
}

/* Documents that die, and no one has their id. */
static void count_removed(osl_update *u)
{
    uint64_t dead = 0, replaced = 0;
    for (uint32_t i = 0; i < u->known.segment_count; i++) {
        const osl_known_segment *known = &u->known.segments[i];
        for (uint32_t n = 0; n < known->document_count; n++)
            dead += osl_fate_is_death(known->fates[n]);
    }
    for (size_t i = 0; i < u->entries.count; i++) {
        const osl_entry *entry = &u->entries.at[i];
        replaced += entry->document != OSL_NONE && entry->is_known &&
                    !u->dead.at[entry->document];
    }
    u->report->removed = dead - replaced;
}

static osl_status settle_all(settling *s, osl_error *err)
{
    osl_update *u = s->u;
    osl_status status = kill_all(u, err);
    if (status != OSL_OK)
        return status;
    for (size_t n = 0; n < u->files.count; n++)
        if (u->is_read[n])
            u->files.at[n].known.shadowed = (osl_registry_ids){NULL, 0};
    for (size_t i = 0; i < u->entries.count && status == OSL_OK; i++)
        status = settle_entry(s, &u->entries.at[i], err);
    if (status == OSL_OK)
        status = put_all_shadows(s, err);
    if (status == OSL_OK)
        count_removed(u);
    if (status == OSL_OK)
        status = osl_update_count(u, err);
    return status;
}

osl_status osl_update_settle(osl_update *update, bool *woken, osl_error *err)
{
    settling s = {.u = update};
    *woken = false;
    osl_status status = make_claims(&s, err);
    if (status == OSL_OK)
        status = wake(&s, woken, err);
    if (status == OSL_OK && !*woken)
        status = settle_all(&s, err);
    free(s.claims);
    free(s.shadows);
    osl_strings_clear(&s.promised);
    return status;
}
