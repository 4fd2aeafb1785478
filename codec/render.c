#include "codec/render.h"

#include <stdio.h>

#include "codec/pack.h"
#include "sim/base/check.h"
#include "sim/market/model.h"

// An env while it is drawn.
typedef struct picture {
  msgpack_packer *packer;
  const hft_env_model *model;
  const hft_model *market_model;
  hft_env *env;
  hft_market *market;
  int levels;
} picture;

static const char *phase_name(hft_phase phase) {
  switch (phase) {
    case HFT_PHASE_CONTINUOUS:
      return "continuous";
    case HFT_PHASE_OPENING:
      return "opening";
    case HFT_PHASE_CLOSING:
      return "closing";
    case HFT_PHASE_HALTED:
      return "halted";
    case HFT_PHASE_CLOSED:
      return "closed";
  }
  HFT_CHECK(false);
  return "";
}

static const char *side_name(hft_side side) {
  return side == HFT_BID ? "bid" : "ask";
}

static void pack_int_pair(msgpack_packer *packer, const char *key, int64_t value) {
  hft_pack_text(packer, key);
  msgpack_pack_int64(packer, value);
}

static void pack_real_pair(msgpack_packer *packer, const char *key, double value) {
  hft_pack_text(packer, key);
  msgpack_pack_double(packer, value);
}

static void pack_side(const picture *of, const char *key, const hft_book *book, hft_side side) {
  hft_level level[HFT_RENDER_LEVELS_MAX];
  int count = hft_book_depth(book, side, level, of->levels);
  hft_pack_text(of->packer, key);
  msgpack_pack_array(of->packer, (size_t)count);
  for (int i = 0; i < count; i++) {
    msgpack_pack_array(of->packer, 3);
    msgpack_pack_int64(of->packer, level[i].price);
    msgpack_pack_int64(of->packer, level[i].qty);
    msgpack_pack_int64(of->packer, level[i].order_count);
  }
}

static void pack_instrument(const picture *of, int instrument) {
  msgpack_packer *packer = of->packer;
  const hft_book *book = hft_market_book(of->market_model, of->market, instrument);
  const hft_tape *tape = hft_market_tape(of->market, instrument);
  hft_phase phase = hft_market_phase(of->market_model, of->market, instrument);
  char symbol[HFT_NAME_SIZE];
  hft_model_symbol(of->market_model, instrument, symbol, sizeof symbol);
  msgpack_pack_map(packer, 11);
  hft_pack_text_pair(packer, "symbol", symbol);
  pack_real_pair(packer, "tick_size", hft_model_instrument(of->market_model)->tick_size);
  hft_pack_text_pair(packer, "phase", phase_name(phase));
  pack_side(of, "bids", book, HFT_BID);
  pack_side(of, "asks", book, HFT_ASK);
  pack_real_pair(packer, "mid", 0.5 * (double)hft_market_mid2(of->market, instrument));
  pack_real_pair(packer, "fundamental",
                 hft_market_fundamental(of->market_model, of->market, instrument));
  pack_int_pair(packer, "last_price", tape->last_price);
  pack_int_pair(packer, "trades", tape->trade_count);
  pack_int_pair(packer, "bought", tape->buy_qty);
  pack_int_pair(packer, "sold", tape->sell_qty);
}

static void pack_account(const picture *of, int seat, int k) {
  hft_seat_look look = hft_env_look(of->model, of->env, seat, k);
  const hft_account *account = hft_desk_account(&look.desk);
  int64_t mid2 = hft_market_mid2(of->market, look.desk.instrument);
  msgpack_pack_map(of->packer, 5);
  hft_pack_uint_pair(of->packer, "instrument", look.desk.instrument);
  pack_int_pair(of->packer, "position", look.position);
  pack_int_pair(of->packer, "cash", account->cash);
  pack_real_pair(of->packer, "fees", HFT_FEE_UNIT * (double)account->fees);
  pack_real_pair(of->packer, "profit", hft_account_value(account, 0.5 * (double)mid2));
}

static void pack_order(const picture *of, const hft_desk *desk, hft_order_id id) {
  hft_order order = {0};
  hft_desk_order(desk, id, &order);
  msgpack_pack_map(of->packer, 5);
  hft_pack_uint_pair(of->packer, "instrument", desk->instrument);
  hft_pack_text_pair(of->packer, "side", side_name(order.side));
  pack_int_pair(of->packer, "price", order.price);
  pack_int_pair(of->packer, "qty", order.qty);
  pack_int_pair(of->packer, "ahead", hft_desk_queue_ahead(desk, id));
}

