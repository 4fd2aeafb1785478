// Inside of sim/config: what a config is made of.
#ifndef HFTSIM_SIM_CONFIG_CONFIG_STATE_H
#define HFTSIM_SIM_CONFIG_CONFIG_STATE_H

#include "sim/config/config.h"

#define HFT_CONFIG_VALUE_SIZE 2048  // of a printed value; a full list takes HFT_LIST_MAX times 26

typedef struct hft_config_struct {
  const hft_section *section;
  void *params;
} hft_config_struct;

// What a config holds of a schema entry: a MAP has one item.
typedef struct hft_config_slot {
  hft_config_struct *items;
  int count;
} hft_config_slot;

struct hft_config {
  const hft_schema *schema;
  bool sealed;  // no PATH may be given
  hft_config_slot slots[HFT_CONFIG_ENTRIES_MAX];
};

// Adds an item with its defaults; false when out of memory. The slot must have room.
bool hft_config_add_item(hft_config_slot *to, const hft_section *section);
void hft_config_clear(hft_config_slot *slot);
// hft_key_parse, but for a PATH in a sealed config, which is ECONFIG.
hft_status hft_config_parse_key(bool sealed, const hft_key *key, const char *text, void *params,
                                const char *where, hft_error *error);
hft_status hft_config_fail_memory(const char *where, hft_error *error);

// The index of an entry of that name, or -1.
int hft_config_entry_index(const hft_schema *schema, const char *name);
// What has that name. ECONFIG, with the nearest name that there is, where nothing has.
hft_status hft_config_find_entry(const hft_schema *schema, const char *name, const char *where,
                                 hft_error *error, int *index);
hft_status hft_config_find_kind(const hft_schema_entry *entry, const char *name, const char *where,
                                hft_error *error, const hft_section **section);
hft_status hft_config_find_key(const hft_section *section, const char *name, const char *where,
                               hft_error *error, const hft_key **key);

#endif
