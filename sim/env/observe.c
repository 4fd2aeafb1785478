#include <math.h>
#include <stdio.h>

#include "sim/base/math.h"
#include "sim/env/state.h"

#define DEPTH_MAX 20
#define DISTANCE_SCALE 0.1  // ticks
#define SIZE_SCALE 0.2      // natural logarithm of lots + 1
#define VOLATILITY_STEPS 32

void hft_fields_put(hft_fields *fields, const char *name, double value) {
  if (fields->name != NULL) {
    HFT_CHECK(fields->count < HFT_NAMES_MAX);
    snprintf(fields->name[fields->count], HFT_NAME_SIZE, "%s", name);
  } else {
    fields->value[fields->count] = (float)value;
  }
  fields->count++;
}

void hft_fields_put_level(hft_fields *fields, const char *name, int level, double value) {
  if (fields->name != NULL) {
    char text[HFT_NAME_SIZE];
    snprintf(text, sizeof text, "%s_%d", name, level + 1);
    hft_fields_put(fields, text, value);
  } else {
    fields->value[fields->count++] = (float)value;
  }
}

static double log_size(int64_t lots) {
  return SIZE_SCALE * hft_log1p((double)lots);
}

static void observe_side(const hft_env_model *model, const hft_book *book, int64_t mid2,
                         hft_side side, hft_fields *fields) {
  int depth = (int)model->env.depth;
  hft_level levels[DEPTH_MAX];
  int count = book != NULL ? hft_book_depth(book, side, levels, depth) : 0;
  const char *distance = side == HFT_BID ? "bid_distance" : "ask_distance";
  const char *size = side == HFT_BID ? "bid_size" : "ask_size";
  for (int i = 0; i < depth; i++) {
    double away = 0, lots = 0;
    if (i < count) {
      away = 0.5 * (double)(hft_side_sign(side) * (mid2 - 2 * (int64_t)levels[i].price));
      lots = log_size(levels[i].qty);
    }
    hft_fields_put_level(fields, distance, i, DISTANCE_SCALE * away);
    hft_fields_put_level(fields, size, i, lots);
  }
}

// The change of the mid over the last `steps` steps (or since the first), in ticks.
static double mid_change(const hft_env *env, int64_t steps) {
  int64_t before = env->step > steps ? env->step - steps : 0;
  return 0.5 * (double)(env->mid2[env->step % HFT_MIDS] - env->mid2[before % HFT_MIDS]);
}

// The root mean square of the mid's changes a step, in ticks.
static double volatility(const hft_env *env) {
  int64_t count = env->step < VOLATILITY_STEPS ? env->step : VOLATILITY_STEPS;
  double sum = 0;
  for (int64_t i = env->step - count; i < env->step; i++) {
    double change = 0.5 * (double)(env->mid2[(i + 1) % HFT_MIDS] - env->mid2[i % HFT_MIDS]);
    sum += change * change;
  }
  return count > 0 ? sqrt(sum / (double)count) : 0;
}

void hft_observe_market(const hft_env_model *model, const hft_env *env, const hft_market *market,
                        hft_fields *fields) {
  const hft_book *book = market != NULL ? hft_market_book(model->market, market, 0) : NULL;
  int64_t mid2 = market != NULL ? hft_market_mid2(market, 0) : 0;
  observe_side(model, book, mid2, HFT_BID, fields);
  observe_side(model, book, mid2, HFT_ASK, fields);
  double spread = 0, imbalance = 0, microprice = 0;
  if (book != NULL) {
    hft_level bid = hft_book_best(book, HFT_BID), ask = hft_book_best(book, HFT_ASK);
    if (bid.price != 0 && ask.price != 0) {
      double total = (double)bid.qty + (double)ask.qty;
      spread = (double)(ask.price - bid.price);
      imbalance = ((double)bid.qty - (double)ask.qty) / total;
      microprice = 0.5 * spread * imbalance;
    }
  }
  hft_fields_put(fields, "spread", DISTANCE_SCALE * spread);
  hft_fields_put(fields, "imbalance", imbalance);
  hft_fields_put(fields, "microprice", DISTANCE_SCALE * microprice);
  hft_fields_put(fields, "return_1", env != NULL ? DISTANCE_SCALE * mid_change(env, 1) : 0);
  hft_fields_put(fields, "return_8", env != NULL ? DISTANCE_SCALE * mid_change(env, 8) : 0);
  hft_fields_put(fields, "return_32", env != NULL ? DISTANCE_SCALE * mid_change(env, 32) : 0);
  hft_fields_put(fields, "volatility", env != NULL ? volatility(env) : 0);
  hft_fields_put(fields, "trade_flow", env != NULL ? (double)env->trade_flow : 0);
}

void hft_observe_time(const hft_env_model *model, const hft_env *env, hft_fields *fields) {
  double length = (double)model->env.episode_len;
  hft_fields_put(fields, "time_left", env != NULL ? 1 - (double)env->step / length : 0);
}
