/* SPDX-License-Identifier: MIT */
/*
 * A controller of this machine's kernel, by /dev/vhci (Linux, drivers/bluetooth/hci_vhci.c): H4, a
 * packet a read and a packet a write. It is a client from the beginning.
 */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve_internal.h"

static int no_vhci(char trouble[static SERVE_TROUBLE_SIZE], int error)
{
    const char *hint = "";

    if (error == ENOENT || error == ENODEV || error == ENXIO)
        hint = " (is the kernel module hci_vhci there? modprobe hci_vhci)";
    else if (error == EACCES || error == EPERM)
        hint = " (that takes root)";
    else if (error == EPROTO)
        hint = " (it makes no controller)";
    return serve_trouble(trouble, BLR_ERR_IO, "/dev/vhci: %s%s", strerror(error), hint);
}

int vhci_create(int fd, uint8_t early[static H4_PACKET_MAX], size_t *early_len)
{
    static const uint8_t create[] = {0xFF, 0x00};
    uint8_t answer[H4_PACKET_MAX];

    *early_len = 0;
    if (write(fd, create, sizeof create) != (ssize_t)sizeof create)
        return -errno;
    for (;;) {
        const ssize_t len = read(fd, answer, sizeof answer);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return -errno;
        if (len == 4 && answer[0] == create[0] && answer[1] == create[1])
            return answer[2] | answer[3] << 8;
        if (len == 0 || *early_len)
            return -EPROTO;
        memcpy(early, answer, (size_t)len);
        *early_len = (size_t)len;
    }
}

int vhci_open(struct end *end, char trouble[static SERVE_TROUBLE_SIZE])
{
    uint8_t early[H4_PACKET_MAX];
    size_t early_len;
    char where[64];
    struct stat st;
    const int fd = open("/dev/vhci", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return no_vhci(trouble, errno);
    const bool device = fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
    const int index = device ? vhci_create(fd, early, &early_len) : -ENODEV;
    if (index < 0) {
        close(fd);
        return no_vhci(trouble, -index);
    }
    port_begin_fd(end, fd);
    if (!end->ports)
        return serve_trouble(trouble, BLR_ERR_NO_MEMORY, "/dev/vhci: no controller for it");
    port_take(end->ports, early, early_len);
    snprintf(where, sizeof where, "hci%d", index);
    end_say(end, "vhci", where);
    return 0;
}
