/* SPDX-License-Identifier: MIT */
#include "core/core.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void osl_fail_words(osl_error *err, osl_status status, const char *format, ...)
{
    if (!err)
        return;
    err->status = status;
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(err->text, sizeof err->text, format, arguments) < 0)
        err->text[0] = '\0';
    va_end(arguments);
}

osl_text osl_text_of(const char *string)
{
    return (osl_text){string ? string : "", string ? strlen(string) : 0};
}

const char *osl_text_end(osl_text text)
{
    return text.length > 0 ? text.bytes + text.length : text.bytes;
}

bool osl_text_equal(osl_text a, osl_text b)
{
    return a.length == b.length &&
           (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

int osl_text_compare(osl_text a, osl_text b)
{
    size_t both = a.length < b.length ? a.length : b.length;
    int order = both ? memcmp(a.bytes, b.bytes, both) : 0;
    if (order != 0)
        return order;
    return (a.length > b.length) - (a.length < b.length);
}

const char *osl_version(void)
{
    return OSL_VERSION;
}
