# hftsim_layer(sim TARGET hftsim_sim [PRIVATE])
# Has a target, and what links it unless PRIVATE, see the folder of one layer alone, as "sim/...": a
# file that includes a header of a layer that its target does not link does not compile.
function(hftsim_layer layer)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "PRIVATE" "TARGET" "")
  set(root "${PROJECT_BINARY_DIR}/layers/${layer}")
  file(MAKE_DIRECTORY "${root}")
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${layer}" "${root}/${layer}" SYMBOLIC)
  set(scope PUBLIC)
  if(ARG_PRIVATE)
    set(scope PRIVATE)
  endif()
  target_include_directories(${ARG_TARGET} ${scope} "$<BUILD_INTERFACE:${root}>")
endfunction()
