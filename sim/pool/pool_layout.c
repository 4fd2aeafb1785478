#include <stdio.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/pool/pool_state.h"

static size_t dtype_bytes(hft_dtype dtype) {
  return dtype == HFT_DTYPE_U8 ? 1 : 4;
}

static void add_array(hft_layout *layout, const char *name, hft_dtype dtype, int64_t n,
                      int64_t seats, int64_t dim) {
  HFT_CHECK(layout->count < HFT_ARRAYS_MAX);
  hft_array *array = &layout->array[layout->count++];
  snprintf(array->name, sizeof array->name, "%s", name);
  array->dtype = dtype;
  int64_t shape[3] = {n, seats, dim};
  array->row_bytes = dtype_bytes(dtype);
  for (int i = 0; i < 3 && shape[i] >= 0; i++) {
    array->shape[array->dim_count++] = shape[i];
    if (i > 0) array->row_bytes *= (size_t)shape[i];
  }
  array->bytes = (size_t)n * array->row_bytes;
  array->offset = hft_layout_add(&layout->bytes, array->bytes);
}

void hft_array_name(const hft_group *group, const char *kind, char name[HFT_NAME_SIZE]) {
  static const char *const by[HFT_CONTROL_COUNT] = {
      [HFT_CONTROL_POLICY] = "policy_", [HFT_CONTROL_STRATEGY] = "strategy_"};
  const char *prefix = by[group->control] != NULL ? by[group->control] : "";
  snprintf(name, HFT_NAME_SIZE, "%s%s/%s", prefix, kind, group->role_name);
}

// An array with a row of `dim` numbers, or where `dim` is negative one number, for each seat.
static void add_group(hft_layout *layout, const hft_group *group, const char *kind, hft_dtype dtype,
                      int64_t n, int64_t dim) {
  char name[HFT_NAME_SIZE];
  hft_array_name(group, kind, name);
  add_array(layout, name, dtype, n, group->seat_count, dim);
}

// Arrays of masks: one for each group, or none.
static int mask_count(const hft_env_spec *spec) {
  return spec->action_space == HFT_ACTION_BOX ? 0 : spec->group_count;
}

// Arrays that tell who holds a seat: one for each group, or none.
static int controlled_count(const hft_env_spec *spec) {
  return spec->reseat ? spec->group_count : 0;
}

void hft_pool_lay_out(const hft_env_spec *spec, int64_t env_count, hft_layout *actions,
                      hft_layout *results) {
  *actions = (hft_layout){0};
  *results = (hft_layout){0};
  const hft_group *group = spec->group;
  int groups = spec->group_count;
  int64_t n = env_count;
  hft_dtype dtype = hft_action_is_float(spec->action_space) ? HFT_DTYPE_F32 : HFT_DTYPE_I32;
  for (int g = 0; g < groups; g++) {
    add_group(actions, &group[g], "action", dtype, n, group[g].action_dim);
  }
  for (int g = 0; g < groups; g++) {
    add_group(results, &group[g], "obs", HFT_DTYPE_F32, n, group[g].obs_dim);
  }
  for (int g = 0; g < groups; g++) {
    add_group(results, &group[g], "reward", HFT_DTYPE_F32, n, -1);
  }
  for (int g = 0; g < groups; g++) {
    add_group(results, &group[g], "term", HFT_DTYPE_F32, n, group[g].term_dim);
  }
  for (int g = 0; g < groups; g++) {
    add_group(results, &group[g], "terminated", HFT_DTYPE_U8, n, -1);
  }
  for (int g = 0; g < groups; g++) {
    add_group(results, &group[g], "unfilled", HFT_DTYPE_F32, n, -1);
  }
  for (int g = 0; g < mask_count(spec); g++) {
    add_group(results, &group[g], "mask", HFT_DTYPE_U8, n, group[g].mask_dim);
  }
  for (int g = 0; g < controlled_count(spec); g++) {
    add_group(results, &group[g], "controlled", HFT_DTYPE_U8, n, -1);
  }
  add_array(results, "truncated", HFT_DTYPE_U8, n, -1, -1);
  add_array(results, "ended", HFT_DTYPE_U8, n, -1, -1);
  add_array(results, "state", HFT_DTYPE_F32, n, spec->state_dim, -1);
  for (int g = groups; g < spec->all_group_count; g++) {
    add_group(results, &group[g], "reward", HFT_DTYPE_F32, n, -1);
    add_group(results, &group[g], "term", HFT_DTYPE_F32, n, group[g].term_dim);
    add_group(results, &group[g], "terminated", HFT_DTYPE_U8, n, -1);
    add_group(results, &group[g], "unfilled", HFT_DTYPE_F32, n, -1);
  }
  if (spec->drawn_dim > 0) add_array(results, "drawn", HFT_DTYPE_F32, n, spec->drawn_dim, -1);
}

