// Fuzzes whole markets: agents of every latency and a population send whatever the input says,
// from their wakes and from outside, under rules that its first bytes choose. After every operation
// the market's invariants hold. Where no rules are in force, every event is also held against an
// exchange written the plainest way (tests/fuzz/plain.h).
//
// The first byte chooses the rules (RULE_...), every OP_BYTES after it are an operation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/flow/flow.h"
#include "sim/market/market.h"
#include "tests/fuzz/plain.h"

#define OP_BYTES 8
#define OPS_MAX 256  // of an input: what comes after is left out
#define SEEN_MAX 16  // ids of orders that an operation may name again
#define LOW 9968     // the window
#define TICKS 64
#define PLAIN_ORDERS 12  // a participant's open orders
#define QTY_MAX 1000000000
#define AGENTS 3  // they come after the populations

enum {
  RULE_NONE = 0,  // and no noise: the plain exchange knows what happens
  RULE_SELF_TRADE = 3,
  RULE_CALLS = 4,
  RULE_HALTS = 8,
  RULE_LATENCY = 16,
  RULE_LIMITS = 32,
  RULE_FEES = 64,
  RULE_SEVERAL = 128,  // instruments, and a noise population
  RULE_COUNT = 256
};

typedef enum kind {
  SUBMIT,
  SUBMIT_NEAR,
  SUBMIT_HUGE,
  CANCEL,
  REDUCE,
  REPLACE,
  RUN,
  WAKE,
  CANCEL_ALL,
  SETTLE,  // direct: as an env closes a position
  FORK,
  KIND_COUNT
} kind;

typedef struct op {
  kind kind;
  uint8_t who, instrument;
  hft_order order;
  uint8_t pick, wait;
} op;

// One run of one input.
typedef struct run {
  const uint8_t *data;
  size_t size, at;
  int ops;
  hft_order_id seen[SEEN_MAX];
  int seen_count;
  const hft_model *model;
  hft_market *market;
  plain_exchange *plain;  // null: there are rules
  int next;               // event that the plain exchange expects
} run;

static run now_running;  // of the puppets' callbacks

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// ---- the input -------------------------------------------------------------------------------

static bool read_op(run *r, op *out) {
  if (r->at + OP_BYTES > r->size || r->ops == OPS_MAX) return false;
  const uint8_t *byte = r->data + r->at;
  r->at += OP_BYTES;
  r->ops++;
  *out = (op){.kind = (kind)((byte[0] & 0x0f) % KIND_COUNT),
              .who = byte[1] & 0x0f,
              .instrument = byte[1] >> 7,
              .order = {.side = byte[2] & 1 ? HFT_ASK : HFT_BID,
                        .tif = (hft_tif)((byte[2] >> 1) % HFT_TIF_COUNT),
                        .price = LOW - 1 + (hft_price)(byte[3] % (TICKS + 2)),
                        .qty = (int8_t)byte[4],
                        .display = r->plain == NULL ? (int8_t)byte[5] : 0},
              .pick = byte[6],
              .wait = byte[7]};
  if (out->kind == SUBMIT_NEAR) out->order.price = LOW + TICKS / 2 + (int8_t)byte[3] % 4;
  if (out->kind == SUBMIT_HUGE) {  // a small display would make as many executions
    out->order.qty = QTY_MAX + 2 - byte[4];
    out->order.display *= QTY_MAX / 200;
  }
  if (byte[3] == 255) out->order.price = HFT_PRICE_MARKET;
  return true;
}

static hft_order_id pick(const run *r, const hft_desk *desk, uint8_t choice) {
  uint32_t open = hft_desk_open_count(desk);
  if (open > 0 && choice < 200) return hft_desk_open(desk, choice % open);
  if (r->seen_count > 0)
    return r->seen[choice % (r->seen_count < SEEN_MAX ? r->seen_count : SEEN_MAX)];
  return (hft_order_id){choice, choice};
}

static void remember(run *r, hft_order_id id) {
  if (id.number != 0) r->seen[r->seen_count++ % SEEN_MAX] = id;
}

// ---- operations ------------------------------------------------------------------------------

static void submit(run *r, const hft_desk *desk, const op *o) {
  if (r->plain != NULL) plain_submit(r->plain, desk->self, &o->order);
  remember(r, hft_desk_submit(desk, &o->order));
}

static void change(run *r, const hft_desk *desk, const op *o) {
  const hft_order_id id = pick(r, desk, o->pick);
  hft_order order = {.price = 0};
  hft_price price = hft_desk_order(desk, id, &order) && o->wait & 1 ? order.price : o->order.price;
  switch (o->kind) {
    case CANCEL:
      if (r->plain != NULL) plain_cancel(r->plain, desk->self, id.number);
      (void)hft_desk_cancel(desk, id);
      return;
    case REDUCE:
      if (r->plain != NULL) plain_reduce(r->plain, desk->self, id.number, o->order.qty);
      (void)hft_desk_reduce(desk, id, o->order.qty);
      return;
    default:
      if (r->plain != NULL) plain_replace(r->plain, desk->self, id.number, price, o->order.qty);
      remember(r, hft_desk_replace(desk, id, price, o->order.qty));
      return;
  }
}

