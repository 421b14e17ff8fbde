/* SPDX-License-Identifier: MIT
 *
 * One pass over the notation; groups in braces recurse, to a bounded depth.
 * A command that is not known is its own name ("\log", "\max"). */
#include "corpus/math.h"

#include <string.h>

#include "corpus/clean.h"

enum { DEPTH_MAX = 24, NAME_MAX = 24 };

typedef struct tex {
    const char *at, *end;
    const osl_math_marks *marks;
    osl_buf *out;
    unsigned depth;
} tex;

/* Sorted as they are looked for: one after the other; formulas are rare. */
static const struct {
    const char *name, *reads;
} symbols[] = {
    {"times", "×"},
    {"cdot", "·"},
    {"div", "÷"},
    {"pm", "±"},
    {"leq", "≤"},
    {"le", "≤"},
    {"geq", "≥"},
    {"ge", "≥"},
    {"leqslant", "≤"},
    {"geqslant", "≥"},
    {"neq", "≠"},
    {"ne", "≠"},
    {"approx", "≈"},
    {"sim", "~"},
    {"propto", "∝"},
    {"rightarrow", "→"},
    {"to", "→"},
    {"Rightarrow", "→"},
    {"longrightarrow", "→"},
    {"leftarrow", "←"},
    {"rightleftharpoons", "⇌"},
    {"uparrow", "↑"},
    {"downarrow", "↓"},
    {"infty", "∞"},
    {"alpha", "α"},
    {"beta", "β"},
    {"gamma", "γ"},
    {"delta", "δ"},
    {"Delta", "Δ"},
    {"epsilon", "ε"},
    {"eta", "η"},
    {"theta", "θ"},
    {"kappa", "κ"},
    {"lambda", "λ"},
    {"mu", "µ"},
    {"pi", "π"},
    {"rho", "ρ"},
    {"sigma", "σ"},
    {"Sigma", "Σ"},
    {"sum", "∑"},
    {"tau", "τ"},
    {"phi", "φ"},
    {"chi", "χ"},
    {"omega", "ω"},
    {"Omega", "Ω"},
    {"circ", "°"},
    {"degree", "°"},
    {"textdegree", "°"},
    {"ldots", "…"},
    {"dots", "…"},
    {"quad", " "},
    {"qquad", " "},
    {"left", ""},
    {"right", ""},
    {"displaystyle", ""},
    {"limits", ""},
    {"big", ""},
    {"Big", ""},
    {"hspace", ""},
    {"textsuperscript", ""},
};

/* Their argument is text as it is. */
static const char *const plain[] = {
    "text",         "mathrm", "textbf", "mathbf", "textit",
    "mathit",       "textrm", "mbox",   "rm",     "emph",
    "operatorname", "mathsf", "ce",     "boxed",  NULL};

static void put_all(tex *t);

static void put(tex *t, const char *text)
{
    osl_buf_put_text(t->out, osl_text_of(text));
}

/* The argument at t->at: a group, a command or a character. */
static osl_text take_argument(tex *t)
{
    while (t->at < t->end && osl_is_space(*t->at))
        t->at++;
    const char *from = t->at;
    if (t->at == t->end)
        return (osl_text){from, 0};
    if (*from == '\\') {
        t->at++;
        while (t->at < t->end && osl_is_alpha(*t->at))
            t->at++;
        return (osl_text){from, (size_t)(t->at - from)};
    }
    if (*from != '{') {
        t->at++;
        while (t->at < t->end && ((unsigned char)*t->at & 0xC0) == 0x80)
            t->at++;
        return (osl_text){from, (size_t)(t->at - from)};
    }
    size_t open = 0;
    for (; t->at < t->end; t->at++) {
        open += *t->at == '{';
        open -= *t->at == '}';
        if (open == 0)
            break;
    }
    osl_text inner = {from + 1, (size_t)(t->at - from) - 1};
    t->at += t->at < t->end;
    return inner;
}

