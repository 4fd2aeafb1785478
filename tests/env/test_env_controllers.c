// Who acts for a seat. A policy in this process and a learner outside that decide alike make the
// same market to the bit, under every rule of the exchange, in every action space, on any number of
// threads, whenever episodes end. A strategy that holds a seat trades as the same strategy among
// the config's agents, and is scored as a learner is.
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/env/linear.h"
#include "tests/env/seat_strategies.h"
#include "tests/support/slab.h"

#define ENVS 3
#define STEPS 40

// ---- models ---------------------------------------------------------------------------------

#define CROWD WORLD_CROWD

typedef struct rules {
  const char *name, *market, *env, *exchange;
} rules;

static const rules table[] = {
    {"plain", "", "", ""},
    {"latency", "", ", feed_latency_us: 700000", "latency_us: 20000, latency_jitter_us: 300000"},
    {"fees", "", "", "maker_fee_bps: -0.2, taker_fee_bps: 0.6, taker_fee_per_lot: 0.01"},
    {"limits", "", "", "max_inventory: 25, message_rate_max: 6"},
    {"kill switch", "", "", "max_drawdown: 3, taker_fee_bps: 5"},
    {"auctions", "", "", "opening_auction_s: 5, halt_band_bps: 2, halt_s: 2, closing_auction_s: 2"},
    {"instruments", ", instruments: 3", ", stack: 3, feed: level3", "latency_us: 1000"},
    {"multi_discrete", "", ", action_space: multi_discrete, action_choices: 5, stack: 2", ""},
    {"discrete", "", ", action_space: discrete, action_choices: 5", "latency_us: 700000"},
    {"others", "", ", see_actions: true, message_dim: 2, stack: 2", "self_trade: cancel_oldest"},
};
enum { RULES = sizeof table / sizeof table[0] };

static hft_env_model *market_of(const rules *r, const char *more, const char *seats) {
  char yaml[4000];
  int length = snprintf(yaml, sizeof yaml,
                        "market_config: {window_ticks: 1024, duration_s: 12, decision_ms: 500%s}\n"
                        "env_config: {warmup_s: 6, episode_len: 12%s}\n"
                        "risk_config: {max_inventory: 1000000}\nexchange_config: {%s}\n" CROWD
                        "%s\nseats: [%s]\n",
                        r->market, r->env, r->exchange, more, seats);
  assert_in_range(length, 1, sizeof yaml - 1);
  return linear_model(yaml);
}

// ---- policies ----------------------------------------------------------------------------------

#define OUTSIDE                                                           \
  "{kind: maker, count: 2}, {kind: maker, quote_qty: 3, offset_max: 2}, " \
  "{kind: executor, parent_qty: 60}, {kind: taker, latency_us: 100}"
#define INSIDE                                                                  \
  "{kind: maker, count: 2}, {kind: maker, quote_qty: 3, offset_max: 2, " LINEAR \
  "}, "                                                                         \
  "{kind: executor, parent_qty: 60, " LINEAR "}, {kind: taker, latency_us: 100}"
#define LINEAR "controller: linear, params: {gain: 0.7}"

// One whose actions come from inside in one pool and from outside in the other: seat `seat` of the
// group of its role outside.
typedef struct twin {
  const char *role;
  int outside;
} twin;
static const twin twins[] = {{"maker", 2}, {"executor", 0}};

static const hft_group *group_of(const hft_pool *pool, const char *role, int *g) {
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  for (*g = 0; *g < spec->group_count; (*g)++) {
    if (strcmp(spec->group[*g].role_name, role) == 0) return &spec->group[*g];
  }
  fail_msg("no role %s", role);
  return NULL;
}

static void *action_row(hft_pool *pool, const char *role, int env) {
  char name[64];
  snprintf(name, sizeof name, "action/%s", role);
  const hft_array *array = slab_array(hft_pool_actions_layout(pool), name);
  return (char *)hft_pool_actions(pool) + array->offset + (size_t)env * array->row_bytes;
}

