/* SPDX-License-Identifier: MIT */
#include "tools/osler/options.h"

#include "core/base/file.h"
#include "tools/osler/output.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const osl_option common_options[] = {
    {"index", 'i', "DIR", "the index folder (else $OSLER_INDEX, else .osler)",
     OSL_OPTION_TEXT, offsetof(osl_common, index)},
    {"threads", 'j', "N", "threads (default: processors, at most 8)",
     OSL_OPTION_COUNT, offsetof(osl_common, threads)},
    {"quiet", 'q', NULL, "say nothing but results and errors", OSL_OPTION_FLAG,
     offsetof(osl_common, quiet)},
    {"verbose", 'v', NULL, "say more", OSL_OPTION_FLAG,
     offsetof(osl_common, verbose)},
    {"json", 0, NULL, "one JSON object a line on standard output",
     OSL_OPTION_FLAG, offsetof(osl_common, json)},
    {"color", 0, "auto|always|never", "colour (auto: on a terminal)",
     OSL_OPTION_CHOICE, offsetof(osl_common, color)},
    {"help", 0, NULL, "this text", OSL_OPTION_FLAG, offsetof(osl_common, help)},
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

void osl_list_clear(osl_list *list)
{
    free(list->items);
    *list = (osl_list){0};
}

void osl_common_clear(osl_common *common)
{
    osl_buf_clear(&common->config);
}

static bool name_is(const osl_option *option, osl_text name)
{
    return osl_text_equal(osl_text_of(option->name), name);
}

const osl_option *osl_option_by_name(const osl_command *command, osl_text name)
{
    for (const osl_option *o = command->options; o->name; o++)
        if (name_is(o, name))
            return o;
    for (const osl_option *o = common_options; o->name; o++)
        if (name_is(o, name))
            return o;
    return NULL;
}

static const osl_option *option_by_letter(const osl_command *command,
                                          char letter)
{
    for (const osl_option *o = command->options; o->name; o++)
        if (o->letter == letter)
            return o;
    for (const osl_option *o = common_options; o->name; o++)
        if (o->letter == letter)
            return o;
    return NULL;
}

/* ---- values ------------------------------------------------------------ */

static bool parse_count(const char *word, uint64_t limit, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(word, &end, 10);
    if (!isdigit((unsigned char)*word) || *end || errno || value > limit)
        return false;
    *out = value;
    return true;
}

static bool parse_bytes(const char *word, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(word, &end, 10);
    if (!isdigit((unsigned char)*word) || errno)
        return false;
    static const char units[] = "KMG";
    unsigned shift = 0;
    const char *unit =
        *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (unit) {
        shift = 10 * (unsigned)(unit - units + 1);
        end++;
        if (*end == 'B' || *end == 'b')
            end++;
    }
    if (*end || value > UINT64_MAX >> shift)
        return false;
    *out = value << shift;
    return true;
}

static bool parse_real(const char *word, double *out)
{
    /* The program never leaves the C locale: the point is a point. */
    char *end;
    errno = 0;
    double value = strtod(word, &end);
    if ((!isdigit((unsigned char)*word) && *word != '.') || *end || errno ||
        !(value >= 0 && value < 1e9))
        return false;
    *out = value;
    return true;
}

static bool parse_choice(const char *choices, const char *word, int *out)
{
    size_t length = strlen(word);
    int n = 0;
    for (const char *at = choices; at; n++) {
        const char *stop = strchr(at, '|');
        size_t wide = stop ? (size_t)(stop - at) : strlen(at);
        if (wide == length && memcmp(at, word, length) == 0) {
            *out = n;
            return true;
        }
        at = stop ? stop + 1 : NULL;
    }
    return false;
}

static osl_status add_to_list(osl_list *list, const char *word, osl_error *err)
{
    if (!osl_grow(&list->items, &list->capacity, list->count + 1,
                  sizeof *list->items))
        return osl_fail(err, OSL_ENOMEM, "out of memory");
    list->items[list->count++] = word;
    return OSL_OK;
}

static osl_status refuse_later(const osl_option *option, const char *word,
                               osl_error *err)
{
    if (option->value && strcmp(option->value, word) == 0)
        return OSL_OK;
    return osl_fail(err, OSL_EINVAL, "--%s%s%s is not in this version",
                    option->name, option->value ? " " : "",
                    option->value ? word : "");
}

static osl_status bad_value(const osl_option *option, const char *word,
                            osl_error *err)
{
    return osl_fail(err, OSL_EINVAL, "--%s %s: '%s' is none", option->name,
                    option->value, word);
}

