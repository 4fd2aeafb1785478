#include <inttypes.h>

#include "codec/json.h"
#include "codec/picture.h"

// json_pack and json_array_append_new take null for a value that could not be made, and then fail:
// so an encoder that is out of memory returns null, and what it had made is freed.

// Appends to an array; frees it and returns null where that fails.
static json_t *append(json_t *array, json_t *value) {
  if (json_array_append_new(array, value) == 0) return array;
  json_decref(array);
  return NULL;
}

static json_t *encode_levels(const hft_level *level, int count) {
  json_t *levels = json_array();
  for (int i = 0; i < count && levels != NULL; i++) {
    levels = append(
        levels, json_pack("[i, i, i]", level[i].price, level[i].qty, (int)level[i].order_count));
  }
  return levels;
}

static json_t *encode_instrument(const hft_picture_instrument *of) {
  return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "symbol",
                   hft_json_text(of->symbol), "tick_size", hft_json_number(of->tick_size), "phase",
                   hft_picture_phase_name(of->phase), "bids", encode_levels(of->bid, of->bid_count),
                   "asks", encode_levels(of->ask, of->ask_count), "mid", hft_json_number(of->mid),
                   "fundamental", hft_json_number(of->fundamental), "last_price",
                   (json_int_t)of->last_price, "trades", (json_int_t)of->trades, "bought",
                   (json_int_t)of->bought, "sold", (json_int_t)of->sold);
}

static json_t *encode_totals(const hft_picture_seat *of) {
  json_t *totals = json_object();
  for (int i = 0; i < of->total_count && totals != NULL; i++) {
    if (json_object_set_new(totals, of->total_index[i].name, hft_json_number(of->total[i])) != 0) {
      json_decref(totals);
      return NULL;
    }
  }
  return totals;
}

static json_t *encode_accounts(const hft_picture_seat *of) {
  json_t *accounts = json_array();
  for (int i = 0; i < of->account_count && accounts != NULL; i++) {
    const hft_picture_account *account = &of->account[i];
    accounts = append(
        accounts,
        json_pack("{s:i, s:I, s:I, s:o, s:o}", "instrument", account->instrument, "position",
                  (json_int_t)account->position, "cash", (json_int_t)account->cash, "fees",
                  hft_json_number(account->fees), "profit", hft_json_number(account->profit)));
  }
  return accounts;
}

static json_t *encode_orders(const hft_picture_seat *of) {
  json_t *orders = json_array();
  for (int i = 0; i < of->order_count && orders != NULL; i++) {
    const hft_picture_order *order = &of->order[i];
    orders = append(orders,
                    json_pack("{s:i, s:s, s:I, s:I, s:I}", "instrument", order->instrument, "side",
                              hft_picture_side_name(order->side), "price", (json_int_t)order->price,
                              "qty", (json_int_t)order->qty, "ahead", (json_int_t)order->ahead));
  }
  return orders;
}

static json_t *encode_seat(const hft_picture_seat *of) {
  return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "agent", hft_json_text(of->agent), "done",
                   (int)of->is_done, "return", hft_json_number(of->reward_sum), "totals",
                   encode_totals(of), "accounts", encode_accounts(of), "orders", encode_orders(of));
}

hft_status hft_picture_encode_json(const hft_picture *picture, hft_buffer *buffer) {
  json_t *instruments = json_array(), *agents = json_array();
  for (int i = 0; i < picture->instrument_count && instruments != NULL; i++) {
    instruments = append(instruments, encode_instrument(&picture->instrument[i]));
  }
  for (int i = 0; i < picture->seat_count && agents != NULL; i++) {
    agents = append(agents, encode_seat(&picture->seat[i]));
  }
  return hft_json_write(
      json_pack("{s:i, s:o, s:I, s:I, s:I, s:o, s:o}", "env", picture->env, "seed",
                json_sprintf("%" PRIu64, picture->seed), "episode", (json_int_t)picture->episode,
                "step", (json_int_t)picture->step, "time_ns", (json_int_t)picture->time,
                "instruments", instruments, "agents", agents),
      buffer);
}
