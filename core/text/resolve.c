/* SPDX-License-Identifier: MIT
 *
 * Forms to terms. Folding is cheap and done each time; the stemmer costs
 * some 250 ns, so each distinct folded word meets it once: an open-addressed
 * table from folded word to term, both kept in the resolver's arena.
 *
 *   slot   8 B   half a hash, number + 1 (0: free)
 *   stem  32 B   by number
 *
 * Slots are few bytes: pages that are touched for the first time cost more
 * than anything else here (slots that held the texts: 1.4 of the time for ten
 * thousand words). */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/pages.h"
#include "core/base/utf8.h"
#include "core/text/analyzer.h"
#include "core/text/chars.h"
#include "core/xapian/stem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <xxhash.h>

typedef struct stem {
    osl_text folded, term;
} stem;

struct osl_resolver {
    const osl_analyzer *analyzer; /* borrowed */
    osl_stemmer *stemmer;         /* owns; NULL for "none" */
    osl_arena arena;              /* owns all spans */
    uint64_t *slots;              /* owns; a power of two of them */
    stem *stems;                  /* owns */
    size_t size, count, capacity;
    osl_tokens tokens; /* owns */
};

const osl_analyzer *osl_resolver_analyzer(const osl_resolver *resolver)
{
    return resolver->analyzer;
}

osl_tokens *osl_resolver_tokens(osl_resolver *resolver)
{
    return &resolver->tokens;
}

osl_status osl_resolver_new(osl_resolver **out, const osl_analyzer *analyzer,
                            osl_error *err)
{
    osl_resolver *resolver = calloc(1, sizeof *resolver);
    if (!resolver)
        return osl_fail(err, OSL_ENOMEM, "out of memory opening a resolver");
    resolver->analyzer = analyzer;
    osl_status status = OSL_OK;
    if (analyzer->stems)
        status = osl_stemmer_open(&resolver->stemmer, analyzer->language, err);
    if (status != OSL_OK) {
        osl_resolver_free(resolver);
        return status;
    }
    *out = resolver;
    return OSL_OK;
}

void osl_resolver_free(osl_resolver *resolver)
{
    if (!resolver)
        return;
    osl_stemmer_free(resolver->stemmer);
    osl_arena_clear(&resolver->arena);
    osl_tokens_clear(&resolver->tokens);
    free(resolver->slots);
    free(resolver->stems);
    free(resolver);
}

void osl_resolver_forget(osl_resolver *resolver)
{
    free(resolver->slots);
    free(resolver->stems);
    resolver->slots = NULL;
    resolver->stems = NULL;
    resolver->size = resolver->count = resolver->capacity = 0;
}

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory resolving a word");
}

/* ---- the cache --------------------------------------------------------- */

/* The hash's upper half, and below it number + 1. */
static uint64_t make_slot(uint64_t hash, size_t number)
{
    return (hash & ~(uint64_t)UINT32_MAX) | (number + 1);
}

/* Where the hash begins to look: its upper half is all that slots keep. */
static size_t first_slot(const osl_resolver *resolver, uint64_t hash)
{
    return (size_t)(hash >> 32) & (resolver->size - 1);
}

static bool grow_slots(osl_resolver *resolver, size_t size)
{
    size_t before = resolver->size;
    uint64_t *old = resolver->slots;
    uint64_t *slots = osl_pages_zero(size, sizeof *slots);
    if (!slots)
        return false;
    assert(old || before == 0);
    resolver->slots = slots;
    resolver->size = size;
    for (size_t i = 0; i < before; i++) {
        size_t at = first_slot(resolver, old[i]);
        if (old[i] == 0)
            continue;
        while (slots[at] != 0)
            at = (at + 1) & (size - 1);
        slots[at] = old[i];
    }
    free(old);
    return true;
}

bool osl_resolver_reserve(osl_resolver *resolver, size_t more)
{
    size_t size = resolver->size ? resolver->size : 1024;
    if (more >= UINT32_MAX / 2 - resolver->count)
        return false;
    /* Who says how many come needs no room for others. */
    while ((resolver->count + more) * 5 > size * 3)
        size *= more > 1 ? 2 : 4;
    return (size == resolver->size || grow_slots(resolver, size)) &&
           osl_grow(&resolver->stems, &resolver->capacity,
                    resolver->count + more, sizeof *resolver->stems);
}

