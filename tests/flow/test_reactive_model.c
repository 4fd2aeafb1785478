// The draws of the population `reactive` against their probabilities, its compiled tables against
// the formulas of sim/flow/tables.h, and the decay of impact against its power law.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/dist.h"
#include "sim/flow/reactive_model.h"
#include "tests/support/check.h"
#include "tests/support/market.h"
#include "tests/support/statistics.h"

#define DRAWS 200000

static const hft_reactive_dials dials = {0.4, 0.8, 0.05, 1000};

static hft_reactive_model *create(const char *name) {
  hft_reactive_model *model = aligned_zeros(hft_align(sizeof *model));
  hft_error error = {0};
  for (int i = 0; i < hft_flow_text_count; i++) {
    const hft_flow_text *text = &hft_flow_texts[i];
    if (strcmp(text->name, name) != 0) continue;
    expect_ok(hft_flow_tables_read(text->text, text->length, name, &model->tables, &error), &error);
    hft_reactive_compile(model, &dials);
    return model;
  }
  fail_msg("there are no tables %s", name);
  return NULL;
}

static float unit(hft_rng *rng) {
  return hft_flow_unit(hft_rng_u32(rng));
}

// ---- draws -------------------------------------------------------------------------------------

static int class_of_rank(uint32_t rank) {
  static const uint32_t first[HFT_FLOW_RANKS] = HFT_FLOW_RANK_FIRST;
  int class = HFT_FLOW_RANKS - 1;
  while (first[class] > rank) class --;
  return class;
}

static void ranks_have_their_probabilities(void **state) {
  (void)state;
  enum { RANKS = 300 };
  hft_reactive_model *m = create("small_tick");
  hft_rng rng = hft_rng_seed(1, 1);
  const uint32_t counts[] = {1, 2, 3, 4, 7, 40, 128, 129, RANKS};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    int64_t drawn[RANKS] = {0};
    double probability[RANKS] = {0}, sum = 0;
    for (uint32_t k = 0; k < counts[i]; k++) {
      sum += probability[k] = m->tables.cancel_rank[1][class_of_rank(k)];
    }
    for (int n = 0; n < DRAWS; n++) {
      uint32_t rank = counts[i];
      while (rank >= counts[i]) rank = hft_draw_rank(&m->rank[1], counts[i], hft_rng_u64(&rng));
      drawn[rank]++;
    }
    // Rare ranks share the last bin.
    size_t bins = 0;
    int64_t bin[RANKS + 1] = {0}, rest = 0;
    double share[RANKS + 1] = {0}, other = 0;
    for (uint32_t k = 0; k < counts[i]; k++) {
      double p = probability[k] / sum;
      bool rare = p * DRAWS < 20;
      if (rare) other += p, rest += drawn[k];
      if (!rare) share[bins] = p, bin[bins++] = drawn[k];
    }
    if (other * DRAWS > 20) share[bins] = other, bin[bins++] = rest;
    if (bins > 1) expect_fit("ranks", bin, share, bins);
  }
  free(m);
}

// At most about half of the draws are not below the number, whatever it is.
static void ranks_are_seldom_beyond_their_number(void **state) {
  (void)state;
  hft_reactive_model *m = create("large_tick");
  hft_rng rng = hft_rng_seed(7, 7);
  for (uint32_t count = 1; count < 1U << 24; count += 1 + count / 3) {
    int beyond = 0;
    for (int n = 0; n < 1000; n++) {
      uint32_t rank = hft_draw_rank(&m->best_rank[0], count, hft_rng_u64(&rng));
      assert_true(rank < 2 * count);
      beyond += rank >= count;
    }
    assert_true(beyond < 600);
    assert_int_equal(hft_draw_rank(&m->rank[0], 1, hft_rng_u64(&rng)), 0);
  }
  free(m);
}

// An outcome as the population draws it, or -1 if the event drawn is not possible.
static int32_t draw_outcome(const hft_flow_row *weight, float u) {
  float rest;
  hft_flow_event event = hft_draw_event(weight, u, &rest);
  hft_side side = hft_draw_side(weight, event, rest);
  return weight->lane[HFT_FLOW_LANE(event, side)] > 0 ? 2 * (int32_t)event + (int32_t)side : -1;
}

