/* SPDX-License-Identifier: MIT */
/* btsnoop as written: version 1, datalink 1002. */
#include <errno.h>

#include "btsnoop.h"
#include "wire/wr.h"
#include "writer_file.h"

#define WORLD_ZERO_US (BTSNOOP_UNIX_EPOCH_US + TRACE_WORLD_ZERO_UNIX_S * 1000000)

static void put(struct trace_writer *writer, const uint8_t *bytes, size_t len)
{
    if (!writer->error && fwrite(bytes, 1, len, writer->part.file) != len)
        writer->error = errno ? errno : EIO;
}

static void btsnoop_hci(struct trace_sink *sink, sim_ns at, bool to_host, enum hci_packet_type type,
                        const uint8_t *packet, size_t len)
{
    struct trace_writer *writer = writer_of(sink);
    uint8_t header[BTSNOOP_RECORD_HEADER_SIZE + 1];
    struct wr w = wr_init(header, sizeof header);
    uint32_t flags = to_host ? BTSNOOP_RECEIVED : 0;

    if (writer->error)
        return;
    if (len >= UINT32_MAX) {
        writer->error = EMSGSIZE;
        return;
    }
    if (type == HCI_PACKET_COMMAND || type == HCI_PACKET_EVENT)
        flags |= BTSNOOP_COMMAND_OR_EVENT;
    wr_u32_be(&w, (uint32_t)len + 1); /* original length */
    wr_u32_be(&w, (uint32_t)len + 1); /* included length */
    wr_u32_be(&w, flags);
    wr_u32_be(&w, 0); /* cumulative drops */
    wr_u64_be(&w, (uint64_t)WORLD_ZERO_US + at / 1000);
    wr_u8(&w, (uint8_t)type);
    put(writer, header, sizeof header);
    if (len)
        put(writer, packet, len);
}

static const struct trace_sink_ops btsnoop_ops = {.hci = btsnoop_hci};

static int btsnoop_close(struct trace_writer *writer)
{
    FILE *file = writer->part.file;

    writer->part.file = NULL;
    errno = 0;
    if (fclose(file) != 0)
        return errno ? errno : EIO;
    return 0;
}

int trace_writer_btsnoop(const char *path, struct trace_writer **writer)
{
    uint8_t header[BTSNOOP_FILE_HEADER_SIZE];
    struct wr w = wr_init(header, sizeof header);
    const int error = writer_new(path, writer);

    if (error)
        return error;
    (*writer)->sink.ops = &btsnoop_ops;
    (*writer)->close = btsnoop_close;
    wr_bytes(&w, (const uint8_t *)BTSNOOP_MAGIC, sizeof BTSNOOP_MAGIC);
    wr_u32_be(&w, BTSNOOP_VERSION);
    wr_u32_be(&w, BTSNOOP_H4);
    put(*writer, header, sizeof header);
    return BLR_OK;
}
