/* SPDX-License-Identifier: MIT */
/* blueroom run: runs scenario scripts. */
#define _XOPEN_SOURCE 700
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "engine/scenario.h"
#include "engine/watchdog.h"
#include "output.h"

enum { WATCHDOG_S = 30 };

struct request {
    struct scenario_options options;
    bool verbose;
    bool colour;
    bool warned; /* of trouble that a scenario went on with */
    unsigned watchdog_s;
    struct vitals vitals;
    const char *script; /* the one that runs */
};

static void help(void)
{
    fputs("usage: blueroom run [OPTIONS] SCRIPT...\n\n"
          "Runs every scenario of the scripts, each in a room of its own, and prints PASS or FAIL\n"
          "and its name. What went wrong goes to standard error.\n\n"
          "  --seed N      what all chance derives from (0 unless told otherwise)\n"
          "  --trace DIR   write DIR/<script>/<device>.btsnoop; for a script with several\n"
          "                scenarios DIR/<script>/<number>-<name>/<device>.btsnoop\n"
          "  --air         with --trace: the air beside them, decoded in air.pcap and as it was\n"
          "                sent, encrypted PDUs as ciphertext, in air-raw.pcap\n"
          "  --bonds DIR   what devices remember of pairings lasts in DIR/<script>/<device>.bonds,\n"
          "                for scenarios and runs to come\n"
          "  --watchdog S  give up when nothing moves for S seconds of wall time (30)\n"
          "  -v, --verbose what scripts log, and figures\n"
          "  -h, --help    this text\n\n"
          "Exit status: 0 all passed, 1 an expectation failed, 2 trouble: a script that does not\n"
          "run, a limit, a trace or bonds that cannot be read or written. Trouble leaves no trace file; a failure\n"
          "leaves those that led to it.\n",
          stdout);
}

/* Sent, and what those who listened got of it; reasons that nothing had are left out. */
static void put_radio(const struct radio_stats *radio)
{
    printf("      radio: %" PRIu64 " sent", radio->sent);
    for (int verdict = 0; verdict < RADIO_VERDICTS; verdict++)
        if (radio->verdict[verdict])
            printf(", %" PRIu64 " %s", radio->verdict[verdict],
                   radio_verdict_name((enum radio_verdict)verdict));
    putchar('\n');
}

static void report(void *user, const struct scenario_report *report)
{
    const struct request *request = user;
    const bool passed = report->result == SCENARIO_PASSED;

    if (report->name) {
        if (request->colour)
            fputs(passed ? "\033[32m" : "\033[31m", stdout);
        fputs(passed ? "PASS" : "FAIL", stdout);
        if (request->colour)
            fputs("\033[0m", stdout);
        fputs("  ", stdout);
        put_plain(stdout, report->name);
        if (request->verbose)
            printf("  (%" PRIu64 ".%03" PRIu64 " s, %" PRIu64 " events)", report->ended / SIM_S(1),
                   report->ended % SIM_S(1) / SIM_MS(1), report->events);
        fputc('\n', stdout);
        if (request->verbose)
            put_radio(&report->radio);
    }
    /* In their order, wherever the two go. */
    fflush(stdout);
    put_plain(stderr, report->text);
}

static void warn(void *user, const char *text)
{
    struct request *request = user;

    request->warned = true;
    fflush(stdout);
    put_plain(stderr, text);
}

static void log_line(void *user, const char *line)
{
    (void)user;
    put_plain(stderr, line);
    fputc('\n', stderr);
}

/* In the watchdog's thread, while the other may hold any lock: only what needs none of those. */
static void hung(void *user)
{
    struct request *request = user;
    const char *slash = strrchr(request->script, '/');
    char folder[1024] = "", place[VITALS_PLACE_SIZE];

    /* Places have no folder: see report.c. */
    if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash + 1 - request->script),
                 request->script);
    vitals_place(&request->vitals, place);
    vitals_end(&request->vitals);
    const char *const parts[] = {
        *place ? folder : "",
        *place ? place : request->script,
        ": a call has not returned, and was ended by the watchdog (a pathological pattern?)\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
            break;
    _exit(CLI_TROUBLE);
}