static const void *result_row(const hft_pool *pool, const char *what, const char *role, int env) {
  char name[64];
  snprintf(name, sizeof name, "%s/%s", what, role);
  return slab_row(pool, name, env);
}

// Draws the actions of all external seats, alike in both pools; then those of the twins outside.
static void act(hft_pool *outside, hft_pool *inside, int env, int step, uint32_t count[2]) {
  slab_act(outside, env, 77, step);
  const hft_layout *layout = hft_pool_actions_layout(inside);
  for (int a = 0; a < layout->count; a++) {
    const char *role = strchr(layout->array[a].name, '/') + 1;
    memcpy(action_row(inside, role, env), action_row(outside, role, env),
           layout->array[a].row_bytes);
  }
  for (int t = 0; t < 2; t++) {
    int g, k = twins[t].outside;
    const hft_group *group = group_of(outside, twins[t].role, &g);
    const float *obs = result_row(outside, "obs", twins[t].role, env);
    const uint8_t *mask = group->mask_dim > 0 ? result_row(outside, "mask", twins[t].role, env) : 0;
    char *action = action_row(outside, twins[t].role, env);
    linear_decide(group, obs + k * group->obs_dim, mask != NULL ? mask + k * group->mask_dim : NULL,
                  0.7, count[t]++, action + 4 * k * group->action_dim);
  }
}

static void compare(const rules *r, const hft_pool *outside, const hft_pool *inside, int env,
                    int step) {
  static const char *const same[] = {"state", "truncated", "ended"};
  for (int i = 0; i < 3; i++) {
    if (memcmp(slab_row(outside, same[i], env), slab_row(inside, same[i], env),
               slab_row_bytes(inside, same[i])) != 0) {
      fail_msg("%s: %s of env %d differs in step %d", r->name, same[i], env, step);
    }
  }
  const hft_layout *layout = hft_pool_results_layout(inside);
  for (int a = 0; a < layout->count; a++) {  // of external seats, which are the first of a role
    const char *name = layout->array[a].name;
    if (strncmp(name, "policy_", 7) == 0) continue;
    if (memcmp(slab_row(outside, name, env), slab_row(inside, name, env),
               layout->array[a].row_bytes) != 0) {
      fail_msg("%s: %s of env %d differs in step %d", r->name, name, env, step);
    }
  }
  for (int t = 0; t < 2; t++) {
    const float *one = result_row(outside, "reward", twins[t].role, env);
    const float *other = result_row(inside, "policy_reward", twins[t].role, env);
    assert_memory_equal(one + twins[t].outside, other, sizeof *other);
    one = result_row(outside, "term", twins[t].role, env);
    other = result_row(inside, "policy_term", twins[t].role, env);
    size_t bytes = slab_row_bytes(inside, t == 0 ? "policy_term/maker" : "policy_term/executor");
    assert_memory_equal((const char *)one + (size_t)twins[t].outside * bytes, other, bytes);
  }
}

static void compare_finals(const hft_pool *outside, const hft_pool *inside) {
  int ended = hft_pool_ended_count(outside);
  assert_int_equal(hft_pool_ended_count(inside), ended);
  for (int k = 0; k < ended; k++) {
    for (int t = 0; t < 2; t++) {
      char here[64], there[64];
      snprintf(here, sizeof here, "return/%s", twins[t].role);
      snprintf(there, sizeof there, "policy_return/%s", twins[t].role);
      const float *one = slab_final(outside, here, k), *other = slab_final(inside, there, k);
      assert_memory_equal(one + twins[t].outside, other, sizeof *other);
      snprintf(here, sizeof here, "total/%s", twins[t].role);
      snprintf(there, sizeof there, "policy_total/%s", twins[t].role);
      int g;
      int dim = group_of(outside, twins[t].role, &g)->total_dim;
      one = slab_final(outside, here, k);
      other = slab_final(inside, there, k);
      assert_memory_equal(one + twins[t].outside * dim, other, (size_t)dim * sizeof *other);
    }
    assert_memory_equal(slab_final(outside, "final_obs/taker", k),
                        slab_final(inside, "final_obs/taker", k), sizeof(float));
  }
}

