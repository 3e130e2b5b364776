/* SPDX-License-Identifier: MIT */
/* The fields of commands and events, by the tables of wire/hci.h. */
#ifndef DUMP_HCI_FIELDS_H
#define DUMP_HCI_FIELDS_H

#include "layers.h"
#include "wire/hci.h"

struct command_fields {
    struct field_list params;  /* fields NULL: not known */
    struct field_list returns; /* behind the opcode of Command Complete */
};

extern const struct command_fields dump_command_fields[HCI_COMMAND_ROWS];

/* Of events and LE events whose fields a plain list tells; NULL for the others. */
const struct field_list *dump_event_fields(uint8_t code);
const struct field_list *dump_le_event_fields(uint8_t subevent);

/* The fields of one report of LE Advertising Report, of LE Directed Advertising Report. */
extern const struct field_list dump_report_fields, dump_directed_report_fields;

#endif
