/* SPDX-License-Identifier: MIT */
#include "wire/error.h"

#include <stddef.h>

#include "names.h"
#include "wire/att.h"
#include "wire/hci.h"
#include "wire/l2cap.h"
#include "wire/smp.h"

const char *hci_error_name(unsigned code)
{
    switch (code) {
        HCI_ERRORS(NAME_CASE)
    }
    return NULL;
}

const char *att_error_name(unsigned code)
{
    switch (code) {
        ATT_ERRORS(NAME_CASE)
    }
    /* The range that a higher layer defines (Vol 3, Part F, Table 3.4). */
    return code >= 0x80 && code <= 0x9F ? "Application Error" : NULL;
}

/* Vol 3, Part A, Table 4.4 */
static const char *l2cap_reason_name(unsigned code)
{
    switch (code) {
    case L2CAP_REJECT_NOT_UNDERSTOOD:
        return "Command Not Understood";
    case L2CAP_REJECT_MTU_EXCEEDED:
        return "Signaling MTU Exceeded";
    case L2CAP_REJECT_INVALID_CID:
        return "Invalid CID in Request";
    }
    return NULL;
}

static const char *own_error_name(enum blr_error error)
{
    switch (error) {
    case BLR_OK:
        return "Success";
    case BLR_ERR_NO_MEMORY:
        return "Out of memory";
    case BLR_ERR_INVALID:
        return "Invalid argument";
    case BLR_ERR_BUSY:
        return "Operation already in progress";
    case BLR_ERR_AGAIN:
        return "Queue full, try again later";
    case BLR_ERR_TIMEOUT:
        return "Timed out";
    case BLR_ERR_NOT_CONNECTED:
        return "Not connected";
    case BLR_ERR_CANCELLED:
        return "Cancelled";
    case BLR_ERR_NOT_FOUND:
        return "Not found";
    case BLR_ERR_MALFORMED:
        return "Malformed data";
    case BLR_ERR_STATE:
        return "Not possible in this state";
    case BLR_ERR_UNSUPPORTED:
        return "Not supported";
    case BLR_ERR_IO:
        return "Input or output failed";
    case BLR_ERR_TOO_LONG:
        return "Too long";
    }
    return "Unknown error";
}

const char *blr_strerror(int error)
{
    const unsigned code = (unsigned)error & 0xFFU;
    const char *name = NULL;

    if (error < 0)
        return "Unknown error";
    switch ((unsigned)error & ~0xFFU) {
    case BLR_ERR_BASE_OWN:
        return own_error_name((enum blr_error)code);
    case BLR_ERR_BASE_HCI:
        name = hci_error_name(code);
        return name ? name : "Unknown HCI error";
    case BLR_ERR_BASE_ATT:
        name = att_error_name(code);
        return name ? name : "Unknown ATT error";
    case BLR_ERR_BASE_SMP:
        name = smp_reason_name(code);
        return name ? name : "Unknown SMP error";
    case BLR_ERR_BASE_L2CAP:
        name = l2cap_reason_name(code);
        return name ? name : "Unknown L2CAP error";
    case BLR_ERR_BASE_L2CAP_CONNECT:
        name = code ? l2cap_connect_result_name(code) : NULL;
        return name ? name : "Unknown L2CAP connection result";
    }
    return "Unknown error";
}
