# SPDX-License-Identifier: MIT
# One set of warnings for gcc and clang alike (STYLE 12).
add_library(blr_options INTERFACE)
target_compile_options(blr_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wvla -Werror -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(BLR_SANITIZE OR BLR_FUZZ)
    target_compile_options(blr_options INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(blr_options INTERFACE -fsanitize=address,undefined)
endif()
if(BLR_FUZZ)
    target_compile_options(blr_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
