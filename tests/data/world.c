#include "tests/data/world.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/market.h"

// clang-format off
#define TRADER_KEYS(X)                                                                            \
  X(REAL, mean_ms, "20", 0.001, 1e6, "ms", "mean time between actions")
// clang-format on

typedef struct trader_keys {
  TRADER_KEYS(HFT_KEY_MEMBER)
} trader_keys;

#define HFT_KEY_STRUCT trader_keys
static const hft_key trader_table[] = {TRADER_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section trader_section = {"trader", "", trader_table, 1, sizeof(trader_keys)};

typedef struct trader_state {
  hft_order_id last;  // stale or not
} trader_state;

static int32_t below(hft_desk *desk, int32_t count) {
  return (int32_t)((uint64_t)hft_rng_u32(hft_desk_rng(desk)) * (uint32_t)count >> 32);
}

static void submit(trader_state *trader, hft_desk *desk) {
  hft_side side = below(desk, 2) == 0 ? HFT_BID : HFT_ASK;
  hft_price mid = (hft_price)(hft_desk_mid2(desk) / 2);
  // From 2 ticks through the mid to 12 ticks behind it.
  hft_price price = mid - hft_side_sign(side) * (below(desk, 15) - 2);
  hft_order order = {side, (hft_tif)below(desk, HFT_TIF_COUNT), price, 1 + below(desk, 40)};
  switch (below(desk, 20)) {
    case 0:
      order.price = HFT_PRICE_MARKET;
      order.tif = HFT_IOC;
      break;
    case 1:
      order.price = hft_desk_instrument(desk)->price_max + 1;
      break;
    case 2:
      order.qty = INT32_MAX;
      break;
    case 3:
      order.qty = 0;
      break;
    default:
      break;
  }
  hft_order_id id = hft_desk_submit(desk, &order);
  if (id.slot1 != 0) trader->last = id;
}

static void change(trader_state *trader, hft_desk *desk) {
  uint32_t count = hft_desk_open_count(desk);
  hft_order_id id = trader->last;
  if (count > 0 && below(desk, 4) != 0) {
    id = hft_desk_open(desk, (uint32_t)below(desk, (int32_t)count));
  }
  hft_order order;
  bool live = hft_desk_order(desk, id, &order);
  switch (below(desk, 4)) {
    case 0:
      hft_desk_reduce(desk, id, 1 + below(desk, 20));
      break;
    case 1:
      if (live) {
        trader->last = hft_desk_replace(desk, id, order.price + below(desk, 3) - 1,
                                        order.qty > 1 ? 1 + below(desk, 2 * order.qty) : 1);
      }
      break;
    default:
      hft_desk_cancel(desk, id);
      break;
  }
}

static void trader_reset(const void *params, void *state, hft_desk *desk) {
  (void)params;
  (void)state;
  hft_desk_wake_at(desk, below(desk, 1000));
}

static void trader_wake(const void *params, void *state, hft_desk *desk) {
  const trader_keys *keys = params;
  if (below(desk, 100) < 55) {
    submit(state, desk);
  } else if (below(desk, 500) == 0) {
    hft_desk_cancel_all(desk);
  } else {
    change(state, desk);
  }
  // Often at the same time again, so that events share their time.
  int32_t span = (int32_t)(2e6 * keys->mean_ms);
  hft_desk_wake_at(desk, hft_desk_now(desk) + (below(desk, 10) == 0 ? 0 : below(desk, span)));
}

static const hft_agent_class trader_class = {.section = &trader_section,
                                             .params_size = sizeof(trader_keys),
                                             .state_size = sizeof(trader_state),
                                             .open_orders_max = 60,
                                             .reset = trader_reset,
                                             .wake = trader_wake};

static const hft_agent_class *const classes[] = {&trader_class};
static test_schema schema;

static hft_model *compile(const char *symbol, int traders, const char *exchange, hft_error *error) {
  hft_config *config = hft_config_create(test_schema_market(&schema, classes, 1));
  assert_non_null(config);
  char text[512];
  snprintf(text, sizeof text,
           "market_config: {symbol: \"%s\", duration_s: 3600, window_ticks: 512}\n"
           "exchange_config: {%s}\n",
           symbol, exchange);
  hft_status status = hft_config_merge(config, text, strlen(text), "test", error);
  for (int i = 0; i < traders && status == HFT_OK; i++) {
    status = hft_config_append(config, "agents", "trader", error);
  }
  hft_model *model = NULL;
  if (status == HFT_OK) hft_model_create(config, classes, 1, NULL, 0, &model, error);
  hft_config_free(config);
  return model;
}

hft_model *world_model(int traders) {
  return world_model_under(traders, "");
}

hft_model *world_model_under(int traders, const char *exchange) {
  hft_error error = {0};
  hft_model *model = compile("TEST", traders, exchange, &error);
  expect_ok(error.status, &error);
  return model;
}

hft_model *world_model_named(const char *symbol, hft_error *error) {
  return compile(symbol, 1, "", error);
}
