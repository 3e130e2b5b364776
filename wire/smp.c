/* SPDX-License-Identifier: MIT */
/* Names of the Security Manager Protocol, from the tables of wire/smp.h. */
#include "wire/smp.h"

#include "names.h"

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
        SMP_REASONS(NAME_CASE)
    }
    return NULL;
}

const char *smp_io_capability_name(unsigned io_capability)
{
    switch (io_capability) {
        SMP_IO_CAPABILITIES(NAME_CASE)
    }
    return NULL;
}
