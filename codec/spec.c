#include "codec/spec.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/pack.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/base/hash.h"

hft_spec_bytes hft_spec_measure(const hft_env_spec *spec, int env_count) {
  hft_layout actions, results, finals;
  hft_pool_lay_out(spec, env_count, &actions, &results);
  hft_pool_lay_out_finals(spec, env_count, &finals);
  return (hft_spec_bytes){
      .actions = actions.bytes, .results = results.bytes, .finals = finals.bytes};
}

// The named numbers along the last dimension of one array.
typedef struct numbers {
  const hft_index *index;
  int count;
} numbers;

// The distinct pairs of unit and help text: thousands of numbers share a few.
typedef struct meanings {
  const hft_index **first;  // [count]: the first number with each pair
  int count, room;
  bool failed;
} meanings;

static bool mean_the_same(const hft_index *a, const hft_index *b) {
  return (a->help == b->help || strcmp(a->help, b->help) == 0) &&
         (a->unit == b->unit || strcmp(a->unit, b->unit) == 0);
}

// The index of a number's meaning, which is added where it is new.
static int meaning_of(meanings *all, const hft_index *number) {
  for (int i = all->count - 1; i >= 0; i--) {
    if (mean_the_same(all->first[i], number)) return i;
  }
  if (all->count == all->room) {
    int room = 2 * all->room + 64;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    const hft_index **first = realloc(all->first, (size_t)room * sizeof first[0]);
    if (first == NULL) {
      all->failed = true;
      return 0;
    }
    all->first = first;
    all->room = room;
  }
  all->first[all->count] = number;
  return all->count++;
}

static void pack_meanings(msgpack_packer *packer, const meanings *all) {
  hft_pack_text(packer, "meanings");
  msgpack_pack_array(packer, (size_t)all->count);
  for (int i = 0; i < all->count; i++) {
    msgpack_pack_map(packer, 2);
    hft_pack_text_pair(packer, "unit", all->first[i]->unit);
    hft_pack_text_pair(packer, "help", all->first[i]->help);
  }
}

// The pairs "<key>_names" and "<key>_meanings".
static void pack_numbers(msgpack_packer *packer, meanings *all, const char *key, numbers of) {
  char name[32];
  snprintf(name, sizeof name, "%s_names", key);
  hft_pack_text(packer, name);
  msgpack_pack_array(packer, (size_t)of.count);
  for (int i = 0; i < of.count; i++) hft_pack_text(packer, of.index[i].name);
  snprintf(name, sizeof name, "%s_meanings", key);
  hft_pack_text(packer, name);
  msgpack_pack_array(packer, (size_t)of.count);
  for (int i = 0; i < of.count; i++) {
    msgpack_pack_uint64(packer, (uint64_t)meaning_of(all, &of.index[i]));
  }
}

static void pack_bound(msgpack_packer *packer, float bound) {
  if (isfinite(bound)) {
    msgpack_pack_float(packer, bound);
  } else {
    msgpack_pack_nil(packer);
  }
}

// The pairs "<key>_low" and "<key>_high".
static void pack_bounds(msgpack_packer *packer, const char *key, numbers of) {
  char name[32];
  snprintf(name, sizeof name, "%s_low", key);
  hft_pack_text(packer, name);
  msgpack_pack_array(packer, (size_t)of.count);
  for (int i = 0; i < of.count; i++) pack_bound(packer, of.index[i].low);
  snprintf(name, sizeof name, "%s_high", key);
  hft_pack_text(packer, name);
  msgpack_pack_array(packer, (size_t)of.count);
  for (int i = 0; i < of.count; i++) pack_bound(packer, of.index[i].high);
}

void hft_spec_agent_name(const hft_group *group, int index, char name[HFT_AGENT_NAME_SIZE]) {
  snprintf(name, HFT_AGENT_NAME_SIZE, "%s_%d", group->role_name, index);
}

static void pack_seats(msgpack_packer *packer, const hft_group *group) {
  for (int i = 0; i < group->seat_count; i++) {
    char name[HFT_AGENT_NAME_SIZE];
    hft_spec_agent_name(group, i, name);
    hft_pack_text(packer, name);
  }
}

static const char *action_space_name(hft_action_space space) {
  switch (space) {
    case HFT_ACTION_BOX:
      return "box";
    case HFT_ACTION_MULTI_DISCRETE:
      return "multi_discrete";
    case HFT_ACTION_DISCRETE:
      return "discrete";
    case HFT_ACTION_MIXED:
      return "mixed";
  }
  HFT_CHECK(false);
  return "";
}

