#include "sim/flow/metaorder.h"

#include "sim/base/math.h"
#include "sim/flow/crowd.h"
#include "sim/flow/flow.h"

// clang-format off
#define METAORDER_KEYS(X)                                                                         \
  X(REAL, rate, "0.05", 1e-9, 1e6, "1/s", "arrival rate of parent orders")                        \
  X(REAL, exponent, "1.5", 0.1, 10, "",                                                           \
    "power law of sizes: a parent has n or more children with probability n^-exponent")           \
  X(INT, children_max, "1000", 1, 1000000, "orders", "largest number of children of a parent")    \
  X(REAL, child_rate, "0.5", 1e-6, 1e6, "1/s", "rate of children of each active parent")          \
  X(REAL, size_mean, "5", 1, 1e6, "lots", "mean size of a child (geometric)")                     \
  X(INT, size_max, "100", 1, 1000000, "lots", "largest child")                                    \
  X(INT, parents_max, "64", 1, 256, "orders", "active parents; arrivals beyond this are lost")    \
  X(INT, open_orders_max, "2048", 1, 1000000, "orders",                                           \
    "children waiting for an auction; only with auctions or halts")                               \
  HFT_CROWD_KEYS(X)                                                                               \
  HFT_CLOCK_KEYS(X)
// clang-format on

typedef struct metaorder_keys {
  METAORDER_KEYS(HFT_KEY_MEMBER)
} metaorder_keys;

typedef struct metaorder_params {
  metaorder_keys keys;
  hft_clock_model clock;
  double size_scale;
  bool has_auctions;
} metaorder_params;

#define HFT_KEY_STRUCT metaorder_keys
static const hft_key keys[] = {METAORDER_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  hft_status status = hft_crowd_gather(keys, sizeof keys / sizeof keys[0], params, where, error);
  if (status != HFT_OK) return status;
  metaorder_params *meta = params;
  meta->size_scale = hft_geometric_scale(meta->keys.size_mean);
  meta->has_auctions = instrument->has_auctions;
  hft_clock_spec spec = HFT_CLOCK_SPEC(&meta->keys, meta->keys.rate, instrument->duration);
  return hft_clock_compile(&spec, where, &meta->clock, error);
}

static void set_clock(const metaorder_params *meta, hft_metaorders *state, const hft_desk *desk) {
  double children = meta->keys.child_rate * (double)state->count;
  hft_desk_wake_at(desk, hft_clock_set(&meta->clock, &state->clock, children, hft_desk_now(desk),
                                       hft_desk_rng(desk)));
}

// For an exponential E, exp(E / exponent) is at least n with probability n^-exponent.
static int32_t draw_children(const metaorder_params *meta, hft_rng *rng) {
  double children = hft_exp(hft_exponential(rng) / meta->keys.exponent);
  double most = (double)meta->keys.children_max;
  return (int32_t)(children < most ? children : most);
}

static void begin_parent(const metaorder_params *meta, hft_metaorders *state,
                         const hft_desk *desk) {
  hft_rng *rng = hft_desk_rng(desk);
  hft_side side = (hft_rng_u32(rng) >> 31) != 0 ? HFT_ASK : HFT_BID;
  int32_t children = draw_children(meta, rng);
  if ((int64_t)state->count >= meta->keys.parents_max) return;
  state->parent[state->count++] = (hft_parent){.number = ++state->begun,
                                               .begin_mid2 = hft_desk_mid2(desk),
                                               .side = (int32_t)side,
                                               .children = children};
}

// In continuous trading a child never rests.
static hft_needs measure(const void *params) {
  const metaorder_params *meta = params;
  return (hft_needs){sizeof(hft_metaorders), meta->has_auctions ? meta->keys.open_orders_max : 1,
                     0};
}

// A parent, drawn uniformly, sends a child. After its last child the last parent moves to its
// place. A refused child does not count: the parent sends another.
static void send_child(const metaorder_params *meta, hft_metaorders *state, const hft_desk *desk) {
  hft_rng *rng = hft_desk_rng(desk);
  state->acting = hft_bounded(rng, state->count);
  hft_parent *parent = &state->parent[state->acting];
  parent->sent++;
  hft_order order = {.side = (hft_side)parent->side,
                     .tif = HFT_IOC,
                     .price = HFT_PRICE_MARKET,
                     .qty = hft_geometric(rng, meta->size_scale, (int32_t)meta->keys.size_max)};
  if (hft_desk_submit(desk, &order).number == 0) parent->sent--;
  if (parent->sent == parent->children) *parent = state->parent[--state->count];
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const metaorder_params *meta = params;
  hft_metaorders *self = state;
  hft_clock_start(&meta->clock, &self->clock);
  set_clock(meta, self, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const metaorder_params *meta = params;
  hft_metaorders *self = state;
  double mark;
  hft_firing firing = hft_clock_fire(&meta->clock, &self->clock, hft_desk_now(desk), &mark);
  if (firing == HFT_FIRING_ARRIVAL) begin_parent(meta, self, desk);
  if (firing == HFT_FIRING_OTHER) send_child(meta, self, desk);
  set_clock(meta, self, desk);
}

static const hft_section section = {
    "metaorder", "large orders of power-law sizes, split into children over time", keys,
    sizeof keys / sizeof keys[0], sizeof(metaorder_keys)};

const hft_agent_class hft_metaorder_class = {
    .section = &section,
    .params_size = sizeof(metaorder_params),
    .state_size = sizeof(hft_metaorders),
    .compile = compile,
    .measure = measure,
    .reset = reset,
    .wake = wake,
};
