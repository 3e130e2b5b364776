/* SPDX-License-Identifier: MIT */
/*
 * The links of a trace and what has to be remembered of each: L2CAP frames that are not whole yet,
 * the last data PDU of either side, whether PDUs are ciphertext. A hash table by key, in no order
 * that anything is printed in.
 */
#ifndef LINKS_H
#define LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a data PDU was sent. */
enum link_secrecy {
    LINK_CLEAR,   /* before encryption began */
    LINK_SEALED,  /* encrypted, whether or not what it says is known */
    LINK_EXPOSED, /* in clear, when it should have been encrypted */
};

/* One direction of a link. */
struct link_stream {
    uint8_t *bytes; /* the frame so far, L2CAP header included */
    size_t len, cap;
    unsigned fragments;
    bool open; /* a frame has begun and is not whole */

    uint16_t read_type; /* of the last ATT_READ_BY_TYPE_REQ this way: what its answer lists */

    /* Of the air: the last data PDU. */
    bool has_last;
    bool last_sn;
    enum link_secrecy last_secrecy;
    uint8_t last_llid;
    uint8_t last_len;
    uint32_t last_crc_of_payload;
};

/* One direction of a channel: what of its SDU is still to come, and was before the last frame. */
struct link_sdu {
    uint16_t left, total;
    uint16_t before, total_before;
};

/* A credit-based channel of L2CAP, by its number at either side: that of who sends this way. */
struct link_channel {
    struct link_channel *next;
    uint16_t cid[2]; /* 0: not yet known */
    bool open;
    uint8_t identifier; /* of the request, and the direction that it went */
    unsigned asked_by;
    struct link_sdu sdu[2];
};

struct link {
    struct link *next; /* in its bucket */
    uint64_t key;
    bool whole;     /* seen since its CONNECT_IND */
    bool asked;     /* for encryption */
    bool encrypted; /* PDUs of the air are ciphertext from here on */
    bool decrypted; /* and this trace tells what they say */
    struct link_stream stream[2];
    struct link_channel *channels;
};

struct link_table {
    struct link **buckets;
    size_t size, count; /* size: a power of two, or 0 */
};

static inline uint64_t link_key_hci(uint16_t adapter, uint16_t handle)
{
    return UINT64_C(1) << 40 | (uint64_t)adapter << 16 | handle;
}

static inline uint64_t link_key_air(uint32_t access_address)
{
    return access_address;
}

/* Finds or makes it. NULL: out of memory. */
struct link *link_get(struct link_table *table, uint64_t key);
/* Forgets it, if it is there. */
void link_drop(struct link_table *table, uint64_t key);
void link_table_fini(struct link_table *table);

/* Appends to the frame of a stream. False: out of memory. */
bool link_stream_add(struct link_stream *stream, const uint8_t *bytes, size_t len);

#endif
