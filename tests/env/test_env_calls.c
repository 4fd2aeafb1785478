// Seats during auctions and halts: what they observe, and episodes that end in one.
#include <stdlib.h>
#include <string.h>

#include "tests/support/env_world.h"

#define LIVELY                                                                                 \
  "market_config: {window_ticks: 2048, decision_ms: 500, instruments: 2, fundamental: jump, "  \
  "jump_rate: 3000, duration_s: 120}\n"                                                        \
  "exchange_config: {opening_auction_s: 10, closing_auction_s: 8, halt_band_bps: 12, halt_s: " \
  "4, halt_reference_s: 20, taker_fee_bps: 0.3}\n"                                             \
  "env_config: {warmup_s: 2, episode_len: 236}\n"                                              \
  "risk_config: {max_inventory: 60}\nreward_config: {lambda_inventory: 0.001, lambda_risk: "   \
  "0.001, lambda_impact: 1, lambda_spread: 1}\n" WORLD_CROWD                                   \
  "seats: [{kind: maker, count: 2, offset_unit: ticks, offset_max: 4}, {kind: maker, "         \
  "offset_unit: "                                                                              \
  "ticks, instrument: 1}, {kind: "                                                             \
  "executor, parent_qty: 200, instrument: 1}, {kind: taker, order_qty: 4}, {kind: "            \
  "portfolio, cash: 3000, holding: 10}]\n"
#define SEAT_COUNT 6
static const int instruments_of[SEAT_COUNT] = {0, 0, 1, 1, 0, -1};  // -1: both

// Counts the phases that are seen, by what they are.
static void check_seen(const world *w, int *phases, int *indications) {
  const hft_model *model = hft_env_model_market(w->model);
  for (int k = 0; k < 2; k++) {
    hft_phase phase = hft_market_phase(model, world_market(w), k);
    hft_desk own = world_seat_desk(w, 0), desk = hft_desk_at(&own, k);
    hft_price price = hft_desk_indication(&desk).price;
    double mid = 0.5 * (double)hft_market_mid2(world_market(w), k);
    float in_auction = phase != HFT_PHASE_CONTINUOUS, away = 0;
    if (price != 0) away = (float)(0.1 * (price - mid));
    phases[phase]++;
    *indications += price != 0;
    assert_true(world_state(w, k == 0 ? "i0_in_call" : "i1_in_call") == in_auction);
    assert_true(world_state(w, k == 0 ? "i0_indicative_price" : "i1_indicative_price") == away);
    for (int s = 0; s < SEAT_COUNT; s++) {
      if (instruments_of[s] == 1 - k) continue;
      bool one = instruments_of[s] >= 0;
      assert_true(world_obs(w, s,
                            one      ? "in_call"
                            : k == 0 ? "i0_in_call"
                                     : "i1_in_call") == in_auction);
      assert_true(world_obs(w, s,
                            one      ? "indicative_price"
                            : k == 0 ? "i0_indicative_price"
                                     : "i1_indicative_price") == away);
      // Nobody sees the book.
      if (in_auction == 0 || !one || phase == HFT_PHASE_CLOSED) continue;
      assert_true(world_obs(w, s, "spread") == 0 && world_obs(w, s, "bid_size_1") == 0);
    }
  }
}

static void check_finite(const world *w) {
  for (int s = 0; s < SEAT_COUNT; s++) {
    const hft_group *group = world_group(w, s);
    const float *obs =
        w->io.obs[group - w->spec->group] + (ptrdiff_t)(s - group->first_seat) * group->obs_dim;
    for (int i = 0; i < group->obs_dim; i++) assert_true(isfinite(obs[i]));
    for (int t = 0; t < group->term_dim; t++) {
      assert_true(isfinite(world_term(w, s, group->term[t].name)));
    }
    assert_true(isfinite(world_reward(w, s)));
  }
}

// From the opening call to the last second of the session.
static void test_a_day(void **context) {
  (void)context;
  world w = world_open(LIVELY);
  int phases[64] = {0}, indications = 0, terminated = 0;
  int64_t fills = 0;
  for (uint32_t episode = 0; episode < 4; episode++) {
    uint64_t stream = episode;
    world_reset(&w, 7, episode);
    check_seen(&w, phases, &indications);
    while (!*w.io.ended) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      check_seen(&w, phases, &indications);
      check_finite(&w);
      for (int s = 0; s < SEAT_COUNT; s++) terminated += world_terminated(&w, s);
    }
    for (int s = 0; s < SEAT_COUNT; s++) {
      for (int k = 0; k < 2; k++) fills += world_account_at(&w, s, k)->fill_count;
    }
  }
  assert_true(phases[HFT_PHASE_OPENING] > 0 && phases[HFT_PHASE_CLOSING] > 0);
  assert_true(phases[HFT_PHASE_HALTED] > 0 && phases[HFT_PHASE_CONTINUOUS] > 0);
  assert_true(indications > 20 && terminated > 0 && fills > 100);
  world_close(&w);
}

