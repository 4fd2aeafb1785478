#include "codec/pack.h"
#include "codec/picture.h"

static void pack_int_pair(msgpack_packer *packer, const char *key, int64_t value) {
  hft_pack_text(packer, key);
  msgpack_pack_int64(packer, value);
}

static void pack_real_pair(msgpack_packer *packer, const char *key, double value) {
  hft_pack_text(packer, key);
  msgpack_pack_double(packer, value);
}

static void pack_levels(msgpack_packer *packer, const char *key, const hft_level *level,
                        int count) {
  hft_pack_text(packer, key);
  msgpack_pack_array(packer, (size_t)count);
  for (int i = 0; i < count; i++) {
    msgpack_pack_array(packer, 3);
    msgpack_pack_int64(packer, level[i].price);
    msgpack_pack_int64(packer, level[i].qty);
    msgpack_pack_int64(packer, level[i].order_count);
  }
}

static void pack_instrument(msgpack_packer *packer, const hft_picture_instrument *of) {
  msgpack_pack_map(packer, 11);
  hft_pack_text_pair(packer, "symbol", of->symbol);
  pack_real_pair(packer, "tick_size", of->tick_size);
  hft_pack_text_pair(packer, "phase", hft_picture_phase_name(of->phase));
  pack_levels(packer, "bids", of->bid, of->bid_count);
  pack_levels(packer, "asks", of->ask, of->ask_count);
  pack_real_pair(packer, "mid", of->mid);
  pack_real_pair(packer, "fundamental", of->fundamental);
  pack_int_pair(packer, "last_price", of->last_price);
  pack_int_pair(packer, "trades", of->trades);
  pack_int_pair(packer, "bought", of->bought);
  pack_int_pair(packer, "sold", of->sold);
}

static void pack_account(msgpack_packer *packer, const hft_picture_account *of) {
  msgpack_pack_map(packer, 5);
  pack_int_pair(packer, "instrument", of->instrument);
  pack_int_pair(packer, "position", of->position);
  pack_int_pair(packer, "cash", of->cash);
  pack_real_pair(packer, "fees", of->fees);
  pack_real_pair(packer, "profit", of->profit);
}

static void pack_order(msgpack_packer *packer, const hft_picture_order *of) {
  msgpack_pack_map(packer, 5);
  pack_int_pair(packer, "instrument", of->instrument);
  hft_pack_text_pair(packer, "side", hft_picture_side_name(of->side));
  pack_int_pair(packer, "price", of->price);
  pack_int_pair(packer, "qty", of->qty);
  pack_int_pair(packer, "ahead", of->ahead);
}

static void pack_seat(msgpack_packer *packer, const hft_picture_seat *of) {
  msgpack_pack_map(packer, 6);
  hft_pack_text_pair(packer, "agent", of->agent);
  hft_pack_text(packer, "done");
  if (of->is_done) {
    msgpack_pack_true(packer);
  } else {
    msgpack_pack_false(packer);
  }
  pack_real_pair(packer, "return", of->reward_sum);
  hft_pack_text(packer, "totals");
  msgpack_pack_map(packer, (size_t)of->total_count);
  for (int i = 0; i < of->total_count; i++) {
    pack_real_pair(packer, of->total_index[i].name, of->total[i]);
  }
  hft_pack_text(packer, "accounts");
  msgpack_pack_array(packer, (size_t)of->account_count);
  for (int i = 0; i < of->account_count; i++) pack_account(packer, &of->account[i]);
  hft_pack_text(packer, "orders");
  msgpack_pack_array(packer, (size_t)of->order_count);
  for (int i = 0; i < of->order_count; i++) pack_order(packer, &of->order[i]);
}

hft_status hft_picture_encode_msgpack(const hft_picture *picture, hft_buffer *buffer) {
  msgpack_packer packer = hft_pack_map(buffer, 7);
  hft_pack_uint_pair(&packer, "env", (uint64_t)picture->env);
  hft_pack_uint_pair(&packer, "seed", picture->seed);
  hft_pack_uint_pair(&packer, "episode", picture->episode);
  hft_pack_uint_pair(&packer, "step", (uint64_t)picture->step);
  hft_pack_uint_pair(&packer, "time_ns", (uint64_t)picture->time);
  hft_pack_text(&packer, "instruments");
  msgpack_pack_array(&packer, (size_t)picture->instrument_count);
  for (int i = 0; i < picture->instrument_count; i++) {
    pack_instrument(&packer, &picture->instrument[i]);
  }
  hft_pack_text(&packer, "agents");
  msgpack_pack_array(&packer, (size_t)picture->seat_count);
  for (int i = 0; i < picture->seat_count; i++) pack_seat(&packer, &picture->seat[i]);
  return buffer->failed ? HFT_ENOMEM : HFT_OK;
}
