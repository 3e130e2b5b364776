/* SPDX-License-Identifier: MIT */
/* blueroom run: runs scenario scripts. */
#define _XOPEN_SOURCE 700
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "engine/scenario.h"
#include "engine/serve.h"
#include "engine/watchdog.h"
#include "io/serve.h"
#include "output.h"

enum { WATCHDOG_S = 30, MAX_CONTROLLERS = 64, MAX_SERIALS = 16 };

struct request {
    struct scenario_options options;
    bool verbose;
    bool colour;
    bool interrupted;
    bool warned; /* of trouble that a scenario went on with */
    unsigned watchdog_s;
    struct vitals vitals;
    const char *script; /* the one that runs */
    struct scenario_controller controllers[MAX_CONTROLLERS];
    char *controller_text[MAX_CONTROLLERS]; /* ours */
    struct scenario_serial serials[MAX_SERIALS];
    char *serial_text[MAX_SERIALS]; /* ours */
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
          "  --bonds DIR   what devices remember of pairings is in DIR/<script>/<device>.bonds,\n"
          "                for scenarios and runs to come\n"
          "  --controller DEVICE=WHERE\n"
          "                puts our host of that device on a controller outside, by HCI over H4:\n"
          "                unix:PATH       a socket, as of blueroom serve --unix or btvirt -s\n"
          "                tcp:HOST:PORT   a connection\n"
          "                pty:PATH        a terminal or a serial port, which is made raw\n"
          "                hci:N           this machine's hciN, by a user channel: it must be\n"
          "                                down\n"
          "                once for each such device; virtual time is then the wall's\n"
          "  --serial NAME=PATH\n"
          "                a serial port for scripts: BGAPIBackend { serial_port = \"NAME\" }\n"
          "                speaks to the dongle at PATH, as a link of blueroom serve --bgapi;\n"
          "                once for each such port; virtual time is then the wall's\n"
          "  --clock Nx    with --controller or --serial: virtual time passes N times as fast as\n"
          "                the wall's, for controllers that do so, too (realtime, which is 1x)\n"
          "  --watchdog S  give up when nothing moves for S seconds of wall time (30)\n"
          "  -v, --verbose what scripts log, and figures\n"
          "  -h, --help    this text\n\n"
          "Exit status: 0 all passed, 1 an expectation failed, 2 trouble: a script that does not\n"
          "run, a limit, a trace or bonds that cannot be read or written. Trouble leaves no trace\n"
          "file; a failure leaves those that led to it.\n",
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
            fputs(report->skipped ? "\033[33m" : passed ? "\033[32m" : "\033[31m", stdout);
        fputs(report->skipped ? "SKIP" : passed ? "PASS" : "FAIL", stdout);
        if (request->colour)
            fputs("\033[0m", stdout);
        fputs("  ", stdout);
        put_plain(stdout, report->name);
        if (report->skipped)
            printf("  (%s)", report->skipped);
        else if (request->verbose)
            printf("  (%" PRIu64 ".%03" PRIu64 " s, %" PRIu64 " events)", report->ended / SIM_S(1),
                   report->ended % SIM_S(1) / SIM_MS(1), report->events);
        fputc('\n', stdout);
        if (request->verbose && !report->skipped)
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

static void note(void *user, const char *text)
{
    (void)user;
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

/* --- controllers outside --- */

static int add_controller(struct request *request, const char *text)
{
    const size_t index = request->options.controller_count;
    char trouble[SERVE_TROUBLE_SIZE];

    if (index == MAX_CONTROLLERS)
        return cli_trouble("run", "more than %d controllers", MAX_CONTROLLERS);
    char *copy = strdup(text);
    if (!copy)
        return cli_trouble("run", "out of memory");
    request->controller_text[index] = copy;
    request->options.controller_count++;
    char *equals = strchr(copy, '=');
    if (equals)
        *equals = '\0';
    if (!equals || !served_name_good(copy))
        return cli_trouble("run", "--controller: '%s' does not begin with a device's name and =",
                           text);
    const struct scenario_controller added = {.device = copy, .where = equals + 1};
    if (serve_controller_check(added.where, trouble) != 0)
        return cli_trouble("run", "--controller: %s", trouble);
    for (size_t i = 0; i < index; i++) {
        const struct scenario_controller *other = &request->controllers[i];
        if (strcmp(other->device, added.device) == 0)
            return cli_trouble("run", "--controller: %s has two", added.device);
        if (strcmp(other->where, added.where) == 0 && serve_controller_is_one(added.where))
            return cli_trouble("run", "--controller: %s and %s are both at %s", other->device,
                               added.device, added.where);
    }
    request->controllers[index] = added;
    request->options.controllers = request->controllers;
    return CLI_OK;
}

/* --- serial ports outside --- */

/* NAME=PATH becomes NAME and "pty:PATH". */
static int add_serial(struct request *request, const char *text)
{
    const char *equals = strchr(text, '=');
    const size_t index = request->options.serial_count;
    const size_t name = equals ? (size_t)(equals - text) : 0;
    const size_t size = strlen(text) + sizeof "pty:";

    if (index == MAX_SERIALS)
        return cli_trouble("run", "more than %d serial ports", MAX_SERIALS);
    if (!name || !equals[1])
        return cli_trouble("run", "--serial: '%s' is not NAME=PATH", text);
    char *copy = malloc(size);
    if (!copy)
        return cli_trouble("run", "out of memory");
    snprintf(copy, size, "%.*s", (int)name, text);
    snprintf(copy + name + 1, size - name - 1, "pty:%s", equals + 1);
    request->serial_text[index] = copy;
    request->options.serial_count++;
    request->serials[index] = (struct scenario_serial){.name = copy, .where = copy + name + 1};
    request->options.serials = request->serials;
    for (size_t i = 0; i < index; i++) {
        const struct scenario_serial *other = &request->serials[i];
        if (strcmp(other->name, copy) == 0)
            return cli_trouble("run", "--serial: two ports are called '%s'", copy);
        if (strcmp(other->where, copy + name + 1) == 0)
            return cli_trouble("run", "--serial: %s and %s are both at %s", other->name, copy,
                               equals + 1);
    }
    return CLI_OK;
}

/* --- the command line --- */

static int check(const struct scenario_options *options)
{
    if (options->trace_dir && !*options->trace_dir)
        return cli_trouble("run", "--trace: the folder has no name");
    if (options->bonds_dir && !*options->bonds_dir)
        return cli_trouble("run", "--bonds: the folder has no name");
    if (options->air && !options->trace_dir)
        return cli_trouble("run", "--air goes with --trace DIR");
    if (options->speed && !options->controller_count && !options->serial_count)
        return cli_trouble("run",
                           "--clock goes with --controller DEVICE=WHERE or --serial NAME=PATH");
    return CLI_OK;
}

static int take_option(struct request *request, int option)
{
    struct scenario_options *options = &request->options;
    uint64_t seconds;

    switch (option) {
    case 'a':
        options->air = true;
        return CLI_OK;
    case 'b':
        options->bonds_dir = optarg;
        return CLI_OK;
    case 'c':
        if (cli_read_speed(optarg, &options->speed))
            return CLI_OK;
        return cli_trouble("run", "--clock: '%s' is neither realtime nor Nx (N from 1 to %u)",
                           optarg, SERVE_MAX_SPEED);
    case 'o':
        return add_controller(request, optarg);
    case 'r':
        return add_serial(request, optarg);
    case 's':
        return cli_read_number("run", optarg, "--seed", UINT64_MAX, &options->seed);
    case 't':
        options->trace_dir = optarg;
        return CLI_OK;
    case 'v':
        request->verbose = true;
        return CLI_OK;
    case 'w':
        if (cli_read_number("run", optarg, "--watchdog", 86400, &seconds))
            return CLI_TROUBLE;
        request->watchdog_s = (unsigned)seconds;
        return CLI_OK;
    default:
        return cli_trouble("run", "no option '%s'; see blueroom run --help", optarg);
    }
}

/* CLI_OK, or the status to end with; *done when there is nothing left to do. */
static int read_options(int argc, char **argv, struct request *request, bool *done)
{
    static const struct option known[] = {
        {"air", no_argument, NULL, 'a'},
        {"bonds", required_argument, NULL, 'b'},
        {"clock", required_argument, NULL, 'c'},
        {"controller", required_argument, NULL, 'o'},
        {"serial", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {"seed", required_argument, NULL, 's'},
        {"trace", required_argument, NULL, 't'},
        {"verbose", no_argument, NULL, 'v'},
        {"watchdog", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };

    *done = false;
    optind = 1;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":hv", known, NULL)) != -1;) {
        if (option == 'h') {
            help();
            *done = true;
            return CLI_OK;
        }
        if (option == ':')
            return cli_trouble("run", "%s needs a value", argv[optind - 1]);
        if (option == '?')
            optarg = argv[optind - 1];
        if (take_option(request, option))
            return CLI_TROUBLE;
    }
    if (optind == argc)
        return cli_trouble("run", "no script; see blueroom run --help");
    return check(&request->options);
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

static int run_scripts(struct request *request, int count, char **scripts)
{
    int status = CLI_OK;

    for (int i = 0; i < count && !request->interrupted; i++) {
        struct watchdog *watchdog = NULL;
        request->script = scripts[i];
        if (request->watchdog_s)
            watchdog = watchdog_start(&request->vitals.beats, request->watchdog_s, hung, request);
        const enum scenario_result result = scenario_run_file(scripts[i], &request->options);
        watchdog_stop(watchdog);
        const int outcome = result == SCENARIO_PASSED   ? CLI_OK
                            : result == SCENARIO_FAILED ? CLI_FAILED
                                                        : CLI_TROUBLE;
        if (outcome > status)
            status = outcome;
    }
    return request->warned && status < CLI_TROUBLE ? CLI_TROUBLE : status;
}

static int begin(struct request *request, int argc, char **argv)
{
    struct scenario_options *options = &request->options;
    bool done;

    if (read_options(argc, argv, request, &done) != CLI_OK)
        return CLI_TROUBLE;
    if (done)
        return CLI_OK;
    if (options->trace_dir && check_names(argc, argv, "traces") != CLI_OK)
        return CLI_TROUBLE;
    if (options->bonds_dir && check_names(argc, argv, "bonds") != CLI_OK)
        return CLI_TROUBLE;
    /* A controller that goes while it is written to is an error of that write. */
    if (options->controller_count || options->serial_count)
        signal(SIGPIPE, SIG_IGN);
    request->colour = isatty(STDOUT_FILENO);
    options->speed = options->speed ? options->speed : 1;
    options->interrupted = &request->interrupted;
    options->vitals = &request->vitals;
    options->report = report;
    options->warn = warn;
    options->note = note;
    options->log = request->verbose ? log_line : NULL;
    options->user = request;
    return run_scripts(request, argc - optind, argv + optind);
}

static int run(int argc, char **argv)
{
    struct request request = {.watchdog_s = WATCHDOG_S};
    const int status = begin(&request, argc, argv);

    for (size_t i = 0; i < request.options.controller_count; i++)
        free(request.controller_text[i]);
    for (size_t i = 0; i < request.options.serial_count; i++)
        free(request.serial_text[i]);
    return status;
}

const struct cli_command cli_run = {"run", "run scenario scripts", run};
