/* SPDX-License-Identifier: MIT */
/* blueroom dump: one line a packet. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "traces/dump.h"

static void help(void)
{
    fputs("usage: blueroom dump TRACE\n\n"
          "Prints one line a packet, every layer named, in a form made for diff -u.\n"
          "TRACE is btsnoop, or pcap or pcapng of the air (DLT 256, 251) or of HCI (DLT 201);\n"
          "- is standard input.\n\n"
          "Time is in seconds since the world began if the trace begins on the first virtual\n"
          "day (2020-01-01), else since its first packet. > goes to the controller or comes from\n"
          "the central, < the other way. What cannot be decoded is marked [malformed: ...] and\n"
          "shown in hex. PDUs of the air that the trace has decrypted are marked [decrypted], of\n"
          "others there is [encrypted, N octets]. Keys are shown in full.\n\n"
          "Exit status: 0; 2 if the file is no trace, ends within a record, or cannot be read.\n",
          stdout);
}

/* Standard input may be a pipe, where nobody can go back: a copy of it. */
static FILE *copy_of_stdin(void)
{
    char block[65536];
    FILE *copy = tmpfile();

    while (copy) {
        const size_t n = fread(block, 1, sizeof block, stdin);
        if (n == 0)
            break;
        if (fwrite(block, 1, n, copy) != n) {
            fclose(copy);
            return NULL;
        }
    }
    if (copy && (ferror(stdin) || fseek(copy, 0, SEEK_SET) != 0)) {
        fclose(copy);
        return NULL;
    }
    return copy;
}

static int open_trace(const char *name, struct trace_reader **reader, struct trace_problem *problem)
{
    if (strcmp(name, "-") != 0)
        return trace_reader_open(name, reader, problem);
    errno = 0;
    FILE *copy = copy_of_stdin();
    if (!copy) {
        *problem = (struct trace_problem){0};
        snprintf(problem->text, sizeof problem->text, "%s", errno ? strerror(errno) : "read error");
        return BLR_ERR_IO;
    }
    return trace_reader_open_stream(copy, reader, problem);
}

static int trouble(const char *name, const struct trace_problem *problem)
{
    fflush(stdout);
    if (problem->offset == 0) /* nothing of it could be read, or it is nothing that we know */
        return cli_trouble("dump", "%s: %s", name, problem->text);
    return cli_trouble("dump", "%s: offset %llu: %s", name, (unsigned long long)problem->offset,
                       problem->text);
}

static int print_all(const char *name, struct trace_reader *reader, struct trace_dump *dump)
{
    const struct trace_record *record;
    size_t len;

    for (;;) {
        if (trace_reader_next(reader, &record) != 0)
            return trouble(name, trace_reader_problem(reader));
        if (!record)
            return CLI_OK;
        const char *line = trace_dump_record(dump, record, &len);
        if (!line)
            return cli_trouble("dump", "%s: out of memory", name);
        fwrite(line, 1, len, stdout);
        if (putchar('\n') == EOF)
            return CLI_TROUBLE; /* main() tells of standard output */
    }
}

static int run(int argc, char **argv)
{
    struct trace_problem problem;
    struct trace_reader *reader;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            help();
            return CLI_OK;
        }
        if (argv[i][0] == '-' && argv[i][1])
            return cli_trouble("dump", "no option '%s'; see blueroom dump --help", argv[i]);
    }
    if (argc != 2)
        return cli_trouble("dump", "one trace is wanted; see blueroom dump --help");
    if (open_trace(argv[1], &reader, &problem) != 0)
        return trouble(argv[1], &problem);

    struct trace_dump *dump = trace_dump_new();
    const int status =
        dump ? print_all(argv[1], reader, dump) : cli_trouble("dump", "%s: out of memory", argv[1]);
    trace_dump_free(dump);
    trace_reader_close(reader);
    return status;
}

const struct cli_command cli_dump = {"dump", "print a trace, one line a packet", run};
