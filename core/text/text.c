/* SPDX-License-Identifier: MIT */
#include "core/text/text.h"

const osl_analysis_settings osl_analysis_defaults = {.language = "en",
                                                     .fold_acronyms = false};
