#include "sim/market/rules.h"

#include <math.h>

#define HFT_KEY_STRUCT hft_exchange_config
static const hft_key keys[] = {HFT_EXCHANGE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section hft_exchange_section = {"exchange_config", "fees, latency and limits of orders",
                                          keys, sizeof keys / sizeof keys[0],
                                          sizeof(hft_exchange_config)};

static hft_fee compile_fee(double bps, double ticks_per_lot) {
  return (hft_fee){(int64_t)round(bps * 1000), (int64_t)round(ticks_per_lot * 10000)};
}

void hft_rules_compile(const hft_exchange_config *config, const hft_instrument *instrument,
                       hft_rules *rules) {
  *rules = (hft_rules){
      .maker_fee = compile_fee(config->maker_fee_bps, config->maker_fee_per_lot),
      .taker_fee = compile_fee(config->taker_fee_bps, config->taker_fee_per_lot),
      .self_trade = (hft_self_trade)config->self_trade,
      .latency = (hft_time)round(config->latency_us * 1e3),
      .latency_jitter = config->latency_jitter_us * 1e3,
      .position_max = config->position_max,
      .position_value_max = config->position_value_max / instrument->tick_size,
      .message_rate_max = config->message_rate_max,
      .drawdown_max = config->drawdown_max / instrument->tick_size,
  };
  rules->checks = rules->position_max > 0 || rules->position_value_max > 0 ||
                  rules->message_rate_max > 0 || rules->drawdown_max > 0;
}

// value x milli_bps / 1000, in two parts so that the product stays in 64 bits.
static int64_t share_of(int64_t value, int64_t milli_bps) {
  int64_t whole = value / 1000 * milli_bps, rest = value % 1000 * milli_bps;
  int64_t half = rest < 0 ? -500 : 500;
  return whole + (rest + half) / 1000;
}

int64_t hft_fee_of(const hft_fee *fee, hft_price price, hft_qty qty) {
  return share_of((int64_t)price * qty, fee->milli_bps) + fee->per_lot * qty;
}
