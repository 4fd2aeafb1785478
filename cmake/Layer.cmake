# hftsim_layer(sim TARGET hftsim_sim [PRIVATE])
# Lets a target, and unless PRIVATE also the targets that link it, include the headers of one layer
# as "sim/...". A file that includes a header of a layer that its target does not link does not
# compile.
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
