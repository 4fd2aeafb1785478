// Pools of discrete actions: the masks follow the documentation of each role, computed here from
// accounts and actions alone; a forbidden choice does nothing; and threads, slices, saves and forks
// change none of it.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/slab.h"

#define ENVS 6
#define STEPS 70  // over the ends of episodes
#define LENGTH 30
#define SEED 91
#define CHOICES 5
#define MAX_INVENTORY 14
#define QUOTE 6
#define ORDER 6
#define PARENT 90
#define COUNT_MAX 8
#define HOLDING 3
#define CASH 1000  // currency x lots: ten lots
#define RANGE 4
#define TICKS_PER_CURRENCY 100

#define CONFIG(space, seats)                                                            \
  "market_config: {window_ticks: 1024, decision_ms: 500, instruments: 2}\n"             \
  "env_config: {warmup_s: 2, episode_len: 30, action_choices: 5, action_space: " space  \
  "}\n"                                                                                 \
  "risk_config: {max_inventory: 14, max_drawdown: 0.8}\n" WORLD_CROWD                   \
  "seats: [{kind: maker, count: 2, offset_unit: ticks, offset_max: 3, quote_qty: 6},\n" \
  "  {kind: executor, parent_qty: 90, instrument: 1}, {kind: taker, order_qty: 6}" seats "]\n"

static const char *const configs[] = {
    CONFIG("multi_discrete",
           ",\n  {kind: portfolio, cash: 1000, holding: 3, count_max: 8, price_range: 4}"),
    CONFIG("discrete", ""),
};

// ---- masks worked out anew -------------------------------------------------------------------

// What of an env's past its masks hang on.
typedef struct history {
  int step;       // of the episode
  bool done[8];   // seats that a risk limit has ended
  double due[8];  // lots of an executor's parent order that should be done by now
  int forbidden;  // choices seen
  int terminations;
} history;

static const hft_account *account_of(hft_pool *pool, int env, int seat, int instrument) {
  const hft_env_model *env_model = hft_pool_model(pool);
  const hft_model *model = hft_env_model_market(env_model);
  hft_owner owner = (hft_owner)(hft_model_first_extra(model) + seat);
  return hft_market_account(model, hft_env_market(env_model, hft_pool_env(pool, env)), owner,
                            instrument);
}

static bool portfolio_may(hft_pool *pool, int env, int seat, int axis, double value) {
  int lots = (int)round(value * COUNT_MAX);
  if (axis % 3 != 0 || lots == 0) return true;
  int instrument = axis / 3;
  if (lots < 0) return HOLDING + account_of(pool, env, seat, instrument)->position > 0;
  double cash = CASH * TICKS_PER_CURRENCY;
  for (int i = 0; i < 2; i++) cash += (double)account_of(pool, env, seat, i)->cash;
  hft_market *market = hft_env_market(hft_pool_model(pool), hft_pool_env(pool, env));
  return cash >= floor(0.5 * (double)hft_market_mid2(market, instrument) - RANGE);
}

// May a seat choose c on an axis?
static bool may(hft_pool *pool, int env, const hft_group *group, int index, int axis, int c,
                const history *past) {
  int seat = group->first_seat + index;
  double value = -1 + 2.0 * c / (group->choice_count[axis] - 1);
  int64_t position = account_of(pool, env, seat, group->role == HFT_ROLE_EXECUTOR)->position;
  if (past->done[seat]) return true;
  switch (group->role) {
    case HFT_ROLE_MAKER:
      if (axis < 2 || c == 0) return true;
      return (axis == 2 ? position : -position) + QUOTE <= MAX_INVENTORY;
    case HFT_ROLE_EXECUTOR:
      return axis == 1 || c == 0 || past->due[seat] < PARENT;
    case HFT_ROLE_TAKER:
      return c == 1 || llabs(position + (c - 1) * ORDER) <= MAX_INVENTORY ||
             (position > 0) != (c == 2);
    default:
      return portfolio_may(pool, env, seat, axis, value);
  }
}

