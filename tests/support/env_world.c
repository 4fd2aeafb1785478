#include "tests/support/env_world.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/hash.h"
#include "sim/flow/flow.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static const hft_section hand_section = {"hand", "", NULL, 0, 0};
static const hft_agent_class hand_class = {.section = &hand_section, .open_orders_max = 64};
static const hft_agent_class *const classes[] = {
    &hft_noise_class, &hft_value_class, &hft_maker_class, &hft_reactive_class, &hand_class};

static test_schema schema;

static hft_status merge_config(const char *yaml, hft_config **out, hft_error *error) {
  *out = hft_config_create(test_schema_env(&schema, classes, COUNT(classes)));
  assert_non_null(*out);
  return hft_config_merge(*out, yaml, strlen(yaml), "test", error);
}

static hft_status make_model(const char *yaml, hft_env_model **out, hft_error *error) {
  hft_config *config;
  hft_status status = merge_config(yaml, &config, error);
  if (status == HFT_OK) {
    status = hft_env_model_create(config, classes, COUNT(classes), out, error);
  }
  hft_config_free(config);
  return status;
}

hft_env_model *world_model(const char *yaml) {
  hft_env_model *model = NULL;
  hft_error error = {0};
  expect_ok(make_model(yaml, &model, &error), &error);
  return model;
}

hft_config *world_config(const char *yaml) {
  hft_config *config;
  hft_error error = {0};
  expect_ok(merge_config(yaml, &config, &error), &error);
  return config;
}

hft_env_model *world_model_of(const hft_config *config, const hft_env_model *base) {
  hft_env_model *model = NULL;
  hft_error error = {0};
  expect_ok(base == NULL
                ? hft_env_model_create(config, classes, COUNT(classes), &model, &error)
                : hft_env_model_create_as(config, classes, COUNT(classes), base, &model, &error),
            &error);
  return model;
}

hft_status world_refusal(const char *yaml, hft_error *error) {
  hft_env_model *model = NULL;
  hft_status status = make_model(yaml, &model, error);
  assert_null(model);
  return status;
}

void world_expect_refused(const char *yaml, const char *where, const char *words) {
  hft_error error = {0};
  assert_int_equal(world_refusal(yaml, &error), HFT_ECONFIG);
  expect_error(&error, HFT_ECONFIG, where, words);
}

hft_model *world_market_model(const char *yaml) {
  hft_config *config;
  hft_model *model = NULL;
  hft_error error = {0};
  hft_status status = merge_config(yaml, &config, &error);
  if (status == HFT_OK) {
    status = hft_model_create(config, classes, COUNT(classes), NULL, 0, &model, &error);
  }
  expect_ok(status, &error);
  hft_config_free(config);
  return model;
}

static float *floats(int count) {
  return aligned_zeros((size_t)count * sizeof(float));
}

world world_of(hft_env_model *model) {
  world w = {.model = model, .spec = hft_env_model_spec(model)};
  size_t size = hft_env_size(model);
  assert_int_equal(hft_env_init(model, aligned_zeros(size), size, &w.env), HFT_OK);
  for (int g = 0; g < w.spec->all_group_count; g++) {
    const hft_group *group = &w.spec->group[g];
    w.action[g] = floats(group->seat_count * group->action_dim);
    w.io.action[g] = w.action[g];
    w.io.obs[g] = floats(group->seat_count * group->obs_dim);
    w.io.mask[g] = aligned_zeros((size_t)group->seat_count * (size_t)group->mask_dim);
    w.io.reward[g] = floats(group->seat_count);
    w.io.term[g] = floats(group->seat_count * group->term_dim);
    w.io.terminated[g] = aligned_zeros((size_t)group->seat_count);
    w.io.unfilled[g] = floats(group->seat_count);
    w.io.controlled[g] = aligned_zeros((size_t)group->seat_count);
  }
  w.io.truncated = aligned_zeros(1);
  w.io.ended = aligned_zeros(1);
  w.io.state = floats(w.spec->state_dim);
  return w;
}

world world_open(const char *yaml) {
  return world_of(world_model(yaml));
}

