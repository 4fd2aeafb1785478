#include "tests/fuzz/worlds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/lobster/replay_flow.h"
#include "sim/base/check.h"
#include "sim/flow/flow.h"
#include "tests/support/schema.h"

#define YAML_SIZE 4096
#define PATH_SIZE 256

typedef struct text {
  char at[YAML_SIZE];
  size_t length;
} text;

#define ADD(text, ...)                                                                          \
  do {                                                                                          \
    int added = snprintf((text)->at + (text)->length, YAML_SIZE - (text)->length, __VA_ARGS__); \
    HFT_CHECK(added >= 0 && (size_t)added < YAML_SIZE - (text)->length);                        \
    (text)->length += (size_t)added;                                                            \
  } while (0)

static tape recorded;

const tape *world_tape(void) {
  return &recorded;
}

static void add_market(text *yaml, uint8_t rules, uint8_t flows) {
  bool several = (rules & RULE_SEVERAL) != 0, jumps = (flows & FLOW_JUMPS) != 0;
  ADD(yaml,
      "market_config: {fundamental: %s, window_ticks: %d, order_qty_max: %d, instruments: %d,"
      " duration_s: %d, volatility: 0.1, jump_rate: 5000, jump_law: kou, correlation: %g,"
      " common_jump_rate: %d, volatility_of_volatility: %d, leverage: 0.5}\n",
      jumps        ? "ou_jump"
      : flows != 0 ? "ou"
                   : "constant",
      WORLD_TICKS, WORLD_QTY_MAX, several ? 2 : 1, TAPE_SECONDS, several && jumps ? 0.5 : 0.0,
      several && jumps ? 2000 : 0, jumps ? 1 : 0);
}

static void add_exchange(text *yaml, uint8_t rules) {
  static const char *const self_trade[] = {"off", "cancel_newest", "cancel_oldest", "cancel_both"};
  ADD(yaml, "exchange_config: {self_trade: %s", self_trade[rules & RULE_SELF_TRADE]);
  if (rules & RULE_AUCTIONS) ADD(yaml, ", opening_auction_s: 2, closing_auction_s: 2");
  if (rules & RULE_HALTS) ADD(yaml, ", halt_band_bps: 10, halt_s: 1, halt_reference_s: 5");
  if (rules & RULE_LATENCY) ADD(yaml, ", latency_us: 20000, latency_jitter_us: 10000");
  if (rules & RULE_LIMITS) {
    ADD(yaml, ", max_inventory: 300, max_position_value: 20000, message_rate_max: 20");
    ADD(yaml, ", max_drawdown: 2");
  }
  if (rules & RULE_FEES) {
    ADD(yaml, ", maker_fee_bps: -0.3, taker_fee_bps: 0.5, taker_fee_per_lot: 0.0123");
  }
  ADD(yaml, "}\n");
}

static void add_populations(text *yaml, uint8_t rules, uint8_t flows, const char *puppet,
                            const char *messages, const char *orderbook) {
  const char *clock = flows & FLOW_CLOCKS ? ", clock: hawkes, hawkes_branching: [0.5, 0.3],"
                                            " hawkes_decay_s: [0.1, 5], profile: [2, 0, 1, 0.5]"
                                          : "";
  ADD(yaml, "populations: [%s}", puppet);
  if (flows & FLOW_NOISE) {
    ADD(yaml, ", {kind: noise, opening_orders: 2, open_orders_max: 40%s}", clock);
  }
  if (flows & FLOW_TAKERS) {
    ADD(yaml, ", {kind: value, open_orders_max: 20, offset_ticks: 4%s}", clock);
    ADD(yaml, ", {kind: trend, horizon_s: 1, threshold_ticks: 0.5%s}", clock);
  }
  if (flows & FLOW_MAKER) ADD(yaml, ", {kind: maker, rate: 5, levels: 3}");
  if (flows & FLOW_METAORDER) {
    ADD(yaml, ", {kind: metaorder, rate: 1, child_rate: 2, children_max: 9, parents_max: 3%s}",
        clock);
  }
  if (flows & FLOW_REACH) ADD(yaml, ", {kind: reach, step_ms: 500, decay: 20}");
  if ((flows & FLOW_REPLAY) && !(rules & RULE_SEVERAL)) {
    ADD(yaml, ", {kind: replay, messages: '%s', orderbook: '%s'}", messages, orderbook);
  } else if (flows & FLOW_REPLAY) {
    ADD(yaml, ", {kind: reactive}");
  }
  ADD(yaml, "]\n");
}

static hft_model *compile(const char *yaml, const hft_agent_class *puppet) {
  enum { KINDS = 9 };
  const hft_agent_class *const classes[KINDS] = {
      puppet,           &hft_noise_class,  &hft_value_class,
      &hft_trend_class, &hft_maker_class,  &hft_metaorder_class,
      &hft_reach_class, &hft_replay_class, &hft_reactive_class};
  test_schema schema;
  hft_config *config = hft_config_create(test_schema_market(&schema, classes, KINDS));
  hft_error error = {0};
  hft_model *model = NULL;
  HFT_CHECK(config != NULL);
  hft_status status = hft_config_merge(config, yaml, strlen(yaml), "fuzz", &error);
  if (status == HFT_OK) {
    status = hft_model_create(config, classes, KINDS, NULL, 0, &model, &error);
  }
  if (status != HFT_OK) fprintf(stderr, "%s: %s\n", error.where, error.text);
  HFT_CHECK(status == HFT_OK);
  hft_config_free(config);
  return model;
}

hft_model *world_create(uint8_t rules, uint8_t flows, const hft_agent_class *puppet) {
  const char *folder = getenv("TMPDIR");
  char messages[PATH_SIZE], orderbook[PATH_SIZE];
  if (folder == NULL) folder = "/tmp";
  snprintf(messages, PATH_SIZE, "%s/hftsim_fuzz_%ld_messages.csv", folder, (long)getpid());
  snprintf(orderbook, PATH_SIZE, "%s/hftsim_fuzz_%ld_orderbook.csv", folder, (long)getpid());
  if (flows & FLOW_REPLAY) tape_write(WORLD_LOW + WORLD_TICKS / 2, messages, orderbook, &recorded);
  char one[64];
  snprintf(one, sizeof one, "{kind: %s, open_orders_max: %d", puppet->section->name,
           WORLD_OPEN_ORDERS);
  text yaml = {.length = 0};
  add_market(&yaml, rules, flows);
  add_exchange(&yaml, rules);
  add_populations(&yaml, rules, flows, one, messages, orderbook);
  ADD(&yaml, "agents: [%s}, %s}, %s, latency_us: 0}]\n", one, one, one);
  hft_model *model = compile(yaml.at, puppet);
  if (flows & FLOW_REPLAY) HFT_CHECK(remove(messages) == 0 && remove(orderbook) == 0);
  return model;
}
