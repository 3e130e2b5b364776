/* SPDX-License-Identifier: MIT */
/* blueroom serve: virtual controllers for other programs. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "engine/serve.h"
#include "output.h"
#include "wire/ll.h"

enum { MAX_ENDS = 256, PATIENCE_S = 40, MAX_PATIENCE_S = 1000000 };

struct request {
    struct room_serve_options options;
    struct served_end ends[MAX_ENDS];
    char *where[MAX_ENDS]; /* ours: an end's value up to the first comma */
    bool verbose;
};

static void help(void)
{
    fputs("usage: blueroom serve [OPTIONS] [ROOM.lua]\n\n"
          "Virtual controllers for other programs' hosts, by HCI over H4; each connection is a\n"
          "controller of its own. And virtual BGAPI dongles for programs that have a BLED112.\n"
          "Prints each end as it is open, then \"ready\"; Ctrl-C ends it.\n\n"
          "Ends, any number of them:\n"
          "  --tcp [ADDRESS:]PORT  TCP, on 127.0.0.1 unless told otherwise; port 0: any\n"
          "  --unix PATH           a Unix socket\n"
          "  --pty LINK            a pseudo-terminal in raw mode; LINK is a symbolic link to it\n"
          "  --vhci                a controller of this machine's kernel, by /dev/vhci\n"
          "  --bgapi LINK          a BLED112-class dongle on a pseudo-terminal, by BGAPI\n\n"
          "Behind each, its device's properties (--vhci=name=dongle, --pty /tmp/hci0,name=phone):\n"
          "  ,name=NAME            clients after the first have -2, -3 behind it\n"
          "  ,address=XX:XX:XX:XX:XX:XX  the public address; else it follows from seed and name\n"
          "  ,features=NUMBER      LE features to claim, of those that there are; or their names:\n"
          "                        'LE Encryption+LE 2M PHY'\n"
          "  ,position=X/Y/Z       metres, to the millimetre: 1.5/-2\n"
          "  ,drift=PPM            what its sleep clock gains, -1000 to 1000\n"
          "  ,dual_mode_commands=yes  answers what hosts of both BR/EDR and LE ask (Android)\n"
          "  ,bonds=FILE           of a dongle: where its bonds last, as in its flash\n"
          "  ,boot_event=yes       of a dongle: system_boot at once on a reset\n\n"
          "Time:\n"
          "  --clock realtime      virtual time is the wall's (default)\n"
          "  --clock Nx            N times as fast\n"
          "  --clock fast          it passes, as fast as it can, while a host is owed a response,\n"
          "                        completed packets or queued data, or a client of a dongle what\n"
          "                        it began (discovery, a connection, a request, a pairing), and\n"
          "                        stands otherwise\n"
          "  --patience SECONDS    fast: how long time stands for a host that was asked something\n"
          "                        (a key), before it passes and the peer gives up; 40 unless\n"
          "                        told otherwise, 0: for ever\n"
          "  --clock lockstep      it passes when the program at --control says so\n"
          "  --control PATH        lockstep's Unix socket; a request a line: now, advance NS,\n"
          "                        step NS; the answer is the virtual time in nanoseconds\n\n"
          "  --seed N              what all chance derives from (0 unless told otherwise)\n"
          "  --trace DIR           write DIR/serve/<device>.btsnoop, or DIR/<room>/ with a room\n"
          "  --air                 with --trace: the air beside them, air.pcap and air-raw.pcap\n"
          "  -v, --verbose         what the room's script logs\n"
          "  -h, --help            this text\n\n"
          "ROOM.lua is a script with devices of ours and one scenario; when its body has returned\n"
          "the devices go on. It may name ends as well: serve { pty = \"/tmp/hci0\" }. Relative\n"
          "paths, there and here, begin in the current folder.\n\n"
          "Exit status: 0 when interrupted, 1 when an expectation of the room failed, 2 trouble.\n",
          stdout);
}

static void opened(void *user, const char *line)
{
    (void)user;
    put_plain(stdout, line);
    putchar('\n');
    fflush(stdout);
}

