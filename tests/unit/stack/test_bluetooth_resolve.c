/* SPDX-License-Identifier: MIT */
/* Every data type of resolve_adv_data(), well made and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blueroom/bluetooth.h"
#include "hex.h"
#include "rows.h"

static const struct row {
    const char *name;
    unsigned type;
    const char *data; /* hex */
    int error;
    enum blr_bluetooth_kind kind;
    int64_t integer;
    const char *octets; /* hex */
} rows[] = {
#define INTEGER(name, type, data, value) {name, BLR_BT_##type, data, 0, BLR_BT_INTEGER, value, ""}
#define STRING(name, type, data, octets) {name, BLR_BT_##type, data, 0, BLR_BT_STRING, 0, octets}
#define BYTES_OF(name, type, data, octets) {name, BLR_BT_##type, data, 0, BLR_BT_BYTES, 0, octets}
#define ABSENT(name, type, data) {name, BLR_BT_##type, data, BLR_ERR_NOT_FOUND, 0, 0, ""}
    INTEGER("flags", ADV_FLAG, "020106", 6),
    INTEGER("flags behind something", ADV_FLAG, "0309414202011a", 0x1A),
    BYTES_OF("16-bit UUIDs, some", ADV_16SRV_PART, "05020d180f18", "0d180f18"),
    BYTES_OF("16-bit UUIDs, all", ADV_T16SRV_CMPL, "03030d18", "0d18"),
    BYTES_OF("32-bit UUIDs, some", ADV_32SRV_PART, "050401020304", "01020304"),
    BYTES_OF("32-bit UUIDs, all", ADV_32SRV_CMPL, "050501020304", "01020304"),
    BYTES_OF("128-bit UUIDs, some", ADV_128SRV_PART, "110631323334353637383930313233343536",
             "31323334353637383930313233343536"),
    BYTES_OF("128-bit UUIDs, all", ADV_128SRV_CMPL, "110731323334353637383930313233343536",
             "31323334353637383930313233343536"),
    STRING("a shortened name", ADV_NAME_SHORT, "03084142", "4142"),
    STRING("a complete name", ADV_NAME_CMPL, "03094142", "4142"),
    STRING("a name of nothing", ADV_NAME_CMPL, "0109", ""),
    STRING("a name with NUL and nonsense", ADV_NAME_CMPL, "04094100ff", "4100ff"),
    INTEGER("power", ADV_TX_PWR, "020af4", -12),
    INTEGER("power above zero", ADV_TX_PWR, "020a7f", 127),
    INTEGER("power below all", ADV_TX_PWR, "020a80", -128),
    INTEGER("class", ADV_DEV_CLASS, "040d040124", 0x240104),
    BYTES_OF("service data", ADV_SERVICE_DATA, "05160f1864ff", "0f1864ff"),
    BYTES_OF("service data, the UUID alone", ADV_SERVICE_DATA, "03160f18", "0f18"),
    INTEGER("appearance", ADV_APPEARANCE, "03194103", 0x0341),
    INTEGER("interval", ADV_ADV_INT, "031aa000", 160),
    BYTES_OF("service data, 32-bit", ADV_32SERVICE_DATA, "06200102030405", "0102030405"),
    BYTES_OF("service data, 128-bit", ADV_128SERVICE_DATA,
             "12213132333435363738393031323334353637", "3132333435363738393031323334353637"),
    BYTES_OF("manufacturer data", ADV_MANUFACTURER_DATA, "05ff4c000215", "4c000215"),
    STRING("the first of two", ADV_NAME_CMPL, "0209410209420000", "41"),

    ABSENT("nothing", ADV_FLAG, ""),
    ABSENT("not there", ADV_FLAG, "03094142"),
    ABSENT("the other name", ADV_NAME_CMPL, "03084142"),
    ABSENT("flags of nothing", ADV_FLAG, "0101"),
    ABSENT("flags of two octets", ADV_FLAG, "03010600"),
    ABSENT("half a UUID", ADV_T16SRV_CMPL, "02030d"),
    ABSENT("a UUID and a half", ADV_T16SRV_CMPL, "04030d180f"),
    ABSENT("no UUIDs", ADV_T16SRV_CMPL, "0103"),
    ABSENT("three quarters of a UUID", ADV_32SRV_CMPL, "0405010203"),
    ABSENT("fifteen octets of a UUID", ADV_128SRV_CMPL, "1007313233343536373839303132333435"),
    ABSENT("power of nothing", ADV_TX_PWR, "010a"),
    ABSENT("power of two octets", ADV_TX_PWR, "030a0000"),
    ABSENT("class of two octets", ADV_DEV_CLASS, "030d0401"),
    ABSENT("appearance of one octet", ADV_APPEARANCE, "021941"),
    ABSENT("interval of three octets", ADV_ADV_INT, "041aa00000"),
    ABSENT("service data without its UUID", ADV_SERVICE_DATA, "02160f"),
    ABSENT("32-bit service data without its UUID", ADV_32SERVICE_DATA, "0420010203"),
    ABSENT("128-bit service data without its UUID", ADV_128SERVICE_DATA, "022131"),
    ABSENT("manufacturer data of one octet", ADV_MANUFACTURER_DATA, "02ff4c"),
    ABSENT("a length past the end", ADV_NAME_CMPL, "05094142"),
    ABSENT("a length past the end by one", ADV_NAME_CMPL, "04094142"),
    ABSENT("a length alone", ADV_NAME_CMPL, "02"),
    ABSENT("255", ADV_NAME_CMPL, "ff0941"),
    ABSENT("behind an early end", ADV_NAME_CMPL, "020106000309414200"),
    {"type 0", 0, "020006", BLR_ERR_INVALID, 0, 0, ""},
    {"a type that is not one of them", 0x17, "0717010203040506", BLR_ERR_INVALID, 0, 0, ""},
    {"a type of nine bits", 0x101, "020106", BLR_ERR_INVALID, 0, 0, ""},
};

static void a_type(void **state)
{
    const struct row *row = *state;
    struct blr_bluetooth_value value = blr_bluetooth_integer(99);
    size_t len, expected_len;

    /* Exactly as long as the data, so that the sanitizer sees a read beyond. */
    uint8_t *data = hex_exact(row->data, &len), *expected = hex_exact(row->octets, &expected_len);
    assert_int_equal(blr_bluetooth_resolve_adv_data(data, len, row->type, &value), row->error);
    assert_int_equal(value.kind, row->kind);
    assert_true(value.integer == row->integer);
    assert_int_equal(value.len, expected_len);
    if (expected_len)
        assert_memory_equal(value.octets, expected, expected_len);
    free(data);
    free(expected);
}

/* No data of up to 31 octets makes it look beyond, whatever is asked for. */
static void hostile_data(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        const size_t len = round % 32;
        uint8_t *data = malloc(len ? len : 1);
        struct blr_bluetooth_value value;
        assert_non_null(data);
        for (size_t i = 0; i < len; i++) {
            random = random * 1664525 + 1013904223;
            data[i] = (uint8_t)(random >> 24 & (i % 3 ? 0xFF : 0x0F));
        }
        random = random * 1664525 + 1013904223;
        const unsigned type = random >> 24;
        if (blr_bluetooth_resolve_adv_data(data, len, type, &value) == 0 &&
            value.kind != BLR_BT_INTEGER)
            assert_true(value.octets >= data && value.octets + value.len <= data + len);
        free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hostile_data)};
    const int failed = RUN_ROWS(rows, a_type);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