static void outcomes_have_their_probabilities(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(2, 2);
  for (int round = 0; round < 20; round++) {
    hft_flow_row weight;
    double probability[HFT_FLOW_OUTCOMES] = {0}, sum = 0;
    int64_t count[HFT_FLOW_OUTCOMES] = {0};
    for (int k = 0; k < HFT_FLOW_OUTCOMES; k++) {
      weight.lane[k] = 0.05F + unit(&rng);
      sum += (double)weight.lane[k];
    }
    for (int k = 0; k < HFT_FLOW_OUTCOMES; k++) {
      probability[k] = (double)weight.lane[HFT_FLOW_LANE(k / 2, k & 1)] / sum;
    }
    for (int n = 0; n < DRAWS; n++) count[draw_outcome(&weight, unit(&rng))]++;
    expect_fit("outcomes", count, probability, HFT_FLOW_OUTCOMES);
  }
}

// Over every set of weights that are not 0, for the smallest and the largest draw and some between.
// By rounding an event may be drawn that has no weight, but next to never, and never if all others
// have none.
static void impossible_outcomes_are_never_drawn(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(3, 3);
  int64_t draws = 0, none = 0;
  for (uint32_t set = 0; set < 1U << HFT_FLOW_OUTCOMES; set++) {
    for (int n = 0; n < 16; n++) {
      hft_flow_row weight;
      for (int k = 0; k < HFT_FLOW_OUTCOMES; k++) {
        float any = unit(&rng) + 0x1p-20F;
        weight.lane[k] = (set >> k & 1) != 0 ? any * (n & 1 ? 1 : ldexpf(1, -3 * k)) : 0;
      }
      float u = n < 2 ? 0 : n < 4 ? 1 - 0x1p-24F : unit(&rng);
      int32_t outcome = draw_outcome(&weight, u);
      assert_in_range(outcome + 1, 0, HFT_FLOW_OUTCOMES);
      if (set == 0) assert_int_equal(outcome, -1);
      if (set == 0 || n < 4) continue;
      draws++;
      none += outcome < 0;
    }
  }
  assert_true(none * 1000 < draws);
}

// The distribution function of a row at its draws is uniform, but at the values of a flat row.
static void waits_follow_their_tables(void **state) {
  (void)state;
  hft_reactive_model *m = create("small_tick");
  hft_rng rng = hft_rng_seed(4, 4);
  const hft_wait_quantiles *wait = &m->tables.wait;
  static double u[DRAWS / 10];
  for (int group = 0; group < HFT_FLOW_GROUPS; group++) {
    for (int outcome = 0; outcome < HFT_FLOW_OUTCOMES; outcome += 3) {
      uint32_t activity = (uint32_t)outcome / 2;
      const double *q = wait->value[group][outcome / 2][activity];
      size_t count = 0;
      for (int n = 0; n < DRAWS / 10; n++) {
        hft_flow_spread spread = {.group = (uint8_t)group};
        int32_t bits = hft_draw_wait(m, spread, outcome, activity, hft_rng_u32(&rng));
        // Linear in the bits between the points.
        double at[HFT_FLOW_WAIT_POINTS_MAX];
        for (int i = 0; i < wait->count; i++) at[i] = hft_flow_bits((float)pow(10, q[i]));
        assert_true(bits >= at[0] - 32 && bits <= at[wait->count - 1] + 32);
        int k = 0;
        while (k < wait->count - 2 && at[k + 1] <= bits) k++;
        if (at[k + 1] - at[k] < 1e4) continue;
        double in = (bits - at[k]) / (at[k + 1] - at[k]);
        u[count++] = (k + fmin(fmax(in, 0), 1)) / (double)(wait->count - 1);
      }
      assert_true(count > DRAWS / 11);
      expect_uniform("waits", u, count);
    }
  }
  free(m);
}

static void points_are_the_nearest(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(5, 5);
  const uint32_t last[] = {1, 2, 7, 64, 256};
  assert_int_equal(hft_flow_point(0, UINT32_MAX), 0);
  for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
    int64_t count[257] = {0};
    double probability[257];
    for (uint32_t k = 0; k <= last[i]; k++) {
      probability[k] = (k == 0 || k == last[i] ? 0.5 : 1) / last[i];
    }
    for (int n = 0; n < DRAWS; n++) count[hft_flow_point(last[i], hft_rng_u32(&rng))]++;
    expect_fit("points", count, probability, last[i] + 1);
    assert_int_equal(hft_flow_point(last[i], UINT32_MAX), last[i]);
  }
}

