/* SPDX-License-Identifier: MIT */
#include "dongle_internal.h"

#include <stdlib.h>
#include <string.h>

/* After a start that has failed. */
#define START_AGAIN SIM_S(1)

struct dongle_command_row {
    uint16_t code;
    bool of_conn; /* refused with BGAPI_NOT_CONNECTED where there is none */
    dongle_run *run;
    /* What follows the response: of a good result, of another one. May be NULL. */
    void (*then)(struct blr_dongle *dongle, const struct bgapi_fields *in);
    void (*refused)(struct blr_dongle *dongle, const struct bgapi_fields *in, uint16_t result);
};

static const struct dongle_command_row commands[] = {
    {BGAPI_SYSTEM_RESET, false, dongle_reset, NULL, NULL},
    {BGAPI_SYSTEM_HELLO, false, dongle_hello, NULL, NULL},
    {BGAPI_SYSTEM_ADDRESS_GET, false, dongle_address_get, NULL, NULL},
    {BGAPI_CONNECTION_DISCONNECT, true, dongle_disconnect, NULL, NULL},
    {BGAPI_CONNECTION_GET_RSSI, false, dongle_get_rssi, NULL, NULL},
    {BGAPI_CONNECTION_UPDATE, true, dongle_update, NULL, NULL},
    {BGAPI_ATTCLIENT_READ_BY_GROUP_TYPE, true, dongle_read_by_group_type, NULL, dongle_att_refused},
    {BGAPI_ATTCLIENT_FIND_INFORMATION, true, dongle_find_information, NULL, dongle_att_refused},
    {BGAPI_ATTCLIENT_READ_BY_HANDLE, true, dongle_read_by_handle, NULL, dongle_att_refused},
    {BGAPI_ATTCLIENT_ATTRIBUTE_WRITE, true, dongle_attribute_write, NULL, dongle_att_refused},
    {BGAPI_ATTCLIENT_WRITE_COMMAND, true, dongle_write_command, NULL, NULL},
    {BGAPI_ATTCLIENT_READ_LONG, true, dongle_read_long, NULL, dongle_att_refused},
    {BGAPI_ATTCLIENT_PREPARE_WRITE, true, dongle_prepare_write, NULL, dongle_att_refused},
    {BGAPI_ATTCLIENT_EXECUTE_WRITE, true, dongle_execute_write, NULL, dongle_att_refused},
    {BGAPI_SM_ENCRYPT_START, true, dongle_encrypt_start, NULL, dongle_sm_refused},
    {BGAPI_SM_SET_BONDABLE_MODE, false, dongle_set_bondable_mode, NULL, NULL},
    {BGAPI_SM_DELETE_BONDING, false, dongle_delete_bonding, NULL, NULL},
    {BGAPI_SM_SET_PARAMETERS, false, dongle_set_parameters, NULL, NULL},
    {BGAPI_SM_PASSKEY_ENTRY, true, dongle_passkey_entry, NULL, NULL},
    {BGAPI_SM_GET_BONDS, false, dongle_get_bonds, dongle_sm_tell_bonds, NULL},
    {BGAPI_GAP_SET_MODE, false, dongle_set_mode, NULL, NULL},
    {BGAPI_GAP_DISCOVER, false, dongle_discover, NULL, NULL},
    {BGAPI_GAP_CONNECT_DIRECT, false, dongle_connect_direct, NULL, NULL},
    {BGAPI_GAP_END_PROCEDURE, false, dongle_end_procedure, NULL, NULL},
    {BGAPI_GAP_SET_SCAN_PARAMETERS, false, dongle_set_scan_parameters, NULL, NULL},
};

/* --- commands --- */

static const struct dongle_command_row *row_of(uint16_t code)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].code == code)
            return &commands[i];
    return NULL;
}

struct dongle_conn *dongle_conn_of(struct blr_dongle *dongle, const struct bgapi_fields *in)
{
    const int64_t number = in->number[BGAPI_CONN];

    if (number >= BLR_DONGLE_CONNECTIONS || !dongle->conns[number].told)
        return NULL;
    return &dongle->conns[number];
}

/* The response, and the events that are due behind it. */
static void answer(struct blr_dongle *dongle, const struct dongle_command_row *row,
                   const struct bgapi_fields *in, struct bgapi_fields *out, uint16_t result)
{
    const struct bgapi_layout *layout = bgapi_layout(BGAPI_RESPONSE, row->code);

    out->number[BGAPI_RESULT] = result;
    if (layout && (!result || bgapi_layout_has(layout, BGAPI_RESULT)))
        dongle_respond(dongle, row->code, out);
    else
        dongle_respond_result(dongle, 0x00, row->code, result);
    if (result && row->refused)
        row->refused(dongle, in, result);
    else if (!result && row->then)
        row->then(dongle, in);
}