void hft_pool_lay_out_finals(const hft_env_spec *spec, int64_t ended_count, hft_layout *finals) {
  *finals = (hft_layout){0};
  const hft_group *group = spec->group;
  int64_t n = ended_count;
  add_array(finals, "env", HFT_DTYPE_I32, n, -1, -1);
  add_array(finals, "length", HFT_DTYPE_I32, n, -1, -1);
  for (int g = 0; g < spec->group_count; g++) {
    add_group(finals, &group[g], "return", HFT_DTYPE_F32, n, -1);
  }
  for (int g = 0; g < spec->group_count; g++) {
    add_group(finals, &group[g], "final_obs", HFT_DTYPE_F32, n, group[g].obs_dim);
  }
  add_array(finals, "final_state", HFT_DTYPE_F32, n, spec->state_dim, -1);
  for (int g = 0; g < spec->group_count; g++) {
    add_group(finals, &group[g], "total", HFT_DTYPE_F32, n, group[g].total_dim);
  }
  for (int g = 0; g < mask_count(spec); g++) {
    add_group(finals, &group[g], "final_mask", HFT_DTYPE_U8, n, group[g].mask_dim);
  }
  for (int g = spec->group_count; g < spec->all_group_count; g++) {
    add_group(finals, &group[g], "return", HFT_DTYPE_F32, n, -1);
    add_group(finals, &group[g], "total", HFT_DTYPE_F32, n, group[g].total_dim);
  }
  if (spec->drawn_dim > 0) {
    add_array(finals, "final_drawn", HFT_DTYPE_F32, n, spec->drawn_dim, -1);
  }
}

// Row `i` of an array of a slab.
static void *row(void *slab, const hft_array *array, int i) {
  return (char *)slab + array->offset + (size_t)i * array->row_bytes;
}

void hft_pool_io(const hft_pool *pool, int i, hft_env_io *io) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  int groups = spec->group_count, masks = mask_count(spec);
  const hft_array *result = pool->results_layout.array;
  for (int g = 0; g < groups; g++) {
    io->action[g] = row(pool->actions, &pool->actions_layout.array[g], i);
    io->obs[g] = row(pool->results, &result[g], i);
    io->reward[g] = row(pool->results, &result[groups + g], i);
    io->term[g] = row(pool->results, &result[2 * groups + g], i);
    io->terminated[g] = row(pool->results, &result[3 * groups + g], i);
    io->unfilled[g] = row(pool->results, &result[4 * groups + g], i);
    if (masks > 0) io->mask[g] = row(pool->results, &result[5 * groups + g], i);
    if (!spec->reseat) continue;
    io->controlled[g] = row(pool->results, &result[5 * groups + masks + g], i);
  }
  result += 5 * groups + masks + controlled_count(spec);
  io->truncated = row(pool->results, &result[0], i);
  io->ended = row(pool->results, &result[1], i);
  io->state = row(pool->results, &result[2], i);
  result += 3;
  for (int g = groups; g < spec->all_group_count; g++, result += 4) {
    io->reward[g] = row(pool->results, &result[0], i);
    io->term[g] = row(pool->results, &result[1], i);
    io->terminated[g] = row(pool->results, &result[2], i);
    io->unfilled[g] = row(pool->results, &result[3], i);
  }
}

// The row of env i in the array `drawn`, the last of the results where there is one; null: none.
static void *drawn_row(const hft_pool *pool, int i) {
  const hft_layout *results = &pool->results_layout;
  if (hft_env_model_spec(pool->model)->drawn_dim == 0) return NULL;
  return row(pool->results, &results->array[results->count - 1], i);
}

void hft_pool_write_drawn(const hft_pool *pool, int i) {
  float *drawn = drawn_row(pool, i);
  if (drawn == NULL) return;
  size_t count = (size_t)hft_env_model_spec(pool->model)->drawn_dim;
  memcpy(drawn, hft_env_model_drawn(pool->slot[i].model), count * sizeof *drawn);
}

