#include "tests/flow/reactive_world.h"

#include <string.h>

#include "tests/support/check.h"

const hft_flow_tables *reactive_tables(const char *name) {
  static hft_flow_tables tables;
  hft_error error = {0};
  for (int i = 0; i < hft_flow_text_count; i++) {
    const hft_flow_text *text = &hft_flow_texts[i];
    if (strcmp(text->name, name) != 0) continue;
    expect_ok(hft_flow_tables_read(text->text, text->length, name, &tables, &error), &error);
    return &tables;
  }
  fail_msg("there are no tables %s", name);
  return NULL;
}

hft_reactive_state *reactive_of(const world *w, hft_owner owner) {
  return hft_market_agent_state(w->model, w->market, owner);
}

void reactive_check_list(const world *w, hft_owner owner, bool exact) {
  hft_desk desk = hft_market_desk(w->model, w->market, owner);
  hft_recency *list = hft_reactive_orders(reactive_of(w, owner));
  uint32_t open = hft_desk_open_count(&desk), known = 0, count[2] = {0};
  for (uint32_t k = 0; k < open; k++) {
    hft_order_id id = hft_desk_open(&desk, k);
    hft_order order;
    if (!hft_desk_order(&desk, id, &order)) continue;  // leaving
    if (order.tif == HFT_IOC) continue;  // a market order that waits for the end of a halt
    known++;
    hft_order_id listed = hft_recency_of_slot(list, id.slot1 - 1);
    if (listed.number != id.number) fail_msg("order %u is not in the list", id.number);
    count[order.side]++;
  }
  for (int side = 0; side < 2; side++) {
    uint32_t live = list->side[side].live;
    assert_true(live >= count[side]);
    if (exact) assert_int_equal(live, count[side]);
    for (uint32_t k = 0; exact && k < live; k++) {
      hft_order order;
      assert_true(hft_desk_order(&desk, hft_recency_latest(list, (hft_side)side, k), &order));
      assert_int_equal(order.side, side);
    }
  }
  if (exact) assert_int_equal(known, open);
}

int32_t reactive_spread(const world *w) {
  const hft_book *book = hft_market_book(w->model, w->market, 0);
  hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  return bid == 0 || ask == 0 ? 0 : ask - bid;
}

hft_order_id reactive_send(const world *w, hft_side side, hft_tif tif, hft_price price,
                           hft_qty qty) {
  hft_desk desk = hft_market_desk(w->model, w->market, w->seat);
  hft_order order = {side, tif, price, qty, 0};
  return hft_desk_submit(&desk, &order);
}
