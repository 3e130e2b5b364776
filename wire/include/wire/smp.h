/* SPDX-License-Identifier: MIT */
/* The vocabulary of the Security Manager Protocol (Core v5.4, Vol 3, Part H, 3). */
#ifndef WIRE_SMP_H
#define WIRE_SMP_H

#include <stddef.h>
#include <stdint.h>

#include "wire/time.h"

#define SMP_TIMEOUT_NS     SIM_S(30) /* 3.4 */
#define SMP_MTU            65U       /* with Secure Connections (3.2) */
#define SMP_MIN_KEY_OCTETS 7U
#define SMP_MAX_KEY_OCTETS 16U
#define SMP_PASSKEY_MAX    999999U

/* X(identifier, code, name, length of the whole PDU, Code included) (3.3, 3.5, 3.6) */
#define SMP_PDUS(X)                                                                                \
    X(PAIRING_REQUEST, 0x01, "Pairing Request", 7)                                                 \
    X(PAIRING_RESPONSE, 0x02, "Pairing Response", 7)                                               \
    X(PAIRING_CONFIRM, 0x03, "Pairing Confirm", 17)                                                \
    X(PAIRING_RANDOM, 0x04, "Pairing Random", 17)                                                  \
    X(PAIRING_FAILED, 0x05, "Pairing Failed", 2)                                                   \
    X(ENCRYPTION_INFORMATION, 0x06, "Encryption Information", 17)                                  \
    X(CENTRAL_IDENTIFICATION, 0x07, "Central Identification", 11)                                  \
    X(IDENTITY_INFORMATION, 0x08, "Identity Information", 17)                                      \
    X(IDENTITY_ADDRESS_INFORMATION, 0x09, "Identity Address Information", 8)                       \
    X(SIGNING_INFORMATION, 0x0A, "Signing Information", 17)                                        \
    X(SECURITY_REQUEST, 0x0B, "Security Request", 2)                                               \
    X(PAIRING_PUBLIC_KEY, 0x0C, "Pairing Public Key", 65)                                          \
    X(PAIRING_DHKEY_CHECK, 0x0D, "Pairing DHKey Check", 17)                                        \
    X(PAIRING_KEYPRESS_NOTIFICATION, 0x0E, "Pairing Keypress Notification", 2)

enum smp_code {
#define X(ident, code, name, len) SMP_##ident = code,
    SMP_PDUS(X)
#undef X
};

/* X(identifier, reason, name) (3.5.5, Table 3.7) */
#define SMP_REASONS(X)                                                                             \
    X(PASSKEY_ENTRY_FAILED, 0x01, "Passkey Entry Failed")                                          \
    X(OOB_NOT_AVAILABLE, 0x02, "OOB Not Available")                                                \
    X(AUTHENTICATION_REQUIREMENTS, 0x03, "Authentication Requirements")                            \
    X(CONFIRM_VALUE_FAILED, 0x04, "Confirm Value Failed")                                          \
    X(PAIRING_NOT_SUPPORTED, 0x05, "Pairing Not Supported")                                        \
    X(ENCRYPTION_KEY_SIZE, 0x06, "Encryption Key Size")                                            \
    X(COMMAND_NOT_SUPPORTED, 0x07, "Command Not Supported")                                        \
    X(UNSPECIFIED_REASON, 0x08, "Unspecified Reason")                                              \
    X(REPEATED_ATTEMPTS, 0x09, "Repeated Attempts")                                                \
    X(INVALID_PARAMETERS, 0x0A, "Invalid Parameters")                                              \
    X(DHKEY_CHECK_FAILED, 0x0B, "DHKey Check Failed")                                              \
    X(NUMERIC_COMPARISON_FAILED, 0x0C, "Numeric Comparison Failed")                                \
    X(BR_EDR_PAIRING_IN_PROGRESS, 0x0D, "BR/EDR Pairing in Progress")                              \
    X(CROSS_TRANSPORT_KEY_NOT_ALLOWED, 0x0E,                                                       \
      "Cross-transport Key Derivation/Generation Not Allowed")                                     \
    X(KEY_REJECTED, 0x0F, "Key Rejected")

enum smp_reason {
#define X(ident, code, name) SMP_REASON_##ident = code,
    SMP_REASONS(X)
#undef X
};

/* X(identifier, value, name) (3.5.1, Table 3.4) */
#define SMP_IO_CAPABILITIES(X)                                                                     \
    X(DISPLAY_ONLY, 0, "DisplayOnly")                                                              \
    X(DISPLAY_YES_NO, 1, "DisplayYesNo")                                                           \
    X(KEYBOARD_ONLY, 2, "KeyboardOnly")                                                            \
    X(NO_INPUT_NO_OUTPUT, 3, "NoInputNoOutput")                                                    \
    X(KEYBOARD_DISPLAY, 4, "KeyboardDisplay")

enum smp_io_capability {
#define X(ident, code, name) SMP_IO_##ident = code,
    SMP_IO_CAPABILITIES(X)
#undef X
};

enum smp_auth_req { /* 3.5.1 */
                    SMP_AUTH_BONDING = 0x01,
                    SMP_AUTH_BONDING_MASK = 0x03,
                    SMP_AUTH_MITM = 0x04,
                    SMP_AUTH_SC = 0x08,
                    SMP_AUTH_KEYPRESS = 0x10,
                    SMP_AUTH_CT2 = 0x20,
};

enum smp_key_distribution { /* 3.6.1 */
                            SMP_DIST_ENC_KEY = 0x01,
                            SMP_DIST_ID_KEY = 0x02,
                            SMP_DIST_SIGN_KEY = 0x04,
                            SMP_DIST_LINK_KEY = 0x08,
};

enum smp_keypress { /* 3.5.8 */
                    SMP_KEYPRESS_STARTED = 0,
                    SMP_KEYPRESS_DIGIT_ENTERED = 1,
                    SMP_KEYPRESS_DIGIT_ERASED = 2,
                    SMP_KEYPRESS_CLEARED = 3,
                    SMP_KEYPRESS_COMPLETED = 4,
};

/* The specification's name of a code, and the length of its PDU; NULL for a reserved one. */
const char *smp_pdu_name(uint8_t code, size_t *len);
/* Of a reason, an IO capability; or NULL. */
const char *smp_reason_name(unsigned reason);
const char *smp_io_capability_name(unsigned io_capability);

#endif
