/* SPDX-License-Identifier: MIT */
#include "tools/osler/json.h"

#include "core/base/utf8.h"
#include "tools/osler/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put(osl_json *json, const char *string)
{
    osl_buf_put(&json->out, string, strlen(string));
}

static void put_string(osl_json *json, osl_text text)
{
    const char *at = text.bytes, *end = osl_text_end(text);
    osl_buf_put_byte(&json->out, '"');
    while (at < end) {
        unsigned length;
        uint32_t c = osl_utf8_get(at, end, &length);
        if (c == OSL_UTF8_BAD)
            put(json, "\xEF\xBF\xBD");
        else if (c == '"' || c == '\\')
            osl_buf_printf(&json->out, "\\%c", (char)c);
        else if (c == '\n')
            put(json, "\\n");
        else if (c < 0x20 || c == 0x7F || c == 0x2028 || c == 0x2029)
            osl_buf_printf(&json->out, "\\u%04" PRIx32, c);
        else
            osl_buf_put(&json->out, at, length);
        at += length;
    }
    osl_buf_put_byte(&json->out, '"');
}

static void begin_value(osl_json *json, const char *key)
{
    if (json->comma)
        osl_buf_put_byte(&json->out, ',');
    json->comma = true;
    if (key) {
        put_string(json, osl_text_of(key));
        osl_buf_put_byte(&json->out, ':');
    }
}

void osl_json_begin(osl_json *json)
{
    json->comma = false;
    osl_json_open(json, NULL, '{');
    osl_json_count(json, "v", 1);
}

void osl_json_end(osl_json *json)
{
    osl_json_close(json, '}');
    osl_buf_put_byte(&json->out, '\n');
    json->comma = false;
}

void osl_json_text(osl_json *json, const char *key, osl_text value)
{
    begin_value(json, key);
    put_string(json, value);
}

void osl_json_count(osl_json *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    osl_buf_printf(&json->out, "%" PRIu64, value);
}

void osl_json_bool(osl_json *json, const char *key, bool value)
{
    begin_value(json, key);
    put(json, value ? "true" : "false");
}

void osl_json_real(osl_json *json, const char *key, double value,
                   unsigned places)
{
    begin_value(json, key);
    osl_buf_printf(&json->out, "%.*f", (int)places, value);
}

void osl_json_digits(osl_json *json, const char *key, const char *digits)
{
    begin_value(json, key);
    put(json, digits);
}

void osl_json_null(osl_json *json, const char *key)
{
    osl_json_digits(json, key, "null");
}

void osl_json_texts(osl_json *json, const char *key, const osl_text *values,
                    size_t count)
{
    osl_json_open(json, key, '[');
    for (size_t i = 0; i < count; i++)
        osl_json_text(json, NULL, values[i]);
    osl_json_close(json, ']');
}

void osl_json_open(osl_json *json, const char *key, char bracket)
{
    begin_value(json, key);
    osl_buf_put_byte(&json->out, (uint8_t)bracket);
    json->comma = false;
}

void osl_json_close(osl_json *json, char bracket)
{
    osl_buf_put_byte(&json->out, (uint8_t)bracket);
    json->comma = true;
}

bool osl_json_flush(osl_json *json)
{
    if (json->out.failed) {
        osl_complain("out of memory");
        return false;
    }
    /* What could not be written is seen at the end, by osl_output_end(). */
    if (json->out.length)
        (void)fwrite(json->out.bytes, 1, json->out.length, stdout);
    osl_buf_reset(&json->out);
    return true;
}

void osl_json_clear(osl_json *json)
{
    osl_buf_clear(&json->out);
}
