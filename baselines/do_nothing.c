// Never sends an order: all its metrics are exactly 0, and the market with it equals the market
// without it bit for bit. The zero of every comparison.
#include "baselines/classes.h"

static void reset(const void *params, void *state, hft_desk *desk) {
  (void)params;
  (void)state;
  hft_desk_wake_at(desk, HFT_TIME_NEVER);
}

static const hft_section section = {
    .name = "do-nothing",
    .help = "never trades; scores exactly 0",
};

const hft_agent_class hft_do_nothing_class = {
    .section = &section,
    .open_orders_max = 1,
    .reset = reset,
};