osl_status osl_option_set(const osl_option *option, const char *word,
                          void *settings, osl_error *err)
{
    void *into = (char *)settings + option->offset;
    uint64_t count = 0;
    if (!word && option->value)
        return osl_fail(err, OSL_EINVAL, "--%s needs a value: --%s %s",
                        option->name, option->name, option->value);
    if (!word)
        word = "";
    switch (option->kind) {
    case OSL_OPTION_FLAG:
        *(bool *)into = true;
        return OSL_OK;
    case OSL_OPTION_TEXT:
        *(const char **)into = word;
        return OSL_OK;
    case OSL_OPTION_COUNT:
        if (!parse_count(word, 1000000000, &count))
            return bad_value(option, word, err);
        *(unsigned *)into = (unsigned)count;
        return OSL_OK;
    case OSL_OPTION_BYTES:
        return parse_bytes(word, into) ? OSL_OK : bad_value(option, word, err);
    case OSL_OPTION_REAL:
        return parse_real(word, into) ? OSL_OK : bad_value(option, word, err);
    case OSL_OPTION_CHOICE:
        return parse_choice(option->value, word, into)
                   ? OSL_OK
                   : bad_value(option, word, err);
    case OSL_OPTION_LIST:
        return add_to_list(into, word, err);
    case OSL_OPTION_LATER:
        break;
    }
    return refuse_later(option, word, err);
}

/* ---- the command line -------------------------------------------------- */

typedef struct parser {
    const osl_command *command;
    void *settings;
    int argc, at;
    char **argv;
    osl_error *err;
} parser;

/* The option's value: what stands behind it, else the next argument. */
static osl_status take_value(parser *p, const osl_option *option,
                             const char *behind)
{
    if (behind)
        return osl_option_set(option, behind, p->settings, p->err);
    /* argv ends with NULL, which is no value. */
    return osl_option_set(option, p->argv[++p->at], p->settings, p->err);
}

static osl_status take_long(parser *p, const char *word)
{
    const char *equals = strchr(word, '=');
    osl_text name = {word, equals ? (size_t)(equals - word) : strlen(word)};
    const osl_option *option = osl_option_by_name(p->command, name);
    if (!option)
        return osl_fail(
            p->err, OSL_EINVAL, "%s has no option --%.*s; see: osler %s --help",
            p->command->name, (int)name.length, name.bytes, p->command->name);
    if (option->value)
        return take_value(p, option, equals ? equals + 1 : NULL);
    if (equals)
        return osl_fail(p->err, OSL_EINVAL, "--%s takes no value",
                        option->name);
    return osl_option_set(option, NULL, p->settings, p->err);
}

static osl_status take_letters(parser *p, const char *letters)
{
    osl_status status = OSL_OK;
    while (*letters && status == OSL_OK) {
        const osl_option *option = option_by_letter(p->command, *letters);
        if (!option)
            return osl_fail(p->err, OSL_EINVAL,
                            "%s has no option -%c; see: osler %s --help (words "
                            "that begin with - come after --)",
                            p->command->name, *letters, p->command->name);
        letters++;
        if (option->value)
            return take_value(p, option, *letters ? letters : NULL);
        status = osl_option_set(option, NULL, p->settings, p->err);
    }
    return status;
}

/* Words are moved to the front of argv, behind the command's name. */
static osl_status parse_arguments(parser *p, osl_words *words)
{
    osl_status status = OSL_OK;
    bool open = true;
    words->items = p->argv + 1;
    for (p->at = 1; p->at < p->argc && status == OSL_OK; p->at++) {
        char *word = p->argv[p->at];
        if (open && strcmp(word, "--") == 0) {
            open = false;
        } else if (open && strncmp(word, "--", 2) == 0) {
            status = take_long(p, word + 2);
        } else if (open && word[0] == '-' && word[1]) {
            status = take_letters(p, word + 1);
        } else {
            words->items[words->count++] = word;
            open = open && !p->command->options_first;
        }
    }
    return status;
}

/* ---- the configuration file -------------------------------------------- */

static bool config_path(char *path, size_t size)
{
    const char *folder = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int length = -1;
    if (folder && *folder == '/')
        length = snprintf(path, size, "%s/osler/config", folder);
    else if (home && *home == '/')
        length = snprintf(path, size, "%s/.config/osler/config", home);
    return length > 0 && (size_t)length < size;
}