static void report(void *user, const struct scenario_report *report)
{
    (void)user;
    put_plain(stderr, report->text);
}

static void warn(void *user, const char *text)
{
    (void)user;
    put_plain(stderr, text);
}

static void log_line(void *user, const char *line)
{
    (void)user;
    put_plain(stderr, line);
    fputc('\n', stderr);
}

/* --- an end's properties --- */

static bool read_signed(const char *text, long lowest, long highest, long *number)
{
    char *end;

    errno = 0;
    *number = strtol(text, &end, 10);
    return !errno && end != text && !*end && *number >= lowest && *number <= highest;
}

/* Metres, up to 10 km, to the millimetre: "-2", "1.5", ".25". Ends at `end`. */
static bool read_metres(const char *text, const char *end, int32_t *mm)
{
    const bool negative = *text == '-';
    int32_t value = 0;
    unsigned digits = 0, decimals = 0;
    bool point = false;

    for (text += negative; text < end; text++) {
        if (*text == '.' && !point) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9' || decimals == 3 || value > 10000000)
            return false;
        value = value * 10 + (*text - '0');
        digits++;
        decimals += point;
    }
    for (; decimals < 3 && value <= 10000000; decimals++)
        value *= 10;
    *mm = negative ? -value : value;
    return digits && decimals == 3 && value <= 10000000;
}

static bool read_position(const char *text, struct radio_position *position)
{
    int32_t *const axes[] = {&position->x_mm, &position->y_mm, &position->z_mm};

    for (size_t i = 0; i < 3; i++) {
        const char *end = text + strcspn(text, "/");
        if (!read_metres(text, end, axes[i]))
            return false;
        if (!*end)
            return true;
        text = end + 1;
    }
    return false;
}

/* A number, or names with '+' between them. */
static bool read_features(char *text, uint64_t *features)
{
    unsigned bit;

    if (*text >= '0' && *text <= '9')
        return cli_read_number("serve", text, "features", UINT64_MAX, features) == CLI_OK;
    *features = 0;
    for (char *plus; text; text = plus) {
        plus = strchr(text, '+');
        if (plus)
            *plus++ = '\0';
        if (!ll_feature_bit(text, &bit))
            return false;
        *features |= UINT64_C(1) << bit;
    }
    return true;
}

static bool read_yes(const char *text, bool *yes)
{
    *yes = strcmp(text, "yes") == 0;
    return *yes || strcmp(text, "no") == 0;
}

static bool read_property(struct served_end *end, const char *name, char *value)
{
    struct bd_addr address;
    long number;

    if (strcmp(name, "name") == 0) {
        if (!served_name_good(value))
            return false;
        snprintf(end->name, sizeof end->name, "%s", value);
    } else if (strcmp(name, "address") == 0) {
        if (bd_addr_parse(value, &address) != 0)
            return false;
        address.type = BD_ADDR_PUBLIC;
        end->profile.address = address;
    } else if (strcmp(name, "features") == 0) {
        return read_features(value, &end->profile.le_features);
    } else if (strcmp(name, "position") == 0) {
        return read_position(value, &end->position);
    } else if (strcmp(name, "drift") == 0) {
        if (!read_signed(value, -1000, 1000, &number))
            return false;
        end->profile.drift_ppm = (int16_t)number;
    } else if (strcmp(name, "dual_mode_commands") == 0) {
        return read_yes(value, &end->profile.dual_mode_commands);
    } else if (end->dongle && strcmp(name, "bonds") == 0) {
        end->bonds = value;
        return *value;
    } else if (end->dongle && strcmp(name, "boot_event") == 0) {
        return read_yes(value, &end->boot_event);
    } else {
        return false;
    }
    return true;
}

