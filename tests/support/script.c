/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(char *to, size_t size, const char *a, const char *b)
{
    const size_t len = strlen(to);

    snprintf(to + len, size - len, "%s%s", a, b);
}

static void report(void *user, const struct scenario_report *report)
{
    struct script_run *run = user;

    run->reports++;
    run->ended = report->ended;
    add(run->text, sizeof run->text, report->text, "");
    if (!report->name)
        return;
    add(run->names, sizeof run->names, report->result == SCENARIO_PASSED ? "PASS " : "FAIL ",
        report->name);
    add(run->names, sizeof run->names, "\n", "");
}

static void log_line(void *user, const char *line)
{
    struct script_run *run = user;
    const char *behind_time = strstr(line, " s  ");

    add(run->log, sizeof run->log, behind_time ? behind_time + 4 : line, "\n");
}

void script_run_init(struct script_run *run)
{
    *run = (struct script_run){.options = {.seed = 1, .max_instructions = 2000000}};
}

void script_run_text(struct script_run *run, const char *text)
{
    run->options.report = report;
    run->options.log = log_line;
    run->options.user = run;
    run->result = scenario_run_text("test.lua", text, strlen(text), run->lib_dir, &run->options);
}

void script_test_row(void **state)
{
    const struct script_row *row = *state;
    struct script_run run;
    char text[16384];

    script_run_init(&run);
    snprintf(text, sizeof text, row->whole ? "%s" : "scenario('test', function() %s\nend)",
             row->script);
    script_run_text(&run, text);
    const bool passed = row->result == SCENARIO_PASSED;
    const char *came = passed && run.result == row->result ? run.log : run.text;
    if (run.result != row->result ||
        (passed ? strcmp(came, row->expected) != 0
                : strncmp(came, row->expected, strlen(row->expected)) != 0))
        fail_msg("result %d, expected %d\nexpected: %s\ncame: %s", (int)run.result,
                 (int)row->result, row->expected, came);
}
