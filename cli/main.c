/* SPDX-License-Identifier: MIT */
/* The program: picks the subcommand. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "io/serve.h"

static const struct cli_command *const commands[] = {&cli_run, &cli_dump, &cli_adv, &cli_serve};
#define COMMANDS (sizeof commands / sizeof commands[0])

static void help(FILE *out)
{
    fputs("usage: blueroom COMMAND [ARGUMENTS]\n\n"
          "A deterministic virtual Bluetooth room.\n\n"
          "commands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n"
          "  -h, --help     this text; `blueroom COMMAND --help` explains a command\n"
          "  -V, --version  the version, before a command or behind it\n",
          out);
}

int cli_trouble(const char *command, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "blueroom%s%s: ", command ? " " : "", command ? command : "");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return CLI_TROUBLE;
}

int cli_read_number(const char *command, const char *text, const char *option, uint64_t highest,
                    uint64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 0);
    if (errno || end == text || *end || text[0] == '-' || *number > highest)
        return cli_trouble(command, "%s: '%s' is no number from 0 to %" PRIu64, option, text,
                           highest);
    return CLI_OK;
}

bool cli_read_speed(const char *text, uint64_t *speed)
{
    char *end;

    *speed = 1;
    if (strcmp(text, "realtime") == 0)
        return true;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *speed = strtoull(text, &end, 10);
    return !errno && strcmp(end, "x") == 0 && *speed >= 1 && *speed <= SERVE_MAX_SPEED;
}

static int flushed(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return cli_trouble(NULL, "standard output: write error");
    return status;
}

int main(int argc, char **argv)
{
    /* A file that outgrows a limit is an error of that write, as on a full disk. */
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        help(stderr);
        return CLI_TROUBLE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(stdout);
        return flushed(CLI_OK);
    }
    /* The version is the program's, so `blueroom COMMAND --version` tells it as well. */
    const char *last = argv[argc > 2 ? 2 : 1];
    if (strcmp(last, "--version") == 0 || strcmp(last, "-V") == 0) {
        puts("blueroom " BLR_VERSION);
        return flushed(CLI_OK);
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return flushed(commands[i]->run(argc - 1, argv + 1));
    return cli_trouble(NULL, "no command '%s'; see blueroom --help", argv[1]);
}
