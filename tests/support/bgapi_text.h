/* SPDX-License-Identifier: MIT */
/*
 * BGAPI's packets as text, by the codec's table: "rsp attclient_read_long conn=0 result=0x0181".
 * Numbers are decimal, results and reasons hex; addresses and data are hex as on the wire.
 */
#ifndef TESTS_BGAPI_TEXT_H
#define TESTS_BGAPI_TEXT_H

#include "wire/bgapi.h"

#define BGAPI_TEXT_HEX_SIZE (3 * BGAPI_PACKET_MAX + 2)

/* Octets without blanks between them; returns text. */
char *bgapi_text_hex(const uint8_t *bytes, size_t len, char text[static BGAPI_TEXT_HEX_SIZE]);

/* One field, without blanks around it: "conn=0". */
void bgapi_text_field(enum bgapi_field field, const struct bgapi_fields *fields, char *text,
                      size_t size);

/* A packet that a dongle sent: "rsp ..." or "evt ...". What is in no layout: "raw" and its hex. */
void bgapi_text_packet(const struct bgapi_packet *packet, char *text, size_t size);

/* "attclient_read_long conn=0 handle=3", a command; fields that are not named are 0. */
void bgapi_text_command(const char *text, struct wr *w);

#endif
