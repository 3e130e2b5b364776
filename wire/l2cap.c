/* SPDX-License-Identifier: MIT */
#include "wire/l2cap.h"

#include <stddef.h>

const char *l2cap_signal_name(unsigned code)
{
    switch (code) {
#define X(ident, value, name)                                                                      \
    case value:                                                                                    \
        return name;
        L2CAP_SIGNALS(X)
#undef X
    }
    return NULL;
}

const char *l2cap_connect_result_name(unsigned result)
{
    switch (result) {
#define X(ident, value, name)                                                                      \
    case value:                                                                                    \
        return name;
        L2CAP_CONNECT_RESULTS(X)
#undef X
    }
    return NULL;
}
