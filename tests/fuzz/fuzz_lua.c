/* SPDX-License-Identifier: MIT */
/*
 * Any text as a scenario script, with small limits. Whatever it is, it must come to an answer:
 * passed, failed or trouble, with words for the latter two.
 *
 * Scripts that call for a pattern are left out: a pathological one is the watchdog's business, not
 * the sandbox's (STYLE knows no other wall clock).
 */
#include <stdlib.h>
#include <string.h>

#include "engine/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* C functions whose work no limit of instructions counts. */
static const char *const uncounted[] = {"find", "match", "gsub", "rep", "move", "__len"};

static bool is_uncounted(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof uncounted / sizeof uncounted[0]; i++) {
        const size_t len = strlen(uncounted[i]);
        for (size_t at = 0; at + len <= size; at++)
            if (memcmp(data + at, uncounted[i], len) == 0)
                return true;
    }
    return false;
}

static void check(void *user, const struct scenario_report *report)
{
    (void)user;
    if ((report->result == SCENARIO_PASSED) != (report->text[0] == '\0'))
        abort();
}

static void log_line(void *user, const char *line)
{
    size_t *octets = user;

    *octets += strlen(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t logged = 0;
    const struct scenario_options options = {
        .seed = 1,
        .max_instructions = 20000,
        .max_memory = 1 << 20,
        .max_time = SIM_S(2),
        .report = check,
        .log = log_line,
        .user = &logged,
    };

    if (!is_uncounted(data, size))
        scenario_run_text("fuzz.lua", (const char *)data, size, NULL, &options);
    return 0;
}
