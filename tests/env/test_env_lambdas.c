// Penalties: of an executor what is left, by the volatility, as the risk charge of Almgren and
// Chriss (2001); and seats with lambdas of their own.
#include <stdio.h>

#include "tests/support/env_world.h"

#define STEPS 40
#define MARKET                                                                        \
  "market_config: {window_ticks: 4096, decision_ms: 500}\nenv_config: {warmup_s: 5, " \
  "episode_len: 40}\n" WORLD_CROWD

// Each step costs lambda x (lots left after it)^2 x the mean square change of the mid, and trading
// earlier costs less.
static void the_risk_of_what_is_left(void **context) {
  (void)context;
  for (int sell = 0; sell < 2; sell++) {
    double charge[2] = {0};
    for (int fast = 0; fast < 2; fast++) {
      world w = world_open(sell ? MARKET
                               "reward_config: {lambda_inventory: 0, lambda_risk: 0.02}\n"
                               "seats: [{kind: executor, side: sell, parent_qty: 80}]\n"
                                : MARKET
                               "reward_config: {lambda_inventory: 0, lambda_risk: 0.02}\n"
                               "seats: [{kind: executor, parent_qty: 80}]\n");
      world_reset(&w, 2, 0);
      int64_t mid2[STEPS + 1] = {hft_market_mid2(world_market(&w), 0)};
      world_act(&w, 0, fast ? 1 : 0, -1);
      for (int i = 1; i <= STEPS; i++) {
        world_step(&w);
        mid2[i] = hft_market_mid2(world_market(&w), 0);
        int count = i < 32 ? i : 32;
        double squares = 0;
        for (int k = i - count; k < i; k++) {
          double change = 0.5 * (double)(mid2[k + 1] - mid2[k]);
          squares += change * change;
        }
        int64_t done = world_account(&w, 0)->position;
        double left = (double)(80 - (done < 0 ? -done : done));
        double wanted = 0.02 * left * left * squares / count;
        assert_near((double)world_term(&w, 0, "risk"), -wanted, 1e-6 * wanted);
        charge[fast] += wanted;
      }
      assert_true(world_term(&w, 0, "risk") == 0);  // nothing is left
      world_close(&w);
    }
    assert_true(charge[1] > 0 && 1.2 * charge[1] < charge[0]);
  }
}

static void seats_may_have_their_own(void **context) {
  (void)context;
  world w = world_open(
      MARKET
      "reward_config: {lambda_inventory: 0.5, lambda_risk: 0.25}\nseats: [{kind: taker, order_qty: "
      "5}, {kind: taker, order_qty: 5, lambda_inventory: 0, lambda_risk: 2}, {kind: taker, "
      "order_qty: 5, lambda_inventory: 3}, {kind: executor, lambda_inventory: 0.01, lambda_risk: "
      "0}]\n");
  static const double inventory[4] = {0.01, 0.5, 0, 3}, risk[4] = {0, 0.25, 2, 0.25};
  world_reset(&w, 2, 0);
  uint64_t stream = 5;
  double size = 0;
  while (!*w.io.ended) {
    world_act_randomly(&w, &stream);
    world_step(&w);
    double v = (double)world_obs(&w, 0, "volatility");
    for (int s = 0; s < 4; s++) {
      double lots = (double)world_account(&w, s)->position;
      if (s == 0) lots = 200 - lots;
      double square = lots * lots;
      assert_near((double)world_term(&w, s, "inventory"), -inventory[s] * square, 1e-5 * square);
      assert_near((double)world_term(&w, s, "risk"), -risk[s] * square * v * v,
                  1e-5 * square * v * v);
      size += square * v;
    }
  }
  assert_true(size > 0);
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_risk_of_what_is_left),
      cmocka_unit_test(seats_may_have_their_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
