// One table of keys defines a section of a config: its struct, defaults, bounds, units, help text,
// the printed effective config and the documentation.
//
// A table is an X-macro of rows X(KIND, name, preset, low, high, unit, help):
//   KIND    INT (int64_t), REAL (double), BOOL (bool), CHOICE (int64_t, an index into the names),
//           TEXT (hft_text: a name), PATH (hft_path: a file name), LIST (hft_list of doubles) or
//           PARAMS (hft_params: a map of another section's keys)
//   preset  the default, as the text a user would write
//   low, high  inclusive bounds: of the value; of each element of a LIST; of the length in bytes of
//           a TEXT or PATH
//   unit    the unit; for a CHOICE its names, as "ou|jump"; for a PATH the values that name no file
#ifndef HFTSIM_SIM_CONFIG_KEY_H
#define HFTSIM_SIM_CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

#define HFT_TEXT_MAX 64
#define HFT_PATH_MAX 1024
#define HFT_LIST_MAX 32
#define HFT_PARAMS_MAX 1024

// The value of a TEXT key.
typedef struct hft_text {
  char text[HFT_TEXT_MAX];
} hft_text;

// A file name. A relative one starts at the program's working directory. Read from a config file, a
// relative name of a file that exists beside the config has become that file's name
// (hft_config_merge_file).
typedef struct hft_path {
  char text[HFT_PATH_MAX];
  char beside[HFT_PATH_MAX];  // the name beside the config that did not exist; "": none was tried
} hft_path;

// The value of a LIST key: the first `count` of `value`.
typedef struct hft_list {
  int64_t count;
  double value[HFT_LIST_MAX];
} hft_list;

// Keys and values of a section that is known only when the config is compiled, as the text
// "{name: value, name: [1, 2]}".
typedef struct hft_params {
  char text[HFT_PARAMS_MAX];
  bool sealed;  // no value may name a file
  char zero[7];
} hft_params;

typedef enum hft_key_kind {
  HFT_KEY_INT,
  HFT_KEY_REAL,
  HFT_KEY_BOOL,
  HFT_KEY_CHOICE,
  HFT_KEY_TEXT,
  HFT_KEY_PATH,
  HFT_KEY_LIST,
  HFT_KEY_PARAMS
} hft_key_kind;

// One key of a section; constant.
typedef struct hft_key {
  const char *name;
  hft_key_kind kind;
  size_t offset;
  const char *preset;
  double low, high;
  const char *unit;
  const char *help;
} hft_key;

// A named group of keys and the struct of `size` bytes that they fill.
typedef struct hft_section {
  const char *name;
  const char *help;
  const hft_key *keys;
  int key_count;
  size_t size;
} hft_section;

#define HFT_KEY_TYPE_INT int64_t
#define HFT_KEY_TYPE_REAL double
#define HFT_KEY_TYPE_BOOL bool
#define HFT_KEY_TYPE_CHOICE int64_t
#define HFT_KEY_TYPE_TEXT hft_text
#define HFT_KEY_TYPE_PATH hft_path
#define HFT_KEY_TYPE_LIST hft_list
#define HFT_KEY_TYPE_PARAMS hft_params

// Expands a row to a member of the struct.
#define HFT_KEY_MEMBER(kind, name, preset, low, high, unit, help) HFT_KEY_TYPE_##kind name;

// Expands a row to an hft_key of the struct HFT_KEY_STRUCT, which the user of the macro defines.
#define HFT_KEY_ROW(kind, name, preset, low, high, unit, help) \
  {#name, HFT_KEY_##kind, offsetof(HFT_KEY_STRUCT, name), preset, low, high, unit, help},

// Expands a row to the initialiser of a member, from the member of the same name that HFT_KEY_FROM
// has, a pointer to a struct of keys, which the user of the macro defines.
#define HFT_KEY_COPY(kind, name, preset, low, high, unit, help) .name = (HFT_KEY_FROM)->name,

// Parses `text` as the value of a key and stores it in the key's member of *params. On failure
// (ECONFIG) *params is unchanged, and the error says what was given and what is allowed; the key's
// name is left to `where` or the caller.
hft_status hft_key_parse(const hft_key *key, const char *text, void *params, const char *where,
                         hft_error *error);

// Appends to an error about a file that could not be opened where its name was looked for, if the
// name is relative, the error is at `path` (error->where) and there is no such file. Null is
// ignored.
void hft_path_explain(const hft_path *path, hft_error *error);

// Does `text`, the value of a PATH key, name a file? Not if it is empty or one of the names in the
// key's unit.
bool hft_key_names_file(const hft_key *key, const char *text);
// Does any key of the section name a file in the struct *params?
bool hft_section_names_file(const hft_section *section, const void *params);

// Writes the value in the form that hft_key_parse reads, cut to `size` bytes with the terminating
// 0.
void hft_key_print(const hft_key *key, const void *params, char *text, size_t size);

// Sets the keys of `section` in *values, which holds its struct, to what `params` says; keys that
// it does not name stay as they are. ECONFIG, at "`where`.NAME": an unknown key, with the nearest
// known one or all, or a value that the key does not allow.
hft_status hft_params_apply(const hft_params *params, const hft_section *section, void *values,
                            const char *where, hft_error *error);
// Sets `name` in *params and keeps the other names. ECONFIG: the value is neither a single value
// nor a list, or the map gets too long; nothing is changed.
hft_status hft_params_set(hft_params *params, const char *name, const char *value,
                          const char *where, hft_error *error);
// Whether `params` sets the key `name`.
bool hft_params_has(const hft_params *params, const char *name);

// Sets all members to their defaults.
void hft_section_defaults(const hft_section *section, void *params);

// The key of this name, or null.
const hft_key *hft_section_find(const hft_section *section, const char *name);

// The candidate with the smallest edit distance to `name`, or null if none is similar enough.
const char *hft_nearest(const char *name, const char *const *candidates, int count);

// As hft_nearest, for the keys of a section.
const char *hft_section_nearest(const hft_section *section, const char *name);

// Parses a decimal integer strictly: the whole text, no leading zeros, within int64_t. Returns
// false, leaving *value unchanged, if the text is no such number.
bool hft_parse_int(const char *text, int64_t *value);
// As hft_parse_int, for a finite decimal number such as 2.5 or 1e-3.
bool hft_parse_real(const char *text, double *value);

#endif
