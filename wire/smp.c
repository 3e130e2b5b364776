/* SPDX-License-Identifier: MIT */
/* Names of the Security Manager Protocol, from the tables of wire/smp.h. */
#include "wire/smp.h"

const char *smp_pdu_name(uint8_t code, size_t *len)
{
    switch (code) {
#define X(ident, value, name, octets)                                                              \
    case value:                                                                                    \
        *len = octets;                                                                             \
        return name;
        SMP_PDUS(X)
#undef X
    }
    return NULL;
}

const char *smp_reason_name(unsigned reason)
{
    switch (reason) {
#define X(ident, value, name)                                                                      \
    case value:                                                                                    \
        return name;
        SMP_REASONS(X)
#undef X
    }
    return NULL;
}

/* Core v5.4, Vol 3, Part H, Table 3.4 */
const char *smp_io_capability_name(unsigned io_capability)
{
    switch (io_capability) {
    case SMP_IO_DISPLAY_ONLY:
        return "DisplayOnly";
    case SMP_IO_DISPLAY_YES_NO:
        return "DisplayYesNo";
    case SMP_IO_KEYBOARD_ONLY:
        return "KeyboardOnly";
    case SMP_IO_NO_INPUT_NO_OUTPUT:
        return "NoInputNoOutput";
    case SMP_IO_KEYBOARD_DISPLAY:
        return "KeyboardDisplay";
    }
    return NULL;
}
