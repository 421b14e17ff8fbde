/* SPDX-License-Identifier: MIT
 *
 * iconv of the C library converts; a byte that the encoding does not have is
 * U+FFFD. Labels mean what the Encoding Standard says: "latin1" and "ascii"
 * are windows-1252. */
#include "corpus/html_charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "core/base/utf8.h"

enum { DECLARED_WITHIN = 1024, LABEL_MAX = 40 };

static const struct {
    const char *label, *encoding;
} labels[] = {
    {"iso-8859-1", "WINDOWS-1252"},
    {"iso8859-1", "WINDOWS-1252"},
    {"latin1", "WINDOWS-1252"},
    {"latin-1", "WINDOWS-1252"},
    {"us-ascii", "WINDOWS-1252"},
    {"ascii", "WINDOWS-1252"},
    {"cp1252", "WINDOWS-1252"},
    {"x-cp1252", "WINDOWS-1252"},
    {"iso-8859-9", "WINDOWS-1254"},
    {"latin5", "WINDOWS-1254"},
    {"iso-8859-11", "WINDOWS-874"},
    {"tis-620", "WINDOWS-874"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"ks_c_5601-1987", "CP949"},
    {"euc-kr", "CP949"},
    {"big5", "BIG5-HKSCS"},
    {"x-mac-roman", "MACINTOSH"},
    {"utf8", "UTF-8"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"x-user-defined", "WINDOWS-1252"},
    {"iso-8859-8-i", "ISO-8859-8"},
    /* A page whose declaration could be read is not UTF-16. */
    {"utf-16", "UTF-8"},
    {"utf-16le", "UTF-8"},
    {"utf-16be", "UTF-8"},
};

static const char *find_word(osl_text in, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= in.length; i++)
        if (strncasecmp(in.bytes + i, word, length) == 0)
            return in.bytes + i;
    return NULL;
}

/* The label behind "charset=" or "encoding=" at `at`, lower-case. */
static bool read_label(const char *at, const char *end, char out[LABEL_MAX])
{
    while (at < end && *at != '=' && *at != '>')
        at++;
    if (at >= end || *at != '=')
        return false;
    at++;
    while (at < end && (*at == ' ' || *at == '"' || *at == '\''))
        at++;
    size_t length = 0;
    while (at < end && length < LABEL_MAX - 1 && *at != '"' && *at != '\'' &&
           *at != ' ' && *at != ';' && *at != '>' && *at != '/' && *at != '?') {
        char c = *at++;
        if (c >= 'A' && c <= 'Z')
            c = (char)((uint8_t)c | 0x20u);
        out[length++] = c;
    }
    out[length] = '\0';
    return length > 0;
}

static bool declared_label(osl_text bytes, char out[LABEL_MAX])
{
    osl_text head = {bytes.bytes, bytes.length < DECLARED_WITHIN
                                      ? bytes.length
                                      : (size_t)DECLARED_WITHIN};
    const char *end = head.bytes + head.length;
    if (head.length > 5 && memcmp(head.bytes, "<?xml", 5) == 0) {
        const char *close = memchr(head.bytes, '>', head.length);
        osl_text declaration = {head.bytes,
                                close ? (size_t)(close - head.bytes) : 0};
        const char *at = find_word(declaration, "encoding");
        if (at && read_label(at, close, out))
            return true;
    }
    const char *at = head.bytes;
    while ((at = find_word((osl_text){at, (size_t)(end - at)}, "<meta"))) {
        const char *close = memchr(at, '>', (size_t)(end - at));
        osl_text tag = {at, (size_t)((close ? close : end) - at)};
        const char *charset = find_word(tag, "charset");
        if (charset && read_label(charset, tag.bytes + tag.length, out))
            return true;
        at += 5;
    }
    return false;
}

static const char *encoding_of(char label[LABEL_MAX])
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(label, labels[i].label) == 0)
            return labels[i].encoding;
    return label;
}

static bool is_latin(const char *encoding)
{
    return strcasecmp(encoding, "windows-1252") == 0 ||
           strcasecmp(encoding, "iso-8859-15") == 0;
}

/* The encoding's name for iconv, and in *skip the length of its mark. */
static const char *sniff(osl_text bytes, char label[LABEL_MAX], size_t *skip)
{
    const uint8_t *b = (const uint8_t *)bytes.bytes;
    *skip = 0;
    if (bytes.length >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF) {
        *skip = 3;
        return "UTF-8";
    }
    if (bytes.length >= 2 &&
        ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF))) {
        *skip = 2;
        return b[0] == 0xFF ? "UTF-16LE" : "UTF-16BE";
    }
    bool is_valid = osl_utf8_valid(bytes) == bytes.length;
    if (!declared_label(bytes, label))
        return is_valid ? "UTF-8" : "WINDOWS-1252";
    const char *encoding = encoding_of(label);
    return is_valid && is_latin(encoding) ? "UTF-8" : encoding;
}

static void convert(iconv_t to, osl_text bytes, osl_buf *buf)
{
    char *in; /* iconv does not write to it, but does not say so */
    memcpy(&in, &bytes.bytes, sizeof in);
    size_t left = bytes.length;
    while (left > 0 && !buf->failed) {
        size_t room = left * 2 + 16;
        char *out = (char *)osl_buf_room(buf, room);
        if (!out)
            return;
        size_t spare = room;
        size_t result = iconv(to, &in, &left, &out, &spare);
        buf->length += room - spare;
        if (result != (size_t)-1 || errno == E2BIG)
            continue;
        osl_buf_put(buf, "\xEF\xBF\xBD", 3);
        in++;
        left--;
    }
}

/* iconv_open() fails with (iconv_t)-1. */
static bool is_no_converter(iconv_t to)
{
    return (intptr_t)to == -1;
}

bool osl_html_to_utf8(osl_text bytes, osl_buf *buf, osl_text *out)
{
    char label[LABEL_MAX];
    size_t skip;
    const char *encoding = sniff(bytes, label, &skip);
    bytes.bytes += skip;
    bytes.length -= skip;
    *out = bytes;
    if (strcasecmp(encoding, "UTF-8") == 0)
        return true;
    iconv_t to = iconv_open("UTF-8", encoding);
    if (is_no_converter(to)) /* an encoding that nobody knows */
        to = iconv_open("UTF-8", "WINDOWS-1252");
    if (is_no_converter(to))
        return errno != ENOMEM;
    convert(to, bytes, buf);
    (void)iconv_close(to);
    *out = osl_buf_text(buf);
    return !buf->failed;
}