static void check_twins(const rules *r, hft_autoreset autoreset, int threads) {
  hft_env_model *models[2] = {market_of(r, "", OUTSIDE), market_of(r, "", INSIDE)};
  hft_pool *pool[2];
  for (int p = 0; p < 2; p++) {
    const hft_pool_config config = {
        .env_count = ENVS, .thread_count = p == 0 ? 1 : threads, .seed = 5, .autoreset = autoreset};
    pool[p] = slab_make(models[p], &config);
    hft_pool_reset(pool[p], NULL, NULL);
  }
  uint32_t count[ENVS][2] = {{0}};
  bool over[ENVS] = {false};
  for (int step = 0; step < STEPS; step++) {
    for (int env = 0; env < ENVS; env++) act(pool[0], pool[1], env, step, count[env]);
    hft_pool_step(pool[0]);
    hft_pool_step(pool[1]);
    compare_finals(pool[0], pool[1]);
    for (int env = 0; env < ENVS; env++) {
      compare(r, pool[0], pool[1], env, step);
      bool ended = slab_ended(pool[0], env);
      bool begins = autoreset == HFT_AUTORESET_SAME_STEP ? ended : over[env] && !ended;
      over[env] = ended;
      if (begins) count[env][0] = count[env][1] = 0;
    }
  }
  for (int p = 0; p < 2; p++) {
    hft_pool_free(pool[p]);
    hft_env_model_free(models[p]);
  }
}

static void test_a_policy_acts_as_a_learner_would(void **context) {
  (void)context;
  for (int i = 0; i < RULES; i++) {
    for (int autoreset = 0; autoreset < HFT_AUTORESET_COUNT; autoreset++) {
      check_twins(&table[i], (hft_autoreset)autoreset, 1 + (i + autoreset) % 3);
    }
  }
}

// ---- strategies --------------------------------------------------------------------------------

// The account of the config's agent, which comes before the seats.
static const hft_account *account_of_agent(const hft_env_model *model, hft_env *env) {
  const hft_model *market = hft_env_model_market(model);
  hft_owner owner = (hft_owner)(hft_model_first_extra(market) - 1);
  hft_desk desk = hft_market_desk(market, hft_env_market(model, env), owner);
  return hft_desk_account(&desk);
}

// Steps an env alone, in its own memory.
typedef struct lone {
  hft_env_model *model;
  hft_pool *pool;
} lone;

static lone open_lone(hft_env_model *model) {
  lone l = {model, slab_open(model, 1, 1, 9)};
  hft_pool_reset(l.pool, NULL, NULL);
  return l;
}

// The same without autoreset: an episode that has ended can be looked at.
static lone open_manual(hft_env_model *model) {
  const hft_pool_config config = {
      .env_count = 1, .thread_count = 1, .autoreset = HFT_AUTORESET_MANUAL};
  lone l = {model, slab_make(model, &config)};
  hft_pool_reset(l.pool, NULL, NULL);
  return l;
}

static void close_lone(lone *l) {
  hft_pool_free(l->pool);
  hft_env_model_free(l->model);
}

static double total_of(const lone *l, int seat, const char *name) {
  const hft_group *group = &hft_env_model_spec(l->model)->group[1];
  float totals[HFT_TOTALS_MAX];
  hft_env_totals(l->model, hft_pool_env(l->pool, 0), seat, totals);
  for (int i = 0; i < group->total_dim; i++) {
    if (strcmp(group->total[i].name, name) == 0) return (double)totals[i];
  }
  fail_msg("no total %s", name);
  return 0;
}

// The reference price.
static double mid_of(const lone *l) {
  hft_market *market = hft_env_market(l->model, hft_pool_env(l->pool, 0));
  return 0.5 * (double)hft_market_mid2(market, 0);
}

// The random strategy draws from a stream of its own place, and so does a random latency, which
// changes the place of the external taker, too: it trades, but otherwise.
static bool draws(const rules *r, const strategy_case *c) {
  bool apart = strstr(c->seat, "kind: taker") != NULL && strstr(r->exchange, "jitter") != NULL;
  return apart || strstr(c->agent, "random") != NULL;
}