// Takes the participant's orders out and closes its position at whatever price, past all rules.
static void settle(const hft_desk *desk) {
  hft_desk direct = *desk;
  direct.direct = true;
  (void)hft_desk_cancel_all(&direct);
  int64_t position = hft_desk_account(&direct)->position;
  if (position == 0) return;
  int64_t qty = position < 0 ? -position : position;
  (void)hft_desk_submit(&direct, &(hft_order){.side = position < 0 ? HFT_BID : HFT_ASK,
                                              .tif = HFT_IOC,
                                              .price = HFT_PRICE_MARKET,
                                              .qty = qty < QTY_MAX ? (hft_qty)qty : QTY_MAX});
}

// What a participant itself can do.
static void act(run *r, const hft_desk *home, const op *o) {
  hft_desk desk = *home;
  bool is_agent = desk.self >= hft_model_participant_count(r->model) - AGENTS;
  if (is_agent && o->instrument < hft_model_instrument_count(r->model)) {
    desk = hft_desk_at(home, o->instrument);
  }
  if (r->plain != NULL) r->plain->event_count = r->next = 0;
  switch (o->kind) {
    case SUBMIT:
    case SUBMIT_NEAR:
    case SUBMIT_HUGE:
      submit(r, &desk, o);
      break;
    case CANCEL:
    case REDUCE:
    case REPLACE:
      change(r, &desk, o);
      break;
    case WAKE:
      hft_desk_wake_at(&desk, hft_desk_now(&desk) + (hft_time)o->wait * HFT_MILLISECOND);
      break;
    case CANCEL_ALL:
      if (r->plain == NULL) (void)hft_desk_cancel_all(&desk);
      break;
    case SETTLE:
      if (r->plain == NULL) settle(&desk);
      break;
    default:
      break;
  }
  if (r->plain != NULL) HFT_CHECK(r->next == r->plain->event_count);
}

static void on_event(void *context, const hft_event *event) {
  run *r = context;
  if (r->plain == NULL) return;
  HFT_CHECK(r->next < r->plain->event_count);
  HFT_CHECK(plain_is_event(&r->plain->event[r->next++], event));
}

// ---- puppets: agents that do what the input says ----------------------------------------------

// clang-format off
#define PUPPET_KEYS(X)                                                                            \
  X(INT, open_orders_max, "12", 1, 1000, "orders", "")                                            \
  X(REAL, latency_us, "-1", -1, 1e9, "us", "")
// clang-format on

typedef struct puppet_keys {
  PUPPET_KEYS(HFT_KEY_MEMBER)
} puppet_keys;

#define HFT_KEY_STRUCT puppet_keys
static const hft_key puppet_key_rows[] = {PUPPET_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static void puppet_wake(const void *params, void *state, hft_desk *desk) {
  (void)params, (void)state;
  op o;
  for (int k = 0; k < 3 && read_op(&now_running, &o); k++) act(&now_running, desk, &o);
}

static void puppet_fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  (void)params, (void)state;
  if (event->sequence % 8 == 0) hft_desk_wake_at(desk, hft_desk_now(desk));
}

static const hft_section puppet_section = {"puppet", "", puppet_key_rows,
                                           sizeof puppet_key_rows / sizeof puppet_key_rows[0],
                                           sizeof(puppet_keys)};
static const hft_agent_class puppet_class = {.section = &puppet_section,
                                             .params_size = sizeof(puppet_keys),
                                             .wake = puppet_wake,
                                             .fill = puppet_fill};

// ---- models ----------------------------------------------------------------------------------

static const hft_agent_class *const classes[] = {&puppet_class, &hft_noise_class};

