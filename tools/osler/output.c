/* SPDX-License-Identifier: MIT */
#include "tools/osler/output.h"

#include "core/base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tools/osler/options.h"

static bool is_control(uint32_t c)
{
    /* Also what turns the direction of text around. */
    return c < 0x20 || (c >= 0x7F && c < 0xA0) ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Words name files and what was typed, which may hold anything. They are
 * written at once: standard error has no buffer, and is others', too. */
void osl_complain(const char *format, ...)
{
    char words[8192], shown[3 * sizeof words + 16];
    size_t size = (size_t)snprintf(shown, sizeof shown, "osler: ");
    va_list arguments;
    va_start(arguments, format);
    (void)fflush(stdout);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    const char *at = words, *end = words + strlen(words);
    while (at < end) {
        unsigned length;
        uint32_t c = osl_utf8_get(at, end, &length);
        bool bad = c == OSL_UTF8_BAD || (is_control(c) && c != '\n');
        memcpy(shown + size, bad ? "\xEF\xBF\xBD" : at, bad ? 3 : length);
        size += bad ? 3 : length;
        at += length;
    }
    shown[size++] = '\n';
    (void)fwrite(shown, 1, size, stderr);
}

/* ---- the screen -------------------------------------------------------- */

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

static unsigned columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40)
        return 80;
    return size.ws_col > 120 ? 120 : size.ws_col;
}

osl_screen osl_screen_get(int color_choice)
{
    const char *term = getenv("TERM");
    bool terminal = isatty(STDOUT_FILENO) == 1;
    bool capable = terminal && term && *term && strcmp(term, "dumb") != 0;
    osl_screen screen = {0};
    screen.width = terminal ? columns() : 0;
    if (color_choice == OSL_COLOR_AUTO)
        screen.color = capable && !is_set("NO_COLOR");
    else
        screen.color = color_choice == OSL_COLOR_ALWAYS;
    /* The Linux console shows the escapes of links as text. */
    screen.links = capable && color_choice != OSL_COLOR_NEVER &&
                   strcmp(term, "linux") != 0;
    return screen;
}

/* ---- lines ------------------------------------------------------------- */

/* How a style begins: in colour, and what stands for it without; the latter
 * at its end, too. */
static const struct {
    const char *color, *open, *close;
} styles[] = {{"", "", ""},
              {"\033[1m", "", ""},
              {"\033[2m", "", ""},
              {"\033[1;33m", "**", "**"},
              {"\033[32m", "{+", "+}"},
              {"\033[9;31m", "[-", "-]"}};

/* Bytes that take no place: escapes, or the second byte of a character. */
static void put_hidden(osl_line *line, const char *bytes, size_t length)
{
    osl_buf_put(&line->bytes, bytes, length);
    for (size_t i = 0; i < length; i++)
        osl_buf_put_byte(&line->widths, 0);
}

static void put_shown(osl_line *line, const char *bytes, size_t length)
{
    osl_buf_put_byte(&line->bytes, (uint8_t)bytes[0]);
    osl_buf_put_byte(&line->widths, 1);
    put_hidden(line, bytes + 1, length - 1);
}

static void put_clean(osl_line *line, osl_text text)
{
    const char *at = text.bytes, *end = osl_text_end(text);
    while (at < end) {
        unsigned length;
        uint32_t c = osl_utf8_get(at, end, &length);
        if (c == '\n' || c == '\t' || c == '\r')
            put_shown(line, " ", 1);
        else if (c == OSL_UTF8_BAD || is_control(c))
            put_shown(line, "\xEF\xBF\xBD", 3);
        else
            put_shown(line, at, length);
        at += length;
    }
}

static void put_sign(osl_line *line, const char *sign)
{
    for (; *sign; sign++)
        put_shown(line, sign, 1);
}

static void begin_style(osl_line *line, osl_style style)
{
    if (line->screen->color)
        put_hidden(line, styles[style].color, strlen(styles[style].color));
    else
        put_sign(line, styles[style].open);
}

static void end_style(osl_line *line, osl_style style)
{
    if (line->screen->color && style != OSL_STYLE_PLAIN)
        put_hidden(line, "\033[0m", 4);
    else if (!line->screen->color)
        put_sign(line, styles[style].close);
}

void osl_line_text(osl_line *line, osl_style style, osl_text text)
{
    begin_style(line, style);
    put_clean(line, text);
    end_style(line, style);
}

