#include "tests/lib/world.h"

#include <string.h>

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)

const char world_config[] =
    "market_config: {decision_ms: 200}\n"
    "env_config: {warmup_s: 2, episode_len: " NUMBER(EPISODE_LEN) "}\n"
    "seats:\n"
    "  - {kind: maker, count: 2}\n"
    "  - {kind: executor, side: sell, parent_qty: 50}\n";

void world_expect(const hftsim *sim, int status, int wanted, const char *where, int line) {
  if (status != wanted) {
    fail_msg("line %d: %s, not %s: %s (%s)", line, hftsim_status_name(status),
             hftsim_status_name(wanted), hftsim_error_text(sim), hftsim_error_where(sim));
  }
  if (where != NULL && strstr(hftsim_error_where(sim), where) == NULL) {
    fail_msg("line %d: at '%s', not '%s'", line, hftsim_error_where(sim), where);
  }
  if (where != NULL) assert_string_not_equal(hftsim_error_text(sim), "");
}

hftsim *world_create(void) {
  hftsim *sim = hftsim_create();
  assert_non_null(sim);
  expect(sim, hftsim_load_text(sim, world_config, strlen(world_config), NULL), HFTSIM_OK, NULL);
  return sim;
}

hftsim *world_start(int num_envs, int threads, uint64_t seed) {
  hftsim *sim = world_create();
  expect(sim, hftsim_start(sim, num_envs, threads, seed), HFTSIM_OK, NULL);
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
  return sim;
}

void *world_array(const hftsim *sim, const char *name) {
  void *data = hftsim_array_data(sim, hftsim_array_find(sim, name));
  if (data == NULL) fail_msg("there is no array %s", name);
  return data;
}

// SplitMix64 (Steele, Lea, Flood 2014).
static uint64_t mix(uint64_t x) {
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

void world_act(float *actions, size_t bytes, uint64_t seed, int step) {
  for (size_t i = 0; i < bytes / sizeof *actions; i++) {
    uint64_t bits = mix(mix(seed) ^ mix((uint64_t)step << 32 | i)) >> 40;  // 24 of them
    actions[i] = (float)bits / (float)(1 << 23) - 1;
  }
}

void world_step(hftsim *sim, uint64_t seed, int step) {
  size_t bytes;
  float *actions = hftsim_slab(sim, HFTSIM_ACTIONS, &bytes);
  world_act(actions, bytes, seed, step);
  expect(sim, hftsim_step(sim), HFTSIM_OK, NULL);
}