static hft_model *make_model(unsigned rules) {
  static const char *const self_trade[] = {"off", "cancel_newest", "cancel_oldest", "cancel_both"};
  static const hft_section *kinds[2];
  static const hft_section *const market_section[] = {&hft_market_section};
  static const hft_section *const exchange_section[] = {&hft_exchange_section};
  static const hft_schema_entry entries[] = {{"market_config", "", 0, market_section, 1},
                                             {"exchange_config", "", 0, exchange_section, 1},
                                             {"populations", "", 1, kinds, 2},
                                             {"agents", "", 1, kinds, 2}};
  static const hft_schema schema = {entries, 4};
  for (int i = 0; i < 2; i++) kinds[i] = classes[i]->section;
  char yaml[1024];
  snprintf(yaml, sizeof yaml,
           "market_config: {fundamental: %s, window_ticks: %d, order_qty_max: %d, instruments: %d,"
           " duration_s: 60}\n"
           "exchange_config: {self_trade: %s, opening_auction_s: %d, closing_auction_s: %d,"
           " halt_band_bps: %d, halt_s: 1, halt_reference_s: 5, latency_us: %d,"
           " latency_jitter_us: %d, position_max: %d, position_value_max: %d, message_rate_max: %d,"
           " drawdown_max: %g, maker_fee_bps: %g, taker_fee_bps: %g, taker_fee_per_lot: %g}\n"
           "populations: [{kind: puppet}%s]\n"
           "agents: [{kind: puppet}, {kind: puppet}, {kind: puppet, latency_us: 0}]\n",
           rules & RULE_SEVERAL ? "ou" : "constant", TICKS, QTY_MAX, rules & RULE_SEVERAL ? 2 : 1,
           self_trade[rules & RULE_SELF_TRADE], rules & RULE_CALLS ? 2 : 0,
           rules & RULE_CALLS ? 2 : 0, rules & RULE_HALTS ? 10 : 0,
           rules & RULE_LATENCY ? 20000 : 0, rules & RULE_LATENCY ? 10000 : 0,
           rules & RULE_LIMITS ? 300 : 0, rules & RULE_LIMITS ? 20000 : 0,
           rules & RULE_LIMITS ? 20 : 0, rules & RULE_LIMITS ? 2.0 : 0.0,
           rules & RULE_FEES ? -0.3 : 0.0, rules & RULE_FEES ? 0.5 : 0.0,
           rules & RULE_FEES ? 0.0123 : 0.0,
           rules & RULE_SEVERAL ? ", {kind: noise, opening_orders: 2, open_orders_max: 40}" : "");
  hft_config *config = hft_config_create(&schema);
  hft_error error = {0};
  hft_model *model = NULL;
  HFT_CHECK(config != NULL);
  HFT_CHECK(hft_config_merge(config, yaml, strlen(yaml), "fuzz", &error) == HFT_OK);
  HFT_CHECK(hft_model_create(config, classes, 2, NULL, 0, &model, &error) == HFT_OK);
  hft_config_free(config);
  return model;
}

static void *make_block(size_t size) {
  void *block = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  HFT_CHECK(block != NULL);
  memset(block, 0xa5, size);
  return block;
}

// ---- the run ---------------------------------------------------------------------------------

// Goes on in a copy; the market that it was copied from is no more.
static void go_on_in_a_copy(run *r) {
  size_t size = hft_market_size(r->model);
  hft_market *copy = make_block(size);
  memcpy(copy, r->market, size);
  HFT_CHECK(hft_market_hash(r->model, copy) == hft_market_hash(r->model, r->market));
  memset(r->market, 0xa5, size);
  free(r->market);
  r->market = copy;
}

static void compare_with_plain(const run *r) {
  const plain_exchange *plain = r->plain;
  HFT_CHECK(plain_compare(plain, hft_market_book(r->model, r->market, 0)) == NULL);
  for (int i = 0; i < hft_model_participant_count(r->model); i++) {
    const hft_account *account = hft_market_account(r->model, r->market, (hft_owner)i, 0);
    HFT_CHECK(account->position == plain->position[i] && account->cash == plain->cash[i]);
  }
}

static void run_ops(run *r) {
  const hft_sink sink = {on_event, r};
  hft_market_reset(r->model, r->market, 1, 0, &sink);
  hft_owner puppets[8], count = 0;
  for (int i = 0; i < hft_model_participant_count(r->model) && count < 8; i++) {
    const char *name = hft_model_participant_name(r->model, (hft_owner)i);
    if (strcmp(name, puppet_section.name) == 0) puppets[count++] = (hft_owner)i;
  }
  op o;
  while (read_op(r, &o)) {
    if (o.kind == RUN) {
      hft_time ahead = (hft_time)o.wait * o.wait * HFT_MILLISECOND;
      hft_market_run(r->model, r->market, hft_market_now(r->market) + ahead, &sink);
    } else if (o.kind == FORK) {
      go_on_in_a_copy(r);
    } else {
      hft_desk desk = hft_market_desk(r->model, r->market, puppets[o.who % count]);
      desk.sink = &sink;
      act(r, &desk, &o);
    }
    HFT_CHECK(hft_market_verify(r->model, r->market) == NULL);
    if (r->plain != NULL) compare_with_plain(r);
  }
  hft_market_run(r->model, r->market, hft_market_now(r->market) + 5 * HFT_SECOND, &sink);
  HFT_CHECK(hft_market_verify(r->model, r->market) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static hft_model *models[RULE_COUNT];  // made when first needed, for as long as the program runs
  if (size < 1) return 0;
  uint8_t rules = data[0];
  if (models[rules] == NULL) models[rules] = make_model(rules);
  plain_exchange plain = {
      .low = LOW, .high = LOW + TICKS - 1, .qty_max = QTY_MAX, .open_max = PLAIN_ORDERS};
  now_running = (run){.data = data + 1,
                      .size = size - 1,
                      .model = models[rules],
                      .plain = rules == RULE_NONE ? &plain : NULL};
  void *block = make_block(hft_market_size(now_running.model));
  size_t block_size = hft_align(hft_market_size(now_running.model));
  HFT_CHECK(hft_market_init(now_running.model, block, block_size, &now_running.market) == HFT_OK);
  run_ops(&now_running);
  free(now_running.market);
  return 0;
}