/* What is wrong with a property, in words. */
static int refuse_property(const struct served_end *end, const char *option, const char *name,
                           const char *value)
{
    static const struct {
        const char *name, *takes;
        bool of_dongle;
    } known[] = {
        {"address", "six octets, XX:XX:XX:XX:XX:XX", false},
        {"bonds", "the path of a file", true},
        {"boot_event", "yes or no", true},
        {"drift", "a number of ppm, -1000 to 1000", false},
        {"dual_mode_commands", "yes or no", false},
        {"features", "a number, or names of LE features with + between them", false},
        {"name", "1 to 64 letters, digits, '_', '-' and '.', and does not begin with '.'", false},
        {"position", "X/Y/Z in metres, to the millimetre, up to 10 km", false},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        if (known[i].of_dongle && !end->dongle)
            return cli_trouble("serve", "%s: %s is for dongles, --bgapi", option, name);
        return cli_trouble("serve", "%s: '%s=%s': %s is %s", option, name, value, name,
                           known[i].takes);
    }
    return cli_trouble("serve", "%s: a device has no property '%s'; see blueroom serve --help",
                       option, name);
}

/* text: WHERE[,NAME=VALUE]...; of --vhci NULL, or the properties alone. */
static int add_end(struct request *request, const char *option, enum serve_end_kind kind,
                   const char *text)
{
    const size_t index = request->options.end_count;

    if (index == MAX_ENDS)
        return cli_trouble("serve", "more than %d ends", MAX_ENDS);
    struct served_end *end = &request->ends[index];
    char *copy = strdup(text ? text : "");
    if (!copy)
        return cli_trouble("serve", "out of memory");
    request->where[index] = copy;
    request->options.end_count++;
    *end = (struct served_end){
        .end = {.kind = kind, .where = copy},
        .profile = sim_controller_profile_default(),
    };
    if (strcmp(option, "--bgapi") == 0) {
        end->dongle = true;
        end->end.word = "bgapi";
    }
    char *at = copy;
    if (kind != SERVE_VHCI) {
        at = strchr(copy, ',');
        if (at)
            *at++ = '\0';
        if (!*copy)
            return cli_trouble("serve", "%s: where?", option);
    }
    while (at && *at) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma = '\0';
        char *equals = strchr(at, '=');
        char *value = equals ? equals + 1 : NULL;
        if (equals)
            *equals = '\0';
        if (!value)
            return cli_trouble("serve", "%s: '%s' is not NAME=VALUE", option, at);
        /* A value may be cut up as it is read. */
        char shown[64];
        snprintf(shown, sizeof shown, "%s", value);
        if (!read_property(end, at, value))
            return refuse_property(end, option, at, shown);
        at = comma ? comma + 1 : NULL;
    }
    return CLI_OK;
}

/* --- the rest --- */

static int read_clock(struct room_serve_options *options, const char *text)
{
    options->clock = SERVE_REALTIME;
    if (strcmp(text, "fast") == 0) {
        options->clock = SERVE_FAST;
        return CLI_OK;
    }
    if (strcmp(text, "lockstep") == 0) {
        options->clock = SERVE_LOCKSTEP;
        return CLI_OK;
    }
    if (cli_read_speed(text, &options->speed))
        return CLI_OK;
    return cli_trouble("serve", "--clock: '%s' is none of realtime, Nx (N from 1 to %u), fast, "
                       "lockstep", text, SERVE_MAX_SPEED);
}

static int check_ends(const struct request *request)
{
    char trouble[256];

    for (size_t i = 1; i < request->options.end_count; i++)
        for (size_t k = 0; k < i; k++)
            if (!served_ends_apart(&request->ends[k], &request->ends[i], trouble, sizeof trouble))
                return cli_trouble("serve", "%s", trouble);
    return CLI_OK;
}

static int check(const struct request *request, int argc)
{
    const struct room_serve_options *options = &request->options;

    if (argc - optind > 1)
        return cli_trouble("serve", "more than one room");
    if (options->end_count == 0 && argc == optind)
        return cli_trouble("serve", "no end (--tcp, --unix, --pty, --vhci, --bgapi) and no room "
                           "that names one; see blueroom serve --help");
    if ((options->clock == SERVE_LOCKSTEP) != (options->control != NULL))
        return cli_trouble("serve", "--clock lockstep and --control PATH go together");
    if (options->scenario.trace_dir && !*options->scenario.trace_dir)
        return cli_trouble("serve", "--trace: the folder has no name");
    if (options->scenario.air && !options->scenario.trace_dir)
        return cli_trouble("serve", "--air goes with --trace DIR");
    return check_ends(request);
}

