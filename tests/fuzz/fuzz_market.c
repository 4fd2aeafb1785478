// Fuzzes whole markets: agents of every latency and a population send whatever the input says,
// from their wakes and from outside, under rules and beside a flow that its first bytes choose.
// After every operation the market's invariants hold, and what rests of a tape is at most what the
// tape has left. Where nobody else trades and the plainest exchange (tests/fuzz/plain.h) knows all
// rules, every event and account is also held against it.
//
// The first two bytes choose the world (RULE_..., FLOW_...), every OP_BYTES after them are an
// operation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/market/market.h"
#include "tests/fuzz/plain.h"
#include "tests/fuzz/worlds.h"

#define OP_BYTES 8
#define OPS_MAX 256  // of an input: what comes after is left out
#define SEEN_MAX 16  // ids of orders that an operation may name again
#define WORLDS 512   // models that are kept

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
  LOOK,  // at all there is to see, which changes nothing
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
  plain_exchange *plain;  // null: it does not know all the rules, or there is a flow
  bool halts;
  hft_owner replay;  // the population that replays a tape, if any
  int next;          // event that the plain exchange expects
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
                        .price = WORLD_LOW - 1 + (hft_price)(byte[3] % (WORLD_TICKS + 2)),
                        .qty = (int8_t)byte[4],
                        .display = r->plain == NULL ? (int8_t)byte[5] : 0},
              .pick = byte[6],
              .wait = byte[7]};
  if (out->kind == SUBMIT_NEAR)
    out->order.price = WORLD_LOW + WORLD_TICKS / 2 + (int8_t)byte[3] % 4;
  if (out->kind == SUBMIT_HUGE) {  // a small display would make as many executions
    out->order.qty = WORLD_QTY_MAX + 2 - byte[4];
    out->order.display *= WORLD_QTY_MAX / 200;
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

// The newest in the owner's list first.
static void cancel_all(const run *r, const hft_desk *desk) {
  uint32_t number[WORLD_OPEN_ORDERS];
  uint32_t open = hft_desk_open_count(desk);
  HFT_CHECK(open <= WORLD_OPEN_ORDERS);
  for (uint32_t k = 0; k < open; k++) number[k] = hft_desk_open(desk, k).number;
  for (uint32_t k = open; k-- > 0 && r->plain != NULL;) {
    plain_cancel(r->plain, desk->self, number[k]);
  }
  (void)hft_desk_cancel_all(desk);
}

// Takes the participant's orders out and closes its position at whatever price, past all rules.
static void settle(const hft_desk *desk) {
  hft_desk direct = *desk;
  direct.direct = true;
  (void)hft_desk_cancel_all(&direct);
  int64_t position = hft_desk_account(&direct)->position;
  if (position == 0) return;
  int64_t qty = position < 0 ? -position : position;
  (void)hft_desk_submit(&direct,
                        &(hft_order){.side = position < 0 ? HFT_BID : HFT_ASK,
                                     .tif = HFT_IOC,
                                     .price = HFT_PRICE_MARKET,
                                     .qty = qty < WORLD_QTY_MAX ? (hft_qty)qty : WORLD_QTY_MAX});
}

static void look(const run *r, const hft_desk *desk) {
  uint64_t before = hft_market_hash(r->model, r->market);
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    const hft_order_id id = hft_desk_open(desk, k);
    hft_order order;
    if (!hft_desk_order(desk, id, &order)) continue;
    HFT_CHECK(hft_desk_queue_ahead(desk, id) >= -1);
  }
  const hft_indication indication = hft_desk_indication(desk);
  HFT_CHECK(indication.qty >= 0 && (indication.price == 0) == (indication.qty == 0));
  HFT_CHECK(hft_desk_mid2(desk) >= 2 * WORLD_LOW);
  HFT_CHECK(hft_desk_fundamental(desk) > 0);
  HFT_CHECK(hft_desk_volatility(desk) > 0);
  HFT_CHECK(hft_market_hash(r->model, r->market) == before);
}

