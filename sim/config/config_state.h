// Internal to sim/config: the representation of a config.
#ifndef HFTSIM_SIM_CONFIG_CONFIG_STATE_H
#define HFTSIM_SIM_CONFIG_CONFIG_STATE_H

#include "sim/config/config.h"

#define HFT_CONFIG_VALUE_SIZE 2048  // bytes of a printed value; a full list takes 26 x HFT_LIST_MAX

#define HFT_CONFIG_MARKS_MAX 96  // keys of an item whose lines are kept

// The line of a key of an item: "params", "params.slices". Line 0: an override has set it.
typedef struct hft_config_mark {
  char name[HFT_TEXT_MAX];
  int line;
} hft_config_mark;

// Where an item of a list was read: the name of the text and the lines of the item and its keys.
typedef struct hft_config_origin {
  char source[128];
  int line;
  int mark_count;
  hft_config_mark mark[HFT_CONFIG_MARKS_MAX];
} hft_config_origin;

// The struct that a map fills, with its section.
typedef struct hft_config_struct {
  const hft_section *section;
  void *params;
  hft_config_origin *origin;  // null: of a map, or of an item that no text has
} hft_config_struct;

// The values of a schema entry: one item for a MAP, any number for a LIST.
typedef struct hft_config_slot {
  hft_config_struct *items;
  int count;
} hft_config_slot;

struct hft_config {
  const hft_schema *schema;
  bool sealed;  // PATH keys are forbidden
  hft_config_slot slots[HFT_CONFIG_ENTRIES_MAX];
};

// Appends an item with its defaults; false if out of memory. The slot must have room.
bool hft_config_add_item(hft_config_slot *to, const hft_section *section);
// Notes that key `prefix`, or `prefix`.`name` where `name` is not null, of an item is on a line.
// Replaces the earlier notes of the key and of the keys under it. Does nothing if the origin is
// null or full.
void hft_config_note(hft_config_origin *origin, const char *prefix, const char *name, int line);
// Removes and frees all items of a slot.
void hft_config_clear(hft_config_slot *slot);
// As hft_key_parse, but ECONFIG for a PATH in a sealed config.
hft_status hft_config_parse_key(bool sealed, const hft_key *key, const char *text, void *params,
                                const char *where, hft_error *error);
// Fills *error with an out-of-memory message and returns ENOMEM.
hft_status hft_config_fail_memory(const char *where, hft_error *error);

// The index of the entry of this name, or -1.
int hft_config_entry_index(const hft_schema *schema, const char *name);
// Finds the entry of this name. ECONFIG, naming the nearest entry, if there is none.
hft_status hft_config_find_entry(const hft_schema *schema, const char *name, const char *where,
                                 hft_error *error, int *index);
// Finds the kind of this name in a list. ECONFIG, naming the nearest kind, if there is none.
hft_status hft_config_find_kind(const hft_schema_entry *entry, const char *name, const char *where,
                                hft_error *error, const hft_section **section);
// Finds the key of this name in a section. ECONFIG, naming the nearest key, if there is none.
hft_status hft_config_find_key(const hft_section *section, const char *name, const char *where,
                               hft_error *error, const hft_key **key);

#endif
