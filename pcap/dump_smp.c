/* SPDX-License-Identifier: MIT */
/* PDUs of the Security Manager (Core v5.4, Vol 3, Part H, 3.3). Keys and numbers in air order. */
#include "layers.h"
#include "wire/smp.h"

/* Without a name of its own: the upper of the two bits of Bonding_Flags (3.5.1). */
static const char *const auth_req[] = {"Bonding", "0x02", "MITM", "SC", "Keypress", "CT2", NULL};
static const char *const keys[] = {"EncKey", "IdKey", "SignKey", "LinkKey", NULL};
static const char *const oob[] = {"no", "yes", NULL};
static const char *const keypress[] = {"started", "digit entered", "digit erased",
                                       "cleared", "completed",     NULL};

static const struct field pairing_f[] = {
    F_CODE("io", smp_io_capability_name), F_NAME("oob", oob),       F_FLAGS("auth", auth_req),
    F_U8("key_size"),                     F_FLAGS("initiator", keys), F_FLAGS("responder", keys),
};
static const struct field confirm_f[] = {F_OCTETS("confirm", 16)};
static const struct field random_f[] = {F_OCTETS("random", 16)};
static const struct field failed_f[] = {F_CODE("reason", smp_reason_name)};
static const struct field ltk_f[] = {F_OCTETS("ltk", 16)};
static const struct field central_f[] = {F_X16("ediv"), F_X64("rand")};
static const struct field irk_f[] = {F_OCTETS("irk", 16)};
static const struct field address_f[] = {F_KIND("addr", FIELD_PEER)};
static const struct field csrk_f[] = {F_OCTETS("csrk", 16)};
static const struct field security_f[] = {F_FLAGS("auth", auth_req)};
static const struct field public_key_f[] = {F_OCTETS("x", 32), F_OCTETS("y", 32)};
static const struct field check_f[] = {F_OCTETS("check", 16)};
static const struct field keypress_f[] = {F_NAME("type", keypress)};

static const struct field_list lists[] = {
    [SMP_PAIRING_REQUEST] = FIELDS(pairing_f),
    [SMP_PAIRING_RESPONSE] = FIELDS(pairing_f),
    [SMP_PAIRING_CONFIRM] = FIELDS(confirm_f),
    [SMP_PAIRING_RANDOM] = FIELDS(random_f),
    [SMP_PAIRING_FAILED] = FIELDS(failed_f),
    [SMP_ENCRYPTION_INFORMATION] = FIELDS(ltk_f),
    [SMP_CENTRAL_IDENTIFICATION] = FIELDS(central_f),
    [SMP_IDENTITY_INFORMATION] = FIELDS(irk_f),
    [SMP_IDENTITY_ADDRESS_INFORMATION] = FIELDS(address_f),
    [SMP_SIGNING_INFORMATION] = FIELDS(csrk_f),
    [SMP_SECURITY_REQUEST] = FIELDS(security_f),
    [SMP_PAIRING_PUBLIC_KEY] = FIELDS(public_key_f),
    [SMP_PAIRING_DHKEY_CHECK] = FIELDS(check_f),
    [SMP_PAIRING_KEYPRESS_NOTIFICATION] = FIELDS(keypress_f),
};

void dump_smp(struct trace_dump *d, struct rd *r)
{
    static const struct field rest_f[] = {F_REST("data")};
    static const struct field_list unknown = FIELDS(rest_f);
    const uint8_t code = rd_u8(r);
    size_t len;

    text_str(&d->text, " SMP");
    if (!rd_ok(r)) {
        dump_malformed(d, "code", r);
        return;
    }
    const char *name = smp_pdu_name(code, &len);
    if (name) {
        text_char(&d->text, ' ');
        text_str(&d->text, name);
    } else {
        dump_key(d, "code");
        text_0x(&d->text, code, 2);
    }
    if (code < sizeof lists / sizeof lists[0] && lists[code].fields)
        dump_exactly(d, r, lists[code]);
    else
        dump_fields(d, r, unknown);
}
