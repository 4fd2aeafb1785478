// Actors: they act in every preset and action space as the env allows, with the same bits each
// time, and only for the seats that they fit.
#include "agents/actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/nn/scaler.h"
#include "catalog/catalog.h"
#include "sim/base/dist.h"
#include "tests/support/allocations.h"
#include "tests/support/env_world.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define STEPS 5
#define ACTION_MAX (HFT_AXES_MAX * sizeof(float))

static const char *const spaces[] = {"box", "multi_discrete", "discrete", "mixed"};

// An actor for a group, with random parameters and standardisation. Null where an action has more
// choices than a network has outputs.
static hft_actor *make_actor(const hft_env_spec *spec, const hft_group *group, hft_density density,
                             int gru, uint64_t seed) {
  hft_head_def head = hft_head_of_group(group, spec->action_space, density, 0.5);
  hft_head *probe = NULL;
  hft_error error = {0};
  if (hft_head_create(&head, &probe, &error) != HFT_OK) {
    assert_int_equal(spec->action_space, HFT_ACTION_DISCRETE);
    return NULL;
  }
  hft_net_def net = {.inputs = group->obs_dim,
                     .outputs = hft_head_outputs(probe),
                     .hidden_count = 1,
                     .hidden = {16},
                     .gru = gru,
                     .output_gain = 1};
  assert_int_equal(hft_head_mask_dim(probe), group->mask_dim);
  hft_head_free(probe);
  hft_actor *actor = NULL;
  if (hft_actor_create(group, spec->action_space, &net, &head, &actor, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  for (int i = 0; i < actor->obs_dim; i++) {
    assert_true(actor->shift[i] == 0 && actor->factor[i] == 1);
  }
  hft_rng rng = hft_rng_seed(seed, 1);
  hft_net_init(actor->net, actor->params, &rng);
  hft_head_init(actor->head, actor->params + hft_net_param_count(actor->net));
  for (int i = 0; i < actor->obs_dim; i++) {
    actor->shift[i] = (float)hft_normal(&rng);
    actor->factor[i] = (float)hft_exponential(&rng);
  }
  return actor;
}

static hft_env_model *preset_model(const char *name, const char *overlay) {
  hft_catalog catalog;
  hft_catalog_init(&catalog);
  hft_error error = {0};
  hft_config *config;
  hft_env_model *model = NULL;
  assert_int_equal(hft_catalog_config(&catalog, &config, &error), HFT_OK);
  assert_int_equal(hft_catalog_merge(config, name, &error), HFT_OK);
  assert_int_equal(hft_config_merge(config, overlay, strlen(overlay), "overlay", &error), HFT_OK);
  if (hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error) !=
      HFT_OK) {
    print_message("%s is left out: %s: %s\n", name, error.where, error.text);
    model = NULL;
  }
  hft_config_free(config);
  return model;
}

// ---- acting ------------------------------------------------------------------------------------

static void check_action(const world *w, int seat, const hft_group *group, const void *action) {
  const float *number = action;
  const int32_t *choice = action;
  bool is_float = hft_action_is_float(w->spec->action_space);
  for (int i = 0; i < group->action_dim; i++) {
    if (is_float) assert_true(isfinite(number[i]));
    int choices =
        w->spec->action_space == HFT_ACTION_DISCRETE ? group->mask_dim : group->choice_count[i];
    if (choices == 0) continue;
    int32_t chosen = is_float ? (int32_t)number[i] : choice[i];
    assert_in_range(chosen, 0, choices - 1);
    if (is_float) assert_true((float)chosen == number[i]);
    assert_true(world_allowed(w, seat, i, chosen));
  }
}

// Acts for all seats of group g, twice, and sends it.
static void act(world *w, int g, const hft_actor *actor, float (*state)[HFT_ACTOR_STATE_MAX],
                hft_rng *rng) {
  const hft_group *group = &w->spec->group[g];
  for (int s = 0; s < group->seat_count; s++) {
    char action[ACTION_MAX], again[ACTION_MAX];
    float before[HFT_ACTOR_STATE_MAX];
    hft_rng same = rng != NULL ? *rng : (hft_rng){0};
    memcpy(before, state[s], sizeof before);
    const float *obs = w->io.obs[g] + (ptrdiff_t)s * group->obs_dim;
    const uint8_t *mask =
        group->mask_dim > 0 ? w->io.mask[g] + (ptrdiff_t)s * group->mask_dim : NULL;
    unsigned long before_act = allocations();
    hft_actor_act(actor, state[s], obs, mask, rng, action);
    assert_int_equal(allocations(), before_act);
    hft_actor_act(actor, before, obs, mask, rng != NULL ? &same : NULL, again);
    size_t bytes = (size_t)group->action_dim * sizeof(float);
    assert_memory_equal(action, again, bytes);
    assert_memory_equal(state[s], before, sizeof before);
    assert_true(hft_net_definition(actor->net)->gru > 0 || state[s][0] == 0);
    check_action(w, group->first_seat + s, group, action);
    memcpy((char *)w->io.action[g] + (size_t)s * bytes, action, bytes);
  }
}

static int play(hft_env_model *model, hft_density density, int gru, bool explore) {
  static float state[HFT_SEATS_MAX][HFT_ACTOR_STATE_MAX];
  world w = world_of(model);
  hft_actor *actors[HFT_GROUPS_MAX] = {NULL};
  hft_rng rng = hft_rng_seed(5, 5);
  hft_error error = {0};
  int acting = 0;
  memset(state, 0, sizeof state);
  for (int g = 0; g < w.spec->group_count; g++) {
    const hft_group *group = &w.spec->group[g];
    actors[g] = make_actor(w.spec, group, density, gru, 9);
    if (actors[g] == NULL) continue;
    assert_int_equal(hft_actor_check(actors[g], w.spec, group, "here", &error), HFT_OK);
    acting++;
  }
  world_reset(&w, 3, 0);
  for (int step = 0; step < STEPS && !*w.io.ended; step++) {
    for (int g = 0; g < w.spec->group_count; g++) {
      if (actors[g] == NULL) continue;
      act(&w, g, actors[g], state + w.spec->group[g].first_seat, explore ? &rng : NULL);
    }
    world_step(&w);
  }
  for (int g = 0; g < w.spec->group_count; g++) hft_actor_free(actors[g]);
  world_close(&w);
  return acting;
}

static void acts_in_every_preset_and_space(void **unused) {
  (void)unused;
  int acting[COUNT(spaces)] = {0};
  for (int p = 0; p < hft_preset_count; p++) {
    for (int k = 0; k < COUNT(spaces); k++) {
      char overlay[200];
      snprintf(
          overlay, sizeof overlay,
          "env_config: {warmup_s: 0.5, episode_len: 20, action_choices: 5, action_space: %s}\n",
          spaces[k]);
      hft_env_model *model = preset_model(hft_presets[p].name, overlay);
      if (model == NULL) continue;
      int n = p + k;
      acting[k] += play(model, (hft_density)(n % 3), n % 2 * 8, n % 4 != 3);
    }
  }
  for (int k = 0; k < COUNT(spaces); k++) assert_true(acting[k] > 5);
}

// ---- what it computes --------------------------------------------------------------------------

#define GAME_INPUTS 3
static const int32_t game_choices[2] = {0, 3};
// A game has no tables of names.
static const hft_group game = {.role_name = "player",
                               .seat_count = 1,
                               .obs_dim = GAME_INPUTS,
                               .axis_count = 2,
                               .action_dim = 2,
                               .mask_dim = 3,
                               .choice_count = game_choices};

static hft_actor *game_actor(void) {
  hft_env_spec spec = {.action_space = HFT_ACTION_MIXED};
  hft_actor *actor = make_actor(&spec, &game, HFT_DENSITY_SQUASHED, 0, 4);
  assert_string_equal(actor->obs_name[2], "observation_2");
  assert_string_equal(actor->axis_name[1], "axis_1");
  return actor;
}

// Against the network's batch pass and a naive standardisation.
static void acts_by_net_head_and_standardisation(void **unused) {
  (void)unused;
  hft_actor *actor = game_actor();
  hft_rng rng = hft_rng_seed(1, 2);
  void *work = NULL;
  assert_int_equal(posix_memalign(&work, 64, hft_net_work_size(actor->net, 1, 1) * sizeof(float)),
                   0);
  for (int k = 0; k < 200; k++) {
    float obs[GAME_INPUTS], x[GAME_INPUTS], y[4], sent[2], state[HFT_ACTOR_STATE_MAX] = {0};
    for (int i = 0; i < GAME_INPUTS; i++) {
      obs[i] = 20 * (float)hft_normal(&rng);
      x[i] = (obs[i] - actor->shift[i]) * actor->factor[i];
      x[i] = fminf(fmaxf(x[i], -HFT_SCALER_CLIP), HFT_SCALER_CLIP);
    }
    hft_net_batch batch = {.steps = 1, .rows = 1, .x = x};
    hft_net_forward(actor->net, actor->params, &batch, work, y, NULL);
    hft_actor_act(actor, state, obs, NULL, NULL, sent);
    assert_near(sent[0], tanh((double)y[0]), 1e-5);
    int best = y[2] > y[1] ? 1 : 0;
    if (y[3] > y[1 + best]) best = 2;
    assert_true(sent[1] == (float)best);
    // Draws are near it with a small deviation.
    float *log_deviation = actor->params + hft_net_param_count(actor->net);
    *log_deviation = -9;
    hft_actor_act(actor, state, obs, NULL, &rng, sent);
    assert_near(sent[0], tanh((double)y[0]), 1e-3);
  }
  free(work);
  hft_actor_free(actor);
}

// ---- what it refuses ---------------------------------------------------------------------------

static void refuses_sizes_that_are_not_the_groups(void **unused) {
  (void)unused;
  static const hft_net_def fits = {.inputs = GAME_INPUTS, .outputs = 4, .output_gain = 1};
  hft_head_def head = hft_head_of_group(&game, HFT_ACTION_MIXED, HFT_DENSITY_GAUSSIAN, 0.3);
  for (int k = 0; k < 7; k++) {
    hft_net_def net = fits;
    hft_head_def def = head;
    hft_group group = game;
    if (k == 0) net.gru = HFT_ACTOR_STATE_MAX + 1;
    if (k == 1) net.inputs++;
    if (k == 2) net.outputs--;
    if (k == 3) def.choice_count[0] = 1;  // as many outputs
    if (k == 4) def.deviation = -1;
    if (k == 5) group.axis_count = 0;
    if (k == 6) net.hidden_count = -1;
    hft_actor *actor = NULL;
    hft_error error = {0};
    assert_int_equal(hft_actor_create(&group, HFT_ACTION_MIXED, &net, &def, &actor, &error),
                     HFT_EINVAL);
    assert_null(actor);
    assert_true(strlen(error.text) > 0);
  }
  hft_actor_free(NULL);
}

#define MARKET "market_config: {window_ticks: 1024, decision_ms: 200}\n" WORLD_CROWD
#define MAKER "seats: [{kind: maker, offset_unit: ticks, offset_max: 4}]\n"
#define STOCK MARKET "env_config: {depth: 2}\n" MAKER

static void refuses_seats_that_it_does_not_fit(void **unused) {
  (void)unused;
  static const struct {
    const char *trained, *seat;
    const char *words;  // null: fits
  } pairs[] = {
      {STOCK, STOCK, NULL},
      {STOCK, MARKET "env_config: {depth: 2, episode_len: 7}\n" MAKER, NULL},
      {STOCK, MARKET "env_config: {depth: 3}\n" MAKER,
       "the checkpoint's observation 4 is 'ask_distance_1', the seat's is 'bid_distance_3'; train "
       "on a config with the same depth"},
      {STOCK, MARKET "env_config: {depth: 2, stack: 2}\n" MAKER, "stack"},
      {STOCK, MARKET "env_config: {depth: 2, action_space: mixed}\n" MAKER,
       "the checkpoint acts in the action space box, the seat in mixed; set "
       "env_config.action_space to box"},
      {STOCK, MARKET "env_config: {depth: 2, message_dim: 1}\n" MAKER, "message"},
      {STOCK, MARKET "env_config: {depth: 2}\nseats: [{kind: taker}]\n",
       "the checkpoint's actor is of the role maker, the seat of the role taker"},
      {MARKET "env_config: {depth: 2, action_space: multi_discrete}\n" MAKER,
       MARKET "env_config: {depth: 2, action_space: multi_discrete, action_choices: 5}\n" MAKER,
       "the checkpoint's action has 11 choices on the axis bid_offset, the seat's has 5"},
      {MARKET "env_config: {depth: 2, action_space: discrete}\n" MAKER,
       MARKET "env_config: {depth: 2, action_space: discrete, action_choices: 5}\n" MAKER,
       "in all, the seat's has"},
  };
  for (int i = 0; i < COUNT(pairs); i++) {
    hft_env_model *trained = world_model(pairs[i].trained), *seat = world_model(pairs[i].seat);
    const hft_env_spec *spec = hft_env_model_spec(trained), *other = hft_env_model_spec(seat);
    hft_actor *actor = make_actor(spec, &spec->group[0], HFT_DENSITY_BETA, 4, 1);
    hft_error error = {0};
    hft_status status = hft_actor_check(actor, other, &other->group[0], "seats[0]", &error);
    assert_int_equal(status, pairs[i].words == NULL ? HFT_OK : HFT_ECONFIG);
    if (pairs[i].words != NULL) {
      assert_string_equal(error.where, "seats[0]");
      if (strstr(error.text, pairs[i].words) == NULL) fail_msg("%d: %s", i, error.text);
    }
    hft_actor_free(actor);
    hft_env_model_free(trained);
    hft_env_model_free(seat);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(acts_in_every_preset_and_space),
                                     cmocka_unit_test(acts_by_net_head_and_standardisation),
                                     cmocka_unit_test(refuses_sizes_that_are_not_the_groups),
                                     cmocka_unit_test(refuses_seats_that_it_does_not_fit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
