/* SPDX-License-Identifier: MIT */
/* Packets and the lines they are printed as: the tables are tests/vectors/dump/{hci,air}.txt. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "rows.h"
#include "temp_dir.h"
#include "traces/dump.h"
#include "traces/reader.h"
#include "vectors.h"

#define STEP_NS 100001

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

/* "cmd", "acl>", "sco<": the type and, where it is not given by the type, the direction. */
static bool parse_hci(const char *key, struct trace_record *record)
{
    static const struct {
        const char *key;
        uint8_t type;
    } types[] = {{"cmd", 1}, {"acl", 2}, {"sco", 3}, {"evt", 4}, {"iso", 5}, {"raw", 0x99}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strncmp(key, types[i].key, 3) != 0)
            continue;
        record->kind = TRACE_HCI;
        record->hci = (struct trace_hci_record){
            .to_host = types[i].type == HCI_PACKET_EVENT || key[3] == '<',
            .type = types[i].type,
        };
        return true;
    }
    return false;
}

static uint8_t phy_of(const char *name)
{
    static const char *const names[] = {"1M", "2M", "S8", "S2"};

    for (uint8_t i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0)
            return (uint8_t)(i + 1);
    fail_msg("no PHY %s", name);
    return 0;
}

/* "2402 1M - -20 8e89bed6 0006... [badcrc|whitened|decrypted|badmic]"; returns the PDU's hex. */
static const char *parse_air(char *value, struct trace_record *record)
{
    char *word[7] = {0}, *save = NULL;
    size_t words = 0;

    for (char *w = strtok_r(value, " ", &save); w && words < 7; w = strtok_r(NULL, " ", &save))
        word[words++] = w;
    assert_true(words >= 6);
    const char *flag = word[6] ? word[6] : "";
    record->kind = TRACE_AIR;
    record->air = (struct trace_air_record){
        .has_channel = true,
        .has_power = true,
        .crc_checked = true,
        .whitened = strcmp(flag, "whitened") == 0,
        .decrypted = strcmp(flag, "decrypted") == 0 || strcmp(flag, "badmic") == 0,
        .mic_checked = strcmp(flag, "badmic") == 0,
    };
    struct trace_air_packet *packet = &record->air.packet;
    packet->mhz = (uint16_t)strtoul(word[0], NULL, 10);
    packet->phy = phy_of(word[1]);
    packet->direction = *word[2] == '>' ? 2 : *word[2] == '<' ? 3 : 0;
    packet->power_dbm = (int8_t)strtol(word[3], NULL, 10);
    packet->access_address = (uint32_t)strtoul(word[4], NULL, 16);
    packet->crc_valid = strcmp(flag, "badcrc") != 0;
    return strcmp(word[5], "-") == 0 ? "" : word[5];
}

/* The line of a packet, whose octets are in an allocation of exactly their size. */
static const char *line_of(struct trace_dump *dump, const char *key, const char *value,
                           struct trace_record *record)
{
    char copy[2048];
    size_t len, line_len;

    assert_true(strlen(value) < sizeof copy);
    strcpy(copy, value);
    const char *hex = parse_hci(key, record) ? copy : parse_air(copy, record);
    uint8_t *octets = hex_exact(hex, &len);
    if (record->kind == TRACE_HCI) {
        record->hci.packet = octets;
        record->hci.len = len;
    } else {
        record->air.packet.pdu = octets;
        record->air.packet.len = len;
    }
    const char *line = trace_dump_record(dump, record, &line_len);
    free(octets);
    assert_non_null(line);
    assert_int_equal(strlen(line), line_len);
    return line;
}