static int read_options(int argc, char **argv, struct request *request, bool *done)
{
    static const struct option known[] = {
        {"air", no_argument, NULL, 'a'},
        {"bgapi", required_argument, NULL, 'b'},
        {"clock", required_argument, NULL, 'c'},
        {"control", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {"patience", required_argument, NULL, 'w'},
        {"pty", required_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 's'},
        {"tcp", required_argument, NULL, 't'},
        {"trace", required_argument, NULL, 'r'},
        {"unix", required_argument, NULL, 'u'},
        {"verbose", no_argument, NULL, 'v'},
        {"vhci", optional_argument, NULL, 'k'},
        {NULL, 0, NULL, 0},
    };
    struct room_serve_options *options = &request->options;
    int status = CLI_OK;
    uint64_t number = 0;

    *done = false;
    optind = 1;
    opterr = 0;
    for (int option;
         status == CLI_OK && (option = getopt_long(argc, argv, ":hv", known, NULL)) != -1;)
        switch (option) {
        case 'a':
            options->scenario.air = true;
            break;
        case 'b':
            status = add_end(request, "--bgapi", SERVE_PTY, optarg);
            break;
        case 'c':
            status = read_clock(options, optarg);
            break;
        case 'o':
            options->control = optarg;
            break;
        case 'h':
            help();
            *done = true;
            return CLI_OK;
        case 'p':
            status = add_end(request, "--pty", SERVE_PTY, optarg);
            break;
        case 'w':
            status = cli_read_number("serve", optarg, "--patience", MAX_PATIENCE_S, &number);
            options->patience_ms = number * 1000;
            break;
        case 's':
            status = cli_read_number("serve", optarg, "--seed", UINT64_MAX,
                                     &options->scenario.seed);
            break;
        case 't':
            status = add_end(request, "--tcp", SERVE_TCP, optarg);
            break;
        case 'r':
            options->scenario.trace_dir = optarg;
            break;
        case 'u':
            status = add_end(request, "--unix", SERVE_UNIX, optarg);
            break;
        case 'v':
            request->verbose = true;
            break;
        case 'k':
            status = add_end(request, "--vhci", SERVE_VHCI, optarg);
            break;
        case ':':
            return cli_trouble("serve", "%s needs a value", argv[optind - 1]);
        default:
            return cli_trouble("serve", "no option '%s'; see blueroom serve --help",
                               argv[optind - 1]);
        }
    return status == CLI_OK ? check(request, argc) : status;
}

static int serve(struct request *request)
{
    /* A client that goes while it is written to is an error of that write. */
    signal(SIGPIPE, SIG_IGN);
    request->options.ends = request->ends;
    request->options.opened = opened;
    request->options.scenario.report = report;
    request->options.scenario.warn = warn;
    request->options.scenario.log = request->verbose ? log_line : NULL;
    switch (room_serve(&request->options)) {
    case SCENARIO_PASSED:
        return CLI_OK;
    case SCENARIO_FAILED:
        return CLI_FAILED;
    case SCENARIO_TROUBLE:
        break;
    }
    return CLI_TROUBLE;
}

static int run(int argc, char **argv)
{
    struct request *request = calloc(1, sizeof *request);
    bool done;

    if (!request)
        return cli_trouble("serve", "out of memory");
    request->options.speed = 1;
    request->options.patience_ms = PATIENCE_S * UINT64_C(1000);
    int status = read_options(argc, argv, request, &done);
    if (status == CLI_OK && !done) {
        request->options.script = optind < argc ? argv[optind] : NULL;
        status = serve(request);
    }
    for (size_t i = 0; i < request->options.end_count; i++)
        free(request->where[i]);
    free(request);
    return status;
}

const struct cli_command cli_serve = {"serve", "virtual controllers for other programs' hosts",
                                      run};