static void execute(struct blr_dongle *dongle, const struct dongle_command_row *row,
                    const struct bgapi_fields *in)
{
    struct bgapi_fields out = {0};
    int result = BGAPI_NOT_CONNECTED;

    if (bgapi_layout_has(bgapi_layout(BGAPI_COMMAND, row->code), BGAPI_CONN))
        out.number[BGAPI_CONN] = in->number[BGAPI_CONN];
    if (!row->of_conn || dongle_conn_of(dongle, in))
        result = row->run(dongle, in, &out);
    if (result >= 0) {
        answer(dongle, row, in, &out, (uint16_t)result);
    } else if (result == DONGLE_LATER) {
        dongle->pending = row;
        dongle->pending_in = *in;
        dongle->pending_in.data = NULL;
        dongle->pending_in.data_len = 0;
    }
}

/* Of a malformed one no more is believed than its connection. */
static void refuse(struct blr_dongle *dongle, const struct dongle_command_row *row,
                   const struct bgapi_packet *packet)
{
    struct bgapi_fields in = {0}, out = {0};

    if (packet->len && bgapi_layout_has(bgapi_layout(BGAPI_COMMAND, row->code), BGAPI_CONN))
        in.number[BGAPI_CONN] = out.number[BGAPI_CONN] = packet->payload[0];
    if (row->code == BGAPI_CONNECTION_GET_RSSI) {
        out.number[BGAPI_RSSI] = BGAPI_NO_RSSI;
        answer(dongle, row, &in, &out, BGAPI_OK);
    } else {
        answer(dongle, row, &in, &out, BGAPI_INVALID_PARAMETER);
    }
}

static void take(struct blr_dongle *dongle, const struct bgapi_packet *packet)
{
    const struct dongle_command_row *row = packet->first == 0 ? row_of(packet->code) : NULL;
    struct bgapi_fields in;

    if (bgapi_is_event(packet)) {
        dongle->stats.packets_ignored++;
        return;
    }
    dongle->quiet = false;
    if (!row)
        dongle_respond_result(dongle, packet->first, packet->code, BGAPI_UNKNOWN_COMMAND);
    else if (bgapi_decode(BGAPI_COMMAND, packet->code, packet->payload, packet->len, &in) != 0)
        refuse(dongle, row, packet);
    else
        execute(dongle, row, &in);
    for (size_t i = 0; i < BLR_DONGLE_CONNECTIONS; i++)
        if (dongle->conns[i].told && !dongle->conns[i].known)
            dongle_release_held(&dongle->conns[i]);
}

/* --- the line --- */

static bool may_take(const struct blr_dongle *dongle)
{
    return dongle->up && !dongle->rebooting && !dongle->closed && !dongle->pending &&
           dongle_out_room(dongle, OUT_FOR_COMMAND);
}

static size_t received(void *user, const uint8_t *bytes, size_t len)
{
    struct blr_dongle *dongle = user;
    struct bgapi_packet packet;
    size_t left = len;

    dongle->taking = true;
    while (may_take(dongle) && bgapi_read(&dongle->reader, &bytes, &left, &packet))
        take(dongle, &packet);
    dongle->taking = false;
    return len - left;
}

static void resume(struct blr_dongle *dongle)
{
    if (!dongle->taking && may_take(dongle))
        byte_link_resume(dongle->line);
}

static void writable(void *user)
{
    struct blr_dongle *dongle = user;

    dongle_flush(dongle);
    for (size_t i = 0; i < BLR_DONGLE_CONNECTIONS; i++)
        dongle_att_go_on(&dongle->conns[i]);
    resume(dongle);
}

void dongle_finish(struct blr_dongle *dongle, uint16_t result, struct bgapi_fields *out)
{
    const struct dongle_command_row *row = dongle->pending;

    if (!row)
        return;
    dongle->pending = NULL;
    answer(dongle, row, &dongle->pending_in, out, result);
    resume(dongle);
}

bool dongle_awaits(const struct blr_dongle *dongle, uint16_t code)
{
    return dongle->pending && dongle->pending->code == code;
}

/* --- its life --- */

static void start(struct blr_dongle *dongle);

