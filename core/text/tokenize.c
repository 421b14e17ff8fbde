/* SPDX-License-Identifier: MIT */
#include "core/text/analyzer.h"

osl_status osl_tokenize(const osl_analyzer *analyzer, osl_text text,
                        osl_tokens *tokens, osl_error *err)
{
    return osl_tokenize_icu(analyzer, text, tokens, err);
}
