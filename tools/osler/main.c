/* SPDX-License-Identifier: MIT
 *
 * The command `osler`: one table of subcommands, one file each. A new one is
 * a file, a line here and one in command.h. */
#include "tools/osler/command.h"

#include "core/base/cpu.h"
#include "tools/osler/output.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const osl_command *const osl_commands[] = {
    &osl_command_index,
    &osl_command_search,
    &osl_command_show,
    &osl_command_stats,
    &osl_command_suggest,
    &osl_command_batch,
    &osl_command_eval,
    &osl_command_bench,
    &osl_command_check,
    &osl_command_diff,
    NULL,
};

static const osl_command *command_by_name(const char *name)
{
    for (size_t i = 0; osl_commands[i]; i++)
        if (strcmp(osl_commands[i]->name, name) == 0)
            return osl_commands[i];
    return NULL;
}

static void print_usage(FILE *to)
{
    (void)fputs(
        "osler: ranked phrase search over clinical guideline text\n\n"
        "  osler index GUIDELINES/             files and folders, any format\n"
        "  osler search relapse bone marrow    the best paragraphs first\n"
        "  osler search '\"isolated CNS relapse\" HSCT'\n\n"
        "usage: osler COMMAND [OPTION]... [ARG]...\n\n",
        to);
    for (size_t i = 0; osl_commands[i]; i++)
        (void)fprintf(to, "  %-8s  %s\n", osl_commands[i]->name,
                      osl_commands[i]->summary);
    (void)fputs("\nosler COMMAND --help says more; osler --version\n", to);
}

/* "osler 0.1.0", then the level of kernels in use. */
static int print_version(void)
{
    osl_error err;
    osl_cpu_level level;
    if (osl_cpu_level_get(&level, &err) != OSL_OK) {
        osl_complain("%s", err.text);
        return OSL_EXIT_USAGE;
    }
    printf("osler %s\nkernels: %s\n", osl_version(), osl_cpu_level_name(level));
    return OSL_EXIT_FOUND;
}

static int help(int argc, char **argv)
{
    const osl_command *command = argc > 2 ? command_by_name(argv[2]) : NULL;
    if (command)
        osl_help_print(command);
    else
        print_usage(stdout);
    return OSL_EXIT_FOUND;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return OSL_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0)
        return print_version();
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help(argc, argv);
    const osl_command *command = command_by_name(argv[1]);
    if (!command) {
        osl_complain("there is no command '%s'; see: osler --help", argv[1]);
        return OSL_EXIT_USAGE;
    }
    return command->run(command, argc - 1, argv + 1);
}

static void leave(int signal)
{
    (void)signal;
    _exit(OSL_EXIT_INTERRUPTED);
}

/* Of a mapped file, what is no longer there, or what the disk does not give,
 * cannot be told in another way. */
static void leave_unread(int signal)
{
    static const char words[] =
        "osler: a file was cut short while it was read, or the disk cannot "
        "read it; of the index, osler check tells which\n";
    (void)signal;
    (void)!write(STDERR_FILENO, words, sizeof words - 1);
    _exit(OSL_EXIT_FAILED);
}

/* A reader of our output that goes away ends us silently, also where the
 * parent had the signal ignored; interrupting ends with the shell's code. A
 * file that may not grow is an error of the write, with words. */
static bool set_signals(void)
{
    struct sigaction quietly = {.sa_handler = SIG_DFL};
    struct sigaction interrupted = {.sa_handler = leave};
    struct sigaction told = {.sa_handler = SIG_IGN};
    struct sigaction unread = {.sa_handler = leave_unread};
    return sigaction(SIGPIPE, &quietly, NULL) == 0 &&
           sigaction(SIGXFSZ, &told, NULL) == 0 &&
           sigaction(SIGBUS, &unread, NULL) == 0 &&
           sigaction(SIGINT, &interrupted, NULL) == 0;
}

/* A standard stream that the parent closed gives its number to the next file
 * that is opened: what is said would go into the index, and the index would be
 * read for standard input. What holds the number instead can do neither. */
static bool hold_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", mode) != fd)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (!hold_streams() || !set_signals())
        return OSL_EXIT_FAILED;
    int code = run(argc, argv);
    return osl_output_end() ? code : OSL_EXIT_FAILED;
}
