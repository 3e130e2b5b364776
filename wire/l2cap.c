/* SPDX-License-Identifier: MIT */
#include "wire/l2cap.h"

#include <stddef.h>

#include "names.h"

const char *l2cap_signal_name(unsigned code)
{
    switch (code) {
        L2CAP_SIGNALS(NAME_CASE)
    }
    return NULL;
}

const char *l2cap_connect_result_name(unsigned result)
{
    switch (result) {
        L2CAP_CONNECT_RESULTS(NAME_CASE)
    }
    return NULL;
}