static void check_strategy(const rules *r, const strategy_case *c) {
  char seats[400], agents[400];
  // The agent trades from the end of the warm-up on, until the last step begins: what a seat's
  // strategy does then is what the closing of its rest may follow.
  snprintf(seats, sizeof seats, "{kind: taker, order_qty: 2}, {%s}", c->seat);
  bool spans = strstr(c->agent, "do-nothing") == NULL;
  snprintf(agents, sizeof agents, "agents: [{%s%s}]", c->agent,
           spans ? ", start_s: 6.000000001, horizon_s: 5.999999999" : "");
  lone held = open_lone(market_of(r, "", seats));
  lone apart = open_lone(market_of(r, agents, "{kind: taker, order_qty: 2}"));
  const hft_env_spec *spec = hft_env_model_spec(held.model);
  assert_int_equal(spec->seat_count, 1);
  assert_int_equal(spec->all_seat_count, 2);
  assert_int_equal(spec->group[1].control, HFT_CONTROL_STRATEGY);
  assert_int_equal(spec->group[1].obs_dim + spec->group[1].action_dim + spec->group[1].mask_dim, 0);
  int seat = spec->group[1].first_seat;
  char name[64], term[64];
  snprintf(name, sizeof name, "strategy_reward/%s", spec->group[1].role_name);
  snprintf(term, sizeof term, "strategy_term/%s", spec->group[1].role_name);
  double sum = 0, terms = 0, start = mid_of(&apart);
  for (int step = 0; step < 11; step++) {  // the twelfth ends the episode
    slab_step(held.pool, 3, step);
    slab_step(apart.pool, 3, step);
    sum += (double)*(const float *)slab_row(held.pool, name, 0);
    terms += (double)*(const float *)slab_row(held.pool, term, 0);  // the first: pnl
    if (draws(r, c)) continue;
    if (memcmp(slab_row(held.pool, "state", 0), slab_row(apart.pool, "state", 0),
               slab_row_bytes(held.pool, "state")) != 0) {
      fail_msg("%s, %s: the state differs in step %d", r->name, c->seat, step);
    }
    const hft_account *account = account_of_agent(apart.model, hft_pool_env(apart.pool, 0));
    assert_true(total_of(&held, seat, "bought") == (double)account->bought);
    assert_true(total_of(&held, seat, "sold") == (double)account->sold);
    assert_true(total_of(&held, seat, "fills") == (double)account->fill_count);
  }
  if (spans && r == &table[0]) assert_true(total_of(&held, seat, "fills") > 0);
  double pnl = total_of(&held, seat, "pnl");
  assert_true(fabs((double)hft_env_return(hft_pool_env(held.pool, 0), seat) - sum) < 1e-3);
  assert_true(fabs(pnl - terms) < 1e-3);
  if (c->parent != 0) assert_true(fabs(total_of(&held, seat, "shortfall") + pnl) < 1e-6);
  if (!draws(r, c)) {  // what the agent has made, and of a parent order what its rest has lost
    const hft_account *account = account_of_agent(apart.model, hft_pool_env(apart.pool, 0));
    double now = mid_of(&apart);
    double made = hft_account_value(account, now) - c->parent * (now - start);
    assert_true(fabs(pnl - made) < 1e-3 * (1 + fabs(made)));
  }
  slab_step(held.pool, 3, 11);
  assert_true(slab_ended(held.pool, 0));
  snprintf(name, sizeof name, "strategy_total/%s", spec->group[1].role_name);
  const float *totals = slab_final(held.pool, name, 0);
  for (int i = 0; i < spec->group[1].total_dim; i++) {
    double traded = c->parent > 0 ? c->parent : -c->parent;
    const char *side = c->parent > 0 ? "bought" : "sold";
    if (traded > 0 && strcmp(spec->group[1].total[i].name, side) == 0) {
      assert_true((double)totals[i] == traded);  // the parent order, its rest closed
    }
  }
  close_lone(&held);
  close_lone(&apart);
}