// ---- by hand -----------------------------------------------------------------------------------

#define BY_HAND(risk, seat)                                         \
  "exchange_config: {halt_band_bps: 20, halt_s: 1}\n"               \
  "env_config: {warmup_s: 0, episode_len: 40}\nrisk_config: {" risk \
  "}\nreward_config: "                                              \
  "{lambda_inventory: 0}\n" WORLD_HANDS "seats: [" seat ", {kind: taker, order_qty: 1}]\n"

// Held at 9999 and 10001, with an offer at 10030, which is beyond the band of 20 ticks.
static world open_by_hand(const char *yaml) {
  world w = world_open(yaml);
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9999, 100);
  world_rest(&w, 0, HFT_ASK, 10001, 10);
  world_rest(&w, 0, HFT_ASK, 10030, 100);
  return w;
}

// The hand sends more than there is within the band.
static void halt(const world *w) {
  hft_desk hand = world_hand(w, 1);
  hft_order order = {HFT_BID, HFT_GTC, 10030, 11, 0};
  hft_desk_submit(&hand, &order);
  assert_int_equal(hft_desk_phase(&hand), HFT_PHASE_HALTED);
}

// A seat that ends in a call is closed at the prices of the book before it, with the exchange.
static void test_a_breach_in_a_call(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND(
      "max_inventory: 5", "{kind: maker, quote_qty: 6, offset_unit: ticks, offset_max: 20}"));
  world_act(&w, 0, 0.9f, -1);
  world_set(&w, 1, 0, 0);
  world_step(&w);
  // Its six at 10000 go, and then trading halts.
  world_take(&w, 1, HFT_BID, 6);
  assert_int_equal(world_account(&w, 0)->position, -6);
  halt(&w);
  world_step(&w);
  assert_true(world_terminated(&w, 0) && world_obs(&w, 0, "in_call") == 1);
  // Trading halted at 10030: that offer was there.
  const hft_account *account = world_account(&w, 0);
  assert_int_equal(account->position, 0);
  assert_int_equal(account->cash, 6 * (10000 - 10030));
  assert_int_equal(account->transferred, 6);
  assert_int_equal(account->unfilled, 0);
  assert_near((double)world_unfilled(&w, 0), 0, 0);
  hft_desk desk = world_seat_desk(&w, 0);
  assert_int_equal(hft_desk_open_count(&desk), 0);
  float total = hft_env_return(w.env, 0);
  assert_near((double)total, 6 * (10000 - 10030), 1e-3);
  // The halt began at 100 ms, and ends after a second.
  for (int i = 0; i < 9; i++) {
    world_step(&w);
    assert_int_equal(account->position, 0);
    assert_true(world_reward(&w, 0) == 0 && !world_terminated(&w, 1));
  }
  assert_true(world_obs(&w, 1, "in_call") == 0);
  assert_true(hft_env_return(w.env, 0) == total);
  world_close(&w);
}

// In the last step, in a call, an executor's rest is closed likewise, though others have put more
// into the call since.
static void test_a_horizon_in_a_call(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "{kind: executor, parent_qty: 120}"));
  world_act(&w, 0, -1, 0);
  world_set(&w, 1, 0, 0);
  while (hft_env_steps(w.env) < 39) world_step(&w);
  halt(&w);
  hft_desk hand = world_hand(&w, 0);
  hft_order more = {HFT_ASK, HFT_GTC, 10002, 500, 0};
  hft_desk_submit(&hand, &more);
  hft_desk_cancel_all(&hand);
  world_step(&w);
  assert_true(*w.io.truncated && *w.io.ended);
  // 100 lots stood at 10030; of the 120 to be bought 20 are beyond.
  const hft_account *account = world_account(&w, 0);
  assert_int_equal(account->position, 120);
  assert_int_equal(account->transferred, 120);
  assert_int_equal(account->unfilled, 20);
  assert_int_equal(account->cash, -(100 * 10030 + 20 * 10031));
  assert_near((double)world_unfilled(&w, 0), 20, 0);
  assert_near((double)hft_env_return(w.env, 0), -(100 * 30 + 20 * 31), 1e-3);
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_day),
      cmocka_unit_test(test_a_breach_in_a_call),
      cmocka_unit_test(test_a_horizon_in_a_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
