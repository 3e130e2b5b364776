/* SPDX-License-Identifier: MIT */
#include "bgapi_internal.h"

#include <stdlib.h>
#include <string.h>

struct bgapi_command_row {
    uint16_t code;
    bool of_conn; /* refused with BGAPI_NOT_CONNECTED where there is none */
    bgapi_run *run;
    /* What follows the response: of a good result, of another one. May be NULL. */
    void (*then)(struct blr_bgapi *dongle, const struct bgapi_fields *in);
    void (*refused)(struct blr_bgapi *dongle, const struct bgapi_fields *in, uint16_t result);
};

static const struct bgapi_command_row commands[] = {
    {BGAPI_SYSTEM_RESET, false, bgapi_reset, NULL, NULL},
    {BGAPI_SYSTEM_HELLO, false, bgapi_hello, NULL, NULL},
    {BGAPI_SYSTEM_ADDRESS_GET, false, bgapi_address_get, NULL, NULL},
    {BGAPI_CONNECTION_DISCONNECT, true, bgapi_disconnect, NULL, NULL},
    {BGAPI_CONNECTION_GET_RSSI, false, bgapi_get_rssi, NULL, NULL},
    {BGAPI_CONNECTION_UPDATE, true, bgapi_update, NULL, NULL},
    {BGAPI_ATTCLIENT_READ_BY_GROUP_TYPE, true, bgapi_read_by_group_type, NULL, bgapi_att_refused},
    {BGAPI_ATTCLIENT_FIND_INFORMATION, true, bgapi_find_information, NULL, bgapi_att_refused},
    {BGAPI_ATTCLIENT_READ_BY_HANDLE, true, bgapi_read_by_handle, NULL, bgapi_att_refused},
    {BGAPI_ATTCLIENT_ATTRIBUTE_WRITE, true, bgapi_attribute_write, NULL, bgapi_att_refused},
    {BGAPI_ATTCLIENT_WRITE_COMMAND, true, bgapi_write_command, NULL, NULL},
    {BGAPI_ATTCLIENT_READ_LONG, true, bgapi_read_long, NULL, bgapi_att_refused},
    {BGAPI_ATTCLIENT_PREPARE_WRITE, true, bgapi_prepare_write, NULL, bgapi_att_refused},
    {BGAPI_ATTCLIENT_EXECUTE_WRITE, true, bgapi_execute_write, NULL, bgapi_att_refused},
    {BGAPI_SM_ENCRYPT_START, true, bgapi_encrypt_start, NULL, bgapi_sm_refused},
    {BGAPI_SM_SET_BONDABLE_MODE, false, bgapi_set_bondable_mode, NULL, NULL},
    {BGAPI_SM_DELETE_BONDING, false, bgapi_delete_bonding, NULL, NULL},
    {BGAPI_SM_SET_PARAMETERS, false, bgapi_set_parameters, NULL, NULL},
    {BGAPI_SM_PASSKEY_ENTRY, true, bgapi_passkey_entry, NULL, NULL},
    {BGAPI_SM_GET_BONDS, false, bgapi_get_bonds, bgapi_sm_tell_bonds, NULL},
    {BGAPI_GAP_SET_MODE, false, bgapi_set_mode, NULL, NULL},
    {BGAPI_GAP_DISCOVER, false, bgapi_discover, NULL, NULL},
    {BGAPI_GAP_CONNECT_DIRECT, false, bgapi_connect_direct, NULL, NULL},
    {BGAPI_GAP_END_PROCEDURE, false, bgapi_end_procedure, NULL, NULL},
    {BGAPI_GAP_SET_SCAN_PARAMETERS, false, bgapi_set_scan_parameters, NULL, NULL},
};

/* --- commands --- */

static const struct bgapi_command_row *row_of(uint16_t code)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].code == code)
            return &commands[i];
    return NULL;
}

struct bgapi_conn *bgapi_conn_of(struct blr_bgapi *dongle, const struct bgapi_fields *in)
{
    const int64_t number = in->number[BGAPI_CONN];

    if (number >= BLR_BGAPI_CONNECTIONS || !dongle->conns[number].conn)
        return NULL;
    return &dongle->conns[number];
}

/* The response, and the events that are due behind it. */
static void answer(struct blr_bgapi *dongle, const struct bgapi_command_row *row,
                   const struct bgapi_fields *in, struct bgapi_fields *out, uint16_t result)
{
    const struct bgapi_layout *layout = bgapi_layout(BGAPI_RESPONSE, row->code);

    out->number[BGAPI_RESULT] = result;
    if (layout && (!result || bgapi_layout_has(layout, BGAPI_RESULT)))
        bgapi_respond(dongle, row->code, out);
    else
        bgapi_respond_result(dongle, 0x00, row->code, result);
    if (result && row->refused)
        row->refused(dongle, in, result);
    else if (!result && row->then)
        row->then(dongle, in);
}

static void execute(struct blr_bgapi *dongle, const struct bgapi_command_row *row,
                    const struct bgapi_fields *in)
{
    struct bgapi_fields out = {0};
    int result = BGAPI_NOT_CONNECTED;

    if (bgapi_layout_has(bgapi_layout(BGAPI_COMMAND, row->code), BGAPI_CONN))
        out.number[BGAPI_CONN] = in->number[BGAPI_CONN];
    if (!row->of_conn || bgapi_conn_of(dongle, in))
        result = row->run(dongle, in, &out);
    if (result >= 0) {
        answer(dongle, row, in, &out, (uint16_t)result);
    } else if (result == BGAPI_LATER) {
        dongle->pending = row;
        dongle->pending_in = *in;
        dongle->pending_in.data = NULL;
        dongle->pending_in.data_len = 0;
    }
}

