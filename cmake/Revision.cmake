# Writes generated/revision.c with the git revision at every build, only if it has changed.
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/generated")
add_custom_target(hftsim_revision_source
  COMMAND ${CMAKE_COMMAND}
    -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
    -DOUT=${PROJECT_BINARY_DIR}/generated/revision.c
    -P ${PROJECT_SOURCE_DIR}/cmake/WriteRevision.cmake
  BYPRODUCTS "${PROJECT_BINARY_DIR}/generated/revision.c"
  VERBATIM)
