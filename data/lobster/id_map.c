#include "data/lobster/id_map.h"

#include <stdlib.h>

#include "sim/base/check.h"
#include "sim/base/rng.h"
#include "sim/book/book.h"

bool hft_id_map_init(hft_id_map *map, size_t count_max) {
  size_t entries = 16;
  while (entries < 2 * count_max) entries *= 2;
  *map = (hft_id_map){.mask = entries - 1, .count_max = count_max};
  map->entry = malloc(entries * sizeof *map->entry);
  if (map->entry == NULL) return false;
  for (size_t i = 0; i < entries; i++) map->entry[i] = (hft_id_map_entry){0, HFT_NO_SLOT};
  return true;
}

void hft_id_map_free(hft_id_map *map) {
  free(map->entry);
  *map = (hft_id_map){0};
}

// The entry of an id, or the free entry for it.
static hft_id_map_entry *probe(const hft_id_map *map, int64_t id) {
  size_t i = (size_t)hft_mix64((uint64_t)id) & map->mask;
  while (map->entry[i].slot != HFT_NO_SLOT && map->entry[i].id != id) i = (i + 1) & map->mask;
  return &map->entry[i];
}

uint32_t hft_id_map_find(const hft_id_map *map, int64_t id) {
  return probe(map, id)->slot;
}

// Doubles the capacity and inserts all ids again.
static bool grow(hft_id_map *map) {
  hft_id_map larger;
  if (!hft_id_map_init(&larger, 2 * map->count_max + 1)) return false;
  for (size_t i = 0; i <= map->mask; i++) {
    const hft_id_map_entry *entry = &map->entry[i];
    if (entry->slot != HFT_NO_SLOT) *probe(&larger, entry->id) = *entry;
  }
  larger.count = map->count;
  hft_id_map_free(map);
  *map = larger;
  return true;
}

bool hft_id_map_put(hft_id_map *map, int64_t id, uint32_t slot) {
  if (map->count == map->count_max && !grow(map)) return false;
  hft_id_map_entry *entry = probe(map, id);
  HFT_CHECK(entry->slot == HFT_NO_SLOT);
  *entry = (hft_id_map_entry){id, slot};
  map->count++;
  return true;
}
