# Writes a C file with the names and texts of files: an array ARRAY of TYPE {name, text, length},
# which HEADER declares, and
# its length ARRAY_COUNT. A null entry, not counted, ends the array.
set(text "#include \"${HEADER}\"\n\n")
set(table "const ${TYPE} ${ARRAY}[] = {\n")
set(count 0)
foreach(path IN LISTS FILES)
  get_filename_component(name "${path}" NAME_WE)
  file(READ "${path}" hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REPEAT "0x..," 16 row)
  string(REGEX REPLACE "(${row})" "\\1\n" bytes "${bytes}")
  string(APPEND text "static const unsigned char text_${count}[] = {\n${bytes}0x00};\n")
  string(APPEND table
    "    {\"${name}\", (const char *)text_${count}, sizeof text_${count} - 1},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE "${OUT}" "${text}\n${table}    {0, 0, 0}};\nconst int ${ARRAY_COUNT} = ${count};\n")
