// Heads at the ends: outputs without bound, NaN, masks that forbid everything, definitions out of
// range.
#include "tests/agents/heads.h"

static const layout mixture = {"a mixture", 4, {0, 3, 0, 2}};

static bool finite_row(const float *values, int count) {
  for (int i = 0; i < count; i++) {
    if (!isfinite(values[i])) return false;
  }
  return true;
}

// Outputs of a network that ran away, all combinations of two by axis and parameter.
static void huge_outputs_give_numbers(void **state) {
  (void)state;
  static const float huge[] = {0, 50, -50, 1e6F, -1e30F, 3e38F, -3e38F, INFINITY, -INFINITY};
  for (int density = 0; density < COUNT(density_names); density++) {
    rows r = rows_make(&mixture, (hft_density)density, 1, 1);
    for (int k = 0; k < COUNT(huge) * COUNT(huge) * 3; k++) {
      float a = huge[k % COUNT(huge)], b = huge[k / COUNT(huge) % COUNT(huge)];
      static const float param[] = {0, 200, -200};
      for (int i = 0; i < r.params; i++) r.param[i] = param[k / COUNT(huge) / COUNT(huge)];
      for (int i = 0; i < r.outputs; i++) r.y[i] = i % 2 == 0 ? a : b;
      memset(r.mask, 1, (size_t)r.mask_dim);
      rows_sample(&r);
      float entropy, dy[16], grad[4] = {0}, greedy[4], one = 1;
      hft_head_evaluate(r.head, r.param, r.y, r.mask, r.raw, 1, r.log_prob, &entropy);
      hft_head_backward(r.head, r.param, r.y, r.mask, r.raw, 1, &one, &one, dy, grad);
      hft_head_greedy(r.head, r.param, r.y, r.mask, greedy);
      assert_true(finite_row(r.raw, r.axes) && finite_row(r.sent, r.axes));
      assert_true(isfinite(*r.log_prob) && isfinite(entropy) && finite_row(greedy, r.axes));
      assert_true(finite_row(dy, r.outputs) && finite_row(grad, r.params));
    }
    rows_free(&r);
  }
}

// NaN reaches no env, but the log-probability tells of it.
static void nan_reaches_no_env(void **state) {
  (void)state;
  for (int density = 0; density < COUNT(density_names); density++) {
    rows r = rows_make(&mixture, (hft_density)density, 1, 1);
    for (int i = 0; i < r.outputs; i++) r.y[i] = NAN;
    static const uint8_t mask[] = {0, 1, 1, 0, 1};
    memcpy(r.mask, mask, sizeof mask);
    rows_sample(&r);
    assert_true(finite_row(r.sent, r.axes) && isnan(*r.log_prob));
    assert_true(mask[(int)r.sent[1]] == 1 && mask[3 + (int)r.sent[3]] == 1);
    hft_head_greedy(r.head, r.param, r.y, r.mask, r.sent);
    assert_true(finite_row(r.sent, r.axes));
    assert_true(r.sent[1] == 1 && r.sent[3] == 1);
    rows_free(&r);
  }
}

// A squashed action at the ends of its range: log p against (u - mean)^2 / 2 and 2 |u|.
static void squashed_is_stable_at_the_ends(void **state) {
  (void)state;
  static const layout one = {"one number", 1, {0}};
  hft_head *head = heads_make(&one, HFT_DENSITY_SQUASHED, 1);
  static const float at[] = {-1e4F, -200, -30, -12, 12, 30, 200, 1e4F};
  for (int i = 0; i < COUNT(at); i++) {
    float param = 0, log_prob, entropy, sent;
    hft_head_evaluate(head, &param, &at[i], NULL, &at[i], 1, &log_prob, &entropy);
    double expected = -log(2 * PI) / 2 + 2 * fabs((double)at[i]) - 2 * log(2);
    assert_near(log_prob, expected, 1e-6 * fabs(expected));
    hft_head_greedy(head, &param, &at[i], NULL, &sent);
    assert_true(fabsf(sent) <= 1 && fabsf(sent) > 0.9999F);
  }
  hft_head_free(head);
}

