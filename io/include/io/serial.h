/* SPDX-License-Identifier: MIT */
/*
 * A serial port of this machine for a program in the wall's time: the end of a byte_link, a clock
 * for timers, and what lets time pass. Made for the client of a dongle (blueroom/bgapi_client.h) at
 * a real one, or at a pseudo-terminal of `blueroom serve --bgapi`.
 */
#ifndef IO_SERIAL_H
#define IO_SERIAL_H

#include <stdbool.h>

#include "wire/byte_link.h"
#include "wire/timer.h"

struct serial;

/*
 * Opens a terminal (a device, a pseudo-terminal or a link to one), makes it raw and forgets what
 * waits in it; its speed stays as it is. BLR_ERR_IO with errno: there is none, or it is no terminal.
 * BLR_ERR_NO_MEMORY.
 */
int serial_open(const char *path, struct serial **serial) BLR_MUST_CHECK;
/* Who is attached hears no more; the timers of its clock are disarmed. NULL is fine. */
void serial_close(struct serial *serial);

/*
 * Takes up to 4096 octets that the port has not: BLR_ERR_AGAIN beyond, BLR_ERR_TOO_LONG for more
 * than that at once, BLR_ERR_IO when the port is lost.
 */
struct byte_link_end *serial_end(struct serial *serial);
/* Nanoseconds since serial_open(). */
struct clock *serial_clock(struct serial *serial);
/* Whoever was at the other end is gone, or the port itself. */
bool serial_lost(const struct serial *serial);

/*
 * Waits until something has come, a timer was due or there is room again, and tells of it; false
 * when nothing of that can ever be: no timer is armed, and the port is lost or what has come is not
 * taken. As `wait` of
 * struct blr_bgapi_config, with the serial as its user.
 */
bool serial_wait(void *serial);

#endif