static void settled(void *user)
{
    struct blr_dongle *dongle = user;

    if (dongle->failed)
        start(dongle);
    if (!dongle->rebooting || blr_conn_first(dongle->host) || !dongle_gap_settled(dongle))
        return;
    dongle->rebooting = false;
    resume(dongle);
}

/* Not at once: what tells of it may not be through with it. */
void dongle_settle(struct blr_dongle *dongle)
{
    if (dongle->rebooting && !dongle->closed)
        clock_arm(dongle->clock, &dongle->settle, clock_now(dongle->clock));
}

static void started(struct blr_host *host, int error, void *user)
{
    struct blr_dongle *dongle = user;

    (void)host;
    dongle->up = !error;
    dongle->failed = error != 0;
    if (error && !dongle->closed)
        clock_arm(dongle->clock, &dongle->settle, clock_now(dongle->clock) + START_AGAIN);
    if (dongle->started)
        dongle->started(dongle->user, error);
    dongle_settle(dongle);
    resume(dongle);
}

static void start(struct blr_dongle *dongle)
{
    dongle->failed = false;
    const int error = blr_host_start(dongle->host, started, dongle);
    if (error)
        started(dongle->host, error, dongle);
}

/* By now every operation was called back, and every link is gone. */
static void failed(struct blr_host *host, int error, void *user)
{
    struct blr_dongle *dongle = user;

    (void)host;
    (void)error;
    dongle->up = false;
    if (dongle->closed)
        return;
    dongle->discovering = false;
    start(dongle);
}

static void take_name(struct blr_dongle *dongle, const char *name)
{
    size_t len = strlen(name);

    dongle->name_cut = len > NAME_MAX_OCTETS;
    if (dongle->name_cut) {
        len = NAME_MAX_OCTETS;
        while (len && ((unsigned char)name[len] & 0xC0) == 0x80) /* between characters */
            len--;
    }
    memcpy(dongle->name, name, len);
    dongle->name[len] = '\0';
}

struct blr_dongle *blr_dongle_new(const struct blr_dongle_config *config)
{
    static const struct byte_link_party party = {.received = received, .writable = writable};
    struct blr_dongle *dongle = calloc(1, sizeof *dongle);

    if (!dongle)
        return NULL;
    dongle->host = config->host;
    dongle->clock = blr_host_clock(config->host);
    dongle->line = config->line;
    dongle->started = config->started;
    dongle->user = config->user;
    dongle->boot_event = config->boot_event;
    dongle->quiet = true;
    take_name(dongle, config->name ? config->name : "BGAPI");
    timer_init(&dongle->settle, settled, dongle);
    bgapi_reader_init(&dongle->reader);
    dongle->out = (struct ring){.bytes = dongle->out_memory, .size = OUT_SIZE};
    for (size_t i = 0; i < BLR_DONGLE_CONNECTIONS; i++) {
        dongle->conns[i].dongle = dongle;
        dongle->conns[i].number = (uint8_t)i;
    }
    dongle_conn_listen(dongle);
    dongle_sm_listen(dongle);
    dongle_sm_reset(dongle);
    dongle_gap_reset(dongle);
    blr_host_on_failure(dongle->host, failed, dongle);
    if (blr_host_start(dongle->host, started, dongle) != 0) {
        free(dongle);
        return NULL;
    }
    byte_link_attach(dongle->line, &party, dongle);
    return dongle;
}

void blr_dongle_close(struct blr_dongle *dongle)
{
    dongle->closed = true;
    byte_link_attach(dongle->line, NULL, NULL);
    clock_cancel(dongle->clock, &dongle->settle);
}

void blr_dongle_free(struct blr_dongle *dongle)
{
    free(dongle);
}

void blr_dongle_opened(struct blr_dongle *dongle)
{
    dongle->quiet = true;
    bgapi_reader_init(&dongle->reader); /* what somebody else began is nobody's */
}

bool blr_dongle_owes(const struct blr_dongle *dongle)
{
    bool owes = !dongle->up || dongle->rebooting || dongle->pending || dongle->connecting ||
                dongle->discovering;

    for (size_t i = 0; i < BLR_DONGLE_CONNECTIONS; i++)
        owes = owes || dongle_conn_owes(&dongle->conns[i]);
    return owes && dongle_out_room(dongle, OUT_FOR_EVENTS + OUT_FOR_COMMAND);
}

const struct blr_dongle_stats *blr_dongle_stats(const struct blr_dongle *dongle)
{
    return &dongle->stats;
}
