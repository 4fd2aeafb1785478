// How MAPPO learns: estimates and losses against naive references, the same bits on any number of
// threads and after a resume, no allocation.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/gae.h"
#include "agents/mappo_state.h"
#include "agents/worlds_market.h"
#include "catalog/catalog.h"
#include "tests/agents/lesson.h"
#include "tests/support/allocations.h"
#include "tests/support/check.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

// ---- estimates and losses ----------------------------------------------------------------------

enum { STEPS = 23, LANES = 7 };

static double uniform(hft_rng *rng) {
  return (double)(hft_rng_u32(rng) >> 8) * 0x1p-24;
}

// The sum of eq. 16: sum over k of (gamma lambda)^k delta_{t+k}, to the end of the life.
static double naive(const hft_gae *g, int t, int lane) {
  double sum = 0, weight = 1;
  for (int k = t; k < g->steps; k++) {
    int row = k * g->lanes + lane;
    double after = (double)(g->goes_on[row] ? g->value[row + g->lanes] : g->final_value[row]);
    sum += weight * ((double)g->reward[row] + g->gamma * after - (double)g->value[row]);
    if (!g->goes_on[row]) break;
    weight *= g->gamma * g->lambda;
  }
  return sum;
}

static void test_gae_against_double_loop(void **context) {
  (void)context;
  static float reward[STEPS * LANES], value[(STEPS + 1) * LANES], last[STEPS * LANES];
  static float got[STEPS * LANES];
  static uint8_t goes_on[STEPS * LANES];
  const double gammas[] = {0, 0.9, 1}, lambdas[] = {0, 0.95, 1}, ends[] = {0, 0.2, 1};
  hft_rng rng = hft_rng_seed(1, 2);
  for (int c = 0; c < 27; c++) {
    for (int i = 0; i < STEPS * LANES; i++) {
      reward[i] = (float)(uniform(&rng) - 0.5);
      goes_on[i] = uniform(&rng) >= ends[c % 3];
      last[i] = goes_on[i] ? 1e9F : uniform(&rng) < 0.5 ? 0 : (float)uniform(&rng);
    }
    for (int i = 0; i < (STEPS + 1) * LANES; i++) value[i] = (float)uniform(&rng);
    const hft_gae gae = {STEPS,  LANES, gammas[c / 3 % 3], lambdas[c / 9],
                         reward, value, goes_on,           last};
    hft_gae_estimate(&gae, 0, 3, got);
    hft_gae_estimate(&gae, 3, LANES, got);
    for (int t = 0; t < STEPS; t++) {
      for (int i = 0; i < LANES; i++) {
        assert_true(fabs((double)got[t * LANES + i] - naive(&gae, t, i)) < 1e-5);
      }
    }
  }
}

static void test_slopes_against_differences(void **context) {
  (void)context;
  const double h = 1e-6;
  double slope, none;
  hft_rng rng = hft_rng_seed(3, 4);
  int flat = 0, steep = 0;
  for (int i = 0; i < 2000; i++) {
    double gap = uniform(&rng) - 0.5, gain = 2 * uniform(&rng) - 1, ratio = exp(gap);
    if (fabs(fabs(ratio - 1) - 0.2) < 1e-4) continue;  // a kink
    double loss = hft_mappo_policy_loss(gap, gain, 0.2, &slope);
    double kept = fmin(fmax(ratio, 0.8), 1.2);
    assert_true(fabs(loss + fmin(ratio * gain, kept * gain)) < 1e-12);
    double up = hft_mappo_policy_loss(gap + h, gain, 0.2, &none);
    double down = hft_mappo_policy_loss(gap - h, gain, 0.2, &none);
    assert_true(fabs((up - down) / (2 * h) - slope) < 1e-6);
    flat += slope == 0;
    steep += slope != 0;
  }
  assert_true(flat > 100 && steep > 100);
  for (int i = 0; i < 2000; i++) {
    double value = 4 * uniform(&rng) - 2, old = 4 * uniform(&rng) - 2, target = uniform(&rng);
    double most = i % 2 ? 0.3 : 0, delta = i % 4 < 2 ? 1 : 0;
    double loss = hft_mappo_value_loss(value, old, target, most, delta, &slope);
    double up = hft_mappo_value_loss(value + h, old, target, most, delta, &none);
    double down = hft_mappo_value_loss(value - h, old, target, most, delta, &none);
    if (fabs(up - 2 * loss + down) > 1e-9) continue;  // a kink
    assert_true(fabs((up - down) / (2 * h) - slope) < 1e-5);
  }
}

// ---- bits --------------------------------------------------------------------------------------

// What a learner is made of.
typedef struct setup {
  const char *name, *preset;
  game kind;
  int gru;
  int64_t density;
  bool share, layer_norm, ippo, bootstrap;
  double value_clip, target_kl;
  int64_t batch;
} setup;

