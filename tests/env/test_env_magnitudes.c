// Every observed number is about 1 in every preset: the root mean square of each, over seats that
// act at random around 0, lies in bounds.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "tests/support/env_world.h"

#define LOW 0.02
#define HIGH 3.0
#define DEEP 6.0  // highest of the distances of levels that only the state has
#define STEPS 600
#define EPISODES 8

// Numbers that are constant by the nature of a market.
static const struct {
  const char *preset, *name, *why;
} exceptions[] = {
    {"avellaneda_stoikov", "imbalance", "one seat quotes one lot a side, and nobody else quotes"},
    {"avellaneda_stoikov", "imbalance_8", "likewise"},
    {"avellaneda_stoikov", "imbalance_32", "likewise"},
    {"avellaneda_stoikov", "microprice", "likewise"},
    {"avellaneda_stoikov", "fundamental", "it is the reference price"},
};

static bool is_exception(const char *preset, const char *name) {
  for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++) {
    bool same = strcmp(exceptions[i].name, name) == 0;
    if (same && strcmp(exceptions[i].preset, preset) == 0) return true;
  }
  return false;
}

// About normal, of standard deviation 0.3.
static float draw_action(uint64_t *stream) {
  double sum = -6;
  for (int i = 0; i < 12; i++) sum += (double)(world_draw(stream) >> 11) * 0x1p-53;
  return (float)(0.3 * sum);
}

static void act(world *w, uint64_t *stream) {
  for (int s = 0; s < w->spec->seat_count; s++) {
    for (int axis = 0; axis < world_group(w, s)->axis_count; axis++) {
      world_set(w, s, axis, draw_action(stream));
    }
  }
}

static void add(double *sum, const float *value, int rows, int dim) {
  for (int i = 0; i < rows * dim; i++) sum[i % dim] += (double)value[i] * (double)value[i] / rows;
}

// Some books are sparse beyond the levels that seats see.
static double highest(const char *of, const char *name) {
  const char *level = strstr(name, "_distance_");
  bool deep = level != NULL && atoi(level + strlen("_distance_")) > 5;
  return deep && strcmp(of, "state") == 0 ? DEEP : HIGH;
}

static int check(const char *preset, const char *of, const hft_index *index, const double *sum,
                 int dim, int count) {
  int wrong = 0;
  for (int i = 0; i < dim; i++) {
    double rms = sqrt(sum[i] / count);
    if ((rms >= LOW && rms <= highest(of, index[i].name)) || is_exception(preset, index[i].name))
      continue;
    print_error("%s, %s: %s (%s) has a root mean square of %.3g\n", preset, of, index[i].name,
                index[i].unit, rms);
    wrong++;
  }
  return wrong;
}

static int check_preset(const char *preset, hft_env_model *model) {
  world w = world_of(model);
  double *sum[HFT_GROUPS_MAX + 1];
  uint64_t stream = 1;
  int count = 0, wrong = 0, groups = w.spec->group_count;
  for (int g = 0; g <= groups; g++) {
    size_t dim = (size_t)(g < groups ? w.spec->group[g].obs_dim : w.spec->state_dim);
    sum[g] = calloc(dim, sizeof(double));
    assert_non_null(sum[g]);
  }
  for (uint32_t episode = 0; episode < EPISODES; episode++) {
    world_reset(&w, 21, episode);
    for (int step = 0; step < STEPS && !*w.io.ended; step++, count++) {
      act(&w, &stream);
      hft_env_step(w.model, w.env, &w.io);
      for (int g = 0; g < groups; g++) {
        add(sum[g], w.io.obs[g], w.spec->group[g].seat_count, w.spec->group[g].obs_dim);
      }
      add(sum[groups], w.io.state, 1, w.spec->state_dim);
    }
  }
  assert_true(count >= STEPS);
  for (int g = 0; g < groups; g++) {
    const hft_group *group = &w.spec->group[g];
    wrong += check(preset, group->role_name, group->obs, sum[g], group->obs_dim, count);
  }
  wrong += check(preset, "state", w.spec->state, sum[groups], w.spec->state_dim, count);
  for (int g = 0; g <= groups; g++) free(sum[g]);
  world_close(&w);
  return wrong;
}

// Presets, and other seats, steps and volatilities in their markets.
static const struct {
  const char *preset, *overlay;
} table[] = {
    {"default", ""},
    {"large_tick", ""},
    {"classic", ""},
    {"classic_jump", ""},
    {"classic_ou", ""},
    {"market_making", ""},
    {"many_makers", ""},
    {"mm_vs_execution", ""},
    {"execution", "env_config: {episode_len: 600}\n"},
    {"taking", "env_config: {episode_len: 600}\n"},
    {"portfolio", "env_config: {episode_len: 600}\n"},
    {"avellaneda_stoikov", ""},
    {"all_roles", ""},
    {"default", "seats: [{kind: taker}, {kind: portfolio}]\n"},
    {"large_tick", "seats: [{kind: taker}, {kind: executor}]\n"},
    {"default", "market_config: {decision_ms: 100}\n"},
    {"default", "market_config: {decision_ms: 10000}\n"},
    {"default", "market_config: {volatility: 0.06}\n"},
};

static void test_every_number_is_about_1(void **context) {
  (void)context;
  hft_catalog catalog;
  hft_catalog_init(&catalog);
  int wrong = 0;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    hft_error error = {0};
    hft_config *config;
    hft_env_model *model = NULL;
    assert_int_equal(hft_catalog_config(&catalog, &config, &error), HFT_OK);
    if (hft_catalog_merge(config, table[i].preset, &error) != HFT_OK ||
        hft_config_merge(config, table[i].overlay, strlen(table[i].overlay), "overlay", &error) !=
            HFT_OK ||
        hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model,
                             &error) != HFT_OK) {
      fail_msg("%s: %s: %s", table[i].preset, error.where, error.text);
    }
    hft_config_free(config);
    wrong += check_preset(table[i].preset, model);
  }
  assert_int_equal(wrong, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_number_is_about_1)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
