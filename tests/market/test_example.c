// A first test: an order that rests, and one that trades with it at its price.
#include "tests/market/stage.h"

static void the_resting_order_sets_the_price(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_ASK, 10001, 5);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10003, 2);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2, .left = 3);
  assert_int_equal(stage_account(&s, 1)->position, 2);
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_resting_order_sets_the_price)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
