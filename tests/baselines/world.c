#include "tests/baselines/world.h"

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

static const hft_section *kinds[sizeof world_classes / sizeof world_classes[0]];
static const hft_section *const market_sections[] = {&hft_market_section};
static const hft_section *const exchange_sections[] = {&hft_exchange_section};
static const hft_section *const env_sections[] = {&hft_env_section};
static const hft_schema_entry entries[] = {
    {"market_config", "", 0, market_sections, 1},
    {"exchange_config", "", 0, exchange_sections, 1},
    {"env_config", "", 0, env_sections, 1},
    {"populations", "", 1, kinds, sizeof world_classes / sizeof world_classes[0]},
    {"agents", "", 1, kinds, sizeof world_classes / sizeof world_classes[0]},
};
static const hft_schema schema = {entries, sizeof entries / sizeof entries[0]};

static void stop_on(hft_status status, const hft_error *error) {
  if (status == HFT_OK) return;
  fail_msg("%s: %s", error->where, error->text);
}

hft_config *world_config(const char *yaml) {
  for (int i = 0; i < world_class_count; i++) kinds[i] = world_classes[i]->section;
  hft_config *config = hft_config_create(&schema);
  assert_non_null(config);
  hft_error error = {0};
  stop_on(hft_config_merge(config, yaml, strlen(yaml), "test", &error), &error);
  return config;
}

static void read_params(const hft_section *section, const char *text, void *params) {
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
    stop_on(hft_key_parse(key, equals + 1, params, "test", &error), &error);
  }
}

static hft_status make_plan(const hft_config *config, const char *name, const char *params_text,
                            int instrument, hft_episode_plan **plan, hft_error *error) {
  const hft_agent_class *strategy = hft_baseline_find(name);
  assert_non_null(strategy);
  max_align_t params[64];
  assert_true(strategy->section->size <= sizeof params);
  read_params(strategy->section, params_text, params);
  hft_episode_spec spec = {config, world_classes, world_class_count, strategy, params, instrument};
  return hft_episode_plan_create(&spec, plan, error);
}

hft_episode_plan *world_plan_at(const hft_config *config, const char *strategy, const char *params,
                                int instrument) {
  hft_episode_plan *plan = NULL;
  hft_error error = {0};
  stop_on(make_plan(config, strategy, params, instrument, &plan, &error), &error);
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

hft_market *world_market(const hft_model *model) {
  size_t size = hft_align(hft_market_size(model));
  void *memory = aligned_alloc(HFT_CACHE_LINE, size);
  assert_non_null(memory);
  hft_market *market = NULL;
  assert_int_equal(hft_market_init(model, memory, size, &market), HFT_OK);
  assert_ptr_equal(market, memory);
  return market;
}

static void keep(void *context, const hft_event *event) {
  world_record *record = context;
  if (record->count == record->capacity) {
    record->capacity = record->capacity > 0 ? 2 * record->capacity : 1024;
    record->events = realloc(record->events, record->capacity * sizeof *record->events);
    assert_non_null(record->events);
  }
  record->events[record->count++] = *event;
}

hft_sink world_sink(world_record *record) {
  return (hft_sink){keep, record};
}

void world_record_free(world_record *record) {
  free(record->events);
  *record = (world_record){0};
}

void world_run_rows(const hft_episode_plan *plan, uint64_t seed, world_record *record,
                    hft_episode *rows) {
  hft_market *market = world_market(plan->model);
  hft_sink sink = world_sink(record);
  assert_int_equal(hft_episode_run(plan, market, seed, &sink, NULL, rows), HFT_OK);
  const char *fault = hft_market_verify(plan->model, market);
  if (fault != NULL) fail_msg("%s", fault);
  free(market);
}

hft_episode world_run(const hft_episode_plan *plan, uint64_t seed, world_record *record) {
  assert_int_equal(hft_episode_rows(plan), 1);
  hft_episode episode;
  world_run_rows(plan, seed, record, &episode);
  return episode;
}

const hft_event *world_next(const world_record *record, hft_owner owner, hft_event_kind kind,
                            size_t *at) {
  while (*at < record->count) {
    const hft_event *event = &record->events[(*at)++];
    if (event->kind == kind && (event->owner == owner || event->taker_owner == owner)) return event;
  }
  return NULL;
}