static const setup setups[] = {
    {"lives, shared", NULL, GAME_LIVES, 0, 0, true, false, false, true, 0, 0, 0},
    {"lives, by themselves", NULL, GAME_LIVES, 0, 2, false, true, false, true, 0.2, 0, 100},
    {"lives, GRU", NULL, GAME_LIVES, 7, 1, true, false, true, false, 0, 1e-5, 300},
    {"bandit", NULL, GAME_BANDIT, 0, 0, true, false, false, true, 0, 1e-9, 1},
    {"mm_vs_execution", "mm_vs_execution", GAMES, 0, 0, true, false, false, true, 0, 0, 0},
    {"mm_vs_execution, GRU", "mm_vs_execution", GAMES, 5, 0, true, false, false, true, 0, 0, 0},
};

static hft_env_model *preset_model(const char *name) {
  static const char overlay[] = "env_config: {warmup_s: 0.5, episode_len: 9}\n";
  hft_catalog catalog;
  hft_catalog_init(&catalog);
  hft_error error = {0};
  hft_config *config;
  hft_env_model *model;
  assert_int_equal(hft_catalog_config(&catalog, &config, &error), HFT_OK);
  assert_int_equal(hft_catalog_merge(config, name, &error), HFT_OK);
  assert_int_equal(hft_config_merge(config, overlay, strlen(overlay), "overlay", &error), HFT_OK);
  assert_int_equal(
      hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error),
      HFT_OK);
  hft_config_free(config);
  return model;
}

static lesson lesson_of_setup(const setup *of, const hft_env_model *model, int threads) {
  lesson l = lesson_of(of->kind, of->preset == NULL ? 6 : 2, of->preset == NULL ? 40 : 15);
  l.model = model;
  l.threads = threads;
  l.network.gru = of->gru;
  l.network.density = of->density;
  l.network.layer_norm = of->layer_norm;
  l.keys.share = of->share;
  l.keys.bootstrap = of->bootstrap;
  l.keys.value_clip = of->value_clip;
  l.keys.target_kl = of->target_kl;
  l.keys.batch_size = of->batch;
  if (of->ippo) l.algorithm = &hft_ippo;
  return l;
}

static void test_threads_change_no_bit(void **context) {
  (void)context;
  for (int i = 0; i < COUNT(setups); i++) {
    hft_env_model *model = setups[i].preset == NULL ? NULL : preset_model(setups[i].preset);
    uint64_t first = 0;
    for (int threads = 1; threads <= 5; threads += 2) {
      lesson l = lesson_of_setup(&setups[i], model, threads);
      lesson_begin(&l);
      uint64_t fresh = lesson_digest(&l);
      lesson_learn(&l, 3);
      uint64_t digest = lesson_digest(&l);
      assert_true(digest != fresh);
      if (threads == 1) first = digest;
      if (digest != first) fail_msg("%s: %d threads", setups[i].name, threads);
      lesson_end(&l);
    }
    if (model != NULL) hft_env_model_free(model);
  }
}

// Copies the tensors and blocks of a learner into those of a fresh one.
static void restore(const lesson *from, lesson *to) {
  static hft_tensor a[HFT_LEARNER_TENSORS_MAX], b[HFT_LEARNER_TENSORS_MAX];
  static const size_t size[] = {4, 8, 8, 8, 1};
  int count = from->algorithm->tensors(from->learner, a);
  assert_int_equal(to->algorithm->tensors(to->learner, b), count);
  for (int i = 0; i < count; i++) {
    int64_t numbers = 1;
    assert_string_equal(a[i].name, b[i].name);
    for (int j = 0; j < i; j++) assert_string_not_equal(a[i].name, a[j].name);
    for (int k = 0; k < a[i].dims; k++) numbers *= a[i].dim[k];
    memcpy(b[i].data, a[i].data, (size_t)numbers * size[a[i].type]);
  }
  for (int i = 0; i < LESSON_BLOCKS; i++) {
    size_t bytes = from->block[i]->save_size(from->block[i]);
    assert_int_equal(to->block[i]->save_size(to->block[i]), bytes);
    void *saved = malloc(bytes);
    assert_non_null(saved);
    assert_int_equal(from->block[i]->save(from->block[i], saved, NULL), HFT_OK);
    assert_int_equal(to->block[i]->load(to->block[i], saved, NULL), HFT_OK);
    free(saved);
  }
}

static void test_restored_learner_goes_on(void **context) {
  (void)context;
  for (int i = 0; i < COUNT(setups); i++) {
    hft_env_model *model = setups[i].preset == NULL ? NULL : preset_model(setups[i].preset);
    for (int before = 0; before <= 2; before += 2) {
      lesson a = lesson_of_setup(&setups[i], model, 2), b = lesson_of_setup(&setups[i], model, 1);
      b.seed = 99;
      lesson_begin(&a);
      lesson_begin(&b);
      lesson_learn(&a, before);
      restore(&a, &b);
      lesson_learn(&a, 2);
      lesson_learn(&b, 2);
      if (lesson_digest(&a) != lesson_digest(&b)) fail_msg("%s: it differs", setups[i].name);
      lesson_end(&a);
      lesson_end(&b);
    }
    if (model != NULL) hft_env_model_free(model);
  }
}