world world_fork(const world *of) {
  world w = world_of(of->model);
  memcpy(w.env, of->env, hft_env_size(of->model));
  for (int g = 0; g < w.spec->all_group_count; g++) {
    const hft_group *group = &w.spec->group[g];
    size_t seats = (size_t)group->seat_count, four = sizeof(float);
    memcpy(w.action[g], of->action[g], seats * (size_t)group->action_dim * four);
    memcpy(w.io.obs[g], of->io.obs[g], seats * (size_t)group->obs_dim * four);
    memcpy(w.io.reward[g], of->io.reward[g], seats * four);
    memcpy(w.io.term[g], of->io.term[g], seats * (size_t)group->term_dim * four);
    memcpy(w.io.terminated[g], of->io.terminated[g], seats);
    memcpy(w.io.unfilled[g], of->io.unfilled[g], seats * four);
    memcpy(w.io.controlled[g], of->io.controlled[g], seats);
    memcpy(w.io.mask[g], of->io.mask[g], seats * (size_t)group->mask_dim);
  }
  *w.io.truncated = *of->io.truncated;
  *w.io.ended = *of->io.ended;
  memcpy(w.io.state, of->io.state, (size_t)w.spec->state_dim * sizeof(float));
  return w;
}

void world_close_fork(world *w) {
  free(w->env);
  for (int g = 0; g < w->spec->all_group_count; g++) {
    free(w->action[g]);
    free(w->io.obs[g]);
    free(w->io.reward[g]);
    free(w->io.term[g]);
    free(w->io.terminated[g]);
    free(w->io.unfilled[g]);
    free(w->io.controlled[g]);
    free(w->io.mask[g]);
  }
  free(w->io.truncated);
  free(w->io.ended);
  free(w->io.state);
}

void world_close(world *w) {
  world_close_fork(w);
  hft_env_model_free(w->model);
}

static void verify(const world *w) {
  verify_market(hft_env_model_market(w->model), world_market(w));
}

void world_reset(world *w, uint64_t seed, uint32_t index) {
  hft_env_reset(w->model, w->env, seed, index, &w->io);
  verify(w);
}

void world_step(world *w) {
  hft_env_step(w->model, w->env, &w->io);
  verify(w);
}

static int group_index(const world *w, int seat) {
  assert_in_range(seat, 0, w->spec->seat_count - 1);
  int g = w->spec->group_count - 1;
  while (w->spec->group[g].first_seat > seat) g--;
  return g;
}

const hft_group *world_group(const world *w, int seat) {
  return &w->spec->group[group_index(w, seat)];
}

// Where an axis of a seat's action stands, a number or a choice.
static float *action_at(const world *w, int seat, int axis) {
  int g = group_index(w, seat);
  const hft_group *group = &w->spec->group[g];
  assert_in_range(axis, 0, group->action_dim - 1);
  return w->action[g] + (seat - group->first_seat) * group->action_dim + axis;
}

void world_set(world *w, int seat, int axis, float value) {
  assert_true(hft_action_is_float(w->spec->action_space));
  assert_int_equal(world_group(w, seat)->choice_count[axis], 0);
  *action_at(w, seat, axis) = value;
}

void world_choose(world *w, int seat, int axis, int32_t choice) {
  assert_int_not_equal(w->spec->action_space, HFT_ACTION_BOX);
  if (w->spec->action_space == HFT_ACTION_MIXED) {
    assert_true(world_group(w, seat)->choice_count[axis] > 0);
    *action_at(w, seat, axis) = (float)choice;
    return;
  }
  memcpy(action_at(w, seat, axis), &choice, sizeof choice);
}

void world_act(world *w, int seat, float first, float second) {
  const hft_group *group = world_group(w, seat);
  world_set(w, seat, 0, first);
  world_set(w, seat, 1, second);
  if (group->role != HFT_ROLE_MAKER || group->role_axes == 2) {
    assert_int_equal(group->action_dim, 2);
    return;
  }
  world_switch(w, seat, HFT_BID, first < 1);
  world_switch(w, seat, HFT_ASK, second < 1);
}

void world_switch(world *w, int seat, hft_side side, bool on) {
  static const char *const names[2] = {"bid_on", "ask_on"};
  const hft_group *group = world_group(w, seat);
  int axis = 0;
  while (axis < group->axis_count && strcmp(group->axis[axis].name, names[side]) != 0) axis++;
  assert_in_range(axis, 0, group->axis_count - 1);
  if (group->choice_count[axis] > 0) {
    world_choose(w, seat, axis, on);
  } else {
    world_set(w, seat, axis, on ? 1 : -1);
  }
}

void world_idle(world *w) {
  for (int s = 0; s < w->spec->seat_count; s++) {
    const hft_group *group = world_group(w, s);
    assert_non_null(group->nothing);
    for (int i = 0; i < group->action_dim; i++) {
      if (hft_action_is_float(w->spec->action_space)) {
        *action_at(w, s, i) = group->nothing[i];
      } else {
        world_choose(w, s, i, (int32_t)group->nothing[i]);
      }
    }
  }
}