static char *trimmed(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool known_to_any_command(const char *name)
{
    for (size_t i = 0; osl_commands[i]; i++)
        if (osl_option_by_name(osl_commands[i], osl_text_of(name)))
            return true;
    return false;
}

static osl_status set_flag_from_config(const osl_option *option,
                                       const char *word, void *settings,
                                       osl_error *err)
{
    bool on = strcmp(word, "yes") == 0 || strcmp(word, "true") == 0;
    if (!on && strcmp(word, "no") != 0 && strcmp(word, "false") != 0)
        return osl_fail(err, OSL_EINVAL, "%s: yes or no, not '%s'",
                        option->name, word);
    if (option->kind == OSL_OPTION_FLAG)
        *(bool *)((char *)settings + option->offset) = on;
    return OSL_OK;
}

static osl_status take_config_line(const osl_command *command, char *line,
                                   void *settings, osl_error *err)
{
    line = trimmed(line);
    if (!*line || *line == '#')
        return OSL_OK;
    char *equals = strchr(line, '=');
    if (!equals)
        return osl_fail(err, OSL_EINVAL, "'%s' is not: option = value", line);
    *equals = '\0';
    char *name = trimmed(line), *value = trimmed(equals + 1);
    const osl_option *option = osl_option_by_name(command, osl_text_of(name));
    if (option)
        return option->value
                   ? osl_option_set(option, value, settings, err)
                   : set_flag_from_config(option, value, settings, err);
    if (known_to_any_command(name))
        return OSL_OK;
    return osl_fail(err, OSL_EINVAL, "no command has an option '%s'", name);
}

/* Lines `option = value`; options of other commands are passed over. The
 * bytes stay in common->config, since settings point into them. */
static osl_status read_config(const osl_command *command, osl_common *common,
                              osl_error *err)
{
    char path[4096];
    osl_map map;
    osl_error words;
    if (!config_path(path, sizeof path))
        return OSL_OK;
    osl_status status = osl_map_open(&map, path, &words);
    /* Another's home, where $HOME was kept: no configuration of ours. */
    if (status == OSL_ENOTFOUND || (status == OSL_EIO && access(path, R_OK) &&
                                    (errno == EACCES || errno == ENOTDIR)))
        return OSL_OK;
    if (status != OSL_OK)
        return osl_fail(err, status, "%s", words.text);
    if (map.length)
        osl_buf_put(&common->config, map.bytes, map.length);
    osl_buf_put_byte(&common->config, '\0');
    osl_map_close(&map);
    status = osl_buf_status(&common->config, "the configuration", err);
    unsigned number = 0;
    char *line = (char *)common->config.bytes;
    while (line && status == OSL_OK) {
        char *stop = strchr(line, '\n');
        if (stop)
            *stop++ = '\0';
        number++;
        if (take_config_line(command, line, common, &words) != OSL_OK)
            status = osl_fail(err, OSL_EINVAL, "%s:%u: %s", path, number,
                              words.text);
        line = stop;
    }
    return status;
}

bool osl_options_parse(const osl_command *command, int argc, char **argv,
                       void *settings, osl_words *words, int *exit_code)
{
    osl_error err = {0};
    osl_common *common = settings;
    *words = (osl_words){0};
    osl_status status = read_config(command, common, &err);
    parser p = {command, settings, argc, 0, argv, &err};
    if (status == OSL_OK)
        status = parse_arguments(&p, words);
    if (status == OSL_OK && !common->help)
        return true;
    if (status == OSL_OK) {
        osl_help_print(command);
        *exit_code = OSL_EXIT_FOUND;
    } else {
        osl_complain("%s", err.text);
        *exit_code = status == OSL_EINVAL ? OSL_EXIT_USAGE : OSL_EXIT_FAILED;
    }
    return false;
}

/* ---- help -------------------------------------------------------------- */

static void print_option(const osl_command *command, const osl_option *option)
{
    /* A command's own letter hides a common one. */
    char letter = option->letter;
    if (letter && option_by_letter(command, letter) != option)
        letter = 0;
    if (option->kind == OSL_OPTION_LATER)
        return;
    char left[80];
    (void)snprintf(left, sizeof left, "%c%c%s --%s%s%s", letter ? '-' : ' ',
                   letter ? letter : ' ', letter ? "," : " ", option->name,
                   option->value ? " " : "",
                   option->value ? option->value : "");
    if (strlen(left) > 28)
        printf("  %s\n  %28s  %s\n", left, "", option->help);
    else
        printf("  %-28s  %s\n", left, option->help);
}

void osl_help_print(const osl_command *command)
{
    printf("osler %s: %s\n\n%s\nusage: osler %s\n\n", command->name,
           command->summary, command->examples, command->synopsis);
    for (const osl_option *o = command->options; o->name; o++)
        print_option(command, o);
    if (command->options->name)
        printf("\n");
    for (const osl_option *o = common_options; o->name; o++)
        print_option(command, o);
    if (command->notes)
        printf("\n%s", command->notes);
}