// Live orders of a seat at the k-th of its instruments; packed where `pack` says so.
static size_t count_orders(const picture *of, int seat, int k, bool pack) {
  const hft_desk desk = hft_env_look(of->model, of->env, seat, k).desk;
  size_t count = 0;
  for (uint32_t i = 0; i < hft_desk_open_count(&desk); i++) {
    hft_order_id id = hft_desk_open(&desk, i);
    hft_order order;
    if (!hft_desk_order(&desk, id, &order)) continue;  // its cancellation is on its way
    if (pack) pack_order(of, &desk, id);
    count++;
  }
  return count;
}

// The totals of its episode so far by name.
static void pack_totals(const picture *of, const hft_group *group, int seat) {
  float totals[HFT_TOTALS_MAX];
  hft_env_totals(of->model, of->env, seat, totals);
  hft_pack_text(of->packer, "totals");
  msgpack_pack_map(of->packer, (size_t)group->total_dim);
  for (int i = 0; i < group->total_dim; i++) {
    pack_real_pair(of->packer, group->total[i].name, (double)totals[i]);
  }
}

static void pack_seat(const picture *of, const hft_group *group, int index) {
  int seat = group->first_seat + index;
  int instruments = hft_env_seat_instruments(of->model, seat);
  char name[HFT_NAME_SIZE + 16];
  snprintf(name, sizeof name, "%s_%d", group->role_name, index);
  msgpack_pack_map(of->packer, 6);
  hft_pack_text_pair(of->packer, "agent", name);
  hft_pack_text(of->packer, "done");
  if (hft_env_seat_done(of->env, seat)) {
    msgpack_pack_true(of->packer);
  } else {
    msgpack_pack_false(of->packer);
  }
  pack_real_pair(of->packer, "return", (double)hft_env_return(of->env, seat));
  pack_totals(of, group, seat);
  hft_pack_text(of->packer, "accounts");
  msgpack_pack_array(of->packer, (size_t)instruments);
  for (int k = 0; k < instruments; k++) pack_account(of, seat, k);
  size_t orders = 0;
  for (int k = 0; k < instruments; k++) orders += count_orders(of, seat, k, false);
  hft_pack_text(of->packer, "orders");
  msgpack_pack_array(of->packer, orders);
  for (int k = 0; k < instruments; k++) count_orders(of, seat, k, true);
}

hft_status hft_render_encode(hft_buffer *buffer, hft_pool *pool, int env, int levels) {
  const hft_env_model *model = hft_pool_model(pool);
  const hft_env_spec *spec = hft_env_model_spec(model);
  uint64_t seed = 0;
  uint32_t episode = 0;
  bool is_started = hft_pool_world(pool, env, &seed, &episode);
  HFT_CHECK(is_started && levels >= 1 && levels <= HFT_RENDER_LEVELS_MAX);
  msgpack_packer packer = hft_pack_map(buffer, 7);
  picture of = {.packer = &packer,
                .model = model,
                .market_model = hft_env_model_market(model),
                .env = hft_pool_env(pool, env),
                .levels = levels};
  of.market = hft_env_market(model, of.env);
  hft_pack_uint_pair(&packer, "env", (uint64_t)env);
  hft_pack_uint_pair(&packer, "seed", seed);
  hft_pack_uint_pair(&packer, "episode", episode);
  hft_pack_uint_pair(&packer, "step", (uint64_t)hft_env_steps(of.env));
  hft_pack_uint_pair(&packer, "time_ns", (uint64_t)hft_market_now(of.market));
  int instruments = hft_model_instrument(of.market_model)->count;
  hft_pack_text(&packer, "instruments");
  msgpack_pack_array(&packer, (size_t)instruments);
  for (int i = 0; i < instruments; i++) pack_instrument(&of, i);
  hft_pack_text(&packer, "agents");
  msgpack_pack_array(&packer, (size_t)spec->seat_count);
  for (int g = 0; g < spec->group_count; g++) {
    for (int i = 0; i < spec->group[g].seat_count; i++) pack_seat(&of, &spec->group[g], i);
  }
  return buffer->failed ? HFT_ENOMEM : HFT_OK;
}
