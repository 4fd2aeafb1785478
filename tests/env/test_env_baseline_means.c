// The mean effect of the terms `baseline` over 2,000 episodes of each kind.
#include "tests/env/baseline_means.h"
#include "tests/support/check.h"

static void the_mean_effect_is_0(void **context) {
  (void)context;
  check_baseline_means(2000);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_mean_effect_is_0)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