static void pack_end(msgpack_packer *packer, double end) {
  if (isfinite(end)) {
    msgpack_pack_double(packer, end);
  } else {
    msgpack_pack_nil(packer);
  }
}

// What axes mean: "action_from" and "action_to", the ends in units, "action_idle" and "do_nothing".
static void pack_ranges(msgpack_packer *packer, const hft_group *group) {
  const char *const keys[] = {"action_from", "action_to", "action_idle"};
  for (int k = 0; k < 3; k++) {
    hft_pack_text(packer, keys[k]);
    msgpack_pack_array(packer, (size_t)group->axis_count);
    for (int i = 0; i < group->axis_count; i++) {
      const hft_axis_range *range = &group->range[i];
      pack_end(packer, k == 0 ? range->low : k == 1 ? range->high : (double)range->idle);
    }
  }
  int count = group->nothing != NULL ? group->action_dim : 0;
  hft_pack_text(packer, "do_nothing");
  msgpack_pack_array(packer, (size_t)count);
  for (int i = 0; i < count; i++) msgpack_pack_float(packer, group->nothing[i]);
}

// The number of choices of each axis, 0 of a number; an empty array for a box.
static void pack_choices(msgpack_packer *packer, const hft_env_spec *spec, const hft_group *group) {
  int count = spec->action_space == HFT_ACTION_BOX ? 0 : group->axis_count;
  msgpack_pack_array(packer, (size_t)count);
  for (int i = 0; i < count; i++) {
    msgpack_pack_uint64(packer, (uint64_t)group->choice_count[i]);
  }
}

static void pack_roles(msgpack_packer *packer, meanings *all, const hft_env_spec *spec) {
  hft_pack_text(packer, "agents");
  msgpack_pack_array(packer, (size_t)spec->seat_count);
  for (int g = 0; g < spec->group_count; g++) pack_seats(packer, &spec->group[g]);
  hft_pack_text(packer, "roles");
  msgpack_pack_array(packer, (size_t)spec->group_count);
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    msgpack_pack_map(packer, 20);
    hft_pack_text_pair(packer, "role", group->role_name);
    hft_pack_text_pair(packer, "actions", action_space_name(spec->action_space));
    hft_pack_text(packer, "choices");
    pack_choices(packer, spec, group);
    hft_pack_text(packer, "agents");
    msgpack_pack_array(packer, (size_t)group->seat_count);
    pack_seats(packer, group);
    const numbers obs = {group->obs, group->obs_dim}, axes = {group->axis, group->axis_count};
    pack_numbers(packer, all, "obs", obs);
    pack_bounds(packer, "obs", obs);
    pack_numbers(packer, all, "action", axes);
    pack_bounds(packer, "action", axes);
    pack_ranges(packer, group);
    pack_numbers(packer, all, "term", (numbers){group->term, group->term_dim});
    pack_numbers(packer, all, "total", (numbers){group->total, group->total_dim});
  }
}

static const char *dtype_name(hft_dtype dtype) {
  switch (dtype) {
    case HFT_DTYPE_F32:
      return "f4";
    case HFT_DTYPE_U8:
      return "u1";
    case HFT_DTYPE_I32:
      return "i4";
  }
  HFT_CHECK(false);
  return "";
}

static void pack_arrays(msgpack_packer *packer, const hft_layout *layout, bool with_offsets) {
  msgpack_pack_array(packer, (size_t)layout->count);
  for (int i = 0; i < layout->count; i++) {
    const hft_array *array = &layout->array[i];
    msgpack_pack_map(packer, with_offsets ? 4 : 3);
    hft_pack_text_pair(packer, "name", array->name);
    hft_pack_text_pair(packer, "dtype", dtype_name(array->dtype));
    hft_pack_text(packer, "shape");
    msgpack_pack_array(packer, (size_t)array->dim_count);
    for (int d = 0; d < array->dim_count; d++) {
      msgpack_pack_uint64(packer, (uint64_t)array->shape[d]);
    }
    if (with_offsets) hft_pack_uint_pair(packer, "offset", array->offset);
  }
}

static void pack_buffer(msgpack_packer *packer, const char *key, const hft_layout *layout) {
  hft_pack_text(packer, key);
  msgpack_pack_map(packer, 2);
  hft_pack_uint_pair(packer, "bytes", layout->bytes);
  hft_pack_text(packer, "arrays");
  pack_arrays(packer, layout, true);
}

