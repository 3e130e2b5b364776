# SPDX-License-Identifier: MIT
# blr_folder(NAME LINKS...): one static library from the folder's sources.
# Public headers stand in include/, which those who link the folder see; the folder's own headers
# stand beside its sources and nobody else can include them. That is how the build keeps the walls
# between the folders.
function(blr_folder name)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    add_library(blr_${name} STATIC ${sources})
    target_include_directories(blr_${name}
        PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include
        PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(blr_${name} PUBLIC ${ARGN} PRIVATE blr_options)
endfunction()