static void all_forbidden_is_all_allowed(void **state) {
  (void)state;
  for (int k = 0; k < COUNT(layouts); k++) {
    rows r = rows_make(&layouts[k], HFT_DENSITY_GAUSSIAN, 20, 1);
    if (r.mask != NULL) {
      float with[20], without[20], entropy[2][20];
      memset(r.mask, 0, (size_t)r.count * (size_t)r.mask_dim);
      hft_rng rng = r.rng;
      rows_sample(&r);
      hft_head_evaluate(r.head, r.param, r.y, r.mask, r.raw, r.count, with, entropy[0]);
      uint8_t *mask = r.mask;
      r.mask = NULL;
      float *kept = r.raw;
      r.raw = heads_alloc((size_t)r.count * (size_t)r.axes, sizeof *r.raw);
      r.rng = rng;
      rows_sample(&r);
      assert_memory_equal(kept, r.raw, (size_t)r.count * (size_t)r.axes * sizeof *kept);
      hft_head_evaluate(r.head, r.param, r.y, NULL, r.raw, r.count, without, entropy[1]);
      assert_memory_equal(with, without, sizeof with);
      assert_memory_equal(entropy[0], entropy[1], sizeof entropy[0]);
      free(kept);
      r.mask = mask;
    }
    rows_free(&r);
  }
}

// A stored choice that its mask forbids is impossible, but finite, and has no gradient of its own.
static void a_forbidden_choice_has_no_gradient(void **state) {
  (void)state;
  static const layout of = {"a choice", 1, {3}};
  static const uint8_t mask[] = {1, 0, 1};
  static const float y[] = {0.5F, 2, -1}, raw = 1, dlog = 0.7F, dentropy = -0.2F;
  hft_head *head = heads_make(&of, HFT_DENSITY_GAUSSIAN, 0.3);
  float log_prob, entropy, dy[3];
  hft_head_evaluate(head, NULL, y, mask, &raw, 1, &log_prob, &entropy);
  assert_true(isfinite(log_prob) && log_prob < -1e20F && isfinite(entropy));
  hft_head_backward(head, NULL, y, mask, &raw, 1, &dlog, &dentropy, dy, NULL);
  assert_true(dy[1] == 0 && finite_row(dy, 3));
  hft_head_free(head);
}

static void greedy_takes_the_first_of_the_best(void **state) {
  (void)state;
  static const layout of = {"choices", 2, {4, 3}};
  hft_head *head = heads_make(&of, HFT_DENSITY_GAUSSIAN, 0.3);
  static const float y[] = {1, 3, 3, 2, 5, 0, -1};
  static const uint8_t masks[][7] = {
      {1, 1, 1, 1, 1, 1, 1}, {1, 0, 1, 1, 0, 1, 1}, {1, 0, 0, 1, 0, 0, 1}, {0, 0, 0, 0, 0, 0, 0}};
  static const float expected[][2] = {{1, 0}, {2, 1}, {3, 2}, {1, 0}};
  for (int i = 0; i < COUNT(masks); i++) {
    float sent[2];
    hft_head_greedy(head, NULL, y, masks[i], sent);
    assert_memory_equal(sent, expected[i], sizeof sent);
  }
  hft_head_free(head);
}

static void refuses_definitions_out_of_range(void **state) {
  (void)state;
  static const struct {
    hft_head_def def;
    const char *words;
  } bad[] = {
      {{.axis_count = 0, .deviation = 1}, "axes"},
      {{.axis_count = HFT_AXES_MAX + 1, .deviation = 1}, "axes"},
      {{.axis_count = 1, .deviation = 0}, "deviation"},
      {{.axis_count = 1, .deviation = NAN}, "deviation"},
      {{.axis_count = 1, .deviation = 1e9}, "deviation"},
      {{.axis_count = 1, .deviation = 1, .density = (hft_density)3}, "density"},
      {{.axis_count = 1, .deviation = 1, .choice_count = {-1}}, "choices"},
      {{.axis_count = 1, .deviation = 1, .choice_count = {HFT_NET_OUTPUTS_MAX + 1}},
       "multi_discrete"},
      {{.axis_count = 3, .deviation = 1, .choice_count = {INT32_MAX, INT32_MAX, INT32_MAX}},
       "multi_discrete"},
  };
  for (int i = 0; i < COUNT(bad); i++) {
    hft_head *head = NULL;
    hft_error error = {0};
    assert_int_equal(hft_head_create(&bad[i].def, &head, &error), HFT_EINVAL);
    assert_null(head);
    if (strstr(error.text, bad[i].words) == NULL) fail_msg("%d: %s", i, error.text);
  }
  hft_head_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(huge_outputs_give_numbers),
                                     cmocka_unit_test(nan_reaches_no_env),
                                     cmocka_unit_test(squashed_is_stable_at_the_ends),
                                     cmocka_unit_test(all_forbidden_is_all_allowed),
                                     cmocka_unit_test(a_forbidden_choice_has_no_gradient),
                                     cmocka_unit_test(greedy_takes_the_first_of_the_best),
                                     cmocka_unit_test(refuses_definitions_out_of_range)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
