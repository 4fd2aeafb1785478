#include "tests/data/recording.h"

#include "tests/data/naive.h"
#include "tests/support/check.h"

hft_recording recording_of(const char *path, uint64_t seed, int duration_s) {
  return (hft_recording){.path = path,
                         .day = "2026-01-02",
                         .config = RECORDING_CONFIG,
                         .seed = seed,
                         .levels = 5,
                         .snapshot_ns = 50 * HFT_MILLISECOND,
                         .duration_ns = duration_s * HFT_SECOND};
}

hft_generate_summary recording_generate(const hft_recording *recording, const hft_model *model) {
  hft_generate_summary summary;
  hft_error error = {0};
  hft_status status = hft_generate(recording, model, NULL, &summary, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  return summary;
}

static void check_trade(const hft_trade_row *trade, const hft_event_row *event) {
  assert_true(trade->time == event->time && trade->sequence == event->sequence);
  assert_int_equal(trade->price, event->price);
  assert_int_equal(trade->qty, event->qty);
  bool auction = event->reason == HFT_REASON_AUCTION;
  assert_int_equal(trade->aggressor, auction ? HFT_AGGRESSOR_NONE : 1 - event->side);
  assert_int_equal(trade->maker_order, event->order);
  assert_int_equal(trade->taker_order, event->taker);
  assert_int_equal(trade->maker_owner, event->owner);
  assert_int_equal(trade->taker_owner, event->taker_owner);
}

static void check_side(const hft_level *level, int levels, const int32_t *price, const int32_t *qty,
                       const int32_t *count) {
  for (int i = 0; i < levels; i++) {
    assert_int_equal(price[i], level[i].price);
    assert_int_equal(qty[i], level[i].qty);
    assert_int_equal(count[i], level[i].order_count);
  }
}

static void check_snapshot(const hft_snapshot_row *row, const naive_book *book, int levels) {
  hft_level bid[HFT_SNAPSHOT_LEVELS_MAX], ask[HFT_SNAPSHOT_LEVELS_MAX];
  naive_levels(book, HFT_BID, bid, levels);
  naive_levels(book, HFT_ASK, ask, levels);
  check_side(bid, levels, row->bid_price, row->bid_qty, row->bid_count);
  check_side(ask, levels, row->ask_price, row->ask_qty, row->ask_count);
  bool both = bid[0].price != 0 && ask[0].price != 0;
  assert_int_equal(row->spread, both ? ask[0].price - bid[0].price : 0);
  if (both) assert_true(2 * row->mid == bid[0].price + ask[0].price);
  assert_true(row->mid > 0 && row->fundamental > 0);
}

void recording_check(const dataset_rows *data) {
  static naive_book book;
  book.count = 0;
  book.call = false;
  size_t trade = 0, event = 0;
  for (size_t i = 0; i <= data->snapshot_count; i++) {
    const hft_snapshot_row *row = i < data->snapshot_count ? &data->snapshots[i] : NULL;
    for (; event < data->event_count; event++) {
      const hft_event_row *e = &data->events[event];
      if (row != NULL && e->sequence > row->sequence) break;
      assert_true(e->sequence == event + 1);
      assert_true(event == 0 || e->time >= data->events[event - 1].time);
      const char *fault = naive_apply(&book, e);
      if (fault != NULL) fail_msg("event %zu: %s", event, fault);
      if (e->kind == HFT_EVENT_TRADE) {
        assert_true(trade < data->trade_count);
        check_trade(&data->trades[trade++], e);
      }
    }
    if (row == NULL) break;
    // The snapshot stands between the last event up to its time and the first one after it.
    assert_true(event == 0 || data->events[event - 1].time <= row->time);
    assert_true(event == data->event_count || data->events[event].time > row->time);
    check_snapshot(row, &book, data->levels);
  }
  assert_int_equal(event, data->event_count);
  assert_int_equal(trade, data->trade_count);
}
