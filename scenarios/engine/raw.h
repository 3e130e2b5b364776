/* SPDX-License-Identifier: MIT */
/*
 * Raw radios and sniffers in scripts: what a sim/raw_radio.h is to a C test.
 *
 * raw.c (the device), raw_packet.c (packets as tables), raw_link.c, raw_link_tx.c and raw_link_rx.c
 * (one side of a connection, held), sniffer.c (hears everything and writes it to a trace).
 */
#ifndef ENGINE_RAW_H
#define ENGINE_RAW_H

#include "object.h"
#include "opts.h"
#include "queue.h"
#include "sim/raw_link.h"
#include "sim/raw_radio.h"

/* A raw radio, or a sniffer. */
struct raw {
    struct run *run;
    struct raw *next; /* in the order of declaration */
    char name[NAME_SIZE];
    struct raw_radio *radio;
    struct bd_addr address; /* of its links, unless they say otherwise */
    struct queue heard;     /* struct raw_packet */
    int on_heard;           /* registry reference, or LUA_NOREF */
    struct raw_link_object *links;
    bool keeps;                  /* a sniffer: for next() */
    struct trace_writer *writer; /* a sniffer's trace */
    struct text trace_path, trace_part;
    struct vitals_file trace_file;
};

/* One side of a connection that a raw radio holds. */
struct raw_link_object {
    struct raw_link_object *next;
    struct raw *raw;
    struct raw_link *link;
    struct bd_addr own, peer;
    bool connected, closed; /* it was, it is over */
    bool procedures;        /* those of the peer are answered */
    bool version_sent;
    uint8_t reason;
    struct signal changed; /* connected, closed, all acknowledged */
    struct queue pdus;     /* struct raw_pdu */
    struct queue frames;   /* L2CAP payloads; tag: the CID */
    uint8_t *frame;        /* being put together: MAX_FRAME octets, or NULL */
    size_t frame_len;
    bool frame_open;
    int on_heard;
    struct raw_link_answer *answers;
};

/* What next() gives of a link's PDU. */
struct raw_pdu {
    struct raw_link_rx rx; /* but payload */
    uint8_t payload[LL_PDU_MAX];
};

struct raw *raw_declare(lua_State *L, const struct opts *opts);
/* Radios and trace files go. */
void raw_close_all(struct run *run);
struct radio *raw_next_radio(const struct raw *raw, const struct radio *radio);

/* An address that is there, of the type that the field address_type says. */
struct bd_addr raw_address_option(const struct opts *opts, const char *field);

/* raw:next() and sniffer:next(): the oldest packet that was heard. */
int raw_next(lua_State *L, const struct object_type *type, const char *call);
void raw_on_rx(void *user, const struct radio_rx *rx);

/* --- raw_packet.c --- */

void raw_packet_push(lua_State *L, const struct radio_rx *rx);
/* The fields channel or mhz, phy and coding, access_address, crc_init. */
uint16_t raw_packet_mhz(const struct opts *opts, uint16_t otherwise);
uint8_t raw_packet_phy(const struct opts *opts, uint8_t otherwise);
uint32_t raw_packet_access_address(const struct opts *opts, uint32_t otherwise);
uint32_t raw_packet_crc_init(const struct opts *opts);
/* The fields phy and coding of the table on top. */
void raw_packet_set_phy(lua_State *L, uint8_t phy);

/* --- raw_link.c --- */

extern const luaL_Reg raw_globals[]; /* raw.c */

int raw_connect(lua_State *L);
int raw_advertise(lua_State *L);
struct raw_link_object *raw_link_self(lua_State *L, const char *call);
/*
 * Ends a method that waits for something of its link: argument timeout_at is how long, those before
 * it stay for k, which looks whether it is there.
 */
int raw_link_wait(lua_State *L, const char *call, int timeout_at, lua_KFunction k);

/* --- raw_link_tx.c --- */

int raw_link_tx_control(lua_State *L);
int raw_link_tx_encrypt(lua_State *L);
int raw_link_tx_flush(lua_State *L);
int raw_link_tx_hold(lua_State *L);
int raw_link_tx_l2cap(lua_State *L);
int raw_link_tx_plain(lua_State *L);
int raw_link_tx_send(lua_State *L);
int raw_link_tx_silence(lua_State *L);

/* --- raw_link_rx.c --- */

void raw_link_take(struct raw_link_object *object, const struct raw_link_rx *rx);
int raw_link_next(lua_State *L);
int raw_link_next_control(lua_State *L);
int raw_link_next_l2cap(lua_State *L);
int raw_link_answer(lua_State *L);
int raw_link_on_heard(lua_State *L);
/* "LL_ENC_REQ" or a number at index. */
uint8_t raw_link_opcode(lua_State *L, int index, const char *call);

/* --- sniffer.c --- */

int sniffer_declare(lua_State *L);
void sniffer_close_traces(struct run *run, bool keep);
void sniffer_remove_traces(struct run *run);

#endif
