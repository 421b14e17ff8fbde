/* SPDX-License-Identifier: MIT */
#include "core/text/text.h"

#include "core/text/analyzer.h"
#include "core/text/chars.h"
#include "core/xapian/stem.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <xxhash.h>

const osl_analysis_settings osl_analysis_defaults = {.language = "en",
                                                     .fold_acronyms = false};

/* Raised with every change of a rule or a word list. */
#define RULES_VERSION 2

static uint64_t fingerprint_of(const osl_analyzer *analyzer)
{
    UVersionInfo unicode;
    u_getUnicodeVersion(unicode);
    char words[96] = {0};
    words[0] = RULES_VERSION;
    words[1] = (char)unicode[0];
    words[2] = (char)unicode[1];
    words[3] = analyzer->fold_acronyms ? 1 : 0;
    memcpy(words + 4, analyzer->language, sizeof analyzer->language);
    return XXH3_64bits(words, 4 + sizeof analyzer->language);
}

/* The stemmer's name for a language: codes and names are one. */
static osl_status set_language(osl_analyzer *analyzer, const char *language,
                               osl_error *err)
{
    if (!language || !*language)
        language = osl_analysis_defaults.language;
    if (strlen(language) >= sizeof analyzer->language)
        return osl_fail(err, OSL_EINVAL,
                        "language '%s': no stemmer for it; use en, de, fr, es "
                        "... or none",
                        language);
    if (strcmp(language, "english") == 0)
        language = "en";
    memcpy(analyzer->language, language, strlen(language));
    analyzer->english = strcmp(language, "en") == 0;
    analyzer->stems = strcmp(language, "none") != 0;
    if (!analyzer->stems)
        return OSL_OK;
    osl_stemmer *stemmer = NULL;
    osl_status status = osl_stemmer_open(&stemmer, language, err);
    osl_stemmer_free(stemmer);
    return status;
}

osl_status osl_analyzer_open(osl_analyzer **out,
                             const osl_analysis_settings *settings,
                             osl_cpu_level level, osl_error *err)
{
    if (!settings)
        settings = &osl_analysis_defaults;
    osl_analyzer *analyzer = calloc(1, sizeof *analyzer);
    if (!analyzer)
        return osl_fail(err, OSL_ENOMEM, "out of memory opening the analysis");
    analyzer->kernels = osl_kernels_get(level);
    analyzer->fold_acronyms = settings->fold_acronyms;
    osl_status status = set_language(analyzer, settings->language, err);
    if (status != OSL_OK)
        goto fail;
    analyzer->late = calloc(1, sizeof *analyzer->late);
    if (!analyzer->late) {
        status =
            osl_fail(err, OSL_ENOMEM, "out of memory opening the analysis");
        goto fail;
    }
    analyzer->fingerprint = fingerprint_of(analyzer);
    *out = analyzer;
    return OSL_OK;

fail:
    osl_analyzer_free(analyzer);
    return status;
}

void osl_analyzer_free(osl_analyzer *analyzer)
{
    if (!analyzer)
        return;
    if (analyzer->late && analyzer->late->breaks)
        ubrk_close(analyzer->late->breaks);
    free(analyzer->late);
    free(analyzer);
}

uint64_t osl_analyzer_fingerprint(const osl_analyzer *analyzer)
{
    return analyzer->fingerprint;
}
