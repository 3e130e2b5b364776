/* SPDX-License-Identifier: MIT */
/* What main.c and the subcommands share: one thin file a subcommand. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdint.h>

enum cli_status {
    CLI_OK = 0,
    CLI_FAILED = 1,  /* the answer is no: an expectation failed, files differ */
    CLI_TROUBLE = 2, /* usage, files, scripts that do not run */
};

struct cli_command {
    const char *name;
    const char *summary; /* a line for `blueroom --help` */
    /* argv[0] is the command's name; handles --help itself. Returns enum cli_status. */
    int (*run)(int argc, char **argv);
};

extern const struct cli_command cli_adv, cli_dump, cli_run, cli_serve;

/* "blueroom NAME: text" on stderr; returns CLI_TROUBLE. */
int cli_trouble(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The number of an option, from 0 to highest. CLI_OK, or trouble that has been told. */
int cli_read_number(const char *command, const char *text, const char *option, uint64_t highest,
                    uint64_t *number);

/* How many times as fast as the wall's a clock is: "realtime", "10x". */
bool cli_read_speed(const char *text, uint64_t *speed);

#endif