static void put_part(tex *t, osl_text part)
{
    tex inner = {part.bytes, part.bytes + part.length, t->marks, t->out,
                 t->depth + 1};
    if (inner.depth < DEPTH_MAX)
        put_all(&inner);
    else
        osl_buf_put_text(t->out, part);
}

/* A sum or the like is put in brackets. */
static void put_factor(tex *t, osl_text part)
{
    size_t from = t->out->length;
    put_part(t, part);
    bool is_sum = false;
    for (size_t i = from; i < t->out->length && !is_sum; i++)
        is_sum = t->out->bytes[i] && strchr(" +-/", t->out->bytes[i]);
    if (!is_sum || t->out->failed)
        return;
    osl_buf_put(t->out, "()", 2); /* room, and the bracket that closes */
    if (t->out->failed)
        return;
    memmove(t->out->bytes + from + 1, t->out->bytes + from,
            t->out->length - 2 - from);
    t->out->bytes[from] = '(';
}

static bool is_plain(osl_text name)
{
    for (const char *const *one = plain; *one; one++)
        if (osl_text_equal(name, osl_text_of(*one)))
            return true;
    return false;
}

static bool ends_with(osl_text name, const char *end)
{
    size_t length = strlen(end);
    return name.length >= length &&
           memcmp(name.bytes + name.length - length, end, length) == 0;
}

/* A command of letters, whose name is taken. */
static void put_command(tex *t, osl_text name)
{
    if (ends_with(name, "frac") && name.length <= 5) {
        osl_text above = take_argument(t);
        put_factor(t, above);
        put(t, "/");
        put_factor(t, take_argument(t));
        return;
    }
    if (osl_text_equal(name, osl_text_of("sqrt"))) {
        put(t, "√");
        put_factor(t, take_argument(t));
        return;
    }
    if (osl_text_equal(name, osl_text_of("begin")) ||
        osl_text_equal(name, osl_text_of("end")) ||
        osl_text_equal(name, osl_text_of("label"))) {
        (void)take_argument(t);
        return;
    }
    if (is_plain(name)) {
        put_part(t, take_argument(t));
        return;
    }
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (osl_text_equal(name, osl_text_of(symbols[i].name))) {
            put(t, symbols[i].reads);
            return;
        }
    osl_buf_put_text(t->out, name);
}

static void take_backslash(tex *t)
{
    const char *from = ++t->at;
    while (t->at < t->end && osl_is_alpha(*t->at) && t->at - from < NAME_MAX)
        t->at++;
    if (t->at > from) {
        put_command(t, (osl_text){from, (size_t)(t->at - from)});
        return;
    }
    if (t->at == t->end)
        return;
    char sign = *t->at++; /* "\%" is '%', "\," a blank, "\\" a line's end */
    if (strchr(",;:\\ ", sign))
        put(t, " ");
    else if (sign != '!' && sign != '(' && sign != ')')
        osl_buf_put_byte(t->out, (uint8_t)sign);
}

static void take_script(tex *t)
{
    bool is_super = *t->at++ == '^';
    put(t, is_super ? t->marks->super_opens : t->marks->sub_opens);
    put_part(t, take_argument(t));
    put(t, is_super ? t->marks->super_closes : t->marks->sub_closes);
}

static void put_all(tex *t)
{
    while (t->at < t->end) {
        char c = *t->at;
        if (c == '\\')
            take_backslash(t);
        else if (c == '^' || c == '_')
            take_script(t);
        else if (c == '{' || c == '}' || c == '&')
            t->at++;
        else
            osl_buf_put_byte(t->out, (uint8_t)(*t->at++ == '~' ? ' ' : c));
    }
}

void osl_math_text(osl_text text, const osl_math_marks *marks, osl_buf *out)
{
    tex t = {text.bytes, text.bytes + text.length, marks, out, 0};
    put_all(&t);
}