static void prints_record(void **state)
{
    const struct vector *vector = *state;
    struct trace_dump *dump = trace_dump_new();
    struct trace_record record = {0};
    const char *got = NULL;
    unsigned wrong = 0, lines = 0;

    assert_non_null(dump);
    for (size_t i = 0; i < vector->fields; i++) {
        const char *key = vector->field[i].key, *value = vector->field[i].value;
        if (strcmp(key, "line") != 0) {
            got = line_of(dump, key, value, &record);
            record.at_ns += STEP_NS;
            continue;
        }
        assert_non_null(got);
        lines++;
        if (strcmp(skip_blanks(got), value) != 0) {
            print_error("[%s]\n  wanted: %s\n  got:    %s\n", vector->name, value, got);
            wrong++;
        }
        got = NULL;
    }
    trace_dump_free(dump);
    assert_true(lines > 0);
    assert_int_equal(wrong, 0);
}

struct time_row {
    const char *name;
    int64_t at_ns[3];
    const char *time[3];
    bool air;
};

static const struct time_row time_rows[] = {
    {"the first virtual day counts from world zero", {1200000, 86400000000000, 1000},
     {"     0.001200 ", " 86400.000000 ", "     0.000001 "}, false},
    {"any other from the first packet", {86400000000000, 86400001200999, 99999000000000},
     {"     0.000000 ", "     0.001200 ", " 13599.000000 "}, false},
    {"a clock that steps back", {-5000000000, -5000001000, -6250000000},
     {"     0.000000 ", "-    0.000001 ", "-    1.250000 "}, false},
    {"the edges of time", {INT64_MIN, INT64_MAX, 0},
     {"     0.000000 ", "18446744073.709551 ", "9223372036.854775 "}, false},
    {"the air has nanoseconds", {150, 1000000007, 3},
     {"     0.000000150 ", "     1.000000007 ", "     0.000000003 "}, true},
};