void osl_line_printf(osl_line *line, osl_style style, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    osl_line_text(line, style, osl_text_of(text));
}

static bool is_url(osl_text url)
{
    if (url.length < 8 || url.length > 2000 ||
        memcmp(url.bytes, "http", 4) != 0)
        return false;
    for (size_t i = 0; i < url.length; i++)
        if (url.bytes[i] <= ' ' || url.bytes[i] > '~')
            return false;
    return true;
}

void osl_line_link(osl_line *line, osl_style style, osl_text text, osl_text url)
{
    bool link = line->screen->links && is_url(url);
    if (link) {
        put_hidden(line, "\033]8;;", 5);
        put_hidden(line, url.bytes, url.length);
        put_hidden(line, "\033\\", 2);
    }
    osl_line_text(line, style, text);
    if (link)
        put_hidden(line, "\033]8;;\033\\", 7);
}

/* Where the line that starts at `from` ends: at a blank before the limit, or
 * at the limit where there is none, or at the end. */
static size_t line_end(const osl_line *line, size_t from, unsigned limit)
{
    size_t blank = 0;
    unsigned shown = 0;
    for (size_t i = from; i < line->bytes.length; i++) {
        if (!line->widths.bytes[i])
            continue;
        if (line->bytes.bytes[i] == ' ')
            blank = i;
        if (shown++ == limit)
            return blank > from ? blank : i;
    }
    return line->bytes.length;
}

/* Whether a line had no memory, so that what was printed is not all. */
static bool was_lost;

static void empty(osl_line *line)
{
    was_lost |= line->bytes.failed || line->widths.failed;
    osl_buf_reset(&line->bytes);
    osl_buf_reset(&line->widths);
}

void osl_line_write(osl_line *line, FILE *to)
{
    if (!line->bytes.failed && line->bytes.length)
        (void)fwrite(line->bytes.bytes, 1, line->bytes.length, to);
    (void)fputc('\n', to);
    empty(line);
}

void osl_line_print(osl_line *line, unsigned indent, unsigned hang)
{
    bool whole = !line->bytes.failed && !line->widths.failed;
    unsigned width = line->screen->width;
    size_t at = 0, end = whole ? line->bytes.length : 0;
    while (at < end) {
        unsigned limit = width > indent + 20 ? width - indent : 20;
        size_t stop = width ? line_end(line, at, limit) : end;
        printf("%*s%.*s\n", (int)indent, "", (int)(stop - at),
               (const char *)line->bytes.bytes + at);
        at = stop + (stop < end && line->bytes.bytes[stop] == ' ');
        indent = hang;
    }
    empty(line);
}

void osl_line_clear(osl_line *line)
{
    osl_buf_clear(&line->bytes);
    osl_buf_clear(&line->widths);
}

/* ---- numbers ----------------------------------------------------------- */

const char *osl_format_count(char out[OSL_COUNT_SIZE], uint64_t count)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    size_t at = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *osl_format_bytes(char out[OSL_COUNT_SIZE], uint64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    unsigned unit = 0;
    while (value >= 999.95 && unit < 4) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(out, OSL_COUNT_SIZE, unit ? "%.1f %s" : "%.0f %s", value,
                   units[unit]);
    return out;
}

const char *osl_format_score(char out[OSL_COUNT_SIZE], uint32_t score,
                             unsigned places)
{
    uint64_t power = 1;
    for (unsigned i = 0; i < places; i++)
        power *= 10;
    uint64_t scaled = ((uint64_t)score * power + 32768) >> 16;
    (void)snprintf(out, OSL_COUNT_SIZE, "%" PRIu64 ".%0*" PRIu64,
                   scaled / power, (int)places, scaled % power);
    return out;
}

const char *osl_format_time(char out[OSL_COUNT_SIZE], uint64_t us)
{
    struct tm parts;
    time_t seconds = (time_t)(us / 1000000);
    *out = '\0';
    if (us > 0 && gmtime_r(&seconds, &parts) &&
        strftime(out, OSL_COUNT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        *out = '\0';
    return out;
}

bool osl_output_end(void)
{
    if (was_lost) {
        osl_complain("out of memory while printing");
        (void)fflush(stdout);
        return false;
    }
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (errno != EPIPE)
        osl_complain("cannot write to standard output: %s", strerror(errno));
    return false;
}