static void test_a_strategy_holds_a_seat(void **context) {
  (void)context;
  for (int i = 0; i < RULES; i++) {
    for (int k = 0; k < STRATEGIES; k++) check_strategy(&table[i], &strategies[k]);
  }
}

// ---- the same on any number of threads, sent or stepped, saved and forked ----------------------

#define MIXED                                                                                    \
  "{kind: maker, offset_max: 3}, {kind: maker, controller: linear}, "                            \
  "{kind: maker, controller: avellaneda-stoikov}, "                                              \
  "{kind: executor, parent_qty: 60, controller: twap}, {kind: executor, parent_qty: 30, " LINEAR \
  "}, {kind: taker}"

static void test_pools_do_not_depend_on_threads(void **context) {
  (void)context;
  for (int i = 0; i < RULES; i++) {
    hft_env_model *model = market_of(&table[i], "", MIXED);
    hft_pool *one = slab_open(model, ENVS, 1, 5), *three = slab_open(model, ENVS, 3, 5);
    hft_pool_reset(one, NULL, NULL);
    hft_pool_reset(three, NULL, NULL);
    for (int step = 0; step < 30; step++) {
      slab_step(one, 8, step);
      int32_t envs[ENVS];
      for (int e = 0; e < ENVS; e++) {
        slab_act(three, e, 8, step);
        envs[e] = e;
      }
      assert_int_equal(hft_pool_send(three, envs, ENVS, NULL), HFT_OK);
      assert_int_equal(hft_pool_recv(three, envs, ENVS, ENVS, NULL), ENVS);
      for (int e = 0; e < ENVS; e++) {
        if (slab_hash(one, e) != slab_hash(three, e)) fail_msg("%s: step %d", table[i].name, step);
      }
    }
    hft_pool_free(one);
    hft_pool_free(three);
    hft_env_model_free(model);
  }
}

static void test_saves_and_forks_go_on(void **context) {
  (void)context;
  for (int i = 0; i < RULES; i++) {
    hft_env_model *model = market_of(&table[i], "", MIXED);
    hft_pool *pool = slab_open(model, 3, 1, 5);
    hft_pool_reset(pool, NULL, NULL);
    for (int step = 0; step < 5; step++) slab_step(pool, 8, step);
    size_t size = hft_pool_env_bytes(pool);
    void *bytes = malloc(size);
    assert_int_equal(hft_pool_save(pool, 0, bytes, size, NULL), HFT_OK);
    assert_int_equal(hft_pool_fork(pool, 0, &(int32_t){1}, 1, NULL), HFT_OK);
    assert_int_equal(hft_pool_load(pool, 2, bytes, size, NULL), HFT_OK);
    for (int step = 5; step < 20; step++) {
      for (int e = 0; e < 3; e++) slab_act(pool, e, 8 - (uint64_t)e, step);
      hft_pool_step(pool);
      // The copies end their episode as the original does; the next ones are of other worlds.
      for (int e = 1; e < 3 && step < 11; e++) {
        if (slab_rows_hash(pool, 0) != slab_rows_hash(pool, e)) {
          fail_msg("%s: env %d, step %d", table[i].name, e, step);
        }
      }
    }
    free(bytes);
    hft_pool_free(pool);
    hft_env_model_free(model);
  }
}

// A step that is interrupted goes on with the actions that its policies have chosen.
static void test_slices_do_not_change_results(void **context) {
  (void)context;
  for (int i = 0; i < RULES; i++) {
    hft_env_model *model = market_of(&table[i], "", MIXED);
    hft_pool_config config = {.env_count = ENVS, .thread_count = 1, .seed = 5};
    hft_pool *whole = slab_make(model, &config);
    config.slice_work = 7;
    hft_pool *sliced = slab_make(model, &config);
    hft_pool_reset(whole, NULL, NULL);
    hft_pool_reset(sliced, NULL, NULL);
    int slices = 0;
    for (int step = 0; step < 20; step++) {
      slab_step(whole, 8, step);
      for (int e = 0; e < ENVS; e++) slab_act(sliced, e, 8, step);
      hft_pool_begin_step(sliced);
      while (!hft_pool_advance(sliced, 0)) slices++;
      for (int e = 0; e < ENVS; e++) {
        if (slab_hash(whole, e) != slab_hash(sliced, e)) {
          fail_msg("%s: env %d, step %d", table[i].name, e, step);
        }
      }
    }
    assert_in_range(slices, 20 * ENVS, INT_MAX);
    hft_pool_free(whole);
    hft_pool_free(sliced);
    hft_env_model_free(model);
  }
}