/* The slot of `folded`, taken or free (0). */
static uint64_t *find_slot(const osl_resolver *resolver, osl_text folded,
                           uint64_t hash)
{
    size_t at = first_slot(resolver, hash);
    assert(resolver->slots);
    for (;; at = (at + 1) & (resolver->size - 1)) {
        uint64_t slot = resolver->slots[at];
        if (slot == 0 ||
            ((slot ^ hash) >> 32 == 0 &&
             osl_text_equal(resolver->stems[(uint32_t)slot - 1].folded,
                            folded)))
            return &resolver->slots[at];
    }
}

/* ---- terms ------------------------------------------------------------- */

static bool has_digit(osl_text word)
{
    for (size_t i = 0; i < word.length; i++)
        if (word.bytes[i] >= '0' && word.bytes[i] <= '9')
            return true;
    return false;
}

static bool is_ascii(osl_text word)
{
    uint8_t seen = 0;
    for (size_t i = 0; i < word.length; i++)
        seen |= (uint8_t)word.bytes[i];
    return seen < 0x80;
}

/* The base term of a token: `folded` stemmed. English stems what is folded;
 * other languages stem the word with its diacritics, which their stemmers
 * know, and fold the stem. */
static osl_status stem_form(osl_resolver *resolver, osl_text bytes,
                            osl_text folded, osl_text *term, osl_error *err)
{
    const osl_analyzer *analyzer = resolver->analyzer;
    char kept[OSL_FOLDED_BYTES_MAX], plain[OSL_FOLDED_BYTES_MAX];
    osl_text word = folded, cut;
    if (!analyzer->stems || has_digit(folded)) {
        *term = folded;
        return OSL_OK;
    }
    if (!analyzer->english && !is_ascii(bytes))
        word = (osl_text){kept, osl_fold_token(analyzer, bytes, true, kept)};
    osl_status status = osl_stem(resolver->stemmer, word, &cut, err);
    if (status != OSL_OK)
        return status;
    if (!analyzer->english && !is_ascii(cut))
        cut = (osl_text){plain, osl_fold_diacritics(cut, plain)};
    if (cut.length == 0 || osl_text_equal(cut, folded)) {
        *term = folded; /* which is kept already */
        return OSL_OK;
    }
    return osl_arena_text(&resolver->arena, cut, term) ? OSL_OK
                                                       : no_memory(err);
}

/* Whether an abbreviation may go on so: not at all, RCTs, or (English) WHO's.
 */
static bool is_acronym_end(const osl_analyzer *analyzer, osl_text end)
{
    unsigned took;
    if (end.length > 1 && analyzer->english &&
        osl_char_classify(osl_utf8_get(end.bytes, end.bytes + end.length,
                                       &took)) == OSL_CHAR_APOSTROPHE)
        end = (osl_text){end.bytes + took, end.length - took};
    return end.length == 0 || (end.length == 1 && end.bytes[0] == 's');
}

/* The capitals of a token that is 2 to 6 of them, or their plural; or empty. */
static osl_text acronym_of(const osl_analyzer *analyzer, osl_text bytes)
{
    size_t letters = 0, length = 0;
    const char *end = bytes.bytes + bytes.length;
    for (; length < bytes.length; letters++) {
        unsigned took;
        if (osl_char_classify(osl_utf8_get(bytes.bytes + length, end, &took)) !=
            OSL_CHAR_UPPER)
            break;
        length += took;
    }
    osl_text rest = {bytes.bytes + length, bytes.length - length};
    if (letters < 2 || letters > 6 || !is_acronym_end(analyzer, rest))
        length = 0;
    return (osl_text){bytes.bytes, length};
}

