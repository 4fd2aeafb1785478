// A hash map from order ids to slots of a book: open addressing with linear probing. Ids are never
// removed.
#ifndef HFTSIM_DATA_LOBSTER_ID_MAP_H
#define HFTSIM_DATA_LOBSTER_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One entry of the table.
typedef struct hft_id_map_entry {
  int64_t id;
  uint32_t slot;  // HFT_NO_SLOT: the entry is free
} hft_id_map_entry;

// An id map; free it with hft_id_map_free.
typedef struct hft_id_map {
  hft_id_map_entry *entry;
  size_t mask;              // number of entries - 1; the number is a power of two
  size_t count, count_max;  // ids in the map, and the limit at which it grows
} hft_id_map;

// Makes an empty map with room for `count_max` ids. False if out of memory.
bool hft_id_map_init(hft_id_map *map, size_t count_max);
// Frees the table.
void hft_id_map_free(hft_id_map *map);

// The slot of an id, or HFT_NO_SLOT if it is not in the map.
uint32_t hft_id_map_find(const hft_id_map *map, int64_t id);

// Adds an id that is not in the map. False, with the map unchanged, if out of memory.
bool hft_id_map_put(hft_id_map *map, int64_t id, uint32_t slot);

#endif
