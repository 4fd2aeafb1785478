// What the market shows of metaorders (configs/reference/metaorders.yaml): the signs of trades have
// a long memory, and a parent's impact is a concave power of its size.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/flow/children.h"
#include "tests/support/statistics.h"

#define DAY (23400 * HFT_SECOND)
#define METAORDERS 3  // the population

static world open_world(const char *const *sets) {
  world w = {.config = world_config("{}")};
  hft_error error = {0};
  hft_status status = hft_config_merge_file(w.config, "configs/reference/metaorders.yaml", &error);
  while (status == HFT_OK && *sets != NULL) {
    status = hft_config_set(w.config, *sets++, &error);
  }
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  w.model = world_model(w.config, NULL, 0);
  w.market = create_market(w.model);
  return w;
}

// The slope of log y over log x, each point of the same weight.
static double log_slope(const double *x, const double *y, int count) {
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (int i = 0; i < count; i++) {
    double u = log(x[i]), v = log(y[i]);
    sx += u, sy += v, sxx += u * u, sxy += u * v;
  }
  return (count * sxy - sx * sy) / (count * sxx - sx * sx);
}

// C(lag) = <s(i) s(i + lag)> of signs in the order of the trades.
static double autocorrelation(const int8_t *sign, size_t count, size_t lag) {
  int64_t sum = 0;
  for (size_t i = lag; i < count; i++) sum += sign[i] * sign[i - lag];
  return (double)sum / (double)(count - lag);
}

// Lillo, Mike and Farmer 2005: sizes with P(N > n) ~ n^-a give C(lag) ~ lag^-(a - 1).
static void signs_have_a_long_memory(void **state) {
  (void)state;
  const char *const many[] = {"populations.metaorder.rate=0.5",
                              "populations.metaorder.child_rate=0.5",
                              "populations.metaorder.children_max=100000",
                              "populations.metaorder.parents_max=256",
                              "market_config.duration_s=86400",
                              NULL};
  world w = open_world(many);
  children c = children_of(&w, METAORDERS);
  hft_sink sink = children_sink(&c);
  for (uint64_t seed = 0; seed < 6; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, &sink);
    hft_market_run(w.model, w.market, 86400 * HFT_SECOND, &sink);
  }
  children_end(&c);
  int8_t *sign = malloc(c.count);
  assert_non_null(sign);
  for (size_t i = 0; i < c.count; i++) {
    sign[i] = (int8_t)hft_side_sign((hft_side)c.child[i].parent.side);
  }
  double lag[7], correlation[7];
  for (int i = 0; i < 7; i++) {
    lag[i] = 8 << i;
    correlation[i] = autocorrelation(sign, c.count, (size_t)lag[i]);
    print_message("C(%g) = %.4f\n", lag[i], correlation[i]);
  }
  double exponent = -log_slope(lag, correlation, 7);
  print_message("%zu signs: C(lag) ~ lag^-%.3f\n", c.count, exponent);
  assert_true(fabs(exponent - 0.5) < 0.15);
  // No exponential would do: it would have to lose as much from lag to lag, not by doubling.
  double early = log(correlation[0] / correlation[1]), late = log(correlation[5] / correlation[6]);
  assert_true(late < 3 * early);
  free(sign);
  children_free(&c);
  world_free(&w);
}

// Bins of sizes, from 2^(k/2) on.
#define FIRST_BIN 2  // 2 children
#define LAST_BIN 11  // 46 .. 63: larger ones are too rare

typedef struct impact {
  double size, move, square, count;
} impact;

static void measure_impact(impact *bin) {
  const char *const none[] = {NULL};
  world w = open_world(none);
  for (uint64_t seed = 0; seed < 30; seed++) {
    children c = children_of(&w, METAORDERS);
    hft_sink sink = children_sink(&c);
    hft_market_reset(w.model, w.market, seed, 0, &sink);
    hft_market_run(w.model, w.market, DAY, &sink);
    children_end(&c);
    for (size_t i = 0; i < c.count; i++) {
      const hft_parent *parent = &c.child[i].parent;
      int at = (int)floor(2 * log2(parent->children) + 1e-9);
      if (parent->sent < parent->children || at > LAST_BIN) continue;
      double move = 0.5 * c.child[i].move2;
      bin[at].size += parent->children;
      bin[at].move += move;
      bin[at].square += move * move;
      bin[at].count++;
    }
    children_free(&c);
  }
  world_verify(&w);
  world_free(&w);
}

static void impact_is_concave(void **state) {
  (void)state;
  impact bin[LAST_BIN + 1] = {{0}};
  measure_impact(bin);
  double size[LAST_BIN + 1], move[LAST_BIN + 1];
  int points = 0;
  for (int k = FIRST_BIN; k <= LAST_BIN; k++) {
    if (bin[k].count < 20) continue;
    size[points] = bin[k].size / bin[k].count;
    move[points] = bin[k].move / bin[k].count;
    double error =
        sqrt((bin[k].square / bin[k].count - move[points] * move[points]) / bin[k].count);
    print_message("%6.1f children: %.3f +- %.3f ticks\n", size[points], move[points], error);
    assert_true(move[points] > 0);
    points++;
  }
  double exponent = log_slope(size, move, points);
  print_message("impact ~ size^%.3f\n", exponent);
  assert_true(points >= 8);
  assert_true(exponent > 0.4 && exponent < 0.7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(signs_have_a_long_memory),
      cmocka_unit_test(impact_is_concave),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