// ---- ends --------------------------------------------------------------------------------------

// A strategy's last wake is not after the last step, whatever rounding makes of a step.
static void test_a_strategy_ends_with_the_episode(void **context) {
  (void)context;
  static const char *const steps_ms[] = {"1", "1.001"};
  for (int i = 0; i < 2; i++) {
    char yaml[2000];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 1024, duration_s: 10, decision_ms: %s}\n"
             "env_config: {warmup_s: 1, episode_len: 2000}\n" CROWD
             "seats: [{kind: maker, controller: avellaneda-stoikov}]\n",
             steps_ms[i]);
    lone l = open_manual(linear_model(yaml));
    uint32_t quotes = 0;
    while (!slab_ended(l.pool, 0)) {
      hft_seat_look look = hft_env_look(l.model, hft_pool_env(l.pool, 0), 0, 0);
      quotes += hft_desk_open_count(&look.desk);
      hft_pool_step(l.pool);
    }
    hft_seat_look look = hft_env_look(l.model, hft_pool_env(l.pool, 0), 0, 0);
    assert_in_range(quotes, 1000, 4000);
    assert_int_equal(hft_desk_open_count(&look.desk), 0);  // withdrawn at the end
    close_lone(&l);
  }
}

// A strategy that breaks a risk limit is closed, stops, and is rewarded no more; the others go on.
static void test_a_strategy_that_is_out_stops(void **context) {
  (void)context;
  static const char *const delays[] = {"", "latency_us: 400000"};
  for (int i = 0; i < 2; i++) {
    char yaml[2000];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 1024, duration_s: 100, decision_ms: 500}\n"
             "env_config: {warmup_s: 5, episode_len: 150}\nrisk_config: {max_inventory: 6}\n"
             "exchange_config: {%s}\n" CROWD
             "seats: [{kind: taker, order_qty: 1}, {kind: maker, controller: avellaneda-stoikov, "
             "params: {quote_qty: 5, max_inventory: 1000}}]\n",
             delays[i]);
    lone l = open_lone(linear_model(yaml));
    hft_env *env = hft_pool_env(l.pool, 0);
    int out = -1, seat = 0;
    assert_int_equal(hft_env_model_spec(l.model)->group[0].role, HFT_ROLE_TAKER);
    assert_string_equal(hft_env_seat_controller(l.model, 0), "avellaneda-stoikov");
    double fills = 0;
    for (int step = 0; step < 149; step++) {
      float *action = hft_pool_actions(l.pool);
      action[0] = 0;
      hft_pool_step(l.pool);
      assert_false(slab_ended(l.pool, 0));
      bool now = *(const uint8_t *)slab_row(l.pool, "strategy_terminated/maker", 0) != 0;
      if (now) {
        assert_int_equal(out, -1);
        out = step;
        fills = total_of(&l, seat, "fills");
      } else if (out >= 0) {
        assert_true(*(const float *)slab_row(l.pool, "strategy_reward/maker", 0) == 0);
        assert_true(total_of(&l, seat, "fills") == fills);
        hft_seat_look look = hft_env_look(l.model, env, seat, 0);
        assert_int_equal(look.position, 0);
        assert_int_equal(hft_desk_open_count(&look.desk), 0);
      }
      assert_true(hft_env_seat_done(env, seat) == (out >= 0));
    }
    assert_in_range(out, 0, 140);
    close_lone(&l);
  }
}

