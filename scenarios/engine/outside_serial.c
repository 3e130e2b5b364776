/* SPDX-License-Identifier: MIT */
#include "outside_serial.h"

#include <stdlib.h>

#include "backend.h"

struct outside_serial {
    struct run *run;
    const struct scenario_serial *option;
    struct serial_port room_port;
    struct byte_link_end end; /* the client's */
    struct serve_port *port;  /* NULL: it is not open */
};

static struct outside_serial *of_end(struct byte_link_end *end)
{
    return (struct outside_serial *)(void *)((char *)end - offsetof(struct outside_serial, end));
}

static int line_send(struct byte_link_end *end, const uint8_t *bytes, size_t len)
{
    struct outside_serial *serial = of_end(end);

    return serial->port ? serve_port_send(serial->port, bytes, len) : BLR_ERR_IO;
}

static void line_resume(struct byte_link_end *end)
{
    struct outside_serial *serial = of_end(end);

    if (serial->port)
        serve_port_readable(serial->port);
}

/* --- from outside --- */

static size_t received(void *user, const uint8_t *bytes, size_t len)
{
    struct byte_link_end *end = &((struct outside_serial *)user)->end;

    return end->party ? end->party->received(end->user, bytes, len) : len;
}

static void writable(void *user)
{
    struct byte_link_end *end = &((struct outside_serial *)user)->end;

    if (end->party && end->party->writable)
        end->party->writable(end->user);
}

/* --- their life --- */

struct outside_serial *outside_serials_new(struct run *run)
{
    static const struct byte_link_ops ops = {.send = line_send, .resume = line_resume};
    const struct scenario_options *options = run->options;

    if (options->serial_count == 0)
        return NULL;
    struct outside_serial *serials = calloc(options->serial_count, sizeof *serials);
    if (!serials) {
        run_out_of_memory(run);
        return NULL;
    }
    for (size_t i = 0; i < options->serial_count; i++) {
        struct outside_serial *serial = &serials[i];
        serial->run = run;
        serial->option = &options->serials[i];
        serial->end.ops = &ops;
        serial->room_port.port = (struct blr_bgapi_port){
            .name = serial->option->name,
            .vendor_id = BLR_BLED112_VENDOR_ID,
            .product_id = BLR_BLED112_PRODUCT_ID,
            .end = &serial->end,
        };
        serial_port_add(run, &serial->room_port);
    }
    return serials;
}

void outside_serials_free(struct outside_serial *serials)
{
    free(serials);
}

void outside_serial_plug(struct outside_serial *serials, size_t index, struct serve_port *port,
                         struct serve_plug *plug)
{
    static const struct serve_party party = {.received = received, .writable = writable};
    struct outside_serial *serial = &serials[index];

    serial->port = port;
    plug->device = serial;
    plug->party = &party;
    plug->party_user = serial;
}

static struct outside_serial *find(struct outside_serial *serials, const void *device)
{
    for (size_t i = 0; serials && i < serials->run->options->serial_count; i++)
        if (&serials[i] == device)
            return &serials[i];
    return NULL;
}

bool outside_serial_lost(struct outside_serial *serials, const void *device, const char *why)
{
    struct outside_serial *serial = find(serials, device);

    if (!serial)
        return false;
    serial->port = NULL;
    run_end(serial->run, SCENARIO_FAILED, "%s: the port (%s) is lost: %s\n", serial->option->name,
            serial->option->where, why);
    return true;
}

void outside_serial_unplug(struct outside_serial *serials, const void *device)
{
    struct outside_serial *serial = find(serials, device);

    if (serial)
        serial->port = NULL;
}
