/* SPDX-License-Identifier: MIT */
#include "core/xapian/stem.h"

#include <new>
#include <string>
#include <xapian.h>

struct osl_stemmer {
    Xapian::Stem stem;
    std::string last;
};

extern "C" osl_status osl_stemmer_open(osl_stemmer **out, const char *language,
                                       osl_error *err)
{
    try {
        *out = new osl_stemmer{Xapian::Stem(language), std::string()};
        return OSL_OK;
    } catch (const Xapian::InvalidArgumentError &) {
        return osl_fail(err, OSL_EINVAL,
                        "language '%s': no stemmer for it; use en, de, fr, es "
                        "... or none",
                        language);
    } catch (const std::bad_alloc &) {
        return osl_fail(err, OSL_ENOMEM, "out of memory opening a stemmer");
    } catch (...) {
        return osl_fail(err, OSL_EINVAL, "language '%s': the stemmer failed",
                        language);
    }
}

extern "C" void osl_stemmer_free(osl_stemmer *stemmer) { delete stemmer; }

extern "C" osl_status osl_stem(osl_stemmer *stemmer, osl_text word,
                               osl_text *stem, osl_error *err)
{
    try {
        stemmer->last = stemmer->stem(std::string(word.bytes, word.length));
        *stem = osl_text{stemmer->last.data(), stemmer->last.size()};
        return OSL_OK;
    } catch (...) {
        return osl_fail(err, OSL_ENOMEM, "out of memory stemming a word");
    }
}