// The episode is over with the external seats, or where there is none with all.
static void test_who_an_episode_lasts_for(void **context) {
  (void)context;
  static const char head[] =
      "market_config: {window_ticks: 1024, duration_s: 100, decision_ms: 500}\n"
      "env_config: {warmup_s: 5, episode_len: 150}\nrisk_config: {max_inventory: 3}\n" CROWD;
  char yaml[2000];
  snprintf(yaml, sizeof yaml,
           "%sseats: [{kind: taker, order_qty: 9}, {kind: maker, controller: do-nothing}]\n", head);
  lone l = open_lone(linear_model(yaml));
  ((float *)hft_pool_actions(l.pool))[0] = 1;
  hft_pool_step(l.pool);
  assert_true(slab_ended(l.pool, 0));
  close_lone(&l);
  snprintf(yaml, sizeof yaml,
           "%sseats: [{kind: taker, order_qty: 9, controller: linear, params: {gain: 0}}, {kind: "
           "executor, parent_qty: 20, controller: twap}]\n",
           head);
  l = open_lone(linear_model(yaml));
  const hft_env_spec *spec = hft_env_model_spec(l.model);
  assert_int_equal(spec->group_count, 0);
  assert_int_equal(spec->seat_count, 0);
  assert_int_equal(hft_pool_actions_layout(l.pool)->count, 0);
  int steps = 0;
  do {
    hft_pool_step(l.pool);
    steps++;
  } while (!slab_ended(l.pool, 0));
  assert_int_equal(steps, 150);  // twap is not out before
  assert_true(*(const float *)slab_final(l.pool, "strategy_total/executor", 0) < 0);
  close_lone(&l);
}

// When the learners' end ends the episode, the parent orders of controlled seats are closed.
static void test_parents_are_closed_when_the_learners_are_out(void **context) {
  (void)context;
  static const char *const delays[] = {"", "latency_us: 400000"};
  for (int i = 0; i < 2; i++) {
    char yaml[2000];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 1024, duration_s: 100, decision_ms: 500}\n"
             "env_config: {warmup_s: 5, episode_len: 150}\nrisk_config: {max_inventory: 12}\n"
             "exchange_config: {%s}\n" CROWD
             "seats: [{kind: taker, order_qty: 9}, {kind: executor, parent_qty: 400, controller: "
             "twap}, {kind: executor, parent_qty: 70, side: sell, controller: linear, params: "
             "{gain: 0}}]\n",
             delays[i]);
    lone l = open_manual(linear_model(yaml));
    hft_env *env = hft_pool_env(l.pool, 0);
    int steps = 0;
    while (!slab_ended(l.pool, 0)) {
      ((float *)hft_pool_actions(l.pool))[0] = 1;
      hft_pool_step(l.pool);
      steps++;
    }
    assert_in_range(steps, 2, 20);
    const int64_t held[] = {400, -70};
    const char *const controller[] = {"twap", "linear"};
    for (int s = 0; s < 3; s++) {
      for (int k = 0; k < 2; k++) {
        if (strcmp(hft_env_seat_controller(l.model, s), controller[k]) != 0) continue;
        hft_seat_look look = hft_env_look(l.model, env, s, 0);
        assert_int_equal(look.position, held[k]);
        assert_int_equal(hft_desk_open_count(&look.desk), 0);
      }
    }
    assert_true(*(const float *)slab_final(l.pool, "strategy_total/executor", 0) < 0);
    close_lone(&l);
  }
}

int main(void) {
  linear_init();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_policy_acts_as_a_learner_would),
      cmocka_unit_test(test_a_strategy_holds_a_seat),
      cmocka_unit_test(test_pools_do_not_depend_on_threads),
      cmocka_unit_test(test_saves_and_forks_go_on),
      cmocka_unit_test(test_slices_do_not_change_results),
      cmocka_unit_test(test_a_strategy_ends_with_the_episode),
      cmocka_unit_test(test_a_strategy_that_is_out_stops),
      cmocka_unit_test(test_who_an_episode_lasts_for),
      cmocka_unit_test(test_parents_are_closed_when_the_learners_are_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
