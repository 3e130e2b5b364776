/* SPDX-License-Identifier: MIT */
/* Runs the text of a scenario script and keeps what it came to. */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include "engine/scenario.h"

struct script_run {
    struct scenario_options options; /* after init: seed 1, few instructions, no traces */
    const char *lib_dir;
    enum scenario_result result; /* the worst */
    unsigned reports;
    char text[8192];  /* the reasons of all reports */
    char log[8192];   /* the script's lines, without time */
    char names[1024]; /* "PASS a\nFAIL b\n" */
    sim_ns ended;
};

void script_run_init(struct script_run *run);
/* As the file "test.lua". */
void script_run_text(struct script_run *run, const char *text);

/* A row of a table of scripts; the script is a scenario's body, or a whole file with `whole`. */
struct script_row {
    const char *name;
    const char *script;
    enum scenario_result result;
    const char *expected; /* the beginning of the reasons, or the whole log when it passes */
    bool whole;
};

/* Passes with that log. */
#define GOOD(name, script, log)                                                                    \
    {                                                                                              \
        name, script, SCENARIO_PASSED, log, false                                                  \
    }
/* Trouble, or an expectation not met, with that text. */
#define BAD_TEXT(name, script, text)                                                               \
    {                                                                                              \
        name, script, SCENARIO_TROUBLE, text, false                                                \
    }
#define FAIL_TEXT(name, script, text)                                                              \
    {                                                                                              \
        name, script, SCENARIO_FAILED, text, false                                                 \
    }
/* The same, seen in the first line of the script. */
#define BAD(name, script, text)  BAD_TEXT(name, script, "test.lua:1: " text)
#define FAIL(name, script, text) FAIL_TEXT(name, script, "test.lua:1: " text)

/* A cmocka test whose initial state is a struct script_row. */
void script_test_row(void **state);

#endif
