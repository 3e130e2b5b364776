/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/att.h"

/* Vol 3, Part F, 3.4.8: the opcodes and what they are. */
static const struct {
    const char *name;
    uint8_t opcode;
    enum att_pdu_kind kind;
    uint16_t min_len, max_len;
} rows[] = {
    {"ATT_ERROR_RSP", 0x01, ATT_RESPONSE, 5, 5},
    {"ATT_EXCHANGE_MTU_REQ", 0x02, ATT_REQUEST, 3, 3},
    {"ATT_EXCHANGE_MTU_RSP", 0x03, ATT_RESPONSE, 3, 3},
    {"ATT_FIND_INFORMATION_REQ", 0x04, ATT_REQUEST, 5, 5},
    {"ATT_FIND_INFORMATION_RSP", 0x05, ATT_RESPONSE, 6, 0},
    {"ATT_FIND_BY_TYPE_VALUE_REQ", 0x06, ATT_REQUEST, 7, 0},
    {"ATT_FIND_BY_TYPE_VALUE_RSP", 0x07, ATT_RESPONSE, 5, 0},
    {"ATT_READ_BY_TYPE_REQ", 0x08, ATT_REQUEST, 7, 21},
    {"ATT_READ_BY_TYPE_RSP", 0x09, ATT_RESPONSE, 4, 0},
    {"ATT_READ_REQ", 0x0A, ATT_REQUEST, 3, 3},
    {"ATT_READ_RSP", 0x0B, ATT_RESPONSE, 1, 0},
    {"ATT_READ_BLOB_REQ", 0x0C, ATT_REQUEST, 5, 5},
    {"ATT_READ_BLOB_RSP", 0x0D, ATT_RESPONSE, 1, 0},
    {"ATT_READ_MULTIPLE_REQ", 0x0E, ATT_REQUEST, 5, 0},
    {"ATT_READ_MULTIPLE_RSP", 0x0F, ATT_RESPONSE, 1, 0},
    {"ATT_READ_BY_GROUP_TYPE_REQ", 0x10, ATT_REQUEST, 7, 21},
    {"ATT_READ_BY_GROUP_TYPE_RSP", 0x11, ATT_RESPONSE, 6, 0},
    {"ATT_WRITE_REQ", 0x12, ATT_REQUEST, 3, 0},
    {"ATT_WRITE_RSP", 0x13, ATT_RESPONSE, 1, 1},
    {"ATT_PREPARE_WRITE_REQ", 0x16, ATT_REQUEST, 5, 0},
    {"ATT_PREPARE_WRITE_RSP", 0x17, ATT_RESPONSE, 5, 0},
    {"ATT_EXECUTE_WRITE_REQ", 0x18, ATT_REQUEST, 2, 2},
    {"ATT_EXECUTE_WRITE_RSP", 0x19, ATT_RESPONSE, 1, 1},
    {"ATT_HANDLE_VALUE_NTF", 0x1B, ATT_NOTIFICATION, 3, 0},
    {"ATT_HANDLE_VALUE_IND", 0x1D, ATT_INDICATION, 3, 0},
    {"ATT_HANDLE_VALUE_CFM", 0x1E, ATT_CONFIRMATION, 1, 1},
    {"ATT_READ_MULTIPLE_VARIABLE_REQ", 0x20, ATT_REQUEST, 5, 0},
    {"ATT_READ_MULTIPLE_VARIABLE_RSP", 0x21, ATT_RESPONSE, 5, 0},
    {"ATT_MULTIPLE_HANDLE_VALUE_NTF", 0x23, ATT_NOTIFICATION, 9, 0},
    {"ATT_WRITE_CMD", 0x52, ATT_COMMAND, 3, 0},
    {"ATT_SIGNED_WRITE_CMD", 0xD2, ATT_COMMAND, 15, 0},
};

static void test_table(void **state)
{
    unsigned known = 0;
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct att_pdu_info *info = att_pdu_info(rows[i].opcode);
        assert_non_null(info);
        assert_int_equal(info->opcode, rows[i].opcode);
        assert_string_equal(info->name, rows[i].name);
        assert_int_equal(info->min_len, rows[i].min_len);
        assert_int_equal(info->max_len, rows[i].max_len);
        assert_int_equal(att_pdu_kind(rows[i].opcode), rows[i].kind);
    }
    for (unsigned opcode = 0; opcode < 256; opcode++)
        known += att_pdu_info((uint8_t)opcode) != NULL;
    assert_int_equal(known, sizeof rows / sizeof rows[0]);
}

static void test_unknown(void **state)
{
    (void)state;

    for (unsigned opcode = 0; opcode < 256; opcode++) {
        if (att_pdu_info((uint8_t)opcode))
            continue;
        assert_int_equal(att_pdu_kind((uint8_t)opcode), opcode & 0x40 ? ATT_COMMAND : ATT_REQUEST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