// ---- functions ---------------------------------------------------------------------------------

static void the_tilt_is_a_hyperbolic_tangent(void **state) {
  (void)state;
  hft_reactive_model *m = create("large_tick");
  for (int i = -100000; i <= 100000; i++) {
    float z = (float)i * 1e-4F;
    double cut = fmin(fmax((double)z, -3), 3);
    assert_true(fabs((double)hft_flow_tilt(m, z) - tanh(cut)) < 1e-4);
  }
  free(m);
}

static int reached(const double *edge, int edges, double x) {
  int at = 0;
  while (at < edges && x >= edge[at]) at++;
  return at;
}

static void classes_are_those_of_the_edges(void **state) {
  (void)state;
  for (uint32_t size = 1; size < 100000; size++) {
    double low = floor(log2(size)), exact = 8 * low + floor(8 * (size / exp2(low) - 1));
    assert_int_equal(hft_flow_size_class((int32_t)size), (uint32_t)exact);
  }
  assert_true(hft_flow_size_class(INT32_MAX) < HFT_FLOW_SIZE_ROWS);
  hft_reactive_model *m = create("small_tick");
  for (int32_t spread = 1; spread < 1000; spread++) {
    hft_flow_spread found = hft_flow_spread_class(m, spread);
    int class = reached(m->tables.spread_edges, HFT_FLOW_SPREADS - 1, spread);
    assert_int_equal(found.place, class);
    assert_int_equal(found.row & 1, spread > m->tables.move_spread);
    bool beyond = spread > m->tables.spread_cap;
    assert_int_equal(found.row / 2, spread == 1 ? 0 : beyond ? 11 : 1 + class);
  }
  // Classes of waits, but within a cell of an edge.
  for (double log10 = -12; log10 <= 5; log10 += 1e-3) {
    int32_t bits = hft_flow_bits((float)pow(10, log10));
    uint32_t cell = hft_flow_cell(bits);
    assert_true(cell < HFT_FLOW_WAIT_CELLS);
    int low = reached(m->tables.wait_edges, HFT_FLOW_WAITS - 1, pow(10, log10 - 0.03));
    int high = reached(m->tables.wait_edges, HFT_FLOW_WAITS - 1, pow(10, log10 + 0.03));
    assert_in_range(m->wait_class[cell], low, high);
    low = reached(m->tables.activity_edges, HFT_FLOW_ACTIVITIES - 1, log10 - 0.03);
    high = reached(m->tables.activity_edges, HFT_FLOW_ACTIVITIES - 1, log10 + 0.03);
    assert_in_range(m->activity_class[cell], low, high);
  }
  free(m);
}

// ---- symmetry ----------------------------------------------------------------------------------

// A row and the row of the mirrored state have the same weights on exchanged sides.
static void expect_mirrored(const hft_flow_row *row, const hft_flow_row *mirrored) {
  for (int e = 0; e < HFT_FLOW_EVENTS; e++) {
    for (int s = 0; s < 2; s++) {
      assert_true(row->lane[HFT_FLOW_LANE(e, s)] == mirrored->lane[HFT_FLOW_LANE(e, 1 - s)]);
      assert_true(row->lane[HFT_FLOW_LANE(e, s)] >= 0);
    }
  }
}

static void weights_are_mirrored(void **state) {
  (void)state;
  const char *names[] = {"small_tick", "large_tick"};
  for (int i = 0; i < 2; i++) {
    hft_reactive_model *m = create(names[i]);
    for (int last = 0; last < HFT_FLOW_OUTCOMES; last++) {
      expect_mirrored(&m->before[last], &m->before[last ^ 1]);
      for (int k = 0; k < HFT_FLOW_WAITS; k++) {
        expect_mirrored(&m->previous[last][k], &m->previous[last ^ 1][k]);
      }
    }
    for (int k = 0; k < 4 * HFT_FLOW_SPREAD_ROWS; k++) {
      int since = k / HFT_FLOW_SPREAD_ROWS, row = k % HFT_FLOW_SPREAD_ROWS;
      expect_mirrored(&m->spread[0][since][row], &m->spread[1][since][row]);
    }
    for (int k = 0; k < HFT_FLOW_IMBALANCES * HFT_FLOW_IMBALANCES; k++) {
      int bid = k / HFT_FLOW_IMBALANCES, ask = k % HFT_FLOW_IMBALANCES;
      expect_mirrored(&m->imbalance[bid][ask], &m->imbalance[ask][bid]);
    }
    for (int lane = 0; lane < HFT_FLOW_OUTCOMES; lane++) {
      int e = lane / 2, s = lane & 1;
      float push = m->tilt_push.lane[HFT_FLOW_LANE(e, s)];
      assert_true(push == -m->tilt_push.lane[HFT_FLOW_LANE(e, 1 - s)]);
    }
    // A bought lot pushes up: market orders against the ask and bids that improve.
    assert_true(m->tilt_push.lane[HFT_FLOW_LANE(HFT_FLOW_MARKET, HFT_ASK)] == 0.8F);
    assert_true(m->tilt_push.lane[HFT_FLOW_LANE(HFT_FLOW_IMPROVE, HFT_BID)] == 0.05F);
    assert_true(m->tilt_push.lane[HFT_FLOW_LANE(HFT_FLOW_CANCEL_BEST, HFT_ASK)] == 0.05F);
    free(m);
  }
}

