/* SPDX-License-Identifier: MIT */
#include "wire/addr.h"

#include "wire/hex.h"

char *bd_addr_format(const struct bd_addr *addr, char text[static BD_ADDR_TEXT_SIZE])
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = text;

    for (int i = 5; i >= 0; i--) {
        *out++ = digits[addr->octet[i] >> 4];
        *out++ = digits[addr->octet[i] & 15];
        *out++ = i > 0 ? ':' : '\0';
    }
    return text;
}

int bd_addr_parse(const char *text, struct bd_addr *addr)
{
    struct bd_addr parsed = {.type = BD_ADDR_PUBLIC};
    const char *p = text;
    /* Colons are everywhere or nowhere. */
    const bool colons = strlen(text) > 2 && text[2] == ':';

    for (int i = 5; i >= 0; i--) {
        const int high = hex_digit(*p);
        if (high < 0)
            return BLR_ERR_INVALID;
        const int low = hex_digit(p[1]);
        if (low < 0)
            return BLR_ERR_INVALID;
        parsed.octet[i] = (uint8_t)(high << 4 | low);
        p += 2;
        if (colons && i > 0 && *p++ != ':')
            return BLR_ERR_INVALID;
    }
    if (*p != '\0')
        return BLR_ERR_INVALID;
    *addr = parsed;
    return 0;
}
