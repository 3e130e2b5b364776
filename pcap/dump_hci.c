/* SPDX-License-Identifier: MIT */
/* HCI packets (Core v5.4, Vol 4, Part E, 5.4): commands, events, and the headers of data. */
#include "dump_hci_fields.h"
#include "layers.h"

static const struct field rest_params[] = {F_REST("params")};
static const struct field_list params_unknown = FIELDS(rest_params);

/* The length octet, which has to agree with what follows. */
static void parameter_length(struct trace_dump *d, struct rd *r)
{
    const struct rd before = *r;
    const uint8_t len = rd_u8(r);

    if (!rd_ok(r) || len != rd_left(r)) {
        text_str(&d->text, " [malformed: length at offset ");
        text_udec(&d->text, (uint64_t)(before.p + before.off - d->origin), 0, ' ');
        text_char(&d->text, ']');
    }
}

static const struct command_fields *fields_of(const struct hci_command_info *info)
{
    return info ? &dump_command_fields[info - hci_command_table] : NULL;
}

/* With another length than ours a vendor's opcode is another vendor's command. */
static const struct hci_command_info *vendor_checked(const struct hci_command_info *info,
                                                     bool length_agrees)
{
    return info && info->opcode >= HCI_OPCODE_VENDOR && !length_agrees ? NULL : info;
}

/* What stands before the opcode has been read: an octet missing there shows here. */
static bool read_opcode(struct trace_dump *d, struct rd *r, uint16_t *opcode)
{
    *opcode = rd_u16(r);
    if (!rd_ok(r)) {
        dump_malformed(d, "opcode", r);
        return false;
    }
    text_char(&d->text, ' ');
    return true;
}

/* Of the event, and of the host's command. */
static void completed_packets(struct trace_dump *d, struct rd *r)
{
    static const struct field pair[] = {F_HANDLE, F_U16("count")};
    static const struct field_list list = FIELDS(pair);
    const uint8_t n = rd_u8(r);

    if (!rd_ok(r))
        dump_malformed(d, "handles", r);
    for (unsigned i = 0; i < n && rd_ok(r); i++)
        dump_fields(d, r, list);
    dump_nothing_left(d, r);
}

static void command(struct trace_dump *d, struct rd *r)
{
    uint16_t opcode;

    if (!read_opcode(d, r, &opcode))
        return;
    const struct hci_command_info *info = hci_command_info(opcode);
    info = vendor_checked(info, info && rd_left(r) == 1U + info->params_len);
    dump_opcode(d, opcode, info);
    parameter_length(d, r);
    const struct command_fields *fields = fields_of(info);
    if (opcode == HCI_OP_HOST_NUMBER_OF_COMPLETED_PACKETS)
        completed_packets(d, r);
    else if (fields && fields->params.fields)
        dump_exactly(d, r, fields->params);
    else
        dump_fields(d, r, params_unknown);
}

/* One command at a time is the rule of most: other credits are worth a word. */
static void credits(struct trace_dump *d, uint8_t n)
{
    if (n == 1)
        return;
    dump_key(d, "credits");
    text_udec(&d->text, n, 0, ' ');
}

static void command_complete(struct trace_dump *d, struct rd *r)
{
    const uint8_t n = rd_u8(r);
    uint16_t opcode;

    if (!read_opcode(d, r, &opcode))
        return;
    const bool failed = rd_left(r) == 1 && r->p[r->off] != HCI_ERR_SUCCESS;
    const struct hci_command_info *info = hci_command_info(opcode);
    info = vendor_checked(info, failed || (info && (int)rd_left(r) == info->return_len));
    dump_opcode(d, opcode, info);
    credits(d, n);

    const struct command_fields *fields = fields_of(info);
    if (!fields || !fields->returns.fields) {
        dump_fields(d, r, params_unknown);
        return;
    }
    struct field_list list = fields->returns;
    if (failed)
        list.count = 1; /* many controllers send nothing behind the error */
    dump_exactly(d, r, list);
}

static void command_status(struct trace_dump *d, struct rd *r)
{
    static const struct field status[] = {F_STATUS};
    static const struct field_list list = FIELDS(status);
    struct rd start = rd_sub(r, 1);
    const uint8_t n = rd_u8(r);
    uint16_t opcode;

    if (!read_opcode(d, r, &opcode))
        return;
    if (opcode)
        dump_opcode(d, opcode, hci_command_info(opcode));
    else
        text_str(&d->text, "no command");
    credits(d, n);
    dump_fields(d, &start, list);
    dump_nothing_left(d, r);
}

static void reports(struct trace_dump *d, struct rd *r, struct field_list list)
{
    const uint8_t n = rd_u8(r);

    if (!rd_ok(r)) {
        dump_malformed(d, "reports", r);
        return;
    }
    if (n != 1) {
        dump_key(d, "reports");
        text_udec(&d->text, n, 0, ' ');
    }
    for (unsigned i = 0; i < n && rd_ok(r); i++)
        dump_fields(d, r, list);
    dump_nothing_left(d, r);
}

/* A handle is another link's once its link is gone, or one has come by that handle. */
static void forget_link(struct trace_dump *d, uint16_t adapter, struct rd r)
{
    const uint8_t status = rd_u8(&r);
    const uint16_t handle = rd_u16(&r);

    if (rd_ok(&r) && status == HCI_ERR_SUCCESS)
        link_drop(&d->links, link_key_hci(adapter, handle));
}

