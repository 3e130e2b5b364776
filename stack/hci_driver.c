/* SPDX-License-Identifier: MIT */
#include "hci_driver.h"

#include <assert.h>

/* A controller may tell of credits without answering a command (7.7.14). */
enum { OPCODE_NOP = 0 };

static void fail(struct hci_driver *driver, int error)
{
    hci_driver_stop(driver);
    driver->failed(driver->user, error);
}

static void timed_out(void *user)
{
    fail(user, BLR_ERR_TIMEOUT);
}

static void watch(struct hci_driver *driver)
{
    clock_arm(driver->clock, &driver->timeout, clock_now(driver->clock) + HCI_COMMAND_TIMEOUT);
}

/* Sends the packet; false if it has to wait or the driver has failed. */
static bool send_packet(struct hci_driver *driver, enum hci_packet_type type, const uint8_t *packet,
                        size_t len)
{
    if (driver->link_full)
        return false;
    const int error = hci_link_send(driver->link, type, packet, len);
    if (error == BLR_ERR_AGAIN)
        driver->link_full = true;
    else if (error)
        fail(driver, error);
    return error == 0;
}

static bool send_command(struct hci_driver *driver, const struct hci_command *command)
{
    uint8_t packet[HCI_MAX_COMMAND_SIZE];
    struct wr w = wr_init(packet, sizeof packet);

    wr_u16(&w, command->opcode);
    wr_u8(&w, command->len);
    wr_bytes(&w, command->params, command->len);
    return send_packet(driver, HCI_PACKET_COMMAND, packet, w.len);
}

static void send_next(struct hci_driver *driver)
{
    struct hci_command *command = driver->head;

    if (!driver->running || driver->in_flight || !command)
        return;
    if (!timer_armed(&driver->timeout))
        watch(driver);
    if (driver->credits == 0 || !send_command(driver, command))
        return;
    driver->head = command->next;
    if (!driver->head)
        driver->tail = NULL;
    driver->in_flight = true;
    driver->current = command;
    driver->current_opcode = command->opcode;
    watch(driver);
}

void hci_driver_init(struct hci_driver *driver)
{
    timer_init(&driver->timeout, timed_out, driver);
}

void hci_driver_start(struct hci_driver *driver)
{
    hci_driver_stop(driver);
    driver->credits = 1;
    driver->link_full = false;
    driver->running = true;
}

void hci_driver_stop(struct hci_driver *driver)
{
    clock_cancel(driver->clock, &driver->timeout);
    for (struct hci_command *command = driver->head; command; command = command->next)
        command->pending = false;
    if (driver->current)
        driver->current->pending = false;
    driver->head = NULL;
    driver->tail = NULL;
    driver->current = NULL;
    driver->in_flight = false;
    driver->running = false;
}

struct wr hci_command_begin(struct hci_command *command, uint16_t opcode)
{
    assert(!command->pending);
    command->opcode = opcode;
    return wr_init(command->params, sizeof command->params);
}

void hci_command_submit(struct hci_driver *driver, struct hci_command *command,
                        const struct wr *params)
{
    assert(wr_ok(params));
    assert(hci_command_info(command->opcode)->params_len == params->len);
    if (!driver->running)
        return;
    command->len = (uint8_t)params->len;
    command->next = NULL;
    command->pending = true;
    if (driver->tail)
        driver->tail->next = command;
    else
        driver->head = command;
    driver->tail = command;
    send_next(driver);
}

void hci_command_forget(struct hci_driver *driver, struct hci_command *command)
{
    struct hci_command *before = NULL;

    if (!command->pending)
        return;
    command->pending = false;
    if (driver->current == command) {
        driver->current = NULL;
        return;
    }
    for (struct hci_command *c = driver->head; c != command; c = c->next)
        before = c;
    if (before)
        before->next = command->next;
    else
        driver->head = command->next;
    if (driver->tail == command)
        driver->tail = before;
    if (!driver->head && !driver->in_flight)
        clock_cancel(driver->clock, &driver->timeout);
}

/* Takes the credits that an answer carries; true if it answers the command in flight. */
static bool take_answer(struct hci_driver *driver, uint8_t credits, uint16_t opcode)
{
    if (!driver->running)
        return false;
    driver->credits = credits;
    if (driver->in_flight && opcode == driver->current_opcode)
        return true;
    if (opcode != OPCODE_NOP)
        driver->unexpected_answers++;
    send_next(driver);
    return false;
}

static void answered(struct hci_driver *driver, int error, struct rd *ret)
{
    struct hci_command *command = driver->current;

    clock_cancel(driver->clock, &driver->timeout);
    driver->in_flight = false;
    driver->current = NULL;
    if (command) {
        command->pending = false;
        command->done(command->user, error, ret);
    }
    send_next(driver);
}

void hci_driver_command_complete(struct hci_driver *driver, struct rd *r)
{
    const uint8_t credits = rd_u8(r);
    const uint16_t opcode = rd_u16(r);
    struct rd nothing = rd_init(NULL, 0);

    if (!take_answer(driver, credits, opcode))
        return;
    const int16_t expected = hci_command_info(opcode)->return_len;
    const size_t len = rd_left(r);
    const uint8_t status = rd_u8(r);
    /* What stands behind the status of a failure is of no use, and some leave it out. */
    if (len > 0 && status != HCI_ERR_SUCCESS) {
        answered(driver, BLR_ERR_HCI(status), &nothing);
    } else if (expected < 0) {
        /* Success of a command that Command Status answers: that is still to come. */
        driver->unexpected_answers++;
    } else if (len != (size_t)expected) {
        answered(driver, BLR_ERR_MALFORMED, &nothing);
    } else {
        answered(driver, 0, r);
    }
}

void hci_driver_command_status(struct hci_driver *driver, struct rd *r)
{
    const uint8_t status = rd_u8(r);
    const uint8_t credits = rd_u8(r);
    const uint16_t opcode = rd_u16(r);
    struct rd nothing = rd_init(NULL, 0);

    if (!take_answer(driver, credits, opcode))
        return;
    if (status == HCI_ERR_SUCCESS && hci_command_info(opcode)->return_len >= 0) {
        /* Begun, it says, of a command that Command Complete answers: wait for that. */
        driver->unexpected_answers++;
        return;
    }
    answered(driver, status ? BLR_ERR_HCI(status) : 0, &nothing);
}

void hci_driver_writable(struct hci_driver *driver)
{
    driver->link_full = false;
    send_next(driver);
}

int hci_driver_send_acl(struct hci_driver *driver, const uint8_t *packet, size_t len)
{
    if (!driver->running)
        return BLR_ERR_AGAIN;
    return send_packet(driver, HCI_PACKET_ACL, packet, len) ? 0 : BLR_ERR_AGAIN;
}
