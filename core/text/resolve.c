/* SPDX-License-Identifier: MIT
 *
 * Forms to terms. Folding is cheap and done each time; the stemmer costs
 * some 250 ns, so each distinct folded word meets it once: an open-addressed
 * table from folded word to term, both kept in the resolver's arena. */
#include "core/base/arena.h"
#include "core/base/utf8.h"
#include "core/text/analyzer.h"
#include "core/text/chars.h"
#include "core/xapian/stem.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <xxhash.h>

typedef struct stem_slot {
    osl_text folded, term; /* folded.bytes NULL: free */
    uint64_t hash;
} stem_slot;

struct osl_resolver {
    const osl_analyzer *analyzer; /* borrowed */
    osl_stemmer *stemmer;         /* owns; NULL for "none" */
    osl_arena arena;              /* owns all spans */
    stem_slot *slots;             /* owns; a power of two of them */
    size_t size, count;
};

const osl_analyzer *osl_resolver_analyzer(const osl_resolver *resolver)
{
    return resolver->analyzer;
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
    free(resolver->slots);
    free(resolver);
}

/* ---- the cache --------------------------------------------------------- */

static bool grow_slots(osl_resolver *resolver)
{
    size_t size = resolver->size ? 2 * resolver->size : 256;
    stem_slot *slots = calloc(size, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < resolver->size; i++) {
        if (!resolver->slots[i].folded.bytes)
            continue;
        size_t at = resolver->slots[i].hash & (size - 1);
        while (slots[at].folded.bytes)
            at = (at + 1) & (size - 1);
        slots[at] = resolver->slots[i];
    }
    free(resolver->slots);
    resolver->slots = slots;
    resolver->size = size;
    return true;
}

/* The slot of `folded`, taken or free; NULL when memory is out. */
static stem_slot *find_slot(osl_resolver *resolver, osl_text folded)
{
    if (resolver->count * 5 >= resolver->size * 3 && !grow_slots(resolver))
        return NULL;
    uint64_t hash = XXH3_64bits(folded.bytes, folded.length);
    size_t at = hash & (resolver->size - 1);
    while (resolver->slots[at].folded.bytes &&
           !(resolver->slots[at].hash == hash &&
             osl_text_equal(resolver->slots[at].folded, folded)))
        at = (at + 1) & (resolver->size - 1);
    resolver->slots[at].hash = hash;
    return &resolver->slots[at];
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
    osl_text word = folded, stem;
    if (!analyzer->stems || has_digit(folded)) {
        *term = folded;
        return OSL_OK;
    }
    if (!analyzer->english && !is_ascii(bytes))
        word = (osl_text){kept, osl_fold_token(analyzer, bytes, true, kept)};
    osl_status status = osl_stem(resolver->stemmer, word, &stem, err);
    if (status != OSL_OK)
        return status;
    if (!analyzer->english && !is_ascii(stem))
        stem = (osl_text){plain, osl_fold_diacritics(stem, plain)};
    if (stem.length == 0)
        stem = folded;
    if (!osl_arena_text(&resolver->arena, stem, term))
        return osl_fail(err, OSL_ENOMEM, "out of memory resolving a word");
    return OSL_OK;
}

/* Whether a token is 2 to 6 letters, all capital. */
static bool is_acronym(osl_text bytes)
{
    size_t letters = 0;
    const char *end = bytes.bytes + bytes.length;
    for (const char *at = bytes.bytes; at < end; letters++) {
        unsigned took;
        if (letters == 6 ||
            osl_char_classify(osl_utf8_get(at, end, &took)) != OSL_CHAR_UPPER)
            return false;
        at += took;
    }
    return letters >= 2;
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

/* The second term at a token's place: its signed form, or its capitals. */
static bool find_extra(osl_resolver *resolver, osl_text bytes, unsigned flags,
                       osl_text folded, osl_text *extra)
{
    char word[4 * OSL_FOLDED_BYTES_MAX + 4];
    size_t length = folded.length, sign_bytes;
    char sign = osl_sign_at_end(bytes, &sign_bytes);
    *extra = (osl_text){"", 0};
    if (sign) {
        memcpy(word, folded.bytes, length);
        word[length++] = sign;
    } else if (!(flags & OSL_TOKEN_PLAIN_CAPS) &&
               !resolver->analyzer->fold_acronyms && is_acronym(bytes)) {
        length = to_capitals(folded, word);
        if (osl_text_equal((osl_text){word, length}, folded))
            return true;
    } else {
        return true;
    }
    return osl_arena_text(&resolver->arena, (osl_text){word, length}, extra);
}

osl_status osl_resolve(osl_resolver *resolver, osl_text bytes, unsigned flags,
                       osl_form *out, osl_error *err)
{
    char word[OSL_FOLDED_BYTES_MAX];
    osl_text folded = {word,
                       osl_fold_token(resolver->analyzer, bytes, false, word)};
    if (folded.length == 0) {
        /* Only letters that fold to nothing (fillers): they are their own
         * word. */
        folded = bytes;
        if (folded.length > OSL_FOLDED_BYTES_MAX)
            folded.length = OSL_FOLDED_BYTES_MAX;
    }
    /* Outside English two forms can fold alike and stem apart. */
    bool cached = resolver->analyzer->english || is_ascii(bytes);
    stem_slot own = {0}, *slot = &own;
    if (cached && !(slot = find_slot(resolver, folded)))
        goto no_memory;
    if (!slot->folded.bytes) {
        osl_text kept, term;
        if (!osl_arena_text(&resolver->arena, folded, &kept))
            goto no_memory;
        osl_status status = stem_form(resolver, bytes, kept, &term, err);
        if (status != OSL_OK)
            return status;
        slot->folded = kept;
        slot->term = term;
        resolver->count += cached;
    }
    out->folded = slot->folded;
    out->term = slot->term;
    if (find_extra(resolver, bytes, flags, folded, &out->extra))
        return OSL_OK;

no_memory:
    return osl_fail(err, OSL_ENOMEM, "out of memory resolving a word");
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
