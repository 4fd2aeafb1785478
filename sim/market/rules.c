#include "sim/market/rules.h"

#include <math.h>

#define HFT_KEY_STRUCT hft_exchange_config
static const hft_key keys[] = {HFT_EXCHANGE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section hft_exchange_section = {
    "exchange_config", "fees, latency, limits of orders, auctions and halts", keys,
    sizeof keys / sizeof keys[0], sizeof(hft_exchange_config)};

static hft_fee compile_fee(double bps, double ticks_per_lot) {
  return (hft_fee){(int64_t)round(bps * 1000), (int64_t)round(ticks_per_lot * 10000)};
}

static hft_time seconds(double s) {
  return (hft_time)round(s * 1e9);
}

// Every auction must be at least as long as its random time, so that it ends after it has begun.
static hft_status check_random(const hft_exchange_config *config, const hft_rules *rules,
                               hft_error *error) {
  const struct {
    const char *key;
    hft_time length;
    double seconds;
  } has_auctions[] = {
      {"opening_auction_s", rules->opening, config->opening_auction_s},
      {"closing_auction_s", rules->closing, config->closing_auction_s},
      {"halt_s", rules->halt_milli_bps > 0 ? rules->halt : 0, config->halt_s},
  };
  for (size_t i = 0; i < sizeof has_auctions / sizeof has_auctions[0]; i++) {
    if (has_auctions[i].length == 0 || rules->random <= has_auctions[i].length) continue;
    return hft_fail(error, HFT_ECONFIG, "exchange_config.auction_random_s",
                    "auction_random_s %g is longer than a call: %s is %g", config->auction_random_s,
                    has_auctions[i].key, has_auctions[i].seconds);
  }
  return HFT_OK;
}

hft_status hft_rules_compile(const hft_exchange_config *config, const hft_instrument *instrument,
                             hft_rules *rules, hft_error *error) {
  *rules = (hft_rules){
      .maker_fee = compile_fee(config->maker_fee_bps, config->maker_fee_per_lot),
      .taker_fee = compile_fee(config->taker_fee_bps, config->taker_fee_per_lot),
      .self_trade = (hft_self_trade)config->self_trade,
      .latency = (hft_time)round(config->latency_us * 1e3),
      .latency_jitter = config->latency_jitter_us * 1e3,
      .max_inventory = config->max_inventory,
      .max_position_value = config->max_position_value / instrument->tick_size,
      .message_rate_max = config->message_rate_max,
      .max_drawdown = config->max_drawdown / instrument->tick_size,
      .opening = seconds(config->opening_auction_s),
      .closing = seconds(config->closing_auction_s),
      .publish = seconds(config->auction_publish_s),
      .collar_milli_bps = (int64_t)round(config->auction_collar_bps * 1000),
      .random = seconds(config->auction_random_s),
      .halt_milli_bps = (int64_t)round(config->halt_band_bps * 1000),
      .halt_reference = seconds(config->halt_reference_s),
      .halt = seconds(config->halt_s),
  };
  rules->checks = rules->max_inventory > 0 || rules->max_position_value > 0 ||
                  rules->message_rate_max > 0 || rules->max_drawdown > 0;
  rules->has_auctions = rules->opening > 0 || rules->closing > 0 || rules->halt_milli_bps > 0;
  if (rules->opening + rules->closing > instrument->duration) {
    return hft_fail(error, HFT_ECONFIG, "exchange_config.opening_auction_s",
                    "opening_auction_s %g and closing_auction_s %g are longer than the session: "
                    "market_config.duration_s is %g",
                    config->opening_auction_s, config->closing_auction_s,
                    (double)instrument->duration * 1e-9);
  }
  return check_random(config, rules, error);
}

// value x milli_bps / 1000, in two parts so that the product fits in 64 bits.
static int64_t share_of(int64_t value, int64_t milli_bps) {
  int64_t whole = value / 1000 * milli_bps, rest = value % 1000 * milli_bps;
  int64_t half = rest < 0 ? -500 : 500;
  return whole + (rest + half) / 1000;
}

int64_t hft_fee_on(const hft_fee *fee, int64_t notional, int64_t lots) {
  return share_of(notional, fee->milli_bps) + fee->per_lot * lots;
}

int64_t hft_fee_of(const hft_fee *fee, hft_price price, hft_qty qty) {
  return hft_fee_on(fee, (int64_t)price * qty, qty);
}