static size_t to_capitals(osl_text folded, char *out)
{
    const char *end = folded.bytes + folded.length;
    size_t length = 0;
    for (const char *at = folded.bytes; at < end;) {
        unsigned took;
        uint32_t c = osl_utf8_get(at, end, &took);
        at += took;
        if (c != OSL_UTF8_BAD)
            length +=
                osl_utf8_put(out + length, (uint32_t)u_toupper((UChar32)c));
    }
    return length;
}

static bool is_small_letter(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

/* Whether a token is, by its ends, one without sign or capitals, as nearly all
 * are. */
static bool is_plain(osl_text bytes)
{
    return bytes.length > 0 && is_small_letter(bytes.bytes[0]) &&
           is_small_letter(bytes.bytes[bytes.length - 1]);
}

/* The second term at a token's place: its signed form, or its capitals. */
static bool find_extra(osl_resolver *resolver, osl_text bytes, unsigned flags,
                       osl_text folded, osl_text *extra)
{
    const osl_analyzer *analyzer = resolver->analyzer;
    char word[4 * OSL_FOLDED_BYTES_MAX + 4], singular[OSL_FOLDED_BYTES_MAX];
    size_t length = folded.length, sign_bytes;
    *extra = (osl_text){"", 0};
    if (is_plain(bytes))
        return true;
    char sign = osl_sign_at_end(bytes, &sign_bytes);
    if (sign) {
        memcpy(word, folded.bytes, length);
        word[length++] = sign;
        return osl_arena_text(&resolver->arena, (osl_text){word, length},
                              extra);
    }
    osl_text capitals = acronym_of(analyzer, bytes);
    if (!capitals.length || analyzer->fold_acronyms ||
        (flags & OSL_TOKEN_PLAIN_CAPS))
        return true;
    if (capitals.length < bytes.length)
        folded = (osl_text){
            singular, osl_fold_token(analyzer, capitals, false, singular)};
    length = to_capitals(folded, word);
    if (osl_text_equal((osl_text){word, length}, folded))
        return true;
    return osl_arena_text(&resolver->arena, (osl_text){word, length}, extra);
}

/* A form that was folded, and where its word is looked for. */
typedef struct folded_form {
    char word[OSL_FOLDED_BYTES_MAX];
    bool is_cached;
    size_t length;
    uint64_t hash;
} folded_form;

static void fold_word(const osl_resolver *resolver, osl_text bytes,
                      folded_form *out)
{
    out->length = osl_fold_token(resolver->analyzer, bytes, false, out->word);
    if (out->length == 0) {
        /* Only letters that fold to nothing (fillers): they are their own
         * word. */
        out->length = bytes.length < OSL_FOLDED_BYTES_MAX
                          ? bytes.length
                          : OSL_FOLDED_BYTES_MAX;
        memcpy(out->word, bytes.bytes, out->length);
    }
}

static void fold_form(const osl_resolver *resolver, osl_text bytes,
                      folded_form *out)
{
    fold_word(resolver, bytes, out);
    /* Outside English two forms can fold alike and stem apart. */
    out->is_cached = resolver->analyzer->english || is_ascii(bytes);
    if (out->is_cached)
        out->hash = XXH3_64bits(out->word, out->length);
}

/* A folded word, kept, and its term: as before, or new. */
static osl_status find_stem(osl_resolver *resolver, osl_text bytes,
                            const folded_form *form, osl_text *kept,
                            osl_text *term, osl_error *err)
{
    const osl_text folded = {form->word, form->length};
    uint64_t *slot = NULL;
    if (form->is_cached) {
        if (!osl_resolver_reserve(resolver, 1))
            return no_memory(err);
        slot = find_slot(resolver, folded, form->hash);
    }
    if (slot && *slot != 0) {
        const stem *known = &resolver->stems[(uint32_t)*slot - 1];
        *kept = known->folded;
        *term = known->term;
        return OSL_OK;
    }
    if (!osl_arena_text(&resolver->arena, folded, kept))
        return no_memory(err);
    osl_status status = stem_form(resolver, bytes, *kept, term, err);
    if (status != OSL_OK || !slot)
        return status;
    *slot = make_slot(form->hash, resolver->count);
    resolver->stems[resolver->count++] = (stem){*kept, *term};
    return OSL_OK;
}

static osl_status resolve_folded(osl_resolver *resolver, osl_text bytes,
                                 unsigned flags, const folded_form *form,
                                 osl_form *out, osl_error *err)
{
    const osl_text folded = {form->word, form->length};
    osl_status status =
        find_stem(resolver, bytes, form, &out->folded, &out->term, err);
    if (status != OSL_OK)
        return status;
    if (find_extra(resolver, bytes, flags, folded, &out->extra))
        return OSL_OK;
    return no_memory(err);
}

osl_status osl_resolve(osl_resolver *resolver, osl_text bytes, unsigned flags,
                       osl_form *out, osl_error *err)
{
    folded_form form;
    fold_form(resolver, bytes, &form);
    return resolve_folded(resolver, bytes, flags, &form, out, err);
}

osl_status osl_resolve_known(osl_resolver *resolver, osl_text bytes,
                             unsigned flags, osl_text term, osl_form *out,
                             osl_error *err)
{
    folded_form form;
    fold_word(resolver, bytes, &form);
    const osl_text folded = {form.word, form.length};
    bool done = osl_arena_text(&resolver->arena, folded, &out->folded);
    /* Most words begin with their stem. */
    out->term = (osl_text){out->folded.bytes, term.length};
    if (done && (term.length > folded.length ||
                 memcmp(term.bytes, folded.bytes, term.length) != 0))
        done = osl_arena_text(&resolver->arena, term, &out->term);
    done = done && find_extra(resolver, bytes, flags, folded, &out->extra);
    return done ? OSL_OK : no_memory(err);
}

/* The stem that a slot guesses, or NULL. */
static const stem *guess_stem(const osl_resolver *resolver, uint64_t hash)
{
    uint64_t slot = resolver->slots[first_slot(resolver, hash)];
    return slot != 0 && (slot ^ hash) >> 32 == 0
               ? &resolver->stems[(uint32_t)slot - 1]
               : NULL;
}

/* What is looked at for these forms, step by step. */
static void fetch_stems(const osl_resolver *resolver, const folded_form *forms,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (forms[i].is_cached)
            __builtin_prefetch(guess_stem(resolver, forms[i].hash));
    for (size_t i = 0; i < count; i++) {
        const stem *known =
            forms[i].is_cached ? guess_stem(resolver, forms[i].hash) : NULL;
        if (known)
            __builtin_prefetch(known->folded.bytes);
    }
}

osl_status osl_resolve_all(osl_resolver *resolver, const osl_text *bytes,
                           const uint8_t *flags, size_t count, osl_form *out,
                           osl_error *err)
{
    enum { AHEAD = 32 };
    folded_form forms[AHEAD];
    osl_status status = OSL_OK;
    for (size_t from = 0; from < count && status == OSL_OK; from += AHEAD) {
        size_t step = count - from < AHEAD ? count - from : AHEAD;
        for (size_t i = 0; i < step; i++) {
            fold_form(resolver, bytes[from + i], &forms[i]);
            if (forms[i].is_cached && resolver->slots)
                __builtin_prefetch(
                    &resolver->slots[first_slot(resolver, forms[i].hash)], 1);
        }
        if (resolver->slots)
            fetch_stems(resolver, forms, step);
        for (size_t i = 0; i < step && status == OSL_OK; i++)
            status = resolve_folded(resolver, bytes[from + i], flags[from + i],
                                    &forms[i], &out[from + i], err);
    }
    return status;
}

/* Signs end a word's second term alone; capitals stand in no folded word but
 * where folding leaves them. */
bool osl_term_is_extra(osl_text term)
{
    const char *end = term.bytes + term.length;
    if (term.length > 1 && (end[-1] == '+' || end[-1] == '-'))
        return true;
    for (const char *at = term.bytes; at < end;) {
        unsigned took;
        uint32_t c = osl_utf8_get(at, end, &took);
        at += took;
        if (c != OSL_UTF8_BAD && (uint32_t)u_toupper((UChar32)c) == c &&
            (uint32_t)u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT) != c)
            return true;
    }
    return false;
}
