/* SPDX-License-Identifier: MIT */
/* The parts of `blueroom adv`: adv.c reads the payloads, the others print one. */
#ifndef ADV_H
#define ADV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/adv_check.h"

typedef void adv_print_fn(FILE *out, const uint8_t *payload, size_t len, enum ad_pdu pdu);

/* A line a structure with its meaning, then the anomalies. */
adv_print_fn adv_print_text;

/* One JSON object on one line. */
adv_print_fn adv_print_json;

#endif
