/* SPDX-License-Identifier: MIT */
#include "core/segment/taker.h"

#include "core/base/bytes.h"

uint64_t osl_take64(osl_taker *taker)
{
    if (taker->end - taker->at < 8)
        taker->spoilt = true;
    if (taker->spoilt)
        return 0;
    taker->at += 8;
    return osl_get64(taker->at - 8);
}

uint64_t osl_take_long_varint(osl_taker *taker)
{
    uint64_t value = 0;
    if (!taker->spoilt && !osl_varint_get(&taker->at, taker->end, &value))
        taker->spoilt = true;
    return value;
}

size_t osl_take_count(osl_taker *taker)
{
    uint64_t count = osl_take_varint(taker);
    if (count > (uint64_t)(taker->end - taker->at))
        taker->spoilt = true;
    return taker->spoilt ? 0 : (size_t)count;
}

osl_text osl_take_text(osl_taker *taker)
{
    size_t length = osl_take_count(taker);
    osl_text text = {"", 0};
    if (taker->spoilt)
        return text;
    text = (osl_text){(const char *)taker->at, length};
    taker->at += length;
    if (taker->arena && !osl_arena_text(taker->arena, text, &text)) {
        taker->out_of_memory = true;
        return (osl_text){"", 0};
    }
    return text;
}

osl_text osl_take_name(osl_taker *taker)
{
    osl_text name = osl_take_text(taker);
    for (size_t i = 0; i < name.length; i++)
        if (name.bytes[i] == '/' || name.bytes[i] == '\0')
            taker->spoilt = true;
    if (name.length > 0 && name.bytes[0] == '.')
        taker->spoilt = true;
    return name;
}

osl_status osl_take_end(const osl_taker *taker, const char *name,
                        const char *what, osl_error *err)
{
    if (taker->out_of_memory)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", name);
    if (taker->spoilt || taker->at != taker->end)
        return osl_fail(err, OSL_ECORRUPT, "%s: damaged %s", name, what);
    return OSL_OK;
}

void osl_put_counted(osl_buf *out, osl_text text)
{
    osl_buf_put_varint(out, text.length);
    osl_buf_put_text(out, text);
}
