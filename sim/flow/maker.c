#include "sim/base/dist.h"
#include "sim/flow/crowd.h"
#include "sim/flow/flow.h"
#include "sim/process/clock.h"

#define LEVELS_MAX 32

// clang-format off
#define MAKER_KEYS(X)                                                                             \
  X(REAL, rate, "20", 1e-9, 1e6, "1/s", "quote updates, over the whole ladder")                   \
  X(REAL, spread_target_bps, "5", 0.01, 10000, "bps", "target spread")                            \
  X(INT, levels, "4", 1, 32, "levels", "quotes per side")                                         \
  X(REAL, step_ticks, "2", 1, 1000, "ticks", "distance between levels")                           \
  X(INT, quote_qty, "10", 1, 1000000, "lots", "size of each quote")                               \
  X(REAL, fundamental_weight, "0.1", 0, 1, "",                                                    \
    "weight of the fundamental value in the estimate; the mid has the rest")                      \
  X(REAL, noise_ticks, "0.4", 0, 1000, "ticks", "standard deviation of the estimate's error")     \
  HFT_CROWD_KEYS(X)
// clang-format on

typedef struct maker_keys {
  MAKER_KEYS(HFT_KEY_MEMBER)
} maker_keys;

typedef struct maker_state {
  uint32_t rung;  // the quote that the next wake updates: 2 x level + side
  uint32_t zero;
  hft_order_id quote[2][LEVELS_MAX];
} maker_state;

#define HFT_KEY_STRUCT maker_keys
static const hft_key keys[] = {MAKER_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  (void)instrument;
  return hft_crowd_gather(keys, sizeof keys / sizeof keys[0], params, where, error);
}

// The price range of the ladder around the initial price, with errors of three standard deviations.
static double reach(const void *params, const hft_instrument *instrument) {
  const maker_keys *maker = params;
  if (maker->fundamental_weight <= 0) return -1;
  return 0.5e-4 * maker->spread_target_bps * instrument->initial_price +
         (double)maker->levels * maker->step_ticks + 3 * maker->noise_ticks;
}

// Moves one quote of the ladder to its new price, or keeps it.
static void refresh(const maker_keys *maker, maker_state *state, const hft_desk *desk,
                    hft_side side, int64_t level) {
  const hft_book *book = hft_desk_book(desk);
  double mid = 0.5 * (double)hft_desk_mid2(desk);
  double weight = maker->fundamental_weight;
  double estimate = weight * hft_desk_fundamental(desk) + (1 - weight) * mid +
                    maker->noise_ticks * hft_normal(hft_desk_rng(desk));
  double away = 0.5e-4 * maker->spread_target_bps * mid + (double)level * maker->step_ticks;
  double price = estimate - hft_side_sign(side) * (away - 0.5);
  hft_order order = {side, HFT_POST_ONLY, hft_flow_round(hft_desk_instrument(desk), side, price),
                     (hft_qty)maker->quote_qty};
  if (hft_book_crosses(book, side, order.price)) {
    hft_price opposite = hft_book_best_price(book, hft_side_other(side));
    order.price = opposite - hft_side_sign(side);
  }
  hft_order_id *quote = &state->quote[side][level];
  hft_order resting;
  if (!hft_desk_order(desk, *quote, &resting)) {
    *quote = hft_desk_submit(desk, &order);
  } else if (resting.price != order.price || 2 * resting.qty < order.qty) {
    *quote = hft_desk_replace(desk, *quote, order.price, order.qty);
  }
}

// The quote is drawn here, and not in the wake, which would wait for it (as in hft_clock_set).
static void set_clock(const maker_keys *maker, maker_state *state, const hft_desk *desk) {
  hft_rng *rng = hft_desk_rng(desk);
  double exponential = hft_exponential(rng);
  state->rung = hft_bounded(rng, (uint32_t)(2 * maker->levels));
  hft_desk_wake_at(desk, hft_clock_after(hft_desk_now(desk), exponential, maker->rate));
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const maker_keys *maker = params;
  for (int64_t level = 0; level < maker->levels; level++) {
    refresh(maker, state, desk, HFT_BID, level);
    refresh(maker, state, desk, HFT_ASK, level);
  }
  set_clock(maker, state, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const maker_keys *maker = params;
  uint32_t rung = ((const maker_state *)state)->rung;
  refresh(maker, state, desk, (rung & 1) != 0 ? HFT_ASK : HFT_BID, rung >> 1);
  set_clock(maker, state, desk);
}

static const hft_section section = {"maker", "market makers with a target spread", keys,
                                    sizeof keys / sizeof keys[0], sizeof(maker_keys)};

const hft_agent_class hft_maker_class = {
    .section = &section,
    .params_size = sizeof(maker_keys),
    .state_size = sizeof(maker_state),
    .open_orders_max = (int64_t)2 * LEVELS_MAX,
    .compile = compile,
    .reach = reach,
    .reset = reset,
    .wake = wake,
};
