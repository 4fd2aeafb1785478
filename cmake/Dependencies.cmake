# Every package the project stands on, found with a minimum version. Each becomes a target
# hftsim::<name>; a missing one stops the configuration and says how to get it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# hftsim_package(NAME zmq DEBIAN libzmq3-dev MODULES "libzmq>=4.3.4" [...])
# Tries the pkg-config modules in turn; the first that is there is taken.
function(hftsim_package)
  cmake_parse_arguments(ARG "" "NAME;DEBIAN" "MODULES" ${ARGN})
  foreach(module IN LISTS ARG_MODULES)
    string(MAKE_C_IDENTIFIER "HFTSIM_${module}" prefix)
    pkg_check_modules(${prefix} QUIET IMPORTED_TARGET "${module}")
    if(${prefix}_FOUND)
      add_library(hftsim::${ARG_NAME} ALIAS PkgConfig::${prefix})
      message(STATUS "${ARG_NAME}: ${module}, found ${${prefix}_VERSION}")
      return()
    endif()
  endforeach()
  list(JOIN ARG_MODULES "' or '" wanted)
  message(FATAL_ERROR "hftsim needs ${ARG_NAME} ('${wanted}' in pkg-config), which is not here. "
    "On Debian or Ubuntu: apt-get install ${ARG_DEBIAN}, or 'make deps' for all packages.")
endfunction()

hftsim_package(NAME zmq DEBIAN libzmq3-dev MODULES "libzmq>=4.3.4")
hftsim_package(NAME msgpack DEBIAN libmsgpack-dev MODULES "msgpack-c>=4.0.0" "msgpack>=4.0.0")
hftsim_package(NAME hdf5 DEBIAN libhdf5-dev MODULES "hdf5-serial>=1.10.8" "hdf5>=1.10.8")
hftsim_package(NAME openblas DEBIAN libopenblas-dev MODULES "openblas>=0.3.21")
hftsim_package(NAME lapacke DEBIAN liblapacke-dev MODULES "lapacke>=3.11.0")
hftsim_package(NAME sleef DEBIAN libsleef-dev MODULES "sleef>=3.5.1")
hftsim_package(NAME yaml DEBIAN libyaml-dev MODULES "yaml-0.1>=0.2.5")
hftsim_package(NAME jansson DEBIAN libjansson-dev MODULES "jansson>=2.14")
if(BUILD_TESTING)
  hftsim_package(NAME cmocka DEBIAN libcmocka-dev MODULES "cmocka>=1.1.5")
endif()
