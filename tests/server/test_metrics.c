// Counters against a plain count, and the page against the numbers that were set.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/metrics.h"
#include "sim/base/rng.h"
#include "tests/support/check.h"

#define REQUESTS 5000

// The number behind `name` and a space; fails where the page has no such line.
static double value_of(const char *page, const char *name) {
  size_t length = strlen(name);
  for (const char *line = page; line != NULL; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (strncmp(line, name, length) == 0 && line[length] == ' ') {
      return strtod(line + length, NULL);
    }
  }
  fail_msg("'%s' is not in: %s", name, page);
  return 0;
}

static void expect(const char *page, const char *name, double wanted) {
  double got = value_of(page, name);
  if (got != wanted) fail_msg("%s is %.17g, not %.17g", name, got, wanted);
}

static void buckets_count_durations_up_to_their_bound(void **state) {
  (void)state;
  hft_metrics metrics = {0};
  static hft_time durations[REQUESTS];
  hft_rng rng = hft_rng_seed(5, 0);
  uint64_t sum = 0;
  for (int i = 0; i < REQUESTS; i++) {
    durations[i] = (hft_time)(hft_rng_u64(&rng) >> (24 + hft_rng_u64(&rng) % 40));
    if (i % 7 == 0) durations[i] = (hft_time)1 << (i % 40);  // on a bound
    if (i % 7 == 1) durations[i] = ((hft_time)1 << (i % 40)) + 1;
    hft_metrics_request(&metrics, HFT_WIRE_STEP, HFT_WIRE_OK, durations[i]);
    sum += (uint64_t)durations[i];
  }
  char *page = hft_metrics_print(&metrics, 0), name[128];
  for (int bits = 14; bits <= 36; bits++) {
    hft_time bound = (hft_time)1 << bits;
    int wanted = 0;
    for (int i = 0; i < REQUESTS; i++) wanted += durations[i] <= bound;
    snprintf(name, sizeof name, "hftsim_request_seconds_bucket{kind=\"step\",le=\"%lld.%09lld\"}",
             (long long)(bound / 1000000000), (long long)(bound % 1000000000));
    expect(page, name, wanted);
  }
  expect(page, "hftsim_request_seconds_bucket{kind=\"step\",le=\"+Inf\"}", REQUESTS);
  expect(page, "hftsim_request_seconds_count{kind=\"step\"}", REQUESTS);
  expect(page, "hftsim_request_seconds_count{kind=\"reset\"}", 0);
  char seconds[64];
  snprintf(seconds, sizeof seconds, "%llu.%09llu", (unsigned long long)(sum / 1000000000),
           (unsigned long long)(sum % 1000000000));
  expect(page, "hftsim_request_seconds_sum{kind=\"step\"}", strtod(seconds, NULL));
  assert_true(hft_metrics_requests(&metrics) == REQUESTS);
  free(page);
}

static void the_page_has_every_number(void **state) {
  (void)state;
  hft_metrics metrics = {.started_at = 2 * HFT_SECOND};
  hft_metrics_request(&metrics, HFT_WIRE_MAKE, HFT_WIRE_LIMIT, 1);
  hft_metrics_request(&metrics, HFT_WIRE_KIND_COUNT, HFT_WIRE_MALFORMED, 1);
  hft_metrics_request(&metrics, HFT_WIRE_KIND_COUNT, HFT_WIRE_MALFORMED, 1);
  hft_metrics_add(&metrics.gone, 3);
  hft_metrics_add(&metrics.unread, 4);
  hft_metrics_add(&metrics.keys_refused, 4);
  hft_metrics_set(&metrics.env_steps, UINT64_C(1) << 40);
  hft_metrics_set(&metrics.sessions, 5);
  hft_metrics_set(&metrics.envs, 6);
  hft_metrics_set(&metrics.memory_bytes, 7);
  char *page = hft_metrics_print(&metrics, 5 * HFT_SECOND + 1);
  expect(page, "hftsim_uptime_seconds", 3.000000001);
  expect(page, "hftsim_request_seconds_count{kind=\"make\"}", 1);
  expect(page, "hftsim_request_seconds_count{kind=\"none\"}", 2);
  expect(page, "hftsim_errors_total{code=\"limit\"}", 1);
  expect(page, "hftsim_errors_total{code=\"malformed\"}", 2);
  expect(page, "hftsim_errors_total{code=\"config\"}", 0);
  expect(page, "hftsim_undelivered_total{reason=\"gone\"}", 3);
  expect(page, "hftsim_undelivered_total{reason=\"unread\"}", 4);
  assert_int_equal(hft_metrics_lost(&metrics), 7);
  expect(page, "hftsim_keys_refused_total", 4);
  expect(page, "hftsim_env_steps_total", 1099511627776.0);
  expect(page, "hftsim_sessions", 5);
  expect(page, "hftsim_envs", 6);
  expect(page, "hftsim_memory_bytes", 7);
  free(page);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(buckets_count_durations_up_to_their_bound),
      cmocka_unit_test(the_page_has_every_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