static void le_event(struct trace_dump *d, uint16_t adapter, struct rd *r)
{
    const uint8_t subevent = rd_u8(r);

    if (!rd_ok(r)) {
        dump_malformed(d, "subevent", r);
        return;
    }
    const struct hci_event_info *info = hci_le_event_info(subevent);
    const struct field_list *fields = dump_le_event_fields(subevent);
    text_char(&d->text, ' ');
    if (info) {
        text_str(&d->text, info->name);
    } else {
        text_str(&d->text, "LE Meta subevent=");
        text_0x(&d->text, subevent, 2);
    }
    if (subevent == HCI_LE_EV_CONNECTION_COMPLETE ||
        subevent == HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE)
        forget_link(d, adapter, *r);
    if (subevent == HCI_LE_EV_ADVERTISING_REPORT)
        reports(d, r, dump_report_fields);
    else if (subevent == HCI_LE_EV_DIRECTED_ADVERTISING_REPORT)
        reports(d, r, dump_directed_report_fields);
    else if (fields)
        dump_exactly(d, r, *fields);
    else
        dump_fields(d, r, params_unknown);
}

static void event_name(struct trace_dump *d, uint8_t code)
{
    const struct hci_event_info *info = hci_event_info(code);

    text_char(&d->text, ' ');
    if (info) {
        text_str(&d->text, info->name);
    } else {
        text_str(&d->text, "event=");
        text_0x(&d->text, code, 2);
    }
}

static void event(struct trace_dump *d, uint16_t adapter, struct rd *r)
{
    const uint8_t code = rd_u8(r);

    if (!rd_ok(r)) {
        dump_malformed(d, "event code", r);
        return;
    }
    if (code != HCI_EV_LE_META)
        event_name(d, code);
    parameter_length(d, r);
    if (code == HCI_EV_DISCONNECTION_COMPLETE)
        forget_link(d, adapter, *r);

    const struct field_list *fields = dump_event_fields(code);
    if (code == HCI_EV_COMMAND_COMPLETE)
        command_complete(d, r);
    else if (code == HCI_EV_COMMAND_STATUS)
        command_status(d, r);
    else if (code == HCI_EV_NUMBER_OF_COMPLETED_PACKETS)
        completed_packets(d, r);
    else if (code == HCI_EV_LE_META)
        le_event(d, adapter, r);
    else if (fields)
        dump_exactly(d, r, *fields);
    else
        dump_fields(d, r, params_unknown);
}

/* Handle and flags (5.4.2), then the data length. */
static bool data_header(struct trace_dump *d, struct rd *r, bool wide, uint16_t *handle,
                        unsigned *flags)
{
    const uint16_t first = rd_u16(r);
    const struct rd before = *r;
    const uint16_t len = wide ? rd_u16(r) : rd_u8(r);

    *handle = first & 0x0FFF;
    *flags = first >> 12;
    if (!rd_ok(r)) {
        dump_malformed(d, "header", r);
        return false;
    }
    dump_key(d, "handle");
    text_0x(&d->text, *handle, 4);
    if (len != rd_left(r)) {
        dump_malformed(d, "length", &before);
        return false;
    }
    return true;
}

static void acl(struct trace_dump *d, uint16_t adapter, bool to_host, struct rd *r)
{
    uint16_t handle;
    unsigned flags;

    if (!data_header(d, r, true, &handle, &flags))
        return;
    if (flags >> 2) {
        dump_key(d, "bc");
        text_udec(&d->text, flags >> 2, 0, ' ');
    }
    struct link *link = link_get(&d->links, link_key_hci(adapter, handle));
    if (!link) {
        d->text.failed = true;
        return;
    }
    const bool start = (flags & 3) != HCI_ACL_CONTINUING;
    const size_t len = rd_left(r);
    dump_l2cap_fragment(d, link, to_host, start, false, rd_bytes(r, len), len);
}

/* Synchronous and isochronous data: header and octets. */
static void raw_data(struct trace_dump *d, struct rd *r, bool wide)
{
    static const struct field rest[] = {F_REST("data")};
    static const struct field_list list = FIELDS(rest);
    uint16_t handle;
    unsigned flags;

    if (!data_header(d, r, wide, &handle, &flags))
        return;
    if (flags) {
        dump_key(d, "flags");
        text_0x(&d->text, flags, 1);
    }
    dump_fields(d, r, list);
}

void dump_hci_packet(struct trace_dump *d, uint16_t adapter, const struct trace_hci_record *hci)
{
    struct rd r = rd_init(hci->packet, hci->len);

    d->origin = hci->packet;
    text_str(&d->text, hci->to_host ? "< " : "> ");
    switch (hci->type) {
    case HCI_PACKET_COMMAND:
        text_str(&d->text, "CMD ");
        command(d, &r);
        break;
    case HCI_PACKET_ACL:
        text_str(&d->text, "ACL ");
        acl(d, adapter, hci->to_host, &r);
        break;
    case HCI_PACKET_SCO:
        text_str(&d->text, "SCO ");
        raw_data(d, &r, false);
        break;
    case HCI_PACKET_EVENT:
        text_str(&d->text, "EVT ");
        event(d, adapter, &r);
        break;
    case HCI_PACKET_ISO:
        text_str(&d->text, "ISO ");
        raw_data(d, &r, true);
        break;
    default:
        text_str(&d->text, "??? ");
        dump_key(d, "type");
        text_0x(&d->text, hci->type, 2);
        dump_fields(d, &r, params_unknown);
        break;
    }
}