static void prints_time(void **state)
{
    static const uint8_t bytes[2];
    const struct time_row *row = *state;
    struct trace_dump *dump = trace_dump_new();
    struct trace_record record = {.kind = TRACE_HCI};

    assert_non_null(dump);
    record.hci = (struct trace_hci_record){.type = 9, .packet = bytes};
    if (row->air) {
        record.kind = TRACE_AIR;
        record.air = (struct trace_air_record){.packet.pdu = bytes, .packet.len = 2};
    }
    for (int i = 0; i < 3; i++) {
        record.at_ns = row->at_ns[i];
        const char *line = trace_dump_record(dump, &record, NULL);
        assert_non_null(line);
        if (strncmp(line, row->time[i], strlen(row->time[i])) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", line, row->time[i]);
    }
    trace_dump_free(dump);
}

struct other_row {
    const char *name;
    struct trace_record record;
    const char *line;
};

static const uint8_t note[] = {'u', 'p', '\n', 0};

static const struct other_row other_rows[] = {
    {"a note of the system",
     {.kind = TRACE_MONITOR, .has_adapter = true, .adapter = 0xFFFF,
      .monitor = {.opcode = 12, .bytes = note, .len = 4}},
     "     0.000000 - NOTE System Note \"up\\x0a\""},
    {"an adapter comes",
     {.kind = TRACE_MONITOR, .has_adapter = true, .adapter = 1,
      .monitor = {.opcode = 0, .bytes = note, .len = 2}},
     "     0.000000 hci1 - NOTE New Index data=7570"},
    {"a monitor opcode of the future",
     {.kind = TRACE_MONITOR, .has_adapter = true, .monitor = {.opcode = 300, .bytes = note}},
     "     0.000000 hci0 - NOTE opcode=0x012c"},
    {"a packet of one of several adapters",
     {.kind = TRACE_HCI, .has_adapter = true, .adapter = 3,
      .hci = {.type = 3, .packet = note, .len = 4}},
     "     0.000000 hci3 > SCO  handle=0x0075 [malformed: length at offset 2] 0a00"},
    {"a broken record",
     {.kind = TRACE_BROKEN, .broken = {.what = "CRC", .offset = 2, .bytes = note, .len = 4}},
     "     0.000000 - ??? [malformed: CRC at offset 2] 0a00 before=7570"},
    {"a record of nothing", {.kind = TRACE_BROKEN, .cut = 3, .broken = {.what = "all"}},
     "     0.000000 - ??? [malformed: all at offset 0] [cut: 3 octets were not recorded]"},
    {"air without pseudo-header",
     {.kind = TRACE_AIR, .air = {.packet = {.access_address = 0x12345678, .pdu = note, .len = 0}}},
     "     0.000000000 - ch=?? ??    ?dBm AA=12345678 data PDU [malformed: header at offset 0]"},
    {"an auxiliary PDU",
     {.kind = TRACE_AIR,
      .air = {.packet = {.direction = 1, .access_address = 0x12345678, .pdu = note, .len = 2}}},
     "     0.000000000 - ch=?? ??    ?dBm AA=12345678 pdu=7570"},
    {"an isochronous PDU",
     {.kind = TRACE_AIR,
      .air = {.packet = {.direction = 5, .access_address = 0x12345678, .pdu = note, .len = 2}}},
     "     0.000000000 < ch=?? ??    ?dBm AA=12345678 pdu=7570"},
};

static void prints_other(void **state)
{
    const struct other_row *row = *state;
    struct trace_dump *dump = trace_dump_new();

    assert_non_null(dump);
    assert_string_equal(trace_dump_record(dump, &row->record, NULL), row->line);
    trace_dump_free(dump);
}

/* What sinks get is printed as what readers give. */
static void sinks(void **state)
{
    static const uint8_t reset[] = {0x03, 0x0C, 0x00}, pdu[] = {0x42, 0x00};
    static const uint8_t sealed[] = {0x0F, 5, 0x9F, 0xCD, 0xA7, 0xF4, 0x48}, plain[] = {0x0F, 1, 6};
    const struct trace_air_packet secret = {
        .mhz = 2404, .phy = 1, .direction = 2, .crc_valid = true, .access_address = 0x50655A5D,
        .pdu = sealed, .len = sizeof sealed, .plain = plain, .plain_len = sizeof plain};
    const struct trace_air_packet packet = {.start = 1500, .mhz = 2426, .phy = 1, .power_dbm = -7,
                                            .crc_valid = true, .access_address = 0x8E89BED6,
                                            .pdu = pdu, .len = sizeof pdu};
    struct trace_dump *dump = trace_dump_new();

    (void)state;
    assert_non_null(dump);
    assert_string_equal(trace_dump_hci(dump, 1500, false, HCI_PACKET_COMMAND, reset, sizeof reset),
                        "     0.000001 > CMD  Reset");
    assert_string_equal(trace_dump_air(dump, &packet),
                        "     0.000001500 - ch=38 1M   -7dBm AA=8e89bed6 ADV_NONCONN_IND"
                        " [malformed: address at offset 2]");
    assert_string_equal(trace_dump_air(dump, &secret),
                        "     0.000000000 > ch=00 1M    0dBm AA=50655a5d sn=1 nesn=1 md=0"
                        " [decrypted, MIC wrong] LL_START_ENC_RSP");
    assert_string_equal(trace_dump_hci(dump, SIM_S(100000), true, HCI_PACKET_COMMAND, NULL, 0),
                        "100000.000000 < CMD  [malformed: opcode at offset 0]");
    trace_dump_free(dump);
    trace_dump_free(NULL);
}

/* Ten thousand links that never end, each with a frame that never ends. */
static void many_links(void **state)
{
    uint8_t start[] = {0x00, 0x20, 0x05, 0x00, 0xFF, 0xFF, 0x04, 0x00, 0x1B};
    struct trace_dump *dump = trace_dump_new();
    struct trace_record record = {.kind = TRACE_HCI, .has_adapter = true};

    (void)state;
    assert_non_null(dump);
    for (unsigned i = 0; i < 10000; i++) {
        start[0] = (uint8_t)i;
        record.adapter = (uint16_t)(i >> 8);
        record.hci = (struct trace_hci_record){true, HCI_PACKET_ACL, start, sizeof start};
        const char *line = trace_dump_record(dump, &record, NULL);
        assert_non_null(line);
        assert_non_null(strstr(line, " [fragment 1: 5 of 65539] ffff04001b"));
    }
    trace_dump_free(dump);
}

struct sample_row {
    const char *name;
};

static const struct sample_row sample_rows[] = {{"phone.btsnoop"}, {"air.pcap"}};

/* The samples of tests/vectors/traces/ print as the text beside them. */
static void prints_sample(void **state)
{
    const struct sample_row *row = *state;
    char path[512], text_path[520];
    struct trace_problem problem;
    struct trace_reader *reader;
    const struct trace_record *record;
    size_t text_len, line_len;

    snprintf(path, sizeof path, "%s/tests/vectors/traces/%s", BLR_SOURCE_DIR, row->name);
    snprintf(text_path, sizeof text_path, "%s.txt", path);
    char *text = (char *)file_read(text_path, &text_len);
    struct trace_dump *dump = trace_dump_new();
    assert_non_null(text);
    assert_non_null(dump);
    assert_int_equal(trace_reader_open(path, &reader, &problem), 0);
    const char *wanted = text;
    while (trace_reader_next(reader, &record) == 0 && record) {
        const char *line = trace_dump_record(dump, record, &line_len);
        assert_non_null(line);
        if (strncmp(wanted, line, line_len) != 0 || wanted[line_len] != '\n')
            fail_msg("printed \"%s\"\nwanted  \"%.*s\"", line, (int)strcspn(wanted, "\n"),
                     wanted);
        wanted += line_len + 1;
    }
    assert_string_equal(wanted, "");
    assert_string_equal(trace_reader_problem(reader)->text, "");
    trace_reader_close(reader);
    trace_dump_free(dump);
    free(text);
}

static void dump_file(const char *path)
{
    struct trace_problem problem;
    struct trace_reader *reader;
    const struct trace_record *record;
    unsigned records = 0;

    const int error = trace_reader_open(path, &reader, &problem);
    if (error) {
        assert_int_equal(error, BLR_ERR_UNSUPPORTED);
        return;
    }
    struct trace_dump *dump = trace_dump_new();
    assert_non_null(dump);
    while (trace_reader_next(reader, &record) == 0 && record) {
        assert_non_null(trace_dump_record(dump, record, NULL));
        records++;
    }
    assert_int_equal(trace_reader_problem(reader)->text[0], 0);
    assert_true(records > 0);
    trace_dump_free(dump);
    trace_reader_close(reader);
}

static unsigned dump_directory(const char *base, const char *name)
{
    char path[1024];
    unsigned files = 0;

    snprintf(path, sizeof path, "%s/%s", base, name);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", base, name, entry->d_name);
        dump_file(path);
        files++;
    }
    if (dir)
        closedir(dir);
    return files;
}

/* Captures of the field, where there are some: they are not part of the project. */
static void captures(void **state)
{
    const char *base = getenv("BLR_CAPTURES");

    (void)state;
    if (!base)
        base = BLR_SOURCE_DIR "/../shared/captures";
    if (dump_directory(base, "hci") + dump_directory(base, "air") == 0)
        skip();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sinks),
        cmocka_unit_test(many_links),
        cmocka_unit_test(captures),
    };
    struct vectors hci = vectors_load("dump/hci.txt"), air = vectors_load("dump/air.txt");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(time_rows, prints_time);
    failed += RUN_ROWS(other_rows, prints_other);
    failed += RUN_ROWS(sample_rows, prints_sample);
    failed += RUN_ROWS_N(hci.records, hci.count, prints_record);
    failed += RUN_ROWS_N(air.records, air.count, prints_record);
    vectors_free(&hci);
    vectors_free(&air);
    return failed;
}