/* CLI_OK, or the status to end with; *done when there is nothing left to do. */
static int read_options(int argc, char **argv, struct request *request, bool *done)
{
    static const struct option known[] = {
        {"air", no_argument, NULL, 'a'},
        {"bonds", required_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},
        {"seed", required_argument, NULL, 's'},
        {"trace", required_argument, NULL, 't'},
        {"verbose", no_argument, NULL, 'v'},
        {"watchdog", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    uint64_t seconds;

    *done = false;
    optind = 1;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":hv", known, NULL)) != -1;)
        switch (option) {
        case 'a':
            request->options.air = true;
            break;
        case 'b':
            request->options.bonds_dir = optarg;
            break;
        case 'h':
            help();
            *done = true;
            return CLI_OK;
        case 's':
            if (cli_read_number("run", optarg, "--seed", UINT64_MAX, &request->options.seed))
                return CLI_TROUBLE;
            break;
        case 't':
            request->options.trace_dir = optarg;
            break;
        case 'v':
            request->verbose = true;
            break;
        case 'w':
            if (cli_read_number("run", optarg, "--watchdog", 86400, &seconds))
                return CLI_TROUBLE;
            request->watchdog_s = (unsigned)seconds;
            break;
        case ':':
            return cli_trouble("run", "%s needs a value", argv[optind - 1]);
        default:
            return cli_trouble("run", "no option '%s'; see blueroom run --help", argv[optind - 1]);
        }
    if (optind == argc)
        return cli_trouble("run", "no script; see blueroom run --help");
    if (request->options.trace_dir && !*request->options.trace_dir)
        return cli_trouble("run", "--trace: the folder has no name");
    if (request->options.bonds_dir && !*request->options.bonds_dir)
        return cli_trouble("run", "--bonds: the folder has no name");
    if (request->options.air && !request->options.trace_dir)
        return cli_trouble("run", "--air goes with --trace DIR");
    return CLI_OK;
}

/* Two scripts of one name would overwrite each other's traces, or take each other's bonds. */
static int check_names(int argc, char **argv, const char *what)
{
    char name[128], other[128];

    for (int i = optind; i < argc; i++) {
        scenario_trace_name(argv[i], name);
        for (int k = i + 1; k < argc; k++) {
            scenario_trace_name(argv[k], other);
            if (strcmp(name, other) == 0)
                return cli_trouble("run", "%s and %s would write their %s to one folder", argv[i],
                                   argv[k], what);
        }
    }
    return CLI_OK;
}

static int run(int argc, char **argv)
{
    struct request request = {.watchdog_s = WATCHDOG_S};
    struct watchdog *watchdog = NULL;
    int status = CLI_OK;
    bool done;

    if (read_options(argc, argv, &request, &done) != CLI_OK)
        return CLI_TROUBLE;
    if (done)
        return CLI_OK;
    if (request.options.trace_dir && check_names(argc, argv, "traces") != CLI_OK)
        return CLI_TROUBLE;
    if (request.options.bonds_dir && check_names(argc, argv, "bonds") != CLI_OK)
        return CLI_TROUBLE;
    request.colour = isatty(STDOUT_FILENO);
    request.options.vitals = &request.vitals;
    request.options.report = report;
    request.options.warn = warn;
    request.options.log = request.verbose ? log_line : NULL;
    request.options.user = &request;
    for (int i = optind; i < argc; i++) {
        request.script = argv[i];
        if (request.watchdog_s)
            watchdog = watchdog_start(&request.vitals.beats, request.watchdog_s, hung, &request);
        const enum scenario_result result = scenario_run_file(argv[i], &request.options);
        watchdog_stop(watchdog);
        watchdog = NULL;
        const int outcome = result == SCENARIO_PASSED   ? CLI_OK
                            : result == SCENARIO_FAILED ? CLI_FAILED
                                                        : CLI_TROUBLE;
        if (outcome > status)
            status = outcome;
    }
    return request.warned && status < CLI_TROUBLE ? CLI_TROUBLE : status;
}

const struct cli_command cli_run = {"run", "run scenario scripts", run};
