/* SPDX-License-Identifier: MIT */
/* L2CAP frames, whole or in fragments, and the signalling of LE (Core v5.4, Vol 3, Part A). */
#include "layers.h"
#include "wire/l2cap.h"

static const struct field_list *signal_fields(uint8_t code)
{
    static const struct field reject[] = {F_X16("reason"), F_REST("data")};
    static const struct field disconnection[] = {F_X16("dcid"), F_X16("scid")};
    static const struct field update[] = {F_TIME("min", 1250), F_TIME("max", 1250),
                                          F_U16("latency"), F_TIME("timeout", 10000)};
    static const struct field result[] = {F_X16("result")};
    static const struct field credit_req[] = {F_X16("spsm"), F_X16("scid"), F_U16("mtu"),
                                              F_U16("mps"), F_U16("credits")};
    static const struct field credit_rsp[] = {F_X16("dcid"), F_U16("mtu"), F_U16("mps"),
                                              F_U16("credits"), F_X16("result")};
    static const struct field credit_ind[] = {F_X16("cid"), F_U16("credits")};
    static const struct field_list reject_list = FIELDS(reject);
    static const struct field_list disconnection_list = FIELDS(disconnection);
    static const struct field_list update_list = FIELDS(update);
    static const struct field_list result_list = FIELDS(result);
    static const struct field_list credit_req_list = FIELDS(credit_req);
    static const struct field_list credit_rsp_list = FIELDS(credit_rsp);
    static const struct field_list credit_ind_list = FIELDS(credit_ind);

    switch (code) {
    case L2CAP_COMMAND_REJECT_RSP:
        return &reject_list;
    case L2CAP_DISCONNECTION_REQ:
    case L2CAP_DISCONNECTION_RSP:
        return &disconnection_list;
    case L2CAP_CONNECTION_PARAMETER_UPDATE_REQ:
        return &update_list;
    case L2CAP_CONNECTION_PARAMETER_UPDATE_RSP:
        return &result_list;
    case L2CAP_LE_CREDIT_BASED_CONNECTION_REQ:
        return &credit_req_list;
    case L2CAP_LE_CREDIT_BASED_CONNECTION_RSP:
        return &credit_rsp_list;
    case L2CAP_FLOW_CONTROL_CREDIT_IND:
        return &credit_ind_list;
    }
    return NULL;
}

static void signal(struct trace_dump *d, struct rd *r)
{
    static const struct field rest[] = {F_REST("data")};
    static const struct field_list unknown = FIELDS(rest);
    const uint8_t code = rd_u8(r);
    const uint8_t id = rd_u8(r);
    const struct rd before = *r;
    const uint16_t len = rd_u16(r);

    text_str(&d->text, " L2CAP");
    if (!rd_ok(r)) {
        dump_malformed(d, "signalling header", r);
        return;
    }
    text_char(&d->text, ' ');
    const char *name = l2cap_signal_name(code);
    if (name) {
        text_str(&d->text, name);
    } else {
        text_str(&d->text, "signal=");
        text_0x(&d->text, code, 2);
    }
    dump_key(d, "id");
    text_udec(&d->text, id, 0, ' ');
    if (len != rd_left(r)) {
        dump_malformed(d, "signalling length", &before);
        return;
    }
    const struct field_list *fields = signal_fields(code);
    dump_exactly(d, r, fields ? *fields : unknown);
}

/* Behind the length, which agrees with the octets. */
static void frame(struct trace_dump *d, struct link *link, unsigned direction, bool again,
                  const uint8_t *bytes, size_t len)
{
    static const struct field other[] = {F_VALUE("data")};
    static const struct field_list other_list = FIELDS(other);
    struct rd r = rd_init(bytes, len);

    rd_skip(&r, 2);
    const uint16_t cid = rd_u16(&r);
    switch (cid) {
    case L2CAP_CID_ATT:
        dump_att(d, link, direction, &r);
        break;
    case L2CAP_CID_LE_SIGNALING:
        dump_kframe_signal(d, link, direction, r);
        signal(d, &r);
        break;
    case L2CAP_CID_SMP:
        dump_smp(d, &r);
        break;
    default:
        if (dump_kframe(d, link, direction, cid, again, &r))
            break;
        text_str(&d->text, " L2CAP cid=");
        text_0x(&d->text, cid, 4);
        dump_fields(d, &r, other_list);
        break;
    }
}

/* The size of the whole frame, or 0 while its header has not come. */
static size_t frame_size(const uint8_t *bytes, size_t len)
{
    struct rd r = rd_init(bytes, len);
    const uint16_t payload = rd_u16(&r);

    return len < L2CAP_HEADER_SIZE ? 0 : L2CAP_HEADER_SIZE + payload;
}

static void fragment_note(struct trace_dump *d, const struct link_stream *stream, size_t whole)
{
    text_str(&d->text, " [fragment ");
    text_udec(&d->text, stream->fragments, 0, ' ');
    text_str(&d->text, ": ");
    text_udec(&d->text, stream->len, 0, ' ');
    text_str(&d->text, " of ");
    if (whole)
        text_udec(&d->text, whole, 0, ' ');
    else
        text_char(&d->text, '?');
    text_char(&d->text, ']');
}

static void raw(struct trace_dump *d, const char *note, const uint8_t *bytes, size_t len)
{
    text_str(&d->text, note);
    if (len) {
        text_char(&d->text, ' ');
        text_octets(&d->text, bytes, len);
    }
}

static void length_is_wrong(struct trace_dump *d, const uint8_t *bytes, size_t len)
{
    const struct rd r = rd_init(bytes, len);

    dump_malformed(d, "L2CAP length", &r);
}

static void add(struct trace_dump *d, struct link *link, unsigned direction, const uint8_t *bytes,
                size_t len)
{
    struct link_stream *stream = &link->stream[direction];

    if (!link_stream_add(stream, bytes, len)) {
        d->text.failed = true;
        return;
    }
    stream->fragments++;
    const size_t whole = frame_size(stream->bytes, stream->len);
    fragment_note(d, stream, whole);
    if (whole && stream->len > whole) {
        stream->open = false;
        length_is_wrong(d, bytes, len);
    } else if (whole && stream->len == whole) {
        stream->open = false;
        d->origin = stream->bytes;
        frame(d, link, direction, false, stream->bytes, stream->len);
    } else {
        raw(d, "", bytes, len);
    }
}

void dump_l2cap_fragment(struct trace_dump *d, struct link *link, unsigned direction, bool start,
                         bool again, const uint8_t *bytes, size_t len)
{
    struct link_stream *stream = &link->stream[direction];
    const size_t whole = start ? frame_size(bytes, len) : 0;

    if (!bytes)
        return;
    if (again && !(whole && len == whole)) {
        raw(d, " [fragment again]", bytes, len);
        return;
    }
    if (!start && !stream->open) {
        raw(d, " [continuation without a start]", bytes, len);
        return;
    }
    if (start && !again) {
        if (stream->open) {
            text_str(&d->text, " [the frame before ends at ");
            text_udec(&d->text, stream->len, 0, ' ');
            text_str(&d->text, " octets]");
        }
        stream->open = false;
        stream->len = 0;
        stream->fragments = 0;
    }
    if (whole && len == whole) {
        frame(d, link, direction, again, bytes, len);
    } else if (whole && len > whole) {
        length_is_wrong(d, bytes, len);
    } else {
        stream->open = true;
        add(d, link, direction, bytes, len);
    }
}
