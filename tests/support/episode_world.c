#include "tests/support/episode_world.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/env/env.h"
#include "sim/flow/flow.h"
#include "sim/market/market.h"

// clang-format off
#define WALL_KEYS(X)                                                                              \
  X(INT, bid, "9999", 0, 1000000, "ticks", "0: none")                                             \
  X(INT, ask, "10001", 0, 1000000, "ticks", "0: none")                                            \
  X(INT, qty, "100000", 1, 1000000, "lots", "")                                                   \
  X(INT, shift, "0", -1000, 1000, "ticks", "")                                                    \
  X(REAL, shift_s, "0", 0, 86400, "s", "")
#define TAKER_KEYS(X)                                                                             \
  X(CHOICE, side, "buy", 0, 0, "buy|sell", "")                                                    \
  X(INT, qty, "1", 1, 1000000, "lots", "")                                                        \
  X(REAL, every_ms, "100", 1, 1000000, "ms", "")
// clang-format on

typedef struct wall_keys {
  WALL_KEYS(HFT_KEY_MEMBER)
} wall_keys;
typedef struct taker_keys {
  TAKER_KEYS(HFT_KEY_MEMBER)
} taker_keys;

#define HFT_KEY_STRUCT wall_keys
static const hft_key wall_table[] = {WALL_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT taker_keys
static const hft_key taker_table[] = {TAKER_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section wall_section = {
    "wall", "", wall_table, sizeof wall_table / sizeof wall_table[0], sizeof(wall_keys)};
static const hft_section taker_section = {
    "taker", "", taker_table, sizeof taker_table / sizeof taker_table[0], sizeof(taker_keys)};

static void rest(const hft_desk *desk, hft_side side, int64_t price, int64_t qty) {
  if (price == 0) return;
  hft_order order = {side, HFT_POST_ONLY, (hft_price)price, (hft_qty)qty};
  hft_desk_submit(desk, &order);
}

static void wall_place(const wall_keys *wall, const hft_desk *desk, int64_t shift) {
  rest(desk, HFT_BID, wall->bid > 0 ? wall->bid + shift : 0, wall->qty);
  rest(desk, HFT_ASK, wall->ask > 0 ? wall->ask + shift : 0, wall->qty);
}

static void wall_reset(const void *params, void *state, hft_desk *desk) {
  const wall_keys *wall = params;
  (void)state;
  wall_place(wall, desk, 0);
  bool moves = wall->shift != 0;
  hft_desk_wake_at(desk, moves ? (hft_time)(wall->shift_s * 1e9) : HFT_TIME_NEVER);
}

static void wall_wake(const void *params, void *state, hft_desk *desk) {
  const wall_keys *wall = params;
  (void)state;
  hft_desk_cancel_all(desk);
  wall_place(wall, desk, wall->shift);
}

static void taker_reset(const void *params, void *state, hft_desk *desk) {
  const taker_keys *taker = params;
  (void)state;
  hft_desk_wake_at(desk, (hft_time)(taker->every_ms * 1e6));
}

static void taker_wake(const void *params, void *state, hft_desk *desk) {
  const taker_keys *taker = params;
  (void)state;
  hft_order order = {taker->side == 0 ? HFT_BID : HFT_ASK, HFT_IOC, HFT_PRICE_MARKET,
                     (hft_qty)taker->qty};
  hft_desk_submit(desk, &order);
  hft_desk_wake_at(desk, hft_desk_now(desk) + (hft_time)(taker->every_ms * 1e6));
}

static const hft_agent_class wall_class = {.section = &wall_section,
                                           .params_size = sizeof(wall_keys),
                                           .open_orders_max = 2,
                                           .reset = wall_reset,
                                           .wake = wall_wake};
static const hft_agent_class taker_class = {.section = &taker_section,
                                            .params_size = sizeof(taker_keys),
                                            .open_orders_max = 1,
                                            .reset = taker_reset,
                                            .wake = taker_wake};

#define POPULATION(agent_class) &agent_class,
#define BASELINE(agent_class, kind) &agent_class,
const hft_agent_class *const world_classes[] = {
    &wall_class, &taker_class, HFT_FLOW_MAP(POPULATION) HFT_BASELINE_MAP(BASELINE)};
const int world_class_count = sizeof world_classes / sizeof world_classes[0];

static test_schema schema;

hft_config *world_config(const char *yaml) {
  return read_config(test_schema_env(&schema, world_classes, world_class_count), yaml);
}

void world_params(const hft_section *section, const char *text, void *params) {
  char copy[512];
  assert_true(strlen(text) < sizeof copy);
  memcpy(copy, text, strlen(text) + 1);
  hft_section_defaults(section, params);
  char *rest_of = copy;
  for (char *item; (item = strtok_r(rest_of, " ", &rest_of)) != NULL;) {
    char *equals = strchr(item, '=');
    assert_non_null(equals);
    *equals = '\0';
    const hft_key *key = hft_section_find(section, item);
    assert_non_null(key);
    hft_error error = {0};
    expect_ok(hft_key_parse(key, equals + 1, params, "test", &error), &error);
  }
}

static hft_status make_plan(const hft_config *config, const char *name, const char *params_text,
                            int instrument, hft_episode_plan **plan, hft_error *error) {
  const hft_agent_class *strategy = hft_baseline_find(name);
  assert_non_null(strategy);
  max_align_t params[64];
  assert_true(strategy->section->size <= sizeof params);
  world_params(strategy->section, params_text, params);
  hft_episode_spec spec = {config, world_classes, world_class_count, strategy, params, instrument};
  return hft_episode_plan_create(&spec, plan, error);
}

hft_episode_plan *world_plan_at(const hft_config *config, const char *strategy, const char *params,
                                int instrument) {
  hft_episode_plan *plan = NULL;
  hft_error error = {0};
  expect_ok(make_plan(config, strategy, params, instrument, &plan, &error), &error);
  return plan;
}

hft_episode_plan *world_plan(const hft_config *config, const char *strategy, const char *params) {
  return world_plan_at(config, strategy, params, 0);
}

hft_status world_refusal(const hft_config *config, const char *strategy, const char *params,
                         int instrument, hft_error *error) {
  hft_episode_plan *plan = NULL;
  hft_status status = make_plan(config, strategy, params, instrument, &plan, error);
  assert_null(plan);
  return status;
}

void world_run_rows(const hft_episode_plan *plan, uint64_t seed, event_record *record,
                    hft_episode *rows) {
  hft_market *market = create_market(plan->model);
  hft_sink sink = event_record_sink(record);
  assert_int_equal(hft_episode_run(plan, market, seed, &sink, NULL, rows), HFT_OK);
  verify_market(plan->model, market);
  free(market);
}

hft_episode world_run(const hft_episode_plan *plan, uint64_t seed, event_record *record) {
  assert_int_equal(hft_episode_rows(plan), 1);
  hft_episode episode;
  world_run_rows(plan, seed, record, &episode);
  return episode;
}

const hft_event *world_next(const event_record *record, hft_owner owner, hft_event_kind kind,
                            size_t *at) {
  while (*at < record->count) {
    const hft_event *event = &record->events[(*at)++];
    if (event->kind == kind && (event->owner == owner || event->taker_owner == owner)) return event;
  }
  return NULL;
}