// What a participant itself can do.
static void act(run *r, const hft_desk *home, const op *o) {
  hft_desk desk = *home;
  bool is_agent = desk.self >= hft_model_participant_count(r->model) - WORLD_AGENTS;
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
      cancel_all(r, &desk);
      break;
    case SETTLE:
      if (r->plain == NULL) settle(&desk);
      break;
    case LOOK:
      look(r, &desk);
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
  X(INT, open_orders_max, "1", 1, 1000, "orders", "")                                             \
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
static const hft_agent_class puppet_class = {
    .section = &puppet_section,
    .params_size = sizeof(puppet_keys),
    .key = {.latency_us = HFT_PARAM(puppet_keys, latency_us),
            .open_orders_max = HFT_PARAM(puppet_keys, open_orders_max)},
    .wake = puppet_wake,
    .fill = puppet_fill};

// ---- the run ---------------------------------------------------------------------------------

static void *make_block(size_t size) {
  void *block = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  HFT_CHECK(block != NULL);
  memset(block, 0xa5, size);
  return block;
}

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
    HFT_CHECK(account->fees == plain->fees[i]);
  }
}

// What rests of the tape's orders is at each price at most what the tape has there by now. Not to
// be asked where there are halts: an incoming order of the tape that halts trading waits for its
// auction.
static void compare_with_tape(const run *r, const hft_desk *replay) {
  int64_t own[2][WORLD_TICKS] = {{0}};
  for (uint32_t k = 0; k < hft_desk_open_count(replay); k++) {
    hft_order order;
    HFT_CHECK(hft_desk_order(replay, hft_desk_open(replay, k), &order));
    own[order.side][order.price - WORLD_LOW] += order.qty;
  }
  for (int side = 0; side < 2; side++) {
    for (int tick = 0; tick < WORLD_TICKS; tick++) {
      if (own[side][tick] == 0) continue;
      hft_time now = hft_market_now(r->market);
      HFT_CHECK(own[side][tick] <= tape_qty(world_tape(), now, (hft_side)side, WORLD_LOW + tick));
    }
  }
}

static void check(run *r) {
  HFT_CHECK(hft_market_verify(r->model, r->market) == NULL);
  if (r->plain != NULL) compare_with_plain(r);
  if (r->replay == HFT_OWNER_NONE || r->halts) return;
  const hft_desk desk = hft_market_desk(r->model, r->market, r->replay);
  compare_with_tape(r, &desk);
}

static void run_ops(run *r) {
  const hft_sink sink = {on_event, r};
  hft_market_reset(r->model, r->market, 1, 0, &sink);
  hft_owner puppets[8], count = 0;
  for (int i = 0; i < hft_model_participant_count(r->model); i++) {
    const char *name = hft_model_participant_name(r->model, (hft_owner)i);
    if (strcmp(name, puppet_section.name) == 0) puppets[count++] = (hft_owner)i;
    if (strcmp(name, "replay") == 0) r->replay = (hft_owner)i;
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
    check(r);
  }
  hft_market_run(r->model, r->market, hft_market_now(r->market) + 5 * HFT_SECOND, &sink);
  check(r);
}

// Kept until another one needs the place.
static const hft_model *find_world(uint8_t rules, uint8_t flows) {
  static struct {
    hft_model *model;
    uint8_t rules, flows;
  } world[WORLDS];
  size_t at = (rules * 31U + flows * 131U) % WORLDS;
  if (world[at].model == NULL || world[at].rules != rules || world[at].flows != flows) {
    hft_model_free(world[at].model);
    world[at].model = world_create(rules, flows, &puppet_class);
    world[at].rules = rules;
    world[at].flows = flows;
  }
  return world[at].model;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  uint8_t rules = data[0], flows = data[1];
  bool is_plain = (rules & ~(RULE_SELF_TRADE | RULE_FEES)) == 0 && flows == 0;
  plain_exchange plain = {.low = WORLD_LOW,
                          .high = WORLD_LOW + WORLD_TICKS - 1,
                          .qty_max = WORLD_QTY_MAX,
                          .open_max = WORLD_OPEN_ORDERS,
                          .first_agent = 1,
                          .self_trade = (hft_self_trade)(rules & RULE_SELF_TRADE)};
  if (rules & RULE_FEES) {
    plain.maker_fee = (hft_fee){-300, 0};
    plain.taker_fee = (hft_fee){500, 123};
  }
  now_running = (run){.data = data + 2,
                      .size = size - 2,
                      .model = find_world(rules, flows),
                      .plain = is_plain ? &plain : NULL,
                      .halts = (rules & RULE_HALTS) != 0,
                      .replay = HFT_OWNER_NONE};
  size_t block_size = hft_align(hft_market_size(now_running.model));
  void *block = make_block(block_size);
  HFT_CHECK(hft_market_init(now_running.model, block, block_size, &now_running.market) == HFT_OK);
  run_ops(&now_running);
  free(now_running.market);
  return 0;
}