static void test_update_allocates_nothing(void **context) {
  (void)context;
  for (int i = 0; i < COUNT(setups); i++) {
    hft_env_model *model = setups[i].preset == NULL ? NULL : preset_model(setups[i].preset);
    lesson l = lesson_of_setup(&setups[i], model, 2);
    unsigned long first = allocations();
    lesson_begin(&l);
    unsigned long before = allocations();
    assert_true(before > first);
    lesson_learn(&l, 2);
    assert_int_equal(allocations(), before);
    lesson_end(&l);
    if (model != NULL) hft_env_model_free(model);
  }
}

// ---- figures, shares, refusals -----------------------------------------------------------------

static void test_figures_and_shares(void **context) {
  (void)context;
  for (int i = 0; i < COUNT(setups); i++) {
    hft_env_model *model = setups[i].preset == NULL ? NULL : preset_model(setups[i].preset);
    lesson l = lesson_of_setup(&setups[i], model, 2);
    lesson_begin(&l);
    lesson_learn(&l, 2);
    int groups = l.block[0]->shape->group_count;
    assert_int_equal(l.figures, 9 * groups);
    for (int k = 0; k < l.figures; k++) {
      for (int j = 0; j < k; j++) assert_string_not_equal(l.figure[k].name, l.figure[j].name);
    }
    double seconds[4];
    l.algorithm->shares(l.learner, seconds);
    for (int k = 0; k < 4; k++) assert_true(seconds[k] >= 0);
    assert_true(seconds[0] > 0 && seconds[1] > 0 && seconds[2] > 0);
    assert_null(l.algorithm->actor(l.learner, 0, 99));
    lesson_end(&l);
    if (model != NULL) hft_env_model_free(model);
  }
}

// A block of a game whose first env pays and shows what is not finite.
static void (*step_of_game)(hft_worlds *worlds);

static void step_badly(hft_worlds *worlds) {
  step_of_game(worlds);
  float *obs = (float *)(uintptr_t)worlds->view.obs[0];
  float *reward = (float *)(uintptr_t)worlds->view.reward[0];
  obs[0] = NAN;
  reward[0] = INFINITY;
}

static void test_not_finite(void **context) {
  (void)context;
  lesson l = lesson_of(GAME_LIVES, 4, 16);
  lesson_begin(&l);
  step_of_game = l.block[0]->step;
  l.block[0]->step = step_badly;
  lesson_learn(&l, 3);
  assert_true(lesson_figure(&l, "left_out") >= 16);
  assert_true(isfinite(lesson_figure(&l, "reward")));
  assert_true(isfinite(lesson_figure(&l, "value_loss")));
  hft_tensor *tensor = calloc(HFT_LEARNER_TENSORS_MAX, sizeof *tensor);
  assert_non_null(tensor);
  int count = l.algorithm->tensors(l.learner, tensor);
  for (int i = 0; i < count; i++) {
    int64_t items = tensor[i].dim[0] * (tensor[i].dims > 1 ? tensor[i].dim[1] : 1);
    for (int64_t k = 0; k < items; k++) {
      if (tensor[i].type == HFT_TENSOR_F32) assert_true(isfinite(((float *)tensor[i].data)[k]));
      if (tensor[i].type == HFT_TENSOR_F64) assert_true(isfinite(((double *)tensor[i].data)[k]));
    }
  }
  free(tensor);
  l.block[0]->step = step_of_game;
  lesson_end(&l);
}

static void test_refusals(void **context) {
  (void)context;
  lesson l = lesson_of(GAME_LIVES, 2, 3);
  lesson_begin(&l);
  hft_learner_spec spec = {.shape = l.block[0]->shape,
                           .block = l.block,
                           .blocks = LESSON_BLOCKS,
                           .crew = l.crew,
                           .network = &l.network,
                           .keys = &l.keys,
                           .rollout_steps = 3};
  hft_learner *learner;
  hft_error error = {0};
  l.network.bias = (hft_list){3, {1, 2, 3}};
  assert_int_equal(hft_mappo.create(&spec, &learner, &error), HFT_ECONFIG);
  assert_string_equal(error.where, "network.bias");
  assert_null(learner);
  l.network.bias = (hft_list){2, {1, 2}};
  spec.rollout_steps = INT32_MAX / 4;
  assert_int_equal(hft_mappo.create(&spec, &learner, &error), HFT_ECONFIG);
  assert_string_equal(error.where, "rollout_steps");
  spec.rollout_steps = 1;
  l.network.gru = HFT_ACTOR_STATE_MAX + 1;
  assert_int_not_equal(hft_mappo.create(&spec, &learner, &error), HFT_OK);
  assert_null(learner);
  lesson_end(&l);
  assert_ptr_equal(hft_algorithm_find("ippo"), &hft_ippo);
  assert_null(hft_algorithm_find("IPPO"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gae_against_double_loop),
      cmocka_unit_test(test_slopes_against_differences),
      cmocka_unit_test(test_threads_change_no_bit),
      cmocka_unit_test(test_restored_learner_goes_on),
      cmocka_unit_test(test_update_allocates_nothing),
      cmocka_unit_test(test_figures_and_shares),
      cmocka_unit_test(test_not_finite),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
