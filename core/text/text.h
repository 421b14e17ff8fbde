/* SPDX-License-Identifier: MIT
 *
 * Analysis: text to tokens, tokens to terms. Two steps, because the second is
 * done once for each distinct form and not for each token:
 *
 *     text ──osl_tokenize──▶ tokens (byte span, position, flags)
 *     token's bytes + flags ──osl_resolve──▶ terms (folded, stemmed, extra)
 *
 * What two tokens with equal bytes and equal OSL_TOKEN_KEY flags resolve to is
 * equal: that pair is the key of a form table. docs/ARCHITECTURE.md and
 * analysis rules: docs/ANALYSIS.md. The authority is ICU (osl_tokenize_icu);
 * the fast path gives exactly its tokens.
 *
 * Threads: an analyzer is immutable once open and may be shared; an
 * osl_tokens and an osl_resolver belong to one thread. */
#ifndef OSL_CORE_TEXT_TEXT_H
#define OSL_CORE_TEXT_TEXT_H

#include "core/base/arena.h"
#include "core/base/cpu.h"
#include "core/core.h"

typedef struct osl_analysis_settings {
    const char *language; /* "en", "de", "fr", "es" …; "none": no stemming */
    bool fold_acronyms;   /* no second term for ALL */
} osl_analysis_settings;

/* "en", acronyms kept. */
extern const osl_analysis_settings osl_analysis_defaults;

typedef struct osl_analyzer osl_analyzer;

/* OSL_EINVAL for a language that has no stemmer. */
OSL_MUST_CHECK osl_status
osl_analyzer_open(osl_analyzer **out, const osl_analysis_settings *settings,
                  osl_cpu_level level, osl_error *err);
void osl_analyzer_free(osl_analyzer *analyzer);
/* Of language, rules, word lists and their version: equal fingerprints give
 * equal terms. Kept in the index. */
uint64_t osl_analyzer_fingerprint(const osl_analyzer *analyzer);

/* ---- tokens ------------------------------------------------------------ */

enum {
    OSL_TOKEN_PLAIN_CAPS = 1, /* capitals inside a run of three or more
                                * capital words: no acronym. Part of the key */
    OSL_TOKEN_GLUED_LEFT = 2, /* no blank between it and the token before */
    OSL_TOKEN_SIGNED = 4,     /* the span ends in a sign: CD19+, ER−. Its
                                * bytes hold the sign, so no part of the key */
    OSL_TOKEN_POWER = 8,      /* a flattened power's exponent: × 10|9/L */
    OSL_TOKEN_SPACED = 16     /* between it and the token before: one space */
};
#define OSL_TOKEN_KEY OSL_TOKEN_PLAIN_CAPS

/* Tokens of one text, struct of arrays; token i has position i (positions
 * are dense and start at 0). */
typedef struct osl_tokens {
    uint32_t *starts, *ends; /* byte span [start, end) in the text */
    uint8_t *flags;
    size_t count, capacity;
    void *scratch; /* the tokeniser's own */
    size_t scratch_size;
} osl_tokens;

void osl_tokens_clear(osl_tokens *tokens); /* gives the memory back */

/* Replaces *tokens by those of `text` (any bytes; at most
 * OSL_PARAGRAPH_BYTES_MAX). Only memory can fail. */
OSL_MUST_CHECK osl_status osl_tokenize(const osl_analyzer *analyzer,
                                       osl_text text, osl_tokens *tokens,
                                       osl_error *err);
/* The same by ICU alone: the twin that defines right. */
OSL_MUST_CHECK osl_status osl_tokenize_icu(const osl_analyzer *analyzer,
                                           osl_text text, osl_tokens *tokens,
                                           osl_error *err);

/* ---- terms ------------------------------------------------------------- */

/* What a form means. Spans borrowed from the resolver's arena. */
typedef struct osl_form {
    osl_text folded; /* case folded, diacritics gone, unstemmed: =word */
    osl_text term;   /* the base term (stem of folded) */
    osl_text extra;  /* at the same position: "ALL", "cd19+"; or empty */
} osl_form;

/* Turns forms into terms; stems each distinct folded word once. */
typedef struct osl_resolver osl_resolver;
OSL_MUST_CHECK osl_status osl_resolver_new(osl_resolver **out,
                                           const osl_analyzer *analyzer,
                                           osl_error *err);