static bool is_product(const hft_pool *pool) {
  return hft_env_model_spec(hft_pool_model(pool))->action_space == HFT_ACTION_DISCRETE;
}

// Holds a seat's row of a mask to the rules; counts what is forbidden.
static int check_row(hft_pool *pool, int env, const hft_group *group, int index,
                     const uint8_t *mask, const history *past) {
  bool allowed[HFT_AXES_MAX][CHOICES];
  int forbidden = 0, at = 0;
  for (int axis = 0; axis < group->axis_count; axis++) {
    for (int c = 0; c < group->choice_count[axis]; c++) {
      allowed[axis][c] = may(pool, env, group, index, axis, c, past);
      forbidden += !allowed[axis][c];
      if (!is_product(pool)) assert_int_equal(mask[at++], allowed[axis][c]);
    }
  }
  for (int choice = 0; choice < group->mask_dim && is_product(pool); choice++) {
    bool all = true;
    for (int axis = group->axis_count - 1, rest = choice; axis >= 0; axis--) {
      all &= allowed[axis][rest % group->choice_count[axis]];
      rest /= group->choice_count[axis];
    }
    assert_int_equal(mask[choice], all);
  }
  return forbidden;
}

static void check_masks(hft_pool *pool, int env, history *past) {
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    char name[HFT_NAME_SIZE];
    snprintf(name, sizeof name, "mask/%s", group->role_name);
    const uint8_t *mask = slab_row(pool, name, env);
    for (int k = 0; k < group->seat_count; k++, mask += group->mask_dim) {
      past->forbidden += check_row(pool, env, group, k, mask, past);
    }
  }
}

// ---- actions ---------------------------------------------------------------------------------

static int32_t *actions_of(const hft_pool *pool, int env, const hft_group *group, int index) {
  char name[HFT_NAME_SIZE];
  snprintf(name, sizeof name, "action/%s", group->role_name);
  const hft_array *array = slab_array(hft_pool_actions_layout(pool), name);
  char *row = (char *)hft_pool_actions(pool) + array->offset + (size_t)env * array->row_bytes;
  return (int32_t *)row + index * group->action_dim;
}

// The choice of each axis of a seat's action, or the action of such choices.
static void split(const hft_pool *pool, const hft_group *group, const int32_t *action,
                  int32_t *choice) {
  int32_t rest = action[0];
  for (int axis = group->axis_count - 1; axis >= 0; axis--) {
    choice[axis] = is_product(pool) ? rest % group->choice_count[axis] : action[axis];
    rest /= group->choice_count[axis];
  }
}

static void join(const hft_pool *pool, const hft_group *group, const int32_t *choice,
                 int32_t *action) {
  int32_t product = 0;
  for (int axis = 0; axis < group->axis_count; axis++) {
    product = product * group->choice_count[axis] + choice[axis];
    if (!is_product(pool)) action[axis] = choice[axis];
  }
  if (is_product(pool)) action[0] = product;
}

// The choice that does nothing: makers withdraw, executors pause, the others hold.
static int32_t idle_of(const hft_group *group, int axis) {
  if (group->role == HFT_ROLE_MAKER && axis >= 2) return 0;
  return group->role == HFT_ROLE_EXECUTOR && axis == 0 ? 0 : group->choice_count[axis] / 2;
}

// Notes what an env's actions come to, and in `other`, if any, puts what does nothing in place of
// what is forbidden.
static void note_actions(hft_pool *pool, int env, history *past, hft_pool *other) {
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    for (int k = 0; k < group->seat_count; k++) {
      int32_t choice[HFT_AXES_MAX];
      split(pool, group, actions_of(pool, env, group, k), choice);
      for (int axis = 0; axis < group->axis_count; axis++) {
        if (!may(pool, env, group, k, axis, choice[axis], past)) {
          choice[axis] = idle_of(group, axis);
        }
      }
      if (other != NULL) join(other, group, choice, actions_of(other, env, group, k));
      double *due = &past->due[group->first_seat + k];
      if (group->role != HFT_ROLE_EXECUTOR) continue;
      *due += 0.5 * choice[0] * (PARENT - *due) / (LENGTH - past->step);
      if (*due > PARENT) *due = PARENT;
    }
  }
}

