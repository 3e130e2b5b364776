/* SPDX-License-Identifier: MIT */
/*
 * Where the bonds of a script's devices last: BONDS_DIR/<script>/<device>.bonds, for all scenarios
 * of the script, one after the other. Those of a served dongle have a file of their own.
 */
#ifndef ENGINE_BOND_STORE_H
#define ENGINE_BOND_STORE_H

#include <stdbool.h>

#include "io/bond_file.h"

struct blr_host;
struct run;

struct bond_store {
    struct run *run;
    struct bond_file *file; /* NULL: the bonds are in memory alone */
    bool failed;            /* and that has been told */
};

/*
 * The bonds that are there become the host's, and are kept from now on. A text that makes no sense
 * is set aside and told of, and the host begins without bonds; any other trouble ends the run.
 * Nothing happens when the run was given no folder, or only lists its scenarios.
 */
void bond_store_open(struct bond_store *store, struct run *run, struct blr_host *host,
                     const char *device);
/* The same in a file of its own. */
void bond_store_open_file(struct bond_store *store, struct run *run, struct blr_host *host,
                          const char *path);
/* When the host is gone. */
void bond_store_close(struct bond_store *store);

#endif
