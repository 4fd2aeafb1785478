// The random generator: known outputs, uniformity, and independent streams.
#include <math.h>
#include <stdlib.h>

#include "sim/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define SIDE 1000  // streams are tested on a square of so many envs and streams

static void known_outputs(void **state) {
  (void)state;
  const uint32_t expected[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293};
  hft_rng rng = hft_rng_seed(42, 54);
  for (int i = 0; i < 4; i++) assert_int_equal(hft_rng_u32(&rng), expected[i]);
  rng = hft_rng_seed(42, 54);
  assert_true(hft_rng_u64(&rng) == UINT64_C(0xe1cbc180b69606bb));
}

static void every_byte_is_uniform(void **state) {
  (void)state;
  hft_rng rng = hft_rng_stream(0, 0, 0);
  static int64_t count[4][256];
  for (int i = 0; i < 4000000; i++) {
    uint32_t word = hft_rng_u32(&rng);
    for (int byte = 0; byte < 4; byte++) count[byte][word >> (8 * byte) & 255]++;
  }
  for (int byte = 0; byte < 4; byte++) expect_fit("a byte of the output", count[byte], NULL, 256);
}

static void every_byte_of_64_bits_is_uniform(void **state) {
  (void)state;
  hft_rng rng = hft_rng_stream(0, 0, 0);
  static int64_t count[8][256];
  for (int i = 0; i < 4000000; i++) {
    uint64_t word = hft_rng_u64(&rng);
    for (int byte = 0; byte < 8; byte++) count[byte][word >> (8 * byte) & 255]++;
  }
  for (int byte = 0; byte < 8; byte++) expect_fit("a byte of 64 bits", count[byte], NULL, 256);
}

static void neighbours_in_a_stream_are_independent(void **state) {
  (void)state;
  hft_rng rng = hft_rng_stream(1, 2, 3);
  static int64_t count[1 << 12];
  uint32_t before = hft_rng_u32(&rng) >> 26;
  for (int i = 0; i < 4000000; i++) {
    uint32_t now = hft_rng_u32(&rng) >> 26;
    count[before << 6 | now]++;
    before = now;
  }
  expect_fit("pairs of outputs", count, NULL, 1 << 12);
}

// Correlation of two streams over many draws.
static double correlation(hft_rng a, hft_rng b, int draws) {
  double sum = 0;
  for (int i = 0; i < draws; i++) {
    double x = (double)hft_rng_u32(&a) * 0x1p-32 - 0.5;
    double y = (double)hft_rng_u32(&b) * 0x1p-32 - 0.5;
    sum += x * y;
  }
  return sum / draws * 12;
}

static void near_streams_do_not_correlate(void **state) {
  (void)state;
  const int draws = 20000;
  double deviation = 1 / sqrt(draws);
  for (uint32_t i = 0; i < 200; i++) {
    hft_rng here = hft_rng_stream(i, i, i);
    expect_near("the next seed", correlation(here, hft_rng_stream(i + 1, i, i), draws), 0,
                deviation);
    expect_near("the next env", correlation(here, hft_rng_stream(i, i + 1, i), draws), 0,
                deviation);
    expect_near("the next stream", correlation(here, hft_rng_stream(i, i, i + 1), draws), 0,
                deviation);
    if (i > 0) {
      expect_near("env and seed swapped",
                  correlation(hft_rng_stream(0, i, 0), hft_rng_stream(i, 0, 0), draws), 0,
                  deviation);
      expect_near("env and stream swapped",
                  correlation(hft_rng_stream(0, i, 0), hft_rng_stream(0, 0, i), draws), 0,
                  deviation);
    }
  }
}

// The first outputs of many streams, in the order of their keys, are as random as one stream.
static void first_outputs_are_uniform(void **state) {
  (void)state;
  static int64_t high[256], low[256], pair[1 << 12];
  uint32_t before = 0;
  for (uint32_t env = 0; env < SIDE; env++) {
    for (uint32_t stream = 0; stream < SIDE; stream++) {
      hft_rng rng = hft_rng_stream(0, env, stream);
      uint32_t word = hft_rng_u32(&rng);
      high[word >> 24]++;
      low[word & 255]++;
      pair[before << 6 | word >> 26]++;
      before = word >> 26;
    }
  }
  expect_fit("high bytes of first outputs", high, NULL, 256);
  expect_fit("low bytes of first outputs", low, NULL, 256);
  expect_fit("first outputs of neighbours", pair, NULL, 1 << 12);
}

static int compare_words(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

// PCG's sequences of different increments are different orbits: they cannot overlap.
static void no_two_streams_share_an_orbit(void **state) {
  (void)state;
  uint64_t *inc = malloc(SIDE * SIDE * sizeof *inc);
  assert_non_null(inc);
  for (uint32_t i = 0; i < SIDE * SIDE; i++) {
    inc[i] = hft_rng_stream(i % 10, i / 10 % SIDE, i / 10 / SIDE).inc;
    assert_int_equal(inc[i] & 1, 1);
  }
  qsort(inc, SIDE * SIDE, sizeof *inc, compare_words);
  for (int i = 1; i < SIDE * SIDE; i++) assert_true(inc[i] != inc[i - 1]);
  free(inc);
}

static void extreme_keys_are_keys(void **state) {
  (void)state;
  hft_rng a = hft_rng_stream(0, 0, 0), b = hft_rng_stream(UINT64_MAX, UINT32_MAX, UINT32_MAX);
  assert_true(hft_rng_u64(&a) != 0);
  assert_true(hft_rng_u64(&a) != hft_rng_u64(&b));
  hft_rng again = hft_rng_stream(0, 0, 0);
  (void)hft_rng_u64(&again);
  hft_rng copy = again;
  assert_true(hft_rng_u64(&again) == hft_rng_u64(&copy));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_outputs),
      cmocka_unit_test(every_byte_is_uniform),
      cmocka_unit_test(every_byte_of_64_bits_is_uniform),
      cmocka_unit_test(neighbours_in_a_stream_are_independent),
      cmocka_unit_test(near_streams_do_not_correlate),
      cmocka_unit_test(first_outputs_are_uniform),
      cmocka_unit_test(no_two_streams_share_an_orbit),
      cmocka_unit_test(extreme_keys_are_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
