// One table of keys makes a section of a config: its struct, defaults, bounds, units, help text,
// the printed effective config and the documentation.
//
// A table is an X-macro of rows X(KIND, name, preset, low, high, unit, help):
//   KIND    INT (int64_t), REAL (double), BOOL (bool), CHOICE (int64_t, an index into the names),
//           TEXT (hft_text: a name), PATH (hft_path: of a file), LIST (hft_list of doubles) or
//           PARAMS (hft_params: a map of another section's keys)
//   preset  the default, as text in the form a user would write
//   low, high  inclusive bounds of the value (of each element of a LIST; of the length of a TEXT
//              or PATH)
//   unit    the unit, or for a CHOICE its names as "ou|jump"
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

typedef struct hft_text {
  char text[HFT_TEXT_MAX];
} hft_text;

// A file's name. One that does not begin with '/' starts at the program's working directory.
typedef struct hft_path {
  char text[HFT_PATH_MAX];
} hft_path;

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

typedef struct hft_key {
  const char *name;
  hft_key_kind kind;
  size_t offset;
  const char *preset;
  double low, high;
  const char *unit;
  const char *help;
} hft_key;

// A named group of keys that fill one struct of `size` bytes.
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

// Expands a row to a row of the table of `HFT_KEY_STRUCT`, which the user of the macro defines.
#define HFT_KEY_ROW(kind, name, preset, low, high, unit, help) \
  {#name, HFT_KEY_##kind, offsetof(HFT_KEY_STRUCT, name), preset, low, high, unit, help},

// Reads `text` as the value of a key into its member of *params. On failure *params is unchanged
// and the error's text says what was given and what is allowed; the key's name it leaves to `where`
// or the caller.
hft_status hft_key_parse(const hft_key *key, const char *text, void *params, const char *where,
                         hft_error *error);

// Writes the value in the form that hft_key_parse reads, cut to `size` bytes with the final 0.
void hft_key_print(const hft_key *key, const void *params, char *text, size_t size);

// Sets the keys of `section` in *values, which holds its struct, to what `params` says; keys that
// it does not name stay as they are. ECONFIG: an unknown key, with the nearest known one, or a
// value that the key does not allow.
hft_status hft_params_apply(const hft_params *params, const hft_section *section, void *values,
                            const char *where, hft_error *error);

// Sets all members to their presets.
void hft_section_defaults(const hft_section *section, void *params);

// The key of that name, or null.
const hft_key *hft_section_find(const hft_section *section, const char *name);

// The candidate nearest to `name` in edit distance, or null where none is near enough to be meant.
const char *hft_nearest(const char *name, const char *const *candidates, int count);

// As hft_nearest, over the keys of a section.
const char *hft_section_nearest(const hft_section *section, const char *name);

// Strict numbers: the whole text, decimal, finite, no leading zeros, in range. False when not.
bool hft_parse_int(const char *text, int64_t *value);
bool hft_parse_real(const char *text, double *value);

#endif