// The first of the finals' arrays that are kept as bytes, after the index and the length.
#define FIRST_KEPT 2

size_t hft_pool_final_row_bytes(const hft_env_spec *spec) {
  hft_layout finals;
  hft_pool_lay_out_finals(spec, 1, &finals);
  size_t bytes = 0;
  for (int a = FIRST_KEPT; a < finals.count; a++) bytes += finals.array[a].row_bytes;
  return bytes;
}

static char *keep_bytes(char *to, const void *from, size_t bytes) {
  memcpy(to, from, bytes);
  return to + bytes;
}

// The returns of a group's seats.
static char *keep_returns(const hft_env *env, const hft_group *group, char *keep) {
  for (int s = 0; s < group->seat_count; s++) {
    float sum = hft_env_return(env, group->first_seat + s);
    keep = keep_bytes(keep, &sum, sizeof sum);
  }
  return keep;
}

// The totals of a group's seats.
static char *keep_totals(const hft_env_model *model, hft_env *env, const hft_group *group,
                         char *keep) {
  for (int s = 0; s < group->seat_count; s++) {
    float totals[HFT_TOTALS_MAX];
    hft_env_totals(model, env, group->first_seat + s, totals);
    keep = keep_bytes(keep, totals, (size_t)group->total_dim * sizeof *totals);
  }
  return keep;
}

void hft_pool_keep_final(hft_pool *pool, int i, const hft_env_io *io) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  const hft_env_model *model = pool->slot[i].model;
  hft_env *env = hft_pool_env(pool, i);
  char *keep = pool->final_rows + (size_t)i * pool->final_row_bytes;
  const hft_group *group = spec->group;
  for (int g = 0; g < spec->group_count; g++) keep = keep_returns(env, &group[g], keep);
  for (int g = 0; g < spec->group_count; g++) {
    size_t count = (size_t)group[g].seat_count * (size_t)group[g].obs_dim;
    keep = keep_bytes(keep, io->obs[g], count * sizeof(float));
  }
  keep = keep_bytes(keep, io->state, (size_t)spec->state_dim * sizeof(float));
  for (int g = 0; g < spec->group_count; g++) keep = keep_totals(model, env, &group[g], keep);
  for (int g = 0; g < mask_count(spec); g++) {
    keep = keep_bytes(keep, io->mask[g], (size_t)group[g].seat_count * (size_t)group[g].mask_dim);
  }
  for (int g = spec->group_count; g < spec->all_group_count; g++) {
    keep = keep_returns(env, &group[g], keep);
    keep = keep_totals(model, env, &group[g], keep);
  }
  const void *drawn = drawn_row(pool, i);
  if (drawn != NULL) keep_bytes(keep, drawn, (size_t)spec->drawn_dim * sizeof(float));
  pool->lengths[i] = (int32_t)hft_env_steps(env);
}

// Writes row k of the finals.
static void pack_row(hft_pool *pool, const hft_layout *layout, int k, int32_t env) {
  const hft_array *array = layout->array;
  memcpy(row(pool->finals, &array[0], k), &env, sizeof env);
  memcpy(row(pool->finals, &array[1], k), &pool->lengths[env], sizeof pool->lengths[env]);
  const char *kept = pool->final_rows + (size_t)env * pool->final_row_bytes;
  for (int a = FIRST_KEPT; a < layout->count; a++) {
    memcpy(row(pool->finals, &array[a], k), kept, array[a].row_bytes);
    kept += array[a].row_bytes;
  }
}

void hft_pool_pack_finals(hft_pool *pool, const int32_t *envs, int count) {
  pool->ended_count = 0;
  for (int k = 0; k < count; k++) pool->ended_count += pool->slot[envs[k]].just_ended;
  if (pool->ended_count == 0) return;
  hft_layout layout;
  hft_pool_finals_layout(pool, pool->ended_count, &layout);
  memset(pool->finals, 0, layout.bytes);
  int row_index = 0;
  for (int k = 0; k < count; k++) {
    if (pool->slot[envs[k]].just_ended) pack_row(pool, &layout, row_index++, envs[k]);
  }
}

void hft_pool_finals_layout(const hft_pool *pool, int ended_count, hft_layout *layout) {
  hft_pool_lay_out_finals(hft_env_model_spec(pool->model), ended_count, layout);
}
