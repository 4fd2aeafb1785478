# Compiler settings for every target. Floating point follows IEEE 754 strictly, so that a seed gives
# the same bits with every compiler at every level of optimisation.
option(HFTSIM_WERROR "Warnings of the compiler are errors, as in CI" OFF)
option(HFTSIM_FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)
set(HFTSIM_SANITIZE "" CACHE STRING "Sanitizers for every target, as -fsanitize= takes them")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# The layers go into the program and into the shared library. Hidden symbols cost nothing there.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O3 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3 -DHFT_DEBUG")

# What makes floating point the same everywhere; the golden test compiles with it, too.
set(HFTSIM_FLOAT_OPTIONS -ffp-contract=off -fno-fast-math -fno-math-errno)

add_compile_definitions(_POSIX_C_SOURCE=200809L)
add_compile_options(
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes
  -Wno-missing-field-initializers  # what an initialiser does not name is 0
  -Wvla "$<$<BOOL:${HFTSIM_WERROR}>:-Werror>" ${HFTSIM_FLOAT_OPTIONS}
  "$<$<NOT:$<CONFIG:Release>>:-fno-omit-frame-pointer>"
  "$<$<C_COMPILER_ID:GNU>:-fexcess-precision=standard>")

# Hardening: relocations are read-only once loaded, stacks and copies are checked. Sanitizers check
# more than that themselves. sim/ takes less of it (sim/CMakeLists.txt).
add_link_options(-Wl,-z,relro,-z,now)
if(NOT HFTSIM_SANITIZE)
  add_compile_options(
    "$<$<CONFIG:Release>:-fstack-protector-strong>"
    "$<$<CONFIG:Release>:-U_FORTIFY_SOURCE>" "$<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>")
endif()
# What is built has the search path that it is installed with. CMake would pad a path that it is to
# change later with an empty entry, which means the current folder.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

if(HFTSIM_SANITIZE)
  add_compile_options(-fsanitize=${HFTSIM_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HFTSIM_SANITIZE})
endif()
if(HFTSIM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

option(HFTSIM_LTO "optimise release builds at link time" ON)
include(CheckIPOSupported)
check_ipo_supported(RESULT HFTSIM_IPO OUTPUT HFTSIM_IPO_OUTPUT LANGUAGES C)
if(HFTSIM_LTO AND HFTSIM_IPO AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT HFTSIM_SANITIZE)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  # The objects hold machine code, too, with which the test programs are linked: optimising each of
  # some two hundred programs at link time took longer than compiling everything.
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    string(REPLACE -fno-fat-lto-objects -ffat-lto-objects CMAKE_C_COMPILE_OPTIONS_IPO
      "${CMAKE_C_COMPILE_OPTIONS_IPO}")
  endif()
endif()