bool world_allowed(const world *w, int seat, int axis, int32_t choice) {
  int g = group_index(w, seat);
  const hft_group *group = &w->spec->group[g];
  const uint8_t *mask = w->io.mask[g] + (seat - group->first_seat) * group->mask_dim;
  int count = group->mask_dim;
  if (w->spec->action_space != HFT_ACTION_DISCRETE) {
    for (int i = 0; i < axis; i++) mask += group->choice_count[i];
    count = group->choice_count[axis];
  }
  assert_in_range(choice, 0, count - 1);
  assert_in_range(mask[choice], 0, 1);
  return mask[choice] != 0;
}

float world_reward(const world *w, int seat) {
  int g = group_index(w, seat);
  return w->io.reward[g][seat - w->spec->group[g].first_seat];
}

float world_term(const world *w, int seat, const char *name) {
  int g = group_index(w, seat);
  const hft_group *group = &w->spec->group[g];
  for (int i = 0; i < group->term_dim; i++) {
    if (strcmp(group->term[i].name, name) != 0) continue;
    return w->io.term[g][(seat - group->first_seat) * group->term_dim + i];
  }
  fail_msg("there is no term %s", name);
  return 0;
}

float world_pnl(const world *w, int seat) {
  return world_term(w, seat, "pnl");
}

float world_inventory(const world *w, int seat) {
  return world_term(w, seat, "inventory");
}

float world_unfilled(const world *w, int seat) {
  int g = group_index(w, seat);
  return w->io.unfilled[g][seat - w->spec->group[g].first_seat];
}

bool world_terminated(const world *w, int seat) {
  int g = group_index(w, seat);
  return w->io.terminated[g][seat - w->spec->group[g].first_seat] != 0;
}

static float number_of(const hft_index *index, const float *value, int count, const char *wanted) {
  for (int i = 0; i < count; i++) {
    if (strcmp(index[i].name, wanted) == 0) return value[i];
  }
  fail_msg("there is no number %s", wanted);
  return 0;
}

double world_total(const world *w, int seat, const char *name) {
  const hft_group *group = world_group(w, seat);
  float totals[HFT_TOTALS_MAX];
  hft_env_totals(w->model, w->env, seat, totals);
  for (int i = 0; i < group->total_dim; i++) {
    if (strcmp(group->total[i].name, name) == 0) return (double)totals[i];
  }
  fail_msg("there is no total %s", name);
  return 0;
}

float world_obs(const world *w, int seat, const char *name) {
  int g = group_index(w, seat);
  const hft_group *group = &w->spec->group[g];
  const float *obs = w->io.obs[g] + (seat - group->first_seat) * group->obs_dim;
  return number_of(group->obs, obs, group->obs_dim, name);
}

float world_state(const world *w, const char *name) {
  return number_of(w->spec->state, w->io.state, w->spec->state_dim, name);
}

hft_market *world_market(const world *w) {
  return hft_env_market(w->model, w->env);
}

const hft_book *world_book_at(const world *w, int instrument) {
  return hft_market_book(hft_env_model_market(w->model), world_market(w), instrument);
}

const hft_book *world_book(const world *w) {
  return world_book_at(w, 0);
}

static hft_desk desk_of(const world *w, int owner) {
  return hft_market_desk(hft_env_model_market(w->model), world_market(w), (hft_owner)owner);
}

hft_desk world_seat_desk(const world *w, int seat) {
  return desk_of(w, hft_model_first_extra(hft_env_model_market(w->model)) + seat);
}

const hft_account *world_account_at(const world *w, int seat, int instrument) {
  const hft_model *model = hft_env_model_market(w->model);
  hft_owner owner = (hft_owner)(hft_model_first_extra(model) + seat);
  return hft_market_account(model, world_market(w), owner, instrument);
}

const hft_account *world_account(const world *w, int seat) {
  hft_desk desk = world_seat_desk(w, seat);
  return hft_desk_account(&desk);
}

bool world_quote(const world *w, int seat, hft_side side, hft_order_id *id, hft_order *order) {
  hft_desk desk = world_seat_desk(w, seat);
  bool found = false;
  for (uint32_t k = 0; k < hft_desk_open_count(&desk); k++) {
    hft_order open;
    hft_order_id open_id = hft_desk_open(&desk, k);
    assert_true(hft_desk_order(&desk, open_id, &open));
    if (open.side != side) continue;
    if (found) {
      assert_int_equal(open.price, order->price);
      order->qty += open.qty;
      if (open_id.number < id->number) *id = open_id;
    } else {
      *id = open_id;
      *order = open;
      found = true;
    }
  }
  return found;
}

