// A map from order ids to slots of a book: open addressing with linear probing. Ids are never taken
// out.
#ifndef HFTSIM_DATA_LOBSTER_ID_MAP_H
#define HFTSIM_DATA_LOBSTER_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hft_id_map_entry {
  int64_t id;
  uint32_t slot;  // HFT_NO_SLOT: the entry is free
} hft_id_map_entry;

typedef struct hft_id_map {
  hft_id_map_entry *entry;
  size_t mask;              // entries - 1; their number is a power of two
  size_t count, count_max;  // ids, and how many it takes before it grows
} hft_id_map;

// Makes an empty map with room for `count_max` ids. False when out of memory.
bool hft_id_map_init(hft_id_map *map, size_t count_max);
void hft_id_map_free(hft_id_map *map);

// The slot of an id, or HFT_NO_SLOT.
uint32_t hft_id_map_find(const hft_id_map *map, int64_t id);

// Maps an id that is not in the map yet. False when out of memory: the map is as it was.
bool hft_id_map_put(hft_id_map *map, int64_t id, uint32_t slot);

#endif
