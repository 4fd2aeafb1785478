# hftsim_embed(variable OUT x.c HEADER a/x.h TYPE t ARRAY a COUNT a_count FILES f...)
# Makes the C file generated/x.c of the build with the names and texts of files (EmbedTexts.cmake),
# anew when one of them changes, and sets the variable to its path.
function(hftsim_embed variable)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "OUT;HEADER;TYPE;ARRAY;COUNT" "FILES")
  set(script "${PROJECT_SOURCE_DIR}/cmake/EmbedTexts.cmake")
  set(out "${PROJECT_BINARY_DIR}/generated/${ARG_OUT}")
  add_custom_command(OUTPUT "${out}"
    COMMAND ${CMAKE_COMMAND} "-DFILES=${ARG_FILES}" -DOUT=${out} -DHEADER=${ARG_HEADER}
      -DTYPE=${ARG_TYPE} -DARRAY=${ARG_ARRAY} -DARRAY_COUNT=${ARG_COUNT} -P "${script}"
    DEPENDS ${ARG_FILES} "${script}"
    VERBATIM)
  set(${variable} "${out}" PARENT_SCOPE)
endfunction()