static void note_results(const hft_pool *pool, int env, history *past) {
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  past->step++;
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    char name[HFT_NAME_SIZE];
    snprintf(name, sizeof name, "terminated/%s", group->role_name);
    const uint8_t *terminated = slab_row(pool, name, env);
    for (int k = 0; k < group->seat_count; k++) {
      past->terminations += terminated[k];
      past->done[group->first_seat + k] |= terminated[k] != 0;
    }
  }
  if (!slab_ended(pool, env)) return;
  past->step = 0;
  memset(past->done, 0, sizeof past->done);
  memset(past->due, 0, sizeof past->due);
}

// ---- tests -----------------------------------------------------------------------------------

// Two pools: one does what it is told, the other what is not forbidden.
static void test_masks_forbid_what_has_no_effect(void **context) {
  (void)context;
  for (int c = 0; c < 2; c++) {
    hft_env_model *model = world_model(configs[c]);
    hft_pool *pool = slab_open(model, ENVS, 1, SEED), *meek = slab_open(model, ENVS, 1, SEED);
    history past[ENVS] = {{0}};
    int forbidden = 0, terminations = 0;
    hft_pool_reset(pool, NULL, NULL);
    hft_pool_reset(meek, NULL, NULL);
    for (int step = 0; step < STEPS; step++) {
      for (int i = 0; i < ENVS; i++) {
        check_masks(pool, i, &past[i]);
        slab_act(pool, i, SEED, step);
        note_actions(pool, i, &past[i], meek);
      }
      hft_pool_step(pool);
      hft_pool_step(meek);
      for (int i = 0; i < ENVS; i++) {
        note_results(pool, i, &past[i]);
        assert_true(slab_hash(pool, i) == slab_hash(meek, i));
      }
    }
    for (int i = 0; i < ENVS; i++) {
      forbidden += past[i].forbidden;
      terminations += past[i].terminations;
    }
    assert_true(forbidden > 100);
    assert_true(terminations > 3);
    hft_pool_free(pool);
    hft_pool_free(meek);
    hft_env_model_free(model);
  }
}

static uint64_t run(hft_pool *pool, int first, int end) {
  uint64_t hash = 0;
  for (int step = first; step < end; step++) {
    slab_step(pool, SEED, step);
    for (int i = 0; i < ENVS; i++) hash = hash * 31 + slab_hash(pool, i);
  }
  return hash;
}

// The envs sent in two halves, the second of which comes first.
static uint64_t run_in_parts(hft_pool *pool, int first, int end) {
  uint64_t hash = 0;
  for (int step = first; step < end; step++) {
    uint64_t row[ENVS];
    for (int half = 1; half >= 0; half--) {
      int32_t envs[ENVS / 2];
      for (int k = 0; k < ENVS / 2; k++) {
        envs[k] = half * ENVS / 2 + k;
        slab_act(pool, envs[k], SEED, step);
      }
      assert_int_equal(hft_pool_check_actions_of(pool, envs, ENVS / 2, NULL), HFT_OK);
      assert_int_equal(hft_pool_send(pool, envs, ENVS / 2, NULL), HFT_OK);
      for (int got = 0; got < ENVS / 2; got++) {
        int32_t env;
        assert_int_equal(hft_pool_recv(pool, &env, 1, 1, NULL), 1);
        row[env] = slab_hash(pool, env);
      }
    }
    for (int i = 0; i < ENVS; i++) hash = hash * 31 + row[i];
  }
  return hash;
}