hft_status hft_spec_encode(hft_buffer *buffer, const hft_pool *pool, uint64_t seed,
                           const char *config) {
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  hft_layout finals;
  hft_pool_finals_layout(pool, hft_pool_env_count(pool), &finals);
  meanings all = {0};
  uint64_t content = hft_model_content(hft_env_model_market(hft_pool_model(pool)));
  bool is_drawn = spec->drawn_dim > 0;
  msgpack_packer packer = hft_pack_map(buffer, 16u + (content != 0) + (is_drawn ? 4 : 0));
  hft_pack_uint_pair(&packer, "num_envs", (uint64_t)hft_pool_env_count(pool));
  hft_pack_uint_pair(&packer, "episode_len", (uint64_t)spec->episode_len);
  hft_pack_text(&packer, "decision_ms");
  msgpack_pack_double(&packer, (double)spec->decision / (double)HFT_MILLISECOND);
  hft_pack_text_pair(&packer, "autoreset", hft_autoreset_name(hft_pool_autoreset(pool)));
  pack_roles(&packer, &all, spec);
  const numbers state = {spec->state, spec->state_dim};
  pack_numbers(&packer, &all, "state", state);
  pack_bounds(&packer, "state", state);
  const numbers drawn = {spec->drawn, spec->drawn_dim};
  if (is_drawn) pack_numbers(&packer, &all, "drawn", drawn);
  if (is_drawn) pack_bounds(&packer, "drawn", drawn);
  pack_meanings(&packer, &all);
  pack_buffer(&packer, "actions", hft_pool_actions_layout(pool));
  pack_buffer(&packer, "results", hft_pool_results_layout(pool));
  hft_pack_text(&packer, "finals");
  pack_arrays(&packer, &finals, false);
  hft_pack_text_pair(&packer, "config", config);
  hft_pack_uint_pair(&packer, "seed", seed);
  if (content != 0) {  // the digest of the files that the config names
    char digest[HFT_SPEC_HASH_SIZE];
    snprintf(digest, sizeof digest, "%016" PRIx64, content);
    hft_pack_text_pair(&packer, "content", digest);
  }
  free((void *)all.first);
  return buffer->failed || all.failed ? HFT_ENOMEM : HFT_OK;
}

void hft_spec_hash(const hft_buffer *spec, char hash[HFT_SPEC_HASH_SIZE]) {
  snprintf(hash, HFT_SPEC_HASH_SIZE, "%016" PRIx64,
           hft_hash_bytes(HFT_HASH_START, spec->data, spec->size));
}

// ---- the digest of the spaces ------------------------------------------------------------------
static uint64_t hash_uint(uint64_t hash, uint64_t number) {
  return hft_hash_bytes(hash, &number, sizeof number);  // little-endian, as all of the wire
}

static uint64_t hash_text(uint64_t hash, const char *text) {
  return hft_hash_bytes(hash, text, strlen(text) + 1);
}

static uint64_t hash_numbers(uint64_t hash, numbers of, bool with_bounds) {
  hash = hash_uint(hash, (uint64_t)of.count);
  for (int i = 0; i < of.count; i++) {
    const float bounds[2] = {of.index[i].low, of.index[i].high};
    hash = hash_text(hash, of.index[i].name);
    hash = hash_text(hash, of.index[i].unit);
    if (with_bounds) hash = hft_hash_bytes(hash, bounds, sizeof bounds);
  }
  return hash;
}

// What axes mean: a policy whose 1 meant 10 ticks does not fit where it means 20.
static uint64_t hash_ranges(uint64_t hash, const hft_group *group) {
  for (int i = 0; i < group->axis_count; i++) {
    const hft_axis_range *range = &group->range[i];
    const double values[3] = {range->low, range->high, (double)range->idle};
    for (int k = 0; k < 3; k++) {
      double value = isnan(values[k]) ? 1e300 : values[k];  // NAN has several representations
      hash = hft_hash_bytes(hash, &value, sizeof value);
    }
  }
  return hash;
}

void hft_spec_spaces_hash(const hft_env_spec *spec, char hash[HFT_SPEC_HASH_SIZE]) {
  uint64_t digest = hash_uint(HFT_HASH_START, (uint64_t)spec->group_count);
  digest = hash_text(digest, action_space_name(spec->action_space));
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    digest = hash_text(digest, group->role_name);
    digest = hash_uint(digest, (uint64_t)group->seat_count);
    digest = hash_numbers(digest, (numbers){group->obs, group->obs_dim}, true);
    digest = hash_numbers(digest, (numbers){group->axis, group->axis_count}, true);
    digest = hash_ranges(digest, group);
    digest = hash_numbers(digest, (numbers){group->term, group->term_dim}, false);
  }
  digest = hash_numbers(digest, (numbers){spec->state, spec->state_dim}, true);
  snprintf(hash, HFT_SPEC_HASH_SIZE, "%016" PRIx64, digest);
}
