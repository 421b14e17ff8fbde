/* SPDX-License-Identifier: MIT
 *
 * Words that hold a sentence together and say nothing of its subject, one
 * table a language, folded as the index folds (no case, no diacritics). What
 * they cost in ranking, and why a list and not a rule by frequency:
 * docs/RELEVANCE.md. */
#include "query/function_words.h"

#include <stdlib.h>
#include <string.h>

static const char *const words_en[] = {
    "a",       "about",    "after",     "again",      "all",     "also",
    "am",      "an",       "and",       "any",        "are",     "aren't",
    "as",      "at",       "be",        "because",    "been",    "before",
    "being",   "both",     "but",       "by",         "can",     "can't",
    "cannot",  "could",    "couldn't",  "did",        "didn't",  "do",
    "does",    "doesn't",  "doing",     "don't",      "down",    "during",
    "each",    "eg",       "etc",       "few",        "for",     "from",
    "further", "had",      "hadn't",    "has",        "hasn't",  "have",
    "haven't", "having",   "he",        "her",        "here",    "hers",
    "herself", "him",      "himself",   "his",        "how",     "however",
    "i",       "ie",       "if",        "in",         "into",    "is",
    "isn't",   "it",       "its",       "itself",     "just",    "let",
    "may",     "me",       "might",     "more",       "most",    "must",
    "my",      "myself",   "no",        "nor",        "not",     "of",
    "off",     "on",       "once",      "only",       "or",      "other",
    "ought",   "our",      "ours",      "ourselves",  "out",     "own",
    "per",     "same",     "shall",     "she",        "should",  "shouldn't",
    "so",      "some",     "such",      "than",       "that",    "the",
    "their",   "theirs",   "them",      "themselves", "then",    "there",
    "these",   "they",     "this",      "those",      "through", "to",
    "too",     "until",    "up",        "upon",       "us",      "very",
    "was",     "wasn't",   "we",        "were",       "weren't", "what",
    "when",    "where",    "whether",   "which",      "while",   "who",
    "whom",    "whose",    "why",       "will",       "with",    "within",
    "without", "won't",    "would",     "wouldn't",   "you",     "your",
    "yours",   "yourself", "yourselves"};
static const char *const words_de[] = {
    "aber",   "alle",   "allem",  "allen",   "aller",   "alles",   "als",
    "also",   "am",     "an",     "auch",    "auf",     "aus",     "bei",
    "beim",   "bin",    "bis",    "bist",    "da",      "dabei",   "dadurch",
    "daher",  "damit",  "dann",   "das",     "dass",    "dein",    "deine",
    "dem",    "den",    "denn",   "der",     "des",     "dessen",  "die",
    "dies",   "diese",  "diesem", "diesen",  "dieser",  "dieses",  "doch",
    "dort",   "du",     "durch",  "ein",     "eine",    "einem",   "einen",
    "einer",  "eines",  "er",     "es",      "etwa",    "euer",    "fur",
    "gegen",  "hat",    "hatte",  "hatten",  "ich",     "ihr",     "ihre",
    "ihrem",  "ihren",  "ihrer",  "im",      "in",      "ins",     "ist",
    "ja",     "je",     "jede",   "jedem",   "jeden",   "jeder",   "jedes",
    "kann",   "konnen", "man",    "mehr",    "mein",    "mit",     "muss",
    "mussen", "nach",   "nicht",  "noch",    "nur",     "ob",      "oder",
    "ohne",   "sein",   "seine",  "seinem",  "seinen",  "seiner",  "sich",
    "sie",    "sind",   "so",     "soll",    "sollen",  "sollte",  "sollten",
    "sowie",  "uber",   "um",     "und",     "uns",     "unser",   "unter",
    "vom",    "von",    "vor",    "wann",    "war",     "waren",   "warum",
    "was",    "weil",   "welche", "welchem", "welchen", "welcher", "welches",
    "wenn",   "wer",    "werden", "wie",     "wieder",  "wir",     "wird",
    "wo",     "wurde",  "wurden", "zu",      "zum",     "zur",     "zwischen"};
static const char *const words_fr[] = {
    "a",     "au",       "aux",   "avec",  "ce",    "ces",  "cet",    "cette",
    "comme", "comment",  "d",     "dans",  "de",    "des",  "donc",   "dont",
    "du",    "elle",     "elles", "en",    "entre", "est",  "et",     "ete",
    "etre",  "eu",       "il",    "ils",   "j",     "je",   "l",      "la",
    "le",    "les",      "leur",  "leurs", "lui",   "m",    "ma",     "mais",
    "me",    "meme",     "mes",   "moi",   "mon",   "n",    "ne",     "nos",
    "notre", "nous",     "on",    "ont",   "ou",    "par",  "pas",    "plus",
    "pour",  "pourquoi", "qu",    "quand", "que",   "quel", "quelle", "quelles",
    "quels", "qui",      "s",     "sa",    "sans",  "se",   "sera",   "ses",
    "si",    "son",      "sont",  "sous",  "sur",   "t",    "ta",     "te",
    "tes",   "toi",      "ton",   "tu",    "un",    "une",  "vos",    "votre",
    "vous",  "y"};
static const char *const words_es[] = {
    "a",      "al",    "algo",   "ante",     "antes",  "aquel",  "aquella",
    "como",   "con",   "contra", "cual",     "cuales", "cuando", "de",
    "del",    "desde", "donde",  "durante",  "e",      "el",     "ella",
    "ellas",  "ellos", "en",     "entre",    "era",    "es",     "esa",
    "esas",   "ese",   "eso",    "esos",     "esta",   "estas",  "este",
    "esto",   "estos", "fue",    "ha",       "hace",   "han",    "hasta",
    "hay",    "la",    "las",    "le",       "les",    "lo",     "los",
    "mas",    "me",    "mi",     "mis",      "mucho",  "muy",    "nada",
    "ni",     "no",    "nos",    "nosotros", "o",      "os",     "otra",
    "otro",   "para",  "pero",   "poco",     "por",    "porque", "puede",
    "pueden", "que",   "quien",  "se",       "segun",  "ser",    "sera",
    "si",     "sin",   "sobre",  "son",      "su",     "sus",    "tambien",
    "tanto",  "te",    "tiene",  "tienen",   "todo",   "tu",     "tus",
    "un",     "una",   "unas",   "uno",      "unos",   "y",      "ya",
    "yo"};

static const struct {
    const char *language;
    const char *const *words;
    size_t count;
} tables[] = {
    {"en", words_en, sizeof words_en / sizeof *words_en},
    {"de", words_de, sizeof words_de / sizeof *words_de},
    {"fr", words_fr, sizeof words_fr / sizeof *words_fr},
    {"es", words_es, sizeof words_es / sizeof *words_es},
};

/* By bytes; most differ in the first or second. */
static int compare(const void *key, const void *item)
{
    const osl_text *word = key;
    const unsigned char *other = *(const unsigned char *const *)item;
    for (size_t i = 0; i < word->length; i++)
        if (!other[i] || (unsigned char)word->bytes[i] != other[i])
            return (unsigned char)word->bytes[i] < other[i] ? -1 : 1;
    return other[word->length] ? -1 : 0;
}

bool osl_is_function_word(osl_text folded, const char *language)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (strcmp(tables[i].language, language) == 0)
            return bsearch(&folded, tables[i].words, tables[i].count,
                           sizeof *tables[i].words, compare) != NULL;
    return false;
}
