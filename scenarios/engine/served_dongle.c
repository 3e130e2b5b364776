/* SPDX-License-Identifier: MIT */
#include "served_dongle.h"

#include <stdlib.h>

#include "bond_store.h"
#include "place.h"
#include "run.h"

/* Octets from the client that go over the line at once. */
enum { PIECE = 256 };

struct served_dongle {
    struct run *run;
    const char *name;
    struct room_dongle *dongle;
    struct bond_store bonds;
    struct serve_port *port; /* NULL: nobody has it open */
};

/* --- from the client; `user` is ours --- */

static size_t received(void *user, const uint8_t *bytes, size_t len)
{
    const struct served_dongle *self = user;
    struct byte_link_end *line = room_dongle_port(self->dongle);
    size_t taken = 0;

    while (taken < len) {
        const size_t n = len - taken < PIECE ? len - taken : PIECE;
        if (byte_link_send(line, bytes + taken, n) != 0)
            break;
        taken += n;
    }
    return taken;
}

static void client_reads(void *user)
{
    const struct served_dongle *self = user;

    byte_link_resume(room_dongle_port(self->dongle));
}

/* --- from the dongle --- */

static size_t to_client(void *user, const uint8_t *bytes, size_t len)
{
    const struct served_dongle *self = user;
    size_t taken = 0;

    while (taken < len) {
        const size_t n = len - taken < SERVE_SEND_MAX ? len - taken : SERVE_SEND_MAX;
        if (serve_port_send(self->port, bytes + taken, n) != 0)
            break;
        taken += n;
    }
    return taken;
}

static void line_has_room(void *user)
{
    const struct served_dongle *self = user;

    serve_port_readable(self->port);
}

/* --- clients come and go --- */

void served_dongle_plug(struct served_dongle *self, struct serve_port *port,
                        struct serve_plug *plug)
{
    static const struct serve_party party = {.received = received, .writable = client_reads};
    static const struct byte_link_party client = {
        .received = to_client,
        .writable = line_has_room,
    };

    self->port = port;
    room_dongle_open(self->dongle);
    byte_link_attach(room_dongle_port(self->dongle), &client, self);
    plug->party = &party;
    plug->party_user = self;
}

void served_dongle_unplug(struct served_dongle *self)
{
    struct byte_link_end *line = room_dongle_port(self->dongle);

    self->port = NULL;
    byte_link_attach(line, NULL, NULL);
    byte_link_resume(line); /* what the client had not read is lost */
}

/* --- its life --- */

static void started(void *user, int error)
{
    const struct served_dongle *self = user;

    if (error)
        run_end(self->run, SCENARIO_TROUBLE, "%s: the dongle did not start: %s\n", self->name,
                blr_strerror(error));
}

static int make(struct served_dongle *self, const struct served_end *end)
{
    const struct room_dongle_config config = {
        .device = {.name = self->name, .profile = end->profile},
        .boot_event = end->boot_event,
        .started = started,
        .user = self,
    };
    const int error = room_dongle_new(self->run->world, &config, &self->dongle);

    if (error)
        return error;
    radio_set_position(sim_controller_radio(room_dongle_controller(self->dongle)), end->position);
    if (end->bonds)
        bond_store_open_file(&self->bonds, self->run, room_dongle_host(self->dongle), end->bonds);
    return self->run->over ? 0 : room_dongle_start(self->dongle);
}

struct served_dongle *served_dongle_new(struct run *run, const struct served_end *end,
                                        const char *name)
{
    struct served_dongle *self = calloc(1, sizeof *self);

    if (!self) {
        run_out_of_memory(run);
        return NULL;
    }
    self->run = run;
    self->name = name;
    const int error = make(self, end);
    if (error)
        run_end(run, SCENARIO_TROUBLE, "%s: no dongle can be made: %s\n", name,
                place_name_taken(run, name) ? "there is a device of that name"
                                            : blr_strerror(error));
    if (!run->over)
        return self;
    served_dongle_free(self);
    return NULL;
}

void served_dongle_free(struct served_dongle *self)
{
    if (!self)
        return;
    room_dongle_free(self->dongle);
    bond_store_close(&self->bonds);
    free(self);
}

struct sim_controller *served_dongle_controller(struct served_dongle *self)
{
    return room_dongle_controller(self->dongle);
}

bool served_dongle_owes(const struct served_dongle *self)
{
    return room_dongle_owes(self->dongle);
}
