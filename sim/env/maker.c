// The role `maker`: quotes both sides. Actions: the distance of each quote from the mid, -1 at the
// mid, towards 1 at offset_max ticks; 1 itself withdraws the quote.
#include <math.h>

#include "sim/env/state.h"

#define HFT_KEY_STRUCT hft_maker_keys
static const hft_key keys[] = {HFT_MAKER_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
const hft_section hft_maker_seat_section = {"maker", "seats that quote both sides", keys,
                                            sizeof keys / sizeof keys[0], sizeof(hft_maker_keys)};

static const hft_agent_class seat_class = {
    .section = &hft_maker_seat_section,
    .params_size = sizeof(hft_maker_keys),
    .open_orders_max = HFT_SEAT_ORDERS,
};

static const char *const action_names[] = {"bid_offset", "ask_offset"};

static void observe(const hft_seat_view *view, hft_fields *fields) {
  double inventory = 0, quote[2] = {0, 0}, ahead[2] = {0, 0};
  if (view != NULL) {
    const hft_maker_keys *maker = &view->seat_model->keys.maker;
    inventory = (double)hft_desk_account(&view->desk)->position / (double)maker->quote_qty;
    double mid = 0.5 * (double)hft_desk_mid2(&view->desk);
    for (int side = 0; side < 2; side++) {
      hft_order order;
      if (!hft_desk_order(&view->desk, view->seat->quote[side], &order)) continue;
      quote[side] = 1 + fabs(mid - order.price) / maker->offset_max;
      int64_t lots = hft_desk_queue_ahead(&view->desk, view->seat->quote[side]);
      ahead[side] = (double)lots / (double)maker->quote_qty;
    }
  }
  hft_fields_put(fields, "inventory", inventory);
  hft_fields_put(fields, "bid_quote", quote[HFT_BID]);
  hft_fields_put(fields, "ask_quote", quote[HFT_ASK]);
  hft_fields_put(fields, "bid_queue_ahead", ahead[HFT_BID]);
  hft_fields_put(fields, "ask_queue_ahead", ahead[HFT_ASK]);
}

static void act(const hft_seat_view *view, const float *action) {
  const hft_maker_keys *maker = &view->seat_model->keys.maker;
  double mid = 0.5 * (double)view->env->seen_mid2;
  for (int side = 0; side < 2; side++) {
    double away = hft_action_distance(action[side], maker->offset_max);
    double price = side == HFT_BID ? floor(mid - away) : ceil(mid + away);
    int64_t qty = action[side] >= 1 ? 0 : maker->quote_qty;
    hft_seat_quote(view, (hft_side)side, HFT_POST_ONLY, price, qty);
  }
}

static int64_t exposure(const hft_seat_view *view) {
  return hft_desk_account(&view->desk)->position;
}

const hft_role_class hft_role_maker_class = {
    .agent_class = &seat_class,
    .action_dim = 2,
    .action_names = action_names,
    .observe = observe,
    .act = act,
    .exposure = exposure,
};
