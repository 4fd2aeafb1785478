// Frame stacking: an observation is the last k frames, against a pool without it whose observations
// are stacked here; whenever episodes end, under every autoreset, and from copies of an env.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/slab.h"

#define ENVS 4
#define STEPS 70  // several episodes of 25 steps
#define SEED 3

// The config of a slab with keys of env_config put before its others.
static hft_env_model *model_with(const char *keys) {
  static const char entry[] = "env_config: {";
  char text[8192];
  const char *at = strstr(slab_config, entry);
  assert_non_null(at);
  size_t before = (size_t)(at - slab_config) + strlen(entry);
  snprintf(text, sizeof text, "%.*s%s, %s", (int)before, slab_config, keys, slab_config + before);
  return world_model(text);
}

// The frames of a seat as a learner would keep them: [k][dim], the oldest first.
static void restart(float *kept, int k, int dim, const float *now) {
  for (int i = 0; i < k; i++) memcpy(kept + (ptrdiff_t)i * dim, now, (size_t)dim * sizeof *now);
}

static void push(float *kept, int k, int dim, const float *now) {
  memmove(kept, kept + dim, (size_t)(k - 1) * (size_t)dim * sizeof *now);
  memcpy(kept + (ptrdiff_t)(k - 1) * dim, now, (size_t)dim * sizeof *now);
}

static void expect_row(const float *shown, const float *kept, int count, const char *what, int env,
                       int step) {
  if (memcmp(shown, kept, (size_t)count * sizeof *shown) == 0) return;
  fail_msg("%s of env %d differs in step %d", what, env, step);
}

static int final_of(const hft_pool *pool, int env) {
  int count = hft_pool_ended_count(pool);
  for (int k = 0; k < count; k++) {
    if (*(const int32_t *)slab_final(pool, "env", k) == env) return k;
  }
  return -1;
}

typedef struct pair {
  hft_pool *plain, *stacked;
  const hft_env_spec *spec;  // of the plain one
  int k;
  float *kept[HFT_GROUPS_MAX][ENVS];  // [seats][k][dim]
} pair;

// Compares all rows of an env with the frames kept, after these have seen the plain pool's row.
static void check_env(pair *p, int env, int step, bool began) {
  int ended = step > 0 ? final_of(p->plain, env) : -1;
  bool same_step = hft_pool_autoreset(p->plain) == HFT_AUTORESET_SAME_STEP;
  for (int g = 0; g < p->spec->group_count; g++) {
    const hft_group *group = &p->spec->group[g];
    int dim = group->obs_dim, seats = group->seat_count;
    char name[64], final[64];
    snprintf(name, sizeof name, "obs/%s", group->role_name);
    snprintf(final, sizeof final, "final_obs/%s", group->role_name);
    const float *plain = slab_row(p->plain, name, env), *stacked = slab_row(p->stacked, name, env);
    for (int s = 0; s < seats; s++) {
      float *kept = p->kept[g][env] + (ptrdiff_t)s * p->k * dim;
      const float *now = plain + (ptrdiff_t)s * dim;
      if (ended >= 0) {
        assert_int_equal(final_of(p->stacked, env), ended);
        push(kept, p->k, dim, (const float *)slab_final(p->plain, final, ended) + s * dim);
        const float *shown = slab_final(p->stacked, final, ended);
        expect_row(shown + (ptrdiff_t)s * p->k * dim, kept, p->k * dim, final, env, step);
      }
      if (began || (ended >= 0 && same_step)) {
        restart(kept, p->k, dim, now);
      } else if (ended < 0) {
        push(kept, p->k, dim, now);
      }
      expect_row(stacked + (ptrdiff_t)s * p->k * dim, kept, p->k * dim, name, env, step);
    }
  }
}

static pair open_pair(const char *keys, const char *stacked_keys, int k, hft_autoreset autoreset) {
  pair p = {.k = k};
  for (int which = 0; which < 2; which++) {
    const hft_pool_config config = {
        .env_count = ENVS, .thread_count = 1 + which, .seed = SEED, .autoreset = autoreset};
    hft_pool *pool = slab_make(model_with(which == 0 ? keys : stacked_keys), &config);
    *(which == 0 ? &p.plain : &p.stacked) = pool;
  }
  p.spec = hft_env_model_spec(hft_pool_model(p.plain));
  for (int g = 0; g < p.spec->group_count; g++) {
    const hft_group *group = &p.spec->group[g];
    for (int env = 0; env < ENVS; env++) {
      p.kept[g][env] = calloc((size_t)(group->seat_count * k * group->obs_dim), sizeof(float));
      assert_non_null(p.kept[g][env]);
    }
  }
  return p;
}

static void close_pair(pair *p) {
  for (int g = 0; g < p->spec->group_count; g++) {
    for (int env = 0; env < ENVS; env++) free(p->kept[g][env]);
  }
  const hft_env_model *models[] = {hft_pool_model(p->plain), hft_pool_model(p->stacked)};
  hft_pool_free(p->plain);
  hft_pool_free(p->stacked);
  for (int i = 0; i < 2; i++) hft_env_model_free((hft_env_model *)models[i]);
}