static void test_threads_and_parts_change_nothing(void **context) {
  (void)context;
  for (int c = 0; c < 2; c++) {
    hft_env_model *model = world_model(configs[c]);
    hft_pool *pool = slab_open(model, ENVS, 1, SEED);
    hft_pool_reset(pool, NULL, NULL);
    uint64_t expected = run(pool, 0, STEPS);
    hft_pool_free(pool);
    for (int threads = 1; threads <= 3; threads += 2) {
      pool = slab_open(model, ENVS, threads, SEED);
      hft_pool_reset_from(pool, SEED, NULL);
      assert_true(run(pool, 0, STEPS) == expected);
      hft_pool_reset_from(pool, SEED, NULL);
      assert_true(run_in_parts(pool, 0, STEPS) == expected);
      hft_pool_free(pool);
    }
    hft_env_model_free(model);
  }
}

// A choice that there is not is told of in the rows that are to be sent, and in no others.
static void test_only_what_is_sent_is_checked(void **context) {
  (void)context;
  hft_env_model *model = world_model(configs[0]);
  hft_pool *pool = slab_open(model, ENVS, 1, SEED);
  hft_pool_reset(pool, NULL, NULL);
  for (int i = 0; i < ENVS; i++) slab_act(pool, i, SEED, 0);
  const hft_group *group = &hft_env_model_spec(model)->group[0];
  actions_of(pool, 4, group, 1)[1] = CHOICES;
  static const int32_t without[] = {0, 5, 3}, with[] = {0, 4};
  hft_error error = {0};
  assert_int_equal(hft_pool_check_actions_of(pool, without, 3, &error), HFT_OK);
  assert_int_equal(hft_pool_check_actions_of(pool, with, 2, &error), HFT_EINVAL);
  assert_string_equal(error.where, "action/maker[4, 1, 1]");
  assert_int_equal(hft_pool_check_actions(pool, &error), HFT_EINVAL);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

static uint64_t mask_hash(const hft_pool *pool, int env) {
  uint64_t hash = 0;
  static const char *const names[] = {"mask/maker", "mask/executor", "mask/taker"};
  for (int k = 0; k < 3; k++) {
    const uint8_t *mask = slab_row(pool, names[k], env);
    for (size_t i = 0; i < slab_row_bytes(pool, names[k]); i++) hash = hash * 31 + mask[i] + 1;
  }
  return hash;
}

static void test_saves_and_forks_keep_masks(void **context) {
  (void)context;
  for (int c = 0; c < 2; c++) {
    hft_env_model *model = world_model(configs[c]);
    hft_pool *pool = slab_open(model, ENVS, 3, SEED), *other = slab_open(model, ENVS, 1, 7);
    hft_pool_reset(pool, NULL, NULL);
    hft_pool_reset(other, NULL, NULL);
    run(pool, 0, 21);
    void *bytes = malloc(hft_pool_env_bytes(pool));
    assert_non_null(bytes);
    int apart = 0;
    for (int i = 0; i < ENVS; i++) {
      apart += mask_hash(other, i) != mask_hash(pool, i);
      assert_int_equal(hft_pool_save(pool, i, bytes, hft_pool_env_bytes(pool), NULL), HFT_OK);
      assert_int_equal(hft_pool_load(other, i, bytes, hft_pool_env_bytes(pool), NULL), HFT_OK);
      assert_true(mask_hash(other, i) == mask_hash(pool, i));
    }
    assert_true(apart > 0);
    assert_true(run(other, 21, STEPS) == run(pool, 21, STEPS));
    assert_int_equal(hft_pool_fork(pool, 2, &(int32_t){5}, 1, NULL), HFT_OK);
    assert_true(mask_hash(pool, 5) == mask_hash(pool, 2));
    free(bytes);
    hft_pool_free(pool);
    hft_pool_free(other);
    hft_env_model_free(model);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_masks_forbid_what_has_no_effect),
      cmocka_unit_test(test_threads_and_parts_change_nothing),
      cmocka_unit_test(test_only_what_is_sent_is_checked),
      cmocka_unit_test(test_saves_and_forks_keep_masks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
