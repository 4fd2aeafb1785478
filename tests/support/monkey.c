#include "tests/support/monkey.h"

#include "sim/base/dist.h"

// clang-format off
#define MONKEY_KEYS(X)                                                                            \
  X(REAL, rate, "50", 1e-3, 1e6, "1/s", "acts")                                                   \
  X(INT, reach, "6", 1, 1000, "ticks", "farthest price from the mid, mostly")                     \
  X(INT, open_orders_max, "20", 1, 1000, "orders", "")                                            \
  X(REAL, icebergs, "0", 0, 1, "", "share of its orders that are icebergs, mostly good ones")
// clang-format on

typedef struct monkey_keys {
  MONKEY_KEYS(HFT_KEY_MEMBER)
} monkey_keys;

#define HFT_KEY_STRUCT monkey_keys
static const hft_key keys[] = {MONKEY_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

typedef struct monkey_state {
  hft_order_id seen;  // of some order once, its own or another's
  int64_t fills;
} monkey_state;

static uint32_t draw(const hft_desk *desk, uint32_t bound) {
  return hft_bounded(hft_desk_rng(desk), bound);
}

static hft_price draw_price(const monkey_keys *monkey, const hft_desk *desk) {
  const hft_instrument *instrument = hft_desk_instrument(desk);
  const hft_price edge[] = {instrument->price_min,
                            instrument->price_max,
                            instrument->price_min - 1,
                            instrument->price_max + 1,
                            -1,
                            INT32_MAX,
                            INT32_MIN,
                            HFT_PRICE_MARKET};
  if (draw(desk, 40) == 0) return edge[draw(desk, 8)];
  uint32_t reach = (uint32_t)monkey->reach;
  return (hft_price)(hft_desk_mid2(desk) / 2) + (hft_price)draw(desk, 2 * reach + 1) -
         (hft_price)reach;
}

static hft_qty draw_qty(const hft_desk *desk) {
  static const hft_qty odd[] = {0, -1, INT32_MIN, INT32_MAX, 100001, 100000};
  if (draw(desk, 40) == 0) return odd[draw(desk, 6)];
  return 1 + (hft_qty)draw(desk, 12);
}

static void submit(const monkey_keys *monkey, monkey_state *state, const hft_desk *desk) {
  hft_side side = (hft_side)draw(desk, 2);
  hft_tif tif = (hft_tif)draw(desk, HFT_TIF_COUNT);
  hft_order order = {side, tif, draw_price(monkey, desk), draw_qty(desk)};
  if (draw(desk, 10) == 0) order.price = HFT_PRICE_MARKET;
  if (monkey->icebergs > 0 && hft_uniform(hft_desk_rng(desk)) < monkey->icebergs) {
    order.display = (hft_qty)draw(desk, 8) - 1;
  }
  hft_order_id id = hft_desk_submit(desk, &order);
  if (draw(desk, 4) == 0) state->seen = id;
}

// Mostly an own order; else one that is none: another's, a stale or an invented id.
static hft_order_id pick(const monkey_state *state, const hft_desk *desk) {
  uint32_t open = hft_desk_open_count(desk);
  if (open > 0 && draw(desk, 8) != 0) return hft_desk_open(desk, draw(desk, open));
  if (draw(desk, 2) == 0) return state->seen;
  return (hft_order_id){draw(desk, 100), draw(desk, 2000)};
}

static void act(const monkey_keys *monkey, monkey_state *state, hft_desk *desk) {
  uint32_t what = draw(desk, 100);
  if (what < 55) {
    submit(monkey, state, desk);
  } else if (what < 70) {
    hft_desk_cancel(desk, pick(state, desk));
  } else if (what < 80) {
    hft_desk_reduce(desk, pick(state, desk), (hft_qty)draw(desk, 12) - 1);
  } else if (what < 98) {
    hft_order_id id = pick(state, desk);
    hft_order order = {.price = 0};
    hft_price price = draw_price(monkey, desk);
    if (draw(desk, 3) == 0 && hft_desk_order(desk, id, &order)) price = order.price;
    hft_desk_replace(desk, id, price, draw_qty(desk));
  } else {
    hft_desk_cancel_all(desk);
  }
}

static void set_clock(const monkey_keys *monkey, const hft_desk *desk) {
  double wait = hft_exponential(hft_desk_rng(desk)) * 1e9 / monkey->rate;
  hft_time ahead = draw(desk, 10) == 0 ? -5 * HFT_SECOND : (hft_time)wait;
  hft_desk_wake_at(desk, hft_desk_now(desk) + ahead);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  (void)state;
  set_clock(params, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  act(params, state, desk);
  set_clock(params, desk);
}

static void fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  monkey_state *monkey = state;
  (void)params, (void)desk;
  monkey->fills += event->qty;
}

static const hft_section section = {"monkey", "", keys, sizeof keys / sizeof keys[0],
                                    sizeof(monkey_keys)};

const hft_agent_class monkey_class = {
    .section = &section,
    .params_size = sizeof(monkey_keys),
    .key = {.open_orders_max = HFT_PARAM(monkey_keys, open_orders_max)},
    .state_size = sizeof(monkey_state),
    .reset = reset,
    .wake = wake,
    .fill = fill};