hft_desk world_hand(const world *w, int k) {
  return desk_of(w, k);
}

hft_order_id world_rest_at(const world *w, int hand, int instrument, hft_side side, hft_price price,
                           hft_qty qty) {
  hft_desk own = world_hand(w, hand), desk = hft_desk_at(&own, instrument);
  hft_order order = {side, HFT_POST_ONLY, price, qty, 0}, resting;
  hft_order_id id = hft_desk_submit(&desk, &order);
  assert_true(hft_desk_order(&desk, id, &resting));
  assert_int_equal(resting.qty, qty);
  return id;
}

hft_order_id world_rest(const world *w, int hand, hft_side side, hft_price price, hft_qty qty) {
  return world_rest_at(w, hand, 0, side, price, qty);
}

void world_take_at(const world *w, int hand, int instrument, hft_side side, hft_qty qty) {
  hft_desk own = world_hand(w, hand), desk = hft_desk_at(&own, instrument);
  int64_t before = hft_desk_account(&desk)->taker_qty;
  hft_order order = {side, HFT_IOC, HFT_PRICE_MARKET, qty, 0};
  hft_desk_submit(&desk, &order);
  assert_int_equal(hft_desk_account(&desk)->taker_qty - before, qty);
}

void world_take(const world *w, int hand, hft_side side, hft_qty qty) {
  world_take_at(w, hand, 0, side, qty);
}

uint64_t world_hash(const world *w) {
  uint64_t hash = hft_market_hash(hft_env_model_market(w->model), world_market(w));
  for (int g = 0; g < w->spec->group_count; g++) {
    const hft_group *group = &w->spec->group[g];
    size_t seats = (size_t)group->seat_count, four = sizeof(float);
    hash = hft_hash_bytes(hash, w->io.obs[g], seats * (size_t)group->obs_dim * four);
    hash = hft_hash_bytes(hash, w->io.reward[g], seats * four);
    hash = hft_hash_bytes(hash, w->io.term[g], seats * (size_t)group->term_dim * four);
    hash = hft_hash_bytes(hash, w->io.terminated[g], seats);
    hash = hft_hash_bytes(hash, w->io.unfilled[g], seats * four);
    hash = hft_hash_bytes(hash, w->io.controlled[g], seats);
    hash = hft_hash_bytes(hash, w->io.mask[g], seats * (size_t)group->mask_dim);
  }
  hash = hft_hash_u64(hash, (uint64_t)*w->io.truncated << 1 | *w->io.ended);
  hash = hft_hash_bytes(hash, w->io.state, (size_t)w->spec->state_dim * sizeof(float));
  for (int s = 0; s < w->spec->seat_count; s++) {
    float total = hft_env_return(w->env, s);
    hash = hft_hash_bytes(hash, &total, sizeof total);
  }
  return hft_hash_u64(hash, (uint64_t)hft_env_steps(w->env));
}

uint64_t world_draw(uint64_t *stream) {
  uint64_t z = *stream += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static float draw_action(uint64_t *stream) {
  return (float)((double)(world_draw(stream) >> 40) * 0x1p-23 - 1);
}

static void choose_randomly(world *w, int seat, uint64_t *stream) {
  const hft_group *group = world_group(w, seat);
  for (int axis = 0; axis < group->action_dim; axis++) {
    bool product = w->spec->action_space == HFT_ACTION_DISCRETE;
    int32_t count = product ? group->mask_dim : group->choice_count[axis];
    if (count == 0) {
      world_set(w, seat, axis, draw_action(stream));
      continue;
    }
    world_choose(w, seat, axis, (int32_t)(world_draw(stream) % (uint64_t)count));
  }
}

void world_act_randomly(world *w, uint64_t *stream) {
  for (int s = 0; s < w->spec->seat_count; s++) {
    const hft_group *group = world_group(w, s);
    if (w->spec->action_space != HFT_ACTION_BOX) {
      choose_randomly(w, s, stream);
      continue;
    }
    for (int axis = 0; axis < group->action_dim; axis++) {
      world_set(w, s, axis, draw_action(stream));
    }
    bool withdraws = group->role == HFT_ROLE_MAKER && world_draw(stream) % 4 == 0;
    if (withdraws && group->role_axes > 2) world_switch(w, s, HFT_BID, false);
  }
}
