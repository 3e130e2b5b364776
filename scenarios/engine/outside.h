/* SPDX-License-Identifier: MIT */
/*
 * Devices whose controllers are outside (scenario_options.controllers), and time for a run that has
 * such: the wall's, from the first to the last instant.
 */
#ifndef ENGINE_OUTSIDE_H
#define ENGINE_OUTSIDE_H

#include "device.h"
#include "opts.h"

struct outside;

/* Where the controller of a device that is being declared is; NULL: it gets one of ours. */
const char *outside_where(const struct run *run, const char *name);
/* Tells of what the declaration says in vain. */
void outside_tell(const struct device *device, const struct opts *opts,
                  const struct room_device_config *config);

/* Each name that was given is a device's; otherwise the run is over. For a file being listed. */
void outside_check_names(struct run *run);

/* Opens the controllers, and starts the hosts. False: the run is over. */
bool outside_start(struct run *run);
/* Lets time pass until the run is over. */
void outside_drive(struct run *run);
/* NULL is fine. */
void outside_close(struct outside *outside);

/* The controller of the device has failed, or is gone. */
void outside_failed(struct device *device, enum scenario_result result, int error);

#endif
