/* SPDX-License-Identifier: MIT */
/*
 * blueroom adv: explains advertising data. Reads hex, hands each payload to a printer. A payload
 * is collected octet by octet, so that a line of any length costs no memory.
 */
#include "adv.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "cli.h"
#include "wire/adv.h"
#include "wire/hex.h"

/* One payload in hex, and the first thing wrong with it. */
struct hex_payload {
    uint8_t octets[AD_EXTENDED_MAX];
    size_t len;
    size_t column;     /* of the last character seen, from 1 */
    int high;          /* the first digit of an octet that waits for its second, or -1 */
    size_t group;      /* digits since the last separator, and since 0x */
    bool prefixed;     /* the group began with 0x */
    size_t bad_column; /* 0: nothing is wrong so far */
    char bad[64];
};

struct adv {
    adv_print_fn *print;
    enum ad_pdu pdu;
    size_t printed;
    int status;
};

static void hex_begin(struct hex_payload *hex)
{
    hex->len = 0;
    hex->column = 0;
    hex->high = -1;
    hex->group = 0;
    hex->prefixed = false;
    hex->bad_column = 0;
}

static void hex_bad(struct hex_payload *hex, size_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void hex_bad(struct hex_payload *hex, size_t column, const char *format, ...)
{
    va_list args;

    if (hex->bad_column > 0)
        return;
    hex->bad_column = column;
    va_start(args, format);
    vsnprintf(hex->bad, sizeof hex->bad, format, args);
    va_end(args);
}

/* At a space, a colon, a comment or the end. */
static void hex_group_end(struct hex_payload *hex, size_t end_column)
{
    if (hex->high >= 0)
        hex_bad(hex, end_column - 1, "half an octet");
    else if (hex->prefixed && hex->group == 0)
        hex_bad(hex, end_column - 1, "0x without digits");
    hex->high = -1;
    hex->group = 0;
    hex->prefixed = false;
}

static void hex_take(struct hex_payload *hex, int digit)
{
    hex->group++;
    if (hex->high < 0) {
        hex->high = digit;
        return;
    }
    if (hex->len < sizeof hex->octets)
        hex->octets[hex->len++] = (uint8_t)(hex->high << 4 | digit);
    else
        hex_bad(hex, hex->column - 1, "longer than %u octets", AD_EXTENDED_MAX);
    hex->high = -1;
}

static void hex_feed(struct hex_payload *hex, int c)
{
    const int digit = c < 0x80 ? hex_digit((char)c) : -1;

    hex->column++;
    if (digit >= 0) {
        hex_take(hex, digit);
    } else if ((c == 'x' || c == 'X') && hex->group == 1 && hex->high == 0 && !hex->prefixed) {
        hex->high = -1;
        hex->group = 0;
        hex->prefixed = true;
    } else if (c == ' ' || c == ':' || (c >= '\t' && c <= '\r')) {
        hex_group_end(hex, hex->column);
    } else if (c > 0x20 && c < 0x7F) {
        hex_bad(hex, hex->column, "'%c' is not a hex digit", c);
    } else {
        hex_bad(hex, hex->column, "octet 0x%02X is not a hex digit", (unsigned)c);
    }
}

static void print_payload(struct adv *adv, const struct hex_payload *hex)
{
    if (adv->printed++ > 0 && adv->print == adv_print_text)
        putchar('\n');
    adv->print(stdout, hex->octets, hex->len, adv->pdu);
}

static void run_argument(struct adv *adv, struct hex_payload *hex, int number, const char *text)
{
    hex_begin(hex);
    for (; *text != '\0'; text++)
        hex_feed(hex, (unsigned char)*text);
    hex_group_end(hex, hex->column + 1);
    if (hex->bad_column > 0)
        adv->status =
            cli_trouble("adv", "argument %d, column %zu: %s", number, hex->bad_column, hex->bad);
    else
        print_payload(adv, hex);
}

static void end_line(struct adv *adv, struct hex_payload *hex, size_t line)
{
    if (hex->bad_column > 0)
        adv->status =
            cli_trouble("adv", "line %zu, column %zu: %s", line, hex->bad_column, hex->bad);
    else if (hex->len > 0)
        print_payload(adv, hex);
    hex_begin(hex);
}

static void run_lines(struct adv *adv, struct hex_payload *hex, FILE *in)
{
    size_t line = 1;
    bool in_comment = false;
    int c;

    hex_begin(hex);
    while ((c = getc(in)) != EOF) {
        if (!in_comment && (c == '#' || c == '\n'))
            hex_group_end(hex, hex->column + 1);
        if (c == '\n') {
            end_line(adv, hex, line++);
            in_comment = false;
        } else if (c == '#') {
            in_comment = true;
        } else if (!in_comment) {
            hex_feed(hex, c);
        }
    }
    if (!in_comment)
        hex_group_end(hex, hex->column + 1);
    end_line(adv, hex, line);
    if (ferror(in))
        adv->status = cli_trouble("adv", "standard input: read error");
}

static void help(FILE *out)
{
    fputs("usage: blueroom adv [--json] [--extended] HEX...\n"
          "       blueroom adv [--json] [--extended] -\n\n"
          "Explains advertising or scan response data: each AD structure with its meaning, then\n"
          "what is odd about the payload, with offsets. Each HEX is one payload; spaces, colons\n"
          "and 0x may stand between octets. With - there is one payload a line on standard\n"
          "input; empty lines and what follows a # are ignored.\n\n"
          "  --json      one JSON object a payload, each on its line\n"
          "  --extended  the payload is from extended advertising: up to 1650 octets are normal\n"
          "  -h, --help  this text\n\n"
          "Exit status: 0, also with anomalies; 2 if a payload or an option could not be read\n"
          "(the other payloads are explained all the same).\n\n"
          "anomalies:\n",
          out);
#define X(ident, kind, text) fprintf(out, "  %-23s  %s\n", kind, text);
    AD_ANOMALIES(X)
#undef X
}

static int run(int argc, char **argv)
{
    struct adv adv = {.print = adv_print_text, .pdu = AD_PDU_LEGACY, .status = CLI_OK};
    struct hex_payload hex;
    int first = 1;

    for (; first < argc && argv[first][0] == '-' && argv[first][1] != '\0'; first++) {
        const char *option = argv[first];
        if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
            help(stdout);
            return CLI_OK;
        }
        if (strcmp(option, "--") == 0) {
            first++;
            break;
        }
        if (strcmp(option, "--json") == 0)
            adv.print = adv_print_json;
        else if (strcmp(option, "--extended") == 0)
            adv.pdu = AD_PDU_EXTENDED;
        else
            return cli_trouble("adv", "no option '%s'; see blueroom adv --help", option);
    }
    if (first == argc)
        return cli_trouble("adv", "no payload; see blueroom adv --help");
    for (int i = first; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0)
            run_lines(&adv, &hex, stdin);
        else
            run_argument(&adv, &hex, i - first + 1, argv[i]);
    }
    return adv.status;
}

const struct cli_command cli_adv = {"adv", "explain advertising data", run};