void osl_resolver_free(osl_resolver *resolver);
/* Gives back what finds words that were met; spans stay. */
void osl_resolver_forget(osl_resolver *resolver);
/* Room for so many more words, where that is known: a table that grows touches
 * more memory. */
OSL_MUST_CHECK bool osl_resolver_reserve(osl_resolver *resolver, size_t more);
/* `bytes` and `flags` of a token. The spans live until the resolver is
 * freed. */
OSL_MUST_CHECK osl_status osl_resolve(osl_resolver *resolver, osl_text bytes,
                                      unsigned flags, osl_form *out,
                                      osl_error *err);
/* The same where the base term is known: it is not stemmed. */
OSL_MUST_CHECK osl_status osl_resolve_known(osl_resolver *resolver,
                                            osl_text bytes, unsigned flags,
                                            osl_text term, osl_form *out,
                                            osl_error *err);
/* The same as osl_resolve() for `count` of them, whose misses overlap. */
OSL_MUST_CHECK osl_status osl_resolve_all(osl_resolver *resolver,
                                          const osl_text *bytes,
                                          const uint8_t *flags, size_t count,
                                          osl_form *out, osl_error *err);

/* Whether a term, by its bytes, is such a second one. No base term is. */
bool osl_term_is_extra(osl_text term);

/* ---- queries ----------------------------------------------------------- */

/* A typed word as the query side needs it: the alternatives of one unit,
 * DESIGN's "one unit" rules. */
typedef struct osl_unit {
    /* The tokens of the word, in order (1 in the usual case). */
    const osl_form *forms;
    size_t form_count;
    /* Other spellings of the whole as token sequences, each scored together
     * with it as one: the joined form (BCR-ABL1 → bcrabl1), the letter-digit
     * split (IL2 → il 2). forms[] itself is not repeated here. */
    const struct osl_unit_variant {
        const osl_form *forms;
        size_t form_count;
    } * variants;
    size_t variant_count;
    bool asks_acronym; /* typed in capitals: `extra` of forms[0] first */
} osl_unit;

/* Analyses one typed word (no blanks inside) into `arena`. */
OSL_MUST_CHECK osl_status osl_unit_of_word(osl_resolver *resolver,
                                           osl_text word, osl_arena *arena,
                                           osl_unit *out, osl_error *err);

typedef struct osl_units {
    const osl_unit *units; /* in the arena */
    size_t count;
} osl_units;

/* The units of several words: a quoted phrase, or free text. Rather this than
 * word by word, because some rules look across blanks (× 109/L; T- and
 * B-cell; headings in capitals). Tokens with no blank between are one unit.
 * `phrase`: the words must follow each other; then a short name and a number
 * (IL 2, 10 mg) are one unit too, with the joined word (il2) as variant. */
OSL_MUST_CHECK osl_status osl_units_of_text(osl_resolver *resolver,
                                            osl_text text, bool phrase,
                                            osl_arena *arena, osl_units *out,
                                            osl_error *err);

/* Most tokens of a compound. */
enum { OSL_COMPOUND_PARTS = 4 };

/* The joined form of a compound that stands in text (BCR-ABL1, BCR::ABL1,
 * BCR/ABL1 → "bcrabl1"), for the alias table: tokens first .. first+count−1
 * are joined by one hyphen, slash or :: each. Start with *first = *count = 0
 * and call until it is false, leaving both alone: each call gives the next
 * compound of 2 to 4 tokens (of BCR-ABL1-like: bcrabl1, bcrabl1like,
 * abl1like). `joined` is written as folded, unstemmed bytes, NUL-terminated,
 * at most 63 long. */
bool osl_next_compound(osl_text text, const osl_tokens *tokens, size_t *first,
                       size_t *count, char joined[64]);
/* The two halves of that: the next 2 to 4 tokens that are joined so, no two
 * plain numbers side by side among them, and whether they have a joined form,
 * which depends on their bytes alone. count is 2 to 4. */
bool osl_next_glued(osl_text text, const osl_tokens *tokens, size_t *first,
                    size_t *count);
bool osl_join_glued(osl_text text, const osl_tokens *tokens, size_t first,
                    size_t count, char joined[64]);

#endif
