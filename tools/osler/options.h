/* SPDX-License-Identifier: MIT
 *
 * Options as tables: a command lists its own, and parsing, --help, the
 * defaults of the configuration file, and the tests of manual pages and
 * completions all read the table.
 *
 * A command's settings are a struct of its own whose first member is
 * osl_common; an option says with offsetof() where its value goes. */
#ifndef OSL_TOOLS_OSLER_OPTIONS_H
#define OSL_TOOLS_OSLER_OPTIONS_H

#include "core/base/buf.h"
#include "core/core.h"

typedef enum osl_option_kind {
    OSL_OPTION_FLAG,   /* bool */
    OSL_OPTION_TEXT,   /* const char *, borrowed from argv or the config */
    OSL_OPTION_COUNT,  /* unsigned */
    OSL_OPTION_BYTES,  /* uint64_t: a number with K, M or G behind it */
    OSL_OPTION_REAL,   /* double, not negative */
    OSL_OPTION_CHOICE, /* int: which of the words of `value`, from 0 */
    OSL_OPTION_LIST,   /* osl_list: may be given many times */
    OSL_OPTION_LATER   /* the contract has it, this version only accepts the
                        * word `value`, if any */
} osl_option_kind;

typedef struct osl_option {
    const char *name;  /* without "--" */
    char letter;       /* or 0 */
    const char *value; /* "DIR", "auto|always|never"; NULL for a flag */
    const char *help;
    osl_option_kind kind;
    size_t offset; /* in the command's settings */
} osl_option;

typedef struct osl_list {
    const char **items; /* owns the array, borrows the strings */
    size_t count, capacity;
} osl_list;
void osl_list_clear(osl_list *list);

enum { OSL_COLOR_AUTO, OSL_COLOR_ALWAYS, OSL_COLOR_NEVER };

/* What every command has. All zero is the default. */
typedef struct osl_common {
    const char *index; /* NULL: see osl_place_find() */
    unsigned threads;  /* 0: processors, at most 8 */
    bool quiet, verbose, json, help;
    int color;
    osl_buf config; /* owns the bytes that settings may point into */
} osl_common;

/* How a command ends, for the shell. */
enum {
    OSL_EXIT_FOUND = 0,
    OSL_EXIT_NOTHING = 1,
    OSL_EXIT_USAGE = 2,
    OSL_EXIT_FAILED = 3,
    OSL_EXIT_INTERRUPTED = 130
};

typedef struct osl_command {
    const char *name;
    const char *summary;       /* a line for osler --help */
    const char *synopsis;      /* "search [OPTION]... QUERY..." */
    const char *examples;      /* lines, shown first by --help */
    const osl_option *options; /* its own; ends with a NULL name */
    const char *notes;         /* shown last by --help, or NULL */
    /* Options end at the first word that is none (search). */
    bool options_first;
    int (*run)(const struct osl_command *command, int argc, char **argv);
} osl_command;

/* The table of all commands in main.c; ends with NULL. */
extern const osl_command *const osl_commands[];

/* What is left of the arguments. */
typedef struct osl_words {
    char **items;
    size_t count;
} osl_words;

/* Reads the configuration file and argv[1 …] into `settings`, whose first
 * member is an osl_common. True: go on. False: *exit_code says how to end;
 * --help has been printed or the mistake said on stderr. Either way the
 * caller ends with osl_common_clear(). */
bool osl_options_parse(const osl_command *command, int argc, char **argv,
                       void *settings, osl_words *words, int *exit_code);
void osl_common_clear(osl_common *common);

/* The option with that name or letter, of the command or common to all; NULL
 * where there is none. */
const osl_option *osl_option_by_name(const osl_command *command, osl_text name);

/* Puts `word` ("" or NULL for a flag) where the option's value belongs. */
OSL_MUST_CHECK osl_status osl_option_set(const osl_option *option,
                                         const char *word, void *settings,
                                         osl_error *err);

void osl_help_print(const osl_command *command);

#endif