// Steps both pools through several episodes. Returns how many ended.
static int check_pair(const char *keys, const char *stacked_keys, int k, hft_autoreset autoreset) {
  pair p = open_pair(keys, stacked_keys, k, autoreset);
  bool waits[ENVS] = {false};  // the next step begins an episode
  int ended = 0;
  hft_pool_reset(p.plain, NULL, NULL);
  hft_pool_reset(p.stacked, NULL, NULL);
  for (int env = 0; env < ENVS; env++) check_env(&p, env, 0, true);
  for (int step = 1; step <= STEPS; step++) {
    slab_step(p.plain, SEED, step);
    slab_step(p.stacked, SEED, step);
    for (int env = 0; env < ENVS; env++) {
      check_env(&p, env, step, waits[env]);
      bool over = final_of(p.plain, env) >= 0;
      waits[env] = over && autoreset == HFT_AUTORESET_NEXT_STEP;
      ended += over;
    }
  }
  close_pair(&p);
  return ended;
}

static void test_it_stacks(void **context) {
  (void)context;
  static const struct {
    const char *plain, *stacked;
    int k;
  } table[] = {
      {"stack: 1", "stack: 2", 2},
      {"stack: 1", "stack: 5", 5},
      {"stack: 1", "stack: 64", 64},  // more than an episode
      {"see_actions: true, message_dim: 1", "stack: 3, see_actions: true, message_dim: 1", 3},
      {"feed_latency_us: 130000", "stack: 3, feed_latency_us: 130000", 3},
      {"feed: level3, action_space: multi_discrete",
       "stack: 3, feed: level3, action_space: multi_discrete", 3},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    for (int next = 0; next < 2; next++) {
      hft_autoreset autoreset = next ? HFT_AUTORESET_NEXT_STEP : HFT_AUTORESET_SAME_STEP;
      int ended = check_pair(table[i].plain, table[i].stacked, table[i].k, autoreset);
      assert_true(ended > ENVS);
    }
  }
}

#define PLAIN_WORLD                                                           \
  "market_config: {window_ticks: 1024, decision_ms: 100}\n" WORLD_CROWD       \
  "seats: [{kind: maker, count: 2}, {kind: executor}, {kind: taker}, {kind: " \
  "portfolio}]\n"

static void test_names_and_bounds(void **context) {
  (void)context;
  hft_env_model *one = world_model("env_config: {episode_len: 9}\n" PLAIN_WORLD);
  hft_env_model *four = world_model("env_config: {episode_len: 9, stack: 4}\n" PLAIN_WORLD);
  const hft_env_spec *plain = hft_env_model_spec(one), *stacked = hft_env_model_spec(four);
  assert_int_equal(plain->stack, 1);
  assert_int_equal(stacked->stack, 4);
  assert_int_equal(stacked->state_dim, plain->state_dim);
  for (int g = 0; g < plain->group_count; g++) {
    int dim = plain->group[g].obs_dim;
    assert_int_equal(stacked->group[g].obs_dim, 4 * dim);
    for (int i = 0; i < 4 * dim; i++) {
      const hft_index *frame = &plain->group[g].obs[i % dim], *index = &stacked->group[g].obs[i];
      char name[80];
      snprintf(name, sizeof name, "past_%d_%s", 3 - i / dim, frame->name);
      if (i / dim == 3) snprintf(name, sizeof name, "%s", frame->name);
      assert_string_equal(index->name, name);
      assert_string_equal(index->unit, frame->unit);
      assert_string_equal(index->help, frame->help);
      assert_true(index->low == frame->low && index->high == frame->high);
    }
  }
  hft_env_model_free(one);
  hft_env_model_free(four);
}

static void test_what_is_too_large(void **context) {
  (void)context;
  world_expect_refused("env_config: {episode_len: 9, stack: 65}\n" PLAIN_WORLD, "test:1",
                       "64] frames");
  world_expect_refused(
      "market_config: {instruments: 64, window_ticks: 1024}\n"
      "env_config: {episode_len: 9, depth: 20, state_depth: 20, stack: 64}\n" WORLD_CROWD
      "seats: [{kind: portfolio}]\n",
      "env_config.stack", "at most 10 frames of");
}

// A copy of an env has its own frames, and goes on alike.
static void test_copies(void **context) {
  (void)context;
  world w = world_open("env_config: {episode_len: 60, warmup_s: 1, stack: 6}\n" PLAIN_WORLD);
  uint64_t stream = 1;
  world_reset(&w, 5, 0);
  for (int step = 0; step < 7; step++) {
    world_act_randomly(&w, &stream);
    world_step(&w);
  }
  world fork = world_fork(&w);
  uint64_t alike[2] = {stream, stream};
  for (int step = 0; step < 20; step++) {
    world_act_randomly(&w, &alike[0]);
    world_act_randomly(&fork, &alike[1]);
    world_step(&w);
    world_step(&fork);
    assert_true(world_hash(&w) == world_hash(&fork));
  }
  world_close_fork(&fork);
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_it_stacks),
      cmocka_unit_test(test_names_and_bounds),
      cmocka_unit_test(test_what_is_too_large),
      cmocka_unit_test(test_copies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