/* Of a malformed one no more is believed than its connection. */
static void refuse(struct blr_bgapi *dongle, const struct bgapi_command_row *row,
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

static void take(struct blr_bgapi *dongle, const struct bgapi_packet *packet)
{
    const struct bgapi_command_row *row = packet->first == 0 ? row_of(packet->code) : NULL;
    struct bgapi_fields in;

    if (bgapi_is_event(packet)) {
        dongle->stats.packets_ignored++;
        return;
    }
    dongle->quiet = false;
    if (!row)
        bgapi_respond_result(dongle, packet->first, packet->code, BGAPI_UNKNOWN_COMMAND);
    else if (bgapi_decode(BGAPI_COMMAND, packet->code, packet->payload, packet->len, &in) != 0)
        refuse(dongle, row, packet);
    else
        execute(dongle, row, &in);
    for (size_t i = 0; i < BLR_BGAPI_CONNECTIONS; i++)
        if (dongle->conns[i].conn && !dongle->conns[i].known)
            bgapi_release_held(&dongle->conns[i]);
}

/* --- the line --- */

static bool may_take(const struct blr_bgapi *dongle)
{
    return dongle->up && !dongle->rebooting && !dongle->closed && !dongle->pending &&
           bgapi_out_room(dongle, OUT_FOR_COMMAND);
}

static size_t received(void *user, const uint8_t *bytes, size_t len)
{
    struct blr_bgapi *dongle = user;
    struct bgapi_packet packet;
    size_t left = len;

    dongle->taking = true;
    while (may_take(dongle) && bgapi_read(&dongle->reader, &bytes, &left, &packet))
        take(dongle, &packet);
    dongle->taking = false;
    return len - left;
}

static void resume(struct blr_bgapi *dongle)
{
    if (!dongle->taking && may_take(dongle))
        byte_link_resume(dongle->line);
}

static void writable(void *user)
{
    struct blr_bgapi *dongle = user;

    bgapi_flush(dongle);
    for (size_t i = 0; i < BLR_BGAPI_CONNECTIONS; i++)
        bgapi_att_go_on(&dongle->conns[i]);
    resume(dongle);
}

void bgapi_finish(struct blr_bgapi *dongle, uint16_t result, struct bgapi_fields *out)
{
    const struct bgapi_command_row *row = dongle->pending;

    if (!row)
        return;
    dongle->pending = NULL;
    answer(dongle, row, &dongle->pending_in, out, result);
    resume(dongle);
}

bool bgapi_awaits(const struct blr_bgapi *dongle, uint16_t code)
{
    return dongle->pending && dongle->pending->code == code;
}

/* --- its life --- */

static void settled(void *user)
{
    struct blr_bgapi *dongle = user;

    if (!dongle->rebooting || blr_conn_first(dongle->host) || !bgapi_gap_settled(dongle))
        return;
    dongle->rebooting = false;
    resume(dongle);
}

/* Not at once: what tells of it may not be through with it. */
void bgapi_settle(struct blr_bgapi *dongle)
{
    if (dongle->rebooting && !dongle->closed)
        clock_arm(dongle->clock, &dongle->settle, clock_now(dongle->clock));
}

static void started(struct blr_host *host, int error, void *user)
{
    struct blr_bgapi *dongle = user;

    (void)host;
    dongle->up = !error;
    if (dongle->started)
        dongle->started(dongle->user, error);
    bgapi_settle(dongle);
    resume(dongle);
}

/* By now every operation was called back, and every link is gone. */
static void failed(struct blr_host *host, int error, void *user)
{
    struct blr_bgapi *dongle = user;

    dongle->up = false;
    if (dongle->closed)
        return;
    dongle->discovering = false;
    error = blr_host_start(host, started, dongle);
    if (error)
        started(host, error, dongle);
}

static void take_name(struct blr_bgapi *dongle, const char *name)
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

struct blr_bgapi *blr_bgapi_new(const struct blr_bgapi_config *config)
{
    static const struct byte_link_party party = {.received = received, .writable = writable};
    struct blr_bgapi *dongle = calloc(1, sizeof *dongle);

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
    for (size_t i = 0; i < BLR_BGAPI_CONNECTIONS; i++) {
        dongle->conns[i].dongle = dongle;
        dongle->conns[i].number = (uint8_t)i;
    }
    bgapi_conn_listen(dongle);
    bgapi_sm_listen(dongle);
    bgapi_sm_reset(dongle);
    bgapi_gap_reset(dongle);
    blr_host_on_failure(dongle->host, failed, dongle);
    if (blr_host_start(dongle->host, started, dongle) != 0) {
        free(dongle);
        return NULL;
    }
    byte_link_attach(dongle->line, &party, dongle);
    return dongle;
}

void blr_bgapi_close(struct blr_bgapi *dongle)
{
    dongle->closed = true;
    byte_link_attach(dongle->line, NULL, NULL);
    clock_cancel(dongle->clock, &dongle->settle);
}

void blr_bgapi_free(struct blr_bgapi *dongle)
{
    free(dongle);
}

void blr_bgapi_opened(struct blr_bgapi *dongle)
{
    dongle->quiet = true;
}

bool blr_bgapi_owes(const struct blr_bgapi *dongle)
{
    bool owes = !dongle->up || dongle->rebooting || dongle->pending || dongle->connecting ||
                dongle->discovering;

    for (size_t i = 0; i < BLR_BGAPI_CONNECTIONS; i++)
        owes = owes || bgapi_conn_owes(&dongle->conns[i]);
    return owes && bgapi_out_room(dongle, OUT_FOR_EVENTS + OUT_FOR_COMMAND);
}

const struct blr_bgapi_stats *blr_bgapi_stats(const struct blr_bgapi *dongle)
{
    return &dongle->stats;
}