// ---- impact ------------------------------------------------------------------------------------

static double impact_after(const hft_propagator_model *model, const hft_time *time, int steps) {
  hft_propagator state = {0};
  hft_propagator_add(model, &state, 1, 0.25);
  for (int i = 0; i < steps; i++) hft_propagator_decay(model, &state, time[i]);
  return hft_propagator_sum(&state) - 0.25;
}

static void impact_decays_as_a_power(void **state) {
  (void)state;
  const double exponents[] = {0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1};
  const double seconds[] = {0, 0.01, 0.1, 0.5, 1, 3, 10, 30, 100, 600, 1800, 3600, 10800};
  for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
    hft_propagator_model model;
    hft_propagator_compile(&model, exponents[i]);
    for (size_t k = 0; k < sizeof seconds / sizeof seconds[0]; k++) {
      hft_time time = (hft_time)(seconds[k] * 1e9);
      double left = impact_after(&model, &time, 1), expected = pow(1 + seconds[k], -exponents[i]);
      if (!(fabs(left - expected) < 0.015)) {
        fail_msg("exponent %g: %g left after %g s, not %g", exponents[i], left, seconds[k],
                 expected);
      }
    }
  }
}

// It does not matter into how many steps a time is cut.
static void impact_does_not_depend_on_steps(void **state) {
  (void)state;
  enum { STEPS = 20000 };
  static hft_time time[STEPS];
  hft_propagator_model model;
  hft_propagator_compile(&model, 0.4);
  hft_rng rng = hft_rng_seed(6, 6);
  for (double mean = 1e5; mean < 1e12; mean *= 30) {  // ns between steps
    hft_time now = 0;
    for (int i = 0; i < STEPS; i++) {
      now += (hft_time)(mean * hft_exponential(&rng));
      time[i] = now;
    }
    double fine = impact_after(&model, time, STEPS), once = impact_after(&model, &now, 1);
    if (!(fabs(fine - once) < 1e-4 * once + 1e-9)) fail_msg("%g ns: %g, %g", mean, fine, once);
  }
}

static void impact_adds_up_and_vanishes(void **state) {
  (void)state;
  hft_propagator_model model;
  hft_propagator_compile(&model, 1);
  hft_propagator state1 = {0};
  for (int i = 0; i < 3; i++) hft_propagator_add(&model, &state1, i == 2 ? -1 : 2, 0.5);
  assert_true(fabs(hft_propagator_sum(&state1) - 4.5) < 1e-6);
  hft_propagator_decay(&model, &state1, INT64_MAX);
  assert_true(hft_propagator_sum(&state1) == 1.5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranks_have_their_probabilities),
      cmocka_unit_test(ranks_are_seldom_beyond_their_number),
      cmocka_unit_test(outcomes_have_their_probabilities),
      cmocka_unit_test(impossible_outcomes_are_never_drawn),
      cmocka_unit_test(waits_follow_their_tables),
      cmocka_unit_test(points_are_the_nearest),
      cmocka_unit_test(the_tilt_is_a_hyperbolic_tangent),
      cmocka_unit_test(classes_are_those_of_the_edges),
      cmocka_unit_test(weights_are_mirrored),
      cmocka_unit_test(impact_decays_as_a_power),
      cmocka_unit_test(impact_does_not_depend_on_steps),
      cmocka_unit_test(impact_adds_up_and_vanishes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
